"""The package as it is installed: names, dependencies, wheel, forms."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from conftest import ROOT

import gxml
from gxml import shipped


def run(*command: str | Path, cwd: Path, **env: str) -> str:
    inherited = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env=inherited | {"PYTHONIOENCODING": "utf-8"} | env,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


# ---- names ----------------------------------------------------------------------------------------------------------


def test_public_names_are_sorted_and_all_there() -> None:
    assert gxml.__all__ == sorted(gxml.__all__)
    for name in gxml.__all__:
        value = getattr(gxml, name)
        assert name == "__version__" or value.__module__.startswith("gxml.")
    assert set(gxml.__all__) <= set(dir(gxml))


def test_every_error_is_public() -> None:
    from gxml import errors

    defined = {n for n, v in vars(errors).items() if isinstance(v, type) and issubclass(v, errors.GxmlError)}
    assert defined <= set(gxml.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nonsense"):
        _ = gxml.nonsense


# ---- dependencies ---------------------------------------------------------------------------------------------------


def test_exactly_one_opencv_is_installed() -> None:
    found = {d.name.lower() for d in metadata.distributions() if d.name.lower().startswith("opencv")}
    assert found == {"opencv-python-headless"}
    assert metadata.packages_distributions()["cv2"] == ["opencv-python-headless"]


@pytest.mark.skipif(sys.platform != "linux", reason="libGL is a matter of Linux")
def test_cv2_asks_for_no_libgl() -> None:
    files = metadata.files("opencv-python-headless") or []
    binaries = [Path(str(f.locate())) for f in files if re.search(r"\.so(\.|$)", f.name)]
    assert any(b.parent.name == "cv2" for b in binaries)
    # The name of a needed library stands in the file as it is, whatever tool would print it.
    asking = [b.name for b in binaries if re.search(rb"lib(GL|EGL|GLX|X11|Qt\d?\w+)\.so", b.read_bytes())]
    assert asking == []


def test_default_dependencies_have_no_torch_and_one_opencv() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    names = [re.match(r"[\w-]+", d).group().lower() for d in project["dependencies"]]  # type: ignore[union-attr]
    assert "torch" not in names
    assert [n for n in names if n.startswith("opencv")] == ["opencv-python-headless"]
    assert set(project["optional-dependencies"]) == {"paddle", "train", "data", "solver", "evaluate", "notebooks", "review", "ray", "remote", "dev"}


# ---- what is written about it ---------------------------------------------------------------------------------------


def test_ci_runs_what_the_readme_says() -> None:
    readme, ci = (ROOT / "README.md").read_text("utf-8"), (ROOT / ".ci" / "run").read_text("utf-8")
    setup = readme.split("## Set-up")[1].split("\n## ")[0]
    commands = [line for line in setup.splitlines() if line.startswith("pip install")]
    assert len(commands) == 2
    for command in commands:
        for part in command.split(" && "):
            assert part.replace("pip install", "pip install --quiet") in ci


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
def test_ci_fails_at_once_where_the_reports_it_is_told_of_are_missing(tmp_path: Path) -> None:
    missing = str(tmp_path / "nowhere")
    for command in (
        ["bash", ".ci/run"],
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "tests/test_lint.py"],
    ):
        done = subprocess.run(
            command, cwd=ROOT, env=os.environ | {"GXML_REPORTS": missing}, capture_output=True, text=True, timeout=60
        )
        assert done.returncode != 0 and missing in done.stderr


def test_readme_names_every_command_and_exit_code() -> None:
    from gxml import batch, cli, errors

    readme = (ROOT / "README.md").read_text("utf-8")
    for command in cli.app.registered_commands:
        assert f"gxml {command.callback.__name__}" in readme  # type: ignore[union-attr]
    codes = {v.exit_code for v in vars(errors).values() if isinstance(v, type) and issubclass(v, errors.GxmlError)}
    table = re.findall(r"^\| (\d+) \|", readme, re.M)
    assert {int(c) for c in table} == {0, *codes, batch.SOME_FAILED, batch.INTERRUPTED, cli.RULES_BROKEN}


def test_versions_agree() -> None:
    assert f"## [{gxml.__version__}]" in (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert metadata.version("gxml") == gxml.__version__


# ---- what comes along -----------------------------------------------------------------------------------------------


def test_shipped_files_are_found_in_a_checkout() -> None:
    assert (shipped.models() / "README.md").is_file()
    with shipped.sample() as path:
        assert path.stat().st_size > 0


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_an_installed_wheel_works_outside_the_checkout(tmp_path: Path) -> None:
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path, cwd=ROOT)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for part in ("gxml/py.typed", "gxml/forms/2021.toml", "gxml/forms/facts.toml", "gxml/_models/README.md"):
        assert part in names
    assert any(n.startswith("gxml/sample/") for n in names)
    assert {n.split("/")[0] for n in names} == {"gxml", f"gxml-{gxml.__version__}.dist-info"}

    venv = tmp_path / "venv"
    run(sys.executable, "-m", "venv", venv, cwd=tmp_path)
    scripts = venv / ("Scripts" if os.name == "nt" else "bin")
    run(scripts / "python", "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel, cwd=tmp_path)
    site = Path(
        run(scripts / "python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=tmp_path).strip()
    )
    # The dependencies come from this environment; its own gxml does not, since the wheel's comes first.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"), "utf-8")
    outside = tmp_path / "outside"
    outside.mkdir()
    where = "import gxml, gxml.shipped as s; print(gxml.__file__, s.models())"
    assert run(scripts / "python", "-c", where, cwd=outside).count(str(site)) == 2
    shown = run(scripts / "gxml", "demo", "--out", "kept", cwd=outside)
    assert "accepted" in shown and "三、收到和处理政府信息公开申请情况" in shown
    assert len(list((outside / "kept").glob("*.json"))) == 1


# ---- the forms are data ---------------------------------------------------------------------------------------------

_NEW_EDITION = """
import json, sys
from pathlib import Path
import gxml
from gxml import synth
from gxml.template import editions, edition_for_year

assert list(editions()) == ["2019", "2021", "2027"], list(editions())
assert edition_for_year(2026).edition == "2021" and edition_for_year(2028).edition == "2027"
assert "T3.SUM.total" in {r.id for r in editions()["2027"].expanded_rules}
report = synth.generate(11, edition="2027", year=2028, density="dense", blanks="zeros")
path = synth.write(report, "html", Path("r.html"), style_seed=1)
truth = synth.truth(report, "html", style_seed=1)
found = gxml.read(path)
new = "requests.other_handling.withdrawn.total"
print(json.dumps({
    "editions": found.editions,
    "status": found.status,
    "new": [new in truth["cells"], found.cells[new].value == truth["cells"][new]],
    "wrong": [i for i, v in truth["cells"].items() if found.cells[i].value != v],
}))
"""


@pytest.mark.slow
def test_a_third_edition_is_one_more_file(tmp_path: Path) -> None:
    """A copy of the package with one file added, no line of code changed, writes, reads and checks the new form."""
    import json

    shutil.copytree(ROOT / "gxml", tmp_path / "gxml", ignore=shutil.ignore_patterns("__pycache__"))
    form = (ROOT / "gxml" / "forms" / "2021.toml").read_text("utf-8")
    for old, new in (
        ('edition = "2021"', 'edition = "2027"'),
        ("first_year = 2021", "first_year = 2027"),
        ('label = "现行有效件数"', 'label = "年末有效件数"'),
        (
            '  { name = "processed_total"',
            '  { name = "other_handling.withdrawn", label = "4.申请人撤回申请", '
            'path = ["三、本年度办理结果", "（六）其他处理"], role = "result" },\n  { name = "processed_total"',
        ),
    ):
        assert old in form
        form = form.replace(old, new)
    (tmp_path / "gxml" / "forms" / "2027.toml").write_text(form, "utf-8")
    outside = tmp_path / "outside"
    outside.mkdir()
    found = json.loads(run(sys.executable, "-c", _NEW_EDITION, cwd=outside, PYTHONPATH=str(tmp_path)))
    assert found == {
        "editions": {"2": "2027", "3": "2027", "4": "2027"},
        "status": "accepted",
        "new": [True, True],
        "wrong": [],
    }


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('name = "received"', 'nome = "received"', "nome"),
        ('left = ["received", "carried_in"]', 'left = ["received", "carried_inn"]', "carried_inn"),
        ('relation = "=="', 'relation = "="', "relation"),
        ("[[tables]]", "[[tables", "not a valid form"),
    ],
)
def test_a_wrong_form_file_is_said(old: str, new: str, says: str) -> None:
    from gxml.template import parse_edition

    form = (ROOT / "gxml" / "forms" / "2021.toml").read_text("utf-8")
    assert old in form
    with pytest.raises(gxml.FormError, match=says):
        parse_edition("2027.toml", form.replace(old, new))

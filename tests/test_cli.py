from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from conftest import MakeReport

from gxml import cli, pipeline
from gxml.config import Options
from gxml.errors import EncryptedFileError
from gxml.report import Finding, Report
from gxml.synth import synthesise

HEAVY = ("pandas", "numpy", "cv2", "lxml", "pypdfium2", "pdfplumber", "docx", "torch", "rapidocr", "onnxruntime")


def gxml(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        cli.main([str(a) for a in arguments])
    code = ended.value.code
    return code if isinstance(code, int) else 0


@pytest.fixture
def fake_read(make_report: MakeReport, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that needs no real file."""

    def read(path: Path, options: object = None) -> Report:
        if path.stem == "locked":
            raise EncryptedFileError("locked.pdf: needs a password.", hint="Give --password.")
        if path.stem == "crash":
            raise ZeroDivisionError("inside [bold]\x1b[31m")
        if path.stem == "stop":
            raise KeyboardInterrupt
        return make_report(file=path.name, text=path.read_text("utf-8"))

    monkeypatch.setattr(pipeline, "read", read)


def put(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_text(f"text of {name}", "utf-8")
    return folder


def test_switches_reach_the_reader(tmp_path: Path, make_report: MakeReport, monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[Options] = []

    def read(path: Path, options: Options) -> Report:
        used.append(options)
        return make_report(file=path.name)

    monkeypatch.setattr(pipeline, "read", read)
    put(tmp_path / "in", "a.pdf")
    assert gxml("extract", tmp_path / "in", "-o", tmp_path / "a", "--quiet") == 0
    assert gxml("extract", tmp_path / "in", "-o", tmp_path / "b", "--quiet", "--no-second-reader") == 0
    assert [o.second_reader for o in used] == [True, False]


def test_debug_prints_a_traceback_line_by_line(
    tmp_path: Path, fake_read: None, capsys: pytest.CaptureFixture[str]
) -> None:
    put(tmp_path / "in", "crash.txt")
    assert gxml("extract", tmp_path / "in", "-o", tmp_path / "out", "--debug") == 1
    lines = capsys.readouterr().err.splitlines()
    assert "Traceback (most recent call last):" in lines and sum("test_cli.py" in line for line in lines) == 1


# ---- start-up -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("start", ["import gxml", "import gxml.cli; gxml.cli.main(['--help'])"])
def test_start_up_loads_nothing_heavy(start: str) -> None:
    code = f"""
import sys
try:
    {start}
except SystemExit:
    pass
print(sorted(set({HEAVY!r}) & set(sys.modules)), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=True)
    assert done.stderr.strip() == "[]"


def test_help_is_quick() -> None:
    def seconds(*command: str) -> float:
        """Processor time of a command, which other processes on the machine hardly change."""
        before = os.times()
        subprocess.run([sys.executable, *command], capture_output=True, check=True)
        after = os.times()
        used = after.children_user - before.children_user + after.children_system - before.children_system
        return used or after.elapsed - before.elapsed  # Windows does not count the children

    seconds("-m", "gxml", "--help")  # compiles
    best = min(seconds("-m", "gxml", "--help") for _ in range(5))
    bare = min(seconds("-c", "pass") for _ in range(5))
    # 0.5 s; on a slow machine, what a bare interpreter takes says how slow.
    assert best < max(0.5, 25 * bare)


# ---- extract --------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("fake_read")
def test_extract_writes_and_prints_a_line_a_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = put(tmp_path / "in", "a.txt", "b.pdf")
    assert gxml("extract", folder, "-o", tmp_path / "out", "--format", "json,xlsx,csv") == 0
    written = sorted(p.name for p in (tmp_path / "out").iterdir() if p.is_file())
    assert written == ["a.json", "a.txt", "a.xlsx", "b.json", "b.txt", "b.xlsx", "cells.csv"]
    printed = capsys.readouterr().out
    assert "青禾县人民政府" in printed and "accepted" in printed and "2023" in printed


@pytest.mark.usefixtures("fake_read")
def test_extract_names_what_failed_and_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = put(tmp_path / "in", "a.txt", "crash.txt", "locked.pdf")
    assert gxml("extract", folder, "-o", tmp_path / "out", "--quiet") == 7
    out, err = capsys.readouterr()
    assert out == ""
    assert f"error: {folder / 'locked.pdf'}: needs a password." in err
    assert "2 of 3 files failed" in err and "needs a password" in err and "Give --password." in err
    assert "ZeroDivisionError" in err and "Traceback" not in err and "\x1b" not in err
    assert gxml("extract", folder, "-o", tmp_path / "out", "--debug") == 7
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.usefixtures("fake_read")
@pytest.mark.parametrize(("names", "code"), [(["locked.pdf"], 3), (["stop.txt"], 130), ([], 3), (["x.csv"], 3)])
def test_extract_exit_codes(names: list[str], code: int, tmp_path: Path) -> None:
    assert gxml("extract", put(tmp_path / "in", *names), "-o", tmp_path / "out") == code


@pytest.mark.usefixtures("fake_read")
def test_wrong_usage_is_exit_code_2(tmp_path: Path) -> None:
    folder = put(tmp_path / "in", "a.txt")
    assert gxml("extract", folder, "--format", "docx", "-o", tmp_path / "out") == 2
    assert gxml("extract") == 2
    assert gxml("rules", "--edition", "1999") == 2


# ---- show, check ----------------------------------------------------------------------------------------------------


def test_show_prints_tables_and_findings_and_steers_no_terminal(
    make_report: MakeReport, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    total = "requests.received.total"
    found = Finding(
        rule="X", kind="unreadable", severity="error", cells=[total], message="“总计”看不清 [red]\x1b[2J\x9b31m"
    )
    report = make_report(
        issuer="某县[/]\x1b]0;owned\x07",
        cells={total: {"value": None, "raw": "1?", "status": "unreadable"}},
        values={"requests.granted.total": 4711},
        findings=(found,),
    )
    assert gxml("show", report.save(tmp_path / "a.json")) == 0
    out = capsys.readouterr().out
    assert "4711" in out and "？" in out and "“总计”看不清 [red]" in out and "复议后起诉" in out
    assert not set(out) & {"\x1b", "\x07", "\x9b"}


def test_show_says_what_is_no_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.json").write_text("{}")
    assert gxml("show", tmp_path / "a.json") == 3
    assert "not a saved report" in capsys.readouterr().err
    assert gxml("show", tmp_path / "none.json") == 3


def consistent(make_report: MakeReport, year: int, carried_in: int, carried_out: int) -> Report:
    columns = ("natural_person", "total")
    values = {}
    for column in columns:
        values |= {
            f"requests.carried_in.{column}": carried_in,
            f"requests.received.{column}": carried_out,
            f"requests.granted.{column}": carried_in,
            f"requests.processed_total.{column}": carried_in,
            f"requests.carried_out.{column}": carried_out,
        }
    return make_report(year=year, values=values, text=f"青禾县人民政府{year}年政府信息公开工作年度报告\n")


def test_check_finds_a_broken_sum_in_a_file_that_was_edited(
    make_report: MakeReport, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = consistent(make_report, 2023, 2, 3)
    path = report.save(tmp_path / "a.json")
    assert gxml("check", path) == 0
    report.cells["requests.granted.total"].value = 9
    report.save(path)
    before = path.read_bytes()
    assert gxml("check", path) == 8
    assert "T3.SUM.total" in capsys.readouterr().out
    assert path.read_bytes() == before, "check alone changes nothing"
    assert gxml("check", path, "--write") == 8
    saved = Report.load(path)
    assert saved.status == "review"
    assert {"T3.SUM.total", "T3.ROW.granted"} <= {f.rule for f in saved.findings}
    assert gxml("check", path, "--write") == 8
    assert Report.load(path).findings == saved.findings, "a second check adds nothing"


def test_check_joins_the_years_of_one_issuer(
    make_report: MakeReport, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    consistent(make_report, 2022, 1, 5).save(tmp_path / "2022.json")
    consistent(make_report, 2023, 5, 0).save(tmp_path / "2023.json")
    gxml("check", tmp_path)
    assert "X.CARRY" not in capsys.readouterr().out
    consistent(make_report, 2023, 4, 0).save(tmp_path / "2023.json")
    gxml("check", tmp_path)
    assert "X.CARRY.total" in capsys.readouterr().out


def test_check_keeps_what_only_reading_can_find(make_report: MakeReport, tmp_path: Path) -> None:
    lost = Finding(rule="STR", kind="structure", severity="warning", cells=[], message="表三缺一行")
    path = make_report(findings=(lost,)).save(tmp_path / "a.json")
    gxml("check", path, "--write")
    assert lost in Report.load(path).findings


def test_check_of_one_year_leaves_what_it_cannot_see(make_report: MakeReport, tmp_path: Path) -> None:
    for year, carried in ((2022, 5), (2023, 4)):
        consistent(make_report, year, carried, carried).save(tmp_path / f"{year}.json")
    gxml("check", tmp_path, "--write")
    both = Report.load(tmp_path / "2023.json").findings
    assert {f.rule for f in both} == {"X.CARRY.natural_person", "X.CARRY.total"}
    gxml("check", tmp_path / "2023.json", "--write")
    assert Report.load(tmp_path / "2023.json").findings == both
    consistent(make_report, 2022, 4, 4).save(tmp_path / "2022.json")
    gxml("check", tmp_path, "--write")
    assert Report.load(tmp_path / "2023.json").findings == []


@pytest.mark.parametrize("layout", ["html", "text_tabs", "docx"])
def test_check_after_extract_finds_nothing_new(layout: str, tmp_path: Path) -> None:
    list(synthesise(tmp_path / "in", 4, layouts=[layout], author_errors=2))
    reports = [path for path in (tmp_path / "in").iterdir() if path.suffix != ".json"]
    gxml("extract", *reports, "-o", tmp_path / "out", "--quiet")
    for path in (tmp_path / "out").glob("*.json"):
        before = path.read_bytes()
        gxml("check", path, "--write", "--quiet")
        assert path.read_bytes() == before


def test_check_of_nothing_is_an_error(tmp_path: Path) -> None:
    assert gxml("check", tmp_path) == 3
    (tmp_path / "a.json").write_text("{}")
    assert gxml("check", tmp_path / "a.json") == 3


# ---- reference ------------------------------------------------------------------------------------------------------


def test_schema_describes_what_is_written(
    make_report: MakeReport, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert gxml("schema") == 0
    schema = json.loads(capsys.readouterr().out)
    data = json.loads(make_report().save(tmp_path / "a.json").read_text("utf-8"))
    jsonschema.validate(data, schema)
    assert set(schema["properties"]) == set(data)
    data["cells"][0]["status"] = "guessed"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, schema)


def test_rules_carry_their_citations(capsys: pytest.CaptureFixture[str]) -> None:
    assert gxml("rules", "--edition", "2021", "--json") == 0
    rules = {r["id"]: r for r in json.loads(capsys.readouterr().out)}
    assert rules["T3.SUM.{column}"]["count"] == 7 and "2021" in rules["T3.SUM.{column}"]["citation"]
    assert {r["edition"] for r in rules.values()} == {"2021"}
    assert all(r["citation"] and r["text"] for r in rules.values())
    assert gxml("rules") == 0
    assert "60号" in capsys.readouterr().out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    from gxml import __version__

    assert gxml("--version") == 0
    assert gxml("version") == 0
    assert capsys.readouterr().out == f"gxml {__version__}\n" * 2


def test_a_console_without_chinese_does_not_end_the_run(make_report: MakeReport, tmp_path: Path) -> None:
    path = make_report().save(tmp_path / "a.json")
    done = subprocess.run(
        [sys.executable, "-m", "gxml", "show", str(path)],
        capture_output=True,
        env={"PYTHONIOENCODING": "ascii", "PYTHONPATH": str(Path(cli.__file__).parent.parent)},
    )
    assert done.returncode == 0, done.stderr

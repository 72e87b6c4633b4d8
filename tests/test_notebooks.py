"""The notebooks: what is shown is what the sources say, and the sources run."""

import os
import sys
from pathlib import Path

import pytest
from conftest import ROOT

FOLDER = ROOT / "notebooks"
NAMES = ("quickstart", "training", "benchmark")


def notebook(path: Path):
    return pytest.importorskip("jupytext", reason="notebooks need jupytext").read(path)


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_is_made_from_its_source(name):
    made, source = notebook(FOLDER / f"{name}.ipynb"), notebook(FOLDER / f"{name}.py")
    assert [(c.cell_type, c.source) for c in made.cells] == [(c.cell_type, c.source) for c in source.cells]


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_shows_what_came_out(name):
    cells = [c for c in notebook(FOLDER / f"{name}.ipynb").cells if c.cell_type == "code"]
    outputs = [o for c in cells for o in c.outputs]
    assert not [o for o in outputs if o.output_type == "error"]
    kinds = {kind for o in outputs if "data" in o for kind in o.data}
    assert kinds & {"image/png", "image/svg+xml"}
    text = "".join(o.get("text", "") for o in outputs)
    assert text
    assert "/home/" not in text and str(ROOT) not in text


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_runs(name, tmp_path, monkeypatch):
    client = pytest.importorskip("nbclient", reason="notebooks need nbclient")
    if name == "training":
        pytest.importorskip("sklearn", reason="training needs scikit-learn")
    monkeypatch.setenv("GXML_FAST", "1")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    from jupyter_client.kernelspec import KernelSpecManager

    monkeypatch.setattr(KernelSpecManager, "ensure_native_kernel", True)
    page = notebook(FOLDER / f"{name}.py")
    page.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    done = client.NotebookClient(page, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert not [o for c in done.cells if c.cell_type == "code" for o in c.outputs if o.output_type == "error"]
    assert sys.version_info >= (3, 11)

"""Runs the notebooks and writes NAME.ipynb beside NAME.py, with what they print and plot: `python notebooks/make.py [NAME …]`.

NAME.py is the source, in jupytext's percent form, for reading and for diffs; NAME.ipynb is made from it.
"""

import os
import sys
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).parent
NAMES = ("quickstart", "training", "benchmark")
TIMEOUT = 1800


def run(name: str) -> nbformat.NotebookNode:
    """Return a notebook after it ran."""
    notebook = jupytext.read(HERE / f"{name}.py")
    for n, cell in enumerate(notebook.cells):
        cell["id"] = f"{name}-{n}"  # not drawn by chance: the same source gives the same file
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    client = NotebookClient(notebook, timeout=TIMEOUT, record_timing=False, resources={"metadata": {"path": str(HERE)}})
    client.execute()
    return notebook


def main() -> None:
    os.environ["PYTHONHASHSEED"] = "0"
    for name in sys.argv[1:] or NAMES:
        nbformat.write(run(name), HERE / f"{name}.ipynb")
        print(name)


if __name__ == "__main__":
    main()

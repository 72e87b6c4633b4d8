"""Networks tell nobody that they were run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT
from tiny_model import FOLDER

CODE = {
    "classifier": f"from gxml.classifier import Classifier; Classifier.load({str(FOLDER)!r})",
    "rapid": "from gxml.reader_rapid import RapidReader; RapidReader()",
}


@pytest.mark.parametrize("what", CODE)
def test_nothing_is_left_in_the_home_or_the_temporary_folder(what: str, tmp_path: Path) -> None:
    loud = ("CI", "GITHUB_ACTIONS", "ORT_DISABLE_TELEMETRY", "ORT_TELEMETRY_DISABLED", "XDG_CACHE_HOME")
    environment = {k: v for k, v in os.environ.items() if k not in loud}
    environment |= {"HOME": str(tmp_path), "TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", CODE[what]], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.rglob("*")) == []

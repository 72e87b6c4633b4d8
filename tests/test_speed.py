"""That reading stays fast, counted in calls: a clock on a busy machine says little, and calls are always the same.

A call costs some 0.4 µs on a server, with what it does: 100,000 are 40 ms. `training/benchmark.py` measures time.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import gxml
from gxml.config import Options
from gxml.synth import LAYOUTS, generate, write

MOST_CALLS = {"rules": 70_000, "auto": 120_000}
"""By who reads the facts: half as many again as a dense report takes. The network's own work is no call."""


def calls_of_reading(path: Path, facts: str) -> int:
    """Return how many functions are called by a reading, Python's and C's; imports and caches are warm."""
    options = Options(facts=facts)
    gxml.read(path, options)
    count = 0

    def see(frame: object, event: str, arg: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(see)
    try:
        gxml.read(path, options)
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("facts", MOST_CALLS)
@pytest.mark.parametrize("layout", [name for name in LAYOUTS if name not in ("pdf", "docx")])
def test_a_text_or_web_page_takes_few_calls(layout: str, facts: str, tmp_path: Path) -> None:
    path = write(generate(3, density="dense"), layout, tmp_path / f"report.{LAYOUTS[layout]}", 3)
    assert calls_of_reading(path, facts) <= MOST_CALLS[facts]

from __future__ import annotations

import io

import pytest
from conftest import MakeReport
from rich.cells import cell_len
from rich.console import Console

from gxml.report import Finding
from gxml.show import Folded, add_summary, counts, render, summary_table

TEXT = (
    "第3部分 25 行数字连在一起：“一、本年新收政府信息公开申请数量”（“640020470”）、“（一）予以公开”（“270020130”）等。"
)


def drawn(thing: object, width: int) -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=False)
    console.print(thing)
    return console.file.getvalue()  # type: ignore[attr-defined]


@pytest.mark.parametrize("width", [12, 20, 37, 80])
def test_folded_loses_nothing_breaks_no_number_and_fills_its_lines(width: int) -> None:
    lines = [line.rstrip() for line in drawn(Folded(TEXT), width).splitlines()]
    assert "".join(lines).replace(" ", "") == TEXT.replace(" ", "")
    assert sum("640020470" in line for line in lines) == 1
    assert all(cell_len(line) <= width for line in lines)
    assert len(lines) <= cell_len(TEXT) / (width - len("640020470")) + 1


@pytest.mark.parametrize("width", [80, 100, 160])
def test_every_value_is_shown_whole_at_common_widths(width: int, make_report: MakeReport) -> None:
    values = {"requests.received.total": 1234567, "disclosure.fees.amount": 160.5964, "review.upheld": 7654321}
    text = drawn(render(make_report(values=values), width), width)
    assert all(str(v) in text for v in values.values())
    assert all(cell_len(line) <= width for line in text.splitlines())


def test_counts_keep_blank_lost_and_read_apart(make_report: MakeReport) -> None:
    ids = ["requests.received.total", "requests.granted.total", "review.total"]
    report = make_report(
        values={ids[0]: None},
        cells={
            ids[1]: {"value": None, "status": "missing", "raw": None},
            ids[2]: {"value": None, "status": "text", "raw": "无"},
        },
    )
    n = counts(report)
    assert (n.total, n.read, n.blank, n.lost) == (200, 197, 2, 1)
    assert n.absent == ()


def test_a_table_that_is_not_there_is_no_flagged_cell(make_report: MakeReport) -> None:
    ids = ("review.total", "litigation_direct.total")
    lost = Finding(
        rule="STR.SECTION", kind="structure", severity="error", cells=list(ids), message="没有找到第四部分。"
    )
    own = Finding(
        rule="DOM", kind="source_inconsistent", severity="error", cells=["requests.received.total"], message="。"
    )
    report = make_report(editions_found={"2": "2021", "3": "2021"}, findings=(lost, own))
    n = counts(report)
    assert (n.flagged, n.absent, n.lost) == (1, (4,), 0)
    assert "the table of 四" in drawn(render(report, 100), 100)
    table = summary_table()
    add_summary(table, "a.pdf", "review", "甲县", 2023, n)
    assert "absent" in (text := drawn(table, 100)) and "四" in text

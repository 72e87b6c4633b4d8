from __future__ import annotations

from pathlib import Path

import pytest
from scoring import score
from site_quirks import body, case, markup, page

import gxml
from gxml.stackedcells import unstack
from gxml.synth_model import PrintedTable
from gxml.tablemarkup import MarkupCell


def stacked(table: PrintedTable, join: str) -> str:
    """Return table 三 with each group of numbered rows as one row, lines parted by `join`."""
    kept: list[list[list[str]]] = []  # rows of cells of lines
    spans: list[list[tuple[int, int]]] = []
    for row in table.rows:
        cells = row.cells
        numbered = [c for c in cells if c.role == "label" and c.text[:2] in ("2.", "3.", "4.", "5.", "6.", "7.", "8.")]
        if numbered and len(cells) == 8:
            target = kept[-1][-8:]
            for lines, c in zip(target, cells, strict=True):
                lines.append(c.text)
            continue
        kept.append([[c.text] for c in cells])
        spans.append([(c.colspan, c.rowspan) for c in cells])
    out = []
    for row_cells, row_spans in zip(kept, spans, strict=True):
        big = max(len(lines) for lines in row_cells)
        tds = []
        for lines, (cols, rows) in zip(row_cells, row_spans, strict=True):
            rows = 1 if big > 1 and rows == big else 7 if rows > 12 else rows
            tds.append(f'<td colspan="{cols}" rowspan="{rows}">{join.join(lines)}</td>')
        out.append(f"<tr>{''.join(tds)}</tr>")
    return f"<table>{''.join(out)}</table>"


@pytest.mark.parametrize("join", ["<br>", "</p><p>"])
@pytest.mark.parametrize("density", ["sparse", "dense"])
def test_groups_that_are_one_row(tmp_path: Path, join: str, density: str) -> None:
    c = case(6, edition="2019", year=2020, density=density)
    path = tmp_path / "r.html"
    path.write_text(page(body(c.printed, lambda t: stacked(t, join) if t.section == 3 else markup(t))), encoding="utf-8")
    report = gxml.read(path)
    result = score(c.truth, report)
    assert (result.silent, result.flagged, result.doubted) == ([], [], [])


def row(*texts: str) -> list[MarkupCell]:
    return [MarkupCell(t, 1, 1) for t in texts]


def test_spans_reach_over_the_parts() -> None:
    first = [MarkupCell("三、本年度办理结果", 1, 2), *row("（一）予以公开", "5", "5")]
    second = row("1.重复申请\n2.要求提供公开\n出版物", "1\n2", "1\n2")
    rows, groups = unstack([first, second], [2])
    assert groups == [3]
    assert [[c.text for c in r] for r in rows[1:]] == [["1.重复申请", "1", "1"], ["2.要求提供公开出版物", "2", "2"]]
    assert rows[0][0].rowspan == 3


@pytest.mark.parametrize(
    "texts",
    [
        ("行政规范性\n文件", "8\n1", "0\n2"),  # a label that is wrapped, numbers of two years
        ("1.重复申请\n2.要求提供公开出版物", "1\n2", "3"),
        ("1.重复申请\n2.要求提供公开出版物\n3.其他", "1\n2", "1\n2"),
        ("1.重复申请\n2.要求提供公开出版物", "1\n2"),  # one cell alone
        ("1.重复申请\n2.要求提供公开出版物", "1\n约2", "1\n2"),
    ],
)
def test_what_is_not_surely_several_rows_stays(texts: tuple[str, ...]) -> None:
    rows = [row(*texts)]
    assert unstack(rows, [1])[0] == rows

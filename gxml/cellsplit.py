"""Cells that a broken ruling left in one, parted again where what they hold stands row by row.

    parted(grid, texts, lines_of, scale) -> Grid

A fax loses rulings between two numbers that other columns still have. A number stands in the middle of its row; where
a cell over several rows holds text that keeps to the rows, it is so many cells.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from .cellink import Pixels
from .cellsettle import CellText, tidy
from .geometry import Grid, GridCell
from .numerals import parse_cell

DOTS = 3.2
"""Ink that is no higher and lies along the edge of a row is what is left of its ruling, points;"""
ALONG = 3.0
"""so near to the edge is its middle."""
CLEAR = 0.6
"""Text keeps this far from the edges of its row, points."""
SEVERAL = 2
"""So many numbers in cells of one row make a column, or a row, one of values; so many labels begin with a number of
the form where several stand in one cell."""

_NUMBERED = re.compile(r"^[（(]?[0-9一二三四五六七八九十]{1,2}[.．、,，)）]")
_WORDS = re.compile("[\u4e00-\u9fff]{2}|(?![一二三口日无])[\u4e00-\u9fff]")

Texts = list[list[str]]
"""Lines of text of each row of a cell."""


def parted(grid: Grid, texts: Sequence[CellText], lines_of: Callable[[int], Sequence[Pixels]], scale: float) -> Grid:
    """Return the table with the cells parted whose text keeps to the rows; the same object if there is none.

    Args:
        grid: The table, points.
        texts: What its cells read as.
        lines_of: Boxes of the lines of ink of a cell, pixels.
        scale: Pixels a point.
    """
    said = [(cell, text.text) for cell, text in zip(grid.cells, texts, strict=True)]
    lines = {cell: lines_of(i) for i, cell in enumerate(grid.cells) if cell.rowspan > 1}
    if not lines:
        return grid
    values = _frequent(cell.col for cell, text in said if _is_value(cell, text))
    found: list[tuple[GridCell, str]] = []
    for cell, text in said:
        rows = _by_row(lines[cell], text.split("\n"), _edges(grid, cell), scale) if cell in lines else None
        if rows is not None and (_values(rows, values, cell) or _labels(rows)):
            pieces = _pieces(grid, cell, range(cell.rowspan + 1))
            found += [(piece, "\n".join(row)) for piece, row in zip(pieces, rows, strict=True)]
        else:
            found.append((cell, text))
    filled = _frequent(cell.row for cell, text in found if _is_value(cell, text))
    cells: list[GridCell] = []
    for cell, text in found:
        own = range(cell.row, cell.row + cell.rowspan)
        if cell.rowspan == 1 or own[-1] not in filled:
            cells.append(cell)
        elif not text and cell.col > min(values, default=cell.col) and filled.issuperset(own):
            cells += _pieces(grid, cell, range(cell.rowspan + 1))
        else:
            above = (0, cell.rowspan - 1, cell.rowspan)
            edges = [_edges(grid, cell)[k] for k in above]
            rows = _by_row(lines[cell], text.split("\n"), edges, scale) if cell.colspan == 1 else None
            headed = rows is not None and rows[0] and len(rows[1]) == 1 and _is_number(rows[1][0])
            cells += _pieces(grid, cell, above) if headed else [cell]
    if len(cells) == len(grid.cells):
        return grid
    return replace(grid, cells=tuple(sorted(cells, key=lambda c: (c.row, c.col))))


def _is_number(text: str) -> bool:
    return parse_cell(tidy(text)).kind == "number"


def _is_value(cell: GridCell, text: str) -> bool:
    return cell.rowspan == cell.colspan == 1 and _is_number(text)


def _frequent(places: Iterable[int]) -> frozenset[int]:
    return frozenset(place for place, n in Counter(places).items() if n >= SEVERAL)


def _edges(grid: Grid, cell: GridCell) -> list[float]:
    """Return the edges of the rows of a cell, where the cell is: lines of a table may all slope a little."""
    ys = grid.ys[cell.row : cell.row + cell.rowspan + 1]
    top, bottom = cell.bbox[1], cell.bbox[3]
    return [top + (y - ys[0]) * (bottom - top) / (ys[-1] - ys[0]) for y in ys]


def _pieces(grid: Grid, cell: GridCell, cuts: Sequence[int]) -> list[GridCell]:
    """Return a cell cut at edges of its rows, counted from its top."""
    edges = _edges(grid, cell)
    x0, _, x1, _ = cell.bbox
    return [
        replace(cell, row=cell.row + a, rowspan=b - a, bbox=(x0, edges[a], x1, edges[b])) for a, b in pairwise(cuts)
    ]


def _by_row(lines: Sequence[Pixels], texts: Sequence[str], edges: Sequence[float], scale: float) -> Texts | None:
    """Return the lines of text of each row, or None where text does not keep to the rows."""
    if lines and len(lines) != len(texts):
        return None
    rows: Texts = [[] for _ in edges[1:]]
    for (_, y0, _, y1), text in zip(lines, texts, strict=False):
        top, bottom = y0 / scale, y1 / scale
        middle = (top + bottom) / 2
        if bottom - top <= DOTS and any(abs(middle - e) <= ALONG for e in edges):
            continue
        at = next((k for k, (a, b) in enumerate(pairwise(edges)) if a <= middle < b), None)
        if at is None or top < edges[at] + CLEAR or bottom > edges[at + 1] - CLEAR:
            return None
        rows[at].append(text)
    return rows


def _values(rows: Texts, columns: frozenset[int], cell: GridCell) -> bool:
    """Tell whether the rows of a cell hold values, one in each or none."""
    if cell.colspan > 1 or cell.col not in columns or any(len(row) > 1 for row in rows):
        return False
    filled = [bool(row) for row in rows]
    # text in the middle of the whole may be that of a merged cell
    centred = not all(filled) and any(filled) and filled == filled[::-1]
    return not centred and not any(_WORDS.search(text) for row in rows for text in row)


def _labels(rows: Texts) -> bool:
    """Tell whether the rows of a cell hold labels, more than one of which begins with a number of the form."""
    if not all(rows) or any(_NUMBERED.match(text) for row in rows for text in row[1:]):
        return False
    return sum(bool(_NUMBERED.match(row[0])) for row in rows) >= SEVERAL

"""Where the tables stand on a prepared page: ruling lines, cells.

    ruled_tables(find_lines(prepared.gray, prepared.dpi)) -> list[Grid]

All places are points of the upright page (`gxml.imaging.Prepared.frame`); `Prepared.displayed` takes a box to the page
as displayed.

Ruling lines are fitted as lines. Pieces of lines that cross belong to one table; pieces at the same place are one
line of the table (a family), whatever skew is left (`gxml.layout_lines`). Whether a line runs between two cells is then
looked up in the picture, side by side (`gxml.layout_sides`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .geometry import Grid, GridCell, Joined
from .imaging_lines import Segments
from .layout_lines import (
    CAPTION,
    Family,
    PageLines,
    components,
    families,
    find_lines,
    with_common_ends,
    with_open_edges,
)
from .layout_sides import (
    Flags,
    Sides,
    brokenness,
    closed_rim,
    column_evidence,
    inked,
    row_evidence,
    seen,
    tiles,
    with_missed,
)

__all__ = ["find_lines", "ruled_tables"]

LEAST_WIDTH = 100.0
"""A narrower table is none, points;"""
ROW_WIDTH = 200.0
"""nor is a narrower row alone: strokes of a line of text."""
APART = 6.0
"""Lines this far from a table are not of it, points."""
END = 0.8
"""A table of one cell is the caption of one that goes on over the page: so far down, in heights of the page,"""
WIDE = 0.5
"""and so wide, in widths of the page."""
DOUBTFUL = -1.5
"""Sides of which the picture says no less may turn out to be there, once all are settled."""


def ruled_tables(lines: PageLines) -> list[Grid]:
    """Return the tables that are drawn with ruling lines, from top to bottom."""
    tables = []
    left = components(lines)
    while left:
        rows, columns = left.pop()
        table = _table(rows, columns, lines)
        if table is not None:
            tables.append(table)
            left += _beyond(table, rows, columns, lines.dpi / 72)
    return sorted(tables, key=lambda t: (t.bbox[1], t.bbox[0]))


def _beyond(table: Grid, rows: Segments, columns: Segments, point: float) -> list[tuple[Segments, Segments]]:
    """Return the lines above and below a table that were taken for a part of it: blur may join these."""
    parts = []
    top, bottom = table.bbox[1] * point, table.bbox[3] * point
    for low, high in ((0.0, top), (bottom, np.inf)):
        inside = (rows.at > low + APART * point) & (rows.at < high - APART * point)
        there = columns.clipped(low, high)
        if inside.sum() >= 2 and len(there) >= 2:
            parts.append((rows.take(inside), there))
    return parts


def _table(rows: Segments, columns: Segments, lines: PageLines) -> Grid | None:
    point = lines.dpi / 72
    if not len(columns):
        return _caption(rows, lines)
    x_mid = float(columns.at.min() + columns.at.max()) / 2 if len(columns) > 1 else float(rows.middle.mean())
    y_mid = float(rows.at.min() + rows.at.max()) / 2
    row_lines = with_open_edges(families(rows, x_mid, point), columns, y_mid, point)
    row_lines = with_common_ends(row_lines, columns, point)
    column_lines = with_open_edges(families(columns, y_mid, point), rows, x_mid, point)
    # strokes of text that were taken for lines must not keep a ruling beside them from being found
    column_lines = with_missed(
        seen(column_lines, row_lines, lines.column_ink, column_evidence, point), row_lines, lines.column_ink, point
    )
    row_lines = with_missed(
        seen(row_lines, column_lines, lines.row_ink, row_evidence, point), column_lines, lines.row_ink, point
    )
    while True:
        if len(row_lines) < 2 or len(column_lines) < 2:
            return None
        row_sides = inked(row_lines, column_lines, lines.row_ink, point)  # [row line, column]
        broken = brokenness(row_sides, column_lines)
        says_beside = row_evidence(row_sides, broken)
        says_below = column_evidence(inked(column_lines, row_lines, lines.column_ink, point))  # [column line, row]
        kept_rows, kept_columns = _kept(row_lines, column_lines, says_beside > DOUBTFUL, says_below > DOUBTFUL)
        if len(kept_rows) == len(row_lines) and len(kept_columns) == len(column_lines):
            beside, below = Sides(*closed_rim(says_beside, says_below), broken).settle()
            kept_rows, kept_columns = _kept(row_lines, column_lines, beside, below)
        if len(kept_rows) == len(row_lines) and len(kept_columns) == len(column_lines):
            break
        row_lines, column_lines = kept_rows, kept_columns
    if len(row_lines) == 2 and len(column_lines) == 2 and not _cut_off(row_lines, column_lines, lines):
        return None
    if column_lines[-1].at - column_lines[0].at < (ROW_WIDTH if len(row_lines) == 2 else LEAST_WIDTH) * point:
        return None
    rects = tiles(beside, below)
    return _laid(rects, row_lines, column_lines, point)


def _caption(rows: Segments, lines: PageLines) -> Grid | None:
    """Return the cell between two lines without sides, None if it is not the first row of a table; see `_cut_off`."""
    point = lines.dpi / 72
    left, right = float(rows.start.min()), float(rows.end.max())
    found = families(rows, (left + right) / 2, point)
    sides = [Family(x, 0.0, float(rows.at.mean()), 0.0, False) for x in (left, right)]
    if len(found) != 2 or not _cut_off(found, sides, lines):
        return None
    return _laid([(0, 0, 1, 1)], found, sides, point)


def _cut_off(rows: Sequence[Family], columns: Sequence[Family], lines: PageLines) -> bool:
    """Tell whether a cell is the first row of a table, all that the page had room for; other frames hold no table."""
    height, width = lines.row_ink.shape
    low, high = (limit * lines.dpi / 72 for limit in CAPTION)
    return (
        low <= rows[1].at - rows[0].at <= high
        and rows[1].at >= END * height
        and columns[1].at - columns[0].at >= WIDE * width
    )


def _kept(
    rows: Sequence[Family], columns: Sequence[Family], across: Flags, down: Flags
) -> tuple[list[Family], list[Family]]:
    """Leave out lines of which no side is there, or none that hangs together with the table; open edges of no use too.

    Args:
        rows: Row lines.
        columns: Column lines.
        across: Which of the horizontal sides are there, [row line, column].
        down: Which of the vertical sides are there, [column line, row].
    """
    n_rows, n_cols = len(rows), len(columns)
    joined = Joined(n_rows * n_cols)

    drawn_across = across & np.array([[f.drawn] for f in rows])
    drawn_down = down & np.array([[f.drawn] for f in columns])
    # rows that end at the same open side hang together
    held_down = drawn_down | np.array([[not f.drawn] for f in columns])
    for r, c in np.argwhere(drawn_across):
        joined.join(int(r * n_cols + c), int(r * n_cols + c + 1))
    for c, r in np.argwhere(held_down):
        joined.join(int(r * n_cols + c), int((r + 1) * n_cols + c))
    group = np.array(joined.roots()).reshape(n_rows, n_cols)
    sides_across = np.where(drawn_across, group[:, :-1], -1)
    sides_down = np.where(drawn_down, group[:-1].T, -1)
    numbers, counts = np.unique(np.concatenate([sides_across.ravel(), sides_down.ravel()]), return_counts=True)
    if numbers[0] == -1:
        numbers, counts = numbers[1:], counts[1:]
    if not numbers.size:
        return [], []
    main = numbers[np.argmax(counts)]

    def kept(families: Sequence[Family], own: Any, crossing: Any) -> list[Family]:
        arriving = np.pad((crossing == main).sum(axis=0), 1)
        arriving = np.maximum(arriving[:-1], arriving[1:])
        return [
            family
            for family, sides, lines in zip(families, own == main, arriving, strict=True)
            if (sides.any() if family.drawn else lines >= 2)
        ]

    return kept(rows, sides_across, sides_down), kept(columns, sides_down, sides_across)


def _laid(
    rects: list[tuple[int, int, int, int]],
    row_lines: Sequence[Family],
    column_lines: Sequence[Family],
    point: float,
) -> Grid:
    """Number rows and columns anew, those at which no cell begins or ends left out, and place the cells."""
    used_rows = sorted({e for r, _, h, _ in rects for e in (r, r + h)})
    used_cols = sorted({e for _, c, _, w in rects for e in (c, c + w)})
    row_at = {e: i for i, e in enumerate(used_rows)}
    col_at = {e: i for i, e in enumerate(used_cols)}

    def scaled(pixel: float) -> float:
        return float(pixel + 0.5) / point

    cells = []
    for r, c, h, w in rects:
        top, bottom, left, right = row_lines[r], row_lines[r + h], column_lines[c], column_lines[c + w]
        y = (top.at + bottom.at) / 2
        x = (left.across(y) + right.across(y)) / 2
        y = (top.across(x) + bottom.across(x)) / 2
        box = (
            scaled(left.across(y)),
            scaled(top.across(x)),
            scaled(right.across(y)),
            scaled(bottom.across(x)),
        )
        cells.append(GridCell(row_at[r], col_at[c], row_at[r + h] - row_at[r], col_at[c + w] - col_at[c], box))
    bbox = (
        min(c.bbox[0] for c in cells),
        min(c.bbox[1] for c in cells),
        max(c.bbox[2] for c in cells),
        max(c.bbox[3] for c in cells),
    )
    xs = tuple(scaled(column_lines[e].at) for e in used_cols)
    ys = tuple(scaled(row_lines[e].at) for e in used_rows)
    cells.sort(key=lambda cell: (cell.row, cell.col))
    return Grid(bbox, xs, ys, tuple(cells))

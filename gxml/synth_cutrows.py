"""A row of a table that the end of a page cuts, as Word does it: lines of the label that find no room go over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from .synth_model import PrintedCell, PrintedRow

Lines = Mapping[int, list[str]]
"""id of a cell -> the lines of its text."""


def cut_row(
    rows: list[PrintedRow], heights: list[float], lines: Lines, index: int, room: float, step: float, gap: float
) -> tuple[list[PrintedRow], list[float], dict[int, list[str]]] | None:
    """Cut a row in two: what has room stays, the other lines of its cells become a row behind it.

    Args:
        rows: Of the table.
        heights: Of the rows, points.
        lines: The text of each cell, broken.
        index: The row to cut.
        room: What is left of the page, points.
        step: Height of a line, points.
        gap: Between the text of a cell and its borders, both together, points.

    Returns:
        Rows, heights and lines anew; None where no line has room, or all have.
    """
    fit = int((room - gap) // step)
    cells = rows[index].cells
    over = max((len(lines[id(c)]) - fit for c in cells if c.rowspan == 1), default=0)
    if fit < 1 or over < 1:
        return None
    above: list[PrintedCell] = []
    below: list[PrintedCell] = []
    broken = dict(lines)
    for c in cells:
        if c.rowspan > 1:
            upper = replace(c, rowspan=c.rowspan + 1)
            broken[id(upper)] = lines[id(c)]
        else:
            upper, lower = replace(c), replace(c, text="", field=None)
            broken[id(upper)], broken[id(lower)] = lines[id(c)][:fit], lines[id(c)][fit:]
            below.append(lower)
        above.append(upper)
    out = list(rows)
    for i in range(index):
        grown = []
        for c in rows[i].cells:
            if i + c.rowspan > index:
                grown.append(replace(c, rowspan=c.rowspan + 1))
                broken[id(grown[-1])] = lines[id(c)]
            else:
                grown.append(c)
        out[i] = replace(rows[i], cells=tuple(grown))
    out[index : index + 1] = [replace(rows[index], cells=tuple(above)), PrintedRow("data", tuple(below))]
    return out, [*heights[:index], room, over * step + gap, *heights[index + 1 :]], broken

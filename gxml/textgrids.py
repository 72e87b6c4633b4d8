"""What converters make of plain text: backslashes of Markdown, and rows of grid tables on several lines.

    +----------------+-----+----+
    | 其他对         | 378 | 0  |
    | 外管理服务事项 |     |    |
    +----------------+-----+----+

pandoc and reStructuredText write so. Half a label says nothing of its row, so that such a row is put on one line. Nor
do cells say theirs that stand on lines of their own, each with the pipe that closes it, as tools that take the text out
of web pages write them:

    |
    规章 |
    0 |
    0 |
    3 |
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise, takewhile

_RULE = re.compile(r"\s*[+├┌└┼╠╔╚┏┣┗](?:[-=:─━═]{2,}[+┼┬┴┤┐┘╪╬╦╩╣╗╝┳╋┻┓┫┛])+\s*")
_ROW = re.compile(r"\s*([|│┃║]).*\1\s*")
_FIGURE = re.compile(r"[+-]?\d(?:[\d,，.]*\d)?")  # 1. is the number of a label


# What Markdown puts a backslash before, so that it is itself; a pipe stays, for without it it would part cells.
_ESCAPE = re.compile(r"\\(?=[.\-()\[\]_*#+!~>`{}])")
_MANY_ESCAPES = 3


def unescaped(text: str) -> str:
    r"""Drop the backslashes of Markdown (1566\.08, 1\.属于国家秘密) where a text has several."""
    return _ESCAPE.sub("", text) if len(_ESCAPE.findall(text)) >= _MANY_ESCAPES else text


def joined_rows(lines: Sequence[str]) -> list[str]:
    """Put the rows of grid tables on one line each.

    Rows stay as they are where a number has something above or below it in its column: they may be two rows.

    Args:
        lines: Of a text.

    Returns:
        The lines, fewer where a row stood on several; the others unchanged.
    """
    ruled = [i for i, line in enumerate(lines) if _RULE.fullmatch(line)]
    out = list(lines[: ruled[0]] if ruled else lines)
    for above, below in pairwise([*ruled, len(lines)]):
        inside = lines[above + 1 : below]
        row = _joined(inside) if below < len(lines) else None
        out += [lines[above], *([row] if row is not None else inside)]
    return out


def _joined(lines: Sequence[str]) -> str | None:
    """Return the one row that lines between two rulings make, None where they are one line, or no row, or several."""
    marks = {m[1] if (m := _ROW.fullmatch(line)) else "" for line in lines}
    if len(lines) < 2 or len(marks) != 1 or "" in marks:
        return None
    mark = marks.pop()
    cells = [[cell.strip() for cell in line.strip()[1:-1].split(mark)] for line in lines]
    if len({len(row) for row in cells}) != 1:
        return None
    columns = list(zip(*cells, strict=True))
    for column in columns:
        printed = [cell for cell in column if cell]
        if len(printed) > 1 and any(_FIGURE.fullmatch(cell) for cell in printed):
            return None
    return mark + mark.join(f" {''.join(column)} " for column in columns) + mark


# A cell and the pipes behind it; more than one of them close empty cells.
_CLOSED = re.compile(r"(?P<cell>[^|]*?)\s*(?P<pipes>\|[|\s]*)")
_OPEN = "|"
FEWEST_ROWS = 3
"""Of a table with one cell a line."""
FEWEST_CELLS = 8
"""Lines that end in a pipe, one behind the other, where their rows cannot be told."""
_GOES_ON = re.compile(r"\s*(?![一二三四五六]、)(?=[^|]*[\u4e00-\u9fff])[^|，。]{1,14}\s*")
"""A line in the middle of a label, the next of which begins with no digit."""
_LABEL_BEHIND = re.compile(r"\|\s*\d[\d.,]*\s*\|(?:[^|]*\|)*?[^|]*[\u4e00-\u9fff]")
"""A row with words behind a number: its cells are counted wrongly."""
MOST_LINES = 6
"""Lines of the first row: it has a cell over several columns, the pipes of which say how wide the table is."""


def joined_cells(lines: Sequence[str]) -> list[str]:
    """Put the cells of a row on one line that stand on lines of their own, each with the pipe behind it.

    How many cells a row has is told by its first, which has a cell over several columns. Where that cannot be told, or
    rows of other widths follow, the pipes are dropped: a cell a line.

    Args:
        lines: Of a text.

    Returns:
        The lines, fewer where a row stood on several; the others unchanged.
    """
    if _OPEN not in "".join(lines):
        return list(lines)
    out: list[str] = []
    closed = [_CLOSED.fullmatch(line) if line.rstrip()[-1:] == "|" else None for line in lines]
    i = few = 0  # up to `few` there are too few cells a line
    while i < len(lines):
        if closed[i]:
            rows, end = _rows_of_cells(lines, i)
            if len(rows) >= FEWEST_ROWS:
                out += rows
                i = end
                continue
            if i >= few:
                cells = [m["cell"] for m in takewhile(bool, map(closed.__getitem__, range(i, len(lines)))) if m]
                if sum(map(bool, cells)) >= FEWEST_CELLS:
                    out += [cell or _OPEN for cell in cells]  # it may close an empty cell or open a row: nobody knows
                    i += len(cells)
                    continue
                few = i + len(cells)
        out.append(lines[i])
        i += 1
    return out


def _rows_of_cells(lines: Sequence[str], start: int) -> tuple[list[str], int]:
    """Return the rows of the table that begins on a line, none if none does, and the line behind the last of them."""
    framed = lines[start].strip() == _OPEN
    width = _width(lines, start + framed)
    rows: list[str] = []
    begins = [start]
    i = start
    while width and i < len(lines) and (not framed or lines[i].strip() == _OPEN):
        row, i = _row_of_cells(lines, i + framed, width)
        if row is None or _LABEL_BEHIND.search(row):
            break
        rows.append(row)
        begins.append(i)
    behind = lines[begins[-1]] if framed and rows and begins[-1] < len(lines) else _OPEN
    if behind.strip() != _OPEN and _CLOSED.fullmatch(behind):
        # the pipe that opens this row closed the one before, which lost a cell
        rows.pop()
        begins.pop()
    return rows, begins[-1]


def _row_of_cells(lines: Sequence[str], start: int, width: int) -> tuple[str | None, int]:
    """Return a row of so many cells that begins on a line, and the line behind it; None where none does.

    The last row of a table may have fewer: then a line without a pipe follows.
    """
    row = "|"
    for i in range(start, len(lines)):
        closed = _CLOSED.fullmatch(lines[i])
        missing = width + 1 - row.count("|")
        if not closed and 0 < missing < width and not _GOES_ON.fullmatch(lines[i]):
            return row + missing * " |", i
        if not missing or (not closed and not _goes_on(lines, i, row == "|")):
            return (row if not missing else None), i
        line = lines[i].strip()
        if row.count("|") > width or (row[-1] != "|" and line[:1].isdigit()):
            break
        row += line
    return (row if row.count("|") == width + 1 else None), len(lines)


def _goes_on(lines: Sequence[str], i: int, first: bool) -> bool:
    """Tell whether a line without a pipe is of a label that goes on below, the first of a row only by its pipe."""
    below = _CLOSED.fullmatch(lines[i + 1]) if i + 1 < len(lines) else None
    return bool(_GOES_ON.fullmatch(lines[i])) and (not first or (below is not None and not below["cell"]))


def _width(lines: Sequence[str], start: int) -> int:
    """Return how many cells the row that begins on a line has, 0 where that cannot be told."""
    pipes = 0
    for line in lines[start : start + MOST_LINES]:
        closed = _CLOSED.fullmatch(line)
        if not closed or not (closed["cell"] or pipes):
            return 0
        pipes += closed["pipes"].count("|")
        if closed["pipes"].count("|") > 1:
            return pipes
    return 0

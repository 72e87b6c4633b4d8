"""Grid tables of plain text: rows on several lines between rulings, as pandoc and reStructuredText write them.

    +----------------+-----+----+
    | 其他对         | 378 | 0  |
    | 外管理服务事项 |     |    |
    +----------------+-----+----+

Half a label on each line says nothing of the row, so that such a row is put on one line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

_RULE = re.compile(r"\s*[+├┌└┼╠╔╚┏┣┗](?:[-=:─━═]{2,}[+┼┬┴┤┐┘╪╬╦╩╣╗╝┳╋┻┓┫┛])+\s*")
_ROW = re.compile(r"\s*([|│┃║]).*\1\s*")
_FIGURE = re.compile(r"[+-]?\d[\d,，.]*")


def joined_rows(lines: Sequence[str]) -> list[str]:
    """Put the rows of grid tables on one line each.

    Rows stay as they are where two numbers stand one below the other: they may be two rows, or two halves of a number.

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
    if any(sum(_FIGURE.fullmatch(cell) is not None for cell in column) > 1 for column in columns):
        return None
    return mark + mark.join(f" {''.join(column)} " for column in columns) + mark

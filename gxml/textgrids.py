"""What converters make of plain text: backslashes of Markdown, and rows of grid tables on several lines.

    +----------------+-----+----+
    | 其他对         | 378 | 0  |
    | 外管理服务事项 |     |    |
    +----------------+-----+----+

pandoc and reStructuredText write so. Half a label says nothing of its row, so that such a row is put on one line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

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

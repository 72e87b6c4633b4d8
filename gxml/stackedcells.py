"""Rows of a web table that hold several rows of the form: labels and numbers parted by line breaks in their cells."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate
from typing import TYPE_CHECKING

from .numerals import parse_cell

if TYPE_CHECKING:
    from .tablemarkup import MarkupCell

_NUMBERED = re.compile(r"[（(]?(?:[一二三四五六七八九十]{1,3}|\d{1,2})[）)、.．，,]")
_WORDS = re.compile("[\u4e00-\u9fff]{2}")
FEW = 2
"""So many cells of a row with as many numbers each as it has numbered labels show that it is several rows."""


def unstack(
    rows: Sequence[Sequence[MarkupCell]], groups: Sequence[int]
) -> tuple[Sequence[Sequence[MarkupCell]], Sequence[int]]:
    """Take such rows apart.

    Args:
        rows: The cells of each row; lines in a cell are parted by line ends.
        groups: Number of rows in each row group.

    Returns:
        Both anew; spans reach over the rows that came of a row.
    """
    parts = [_parts(row) for row in rows]
    if max(parts, default=1) == 1:
        return rows, groups
    starts = [0, *accumulate(parts)]
    out: list[list[MarkupCell]] = []
    for r, row in enumerate(rows):
        n = parts[r]
        new: list[list[MarkupCell]] = [[] for _ in range(n)]
        for cell in row:
            end = min(r + cell.rowspan, len(rows))
            texts = _labels(cell.text) if _WORDS.search(cell.text) else cell.text.split("\n")
            if n > 1 and (not cell.text or len(texts) == n):
                for line, text in zip(new, texts if cell.text else [""] * n, strict=True):
                    line.append(cell._replace(text=text))
            else:
                new[0].append(cell._replace(rowspan=max(cell.rowspan, starts[end] - starts[r])))
        out.extend(new)
    ends = list(accumulate(groups))
    return out, [starts[b] - starts[a] for a, b in zip([0, *ends], ends, strict=False)]


def _parts(row: Sequence[MarkupCell]) -> int:
    """Return how many rows a row is: as many as each of its cells with numbers has, and one with labels; else 1."""
    counts: list[int] = []
    labels: set[int] = set()
    for cell in row:
        if not cell.text:
            continue
        if _WORDS.search(cell.text):
            labels.add(len(_labels(cell.text)))
            continue
        lines = cell.text.split("\n")
        if any(parse_cell(t).kind not in ("number", "dash") for t in lines) or (len(lines) > 1 and cell.rowspan > 1):
            return 1
        counts.append(len(lines))
    n = counts[0] if counts else 1
    return n if n > 1 and len(counts) >= FEW and set(counts) == {n} and n in labels else 1


def _labels(text: str) -> list[str]:
    """Return the numbered labels in a cell, each with the lines that it goes on in; one, if they are not numbered."""
    out: list[str] = []
    for line in text.split("\n"):
        if _NUMBERED.match(line):
            out.append(line)
        elif out:
            out[-1] += line
        else:
            return [text]
    return out

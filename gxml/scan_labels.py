"""Which lines of text of a page are which rows of the form: labels on one line or several, in the form's order.

    align(lines, form_lines(table)) -> Alignment

A local alignment: lines before and behind the table cost nothing, lines and rows that are passed over inside it cost
a little.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from rapidfuzz import fuzz

from .geometry import BBox, shared, union
from .numerals import comparable
from .template import Row, TableForm

LEAST = 0.6
"""Labels that are less similar to a row's name are not that row's."""
NOTHING = 0.45
"""What a similarity must be above to be worth a match."""
SKIP = 0.02
"""Cost of a row of the form that the page does not have."""
OTHER = 0.08
"""Cost of a line of words that belongs to no row."""
LINES = 5
"""A label has no more lines."""
NUMBERS = 4
"""Lines of text with so many pieces that are no words are rows of the table."""
WHOLE, AS_WELL = 0.8, 0.05
"""A label takes the lines below it if it is this similar with them, and no more than this less so than without."""
SAME_LEFT = 1.5
"""Lines of one label begin this near to one another, in heights of the line, or lie below one another by"""
BELOW = 0.5
"""this share of the shorter one."""
ITEM_LABEL = "信息内容"
"""What stands above the row labels of section 二."""

IDEOGRAPH = re.compile("[\u4e00-\u9fff]")

Kind = Literal["caption", "band", "header", "row"]


@dataclass(frozen=True, slots=True)
class Unit:
    """A piece of a line of text, and what it says ("" for a narrow one that was not read).

    Attributes:
        row: Index of its row of text.
    """

    row: int
    bbox: BBox
    text: str


@dataclass(frozen=True, slots=True)
class FormLine:
    """A printed row of the form.

    Attributes:
        names: What its label may be, comparable.
        kind: What it is.
        block: Index of its block.
        row: The row of the form, None for captions, bands and headers.
    """

    names: tuple[str, ...]
    kind: Kind
    block: int
    row: Row | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A row of the form on the page.

    Attributes:
        line: Index of the form line.
        units: The lines of its label from top to bottom; for a band or a header, what was recognised.
    """

    line: int
    units: tuple[Unit, ...]

    @property
    def bbox(self) -> BBox:
        """The box around its label."""
        box = union(u.bbox for u in self.units)
        assert box is not None
        return box


@dataclass(frozen=True, slots=True)
class Alignment:
    """The rows that were found, from top to bottom, and how good that is."""

    found: tuple[Found, ...]
    score: float


@cache
def form_lines(table: TableForm) -> tuple[FormLine, ...]:
    """Return the printed rows of a table with layout "rows", captions and headers included."""
    out: list[FormLine] = []
    for b, block in enumerate(table.blocks):
        if block.label:
            out.append(FormLine((comparable(block.label),), "band", b))
            out.append(FormLine((comparable(ITEM_LABEL), comparable("项目"), comparable("类别")), "header", b))
        elif table.caption:
            out.append(FormLine((comparable(table.caption), comparable("本列数据的勾稽关系为")), "caption", b))
        for row in block.rows:
            names = dict.fromkeys(comparable(n) for n in (row.label, *row.variants))
            out.append(FormLine(tuple(names), "row", b, row))
    return tuple(out)


def align(lines: Sequence[Sequence[Unit]], wanted: Sequence[FormLine]) -> Alignment:
    """Find the rows of the form among lines of text.

    Args:
        lines: The units of each line, from left to right; only words count.
        wanted: The printed rows of the form.
    """
    said = [line for line in lines if any(has_words(u) for u in line)]
    groups = {comparable(name) for line in wanted if line.row is not None for name in line.row.path}
    costs = [_cost(line, groups) for line in said]
    n, m = len(said), len(wanted)
    low = float("-inf")
    best = [[low] * m for _ in range(n + 1)]
    back: list[list[tuple[int, int, tuple[Unit, ...]] | None]] = [[None] * m for _ in range(n + 1)]
    top, top_at = 0.0, (-1, -1)
    for i in range(n):
        cost = costs[i]
        reach, source = low, -1
        before: list[tuple[float, int]] = []
        for j in range(m):
            before.append((reach, source))
            here = best[i][j]
            if here - cost > best[i + 1][j]:
                best[i + 1][j] = here - cost
                back[i + 1][j] = back[i][j]
            reach -= SKIP
            if here > reach:
                reach, source = here, j
        labels = _labels(said, i, costs)
        longer = [units for _, units, _ in labels]
        for k, units, passed in labels:
            text = _said(units)
            for j, line in enumerate(wanted):
                alike = similarity(text, line.names)
                if alike < LEAST or _goes_on(units, alike, longer, line.names):
                    continue
                gain = alike - NOTHING - passed
                reached, via = before[j]
                score = gain + max(0.0, reached)
                if score > best[i + k][j]:
                    best[i + k][j] = score
                    back[i + k][j] = (i, via if reached > 0 else -1, units)
                    if score > top:
                        top, top_at = score, (i + k, j)
    found: list[Found] = []
    i, j = top_at
    while j >= 0:
        step = back[i][j]
        assert step is not None
        found.append(Found(j, step[2]))
        i, j = step[0], step[1]
    return Alignment(tuple(found[::-1]), top)


def has_words(unit: Unit) -> bool:
    """Tell whether a piece of a line says more than a number."""
    return bool(IDEOGRAPH.search(unit.text))


def similarity(text: str, names: Sequence[str]) -> float:
    """Return how well a text names a row, 0 to 1; what stands in front of the name takes little off."""
    best = 0.0
    for name in names:
        best = max(best, fuzz.ratio(text, name, score_cutoff=100 * LEAST) / 100)
        if len(text) > len(name) + 1:
            best = max(best, 0.9 * fuzz.ratio(text[-len(name) :], name, score_cutoff=100 * LEAST) / 100)
    return best


def _cost(line: Sequence[Unit], groups: Collection[str]) -> float:
    """Return what it costs to pass over a line: nothing for the label of a group, which is no row."""
    words = [comparable(u.text) for u in line if len(u.text) > 2 and has_words(u)]
    return OTHER if any(all(text not in g for g in groups) for text in words) else 0.0


def _labels(
    lines: Sequence[Sequence[Unit]], first: int, costs: Sequence[float]
) -> list[tuple[int, tuple[Unit, ...], float]]:
    """Return what may be a label that begins in a line: how many lines it takes, its units, cost of lines between."""
    out: list[tuple[int, tuple[Unit, ...], float]] = []
    for unit in filter(has_words, lines[first]):
        units = [unit]
        passed = 0.0
        out.append((1, (unit,), passed))
        for k in range(1, LINES):
            if first + k >= len(lines):
                break
            under = _under(units[-1], lines[first + k])
            if under is not None and _numbers(lines[first + k]) and any(_numbers(lines[first + i]) for i in range(k)):
                break  # two rows, each with its numbers
            if under is None:
                passed += costs[first + k]
                continue
            units.append(under)
            out.append((k + 1, tuple(units), passed))
    return out


def _goes_on(label: tuple[Unit, ...], alike: float, others: Sequence[tuple[Unit, ...]], names: Sequence[str]) -> bool:
    """Tell whether lines below a label are of it, too: with them it says one of the names more nearly, and as well."""
    longer = [_said(o) for o in others if len(o) > len(label) and o[0] is label[0]]
    if not longer or alike < LEAST:
        return False
    text = _said(label)
    least = max(WHOLE, alike - AS_WELL)
    return any(similarity(t, [n]) > max(least, similarity(text, [n])) for t in longer for n in names)


def _said(units: Sequence[Unit]) -> str:
    return comparable("".join(u.text for u in units))


def _numbers(line: Sequence[Unit]) -> bool:
    return sum(not u.text or not has_words(u) for u in line) >= NUMBERS


def _under(unit: Unit, line: Sequence[Unit]) -> Unit | None:
    height = unit.bbox[3] - unit.bbox[1]
    for other in filter(has_words, line):
        a, b = unit.bbox, other.bbox
        if b[1] - a[3] < 1.5 * height and (
            abs(a[0] - b[0]) <= SAME_LEFT * height or shared(a[0], a[2], b[0], b[2]) >= BELOW
        ):
            return other
    return None

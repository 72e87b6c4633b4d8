"""What the header prints over each value, by place: for tables whose columns or groups stand in another order."""

from __future__ import annotations

from collections.abc import Sequence

from .geometry import shared
from .numerals import comparable
from .strips import Field, Strip
from .template import Block, Column, Row, TableForm

PLACED = ("markup", "rulings")
"""Origins in which a header's cell stands over all cells that it is about."""
COVERS = 0.5
"""A cell stands under a header's cell that shares this part of the narrower of the two."""

MAX_MORE = 6
"""Characters that a heading of a group has beside its name; the title of the table names two groups."""

MISPLACED = "第{section}部分表头有列名印在别的列上，而其余列名不能辨认：列序可能与格式不同，请核对各列。"
"""What is said where names of columns stand elsewhere than in the form, and do not give an order."""

Order = tuple[int, ...]
"""For each printed value, in order, its number in the form."""


def names_of(part: Column | Row) -> frozenset[str]:
    """Return what a column or a row is called, comparable."""
    return frozenset(comparable(t) for t in (part.label, *part.variants))


def heads_of(strips: Sequence[Strip], strip: Strip) -> list[Strip]:
    """Return what the table of a strip prints above it."""
    return [s for s in strips[: strips.index(strip)] if s.table == strip.table]


def column_places(heads: Sequence[Strip], values: Sequence[Field], block: Block) -> Order | None:
    """Return the printed order of a block's columns, None unless each of them stands over just one of the values."""
    names = [names_of(c) for c in block.columns]
    known = _named_cells(heads, names)
    order = tuple(_above(known, f) for f in values)
    return tuple(i for i in order if i is not None) if set(order) == set(range(len(names))) else None


def misplaced(heads: Sequence[Strip], values: Sequence[Field], block: Block) -> bool:
    """Tell whether names of the header stand over other values than the form's, and others over their own."""
    known = _named_cells(heads, [names_of(c) for c in block.columns])
    size = len(block.columns)
    found = [(_above(known, f), k % size) for k, f in enumerate(values)]
    return any(i == k for i, k in found) and any(i not in (None, k) for i, k in found)


def line_places(strips: Sequence[Strip], values: Sequence[Field], form: TableForm) -> Order | None:
    """Return the printed order of a table that is one line of groups, or groups below each other.

    Args:
        strips: All of the table's part of the document, in order.
        values: Fields of one or more of them, as many as the form has.
        form: The table, of one block; its rows are the groups.

    Returns:
        None where it is the form's order, or cannot be told.
    """
    block = form.blocks[0]
    groups, columns = [names_of(r) for r in block.rows], [names_of(c) for c in block.columns]
    order: list[int] = []
    said: int | None = None
    begin = 0
    seen: dict[int, int] = {}
    printed = set(map(id, values))
    for at, strip in enumerate(strips):
        own = [f for f in strip.fields if id(f) in printed]
        if not own:
            continue
        for s in strips[begin : at + 1]:
            said = _named(s, groups, said)
        heads = heads_of(strips, strip)
        over_groups = [] if _labelled(strip, groups) else _named_cells(heads, groups)
        over_columns = _named_cells(heads, columns)
        for f in own:
            group = _above(over_groups, f)
            group = said if group is None else group
            if group is None:
                return None
            column = _above(over_columns, f)
            if column is None:  # as the form has them
                column = seen.get(group, 0)
            seen[group] = seen.get(group, 0) + 1
            order.append(group * len(columns) + column)
        begin = at + 1
    whole = list(range(len(values)))
    return tuple(order) if order != whole and sorted(order) == whole else None


def _named_cells(heads: Sequence[Strip], names: Sequence[frozenset[str]]) -> list[tuple[float, float, int]]:
    """Return (left, right, number of the name) of the cells of a header that are a name, the nearest first."""
    numbers = {text: i for i, texts in enumerate(names) for text in texts}
    out: list[tuple[float, float, int]] = []
    for s in reversed(heads):
        if s.origin in PLACED:
            texts = [comparable(f.text) for f in s.fields]
            out += [(f.lo, f.hi, numbers[t]) for f, t in zip(s.fields, texts, strict=True) if t in numbers]
    return out


def _above(known: Sequence[tuple[float, float, int]], field: Field) -> int | None:
    """Return which of the names stands nearest above a field."""
    lo, hi = field.lo, field.hi
    for a, b, i in known:
        # much the most cells stand aside
        if a < hi and lo < b and shared(a, b, lo, hi) >= COVERS:
            return i
    return None


def _labelled(strip: Strip, groups: Sequence[frozenset[str]]) -> bool:
    return any(comparable(t) in n for t in strip.labels for n in groups)


def _named(strip: Strip, groups: Sequence[frozenset[str]], said: int | None) -> int | None:
    """Return the group that a strip's labels, or a heading of its own, name last."""
    for text in map(comparable, strip.labels):
        ends = [
            (text.rfind(n) + len(n), i)
            for i, names in enumerate(groups)
            for n in names
            if n in text and len(text) <= len(n) + MAX_MORE
        ]
        if ends:
            said = max(ends)[1]
    return said

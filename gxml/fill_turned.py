"""Section 四 printed in another order than the form's: a line for each cell or each result, groups or columns moved."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from .headplaces import names_of
from .numerals import comparable
from .strips import Field, Strip
from .template import Block, TableForm

# The title of the section names both kinds, too.
_TITLE = re.compile("政府信息公开(?:工作)?(?:被申请)?行政复议(?:和?(?:被?提起)?行政诉讼)(?:的?情况)?")

Order = tuple[int, ...]
"""For each cell of the form's line where it is printed."""


def on_one_line(strips: Sequence[Strip], form: TableForm) -> list[Strip]:
    """Put the numbers of a table in one line that prints a line for each cell, or each result with all groups.

    Args:
        strips: Of the table, in order.
        form: The table, of layout "one_line".

    Returns:
        The strips; the last holds all numbers where they were put together.
    """
    block = form.blocks[0]
    groups, size = len(block.rows), len(block.columns)
    found = [(s, i, v) for s in strips if (i := _column(s, block)) is not None and (v := _values(s))]
    for lines, width in ((groups * size, 1), (size, groups)):
        if len(found) != lines or any(len(v) != width for _, _, v in found):
            continue
        at = [i for _, i, _ in found]
        if any(sorted(at[k : k + size]) != list(range(size)) for k in range(0, lines, size)):
            continue
        if width == 1:  # each group's name stands in front of its first cell
            heads = [comparable(found[k][0].label) for k in range(0, lines, size)]
            named = [[i for i, r in enumerate(block.rows) if comparable(r.label) in head] for head in heads]
            order = [i[-1] for i in named] if all(named) else None
        else:
            order = _groups("".join(comparable(s.label) for s in strips), block)
        if order is None or sorted(order) != list(range(groups)):
            continue
        cells: dict[tuple[int, int], Field] = {}
        for k, (_, column, values) in enumerate(found):
            for g, value in enumerate(values):
                cells[(order[k // size if width == 1 else g], column)] = value
        line = tuple(cells[(g, c)] for g in range(groups) for c in range(size))
        used = {id(s) for s, _, _ in found}
        first = found[0][0]
        span = (min(f.span[0] for f in line), max(f.span[1] for f in line))
        whole = replace(first, fields=line, cut=0, span=span, width=float(len(line)), closed=True)
        return [*(_without(s) if id(s) in used else s for s in strips), whole]
    return list(strips)


def printed_order(strips: Sequence[Strip], form: TableForm) -> Order | None:
    """Return where the header prints each cell of the line, None where it is the form's order or cannot be told."""
    block = form.blocks[0]
    groups, size = len(block.rows), len(block.columns)
    text = "".join(comparable(s.label) for s in strips)
    names = {comparable(c.label): i for i, c in enumerate(block.columns)}
    columns = [names[m] for m in re.findall("|".join(map(re.escape, names)), text)]
    by_group = _groups(text, block)
    if by_group is None or len(columns) != groups * size:
        return None
    printed: dict[tuple[int, int], int] = {}
    for k, column in enumerate(columns):
        printed[(by_group[k // size], column)] = k
    order = tuple(printed.get((g, c), -1) for g in range(groups) for c in range(size))
    return order if sorted(order) == list(range(groups * size)) and list(order) != sorted(order) else None


def by_group(
    lines: Sequence[tuple[Strip, tuple[Field, ...]]], form: TableForm
) -> Sequence[tuple[Strip, tuple[Field, ...]]]:
    """Return lines that hold the numbers of some groups each in the form's order, where their labels name the groups.

    Args:
        lines: (strip, its numbers), as printed.
        form: The table, of layout "one_line".
    """
    block = form.blocks[0]
    named: list[list[int]] = []
    for s, values in lines:
        label = _TITLE.sub("", comparable(s.label))
        groups = [i for i, r in enumerate(block.rows) if comparable(r.label) in label]
        if len(values) != len(groups) * len(block.columns):
            return lines
        named.append(groups)
    if sorted(i for groups in named for i in groups) != list(range(len(block.rows))):
        return lines
    return [line for _, line in sorted(zip(named, lines, strict=True), key=lambda x: x[0])]


def _groups(text: str, block: Block) -> list[int] | None:
    """Return the form's groups in the order in which a header names them, None if it does not name each once."""
    text = _TITLE.sub("", text)
    places: list[tuple[int, int, int]] = []
    for i, row in enumerate(block.rows):
        at = [m.start() for m in re.finditer(re.escape(comparable(row.label)), text)]
        if not at or (len(at) != 1 and i):
            return None
        over = text.rfind(comparable(row.path[0])) if row.path else -1
        places.append((over if over >= 0 else at[-1], at[-1], i))
    return [i for *_, i in sorted(places)]


def _column(strip: Strip, block: Block) -> int | None:
    label = comparable(strip.label)
    return next((i for i, c in enumerate(block.columns) if any(label.endswith(n) for n in names_of(c))), None)


def _values(strip: Strip) -> list[Field]:
    return [f for f in strip.values if f.kind != "break"]


def _without(strip: Strip) -> Strip:
    return replace(strip, fields=strip.fields[: strip.cut])

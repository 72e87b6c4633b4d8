"""Text that prints all labels of a table first and all its numbers after them, row by row or column by column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .columns import vector
from .filled import RowPlace, equations
from .labels import LABEL_SURE, decode, row_keys, similarities
from .numerals import comparable
from .splits import Equation, Vector, closes
from .strips import Field, Strip
from .template import Block, Edition, TableForm

Grid = list[list[Field]]

HOLDS = 0.7
"""Share of the sums with numbers that must hold: a report may have errors of its own."""
CLEARER = 0.2
"""By so much fewer of them must hold the other way."""


def unfolded(strips: Sequence[Strip], form: TableForm, places: Sequence[RowPlace], edition: Edition) -> list[Strip]:
    """Give each label its numbers where all labels stand in front of all numbers.

    Every row of the form must be named once, in order, with no number between, and exactly as many numbers follow as
    the table has cells. Which way they go, the names of the columns or the sums say; else nothing is changed.

    Args:
        strips: Of one table of the form, in order.
        form: The table; only one with equations between its rows can be unfolded.
        places: Rows of the form.
        edition: For its rules.

    Returns:
        The strips, a strip for each row where the table is unfolded.
    """
    same = list(strips)
    rules = equations(edition, form)
    if not rules or len(form.blocks) != 1 or any(s.origin not in ("inline", "stacked") for s in strips):
        return same
    at = next((i for i, s in enumerate(strips) if _printed(s)), None)
    if at is not None and len(strips[at].labels) < len(places):  # numbers of a header stand before the labels
        at = next((i for i, s in enumerate(strips) if len(s.labels) >= len(places) and _printed(s)), None)
    if at is None:
        return same
    heads = [f for s in strips[: at + 1] for f in s.fields[: s.cut] if f.text.strip()]
    labels = _labels(heads, places)
    if labels is None:
        return same
    groups = [s for s in strips[at:] if _printed(s)]
    numbers = [f for s in groups for f in _printed(s)]
    block = form.blocks[0]
    if len(numbers) != len(places) * len(block.columns):
        return same
    grid = _grid(heads, groups, numbers, places, block, rules)
    if grid is None:
        return same
    first = strips[at]
    out = list(strips[:at])
    for label, row in zip(labels, grid, strict=True):
        fields = (label, *row)
        span = (min(f.span[0] for f in fields), max(f.span[1] for f in fields))
        out.append(replace(first, fields=fields, cut=1, span=span, page=label.page, before="", closed=True))
    return out


def _printed(strip: Strip) -> list[Field]:
    return [f for f in strip.values if f.kind not in ("blank", "break", "words")]


def _labels(heads: Sequence[Field], places: Sequence[RowPlace]) -> list[Field] | None:
    """Return the label of each row, None unless all stand there, once and in order."""
    keys = row_keys([p.row for p in places])
    scores = [similarities((f.text,), keys) for f in heads]
    matches = decode(scores, [True] * len(heads))
    sure = [m for m in matches if m.score >= LABEL_SURE]
    # a header before or behind them has words of rows, too
    first = max((i for i, m in enumerate(sure) if m.row == 0), default=0)
    sure = sure[first : first + len(places)]
    return [heads[m.strip] for m in sure] if [m.row for m in sure] == list(range(len(places))) else None


def _grid(
    heads: Sequence[Field],
    groups: Sequence[Strip],
    numbers: Sequence[Field],
    places: Sequence[RowPlace],
    block: Block,
    rules: Sequence[Equation],
) -> Grid | None:
    rows, columns = len(places), len(block.columns)
    down = [list(numbers[i::rows]) for i in range(rows)]
    if len(groups) > 1:  # something stands between the numbers: it must be the names of the columns
        names = [heads[-1].text, *(s.labels[-1] if s.labels else "" for s in groups[1:])]
        known = [{comparable(t) for t in (c.label, *c.variants)} for c in block.columns]
        order = [next((i for i, n in enumerate(known) if comparable(name) in n), -1) for name in names]
        if sorted(order) != list(range(columns)) or any(len(_printed(s)) != rows for s in groups):
            return None
        grid = [[row[order.index(c)] for c in range(columns)] for row in down]
        return grid if _holding(grid, places, rules) >= HOLDS else None
    across = [list(numbers[i * columns : (i + 1) * columns]) for i in range(rows)]
    held = [_holding(g, places, rules) for g in (across, down)]
    if {f.text for f in numbers} == {"0"}:
        return across
    best = held.index(max(held))
    return (across, down)[best] if held[best] >= HOLDS and abs(held[0] - held[1]) >= CLEARER else None


def _holding(grid: Grid, places: Sequence[RowPlace], rules: Sequence[Equation]) -> float:
    """Return the share of the sums that hold, of rows and of columns; those of nothing but zeros do not count."""
    values: dict[str, Vector] = {}
    for p, row in zip(places, grid, strict=True):
        numbers = vector(row)
        if numbers is None:
            return 0.0
        values[p.row.name] = numbers
    held = [closes(v) for v in values.values() if any(v)]
    for e in rules:
        for c in range(len(grid[0])):
            terms = [k * (values[r][c] or 0) for k, r in e.terms]
            if any(terms):
                held.append(sum(terms) == 0)
    return sum(held) / len(held) if held else 1.0

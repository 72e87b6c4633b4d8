"""Rows that the end of a page cuts in two: Word lets a row's label go on over the page, its numbers in one piece."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .geometry import shared
from .headers import is_header
from .headplaces import COVERS
from .labels import RowKey, similarities
from .strips import Strip
from .template import TableForm

# The joined label must be this much more alike to a row of the form than either of its pieces.
BETTER = 0.02
# So alike are a row and the two pieces of its label of which each is alike to it alone.
SURE = 0.9


def join_cut_rows(strips: Sequence[Strip], form: TableForm, keys: tuple[RowKey, ...], columns: int) -> list[Strip]:
    """Join the last row of a ruled table with the first of its continuation on the next page where they are one.

    They are where one piece has no value at all, and either the piece without values has no label of its own, or the
    labels are more alike to a row of the form together than alone, or all of them name the same row. A header that is
    printed again on the next page may stand between them.

    Args:
        strips: Of one table of the form, in order.
        form: The table.
        keys: What its rows are called.
        columns: How many values a row has; where a piece of a label is too short to be known as one, they tell.

    Returns:
        The strips; a joined row stands where its values are printed.
    """
    out: list[Strip] = []
    last: int | None = None  # of `out`: the last row of the ruled table before
    for s in strips:
        if s.origin != "rulings":
            out.append(s)
            continue
        if last is not None and s.table != out[last].table:
            joined = _join(out[last], s, keys, columns) if s.page == out[last].page + 1 else None
            if joined is not None:
                out[last] = joined
                last = None  # nothing else goes on from that page
                continue
            if is_header(s, form) and s.page == out[last].page + 1:
                out.append(s)
                continue
        out.append(s)
        last = len(out) - 1
    return out


def _join(above: Strip, below: Strip, keys: tuple[RowKey, ...], columns: int) -> Strip | None:
    cut = above.cut or len(above.fields) - columns
    if cut <= 0:
        return None
    heads = above.fields[:cut]
    values = tuple(f for f in below.fields if (f.lo + f.hi) / 2 > heads[-1].hi)
    empty_below = all(f.kind == "blank" for f in values)
    if not values or (not empty_below and any(f.kind != "blank" for f in above.fields[cut:])):
        return None
    # a piece of a group's label that goes on stands beside the heads of the last row, or over one of them
    rest = [
        [f.text for f in below.fields if f not in values and shared(f.lo, f.hi, h.lo, h.hi) >= COVERS] for h in heads
    ]
    labels = tuple(
        replace(h, text="\n".join(t for t in (h.text, *r) if t.strip())) for h, r in zip(heads, rest, strict=True)
    )
    own = max((i for i, f in enumerate(labels) if f.text.strip()), default=0)
    part = "".join(rest[own])
    if part.strip() or not empty_below:
        first = tuple(f.text for f in heads[: own + 1])
        if not _one_label(first, (part,), (*first[:-1], labels[own].text), keys):
            return None
    if empty_below:
        return replace(above, fields=(*labels, *above.fields[cut:]), cut=cut)
    return replace(below, fields=(*labels, *values), cut=cut, before="")


def _one_label(above: tuple[str, ...], below: tuple[str, ...], both: tuple[str, ...], keys: tuple[RowKey, ...]) -> bool:
    """Tell whether two pieces are one label: more alike to a row together, or each alike to the same row alone."""
    first, second, joined = (similarities(parts, keys) for parts in (above, below, both))
    best = max(joined)
    same = first.index(max(first)) == second.index(max(second)) == joined.index(best)
    return best >= max(*first, *second) + BETTER or (same and best >= SURE)

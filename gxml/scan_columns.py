"""Where the columns of a table without upright rulings run: heads and numbers together, as many as the form has.

fit_columns(numbers, heads, 7, known) -> Columns | None
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from statistics import median

from .geometry import overlap

Extent = tuple[float, float]
"""(left, right), points."""

NEAR = 0.3
"""A column is where it is expected if it is off by no more than this share of the distance of columns."""
MOST_SCALE = 0.06
"""Scales of two pages differ by no more than this."""
ASTRAY = 0.2
"""Share of the numbers that may be elsewhere."""
EVEN = 0.2
"""Columns are evenly spaced if none is off by more than this share of their distance."""
WIDE = 1.35
"""A head that is wider than this many columns stands over several."""
SUPPORT = 0.2
"""A column without a head has numbers in this share of the rows of the fullest one, and in two."""
NARROW = 0.5
"""Columns are no nearer to one another than this share of their usual distance."""
FAR = 2.2
"""… and no farther apart than this."""
TOUCH = 0.5
"""Parts of heads that are no farther apart are of one column, points."""
RIM = 1.0
"""Paper kept between the labels and the first column at least, points."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The value columns of a table.

    Attributes:
        extents: What stands in each, from left to right.
        starts: Depth of labels -> their left edge, by which the columns of the next page are found.
    """

    extents: tuple[Extent, ...]
    starts: Mapping[int, float]

    @property
    def middles(self) -> list[float]:
        """The middle of each column."""
        return [(a + b) / 2 for a, b in self.extents]

    def edges(self, left: float) -> list[float]:
        """Return the edges of the columns, one more than columns.

        Args:
            left: Where the labels end.
        """
        inner = [(a[1] + b[0]) / 2 for a, b in pairwise(self.extents)]
        half = max((b[0] - a[1] for a, b in pairwise(self.extents)), default=40.0) / 2
        first, last = self.extents[0][0], self.extents[-1][1]
        return [min(first - RIM, max(left + RIM, first - half)), *inner, last + half]


def fit_columns(
    numbers: Sequence[Extent],
    heads: Sequence[Extent],
    count: int,
    starts: Mapping[int, float],
    known: Columns | None = None,
) -> Columns | None:
    """Find the columns of a table, or None where they cannot be told.

    Args:
        numbers: Pieces in rows of values.
        heads: Pieces above them, those over several columns too.
        count: How many columns the form has.
        starts: Depth of labels -> their left edge.
        known: The columns of the part of the table on the page before.
    """
    found = _without_rim(_with_heads(_supported(numbers, heads), heads, count), count)
    if len(found) != count:  # words beside the heads
        by_numbers = _without_rim(_supported(numbers, heads), count)
        if len(by_numbers) == count:
            found = _with_heads(by_numbers, [h for h in heads if any(overlap(*h, *c) > 0 for c in by_numbers)], count)
    if len(found) != count:  # dirt beside the numbers
        by_heads = _with_heads([], heads, count)
        if len(by_heads) == count:
            found = _with_heads(by_heads, [n for n in numbers if any(overlap(*n, *c) > 0 for c in by_heads)], count)
    if known is not None and len(known.extents) == count and (len(found) != count or not heads):
        anchors = [(known.starts[depth], x) for depth, x in starts.items() if depth in known.starts]
        moved = _as_before(found, numbers, known, anchors)
        if moved is not None:
            return Columns(tuple(moved), starts)
    if 2 < len(found) < count:
        found = _evenly(found, count) or found
    return Columns(tuple(found), starts) if len(found) == count and _regular(found) else None


def _supported(numbers: Sequence[Extent], heads: Sequence[Extent]) -> list[Extent]:
    """Return where numbers stand below one another, or one below a head: dirt stands alone."""
    joined = _joined(numbers)
    support = [sum(overlap(*n, *c) > 0 or c[0] <= n[0] <= c[1] for n in numbers) for c in joined]
    most = max(support, default=0)
    least = min(most, max(2, SUPPORT * most))  # a table of one row has one number in each column
    return [c for c, k in zip(joined, support, strict=True) if k >= least or any(overlap(*h, *c) > 0 for h in heads)]


def _regular(columns: Sequence[Extent]) -> bool:
    """Tell whether no column is so near to another one, or so far from the others, that it must be dirt."""
    pitches = _pitches(columns)
    return not pitches or (min(pitches) >= NARROW * median(pitches) and max(pitches) <= FAR * median(pitches))


def _pitches(columns: Sequence[Extent]) -> list[float]:
    return [(b[0] + b[1] - a[0] - a[1]) / 2 for a, b in pairwise(columns)]


def _without_rim(columns: list[Extent], count: int) -> list[Extent]:
    """Return columns without the first or the last if there are too many and it is far off: the edge of the paper."""
    out = list(columns)
    while len(out) > count and len(out) > 2:
        pitches = _pitches(out)
        usual = FAR * median(pitches)
        if max(pitches[0], pitches[-1]) <= usual:
            break
        out.pop(0 if pitches[0] > pitches[-1] else -1)
    return out


def _joined(extents: Sequence[Extent]) -> list[Extent]:
    out: list[Extent] = []
    for a, b in sorted(extents):
        if out and a <= out[-1][1]:
            out[-1] = (out[-1][0], max(b, out[-1][1]))
        else:
            out.append((a, b))
    return out


def _with_heads(columns: Sequence[Extent], heads: Sequence[Extent], count: int) -> list[Extent]:
    out = list(columns)
    for head in sorted(heads, key=lambda h: h[1] - h[0]):
        pitch = median([(b[0] + b[1] - a[0] - a[1]) / 2 for a, b in pairwise(sorted(out))]) if len(out) > 2 else None
        if pitch is not None and head[1] - head[0] > WIDE * pitch and len(out) >= count - 1:
            continue
        over = [i for i, c in enumerate(out) if min(head[1], c[1]) - max(head[0], c[0]) > -TOUCH]
        if not over:
            out.append(head)
        elif len(over) == 1:
            a, b = out[over[0]]
            wider = (min(a, head[0]), max(b, head[1]))
            if not any(overlap(*wider, *c) > 0 for i, c in enumerate(out) if i != over[0]):
                out[over[0]] = wider
    return sorted(out)


def _as_before(
    found: Sequence[Extent], numbers: Sequence[Extent], known: Columns, anchors: Sequence[tuple[float, float]]
) -> list[Extent] | None:
    """Return the columns of the page before where the found ones stand; None where that fits in no or in several ways.

    Args:
        found: Columns of this page.
        numbers: All numbers of this page.
        known: The columns of the page before.
        anchors: Places of that page and where they are on this one.
    """
    middles = known.middles
    pitch = min(b - a for a, b in pairwise(middles))
    here = [(a + b) / 2 for a, b in found]
    shift = median([x - before for before, x in anchors]) if anchors else 0.0
    maps = [(1.0, shift)]
    if len(here) > 1:  # photographs of two pages differ in scale
        for first, last in combinations(middles, 2):
            scale = (here[-1] - here[0]) / (last - first)
            maps.append((scale, here[0] - scale * first))
    fits: dict[tuple[int, ...], tuple[float, float]] = {}
    for scale, shift in maps:
        if abs(scale - 1) > MOST_SCALE or any(abs(scale * b + shift - x) > NEAR * pitch for b, x in anchors):
            continue
        places = [scale * m + shift for m in middles]
        nearest = [min(range(len(places)), key=lambda i: abs(places[i] - x)) for x in here]
        if len({*nearest}) < len(here) or any(
            abs(places[i] - x) > NEAR * pitch for i, x in zip(nearest, here, strict=True)
        ):
            continue
        astray = sum(min(abs(p - (a + b) / 2) for p in places) > NEAR * pitch for a, b in numbers)
        if astray <= ASTRAY * len(numbers):
            fits[tuple(nearest)] = (scale, shift)
    if len(fits) != 1:
        return None
    (nearest_,) = fits
    ((scale, shift),) = fits.values()
    by_place = dict(zip(nearest_, found, strict=True))
    return [by_place.get(i, (scale * a + shift, scale * b + shift)) for i, (a, b) in enumerate(known.extents)]


def _evenly(found: Sequence[Extent], count: int) -> list[Extent] | None:
    """Return evenly spaced columns of which the first, the last and two that are neighbours were found."""
    middles = [(a + b) / 2 for a, b in found]
    pitch = (middles[-1] - middles[0]) / (count - 1)
    places = [round((m - middles[0]) / pitch) for m in middles]
    if len(set(places)) < len(places) or not any(b - a == 1 for a, b in pairwise(places)):
        return None
    if any(abs(middles[0] + k * pitch - m) > EVEN * pitch for k, m in zip(places, middles, strict=True)):
        return None
    half = median([(b - a) / 2 for a, b in found])
    by_place = dict(zip(places, found, strict=True))
    return [by_place.get(k, (middles[0] + k * pitch - half, middles[0] + k * pitch + half)) for k in range(count)]

"""Numbers that do not stand where the numbers of their table stand: a sign or a digit beside them was lost.

    displaced(cells) -> {index: shift}

A fax may drop the minus sign of a centred -8 without a trace; the 8 is then half a sign to the right of the middle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from .geometry import BBox

ENOUGH = 6
"""Fewer numbers do not tell how a table sets them."""
SLACK = 0.14
"""Numbers stand this exactly, in heights of a digit: a hyphen is 0.45 wide and moves a centred number by half of it."""
SPREAD = 5.0
"""… or within this many median deviations, if that is more;"""
REGULAR = 0.4
"""where the median deviation is more than this share of `SLACK`, nothing is set regularly."""
FITS = 0.85
"""So many of the numbers stand as their table sets them, or all but one; if fewer do, it sets them otherwise."""
WIDER = 0.3
"""Numbers that are wider or narrower than the usual one by this, in heights of a digit, tell left, right and centred
apart,"""
TELLING = 2
"""if there are so many of them."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a number stands: its cell, the left and right end of its ink, and the height of that, all in points."""

    cell: BBox
    left: float
    right: float
    height: float


def displaced(numbers: Sequence[Placed]) -> dict[int, float]:
    """Return which numbers of a table do not stand as the others do, and by how much, in points; to the right > 0.

    A table sets its numbers centred, or to the left or to the right of their cells. Where more than one of these fits
    what is seen, a number is displaced only if it is by all of them, and the least shift counts.
    """
    if len(numbers) < ENOUGH:
        return {}
    height = median(n.height for n in numbers)
    usual = median(n.right - n.left for n in numbers)
    telling = [i for i, n in enumerate(numbers) if abs(n.right - n.left - usual) > WIDER * height]
    if len(telling) < TELLING:
        telling = list(range(len(numbers)))
    shifts: list[list[float]] = []
    limits: list[float] = []
    for places in (
        [(n.left + n.right - n.cell[0] - n.cell[2]) / 2 for n in numbers],
        [n.left - n.cell[0] for n in numbers],
        [n.right - n.cell[2] for n in numbers],
    ):
        middle = median(places)
        away = [p - middle for p in places]
        spread = median(abs(a) for a in away)
        limit = max(SLACK * height, SPREAD * spread)
        within = [abs(a) <= limit for a in away]
        if (
            spread <= REGULAR * SLACK * height
            and sum(within) >= min(FITS * len(numbers), len(numbers) - 1)
            and sum(within[i] for i in telling) >= FITS * len(telling) - 1
        ):
            shifts.append(away)
            limits.append(limit)
    out = {}
    for i in range(len(numbers)):
        seen = [a[i] for a in shifts]
        if seen and all(abs(a) > limit for a, limit in zip(seen, limits, strict=True)):
            out[i] = min(seen, key=abs)
    return out

"""Which sides of cells are ruled: looked up in the picture side by side, then settled so that lines end at lines.

A broken line thus loses no cell, and a stroke of text makes none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .imaging_lines import CONTRAST, Floats, Gray
from .layout_lines import SNAP, Family

Flags = NDArray[np.bool_]

INSET = 1.6
"""The ends of a side, where other lines cross it, are not looked at; points."""
DRIFT = 1.0
"""How far a line may stray from its straight fit, points."""
TINY = 1e-9
SAMPLES = 32
"""Places on a side at which ink is looked for."""
ENDS = 0.34
"""Share of the first and of the last fifth of a side that must be inked."""
MISSED = 0.9
"""Share of a side that must be inked if no piece of its line was found."""
BESIDE = (2.2, 5.0)
"""What lies beside a line is looked at from here to there, points."""
CLOSE = 3.4
"""… or only to there, where rulings are shattered: dots have white right beside them, however near a digit stands."""
CLOSED_COLUMN = 0.75
"""Share of a vertical side that must be inked, other things being equal."""
LONE, NOT_LONE = 0.2, 1.25
"""The same of a horizontal side with nothing beside it; and more by so much of the share that is inked there,"""
CLOSED_ROW, CROWD = 0.72, 0.4
"""but no more than the former, and so much of what is inked on both sides."""
CROWDED = 0.25
CLEAR, CLEARLY = 0.97, 0.9
"""A line of which so much is inked, in the middle of its sides, is a clear one: a side of it with strokes of text next
to it is inked so far,"""
LEAST_CLEAR = 4
"""if it has so many sides;"""
PATCHY = 2.0
"""what speaks against one that is not."""
AT_RIM = -0.5
"""No more than this speaks against a side of the rim between two lines that reach it."""
WORD = 0.4
"""Ends that are not inked tell text from a broken ruling: the more so, the more is inked beside them and between them;
from these shares on, fully."""
WEIGHT = 8.0
"""What a side says for itself: this times the difference of its inked share to that, but no more than `MOST`."""
MOST = 3.0
BLANK = 4.5
"""What speaks against a horizontal side of which nothing is inked."""
SHATTERED, MISSING = 0.15, 2.9
"""From this share on, see `brokenness`, a side may be missing altogether; then this is what speaks against it."""
LOOSE_END = 1.2
"""What speaks against a side that is not inked next to a crossing line: digits fill the middle, rulings reach ends."""
DANGLING = 5.5
"""What speaks against a line that ends where there is no other line, or turns a corner inside of the table."""
TEE_SOLID, TEE_BROKEN = 0.6, 1.5
"""What speaks against a line that ends at another line: most run on to the rim. More, where lines are broken."""
BROKEN = 0.03
"""Lines of a table are broken if this share of their sides has gaps."""
LONG_SHARE = 0.6
"""Share of the width of the table that a row line runs over if it tells how broken lines are."""
LIKELY, WHOLE = 0.2, 0.825
"""Share of a side that is inked if it is likely there, and if it has no gaps."""


def seen(
    families: list[Family], crossing: list[Family], ink: Gray, evidence: Callable[[Inked], Floats], point: float
) -> list[Family]:
    """Leave out lines of which no side is inked."""
    if len(crossing) < 2:
        return families
    says = evidence(inked(families, crossing, ink, point))
    return [f for f, sides in zip(families, says, strict=True) if (sides > 0).any()]


def with_missed(families: list[Family], crossing: Sequence[Family], ink: Gray, point: float) -> list[Family]:
    """Add lines that no piece was found of, since text at their ends bent the fit: straight ink between two lines.

    Args:
        families: Lines along the first axis of `ink`, in order.
        crossing: Lines across, in order.
        ink: Contrast of strokes along the lines, [across, along].
        point: Pixels.
    """
    if len(families) < 2 or len(crossing) < 2:
        return families
    slope = float(np.median([f.slope for f in families]))
    origin = families[0].origin
    dark = float(np.median([f.dark for f in families if f.drawn] or [3 * CONTRAST]))
    places = [f.at for f in families]
    found = []
    for before, after in pairwise(crossing):
        middle = (before.across(families[0].at) + after.across(families[0].at)) / 2
        shift = slope * (middle - origin)
        low, high = max(0, int(places[0] + shift)), int(places[-1] + shift) + 1
        start, end = before.across(families[0].at), after.across(families[0].at)
        inset = min(INSET * point, 0.2 * (end - start))
        part = ink[low:high, max(0, round(start + inset)) : round(end - inset)] >= max(CONTRAST, dark / 3)
        if part.shape[0] < 3 or part.shape[1] < 3:
            continue
        part = part[:-1] | part[1:]
        fifth = max(1, part.shape[1] // 5)
        ends = np.minimum(part[:, :fifth].mean(axis=1), part[:, -fifth:].mean(axis=1))
        good = np.flatnonzero((part.mean(axis=1) >= MISSED) & (ends >= ENDS))
        for group in np.split(good, np.flatnonzero(np.diff(good) > 1) + 1):
            if group.size:
                found.append(low + float(group.mean()) + 0.5 - shift)
    result = list(families)
    for place in found:
        if all(abs(place - f.at) > SNAP * point for f in result):
            result.append(Family(place, slope, origin, dark))
    return sorted(result, key=lambda f: f.at)


@dataclass(frozen=True, slots=True)
class Inked:
    """What is inked of each side of a cell, and around it: [family, stretch between crossings].

    Attributes:
        share: Share of the side; 1 for the sides of lines that are not drawn.
        loose: How many of the ends are not inked: 0 to 2.
        most: Share of the line next to it, on the side where it is more.
        least: The same on the other side.
        close: As `most`, right beside the line.
        drawn: Whether the line is drawn, [family, 1].
    """

    share: Floats
    loose: Floats
    most: Floats
    least: Floats
    close: Floats
    drawn: Flags


def inked(families: Sequence[Family], crossing: Sequence[Family], ink: Gray, point: float) -> Inked:
    """Measure the sides of cells.

    Args:
        families: Lines along the first axis of `ink`.
        crossing: Lines across, in order.
        ink: Contrast of strokes along the lines, [across, along].
        point: Pixels.
    """
    shape = (len(families), len(crossing) - 1)
    share, loose = np.ones(shape), np.zeros(shape)
    most, least, close = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    steps = (np.arange(SAMPLES) + 0.5) / SAMPLES
    drift = max(1, round(DRIFT * point))
    near, far, white = round(BESIDE[0] * point), round(BESIDE[1] * point), round(CLOSE * point)
    offsets = np.arange(-far - 1, far + 2)
    fifth = SAMPLES // 5
    for i, family in enumerate(families):
        if not family.drawn:
            continue
        places = np.array([c.across(family.across(c.across(family.at))) for c in crossing])
        inset = np.minimum(INSET * point, 0.2 * np.diff(places))
        start, end = places[:-1] + inset, places[1:] - inset
        along = start[:, None] + (end - start)[:, None] * steps
        across = np.rint(family.across(along)).astype(np.intp)
        x = np.clip(np.rint(along).astype(np.intp), 0, ink.shape[1] - 1)
        rows = np.clip(across + offsets[:, None, None], 0, ink.shape[0] - 1)
        dark = ink[rows, x] >= max(CONTRAST, family.dark / 3)  # [offset, side, sample]
        # a ruling keeps its distance from the fit; strokes of text are now above it, now below
        pair = dark[:-1] | dark[1:]
        shares = pair.mean(axis=2)
        middle = far + 1
        own = slice(middle - drift, middle + drift)
        best = pair[own][shares[own].argmax(axis=0), np.arange(shape[1])]
        share[i] = best.mean(axis=1)
        loose[i] = (best[:, :fifth].mean(axis=1) < ENDS).astype(float) + (best[:, -fifth:].mean(axis=1) < ENDS)
        beside = shares[: far - near + 1].max(axis=0), shares[middle + near :].max(axis=0)
        most[i], least[i] = np.maximum(*beside), np.minimum(*beside)
        right_beside = shares[far - white : far - near + 1], shares[middle + near : middle + white + 1]
        close[i] = np.concatenate(right_beside).max(axis=0)
    return Inked(share, loose, most, least, close, np.array([[f.drawn] for f in families]))


def row_evidence(ink: Inked, broken: float = 0.0) -> Floats:
    """Return what the picture says for horizontal sides, positive for a ruling, in the shape of `ink`.

    A fax leaves dots of a ruling, but only there; with strokes of text next to it a line must be inked well.

    Args:
        ink: Of the sides.
        broken: See `brokenness`.
    """
    most = np.minimum(ink.most, ink.close) if broken >= SHATTERED else ink.most
    closed = np.minimum(LONE + NOT_LONE * most, CLOSED_ROW + CROWD * ink.least)
    ends = LOOSE_END * np.minimum(np.maximum(ink.most / CROWDED, ink.share / WORD), 1) * ink.loose
    blank = np.maximum(1 - ink.share / closed, 0)
    against = MISSING * blank if broken >= SHATTERED else BLANK * blank + ends + PATCHY * _patchy(ink)
    return np.where(ink.drawn, np.clip(WEIGHT * (ink.share - closed), 0, MOST) - against, MOST)


def _patchy(ink: Inked) -> Flags:
    """Tell which sides are of a clear line, but not clear themselves, and have strokes of text next to them."""
    likely = np.where(ink.share > LIKELY, ink.share, np.nan)
    enough = np.isfinite(likely).sum(axis=1) >= LEAST_CLEAR
    clear = np.array([n and np.nanmedian(v) >= CLEAR for v, n in zip(likely, enough, strict=True)], np.bool_)
    return np.asarray(clear[:, None] & (ink.share < CLEARLY) & (ink.most >= CROWDED), np.bool_)


def column_evidence(ink: Inked) -> Floats:
    """Return what the picture says for vertical sides: columns of digits look like lines, and no scan breaks these."""
    says = np.clip(WEIGHT * (ink.share - CLOSED_COLUMN), -MOST, MOST) - LOOSE_END * ink.loose
    return np.where(ink.drawn, says, MOST)


def brokenness(ink: Inked, crossing: Sequence[Family]) -> float:
    """Return the share of the sides that are likely there which have gaps.

    Args:
        ink: Horizontal sides, [row line, column].
        crossing: Column lines. Only row lines that run over most of the table count: others may be strokes of text.
    """
    widths = np.diff([f.at for f in crossing])
    likely = ink.drawn & (ink.share > LIKELY)
    likely &= ((likely * widths).sum(axis=1) >= LONG_SHARE * widths.sum())[:, None]
    return float((ink.share[likely] < WHOLE).mean()) if likely.any() else 0.0


def closed_rim(beside: Floats, below: Floats) -> tuple[Floats, Floats]:
    """Return the evidence, not much of it against sides of the rim between lines that reach it.

    The two lines of a double border may be seen now as one, now as the other.

    Args:
        beside: Evidence for horizontal sides, [row line, column].
        below: Evidence for vertical sides, [column line, row].
    """
    beside, below = beside.copy(), below.copy()
    for own, other in ((below, beside.copy()), (beside, below.copy())):
        for rim in (0, -1):
            reach = np.flatnonzero(other[:, rim] > 0)
            if reach.size:
                part = own[rim, reach[0] : reach[-1]]
                np.maximum(part, AT_RIM, out=part)
    return beside, below


_Side = tuple[int, int, int]
"""0 and row line and column + 1, or 1 and column line and row + 1."""


class Sides:
    """Which sides of cells are ruled: as the picture says, but so that lines end at lines as far as it allows."""

    def __init__(self, beside: Floats, below: Floats, broken: float) -> None:
        """Take every side as the picture says.

        Args:
            beside: Evidence for horizontal sides, [row line, column].
            below: Evidence for vertical sides, [column line, row].
            broken: See `brokenness`.
        """
        self.rows, self.cols = beside.shape[0], below.shape[0]
        # one more at either end, so that junctions at the rim need no care: flags[0][r][c] is at the left of junction c
        padded = [np.pad(says, ((0, 0), (1, 1))) for says in (beside, below)]
        self.says: list[list[list[float]]] = [p.tolist() for p in padded]
        self.flags: list[list[list[bool]]] = [(p > 0).tolist() for p in padded]
        self.tee = TEE_BROKEN if broken >= BROKEN else TEE_SOLID

    def cost(self, r: int, c: int) -> float:
        """Return what speaks against the junction of row line r and column line c as it is."""
        across, down = self.flags[0][r], self.flags[1][c]
        left, right, up, low = across[c], across[c + 1], down[r], down[r + 1]
        count = left + right + up + low
        rim_row, rim_column = r in (0, self.rows - 1), c in (0, self.cols - 1)
        if count == 1:
            return DANGLING
        if count == 2 and left != right:
            return 0.0 if rim_row and rim_column else DANGLING
        if rim_row or rim_column:
            return self.tee / 2 if count == 2 else 0.0
        return self.tee if count == 3 else 0.0

    def gain(self, sides: Sequence[_Side]) -> float:
        """Return what is gained by changing sides."""
        ends = {end for d, i, j in sides for end in (((i, j - 1), (i, j)) if d == 0 else ((j - 1, i), (j, i)))}
        before = sum(self.cost(*end) for end in ends)
        self.change(sides)
        after = sum(self.cost(*end) for end in ends)
        self.change(sides)
        return before - after + sum(self.says[d][i][j] * (-1 if self.flags[d][i][j] else 1) for d, i, j in sides)

    def change(self, sides: Sequence[_Side]) -> None:
        """Turn sides over."""
        for d, i, j in sides:
            self.flags[d][i][j] = not self.flags[d][i][j]

    def around(self, r: int, c: int) -> list[_Side]:
        """Return the sides at a junction that are not outside."""
        found = [(0, r, j) for j in (c, c + 1) if 0 < j < self.cols]
        return found + [(1, c, i) for i in (r, r + 1) if 0 < i < self.rows]

    def settle(self) -> tuple[Flags, Flags]:
        """Change sides, and runs of doubtful ones, as long as something is gained.

        Returns:
            Which sides are there, in the shapes of the evidence.
        """
        # only a side at a bad junction can gain by a change
        moves: dict[tuple[_Side, ...], float] = {}
        for r in range(self.rows):
            for c in range(self.cols):
                if self.cost(r, c) > 0:
                    moves |= {(side,): self.gain((side,)) for side in self.around(r, c)}
        runs = self.runs()
        for _ in range(2 * self.rows * self.cols):
            best = max(moves, key=lambda m: (moves[m], m), default=())
            if not best or moves[best] <= TINY:
                gains = {run: self.gain(run) for run in runs}
                best = max(gains, key=lambda m: (gains[m], m), default=())
                if not best or gains[best] <= TINY:
                    break
            self.change(best)
            for d, i, j in best:
                for end in ((i, j - 1), (i, j)) if d == 0 else ((j - 1, i), (j, i)):
                    moves |= {(side,): self.gain((side,)) for side in self.around(*end)}
        return np.array(self.flags[0])[:, 1:-1], np.array(self.flags[1])[:, 1:-1]

    def runs(self) -> list[tuple[_Side, ...]]:
        """Return runs of two to four neighbouring sides of a line that are all doubtful and say the same."""
        found: list[tuple[_Side, ...]] = []
        for d in (0, 1):
            for i, line in enumerate(self.says[d]):
                for start in range(1, len(line) - 1):
                    for end in range(start + 1, min(start + 4, len(line) - 1)):
                        part = line[start : end + 1]
                        if max(abs(v) for v in part) >= MOST or len({v > 0 for v in part}) > 1:
                            break
                        found.append(tuple((d, i, j) for j in range(start, end + 1)))
        return found


def tiles(across: Flags, down: Flags) -> list[tuple[int, int, int, int]]:
    """Return the cells as (row, col, rowspan, colspan).

    Args:
        across: Which horizontal sides are there, [row line, column].
        down: Which vertical sides are there, [column line, row].
    """
    n_rows, n_cols = across.shape[0] - 1, down.shape[0] - 1
    left = {(r, c) for r in range(n_rows) for c in range(n_cols)}
    found = []
    while left:
        seed = min(left)
        left.discard(seed)
        region, todo = {seed}, [seed]
        while todo:
            r, c = todo.pop()
            for near, side in (
                ((r, c + 1), down[c + 1, r]),
                ((r, c - 1), down[c, r]),
                ((r + 1, c), across[r + 1, c]),
                ((r - 1, c), across[r, c]),
            ):
                if near in left and not side:
                    left.discard(near)
                    region.add(near)
                    todo.append(near)
        found.extend(_rectangles(region))
    return sorted(found)


def _rectangles(region: set[tuple[int, int]]) -> list[tuple[int, int, int, int]]:
    """Return a region as rectangles: itself, or its unit cells where it is none."""
    rows, cols = [r for r, _ in region], [c for _, c in region]
    height, width = max(rows) - min(rows) + 1, max(cols) - min(cols) + 1
    if height * width == len(region):
        return [(min(rows), min(cols), height, width)]
    return [(r, c, 1, 1) for r, c in region]

"""Rows of a table without upright rulings: where each begins and ends, from its label, its numbers and rules.

bands(labels, numbers, rules) -> Bands
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from .geometry import BBox, overlap
from .scan_labels import Unit
from .template import Row

BESIDE = 0.4
"""Numbers this far above or below a label, in heights of a line, still stand in its row."""
MOST_SLOPE = 0.06
"""A photograph that was straightened is no more askew than this."""
BESIDE_GAP = (8.0, 200.0)
"""Numbers of neighbouring columns are so far apart, points;"""
STEEP = (0.15, 0.08, 0.5)
"""one is lower than the other by no more than this: in heights of a line, and a point to the right, and at most."""
LEAST_NUMBERS = 6
"""So many numbers tell how askew rows are."""
TALL = 0.7
"""What stands alone beside no label, or beside the first or the last column, is no dirt if it is as high as this share
of the numbers."""
RIM = 0.35
"""Paper above the first row and below the last one, in heights of a line."""


@dataclass(slots=True)
class Label:
    """A row of the table as it is laid out.

    Attributes:
        units: Its label, empty where it has none.
        y0: Upper end of what stands in it, points.
        y1: Lower end.
        kind: As in `scan_labels.FormLine`; "row" for rows that the form does not know, too.
        row: The row of the form, None where it is not known.
        line: Index of the form line, -1 where it is not known.
    """

    units: list[Unit]
    y0: float
    y1: float
    kind: str = "row"
    row: Row | None = None
    line: int = -1
    block: int = 0
    numbers: list[BBox] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The label, its lines joined."""
        return "\n".join(u.text for u in self.units if u.text)

    @property
    def left(self) -> float:
        """Left edge of the label."""
        return min((u.bbox[0] for u in self.units), default=0.0)

    @property
    def right(self) -> float:
        """Right edge of the label."""
        return max((u.bbox[2] for u in self.units), default=0.0)


@dataclass(frozen=True, slots=True)
class Bands:
    """Edges between rows, one more than rows, at `origin`; they rise or fall by `slope`."""

    edges: tuple[float, ...]
    slope: float
    origin: float

    def at(self, i: int, x: float) -> float:
        """Return where edge `i` runs at `x`."""
        return self.edges[i] + self.slope * (x - self.origin)


def slope_of(labels: Sequence[Label], numbers: Sequence[BBox], em: float) -> tuple[float, float]:
    """Return how much a row falls, a point to the right; and the place across at which rows are told apart.

    Numbers are followed from column to column: a row that has fallen by its height is not taken for the next one.
    """
    known = [label for label in labels if label.units]
    origin = median([(label.left + label.right) / 2 for label in known]) if known else 0.0
    middles = sorted(((b[0] + b[2]) / 2, (b[1] + b[3]) / 2) for b in numbers)
    slopes = []
    for i, (x, y) in enumerate(middles):
        for x1, y1 in middles[i + 1 :]:
            if x1 - x > BESIDE_GAP[1]:
                break
            if x1 - x > BESIDE_GAP[0] and abs(y1 - y) <= min(STEEP[0] * em + STEEP[1] * (x1 - x), STEEP[2] * em):
                slopes.append((y1 - y) / (x1 - x))
                break
    if len(slopes) < LEAST_NUMBERS:
        return 0.0, origin
    return max(-MOST_SLOPE, min(MOST_SLOPE, median(slopes))), origin


def level(labels: Sequence[Label], slope: float, origin: float) -> None:
    """Move labels of rows that fall to where they would stand at `origin`."""
    for label in labels:
        if label.units:
            shift = slope * ((label.left + label.right) / 2 - origin)
            label.y0, label.y1 = label.y0 - shift, label.y1 - shift


def with_numbers(labels: list[Label], numbers: Sequence[BBox], em: float, slope: float, origin: float) -> list[Label]:
    """Give each row its numbers; numbers beside no label make rows of their own."""
    out = sorted(labels, key=lambda k: k.y0 + k.y1)
    loose: list[tuple[float, BBox]] = []
    for box in numbers:
        shift = slope * ((box[0] + box[2]) / 2 - origin)
        middle = (box[1] + box[3]) / 2 - shift
        near = [k for k in out if k.y0 - BESIDE * em <= middle <= k.y1 + BESIDE * em]
        if near:
            own = min(near, key=lambda k: abs((k.y0 + k.y1) / 2 - middle))
            own.numbers.append((box[0], box[1] - shift, box[2], box[3] - shift))
        else:
            loose.append((middle, (box[0], box[1] - shift, box[2], box[3] - shift)))
    fresh: list[Label] = []
    for middle, box in sorted(loose):
        if fresh and middle - median([(b[1] + b[3]) / 2 for b in fresh[-1].numbers]) <= em / 2:
            fresh[-1].numbers.append(box)
            fresh[-1].y0, fresh[-1].y1 = min(fresh[-1].y0, box[1]), max(fresh[-1].y1, box[3])
        else:
            fresh.append(Label([], box[1], box[3], numbers=[box]))
    fresh = [k for k in fresh if not _is_dirt(k, [b for o in out for b in o.numbers])]
    return sorted([*out, *fresh], key=lambda k: k.y0 + k.y1)


def _is_dirt(row: Label, numbers: Sequence[BBox]) -> bool:
    """Tell whether a row without a label is dirt: one low piece, or nothing between the first and the last column."""
    if not numbers:
        return False
    left, right = min(b[0] for b in numbers), max(b[2] for b in numbers)
    inside = [b for b in row.numbers if overlap(b[0], b[2], left, right) > 0]
    least = TALL * median(b[3] - b[1] for b in numbers)
    return len(inside) < 2 and not any(b[3] - b[1] >= least for b in inside)


def bands(labels: Sequence[Label], rules: Sequence[BBox], em: float, slope: float, origin: float) -> Bands:
    """Return the edges between rows: the rule between them, or the middle of the gap."""
    spans = [(min([k.y0, *(b[1] for b in k.numbers)]), max([k.y1, *(b[3] for b in k.numbers)])) for k in labels]
    lines = sorted((r[1] + r[3]) / 2 - slope * ((r[0] + r[2]) / 2 - origin) for r in rules)
    edges = [_rule(lines, spans[0][0] - 1.5 * em, spans[0][0]) or spans[0][0] - RIM * em]
    for (_, above), (below, _) in pairwise(spans):
        middle = (above + below) / 2
        edges.append(_rule(lines, min(above, middle) - 1, max(below, middle) + 1, middle) or middle)
    edges.append(_rule(lines, spans[-1][1], spans[-1][1] + 1.5 * em) or spans[-1][1] + RIM * em)
    return Bands(tuple(edges), slope, origin)


def _rule(lines: Sequence[float], low: float, high: float, middle: float | None = None) -> float | None:
    inside = [y for y in lines if low <= y <= high]
    at = (low + high) / 2 if middle is None else middle
    return min(inside, key=lambda y: abs(y - at), default=None)


def cut_through(box: BBox, low: float, high: float, share: float = 0.2) -> bool:
    """Tell whether a place from `low` to `high` holds a part of a piece and not the whole, upright."""
    inside = overlap(box[1], box[3], low, high) / max(1e-6, box[3] - box[1])
    return share < inside < 1 - share

"""Boxes and spans, and what reading drawn and scanned rulings has in common.

The coordinate system of all results: PDF points (1/72 inch), origin at the top-left of the page as displayed,
a box is (x0, y0, x1, y1) with x0 <= x1 and y0 <= y1. Pages that lie turned or askew are read in a frame of their own,
in which text runs from left to right; a `Homography` leads from there to the page as displayed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass

BBox = tuple[float, float, float, float]
"""(x0, y0, x1, y1), points, origin top-left."""

Homography = tuple[float, float, float, float, float, float, float, float, float]
"""The rows of a 3x3 matrix that takes points (x, y, 1) of one frame to another."""

OPEN_EDGE = 8.0
"""Rulings that run this far past the last crossing one end at an edge that is not drawn. Points."""

Span = tuple[int, int]
"""[start, end) in the text of a document, in characters."""


def union(boxes: Iterable[BBox | None]) -> BBox | None:
    """Return the smallest box around `boxes` (None entries are skipped), or None for no box."""
    known = [b for b in boxes if b is not None]
    if not known:
        return None
    return (
        min(b[0] for b in known),
        min(b[1] for b in known),
        max(b[2] for b in known),
        max(b[3] for b in known),
    )


def mapped(box: BBox, homography: Homography) -> BBox:
    """Return the box around what a homography makes of a box."""
    a, b, c, d, e, f, g, h, i = homography
    x0, y0, x1, y1 = box
    points = []
    for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1)):
        w = g * x + h * y + i
        points.append(((a * x + b * y + c) / w, (d * x + e * y + f) / w))
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    return (min(xs), min(ys), max(xs), max(ys))


def overlap(a0: float, a1: float, b0: float, b1: float) -> float:
    """Return the length that the intervals [a0, a1] and [b0, b1] share, 0 if none."""
    return max(0.0, min(a1, b1) - max(a0, b0))


def shared(a0: float, a1: float, b0: float, b1: float) -> float:
    """Return what part of the shorter of the intervals [a0, a1] and [b0, b1] they share, 0 to 1."""
    return overlap(a0, a1, b0, b1) / max(1e-6, min(a1 - a0, b1 - b0))


def blank_band(spans: Iterable[tuple[float, float]], low: float, high: float, least: float) -> float | None:
    """Return the middle of the widest band between `low` and `high` that no span reaches into, None for none.

    Args:
        spans: (begin, end) of what stands along a line.
        low: Where the band may begin.
        high: Where it may end.
        least: Its least width, also where it goes on beyond `low` and `high`.
    """
    best: tuple[float, float] | None = None
    end = 0.0
    for x0, x1 in sorted(spans):
        a, b = max(end, low), min(x0, high)
        if b - a >= least and x0 - end >= least and (best is None or b - a > best[1] - best[0]):
            best = (a, b)
        end = max(end, x1)
    return None if best is None else (best[0] + best[1]) / 2


def rounded(box: BBox | None, digits: int = 2) -> BBox | None:
    """Return `box` with coordinates rounded, so that the same input gives the same bytes."""
    if box is None:
        return None
    return (round(box[0], digits), round(box[1], digits), round(box[2], digits), round(box[3], digits))


@dataclass(frozen=True, slots=True)
class GridCell:
    """A cell, merged cells once; `row` and `col` are 0-based places of its top-left corner."""

    row: int
    col: int
    rowspan: int
    colspan: int
    bbox: BBox


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of rulings.

    Attributes:
        bbox: Around all cells.
        xs: Column edges from left to right, one more than columns.
        ys: Row edges from top to bottom, one more than rows.
        cells: In order of (row, col); they do not overlap.
    """

    bbox: BBox
    xs: tuple[float, ...]
    ys: tuple[float, ...]
    cells: tuple[GridCell, ...]

    def finder(self) -> Callable[[float, float], int | None]:
        """Return a function from a point to the index of the cell it is in."""
        at = {
            (r, c): i
            for i, cell in enumerate(self.cells)
            for r in range(cell.row, cell.row + cell.rowspan)
            for c in range(cell.col, cell.col + cell.colspan)
        }
        xs, ys = self.xs, self.ys

        def find(x: float, y: float) -> int | None:
            return at.get((bisect_right(ys, y) - 1, bisect_right(xs, x) - 1))

        return find


class Joined:
    """Things 0 to n - 1, of which some are joined: which of them belong together (disjoint sets)."""

    __slots__ = ("_parent",)

    def __init__(self, n: int) -> None:
        self._parent = list(range(n))

    def root(self, i: int) -> int:
        """Return the thing that stands for all that `i` is joined with."""
        parent = self._parent
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    def join(self, i: int, j: int) -> None:
        """Join two things; that of `j` stands for both."""
        self._parent[self.root(i)] = self.root(j)

    def roots(self) -> list[int]:
        """Return the root of each."""
        return [self.root(i) for i in range(len(self._parent))]

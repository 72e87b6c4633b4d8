"""Where the tables and the lines of text stand on a prepared page: ruling lines, cells, prose.

    page_layout(prepared) -> Layout

All places are points of the upright page (`gxml.imaging.Prepared.frame`); `Prepared.displayed` takes a box to the page
as displayed.

Ruling lines are fitted as lines. Pieces of lines that cross belong to one table; pieces at the same place are one
line of the table (a family), whatever skew is left. Whether a line runs between two cells is then looked up in the
picture, side by side, so that a broken line loses no cell and a stroke of text makes none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .geometry import BBox
from .imaging_lines import (
    CONTRAST,
    STROKE,
    Floats,
    Gray,
    Segments,
    contrast,
    horizontal_segments,
    shrink,
)

LINE_DPI = 100.0
"""Lines are looked for at the lowest resolution, a whole fraction of that of the page, that is not below this."""
LEAST_ROW = 12.0
"""Shortest horizontal piece of a ruling, points: a narrow column."""
LEAST_COLUMN = 8.0
"""Shortest vertical piece of a ruling, points: a low row."""
TOUCH = 3.0
"""Lines that miss one another by this much touch, points."""
FAR = 15.0
"""A long line that touches no other belongs to at least two that end no farther from it, points."""
STRAY = 60.0
"""How long a column line must be for that, points; a row line `VERY_LONG`."""
LONG_ROW, LONG_COLUMN = 42.0, 26.0
"""Longer lines are no strokes of characters, points; shorter ones must end at other lines."""
VERY_LONG = 120.0
"""Nothing but a ruling is this long, points: it may be broken, as a fax breaks horizontal lines."""
BROKEN_COVER = 0.45
"""Share of a very long horizontal line that is inked."""
COVER = 0.8
"""The same of all other lines; columns of digits and lines of text have larger gaps."""
TILT = 0.004
"""A ruling runs with the page but for this slope,"""
LEVEL = 1.2
"""or its ends differ across by no more than this, points: the steps of a coarse scan are level each."""
LEAST_WIDTH = 100.0
"""A narrower table is none, points."""
SNAP = 5.0
"""Parallel lines this close are one: double lines, pieces that were drawn apart, strokes beside a ruling. Points."""
SAME = 1.2
"""Pieces this close to the longest one of them share in its fit, points."""
STEADY = 200.0
"""The slope of a line this long is its own, points; a shorter one is taken to run with the others."""
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
DOUBT = 1.0
"""Evidence that is nearer to nothing is unsure."""
CLOSED_ROW, CLOSED_COLUMN = 0.5, 0.75
"""Share of a side that must be inked, other things being equal: fax breaks horizontal lines, and columns of digits look
like vertical ones."""
WEIGHT = 8.0
"""What a side says for itself: this times the difference of its inked share to that, but no more than `MOST`."""
MOST = 3.0
LOOSE_END = 1.2
"""What speaks against a side that is not inked next to a crossing line: digits fill the middle, rulings reach ends."""
DANGLING = 5.5
"""What speaks against a line that ends where there is no other line, or turns a corner inside of the table."""
TEE_SOLID, TEE_BROKEN = 0.6, 1.5
"""What speaks against a line that ends at another line: most run on to the rim. More, where lines are broken."""
BROKEN = 0.03
"""Lines of a table are broken if this share of their sides has gaps."""
GAPS = 2.6
"""A side with gaps says less than this for itself."""
OPEN_EDGE = 8.0
"""Lines that run this far past the last crossing one end at an edge that is not drawn; points."""
SLIVER = 4.0
"""A narrower column or row is none; points."""


Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class LaidCell:
    """A cell, merged cells once.

    Attributes:
        row: 0-based row of its top-left corner.
        col: 0-based column of its top-left corner.
        rowspan: Rows covered.
        colspan: Columns covered.
        bbox: Between the middles of the rulings around it, where they stand at this cell; points, upright.
    """

    row: int
    col: int
    rowspan: int
    colspan: int
    bbox: BBox


@dataclass(frozen=True, slots=True)
class LaidTable:
    """A table.

    Attributes:
        bbox: Points, upright.
        xs: Column edges at half height, one more than columns.
        ys: Row edges at half width.
        cells: In order of (row, col); they tile the table.
        ruled: Whether its cells are separated by rulings, or by white space.
        unsure: Sides of cells whose ruling is neither clearly there nor clearly absent.
    """

    bbox: BBox
    xs: tuple[float, ...]
    ys: tuple[float, ...]
    cells: tuple[LaidCell, ...]
    ruled: bool = True
    unsure: int = 0


@dataclass(frozen=True, slots=True)
class _Family:
    """A ruling line of a table, in pixels: place across = at + slope * (along - origin)."""

    at: float
    slope: float
    origin: float
    dark: float
    drawn: bool = True

    def across(self, along: Any) -> Any:
        return self.at + self.slope * (along - self.origin)


@dataclass(frozen=True, slots=True)
class _Lines:
    """Ink of a page as lines, pixels of the reduced picture.

    Attributes:
        dpi: Resolution of the reduced picture.
        rows: Horizontal segments.
        columns: Vertical segments.
        row_ink: Contrast of horizontal strokes, [height, width].
        column_ink: Contrast of vertical strokes, transposed: [width, height].
    """

    dpi: float
    rows: Segments
    columns: Segments
    row_ink: Gray
    column_ink: Gray


def find_lines(gray: Gray, dpi: float) -> _Lines:
    """Find the pieces of ruling lines of a prepared page."""
    smaller = max(1, int(dpi / LINE_DPI))
    if smaller > 1:
        gray = shrink(gray, (gray.shape[1] // smaller, gray.shape[0] // smaller))
        dpi /= smaller
    turned = np.asarray(cv2.transpose(gray), np.uint8)
    rows = horizontal_segments(gray, dpi, LEAST_ROW)
    columns = horizontal_segments(turned, dpi, LEAST_COLUMN)
    return _Lines(dpi, rows, columns, contrast(gray, dpi, STROKE), contrast(turned, dpi, STROKE))


def ruled_tables(lines: _Lines) -> list[LaidTable]:
    """Return the tables that are drawn with ruling lines, from top to bottom."""
    point = lines.dpi / 72
    tables = []
    for rows, columns in _components(lines.rows, lines.columns, point):
        table = _table(rows, columns, lines)
        if table is not None:
            tables.append(table)
    return sorted(tables, key=lambda t: (t.bbox[1], t.bbox[0]))


# -- lines that belong together ----------------------------------------------------------------------------------------


def _touching(rows: Segments, columns: Segments, reach: float) -> tuple[NDArray[np.bool_], Floats, Floats]:
    """Return which rows touch which columns [rows, columns], and where: x and y of the crossings."""
    x = np.repeat(columns.at[None, :], len(rows), axis=0)
    y = np.repeat(rows.at[:, None], len(columns), axis=1)
    for _ in range(2):
        y = rows.at[:, None] + rows.slope[:, None] * (x - rows.middle[:, None])
        x = columns.at[None, :] + columns.slope[None, :] * (y - columns.middle[None, :])
    touch = (
        (x >= rows.start[:, None] - reach)
        & (x <= rows.end[:, None] + reach)
        & (y >= columns.start[None, :] - reach)
        & (y <= columns.end[None, :] + reach)
    )
    return touch, x, y


def _anchored(lines: Segments, touching: NDArray[np.bool_], along: Floats, reach: float) -> NDArray[np.bool_]:
    """Tell which lines begin and end at crossing ones.

    Args:
        lines: Lines of one direction, [n].
        touching: Which crossing lines they touch, [n, m].
        along: Where along them, [n, m].
        reach: Pixels.
    """
    begins = touching & (along <= (lines.start + reach)[:, None])
    ends = touching & (along >= (lines.end - reach)[:, None])
    return np.asarray(begins.any(axis=1) & ends.any(axis=1) & (touching.sum(axis=1) >= 2), np.bool_)


def _rulings(rows: Segments, columns: Segments, point: float) -> tuple[Segments, Segments]:
    """Return the lines that are rulings: long ones, and short ones that begin and end at rulings."""
    rows = rows.take((rows.cover >= COVER) | ((rows.cover >= BROKEN_COVER) & (rows.length >= VERY_LONG * point)))
    columns = columns.take(columns.cover >= COVER)
    rows, columns = (s.take(np.abs(s.slope) <= np.maximum(TILT, LEVEL * point / s.length)) for s in (rows, columns))
    good_rows, good_columns = rows.length >= LONG_ROW * point, columns.length >= LONG_COLUMN * point
    if not len(rows) or not len(columns):
        return rows.take(good_rows), columns.take(good_columns)
    reach = TOUCH * point
    touch, x, y = _touching(rows, columns, reach)
    while True:
        more_rows = good_rows | _anchored(rows, touch & good_columns, x, reach)
        more_columns = good_columns | _anchored(columns, touch.T & more_rows, y.T, reach)
        if (more_rows == good_rows).all() and (more_columns == good_columns).all():
            return rows.take(good_rows), columns.take(good_columns)
        good_rows, good_columns = more_rows, more_columns


def _components(rows: Segments, columns: Segments, point: float) -> list[tuple[Segments, Segments]]:
    """Group the rulings that touch one another."""
    rows, columns = _rulings(rows, columns, point)
    if not len(rows) or not len(columns):
        return []
    touch, _, _ = _touching(rows, columns, TOUCH * point)
    parent = list(range(len(rows) + len(columns)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for i, j in zip(*np.nonzero(touch), strict=True):
        parent[root(int(i))] = root(len(rows) + int(j))
    # a border that broken lines do not quite reach touches nothing
    far, _, _ = _touching(rows, columns, FAR * point)
    for j in np.flatnonzero(~touch.any(axis=0) & (columns.length >= STRAY * point)):
        near = np.flatnonzero(far[:, j])
        if near.size >= 2:
            parent[root(len(rows) + int(j))] = root(int(near[0]))
    for i in np.flatnonzero(~touch.any(axis=1) & (rows.length >= VERY_LONG * point)):
        near = np.flatnonzero(far[i])
        if near.size >= 2:
            parent[root(int(i))] = root(len(rows) + int(near[0]))
    roots = np.array([root(i) for i in range(len(parent))])
    groups = []
    for r in np.unique(roots):
        member = roots == r
        group = rows.take(member[: len(rows)]), columns.take(member[len(rows) :])
        if len(group[0]) >= 2 and len(group[1]):
            groups.append(group)
    return groups


def _families(lines: Segments, origin: float, point: float) -> list[_Family]:
    """Join pieces of lines that stand at the same place when the table's own skew is taken away.

    Args:
        lines: Pieces of one direction.
        origin: Middle of the table along the lines.
        point: Pixels.
    """
    order = np.argsort(lines.slope)
    weight = np.cumsum((lines.length**2)[order])
    common = float(lines.slope[order][np.searchsorted(weight, weight[-1] / 2)])
    steady = np.abs(lines.slope - common) * lines.length <= 2 * point
    place = lines.at + np.where(steady & (lines.length > STEADY * point), lines.slope, common) * (origin - lines.middle)
    ink = lines.length * lines.cover
    left = np.ones(len(lines), bool)
    families = []
    for i in np.argsort(-ink, kind="stable"):
        if not left[i]:
            continue
        off = np.abs(place - place[i])
        families.append(_family(lines.take(left & (off <= SAME * point)), common, origin, point))
        left &= off > SNAP * point
    return sorted(families, key=lambda f: f.at)


def _family(pieces: Segments, common: float, origin: float, point: float) -> _Family:
    """Fit one line to the pieces of a family; short ones do not turn it away from the common direction."""
    along = np.concatenate([pieces.start, pieces.end]) - origin
    across = np.concatenate([pieces.across(pieces.start), pieces.across(pieces.end)]) - common * along
    weight = np.concatenate([pieces.length, pieces.length]) * np.concatenate([pieces.cover, pieces.cover])
    total = max(float(weight.sum()), 1e-9)
    middle, level = float((weight * along).sum()) / total, float((weight * across).sum()) / total
    spread = float((weight * (along - middle) ** 2).sum())
    # as much is known beforehand: all lines of a table run in the common direction
    steady = float(pieces.length.sum()) * (STEADY * point) ** 2 / 4
    slope = float((weight * (along - middle) * (across - level)).sum()) / max(spread + steady, 1e-9)
    dark = float((pieces.dark * pieces.length).sum() / pieces.length.sum())
    return _Family(level - slope * middle, common + slope, origin, dark)


# -- one table ---------------------------------------------------------------------------------------------------------


def _table(rows: Segments, columns: Segments, lines: _Lines) -> LaidTable | None:
    point = lines.dpi / 72
    x_mid = float(columns.at.min() + columns.at.max()) / 2 if len(columns) > 1 else float(rows.middle.mean())
    y_mid = float(rows.at.min() + rows.at.max()) / 2
    row_lines = _with_open_edges(_families(rows, x_mid, point), columns, y_mid, point)
    column_lines = _with_open_edges(_families(columns, y_mid, point), rows, x_mid, point)
    # strokes of text that were taken for lines must not keep a ruling beside them from being found
    column_lines = _with_missed(
        _seen(column_lines, row_lines, lines.column_ink, CLOSED_COLUMN, point), row_lines, lines.column_ink, point
    )
    row_lines = _with_missed(
        _seen(row_lines, column_lines, lines.row_ink, CLOSED_ROW, point), column_lines, lines.row_ink, point
    )
    while True:
        if len(row_lines) < 2 or len(column_lines) < 2:
            return None
        says_beside = _evidence(row_lines, column_lines, lines.row_ink, CLOSED_ROW, point)  # [row line, column]
        says_below = _evidence(column_lines, row_lines, lines.column_ink, CLOSED_COLUMN, point)  # [column line, row]
        kept_rows, kept_columns = _kept(row_lines, column_lines, says_beside > 0, says_below > 0)
        if len(kept_rows) == len(row_lines) and len(kept_columns) == len(column_lines):
            beside, below = _Sides(says_beside, says_below).settle()
            kept_rows, kept_columns = _kept(row_lines, column_lines, beside, below)
        if len(kept_rows) == len(row_lines) and len(kept_columns) == len(column_lines):
            break
        row_lines, column_lines = kept_rows, kept_columns
    if len(row_lines) == 2 and len(column_lines) == 2:
        return None
    if column_lines[-1].at - column_lines[0].at < LEAST_WIDTH * point:
        return None
    rects = _tiles(beside, below)
    unsure = sum(int((np.abs(says[1:-1]) < DOUBT).sum()) for says in (says_beside, says_below))
    return _laid(rects, row_lines, column_lines, point, unsure)


def _kept(
    rows: Sequence[_Family], columns: Sequence[_Family], across: Flags, down: Flags
) -> tuple[list[_Family], list[_Family]]:
    """Leave out lines of which no side is there, or none that hangs together with the table; open edges of no use too.

    Args:
        rows: Row lines.
        columns: Column lines.
        across: Which of the horizontal sides are there, [row line, column].
        down: Which of the vertical sides are there, [column line, row].
    """
    n_rows, n_cols = len(rows), len(columns)
    parent = list(range(n_rows * n_cols))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    drawn_across = across & np.array([[f.drawn] for f in rows])
    drawn_down = down & np.array([[f.drawn] for f in columns])
    for r, c in np.argwhere(drawn_across):
        parent[root(int(r * n_cols + c))] = root(int(r * n_cols + c + 1))
    for c, r in np.argwhere(drawn_down):
        parent[root(int(r * n_cols + c))] = root(int((r + 1) * n_cols + c))
    group = np.array([root(i) for i in range(len(parent))]).reshape(n_rows, n_cols)
    sides_across = np.where(drawn_across, group[:, :-1], -1)
    sides_down = np.where(drawn_down, group[:-1].T, -1)
    numbers, counts = np.unique(np.concatenate([sides_across.ravel(), sides_down.ravel()]), return_counts=True)
    if numbers[0] == -1:
        numbers, counts = numbers[1:], counts[1:]
    if not numbers.size:
        return [], []
    main = numbers[np.argmax(counts)]

    def kept(families: Sequence[_Family], own: Any, crossing: Any) -> list[_Family]:
        arriving = np.pad((crossing == main).sum(axis=0), 1)
        arriving = np.maximum(arriving[:-1], arriving[1:])
        return [
            family
            for family, sides, lines in zip(families, own == main, arriving, strict=True)
            if (sides.any() if family.drawn else lines >= 2)
        ]

    return kept(rows, sides_across, sides_down), kept(columns, sides_down, sides_across)


def _with_open_edges(families: list[_Family], crossing: Segments, origin: float, point: float) -> list[_Family]:
    """Add the edges that are not drawn: where at least two crossing lines run on past the last one and end together."""
    if not families:
        return families
    before = crossing.start[crossing.start < families[0].at - OPEN_EDGE * point]
    after = crossing.end[crossing.end > families[-1].at + OPEN_EDGE * point]
    found = list(families)
    if before.size >= 2:
        found.insert(0, _Family(float(np.median(before)), families[0].slope, origin, 0.0, False))
    if after.size >= 2:
        found.append(_Family(float(np.median(after)), families[-1].slope, origin, 0.0, False))
    return found


def _seen(families: list[_Family], crossing: list[_Family], ink: Gray, closed: float, point: float) -> list[_Family]:
    """Leave out lines of which no side is inked."""
    if len(crossing) < 2:
        return families
    says = _evidence(families, crossing, ink, closed, point)
    return [f for f, sides in zip(families, says, strict=True) if (sides > 0).any()]


def _with_missed(families: list[_Family], crossing: Sequence[_Family], ink: Gray, point: float) -> list[_Family]:
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
            result.append(_Family(place, slope, origin, dark))
    return sorted(result, key=lambda f: f.at)


def _evidence(
    families: Sequence[_Family], crossing: Sequence[_Family], ink: Gray, closed: float, point: float
) -> Floats:
    """Return what the picture says for each side of a cell, positive for a ruling: [family, stretch between crossings].

    Args:
        families: Lines along the first axis of `ink`.
        crossing: Lines across, in order.
        ink: Contrast of strokes along the lines, [across, along].
        closed: Share of a side that must be inked.
        point: Pixels.
    """
    says = np.zeros((len(families), len(crossing) - 1))
    steps = (np.arange(SAMPLES) + 0.5) / SAMPLES
    drift = max(1, round(DRIFT * point))
    fifth = SAMPLES // 5
    for i, family in enumerate(families):
        if not family.drawn:
            says[i] = MOST
            continue
        places = np.array([c.across(family.across(c.across(family.at))) for c in crossing])
        inset = np.minimum(INSET * point, 0.2 * np.diff(places))
        start, end = places[:-1] + inset, places[1:] - inset
        along = start[:, None] + (end - start)[:, None] * steps
        across = np.rint(family.across(along)).astype(np.intp)
        x = np.clip(np.rint(along).astype(np.intp), 0, ink.shape[1] - 1)
        least = max(CONTRAST, family.dark / 3)
        # a ruling keeps its distance from the fit; strokes of text are now above it, now below
        inked = np.stack([ink[np.clip(across + d, 0, ink.shape[0] - 1), x] >= least for d in range(-drift, drift + 1)])
        near = inked[:-1] | inked[1:]
        best = near[near.mean(axis=2).argmax(axis=0), np.arange(near.shape[1])]
        loose = (best[:, :fifth].mean(axis=1) < ENDS).astype(float) + (best[:, -fifth:].mean(axis=1) < ENDS)
        says[i] = np.clip(WEIGHT * (best.mean(axis=1) - closed), -MOST, MOST) - LOOSE_END * loose
    return says


_Side = tuple[int, int, int]
"""0 and row line and column + 1, or 1 and column line and row + 1."""


class _Sides:
    """Which sides of cells are ruled: as the picture says, but so that lines end at lines as far as it allows."""

    def __init__(self, beside: Floats, below: Floats) -> None:
        """Take every side as the picture says.

        Args:
            beside: Evidence for horizontal sides, [row line, column].
            below: Evidence for vertical sides, [column line, row].
        """
        self.rows, self.cols = beside.shape[0], below.shape[0]
        # one more at either end, so that junctions at the rim need no care: flags[0][r][c] is at the left of junction c
        padded = [np.pad(says, ((0, 0), (1, 1))) for says in (beside, below)]
        self.says: list[list[list[float]]] = [p.tolist() for p in padded]
        self.flags: list[list[list[bool]]] = [(p > 0).tolist() for p in padded]
        likely = beside[beside > -GAPS]
        self.tee = TEE_BROKEN if likely.size and float((likely < GAPS).mean()) >= BROKEN else TEE_SOLID

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


def _tiles(across: Flags, down: Flags) -> list[tuple[int, int, int, int]]:
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


def _laid(
    rects: list[tuple[int, int, int, int]],
    row_lines: Sequence[_Family],
    column_lines: Sequence[_Family],
    point: float,
    unsure: int,
) -> LaidTable | None:
    """Number rows and columns anew, those at which no cell begins or ends left out, and place the cells."""
    used_rows = sorted({e for r, _, h, _ in rects for e in (r, r + h)})
    used_cols = sorted({e for _, c, _, w in rects for e in (c, c + w)})
    if len(rects) < 2:
        return None
    row_at = {e: i for i, e in enumerate(used_rows)}
    col_at = {e: i for i, e in enumerate(used_cols)}

    def scaled(pixel: float) -> float:
        return float(pixel + 0.5) / point

    cells = []
    for r, c, h, w in rects:
        top, bottom, left, right = row_lines[r], row_lines[r + h], column_lines[c], column_lines[c + w]
        y = (top.at + bottom.at) / 2
        x = (left.across(y) + right.across(y)) / 2
        y = (top.across(x) + bottom.across(x)) / 2
        box = (
            scaled(left.across(y)),
            scaled(top.across(x)),
            scaled(right.across(y)),
            scaled(bottom.across(x)),
        )
        cells.append(LaidCell(row_at[r], col_at[c], row_at[r + h] - row_at[r], col_at[c + w] - col_at[c], box))
    bbox = (
        min(c.bbox[0] for c in cells),
        min(c.bbox[1] for c in cells),
        max(c.bbox[2] for c in cells),
        max(c.bbox[3] for c in cells),
    )
    xs = tuple(scaled(column_lines[e].at) for e in used_cols)
    ys = tuple(scaled(row_lines[e].at) for e in used_rows)
    cells.sort(key=lambda cell: (cell.row, cell.col))
    return LaidTable(bbox, xs, ys, tuple(cells), True, unsure)

"""Pieces of ruling lines: which belong to one table, and which are one line of it.

All places are pixels of the reduced picture that lines are looked for in (`PageLines.dpi`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .geometry import OPEN_EDGE, BBox, Joined
from .imaging_lines import (
    CONTRAST,
    STROKE,
    Floats,
    Gray,
    Segments,
    contrast,
    doubles_filled,
    horizontal_segments,
    shrink,
)
from .layout_dotted import dotted_rows

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
GAP = 45.0
"""Longest gap of a broken horizontal line, points."""
CAPTION = (10.0, 38.0)
"""Height of a row that is one cell, points; headings between tables take more room;"""
USUAL = 1.6
"""nor is a caption so many times as high as the rows around it;"""
CENTRED = 0.06
"""and headings are not centred: the middle of a caption is the table's, but for this share of the width."""
NEAR = 60.0
"""What is farther from a caption does not tell how wide the table is there, points."""
STRAY = 60.0
"""How long a column line must be to belong to lines `FAR` off, points; a row line `VERY_LONG`."""
LONG_ROW, LONG_COLUMN = 42.0, 26.0
"""Longer lines are no strokes of characters, points; shorter ones must end at other lines."""
VERY_LONG = 120.0
"""Nothing but a ruling is this long, points: it may be broken, as a fax breaks horizontal lines."""
FAINT = 0.5
"""A line that is not, and has no more than this share of the darkness of those that are, must end at other lines;"""
CLEAR, PATCHY = 0.98, 0.93
"""and so must one that is inked to no more than the latter share, where the former share of those is inked."""
BROKEN_COVER = 0.45
"""Share of a very long horizontal line that is inked."""
DOTTED = 0.25
"""The same between the ends of two columns that stand side by side: a poor fax may leave dots."""
COVER = 0.8
"""The same of all other lines; columns of digits and lines of text have larger gaps."""
TILT = 0.004
"""A ruling runs with the page but for this slope,"""
LEVEL = 1.2
"""or its ends differ across by no more than this, points: the steps of a coarse scan are level each."""
DOUBLE = 2.6
"""The same of very long ones: a line that goes over from one line of a double border to the other. Points."""
SNAP = 5.0
"""Parallel lines this close are one: double lines, pieces that were drawn apart, strokes beside a ruling. Points."""
SAME = 1.2
"""Pieces this close to the longest one of them share in its fit, points."""
STEADY = 200.0
"""The slope of a line this long is its own, points; a shorter one is taken to run with the others."""


@dataclass(frozen=True, slots=True)
class Family:
    """A ruling line of a table, in pixels: place across = at + slope * (along - origin)."""

    at: float
    slope: float
    origin: float
    dark: float
    drawn: bool = True

    def across(self, along: Any) -> Any:
        """Return the place across at places along."""
        return self.at + self.slope * (along - self.origin)


@dataclass(frozen=True, slots=True)
class PageLines:
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


def find_lines(gray: Gray, dpi: float) -> PageLines:
    """Find the pieces of ruling lines of a prepared page."""
    smaller = max(1, int(dpi / LINE_DPI))
    if smaller > 1:
        gray = shrink(gray, (max(1, gray.shape[1] // smaller), max(1, gray.shape[0] // smaller)))
        dpi /= smaller
    turned = doubles_filled(np.asarray(cv2.transpose(gray), np.uint8), dpi)
    gray = doubles_filled(gray, dpi)
    rows = horizontal_segments(gray, dpi, LEAST_ROW)
    columns = horizontal_segments(turned, dpi, LEAST_COLUMN)
    ink, column_ink = contrast(gray, dpi, STROKE), contrast(turned, dpi, STROKE)
    dotted = dotted_rows(*rulings(rows, columns, dpi / 72), ink, dpi / 72)
    return PageLines(
        dpi, rows.and_(replace(dotted, cover=np.maximum(dotted.cover, BROKEN_COVER))), columns, ink, column_ink
    )


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


def _level(lines: Segments, point: float) -> NDArray[np.bool_]:
    """Tell which lines run with the page as rulings do."""
    off = np.where(lines.length >= VERY_LONG * point, DOUBLE, LEVEL) * point
    return np.asarray(np.abs(lines.slope) <= np.maximum(TILT, off / lines.length), np.bool_)


def _faint(rows: Segments, point: float) -> NDArray[np.bool_]:
    """Tell which lines are short and fainter or less whole than the long ones: strokes of text that stand in a row."""
    long = rows.length >= VERY_LONG * point
    if not long.any():
        return np.zeros(len(rows), np.bool_)
    worse = rows.dark < FAINT * np.median(rows.dark[long])
    if np.median(rows.cover[long]) >= CLEAR:
        worse |= rows.cover < PATCHY
    return np.asarray(~long & worse, np.bool_)


def rulings(rows: Segments, columns: Segments, point: float) -> tuple[Segments, Segments]:
    """Return the lines that are rulings: long ones, and short ones that begin and end at rulings."""
    rows = rows.take((rows.cover >= COVER) | ((rows.cover >= BROKEN_COVER) & (rows.length >= VERY_LONG * point)))
    columns = columns.take(columns.cover >= COVER)
    rows, columns = (s.take(_level(s, point)) for s in (rows, columns))
    good_rows = (rows.length >= LONG_ROW * point) & ~_faint(rows, point)
    good_columns = columns.length >= LONG_COLUMN * point
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


def ruling_boxes(lines: PageLines) -> list[BBox]:
    """Return boxes along the rulings of a page, points."""
    point = lines.dpi / 72
    rows, columns = rulings(lines.rows, lines.columns, point)
    found = []
    for segments, down in ((rows, False), (columns, True)):
        ends = np.stack([segments.across(segments.start), segments.across(segments.end)])
        for start, end, low, high in zip(segments.start, segments.end, ends.min(axis=0), ends.max(axis=0), strict=True):
            x0, y0, x1, y1 = ((float(v) + 0.5) / point for v in (start, low, end, high))
            found.append((y0, x0, y1, x1) if down else (x0, y0, x1, y1))
    return found


def components(lines: PageLines) -> list[tuple[Segments, Segments]]:
    """Group the rulings that touch one another, or go on one below the other between sides that are not drawn.

    Each group has two rows or more; two above and below a caption may be all there is.
    """
    point = lines.dpi / 72
    rows, columns = rulings(lines.rows, lines.columns, point)
    if not len(rows):
        return []
    touch, _, _ = _touching(rows, columns, TOUCH * point)
    joined = Joined(len(rows) + len(columns))

    for i, j in zip(*np.nonzero(touch), strict=True):
        joined.join(int(i), len(rows) + int(j))
    # a border that broken lines do not quite reach touches nothing
    far, _, _ = _touching(rows, columns, FAR * point)
    for j in np.flatnonzero(~touch.any(axis=0) & (columns.length >= STRAY * point)):
        near = np.flatnonzero(far[:, j])
        if near.size >= 2:
            joined.join(len(rows) + int(j), int(near[0]))
    for i in np.flatnonzero(~touch.any(axis=1) & (rows.length >= VERY_LONG * point)):
        near = np.flatnonzero(far[i])
        if near.size >= 2:
            joined.join(int(i), len(rows) + int(near[0]))
    for i, j in _in_line(rows, point):
        joined.join(i, j)
    for i, j in _side_by_side(columns, lines.row_ink, point):
        joined.join(len(rows) + i, len(rows) + j)
    roots = np.array(joined.roots())
    groups = []
    for r in np.unique(roots):
        member = roots == r
        groups.append((rows.take(member[: len(rows)]), columns.take(member[len(rows) :])))
    return [g for g in _captioned([g for g in groups if len(g[0])], lines) if len(g[0]) >= 2]


def _captioned(groups: list[tuple[Segments, Segments]], lines: PageLines) -> list[tuple[Segments, Segments]]:
    """Join parts of tables whose sides are not drawn: a row that is one cell, a caption, touches nothing above it."""
    point = lines.dpi / 72
    order = sorted(groups, key=lambda g: float(g[0].at.min()))
    out: list[tuple[Segments, Segments]] = []
    for rows, columns in order:
        if out and not len(columns) and rows.at.max() < out[-1][0].at.max():
            continue  # strokes of text in a cell of what lies above
        if out and _goes_on(out[-1], (rows, columns), lines.row_ink, point):
            above = out.pop()
            rows, columns = above[0].and_(rows), above[1].and_(columns)
        out.append((rows, columns))
    return out


def _goes_on(above: tuple[Segments, Segments], below: tuple[Segments, Segments], ink: Gray, point: float) -> bool:
    """Tell whether two parts with open sides are as wide as each other, with one line of centred text in between."""
    top, bottom = float(above[0].at.max()), float(below[0].at.min())
    if bottom - top < CAPTION[0] * point:
        return False  # beside each other, or one in the other
    # a table may lean: its parts are as wide as each other where they meet
    low, high = top - NEAR * point, bottom + NEAR * point
    meeting = [rows.take((rows.at >= low) & (rows.at <= high)) for rows, _ in (above, below)]
    starts, ends = [float(rows.start.min()) for rows in meeting], [float(rows.end.max()) for rows in meeting]
    broken = any(_in_line(rows, point) for rows, _ in (above, below))
    border = not len(above[1]) or not len(below[1])  # sides that do not quite reach it, or are not drawn
    left, right = min(starts), max(ends)
    if max(max(starts) - left, right - min(ends)) > (GAP if broken else OPEN_EDGE if border else TOUCH) * point:
        return False
    inside = [(c.at - left > OPEN_EDGE * point) & (right - c.at > OPEN_EDGE * point) for _, c in (above, below)]
    if right - left < VERY_LONG * point or not (border or all(flags.all() for flags in inside)):
        return False
    usual = max(_row_height(rows, point) for rows, _ in (above, below)) or np.inf
    if bottom - top > min(CAPTION[1] * point, USUAL * usual):
        return False
    inset = 2 * TOUCH * point
    part = ink[int(top + inset) : int(bottom - inset) + 1, int(left) : int(right)] >= CONTRAST
    inked = np.nonzero(part)[1]
    return inked.size > 0 and abs(float(np.median(inked)) - (right - left) / 2) <= CENTRED * (right - left)


def _row_height(rows: Segments, point: float) -> float:
    """Return how high the rows between lines are in the middle, 0 where there are none."""
    gaps = np.diff(np.sort(rows.at))
    gaps = gaps[gaps > SNAP * point]
    return float(np.median(gaps)) if gaps.size else 0.0


def _in_line(rows: Segments, point: float) -> list[tuple[int, int]]:
    """Return pairs of rows that are pieces of one broken line: one goes on where the other ends, over a gap."""
    if len(rows) < 2:
        return []
    slope = _common_slope(rows)
    at = rows.at - slope * rows.middle
    gap = np.maximum(rows.start[:, None], rows.start[None, :]) - np.minimum(rows.end[:, None], rows.end[None, :])
    near = (np.abs(at[:, None] - at[None, :]) <= SAME * point) & (gap <= GAP * point)
    return [(int(i), int(j)) for i, j in np.argwhere(np.triu(near, 1))]


def _side_by_side(columns: Segments, ink: Gray, point: float) -> list[tuple[int, int]]:
    """Return pairs of columns that begin or end beside each other, with dots of a broken line between these ends."""
    found = []
    order = [int(i) for i in np.argsort(columns.at) if columns.length[i] >= LONG_COLUMN * point]
    reach = round(SAME * point)
    for ends in (columns.start, columns.end):
        for n, i in enumerate(order):
            same = (j for j in order[n + 1 :] if abs(ends[j] - ends[i]) <= TOUCH * point)
            j = next((j for j in same if columns.at[j] - columns.at[i] > SNAP * point), None)
            if j is None:
                continue
            x = np.arange(int(columns.at[i]) + reach + 1, int(columns.at[j]) - reach)
            y = np.rint(np.interp(x, columns.at[[i, j]], ends[[i, j]])).astype(np.intp)
            around = np.clip(y + np.arange(-reach, reach + 1)[:, None], 0, ink.shape[0] - 1)
            dark = ink[around, np.clip(x, 0, ink.shape[1] - 1)] >= CONTRAST
            if x.size and (dark[:-1] | dark[1:]).mean(axis=1).max() >= DOTTED:
                found.append((i, j))
    return found


def _common_slope(lines: Segments) -> float:
    """Return the slope that lines have as a whole, the long ones above all."""
    order = np.argsort(lines.slope)
    weight = np.cumsum((lines.length**2)[order])
    return float(lines.slope[order][np.searchsorted(weight, weight[-1] / 2)])


def families(lines: Segments, origin: float, point: float) -> list[Family]:
    """Join pieces of lines that stand at the same place when the table's own skew is taken away.

    Args:
        lines: Pieces of one direction.
        origin: Middle of the table along the lines.
        point: Pixels.
    """
    common = _common_slope(lines)
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


def _family(pieces: Segments, common: float, origin: float, point: float) -> Family:
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
    return Family(level - slope * middle, common + slope, origin, dark)


def with_open_edges(families: list[Family], crossing: Segments, origin: float, point: float) -> list[Family]:
    """Add the edges that are not drawn: where at least two crossing lines run on past the last one and end together.

    Broken lines have ends anywhere; the edge is where the outermost of them are.
    """
    if not families:
        return families
    before = crossing.take(crossing.start < families[0].at - OPEN_EDGE * point)
    after = crossing.take(crossing.end > families[-1].at + OPEN_EDGE * point)
    found = list(families)
    if len(before) >= 2:
        place = _outermost(before.start, before.length, point)
        found.insert(0, Family(place, families[0].slope, origin, 0.0, False))
    if len(after) >= 2:
        place = -_outermost(-after.end, after.length, point)
        found.append(Family(place, families[-1].slope, origin, 0.0, False))
    return found


def with_common_ends(families: list[Family], crossing: Segments, point: float) -> list[Family]:
    """Add lines within a table at which two crossing lines or more begin or end, though no piece of them was found."""
    if len(families) < 2:
        return families
    slope, origin = float(np.median([f.slope for f in families])), families[0].origin
    dark = float(np.median([f.dark for f in families]))
    ends = np.concatenate([crossing.start, crossing.end]) - slope * (np.concatenate([crossing.at] * 2) - origin)
    places = np.array([f.at for f in families])
    inside = (ends > places[0]) & (ends < places[-1])
    ends = np.sort(ends[inside & (np.abs(ends[:, None] - places).min(axis=1) > SNAP * point)])
    groups = np.split(ends, np.flatnonzero(np.diff(ends) > SAME * point) + 1)
    found = [Family(float(np.median(g)), slope, origin, dark) for g in groups if g.size >= 2]
    return sorted([*families, *found], key=lambda f: f.at)


def _outermost(ends: Floats, length: Floats, point: float) -> float:
    """Return the least place at which a very long line ends, or two lines end together; else the median."""
    for end in np.sort(ends):
        near = (ends >= end) & (ends <= end + TOUCH * point)
        if near.sum() >= 2 or length[near].max() >= VERY_LONG * point:
            return float(np.median(ends[near]))
    return float(np.median(ends))

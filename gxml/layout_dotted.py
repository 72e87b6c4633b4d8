"""Row lines of which a fax has left dots alone, between column lines that stand.

    dotted_rows(rows, columns, ink, point) -> Segments

A fax samples rows so coarsely that a thin ruling falls between them: dots are left, too short for a piece of a line.
Over the whole width of a table they are a thin band with white above and below; text is higher.
"""

from __future__ import annotations

import numpy as np

from .geometry import Joined
from .imaging_lines import CONTRAST, NO_SEGMENTS, Floats, Gray, Segments

SIDES = 3
"""Column lines that begin and end together are those of a table, so many at least."""
TOGETHER = 4.0
"""So far apart do they begin and end at most, points."""
LEAST_TALL = 40.0
"""They are at least so long, points."""
DOTS = 0.22
"""Share of the width that is inked on the band at least."""
PARTS, SPREAD = 10, 5
"""Of so many parts of the width so many have ink: a word in the middle of a cell has not."""
FAINT = 0.4
"""A ruling has more than this share of the darkness of the column lines."""
WHITE = 0.07
"""The same above and below it, at most."""
BAND = 2.3
"""A band is no higher, points."""
BESIDE = (2.2, 3.4)
"""Where it is white, from the middle of the band, points."""
KNOWN = 5.0
"""No band is looked for so near to a line that was found, points."""


def dotted_rows(rows: Segments, columns: Segments, ink: Gray, point: float) -> Segments:
    """Find the row lines between column lines of which only dots are left.

    Args:
        rows: Row lines that were found.
        columns: Column lines.
        ink: Contrast of horizontal strokes, [height, width].
        point: Pixels.
    """
    found = NO_SEGMENTS
    for sides in _tables(columns, point):
        top, bottom = float(np.median(sides.start)), float(np.median(sides.end))
        left, right = float(sides.at.min()), float(sides.at.max())
        low, high = max(0, round(top - KNOWN * point)), min(ink.shape[0], round(bottom + KNOWN * point) + 1)
        part = ink[low:high, max(0, round(left)) : round(right) + 1]
        if part.size == 0:
            continue
        beside = rows.take((rows.end > left) & (rows.start < right))
        places, shares = _bands((part >= CONTRAST).mean(axis=1), point)
        near = np.abs(places[:, None] + low - beside.at[None, :]) <= KNOWN * point
        new = ~near.any(axis=1) if len(beside) else np.ones(places.size, np.bool_)
        for place, share in zip(places[new], shares[new], strict=True):
            line = part[round(place)]
            dark = float(line[line >= CONTRAST].mean())
            spread = sum((piece >= CONTRAST).any() for piece in np.array_split(line, PARTS))
            if spread >= SPREAD and dark > FAINT * float(np.median(sides.dark)):
                values = (left, right, place + low, 0.0, dark, share)
                found = found.and_(Segments(*(np.array([float(v)]) for v in values)))
    return found


def _tables(columns: Segments, point: float) -> list[Segments]:
    """Return groups of column lines that begin and end together."""
    columns = columns.take(columns.length >= LEAST_TALL * point)
    n = len(columns)
    joined = Joined(n)
    alike = np.maximum(
        np.abs(columns.start[:, None] - columns.start[None, :]), np.abs(columns.end[:, None] - columns.end[None, :])
    )
    for i, j in np.argwhere(np.triu(alike <= TOGETHER * point, 1)):
        joined.join(int(i), int(j))
    roots = np.array(joined.roots(), np.intp)
    return [columns.take(roots == r) for r in np.unique(roots) if (roots == r).sum() >= SIDES]


def _bands(share: Floats, point: float) -> tuple[Floats, Floats]:
    """Return the middles and the inked shares of thin bands with white on both sides.

    Args:
        share: Of each row of pixels that is inked.
        point: Pixels.
    """
    near, far = round(BESIDE[0] * point), round(BESIDE[1] * point)
    places, shares = [], []
    dark = np.flatnonzero(share >= DOTS)
    for run in np.split(dark, np.flatnonzero(np.diff(dark) > 1) + 1):
        if not run.size or run.size > BAND * point:
            continue
        middle = float((run * share[run]).sum() / share[run].sum())
        above = share[max(0, round(middle) - far) : max(0, round(middle) - near) + 1]
        below = share[round(middle) + near : round(middle) + far + 1]
        if max(above.max(initial=0.0), below.max(initial=0.0)) <= WHITE:
            places.append(middle)
            shares.append(float(share[run].max()))
    return np.array(places), np.array(shares)

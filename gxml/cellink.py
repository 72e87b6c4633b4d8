"""The ink of a cell on a page picture: where its lines of text are, how dark it is, whether a sign stands before it.

    find_ink(gray, box, scale) -> Ink
    print_contrast(inks) -> float

Blank, dash and zero are told apart here, by ink, never by the absence of text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

import cv2
import numpy as np
from numpy.typing import NDArray

from .geometry import BBox

Gray = NDArray[np.uint8]
Pixels = tuple[int, int, int, int]
"""x0, y0, x1, y1 in pixels."""

# All in points, so that they hold at any resolution.
INSET = 1.4
"""A cell's own ruling reaches this far into its box."""
SPECK = 1.9
"""Ink smaller than this both ways is dirt, unless it stands in a line of text."""
RULE = 14.0
"""Ink longer than this and thinner than `THIN` is what is left of a ruling."""
THIN = 1.3
LINE_GAP = 1.0
"""White rows between two lines of text."""
ONE_LINE = 10.0
"""Ink within this height is one line: the hairline of a 2 or the strokes of 三 leave white rows too."""
LEAST_MARK = (2.0, 3.2)
"""Width and height of ink that is more than a bit of a ruling; a short dash may be less, it says no more than an empty
cell."""
STROKE = (3.0, 11.0)
"""Heights of a 1."""
LEAST_CONTRAST = 28
"""Grey levels between paper and ink; weaker marks are no ink."""
FAINT_CONTRAST = 22
"""Weaker marks than this are surely none."""
INK_LEVEL = 0.45
"""Ink is darker than this share of the way from paper to the darkest ink."""
SMOOTH = 0.32
"""Blur against noise before ink is looked for."""
PRINTED = 60
"""Cells with more contrast than this are printed on, whatever the page; so many of them tell how dark its print is:"""
ENOUGH_PRINTED = 5

# A sign before a number: flat ink, whole or broken into dots, left of all other and about half-way up.
SIGN_HEIGHT = 0.3
"""It is no higher than this, in heights of the line."""
SIGN_MIDDLE = (0.25, 0.78)
"""Where its middle is, from the top of the line, in heights of the line."""
SIGN_REACH = 1.9
"""It begins no further left of the digits than this, in heights of the line."""
SIGN_WIDTH = 0.8
"""It is at least this wide, points: more than the dirt of a fax."""
SIGN_OUT = 0.32
"""It stands so much further left than all other ink, in heights of the line: what is left of a hyphen 0.33 and more, a
corner of a broken 4 up to 0.35, a piece of another digit less than 0.2."""
SIGN_CUT = 0.15
"""The same for one that begins at the side of the cell: part of it may be in the ruling."""


@dataclass(frozen=True, slots=True)
class Ink:
    """The ink of a cell.

    Attributes:
        lines: Tight boxes of its lines of text, pixels of the page, from top to bottom.
        contrast: Grey levels between its paper and its darkest ink.
        doubtful: There are no lines, but there may be a mark yet.
        sign: Left of the glyphs of its only line is a mark that may be a minus sign, or what is left of one.
    """

    lines: tuple[Pixels, ...]
    contrast: float = 0.0
    doubtful: bool = False
    sign: bool = False


def find_ink(gray: Gray, box: BBox, scale: float) -> Ink:
    """Find the ink of a cell.

    Args:
        gray: The page, paper bright.
        box: The cell in points.
        scale: Pixels a point.
    """
    height, width = gray.shape
    x0 = max(0, round((box[0] + INSET) * scale))
    y0 = max(0, round((box[1] + INSET) * scale))
    x1 = min(width, round((box[2] - INSET) * scale))
    y1 = min(height, round((box[3] - INSET) * scale))
    if x1 - x0 < 3 or y1 - y0 < 3:
        return Ink((), doubtful=True)
    crop = cv2.GaussianBlur(gray[y0:y1, x0:x1], (0, 0), max(0.5, SMOOTH * scale))
    paper = float(np.percentile(crop, 70))
    few = min(crop.size - 1, max(3, int(0.35 * scale * scale)))
    contrast = paper - float(np.partition(crop.ravel(), few)[few])
    if contrast < LEAST_CONTRAST:
        return Ink((), contrast, doubtful=contrast > FAINT_CONTRAST)
    kept: list[Pixels] = []
    specks: list[Pixels] = []
    doubtful = False
    for x, y, w, h in _blobs(crop < paper - INK_LEVEL * contrast):
        edge = x == 0 or y == 0 or x + w == x1 - x0 or y + h == y1 - y0
        long, thin = max(w, h) / scale, min(w, h) / scale
        if (edge and thin < THIN and long > 3 * thin) or (thin < THIN and long > RULE):
            # a bar away from the sides, as high as a digit, may be a 1 that touches a ruling
            doubtful |= h > 2 * w and STROKE[0] < long < STROKE[1] and scale < x and x + w < x1 - x0 - scale
            continue
        (specks if long < SPECK else kept).append((x, y, x + w, y + h))
    lines = _lines(kept, specks, scale)
    sign = len(lines) == 1 and _signed(kept + specks, lines[0], scale)
    if len(lines) == 1 and not sign:  # dots that the blur takes away, and what a ruling holds on to
        bare = gray[y0:y1, x0:x1] < paper - INK_LEVEL * contrast
        sign = _signed([(x, y, x + w, y + h) for x, y, w, h in _blobs(bare)], lines[0], scale)
    boxes = tuple((x0 + a, y0 + b, x0 + c, y0 + d) for a, b, c, d in lines)
    return Ink(boxes, contrast, doubtful and not boxes, sign)


def _blobs(mask: NDArray[np.bool_]) -> Iterator[Pixels]:
    """Yield x, y, width and height of the pieces of a mask."""
    count, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    for i in range(1, count):
        x, y, w, h, _ = (int(v) for v in stats[i])
        yield x, y, w, h


def print_contrast(inks: Iterable[Ink]) -> float:
    """Return the contrast of the print of a page, from its cells; 0 where too little is printed in them to tell."""
    printed = [ink.contrast for ink in inks if ink.contrast >= PRINTED]
    return median(printed) if len(printed) >= ENOUGH_PRINTED else 0.0


def _lines(kept: Sequence[Pixels], specks: Sequence[Pixels], scale: float) -> list[list[int]]:
    lines: list[list[int]] = []
    for a, b, c, d in sorted(kept, key=lambda k: (k[1], k[0])):
        for line in lines:
            if b < line[3] + LINE_GAP * scale and d > line[1] - LINE_GAP * scale:
                line[:] = [min(a, line[0]), min(b, line[1]), max(c, line[2]), max(d, line[3])]
                break
        else:
            lines.append([a, b, c, d])
    lines = _merged(lines, LINE_GAP * scale, ONE_LINE * scale)
    lines = [k for k in lines if k[2] - k[0] >= LEAST_MARK[0] * scale or k[3] - k[1] >= LEAST_MARK[1] * scale]
    for a, b, c, d in specks:  # a point or the end of a stroke beside a line belongs to it
        for line in lines:
            if b >= line[1] - 1 and d <= line[3] + scale and line[0] - 3 * scale <= a <= line[2] + 3 * scale:
                line[:] = [min(a, line[0]), line[1], max(c, line[2]), max(d, line[3])]
                break
    return lines


def _merged(lines: list[list[int]], gap: float, height: float) -> list[list[int]]:
    out: list[list[int]] = []
    for line in sorted(lines, key=lambda k: k[1]):
        if out and (line[1] < out[-1][3] + gap or max(line[3], out[-1][3]) - out[-1][1] <= height):
            last = out[-1]
            out[-1] = [min(last[0], line[0]), min(last[1], line[1]), max(last[2], line[2]), max(last[3], line[3])]
        else:
            out.append(line)
    return out


def _signed(parts: Sequence[Pixels], line: Sequence[int], scale: float) -> bool:
    """Tell whether the leftmost parts of the ink of a line may be a sign, whole or broken into dots."""
    top, height = line[1], line[3] - line[1]
    marks: list[Pixels] = []
    for part in sorted(p for p in parts if p[1] < line[3] and p[3] > top):
        middle = ((part[1] + part[3]) / 2 - top) / height
        if part[3] - part[1] > SIGN_HEIGHT * height or not SIGN_MIDDLE[0] <= middle <= SIGN_MIDDLE[1]:
            near = [m for m in marks if m[0] >= part[0] - SIGN_REACH * height]
            cut = bool(near) and near[0][0] == 0
            if not near or part[0] - near[0][0] < (SIGN_CUT if cut else SIGN_OUT) * height:
                return False
            end = max(m[2] for m in near)
            return end < part[0] and (cut or end - near[0][0] >= SIGN_WIDTH * scale)
        marks.append(part)
    return False

"""The printed lines of a cell as pictures for the number reader: found by their ink, brought to one size and contrast.

line_pictures(crop, dpi) -> list of pictures
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .errors import UsageError

Gray = NDArray[np.uint8]
_Part = tuple[int, int, int, int, int]
"""Connected ink: x, y, width, height, area, in pixels."""

HEIGHT = 32
"""Rows of a line picture."""
GLYPH = 21
"""Rows that a digit fills in a line picture."""
OUTSIDE, PAPER, INK = 0, 40, 240
"""Grey levels of a line picture: beyond the crop, paper, full ink. The network sees where a crop ends, and so that a
digit is cut."""
WIDTH_STEP = 16
"""Widths of line pictures are multiples of this. Only pictures of the same width share a batch, so that what a crop
reads as does not depend on the other crops."""
MAX_WIDTH = 640
"""Widest line picture; more is cut off, which nothing printed in a number cell reaches."""
SMOOTH = 0.8
"""Blur against noise before ink is looked for, pixels."""
INK_LEVEL = 0.42
"""Ink is darker than this share of the way from paper to the darkest ink."""
PAPER_RANK = 0.7
"""Paper is as bright as the pixel at this rank."""
LEAST_INK = 0.04
"""Ink is as dark as the darkest pixels but these, in squared heights of a digit: specks do not count."""
LEAST_CONTRAST = 14.0
"""Weaker marks, in grey levels, are no ink."""
NOISE_FACTOR = 5.0
"""Marks weaker than this many deviations of the paper are no ink."""
FLAT_CONTRAST = 40.0
"""Contrast is not stretched beyond this, in grey levels: noise stays noise."""
DIGIT_HEIGHT = 0.70
"""Height of a digit in em."""
USUAL_SIZE = 10.5
"""Usual font size of a table, points."""
HEIGHTS = (0.5, 2.1)
"""Heights of digits, as multiples of the usual one."""
MARGIN = 0.75
"""Paper kept left and right of the ink, in heights of a digit."""
LEAST_AREA = 3
"""Smaller parts of the ink are specks, pixels."""
FRAGMENT = 0.5
"""A glyph at the edge with less of the height of the others is a bit of a neighbouring line."""
LITTLE_INK = 0.3
"""A line along the edge with less of the ink of the strongest line is no line."""
MOST_LINES = 4


@dataclass(frozen=True, slots=True)
class _Band:
    """A printed line in a crop: centre and height of its digits and where its ink begins and ends, pixels."""

    y: float
    height: float
    x0: float
    x1: float


def line_pictures(crop: Gray, dpi: float | None = None) -> list[Gray]:
    """Find the printed lines of a crop and bring each to the scale of the network.

    Args:
        crop: [H, W] uint8, paper bright.
        dpi: Resolution of the crop if known; it tells a dash from a bar and a point from a disc.

    Returns:
        One picture [HEIGHT, multiple of WIDTH_STEP] uint8 for each line from top to bottom, at least one: an empty
        crop gives its middle.

    Raises:
        UsageError: The crop is not grey, or empty.
    """
    if crop.ndim != 2 or crop.dtype != np.uint8 or crop.size == 0:
        raise UsageError(f"A crop must be a grey picture [H, W] of uint8, this one is {crop.dtype}{list(crop.shape)}.")
    smooth = np.asarray(cv2.GaussianBlur(crop, (0, 0), SMOOTH), np.uint8)
    usual = _usual_height(crop.shape[0], dpi)
    bands, paper, contrast = _bands(smooth, usual, known=dpi is not None)
    return [_picture(crop, band, paper, max(contrast, FLAT_CONTRAST)) for band in bands]


def _usual_height(rows: int, dpi: float | None) -> float:
    if dpi is not None:
        return DIGIT_HEIGHT * USUAL_SIZE * dpi / 72.0
    return min(24.0, max(8.0, 0.4 * rows))


def _bands(smooth: Gray, usual: float, *, known: bool) -> tuple[list[_Band], float, float]:
    """Find the printed lines; return them with the grey of the paper and the contrast of the ink."""
    rows, cols = smooth.shape
    middle = [_Band(rows / 2, usual, 0.25 * cols, 0.75 * cols)]
    few = min(smooth.size - 1, max(3, int(LEAST_INK * usual * usual)))
    for _ in range(3):
        below = np.cumsum(np.bincount(smooth.reshape(-1), minlength=256))
        # Greys at a rank: of the paper, of the ink, of the brighter half, of the middle of that half.
        ranks = (int(PAPER_RANK * smooth.size), few, smooth.size // 2, 3 * smooth.size // 4)
        paper, ink, half, upper = (float(g) for g in np.searchsorted(below, ranks, side="right"))
        contrast = paper - ink
        noise = 1.4826 * (upper - half)
        if contrast < max(LEAST_CONTRAST, NOISE_FACTOR * noise):
            return middle, paper, contrast
        mask = (smooth < paper - INK_LEVEL * contrast).astype(np.uint8)
        _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
        found: list[_Part] = [tuple(part) for part in stats[1:].tolist() if part[4] >= LEAST_AREA]
        parts = [p for p in found if not _is_ruling(p, rows, cols, usual)]
        if len(parts) == len(found):
            break
        # A ruling is darker than thin print: without it, fainter ink comes out.
        rulings = [i for i in range(1, len(stats)) if _is_ruling(tuple(stats[i].tolist()), rows, cols, usual)]
        rest = cv2.dilate(np.isin(labels, rulings).astype(np.uint8), np.ones((5, 5), np.uint8))
        smooth = np.where(rest > 0, np.uint8(min(255, round(paper))), smooth)
    if not parts:
        return middle, paper, contrast
    if not known:
        usual = _height_from(parts, rows, usual)
    low, high = HEIGHTS[0] * usual, HEIGHTS[1] * usual
    glyphs = [p for p in parts if low <= p[3] <= high]
    whole = [p[3] for p in glyphs if p[1] > 0 and p[1] + p[3] < rows]
    # What touches the edge is a line of this cell that is cut a little, or a bit of the cell above or below.
    least = FRAGMENT * float(np.median(whole)) if whole else 0.0
    lines = _group([p for p in glyphs if p[3] >= least or (p[1] > 0 and p[1] + p[3] < rows)])
    if not lines:
        return [_loose_band(parts, usual)], paper, contrast
    if len(lines) > 1:
        lines = _real_lines(lines, rows, cols, 0.5 * usual)
    return [_band(line, parts, usual) for line in lines], paper, contrast


def _real_lines(lines: list[list[_Part]], rows: int, cols: int, edge: float) -> list[list[_Part]]:
    """Drop lines of little ink along the edges of the crop: pieces of ruling lines."""
    mass = [sum(p[4] for p in line) for line in lines]
    main = lines[mass.index(max(mass))]
    left, right = min(p[0] for p in main), max(p[0] + p[2] for p in main)
    kept = []
    for line, ink in zip(lines, mass, strict=True):
        x0, x1 = min(p[0] for p in line), max(p[0] + p[2] for p in line)
        y0, y1 = min(p[1] for p in line), max(p[1] + p[3] for p in line)
        beside = x1 <= min(edge, left) or x0 >= max(cols - edge, right)
        if not (ink < LITTLE_INK * max(mass) and (beside or y1 <= edge or y0 >= rows - edge)):
            kept.append((ink, line))
    most = sorted((ink for ink, _ in kept), reverse=True)[:MOST_LINES][-1]
    return [line for ink, line in kept if ink >= most]


def _is_ruling(part: _Part, rows: int, cols: int, usual: float) -> bool:
    """Tell whether a part of the ink is what is left of a ruling line at the edge of the crop."""
    x, y, w, h, _ = part
    left, right, top, bottom = x == 0, x + w >= cols, y == 0, y + h >= rows
    thin = max(2.0, 0.3 * usual)
    if h <= thin and (top or bottom) and (w >= 1.2 * usual or left or right):
        return True
    if w <= thin and (left or right) and (h >= 1.2 * usual or (top or bottom)):
        return True
    if h <= thin and w >= 0.7 * cols and cols > 3 * usual:
        return True
    if w <= thin and h >= max(1.5 * usual, 0.7 * rows):
        return True
    # Two rulings that meet in a corner.
    return (left or right) and (top or bottom) and w >= 0.6 * cols and h >= 0.6 * rows and rows > usual


def _height_from(parts: Sequence[_Part], rows: int, guess: float) -> float:
    """Estimate the height of digits from the ink, where the resolution is not known."""
    inside = [h for _, y, w, h, _ in parts if h >= 6 and y > 0 and y + h < rows and w <= 3 * h]
    if not inside:
        return guess
    return float(np.median([h for h in inside if h >= 0.5 * max(inside)]))


def _group(glyphs: Sequence[_Part]) -> list[list[_Part]]:
    """Group glyphs that stand on one line, from top to bottom."""
    lines: list[list[_Part]] = []
    for part in sorted(glyphs, key=lambda p: p[1] + p[3] / 2):
        if lines:
            y0, y1 = min(p[1] for p in lines[-1]), max(p[1] + p[3] for p in lines[-1])
            shared = min(y1, part[1] + part[3]) - max(y0, part[1])
            if shared > 0.4 * min(part[3], y1 - y0):
                lines[-1].append(part)
                continue
        lines.append([part])
    return lines


def _band(line: Sequence[_Part], parts: Sequence[_Part], usual: float) -> _Band:
    middle = float(np.median([p[3] for p in line]))
    even = [p for p in line if p[3] <= 1.5 * middle]
    y0, y1 = min(p[1] for p in even), max(p[1] + p[3] for p in even)
    # Points, signs and pieces of broken glyphs stand on the same line.
    near = [p for p in parts if p[1] < y1 + 0.3 * middle and p[1] + p[3] > y0 - 0.1 * middle and p[3] <= 3 * usual]
    near = [*near, *even]
    return _Band((y0 + y1) / 2, float(y1 - y0), min(p[0] for p in near), max(p[0] + p[2] for p in near))


def _loose_band(parts: Sequence[_Part], usual: float) -> _Band:
    """The line of marks that have not the height of a digit: a dash, a point, a glyph grown together with a ruling."""
    largest = max(parts, key=lambda p: p[2] * p[3])
    y = largest[1] + largest[3] / 2
    near = [p for p in parts if abs(p[1] + p[3] / 2 - y) <= usual]
    return _Band(y, usual, min(p[0] for p in near), max(p[0] + p[2] for p in near))


def _picture(crop: Gray, band: _Band, paper: float, contrast: float) -> Gray:
    """Cut a line out of the crop, bring it to HEIGHT rows and to the grey levels of the network."""
    rows, cols = crop.shape
    scale = GLYPH / band.height
    half = HEIGHT / 2 / scale
    x0 = max(0, math.floor(band.x0 - MARGIN * band.height))
    x1 = min(cols, math.ceil(band.x1 + MARGIN * band.height))
    y0, y1 = round(band.y - half), round(band.y + half)
    y1 = max(y1, y0 + 1)
    # Two columns of OUTSIDE at the ends: the edge of the crop shows, also where the crop is wide.
    left = 2 if x0 == 0 else 0
    right = 2 if x1 == cols else 0
    piece = crop[max(0, y0) : min(rows, y1), x0:x1]
    width = max(1, min(MAX_WIDTH - left - right, round(piece.shape[1] * scale)))
    top = round((max(0, y0) - y0) * HEIGHT / (y1 - y0))
    height = max(1, min(HEIGHT - top, round(piece.shape[0] * HEIGHT / (y1 - y0))))
    resized = cv2.resize(piece, (width, height), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    level = PAPER + (paper - resized.astype(np.float32)) * ((INK - PAPER) / contrast)
    total = -(-(width + left + right) // WIDTH_STEP) * WIDTH_STEP
    out = np.full((HEIGHT, total), OUTSIDE, np.uint8)
    if right == 0:
        # The crop goes on: what is past the margin is paper.
        out[top : top + height, left + width :] = PAPER
    out[top : top + height, left : left + width] = np.clip(level + 0.5, 1, 255)
    return out

"""Paper to white: the red seal and uneven light taken out of a page.

Both need a coarse look at the page only, so that they cost little.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .geometry import BBox
from .imaging_lines import Gray, shrink

COARSE_DPI = 50.0
RED = 28.0
"""A red pixel's red channel is above the others by this much, grey levels, in the coarse picture."""
SEAL_SIDE = (50.0, 190.0)
"""Sides of a seal, points: round ones are 38 to 58 mm, square ones smaller, special ones larger."""
SEAL_SHAPE = 1.7
"""Longer side over shorter side of (what is seen of) a seal."""
SEAL_INK = (0.05, 0.85)
"""Share of its box that is red: a ring with star and text, or a carved square; not a red letter or a red bar."""
JOIN = 5.0
"""Red pieces this close belong together, points."""
MARGIN = 5.0
"""The red of a seal bleeds this far, points: JPEG stores colour at half resolution."""
LIGHT_DPI = 18.0
"""Light changes slowly; it is measured at this resolution."""
LIGHT_REACH = 40.0
"""The paper is seen at least once within this distance, points: between lines, around a picture."""
WHITE = 250.0
"""Grey level of paper afterwards."""
EVEN = 3
"""Light that differs by no more is even, grey levels."""
LEAST_PAPER = 40
"""Darker paper is not lightened any more: it is none."""


def seals(image: NDArray[np.uint8], dpi: float) -> list[BBox]:
    """Find red seals.

    Args:
        image: BGR; a grey picture has no seals.
        dpi: Resolution.

    Returns:
        Boxes in pixels of `image`, the largest first.
    """
    if image.ndim == 2:
        return []
    scale = min(1.0, COARSE_DPI / dpi)
    small = shrink(image, (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))))
    blue, green, red = cv2.split(small)
    excess = cv2.subtract(red, cv2.max(blue, green))
    mask = cv2.threshold(excess, RED, 1, cv2.THRESH_BINARY)[1]
    if not cv2.countNonZero(mask):
        return []
    point = dpi * scale / 72
    join = max(3, round(JOIN * point)) | 1
    joined = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((join, join), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    found = []
    for i in range(1, count):
        x, y, w, h = (int(v) for v in stats[i, :4])
        long, short = max(w, h) / point, min(w, h) / point
        if not (SEAL_SIDE[0] <= long <= SEAL_SIDE[1] and long <= SEAL_SHAPE * short):
            continue
        inked = float(mask[y : y + h, x : x + w][labels[y : y + h, x : x + w] == i].sum()) / (w * h)
        if SEAL_INK[0] <= inked <= SEAL_INK[1]:
            found.append((w * h, (x / scale, y / scale, (x + w) / scale, (y + h) / scale)))
    return [box for _, box in sorted(found, reverse=True)]


def to_gray(image: NDArray[np.uint8], dpi: float, seal_boxes: list[BBox]) -> Gray:
    """Return the page in grey, without the seals.

    Under a seal the red channel is taken, in which red ink is almost as light as paper; it is stretched so that the
    red becomes white.

    Args:
        image: BGR or grey.
        dpi: Resolution.
        seal_boxes: As from `seals`.
    """
    if image.ndim == 2:
        return image
    gray = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)
    margin = MARGIN * dpi / 72
    height, width = gray.shape
    for x0, y0, x1, y1 in seal_boxes:
        left, top = max(0, int(x0 - margin)), max(0, int(y0 - margin))
        right, bottom = min(width, int(x1 + margin) + 1), min(height, int(y1 + margin) + 1)
        part: Any = image[top:bottom, left:right]
        gray[top:bottom, left:right] = _without_red(part, dpi)
    return gray


def _without_red(part: NDArray[np.uint8], dpi: float) -> Gray:
    """Return a piece of a page in grey, its red as light as its paper."""
    sigma = 0.35 * dpi / 72
    blue, green, red = cv2.split(part)
    others = cv2.max(blue, green)
    # colour is coarse after JPEG and noisy before it: how red a place is, is judged on a smooth picture
    excess = cv2.GaussianBlur(cv2.subtract(red, others), (0, 0), sigma).astype(np.float32)
    gray = cv2.cvtColor(part, cv2.COLOR_BGR2GRAY).astype(np.float32)
    red_f = red.astype(np.float32)
    reddish = excess > RED
    if not reddish.any():
        return np.asarray(gray, np.uint8)
    paper = float(np.percentile(red_f, 90))
    strong = excess >= np.percentile(excess[reddish], 70)
    ink = float(np.median(red_f[strong]))  # digits under the seal are a small part of it
    share = np.clip(excess / max(float(np.median(excess[strong])), 1.0), 0.0, 1.0)
    lifted = red_f * (paper / np.maximum(paper + (ink - paper) * share, 1.0))
    use = np.clip(excess / RED, 0.0, 1.0)
    return np.asarray(np.clip(gray * (1 - use) + lifted * use, 0, 255), np.uint8)


def even_light(gray: Gray, dpi: float) -> Gray:
    """Divide a page by its paper, so that paper is `WHITE` everywhere.

    Args:
        gray: Dark ink on light paper; 0 where there is no page.
        dpi: Resolution.
    """
    scale = LIGHT_DPI / dpi
    # first the lightest of near neighbours at a resolution where paper shows between the lines
    size = (max(1, round(gray.shape[1] * scale)), max(1, round(gray.shape[0] * scale)))
    near = shrink(gray, (min(gray.shape[1], 4 * size[0]), min(gray.shape[0], 4 * size[1])))
    lightest_near = cv2.dilate(near, np.ones((3, 3), np.uint8))
    small = cv2.resize(lightest_near, size, interpolation=cv2.INTER_AREA)
    reach = max(3, round(LIGHT_REACH * LIGHT_DPI / 72)) | 1
    paper = cv2.morphologyEx(small, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
    paper = np.maximum(cv2.GaussianBlur(cv2.medianBlur(paper, 5), (0, 0), reach / 4), LEAST_PAPER)
    lightest, darkest = int(paper.max()), int(paper.min())
    if lightest - darkest <= EVEN:
        return np.asarray(cv2.convertScaleAbs(gray, alpha=WHITE / ((lightest + darkest) / 2)), np.uint8)
    field = cv2.resize(paper, gray.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.divide(gray, field, scale=WHITE), np.uint8)

"""Paper to white: the red seal and uneven light taken out of a page.

Both need a coarse look at the page only, so that they cost little.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .geometry import BBox
from .imaging_lines import Gray, contrast, shrink

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
WIDEST_STROKE = 12.0
"""A wider thing is ground and no stroke, points."""
LEFT_OVER = (0.08, 0.26)
"""Where a seal was, what is less dark than this is nothing, and from this on it is print; share of black."""
RULING, RULING_DARK = 36.0, 10.0
"""Rulings under a seal are averaged over this length, points, and darker than both sides by at least so much."""
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
    point = dpi * scale / 72
    # against its own ground, too: on a shaded cell a thin ring is hardly redder than green
    mask = cv2.max(_reddish(small), _reddish(cv2.divide(small, _ground(small, point), scale=255)))
    if not cv2.countNonZero(mask):
        return []
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
    red becomes white, and what is left of its rims is wiped away.

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


def _reddish(image: Any) -> Any:
    """Return a mask of what is red, 0 or 1."""
    blue, green, red = cv2.split(image)
    return cv2.threshold(cv2.subtract(red, cv2.max(blue, green)), RED, 1, cv2.THRESH_BINARY)[1]


def _ground(image: Any, point: float) -> Any:
    """Return paper or shade without the strokes on it, each channel for itself; whatever is wide stays."""
    side = max(3, round(WIDEST_STROKE * point)) | 1
    closed = cv2.morphologyEx(image, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    return np.maximum(cv2.blur(closed, (side // 2 | 1, side // 2 | 1)), LEAST_PAPER)


def _without_red(part: NDArray[np.uint8], dpi: float) -> Gray:
    """Return a piece of a page in grey, its red as light as its ground."""
    point = dpi / 72
    sigma = 0.35 * point
    gray = cv2.cvtColor(part, cv2.COLOR_BGR2GRAY).astype(np.float32)
    scale = min(1.0, COARSE_DPI / dpi)
    small = shrink(part, (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale))))
    ground = cv2.resize(_ground(small, point * scale), part.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    blue, green, red = cv2.split(cv2.divide(part, ground, scale=255))
    # colour is coarse after JPEG and noisy before it: how red a place is, is judged on a smooth picture
    excess = cv2.GaussianBlur(cv2.subtract(red, cv2.max(blue, green)), (0, 0), sigma).astype(np.float32)
    reddish = excess > RED
    if not reddish.any():
        return np.asarray(gray, np.uint8)
    red_f = red.astype(np.float32)
    strong = excess >= np.percentile(excess[reddish], 70)
    ink = float(np.median(red_f[strong]))  # digits under the seal are a small part of it
    share = np.clip(excess / max(float(np.median(excess[strong])), 1.0), 0.0, 1.0)
    dark = 1 - np.clip(red_f / np.maximum(255 + (ink - 255) * share, 1.0), 0, 1)
    # the rim of a stroke is dark and hardly red: what is left of it is much lighter than print
    near = cv2.GaussianBlur(cv2.dilate(excess, np.ones((3, 3), np.uint8)), (0, 0), 2 * sigma)
    use = np.clip(near / RED, 0.0, 1.0)
    ramp = np.clip((dark - LEFT_OVER[0]) / (LEFT_OVER[1] - LEFT_OVER[0]), 0, 1)
    ramp[_rulings(np.asarray(255 * (1 - dark), np.uint8), dpi)] = 1
    lifted = ground[..., 2].astype(np.float32) * (1 - dark * ramp)
    return np.asarray(np.clip(gray * (1 - use) + lifted * use, 0, 255), np.uint8)


def _rulings(light: Gray, dpi: float) -> NDArray[np.bool_]:
    """Return which pixels lie on straight thin lines, however faint: rulings, no part of a ring or of a character."""
    across = contrast(light, dpi, RULING)
    down = cv2.transpose(contrast(np.asarray(cv2.transpose(light), np.uint8), dpi, RULING))
    return np.asarray(cv2.max(across, down) >= RULING_DARK, np.bool_)


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

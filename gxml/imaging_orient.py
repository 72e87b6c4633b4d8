"""Which way up a page lies: whether its text runs along the rows, and whether it stands on its head.

The first question is answered by geometry: the nearest neighbour of a character is the next one of its line. The second
one needs to know what characters look like; the classifier of text lines that comes with rapidocr does.
"""

from __future__ import annotations

import importlib.util
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .imaging_lines import Gray
from .networks import open_network

GLYPH = (3.5, 26.0)
"""Sizes of characters, points."""
NEAR = 0.6
"""A neighbour in the same line is no farther, in sizes of the character."""
RULING = 30.0
"""Longer strokes are no text, points."""
MARGIN = 2.5
"""One direction needs more votes than the other by this many times the square root of all votes."""
CLASSIFIER = "ch_ppocr_mobile_v2.0_cls_mobile.onnx"
LINES = 24
"""Lines of text that are shown to the classifier."""
FEW = 4
"""They are shown in groups of this many, until the answer is sure."""
SURE = 1.5
"""Mean log odds from which the answer is sure."""
ON_ITS_HEAD = 0.9
"""Mean log odds from which a page is turned: few pages lie on their head, and thin strokes of a fax mislead."""
LONG_LINE = 3.0
"""Shorter lines, in heights, tell too little."""


@dataclass(frozen=True, slots=True)
class Glyphs:
    """Characters of a page, and parts of characters.

    Attributes:
        boxes: Pixels, [n, 4] as x0, y0, x1, y1.
        labels: For each pixel the number of its character, n for none.
    """

    boxes: NDArray[np.float64]
    labels: NDArray[np.int32]

    @property
    def size(self) -> NDArray[np.float64]:
        """The longer side of each."""
        return np.maximum(self.boxes[:, 2] - self.boxes[:, 0], self.boxes[:, 3] - self.boxes[:, 1])

    def transposed(self) -> Glyphs:
        """Return the same with x and y exchanged."""
        return Glyphs(self.boxes[:, [1, 0, 3, 2]], self.labels.T)


def glyphs(gray: Gray, dpi: float) -> Glyphs:
    """Find what may be characters; parts that almost touch are joined, rulings are left out."""
    point = dpi / 72
    block = max(3, round(18 * point)) | 1
    ink = cv2.adaptiveThreshold(gray, 1, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, block, 18)
    long = round(RULING * point)
    lines = [cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones(shape, np.uint8)) for shape in ((1, long), (long, 1))]
    ink = cv2.subtract(ink, cv2.dilate(cv2.max(lines[0], lines[1]), np.ones((3, 3), np.uint8)))
    join = max(1, round(point)) + 1
    joined = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((join, join), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8, ltype=cv2.CV_32S)
    size = np.maximum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT])
    keep = (size >= GLYPH[0] * point) & (size <= GLYPH[1] * point)
    keep[0] = False
    kept = stats[keep].astype(np.float64)
    number = np.full(len(stats), len(kept), np.int32)
    number[keep] = np.arange(len(kept), dtype=np.int32)
    boxes = np.stack([kept[:, 0], kept[:, 1], kept[:, 0] + kept[:, 2], kept[:, 1] + kept[:, 3]], axis=1)
    return Glyphs(boxes, number[labels])


def _next(found: Glyphs) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return the next character at the right of each (n for none) and the gap between them in sizes of the first.

    Three rays are sent out of each character, along its middle and its quarters, as far as `NEAR`.
    """
    n = len(found.boxes)
    if not n:
        return np.zeros(0, np.intp), np.zeros(0)
    _, y0, x1, y1 = found.boxes.T
    size = found.size
    height, width = found.labels.shape
    reach = np.arange(math.ceil(NEAR * float(size.max())) + 1)
    x = x1[:, None] + reach
    outside = (x >= width) | (reach > NEAR * size[:, None])
    x = np.minimum(x, width - 1).astype(np.intp)
    after = np.full(n, n, np.intp)
    gap = np.full(n, np.inf)
    for share in (0.25, 0.5, 0.75):
        y = np.minimum(y0 + share * (y1 - y0), height - 1).astype(np.intp)
        hit = found.labels[y[:, None], x].astype(np.intp)
        hit[outside | (hit == np.arange(n)[:, None])] = n
        first = np.argmax(hit < n, axis=1)
        other = hit[np.arange(n), first]
        near = np.where(other < n, first / size, np.inf)
        nearer = near < gap
        after[nearer], gap[nearer] = other[nearer], near[nearer]
    return after, gap


def sideways(found: Glyphs) -> bool | None:
    """Tell whether text runs down the page, None if there is too little text to tell."""
    n = len(found.boxes)
    after, gap = _next(found)
    below, drop = _next(found.transposed())
    votes = []
    for following, near, other in ((after, gap, drop), (below, drop, gap)):
        good = (following < n) & (near < other)
        # a pair of characters may stand in any direction, a row of four shows it
        second = np.append(good, False)[following]
        votes.append(int((good & second).sum()))
    if abs(votes[0] - votes[1]) <= MARGIN * math.sqrt(votes[0] + votes[1]):
        return None
    return votes[1] > votes[0]


@cache
def _classifier() -> Any | None:
    """Load the classifier; None if rapidocr is not installed."""
    spec = importlib.util.find_spec("rapidocr")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / "models" / CLASSIFIER
        if path.is_file():
            return open_network(path)
    return None


def text_lines(found: Glyphs, dpi: float) -> NDArray[np.float64]:
    """Return boxes of pieces of lines of text, the longest for their height first; pixels, [n, 4].

    What is lower than any text is left out: a ruling that a fax broke into dashes.
    """
    n = len(found.boxes)
    after, _ = _next(found)
    line = np.arange(n + 1)
    for i in np.argsort(found.boxes[:, 0], kind="stable") if n else ():
        j = after[i]
        if j < n:
            line[j] = line[i]
    line = line[:n]
    low, high = np.full((n, 2), np.inf), np.full((n, 2), -np.inf)
    for axis in (0, 1):
        np.minimum.at(low[:, axis], line, found.boxes[:, axis])
        np.maximum.at(high[:, axis], line, found.boxes[:, 2 + axis])
    boxes = np.concatenate([low, high], axis=1)[np.isfinite(low[:, 0])]
    boxes = boxes[boxes[:, 3] - boxes[:, 1] >= GLYPH[0] * dpi / 72]
    ratio = (boxes[:, 2] - boxes[:, 0]) / np.maximum(boxes[:, 3] - boxes[:, 1], 1)
    return np.asarray(boxes[np.argsort(-ratio, kind="stable")], np.float64)


def upside_down(gray: Gray, lines: NDArray[np.float64]) -> tuple[bool | None, float]:
    """Tell whether an upright page stands on its head.

    Args:
        gray: The page, lines of text along its rows.
        lines: Boxes of lines of text, the best ones first; pixels, [n, 4].

    Returns:
        The answer, None without text or without the classifier; and the mean log odds of "on its head".
    """
    session = _classifier()
    if session is None:
        return None, 0.0
    crops: list[Gray] = []
    for x0, y0, x1, y1 in lines:
        height = y1 - y0
        if x1 - x0 < LONG_LINE * height or len(crops) == LINES:
            break
        pad = 0.12 * height
        top, bottom = max(0, int(y0 - pad)), int(y1 + pad) + 1
        left, right = max(0, int(x0 - pad)), int(min(x1, x0 + 4.0 * (height + 2 * pad)) + pad)
        crop = gray[top:bottom, left:right]
        if crop.size:
            crops.append(crop)
    # every crop is also shown turned: what the classifier answers to all crops alike says nothing
    odds = 0.0
    shown = 0
    for k in range(0, len(crops), FEW):
        group = crops[k : k + FEW]
        batch = np.stack([*map(_network_input, group), *(_network_input(np.rot90(c, 2)) for c in group)])
        p = np.clip(session.run(None, {session.get_inputs()[0].name: batch})[0][:, 1].astype(np.float64), 0.01, 0.99)
        logit = np.log(p / (1 - p))
        odds += float(logit[: len(group)].sum() - logit[len(group) :].sum())
        shown += 2 * len(group)
        if abs(odds) / shown >= SURE:
            break
    return (odds > ON_ITS_HEAD * shown, odds / shown) if shown else (None, 0.0)


def _network_input(crop: Gray) -> NDArray[np.float32]:
    height, width = 48, 192
    wide = min(width, max(1, round(height * crop.shape[1] / crop.shape[0])))
    resized = cv2.resize(crop, (wide, height), interpolation=cv2.INTER_LINEAR).astype(np.float32) / 127.5 - 1
    padded = np.zeros((3, height, width), np.float32)
    padded[:, :, :wide] = resized
    return padded

"""Straight thin lines of a grey picture, fitted as lines with sub-pixel position.

A ruling is darker than what lies a little above *and* below it, over a long way: averaging along the line first makes
faint and broken rulings stand out of noise, and leaves only short strokes of text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Gray = NDArray[np.uint8]
Floats = NDArray[np.float64]

RUN = 10.0
"""Darkness is averaged over this length along a line, points."""
SIDE = 2.2
"""Where both sides of a line are looked at, points from its middle. Half of the thickest ruling, and text that almost
touches a ruling, must be nearer or farther than that."""
CONTRAST = 16.0
"""Least darkness of a line against its sides, after averaging, grey levels."""
BRIDGE = 5.0
"""Gaps of a line that are closed, points: crossings, broken print."""
STRAIGHT = 0.9
"""Largest deviation (root mean square) of the pixels of a line from the line, points."""
LOOSE_PIECE, LOOSE_GAP = 12.0, 2.5
"""A short piece behind a gap at the end of a line is a stroke of text that happens to lie there; points."""
SOLID = 0.93
"""A line that is inked to this share is not one that is broken all along."""
DOUBLE_GAP, DOUBLE_SIDE = 2.6, 3.4
"""Widest white between the two lines of a double ruling; where its sides are looked at, from its middle. Points."""
DOUBLE_STEP, DOUBLE_LEAST = 6.0, 60.0
"""Double rulings are averaged over three times the former and not shorter than the latter: shorter text looks like one.
Points."""
DOUBLE_COVER = 0.85
"""Share of a double ruling on which both of its lines are seen; rows and columns of digits have less."""
DOUBLE_WHITE, DOUBLE_DARK = 4.0, 18.0
"""How much lighter the white of a double ruling is than its lines, and how much darker these are than the paper."""
STROKE = 2.0
"""Averaging length where single strokes have to be told from a line, points."""


@dataclass(frozen=True, slots=True)
class Segments:
    """Line segments of one direction as columns, pixels; `n` of them.

    For horizontal segments "along" is x and "across" is y; for vertical ones the other way round.

    Attributes:
        start: First pixel along.
        end: Last pixel along.
        at: Place across, at the middle.
        slope: Change across for one pixel along.
        dark: Mean contrast, grey levels.
        cover: Share of the length on which there is ink; columns of digits and lines of text have gaps.
    """

    start: Floats
    end: Floats
    at: Floats
    slope: Floats
    dark: Floats
    cover: Floats

    @property
    def middle(self) -> Floats:
        """Middle along."""
        return (self.start + self.end) / 2

    @property
    def length(self) -> Floats:
        """Length along."""
        return self.end - self.start

    def across(self, along: Floats | float) -> Floats:
        """Return the place across at a place along."""
        return self.at + self.slope * (along - self.middle)

    def take(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> Segments:
        """Return some of the segments."""
        return Segments(*(getattr(self, name)[which] for name in self.__slots__))

    def clipped(self, low: float, high: float) -> Segments:
        """Return the parts of the segments between two places along."""
        start, end = np.clip(self.start, low, high), np.clip(self.end, low, high)
        at = self.across((start + end) / 2)
        return Segments(start, end, at, self.slope, self.dark, self.cover).take(end > start)

    def and_(self, other: Segments) -> Segments:
        """Return these segments and others."""
        return Segments(*(np.concatenate([getattr(s, name) for s in (self, other)]) for name in self.__slots__))

    def __len__(self) -> int:
        return int(self.start.size)


NO_SEGMENTS = Segments(*(np.zeros(0) for _ in range(6)))


def shrink(image: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Make a picture smaller: averaged by whole numbers, which is fast, then interpolated.

    Args:
        image: Any number of channels.
        size: Width and height wanted; a larger size interpolates only.
    """
    height, width = image.shape[:2]
    fx, fy = max(1, width // size[0]), max(1, height // size[1])
    if fx * fy > 1 and width >= fx and height >= fy:
        # the rest of a division is cut off at the right and at the bottom, which moves places by less than one step
        box = image[: height // fy * fy, : width // fx * fx]
        image = np.asarray(cv2.resize(box, (width // fx, height // fy), interpolation=cv2.INTER_AREA), np.uint8)
    if image.shape[1::-1] != size:
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR), np.uint8)
    return image


def contrast(gray: Gray, dpi: float, run: float = RUN) -> Gray:
    """Return how much darker than both sides each pixel of a horizontal line would be, grey levels.

    Args:
        gray: Dark ink on light paper, uint8.
        dpi: Resolution.
        run: Averaging length along the line, points.
    """
    point = dpi / 72
    length = max(3, round(run * point)) | 1
    side = max(2, round(SIDE * point))
    mean = cv2.blur(gray, (length, 1), borderType=cv2.BORDER_REPLICATE)
    return np.asarray(_darker(mean, side), np.uint8)


def _darker(mean: Any, side: int) -> Any:
    """Return by how much each pixel is darker than both of those `side` pixels above and below it."""
    padded = cv2.copyMakeBorder(mean, side, side, 0, 0, cv2.BORDER_REPLICATE)
    return cv2.subtract(cv2.min(padded[: -2 * side], padded[2 * side :]), mean)


def doubles_filled(gray: Gray, dpi: float) -> Gray:
    """Fill the white between the lines of horizontal double rulings: each stands where the other's side is looked at.

    Args:
        gray: Dark ink on light paper, uint8.
        dpi: Resolution.
    """
    point = dpi / 72
    step, gap = max(1, round(DOUBLE_STEP * point)), max(3, round(DOUBLE_GAP * point)) | 1
    height, width = gray.shape
    if width < 2 * step:
        return gray
    upright = np.ones((gap, 1), np.uint8)
    # the run is averaged over coarse pixels, which costs a fraction of the time
    coarse = cv2.resize(gray[:, : width // step * step], (width // step, height), interpolation=cv2.INTER_AREA)
    side = max(3, round(DOUBLE_SIDE * point))
    mean = cv2.blur(coarse, (3, 1), borderType=cv2.BORDER_REPLICATE)
    found = cv2.morphologyEx(_double(mean, upright, side, 1.0), cv2.MORPH_CLOSE, np.ones((1, 3), np.uint8))
    here = _double(coarse, upright, side, 0.5)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(found, connectivity=8, ltype=cv2.CV_32S)
    out = gray.copy()
    for i in range(1, count):
        left, top, wide, high = (int(v) for v in stats[i, :4])
        if wide * step < DOUBLE_LEAST * point:
            continue
        rows = slice(max(0, top - gap), min(height, top + high + gap))
        columns = slice(left * step, (left + wide) * step)
        band = cv2.dilate((labels[rows, left : left + wide] == i).astype(np.uint8), upright)
        if cv2.min(band, here[rows, left : left + wide]).any(axis=0).mean() < DOUBLE_COVER:
            continue
        dark = cv2.morphologyEx(gray[rows, columns], cv2.MORPH_OPEN, upright)
        out[rows, columns] = np.where(np.repeat(band, step, axis=1) > 0, dark, out[rows, columns])
    return out


def _double(mean: Any, upright: Any, side: int, share: float) -> Any:
    """Return a mask of the white between two lines: lighter than these, which are darker than the paper."""
    filled = cv2.morphologyEx(mean, cv2.MORPH_OPEN, upright)
    between = cv2.threshold(cv2.subtract(mean, filled), share * DOUBLE_WHITE, 1, cv2.THRESH_BINARY)[1]
    return cv2.min(between, cv2.threshold(_darker(filled, side), share * DOUBLE_DARK, 1, cv2.THRESH_BINARY)[1])


def horizontal_segments(
    gray: Gray, dpi: float, least: float, *, run: float = RUN, least_contrast: float = CONTRAST
) -> Segments:
    """Find horizontal segments; for vertical ones give the transposed picture.

    Args:
        gray: Dark ink on light paper, uint8.
        dpi: Resolution.
        least: Shortest segment, points.
        run: Averaging length, points.
        least_contrast: Grey levels.
    """
    point = dpi / 72
    strength = contrast(gray, dpi, run)
    lines = cv2.threshold(strength, least_contrast, 1, cv2.THRESH_BINARY)[1]
    bridge = max(3, round(BRIDGE * point)) | 1
    lines = cv2.morphologyEx(lines, cv2.MORPH_CLOSE, np.ones((1, bridge), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(lines, connectivity=8, ltype=cv2.CV_32S)
    # averaging makes a line longer by up to half its window at both ends
    wide = stats[:, cv2.CC_STAT_WIDTH] >= least * point
    flat = stats[:, cv2.CC_STAT_HEIGHT] <= np.maximum(3.0 * point, 0.15 * stats[:, cv2.CC_STAT_WIDTH])
    keep = wide & flat
    keep[0] = False
    kept = np.flatnonzero(keep)
    if not kept.size:
        return NO_SEGMENTS
    number = np.full(count, -1, np.intp)
    number[kept] = np.arange(kept.size)
    xy = cv2.findNonZero(lines).reshape(-1, 2)
    which = number[labels[xy[:, 1], xy[:, 0]]]
    xy, which = xy[which >= 0], which[which >= 0]
    found = _fit(
        xy[:, 0].astype(np.float64),
        xy[:, 1].astype(np.float64),
        strength[xy[:, 1], xy[:, 0]].astype(np.float64),
        which,
        stats[kept].astype(np.float64),
        point,
    )
    return _trimmed(found, contrast(gray, dpi, STROKE), point)


def _trimmed(lines: Segments, strokes: Gray, point: float) -> Segments:
    """Cut lines to where their ink begins and ends, and measure how much of each is inked.

    Args:
        lines: Longer than they are, by up to half of the window that was averaged over.
        strokes: `contrast` over a short run.
        point: Pixels.
    """
    first, last = np.rint(lines.start).astype(np.intp), np.rint(lines.end).astype(np.intp)
    counts = last - first + 1
    begin = np.cumsum(counts) - counts
    k = np.repeat(np.arange(counts.size), counts)
    x = np.arange(k.size) - begin[k] + first[k]
    y = np.rint(lines.at[k] + lines.slope[k] * (x - lines.middle[k])).astype(np.intp)
    best = np.zeros(k.size, np.uint8)
    for dy in (-1, 0, 1):
        best = np.maximum(best, strokes[np.clip(y + dy, 0, strokes.shape[0] - 1), x])
    inked = best >= np.maximum(lines.dark[k] / 3, CONTRAST)
    # pieces of ink, one line after the other
    padded = np.zeros(inked.size + counts.size, bool)
    padded[np.arange(inked.size) + k] = inked  # a gap behind each line keeps their pieces apart
    edges = np.flatnonzero(np.diff(padded, prepend=False, append=False))
    piece_start, piece_end = edges[::2], edges[1::2]
    owner = np.searchsorted(begin + np.arange(counts.size), piece_start, side="right") - 1
    piece_start, piece_end = piece_start - owner, piece_end - owner
    pieces = np.bincount(owner, minlength=counts.size)
    first = np.cumsum(pieces) - pieces
    last = first + pieces - 1
    for i in np.flatnonzero(pieces > 1):
        first[i], last[i] = _body(piece_start, piece_end, int(first[i]), int(last[i]), point)
    some = pieces > 0
    lines, begin, first, last = lines.take(some), begin[some], first[some], last[some]
    total = np.concatenate([[0], np.cumsum(piece_end - piece_start)])
    length = piece_end[last] - piece_start[first]
    share = (total[last + 1] - total[first]) / length
    start = (x[begin] + piece_start[first] - begin).astype(np.float64)
    end = start + length - 1
    # the run that was averaged over is still too long by half of itself
    shorter = np.minimum(STROKE * point / 2, (end - start) / 2)
    start, end = start + shorter, end - shorter
    at = lines.across((start + end) / 2)
    return Segments(start, end, at, lines.slope, lines.dark, share).take(end > start)


def _body(start: NDArray[np.intp], end: NDArray[np.intp], first: int, last: int, point: float) -> tuple[int, int]:
    """Return the first and the last piece of ink of a line, loose strokes at the ends of a solid line left out."""
    piece, gap = LOOSE_PIECE * point, LOOSE_GAP * point
    size = end - start
    ink = int(size[first : last + 1].sum())
    while first < last:
        cut_first = size[first] < piece and start[first + 1] - end[first] > gap
        cut_last = size[last] < piece and start[last] - end[last - 1] > gap
        if cut_last and ink - size[last] >= SOLID * (end[last - 1] - start[first]):
            ink -= int(size[last])
            last -= 1
        elif cut_first and ink - size[first] >= SOLID * (end[last] - start[first + 1]):
            ink -= int(size[first])
            first += 1
        else:
            break
    return first, last


def _fit(x: Floats, y: Floats, w: Floats, k: NDArray[np.intp], stats: Floats, point: float) -> Segments:
    """Fit a line to the pixels of each component; after the first time without what lies off it."""
    w = np.maximum(w, 1.0)
    count = len(stats)
    start = stats[:, cv2.CC_STAT_LEFT]
    end = start + stats[:, cv2.CC_STAT_WIDTH] - 1
    middle = (start + end) / 2
    u = x - middle[k]
    keep = np.ones(x.size, bool)
    for _ in range(3):
        kw = np.where(keep, w, 0.0)
        s = np.maximum(np.bincount(k, kw, count), 1e-9)
        su, sy = np.bincount(k, kw * u, count), np.bincount(k, kw * y, count)
        suu, suy = np.bincount(k, kw * u * u, count), np.bincount(k, kw * u * y, count)
        spread = np.maximum(suu * s - su * su, 1e-9)
        slope = (suy * s - su * sy) / spread
        at = (sy - slope * su) / s
        off = np.abs(y - at[k] - slope[k] * u)
        rms = np.sqrt(np.bincount(k, kw * off * off, count) / s)
        keep = off <= np.maximum(1.5 * rms[k], 0.4 * point)
    dark = np.bincount(k, kw * w, count) / s
    good = rms <= STRAIGHT * point
    return Segments(start, end, at, slope, dark, np.ones(count)).take(good)

"""Rows of text on a page picture, outside of the tables, and the pieces that they fall into.

text_rows(gray, tables, rules, scale) -> list[Row]
gutter(pieces, tables, frame) -> where two pages meet on one picture
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

import cv2
import numpy as np
from numpy.typing import NDArray

from .geometry import BBox, blank_band, overlap, union
from .lines import TAB_GAP
from .pages import GUTTER, GUTTER_ZONE, MARGIN

Gray = NDArray[np.uint8]

# Points.
GLUE = 2.5
"""Strokes this close are one piece whatever the size of the text."""
LINE_HEIGHT = (4.0, 40.0)
"""Heights of rows of text."""
SPECK = 1.2
"""Smaller ink is dirt."""
PAD = 2.5
"""Paper kept around a piece."""
RULE = 1.5
"""Half of what is taken out along a ruling line."""
SIDE = 4.0
"""Bits of a thick or double border stand this far beside a table."""
FULL = 0.6
"""Rows are made of pieces that are at least this high, as a share of the usual height; the rest is put to them."""
MARK = 3.0
"""Smaller ink is a piece only beside another one: a full stop, a comma, or dirt. Points."""
WORD = 1.6
"""Ink in much smaller print than the rest is text if it is so many times as wide as high, or in several pieces."""
SAME_ROW = 0.5
"""Share of the height of a piece that lies in its row."""
WITHIN = 0.6
"""Pieces that are so far within the height of a wider row belong to it: the lower half of 告 is as high as a row, small
letters are lower than ideographs."""
STACKED = 0.25
"""The halves of a glyph are no farther apart than this, in usual heights; lines of text are."""
HIGHEST = 2.4
"""A title, or prose beside a table in small print, is no higher than this, in usual heights; what is higher is no row,
and takes none in."""
PROSE = (3.0, 80.0)
"""Words are this many times as wide as high, numbers are not; and one page of two has this many characters of words."""
PIECE_GAP = 0.45
"""A gap that may part two cells, in heights of the row."""


CORNER = (2.5, 7.0)
"""Ink of this size at the sides is the corner of a shaded band, where it is about as wide as high; points."""
SQUARE = 1.35
"""Its sides differ by no more than this factor."""
RIM = 1.5
"""It stands no farther inside than the outermost text, points."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of text.

    Attributes:
        pieces: From left to right, points; gaps that may part two cells are between them.
        em: Height of its text.
    """

    pieces: tuple[BBox, ...]
    em: float

    @property
    def bbox(self) -> BBox:
        """The box around it."""
        box = union(self.pieces)
        assert box is not None
        return box

    @property
    def gaps(self) -> list[float]:
        """Gaps between the pieces, in em."""
        return [(b[0] - a[2]) / self.em for a, b in zip(self.pieces, self.pieces[1:], strict=False)]

    def parts(self, gap: float = TAB_GAP) -> list[BBox]:
        """Return the row cut at gaps that are wider than `gap` em only."""
        out = [self.pieces[0]]
        for piece, space in zip(self.pieces[1:], self.gaps, strict=True):
            if space > gap:
                out.append(piece)
            else:
                last = out.pop()
                out.append((last[0], min(last[1], piece[1]), piece[2], max(last[3], piece[3])))
        return out


def padded(box: BBox) -> BBox:
    """Return a piece with the paper around it that its reader needs."""
    return (box[0] - PAD, box[1] - PAD, box[2] + PAD, box[3] + PAD)


def text_rows(gray: Gray, tables: Iterable[BBox], rules: Iterable[BBox], scale: float) -> list[Row]:
    """Find the rows of text outside the tables; see `text_pieces` and `rows_of`."""
    return rows_of(text_pieces(gray, tables, rules, scale))


def text_pieces(gray: Gray, tables: Iterable[BBox], rules: Iterable[BBox], scale: float) -> list[BBox]:
    """Find the pieces of text outside the tables, as far as strokes stand close together.

    Args:
        gray: The page, paper bright.
        tables: Places that hold none, points.
        rules: Ruling lines, points.
        scale: Pixels a point.

    Returns:
        Tight boxes, points, in no order.
    """
    block = max(15, round(12 * scale)) | 1
    ink = cv2.adaptiveThreshold(gray, 1, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, block, 22)
    for boxes, wide, high in ((tables, round(SIDE * scale), 2), (rules, round(RULE * scale), round(RULE * scale))):
        for box in boxes:
            x0, y0, x1, y1 = (v * scale for v in box)
            ink[max(0, int(y0) - high) : int(y1) + high + 1, max(0, int(x0) - wide) : int(x1) + wide + 1] = 0
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    small = np.maximum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]) < SPECK * scale
    ink[small[labels]] = 0
    glued = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((1, max(3, round(GLUE * scale)) | 1), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(glued, connectivity=8)
    words: list[BBox] = []
    for i in range(1, count):
        x, y, w, h = (int(v) / scale for v in stats[i, :4])
        if h <= LINE_HEIGHT[1] and max(w, h) >= SPECK:
            words.append((x, y, x + w, y + h))
    return words


def gutter(pieces: Sequence[BBox], tables: Sequence[BBox], frame: tuple[float, float]) -> float | None:
    """Return where two pages that stand side by side on one picture meet, None for an ordinary page.

    Each side must hold lines of prose, or a table with rulings: the labels and the numbers of a table without rulings
    do not.

    Args:
        pieces: Of text.
        tables: With rulings.
        frame: Width and height of the page, points.
    """
    width, height = frame
    if width < height:
        return None
    body = [
        b for b in pieces if max(b[2] - b[0], b[3] - b[1]) >= MARK and MARGIN * height <= b[1] < (1 - MARGIN) * height
    ]
    spans = [(b[0], b[2]) for b in (*body, *tables)]
    middle = blank_band(spans, GUTTER_ZONE[0] * width, GUTTER_ZONE[1] * width, GUTTER)
    if middle is None:
        return None
    tabled = {t[0] < middle for t in tables}
    ems = {True: 0.0, False: 0.0}
    for b in body:
        if (em := (b[2] - b[0]) / (b[3] - b[1])) >= PROSE[0]:
            ems[b[0] < middle] += em
    return middle if all(side in tabled or ems[side] >= PROSE[1] for side in ems) else None


def rows_of(words: Sequence[BBox]) -> list[Row]:
    """Put pieces of text to rows, from top to bottom."""
    if not words:
        return []
    heights = [(h, b[2] - b[0]) for b in words if (h := b[3] - b[1]) >= LINE_HEIGHT[0]]
    usual = median([h for h, _ in heights] or [LINE_HEIGHT[0]])
    # the digits of a table are many and low; most of the width is words
    high = HIGHEST * max(usual, _weighted_median(heights, LINE_HEIGHT[0]))
    full = [b for b in words if b[3] - b[1] >= FULL * usual]
    groups: list[list[BBox]] = []
    middles: list[float] = []
    for box in sorted(full, key=lambda b: b[1] + b[3]):
        middle, height = (box[1] + box[3]) / 2, box[3] - box[1]
        near = [
            i for i in range(max(0, len(groups) - 3), len(groups))
            if abs(middle - middles[i]) <= SAME_ROW * min(height, max(b[3] - b[1] for b in groups[i]))
        ]  # fmt: skip
        if near:
            at = min(near, key=lambda i: abs(middle - middles[i]))
            groups[at].append(box)
            middles[at] += (middle - middles[at]) / len(groups[at])
        else:
            groups.append([box])
            middles.append(middle)
    groups = _joined(groups, high)
    spans = [(min(b[1] for b in g), max(b[3] for b in g)) for g in groups]
    small: list[BBox] = []
    for box in words:
        height = box[3] - box[1]
        if height >= FULL * usual:
            continue
        shared = [overlap(box[1], box[3], *s) for s in spans]
        best = max(range(len(spans)), key=lambda i: shared[i], default=None)
        if best is not None and shared[best] >= SAME_ROW * height:
            groups[best].append(box)
        elif height >= LINE_HEIGHT[0]:
            small.append(box)
    rows = [_row(g) for g in groups if g]
    found = [r for r in rows if r.pieces and r.bbox[3] - r.bbox[1] >= LINE_HEIGHT[0]]  # dirt alone makes no piece
    if full and small:  # a table in small print under prose in large print; dirt stands alone
        found += [r for r in rows_of(small) if len(r.pieces) > 1 or r.bbox[2] - r.bbox[0] >= WORD * r.em]
    return _whole(sorted(found, key=lambda r: (r.bbox[1] + r.bbox[3], r.bbox[0])), usual, high)


def _whole(rows: Sequence[Row], usual: float, high: float) -> list[Row]:
    """Put the two halves of a large glyph that stands alone on its line, the end of a title, together."""
    out: list[Row] = []
    for row in rows:
        if out and len(row.pieces) == len(out[-1].pieces) == 1:
            (above,), (below,) = out[-1].pieces, row.pieces
            x0, x1 = min(above[0], below[0]), max(above[2], below[2])
            size = below[3] - above[1]
            near = below[1] - above[3] <= STACKED * usual and size <= high
            if near and x1 - x0 <= high and overlap(*above[::2], *below[::2]) >= WITHIN * (x1 - x0):
                out[-1] = Row(((x0, above[1], x1, below[3]),), size)
                continue
        out.append(row)
    return out


def _joined(groups: Sequence[list[BBox]], highest: float) -> list[list[BBox]]:
    """Put groups of pieces that stand within the height of a wider one, which is no higher than `highest`, to it."""
    order = sorted(groups, key=lambda g: -sum(b[2] - b[0] for b in g))
    out: list[list[BBox]] = []
    bands: list[tuple[float, float]] = []
    for group in order:
        low, high = _band(group)
        shared = [overlap(low, high, a, b) if b - a <= highest else 0.0 for a, b in bands]
        best = max(range(len(out)), key=lambda i: shared[i], default=None)
        if best is not None and shared[best] >= WITHIN * (high - low):
            out[best] = out[best] + group
        else:
            out.append(group)
            bands.append((low, high))
    return out


def _band(boxes: Sequence[BBox]) -> tuple[float, float]:
    """Return top and bottom of the bulk of a row."""
    top, bottom = (_weighted_median([(b[side], b[2] - b[0]) for b in boxes]) for side in (1, 3))
    return top, bottom


def _weighted_median(values: Iterable[tuple[float, float]], otherwise: float = 0.0) -> float:
    """Return the median of (value, weight), `otherwise` of none."""
    ordered = sorted(values)
    left = sum(w for _, w in ordered) / 2
    for value, weight in ordered:
        left -= weight
        if left <= 0:
            return value
    return otherwise


def _row(boxes: Sequence[BBox]) -> Row:
    heights = sorted((b[3] - b[1] for b in boxes), reverse=True)
    em = max(LINE_HEIGHT[0], median(heights[: (len(boxes) + 1) // 2]))
    ordered = sorted(boxes)
    held = [max(b[2] - b[0], b[3] - b[1]) >= MARK for b in ordered]
    for order in (range(len(ordered)), range(len(ordered) - 1, -1, -1)):
        last: BBox | None = None
        for i in order:
            box = ordered[i]
            if not held[i] and last is not None and max(box[0] - last[2], last[0] - box[2]) <= em:
                held[i] = True
            if held[i]:
                last = box
    pieces: list[BBox] = []
    for box in (b for b, h in zip(ordered, held, strict=True) if h):
        if pieces and box[0] - pieces[-1][2] <= PIECE_GAP * em:
            last = pieces.pop()
            box = (last[0], min(last[1], box[1]), max(last[2], box[2]), max(last[3], box[3]))
        pieces.append(box)
    return Row(tuple(pieces), em)


def without_corners(rows: Sequence[Row]) -> list[Row]:
    """Return rows of text without those that are only what the corners of a shaded band leave: a speck at each side."""
    pieces = [b for row in rows for b in row.pieces]
    left, right = min((b[0] for b in pieces), default=0.0), max((b[2] for b in pieces), default=0.0)

    def corner(b: BBox) -> bool:
        small, large = sorted((b[2] - b[0], b[3] - b[1]))
        at_side = b[0] <= left + RIM or b[2] >= right - RIM
        return at_side and CORNER[0] <= small and large <= min(CORNER[1], SQUARE * small)

    return [row for row in rows if not all(corner(b) for b in row.pieces)]

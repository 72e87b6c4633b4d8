"""Numbers in lines of prose are looked at twice: in the line, and each on its own.

    numbers_again(reader, gray, boxes, lines, scale) -> lines

A long line is squeezed to be read, and then digits of a narrow font that follow their like are lost: 20000 reads as
200, and surely. A crop of the number and its neighbours is not squeezed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .geometry import BBox
from .ocr import CharReading, LineReading, Reader

Gray = NDArray[np.uint8]

_NUMBER = re.compile(r"[0-9](?:[0-9.,，]*[0-9])?")
_NO_FIGURE = frozenset("年月日号〕]】：:.．、)）")
"""What follows a number that is no figure: dates, numbers of documents and of paragraphs, times."""
HALF = 0.55
"""Half of a neighbouring character, in heights of the line, and a little."""
DOUBT = 0.5
"""A number that reads otherwise on its own is no surer than this."""


def numbers_again(
    reader: Reader, gray: Gray, boxes: Sequence[BBox], lines: Sequence[LineReading], scale: float
) -> list[LineReading]:
    """Read the numbers of lines again, each on its own.

    Args:
        reader: Reads crops.
        gray: The page, paper bright.
        boxes: Of the lines, points.
        lines: What they were read as.
        scale: Pixels a point.

    Returns:
        The lines; a number that reads otherwise on its own is the one that is read more surely, and in doubt.
    """
    found = [(i, m.span()) for i, line in enumerate(lines) for m in _figures(line)]
    crops = [_around(gray, boxes[i], lines[i], span, scale) for i, span in found]
    out = list(lines)
    # from the last number of a line on, so that places hold
    for (i, (a, b)), other in reversed(list(zip(found, _read(reader, crops), strict=True))):
        # a narrow neighbour lets a digit of another number into the crop
        again = max(_NUMBER.finditer(other.text), key=lambda m: m.end() - m.start(), default=None)
        if len(other.text) != len(other.chars) or again is None or again.group() == lines[i].text[a:b]:
            continue
        chars = out[i].chars
        best = max((chars[a:b], other.chars[again.start() : again.end()]), key=_least)
        doubted = [replace(c, confidence=min(c.confidence, DOUBT)) for c in best]
        out[i] = LineReading.of([*chars[:a], *doubted, *chars[b:]])
    return out


def _read(reader: Reader, crops: Sequence[Gray]) -> list[LineReading]:
    if reader.name == "rapid":
        from .reader_rapid import unsqueezed

        crops = [unsqueezed(c) for c in crops]
    return reader.read(crops)


def _figures(line: LineReading) -> list[re.Match[str]]:
    if len(line.text) != len(line.chars) or not any(c.x for c in line.chars):
        return []
    return [m for m in _NUMBER.finditer(line.text) if line.text[m.end() : m.end() + 1] not in _NO_FIGURE]


def _least(chars: Sequence[CharReading]) -> float:
    return min(c.confidence for c in chars)


def _around(gray: Gray, box: BBox, line: LineReading, span: tuple[int, int], scale: float) -> Gray:
    """Return the picture of a number with the characters beside it."""
    height, width = gray.shape
    left, right = max(0, min(width - 2, round(box[0] * scale))), min(width, round(box[2] * scale))
    top, bottom = max(0, min(height - 2, round(box[1] * scale))), min(height, round(box[3] * scale))
    a, b = span
    half = HALF * (bottom - top)
    x0 = left + line.chars[a - 1].x * (right - left) - half if a else left
    x1 = left + line.chars[b].x * (right - left) + half if b < len(line.chars) else right
    x0, x1 = max(left, round(x0)), min(right, round(x1))
    return gray[top : max(top + 2, bottom), min(x0, width - 2) : max(x0 + 2, x1)]

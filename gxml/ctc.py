"""What readers with a CTC recogniser share: decoding with masks and alternatives, crops of the lines of a page.

A CTC recogniser gives for each of T frames the probabilities of all characters and of the blank, class 0.
Graves et al., 2006.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .ocr import CharReading, LineReading, PageText

Image = NDArray[np.uint8]
Floats = NDArray[np.float32]

TOP = 5
"""Alternatives of a character."""
UPRIGHT = 1.5
"""A line that is this many times as high as wide stands on its side."""


class CtcReader(ABC):
    """A reader whose recogniser gives probabilities.

    Args:
        characters: What the classes stand for, the blank ("") first.
    """

    def __init__(self, characters: Sequence[str]) -> None:
        self.characters = list(characters)
        self._index = {c: i for i, c in enumerate(self.characters)}

    @abstractmethod
    def _frames(self, crops: Sequence[Image]) -> Iterator[tuple[int, Floats, float]]:
        """Yield for each crop, in any order: its index, (T, classes) probabilities, the share of T that it fills."""

    @abstractmethod
    def _find(self, page: Image) -> Iterable[Any]:
        """Return the corners (4, 2) of the lines of a page, clockwise from the top left."""

    def read(self, crops: Sequence[Image], allowed: str | None = None) -> list[LineReading]:
        """Read crops of one line each; `allowed` leaves out all other characters."""
        mask = None if allowed is None else self._mask(allowed)
        found = {i: self.decode(p, mask, share) for i, p, share in self._frames(crops)}
        return [found[i] for i in range(len(crops))]

    def read_both(self, crops: Sequence[Image], allowed: str) -> list[tuple[LineReading, LineReading]]:
        """Read each crop once and decode it twice: with all characters, and with the allowed ones alone."""
        mask = self._mask(allowed)
        found = {i: (self.decode(p, None, s), self.decode(p, mask, s)) for i, p, s in self._frames(crops)}
        return [found[i] for i in range(len(crops))]

    def read_page(self, page: Image) -> list[PageText]:
        """Find the lines of a page and read them."""
        corners = [np.asarray(c, np.float32).reshape(4, 2) for c in self._find(page)]
        readings = self.read([cut_out(page, c) for c in corners])
        return [PageText(tuple((float(x), float(y)) for x, y in c), r) for c, r in zip(corners, readings, strict=True)]

    def _mask(self, allowed: str) -> NDArray[np.int64]:
        return np.array([0, *(self._index[c] for c in dict.fromkeys(allowed) if c in self._index)])

    def decode(self, p: Floats, mask: NDArray[np.int64] | None, share: float = 1.0) -> LineReading:
        """Decode (T, classes) probabilities greedily; the same class in frames that follow is one character.

        Args:
            p: Probabilities.
            mask: The classes that are allowed, the blank among them; None for all.
            share: Share of the frames that the crop fills, the rest is padding.
        """
        best = p.argmax(1) if mask is None else mask[p[:, mask].argmax(1)]
        chars: list[CharReading] = []
        steps = len(p)
        t = 0
        while t < steps:
            k = int(best[t])
            end = t
            while end + 1 < steps and best[end + 1] == k:
                end += 1
            if k:
                at = t + int(p[t : end + 1, k].argmax())
                row = p[at] if mask is None else p[at][mask]
                top = np.argpartition(row, -TOP)[-TOP:] if len(row) > TOP else np.arange(len(row))
                ids = top if mask is None else mask[top]
                ranked = sorted(((float(p[at][i]), int(i)) for i in ids), key=lambda s: (-s[0], s[1]))
                others = tuple((self.characters[i], round(v, 6)) for v, i in ranked)
                place = min(1.0, (at + 0.5) / steps / share)
                chars.append(CharReading(self.characters[k], round(float(p[at, k]), 6), others, place))
            t = end + 1
        return LineReading.of(chars)


def cut_out(page: Image, corners: Any) -> Image:
    """Cut the quadrangle with these corners (4, 2) out of a page; a line that stands on its side is turned."""
    sides = np.linalg.norm(corners - np.roll(corners, -1, axis=0), axis=1)
    width, height = max(1, round(float(max(sides[0], sides[2])))), max(1, round(float(max(sides[1], sides[3]))))
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    warp = cv2.getPerspectiveTransform(np.asarray(corners, np.float32), target)
    crop = cv2.warpPerspective(page, warp, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    if height >= UPRIGHT * width:
        crop = np.rot90(crop)
    return np.ascontiguousarray(crop, np.uint8)

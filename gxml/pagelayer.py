"""What is read of a PDF page: characters and rulings with their places, upright, and whether they can be trusted.

All coordinates are points, origin top-left (see `gxml.geometry`); `PageLayer.displayed` turns a box of the upright
frame to the page as displayed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from .geometry import BBox, Homography

ASCENT, DESCENT = 0.88, 0.12
"""The em box around a baseline, in em; the metrics that fonts declare for themselves are too often wrong."""
LOST = "\ufffd"
"""Stands for ink that has no character, so that a number beside it is not taken for whole."""


class Char(NamedTuple):
    """One character of a page.

    Attributes:
        text: One character, " " for any kind of space, U+FFFD for an unknown one.
        x0: Left edge of its advance width, points.
        y0: Top of its em box.
        x1: Right edge of its advance width.
        y1: Bottom of its em box.
        size: Points.
        angle: Degrees counter-clockwise at which it runs on the upright page: 0, 90, 180 or 270.
    """

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    size: float
    angle: int = 0

    @property
    def baseline(self) -> float:
        """Height of the baseline, points from the top."""
        return self.y1 - DESCENT * (self.y1 - self.y0)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the text layer of a page can be trusted.

    Attributes:
        trusted: If not, the page needs OCR.
        reason: Why, in Chinese.
        beneath: What is to be read is the picture below the text.
    """

    trusted: bool
    reason: str
    beneath: bool = False


@dataclass(frozen=True, slots=True)
class PageLayer:
    """What a page holds, upright for reading.

    Attributes:
        width: Points, as displayed.
        height: Points, as displayed.
        turn: Degrees clockwise by which the displayed page was turned to make its text upright: 0, 90, 180, 270.
        chars: Visible characters, spaces among them, in the order of the file.
        rulings: Lines, thin rectangles and edges of stroked rectangles, as thin boxes.
        fills: Edges of filled shapes that have no outline, as thin boxes: rulings where there are no better ones.
        verdict: Whether the characters can be trusted.
        rescued: Characters that PDFium left out and that were read in another way.
        dropped: Pieces of text that are lost; where their place is known, U+FFFD stands for them in `chars`.
        bad: Number of characters without a meaning; they are U+FFFD in `chars`.
        pictures: Places of the images that are no rulings.
        unread: U+FFFD for pictures and shapes of the size of a number, and for digits beyond the edge of the page: they
            count where they stand in a cell.
        inked: Places of ink in larger pictures: a cell that has nothing else in it is not blank there.
    """

    width: float
    height: float
    turn: int
    chars: tuple[Char, ...]
    rulings: tuple[BBox, ...]
    fills: tuple[BBox, ...]
    verdict: Verdict
    rescued: int = 0
    dropped: int = 0
    bad: int = 0
    pictures: tuple[BBox, ...] = ()
    unread: tuple[Char, ...] = ()
    inked: tuple[BBox, ...] = ()

    def displayed(self, box: BBox) -> BBox:
        """Return a box of the upright frame on the page as displayed."""
        return turned(box, -self.turn, *self.frame)

    @property
    def to_displayed(self) -> Homography | None:
        """From the upright frame to the page as displayed; None where they are the same."""
        width, height = self.frame
        rows: dict[int, Homography] = {
            90: (0, 1, 0, -1, 0, width, 0, 0, 1),
            180: (-1, 0, width, 0, -1, height, 0, 0, 1),
            270: (0, -1, height, 1, 0, 0, 0, 0, 1),
        }
        return rows.get(self.turn % 360)

    @property
    def frame(self) -> tuple[float, float]:
        """Width and height of the upright frame."""
        return (self.height, self.width) if self.turn % 180 else (self.width, self.height)


def turned(box: BBox, degrees: int, width: float, height: float) -> BBox:
    """Turn a box clockwise together with the frame (origin top-left, `width` by `height`) that it stands in."""
    x0, y0, x1, y1 = box
    match degrees % 360:
        case 90:
            return (height - y1, x0, height - y0, x1)
        case 180:
            return (width - x1, height - y1, width - x0, height - y0)
        case 270:
            return (y0, width - x1, y1, width - x0)
        case _:
            return box

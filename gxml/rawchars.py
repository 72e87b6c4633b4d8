"""The characters of a PDF page as PDFium gives them, in its user space, with what those of a text object share.

PDFium is called through its raw C interface, because one object for each character would cost more than reading it.
"""

from __future__ import annotations

import ctypes
import math
from typing import Any, NamedTuple

from .geometry import BBox
from .pagelayer import LOST
from .pageobjects import INVISIBLE_MODES, WHITE, Budget, PageObjects, address

TINY = 1.5
"""Smaller characters are dots that nobody reads, points."""
INK = 0.5
"""A lower character is a space, points."""
SLANT = 12.0
"""Degrees off the axes from which text is a watermark: tables are not set aslant, and a crooked scan is less so."""


class RawChar(NamedTuple):
    """A character in user space, as PDFium gives it."""

    text: str
    loose: BBox
    tight: BBox
    x: float
    y: float
    source: int


class TextStyle(NamedTuple):
    """What the characters of a text object share: size in points, direction in degrees, whether it is ever shown."""

    size: float
    direction: int
    visible: bool
    slanted: bool = False


def read_chars(
    pdfium: Any, text: Any, drawn: PageObjects, budget: Budget
) -> tuple[list[RawChar], dict[int, TextStyle]]:
    """Return the characters of a text page, and what those of each text object share, by its address.

    Raises:
        TooLargeError: The budget is spent.
    """
    return _Chars(pdfium, text, drawn).read(budget)


class _Chars:
    def __init__(self, pdfium: Any, text: Any, drawn: PageObjects) -> None:
        self.pdfium, self.text, self.drawn = pdfium, text, drawn
        self.styles: dict[int, TextStyle] = {}
        self.matrix = pdfium.FS_MATRIX()
        self.colour = [ctypes.c_uint() for _ in range(4)]

    def read(self, budget: Budget) -> tuple[list[RawChar], dict[int, TextStyle]]:
        pdfium, text = self.pdfium, self.text
        count = max(0, pdfium.FPDFText_CountChars(text))
        budget.spend(count)
        generated, unicode, loose_box = (
            pdfium.FPDFText_IsGenerated,
            pdfium.FPDFText_GetUnicode,
            pdfium.FPDFText_GetLooseCharBox,
        )
        tight_box, origin, owner, unmapped = (
            pdfium.FPDFText_GetCharBox,
            pdfium.FPDFText_GetCharOrigin,
            pdfium.FPDFText_GetTextObject,
            pdfium.FPDFText_HasUnicodeMapError,
        )
        rect = pdfium.FS_RECTF()
        a, b, c, d = (ctypes.c_double() for _ in range(4))
        found: list[RawChar] = []
        high = 0
        for i in range(count):
            code = unicode(text, i)
            if code in _MAYBE_GENERATED and generated(text, i) == 1:
                continue
            if 0xD800 <= code < 0xDC00:
                high = code
                continue
            if 0xDC00 <= code < 0xE000:
                code = 0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00) if high else 0xFFFD
            high = 0
            loose_box(text, i, rect)
            tight_box(text, i, a, b, c, d)
            tight = (a.value, c.value, b.value, d.value)
            origin(text, i, a, b)
            handle = owner(text, i)
            source = address(handle)
            if source not in self.styles:
                self.styles[source] = self._style(handle, i)
            inked = tight[2] > tight[0] and tight[3] > tight[1] + INK
            char = LOST if _unknown(code, inked) or unmapped(text, i) == 1 else chr(code)
            found.append(RawChar(char, (rect.left, rect.bottom, rect.right, rect.top), tight, a.value, b.value, source))
        return found, self.styles

    def _style(self, handle: Any, index: int) -> TextStyle:
        """Return what all characters of a text object share."""
        pdfium, matrix = self.pdfium, self.matrix
        size = float(pdfium.FPDFText_GetFontSize(self.text, index))
        direction = 0
        slanted = False
        if pdfium.FPDFText_GetMatrix(self.text, index, matrix):
            a, b, c, d = matrix.a, matrix.b, matrix.c, matrix.d
            size *= math.hypot(c, d) or 1.0
            if b or a < 0:
                degrees = math.degrees(math.atan2(b, a))
                direction = round(degrees / 90) % 4 * 90
                slanted = abs(degrees - round(degrees / 90) * 90) > SLANT
        visible = size >= TINY and (not handle or pdfium.FPDFTextObj_GetTextRenderMode(handle) not in INVISIBLE_MODES)
        if visible and not self.drawn.coloured:  # white on white
            red, green, blue, alpha = self.colour
            if pdfium.FPDFText_GetFillColor(self.text, index, red, green, blue, alpha):
                visible = alpha.value > 0 and (red.value < WHITE or green.value < WHITE or blue.value < WHITE)
        return TextStyle(size, direction, visible, slanted)


# What PDFium makes up between words and lines; the call that tells is saved for all other characters.
_MAYBE_GENERATED = frozenset((0x20, 0x0A, 0x0D, 0x2D, 0x02, 0xFFFE))


def _unknown(code: int, inked: bool) -> bool:
    """Tell whether a code stands for no known character: controls, private use, U+FFFD."""
    if code in (0, 2, 0x200B, 0xFEFF):
        return inked
    if code < 0x20:
        return code not in (9, 10, 13)
    if code < 0xE000:
        return 0x7F <= code < 0xA0
    return (code <= 0xF8FF and code != 0xE5E5) or code >= 0xF0000 or 0xFFFD <= code <= 0xFFFF

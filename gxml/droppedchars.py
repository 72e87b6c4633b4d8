"""Characters that PDFium leaves out, read by pdfplumber instead.

PDFium gives no character for a text object that it cannot draw: text in a font that is not in the file, where the
substitute has no such glyph (Kangxi radicals, or all of Chinese on a machine without Chinese fonts), if the object
holds a single character or runs upwards. On the reader's screen it is there.
"""

from __future__ import annotations

import contextlib
import io
import logging
import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from .pageobjects import INVISIBLE_MODES, address

if TYPE_CHECKING:
    from pdfplumber.page import Page

# Fonts of these families are Latin; PDFium has them built in, so what it leaves out of them is blank.
_BUILT_IN = re.compile(
    rb"(?:[A-Z]{6}\+)?(?:Helvetica|Arial|Times|Courier|Symbol|Zapf|Calibri|Cambria|Verdana|Tahoma)", re.I
)
_CID = re.compile(r"\(cid:\d+\)")


class RescuedChar(NamedTuple):
    """A character; places are points from the top-left of the media box as displayed.

    Attributes:
        text: One character, U+FFFD for one without a meaning.
        x: Where its baseline begins.
        y: Where its baseline begins, from the top.
        advance: How far it goes along its direction.
        size: Points.
        direction: Degrees counter-clockwise at which it runs: 0, 90, 180 or 270.
    """

    text: str
    x: float
    y: float
    advance: float
    size: float
    direction: int


class RescuedPage(NamedTuple):
    """The characters of a page, and the measures of its media box as displayed, points."""

    width: float
    height: float
    chars: tuple[RescuedChar, ...]


def count_left_out(pdfium: Any, handles: Sequence[Any], seen: set[int]) -> int:
    """Count the visible text objects that may have been left out.

    Args:
        pdfium: The module pypdfium2.raw.
        handles: The text objects of a page.
        seen: Addresses of those that characters were given for.

    Returns:
        How many of the others are set in a font that is not in the file and may be Chinese.
    """
    count = 0
    for handle in handles:
        if address(handle) in seen or pdfium.FPDFTextObj_GetTextRenderMode(handle) in INVISIBLE_MODES:
            continue
        font = pdfium.FPDFTextObj_GetFont(handle)
        if font and not drawable(pdfium, font):
            count += 1
    return count


def drawable(pdfium: Any, font: Any) -> bool:
    """Tell whether PDFium can draw all that is set in a font: it is in the file, or built in."""
    return pdfium.FPDFFont_GetIsEmbedded(font) == 1 or _BUILT_IN.match(_font_name(pdfium, font)) is not None


def _font_name(pdfium: Any, font: Any) -> bytes:
    import ctypes

    buffer = ctypes.create_string_buffer(128)
    pdfium.FPDFFont_GetBaseFontName(font, buffer, len(buffer))
    return bytes(buffer.value)


class Rescuer:
    """Reads pages of one file by pdfplumber; the file is opened when the first page is asked for."""

    def __init__(self, data: bytes, password: str | None) -> None:
        self._data = data
        self._password = password
        self._pdf: Any = None

    def page(self, index: int) -> RescuedPage | None:
        """Return all characters of a page, None if pdfplumber cannot read it."""
        import pdfplumber

        try:
            if self._pdf is None:
                logging.getLogger("pdfminer").setLevel(logging.ERROR)  # it warns of every small thing
                self._pdf = pdfplumber.open(io.BytesIO(self._data), password=self._password or "")
            page = self._pdf.pages[index]
            found = tuple(_rescued(c, page) for c in page.chars)
            size = float(page.width), float(page.height)
            page.close()
        except Exception:  # it raises whatever its parser trips over; PDFium has read the page, so it is not lost
            return None
        return RescuedPage(*size, found)

    def close(self) -> None:
        """Close the file."""
        if self._pdf is not None:
            with contextlib.suppress(Exception):  # closing parses the pages again
                self._pdf.close()


def _rescued(char: dict[str, Any], page: Page) -> RescuedChar:
    a, b, c, d, e, f = char["matrix"]
    text = _CID.sub("\ufffd", char["text"]) or "\ufffd"
    direction = round(math.degrees(math.atan2(b, a)) / 90) % 4 * 90
    width, height = float(char["width"]), float(char["height"])
    advance, size = (height, width) if direction % 180 else (width, height)
    return RescuedChar(text, float(e), float(page.height) - float(f), advance, size or math.hypot(c, d), direction)

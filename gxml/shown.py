"""Which characters of a PDF page are seen when it is drawn, and what ink on it is no text.

PDFium gives every character of a page, seen or not: behind a white patch or a picture, cut off by a clip, on a layer
that is off, in the colour of its ground. Where something on the page may have that effect, the page is drawn with and
without the text in question: what makes no difference is not seen.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .geometry import BBox
from .pageobjects import MAX_FORM_DEPTH, PageObjects, TextObject

if TYPE_CHECKING:
    import numpy as np
    import pypdfium2
    from numpy.typing import NDArray

    Ink = NDArray[np.int16]

SCALE = 2.0
"""Pixels a point of the drawings: a digit is some nine pixels wide."""
MAX_SIDE = 6000
"""A page that would be drawn larger is left as it is, pixels."""
SEEN = 16
"""Change of a pixel, of 255, that people see as ink."""
PICTURED = 100
"""Contrast of a picture, of 255, that is writing and no ground."""
MOST_PICTURED = 0.6
"""Share of the characters below which a picture shows writing, for it to be the same writing."""
SAMPLE = 300
"""Characters that are looked at for that."""
MARK = (250.0, 60.0)
"""Most width and height of a picture or shape that stands in a cell in place of a number, points;"""
LEAST_MARK = 3.0
"""its least height;"""
INKED = 60
"""its least contrast; larger ones than this (points) are boxes, whose rim does not count (a share of their sides)."""
BOX = (40.0, 14.0)
RIM = 0.2
TILE = 6.0
"""Larger pictures are looked at in squares of this side, points."""
PALE = 190
"""Text is pale if no component of its colour is darker: it can be seen on a dark ground only, of 255."""
FAINT = 64
"""Text that lets through more than this leaves is looked at, of 255."""
ALIKE = 40
"""Greatest difference of a component between the colours of text and ground that may be one colour."""
CLIP_SLACK = 1.0
"""Ink that reaches over a clip by no more is not cut off, points."""
MAX_PAIRS = 1_000_000
"""Texts times shapes from which all texts of a page are looked at: to compare them would take longer."""


def suspects(pdfium: Any, drawn: PageObjects) -> set[int]:
    """Return the addresses of the text objects that may not be seen, or only in part."""
    if len(drawn.texts) * len(drawn.covers) > MAX_PAIRS:
        return set(drawn.texts)
    found = set()
    for key, text in drawn.texts.items():
        bounds = text.bounds
        if bounds is None:
            continue
        under = any(c.order > text.order and _overlaps(c.bbox, bounds) for c in drawn.covers)
        if under or _pale(pdfium, text, drawn) or _clipped(pdfium, text) or _layered(pdfium, text):
            found.add(key)
    return found


def _overlaps(a: BBox, b: BBox) -> bool:
    return a[0] <= b[2] and b[0] <= a[2] and a[1] <= b[3] and b[1] <= a[3]


def _pale(pdfium: Any, text: TextObject, drawn: PageObjects) -> bool:
    """Tell whether text lets its ground through, or may have the colour of it."""
    r, g, b, a = (ctypes.c_uint() for _ in range(4))
    if not pdfium.FPDFPageObj_GetFillColor(text.handle, r, g, b, a):
        return False
    colour = (r.value, g.value, b.value)
    if a.value < FAINT or min(colour) >= PALE:
        return True
    assert text.bounds is not None
    return any(
        max(abs(x - y) for x, y in zip(colour, c.colour, strict=True)) <= ALIKE
        for c in drawn.covers
        if c.colour is not None and c.order < text.order and _overlaps(c.bbox, text.bounds)
    )


def _clipped(pdfium: Any, text: TextObject) -> bool:
    """Tell whether a clip may cut ink off."""
    clip = pdfium.FPDFPageObj_GetClipPath(text.handle)
    count = pdfium.FPDFClipPath_CountPaths(clip) if clip else 0
    if count <= 0:
        return False
    if text.matrix is not None:
        return True  # in a form, whose space is not that of the page
    assert text.bounds is not None
    x, y = ctypes.c_float(), ctypes.c_float()
    for path in range(count):
        xs, ys = [], []
        for i in range(pdfium.FPDFClipPath_CountPathSegments(clip, path)):
            pdfium.FPDFPathSegment_GetPoint(pdfium.FPDFClipPath_GetPathSegment(clip, path, i), x, y)
            xs.append(x.value)
            ys.append(y.value)
        if len(xs) > 5 or not xs:  # no rectangle
            return True
        x0, y0, x1, y1 = text.bounds
        slack = CLIP_SLACK
        if min(xs) > x0 + slack or max(xs) < x1 - slack or min(ys) > y0 + slack or max(ys) < y1 - slack:
            return True
    return False


def _layered(pdfium: Any, text: TextObject) -> bool:
    """Tell whether text may be on a layer that can be switched off: of its own, or as part of a form that is."""
    if text.matrix is not None:
        return True
    size = ctypes.c_ulong()
    name = ctypes.create_string_buffer(8)
    for i in range(pdfium.FPDFPageObj_CountMarks(text.handle)):
        mark = pdfium.FPDFPageObj_GetMark(text.handle, i)
        if not pdfium.FPDFPageObjMark_GetName(mark, ctypes.cast(name, ctypes.POINTER(ctypes.c_ushort)), 8, size):
            continue
        if name.raw[: size.value].decode("utf-16-le", "ignore").rstrip("\0") == "OC":
            return True
    return False


class Drawings:
    """A page drawn with and without some of its text.

    Args:
        pdfium: The module pypdfium2.raw.
        page: Raw handle of an open page.
        texts: Its text objects.
        size: Its width and height as displayed, points.
    """

    def __init__(self, pdfium: Any, page: Any, texts: dict[int, TextObject], size: tuple[float, float]) -> None:
        self._pdfium, self._page, self._texts = pdfium, page, texts
        self._size = max(1, round(size[0] * SCALE)), max(1, round(size[1] * SCALE))

    @property
    def possible(self) -> bool:
        """The page is not too large."""
        return max(self._size) <= MAX_SIDE

    def difference(self, keys: set[int]) -> Ink:
        """Return how far each pixel changes when text objects are left out."""
        import numpy as np

        whole = self._drawn()
        with self._without(keys):
            rest = self._drawn()
        return np.asarray(np.abs(whole - rest).max(axis=2), np.int16)

    @cached_property
    def textless(self) -> Ink:
        """The page without any text, grey."""
        import numpy as np

        with self._without(set(self._texts)):
            return np.asarray(self._drawn().mean(axis=2), np.int16)

    @contextmanager
    def _without(self, keys: set[int]) -> Iterator[None]:
        handles = [self._texts[k].handle for k in keys]
        for handle in handles:
            self._pdfium.FPDFPageObj_SetIsActive(handle, False)
        try:
            yield
        finally:
            for handle in handles:
                self._pdfium.FPDFPageObj_SetIsActive(handle, True)

    def _drawn(self) -> Ink:
        import numpy as np

        return draw(self._pdfium, self._page, self._size)[:, :, :3].astype(np.int16)


def draw(pdfium: Any, page: Any, size: tuple[int, int], *, annotations: bool = False) -> NDArray[np.uint8]:
    """Return an open page as a picture on white paper.

    Args:
        pdfium: The module pypdfium2.raw.
        page: Raw handle of the page.
        size: Columns and rows of the picture.
        annotations: Draw what stands on top of the page, too.

    Returns:
        [rows, columns, 4], blue, green, red and nothing.
    """
    import numpy as np

    columns, rows = size
    image = np.full((rows, columns, 4), 255, np.uint8)
    bitmap = pdfium.FPDFBitmap_CreateEx(columns, rows, pdfium.FPDFBitmap_BGRx, image.ctypes.data, columns * 4)
    try:
        flags = pdfium.FPDF_ANNOT if annotations else 0
        pdfium.FPDF_RenderPageBitmap(bitmap, page, 0, 0, columns, rows, 0, flags)
    finally:
        pdfium.FPDFBitmap_Destroy(bitmap)
    return image


def hide_text(page: pypdfium2.PdfPage) -> None:
    """Have an open page drawn without its text."""
    import pypdfium2.raw as pdfium

    for item in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT], max_depth=MAX_FORM_DEPTH):
        pdfium.FPDFPageObj_SetIsActive(item.raw, False)


def seen(ink: Ink, box: BBox) -> tuple[bool, bool]:
    """Tell whether any of a character is seen, and whether its ink reaches all four sides of its box.

    Args:
        ink: As from `Drawings.difference`.
        box: Around the ink of the character, points of the page as displayed.
    """
    x0, y0, x1, y1 = _pixels(box)
    part = ink[y0:y1, x0:x1] >= SEEN
    if not part.size or not part.any():
        return False, False
    wide, high = max(1, -(-part.shape[1] // 3)), max(1, -(-part.shape[0] // 3))
    sides = (part[:, :wide], part[:, -wide:], part[:high], part[-high:])
    return True, all(side.any() for side in sides)


def pictured(ground: Ink, boxes: Sequence[BBox]) -> bool:
    """Tell whether a page without its text shows writing where its text stands."""
    step = max(1, len(boxes) // SAMPLE)
    chosen = boxes[::step]
    return sum(_contrast(ground, b) >= PICTURED for b in chosen) > MOST_PICTURED * max(1, len(chosen))


def inked(ground: Ink, box: BBox) -> bool:
    """Tell whether a picture or shape has ink in it."""
    x0, y0, x1, y1 = box
    rim_x, rim_y = (RIM * (x1 - x0), RIM * (y1 - y0)) if is_large(box) else (0.0, 0.0)
    return _contrast(ground, (x0 + rim_x, y0 + rim_y, x1 - rim_x, y1 - rim_y)) >= INKED


def ink_in(ground: Ink, box: BBox) -> list[BBox]:
    """Return the squares, `TILE` points wide, of a larger picture that have ink in them; boxes as displayed."""
    side = round(TILE * SCALE)
    x0, y0, x1, y1 = _pixels(box)
    part = ground[y0:y1, x0:x1]
    down, across = part.shape[0] // side, part.shape[1] // side
    tiles = part[: down * side, : across * side].reshape(down, side, across, side)
    if not tiles.size:
        return []
    rows, columns = (tiles.max(axis=(1, 3)) - tiles.min(axis=(1, 3)) >= INKED).nonzero()
    left, top = x0 / SCALE, y0 / SCALE
    return [
        (left + c * TILE, top + r * TILE, left + (c + 1) * TILE, top + (r + 1) * TILE)
        for r, c in zip(rows.tolist(), columns.tolist(), strict=True)
    ]


def may_be_mark(box: BBox) -> bool:
    """Tell whether a picture or shape has the size of a number in a cell."""
    width, height = box[2] - box[0], box[3] - box[1]
    return width <= MARK[0] and LEAST_MARK <= height <= MARK[1]


def is_large(box: BBox) -> bool:
    """Tell whether a picture is larger than a digit or two."""
    return box[2] - box[0] > BOX[0] or box[3] - box[1] > BOX[1]


def _contrast(ground: Ink, box: BBox) -> int:
    x0, y0, x1, y1 = _pixels(box)
    part = ground[y0:y1, x0:x1]
    return int(part.max() - part.min()) if part.size else 0


def _pixels(box: BBox) -> tuple[int, int, int, int]:
    x0, y0 = max(0, int(box[0] * SCALE)), max(0, int(box[1] * SCALE))
    return x0, y0, max(x0 + 1, -int(-box[2] * SCALE // 1)), max(y0 + 1, -int(-box[3] * SCALE // 1))

"""What is drawn on a PDF page besides text: rulings, images, and where its text objects stand.

Coordinates are those of the page's user space (points, origin bottom-left, page rotation not applied);
`gxml.textlayer` turns them to the page as displayed. Form XObjects are entered.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .errors import TooLargeError
from .geometry import BBox

THIN = 3.5
"""A filled shape or an image that is thinner is a ruling, points."""
MIN_RULE = 3.0
"""A shorter ruling is a dot, points."""
MAX_SKEW = 1.0
"""How far the ends of a ruling may differ across its direction, points."""
MAX_FORM_DEPTH = 8
WHITE = 250
"""From this value of all three of its components on, a colour cannot be told from paper (0 to 255)."""

INVISIBLE_MODES = frozenset((3, 7))
"""Ways of drawing text that leave no ink."""

_TEXT, _PATH, _IMAGE, _SHADING, _FORM = 1, 2, 3, 4, 5
_LINETO, _MOVETO = 0, 2

Matrix = tuple[float, float, float, float, float, float]
_IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


class Budget:
    """Counts the objects of a page, so that a hostile one is given up in time."""

    def __init__(self, most: int) -> None:
        self._left = most

    def spend(self, count: int) -> None:
        """Count objects.

        Raises:
            TooLargeError: There were too many.
        """
        self._left -= max(0, count)
        if self._left < 0:
            raise TooLargeError(
                "The page holds more characters and lines than a report can.",
                hint="Raise max_page_objects if it is one.",
            )


@dataclass(frozen=True, slots=True)
class Image:
    """An image: its place in the order of drawing, its box, and whether it lets through what is under it."""

    order: int
    bbox: BBox
    clear: bool


@dataclass(frozen=True, slots=True)
class Cover:
    """What may hide text below it: its place in the order of drawing, its box, its colour if it has one."""

    order: int
    bbox: BBox
    colour: tuple[int, int, int] | None = None


@dataclass(frozen=True, slots=True)
class TextObject:
    """A text object.

    Attributes:
        handle: Of PDFium.
        order: Its place in the order of drawing.
        bounds: Around its ink; None if that is not known.
        matrix: From the form that it is in to the page; None outside of forms.
    """

    handle: Any
    order: int
    bounds: BBox | None
    matrix: Matrix | None


@dataclass(slots=True)
class PageObjects:
    """What is drawn on a page.

    Attributes:
        rulings: Stroked lines and edges, thin filled shapes and thin images, as thin boxes.
        fills: Edges of coloured shapes that have no outline.
        images: Images that are no rulings.
        texts: Address of each text object to what is known of it.
        covers: Filled shapes, images and shadings.
        curves: Boxes of the paths with curves.
        coloured: A ground that is not white is drawn somewhere.
    """

    rulings: list[BBox] = field(default_factory=list)
    fills: list[BBox] = field(default_factory=list)
    images: list[Image] = field(default_factory=list)
    texts: dict[int, TextObject] = field(default_factory=dict)
    covers: list[Cover] = field(default_factory=list)
    curves: list[BBox] = field(default_factory=list)
    coloured: bool = False


def address(handle: Any) -> int:
    """Return the address of an object of PDFium, 0 for none."""
    return ctypes.addressof(handle.contents) if handle else 0


def read_objects(pdfium: Any, page: Any, budget: Budget) -> PageObjects:
    """Collect what is drawn on a page.

    Args:
        pdfium: The module pypdfium2.raw.
        page: Raw handle of an open page.
        budget: Counts objects and path segments.

    Returns:
        The objects, in user space.

    Raises:
        TooLargeError: The budget is spent.
    """
    return _Walker(pdfium, page, budget).walk()


class _Walker:
    def __init__(self, pdfium: Any, page: Any, budget: Budget) -> None:
        self.pdfium = pdfium
        self.page = page
        self.budget = budget
        self.found = PageObjects()
        self.corner = [ctypes.c_float() for _ in range(4)]

    def walk(self) -> PageObjects:
        found = self.found
        for order, (handle, kind, matrix) in enumerate(self._objects()):
            if kind == _PATH:
                self._path(handle, matrix, order)
            elif kind == _TEXT:
                inside = None if matrix is _IDENTITY else matrix
                found.texts[address(handle)] = TextObject(handle, order, self._bounds(handle, matrix), inside)
            elif kind == _IMAGE:
                bounds = self._bounds(handle, matrix)
                if bounds is None:
                    continue
                x0, y0, x1, y1 = bounds
                if min(x1 - x0, y1 - y0) <= THIN and max(x1 - x0, y1 - y0) >= MIN_RULE:
                    found.rulings.append(bounds)
                else:
                    found.coloured = True
                    clear = bool(self.pdfium.FPDFPageObj_HasTransparency(handle))
                    found.images.append(Image(order, bounds, clear))
                    found.covers.append(Cover(order, bounds))
            elif kind == _SHADING:
                found.coloured = True
                if (bounds := self._bounds(handle, matrix)) is not None:
                    found.covers.append(Cover(order, bounds))
        return found

    def _objects(self) -> Iterator[tuple[Any, int, Matrix]]:
        pdfium = self.pdfium
        count = pdfium.FPDFPage_CountObjects(self.page)
        self.budget.spend(count)
        stack: list[tuple[Any, Matrix, int]] = [
            (pdfium.FPDFPage_GetObject(self.page, i), _IDENTITY, 0) for i in reversed(range(count))
        ]
        while stack:
            handle, matrix, depth = stack.pop()
            kind = pdfium.FPDFPageObj_GetType(handle)
            if kind != _FORM:
                yield handle, kind, matrix
            elif depth < MAX_FORM_DEPTH:
                inner = _times(self._matrix(handle), matrix)
                count = pdfium.FPDFFormObj_CountObjects(handle)
                self.budget.spend(count)
                stack.extend(
                    (pdfium.FPDFFormObj_GetObject(handle, i), inner, depth + 1) for i in reversed(range(count))
                )

    def _matrix(self, handle: Any) -> Matrix:
        m = self.pdfium.FS_MATRIX()
        if not self.pdfium.FPDFPageObj_GetMatrix(handle, m):
            return _IDENTITY
        return (m.a, m.b, m.c, m.d, m.e, m.f)

    def _bounds(self, handle: Any, matrix: Matrix) -> BBox | None:
        a, b, c, d = self.corner
        if not self.pdfium.FPDFPageObj_GetBounds(handle, a, b, c, d):
            return None
        return _transformed((a.value, b.value, c.value, d.value), matrix)

    def _path(self, handle: Any, matrix: Matrix, order: int) -> None:
        pdfium = self.pdfium
        fill, stroke = ctypes.c_int(), ctypes.c_int()
        if not pdfium.FPDFPath_GetDrawMode(handle, fill, stroke) or not (fill.value or stroke.value):
            return
        bounds = self._bounds(handle, matrix)
        if bounds is None:
            return
        width, height = bounds[2] - bounds[0], bounds[3] - bounds[1]
        if max(width, height) < MIN_RULE:
            return
        count = pdfium.FPDFPath_CountSegments(handle)
        self.budget.spend(count)
        thin = min(width, height) <= THIN
        if thin and count <= 2:  # more may be several lines with gaps between them
            self.found.rulings.append(bounds)
            return
        if fill.value and not thin:
            colour = self._colour(handle)
            if colour is None or min(colour) < WHITE:
                self.found.coloured = True
            self.found.covers.append(Cover(order, bounds, colour))
            if colour is not None and min(colour) >= WHITE and not stroke.value:
                return
        target = self.found.rulings if stroke.value or thin else self.found.fills
        if self._segments(handle, count, _times(self._matrix(handle), matrix), target):
            self.found.curves.append(bounds)

    def _colour(self, handle: Any) -> tuple[int, int, int] | None:
        """Return the colour that a shape is filled with, None for a pattern; what lets all through is white."""
        r, g, b, a = (ctypes.c_uint() for _ in range(4))
        if not self.pdfium.FPDFPageObj_GetFillColor(handle, r, g, b, a):
            return None
        return (r.value, g.value, b.value) if a.value else (255, 255, 255)

    def _segments(self, handle: Any, count: int, matrix: Matrix, target: list[BBox]) -> bool:
        """Collect the straight horizontal and vertical parts of a path; tell whether it has curves."""
        pdfium = self.pdfium
        a, b, c, d, e, f = matrix
        x, y = ctypes.c_float(), ctypes.c_float()
        start = last = (0.0, 0.0)
        curved = False
        for i in range(count):
            segment = pdfium.FPDFPath_GetPathSegment(handle, i)
            pdfium.FPDFPathSegment_GetPoint(segment, x, y)
            point = (a * x.value + c * y.value + e, b * x.value + d * y.value + f)
            kind = pdfium.FPDFPathSegment_GetType(segment)
            if kind == _MOVETO:
                start = point
            elif kind == _LINETO:
                _add_segment(target, last, point)
            else:
                curved = True
            last = point
            if pdfium.FPDFPathSegment_GetClose(segment):
                _add_segment(target, last, start)
                last = start
        return curved


def _times(m: Matrix, n: Matrix) -> Matrix:
    """Return the matrix that applies `m` first and `n` after it."""
    a, b, c, d, e, f = m
    p, q, r, s, t, u = n
    return (a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u)


def _transformed(box: BBox, m: Matrix) -> BBox:
    if m is _IDENTITY:
        return box
    a, b, c, d, e, f = m
    xs = [a * x + c * y + e for x in (box[0], box[2]) for y in (box[1], box[3])]
    ys = [b * x + d * y + f for x in (box[0], box[2]) for y in (box[1], box[3])]
    return (min(xs), min(ys), max(xs), max(ys))


def _add_segment(target: list[BBox], p: tuple[float, float], q: tuple[float, float]) -> None:
    dx, dy = abs(p[0] - q[0]), abs(p[1] - q[1])
    if (dx <= MAX_SKEW and dy >= MIN_RULE) or (dy <= MAX_SKEW and dx >= MIN_RULE):
        target.append((min(p[0], q[0]), min(p[1], q[1]), max(p[0], q[0]), max(p[1], q[1])))

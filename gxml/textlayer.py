"""The text layer of a PDF page: characters and rulings with their places, and whether they can be trusted.

All coordinates are points on the page as displayed, origin top-left (see `gxml.geometry`); pages whose text runs
sideways are turned upright for reading, and `PageLayer.displayed` turns a box back.

PDFium is called through its raw C interface, because one object for each character would cost more than reading it.
"""

from __future__ import annotations

import ctypes
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from .errors import TooLargeError
from .geometry import BBox
from .numerals import map_radicals
from .plaintext import quality

if TYPE_CHECKING:
    import pypdfium2

ASCENT, DESCENT = 0.88, 0.12
"""The em box around a baseline, in em; the metrics that fonts declare for themselves are too often wrong."""
MIN_ADVANCE, MAX_ADVANCE = 0.1, 2.5
"""Width of a character, in em; what PDFium says outside of this is wrong."""
THIN = 3.5
"""A filled shape or an image that is thinner is a ruling, points."""
MIN_RULE = 3.0
"""A shorter ruling is a dot, points."""
MAX_SKEW = 1.0
"""How far the ends of a ruling may differ across its direction, points."""
MAX_FORM_DEPTH = 8
FULL_PAGE = 0.6
"""Share of the page that an image covers to count as a scan of it."""
PICTURE = 0.12
"""Share of the page that an image covers to be worth a note: it may hold a table."""
MAX_BAD = 0.03
"""Share of characters without a Unicode meaning from which a page needs OCR."""
MIN_QUALITY = 0.3
"""Below this share of frequent characters Chinese text is garbage (reports have 0.7 and more, random ones 0.05)."""
MIN_JUDGED = 40
"""Characters that a page must have for its language to be judged."""
OUTLINED = 400
"""Paths with curves on a page without text from which its letters are taken to be drawn as shapes."""

_TEXT, _PATH, _IMAGE, _SHADING, _FORM = 1, 2, 3, 4, 5
_LINETO, _BEZIERTO, _MOVETO = 0, 1, 2
_INVISIBLE_MODES = frozenset((3, 7))


class Char(NamedTuple):
    """One character: its text, box (advance width by em height), size in points, and the text object it came from."""

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    size: float
    source: int
    upright: bool

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
    """

    trusted: bool
    reason: str


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
        dropped: Number of text objects whose characters PDFium left out.
        bad: Number of characters without a meaning; they are U+FFFD in `chars`.
        picture: Share of the page that its largest image covers.
    """

    width: float
    height: float
    turn: int
    chars: tuple[Char, ...]
    rulings: tuple[BBox, ...]
    fills: tuple[BBox, ...]
    verdict: Verdict
    dropped: int
    bad: int
    picture: float

    def displayed(self, box: BBox) -> BBox:
        """Return a box of the upright frame on the page as displayed."""
        return _turned(box, -self.turn, *self.frame)

    @property
    def frame(self) -> tuple[float, float]:
        """Width and height of the upright frame."""
        return (self.height, self.width) if self.turn % 180 else (self.width, self.height)


def _turned(box: BBox, degrees: int, width: float, height: float) -> BBox:
    """Turn a box clockwise with the frame (origin top-left) that it stands in."""
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


Matrix = tuple[float, float, float, float, float, float]
_IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


def _times(m: Matrix, n: Matrix) -> Matrix:
    """Return the matrix that applies `m` first and `n` after it."""
    a, b, c, d, e, f = m
    A, B, C, D, E, F = n
    return (a * A + b * C, a * B + b * D, c * A + d * C, c * B + d * D, e * A + f * C + E, e * B + f * D + F)


def read_layer(page: pypdfium2.PdfPage, max_objects: int = 200_000) -> PageLayer:
    """Read the characters and rulings of a page.

    Args:
        page: An open page.
        max_objects: Most characters plus path segments.

    Returns:
        The layer, upright.

    Raises:
        TooLargeError: More objects than `max_objects`.
    """
    import pypdfium2.raw as pdfium

    textpage = page.get_textpage()
    try:
        return _Reader(pdfium, page, textpage, max_objects).read()
    finally:
        textpage.close()


class _RawChar(NamedTuple):
    text: str
    loose: BBox
    tight: BBox
    x: float
    y: float
    source: int
    bad: bool


class _TextObject(NamedTuple):
    size: float
    direction: int
    visible: bool


class _Reader:
    """One pass over one page."""

    def __init__(self, pdfium: Any, page: pypdfium2.PdfPage, textpage: pypdfium2.PdfTextPage, max_objects: int) -> None:
        self.pdfium = pdfium
        self.page = page.raw
        self.text = textpage.raw
        self.left = max_objects
        rect = pdfium.FS_RECTF()
        pdfium.FPDF_GetPageBoundingBox(self.page, rect)
        self.box: BBox = (rect.left, rect.bottom, rect.right, rect.top)
        self.rotation = int(pdfium.FPDFPage_GetRotation(self.page)) * 90 % 360
        self.objects: dict[int, _TextObject] = {}
        self.order: dict[int, int] = {}
        self.text_bounds: dict[int, BBox] = {}
        self.images: list[tuple[int, BBox, bool]] = []
        self.curved = 0
        self.rulings: list[BBox] = []
        self.fills: list[BBox] = []

    def read(self) -> PageLayer:
        self._walk_objects()
        raw = self._raw_chars()
        directions = Counter(self.objects[c.source].direction for c in raw if c.source in self.objects)
        width, height = self.box[2] - self.box[0], self.box[3] - self.box[1]
        if self.rotation % 180:
            width, height = height, width
        turn = 0
        if directions:
            most, count = directions.most_common(1)[0]
            # text that still runs at `most` degrees counter-clockwise after the page's own rotation
            sideways = (most - self.rotation) % 360
            if sideways and count >= 0.7 * directions.total():
                turn = sideways
        total = (self.rotation + turn) % 360
        place = self._placer(total)
        frame = (height, width) if turn % 180 else (width, height)
        chars, invisible = self._chars(raw, place, total, frame)
        rulings = tuple(place(b) for b in self.rulings)
        fills = tuple(place(b) for b in self.fills)
        bad = sum(1 for c in raw if c.bad)
        covered = max((self._share(b) for _, b, _ in self.images), default=0.0)
        return PageLayer(
            width,
            height,
            turn,
            tuple(chars),
            rulings,
            fills,
            self._verdict(chars, invisible, bad),
            self._dropped(raw),
            bad,
            covered,
        )

    def _placer(self, degrees: int) -> Any:
        """Return the function from user space (origin bottom-left, not rotated) to the upright frame."""
        bx0, by0, bx1, by1 = self.box
        width, height = bx1 - bx0, by1 - by0

        def place(box: BBox) -> BBox:
            return _turned((box[0] - bx0, by1 - box[3], box[2] - bx0, by1 - box[1]), degrees, width, height)

        return place

    def _spend(self, count: int) -> None:
        self.left -= count
        if self.left < 0:
            raise TooLargeError(
                "The page holds more characters and lines than a report can.", hint="Raise max_page_objects if it is one."
            )

    # characters

    def _raw_chars(self) -> list[_RawChar]:
        pdfium, text = self.pdfium, self.text
        count = pdfium.FPDFText_CountChars(text)
        self._spend(max(0, count))
        rect = pdfium.FS_RECTF()
        a, b, c, d = (ctypes.c_double() for _ in range(4))
        found: list[_RawChar] = []
        high = 0
        for i in range(count):
            if pdfium.FPDFText_IsGenerated(text, i) == 1:
                continue
            code = pdfium.FPDFText_GetUnicode(text, i)
            if 0xD800 <= code < 0xDC00:
                high = code
                continue
            if 0xDC00 <= code < 0xE000:
                code = 0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00) if high else 0xFFFD
            high = 0
            pdfium.FPDFText_GetLooseCharBox(text, i, rect)
            loose = (rect.left, rect.bottom, rect.right, rect.top)
            pdfium.FPDFText_GetCharBox(text, i, a, b, c, d)
            tight = (a.value, c.value, b.value, d.value)
            pdfium.FPDFText_GetCharOrigin(text, i, a, b)
            handle = pdfium.FPDFText_GetTextObject(text, i)
            source = ctypes.cast(handle, ctypes.c_void_p).value or 0
            if source not in self.objects:
                self.objects[source] = self._text_object(handle, i)
            bad = _is_bad(code) or pdfium.FPDFText_HasUnicodeMapError(text, i) == 1
            char = "\ufffd" if bad else chr(code)
            found.append(_RawChar(char, loose, tight, a.value, b.value, source, bad))
        return found

    def _text_object(self, handle: Any, index: int) -> _TextObject:
        pdfium = self.pdfium
        matrix = pdfium.FS_MATRIX()
        size = float(pdfium.FPDFText_GetFontSize(self.text, index))
        direction = 0
        if pdfium.FPDFText_GetMatrix(self.text, index, matrix):
            size *= math.hypot(matrix.c, matrix.d) or 1.0
            direction = round(math.degrees(math.atan2(matrix.b, matrix.a)) / 90) % 4 * 90
        mode = pdfium.FPDFTextObj_GetTextRenderMode(handle) if handle else 0
        return _TextObject(size, direction, mode not in _INVISIBLE_MODES)

    def _chars(self, raw: list[_RawChar], place: Any, total: int, frame: tuple[float, float]) -> tuple[list[Char], int]:
        """Return the visible characters in the upright frame, and the number of invisible ones."""
        chars: list[Char] = []
        invisible = 0
        for c in raw:
            known = self.objects[c.source]
            if not known.visible:
                invisible += not c.text.isspace()
                continue
            upright = known.direction == total
            loose = place(c.loose)
            x0, y0, x1, y1 = loose
            size = known.size
            tight = place(c.tight)
            inked = c.tight[2] > c.tight[0] and c.tight[3] > c.tight[1]
            if upright and size > 0:
                base = place((c.x, c.y, c.x, c.y))[1]
                y0, y1 = base - ASCENT * size, base + DESCENT * size
            else:
                size = size or (y1 - y0)
            if inked:
                cx, cy = (tight[0] + tight[2]) / 2, (tight[1] + tight[3]) / 2
                if not (y0 - size * 0.3 <= cy <= y1 + size * 0.3):  # vertical writing, or wrong metrics
                    y0, y1 = tight[1], tight[3]
                if upright and not (MIN_ADVANCE * size <= x1 - x0 <= MAX_ADVANCE * size and x0 <= cx <= x1):
                    # PDFium gives characters of vertical fonts a width of twenty em
                    half = max(MIN_ADVANCE * size, tight[2] - tight[0]) / 2
                    x0, x1 = cx - half, cx + half
            cx, cy = (x0 + x1) / 2, (y0 + y1) / 2
            if not (0 <= cx <= frame[0] and 0 <= cy <= frame[1]):
                continue  # off the page
            text = map_radicals(c.text)
            if text in _SPACES:
                text = " "
            chars.append(Char(text, x0, y0, x1, y1, size, c.source, upright))
        return chars, invisible

    # objects

    def _walk_objects(self) -> None:
        """Collect rulings, images, and the order and bounds of text objects, inside form XObjects too."""
        pdfium = self.pdfium
        order = 0
        for handle, kind, matrix in self._objects():
            order += 1
            if kind == _PATH:
                self._path(handle, matrix)
            elif kind == _TEXT:
                key = ctypes.cast(handle, ctypes.c_void_p).value or 0
                self.order[key] = order
                bounds = self._bounds(handle, matrix)
                if bounds is not None:
                    self.text_bounds[key] = bounds
            elif kind == _IMAGE:
                bounds = self._bounds(handle, matrix)
                if bounds is None:
                    continue
                x0, y0, x1, y1 = bounds
                if min(x1 - x0, y1 - y0) <= THIN and max(x1 - x0, y1 - y0) >= MIN_RULE:
                    self.rulings.append(bounds)
                else:
                    clear = bool(pdfium.FPDFPageObj_HasTransparency(handle))
                    self.images.append((order, bounds, clear))

    def _objects(self) -> Iterator[tuple[Any, int, Matrix]]:
        pdfium = self.pdfium
        count = pdfium.FPDFPage_CountObjects(self.page)
        self._spend(max(0, count))
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
                self._spend(max(0, count))
                stack.extend(
                    (pdfium.FPDFFormObj_GetObject(handle, i), inner, depth + 1) for i in reversed(range(count))
                )

    def _matrix(self, handle: Any) -> Matrix:
        m = self.pdfium.FS_MATRIX()
        if not self.pdfium.FPDFPageObj_GetMatrix(handle, m):
            return _IDENTITY
        return (m.a, m.b, m.c, m.d, m.e, m.f)

    def _bounds(self, handle: Any, matrix: Matrix) -> BBox | None:
        a, b, c, d = (ctypes.c_float() for _ in range(4))
        if not self.pdfium.FPDFPageObj_GetBounds(handle, a, b, c, d):
            return None
        return _transformed((a.value, b.value, c.value, d.value), matrix)

    def _path(self, handle: Any, matrix: Matrix) -> None:
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
        self._spend(max(0, count))
        if min(width, height) <= THIN and count <= 6:
            self.rulings.append(bounds)
            return
        if not stroke.value and min(width, height) > THIN and self._white(handle):
            return
        target = self.rulings if stroke.value or min(width, height) <= THIN else self.fills
        self._segments(handle, count, _times(self._matrix(handle), matrix), target)

    def _white(self, handle: Any) -> bool:
        r, g, b, a = (ctypes.c_uint() for _ in range(4))
        if not self.pdfium.FPDFPageObj_GetFillColor(handle, r, g, b, a):
            return False
        return a.value == 0 or min(r.value, g.value, b.value) >= 250

    def _segments(self, handle: Any, count: int, matrix: Matrix, target: list[BBox]) -> None:
        """Collect the straight horizontal and vertical parts of a path."""
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
        self.curved += curved

    # the verdict

    def _share(self, box: BBox) -> float:
        """Return the share of the page that a box of user space covers."""
        x0, y0, x1, y1 = self.box
        w = min(box[2], x1) - max(box[0], x0)
        h = min(box[3], y1) - max(box[1], y0)
        area = (x1 - x0) * (y1 - y0)
        return max(0.0, w) * max(0.0, h) / area if area > 0 else 0.0

    def _dropped(self, raw: list[_RawChar]) -> int:
        """Count visible text objects whose ink has no character: PDFium leaves out what it cannot map."""
        extent: dict[int, tuple[float, float]] = {}
        for c in raw:
            x0, x1 = min(c.loose[0], c.tight[0]), max(c.loose[2], c.tight[2])
            known = extent.get(c.source)
            extent[c.source] = (min(known[0], x0), max(known[1], x1)) if known else (x0, x1)
        dropped = 0
        for key, bounds in self.text_bounds.items():
            width, height = bounds[2] - bounds[0], bounds[3] - bounds[1]
            if width < 0.5 or height < 0.5 or self._share(bounds) == 0.0:
                continue
            have = extent.get(key)
            if have is None:
                dropped += 1
            else:
                known = self.objects.get(key)
                size = known.size if known else height
                if known and known.direction % 180 == 0 and (have[0] - bounds[0] > size or bounds[2] - have[1] > size):
                    dropped += 1
        return dropped

    def _verdict(self, chars: list[Char], invisible: int, bad: int) -> Verdict:
        visible = [c for c in chars if c.text != " "]
        scan = max((s for s in ((self._share(b), o) for o, b, clear in self.images if not clear)), default=(0.0, 0))
        covered = min(1.0, sum(self._share(b) for _, b, _ in self.images))
        if not visible and not invisible:
            if covered >= 0.05:
                return Verdict(False, "页面是图片，没有文字层")
            if self.curved >= OUTLINED:
                return Verdict(False, "文字被画成了图形，没有文字层")
            return Verdict(True, "空白页")
        if invisible > len(visible):
            if covered >= 0.3:
                return Verdict(False, "扫描图片上的隐藏文字层，系其他软件识别所得，不可直接采信")
            return Verdict(False, "文字层不可见，页面显示的不是这些文字")
        if scan[0] >= FULL_PAGE:
            under = sum(1 for c in visible if self.order.get(c.source, scan[1]) < scan[1])
            if under > len(visible) / 2:
                return Verdict(False, "文字层被整页图片覆盖，页面显示的是图片")
        if covered >= FULL_PAGE and len(visible) < MIN_JUDGED:
            return Verdict(False, f"整页图片上只有 {len(visible)} 个字符")
        if bad > max(2, MAX_BAD * len(visible)):
            return Verdict(False, f"文字层有 {bad} 个字符没有对应的 Unicode")
        letters = [c.text for c in visible if c.text.isalpha() or c.text > "\u2fff"]
        if len(letters) >= MIN_JUDGED:
            ideographs = sum(1 for t in letters if "\u3400" <= t[0] <= "\u9fff" or t[0] >= "\U00020000")
            if ideographs < 0.2 * len(letters):
                return Verdict(False, f"文字层的 {len(letters)} 个字符中只有 {ideographs} 个汉字，编码不可信")
            score = quality("".join(letters))
            if score < MIN_QUALITY:
                return Verdict(False, f"文字层的汉字绝大多数不常用（常用字占 {score:.0%}），编码不可信")
        return Verdict(True, "每个字符都有对应的 Unicode" if not bad else f"除 {bad} 个字符外都有对应的 Unicode")


_SPACES = frozenset(" \t\n\r\u00a0\u2002\u2003\u2009\u200a\u3000\ue5e5\u200b\ufeff\x00\x02")


def _is_bad(code: int) -> bool:
    """Tell whether a code stands for no known character: controls, private use, U+FFFD."""
    if code < 0x20:
        return code not in (0, 2, 9, 10, 13)
    return (0xE000 <= code <= 0xF8FF and code != 0xE5E5) or code >= 0xF0000 or 0x7F <= code < 0xA0 or code in (0xFFFD, 0xFFFE, 0xFFFF)


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

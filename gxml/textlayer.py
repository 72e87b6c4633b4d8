"""The text layer of a PDF page: characters and rulings with their places, and whether they can be trusted.

All coordinates are points on the page as displayed, origin top-left (see `gxml.geometry`); pages whose text runs
sideways are turned upright for reading, and `PageLayer.displayed` turns a box back.

PDFium is called through its raw C interface, because one object for each character would cost more than reading it.
"""

from __future__ import annotations

import ctypes
import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from .droppedchars import RescuedPage, count_left_out
from .geometry import BBox, Homography, overlap
from .numerals import map_radicals
from .pageobjects import WHITE, Budget, PageObjects, address, read_objects
from .plaintext import quality

if TYPE_CHECKING:
    import pypdfium2

ASCENT, DESCENT = 0.88, 0.12
"""The em box around a baseline, in em; the metrics that fonts declare for themselves are too often wrong."""
MIN_ADVANCE, MAX_ADVANCE = 0.1, 2.5
"""Width of a character, in em; what PDFium says outside of this is wrong."""
FULL_PAGE = 0.6
"""Share of the page that an image covers to count as a scan of it."""
HIDDEN_UNDER = 0.3
"""Share of the page that images cover for an invisible text layer to be that of a scan."""
MAX_BAD = 0.03
"""Share of characters without a Unicode meaning from which a page needs OCR."""
MIN_QUALITY = 0.3
"""Below this share of frequent characters Chinese text is garbage (reports have 0.7 and more, random ones 0.05)."""
MIN_JUDGED = 40
"""Characters that a page must have for its language to be judged."""
MIN_CHINESE = 0.2
"""Share of ideographs among the letters of a page below which its encoding is not believed."""
MAX_LOST = 100
"""Pieces of lost text that are counted on one page."""
INK = 0.5
"""A lower character is a space, points."""
OUTLINED = 400
"""Paths with curves on a page without text from which its letters are taken to be drawn as shapes."""
SIDEWAYS = 0.7
"""Share of the characters that run sideways for a page to be turned."""
SLANT = 12.0
"""Degrees off the axes from which text is a watermark: tables are not set aslant, and a crooked scan is less so."""
WATERMARK = 0.3
"""Most share of the characters of a page that a watermark has."""

_INVISIBLE_MODES = frozenset((3, 7))
_SPACES = frozenset(" \t\n\r\u00a0\u2002\u2003\u2009\u200a\u3000\ue5e5\u200b\ufeff\x00\x02")
_SOFT_HYPHEN = "\u00ad"
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
        rescued: Characters that PDFium left out and that were read in another way.
        dropped: Pieces of text that are lost; where their place is known, U+FFFD stands for them in `chars`.
        bad: Number of characters without a meaning; they are U+FFFD in `chars`.
        pictures: Places of the images that are no rulings.
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


def read_layer(
    page: pypdfium2.PdfPage, max_objects: int = 200_000, rescue: Callable[[], RescuedPage | None] | None = None
) -> PageLayer:
    """Read the characters and rulings of a page.

    Args:
        page: An open page.
        max_objects: Most characters plus objects and path segments.
        rescue: Reads all characters of the page in another way; called where PDFium leaves some out.

    Returns:
        The layer, upright.

    Raises:
        TooLargeError: More objects than `max_objects`.
    """
    import pypdfium2.raw as pdfium

    budget = Budget(max_objects)
    objects = read_objects(pdfium, page.raw, budget)
    textpage = page.get_textpage()
    try:
        return _Reader(pdfium, page.raw, textpage.raw, objects, budget).read(rescue)
    finally:
        textpage.close()


class _RawChar(NamedTuple):
    """A character in user space, as PDFium gives it."""

    text: str
    loose: BBox
    tight: BBox
    x: float
    y: float
    source: int


class _TextObject(NamedTuple):
    size: float
    direction: int
    visible: bool
    slanted: bool = False


class _Reader:
    """One pass over the characters of one page."""

    def __init__(self, pdfium: Any, page: Any, text: Any, objects: PageObjects, budget: Budget) -> None:
        self.pdfium = pdfium
        self.text = text
        self.drawn = objects
        self.budget = budget
        rect = pdfium.FS_RECTF()
        pdfium.FPDF_GetPageBoundingBox(page, rect)
        self.box: BBox = (rect.left, rect.bottom, rect.right, rect.top)
        a, b, c, d = (ctypes.c_float() for _ in range(4))
        known = pdfium.FPDFPage_GetMediaBox(page, a, b, c, d)
        self.media: BBox = (a.value, b.value, c.value, d.value) if known else self.box
        self.rotation = int(pdfium.FPDFPage_GetRotation(page)) * 90 % 360
        self.objects: dict[int, _TextObject] = {}
        self.matrix = pdfium.FS_MATRIX()
        self.colour = [ctypes.c_uint() for _ in range(4)]

    def read(self, rescue: Callable[[], RescuedPage | None] | None) -> PageLayer:
        raw = self._raw_chars()
        slanted = sum(self.objects[c.source].slanted for c in raw)
        over = slanted <= WATERMARK * len(raw)
        rescued = 0
        left_out = 0
        if len(self.objects) < len(self.drawn.texts):
            left_out = count_left_out(self.pdfium, self.drawn.texts, set(self.objects))
            if left_out and rescue is not None and (found := rescue()) is not None and found.chars:
                added = self._rescue(raw, found)
                if added is not None:
                    rescued, left_out = added, 0
        width, height = self.box[2] - self.box[0], self.box[3] - self.box[1]
        if self.rotation % 180:
            width, height = height, width
        directions = Counter(self.objects[c.source].direction for c in raw)
        turn = 0
        if directions:
            most, count = directions.most_common(1)[0]
            if count >= SIDEWAYS * directions.total():
                turn = (most - self.rotation) % 360
        total = (self.rotation + turn) % 360
        frame = (height, width) if turn % 180 else (width, height)
        place = self._placer(total)
        shown = [c for c in raw if not (over and self.objects[c.source].slanted)] if slanted else raw
        chars, invisible = self._chars(shown, place, total, frame)
        lost = [] if invisible else self._left_out(raw)
        for box in lost:
            x0, y0, x1, y1 = place(box)
            chars.append(Char(LOST, x0, y0, x1, y1, min(x1 - x0, y1 - y0)))
        bad = sum(1 for c in shown if c.text == LOST)
        return PageLayer(
            width,
            height,
            turn,
            tuple(chars),
            tuple(place(b) for b in self.drawn.rulings),
            tuple(place(b) for b in self.drawn.fills),
            self._verdict([c.text for c in chars if c.text != " "], shown, invisible, bad + len(lost)),
            rescued,
            len(lost) + left_out,
            bad,
            tuple(place(i.bbox) for i in self.drawn.images),
        )

    def _rescue(self, raw: list[_RawChar], found: RescuedPage) -> int | None:
        """Add the characters that stand where PDFium gives none; return their number, None if places do not agree."""
        left, bottom, right, top = self.media
        shown = (top - bottom, right - left) if self.rotation % 180 else (right - left, top - bottom)
        if abs(found.width - shown[0]) > 1 or abs(found.height - shown[1]) > 1:
            return None  # another media box

        def back(box: BBox) -> BBox:  # from the media box as displayed to user space
            x0, y0, x1, y1 = turned(box, -self.rotation, *shown)
            return (x0 + left, top - y1, x1 + left, top - y0)

        known = {(round(c.x), round(c.y)) for c in raw}
        added = 0
        for c in found.chars:
            x, y, _, _ = back((c.x, c.y, c.x, c.y))
            if c.text.isspace() or any((round(x) + i, round(y) + j) in known for i in (-1, 0, 1) for j in (-1, 0, 1)):
                continue
            em = (0.0, -ASCENT * c.size, c.advance, DESCENT * c.size)
            along = turned(em, -c.direction, 0.0, 0.0)
            loose = back((c.x + along[0], c.y + along[1], c.x + along[2], c.y + along[3]))
            source = -1 - len(self.objects)  # no address
            self.objects[source] = _TextObject(c.size, (c.direction + self.rotation) % 360, True)
            raw.append(_RawChar(c.text, loose, (0.0, 0.0, 0.0, 0.0), x, y, source))
            added += 1
        return added

    def _placer(self, degrees: int) -> Callable[[BBox], BBox]:
        """Return the function from user space (origin bottom-left, not rotated) to the upright frame."""
        left, bottom, right, top = self.box
        width, height = right - left, top - bottom
        if degrees == 0:
            return lambda box: (box[0] - left, top - box[3], box[2] - left, top - box[1])

        def place(box: BBox) -> BBox:
            return turned((box[0] - left, top - box[3], box[2] - left, top - box[1]), degrees, width, height)

        return place

    def _raw_chars(self) -> list[_RawChar]:
        pdfium, text = self.pdfium, self.text
        count = max(0, pdfium.FPDFText_CountChars(text))
        self.budget.spend(count)
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
        found: list[_RawChar] = []
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
            if source not in self.objects:
                self.objects[source] = self._text_object(handle, i)
            inked = tight[2] > tight[0] and tight[3] > tight[1] + INK
            char = LOST if _unknown(code, inked) or unmapped(text, i) == 1 else chr(code)
            found.append(
                _RawChar(char, (rect.left, rect.bottom, rect.right, rect.top), tight, a.value, b.value, source)
            )
        return found

    def _text_object(self, handle: Any, index: int) -> _TextObject:
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
        visible = not handle or pdfium.FPDFTextObj_GetTextRenderMode(handle) not in _INVISIBLE_MODES
        if visible and not self.drawn.coloured:  # white on white
            red, green, blue, alpha = self.colour
            if pdfium.FPDFText_GetFillColor(self.text, index, red, green, blue, alpha):
                visible = alpha.value > 0 and (red.value < WHITE or green.value < WHITE or blue.value < WHITE)
        return _TextObject(size, direction, visible, slanted)

    def _chars(
        self, raw: list[_RawChar], place: Callable[[BBox], BBox], total: int, frame: tuple[float, float]
    ) -> tuple[list[Char], int]:
        """Return the visible characters in the upright frame, and the number of invisible ones."""
        chars: list[Char] = []
        invisible = 0
        width, height = frame
        objects = self.objects
        for text, loose, tight, x, y, source in raw:
            size, direction, visible, _ = objects[source]
            if text in _SPACES:
                text = " "
            if not visible:
                invisible += text != " "
                continue
            angle = (direction - total) % 360
            x0, y0, x1, y1 = place(loose)
            size = size or (y1 - y0)
            if angle == 0:
                base = place((x, y, x, y))[1]
                y0, y1 = base - ASCENT * size, base + DESCENT * size
            if tight[2] > tight[0] and tight[3] > tight[1]:
                left, top, right, bottom = place(tight)
                cx, cy = (left + right) / 2, (top + bottom) / 2
                if not (y0 - size * 0.3 <= cy <= y1 + size * 0.3):  # wrong metrics
                    y0, y1 = top, bottom
                if angle == 0 and not (MIN_ADVANCE * size <= x1 - x0 <= MAX_ADVANCE * size and x0 <= cx <= x1):
                    # PDFium gives characters of vertical fonts a width of twenty em
                    half = max(MIN_ADVANCE * size, right - left) / 2
                    x0, x1 = cx - half, cx + half
            if 0 <= x0 + x1 <= 2 * width and 0 <= y0 + y1 <= 2 * height:
                if text == _SOFT_HYPHEN:
                    text = "-"  # it is on paper, so it is a hyphen, or a minus sign
                chars.append(Char(map_radicals(text), x0, y0, x1, y1, size, angle))
        return chars, invisible

    def _share(self, box: BBox) -> float:
        """Return the share of the page that a box of user space covers."""
        left, bottom, right, top = self.box
        area = (right - left) * (top - bottom)
        return overlap(box[0], box[2], left, right) * overlap(box[1], box[3], bottom, top) / area if area > 0 else 0.0

    def _left_out(self, raw: list[_RawChar]) -> list[BBox]:
        """Return the boxes of ink of text objects for which PDFium gives no character.

        It leaves out what it cannot map; also a second copy of a text over the first, which is no loss.
        """
        advance: dict[int, float] = {}
        for c in raw:
            advance[c.source] = advance.get(c.source, 0.0) + c.loose[2] - c.loose[0]
        left, bottom, right, top = self.box
        suspects: list[BBox] = []
        for key, (x0, y0, x1, y1) in self.drawn.text_bounds.items():
            if len(suspects) >= MAX_LOST:
                break  # enough to say so
            if x1 - x0 < 0.5 or y1 - y0 < 0.5 or x1 <= left or x0 >= right or y1 <= bottom or y0 >= top:
                continue
            have = advance.get(key)
            if have is None:
                suspects.append((x0, y0, x1, y1))
            elif x1 - x0 > have + (size := self.objects[key].size) and self.objects[key].direction % 180 == 0:
                mine = [c for c in raw if c.source == key]
                low = min(min(c.loose[0], c.tight[0]) for c in mine)
                high = max(max(c.loose[2], c.tight[2]) for c in mine)
                if low - x0 > size:
                    suspects.append((x0, y0, low, y1))
                if x1 - high > size:
                    suspects.append((high, y0, x1, y1))
        if not suspects:
            return []
        boxes = [
            c.loose if c.loose[2] - c.loose[0] <= MAX_ADVANCE * self.objects[c.source].size else c.tight for c in raw
        ]
        return [s for s in suspects if not _covered(s, boxes)]

    def _verdict(self, visible: list[str], raw: list[_RawChar], invisible: int, bad: int) -> Verdict:
        images = self.drawn.images
        covered = min(1.0, sum(self._share(i.bbox) for i in images))
        if not visible and not invisible:
            if covered >= 0.05:
                return Verdict(False, "页面是图片，没有文字层")
            if self.drawn.curved >= OUTLINED:
                return Verdict(False, "文字被画成了图形，没有文字层")
            return Verdict(True, "空白页")
        if invisible > len(visible):
            if covered >= HIDDEN_UNDER:
                return Verdict(False, "扫描图片上的隐藏文字层，系其他软件识别所得，不可直接采信")
            return Verdict(False, "文字层不可见，页面显示的不是这些文字")
        scans = [i for i in images if not i.clear and self._share(i.bbox) >= FULL_PAGE]
        if scans:
            top = max(i.order for i in scans)
            order = self.drawn.text_order
            under = sum(1 for c in raw if c.text not in _SPACES and order.get(c.source, top) < top)
            if under > len(visible) / 2:
                return Verdict(False, "文字层被整页图片覆盖，页面显示的是图片")
        if covered >= FULL_PAGE and len(visible) < MIN_JUDGED:
            return Verdict(False, f"整页图片上只有 {len(visible)} 个字符")
        if bad > max(2, MAX_BAD * len(visible)):
            return Verdict(False, f"文字层有 {bad} 个字符没有对应的 Unicode")
        letters = [t for t in visible if t.isalpha()]
        if len(letters) >= MIN_JUDGED:
            ideographs = sum(1 for t in letters if "\u3400" <= t <= "\u9fff" or t >= "\U00020000")
            if ideographs < MIN_CHINESE * len(letters):
                return Verdict(False, f"文字层的 {len(letters)} 个字母中只有 {ideographs} 个汉字，编码不可信")
            score = quality("".join(letters))
            if score < MIN_QUALITY:
                return Verdict(False, f"文字层的汉字绝大多数不常用（常用字占 {score:.0%}），编码不可信")
        if bad:
            return Verdict(True, f"除 {bad} 个字符外都有对应的 Unicode")
        return Verdict(True, "每个字符都有对应的 Unicode")


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


def _covered(box: BBox, boxes: list[BBox]) -> bool:
    """Tell whether characters stand on at least half of the width of a box."""
    x0, y0, x1, y1 = box
    middle = (y0 + y1) / 2
    return sum(overlap(b[0], b[2], x0, x1) for b in boxes if b[1] <= middle <= b[3]) >= 0.5 * (x1 - x0)

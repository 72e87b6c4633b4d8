"""The text layer of a PDF page: characters and rulings with their places, as they are seen on paper.

Pages whose text runs sideways are turned upright for reading.
"""

from __future__ import annotations

import ctypes
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import shown
from .droppedchars import RescuedPage, count_left_out, drawable
from .geometry import BBox, overlap
from .layerverdict import FULL_PAGE, MIN_JUDGED, Signs, judge
from .numerals import map_radicals
from .pagelayer import ASCENT, DESCENT, LOST, Char, PageLayer, turned
from .pageobjects import Budget, PageObjects, read_objects
from .rawchars import RawChar, TextStyle, read_chars

if TYPE_CHECKING:
    import pypdfium2

MIN_ADVANCE, MAX_ADVANCE = 0.1, 2.5
"""Width of a character, in em; what PDFium says outside of this is wrong."""
MAX_LOST = 100
"""Pieces of lost text that are counted on one page."""
SIDEWAYS = 0.7
"""Share of the characters that run sideways for a page to be turned."""
WATERMARK = 0.3
"""Most share of the characters of a page that a watermark has."""

_SPACES = frozenset(" \t\n\r\u00a0\u2002\u2003\u2009\u200a\u3000\ue5e5\u200b\ufeff\x00\x02")
_SOFT_HYPHEN = "\u00ad"


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


class _Reader:
    """One pass over the characters of one page."""

    def __init__(self, pdfium: Any, page: Any, text: Any, objects: PageObjects, budget: Budget) -> None:
        self.pdfium = pdfium
        self.page = page
        self.drawn = objects
        rect = pdfium.FS_RECTF()
        pdfium.FPDF_GetPageBoundingBox(page, rect)
        self.box: BBox = (rect.left, rect.bottom, rect.right, rect.top)
        a, b, c, d = (ctypes.c_float() for _ in range(4))
        known = pdfium.FPDFPage_GetMediaBox(page, a, b, c, d)
        self.media: BBox = (a.value, b.value, c.value, d.value) if known else self.box
        self.rotation = int(pdfium.FPDFPage_GetRotation(page)) * 90 % 360
        self.raw, self.objects = read_chars(pdfium, text, objects, budget)

    def read(self, rescue: Callable[[], RescuedPage | None] | None) -> PageLayer:
        raw = self.raw
        slanted = sum(self.objects[c.source].slanted for c in raw)
        over = slanted <= WATERMARK * len(raw)
        rescued = 0
        left_out = 0
        if len(self.objects) < len(self.drawn.texts):
            left_out = count_left_out(self.pdfium, [t.handle for t in self.drawn.texts.values()], set(self.objects))
            if left_out and rescue is not None and (found := rescue()) is not None and found.chars:
                added = self._rescue(raw, found)
                if added is not None:
                    rescued, left_out = added, 0
        width, height = self._size()
        drawings = shown.Drawings(self.pdfium, self.page, self.drawn.texts, (width, height))
        kept, hidden, under = self._seen(raw, drawings)
        directions = Counter(self.objects[c.source].direction for c in kept)
        turn = 0
        if directions:
            most, count = directions.most_common(1)[0]
            if count >= SIDEWAYS * directions.total():
                turn = (most - self.rotation) % 360
        total = (self.rotation + turn) % 360
        frame = (height, width) if turn % 180 else (width, height)
        place = self._placer(total)
        on_paper = [c for c in kept if not (over and self.objects[c.source].slanted)] if slanted else kept
        covered = min(1.0, sum(self._share(i.bbox) for i in self.drawn.images))
        if covered < FULL_PAGE:
            on_paper = self._twice(on_paper, drawings)
        chars, beyond, invisible = self._chars(on_paper, place, total, frame)
        lost = [] if invisible else self._left_out(raw)
        for box in lost:
            x0, y0, x1, y1 = place(box)
            chars.append(Char(LOST, x0, y0, x1, y1, min(x1 - x0, y1 - y0)))
        # those that `_seen` put in doubt have a meaning
        unmapped = {id(c) for c in raw if c.text == LOST}
        bad = sum(id(c) in unmapped for c in on_paper)
        visible = [c.text for c in chars if c.text != " "]
        printed = bool(visible) and covered >= FULL_PAGE and self._pictured(on_paper, drawings)
        marks, inked = self._marks(turn, drawings, chars)
        return PageLayer(
            width,
            height,
            turn,
            tuple(chars),
            tuple(place(b) for b in self.drawn.rulings),
            tuple(place(b) for b in self.drawn.fills),
            judge(Signs(visible, invisible + hidden, under, bad + len(lost), covered, len(self.drawn.curves), printed)),
            rescued,
            len(lost) + left_out,
            bad,
            tuple(place(i.bbox) for i in self.drawn.images),
            (*beyond, *marks),
            tuple(inked),
        )

    def _seen(self, raw: list[RawChar], drawings: shown.Drawings) -> tuple[list[RawChar], int, int]:
        """Leave out the characters that are not seen when the page is drawn.

        A digit that is seen in part, or beside others that are seen, is U+FFFD; so is one that PDFium may be unable to
        draw.

        Returns:
            What is left, and how many were left out: of those that lie under no image, and of those that do.
        """
        doubtful = shown.suspects(self.pdfium, self.drawn)
        mine = {c.source for c in raw if c.source in doubtful and c.text not in _SPACES}
        if not mine or not drawings.possible:
            return raw, 0, 0
        ink = drawings.difference(mine)
        place = self._placer(self.rotation)
        looked = {}
        for i, c in enumerate(raw):
            if c.source in mine and c.text not in _SPACES and self.objects[c.source].visible:
                tight = c.tight if c.tight[2] > c.tight[0] and c.tight[3] > c.tight[1] else c.loose
                looked[i] = shown.seen(ink, place(tight))
        cut = {raw[i].source for i, (part, _) in looked.items() if part and raw[i].text.isdigit()}
        kept: list[RawChar] = []
        hidden = under = 0
        for i, c in enumerate(raw):
            part, whole = looked.get(i, (True, True))
            if whole or (part and not c.text.isdigit()):
                kept.append(c)
            elif part or (c.text.isdigit() and c.source in cut):
                kept.append(c._replace(text=LOST))
            elif self._under_image(c):
                under += 1
            elif self._drawable(c.source):
                hidden += 1
            else:
                kept.append(c._replace(text=LOST) if c.text.isdigit() and not self._in_form(c.source) else c)
        return kept, hidden, under

    def _under_image(self, char: RawChar) -> bool:
        x0, y0, x1, y1 = char.loose
        x, y = (x0 + x1) / 2, (y0 + y1) / 2
        order = self.drawn.texts[char.source].order
        return any(
            i.order > order and i.bbox[0] <= x <= i.bbox[2] and i.bbox[1] <= y <= i.bbox[3] for i in self.drawn.images
        )

    def _drawable(self, source: int) -> bool:
        """Tell whether a text object is drawn where it is to be seen."""
        font = self.pdfium.FPDFTextObj_GetFont(self.drawn.texts[source].handle)
        return bool(font) and drawable(self.pdfium, font)

    def _in_form(self, source: int) -> bool:
        return self.drawn.texts[source].matrix is not None

    def _pictured(self, chars: list[RawChar], drawings: shown.Drawings) -> bool:
        """Tell whether pictures show the same writing as the text layer."""
        place = self._placer(self.rotation)
        boxes = [place(c.tight) for c in chars if c.text.isalnum() and c.tight[2] > c.tight[0]]
        return drawings.possible and shown.pictured(drawings.textless, boxes)

    def _twice(self, chars: list[RawChar], drawings: shown.Drawings) -> list[RawChar]:
        """Return the characters with U+FFFD for digits over a picture that shows the same writing: which is right?"""
        doubtful: set[int] = set()
        for image in self.drawn.images:
            x0, y0, x1, y1 = image.bbox
            if not (shown.is_large(image.bbox) and self._share(image.bbox) < FULL_PAGE):
                continue
            over = [
                c
                for c in chars
                if x0 <= (c.loose[0] + c.loose[2]) / 2 <= x1 and y0 <= (c.loose[1] + c.loose[3]) / 2 <= y1
            ]
            if sum(c.text.isalnum() for c in over) >= MIN_JUDGED and self._pictured(over, drawings):
                doubtful |= {id(c) for c in over if c.text.isdigit()}
        return [c._replace(text=LOST) if id(c) in doubtful else c for c in chars] if doubtful else chars

    def _marks(self, turn: int, drawings: shown.Drawings, chars: list[Char]) -> tuple[list[Char], list[BBox]]:
        """Return the ink in pictures and shapes that is no text; what is a ground of text is left out.

        Returns:
            U+FFFD for each that has the size of a number, and places of ink in larger pictures.
        """
        images = [i.bbox for i in self.drawn.images]
        small = [b for b in (*images, *self.drawn.curves) if shown.may_be_mark(b)]
        large = [b for b in images if shown.is_large(b) and self._share(b) < FULL_PAGE]
        if not (small or large) or not (self.drawn.rulings or self.drawn.fills) or not drawings.possible:
            return [], []
        ground = drawings.textless
        displayed = self._placer(self.rotation)
        upright = self._placer((self.rotation + turn) % 360)
        text = sorted(((c.y0 + c.y1) / 2, (c.x0 + c.x1) / 2) for c in chars if c.text != " ")
        marks = []
        for b in small:
            if shown.inked(ground, displayed(b)):
                x0, y0, x1, y1 = upright(b)
                inside = text[bisect_left(text, (y0,)) : bisect_left(text, (y1,))]
                if not any(x0 <= x <= x1 for _, x in inside):
                    marks.append(Char(LOST, x0, y0, x1, y1, min(x1 - x0, y1 - y0)))
        size = self._size()
        return marks, [turned(t, turn, *size) for b in large for t in shown.ink_in(ground, displayed(b))]

    def _size(self) -> tuple[float, float]:
        """Return the width and height of the page as displayed."""
        width, height = self.box[2] - self.box[0], self.box[3] - self.box[1]
        return (height, width) if self.rotation % 180 else (width, height)

    def _rescue(self, raw: list[RawChar], found: RescuedPage) -> int | None:
        """Add the characters that stand where PDFium gives none; return their number, None if places do not agree."""
        left, bottom, right, top = self.media
        size = (top - bottom, right - left) if self.rotation % 180 else (right - left, top - bottom)
        if abs(found.width - size[0]) > 1 or abs(found.height - size[1]) > 1:
            return None  # another media box

        def back(box: BBox) -> BBox:  # from the media box as displayed to user space
            x0, y0, x1, y1 = turned(box, -self.rotation, *size)
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
            self.objects[source] = TextStyle(c.size, (c.direction + self.rotation) % 360, True)
            raw.append(RawChar(c.text, loose, (0.0, 0.0, 0.0, 0.0), x, y, source))
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

    def _chars(
        self, raw: list[RawChar], place: Callable[[BBox], BBox], total: int, frame: tuple[float, float]
    ) -> tuple[list[Char], list[Char], int]:
        """Return the visible characters in the upright frame, digits beyond its edge, the number of invisible ones."""
        chars: list[Char] = []
        beyond: list[Char] = []
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
            elif text.isdigit():
                beyond.append(Char(LOST, x0, y0, x1, y1, size))
        return chars, beyond, invisible

    def _share(self, box: BBox) -> float:
        """Return the share of the page that a box of user space covers."""
        left, bottom, right, top = self.box
        area = (right - left) * (top - bottom)
        return overlap(box[0], box[2], left, right) * overlap(box[1], box[3], bottom, top) / area if area > 0 else 0.0

    def _left_out(self, raw: list[RawChar]) -> list[BBox]:
        """Return the boxes of ink of text objects for which PDFium gives no character.

        It leaves out what it cannot map; also a second copy of a text over the first, which is no loss.
        """
        advance: dict[int, float] = {}
        for c in raw:
            advance[c.source] = advance.get(c.source, 0.0) + c.loose[2] - c.loose[0]
        left, bottom, right, top = self.box
        suspects: list[BBox] = []
        for key, text in self.drawn.texts.items():
            if text.bounds is None:
                continue
            x0, y0, x1, y1 = text.bounds
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


def _covered(box: BBox, boxes: list[BBox]) -> bool:
    """Tell whether characters stand on at least half of the width of a box."""
    x0, y0, x1, y1 = box
    middle = (y0 + y1) / 2
    return sum(overlap(b[0], b[2], x0, x1) for b in boxes if b[1] <= middle <= b[3]) >= 0.5 * (x1 - x0)

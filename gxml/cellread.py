"""Reading the cells of a table from a page picture, each on its own: ink first, then two readers.

A crop that is tight around the ink is what makes the recogniser right (a loose one reads '23' as '28'); blank, dash
and zero are told apart by ink, never by the absence of text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from .cellconfidence import agreed, alone, differing, rivals
from .config import Options
from .document import OcrCell
from .errors import FileMissingError
from .geometry import BBox
from .numerals import parse_cell, squeeze
from .ocr import NUMBER_CHARS, LineReading, Reader, open_reader

if TYPE_CHECKING:
    from .numread import NumberReader, NumberReading

Gray = NDArray[np.uint8]

# All in points, so that they hold at any resolution.
INSET = 1.4
"""A cell's own ruling reaches this far into its box."""
SPECK = 1.9
"""Ink smaller than this both ways is dirt, unless it stands in a line of text."""
RULE = 14.0
"""Ink longer than this and thinner than `THIN` is what is left of a ruling."""
THIN = 1.3
LINE_GAP = 1.0
"""White rows between two lines of text."""
ONE_LINE = 10.0
"""Ink within this height is one line: the hairline of a 2 or the strokes of 三 leave white rows too."""
PAD = 2.4
"""Paper kept around the ink."""
LEAST_CONTRAST = 28
"""Grey levels between paper and ink; weaker marks are no ink."""
RUBBISH = 0.3
"""Confidence in signs that are neither letters, digits nor a dash."""
LEAST_MARK = (2.0, 3.2)
"""Width and height of ink that is more than a bit of a ruling; a short dash may be less, it says no more than an empty
cell."""
FAINT_CONTRAST = 22
"""Weaker marks than this are surely none."""
STROKE = (3.0, 11.0)
"""Heights of a 1."""
INK_LEVEL = 0.45
"""Ink is darker than this share of the way from paper to the darkest ink."""
SIGN = 0.1
"""… but a sign that only the second reader sees is a doubt when it is as sure as this."""
EMPTY, EMPTY_DOUBTFUL = 0.999, 0.98
"""Confidence that a cell without ink is empty, and one with a faint or cut mark."""
DISSENT_EMPTY = 0.5
"""The second reader sees something in a doubtful cell only when it is as sure as this."""
DISSENT = 0.8
"""The second reader contradicts the first only when it is as sure as this; below it abstains."""
LOOK_AGAIN = 0.985
"""Cells that are read with less confidence get a third look:"""
TIGHT, WIDE = 1.4, 25.0
"""one crop with less paper around the ink, and one that is so much wider than the ink, within the cell;"""
LARGER = 1.25
"""the whole cell at this scale for the second reader."""
DIGITS = "0123456789.,+-－增减万元件"
SECOND = "numbers"
"""Name of the second reader in results."""
SLASH = (0.995, 0.97, 0.99)
"""The recogniser takes a slash for a 1: less sure than this of the 1, and the second reader as sure of the slash, the
slash is right with the third."""
DIFFERING = 0.98
"""A cell of which the readers differ is never surer."""
SMOOTH = 0.32
"""Blur against noise before ink is looked for."""


@dataclass(frozen=True, slots=True)
class CellText:
    """What a cell says: its text ("" for an empty one), how it was read, and whether there is ink."""

    text: str
    ocr: OcrCell
    ink: bool


def ink_lines(gray: Gray, box: BBox, scale: float) -> list[tuple[int, int, int, int]]:
    """Return the lines of text in a cell as tight boxes (x0, y0, x1, y1) in pixels of the page, top to bottom."""
    return find_ink(gray, box, scale)[0]


def find_ink(gray: Gray, box: BBox, scale: float) -> tuple[list[tuple[int, int, int, int]], bool]:
    """Return the lines of text in a cell (see `ink_lines`), and whether a cell without any may hold a mark yet.

    Args:
        gray: The page, paper bright.
        box: The cell in points.
        scale: Pixels a point.
    """
    height, width = gray.shape
    x0 = max(0, round((box[0] + INSET) * scale))
    y0 = max(0, round((box[1] + INSET) * scale))
    x1 = min(width, round((box[2] - INSET) * scale))
    y1 = min(height, round((box[3] - INSET) * scale))
    if x1 - x0 < 3 or y1 - y0 < 3:
        return [], True
    crop = cv2.GaussianBlur(gray[y0:y1, x0:x1], (0, 0), max(0.5, SMOOTH * scale))
    paper = float(np.percentile(crop, 70))
    few = min(crop.size - 1, max(3, int(0.35 * scale * scale)))
    dark = float(np.partition(crop.ravel(), few)[few])
    if paper - dark < LEAST_CONTRAST:
        return [], paper - dark > FAINT_CONTRAST
    mask = (crop < paper - INK_LEVEL * (paper - dark)).astype(np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    kept: list[tuple[int, int, int, int]] = []
    specks: list[tuple[int, int, int, int]] = []
    doubtful = False
    for i in range(1, count):
        x, y, w, h, _ = (int(v) for v in stats[i])
        edge = x == 0 or y == 0 or x + w == x1 - x0 or y + h == y1 - y0
        long, thin = max(w, h) / scale, min(w, h) / scale
        if (edge and thin < THIN and long > 3 * thin) or (thin < THIN and long > RULE):
            # a bar away from the sides, as high as a digit, may be a 1 that touches a ruling
            doubtful |= h > 2 * w and STROKE[0] < long < STROKE[1] and scale < x and x + w < x1 - x0 - scale
            continue
        (specks if long < SPECK else kept).append((x, y, x + w, y + h))
    if not kept:
        return [], doubtful
    lines: list[list[int]] = []
    for a, b, c, d in sorted(kept, key=lambda k: (k[1], k[0])):
        for line in lines:
            if b < line[3] + LINE_GAP * scale and d > line[1] - LINE_GAP * scale:
                line[:] = [min(a, line[0]), min(b, line[1]), max(c, line[2]), max(d, line[3])]
                break
        else:
            lines.append([a, b, c, d])
    lines = _merged(lines, LINE_GAP * scale, ONE_LINE * scale)
    large = [k for k in lines if k[2] - k[0] >= LEAST_MARK[0] * scale or k[3] - k[1] >= LEAST_MARK[1] * scale]
    if not large:
        return [], doubtful
    lines = large
    for a, b, c, d in specks:  # a point or the end of a stroke beside a line belongs to it
        for line in lines:
            if b >= line[1] - 1 and d <= line[3] + scale and line[0] - 3 * scale <= a <= line[2] + 3 * scale:
                line[:] = [min(a, line[0]), line[1], max(c, line[2]), max(d, line[3])]
                break
    return [(x0 + a, y0 + b, x0 + c, y0 + d) for a, b, c, d in lines], False


def _merged(lines: list[list[int]], gap: float, height: float) -> list[list[int]]:
    out: list[list[int]] = []
    for line in sorted(lines, key=lambda k: k[1]):
        if out and (line[1] < out[-1][3] + gap or max(line[3], out[-1][3]) - out[-1][1] <= height):
            last = out[-1]
            out[-1] = [min(last[0], line[0]), min(last[1], line[1]), max(last[2], line[2]), max(last[3], line[3])]
        else:
            out.append(line)
    return out


class CellReader:
    """Reads cells with a reader and, where they hold numbers, with the second reader too.

    Args:
        reader: None for the default one.
        numbers: The second reader; None for the one that gxml carries, if it carries one.
    """

    def __init__(self, reader: Reader | None = None, numbers: NumberReader | None = None) -> None:
        self.reader = reader or open_reader()
        self.numbers = numbers or second_reader(1)

    def read(self, gray: Gray, boxes: Sequence[BBox], scale: float) -> list[CellText]:
        """Read cells of one page.

        Args:
            gray: The page, paper bright; the red channel where there is colour.
            boxes: The cells in points, origin at the top left of the picture.
            scale: Pixels a point.
        """
        found, doubtful = zip(*(find_ink(gray, box, scale) for box in boxes), strict=True) if boxes else ((), ())
        crops: list[Gray] = []
        owner: list[int] = []
        pad = round(PAD * scale)
        for i, lines in enumerate(found):
            for x0, y0, x1, y1 in lines:
                crops.append(gray[max(0, y0 - pad) : y1 + pad, max(0, x0 - pad) : x1 + pad])
                owner.append(i)
        readings: list[list[tuple[LineReading, LineReading]]] = [[] for _ in boxes]
        for i, both in zip(owner, self.reader.read_both(crops, NUMBER_CHARS), strict=True):
            readings[i].append(both)
        numeric = [i for i in range(len(boxes)) if doubtful[i] or _one_number(readings[i])]
        second: dict[int, NumberReading] = {}
        if self.numbers is not None and numeric:
            cells = [_whole(gray, boxes[i], scale) for i in numeric]
            second = dict(zip(numeric, self.numbers.read(cells, dpi=scale * 72), strict=True))
        texts = [self._settle(readings[i], second.get(i), doubtful[i]) for i in range(len(boxes))]
        again = [i for i in second if found[i] and texts[i].ocr.confidence < LOOK_AGAIN]
        if again:
            lines = [found[i][0] for i in again]
            settled = self._look_again(gray, [boxes[i] for i in again], lines, [texts[i] for i in again], scale)
            for i, text in zip(again, settled, strict=True):
                texts[i] = text
        return texts

    def _look_again(
        self,
        gray: Gray,
        boxes: Sequence[BBox],
        lines: Sequence[tuple[int, int, int, int]],
        texts: Sequence[CellText],
        scale: float,
    ) -> list[CellText]:
        """Read cells in doubt a third time, from other crops: what all of them agree on is sure.

        A wide crop shows digits that the ink box has lost, the whole cell at another scale shows the second reader
        other pixels; agreement in only one crop would be no more than the same mistake again.

        Args:
            gray: The page.
            boxes: The cells, points.
            lines: Their ink, pixels.
            texts: What they were read as.
            scale: Pixels a point.
        """
        assert self.numbers is not None
        crops: list[Gray] = []
        cells: list[Gray] = []
        tight, wide = round(TIGHT * scale), round(WIDE * scale)
        for (left, _, right, _), (x0, y0, x1, y1) in zip(boxes, lines, strict=True):
            inner = round((left + INSET) * scale), round((right - INSET) * scale)
            a, b = max(inner[0], x0 - wide), min(inner[1], x1 + wide)
            crops.append(gray[max(0, y0 - tight) : y1 + tight, max(0, x0 - tight) : x1 + tight])
            crops.append(gray[max(0, y0 - tight) : y1 + tight, max(0, min(a, x0)) : max(b, x1)])
        for box in boxes:
            whole = _whole(gray, box, scale)
            size = round(whole.shape[1] * LARGER), round(whole.shape[0] * LARGER)
            cells.append(np.asarray(cv2.resize(whole, size, interpolation=cv2.INTER_CUBIC), np.uint8))
        first = self.reader.read(crops, DIGITS)
        second = self.numbers.read(cells, dpi=scale * 72 * LARGER)
        out = []
        for i, text in enumerate(texts):
            one, other, whole_cell = first[2 * i], first[2 * i + 1], second[i]
            # no number ends in a point: that is dirt, or a bit of a ruling
            read, *others = (squeeze(r.text).rstrip(".") for r in (one, other, whole_cell))
            all_agree = all(same_reading(read, o) for o in others) and parse_cell(read).kind == "number"
            if all_agree and any(same_reading(read, before) for before, _ in text.ocr.candidates):
                joint = agreed(min(one.confidence, other.confidence), whole_cell.confidence)
                if joint > text.ocr.confidence:
                    ocr = OcrCell(round(joint, 4), self.reader.name, read, text.ocr.candidates)
                    text = CellText(read, ocr, True)
            out.append(text)
        return out

    def read_lines(self, gray: Gray, boxes: Sequence[BBox], scale: float) -> list[LineReading]:
        """Read lines of prose; the boxes, in points, are tight around their ink but for a little paper."""
        height, width = gray.shape
        crops = []
        for x0, y0, x1, y1 in boxes:
            left, top = max(0, min(width - 2, round(x0 * scale))), max(0, min(height - 2, round(y0 * scale)))
            crops.append(gray[top : max(top + 2, round(y1 * scale)), left : max(left + 2, round(x1 * scale))])
        return self.reader.read(crops)

    def _settle(
        self, lines: list[tuple[LineReading, LineReading]], second: NumberReading | None, doubtful: bool
    ) -> CellText:
        name = self.reader.name
        if not lines and (second is None or not second.text or second.confidence < DISSENT_EMPTY):
            return CellText("", OcrCell(EMPTY_DOUBTFUL if doubtful else EMPTY, name), False)
        if not lines and second is not None:
            other = squeeze(second.text)
            return CellText("", OcrCell(0.5, name, other, (("", 0.5), (other, round(second.confidence, 4)))), True)
        if not _one_number(lines):
            text = "\n".join(full.text for full, _ in lines)
            confidence = min(full.confidence for full, _ in lines)
            if not any(c.isalnum() for c in text) and parse_cell(text).kind != "dash":
                confidence = min(confidence, RUBBISH)  # bits of rulings
            return CellText(text, OcrCell(confidence, name), True)
        _, masked = lines[0]
        text, confidence = _unclosed(squeeze(masked.text)), masked.confidence
        candidates = [(text, round(confidence, 5))]
        if second is None:
            return CellText(text, OcrCell(round(alone(confidence), 4), name, None, tuple(candidates)), True)
        other = squeeze(second.text)
        candidates.append((other, round(second.confidence, 5)))
        if same_reading(text, other):
            joint = agreed(confidence, second.confidence)
            return CellText(text, OcrCell(round(joint, 4), name, text, tuple(candidates)), True)
        if text == "1" and confidence < SLASH[0] and parse_cell(other).kind == "dash" and second.confidence >= SLASH[1]:
            return CellText(other, OcrCell(SLASH[2], SECOND, None, tuple(candidates)), True)
        numbers = parse_cell(text).kind == parse_cell(other).kind == "number"
        one, two = (rivals if numbers else differing)(confidence, second.confidence)
        if numbers and second.confidence >= DISSENT and text == other.lstrip("+-"):
            two = max(one, two)  # a thin sign is overlooked more easily than made up
            one = 1 - two
        if parse_cell(other).kind != "noise" and (parse_cell(text).kind == "noise" or two > one):
            text, other, one, name = other, text, two, SECOND
        elif second.confidence < (SIGN if numbers and text == other.lstrip("+-") else DISSENT):
            # it does not know: the first reader stands alone
            return CellText(text, OcrCell(round(one, 4), name, None, tuple(candidates)), True)
        return CellText(text, OcrCell(round(min(one, DIFFERING), 4), name, other, tuple(candidates)), True)


def _one_number(lines: list[tuple[LineReading, LineReading]]) -> bool:
    return len(lines) == 1 and _is_number(*lines[0])


def _is_number(full: LineReading, masked: LineReading) -> bool:
    """Tell whether a line is a number or a sign rather than words: no more than a stray ideograph in it."""
    if not masked.text or len(full.text) > 14:
        return False
    words = sum("\u4e00" <= c <= "\u9fff" and c not in "一二三日口万元件增减〇" for c in full.text)
    return words == 0 or (words == 1 and len(full.text) <= 2 and full.confidence < masked.confidence)


def _unclosed(text: str) -> str:
    """Return a number without a bracket that has no other: half of a 0 that broke."""
    digits = text.strip("()（）")
    return digits if digits.isdigit() and len(text) - len(digits) == 1 else text


def same_reading(a: str, b: str) -> bool:
    """Tell whether two readings of a cell say the same."""
    one, other = parse_cell(a), parse_cell(b)
    if one.kind == other.kind == "number":
        return (one.value, one.unit) == (other.value, other.unit)
    return a == b or one.kind == other.kind == "dash"


def _whole(gray: Gray, box: BBox, scale: float) -> Gray:
    """Return the inside of a cell: the second reader finds the ink by itself."""
    inset = 0.6 * INSET
    y0, y1 = round((box[1] + inset) * scale), round((box[3] - inset) * scale)
    x0, x1 = round((box[0] + inset) * scale), round((box[2] - inset) * scale)
    return gray[max(0, y0) : max(y1, y0 + 2), max(0, x0) : max(x1, x0 + 2)]


def cell_reader(options: Options | None = None) -> CellReader:
    """Return the reader of cells that the options ask for; models are loaded once in a process."""
    options = options or Options()
    return _cell_reader(options.reader, options.model_dir, options.threads)


@cache
def _cell_reader(name: str, model_dir: Path | None, threads: int) -> CellReader:
    return CellReader(open_reader(name, model_dir, threads), second_reader(threads))


@cache
def second_reader(threads: int) -> NumberReader | None:
    """Return the number reader that gxml carries, loaded once, or None where it carries none."""
    from .numread import NumberReader

    try:
        return NumberReader.load(threads=threads)
    except FileMissingError:
        return None

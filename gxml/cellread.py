"""Reading the cells of a table from a page picture, each on its own: ink first, then two readers.

A crop that is tight around the ink is what makes the recogniser right (a loose one reads '23' as '28'). What the ink is
says `gxml.cellink`, which reading stands `gxml.cellsettle`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from .cellconfidence import agreed
from .cellink import INSET, Ink, find_ink, print_contrast
from .cellsettle import Both, CellText, maybe_dash, maybe_none, nearly_number, one_number, same_reading, settle, tidy
from .config import Options
from .document import Picture
from .errors import FileMissingError
from .geometry import BBox
from .numerals import parse_cell
from .ocr import NUMBER_CHARS, LineReading, Reader, open_reader, texts_of

if TYPE_CHECKING:
    from .numread import NumberReader, NumberReading

Gray = NDArray[np.uint8]

PAD = 2.4
"""Paper kept around the ink, points."""
FAINT = 0.55
"""Ink with less of the contrast of the page's print is no print: what is left of a seal, or print from behind."""
LOOK_AGAIN = 0.985
"""Cells that are read with less confidence get a third look:"""
TIGHT, WIDE = 1.4, 25.0
"""one crop with less paper around the ink, and one that is so much wider than the ink, within the cell, points;"""
SURE_BEFORE = 0.95
"""What they agree on is sure only if a reader was as sure of it before: broken strokes mislead every crop alike;"""
LARGER = 1.25
"""the whole cell at this scale for the second reader."""
HARDLY = 0.9
"""A sign or two that are no number are looked at as numbers, too, where they are read with less confidence."""
IN_PIECES = 6
"""The same holds for two lines, one of them a number, that have no more signs each."""
LISTED = 8
"""Texts that a cell in doubt keeps of each reader: what repair may choose from."""
LONGEST = 24
"""Texts with more signs are no numbers: their pictures are not kept."""
AROUND = 1.0
"""Paper and ruling kept around the picture of a cell, points."""
WHITE = 255
DIGITS = "0123456789.,+-－增减加少万元件"


class CellReader:
    """Reads cells with a reader and, where they hold numbers, with the second reader too.

    Args:
        reader: None for the default one.
        numbers: The second reader; None for the one that gxml carries, if it carries one.
        alone: Without a second reader. Lost with it: the witness against a sure misreading, the third look, and the
            second list of candidates that the correction of a number needs. See `cellsettle.settle`.
    """

    def __init__(
        self, reader: Reader | None = None, numbers: NumberReader | None = None, *, alone: bool = False
    ) -> None:
        self.reader = reader or open_reader()
        self.numbers = None if alone else numbers or second_reader(1)

    def read(self, gray: Gray, boxes: Sequence[BBox], scale: float) -> list[CellText]:
        """Read cells of one page.

        Args:
            gray: The page, paper bright; the red channel where there is colour.
            boxes: The cells in points, origin at the top left of the picture.
            scale: Pixels a point.
        """
        inks = [find_ink(gray, box, scale) for box in boxes]
        least = FAINT * print_contrast(inks)
        crops: list[Gray] = []
        owner: list[int] = []
        pad = round(PAD * scale)
        for i, ink in enumerate(inks):
            for x0, y0, x1, y1 in ink.lines:
                crops.append(gray[max(0, y0 - pad) : y1 + pad, max(0, x0 - pad) : x1 + pad])
                owner.append(i)
        readings: list[list[Both]] = [[] for _ in boxes]
        for i, both in zip(owner, self.reader.read_both(crops, NUMBER_CHARS), strict=True):
            readings[i].append(both)
        faint = [0 < ink.contrast < least and (bool(ink.lines) or ink.doubtful) for ink in inks]
        numeric = [
            i for i, lines in enumerate(readings)
            if inks[i].doubtful or faint[i] or one_number(lines) or maybe_none(lines)
            or maybe_dash(lines) or nearly_number(lines) or _hardly_words(lines) or _in_pieces(lines)
        ]  # fmt: skip
        second: dict[int, NumberReading] = {}
        if self.numbers is not None and numeric:
            cells = [_whole(gray, boxes[i], scale) for i in numeric]
            second = dict(zip(numeric, self.numbers.read(cells, dpi=scale * 72), strict=True))
        name = self.reader.name
        texts = [settle(readings[i], second.get(i), inks[i], name, faint=faint[i]) for i in range(len(boxes))]
        for i in numeric:
            if texts[i].ocr.confidence < LOOK_AGAIN and readings[i]:
                full, masked = readings[i][0]
                first = texts_of(masked.chars, LISTED)
                if len(readings[i]) > 1:
                    first = [(line.text, line.confidence) for _, line in readings[i]]
                elif full.text != masked.text:  # digits beside a sign that is no number
                    first += [t for t in texts_of(full.chars, LISTED) if t[0].isdigit()]
                other = (
                    self.numbers.candidates(_whole(gray, boxes[i], scale), LISTED, dpi=scale * 72)
                    if self.numbers is not None
                    else []
                )
                lists = _listed(first), _listed([(text, math.exp(p)) for text, p in other])
                texts[i] = replace(texts[i], ocr=replace(texts[i].ocr, first_list=lists[0], second_list=lists[1]))
        again = [
            i for i in second
            if _unsure(texts[i], inks[i]) and (one_number(readings[i]) or _hardly_words(readings[i]))
        ]  # fmt: skip
        if again:
            lines = [inks[i].lines[0] for i in again]
            settled = self._look_again(gray, [boxes[i] for i in again], lines, [texts[i] for i in again], scale)
            for i, text in zip(again, settled, strict=True):
                texts[i] = text
        return [
            replace(text, extent=_extent(ink, scale), ocr=replace(text.ocr, picture=_picture(gray, box, scale, text)))
            for text, ink, box in zip(texts, inks, boxes, strict=True)
        ]

    def read_again(self, pictures: Sequence[Picture], scale: float) -> list[CellText]:
        """Read cells from their pictures once more, larger or smaller than they are.

        The pictures stand on one sheet: each is read as a cell of a page is, cut anew around its ink.

        Args:
            pictures: From `OcrCell.picture`; those of one page have one scale.
            scale: How many times as large.
        """
        out: dict[int, CellText] = {}
        for resolution in sorted({p.scale for p in pictures}):
            chosen = [i for i, p in enumerate(pictures) if p.scale == resolution]
            sheet, boxes = _sheet([pictures[i] for i in chosen], scale)
            out.update(zip(chosen, self.read(sheet, boxes, resolution * scale), strict=True))
        return [out[i] for i in range(len(pictures))]

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
            read, *others = (tidy(r.text).rstrip(".") for r in (one, other, whole_cell))
            all_agree = all(same_reading(read, o) for o in others) and parse_cell(read).kind == "number"
            before = [c for seen, c in text.ocr.candidates if same_reading(read, seen)]
            signed = any(seen == "-" + read for seen, _ in text.ocr.candidates)  # whoever sees a sign has a reason
            if all_agree and not signed and max(before, default=0.0) >= SURE_BEFORE:
                joint = agreed(min(one.confidence, other.confidence), whole_cell.confidence)
                if joint > text.ocr.confidence:
                    ocr = replace(text.ocr, confidence=round(joint, 4), reader=self.reader.name, second=read)
                    text = CellText(read, ocr, True)
            out.append(replace(text, ocr=replace(text.ocr, again=(read, *others))))
        return out

    def read_lines(self, gray: Gray, boxes: Sequence[BBox], scale: float) -> list[LineReading]:
        """Read lines of prose; the boxes, in points, are tight around their ink but for a little paper."""
        height, width = gray.shape
        crops = []
        for x0, y0, x1, y1 in boxes:
            left, top = max(0, min(width - 2, round(x0 * scale))), max(0, min(height - 2, round(y0 * scale)))
            crops.append(gray[top : max(top + 2, round(y1 * scale)), left : max(left + 2, round(x1 * scale))])
        return self.reader.read(crops)


def _picture(gray: Gray, box: BBox, scale: float, text: CellText) -> Picture | None:
    """Return the picture of a cell that may hold a number; a copy, or the whole page would be kept."""
    if not text.ink or len(text.text) > LONGEST:
        return None
    left, top = max(0, math.floor((box[0] - AROUND) * scale)), max(0, math.floor((box[1] - AROUND) * scale))
    right, bottom = math.ceil((box[2] + AROUND) * scale), math.ceil((box[3] + AROUND) * scale)
    x, y = left / scale, top / scale
    cut = gray[top:bottom, left:right].copy()
    return Picture(cut, (box[0] - x, box[1] - y, box[2] - x, box[3] - y), scale) if cut.size else None


def _sheet(pictures: Sequence[Picture], scale: float) -> tuple[Gray, list[BBox]]:
    """Put pictures of one resolution below each other; the cells' places in points of the sheet."""
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    drawn = [cv2.resize(p.gray, None, fx=scale, fy=scale, interpolation=how) for p in pictures]
    gap = round(AROUND * pictures[0].scale * scale) + 1
    sheet = np.full((sum(d.shape[0] + gap for d in drawn), max(d.shape[1] for d in drawn)), WHITE, np.uint8)
    boxes: list[BBox] = []
    top = 0
    for picture, image in zip(pictures, drawn, strict=True):
        sheet[top : top + image.shape[0], : image.shape[1]] = image
        x0, y0, x1, y1 = picture.bbox
        down = top / (picture.scale * scale)
        boxes.append((x0, y0 + down, x1, y1 + down))
        top += image.shape[0] + gap
    return sheet, boxes


def _listed(found: Sequence[tuple[str, float]]) -> tuple[tuple[str, float], ...]:
    """Return texts with their probabilities, each text once, to five places."""
    sums: dict[str, float] = {}
    for text, p in found:
        sums[tidy(text)] = sums.get(tidy(text), 0.0) + p
    return tuple((t, round(p, 5)) for t, p in sorted(sums.items(), key=lambda s: (-s[1], s[0])) if p >= 1e-5)


def _hardly_words(lines: Sequence[Both]) -> bool:
    """Tell whether a sign or two were read without confidence: perhaps a number, which the rules may tell."""
    return len(lines) == 1 and len(lines[0][0].text) <= 2 and lines[0][0].confidence < HARDLY


def _in_pieces(lines: Sequence[Both]) -> bool:
    """Tell whether a cell is perhaps a number with dirt above or below it."""
    return (
        len(lines) == 2
        and all(len(full.text) <= IN_PIECES for full, _ in lines)
        and any(full.text.isdigit() for full, _ in lines)
    )


def _unsure(text: CellText, ink: Ink) -> bool:
    """Tell whether another look may help: at ink that was read, but not at a sign that nobody reads."""
    return text.ink and bool(ink.lines) and text.ocr.confidence < LOOK_AGAIN and (not ink.sign or text.text[:1] == "-")


def _extent(ink: Ink, scale: float) -> tuple[float, float, float] | None:
    if len(ink.lines) != 1:
        return None
    x0, y0, x1, y1 = ink.lines[0]
    return x0 / scale, x1 / scale, (y1 - y0) / scale


def _whole(gray: Gray, box: BBox, scale: float) -> Gray:
    """Return the inside of a cell: the second reader finds the ink by itself."""
    inset = 0.6 * INSET
    y0, y1 = round((box[1] + inset) * scale), round((box[3] - inset) * scale)
    x0, x1 = round((box[0] + inset) * scale), round((box[2] - inset) * scale)
    return gray[max(0, y0) : max(y1, y0 + 2), max(0, x0) : max(x1, x0 + 2)]


def cell_reader(options: Options | None = None) -> CellReader:
    """Return the reader of cells that the options ask for; models are loaded once in a process."""
    options = options or Options()
    return _cell_reader(options.reader, options.model_dir, options.threads, options.second_reader)


@cache
def _cell_reader(name: str, model_dir: Path | None, threads: int, second: bool) -> CellReader:
    reader = open_reader(name, model_dir, threads)
    return CellReader(reader, second_reader(threads) if second else None, alone=not second)


@cache
def second_reader(threads: int) -> NumberReader | None:
    """Return the number reader that gxml carries, loaded once, or None where it carries none."""
    from .numread import NumberReader

    try:
        return NumberReader.load(threads=threads)
    except FileMissingError:
        return None

"""A page picture to tables and lines: rulings to grids, cells read one by one, prose line by line.

    read_scan(raw) -> ScannedPage

The plan is the cheapest that keeps the accuracy: grid first, no text detection, the recogniser once over each cell
and each line, the small second reader over the numbers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .cellread import CellReader, CellText, cell_reader
from .config import Options
from .document import Block, Document, Line, Page, RawCell, SourceNote, TextBuilder, add_table
from .geometry import BBox, rounded
from .imaging import Preparation, Prepared, RawPage, open_images, prepare
from .layout import LaidTable, find_lines, ruled_tables
from .lines import TextLine
from .sources import Opened

Gray = NDArray[np.uint8]

# Points.
WORD_GAP = 9.0
"""Characters this far apart stand in one line."""
LINE_HEIGHT = (4.0, 40.0)
"""Heights of lines of text."""
LINE_INSET = 1.0
SPECK = 1.2
"""Smaller ink is dirt."""
MIN_COLUMNS = 2
SURE = 0.5
"""Lines whose characters are read with less confidence, in the mean, are no text: dirt, a seal, a picture."""


@dataclass(frozen=True, slots=True)
class ScannedTable:
    """A table of a scanned page; boxes in points of the upright picture."""

    cells: tuple[RawCell, ...]
    bbox: BBox


@dataclass(frozen=True, slots=True)
class ScannedPage:
    """What was read on a page.

    Attributes:
        items: Tables and lines in reading order, boxes in points of the upright picture.
        prepared: The picture that was read.
        grids: The tables' grids, in points of that picture.
    """

    items: tuple[TextLine | ScannedTable, ...]
    prepared: Prepared
    grids: tuple[LaidTable, ...]


def read_scan(raw: RawPage, reader: CellReader | None = None, how: Preparation | None = None) -> ScannedPage:
    """Read a page picture.

    Args:
        raw: The page as it was scanned.
        reader: Reads cells and lines; None for the default (`cell_reader`).
        how: Steps of the preparation.
    """
    page = prepare(raw, how)
    reader = reader or cell_reader()
    scale = page.dpi / 72
    grids = [t for t in ruled_tables(find_lines(page.gray, page.dpi)) if len(t.xs) > MIN_COLUMNS]
    boxes = [c.bbox for g in grids for c in g.cells]
    prose = _text_lines(page.gray, grids, scale)
    texts = reader.read(page.gray, boxes, scale)
    items: list[tuple[float, TextLine | ScannedTable]] = []
    at = 0
    for grid in grids:
        cells = []
        for cell, text in zip(grid.cells, texts[at : at + len(grid.cells)], strict=True):
            cells.append(_raw_cell(cell.row, cell.col, cell.rowspan, cell.colspan, cell.bbox, text))
        at += len(grid.cells)
        items.append((grid.bbox[1], ScannedTable(tuple(cells), grid.bbox)))
    for (top, box), line in zip(prose, reader.read_lines(page.gray, [b for _, b in prose], scale), strict=True):
        if line.text.strip() and sum(c.confidence for c in line.chars) >= SURE * len(line.chars):
            items.append((top, TextLine(line.text, box)))
    items.sort(key=lambda i: i[0])
    return ScannedPage(tuple(i for _, i in items), page, tuple(grids))


def _raw_cell(row: int, col: int, rowspan: int, colspan: int, box: BBox, text: CellText) -> RawCell:
    return RawCell(text.text, row, col, rowspan, colspan, box, text.ink, text.ocr)


def _text_lines(gray: Gray, grids: Iterable[LaidTable], scale: float) -> list[tuple[float, BBox]]:
    """Find the lines of text outside the tables.

    Returns:
        (top of the row, box of the line) in reading order, points of the picture; lines that stand far apart in a row
        are lines of their own.
    """
    block = max(15, round(12 * scale)) | 1
    ink = cv2.adaptiveThreshold(gray, 1, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, block, 22)
    for g in grids:
        x0, y0, x1, y1 = (v * scale for v in g.bbox)
        ink[max(0, int(y0) - 2) : int(y1) + 3, max(0, int(x0) - 2) : int(x1) + 3] = 0
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    sides = np.maximum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]) / scale
    ink[np.isin(labels, np.flatnonzero(sides < SPECK))] = 0
    marks = _boxes(stats[1:][(sides[1:] >= SPECK) & (sides[1:] <= LINE_HEIGHT[1])], scale)
    joined = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((1, max(3, round(WORD_GAP * scale)) | 1), np.uint8))
    joined = cv2.morphologyEx(joined, cv2.MORPH_OPEN, np.ones((max(1, round(0.8 * scale)), 1), np.uint8))
    stats = cv2.connectedComponentsWithStats(joined, connectivity=8)[2]
    pieces = [b for b in _boxes(stats[1:], scale) if max(b[2] - b[0], b[3] - b[1]) >= LINE_HEIGHT[0]]
    out: list[tuple[float, BBox]] = []
    for row in _rows([b for b in pieces if b[3] - b[1] <= LINE_HEIGHT[1]]):
        lines = [_with_marks(line, marks) for line in _joined(row) if line[3] - line[1] >= LINE_HEIGHT[0]]
        top = min((line[1] for line in lines), default=0.0)
        pad = LINE_INSET + 1.5
        out += [(top, (x0 - pad, y0 - pad, x1 + pad, y1 + pad)) for x0, y0, x1, y1 in lines]
    return sorted(out)


def _boxes(stats: NDArray[Any], scale: float) -> list[BBox]:
    return [(x / scale, y / scale, (x + w) / scale, (y + h) / scale) for x, y, w, h in stats[:, :4].tolist()]


def _rows(boxes: list[BBox]) -> list[list[BBox]]:
    """Group boxes that stand in one row; the tallest decide what a row is."""
    rows: list[tuple[float, float, list[BBox]]] = []
    for box in sorted(boxes, key=lambda b: (b[1] - b[3], b[1], b[0])):
        for y0, y1, members in rows:
            if min(box[3], y1) - max(box[1], y0) >= 0.5 * (box[3] - box[1]):
                members.append(box)
                break
        else:
            rows.append((box[1], box[3], [box]))
    return [members for _, _, members in rows]


def _joined(row: list[BBox]) -> list[BBox]:
    """Join the boxes of a row that are not far apart, left to right."""
    out: list[BBox] = []
    for box in sorted(row):
        if out and box[0] - out[-1][2] <= 2 * WORD_GAP:
            last = out[-1]
            out[-1] = (last[0], min(last[1], box[1]), max(last[2], box[2]), max(last[3], box[3]))
        else:
            out.append(box)
    return out


def _with_marks(line: BBox, marks: list[BBox]) -> BBox:
    """Let a line reach over what stands close to its ends: a final 。 or a thin 一."""
    x0, y0, x1, y1 = line
    near = [m for m in marks if y0 <= (m[1] + m[3]) / 2 <= y1 and (m[2] > x1 or m[0] < x0)]
    reach = y1 - y0
    for m in sorted(near):
        if x1 < m[2] and m[0] - x1 <= reach:
            x1 = m[2]
    for m in sorted(near, key=lambda m: -m[2]):
        if m[0] < x0 and x0 - m[2] <= reach:
            x0 = m[0]
    return x0, y0, x1, y1


def read_images(opened: Opened, options: Options) -> Document:
    """Read an image file, a TIFF page by page, as a report.

    Raises:
        InputError: The file is no picture, damaged, or over a limit.
    """
    builder = TextBuilder()
    blocks: list[Block] = []
    pages: list[Page] = []
    notes = list(opened.notes)
    reader = cell_reader(options)
    for raw in open_images(opened, options):
        scanned = read_scan(raw, reader)
        for item in scanned.items:
            box = rounded(item.bbox)
            if isinstance(item, TextLine):
                blocks.append(Line(item.text, builder.line(item.text), raw.number, box))
            else:
                cells = [replace(c, bbox=rounded(c.bbox)) for c in item.cells]
                blocks.append(add_table(builder, cells, page=raw.number, origin="rulings", bbox=box))
        reason = "图片文件"
        pages.append(Page(raw.number, *raw.size, options.reader, reason, scanned.prepared.to_displayed))
        notes.append(SourceNote("OCR", f"由图片识读（OCR）：{reason}。", raw.number, "info"))
    return Document(opened.path.name, opened.sha256, "image", builder.text(), tuple(pages), tuple(blocks), tuple(notes))

"""A page picture to tables and lines: rulings to grids, cells read one by one, prose line by line.

    read_scan(raw) -> ScannedPage

The plan is the cheapest that keeps the accuracy: grid first, no text detection, the recogniser once over each cell
and each line, the small second reader over the numbers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

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
MIN_COLUMNS = 2
SURE = 0.5
"""Lines read with less confidence are no text: dirt, a seal, a picture."""


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
    texts = reader.read(page.gray, [*boxes, *prose], scale)
    items: list[tuple[float, TextLine | ScannedTable]] = []
    at = 0
    for grid in grids:
        cells = []
        for cell, text in zip(grid.cells, texts[at : at + len(grid.cells)], strict=True):
            cells.append(_raw_cell(cell.row, cell.col, cell.rowspan, cell.colspan, cell.bbox, text))
        at += len(grid.cells)
        items.append((grid.bbox[1], ScannedTable(tuple(cells), grid.bbox)))
    for box, text in zip(prose, texts[at:], strict=True):
        if text.text.strip() and text.ocr.confidence >= SURE / 2:
            items.append((box[1], TextLine(text.text.replace("\n", ""), box)))
    items.sort(key=lambda i: i[0])
    return ScannedPage(tuple(i for _, i in items), page, tuple(grids))


def _raw_cell(row: int, col: int, rowspan: int, colspan: int, box: BBox, text: CellText) -> RawCell:
    return RawCell(text.text, row, col, rowspan, colspan, box, text.ink, text.ocr)


def _text_lines(gray: Gray, grids: Iterable[LaidTable], scale: float) -> list[BBox]:
    """Return boxes of the lines of text outside the tables, points of the picture, top to bottom."""
    block = max(15, round(12 * scale)) | 1
    ink = cv2.adaptiveThreshold(gray, 1, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, block, 22)
    for g in grids:
        x0, y0, x1, y1 = (v * scale for v in g.bbox)
        ink[max(0, int(y0) - 2) : int(y1) + 3, max(0, int(x0) - 2) : int(x1) + 3] = 0
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    small = np.flatnonzero(np.maximum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]) < 1.2 * scale)
    ink[np.isin(labels, small)] = 0
    joined = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((1, max(3, round(WORD_GAP * scale)) | 1), np.uint8))
    joined = cv2.morphologyEx(joined, cv2.MORPH_OPEN, np.ones((max(1, round(0.8 * scale)), 1), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    boxes: list[BBox] = []
    for i in range(1, count):
        x, y, w, h = (int(v) / scale for v in stats[i, :4])
        if h <= LINE_HEIGHT[1] and max(w, h) >= LINE_HEIGHT[0]:
            boxes.append((x, y, x + w, y + h))
    pad = LINE_INSET + 1.5
    return [(x0 - pad, y0 - pad, x1 + pad, y1 + pad) for x0, y0, x1, y1 in _rows(boxes) if y1 - y0 >= LINE_HEIGHT[0]]


def _rows(boxes: list[BBox]) -> list[BBox]:
    """Join boxes that stand in one line, left to right, if they are not far apart."""
    out: list[BBox] = []
    for box in sorted(boxes, key=lambda b: (b[1] + b[3], b[0])):
        for i, other in enumerate(out):
            height = min(box[3] - box[1], other[3] - other[1])
            shared = min(box[3], other[3]) - max(box[1], other[1])
            gap = max(box[0], other[0]) - min(box[2], other[2])
            if shared >= 0.5 * height and gap <= 2 * WORD_GAP:
                out[i] = (
                    min(box[0], other[0]), min(box[1], other[1]), max(box[2], other[2]), max(box[3], other[3])
                )  # fmt: skip
                break
        else:
            out.append(box)
    return sorted(out, key=lambda b: (b[1], b[0]))


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

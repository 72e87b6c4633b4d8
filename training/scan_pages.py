"""Scanned pages of made-up reports with what is printed on them, for the measurements of readers and of time."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rapidfuzz.distance import Levenshtein

from gxml import synth, synth_scan
from gxml.cellread import CellReader
from gxml.config import Options
from gxml.document import Line, OcrCell, Table
from gxml.numerals import parse_cell, squeeze
from gxml.pages import PlacedTable
from gxml.pipeline import load
from gxml.rawpages import RawPage
from gxml.readings import UNSURE_ALONE, UNSURE_BOTH
from gxml.scan import read_scan

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class ScanPage:
    """A scanned page; boxes in points of the scan.

    Attributes:
        level: Of the scan, see `gxml.synth_scan`.
        raw: The picture.
        cells: Printed cells and their texts.
        prose: What is printed outside of the tables, white space left out.
    """

    level: str
    raw: RawPage
    cells: tuple[tuple[Box, str], ...]
    prose: str


def made_pages(levels: Sequence[str], count: int, seed: int) -> Iterator[ScanPage]:
    """Yield the pages of `count` generated reports at each level; reports with unruled tables are passed over."""
    with tempfile.TemporaryDirectory() as folder:
        for s in itertools.count(seed):
            report = synth.generate(s, blanks="zeros", density=("mixed", "dense")[s % 2])
            path = synth.write(report, "pdf", Path(folder) / f"{s}.pdf", s)
            document = load(path, Options())
            if any(b.origin != "rulings" for b in document.blocks if isinstance(b, Table)):
                continue
            count -= 1
            if count < 0:
                return
            for level in levels:
                for number, scan in enumerate(synth_scan.scan_pdf(path, level, s), 1):
                    raw = RawPage.of(number, scan.image, scan.dpi)
                    blocks = [b for b in document.blocks if b.page == number]
                    cells = tuple(
                        (_moved(scan, cell.bbox), cell.text)
                        for block in blocks
                        if isinstance(block, Table)
                        for cell in block.cells
                        if cell.bbox is not None
                    )
                    prose = "".join("".join(b.text.split()) for b in blocks if isinstance(b, Line))
                    yield ScanPage(level, raw, cells, prose)


def _moved(scan: synth_scan.Degraded, box: Box) -> Box:
    x0, y0, x1, y1 = box
    corners = scan.to_pixels([[x0, y0], [x1, y0], [x1, y1], [x0, y1]]) + 0.5
    points = corners * 72 / np.asarray(scan.dpi)
    return (*points.min(axis=0).tolist(), *points.max(axis=0).tolist())


@dataclass(slots=True)
class Score:
    """Counts over pages.

    Attributes:
        numbers: Printed numbers.
        right: Of them, read exactly.
        nonzero: Printed numbers but 0.
        nonzero_right: Of them, read exactly.
        doubted: Right ones that a finding would name.
        silent: Wrong ones that no finding would name.
        lost: Wrong ones for which there is no cell at that place: errors of the grid.
        prose: Characters of the prose.
        prose_errors: Insertions, deletions and replacements in it.
        words: Characters of the other cells, labels above all.
        word_errors: The same in them.
        pages: Pages.
    """

    numbers: int = 0
    right: int = 0
    nonzero: int = 0
    nonzero_right: int = 0
    doubted: int = 0
    silent: int = 0
    lost: int = 0
    prose: int = 0
    prose_errors: int = 0
    words: int = 0
    word_errors: int = 0
    pages: int = 0

    def add(self, page: ScanPage, reader: CellReader) -> list[tuple[str, str, OcrCell | None]]:
        """Read a page and count; return what was wrong or in doubt: printed, read, how."""
        scanned = read_scan(page.raw, reader)
        tables = [item for item in scanned.items if isinstance(item, PlacedTable)]
        found = [(scanned.prepared.displayed(c.bbox), c) for t in tables for c in t.cells if c.bbox]
        odd: list[tuple[str, str, OcrCell | None]] = []
        self.pages += 1
        for box, text in page.cells:
            printed = parse_cell(text)
            x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
            cell = next((c for b, c in found if b[0] < x < b[2] and b[1] < y < b[3]), None)
            if printed.kind != "number":
                words = "".join(text.split())
                self.words += len(words)
                self.word_errors += Levenshtein.distance(words, "" if cell is None else "".join(cell.text.split()))
                continue
            read = parse_cell(cell.text) if cell is not None else None
            right = (
                read is not None and read.kind == "number" and (read.value, read.unit) == (printed.value, printed.unit)
            )
            doubt = cell is None or cell.ocr is None or in_doubt(cell.text, cell.ocr)
            zero = printed.value == 0
            self.numbers += 1
            self.right += right
            self.nonzero += not zero
            self.nonzero_right += right and not zero
            self.doubted += right and doubt
            self.silent += not right and not doubt and read is not None and read.kind != "noise"
            self.lost += cell is None
            if not right or doubt:
                odd.append((text, "" if cell is None else cell.text, None if cell is None else cell.ocr))
        prose = "".join("".join(i.text.split()) for i in scanned.items if not isinstance(i, PlacedTable))
        self.prose += len(page.prose)
        self.prose_errors += Levenshtein.distance(page.prose, prose)
        return odd


def in_doubt(text: str, ocr: OcrCell) -> bool:
    """Tell whether a finding would name a cell; see `gxml.readings.doubt`."""
    if ocr.second is not None and ocr.second != squeeze(text):
        return True
    return ocr.confidence < (UNSURE_BOTH if ocr.second is not None else UNSURE_ALONE)

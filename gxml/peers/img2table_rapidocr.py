"""img2table on a binarised page, with rapidocr for the text."""

from __future__ import annotations

import html
from collections.abc import Callable
from pathlib import Path
from typing import Any

from page import document, joined, pictures, without
from rapidocr_lines import engine, lines_of

PACKAGES = ("img2table", "rapidocr", "onnxruntime")


def load(weights: Path | None) -> Callable[[str], tuple[str, int]]:
    """Return the reader."""
    import cv2
    from img2table.document import Image
    from img2table.ocr import RapidOCR

    ocr = RapidOCR.__new__(RapidOCR)
    ocr.engine = engine()  # the engine that it makes itself reads English

    def read(path: str) -> tuple[str, int]:
        pages = []
        for image in pictures(path):
            gray = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
            page = cv2.adaptiveThreshold(gray, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, 31, 15)
            done, coded = cv2.imencode(".png", page)
            if not done:
                raise RuntimeError("the page cannot be coded")
            found = Image(coded.tobytes()).extract_tables(ocr=ocr, implicit_rows=False, borderless_tables=False)
            boxes = [((t.bbox.x1, t.bbox.y1, t.bbox.x2, t.bbox.y2), _table(t)) for t in found]
            pages.append(joined(lines_of(ocr.engine(without(image, [box for box, _ in boxes]))), boxes))
        return document(pages), len(pages)

    return read


def _table(table: Any) -> str:
    """Return a table as HTML; a merged cell stands in all of its places, and is written at the first."""
    grid = [list(row) for _, row in sorted(table.content.items())]
    seen: set[tuple[int, int, int, int]] = set()
    out = []
    for row in grid:
        cells = []
        for cell in row:
            box = (cell.bbox.x1, cell.bbox.y1, cell.bbox.x2, cell.bbox.y2)
            if box in seen:
                continue
            seen.add(box)
            same = [(i, j) for i, r in enumerate(grid) for j, c in enumerate(r) if _box(c) == box]
            down, across = len({i for i, _ in same}), len({j for _, j in same})
            cells.append(f'<td rowspan="{down}" colspan="{across}">{html.escape(cell.value or "")}</td>')
        out.append("<tr>" + "".join(cells) + "</tr>")
    return "<table>" + "".join(out) + "</table>"


def _box(cell: Any) -> tuple[int, int, int, int]:
    return (cell.bbox.x1, cell.bbox.y1, cell.bbox.x2, cell.bbox.y2)

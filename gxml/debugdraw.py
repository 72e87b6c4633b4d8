"""What was found on a scanned page, drawn on it, to see why something was read as it was.

    save_page(scanned, folder, "report.pdf") -> folder/report.pdf-p3.png

Rulings are blue. Cells and lines of text are green where the reader was sure, orange where it was less so, red where
it was not, and grey where there is no ink; on each stand its row, column and span, what was read and the confidence.
Seals are magenta. Above the page stands what the preparation did.
"""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .document import RawCell
from .errors import OutputError
from .geometry import BBox, mapped
from .layout_lines import ruling_boxes
from .lines import TextLine
from .pages import PlacedTable
from .scan import ScannedPage

Colour = tuple[int, int, int]

# RGB.
SURE_COLOUR: Colour = (0, 140, 60)
UNSURE_COLOUR: Colour = (225, 130, 0)
DOUBT_COLOUR: Colour = (220, 0, 0)
EMPTY_COLOUR: Colour = (150, 150, 150)
RULING_COLOUR: Colour = (60, 130, 255)
SEAL_COLOUR: Colour = (210, 0, 210)
SURE, UNSURE = 0.985, 0.8
"""Confidence from which a reading is sure, or less than sure."""
DPI = 200.0
"""The drawing is not coarser, so that what is written on it can be read."""
TEXT = 6.0
"""Size of what is written, points."""
STEP_HEIGHT = 14.0
"""Height of a line above the page, points."""


def draw_page(scanned: ScannedPage) -> Image.Image:
    """Return a picture (RGB) of a page with what was found on it."""
    page = scanned.prepared
    grow = max(1, math.ceil(DPI / page.dpi - 0.25))
    gray = cv2.resize(page.gray, None, fx=grow, fy=grow, interpolation=cv2.INTER_LINEAR) if grow > 1 else page.gray
    faint = np.asarray(160 + gray.astype(np.float32) * (95 / 255), np.uint8)  # what is drawn must stand out
    scale = page.dpi * grow / 72
    head = round((len(page.steps) + 1) * STEP_HEIGHT * scale)
    picture = Image.new("RGB", (gray.shape[1], gray.shape[0] + head), "white")
    picture.paste(Image.fromarray(faint), (0, head))
    pen = _Pen(ImageDraw.Draw(picture), scale, head)
    title = f"page {page.raw.number}, {page.raw.dpi[0]:.0f} x {page.raw.dpi[1]:.0f} dpi, read at {page.dpi:.0f} dpi"
    for k, line in enumerate((title, *(f"{step.name}: {step.did}" for step in page.steps))):
        pen.draw.text((4 * scale, k * STEP_HEIGHT * scale), line, "black", _font(round(0.75 * STEP_HEIGHT * scale)))
    for rule in ruling_boxes(scanned.lines):
        pen.box(rule, RULING_COLOUR, max(1, round(0.4 * scale)))
    back = np.linalg.inv(np.array(page.to_displayed).reshape(3, 3))
    for box in page.seal_boxes:
        pen.box(mapped(box, tuple(float(v) for v in back.reshape(-1))), SEAL_COLOUR, 3)  # type: ignore[arg-type]
    for item in scanned.items:
        if isinstance(item, TextLine):
            pen.box(item.bbox, SURE_COLOUR, 1)
            pen.write(item.bbox, item.text, SURE_COLOUR)
        else:
            pen.table(item)
    return picture


def save_page(scanned: ScannedPage, folder: Path, name: str) -> Path:
    """Write the drawing of a page.

    Args:
        scanned: The page.
        folder: Made if it is not there.
        name: Of the file that the page is from.

    Returns:
        FOLDER/NAME-pN.png.

    Raises:
        OutputError: It cannot be written.
    """
    path = folder / f"{name}-p{scanned.prepared.raw.number}.png"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        draw_page(scanned).save(path)
    except OSError as e:
        raise OutputError(f"Cannot write {path}: {e.strerror or e}.", hint="Choose another folder.") from e
    return path


def colour_of(cell: RawCell) -> Colour:
    """Return the colour of a cell."""
    if not cell.ink:
        return EMPTY_COLOUR
    confidence = cell.ocr.confidence if cell.ocr else 0.0
    return SURE_COLOUR if confidence >= SURE else UNSURE_COLOUR if confidence >= UNSURE else DOUBT_COLOUR


class _Pen:
    """Draws boxes in points of the upright page."""

    def __init__(self, draw: ImageDraw.ImageDraw, scale: float, top: int) -> None:
        self.draw, self.scale, self.top = draw, scale, top

    def box(self, box: BBox, colour: Colour, width: int) -> None:
        x0, y0, x1, y1 = (v * self.scale for v in box)
        self.draw.rectangle((x0, y0 + self.top, max(x0, x1), max(y0, y1) + self.top), outline=colour, width=width)

    def write(self, box: BBox, text: str, colour: Colour, *, low: bool = False) -> None:
        font = _font(round(TEXT * self.scale))
        y = (box[3] - TEXT - 1.5) if low else box[1]
        self.draw.text((box[0] * self.scale + 2, y * self.scale + self.top), text, colour, font)

    def table(self, table: PlacedTable) -> None:
        for cell in table.cells:
            if cell.bbox is None:
                continue
            colour = colour_of(cell)
            x0, y0, x1, y1 = cell.bbox
            self.box((x0 + 1, y0 + 1, x1 - 1, y1 - 1), colour, 2)
            span = f" {cell.rowspan}x{cell.colspan}" if (cell.rowspan, cell.colspan) != (1, 1) else ""
            self.write((x0 + 1, y0 + 1, x1, y1), f"{cell.row},{cell.col}{span}", EMPTY_COLOUR)
            if cell.ink:
                sure = f" {cell.ocr.confidence:.2f}" if cell.ocr else ""
                self.write((x0 + 1, y0, x1, y1), cell.text.replace("\n", "/") + sure, colour, low=True)


@cache
def _font(size: int) -> Any:
    """Return a font, one with Chinese characters where one is installed."""
    try:
        import pylopdf_fonts_zh_cn as fonts

        return ImageFont.truetype(fonts.sans_path(), size)
    except (ImportError, OSError):
        return ImageFont.load_default(size)

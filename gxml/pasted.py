"""Tables that were pasted as pictures among the text of a PDF page.

    pasted_tables(page, places, layer, number, options) -> list of tables and lines

The text around them is digital; what they hold is read like a scan, so that every value has a confidence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from .cellread import cell_reader
from .config import Options
from .document import RawCell
from .geometry import BBox, Homography, mapped
from .imaging import prepare
from .layout import find_lines, ruled_tables
from .lines import TextLine
from .pagelayer import PageLayer, turned
from .pages import PlacedTable
from .rawpages import DRAWN_DPI, RawPage, render_page
from .scan import preparation, read_prepared

if TYPE_CHECKING:
    import pypdfium2

GROUND = 10
"""A picture that lies under more characters of the text layer is a ground, not a part of the text."""
LEAST = (3, 3)
"""Rows and columns of a table; a chart or a framed photograph has fewer, or nothing written in them:"""
WRITTEN = 6
"""cells with text that a table has."""
NUMBERS = 1
"""A line beside the table that holds more numbers than this may be a row of it that the grid has lost: such a row must
not pass for digital text."""
_NUMBER = re.compile(r"[0-9.,，]+")


def pasted_tables(
    page: pypdfium2.PdfPage, places: Sequence[BBox], layer: PageLayer, number: int, options: Options
) -> list[TextLine | PlacedTable]:
    """Read the tables with rulings in pictures of a page, and the lines of text in the same pictures.

    Args:
        page: An open page.
        places: Of the pictures, in the upright frame, within the page.
        layer: The text layer of the page.
        number: 1-based number of the page.
        options: Reader, steps and limits.

    Returns:
        Boxes are in the upright frame of `layer`; nothing for pictures without a table.

    Raises:
        TooLargeError: The page is too large to be drawn.
    """
    inside = [b for b in places if sum(_within(c.x0, c.y0, b) for c in layer.chars if c.text != " ") <= GROUND]
    if not inside:
        return []
    drawn = render_page(page, number, options, dpi=DRAWN_DPI)
    across, down = (d / 72 for d in drawn.dpi)
    items: list[TextLine | PlacedTable] = []
    for box in inside:
        x0, y0, x1, y1 = layer.displayed(box)
        image = drawn.image[round(y0 * down) : round(y1 * down), round(x0 * across) : round(x1 * across)]
        raw = RawPage.of(number, image, drawn.dpi)
        upright = prepare(raw, replace(preparation(options), perspective=False))
        grids = ruled_tables(find_lines(upright.gray, upright.dpi))
        if not any(len(g.ys) > LEAST[0] and len(g.xs) > LEAST[1] for g in grids):
            continue
        found = read_prepared(upright, cell_reader(options)).items
        tables = [t for t in found if isinstance(t, PlacedTable) and sum(bool(c.text) for c in t.cells) >= WRITTEN]
        if tables:
            lines = [t for t in found if isinstance(t, TextLine) and len(_NUMBER.findall(t.text)) <= NUMBERS]
            items += [_moved(t, upright.to_displayed, (x0, y0), layer) for t in tables]
            items += [_moved(t, upright.to_displayed, (x0, y0), layer) for t in lines]
    return items


def _within(x: float, y: float, box: BBox) -> bool:
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def _moved(
    item: TextLine | PlacedTable, to_picture: Homography, at: tuple[float, float], layer: PageLayer
) -> TextLine | PlacedTable:
    """Return what was read in a picture at its place on the page."""

    def place(box: BBox) -> BBox:
        x0, y0, x1, y1 = mapped(box, to_picture)
        shown = (x0 + at[0], y0 + at[1], x1 + at[0], y1 + at[1])
        return turned(shown, layer.turn, layer.width, layer.height)

    def moved(cell: RawCell) -> RawCell:
        return cell if cell.bbox is None else replace(cell, bbox=place(cell.bbox))

    if isinstance(item, TextLine):
        return replace(item, bbox=place(item.bbox))
    return replace(item, bbox=place(item.bbox), cells=tuple(moved(c) for c in item.cells))

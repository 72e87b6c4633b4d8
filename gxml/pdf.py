"""PDF to `Document`: page by page, tables in place, the rest as lines.

    read_pdf(path, options) -> Document

A page whose text layer cannot be trusted gives no blocks, `Page.reader` "none" and a note OCR_NEEDED.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from . import pdfguard
from .alignment import find_tables
from .config import Options
from .document import Document, Page, RawCell, SourceNote
from .droppedchars import Rescuer
from .errors import BrokenFileError, EncryptedFileError, TooLargeError, UnsupportedFormatError
from .geometry import BBox, Grid, blank_band, overlap
from .grid import build_grids
from .gridtext import cell_text, put_unread, sort_into_cells
from .lines import TextLine, split_lines, text_lines
from .pagelayer import LOST, Char, PageLayer, Verdict
from .pages import GUTTER, GUTTER_ZONE, MARGIN, PageContent, PlacedTable, assemble
from .pdfnotes import open_fields, with_fields
from .shown import hide_text
from .sources import Opened, identify
from .textlayer import read_layer

if TYPE_CHECKING:
    import pypdfium2

    from .scan_form import Carry

MAX_SIDE = 14_400.0
"""Longest side of a page, points: the limit of the PDF format itself."""
PICTURE = 0.12
"""Share of the page that a picture covers to be worth a look, or a note: it may hold a table."""
WIDE = (0.5, 0.03)
"""A picture that takes this share of the width need cover no more than this: section 四 is wide and low."""
BAR = 2.5
"""A bar through words is thinner and longer, points."""
STRUCK = (0.4, 0.75)
"""Where it crosses them, in heights of their em box from its top: an underline is lower."""
BAR_SLACK = 0.5
"""So much longer than the words it may be at each end, in em."""
MIN_HALF = 80
"""Least number of ideographs on each of two such pages."""


def read_pdf(path: str | os.PathLike[str], options: Options | None = None) -> Document:
    """Read the text layer of a PDF file.

    Args:
        path: The file.
        options: Limits, and the password of an encrypted file.

    Returns:
        The document; tables have origin "rulings" or "alignment". Pages that need OCR are in `pages` and `notes` only.

    Raises:
        InputError: The file is missing, empty, encrypted, damaged, too large, or no PDF.
    """
    options = options or Options()
    return read_opened(identify(path, options), options)


def read_opened(opened: Opened, options: Options) -> Document:
    """Read a PDF file that `sources.identify` loaded; see `read_pdf`."""
    name = opened.path.name
    if opened.kind != "pdf":
        raise UnsupportedFormatError(f"{name}: no PDF file.", hint="Read it with gxml.sources.read_markup_or_text.")
    import pypdfium2

    notes = list(opened.notes)
    pdfguard.check(opened.data, name, options.password)
    try:
        pdf = pypdfium2.PdfDocument(opened.data, password=options.password)
    except (pypdfium2.PdfiumError, ValueError) as error:
        raise _open_error(name, error, options.password) from error
    open_fields(pdf)
    rescuer = Rescuer(opened.data, options.password)
    try:
        count = len(pdf)
        if count > options.max_pages:
            raise TooLargeError(
                f"{name}: {count} pages, the limit is {options.max_pages}.", hint="Raise max_pages if it is one report."
            )
        if count == 0:
            raise BrokenFileError(f"{name}: the PDF has no page.", hint="Download or copy it again.")
        known: dict[int, Carry] = {}
        contents = [_read_page(pdf, i, name, options, notes, rescuer, known) for i in range(count)]
    finally:
        rescuer.close()
        pdf.close()
    if all(c.page.reason == _UNREADABLE for c in contents):
        raise BrokenFileError(f"{name}: no page of the PDF can be read.", hint="Download or copy it again.")
    return assemble(contents, opened, "pdf", notes)


def _open_error(name: str, error: Exception, password: str | None) -> EncryptedFileError | BrokenFileError:
    text = str(error).lower()
    if "password" in text:
        return EncryptedFileError(
            f"{name}: the PDF needs a password." if password is None else f"{name}: the password is wrong.",
            hint="Give it with --password (Options.password).",
        )
    if "security" in text:
        return EncryptedFileError(
            f"{name}: the PDF is encrypted in an unknown way.", hint="Save it without encryption."
        )
    return BrokenFileError(f"{name}: the PDF is cut short or damaged.", hint="Download or copy it again.")


_UNREADABLE = "页面已损坏，无法读取"


def _read_page(
    pdf: pypdfium2.PdfDocument,
    index: int,
    name: str,
    options: Options,
    notes: list[SourceNote],
    rescuer: Rescuer,
    known: dict[int, Carry],
) -> PageContent:
    import pypdfium2

    number = index + 1
    try:
        page = with_fields(pdf, pdf[index], index)
    except pypdfium2.PdfiumError:
        notes.append(SourceNote("BROKEN_PAGE", f"第 {number} 页{_UNREADABLE[2:]}。", number, "error"))
        return PageContent(Page(number, 0.0, 0.0, "none", _UNREADABLE), 0.0, ())
    try:
        width, height = page.get_size()
        if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
            raise TooLargeError(
                f"{name}: page {number} measures {width:g} x {height:g} points.", hint="Is it a report?"
            )
        layer = read_layer(page, options.max_page_objects, lambda: rescuer.page(index))
    except pypdfium2.PdfiumError:
        notes.append(SourceNote("BROKEN_PAGE", f"第 {number} 页{_UNREADABLE[2:]}。", number, "error"))
        return PageContent(Page(number, 0.0, 0.0, "none", _UNREADABLE), 0.0, ())
    except TooLargeError as error:
        if name in error.message:
            raise
        raise TooLargeError(f"{name}, page {number}: {error.message}", hint=error.hint) from error
    finally:
        page.close()
    reason = layer.verdict.reason
    if not layer.verdict.trusted and options.ocr:
        return _scan_page(pdf, index, name, layer.verdict, options, notes, known)
    known.clear()
    if not layer.verdict.trusted:
        notes.append(SourceNote("OCR_NEEDED", f"第 {number} 页需要文字识别（OCR）：{reason}。", number, "error"))
        return PageContent(Page(number, layer.width, layer.height, "none", reason), layer.frame[1], ())
    if layer.dropped:
        message = f"第 {number} 页有 {layer.dropped} 处文字无法提取，页上数据可能不全。"
        notes.append(SourceNote("DROPPED_CHARS", message, number, "error"))
    if layer.rescued:
        message = f"第 {number} 页有 {layer.rescued} 个字符所用字体未嵌入，已改用 pdfplumber 读取。"
        notes.append(SourceNote("DROPPED_CHARS", message, number, "info"))
    if layer.bad:
        message = f"第 {number} 页有 {layer.bad} 个字符没有对应的 Unicode，以“{LOST}”代替。"
        notes.append(SourceNote("UNMAPPED_CHARS", message, number))
    items = page_items(layer)
    if places := _pictures(layer):
        pasted = _pasted(pdf, index, places, layer, options)
        items = sorted([*items, *pasted], key=lambda item: (item.bbox[1], item.bbox[0])) if pasted else items
        if pasted:
            notes.append(SourceNote("OCR", "页上图片中的表格由图片识读（OCR），其余文字取自文字层。", number, "info"))
        else:
            message = f"第 {number} 页有较大的图片，图片中的文字未读取。"
            notes.append(SourceNote("PICTURE", message, number, severity="info"))
    page_ = Page(number, layer.width, layer.height, "text-layer", reason, layer.to_displayed)
    return PageContent(page_, layer.frame[1], tuple(items))


def _pictures(layer: PageLayer) -> list[BBox]:
    """Return the places of large pictures among the text of a page, from top to bottom."""
    width, height = layer.frame
    found = []
    for x0, y0, x1, y1 in layer.pictures:
        across = overlap(x0, x1, 0.0, width)
        area = across * overlap(y0, y1, 0.0, height)
        if area >= (WIDE[1] if across >= WIDE[0] * width else PICTURE) * width * height:
            found.append((max(0.0, x0), max(0.0, y0), min(width, x1), min(height, y1)))
    return sorted(found, key=lambda b: (b[1], b[0]))


def _pasted(
    pdf: pypdfium2.PdfDocument, index: int, places: Sequence[BBox], layer: PageLayer, options: Options
) -> list[TextLine | PlacedTable]:
    """Read the tables in pictures of a page."""
    if not options.ocr:
        return []
    from .pasted import pasted_tables

    page = pdf[index]
    try:
        return pasted_tables(page, places, layer, index + 1, options)
    finally:
        page.close()


def _scan_page(
    pdf: pypdfium2.PdfDocument,
    index: int,
    name: str,
    verdict: Verdict,
    options: Options,
    notes: list[SourceNote],
    known: dict[int, Carry],
) -> PageContent:
    """Read a page from its picture."""
    from .rawpages import render_page
    from .scan import scan_page

    page = pdf[index]
    try:
        if verdict.beneath:
            hide_text(page)
        raw = render_page(page, index + 1, options)
    finally:
        page.close()
    return scan_page(raw, name, verdict.reason, options, notes, known)


def page_items(layer: PageLayer) -> list[TextLine | PlacedTable]:
    """Return the tables and lines of a page in reading order, in the upright frame."""
    layer = _crossed_out(layer)
    points = [((c.x0 + c.x1) / 2, (c.y0 + c.y1) / 2) for c in layer.chars if c.text != " "]
    grids = build_grids(layer.rulings, points)
    if not grids and layer.fills:
        grids = build_grids((*layer.rulings, *layer.fills), points)
    grids = [g for g in grids if len(g.xs) > 2]  # one column is prose in a box
    gutter = _gutter(layer, grids)
    if gutter is None:
        return _items(layer.chars, grids, layer)
    left = [c for c in layer.chars if (c.x0 + c.x1) / 2 < gutter]
    right = [c for c in layer.chars if (c.x0 + c.x1) / 2 >= gutter]
    return [
        *_items(left, [g for g in grids if g.bbox[2] < gutter], layer),
        *_items(right, [g for g in grids if g.bbox[0] >= gutter], layer),
    ]


def _crossed_out(layer: PageLayer) -> PageLayer:
    """Return the layer with U+FFFD for digits that a short bar of their own strikes through: they do not count.

    A program that prints tracked changes draws such bars. Rules of a table are longer than the words beside them.
    """
    bars = [b for b in (*layer.rulings, *layer.fills) if b[3] - b[1] < BAR < b[2] - b[0]]
    if not bars:
        return layer
    at: dict[int, list[int]] = {}
    for i, c in enumerate(layer.chars):
        if c.angle == 0 and c.text != " ":
            height = c.y1 - c.y0
            for y in range(int(c.y0 + STRUCK[0] * height), int(c.y0 + STRUCK[1] * height) + 1):
                at.setdefault(y, []).append(i)
    gone: set[int] = set()
    for x0, y0, x1, y1 in bars:
        run = [i for i in at.get(int((y0 + y1) / 2), ()) if x0 <= (layer.chars[i].x0 + layer.chars[i].x1) / 2 <= x1]
        if not run:
            continue
        slack = BAR_SLACK * max(layer.chars[i].size for i in run)
        if min(layer.chars[i].x0 for i in run) - x0 <= slack and x1 - max(layer.chars[i].x1 for i in run) <= slack:
            gone |= {i for i in run if layer.chars[i].text.isdigit()}
    if not gone:
        return layer
    return replace(layer, chars=tuple(c._replace(text=LOST) if i in gone else c for i, c in enumerate(layer.chars)))


def _items(chars: Sequence[Char], grids: Sequence[Grid], layer: PageLayer) -> list[TextLine | PlacedTable]:
    rest, held = sort_into_cells(chars, grids)
    put_unread(layer, grids, held)
    items: list[TextLine | PlacedTable] = []
    for grid, cells in zip(grids, held, strict=True):
        raw = tuple(
            RawCell(cell_text(inside), cell.row, cell.col, cell.rowspan, cell.colspan, cell.bbox)
            for cell, inside in zip(grid.cells, cells, strict=True)
        )
        if any(c.text for c in raw):
            items.append(PlacedTable(raw, grid.bbox, "rulings"))
    lines = split_lines(rest)
    taken: set[int] = set()
    for table in find_tables(lines):
        items.append(PlacedTable(table.cells, table.bbox, "alignment"))
        taken |= table.lines
    items.extend(text_lines(line for i, line in enumerate(lines) if i not in taken))
    items.sort(key=lambda item: (item.bbox[1], item.bbox[0]))
    return items


def _gutter(layer: PageLayer, grids: Sequence[Grid]) -> float | None:
    """Return where two pages that stand side by side meet, None for an ordinary page.

    Both sides must hold a good deal of text: the labels and the numbers of a table without rulings do not.
    """
    width, height = layer.frame
    if width < height:
        return None
    low, high = GUTTER_ZONE[0] * width, GUTTER_ZONE[1] * width
    body = [c for c in layer.chars if c.text != " " and MARGIN * height <= c.y0 and c.y1 <= (1 - MARGIN) * height]
    spans = [(c.x0, c.x1) for c in body] + [(g.bbox[0], g.bbox[2]) for g in grids]
    middle = blank_band(spans, low, high, GUTTER)
    if middle is None:
        return None
    ideographs = [c.x0 < middle for c in body if "\u3400" <= c.text <= "\u9fff"]
    if min(sum(ideographs), len(ideographs) - sum(ideographs)) < MIN_HALF:
        return None
    return middle

"""PDF to `Document`: page by page, tables in place, the rest as lines.

    read_pdf(path, options) -> Document

A page whose text layer cannot be trusted gives no blocks, `Page.reader` "none" and a note OCR_NEEDED.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from .config import Options
from .document import Block, Document, Line, Page, RawCell, SourceNote, TableOrigin, TextBuilder, add_table
from .errors import BrokenFileError, EmptyFileError, EncryptedFileError, TooLargeError, UnsupportedFormatError
from .geometry import BBox, rounded, union
from .grid import Grid, build_grids
from .sources import Opened, identify
from .textlayer import PICTURE, Char, PageLayer, read_layer

MAX_SIDE = 14_400.0
"""Longest side of a page, points: the limit of the PDF format itself."""
SAME_LINE = 0.45
"""Characters whose baselines differ by less, in em, stand on one line."""
WORD_GAP = 0.3
"""A wider gap beside a letter or digit is a space, in em. Kerning and letter spacing stay below it."""
IDEOGRAPH_GAP = 0.6
"""The same between two ideographs."""
SPACE_GAP = 0.12
"""A space character counts as a space if the gap is at least this wide, in em."""
TAB_GAP = 2.0
"""A wider gap in a line of prose is written as a tab, in em."""
DOUBLE = 0.2
"""The same character again at less than this distance, in em, is the same one printed twice to look bold."""
MARGIN = 0.1
"""Page furniture stands in this share of the page at the top and at the bottom."""
REPEATED = 0.6
"""A line on this share of the pages is a running header or footer."""

_PAGE_NUMBER = re.compile(r"[-—–－―~·•.\s|]*(?:第\s*)?[0-9０-９]{1,3}(?:\s*页)?(?:\s*[/／,，共]+\s*(?:共\s*)?[0-9]{1,3}\s*页?)?[-—–－―~·•.\s|]*")
_DIGITS = re.compile(r"[0-9０-９一二三四五六七八九十]+")


@dataclass(frozen=True, slots=True)
class _TextLine:
    text: str
    bbox: BBox


@dataclass(frozen=True, slots=True)
class _TableBlock:
    cells: tuple[RawCell, ...]
    bbox: BBox
    origin: TableOrigin


@dataclass(frozen=True, slots=True)
class _PageContent:
    page: Page
    layer: PageLayer
    items: tuple[_TextLine | _TableBlock, ...]


def read_pdf(path: str | os.PathLike[str], options: Options | None = None) -> Document:
    """Read the text layer of a PDF file.

    Args:
        path: The file.
        options: Limits, and the password of an encrypted file.

    Returns:
        The document; tables from rulings have origin "rulings". Pages that need OCR are in `pages` and `notes` only.

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
    try:
        pdf = pypdfium2.PdfDocument(opened.data, password=options.password)
    except pypdfium2.PdfiumError as error:
        raise _open_error(name, error, options.password) from error
    try:
        count = len(pdf)
        if count > options.max_pages:
            raise TooLargeError(
                f"{name}: {count} pages, the limit is {options.max_pages}.", hint="Raise max_pages if it is one report."
            )
        if count == 0:
            raise BrokenFileError(f"{name}: the PDF has no page.", hint="Download or copy it again.")
        contents = [_read_page(pdf, i, name, options, notes) for i in range(count)]
    except pypdfium2.PdfiumError as error:
        raise BrokenFileError(f"{name}: the PDF is damaged ({error}).", hint="Download or copy it again.") from error
    finally:
        pdf.close()
    return _assemble(contents, opened, notes)


def _open_error(name: str, error: Exception, password: str | None) -> EncryptedFileError | BrokenFileError:
    text = str(error).lower()
    if "password" in text:
        return EncryptedFileError(
            f"{name}: the PDF needs a password." if password is None else f"{name}: the password is wrong.",
            hint="Give it with --password (Options.password).",
        )
    if "security" in text:
        return EncryptedFileError(f"{name}: the PDF is encrypted in an unknown way.", hint="Save it without encryption.")
    return BrokenFileError(f"{name}: the PDF is cut short or damaged.", hint="Download or copy it again.")


def _read_page(pdf: object, index: int, name: str, options: Options, notes: list[SourceNote]) -> _PageContent:
    number = index + 1
    page = pdf[index]  # type: ignore[index]
    try:
        width, height = page.get_size()
        if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
            raise TooLargeError(
                f"{name}: page {number} measures {width:.0f} x {height:.0f} points.", hint="Is this a report?"
            )
        try:
            layer = read_layer(page, options.max_page_objects)
        except TooLargeError as error:
            raise TooLargeError(f"{name}, page {number}: {error.message}", hint=error.hint) from error
    finally:
        page.close()
    if not layer.verdict.trusted:
        notes.append(
            SourceNote("OCR_NEEDED", f"第 {number} 页需要文字识别（OCR）：{layer.verdict.reason}。", number, "error")
        )
        return _PageContent(Page(number, layer.width, layer.height, "none", layer.verdict.reason), layer, ())
    if layer.dropped:
        notes.append(
            SourceNote("DROPPED_CHARS", f"第 {number} 页有 {layer.dropped} 处文字无法提取，页上数据可能不全。", number)
        )
    if layer.bad:
        notes.append(
            SourceNote("UNMAPPED_CHARS", f"第 {number} 页有 {layer.bad} 个字符没有对应的 Unicode，以“\ufffd”代替。", number)
        )
    if layer.picture >= PICTURE:
        notes.append(
            SourceNote("PICTURE", f"第 {number} 页有较大的图片，图片中的文字未读取。", number, severity="info")
        )
    return _PageContent(
        Page(number, layer.width, layer.height, "text-layer", layer.verdict.reason), layer, tuple(page_items(layer))
    )


def page_items(layer: PageLayer) -> list[_TextLine | _TableBlock]:
    """Return the tables and lines of a page in reading order, in the upright frame."""
    points = [((c.x0 + c.x1) / 2, (c.y0 + c.y1) / 2) for c in layer.chars if c.text != " "]
    grids = build_grids(layer.rulings, points)
    if not grids and layer.fills:
        grids = build_grids((*layer.rulings, *layer.fills), points)
    rest, held = _sort_into_cells(layer.chars, grids)
    items: list[_TextLine | _TableBlock] = []
    for grid, cells in zip(grids, held, strict=True):
        raw = [
            RawCell(cell_text(chars), cell.row, cell.col, cell.rowspan, cell.colspan, cell.bbox)
            for cell, chars in zip(grid.cells, cells, strict=True)
        ]
        if any(c.text for c in raw):
            items.append(_TableBlock(tuple(raw), grid.bbox, "rulings"))
    items.extend(prose_lines(rest))
    items.sort(key=lambda item: (item.bbox[1] + (0 if isinstance(item, _TableBlock) else 0), item.bbox[0]))
    return items


def _sort_into_cells(chars: Sequence[Char], grids: Sequence[Grid]) -> tuple[list[Char], list[list[list[Char]]]]:
    """Give every character to the cell of the smallest grid that its centre is in.

    Returns:
        The characters outside of all grids, and for each grid the characters of each of its cells.
    """
    held: list[list[list[Char]]] = [[[] for _ in g.cells] for g in grids]
    order = sorted(range(len(grids)), key=lambda k: _area(grids[k].bbox))
    finders = [(grids[k].bbox, grids[k].finder(), held[k]) for k in order]
    rest: list[Char] = []
    for char in chars:
        x, y = (char.x0 + char.x1) / 2, (char.y0 + char.y1) / 2
        for (x0, y0, x1, y1), find, cells in finders:
            if x0 <= x <= x1 and y0 <= y <= y1:
                i = find(x, y)
                if i is not None:
                    cells[i].append(char)
                    break
        else:
            rest.append(char)
    return rest, held


def _area(box: BBox) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def cell_text(chars: Sequence[Char]) -> str:
    """Return the text of a cell: its lines from top to bottom, joined by a line end."""
    lines = (join_line(line, tab=" ") for line in split_lines(chars))
    return "\n".join(line for line in lines if line)


def prose_lines(chars: Sequence[Char]) -> list[_TextLine]:
    """Return characters as lines, wide gaps as tabs."""
    found = []
    for line in split_lines(chars):
        text = join_line(line, tab="\t")
        if text:
            box = union((c.x0, c.y0, c.x1, c.y1) for c in line if c.text != " ")
            assert box is not None
            found.append(_TextLine(text, box))
    return found


def split_lines(chars: Sequence[Char]) -> list[list[Char]]:
    """Group characters by baseline, from top to bottom, and sort each line from left to right."""
    lines: list[list[Char]] = []
    mean = 0.0
    for char in sorted(chars, key=lambda c: c.baseline):
        base = char.baseline
        if lines and base - mean <= SAME_LINE * min(char.size, lines[-1][-1].size):
            line = lines[-1]
            line.append(char)
            mean += (base - mean) / len(line)
        else:
            lines.append([char])
            mean = base
    for line in lines:
        line.sort(key=lambda c: c.x0)
    return lines


def join_line(line: Sequence[Char], tab: str) -> str:
    """Join the characters of one line; a space or `tab` is written only where the gap is clearly one.

    Args:
        line: Characters from left to right.
        tab: What a gap wider than `TAB_GAP` becomes.

    Returns:
        The text without leading and trailing blanks.
    """
    parts: list[str] = []
    last: Char | None = None
    space = False
    for char in line:
        if char.text == " ":
            space = True
            continue
        if last is not None:
            em = max(last.size, char.size)
            if char.text == last.text and abs(char.x0 - last.x0) < DOUBLE * em:
                continue
            gap = (char.x0 - last.x1) / em if em else 0.0
            wide = IDEOGRAPH_GAP if _wide(last.text) and _wide(char.text) else WORD_GAP
            if gap > TAB_GAP:
                parts.append(tab)
            elif gap > wide or (space and gap >= SPACE_GAP):
                parts.append(" ")
        parts.append(char.text)
        last = char
        space = False
    return "".join(parts)


def _wide(text: str) -> bool:
    return text[0] >= "\u2e80"


def _assemble(contents: Sequence[_PageContent], opened: Opened, notes: list[SourceNote]) -> Document:
    builder = TextBuilder()
    blocks: list[Block] = []
    furniture = _furniture(contents)
    for p, content in enumerate(contents):
        number = content.page.number
        for i, item in enumerate(content.items):
            if (p, i) in furniture:
                continue
            box = rounded(content.layer.displayed(item.bbox))
            if isinstance(item, _TextLine):
                blocks.append(Line(item.text, builder.line(item.text), number, box))
                continue
            raw = [
                RawCell(c.text, c.row, c.col, c.rowspan, c.colspan, rounded(content.layer.displayed(c.bbox)) if c.bbox else None)
                for c in item.cells
            ]
            blocks.append(add_table(builder, raw, page=number, origin=item.origin, bbox=box))
    text = builder.text()
    pages = tuple(c.page for c in contents)
    if not text.strip() and all(p.reader != "none" for p in pages):
        raise EmptyFileError(f"{opened.path.name}: all pages are blank.", hint="Check that it is the right file.")
    return Document(opened.path.name, opened.sha256, "pdf", text, pages, tuple(blocks), tuple(notes))


def _furniture(contents: Sequence[_PageContent]) -> set[tuple[int, int]]:
    """Return (page index, item index) of page numbers and of headers and footers that repeat."""
    edges: list[tuple[int, int, str, str]] = []
    for p, content in enumerate(contents):
        height = content.layer.frame[1]
        for i, item in enumerate(content.items):
            if isinstance(item, _TextLine):
                top = item.bbox[3] <= MARGIN * height
                if top or item.bbox[1] >= (1 - MARGIN) * height:
                    edges.append((p, i, item.text, "top" if top else "bottom"))
    found = {(p, i) for p, i, text, _ in edges if _PAGE_NUMBER.fullmatch(text)}
    counts = Counter({(key, side) for p, i, text, side in edges for key in [(_DIGITS.sub("#", text))]} and [])
    seen: dict[tuple[str, str], set[int]] = {}
    for p, _, text, side in edges:
        seen.setdefault((_DIGITS.sub("#", text), side), set()).add(p)
    del counts
    least = max(2, REPEATED * len(contents))
    for p, i, text, side in edges:
        if len(seen[(_DIGITS.sub("#", text), side)]) >= least and len(contents) >= 2:
            found.add((p, i))
    return found

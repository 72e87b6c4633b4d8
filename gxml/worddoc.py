"""Word files (.docx): paragraphs and tables in the order of the body, as Word shows them.

The XML is read as it is: merged cells once, inserted text in, deleted, hidden and crossed-out text out, text boxes,
content controls, fields by their result, automatic numbers of headings; no raised mark of a note behind a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from .config import Options
from .document import Block, Document, Line, LineRole, Page, RawCell, SourceNote, TextBuilder, add_table
from .errors import BrokenFileError, TooLargeError
from .numerals import parse_cell
from .plaintext import line_role, split_title
from .tablemarkup import PICTURE, compact
from .wordlists import Numbers
from .wordmarks import has_digit
from .wordparts import Parts
from .wordstyles import Styles
from .wordtext import TextReader, style_of
from .wordtree import GONE, W, blocks, cells_of, columns_before, ink_of, int_of, mark_deleted, rows_of, val_of

if TYPE_CHECKING:
    from lxml.etree import _Element

_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
BLIP = _DRAWING + "blip"
GRAPHIC = _DRAWING + "graphicData"
IMAGE_DATA = "{urn:schemas-microsoft-com:vml}imagedata"
TEXT_PATH = "{urn:schemas-microsoft-com:vml}textpath"
# drawings whose text no run holds
_TEXT_ELSEWHERE = ("/chart", "/diagram", "/lockedCanvas")

MAX_CELLS = 50_000
MAX_DEPTH = 60
"""Nested tables and text boxes deeper than this are no report."""
_EDGES = " \u3000\xa0\t"
# characters of symbol fonts: what they show is known only to the font
_SYMBOLS = re.compile("[\ufffd\uf020-\uf0ff\\s]+")
_IDEOGRAPH = re.compile("[\u4e00-\u9fff]")


def read_docx(data: bytes, name: str, options: Options | None = None) -> Document:
    """Read a Word file.

    Args:
        data: The file.
        name: Its name, for `Document.file` and errors.
        options: Limits; `max_unpacked_bytes` counts here.

    Returns:
        A document whose tables have origin "markup".

    Raises:
        BrokenFileError: Not a zip file, a part is missing or damaged, or the XML cannot be parsed.
        EncryptedFileError: A part is encrypted.
        TooLargeError: It unpacks to more than the limit.
        UnsupportedFormatError: A zip file that is no Word file.
    """
    parts = Parts(data, name, options or Options())
    root = parts.main()
    body = root.find(W + "body")
    if body is None:
        raise BrokenFileError(f"{name}: the Word file has no body.", hint="Open it in Word and save it again.")
    sheet = parts.other("styles")
    styles = Styles(root.find(W + "styles") if sheet is None else sheet)  # Word 2003 keeps them in its one XML file
    texts = TextReader(root, styles, Numbers(parts.other("numbering")))
    reader = _Reader(name, texts, styles.titles)
    reader.blocks_of(body, 0)
    notes = (*_damaged(parts), *_unread(body), *_loose(reader.loose))
    page = Page(1, 0.0, 0.0, "markup", "Word 文档")
    text = reader.builder.text()
    return Document(name, "", "docx", text, (page,), tuple(reader.blocks), notes)


def _damaged(parts: Parts) -> Iterator[SourceNote]:
    for path in parts.damaged:
        text = f"文档的 {path} 部分已损坏，样式（删除线、隐藏文字、上标等）或自动编号可能未识别，请对照原件。"
        yield SourceNote("UNREAD_PART", text, severity="error")


def _unread(body: _Element) -> Iterator[SourceNote]:
    """Say what the file holds that is not read."""
    parts = sum(1 for _ in body.iter(W + "altChunk", W + "subDoc"))
    if parts:
        yield SourceNote("UNREAD_PART", f"文档嵌有 {parts} 个其他格式的部分，未读取。", severity="error")
    objects = sum(1 for _ in body.iter(W + "object"))
    if objects:
        yield SourceNote("UNREAD_PART", f"文档嵌有 {objects} 个对象（如 Excel 表格），其中的文字未读取。")
    pictures = sum(1 for e in body.iter(BLIP, IMAGE_DATA, GRAPHIC, TEXT_PATH) if _shows(e))
    if pictures:
        yield SourceNote("PICTURE", f"文档有 {pictures} 张图片，图片中的文字未读取。", severity="info")


def _loose(boxes: int) -> Iterator[SourceNote]:
    if boxes:
        text = f"表格外有 {boxes} 个只有数字的文本框，可能盖在表格的空格上，请对照原件。"
        yield SourceNote("UNREAD_PART", text)


@dataclass(frozen=True, slots=True)
class _Cell:
    """A cell of a row: its text, an automatic number that is all that it shows, columns, how it is merged down."""

    text: str
    number: str
    span: int
    down: str | None


@dataclass(slots=True)
class _Reader:
    name: str
    texts: TextReader
    titles: set[str]
    builder: TextBuilder = field(default_factory=TextBuilder)
    blocks: list[Block] = field(default_factory=list)
    cells: int = 0
    held: str = ""
    loose: int = 0

    def blocks_of(self, parent: _Element, depth: int) -> None:
        """Write the paragraphs and tables below `parent`."""
        self._check_depth(depth)
        for child in blocks(parent):
            if child.tag == W + "p":
                self.paragraph(child, depth)
            else:
                self._let_go("body")
                self.table(child, depth)
        self._let_go("body")

    def _check_depth(self, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise BrokenFileError(f"{self.name}: tables nested too deep.", hint="Open it in Word and save it again.")

    def paragraph(self, p: _Element, depth: int) -> None:
        """Write a paragraph and the text boxes anchored in it."""
        read = self.texts.read(p)
        self.held += read.text
        if not mark_deleted(p):  # else it runs on into the next
            self._let_go("title" if style_of(p) in self.titles else "body")
        for box in read.boxes:
            self.loose += _is_number(box)
            self.blocks_of(box, depth + 1)

    def _let_go(self, role: LineRole) -> None:
        text, self.held = self.held, ""
        for piece in text.split("\n"):
            self._line(piece.strip(_EDGES), role)

    def _line(self, text: str, role: LineRole) -> None:
        if not text:
            return
        titled = split_title(text) if len(self.blocks) < 20 else None
        if titled and role == "body":
            self.blocks.append(Line(titled[0], self.builder.add(titled[0]), role="meta"))
            self.blocks.append(Line(titled[1], self.builder.add(titled[1]), role="title"))
            self.builder.add("\n")
            return
        if role == "body" and len(self.blocks) < 20:
            role = line_role(text)
        self.blocks.append(Line(text, self.builder.line(text), role=role))

    def table(self, tbl: _Element, depth: int) -> None:
        """Write a table; one that only lays out the page gives its paragraphs and inner tables."""
        self._check_depth(depth)
        rows = [r for r in rows_of(tbl) if not self.texts.is_hidden(r)]
        nested = [t for t in tbl.iter(W + "tbl") if t is not tbl]
        count = [sum(1 for _ in cells_of(r)) for r in rows]
        if max(count, default=0) <= 1 or (nested and _is_layout(tbl, nested, rows)):
            for row in rows:
                for cell in cells_of(row):
                    self.blocks_of(cell, depth + 1)
            return
        cells = self._grid(rows)
        if any(c.text not in ("", PICTURE) for c in cells):
            self.blocks.append(add_table(self.builder, cells, page=1, origin="markup"))

    def _grid(self, rows: list[_Element]) -> list[RawCell]:
        raw: list[RawCell] = []
        open_cells: dict[int, int] = {}  # first column -> index in raw of the cell that is merged downwards
        for r, row in enumerate(rows):
            col = columns_before(row)
            still: dict[int, int] = {}
            counted: list[tuple[int, str]] = []
            for cell in self._row(row):
                text = cell.text
                above = open_cells.get(col) if cell.down == "continue" else None
                if above is not None and raw[above].colspan == cell.span and _hides(raw[above].text, text):
                    raw[above] = replace(raw[above], rowspan=raw[above].rowspan + 1)
                    still[col] = above
                else:
                    if above is not None and has_digit(text):
                        text = f"[{text}]"  # Word does not show it
                    if cell.number and not text:
                        counted.append((len(raw), cell.number))
                    if cell.down is not None:
                        still[col] = len(raw)
                    raw.append(RawCell(text, r, col, 1, cell.span, ink=bool(text)))
                col += cell.span
            last = max((n for n, c in enumerate(raw) if c.row == r and _IDEOGRAPH.search(c.text)), default=-1)
            for n, number in counted:
                if n > last:  # an automatic number in front of the label counts the rows
                    raw[n] = replace(raw[n], text=f"[{number}]", ink=True)
            open_cells = still
        return compact(raw)

    def _row(self, row: _Element) -> list[_Cell]:
        """Return the cells of a row; those merged across, as old files do it, are one."""
        out: list[_Cell] = []
        for element in cells_of(row):
            self.cells += 1
            if self.cells > MAX_CELLS:
                raise TooLargeError(f"{self.name}: more than {MAX_CELLS} table cells.", hint="Is this a report?")
            span, across, down = _merged(element)
            text, number = self._cell_text(element)
            if across == "continue" and out and not text:
                out[-1] = replace(out[-1], span=out[-1].span + span)
                continue
            if across == "continue" and out and has_digit(text):
                text = f"[{text}]"  # Word does not show it
            out.append(_Cell(text, number, span, down))
        return out

    def _cell_text(self, cell: _Element) -> tuple[str, str]:
        """Return the text of a cell, and the automatic number that is all that it shows, "" for none."""
        struck = number = ""
        lines: list[str] = []
        stack = list(reversed(list(blocks(cell))))
        held = ""
        while stack:
            block = stack.pop()
            if block.tag == W + "tbl":
                inner = [
                    b for r in rows_of(block) if not self.texts.is_hidden(r) for c in cells_of(r) for b in blocks(c)
                ]
                stack.extend(reversed(inner))
                continue
            read = self.texts.read(block)
            struck += read.struck
            number = number or read.number
            if mark_deleted(block):
                held += read.text
            else:
                lines.extend((held + read.text).split("\n"))
                held = ""
            stack.extend(b for box in reversed(read.boxes) for b in reversed(list(blocks(box))))
        lines.append(held)
        text = "".join(lines)
        if not text.strip() and any(c.isdigit() for c in struck):
            lines = [f"~~{struck}~~"]  # all of it is crossed out: neither a number nor a blank
        elif (not text.strip() and self._has_picture(cell)) or (text.strip() and _SYMBOLS.fullmatch(text)):
            lines = [PICTURE]  # what the picture shows is not known: no blank
        # a tab parts two numbers, a space would make thousands of them
        stripped = (line.strip(_EDGES).replace("\t", "\n").replace("\xa0", " ") for line in lines)
        return "\n".join(line for line in stripped if line), number

    def _has_picture(self, cell: _Element) -> bool:
        """Tell whether a picture or an embedded object shows in a cell; a drawn line or an empty shape is none."""
        return any(
            not any(a.tag in GONE or (a.tag == W + "r" and self.texts.is_vanished(a)) for a in e.iterancestors())
            for e in cell.iter(BLIP, IMAGE_DATA, W + "object", GRAPHIC, TEXT_PATH)
            if _shows(e)
        )


def _shows(drawing: _Element) -> bool:
    if drawing.tag == GRAPHIC:
        return (drawing.get("uri") or "").endswith(_TEXT_ELSEWHERE)
    return drawing.tag != TEXT_PATH or bool((drawing.get("string") or "").strip())


def _is_number(box: _Element) -> bool:
    """Tell whether a text box shows a number alone, and not that of its page."""
    text = "".join(t.text or "" for t in box.iter(W + "t"))
    counted = next(box.iter(W + "instrText", W + "fldSimple"), None)
    return counted is None and parse_cell(text, whole=True).kind == "number"


def _is_layout(tbl: _Element, nested: list[_Element], rows: list[_Element]) -> bool:
    outermost = [t for t in nested if next(t.iterancestors(W + "tbl"), None) is tbl]
    inner = sum(ink_of(t) for t in outermost)
    filled = sum(1 for r in rows if sum(1 for c in cells_of(r) if ink_of(c) and c.find(f".//{W}tbl") is None) >= 2)
    return inner * 2 >= ink_of(tbl) or filled < 2


def _merged(cell: _Element) -> tuple[int, str | None, str | None]:
    """Return how many columns a cell covers, and how it is merged across and down: "restart", "continue" or None."""
    properties = cell.find(W + "tcPr")
    if properties is None:
        return 1, None, None
    across, down = properties.find(W + "hMerge"), properties.find(W + "vMerge")
    tracked = properties.find(W + "cellMerge")
    merged_down = (down.get(W + "val") or "continue") if down is not None else None
    if tracked is not None:
        merged_down = {"cont": "continue", "rest": "restart"}.get(tracked.get(W + "vMerge") or "")
    return (
        max(1, min(int_of(val_of(properties, "gridSpan"), 1), 100)),
        (across.get(W + "val") or "continue") if across is not None else None,
        merged_down,
    )


def _hides(above: str, below: str) -> bool:
    """Tell whether the lower part of a merged cell is not shown: blank, the same, or a number below a number."""
    if not below.strip() or below == above:
        return True
    return parse_cell(above, whole=True).kind == "number" and has_digit(below)

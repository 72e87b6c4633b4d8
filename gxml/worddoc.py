"""Word files (.docx): paragraphs and tables in the order of the body, as Word shows them.

The XML is read as it is: merged cells once, inserted text in, deleted and crossed-out text out, text boxes, content
controls, fields by their result, automatic numbers of headings; no raised mark of a note behind a number.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .config import Options
from .document import Block, Document, Line, LineRole, Page, RawCell, SourceNote, TextBuilder, add_table
from .errors import BrokenFileError, EncryptedFileError, TooLargeError, UnsupportedFormatError
from .numerals import map_radicals
from .plaintext import line_role, split_title
from .tablemarkup import PICTURE, compact
from .wordlists import Numbers, Styles, W, int_of, num_pr, val_of

if TYPE_CHECKING:
    from lxml.etree import _Element

_STRICT = (
    b"http://purl.oclc.org/ooxml/wordprocessingml/main",
    b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
)
MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
BLIP = "{http://schemas.openxmlformats.org/drawingml/2006/main}blip"
IMAGE_DATA = "{urn:schemas-microsoft-com:vml}imagedata"
M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"

# a raised mark of a note
_NOTE_MARK = re.compile(r"[\[(（〔【]?(?:\d{1,2}|[①-⑳*＊※#☆★△]{1,3}|注\d?)[\])）〕】]?")

MAX_CELLS = 50_000
MAX_DEPTH = 60
"""Nested tables and text boxes deeper than this are no report."""

# w: elements that hold runs or blocks and change nothing
_TRANSPARENT = frozenset(
    W + t
    for t in (
        "ins", "moveTo", "smartTag", "hyperlink", "sdt", "sdtContent", "customXml", "fldSimple", "dir", "bdo", "body",
        "rubyBase", "ruby", "txbxContent",
    )
)  # fmt: skip
# what is no text, or no longer
_GONE = frozenset(
    W + t
    for t in (
        "del", "moveFrom", "instrText", "delText", "delInstrText", "rt", "sdtPr", "sdtEndPr", "pPr", "rPr", "tcPr",
        "tblPr", "trPr",
    )
)  # fmt: skip


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
    parts = _Parts(data, name, options or Options())
    root = parts.main()
    body = root.find(W + "body")
    if body is None:
        raise BrokenFileError(f"{name}: the Word file has no body.", hint="Open it in Word and save it again.")
    reader = _Reader(name, Styles(parts.other("styles.xml")), Numbers(parts.other("numbering.xml")))
    reader.blocks_of(body, 0)
    page = Page(1, 0.0, 0.0, "markup", "Word 文档")
    text = reader.builder.text()
    return Document(name, "", "docx", text, (page,), tuple(reader.blocks), tuple(_unread(body)))


def _unread(body: _Element) -> Iterator[SourceNote]:
    """Say what the file holds that is not read."""
    parts = sum(1 for _ in body.iter(W + "altChunk"))
    if parts:
        yield SourceNote("UNREAD_PART", f"文档嵌有 {parts} 个其他格式的部分，未读取。", severity="error")
    objects = sum(1 for _ in body.iter(W + "object"))
    if objects:
        yield SourceNote("UNREAD_PART", f"文档嵌有 {objects} 个对象（如 Excel 表格），其中的文字未读取。")
    pictures = sum(1 for _ in body.iter(BLIP, IMAGE_DATA))
    if pictures:
        yield SourceNote("PICTURE", f"文档有 {pictures} 张图片，图片中的文字未读取。", severity="info")


class _Parts:
    """The XML parts of the zip file, unpacked within the limit."""

    def __init__(self, data: bytes, name: str, options: Options) -> None:
        self._name = name
        self._left = options.max_unpacked_bytes
        self._limit = options.max_unpacked_bytes
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(data))
            self._infos = {i.filename: i for i in self._archive.infolist()}
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError) as error:
            raise self._broken(error) from error
        found = [n for n in self._infos if re.fullmatch(r"word/document\d*\.xml", n)]
        if not found:
            raise UnsupportedFormatError(f"{name}: a zip file that is no Word file.", hint="Give a DOCX file.")
        self._main = min(found)

    def _broken(self, error: object) -> BrokenFileError:
        return BrokenFileError(
            f"{self._name}: the Word file is damaged ({error}).",
            hint="Download it again, or open it in Word and save it.",
        )

    def main(self) -> _Element:
        return self._parse(self._read(self._main))

    def other(self, part: str) -> _Element | None:
        """Return a part that a document can do without, None where it is missing or damaged."""
        if f"word/{part}" not in self._infos:
            return None
        try:
            return self._parse(self._read(f"word/{part}"))
        except BrokenFileError:
            return None

    def _read(self, part: str) -> bytes:
        info = self._infos[part]
        if info.flag_bits & 0x1:
            raise EncryptedFileError(
                f"{self._name}: the Word file needs a password.", hint="Save it without a password."
            )
        if info.file_size > self._left:
            raise self._too_large()
        try:
            with self._archive.open(info) as stream:
                content = stream.read(self._left + 1)
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            OSError,
            NotImplementedError,
            RuntimeError,
            ValueError,
        ) as error:
            raise self._broken(error) from error
        if len(content) > self._left:
            raise self._too_large()
        self._left -= len(content)
        return content

    def _too_large(self) -> TooLargeError:
        return TooLargeError(
            f"{self._name}: the Word file unpacks to more than {self._limit} bytes.",
            hint="Raise max_unpacked_bytes if this is really a report.",
        )

    def _parse(self, content: bytes) -> _Element:
        from lxml import etree

        content = content.replace(*_STRICT)  # ISO strict files differ in their namespaces only
        parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True, load_dtd=False)
        try:
            return etree.fromstring(content, parser)
        except (etree.XMLSyntaxError, ValueError) as error:
            raise self._broken(error) from error


@dataclass(slots=True)
class _Reader:
    name: str
    styles: Styles
    numbers: Numbers
    builder: TextBuilder = field(default_factory=TextBuilder)
    blocks: list[Block] = field(default_factory=list)
    cells: int = 0
    field_codes: int = 0
    held: str = ""
    struck: str = ""

    def blocks_of(self, parent: _Element, depth: int) -> None:
        """Write the paragraphs and tables below `parent`."""
        self._check_depth(depth)
        for child in _blocks(parent):
            if child.tag == W + "p":
                self.paragraph(child, depth)
            else:
                self.table(child, depth)

    def _check_depth(self, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise BrokenFileError(f"{self.name}: tables nested too deep.", hint="Open it in Word and save it again.")

    def paragraph(self, p: _Element, depth: int) -> None:
        text, boxes = self.paragraph_text(p)
        role: LineRole = "title" if self._style(p) in self.styles.titles else "body"
        if _mark_deleted(p):
            self.held += text  # the paragraph runs on into the next
        else:
            text, self.held = self.held + text, ""
            for piece in text.split("\n"):
                self._line(piece.strip(" \u3000\xa0\t"), role)
        for box in boxes:
            self.blocks_of(box, depth + 1)

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

    def _style(self, p: _Element) -> str:
        properties = p.find(W + "pPr")
        return (val_of(properties, "pStyle") or "") if properties is not None else ""

    def paragraph_text(self, p: _Element) -> tuple[str, list[_Element]]:
        """Return the text of a paragraph with its automatic number, and the text boxes anchored in it."""
        pieces: list[str] = []
        boxes: list[_Element] = []
        self._runs(p, pieces, boxes)
        self.field_codes = 0  # a field code that does not end with its paragraph must not take the rest with it
        text = map_radicals("".join(pieces))
        if text.strip():
            number = self._number(p)
            text = number + (" " if number and text[:1].isdigit() else "") + text
        return text, boxes

    def _number(self, p: _Element) -> str:
        found = num_pr(p.find(W + "pPr"))
        styled = self.styles.numbers.get(self._style(p))
        num_id = found[0] if found and found[0] is not None else (styled[0] if styled else None)
        if num_id is None or num_id == "0":
            return ""
        level = found[1] if found and found[1] is not None else (styled[1] if styled else 0)
        return self.numbers.next(num_id, level)

    def _runs(self, root: _Element, pieces: list[str], boxes: list[_Element]) -> None:
        """Collect the text below a paragraph, without recursion."""
        stack = list(reversed(root))
        while stack:
            e = stack.pop()
            tag = e.tag
            if not isinstance(tag, str) or tag in _GONE:
                continue
            if tag == W + "t" or tag == M + "t":
                if not self.field_codes:
                    pieces.append(e.text or "")
            elif tag == W + "r":
                if _vanished(e):
                    continue
                if _struck(e):
                    self.struck += "".join(t.text or "" for t in e.iter(W + "t"))
                elif not (_raised(e) and _is_note_mark(e, pieces)):
                    stack.extend(reversed(e))
            elif tag == W + "tab" or tag == W + "ptab":
                pieces.append("\t")
            elif tag == W + "br" or tag == W + "cr":
                pieces.append("\n")
            elif tag == W + "noBreakHyphen":
                pieces.append("-")
            elif tag == W + "sym":
                pieces.append(_symbol(e))
            elif tag == W + "fldChar":
                self._field(e.get(W + "fldCharType") or "")
            elif tag == W + "txbxContent":
                boxes.append(e)
            elif tag == MC + "AlternateContent":
                choice, fallback = e.find(MC + "Choice"), e.find(MC + "Fallback")
                picked = choice if choice is not None and _has_text(choice) else fallback
                if picked is not None:
                    stack.extend(reversed(picked))
            else:
                stack.extend(reversed(e))

    def _field(self, kind: str) -> None:
        """Keep track of complex fields: the code between "begin" and "separate" is no text."""
        if kind == "begin":
            self.field_codes += 1
        elif kind in ("separate", "end") and self.field_codes:
            self.field_codes -= 1

    def table(self, tbl: _Element, depth: int) -> None:
        """Write a table; one that only lays out the page gives its paragraphs and inner tables."""
        self._check_depth(depth)
        rows = [r for r in _rows(tbl) if not _row_gone(r)]
        nested = [t for t in tbl.iter(W + "tbl") if t is not tbl]
        count = [sum(1 for _ in _row_cells(r)) for r in rows]
        if max(count, default=0) <= 1 or (nested and self._is_layout(tbl, nested, rows)):
            for row in rows:
                for cell in _row_cells(row):
                    self.blocks_of(cell, depth + 1)
            return
        cells = self._grid(rows)
        if any(c.text not in ("", PICTURE) for c in cells):
            self.blocks.append(add_table(self.builder, cells, page=1, origin="markup"))

    def _is_layout(self, tbl: _Element, nested: list[_Element], rows: list[_Element]) -> bool:
        outermost = [t for t in nested if next(t.iterancestors(W + "tbl"), None) is tbl]
        inner = sum(_ink(t) for t in outermost)
        filled = sum(1 for r in rows if sum(1 for c in _row_cells(r) if _ink(c) and c.find(f".//{W}tbl") is None) >= 2)
        return inner * 2 >= _ink(tbl) or filled < 2

    def _grid(self, rows: list[_Element]) -> list[RawCell]:
        raw: list[RawCell] = []
        open_cells: dict[int, int] = {}  # first column -> index in raw of the cell that is merged downwards
        for r, row in enumerate(rows):
            col = _row_offset(row)
            still: dict[int, int] = {}
            for cell in _row_cells(row):
                self.cells += 1
                if self.cells > MAX_CELLS:
                    raise TooLargeError(f"{self.name}: more than {MAX_CELLS} table cells.", hint="Is this a report?")
                properties = cell.find(W + "tcPr")
                span = 1
                merge: str | None = None
                if properties is not None:
                    span = max(1, min(int_of(val_of(properties, "gridSpan"), 1), 100))
                    v = properties.find(W + "vMerge")
                    merge = (v.get(W + "val") or "continue") if v is not None else None
                text = self._cell_text(cell)
                above = open_cells.get(col) if merge == "continue" else None
                if above is not None and raw[above].colspan == span and (not text or text == raw[above].text):
                    old = raw[above]
                    raw[above] = RawCell(old.text, old.row, old.col, old.rowspan + 1, old.colspan, ink=old.ink)
                    still[col] = above
                else:
                    raw.append(RawCell(text, r, col, 1, span, ink=bool(text)))
                    if merge is not None:
                        still[col] = len(raw) - 1
                col += span
            open_cells = still
        return compact(raw)

    def _cell_text(self, cell: _Element) -> str:
        self.struck = ""
        lines: list[str] = []
        stack = list(reversed(list(_blocks(cell))))
        held = ""
        while stack:
            block = stack.pop()
            if block.tag == W + "tbl":
                inner = [b for r in _rows(block) if not _row_gone(r) for c in _row_cells(r) for b in _blocks(c)]
                stack.extend(reversed(inner))
                continue
            text, boxes = self.paragraph_text(block)
            if _mark_deleted(block):
                held += text
            else:
                lines.extend((held + text).split("\n"))
                held = ""
            stack.extend(b for box in reversed(boxes) for b in reversed(list(_blocks(box))))
        lines.append(held)
        if not "".join(lines).strip() and any(c.isdigit() for c in self.struck):
            lines = [f"~~{self.struck}~~"]  # all of it is crossed out: neither a number nor a blank
        if not "".join(lines).strip() and _has_picture(cell):
            lines = [PICTURE]  # what the picture shows is not known: no blank
        # a tab parts two numbers, a space would make thousands of them
        stripped = (line.strip(" \u3000\xa0\t").replace("\t", "\n").replace("\xa0", " ") for line in lines)
        return "\n".join(line for line in stripped if line)


def _blocks(parent: _Element) -> Iterator[_Element]:
    """Yield w:p and w:tbl below `parent` in order, through content controls and tracked moves."""
    stack = list(reversed(parent))
    while stack:
        e = stack.pop()
        if e.tag == W + "p" or e.tag == W + "tbl":
            yield e
        elif e.tag in _TRANSPARENT:
            stack.extend(reversed(e))
        elif e.tag == MC + "AlternateContent":
            choice, fallback = e.find(MC + "Choice"), e.find(MC + "Fallback")
            picked = choice if choice is not None and _has_text(choice) else fallback
            if picked is not None:
                stack.extend(reversed(picked))


def _rows(tbl: _Element) -> Iterator[_Element]:
    stack = list(reversed(tbl))
    while stack:
        e = stack.pop()
        if e.tag == W + "tr":
            yield e
        elif e.tag in _TRANSPARENT:
            stack.extend(reversed(e))


def _row_cells(row: _Element) -> Iterator[_Element]:
    stack = list(reversed(row))
    while stack:
        e = stack.pop()
        if e.tag == W + "tc":
            properties = e.find(W + "tcPr")
            if properties is None or properties.find(W + "cellDel") is None:
                yield e
        elif e.tag in _TRANSPARENT:
            stack.extend(reversed(e))


def _row_gone(row: _Element) -> bool:
    properties = row.find(W + "trPr")
    return properties is not None and (_on(properties.find(W + "hidden")) or properties.find(W + "del") is not None)


def _row_offset(row: _Element) -> int:
    properties = row.find(W + "trPr")
    return max(0, min(int_of(val_of(properties, "gridBefore"), 0), 100)) if properties is not None else 0


def _vanished(run: _Element) -> bool:
    properties = run.find(W + "rPr")
    return properties is not None and _on(properties.find(W + "vanish"))


def _struck(run: _Element) -> bool:
    """Tell whether a run is crossed out: what its author took back, and Word shows with a line through it."""
    properties = run.find(W + "rPr")
    return properties is not None and (_on(properties.find(W + "strike")) or _on(properties.find(W + "dstrike")))


def _raised(run: _Element) -> bool:
    properties = run.find(W + "rPr")
    return properties is not None and val_of(properties, "vertAlign") == "superscript"


def _is_note_mark(run: _Element, before: list[str]) -> bool:
    """Tell whether a raised run is the mark of a note behind a number (12 with a small 1), no digit of it."""
    text = "".join(t.text or "" for t in run.iter(W + "t"))
    last = next((p[-1] for p in reversed(before) if p), "")
    return (last.isdigit() or last == ")") and _NOTE_MARK.fullmatch(text.strip()) is not None


def _on(toggle: _Element | None) -> bool:
    return toggle is not None and (toggle.get(W + "val") or "1").lower() not in ("0", "false", "off")


def _mark_deleted(p: _Element) -> bool:
    mark = p.find(f"{W}pPr/{W}rPr")
    return mark is not None and (mark.find(W + "del") is not None or mark.find(W + "moveFrom") is not None)


def _symbol(e: _Element) -> str:
    try:
        code = int(e.get(W + "char") or "", 16)
    except ValueError:
        return ""
    if 0xF000 <= code <= 0xF0FF:  # a symbol font: what it shows is known only to the font
        return "\ufffd"
    return chr(code) if 0x20 <= code < 0xD800 else "\ufffd"


def _has_picture(cell: _Element) -> bool:
    """Tell whether a picture or an embedded object shows in a cell; a drawn line or an empty shape is none."""
    return any(
        not any(a.tag in _GONE or (a.tag == W + "r" and _vanished(a)) for a in e.iterancestors())
        for e in cell.iter(BLIP, IMAGE_DATA, W + "object")
    )


def _has_text(e: _Element) -> bool:
    return any((t.text or "").strip() for t in e.iter(W + "t"))


def _ink(e: _Element) -> int:
    return sum(len((t.text or "").strip()) for t in e.iter(W + "t"))

"""Web pages: lines of prose as a browser breaks them, and tables with their merged cells once.

Saved pages of government sites are nested layout tables, Word-pasted markup (one character a span, <o:p>,
unclosed <p>) and wrong spans; all of that is read as a browser would show it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .document import (
    Block,
    Document,
    Line,
    LineRole,
    Page,
    RawCell,
    SourceNote,
    TextBuilder,
    add_table,
)
from .errors import BrokenFileError
from .plaintext import decode, line_role, split_title

if TYPE_CHECKING:
    from lxml.etree import _Element

MAX_COLSPAN = 100
MAX_ROWSPAN = 1000
MAX_CELLS = 50_000

_DROPPED = frozenset(
    {
        "script",
        "style",
        "template",
        "noscript",
        "iframe",
        "object",
        "embed",
        "svg",
        "math",
        "canvas",
        "audio",
        "video",
        "map",
        "select",
        "option",
        "textarea",
        "button",
        "head",
        "datalist",
        "frameset",
    }
)
_BLOCKS = frozenset(
    {
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "caption",
        "center",
        "dd",
        "details",
        "dialog",
        "dir",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hgroup",
        "hr",
        "html",
        "legend",
        "li",
        "main",
        "menu",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
        "ucapcontent",
    }
)
_HIDDEN = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all)", re.I)
_BLANKS = re.compile(r"[ \t\n\r\f\xa0]+")
_REPORT_TITLE = re.compile(r"年\s*度?\s*报\s*告|年\s*报")
_HEADING = re.compile(
    r"\s*(?:[一二三四五六七八九十]+\s*、|[（(][一二三四五六七八九十]+[）)]|第[一二三四五六七八九十]+[章节条])"
)
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.I)
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_TITLE_CLASS = re.compile(r"(?:^|[\s_-])(?:\w*title|bt|biaoti)(?:$|[\s_-])", re.I)
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")


def read_html(data: bytes, name: str) -> Document:
    """Read a web page.

    Args:
        data: The file.
        name: Its name, for `Document.file`.

    Returns:
        A document whose tables have origin "markup"; <title> and <h1> lines have the role "title".

    Raises:
        BrokenFileError: No element can be parsed.
    """
    match = _CHARSET.search(data[:4096])
    declared = match[1].decode("ascii", "replace").lower() if match else None
    decoded = decode(data, {"gb2312": "gb18030", "gbk": "gb18030"}.get(declared or "", declared))
    return _build(decoded.text, name, decoded.notes, f"网页，{decoded.encoding}")


def read_mhtml(data: bytes, name: str) -> Document:
    """Read a web archive (.mht): the first HTML part in it.

    Raises:
        BrokenFileError: There is no HTML part.
    """
    import email
    import email.policy

    message = email.message_from_bytes(data.lstrip(), policy=email.policy.compat32)
    for part in message.walk():
        if part.get_content_type() == "text/html":
            payload = part.get_payload(decode=True)
            if isinstance(payload, bytes) and payload.strip():
                charset = part.get_content_charset()
                declared = {"gb2312": "gb18030", "gbk": "gb18030"}.get(charset or "", charset)
                decoded = decode(payload, declared)
                return _build(decoded.text, name, decoded.notes, f"网页存档，{decoded.encoding}")
    raise BrokenFileError(f"{name}: a web archive without a page in it.", hint="Save the page as HTML.")


def _build(markup: str, name: str, notes: tuple[SourceNote, ...], reason: str) -> Document:
    root = _parse(markup, name)
    writer = _Writer()
    for text in _page_titles(root):
        writer.title(text)
    _walk(root, writer)
    writer.flush()
    page = Page(1, 0.0, 0.0, "markup", reason)
    return Document(name, "", "html", writer.builder.text(), (page,), tuple(writer.blocks), notes)


def _parse(markup: str, name: str) -> _Element:
    from lxml import etree, html

    markup = _CONTROL.sub("", _XML_DECLARATION.sub("", markup))
    # huge_tree: unclosed <font> and <span> nest deeper than the 256 levels after which the parser drops the rest
    parser = html.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        root = html.document_fromstring(markup.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError, AssertionError) as error:
        raise BrokenFileError(f"{name}: no web page in it ({error}).", hint="Save the page again.") from error
    return root


def _page_titles(root: _Element) -> Iterator[str]:
    """Yield what the head says the page is called."""
    seen: set[str] = set()
    for element in root.iter("title", "meta"):
        if element.tag == "title":
            text = "".join(map(str, element.itertext()))
        elif (element.get("name") or "").lower() == "articletitle":
            text = element.get("content") or ""
        else:
            continue
        text = " ".join(text.replace("\xa0", " ").split())
        if text and text not in seen:
            seen.add(text)
            yield text
        if len(seen) >= 2:
            return


@dataclass(slots=True)
class _Writer:
    """Collects inline text into lines, as a browser does, and writes lines and tables into the document."""

    builder: TextBuilder = field(default_factory=TextBuilder)
    blocks: list[Block] = field(default_factory=list)
    _pending: list[str] = field(default_factory=list)
    _role: LineRole = "body"

    def title(self, text: str) -> None:
        """Write a line of the role "title"."""
        self.blocks.append(Line(text, self.builder.line(text), role="title"))

    def inline(self, text: str) -> None:
        """Add text to the line that is being built."""
        self._pending.append(text)

    def flush(self, role: LineRole = "body") -> None:
        """End the line."""
        if not self._pending:
            return
        lines = tidy_lines("".join(self._pending))
        self._pending.clear()
        for text in lines:
            if not text:
                continue
            titled = split_title(text)
            if titled and role == "body":
                self.blocks.append(Line(titled[0], self.builder.add(titled[0]), role="meta"))
                self.blocks.append(Line(titled[1], self.builder.add(titled[1]), role="title"))
                self.builder.add("\n")
                continue
            given = role if role != "body" else line_role(text)
            if given == "title" and _HEADING.match(text):
                given = "body"
            self.blocks.append(Line(text, self.builder.line(text), role=given))

    def table(self, cells: list[RawCell]) -> None:
        """End the line and write a table."""
        self.flush()
        self.blocks.append(add_table(self.builder, cells, page=1, origin="markup"))


def tidy_lines(text: str) -> list[str]:
    """Collapse white space as browsers do; U+001E is a forced line break, and ends of lines are stripped."""
    return [_BLANKS.sub(" ", part).strip(" \u3000\u2003\u2002\u200b\ufeff") for part in text.split("\x1e")]


def _walk(root: _Element, writer: _Writer) -> None:
    """Write everything below `root`, without recursion (Word-pasted markup nests hundreds of levels deep)."""
    stack: list[tuple[_Element, bool]] = [(root, True)]
    roles: list[tuple[_Element, LineRole]] = []
    while stack:
        element, entering = stack.pop()
        tag = element.tag if isinstance(element.tag, str) else ""
        if not entering:
            if _is_block(tag):
                writer.flush(roles[-1][1] if roles else "body")
            if roles and roles[-1][0] is element:
                writer.flush(roles.pop()[1])
            if element is not root and element.tail:
                writer.inline(element.tail)
            continue
        if not tag or tag in _DROPPED or is_hidden(element):
            if element is not root and element.tail:
                writer.inline(element.tail)
            continue
        if tag == "br":
            writer.inline("\x1e")
            if element.tail:
                writer.inline(element.tail)
            continue
        if tag == "table":
            cells = _data_table(element)
            if cells is not None:
                writer.flush(roles[-1][1] if roles else "body")
                for caption in element.iterchildren("caption"):
                    writer.inline(_subtree_text(caption))
                    writer.flush()
                if cells:
                    writer.table(cells)
                if element.tail and element is not root:
                    writer.inline(element.tail)
                continue
        if _is_block(tag):
            writer.flush(roles[-1][1] if roles else "body")
        if _is_title(element, tag):
            writer.flush(roles[-1][1] if roles else "body")
            roles.append((element, "title"))
        stack.append((element, False))
        if element.text:
            writer.inline(element.text)
        # children are pushed so that the first is popped first; their tails are written when they are left
        stack.extend((child, True) for child in reversed(element))


def _is_block(tag: str) -> bool:
    return tag in _BLOCKS


def _is_title(element: _Element, tag: str) -> bool:
    if tag in ("h1", "ucaptitle"):
        return True
    if tag in ("div", "p", "h2", "h3", "span", "td"):
        marker = f"{element.get('class') or ''} {element.get('id') or ''}"
        if marker.strip() and _TITLE_CLASS.search(marker):
            text = "".join(map(str, element.itertext()))
            return len(text) < 200 and bool(_REPORT_TITLE.search(text))
    return False


def is_hidden(element: _Element) -> bool:
    """Tell whether markup says that an element is not shown."""
    if element.get("hidden") is not None:
        return True
    if element.tag == "input":
        return True
    style = element.get("style")
    return bool(style and _HIDDEN.search(style))


def _subtree_text(root: _Element, skip: frozenset[str] = frozenset()) -> str:
    """Return the text of an element, blocks and <br> as U+001E, hidden parts left out."""
    parts: list[str] = []
    stack: list[tuple[_Element, bool]] = [(root, True)]
    while stack:
        element, entering = stack.pop()
        tag = element.tag if isinstance(element.tag, str) else ""
        if entering:
            if not tag or tag in _DROPPED or tag in skip or (element is not root and is_hidden(element)):
                if element is not root:
                    parts.append(element.tail or "")
                continue
            if tag == "br":
                parts.append("\x1e" + (element.tail or ""))
                continue
            if tag in _BLOCKS:
                parts.append("\x1e")
            parts.append(element.text or "")
            stack.append((element, False))
            stack.extend((child, True) for child in reversed(element))
        else:
            if tag in _BLOCKS:
                parts.append("\x1e")
            if element is not root:
                parts.append(element.tail or "")
    return "".join(parts)


def _rows(table: _Element) -> list[list[_Element]]:
    """Return the cells of a table row by row, nested tables not entered; thead first and tfoot last."""
    groups: dict[str, list[list[_Element]]] = {"thead": [], "tbody": [], "tfoot": []}
    stack: list[tuple[_Element, str]] = [(child, "tbody") for child in reversed(table)]
    loose: list[_Element] = []
    while stack:
        element, group = stack.pop()
        tag = element.tag
        if not isinstance(tag, str) or tag == "table" or tag == "caption" or is_hidden(element):
            continue
        if tag in ("td", "th"):  # without a row
            if not loose:
                groups[group].append(loose)
            loose.append(element)
            continue
        loose = []
        if tag == "tr":
            groups[group].append(_cells(element))
        elif tag in groups:
            stack.extend((child, tag) for child in reversed(element))
        elif tag not in _DROPPED:
            stack.extend((child, group) for child in reversed(element))
    return groups["thead"] + groups["tbody"] + groups["tfoot"]


def _cells(row: _Element) -> list[_Element]:
    found: list[_Element] = []
    stack = list(reversed(row))
    while stack:
        element = stack.pop()
        if not isinstance(element.tag, str) or element.tag == "table" or is_hidden(element):
            continue
        if element.tag in ("td", "th"):
            found.append(element)
        elif element.tag not in _DROPPED:
            stack.extend(reversed(element))
    return found


def _data_table(table: _Element) -> list[RawCell] | None:
    """Return the cells of a table that holds data, [] for an empty one, None for one that only lays out the page."""
    rows = _rows(table)
    if sum(len(r) for r in rows) > MAX_CELLS:
        return None
    nested = next((t for t in table.iter("table") if t is not table), None)
    if nested is not None:
        inner = sum(_ink(t) for t in table.iter("table") if t is not table and _outermost(t, table))
        total = _ink(table)
        filled = [r for r in rows if sum(1 for c in r if _ink(c) and c.find(".//table") is None) >= 2]
        if inner * 2 >= total or len(filled) < 2:
            return None
    if all(len(r) <= 1 for r in rows):
        return None  # one column: paragraphs in boxes
    placed = place_cells(
        [
            [
                (tidy_cell(_subtree_text(c)), _span(c, "colspan", MAX_COLSPAN), _span(c, "rowspan", MAX_ROWSPAN))
                for c in row
            ]
            for row in rows
        ]
    )
    return placed if any(c.text for c in placed) else []


def _outermost(inner: _Element, table: _Element) -> bool:
    parent = inner.getparent()
    while parent is not None and parent.tag != "table":
        parent = parent.getparent()
    return parent is table


def _ink(element: _Element) -> int:
    return len("".join(_subtree_text(element).split()))


def tidy_cell(text: str) -> str:
    """Return the text of a cell: white space collapsed, empty lines dropped, lines joined by a line end."""
    return "\n".join(line for line in tidy_lines(text) if line)


def _span(cell: _Element, name: str, most: int) -> int:
    match = re.match(r"\s*\+?(\d{1,6})", cell.get(name) or "")
    value = int(match[1]) if match else 1
    if value == 0:
        return most if name == "rowspan" else 1  # rowspan=0: to the end of the group
    return min(value, most)


def place_cells(rows: list[list[tuple[str, int, int]]]) -> list[RawCell]:
    """Give cells their places in the grid, as the HTML table model does.

    Args:
        rows: For each row its cells as (text, colspan, rowspan).

    Returns:
        The cells; spans are cut where the table ends or where another cell stands, and grid columns and rows in
        which no cell begins are dropped.
    """
    taken: list[set[int]] = [set() for _ in rows]
    raw: list[RawCell] = []
    for r, row in enumerate(rows):
        col = 0
        for text, colspan, rowspan in row:
            while col in taken[r]:
                col += 1
            width = 1
            while width < colspan and col + width not in taken[r]:
                width += 1
            height = min(rowspan, len(rows) - r)
            for down in range(1, height):
                if taken[r + down] & set(range(col, col + width)):
                    height = down
                    break
            for down in range(height):
                taken[r + down].update(range(col, col + width))
            raw.append(RawCell(text, r, col, height, width, ink=bool(text)))
            col += width
    return compact(raw)


def compact(raw: list[RawCell]) -> list[RawCell]:
    """Drop grid columns and rows in which no cell begins; they hold nothing and come from wrong spans."""
    cols = {c: i for i, c in enumerate(sorted({cell.col for cell in raw}))}
    rows = {r: i for i, r in enumerate(sorted({cell.row for cell in raw}))}

    def reach(start: int, length: int, known: dict[int, int]) -> int:
        return sum(1 for k in range(start, start + length) if k in known)

    return [
        RawCell(
            c.text,
            rows[c.row],
            cols[c.col],
            reach(c.row, c.rowspan, rows),
            reach(c.col, c.colspan, cols),
            c.bbox,
            c.ink,
        )
        for c in raw
    ]

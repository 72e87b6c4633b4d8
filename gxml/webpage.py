"""Web pages: lines of prose as a browser breaks them, and tables with their merged cells once.

Saved pages of government sites are nested layout tables, Word-pasted markup (one character a span, <o:p>,
unclosed <p>) and wrong spans; all of that is read as a browser would show it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from .document import Block, Document, Line, LineRole, Page, RawCell, SourceNote, TextBuilder, add_table
from .errors import BrokenFileError
from .plaintext import Decoded, decode, line_role, split_title
from .tablemarkup import (
    BLOCKS,
    BREAK,
    DROPPED,
    data_table,
    merge_inline,
    subtree_text,
    tidy_lines,
    value_of,
)
from .unseen import drop_unseen

if TYPE_CHECKING:
    from lxml.etree import _Element

_REPORT_TITLE = re.compile(r"年\s*度?\s*报\s*告|年\s*报")
_HEADING = re.compile(
    r"\s*(?:[一二三四五六七八九十]+\s*、|[（(][一二三四五六七八九十]+[）)]|第[一二三四五六七八九十]+[章节条])"
)
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.I)
_WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "gb_2312-80": "gb18030", "x-gbk": "gb18030"}
_XML_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")
_TITLE_CLASS = re.compile(r"(?:^|[\s_-])(?:\w*title|bt|biaoti)(?:$|[\s_-])", re.I)
_TITLE_TAGS = frozenset(("div", "p", "h2", "h3", "span", "td"))
MAX_TITLE = 200
"""A longer text is no title, characters."""
_INLINE = re.compile(r"</?(?:font|span|b|i|u|strong|em|a|small|big|o:\w+|st1:\w+)(?:\s[^<>]*)?>", re.I)
_CONTROL = bytes((*range(9), 11, *range(14, 32), 127))


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
    decoded = decode(data, _WIDER.get(declared or "", declared))
    return _build(decoded.text, name, decoded.notes, f"网页，{decoded.encoding}")


def read_mhtml(data: bytes, name: str) -> Document:
    """Read a web archive (.mht): the HTML part in it with the most table cells, the first of equals.

    Raises:
        BrokenFileError: There is no HTML part.
    """
    import email
    import email.policy

    message = email.message_from_bytes(data.lstrip(), policy=email.policy.compat32)
    pages: list[Decoded] = []
    for part in message.walk():
        if part.get_content_type() == "text/html":
            payload = part.get_payload(decode=True)
            if isinstance(payload, bytes) and payload.strip():
                charset = part.get_content_charset()
                pages.append(decode(payload, _WIDER.get(charset or "", charset)))
    if not pages:
        raise BrokenFileError(f"{name}: a web archive without a page in it.", hint="Save the page as HTML.")
    decoded = max(pages, key=lambda p: p.text.lower().count("<td"))
    return _build(decoded.text, name, decoded.notes, f"网页存档，{decoded.encoding}")


def _build(markup: str, name: str, notes: tuple[SourceNote, ...], reason: str) -> Document:
    declaration = _XML_DECLARATION.match(markup)
    markup = markup[declaration.end() :] if declaration else markup
    root, whole = _parse(markup, name)
    if not whole:  # inline elements never closed: they say nothing about structure
        root, whole = _parse(_INLINE.sub("", markup), name)
    if not whole:
        notes = (*notes, SourceNote("TRUNCATED", "网页元素嵌套过深，其后内容未能读取。", severity="error"))
    writer = _Writer()
    for text in _page_titles(root):
        writer.title(text)
    drop_unseen(root)
    spans = cast("list[_Element]", root.xpath("//span[@class or @id]"))
    merge_inline(root, *(() if any(_is_title(s, "span") for s in spans) else ("span",)))
    if root.tag not in DROPPED:
        _walk(root, writer)
    writer.flush()
    page = Page(1, 0.0, 0.0, "markup", reason)
    return Document(name, "", "html", writer.builder.text(), (page,), tuple(writer.blocks), notes)


def _parse(markup: str, name: str) -> tuple[_Element, bool]:
    """Return the root element, and whether the parser got to the end."""
    from lxml import etree

    # huge_tree: unclosed <font> and <span> nest deeper than the 256 levels after which the parser drops the rest
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(markup.encode("utf-8", "replace").translate(None, _CONTROL), parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError, AssertionError) as error:
        raise BrokenFileError(f"{name}: no web page in it ({error}).", hint="Save the page again.") from error
    if root is None:
        raise BrokenFileError(f"{name}: no web page in it.", hint="Save the page again.")
    return root, all(e.type_name != "ERR_RESOURCE_LIMIT" for e in parser.error_log)


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


def _walk(root: _Element, writer: _Writer) -> None:
    """Write everything below `root`, without recursion (Word-pasted markup nests hundreds of levels deep)."""
    from lxml import etree

    titles: list[_Element] = []
    walker = etree.iterwalk(root, events=("start", "end"))
    for event, element in walker:
        tag = element.tag
        role: LineRole = "title" if titles else "body"
        if event == "end":
            title = bool(titles) and titles[-1] is element
            if title or tag in BLOCKS:
                writer.flush(role)
            if title:
                titles.pop()
            if element.tail and element is not root:
                writer.inline(element.tail)
        elif tag == "br":
            writer.inline(BREAK)
        elif tag == "input":
            writer.inline(value_of(element))
        elif tag == "table" and (cells := data_table(element)) is not None:
            writer.flush(role)
            for caption in element.iterchildren("caption"):
                writer.inline(subtree_text(caption))
                writer.flush()
            if cells:
                writer.table(cells)
            walker.skip_subtree()
        else:
            title = _is_title(element, tag)
            if title or tag in BLOCKS:
                writer.flush(role)
            if title:
                titles.append(element)
            if element.text:
                writer.inline(element.text)


def _is_title(element: _Element, tag: str) -> bool:
    if tag in ("h1", "ucaptitle"):
        return True
    if tag in _TITLE_TAGS and (element.get("class") or element.get("id")):
        marker = f"{element.get('class') or ''} {element.get('id') or ''}"
        if _TITLE_CLASS.search(marker):
            text = subtree_text(element)
            return len(text) < MAX_TITLE and bool(_REPORT_TITLE.search(text))
    return False

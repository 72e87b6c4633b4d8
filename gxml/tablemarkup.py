"""Tables of markup: cells of HTML to places in a grid, as a browser places them, and the text in them.

Word files use `compact` too: their grids have the same empty columns.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from .document import RawCell
from .numerals import map_radicals
from .stackedcells import unstack

if TYPE_CHECKING:
    from lxml.etree import _Element

MAX_COLSPAN = 100
MAX_ROWSPAN = 1000
MAX_CELLS = 50_000
LONG_CELL = 400
"""A cell with more ink than this, in characters, is a column of the page and no cell of a table."""
BREAK = "\x1e"
"""A forced line break in collected text."""

DROPPED = frozenset(
    (
        "script", "style", "template", "noscript", "iframe", "object", "embed", "svg", "math", "canvas", "audio",
        "video", "map", "select", "button", "textarea", "head", "datalist", "frameset", "xml", "colgroup", "col",
    )
)  # fmt: skip
BLOCKS = frozenset(
    (
        "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "dir",
        "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6",
        "header", "hgroup", "hr", "html", "legend", "li", "main", "menu", "nav", "ol", "p", "pre", "section",
        "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul", "ucapcontent",
    )
)  # fmt: skip
INLINE = ("font", "b", "strong", "i", "u", "em", "big", "small", "sub", "sup", "o:p")
"""Elements that say nothing about lines, tables or titles."""
_BLANKS = re.compile(r"[ \t\n\r\f\xa0]+")
# Between ideographs a line end of the source is no space; elsewhere it is.
_FOLD = re.compile("(?<=[\u2e80-\uffef])[ \t]*\n[ \t\n]*(?=[\u2e80-\uffef])")
_EDGES = " \u3000\u2003\u2002\u200b\ufeff"
PICTURE = "\ufffc"
"""What stands in a cell with a picture and no text."""
_SPACER = re.compile(r"spacer|blank|pixel|transp|space\.|clear\.", re.I)
_INK = re.compile(r"[\u4e00-\u9fff0-9]")
_VISIBLE_INPUTS = ("", "text", "number", "tel")
_BUTTONS = ("button", "submit", "reset")


class MarkupCell(NamedTuple):
    """A cell as the markup has it: its text and spans."""

    text: str
    colspan: int
    rowspan: int


def merge_inline(root: _Element, *tags: str) -> None:
    """Give the text of `INLINE` elements, and of those with other tags, to the elements that they stand in.

    Word-pasted markup has several of them for each character.
    """
    from lxml import etree

    etree.strip_tags(root, *INLINE, *tags)


def tidy_lines(text: str) -> list[str]:
    """Collapse white space as browsers do; `BREAK` is a forced line break, and ends of lines are stripped."""
    if not text:
        return [""]
    text = map_radicals(text)
    if "\n" in text:
        text = _FOLD.sub("", text.replace("\r", ""))
    return [part.strip(_EDGES) for part in _BLANKS.sub(" ", text).split(BREAK)]


@lru_cache(maxsize=4_096)
def tidy_cell(text: str) -> str:
    """Return the text of a cell: white space collapsed, empty lines dropped, lines joined by a line end."""
    return "\n".join(line for line in tidy_lines(text) if line)


def value_of(element: _Element) -> str:
    """Return what a form field shows."""
    kind = (element.get("type") or "").lower()
    value = element.get("value") or ""
    return value if kind in _VISIBLE_INPUTS or (kind in _BUTTONS and value.strip().isdigit()) else ""


def subtree_text(root: _Element) -> str:
    """Return the text of an element, with `BREAK` around blocks and for <br>."""
    if not len(root):
        return root.text or ""
    parts: list[str] = []
    # an element is entered; a string is what is left to write behind its children
    stack: list[_Element | str] = [root]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            parts.append(item)
            continue
        tag = item.tag
        tail = (item.tail or "") if item is not root else ""
        if tag == "br":
            parts.append(BREAK + tail)
        elif tag == "input":
            parts.append(value_of(item) + tail)
        else:
            edge = BREAK if tag in BLOCKS else ""
            parts.append(edge + (item.text or ""))
            stack.append(edge + tail)
            stack.extend(reversed(item))
    return "".join(parts)


def ink_of(element: _Element) -> int:
    """Return the number of characters in an element, white space not counted."""
    return len("".join(subtree_text(element).replace(BREAK, " ").split()))


def data_table(table: _Element) -> list[RawCell] | None:
    """Read a <table>.

    Returns:
        The cells of a table that holds data, [] for an empty one, None for one that only lays out the page.
    """
    groups = _rows(table)
    rows = [r for g in groups for r in g]
    if sum(len(r) for r in rows) > MAX_CELLS or all(len(r) <= 1 for r in rows):
        return None  # one column: paragraphs in boxes
    nested = [t for t in table.iter("table") if t is not table]
    if nested:
        inner = sum(ink_of(t) for t in nested if next(t.iterancestors("table"), None) is table)
        filled = sum(1 for r in rows if sum(1 for c in r if ink_of(c) and c.find(".//table") is None) >= 2)
        if inner * 2 >= ink_of(table) or filled < 2:
            return None
    read: list[list[MarkupCell]] = []
    pictures = table.find(".//img") is not None
    for n, row in enumerate(rows):
        cells = [
            MarkupCell(tidy_cell(subtree_text(c)), _span(c, "colspan", MAX_COLSPAN), _span(c, "rowspan", MAX_ROWSPAN))
            for c in row
        ]
        if any(len(c.text) > LONG_CELL for c in cells):
            return None
        # a row of nothing but pictures is a header, unless it is the last
        if pictures and (any(_INK.search(c.text) for c in cells) or 0 < n == len(rows) - 1):
            cells = [
                c._replace(text=PICTURE) if not c.text and _has_picture(e) else c
                for c, e in zip(cells, row, strict=True)
            ]
        read.append(cells)
    placed = place_cells(*unstack(read, [len(g) for g in groups]))
    return placed if any(c.text for c in placed) else []


def _has_picture(cell: _Element) -> bool:
    """Tell whether a cell shows a picture that is no mere spacer."""
    return any(map(no_spacer, cell.iter("img")))


def no_spacer(picture: _Element) -> bool:
    """Tell whether a picture shows something, and does not only keep others apart."""
    return not _SPACER.search(picture.get("src") or "") and not _tiny(picture)


def _tiny(picture: _Element) -> bool:
    return any((picture.get(side) or "").strip().removesuffix("px") in ("0", "1", "2") for side in ("width", "height"))


def _rows(table: _Element) -> list[list[list[_Element]]]:
    """Return the cells of a table, row by row, in row groups; thead first, tfoot last; nested tables not entered."""
    heads: list[list[list[_Element]]] = []
    bodies: list[list[list[_Element]]] = []
    feet: list[list[list[_Element]]] = []
    kinds = {"thead": heads, "tbody": bodies, "tfoot": feet}
    current: list[list[_Element]] | None = None
    loose: list[_Element] | None = None
    stack: list[tuple[_Element, list[list[_Element]] | None]] = [(child, None) for child in reversed(table)]
    while stack:
        element, group = stack.pop()
        tag = element.tag
        if tag in ("table", "caption"):
            continue
        if tag in kinds:
            fresh: list[list[_Element]] = []
            kinds[tag].append(fresh)
            stack.extend((child, fresh) for child in reversed(element))
            current = None
        elif tag in ("tr", "td", "th"):
            if group is None:  # rows without a group
                if current is None:
                    current = []
                    bodies.append(current)
                target = current
            else:
                target = group
            if tag == "tr":
                target.append(_cells(element))
                loose = None
            else:  # cells without a row
                if loose is None:
                    loose = []
                    target.append(loose)
                loose.append(element)
        else:
            stack.extend((child, group) for child in reversed(element))
    return heads + bodies + feet


def _cells(row: _Element) -> list[_Element]:
    found: list[_Element] = []
    stack = list(reversed(row))
    while stack:
        element = stack.pop()
        tag = element.tag
        if tag in ("td", "th"):
            found.append(element)
        elif tag != "table":
            stack.extend(reversed(element))
    return found


def _span(cell: _Element, name: str, most: int) -> int:
    text = cell.get(name)
    if text is None:
        return 1
    match = re.match(r"\s*\+?(\d{1,6})", text)
    value = int(match[1]) if match else 1
    if value == 0:
        return most if name == "rowspan" else 1  # rowspan=0: to the end of the group
    return min(value, most)


def place_cells(rows: Sequence[Sequence[MarkupCell]], groups: Sequence[int]) -> list[RawCell]:
    """Give cells their places in the grid, as the HTML table model does.

    Args:
        rows: The cells of each row.
        groups: Number of rows in each row group, in order; no cell reaches out of its group.

    Returns:
        The cells; spans are cut where the group ends or where another cell stands, and grid columns and rows in
        which no cell begins are dropped.
    """
    ends: list[int] = []
    for count in groups:
        ends.extend([len(ends) + count] * count)
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
            columns = range(col, col + width)
            height = min(rowspan, ends[r] - r)
            for down in range(1, height):
                if not taken[r + down].isdisjoint(columns):
                    height = down
                    break
            for down in range(1, height):
                taken[r + down].update(columns)
            raw.append(RawCell(text, r, col, height, width, ink=bool(text)))
            col += width
    return compact(raw)


def compact(raw: Sequence[RawCell]) -> list[RawCell]:
    """Drop grid columns and rows in which no cell begins; they hold nothing and come from wrong spans."""
    cols = sorted({cell.col for cell in raw})
    rows = sorted({cell.row for cell in raw})
    if not raw or (cols[-1] + 1 == len(cols) and rows[-1] + 1 == len(rows) and _inside(raw, len(rows), len(cols))):
        return list(raw)
    col_at = {c: i for i, c in enumerate(cols)}
    row_at = {r: i for i, r in enumerate(rows)}

    def reach(start: int, length: int, known: dict[int, int]) -> int:
        return sum(1 for k in range(start, start + length) if k in known)

    return [
        RawCell(
            c.text,
            row_at[c.row],
            col_at[c.col],
            reach(c.row, c.rowspan, row_at),
            reach(c.col, c.colspan, col_at),
            c.bbox,
            c.ink,
        )
        for c in raw
    ]


def _inside(raw: Sequence[RawCell], rows: int, cols: int) -> bool:
    return all(c.row + c.rowspan <= rows and c.col + c.colspan <= cols for c in raw)

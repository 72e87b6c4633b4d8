"""The elements of a Word file: which hold others, which are no longer part of the text, blocks, rows and cells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.etree import _Element

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"

FLAT = 40
"""A row so many twentieths of a point high, and no higher, shows nothing."""

# w: elements that hold runs or blocks and change nothing
TRANSPARENT = frozenset(
    W + t
    for t in (
        "ins", "moveTo", "smartTag", "hyperlink", "sdt", "sdtContent", "customXml", "fldSimple", "dir", "bdo", "body",
        "rubyBase", "ruby", "txbxContent",
    )
)  # fmt: skip
# what is no text, or no longer
GONE = frozenset(
    W + t
    for t in (
        "del", "moveFrom", "instrText", "delText", "delInstrText", "rt", "sdtPr", "sdtEndPr", "pPr", "rPr", "tcPr",
        "tblPr", "trPr",
    )
)  # fmt: skip


def val_of(element: _Element, child: str) -> str | None:
    """Return w:val of a child, None if there is none."""
    found = element.find(W + child)
    return found.get(W + "val") if found is not None else None


def int_of(value: str | None, default: int) -> int:
    """Return an attribute as a number, `default` for none or nonsense."""
    try:
        return int(value) if value is not None else default
    except ValueError:
        return default


def is_on(toggle: _Element | None) -> bool:
    """Tell whether a property that is on or off is there and on."""
    return toggle is not None and (toggle.get(W + "val") or "1").lower() not in ("0", "false", "off")


def is_true(value: str | None) -> bool:
    """Tell whether an attribute says yes; one that is not there does not."""
    return (value or "0").lower() in ("1", "true", "on")


def blocks(parent: _Element) -> Iterator[_Element]:
    """Yield w:p and w:tbl below `parent` in order, through content controls and tracked moves."""
    stack = list(reversed(parent))
    while stack:
        e = stack.pop()
        if e.tag == W + "p" or e.tag == W + "tbl":
            yield e
        elif e.tag in TRANSPARENT:
            stack.extend(reversed(e))
        elif e.tag == MC + "AlternateContent":
            stack.extend(reversed(alternative(e)))


def alternative(alternate: _Element) -> list[_Element]:
    """Return the one of several versions of the same content that has text."""
    choice, fallback = alternate.find(MC + "Choice"), alternate.find(MC + "Fallback")
    picked = choice if choice is not None and has_text(choice) else fallback
    return list(picked) if picked is not None else []


def _through(parent: _Element, tag: str) -> Iterator[_Element]:
    """Yield the elements of a tag below `parent`, in order, through those that change nothing."""
    stack = list(reversed(parent))
    while stack:
        e = stack.pop()
        if e.tag == tag:
            yield e
        elif e.tag in TRANSPARENT:
            stack.extend(reversed(e))


def rows_of(tbl: _Element) -> Iterator[_Element]:
    """Yield the rows of a table that are not deleted or hidden."""
    for row in _through(tbl, W + "tr"):
        properties = row.find(W + "trPr")
        if properties is None or not _row_gone(properties):
            yield row


def _row_gone(properties: _Element) -> bool:
    height = properties.find(W + "trHeight")
    if height is not None and height.get(W + "hRule") == "exact" and int_of(height.get(W + "val"), 999) <= FLAT:
        return True
    return is_on(properties.find(W + "hidden")) or properties.find(W + "del") is not None


def cells_of(row: _Element) -> Iterator[_Element]:
    """Yield the cells of a row that are not deleted."""
    for cell in _through(row, W + "tc"):
        properties = cell.find(W + "tcPr")
        if properties is None or properties.find(W + "cellDel") is None:
            yield cell


def columns_before(row: _Element) -> int:
    """Return how many columns of the grid a row leaves out at its beginning."""
    properties = row.find(W + "trPr")
    return max(0, min(int_of(val_of(properties, "gridBefore"), 0), 100)) if properties is not None else 0


def mark_deleted(p: _Element) -> bool:
    """Tell whether the end of a paragraph is deleted: it runs on into the next."""
    mark = p.find(f"{W}pPr/{W}rPr")
    return mark is not None and (mark.find(W + "del") is not None or mark.find(W + "moveFrom") is not None)


def has_text(e: _Element) -> bool:
    """Tell whether there is text in an element, shown or not."""
    return any((t.text or "").strip() for t in e.iter(W + "t"))


def ink_of(e: _Element) -> int:
    """Return how many characters of text an element has."""
    return sum(len((t.text or "").strip()) for t in e.iter(W + "t"))

"""Pages to a document: blocks in reading order, without what runs along the edges of the paper.

assemble(contents, opened, "pdf", notes) -> Document
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import product

from rapidfuzz import fuzz

from .document import Block, Document, Line, Page, RawCell, SourceKind, SourceNote, TableOrigin, TextBuilder, add_table
from .errors import EmptyFileError
from .geometry import BBox, rounded
from .lines import TextLine
from .sources import Opened

MARGIN = 0.1
"""Page furniture stands in this share of the page at the top and at the bottom."""
GUTTER = 12.0
"""Least width of the blank band between two pages that stand side by side on one, points."""
GUTTER_ZONE = (0.35, 0.65)
"""Where that band may be, in widths of the page."""
REPEATED = 0.6
"""A line on this share of the pages is a running header or footer."""
ALIKE = 85.0
"""Running headers of scans are the same if they agree so far, per cent: signs are misread."""
MAX_RUNNING = 4
"""A line with more numbers is a running header only if it is the same on all pages."""

_PAGE_NUMBER = re.compile(
    r"[-—–－―─ー一~·•.\s|]*(?:第\s*)?([0-9０-９]{1,3})(?:\s*页)?"
    r"(?:\s*[/／,，共]+\s*(?:共\s*)?[0-9]{1,3}\s*页?)?[-—–－―─ー一~·•.\s|]*"
)
_NUMBERS = re.compile(r"[0-9０-９]+")
_WORDS = re.compile(r"[^\W\d]{2}")


@dataclass(frozen=True, slots=True)
class PlacedTable:
    """A table of a page before it has a place in the text."""

    cells: tuple[RawCell, ...]
    bbox: BBox
    origin: TableOrigin


@dataclass(frozen=True, slots=True)
class PageContent:
    """What stands on a page.

    Attributes:
        page: Who read it.
        height: Of the page as it is read, points.
        items: Tables and lines in reading order.
    """

    page: Page
    height: float
    items: tuple[TextLine | PlacedTable, ...]


def assemble(
    contents: Sequence[PageContent], opened: Opened, kind: SourceKind, notes: Sequence[SourceNote]
) -> Document:
    """Put pages together.

    Raises:
        EmptyFileError: There is nothing on any page.
    """
    builder = TextBuilder()
    blocks: list[Block] = []
    furniture = _furniture(contents)
    for p, content in enumerate(contents):
        number = content.page.number
        for i, item in enumerate(content.items):
            if (p, i) in furniture:
                continue
            box = rounded(item.bbox)
            if isinstance(item, TextLine):
                blocks.append(Line(item.text, builder.line(item.text), number, box, sure=item.sure))
            else:
                raw = [replace(c, bbox=rounded(c.bbox)) for c in item.cells]
                blocks.append(add_table(builder, raw, page=number, origin=item.origin, bbox=box))
    pages = tuple(c.page for c in contents)
    text = builder.text()
    if not text.strip() and all(p.reader != "none" for p in pages):
        raise EmptyFileError(f"{opened.path.name}: all pages are blank.", hint="Check that it is the right file.")
    return Document(opened.path.name, opened.sha256, kind, text, pages, tuple(blocks), tuple(notes))


def _furniture(contents: Sequence[PageContent]) -> set[tuple[int, int]]:
    """Return (page index, item index) of page numbers and of headers and footers that repeat."""
    edges: list[tuple[int, int, str, bool]] = []
    for p, content in enumerate(contents):
        height = content.height
        for i, item in enumerate(content.items):
            if isinstance(item, TextLine):
                top = item.bbox[3] <= MARGIN * height
                if top or item.bbox[1] >= (1 - MARGIN) * height:
                    edges.append((p, i, item.text, top))
    numbers = {(p, i): _page_number(text) for p, i, text, _ in edges}
    # a bare number is a page number if it counts with the pages
    shifts = Counter(n - p for (p, _), (n, bare) in ((k, v) for k, v in numbers.items() if v) if bare)
    usual = shifts.most_common(1)[0] if shifts else (0, 0)
    found = set()
    pages: dict[tuple[str, bool], set[int]] = {}
    keys: dict[tuple[int, int], list[tuple[str, bool]]] = {}
    for p, i, text, top in edges:
        number = numbers[p, i]
        if number is not None:
            value, bare = number
            if not bare or (value - p == usual[0] and (usual[1] >= 2 or value == p + 1)):
                found.add((p, i))
        elif _WORDS.search(text) and "\t" not in text:
            keys[p, i] = [(key, top) for key in _running(text, p)]
            if _read_from_picture(contents[p].items[i]):
                keys[p, i] = [_alike(key, pages) for key in keys[p, i]]
            for key in keys[p, i]:
                pages.setdefault(key, set()).add(p)
    least = max(2.0, REPEATED * len(contents))
    return found | {place for place, forms in keys.items() if any(len(pages[key]) >= least for key in forms)}


def _read_from_picture(item: TextLine | PlacedTable) -> bool:
    return isinstance(item, TextLine) and bool(item.sure)


def _alike(key: tuple[str, bool], known: Iterable[tuple[str, bool]]) -> tuple[str, bool]:
    """Return the known key that is the same but for a misread sign, or the key itself."""
    text, top = key
    same = (k for k in known if k[1] == top and fuzz.ratio(k[0], text) >= ALIKE)
    return next(same, key)


def _running(text: str, page: int) -> set[str]:
    """Return what a line is like on other pages if it runs: each number in it the same, or counting with the pages."""
    parts = _NUMBERS.split(text)
    numbers = [int(n) for n in _NUMBERS.findall(text)]
    if len(numbers) > MAX_RUNNING:
        return {text}
    forms = product(*((f"{n}", f"#{n - page}") for n in numbers))
    return {"".join(a + b for a, b in zip(parts, (*form, ""), strict=True)) for form in forms}


def _page_number(text: str) -> tuple[int, bool] | None:
    """Return the number of a line that is a page number, and whether it stands there bare; None for other lines."""
    match = _PAGE_NUMBER.fullmatch(text)
    if not match:
        return None
    return int(match[1]), text.strip() == match[1]

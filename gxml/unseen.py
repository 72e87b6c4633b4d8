"""What a web page does not show, or shows struck out, raised or lowered: taken out, or marked, before any text is read.

A number beside one that is hidden, or behind one that is struck out, would be read as one number with it. So would
the mark of a footnote: 12¹ is twelve, and so is 12₁.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from .drawn import keep_drawn
from .misleading import mark_misleading, mark_struck
from .numerals import parse_cell
from .stylesheets import may_matter, on_screen, stated, takes_out
from .tablemarkup import BLOCKS, BREAK, DROPPED, ink_of, subtree_text

if TYPE_CHECKING:
    from lxml.etree import _Element

LONG_STRUCK = 40
"""Longer text is not dropped for being struck out: an element that was never closed, characters."""
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|mso-hide\s*:\s*all")
_NO_SIZE = re.compile(r"font-size\s*:\s*0(?:\.0*)?(?:px|pt|em|rem|%)?\s*(?:;|!|$)")
_STRUCK_STYLE = re.compile(r"text-decoration(?:-line)?\s*:[^;]*line-through")
_SHIFTED = ("sup", "sub", "small")
_SHIFTED_STYLE = re.compile(
    r"vertical-align\s*:\s*(?:super|sub|text-top|text-bottom|-?[\d.]*[1-9])|text-raise\s*:\s*-?[\d.]*[1-9]"
)
# Places where nothing is seen, and boxes without an inside.
_AWAY = re.compile(
    r"(?<![-\w])(?:opacity\s*:\s*0(?:\.0*)?%?\s*(?:;|!|$)"
    r"|(?:text-indent|left|right|top|margin-left)\s*:\s*-(?:999|\d{4,})"
    r"|clip\s*:\s*rect\((?:[\s,]*[01](?:px|em)?){4}\s*\)|clip-path\s*:\s*inset\(\s*(?:50|100)%)"
)
_BOX = re.compile(r"overflow\s*:\s*hidden")
_FLAT = re.compile(r"(?<![-\w])(?:max-)?(?:width|height)\s*:\s*[01](?:px|pt|em)?\s*(?:;|!|$)")
_A_BOX = re.compile(r"position\s*:\s*(?:absolute|fixed)|display\s*:\s*(?:inline-)?block|float\s*:\s*(?:left|right)")
# A note's mark is bracketed, circled or a star; digits alone may be part of the number.
_MARK = re.compile(r"[\[［〔【(（]?注?[\d①-⑳*＊※†‡a-z]{1,3}[\]］〕】)）]?")
_LETTER = re.compile(r"[a-z]")
_UNSEEN = re.compile(r"[\s\u200b-\u200d\u2060\ufeff]+")
_PLACE = "\ufdd0"
"""Stands for a mark while the text around it is looked at; no character of any page."""

_ROWS = ("table", "thead", "tbody", "tfoot", "tr")
_DISPLAY_NONE = re.compile(r"display\s*:\s*none", re.I)


def drop_unseen(root: _Element) -> None:
    """Take out of a page what a browser does not show, or shows struck out; the text behind such an element stays."""
    from lxml import etree

    sheets = [s.text or "" for s in root.iter("style") if on_screen(s.get("media") or "")]
    by_sheets = _style_by_sheets(root, sheets)
    styles = set(cast("list[str]", root.xpath("//@style", smart_strings=False)))  # far fewer than elements
    if root.xpath("boolean(//@hidden)") or any(map(_hides, styles)):
        for element in [e for e in root.iter() if e.get("hidden") is not None or _hides(e.get("style"), e)]:
            style = element.get("style") or ""
            _take_out(element, element.get("hidden") is not None or _DISPLAY_NONE.search(style) is not None)
    _drop_by_sheets(root, by_sheets)
    keep_drawn(root, sheets)
    _drop_ruby(root)
    # before each look at what else stands in a box: what is not shown does not stand there
    etree.strip_elements(root, *DROPPED, with_tail=False)
    _drop_struck(root, any(_STRUCK_STYLE.search(s.lower()) or _away(s) for s in styles))
    mark_misleading(root, styles, sheets)
    etree.strip_elements(root, "template", with_tail=False)
    _drop_marks(root, any(_SHIFTED_STYLE.search(s.lower()) for s in styles))


def _hides(style: str | None, element: _Element | None = None) -> bool:
    if style is None:
        return False
    lower = style.lower()
    if _HIDDEN.search(lower):
        return True
    # a box of size 0 closes the gaps between the boxes in it, which have a size of their own
    return "font-size" in lower and _NO_SIZE.search(lower) is not None and (element is None or not len(element))


def _away(style: str) -> bool:
    """Tell whether a style leaves nothing to be seen of an element by other means than `_hides`."""
    lower = style.lower()
    return _AWAY.search(lower) is not None or (
        _BOX.search(lower) is not None and _FLAT.search(lower) is not None and _A_BOX.search(lower) is not None
    )


def _take_out(element: _Element, whole: bool) -> None:
    """Have an element dropped; a cell that is only not visible (not `whole`) keeps its place in the row."""
    if element.tag in ("td", "th") and not whole:
        del element[:]
        element.text = None
    else:
        element.tag = "template"  # which is dropped


def _style_by_sheets(root: _Element, sheets: Sequence[str]) -> dict[_Element, bool]:
    """Write what the page's own style sheets strike out, raise or lower into the styles of the elements.

    Returns:
        The elements that the sheets hide: True where they take no place either.
    """
    hidden: dict[_Element, bool] = {}
    if not any(map(may_matter, sheets)):
        return hidden
    said = stated(root, sheets)
    for (element, name), value in said.items():
        style = element.get("style") or ""
        if name in style.lower():  # the sheet is stronger
            kept = [d for d in style.split(";") if d.partition(":")[0].strip().lower() != name]
            style = ";".join(kept)
            element.set("style", style)
        if not takes_out(name, value):
            continue
        if name == "display":
            hidden[element] = True
        elif name == "visibility":
            # what is in it may be visible again: then it is taken as shown
            inside = list(element.iter())
            if not any(said.get((e, name)) == "visible" or "visible" in (e.get("style") or "") for e in inside):
                hidden.setdefault(element, False)
        elif name == "font-size":
            if not len(element):
                hidden.setdefault(element, False)
        else:
            element.set("style", f"{style};{name}:{value}")
    return hidden


def _drop_by_sheets(root: _Element, by_sheets: dict[_Element, bool]) -> None:
    """Drop what the page's own style sheets hide; see `gxml.stylesheets`.

    Where all tables, or most of the text, would go, a script that was not saved shows them: they stay.
    """
    if not by_sheets:
        return
    found = [e for e in root.iter() if e in by_sheets]
    inside = set(found)
    hidden = [e for e in found if inside.isdisjoint(e.iterancestors())]
    tables = {t for e in hidden for t in e.iter("table")}
    all_tables = set(root.iter("table"))
    if tables and tables == all_tables:
        hidden = [e for e in hidden if tables.isdisjoint(e.iter("table"))]
        tables = set()
    if not tables:
        ink = sum(len(subtree_text(e)) for e in hidden)
        if hidden and ink * 2 > len(subtree_text(root)):
            return
    for element in hidden:
        _take_out(element, by_sheets[element])


def _drop_struck(root: _Element, styled: bool) -> None:
    """Drop text that is struck out, or out of sight, beside other text; mark that of a cell with nothing else in it."""
    found = list(root.iter("del", "s", "strike"))
    away: set[_Element] = set()
    if styled:
        away = {e for e in root.iter() if e.get("style") and _away(e.get("style") or "")}
        found += [e for e in root.iter() if _STRUCK_STYLE.search((e.get("style") or "").lower()) or e in away]
    # a line through a row goes through each of its cells
    found = list(dict.fromkeys(c for e in found for c in (e.iter("td", "th") if e.tag in _ROWS else (e,))))
    inside = set(found)
    boxes: dict[_Element, list[_Element]] = {}
    for element in found:
        if inside.isdisjoint(element.iterancestors()):
            boxes.setdefault(_box(element), []).append(element)
    for box, struck in boxes.items():
        texts = ["".join(subtree_text(e).split()) for e in struck]
        if max(map(len, texts)) > LONG_STRUCK:
            continue
        if box not in struck and len("".join(subtree_text(box).split())) > sum(map(len, texts)):
            for element in struck:
                element.tag = "template"
        elif box.tag in ("td", "th") and parse_cell(subtree_text(box).replace(BREAK, "\n")).kind == "number":
            for element in struck:
                mark_struck(element)
        elif box.tag not in ("td", "th", "h1") and away.issuperset(struck):
            for element in struck:
                element.tag = "template"


def _box(element: _Element) -> _Element:
    """Return the cell that an element stands in, or is; outside tables the paragraph."""
    above = [element, *element.iterancestors()]
    cell = next((e for e in above if e.tag in ("td", "th")), None)
    return cell if cell is not None else next((e for e in above if e.tag in BLOCKS), element)


def _drop_marks(root: _Element, styled: bool) -> None:
    """Drop the raised or lowered marks of notes at numbers; bare digits are bracketed: they may be of the number."""
    found = [
        e
        for e in root.iter()
        if e.tag in _SHIFTED
        or (e.tag == "a" and "#" in (e.get("href") or ""))
        or (styled and e.tag not in BLOCKS and _SHIFTED_STYLE.search((e.get("style") or "").lower()))
    ]
    known = set(found)
    inner = {e for e in found if not known.isdisjoint(e.iterancestors())}
    # what stands in another mark is one by itself where that other is none
    for group in ([e for e in found if e not in inner], [e for e in found if e in inner]):
        boxes: dict[_Element, list[tuple[_Element, str]]] = {}
        for element in group:
            mark = "".join(subtree_text(element).split())
            box = _box(element)
            if box is not element and _MARK.fullmatch(mark):
                boxes.setdefault(box, []).append((element, mark))
        for box, marks in boxes.items():
            _drop_marks_of(box, marks)


def _drop_marks_of(box: _Element, marks: list[tuple[_Element, str]]) -> None:
    """Drop marks of notes from a cell whose rest is a number; elsewhere those that touch a number.

    Args:
        box: A cell or a paragraph.
        marks: The raised and lowered elements in it, in the order of the page, with their texts.
    """
    kept = [(element.text, list(element)) for element, _ in marks]
    for element, _ in marks:  # all at once: with one of two marks left, the rest may be no number
        del element[:]
        element.text = _PLACE
    parts = subtree_text(box).split(_PLACE)
    number = box.tag in ("td", "th") and parse_cell("".join(parts).replace(BREAK, "\n"), whole=True).kind == "number"
    before = _nearest(parts[:-1], -1)
    after = _nearest(parts[:0:-1], 0)[::-1]
    for n, ((element, mark), (text, children)) in enumerate(zip(marks, kept, strict=True)):
        # letters beside a number of running text do not change it, and may be its unit
        if number or ((before[n].isdigit() or after[n].isdigit()) and not _LETTER.search(mark)):
            element.text = f"[{mark}]" if mark.isdigit() and mark.isascii() else ""
        else:
            element.text = text
            element.extend(children)


def _nearest(parts: list[str], at: int) -> list[str]:
    """Return the character seen last (`at` -1) or first (0) up to and with each part; "" where none is."""
    out: list[str] = []
    seen = ""
    for part in parts:
        ink = _UNSEEN.sub("", part)
        seen = ink[at] if ink else seen
        out.append(seen)
    return out


def _drop_ruby(root: _Element) -> None:
    """Drop what is printed small above other characters (<ruby>): it is no part of their text."""
    for ruby in root.iter("ruby"):
        notes = [e for e in ruby.iter("rt", "rp", "rtc") if next(e.iterancestors("ruby", "rtc")).tag == "ruby"]
        small = sum(map(ink_of, notes))
        if small <= LONG_STRUCK and ink_of(ruby) > small:  # else it was never closed, or is all there is
            for element in notes:
                element.tag = "template"

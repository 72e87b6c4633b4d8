"""What a web page shows that is no text of its own: form fields, pictures, numbers that style sheets or scripts write.

What holds text is made text. Of the rest it is said that something stands there (`PICTURE`), so that its cell is not
taken for blank, nor the digits beside it for the whole number.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from .stylesheets import written
from .tablemarkup import PICTURE, no_spacer, subtree_text

if TYPE_CHECKING:
    from lxml.etree import _Element

_FIELDS = ("textarea", "select", "button", "math")
_PICTURES = ("svg", "canvas", "object", "embed", "iframe", "video", "progress", "meter")
_DIGIT = re.compile(r"\d")
_WRITES = re.compile(r"\bwrite(?:ln)?\s*\(|\binner(?:HTML|Text)\b|\btextContent\b|\.(?:text|html)\s*\(")
_FILLED = "//*[@v-text or @v-html or @x-text or @ng-bind or @data-bind or contains(@style, 'url(')]"
"""Elements that show a picture, or what a script binds to them."""
_NAMES = re.compile(r"[\"'#]([A-Za-z_][\w-]*)[\"']")


def keep_drawn(root: _Element, sheets: Sequence[str]) -> None:
    """Put what is shown, but not as text, into the text of a page; see above.

    Args:
        root: The page.
        sheets: Its style sheets.
    """
    found = list(root.iter(*_FIELDS, *_PICTURES, "img", "script"))
    scripts = [e.text or "" for e in found if e.tag == "script"]
    for element in found:
        if element.tag in _FIELDS:
            _keep_field(element)
        elif element.tag == "script":
            if _WRITES.search(element.text or "") or ("(" in (element.text or "") and _alone(element)):
                _keep_picture(element)
        else:
            _keep_picture(element)
    names = {n for s in scripts if _WRITES.search(s) for n in _NAMES.findall(s)}
    empty = [e for e in root.iter() if e.get("id") in names] if names else []
    empty += cast("list[_Element]", root.xpath(_FILLED))
    for element in empty:
        decorated = element.tag in ("td", "th", "img") and "url(" in (element.get("style") or "")
        if not len(element) and not (element.text or "").strip() and not decorated:
            _mark(element)
    for element in written(root, sheets):
        _mark(element)


def _keep_field(element: _Element) -> None:
    """Make what a field of a form shows text: in cells, and in prose that counts with it."""
    if not (_in_cell(element) or _at_digits(element)):
        return
    tail, text = element.tail, element.text or ""
    if element.tag == "textarea":
        if "<" in text:
            return
    elif element.tag == "select":
        options = list(element.iter("option"))
        if element.get("multiple") is not None or (element.get("size") or "1") != "1":
            _keep_picture(element)  # a list of which some are chosen
            return
        chosen = [o for o in options if o.get("selected") is not None] or options[:1]
        text = (chosen[-1].text or "") if chosen else ""
    else:
        text = "".join(map(str, element.itertext())).strip()
        if not _DIGIT.search(text):
            return
    element.clear()
    element.tag, element.text, element.tail = "span", text, tail


def _keep_picture(element: _Element) -> None:
    """Keep a picture in a cell; beside digits it may be one, too."""
    if _at_digits(element) and (element.tag != "img" or no_spacer(element)):
        tag, text = "span", PICTURE
    elif element.tag != "img" and _in_cell(element):
        tag, text = "img", None
    else:
        return
    tail = element.tail
    element.clear()
    element.tag, element.text, element.tail = tag, text, tail


def _mark(element: _Element) -> None:
    """Say of an element in a cell, or beside digits, that something is written into it."""
    if _in_cell(element) or _at_digits(element):
        element.text = PICTURE + (element.text or "")


def _in_cell(element: _Element) -> bool:
    return element.tag in ("td", "th") or next(element.iterancestors("td", "th"), None) is not None


def _alone(element: _Element) -> bool:
    """Tell whether an element stands in a cell that shows nothing but what stands in it, or is shown without it."""
    cell = next(element.iterancestors("td", "th"), None)
    if cell is None or cell.find(".//table") is not None:
        return False
    return not "".join(cast("list[str]", cell.xpath(".//text()[not(ancestor::script or ancestor::noscript)]"))).strip()


def _at_digits(element: _Element) -> bool:
    """Tell whether an element stands directly before or behind a digit."""
    before, parent = element.getprevious(), element.getparent()
    if before is not None:
        left = (before.tail or "").strip() or subtree_text(before).strip()
    else:
        left = "" if parent is None else (parent.text or "").strip()
    after = element.getnext()
    right = (element.tail or "").strip() or ("" if after is None else subtree_text(after).strip())
    return left[-1:].isdigit() or right[:1].isdigit()

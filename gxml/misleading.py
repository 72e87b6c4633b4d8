"""Numbers of a web page that do not look as their characters say: printed in the colour of the paper, or backwards."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, cast

from .stylesheets import stated
from .tablemarkup import subtree_text

if TYPE_CHECKING:
    from lxml.etree import _Element

STRUCK = "\u0336"
"""Stands behind each character that cannot be read as part of a number."""
_COLOR = re.compile(r"(?<![-\w])color\s*:\s*([^;!]+)")
_PAPER = re.compile(r"(?<![-\w])background(?:-color)?\s*:\s*([^;!]+)")
_CLEAR = re.compile(r"transparent|(?:rgb|hsl)a\((?:[^,]*,){3}\s*0?\.?0*\s*\)|#[0-9a-f]{6}00")
# As good as white: each part of the colour is 0xf0 or more.
_WHITE = re.compile(r"white|snow|#fff|#(?:f[0-9a-f]){3}|rgba?\((?:\s*2(?:4\d|5[0-5])\s*,?){3}.*\)")
_BACKWARDS = re.compile(r"unicode-bidi\s*:\s*(?:isolate-|bidi-)override|\brow-reverse|(?<![-\w])float\s*:\s*right")
_RIGHT_TO_LEFT = re.compile(r"direction\s*:\s*rtl")
_PALE_RULE = re.compile(
    r"([^{}]{1,500})\{[^{}]*(?<![-\w])color\s*:\s*(?:transparent|white|snow|#f[\da-f]{2}|rgba?\()", re.I
)
_NAME = re.compile(r"[.#]([\w-]+)")
_COLOURS = ("color", "background", "background-color")
_DIGITS = re.compile(r"\d")


def mark_struck(element: _Element) -> None:
    """Put `STRUCK` behind each character of an element."""
    for e in element.iter():
        if e.text and e.text.strip():
            e.text = _struck(e.text)
        if e is not element and e.tail and e.tail.strip():
            e.tail = _struck(e.tail)


def mark_misleading(root: _Element, styles: Iterable[str], sheets: Sequence[str]) -> None:
    """Mark digits that are not seen as they are read.

    Args:
        root: The page.
        styles: The styles of its elements.
        sheets: Its style sheets.
    """
    lower = [s.lower() for s in styles]
    if any(_BACKWARDS.search(s) for s in lower) or root.find(".//bdo") is not None:
        for element in list(root.iter()):
            if _backwards(element):
                mark_struck(element)
    fonts = cast("list[str]", root.xpath("//font/@color"))
    own = any(map(_pale, fonts)) or any(_pale(c := _said(_COLOR, s)) or (c and c == _said(_PAPER, s)) for s in lower)
    if own or _pale_by_sheets(root, sheets):
        for (element, name), value in stated(root, sheets, _COLOURS).items():
            element.set("style", f"{element.get('style') or ''};{name}:{value}")
        for element in list(root.iter()):
            if (color := _color(element)) and _unseen(element, color):
                _mark_pale(element)


def _pale_by_sheets(root: _Element, sheets: Sequence[str]) -> bool:
    """Tell whether a sheet may print something in a table in the colour of paper."""
    names = {n for m in map(_PALE_RULE.finditer, sheets) for r in m for n in _NAME.findall(r[1])}
    if not names:
        return False
    used = cast("list[str]", root.xpath("//td/descendant-or-self::*/@class|//td/descendant-or-self::*/@id"))
    return not names.isdisjoint({n for text in used for n in text.split()})


def _struck(text: str) -> str:
    return "".join(c + STRUCK for c in text.strip())


def _backwards(element: _Element) -> bool:
    """Tell whether digits in an element, or one of its digits and those around it, are shown in another order."""
    style = (element.get("style") or "").lower()
    count = len(_DIGITS.findall(subtree_text(element)))
    if element.tag == "bdo":
        return count > 1 and (element.get("dir") or "").lower() == "rtl"
    said = _BACKWARDS.search(style)
    if said is None or not count:
        return False
    if "float" in said[0]:
        cell = next(element.iterancestors("td", "th"), None)
        return cell is not None and len(_DIGITS.findall(subtree_text(cell))) > count
    return count > 1 and ("reverse" in said[0] or _RIGHT_TO_LEFT.search(style) is not None)


def _said(what: re.Pattern[str], style: str) -> str:
    """Return the last value that a style gives to a property, "" for none."""
    return next(reversed([v.strip() for v in what.findall(style)]), "")


def _color(element: _Element) -> str:
    style = element.get("style")
    said = _said(_COLOR, style.lower()) if style else ""
    return said or ((element.get("color") or "").strip().lower() if element.tag == "font" else "")


def _pale(color: str) -> bool:
    text = color.strip().lower()
    return bool(text) and (_CLEAR.fullmatch(text) or _WHITE.fullmatch(text)) is not None


def _unseen(element: _Element, color: str) -> bool:
    """Tell whether a colour is that of the paper behind it."""
    if _CLEAR.fullmatch(color):
        return True
    for e in (element, *element.iterancestors()):
        style = (e.get("style") or "").lower()
        paper = _said(_PAPER, style) or (e.get("bgcolor") or "").strip().lower()
        if paper and not _CLEAR.fullmatch(paper) and paper not in ("none", "initial", "inherit"):
            return paper == color or bool(_WHITE.fullmatch(paper) and _WHITE.fullmatch(color))
    return _WHITE.fullmatch(color) is not None


def _mark_pale(element: _Element) -> None:
    """Mark the digits that have the colour of an element, not those with one of their own."""
    stack = [element]
    while stack:
        e = stack.pop()
        if e.text and _DIGITS.search(e.text):
            e.text = _struck(e.text)
        for child in e:
            if not _color(child):
                stack.append(child)
            if child.tail and _DIGITS.search(child.tail):
                child.tail = _struck(child.tail)

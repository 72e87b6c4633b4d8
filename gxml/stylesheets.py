"""What the style sheets of a page say about whether and how its elements are shown.

    stated(root, ["#old { display: none }"]) -> {(element, "display"): "none"}, not for what is in the element

Sheets that a page only names are not fetched, and scripts do not run: where in doubt, an element is shown.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, cast

if TYPE_CHECKING:
    from lxml.etree import _Element

_Weight = tuple[int, ...]
_SURE, _IMPORTANT, _MAYBE = range(3)
"""A rule that holds in some state of the page only (:hover) may show an element; then it is taken as shown."""
_TAKES = {
    "display": re.compile(r"none"),
    "visibility": re.compile(r"hidden|collapse"),
    "font-size": re.compile(r"0(?:\.0*)?(?:px|pt|em|rem|%)?"),
    "text-decoration": re.compile(r"[^;{}]*\bline-through\b[^;{}]*"),
    "text-decoration-line": re.compile(r"[^;{}]*\bline-through\b[^;{}]*"),
    "vertical-align": re.compile(r"super|sub"),
    "opacity": re.compile(r"0(?:\.0*)?%?"),
    "text-indent": re.compile(r"-(?:999|\d{4,})\w+"),
    "left": re.compile(r"-(?:999|\d{4,})\w+"),
    "top": re.compile(r"-(?:999|\d{4,})\w+"),
    "clip": re.compile(r"rect\((?:[\s,]*[01](?:px|em)?){4}\s*\)"),
}
"""Values of the properties that matter which take an element out of the text that it stands in."""
_MAY_MATTER = re.compile(
    "|".join(rf"(?<![\w-]){name}\s*:\s*(?:{takes.pattern}|[^;{{}}]*important)" for name, takes in _TAKES.items())
    + r"|\\[0-9a-f]{1,6}\s?[\w-]*\s*:",  # a name spelled with escapes
    re.I,
)
_ESCAPE = re.compile(r"\\([0-9a-f]{1,6})\s?", re.I)
_WRITES = re.compile(r"content\s*:[^;{}]*?(?:\"[^\"]*\d|'[^']*\d|\bcounters?\(|\battr\()", re.I)
_OF_ATTRIBUTE = re.compile(r"\battr\(\s*([\w-]+)", re.I)
_PSEUDO = re.compile(r"::?(?:before|after)\b", re.I)
_COMMENT = re.compile(r"/\*.*?\*/", re.S)
_STRUCTURAL = frozenset(
    (
        "root", "empty", "first-child", "last-child", "only-child", "first-of-type", "last-of-type", "only-of-type",
        "nth-child", "nth-last-child", "nth-of-type", "nth-last-of-type", "not",
    )
)  # fmt: skip
"""Pseudo-classes that say where an element stands; they are no states."""


class _Declaration(NamedTuple):
    name: str
    value: str
    important: bool


def may_matter(sheet: str) -> bool:
    """Tell whether a sheet may say something that `stated` tells: parsing one takes long, and most say nothing."""
    return _MAY_MATTER.search(_COMMENT.sub("", sheet)) is not None


def takes_out(name: str, value: str) -> bool:
    """Tell whether a value of a property hides an element, strikes it out, raises or lowers it."""
    return _TAKES[name].fullmatch(value) is not None


def stated(root: _Element, sheets: Sequence[str], names: Container[str] = ()) -> dict[tuple[_Element, str], str]:
    """Return the values that win in the sheets, by element and property, in no order.

    Args:
        root: The page.
        sheets: Its style sheets.
        names: Properties to tell whatever they say; without these those that take something out.

    Only of properties that take something out of the page somewhere, or that are stronger than an element's own style,
    and not where that is stronger.
    See CSS Cascading Level 4, 6.1 and 6.4.3.
    """
    from cssselect import HTMLTranslator

    translator = HTMLTranslator()
    rules = [rule for sheet in sheets for rule in _rules(sheet, names or _TAKES)]
    matter = {d.name for _, said in rules for d in said if names or d.important or takes_out(d.name, d.value)}
    strongest: dict[tuple[_Element, str], tuple[_Weight, str]] = {}
    order = 0
    for prelude, said in rules:
        declared = [d for d in said if d.name in matter]
        if not declared:
            continue
        for path, unsure, specificity in _selected(translator, prelude):
            order += 1
            # what a rule takes out in some state of the page cannot be said
            counted = [d for d in declared if not (unsure and (names or takes_out(d.name, d.value)))]
            for element in cast("list[_Element]", root.xpath(path)) if counted else ():
                for name, value, important in counted:
                    if _own_is_stronger(element, name, important):
                        continue
                    weight = (_MAYBE if unsure else _IMPORTANT if important else _SURE, *specificity, order)
                    known = strongest.get((element, name))
                    if known is None or weight >= known[0]:
                        strongest[element, name] = weight, value
    return {key: value for key, (_, value) in strongest.items()}


def written(root: _Element, sheets: Sequence[str]) -> list[_Element]:
    """Return the elements into which sheets write digits: `.n::before { content: "12" }`."""
    drawn: list[_Element] = []
    for sheet in sheets:
        if "content" in sheet and _WRITES.search(_digits_plain(sheet)):
            drawn += _written(root, sheet)
    return list(dict.fromkeys(drawn))


def _digits_plain(text: str) -> str:
    """Return a sheet with its escaped digits as digits, and other escapes, of signs of icon fonts, as letters."""
    return _ESCAPE.sub(lambda m: chr(int(m[1], 16)) if 0x30 <= int(m[1], 16) <= 0x39 else "x", text)


def _written(root: _Element, sheet: str) -> Iterator[_Element]:
    import tinycss2
    from cssselect import HTMLTranslator, SelectorError

    translator = HTMLTranslator()
    for node in tinycss2.parse_stylesheet(sheet, skip_comments=True, skip_whitespace=True):
        if node.type != "qualified-rule":
            continue
        said = _digits_plain(tinycss2.serialize(node.content))
        if not _WRITES.search(said):
            continue
        for selector in tinycss2.serialize(node.prelude).split(","):
            if not _PSEUDO.search(selector):
                continue
            try:
                path = translator.css_to_xpath(_PSEUDO.sub("", selector).strip() or "*")
            except SelectorError:
                continue
            names = _OF_ATTRIBUTE.findall(said)
            for element in cast("list[_Element]", root.xpath(path)):
                if not names or any(c.isdigit() for n in names for c in element.get(n) or ""):
                    yield element


def _own_is_stronger(element: _Element, name: str, important: bool) -> bool:
    """Tell whether an element's own style says more about a property than a rule of a sheet."""
    style = (element.get("style") or "").lower()
    if name not in style:
        return False
    own = [v for n, _, v in (d.partition(":") for d in style.split(";")) if n.strip() == name]
    return bool(own) and (not important or any("!" in v for v in own))


def on_screen(media: str) -> bool:
    """Tell whether a media query certainly holds on the screen of a desk."""
    text = media.lower().strip()
    return "(" not in text and "not" not in text and (not text or "screen" in text or "all" in text)


def _rules(sheet: str, names: Container[str]) -> Iterator[tuple[list[Any], list[_Declaration]]]:
    """Yield the rules that say something about the properties that matter: (tokens of the selectors, what they say)."""
    import tinycss2

    def of(nodes: Iterable[Any]) -> Iterator[tuple[list[Any], list[_Declaration]]]:
        for node in nodes:
            if node.type == "at-rule" and node.lower_at_keyword == "media" and node.content is not None:
                if on_screen(tinycss2.serialize(node.prelude)):
                    yield from of(tinycss2.parse_rule_list(node.content, skip_comments=True, skip_whitespace=True))
            elif node.type == "qualified-rule":
                said = [
                    _Declaration(d.lower_name, tinycss2.serialize(d.value).strip().lower(), d.important)
                    for d in tinycss2.parse_blocks_contents(node.content, skip_comments=True, skip_whitespace=True)
                    if d.type == "declaration" and d.lower_name in names
                ]
                if said:
                    last = {d.name: d for d in sorted(said, key=lambda d: d.important)}
                    yield node.prelude, list(last.values())

    return of(tinycss2.parse_stylesheet(sheet, skip_comments=True, skip_whitespace=True))


def _selected(translator: Any, tokens: list[Any]) -> Iterator[tuple[str, bool, _Weight]]:
    """Yield an XPath for each selector, whether it holds in some state of the page only, and its specificity."""
    import tinycss2
    from cssselect import SelectorError, parse

    stateless = _without_states(tokens)
    try:
        for selector in parse(tinycss2.serialize(stateless)):
            yield translator.selector_to_xpath(selector), len(stateless) < len(tokens), selector.specificity()
    except SelectorError:  # newer than cssselect, or broken: a browser leaves out the whole rule, too
        return


def _without_states(tokens: Sequence[Any]) -> list[Any]:
    """Return the tokens of selectors without :hover, :target, ::before and their kind."""
    out: list[Any] = []
    colons: list[Any] = []
    for token in tokens:
        if token == ":":
            colons.append(token)
        elif colons:
            name = token.lower_name if token.type == "function" else getattr(token, "lower_value", "")
            # :not(:hover) is a state, too
            if len(colons) == 1 and name in _STRUCTURAL and ":" not in getattr(token, "arguments", ()):
                out += [*colons, token]
            colons = []
        else:
            out.append(token)
    return out

"""Which elements of a page its own style sheets hide.

    hidden(root, ["#old { display: none }"]) -> the elements that say so, not what is in them

Sheets that a page only names are not fetched, and scripts do not run: where in doubt, an element is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from lxml.etree import _Element

_Weight = tuple[int, ...]
_SURE, _IMPORTANT, _MAYBE = range(3)
"""A rule that holds in some state of the page only (:hover) may show an element; then it is taken as shown."""


def hidden(root: _Element, sheets: Sequence[str]) -> list[_Element]:
    """Return the elements that the sheets do not display, in the order of the page.

    An element that has `display` in its own style is not among them. See CSS Cascading Level 4, 6.1 and 6.4.3.
    """
    from cssselect import HTMLTranslator

    translator = HTMLTranslator()
    strongest: dict[_Element, tuple[_Weight, bool]] = {}
    order = 0
    for sheet in sheets:
        for prelude, hides, important in _rules(sheet):
            for path, weight in _selected(translator, prelude, hides, important):
                order += 1
                for element in cast("list[_Element]", root.xpath(path)):
                    known = strongest.get(element)
                    if known is None or (*weight, order) >= known[0]:
                        strongest[element] = (*weight, order), hides
    out = {e for e, (_, hides) in strongest.items() if hides and "display" not in (e.get("style") or "").lower()}
    return [e for e in root.iter() if e in out]


def on_screen(media: str) -> bool:
    """Tell whether a media query certainly holds on the screen of a desk."""
    text = media.lower().strip()
    return "(" not in text and "not" not in text and (not text or "screen" in text or "all" in text)


def _rules(sheet: str) -> Iterator[tuple[list[Any], bool, bool]]:
    """Yield the rules that say whether something is displayed: (tokens of the selectors, hides, important)."""
    import tinycss2

    def of(nodes: Iterable[Any]) -> Iterator[tuple[list[Any], bool, bool]]:
        for node in nodes:
            if node.type == "at-rule" and node.lower_at_keyword == "media" and node.content is not None:
                if on_screen(tinycss2.serialize(node.prelude)):
                    yield from of(tinycss2.parse_rule_list(node.content, skip_comments=True, skip_whitespace=True))
            elif node.type == "qualified-rule":
                said = [
                    d
                    for d in tinycss2.parse_blocks_contents(node.content, skip_comments=True, skip_whitespace=True)
                    if d.type == "declaration" and d.lower_name == "display"
                ]
                if said:
                    value = tinycss2.serialize(said[-1].value).strip().lower()
                    yield node.prelude, value == "none", said[-1].important

    return of(tinycss2.parse_stylesheet(sheet, skip_comments=True, skip_whitespace=True))


def _selected(translator: Any, tokens: list[Any], hides: bool, important: bool) -> Iterator[tuple[str, _Weight]]:
    """Yield an XPath for each selector, with its weight."""
    import tinycss2
    from cssselect import SelectorError, parse

    stateless = _without_states(tokens)
    unsure = len(stateless) < len(tokens)
    if unsure and hides:  # what it hides cannot be said
        return
    rank = _MAYBE if unsure else _IMPORTANT if important else _SURE
    try:
        for selector in parse(tinycss2.serialize(stateless)):
            yield translator.selector_to_xpath(selector), (rank, *selector.specificity())
    except SelectorError:  # newer than cssselect, or broken: a browser leaves out the whole rule, too
        return


def _without_states(tokens: Sequence[Any]) -> list[Any]:
    """Return the tokens of selectors without :hover, :target, ::before and their kind."""
    out: list[Any] = []
    colon = False
    for token in tokens:
        if token == ":":
            colon = True
        elif colon:
            colon = False
        else:
            out.append(token)
    return out

"""TEDS, how alike two tables are as trees: 1 for the same table, 0 for nothing in common.

Zhong, ShafieiBavani, Jimeno Yepes: Image-based table recognition: data, model, and evaluation (ECCV 2020): one minus
the edit distance of the two HTML trees over the number of nodes of the larger one. Renaming a node costs 1, or, for two
cells of the same spans, the edit distance of their texts over the length of the longer one. With `structure_only`
texts are left aside.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

from .errors import MissingToolError
from .formgrid import slots
from .template import TableForm

Number = int | float


@dataclass(slots=True)
class Node:
    """A node of a table's tree; cells have spans and a text."""

    tag: str
    spans: tuple[int, int] = (1, 1)
    text: str = ""
    children: list[Node] = field(default_factory=list)

    def size(self) -> int:
        """Return the number of nodes under this one, itself included."""
        return 1 + sum(c.size() for c in self.children)


def teds(truth: str, prediction: str, *, structure_only: bool = False) -> float:
    """Return how alike two tables are, 0 to 1.

    Args:
        truth: HTML with a table; the first one counts.
        prediction: The same of the other table. Without a table the score is 0.
        structure_only: Whether texts are left aside.

    Raises:
        MissingToolError: The package apted is not installed.
    """
    try:
        from apted import APTED, Config
    except ImportError as e:
        raise MissingToolError("TEDS needs apted.", hint='Install it: pip install "gxml[evaluate]".') from e
    from rapidfuzz.distance import Levenshtein

    class Costs(Config):  # type: ignore[misc]  # apted has no types
        def rename(self, a: Node, b: Node) -> float:
            if a.tag != b.tag or a.spans != b.spans:
                return 1.0
            longest = max(len(a.text), len(b.text))
            return Levenshtein.distance(a.text, b.text) / longest if longest and not structure_only else 0.0

    trees = tree(truth), tree(prediction)
    if trees[0] is None or trees[1] is None:
        return 0.0
    distance = APTED(trees[0], trees[1], Costs()).compute_edit_distance()
    return 1.0 - float(distance) / max(t.size() for t in trees if t)


def tree(html: str) -> Node | None:
    """Return the tree of the first table of a text; None if it has none. Heads of columns are cells like others."""
    from lxml import etree
    from lxml import html as parser

    try:
        found = parser.document_fromstring(html).find(".//table")
    except (etree.ParserError, ValueError):
        return None
    return None if found is None else _node(found)


def _node(element: Any) -> Node:
    tag = "td" if element.tag == "th" else str(element.tag)
    if tag == "td":
        spans = (_span(element, "rowspan"), _span(element, "colspan"))
        return Node(tag, spans, "".join(element.itertext()).strip())
    return Node(tag, children=[_node(e) for e in element if isinstance(e.tag, str)])


def _span(element: Any, name: str) -> int:
    text = element.get(name, "1")
    return int(text) if text.isdecimal() else 1


def form_html(table: TableForm, cells: Mapping[str, str]) -> str:
    """Return a table of the form as HTML.

    Args:
        table: Of the form.
        cells: Id to what is in the cell; those that are not there are empty.
    """
    rows: dict[int, list[str]] = {}
    for s in slots(table):
        text = cells.get(s.field, "") if s.field else s.text
        rows.setdefault(s.row, []).append(f'<td rowspan="{s.rowspan}" colspan="{s.colspan}">{escape(text)}</td>')
    body = "".join(f"<tr>{''.join(r)}</tr>" for _, r in sorted(rows.items()))
    return f"<html><body><table>{body}</table></body></html>"

"""Tables of the form without upright rulings, laid out as on the form: which rows stand where, and where columns run.

    open_tables(rows, rules, read_words, known) -> list[OpenTable]

Single digits are easily overlooked where nothing frames them, labels and heads of columns are not: rows come from the
labels that the form knows, columns from heads and numbers together. What is laid out here is read cell by cell, like
tables with rulings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .geometry import BBox
from .scan_form import Carry, FormPage, OpenTable, ReadWords, units_of
from .scan_heads import heads_of_applicants
from .scan_items import items
from .scan_labels import align, form_lines
from .scan_lines import Row
from .scan_matrix import matrix
from .scan_parted import heads_at_end, numbers_at_top
from .scan_reviews import leaf_rows, reviews
from .template import editions

SPREAD = 2.0
"""Gaps in rows of tables are as wide as this, in heights of the row."""
MANY = 3
"""A single row with so many of them may be the heads of a table that goes on behind the end of the page."""


def may_hold_tables(rows: Sequence[Row], rules: Sequence[BBox]) -> bool:
    """Tell whether a page may hold such tables: rules, or rows with several gaps that are no blanks."""
    gaps = [sum(g >= SPREAD for g in row.gaps) for row in rows]
    return len(rules) >= 2 or sum(g > 0 for g in gaps) >= 2 or max(gaps, default=0) >= MANY


def open_tables(
    rows: Sequence[Row], rules: Sequence[BBox], read_words: ReadWords, known: Mapping[int, Carry] | None = None
) -> list[OpenTable]:
    """Lay out the tables of the form on a page.

    Args:
        rows: Rows of text outside of tables with rulings, from top to bottom.
        rules: Horizontal rules, points.
        read_words: Reads text.
        known: Section -> what the page before told of a table that may go on.

    Returns:
        The tables from top to bottom; none where rows or columns cannot be told.
    """
    if not rows:
        return []
    page = FormPage(rows, units_of(rows, read_words), rules)
    known = known or {}
    found: list[OpenTable] = []
    above = page.lines[: next(iter(leaf_rows(page)), len(rows))]  # 总计 and 其他 are heads of section 四, too
    for section, lay in ((2, items), (3, matrix)):
        choices = [(align(above, form_lines(e.table(section))), e) for e in editions().values()]
        carry = known.get(section)
        same = carry.edition if carry is not None else ""
        choices.sort(key=lambda c: (-round(c[0].score, 2), c[1].edition != same))
        # labels of the editions are much alike: columns may rule one out
        tables = (lay(page, best, e, carry) for best, e in choices)
        found += next((t for t in tables if t), [])
    if not any(t.section == 3 for t in found) and (heads := heads_of_applicants(page)) is not None:
        found.append(heads)
    fourth = reviews(page, read_words) or heads_at_end(page)
    if fourth is None and 4 in known:
        fourth = numbers_at_top(page, known[4])
    if fourth is not None:
        found.append(fourth)
    out: list[OpenTable] = []
    for table in sorted(found, key=lambda t: t.bbox[1]):
        if out and out[-1].rows & table.rows:
            continue
        out.append(table)
    return out

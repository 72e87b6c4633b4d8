"""Section 四 without upright rulings that the end of a page parts: its upper heads alone, or its numbers alone.

heads_at_end(page) -> OpenTable | None
numbers_at_top(page, known) -> OpenTable | None
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from .geometry import union
from .numerals import comparable
from .scan_bands import Bands, Label
from .scan_columns import fit_columns
from .scan_form import Carry, FormPage, OpenCell, OpenTable, cell_place, value_cells
from .scan_labels import similarity
from .scan_lines import MARK
from .scan_reviews import ALIKE, LONGEST, MOST_ROOM, RIM, WIDE, is_narrow
from .template import Row as FormRow
from .template import editions

TOP_ROWS = 3
"""The numbers stand in one of the first rows of a page."""
MOST_MISSING = 5
"""Columns without a number; in a row of fewer numbers nobody can tell whose they are."""


def heads_at_end(page: FormPage) -> OpenTable | None:
    """Lay out the heads of section 四 behind which a page ends: those over groups, perhaps a part of the others."""
    block = next(iter(editions().values())).table(4).blocks[0]
    each, groups = len(block.columns), len(block.rows)
    reviewed, sued = comparable(block.rows[0].label), comparable(block.rows[-1].path[0])
    pairs = [
        (u, v)
        for line, below in zip(page.lines, [*page.lines[1:], []], strict=True)
        for u in line
        for v in (*line, *below)
        if similarity(comparable(u.text), [reviewed]) >= ALIKE <= similarity(comparable(v.text), [sued])
        and max(len(u.text), len(v.text)) <= len(reviewed) + 1
    ]
    if not pairs:
        return None
    first, second = (unit.bbox for unit in pairs[-1])
    em = first[3] - first[1]
    width = 2 * ((second[0] + second[2]) - (first[0] + first[2])) / 2  # a third of it and the rest
    if width < WIDE or abs(second[1] - first[1]) > em:
        return None
    left = (first[0] + first[2]) / 2 - width / (2 * groups)
    top, under = min(first[1], second[1]) - em / 2, max(first[3], second[3])
    behind = [r for r in page.rows if r.bbox[1] > under - 1]
    parts = [r for r in behind if r.bbox[1] < under + MOST_ROOM * em and r.bbox[0] > left - em]
    inner = [u.bbox for line in page.lines for u in line if u.bbox[1] > under - 1 and _names_group(u.text, block.rows)]
    parts = parts if inner else []
    if len(behind) - len(parts) > 1:  # more than the number of the page
        return None
    xs = [left + width * k / (each * groups) for k in range(each * groups + 1)]
    middle = (under + min(r.bbox[1] for r in parts)) / 2 if parts else under + em / 2
    if not parts:
        cells = [OpenCell(0, k, 1, 1, (xs[a], top, xs[b], middle)) for k, (a, b) in enumerate(((0, each), (each, -1)))]
    else:
        bottom = max(r.bbox[3] for r in parts) + em / 2
        cells = [
            OpenCell(0, 0, 1, each, (xs[0], top, xs[each], middle)),
            OpenCell(0, each, 1, groups - 1, (xs[each], top, xs[-1], middle)),
            *(OpenCell(1, k, 1, 1, (xs[k], middle, xs[k + 1], bottom)) for k in range(each)),
        ]
        for g in range(1, groups):
            cells.append(OpenCell(1, each + g - 1, 1, 1, (xs[g * each], middle, xs[(g + 1) * each], bottom)))
    box = union(c.bbox for c in cells)
    assert box is not None
    return OpenTable(4, tuple(sorted(cells, key=cell_place)), box, page.taken(box))


def _names_group(text: str, rows: Sequence[FormRow]) -> bool:
    return len(text) < LONGEST and similarity(comparable(text), [comparable(r.label) for r in rows if r.path]) >= ALIKE


def numbers_at_top(page: FormPage, known: Carry) -> OpenTable | None:
    """Lay out the numbers of section 四 whose heads end the page before.

    Args:
        page: The page.
        known: Their columns.
    """
    count = len(known.columns.extents)
    for i, row in enumerate(page.rows[:TOP_ROWS]):
        values = [b for b in row.pieces if max(b[2] - b[0], b[3] - b[1]) >= MARK]
        if not is_narrow(row, row.em) or not count - MOST_MISSING <= len(values) <= count:
            continue
        columns = fit_columns([(b[0], b[2]) for b in values], [], count, {}, known.columns)
        if columns is None:
            return None
        em = median(b[3] - b[1] for b in values)
        low, high = min(b[1] for b in values), max(b[3] for b in values)
        lines = sorted((r[1] + r[3]) / 2 for r in page.rules)
        top = next((y for y in lines[::-1] if low - 2 * em < y < low + 1), low - RIM * em)
        bottom = next((y for y in lines if high - 1 < y < high + 2 * em), high + RIM * em)
        xs = columns.edges(columns.extents[0][0] - 99)
        cells = value_cells([Label([], low, high, numbers=values)], Bands((top, bottom), 0.0, 0.0), xs, 0, 0)
        box = union(c.bbox for c in cells)
        assert box is not None
        return OpenTable(4, tuple(cells), box, frozenset({i}))
    return None

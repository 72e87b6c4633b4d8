"""Section 四 without upright rulings: fifteen columns in three groups over one row.

reviews(page) -> OpenTable | None
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from statistics import median

from .geometry import BBox, union
from .scan_bands import Bands, Label
from .scan_columns import fit_columns
from .scan_form import HEAD_GAP, FormPage, OpenCell, OpenTable, cell_place, value_cells
from .template import editions

LEAVES = re.compile("结果|维持|纠正|尚未|审结|总计|合计|其他|其它")
GROUPS = re.compile("复议|诉讼|起诉")
LEAST_LEAVES = 4
"""So many of the words of section 四's columns make a line of them."""


def reviews(page: FormPage) -> OpenTable | None:
    """Lay out section 四; None where there is none, or its columns cannot be told."""
    form = next(iter(editions().values())).table(4)
    block = form.blocks[0]
    each, groups = len(block.columns), len(block.rows)
    said = ["".join(u.text for u in line) for line in page.lines]
    leaves = [
        i
        for i, line in enumerate(page.lines)
        if len(LEAVES.findall(said[i])) >= LEAST_LEAVES and len(line) >= LEAST_LEAVES + 1
    ]
    if not leaves:
        return None
    em = median(page.rows[i].em for i in leaves)
    first, last = leaves[0], leaves[0]
    for i in leaves[1:]:
        if page.rows[i].bbox[1] - page.rows[last].bbox[3] <= HEAD_GAP * em:
            last = i
    above = [i for i in range(max(0, first - 4), first) if GROUPS.search(said[i]) and len(page.lines[i]) > 1]
    below = [i for i in range(last + 1, min(len(page.rows), last + 4))]
    data: int | None = None
    heads = [b for i in range(first, last + 1) for b in page.rows[i].pieces]
    for i in below:
        row = page.rows[i]
        if row.bbox[1] - page.rows[last].bbox[3] > 2 * HEAD_GAP * em:
            break
        if any(len(u.text) > 3 for u in page.lines[i]) and LEAVES.search(said[i]) is None and not said[i].isdigit():
            break
        if any(b[2] - b[0] < 1.2 * em for b in row.pieces) and not LEAVES.search(said[i]):
            data = i
            break
        heads += row.pieces
        last = i
    if data is None:
        return None
    values = list(page.rows[data].pieces)
    columns = fit_columns([(b[0], b[2]) for b in values], [(b[0], b[2]) for b in heads], each * groups, {})
    if columns is None:
        return None
    xs = columns.edges(columns.extents[0][0] - 99)
    low, high = min(b[1] for b in values), max(b[3] for b in values)
    under = max(b[3] for b in heads)
    lines = sorted((r[1] + r[3]) / 2 for r in page.rules)
    top = next((y for y in lines if under - 1 < y < low + 1), (under + low) / 2)
    bottom = next((y for y in lines if high - 1 < y < high + 2 * em), high + 0.6 * em)
    cells = _heads(page, above, heads, xs, top, each, groups, em)
    at = 1 + max(c.row + c.rowspan - 1 for c in cells)
    numbers = [Label([], low, high, numbers=values)]
    cells += value_cells(numbers, Bands((top, bottom), 0.0, 0.0), xs, at, 0)
    box = union(c.bbox for c in cells)
    assert box is not None
    return OpenTable(4, tuple(sorted(cells, key=cell_place)), box, page.taken(box))


def _heads(
    page: FormPage,
    above: Sequence[int],
    heads: Sequence[BBox],
    xs: Sequence[float],
    bottom: float,
    each: int,
    groups: int,
    em: float,
) -> list[OpenCell]:
    """Return the cells of the heads of section 四: reviews beside lawsuits, these in two groups."""
    rows = [page.rows[i].bbox for i in above]
    inner = [b for b in heads if (b[0] + b[2]) / 2 > xs[each]]
    under = min(b[1] for b in inner or heads)
    ys = [min([b[1] for b in rows] + [under]) - em / 2]
    for box, below in zip(rows, [*(b[1] for b in rows[1:]), under], strict=True):
        ys.append((box[3] + below) / 2)
    ys.append(bottom)
    count = len(ys) - 1
    n = each * groups
    cells: list[OpenCell] = []
    if count >= 2:
        cells.append(OpenCell(0, 0, 1, each, (xs[0], ys[0], xs[each], ys[1])))
        cells.append(OpenCell(0, each, 1, n - each, (xs[each], ys[0], xs[n], ys[1])))
    if count >= 3:
        for g in range(1, groups):
            a, b = g * each, (g + 1) * each
            cells.append(OpenCell(1, a, count - 2, each, (xs[a], ys[1], xs[b], ys[-2])))
    for i in range(n):
        at = min(1, count - 1) if i < each else count - 1
        cells.append(OpenCell(at, i, count - at, 1, (xs[i], ys[at], xs[i + 1], bottom)))
    return cells

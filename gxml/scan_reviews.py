"""Section 四 without upright rulings: fifteen columns in three groups over one row.

reviews(page) -> OpenTable | None
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations, pairwise
from statistics import median

from .geometry import BBox, union
from .numerals import comparable
from .scan_bands import LEAST_NUMBERS, MOST_SLOPE, Bands, Label
from .scan_columns import fit_columns
from .scan_form import FormPage, OpenCell, OpenTable, cell_place, value_cells
from .scan_labels import similarity
from .scan_lines import MARK
from .template import Row as FormRow
from .template import editions

LEAVES = re.compile("结果|维持|纠正|尚未|审结|总计|合计|其他|其它")
SECTION_FIVE = re.compile("^.?五|存在.{0,5}问题|问题.{0,3}改进")
LEAST_LEAVES = 4
"""So many of the words of section 四's columns make a line of them."""
MOST_ROOM = 4.0
"""Lines of the table are no further apart, in heights of a line."""
NUMBER = 3.5
"""Wider pieces are no numbers, in heights of a line."""
ABOVE = 7.0
"""Heads over groups of columns stand at most this far above the columns' own, in heights of a line."""
ALIKE = 0.7
"""Similarity of a head over columns."""
LONGEST = 12
"""Longer texts are no heads, characters."""
RIM = 0.6
"""Paper below the numbers, in heights of a line."""
WIDE = 150.0
"""Numbers over less than this say nothing of the slope, points."""


def reviews(page: FormPage) -> OpenTable | None:
    """Lay out section 四; None where there is none, or its columns cannot be told."""
    form = next(iter(editions().values())).table(4)
    block = form.blocks[0]
    each, groups = len(block.columns), len(block.rows)
    said = ["".join(u.text for u in line) for line in page.lines]
    leaves = [
        i
        for i, row in enumerate(page.rows)
        if len(LEAVES.findall(said[i])) >= LEAST_LEAVES and len(row.pieces) >= LEAST_LEAVES
    ]
    if not leaves:
        return None
    em = median(page.rows[i].em for i in leaves)
    numbers = _data(page, leaves[0], said, em)
    data = numbers[0] if numbers else _section_five(page, leaves[0], said)
    if data is None:
        return None
    values = sorted(b for i in numbers for b in page.rows[i].pieces if max(b[2] - b[0], b[3] - b[1]) >= MARK)
    heads = [b for i in range(leaves[0], data) for b in page.rows[i].pieces if min(b[2] - b[0], b[3] - b[1]) >= MARK]
    levels = _levels(page, [path for row in block.rows for path in row.path], block.rows, leaves[0], data, em)
    heads = [b for b in heads if not any(_within(b, level) for boxes in levels for level in boxes)]
    columns = fit_columns([(b[0], b[2]) for b in values], [(b[0], b[2]) for b in heads], each * groups, {})
    if columns is None or not heads:
        return None
    xs = columns.edges(columns.extents[0][0] - 99)
    slope, origin = _slope(values), (xs[0] + xs[-1]) / 2
    flat = [(b[0], b[1] - slope * (b[0] - origin), b[2], b[3] - slope * (b[0] - origin)) for b in values]
    under = max(b[3] - slope * (b[0] - origin) for b in heads)
    lines = sorted((r[1] + r[3]) / 2 - slope * ((r[0] + r[2]) / 2 - origin) for r in page.rules)
    if numbers:
        low, high = min(b[1] for b in flat), max(b[3] for b in flat)
    else:  # nothing is filled in
        low, high = under + RIM * em, under + (RIM + 1) * em
        if page.rows[data].bbox[1] < high:
            return None
    top = next((y for y in lines if min(under, low) - 1 < y < low + 1), (under + low) / 2)
    bottom = next((y for y in lines if high - 1 < y < high + 2 * em), high + RIM * em)
    cells = _heads(levels, heads, xs, top, each, groups, em)
    at = 1 + max(c.row + c.rowspan - 1 for c in cells)
    cells += value_cells([Label([], low, high, numbers=flat)], Bands((top, bottom), slope, origin), xs, at, 0)
    box = union(c.bbox for c in cells)
    assert box is not None
    return OpenTable(4, tuple(sorted(cells, key=cell_place)), box, page.taken(box))


def _data(page: FormPage, first: int, said: Sequence[str], em: float) -> list[int]:
    """Return the row of the numbers: the last one of narrow pieces below the heads, better one of several pieces.

    Numbers on a line that falls may be several rows of text, one beside the other.
    """
    last = first
    found: list[int] = []
    for i in range(first + 1, len(page.rows)):
        row = page.rows[i]
        if row.bbox[1] - page.rows[last].bbox[3] > MOST_ROOM * em:
            break
        if LEAVES.search(said[i]):
            found.clear()
        elif all(b[2] - b[0] < NUMBER * em for b in row.pieces):
            found.append(i)
        else:
            break
        last = i
    rows = [i for i in found if len(page.rows[i].pieces) > 1] or found
    out = rows[-1:]
    for i in rows[-2::-1]:
        a, b = page.rows[i].bbox, page.rows[out[0]].bbox
        if (a[2] > b[0] and b[2] > a[0]) or b[1] - a[3] > em / 2:
            break
        out.insert(0, i)
    return out


def _section_five(page: FormPage, first: int, said: Sequence[str]) -> int | None:
    """Return the row of the heading behind the table: the line between is empty, and not on the next page."""
    behind = (i for i in range(first + 1, len(page.rows)) if not LEAVES.search(said[i]))
    return next((i for i in behind if SECTION_FIVE.search(said[i])), None)


def _levels(
    page: FormPage, upper: Sequence[str], rows: Sequence[FormRow], first: int, data: int, em: float
) -> list[list[BBox]]:
    """Return where the heads over groups of columns stand: those over all of a kind, and those below these."""
    top = page.rows[first].bbox[1]
    units = [u for line in page.lines[:data] for u in line if u.text and top - ABOVE * em < u.bbox[1] < top + em]
    names = ([*upper, *(r.label for r in rows if not r.path)], [r.label for r in rows if r.path])
    out: list[list[BBox]] = [[], []]
    for unit in units:
        alike = [similarity(comparable(unit.text), [comparable(n) for n in group]) for group in names]
        if max(alike) >= ALIKE and len(unit.text) < LONGEST:
            out[alike.index(max(alike))].append(unit.bbox)
    return out


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


def _within(box: BBox, other: BBox) -> bool:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return other[0] <= x <= other[2] and other[1] <= y <= other[3]


def _slope(values: Sequence[BBox]) -> float:
    """Return how much the numbers fall, a point to the right."""
    if len(values) < LEAST_NUMBERS or values[-1][2] - values[0][0] < WIDE:
        return 0.0
    middles = [((b[0] + b[2]) / 2, (b[1] + b[3]) / 2) for b in values]
    # the middle of all slopes: one piece of dirt does not turn it
    slopes = [(y1 - y0) / (x1 - x0) for (x0, y0), (x1, y1) in combinations(middles, 2) if x1 - x0 > WIDE / 2]
    return max(-MOST_SLOPE, min(MOST_SLOPE, median(slopes))) if slopes else 0.0


def _heads(
    levels: Sequence[Sequence[BBox]],
    heads: Sequence[BBox],
    xs: Sequence[float],
    bottom: float,
    each: int,
    groups: int,
    em: float,
) -> list[OpenCell]:
    """Return the cells of the heads of section 四: reviews beside lawsuits, these in two groups."""
    inner = [b for b in heads if (b[0] + b[2]) / 2 > xs[each]]
    under = min(b[1] for b in inner or heads)
    spans = [(min(b[1] for b in boxes), max(b[3] for b in boxes)) for boxes in levels if boxes]
    ys = [min([under, *(a for a, _ in spans)]) - em / 2]
    for (_, end), (start, _) in pairwise([*spans, (under, under)]):
        ys.append((end + start) / 2)
    ys.append(bottom)
    count = len(ys) - 1
    n = each * groups
    cells: list[OpenCell] = []
    if count == 2 and not levels[0]:  # the upper ones stand on the page before
        for g in range(1, groups):
            a, b = g * each, (g + 1) * each
            cells.append(OpenCell(0, a, 1, each, (xs[a], ys[0], xs[b], ys[1])))
    elif count >= 2:
        cells.append(OpenCell(0, 0, 1, each, (xs[0], ys[0], xs[each], ys[1])))
        cells.append(OpenCell(0, each, 1, n - each, (xs[each], ys[0], xs[n], ys[1])))
    if count >= 3:
        for g in range(1, groups):
            a, b = g * each, (g + 1) * each
            cells.append(OpenCell(1, a, count - 2, each, (xs[a], ys[1], xs[b], ys[-2])))
    for i in range(n):
        at = min(1 if levels[0] else 0, count - 1) if i < each else count - 1
        cells.append(OpenCell(at, i, count - at, 1, (xs[i], ys[at], xs[i + 1], bottom)))
    return cells

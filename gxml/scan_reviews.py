"""Section 四 without upright rulings: fifteen columns in three groups over one row.

reviews(page, read_words) -> OpenTable | None
leaf_rows(page) -> rows of text that are heads of its columns
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
from .scan_form import FOLIO, GLYPH, Carry, FormPage, OpenCell, OpenTable, ReadWords, cell_place, value_cells
from .scan_labels import IDEOGRAPH, similarity
from .scan_lines import MARK, Row, padded
from .template import Row as FormRow
from .template import editions

LEAVES = re.compile("结果|维持|纠正|尚未|审结|总计|合计|其他|其它")
BEGINS = re.compile("结果|其他|其它|尚未|总计|合计")
"""How the heads of the columns begin: where they touch, or are broken, "结果维结果纠其他结尚未审"."""
SIGNS = frozenset("结果维持纠正其他它尚未审总合计")
PURE = 0.9
"""Heads that touch are made of these signs, prose is not; as a share of the ideographs."""
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
PAGE_NUMBER = 6.0
"""The number of a page is no wider, in heights of a line; numbers of the table are spread over its columns."""
APART = 1.5
"""The number of a page stands farther below the table than this, in heights of a line."""
GROUP_LINES = 0.1
"""Paper between heads that touch, as a share of a sign."""


def leaf_rows(page: FormPage) -> list[int]:
    """Return the rows of text that are heads of the fifteen columns."""
    out = []
    for i, (row, line) in enumerate(zip(page.rows, page.lines, strict=True)):
        said = "".join(u.text for u in line)
        if len(LEAVES.findall(said)) >= LEAST_LEAVES and (len(row.pieces) >= LEAST_LEAVES or _pure(said)):
            out.append(i)
    return out


def _pure(said: str) -> bool:
    signs = IDEOGRAPH.findall(said)
    return sum(c in SIGNS for c in signs) >= PURE * len(signs)


def reviews(page: FormPage, read_words: ReadWords) -> OpenTable | None:
    """Lay out section 四; None where there is none, or its columns cannot be told.

    Heads behind which the page ends are a table, too: its numbers stand on the next page (see `scan_parted`).
    """
    form = next(iter(editions().values())).table(4)
    block = form.blocks[0]
    each, groups = len(block.columns), len(block.rows)
    said = ["".join(u.text for u in line) for line in page.lines]
    leaves = leaf_rows(page)
    if not leaves:
        return None
    em = median(page.rows[i].em for i in leaves)
    numbers, last = _data(page, leaves[0], said, em, read_words)
    data = numbers[0] if numbers else _section_five(page, leaves[0], said)
    cut = data is None and all(_folio(page, i, last, em, read_words) for i in range(last + 1, len(page.rows)))
    if data is None:
        if not cut:
            return None
        data = last + 1
    values = sorted(b for i in numbers for b in page.rows[i].pieces if max(b[2] - b[0], b[3] - b[1]) >= MARK)
    heads = [b for i in range(leaves[0], data) for b in _heads_of(page, i) if min(b[2] - b[0], b[3] - b[1]) >= MARK]
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
    below = [y for y in lines if under - 1 < y < under + MOST_ROOM * em]
    if cut and len(below) < 2:
        bottom = next((y for y in lines if under - 1 < y < under + 2 * em), under + RIM * em)
        cells = _heads(levels, heads, xs, bottom, each, groups, em)
        box = union(c.bbox for c in cells)
        assert box is not None
        rows = page.taken(box) - frozenset(range(data, len(page.rows)))
        return OpenTable(4, tuple(sorted(cells, key=cell_place)), box, rows, Carry(columns, 0, ""))
    if numbers:
        low, high = min(b[1] for b in flat), max(b[3] for b in flat)
    elif cut:  # nothing is filled in between two rules
        low, high = below[0] + 1, below[1] - 1
    else:
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


def _heads_of(page: FormPage, i: int) -> list[BBox]:
    """Return the pieces of a row of heads; where several heads are one piece, they are parted by their signs."""
    out: list[BBox] = []
    for b in page.rows[i].pieces:
        unit = next((u for u in page.lines[i] if u.bbox[0] - 1 <= b[0] and b[2] <= u.bbox[2] + 1), None)
        starts = [m.start() for m in BEGINS.finditer(unit.text)] if unit is not None else []
        if unit is None or len(starts) < 2:
            out.append(b)
            continue
        sign = (unit.bbox[2] - unit.bbox[0]) / len(unit.text)
        edges = [*(unit.bbox[0] + sign * s for s in starts), unit.bbox[2]]
        inside = [(x0, x1) for x0, x1 in pairwise(edges) if x0 > b[0] - sign and x1 < b[2] + sign]
        if len(inside) < 2:
            out.append(b)
        else:
            out += [(x0 + GROUP_LINES * sign, b[1], x1 - GROUP_LINES * sign, b[3]) for x0, x1 in inside]
    return out


def _data(page: FormPage, first: int, said: Sequence[str], em: float, read_words: ReadWords) -> tuple[list[int], int]:
    """Return the row of the numbers and the last row of the heads.

    The numbers are the last row of narrow pieces below the heads, better one of several pieces. On a line that falls
    they may be several rows of text, one beside the other.
    """
    last = end = first
    found: list[int] = []
    for i in range(first + 1, len(page.rows)):
        row = page.rows[i]
        if row.bbox[1] - page.rows[last].bbox[3] > MOST_ROOM * em:
            break
        if LEAVES.search(said[i]) or (is_narrow(row, em) and _ends_heads(row, em, read_words)):
            found.clear()
            end = i
        elif is_narrow(row, em):
            found.append(i)
        else:
            break
        last = i
    if found and _folio(page, found[-1], found[-2] if len(found) > 1 else end, em, read_words):
        found.pop()
    rows = [i for i in found if len(page.rows[i].pieces) > 1] or found
    out = rows[-1:]
    for i in rows[-2::-1]:
        a, b = page.rows[i].bbox, page.rows[out[0]].bbox
        if (a[2] > b[0] and b[2] > a[0]) or b[1] - a[3] > em / 2:
            break
        out.insert(0, i)
    return out, end


def is_narrow(row: Row, em: float) -> bool:
    """Tell whether a row of text holds numbers alone, by the width of its pieces."""
    return all(b[2] - b[0] < NUMBER * em for b in row.pieces)


def _ends_heads(row: Row, em: float, read_words: ReadWords) -> bool:
    """Tell whether a row of narrow pieces is the second line of heads: 持, 正, 果, 结."""
    signs = [b for b in row.pieces if min(b[2] - b[0], b[3] - b[1]) >= GLYPH * em]
    if len(signs) < 2 or 2 * len(signs) < sum(max(b[2] - b[0], b[3] - b[1]) >= MARK for b in row.pieces):
        return False
    texts = read_words([padded(b) for b in signs])
    return 2 * sum(bool(IDEOGRAPH.search(t.text)) for t in texts) > len(signs)


def _folio(page: FormPage, i: int, above: int, em: float, read_words: ReadWords) -> bool:
    """Tell whether a row is the number of the page: the last one, narrow, with dashes or by itself."""
    box = page.rows[i].bbox
    if i < len(page.rows) - 1 or box[2] - box[0] > PAGE_NUMBER * em:
        return False
    said = read_words([padded(box)])[0].text.strip()
    far = box[1] - page.rows[above].bbox[3] > APART * em
    return bool(FOLIO.match(said)) and (far or not said.isdigit())


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

"""Section 三 without upright rulings: rows under up to two levels of groups, seven columns under heads.

matrix(page, alignment, edition, known) -> list[OpenTable]
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import dropwhile, groupby, pairwise
from statistics import median

from .geometry import BBox, overlap, union
from .numerals import comparable
from .scan_bands import Bands, Label, bands, level, slope_of, with_numbers
from .scan_columns import Columns, fit_columns
from .scan_form import (
    GLYPH,
    HEAD_GAP,
    SAME_START,
    Carry,
    FormPage,
    OpenCell,
    OpenTable,
    cell_place,
    em_of,
    label_of,
    value_cells,
)
from .scan_heads import APPLICANTS, ORGANISATIONS
from .scan_labels import Alignment, FormLine, Found, Unit, form_lines, has_words, similarity
from .template import Edition, TableForm

LEAST_ROWS = 3
"""So many rows with labels make a table, fewer only where it goes on."""
WRAP = 0.8
"""A line of a label that was not recognised belongs to the label above it if the gap is no wider, in heights."""
GROUP_WIDTH = 5.0
"""Labels of groups are no wider, in heights of a line."""
NEXT = 1.2
"""Parts of one line of a label are no further apart, in heights: the blank halves of two signs."""
HANGING = 0.8
"""The second line of a label may begin this far to the left of a bracket that begins the first one, in heights."""
_WITH_GROUP = re.compile(r"[（(].{1,3}[)）]\D+\d{1,2}[.．、，]")
NUMBERING = re.compile(r"[（(]?[一二三四五六七八九十\d]{1,2}[)）、.．，]$")
"""A label may begin with it, a gap behind."""
HALF_SIGN = 0.45
"""The blank half of a bracket, in heights of a line."""
UNLABELLED = 0.25
"""So many rows without a label, as a share of those with one, are none."""
AT_EDGE, THROUGH = 2.0, 0.7
"""A rule this near to the edge of a row, points, parts the label of a group if it runs through so much of its width."""
VERY_NARROW = 8.0
"""A column of groups that is narrower has no labels on this page, points."""
HEADS = 9
"""Lines that heads take at most."""


def matrix(page: FormPage, best: Alignment, edition: Edition, known: Carry | None) -> list[OpenTable]:
    """Lay out section 三; none where columns cannot be told."""
    form = edition.table(3)
    wanted = form_lines(form)
    labels = _labels(page, best, wanted)
    caption = [u.bbox for f in best.found if wanted[f.line].kind == "caption" for u in f.units]
    if caption:  # 总计 is a column's head, too; behind the first row, labels begin to the right of a narrow caption
        labels = list(dropwhile(lambda k: k.left >= max(b[2] for b in caption), labels))
    if caption and not labels:
        return _heads_alone(page, form, best, wanted, caption, edition.edition)
    same = known is not None and known.edition == edition.edition
    goes_on = known is not None and same and bool(labels) and labels[0].line > known.line
    if len(labels) < (1 if goes_on or caption else LEAST_ROWS):  # a page may end behind the first row
        return []
    em = em_of(labels)
    limit = max(k.right for k in labels)
    labels = _with_others(page, labels, limit, em)
    limit = max(k.right for k in labels)
    slope, origin = slope_of(labels, page.pieces(limit, labels[0].y0 - em, labels[-1].y1 + em), em)
    level(labels, slope, origin)
    numbers = page.pieces(limit, labels[0].y0 - em / 2, labels[-1].y1 + em / 2, slope, origin)
    count = len(labels)
    labels = with_numbers(labels, numbers, em, slope, origin)
    if len(labels) - count > UNLABELLED * count:
        return []  # labels and numbers do not fit together
    heads = _heads(page, form, labels[0], caption, limit, em)
    starts = {
        depth: min(k.left for k in labels if k.row is not None and len(k.row.path) == depth)
        for depth in {len(k.row.path) for k in labels if k.row is not None}
    }
    columns = fit_columns(
        [(b[0], b[2]) for k in labels for b in k.numbers],
        [(b[0], b[2]) for b in heads],
        len(form.blocks[0].columns),
        starts,
        known.columns if known is not None else None,
    )
    if columns is None:
        return []
    edges = bands(labels, page.rules, em, slope, origin)
    depth = 1 + max((len(k.row.path) for k in labels if k.row is not None), default=0)
    rim = min(k.left for k in labels if k.units) - 2
    lefts = _lefts(labels, depth, rim, em)
    if known is not None:
        lefts = _as_before(lefts, columns, known, em)
    xs = columns.edges(limit)
    top = edges.edges[0]
    cells = _matrix_heads(page, form, best, wanted, heads, lefts, xs, top, em)
    first = 1 + max((c.row + c.rowspan - 1 for c in cells), default=-1)
    cells += _row_labels(labels, edges, lefts, xs[0], first, page.rules)
    cells += value_cells(labels, edges, xs, first, depth)
    box = union(c.bbox for c in cells)
    assert box is not None
    last = max(k.line for k in labels)
    rows = page.taken(box) | _overhanging(page, box, xs[0], em)
    carry = Carry(columns, last, edition.edition, tuple(lefts))
    return [OpenTable(3, tuple(sorted(cells, key=cell_place)), box, rows, carry)]


def _overhanging(page: FormPage, box: BBox, right: float, em: float) -> frozenset[int]:
    """Return the rows of text below a table that are the rest of the label of a group that is higher than its rows."""
    out: set[int] = set()
    bottom = box[3]
    for i, row in enumerate(page.rows):
        middle = (row.bbox[1] + row.bbox[3]) / 2
        if middle > box[3] and row.bbox[1] < bottom + WRAP * em and box[0] <= row.bbox[0] and row.bbox[2] <= right:
            if row.bbox[2] - row.bbox[0] > GROUP_WIDTH * em:
                break
            out.add(i)
            bottom = row.bbox[3]
    return frozenset(out)


def _heads_alone(
    page: FormPage,
    form: TableForm,
    best: Alignment,
    wanted: Sequence[FormLine],
    caption: Sequence[BBox],
    edition: str,
) -> list[OpenTable]:
    """Lay out heads behind which a page ends; they tell the columns of the next one."""
    em = median(b[3] - b[1] for b in caption)
    left, limit = min(b[0] for b in caption), max(b[2] for b in caption)
    low, high = min(b[1] for b in caption) - HEAD_GAP * em, max(b[3] for b in caption) + HEAD_GAP * em
    near = [r for r in page.rows if low < r.bbox[1] and r.bbox[3] < high]
    if not near or any(r.bbox[1] > near[-1].bbox[3] for r in page.rows[:-1]):  # but for the number of the page
        return []
    bottom = near[-1].bbox[3] + em / 2
    heads = _heads(page, form, Label([], bottom, bottom), caption, limit, em)
    columns = fit_columns([], [(b[0], b[2]) for b in heads], len(form.blocks[0].columns), {0: left})
    if columns is None:
        return []
    cells = _matrix_heads(page, form, best, wanted, heads, [left - 2], columns.edges(limit), bottom, em)
    box = union(c.bbox for c in cells)
    assert box is not None
    return [OpenTable(3, tuple(sorted(cells, key=cell_place)), box, page.taken(box), Carry(columns, 0, edition))]


def _labels(page: FormPage, best: Alignment, wanted: Sequence[FormLine]) -> list[Label]:
    """Return the rows that were found, with words to the left of a label that belong to it."""
    out = []
    for found in best.found:
        line = wanted[found.line]
        if line.kind != "row":
            continue
        out.append(label_of(_widened(page, found, line), line, found.line))
    return out


def _widened(page: FormPage, found: Found, line: FormLine) -> Sequence[Unit]:
    first = found.units[0]
    before = [u for u in page.lines[first.row] if u.bbox[2] <= first.bbox[0] and u.text]
    if not before:
        return found.units
    joined = Unit(first.row, union([before[-1].bbox, first.bbox]) or first.bbox, before[-1].text + first.text)
    rest = "".join(u.text for u in found.units[1:])
    better = similarity(comparable(joined.text + rest), line.names) > similarity(
        comparable(first.text + rest), line.names
    )
    counted = NUMBERING.match(before[-1].text) and first.bbox[0] - before[-1].bbox[2] <= NEXT * (
        joined.bbox[3] - joined.bbox[1]
    )
    return (joined, *found.units[1:]) if better or counted else found.units


def _with_others(page: FormPage, labels: list[Label], limit: float, em: float) -> list[Label]:
    """Add what stands among the labels and was not recognised: lines of labels, rows that the form does not know."""
    used = {(u.row, u.bbox) for k in labels for u in k.units}
    deepest = max((len(k.row.path) for k in labels if k.row is not None), default=0)
    left = min(k.left for k in labels if k.row is not None and len(k.row.path) == deepest)
    top, bottom = labels[0].y0, labels[-1].y1
    out = sorted(labels, key=lambda k: k.y0)
    for line in page.lines:
        for unit in line:
            x0, y0, x1, y1 = unit.bbox
            if (unit.row, unit.bbox) in used or not top <= (y0 + y1) / 2 <= bottom + WRAP * em + em:
                continue
            above = [k for k in out if k.y0 < y0]
            below = [k for k in out if k.y0 > y0]
            beside = next((k for k in out if k.y0 <= (y0 + y1) / 2 <= k.y1), None)
            if beside is not None:  # the end of its line, its number, or dirt
                if has_words(unit) and any(
                    u.row == unit.row and 0 <= x0 - u.bbox[2] <= NEXT * em for u in beside.units
                ):
                    beside.units = sorted([*beside.units, unit], key=lambda u: (u.row, u.bbox[0]))
                continue
            start = min(left, max(above, key=lambda k: k.y1).left - HANGING * em) if above else left
            if x0 < start - SAME_START or x1 > limit + SAME_START or y1 - y0 < em / 2:
                continue
            gap = y0 - max(above, key=lambda k: k.y1).y1 if above else em
            after = min(k.y0 for k in below) - y1 if below else em * 9
            if above and gap <= WRAP * em and gap <= after + 0.1 * em:
                own = max(above, key=lambda k: k.y1)
                own.units.append(unit)
                own.y1 = max(own.y1, y1)
            elif below and unit.text and x0 >= left - SAME_START:
                out.append(Label([unit], y0, y1, block=_own_block(above)))
                out.sort(key=lambda k: k.y0)
    return out


def _own_block(above: Sequence[Label]) -> int:
    """Return the block of the last of the rows above."""
    return above[-1].block if above else 0


def _heads(
    page: FormPage, form: TableForm, first: Label, caption: Sequence[BBox], limit: float, em: float
) -> list[BBox]:
    """Return the pieces of the heads above the first row and beside the caption of the table."""
    titles = [comparable(t) for t in (form.title, *form.titles)]
    heads: list[BBox] = []
    top = first.y0
    above = [i for i, r in enumerate(page.rows) if (r.bbox[1] + r.bbox[3]) / 2 < first.y0]
    for i in above[::-1][: 2 * HEADS]:
        row = page.rows[i]
        others = [b for b in row.pieces if not any(_in(b, c) for c in caption)]
        mine = [b for b in others if b[0] > limit - em and min(b[2] - b[0], b[3] - b[1]) >= GLYPH * em]
        units = [u.bbox for u in page.lines[i] if not any(_in(u.bbox, c) for c in caption)]
        across = any(b[0] < limit - 2 * em and b[2] > limit + 2 * em for b in units)
        said = comparable("".join(u.text for u in page.lines[i]))
        if across or top - row.bbox[3] > HEAD_GAP * em or similarity(said[-30:], titles) > 0.75:
            break
        heads += mine
        if mine:
            top = min(top, row.bbox[1])
    return heads


def _start(label: Label, em: float) -> float:
    """Return where a label begins, the blank half of its first bracket included."""
    return label.left - (HALF_SIGN * em if label.text[:1] in "（(" else 0.0)


def _lefts(labels: Sequence[Label], depth: int, rim: float, em: float) -> list[float]:
    """Return where the columns of labels begin, one for each depth."""
    lefts = [rim]
    for d in range(1, depth):
        mine = [k for k in labels if k.row is not None and len(k.row.path) == d]
        # with the label of its group in front of it, a row says nothing
        of_depth = [_start(k, em) for k in mine if not _WITH_GROUP.match(k.text)] or [_start(k, em) for k in mine]
        deeper = [k.left for k in labels if k.row is not None and len(k.row.path) > d]
        lefts.append((min(of_depth) if of_depth else (lefts[-1] + min(deeper)) / 2) - 2)
    return lefts


def _as_before(lefts: list[float], columns: Columns, known: Carry, em: float) -> list[float]:
    """Return where the columns of labels begin, no farther right than on the page before.

    Where a page begins in the middle of a group, the label of the group stands on the page before, and the others may
    be centred.
    """
    if any(b - a < em for a, b in pairwise(known.lefts)):
        return lefts  # no column of labels is so narrow
    shift = median(b - a for a, b in zip(known.columns.middles, columns.middles, strict=True))
    return [min(x, before + shift) for x, before in zip(lefts, known.lefts, strict=False)] + lefts[len(known.lefts) :]


def _matrix_heads(
    page: FormPage,
    form: TableForm,
    best: Alignment,
    wanted: Sequence[FormLine],
    heads: Sequence[BBox],
    lefts: Sequence[float],
    xs: Sequence[float],
    bottom: float,
    em: float,
) -> list[OpenCell]:
    """Return the cells of the heads: one line over all columns, one over those of a group, the columns' own."""
    if not heads:
        return []
    labels, n = len(lefts), len(xs) - 1
    units = [u for line in page.lines for u in line if any(_in(u.bbox, h) for h in heads)]
    title = max(units, key=lambda u: similarity(comparable(u.text), [APPLICANTS]), default=None)
    group = max(units, key=lambda u: similarity(comparable(u.text), [ORGANISATIONS]), default=None)
    top = min(h[1] for h in heads) - em / 2
    caption = next((f for f in best.found if wanted[f.line].kind == "caption"), None)
    if caption is not None:
        top = min(top, caption.bbox[1] - em / 2)
    ys = [top]
    has_title = title is not None and similarity(comparable(title.text), [APPLICANTS]) >= 0.6
    if has_title and title is not None:
        under = min((h[1] for h in heads if h[1] >= title.bbox[3] - 1), default=bottom)
        ys.append((title.bbox[3] + under) / 2)
    columns = form.blocks[0].columns
    grouped = [i for i, c in enumerate(columns) if c.group]
    has_group = group is not None and similarity(comparable(group.text), [ORGANISATIONS]) >= 0.6
    if has_group and group is not None:
        inner = [h for h in heads if xs[grouped[0]] < (h[0] + h[2]) / 2 < xs[grouped[-1] + 1]]
        under = min((h[1] for h in inner if h[1] >= group.bbox[3] - 1), default=bottom)
        ys.append((group.bbox[3] + under) / 2)
    ys.append(bottom)
    count = len(ys) - 1
    text = "\n".join(u.text for u in caption.units) if caption is not None else None
    cells = [OpenCell(0, 0, count, labels, (lefts[0], top, xs[0], bottom), text)]
    row = 0
    if has_title:
        cells.append(OpenCell(0, labels, 1, n, (xs[0], ys[0], xs[-1], ys[1])))
        row = 1
    for i in range(n):
        under = 1 if has_group and i in grouped else 0
        at = row + under
        cells.append(OpenCell(at, labels + i, count - at, 1, (xs[i], ys[at], xs[i + 1], bottom)))
    if has_group:
        a, b = grouped[0], grouped[-1] + 1
        cells.append(OpenCell(row, labels + a, 1, b - a, (xs[a], ys[row], xs[b], ys[row + 1])))
    return cells


def _in(box: BBox, other: BBox) -> bool:
    return overlap(box[0], box[2], other[0], other[2]) > 0 and overlap(box[1], box[3], other[1], other[3]) > 0


def _row_labels(
    labels: Sequence[Label], edges: Bands, lefts: Sequence[float], right: float, first: int, rules: Sequence[BBox]
) -> list[OpenCell]:
    depth = len(lefts)
    paths: list[tuple[str, ...]] = []
    for i, k in enumerate(labels):
        if k.row is not None:
            paths.append(k.row.path)
            continue
        before = paths[-1] if paths else ()
        after = next((r.row.path for r in labels[i + 1 :] if r.row is not None), ())
        paths.append(before if before[: len(after)] == after or len(before) <= len(after) else after)
    cells = []
    for i, (k, path) in enumerate(zip(labels, paths, strict=True)):
        level = min(len(path), depth - 1)
        box = (lefts[level], edges.at(i, lefts[level]), right, edges.at(i + 1, lefts[level]))
        cells.append(OpenCell(first + i, level, 1, depth - level, box, k.text))
    for level in range(depth - 1):
        for path, members in groupby(range(len(labels)), key=lambda i: paths[i][: level + 1]):
            rows = list(members)
            if len(path) > level:
                x0, x1 = lefts[level], lefts[level + 1]
                cuts = [i for i in rows[1:] if _ruled(edges, i, x0, x1, rules)]
                for a, b in pairwise([rows[0], *cuts, rows[-1] + 1]):
                    cells.append(OpenCell(first + a, level, b - a, 1, (x0, edges.at(a, x0), x1, edges.at(b, x0))))
    return cells


def _ruled(edges: Bands, i: int, x0: float, x1: float, rules: Sequence[BBox]) -> bool:
    """Tell whether a rule above row `i` runs through a column of groups: their label is printed in two cells."""
    at = edges.at(i, (x0 + x1) / 2)
    through = max(VERY_NARROW, THROUGH * (x1 - x0))
    for rule in rules:
        y = (rule[1] + rule[3]) / 2 - edges.slope * ((rule[0] + rule[2] - x0 - x1) / 2)
        if abs(y - at) <= AT_EDGE and overlap(rule[0], rule[2], x0, x1) >= through:
            return True
    return False

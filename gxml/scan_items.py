"""Section 二 without upright rulings: for each item of article 20 a band, heads and rows; in one table or several.

items(page, alignment, edition, known) -> list[OpenTable]
band_at_end(lines, left, right) -> the line and the table that it is, or None
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from .geometry import BBox, overlap, union
from .lines import TextLine
from .numerals import comparable
from .scan_bands import Label, bands, slope_of, with_numbers
from .scan_columns import Columns, fit_columns
from .scan_form import (
    FOLIO,
    GLYPH,
    SAME_START,
    Carry,
    FormPage,
    OpenCell,
    OpenTable,
    cell_place,
    em_of,
    label_of,
    over_side,
)
from .scan_labels import Alignment, form_lines, similarity
from .template import Edition, TableForm, editions

LEAST_BLOCK = 2
"""So many rows, heads and bands make a table."""
HIGH_HEAD = 2.2
"""Lines of a head are no farther from its middle, in heights of a line."""
LOW = 0.65
"""What is lower stands in no column of its own, in heights of a line: a dash, or dirt."""
GAP = 2.0
"""Words of one cell are no further apart, in heights of a line."""
BLANK = 1.2
"""Parts of a head are no further apart, in heights of a line."""
ALIKE = 0.85
"""Similarity of a band."""
ROOM = 0.8
"""Paper above and below the text of a band, in heights of a line."""
APART = 1.2
"""So much more room between blocks, in heights of a line, makes tables of them."""


def items(page: FormPage, best: Alignment, edition: Edition, known: Carry | None) -> list[OpenTable]:
    """Lay out section 二; none where columns cannot be told."""
    if known is not None and known.edition != edition.edition:
        known = None  # other columns
    form = edition.table(2)
    wanted = form_lines(form)
    kinds = [wanted[f.line].kind for f in best.found]
    goes_on = known is not None and bool(best.found) and best.found[0].line > known.line
    if not goes_on and (len(kinds) < LEAST_BLOCK or {*kinds} == {"row"}):
        return []
    labels = [label_of(f.units, wanted[f.line], f.line) for f in best.found]
    em = em_of(labels)
    if "row" not in kinds:  # the page ends behind the first heads
        below = [r for r in page.rows if r.bbox[1] > labels[-1].y1]
        if kinds != ["band", "header"] or len([r for r in below if r.bbox[3] > labels[-1].y1 + em]) > 1:
            return []
    tables = []
    for part in _parts(labels, em):
        limit = max((k.right for k in part if k.kind != "band"), default=0.0)
        under = part[-1].y1 + (HIGH_HEAD if part[-1].kind == "header" else 0.5) * em
        pieces = page.pieces(limit, part[0].y0 - _above(page, part[0], limit, em), under)
        if any(k.kind == "row" for k in part):
            part = _with_others(page, part, limit)
        table = _lay(page, part, pieces, form, em, limit, edition.edition, known)
        if table is None:
            return []
        tables.append(table)
    return tables


def _above(page: FormPage, first: Label, limit: float, em: float) -> float:
    """Return how far above its first label a table begins: heads on several lines may begin a page."""
    if first.kind != "header":
        return em / 2
    lines = [r for r in page.rows if 0 < first.y0 - (r.bbox[1] + r.bbox[3]) / 2 < HIGH_HEAD * em]
    return HIGH_HEAD * em if all(r.bbox[0] > limit for r in lines) else em / 2


def band_at_end(lines: Sequence[TextLine], left: float, right: float) -> tuple[TextLine, OpenTable] | None:
    """Return the last line of a page if it is a band of section 二, behind which the page ends, as a table.

    Args:
        lines: Of the page, from top to bottom; the last one may be its number.
        left: Where text begins on the page, points.
        right: Where it ends.
    """
    known = [comparable(b.label) for e in editions().values() for b in e.table(2).blocks if b.label]
    line = next((k for k in lines[::-1] if not FOLIO.match(k.text)), None)
    if line is None or similarity(text := comparable(line.text), known) < ALIKE or len(text) > max(map(len, known)):
        return None
    em = line.bbox[3] - line.bbox[1]
    box = (left - 2, line.bbox[1] - ROOM * em, right + 2, line.bbox[3] + ROOM * em)
    return line, OpenTable(2, (OpenCell(0, 0, 1, 1, box, line.text),), box, frozenset())


def _with_others(page: FormPage, labels: list[Label], limit: float) -> list[Label]:
    """Add rows whose labels were not recognised: damaged ones, and those that the form does not know."""
    out = list(labels)
    left = min(k.left for k in labels if k.kind == "row")
    for unit in (u for line in page.lines for u in line if u.text):
        middle = (unit.bbox[1] + unit.bbox[3]) / 2
        above = [k for k in out if k.y1 < middle]
        if not above or not labels[0].y0 < middle < labels[-1].y1 or any(k.y0 <= middle <= k.y1 for k in out):
            continue
        if abs(unit.bbox[0] - left) <= SAME_START and unit.bbox[2] <= limit + SAME_START:
            block = max(above, key=lambda k: k.y1).block
            out.append(Label([unit], unit.bbox[1], unit.bbox[3], block=block))
    return sorted(out, key=lambda k: k.y0)


def _parts(labels: list[Label], em: float) -> list[list[Label]]:
    """Part the blocks of section 二 where more room is between them than between the rows of a table."""
    gap = min((b.y0 - a.y1 for a, b in pairwise(labels) if b.kind == "row"), default=em)
    out = [labels[:1]]
    for above, label in pairwise(labels):
        if label.kind == "band" and label.y0 - above.y1 > gap + APART * em:
            out.append([])
        out[-1].append(label)
    return out


def _lay(
    page: FormPage,
    labels: list[Label],
    pieces: Sequence[BBox],
    form: TableForm,
    em: float,
    limit: float,
    edition: str,
    known: Carry | None,
) -> OpenTable | None:
    slope, origin = slope_of([k for k in labels if k.kind == "row"], pieces, em)
    bands_of = {id(k) for k in labels if k.kind == "band"}
    inside = [b for b in pieces if not any(id(k) in bands_of and k.y0 <= (b[1] + b[3]) / 2 <= k.y1 for k in labels)]
    for k in labels:  # heads on several lines
        if k.kind == "header":
            middle = (k.y0 + k.y1) / 2
            tall = [
                b
                for b in inside
                if min(b[2] - b[0], b[3] - b[1]) >= GLYPH * em
                and abs((b[1] + b[3]) / 2 - slope * ((b[0] + b[2]) / 2 - origin) - middle) <= HIGH_HEAD * em
                and all(
                    abs((b[1] + b[3]) / 2 - middle) <= abs((b[1] + b[3]) / 2 - (o.y0 + o.y1) / 2)
                    for o in labels
                    if o is not k
                )
            ]
            k.numbers = tall
            inside = [b for b in inside if b not in tall]
            k.y0, k.y1 = min([k.y0, *(b[1] for b in tall)]), max([k.y1, *(b[3] for b in tall)])
    labels = with_numbers(labels, inside, em, slope, origin)
    edges = bands(labels, page.rules, em, slope, origin)
    clear = [b for b in pieces if b[3] - b[1] >= LOW * em]
    right = max([b[2] for b in clear] + [k.right for k in labels]) + 2 * em
    left = min(k.left for k in labels if k.units) - 2
    fits: dict[int, list[float]] = {}
    carry: Columns | None = None
    for block in sorted({k.block for k in labels}):
        mine = [k for k in labels if k.block == block]
        count = len(form.blocks[block].columns)
        numbers = [(b[0], b[2]) for k in mine if k.kind == "row" for b in k.numbers]
        heads = [(b[0], b[2]) for k in mine if k.kind == "header" for b in k.numbers]
        if count == 1:
            if any(_apart([(b[0], b[2]) for b in k.numbers if b[3] - b[1] >= LOW * em], em) for k in mine):
                return None
            nearest = min((a for a, _ in (*numbers, *heads)), default=limit + 2)
            fits[block] = [(limit + nearest) / 2, right]
            continue
        before = known.columns if known is not None and not heads else None
        columns = fit_columns(numbers, _words(heads, em), count, {0: left}, before)
        if columns is None:
            if any(k.kind == "row" for k in mine):
                return None
            fits[block] = [limit + 1, right]  # heads at the end of a page
            continue
        fits[block] = columns.edges(limit)
        carry = columns  # the last one may go on
    widest = max((len(fits[k.block]) - 1 for k in labels if k.kind != "band"), default=0)
    cells: list[OpenCell] = []
    for i, k in enumerate(labels):
        box = (left, edges.at(i, left), right, edges.at(i + 1, left))
        if k.kind == "band":
            cells.append(OpenCell(i, 0, 1, widest + 1, box, k.text))
            continue
        xs = fits[k.block]
        cells.append(OpenCell(i, 0, 1, 1, (left, box[1], xs[0], box[3]), k.text))
        for j in range(len(xs) - 1):
            last = j == len(xs) - 2
            span = widest - j if last else 1
            x = (xs[j] + xs[j + 1]) / 2
            place = (xs[j], edges.at(i, x), xs[j + 1], edges.at(i + 1, x))
            number = k.kind == "row"
            cut = number and any(
                over_side(b, xs[j], xs[j + 1]) for b in k.numbers if overlap(b[0], b[2], xs[j], xs[j + 1]) > 0
            )
            cells.append(OpenCell(i, 1 + j, 1, span, place, None, number, cut))
    box_ = union(c.bbox for c in cells)
    assert box_ is not None
    carried = carry or (known.columns if known is not None else None)
    last_line = max(k.line for k in labels)
    return OpenTable(
        2,
        tuple(sorted(cells, key=cell_place)),
        box_,
        page.taken(box_),
        Carry(carried, last_line, edition) if carried is not None else None,
    )


def _words(extents: Sequence[tuple[float, float]], em: float) -> list[tuple[float, float]]:
    """Return the extents of heads, the parts of one joined: a bracket has a blank half."""
    out: list[tuple[float, float]] = []
    for a, b in sorted(extents):
        if out and a - out[-1][1] <= BLANK * em:
            out[-1] = (out[-1][0], max(out[-1][1], b))
        else:
            out.append((a, b))
    return out


def _apart(extents: Sequence[tuple[float, float]], em: float) -> bool:
    """Tell whether pieces of a row are no single text."""
    ordered = sorted(extents)
    return any(b[0] - a[1] > GAP * em for a, b in pairwise(ordered))

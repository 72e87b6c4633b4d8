"""Heads of section 三 without upright rulings that the end of a page cuts before the columns' own.

heads_of_applicants(page) -> OpenTable | None
"""

from __future__ import annotations

from .geometry import BBox, union
from .numerals import comparable
from .scan_form import FormPage, OpenCell, OpenTable, cell_place
from .scan_labels import Unit, similarity
from .template import editions

APPLICANTS, ORGANISATIONS = "申请人情况", "法人或其他组织"
"""What stands over all columns of section 三, and over those of its group."""
ALIKE = 0.75
"""Similarity of a head, a title or a relation."""
LONGEST = 12
"""Heads are no longer, characters."""
ROOM = 3.0
"""Lines of the heads are no farther below the first one, in heights of a line."""
TITLE_ROWS = 4
"""The title of the section stands in one of so many rows above."""
RELATION = "勾稽关系"
"""Stands in the corner of the table."""


def heads_of_applicants(page: FormPage) -> OpenTable | None:
    """Lay out the first line or two of the heads of section 三 behind which a page ends; None where there are none."""
    over = next((u for line in page.lines[::-1] for u in line if _names(u, APPLICANTS)), None)
    if over is None:
        return None
    em = over.bbox[3] - over.bbox[1]
    top, end = over.bbox[1] - em, over.bbox[3] + ROOM * em
    behind = [i for i, row in enumerate(page.rows) if row.bbox[3] > top and i >= over.row - 1]
    last = [i for i in behind if page.rows[i].bbox[1] > end]
    if len(last) > 1:  # more than the number of the page
        return None
    units = [u for i in behind if i not in last for u in page.lines[i] if u is not over]
    corner = [u for u in units if u.bbox[2] < over.bbox[0] and _reads_on(u, over, em)]
    group = next((u for u in units if _names(u, ORGANISATIONS)), None)
    if not (group or _titled(page, behind[0]) or any(RELATION in u.text for u in corner)):
        return None
    middle = (over.bbox[0] + over.bbox[2]) / 2
    below = [u for u in units if u is not group and u not in corner and u.text.strip()]
    if group is not None:
        alone = [*(u for u in corner if u.text and u.text in "自然人"), *below]
        corner = [u for u in corner if u not in alone]
        if any(u.text not in "自然人总计" for u in alone):
            return None
    elif below:
        return None
    else:
        alone = []
    edges = _sides(page, over, corner, middle)
    if edges is None:
        return None
    left, start, right = edges
    parts = [over, *corner, *alone, *([group] if group else [])]
    y0, y1 = min(u.bbox[1] for u in parts) - em / 2, max(u.bbox[3] for u in parts) + em / 2
    text = "\n".join(u.text for u in corner) or None
    if group is None:
        cells = [OpenCell(0, 0, 1, 1, (left, y0, start, y1), text), OpenCell(0, 1, 1, 1, (start, y0, right, y1))]
    else:
        first = [u.bbox for u in alone if u.bbox[0] < group.bbox[0]]
        final = [u.bbox for u in alone if u.bbox[0] > group.bbox[0]]
        start, right = min([start, *(b[0] - 1 for b in first)]), max([right, *(b[2] + 1 for b in final)])
        width = (right - start) / len(editions()["2021"].table(3).blocks[0].columns)
        a = min(max([start + width, *(b[2] for b in first)]), group.bbox[0] - 1)
        b = max(min([right - width, *(b[0] for b in final)]), group.bbox[2] + 1)
        y = (over.bbox[3] + group.bbox[1]) / 2
        cells = [
            OpenCell(0, 0, 2, 1, (left, y0, start, y1), text),
            OpenCell(0, 1, 1, 3, (start, y0, right, y)),
            OpenCell(1, 1, 1, 1, (start, y, a, y1)),
            OpenCell(1, 2, 1, 1, (a, y, b, y1)),
            OpenCell(1, 3, 1, 1, (b, y, right, y1)),
        ]
    box = union(c.bbox for c in cells)
    assert box is not None
    return OpenTable(3, tuple(sorted(cells, key=cell_place)), box, page.taken(box) - frozenset(last))


def _names(unit: Unit, name: str) -> bool:
    return len(unit.text) < LONGEST and similarity(comparable(unit.text), [comparable(name)]) >= ALIKE


def _reads_on(unit: Unit, over: Unit, em: float) -> bool:
    """Tell whether a piece may be a line of the corner of the table: beside its first heads, or below."""
    return unit.bbox[3] > over.bbox[1] - em / 2


def _titled(page: FormPage, first: int) -> bool:
    form = editions()["2021"].table(3)
    titles = [comparable(t) for t in (form.title, *form.titles)]
    said = (comparable("".join(u.text for u in line)) for line in page.lines[max(0, first - TITLE_ROWS) : first + 1])
    return any(similarity(text[:30], titles) >= ALIKE for text in said if text)


def _sides(page: FormPage, over: Unit, corner: list[Unit], middle: float) -> tuple[float, float, float] | None:
    """Return the left edge of the table, where its columns begin, and its right edge: a head stands in their middle."""
    edges: list[BBox] = [*(row.bbox for row in page.rows), *page.rules]
    left, right = min(b[0] for b in edges), max(b[2] for b in edges)
    taken = max((u.bbox[2] for u in corner), default=left)
    start = 2 * middle - right
    if taken > left:
        start = max(start, taken + 1)
    if not left < start < over.bbox[0] or any(u.bbox[2] > over.bbox[0] for u in corner):
        return None
    return left, start, 2 * middle - start

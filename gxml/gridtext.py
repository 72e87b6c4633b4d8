"""The characters of a page to the cells of its grids; numbers that are wider than their cell are not cut in two."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from .geometry import BBox, Grid
from .lines import join_line, split_lines
from .pagelayer import LOST, Char, PageLayer

TOUCH = 0.15
"""Characters that are less apart, in em, are printed as one word, ruling or not."""
CENTRED = 0.25
"""A number whose middle is this close to the middle of a cell, in widths of the cell, is centred in it."""
OVER_EDGE = 3.0
"""So far may the box of a picture reach over the edges of its cell, points."""
OFF_EDGE = 1.0
"""So far must ink in a larger one be from them: the rules of the table are no ink in it, points."""

_DIGITS = frozenset("0123456789.,０１２３４５６７８９")
# These begin no line: behind a character that they touch, they hang over the edge of its cell.
_HANGING = frozenset("，。、；：）》〉」』】！？”’％")


def sort_into_cells(chars: Sequence[Char], grids: Sequence[Grid]) -> tuple[list[Char], list[list[list[Char]]]]:
    """Give every character to the cell of the smallest grid that its centre is in.

    Returns:
        The characters outside of all grids, and for each grid the characters of each of its cells.
    """
    held: list[list[list[Char]]] = [[[] for _ in g.cells] for g in grids]
    order = sorted(range(len(grids)), key=lambda k: _area(grids[k].bbox))
    finders = [(k, grids[k].bbox, grids[k].finder()) for k in order]
    rest: list[Char] = []
    for char in chars:
        x, y = (char.x0 + char.x1) / 2, (char.y0 + char.y1) / 2
        for k, (x0, y0, x1, y1), find in finders:
            if x0 <= x <= x1 and y0 <= y <= y1:
                i = find(x, y)
                if i is not None:
                    held[k][i].append(char)
                    break
        else:
            rest.append(char)
    for grid, cells in zip(grids, held, strict=True):
        _mend_overflow(grid, cells)
    return rest, held


def put_unread(layer: PageLayer, grids: Sequence[Grid], held: Sequence[list[list[Char]]]) -> None:
    """Put ink that is no text into the cell that it stands in; beside words it is no number.

    Args:
        layer: Of the page.
        grids: As given to `sort_into_cells`.
        held: As returned by it.
    """
    if not (layer.unread or layer.inked):
        return
    finders = [g.finder() for g in grids]

    def cell_of(char: Char, over: float) -> list[Char] | None:
        for grid, find, cells in zip(grids, finders, held, strict=True):
            i = find((char.x0 + char.x1) / 2, (char.y0 + char.y1) / 2)
            if i is not None:
                x0, y0, x1, y1 = grid.cells[i].bbox
                within = min(char.x0 - x0, char.y0 - y0, x1 - char.x1, y1 - char.y1) >= -over
                return cells[i] if within else None
        return None

    for char in layer.unread:
        cell = cell_of(char, OVER_EDGE)
        if cell is not None and not any("\u3400" <= c.text <= "\u9fff" for c in cell):
            cell.append(char)
    for box in layer.inked:
        char = Char(LOST, *box, box[3] - box[1])
        cell = cell_of(char, -OFF_EDGE)
        if cell is not None and not any(c.text != " " for c in cell):
            cell.append(char)


def _area(box: BBox) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _mend_overflow(grid: Grid, cells: list[list[Char]]) -> None:
    """Put back together what runs over a ruling.

    Punctuation that hangs over the edge of its cell goes back to it. A number that is wider than its cell and centred
    in it belongs to it; where that cannot be told, U+FFFD is put at the break, so that no part is taken for a number.
    """
    line: list[tuple[float, float, int, Char]] = []
    for i, inside in enumerate(cells):
        line.extend((round(c.baseline, 1), c.x0, i, c) for c in inside if c.angle == 0 and c.text != " ")
    line.sort(key=lambda entry: entry[:3])
    run: list[tuple[int, Char]] = []
    owner = -1
    last: Char | None = None
    for _, _, i, char in line:
        touching = last is not None and _touch(last, char)
        if touching and i != owner and char.text in _HANGING:
            cells[i].remove(char)
            cells[owner].append(char)
            i = owner
        if run and not (touching and char.text in _DIGITS):
            _settle(grid, cells, run)
            run = []
        if char.text in _DIGITS:
            run.append((i, char))
        owner, last = i, char
    _settle(grid, cells, run)


def _touch(a: Char, b: Char) -> bool:
    em = max(a.size, b.size)
    return abs(a.baseline - b.baseline) < 0.1 * em and -TOUCH * em <= b.x0 - a.x1 <= TOUCH * em


def _settle(grid: Grid, cells: list[list[Char]], run: Sequence[tuple[int, Char]]) -> None:
    """Decide where a number belongs whose digits stand in several cells."""
    owners = {i for i, _ in run}
    if len(owners) < 2:
        return
    middle = (run[0][1].x0 + run[-1][1].x1) / 2
    for i in owners:
        x0, _, x1, _ = grid.cells[i].bbox
        if abs((x0 + x1) / 2 - middle) <= CENTRED * (x1 - x0):
            for j, char in run:
                if j != i:
                    cells[j].remove(char)
                    cells[i].append(char)
            return
    for (i, a), (j, b) in pairwise(run):
        if i != j:
            cells[i].append(a._replace(text=LOST, x0=a.x1, x1=a.x1))
            cells[j].append(b._replace(text=LOST, x0=b.x0 - 0.01, x1=b.x0))


def cell_text(chars: Iterable[Char]) -> str:
    """Return the text of a cell: its lines from top to bottom, joined by a line end."""
    lines = (join_line(line) for line in split_lines(chars))
    return "\n".join(line for line in lines if line)

"""Rulings to grids: pure geometry, the same for the text layer and for scans.

A ruling is a thin box. Rulings that touch make one grid; their positions make its columns and rows; neighbouring
unit cells with no ruling between them are one merged cell.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from .geometry import OPEN_EDGE, BBox, Grid, GridCell, Joined, overlap

SNAP = 3.0
"""Parallel rulings this close are one: double lines, edges of neighbouring boxes. Points."""
GAP = 6.0
"""Pieces of one line this close are joined. Points."""
REACH = 4.0
"""A ruling that ends this close to another touches it. Points."""
THICK = 4.0
"""A thicker box is no ruling. Points."""
SLIVER = 6.0
"""A narrower column or row without text in it is none. Points."""
COVER = 0.5
"""Share of the side of a unit cell that a ruling must cover to close it."""
MAX_CROSSINGS = 2_000_000
"""Pairs of rulings above which a page holds a drawing, a map or a hatching."""
MAX_UNITS = 20_000
"""Unit cells above which a grid is no table of a report."""


@dataclass(frozen=True, slots=True)
class _Rule:
    """A ruling along one axis: its place across the axis, and where it begins and ends along it."""

    at: float
    start: float
    end: float


def build_grids(rulings: Iterable[BBox], points: Sequence[tuple[float, float]] | None = None) -> list[Grid]:
    """Make grids of rulings.

    Args:
        rulings: Thin boxes, in any order; others are ignored.
        points: Centres of the characters (or words); with them, unruled margins and slivers that hold nothing are
            left out.

    Returns:
        One grid for each group of rulings that touch and enclose at least two cells, from top to bottom.
    """
    boxes = list(rulings)
    horizontal = _merge(
        _Rule((y0 + y1) / 2, x0, x1) for x0, y0, x1, y1 in boxes if y1 - y0 <= THICK and x1 - x0 > y1 - y0
    )
    vertical = _merge(
        _Rule((x0 + x1) / 2, y0, y1) for x0, y0, x1, y1 in boxes if x1 - x0 <= THICK and y1 - y0 > x1 - x0
    )
    if len(horizontal) * len(vertical) > MAX_CROSSINGS:  # a drawing, not a table
        return []
    grids = []
    for hs, vs in _components(horizontal, vertical):
        grid = _grid(hs, vs, points)
        if grid is not None:
            grids.append(grid)
    grids.sort(key=lambda g: (g.bbox[1], g.bbox[0]))
    return grids


def _merge(rules: Iterable[_Rule]) -> list[_Rule]:
    """Join the pieces of each line: the same place within `SNAP`, and overlapping or nearly so."""
    merged: list[_Rule] = []
    for group in _clusters(sorted(rules, key=lambda r: r.at), SNAP):
        pieces = sorted(group, key=lambda r: r.start)
        run = [pieces[0]]
        end = pieces[0].end
        for piece in pieces[1:]:
            if piece.start <= end + GAP:
                run.append(piece)
                end = max(end, piece.end)
            else:
                merged.append(_joined(run, end))
                run, end = [piece], piece.end
        merged.append(_joined(run, end))
    return merged


def _joined(run: list[_Rule], end: float) -> _Rule:
    weight = sum(max(r.end - r.start, 0.1) for r in run)
    return _Rule(sum(r.at * max(r.end - r.start, 0.1) for r in run) / weight, run[0].start, end)


def _clusters(rules: list[_Rule], width: float) -> list[list[_Rule]]:
    """Split rules sorted by place into groups that are at most `width` across."""
    groups: list[list[_Rule]] = []
    for rule in rules:
        if groups and rule.at - groups[-1][0].at <= width:
            groups[-1].append(rule)
        else:
            groups.append([rule])
    return groups


def _components(hs: list[_Rule], vs: list[_Rule]) -> list[tuple[list[_Rule], list[_Rule]]]:
    """Group the rulings that touch one another."""
    joined = Joined(len(hs) + len(vs))

    for i, h in enumerate(hs):
        for j, v in enumerate(vs, len(hs)):
            if h.start - REACH <= v.at <= h.end + REACH and v.start - REACH <= h.at <= v.end + REACH:
                joined.join(i, j)
    groups: dict[int, tuple[list[_Rule], list[_Rule]]] = {}
    for i, h in enumerate(hs):
        groups.setdefault(joined.root(i), ([], []))[0].append(h)
    for j, v in enumerate(vs, len(hs)):
        groups.setdefault(joined.root(j), ([], []))[1].append(v)
    return [g for g in groups.values() if len(g[0]) >= 2 and g[1]]


def _edges(rules: list[_Rule], crossing: list[_Rule]) -> list[tuple[float, list[_Rule]]]:
    """Return the distinct places of `rules` with the rules there, edges that are not drawn added with none.

    An edge is not drawn where at least two of the crossing rulings run on past the last ruling and end together:
    the open side of a table, or its last row where the page cuts it.
    """
    groups = [(sum(r.at for r in g) / len(g), g) for g in _clusters(sorted(rules, key=lambda r: r.at), SNAP)]
    first, last = groups[0][0], groups[-1][0]
    before = [r.start for r in crossing if r.start < first - OPEN_EDGE]
    after = [r.end for r in crossing if r.end > last + OPEN_EDGE]
    if len(before) >= 2:
        groups.insert(0, (median(before), []))
    if len(after) >= 2:
        groups.append((median(after), []))
    return groups


def _grid(hs: list[_Rule], vs: list[_Rule], points: Sequence[tuple[float, float]] | None) -> Grid | None:
    columns, lines = _edges(vs, hs), _edges(hs, vs)
    if len(columns) < 2 or len(lines) < 2 or (len(columns) == 2 and len(lines) == 2):
        return None
    xs, ys = [x for x, _ in columns], [y for y, _ in lines]
    n_cols, n_rows = len(xs) - 1, len(ys) - 1
    if n_cols * n_rows > MAX_UNITS:
        return None

    def closed(rules: list[_Rule], start: float, end: float) -> bool:
        return sum(overlap(r.start, r.end, start, end) for r in rules) >= COVER * (end - start)

    joined = Joined(n_rows * n_cols)

    for r in range(n_rows):
        for c in range(n_cols):
            i = r * n_cols + c
            if c + 1 < n_cols and not closed(columns[c + 1][1], ys[r], ys[r + 1]):
                joined.join(i + 1, i)
            if r + 1 < n_rows and not closed(lines[r + 1][1], xs[c], xs[c + 1]):
                joined.join(i + n_cols, i)
    regions: dict[int, set[tuple[int, int]]] = {}
    for r in range(n_rows):
        for c in range(n_cols):
            regions.setdefault(joined.root(r * n_cols + c), set()).add((r, c))
    held = _units_with_points(xs, ys, points) if points is not None else None
    rects: list[tuple[int, int, int, int]] = []
    for units in regions.values():
        if held is not None and not units & held and _outside(units, columns, lines, closed):
            continue
        rects.extend(_rectangles(units))
    return _finish(xs, ys, rects, held)


def _units_with_points(xs: list[float], ys: list[float], points: Sequence[tuple[float, float]]) -> set[tuple[int, int]]:
    held = set()
    for x, y in points:
        r, c = bisect_right(ys, y) - 1, bisect_right(xs, x) - 1
        if 0 <= r < len(ys) - 1 and 0 <= c < len(xs) - 1:
            held.add((r, c))
    return held


def _outside(
    units: set[tuple[int, int]],
    columns: list[tuple[float, list[_Rule]]],
    lines: list[tuple[float, list[_Rule]]],
    closed: Callable[[list[_Rule], float, float], bool],
) -> bool:
    """Tell whether a region lies open to the outside of the grid: no ruling closes it at the rim.

    At a side of the table that is not drawn at all, a region is a cell where the two rulings along it are.
    """
    n_rows, n_cols = len(lines) - 1, len(columns) - 1
    for r, c in units:
        top, bottom, left, right = lines[r][0], lines[r + 1][0], columns[c][0], columns[c + 1][0]
        across = all(closed(rules, left, right) for rules in (lines[r][1], lines[r + 1][1]))
        along = all(closed(rules, top, bottom) for rules in (columns[c][1], columns[c + 1][1]))
        if c == 0 and not closed(columns[0][1], top, bottom) and (columns[0][1] or not across):
            return True
        if c == n_cols - 1 and not closed(columns[-1][1], top, bottom) and (columns[-1][1] or not across):
            return True
        if r == 0 and not closed(lines[0][1], left, right) and (lines[0][1] or not along):
            return True
        if r == n_rows - 1 and not closed(lines[-1][1], left, right) and (lines[-1][1] or not along):
            return True
    return False


def _rectangles(units: set[tuple[int, int]]) -> list[tuple[int, int, int, int]]:
    """Split a region into rectangles (row, col, rowspan, colspan); a region that is one gives one."""
    left = set(units)
    found = []
    while left:
        r, c = min(left)
        width = 1
        while (r, c + width) in left:
            width += 1
        height = 1
        while all((r + height, c + k) in left for k in range(width)):
            height += 1
        left -= {(r + i, c + k) for i in range(height) for k in range(width)}
        found.append((r, c, height, width))
    return found


def _finish(
    xs: list[float], ys: list[float], rects: list[tuple[int, int, int, int]], held: set[tuple[int, int]] | None
) -> Grid | None:
    """Drop edges at which no cell begins or ends, and slivers; number columns and rows anew."""
    if not rects:
        return None

    def renumber(edges: list[float], used: set[int], axis: int) -> tuple[list[int], list[float]]:
        kept = sorted(used)
        number = [0] * len(edges)
        places: list[float] = []
        last: int | None = None
        for k in kept:
            narrow = last is not None and edges[k] - places[-1] < SLIVER
            if narrow and held is not None:
                narrow = not any(last <= u[axis] < k for u in held)  # type: ignore[operator]
            if not narrow or edges[k] - places[-1] < 0.5:
                places.append(edges[k])
                last = k
            number[k] = len(places) - 1
        return number, places

    cols, new_xs = renumber(xs, {e for _, c, _, w in rects for e in (c, c + w)}, 1)
    rows, new_ys = renumber(ys, {e for r, _, h, _ in rects for e in (r, r + h)}, 0)
    cells = []
    for r, c, h, w in rects:
        r0, r1, c0, c1 = rows[r], rows[r + h], cols[c], cols[c + w]
        if r1 > r0 and c1 > c0:
            cells.append(GridCell(r0, c0, r1 - r0, c1 - c0, (new_xs[c0], new_ys[r0], new_xs[c1], new_ys[r1])))
    if len(cells) < 2:
        return None
    cells.sort(key=lambda cell: (cell.row, cell.col))
    bbox = (
        min(c.bbox[0] for c in cells),
        min(c.bbox[1] for c in cells),
        max(c.bbox[2] for c in cells),
        max(c.bbox[3] for c in cells),
    )
    return Grid(bbox, tuple(new_xs), tuple(new_ys), tuple(cells))

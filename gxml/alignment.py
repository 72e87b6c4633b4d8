"""Tables without rulings: lines whose numbers stand in columns.

Conservative: several lines near one another must hold numbers at the same places, with clear gaps in between; all
else stays prose, where a wide gap is a tab.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from .document import RawCell
from .geometry import BBox, overlap, union
from .lines import TAB_GAP, box_of, gap_between, join_line, same_twice
from .numerals import parse_cell
from .pagelayer import Char

PIECE_GAP = 0.45
"""A gap that may part two cells, in em: labels and numbers of narrow columns stand close."""
NUMBER_GAP = 1.0
"""Two numbers of one line that are less apart are not two cells, in em."""
MAX_PITCH = 5.0
"""Rows of one table are at most this far apart, in heights of a line."""
HEADER_LINES = 7
"""Lines above the first row that may be its column heads."""
HEADER_PITCH = 2.6
"""Column heads follow one another this closely, in heights of a line."""
MIN_ROWS, MIN_WIDE_ROWS, WIDE = 3, 2, 3
"""A table has this many rows of numbers, or fewer with so many columns of numbers."""
SHARED_EDGE = 2.0
"""Labels whose left edges differ by less stand in one column, points."""
SHARED_COLUMNS = 0.5
"""Share of its numbers that a row has in the columns of the rows above it."""
MAX_HEAD = 8
"""Longest head of a single column that no row has a number in, characters."""
SAME_ROW = 0.2
"""A line of a label belongs to the row with which it shares this part of its height."""

MAX_LINES = 1000
"""A page of more lines holds no table of a report."""

_HEADING = re.compile(r"\s*(?:[一二三四五六七八九十]+\s*、|第[一二三四五六七八九十]+[章节])\s*\S{4}")


@dataclass(frozen=True, slots=True)
class Piece:
    """Characters of one line with no gap between them that could part two cells."""

    text: str
    bbox: BBox
    gap: float
    chars: tuple[Char, ...]

    @property
    def middle(self) -> float:
        """Its centre across."""
        return (self.bbox[0] + self.bbox[2]) / 2

    @property
    def number(self) -> bool:
        """It is a number, or a dash in the place of one."""
        return parse_cell(self.text).kind in ("number", "dash")


@dataclass(frozen=True, slots=True)
class _Row:
    index: int
    pieces: tuple[Piece, ...]
    bbox: BBox
    first: int
    """Index of the first number, `len(pieces)` in a line that is no row of numbers."""

    @property
    def numbers(self) -> tuple[Piece, ...]:
        return self.pieces[self.first :]


@dataclass(frozen=True, slots=True)
class AlignedTable:
    """A table found in lines.

    Attributes:
        lines: Indices of the lines that it takes.
        cells: Its cells; those of a row of numbers with nothing in them are there too, so that a column is a place.
        bbox: Around its characters.
    """

    lines: frozenset[int]
    cells: tuple[RawCell, ...]
    bbox: BBox


def find_tables(lines: Sequence[Sequence[Char]]) -> list[AlignedTable]:
    """Find the tables in the lines of a page.

    Args:
        lines: From top to bottom, characters from left to right (`lines.split_lines`).

    Returns:
        The tables, from top to bottom; no line is in two.
    """
    if len(lines) > MAX_LINES:
        return []
    rows = [_row(i, line) for i, line in enumerate(lines)]
    found: list[AlignedTable] = []
    start = 0
    while start < len(rows):
        run = _run(rows, start) if _is_data(rows[start]) else []
        if run and _enough(run):
            lowest = max(found[-1].lines) + 1 if found else 0
            table = _build(rows, run, lowest)
            if table is not None:
                found.append(table)
                start = max(table.lines) + 1
                continue
        start += 1
    return found


def pieces_of(line: Sequence[Char]) -> list[Piece]:
    """Split a line at every gap that may part two cells; `gap` is the gap in front of a piece, in em."""
    groups: list[tuple[float, list[Char]]] = []
    last: Char | None = None
    for char in line:
        if char.text == " " or char.angle:
            continue
        if last is not None and same_twice(last, char):
            continue
        gap = gap_between(last, char) if last is not None else 0.0
        if last is None or gap > PIECE_GAP:
            groups.append((gap, []))
        groups[-1][1].append(char)
        last = char
    return [Piece(join_line(g), box_of(g), gap, tuple(g)) for gap, g in groups]


def _row(index: int, line: Sequence[Char]) -> _Row:
    pieces = tuple(pieces_of(line))
    box = union(p.bbox for p in pieces) or (0.0, 0.0, 0.0, 0.0)
    first = len(pieces)
    while first > 0 and pieces[first - 1].number:
        first -= 1
    return _Row(index, pieces, box, first)


def _is_data(row: _Row) -> bool:
    """Tell whether a line is a label and numbers, or numbers, with clear gaps."""
    numbers = row.numbers
    if not numbers or any(p.gap < NUMBER_GAP for p in numbers[1:]):
        return False
    if row.first == 0:
        return len(numbers) >= 2
    return numbers[0].gap >= (NUMBER_GAP if len(numbers) >= 2 else TAB_GAP)


def _run(rows: Sequence[_Row], start: int) -> list[_Row]:
    """Return the rows of numbers from `start` on that stand under one another."""
    run = [rows[start]]
    for row in rows[start + 1 :]:
        last = run[-1]
        height = last.bbox[3] - last.bbox[1]
        if row.bbox[1] - last.bbox[3] > MAX_PITCH * height:
            break
        if _is_data(row):
            if not _under(row, run):
                break
            run.append(row)
        elif _is_prose(row, run):
            break
    return run


def _under(row: _Row, run: Sequence[_Row]) -> bool:
    """Tell whether the numbers of a row stand in the columns of the run, but for cells that are empty in either."""
    known = _merge_intervals([(p.bbox[0], p.bbox[2]) for r in run for p in r.numbers])
    shared = [sum(1 for c, d in known if overlap(p.bbox[0], p.bbox[2], c, d) > 0) for p in row.numbers]
    hits = sum(1 for n in shared if n == 1)
    return max(shared) <= 1 and hits >= SHARED_COLUMNS * min(len(shared), len(known))


def _is_prose(row: _Row, run: Sequence[_Row]) -> bool:
    """Tell whether a line without numbers ends the table: a heading, or text that runs through its columns."""
    if not row.pieces:
        return False
    if _HEADING.match(row.pieces[0].text) and len(row.pieces) == 1:
        return True
    left = min(p.bbox[0] for r in run for p in r.numbers)
    right = max(p.bbox[2] for r in run for p in r.numbers)
    return any(overlap(p.bbox[0], p.bbox[2], left, right) > 0.6 * (right - left) for p in row.pieces) and (
        row.pieces[0].bbox[0] < left
    )


def _enough(run: Sequence[_Row]) -> bool:
    wide = [r for r in run if len(r.numbers) >= WIDE]
    several = [r for r in run if len(r.numbers) >= 2]
    return len(wide) >= MIN_WIDE_ROWS or len(several) >= MIN_ROWS


def _merge_intervals(intervals: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    merged: list[tuple[float, float]] = []
    for a, b in sorted(intervals):
        if merged and a <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(b, merged[-1][1]))
        else:
            merged.append((a, b))
    return merged


def _build(rows: Sequence[_Row], run: Sequence[_Row], lowest: int) -> AlignedTable | None:
    """Make a table of rows of numbers, the lines between them, and the heads above; None if columns collide."""
    columns = _merge_intervals([(p.bbox[0], p.bbox[2]) for r in run for p in r.numbers])
    if len(columns) < 2 or any(_collide(r, columns) for r in run):
        return None
    low, high = run[0].index, run[-1].index
    while low > lowest and _shares_row(rows[low - 1], run[0]):
        low -= 1
    while high + 1 < len(rows) and _shares_row(rows[high + 1], run[-1]):
        high += 1
    heads = _heads(rows, low, lowest, columns)
    columns = _with_empty_columns(columns, heads)
    label_end = max((p.bbox[2] for r in run for p in r.pieces[: r.first]), default=columns[0][0] - 1.0)
    if label_end >= columns[0][0]:
        return None
    edges = [(label_end + columns[0][0]) / 2]
    edges += [(a[1] + b[0]) / 2 for a, b in pairwise(columns)]
    rim = columns[-1][1]
    edges.append(max([rim + 1.0, *(p.bbox[2] for r in (*heads, *run) for p in r.pieces)]))
    body = rows[low : high + 1]
    data = {r.index for r in run}
    starts = _label_starts(run, edges[0])
    logical = [[h] for h in heads] + _logical_rows(body, data)
    cells: list[RawCell] = []
    for n, group in enumerate(logical):
        cells.extend(_cells(n, group, edges, starts, any(r.index in data for r in group)))
    taken = frozenset(r.index for group in logical for r in group)
    box = union(r.bbox for group in logical for r in group)
    assert box is not None
    return AlignedTable(taken, tuple(cells), box)


def _collide(row: _Row, columns: Sequence[tuple[float, float]]) -> bool:
    """Tell whether two numbers of a row stand in one column: then the columns are none."""
    at = [next(i for i, (a, b) in enumerate(columns) if a - 0.01 <= p.middle <= b + 0.01) for p in row.numbers]
    return len(set(at)) < len(at)


def _heads(rows: Sequence[_Row], first: int, lowest: int, columns: Sequence[tuple[float, float]]) -> list[_Row]:
    """Return the lines above the first row of numbers that are column heads."""
    heads: list[_Row] = []
    below = rows[first]
    for i in range(first - 1, max(lowest, first - HEADER_LINES) - 1, -1):
        row = rows[i]
        if not row.pieces:
            break
        height = row.bbox[3] - row.bbox[1]
        if below.bbox[1] - row.bbox[3] > HEADER_PITCH * height:
            break
        if _is_data(row):
            break
        if len(row.pieces) == 1 and (
            _HEADING.match(row.pieces[0].text) or row.pieces[0].bbox[0] < columns[0][0] - 4 * height
        ):
            # one piece that begins left of the columns: a caption or a heading, unless heads stand above it too
            above = rows[i - 1] if i > lowest else None
            if _HEADING.match(row.pieces[0].text) or above is None or len(above.pieces) < 2:
                break
        heads.append(row)
        below = row
    while heads and len(heads[-1].pieces) == 1 and heads[-1].pieces[0].bbox[0] < columns[0][0] - 4:
        heads.pop()
    return heads[::-1]


def _with_empty_columns(columns: list[tuple[float, float]], heads: Sequence[_Row]) -> list[tuple[float, float]]:
    """Add the columns that have a head and no number in any row; a head over several columns adds none."""
    left = columns[0][0]
    pieces = [p for h in heads for p in h.pieces if p.middle > left - 2 and len(p.text) <= MAX_HEAD]
    known = list(columns)
    fresh: list[tuple[float, float]] = []
    for p in sorted(pieces, key=lambda p: p.bbox[2] - p.bbox[0]):
        a, b = p.bbox[0], p.bbox[2]
        if any(overlap(a, b, c, d) > 0 for c, d in known):
            continue
        over = [i for i, (c, d) in enumerate(fresh) if overlap(a, b, c, d) > 0]
        if not over:
            fresh.append((a, b))
        elif len(over) == 1:
            c, d = fresh[over[0]]
            fresh[over[0]] = (min(a, c), max(b, d))
    return sorted(known + fresh)


def _label_starts(run: Sequence[_Row], edge: float) -> list[float]:
    """Return the left edges at which labels of several rows begin: group labels, row labels."""
    edges = sorted(p.bbox[0] for r in run for p in r.pieces[: r.first] if p.middle < edge)
    groups: list[list[float]] = []
    for x in edges:
        if groups and x - groups[-1][-1] <= SHARED_EDGE:
            groups[-1].append(x)
        else:
            groups.append([x])
    return [median(g) for g in groups if len(g) >= MIN_ROWS]


def _shares_row(line: _Row, numbers: _Row) -> bool:
    """Tell whether a line stands beside a row of numbers: a label on two lines has its numbers in the middle."""
    height = line.bbox[3] - line.bbox[1]
    shared = overlap(line.bbox[1], line.bbox[3], numbers.bbox[1], numbers.bbox[3])
    return bool(line.pieces) and not line.numbers and shared >= SAME_ROW * height


def _logical_rows(body: Sequence[_Row], data: set[int]) -> list[list[_Row]]:
    """Put lines that share a part of their height with a row of numbers into that row: labels on two lines."""
    numbers = [r for r in body if r.index in data]
    groups: dict[int, list[_Row]] = {r.index: [r] for r in numbers}
    for row in body:
        if row.index in data or not row.pieces:
            continue
        best = max(numbers, key=lambda r: overlap(row.bbox[1], row.bbox[3], r.bbox[1], r.bbox[3]))
        if _shares_row(row, best):
            groups[best.index].append(row)
        else:
            groups[row.index] = [row]
    ordered = [sorted(g, key=lambda r: r.bbox[1]) for g in groups.values()]
    return sorted(
        ordered,
        key=lambda g: min(r.index for r in g if r.index in data) if any(r.index in data for r in g) else g[0].index,
    )


def _cells(n: int, group: Sequence[_Row], edges: Sequence[float], starts: Sequence[float], data: bool) -> list[RawCell]:
    """Return the cells of one row: labels by where they begin, the rest by column; empty ones in rows of numbers."""
    labels: dict[int, list[Piece]] = {}
    values: dict[int, list[Piece]] = {}
    n_labels = max(1, len(starts))
    for row in group:
        at = 0
        fresh = True
        for p in row.pieces:
            if p.middle > edges[0]:
                col = sum(1 for e in edges[1:-1] if p.middle > e)
                values.setdefault(col, []).append(p)
                continue
            shared = next((i for i, x in enumerate(starts) if abs(p.bbox[0] - x) <= SHARED_EDGE), None)
            if shared is not None:
                at = shared
            elif fresh:
                at = max((i for i, x in enumerate(starts) if x <= p.bbox[0] + SHARED_EDGE), default=0)
            fresh = False
            labels.setdefault(at, []).append(p)
    cells = [_cell(n, col, pieces, None) for col, pieces in labels.items()]
    top = min(r.bbox[1] for r in group)
    bottom = max(r.bbox[3] for r in group)
    for col in range(len(edges) - 1):
        pieces = values.get(col, [])
        place = (edges[col], top, edges[col + 1], bottom)
        if pieces:
            inside = all(edges[col] <= p.bbox[0] and p.bbox[2] <= edges[col + 1] for p in pieces)
            cells.append(_cell(n, n_labels + col, pieces, place if inside else None))
        elif data:
            cells.append(RawCell("", n, n_labels + col, bbox=place, ink=False))
    return cells


def _cell(row: int, col: int, pieces: Sequence[Piece], place: BBox | None) -> RawCell:
    parts: list[str] = []
    for p, before in zip(pieces, (None, *pieces), strict=False):
        if before is not None:
            parts.append(" " if overlap(p.bbox[1], p.bbox[3], before.bbox[1], before.bbox[3]) > 0 else "\n")
        parts.append(p.text)
    return RawCell("".join(parts), row, col, bbox=place or union(p.bbox for p in pieces))

"""What the tables of the form without upright rulings have in common: cells, lines of words, values.

FormPage(rows, units_of(rows, read_words), rules)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from .geometry import BBox, overlap
from .ocr import LineReading
from .scan_bands import TALL, Bands, Label, cut_through
from .scan_columns import Columns
from .scan_labels import FormLine, Unit
from .scan_lines import MARK, Row, padded

ReadWords = Callable[[Sequence[BBox]], list[LineReading]]
"""Reads text, given its boxes in points."""

WORD = 1.3
"""Wider pieces are words, in heights of their row; narrower ones are not read to find rows."""
HALF = 0.95
"""A gap that is no wider is the blank half of a character, in heights of the row, unless a column begins behind it."""
SAME_START = 2.5
"""Left edges that differ by less are one, points."""
STARTS = 3
"""So many rows begin at the edge of a column of labels."""
HEAD_GAP = 3.0
"""Lines of heads follow one another this closely, in heights of a line."""
GLYPH = 0.68
"""Heads are at least as large, in heights of a line: ideographs, no dirt."""
OVER = 1.2
"""A piece runs over the side of a column if more of it than this is on both, points: less than a digit."""


FOLIO = re.compile(r"^\W*第?\s*\d{1,3}\s*页?\W*$")
"""The number of a page."""


@dataclass(frozen=True, slots=True)
class OpenCell:
    """A cell.

    Attributes:
        text: What it says, None where it must be read.
        doubtful: Ink runs over its sides.
        value: It is the place of a number.
    """

    row: int
    col: int
    rowspan: int
    colspan: int
    bbox: BBox
    text: str | None = None
    value: bool = False
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Carry:
    """What is known of a table from the page before: its columns, its last row, where its columns of labels begin."""

    columns: Columns
    line: int
    edition: str
    lefts: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class OpenTable:
    """A table as it is laid out.

    Attributes:
        section: 2, 3 or 4.
        cells: In order of (row, col).
        bbox: Around all cells.
        rows: Indices of the rows of text that it takes.
        carry: For the next page.
    """

    section: int
    cells: tuple[OpenCell, ...]
    bbox: BBox
    rows: frozenset[int]
    carry: Carry | None = None


@dataclass(frozen=True, slots=True)
class FormPage:
    """A page as tables are looked for on it: rows of text, their words, horizontal rules."""

    rows: Sequence[Row]
    lines: Sequence[Sequence[Unit]]
    rules: Sequence[BBox]

    def pieces(self, x0: float, y0: float, y1: float, slope: float = 0.0, origin: float = 0.0) -> list[BBox]:
        """Return the pieces right of `x0` with their middles from `y0` to `y1`, on rows that fall by `slope`."""
        out = []
        for row in self.rows:
            for b in row.pieces:
                large = max(b[2] - b[0], b[3] - b[1]) >= MARK
                x = (b[0] + b[2]) / 2
                if large and x > x0 and y0 <= (b[1] + b[3]) / 2 - slope * (x - origin) <= y1:
                    out.append(b)
        return out

    def taken(self, box: BBox) -> frozenset[int]:
        """Return the rows of text with their middle in a place."""
        return frozenset(i for i, row in enumerate(self.rows) if box[1] <= (row.bbox[1] + row.bbox[3]) / 2 <= box[3])


def cell_place(cell: OpenCell) -> tuple[int, int]:
    """Return where a cell stands, to sort cells."""
    return cell.row, cell.col


def label_of(units: Sequence[Unit], line: FormLine, index: int) -> Label:
    """Return a row of the form that was found."""
    y0, y1 = min(u.bbox[1] for u in units), max(u.bbox[3] for u in units)
    return Label(list(units), y0, y1, line.kind, line.row, index, line.block)


def em_of(labels: Sequence[Label]) -> float:
    """Return the usual height of the lines of labels."""
    return median(u.bbox[3] - u.bbox[1] for k in labels for u in k.units)


def value_cells(labels: Sequence[Label], edges: Bands, xs: Sequence[float], first: int, col: int) -> list[OpenCell]:
    """Return the cells of the rows, from row `first` and column `col` on; ink over their sides makes them doubtful."""
    heights = [b[3] - b[1] for k in labels for b in k.numbers]
    least = TALL * median(heights) if heights else 0.0
    cells = []
    for i in range(len(labels)):
        numbers = [b for k in labels[max(0, i - 1) : i + 2] for b in k.numbers]
        for j in range(len(xs) - 1):
            x = (xs[j] + xs[j + 1]) / 2
            low, high = edges.at(i, x), edges.at(i + 1, x)
            shift = edges.slope * (x - edges.origin)
            half = (xs[j + 1] - xs[j]) / 2
            cut = False
            for box in numbers:
                at = (box[0] + box[2]) / 2
                in_row = overlap(box[1] + shift, box[3] + shift, low, high) > 0
                beside = (j == 0 and xs[0] - half < at < xs[0]) or (j == len(xs) - 2 and xs[-1] < at < xs[-1] + half)
                tall = box[3] - box[1] >= least
                across = overlap(box[0], box[2], xs[j], xs[j + 1]) > 0
                cut |= across and cut_through((box[0], box[1] + shift, box[2], box[3] + shift), low, high)
                cut |= in_row and (over_side(box, xs[j], xs[j + 1]) or (beside and tall))
            cells.append(OpenCell(first + i, col + j, 1, 1, (xs[j], low, xs[j + 1], high), None, True, cut))
    return cells


def over_side(box: BBox, left: float, right: float) -> bool:
    """Tell whether a piece runs over a side of a column."""
    inside = overlap(box[0], box[2], left, right)
    return OVER < inside < box[2] - box[0] - OVER


def units_of(rows: Sequence[Row], read_words: ReadWords) -> list[list[Unit]]:
    """Return the pieces of rows of text joined to words and read, but for narrow ones behind the first of a row."""
    starts = _starts(rows)
    boxes = [(i, box) for i, row in enumerate(rows) for box in _joined(row, starts)]
    wide = [
        k
        for k, (i, box) in enumerate(boxes)
        if box[2] - box[0] >= WORD * rows[i].em or box[0] == rows[i].pieces[0][0]  # the last character of a label
    ]
    texts = dict(zip(wide, read_words([padded(boxes[k][1]) for k in wide]), strict=True))
    out: list[list[Unit]] = [[] for _ in rows]
    for k, (i, box) in enumerate(boxes):
        out[i].append(Unit(i, box, texts[k].text if k in texts else ""))
    return out


def _starts(rows: Sequence[Row]) -> list[float]:
    """Return the left edges at which several rows begin, or words behind a gap: labels beside those of groups."""
    edges = [row.pieces[0][0] for row in rows]
    for row in rows:
        behind = zip(row.pieces[1:], row.gaps, strict=True)
        edges += [b[0] for b, gap in behind if gap > HALF and b[2] - b[0] >= WORD * row.em]
    groups: list[list[float]] = []
    for x in sorted(edges):
        if groups and x - groups[-1][0] <= SAME_START:
            groups[-1].append(x)
        else:
            groups.append([x])
    return [median(g) for g in groups if len(g) >= STARTS]


def _joined(row: Row, starts: Sequence[float]) -> list[BBox]:
    out = [row.pieces[0]]
    for piece, gap in zip(row.pieces[1:], row.gaps, strict=True):
        begins = any(abs(piece[0] - s) <= SAME_START for s in starts)
        if gap <= HALF and not begins:
            last = out.pop()
            piece = (last[0], min(last[1], piece[1]), piece[2], max(last[3], piece[3]))
        out.append(piece)
    return out

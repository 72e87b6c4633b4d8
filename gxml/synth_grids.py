"""The true grids of generated (or any digital) reports, and how well found grids agree with them.

true = true_grids(report, style_seed)            # or digital_grids("report.pdf")
scores = score_page(found, true[2], to_clean)    # found: what `layout.ruled_tables` gave for page 2
"""

from __future__ import annotations

import os
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from .config import Options
from .geometry import BBox, Grid, GridCell, overlap
from .imaging import Prepared
from .pipeline import load
from .rawpages import RawPage
from .synth_compose import compose
from .synth_model import Printed, SyntheticReport
from .synth_pdf import printed_boxes
from .synth_quirks import disturb
from .synth_scan import Degraded

SAME_EDGE = 0.8
"""Edges of printed cells this close are one, points."""
SAME_TABLE = 0.5
"""Share of the smaller of two boxes that they have in common if they are of one table."""


@dataclass(frozen=True, slots=True)
class GridScore:
    """How a true table was found.

    Attributes:
        page: 1-based page, 0 where nobody said.
        bbox: The true table; points of the clean page.
        rows: The number of rows is right.
        columns: The number of columns is right.
        spans: Every cell is there, with its row, column, rowspan and colspan.
        places: The middle of every true cell lies in the cell found for it.
        cells: How many cells it has.
        held: How many of them have their middle in a found cell of the same row and column, be all right or not.
    """

    page: int
    bbox: BBox
    rows: bool
    columns: bool
    spans: bool
    places: bool
    cells: int = 0
    held: int = 0

    @property
    def right(self) -> bool:
        """Everything is right."""
        return self.rows and self.columns and self.spans and self.places


def grid_of(boxes: Sequence[BBox]) -> Grid:
    """Return the grid that boxes of cells make; edges at which no cell begins or ends are none."""
    xs = _edges(x for b in boxes for x in (b[0], b[2]))
    ys = _edges(y for b in boxes for y in (b[1], b[3]))

    def at(edges: Sequence[float], place: float) -> int:
        return bisect_left(edges, place - SAME_EDGE)

    cells = []
    for box in boxes:
        left, top, right, bottom = at(xs, box[0]), at(ys, box[1]), at(xs, box[2]), at(ys, box[3])
        cells.append(GridCell(top, left, bottom - top, right - left, box))
    cells.sort(key=lambda c: (c.row, c.col))
    return Grid((xs[0], ys[0], xs[-1], ys[-1]), tuple(xs), tuple(ys), tuple(cells))


def _edges(places: Iterable[float]) -> list[float]:
    out: list[float] = []
    for place in sorted(places):
        if not out or place - out[-1] > SAME_EDGE:
            out.append(place)
    return out


def true_grids(report: SyntheticReport | Printed, style_seed: int = 0) -> dict[int, list[Grid]]:
    """Return the tables of a report as `synth.write(report, "pdf", path, style_seed)` sets them, by 1-based page."""
    printed = compose(report, style_seed) if isinstance(report, SyntheticReport) else report
    found: dict[int, list[Grid]] = defaultdict(list)
    for page, boxes in printed_boxes(disturb(printed, "pdf", style_seed), style_seed):
        found[page].append(grid_of(boxes))
    return dict(found)


def digital_grids(path: str | os.PathLike[str]) -> dict[int, list[Grid]]:
    """Return the ruled tables of the text layer of a PDF file, by 1-based page."""
    from .document import Table

    found: dict[int, list[Grid]] = defaultdict(list)
    for block in load(str(path), Options(ocr=False)).blocks:
        if isinstance(block, Table) and block.origin == "rulings":
            found[block.page].append(grid_of([c.bbox for c in block.cells if c.bbox]))
    return dict(found)


def to_clean(page: Degraded, raw: RawPage, prepared: Prepared) -> Callable[[BBox], BBox]:
    """Return a function from boxes of the prepared picture (points) to the clean page (points).

    Args:
        page: The scan.
        raw: The scan as it was opened or drawn.
        prepared: What was made of it.
    """
    scale = np.array([page.image.shape[1] / raw.size[0], page.image.shape[0] / raw.size[1]])
    back = np.linalg.inv(page.transform) @ np.array([[scale[0], 0, -0.5], [0, scale[1], -0.5], [0, 0, 1]])
    whole = back @ prepared.to_points @ np.diag([prepared.dpi / 72, prepared.dpi / 72, 1.0])

    def place(box: BBox) -> BBox:
        x0, y0, x1, y1 = box
        corners = np.array([[x0, x1, x1, x0], [y0, y0, y1, y1], [1, 1, 1, 1]])
        # points of the picture are edges of pixels, `to_points` takes their middles
        corners[:2] -= 0.5 * 72 / prepared.dpi
        at = whole @ corners
        at = at[:2] / at[2]
        left, right = sorted((float(at[0, [0, 3]].mean()), float(at[0, [1, 2]].mean())))
        top, bottom = sorted((float(at[1, [0, 1]].mean()), float(at[1, [2, 3]].mean())))
        return (left, top, right, bottom)

    return place


def score_page(
    found: Sequence[Grid], true: Sequence[Grid], place: Callable[[BBox], BBox], page: int = 0
) -> tuple[list[GridScore], int]:
    """Compare the tables found on a page with those that are there.

    Args:
        found: In points of the picture that was read.
        true: In points of the clean page.
        place: From the former to the latter; see `to_clean`.
        page: For the result.

    Returns:
        A score for each true table, and how many tables were found where there is none.
    """
    boxes = [place(t.bbox) for t in found]
    scores, used = [], set()
    for grid in true:
        mine = [i for i, box in enumerate(boxes) if _shared(box, grid.bbox) >= SAME_TABLE]
        used |= set(mine)
        if len(mine) != 1:
            scores.append(GridScore(page, grid.bbox, False, False, False, False, len(grid.cells)))
            continue
        table = found[mine[0]]
        cells = {(c.row, c.col, c.rowspan, c.colspan): place(c.bbox) for c in table.cells}
        spans = set(cells) == {(c.row, c.col, c.rowspan, c.colspan) for c in grid.cells}
        places = spans and all(_holds(cells[c.row, c.col, c.rowspan, c.colspan], c.bbox) for c in grid.cells)
        rows, columns = len(table.ys) == len(grid.ys), len(table.xs) == len(grid.xs)
        at = {(row, col): box for (row, col, *_), box in cells.items()}
        held = sum(1 for c in grid.cells if (c.row, c.col) in at and _holds(at[c.row, c.col], c.bbox))
        scores.append(GridScore(page, grid.bbox, rows, columns, spans, places, len(grid.cells), held))
    return scores, len(boxes) - len(used)


def _shared(a: BBox, b: BBox) -> float:
    area = overlap(a[0], a[2], b[0], b[2]) * overlap(a[1], a[3], b[1], b[3])
    return area / max(min((a[2] - a[0]) * (a[3] - a[1]), (b[2] - b[0]) * (b[3] - b[1])), 1e-9)


def _holds(box: BBox, other: BBox) -> bool:
    x, y = (other[0] + other[2]) / 2, (other[1] + other[3]) / 2
    return bool(box[0] < x < box[2] and box[1] < y < box[3])  # numbers of NumPy would not be written as JSON

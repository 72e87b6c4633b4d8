"""Where every label and every cell stands on the printed form, merged cells included.

The workbook and any page that shows a table like the paper form draw these slots.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from .template import Block, Row, TableForm

ITEM_LABEL = "信息内容"
"""What the form prints above the row labels of section 二."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A printed cell: a label (`field` is "") or the place of a value (`text` is "").

    Attributes:
        row: 0-based.
        col: 0-based.
        rowspan: Rows covered, at least 1.
        colspan: Columns covered, at least 1.
        text: The label.
        field: The id of the cell.
    """

    row: int
    col: int
    rowspan: int
    colspan: int
    text: str = ""
    field: str = ""


def slots(table: TableForm) -> list[Slot]:
    """Return the slots of a table, in order of (row, column); together they tile a rectangle."""
    found = _one_line(table, table.blocks[0]) if table.layout == "one_line" else _stacked(table)
    return sorted(found, key=lambda s: (s.row, s.col))


def _stacked(table: TableForm) -> Iterator[Slot]:
    """Blocks below each other, a narrow block stretched to the width of the widest."""
    labels = max(len(r.path) + 1 for b in table.blocks for r in b.rows)
    values = max(len(b.columns) for b in table.blocks)
    top = 0
    for block in table.blocks:
        if block.label:
            yield Slot(top, 0, 1, labels + values, block.label)
            top += 1
        depth = 2 if any(c.group for c in block.columns) else 1
        yield Slot(top, 0, depth, labels, table.caption or ITEM_LABEL)
        yield from _headers(block, top, labels, values, depth)
        top += depth
        yield from _row_labels(block, top, labels)
        for i, row in enumerate(block.rows):
            for j, column in enumerate(block.columns):
                field = f"{table.prefix}{row.name}.{column.name}"
                yield Slot(top + i, labels + j, 1, _width(block, j, values), field=field)
        top += len(block.rows)


def _width(block: Block, column: int, values: int) -> int:
    """The last column of a narrow block takes the places that are left."""
    last = len(block.columns) - 1
    return values - last if column == last else 1


def _headers(block: Block, top: int, left: int, values: int, depth: int) -> Iterator[Slot]:
    for group, members in groupby(enumerate(block.columns), key=lambda item: item[1].group):
        columns = list(members)
        if group:
            yield Slot(top, left + columns[0][0], 1, len(columns), group)
        for j, column in columns:
            width = _width(block, j, values)
            if group:
                yield Slot(top + 1, left + j, 1, width, column.label)
            else:
                yield Slot(top, left + j, depth, width, column.label)


def _shared_labels(rows: Sequence[Row]) -> Iterator[tuple[int, int, int, str]]:
    """Yield (level, first row, number of rows, label) of the labels that stand over several rows."""
    for level in range(max(len(r.path) for r in rows)):
        for path, members in groupby(enumerate(rows), key=lambda item: item[1].path[: level + 1]):
            numbers = [i for i, _ in members]
            if len(path) > level:
                yield level, numbers[0], len(numbers), path[level]


def _row_labels(block: Block, top: int, labels: int) -> Iterator[Slot]:
    for level, first, count, text in _shared_labels(block.rows):
        yield Slot(top + first, level, count, 1, text)
    for i, row in enumerate(block.rows):
        yield Slot(top + i, len(row.path), 1, labels - len(row.path), row.label)


def _one_line(table: TableForm, block: Block) -> Iterator[Slot]:
    """Groups of columns beside each other over one row of values."""
    width = len(block.columns)
    depth = max(len(r.path) + 1 for r in block.rows)
    for level, first, count, text in _shared_labels(block.rows):
        yield Slot(level, first * width, 1, count * width, text)
    for i, row in enumerate(block.rows):
        yield Slot(len(row.path), i * width, depth - len(row.path), width, row.label)
        for j, column in enumerate(block.columns):
            yield Slot(depth, i * width + j, 1, 1, column.label)
            yield Slot(depth + 1, i * width + j, 1, 1, field=f"{table.prefix}{row.name}.{column.name}")

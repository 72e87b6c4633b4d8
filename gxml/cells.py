"""Tables and lines of a document to strips: here only what is printed is taken apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from .cells_inline import split_inline
from .cells_text import text_strips
from .document import Document, Line, Table, TableCell
from .numerals import parse_cell, squeeze
from .strips import Field, FieldKind, Strip, is_label

_LINE_NUMBERS = frozenset(("序号", "行次", "编号"))
"""What a column that counts the rows is called."""
_REMARKS = frozenset(("备注", "说明", "备注说明"))
"""What a last column is called that says something of the rows."""
_UNIT_HEADS = frozenset(("单位", "计量单位", "计算单位"))
_UNITS = frozenset(("件", "项", "个", "条", "次", "份", "宗", "起", "元", "万元", "件/项", "件、项", ""))


def strips_between(document: Document, lo: int, hi: int) -> list[Strip]:
    """Return the strips of the tables and lines whose text lies in [lo, hi), in reading order."""
    out: list[Strip] = []
    run: list[Line] = []
    number = 0

    def flush() -> None:
        nonlocal number
        if run:
            number += 1
            start, end = max(lo, run[0].span[0]), min(hi, run[-1].span[1])
            out.extend(text_strips(document, run, start, end, number))
            run.clear()

    for block in document.blocks:
        if block.span[1] < lo or block.span[0] >= hi:
            continue
        if isinstance(block, Table):
            flush()
            number += 1
            out.extend(s for s in _table_strips(block, number) if lo <= s.span[0] < hi)
        else:
            run.append(block)
    flush()
    return _with_wrapped_labels(out)


def _with_wrapped_labels(strips: list[Strip]) -> list[Strip]:
    """Give each strip with values the text of the value-less strips directly before it."""
    out: list[Strip] = []
    pending = ""
    for s in strips:
        if s.values:
            out.append(replace(s, before=pending) if pending else s)
            pending = ""
        else:
            out.append(s)
            pending = (pending + s.label)[-60:]
    return out


def _table_strips(table: Table, number: int) -> Iterator[Strip]:
    by_row: dict[int, list[TableCell]] = {}
    counted = {c.col for c in table.cells if squeeze(c.text) in _LINE_NUMBERS}
    aside = _beside_values(table)
    for cell in table.cells:
        if cell.col in counted and cell.colspan == 1 and (cell.text.strip().isdigit() or cell.text in _LINE_NUMBERS):
            continue
        if cell.col in aside and cell.colspan == 1:
            continue
        by_row.setdefault(cell.row, []).append(cell)
    _join_halves(by_row)
    for row in sorted(by_row):
        cells = sorted(by_row[row], key=lambda c: c.col)
        last = max((i for i, c in enumerate(cells) if is_label(c.text)), default=-1)
        # a cell with words behind the first number is a worded value, not a label
        first = next((i for i, c in enumerate(cells) if parse_cell(c.text).kind == "number"), len(cells))
        if first < last:
            last = max((i for i, c in enumerate(cells[:first]) if is_label(c.text)), default=-1)
        labels = [_cell_field(c, table) for c in cells[: last + 1]]
        values: list[Field] = []
        if last == len(cells) - 1 and last >= 0:  # perhaps label and numbers are printed in one cell
            head, tail = split_inline(cells[last].text, cells[last].span[0])
            if tail:
                labels[-1] = replace(labels[-1], text=head)
                values += [replace(f, page=cells[last].page, bbox=cells[last].bbox) for f in tail]
        printed = cells[last + 1 :]
        spanning = last >= 0 and any(c.rowspan > 1 for c in printed)
        below = _labels_below(cells[last], table) if spanning else 0
        values += [_cell_field(c, table, shared=c.rowspan > below > 0) for c in printed]
        end = max(_edges(c, table)[1] for c in cells)
        span = (cells[0].span[0], cells[-1].span[1])
        yield Strip((*labels, *values), len(labels), table.origin, number, span, table.page, width=end)


def _join_halves(by_row: dict[int, list[TableCell]]) -> None:
    """Put cells together that a line divides beside a label that it does not: one half holds all that is printed."""
    for row in sorted(by_row, reverse=True):
        below = by_row.get(row + 1, [])
        here = {c.col: c for c in by_row[row]}
        label = max((c for c in by_row[row] if is_label(c.text)), key=lambda c: c.col, default=None)
        if not below or label is None or label.row + label.rowspan <= row + 1 or any(is_label(c.text) for c in below):
            continue
        pairs = [(here.get(c.col), c) for c in below]
        # two rows of numbers under one label are no halves, unless another of its cells is whole
        whole = any(c.rowspan > 1 and c.col > label.col for c in by_row[row])
        apart = all(a is None or not a.text.strip() for a, _ in pairs) or not any(c.text.strip() for c in below)
        fits = all(a is not None and (a.rowspan, a.colspan) == (1, c.colspan) and _one_blank(a, c) for a, c in pairs)
        if fits and (whole or apart):
            for a, c in pairs:
                if a is not None and c.text.strip():
                    by_row[row][by_row[row].index(a)] = replace(c, row=row, rowspan=1 + c.rowspan)
            del by_row[row + 1]


def _one_blank(a: TableCell, b: TableCell) -> bool:
    return not a.text.strip() or not b.text.strip()


def _labels_below(label: TableCell, table: Table) -> int:
    """Return how many rows below that of a label the next label of its column stands, 0 for none."""
    return min(
        (c.row - label.row for c in table.cells if c.col == label.col and c.row > label.row and is_label(c.text)),
        default=0,
    )


def _beside_values(table: Table) -> set[int]:
    """Return the columns whose header says that they hold units, or remarks behind all others, and no values."""
    named = [c for c in table.cells if c.colspan == 1 and squeeze(c.text) in _REMARKS | _UNIT_HEADS]
    if not named:
        return set()
    first = min((c.row for c in table.cells if parse_cell(c.text).kind == "number"), default=0)
    last = max(c.col + c.colspan for c in table.cells) - 1
    out: set[int] = set()
    for head in named:
        if head.row >= first or head.col == 0:
            continue
        below = [squeeze(c.text) for c in table.cells if c.col == head.col and c.row > head.row and c.colspan == 1]
        if squeeze(head.text) in _REMARKS:
            if head.col == last and not any(t.isdigit() for t in below):
                out.add(head.col)
        elif _UNITS.issuperset(below) and any(below):
            out.add(head.col)
    return out


def _edges(cell: TableCell, table: Table) -> tuple[float, float]:
    if table.origin != "markup" and cell.bbox is not None:
        return cell.bbox[0], cell.bbox[2]
    return float(cell.col), float(cell.col + cell.colspan)


def _cell_field(cell: TableCell, table: Table, *, shared: bool = False) -> Field:
    kind: FieldKind = parse_cell(cell.text, whole=table.origin != "alignment").kind
    lo, hi = _edges(cell, table)
    return Field(cell.text, kind, cell.span, cell.page, cell.bbox, lo, hi, ocr=cell.ocr, shared=shared)

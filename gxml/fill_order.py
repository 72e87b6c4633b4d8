"""Which cell of its row each printed number is, where a header has the columns in another order than the form's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from .columns import vector
from .filled import Hit, RowPlace
from .headers import column_order, header_lines, line_order, misordered
from .headplaces import MISPLACED, PLACED, Order, column_places, heads_of, misplaced
from .labels import Match
from .readings import finding
from .report import Finding
from .strips import Strip
from .template import Block, TableForm


def as_headed(
    work: Sequence[Strip],
    matches: Sequence[Match],
    places: Sequence[RowPlace],
    by_row: Mapping[int, Sequence[Hit]],
    form: TableForm,
) -> tuple[tuple[RowPlace, ...], list[Finding]]:
    """Put the cells of each row in the order in which the header of its block prints them.

    Args:
        work: Strips of the table.
        matches: Which of these are which rows.
        places: Rows of the form.
        by_row: Index in `places` -> the strips that are that row.
        form: The table.

    Returns:
        The rows, their cells as printed, and what is to be said of headers that are not the form's.
    """
    out: list[RowPlace] = list(places)
    said: list[Finding] = []
    first_of: dict[int, int] = {}
    for m in matches:
        first_of.setdefault(id(places[m.row].block), m.strip)
    begin = 0
    for block in {id(p.block): p.block for p in places}.values():
        stop = first_of.get(id(block))
        if stop is None:
            continue
        # the header ends in front of the row's own label, which may stand in the same strip
        head = "".join(s.label for s in work[begin:stop]) + work[stop].label
        lines = work[begin : stop + 1]
        begin = stop
        rows = [i for i, p in enumerate(places) if p.block is block]
        numbers = [_numbers(by_row.get(i, ())) for i in rows]
        strips = [work[m.strip] for m in matches if places[m.row].block is block]
        full = next((s for s in strips if s.origin in PLACED and len(s.values) == len(block.columns)), None)
        above = [] if full is None else heads_of(work, full)
        order = None if full is None else _stands(column_places(above, full.values, block), numbers)
        order = order or _line_order(lines, block, numbers)
        words = None if order is not None else column_order(head, block)
        order = order or words
        if order is None:
            in_text = full is None and any(misordered(t, form, block) for s in lines for t in header_lines(s))
            if in_text or (full is not None and misplaced(above, full.values, block)):
                text = MISPLACED.format(section=form.section)
                ids = [f.id for i in rows for f in places[i].forms]
                said.append(finding("STR.COLUMNS", "structure", "warning", ids, text))
            continue
        for i in rows:
            out[i] = replace(places[i], forms=tuple(places[i].forms[k] for k in order))
        # words in a row do not say where the short names stand: 自然人, 其他, 总计
        moved = [out[i].forms[at].id for i in rows for at, k in enumerate(order) if k != at or words is not None]
        names = "、".join(block.columns[k].label for k in order)
        text = f"表头的列序与格式不同（{names}），已按表头对应，请核对。"
        said.append(finding("STR.COLUMNS", "structure", "warning", moved, text))
    return tuple(out), said


def _numbers(hits: Sequence[Hit]) -> list[int]:
    """Return the numbers of a row that is printed once and whole, none for another."""
    whole = vector(hits[0].placed.fields) if len(hits) == 1 and hits[0].placed.state == "exact" else None
    return [v or 0 for v in whole or ()]


def _stands(order: Order | None, rows: Sequence[Sequence[int]]) -> Order | None:
    """Return an order that is not the form's, unless fewer rows add up where it puts the total than at the end."""
    if order is None or order == tuple(range(len(order))):
        return None
    last = len(order) - 1
    at = order.index(last)
    return order if at == last or _adding_up(rows, at) >= _adding_up(rows, last) else None


def _line_order(lines: Sequence[Strip], block: Block, rows: Sequence[Sequence[int]]) -> Order | None:
    """Return the order of the columns that one line of the header prints, None where it is the form's."""
    for s in lines:
        for words in header_lines(s):
            order = line_order(words, block)
            if order is not None:
                return _stands(order, rows)
    return None


def _adding_up(rows: Sequence[Sequence[int]], total: int) -> int:
    return sum(sum(row) == 2 * row[total] for row in rows if row)

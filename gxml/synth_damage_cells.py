"""Damage to cells: dropped, blanked, printed twice, split, run together, misread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from .numerals import parse_cell
from .synth_damage_state import DamageKind, State, with_values
from .synth_model import PrintedCell, PrintedRow, PrintedTable

# What may stand beside or in place of a digit; none of it is a separator, a sign, a unit or a kind of zero.
_JUNK = "#*?&@^~§¤□■◆☆、；”！"


def _drop_cell(state: State) -> bool:
    places = state.rows()
    if not places:
        return False
    table, i = state.rng.choice(places)
    row = table.rows[i]
    cell = state.rng.choice(row.values)
    state.open_row(row)
    state.lose([cell.field or ""])
    state.put(table, i, with_values(row, [c for c in row.values if c is not cell]))
    return state.note("drop_cell", row.ids, f"{cell.field} {cell.text!r} dropped")


def _blank_cell(state: State) -> bool:
    places = state.rows(lambda r: any(c.text for c in r.values))
    if not places:
        return False
    table, i = state.rng.choice(places)
    row = table.rows[i]
    cell = state.rng.choice([c for c in row.values if c.text])
    if state.trace != "cell":  # nothing shows that the cell was there: as good as lost
        if state.trace != "place":
            state.open_row(row)
        state.lose([cell.field or ""])
    else:
        state.cells[cell.field or ""] = None
        state.accept.pop(cell.field or "", None)
    state.put(table, i, replace(row, cells=tuple(replace(c, text="") if c is cell else c for c in row.cells)))
    return state.note("blank_cell", row.ids, f"{cell.field} {cell.text!r} blanked")


def _duplicate_cell(state: State) -> bool:
    places = state.rows(lambda r: any(c.text for c in r.values))
    if not places:
        return False
    table, i = state.rng.choice(places)
    row = table.rows[i]
    at = state.rng.choice([k for k, c in enumerate(row.values) if c.text])
    state.open_row(row)
    values = [*row.values[: at + 1], *row.values[at:]]
    state.put(table, i, with_values(row, values))
    return state.note("duplicate_cell", row.ids, f"{row.values[at].field} printed twice")


def _split_cell(state: State) -> bool:
    def can(c: PrintedCell) -> bool:
        return len(c.text) > 1 and c.text.isascii() and c.text.isdigit()

    places = state.rows(lambda r: any(can(c) for c in r.values))
    if not places:
        return False
    table, i = state.rng.choice(places)
    row = table.rows[i]
    at = state.rng.choice([k for k, c in enumerate(row.values) if can(c)])
    cell = row.values[at]
    cut = state.rng.randint(1, len(cell.text) - 1)
    parts = [replace(cell, text=cell.text[:cut]), replace(cell, text=cell.text[cut:])]
    state.open_row(row)
    state.put(table, i, with_values(row, [*row.values[:at], *parts, *row.values[at + 1 :]]))
    return state.note("split_cell", row.ids, f"{cell.field} {cell.text} in two cells")


def _merge_cells(state: State) -> bool:
    places = state.rows(lambda r: sum(bool(c.text) for c in r.values) > 1)
    if not places:
        return False
    table, i = state.rng.choice(places)
    row = table.rows[i]
    at = state.rng.randrange(len(row.values) - 1)
    a, b = row.values[at : at + 2]
    if not (a.text and b.text):
        return False
    state.open_row(row)
    one = replace(a, text=a.text + b.text)
    state.put(table, i, with_values(row, [*row.values[:at], one, *row.values[at + 2 :]]))
    return state.note("merge_cells", row.ids, f"{a.field} and {b.field} run together as {one.text}")


def _drop_blanks(state: State) -> bool:
    places = state.rows(lambda r: 0 < sum(not c.text for c in r.values) < len(r.values))
    if not places:
        return False
    table, i = state.rng.choice(places)
    row = table.rows[i]
    state.open_row(row)
    state.put(table, i, with_values(row, [c for c in row.values if c.text]))
    return state.note("drop_blanks", row.ids, "empty cells dropped")


def _collapse_repeats(state: State) -> bool:
    """Drop every cell that repeats the one before it, in a run of rows, as a scraper that drops repeated lines."""

    def repeats(r: PrintedRow) -> bool:
        return any(a.text == b.text for a, b in zip(r.values, r.values[1:], strict=False))

    places = state.rows(repeats)
    if not places:
        return False
    start = state.rng.randrange(len(places))
    chosen = places[start : start + state.rng.randint(1, 6)]
    ids: list[str] = []
    for old, i in chosen:
        table = state.printed.table(old.section) or old
        row = table.rows[i]
        kept = [c for k, c in enumerate(row.values) if k == 0 or c.text != row.values[k - 1].text]
        state.open_row(row)
        state.lose(c.field or "" for c in row.values if c not in kept)
        state.put(table, i, with_values(row, kept))
        ids += row.ids
    return state.note("collapse_repeats", ids, f"repeated cells dropped in {len(chosen)} rows")


def _pad_row(state: State) -> bool:
    places = state.rows()
    if not places:
        return False
    table, i = state.rng.choice(places)
    row = table.rows[i]
    if any(not c.text for c in row.values):
        state.open_row(row)
    last = max(c.col + c.colspan for c in row.cells)
    extra = tuple(PrintedCell("", last + k, role="filler") for k in range(state.rng.randint(1, 3)))
    state.put(table, i, replace(row, cells=(*row.cells, *extra)))
    return state.note("pad_row", row.ids, f"{len(extra)} empty cells behind the row")


def _numeric(row: PrintedRow) -> list[PrintedCell]:
    return [c for c in row.values if c.text.isascii() and c.text.isdigit()]


def _noise_places(state: State) -> list[tuple[PrintedTable, int]]:
    return [(t, i) for t, i in state.rows(lambda r: bool(_numeric(r))) if t.section in (3, 4)]


def _cell_noise(state: State) -> bool:
    """Put a junk character beside a digit or in its place, in section 三 or 四: the number cannot be read safely."""
    places = _noise_places(state)
    if not places:
        return False
    table, i = state.rng.choice(places)
    row = table.rows[i]
    cell = state.rng.choice(_numeric(row))
    at = state.rng.randrange(len(cell.text))
    beside = state.rng.random() < 0.5
    text = cell.text[:at] + state.rng.choice(_JUNK) + cell.text[at + (0 if beside else 1) :]
    if state.layout == "text_run":
        state.open_row(row)
    state.lose([cell.field or ""])
    state.put(table, i, replace(row, cells=tuple(replace(c, text=text) if c is cell else c for c in row.cells)))
    return state.note("cell_noise", row.ids, f"{cell.field} {cell.text!r} printed as {text!r}")


def _digit_change(state: State) -> bool:
    """Replace a digit by another one, in section 三 or 四: what is printed now is the truth, and breaks rules."""
    places = _noise_places(state)
    if not places:
        return False
    table, i = state.rng.choice(places)
    row = table.rows[i]
    cell = state.rng.choice(_numeric(row))
    at = state.rng.randrange(len(cell.text))
    digits = [d for d in "0123456789" if d != cell.text[at] and not (d == "0" and at == 0 and len(cell.text) > 1)]
    text = cell.text[:at] + state.rng.choice(digits) + cell.text[at + 1 :]
    if state.layout == "text_run":
        state.open_row(row)
    before = state.accept.pop(cell.field or "", None)
    state.cells[cell.field or ""] = parse_cell(text).value
    if before is not None:  # what the layout leaves open stays open
        state.also([cell.field or ""], None)
    state.put(table, i, replace(row, cells=tuple(replace(c, text=text) if c is cell else c for c in row.cells)))
    return state.note("digit_change", row.ids, f"{cell.field} {cell.text!r} printed as {text!r}")


CELL_ACTIONS: dict[DamageKind, Callable[[State], bool]] = {
    "drop_cell": _drop_cell,
    "blank_cell": _blank_cell,
    "duplicate_cell": _duplicate_cell,
    "split_cell": _split_cell,
    "merge_cells": _merge_cells,
    "drop_blanks": _drop_blanks,
    "collapse_repeats": _collapse_repeats,
    "pad_row": _pad_row,
    "cell_noise": _cell_noise,
    "digit_change": _digit_change,
}

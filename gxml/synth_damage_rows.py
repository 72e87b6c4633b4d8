"""Damage to rows, headers, labels and pages: lost, cut out, printed twice, garbled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

from .synth_damage_state import DamageKind, State
from .synth_model import PrintedCell, PrintedTable, Text

# What a garbled character of a label turns into: alike or common characters, never a digit.
_WRONG = "的止内容业厂工土干千末未已己人入天夫大太申甲由田目且白自日曰口因困回"


def _lose_header(state: State) -> bool:
    """Lose one to three header rows of a table, or of a block of section 二."""
    places = [(t, i) for t in state.printed.tables for i, r in enumerate(t.rows) if r.kind in ("header", "band")]
    if not places:
        return False
    table, i = state.rng.choice(places)
    last = i
    while last + 1 < len(table.rows) and table.rows[last + 1].kind != "data" and state.rng.random() < 0.6:
        last += 1
    ids = _under(table, i, last)
    said = [" ".join(c.text for c in table.rows[k].cells) for k in range(i, last + 1)]
    names = any(table.rows[k].kind == "header" for k in range(i, last + 1))
    if names:
        state.also(ids, None)
    for k in range(last, i - 1, -1):
        table = table.without_row(k)
    state.printed = state.printed.replace_table(table)
    return state.note("lose_header", ids if names else (), f"lost: {' / '.join(said)}", touch=False)


def _under(table: PrintedTable, first: int, last: int) -> tuple[str, ...]:
    """Return the fields under header rows: to the next band in section 二, else to the end of the table."""
    out: list[str] = []
    for r in table.rows[last + 1 :]:
        if r.kind != "data" and table.section == 2 and out:
            break
        out += r.ids
    return tuple(out)


def _cut_rows(state: State) -> bool:
    """Lose what stood on a stretch of paper: rows, and headings and headers between them."""
    blocks = list(state.printed.blocks)
    strip: list[tuple[int, int | None]] = []
    for b, block in enumerate(blocks):
        if isinstance(block, PrintedTable):
            strip += [(b, r) for r in range(len(block.rows))]
        elif block.section in (2, 3, 4):
            strip.append((b, None))
    if len(strip) < 4:
        return False
    length = state.rng.choice([1, 1, 2, 3, 4, 6, 9, 14, 22])
    start = state.rng.randrange(len(strip))
    cut = strip[start : start + length]
    ids: list[str] = []
    under: list[str] = []
    for b, r in cut:
        block = blocks[b]
        if isinstance(block, PrintedTable) and r is not None:
            row = block.rows[r]
            ids += row.ids
            if row.kind == "header":
                under += _under(block, r, r)
    if set(ids) & state.touched:
        return False
    state.lose(ids)
    left = [i for i in under if i not in ids]
    state.also(left, None)
    emptied = state.rng.random() < 0.5  # the label of a group was printed on the lost stretch
    for b, r in sorted(cut, key=lambda x: (x[0], -1 if x[1] is None else x[1]), reverse=True):
        block = blocks[b]
        if r is None:
            blocks[b] = Text("", "note", 0)
        elif isinstance(block, PrintedTable):
            blocks[b] = _lost_row(block, r, emptied)
    kept = [
        b
        for b in blocks
        if not (isinstance(b, Text) and not b.text) and not (isinstance(b, PrintedTable) and not b.rows)
    ]
    state.printed = replace(state.printed, blocks=tuple(kept))
    return state.note("cut_rows", [*ids, *left], f"{len(cut)} lines lost")


def _lost_row(table: PrintedTable, index: int, emptied: bool) -> PrintedTable:
    groups = {(c.col, c.text) for c in table.rows[index].cells if c.role == "group"}
    after = table.without_row(index)
    if emptied and index < len(after.rows):
        rows = list(after.rows)
        rows[index] = replace(
            rows[index],
            cells=tuple(replace(c, text="") if (c.col, c.text) in groups else c for c in rows[index].cells),
        )
        after = replace(after, rows=tuple(rows))
    return after


def _duplicate_row(state: State) -> bool:
    places = state.rows()
    if not places:
        return False
    table, i = state.rng.choice(places)
    row = table.rows[i]
    if table.section == 4:  # no label says that the numbers are those of the row above
        state.also(row.ids, None)
    state.printed = state.printed.replace_table(table.with_copy(i))
    return state.note("duplicate_row", row.ids, "row printed twice")


def _label_noise(state: State) -> bool:
    """Replace or drop one to three characters of a row label, a group label, a column label or a heading."""
    if state.rng.random() < 0.1:
        return _heading_noise(state)
    roles = ("label", "column", "group", "band", "caption")
    places = [
        (t, i, k)
        for t in state.printed.tables
        for i, r in enumerate(t.rows)
        for k, c in enumerate(r.cells)
        if c.role in roles and len(c.text) > 2 and not (set(r.ids) & state.touched)
    ]
    weights = [4 if t.rows[i].cells[k].role == "label" else 1 for t, i, k in places]
    if not places:
        return False
    table, i, k = state.rng.choices(places, weights)[0]
    row = table.rows[i]
    cell = row.cells[k]
    ids = _labelled(table, i, cell)
    text = _noisy(state.rng, cell.text)
    state.also(ids, None)
    state.put(table, i, replace(row, cells=tuple(replace(c, text=text) if c is cell else c for c in row.cells)))
    return state.note("label_noise", ids, f"{cell.text!r} printed as {text!r}", touch=cell.role == "label")


def _labelled(table: PrintedTable, index: int, cell: PrintedCell) -> tuple[str, ...]:
    """Return the fields that a label names: its row, or its columns down to the end of its block."""
    if cell.role == "label":
        return table.rows[index].ids
    data = next((k for k, r in enumerate(table.rows) if r.kind == "data"), 0)
    over = table.section == 3 and index + cell.rowspan < data  # a label over labels: each column still has its own
    if cell.role != "column" or over or (table.section == 2 and cell.col == 0):
        return ()
    under = set(_under(table, index, index))
    span = range(cell.col, cell.col + cell.colspan)
    return tuple(
        c.field for r in table.rows[index:] for c in r.values if c.field in under and c.col in span and c.field
    )


def _heading_noise(state: State) -> bool:
    places = [b for b in state.printed.blocks if isinstance(b, Text) and b.role == "heading" and b.section in (2, 3, 4)]
    if not places:
        return False
    old = state.rng.choice(places)
    new = replace(old, text=_noisy(state.rng, old.text))
    blocks = tuple(new if b is old else b for b in state.printed.blocks)
    state.printed = replace(state.printed, blocks=blocks)
    return state.note("label_noise", (), f"heading {old.text!r} printed as {new.text!r}")


def _noisy(rng: Random, text: str) -> str:
    """Replace or drop one to three characters; never a digit put in, which could be taken for a number."""
    out = list(text)
    for _ in range(rng.randint(1, min(3, len(text) - 1))):
        at = rng.randrange(len(out))
        if rng.random() < 0.4 and len(out) > 1:
            del out[at]
        else:
            out[at] = rng.choice(_WRONG)
    return "".join(out)


ROW_ACTIONS: dict[DamageKind, Callable[[State], bool]] = {
    "lose_header": _lose_header,
    "cut_rows": _cut_rows,
    "duplicate_row": _duplicate_row,
    "label_noise": _label_noise,
}

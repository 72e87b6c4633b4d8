"""Place the numbers of each row of a table: what its own strip, the other rows and the header say of its columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from .columns import Lead, Slots, find_lead, find_slots, header_lead, place
from .filled import Hit, RowPlace, row_sum_rule
from .labels import Match
from .strips import COUNTED, Strip
from .template import Block, Edition, TableForm

# Of so many rows a few can be odd, no more than these: else it is the table's way.
ALIKE, FEW_WIDE = 4, 2


def place_rows(
    work: Sequence[Strip], matches: Sequence[Match], places: Sequence[RowPlace], form: TableForm, edition: Edition
) -> list[Hit]:
    """Place the numbers of the rows of a table.

    Args:
        work: Its strips.
        matches: Which of these are which rows.
        places: Rows of the form.
        form: The table of the edition.
        edition: For its rules.

    Returns:
        The strips that are rows, each with its fields in printed order.
    """
    summed = row_sum_rule(edition, form) is not None
    values = [f for m in matches for f in work[m.strip].values if f.kind != "blank"]
    run_layout = bool(values) and sum(f.glued for f in values) >= 0.5 * len(values)
    sparse = _blanks_vanish([(work[m.strip], len(places[m.row].forms)) for m in matches])
    groups: dict[tuple[int, int], list[tuple[Strip, int]]] = {}
    for m in matches:
        key = (work[m.strip].table, id(places[m.row].block))
        groups.setdefault(key, []).append((work[m.strip], len(places[m.row].row.path)))
    measures: dict[tuple[int, int], tuple[Slots | None, float | None, Lead]] = {}
    for key, rows in groups.items():
        members = [s for s, _ in rows]
        block = next(p.block for p in places if id(p.block) == key[1])
        k = len(block.columns)
        heads = [s for s in _heads(work, matches, places, block) if s.table == key[0]]
        head = header_lead(heads, block)
        slots = find_slots(members, k)
        full = [s.width for s in members if len(s.values) == k] or [s.width for s in members]
        end = Counter(full).most_common(1)[0][0] if full else None
        header_width = max((s.width for s in heads), default=0.0)
        measures[key] = (slots, end, find_lead(rows, k, head, header_width))
    wide = _wide(work, {m.strip: len(places[m.row].forms) for m in matches})
    loose = {table for (table, _), (_, _, lead) in measures.items() if lead.ragged}
    out: list[Hit] = []
    for m in matches:
        strip, p = work[m.strip], places[m.row]
        slots, end, lead = measures[(strip.table, id(p.block))]
        if strip.table in loose:
            lead = replace(lead, ragged=True)
        placed = place(
            strip,
            len(p.forms),
            slots=slots,
            end=end,
            lead=lead,
            depth=len(p.row.path),
            summed=summed,
            run_layout=run_layout,
            wide=m.strip in wide,
        )
        if sparse and placed.state == "run" and not _all_zeros(strip, len(p.forms)):
            placed = replace(placed, readings=(), sparse=True)
        out.append(Hit(m, strip, placed))
    return out


def _wide(work: Sequence[Strip], rows: Mapping[int, int]) -> set[int]:
    """Return the rows (index in `work` -> columns of the form) that have more fields than the others of their table.

    That says something where all others, headers too, end in one place or with the same number of blanks; not where
    fillers stand here and there.
    """
    tables: dict[int, dict[int, int]] = {}
    for i, s in enumerate(work):
        if s.fields and (s.origin in COUNTED or (s.origin == "stacked" and i in rows)):
            tables.setdefault(s.table, {})[i] = _behind(s, rows.get(i))
    out: set[int] = set()
    for behind in tables.values():
        (end, _), *_ = Counter(work[i].width for i in behind).most_common(1)
        (blanks, _), *_ = Counter(behind.values()).most_common(1)
        odd = [i for i, n in behind.items() if i in rows and (work[i].width > end or n > blanks)]
        others = [i for i in behind if i not in odd]
        if len(odd) > FEW_WIDE or len(others) < ALIKE:
            continue
        if end and sum(work[i].width != end for i in others) <= 1:
            out |= {i for i in odd if work[i].width > end}
        elif sum(behind[i] != blanks for i in others) <= 1:
            out |= {i for i in odd if behind[i] > blanks}
    return out


def _behind(strip: Strip, columns: int | None) -> int:
    """Return how many fields a strip has behind its columns, or behind its last words where it is a header."""
    if columns is not None:
        return max(0, len(strip.values) - columns)
    # the values of a header were cut off
    return round(strip.width - max((f.hi for f in strip.fields if f.kind != "blank"), default=0.0))


def _heads(
    work: Sequence[Strip], matches: Sequence[Match], places: Sequence[RowPlace], block: Block
) -> Sequence[Strip]:
    """Return the strips between a block's first row and the last row of another block before it."""
    first = min(m.strip for m in matches if places[m.row].block is block)
    start = max((m.strip + 1 for m in matches if m.strip < first), default=0)
    return work[start:first]


def _blanks_vanish(rows: Sequence[tuple[Strip, int]]) -> bool:
    """Tell whether numbers run together and rows with fewer digits than columns show that blanks left no trace."""
    return any(
        any(f.glued for f in s.values) and len(s.printed) < k and sum(len(f.text.strip()) for f in s.printed) < k
        for s, k in rows
    )


def _all_zeros(strip: Strip, columns: int) -> bool:
    digits = "".join(f.text.strip() for f in strip.values)
    return len(digits) == columns and set(digits) == {"0"}

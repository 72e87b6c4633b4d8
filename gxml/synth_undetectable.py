"""Which damage nobody could see: what is left is another complete and consistent form.

The definition is narrow. Damage is undetectable in the cells where a document that had this damage alone would, as
printed, be a complete form and yet give a value that is not the truth's:

- every header row is there with its labels unchanged (punctuation aside);
- every row is there under a label that is a known form of one row's own label, once, or twice with the same numbers;
- each damaged row shows as many cells as the form has, each a number, a blank or words (where empty cells leave no
  trace, as many numbers or words as the form has cells; where every row is filled up with empty cells to the width of
  the table, and has no total that would be missed, the cells that are printed so);
- no hard rule that can be evaluated is broken.

Each damaged row is judged alone, and all damage of the document together: two labels that turned into each other are
complete only together.

Where cells are run together, a damaged row is read in every way that satisfies the rules inside the row; it counts as
undetectable if, over all damaged rows, exactly one reading satisfies every hard rule and it is not the truth's. With
none or more than one a reader has cause to refuse.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cache

from .numerals import comparable, parse_cell, to_number
from .synth_issuer import data
from .synth_model import Printed, PrintedCell, PrintedRow, PrintedTable, SyntheticReport
from .synth_rules import broken_rules
from .synth_truth import row_splits
from .template import Edition, editions

Reading = dict[str, Decimal | None]

# More readings of run-together rows than this are not tried; the damage then counts as detectable.
_MOST_READINGS = 20_000
_PREFIX = re.compile(r"^(?:[一二三四五六七八九十]、|（[一二三四五六七]）|\d\.)")


def hidden_cells(
    report: SyntheticReport,
    before: Printed,
    after: Printed,
    damages: Iterable[tuple[str, ...]],
    right: Mapping[str, set[int | float | None]],
    layout: str,
    vanish: bool,
) -> frozenset[str]:
    """Return the fields in which the damage is undetectable; see the module.

    Args:
        report: The report before damage.
        before: What was on paper.
        after: What is on paper now.
        damages: The fields that each damage touched.
        right: Field id to all values that the truth accepts.
        layout: The layout that it is written in.
        vanish: Empty cells leave no trace in it.
    """
    touched = [set(d) for d in damages if d]
    forms = {s: editions()[e] for s, e in report.editions.items()}

    def wrong(printed: Printed, damaged: set[str]) -> set[str]:
        rows = _complete_rows(before, printed, forms)
        if rows is None:
            return set()
        if layout == "markdown":  # short rows are filled up; where there is a total, it would be missed
            rows = {i: r if i[-1].endswith(".total") else _filled_up(printed, r, len(i)) for i, r in rows.items()}
        reading = _reading(report, rows, forms, damaged, layout == "text_run", vanish)
        own = {i for ids, row in rows.items() if damaged & {*ids, *row.ids} for i in ids}
        return {i for i, v in (reading or {}).items() if i in own & set(right) and to_number(v) not in right[i]}

    out = wrong(after, set().union(*touched))
    if len(touched) > 1 or _complete_rows(before, after, forms) is None:
        for ids in touched:
            out |= wrong(_alone(before, after, ids), ids)
    return frozenset(out)


def _alone(before: Printed, after: Printed, ids: set[str]) -> Printed:
    """Return the document before damage, with the rows of one damage as they are now."""
    new = {r.ids: r for t in after.tables for r in t.rows if r.kind == "data" and set(r.ids) & ids}
    out = before
    for table in before.tables:
        rows = tuple(new.get(r.ids, r) if r.kind == "data" else r for r in table.rows)
        out = out.replace_table(replace(table, rows=rows))
    return out


def _complete_rows(
    before: Printed, after: Printed, forms: Mapping[str, Edition]
) -> dict[tuple[str, ...], PrintedRow] | None:
    """Return the fields of each row and the row, or None if the form is not complete."""
    out: dict[tuple[str, ...], PrintedRow] = {}
    for section, edition in forms.items():
        old, new = before.table(int(section)), after.table(int(section))
        if old is None or new is None or _headers(old) != _headers(new):
            return None
        form = edition.table(int(section))
        known = _labels(edition.edition, int(section))
        for row in new.rows:
            if row.kind != "data":
                continue
            if form.layout == "one_line":
                ids = tuple(i for i, f in edition.fields.items() if f.section == int(section))
            else:
                label = next((c.text for c in row.cells if c.role == "label"), "")
                ids = known.get(comparable(label), ())
            if not ids or (ids in out and [c.text for c in out[ids].values] != [c.text for c in row.values]):
                return None
            out[ids] = row
        if {i for i, f in edition.fields.items() if f.section == int(section)} - {i for ids in out for i in ids}:
            return None
    return out


def _filled_up(printed: Printed, row: PrintedRow, columns: int) -> PrintedRow:
    """Return a row with the empty cells behind it that are cells of the form, and without those that are not."""
    table = next(t for t in printed.tables if row in t.rows)
    values = list(row.values)
    start = max((c.col + c.colspan for c in row.cells if c.role not in ("value", "filler")), default=0)
    width = max([table.cols, *(c.col + c.colspan for r in table.rows for c in r.cells)])
    values += [PrintedCell("", start + k, role="value") for k in range(len(values), width - start)]
    while len(values) > columns and not values[-1].text:
        values.pop()
    return replace(row, cells=(*(c for c in row.cells if c.role != "value"), *values))


def _headers(table: PrintedTable) -> list[list[str]]:
    return [[comparable(c.text) for c in r.cells] for r in table.rows if r.kind != "data"]


@cache
def _labels(edition: str, section: int) -> dict[str, tuple[str, ...]]:
    """Return every known form of a row label, to the fields of its row."""
    form = editions()[edition].table(section)
    more = data("frame")["table"]["more"]
    out: dict[str, tuple[str, ...]] = {}
    for block in form.blocks:
        for row in block.rows:
            ids = tuple(f"{form.prefix}{row.name}.{c.name}" for c in block.columns)
            prefix = m[0] if (m := _PREFIX.match(row.label)) else ""
            for text in (row.label, *row.variants, *(prefix + v for v in row.variants), *more.get(row.label, ())):
                out.setdefault(comparable(text), ids)
    return out


def _reading(
    report: SyntheticReport,
    rows: dict[tuple[str, ...], PrintedRow],
    forms: Mapping[str, Edition],
    damaged: set[str],
    run: bool,
    vanish: bool,
) -> Reading | None:
    """Return what a reader finds who takes the form as complete; None if something must tell that it is not.

    Rows without damage are taken as they were meant to be printed.
    """
    base: Reading = {}
    choices: list[list[Reading]] = []
    for ids, row in rows.items():
        if not damaged & {*ids, *row.ids}:
            base.update({i: report.cells[i] for i in ids})
            continue
        found = _run_together(ids, row) if run else _side_by_side(ids, row, vanish)
        if not found:
            return None
        choices.append(found)
    if math.prod(map(len, choices)) > _MOST_READINGS:
        return None
    consistent: list[Reading] = []
    for combination in itertools.product(*choices):
        reading = {**base, **{i: v for part in combination for i, v in part.items()}}
        if not broken_rules(reading, forms):
            consistent.append(reading)
            if len(consistent) > 1:
                return None
    return consistent[0] if consistent else None


def _side_by_side(ids: tuple[str, ...], row: PrintedRow, vanish: bool) -> list[Reading]:
    """Read cells in order; nothing if a row has too few or too many, or one that cannot be read."""
    cells = [parse_cell(c.text) for c in row.values if c.text or not vanish]
    if len(cells) != len(ids) or any(c.kind == "noise" for c in cells):
        return []
    return [{i: c.value for i, c in zip(ids, cells, strict=True)}]


def _run_together(ids: tuple[str, ...], row: PrintedRow) -> list[Reading]:
    """Cut the digits of a row in every way that its own sums allow."""
    text = "".join(c.text for c in row.values)
    if not (text.isascii() and text.isdigit()):
        return []
    found = itertools.islice(row_splits(text, ids), _MOST_READINGS + 1)
    return [dict(zip(ids, map(Decimal, cut), strict=True)) for cut in found]

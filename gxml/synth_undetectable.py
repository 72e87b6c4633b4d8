"""Which damage nobody could see: what is left is another complete and consistent form.

The definition is narrow. The damaged document, as printed, must be complete: every header row is there with its labels
unchanged (punctuation aside), every row is there under a label that is a known form of one row's own label, once, or
twice with the same numbers, with as many cells as the form has, each a number, a blank or words. No hard rule that can
be evaluated is broken. And at least one value that it prints in a field is not what the truth accepts there.

Where cells are run together, the rows that damage touched are read in every way that satisfies the rules inside the
row; the damage is undetectable if, over all these rows, exactly one reading satisfies every hard rule and it is not
the truth's. With none or more than one a reader has cause to refuse.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping
from decimal import Decimal

from .numerals import comparable, parse_cell, to_number
from .synth_issuer import data
from .synth_model import Printed, PrintedRow, PrintedTable, SyntheticReport
from .synth_rules import broken_rules
from .synth_truth import row_splits
from .template import Edition, TableForm, editions

Reading = dict[str, Decimal | None]
Accept = Mapping[str, tuple[int | float | None, ...]]

# More readings of run-together rows than this are not tried; the damage then counts as detectable.
_MOST_READINGS = 20_000
_PREFIX = re.compile(r"^(?:[一二三四五六七八九十]、|（[一二三四五六七]）|\d\.)")


def is_undetectable(
    report: SyntheticReport,
    before: Printed,
    after: Printed,
    cells: Mapping[str, Decimal | None],
    accept: Accept,
    damaged: set[str],
    layout: str,
) -> bool:
    """Tell whether the damage leaves another complete and consistent form; see the module.

    Args:
        report: The report before damage.
        before: What was on paper.
        after: What is on paper now.
        cells: Truth of the damaged document.
        accept: Its other right values.
        damaged: Fields of damaged rows.
        layout: The layout that it is written in.
    """
    forms = {s: editions()[e] for s, e in report.editions.items()}
    rows = _complete_rows(before, after, forms)
    if rows is None:
        return False
    if layout == "text_run":
        reading = _only_reading(report, rows, forms, damaged)
    else:
        reading = _read(rows)
        if reading is not None and broken_rules(reading, forms):
            reading = None
    if reading is None:
        return False
    return any(to_number(v) not in (to_number(cells.get(i)), *accept.get(i, ())) for i, v in reading.items())


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
        known = _labels(form)
        for row in new.rows:
            if row.kind != "data":
                continue
            if form.layout == "one_line":
                ids = tuple(f.id for f in form.fields())
            else:
                label = next((c.text for c in row.cells if c.role == "label"), "")
                ids = known.get(comparable(label), ())
            if not ids or (ids in out and [c.text for c in out[ids].values] != [c.text for c in row.values]):
                return None
            out[ids] = row
        if set(form_ids(form)) - {i for ids in out for i in ids}:
            return None
    return out


def form_ids(form: TableForm) -> list[str]:
    """Return the fields of a table."""
    return [f.id for f in form.fields()]


def _headers(table: PrintedTable) -> list[list[str]]:
    return [[comparable(c.text) for c in r.cells] for r in table.rows if r.kind != "data"]


def _labels(form: TableForm) -> dict[str, tuple[str, ...]]:
    """Return every known form of a row label, to the fields of its row."""
    more = data("frame")["table"]["more"]
    out: dict[str, tuple[str, ...]] = {}
    for block in form.blocks:
        for row in block.rows:
            ids = tuple(f"{form.prefix}{row.name}.{c.name}" for c in block.columns)
            prefix = m[0] if (m := _PREFIX.match(row.label)) else ""
            for text in (row.label, *row.variants, *(prefix + v for v in row.variants), *more.get(row.label, ())):
                out.setdefault(comparable(text), ids)
    return out


def _read(rows: dict[tuple[str, ...], PrintedRow]) -> Reading | None:
    """Read cells in order; None if a row has too few or too many, or one that cannot be read."""
    out: Reading = {}
    for ids, row in rows.items():
        cells = [parse_cell(c.text) for c in row.values]
        if len(cells) != len(ids) or any(c.kind == "noise" for c in cells):
            return None
        out.update({i: c.value for i, c in zip(ids, cells, strict=True)})
    return out


def _only_reading(
    report: SyntheticReport, rows: dict[tuple[str, ...], PrintedRow], forms: Mapping[str, Edition], damaged: set[str]
) -> Reading | None:
    """Return the one reading of run-together rows that satisfies every hard rule; None if there is none or another."""
    base: Reading = {}
    choices: list[list[Reading]] = []
    for ids, row in rows.items():
        if not damaged & set(ids):
            base.update({i: report.cells[i] for i in ids})
            continue
        text = "".join(c.text for c in row.values)
        if not (text.isascii() and text.isdigit()):
            return None
        found = itertools.islice(row_splits(text, ids), _MOST_READINGS + 1)
        choices.append([dict(zip(ids, map(Decimal, cut), strict=True)) for cut in found])
    if math.prod(map(len, choices)) > _MOST_READINGS:
        return None
    right: list[Reading] = []
    for combination in itertools.product(*choices):
        reading = {**base, **{i: v for part in combination for i, v in part.items()}}
        if not broken_rules(reading, forms):
            right.append(reading)
            if len(right) > 1:
                return None
    return right[0] if right else None

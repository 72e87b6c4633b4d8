"""Hard rules over generated numbers: which are broken, and errors of the author put in on purpose.

This is the generator's own evaluation, kept apart from the reader's, so that one cannot hide an error of the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from random import Random
from typing import Any

from .synth_numbers import Sheet
from .template import Edition, Rule

Numbers = Mapping[str, Decimal | None]


def hard_rules(forms: Mapping[str, Edition]) -> Iterator[Rule]:
    """Yield the hard rules of each section's table, from the edition that it uses ("2", "3", "4" to edition)."""
    for section, edition in forms.items():
        yield from (r for r in edition.expanded_rules if r.hard and r.section == int(section))


def broken_rules(cells: Numbers, forms: Mapping[str, Edition]) -> list[Rule]:
    """Return the hard rules that the printed numbers break.

    A blank counts as 0; a blank 总计 beside parts that are not all 0 is unknown, and its rules cannot be evaluated;
    a rule with a cell that is not in `cells` cannot either.
    """
    rules = list(hard_rules(forms))
    unknown = {
        right[0][1]
        for right, left in ((r.right, r.left) for r in rules if len(r.right) == 1)
        if cells.get(right[0][1]) is None and any(cells.get(i) for _, i in left)
    }
    out = []
    for rule in rules:
        if any(i not in cells or i in unknown for i in rule.cells):
            continue
        left = sum((k * (cells[i] or 0) for k, i in rule.left), Decimal(0))
        right = sum((k * (cells[i] or 0) for k, i in rule.right), Decimal(0))
        if rule.relation == "==" and left != right:
            out.append(rule)
    return out


def violations(cells: Numbers, forms: Mapping[str, Edition], changed: set[str]) -> list[dict[str, Any]]:
    """Describe the broken rules as NAME.truth.json does.

    Args:
        cells: Field id to printed number.
        forms: Section ("2", "3", "4") to the edition of its table.
        changed: Cells whose printed number is known to be wrong; a violation names those of its rule and its totals.
    """
    out = []
    for rule in broken_rules(cells, forms):
        named = [i for i in rule.cells if i in changed or i in {i for _, i in rule.right}]
        left = " + ".join(str(cells[i] or 0) for _, i in rule.left)
        right = " + ".join(str(cells[i] or 0) for _, i in rule.right)
        out.append(
            {
                "kind": "source_inconsistent",
                "rule": rule.id,
                "cells": named,
                "detail": f"{rule.text}: {left} 不等于 {right}",
            }
        )
    return out


def put_author_errors(rng: Random, sheet: Sheet, forms: Mapping[str, Edition], count: int) -> set[str]:
    """Change `count` printed numbers so that each breaks a hard rule, and return their field ids.

    The errors are those that people make: a total that is not the sum, a total of 0, a number off by a little, a
    number in place of its neighbour.
    """
    changed: set[str] = set()
    tables = [forms[s].table(int(s)) for s in ("3", "4") if s in forms]
    for _ in range(count):
        for _attempt in range(200):
            table = rng.choice(tables)
            fields = [f for f in table.fields() if f.id not in changed and sheet.cells.get(f.id) is not None]
            totals = [f for f in fields if f.column == "total" or f.row == "processed_total"]
            if not fields:
                continue
            chosen = rng.choice(totals if totals and rng.random() < 0.6 else fields)
            old = sheet.cells[chosen.id]
            assert old is not None
            options = [old + rng.randint(1, 3), old - rng.randint(1, 3), Decimal(0), old * 10]
            new = rng.choice([o for o in options if o >= 0 and o != old])
            trial = {**sheet.cells, chosen.id: new}
            if not any(chosen.id in r.cells for r in broken_rules(trial, forms)):
                continue
            sheet.cells[chosen.id] = new
            sheet.printed[chosen.id] = format(new, "f")
            changed.add(chosen.id)
            break
    return changed

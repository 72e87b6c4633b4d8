"""NAME.truth.json of a generated report, in the layout that it was written in."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .numerals import to_number
from .synth_model import SyntheticReport
from .synth_traces import blank_trace
from .template import editions

Number = int | float


def truth_of(report: SyntheticReport, layout: str | None, style_seed: int) -> dict[str, Any]:
    """Return the truth; `accept` holds what the layout leaves open.

    Where a layout drops blank cells, or hides them among fillers, a row with blanks does not say which number belongs
    where: its numbers may be null, and its blanks may be derived. Where numbers keep their places on a page without
    rules, nothing tells a blank cell from one that was lost: it may be derived. Where cells are run together, a row
    whose digits can be cut in more than one way, its own sum considered, may be null.
    """
    accept: dict[str, list[Number | None]] = {}
    trace = blank_trace(layout, style_seed)
    # one row without its blanks makes every count of digits doubtful where cells are run together
    holes = layout == "text_run" and "" in report.printed.values()
    for ids in rows_of(report.editions):
        texts = [report.printed[i] for i in ids]
        if trace != "cell" and "" in texts:
            for i in ids:
                if not report.printed[i]:
                    accept[i] = derivable(report, i)
                elif trace != "place":
                    accept[i] = [to_number(report.cells[i]), None]
        elif layout == "text_run" and (holes or not decided(texts, ids)):
            for i in ids:
                accept[i] = list(dict.fromkeys([to_number(report.cells[i]), None]))
    return {
        "issuer": report.issuer.name,
        "year": report.year,
        "editions": dict(report.editions),
        "editions_open": _empty_sections(report) if trace in ("none", "place") else [],
        "cells": {i: to_number(v) for i, v in report.cells.items()},
        "accept": accept,
        "units": dict(report.units),
        "facts": [
            {
                "type": f.type,
                "value": f.value,
                "unit": f.unit,
                "raw_unit": f.raw_unit,
                "approximate": f.approximate,
                "text": f.text,
                "section": f.section,
                "start": f.start,
                "end": f.end,
                "split": f.split,
            }
            for f in report.facts
        ],
        "violations": [dict(v) for v in report.violations],
        "notes": {"generated": f"seed {report.seed}", **report.notes},
    }


def _empty_sections(report: SyntheticReport) -> list[str]:
    """Return the sections that print nothing below their headers: a reader may leave them out."""
    return [
        s
        for s, e in report.editions.items()
        if not any(report.printed[i] for i, f in editions()[e].fields.items() if f.section == int(s))
    ]


def derivable(report: SyntheticReport, field: str) -> list[Number | None]:
    """Return what a reader may give for a cell that left no trace: nothing, or what the rest of the table gives."""
    return [None, to_number(report.numbers[field])]


def rows_of(used: Mapping[str, str]) -> list[list[str]]:
    """Return the field ids of each printed row, for the editions of the sections."""
    out: list[list[str]] = []
    for section, name in used.items():
        table = editions()[name].table(int(section))
        if table.layout == "one_line":
            out.append([f.id for f in table.fields()])
            continue
        for block in table.blocks:
            out += [[f"{table.prefix}{r.name}.{c.name}" for c in block.columns] for r in block.rows]
    return out


def row_splits(digits: str, ids: Sequence[str]) -> Iterator[tuple[int, ...]]:
    """Yield every way to cut a string of digits into the numbers of a row, without leading zeros.

    A cell of the column "total" must be the sum of the cells since the last total, as in sections 三 and 四.
    """
    dead: set[tuple[int, int, int]] = set()  # (digits left, cell, running sum) from which nothing fits

    def cut(rest: str, k: int, running: int) -> Iterator[tuple[int, ...]]:
        if k == len(ids):
            if not rest:
                yield ()
            return
        state = (len(rest), k, running)
        if state in dead:
            return
        found = False
        if ids[k].endswith(".total"):
            total = str(running)
            if rest.startswith(total):
                for tail in cut(rest[len(total) :], k + 1, 0):
                    found = True
                    yield (running, *tail)
        else:
            longest = min(len(rest), 1 if rest[:1] == "0" else len(rest) - (len(ids) - k - 1))
            for length in range(1, longest + 1):
                value = int(rest[:length])
                for tail in cut(rest[length:], k + 1, running + value):
                    found = True
                    yield (value, *tail)
        if not found:
            dead.add(state)

    return cut(digits, 0, 0)


def decided(texts: Sequence[str], ids: Sequence[str]) -> bool:
    """Tell whether a row whose cells are run together can be cut in one way only."""
    if len(texts) == 1:
        return True
    if not all(t.isascii() and t.isdigit() for t in texts):
        return False  # signs, units, words and decimals help or mislead: left open
    return len(list(itertools.islice(row_splits("".join(texts), ids), 2))) == 1

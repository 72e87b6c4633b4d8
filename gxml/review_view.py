"""What the page of one report shows, as plain data: tables, cells with their evidence, rules with their sums."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from .decisions import Decision, decide, standing_comments
from .export import findings_by_cell, forms
from .formgrid import Slot, slots
from .numerals import parse_cell, to_number
from .report import Cell, Number, Report
from .review_index import FLAGS, flagged
from .rules import counted, section_rules

MOST_CANDIDATES = 9
"""Candidates that are shown for a cell."""
LEAST = 0.0005
"""Less likely candidates are not shown."""


def view(report: Report) -> dict[str, Any]:
    """Return what the page shows of a report, without its decisions; all of it can be written as JSON."""
    labels = {f.id: f.label for _, table in forms(report) for f in table.fields()}
    named = findings_by_cell(report)
    return {
        "tables": [
            {"title": table.title, "section": table.section, "rows": _rows(slots(table))} for _, table in forms(report)
        ],
        "cells": {c.id: _cell(c, labels.get(c.id, c.id), named.get(c.id, [])) for c in report.cell_list},
        "flagged": list(flagged(report)),
        "rules": [
            {
                "id": r.id,
                "text": r.text,
                "hard": r.hard,
                "relation": r.relation,
                "left": [list(t) for t in r.left],
                "right": [list(t) for t in r.right],
            }
            for r in section_rules(report.editions)
        ],
        "text": _text(report),
        "pages": sorted({c.page for c in report.cell_list if c.page is not None and c.bbox is not None}),
        "general": [
            {"severity": f.severity, "rule": f.rule, "message": f.message} for f in report.findings if not f.cells
        ],
    }


def decisions_view(report: Report, log: Sequence[Decision], made: Mapping[str, Decision]) -> dict[str, Any]:
    """Return what was decided about a report, for the page: by cell the decision that counts, and the comments."""
    decided = decide(report, dict(made))
    cells = {}
    for c in decided.cell_list:
        said = (c.model_extra or {}).get("decision")
        if said:
            cells[c.id] = {**said, "reading": made[c.id].reading, "changed": made[c.id].reading != c.value}
    comments: dict[str, list[dict[str, str]]] = {}
    for d in standing_comments(log):
        comments.setdefault(d.field, []).append({"by": d.by, "at": d.at, "comment": d.comment})
    return {"decisions": cells, "comments": comments, "left": sum(i not in cells for i in flagged(report))}


def candidates(cell: Cell) -> list[dict[str, Any]]:
    """Return what may be printed in a cell, the likeliest first: {value, raw, p, from}; p is None where no reader says.

    From what the readers say they saw, at first sight and when they looked again, and what the rules make of it.
    """
    found: dict[Number | None, dict[str, Any]] = {}
    for text, p, who in _said(cell):
        printed = parse_cell(text, whole=True)
        if printed.kind not in ("number", "blank", "dash") or (p is not None and not p >= LEAST):
            continue
        value = to_number(printed.value)
        one = found.setdefault(value, {"value": value, "raw": text, "p": None, "from": []})
        if p is not None:
            one["p"] = round(max(p, one["p"] or 0.0), 4)
        if who not in one["from"]:
            one["from"].append(who)
    ordered = sorted(found.values(), key=lambda c: (-(c["p"] or 0.0), -len(c["from"])))
    return ordered[:MOST_CANDIDATES]


def _said(cell: Cell) -> Iterator[tuple[str, float | None, str]]:
    extra: Mapping[str, Any] = cell.model_extra or {}
    repair = extra.get("repair")
    repair = repair if isinstance(repair, dict) else {}
    if cell.raw and cell.status != "blank":
        yield cell.raw, None, "reading"
    for name in ("second", "again"):
        said = extra.get(name)
        for text in said if isinstance(said, list) else [said]:
            if isinstance(text, str):
                yield text, None, name
    lists = [(n, extra.get(n)) for n in ("candidates", "first_list", "second_list", "reread")]
    for name, pairs in [*lists, ("repair", repair.get("candidates"))]:
        for pair in pairs if isinstance(pairs, list) else []:
            if isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str) and _is_number(pair[1]):
                yield pair[0], float(pair[1]), name
    if _is_number(repair.get("value")):
        yield str(repair["value"]), None, "rules"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _cell(cell: Cell, label: str, findings: Sequence[Any]) -> dict[str, Any]:
    count = counted(cell)
    return {
        "label": label,
        "value": cell.value,
        "raw": cell.raw,
        "status": cell.status,
        "confidence": cell.confidence,
        "reader": cell.reader,
        "page": cell.page,
        "box": list(cell.bbox) if cell.bbox is not None else None,
        "count": None if count is None else to_number(count),
        "flag": next((f.severity for f in findings if f.severity in FLAGS), None),
        "messages": [{"severity": f.severity, "rule": f.rule, "message": f.message} for f in findings],
        "candidates": candidates(cell),
    }


def _text(report: Report) -> list[tuple[str, str]]:
    """Return the text in pieces, each with the id of the cell that stands there, or ""."""
    pieces, done = [], 0
    for start, end, cell in sorted((c.span[0], c.span[1], c.id) for c in report.cell_list if c.span is not None):
        if done <= start < end <= len(report.text):
            pieces += [(report.text[done:start], ""), (report.text[start:end], cell)]
            done = end
    return [p for p in [*pieces, (report.text[done:], "")] if p[0]]


def _rows(found: Sequence[Slot]) -> list[list[Slot]]:
    return [list(group) for _, group in groupby(found, key=lambda s: s.row)]

"""Scoring by the definitions of the output contract, for tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gxml.report import Report

NAMING = frozenset({"ambiguous", "unreadable", "structure", "source_inconsistent"})


def same(a: float | None, b: float | None) -> bool:
    if a is None or b is None:
        return a is b
    return abs(float(a) - float(b)) < 1e-6


@dataclass
class Score:
    """Ids by what became of them; `silent` must be empty."""

    exact: list[str] = field(default_factory=list)
    flagged: list[str] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)
    doubted: list[str] = field(default_factory=list)


def named(report: Report, kinds: Iterable[str] = NAMING, *, info: bool = True) -> set[str]:
    return {i for f in report.findings if f.kind in set(kinds) and (info or f.severity != "info") for i in f.cells}


def score(truth: Mapping[str, Any], report: Report) -> Score:
    out = Score()
    flagged, doubt = named(report), named(report, ("ambiguous", "unreadable"))
    for i, value in truth["cells"].items():
        cell = report.cells.get(i)
        got = cell.value if cell else None
        if same(got, value) or any(same(got, a) for a in truth.get("accept", {}).get(i, [])):
            out.exact.append(i)
            if i in doubt:
                out.doubted.append(i)
        elif i in flagged:
            out.flagged.append(i)
        else:
            out.silent.append(i)
    out.silent += [c.id for c in report.cell_list if c.id not in truth["cells"] and c.value is not None]
    return out

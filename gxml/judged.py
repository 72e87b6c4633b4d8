"""What became of each cell: the definitions of the output contract, by which everything is scored.

Cells are matched by their ids. A cell is exact if its value is the truth's or may stand for it (an absent cell counts
as none); a wrong one is flagged if a finding of kind ambiguous, unreadable, structure or source_inconsistent names it,
else it is a silent error; a right one is alarmed if a finding of kind ambiguous or unreadable names it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from .geometry import BBox
from .report import Number, Report
from .truth import Truth, same

NAMING = frozenset({"ambiguous", "unreadable", "structure", "source_inconsistent"})
"""Kinds of findings that say of a wrong cell that it may be wrong."""
DOUBT = frozenset({"ambiguous", "unreadable"})
"""Kinds that no right cell should have."""

Outcome = Literal["exact", "flagged", "silent"]
Error = Literal[
    "", "other number", "number lost", "number invented", "blank read as 0", "0 read as blank", "not on the form"
]


@dataclass(frozen=True, slots=True)
class Judged:
    """One cell with what became of it.

    Attributes:
        truth: What is printed; None as well where the document has no such cell.
        value: What was read; None as well where the result has no such cell.
        error: What kind of error it is, "" for an exact cell.
        named: Whether a finding of a kind that names wrong cells names it.
        alarmed: Whether a finding of doubt names it.
    """

    id: str
    truth: Number | None
    value: Number | None
    raw: str | None
    status: str
    confidence: float
    page: int | None
    bbox: BBox | None
    outcome: Outcome
    error: Error
    named: bool
    alarmed: bool


def judge(truth: Truth, report: Report | None) -> list[Judged]:
    """Return every cell of the truth, and the numbers that the truth has no cell for, with what became of them.

    Args:
        truth: Of the report.
        report: What was read; None if nothing was.
    """
    cells = report.cells if report else {}
    named, doubted = (cells_named(report, kinds) for kinds in (NAMING, DOUBT))
    extra = [i for i, c in cells.items() if i not in truth.cells and c.value is not None]
    out = []
    for i in [*truth.cells, *extra]:
        cell, there = cells.get(i), i in truth.cells
        value, want = cell.value if cell else None, truth.cells.get(i)
        right = there and truth.holds(i, value)
        outcome: Outcome = "exact" if right else "flagged" if there and i in named else "silent"
        error: Error = "" if right else _error(want, value) if there else "not on the form"
        out.append(
            Judged(
                i,
                want,
                value,
                raw=cell.raw if cell else None,
                status=cell.status if cell else "absent",
                confidence=cell.confidence if cell else 0.0,
                page=cell.page if cell else None,
                bbox=cell.bbox if cell else None,
                outcome=outcome,
                error=error,
                named=i in named,
                alarmed=i in doubted,
            )
        )
    return out


def _error(want: Number | None, value: Number | None) -> Error:
    if value is None:
        return "0 read as blank" if same(want, 0) else "number lost"
    if want is None:
        return "blank read as 0" if same(value, 0) else "number invented"
    return "other number"


def cells_named(report: Report | None, kinds: Iterable[str]) -> frozenset[str]:
    """Return the ids of the cells that findings of these kinds name."""
    chosen = frozenset(kinds)
    return frozenset(i for f in (report.findings if report else ()) if f.kind in chosen for i in f.cells)

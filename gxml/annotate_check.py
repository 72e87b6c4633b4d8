"""What is wrong with annotations, and what is in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rich import box
from rich.table import Table

from .annotate import ROW, AnnotatedDocument
from .show import printable
from .template import fact_types


@dataclass(frozen=True, slots=True)
class Problem:
    """Something about one annotation file; a warning needs no repair."""

    file: str
    severity: Literal["error", "warning"]
    message: str


def problems(documents: Sequence[AnnotatedDocument]) -> list[Problem]:
    """Return what is wrong with annotations, file by file.

    Args:
        documents: Loaded with `keep_lost`.
    """
    out = [p for d in documents for p in _of_one(d)]
    for sha256, count in Counter(d.annotation.document.sha256 for d in documents).items():
        if count > 1:
            same = [d.path.name for d in documents if d.annotation.document.sha256 == sha256]
            out.append(Problem(same[-1], "error", f"annotates the same document as {', '.join(same[:-1])}"))
    return out


def _of_one(d: AnnotatedDocument) -> Iterator[Problem]:
    name = d.path.name
    if d.moved:
        kept = len(d.spans)
        yield Problem(name, "warning", f"gxml reads another text now; {kept} of {kept + len(d.lost)} spans found again")
    for s in d.lost:
        labels = ", ".join(s.labels) or "no fact"
        yield Problem(name, "error", f"[{s.start}, {s.end}) ({labels}) is not found in the text any more")
    by_place = {(x.candidate.start, x.candidate.end): x.candidate for x in d.candidates}
    for s in d.spans:
        if any(x.startswith(ROW) for x in s.labels):
            continue
        c = by_place.get((s.start, s.end))
        where = f"[{s.start}, {s.end})"
        if c is None:
            if s.labels:
                yield Problem(name, "warning", f"{where} ({', '.join(s.labels)}) is no candidate: gxml cannot learn it")
            continue
        if s.value != c.value or (s.unit or "") != c.unit:
            said = f"{s.value}{s.unit or ''}"
            yield Problem(name, "error", f"{where} is annotated as {said} and printed as {c.value}{c.unit}")
        for label in s.labels:
            if not _unit_fits(fact_types()[label].unit, c.unit):
                yield Problem(name, "warning", f"{where} ({label}) has the unit {c.unit}")
    if d.annotation.meta.complete:
        for x in d.candidates:
            if x.labels is None:
                c = x.candidate
                yield Problem(name, "warning", f"[{c.start}, {c.end}) is a new candidate that nobody has looked at")


def _unit_fits(wanted: str, printed: str) -> bool:
    """Tell whether a printed unit can be that of a type: shares and money are never counts."""
    if not printed:
        return True
    money = printed in ("元", "万元", "亿元")
    if wanted in ("%", "元"):
        return money if wanted == "元" else printed == "%"
    return not money and printed != "%"


@dataclass(frozen=True, slots=True)
class Content:
    """What one annotation holds: its candidates, those that state a fact, those in doubt, and facts by type."""

    name: str
    candidates: int
    facts: int
    doubtful: int
    labels: Counter[str]


def contents(documents: Sequence[AnnotatedDocument]) -> list[Content]:
    """Count what annotations hold, in order."""
    return [
        Content(
            d.path.name,
            len(d.candidates),
            sum(bool(s.labels) for s in d.spans),
            sum(s.doubtful for s in d.spans),
            Counter(x for s in d.spans for x in s.labels),
        )
        for d in documents
    ]


def content_table(found: Sequence[Content]) -> Table:
    """Return a line a document, a total, and the facts by type."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("document", overflow="fold")
    for column in ("candidates", "facts", "doubtful"):
        table.add_column(column, justify="right")
    table.add_column("by type", overflow="fold")
    total = Content(
        "all",
        sum(c.candidates for c in found),
        sum(c.facts for c in found),
        sum(c.doubtful for c in found),
        sum((c.labels for c in found), Counter()),
    )
    for c in (*found, total):
        types = ", ".join(f"{name} {n}" for name, n in c.labels.most_common())
        table.add_row(printable(c.name), str(c.candidates), str(c.facts), str(c.doubtful), types)
    return table

"""A table being filled: its rows, the strips that are them, the readings and what is to be said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

from .columns import Placed
from .labels import Match
from .readings import Reading, finding, lost
from .report import Finding
from .splits import Equation, Vector
from .strips import Strip
from .template import Block, Edition, FieldForm, Row, TableForm

# Values that a strip without a label must have, short of the columns by this, to stand for a lost row.
NEARLY = 1


@dataclass(frozen=True, slots=True)
class RowPlace:
    """A row of the form with its block and fields."""

    block: Block
    row: Row
    forms: tuple[FieldForm, ...]


@dataclass(frozen=True, slots=True)
class Alternatives:
    """What the numbers of a row that has too few or too many of them, or none apart, may be.

    Attributes:
        ids: Its cells.
        vectors: Values for all of them, None for a blank.
    """

    ids: tuple[str, ...]
    vectors: tuple[Vector, ...]


@dataclass(slots=True)
class Filled:
    """The readings of one table and what is to be said about them.

    Attributes:
        readings: Field id -> what was read.
        findings: On its cells and rows.
        rows_found: How many rows of the form were recognised.
        settled: What was odd -> rows that the rules left one reading, with what is printed.
        joint: Rows of pages that were read from pictures, whose readings the rules as read do not settle.
        strips: What it was filled from; none for a table of one line.
        matches: Which of these are which rows.
    """

    readings: dict[str, Reading] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    rows_found: int = 0
    settled: dict[str, list[tuple[RowPlace, str]]] = field(default_factory=dict)
    joint: list[Alternatives] = field(default_factory=list)
    strips: tuple[Strip, ...] = ()
    matches: tuple[Match, ...] = ()

    def without_numbers(self, form: TableForm, what: str) -> None:
        """Say that a table whose `what` is printed has no numbers: empty, or lost with their separators."""
        self.readings = {f.id: lost(f, "missing") for f in form.fields()}
        message = f"第{form.section}部分有{what}而没有数字：各格为空，或数字已丢失，不能区分。"
        self.findings.append(finding("STR.ROWS", "structure", "error", self.readings, message))


@dataclass(frozen=True, slots=True)
class Hit:
    """A strip that is a row, with its fields by column."""

    match: Match
    strip: Strip
    placed: Placed


@cache
def row_places(form: TableForm) -> tuple[RowPlace, ...]:
    """Return the rows of a table in printed order."""
    fields = {(f.row, f.column): f for f in form.fields()}
    return tuple(
        RowPlace(b, r, tuple(fields[(r.name, c.name)] for c in b.columns)) for b in form.blocks for r in b.rows
    )


def row_sum_rule(edition: Edition, form: TableForm) -> str | None:
    """Return the id of the hard rule that makes each row's last column the sum of the others, or None."""
    names = [c.name for c in form.blocks[0].columns]
    for r in edition.rules:
        sides = list(r.left) == names[:-1] and list(r.right) == names[-1:]
        if r.hard and r.table == form.name and r.each == "row" and r.relation == "==" and sides:
            return r.id
    return None


def equations(edition: Edition, form: TableForm) -> list[Equation]:
    """Return the hard rules of a table that hold between whole rows, column by column."""
    out: list[Equation] = []
    rows = form.blocks[0].rows
    for family in edition.rules:
        if not (family.hard and family.table == form.name and family.each == "column" and family.relation == "=="):
            continue
        terms: list[tuple[int, str]] = []
        for side, names in ((1, family.left), (-1, family.right)):
            for name in names:
                sign = -side if name.startswith("-") else side
                bare = name.lstrip("-")
                members = [r.name for r in rows if r.role == bare[1:]] if bare.startswith("@") else [bare]
                terms += [(sign, m) for m in members]
        out.append(Equation(family.id, tuple(terms)))
    return out


def few_words(strip: Strip) -> bool:
    """Tell whether a strip is cells, with no more words than a label has."""
    return len(strip.label) <= 40 and sum(f.kind in ("number", "blank", "noise", "dash") for f in strip.values) >= 3


def row_names(rows: Sequence[RowPlace]) -> str:
    """Name rows as they are printed on the form, the first few of them."""
    return "、".join(f"“{p.row.label}”" for p in rows[:3]) + ("等" if len(rows) > 3 else "")

"""A generated report while it is damaged: what is printed, and what its truth is so far."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from random import Random
from typing import Literal

from .numerals import to_number
from .synth_compose import compose
from .synth_model import Printed, PrintedCell, PrintedRow, PrintedTable, SyntheticReport
from .synth_traces import Trace, blank_trace
from .synth_truth import derivable, truth_of

DamageKind = Literal[
    "drop_cell",
    "blank_cell",
    "duplicate_cell",
    "split_cell",
    "merge_cells",
    "drop_blanks",
    "collapse_repeats",
    "pad_row",
    "lose_header",
    "cut_rows",
    "duplicate_row",
    "label_noise",
    "cell_noise",
    "digit_change",
]


@dataclass(frozen=True, slots=True)
class Damage:
    """One thing done to a report: its kind, the cells whose row it touched, and what was done."""

    kind: DamageKind
    cells: tuple[str, ...]
    detail: str


@dataclass(slots=True)
class State:
    """The document while it is damaged, and its truth so far."""

    report: SyntheticReport
    rng: Random
    layout: str
    style_seed: int
    printed: Printed = field(init=False)
    cells: dict[str, Decimal | None] = field(init=False)
    accept: dict[str, set[int | float | None]] = field(init=False)
    damaged: set[str] = field(default_factory=set)
    touched: set[str] = field(default_factory=set)
    done: list[Damage] = field(default_factory=list)
    trace: Trace = field(init=False)

    def __post_init__(self) -> None:
        self.printed = compose(self.report, self.style_seed)
        base = truth_of(self.report, self.layout, self.style_seed)
        self.cells = dict(self.report.cells)
        self.accept = {i: set(v) for i, v in base["accept"].items()}
        self.trace = blank_trace(self.layout, self.style_seed)

    # -- places -------------------------------------------------------------------------------------------------

    def rows(self, test: Callable[[PrintedRow], bool] = lambda _: True) -> list[tuple[PrintedTable, int]]:
        """Return the data rows that were not damaged yet and pass a test."""
        return [
            (t, i)
            for t in self.printed.tables
            for i, r in enumerate(t.rows)
            if r.kind == "data" and r.values and not self.touched & set(r.ids) and test(r)
        ]

    def put(self, table: PrintedTable, index: int, row: PrintedRow) -> None:
        """Put a row in the place of an old one."""
        rows = list(table.rows)
        rows[index] = row
        self.printed = self.printed.replace_table(replace(table, rows=tuple(rows)))

    # -- truth --------------------------------------------------------------------------------------------------

    def also(self, ids: Iterable[str], *values: int | float | None) -> None:
        """Let cells have more values beside their own."""
        for i in ids:
            if i in self.cells:
                self.accept.setdefault(i, set()).update({to_number(self.cells[i]), *values})

    def lose(self, ids: Iterable[str]) -> None:
        """Make cells null that the source lost; what the rest of the report gives for them is right too."""
        for i in ids:
            self.also([i], *derivable(self.report, i))
            self.cells[i] = None

    def open_row(self, row: PrintedRow) -> None:
        """In a row that is short, long or run together every number may be refused, every blank be derived."""
        blank = [c.field or "" for c in row.values if not c.text]
        self.also((i for i in row.ids if i not in blank), None)
        for i in blank:
            self.also([i], *derivable(self.report, i))

    def note(self, kind: DamageKind, ids: Iterable[str], detail: str, touch: bool = True) -> bool:
        """Write down what was done; returns True, for the action to return."""
        ids = tuple(ids)
        self.damaged |= set(ids)
        if touch:
            self.touched |= set(ids)
        self.done.append(Damage(kind, ids, detail))
        return True


def _shift(cells: Iterable[PrintedCell], start: int) -> tuple[PrintedCell, ...]:
    """Set the value cells side by side from a column on, as a row that lost or gained cells stands."""
    out = []
    col = start
    for c in cells:
        out.append(replace(c, col=col))
        col += c.colspan
    return tuple(out)


def with_values(row: PrintedRow, values: Sequence[PrintedCell]) -> PrintedRow:
    """Return a row with other value cells, set side by side from where its values begin."""
    first = row.values[0].col
    return replace(row, cells=(*(c for c in row.cells if c.role != "value"), *_shift(values, first)))

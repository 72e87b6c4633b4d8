"""Damage to generated reports, with the truth of the damaged document.

Damage acts on the structural model (`Printed`), before a layout is written, so that the same damage can be seen in
every layout. Each row is damaged at most once, so that kinds do not undo each other.

The truth is that of the damaged document: a blanked or lost cell is null, a digit that was replaced by another is the
number that is printed now. `accept` holds what a careful reader may give as well: a cell that the source lost may be
derived (its number before), and in a row that is short, long or run together any cell may be refused (null).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any, get_args

from .errors import OutputError, UsageError
from .numerals import to_number
from .synth import render
from .synth_compose import compose
from .synth_damage_cells import CELL_ACTIONS
from .synth_damage_rows import ROW_ACTIONS
from .synth_damage_state import Damage, DamageKind, State
from .synth_model import Printed, SyntheticReport
from .synth_rules import violations
from .synth_traces import blank_trace
from .synth_truth import truth_of
from .synth_undetectable import hidden_cells
from .template import edition_for_year, editions

__all__ = ["KINDS", "Damage", "DamageKind", "DamagedReport", "damage", "kinds_for"]

KINDS: tuple[DamageKind, ...] = get_args(DamageKind)
_ACTIONS = {**CELL_ACTIONS, **ROW_ACTIONS}

# Kinds that move cells: they make no sense where every cell has its place on the page.
_MOVING = {"drop_cell", "duplicate_cell", "split_cell", "merge_cells", "drop_blanks", "collapse_repeats", "pad_row"}
# Kinds that leave no trace where cells are run together.
_SEPARATING = {"split_cell", "merge_cells", "pad_row", "drop_blanks"}


@dataclass(frozen=True, slots=True)
class DamagedReport:
    """A damaged report in one layout.

    Attributes:
        report: Before.
        printed: After.
        layout: The layout that it is meant for; truth depends on it.
        style_seed: As in `gxml.synth.write`.
        damages: What was done.
        cells: Field id to the number that the damaged document holds; fields of lost sections are not there.
        accept: Field id to all values that are right there, where there are more than one.
        damaged_rows: Ids of all cells of the rows (or of the column, where its header was hit) that damage touched.
        undetectable_cells: Fields in which nobody could see the damage: what is left is another complete form, every
            label a known form of its own, every row and cell there, every number readable and no hard rule broken,
            and yet the value printed there is not the truth's. See `gxml.synth_undetectable`.
    """

    report: SyntheticReport
    printed: Printed
    layout: str
    style_seed: int
    damages: tuple[Damage, ...]
    cells: dict[str, Decimal | None]
    accept: dict[str, tuple[int | float | None, ...]]
    damaged_rows: frozenset[str]
    undetectable_cells: frozenset[str]
    lost_sections: tuple[str, ...] = ()

    @property
    def undetectable(self) -> bool:
        """Whether there are undetectable cells."""
        return bool(self.undetectable_cells)

    def render(self) -> bytes:
        """Return the bytes of the damaged document."""
        return render(self.printed, self.layout, self.style_seed)

    def write(self, path: Path) -> Path:
        """Write the damaged document.

        Raises:
            OutputError: The file cannot be written.
        """
        try:
            path.write_bytes(self.render())
        except OSError as e:
            raise OutputError(f"Cannot write {path}: {e.strerror}.", hint="Choose another folder.") from e
        return path

    def truth(self) -> dict[str, Any]:
        """Return NAME.truth.json of the damaged document."""
        out = truth_of(self.report, self.layout, self.style_seed)
        forms = {s: editions()[e] for s, e in self.report.editions.items() if s not in self.lost_sections}
        known = {i: v for i, v in self.cells.items() if len(self.accept.get(i, ())) < 2}
        changed = {i for d in self.damages if d.kind == "digit_change" for i in d.cells}
        left = {s: e for s, e in self.report.editions.items() if s not in self.lost_sections}
        if "4" in left and "2" not in left:  # section 四 looks the same in all: it goes with 三, or with the year
            left["4"] = left.get("3", edition_for_year(self.report.year).edition)
        out["editions"] = left
        out["editions_open"] = sorted({*out["editions_open"], *self.lost_sections})
        out["cells"] = {i: to_number(v) for i, v in self.cells.items()}
        out["accept"] = {i: list(v) for i, v in self.accept.items()}
        out["violations"] = violations(known, forms, changed)
        out["damaged_rows"] = sorted(self.damaged_rows)
        out["undetectable_cells"] = sorted(self.undetectable_cells)
        out["notes"] = {**out["notes"], "damage": "; ".join(f"{d.kind}: {d.detail}" for d in self.damages)}
        return out


def kinds_for(layout: str, style_seed: int) -> tuple[DamageKind, ...]:
    """Return the kinds of damage that leave a trace in a layout."""
    trace = blank_trace(layout, style_seed)
    no = set(_MOVING) if layout == "pdf" or trace == "place" else set()
    if layout == "text_run":
        no |= _SEPARATING
    if trace == "none":
        no.add("drop_blanks")
    return tuple(k for k in KINDS if k not in no)


def damage(
    report: SyntheticReport,
    seed: int,
    kinds: Sequence[DamageKind] = KINDS,
    n: int = 1,
    layout: str = "text_tabs",
    style_seed: int = 0,
) -> DamagedReport:
    """Damage a report `n` times.

    Args:
        report: A report without author errors.
        seed: Chooses kind and place.
        kinds: Kinds to draw from; those that leave no trace in the layout are passed over.
        n: How often. Less is done where no place is left.
        layout: The layout that it will be written in.
        style_seed: As in `gxml.synth.write`.

    Raises:
        UsageError: There is no such kind.
    """
    unknown = [k for k in kinds if k not in KINDS]
    if unknown:
        raise UsageError(f"No damage {unknown[0]!r}.", hint=f"Known: {', '.join(KINDS)}.")
    usable = [k for k in kinds if k in kinds_for(layout, style_seed)]
    state = State(report, Random(f"damage {seed}"), layout, style_seed)
    for _ in range(n):
        options = list(usable)
        while options:
            kind = state.rng.choice(options)
            if _ACTIONS[kind](state):
                break
            options.remove(kind)
    return _finish(state)


def _finish(state: State) -> DamagedReport:
    left = {t.section for t in state.printed.tables if any(r.kind == "data" for r in t.rows)}
    lost = tuple(s for s in state.report.editions if int(s) not in left)
    gone = {f.id for s in lost for f in editions()[state.report.editions[s]].table(int(s)).fields()}
    _other_edition(state)
    cells = {i: v for i, v in state.cells.items() if i not in gone}
    accept = {
        i: tuple(sorted(v, key=lambda x: (x is not None, x or 0)))
        for i, v in state.accept.items()
        if i not in gone and v != {to_number(cells[i])}
    }
    hidden = hidden_cells(
        state.report,
        compose(state.report, state.style_seed),
        state.printed,
        (d.cells for d in state.done),
        {i: {to_number(v), *accept.get(i, ())} for i, v in cells.items()},
        state.layout,
        blank_trace(state.layout, state.style_seed) == "none",
    )
    return DamagedReport(
        state.report,
        state.printed,
        state.layout,
        state.style_seed,
        tuple(state.done),
        cells,
        accept,
        frozenset(state.damaged - gone),
        hidden,
        lost,
    )


def _other_edition(state: State) -> None:
    """Where all rows of a group are lost, the other edition's row for it may be derived: let its sum be right."""
    own = state.report.editions["3"]
    fields = [i for i, f in editions()[own].fields.items() if f.section == 3]
    printed = {c.field for t in state.printed.tables for r in t.rows for c in r.cells}
    lost = {i for i in fields if i not in printed}
    if not lost:
        return
    for other in editions().values():
        for f in other.fields.values():
            if f.section != 3 or f.id in fields:
                continue
            stem = f.id.rsplit(".", 1)[0]
            parts = [i for i in fields if i.startswith(stem + ".") and i.endswith("." + f.column)]
            if parts and set(parts) <= lost:
                total = sum((state.report.numbers[i] for i in parts), Decimal(0))
                state.cells[f.id] = None
                state.accept[f.id] = {None, to_number(total)}

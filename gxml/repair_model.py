"""A table with doubtful cells as a puzzle: what each cell may be, at what cost, and the equations of its edition.

Two channels: a cell may be misread (its candidates, or a value that no reader lists), and the report itself may have it
wrong: then it is printed as read, and another value was meant. What is output is what is printed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from .config import RepairSettings
from .document import OcrCell
from .filled import Alternatives
from .numerals import Printed, parse_cell
from .readings import UNSURE, Reading
from .repair_search import Equation, Option, Puzzle, Unit
from .rules import counted, free_totals
from .template import Rule

SCALE = 1_000
"""Costs are whole thousandths of a nat."""
LEAST_PROBABILITY = 1e-9
LOOSE_UNLISTED = 1.0 - UNSURE
"""Chance that a number out of a line of prose is wrong: nothing is known about what else it may be."""

Kind = Literal["printed", "seen", "loose", "unread", "unknown"]
"""How a cell takes part: as printed (never a misreading), as read from its picture, as taken out of a line of text, not
readable but for candidates, or not known at all."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What is known about one cell.

    Attributes:
        kind: See `Kind`.
        value: As it counts in the rules, None where it is not known.
        chances: Value -> probability of what readers list, the reading among them.
        unlisted: Probability of one certain value that no reader lists.
        texts: (text, probability) of all that was listed, best first.
        blank: It was read as nothing, or as a dash.
    """

    kind: Kind
    value: int | None
    chances: Mapping[int, float] = field(default_factory=dict)
    unlisted: float = 0.0
    texts: tuple[tuple[str, float], ...] = ()
    blank: bool = False


@dataclass(frozen=True, slots=True)
class Model:
    """The puzzle of a section, with the names of its cells.

    Attributes:
        ids: Of the cells, by number.
        sights: Of the cells, by number.
        rules: The rules of the equations, by number.
        joint: Number of a unit -> the cells of a row whose values are chosen together, and their alternatives.
        puzzle: Units are the cells, by number.
        noughts: How many cells of the table are read as blank, or as a dash, and how many as 0.
    """

    ids: tuple[str, ...]
    sights: tuple[Sight, ...]
    rules: tuple[Rule, ...]
    puzzle: Puzzle
    noughts: tuple[int, int] = (0, 0)
    joint: Mapping[int, Alternatives] = field(default_factory=dict)

    def violated(self, values: Mapping[int, int]) -> list[int]:
        """Return the numbers of the rules that values break; a rule with an unknown cell is not broken."""
        out = []
        for n, e in enumerate(self.puzzle.equations):
            total = e.constant
            for cell, k in e.terms:
                value = values.get(cell)
                if value is None:
                    break
                total += k * value
            else:
                if total:
                    out.append(n)
        return out

    def nothing(self, cell: int) -> float:
        """Return the odds that a cell whose count is 0 is blank or a dash, not 0: as the table's other cells are."""
        blank, nought = self.noughts
        sight = self.sights[cell]
        if sight.value == 0:
            blank, nought = (blank - 1, nought) if sight.blank else (blank, nought - 1)
        return (blank + 1) / (nought + 1)  # nothing is impossible because it was not seen

    def rules_of(self, cell: int) -> list[int]:
        """Return the numbers of the rules that a cell stands in."""
        return [n for n, e in enumerate(self.puzzle.equations) if any(c == cell for c, _ in e.terms)]


def parsed(text: str) -> Printed:
    """Read what a reader of pictures may have seen in a cell of numbers: there a small o is a nought, too."""
    return parse_cell("0" if text.strip() == "o" else text)


@lru_cache(maxsize=16_384)
def count_of(text: str) -> int | None:
    """Return what a text counts as in a rule: its number, 0 for nothing or a dash, None for no count."""
    cell = parsed(text)
    if cell.kind in ("blank", "dash"):
        return 0
    if cell.kind != "number" or cell.value is None or cell.value < 0 or cell.value != cell.value.to_integral_value():
        return None
    return int(cell.value)


def _listed_once(ocr: OcrCell) -> bool:
    """Tell whether only the reading is listed: the readers agree on it."""
    return bool(ocr.candidates) and not ocr.first_list and ocr.second in (None, ocr.candidates[0][0])


def listed(ocr: OcrCell) -> list[tuple[str, float]]:
    """Return what the readers list for a cell, best first: the mean of their lists, and of the looks at other crops."""
    if _listed_once(ocr):
        return list(ocr.candidates[:1])
    again = tuple((text, 1.0) for text in ocr.again)
    lists = [texts for texts in (ocr.first_list, ocr.second_list, again) if texts] or [ocr.candidates]
    sums: dict[str, float] = {}
    for texts in lists:
        total = sum(p for _, p in texts) or 1.0
        for text, p in texts:
            sums[text] = sums.get(text, 0.0) + p / total / len(lists)
    return sorted(sums.items(), key=lambda t: (-t[1], t[0]))


def whole(reading: Reading) -> int | None:
    """Return what a cell counts as in a rule, None where that is no count."""
    number = counted(reading)
    if number is None:
        return None
    value = int(number)
    return value if value >= 0 and value == number else None


def sight_of(reading: Reading, settings: RepairSettings, *, loose: bool = False, free_total: bool = False) -> Sight:
    """Return what is known about a cell.

    Args:
        reading: The cell.
        settings: Shares of what is not listed.
        loose: It was taken out of a line of a scanned page.
        free_total: It is blank beside parts that are not: no rule says what is meant.
    """
    value = whole(reading)
    ocr = reading.ocr
    if free_total and (ocr is None or ocr.confidence > settings.most_sure):
        return Sight("unknown", None)
    if ocr is None:
        if value is None:
            return Sight("unknown", None)
        if loose:
            return Sight("loose", value, {value: UNSURE}, LOOSE_UNLISTED * settings.spread, blank=reading.value is None)
        return Sight("printed", value, {value: 1.0}, blank=reading.value is None)
    texts = listed(ocr)
    if value is None and not (reading.status == "unreadable" or ocr.first_list):
        return Sight("unknown", None)
    known = value is not None and not free_total
    share = settings.unlisted if known else settings.unlisted_unread
    sums: dict[int, float] = {}
    for text, p in texts:
        count = count_of(text)
        if count is not None:
            sums[count] = sums.get(count, 0.0) + p
    # the calibration gives up a reading that the other reader cannot read at all; what both list is then worth more
    agreed = sums.get(value, 0.0) if value is not None and len(texts) > 1 else 0.0
    sure = min(max(ocr.confidence, agreed, LEAST_PROBABILITY), 1.0) if known else 0.0
    total = sum(p for v, p in sums.items() if v != value or not known)
    left = (1.0 - sure) * (1.0 - share)
    chances = {v: left * p / total for v, p in sums.items() if p and (v != value or not known)}
    if known and value is not None:
        chances[value] = sure
    elif not chances:
        return Sight("unknown", None)
    unlisted = (1.0 - sure) * (share if total else 1.0) * settings.spread
    shown = []
    for text, p in texts:
        count = count_of(text)
        chance = chances.get(count, 0.0) if count is not None else 0.0
        shown.append((text, chance * p / sums[count] if count is not None and sums[count] else 0.0))
    blank = reading.value is None
    return Sight("seen" if known else "unread", value if known else None, chances, unlisted, tuple(shown), blank)


def cost_of(probability: float) -> int:
    """Return -ln of a probability in thousandths of a nat."""
    return round(-math.log(max(probability, LEAST_PROBABILITY)) * SCALE)


def unit_of(cell: int, sight: Sight, settings: RepairSettings) -> Unit:
    """Return the options of a cell."""
    return Unit((cell,), *_choices(sight, settings.source_error))


def _choices(sight: Sight, source_error: float) -> tuple[tuple[Option, ...], int | None]:
    if sight.kind == "unknown":
        return (), 0
    source = round(source_error * SCALE)
    first = cost_of(sight.chances[sight.value]) if sight.value is not None else 0
    free = cost_of(sight.unlisted) if sight.unlisted else None
    if sight.value is not None:
        free = min(source + first, free if free is not None else source + first)
    options = sorted((Option((v,), cost_of(p)) for v, p in sight.chances.items()), key=lambda o: (o.cost, o.values))
    if not options:
        return (), 0
    if free is not None:
        free = max(free, options[0].cost)  # the search starts from what is cheapest, and that is a value
    kept = tuple(o for o in options if free is None or o.cost < free or o.values == (sight.value,))
    return kept or tuple(options[:1]), free


@lru_cache(maxsize=16_384)
def _agreed(
    value: int, blank: bool, text: str, confidence: float, spread: float, source_error: float
) -> tuple[Sight, tuple[Option, ...], int | None]:
    """Return what is known about a cell that its readers agree on, and its options: most cells are of this kind."""
    sure = min(max(confidence, LEAST_PROBABILITY), 1.0)
    sight = Sight("seen", value, {value: sure}, (1.0 - sure) * spread, ((text, sure),), blank)
    return sight, *_choices(sight, source_error)


def _known(
    cell: int, reading: Reading, settings: RepairSettings, *, loose: bool, free_total: bool
) -> tuple[Sight, Unit]:
    ocr, value = reading.ocr, whole(reading)
    if ocr is not None and value is not None and not free_total and _listed_once(ocr):
        text, p = ocr.candidates[0]
        if p > 0 and count_of(text) == value:
            sight, options, free = _agreed(
                value, reading.value is None, text, ocr.confidence, settings.spread, settings.source_error
            )
            return sight, Unit((cell,), options, free)
    sight = sight_of(reading, settings, loose=loose, free_total=free_total)
    return sight, unit_of(cell, sight, settings)


def build(
    readings: Mapping[str, Reading],
    rules: Iterable[Rule],
    settings: RepairSettings,
    *,
    loose: AbstractSet[str] = frozenset(),
    joint: Iterable[Alternatives] = (),
) -> Model:
    """Return the puzzle of a section.

    Args:
        readings: Its cells by id.
        rules: The hard rules of its edition; those that are no equations are left out.
        settings: Costs.
        loose: Cells that were taken out of lines of a scanned page.
        joint: Rows whose cells are read together.
    """
    used = [r for r in rules if r.hard and r.relation == "==" and all(i in readings for i in r.cells)]
    ids = list(dict.fromkeys(i for r in used for i in r.cells))
    at = {i: n for n, i in enumerate(ids)}
    totals = free_totals(readings, used)
    known = [_known(n, readings[i], settings, loose=i in loose, free_total=i in totals) for n, i in enumerate(ids)]
    equations = tuple(
        Equation(tuple((at[i], k) for k, i in r.left) + tuple((at[i], -k) for k, i in r.right)) for r in used
    )
    sights, units = tuple(s for s, _ in known), [u for _, u in known]
    rows: dict[int, Alternatives] = {}
    for row in joint:
        if all(i in at and sights[at[i]].kind == "unknown" for i in row.ids):
            first, *others = cells = tuple(at[i] for i in row.ids)
            values = dict.fromkeys(tuple(v or 0 for v in vector) for vector in row.vectors)
            units[first] = Unit(cells, tuple(Option(v, 0) for v in values))
            for n in others:
                units[n] = Unit((), ())
            rows[first] = row
    puzzle = Puzzle(tuple(units), equations)
    return Model(tuple(ids), sights, tuple(used), puzzle, _noughts(sights), rows)


def _noughts(sights: Iterable[Sight]) -> tuple[int, int]:
    zeros = [s.blank for s in sights if s.value == 0]
    return sum(zeros), len(zeros) - sum(zeros)

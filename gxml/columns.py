"""Which column a field of a strip belongs to: by its place where there is one, by order only where nothing is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Literal

from .geometry import shared
from .headplaces import COVERS, names_of
from .numerals import comparable, parse_cell
from .splits import Vector, closes, digits_of, long_readings, short_readings, split_digits
from .strips import COUNTED, Field, Strip
from .template import Block

State = Literal["exact", "short", "long", "run", "ambiguous", "broken"]
Slots = tuple[tuple[float, float], ...]
"""(lo, hi) of each column, in the measure of `Field.lo`."""

# A row ends where its table's rows end, within this many points (or grid columns: they are whole).
SAME_END = 6.0


@dataclass(frozen=True, slots=True)
class Placed:
    """A strip's fields by column.

    Attributes:
        state: "exact" (fields are right), "short" or "long" (by one number), "run" (numbers without separators),
            "ambiguous" (blanks leave several places), "broken" (nothing can be said).
        fields: One for each column where exact; None for a cell that is lost.
        readings: Candidate values of the row where it is not exact.
        sparse: Blanks of its table leave no trace, so that digits do not tell how many cells they are.
        wide: It is exact only if the blank that it has more than the other rows is a filler and no cell.
    """

    state: State
    fields: tuple[Field | None, ...]
    readings: tuple[Vector, ...] = ()
    sparse: bool = False
    wide: bool = False


def find_slots(strips: Sequence[Strip], columns: int) -> Slots | None:
    """Return the place of each column, from the rows of one table that have all cells, or None."""
    full = [s for s in strips if len(s.values) == columns and s.origin in ("rulings", "alignment", "markup")]
    if not full:
        return None
    if full[0].origin == "markup":
        votes = Counter(tuple((f.lo, f.hi) for f in s.values) for s in full)
        return votes.most_common(1)[0][0]
    return tuple((median(s.values[i].lo for s in full), median(s.values[i].hi for s in full)) for i in range(columns))


# With more fields than columns than this it is not asked which of them are extra.
MOST_FILLERS = 3
# So many rows of a kind must be alike for their width to say that none lost a cell.
UNIFORM = 3
# With more rows than these of another width than their kind, fillers stand here and there; fewer may be damage.
FEW_ODD = 3

Shape = tuple[float, int, int]
"""(width of the row, fields of its label, depth of its group labels); -1 for any."""


@dataclass(frozen=True, slots=True)
class Lead:
    """Where the first column stands in text split at separators, as the rows of a table and its header show it.

    Attributes:
        starts: Shape -> place of the first column.
        uniform: Shapes that all rows with the same label fields and depth have: no cell is lost in one alone.
        ragged: Rows of one kind differ in width although they hold all numbers: fillers stand at their ends, and a
            blank there says nothing.
        header: Places of the first column by the header alone.
        header_width: Right end of the widest row of the header, 0 without one.
        totals: Some row has a number in its last column.
    """

    starts: Mapping[Shape, float]
    uniform: frozenset[Shape]
    ragged: bool
    header: frozenset[float] = frozenset()
    header_width: float = 0.0
    totals: bool = False


NO_LEAD = Lead({}, frozenset(), False)


def find_lead(
    rows: Sequence[tuple[Strip, int]], columns: int, header: Mapping[Shape, float], header_width: float = 0.0
) -> Lead:
    """Learn from the rows (strip, depth) whose numbers leave one choice.

    Rows of one shape must agree; where they do not, or there are none, the header decides.
    """
    votes: dict[Shape, set[float]] = {}
    widths: dict[tuple[int, int], Counter[float]] = {}
    full: dict[tuple[int, int], set[float]] = {}
    totals = False
    for s, depth in rows:
        if s.origin not in COUNTED or not s.values:
            continue
        kind = (s.cut, depth)
        widths.setdefault(kind, Counter())[s.width] += 1
        windows = _windows(s.values, columns)
        totals = totals or (len(windows) == 1 and s.values[windows[0] + columns - 1].kind == "number")
        if len(windows) == 1 and not _edge_blank(s.values[windows[0] : windows[0] + columns]):
            full.setdefault(kind, set()).add(s.width)
            for shape in ((s.width, s.cut, depth), (s.width, -1, -1)):
                votes.setdefault(shape, set()).add(s.values[windows[0]].lo)
    odd = sum(w.total() - max(w.values()) for w in widths.values())
    header_widths = {shape[0] for shape in header}
    ragged = (
        odd > FEW_ODD
        or any(len(w) > 1 for w in full.values())
        or any(header and width not in header_widths for w in full.values() for width in w)
    )
    starts = {**header, **{shape: next(iter(v)) for shape, v in votes.items() if len(v) == 1}}
    uniform = frozenset((next(iter(w)), *kind) for kind, w in widths.items() if len(w) == 1 and w.total() >= UNIFORM)
    return Lead(starts, uniform, ragged, frozenset(header.values()), header_width, totals)


def _edge_blank(values: Sequence[Field]) -> bool:
    return values[0].kind == "blank" or values[-1].kind == "blank"


def header_lead(strips: Sequence[Strip], block: Block) -> dict[Shape, float]:
    """Return where the first column stands by the labels over the columns, for text split at separators."""
    found: dict[Shape, float] = {}
    for s in strips:
        if s.origin not in COUNTED:
            continue
        starts: list[float] = []
        at = -1
        for f in s.fields:
            text = comparable(f.text)
            hits = [i for i, c in enumerate(block.columns) if i > at and text in names_of(c)] if text else []
            if hits:
                at = hits[0]
                starts.append(f.lo - at)
        if len(starts) >= min(2, len(block.columns)) and len(set(starts)) == 1:
            found[(s.width, -1, -1)] = starts[0]
    return found


def _windows(values: Sequence[Field], columns: int) -> list[int]:
    """Return every offset at which `columns` fields in a row hold all that is printed."""
    printed = [i for i, f in enumerate(values) if f.kind != "blank"]
    if not printed:
        return [0] if len(values) >= columns else []
    return [w for w in range(len(values) - columns + 1) if w <= printed[0] and printed[-1] < w + columns]


def place(
    strip: Strip,
    columns: int,
    *,
    slots: Slots | None,
    end: float | None,
    lead: Lead,
    depth: int,
    summed: bool,
    run_layout: bool,
    wide: bool = False,
) -> Placed:
    """Assign a strip's fields to columns.

    Args:
        strip: Its `values` hold no "break".
        columns: Columns of the form's row.
        slots: Places of the columns in this table, from `find_slots`.
        end: Where complete rows of this table end (`Strip.width`).
        lead: From `find_lead` over the same table.
        depth: How many group labels the form prints in front of the row's own.
        summed: Whether the last column is the sum of the others.
        run_layout: Whether the text has no separators between numbers.
        wide: Whether it has more fields than the other rows of its table.
    """
    values = strip.values
    if slots and strip.origin in ("rulings", "alignment"):
        return _by_place(strip, columns, slots, summed)
    complete = end is not None and abs(strip.width - end) < (SAME_END if strip.origin == "rulings" else 0.5)
    if len(values) == columns and not any(_not_alone(f) for f in values):
        return Placed("exact" if _certain(strip, values, depth, lead, complete, summed) else "ambiguous", values)
    if values and not strip.printed and len(values) == columns - 1:
        return Placed("exact", (*values, values[-1]))
    if slots and strip.origin == "markup" and complete and values:
        return _by_place(strip, columns, slots, summed)
    if len(values) > columns:
        placed = _too_many(strip, values, columns, lead, depth, summed, complete)
        return replace(placed, wide=(wide or placed.wide) and not summed and bool(strip.printed))
    return _too_few(values, columns, summed, run_layout)


def _not_alone(field: Field) -> bool:
    """Tell whether a field is a run of digits that cannot be one number (it starts with a zero)."""
    digits = digits_of(field.text)
    return bool(digits and len(digits) > 1 and digits[0] == "0")


def _start(strip: Strip, depth: int, lead: Lead) -> float | None:
    """Return where the first column of a row stands, None where places mean nothing or are not known."""
    if strip.origin not in COUNTED or lead.ragged:
        return None
    return lead.starts.get((strip.width, strip.cut, depth), lead.starts.get((strip.width, -1, -1)))


def _certain(strip: Strip, values: Sequence[Field], depth: int, lead: Lead, complete: bool, summed: bool) -> bool:
    """Tell whether fields are the cells of a row although a blank stands at their end.

    In text split at separators, and in a row of a web table that is not as wide as the others, such a blank may be a
    filler with a cell lost elsewhere in its stead. It is a cell where rows or the header show the place, or where all
    rows of the kind are alike. That the row adds up says nothing: zeros may have moved. But where other rows print
    their totals, one whose total is blank and whose last number is the sum of the others has moved.
    """
    narrow = not complete or strip.width < lead.header_width - 0.5
    doubtful = strip.origin == "delimited" or not strip.closed or (strip.origin == "markup" and narrow)
    if not doubtful or not _edge_blank(values) or not strip.printed:
        return True
    if summed and _total_gone(strip, values, lead):
        return False
    # rows of a web table are as wide as the table: where all of a kind are narrower, all of them lost cells
    alike = strip.origin != "markup" and (strip.width, strip.cut, depth) in lead.uniform
    known = alike or _start(strip, depth, lead) == values[0].lo
    return strip.closed and known and not lead.ragged


def _total_gone(strip: Strip, values: Sequence[Field], lead: Lead) -> bool:
    """Tell whether the last number of a row is the sum of those before it, and stands where no total does."""
    if strip.origin != "delimited" or not lead.totals or values[-1].kind != "blank":
        return False
    numbers = [parse_cell(f.text).value or 0 for f in values if f.kind != "blank"]
    return len(numbers) > 1 and numbers[-1] != 0 and numbers[-1] == sum(numbers[:-1])


def _by_place(strip: Strip, columns: int, slots: Slots, summed: bool) -> Placed:
    fields: list[Field | None] = [None] * columns
    merged = False
    stray = False
    for f in strip.values:
        hit = [i for i, (lo, hi) in enumerate(slots) if shared(f.lo, f.hi, lo, hi) >= COVERS]
        if not hit:
            stray = stray or f.kind != "blank"
            continue
        if len(hit) > 1 and f.kind != "blank":
            merged = True
            continue
        for i in hit:
            other = fields[i]
            if other is None or other.kind == "blank":
                fields[i] = f
            elif f.kind != "blank":
                stray = True  # two printed cells in one column
    if stray or merged:
        printed = [f for f in strip.values if f.kind != "blank"]
        if len(strip.values) == columns and all(f.kind == "number" and f.ocr is None for f in strip.values):
            return Placed("exact", strip.values)  # all cells are there, in a row of other widths than the table's
        if len(printed) == columns + 1:
            return _too_many(strip, printed, columns, NO_LEAD, 0, summed, False)
        if len(printed) < columns:
            placed = _too_few(tuple(printed), columns, summed, merged)
            return Placed("run" if placed.readings else "broken", tuple(fields), placed.readings)
        return Placed("broken", tuple(fields))
    return Placed("exact", tuple(fields))


def _too_many(
    strip: Strip, values: Sequence[Field], columns: int, lead: Lead, depth: int, summed: bool, complete: bool
) -> Placed:
    windows = _windows(values, columns)
    printed = [f for f in values if f.kind != "blank"]
    if windows and not printed:
        return Placed("exact", tuple(values[:columns]))
    if len(windows) == 1:
        cells = tuple(values[windows[0] : windows[0] + columns])
        # fillers stand at the end: blanks in front of the place that the header gives are cells
        moved = windows[0] > 0 and bool(lead.header) and cells[0].lo not in lead.header
        certain = _certain(strip, cells, depth, lead, complete, summed)
        return Placed("exact" if certain else "ambiguous", cells, wide=moved)
    if windows:
        start = _start(strip, depth, lead)
        known = [w for w in windows if values[w].lo == start]
        if known and not (lead.ragged and _edge_blank(values[known[0] : known[0] + columns])):
            cells = tuple(values[known[0] : known[0] + columns])
            return Placed("ambiguous" if summed and _total_gone(strip, cells, lead) else "exact", cells)
        options = [vector(values[w : w + columns]) for w in windows]
        return Placed("ambiguous", (), tuple(o for o in options if o is not None and (not summed or _may_close(o))))
    if len(printed) == columns:
        if strip.origin in ("rulings", "alignment"):
            return Placed("exact", tuple(printed))
        # a blank between numbers may be a filler, or a cell in a row whose number was split or printed twice
        extra = len(values) - columns
        numbers = vector(values) if summed and extra <= MOST_FILLERS else None
        texts = [f.text.strip() for f in values]
        return Placed("long", (), tuple(long_readings(numbers, texts, columns)) if numbers is not None else ())
    if len(printed) == columns + 1:
        numbers = vector(printed)
        if numbers is not None and summed:
            return Placed("long", (), tuple(long_readings(numbers, [f.text.strip() for f in printed], columns)))
        return Placed("long", ())
    return Placed("broken", ())


def _may_close(v: Vector) -> bool:
    """Tell whether a row's sum holds, or its total is blank and says nothing."""
    return v[-1] is None or closes(v)


def _too_few(values: Sequence[Field], columns: int, summed: bool, run_layout: bool) -> Placed:
    readings: list[Vector] = []
    printed = [f for f in values if f.kind != "blank"]
    pieces = [digits_of(f.text) for f in printed]
    whole = [p for p in pieces if p is not None]
    run = run_layout or any(f.glued for f in printed) or any(_not_alone(f) for f in printed)
    if printed and len(whole) == len(pieces) and len(printed) == len(values):
        total = sum(len(p) for p in whole)
        if total >= columns and (run or len(values) == columns - 1):
            if summed:
                readings += split_digits(whole, columns, last_is_sum=True)
            elif run:
                # with no sum, only digits that can be cut in one way: no number begins with a zero
                cuts = split_digits(whole, columns, last_is_sum=False)
                readings += cuts if len(cuts) == 1 else []
    if len(values) == columns - 1 and summed:
        numbers = vector(values)
        if numbers is not None:
            readings += [r for r in short_readings(numbers, columns) if r not in readings]
    if run:
        return Placed("run", (), tuple(readings))
    return Placed("short" if len(values) == columns - 1 else "broken", (), tuple(readings))


def vector(fields: Sequence[Field | None]) -> Vector | None:
    """Return the counts of a row (a blank or a dash is None), or None if a cell is lost, worded or unreadable."""
    out: list[int | None] = []
    for f in fields:
        if f is None:
            return None
        printed = parse_cell(f.text)
        if printed.kind in ("blank", "dash"):
            out.append(None)
        elif printed.value is not None and printed.value == int(printed.value):
            out.append(int(printed.value))
        else:
            return None
    return tuple(out)

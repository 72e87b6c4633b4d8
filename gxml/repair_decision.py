"""What the cheapest explanations of a table allow to say of each cell: corrected, confirmed, suspected or left alone.

A cell is corrected only where everything speaks for it (see `_Judge._reasons`); else it is suspected, with the value
that would make the rules hold. A doubtful reading is confirmed where every explanation that prints something else is
far dearer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Literal

from .config import RepairSettings
from .document import OcrCell
from .filled import Alternatives
from .repair_model import SCALE, Model, cost_of, count_of, listed
from .repair_search import FREE, Found, Solution, solve
from .repair_witness import BOTH, among, by_reader, one_form, only_second, seen, surely_printed
from .splits import Vector

Outcome = Literal["corrected", "confirmed", "suspected"]
Cause = Literal["misread", "source", "unlisted"]
Reason = Literal["sure", "unlisted", "unseen", "one_reader", "contrary", "few_rules", "not_all_hold", "rival", "blank"]
"""Why a cell is not corrected: it was read with too much confidence; no reader lists the value; no reader read it; one
reader does not list it; read again it is surely something else; it stands in too few broken rules, or not all hold
after; another explanation is near; the value is 0 and may be printed as nothing."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said of a cell.

    Attributes:
        id: The cell.
        outcome: See the module.
        value: That makes the rules hold: the correction, the reading that is confirmed, or what is expected.
        text: As a reader read the correction; None else.
        cause: What the cheapest explanation is: misread as listed, misread otherwise, or wrong in the report itself.
        margin: Nats by which every explanation that prints something else is dearer, no more than the window.
        broken: Ids of rules that the cell breaks as read.
        after: Ids of rules that it still breaks.
        rules: Ids of all rules that it stands in.
        reasons: Why it is not corrected.
        rivals: Ids of cells that the nearest other explanation changes.
        candidates: (text, probability), best first.
    """

    id: str
    outcome: Outcome
    value: int
    text: str | None
    cause: Cause | None
    margin: float
    broken: tuple[str, ...]
    after: tuple[str, ...]
    rules: tuple[str, ...]
    reasons: tuple[Reason, ...] = ()
    rivals: tuple[str, ...] = ()
    candidates: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A row that is read in one way, since its rules, as corrected, hold in no other.

    Attributes:
        ids: Its cells.
        vector: Their values, None for a blank.
        rules: Ids of the rules that they stand in.
    """

    ids: tuple[str, ...]
    vector: Vector
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """What is said of a section.

    Attributes:
        verdicts: On its cells.
        gave_up: Why there are none, where the search or the changes went too far.
        rows: Rows that were read together.
    """

    verdicts: tuple[Verdict, ...]
    gave_up: Literal["limit", "many", "none"] | None = None
    rows: tuple[Row, ...] = ()


_Printed = tuple[str, int]
"""What an explanation prints in a cell: ("listed", value) or ("other", value)."""


def decide(model: Model, ocr: Mapping[str, OcrCell], doubted: Sequence[str], settings: RepairSettings) -> Decision:
    """Decide about the cells of a section.

    Args:
        model: Of the section.
        ocr: How cells were read, for those that were read from pictures.
        doubted: Cells that a finding doubts: they may be confirmed.
        settings: Thresholds.
    """
    as_read = {n: s.value for n, s in enumerate(model.sights) if s.value is not None}
    broken = model.violated(as_read)
    unread = [n for n, s in enumerate(model.sights) if s.kind == "unread"]
    in_doubt = set(doubted)
    open_cells = [n for n, i in enumerate(model.ids) if i in in_doubt]
    if not broken and not open_cells and not unread and not model.joint:
        return Decision(())
    window = round(settings.margin * SCALE)
    found = solve(
        model.puzzle,
        window=window,
        ceiling=round(settings.most_cost * SCALE),
        node_limit=settings.node_limit,
    )
    if not found.complete or not found.solutions:
        return Decision((), "none" if found.complete else "limit")
    joint = _agreed_rows(model, found)
    while True:
        together = {n: v for cells, values in joint.values() for n, v in zip(cells, values, strict=True)}
        assumed = {**as_read, **together}
        judge = _Judge(model, ocr, settings, found, assumed, model.violated(assumed) if joint else broken, window)
        changed = judge.changed()
        if len(changed) > settings.most_changes:
            return Decision((), "many")
        verdicts = judge.changes(changed)
        wrong = [u for u, (cells, _) in joint.items() if not judge.holds(cells)]
        if not wrong:
            break
        for unit in wrong:  # what was corrected beside it may have rested on it
            del joint[unit]
    settled = {v.id for v in verdicts}
    verdicts += [v for n in open_cells if model.ids[n] not in settled and (v := judge.confirmed(n)) is not None]
    rows = [judge.row(model.joint[unit], cells) for unit, (cells, _) in joint.items()]
    return Decision(tuple(verdicts), rows=tuple(r for r in rows if r is not None))


def _agreed_rows(model: Model, found: Found) -> dict[int, tuple[tuple[int, ...], tuple[int, ...]]]:
    """Return the rows that all near-best explanations read alike: unit -> cells and values."""
    out = {}
    for unit, row in model.joint.items():
        cells = model.puzzle.units[unit].cells
        ways = {tuple(s.values[n] for n in cells) for s in found.solutions}
        same = {v for v in row.vectors if tuple(x or 0 for x in v) in ways}
        if len(ways) == 1 and len(same) == 1:  # a blank and 0 count alike, and are not the same
            out[unit] = (cells, ways.pop())
    return out


class _Judge:
    def __init__(
        self,
        model: Model,
        ocr: Mapping[str, OcrCell],
        settings: RepairSettings,
        found: Found,
        as_read: Mapping[int, int],
        broken: Sequence[int],
        window: int,
    ) -> None:
        self.model, self.ocr, self.settings, self.found = model, ocr, settings, found
        self.as_read, self.broken, self.window = as_read, set(broken), window
        self.best = found.solutions[0]
        self.final, self.wrong = dict(as_read), set(broken)
        self.source = round(settings.source_error * SCALE)
        self.rules_of: dict[int, list[int]] = {}
        for n, e in enumerate(model.puzzle.equations):
            for c, _ in e.terms:
                self.rules_of.setdefault(c, []).append(n)

    # ---- rows that are read together ---------------------------------------------------------------------------------

    def holds(self, cells: Iterable[int]) -> bool:
        """Tell whether all rules of cells can be evaluated and hold in the end."""
        rules = {e for n in cells for e in self.rules_of[n]}
        known = all(c in self.final for e in rules for c, _ in self.model.puzzle.equations[e].terms)
        return known and self.wrong.isdisjoint(rules)

    def row(self, row: Alternatives, cells: Sequence[int]) -> Row | None:
        """Return how a row is read, None where the rules say too little."""
        values = tuple(self.final[n] for n in cells)
        (vector,) = (v for v in row.vectors if tuple(x or 0 for x in v) == values)
        rules = sorted({e for n in cells for e in self.rules_of[n]})
        return Row(row.ids, vector, self._names(rules)) if len(rules) > len(cells) else None

    # ---- explanations -----------------------------------------------------------------------------------------------

    def changed(self) -> list[int]:
        """Return the cells that the best explanation does not take as read."""
        return self._differences(self.best)

    def printed(self, n: int, solution: Solution) -> list[tuple[_Printed, int]]:
        """Return what an explanation says is printed in a cell, with its cost; two ways where it takes any value."""
        sight = self.model.sights[n]
        value = solution.values.get(n, 0)
        if solution.taken.get(n) != FREE:
            return [(("listed", value), solution.cost)]
        out: list[tuple[_Printed, int]] = []
        paid = self.model.puzzle.units[n].free or 0
        if sight.unlisted:
            out.append((("other", value), solution.cost - paid + max(paid, cost_of(sight.unlisted))))
        if sight.value is not None:
            as_meant = self.source + cost_of(sight.chances[sight.value])
            out.append((("listed", sight.value), solution.cost - paid + max(paid, as_meant)))
        return out or [(("other", value), solution.cost)]

    def margin(self, n: int, value: int) -> tuple[int, list[int]]:
        """Return how much dearer everything is that does not print `value` in a cell, and what the nearest changes."""
        sight = self.model.sights[n]
        mine = min(c for s in self.found.solutions for p, c in self.printed(n, s) if p == ("listed", value))
        least, rivals = self.window, []
        here = cost_of(sight.chances[value])
        # printed otherwise, and this value meant: no solution of the search says that of a listed value
        others = [cost_of(p) for v, p in sight.chances.items() if v != value]
        if others and self.source + min(others) - here < least:
            least, rivals = self.source + min(others) - here, [n]
        for solution in self.found.solutions:
            for what, cost in self.printed(n, solution):
                if what != ("listed", value) and cost - mine < least:
                    least, rivals = cost - mine, self._differences(solution)
        return max(least, 0), rivals

    def _lead(self, n: int, value: int) -> tuple[int, list[int]]:
        """Return how much dearer everything is that means another value in a cell, and what the nearest changes."""
        for solution in self.found.solutions:
            if solution.values.get(n) != value:
                return solution.cost - self.best.cost, self._differences(solution)
        return self.window, []

    def _differences(self, solution: Solution) -> list[int]:
        return [
            n
            for n, s in enumerate(self.model.sights)
            if s.kind != "unknown" and (solution.taken.get(n) == FREE or solution.values.get(n) != s.value)
        ]

    # ---- changes ----------------------------------------------------------------------------------------------------

    def changes(self, cells: Sequence[int]) -> list[Verdict]:
        """Judge the cells that the best explanation changes."""
        groups = self._groups(cells)
        verdicts: dict[int, tuple[list[Reason], int, list[int], Cause]] = {}
        accepted: dict[int, int] = {}
        for n in cells:
            value = self.best.values.get(n, 0)
            cause = self._cause(n)
            margin, rivals = self.margin(n, value) if cause == "misread" else self._lead(n, value)
            reasons = self._reasons(n, value, cause, margin, groups[n])
            verdicts[n] = (reasons, margin, rivals, cause)
            if not reasons:
                accepted[n] = value
        while True:  # what is accepted must hold without what is not
            wrong = set(self.model.violated({**self.as_read, **accepted}))
            out = [n for n in accepted if not self._borne(n, wrong, set(cells) - accepted.keys(), groups[n][1])]
            if not out:
                break
            for n in out:
                del accepted[n]
                verdicts[n][0].append("not_all_hold")
        self.final = {**self.as_read, **accepted}
        self.wrong = set(self.model.violated(self.final))
        return [self._verdict(n, *verdicts[n]) for n in cells]

    def _borne(self, n: int, wrong: AbstractSet[int], left: AbstractSet[int], broken: AbstractSet[int]) -> bool:
        """Tell whether the rules bear a correction: all hold after.

        Where nothing was read that could be overwritten, it is enough that one holds again and that each of the others
        has another cell that must be something else.

        Args:
            n: The cell.
            wrong: Rules that do not hold after.
            left: Cells that the best explanation changes and that are not corrected.
            broken: Rules that did not hold before.
        """
        mine = set(self.rules_of[n])
        still = mine & wrong
        if not still or self.model.sights[n].kind != "unread":
            return not still
        cells_of = {e: {c for c, _ in self.model.puzzle.equations[e].terms} for e in mine}
        again = [e for e in mine & broken - wrong if not any(c in left and c not in self.as_read for c in cells_of[e])]
        return bool(again) and all(cells_of[e] & left for e in still)

    def _groups(self, cells: Sequence[int]) -> dict[int, tuple[list[int], set[int]]]:
        """Return for each changed cell those that it shares rules with, directly or not, and the rules they break."""
        groups: list[tuple[list[int], set[int]]] = []
        for n in cells:
            mine = ([n], set(self.rules_of[n]))
            apart = []
            for g in groups:
                if g[1].isdisjoint(mine[1]):
                    apart.append(g)
                else:
                    mine = (g[0] + mine[0], g[1] | mine[1])
            groups = [*apart, mine]
        # a rule with a cell that could not be read does not hold as read, either
        unread = {n for n in cells if self.model.sights[n].kind == "unread"}
        open_rules = {e for n in unread for e in self.rules_of[n] if self._known(e, unread)}
        return {n: (g[0], g[1] & (self.broken | open_rules)) for g in groups for n in g[0]}

    def _known(self, rule: int, more: AbstractSet[int]) -> bool:
        return all(c in self.as_read or c in more for c, _ in self.model.puzzle.equations[rule].terms)

    def _cause(self, n: int) -> Cause:
        sight = self.model.sights[n]
        if self.best.taken.get(n) != FREE:
            return "misread"
        if sight.value is None:
            return "unlisted"
        dear = self.source + cost_of(sight.chances[sight.value])
        return "unlisted" if sight.unlisted and cost_of(sight.unlisted) < dear else "source"

    def _reasons(
        self, n: int, value: int, cause: Cause, margin: int, group: tuple[list[int], set[int]]
    ) -> list[Reason]:
        """Return what speaks against a correction."""
        sight, ocr = self.model.sights[n], self.ocr.get(self.model.ids[n])
        if ocr is None or sight.kind not in ("seen", "unread") or cause != "misread":
            return ["unlisted"]
        out: list[Reason] = []
        if sight.kind == "seen" and ocr.confidence > self.settings.most_sure:
            out.append("sure")
        if not seen(value, ocr):
            out.append("unseen")
        if not (
            all(among(value, texts) for texts in by_reader(ocr, self.settings.least_listed)) or only_second(value, ocr)
        ):
            out.append("one_reader")
        looks = [(count_of(text), sure) for text, sure in ocr.reread]
        if any(v != value and sure > self.settings.most_sure for v, sure in looks) or (
            sight.value is not None and sight.value in (v for v, _ in looks) and value not in (v for v, _ in looks)
        ):
            out.append("contrary")
        cells, rules = group
        broken = rules.intersection(self.rules_of[n])
        if len(broken) < self.settings.least_broken or len(rules) <= len(cells):
            out.append("few_rules")
        if margin < self.window:
            out.append("rival")
        if value == 0 and not surely_printed(ocr, self.model.nothing(n)):
            out.append("blank")
        return out

    def _verdict(self, n: int, reasons: list[Reason], margin: int, rivals: Sequence[int], cause: Cause) -> Verdict:
        value = self.best.values.get(n, 0)
        ids = self.model.ids
        return Verdict(
            ids[n],
            "suspected" if reasons else "corrected",
            value,
            None if reasons else self._text(n, value),
            cause,
            round(margin / SCALE, 2),
            self._names(e for e in self.rules_of[n] if e in self.broken),
            self._names(e for e in self.rules_of[n] if e in self.wrong),
            self._names(self.rules_of[n]),
            tuple(reasons),
            tuple(ids[r] for r in rivals if r != n),
            self.model.sights[n].texts,
        )

    def _names(self, rules: Iterable[int]) -> tuple[str, ...]:
        return tuple(self.model.rules[e].id for e in rules)

    def _text(self, n: int, value: int) -> str:
        ocr = self.ocr[self.model.ids[n]]
        return next((t for t, _ in listed(ocr) if t and count_of(t) == value), str(value))

    # ---- doubtful readings that the rules leave no other value ------------------------------------------------------

    def confirmed(self, n: int) -> Verdict | None:
        """Return the verdict on a doubtful cell that the rules leave no other value, or None.

        A blank and 0 count alike: which of them is printed, readers and the other cells of the table say.
        """
        sight, ocr = self.model.sights[n], self.ocr.get(self.model.ids[n])
        if ocr is None or sight.kind != "seen" or sight.value is None:
            return None
        known = [e for e in self.rules_of[n] if all(c in self.final for c, _ in self.model.puzzle.equations[e].terms)]
        if len(known) < self.settings.least_held or any(e in self.wrong for e in self.rules_of[n]):
            return None
        nought = sight.value == 0 and not one_form(sight) and surely_printed(ocr, self.model.nothing(n))
        if sight.blank and not nought and self.model.nothing(n) < BOTH:
            return None  # a blank among noughts: what was printed may have left no ink
        if not (one_form(sight) or nought) or any(count_of(text) != sight.value for text, _ in listed(ocr)[:1]):
            # the report may have what it should not: what readers rather see than the reading is heard
            return None
        if any(texts and self._contrary(sight.value, texts[0]) for texts in (ocr.first_list, ocr.second_list)):
            return None
        margin, _ = self.margin(n, sight.value)
        if margin < self.window:
            return None
        found = nought and sight.blank
        return Verdict(
            self.model.ids[n],
            "corrected" if found else "confirmed",
            sight.value,
            self._text(n, sight.value) if found else None,
            "misread" if found else None,
            round(margin / SCALE, 2),
            self._names(e for e in self.rules_of[n] if e in self.broken),
            (),
            self._names(known),
            candidates=sight.texts,
        )

    def _contrary(self, value: int, top: tuple[str, float]) -> bool:
        return count_of(top[0]) != value and top[1] >= self.settings.contrary

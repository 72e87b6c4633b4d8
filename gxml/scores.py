"""How well cells, rows, flags and findings were read, as metrics with `update`, `summary` and `reset`.

Everything is matched by the id of the cell, the rule's cells or the place of a fact, never by its position in a list;
the words are those of `gxml.judged`.

    cells = CellScores()
    for truth, report in pairs:
        cells.update(judge(truth, report))
    cells.summary().silent
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from statistics import median

from pydantic import BaseModel, ConfigDict

from .judged import Judged
from .report import Number, Report
from .template import FieldForm, editions
from .truth import Truth, same

# ---- cells ----------------------------------------------------------------------------------------------------------


class Summary(BaseModel):
    """Base of all summaries: what is saved as JSON."""

    model_config = ConfigDict(frozen=True)


def share(part: int, whole: int) -> float:
    """Return a share; 1 where there is nothing to have a share of."""
    return part / whole if whole else 1.0


class CellCount(Summary):
    """Counts of a group of cells; shares are 1 where there is nothing to count."""

    cells: int = 0
    exact: int = 0
    flagged: int = 0
    silent: int = 0
    alarmed: int = 0

    @property
    def share_exact(self) -> float:
        """Exact cells of all."""
        return share(self.exact, self.cells)


class CellSummary(CellCount):
    """Counts of all cells, and of groups of them.

    Attributes:
        nonzero: Of the cells in which a number other than 0 is printed.
        errors: Wrong cells by kind of error.
        groups: "section", "row", "column", "digits" (of the printed number; "blank", "0") to name to counts.
    """

    nonzero: CellCount
    errors: dict[str, int]
    groups: dict[str, dict[str, CellCount]]


GROUPS = ("section", "row", "column", "digits")


class CellScores:
    """Counts of cells by what became of them."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        self._errors: Counter[str] = Counter()

    def update(self, cells: Iterable[Judged]) -> None:
        """Take in one report."""
        for c in cells:
            tally = Counter(cells=1, alarmed=int(c.alarmed and c.outcome == "exact"))
            tally[c.outcome] += 1
            form = _field(c.id)
            names = {
                "section": str(form.section) if form else "other",
                "row": f"{form.table}.{form.row}" if form else "other",
                "column": f"{form.table}.{form.column}" if form else "other",
                "digits": _digits(c.truth),
                "all": "nonzero" if c.truth else "",
            }
            for group, name in names.items():
                self._counts[group, name] += tally
            if c.error:
                self._errors[c.error] += 1

    def reset(self) -> None:
        """Forget all reports."""
        self._counts.clear()
        self._errors.clear()

    def summary(self) -> CellSummary:
        """Return the counts so far."""
        groups = {g: {n: CellCount(**c) for (of, n), c in sorted(self._counts.items()) if of == g} for g in GROUPS}
        total: Counter[str] = sum((c for (g, _), c in self._counts.items() if g == "all"), Counter())
        nonzero = CellCount(**self._counts.get(("all", "nonzero"), Counter()))
        return CellSummary(**total, nonzero=nonzero, errors=dict(sorted(self._errors.items())), groups=groups)


@cache
def _fields() -> dict[str, FieldForm]:
    return {i: f for e in editions().values() for i, f in e.fields.items()}


def _field(cell: str) -> FieldForm | None:
    return _fields().get(cell)


def _digits(value: Number | None) -> str:
    if value is None:
        return "blank"
    if not value:
        return "0"
    return str(min(len(str(int(abs(value)))), 5)) + ("+" if abs(value) >= 10_000 else "")


# ---- rows -----------------------------------------------------------------------------------------------------------


class RowSummary(Summary):
    """Rows of the form, those of one line taken as one row.

    Attributes:
        rows: How many are printed.
        right: Those whose cells are all exact.
        misplaced: Wrong rows that hold exactly the numbers of another row, not all of them 0.
    """

    rows: int = 0
    right: int = 0
    misplaced: int = 0


class RowScores:
    """Counts of rows: a table that is shifted by a row has few right cells, and many misplaced rows."""

    def __init__(self) -> None:
        self._total: Counter[str] = Counter()

    def update(self, cells: Iterable[Judged]) -> None:
        """Take in one report."""
        rows: dict[tuple[str, str], list[Judged]] = defaultdict(list)
        for c in cells:
            form = _field(c.id)
            if form and c.error != "not on the form":
                rows[form.table, form.row].append(c)
        printed = {key: tuple(c.truth for c in row) for key, row in rows.items()}
        for key, row in rows.items():
            read = tuple(c.value for c in row)
            right = all(c.outcome == "exact" for c in row)
            others = [v for k, v in printed.items() if k != key and k[0] == key[0]]
            self._total["rows"] += 1
            self._total["right"] += right
            self._total["misplaced"] += not right and any(read) and any(_equal(read, v) for v in others)

    def reset(self) -> None:
        """Forget all reports."""
        self._total.clear()

    def summary(self) -> RowSummary:
        """Return the counts so far."""
        return RowSummary(**self._total)


def _equal(a: Sequence[Number | None], b: Sequence[Number | None]) -> bool:
    return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))


# ---- flags and findings ---------------------------------------------------------------------------------------------


class MatchSummary(Summary):
    """What was found of what is there.

    Attributes:
        found: There, and found.
        missed: There, and not found.
        wrong: Found, and not there.
    """

    found: int = 0
    missed: int = 0
    wrong: int = 0

    @property
    def precision(self) -> float:
        """Share of what was found that is there; 1 where nothing was found."""
        return share(self.found, self.found + self.wrong)

    @property
    def recall(self) -> float:
        """Share of what is there that was found; 1 where nothing is there."""
        return share(self.found, self.found + self.missed)


class FlagScores:
    """Flags on cells: a wrong cell should have one (recall), a right one none (precision)."""

    def __init__(self) -> None:
        self._total: Counter[str] = Counter()

    def update(self, cells: Iterable[Judged]) -> None:
        """Take in one report."""
        for c in cells:
            if c.outcome == "exact":
                self._total["wrong"] += c.alarmed
            else:
                self._total["found" if c.outcome == "flagged" else "missed"] += 1

    def reset(self) -> None:
        """Forget all reports."""
        self._total.clear()

    def summary(self) -> MatchSummary:
        """Return the counts so far."""
        return MatchSummary(**self._total)


class FindingScores:
    """Findings against the violations of the truth, by kind.

    A violation is found if a finding of its kind names one of its cells, or, where it names none, if there is a finding
    of its kind that names none either. Violations that need another document are left out. What is found and not
    there is counted for the arithmetic alone (`source_inconsistent`), of which a truth lists everything.
    """

    def __init__(self) -> None:
        self._kinds: dict[str, Counter[str]] = defaultdict(Counter)

    def update(self, truth: Truth, report: Report | None) -> None:
        """Take in one report."""
        findings = report.findings if report else []
        for v in truth.violations:
            if v.needs is None:
                hit = any(f.kind == v.kind and _meet(f.cells, v.cells) for f in findings)
                self._kinds[v.kind]["found" if hit else "missed"] += 1
        there = [v.cells for v in truth.violations if v.kind == "source_inconsistent"]
        for f in findings:
            if f.kind == "source_inconsistent" and f.severity == "error" and not any(_meet(f.cells, v) for v in there):
                self._kinds[f.kind]["wrong"] += 1

    def reset(self) -> None:
        """Forget all reports."""
        self._kinds.clear()

    def summary(self) -> dict[str, MatchSummary]:
        """Return the counts so far by kind of violation."""
        return {kind: MatchSummary(**c) for kind, c in sorted(self._kinds.items())}


def _meet(a: Sequence[str], b: Sequence[str]) -> bool:
    return bool(set(a) & set(b)) if b else not a


# ---- reports --------------------------------------------------------------------------------------------------------


class ReviewSummary(Summary):
    """What is left for people.

    Attributes:
        reports: How many there are.
        unread: Those without a result.
        accepted: Those that need no look.
        accepted_wrong: Accepted ones with a wrong cell.
        flagged_median: Cells that findings of doubt name, or wrong ones that any finding names, in the middle report.
        flagged_most: The same in the report with the most.
        issuer: Reports whose issuer is right; and so for the year and the editions.
    """

    reports: int = 0
    unread: int = 0
    accepted: int = 0
    accepted_wrong: int = 0
    flagged_median: float = 0.0
    flagged_most: int = 0
    issuer: int = 0
    year: int = 0
    editions: int = 0


class ReviewScores:
    """What people have to look at, report by report."""

    def __init__(self) -> None:
        self._total: Counter[str] = Counter()
        self._flagged: list[int] = []

    def update(self, truth: Truth, report: Report | None, cells: Sequence[Judged]) -> None:
        """Take in one report."""
        from .identity import same_issuer

        self._flagged.append(sum(c.alarmed or c.outcome == "flagged" for c in cells))
        self._total["reports"] += 1
        if report is None:
            self._total["unread"] += 1
            return
        accepted = report.status == "accepted"
        self._total["accepted"] += accepted
        self._total["accepted_wrong"] += accepted and any(c.outcome != "exact" for c in cells)
        read = report.issuer.value
        self._total["issuer"] += same_issuer(None if read is None else str(read), truth.issuer)
        self._total["year"] += report.year.value == truth.year
        self._total["editions"] += report.editions == truth.editions

    def reset(self) -> None:
        """Forget all reports."""
        self._total.clear()
        self._flagged.clear()

    def summary(self) -> ReviewSummary:
        """Return the counts so far."""
        flagged = self._flagged or [0]
        return ReviewSummary(**self._total, flagged_median=float(median(flagged)), flagged_most=max(flagged))

"""`gxml evaluate`: how far saved reports are from their truth, every measure at once.

    result = evaluate(Path("truth"), Path("out"))
    result.summary.cells.silent
    result.errors[0]

The measures are in `gxml.scores` and `gxml.scores_more`; this module finds the files and feeds them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import InputError, MissingToolError
from .evaluate_facts import FactScores, gold_of, ignored_of
from .export import load_json, replacing
from .judged import Judged, judge
from .report import Report
from .scores import (
    CellScores,
    CellSummary,
    FindingScores,
    FlagScores,
    MatchSummary,
    ReviewScores,
    ReviewSummary,
    RowScores,
    RowSummary,
    Summary,
)
from .scores_more import (
    CalibrationScores,
    CalibrationSummary,
    ProseScores,
    ProseSummary,
    TedsScores,
    TedsSummary,
)
from .template import editions
from .truth import Pair, Truth, load_truth, pairs

if TYPE_CHECKING:
    from .annotate import AnnotatedDocument
    from .evaluate_facts import Score

Progress = Callable[[int, int], None]
"""Told how many pairs are done, and of how many."""


class FactSummary(MatchSummary):
    """Facts found, missed and wrong.

    Attributes:
        f1: None where the truth is not complete, so that nothing can be called wrong.
        interval: Of F1, 95 %, documents resampled.
    """

    f1: float | None = None
    interval: tuple[float, float] | None = None


class EvaluationSummary(Summary):
    """Every measure over all reports; what is saved as evaluation.json.

    Attributes:
        facts: Against the truth files: how many of the facts that they name were found.
        facts_complete: Against annotations, or truth files that say that they are complete: by place as well.
        fact_types: `facts_complete` by type where there is any, else `facts`.
        prose: Where truth files hold the prose.
        teds: None without the package apted.
    """

    schema_version: str = "1.0"
    cells: CellSummary
    rows: RowSummary
    flags: MatchSummary
    findings: dict[str, MatchSummary]
    facts: FactSummary
    facts_complete: FactSummary | None
    fact_types: dict[str, FactSummary]
    prose: ProseSummary | None
    teds: TedsSummary | None
    calibration: CalibrationSummary
    reviews: ReviewSummary


@dataclass(frozen=True, slots=True)
class Wrong:
    """One wrong cell, and the report that has it."""

    name: str
    cell: Judged
    messages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What `evaluate` found.

    Attributes:
        summary: The measures.
        errors: Wrong cells, silent ones first.
        pairs: What was compared.
        reports: Name to the report as it was read, those that there are.
        unread: (name, reason) of pairs without a result that can be read.
    """

    summary: EvaluationSummary
    errors: tuple[Wrong, ...]
    pairs: tuple[Pair, ...]
    reports: Mapping[str, Report]
    unread: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Evaluator:
    """All measures together, fed with one report after the other.

    Attributes:
        teds: Whether tables are compared as trees, which takes a second or so for each that differs.
    """

    teds: bool = True
    _cells: CellScores = field(default_factory=CellScores)
    _rows: RowScores = field(default_factory=RowScores)
    _flags: FlagScores = field(default_factory=FlagScores)
    _findings: FindingScores = field(default_factory=FindingScores)
    _facts: FactScores = field(default_factory=FactScores)
    _complete: FactScores = field(default_factory=FactScores)
    _prose: ProseScores = field(default_factory=ProseScores)
    _teds: TedsScores = field(default_factory=TedsScores)
    _calibration: CalibrationScores = field(default_factory=CalibrationScores)
    _reviews: ReviewScores = field(default_factory=ReviewScores)

    def update(self, truth: Truth, report: Report | None, annotated: AnnotatedDocument | None = None) -> list[Judged]:
        """Take in one report, and return its cells with what became of them.

        Args:
            truth: Of the report.
            report: What was read; None if nothing was.
            annotated: The annotation of its document, if there is one.
        """
        cells = judge(truth, report)
        self._cells.update(cells)
        self._rows.update(cells)
        self._flags.update(cells)
        self._findings.update(truth, report)
        self._calibration.update(cells)
        self._reviews.update(truth, report, cells)
        counts = fact_counts(truth, report)
        self._facts.add(counts)
        if annotated is not None:
            same_text = report is not None and report.text == annotated.document.text
            read = report.facts if report is not None and same_text else []
            self._complete.update(gold_of(annotated.candidates), read, ignored_of(annotated.candidates))
        elif truth.facts_complete:
            self._complete.add(counts)
        if truth.prose is not None:
            self._prose.update(truth.prose, prose_of(report))
        if self.teds:
            for want, have in table_pairs(truth, report):
                self._teds.update(want, have)
        return cells

    def summary(self) -> EvaluationSummary:
        """Return the measures so far."""
        facts, complete = self._facts.summary(0), self._complete.summary()
        some = complete.documents > 0
        types = (complete if some else facts).types
        prose = self._prose.summary()
        return EvaluationSummary(
            cells=self._cells.summary(),
            rows=self._rows.summary(),
            flags=self._flags.summary(),
            findings=self._findings.summary(),
            facts=_facts(facts.all, complete=False),
            facts_complete=_facts(complete.all, complete=True) if some else None,
            fact_types={t: _facts(s, complete=some) for t, s in types.items()},
            prose=prose if prose.characters else None,
            teds=self._teds.summary() if self.teds else None,
            calibration=self._calibration.summary(),
            reviews=self._reviews.summary(),
        )


def _facts(score: Score, *, complete: bool) -> FactSummary:
    counts = {"found": score.found, "missed": score.missed}
    if not complete:
        return FactSummary(**counts)
    return FactSummary(**counts, wrong=score.wrong, f1=score.f1, interval=score.interval)


def fact_counts(truth: Truth, report: Report | None) -> Counter[tuple[str, str]]:
    """Count facts of a truth file by (outcome, type): a fact is found if one of its type and value was read."""
    want = Counter((f.type, float(f.value)) for f in truth.facts)
    have = Counter((f.type, float(f.value)) for f in (report.facts if report else ()))
    counts: Counter[tuple[str, str]] = Counter()
    for outcome, facts in (("found", want & have), ("missed", want - have), ("wrong", have - want)):
        for (kind, _), n in facts.items():
            counts[outcome, kind] += n
    return counts


def prose_of(report: Report | None) -> str:
    """Return the prose of a saved report, without its tables; "" if its text is not beside it."""
    if report is None or not report.text:
        return ""
    return "\n".join(report.text[a:b] for a, b in report.source.prose)


def table_pairs(truth: Truth, report: Report | None) -> list[tuple[str, str]]:
    """Return the tables of a truth and of a report as HTML, "" for one that the report does not have."""
    from .teds import form_html

    forms = editions()
    cells = report.cells if report else {}
    out = []
    for section, edition in sorted(truth.editions.items()):
        texts = {i: _number(v) for i, v in truth.cells.items()}
        for i, c in cells.items():  # what the document leaves open is not held against a reading
            if i in truth.cells and truth.holds(i, c.value):
                texts[i] = _number(c.value)
        want = form_html(forms[edition].table(int(section)), texts)
        have = ""
        read = report.editions.get(section) if report else None
        if read is None and all(truth.holds(f.id, None) for f in forms[edition].table(int(section)).fields()):
            continue  # it prints nothing below its heads: a reader may leave it out
        if read in forms:
            have = form_html(forms[read].table(int(section)), {i: _number(c.value) for i, c in cells.items()})
        out.append((want, have))
    return out


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


# ---- files ----------------------------------------------------------------------------------------------------------


def evaluate(
    truth: Path,
    predictions: Path,
    *,
    annotations: Path | None = None,
    sources: Sequence[Path] = (),
    teds: bool = True,
    progress: Progress | None = None,
) -> Evaluation:
    """Compare saved reports with their truth.

    Args:
        truth: NAME.truth.json, or a folder of such files.
        predictions: The report that gxml saved, or a folder of them.
        annotations: Folder of annotations, by which facts are judged at their places.
        sources: Folders of the documents of these annotations.
        teds: Whether tables are compared as trees too.
        progress: Told after each pair.

    Raises:
        InputError: A truth file cannot be read, or there is none. A saved report that cannot be read counts as none.
        MissingToolError: `teds` without the package apted.
    """
    if teds:
        _need_apted()
    found = pairs(truth, predictions)
    by_hash = _annotated(annotations, sources) if annotations else {}
    evaluator = Evaluator(teds=teds)
    errors: list[Wrong] = []
    reports: dict[str, Report] = {}
    unread: list[tuple[str, str]] = []
    for n, pair in enumerate(found, 1):
        known = load_truth(pair.truth)
        report, reason = _saved(pair)
        if report is None:
            unread.append((pair.name, reason))
        else:
            reports[pair.name] = report
        cells = evaluator.update(known, report, by_hash.get(report.source.sha256) if report else None)
        errors += [Wrong(pair.name, c, _messages(report, c.id)) for c in cells if c.outcome != "exact"]
        if progress:
            progress(n, len(found))
    errors.sort(key=lambda w: w.cell.outcome != "silent")
    return Evaluation(evaluator.summary(), tuple(errors), tuple(found), reports, tuple(unread))


def _need_apted() -> None:
    try:
        import apted  # noqa: F401
    except ImportError as e:
        hint = 'Install it: pip install "gxml[evaluate]", or leave TEDS out with --no-teds.'
        raise MissingToolError("TEDS needs the package apted.", hint=hint) from e


def _annotated(folder: Path, sources: Iterable[Path]) -> dict[str, AnnotatedDocument]:
    from .annotate import load_annotations

    found = load_annotations(folder, list(sources) or None, skip_missing=True)
    return {d.annotation.document.sha256: d for d in found}


def _saved(pair: Pair) -> tuple[Report | None, str]:
    if pair.prediction is None:
        return None, "no result"
    try:
        return load_json(pair.prediction), ""
    except InputError as e:
        return None, e.message


def _messages(report: Report | None, cell: str) -> tuple[str, ...]:
    return tuple(f"{f.rule}: {f.message}" for f in (report.findings if report else ()) if cell in f.cells)


def save(evaluation: Evaluation, path: Path) -> Path:
    """Write the summary and the wrong cells as JSON.

    Raises:
        OutputError: The file cannot be written.
    """
    import json
    from dataclasses import asdict

    data = {
        **evaluation.summary.model_dump(mode="json"),
        "errors": [{"report": w.name, **asdict(w.cell)} for w in evaluation.errors],
        "unread": [{"report": name, "reason": reason} for name, reason in evaluation.unread],
    }
    with replacing(path) as file:
        file.write(json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False).encode() + b"\n")
    return path

"""The page of an evaluation: one HTML file with all in it, for each wrong cell its picture, truth and reading."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from .errors import GxmlError, MissingToolError
from .evaluate import Evaluation, EvaluationSummary, Wrong
from .evidence import Evidence, SourceFiles
from .export import replacing
from .judged import Judged
from .plots import reliability
from .report import Report
from .scores import MatchSummary
from .template import editions

MOST_ERRORS = 300
"""Wrong cells on one page."""
DPI = 150.0
"""At which cells are drawn."""


@dataclass(frozen=True, slots=True)
class _Shown:
    name: str
    cell: Judged
    messages: tuple[str, ...]
    label: str
    picture: str


def save_page(evaluation: Evaluation, path: Path, sources: Sequence[Path] = (), most: int = MOST_ERRORS) -> Path:
    """Write the page.

    Args:
        evaluation: What it shows.
        path: The HTML file.
        sources: Folders of the documents, for the pictures of wrong cells; where the truth files lie is searched too.
        most: Wrong cells that are shown.

    Raises:
        MissingToolError: The package jinja2 is not installed.
        OutputError: The file cannot be written.
    """
    try:
        from jinja2 import Environment, StrictUndefined
    except ImportError as e:
        raise MissingToolError("The page needs jinja2.", hint='Install it: pip install "gxml[evaluate]".') from e
    from markupsafe import Markup

    text = resources.files("gxml").joinpath("evaluation.html.j2").read_text("utf-8")
    template = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True).from_string(text)
    summary = evaluation.summary
    folders = [*sources, *sorted({p.truth.parent for p in evaluation.pairs})]
    errors = list(_shown(evaluation, evaluation.errors[:most], folders))
    page = template.render(
        s=summary,
        lines=summary_lines(summary),
        worst={g: max([1 - c.share_exact for c in n.values()] or [0]) or 1 for g, n in summary.cells.groups.items()},
        plot=Markup(reliability(summary.calibration.bins)),  # our own SVG, of numbers alone
        errors=errors,
        shown=len(errors),
        errors_total=len(evaluation.errors),
        unread=evaluation.unread,
    )
    with replacing(path) as file:
        file.write(page.encode("utf-8"))
    return path


def summary_lines(s: EvaluationSummary) -> list[tuple[str, str]]:
    """Return the measures as (name, value), for a table."""
    cells, reviews = s.cells, s.reviews
    wrong = cells.flagged + cells.silent
    lines = [
        ("cells exact", _share(cells.exact, cells.cells)),
        ("those not zero or blank", _share(cells.nonzero.exact, cells.nonzero.cells)),
        ("silent errors", str(cells.silent)),
        ("wrong and flagged", str(cells.flagged)),
        ("right, alarmed", _share(cells.alarmed, cells.exact)),
        ("wrong cells that are flagged (recall)", _share(cells.flagged, wrong)),
        ("flags on wrong cells (precision)", f"{100 * s.flags.precision:.2f} %"),
        ("rows right", _share(s.rows.right, s.rows.rows)),
        ("rows that hold another row's numbers", str(s.rows.misplaced)),
    ]
    lines += [(f"errors: {k}", str(n)) for k, n in cells.errors.items()]
    lines.append(("facts found (type and value)", _found(s.facts)))
    if s.facts_complete is not None and s.facts_complete.f1 is not None:
        low, high = s.facts_complete.interval or (0.0, 1.0)
        lines.append(("facts, F1 (95 % interval)", f"{s.facts_complete.f1:.3f} ({low:.3f}–{high:.3f})"))
    lines += [(f"violations found: {k}", _found(m)) for k, m in s.findings.items()]
    if s.teds is not None:
        lines.append(("TEDS, structure alone", f"{s.teds.content:.4f}, {s.teds.structure:.4f}"))
    if s.prose is not None:
        lines.append(("prose, character errors", f"{100 * s.prose.rate:.2f} % of {s.prose.characters:,}"))
    lines += [
        ("expected calibration error", f"{s.calibration.ece:.4f}"),
        ("issuer, year, editions right", f"{reviews.issuer}, {reviews.year}, {reviews.editions} of {reviews.reports}"),
        ("accepted without review", f"{reviews.accepted} of {reviews.reports}"),
        ("accepted with a wrong cell", str(reviews.accepted_wrong)),
        ("cells to review, middle report and most", f"{reviews.flagged_median:g}, {reviews.flagged_most}"),
    ]
    if reviews.unread:
        lines.append(("reports without a result", str(reviews.unread)))
    return lines


def _share(k: int, n: int) -> str:
    return f"{100 * k / n:.2f} % of {n:,}" if n else "–"


def _found(m: MatchSummary) -> str:
    return f"{m.found} of {m.found + m.missed}"


def _shown(evaluation: Evaluation, errors: Sequence[Wrong], folders: Sequence[Path]) -> Iterator[_Shown]:
    files = _Files(folders)
    drawn: dict[str, Evidence | None] = {}
    for w in errors:
        report = evaluation.reports.get(w.name)
        if w.name not in drawn:
            drawn = {w.name: files.evidence(report)}  # one file at a time: pages are large
        label = next((e.fields[w.cell.id].label for e in editions().values() if w.cell.id in e.fields), "")
        yield _Shown(w.name, w.cell, w.messages, label, _picture(drawn[w.name], w.cell))


def _picture(evidence: Evidence | None, cell: Judged) -> str:
    if evidence is None or cell.page is None or cell.bbox is None:
        return ""
    try:
        return base64.b64encode(evidence.png(cell.id)).decode("ascii")
    except GxmlError:  # a page without pictures is better than none
        return ""


class _Files:
    """Finds the pictures of the file that a report was read from."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._files = SourceFiles(folders)

    def evidence(self, report: Report | None) -> Evidence | None:
        path = self._files.find(report) if report and report.source.kind in ("pdf", "image") else None
        try:
            return Evidence(report, path, dpi=DPI) if report and path else None
        except GxmlError:
            return None

"""Running the rules over saved reports again, one by one and across the years of one issuer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .errors import GxmlError
from .export import is_output, load_json, save_json
from .narrative import narrative_rules, vouched
from .rank import gravest_first, ranked, unranked
from .report import Finding, Report
from .rules import RULES_OF_CHECK, check_report, check_years, issuer_key, vouched_by_years


@dataclass(frozen=True, slots=True)
class Checked:
    """A saved report after its check.

    Attributes:
        path: Its JSON file.
        report: With the findings as they are now.
        added: Findings that the file did not have.
        gone: Findings that the file had and that no longer hold.
    """

    path: Path
    report: Report
    added: tuple[Finding, ...]
    gone: tuple[Finding, ...]


def saved_reports(inputs: Iterable[Path]) -> tuple[list[tuple[Path, Report]], list[GxmlError]]:
    """Load saved reports: files, and all that gxml wrote under folders.

    Returns:
        The reports, and why files could not be loaded.
    """
    found: dict[Path, tuple[Path, Report]] = {}
    errors: list[GxmlError] = []
    for given in inputs:
        paths = sorted(p for p in given.rglob("*.json") if is_output(p)) if given.is_dir() else [given]
        for path in paths:
            try:
                found.setdefault(path.resolve(), (path, load_json(path)))
            except GxmlError as e:
                errors.append(e)
    return list(found.values()), errors


def recheck(saved: Sequence[tuple[Path, Report]], *, write: bool = False) -> list[Checked]:
    """Check saved reports again.

    Args:
        saved: From `saved_reports`. They are not changed.
        write: Put the findings, and a status that they demand, into the files.

    Raises:
        OutputError: A file cannot be written.
    """
    reports = [report for _, report in saved]
    present = {(issuer_key(r.issuer.value), r.year.value) for r in reports}
    across, carried = check_years(reports), vouched_by_years(reports)
    results = []
    for index, (path, report) in enumerate(saved):
        year = report.year.value
        joined = isinstance(year, int) and (issuer_key(report.issuer.value), year - 1) in present
        before = [unranked(f) for f in report.findings]
        kept = [f for f in before if not _found_again(f, joined)]
        now = [*kept, *check_report(report), *across.get(index, [])]
        gone = tuple(f for f in before if f not in now)
        added = tuple(f for f in now if f not in before)
        sure = [*vouched(narrative_rules(report.editions), report.facts, report.cells), *carried.get(index, [])]
        findings = gravest_first(ranked([*(f for f in before if f not in gone), *added], sure))
        status = "review" if any(f.severity == "error" for f in findings) else report.status
        checked = report.model_copy(update={"findings": findings, "status": status})
        results.append(Checked(path, checked, added, gone))
        if write and (findings != report.findings or status != report.status):
            save_json(checked, path)
    return results


def _found_again(finding: Finding, joined: bool) -> bool:
    """Tell whether this check would find it: a cross-year rule only where the year before is there."""
    return bool(RULES_OF_CHECK.match(finding.rule)) and (joined or finding.kind != "cross_year")

"""The order of findings: by severity, then by what the prose and reports of other years say of the cells they name.

That evidence never changes a value; it says which of two doubts a person should look at first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .report import Finding

SEVERITIES = ("error", "warning", "info")
ELSEWHERE = frozenset({"narrative", "cross_year"})
"""Kinds of findings that rest on something outside of the table."""


def rank_of(finding: Finding) -> int:
    """Return how many other sources speak for a finding, less those that speak against it."""
    rank = (finding.model_extra or {}).get("rank", 0)
    return rank if isinstance(rank, int) else 0


def unranked(finding: Finding) -> Finding:
    """Return a finding as it was before other sources were heard."""
    if "rank" not in (finding.model_extra or {}):
        return finding
    return Finding.model_validate(finding.model_dump(exclude={"rank"}))


def ranked(findings: Sequence[Finding], vouched: Iterable[str]) -> list[Finding]:
    """Give findings their rank; a finding of which nothing else speaks has none.

    The rank is raised by each warning that prose or another year contradicts a cell that the finding names, and
    lowered by each of them that says the very value of the only cell that it names.

    Args:
        findings: All of a report.
        vouched: Ids of cells with the value that the prose, or another year, says; once for each that says so.
    """
    plain = [unranked(f) for f in findings]
    against = [f for f in plain if f.kind in ELSEWHERE and f.severity == "warning"]
    sure = list(vouched)
    out = []
    for f in plain:
        rank = sum(a is not f and not set(a.cells).isdisjoint(f.cells) for a in against)
        if len(f.cells) == 1 and f.kind not in ELSEWHERE:
            rank -= sure.count(f.cells[0])
        out.append(f.model_copy(update={"rank": rank}) if rank else f)
    return out


def gravest_first(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings by severity, then by rank, otherwise in their order."""
    return sorted(findings, key=lambda f: (SEVERITIES.index(f.severity), -rank_of(f)))

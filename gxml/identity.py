"""Whose report it is, and of which year: from the title, else from the opening, never from the file name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .document import Document, Line
from .facts_text import ProseLine
from .geometry import Span
from .identity_opening import YEAR_HINTS, from_opening, from_signature, opening_of, period_of
from .identity_titles import (
    TRUST,
    Title,
    inside_titles,
    is_name,
    is_unplaced,
    whole_titles,
    without_navigation,
    year_of,
)

__all__ = ["Identity", "Title", "identify", "report_titles", "same_issuer"]


@dataclass(frozen=True, slots=True)
class Identity:
    """Issuer and year of a report.

    Attributes:
        issuer: As printed, without white space; None if unknown.
        issuer_confidence: 0 to 1; 0 for None.
        year: None if unknown.
        year_confidence: 0 to 1; 0 for None.
        title_span: Place of the title in the document's text, None if there is none.
        notes: What the user must know, in Chinese (the title's year is not that of the period, …).
        period_year: The year of 统计期限, None where it is not stated.
    """

    issuer: str | None
    issuer_confidence: float
    year: int | None
    year_confidence: float
    title_span: Span | None
    notes: tuple[str, ...] = ()
    period_year: int | None = None


def _lines(document: Document) -> list[Line]:
    return [b for b in document.blocks if isinstance(b, Line) and b.text.strip("#*` \u3000\t\n")]


def report_titles(document: Document) -> list[tuple[Span, str | None, int | None]]:
    """Return the titles that stand on lines of their own in the body, in order: more than one may mean two reports.

    Titles that the page repeats about itself (its <title>, 标题：…) and lists of links are left out; so is a title
    that says the same as the one before it.
    """
    lines = [x for x in _lines(document) if x.role != "meta"]
    out: list[tuple[Span, str | None, int | None]] = []
    for _, _, title in without_navigation(list(whole_titles(lines))):
        if title.kind not in ("line", "marked"):
            continue
        issuer = title.issuer
        if out and title.year in (out[-1][2], None) and (issuer is None or same_issuer(issuer, out[-1][1])):
            continue
        if issuer is None and title.year is None:
            continue
        out.append((title.span, issuer, title.year))
    return out


def same_issuer(a: str | None, b: str | None) -> bool:
    """Tell whether two names are of one body: 某县, 某县人民政府 and 某县人民政府办公室 are."""
    return issuer_key(a) == issuer_key(b)


def issuer_key(name: str | None) -> str:
    """Return the form in which issuers are compared: without a final 人民政府, its office, or 管委会."""
    return re.sub(r"(?:人民政府(?:办公厅|办公室)?|管委会)$", "", (name or "").strip())


def identify(document: Document, prose: Sequence[ProseLine] | None = None) -> Identity:
    """Find the issuer and the year of a report.

    Args:
        document: As its source read it.
        prose: Prose without tables, if the caller has it; else the lines of `document` serve.

    Returns:
        None with confidence 0 for what is not known: a blank form has neither issuer nor year.
    """
    lines = _lines(document)
    body = [x for x in lines if x.role != "meta"]
    opening, position = opening_of(lines, prose)
    head = [x for x in lines if x.span[0] < position] or lines[:30]
    cut = [Line(x.text[: max(0, position - x.span[0])], x.span, x.page, x.bbox, x.role) for x in head]
    whole = without_navigation(list(whole_titles(head)))
    found = [title for _, _, title in whole]
    found += list(inside_titles([c for c in cut if c.text.strip()]))
    if not any(t.issuer or t.year for t in found):
        found += [t for _, _, t in without_navigation(list(whole_titles(body)))][:1]
    period = period_of(opening)
    notes: list[str] = []

    def rank(title: Title) -> tuple[bool, float, int]:
        return (period is not None and title.year == period, TRUST[title.kind], -title.span[0])

    dated = [t for t in found if t.year is not None]
    best = max(dated, key=lambda t: (TRUST[t.kind] >= 0.9, *rank(t)), default=None)
    title = best or max(found, key=rank, default=None)
    year, year_confidence = _settle_year(best, period, opening, notes)
    issuer, issuer_confidence = None, 0.0
    named = [t for t in found if t.issuer and (t.year is None or year is None or t.year in (year, best and best.year))]
    if named:
        first = max(named, key=lambda t: (t.year is not None, *rank(t)))
        issuer, issuer_confidence = first.issuer, TRUST[first.kind]
        others = [t for t in named if not same_issuer(t.issuer, issuer)]
        if others and not any(_contains(t.issuer, issuer) for t in others):
            issuer_confidence = round(issuer_confidence - 0.2, 4)
            notes.append(f"标题中出现不同的机关名称：{issuer}、{others[0].issuer}")
    if issuer is None and title is not None:
        above = _line_above(title, head)
        if above:
            issuer, issuer_confidence = above, 0.97
    if issuer is not None and is_unplaced(issuer):
        longer = from_opening(opening)
        if longer and longer[0] != issuer and longer[0].endswith(issuer):
            issuer, issuer_confidence = longer
        else:
            issuer_confidence = round(issuer_confidence - 0.3, 4)
            notes.append(f"标题中的机关名称“{issuer}”没有地名，不能确定是哪里的机关")
    if issuer is None:
        guess = from_opening(opening) or from_signature(body)
        if guess:
            issuer, issuer_confidence = guess
    return Identity(
        issuer,
        issuer_confidence if issuer else 0.0,
        year,
        year_confidence if year else 0.0,
        title.span if title else None,
        tuple(notes),
        period,
    )


def _contains(a: str | None, b: str | None) -> bool:
    ka, kb = issuer_key(a), issuer_key(b)
    return bool(ka and kb) and (ka.endswith(kb) or kb.endswith(ka))


def _settle_year(best: Title | None, period: int | None, opening: str, notes: list[str]) -> tuple[int | None, float]:
    if best is not None and best.year is not None:
        if period is None:
            return best.year, round(TRUST[best.kind] - 0.01, 4)
        if period == best.year:
            return best.year, 1.0
        notes.append(f"标题年份（{best.year}）与统计期限年份（{period}）不一致")
        return best.year, 0.6
    if period is not None:
        return period, 0.93
    for pattern, confidence in YEAR_HINTS:
        m = re.search(pattern, opening)
        if m:
            return year_of(m["y"]), confidence
    return None, 0.0


def _line_above(title: Title, lines: Sequence[Line]) -> str | None:
    """Return the body on the line above a title that names none (某县人民政府 / 2020年…年度报告)."""
    before = [x for x in lines if x.span[1] <= title.span[0]]
    if not before or title.kind not in ("line", "marked", "inline"):
        return None
    name = "".join(before[-1].text.split())
    return name if is_name(name) else None

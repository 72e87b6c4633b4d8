"""Annotations of generated reports: the facts are known, and are found in whatever layout was written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from . import anchors
from .annotate import GUIDELINES, Annotation, Meta, make_annotation
from .candidates import candidates
from .document import Document
from .facts_text import fold
from .geometry import Span
from .numerals import to_number
from .pipeline import prose_of
from .synth_model import ProseFact, SyntheticReport

GENERATED = "1970-01-01"
"""Date of generated annotations: the same seed gives the same bytes."""


def annotate_generated(report: SyntheticReport, document: Document) -> Annotation:
    """Return the annotation of a generated report as gxml reads it from a file.

    A fact whose sentence the layout lost has no span; the annotation is then not complete.
    """
    placed: dict[Span, list[str]] = {}
    lost = 0
    for section in report.sections:
        facts = [f for f in report.facts if f.section == section.number]
        for place, types in zip(*_find(document, section.text, facts), strict=True):
            if place is None:
                lost += 1
            else:
                placed[place] = types
    found = candidates(prose_of(document))
    spans: list[dict[str, Any]] = []
    for c in found:
        place = next((p for p in placed if p[0] < c.end and c.start < p[1]), None)
        spans.append(
            {
                "start": c.start,
                "end": c.end,
                "labels": tuple(placed.pop(place)) if place else (),
                "value": c.value,
                "unit": c.unit or None,
                "approximate": c.approximate,
            }
        )
    meta = Meta(
        annotator="gxml synth",
        kind="generator",
        date=GENERATED,
        complete=not lost and not placed,
        guidelines=GUIDELINES,
        notes=f"Generated with seed {report.seed}.",
    )
    cells = {i: to_number(v) for i, v in report.cells.items()}
    return make_annotation(document, spans, meta, cells=cells)


def _find(document: Document, text: str, facts: Sequence[ProseFact]) -> tuple[list[Span | None], list[list[str]]]:
    """Return where the facts of a section stand in the document, and their types; two at one place are one."""
    types: dict[Span, list[str]] = {}
    clauses: dict[Span, str] = {}
    for f in sorted(facts, key=lambda f: f.start):
        types.setdefault((f.start, f.end), []).append(f.type)
        clauses[f.start, f.end] = f.text
    spans = list(types)
    places = anchors.realign(document.text, spans, anchors.anchors(text, spans))
    folded, at = fold(document.text)
    for i, span in enumerate(spans):
        if places[i] is None:  # a section so short that the context on both sides is another
            places[i] = _by_clause(folded, at, text, span, clauses[span])
    return places, list(types.values())


def _by_clause(folded: str, at: Sequence[int], text: str, span: Span, clause: str) -> Span | None:
    """Return the place of a fact whose clause stands once in the folded document, else None."""
    begin = text.rfind(clause, 0, span[0] + len(clause))
    words, number = fold(clause)[0], fold(text[slice(*span)])[0]
    if begin < 0 or folded.count(words) != 1:
        return None
    a = folded.index(words) + len(fold(text[begin : span[0]])[0])
    return (at[a], at[a + len(number) - 1] + 1) if folded.startswith(number, a) else None

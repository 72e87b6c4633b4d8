"""Figures of the prose that were read from a picture: none is surer than its digits.

    weighed(facts, document) -> (facts, findings)
    name_confidence(document, name) -> float

A misread digit in prose breaks no sum, so nothing else would say that it may be wrong.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

from .document import Document, Line
from .facts_frames import RawFact
from .readings import finding
from .report import Finding
from .template import fact_types

UNSURE = 0.9
"""A figure with a sign that is read with less confidence is in doubt."""


def name_confidence(document: Document, name: str) -> float:
    """Return how sure the reading of a name or a year is: that of its least sure sign, where it is read best.

    Returns:
        1 where nothing was read from a picture, or the text has no such words.
    """
    lines = _Lines(document)
    if not name or not lines.lines:
        return 1.0
    places = re.finditer(r"\s*".join(re.escape(c) for c in name if not c.isspace()), document.text)
    return max((lines.least(*m.span()) for m in places), default=1.0)


class _Lines:
    """The lines of a document that were read from pictures, to be looked up by place."""

    def __init__(self, document: Document) -> None:
        self.lines = [b for b in document.blocks if isinstance(b, Line) and b.sure]
        self.starts = [line.span[0] for line in self.lines]

    def least(self, start: int, end: int) -> float:
        least = 1.0
        for line in self.lines[max(0, bisect_right(self.starts, start) - 1) :]:
            if line.span[0] >= end:
                break
            inside = range(max(start, line.span[0]) - line.span[0], min(end, line.span[1]) - line.span[0])
            least = min([least, *(line.sure[i] for i in inside if not line.text[i].isspace())])
        return least


def weighed(facts: Sequence[RawFact], document: Document) -> tuple[list[RawFact], list[Finding]]:
    """Return facts with a confidence no higher than that of their digits, and findings on those in doubt.

    Args:
        facts: Of the prose of `document`.
        document: Its lines know how they were read.
    """
    lines = _Lines(document)
    out: list[RawFact] = []
    findings: list[Finding] = []
    for fact in facts:
        sure = lines.least(fact.start, fact.end)
        if sure < UNSURE:
            said = document.text[fact.start : fact.end]
            message = (
                f"第 {fact.page} 页正文“{fact.text}”中的“{said}”（{fact_types()[fact.type].label}）"
                f"识读把握不大（{sure:.2f}），请对照原件。"
            )
            findings.append(finding("READ.PROSE", "unreadable", "warning", [], message, observed=fact.value))
        out.append(replace(fact, confidence=min(fact.confidence, sure)))
    return out, findings

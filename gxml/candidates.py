"""Candidates: every place of the prose that may state a figure, whatever it says.

A fact is a candidate with a type. The finder is generous on purpose: years, document numbers, hours and shares are
candidates too, and the 没有 of 没有发挥作用; it is for a classifier, or for a person who annotates, to tell them apart.
Numbers are found and valued by `gxml.facts_text`, as for the rule-based reader.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from .facts_frames import in_unit
from .facts_text import OPENER, Paragraph, ProseLine, all_numbers, noughts, paragraphs, prose_only
from .geometry import Span
from .numerals import to_number
from .template import fact_types

__all__ = ["Candidate", "candidates", "candidates_of"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A number of the prose, or a word that says nought.

    Attributes:
        kind: "number", or "zero" for 未收到, 没有, 无, ….
        start: Begin of the number itself (or of the word) in the document's text.
        end: Its end: 万 and 百分之 are inside; 余, 约 and the unit are not.
        value: With 万 and 百 applied, a share in per cent; 0 for a word that says nought.
        unit: As printed, "" for none; 万元 and 亿元 are units of their own.
        approximate: 约, 近, 余, 多, 以上, … stand with it.
        counts: It could count something: False for dates, times, ordinals, document and telephone numbers.
        paragraph: That it stands in, folded.
        at: [begin, end) in `paragraph.text`.
    """

    kind: Literal["number", "zero"]
    start: int
    end: int
    value: int | float
    unit: str
    approximate: bool
    counts: bool
    paragraph: Paragraph
    at: Span

    @property
    def page(self) -> int:
        """1 for the first page."""
        return self.paragraph.pages[self.at[0]]

    def value_as(self, fact_type: str) -> int | float:
        """Return the value in the unit of a fact type: 3.2万元 of processing_fee is 32000."""
        number = to_number(in_unit(Decimal(str(self.value)), self.unit, fact_types()[fact_type].unit))
        assert number is not None
        return number


def candidates(lines: Sequence[ProseLine]) -> list[Candidate]:
    """Find the candidates of a document's prose.

    Args:
        lines: Prose in reading order, without the tables (`gxml.pipeline.prose_lines`).

    Returns:
        In order of place, without overlap. Enumerators at the begin of a paragraph (1., （2）) are none.
    """
    pieces = [piece for p in paragraphs(lines) for piece in prose_only(p)]
    return [c for piece in pieces for c in candidates_of(piece)]


def candidates_of(paragraph: Paragraph) -> Iterator[Candidate]:
    """Yield the candidates of one paragraph, in order."""
    text = paragraph.text
    opener = OPENER.match(text)
    begin = opener.end() if opener else 0
    taken: list[Span] = []
    found: list[Candidate] = []
    for n in all_numbers(text):
        if n.start >= begin:
            start, end = paragraph.span(n.start, n.end)
            value = to_number(n.value)
            assert value is not None
            at = (n.start, n.end)
            taken.append((n.start, n.stop))
            found.append(Candidate("number", start, end, value, n.unit, n.approximate, n.counts, paragraph, at))
    for at in noughts(text):
        if not any(a < at[1] and at[0] < b for a, b in taken):
            start, end = paragraph.span(*at)
            found.append(Candidate("zero", start, end, 0, "", False, True, paragraph, at))
    yield from sorted(found, key=lambda c: c.at)

"""Facts of the prose, read by a `Scorer`: the network or the linear baseline gives each candidate its types."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from .candidates import Candidate
from .facts_frames import PARENS, RawFact, find, rfind
from .facts_items import ITEM_TYPES
from .facts_parts import COMPLETE, NEW_MATTER, PARTS
from .facts_text import BOUNDARY, SENTENCE_END, ProseLine
from .passages import NOTHING, Floats, Passage, Scorer, fact_passage, label_types
from .template import fact_types

_GOODS = ("批", "批次")
"""Units of goods and visits, never of what a fact counts."""
_PEOPLE = ("人", "人次", "人（次）", "名", "位")
_NEVER_PEOPLE = frozenset(
    {"press_conferences", "trainings", "inspections", "interpretations", "opinion_responses", "new_media_accounts"}
)
_LINE_NAME = re.compile(r"(?:12\d{3}|96\d{3,4})(?=[\u4e00-\u9fff])")
"""12345政务服务热线: the name of a telephone line."""


class ScoredReader:
    """A `FactReader` that asks a `Scorer` about every candidate.

    Attributes:
        scorer: Whom it asks.
        labels: Its labels.
    """

    def __init__(self, scorer: Scorer) -> None:
        self.scorer = scorer
        self.labels = scorer.labels
        self._types = [label_types(x) for x in self.labels]

    def read(self, text: str, lines: Sequence[ProseLine]) -> list[RawFact]:
        """Return the facts of `lines`, whose spans point into `text`, in order of place."""
        passage, found = fact_passage(lines)
        if not found:
            return []
        alone = np.array(
            [self.fitting(c, row) for c, row in zip(found, self.scorer.probabilities(passage), strict=True)]
        )
        facts = [
            fact_of(c, kind, float(row.max()))
            for c, row in zip(found, self.together(passage, found, alone), strict=True)
            for kind in self._types[int(row.argmax())]
        ]
        return with_wholes(facts, found)

    def fitting(self, c: Candidate, shares: Floats) -> Floats:
        """Return the shares of the labels of a candidate, [labels]: what cannot be is shared out among what can."""
        fitting = np.array([x == NOTHING or fits(c, types) for x, types in zip(self.labels, self._types, strict=True)])
        could_be = np.where(fitting, shares, 0.0)
        total = could_be.sum()
        normal: Floats = could_be / total if total > 0 else fitting / fitting.sum()
        return normal

    def together(self, passage: Passage, found: Sequence[Candidate], shares: Floats) -> Floats:
        """Return the shares of the labels of candidates, [candidates, labels], seen with their neighbours."""
        neighbours = self.scorer.neighbours
        return shares if neighbours is None else neighbours.together(passage, shares, [c.value for c in found])


def fits(c: Candidate, types: Sequence[str]) -> bool:
    """Tell whether the unit of a candidate fits: shares are rates, money is a fee, people are no events."""
    if not types or not c.counts or c.unit in _GOODS:
        return False
    if c.unit in _PEOPLE and not _NEVER_PEOPLE.isdisjoint(types):
        return False
    if not c.unit and _LINE_NAME.match(c.paragraph.text, c.at[0]):
        return False
    units = {fact_types()[t].unit for t in types}
    if c.kind == "zero":
        return "%" not in units
    printed = "%" if c.unit == "%" else "元" if c.unit.endswith("元") else ""
    if printed:
        return units == {printed}
    return "%" not in units and ("元" not in units or (not c.unit and c.value == 0))


def fact_of(c: Candidate, kind: str, confidence: float) -> RawFact:
    """Return the fact that a candidate states."""
    text, (start, end) = c.paragraph.text, c.at
    clause_end = find(text, BOUNDARY, end)
    return RawFact(
        type=kind,
        value=c.value_as(kind),
        unit=fact_types()[kind].unit,
        raw_unit=c.unit or None,
        approximate=c.approximate,
        text=text[rfind(text, BOUNDARY + "：", start) + 1 : clause_end].strip("、：）"),
        section=c.paragraph.section,
        page=c.page,
        start=c.start,
        end=c.end,
        confidence=round(confidence, 4),
        sentence=text[rfind(text, SENTENCE_END, start) + 1 : clause_end],
    )


def with_wholes(facts: Sequence[RawFact], found: Sequence[Candidate]) -> list[RawFact]:
    """Say of each fact in a list of parts which fact is its whole, as the rule-based reader does."""
    place = {c.start: c for c in found}
    out: list[RawFact] = []
    paragraph = None
    stop = 0
    last: RawFact | None = None
    group: RawFact | None = None
    exhaustive = False
    for fact in facts:
        c = place.get(fact.start)
        if c is None:  # the rules' own, at a number that is no candidate
            out.append(fact)
            continue
        if c.paragraph is not paragraph:
            paragraph, stop, group = c.paragraph, 0, None
        gap = PARENS.sub("", c.paragraph.text[stop : c.at[0]])
        cue = PARTS.search(gap)
        opens = cue is not None and last is not None and (stop > 0 or cue.start() <= 2)
        if opens:
            group, exhaustive = last, bool(COMPLETE.search(gap))
        elif any(x in gap for x in SENTENCE_END) or (
            "；" in gap and (group is None or group.type not in ITEM_TYPES or NEW_MATTER.search(gap))
        ):
            group = None
        stop = c.at[1]
        if group is not None and group.start != fact.start:
            fact = replace(fact, whole=group.start, exhaustive=exhaustive)
        out.append(fact)
        if fact.whole is None or opens:
            last = fact
    return out

"""Facts of the prose, read by a `Scorer`: the network or the linear baseline gives each candidate its types.

`fact_reader` gives any reader by name; all stand behind `gxml.facts.FactReader`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from .candidates import Candidate
from .classifier import Classifier
from .errors import FileMissingError, UsageError
from .facts import FactReader, RuleReader
from .facts_frames import PARENS, RawFact, find, rfind
from .facts_items import ITEM_TYPES
from .facts_parts import COMPLETE, NEW_MATTER, PARTS
from .facts_text import BOUNDARY, SENTENCE_END, ProseLine
from .models import chosen, find_model
from .passages import NOTHING, Floats, Scorer, fact_passage, label_types
from .template import fact_types

RULES = "rules"


def fact_reader(name: str | Path = RULES, *, threads: int = 1) -> FactReader:
    """Return a reader of facts.

    Args:
        name: "rules"; "classifier" or "linear" for the chosen model of that kind; or a model's name or folder.
        threads: Threads of a network.

    Raises:
        FileMissingError: There is no such model.
        BrokenFileError: Its files are damaged.
        UsageError: The model is of another kind.
    """
    if str(name) == RULES:
        return RuleReader()
    model = chosen(str(name)) if str(name) in ("classifier", "linear") else find_model(name)
    if model is None:
        raise FileMissingError(f"There is no {name} model.", hint="Make one: gxml train CONFIG.")
    if model.kind == "classifier":
        return ScoredReader(Classifier.load(model, threads=threads))
    if model.kind == "linear":
        from .linear import LinearScorer

        return ScoredReader(LinearScorer.load(model))
    raise UsageError(f"{model.name} is a {model.kind}, which reads no facts.")


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
        facts: list[RawFact] = []
        for candidate, shares in zip(found, self.scorer.probabilities(passage), strict=True):
            facts += self._facts(candidate, shares)
        return _with_wholes(facts, found)

    def _facts(self, c: Candidate, shares: Floats) -> list[RawFact]:
        fitting = [i for i, types in enumerate(self._types) if self.labels[i] == NOTHING or fits(c, types)]
        best = max(fitting, key=lambda i: shares[i])
        # what cannot be is shared out among what can
        total = float(sum(shares[i] for i in fitting))
        confidence = float(shares[best]) / total if total > 0 else 0.0
        return [_fact(c, kind, confidence) for kind in self._types[best]]


def fits(c: Candidate, types: Sequence[str]) -> bool:
    """Tell whether the unit of a candidate fits: shares are rates, money is a fee, dates are nothing."""
    if not types or not c.counts:
        return False
    units = {fact_types()[t].unit for t in types}
    if c.kind == "zero":
        return "%" not in units
    printed = "%" if c.unit == "%" else "元" if c.unit.endswith("元") else ""
    if printed:
        return units == {printed}
    return "%" not in units and ("元" not in units or (not c.unit and c.value == 0))


def _fact(c: Candidate, kind: str, confidence: float) -> RawFact:
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


def _with_wholes(facts: Sequence[RawFact], found: Sequence[Candidate]) -> list[RawFact]:
    """Say of each fact in a list of parts which fact is its whole, as the rule-based reader does."""
    place = {c.start: c for c in found}
    out: list[RawFact] = []
    paragraph = None
    stop = 0
    last: RawFact | None = None
    group: RawFact | None = None
    exhaustive = False
    for fact in facts:
        c = place[fact.start]
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

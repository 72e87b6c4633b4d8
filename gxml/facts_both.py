"""Facts of the prose, read by the rules and a `Scorer` together.

Rules are sure where they speak and silent on sentences that nobody thought of; a network knows more ways to say a
thing and is less sure of each. What the rules say of a candidate adds to the network's log probability of it; how much
is fitted on texts outside of training (`Weights`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from .candidates import Candidate
from .facts import RuleReader
from .facts_frames import RawFact
from .facts_scored import ScoredReader, fact_of, fits, with_wholes
from .facts_text import ProseLine
from .passages import NOTHING, Floats, Scorer, fact_passage, joint_label

_LEAST = 1e-9


@dataclass(frozen=True, slots=True)
class Weights:
    """What the word of the rules adds to a log probability, in nats.

    Attributes:
        fact: To the type that they give.
        nothing: To O, where they give none.
    """

    fact: float
    nothing: float


class BothReader:
    """A `FactReader` that asks the rules and a `Scorer` about every candidate."""

    def __init__(self, scorer: Scorer, weights: Weights) -> None:
        self.scored = ScoredReader(scorer)
        self.weights = weights
        self._rules = RuleReader()

    def read(self, text: str, lines: Sequence[ProseLine]) -> list[RawFact]:
        """Return the facts of `lines`, whose spans point into `text`, in order of place."""
        said: dict[int, list[RawFact]] = {}
        for fact in self._rules.read(text, lines):
            said.setdefault(fact.start, []).append(fact)
        passage, found = fact_passage(lines)
        facts: list[RawFact] = []
        shares = self.scored.scorer.probabilities(passage) if found else np.zeros((0, len(self.scored.labels)))
        for candidate, row in zip(found, shares, strict=True):
            facts += self._facts(candidate, row, said.pop(candidate.start, []))
        # the rules follow a list past numbers that are no facts: what they say of wholes goes first
        facts = [f if f.whole is not None else g for f, g in zip(facts, with_wholes(facts, found), strict=True)]
        rest = [f for group in said.values() for f in group]  # where the rules see a number that is no candidate
        return sorted(facts + rest, key=lambda f: f.start)

    def _facts(self, c: Candidate, shares: Floats, said: Sequence[RawFact]) -> list[RawFact]:
        label, confidence = decide(self.scored, c, shares, [f.type for f in said], self.weights)
        if label not in self.scored.labels:
            return list(said)
        types = self.scored.types_of(label)
        if said and set(types) == {f.type for f in said}:
            return [replace(f, confidence=round(max(f.confidence, confidence), 4)) for f in said]
        return [fact_of(c, kind, confidence) for kind in types]


def decide(
    scored: ScoredReader, c: Candidate, shares: Floats, said: Sequence[str], weights: Weights
) -> tuple[str, float]:
    """Return the label of a candidate, and how sure it is; what the rules say if the scorer has no such label.

    Args:
        scored: Whose labels.
        c: The candidate.
        shares: Probability of each label.
        said: Types that the rules give it.
        weights: What that adds.
    """
    word = joint_label(said)
    labels = scored.labels
    if word not in labels:
        return word, 0.0
    fitting = [i for i, x in enumerate(labels) if x in (NOTHING, word) or fits(c, scored.types_of(x))]
    gain = weights.fact if said else weights.nothing
    scores = np.log(np.maximum(shares[fitting], _LEAST))
    scores = scores + np.array([gain if labels[i] == word else 0.0 for i in fitting])
    parts = np.exp(scores - scores.max())
    best = int(parts.argmax())
    return labels[fitting[best]], float(parts[best] / parts.sum())

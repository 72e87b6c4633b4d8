"""Facts of the prose, read by the rules and a `Scorer` together.

The rules have the first word: where they speak they are seldom wrong, and they say what is part of what. They are
silent on sentences that nobody thought of; there the scorer speaks. Where both speak, the scorer must be far surer.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .candidates import Candidate
from .facts import RuleReader
from .facts_frames import RawFact
from .facts_scored import ScoredReader, fact_of, with_wholes
from .facts_text import ProseLine
from .passages import NOTHING, Floats, Passage, Scorer, fact_passage, joint_label

DOUBT = 1.5
"""What is added to the log probability of O, in nats, where the rules are silent and one model alone is asked."""
OVERRULED = 6.0
"""Nats by which something else must be likelier than what the rules say."""
AGREED = 0.95
"""Where a quick scorer is this sure of what the rules say, nobody else is asked: two of three numbers of a report."""
ALONE = 0.79
"""Most confidence of a fact that the scorer alone reads: one that differs from a table is a note then, no warning."""
_LEAST = 1e-9


class BothReader:
    """A `FactReader`: the rules and a `Scorer`.

    Args:
        scorer: Whom to ask.
        doubt: What is added to the log probability of O where the rules are silent: a fact must be so much likelier.
        quick: A scorer that is asked first, so that the other need not be asked everywhere.
    """

    def __init__(self, scorer: Scorer, doubt: float = DOUBT, quick: Scorer | None = None) -> None:
        self.scored = ScoredReader(scorer)
        self._quick = quick
        self._rules = RuleReader()
        self._doubt = np.array([np.exp(doubt) if x == NOTHING else 1.0 for x in scorer.labels])
        self._labels = {x: i for i, x in enumerate(scorer.labels)}

    def read(self, text: str, lines: Sequence[ProseLine]) -> list[RawFact]:
        """Return the facts of `lines`, whose spans point into `text`, in order of place."""
        said = self._rules.read(text, lines)
        passage, found = fact_passage(lines)
        if not found:
            return said
        types: dict[int, list[str]] = {}
        listed: set[int] = set()
        for f in said:
            types.setdefault(f.start, []).append(f.type)
            if f.whole is not None:  # a list stays as a whole: its sum is checked
                listed |= {f.start, f.whole}
        more: list[RawFact] = []
        overruled: set[int] = set()
        asked = self._open(passage, [joint_label(types.get(c.start, ())) for c in found])
        for i, shares in zip(asked, self.scored.scorer.probabilities(passage.only(asked)), strict=True):
            c = found[i]
            if c.start not in types:
                more += self._facts(c, shares * self._doubt)
            elif c.start not in listed and self._overrules(c, shares, joint_label(types[c.start])):
                overruled.add(c.start)
                more += self._facts(c, shares)
        if not more and not overruled:
            return said
        facts = sorted([*(f for f in said if f.start not in overruled), *more], key=lambda f: f.start)
        # the rules follow a list past numbers that are no facts: what they say of wholes goes first
        alone = {id(f) for f in more}
        return [g if id(f) in alone else f for f, g in zip(facts, with_wholes(facts, found), strict=True)]

    def _open(self, passage: Passage, said: Sequence[str]) -> list[int]:
        """Return the marks on which rules and quick scorer do not agree; all without one."""
        if self._quick is None:
            return list(range(len(said)))
        shares = self._quick.probabilities(passage)
        best = shares.argmax(1)
        return [i for i, j in enumerate(best) if shares[i, j] < AGREED or self._quick.labels[int(j)] != said[i]]

    def _overrules(self, c: Candidate, shares: Floats, label: str) -> bool:
        if label not in self._labels:
            return False  # it knows no such fact
        best, _ = self.scored.best(c, shares)
        theirs = max(float(shares[self._labels[label]]), _LEAST)
        return float(np.log(shares[self._labels[best]] / theirs)) > OVERRULED

    def _facts(self, c: Candidate, shares: Floats) -> list[RawFact]:
        label, confidence = self.scored.best(c, shares / shares.sum())
        return [fact_of(c, kind, min(confidence, ALONE)) for kind in self.scored.types_of(label)]

"""Facts of the prose, read by the rules and a `Scorer` together.

The rules have the first word: where they speak they are seldom wrong, and they say what is part of what. They are
silent on sentences that nobody thought of; there the scorer speaks.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .candidates import Candidate
from .facts import RuleReader
from .facts_frames import RawFact
from .facts_scored import ScoredReader, fact_of, with_wholes
from .facts_text import ProseLine
from .passages import NOTHING, Floats, Passage, Scorer, fact_passage

DOUBT = 1.5
"""What is added to the log probability of O, in nats, where the rules are silent and one model alone is asked."""
AGREED = 0.95
"""Where a quick scorer is this sure that there is no fact, either, nobody else is asked."""
ALONE = 0.79
"""Most confidence of a fact that the scorer alone reads: one that differs from a table is a note then, no warning."""


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

    def read(self, text: str, lines: Sequence[ProseLine]) -> list[RawFact]:
        """Return the facts of `lines`, whose spans point into `text`, in order of place."""
        said = self._rules.read(text, lines)
        taken = {f.start for f in said}
        passage, found = fact_passage(lines)
        asked = self._open(passage, [i for i, c in enumerate(found) if c.start not in taken])
        if not asked:
            return said
        shares = self.scored.scorer.probabilities(passage.only(asked))
        more = [f for i, row in zip(asked, shares, strict=True) for f in self._facts(found[i], row * self._doubt)]
        if not more:
            return said
        facts = sorted([*said, *more], key=lambda f: f.start)
        # the rules follow a list past numbers that are no facts: what they say of wholes goes first
        wholes = with_wholes(facts, found)
        alone = {id(f) for f in more}
        return [g if id(f) in alone else f for f, g in zip(facts, wholes, strict=True)]

    def _open(self, passage: Passage, silent: list[int]) -> list[int]:
        """Return those of the marks on which the rules are silent that the quick scorer does not think nothing, too."""
        if self._quick is None or not silent:
            return silent
        nothing = self._quick.labels.index(NOTHING)
        shares = self._quick.probabilities(passage.only(silent))[:, nothing]
        return [i for i, share in zip(silent, shares, strict=True) if share < AGREED]

    def _facts(self, c: Candidate, shares: Floats) -> list[RawFact]:
        label, confidence = self.scored.best(c, shares / shares.sum())
        return [fact_of(c, kind, min(confidence, ALONE)) for kind in self.scored.types_of(label)]

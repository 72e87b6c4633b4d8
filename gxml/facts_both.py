"""Facts of the prose, read by the rules and a `Scorer` together.

The rules have the first word: where they speak they are seldom wrong, and they say what is part of what. They are
silent on sentences that nobody thought of; there the scorer speaks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from .blend import blender
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
    """A `FactReader`: the rules, and a `Scorer` or two where they are silent.

    Args:
        scorer: Whom to ask.
        quick: A second one, which is asked first: where it is not sure that there is nothing, the two speak together.
    """

    def __init__(self, scorer: Scorer, quick: Scorer | None = None) -> None:
        self.scored = ScoredReader(scorer)
        self._rules = RuleReader()
        self._quick = quick
        if quick is not None:
            self._nothing = quick.labels.index(NOTHING)
            self._blend = blender(scorer.labels, quick.labels)
        self._doubt = np.array([np.exp(DOUBT) if x == NOTHING else 1.0 for x in scorer.labels])

    def read(self, text: str, lines: Sequence[ProseLine]) -> list[RawFact]:
        """Return the facts of `lines`, whose spans point into `text`, in order of place.

        Nobody is asked about the numbers of plans and of other years.
        """
        said, not_now = self._rules.read_apart(lines)
        taken = {f.start for f in said} | not_now
        passage, found = fact_passage(lines)
        silent = [i for i, c in enumerate(found) if c.start not in taken]
        more = [f for i, row in self._shares(passage, silent) for f in self._facts(found[i], row)]
        if not more:
            return said
        facts = sorted([*said, *more], key=lambda f: f.start)
        # the rules follow a list past numbers that are no facts: what they say of wholes goes first
        wholes = with_wholes(facts, found)
        alone = {id(f) for f in more}
        return [g if id(f) in alone else f for f, g in zip(facts, wholes, strict=True)]

    def _shares(self, passage: Passage, silent: list[int]) -> Iterator[tuple[int, Floats]]:
        """Yield those of some marks that may be facts, each with the shares of its labels."""
        if not silent:
            return
        if self._quick is None:
            shares = self.scored.scorer.probabilities(passage.only(silent)) * self._doubt
            yield from zip(silent, shares, strict=True)
            return
        theirs = self._quick.probabilities(passage.only(silent))
        unsure = theirs[:, self._nothing] < AGREED
        asked = [i for i, u in zip(silent, unsure, strict=True) if u]
        if asked:
            mine = self.scored.scorer.probabilities(passage.only(asked))
            yield from zip(asked, self._blend(mine, theirs[unsure]), strict=True)

    def _facts(self, c: Candidate, shares: Floats) -> list[RawFact]:
        label, confidence = self.scored.best(c, shares / shares.sum())
        return [fact_of(c, kind, min(confidence, ALONE)) for kind in self.scored.types_of(label)]

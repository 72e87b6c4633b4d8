"""Facts of the prose, read by the rules and by models together.

Where only one model is there, the rules have the first word, and it speaks where they are silent. Of two models the
quick one is asked about every number, and the other where the quick one does not bear out what the rules say, or their
silence; then all three decide, the rules with a bonus.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from .blend import blender
from .facts import RuleReader
from .facts_frames import UNSURE, RawFact
from .facts_scored import ScoredReader, fact_of, with_wholes
from .facts_text import ProseLine
from .passages import NOTHING, Floats, Passage, Scorer, fact_passage, joint_label

DOUBT = 1.5
"""What is added to the log probability of O, in nats, where the rules are silent and one model alone is asked."""
AGREED = 0.95
"""Where a quick scorer is this sure that there is no fact, either, nobody else is asked."""
BORNE_OUT = 0.5
"""Where it is this sure of what the rules say, neither."""
RULES = 4.0
"""What is added to the log probability of what the rules say, in nats, where both models are asked."""
NEARLY_WHOLE = 0.1
"""Parts that make up their whole but for this share of it are what the rules say: nobody is asked."""
ALONE = 0.79
"""Most confidence of a fact that models alone read."""
SURE = (1.2, 0.55)
"""Log odds that what the rules say is right: the first, and the second times the log odds that the models give it."""
_LEAST = 1e-4
"""Probability of what the rules say where the models have no such label."""


class BothReader:
    """A `FactReader`: the rules, and a `Scorer` or two.

    Args:
        scorer: Whom to ask.
        quick: A second one, which is asked first, about everything.
    """

    def __init__(self, scorer: Scorer, quick: Scorer | None = None) -> None:
        self.scored = ScoredReader(scorer)
        self._rules = RuleReader()
        self._place = {label: i for i, label in enumerate(scorer.labels)}
        self._quick = quick
        if quick is not None:
            self._quick_place = {label: i for i, label in enumerate(quick.labels)}
            self._blend = blender(scorer.labels, quick.labels)
        self._doubt = np.array([math.exp(DOUBT) if x == NOTHING else 1.0 for x in scorer.labels])

    def read(self, text: str, lines: Sequence[ProseLine]) -> list[RawFact]:
        """Return the facts of `lines`, whose spans point into `text`, in order of place.

        Nobody is asked about the numbers of plans and of other years, and of parts that add up.
        """
        said, not_now = self._rules.read_apart(lines)
        types: dict[int, set[str]] = {}
        for f in said:
            types.setdefault(f.start, set()).add(f.type)
        passage, found = fact_passage(lines)
        settled = not_now | _adding_up(said)
        marks = [i for i, c in enumerate(found) if c.start not in settled]
        labels = [joint_label(sorted(types.get(found[i].start, ()))) for i in marks]
        more: list[RawFact] = []
        asked, borne_out = self._ask(passage, marks, labels)
        sure = {found[i].start: share for i, share in borne_out.items()}
        for i, by_rules, shares in asked:
            label, confidence = self.scored.best(found[i], shares)
            own = float(shares[self._place[by_rules]]) if by_rules in self._place else _LEAST
            if label == by_rules or (by_rules != NOTHING and own * math.exp(RULES) >= shares[self._place[label]]):
                sure[found[i].start] = own
                continue
            more += [fact_of(found[i], kind, min(confidence, ALONE)) for kind in self.scored.types_of(label)]
            types.pop(found[i].start, None)
        kept = [_weighed(f, sure.get(f.start)) for f in said if f.start in types]
        if not more and len(kept) == len(said):
            return kept
        facts = sorted([*kept, *more], key=lambda f: f.start)
        there = {f.start for f in facts}
        # the rules follow a list past numbers that are no facts: what they say of wholes goes first
        wholes = with_wholes(facts, found)
        alone = {id(f) for f in more}
        return [
            g if id(f) in alone else replace(f, whole=None, exhaustive=False) if f.whole not in (None, *there) else f
            for f, g in zip(facts, wholes, strict=True)
        ]

    def _ask(
        self, passage: Passage, marks: Sequence[int], said: Sequence[str]
    ) -> tuple[list[tuple[int, str, Floats]], dict[int, float]]:
        """Return the marks that somebody must decide about, and those that need nobody.

        Args:
            passage: With all marks.
            marks: Indices of those that may be asked about.
            said: Label that the rules give each of them.

        Returns:
            The first with what the rules say and the shares of the labels; of the others those that the quick scorer
            was asked about, with the share that it gives what the rules say.
        """
        if self._quick is None:
            silent = [i for i, label in zip(marks, said, strict=True) if label == NOTHING]
            if not silent:
                return [], {}
            doubted = self.scored.scorer.probabilities(passage.only(silent)) * self._doubt
            return [(i, NOTHING, row / row.sum()) for i, row in zip(silent, doubted, strict=True)], {}
        if not marks:
            return [], {}
        theirs = self._quick.probabilities(passage.only(marks))
        places = [self._quick_place.get(label) for label in said]
        shares = [0.0 if p is None else float(row[p]) for p, row in zip(places, theirs, strict=True)]
        least = [AGREED if label == NOTHING else BORNE_OUT for label in said]
        unsure = [k for k in range(len(marks)) if shares[k] < least[k]]
        borne_out = {i: share for i, share, low in zip(marks, shares, least, strict=True) if share >= low}
        if not unsure:
            return [], borne_out
        mine = self.scored.scorer.probabilities(passage.only([marks[k] for k in unsure]))
        blended = self._blend(mine, theirs[unsure])
        return [(marks[k], said[k], row) for k, row in zip(unsure, blended, strict=True)], borne_out


def _weighed(fact: RawFact, share: float | None) -> RawFact:
    """Return what the rules say, as sure as it is with the share that the models give it; None: nobody was asked.

    What the rules themselves are unsure of does not become surer.
    """
    if share is None:
        return fact
    share = min(max(share, _LEAST), 1 - _LEAST)
    odds = math.exp(SURE[0] + SURE[1] * math.log(share / (1 - share)))
    sure = odds / (1 + odds)
    return replace(fact, confidence=round(min(fact.confidence, sure) if fact.confidence < UNSURE else sure, 4))


def _adding_up(facts: Sequence[RawFact]) -> set[int]:
    """Return where the parts stand that make up their whole, or nearly."""
    values = {f.start: f.value for f in facts}
    parts: dict[int, dict[int, float]] = {}
    for f in facts:
        if f.whole is not None:
            parts.setdefault(f.whole, {})[f.start] = f.value
    return {
        place
        for whole, of in parts.items()
        if whole in values and abs(sum(of.values()) - values[whole]) <= NEARLY_WHOLE * values[whole]
        for place in of
    }

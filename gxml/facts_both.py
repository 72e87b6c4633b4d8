"""Facts of the prose, read by the rules and by models together.

Where only one model is there, the rules have the first word, and it speaks where they are silent. Of two models the
quick one is asked about every number, and the other where the quick one does not bear out what the rules say, or their
silence; then all three decide, the rules with a bonus.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from .blend import blender
from .candidates import Candidate
from .facts import RuleReader
from .facts_frames import UNSURE, RawFact
from .facts_scored import ScoredReader, fact_of, with_wholes
from .facts_text import ProseLine
from .passages import NOTHING, Floats, Passage, Scorer, fact_passage, joint_label, label_types

DOUBT = 1.5
"""What is added to the log probability of O, in nats, where the rules are silent and one model is asked."""
SILENT = 2.0
"""The same where two are, also about plans and the figures of other years. In real reports that neither rules nor
models knew, models alone were right about 1 figure and wrong about 12, with this about 1 and 7."""
AGREED = 0.95
"""Where a quick scorer is this sure that there is no fact, either, nobody else is asked."""
BORNE_OUT = 0.8
"""Where it is this sure of what the rules say, neither."""
RULES = 3.0
"""What is added to the log probability of what the rules say, in nats, where both models are asked. Where these were
surer of something else by 2 to 4 nats, they were right on 158 of 192 places in new sentences of five writers, the rules
on 21; but in real reports the rules were right more often."""
RULES_OF = {"website_items": 4.0, "rate": 4.0, "interpretations": 4.0}
"""The same for some labels: on the ten annotated reports the rules were right where the models were sure by 3 to 4."""
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
        self._labels = scorer.labels
        self._place = {label: i for i, label in enumerate(scorer.labels)}
        self._quick = quick
        if quick is not None:
            self._quick_place = {label: i for i, label in enumerate(quick.labels)}
            self._blend = blender(scorer.labels, quick.labels)
        self._silent = DOUBT if quick is None else SILENT

    def read(self, text: str, lines: Sequence[ProseLine]) -> list[RawFact]:
        """Return the facts of `lines`, whose spans point into `text`, in order of place.

        Nobody is asked about parts that add up, and one model alone not about plans and other years.
        """
        said, not_now = self._rules.read_apart(lines)
        types: dict[int, set[str]] = {}
        for f in said:
            types.setdefault(f.start, set()).add(f.type)
        passage, found = fact_passage(lines)
        settled = _adding_up(said) | (not_now if self._quick is None else set())
        labels = [joint_label(sorted(types.get(c.start, ()))) for c in found]
        asked, sure = self._ask(passage, [i for i, c in enumerate(found) if c.start not in settled], labels)
        more: list[RawFact] = []
        shares = self._seen_together(passage, found, asked, labels)
        for i, row in shares.items():
            c, best = found[i], int(row.argmax())
            own = float(row[self._place[labels[i]]]) if labels[i] in self._place else _LEAST
            bonus = RULES_OF.get(labels[i], RULES) if labels[i] != NOTHING else self._silent
            if own * math.exp(bonus) >= row[best]:
                sure[i] = own
                continue
            more += [fact_of(c, kind, min(float(row[best]), ALONE)) for kind in label_types(self._labels[best])]
            types.pop(c.start, None)
        weights = {found[i].start: share for i, share in sure.items()}
        kept = [_weighed(f, weights.get(f.start)) for f in said if f.start in types]
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
    ) -> tuple[dict[int, Floats], dict[int, float]]:
        """Ask about marks, the slow scorer only where the quick one bears out neither the rules nor their silence.

        Args:
            passage: With all marks.
            marks: Indices of those that may be asked about.
            said: Label that the rules give each mark of the passage.

        Returns:
            Shares of the labels of the marks that are to be decided, and, of those that are not, how likely the quick
            scorer finds what the rules say.
        """
        if self._quick is None:
            marks = [i for i in marks if said[i] == NOTHING]
            return dict(zip(marks, self.scored.scorer.probabilities(passage.only(marks)), strict=True)), {}
        unsure: dict[int, Floats] = {}
        borne_out: dict[int, float] = {}
        for i, row in zip(marks, self._quick.probabilities(passage.only(marks)), strict=True):
            place = self._quick_place.get(said[i])
            share = 0.0 if place is None else float(row[place])
            if share < (AGREED if said[i] == NOTHING else BORNE_OUT):
                unsure[i] = row
            else:
                borne_out[i] = share
        if not unsure:
            return {}, borne_out
        mine = self.scored.scorer.probabilities(passage.only(list(unsure)))
        return dict(zip(unsure, self._blend(mine, np.array(list(unsure.values()))), strict=True)), borne_out

    def _seen_together(
        self, passage: Passage, found: Sequence[Candidate], asked: Mapping[int, Floats], said: Sequence[str]
    ) -> dict[int, Floats]:
        """Return the shares of the labels of the marks that somebody was asked about, seen with their neighbours.

        All other marks are what the rules say.
        """
        if not asked:
            return {}
        shares = np.zeros((len(found), len(self._labels)))
        for i, label in enumerate(said):
            if i in asked:
                shares[i] = self.scored.fitting(found[i], asked[i])
            else:
                shares[i, self._place.get(label, self._place[NOTHING])] = 1.0
        together = self.scored.together(passage, found, shares)
        return {i: together[i] for i in asked}


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

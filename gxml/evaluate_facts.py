"""Scores of fact readers: precision, recall and F1 over facts, whole and by type, with bootstrap intervals.

A fact counts as found where type, value and span agree. What annotators marked doubtful, and what nobody has looked at,
is left out on both sides.

    scores = FactScores()
    for text in texts:
        scores.update(gold_of(text.candidates), reader.read(text.text, text.lines), ignored_of(text.candidates))
    scores.summary()
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from .annotate import Labelled
from .facts import RawFact
from .geometry import Span
from .passages import Floats
from .report import Fact
from .scores import share
from .template import fact_types

RESAMPLES = 1000
LEVEL = 0.95
"""Share of the resamples that lie inside an interval."""

Entity = tuple[str, int, int, float]
"""Type, begin, end, value."""


@dataclass(frozen=True, slots=True)
class Score:
    """Precision, recall and F1 with the counts under them.

    Attributes:
        found: Facts that are there and were read.
        wrong: Facts that were read and are not there.
        missed: Facts that are there and were not read.
        interval: Of F1, by resampling documents; None where it was not computed.
    """

    found: int
    wrong: int
    missed: int
    interval: tuple[float, float] | None = None

    @property
    def precision(self) -> float:
        """Share of what was read that is right; 1 where nothing was read."""
        return share(self.found, self.found + self.wrong)

    @property
    def recall(self) -> float:
        """Share of what is there that was read; 1 where nothing is there."""
        return share(self.found, self.found + self.missed)

    @property
    def f1(self) -> float:
        """Harmonic mean of both; 1 where nothing is there and nothing was read."""
        return _f1(self.found, self.wrong, self.missed)


@dataclass(frozen=True, slots=True)
class Summary:
    """Scores of one reader.

    Attributes:
        documents: How many.
        all: Over every fact.
        types: By fact type, those that came up.
    """

    documents: int
    all: Score
    types: dict[str, Score]


class FactScores:
    """Counts of one reader, document by document."""

    def __init__(self) -> None:
        self._documents: list[Counter[tuple[str, str]]] = []

    def update(self, gold: Iterable[Entity], read: Iterable[RawFact | Fact], ignored: Sequence[Span] = ()) -> None:
        """Take in one document.

        Args:
            gold: Its facts.
            read: What a reader read in it.
            ignored: Places where nothing that was read counts.
        """
        there = set(gold)
        have = {
            (f.type, f.start, f.end, float(f.value))
            for f in read
            if not any(a < f.end and f.start < b for a, b in ignored)
        }
        counts: Counter[tuple[str, str]] = Counter()
        for outcome, facts in (("found", there & have), ("wrong", have - there), ("missed", there - have)):
            counts.update((outcome, f[0]) for f in facts)
        self.add(counts)

    def add(self, counts: Counter[tuple[str, str]]) -> None:
        """Take in one document that was compared elsewhere: numbers by ("found", "wrong" or "missed", type)."""
        self._documents.append(counts)

    def reset(self) -> None:
        """Forget all documents."""
        self._documents.clear()

    def summary(self, resamples: int = RESAMPLES, seed: int = 0) -> Summary:
        """Return the scores so far.

        Args:
            resamples: Of the documents, for the interval; 0 for no interval.
            seed: Of the resampling; the same seed draws the same documents for every reader.
        """
        total = sum(self._documents, Counter())
        types = {
            t: Score(total["found", t], total["wrong", t], total["missed", t])
            for t in fact_types()
            if any(total[outcome, t] for outcome in ("found", "wrong", "missed"))
        }
        interval = None
        if resamples and self._documents:
            interval = _interval(self._resampled(resamples, seed))
        found, wrong, missed = _outcomes(total)
        whole = Score(found, wrong, missed, interval)
        return Summary(len(self._documents), whole, types)

    def margin_over(self, other: FactScores, resamples: int = RESAMPLES, seed: int = 0) -> tuple[float, float, float]:
        """Return by how much this F1 is above another reader's of the same documents, and the interval of that.

        Both are resampled together. An interval above 0 says that this reader is better.
        """
        if len(self._documents) != len(other._documents):
            raise ValueError("the readers were not scored on the same documents")
        mine, theirs = self.summary(0), other.summary(0)
        margins = self._resampled(resamples, seed) - other._resampled(resamples, seed)
        return (mine.all.f1 - theirs.all.f1, *_interval(margins))

    def _resampled(self, resamples: int, seed: int) -> Floats:
        """Return the F1 of resampled documents."""
        counts = np.array([_outcomes(d) for d in self._documents])
        rng = np.random.default_rng(seed)
        drawn = rng.integers(len(counts), size=(resamples, len(counts)))
        sums = counts[drawn].sum(1)
        return np.array([_f1(*map(int, row)) for row in sums])


def gold_of(candidates: Iterable[Labelled]) -> list[Entity]:
    """Return the facts that labelled candidates state, without doubtful ones."""
    return [
        (label, x.candidate.start, x.candidate.end, float(x.candidate.value_as(label)))
        for x in candidates
        if not x.doubtful
        for label in x.labels or ()
        if label in fact_types()
    ]


def ignored_of(candidates: Iterable[Labelled]) -> list[Span]:
    """Return the places that are doubtful, or that nobody has looked at."""
    return [(x.candidate.start, x.candidate.end) for x in candidates if x.doubtful or x.labels is None]


def _outcomes(counts: Counter[tuple[str, str]]) -> tuple[int, int, int]:
    """Return how many facts were found, wrong, missed."""
    found, wrong, missed = (sum(n for (x, _), n in counts.items() if x == o) for o in ("found", "wrong", "missed"))
    return found, wrong, missed


def _interval(values: Floats) -> tuple[float, float]:
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return (float(low), float(high))


def _f1(found: int, wrong: int, missed: int) -> float:
    return 2 * found / (2 * found + wrong + missed) if found + wrong + missed else 1.0

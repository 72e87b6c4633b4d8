"""Scores of confidence, prose and tables, as metrics with `update`, `summary` and `reset`; see `gxml.scores` too."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from .judged import Judged
from .scores import Summary

# ---- confidence -----------------------------------------------------------------------------------------------------

EDGES = (0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 0.985, 0.995, 0.999, 1.01)
"""Bins of confidence, finer where most readings are."""


class Bin(Summary):
    """Readings of like confidence: their number, its mean, and the share of right ones."""

    count: int
    confidence: float
    right: float


class CalibrationSummary(Summary):
    """How far confidences tell the truth.

    Attributes:
        readings: Cells with a value, or read as blank.
        ece: Expected calibration error: mean distance of confidence and share of right readings over the bins,
            weighted by their readings (Guo et al., ICML 2017).
        bins: Those with readings.
    """

    readings: int = 0
    ece: float = 0.0
    bins: tuple[Bin, ...] = ()


def binned(readings: Iterable[tuple[float, bool]]) -> list[Bin]:
    """Return the bins of (confidence, whether it is right), those with readings."""
    bins, all_of_them = [], list(readings)
    for low, high in pairwise(EDGES):
        group = [(p, right) for p, right in all_of_them if low <= p < high]
        if group:
            n = len(group)
            bins.append(Bin(count=n, confidence=sum(p for p, _ in group) / n, right=sum(r for _, r in group) / n))
    return bins


class CalibrationScores:
    """Confidence against being right."""

    def __init__(self) -> None:
        self._pairs: list[tuple[float, bool]] = []

    def update(self, cells: Iterable[Judged]) -> None:
        """Take in one report. Cells for which no value is claimed say nothing."""
        claimed = ("read", "blank", "derived", "corrected")
        self._pairs += [(c.confidence, c.outcome == "exact") for c in cells if c.status in claimed]

    def reset(self) -> None:
        """Forget all reports."""
        self._pairs.clear()

    def summary(self) -> CalibrationSummary:
        """Return the bins so far."""
        bins = binned(self._pairs)
        n = len(self._pairs)
        ece = sum(b.count * abs(b.confidence - b.right) for b in bins) / n if n else 0.0
        return CalibrationSummary(readings=n, ece=ece, bins=tuple(bins))


# ---- prose and tables -----------------------------------------------------------------------------------------------


class ProseSummary(Summary):
    """Characters of the prose, white space and widths aside: how many, and how many edits the reading is away."""

    characters: int = 0
    errors: int = 0

    @property
    def rate(self) -> float:
        """Edits for each character that is printed."""
        return self.errors / self.characters if self.characters else 0.0


class ProseScores:
    """Character errors of the prose (Levenshtein distance)."""

    def __init__(self) -> None:
        self._characters = self._errors = 0

    def update(self, truth: str, read: str) -> None:
        """Take in the prose of one report."""
        from rapidfuzz.distance import Levenshtein

        want, have = _plain(truth), _plain(read)
        self._characters += len(want)
        self._errors += Levenshtein.distance(want, have)

    def reset(self) -> None:
        """Forget all reports."""
        self._characters = self._errors = 0

    def summary(self) -> ProseSummary:
        """Return the counts so far."""
        return ProseSummary(characters=self._characters, errors=self._errors)


def _plain(text: str) -> str:
    import unicodedata

    return "".join(unicodedata.normalize("NFKC", text).split())


class TedsSummary(Summary):
    """Mean TEDS of the tables, with texts and without; 1 where there are none. See `gxml.teds`."""

    tables: int = 0
    content: float = 1.0
    structure: float = 1.0


class TedsScores:
    """TEDS of tables as they were read against tables as they are printed."""

    def __init__(self) -> None:
        self._scores: list[tuple[float, float]] = []

    def update(self, truth: str, read: str) -> None:
        """Take in one table, both as HTML; "" for a table that was not found."""
        from .teds import teds

        if truth == read:
            self._scores.append((1.0, 1.0))
        else:
            self._scores.append((teds(truth, read), teds(truth, read, structure_only=True)))

    def reset(self) -> None:
        """Forget all tables."""
        self._scores.clear()

    def summary(self) -> TedsSummary:
        """Return the means so far."""
        n = len(self._scores)
        if not n:
            return TedsSummary()
        content, structure = (sum(s) / n for s in zip(*self._scores, strict=True))
        return TedsSummary(tables=n, content=content, structure=structure)

"""Numbers of one sentence are decided together: which label stands beside which, and what is seldom said twice.

A scorer gives each number its labels without a look at what the others got. Two things that it misses can be counted
in the sentences that it learned from: how often a label comes next to another, and how often a sentence states one fact
with two values. They stand in the neighbours.json of a model directory.

A sentence is a chain: the share of a sequence of labels is the product of the scorer's shares and of how much likelier
than by chance each label follows the one before. What each number gets are the exact marginals of that chain
(forward-backward: Rabiner 1989, 10.1109/5.18626). That a fact is said once ties any two numbers, also far apart; it
comes in as a factor for each number, from what the others are likely to state (mean field), a few times over.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from .errors import BrokenFileError
from .models import ModelDir
from .passages import Floats, Passage, label_types

NEIGHBOURS = "neighbours.json"
"""Its file in a model directory."""
FOLLOWING = 0.4
"""Power of how much likelier than by chance a label follows another: the scorer knows part of it by itself. On 200
texts of sentences that no model had learned the network's F1 was .948 with 0, .949 with .2, .950 with .3 to .5, .945
with 1, and .945 where each number was decided alone."""
REPEATING = 0.5
"""Power of how rarely a sentence states a fact twice: .948 there with 0, .950 with .5 to 1."""
ROUNDS = 3
_UNSEEN = 20.0
"""Pairs of labels that are taken to have been seen as often as by chance."""
_ONCE, _OFTEN = 1.0, 50.0
"""Sentences that are taken to have repeated a fact, of so many that stated it."""
_END = re.compile("[。！？\n]")


class NeighbourCounts(BaseModel):
    """neighbours.json.

    Attributes:
        following: Label -> label of the next number of its sentence -> how often.
        stated: Fact type -> sentences that state it, and those of them that state it more than once.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal["1.0"] = "1.0"
    following: dict[str, dict[str, int]]
    stated: dict[str, tuple[int, int]]


def sentences(passage: Passage) -> list[list[int]]:
    """Return the marks of each sentence that has any, by index, in order."""
    out: list[list[int]] = []
    stop = -1
    for i, mark in enumerate(passage.marks):
        if mark >= stop:
            end = _END.search(passage.text, mark)
            stop = end.end() if end else len(passage.text)
            out.append([])
        out[-1].append(i)
    return out


def counted(
    labelled: Iterable[tuple[Passage, Sequence[str | None]]], known: NeighbourCounts | None = None
) -> NeighbourCounts | None:
    """Count what stands beside what in labelled passages.

    Args:
        labelled: Passages with the label of each mark, None where nobody knows. Rows are passed over.
        known: Counts that these are added to.

    Returns:
        None where no sentence has two numbers with known labels.
    """
    following: Counter[tuple[str, str]] = Counter()
    stated: Counter[str] = Counter()
    repeated: Counter[str] = Counter()
    if known is not None:
        following.update({(a, b): n for a, row in known.following.items() for b, n in row.items()})
        stated.update({kind: n for kind, (n, _) in known.stated.items()})
        repeated.update({kind: n for kind, (_, n) in known.stated.items()})
    for passage, labels in labelled:
        if passage.kind != "facts":
            continue
        for sentence in sentences(passage):
            found = [labels[i] for i in sentence]
            following.update((a, b) for a, b in pairwise(found) if a is not None and b is not None)
            types = Counter(kind for label in found if label is not None for kind in label_types(label))
            stated.update(types.keys())
            repeated.update(kind for kind, n in types.items() if n > 1)
    if not following:
        return None
    rows: dict[str, dict[str, int]] = {}
    for (a, b), n in sorted(following.items()):
        rows.setdefault(a, {})[b] = n
    return NeighbourCounts(following=rows, stated={kind: (stated[kind], repeated[kind]) for kind in sorted(stated)})


def load_counts(model: ModelDir) -> NeighbourCounts | None:
    """Read the counts of a model directory; None for a model that was trained without.

    Raises:
        BrokenFileError: The file is not the one that config.json names, or holds something else.
    """
    if NEIGHBOURS not in model.files:
        return None
    try:
        return NeighbourCounts.model_validate_json(model.read(NEIGHBOURS))
    except ValidationError as e:
        raise BrokenFileError(f"{NEIGHBOURS} of {model.name} holds something else.") from e


class Neighbours:
    """Counts made ready for the labels of a scorer.

    Args:
        counts: What was counted.
        labels: Of the scorer.
    """

    def __init__(self, counts: NeighbourCounts, labels: Sequence[str]) -> None:
        self.counts = counts
        seen = np.array([[counts.following.get(a, {}).get(b, 0) for b in labels] for a in labels], np.float64)
        by_chance = np.outer(seen.sum(1), seen.sum(0)) / max(seen.sum(), 1.0)
        self._ratios: Floats = ((seen + _UNSEEN) / (by_chance + _UNSEEN)) ** FOLLOWING
        kinds = sorted({kind for label in labels for kind in label_types(label)})
        self._states: Floats = np.array(
            [[kind in label_types(label) for kind in kinds] for label in labels], np.float64
        )
        rarely = [counts.stated.get(kind, (0, 0)) for kind in kinds]
        self._against: Floats = np.array([-math.log((n + _ONCE) / (all_ + _OFTEN)) for all_, n in rarely]) * REPEATING

    @classmethod
    def load(cls, model: ModelDir, labels: Sequence[str]) -> Neighbours | None:
        """Load those of a model directory; None for a model that was trained without.

        Raises:
            BrokenFileError: See `load_counts`.
        """
        counts = load_counts(model)
        return None if counts is None else cls(counts, labels)

    def together(self, passage: Passage, shares: Floats, values: Sequence[float]) -> Floats:
        """Return the shares of the labels of each mark, seen with the other marks of its sentence.

        Args:
            passage: With its marks.
            shares: [marks, labels], rows of sum 1.
            values: Of each mark: the same value twice is no second fact.
        """
        out = shares.copy()
        for sentence in sentences(passage):
            if len(sentence) > 1 and shares[sentence].max(1).min() < 1:
                out[sentence] = self._decided(shares[sentence], np.array([float(values[i]) for i in sentence]))
        return out

    def _decided(self, shares: Floats, values: Floats) -> Floats:
        """Return the shares of the marks of one sentence."""
        other = values[:, None] != values[None, :]
        found = _marginals(shares, self._ratios)
        for _ in range(ROUNDS):
            states = np.minimum(found @ self._states, 1.0)
            # [marks, types]: that another mark states it with another value
            elsewhere = 1 - np.prod(np.where(other[:, :, None], 1 - states[None], 1.0), axis=1)
            found = _marginals(shares * np.exp(-(elsewhere * self._against) @ self._states.T), self._ratios)
        return found


def _marginals(shares: Floats, ratios: Floats) -> Floats:
    """Return the marginals of a chain, [marks, labels], rows of sum 1.

    Args:
        shares: [marks, labels] of each mark alone.
        ratios: [labels, labels], above 0, for a label and the next.
    """
    forward, backward = np.empty_like(shares), np.ones_like(shares)
    forward[0] = shares[0] / shares[0].sum()
    for i in range(1, len(shares)):
        step = (forward[i - 1] @ ratios) * shares[i]
        forward[i] = step / step.sum()
    for i in range(len(shares) - 2, -1, -1):
        step = ratios @ (backward[i + 1] * shares[i + 1])
        backward[i] = step / step.sum()
    both: Floats = forward * backward
    normal: Floats = both / both.sum(1, keepdims=True)
    return normal

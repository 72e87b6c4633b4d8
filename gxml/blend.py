"""Two scorers as one: what both think likely is likelier than what one of them is sure of."""

from __future__ import annotations

import numpy as np

from .passages import Floats, Passage, Scorer

_LEAST = 1e-6
"""Of a label that the second scorer does not know, or thinks impossible."""


class Blend:
    """A `gxml.passages.Scorer`: the geometric mean of the probabilities of two, over the labels of the first.

    The network and the linear model err in different ways, so that together they are better than either.
    """

    def __init__(self, first: Scorer, second: Scorer) -> None:
        self._first, self._second = first, second
        known = {label: i for i, label in enumerate(second.labels)}
        self._columns = np.array([known.get(label, -1) for label in first.labels])

    @property
    def labels(self) -> tuple[str, ...]:
        """What the columns of `probabilities` are."""
        return self._first.labels

    def probabilities(self, passage: Passage) -> Floats:
        """Return [marks, labels], rows of sum 1."""
        mine, theirs = self._first.probabilities(passage), self._second.probabilities(passage)
        same = np.where(self._columns >= 0, theirs[:, self._columns], 0.0)
        both = np.sqrt(mine * np.maximum(same, _LEAST))
        out: Floats = both / both.sum(1, keepdims=True)
        return out

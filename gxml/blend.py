"""The probabilities of two scorers as one: what both think likely is likelier than what one of them is sure of."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from .passages import Floats

_LEAST = 1e-6
"""Of a label that the second scorer does not know, or thinks impossible."""


def blender(first: Sequence[str], second: Sequence[str]) -> Callable[[Floats, Floats], Floats]:
    """Return what makes the geometric mean of two scorers' probabilities, over the labels of the first.

    The network and the linear model err in different ways, so that together they are better than either.

    Args:
        first: Labels of the first scorer, n of them.
        second: Labels of the second, m of them.

    Returns:
        Takes [marks, n] and [marks, m] of the same marks and returns [marks, n], rows of sum 1.
    """
    known = {label: i for i, label in enumerate(second)}
    columns = np.array([known.get(label, -1) for label in first])

    def blend(mine: Floats, theirs: Floats) -> Floats:
        same = np.where(columns >= 0, theirs[:, columns], 0.0)
        both = np.sqrt(mine * np.maximum(same, _LEAST))
        out: Floats = both / both.sum(1, keepdims=True)
        return out

    return blend

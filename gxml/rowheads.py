"""Heads of rows in text whose layout is lost, found by a `Scorer` and put in the form's soft order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from .passages import NOTHING, ROW, Floats, Passage, Scorer, row_passage
from .template import editions

SKIP = 0.02
"""Cost of a row of the form that is passed over, in nats."""
REPEAT = 3.0
"""Cost of a row that is read again."""
BACK = 5.0
"""Cost of a step back: a hard order would shift a whole table where one head is lost."""
LEAST = 1e-4
"""Labels less likely than this are not tried."""


@dataclass(frozen=True, slots=True)
class RowHead:
    """The head of a row.

    Attributes:
        start: Its first character that is no enumerator.
        row: Id of the row: requests.granted.
        confidence: Probability that the scorer gives the row here, before the order is looked at.
    """

    start: int
    row: str
    confidence: float


def row_heads(text: str, scorer: Scorer) -> list[RowHead]:
    """Find the heads of rows in the text of tables, in order of place."""
    passage = row_passage(text)
    return decode_rows(passage, scorer.labels, scorer.probabilities(passage))


def decode_rows(passage: Passage, labels: Sequence[str], probabilities: Floats) -> list[RowHead]:
    """Give marks their rows: the likeliest labels together with the form's soft order (Viterbi).

    Args:
        passage: Whose marks.
        labels: What the columns of `probabilities` are.
        probabilities: [marks, labels].
    """
    order = _order()
    rows = [(i, order[x.removeprefix(ROW)]) for i, x in enumerate(labels) if x.removeprefix(ROW) in order]
    nothing = list(labels).index(NOTHING)
    # state: place in the form of the last row, -1 for none yet; with its score and the heads up to it
    states: dict[int, tuple[float, _Chain | None]] = {-1: (0.0, None)}
    for m, shares in enumerate(probabilities):
        quiet = math.log(max(float(shares[nothing]), 1e-12))
        likely = [(i, at, math.log(float(shares[i]))) for i, at in rows if shares[i] >= LEAST]
        new = {k: (score + quiet, chain) for k, (score, chain) in states.items()}
        for i, at, gain in likely:
            score, chain = max(
                ((s - _step(k, at) + gain, c) for k, (s, c) in states.items()), key=lambda found: found[0]
            )
            if at not in new or score > new[at][0]:
                new[at] = (score, _Chain(m, i, chain))
        states = new
    last = max(states.values(), key=lambda found: found[0])[1]
    out: list[RowHead] = []
    while last is not None:
        share = float(np.clip(probabilities[last.mark, last.label], 0.0, 1.0))
        out.append(RowHead(passage.marks[last.mark], labels[last.label].removeprefix(ROW), round(share, 4)))
        last = last.before
    return out[::-1]


@dataclass(frozen=True, slots=True)
class _Chain:
    mark: int
    label: int
    before: _Chain | None


def _step(before: int, row: int) -> float:
    if row > before:
        return SKIP * (row - before - 1)
    return REPEAT if row == before else BACK


@cache
def _order() -> dict[str, int]:
    """Return the place of each row in the form; rows of one edition alone stand behind the row before them there."""
    names: list[str] = []
    for e in editions().values():
        at = 0
        for name in (f"{t.prefix}{r.name}" for t in e.tables for b in t.blocks for r in b.rows):
            if name not in names:
                names.insert(at, name)
            at = names.index(name) + 1
    return {name: i for i, name in enumerate(names)}

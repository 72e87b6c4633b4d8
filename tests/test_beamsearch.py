from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

from gxml.beamsearch import align, beam_search


def _frames(rows: list[list[float]]) -> Any:
    p = np.array(rows, np.float64)
    return np.log(p / p.sum(axis=1, keepdims=True)).astype(np.float32)


def _brute(logp: Any) -> dict[tuple[int, ...], float]:
    """Sum the probabilities of all paths of each string."""
    sums: dict[tuple[int, ...], float] = {}
    for path in itertools.product(range(logp.shape[1]), repeat=logp.shape[0]):
        label = tuple(c for c, _ in itertools.groupby(path) if c)
        sums[label] = sums.get(label, 0.0) + math.exp(sum(float(logp[t, c]) for t, c in enumerate(path)))
    return sums


def test_beam_search_sums_all_paths() -> None:
    rng = np.random.default_rng(3)
    for _ in range(5):
        logp = _frames(rng.uniform(0.01, 1.0, (5, 4)).tolist())
        truth = sorted(_brute(logp).items(), key=lambda item: -item[1])
        found = beam_search(logp, 5, beam=400)
        assert [labels for labels, _ in found] == [labels for labels, _ in truth[:5]]
        assert [math.exp(p) for _, p in found] == pytest.approx([p for _, p in truth[:5]], rel=1e-5)


def test_align_finds_the_frames_of_repeated_signs() -> None:
    logp = _frames([[1, 9, 1], [9, 1, 1], [2, 8, 1], [1, 1, 9], [9, 1, 1]])
    assert align(logp, (1, 1, 2)) == [0, 2, 3]
    assert align(logp, ()) == []

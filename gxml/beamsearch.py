"""From the frames of a CTC network to text: the likeliest strings, and the frames in which their signs are seen.

beam_search(logp, k) -> [(classes, log-probability), ...]
align(logp, classes) -> [frame, ...]
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

BEAM = 16
LEAST_PROB = 1e-5
"""Signs less likely than this in a frame are not followed by the beam search."""


def beam_search(logp: Floats, k: int, beam: int = BEAM, least: float = 0.0) -> list[tuple[tuple[int, ...], float]]:
    """CTC prefix beam search.

    Args:
        logp: [T, C] log-probabilities of frames, class 0 is the blank.
        k: Number of strings.
        beam: Prefixes kept after each frame.
        least: Prefixes below this share of the best one are not kept.

    Returns:
        Up to k (classes of the string, log-probability summed over its alignments), the likeliest first.
    """
    probs = np.exp(logp.astype(np.float64))
    # prefix -> (probability of ending in blank, probability of ending in its last sign)
    beams: dict[tuple[int, ...], tuple[float, float]] = {(): (1.0, 0.0)}
    for frame in probs:
        likely = [int(c) for c in np.nonzero(frame > LEAST_PROB)[0] if c]
        blank = float(frame[0])
        grown: dict[tuple[int, ...], list[float]] = {}
        for prefix, (in_blank, in_sign) in beams.items():
            both = in_blank + in_sign
            here = grown.setdefault(prefix, [0.0, 0.0])
            here[0] += both * blank
            last = prefix[-1] if prefix else 0
            if last:
                here[1] += in_sign * float(frame[last])
            for c in likely:
                longer = grown.setdefault((*prefix, c), [0.0, 0.0])
                longer[1] += (in_blank if c == last else both) * float(frame[c])
        if least:
            floor = least * max(p[0] + p[1] for p in grown.values())
            grown = {prefix: p for prefix, p in grown.items() if p[0] + p[1] >= floor}
        best = list(grown.items())
        if len(best) > beam:
            best = sorted(best, key=lambda item: (-(item[1][0] + item[1][1]), item[0]))[:beam]
        # Rescaled sums would be needed for hundreds of frames; 160 frames stay far from the smallest double.
        beams = {prefix: (p[0], p[1]) for prefix, p in best}
    found = sorted(((prefix, sum(p)) for prefix, p in beams.items()), key=lambda item: (-item[1], item[0]))
    return [(prefix, math.log(max(p, 1e-300))) for prefix, p in found[:k]]


def align(logp: Floats, labels: Sequence[int]) -> list[int]:
    """Return for each label the frame where it is seen best on the likeliest CTC path of `labels`.

    Args:
        logp: [T, C] log-probabilities, class 0 is the blank.
        labels: Classes of the string; it must fit into T frames.
    """
    if not labels:
        return []
    best = logp.argmax(1)
    runs = [(int(c), [t for t, _ in run]) for c, run in groupby(enumerate(best.tolist()), key=itemgetter(1)) if c]
    if [c for c, _ in runs] == list(labels):  # the likeliest path frame by frame says the same, as nearly always
        return [max(seen, key=lambda t: float(logp[t, c])) for c, seen in runs]
    states = [0]
    for c in labels:
        states += [c, 0]
    n, frames = len(states), logp.shape[0]
    scores = np.full(n, -np.inf)
    scores[0], scores[1] = logp[0, 0], logp[0, states[1]]
    back = np.zeros((frames, n), np.int64)
    skip = np.array([i >= 2 and states[i] != 0 and states[i] != states[i - 2] for i in range(n)])
    for t in range(1, frames):
        choices = np.stack(
            [scores, np.concatenate([[-np.inf], scores[:-1]]), np.concatenate([[-np.inf] * 2, scores[:-2]])[:n]]
        )
        choices[2, ~skip] = -np.inf
        back[t] = choices.argmax(0)
        scores = choices.max(0) + logp[t, states]
    state = n - 1 if scores[n - 1] >= scores[n - 2] else n - 2
    seen = [-1] * len(labels)
    for t in range(frames - 1, -1, -1):
        if state % 2:
            i = state // 2
            if seen[i] < 0 or logp[t, labels[i]] > logp[seen[i], labels[i]]:
                seen[i] = t
        state -= int(back[t, state])
    return [max(0, t) for t in seen]

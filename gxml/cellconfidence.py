"""What the confidences of two readers of a cell are worth together: maps fitted on scans of known reports.

The maps are in models/cell_confidence, the script that fits them in training/scan_calibration.py.
"""

from __future__ import annotations

import json
import math
from functools import cache

from .errors import FileMissingError
from .shipped import models

LEAST, MOST = 1e-5, 1 - 1e-5

_Map = tuple[list[float], list[float]]


def log_odds(probability: float) -> float:
    """Return ln(p / (1 - p)), p kept within `LEAST` and `MOST`."""
    p = min(max(probability, LEAST), MOST)
    return math.log(p / (1 - p))


def agreed(first: float, second: float) -> float:
    """Return how likely it is that two readers are right that read the same.

    Where both are unsure the map has seen little: never more than if they erred independently.
    """
    independent = 1 - (1 - first) * (1 - second)
    return min(independent, _at("agreed", log_odds(first) + log_odds(second), independent))


def differing(first: float, second: float) -> tuple[float, float]:
    """Return how likely the first and the second reader are right where one of them reads no number."""
    lead = log_odds(first) - log_odds(second)
    return _at("differing_first", lead, first), _at("differing_second", -lead, 0.0)


def rivals(first: float, second: float) -> tuple[float, float]:
    """Return the same where they read different numbers: by their odds alone, too few such cells were seen."""
    p = 1 / (1 + math.exp(log_odds(second) - log_odds(first)))
    return p, 1 - p


def alone(first: float) -> float:
    """Return how likely a reader is right that read alone."""
    return _at("alone", log_odds(first), first)


def _at(name: str, x: float, otherwise: float) -> float:
    fitted = _maps().get(name)
    if fitted is None:
        return otherwise
    xs, ys = fitted
    if x <= xs[0]:  # less sure than any that was seen
        return 1 / (1 + math.exp(xs[0] - x - log_odds(ys[0])))
    for i in range(1, len(xs)):
        if x < xs[i]:
            share = (x - xs[i - 1]) / (xs[i] - xs[i - 1])
            return ys[i - 1] + share * (ys[i] - ys[i - 1])
    return ys[-1]


@cache
def _maps() -> dict[str, _Map]:
    try:
        file = models() / "cell_confidence" / "maps.json"
    except FileMissingError:
        return {}
    if not file.is_file():
        return {}
    maps = json.loads(file.read_text("utf-8"))["maps"]
    return {name: (m["log_odds"], m["right"]) for name, m in maps.items()}

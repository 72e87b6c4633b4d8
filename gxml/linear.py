"""The linear baseline: character n-grams around a mark, hashed, weighed by a linear SVM. A `gxml.passages.Scorer`.

It shows what a network has to beat; `gxml train` makes it with the same command. Training needs scikit-learn (extra
`train`), reading does not.
"""

from __future__ import annotations

import io
import math
import re
import zlib
from collections import Counter
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from .classifier import softmax
from .errors import BrokenFileError
from .models import CONFIG, ModelDir
from .neighbours import Neighbours
from .passages import Floats, Kind, Passage, allowed

WEIGHTS = "weights.npz"
LEFT, RIGHT, FAR = 24, 14, 60
"""Characters looked at before the mark, behind it, and, more roughly, farther before it."""
LENGTHS = (1, 2, 3, 4)
_CLAUSE_END = re.compile("[，；。！？\n]")
_DIGITS = re.compile(r"[\d０-９]+(?:[.．,，][\d０-９]+)*")


class LinearModelConfig(BaseModel):
    """config.json of a linear baseline; see `gxml.classifier.ClassifierConfig`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal["1.0"] = "1.0"
    kind: Literal["linear", "rows"] = "linear"
    labels: tuple[str, ...]
    bits: int
    temperature: dict[Kind, float]
    files: dict[str, str]
    training_data: str
    seed: int
    gxml: str


def features(passage: Passage, mark: int) -> list[str]:
    """Return what stands around a mark: n-grams before and behind it, those beside it once more, pairs farther off."""
    text = passage.text
    before = _DIGITS.sub("#", text[max(0, mark - FAR) : mark])
    behind = _DIGITS.sub("#", text[mark : mark + RIGHT])
    near = before[-LEFT:]
    out: list[str] = []
    for n in LENGTHS:
        out += [f"l{near[i : i + n]}" for i in range(len(near) - n + 1)]
        out += [f"r{behind[i : i + n]}" for i in range(len(behind) - n + 1)]
        out += [f"L{near[-n:]}", f"R{behind[:n]}"]
    clause = _CLAUSE_END.split(near)[-1]
    out += [f"c{clause[i : i + 2]}" for i in range(len(clause) - 1)]
    far = before[:-LEFT]
    out += [f"f{far[i : i + 2]}" for i in range(len(far) - 1)]
    return out


def columns(passage: Passage, mark: int, bits: int) -> dict[int, float]:
    """Return the hashed features of a mark: column to value, the square root of how often its features come."""
    room = (1 << bits) - 1
    counts = Counter([zlib.crc32(feature.encode()) & room for feature in features(passage, mark)])
    return {column: math.sqrt(n) for column, n in counts.items()}


class LinearScorer:
    """The baseline with its weights; made by `load`.

    Args:
        config: Of the model.
        used: Columns that have weights, in order.
        weights: [used columns, labels].
        bias: [labels].
        neighbours: Of its labels.
    """

    def __init__(
        self,
        config: LinearModelConfig,
        used: NDArray[np.integer],
        weights: Floats,
        bias: Floats,
        neighbours: Neighbours | None = None,
    ) -> None:
        self.config = config
        self.neighbours = neighbours
        self._weights, self._bias = weights, bias
        # a row of zeros stands for every column that is not used
        self._row = np.full(1 << config.bits, len(used), np.int32)
        self._row[used] = np.arange(len(used))
        self._weights = np.vstack([weights, np.zeros((1, len(config.labels)))]).astype(np.float32)

    @classmethod
    def load(cls, model: ModelDir) -> LinearScorer:
        """Load a baseline from its model directory.

        Raises:
            BrokenFileError: It is none, or a file is not the one that its config.json names.
        """
        try:
            config = LinearModelConfig.model_validate(dict(model.config))
        except ValidationError as e:
            raise BrokenFileError(f"{CONFIG} of {model.name} is not that of a linear baseline.") from e
        with np.load(io.BytesIO(model.read(WEIGHTS)), allow_pickle=False) as data:
            weights = data["weights"] * data["scales"]
            return cls(config, data["columns"], weights, data["bias"], Neighbours.load(model, config.labels))

    @property
    def labels(self) -> tuple[str, ...]:
        """What the columns of `probabilities` are."""
        return self.config.labels

    def logits(self, passage: Passage) -> Floats:
        """Return [marks, labels], distances from the planes of the SVM."""
        out = np.tile(np.asarray(self._bias, np.float64), (len(passage.marks), 1))
        for i, mark in enumerate(passage.marks):
            found = columns(passage, mark, self.config.bits)
            rows = self._row[np.fromiter(found, np.int64, len(found))]
            out[i] += np.fromiter(found.values(), np.float32, len(found)) @ self._weights[rows]
        return out

    def probabilities(self, passage: Passage) -> Floats:
        """Return [marks, labels], rows of sum 1; labels of the other kind of passage have 0."""
        scaled = self.logits(passage) / self.config.temperature[passage.kind]
        return softmax(scaled, allowed(self.labels, passage.kind))

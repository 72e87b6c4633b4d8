"""The linear baseline: character n-grams around a mark, hashed, weighed by a linear SVM. A `gxml.passages.Scorer`.

Needs scikit-learn (extra `train`). It shows what a network has to beat; `gxml train` makes it with the same command.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from .classifier import softmax
from .errors import BrokenFileError, MissingToolError
from .models import CONFIG, ModelDir
from .passages import Floats, Kind, Passage, allowed

WEIGHTS = "weights.npz"
LEFT, RIGHT, FAR = 24, 14, 60
"""Characters looked at before the mark, behind it, and, more roughly, farther before it."""
LENGTHS = (1, 2, 3, 4)
_DIGITS = re.compile(r"[\d０-９]+(?:[.．,，][\d０-９]+)*")


class LinearModelConfig(BaseModel):
    """config.json of a linear baseline; see `gxml.classifier.ClassifierConfig`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal["1.0"] = "1.0"
    kind: Literal["linear"] = "linear"
    labels: tuple[str, ...]
    bits: int
    temperature: dict[Kind, float]
    files: dict[str, str]
    training_data: str
    seed: int
    gxml: str


def features(passage: Passage, mark: int) -> Iterator[str]:
    """Yield what stands around a mark: n-grams before and behind it, those beside it once more, pairs farther off."""
    text = passage.text
    before = _DIGITS.sub("#", text[max(0, mark - FAR) : mark])
    behind = _DIGITS.sub("#", text[mark : mark + RIGHT])
    near = before[-LEFT:]
    for n in LENGTHS:
        yield from (f"l{near[i : i + n]}" for i in range(len(near) - n + 1))
        yield from (f"r{behind[i : i + n]}" for i in range(len(behind) - n + 1))
        yield f"L{near[-n:]}"
        yield f"R{behind[:n]}"
    clause = re.split("[，；。！？\n]", near)[-1]
    yield from (f"c{clause[i : i + 2]}" for i in range(len(clause) - 1))
    far = before[:-LEFT]
    yield from (f"f{far[i : i + 2]}" for i in range(len(far) - 1))


def vectors(passage: Passage, bits: int) -> Any:
    """Return the hashed features of the marks of a passage, a sparse [marks, 2 ** bits] matrix."""
    try:
        from sklearn.feature_extraction import FeatureHasher
    except ImportError as e:
        raise MissingToolError(
            "The linear baseline needs scikit-learn.", hint='Install it: pip install "gxml[train]".'
        ) from e
    hasher = FeatureHasher(2**bits, input_type="string", alternate_sign=False, dtype=np.float32)
    found = hasher.transform(list(features(passage, m)) for m in passage.marks)
    found.data = np.sqrt(found.data)
    return found


class LinearScorer:
    """The baseline with its weights, [labels, 2 ** bits] and [labels]; made by `load`."""

    def __init__(self, config: LinearModelConfig, weights: Floats, bias: Floats) -> None:
        self.config = config
        self._weights, self._bias = weights, bias

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
            weights = np.zeros((len(config.labels), 2**config.bits), np.float32)
            weights[:, data["columns"]] = data["weights"]
            return cls(config, weights, data["bias"])

    @property
    def labels(self) -> tuple[str, ...]:
        """What the columns of `probabilities` are."""
        return self.config.labels

    def logits(self, passage: Passage) -> Floats:
        """Return [marks, labels], distances from the planes of the SVM."""
        if not passage.marks:
            return np.zeros((0, len(self.labels)))
        found: Floats = np.asarray(vectors(passage, self.config.bits) @ self._weights.T, np.float64) + self._bias
        return found

    def probabilities(self, passage: Passage) -> Floats:
        """Return [marks, labels], rows of sum 1; labels of the other kind of passage have 0."""
        scaled = self.logits(passage) / self.config.temperature[passage.kind]
        return softmax(scaled, allowed(self.labels, passage.kind))

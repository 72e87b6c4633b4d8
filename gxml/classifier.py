"""The token classifier: a small network that gives marks of a text their labels.

    model = Classifier.load()               # the chosen one, or a folder
    model.probabilities(passage)            # [marks, labels]

Which labels, which tokenizer, how long windows are and how sure a probability is stand in the config.json of its model
directory; the network is an ONNX file. Reading needs no torch. `gxml train` makes such directories (`gxml.train`);
`gxml.facts_scored` reads facts with it, `gxml.rowheads` heads of rows.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .errors import BrokenFileError, FileMissingError
from .models import CONFIG, ModelDir, chosen, find_model
from .neighbours import Neighbours
from .networks import open_network
from .passages import Floats, Kind, Passage, allowed
from .tokens import Tokenizer, load_tokenizer, tokenizer_file, windows

NETWORK = "model.onnx"


class ClassifierConfig(BaseModel):
    """config.json of a classifier.

    Attributes:
        labels: What the outputs of the network are.
        tokenizer: Kind of its tokenizer.
        window: Most tokens that it sees at once.
        context: Tokens on both sides of a mark, where the text has them.
        temperature: Of each kind of passage, fitted on texts outside of training: logits are divided by it.
        files: SHA-256 of each file; among them that of the vocabulary and of the network.
        checkpoint: SHA-256 of the weights to train on, which the wheel does not carry.
        training_data: SHA-256 of what it was trained on.
        base: What training started from.
        seed: Of training.
        gxml: Version that trained it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal["1.0"] = "1.0"
    kind: Literal["classifier"] = "classifier"
    labels: tuple[str, ...] = Field(min_length=2)
    tokenizer: Literal["characters", "subwords"]
    window: int = Field(ge=16)
    context: int = Field(ge=1)
    temperature: dict[Kind, float]
    files: dict[str, str]
    checkpoint: str
    training_data: str
    base: str
    seed: int
    gxml: str


class Classifier:
    """The network with its tokenizer and labels; made by `load`. A `gxml.passages.Scorer`.

    Every window is run alone, so that what a text gets does not depend on other texts.
    """

    def __init__(
        self,
        config: ClassifierConfig,
        tokenizer: Tokenizer,
        network: bytes,
        threads: int = 1,
        neighbours: Neighbours | None = None,
    ) -> None:
        self.config = config
        self.neighbours = neighbours
        self._tokenizer = tokenizer
        self._session = open_network(network, threads)
        self._allowed: dict[Kind, np.ndarray[tuple[int, ...], np.dtype[np.bool_]]] = {
            "facts": allowed(config.labels, "facts"),
            "rows": allowed(config.labels, "rows"),
        }

    @classmethod
    def load(cls, model: str | Path | ModelDir | None = None, *, threads: int = 1) -> Classifier:
        """Load a classifier.

        Args:
            model: Folder or name; None for the one that `gxml models use` chose, else the one that comes with gxml.
            threads: Threads of the network.

        Raises:
            FileMissingError: There is no such model, or no classifier at all.
            BrokenFileError: It is no classifier, or a file is not the one that its config.json names.
        """
        found = chosen("classifier") if model is None else model if isinstance(model, ModelDir) else find_model(model)
        if found is None:
            raise FileMissingError("This installation has no classifier.", hint="Make one: gxml train CONFIG.")
        try:
            config = ClassifierConfig.model_validate(dict(found.config))
        except ValidationError as e:
            first = e.errors()[0]
            where = ".".join(map(str, first["loc"])) or "file"
            raise BrokenFileError(
                f"{CONFIG} of {found.name} is not that of a classifier: {where}: {first['msg']}."
            ) from e
        tokenizer = load_tokenizer(config.tokenizer, found.read(tokenizer_file(config.tokenizer)))
        return cls(config, tokenizer, found.read(NETWORK), threads, Neighbours.load(found, config.labels))

    @property
    def labels(self) -> tuple[str, ...]:
        """What the columns of `probabilities` are."""
        return self.config.labels

    def logits(self, passage: Passage) -> Floats:
        """Return [marks, labels] as the network gives them; NaN for marks whose character the tokenizer dropped."""
        out = np.full((len(passage.marks), len(self.labels)), np.nan)
        for window in windows(passage.text, passage.marks, self._tokenizer, self.config.window, self.config.context):
            ids = np.array([window.ids], np.int64)
            found = self._session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})[0][0]
            for i, place in window.marks:
                out[i] = found[place]
        return out

    def probabilities(self, passage: Passage) -> Floats:
        """Return [marks, labels], rows of sum 1; labels of the other kind of passage have 0."""
        return softmax(self.logits(passage) / self.config.temperature[passage.kind], self._allowed[passage.kind])


def softmax(logits: Floats, usable: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> Floats:
    """Return the probabilities of [n, labels] logits among the usable labels; a row of NaN is O for sure.

    O is the first label.
    """
    masked = np.where(usable, logits, -np.inf)
    lost = np.isnan(logits).any(1)
    masked[lost] = -np.inf
    masked[lost, 0] = 0.0
    if not len(masked):
        return masked
    shares = np.exp(masked - masked.max(1, keepdims=True))
    normal: Floats = shares / shares.sum(1, keepdims=True)
    return normal


def dump_config(config: BaseModel) -> bytes:
    """Return the bytes of config.json."""
    return (json.dumps(config.model_dump(mode="json"), ensure_ascii=False, indent=1) + "\n").encode()

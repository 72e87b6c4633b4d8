"""The second, independent reader for numbers: a small CTC network of gxml's own.

    NumberReader.load() -> NumberReader
    NumberReader.read(crops) -> list[NumberReading]
    NumberReader.candidates(crop, k) -> list[(text, logprob)]

A crop is one cell of a table as a picture: grey (the red channel of the page, where a red seal fades), loose or tight,
any size. The reader looks for the printed lines in the crop itself, so that it does not inherit the cropping errors of
another reader. What is no number reads as `REFUSED` characters or with a low confidence; an empty crop reads as "".

The network, its alphabet, its calibration and its model card are in models/number_reader; training is in
training/number_reader.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .beamsearch import BEAM, align, beam_search
from .errors import BrokenFileError, FileMissingError
from .networks import open_network
from .numlines import line_pictures
from .ocr import CharReading
from .shipped import models

Gray = NDArray[np.uint8]
Floats = NDArray[np.float32]

BATCH = 64
REFUSED = "\ufffd"
"""Stands in a reading for ink that is no sign of the alphabet."""
LEAST_SHARE = 1e-6
"""Prefixes below this share of the best one are not followed where only the best text is wanted."""
ALTERNATIVES = 5


@dataclass(frozen=True, slots=True)
class NumberReading:
    r"""What a crop reads as.

    Attributes:
        text: The signs, lines joined by "\n"; `REFUSED` for ink that is no sign of a number; "" for no ink.
        confidence: Calibrated probability that the whole text is right.
        chars: The signs of `text` without the line ends.
    """

    text: str
    confidence: float
    chars: tuple[CharReading, ...]


class NumberReader:
    """The network with its alphabet and calibration; made by `load`."""

    def __init__(self, network: bytes, config: Mapping[str, Any], threads: int = 1) -> None:
        self._session = open_network(network, threads)
        self._input = self._session.get_inputs()[0].name
        self.alphabet: str = config["alphabet"]
        self.temperature = float(config["temperature"])
        self._levels = {
            empty: (np.asarray(level["probability"], np.float64), np.asarray(level["right"], np.float64))
            for empty, level in ((False, config["confidence"]), (True, config["confidence_empty"]))
        }

    @classmethod
    def load(cls, path: str | Path | None = None, *, threads: int = 1) -> NumberReader:
        """Load a reader.

        Args:
            path: Folder with number_reader.onnx and config.json; None for the one that comes with gxml.
            threads: Threads of the network.

        Raises:
            FileMissingError: A file is absent.
            BrokenFileError: The network is not the one that config.json names by its SHA-256.
        """
        folder: Traversable = models() / "number_reader" if path is None else Path(path)
        files = {name: folder / name for name in ("config.json", "number_reader.onnx")}
        for name, file in files.items():
            if not file.is_file():
                raise FileMissingError(f"The number reader has no {name} in {folder}.", hint="Install gxml again.")
        config = json.loads(files["config.json"].read_text(encoding="utf-8"))
        network = files["number_reader.onnx"].read_bytes()
        if hashlib.sha256(network).hexdigest() != config["sha256"]:
            raise BrokenFileError(
                f"number_reader.onnx in {folder} is not the network of config.json.", hint="Install gxml again."
            )
        return cls(network, config, threads)

    def read(self, crops: Sequence[Gray], *, dpi: float | None = None) -> list[NumberReading]:
        """Read crops of cells.

        Args:
            crops: Each [H, W] uint8, paper bright, the red channel of the page.
            dpi: Their resolution if known.

        Returns:
            One reading for each crop, in order. It does not depend on the other crops.

        Raises:
            UsageError: A crop is not grey, or empty.
        """
        pictures = [line_pictures(crop, dpi) for crop in crops]
        frames = iter(self.log_probabilities([p for lines in pictures for p in lines]))
        return [self._join([self._decode(next(frames)) for _ in lines]) for lines in pictures]

    def candidates(self, crop: Gray, k: int = 5, *, dpi: float | None = None) -> list[tuple[str, float]]:
        r"""Return the k likeliest texts of a crop with their log-probabilities, the likeliest first.

        Lines are joined by "\n". The probabilities are those of the network at its fitted temperature.
        """
        found: list[tuple[str, float]] = [("", 0.0)]
        for logp in self.log_probabilities(line_pictures(crop, dpi)):
            here = [(self.text(labels), p) for labels, p in beam_search(logp, k, max(BEAM, 2 * k))]
            joined: dict[str, float] = {}
            for a, p in found:
                for b, q in here:
                    text = f"{a}\n{b}" if a and b else a or b
                    joined[text] = float(np.logaddexp(joined.get(text, -np.inf), p + q))
            found = sorted(joined.items(), key=lambda item: (-item[1], item[0]))[:k]
        return found

    def log_probabilities(self, pictures: Sequence[Gray]) -> list[Floats]:
        """Run the network.

        Args:
            pictures: Line pictures, [HEIGHT, multiple of WIDTH_STEP] uint8.

        Returns:
            For each picture [T, C] log-probabilities at the fitted temperature; class 0 is the blank, class i the sign
            `alphabet[i - 1]`.
        """
        by_width: dict[int, list[int]] = {}
        for i, picture in enumerate(pictures):
            by_width.setdefault(picture.shape[1], []).append(i)
        out: list[Floats] = [np.zeros((0, 0), np.float32)] * len(pictures)
        for width in sorted(by_width):
            of_width = by_width[width]
            for start in range(0, len(of_width), BATCH):
                batch = of_width[start : start + BATCH]
                logits = self._session.run(None, {self._input: np.stack([pictures[i] for i in batch])[:, None]})[0]
                logits = logits / self.temperature
                logits -= logits.max(2, keepdims=True)
                logits -= np.log(np.exp(logits).sum(2, keepdims=True))
                for j, i in enumerate(batch):
                    out[i] = logits[j]
        return out

    def text(self, labels: Sequence[int]) -> str:
        """Return the text of classes."""
        return "".join(self.alphabet[c - 1] for c in labels)

    def calibrated(self, probability: float, *, empty: bool = False) -> float:
        """Map the probability of a text to the share of right texts at it, measured on pages outside of training.

        The probability of an empty text means something else than that of signs, so it has a map of its own.
        """
        return float(np.interp(probability, *self._levels[empty]))

    def _decode(self, logp: Floats) -> NumberReading:
        labels, score = beam_search(logp, 1, least=LEAST_SHARE)[0]
        chars = []
        for c, t in zip(labels, align(logp, labels), strict=True):
            row = np.exp(logp[t])
            order = [i for i in np.argsort(-row, kind="stable")[: ALTERNATIVES + 1].tolist() if i != c][:ALTERNATIVES]
            others = tuple(("" if i == 0 else self.alphabet[i - 1], round(float(row[i]), 6)) for i in order)
            chars.append(CharReading(self.alphabet[c - 1], round(float(row[c]), 6), others))
        return NumberReading(self.text(labels), self.calibrated(math.exp(score), empty=not labels), tuple(chars))

    @staticmethod
    def _join(lines: Sequence[NumberReading]) -> NumberReading:
        if len(lines) == 1:
            return lines[0]
        return NumberReading(
            "\n".join(line.text for line in lines if line.text),
            math.prod(line.confidence for line in lines),
            tuple(c for line in lines for c in line.chars),
        )

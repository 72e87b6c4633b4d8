"""The default reader: PP-OCRv6 small (Apache-2.0), with the ONNX weights out of rapidocr's wheel.

The recogniser is run here directly, because masks and alternatives need its probabilities; the lines of a whole page
are found by rapidocr's detector.

Recogniser input: float32 (N, 3, 48, W), value / 127.5 - 1; output: softmax (N, T, classes), class 0 is the blank.
PP-OCR: Du et al., 2020, https://arxiv.org/abs/2009.09941.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from .ctc import CtcReader, Floats, Image
from .errors import BrokenFileError, FileMissingError, MissingToolError
from .networks import open_network

HEIGHT = 48
WIDTH_STEP = 32
"""Crops are padded to a multiple of this width, so that few shapes reach the engine."""
MIN_WIDTH = 64
MAX_WIDTH = 1920
LONG = 160
"""Lines that are wider at 48 rows are words: what is over this width is squeezed,"""
SQUEEZE = 0.65
"""to this share of the line's width. A quarter less work a page, and no more errors."""
BATCH_AREA = 16 * 320
"""Crops times width of a batch: the memory that the engine takes grows with it."""


def weights(kind: str) -> Path:
    """Return the file of the detector ("det") or the recogniser ("rec") in rapidocr's wheel.

    Raises:
        MissingToolError: rapidocr is not installed, or without its weights.
    """
    spec = importlib.util.find_spec("rapidocr")
    if spec is None or not spec.submodule_search_locations:
        raise MissingToolError("The package rapidocr is not installed.", hint='pip install "rapidocr>=3.10,<3.11"')
    path = Path(next(iter(spec.submodule_search_locations))) / "models" / f"PP-OCRv6_{kind}_small.onnx"
    if not path.is_file():
        raise MissingToolError(
            f"rapidocr is installed without {path.name}.", hint='pip install "rapidocr>=3.10,<3.11", which carries it.'
        )
    return path


def model_file(model_dir: Path, kind: str, name: str = "inference.onnx") -> Path:
    """Return a file of the detector ("det") or the recogniser ("rec") in a folder of models.

    Raises:
        FileMissingError: It is not there.
    """
    path = model_dir / kind / name
    if not path.is_file():
        raise FileMissingError(f"{path}: no such file.", hint="A folder of models has det and rec, see the README.")
    return path


class RapidReader(CtcReader):
    """PP-OCR as ONNX sessions; see `gxml.ocr.open_reader` for the arguments."""

    name = "rapid"

    def __init__(self, model_dir: Path | None = None, threads: int = 1) -> None:
        self._threads = threads
        self._detector = None if model_dir is None else model_file(model_dir, "det")
        path = weights("rec") if model_dir is None else model_file(model_dir, "rec")
        self._session = open_network(path, threads)
        self._input = self._session.get_inputs()[0].name
        super().__init__(["", *self._table(path), " "])

    def _table(self, path: Path) -> list[str]:
        """Return the recogniser's characters: rapidocr's files carry them, PaddleX has them in inference.yml."""
        carried = self._session.get_modelmeta().custom_metadata_map.get("character")
        if carried:
            return list(carried.split("\n"))
        import yaml

        config = model_file(path.parent.parent, path.parent.name, "inference.yml")
        try:
            return [str(c) for c in yaml.safe_load(config.read_text("utf-8"))["PostProcess"]["character_dict"]]
        except (yaml.YAMLError, KeyError, TypeError) as error:
            raise BrokenFileError(f"{config}: no list of characters in it.", hint="Download it again.") from error

    @cached_property
    def _engine(self) -> Any:
        from rapidocr import RapidOCR

        own = {} if self._detector is None else {"Det.model_path": str(self._detector)}
        return RapidOCR(
            params={
                "EngineConfig.onnxruntime.intra_op_num_threads": self._threads,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                "Global.log_level": "error",
                **own,
            }
        )

    def _find(self, page: Image) -> Iterable[Any]:
        colour = cv2.cvtColor(page, cv2.COLOR_GRAY2BGR) if page.ndim == 2 else page
        found = self._engine(colour, use_det=True, use_cls=False, use_rec=False)
        return () if found.boxes is None else tuple(found.boxes)

    def _frames(self, crops: Sequence[Image]) -> Iterator[tuple[int, Floats, float]]:
        for batch in _batches(crops):
            wide = _padded(crops[batch[0]])
            pixels = np.zeros((len(batch), 3, HEIGHT, wide), np.float32)
            shares = [_fit(crops[i], pixels[j]) for j, i in enumerate(batch)]
            found = self._session.run(None, {self._input: pixels})[0]
            yield from zip(batch, found, shares, strict=True)


def _batches(crops: Sequence[Image]) -> list[list[int]]:
    """Group crops of the same padded width: what one reads as does not depend on the others."""
    widths = [_padded(c) for c in crops]
    batches: list[list[int]] = []
    for i in sorted(range(len(crops)), key=lambda i: (widths[i], i)):
        if batches and widths[batches[-1][0]] == widths[i] and len(batches[-1]) * widths[i] < BATCH_AREA:
            batches[-1].append(i)
        else:
            batches.append([i])
    return batches


def _scaled(crop: Image) -> int:
    """Return the width that a crop gets at the recogniser's height."""
    height, width = crop.shape[:2]
    natural = HEIGHT * width / max(1, height)
    return int(max(1, min(MAX_WIDTH, round(natural if natural <= LONG else max(LONG, SQUEEZE * natural)))))


def unsqueezed(crop: Image) -> Image:
    """Return a crop, a long one widened so that it gets its natural width at the recogniser's height."""
    height, width = crop.shape[:2]
    if HEIGHT * width <= LONG * height:
        return crop
    return np.asarray(cv2.resize(crop, (round(width / SQUEEZE), height), interpolation=cv2.INTER_CUBIC), np.uint8)


def _padded(crop: Image) -> int:
    return int(-(-max(MIN_WIDTH, _scaled(crop)) // WIDTH_STEP) * WIDTH_STEP)


def _fit(crop: Image, out: Floats) -> float:
    """Scale a crop to the height of `out` (3, 48, W), left-aligned, and return the share of W that it fills."""
    height, wide = crop.shape[0], _scaled(crop)
    how = cv2.INTER_AREA if height > HEIGHT else cv2.INTER_CUBIC
    small = cv2.resize(crop, (wide, HEIGHT), interpolation=how).astype(np.float32) / 127.5 - 1.0
    out[:, :, :wide] = small if small.ndim == 2 else small.transpose(2, 0, 1)
    return float(wide / out.shape[2])

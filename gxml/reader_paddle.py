"""PaddleOCR as a reader: the real paddleocr with its ONNX engine, without paddlepaddle.

PaddleX, under paddleocr, wants each model as a folder with inference.onnx and inference.yml. They are written into a
cache folder from the weights in rapidocr's wheel; `--model-dir` names others.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from .ctc import CtcReader, Floats, Image
from .errors import BrokenFileError, MissingToolError
from .networks import open_network, quiet
from .reader_rapid import model_file, weights

BATCH = 16
WIDTH = 64
"""Narrower crops are padded to this width, pixels at 48 rows. PaddleX's own 320 makes a page of cells five times as
much work."""

_DETECTION: dict[str, Any] = {
    "Global": {"model_name": "PP-OCRv6_small_det"},
    "PreProcess": {
        "transform_ops": [
            {"DecodeImage": {"channel_first": False, "img_mode": "BGR"}},
            {"DetLabelEncode": None},
            {"DetResizeForTest": {"resize_long": 960}},
            {
                "NormalizeImage": {
                    "mean": [0.485, 0.456, 0.406],
                    "std": [0.229, 0.224, 0.225],
                    "order": "hwc",
                    "scale": "1./255.",
                }
            },
            {"ToCHWImage": None},
            {"KeepKeys": {"keep_keys": ["image", "shape", "polys", "ignore_tags"]}},
        ]
    },
    "PostProcess": {
        "name": "DBPostProcess",
        "thresh": 0.3,
        "box_thresh": 0.6,
        "max_candidates": 1000,
        "unclip_ratio": 1.5,
    },
}
_RECOGNITION: dict[str, Any] = {
    "Global": {"model_name": "PP-OCRv6_small_rec"},
    "PreProcess": {
        "transform_ops": [
            {"DecodeImage": {"channel_first": False, "img_mode": "BGR"}},
            {"MultiLabelEncode": {"gtc_encode": "NRTRLabelEncode"}},
            {"RecResizeImg": {"image_shape": [3, 48, WIDTH]}},
            {"KeepKeys": {"keep_keys": ["image", "label_ctc", "label_gtc", "length", "valid_ratio"]}},
        ]
    },
}


def cache_folder() -> Path:
    """Return where gxml keeps files that it can make again."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gxml"


def write_models(folder: Path | None = None) -> Path:
    """Write the model folders `det` and `rec` from the weights in rapidocr's wheel, where they are not there yet.

    Args:
        folder: None for one in the cache, named by the weights.

    Returns:
        The folder that holds `det` and `rec`.

    Raises:
        MissingToolError: rapidocr is not installed with its weights.
    """
    import yaml

    files = {kind: weights(kind) for kind in ("det", "rec")}
    if folder is None:
        key = hashlib.sha256(repr((_DETECTION, _RECOGNITION)).encode())
        for file in files.values():
            key.update(file.read_bytes())
        folder = cache_folder() / f"paddle-{key.hexdigest()[:16]}"
    if all((folder / kind / "inference.yml").is_file() for kind in files):
        return folder
    session = open_network(files["rec"])
    table = session.get_modelmeta().custom_metadata_map["character"].split("\n")
    post = {"PostProcess": {"name": "CTCLabelDecode", "character_dict": table}}
    folder.mkdir(parents=True, exist_ok=True)
    for kind, config in (("det", _DETECTION), ("rec", {**_RECOGNITION, **post})):
        # complete, or not there: another process may write the same
        with tempfile.TemporaryDirectory(dir=folder) as temporary:
            made = Path(temporary) / kind
            made.mkdir()
            shutil.copyfile(files[kind], made / "inference.onnx")
            text = yaml.safe_dump(config, allow_unicode=True, sort_keys=False)
            (made / "inference.yml").write_text(text, "utf-8")
            try:
                made.rename(folder / kind)
            except OSError:
                if not (folder / kind / "inference.yml").is_file():
                    raise
    return folder


class _Listener:
    """Stands before PaddleX's decoder and keeps the probabilities, which its results leave out."""

    def __init__(self, decoder: Any) -> None:
        self._decoder = decoder
        self.heard: list[Floats] = []

    def __call__(self, predictions: Any, **settings: Any) -> Any:
        self.heard.extend(np.asarray(predictions[0], np.float32))
        return self._decoder(predictions, **settings)


class PaddleReader(CtcReader):
    """paddleocr's text detection and recognition; see `gxml.ocr.open_reader` for the arguments.

    Raises:
        MissingToolError: paddleocr is not installed.
    """

    name = "paddle"

    def __init__(self, model_dir: Path | None = None, threads: int = 1) -> None:
        if find_spec("paddleocr") is None:
            raise MissingToolError(
                "The reader paddle needs the package paddleocr.",
                hint='pip install "gxml[paddle]", in an environment of its own: see the README.',
            )
        self._folder = write_models() if model_dir is None else model_dir
        self._threads = threads
        self._detector: Any = None
        self._recogniser = self._load("TextRecognition", "rec")
        predictor = self._recogniser.paddlex_predictor
        self._listener = _Listener(predictor.post_op)
        predictor.post_op = self._listener
        # the blank, the table, and the space
        super().__init__(["", *predictor.post_op._decoder.character[1:]])

    def _load(self, kind: str, folder: str, **settings: Any) -> Any:
        # nothing is downloaded, so nobody need ask which servers can be reached
        os.environ.setdefault("PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK", "True")
        quiet()
        import paddleocr
        import yaml

        model_file(self._folder, folder)
        config = model_file(self._folder, folder, "inference.yml")
        try:
            name = yaml.safe_load(config.read_text("utf-8"))["Global"]["model_name"]
        except (yaml.YAMLError, KeyError, TypeError) as error:
            raise BrokenFileError(f"{config}: no name of a model in it.", hint="Download it again.") from error
        return getattr(paddleocr, kind)(
            model_name=name,
            model_dir=str(self._folder / folder),
            engine="onnxruntime",
            device="cpu",
            engine_config={
                "intra_op_num_threads": self._threads,
                "inter_op_num_threads": 1,
                "log_severity_level": 3,
            },
            **settings,
        )

    def _frames(self, crops: Sequence[Image]) -> Iterator[tuple[int, Floats, float]]:
        ratios = [max(c.shape[1] / max(1, c.shape[0]), WIDTH / 48) for c in crops]
        order = sorted(range(len(crops)), key=lambda i: (ratios[i], i))
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            self._listener.heard.clear()
            self._recogniser.predict([_colour(crops[i]) for i in batch], batch_size=len(batch))
            widest = ratios[batch[-1]]
            for i, frames in zip(batch, self._listener.heard, strict=True):
                yield i, frames, min(1.0, crops[i].shape[1] / max(1, crops[i].shape[0]) / widest)

    def _find(self, page: Image) -> Iterable[Any]:
        if self._detector is None:
            # as in PaddleOCR's pipeline; the module alone would shrink a page to 960 pixels
            self._detector = self._load("TextDetection", "det", limit_side_len=64, limit_type="min")
        (found,) = self._detector.predict([_colour(page)], batch_size=1)
        return list(found["dt_polys"])


def _colour(image: Image) -> Image:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2BGR) if image.ndim == 2 else image, np.uint8)

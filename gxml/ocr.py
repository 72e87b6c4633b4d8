"""Reading pictures of text: readers behind one protocol, with per-character confidence and alternatives.

The default recogniser is PP-OCRv6 small (Apache-2.0), whose ONNX weights come in the wheel of rapidocr. It is run
here directly, because top-k alternatives and digit masks need its probabilities; rapidocr itself finds text lines.

Recogniser input: float32 (N, 3, 48, W), value / 127.5 - 1; output: softmax (N, T, classes), class 0 is the CTC blank.
PP-OCR: Du et al., 2020, https://arxiv.org/abs/2009.09941; CTC: Graves et al., 2006.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from .errors import MissingToolError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Image = NDArray[np.uint8]
    """(height, width) gray or (height, width, 3) BGR."""

HEIGHT = 48
# Crops are padded to a multiple of this width, so that few shapes reach the engine.
WIDTH_STEP = 32
MIN_WIDTH = 64
MAX_WIDTH = 1920
BATCH = 16
TOP = 5
NUMBER_CHARS = "0123456789.,+-－〇/%()（）万元件增减Oo○l"


@dataclass(frozen=True, slots=True)
class CharReading:
    """One character.

    Attributes:
        char: As read.
        confidence: Probability of `char`, 0 to 1.
        alternatives: (character, probability), best first, `char` among them; "" stands for no character.
        x: Place of its centre in the crop, 0 to 1.
    """

    char: str
    confidence: float
    alternatives: tuple[tuple[str, float], ...] = ()
    x: float = 0.0


@dataclass(frozen=True, slots=True)
class LineReading:
    """A line of text, or a cell.

    Attributes:
        text: As read.
        confidence: The least of its characters' confidences; 1 for an empty reading.
        chars: Its characters.
    """

    text: str
    confidence: float
    chars: tuple[CharReading, ...]


class LineReader(Protocol):
    """Reads crops of one line each."""

    name: str

    def read(self, crops: Sequence[Image], allowed: str | None = None) -> list[LineReading]:
        """Read each crop; `allowed` masks all other characters."""
        ...


def _resource(package: str, *parts: str) -> Path:
    import importlib.util

    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise MissingToolError(f"The package {package} is not installed.", hint=f"pip install {package}")
    path = Path(next(iter(spec.submodule_search_locations))).joinpath(*parts)
    if not path.is_file():
        raise MissingToolError(
            f"{package} is installed without {'/'.join(parts)}.", hint="Install a release that carries its weights."
        )
    return path


class PaddleRecogniser:
    """The PP-OCR recogniser as an ONNX session.

    Args:
        model: The ONNX file; None for PP-OCRv6 small out of rapidocr's wheel.
        threads: Threads of the engine. One makes results independent of the machine's load.
    """

    name = "ppocr-v6-small"

    def __init__(self, model: Path | None = None, threads: int = 1) -> None:
        import onnxruntime as ort

        path = model or _resource("rapidocr", "models", "PP-OCRv6_rec_small.onnx")
        settings = ort.SessionOptions()
        settings.intra_op_num_threads = threads
        settings.inter_op_num_threads = 1
        settings.log_severity_level = 3
        self._session = ort.InferenceSession(str(path), settings, providers=["CPUExecutionProvider"])
        table = self._session.get_modelmeta().custom_metadata_map["character"].split("\n")
        self.characters: list[str] = ["", *table, " "]
        self._index = {c: i for i, c in enumerate(self.characters)}
        self._input = self._session.get_inputs()[0].name

    def read(self, crops: Sequence[Image], allowed: str | None = None) -> list[LineReading]:
        """Read crops of one line each, the widest together; `allowed` masks all other characters."""
        mask = self._mask(allowed)
        out: list[LineReading | None] = [None] * len(crops)
        for batch in self._batches(crops):
            for i, p in zip(batch, self._run([crops[i] for i in batch]), strict=True):
                out[i] = self.decode(p, mask)
        return [r for r in out if r is not None]

    def read_both(self, crops: Sequence[Image], allowed: str) -> list[tuple[LineReading, LineReading]]:
        """Read each crop once and decode twice: with all characters, and with the allowed ones alone."""
        mask = self._mask(allowed)
        out: list[tuple[LineReading, LineReading] | None] = [None] * len(crops)
        for batch in self._batches(crops):
            for i, p in zip(batch, self._run([crops[i] for i in batch]), strict=True):
                out[i] = (self.decode(p, None), self.decode(p, mask))
        return [r for r in out if r is not None]

    def _mask(self, allowed: str | None) -> NDArray[np.int64] | None:
        import numpy as np

        if allowed is None:
            return None
        return np.array([0, *(self._index[c] for c in allowed if c in self._index)])

    def _batches(self, crops: Sequence[Image]) -> list[list[int]]:
        widths = [_width(c) for c in crops]
        order = sorted(range(len(crops)), key=lambda i: (widths[i], i))
        batches: list[list[int]] = []
        for i in order:
            # long lines go in small batches: memory grows with their area
            if batches and widths[batches[-1][0]] == widths[i] and len(batches[-1]) * widths[i] < BATCH * 320:
                batches[-1].append(i)
            else:
                batches.append([i])
        return batches

    def _run(self, crops: Sequence[Image]) -> NDArray[np.float32]:
        import numpy as np

        width = max(_width(c) for c in crops)
        batch = np.zeros((len(crops), 3, HEIGHT, width), np.float32)
        for i, c in enumerate(crops):
            _fit(c, batch[i])
        result: NDArray[np.float32] = self._session.run(None, {self._input: batch})[0]
        return result

    def decode(self, p: NDArray[np.float32], mask: NDArray[np.int64] | None) -> LineReading:
        """Decode (T, classes) probabilities greedily; repeated classes are one character."""
        import numpy as np

        best = p.argmax(1) if mask is None else mask[p[:, mask].argmax(1)]
        chars: list[CharReading] = []
        steps = len(p)
        t = 0
        while t < steps:
            k = int(best[t])
            end = t
            while end + 1 < steps and best[end + 1] == k:
                end += 1
            if k:
                at = t + int(p[t : end + 1, k].argmax())
                row = p[at] if mask is None else p[at][mask]
                top = np.argpartition(row, -TOP)[-TOP:] if len(row) > TOP else np.arange(len(row))
                ids = top if mask is None else mask[top]
                ranked = sorted(((float(p[at][i]), int(i)) for i in ids), key=lambda s: (-s[0], s[1]))
                alternatives = tuple((self.characters[i], round(v, 6)) for v, i in ranked)
                place = (at + 0.5) / steps
                chars.append(CharReading(self.characters[k], round(float(p[at, k]), 6), alternatives, place))
            t = end + 1
        text = "".join(c.char for c in chars)
        return LineReading(text, min((c.confidence for c in chars), default=1.0), tuple(chars))


def _width(crop: Image) -> int:
    height, width = crop.shape[:2]
    wanted = max(MIN_WIDTH, min(MAX_WIDTH, round(HEIGHT * width / max(1, height))))
    return int(-(-wanted // WIDTH_STEP) * WIDTH_STEP)


def _fit(crop: Image, out: NDArray[np.float32]) -> None:
    """Scale a crop to the height of `out` (3, 48, W), left-aligned."""
    import cv2
    import numpy as np

    height, width = crop.shape[:2]
    wide = max(1, min(out.shape[2], round(HEIGHT * width / max(1, height))))
    how = cv2.INTER_AREA if height > HEIGHT else cv2.INTER_CUBIC
    small = cv2.resize(crop, (wide, HEIGHT), interpolation=how).astype(np.float32) / 127.5 - 1.0
    if small.ndim == 2:
        out[:, :, :wide] = small
    else:
        out[:, :, :wide] = small.transpose(2, 0, 1)


@cache
def default_recogniser(threads: int = 1) -> PaddleRecogniser:
    """Return the default recogniser, loaded once in a process."""
    return PaddleRecogniser(threads=threads)


@dataclass(frozen=True, slots=True)
class PageText:
    """A line found on a page: its corners (4, 2) in pixels, clockwise from the top left, and what it says."""

    corners: tuple[tuple[float, float], ...]
    reading: LineReading


class RapidPageReader:
    """rapidocr over a whole page: finds lines and reads them; the baseline of reading cell by cell."""

    name = "rapid"

    def __init__(self, threads: int = 1) -> None:
        from rapidocr import RapidOCR

        self._engine: Any = RapidOCR(
            params={
                "EngineConfig.onnxruntime.intra_op_num_threads": threads,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                "Global.log_level": "error",
            }
        )

    def read_page(self, page: Image) -> list[PageText]:
        """Return the lines of a page (BGR), in the engine's order."""
        found = self._engine(page)
        if found.boxes is None:
            return []
        return [
            PageText(
                tuple((float(x), float(y)) for x, y in box),
                LineReading(text, float(score), ()),
            )
            for box, text, score in zip(found.boxes, found.txts, found.scores, strict=True)
        ]

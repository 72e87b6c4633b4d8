"""Readers of pictures of text, behind one protocol: text, place, and per character confidence and alternatives.

    open_reader("rapid") -> Reader
    Reader.read(crops) -> list[LineReading]; Reader.read_page(page) -> list[PageText]

Readers: `rapid` (`gxml.reader_rapid`, the default), `paddle` (`gxml.reader_paddle`), `tesseract`
(`gxml.reader_tesseract`). Whoever reads, cells are read crop by crop (`gxml.cellread`), and the second reader for
numbers (`gxml.numread`) reads them too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from .errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Image = NDArray[np.uint8]
    """(height, width) gray or (height, width, 3) BGR."""

NUMBER_CHARS = "0123456789.,+-－〇/%()（）万元件增减加少Oo○l"
"""Characters that a cell with a number may hold, and those that digits are taken for."""


@dataclass(frozen=True, slots=True)
class CharReading:
    """One character.

    Attributes:
        char: As read.
        confidence: Probability of `char`, 0 to 1.
        alternatives: (character, probability) of what it may be instead, best first; "" stands for no character.
            Whether `char` itself is among them depends on the reader.
        x: Place of its centre in the crop, 0 to 1; 0 where it is not known.
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

    @classmethod
    def of(cls, chars: Sequence[CharReading]) -> LineReading:
        """Make a reading of its characters."""
        text = "".join(c.char for c in chars)
        return cls(text, min((c.confidence for c in chars), default=1.0), tuple(chars))


def texts_of(chars: Sequence[CharReading], k: int) -> list[tuple[str, float]]:
    """Return the k likeliest texts that characters with alternatives can stand for, with their shares, best first."""
    found: dict[str, float] = {"": 1.0}
    for c in chars:
        options = {c.char: c.confidence}
        for other, p in c.alternatives:
            options.setdefault(other, p)
        longer: dict[str, float] = {}
        for text, p in found.items():
            for option, q in options.items():
                longer[text + option] = longer.get(text + option, 0.0) + p * q
        found = dict(sorted(longer.items(), key=lambda t: (-t[1], t[0]))[: 4 * k])
    total = sum(found.values())
    return [(text, p / total) for text, p in list(found.items())[:k] if p > 0]


@dataclass(frozen=True, slots=True)
class PageText:
    """A line found on a page: its corners (4, 2) in pixels, clockwise from the top left, and what it says."""

    corners: tuple[tuple[float, float], ...]
    reading: LineReading


class Reader(Protocol):
    """Reads pictures of text."""

    name: str

    def read(self, crops: Sequence[Image], allowed: str | None = None) -> list[LineReading]:
        """Read crops of one line each; `allowed` leaves out all other characters."""
        ...

    def read_both(self, crops: Sequence[Image], allowed: str) -> list[tuple[LineReading, LineReading]]:
        """Read each crop with all characters, and with the allowed ones alone, in one go where the engine can."""
        ...

    def read_page(self, page: Image) -> list[PageText]:
        """Find the lines of a page and read them, in the engine's order."""
        ...


def open_reader(name: str = "rapid", model_dir: Path | None = None, threads: int = 1) -> Reader:
    """Return a reader; its models are loaded once in a process.

    Args:
        name: "rapid", "paddle" or "tesseract".
        model_dir: Other models than those that come with it: for `rapid` and `paddle` a folder with the folders `det`
            and `rec`, each with inference.onnx and inference.yml as PaddleX has them; for `tesseract` a folder of
            .traineddata files.
        threads: Threads of the engine. With one, what is read does not depend on the machine.

    Raises:
        UsageError: There is no such reader.
        FileMissingError: `model_dir` lacks a file.
        MissingToolError: The package or the program is not installed.
    """
    return _open(name, model_dir, threads)


@cache
def _open(name: str, model_dir: Path | None, threads: int) -> Reader:
    if name == "rapid":
        from .reader_rapid import RapidReader

        return RapidReader(model_dir, threads)
    if name == "paddle":
        from .reader_paddle import PaddleReader

        return PaddleReader(model_dir, threads)
    if name == "tesseract":
        from .reader_tesseract import TesseractReader

        return TesseractReader(model_dir, threads)
    raise UsageError(f"There is no reader {name!r}.", hint="One of: rapid, paddle, tesseract.")

"""Tesseract as a reader: the program of the operating system, one run for many crops.

Its hOCR output has what its TSV output leaves out: a confidence for each character, and what else it may be.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import lxml.html
import numpy as np

from .ctc import Image
from .errors import FileMissingError, GxmlError, MissingToolError
from .ocr import CharReading, LineReading, PageText

LANGUAGE = "chi_sim"
LINE, PAGE = 7, 3
"""Page segmentation modes: a single line; a page, found automatically."""
TIMEOUT = 600.0
"""Seconds for one run."""
NARROW = 10.0
"""A crop that is more times as wide as high holds no number and is not read a second time with a mask."""
BORDER = 10
"""White pixels around a crop: Tesseract loses what touches the edge."""
BATCH = 256

_BOX = re.compile(r"bbox (-?\d+) (-?\d+) (-?\d+) (-?\d+)")
_PLACE = re.compile(r"x_bboxes (-?\d+) (-?\d+) (-?\d+) (-?\d+)")


class TesseractReader:
    """The Debian program tesseract with simplified Chinese; see `gxml.ocr.open_reader` for the arguments.

    Raises:
        MissingToolError: The program or its Chinese model is not installed.
    """

    name = "tesseract"

    def __init__(self, model_dir: Path | None = None, threads: int = 1) -> None:
        program = shutil.which("tesseract")
        hint = "apt install tesseract-ocr tesseract-ocr-chi-sim"
        if program is None:
            raise MissingToolError("The reader tesseract needs the program tesseract.", hint=hint)
        self._command = [program]
        if model_dir is not None:
            if not (model_dir / f"{LANGUAGE}.traineddata").is_file():
                raise FileMissingError(f"{model_dir}: no {LANGUAGE}.traineddata in it.", hint="Check --model-dir.")
            self._command += ["--tessdata-dir", str(model_dir)]
        self._environment = os.environ | {"OMP_THREAD_LIMIT": str(threads)}
        if LANGUAGE not in self._run("--list-langs").split():
            raise MissingToolError(f"Tesseract is installed without its model {LANGUAGE}.", hint=hint)

    def _run(self, *arguments: str) -> str:
        try:
            done = subprocess.run(
                [*self._command, *arguments], capture_output=True, env=self._environment, timeout=TIMEOUT, check=True
            )
        except OSError as error:
            raise MissingToolError(f"Tesseract could not be started ({error}).") from error
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            said = (error.stderr or b"").decode("utf-8", "replace").strip()
            raise GxmlError(f"Tesseract failed: {said or error}", hint="Try another --reader.") from error
        return done.stdout.decode("utf-8", "replace")

    def _recognise(self, images: Sequence[Image], mode: int, allowed: str | None) -> list[Any]:
        """Return for each image its element ocr_page of the hOCR output."""
        with tempfile.TemporaryDirectory(prefix="gxml-") as folder:
            names = []
            for i, image in enumerate(images):
                path = Path(folder) / f"{i}.png"
                path.write_bytes(cv2.imencode(".png", image)[1].tobytes())
                names.append(str(path))
            listed = Path(folder) / "list.txt"
            listed.write_text("\n".join(names) + "\n", "utf-8")
            settings = {"hocr_char_boxes": "1", "lstm_choice_mode": "2"}
            if allowed is not None:
                settings["tessedit_char_whitelist"] = allowed
            extra = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
            text = self._run(str(listed), "stdout", "--psm", str(mode), "-l", LANGUAGE, *extra, "hocr")
        tree: Any = lxml.html.document_fromstring(text.encode("utf-8"))
        pages = tree.find_class("ocr_page")
        if len(pages) != len(images):
            raise GxmlError(f"Tesseract gave {len(pages)} results for {len(images)} pictures.")
        return list(pages)

    def read(self, crops: Sequence[Image], allowed: str | None = None) -> list[LineReading]:
        """Read crops of one line each; `allowed` leaves out all other characters."""
        out: list[LineReading] = []
        for start in range(0, len(crops), BATCH):
            batch = crops[start : start + BATCH]
            framed = [_framed(c) for c in batch]
            for crop, page in zip(batch, self._recognise(framed, LINE, allowed), strict=True):
                lines = page.find_class("ocr_line")
                out.append(LineReading.of([c for line in lines for c in _chars(line, BORDER, crop.shape[1])]))
        return out

    def read_both(self, crops: Sequence[Image], allowed: str) -> list[tuple[LineReading, LineReading]]:
        """Read each crop with all characters; those that may hold a number with the allowed ones alone, too."""
        full = self.read(crops)
        narrow = [i for i, c in enumerate(crops) if c.shape[1] <= NARROW * c.shape[0]]
        masked = dict(zip(narrow, self.read([crops[i] for i in narrow], allowed), strict=True))
        empty = LineReading("", 1.0, ())
        return [(reading, masked.get(i, empty)) for i, reading in enumerate(full)]

    def read_page(self, page: Image) -> list[PageText]:
        """Find the lines of a page and read them."""
        found = []
        (element,) = self._recognise([page], PAGE, None)
        for line in element.find_class("ocr_line"):
            box = _BOX.search(line.get("title") or "")
            if box is None:
                continue
            x0, y0, x1, y1 = (float(v) for v in box.groups())
            reading = LineReading.of(list(_chars(line, x0, x1 - x0)))
            if reading.text.strip():
                found.append(PageText(((x0, y0), (x1, y0), (x1, y1), (x0, y1)), reading))
        return found


def _framed(crop: Image) -> Image:
    sides = [(BORDER, BORDER), (BORDER, BORDER), (0, 0)][: crop.ndim]
    return np.pad(crop, sides, constant_values=255)


def _chars(line: Any, left: float, width: float) -> Iterator[CharReading]:
    """Yield the characters of a line that begins at `left` and is `width` pixels wide."""
    last = ""
    for word in line.find_class("ocrx_word"):
        found = _glyphs(word)
        if not found:
            continue
        if last.isascii() and last.isalpha() and found[0][0][:1].isascii() and found[0][0][:1].isalpha():
            yield CharReading(" ", found[0][1])
        # the confidence of a word is that of its worst character, on a scale that means more than those of characters
        least = max(min(c for _, c, _, _ in found), 1e-6)
        whole = _confidence(word, r"x_wconf (\d+)")
        for text, confidence, place, others in found:
            at = min(1.0, max(0.0, (place - left) / max(1.0, width)))
            yield CharReading(text, round(min(confidence, whole * confidence / least), 6), others, at)
        last = found[-1][0][-1:]


def _glyphs(word: Any) -> list[tuple[str, float, float, tuple[tuple[str, float], ...]]]:
    """Return the characters of a word with their confidences, middles in pixels, and alternatives."""
    found: list[tuple[str, float, float, tuple[tuple[str, float], ...]]] = []
    for element in word:
        place = _PLACE.search(element.get("title") or "")
        if place is not None:
            middle = (int(place.group(1)) + int(place.group(3))) / 2
            found.append((element.text_content(), _confidence(element), middle, ()))
        elif found and (element.get("id") or "").startswith("lstm_choices"):
            choices = {e.text_content(): _confidence(e) for e in reversed(element.find_class("ocrx_cinfo"))}
            choices.pop(element.text_content(), None)
            ranked = sorted(choices.items(), key=lambda c: -c[1])
            found[-1] = (*found[-1][:3], tuple(ranked))
    return found


def _confidence(element: Any, pattern: str = r"x_confs? ([\d.]+)") -> float:
    match = re.search(pattern, element.get("title") or "")
    return min(1.0, float(match.group(1)) / 100) if match else 0.0

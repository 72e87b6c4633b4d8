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
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .errors import BrokenFileError, FileMissingError, UsageError
from .ocr import CharReading
from .shipped import models

Gray = NDArray[np.uint8]
Floats = NDArray[np.float32]
_Part = tuple[int, int, int, int, int]
"""Connected ink: x, y, width, height, area, in pixels."""

HEIGHT = 32
"""Rows of a line picture."""
GLYPH = 21
"""Rows that a digit fills in a line picture."""
OUTSIDE, PAPER, INK = 0, 40, 240
"""Grey levels of a line picture: beyond the crop, paper, full ink. The network sees where a crop ends, and so that a
digit is cut."""
WIDTH_STEP = 16
"""Widths of line pictures are multiples of this. Only pictures of the same width share a batch, so that what a crop
reads as does not depend on the other crops."""
MAX_WIDTH = 640
"""Widest line picture; more is cut off, which nothing printed in a number cell reaches."""
BATCH = 64
REFUSED = "\ufffd"
"""Stands in a reading for ink that is no sign of the alphabet."""

SMOOTH = 0.8
"""Blur against noise before ink is looked for, pixels."""
INK_LEVEL = 0.42
"""Ink is darker than this share of the way from paper to the darkest ink."""
PAPER_RANK = 0.7
"""Paper is as bright as the pixel at this rank."""
LEAST_INK = 0.04
"""Ink is as dark as the darkest pixels but these, in squared heights of a digit: specks do not count."""
LEAST_CONTRAST = 14.0
"""Weaker marks, in grey levels, are no ink."""
NOISE_FACTOR = 5.0
"""Marks weaker than this many deviations of the paper are no ink."""
FLAT_CONTRAST = 40.0
"""Contrast is not stretched beyond this, in grey levels: noise stays noise."""
DIGIT_HEIGHT = 0.70
"""Height of a digit in em."""
USUAL_SIZE = 10.5
"""Usual font size of a table, points."""
HEIGHTS = (0.5, 2.1)
"""Heights of digits, as multiples of the usual one."""
MARGIN = 0.75
"""Paper kept left and right of the ink, in heights of a digit."""
LEAST_AREA = 3
"""Smaller parts of the ink are specks, pixels."""
FRAGMENT = 0.5
"""A glyph at the edge with less of the height of the others is a bit of a neighbouring line."""
LITTLE_INK = 0.3
"""A line along the edge with less of the ink of the strongest line is no line."""
MOST_LINES = 4
BEAM = 16
LEAST_PROB = 1e-5
"""Signs less likely than this in a frame are not followed by the beam search."""
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


@dataclass(frozen=True, slots=True)
class _Band:
    """A printed line in a crop: centre and height of its digits and where its ink begins and ends, pixels."""

    y: float
    height: float
    x0: float
    x1: float


# --- from a crop to line pictures -----------------------------------------------------------------------------------


def line_pictures(crop: Gray, dpi: float | None = None) -> list[Gray]:
    """Find the printed lines of a crop and bring each to the scale of the network.

    Args:
        crop: [H, W] uint8, paper bright.
        dpi: Resolution of the crop if known; it tells a dash from a bar and a point from a disc.

    Returns:
        One picture [HEIGHT, multiple of WIDTH_STEP] uint8 for each line from top to bottom, at least one: an empty
        crop gives its middle.

    Raises:
        UsageError: The crop is not grey, or empty.
    """
    if crop.ndim != 2 or crop.dtype != np.uint8 or crop.size == 0:
        raise UsageError(f"A crop must be a grey picture [H, W] of uint8, this one is {crop.dtype}{list(crop.shape)}.")
    smooth = np.asarray(cv2.GaussianBlur(crop, (0, 0), SMOOTH), np.uint8)
    usual = _usual_height(crop.shape[0], dpi)
    bands, paper, contrast = _bands(smooth, usual, known=dpi is not None)
    return [_picture(crop, band, paper, max(contrast, FLAT_CONTRAST)) for band in bands]


def _usual_height(rows: int, dpi: float | None) -> float:
    if dpi is not None:
        return DIGIT_HEIGHT * USUAL_SIZE * dpi / 72.0
    return min(24.0, max(8.0, 0.4 * rows))


def _bands(smooth: Gray, usual: float, *, known: bool) -> tuple[list[_Band], float, float]:
    """Find the printed lines; return them with the grey of the paper and the contrast of the ink."""
    rows, cols = smooth.shape
    middle = [_Band(rows / 2, usual, 0.25 * cols, 0.75 * cols)]
    few = min(smooth.size - 1, max(3, int(LEAST_INK * usual * usual)))
    for _ in range(3):
        below = np.cumsum(np.bincount(smooth.reshape(-1), minlength=256))
        # Greys at a rank: of the paper, of the ink, of the brighter half, of the middle of that half.
        ranks = (int(PAPER_RANK * smooth.size), few, smooth.size // 2, 3 * smooth.size // 4)
        paper, ink, half, upper = (float(g) for g in np.searchsorted(below, ranks, side="right"))
        contrast = paper - ink
        noise = 1.4826 * (upper - half)
        if contrast < max(LEAST_CONTRAST, NOISE_FACTOR * noise):
            return middle, paper, contrast
        mask = (smooth < paper - INK_LEVEL * contrast).astype(np.uint8)
        _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
        found: list[_Part] = [tuple(part) for part in stats[1:].tolist() if part[4] >= LEAST_AREA]
        parts = [p for p in found if not _is_ruling(p, rows, cols, usual)]
        if len(parts) == len(found):
            break
        # A ruling is darker than thin print: without it, fainter ink comes out.
        rulings = [i for i in range(1, len(stats)) if _is_ruling(tuple(stats[i].tolist()), rows, cols, usual)]
        rest = cv2.dilate(np.isin(labels, rulings).astype(np.uint8), np.ones((5, 5), np.uint8))
        smooth = np.where(rest > 0, np.uint8(min(255, round(paper))), smooth)
    if not parts:
        return middle, paper, contrast
    if not known:
        usual = _height_from(parts, rows, usual)
    low, high = HEIGHTS[0] * usual, HEIGHTS[1] * usual
    glyphs = [p for p in parts if low <= p[3] <= high]
    whole = [p[3] for p in glyphs if p[1] > 0 and p[1] + p[3] < rows]
    # What touches the edge is a line of this cell that is cut a little, or a bit of the cell above or below.
    least = FRAGMENT * float(np.median(whole)) if whole else 0.0
    lines = _group([p for p in glyphs if p[3] >= least or (p[1] > 0 and p[1] + p[3] < rows)])
    if not lines:
        return [_loose_band(parts, usual)], paper, contrast
    if len(lines) > 1:
        lines = _real_lines(lines, rows, cols, 0.5 * usual)
    return [_band(line, parts, usual) for line in lines], paper, contrast


def _real_lines(lines: list[list[_Part]], rows: int, cols: int, edge: float) -> list[list[_Part]]:
    """Drop lines of little ink along the edges of the crop: pieces of ruling lines."""
    mass = [sum(p[4] for p in line) for line in lines]
    main = lines[mass.index(max(mass))]
    left, right = min(p[0] for p in main), max(p[0] + p[2] for p in main)
    kept = []
    for line, ink in zip(lines, mass, strict=True):
        x0, x1 = min(p[0] for p in line), max(p[0] + p[2] for p in line)
        y0, y1 = min(p[1] for p in line), max(p[1] + p[3] for p in line)
        beside = x1 <= min(edge, left) or x0 >= max(cols - edge, right)
        if not (ink < LITTLE_INK * max(mass) and (beside or y1 <= edge or y0 >= rows - edge)):
            kept.append((ink, line))
    most = sorted((ink for ink, _ in kept), reverse=True)[:MOST_LINES][-1]
    return [line for ink, line in kept if ink >= most]


def _is_ruling(part: _Part, rows: int, cols: int, usual: float) -> bool:
    """Tell whether a part of the ink is what is left of a ruling line at the edge of the crop."""
    x, y, w, h, _ = part
    left, right, top, bottom = x == 0, x + w >= cols, y == 0, y + h >= rows
    thin = max(2.0, 0.3 * usual)
    if h <= thin and (top or bottom) and (w >= 1.2 * usual or left or right):
        return True
    if w <= thin and (left or right) and (h >= 1.2 * usual or (top or bottom)):
        return True
    if h <= thin and w >= 0.7 * cols and cols > 3 * usual:
        return True
    if w <= thin and h >= max(1.5 * usual, 0.7 * rows):
        return True
    # Two rulings that meet in a corner.
    return (left or right) and (top or bottom) and w >= 0.6 * cols and h >= 0.6 * rows and rows > usual


def _height_from(parts: Sequence[_Part], rows: int, guess: float) -> float:
    """Estimate the height of digits from the ink, where the resolution is not known."""
    inside = [h for _, y, w, h, _ in parts if h >= 6 and y > 0 and y + h < rows and w <= 3 * h]
    if not inside:
        return guess
    return float(np.median([h for h in inside if h >= 0.5 * max(inside)]))


def _group(glyphs: Sequence[_Part]) -> list[list[_Part]]:
    """Group glyphs that stand on one line, from top to bottom."""
    lines: list[list[_Part]] = []
    for part in sorted(glyphs, key=lambda p: p[1] + p[3] / 2):
        if lines:
            y0, y1 = min(p[1] for p in lines[-1]), max(p[1] + p[3] for p in lines[-1])
            shared = min(y1, part[1] + part[3]) - max(y0, part[1])
            if shared > 0.4 * min(part[3], y1 - y0):
                lines[-1].append(part)
                continue
        lines.append([part])
    return lines


def _band(line: Sequence[_Part], parts: Sequence[_Part], usual: float) -> _Band:
    middle = float(np.median([p[3] for p in line]))
    even = [p for p in line if p[3] <= 1.5 * middle]
    y0, y1 = min(p[1] for p in even), max(p[1] + p[3] for p in even)
    # Points, signs and pieces of broken glyphs stand on the same line.
    near = [p for p in parts if p[1] < y1 + 0.3 * middle and p[1] + p[3] > y0 - 0.1 * middle and p[3] <= 3 * usual]
    near = [*near, *even]
    return _Band((y0 + y1) / 2, float(y1 - y0), min(p[0] for p in near), max(p[0] + p[2] for p in near))


def _loose_band(parts: Sequence[_Part], usual: float) -> _Band:
    """The line of marks that have not the height of a digit: a dash, a point, a glyph grown together with a ruling."""
    largest = max(parts, key=lambda p: p[2] * p[3])
    y = largest[1] + largest[3] / 2
    near = [p for p in parts if abs(p[1] + p[3] / 2 - y) <= usual]
    return _Band(y, usual, min(p[0] for p in near), max(p[0] + p[2] for p in near))


def _picture(crop: Gray, band: _Band, paper: float, contrast: float) -> Gray:
    """Cut a line out of the crop, bring it to HEIGHT rows and to the grey levels of the network."""
    rows, cols = crop.shape
    scale = GLYPH / band.height
    half = HEIGHT / 2 / scale
    x0 = max(0, math.floor(band.x0 - MARGIN * band.height))
    x1 = min(cols, math.ceil(band.x1 + MARGIN * band.height))
    y0, y1 = round(band.y - half), round(band.y + half)
    y1 = max(y1, y0 + 1)
    # Two columns of OUTSIDE at the ends: the edge of the crop shows, also where the crop is wide.
    left = 2 if x0 == 0 else 0
    right = 2 if x1 == cols else 0
    piece = crop[max(0, y0) : min(rows, y1), x0:x1]
    width = max(1, min(MAX_WIDTH - left - right, round(piece.shape[1] * scale)))
    top = round((max(0, y0) - y0) * HEIGHT / (y1 - y0))
    height = max(1, min(HEIGHT - top, round(piece.shape[0] * HEIGHT / (y1 - y0))))
    resized = cv2.resize(piece, (width, height), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    level = PAPER + (paper - resized.astype(np.float32)) * ((INK - PAPER) / contrast)
    total = -(-(width + left + right) // WIDTH_STEP) * WIDTH_STEP
    out = np.full((HEIGHT, total), OUTSIDE, np.uint8)
    if right == 0:
        # The crop goes on: what is past the margin is paper.
        out[top : top + height, left + width :] = PAPER
    out[top : top + height, left : left + width] = np.clip(level + 0.5, 1, 255)
    return out


# --- from frames to text --------------------------------------------------------------------------------------------


def beam_search(logp: Floats, k: int, beam: int = BEAM, least: float = 0.0) -> list[tuple[tuple[int, ...], float]]:
    """CTC prefix beam search.

    Args:
        logp: [T, C] log-probabilities of frames, class 0 is the blank.
        k: Number of strings.
        beam: Prefixes kept after each frame.
        least: Prefixes below this share of the best one are not kept.

    Returns:
        Up to k (classes of the string, log-probability summed over its alignments), the likeliest first.
    """
    probs = np.exp(logp.astype(np.float64))
    # prefix -> (probability of ending in blank, probability of ending in its last sign)
    beams: dict[tuple[int, ...], tuple[float, float]] = {(): (1.0, 0.0)}
    for frame in probs:
        likely = [int(c) for c in np.nonzero(frame > LEAST_PROB)[0] if c]
        blank = float(frame[0])
        grown: dict[tuple[int, ...], list[float]] = {}
        for prefix, (in_blank, in_sign) in beams.items():
            both = in_blank + in_sign
            here = grown.setdefault(prefix, [0.0, 0.0])
            here[0] += both * blank
            last = prefix[-1] if prefix else 0
            if last:
                here[1] += in_sign * float(frame[last])
            for c in likely:
                longer = grown.setdefault((*prefix, c), [0.0, 0.0])
                longer[1] += (in_blank if c == last else both) * float(frame[c])
        if least:
            floor = least * max(p[0] + p[1] for p in grown.values())
            grown = {prefix: p for prefix, p in grown.items() if p[0] + p[1] >= floor}
        best = list(grown.items())
        if len(best) > beam:
            best = sorted(best, key=lambda item: (-(item[1][0] + item[1][1]), item[0]))[:beam]
        # Rescaled sums would be needed for hundreds of frames; 160 frames stay far from the smallest double.
        beams = {prefix: (p[0], p[1]) for prefix, p in best}
    found = sorted(((prefix, sum(p)) for prefix, p in beams.items()), key=lambda item: (-item[1], item[0]))
    return [(prefix, math.log(max(p, 1e-300))) for prefix, p in found[:k]]


def align(logp: Floats, labels: Sequence[int]) -> list[int]:
    """Return for each label the frame where it is seen best on the likeliest CTC path of `labels`.

    Args:
        logp: [T, C] log-probabilities, class 0 is the blank.
        labels: Classes of the string; it must fit into T frames.
    """
    if not labels:
        return []
    best = logp.argmax(1)
    runs = [(int(c), [t for t, _ in run]) for c, run in groupby(enumerate(best.tolist()), key=itemgetter(1)) if c]
    if [c for c, _ in runs] == list(labels):  # the likeliest path frame by frame says the same, as nearly always
        return [max(seen, key=lambda t: float(logp[t, c])) for c, seen in runs]
    states = [0]
    for c in labels:
        states += [c, 0]
    n, frames = len(states), logp.shape[0]
    scores = np.full(n, -np.inf)
    scores[0], scores[1] = logp[0, 0], logp[0, states[1]]
    back = np.zeros((frames, n), np.int64)
    skip = np.array([i >= 2 and states[i] != 0 and states[i] != states[i - 2] for i in range(n)])
    for t in range(1, frames):
        choices = np.stack(
            [scores, np.concatenate([[-np.inf], scores[:-1]]), np.concatenate([[-np.inf] * 2, scores[:-2]])[:n]]
        )
        choices[2, ~skip] = -np.inf
        back[t] = choices.argmax(0)
        scores = choices.max(0) + logp[t, states]
    state = n - 1 if scores[n - 1] >= scores[n - 2] else n - 2
    seen = [-1] * len(labels)
    for t in range(frames - 1, -1, -1):
        if state % 2:
            i = state // 2
            if seen[i] < 0 or logp[t, labels[i]] > logp[seen[i], labels[i]]:
                seen[i] = t
        state -= int(back[t, state])
    return [max(0, t) for t in seen]


# --- the reader -----------------------------------------------------------------------------------------------------


class NumberReader:
    """The network with its alphabet and calibration; made by `load`."""

    def __init__(self, network: bytes, config: Mapping[str, Any], threads: int = 1) -> None:
        import onnxruntime as ort

        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = ort.InferenceSession(network, options, providers=["CPUExecutionProvider"])
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

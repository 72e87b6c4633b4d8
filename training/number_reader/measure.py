"""Calibration, measures, reliability plot and model card of the number reader.

python training/number_reader/measure.py real --pdf report.pdf     cells of a digital PDF, scanned at the levels
python training/number_reader/measure.py time                      time for a cell
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent)]

import cv2  # noqa: E402
import numpy as np  # noqa: E402

from gxml.beamsearch import beam_search  # noqa: E402
from gxml.numlines import line_pictures  # noqa: E402
from gxml.numread import LEAST_SHARE, REFUSED, NumberReader, NumberReading  # noqa: E402

LEVELS = ("clean200", "office200", "office150", "hard150", "fax", "photo")
THRESHOLD = 0.985
"""The correction threshold of the repair rules: errors must stay below it."""


@dataclass
class Cell:
    crop: np.ndarray
    text: str
    kind: str
    level: str
    dpi: float


@dataclass
class Result:
    cell: Cell
    reading: NumberReading

    @property
    def right(self) -> bool:
        return self.reading.text == self.cell.text


def printed_cells(
    maker: Any,
    seed: Sequence[int],
    level: str,
    kinds: dict[str, float],
    count: int,
    ways: dict[str, float] | None = None,
) -> list[Cell]:
    """Crops of printed pages: as the reader of scans cuts them, the inside of the cell, close around the ink."""
    from cells import crops

    rng = np.random.default_rng(list(seed))
    out: list[Cell] = []
    while len(out) < count:
        page = maker.page(rng, level, kinds)
        for crop, labels, kind in crops(page, rng, ways or {"grid": 0.4, "loose": 0.3, "tight": 0.3}):
            out.append(Cell(crop, "\n".join(labels), kind, level, page.dpi))
    return out[:count]


def read(reader: NumberReader, cells: Sequence[Cell]) -> list[Result]:
    out: list[Result] = []
    for start in range(0, len(cells), 256):
        part = cells[start : start + 256]
        for dpi in sorted({c.dpi for c in part}):
            same = [c for c in part if c.dpi == dpi]
            out += [Result(c, r) for c, r in zip(same, reader.read([c.crop for c in same], dpi=dpi), strict=True)]
    return out


def nll(logp: np.ndarray, labels: Sequence[int]) -> float:
    """Return minus the log-probability of a string of classes under CTC; 60 where it cannot be."""
    states = [0]
    for c in labels:
        states += [c, 0]
    a = np.full(len(states), -np.inf)
    a[:2] = logp[0, states[:2]]
    skip = np.array([i >= 2 and s != 0 and s != states[i - 2] for i, s in enumerate(states)])
    for row in logp[1:]:
        one = np.r_[-np.inf, a[:-1]]
        two = np.where(skip, np.r_[-np.inf, -np.inf, a[:-2]][: len(a)], -np.inf)
        a = np.logaddexp(np.logaddexp(a, one), two) + row[states]
    return min(60.0, -float(np.logaddexp(a[-1], a[-2] if len(a) > 1 else -np.inf)))


def fit_temperature(reader: NumberReader, cells: Iterable[Cell]) -> float:
    """Return the temperature that makes the truth likeliest; capped losses keep a few lost lines from ruling it."""
    reader.temperature = 1.0
    pairs = []
    for cell in cells:
        pictures = line_pictures(cell.crop, cell.dpi)
        lines = cell.text.split("\n")
        if len(pictures) == len(lines):
            for logp, line in zip(reader.log_probabilities(pictures), lines, strict=True):
                pairs.append((logp, [reader.alphabet.index(c) + 1 for c in line]))

    def loss(t: float) -> float:
        total = 0.0
        for logp, labels in pairs:
            scaled = logp / t
            scaled = scaled - np.logaddexp.reduce(scaled, axis=1, keepdims=True)
            total += min(8.0, nll(scaled, labels))
        return total

    return min((round(0.3 + 0.1 * i, 2) for i in range(28)), key=loss)


def fit_levels(results: Sequence[tuple[float, bool]]) -> tuple[list[float], list[float]]:
    """Isotonic regression of right on probability, as knots for linear interpolation.

    Bins of equal numbers in the order of probability, shares with half a right and half a wrong one added, pooled
    until they rise (pool adjacent violators).
    """
    ordered = sorted(results)
    size = max(25, len(ordered) // 60)
    bins = [ordered[i : i + size] for i in range(0, len(ordered), size)]
    blocks: list[list[float]] = []  # weight, right, sum of probability
    for part in bins:
        blocks.append([len(part), sum(r for _, r in part), sum(p for p, _ in part)])
        while len(blocks) > 1 and _share(blocks[-2]) >= _share(blocks[-1]):
            last = blocks.pop()
            blocks[-1] = [a + b for a, b in zip(blocks[-1], last, strict=True)]
    xs = [0.0, *(b[2] / b[0] for b in blocks), 1.0]
    ys = [0.0, *(_share(b) for b in blocks)]
    return [round(x, 7) for x in xs], [round(y, 5) for y in [*ys, ys[-1]]]


def _share(block: Sequence[float]) -> float:
    return (block[1] + 0.5) / (block[0] + 1.0)


def calibrate(reader: NumberReader, cells: Sequence[Cell]) -> dict[str, Any]:
    half = len(cells) // 5
    reader.temperature = fit_temperature(reader, cells[:half])
    reader._levels = dict.fromkeys((False, True), (np.array([0.0, 1.0]), np.array([0.0, 1.0])))
    results = read(reader, cells)
    fitted: dict[str, Any] = {"temperature": reader.temperature, "cells": len(cells)}
    for name, empty in (("confidence", False), ("confidence_empty", True)):
        some = [(r.reading.confidence, r.right) for r in results if (r.reading.text == "") == empty]
        xs, ys = fit_levels(some)
        reader._levels[empty] = (np.array(xs), np.array(ys))
        fitted[name] = {"probability": xs, "right": ys}
    return fitted


# --- measures -------------------------------------------------------------------------------------------------------


def summary(results: Sequence[Result]) -> dict[str, float | int]:
    wrong = [r for r in results if not r.right]
    nonzero = [r for r in results if r.cell.text not in ("0", "")]
    right = [r for r in results if r.right]
    sure = [r for r in wrong if r.reading.confidence >= THRESHOLD]
    return {
        "cells": len(results),
        "exact": round(len(right) / len(results), 5),
        "nonzero_cells": len(nonzero),
        "nonzero_exact": round(sum(r.right for r in nonzero) / max(1, len(nonzero)), 5),
        "errors": len(wrong),
        "errors_sure": len(sure),
        "right_unsure": round(sum(r.reading.confidence < THRESHOLD for r in right) / max(1, len(right)), 5),
    }


def expected_error(results: Sequence[Result], bins: int = 15) -> float:
    """Expected calibration error over bins of equal width."""
    confidence = np.array([r.reading.confidence for r in results])
    right = np.array([r.right for r in results], float)
    at = np.minimum((confidence * bins).astype(int), bins - 1)
    return float(
        sum(
            abs(confidence[at == b].mean() - right[at == b].mean()) * (at == b).mean()
            for b in range(bins)
            if (at == b).any()
        )
    )


def ship(config: dict[str, Any], work: Path, target: Path, per_level: int = 2000) -> None:
    """Calibrate on fonts and pages of their own, test on others, write config.json, measures.json and the plot."""
    import card
    from train import printer

    from gxml.plots import reliability
    from gxml.scores_more import binned

    network = (target / "number_reader.onnx").read_bytes()
    base: dict[str, Any] = {
        "alphabet": config["alphabet"],
        "temperature": 1.0,
        "confidence": {"probability": [0, 1], "right": [0, 1]},
        "confidence_empty": {"probability": [0, 1], "right": [0, 1]},
    }
    reader = NumberReader(network, base)
    maker, fonts_calibration, _ = printer(config, "calibration")
    mixed = {
        k: 0.5 * config["kinds"]["balanced"][k] / sum(config["kinds"]["balanced"].values())
        + 0.5 * config["kinds"]["table"].get(k, 0) / 100
        for k in config["kinds"]["balanced"]
    }
    cells = []
    for i, level in enumerate((*LEVELS, "wild")):
        cells += printed_cells(maker, [config["seed"], 10, i], level, mixed, per_level * 3 // 5)
        cells += printed_cells(maker, [config["seed"], 11, i], level, {"blank": 1.0}, per_level // 8)
    np.random.default_rng(config["seed"]).shuffle(cells)  # type: ignore[arg-type]
    fitted = calibrate(reader, cells)
    maker, fonts_test, _ = printer(config, "test")
    measures: dict[str, Any] = {
        "levels": {},
        "kinds": {},
        "fonts_test": fonts_test,
        "fonts_calibration": fonts_calibration,
    }
    everything: list[Result] = []
    for i, level in enumerate(LEVELS):
        results = read(
            reader, printed_cells(maker, [config["seed"], 20, i], level, config["kinds"]["table"], per_level)
        )
        everything += results
        measures["levels"][level] = summary(results)
        print(level, measures["levels"][level], flush=True)
    for kind in ("junk", "wrapped", "gap", "signed", "money", "mark", "blank"):
        results = read(reader, printed_cells(maker, [config["seed"], 30], "office150", {kind: 1.0}, 480))
        measures["kinds"][kind] = summary(results) | {
            "refused": round(sum(REFUSED in r.reading.text for r in results) / len(results), 4)
        }
        print(kind, measures["kinds"][kind], flush=True)
    # How often a crop that cuts a digit gives a number that looks sure.
    from cells import cut_crops

    rng, cuts = np.random.default_rng([config["seed"], 40]), []
    while len(cuts) < 1000:
        page = maker.page(rng, "office150", {"digits": 1.0})
        cuts += [
            (Cell(crop, label, "cut", "office150", page.dpi), share) for crop, label, share in cut_crops(page, rng)
        ]
    found = read(reader, [c for c, _ in cuts])
    deep = [r for r, (_, share) in zip(found, cuts, strict=True) if 0.15 <= share <= 0.9]
    numbers = [r for r in deep if not r.right and REFUSED not in r.reading.text]
    measures["cut"] = {
        "cells": len(deep),
        "refused": sum(REFUSED in r.reading.text for r in deep),
        "right": sum(r.right for r in deep),
        "other_number": len(numbers),
        "other_number_sure": sum(r.reading.confidence >= THRESHOLD for r in numbers),
    }
    measures["expected_calibration_error"] = round(expected_error(everything), 5)
    measures["temperature"] = fitted["temperature"]
    print({k: v for k, v in measures.items() if k not in ("levels", "kinds")}, flush=True)
    plot = reliability(binned((r.reading.confidence, r.right) for r in everything))
    (target / "reliability.svg").write_text(plot, "utf-8")
    import torch

    measures["passes"] = torch.load(work / "state.pt", weights_only=True)["done"]
    fonts_train = json.loads((work / "fonts_train.json").read_text())
    measures["fonts_train"] = fonts_train["used"]
    final = (
        base
        | {k: fitted[k] for k in ("temperature", "confidence", "confidence_empty")}
        | {
            "height": 32,
            "input": "uint8 [n, 1, 32, width], width a multiple of 16",
            "sha256": hashlib.sha256(network).hexdigest(),
        }
    )
    (target / "config.json").write_text(json.dumps(final, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    (target / "measures.json").write_text(json.dumps(measures, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    card.write(config, measures, target, final["sha256"], weights(network))


def weights(network: bytes) -> int:
    """Return the number of weights, from the size of the file."""
    return len(network) // 4


# --- real pages -----------------------------------------------------------------------------------------------------


def real_cells(pdf: Path, level: str, seed: int, dpi: float | None = None) -> list[Cell]:
    """Value cells of a digital PDF, scanned by gxml.synth_scan and straightened by the known transform."""
    from gxml.document import Table
    from gxml.numerals import parse_cell
    from gxml.pdf import read_pdf
    from gxml.synth_scan import scan_pdf

    document = read_pdf(pdf)
    scans = scan_pdf(pdf, level, seed)
    rng = np.random.default_rng([seed, 7])
    out = []
    for table in (b for b in document.blocks if isinstance(b, Table)):
        for cell in table.cells:
            said = parse_cell(cell.text)
            page = cell.page
            if said.kind not in ("number", "dash") or cell.bbox is None:
                continue
            scan = scans[page - 1]
            k = max(scan.dpi) / 72
            x0, y0, x1, y1 = cell.bbox
            inset = rng.uniform(-0.4, 1.6, 4)
            x0, y0, x1, y1 = x0 + inset[0], y0 + inset[1], x1 - inset[2], y1 - inset[3]
            w, h = round((x1 - x0) * k), round((y1 - y0) * k)
            if w < 4 or h < 4:
                continue
            to_points = np.array([[1 / k, 0, x0], [0, 1 / k, y0], [0, 0, 1.0]])
            there = np.asarray(scan.transform) @ to_points
            crop = cv2.warpPerspective(
                scan.image[..., 2],
                there,
                (w, h),
                flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
                borderMode=cv2.BORDER_REPLICATE,
            )
            text = "".join((said.raw or "").split()).replace("（", "(").replace("）", ")").replace("—", "-")
            out.append(Cell(crop, text, said.kind, level, max(scan.dpi)))
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=["real", "time"])
    parser.add_argument("--pdf", type=Path, nargs="*", default=[])
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--model", type=Path, default=None)
    options = parser.parse_args()
    reader = NumberReader.load(options.model)
    if options.step == "real":
        for level in LEVELS:
            results = [
                r
                for seed in range(options.seeds)
                for pdf in options.pdf
                for r in read(reader, real_cells(pdf, level, seed))
            ]
            print(level, json.dumps(summary(results)))
            for r in results:
                if not r.right:
                    print("   ", repr(r.cell.text), "->", repr(r.reading.text), round(r.reading.confidence, 3))
        return
    from train import configuration, printer

    config = configuration()
    cells = printed_cells(printer(config, "test")[0], [1], "office150", config["kinds"]["table"], 1000)
    crops = [c.crop for c in cells]
    reader.read(crops[:200], dpi=150)
    for name, work in (
        ("pictures", lambda: [line_pictures(c, 150) for c in crops]),
        ("whole", lambda: reader.read(crops, dpi=150)),
    ):
        start, cpu = time.perf_counter(), time.process_time()
        work()
        took, used = time.perf_counter() - start, time.process_time() - cpu
        print(f"{name}: {took:.3f} ms a cell, {used:.3f} ms of the processor")
    pictures = [p for c in crops for p in line_pictures(c, 150)]
    cpu = time.process_time()
    frames = reader.log_probabilities(pictures)
    network = time.process_time() - cpu
    cpu = time.process_time()
    for f in frames:
        beam_search(f, 1, least=LEAST_SHARE)
    print(f"network {network:.3f} ms, beam search {time.process_time() - cpu:.3f} ms a cell")


if __name__ == "__main__":
    main()

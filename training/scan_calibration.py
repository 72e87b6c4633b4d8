"""Fits the confidence of a cell that was read from a picture to the share of right ones.

    python training/scan_calibration.py collect out/scan_calibration --workers 2
    python training/scan_calibration.py fit out/scan_calibration

`collect` scans generated reports that neither the accuracy benchmark nor the training of the number reader uses, and
keeps each value cell with what the first reader said. `fit` lets the number reader read them and writes
models/cell_confidence/maps.json: where both agree, and where they do not, a rising map from their odds to the share of
right readings. After new weights of the number reader only `fit` is to be run again.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from scan_accuracy import Document, printed, same, share_of

SEEDS = 930_000
"""Seed of the first report; nothing else uses seeds from here to 930,099."""
DOCUMENTS = 24
LEVELS = ("office150", "hard150", "fax", "photo")
"""Two of them for each report, in turn."""
MODELS = Path(__file__).parent.parent / "models"
TARGET = MODELS / "cell_confidence" / "maps.json"
HALF = 0.5
"""Added to right and wrong cells of a bin: no bin is surely right."""
FIRST_BIN = 10
"""Cells in the first bin, where readers are least sure; each bin is larger than the one before by half."""


def jobs() -> list[tuple[Document, str]]:
    out = []
    for i in range(DOCUMENTS):
        document = Document("generated", f"{SEEDS + i}", SEEDS + i, ("2019", "2021")[i % 2])
        out += [(document, LEVELS[(i + k) % len(LEVELS)]) for k in (0, 1)]
    return out


class Recorder:
    """Stands in for the number reader: keeps the crops, knows nothing, and gives each the number of its crop."""

    def __init__(self) -> None:
        self.crops: list[Any] = []
        self.dpi: list[float] = []

    def read(self, crops: Any, *, dpi: float) -> list[Any]:
        from gxml.numread import NumberReading

        first = len(self.crops)
        self.crops += [c.copy() for c in crops]
        self.dpi += [dpi] * len(crops)
        return [NumberReading(f"#{first + i}", 0.0, ()) for i in range(len(crops))]

    def candidates(self, crop: Any, k: int, *, dpi: float) -> list[tuple[str, float]]:
        return []


def observe(document: Document, level: str, target: Path) -> None:
    """Keep, for each value cell of a scan, what the first reader said, the truth, and the crop for the second."""
    import tempfile

    import cv2
    import numpy as np

    from gxml import synth_scan
    from gxml.cellread import cell_reader
    from gxml.config import Options
    from gxml.pipeline import interpret, load

    cv2.setNumThreads(1)
    recorder = Recorder()
    cell_reader(Options()).numbers = recorder  # type: ignore[assignment]
    with tempfile.TemporaryDirectory() as folder:
        known = printed(document, Path(folder))
        scan = Path(folder) / "scan.pdf"
        synth_scan.write_pdf(synth_scan.scan_pdf(known.path, level, document.number), scan)
        report = interpret(load(scan, Options()))
    cells, crops = [], {}
    for i, value in known.truth["cells"].items():
        cell = report.cells.get(i)
        both = (cell.model_extra or {}).get("candidates") or [] if cell is not None else []
        if len(both) == 2 and both[0][0] and both[1][0].startswith("#"):
            k = int(both[1][0][1:])
            crops[f"crop{len(cells)}"] = recorder.crops[k]
            cells.append([both[0][0], both[0][1], value, recorder.dpi[k]])
    np.savez_compressed(target, cells=json.dumps(cells), **crops)


def collect(args: argparse.Namespace) -> None:
    args.out.mkdir(parents=True, exist_ok=True)
    todo = [(d, v, args.out / f"{d.name}-{v}.npz") for d, v in share_of(jobs(), args.part)]
    todo = [job for job in todo if not job[2].exists()]
    began = time.time()
    with ProcessPoolExecutor(args.workers) as pool:
        for n, future in enumerate(as_completed([pool.submit(observe, *job) for job in todo]), 1):
            future.result()
            print(f"{n}/{len(todo)}, {time.time() - began:.0f} s", flush=True)


def readings(folder: Path) -> Iterator[tuple[str, float, float, bool, bool]]:
    """Yield (case, confidence of the first, of the second, first is right, second is right) for each cell."""
    import numpy as np

    from gxml.cellsettle import same_reading
    from gxml.numerals import parse_cell, squeeze
    from gxml.numread import NumberReader

    def right(text: str, value: float | None) -> bool:
        cell = parse_cell(text)
        return cell.kind != "noise" and same(float(cell.value) if cell.kind == "number" else None, value)

    reader = NumberReader.load()
    for path in sorted(folder.glob("*.npz")):
        data = np.load(path)
        for k, (text, sure, value, dpi) in enumerate(json.loads(str(data["cells"]))):
            (second,) = reader.read([data[f"crop{k}"]], dpi=dpi)
            other = squeeze(second.text)
            kinds = {parse_cell(text).kind, parse_cell(other).kind}
            case = "agreed" if same_reading(text, other) else "rivals" if kinds == {"number"} else "differing"
            yield case, sure, second.confidence, right(text, value), right(other, value)


def fit(args: argparse.Namespace) -> None:
    from gxml.cellconfidence import log_odds

    points: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    for case, first, second, one, two in readings(args.out):
        if case == "rivals":
            print("rivals", first, second, one, two)
        elif case == "agreed":
            points["agreed"].append((log_odds(first) + log_odds(second), one))
        else:
            lead = log_odds(first) - log_odds(second)
            points["differing_first"].append((lead, one))
            points["differing_second"].append((-lead, two))
        points["alone"].append((log_odds(first), one))
    maps, counts = {}, {}
    for name, pairs in sorted(points.items()):
        curve = isotonic(pairs)
        maps[name] = {"log_odds": [round(x, 3) for x, _ in curve], "right": [round(y, 5) for _, y in curve]}
        counts[name] = {"cells": len(pairs), "right": sum(r for _, r in pairs)}
        print(name, counts[name], *(f"{x:.2f}:{y:.4f}" for x, y in curve))
    network = json.loads((MODELS / "number_reader" / "config.json").read_text("utf-8"))["sha256"]
    content = {"fitted_on": counts, "number_reader": network, "maps": maps}
    TARGET.write_text(json.dumps(content, indent=1) + "\n", "utf-8")


def isotonic(pairs: list[tuple[float, bool]]) -> list[tuple[float, float]]:
    """Return the rising curve through the shares of right cells: pool adjacent violators over bins of some cells."""
    pairs = sorted(pairs)
    bins: list[list[float]] = []  # sum of places, right cells, cells
    start, size = 0, FIRST_BIN
    while start < len(pairs):
        part = pairs[start : start + size]
        bins.append([sum(x for x, _ in part), float(sum(r for _, r in part)), float(len(part))])
        start, size = start + size, size * 3 // 2
    pooled: list[list[float]] = []
    for b in bins:
        pooled.append(b)
        while len(pooled) > 1 and _share(pooled[-2]) >= _share(pooled[-1]):
            last = pooled.pop()
            pooled[-1] = [a + c for a, c in zip(pooled[-1], last, strict=True)]
    return [(b[0] / b[2], _share(b)) for b in pooled]


def _share(b: list[float]) -> float:
    return (b[1] + HALF) / (b[2] + 2 * HALF)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("collect", help="read what is not in OUT yet")
    one.add_argument("out", type=Path)
    one.add_argument("--workers", type=int, default=1)
    one.add_argument("--part", default="1/1", help="K/N: only the Kth of N shares of the work")
    one.set_defaults(do=collect)
    two = commands.add_parser("fit", help="write the maps")
    two.add_argument("out", type=Path)
    two.set_defaults(do=fit)
    args = parser.parse_args()
    args.do(args)


if __name__ == "__main__":
    main()

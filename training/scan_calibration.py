"""Fits the confidence of a cell that was read from a picture to the share of right ones.

    python training/scan_calibration.py collect out/scan_calibration.jsonl --workers 2
    python training/scan_calibration.py fit out/scan_calibration.jsonl

`collect` scans generated reports that neither the accuracy benchmark nor the training of the number reader uses, and
notes for each value cell how sure both readers were, and who was right. `fit` writes models/cell_confidence/maps.json:
where the readers agree, and where they do not, a rising map from their odds to the share of right readings.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from scan_accuracy import Document, printed, same

SEEDS = 930_000
"""Seed of the first report; nothing else uses seeds from here to 930,099."""
DOCUMENTS = 24
LEVELS = ("office150", "hard150", "fax", "photo")
"""Two of them for each report, in turn."""
MODELS = Path(__file__).parent.parent / "models"
TARGET = MODELS / "cell_confidence" / "maps.json"
HALF = 0.5
"""Added to right and wrong cells of a bin: no bin is surely right."""
LEAST = 150
"""Cells in a bin."""


def jobs() -> list[tuple[Document, str]]:
    out = []
    for i in range(DOCUMENTS):
        document = Document("generated", f"{SEEDS + i}", SEEDS + i, ("2019", "2021")[i % 2])
        out += [(document, LEVELS[(i + k) % len(LEVELS)]) for k in (0, 1)]
    return out


def observe(document: Document, level: str) -> list[Any]:
    """Return for each cell that both read (they agree, confidence of the first, of the second, first right, second)."""
    import tempfile

    import cv2

    from gxml import synth_scan
    from gxml.cellread import same_reading
    from gxml.config import Options
    from gxml.numerals import parse_cell
    from gxml.pipeline import interpret, load

    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        known = printed(document, Path(folder))
        scan = Path(folder) / "scan.pdf"
        synth_scan.write_pdf(synth_scan.scan_pdf(known.path, level, document.number), scan)
        report = interpret(load(scan, Options()))
    out = []
    for i, value in known.truth["cells"].items():
        cell = report.cells.get(i)
        both = (cell.model_extra or {}).get("candidates") or [] if cell is not None else []
        if len(both) == 2 and both[0][0]:
            (first, p), (second, q) = both
            right = [same(_value(parse_cell(t)), value) for t in (first, second)]
            out.append([same_reading(first, second), p, q, *right])
    return out


def _value(printed: Any) -> float | None:
    return float(printed.value) if printed.kind == "number" else None


def collect(args: argparse.Namespace) -> None:
    args.out.parent.mkdir(parents=True, exist_ok=True)
    done = set()
    if args.out.exists():
        done = {(r["name"], r["level"]) for r in map(json.loads, args.out.read_text("utf-8").splitlines())}
    todo = [(d, v) for d, v in jobs() if (d.name, v) not in done]
    began = time.time()
    with args.out.open("a", encoding="utf-8") as out, ProcessPoolExecutor(args.workers) as pool:
        waiting = {pool.submit(observe, *job): job for job in todo}
        for n, future in enumerate(as_completed(waiting), 1):
            document, level = waiting[future]
            out.write(json.dumps({"name": document.name, "level": level, "cells": future.result()}) + "\n")
            out.flush()
            print(f"{n}/{len(todo)}, {time.time() - began:.0f} s", flush=True)


def fit(args: argparse.Namespace) -> None:
    from gxml.cellconfidence import log_odds

    points: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    for record in map(json.loads, args.out.read_text("utf-8").splitlines()):
        for agree, first, second, one, two in record["cells"]:
            if agree:
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
    size = max(1, min(LEAST, len(pairs) // 12))
    bins: list[list[float]] = []  # sum of places, right cells, cells
    for start in range(0, len(pairs), size):
        part = pairs[start : start + size]
        bins.append([sum(x for x, _ in part), float(sum(r for _, r in part)), float(len(part))])
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
    one.set_defaults(do=collect)
    two = commands.add_parser("fit", help="write the maps")
    two.add_argument("out", type=Path)
    two.set_defaults(do=fit)
    args = parser.parse_args()
    args.do(args)


if __name__ == "__main__":
    main()

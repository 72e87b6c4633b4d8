"""How often the grid of a scanned table is right: prints documents, scans them, finds the tables; nothing is read.

    python training/scan_grids.py --seed 930000 --count 40 --workers 2 out/grids.jsonl
    python training/scan_grids.py --report out/grids.jsonl

Prints for each level how many tables have every row, column and span right, and lists the others. A table of two pages
counts twice. Documents are made as in `scan_accuracy.py`, the first half of them of the first edition; those whose
tables are not fully ruled are passed over. What is in the file already is not measured again.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from scan_accuracy import EDITIONS, LEVELS, RULED, Document, Record, printed

from gxml import synth_scan
from gxml.imaging import prepare
from gxml.layout import find_lines
from gxml.rawpages import RawPage
from gxml.scan import form_tables
from gxml.synth_grids import score_page, to_clean
from gxml.synth_pdf import draw_pdf_style

PARTS = ("rows", "columns", "spans", "places")


def measure(document: Document, levels: list[str]) -> list[Record]:
    """Return one record for each level."""
    import cv2

    cv2.setNumThreads(1)
    records = []
    with tempfile.TemporaryDirectory() as folder:
        known = printed(document, Path(folder))
        for level in levels:
            record: Record = {"name": document.name, "level": level, "wrong": []}
            record |= {"tables": 0, "false": 0, "seconds": 0.0}
            for number, scan in enumerate(synth_scan.scan_pdf(known.path, level, document.number), 1):
                raw = RawPage.of(number, scan.image, scan.dpi)
                began = time.process_time()
                page = prepare(raw)
                found = form_tables(find_lines(page.gray, page.dpi))
                record["seconds"] += time.process_time() - began
                scores, false = score_page(found, known.grids.get(number, []), to_clean(scan, raw, page), number)
                record["tables"] += len(scores)
                record["false"] += false
                for i, score in enumerate(scores):
                    if not score.right:
                        faults = [part for part in PARTS if not getattr(score, part)]
                        record["wrong"].append({"page": number, "table": i, "faults": faults})
            records.append(record)
    return records


def run(args: argparse.Namespace) -> None:
    """Measure what is not in the file yet."""
    done = {(r["name"], r["level"]) for r in read(args.out)}
    jobs = []
    for i in range(args.count):
        number = args.seed + i
        if draw_pdf_style(number).ruling not in RULED:
            continue
        left = [v for v in args.levels.split(",") if (str(number), v) not in done]
        if left:
            edition = EDITIONS[i * len(EDITIONS) // args.count]
            jobs.append((Document("generated", str(number), number, edition), left))
    args.out.parent.mkdir(parents=True, exist_ok=True)
    with args.out.open("a", encoding="utf-8") as out, ProcessPoolExecutor(args.workers) as pool:
        for future in as_completed([pool.submit(measure, *job) for job in jobs]):
            for record in future.result():
                out.write(json.dumps(record) + "\n")
            out.flush()


def read(path: Path) -> list[Any]:
    """Return the records of a file that may not be there."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []


def report(found: list[Record], levels: list[str]) -> None:
    """Print the table of the levels and the wrong tables."""
    print("| level | tables right | share | false | wrong in |\n|---|---|---|---|---|")
    for level in levels:
        group = [r for r in found if r["level"] == level]
        tables, wrong = sum(r["tables"] for r in group), [w for r in group for w in r["wrong"]]
        if tables:
            faults = Counter("no table" if len(w["faults"]) == len(PARTS) else w["faults"][0] for w in wrong)
            share = f"{100 * (tables - len(wrong)) / tables:.1f} %"
            false = sum(r["false"] for r in group)
            listed = ", ".join(f"{n} {k}" for k, n in faults.most_common())
            print(f"| {level} | {tables - len(wrong)} of {tables} | {share} | {false} | {listed} |")
    for r in sorted(found, key=lambda r: (r["level"], r["name"])):
        for w in r["wrong"]:
            print(r["level"], r["name"], "page", w["page"], "table", w["table"], "/".join(w["faults"]))


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="lines of JSON, one for each document and level")
    parser.add_argument("--seed", type=int, default=930_000, help="of the first document")
    parser.add_argument("--count", type=int, default=40, help="documents")
    parser.add_argument("--levels", default=",".join(LEVELS))
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--report", action="store_true", help="print only")
    args = parser.parse_args()
    if not args.report:
        run(args)
    report(read(args.out), args.levels.split(","))


if __name__ == "__main__":
    main()

"""What reading a scan costs: prints a table; run it with `python training/scan_cost.py`.

For each page of made-up reports, scanned at two levels, the processor time of gxml and that of a plain rapidocr pass
over the same picture, in turns in the same run, both with the same number of threads. The ratio is that of the sums.
Then the peak memory of a process that reads twenty pages, and nothing else.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import subprocess
import sys
import time

from scan_pages import ScanPage, made_pages

from gxml.cellread import CellReader, cell_reader
from gxml.config import Options
from gxml.scan import read_scan
from gxml.workers import peak_mib

SEED = 2100
MEMORY_PAGES = 20
LIMIT = 0.6
PARTS = {
    "picture: turn, straighten, light": "prepare",
    "rulings and cells": ("find_lines", "ruled_tables"),
    "lines of prose": "text_pieces",
    "ink of cells": "find_ink",
    "recogniser": "_frames",
    "its decoding": "decode",
    "second reader": "NumberReader.read",
}


def plain_rapidocr(threads: int):
    from rapidocr import RapidOCR

    engine = "EngineConfig.onnxruntime"
    return RapidOCR(
        params={
            f"{engine}.intra_op_num_threads": threads,
            f"{engine}.inter_op_num_threads": 1,
            "Global.log_level": "error",
        }
    )


def seconds(work) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


def peak_memory(threads: int) -> None:
    """Read pages, scanned one after the other, and print the peak of the process in MiB."""
    reader = cell_reader(Options(threads=threads))
    for done, page in enumerate(made_pages(["hard150"], MEMORY_PAGES, SEED), 1):
        read_scan(page.raw, reader)
        if done == MEMORY_PAGES:
            break
    print(round(peak_mib()))


def where_it_goes(pages: list[ScanPage], reader: CellReader) -> None:
    profile = cProfile.Profile()
    profile.enable()
    for page in pages:
        read_scan(page.raw, reader)
    profile.disable()
    stats = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    spent = {}
    for (file, _, name), (_, _, _, cumulative, _) in stats.items():
        if "gxml" in file:
            spent[f"{'NumberReader.' if file.endswith('numread.py') else ''}{name}"] = cumulative
    total = spent["read_scan"]
    print("\n| part | share |\n|---|---|")
    left = 1.0
    for part, names in PARTS.items():
        share = sum(spent.get(n, 0.0) for n in ([names] if isinstance(names, str) else names)) / total
        left -= share
        print(f"| {part} | {share:.0%} |")
    print(f"| the rest | {left:.0%} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reports", type=int, default=2, help="generated reports at each level")
    parser.add_argument("--threads", type=int, default=1, help="of both engines")
    parser.add_argument("--rounds", type=int, default=2, help="times that each page is read by both")
    parser.add_argument("--memory", action="store_true", help="print the peak memory of a run of 20 pages alone")
    given = parser.parse_args()
    if given.memory:
        return peak_memory(given.threads)

    pages = list(made_pages(["office150", "hard150"], given.reports, SEED))
    reader, engine = cell_reader(Options(threads=given.threads)), plain_rapidocr(given.threads)
    read_scan(pages[-1].raw, reader)  # both are warm
    engine(pages[-1].raw.image)
    print(f"{len(pages)} pages, {given.threads} thread(s), {given.rounds} rounds")
    print("| level | pages | gxml, s a page | rapidocr, s a page | ratio |\n|---|---|---|---|---|")
    for level in ("office150", "hard150"):
        of_level = [p for p in pages if p.level == level]
        ours = theirs = 0.0
        for _ in range(given.rounds):
            for page in of_level:
                ours += seconds(lambda page=page: read_scan(page.raw, reader))
                theirs += seconds(lambda page=page: engine(page.raw.image))
        count = len(of_level) * given.rounds
        print(f"| {level} | {len(of_level)} | {ours / count:.2f} | {theirs / count:.2f} | {ours / theirs:.2f} |")
        if ours > LIMIT * theirs:
            print(f"over the limit of {LIMIT}")
    where_it_goes(pages, reader)
    command = [sys.executable, __file__, "--memory", "--threads", str(given.threads)]
    peak = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    print(f"\npeak memory of {MEMORY_PAGES} pages: {peak} MiB")


if __name__ == "__main__":
    main()

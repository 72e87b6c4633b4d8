"""The readers of scans against each other: prints a table; run it with `python training/scan_readers.py`.

All of them read the cells of the same pages, found by the same rulings; the second reader for numbers reads along.
Readers that are not installed are named and left out. Times are processor time, that of child processes included.
"""

from __future__ import annotations

import argparse
import os

from scan_pages import Score, made_pages

from gxml.cellread import cell_reader
from gxml.config import READERS, Options
from gxml.errors import MissingToolError

SEED = 1200
LEAST_CELLS = 60
"""Pages with fewer are passed over: prose, ends of tables."""


def used() -> float:
    t = os.times()
    return t.user + t.system + t.children_user + t.children_system


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readers", default=",".join(READERS))
    parser.add_argument("--levels", default="office150,hard150")
    parser.add_argument("--reports", type=int, default=4, help="generated reports at each level")
    parser.add_argument("--pages", type=int, default=1000, help="at most so many pages at each level")
    given = parser.parse_args()
    pages = [p for p in made_pages(given.levels.split(","), given.reports, SEED) if len(p.cells) >= LEAST_CELLS]
    print("| reader | level | numbers exact | not 0, exact | right in doubt | wrong and sure | errors in labels | s |")
    print("|---|---|---|---|---|---|---|---|")
    for name in given.readers.split(","):
        try:
            reader = cell_reader(Options.model_validate({"reader": name}))
        except MissingToolError as error:
            print(f"{name}: {error}")
            continue
        for level in given.levels.split(","):
            score, begin = Score(), used()
            for page in [p for p in pages if p.level == level][: given.pages]:
                score.add(page, reader)
            print(row(name, level, score, used() - begin), flush=True)


def row(name: str, level: str, s: Score, seconds: float) -> str:
    counts = f"{s.right} of {s.numbers} | {s.nonzero_right} of {s.nonzero} | {s.doubted} | {s.silent}"
    return f"| {name} | {level} | {counts} | {s.word_errors / s.words:.1%} | {seconds / s.pages:.1f} |"


if __name__ == "__main__":
    main()

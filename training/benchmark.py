"""How long reading takes: prints a table; run it with `python training/benchmark.py [REPORT ...]`.

Without arguments it reads made-up reports, one of each layout, and the reports in the folder that GXML_REPORTS names.
Times are processor time (reading uses one thread, so on an idle machine this is what a clock shows), medians after a
first reading: imports and caches are warm. For a PDF, the ratio is to what pypdfium2 alone
needs to give the characters, their boxes and the paths of its pages.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import gxml

ROUNDS = 5
STARTS = 7
SEED = 3


def used() -> float:
    """Processor time of this process and of the children that have ended, seconds."""
    children = os.times()
    return time.process_time() + children.children_user + children.children_system


def median_seconds(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    work()
    taken = []
    for _ in range(rounds):
        begin = used()
        work()
        taken.append(used() - begin)
    return statistics.median(taken)


def pypdfium2_alone(path: Path) -> int:
    """Get every character with its box, and every segment of every path; return how many there are."""
    import pypdfium2
    import pypdfium2.raw as raw

    found = 0
    document = pypdfium2.PdfDocument(path)
    for page in document:
        text = page.get_textpage()
        for i in range(text.count_chars()):
            raw.FPDFText_GetUnicode(text, i)
            text.get_charbox(i)
            found += 1
        for thing in page.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH]):
            for i in range(raw.FPDFPath_CountSegments(thing)):
                raw.FPDFPath_GetPathSegment(thing, i)
                found += 1
    document.close()
    return found


def made_up(folder: Path) -> list[Path]:
    from gxml.synth import LAYOUTS, generate, write

    report = generate(SEED, density="dense")
    return [write(report, layout, folder / f"{layout}.{suffix}", SEED) for layout, suffix in LAYOUTS.items()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reports", nargs="*", type=Path)
    given = parser.parse_args().reports

    helps = median_seconds(lambda: subprocess.run([sys.executable, "-m", "gxml", "--help"], stdout=-3), STARTS)
    print(f"gxml --help: {helps * 1000:.0f} ms")
    with tempfile.TemporaryDirectory() as temporary:
        files = given or made_up(Path(temporary))
        if not given and os.environ.get("GXML_REPORTS"):
            folder = Path(os.environ["GXML_REPORTS"])
            files += sorted(f for f in folder.iterdir() if f.is_file() and f.suffix != ".json")
        print("| report | pages | KiB | ms | against pypdfium2 alone |\n|---|---|---|---|---|")
        for file in files:
            pages = gxml.read(file).source.pages
            taken = median_seconds(lambda file=file: gxml.read(file))
            ratio = ""
            if file.suffix == ".pdf":
                alone = median_seconds(lambda file=file: pypdfium2_alone(file))
                ratio = f"{taken / alone:.1f} × {alone * 1000:.0f} ms"
            print(f"| {file.name} | {pages} | {file.stat().st_size / 1024:.0f} | {taken * 1000:.0f} | {ratio} |")


if __name__ == "__main__":
    main()

"""How long reading takes: prints a table; run it with `python training/benchmark.py [REPORT ...]`.

Without arguments it reads made-up reports, one of each layout and a PDF of five pages, and the reports in the folder
that GXML_REPORTS names. Times are processor time (reading uses one thread, so on an idle machine this is what a clock
shows), the least of some readings after a first one: imports and caches are warm, and other work on the machine
disturbs little. Beside it stands the median of the clock. For a PDF, the ratio is to what pypdfium2 alone needs to give
the characters, their boxes and the paths of its pages.
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

ROUNDS = 10
STARTS = 7
SEED = 3
FIVE_PAGES = 5


def used() -> float:
    """Processor time of this process and of the children that have ended, seconds."""
    children = os.times()
    return time.process_time() + children.children_user + children.children_system


def milliseconds(work: Callable[[], object], rounds: int = ROUNDS) -> tuple[float, float]:
    """Return the least processor time and the median of the clock."""
    work()
    processor: list[float] = []
    clock: list[float] = []
    for _ in range(rounds):
        begin, start = used(), time.perf_counter()
        work()
        processor.append(used() - begin)
        clock.append(time.perf_counter() - start)
    return min(processor) * 1000, statistics.median(clock) * 1000


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
    files = [write(report, layout, folder / f"{layout}.{suffix}", SEED) for layout, suffix in LAYOUTS.items()]
    return [*files, five_pages(folder)]


def five_pages(folder: Path) -> Path:
    """Write the first made-up report that fills five pages."""
    import pypdfium2

    from gxml.synth import generate, write

    for seed in range(SEED, 200):
        path = write(generate(seed, density="dense"), "pdf", folder / "pdf_five_pages.pdf", seed)
        document = pypdfium2.PdfDocument(path)
        pages = len(document)
        document.close()
        if pages == FIVE_PAGES:
            break
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reports", nargs="*", type=Path)
    given = parser.parse_args().reports

    helps, shown = milliseconds(lambda: subprocess.run([sys.executable, "-m", "gxml", "--help"], stdout=-3), STARTS)
    print(f"gxml --help: {helps:.0f} ms (clock: {shown:.0f})")
    with tempfile.TemporaryDirectory() as temporary:
        files = given or made_up(Path(temporary))
        if not given and os.environ.get("GXML_REPORTS"):
            folder = Path(os.environ["GXML_REPORTS"])
            files += sorted(f for f in folder.iterdir() if f.is_file() and f.suffix != ".json")
        print("| report | pages | KiB | ms | clock | against pypdfium2 alone |\n|---|---|---|---|---|---|")
        for file in files:
            pages = gxml.read(file).source.pages
            taken, clock = milliseconds(lambda file=file: gxml.read(file))
            ratio = ""
            if file.suffix == ".pdf":
                alone, _ = milliseconds(lambda file=file: pypdfium2_alone(file))
                ratio = f"{taken / alone:.1f} × {alone:.0f} ms"
            print(f"| {file.name} | {pages} | {file.stat().st_size / 1024:.0f} | {taken:.0f} | {clock:.0f} | {ratio} |")


if __name__ == "__main__":
    main()

"""What reading costs: time and memory against the number of reports, pages and processes.

    measure(["reports", "scans"], Path("out"), sizes=(10, 100), workers=(1, 2)) -> list[Point]

Each point is a run of `gxml.batch` in a process of its own, which starts from nothing: imports, models and, with
several workers, their processes are part of it. Points are written at once, a line of JSON each, and are not measured
again.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from .errors import GxmlError, UsageError
from .plots import curves
from .synth import LAYOUTS, generate, write

SIZES: dict[str, tuple[int, ...]] = {
    "reports": (10, 30, 100, 300, 1000),
    "pages": (1, 5, 20, 50, 100),
    "scans": (1, 2, 5, 10),
}
"""Curve -> where it is measured: digital reports of all layouts; pages of one PDF, digital or scanned."""
WORKERS = (1, 2)
LEVEL = "office150"
"""Of the scanned PDF."""
SEED = 940_000
"""Of the first report; nothing is trained or tuned on these seeds."""
SEED_PAGES = SEED + 5_000
RECORDS = "costs.jsonl"
HEAD = ("what", "count", "workers", "seconds", "processor seconds", "each", "peak MiB")


@dataclass(frozen=True, slots=True)
class Point:
    """One run.

    Attributes:
        curve: One of `SIZES`.
        size: Reports, or pages of the file.
        workers: Processes that read.
        seconds: By the clock, from the start of Python on.
        processor: Processor seconds of all processes.
        peak_mib: Peak memory; with several workers that of the first process and so many times the largest worker,
            which is no less than what they held together.
        failed: Files that gave no report.
    """

    curve: str
    size: int
    workers: int
    seconds: float
    processor: float
    peak_mib: float
    failed: int = 0


def measure(
    asked: Iterable[str],
    folder: Path,
    *,
    sizes: Sequence[int] = (),
    workers: Sequence[int] = WORKERS,
    progress: Callable[[Point], None] | None = None,
) -> list[Point]:
    """Measure curves, and return their points, old ones included.

    One file is read by one process: the curves over its pages have one worker.

    Args:
        asked: Some of `SIZES`.
        folder: For the files that are made, and costs.jsonl.
        sizes: Instead of those of the curves.
        workers: Numbers of processes.
        progress: Told of each new point.

    Raises:
        UsageError: There is no such curve.
        GxmlError: A run ended without a result.
    """
    folder.mkdir(parents=True, exist_ok=True)
    known = {(p.curve, p.size, p.workers): p for p in _load(folder / RECORDS)}
    out = []
    for curve in asked:
        if curve not in SIZES:
            raise UsageError(f"There is no curve {curve!r}.", hint=f"Curves: {', '.join(SIZES)}.")
        for size in sizes or SIZES[curve]:
            for count in workers if curve == "reports" else (1,):
                point = known.get((curve, size, count))
                if point is None:
                    point = _run(curve, size, count, files(curve, size, folder / "items"))
                    with (folder / RECORDS).open("a", encoding="utf-8") as file:
                        file.write(json.dumps(asdict(point)) + "\n")
                    if progress:
                        progress(point)
                out.append(point)
    return out


def _load(path: Path) -> Iterator[Point]:
    for line in path.read_text("utf-8").splitlines() if path.exists() else ():
        try:
            yield Point(**json.loads(line))
        except (ValueError, TypeError):
            continue  # cut by a stop


def files(curve: str, size: int, folder: Path) -> list[Path]:
    """Return the files of a point; those that are not there yet are written."""
    if curve == "reports":
        return [_report(i, folder / "costs") for i in range(size)]
    return [_joined("pdf" if curve == "pages" else LEVEL, size, folder / "costs")]


def _report(number: int, folder: Path) -> Path:
    layout, suffix = list(LAYOUTS.items())[number % len(LAYOUTS)]
    path = folder / f"{number:05}_{layout}.{suffix}"
    return path if path.exists() else write(generate(SEED + number), layout, path, SEED + number)


def _joined(layout: str, pages: int, folder: Path) -> Path:
    """Write a PDF of so many pages: reports one after the other, the last one cut."""
    import pypdfium2

    path = folder / f"{layout}_{pages}_pages.pdf"
    if path.exists():
        return path
    out = pypdfium2.PdfDocument.new()
    for seed in range(SEED_PAGES, SEED_PAGES + pages):
        one = folder / f"{seed}_{layout}.pdf"
        if not one.exists():
            write(generate(seed), layout, one, seed)
        with pypdfium2.PdfDocument(one) as pdf:
            out.import_pages(pdf, list(range(min(len(pdf), pages - len(out)))))
        if len(out) == pages:
            break
    new = path.with_suffix(".part")
    out.save(new)
    out.close()
    return new.replace(path)


def _run(curve: str, size: int, workers: int, paths: Sequence[Path]) -> Point:
    with tempfile.TemporaryDirectory() as out:
        job = json.dumps({"files": [str(p.resolve()) for p in paths], "out": out, "workers": workers})
        begin = time.perf_counter()
        command = [sys.executable, "-m", "gxml.benchmark_costs"]
        done = subprocess.run(command, input=job, capture_output=True, text=True, encoding="utf-8")
        seconds = time.perf_counter() - begin
    if done.returncode:
        raise GxmlError(f"A run of {size} {curve} ended: {done.stderr.strip()[-500:]}", hint="Run it again.")
    said = json.loads(done.stdout)
    return Point(curve, size, workers, round(seconds, 2), **said)


def main() -> None:
    """Read the files of a job that stands on the input, and print what it cost as JSON."""
    import resource

    from . import batch
    from .peers.host import used
    from .workers import peak_mib

    job = json.load(sys.stdin)
    out = Path(job["out"])
    run = batch.run(batch.plan(job["files"], out), out, workers=job["workers"])
    peak = peak_mib()
    if job["workers"] > 1:
        peak += job["workers"] * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(json.dumps({"processor": round(used(), 2), "peak_mib": round(peak), "failed": len(run.failed)}))


# ---- out ------------------------------------------------------------------------------------------------------------


def markdown(points: Iterable[Point]) -> str:
    """Return points as a table in Markdown."""
    rows = [f"| {' | '.join(HEAD)} |", "|---" * len(HEAD) + "|"]
    for p in points:
        what = {"reports": "digital reports", "pages": "pages of a PDF", "scans": "scanned pages"}[p.curve]
        failed = f" ({p.failed} failed)" if p.failed else ""
        each = f"{1000 * p.processor / p.size:,.0f} ms"
        rows.append(
            f"| {what} | {p.size:,}{failed} | {p.workers} | {p.seconds:,.1f} | {p.processor:,.1f} | {each} "
            f"| {p.peak_mib:,.0f} |"
        )
    return "\n".join(rows) + "\n"


def drawings(points: Sequence[Point]) -> dict[str, str]:
    """Return name -> SVG: time and memory of each curve, a line for each number of workers."""
    out = {}
    for curve in dict.fromkeys(p.curve for p in points):
        mine = [p for p in points if p.curve == curve]
        what = "reports" if curve == "reports" else "pages"
        counts = sorted({p.workers for p in mine})
        names = {n: f"{n} worker{'s' if n > 1 else ''}" for n in counts}
        clock = {names[n]: [(p.size, p.seconds) for p in mine if p.workers == n] for n in counts}
        memory = {names[n]: [(p.size, p.peak_mib) for p in mine if p.workers == n] for n in counts}
        out[f"{curve}-seconds"] = curves(clock, what, "seconds", log=True)
        out[f"{curve}-memory"] = curves(memory, what, "peak memory, MiB")
    return out


if __name__ == "__main__":
    main()

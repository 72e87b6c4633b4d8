"""A run over many files: which files, where each result goes, one after the other, and what failed."""

from __future__ import annotations

import os
import traceback
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import FileMissingError, GxmlError, OutputError, UsageError
from .export import csv_writer, is_output, save_json, save_xlsx
from .report import Report
from .show import Counts, counts

if TYPE_CHECKING:
    from .config import Options

FORMATS = ("json", "xlsx", "csv")
CSV_NAME = "cells.csv"

SOME_FAILED = 7
"""Exit code of a run in which some files failed, or all of them for different reasons."""
INTERRUPTED = 130
"""Exit code of a run that Ctrl-C ended."""

Reader = Callable[[Path], Report]


@dataclass(frozen=True, slots=True)
class Job:
    """One file to read.

    Attributes:
        path: The file.
        target: Where its results go, relative to the output folder, without .json or .xlsx.
    """

    path: Path
    target: Path


@dataclass(frozen=True, slots=True)
class Plan:
    """The files of a run.

    Attributes:
        jobs: In order.
        passed_over: How many files of the folders are no inputs, by reason.
    """

    jobs: tuple[Job, ...]
    passed_over: dict[str, int]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file: a report was written, or `reason` says why not.

    Attributes:
        job: The file.
        reason: Why it failed, "" if it did not.
        hint: What to do about it.
        exit_code: 0, or the exit code of the error.
        status: "accepted", "review", or "failed".
        issuer: As in the report.
        year: As in the report.
        counts: Cells by how they came out, None if it failed.
        trace: The traceback of an error that gxml did not foresee, else "".
    """

    job: Job
    reason: str = ""
    hint: str = ""
    exit_code: int = 0
    status: str = "failed"
    issuer: str | int | None = None
    year: str | int | None = None
    counts: Counts | None = None
    trace: str = ""


@dataclass(slots=True)
class Run:
    """A run that has ended.

    Attributes:
        plan: What was to be done.
        outcomes: What was done; shorter than the plan if the run was interrupted.
        interrupted: Whether Ctrl-C ended it.
    """

    plan: Plan
    outcomes: list[Outcome] = field(default_factory=list)
    interrupted: bool = False

    @property
    def failed(self) -> list[Outcome]:
        """The files that gave no report."""
        return [o for o in self.outcomes if o.reason]

    @property
    def exit_code(self) -> int:
        """0 if every file gave a report; the error's own code if all failed alike; else 7, or 130 after Ctrl-C."""
        if self.interrupted:
            return INTERRUPTED
        codes = {o.exit_code for o in self.outcomes}
        return codes.pop() if len(codes) == 1 else SOME_FAILED if codes else 0


# ---- which files, and where the results go --------------------------------------------------------------------------


def plan(inputs: Iterable[str | Path], out: Path) -> Plan:
    """Find the files to read and name their results.

    A folder gives every file under it whose suffix is one that gxml reads, as OUT/<path in that folder>/<stem>; a
    file gives OUT/<stem>. Files that would share a name (report.pdf, report.docx), or whose result would replace an
    input, get <stem>.<ext>. What gxml wrote itself, hidden files and, inside an input folder, OUT are passed over.

    Raises:
        FileMissingError: An input does not exist.
        UsageError: Two files would still write the same result.
    """
    passed_over: Counter[str] = Counter()
    found: dict[Path, Path] = {}  # the real file -> where its results go
    names: dict[Path, Path] = {}  # the real file -> the name that the user knows
    for given in map(Path, inputs):
        if given.is_dir():
            pairs = _walk(given, out, passed_over)
        elif given.exists():
            pairs = iter([(given, Path(given.name))])
        else:
            raise FileMissingError(f"{given} does not exist.", hint="Check the path.")
        for path, relative in pairs:
            if is_output(path):
                passed_over["written by gxml"] += 1
                continue
            real = path.resolve()
            if real in found:
                passed_over["given twice"] += 1
                continue
            found[real] = relative
            names[real] = path
    targets = _targets(found, out)
    return Plan(tuple(Job(names[real], targets[real]) for real in found), dict(passed_over))


def _walk(folder: Path, out: Path, passed_over: Counter[str]) -> Iterator[tuple[Path, Path]]:
    """Yield (file, its path in the folder), sorted."""
    from .sources import SUFFIXES

    def unopened(error: OSError) -> None:
        passed_over["in folders that cannot be opened"] += 1

    for here, folders, files in os.walk(folder, onerror=unopened):
        base = Path(here)
        folders[:] = sorted(f for f in folders if not f.startswith(".") and (base / f).resolve() != out.resolve())
        for name in sorted(files):
            suffix = Path(name).suffix.lower()
            if name.startswith((".", "~$")):
                passed_over["hidden"] += 1
            elif suffix in SUFFIXES:
                yield base / name, (base / name).relative_to(folder)
            else:
                passed_over["of other kinds"] += 1


def _targets(found: dict[Path, Path], out: Path) -> dict[Path, Path]:
    """Return for each real file its result's path without suffix, unique whatever the file system folds."""
    inputs = set(found)
    short = {real: relative.with_suffix("") for real, relative in found.items()}
    shared = Counter(_folded(t) for t in short.values())
    targets = {}
    for real, relative in found.items():
        taken = shared[_folded(short[real])] > 1 or any(p.resolve() in inputs for p in _written(out / short[real]))
        targets[real] = relative if taken else short[real]
    clashing = {k for k, n in Counter(map(_folded, targets.values())).items() if n > 1}
    if clashing:  # the same path in two input folders
        reals = [r for r, t in targets.items() if _folded(t) in clashing]
        common = Path(os.path.commonpath(reals))
        targets |= {r: r.relative_to(common) for r in reals}
    results = Counter(_folded(t) for t in targets.values())
    for real, target in targets.items():
        if results[_folded(target)] > 1 or any(p.resolve() in inputs for p in _written(out / target)):
            raise UsageError(
                f"The result of {real} would replace another file: {out / target}.",
                hint="Choose another output folder, or read the folders one by one.",
            )
    return targets


def _folded(path: Path) -> str:
    return unicodedata.normalize("NFC", str(path)).casefold()


def _written(target: Path) -> tuple[Path, ...]:
    """The files that a report may write."""
    return tuple(target.with_name(target.name + suffix) for suffix in (".json", ".txt", ".xlsx"))


# ---- the run --------------------------------------------------------------------------------------------------------


def run(
    plan: Plan,
    out: Path,
    *,
    formats: Sequence[str] = ("json",),
    options: Options | None = None,
    progress: Callable[[Outcome, int, int], None] | None = None,
    read: Reader | None = None,
) -> Run:
    """Read every file of a plan, and write each result the moment it is there.

    Args:
        plan: From `plan`.
        out: The output folder.
        formats: Some of `FORMATS`. "csv" is one file for the whole run, OUT/cells.csv.
        options: Limits and switches of reading.
        progress: Called after each file with its outcome, how many files are done, and how many there are.
        read: Another reader, for tests.

    Returns:
        All outcomes. A file that fails does not end the run; Ctrl-C does, and what was done by then is kept.

    Raises:
        UsageError: A format is unknown.
        OutputError: cells.csv cannot be written.
    """
    unknown = set(formats) - set(FORMATS)
    if unknown:
        raise UsageError(f"Unknown format: {', '.join(sorted(unknown))}.", hint=f"Formats: {', '.join(FORMATS)}.")
    done = Run(plan)
    with ExitStack() as stack:
        table = stack.enter_context(csv_writer(out / CSV_NAME)) if "csv" in formats else None
        try:
            for job in plan.jobs:
                done.outcomes.append(_one(job, out, formats, read or _reader(job, options), table))
                if progress:
                    progress(done.outcomes[-1], len(done.outcomes), len(plan.jobs))
        except KeyboardInterrupt:
            done.interrupted = True
    return done


def _reader(job: Job, options: Options | None) -> Reader:
    """Return the reader of a file; debug images of files of the same name go to folders of their own."""
    from . import pipeline

    if options and options.debug_images:
        options = options.model_copy(update={"debug_images": options.debug_images / job.target.parent})
    return partial(pipeline.read, options=options)


def _one(
    job: Job, out: Path, formats: Sequence[str], read: Reader, table: Callable[[Report, str], None] | None
) -> Outcome:
    try:
        report = read(job.path)
        target = out / job.target
        if "json" in formats:
            save_json(report, target.with_name(target.name + ".json"))
        if "xlsx" in formats:
            save_xlsx(report, target.with_name(target.name + ".xlsx"))
        if table:
            table(report, str(job.path))
    except GxmlError as e:
        return Outcome(job, e.message, e.hint, e.exit_code)
    except OSError as e:
        error = OutputError(f"{job.path}: {e.strerror or e}.")
        return Outcome(job, error.message, error.hint, error.exit_code)
    except Exception as e:  # one bad file must not end the run
        return Outcome(
            job,
            f"{job.path}: {type(e).__name__} inside gxml: {e}",
            "This is a defect of gxml: please report it, with what --debug prints.",
            GxmlError.exit_code,
            trace=traceback.format_exc(),
        )
    return Outcome(job, "", "", 0, report.status, report.issuer.value, report.year.value, counts(report))

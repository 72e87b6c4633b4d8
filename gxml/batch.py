"""A run over many files: what was done, what failed, and how a run goes on that was stopped."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, field, fields, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import GxmlError, OutputError, UsageError
from .export import csv_writer, load_json, save_json, save_xlsx
from .jobs import Job, Plan, plan, written
from .ledger import Entry, Ledger, fingerprint, key_of
from .report import Report
from .show import Counts, counts
from .storage import Here
from .tokens import hash_file
from .workers import Lost, Workers

if TYPE_CHECKING:
    from .config import Options

__all__ = ["CSV_NAME", "FORMATS", "INTERRUPTED", "SOME_FAILED", "Job", "Outcome", "Plan", "Run", "plan", "run"]

FORMATS = ("json", "xlsx", "csv")
CSV_NAME = "cells.csv"

SOME_FAILED = 7
"""Exit code of a run in which some files failed, or all of them for different reasons."""
INTERRUPTED = 130
"""Exit code of a run that Ctrl-C ended."""

Reader = Callable[[Path], Report]


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


# ---- the run --------------------------------------------------------------------------------------------------------


def run(
    plan: Plan,
    out: Path,
    *,
    formats: Sequence[str] = ("json",),
    options: Options | None = None,
    progress: Callable[[Outcome, int, int], None] | None = None,
    read: Reader | None = None,
    workers: int = 1,
    resume: bool = False,
    retry_failed: bool = False,
    time_limit: float | None = None,
    engine: str = "local",
    address: str | None = None,
    store: Here | None = None,
) -> Run:
    """Read every file of a plan, and write each result the moment it is there.

    What is done stands in a ledger (`gxml.ledger`), so that a run that was killed can go on. Files with the same bytes
    are read once. The results are the same on any number of workers.

    Args:
        plan: From `plan`.
        out: The output folder.
        formats: Some of `FORMATS`. "csv" is one file for the whole run, OUT/cells.csv, and needs "json" where there
            are several workers, or a run goes on.
        options: Limits and switches of reading.
        progress: Called after each file with its outcome, how many files are done, and how many there are.
        read: Another reader, for tests; it reads in this process.
        workers: Processes that read. With one and no time limit, files are read in this process.
        resume: Leave out what the ledger says is done with the same options, formats and versions; failures, too.
        retry_failed: When going on, read failed files again.
        time_limit: Seconds for one file.
        engine: "local", or "ray" for actors of a Ray cluster, which share the storage of OUT.
        address: Of a Ray cluster; a local one without it.
        store: From `gxml.storage.storing`, where inputs or results lie behind URLs.

    Returns:
        All outcomes in the order of the plan. A file that fails does not end the run; Ctrl-C does, and what was done
        by then is kept.

    Raises:
        UsageError: A format is unknown, or does not go with the rest.
        OutputError: cells.csv or the ledger cannot be written.
        GxmlError: What lies behind a URL cannot be opened.
    """
    unknown = set(formats) - set(FORMATS)
    if unknown:
        raise UsageError(f"Unknown format: {', '.join(sorted(unknown))}.", hint=f"Formats: {', '.join(FORMATS)}.")
    if engine not in ENGINES:
        raise UsageError(f"There is no engine {engine!r}.", hint=f"One of: {', '.join(ENGINES)}.")
    apart = workers > 1 or time_limit is not None or engine == "ray"
    if "csv" in formats and "json" not in formats and (apart or resume):
        raise UsageError("cells.csv of such a run is made from the JSON files.", hint="Use --format json,csv.")
    done = Run(plan)
    store = store or Here()
    with ExitStack() as stack:
        books = _Books(plan, out, formats, options, store, resume=resume, retry_failed=retry_failed)
        stack.callback(books.close)
        whole = "csv" in formats and not books.kept
        table = stack.enter_context(csv_writer(out / CSV_NAME)) if whole else None

        def keep(outcome: Outcome) -> None:
            done.outcomes.append(outcome)
            if progress:
                progress(outcome, len(done.outcomes), len(plan.jobs))

        def here(job: Job) -> Outcome:
            return _one(job, out, formats, read or _reader(job, options), table)

        def single(todo: Iterator[Job]) -> Iterator[Outcome]:
            for job in todo:
                yield here(job)

        def several(todo: Iterator[Job]) -> Iterator[Outcome]:
            tasks = _results(todo, out, formats, options, workers, time_limit, engine, address)
            for task, found in stack.enter_context(closing(tasks)):
                yield _lost(task.job, found) if isinstance(found, Lost) else found

        outcomes_of = several if apart and read is None else single

        def written_down(outcomes: Iterator[Outcome]) -> None:
            for outcome, entry in store.each(books.publish, outcomes):
                books.add(entry)
                keep(outcome)

        try:
            written_down(outcomes_of(books.todo(keep)))
            written_down(books.copies())
            if books.doubles:
                written_down(outcomes_of(books.brought(books.doubles, keep)))
        except KeyboardInterrupt:
            done.interrupted = True
    order = {job.target: n for n, job in enumerate(plan.jobs)}
    done.outcomes.sort(key=lambda o: order[o.job.target])
    if "csv" in formats:
        if not whole:
            with csv_writer(out / CSV_NAME) as write:
                for outcome in done.outcomes:
                    if not outcome.reason:
                        saved = store.saved(written(out / outcome.job.target)[0])
                        write(load_json(saved), outcome.job.shown)
                        store.forget(saved)
        store.put(out / CSV_NAME)
    return done


ENGINES = ("local", "ray")


@dataclass(frozen=True, slots=True)
class _Task:
    """What a worker needs to read one file; paths are relative to `here`."""

    job: Job
    out: Path
    formats: tuple[str, ...]
    options: Options | None
    here: Path


def _results(
    todo: Iterator[Job],
    out: Path,
    formats: Sequence[str],
    options: Options | None,
    workers: int,
    time_limit: float | None,
    engine: str,
    address: str | None,
) -> Generator[tuple[_Task, Outcome | Lost], None, None]:
    """Read files in other processes, here or on a cluster."""
    here = Path.cwd()
    tasks = (_Task(job, out, tuple(formats), options, here) for job in todo)
    if engine == "ray":
        from .workers_ray import RayWorkers

        return RayWorkers[_Task, Outcome](workers, _work, time_limit, address).run(tasks)
    return Workers[_Task, Outcome](workers, _work, time_limit).run(tasks)


def _work(task: _Task) -> Outcome:
    os.chdir(task.here)
    return _one(task.job, task.out, task.formats, _reader(task.job, task.options), None)


def _lost(job: Job, lost: Lost) -> Outcome:
    return Outcome(job, f"{job.shown}: {lost.reason}.", lost.hint, GxmlError.exit_code)


def _failed(job: Job, error: GxmlError) -> Outcome:
    return Outcome(job, error.message, error.hint, error.exit_code)


class _Books:
    """The ledger of a run: what is left to do, what is done twice.

    Attributes:
        doubles: Files whose bytes are those of another one of this run.
    """

    def __init__(
        self,
        plan: Plan,
        out: Path,
        formats: Sequence[str],
        options: Options | None,
        store: Here,
        *,
        resume: bool,
        retry_failed: bool,
    ) -> None:
        from .config import Options as Defaults

        self.doubles: list[Job] = []
        self._plan, self._out, self._formats, self._store = plan, out, formats, store
        self._resume, self._retry = resume, retry_failed
        self._drawn = bool(options and options.debug_images)  # each file has pictures of its own
        self._keys: dict[Path, str] = {}
        self._ledger: Ledger | None = None
        # one file that is read once needs no books; without JSON nothing can be gone on with
        if "json" in formats and (resume or len(plan.jobs) > 1):
            self._ledger = store.open_ledger(out)
            self._print = fingerprint(options or Defaults(), formats)

    @property
    def kept(self) -> bool:
        """Whether there is a ledger."""
        return self._ledger is not None

    def close(self) -> None:
        """Close the ledger."""
        if self._ledger:
            self._store.close_ledger(self._ledger)

    def todo(self, keep: Callable[[Outcome], None]) -> Iterator[Job]:
        """Yield what has to be read; `keep` is told of what is done."""
        seen: set[str] = set()
        for job, error in self._store.each(self._look, self._plan.jobs):
            key = self._keys.get(job.target)
            if self._ledger and key:
                entry = self._ledger.find(key, str(job.target)) if self._resume else None
                if entry and not (self._retry and entry.exit_code):
                    self._store.drop(job)
                    keep(_outcome_of(job, entry))
                    continue
                if key in seen and not self._drawn:
                    self._store.drop(job)
                    self.doubles.append(job)
                    continue
                seen.add(key)
            if error:
                keep(_failed(job, error))
            else:
                yield from self.brought([job], keep)

    def brought(self, jobs: Iterable[Job], keep: Callable[[Outcome], None]) -> Iterator[Job]:
        """Yield jobs whose files are on this machine now; `keep` is told of the others."""
        for job in jobs:
            try:
                self._store.bring(job)
            except GxmlError as e:
                keep(_failed(job, e))
            else:
                yield job

    def copies(self) -> Iterator[Outcome]:
        """Yield what can be had without reading; of the doubles those stay whose bytes gave no report.

        They are read again, each as carefully as any file: it may end or hang the process that reads it.
        """
        doubles, self.doubles = self.doubles, []
        for job in doubles:
            copied = self._copy(job)
            if copied:
                yield copied
            else:
                self.doubles.append(job)

    def publish(self, outcome: Outcome) -> tuple[Outcome, Entry | None]:
        """Put the results of a file where they belong; return what became of it, and the entry for `add`."""
        job = outcome.job
        said = outcome.reason.replace(str(job.path), job.shown)
        outcome = replace(outcome, reason=self._store.said(said)) if said else outcome
        files = [p for p in written(self._out / job.target) if not outcome.reason and p.exists()]
        try:
            return outcome, self._store.publish(job, files, self._entry(outcome, files))
        except GxmlError as e:  # not for the ledger: the next run tries again
            return _failed(job, e), None

    def add(self, entry: Entry | None) -> None:
        """Record a reading."""
        if self._ledger and entry:
            self._ledger.add(entry)
            self._store.noted(self._ledger, entry)

    def _entry(self, outcome: Outcome, files: Sequence[Path]) -> Entry | None:
        key = self._keys.get(outcome.job.target)
        if not self._ledger or not key:
            return None
        said = {
            f.name: getattr(outcome, f.name) for f in fields(outcome) if f.name not in ("job", "counts", "exit_code")
        }
        return Entry(
            key,
            str(outcome.job.target),
            outcome.job.shown,
            outcome.exit_code,
            {**said, "counts": asdict(outcome.counts) if outcome.counts else None},
            {p.name: hash_file(p) for p in files if p.suffix.removeprefix(".") in (*self._formats, "txt")},
        )

    def _copy(self, job: Job) -> Outcome | None:
        """Write the results of a file from those of another with the same bytes; None if there are none."""
        key = self._keys.get(job.target)
        entry = self._ledger.like(key) if self._ledger and key else None
        if entry is None:
            return None

        def copied(path: Path) -> Report:
            saved = self._store.saved(written(self._out / entry.target)[0])
            report = load_json(saved)
            self._store.forget(saved)
            source = report.source.model_copy(update={"file": path.name})
            return report.model_copy(update={"source": source, "text": report.text})

        return _one(job, self._out, self._formats, copied, None)

    def _look(self, job: Job) -> tuple[Job, GxmlError | None]:
        """Learn by what a job is known, if that is needed; return why its file cannot be had."""
        try:
            if self._ledger:
                self._keys[job.target] = key_of(job.path, self._print, self._store.content(job))
            else:
                self._store.bring(job)
        except OSError:  # reading it says what is wrong
            pass
        except GxmlError as e:
            return job, e
        return job, None


def _outcome_of(job: Job, entry: Entry) -> Outcome:
    said = dict(entry.outcome)
    found = said.pop("counts")
    for name in ("origin", "put"):  # what `gxml.storage_remote` keeps there
        said.pop(name, None)
    cells = Counts(**{**found, "absent": tuple(found["absent"])}) if found else None
    return Outcome(job, exit_code=entry.exit_code, counts=cells, **said)


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
            table(report, job.shown)
    except GxmlError as e:
        return _failed(job, e)
    except OSError as e:
        return _failed(job, OutputError(f"{job.shown}: {e.strerror or e}."))
    except Exception as e:  # one bad file must not end the run
        return Outcome(
            job,
            f"{job.shown}: {type(e).__name__} inside gxml: {e}",
            "This is a defect of gxml: please report it, with what --debug prints.",
            GxmlError.exit_code,
            trace=traceback.format_exc(),
        )
    return Outcome(job, "", "", 0, report.status, report.issuer.value, report.year.value, counts(report))

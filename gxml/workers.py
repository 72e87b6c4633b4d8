"""Work in processes that may die, hang or grow: each task is answered, by its result or by what became of it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")

RECYCLE_AFTER = 200
"""Tasks that one process does before a new one takes its place: what libraries leak stays bounded."""
RECYCLE_MIB = 2000
"""Peak memory after which a process is replaced."""
START_ROOM = 120.0
"""Seconds that a process may take to start, beyond the limit for a task: a busy machine loads libraries slowly."""
LOOK_EVERY, SOON = 1.0, 0.005
"""Seconds between looks at the time limits, at most and at least."""
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")


@dataclass(frozen=True, slots=True)
class Lost:
    """A task whose process gave no answer.

    Attributes:
        reason: What became of it.
        hint: What to do about it.
    """

    reason: str
    hint: str


@dataclass(slots=True)
class _Worker(Generic[T]):
    process: BaseProcess
    pipe: Connection
    task: T | None = None
    second: bool = False  # whether another process died at this task
    began: float = 0.0
    started: bool = False
    done: int = 0

    def age(self) -> float:
        """Return for how long it has been at its task, seconds; negative while it may still start."""
        return time.monotonic() - self.began - (0.0 if self.started else START_ROOM)


@dataclass(slots=True)
class Workers(Generic[T, R]):
    """Processes that do tasks.

    A task whose process dies is tried once more: it may have been the memory of the machine, and not the task.

    Attributes:
        count: How many at once.
        work: Does one task; a function of a module, as it is sent to the processes.
        time_limit: Seconds for one task, None for no limit.
        recycle_after: See `RECYCLE_AFTER`.
        recycle_mib: See `RECYCLE_MIB`.
        peaks: Peak memory of the processes after each task, MiB.
    """

    count: int
    work: Callable[[T], R]
    time_limit: float | None = None
    recycle_after: int = RECYCLE_AFTER
    recycle_mib: float = RECYCLE_MIB
    peaks: list[float] = field(default_factory=list)
    _all: list[_Worker[T]] = field(default_factory=list)
    _again: list[T] = field(default_factory=list)

    def run(self, tasks: Iterator[T]) -> Generator[tuple[T, R | Lost], None, None]:
        """Yield each task with its result, in the order in which they are done.

        Tasks are taken from the iterator one by one, as processes become free. Closing the generator ends them.
        """
        left = True
        try:
            while True:
                while (left or self._again) and sum(w.task is not None for w in self._all) < self.count:
                    if self._again:
                        self._give(self._again.pop(), second=True)
                        continue
                    task = next(tasks, None)
                    if task is None:
                        left = False
                        break
                    self._give(task)
                busy = [w for w in self._all if w.task is not None]
                if not busy:
                    return
                yield from self._answers(busy)
        finally:
            for worker in self._all:
                worker.process.kill()
                worker.process.join()
                worker.pipe.close()
            self._all.clear()
            self._again.clear()

    def _give(self, task: T, *, second: bool = False) -> None:
        worker = next((w for w in self._all if w.task is None), None)
        if worker is None or not worker.process.is_alive():
            if worker is not None:
                self._drop(worker)
            worker = self._start()
        worker.task, worker.second, worker.began = task, second, time.monotonic()
        with suppress(OSError):  # it died between two tasks: `_answers` sees that
            worker.pipe.send(task)

    def _start(self) -> _Worker[T]:
        context = multiprocessing.get_context("spawn")
        mine, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, self.work), daemon=True)
        process.start()
        theirs.close()
        worker: _Worker[T] = _Worker(process, mine)
        self._all.append(worker)
        return worker

    def _answers(self, busy: list[_Worker[T]]) -> Iterator[tuple[T, R | Lost]]:
        ready = set(wait([w.pipe for w in busy], self._patience(busy)))
        for worker in busy:
            task = worker.task
            assert task is not None
            if worker.pipe in ready:
                for answer in self._answers_of(worker):
                    yield task, answer
            elif self.time_limit is not None and worker.age() > self.time_limit:
                self._drop(worker)
                hint = "Read it alone with a longer --time-limit, or without one."
                yield task, Lost(f"took longer than {self.time_limit:g} seconds", hint)

    def _patience(self, busy: list[_Worker[T]]) -> float:
        """Return how long to wait for an answer before the next look at the time limits, seconds."""
        if self.time_limit is None:
            return LOOK_EVERY
        left = self.time_limit - max(w.age() for w in busy)
        return min(max(left, SOON), LOOK_EVERY)

    def _answers_of(self, worker: _Worker[T]) -> list[R | Lost]:
        """Return what a process says of its task, nothing where it says that it begins."""
        try:
            message = worker.pipe.recv()
        except (EOFError, OSError):
            worker.process.join()
            code = worker.process.exitcode
            self._drop(worker)
            if not worker.second and worker.task is not None:
                self._again.append(worker.task)
                return []
            reason = "the process that read it ended, twice" + (f" (signal {-code})" if code and code < 0 else "")
            return [Lost(reason, "Is there enough memory? Read it alone to see whether it is the file.")]
        if message is None:
            worker.started, worker.began = True, time.monotonic()
            return []
        result, peak = message
        self.peaks.append(peak)
        worker.task = None
        worker.done += 1
        if worker.done >= self.recycle_after or peak > self.recycle_mib:
            self._drop(worker)
        found: R = result
        return [found]

    def _drop(self, worker: _Worker[T]) -> None:
        self._all.remove(worker)
        worker.process.kill()
        worker.process.join()
        worker.pipe.close()


def _serve(pipe: Connection, work: Callable[[Any], Any]) -> None:
    """Do tasks until the other end closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the parent, which ends this process
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
    with suppress(OSError):
        pipe.send(None)
    while True:
        try:
            task = pipe.recv()
            pipe.send((work(task), peak_mib()))
        except (EOFError, OSError):
            return


def peak_mib() -> float:
    """Return the peak memory of this process, MiB; 0 where the system does not say."""
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    import re
    import sys

    with suppress(OSError):
        # Linux: ru_maxrss begins with what the process held that started this one
        with open("/proc/self/status", encoding="ascii", errors="replace") as status:
            found = re.search(r"VmHWM:\s+(\d+) kB", status.read())
        if found:
            return int(found.group(1)) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 1024

"""Work on a Ray cluster: the same as `gxml.workers`, with actors that hold their models between tasks.

Files and results are named by their paths: OUT must be on storage that all machines share.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from typing import Any, Generic

from .errors import MissingToolError
from .workers import LOOK_EVERY, Lost, R, T, peak_mib

START_WITHIN = 600.0
"""Seconds that a cluster has to start the actors, which may first start machines; no task's time is counted before."""


@dataclass(slots=True)
class RayWorkers(Generic[T, R]):
    """Actors that do tasks, one processor each.

    Attributes:
        count: How many at once.
        work: Does one task; a function of a module, as it is sent to the actors.
        time_limit: Seconds for one task, None for no limit.
        address: Of a cluster; without it the one that this process is connected to, or a local one.
        peaks: Peak memory of the actors after each task, MiB.
    """

    count: int
    work: Callable[[T], R]
    time_limit: float | None = None
    address: str | None = None
    peaks: list[float] = field(default_factory=list)

    def run(self, tasks: Iterator[T]) -> Generator[tuple[T, R | Lost], None, None]:
        """Yield each task with its result, in the order in which they are done; see `gxml.workers.Workers.run`.

        Raises:
            MissingToolError: The package ray is not installed, or the cluster or its actors do not start.
        """
        try:
            import ray
        except ImportError as e:
            raise MissingToolError("The engine ray needs ray.", hint='Install it: pip install "gxml[ray]".') from e
        mine = not ray.is_initialized()
        if mine:
            started: dict[str, Any] = {} if self.address else {"num_cpus": self.count, "include_dashboard": False}
            try:
                ray.init(address=self.address, log_to_driver=False, logging_level=logging.ERROR, **started)
            except Exception as e:  # of many kinds, some without a class of their own
                raise MissingToolError(
                    f"Ray does not start: {e}", hint="Is there such a cluster, and is it free?"
                ) from e
        actor: Any = ray.remote(num_cpus=1, max_restarts=0)(_Actor)
        idle: list[Any] = []

        def start(count: int) -> None:
            new = [actor.remote(self.work) for _ in range(count)]
            idle.extend(new)  # so that they are ended, whatever comes
            try:
                ray.get([one.ready.remote() for one in new], timeout=START_WITHIN)
            except ray.exceptions.GetTimeoutError as e:
                hint = "Has the cluster as many free processors as --workers says?"
                said = f"The actors of Ray did not start within {START_WITHIN / 60:g} minutes."
                raise MissingToolError(said, hint=hint) from e
            except ray.exceptions.RayError as e:
                hint = "Install the same gxml on every machine of the cluster."
                raise MissingToolError(f"The actors of Ray do not start: {e}", hint=hint) from e

        busy: dict[Any, tuple[Any, T, float, bool]] = {}
        again: list[T] = []  # their actors died: it may have been the machine, and not the task
        try:
            start(self.count)
            left = True
            while True:
                while (left or again) and len(busy) < self.count:
                    second = bool(again)
                    task = again.pop() if again else next(tasks, None)
                    if task is None:
                        left = False
                        break
                    if not idle:
                        start(1)
                    one = idle.pop()
                    busy[one.do.remote(task)] = (one, task, time.monotonic(), second)
                if not busy:
                    return
                ready, _ = ray.wait(list(busy), num_returns=1, timeout=LOOK_EVERY)
                for reference in ready:
                    one, task, _began, second = busy.pop(reference)
                    try:
                        result, peak = ray.get(reference)
                    except ray.exceptions.RayError as e:
                        if not second:
                            again.append(task)
                            continue
                        hint = "Is there enough memory? Read it alone to see whether it is the file."
                        yield task, Lost(f"the actor that read it ended, twice ({type(e).__name__})", hint)
                        continue
                    self.peaks.append(peak)
                    idle.append(one)
                    yield task, result
                for reference in [r for r, (_, _, began, _) in busy.items() if self._late(began)]:
                    one, task, _began, _second = busy.pop(reference)
                    ray.kill(one)
                    hint = "Read it alone with a longer --time-limit, or without one."
                    yield task, Lost(f"took longer than {self.time_limit:g} seconds", hint)
        finally:
            for one in [*idle, *(b[0] for b in busy.values())]:
                ray.kill(one)
            if mine:
                ray.shutdown()

    def _late(self, began: float) -> bool:
        return self.time_limit is not None and time.monotonic() - began > self.time_limit


class _Actor:
    """Does tasks; what `work` loads stays loaded."""

    def __init__(self, work: Callable[[Any], Any]) -> None:
        self._work = work

    def ready(self) -> None:
        """Say that it has started."""

    def do(self, task: Any) -> tuple[Any, float]:
        """Return the result of a task and the peak memory of this process, MiB."""
        return self._work(task), peak_mib()

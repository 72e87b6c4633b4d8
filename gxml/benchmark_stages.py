"""Where the time of a scanned page goes: processor seconds by stage, each without the stages inside of it.

profile([Path("scan.pdf")]) -> Profile
"""

from __future__ import annotations

import functools
import importlib
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .synth import generate, write

SEED = 946_000
"""Of the first scan; nothing is trained or tuned on these seeds."""
LEVELS = ("office150", "hard150", "fax")
REST = "the form, facts, the rest"
STAGES = {
    "gxml.rawpages:render_page": "the page as a picture",
    "gxml.scan:prepare": "turn, straighten, light, seal",
    "gxml.scan:find_lines": "rulings",
    "gxml.scan:form_tables": "grids",
    "gxml.scan:text_pieces": "lines of text",
    "gxml.scan:open_tables": "tables without rulings",
    "gxml.scan:unruled_tables": "tables without rulings",
    "gxml.cellread:find_ink": "ink of cells",
    "gxml.reader_rapid:RapidReader._frames": "recogniser",
    "gxml.ctc:CtcReader.decode": "its decoding",
    "gxml.numread:NumberReader.read": "second reader",
    "gxml.numread:NumberReader.candidates": "second reader",
    "gxml.pipeline:repair_reread": "repair, reading again",
    "gxml.pipeline:read": REST,
}
"""Function, by the module that calls it or holds it -> stage."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What some files cost.

    Attributes:
        pages: That were read.
        stages: Stage -> processor seconds a page, in the order of `STAGES`.
    """

    pages: int
    stages: dict[str, float]

    @property
    def seconds(self) -> float:
        """A page in all."""
        return sum(self.stages.values())


@dataclass(slots=True)
class Clock:
    """Times functions; what a timed function inside another takes counts once, as its own.

    Attributes:
        spent: Stage -> seconds.
        now: Tells the time.
    """

    now: Callable[[], float] = time.process_time
    spent: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    _inside: list[float] = field(default_factory=list)

    def timed(self, stage: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that does the same, on the clock; one that gives an iterator is timed at each step."""

        @functools.wraps(work)
        def run(*args: Any, **more: Any) -> Any:
            found = self._time(stage, lambda: work(*args, **more))
            return self._steps(stage, found) if isinstance(found, Iterator) else found

        return run

    def _steps(self, stage: str, found: Iterator[Any]) -> Iterator[Any]:
        end = object()
        while (item := self._time(stage, lambda: next(found, end))) is not end:
            yield item

    def _time(self, stage: str, work: Callable[[], Any]) -> Any:
        begin = self.now()
        self._inside.append(0.0)
        try:
            return work()
        finally:
            whole = self.now() - begin
            self.spent[stage] += whole - self._inside.pop()
            if self._inside:
                self._inside[-1] += whole


@contextmanager
def on_the_clock(clock: Clock) -> Iterator[None]:
    """Time the functions of `STAGES` while this is open."""
    kept: list[tuple[Any, str, Any]] = []
    try:
        for place, stage in STAGES.items():
            module, _, name = place.partition(":")
            owner: Any = importlib.import_module(module)
            *outer, last = name.split(".")
            for part in outer:
                owner = getattr(owner, part)
            kept.append((owner, last, getattr(owner, last)))
            setattr(owner, last, clock.timed(stage, getattr(owner, last)))
        yield
    finally:
        for owner, name, work in reversed(kept):
            setattr(owner, name, work)


def profile(paths: Sequence[Path], *, warm: bool = True) -> Profile:
    """Read scans in this process and tell where the time goes.

    Args:
        paths: The files.
        warm: Read the first one before, unmeasured: models are loaded once in a process.

    Raises:
        InputError: A file cannot be read.
    """
    from . import pipeline

    if warm:
        pipeline.read(paths[0])
    clock, pages = Clock(), 0
    with on_the_clock(clock):
        for path in paths:
            pages += pipeline.read(path).source.pages or 1
    stages = {s: round(clock.spent[s] / pages, 4) for s in dict.fromkeys(STAGES.values())}
    return Profile(pages, stages)


def by_level(levels: Sequence[str], folder: Path, count: int = 1) -> dict[str, Profile]:
    """Profile generated scans, level by level.

    Args:
        levels: See `gxml.synth_scan.LEVELS`.
        folder: For the scans, which are written where they are not there yet.
        count: Scans of each level.

    Raises:
        UsageError: There is no such level.
    """
    out: dict[str, Profile] = {}
    for level in levels:
        paths = [folder / f"{SEED + i}_{level}.pdf" for i in range(count)]
        for i, path in enumerate(paths):
            if not path.exists():
                write(generate(SEED + i), level, path, SEED + i)
        out[level] = profile(paths, warm=not out)
    return out


def markdown(profiles: dict[str, Profile]) -> str:
    """Return profiles, by level, as a table in Markdown: milliseconds a page and shares."""
    out = [f"| stage | {' | '.join(profiles)} |", "|---" * (len(profiles) + 1) + "|"]
    for stage in dict.fromkeys(s for p in profiles.values() for s in p.stages):
        shares = (f"{1000 * p.stages[stage]:,.0f} ms, {p.stages[stage] / p.seconds:.0%}" for p in profiles.values())
        out.append(f"| {stage} | {' | '.join(shares)} |")
    totals = (f"{1000 * p.seconds:,.0f} ms, {p.pages} pages" for p in profiles.values())
    return "\n".join([*out, f"| all | {' | '.join(totals)} |"]) + "\n"

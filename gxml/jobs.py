"""Which files a run reads, and where the result of each goes."""

from __future__ import annotations

import os
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import FileMissingError, UsageError
from .export import is_output
from .remote import is_url

if TYPE_CHECKING:
    from .storage import Here


@dataclass(frozen=True, slots=True)
class Job:
    """One file to read.

    Attributes:
        path: The file; for a URL its local copy, which may have to be fetched (`gxml.storage`).
        target: Where its results go, relative to the output folder, without .json or .xlsx.
        url: "", or the URL.
    """

    path: Path
    target: Path
    url: str = ""

    @property
    def shown(self) -> str:
        """The file as the user knows it."""
        return self.url or str(self.path)


@dataclass(frozen=True, slots=True)
class Plan:
    """The files of a run.

    Attributes:
        jobs: In order.
        passed_over: How many files of the folders are no inputs, by reason.
    """

    jobs: tuple[Job, ...]
    passed_over: dict[str, int]


def plan(inputs: Iterable[str | Path], out: Path, store: Here | None = None) -> Plan:
    """Find the files to read and name their results.

    A folder gives every file under it whose suffix is one that gxml reads, as OUT/<path in that folder>/<stem>; a
    file gives OUT/<stem>. Files that would share a name (report.pdf, report.docx), or whose result would replace an
    input, get <stem>.<ext>. What gxml wrote itself, hidden files and, inside an input folder, OUT are passed over.

    Args:
        inputs: Files and folders; URLs, too, with a `store` for them.
        out: The output folder.
        store: From `gxml.storage.storing`.

    Raises:
        FileMissingError: An input does not exist.
        UsageError: Two files would still write the same result.
    """
    passed_over: Counter[str] = Counter()
    found: dict[Path, Path] = {}  # the real file -> where its results go
    names: dict[Path, tuple[Path, str]] = {}  # the real file -> the name that the user knows, its URL
    for given in inputs:
        if store is not None and is_url(given):
            listed = store.find(str(given), passed_over)
        else:
            listed = ((path, relative, path.resolve(), "") for path, relative in _local(Path(given), out, passed_over))
        for path, relative, real, url in listed:
            if is_output(path):
                passed_over["written by gxml"] += 1
                continue
            if real in found:
                passed_over["given twice"] += 1
                continue
            found[real] = relative
            names[real] = path, url
    targets = _targets(found, out)
    return Plan(tuple(Job(names[real][0], targets[real], names[real][1]) for real in found), dict(passed_over))


def kind_of_name(name: str) -> str:
    """Return why a file of this name is passed over in a folder, "" for one that is read."""
    from .sources import SUFFIXES

    if name.startswith((".", "~$")):
        return "hidden"
    return "" if Path(name).suffix.lower() in SUFFIXES else "of other kinds"


def _local(given: Path, out: Path, passed_over: Counter[str]) -> Iterator[tuple[Path, Path]]:
    """Yield (file, its path in the folder) of what was given."""
    if given.is_dir():
        yield from _walk(given, out, passed_over)
    elif given.exists():
        yield given, Path(given.name)
    else:
        raise FileMissingError(f"{given} does not exist.", hint="Check the path.")


def _walk(folder: Path, out: Path, passed_over: Counter[str]) -> Iterator[tuple[Path, Path]]:
    """Yield (file, its path in the folder), sorted."""

    def unopened(error: OSError) -> None:
        passed_over["in folders that cannot be opened"] += 1

    for here, folders, files in os.walk(folder, onerror=unopened):
        base = Path(here)
        folders[:] = sorted(f for f in folders if not f.startswith(".") and (base / f).resolve() != out.resolve())
        for name in sorted(files):
            reason = kind_of_name(name)
            if reason:
                passed_over[reason] += 1
            else:
                yield base / name, (base / name).relative_to(folder)


def _targets(found: dict[Path, Path], out: Path) -> dict[Path, Path]:
    """Return for each real file its result's path without suffix, unique whatever the file system folds."""
    inputs = set(found)
    short = {real: relative.with_suffix("") for real, relative in found.items()}
    shared = Counter(_folded(t) for t in short.values())
    targets = {}
    for real, relative in found.items():
        taken = shared[_folded(short[real])] > 1 or any(p.resolve() in inputs for p in written(out / short[real]))
        targets[real] = relative if taken else short[real]
    clashing = {k for k, n in Counter(map(_folded, targets.values())).items() if n > 1}
    if clashing:  # the same path in two input folders
        reals = [r for r, t in targets.items() if _folded(t) in clashing]
        common = Path(os.path.commonpath(reals))
        targets |= {r: r.relative_to(common) for r in reals}
    results = Counter(_folded(t) for t in targets.values())
    for real, target in targets.items():
        if results[_folded(target)] > 1 or any(p.resolve() in inputs for p in written(out / target)):
            raise UsageError(
                f"The result of {real} would replace another file: {out / target}.",
                hint="Choose another output folder, or read the folders one by one.",
            )
    return targets


def _folded(path: Path) -> str:
    return unicodedata.normalize("NFC", str(path)).casefold()


def written(target: Path) -> tuple[Path, ...]:
    """Return the files that a report may write, of a target without suffix; the JSON first."""
    return tuple(target.with_name(target.name + suffix) for suffix in (".json", ".txt", ".xlsx"))

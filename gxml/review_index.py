"""The saved reports of a folder, for a page that lists them; a file is read again only when it has changed."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path

from .errors import GxmlError
from .export import findings_by_cell, load_json
from .report import Report

FLAGS = ("error", "warning")
"""Severities that ask a reviewer to look."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A saved report.

    Attributes:
        id: What it is called in addresses; it says nothing about where the file lies.
        path: Its JSON file.
        name: Its path in the folder, without .json.
        sha256: Of the file that was read.
        file: Name of that file.
        issuer: "" if not known.
        year: As in the report.
        status: "accepted" or "review".
        flagged: Ids of the cells to look at, the gravest first.
    """

    id: str
    path: Path
    name: str
    sha256: str
    file: str
    issuer: str
    year: str
    status: str
    flagged: tuple[str, ...]


class Index:
    """The reports under a folder.

    Args:
        out: Where gxml extract wrote to.
    """

    def __init__(self, out: Path) -> None:
        self._out = out
        self._root = out.resolve()
        self._known: dict[Path, tuple[tuple[int, int], Entry | None]] = {}
        self._lock = threading.Lock()

    def entries(self) -> list[Entry]:
        """Return the reports in order of their names."""
        with self._lock:
            now: dict[Path, tuple[tuple[int, int], Entry | None]] = {}
            for path in sorted(self._out.rglob("*.json")):
                try:
                    stat = path.stat()
                    inside = path.resolve().is_relative_to(self._root)
                except OSError:
                    continue
                if inside:
                    mark = (stat.st_mtime_ns, stat.st_size)
                    old = self._known.get(path)
                    now[path] = old if old and old[0] == mark else (mark, self._entry(path))
            self._known = now
            return [e for _, e in now.values() if e]

    def find(self, report_id: str) -> Entry | None:
        """Return the report of an address, None if there is none: what was asked for never becomes a path."""
        found = [e for _, e in self._known.values() if e and e.id == report_id]
        if not found:
            found = [e for e in self.entries() if e.id == report_id]
        return found[0] if found else None

    def _entry(self, path: Path) -> Entry | None:
        try:
            report = load_json(path)
        except GxmlError:
            return None
        name = path.relative_to(self._out).with_suffix("").as_posix()
        issuer, year = (str(e.value) if e.value is not None else "" for e in (report.issuer, report.year))
        source = report.source
        made = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:16]
        return Entry(made, path, name, source.sha256, source.file, issuer, year, report.status, flagged(report))


def flagged(report: Report) -> tuple[str, ...]:
    """Return the cells that a finding names as an error or a warning, errors first, else in the order of the form."""
    named = findings_by_cell(report)
    worst = {}
    for cell, findings in named.items():
        grave = [FLAGS.index(f.severity) for f in findings if f.severity in FLAGS]
        if grave:
            worst[cell] = min(grave)
    return tuple(sorted((c.id for c in report.cell_list if c.id in worst), key=lambda i: worst[i]))


def left(entry: Entry, decided: Container[str]) -> int:
    """Return how many flagged cells nobody has decided."""
    return sum(i not in decided for i in entry.flagged)

"""What reviewers decided about cells, in OUT/.gxml/decisions.sqlite: a log that is only ever added to.

A decision is known by the content of the file (its SHA-256) and the id of the cell, so that it lasts when the file is
read again. The last one that was not undone counts. It stands beside the reading, which stays.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args

from .errors import OutputError, UsageError
from .ledger import FOLDER
from .report import Cell, Number, Report

FILE = "decisions.sqlite"
Kind = Literal["accept", "correct", "source_error", "comment", "undo"]
DECIDING = ("accept", "correct", "source_error")
"""Kinds that say what the value of a cell is; a comment says nothing about it."""
MOST_COMMENT = 2000
"""Characters of a comment."""
MOST_NAME = 100
"""Characters of a reviewer's name."""
MOST_VALUE = 10**15
"""No form has larger numbers, and a float still tells this one from its neighbours."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS decisions (
    number INTEGER PRIMARY KEY AUTOINCREMENT, sha256 TEXT NOT NULL, field TEXT NOT NULL, kind TEXT NOT NULL,
    value TEXT NOT NULL, reading TEXT NOT NULL, by TEXT NOT NULL, at TEXT NOT NULL, comment TEXT NOT NULL,
    undoes INTEGER UNIQUE REFERENCES decisions (number)
);
CREATE INDEX IF NOT EXISTS by_cell ON decisions (sha256, field);
CREATE TRIGGER IF NOT EXISTS no_change BEFORE UPDATE ON decisions BEGIN SELECT RAISE(ABORT, 'only added to'); END;
CREATE TRIGGER IF NOT EXISTS no_loss BEFORE DELETE ON decisions BEGIN SELECT RAISE(ABORT, 'only added to'); END;
"""
_COLUMNS = "number, sha256, field, kind, value, reading, by, at, comment, undoes"


@dataclass(frozen=True, slots=True)
class Decision:
    """One line of the log.

    Attributes:
        number: Its place in the log, from 1.
        sha256: Of the file.
        field: The id of the cell.
        kind: "undo" takes the line `undoes` back.
        value: The number that the cell has, None for none; of a comment None.
        reading: What had been read when this was decided.
        by: The reviewer.
        at: When, in UTC, as 2026-01-31T12:00:00Z.
        comment: In the reviewer's words.
        undoes: The number of another line, or None.
    """

    number: int
    sha256: str
    field: str
    kind: Kind
    value: Number | None
    reading: Number | None
    by: str
    at: str
    comment: str = ""
    undoes: int | None = None


class Decisions:
    """The decisions of an output folder; several processes may use them at once.

    Args:
        out: The output folder.
        write: Make the store if it is not there; without it, nothing is ever written.

    Raises:
        OutputError: The store cannot be opened, or is damaged.
    """

    def __init__(self, out: Path, *, write: bool = True) -> None:
        self.path = out / FOLDER / FILE
        self._write = write
        if write:
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as e:
                raise OutputError(f"{self.path} cannot be written: {e.strerror or e}.") from e
            with self._open() as db:
                db.executescript(_SCHEMA)

    # one connection for each piece of work: a server answers in many threads
    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            mode = "rwc" if self._write else "ro"
            db = sqlite3.connect(f"{self.path.absolute().as_uri()}?mode={mode}", uri=True, timeout=10.0)
            try:
                with db:  # all or nothing
                    yield db
            finally:
                db.close()
        except (sqlite3.Error, ValueError, TypeError) as e:  # the latter of lines that are damaged
            hint = "Is the disk full, or the file damaged? Decisions are not lost by reading again."
            raise OutputError(f"The decisions in {self.path} cannot be used: {e}.", hint=hint) from e

    def add(
        self,
        report: Report,
        field: str,
        kind: Kind,
        *,
        by: str,
        value: Number | None = None,
        comment: str = "",
        at: str | None = None,
    ) -> Decision:
        """Record a decision about a cell of a report.

        Args:
            report: The report.
            field: The id of the cell.
            kind: "accept" the reading, "correct" it to `value`, "source_error" (it is printed so, and wrong in the
                report itself: the reading, or `value`, stays), or a "comment".
            by: The reviewer.
            value: Of a correction; None says that the cell is blank.
            comment: In the reviewer's words.
            at: When; now, without it.

        Raises:
            UsageError: There is no such cell, or it cannot be decided so.
        """
        cell = report.cells.get(field)
        if cell is None:
            raise UsageError(f"The report has no cell {field!r}.", hint="Is it of another edition of the form?")
        if kind not in get_args(Kind) or kind == "undo":
            raise UsageError(f"There is no decision {kind!r}.", hint="accept, correct, source_error or comment.")
        if not by.strip() or len(by) > MOST_NAME or len(comment) > MOST_COMMENT:
            raise UsageError("A name is missing, or a text is too long.", hint="Say who decides, in few words.")
        if kind == "comment" and not comment.strip():
            raise UsageError("The comment is empty.", hint="Say something.")
        if kind == "accept" or (kind == "source_error" and value is None):
            if cell.status == "unreadable":
                raise UsageError(f"{field} was not read: there is nothing to accept.", hint="Give the number.")
            value = cell.value
        if kind == "comment":
            value = None
        if value is not None and (isinstance(value, bool) or not abs(value) <= MOST_VALUE):
            raise UsageError(f"{value!r} is no number of a form.", hint="Give the number as it is printed.")
        when = at or datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return self._append(report.source.sha256, field, kind, value, cell.value, by.strip(), when, comment.strip())

    def undo(self, sha256: str, *, by: str, field: str | None = None) -> Decision | None:
        """Take back the last line about a file, or about one cell of it; None where there is none left."""
        with self._open() as db:
            left = [d for d in self._lines(db, sha256) if field in (None, d.field)]
        last = max(_standing(left), key=lambda d: d.number, default=None)
        if last is None:
            return None
        when = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return self._append(sha256, last.field, "undo", None, last.reading, by, when, "", last.number)

    def log(self, sha256: str) -> list[Decision]:
        """Return all that was ever said about a file, in order, with what was taken back."""
        with self._open() as db:
            return list(self._lines(db, sha256))

    def in_force(self, sha256: str) -> dict[str, Decision]:
        """Return for each cell of a file the decision that counts."""
        return {d.field: d for d in _standing(self.log(sha256)) if d.kind in DECIDING}

    def decided(self) -> dict[str, set[str]]:
        """Return for each file, by its hash, the cells that are decided."""
        with self._open() as db:
            lines = db.execute(
                "SELECT DISTINCT sha256, field FROM decisions AS d WHERE kind IN (?, ?, ?) AND NOT EXISTS "
                "(SELECT 1 FROM decisions WHERE undoes = d.number)",
                DECIDING,
            ).fetchall()
        found: dict[str, set[str]] = {}
        for sha256, field in lines:
            found.setdefault(sha256, set()).add(field)
        return found

    def _append(
        self,
        sha256: str,
        field: str,
        kind: Kind,
        value: Number | None,
        reading: Number | None,
        by: str,
        at: str,
        comment: str,
        undoes: int | None = None,
    ) -> Decision:
        values = (sha256, field, kind, json.dumps(value), json.dumps(reading), by, at, comment, undoes)
        with self._open() as db:
            names = _COLUMNS.removeprefix("number, ")
            done = db.execute(f"INSERT INTO decisions ({names}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
            number = int(done.lastrowid or 0)
        return Decision(number, sha256, field, kind, value, reading, by, at, comment, undoes)

    @staticmethod
    def _lines(db: sqlite3.Connection, sha256: str) -> Iterator[Decision]:
        for line in db.execute(f"SELECT {_COLUMNS} FROM decisions WHERE sha256 = ? ORDER BY number", (sha256,)):
            number, sha, field, kind, value, reading, *rest = line
            yield Decision(number, sha, field, kind, json.loads(value), json.loads(reading), *rest)


def _standing(log: Iterable[Decision]) -> list[Decision]:
    lines = list(log)
    undone = {d.undoes for d in lines if d.kind == "undo"}
    return [d for d in lines if d.kind != "undo" and d.number not in undone]


def standing_comments(log: Iterable[Decision]) -> list[Decision]:
    """Return the comments of a log that were not taken back; a comment given with a decision is one."""
    return [d for d in _standing(log) if d.comment]


# ---- reports with their decisions -----------------------------------------------------------------------------------


def find_store(path: Path) -> Decisions | None:
    """Return the decisions that lie in the folder of a saved report, or in the nearest folder above that has any."""
    for folder in path.absolute().parents:
        if (folder / FOLDER / FILE).is_file():
            return Decisions(folder, write=False)
    return None


def decide(report: Report, made: dict[str, Decision]) -> Report:
    """Return the report with an extra key `decision` {value, by, at, kind, comment} on each cell of `made`."""
    if not made:
        return report
    cells = [_with(c, made[c.id]) if c.id in made else c for c in report.cell_list]
    return _replaced(report, cells)


def settled(report: Report) -> Report:
    """Return the report as its decisions have it: their values in place of the readings, for rules and sums."""
    cells = []
    for c in report.cell_list:
        decision = (c.model_extra or {}).get("decision")
        if decision:
            value = decision["value"]
            # an accepted dash, 无 or lost cell is what it was
            status = "read" if value is not None else c.status if c.value is None else "blank"
            status = "blank" if status == "unreadable" else status
            c = c.model_copy(update={"value": value, "status": status})
        cells.append(c)
    return _replaced(report, cells)


def _with(cell: Cell, d: Decision) -> Cell:
    said = {"value": d.value, "by": d.by, "at": d.at, "kind": d.kind} | ({"comment": d.comment} if d.comment else {})
    return Cell.model_validate({**cell.model_dump(), "decision": said})


def _replaced(report: Report, cells: list[Cell]) -> Report:
    made = report.model_copy(update={"cell_list": cells})
    made.__dict__.pop("cells", None)  # it caches the cells by id
    made.text = report.text
    return made

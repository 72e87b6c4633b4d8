"""What a run has done, in OUT/.gxml/ledger.sqlite: what is in it need not be done again.

A reading is known by the content of its file, the options, the formats and the versions of gxml and its models. It
counts as done while the files that it wrote are as they were written.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import __version__
from .config import Options
from .errors import OutputError
from .export import TEMPORARY
from .tokens import hash_file

FOLDER, FILE = ".gxml", "ledger.sqlite"
SCHEMA = """
CREATE TABLE IF NOT EXISTS readings (
    key TEXT NOT NULL, target TEXT NOT NULL, path TEXT NOT NULL, exit_code INTEGER NOT NULL, outcome TEXT NOT NULL,
    files TEXT NOT NULL, seconds REAL NOT NULL, at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (target)
);
CREATE INDEX IF NOT EXISTS by_key ON readings (key);
"""

_DAMAGED = (sqlite3.Error, UnicodeDecodeError)
"""The latter where what SQLite says of a damaged file quotes bytes of it."""
_HINT = "Delete it to read everything again, or choose another folder."


@dataclass(frozen=True, slots=True)
class Entry:
    """One reading.

    Attributes:
        key: See `key_of`.
        target: Where its results went, relative to OUT, without suffix.
        path: The file.
        exit_code: 0, or that of the error.
        outcome: What there is to say about it.
        files: Names of the files that were written, beside the target, with their SHA-256.
        seconds: How long it took.
    """

    key: str
    target: str
    path: str
    exit_code: int
    outcome: Mapping[str, Any]
    files: Mapping[str, str]
    seconds: float = 0.0


class Ledger:
    """The ledger of an output folder; one process writes to it.

    Args:
        out: The output folder.
        untouched: Tells whether the files of a reading are as they were written, where they are not in that folder.

    Raises:
        OutputError: It cannot be opened, or is damaged.
    """

    def __init__(self, out: Path, untouched: Callable[[Entry], bool] | None = None) -> None:
        self._out = out
        self._untouched = untouched or self._as_written
        self.path = out / FOLDER / FILE
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(self.path, isolation_level=None, timeout=1.0)
            self._db.execute("PRAGMA locking_mode = EXCLUSIVE")  # until it is closed, or the process ends
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.executescript(SCHEMA)
        except (*_DAMAGED, OSError) as e:
            if "locked" in str(e):
                raise OutputError(f"Another run writes to {out}.", hint="Wait for it, or choose another folder.") from e
            raise OutputError(f"The ledger {self.path} cannot be used: {e}.", hint=_HINT) from e
        for left in out.rglob(TEMPORARY):  # by a run that was killed
            left.unlink(missing_ok=True)

    def close(self) -> None:
        """End the work with it."""
        self._db.close()

    def find(self, key: str, target: str) -> Entry | None:
        """Return the reading of this content for this target, if there is one and its files are untouched."""
        return self._first("SELECT * FROM readings WHERE key = ? AND target = ?", (key, target))

    def like(self, key: str) -> Entry | None:
        """Return a good reading of this content for any target whose files are untouched."""
        return self._first("SELECT * FROM readings WHERE key = ? AND exit_code = 0 ORDER BY target", (key,))

    def add(self, entry: Entry) -> None:
        """Record a reading; one of the same target before it is forgotten."""
        outcome, files = (json.dumps(dict(v), ensure_ascii=False) for v in (entry.outcome, entry.files))
        values = (entry.key, entry.target, entry.path, entry.exit_code, outcome, files, entry.seconds)
        try:
            self._db.execute(
                "INSERT OR REPLACE INTO readings (key, target, path, exit_code, outcome, files, seconds) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                values,
            )
        except _DAMAGED as e:
            raise OutputError(f"The ledger {self.path} cannot be written: {e}.", hint="Is the disk full?") from e

    def outcomes(self) -> Iterable[tuple[str, str, Mapping[str, Any]]]:
        """Yield target, path and outcome of all readings."""
        for target, path, outcome in self._rows("SELECT target, path, outcome FROM readings", ()):
            with suppress(ValueError, TypeError):  # one that is damaged says nothing
                yield target, path, json.loads(outcome)

    def snapshot(self, path: Path) -> None:
        """Write a copy of the ledger as it is now.

        Raises:
            OutputError: It cannot be written.
        """
        try:
            with closing(sqlite3.connect(path)) as copy:
                self._db.backup(copy)
        except _DAMAGED as e:
            raise OutputError(f"The ledger {path} cannot be written: {e}.", hint="Is the disk full?") from e

    def _first(self, query: str, values: tuple[str, ...]) -> Entry | None:
        for key, target, path, code, outcome, files, seconds, _ in self._rows(query, values):
            try:
                entry = Entry(key, target, path, code, json.loads(outcome), json.loads(files), seconds)
            except (ValueError, TypeError):  # one that is damaged is no reading
                continue
            if isinstance(entry.outcome, dict) and isinstance(entry.files, dict) and self._untouched(entry):
                return entry
        return None

    def _rows(self, query: str, values: tuple[str, ...]) -> Iterator[Any]:
        try:
            yield from self._db.execute(query, values)
        except _DAMAGED as e:
            raise OutputError(f"The ledger {self.path} cannot be used: {e}.", hint=_HINT) from e

    def _as_written(self, entry: Entry) -> bool:
        folder = (self._out / entry.target).parent
        try:
            return all(hash_file(folder / name) == known for name, known in entry.files.items())
        except OSError:
            return False


def fingerprint(options: Options, formats: Iterable[str]) -> str:
    """Return a hash of all that decides what a reading gives, besides its file."""
    from .models import all_models, chosen

    models = {m.name: sorted(m.files.items()) for m in all_models() if m.shipped}
    for kind in ("classifier", "linear", "rows"):
        picked = chosen(kind)
        models[f"chosen {kind}"] = sorted(picked.files.items()) if picked else []
    secret = hashlib.sha256((options.password or "").encode()).hexdigest()
    said = [__version__, options.model_dump(mode="json", exclude={"password"}), secret, sorted(formats), models]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def key_of(path: Path, print_of_run: str, content: str = "") -> str:
    """Return what a reading is known by. The suffix counts: one that is wrong is said in the report.

    Args:
        path: The file.
        print_of_run: From `fingerprint`.
        content: The SHA-256 of the file, if it is known.

    Raises:
        OSError: The file cannot be read.
    """
    return hashlib.sha256(f"{content or hash_file(path)} {path.suffix.lower()} {print_of_run}".encode()).hexdigest()

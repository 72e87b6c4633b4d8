"""A lock beside results behind a URL, OUT/.gxml/lock.json: one run writes to them at a time.

Object stores know no locks. A run writes who it is, and again every half minute; who finds another's entry that is
fresh lets it be. An entry of a process of this machine that has ended is worth nothing, one of another machine after
ten minutes. Two runs that begin at the same moment may both begin: the one that finds the other's entry then ends.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from .errors import GxmlError, OutputError
from .remote import Place, explained, put

LOCK = ".gxml/lock.json"
BEAT, STALE = 30.0, 600.0
"""Seconds after which an entry is written again, and after which nobody is believed to be there any more."""
_HELD: set[str] = set()
"""Runs of this process that hold a lock."""


class Lock:
    """The lock of an output folder.

    Args:
        place: The folder.
        folder: A local folder for what is put.
        steady: Whether the file system can be used by several threads; one then keeps the lock fresh.
    """

    def __init__(self, place: Place, folder: Path, *, steady: bool) -> None:
        self._place = place
        self._folder = folder
        self._steady = steady
        self._run = secrets.token_hex(8)
        self._written = 0.0
        self._taken_over = False
        self._ended = threading.Event()

    @property
    def held(self) -> bool:
        """Whether this run holds it."""
        return self._run in _HELD

    def take(self) -> None:
        """Take it.

        Raises:
            OutputError: Another run holds it, or it cannot be written.
        """
        other = self._read()
        if other and not _gone(other):
            hint = (
                f"Wait for it, or choose another folder. If that run was killed, wait {STALE / 60:g} minutes, or "
                f"delete {self._url}."
            )
            raise OutputError(f"Another run writes to {self._place.url} (on {other.get('host')}).", hint=hint)
        self._write()
        _HELD.add(self._run)
        if self._steady:
            threading.Thread(target=self._keep, name="gxml-lock", daemon=True).start()

    def check(self) -> None:
        """See that it is still this run's, and keep it fresh where no thread does.

        Raises:
            OutputError: Another run has taken it.
        """
        if not self._steady and time.time() - self._written > BEAT:
            self._beat()
        if self._taken_over:
            hint = "What was done is kept; go on with --resume when the other run has ended."
            raise OutputError(f"Another run writes to {self._place.url}.", hint=hint)

    def release(self) -> None:
        """Give it back."""
        self._ended.set()
        if not self.held:
            return
        _HELD.discard(self._run)
        with suppress(GxmlError):
            if (self._read() or {}).get("run") == self._run:
                with explained(self._url, writing=True):
                    self._place.fs.rm_file(self._place.at(LOCK))

    # ---- inside -----------------------------------------------------------------------------------------------------

    @property
    def _url(self) -> str:
        return f"{self._place.url.rstrip('/')}/{LOCK}"

    def _keep(self) -> None:
        while not self._ended.wait(BEAT) and not self._taken_over:
            with suppress(GxmlError):  # the network may be back the next time
                self._beat()

    def _beat(self) -> None:
        other = self._read()
        if other and other.get("run") != self._run:
            self._taken_over = True
        else:
            self._write()

    def _read(self) -> dict[str, Any] | None:
        """Return the entry that is there; an empty one if it is damaged."""
        self._place.fs.invalidate_cache(self._place.at(LOCK).rsplit("/", 1)[0])
        try:
            with explained(self._url):
                said = json.loads(self._place.fs.cat_file(self._place.at(LOCK)))
        except (GxmlError, ValueError):
            return None
        return said if isinstance(said, dict) else None

    def _write(self) -> None:
        self._written = time.time()
        entry = {"run": self._run, "host": socket.gethostname(), "pid": os.getpid(), "at": self._written}
        copy = self._folder / "lock.json"
        copy.write_text(json.dumps(entry), "utf-8")
        try:
            put(self._place, LOCK, copy)
        finally:
            copy.unlink(missing_ok=True)


def _gone(entry: dict[str, Any]) -> bool:
    """Tell whether the run of an entry has ended without giving it back."""
    at, pid = entry.get("at"), entry.get("pid")
    if not isinstance(at, (int, float)) or not isinstance(pid, int):
        return True
    if time.time() - at > STALE:
        return True
    if entry.get("host") != socket.gethostname():
        return False
    if pid == os.getpid():
        return entry.get("run") not in _HELD
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        pass
    return False

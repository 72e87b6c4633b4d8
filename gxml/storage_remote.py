"""Inputs and results behind URLs: fetched to copies that are removed again, put whole the moment they are done.

Beside the results lie OUT/.gxml/ledger.sqlite, as of the last time that it was put, and OUT/.gxml/journal with an entry
for each result since: with both, a run that was killed goes on, on any machine. All of it is done by the process that
leads a run; workers see local files only.
"""

from __future__ import annotations

import json
import re
import secrets
import tempfile
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path, PurePosixPath
from typing import TypeVar

from .errors import FileMissingError, GxmlError, OutputError, TooLargeError, UsageError
from .export import TEMPORARY, is_output, text_path
from .jobs import Job, kind_of_name
from .ledger import FILE, FOLDER, Entry, Ledger
from .remote import Place, RemoteFile, explained, fetch, is_url, open_url, put, remove_all
from .storage import Here
from .storage_lock import Lock
from .tokens import hash_file

T = TypeVar("T")
R = TypeVar("R")

JOURNAL = f"{FOLDER}/journal"
PUT_EVERY, PUT_SHARE = 1000, 0.1
"""Results after which the ledger is put again, and its journal emptied: so many, and this share of those before."""
THREADS, AHEAD = 4, 8
"""Transfers at once, and files that are fetched, or results that are put, ahead of the run."""


class Away(Here):
    """Storage of which a part lies behind URLs.

    Args:
        out: A URL, or a path where only inputs lie behind URLs.
        max_bytes: Larger inputs are not fetched.

    Attributes:
        out: The local folder that results are written to.

    Raises:
        UsageError: Results cannot go to such a URL.
    """

    def __init__(self, out: str | Path, max_bytes: int) -> None:
        self._place: Place | None = None
        if is_url(out):
            self._place = _output(str(out))
        self._max_bytes = max_bytes
        self._folder = Path(tempfile.mkdtemp(prefix="gxml-")).resolve()
        self._mirror = self._folder / "at"
        self.out = self._mirror.joinpath(*self._place.parts) if self._place else Path(out)
        self._files: dict[Path, RemoteFile] = {}  # local copy -> file
        self._there: dict[str, str] = {}  # what OUT holds -> its mark
        self._origins: dict[str, tuple[str, str, str]] = {}  # target -> URL, mark, SHA-256 when it was read
        self._contents: dict[Path, str] = {}  # target -> SHA-256
        self._journal: dict[str, str] = {}  # target -> its entry in the journal
        self._merged: list[str] = []  # entries of the journal that the ledger holds
        self._unsaved = self._known = 0  # results since the ledger was put, and before
        self._run = secrets.token_hex(4)
        self._count = 0
        self._lock = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None
        self._locked: Lock | None = None
        self._steady = True  # whether all file systems can be used by several threads
        if self._place:
            self._meet(self._place)

    def close(self) -> None:
        """Remove the local copies, and give back the lock of the results."""
        if self._locked:
            self._locked.release()
        if self._pool:
            self._pool.shutdown(wait=True, cancel_futures=True)
        remove_all(self._folder)

    # ---- inputs -----------------------------------------------------------------------------------------------------

    def find(self, given: str, passed_over: Counter[str]) -> Iterator[tuple[Path, Path, Path, str]]:
        """Yield the files of a URL, as `gxml.jobs.plan` finds them on this machine.

        Raises:
            FileMissingError: There is nothing.
            InputError: It cannot be listed.
        """
        place = open_url(given)
        self._meet(place)
        mirror = self._mirror.joinpath(*place.parts)
        one = place.file()
        if one is not None:
            yield from self._take(one, PurePosixPath(place.name), mirror.parent, passed_over, None)
            return

        def unsafe() -> None:
            passed_over["with names that lead out of a folder"] += 1

        found = place.files(unsafe)
        names = {file.path for _, file in found}
        for relative, file in found:
            if any(p.startswith(".") for p in relative.parts[:-1]):
                continue
            if mirror in self.out.parents and (mirror / relative).is_relative_to(self.out):
                continue
            reason = kind_of_name(relative.name)
            if reason:
                passed_over[reason] += 1
            else:
                yield from self._take(file, relative, mirror, passed_over, names)

    def _take(
        self,
        file: RemoteFile,
        relative: PurePosixPath,
        mirror: Path,
        passed_over: Counter[str],
        names: set[str] | None,
    ) -> Iterator[tuple[Path, Path, Path, str]]:
        if self._is_output(file, relative.name, names):
            passed_over["written by gxml"] += 1
            return
        copy = self._folder / "in" / str(len(self._files)) / relative.name
        self._files[copy] = file
        yield copy, Path(relative), mirror / relative, file.url

    def _is_output(self, file: RemoteFile, name: str, names: set[str] | None) -> bool:
        """Tell whether gxml wrote a file; `names` are those of its folder, None where they are not known."""
        suffix = Path(name).suffix
        if suffix not in (".txt", ".json") or not file.path.endswith(suffix):
            return False
        saved = file.path.removesuffix(suffix) + ".json"
        if names is not None and saved not in names:
            return False
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        try:
            copy = folder / name
            fetch(replace(file, path=saved, size=None), copy.with_suffix(".json"), self._max_bytes)
            if suffix == ".txt":
                fetch(file, copy, self._max_bytes)
            return is_output(copy)
        except (FileMissingError, TooLargeError):
            return False
        finally:
            remove_all(folder)

    def each(self, work: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        """Yield what `work` makes of each item, in order; file systems that allow it are used by several threads."""
        if not self._steady:
            yield from map(work, items)
            return
        self._pool = self._pool or ThreadPoolExecutor(THREADS, thread_name_prefix="gxml-transfer")
        pending: deque[Future[R]] = deque()
        for item in items:
            pending.append(self._pool.submit(work, item))
            while pending and (len(pending) > AHEAD or pending[0].done()):
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()

    def content(self, job: Job) -> str:
        """Return the SHA-256 of a file; one that is as it was when it was read is not fetched for that."""
        file = self._files.get(job.path)
        if file is None:
            return super().content(job)
        url, mark, content = self._origins.get(str(job.target), ("", "", ""))
        if not (content and file.mark and (url, mark) == (file.url, file.mark)):
            self.bring(job)
            content = hash_file(job.path)
        self._contents[job.target] = content
        return content

    def bring(self, job: Job) -> None:
        """Fetch the file of a job, if its copy is not here."""
        file = self._files.get(job.path)
        if file is not None and not job.path.exists():
            fetch(file, job.path, self._max_bytes)

    def drop(self, job: Job) -> None:
        """Remove the local copy of a file."""
        if job.path in self._files:
            job.path.unlink(missing_ok=True)
            with suppress(OSError):
                job.path.parent.rmdir()

    # ---- results ----------------------------------------------------------------------------------------------------

    def open_ledger(self, out: Path) -> Ledger:
        """Return the ledger of the results, with what was done since it was put.

        Raises:
            OutputError: It cannot be fetched, nothing can be put there, or another run writes there.
        """
        place = self._place
        if place is None:
            ledger = Ledger(out)
        else:
            self._locked = Lock(place, self._folder, steady=self._steady)
            self._locked.take()
            self._there = self._listing(place)
            if f"{FOLDER}/{FILE}" in self._there:
                self._get(f"{FOLDER}/{FILE}", out / FOLDER / FILE)
            ledger = Ledger(out, self._untouched)
            notes = sorted(name for name in self._there if name.startswith(f"{JOURNAL}/"))
            for entry in self.each(self._note, notes):
                if entry is not None:
                    ledger.add(entry)
            self._merged = notes
            self._unsaved = len(notes)
            self._save(ledger)  # and see that something can be put there
            self._known = sum(1 for _ in ledger.outcomes())
        for target, path, outcome in ledger.outcomes():
            if outcome.get("origin"):
                mark, content = outcome["origin"]
                self._origins[target] = path, mark, content
        return ledger

    def close_ledger(self, ledger: Ledger) -> None:
        """Put the ledger, and close it."""
        try:
            if self._unsaved and self._place:
                self._save(ledger)
        finally:
            ledger.close()
            if self._locked:
                self._locked.release()

    def noted(self, ledger: Ledger, entry: Entry) -> None:
        """Take note that a reading is in the ledger, and put that now and then."""
        if self._locked:
            self._locked.check()
        if entry.target in self._journal:
            self._merged.append(self._journal.pop(entry.target))
        self._unsaved += 1
        if self._unsaved >= max(PUT_EVERY, PUT_SHARE * self._known) and self._place:
            self._save(ledger)

    def publish(self, job: Job, files: Sequence[Path], entry: Entry | None) -> Entry | None:
        """Put the results of a file, then what is to be known of them; then remove what is local."""
        if entry is not None and job.path in self._files and job.target in self._contents:
            origin = [self._files[job.path].mark, self._contents[job.target]]
            entry = replace(entry, outcome={**entry.outcome, "origin": origin})
        try:
            if self._place:
                # the JSON last: where it is, its text is
                marks = {path.name: self._send(path) for path in sorted(files, key=lambda p: p.suffix == ".json")}
                if entry is not None:
                    entry = replace(entry, outcome={**entry.outcome, "put": marks})
                    self._write_note(entry)
        finally:
            if self._place:
                for path in files:
                    path.unlink(missing_ok=True)  # not its folder: a worker may be about to write there
            self.drop(job)
        return entry

    def saved(self, path: Path) -> Path:
        """Fetch a saved report and its text."""
        if self._place:
            for one in (path, text_path(path)):
                name = self._name(one)
                if name in self._there and not one.exists():
                    self._get(name, one)
        return path

    def forget(self, path: Path) -> None:
        """Remove the local copy that `saved` gave."""
        if self._place:
            for one in (path, text_path(path)):
                one.unlink(missing_ok=True)

    def put(self, path: Path) -> None:
        """Put a file of the whole run."""
        if self._place:
            self._send(path)
            path.unlink()

    def said(self, text: str) -> str:
        """Return a message with URLs in the place of local copies."""
        if self._place:
            text = text.replace(str(self.out), self._place.url.rstrip("/"))
        return re.sub(re.escape(f"{self._mirror}/") + r"([^/]+)/", r"\1://", text)

    # ---- inside -----------------------------------------------------------------------------------------------------

    def _meet(self, place: Place) -> None:
        self._steady = self._steady and bool(getattr(place.fs, "async_impl", False))

    def _name(self, path: Path) -> str:
        return path.relative_to(self.out).as_posix()

    def _listing(self, place: Place) -> dict[str, str]:
        """Return what lies in OUT, with its marks; what a killed run left half written is removed."""
        try:
            if place.file() is not None:
                raise OutputError(f"{place.url} is a file.", hint="Choose another folder.")
        except FileMissingError:
            return {}
        there = {}
        for relative, file in place.files():
            if relative.match(TEMPORARY):
                with explained(file.url, writing=True):
                    place.fs.rm_file(file.path)
            else:
                there[str(relative)] = file.mark
        return there

    def _get(self, name: str, target: Path) -> None:
        assert self._place is not None
        url = f"{self._place.url.rstrip('/')}/{name}"
        fetch(RemoteFile(self._place.fs, self._place.at(name), url, None, ""), target)

    def _send(self, path: Path) -> str:
        assert self._place is not None
        name = self._name(path)
        self._there[name] = put(self._place, name, path)
        return self._there[name]

    def _note(self, name: str) -> Entry | None:
        """Return an entry of the journal; None for one that is damaged: its file is read again."""
        copy = self._folder / "notes" / PurePosixPath(name).name
        self._get(name, copy)
        try:
            return Entry(**json.loads(copy.read_bytes()))
        except (ValueError, TypeError):
            return None
        finally:
            copy.unlink()

    def _write_note(self, entry: Entry) -> None:
        assert self._place is not None
        with self._lock:
            self._count += 1
            name = f"{JOURNAL}/{self._run}-{self._count:08}.json"
        copy = self._folder / "notes" / PurePosixPath(name).name
        copy.parent.mkdir(exist_ok=True)
        copy.write_text(json.dumps(asdict(entry), ensure_ascii=False), "utf-8")
        put(self._place, name, copy)
        copy.unlink()
        self._journal[entry.target] = name

    def _save(self, ledger: Ledger) -> None:
        """Put the ledger, and empty the journal of what is in it."""
        assert self._place is not None
        copy = self._folder / FILE
        ledger.snapshot(copy)
        put(self._place, f"{FOLDER}/{FILE}", copy)
        copy.unlink()
        for _ in self.each(self._remove_note, self._merged):
            pass
        self._known += self._unsaved
        self._merged, self._unsaved = [], 0

    def _remove_note(self, name: str) -> None:
        assert self._place is not None
        with explained(f"{self._place.url.rstrip('/')}/{name}", writing=True):
            self._place.fs.rm_file(self._place.at(name))

    def _untouched(self, entry: Entry) -> bool:
        """Tell whether the files of a reading are as they were put: by their marks, else by their content."""
        marks = entry.outcome.get("put", {})
        for file, known in entry.files.items():
            name = (Path(entry.target).parent / file).as_posix()
            if name not in self._there:
                return False
            if marks.get(file) and marks[file] == self._there[name]:
                continue
            copy = self._folder / "compared"
            try:
                self._get(name, copy)
                if hash_file(copy) != known:
                    return False
            except GxmlError:
                return False
            finally:
                copy.unlink(missing_ok=True)
        return True


def _output(url: str) -> Place:
    if "::" in url or url.lower().startswith(("http://", "https://")):
        raise UsageError(f"Results cannot go to {url}.", hint="Give a folder, or a URL such as s3://bucket/folder.")
    return open_url(url)

"""Where the inputs and the results of a run lie: on this machine, or behind URLs (`gxml.storage_remote`).

A run reads local files and writes local files. What lies behind a URL is fetched before it is read, and results are
put the moment they are there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from .errors import UsageError
from .ledger import Entry, Ledger
from .remote import as_path, is_url
from .tokens import hash_file

if TYPE_CHECKING:
    from .jobs import Job

T = TypeVar("T")
R = TypeVar("R")


class Here:
    """Storage on this machine: nothing to fetch, nothing to put."""

    def find(self, given: str, passed_over: Counter[str]) -> Iterator[tuple[Path, Path, Path, str]]:
        """Yield the files of a URL: (local copy, path in the folder, a path that no other file has, URL).

        Raises:
            UsageError: This storage fetches nothing.
        """
        raise UsageError(f"{given} is a URL, and this run fetches none.", hint="Get the storage from storing().")

    def each(self, work: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        """Yield what `work` makes of each item, in order; some may be under way ahead."""
        return map(work, items)

    def content(self, job: Job) -> str:
        """Return the SHA-256 of a file.

        Raises:
            OSError: It cannot be read.
            GxmlError: It cannot be fetched.
        """
        return hash_file(job.path)

    def bring(self, job: Job) -> None:
        """Have the file of a job on this machine.

        Raises:
            GxmlError: It cannot be fetched.
        """

    def drop(self, job: Job) -> None:
        """Forget the local copy of a file."""

    def open_ledger(self, out: Path) -> Ledger:
        """Return the ledger of the results."""
        return Ledger(out)

    def close_ledger(self, ledger: Ledger) -> None:
        """Close it."""
        ledger.close()

    def noted(self, ledger: Ledger, entry: Entry) -> None:
        """Take note that a reading is in the ledger."""

    def publish(self, job: Job, files: Sequence[Path], entry: Entry | None) -> Entry | None:
        """Put the results of a file, which is done with, and return the entry for the ledger.

        Raises:
            OutputError: They cannot be put.
        """
        return entry

    def saved(self, path: Path) -> Path:
        """Have a saved report, the JSON and its text, on this machine until `forget`."""
        return path

    def forget(self, path: Path) -> None:
        """Forget the local copy that `saved` gave."""

    def put(self, path: Path) -> None:
        """Put a file of the whole run."""

    def said(self, text: str) -> str:
        """Return a message with URLs in the place of local copies."""
        return text


@contextmanager
def storing(
    inputs: Sequence[str | Path], out: str | Path, max_bytes: int | None = None
) -> Iterator[tuple[list[str | Path], Path, Here]]:
    """Give the inputs, the output folder and the storage for `gxml.batch.plan` and `gxml.batch.run`.

    Args:
        inputs: Paths and URLs.
        out: A path or a URL.
        max_bytes: Larger files are not fetched; that of `Options` without it.

    Raises:
        UsageError: The output cannot be such a URL.
        MissingToolError: fsspec, or the package of a protocol, is not installed.
        InputError: The output cannot be opened.
    """
    given = [as_path(i) if isinstance(i, str) else i for i in inputs]
    out = as_path(out) if isinstance(out, str) else out
    if not any(map(is_url, [*given, out])):
        yield given, Path(out), Here()
        return
    from .config import Options
    from .errors import GxmlError
    from .storage_remote import Away

    store = Away(out, Options().max_bytes if max_bytes is None else max_bytes)
    try:
        yield given, store.out, store
    except GxmlError as e:
        e.message = store.said(e.message)
        e.args = (e.message,)
        raise
    finally:
        store.close()

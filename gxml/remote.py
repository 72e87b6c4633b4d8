"""Files behind URLs of fsspec (s3://, memory://, https://, chained ones): listed, fetched to local copies, put.

    is_url("s3://bucket/in") -> True
    local_copy(url, max_bytes) -> a local file, for a block
    local_results(url) -> a local copy of what gxml wrote, for a block

fsspec, and the package of a protocol, load when a URL is opened: local paths never need them.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from .errors import FileMissingError, GxmlError, InputError, MissingToolError, OutputError, TooLargeError, UsageError

_URL = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]+::)*[A-Za-z][A-Za-z0-9+.-]+://")
_SECRET = re.compile(r"([?&][^=&:]*(?:sig|token|key|secret|credential|password)[^=&:]*=)[^&:]*", re.I)
_PASSWORD = re.compile(r"(://[^/@:]*):[^/@]*@")
_HTTP = ("http", "https")
_WHOLE = {"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "adl", "oss", "oci", "r2", "memory"}
"""Protocols where a file is seen when all of it is there, and folders are not made."""
_BLOCK = 1 << 20
"""Bytes that are fetched at once."""
_SAVED = (".json", ".txt", ".parquet")
_DECISIONS = ".gxml/decisions.sqlite"
_SUMS = ("ETag", "etag", "md5Hash", "md5", "content_md5", "Content-MD5", "CRC")
_TIMES = ("mtime", "modified", "created", "LastModified", "Last-Modified", "last_modified", "updated")
"""What file systems say of a file that changes with its content."""
_ADVICE = "Check the address, the credentials and the network."


def is_url(given: object) -> bool:
    """Tell a URL from a path; `Path` objects are paths."""
    return isinstance(given, str) and _URL.match(given) is not None


def as_path(given: str) -> str:
    """Return the path that a file:// URL names; anything else as it is."""
    head, mark, path = given.partition("://")
    if not mark or head.lower() not in ("file", "local"):
        return given
    if os.name == "nt":
        from urllib.request import url2pathname

        return url2pathname(path)
    return unquote(path) if not os.path.lexists(path) and os.path.lexists(unquote(path)) else path


def shown(url: str) -> str:
    """Return a URL without the passwords and signatures in it."""
    return _SECRET.sub(r"\1***", _PASSWORD.sub(r"\1:***@", url))


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file behind a URL.

    Attributes:
        fs: Its file system, of fsspec.
        path: Where it is in that.
        url: What users see.
        size: Bytes, None where that is not known.
        mark: Changes with the content; "" where the file system says nothing of the kind.
    """

    fs: Any
    path: str
    url: str
    size: int | None
    mark: str


@dataclass(frozen=True, slots=True)
class Place:
    """A file or folder behind a URL.

    Attributes:
        fs: Its file system, of fsspec.
        path: Where it is in that.
        given: The URL.
    """

    fs: Any
    path: str
    given: str

    @property
    def url(self) -> str:
        """What users see."""
        return shown(self.given)

    @property
    def name(self) -> str:
        """The name of the file, in no folder."""
        path = unquote(urlsplit(self.path).path) if self._web else self.path
        name = path.rstrip("/").rsplit("/", 1)[-1]
        return name if _safe(name) else "page"

    @property
    def parts(self) -> tuple[str, ...]:
        """A path that no other place has, safe as one on this machine."""
        chain = self.given.partition("::")[2]
        query = self.given if self._web and urlsplit(self.path).query else ""
        own = [p for p in urlsplit(self.path).path.split("/") if p] if self._web else self.path.split("/")
        host = [urlsplit(self.path).netloc] if self._web else []
        said = [self._protocol, *(_short(x) for x in (chain, query) if x), *host, *(p for p in own if p)]
        return tuple(quote(p, safe=" ()").replace("..", "%2E%2E") if not _safe(p) else p for p in said)

    @property
    def _protocol(self) -> str:
        names = self.fs.protocol  # several names of one: s3, s3a
        return _protocol(self.given) if "::" in self.given or self._web or isinstance(names, str) else str(names[0])

    @property
    def _web(self) -> bool:
        return self.path.lower().startswith(("http://", "https://"))

    def file(self) -> RemoteFile | None:
        """Return the file that is there, None for a folder.

        Raises:
            FileMissingError: There is nothing.
            InputError: It cannot be looked at.
        """
        with explained(self.url):
            info = self.fs.info(self.path)
        return None if info.get("type") == "directory" else _found(self.fs, self.path, self.url, info)

    def files(self, unsafe: Callable[[], None] = lambda: None) -> list[tuple[PurePosixPath, RemoteFile]]:
        """Return the files under a folder with their paths in it, a folder's own files before those further down.

        Args:
            unsafe: Called for each name that is left out, as it would lead out of a folder.

        Raises:
            InputError: It cannot be listed.
        """
        from fsspec.spec import AbstractFileSystem

        def failed(error: OSError) -> None:
            raise error

        # file systems that walk folder by folder pass over what they cannot open, unless told
        how = {"on_error": failed} if type(self.fs).find is AbstractFileSystem.find else {}
        with explained(self.url):
            infos = self.fs.find(self.path, detail=True, **how)
        root = self.path.rstrip("/") + "/" if self.path.strip("/") else ""
        out: list[tuple[PurePosixPath, RemoteFile]] = []
        for path, info in infos.items():
            relative = path.removeprefix(root) if root else path.removeprefix("/")
            parts = relative.split("/")
            if relative == "" or info.get("type") == "directory":
                continue  # what object stores keep in the place of a folder
            if not path.startswith(root) or not all(map(_safe, parts)):
                unsafe()
                continue
            out.append((PurePosixPath(relative), _found(self.fs, path, self._inside(relative), info)))
        return sorted(out, key=lambda pair: [(n < len(pair[0].parts) - 1, p) for n, p in enumerate(pair[0].parts)])

    def at(self, relative: str) -> str:
        """Return the path of what lies in this folder."""
        return f"{self.path.rstrip('/')}/{relative}"

    def _inside(self, relative: str) -> str:
        head, chain, rest = self.given.partition("::")
        if "://" not in head:
            return shown(f"{self.given.rstrip('/')}/{relative}")
        return shown((head if head.endswith("://") else head.rstrip("/") + "/") + relative + chain + rest)


def open_url(url: str) -> Place:
    """Open the file system of a URL.

    Raises:
        UsageError: There is no such protocol.
        MissingToolError: fsspec, or the package of the protocol, is not installed.
        InputError: It cannot be opened.
    """
    try:
        from fsspec.core import url_to_fs
        from fsspec.registry import get_filesystem_class, known_implementations
    except ImportError as e:
        raise MissingToolError(f"{shown(url)} needs fsspec.", hint='Install it: pip install "gxml[remote]".') from e
    for protocol in re.findall(r"([A-Za-z][A-Za-z0-9+.-]+)(?:://|::)", url):
        try:
            get_filesystem_class(protocol)
        except ValueError as e:
            hint = "fsspec knows s3, gs, abfs, https, sftp, memory and others: see its list of file systems."
            raise UsageError(f"{shown(url)}: there is no protocol {protocol!r}.", hint=hint) from e
        except ImportError as e:
            package = known_implementations[protocol]["class"].split(".")[0]
            what = package if package != "fsspec" else f"fsspec[{'http' if protocol in _HTTP else protocol}]"
            message = f"{shown(url)}: a package is missing ({e})."
            raise MissingToolError(message, hint=f'Install it: pip install "{what}".') from e
    with explained(shown(url)):
        fs, path = url_to_fs(url)
        fs.invalidate_cache()
    return Place(fs, path, url)


def fetch(file: RemoteFile, target: Path, max_bytes: int | None = None) -> None:
    """Write a local copy of a file.

    Raises:
        TooLargeError: It has more than `max_bytes`; no more than these are fetched, none if its size is known.
        InputError: It cannot be read.
    """
    hint = "Raise max_bytes if this is really a report."
    most = sys.maxsize if max_bytes is None else max_bytes
    if file.size is not None and file.size > most:
        raise TooLargeError(f"{target.name}: {file.size} bytes, the limit is {max_bytes}.", hint=hint)
    try:
        with explained(file.url):
            target.parent.mkdir(parents=True, exist_ok=True)
            size = 0
            with file.fs.open(file.path, "rb") as source, target.open("wb") as copy:
                while size <= most and (block := source.read(_BLOCK)):
                    size += len(block)
                    copy.write(block)
        if size > most:
            raise TooLargeError(f"{target.name}: more than {max_bytes} bytes, which is the limit.", hint=hint)
    except BaseException:
        with suppress(OSError):
            target.unlink(missing_ok=True)
        raise


def put(place: Place, relative: str, local: Path) -> str:
    """Put a local file into a folder, whole or not at all, and return its mark.

    Raises:
        OutputError: It cannot be written.
    """
    fs, path = place.fs, place.at(relative)
    with explained(f"{place.url.rstrip('/')}/{relative}", writing=True):
        if _protocol(place.given) in _WHOLE:
            fs.put_file(str(local), path)
        else:
            folder = path.rsplit("/", 1)[0]
            fs.makedirs(folder, exist_ok=True)
            temporary = f"{folder}/.gxml-{secrets.token_hex(8)}.tmp"
            try:
                fs.put_file(str(local), temporary)
                fs.mv(temporary, path)
            except BaseException:
                with suppress(Exception):
                    fs.rm_file(temporary)
                raise
        fs.invalidate_cache(path.rsplit("/", 1)[0])
        return _found(fs, path, "", fs.info(path)).mark


@contextmanager
def explained(url: str, *, writing: bool = False) -> Iterator[None]:
    """Turn what a file system raises, of whatever kind, into an error of gxml."""
    kind: type[GxmlError] = OutputError if writing else InputError
    what = "written" if writing else "read"
    try:
        yield
    except GxmlError:
        raise
    except FileNotFoundError as e:
        if not writing:
            raise FileMissingError(f"{url} does not exist.", hint="Check the path.") from e
        raise OutputError(f"{url} cannot be written: {_said(e)}.", hint="Is there such a bucket or folder?") from e
    except PermissionError as e:
        hint = "Check the credentials, and what they allow."
        raise kind(f"{url} cannot be {what}: no permission ({_said(e)}).", hint=hint) from e
    except Exception as e:  # each protocol has errors of its own
        raise kind(f"{url} cannot be {what}: {type(e).__name__}: {_said(e)}.", hint=_ADVICE) from e


@contextmanager
def local_copy(url: str, max_bytes: int) -> Iterator[Path]:
    """Give a local copy of a file, which is removed when the block ends.

    Raises:
        FileMissingError: There is no such file, or it is a folder.
        TooLargeError: It has more than `max_bytes`.
        InputError: It cannot be read.
    """
    path = as_path(url)
    if not is_url(path):
        yield Path(path)
        return
    place = open_url(url)
    file = place.file()
    if file is None:
        raise FileMissingError(f"{place.url}: not a file.", hint="Give a file, or a folder to gxml extract.")
    with tempfile.TemporaryDirectory(prefix="gxml-") as folder, _named(Path(folder), place):
        copy = Path(folder) / place.name
        fetch(file, copy, max_bytes)
        yield copy


@contextmanager
def local_results(given: str) -> Iterator[Path]:
    """Give a local copy of what gxml wrote, a folder or a file, with decisions; it is removed when the block ends.

    Args:
        given: A URL; a path is given back.

    Raises:
        FileMissingError: There is nothing.
        InputError: It cannot be read.
    """
    path = as_path(given)
    if not is_url(path):
        yield Path(path)
        return
    place = open_url(path)
    one = place.file()
    with tempfile.TemporaryDirectory(prefix="gxml-") as temporary, _named(Path(temporary), place):
        copy = Path(temporary) / place.name
        if one is None:
            copy.mkdir()
            for relative, file in place.files():
                if relative.suffix in _SAVED and not any(p.startswith(".") for p in relative.parts):
                    fetch(file, copy / relative)
        else:
            fetch(one, copy)
        folder = place.path if one is None else _above(place.path)
        while folder.strip("/"):  # decisions hold for what lies below them
            own = one is None and folder == place.path
            try:
                decisions = RemoteFile(place.fs, f"{folder}/{_DECISIONS}", place.url, None, "")
                fetch(decisions, (copy if own else Path(temporary)) / _DECISIONS)
                break
            except InputError as e:  # further up, nothing may be there to see
                if own and not isinstance(e, FileMissingError):
                    raise
            folder = _above(folder)
        yield copy


@contextmanager
def _named(folder: Path, place: Place) -> Iterator[None]:
    """Put the URL in the place of a local copy where an error names it."""
    try:
        yield
    except GxmlError as e:
        e.message = e.message.replace(str(folder / place.name), place.url)
        e.args = (e.message,)
        raise


def remove_all(folder: Path) -> None:
    """Remove a temporary folder, whatever is in it."""
    shutil.rmtree(folder, ignore_errors=True)


def _above(path: str) -> str:
    return path.rstrip("/").rpartition("/")[0]


def _protocol(url: str) -> str:
    return re.split(r"::|://", url, maxsplit=1)[0].lower()


def _safe(name: str) -> bool:
    """Tell whether a part of a path stays where it is put, on any system."""
    return name not in ("", ".", "..") and not (set(name) & {"/", "\\", "\0"} or re.fullmatch(r"[A-Za-z]:.*", name))


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _found(fs: Any, path: str, url: str, info: dict[str, Any]) -> RemoteFile:
    size = info.get("size")
    # one thing alone: a listing says less than a look at the file
    told = next((info[k] for k in (*_SUMS, *_TIMES) if info.get(k)), None)
    told = told.timestamp() if isinstance(told, datetime) else told
    return RemoteFile(fs, path, url, size, "" if told is None else _short(f"{size} {told}".replace('"', "")))


def _said(error: BaseException) -> str:
    text = getattr(error, "strerror", None) or str(error)
    return shown(text.strip().rstrip(".")) or type(error).__name__

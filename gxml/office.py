"""Old Word, RTF and OpenDocument files, through LibreOffice."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .config import Options
from .errors import BrokenFileError, MissingToolError


@dataclass(frozen=True, slots=True)
class OfficeKind:
    """A kind of file that LibreOffice converts.

    Attributes:
        name: In English, for errors.
        printed: In Chinese, for findings.
    """

    name: str
    printed: str


KINDS = {
    "doc": OfficeKind("an old Word file (.doc)", "旧版 .doc 文件"),
    "rtf": OfficeKind("an RTF file", "RTF 文件"),
    "odt": OfficeKind("an OpenDocument file (.odt)", "OpenDocument 文件"),
}
"""By container, which is also the suffix that LibreOffice knows the kind by."""


def to_docx(data: bytes, name: str, container: str, options: Options) -> bytes:
    """Convert a file to DOCX with LibreOffice.

    Args:
        data: The file.
        name: Its name, for errors.
        container: A key of `KINDS`.
        options: `office_timeout` is the limit, seconds.

    Raises:
        MissingToolError: LibreOffice is not installed.
        BrokenFileError: It cannot convert the file, or not within the limit.
    """
    kind = KINDS[container]
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        raise MissingToolError(
            f"{name}: {kind.name}, which only LibreOffice can convert.",
            hint="Install LibreOffice (soffice), or save the file as .docx.",
        )
    with tempfile.TemporaryDirectory(prefix="gxml-", ignore_cleanup_errors=True) as folder:
        source = Path(folder) / f"input.{container}"
        source.write_bytes(data)
        # a profile of its own: with that of the user, a LibreOffice that is open takes the job and nothing comes back
        profile = f"-env:UserInstallation={(Path(folder) / 'profile').as_uri()}"
        command = [office, profile, "--headless", "--norestore", "--convert-to", "docx", "--outdir", folder]
        try:
            # a session of its own: soffice is a script, and its child would outlive it
            process = subprocess.Popen(
                [*command, str(source)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise MissingToolError(
                f"{name}: LibreOffice could not be started ({error}).", hint="Check the installation."
            ) from error
        try:
            process.wait(options.office_timeout)
        except subprocess.TimeoutExpired as error:
            raise BrokenFileError(
                f"{name}: LibreOffice did not convert it in {options.office_timeout:g} seconds.",
                hint="Open it in an office program and save it as .docx.",
            ) from error
        finally:
            _end(process)  # also where Ctrl-C ends the run
        result = source.with_suffix(".docx")
        if not result.is_file():
            raise BrokenFileError(
                f"{name}: LibreOffice could not convert it.", hint="Open it in an office program and save it as .docx."
            )
        return result.read_bytes()


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process that we started, and its children, if it still runs."""
    if process.poll() is not None:
        return
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()

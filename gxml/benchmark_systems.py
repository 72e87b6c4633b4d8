"""The systems of the benchmark: gxml with its parts on and off, and other programs in environments of their own.

Each is a process that reads paths, a line each, and answers in JSON (`gxml.benchmark_host`, `gxml/peers/host.py`). What
a peer reads is HTML, which gxml's own source and form matching turn into cells: the same aligner for all.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .config import Options, RepairSettings
from .errors import GxmlError, UsageError
from .networks import quiet
from .report import Report

START_TIMEOUT = 300.0
READ_TIMEOUT = 600.0
"""Seconds."""
PICTURES = frozenset({".pdf", ".png", ".jpg", ".jpeg", ".tif", ".tiff"})
PEERS = {
    "rapidocr_lines": PICTURES,
    "rapidocr_slanet": PICTURES,
    "paddleocr_slanet": PICTURES,
    "img2table_rapidocr": PICTURES,
    "tesseract_lines": PICTURES,
    "pdfplumber_tables": frozenset({".pdf"}),
    "camelot_tables": frozenset({".pdf"}),
    "docling_tables": PICTURES | {".docx", ".html"},
    "mineru_tables": PICTURES,
    "ppstructure_tables": PICTURES,
}
"""Peers that there is an adapter for, and the suffixes of what they read."""


@dataclass(frozen=True, slots=True)
class System:
    """One way to read a report.

    Attributes:
        name: In tables.
        command: Starts its process.
        peer: Whether it is another program.
        suffixes: Of files that it reads; empty for all.
    """

    name: str
    command: tuple[str, ...]
    peer: bool = False
    suffixes: frozenset[str] = frozenset()

    def takes(self, path: Path) -> bool:
        """Tell whether the system reads such a file."""
        return not self.suffixes or path.suffix.lower() in self.suffixes


@dataclass(frozen=True, slots=True)
class Answer:
    """What a system made of a file: `report` is None where it failed, `error` then says why. Processor seconds."""

    report: Report | None
    error: str = ""
    pages: int = 0
    seconds: float = 0.0
    peak_mib: float = 0.0


def gxml_systems() -> dict[str, System]:
    """Return gxml as it is, and with parts switched: second reader, repair, who reads facts, who reads pictures."""
    settings = {
        "gxml": Options(),
        "gxml-nosecond": Options(second_reader=False),
        "gxml-norepair": Options(repair=RepairSettings(enabled=False)),
        "gxml-rules": Options(facts="rules"),
        "gxml-linear": Options(facts="linear"),
        "gxml-classifier": Options(facts="classifier"),
        "gxml-tesseract": Options(reader="tesseract"),
        "gxml-paddle": Options(reader="paddle"),
    }
    of_pictures = {"gxml-nosecond", "gxml-norepair", "gxml-tesseract", "gxml-paddle"}
    host = (sys.executable, "-m", "gxml.benchmark_host")
    return {
        name: System(
            name,
            (*host, options.model_dump_json(exclude_defaults=True)),
            suffixes=PICTURES if name in of_pictures else frozenset(),
        )
        for name, options in settings.items()
    }


def peer(name: str, python: str, weights: Path | None = None) -> System:
    """Return another program as a system.

    Args:
        name: One of `PEERS`.
        python: The interpreter of its environment.
        weights: Folder of weights that the environment does not hold.

    Raises:
        UsageError: There is no adapter of that name.
    """
    if name not in PEERS:
        raise UsageError(f"There is no adapter for {name!r}.", hint=f"Known: {', '.join(PEERS)}.")
    host = Path(__file__).parent / "peers" / "host.py"
    more = ("--weights", str(weights)) if weights else ()
    return System(name, (python, str(host), name, *more), peer=True, suffixes=PEERS[name])


@dataclass(slots=True)
class Host:
    """The process of a system. One that ends or hangs is started again for the next file.

    Attributes:
        missing: Why it cannot run at all; "" if it can.
    """

    system: System
    missing: str = ""
    _process: subprocess.Popen[str] | None = field(default=None)

    def start(self) -> dict[str, Any]:
        """Start it and return what it says of itself, or why it cannot run."""
        quiet()  # they run such networks, too
        try:
            self._process = subprocess.Popen(
                self.system.command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                encoding="utf-8",
            )
        except OSError as e:
            self.missing = f"cannot be started: {e.strerror or e}"
            return {"missing": self.missing}
        said = self._line(START_TIMEOUT)
        if said is None or said.get("missing"):
            self.missing = (said or {}).get("error") or "did not start"
            self.stop()
            return {"missing": self.missing}
        return said

    def read(self, path: Path) -> Answer:
        """Read one file."""
        if self._process is None or self._process.poll() is not None:
            said = self.start()
            if "missing" in said:
                return Answer(None, said["missing"])
        assert self._process is not None and self._process.stdin is not None
        try:
            self._process.stdin.write(f"{path.resolve()}\n")
            self._process.stdin.flush()
            said_of = self._line(READ_TIMEOUT)
        except OSError:
            said_of = None
        if said_of is None:
            self.stop()
            return Answer(None, "the process ended, or took too long")
        if "error" in said_of:
            return Answer(None, said_of["error"])
        more = {k: said_of[k] for k in ("pages", "seconds", "peak_mib")}
        try:
            return Answer(_report(said_of), **more)
        except GxmlError as e:
            return Answer(None, str(e), **more)

    def stop(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for stream in (self._process.stdin, self._process.stdout):
                if stream is not None:
                    stream.close()
            self._process = None

    def _line(self, timeout: float) -> dict[str, Any] | None:
        """Return the next line of the process as JSON; None if it ends, or none comes in time."""
        assert self._process is not None and self._process.stdout is not None
        watch = threading.Timer(timeout, self._process.kill)
        watch.start()
        try:
            line = self._process.stdout.readline()
        finally:
            watch.cancel()
        return json.loads(line) if line.endswith("\n") else None


def _report(said: dict[str, Any]) -> Report:
    if "report" in said:
        report = Report.model_validate(said["report"])
        report.text = said["text"]
        return report
    from .pipeline import read

    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        page.write_text(said["html"], "utf-8")
        return read(page)

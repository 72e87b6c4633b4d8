"""`gxml serve`: reading as a service. A file is uploaded, becomes a job, and gives a report.

Files are read in processes of their own, with a limit of time, one after the other in each. What was uploaded lies in a
folder until it is read, the result until the job is taken away or pushed out by later ones. Jobs end with the server.
"""

from __future__ import annotations

import itertools
import queue
import secrets
import shutil
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Literal

from fastapi import FastAPI, File, HTTPException, Request, UploadFile
from fastapi import Path as InPath
from fastapi.responses import FileResponse, JSONResponse, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field

from . import __version__
from .config import MIB, Options
from .errors import GxmlError, OutputError
from .export import save_json
from .report import Report
from .sources import SUFFIXES
from .webguard import Guard
from .workers import Lost, Workers

State = Literal["queued", "running", "done", "failed"]
MOST_WAITING = 100
"""Jobs that wait; more are refused."""
MOST_KEPT = 1000
"""Jobs that have ended and are kept; older ones are forgotten with their files."""
TIME_LIMIT = 600.0
"""Seconds for one file."""
MOST_NAME = 200
"""Characters of a file's name that are kept."""
_FORM = MIB
"""What a form adds to the file in it, at most, bytes."""


class JobView(BaseModel):
    """A job, as the interface shows it."""

    id: str = Field(description="Of the job.")
    file: str = Field(description="Name of the file, as it was sent.")
    state: State = Field(description="queued, running, done (there is a result) or failed (error says why).")
    status: str | None = Field(None, description="Of the report: accepted or review.")
    error: str | None = Field(None, description="Why it failed.")
    hint: str | None = Field(None, description="What to do about it.")


class Problem(BaseModel):
    """Why a request was refused."""

    detail: str


class Health(BaseModel):
    """Whether the server works."""

    version: str
    queued: int
    running: int


@dataclass(slots=True)
class _Job:
    id: str
    file: str
    folder: Path
    state: State = "queued"
    status: str | None = None
    error: str | None = None
    hint: str | None = None
    upload: Path = field(default_factory=Path)

    def view(self) -> JobView:
        return JobView(
            id=self.id, file=self.file, state=self.state, status=self.status, error=self.error, hint=self.hint
        )


@dataclass(frozen=True, slots=True)
class _Task:
    """What a process needs."""

    id: str
    upload: Path
    name: str
    options: Options


@dataclass(frozen=True, slots=True)
class _Done:
    status: str | None
    error: str | None = None
    hint: str | None = None


class Jobs:
    """The jobs of a server.

    Args:
        folder: Made if it is not there; each job has a folder in it.
        options: Limits and switches of reading.
        workers: Processes that read.
        time_limit: Seconds for one file.
        most_waiting: See `MOST_WAITING`.
        most_kept: See `MOST_KEPT`.
    """

    def __init__(
        self,
        folder: Path,
        options: Options | None = None,
        *,
        workers: int = 1,
        time_limit: float | None = TIME_LIMIT,
        most_waiting: int = MOST_WAITING,
        most_kept: int = MOST_KEPT,
    ) -> None:
        self.options = options or Options()
        self._folder, self._count, self._limit = folder, workers, time_limit
        self._most_waiting, self._most_kept = most_waiting, most_kept
        self._jobs: dict[str, _Job] = {}
        self._lock = threading.Lock()
        self._waiting: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._stopped = threading.Event()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as e:
            raise OutputError(f"{folder} cannot be written: {e.strerror or e}.", hint="Choose another folder.") from e

    def start(self) -> None:
        """Begin to read."""
        self._stopped.clear()
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(self._count)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End, with what is being read left undone."""
        self._stopped.set()
        for _ in self._threads:
            self._waiting.put(None)

    def add(self, name: str, data: BinaryIO) -> _Job | None:
        """Take a file; None while too many wait."""
        job_id = secrets.token_hex(12)
        shown = "".join(c for c in name.replace("\\", "/").rpartition("/")[2] if c.isprintable())[-MOST_NAME:]
        job = _Job(job_id, shown or "file", self._folder / job_id)
        with self._lock:
            if sum(j.state == "queued" for j in self._jobs.values()) >= self._most_waiting:
                return None
            self._jobs[job_id] = job
        suffix = Path(job.file).suffix.lower()
        # of what was sent only a known suffix goes into a path
        job.upload = job.folder / ("upload" + (suffix if suffix in SUFFIXES else ""))
        try:
            job.folder.mkdir()
            with job.upload.open("xb") as file:
                shutil.copyfileobj(data, file)
        except OSError as e:
            self.remove(job_id)
            raise OutputError(f"The file cannot be kept: {e.strerror or e}.", hint="Is the disk full?") from e
        self._waiting.put(_Task(job_id, job.upload, job.file, self.options))
        return job

    def find(self, job_id: str) -> _Job | None:
        """Return a job."""
        with self._lock:
            return self._jobs.get(job_id)

    def remove(self, job_id: str) -> bool:
        """Forget a job with its files; one that is being read gives no result any more."""
        with self._lock:
            job = self._jobs.pop(job_id, None)
        if job:
            shutil.rmtree(job.folder, ignore_errors=True)
        return job is not None

    def count(self, state: State) -> int:
        """Return how many jobs are in a state."""
        with self._lock:
            return sum(j.state == state for j in self._jobs.values())

    def _work(self) -> None:
        processes: Workers[_Task, _Done] = Workers(1, _read, self._limit)
        with closing(processes.run(self._tasks())) as results:
            for task, found in results:
                self._ended(task, _Done(None, f"It {found.reason}.", found.hint) if isinstance(found, Lost) else found)

    def _tasks(self) -> Iterator[_Task]:
        while not self._stopped.is_set() and (task := self._waiting.get()) is not None:
            job = self.find(task.id)
            if job:  # nobody took it away
                job.state = "running"
                yield task

    def _ended(self, task: _Task, done: _Done) -> None:
        with self._lock:
            job = self._jobs.get(task.id)
            if job:
                job.status, job.error, job.hint = done.status, done.error, done.hint
                job.state = "failed" if done.error else "done"
                with suppress(OSError):
                    job.upload.unlink()
            ended = [j.id for j in self._jobs.values() if j.state in ("done", "failed")]
        if job is None:  # taken away while it was read
            shutil.rmtree(task.upload.parent, ignore_errors=True)
        for old in itertools.islice(ended, max(0, len(ended) - self._most_kept)):
            self.remove(old)


def _read(task: _Task) -> _Done:
    """Read one file, in a process of its own."""
    from .pipeline import read

    try:
        report = read(task.upload, options=task.options)
        named: Report = report.model_copy(
            update={"source": report.source.model_copy(update={"file": task.name}), "text": report.text}
        )
        save_json(named, task.upload.with_name("report.json"))
    except GxmlError as e:
        # the place of the file is the server's own affair
        said = e.message.replace(str(task.upload), task.name).replace(task.upload.name, task.name)
        return _Done(None, said, e.hint)
    except Exception as e:
        return _Done(None, f"{type(e).__name__} inside gxml.", "This is a defect of gxml: please report it.")
    return _Done(named.status)


# ---- the interface --------------------------------------------------------------------------------------------------

JobId = Annotated[str, InPath(description="From POST /api/jobs.", max_length=100)]
_NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"model": Problem, "description": "There is no such job."}}
_NOT_DONE: dict[int | str, dict[str, Any]] = {409: {"model": Problem, "description": "The job has no result (yet)."}}
_REFUSED: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "The form is malformed."},
    413: {"description": "The file is too large.", "content": {"text/plain": {"schema": {"type": "string"}}}},
    503: {"model": Problem, "description": "Too many jobs are waiting."},
}


def make_app(jobs: Jobs, *, token: str | None = None) -> Guard:
    """Return the application for a server.

    Args:
        jobs: Read while the server runs.
        token: What each request must show; demanded where other machines reach the server.
    """

    @asynccontextmanager
    async def reading(_: FastAPI) -> AsyncIterator[None]:
        jobs.start()
        yield
        jobs.stop()

    app = FastAPI(title="gxml", version=__version__, docs_url=None, redoc_url=None, lifespan=reading)

    @app.exception_handler(OutputError)
    def failed(_: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, 507)

    @app.exception_handler(405)
    def not_allowed(request: Request, _: Exception) -> JSONResponse:
        # each method of a path is a route of its own here, and would name itself alone
        here = [r for r in app.routes if isinstance(r, APIRoute) and r.path_regex.match(request.url.path)]
        allowed = ", ".join(sorted({m for r in here for m in r.methods or ()}))
        return JSONResponse({"detail": "Method Not Allowed"}, 405, {"allow": allowed})

    def known(job_id: str) -> _Job:
        job = jobs.find(job_id)
        if job is None:
            raise HTTPException(404, "There is no such job.")
        return job

    def result(job_id: str, name: str) -> Path:
        job = known(job_id)
        path = job.folder / name
        if job.state != "done" or not path.is_file():
            raise HTTPException(409, f"The job is {job.state}." if job.state != "done" else "There is no text.")
        return path

    @app.get("/api/health", summary="Whether the server works")
    def health() -> Health:
        return Health(version=__version__, queued=jobs.count("queued"), running=jobs.count("running"))

    @app.post("/api/jobs", status_code=202, summary="Send a file to read", responses=_REFUSED)
    def send(file: Annotated[UploadFile, File(description="PDF, DOCX, HTML, text or a picture.")]) -> JobView:
        job = jobs.add(file.filename or "", file.file)
        if job is None:
            raise HTTPException(503, "Too many jobs are waiting.", {"retry-after": "30"})
        return job.view()

    @app.get("/api/jobs/{job_id}", summary="How far a job is", responses=_NOT_FOUND)
    def look(job_id: JobId) -> JobView:
        return known(job_id).view()

    @app.get(
        "/api/jobs/{job_id}/result", summary="The report", response_model=Report, responses={**_NOT_FOUND, **_NOT_DONE}
    )
    def report(job_id: JobId) -> Response:
        return FileResponse(result(job_id, "report.json"), media_type="application/json")

    @app.get(
        "/api/jobs/{job_id}/text",
        summary="The text that spans of the report point into",
        response_class=Response,
        responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **_NOT_FOUND, **_NOT_DONE},
    )
    def text(job_id: JobId) -> Response:
        return FileResponse(result(job_id, "report.txt"), media_type="text/plain; charset=utf-8")

    @app.delete("/api/jobs/{job_id}", status_code=204, summary="Forget a job and its files", responses=_NOT_FOUND)
    def forget(job_id: JobId) -> Response:
        if not jobs.remove(job_id):
            raise HTTPException(404, "There is no such job.")
        return Response(status_code=204)

    return Guard(app, token, jobs.options.max_bytes + _FORM)


def wait(jobs: Jobs, job_id: str, seconds: float) -> JobView:
    """Wait until a job has ended, for tests and scripts.

    Raises:
        TimeoutError: It takes longer.
        KeyError: There is no such job.
    """
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        job = jobs.find(job_id)
        if job is None:
            raise KeyError(job_id)
        if job.state in ("done", "failed"):
            return job.view()
        time.sleep(0.05)
    raise TimeoutError(job_id)

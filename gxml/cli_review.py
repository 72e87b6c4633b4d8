"""`gxml review`: a page on which people look at what was flagged. `gxml serve`: reading as a service."""

from __future__ import annotations

import getpass
import re
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .cli_common import Debug, here, make_console, print_plain
from .errors import FileMissingError, MissingToolError, UsageError

if TYPE_CHECKING:
    from .webguard import Guard

_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,200}")

Host = Annotated[str, typer.Option(help="Address to listen on; other than this machine's own one, a token is needed.")]
Token = Annotated[
    str | None,
    typer.Option(
        envvar="GXML_TOKEN",
        help="What each request must show (16 or more of A-Z a-z 0-9 _ -); made up where it is needed and not given.",
    ),
]


def review(
    out: Annotated[
        Path,
        typer.Argument(parser=here, metavar="OUT", help="Folder that gxml extract wrote to.", show_default=False),
    ],
    source: Annotated[
        list[Path] | None,
        typer.Option(
            "--source",
            "-s",
            parser=here,
            metavar="PATH",
            help="Folder of the files that were read, for pictures of their pages.",
        ),
    ] = None,
    host: Host = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port.")] = 8321,
    token: Token = None,
    reviewer: Annotated[str | None, typer.Option(help="Who decides; your user name without it.")] = None,
    password: Annotated[str | None, typer.Option(help="Password of encrypted PDF files.")] = None,
    debug: Debug = False,
) -> None:
    """Look at what was flagged on a local web page, and decide: accept, correct, the report's own error, comment.

    Decisions are kept in OUT/.gxml/decisions.sqlite, by content and cell, and last when files are read again. The
    readings stay; gxml export and gxml query use the decisions.
    """
    if not out.is_dir():
        raise FileMissingError(f"{out} is no folder.", hint="Give the folder that gxml extract wrote to.")
    try:
        from .review import make_app
    except ImportError as e:
        raise missing() from e

    token = token_for(host, token)
    app = make_app(out, source or (), reviewer=reviewer or _user(), token=token, password=password)
    serve_until_stopped(app, host, port, token)


def serve(
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Folder for uploads and results, emptied of each job in its time.")
    ] = Path("jobs"),
    host: Host = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port.")] = 8322,
    token: Token = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes that read, each with one thread.")] = 1,
    time_limit: Annotated[float, typer.Option(min=0.1, help="Seconds for one file.")] = 600.0,
    max_mib: Annotated[int, typer.Option(min=1, max=2000, help="Largest file, MiB.")] = 200,
    debug: Debug = False,
) -> None:
    """Read files that are sent over HTTP: POST /api/jobs gives a job, GET /api/jobs/ID/result its report.

    The interface is described at /openapi.json. Each file is read in a process of its own, which may take --time-limit.
    """
    from .config import MIB, Options

    try:
        from .serve import Jobs, make_app
    except ImportError as e:
        raise missing() from e

    token = token_for(host, token)
    jobs = Jobs(out, Options(max_bytes=max_mib * MIB), workers=workers, time_limit=time_limit)
    serve_until_stopped(make_app(jobs, token=token), host, port, token)


def missing() -> MissingToolError:
    """Return the error that says which extra is not installed."""
    what = "This needs fastapi, uvicorn, jinja2 and python-multipart."
    return MissingToolError(what, hint='Install them: pip install "gxml[review]".')


def token_for(host: str, given: str | None) -> str | None:
    """Return the token that a server needs: none on this machine's own address, unless one is given.

    Raises:
        UsageError: The given one is too short, or has other characters.
    """
    from .webguard import is_loopback

    if given is not None and not _TOKEN.fullmatch(given):
        raise UsageError("This is no token.", hint="16 or more of A-Z a-z 0-9 _ -.")
    return given or (None if is_loopback(host) else secrets.token_urlsafe(24))


def serve_until_stopped(app: Guard, host: str, port: int, token: str | None) -> None:
    """Listen, and say where, until Ctrl-C.

    Raises:
        UsageError: The address cannot be listened on.
    """
    import socket

    import uvicorn

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host.strip("[]"), port), family=family)
    except OSError as e:
        raise UsageError(f"{host}:{port} cannot be used: {e.strerror or e}.", hint="Choose another --port.") from e
    with listening:
        name = f"[{host}]" if ":" in host else host
        address = f"http://{name}:{listening.getsockname()[1]}/" + (f"?token={token}" if token else "")
        print_plain(make_console(stderr=True), f"{address}  (Ctrl-C ends it)")
        application: Any = app
        config = uvicorn.Config(application, log_level="warning", access_log=False, server_header=False)
        uvicorn.Server(config).run(sockets=[listening])


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "reviewer"

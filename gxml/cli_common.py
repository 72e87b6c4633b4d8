"""What the modules of the command line share: options, and how they print."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

PIPE_WIDTH = 160
"""Columns of a table that goes to a file or a pipe."""

RULES_BROKEN = 8
"""Exit code of `gxml check` where a finding is an error."""


class State:
    """What an option says before its command runs."""

    debug = False


def set_debug(value: bool) -> bool:
    """Keep that --debug was given, to the program or to a command."""
    State.debug = State.debug or value
    return value


Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.", callback=set_debug)]


def here(given: str) -> Path:
    """Take a path, and no URL.

    Raises:
        UsageError: It is a URL.
    """
    from .remote import as_path, is_url, shown

    path = as_path(given)
    if is_url(path):
        hint = 'Copy it first: python -c "import fsspec, sys; fs, path = fsspec.url_to_fs(sys.argv[1]); '
        hint += 'fs.get(path, sys.argv[2], recursive=True)" URL FOLDER'
        raise UsageError(f"{shown(path)}: a path on this machine is wanted here.", hint=hint)
    return Path(path)


@contextmanager
def brought(given: Sequence[str]) -> Iterator[list[Path]]:
    """Give paths of saved reports as they are, and local copies of those behind URLs, for a block."""
    from .remote import local_results

    with ExitStack() as stack:
        yield [stack.enter_context(local_results(one)) for one in given]


def as_given(text: str, given: Sequence[str], paths: Sequence[Path]) -> str:
    """Return a message with the URLs in the place of the local copies that `brought` gave."""
    from .remote import is_url, shown

    for url, path in zip(given, paths, strict=True):
        text = text.replace(str(path), shown(url).rstrip("/")) if is_url(url) else text
    return text


Out = Annotated[Path, typer.Option("--out", "-o", parser=here, metavar="PATH", help="Folder for the results.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]
Reports = Annotated[
    list[Path] | None, typer.Option("--reports", help="Folders of the documents; GXML_REPORTS without it.")
]


def print_plain(console: Console, message: str) -> None:
    """Print text as it is: no markup, no wrapping, what a terminal cannot show escaped."""
    from .show import printable

    console.print(printable(message), soft_wrap=True)


def names_of(given: str) -> list[str]:
    """Return the names in a list with commas between them, each once."""
    return list(dict.fromkeys(n.strip() for n in given.split(",") if n.strip()))


def print_lines(console: Console, text: str) -> None:
    """Print lines of text, each as `print_plain` does."""
    for line in text.splitlines():
        print_plain(console, line)


def make_console(*, stderr: bool = False) -> Console:
    """Return a console; one that is no terminal is wide enough for tables."""
    from rich.console import Console

    console = Console(stderr=stderr, highlight=False)
    if not console.is_terminal:
        console.width = max(console.width, PIPE_WIDTH)
    return console

"""`gxml export` and `gxml query`: saved reports as data."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from .cli_common import Debug, Quiet, as_given, brought, here, make_console, names_of, print_plain
from .errors import FileMissingError, GxmlError

MOST_LINES = 100
"""Lines of an answer that a terminal shows."""

Inputs = Annotated[
    list[str], typer.Argument(metavar="INPUTS...", help="JSON files of gxml, folders, or URLs.", show_default=False)
]


def export(
    inputs: Inputs,
    out: Annotated[Path, typer.Option("--out", "-o", parser=here, metavar="PATH", help="Folder for the files.")] = Path(
        "data"
    ),
    formats: Annotated[
        str, typer.Option("--format", "-f", help="Some of parquet, csv, xlsx, with commas between them.")
    ] = "parquet",
    panel: Annotated[bool, typer.Option("--panel", help="panel.csv: a line for each issuer and year.")] = False,
    mend: Annotated[
        bool, typer.Option("--mend", help="What the reports have to mend, as 整改清单.xlsx and 整改清单.docx.")
    ] = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write all reports, cells, facts and findings as tidy tables: one line a report, a cell, a fact, a finding."""
    with brought(inputs) as paths:
        _export(paths, out, formats, panel, mend, quiet, partial(as_given, given=inputs, paths=paths))


def _export(
    inputs: list[Path], out: Path, formats: str, panel: bool, mend: bool, quiet: bool, named: Callable[[str], str]
) -> None:
    from rich.progress import Progress

    from .panel import mends, save_mends, save_panel
    from .tidy import saved_reports, write

    names = names_of(formats)
    unread: list[tuple[Path, GxmlError]] = []
    with Progress(console=make_console(stderr=True), transient=True, disable=quiet) as bar:
        task = bar.add_task("reports", total=None)
        count = 0

        def progress(n: int) -> None:
            nonlocal count
            count = n
            bar.update(task, completed=n)

        written = write(saved_reports(inputs, unread), out, names, progress)
    if panel:
        written.append(save_panel(saved_reports(inputs, []), out / "panel.csv"))
    if mend:
        found = mends(saved_reports(inputs, []))
        written += [save_mends(found, out / f"整改清单.{suffix}") for suffix in ("xlsx", "docx")]
    console = make_console(stderr=True)
    for _, error in unread:
        print_plain(console, named(f"left out: {error}"))
    if not count:
        raise FileMissingError("No saved report found.", hint="Give a folder that gxml extract wrote to.")
    if not quiet:
        for path in written:
            print_plain(make_console(), str(path))


def query(
    sql: Annotated[str, typer.Argument(help="One question in SQL (DuckDB).", show_default=False)],
    inputs: Annotated[
        list[str] | None,
        typer.Argument(metavar="[INPUTS]...", help="Folders of saved reports, or of what gxml export wrote, or URLs."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", parser=here, metavar="PATH", help="File for the answer: .csv, .parquet, .xlsx."),
    ] = None,
    debug: Debug = False,
) -> None:
    """Ask saved reports in SQL: tables reports, cells, facts and findings.

    gxml query "SELECT issuer, year, value FROM cells WHERE id = 'requests.received.total' ORDER BY value DESC" out/
    """
    from rich.table import Table

    from .show import printable
    from .tidy import query as ask
    from .tidy import write_table

    with brought(inputs or ["out"]) as paths:
        answer = ask(paths, sql)
    if out is not None:
        print_plain(make_console(), str(write_table(answer, out)))
        return
    table = Table(*(str(printable(c)) for c in answer.column_names))
    for line in answer.slice(0, MOST_LINES).to_pylist():
        table.add_row(*("" if v is None else printable(str(v)) for v in line.values()))
    console = make_console()
    console.print(table)
    if answer.num_rows > MOST_LINES:
        print_plain(console, f"{answer.num_rows} lines, the first {MOST_LINES} shown: --out FILE writes all.")

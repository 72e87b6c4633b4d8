"""`gxml evaluate`: how far saved reports are from their truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .cli_common import RULES_BROKEN, Debug, Quiet, brought, here, make_console, print_plain


def evaluate(
    truth: Annotated[
        str,
        typer.Argument(metavar="TRUTH", help="NAME.truth.json, a folder of such files, or a URL.", show_default=False),
    ],
    predictions: Annotated[
        str,
        typer.Argument(
            metavar="PREDICTIONS", help="JSON that gxml wrote, a folder of such files, or a URL.", show_default=False
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", parser=here, metavar="PATH", help="Folder for evaluation.json and evaluation.html."
        ),
    ] = None,
    annotations: Annotated[
        Path | None, typer.Option(help="Folder of annotations: facts are then judged by their places, too.")
    ] = None,
    sources: Annotated[
        list[Path] | None,
        typer.Option(help="Folder of the documents, for pictures of wrong cells; that of the truth is searched too."),
    ] = None,
    teds: Annotated[bool, typer.Option(help="Compare tables as trees too.")] = True,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Compare saved reports with their truth: cells, flags, findings, facts, rows, tables, prose, confidence.

    Ends with exit code 8 where there is a silent error: a wrong value that no finding names.
    """
    from rich.progress import Progress
    from rich.table import Table

    from .evaluate import evaluate as run
    from .evaluate import save
    from .evaluate_page import save_page, summary_lines

    console = make_console()
    places = list(sources or [])
    progress_bar = Progress(console=make_console(stderr=True), transient=True, disable=quiet)
    with brought([truth, predictions]) as (truths, predicted), progress_bar as bar:
        task = bar.add_task("comparing")
        result = run(
            truths,
            predicted,
            annotations=annotations,
            sources=places,
            teds=teds,
            progress=lambda n, of: bar.update(task, completed=n, total=of),
        )
    if not quiet:
        table = Table("measure", "value")
        for name, value in summary_lines(result.summary):
            table.add_row(name, value)
        console.print(table)
        for name, reason in result.unread:
            print_plain(console, f"{name}: {reason}")
    if out is not None:
        for path in (save(result, out / "evaluation.json"), save_page(result, out / "evaluation.html", places)):
            if not quiet:
                print_plain(console, str(path))
    if result.summary.cells.silent:
        raise typer.Exit(RULES_BROKEN)

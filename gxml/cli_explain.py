"""`gxml explain`: why a cell of a saved report has the value that it has."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .cli_common import Debug, here, make_console, print_plain
from .errors import FileMissingError


def explain(
    file: Annotated[
        Path, typer.Argument(parser=here, metavar="FILE", help="JSON file that gxml wrote.", show_default=False)
    ],
    cells: Annotated[list[str], typer.Argument(help="Ids of cells, as in that file.", show_default=False)],
    source: Annotated[
        Path | None, typer.Option(help="The file that was read: draws each cell out of it, as evidence.")
    ] = None,
    evidence: Annotated[
        Path | None, typer.Option(help="Folder for those pictures; `evidence` beside FILE without it.")
    ] = None,
    password: Annotated[str | None, typer.Option(help="Password of that file, if it is an encrypted PDF.")] = None,
    debug: Debug = False,
) -> None:
    """Say in Chinese why cells have the values that they have: readings, candidates, rules, margin.

    With --source the pictures of the cells are written, too.
    """
    from .evidence import save_crop
    from .export import load_json
    from .repair_explain import explain as explained

    report = load_json(file)
    if source is not None and not source.is_file():
        raise FileMissingError(f"{source}: no such file.", hint="Give the file that the report was read from.")
    console = make_console()
    for n, cell in enumerate(cells):
        for line in ["", *explained(report, cell).splitlines()][0 if n else 1 :]:
            print_plain(console, line)
        if source is not None:
            target = save_crop(report, cell, source, evidence or file.parent / "evidence", password)
            print_plain(console, f"图像：{target}")

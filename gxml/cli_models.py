"""`gxml models` and `gxml train`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .cli_common import RULES_BROKEN, Debug, Reports, make_console, print_plain
from .errors import GxmlError, UsageError

if TYPE_CHECKING:
    from .train_config import TrainConfig

models = typer.Typer(help="Trained models: those that come with gxml, and your own.", no_args_is_help=True)


@models.command("list")
def models_list(debug: Debug = False) -> None:
    """List the models, whether their files are whole, and which are in use."""
    from rich.table import Table

    from .models import all_models, chosen

    table = Table("name", "kind", "from", "files", "in use")
    for m in all_models():
        try:
            picked = chosen(m.kind)
        except GxmlError:
            picked = None
        table.add_row(
            m.name,
            m.kind,
            "gxml" if m.shipped else str(m.folder),
            "damaged" if m.problems() else "whole",
            "yes" if picked is not None and str(picked.folder) == str(m.folder) else "",
        )
    make_console().print(table)


@models.command("verify")
def models_verify(
    names: Annotated[list[str] | None, typer.Argument(help="Names or folders; all without it.")] = None,
    debug: Debug = False,
) -> None:
    """Compare the files of models with the SHA-256 in their config.json.

    Ends with exit code 8 where one is damaged.
    """
    from .models import all_models, find_model

    found = [find_model(n) for n in names] if names else all_models()
    problems = [(m, p) for m in found for p in m.problems()]
    console = make_console()
    for m in found:
        mine = [p for of, p in problems if of is m]
        print_plain(console, f"{m.name} ({m.kind}): " + (" ".join(mine) or "whole"))
    if problems:
        raise typer.Exit(RULES_BROKEN)


@models.command("use")
def models_use(
    name: Annotated[str, typer.Argument(help="Name, or folder of a model.", show_default=False)],
    debug: Debug = False,
) -> None:
    """Choose the model of its kind that is taken where none is named."""
    from .models import use

    model = use(name)
    print(f"{model.name} is the {model.kind} in use.")


def train(
    config: Annotated[
        Path | None, typer.Argument(help="TOML file; without it the models in use learn from the annotations.")
    ] = None,
    annotations: Annotated[
        list[Path] | None, typer.Option(help="Folder of annotations to learn from, besides those of the file.")
    ] = None,
    reports: Reports = None,
    base_model: Annotated[
        str | None, typer.Option(help="What to start from: a folder, a model's name, or a name on the hub.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Of the model.")] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder that the model directory goes into.")] = Path(
        "trained"
    ),
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted training.")] = False,
    debug: Debug = False,
) -> None:
    """Train a classifier or the linear baseline, and print what is measured on texts kept apart, before and after.

    `gxml train --annotations FOLDER` lets the classifier in use learn from newly annotated reports; where there is
    none with weights to train on, the linear models of facts and of rows are trained anew.
    """
    from .models import chosen
    from .train_config import FINE_TUNING, RETRAINING, read_config

    if config is None and not annotations:
        raise UsageError("Nothing to train on.", hint="Name a configuration, or --annotations FOLDER.")
    if config is not None:
        told = [read_config(config)]
    elif base_model or ((used := chosen("classifier")) is not None and used.trainable):
        told = [FINE_TUNING]
    else:
        told = list(RETRAINING)
    if name and len(told) > 1:
        raise UsageError("Two models are trained: they cannot have one name.", hint="Leave out --name, or name CONFIG.")
    for one in told:
        _train(one, annotations or [], reports, base_model, name, out, resume)


def _train(
    told: TrainConfig,
    annotations: list[Path],
    reports: list[Path] | None,
    base_model: str | None,
    name: str | None,
    out: Path,
    resume: bool,
) -> None:
    """Train one model, and print what was measured."""
    from rich.table import Table

    from .train import train as run
    from .train_card import margin_lines, measure_lines

    data = told.data.model_copy(
        update={"annotations": (*told.data.annotations, *annotations)}
        | ({"reports": tuple(reports)} if reports else {})
    )
    changed = {"data": data} | ({"base_model": base_model} if base_model else {}) | ({"name": name} if name else {})
    console = make_console(stderr=True)
    done = run(told.model_copy(update=changed), out, resume=resume, say=lambda text: print_plain(console, text))
    table = Table("texts", "reader", "precision", "recall", "F1", "95 %")
    for row in measure_lines(done.measures):
        table.add_row(*row)
    make_console().print(table)
    for line in margin_lines(done.measures):
        print(line)
    print(f"{done.model.folder}: to use it, gxml models use {done.model.folder}")

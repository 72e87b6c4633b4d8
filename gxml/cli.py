"""The command line. What a command needs loads inside it, so that `gxml --help` is quick."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .errors import FileMissingError, GxmlError, UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from .batch import Outcome, Run
    from .recheck import Checked
    from .report import Report

_PIPE_WIDTH = 160
"""Columns of a table that goes to a file or a pipe."""

RULES_BROKEN = 8
"""Exit code of `gxml check` where a finding is an error."""

_EXIT_CODES = (
    "Exit codes: 0 all well; 1 a defect of gxml; 2 wrong usage; 3 not readable as a report; 4 a program or package is "
    "missing; 5 a form file is not valid; 6 a result cannot be written; 7 some of the files failed; 8 check found "
    "errors; 130 interrupted."
)

app = typer.Typer(
    help="Reads 政府信息公开工作年度报告 into checked cells and facts.",
    epilog=_EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class _State:
    debug = False


def _set_debug(value: bool) -> bool:
    _State.debug = _State.debug or value
    return value


def _print_version(value: bool) -> None:
    if value:
        version()
        raise typer.Exit


Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.", callback=_set_debug)]
Out = Annotated[Path, typer.Option("--out", "-o", help="Folder for the results.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; ends with SystemExit.

    Args:
        arguments: Instead of those of the process.
    """
    _State.debug = False
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a console without Chinese must not end the run
    try:
        app(list(arguments) if arguments is not None else None)
    except GxmlError as e:
        if _State.debug:
            raise
        _fail(e.message, e.hint)
        raise SystemExit(e.exit_code) from None
    except Exception as e:
        if _State.debug:
            raise
        _fail(f"{type(e).__name__} inside gxml: {e}", "This is a defect: please report it, with what --debug prints.")
        raise SystemExit(GxmlError.exit_code) from None


def _fail(message: str, hint: str) -> None:
    console = _console(stderr=True)
    console.print("error:", style="bold red", end=" ")
    _plain(console, message)
    if hint:
        console.print("hint:", style="bold", end=" ")
        _plain(console, hint)


def _plain(console: Console, message: str) -> None:
    from .show import printable

    console.print(printable(message), soft_wrap=True)


def _console(*, stderr: bool = False) -> Console:
    from rich.console import Console

    console = Console(stderr=stderr, highlight=False)
    if not console.is_terminal:
        console.width = max(console.width, _PIPE_WIDTH)
    return console


@app.callback()
def _common(
    debug: Debug = False,
    _version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    pass


# ---- the main job ---------------------------------------------------------------------------------------------------


@app.command()
def extract(
    inputs: Annotated[list[Path], typer.Argument(help="Reports, or folders of reports.", show_default=False)],
    out: Out = Path("out"),
    formats: Annotated[
        str, typer.Option("--format", "-f", help="Some of json, xlsx, csv, with commas between them.")
    ] = "json",
    password: Annotated[str | None, typer.Option(help="Password of encrypted PDF files.")] = None,
    reader: Annotated[str, typer.Option(help="Who reads scans: rapid, paddle or tesseract.")] = "rapid",
    model_dir: Annotated[Path | None, typer.Option(help="Folder of other models for that reader.")] = None,
    threads: Annotated[int, typer.Option(min=1, help="Threads of that reader.")] = 1,
    no_step: Annotated[
        list[str] | None,
        typer.Option(
            help="A step of the preparation of scans that is not taken, may be given again: "
            "orientation, perspective, deskew, light, seal, resolution."
        ),
    ] = None,
    debug_images: Annotated[
        Path | None, typer.Option(help="Folder for pictures of scanned pages with what was found drawn on them.")
    ] = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Read reports and write their cells, facts and findings.

    OUT/NAME.json and OUT/NAME.txt (the text that spans point into) for each report, NAME.xlsx if asked for, and
    cells.csv for the run.
    """
    from . import batch
    from .config import READERS, STEPS, Options

    plan = batch.plan(inputs, out)
    if not plan.jobs:
        raise FileMissingError("No report found: " + _passed_over(plan.passed_over), hint="See gxml extract --help.")
    if reader not in READERS:
        raise UsageError(f"There is no reader {reader!r}.", hint=f"One of: {', '.join(READERS)}.")
    unknown = [name for name in no_step or [] if name not in STEPS]
    if unknown:
        raise UsageError(f"There is no step {unknown[0]!r}.", hint=f"Steps: {', '.join(STEPS)}.")
    options = Options.model_validate(
        {
            "password": password,
            "reader": reader,
            "model_dir": model_dir,
            "threads": threads,
            "skip_steps": tuple(no_step or ()),
            "debug_images": debug_images,
        }
    )
    with _Progress(len(plan.jobs), quiet) as progress:
        run = batch.run(plan, out, formats=_names(formats), options=options, progress=progress)
    if not quiet:
        _summary(run)
    _failures(run)
    raise typer.Exit(run.exit_code)


class _Progress:
    """A bar on stderr where that is a terminal."""

    def __init__(self, total: int, quiet: bool) -> None:
        self._total, self._quiet = total, quiet
        self._bar: Any = None

    def __enter__(self) -> _Progress:
        console = _console(stderr=True)
        if console.is_terminal and not self._quiet and self._total > 1:
            from rich.progress import Progress

            self._bar = Progress(console=console, transient=True)
            self._bar.start()
            self._task = self._bar.add_task("reading", total=self._total)
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.stop()

    def __call__(self, outcome: Outcome, done: int, total: int) -> None:
        if self._bar:
            self._bar.update(self._task, completed=done, description=outcome.job.path.name)


def _summary(run: Run) -> None:
    from .show import add_summary, summary_table

    table = summary_table()
    for o in run.outcomes:
        if o.counts:
            add_summary(table, str(o.job.target), o.status, o.issuer, o.year, o.counts)
    console = _console()
    if table.row_count:
        console.print(table)
    if run.plan.passed_over:
        _plain(console, "Passed over: " + _passed_over(run.plan.passed_over))


def _passed_over(reasons: dict[str, int]) -> str:
    return ", ".join(f"{n} {reason}" for reason, n in reasons.items()) or "nothing there"


def _failures(run: Run) -> None:
    if run.interrupted:
        left = len(run.plan.jobs) - len(run.outcomes)
        _fail(f"Interrupted: {len(run.outcomes)} files done, {left} left.", "")
    if run.failed:
        console = _console(stderr=True)
        _plain(console, f"{len(run.failed)} of {len(run.plan.jobs)} files failed:")
        for o in run.failed:
            path = o.job.path
            # errors name the file in their own ways, and a folder may hold the name twice
            reason = o.reason.removeprefix(f"{path}: ").removeprefix(f"{path.name}: ")
            _fail(f"{path}: {reason}", o.hint)
            if _State.debug and o.trace:
                _plain(console, o.trace)


@app.command()
def demo(
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Keep the results in this folder.")] = None,
    debug: Debug = False,
) -> None:
    """Read the sample report that comes with gxml (a generated one) and show what is in it."""
    from .pipeline import read
    from .shipped import sample

    with sample() as path:
        report = read(path)
    _show(report)
    if out:
        target = out / path.stem
        report.save(target.with_suffix(".json"))
        report.to_excel(target.with_suffix(".xlsx"))


# ---- saved reports --------------------------------------------------------------------------------------------------


@app.command()
def show(
    files: Annotated[list[Path], typer.Argument(help="JSON files that gxml wrote.", show_default=False)],
    debug: Debug = False,
) -> None:
    """Show the tables and the findings of saved reports."""
    from .export import load_json

    for file in files:
        _show(load_json(file))


def _show(report: Report) -> None:
    from .show import render

    console = _console()
    console.print(render(report, console.width))


@app.command()
def check(
    inputs: Annotated[list[Path], typer.Argument(help="JSON files of gxml, or folders.", show_default=False)],
    write: Annotated[bool, typer.Option("--write", help="Put what is found into the JSON files.")] = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Run the rules over saved reports again, across the years of one issuer too.

    Ends with exit code 8 where a finding is an error.
    """
    from .recheck import recheck, saved_reports

    saved, unread = saved_reports(inputs)
    if not saved and not unread:
        raise FileMissingError("No saved report found.", hint="Run gxml extract first, and give its output folder.")
    results = recheck(saved, write=write)
    if not quiet:
        _check_results(results)
    for error in unread:
        _fail(error.message, error.hint)
    if any(f.severity == "error" for r in results for f in r.report.findings):
        raise typer.Exit(RULES_BROKEN)
    if unread:
        raise typer.Exit(unread[0].exit_code)


def _check_results(results: Sequence[Checked]) -> None:
    from .show import findings_table

    console = _console()
    for result in results:
        report = result.report
        _plain(console, f"{result.path}: {report.issuer.value or '?'} {report.year.value or '?'}, {report.status}")
        console.print(findings_table(report.findings))
        if result.added or result.gone:
            _plain(console, f"Against the file: {len(result.added)} findings are new, {len(result.gone)} are gone.")


# ---- annotations ----------------------------------------------------------------------------------------------------

annotate = typer.Typer(help="Annotations of the prose: see annotations/GUIDELINES.md.", no_args_is_help=True)
app.add_typer(annotate, name="annotate")
Reports = Annotated[
    list[Path] | None, typer.Option("--reports", help="Folders of the documents; GXML_REPORTS without it.")
]


@annotate.command("export")
def annotate_export(
    inputs: Annotated[list[Path], typer.Argument(help="Annotations, or reports to annotate.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="JSON file for Label Studio.")] = Path("tasks.json"),
    config: Annotated[Path | None, typer.Option(help="Write the labelling interface, too.")] = None,
    reports: Reports = None,
    debug: Debug = False,
) -> None:
    """Write Label Studio tasks: annotations to check, or reports with what the rules read."""
    import json

    from .export import replacing
    from .labelstudio import export_tasks, labelling_config

    tasks = export_tasks(inputs, reports)
    with replacing(out) as file:
        file.write(json.dumps(tasks, ensure_ascii=False, indent=1).encode())
    if config:
        with replacing(config) as file:
            file.write(labelling_config().encode())
    print(f"{out}: {len(tasks)} tasks")


@annotate.command("import")
def annotate_import(
    tasks: Annotated[Path, typer.Argument(help="What Label Studio exported as JSON.", show_default=False)],
    annotator: Annotated[str, typer.Option(help="Who annotated.", show_default=False)],
    out: Out = Path("annotations"),
    reports: Reports = None,
    debug: Debug = False,
) -> None:
    """Write the annotations that came back from Label Studio."""
    import datetime

    from .labelstudio import import_tasks, read_tasks

    for path in import_tasks(read_tasks(tasks), out, annotator, datetime.date.today().isoformat(), reports):
        print(path)


@annotate.command("check")
def annotate_check(
    folder: Annotated[Path, typer.Argument(help="Folder of annotations.")] = Path("annotations"),
    reports: Reports = None,
    debug: Debug = False,
) -> None:
    """Check annotations against their documents, and count what they hold.

    Ends with exit code 8 where a problem is an error.
    """
    from .annotate import load_annotations
    from .annotate_check import content_table, contents, problems

    documents = load_annotations(folder, reports, keep_lost=True)
    console = _console()
    console.print(content_table(contents(documents)))
    found = problems(documents)
    for p in found:
        _plain(console, f"{p.severity}: {p.file}: {p.message}")
    if any(p.severity == "error" for p in found):
        raise typer.Exit(RULES_BROKEN)


@annotate.command("schema")
def annotate_schema() -> None:
    """Print the JSON schema of an annotation file."""
    import json

    from .annotate import Annotation

    print(json.dumps(Annotation.model_json_schema(mode="serialization"), ensure_ascii=False, indent=2))


# ---- models ---------------------------------------------------------------------------------------------------------

models = typer.Typer(help="Trained models: those that come with gxml, and your own.", no_args_is_help=True)
app.add_typer(models, name="models")


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
    _console().print(table)


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
    console = _console()
    for m in found:
        mine = [p for of, p in problems if of is m]
        _plain(console, f"{m.name} ({m.kind}): " + (" ".join(mine) or "whole"))
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


@app.command()
def train(
    config: Annotated[
        Path | None, typer.Argument(help="TOML file; without it the classifier in use is fine-tuned.")
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

    `gxml train --annotations FOLDER` fine-tunes the classifier in use on newly annotated reports.
    """
    from rich.table import Table

    from .train import train as run
    from .train_card import margin_lines, measure_lines
    from .train_config import FINE_TUNING, read_config

    if config is None and not annotations:
        raise UsageError("Nothing to train on.", hint="Name a configuration, or --annotations FOLDER.")
    told = read_config(config) if config else FINE_TUNING
    data = told.data.model_copy(
        update={"annotations": (*told.data.annotations, *(annotations or ()))}
        | ({"reports": tuple(reports)} if reports else {})
    )
    changed = {"data": data} | ({"base_model": base_model} if base_model else {}) | ({"name": name} if name else {})
    console = _console(stderr=True)
    done = run(told.model_copy(update=changed), out, resume=resume, say=lambda text: _plain(console, text))
    table = Table("texts", "reader", "precision", "recall", "F1", "95 %")
    for row in measure_lines(done.measures):
        table.add_row(*row)
    _console().print(table)
    for line in margin_lines(done.measures):
        print(line)
    print(f"{done.model.folder}: to use it, gxml models use {done.model.folder}")


# ---- reference ------------------------------------------------------------------------------------------------------


@app.command()
def schema() -> None:
    """Print the JSON schema of the output."""
    import json

    from .report import Report

    print(json.dumps(Report.model_json_schema(mode="serialization"), ensure_ascii=False, indent=2))


@app.command()
def rules(
    edition: Annotated[str | None, typer.Option(help="Only the rules of this edition of the form.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List every rule that a finding can name, with what it rests on."""
    import dataclasses
    import json

    from .rulebook import select
    from .template import editions

    if edition is not None and edition not in editions():
        raise UsageError(f"There is no edition {edition}.", hint=f"Editions: {', '.join(editions())}.")
    found = select([edition] if edition else [])
    if as_json:
        print(json.dumps([dataclasses.asdict(e) for e in found], ensure_ascii=False, indent=2))
    else:
        from .show import rules_table

        _console().print(rules_table(found))


@app.command()
def synth(
    out: Out,
    count: Annotated[int, typer.Option("--count", "-n", min=1, help="How many reports.")] = 1,
    seed: Annotated[int, typer.Option(help="Of the first; the same seed gives the same files.")] = 0,
    layouts: Annotated[str, typer.Option("--layout", help="Layouts, with commas between them; all without it.")] = "",
    editions: Annotated[str, typer.Option("--edition", help="Editions of the form; that of the year without it.")] = "",
    author_errors: Annotated[int, typer.Option(min=0, help="Sums that every fourth report gets wrong.")] = 0,
    annotate: Annotated[bool, typer.Option("--annotate", help="Write the annotation of each report, too.")] = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write made-up reports, each with its truth, to test and to train on."""
    from .synth import LAYOUTS, synthesise

    made = synthesise(
        out,
        count,
        seed,
        _names(layouts) or list(LAYOUTS),
        _names(editions) or [None],
        author_errors=author_errors,
        annotate=annotate,
    )
    for report in made:
        if not quiet:
            print(report.path)


def _names(given: str) -> list[str]:
    return list(dict.fromkeys(n.strip() for n in given.split(",") if n.strip()))


@app.command()
def version() -> None:
    """Print the version."""
    from . import __version__

    print(f"gxml {__version__}")

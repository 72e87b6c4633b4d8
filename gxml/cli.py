"""The command line. What a command needs loads inside it, so that `gxml --help` is quick."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .cli_annotate import annotate
from .cli_benchmark import benchmark
from .cli_common import (
    RULES_BROKEN,
    Debug,
    Out,
    Quiet,
    State,
    as_given,
    brought,
    here,
    make_console,
    names_of,
    print_lines,
    print_plain,
)
from .cli_data import export, query
from .cli_evaluate import evaluate
from .cli_explain import explain
from .cli_models import models, train
from .cli_review import review, serve
from .errors import FileMissingError, GxmlError, UsageError

if TYPE_CHECKING:
    from .batch import Outcome, Run
    from .recheck import Checked
    from .report import Report

_EXIT_CODES = (
    "Exit codes: 0 all well; 1 a defect of gxml; 2 wrong usage; 3 not readable as a report; 4 a program or package is "
    "missing; 5 a form file is not valid; 6 a result cannot be written; 7 some of the files failed; 8 check or "
    "annotate check found errors, evaluate silent ones, or models verify damaged files; 130 interrupted."
)

app = typer.Typer(
    help="Reads 政府信息公开工作年度报告 into checked cells and facts.",
    epilog=_EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: rich's panels load Markdown and Pygments, as slow as all the rest
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
)
app.add_typer(annotate, name="annotate")
app.add_typer(models, name="models")


def _print_version(value: bool) -> None:
    if value:
        version()
        raise typer.Exit


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; ends with SystemExit.

    Args:
        arguments: Instead of those of the process.
    """
    State.debug = False
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a console without Chinese must not end the run
    try:
        app(list(arguments) if arguments is not None else None)
    except GxmlError as e:
        if State.debug:
            raise
        _fail(e.message, e.hint)
        raise SystemExit(e.exit_code) from None
    except Exception as e:
        if State.debug:
            raise
        _fail(f"{type(e).__name__} inside gxml: {e}", "This is a defect: please report it, with what --debug prints.")
        raise SystemExit(GxmlError.exit_code) from None


def _fail(message: str, hint: str) -> None:
    console = make_console(stderr=True)
    console.print("error:", style="bold red", end=" ")
    print_plain(console, message)
    if hint:
        console.print("hint:", style="bold", end=" ")
        print_plain(console, hint)


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
    inputs: Annotated[
        list[str],
        typer.Argument(metavar="INPUTS...", help="Reports, folders of reports, or their URLs.", show_default=False),
    ],
    out: Annotated[
        str, typer.Option("--out", "-o", metavar="PATH", help="Folder for the results, or its URL (s3://...).")
    ] = "out",
    formats: Annotated[
        str, typer.Option("--format", "-f", help="Some of json, xlsx, csv, with commas between them.")
    ] = "json",
    password: Annotated[str | None, typer.Option(help="Password of encrypted PDF files.")] = None,
    reader: Annotated[str, typer.Option(help="Who reads scans: rapid, paddle or tesseract.")] = "rapid",
    model_dir: Annotated[Path | None, typer.Option(help="Folder of other models for that reader.")] = None,
    threads: Annotated[int, typer.Option(min=1, help="Threads of that reader.")] = 1,
    no_second_reader: Annotated[
        bool,
        typer.Option("--no-second-reader", help="Read numbers of scans once: more is flagged."),
    ] = False,
    no_step: Annotated[
        list[str] | None,
        typer.Option(
            help="A step of the preparation of scans that is not taken, may be given again: "
            "orientation, perspective, deskew, light, seal, resolution."
        ),
    ] = None,
    debug_images: Annotated[
        Path | None,
        typer.Option(
            parser=here, metavar="PATH", help="Folder for pictures of scanned pages with what was found drawn on them."
        ),
    ] = None,
    facts: Annotated[
        str,
        typer.Option(help="Who reads the facts: auto, rules, classifier, linear, or a model's name or folder."),
    ] = "auto",
    workers: Annotated[int, typer.Option(min=1, help="Processes that read, each with one thread.")] = 1,
    resume: Annotated[
        bool, typer.Option("--resume", help="Leave out what is done already, with the same options and versions.")
    ] = False,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="With --resume: failed files again.")] = False,
    time_limit: Annotated[
        float | None, typer.Option(min=0.1, help="Seconds for one file; one that takes longer fails.")
    ] = None,
    engine: Annotated[
        str, typer.Option(help="local, or ray: actors of a Ray cluster, which share the storage of OUT.")
    ] = "local",
    address: Annotated[str | None, typer.Option(help="Of a Ray cluster; a local one without it.")] = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Read reports and write their cells, facts and findings.

    OUT/NAME.json and OUT/NAME.txt (the text that spans point into) for each report, NAME.xlsx if asked for, and
    cells.csv for the run. What is done stands in OUT/.gxml/ledger.sqlite, each result the moment it is there: a run
    that was stopped, or killed, goes on with --resume. Files with the same bytes are read once.

    Inputs and OUT may be URLs that fsspec knows (pip install "gxml[remote]").
    """
    from . import batch
    from .config import READERS, STEPS, Options
    from .storage import storing

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
            "second_reader": not no_second_reader,
            "skip_steps": tuple(no_step or ()),
            "debug_images": debug_images,
            "facts": facts,
        }
    )
    with storing(inputs, out, options.max_bytes) as (given, folder, store):
        plan = batch.plan(given, folder, store)
        if not plan.jobs:
            reason = _passed_over(plan.passed_over)
            raise FileMissingError(f"No report found: {reason}", hint="See gxml extract --help.")
        with _Progress(len(plan.jobs), quiet) as progress:
            run = batch.run(
                plan,
                folder,
                formats=names_of(formats),
                options=options,
                progress=progress,
                workers=workers,
                resume=resume,
                retry_failed=retry_failed,
                time_limit=time_limit,
                engine=engine,
                address=address,
                store=store,
            )
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
        console = make_console(stderr=True)
        if console.is_terminal and not self._quiet and self._total > 1:
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

            rate = TextColumn("{task.fields[rate]}")
            shown = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), rate, TimeRemainingColumn())
            self._bar = Progress(*shown, console=console, transient=True)
            self._bar.start()
            self._task = self._bar.add_task("reading", total=self._total, rate="")
            self._began = time.monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.stop()

    def __call__(self, outcome: Outcome, done: int, total: int) -> None:
        if self._bar:
            rate = f"{done / max(time.monotonic() - self._began, 0.1):.1f}/s"
            self._bar.update(self._task, completed=done, description=outcome.job.path.name, rate=rate)


def _summary(run: Run) -> None:
    from .show import add_summary, summary_table

    table = summary_table()
    for o in run.outcomes:
        if o.counts:
            add_summary(table, str(o.job.target), o.status, o.issuer, o.year, o.counts)
    console = make_console()
    if table.row_count:
        console.print(table)
    if run.plan.passed_over:
        print_plain(console, "Passed over: " + _passed_over(run.plan.passed_over))


def _passed_over(reasons: dict[str, int]) -> str:
    return ", ".join(f"{n} {reason}" for reason, n in reasons.items()) or "nothing there"


def _failures(run: Run) -> None:
    if run.interrupted:
        left = len(run.plan.jobs) - len(run.outcomes)
        _fail(f"Interrupted: {len(run.outcomes)} files done, {left} left.", "")
    if run.failed:
        console = make_console(stderr=True)
        print_plain(console, f"{len(run.failed)} of {len(run.plan.jobs)} files failed:")
        for o in run.failed:
            path = o.job.shown
            # errors name the file in their own ways, and a folder may hold the name twice
            reason = o.reason.removeprefix(f"{path}: ").removeprefix(f"{o.job.path.name}: ")
            _fail(f"{path}: {reason}", o.hint)
            if State.debug and o.trace:
                print_lines(console, o.trace)


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
    files: Annotated[
        list[str], typer.Argument(metavar="FILES...", help="JSON files that gxml wrote, or URLs.", show_default=False)
    ],
    debug: Debug = False,
) -> None:
    """Show the tables and the findings of saved reports."""
    from .export import load_json

    for file in files:
        with brought([file]) as copies:
            _show(load_json(copies[0]))


def _show(report: Report) -> None:
    from .show import render

    console = make_console()
    console.print(render(report, console.width))


@app.command()
def check(
    inputs: Annotated[
        list[str],
        typer.Argument(metavar="INPUTS...", help="JSON files of gxml, folders, or URLs.", show_default=False),
    ],
    write: Annotated[bool, typer.Option("--write", help="Put what is found into the JSON files.")] = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Run the rules over saved reports again, across the years of one issuer too.

    Ends with exit code 8 where a finding is an error.
    """
    from .recheck import recheck, saved_reports

    if write:
        inputs = [str(here(given)) for given in inputs]
    with brought(inputs) as paths:
        saved, unread = saved_reports(paths)
        if not saved and not unread:
            raise FileMissingError("No saved report found.", hint="Run gxml extract first, and give its output folder.")
        results = recheck(saved, write=write)
    if not quiet:
        _check_results(results, partial(as_given, given=inputs, paths=paths))
    for error in unread:
        _fail(as_given(error.message, inputs, paths), error.hint)
    if any(f.severity == "error" for r in results for f in r.report.findings):
        raise typer.Exit(RULES_BROKEN)
    if unread:
        raise typer.Exit(unread[0].exit_code)


def _check_results(results: Sequence[Checked], named: Callable[[str], str]) -> None:
    from .show import findings_table

    console = make_console()
    for result in results:
        report = result.report
        name = named(str(result.path))
        print_plain(console, f"{name}: {report.issuer.value or '?'} {report.year.value or '?'}, {report.status}")
        console.print(findings_table(report.findings))
        if result.added or result.gone:
            changes = f"{len(result.added)} findings are new, {len(result.gone)} are gone."
            print_plain(console, f"Against the file: {changes}")


app.command()(explain)
app.command()(evaluate)
app.command()(benchmark)
app.command()(export)
app.command()(query)
app.command()(review)
app.command()(serve)
app.command()(train)

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

        make_console().print(rules_table(found))


@app.command()
def synth(
    out: Out,
    count: Annotated[int, typer.Option("--count", "-n", min=1, help="How many reports.")] = 1,
    seed: Annotated[int, typer.Option(help="Of the first; the same seed gives the same files.")] = 0,
    layouts: Annotated[
        str,
        typer.Option(
            "--layout",
            help="Layouts, with commas between them, such as pdf,docx,html,text_cells, or levels of scans: clean200, "
            "office200, office150, hard150, fax, photo, turned. Without it all layouts and no scan.",
        ),
    ] = "",
    scan_as: Annotated[str, typer.Option(help="pdf or tiff: what scans are written as.")] = "pdf",
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
        names_of(layouts) or list(LAYOUTS),
        names_of(editions) or [None],
        author_errors=author_errors,
        annotate=annotate,
        scan_as=scan_as,
    )
    for report in made:
        if not quiet:
            print(report.path)


@app.command()
def version() -> None:
    """Print the version."""
    from . import __version__

    print(f"gxml {__version__}")

"""`gxml annotate`: annotations of the prose and of cells, to Label Studio and back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .cli_common import RULES_BROKEN, Debug, Out, Reports, make_console, print_plain

annotate = typer.Typer(help="Annotations of the prose: see annotations/GUIDELINES.md.", no_args_is_help=True)


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


@annotate.command("export-pages")
def annotate_export_pages(
    inputs: Annotated[list[Path], typer.Argument(help="JSON files of gxml, or folders.", show_default=False)],
    source: Annotated[
        list[Path], typer.Option("--source", "-s", help="Folder of the files that were read.", show_default=False)
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for tasks.json, config.xml and images.")] = Path(
        "pages"
    ),
    prefix: Annotated[str, typer.Option(help="Before images/NAME.jpg in the tasks.")] = "/data/local-files/?d=",
    password: Annotated[str | None, typer.Option(help="Password of encrypted PDF files.")] = None,
    debug: Debug = False,
) -> None:
    """Write Label Studio tasks of pages: a box for each cell, with what was read in it, or decided."""
    import json

    from .errors import FileMissingError, InputError, UsageError
    from .export import replacing
    from .labelstudio_pages import page_config, page_tasks
    from .review_pages import PageImages
    from .tidy import saved_reports

    pages = PageImages(source, None, password)
    console = make_console(stderr=True)
    tasks = []
    for _, report in saved_reports(inputs):
        try:
            tasks += page_tasks(report, pages, out, prefix)
        except (InputError, UsageError) as e:
            print_plain(console, f"left out: {e}")
    if not tasks:
        raise FileMissingError("No report with pages found.", hint="Give the folder of the files with --source.")
    for name, text in (
        ("tasks.json", json.dumps(tasks, ensure_ascii=False, indent=1)),
        ("config.xml", page_config()),
    ):
        with replacing(out / name) as file:
            file.write(text.encode())
    print(f"{out / 'tasks.json'}: {len(tasks)} pages")


@annotate.command("import-pages")
def annotate_import_pages(
    tasks: Annotated[Path, typer.Argument(help="What Label Studio exported as JSON.", show_default=False)],
    annotator: Annotated[str, typer.Option(help="Who annotated.", show_default=False)],
    out: Out = Path("annotations"),
    debug: Debug = False,
) -> None:
    """Write what is printed in cells, as it came back from Label Studio, into annotations."""
    import datetime

    from .labelstudio_pages import import_page_tasks, read_page_tasks

    for path in import_page_tasks(read_page_tasks(tasks), out, annotator, datetime.date.today().isoformat()):
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
    console = make_console()
    console.print(content_table(contents(documents)))
    found = problems(documents)
    for p in found:
        print_plain(console, f"{p.severity}: {p.file}: {p.message}")
    if any(p.severity == "error" for p in found):
        raise typer.Exit(RULES_BROKEN)


@annotate.command("schema")
def annotate_schema() -> None:
    """Print the JSON schema of an annotation file."""
    import json

    from .annotate import Annotation

    print(json.dumps(Annotation.model_json_schema(mode="serialization"), ensure_ascii=False, indent=2))

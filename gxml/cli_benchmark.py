"""`gxml benchmark`: gxml with its parts on and off, and other programs, on sets of reports with their truth."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from .cli_common import Debug, Quiet, make_console, names_of, print_lines, print_plain
from .errors import UsageError


def benchmark(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for what is measured; a stopped run goes on.")],
    sets: Annotated[str, typer.Option(help="Some of real, generated, scans. real is what GXML_REPORTS holds.")] = "",
    groups: Annotated[str, typer.Option(help="Only some kinds of file, layouts or levels of the sets.")] = "",
    count: Annotated[int | None, typer.Option(min=1, help="Reports of each edition in each layout or level.")] = None,
    systems: Annotated[
        str, typer.Option(help="Names of systems, with commas between them; --list shows them.")
    ] = "gxml",
    peers: Annotated[
        list[str] | None,
        typer.Option(
            "--peer",
            help="NAME=PYTHON: another program and the interpreter of its environment, or NAME=PYTHON=WEIGHTS.",
        ),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Ten times as many digital reports, and all systems: hours.")
    ] = False,
    readme: Annotated[Path | None, typer.Option(help="Markdown file that the tables are put into.")] = None,
    list_systems: Annotated[bool, typer.Option("--list", help="List systems and peers, and end.")] = False,
    costs: Annotated[
        str,
        typer.Option(
            help="Instead: time and memory against the number of reports, pages (of a PDF) or scans (scanned pages), "
            "and stages (where the time of a scanned page goes)."
        ),
    ] = "",
    sizes: Annotated[str, typer.Option(help="With --costs: other numbers, such as 10,100,1000.")] = "",
    workers: Annotated[str, typer.Option(help="With --costs reports: numbers of processes.")] = "1,2",
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Measure accuracy, time and memory on generated, scanned and real reports, and print the tables.

    Writes OUT/records.jsonl as it goes and OUT/benchmark-DATE.json at the end; with --costs OUT/costs.jsonl,
    OUT/costs-DATE.json and OUT/costs-*.svg.
    """
    from datetime import date

    from rich.progress import Progress

    from .benchmark import PER_GROUP, PER_GROUP_FULL, SETS, collect, reports_folder, run
    from .benchmark_report import markdown, put_into, save, summarise
    from .benchmark_systems import PEERS, gxml_systems, peer

    if costs:
        _costs(out, names_of(costs), _numbers(sizes), _numbers(workers), readme, quiet)
        return
    known = gxml_systems()
    console = make_console()
    if list_systems:
        for name in [*known, *(f"{p} (--peer)" for p in PEERS)]:
            print_plain(console, name)
        return
    names = list(known) if full else names_of(systems)
    unknown = [n for n in names if n not in known]
    if unknown:
        raise UsageError(f"There is no system {unknown[0]!r}.", hint=f"Known: {', '.join(known)}.")
    chosen = [known[n] for n in names]
    for given in peers or []:
        name, _, rest = given.partition("=")
        python, _, weights = rest.partition("=")
        if not python:
            raise UsageError(
                f"--peer {given!r} names no interpreter.", hint="As in rapidocr_lines=envs/rapid/bin/python."
            )
        chosen.append(peer(name, python, Path(weights) if weights else None))
    folder = reports_folder()
    wanted = names_of(sets) or [s for s in SETS if s != "real" or folder]
    each = dict.fromkeys(SETS, count) if count else PER_GROUP_FULL if full else PER_GROUP
    items = collect(wanted, out / "items", folder, each, names_of(groups))
    with Progress(console=make_console(stderr=True), transient=True, disable=quiet) as bar:
        task = bar.add_task("reading")

        def progress(n: int, of: int, what: str) -> None:
            bar.update(task, completed=n, total=of, description=what)

        records = run(items, chosen, out, progress)
    # what was measured of other files before stays in the folder, and out of the tables
    mine, asked = {(i.set, i.name) for i in items}, {s.name for s in chosen}
    records = [r for r in records if r["system"] in asked and ("set" not in r or (r["set"], r["name"]) in mine)]
    summary = summarise(records)
    text = markdown(summary)
    today = date.today().isoformat()
    path = save(summary, out / f"benchmark-{today}.json", today)
    if readme is not None:
        put_into(readme, text)
    if not quiet:
        print_lines(console, text)
        print_plain(console, str(path))


def _numbers(given: str) -> list[int]:
    try:
        out = [int(n) for n in names_of(given)]
    except ValueError:
        out = [0]
    if any(n < 1 for n in out):
        raise UsageError(f"{given!r} are no numbers of 1 and more.", hint="As in 10,100,1000.")
    return out


def _costs(out: Path, asked: list[str], sizes: list[int], workers: list[int], readme: Path | None, quiet: bool) -> None:
    from datetime import date

    from . import benchmark_costs, benchmark_stages
    from .benchmark_report import put_into, save
    from .export import replacing
    from .plots import bars

    console, told = make_console(), make_console(stderr=True)
    tables: list[str] = []
    drawings: dict[str, str] = {}
    summary: dict[str, object] = {}
    lines = [c for c in asked if c != "stages"]
    if lines:

        def progress(p: benchmark_costs.Point) -> None:
            if not quiet:
                print_plain(told, f"{p.curve} {p.size}, {p.workers} workers: {p.seconds} s, {p.peak_mib:.0f} MiB")

        points = benchmark_costs.measure(lines, out, sizes=sizes, workers=workers or [1], progress=progress)
        tables.append(benchmark_costs.markdown(points))
        drawings |= benchmark_costs.drawings(points)
        summary["points"] = [asdict(p) for p in points]
    if "stages" in asked:
        profiles = benchmark_stages.by_level(benchmark_stages.LEVELS, out / "items" / "costs")
        tables.append(benchmark_stages.markdown(profiles))
        drawings["stages"] = bars({level: p.stages for level, p in profiles.items()}, "processor seconds a page")
        summary["stages"] = {level: asdict(p) for level, p in profiles.items()}
    today = date.today().isoformat()
    path = save(summary, out / f"costs-{today}.json", today)
    for name, drawing in drawings.items():
        with replacing(out / f"costs-{name}.svg") as file:
            file.write(drawing.encode())
    if readme is not None:
        put_into(readme, "\n".join(tables), "costs")
    if not quiet:
        print_lines(console, "\n".join(tables))
        print_plain(console, str(path))

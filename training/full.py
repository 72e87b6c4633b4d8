"""Says and runs every step that the README's numbers need: `python training/full.py OUT`, for hours, resumable.

    python training/full.py --list
    GXML_REPORTS=FOLDER python training/full.py out/ --readme README.md --results training/RESULTS.md --peer NAME=PYTHON
    python training/full.py out/ --only repair --only costs

What a step prints goes to OUT/NAME.log. A step that has ended well is not run again, as long as its commands are the
same: delete OUT/NAME.done to run it again. A step that fails does not stop the others; it is named at the end, and
tried again the next time. Steps that measure real reports are left out without GXML_REPORTS.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BANK_PAGES = range(79, 124)
EASY, HARD = "clean200,office200,office150,turned", "hard150,fax,photo"
"""Levels of scans; of the hard ones 60 further reports are read, too."""


@dataclass(frozen=True, slots=True)
class Step:
    """Commands that follow each other, `{out}` in them being the folder of results.

    Attributes:
        name: Of the step and its log.
        says: What of the README and of RESULTS.md it gives.
        commands: Each without the interpreter in front.
        real: Needs the real reports.
        fresh: A file that is removed before: what adds to it would add twice.
        environment: More variables.
    """

    name: str
    says: str
    commands: tuple[tuple[str, ...], ...]
    real: bool = False
    fresh: str = ""
    environment: tuple[tuple[str, str], ...] = ()


def steps(readme: Path | None = None, peers: Sequence[str] = (), results: Path | None = None) -> list[Step]:
    """Return all steps, the quick ones first.

    Args:
        readme: File that the short tables are put into, between marks.
        peers: NAME=PYTHON of other programs for the benchmark.
        results: File that the other tables are put into.
    """
    marks = ("--readme", str(readme)) if readme else ()
    tables = ("--results", str(results)) if results else ()
    costs = ("--readme", str(results)) if results else ()
    others = tuple(part for given in peers for part in ("--peer", given))
    bank = tuple(f"{{out}}/bank-{n}.jsonl" for n in BANK_PAGES)
    accuracy, more = "{out}/scan_accuracy.jsonl", "{out}/scan_more.jsonl"
    curve = ("--margins", "0,4.6,7,9,12", "--least-listed", "0.001,0.01,0.1", "--plot", "{out}/repair_curve.svg")
    simulation = ("training/repair_simulation.py", *bank, "--undamaged")
    return [
        Step("real", "cells of the real reports", (("training/real_reports.py",),), real=True),
        Step("facts", "F1 of the readers of facts", (("training/fact_readers.py", *marks),), real=True),
        Step("times", "time of digital reports against pypdfium2", (("training/benchmark.py",),)),
        Step("scan-cost", "a scanned page against plain rapidocr", (("training/scan_cost.py",),)),
        Step("readers", "readers of scans against each other", (("training/scan_readers.py", "--pages", "3"),)),
        Step("sheets", "cells alone, at fax", (("training/scan_sheets.py", "--levels", "fax"),)),
        Step(
            "solver",
            "the search of the repair against OR-Tools, which the extra solver brings",
            (("-m", "pytest", "tests/test_repair_solver.py", "-q", "-s"),),
            environment=(("GXML_SOLVER_INSTANCES", "2000"),),
        ),
        Step(
            "damaged",
            "damaged reports",
            (("-m", "pytest", "tests/test_corruption.py", "-q", "-s", "--timeout", "0"),),
            environment=(("GXML_CORRUPTIONS", "1200"),),
        ),
        Step(
            "costs",
            "time and memory against reports, pages and processes; stages of a scanned page",
            (("-m", "gxml", "benchmark", "-o", "{out}/costs", "--costs", "reports,pages,scans,stages", *costs),),
        ),
        Step(
            "scale",
            "500 reports in one run, left alone and killed ten times; two workers against one; Ray against local ones",
            (
                ("training/scale.py", "make", "{out}/scale"),
                ("training/scale.py", "run", "{out}/scale"),
                ("training/scale.py", "speed", "{out}/scale"),
                ("training/scale.py", "ray", "{out}/scale"),
                (
                    *("training/scale.py", "report", "{out}/scale", "--json", "{out}/scale.json"),
                    *("--svg", "{out}/scale_memory.svg"),
                ),
            ),
        ),
        Step(
            "fuzz",
            "damaged files for an hour",
            (("training/fuzz.py", "--seconds", "3600", "--log", "{out}/fuzz.jsonl"),),
        ),
        *(
            Step(
                f"bank-{n}",
                "readings of numbers that the simulation of the repair draws from",
                (("training/repair_bank.py", f"{{out}}/bank-{n}.jsonl", "--first", str(n), "--pages", "1"),),
                fresh=f"bank-{n}.jsonl",
            )
            for n in BANK_PAGES
        ),
        Step("repair", "the repair simulated, and its curve", (simulation, (*simulation, "--tables", "300", *curve))),
        Step(
            "grids",
            "grids of scans",
            (("training/scan_grids.py", "{out}/scan_grids.jsonl", "--seed", "910000", "--count", "100"),),
        ),
        Step(
            "benchmark",
            "gxml, its parts on and off, and other programs",
            (("-m", "gxml", "benchmark", "-o", "{out}/benchmark", "--full", *others, *marks),),
        ),
        Step(
            "scans",
            "scans by level, and what the repair changed",
            (
                ("training/scan_accuracy.py", "run", accuracy),
                ("training/scan_accuracy.py", "run", more, "--sets", "more", "--levels", HARD),
                (
                    *("training/scan_accuracy.py", "report", accuracy, "--json", "{out}/scan_accuracy.json"),
                    *("--plot", "{out}/scan_reliability.svg", *tables),
                ),
                ("training/scan_accuracy.py", "report", accuracy, "--levels", EASY, *marks),
                (
                    *("training/scan_accuracy.py", "report", accuracy, more, "--levels", HARD, "--marks", "hard scans"),
                    *("--json", "{out}/scan_hard.json", *marks, *tables),
                ),
            ),
            real=True,
        ),
    ]


def run(step: Step, out: Path) -> bool:
    """Run the commands of a step until one fails; tell whether all ended well."""
    if step.fresh:
        (out / step.fresh).unlink(missing_ok=True)
    path = os.pathsep.join(p for p in (str(ROOT), os.environ.get("PYTHONPATH", "")) if p)
    environment = {**os.environ, "PYTHONPATH": path, **dict(step.environment)}
    with (out / f"{step.name}.log").open("w", encoding="utf-8") as log:
        for command in _commands(step, out):
            print("$", *command, file=log, flush=True)
            done = subprocess.run([sys.executable, *command], cwd=ROOT, env=environment, stdout=log, stderr=log)
            if done.returncode:
                return False
    return True


def _commands(step: Step, out: Path) -> list[list[str]]:
    return [[part.replace("{out}", str(out)) for part in command] for command in step.commands]


def _done(step: Step, out: Path) -> bool:
    path = out / f"{step.name}.done"
    return path.exists() and json.loads(path.read_text("utf-8")) == _commands(step, out)


def work(todo: Sequence[Step], out: Path) -> list[str]:
    """Run what is not done yet and return the names of the steps that failed."""
    out.mkdir(parents=True, exist_ok=True)
    failed = []
    for step in todo:
        if _done(step, out):
            print(f"{step.name}: done before", flush=True)
            continue
        if step.real and not os.environ.get("GXML_REPORTS"):
            print(f"{step.name}: left out, GXML_REPORTS names no folder", flush=True)
            continue
        began = time.time()
        well = run(step, out)
        if well:
            (out / f"{step.name}.done").write_text(json.dumps(_commands(step, out)), "utf-8")
        else:
            failed.append(step.name)
        print(f"{step.name}: {'done' if well else 'failed'}, {time.time() - began:.0f} s", flush=True)
    return failed


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, nargs="?", default=Path("out"))
    parser.add_argument("--list", action="store_true", help="say what there is to do, and end")
    parser.add_argument("--only", action="append", default=[], help="a step and, for repair, what it needs; again")
    parser.add_argument("--readme", type=Path, help="Markdown file that tables are put into, between their marks")
    parser.add_argument("--results", type=Path, help="the same for the tables of training/RESULTS.md")
    parser.add_argument("--peer", action="append", default=[], help="NAME=PYTHON, as for gxml benchmark; again")
    given = parser.parse_args(arguments)
    out = given.out.resolve()
    readme, results = (path.resolve() if path else None for path in (given.readme, given.results))
    every = steps(readme, given.peer, results)
    wanted = {*given.only, *(("bank",) if "repair" in given.only else ())}
    chosen = [s for s in every if not wanted or s.name in wanted or s.name.partition("-")[0] in wanted]
    unknown = [n for n in given.only if not any(n in (s.name, s.name.partition("-")[0]) for s in every)]
    if unknown:
        parser.error(f"there is no step {unknown[0]!r}; --list names them")
    if given.list:
        for step in chosen:
            state = "done" if _done(step, out) else "to do"
            print(f"{step.name} ({state}): {step.says}")
            for command in _commands(step, out):
                print("    python", *command)
        return 0
    failed = work(chosen, out)
    for name in failed:
        print(f"failed: {name}, see {out / name}.log")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

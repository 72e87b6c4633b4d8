"""`gxml benchmark`: sets of reports, read by gxml with parts on and off and by other programs, in one run.

    items = collect(["generated", "scans"], Path("out"), reports=None)
    run(items, [*gxml_systems().values(), peer("rapidocr_lines", python)], Path("out"))

Each system is a process of its own that stays alive. An item is read by all systems one after the other, so that what
else the machine does disturbs all of them alike. What is measured is written at once, a line of JSON for each item
and system, and is not measured again.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .benchmark_systems import Answer, Host, System
from .errors import FileMissingError, UsageError
from .evaluate import fact_counts, table_pairs
from .judged import judge
from .report import Report
from .scores_more import TedsScores
from .synth import LAYOUTS, generate, truth, write
from .truth import TRUTH, Truth, load_truth

SETS = ("real", "generated", "scans")
LEVELS = ("clean200", "office200", "office150", "hard150", "fax", "photo", "turned")
EDITIONS = ("2019", "2021")
SEED = 920_000
"""Of the first generated report; nothing is trained or tuned on these seeds."""
SCAN_SEED = 921_000
PER_GROUP = {"generated": 1, "scans": 1}
PER_GROUP_FULL = {"generated": 10, "scans": 1}
"""Reports of each edition in each layout or level, in a sample and with --full: others take minutes for a scan."""
RECORDS = "records.jsonl"

Record = dict[str, Any]
Progress = Callable[[int, int, str], None]
"""Told how many readings are done, of how many, and which was the last."""


@dataclass(frozen=True, slots=True)
class Item:
    """One file with its truth.

    Attributes:
        set: "real", "generated" or "scans".
        group: Kind of file, layout or level.
        edition: Of its section 三.
    """

    set: str
    group: str
    name: str
    path: Path
    truth: Truth
    edition: str


def collect(
    sets: Iterable[str],
    folder: Path,
    reports: Path | None,
    per_group: Mapping[str, int] = PER_GROUP,
    groups: Collection[str] = (),
) -> list[Item]:
    """Return the items of some sets; generated ones are written into a folder, where they are not there yet.

    Args:
        sets: Some of `SETS`.
        folder: For generated reports.
        reports: Folder of the set "real", with a truth file beside each report.
        per_group: Reports of each edition in each layout or level, by set.
        groups: Only these kinds of file, layouts or levels; all without.

    Raises:
        UsageError: There is no such set, or no such group in the sets.
        FileMissingError: The set "real" without a folder, or with one that has no truth.
    """
    out: list[Item] = []
    for name in sets:
        if name == "real":
            out += _real(reports)
        elif name == "generated":
            out += _made(name, tuple(LAYOUTS), SEED, folder, per_group[name], groups)
        elif name == "scans":
            out += _made(name, LEVELS, SCAN_SEED, folder, per_group[name], groups)
        else:
            raise UsageError(f"There is no set {name!r}.", hint=f"Sets: {', '.join(SETS)}.")
    chosen = [i for i in out if not groups or i.group in groups]
    unknown = sorted(set(groups) - {i.group for i in chosen})
    if unknown:
        raise UsageError(f"No report of these sets is {unknown[0]!r}.", hint="Layouts, levels, or suffixes of files.")
    return chosen


def _real(folder: Path | None) -> Iterator[Item]:
    files = sorted(folder.glob("*" + TRUTH)) if folder else []
    if not files:
        raise FileMissingError(
            f"{folder or 'no folder'}: no reports with their truth.", hint="Name the folder with GXML_REPORTS."
        )
    for file in files:
        stem = file.name.removesuffix(TRUTH)
        known = load_truth(file)
        for path in sorted(file.parent.glob(f"{stem}.*")):
            if path.suffix not in (".json", ".xlsx"):
                yield Item("real", path.suffix[1:], path.name, path, known, known.editions.get("3", ""))


def _made(
    name: str, groups: Sequence[str], seed: int, folder: Path, per_group: int, wanted: Collection[str]
) -> Iterator[Item]:
    for g, group in enumerate(groups):
        if wanted and group not in wanted:
            continue
        for i in range(per_group * len(EDITIONS)):
            own, edition = seed + 100 * g + i, EDITIONS[i % len(EDITIONS)]
            path = folder / name / f"{own}_{group}.{LAYOUTS.get(group, 'pdf')}"
            report = generate(own, edition)
            if not path.exists():
                write(report, group, path, own)
            known = truth(report, group if group in LAYOUTS else "pdf", own)
            yield Item(name, group, path.name, path, Truth.model_validate(known), edition)


# ---- running --------------------------------------------------------------------------------------------------------


def run(
    items: Sequence[Item], systems: Sequence[System], folder: Path, progress: Progress | None = None
) -> list[Record]:
    """Read every item with every system that takes its kind of file, and return what was measured, old lines included.

    Args:
        items: From `collect`.
        systems: See `gxml.benchmark_systems`. One that cannot start is recorded as missing, with the reason.
        folder: Where records.jsonl is; what is in it is not measured again.
        progress: Told after each reading.
    """
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / RECORDS
    known = load_records(folder)
    done = {(r["set"], r["name"], r["system"]) for r in known if "set" in r}
    jobs = [(i, [s for s in systems if s.takes(i.path) and (i.set, i.name, s.name) not in done]) for i in items]
    # in no order, so that what is done after some time says something about all
    jobs.sort(key=lambda job: zlib.crc32(job[0].name.encode()))
    total, count = sum(len(s) for _, s in jobs), 0
    hosts = {s.name: Host(s) for s in systems if any(s in wanted for _, wanted in jobs)}
    try:
        with target.open("a", encoding="utf-8") as out:
            if target.stat().st_size and not target.read_bytes().endswith(b"\n"):
                out.write("\n")  # a line that a stop cut

            def keep(record: Record) -> None:
                out.write(json.dumps(record, ensure_ascii=False) + "\n")
                out.flush()
                known.append(record)

            for host in hosts.values():
                keep({"system": host.system.name, **host.start()})
            for item, wanted in jobs:
                for system in wanted:
                    count += 1
                    if hosts[system.name].missing:
                        continue
                    keep(measure(item, system, hosts[system.name].read(item.path)))
                    if progress:
                        progress(count, total, f"{item.name}, {system.name}")
    finally:
        for host in hosts.values():
            host.stop()
    return known


def load_records(folder: Path) -> list[Record]:
    """Return the lines of records.jsonl; one that was cut by a stop is left out, and measured again."""
    path = folder / RECORDS
    if not path.exists():
        return []
    out = []
    for line in path.read_text("utf-8").splitlines():
        try:
            out.append(json.loads(line))
        except ValueError:
            continue
    return out


def measure(item: Item, system: System, answer: Answer) -> Record:
    """Return what one system read in one item, as counts.

    A peer says of no cell that it may be wrong: all of its wrong cells are silent. How many of them gxml's own checks
    would have named, were they given the peer's table, is kept beside that.
    """
    report = answer.report
    cells = judge(item.truth, report)
    wrong = [c for c in cells if c.outcome != "exact"]
    named = sum(c.outcome == "flagged" for c in wrong)
    nonzero = [c for c in cells if c.truth]
    facts = fact_counts(item.truth, report)
    return {
        "set": item.set,
        "group": item.group,
        "edition": item.edition,
        "name": item.name,
        "system": system.name,
        "error": answer.error,
        "pages": answer.pages,
        "seconds": round(answer.seconds, 3),
        "peak_mib": round(answer.peak_mib),
        "cells": len(cells),
        "exact": len(cells) - len(wrong),
        "nonzero": len(nonzero),
        "nonzero_exact": sum(c.outcome == "exact" for c in nonzero),
        "silent": len(wrong) if system.peer else len(wrong) - named,
        "named": named,
        "alarmed": 0 if system.peer else sum(c.alarmed and c.outcome == "exact" for c in cells),
        "facts": sum(n for (o, _), n in facts.items() if o == "found"),
        "facts_there": len(item.truth.facts),
        "accepted": bool(report and report.status == "accepted" and not system.peer),
        "teds": _teds(item.truth, report),
    }


def _teds(known: Truth, report: Report | None) -> list[float]:
    """Return (sum of TEDS, sum without texts, tables)."""
    scores = TedsScores()
    for want, have in table_pairs(known, report):
        scores.update(want, have)
    s = scores.summary()
    return [round(s.content * s.tables, 4), round(s.structure * s.tables, 4), s.tables]


def reports_folder() -> Path | None:
    """Return the folder of real reports that GXML_REPORTS names."""
    name = os.environ.get("GXML_REPORTS")
    return Path(name.split(os.pathsep)[0]) if name else None

"""What the benchmark measured, as tables, as a dated JSON file, and in the README."""

from __future__ import annotations

import json
import platform
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from .benchmark import LEVELS, SETS, Record
from .errors import FileMissingError, OutputError, UsageError
from .export import replacing

BEGIN, END = "<!-- gxml {}: begin -->", "<!-- gxml {}: end -->"
"""Between these lines of the README the tables of a measurement stand."""
PLAIN = "rapidocr_lines"
"""What times are ratios to: a plain pass of rapidocr over the pages."""
HEAD = (
    "system",
    "files",
    "cells exact",
    "those not zero or blank",
    "silent errors",
    "right, alarmed",
    "facts found",
    "TEDS",
    "time a page",
    "peak MiB",
)
_COUNTS = (
    "pages", "cells", "exact", "nonzero", "nonzero_exact", "silent", "named", "alarmed", "facts", "facts_there",
    "accepted",
)  # fmt: skip


def summarise(records: Iterable[Record]) -> dict[str, Any]:
    """Return what was measured by set and system: counts, and the ratio of time to plain rapidocr on the same files."""
    read = [r for r in records if "set" in r]
    sets: dict[str, Any] = {}
    for name in [*SETS, *sorted({r["set"] for r in read} - set(SETS))]:
        mine = [r for r in read if r["set"] == name]
        systems = list(
            dict.fromkeys(r["system"] for r in sorted(mine, key=lambda r: (r["system"] != "gxml", r["system"])))
        )
        if systems:
            sets[name] = {s: _with_groups([r for r in mine if r["system"] == s], mine) for s in systems}
    return {
        "sets": sets,
        "systems": {r["system"]: {k: v for k, v in r.items() if k != "system"} for r in records if "set" not in r},
    }


def _with_groups(mine: Sequence[Record], all_of_set: Sequence[Record]) -> dict[str, Any]:
    groups = dict.fromkeys(sorted(r["group"] for r in mine))
    return {
        **_summary(mine, all_of_set),
        "groups": {g: _summary([r for r in mine if r["group"] == g], all_of_set) for g in groups},
    }


def _summary(mine: Sequence[Record], all_of_set: Sequence[Record]) -> dict[str, Any]:
    total: Counter[str] = Counter()
    for r in mine:
        total.update({k: int(r[k]) for k in _COUNTS})
    plain = {r["name"]: r["seconds"] for r in all_of_set if r["system"] == PLAIN and not r["error"]}
    both = [r for r in mine if r["name"] in plain and not r["error"]]
    ratio = sum(r["seconds"] for r in both) / sum(plain[r["name"]] for r in both) if both else None
    tables = sum(r["teds"][2] for r in mine)
    seconds = sum(r["seconds"] for r in mine)
    return {
        **{k: total[k] for k in _COUNTS},
        "files": len(mine),
        "failed": sum(bool(r["error"]) for r in mine),
        "teds": round(sum(r["teds"][0] for r in mine) / tables, 4) if tables else None,
        "teds_structure": round(sum(r["teds"][1] for r in mine) / tables, 4) if tables else None,
        "seconds_a_page": round(seconds / total["pages"], 3) if total["pages"] else None,
        "ratio": round(ratio, 2) if ratio is not None else None,
        "peak_mib": max(r["peak_mib"] for r in mine),
    }


def markdown(summary: dict[str, Any]) -> str:
    """Return the tables of all sets as Markdown."""
    out = []
    for name, systems in summary["sets"].items():
        out += [f"Set `{name}`:", "", f"| {' | '.join(HEAD)} |", "|---" * len(HEAD) + "|"]
        out += [f"| {' | '.join(row(system, s))} |" for system, s in systems.items()]
        out += ["", *_by_level(systems), ""] if name == "scans" else [""]
    gone = {
        name: said["missing"].partition("\n")[0].rstrip(".")
        for name, said in summary["systems"].items()
        if "missing" in said
    }
    out += [f"Not run: {name} ({reason})." for name, reason in gone.items()]
    return "\n".join(out).rstrip() + "\n"


def _by_level(systems: dict[str, Any]) -> list[str]:
    """Return what all systems read at each level as the lines of a table: cells exact, silent errors, time."""
    found = {group for s in systems.values() for group in s["groups"]}
    levels = [v for v in LEVELS if v in found] + sorted(found - set(LEVELS))
    out = [
        "By level: cells exact, silent errors, time a page:",
        "",
        f"| level | {' | '.join(systems)} |",
        "|---" * (len(systems) + 1) + "|",
    ]
    for level in levels:
        cells = []
        for s in systems.values():
            mine = s["groups"].get(level)
            exact = f"{100 * mine['exact'] / mine['cells']:.2f} %" if mine and mine["cells"] else "–"
            cells.append(f"{exact}, {mine['silent']:,}, {_time(mine)}" if mine else "–")
        out.append(f"| {level} | {' | '.join(cells)} |")
    return out


def row(system: str, s: dict[str, Any]) -> list[str]:
    """Return one line of a table, by `HEAD`."""
    return [
        system,
        f"{s['files']}" + (f" ({s['failed']} failed)" if s["failed"] else ""),
        _share(s["exact"], s["cells"]),
        _share(s["nonzero_exact"], s["nonzero"]),
        f"{s['silent']:,}",
        _share(s["alarmed"], s["exact"]),
        f"{s['facts']} of {s['facts_there']}",
        "–" if s["teds"] is None else f"{s['teds']:.3f}",
        _time(s),
        f"{s['peak_mib']:,}",
    ]


def _time(s: dict[str, Any]) -> str:
    time = "–" if s["seconds_a_page"] is None else f"{s['seconds_a_page']:.2f} s"
    return time if s["ratio"] is None else f"{time}, {s['ratio']:.2f} ×"


def _share(k: int, n: int) -> str:
    return f"{100 * k / n:.2f} % of {n:,}" if n else "–"


def save(summary: dict[str, Any], path: Path, date: str) -> Path:
    """Write the summary with the date and the machine as JSON.

    Raises:
        OutputError: It cannot be written.
    """
    machine = {"python": platform.python_version(), "processor": platform.machine(), "system": platform.system()}
    with replacing(path) as file:
        text = json.dumps({"date": date, "machine": machine, **summary}, ensure_ascii=False, indent=1)
        file.write(text.encode() + b"\n")
    return path


def put_into(readme: Path, text: str, measurement: str = "benchmark") -> None:
    """Put tables between the two marks of a measurement in a README.

    Raises:
        FileMissingError: There is no such file.
        UsageError: It has no marks.
        OutputError: It cannot be written.
    """
    try:
        old = readme.read_text("utf-8")
    except FileNotFoundError as e:
        raise FileMissingError(f"{readme} does not exist.", hint="Give a Markdown file.") from e
    except OSError as e:
        raise OutputError(f"{readme} cannot be read: {e.strerror}.", hint="Give a Markdown file.") from e
    marks = BEGIN.format(measurement), END.format(measurement)
    before, begin, rest = old.partition(marks[0])
    _, end, after = rest.partition(marks[1])
    if not begin or not end:
        hint = f"Put the lines {marks[0]} and {marks[1]} into it."
        raise UsageError(f"{readme} has no place for the table.", hint=hint)
    with replacing(readme) as file:
        file.write(f"{before}{begin}\n{text}{end}{after}".encode())

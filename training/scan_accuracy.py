"""How well scans are read: prints documents, scans them at each level, reads them and compares with the truth.

    python training/scan_accuracy.py run out/scan_accuracy.jsonl --workers 2
    python training/scan_accuracy.py report out/scan_accuracy.jsonl

`run` adds one line of JSON for each document and level and skips those that are there: it may be stopped and started.
The sets: `generated`, 50 reports of each edition whose seeds are used nowhere else; `reports`, the numbers of every
real report that GXML_REPORTS has the truth of, set anew; `hongze`, the real PDF among them.

`report` prints a table a set of levels. The terms are those of the output contract: a value is exact if it is the
truth's or may stand for it; silent if it is wrong and no finding names it; a right one is alarmed if a finding of kind
ambiguous or unreadable names it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SEEDS = 910_000
"""Seed of the first generated report; the others follow. Nothing else uses seeds from here to 910,099."""
EACH = 50
EDITIONS = ("2019", "2021")
LEVELS = ("clean200", "office200", "office150", "hard150", "fax", "photo", "turned")
"""A document takes one of the three turns."""
THRESHOLD = 0.985
"""Readings with less confidence may be corrected."""
NAMING = frozenset({"ambiguous", "unreadable", "structure", "source_inconsistent"})
DOUBT = frozenset({"ambiguous", "unreadable"})

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a set; `number` seeds its generation and its scans."""

    set: str
    name: str
    number: int
    source: str = ""


def documents(sets: Iterable[str], reports: Path | None, every: int = 1) -> Iterator[Document]:
    for name in sets:
        if name == "generated":
            for i in range(0, EACH * len(EDITIONS), every):
                yield Document("generated", f"{SEEDS + i}", SEEDS + i, EDITIONS[i // EACH])
        elif reports is None:
            print(f"no set {name!r}: GXML_REPORTS names no folder", file=sys.stderr)
        elif name == "reports":
            for i, path in enumerate(sorted(reports.glob("*.truth.json"))):
                yield Document("reports", path.name.removesuffix(".truth.json"), SEEDS + 200 + i, str(path))
        else:
            yield Document("hongze", "hongze_district_2024", SEEDS + 300, str(reports / "hongze_district_2024.pdf"))


def printed(document: Document, folder: Path) -> tuple[Path, Record, str, str]:
    """Print a document; return the PDF, its truth, its prose ("" if unknown) and how its tables are ruled."""
    from gxml import synth
    from gxml.synth_compose import compose
    from gxml.synth_model import Text
    from gxml.synth_pdf import draw_pdf_style

    if document.set == "hongze":
        path = Path(document.source)
        return path, json.loads(path.with_suffix(".truth.json").read_text("utf-8")), "", "lines"
    n = document.number
    if document.set == "generated":
        report = synth.generate(n, edition=document.source)
    else:
        report = synth.retype(json.loads(Path(document.source).read_text("utf-8")), n)
    path = synth.write(report, "pdf", folder / f"{document.name}.pdf", n)
    prose = "".join(b.text for b in compose(report, n).blocks if isinstance(b, Text))
    return path, synth.truth(report, "pdf", n), prose, draw_pdf_style(n).ruling


def measure(document: Document, levels: Iterable[str], folder: Path) -> Iterator[Record]:
    import cv2

    from gxml import synth_scan
    from gxml.config import Options
    from gxml.pipeline import interpret, load

    cv2.setNumThreads(1)
    path, truth, prose, ruling = printed(document, folder)
    clean = load(path, Options())
    for level in levels:
        pages = synth_scan.scan_pdf(path, level, document.number)
        scan = folder / f"{document.name}-{level}.pdf"
        synth_scan.write_pdf(pages, scan)
        began = time.process_time()
        read = load(scan, Options())
        report = interpret(read)
        seconds = time.process_time() - began
        scan.unlink()
        yield {
            "set": document.set,
            "name": document.name,
            "level": level,
            "ruling": ruling,
            "pages": len(pages),
            "seconds": round(seconds, 2),
            **cells(truth, report),
            **whole(truth, report),
            "prose": prose_errors(prose, clean, read),
            "grid": grids(clean, read),
        }


# -- comparing ---------------------------------------------------------------------------------------------------------


def same(a: float | None, b: float | None) -> bool:
    return a is b if a is None or b is None else abs(float(a) - float(b)) < 1e-6


def named(report: Any, kinds: frozenset[str]) -> set[str]:
    return {i for f in report.findings if f.kind in kinds for i in f.cells}


def cells(truth: Mapping[str, Any], report: Any) -> Record:
    """Compare the value cells; a right one is (confidence, is not zero or blank, alarmed)."""
    flagged, doubted = named(report, NAMING), named(report, DOUBT)
    right: list[tuple[float, int, int]] = []
    wrong: list[Record] = []
    for i, value in truth["cells"].items():
        cell = report.cells.get(i)
        got = cell.value if cell else None
        if same(got, value) or any(same(got, a) for a in truth.get("accept", {}).get(i, [])):
            right.append((cell.confidence if cell else 0.0, int(bool(value)), int(i in doubted)))
            continue
        extra = (cell.model_extra or {}) if cell else {}
        wrong.append(
            {
                "id": i,
                "truth": value,
                "value": got,
                "raw": cell and cell.raw,
                "status": cell.status if cell else "absent",
                "confidence": cell.confidence if cell else 0.0,
                "second": extra.get("second"),
                "candidates": extra.get("candidates"),
                "page": cell and cell.page,
                "bbox": cell and cell.bbox,
                "flagged": i in flagged,
            }
        )
    strange = [c.id for c in report.cell_list if c.id not in truth["cells"] and c.value is not None]
    return {"right": right, "wrong": wrong, "strange": strange}


def whole(truth: Mapping[str, Any], report: Any) -> Record:
    from gxml.identity import same_issuer

    have = [(f.type, float(f.value)) for f in report.facts if f.value is not None]
    want = [(f["type"], float(f["value"])) for f in truth.get("facts", [])]
    return {
        "facts": [sum(w in have for w in want), len(want)],
        "editions": report.editions == truth["editions"],
        "year": report.year.value == truth["year"],
        "issuer": same_issuer(report.issuer.value or "", truth["issuer"] or ""),
        "accepted": report.status == "accepted",
    }


def prose_errors(prose: str, clean: Any, read: Any) -> list[int]:
    """Return (wrong characters, characters), white space and full and half width of signs aside."""
    from rapidfuzz.distance import Levenshtein

    want = _plain(prose) if prose else _plain(_lines(clean))
    return [Levenshtein.distance(want, _plain(_lines(read))), len(want)]


def _lines(document: Any) -> str:
    from gxml.document import Line

    return "".join(b.text for b in document.blocks if isinstance(b, Line))


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def grids(clean: Any, read: Any) -> list[int]:
    """Return (tables with every row, column and span right, tables); the tables of a page count one by one."""
    right = count = 0
    for page in {t.page for t in _tables(clean)}:
        wanted, found = (
            [{(c.row, c.col, c.rowspan, c.colspan) for c in t.cells} for t in _tables(d) if t.page == page]
            for d in (clean, read)
        )
        count += len(wanted)
        right += sum(a == b for a, b in zip(wanted, found, strict=False)) if len(wanted) == len(found) else 0
    return [right, count]


def _tables(document: Any) -> list[Any]:
    from gxml.document import Table

    return [b for b in document.blocks if isinstance(b, Table)]


# -- running -----------------------------------------------------------------------------------------------------------


def run(args: argparse.Namespace) -> None:
    folder = os.environ.get("GXML_REPORTS")
    done = {(r["set"], r["name"], r["level"]) for r in records(args.out)} if args.out.exists() else set()
    jobs = []
    for d in list(documents(args.sets.split(","), Path(folder) if folder else None, args.every))[: args.limit]:
        levels = [v for v in args.levels.split(",") if (d.set, d.name, v) not in done]
        if levels:
            jobs.append((d, levels))
    args.out.parent.mkdir(parents=True, exist_ok=True)
    total, began, count = sum(len(v) for _, v in jobs), time.time(), 0
    with args.out.open("a", encoding="utf-8") as out, ProcessPoolExecutor(args.workers) as pool:
        for future in as_completed([pool.submit(_job, *job) for job in jobs]):
            for record in future.result():
                out.write(json.dumps(record, ensure_ascii=False) + "\n")
                count += 1
            out.flush()
            print(f"{count}/{total}, {time.time() - began:.0f} s", flush=True)


def _job(document: Document, levels: list[str]) -> list[Record]:
    with tempfile.TemporaryDirectory() as folder:
        return list(measure(document, levels, Path(folder)))


def records(path: Path) -> list[Record]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


# -- reporting ---------------------------------------------------------------------------------------------------------


def summary(group: list[Record]) -> Record:
    right = [c for r in group for c in r["right"]]
    wrong = [c for r in group for c in r["wrong"]]
    values = sum(c[1] for c in right)
    values_wrong = sum(bool(c["truth"]) for c in wrong)
    missed = [c for c in wrong if c["confidence"] >= THRESHOLD]
    pages = sum(r["pages"] for r in group)
    return {
        "documents": len(group),
        "pages": pages,
        "cells": len(right) + len(wrong),
        "exact": len(right),
        "nonzero": values + values_wrong,
        "nonzero_exact": values,
        "silent": sum(not c["flagged"] for c in wrong) + sum(len(r["strange"]) for r in group),
        "flagged": sum(c["flagged"] for c in wrong),
        "alarmed": sum(c[2] for c in right),
        "wrong_below_threshold": len(wrong) - len(missed),
        "right_below_threshold": sum(c[0] < THRESHOLD for c in right),
        **{k: [sum(r[k][j] for r in group) for j in (0, 1)] for k in ("grid", "prose", "facts")},
        **{k: sum(r[k] for r in group) for k in ("editions", "year", "issuer", "accepted")},
        "seconds_a_page": round(sum(r["seconds"] for r in group) / pages, 2),
    }


def share(k: int, n: int, places: int = 2) -> str:
    return f"{100 * k / n:.{places}f} %" if n else "–"


def row(name: str, s: Record) -> str:
    n, wrong = s["documents"], s["cells"] - s["exact"]
    columns = [
        name,
        n,
        f"{s['cells']:,}",
        share(s["exact"], s["cells"]),
        f"{s['nonzero']:,}",
        share(s["nonzero_exact"], s["nonzero"]),
        f"{wrong} / {s['silent']}",
        share(s["alarmed"], s["exact"]),
        f"{s['wrong_below_threshold']} of {wrong}",
        share(s["right_below_threshold"], s["exact"]),
        share(*s["grid"], 1),
        share(*s["prose"]),
        share(*s["facts"], 1),
        f"{s['editions']}/{s['year']}/{s['issuer']}",
        s["accepted"],
        s["seconds_a_page"],
    ]
    return "| " + " | ".join(str(c) for c in columns) + " |"


HEAD = (
    "level",
    "documents",
    "value cells",
    "exact",
    "not zero",
    "exact",
    "wrong / silent",
    "right, alarmed",
    f"wrong below {THRESHOLD}",
    f"right below {THRESHOLD}",
    "grids right",
    "prose errors",
    "facts",
    "editions/year/issuer",
    "accepted",
    "s a page",
)


def report(args: argparse.Namespace) -> None:
    found = [r for r in records(args.out) if not args.sets or r["set"] in args.sets.split(",")]
    ruled = {"ruled": ("lines", "rects", "boxes"), "open": ("horizontal", "none")}
    found = [r for r in found if args.ruling == "all" or r["ruling"] in ruled[args.ruling]]
    levels = [v for v in LEVELS if any(r["level"] == v for r in found)]
    table = {v: summary([r for r in found if r["level"] == v]) for v in levels}
    print("| " + " | ".join(HEAD) + " |\n" + "|---" * len(HEAD) + "|")
    for level, s in table.items():
        print(row(level, s))
    print(row("all", summary(found)))
    if args.wrong:
        for r in found:
            for c in r["wrong"]:
                if args.wrong == "all" or not c["flagged"] or c["confidence"] >= THRESHOLD:
                    print(r["name"], r["level"], r["ruling"], json.dumps(c, ensure_ascii=False))
    if args.json:
        args.json.write_text(json.dumps(table, indent=1) + "\n", "utf-8")
    if args.plot:
        sys.path.insert(0, str(Path(__file__).parent))
        from number_reader.plot import reliability

        pairs = [(c[0], True) for r in found for c in r["right"]]
        pairs += [(c["confidence"], False) for r in found for c in r["wrong"]]
        reliability(pairs, args.plot)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("run", help="read what is not in OUT yet")
    one.add_argument("out", type=Path)
    one.add_argument("--sets", default="generated,reports,hongze")
    one.add_argument("--levels", default=",".join(LEVELS))
    one.add_argument("--every", type=int, default=1, help="every so many of the generated reports")
    one.add_argument("--limit", type=int, help="the first so many documents")
    one.add_argument("--workers", type=int, default=1)
    one.set_defaults(do=run)
    two = commands.add_parser("report", help="print the table")
    two.add_argument("out", type=Path)
    two.add_argument("--sets", default="")
    two.add_argument("--ruling", choices=("all", "ruled", "open"), default="all", help="how tables are ruled")
    two.add_argument("--wrong", choices=("all", "bad"), help="list wrong cells: all, or silent and sure ones")
    two.add_argument("--json", type=Path)
    two.add_argument("--plot", type=Path)
    two.set_defaults(do=report)
    args = parser.parse_args()
    args.do(args)


if __name__ == "__main__":
    main()

"""How well scans are read: prints documents, scans them at each level, reads them and compares with the truth.

    python training/scan_accuracy.py run out/scan_accuracy.jsonl --workers 2
    python training/scan_accuracy.py report out/scan_accuracy.jsonl
    python training/scan_accuracy.py run out/scan_more.jsonl --sets more --levels hard150,fax,photo

`run` adds one line of JSON for each document and level and skips those that are there: it may be stopped and started.
The sets: `generated`, 50 reports of each edition whose seeds are used nowhere else; `reports`, the numbers of every
real report that GXML_REPORTS has the truth of, set anew; `hongze`, the real PDF among them; and on demand `more`, 30
further ones of each edition.

`report` prints a table of the levels, for documents whose tables are fully ruled, for those with horizontal rules alone
or none, and for all, before the repair by the form's rules; and what the repair changed. The terms are those of the
output contract: a value is exact if it is the truth's or may stand for it; silent if it is wrong and no finding names
it; a right one is alarmed if a finding of kind ambiguous or unreadable names it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
import unicodedata
import zlib
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

SEEDS = 910_000
"""Seed of the first generated report; the others follow. Nothing else uses seeds from here to 910,399."""
GENERATED = {"generated": (SEEDS, 50), "more": (SEEDS + 100, 30)}
"""Set -> its first seed, and how many reports of each edition it has."""
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
        if name in GENERATED:
            first, each = GENERATED[name]
            for i in range(0, each * len(EDITIONS), every):
                yield Document("generated", f"{first + i}", first + i, EDITIONS[i // each])
        elif reports is None:
            print(f"no set {name!r}: GXML_REPORTS names no folder", file=sys.stderr)
        elif name == "reports":
            for i, path in enumerate(sorted(reports.glob("*.truth.json"))):
                yield Document("reports", path.name.removesuffix(".truth.json"), SEEDS + 200 + i, str(path))
        else:
            yield Document("hongze", "hongze_district_2024", SEEDS + 300, str(reports / "hongze_district_2024.pdf"))


@dataclass(frozen=True, slots=True)
class Printed:
    """A printed document: the PDF, its truth, its prose, the grids of each page and how tables are ruled."""

    path: Path
    truth: Record
    prose: str
    grids: Mapping[int, list[Any]]
    ruling: str


def printed(document: Document, folder: Path) -> Printed:
    from gxml import synth
    from gxml.config import Options
    from gxml.pipeline import load
    from gxml.synth_compose import compose
    from gxml.synth_grids import digital_grids, true_grids
    from gxml.synth_model import Text
    from gxml.synth_pdf import draw_pdf_style

    if document.set == "hongze":
        path = Path(document.source)
        truth = json.loads(path.with_suffix(".truth.json").read_text("utf-8"))
        return Printed(path, truth, lines(load(path, Options())), digital_grids(path), "lines")
    n = document.number
    if document.set == "generated":
        report = synth.generate(n, edition=document.source)
    else:
        report = synth.retype(json.loads(Path(document.source).read_text("utf-8")), n)
    path = synth.write(report, "pdf", folder / f"{document.name}.pdf", n)
    prose = "".join(b.text for b in compose(report, n).blocks if isinstance(b, Text))
    return Printed(path, synth.truth(report, "pdf", n), prose, true_grids(report, n), draw_pdf_style(n).ruling)


@lru_cache(maxsize=1)
def kept(document: Document) -> tuple[Printed, bytes]:
    """Return a document and the bytes of its PDF; the levels of one document follow each other and share them."""
    with tempfile.TemporaryDirectory() as folder:
        known = printed(document, Path(folder))
        return known, known.path.read_bytes()


def measure(document: Document, level: str) -> Record:
    import cv2

    from gxml import synth_scan
    from gxml.config import Options, RepairSettings
    from gxml.pipeline import interpret, load

    cv2.setNumThreads(1)
    known, pdf = kept(document)
    with tempfile.TemporaryDirectory() as folder:
        clean = Path(folder) / "clean.pdf"
        clean.write_bytes(pdf)
        pages = synth_scan.scan_pdf(clean, level, document.number)
        scan = Path(folder) / "scan.pdf"
        synth_scan.write_pdf(pages, scan)
        began = time.process_time()
        read = load(scan, Options())
        repaired = interpret(read)
        seconds = time.process_time() - began
        report = interpret(read, Options(repair=RepairSettings(enabled=False)))
    return {
        "set": document.set,
        "name": document.name,
        "level": level,
        "ruling": known.ruling,
        "pages": len(pages),
        "seconds": round(seconds, 2),
        **cells(known.truth, report),
        **whole(known.truth, report),
        "prose": prose_errors(known.prose, read),
        **grids(known.grids, pages, read),
        "repaired": {**cells(known.truth, repaired), "accepted": repaired.status == "accepted"},
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


def prose_errors(prose: str, read: Any) -> list[int]:
    """Return (wrong characters, characters), white space and full and half width of signs aside."""
    from rapidfuzz.distance import Levenshtein

    want = _plain(prose)
    return [Levenshtein.distance(want, _plain(lines(read))), len(want)]


def lines(document: Any) -> str:
    from gxml.document import Line

    return "".join(b.text for b in document.blocks if isinstance(b, Line))


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def grids(true: Mapping[int, list[Any]], pages: list[Any], read: Any) -> Record:
    """Return (tables with every row, column and span right, tables), and (cells in their row and column, cells).

    A table of two pages counts twice. Found by white space or by rulings, tables are judged alike.
    """
    from gxml.document import Table
    from gxml.synth_grids import score_page

    right = count = held = cells = 0
    for number, wanted in true.items():
        found = [b for b in read.blocks if isinstance(b, Table) and b.page == number]
        scores, _ = score_page([_laid(t) for t in found], wanted, _to_clean(pages[number - 1], read.pages[number - 1]))
        right += sum(s.right for s in scores)
        count += len(scores)
        held += sum(s.held for s in scores)
        cells += sum(s.cells for s in scores)
    return {"grid": [right, count], "held": [held, cells]}


def _laid(table: Any) -> Any:
    """Return a table of a document as a grid; its edges do not matter, their number does."""
    from types import SimpleNamespace

    cells = [SimpleNamespace(**{k: getattr(c, k) for k in _GRID}) for c in table.cells]
    return SimpleNamespace(bbox=table.bbox, xs=range(table.cols + 1), ys=range(table.rows + 1), cells=cells)


_GRID = ("row", "col", "rowspan", "colspan", "bbox")


def _to_clean(scan: Any, page: Any) -> Any:
    """Return a function from boxes of the upright page to boxes of the page that was printed."""
    import numpy as np

    height, width = scan.image.shape[:2]
    pixels = np.array([[width / page.width, 0, -0.5], [0, height / page.height, -0.5], [0, 0, 1]])
    whole = np.linalg.inv(scan.transform) @ pixels @ np.reshape(page.to_displayed, (3, 3))

    def place(box: Any) -> Any:
        x0, y0, x1, y1 = box
        at = whole @ np.array([[x0, x1, x1, x0], [y0, y0, y1, y1], [1, 1, 1, 1]])
        xs, ys = at[0] / at[2], at[1] / at[2]
        left, right = sorted(((xs[0] + xs[3]) / 2, (xs[1] + xs[2]) / 2))
        top, bottom = sorted(((ys[0] + ys[1]) / 2, (ys[2] + ys[3]) / 2))
        return (left, top, right, bottom)

    return place


# -- running -----------------------------------------------------------------------------------------------------------


def run(args: argparse.Namespace) -> None:
    folder = os.environ.get("GXML_REPORTS")
    done = {(r["set"], r["name"], r["level"]) for r in records(args.out)} if args.out.exists() else set()
    wanted = list(documents(args.sets.split(","), Path(folder) if folder else None, args.every))[: args.limit]
    wanted = [d for d in wanted if not args.tables or (ruling_of(d) in RULED) == (args.tables == "ruled")]
    # documents in no order, so that what is done after some time says something about all
    wanted.sort(key=lambda d: zlib.crc32(d.name.encode()))
    jobs = [(d, v) for d in wanted for v in args.levels.split(",")]
    jobs = [(d, v) for d, v in share_of(jobs, args.part) if (d.set, d.name, v) not in done]
    args.out.parent.mkdir(parents=True, exist_ok=True)
    began = time.time()
    with args.out.open("a", encoding="utf-8") as out, ProcessPoolExecutor(args.workers) as pool:
        asked = {pool.submit(measure, *job): job for job in jobs}
        for count, future in enumerate(as_completed(asked), 1):
            try:
                record = future.result()
            except Exception as e:  # a defect: said, and measured again by the next run
                print(
                    f"{asked[future][0].name} {asked[future][1]}: {type(e).__name__}: {e}", file=sys.stderr, flush=True
                )
                continue
            out.write(json.dumps(record, ensure_ascii=False) + "\n")
            out.flush()
            print(f"{count}/{len(jobs)}, {time.time() - began:.0f} s", flush=True)


def ruling_of(document: Document) -> str:
    """Return how the tables of a document are ruled, before it is printed."""
    from gxml.synth_pdf import draw_pdf_style

    return "lines" if document.set == "hongze" else draw_pdf_style(document.number).ruling


def share_of(jobs: list[Any], part: str) -> list[Any]:
    k, n = (int(v) for v in part.split("/"))
    return jobs[k - 1 :: n]


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
        **{k: [sum(r.get(k, (0, 0))[j] for r in group) for j in (0, 1)] for k in ("grid", "held", "prose", "facts")},
        **{k: sum(r[k] for r in group) for k in ("editions", "year", "issuer", "accepted")},
        "seconds_a_page": round(sum(r["seconds"] for r in group) / pages, 2),
    }


def share(k: int, n: int, places: int = 2) -> str:
    return f"{100 * k / n:.{places}f} %" if n else "–"


def row(name: str, s: Record) -> str:
    wrong = s["cells"] - s["exact"]
    columns = [
        name,
        s["documents"],
        f"{share(s['exact'], s['cells'])} of {s['cells']:,}",
        f"{share(s['nonzero_exact'], s['nonzero'])} of {s['nonzero']:,}",
        f"{wrong}, {s['silent']}",
        share(s["alarmed"], s["exact"]),
        f"{s['wrong_below_threshold']} of {wrong}",
        share(s["right_below_threshold"], s["exact"]),
        f"{s['grid'][0]} of {s['grid'][1]}",
        share(*s["held"]),
        share(*s["prose"]),
        s["accepted"],
    ]
    return "| " + " | ".join(str(c) for c in columns) + " |"


HEAD = (
    "level",
    "documents",
    "value cells exact",
    "those not zero",
    "wrong, silent",
    "right, alarmed",
    f"wrong below {THRESHOLD}",
    f"right below {THRESHOLD}",
    "grids right",
    "cells in their row and column",
    "prose errors",
    "accepted",
)
RULED = ("lines", "rects", "boxes")

REPAIR_HEAD = (
    "level",
    "cells",
    "wrong, silent before",
    "wrong, silent after",
    "right made wrong",
    "right, alarmed before",
    "right, alarmed after",
    "accepted before",
    "accepted after",
)


def spoilt(r: Record) -> int:
    """Return how many cells of one record were right before the repair and are wrong after it."""
    before = {c["id"] for c in r["wrong"]}
    return sum(c["id"] not in before for c in r["repaired"]["wrong"])


def repair_row(name: str, group: list[Record]) -> str:
    before, after = summary(group), summary([{**r, **r["repaired"]} for r in group])
    columns = [
        name,
        f"{before['cells']:,}",
        *(f"{s['cells'] - s['exact']}, {s['silent']}" for s in (before, after)),
        sum(map(spoilt, group)),
        *(share(s["alarmed"], s["exact"]) for s in (before, after)),
        *(f"{s['accepted']} of {s['documents']}" for s in (before, after)),
    ]
    return "| " + " | ".join(str(c) for c in columns) + " |"


SHORT_HEAD = ("level", "documents", "cells exact", "wrong, silent", "right, alarmed", "accepted")


def short_row(name: str, group: list[Record]) -> str:
    s = summary([{**r, **r["repaired"]} for r in group])
    columns = [
        name,
        s["documents"],
        f"{share(s['exact'], s['cells'])} of {s['cells']:,}",
        f"{s['cells'] - s['exact']}, {s['silent']}",
        share(s["alarmed"], s["exact"]),
        s["accepted"],
    ]
    return "| " + " | ".join(str(c) for c in columns) + " |"


TITLES = {
    "ruled": "Tables that are fully ruled:",
    "open": "Tables with horizontal rules alone, or none; they are laid out by the labels and heads of the form:",
    "whole": "All of them:",
}


def report(args: argparse.Namespace) -> None:
    found = [r for path in args.out for r in records(path) if not args.sets or r["set"] in args.sets.split(",")]
    found = [r for r in found if r["level"] in args.levels.split(",")]
    text: list[str] = []
    say = text.append
    groups = {
        "ruled": [r for r in found if r["ruling"] in RULED],
        "open": [r for r in found if r["ruling"] not in RULED],
        "whole": found,
    }
    tables = {}
    for name, group in groups.items():
        there = [v for v in LEVELS if any(r["level"] == v for r in group)]
        tables[name] = {v: summary([r for r in group if r["level"] == v]) for v in there}
        if group:
            tables[name]["all"] = summary(group)
        say(f"{TITLES[name]}\n\n| {' | '.join(HEAD)} |\n" + "|---" * len(HEAD) + "|")
        text += [row(level, s) for level, s in tables[name].items()]
        say("")
    levels = [v for v in LEVELS if any(r["level"] == v for r in found)]
    by_level = [(v, [r for r in found if r["level"] == v]) for v in levels] + ([("all", found)] if found else [])
    if found:
        say(f"What the repair changed:\n\n| {' | '.join(REPAIR_HEAD)} |\n" + "|---" * len(REPAIR_HEAD) + "|")
        text += [repair_row(*level) for level in by_level]
    print("\n".join(text))
    from gxml.benchmark_report import put_into

    if args.results:
        put_into(args.results, "\n".join(text) + "\n", args.marks)
    if args.readme:
        short = [f"| {' | '.join(SHORT_HEAD)} |\n" + "|---" * len(SHORT_HEAD) + "|", *(short_row(*x) for x in by_level)]
        put_into(args.readme, "\n".join(short) + "\n", args.marks)
    if args.wrong:
        for r in found:
            for c in r["wrong"]:
                if args.wrong == "all" or not c["flagged"] or c["confidence"] >= THRESHOLD:
                    print(r["name"], r["level"], r["ruling"], json.dumps(c, ensure_ascii=False))
    if args.json:
        args.json.write_text(json.dumps(tables, indent=1) + "\n", "utf-8")
    if args.plot:
        from gxml.plots import reliability
        from gxml.scores_more import binned

        pairs = [(c[0], True) for r in found for c in r["right"]]
        pairs += [(c["confidence"], False) for r in found for c in r["wrong"]]
        args.plot.write_text(reliability(binned(pairs)), "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("run", help="read what is not in OUT yet")
    one.add_argument("out", type=Path)
    one.add_argument("--sets", default="generated,reports,hongze")
    one.add_argument("--levels", default=",".join(LEVELS))
    one.add_argument("--every", type=int, default=1, help="every so many of the generated reports")
    one.add_argument(
        "--tables", choices=("ruled", "open"), help="only documents whose tables are fully ruled, or others"
    )
    one.add_argument("--limit", type=int, help="the first so many documents")
    one.add_argument("--workers", type=int, default=1)
    one.add_argument("--part", default="1/1", help="K/N: only the Kth of N shares of the work")
    one.set_defaults(do=run)
    two = commands.add_parser("report", help="print the table")
    two.add_argument("out", type=Path, nargs="+")
    two.add_argument("--sets", default="")
    two.add_argument("--levels", default=",".join(LEVELS))
    two.add_argument("--wrong", choices=("all", "bad"), help="list wrong cells: all, or silent and sure ones")
    two.add_argument("--json", type=Path)
    two.add_argument("--plot", type=Path)
    two.add_argument("--marks", default="scans", help="name of the marks that tables are put between")
    two.add_argument("--results", type=Path, help="put the tables between the marks in this file")
    two.add_argument("--readme", type=Path, help="put a short table, after the repair, between those in this one")
    two.set_defaults(do=report)
    args = parser.parse_args()
    args.do(args)


if __name__ == "__main__":
    main()

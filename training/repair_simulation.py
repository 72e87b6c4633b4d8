"""What repair does to tables with misread cells and with errors of their own, the readers as measured.

    python training/repair_simulation.py out/repair_bank.jsonl --tables 600

Draws tables 三 of generated reports, sparse, mixed and dense in turn, and reads them with readings of the bank
(`training/repair_bank.py`): one to five cells with misreadings of numbers as long, the others with right readings,
doubts included. Prints for tables that are right in themselves: misread cells corrected, of all and of those whose
truth both readers list; wrong values that no finding names; right cells made wrong. Then the same for tables with one
or two errors of their own, half of which were read with doubt. `--margins 0,2,4.6` does so for each margin,
`--least-listed 0.001,0.1` for each chance that a listed value has at least; `--plot repair_curve.svg` draws what is
corrected against what is made wrong.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from repair_curve import Point, curves

from gxml.cellsettle import CellText
from gxml.config import RepairSettings
from gxml.document import OcrCell
from gxml.filled import Filled
from gxml.readings import Reading, doubt, finding, read_field, to_cell
from gxml.repair import repair
from gxml.repair_witness import among, by_reader
from gxml.reread import Look, repair_reread
from gxml.rules import check_cells, counted
from gxml.strips import Field
from gxml.synth_numbers import draw_requests
from gxml.template import editions

SEEDS = 980_000
LISTED = RepairSettings().least_listed
NAMING = frozenset({"ambiguous", "unreadable", "structure", "source_inconsistent"})
DOUBT = frozenset({"ambiguous", "unreadable"})
DENSITIES = ("sparse", "mixed", "dense")
Record = dict[str, Any]


@dataclass
class Bank:
    """Readings by how many digits the truth has; 0 is a length of its own."""

    right: dict[int, list[Record]]
    doubted: dict[int, list[Record]]
    wrong: list[Record]

    @classmethod
    def load(cls, paths: list[Path], *, undamaged: bool = False) -> Bank:
        bank = cls(defaultdict(list), defaultdict(list), [])
        for path in paths:
            for line in path.read_text("utf-8").splitlines():
                r = json.loads(line)
                if r["text"] != r["truth"]:
                    bank.wrong.append(r)
                    continue
                if not undamaged or not r["blur"]:
                    bank.right[length(r["truth"])].append(r)
                if r["sure"] < RepairSettings().most_sure:
                    bank.doubted[length(r["truth"])].append(r)
        return bank


def length(text: str) -> int:
    return 0 if text == "0" else len(text)


def moved(text: str, truth: str, value: str) -> str:
    """Do to `value` what a reader did to `truth` when it read `text`."""
    out = ""
    for tag, a, b, c, d in SequenceMatcher(None, truth, text, autojunk=False).get_opcodes():
        if tag == "equal":
            out += value[a:b]
        elif tag == "replace" and b - a == d - c:
            pairs = zip(text[c:d], value[a:b], strict=True)
            out += "".join(str((int(x) + 1) % 10) if x == v and x.isdigit() else x for x, v in pairs)
        else:
            out += text[c:d]
    return out


def as_read(record: Record, value: str) -> tuple[str, OcrCell]:
    def listed(name: str) -> tuple[tuple[str, float], ...]:
        sums: dict[str, float] = {}
        for text, p in record.get(name) or ():
            t = moved(text, record["truth"], value)
            sums[t] = sums.get(t, 0.0) + p
        return tuple(sorted(sums.items(), key=lambda s: (-s[1], s[0])))

    second = record["second"] and moved(record["second"], record["truth"], value)
    again = tuple(moved(t, record["truth"], value) for t in record.get("again") or ())
    pair = tuple((moved(t, record["truth"], value), p) for t, p in record["candidates"])
    lists = listed("first_list"), listed("second_list")
    return moved(record["text"], record["truth"], value), OcrCell(
        record["sure"], record["reader"], second, pair, *lists, again
    )


def table(printed: Mapping[str, int], records: Mapping[str, Record], edition: str) -> Filled:
    out = Filled()
    for i, value in printed.items():
        text, ocr = as_read(records[i], str(value))
        field = Field(text, "number", (0, 0), 1, ocr=ocr)
        out.readings[i] = read_field(editions()[edition].fields[i], field, "rulings")
        found = doubt(out.readings[i])
        if out.readings[i].status == "unreadable":  # as `gxml.fill` says it
            found = finding("READ.CELL", "unreadable", "error", [i], text)
        if found is not None:
            out.findings.append(found)
    return out


def looks_at(printed: Mapping[str, int], records: Mapping[str, Record]) -> Look:
    """Return what reads cells again: as the bank says for those that were in doubt, not at all for others."""

    def look(readings: Sequence[Reading]) -> list[list[CellText]]:
        out = []
        for r in readings:
            seen = [as_read(one, str(printed[r.id])) for one in records[r.id].get("looks", ())]
            out.append([CellText(text, ocr, bool(text)) for text, ocr in seen])
        return out

    return look


def misread(rng: random.Random, bank: Bank, printed: Mapping[str, int], count: int) -> dict[str, Record]:
    out: dict[str, Record] = {}
    for _ in range(count):
        record = rng.choice(bank.wrong)
        cells = [i for i, v in printed.items() if length(str(v)) == length(record["truth"]) and i not in out]
        if cells:
            cell = rng.choice(cells)
            if moved(record["text"], record["truth"], str(printed[cell])) != str(printed[cell]):
                out[cell] = record
    return out


def author_errors(rng: random.Random, printed: dict[str, int], count: int) -> set[str]:
    cells = rng.sample([i for i, v in printed.items() if v] or list(printed), count)
    for i in cells:
        digits = str(printed[i])
        at = rng.randrange(len(digits))
        other = rng.choice([d for d in "123456789" if d != digits[at]])
        printed[i] = int(digits[:at] + other + digits[at + 1 :])
    return set(cells)


def run(bank: Bank, tables: int, settings: RepairSettings, *, errors: bool) -> tuple[Counter[str], list[float]]:
    n: Counter[str] = Counter()
    times: list[float] = []
    for k in range(tables):
        rng = random.Random(f"repair {SEEDS + k} {errors}")
        edition = rng.choice(["2019", "2021"])
        printed = draw_requests(rng, editions()[edition].table(3), DENSITIES[k % 3])
        authored = author_errors(rng, printed, rng.randint(1, 2)) if errors else set()
        wrong = misread(rng, bank, printed, rng.randint(0, 2) if errors else rng.randint(1, 5))
        records = {}
        for i, v in printed.items():
            pool = bank.doubted if i in authored and rng.random() < 0.5 else bank.right
            records[i] = wrong.get(i) or rng.choice(pool[length(str(v))] or bank.right[length(str(v))])
        filled = table(printed, records, edition)
        began = time.process_time()
        repair({3: filled}, {"3": edition}, settings)
        times.append(time.process_time() - began)
        result = repair_reread({3: filled}, {"3": edition}, settings, look=looks_at(printed, records))
        count(n, printed, filled, result.tables[3], authored, edition)
        if k % 25 == 24:
            print(f"  … {k + 1}: {dict(n)}", file=sys.stderr, flush=True)
    return n, times


def count(
    n: Counter[str], printed: Mapping[str, int], before: Filled, after: Filled, authored: set[str], edition: str
) -> None:
    cells = {i: to_cell(r, "rapid") for i, r in after.readings.items()}
    broken, _ = check_cells(cells, {"3": edition}, printed=False)
    findings = [*after.findings, *broken]
    named = {i for f in findings if f.kind in NAMING for i in f.cells}
    doubted = {i for f in after.findings if f.kind in DOUBT for i in f.cells}
    doubted_before = {i for f in before.findings if f.kind in DOUBT for i in f.cells}
    n["tables"] += 1
    n["tables right and undoubted, before"] += not doubted_before and all(
        before.readings[i].value == v for i, v in printed.items()
    )
    n["tables right and undoubted"] += not doubted and all(after.readings[i].value == v for i, v in printed.items())
    for i, value in printed.items():
        old, new = before.readings[i], after.readings[i]
        right = new.value == value
        n["cells"] += 1
        n["wrong, silent"] += not right and i not in named
        n["wrong after"] += not right
        if i in authored:
            n["author errors"] += 1
            n["author errors overwritten"] += not right and new.status == "corrected"
            n["author errors named"] += i in named
        if old.value == value:
            n["right cells"] += 1
            n["right cells made wrong"] += not right
            n["right cells in doubt, before"] += i in doubted_before
            n["right cells in doubt"] += i in doubted
            continue
        assert new.ocr is not None
        both = all(among(value, texts) for texts in by_reader(new.ocr, LISTED))
        unseen = (counted(old) or 0) == value and old.status != "unreadable"
        n["misread"] += 1
        n["misread, corrected"] += right
        n["misread, the rules cannot see it"] += unseen
        n["misread, made another wrong value"] += not right and new.value != old.value
        n["misread, both list the truth"] += both
        n["misread, both list the truth, corrected"] += both and right
        n["misread, both list the truth and the rules see it"] += both and not unseen
        n["misread, both list the truth and the rules see it, corrected"] += both and not unseen and right


def floats(text: str) -> list[float]:
    return [float(part) for part in text.split(",")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bank", type=Path, nargs="+")
    parser.add_argument("--tables", type=int, default=600)
    parser.add_argument("--undamaged", action="store_true", help="right cells are not blurred further")
    parser.add_argument("--margins", type=floats, default=[], help="in nats, with commas")
    parser.add_argument("--least-listed", type=floats, default=[], help="probabilities, with commas")
    parser.add_argument("--plot", type=Path, help="SVG to draw")
    args = parser.parse_args()
    bank = Bank.load(args.bank, undamaged=args.undamaged)
    print(f"bank: {sum(map(len, bank.right.values()))} right readings, {len(bank.wrong)} wrong")
    usual = RepairSettings()
    named = {"margin, nats": args.margins, "least chance of a listed value": args.least_listed}
    runs = [("margin, nats", m, usual.model_copy(update={"margin": m})) for m in args.margins]
    runs += [
        ("least chance of a listed value", p, usual.model_copy(update={"least_listed": p})) for p in args.least_listed
    ]
    drawn: dict[str, list[Point]] = {name: [] for name, values in named.items() if values}
    for name, value, settings in runs or [("margin, nats", usual.margin, usual)]:
        plain, times = run(bank, args.tables, settings, errors=False)
        authored, more = run(bank, args.tables, settings, errors=True)
        show(f"{name} {value:g}, tables with misread cells", plain, times)
        show(f"{name} {value:g}, tables with errors of their own", authored, more)
        if name in drawn:
            drawn[name].append(Point(value, plain, authored))
    if args.plot:
        curves(drawn, args.plot)


def show(title: str, n: Counter[str], times: list[float]) -> None:
    print(f"\n{title}")
    for name, value in n.items():
        print(f"  {name}: {value:,}")
    times.sort()
    at99 = times[int(0.99 * (len(times) - 1))]
    print(f"  decision: median {1000 * statistics.median(times):.1f} ms, 99th percentile {1000 * at99:.0f} ms")


if __name__ == "__main__":
    main()

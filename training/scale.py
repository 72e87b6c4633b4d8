"""Whether a run over many reports survives: 500 made-up reports, a run left alone, and one killed ten times.

    python training/scale.py make WORK                # WORK/in, 500 files: 385 digital, 100 scans, 15 bad ones
    python training/scale.py run WORK                 # both runs; may be stopped and started
    python training/scale.py report WORK --json training/scale.json --svg training/scale_memory.svg
    python training/scale.py speed WORK               # two workers against one, on scans
    python training/scale.py ray WORK                 # Ray against local workers, on digital reports

Scans are one page of a report each, every twentieth a whole report: pages are what costs, and these are enough to see
memory grow. The undisturbed run begins anew if it was stopped; the other goes on, as it should.
"""

from __future__ import annotations

import argparse
import atexit
import hashlib
import io
import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections import Counter
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gxml import plots, synth, synth_scan
from gxml.benchmark_report import put_into
from gxml.export import load_json

ROOT = Path(__file__).parent.parent
SEED = 770_000
REPORTS = 500
SCANS, BAD = 0.2, 0.03
LEVELS = ("office150", "office200", "hard150")
DIGITAL = (
    *("html", "docx", "html_flat", "text_cells", "pdf", "html_word"),
    *("markdown", "docx", "text_tabs", "text_pipes", "text_lines"),
)
WHOLE_EVERY = 20
"""One scan in so many is a whole report."""
KILLS = 10
SAMPLE_EVERY = 2.0
"""Seconds between two looks at the memory."""
PAGE = os.sysconf("SC_PAGE_SIZE")

# ---- the reports ----------------------------------------------------------------------------------------------------


def make(work: Path, count: int, seed: int) -> None:
    """Write the inputs, and WORK/made.jsonl with a line for each."""
    folder, log = work / "in", work / "made.jsonl"
    made = {line["name"] for line in lines(log)}
    kinds = ["scan"] * round(count * SCANS) + ["bad"] * round(count * BAD)
    kinds += ["digital"] * (count - len(kinds))
    random.Random(seed).shuffle(kinds)
    turn: Counter[str] = Counter()
    for n, kind in enumerate(kinds):
        own, nth = seed + n, turn[kind]
        turn[kind] += 1
        stem = f"{n // 100}/{n:03d}"
        if kind == "scan":
            suffix, write = "pdf", lambda path, nth=nth: make_scan(path, seed, nth)
        elif kind == "digital":
            layout = DIGITAL[nth % len(DIGITAL)]
            suffix = synth.LAYOUTS[layout]
            write = lambda path, own=own, layout=layout: make_digital(path, own, layout)  # noqa: E731
        else:
            suffix, write = BAD_ONES[nth % len(BAD_ONES)][0], BAD_ONES[nth % len(BAD_ONES)][1](own)
        name = f"{stem}.{suffix}"
        if name in made:
            continue
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        said = write(path)
        add(log, {"name": name, "kind": kind, **said})
    print(f"{count} files in {folder}: {dict(turn)}")


def make_digital(path: Path, seed: int, layout: str) -> dict[str, Any]:
    synth.write(synth.generate(seed), layout, path, seed)
    return {"what": layout}


def make_scan(path: Path, seed: int, nth: int) -> dict[str, Any]:
    """Print a report and scan it; one page of it, but every twentieth whole. Four scans in a row are of one report."""
    import pypdfium2

    level = LEVELS[nth % len(LEVELS)]
    whole = nth % WHOLE_EVERY == WHOLE_EVERY - 1
    source = seed + nth // 4
    clean = path.parent.parent.parent / "clean" / f"{source}.pdf"
    if not clean.exists():
        synth.write(synth.generate(source), "pdf", clean, source)
    with closing(pypdfium2.PdfDocument(clean)) as pdf:
        count = len(pdf)
    pages = synth_scan.scan_pdf(clean, level, seed + nth, None if whole else [nth % count + 1])
    synth_scan.write_pdf(pages, path)
    return {"what": level, "pages": len(pages), "whole": whole}


def bad(what: str, content: bytes):
    def write(path: Path) -> dict[str, Any]:
        path.write_bytes(content)
        return {"what": what}

    return write


def truncated(seed: int):
    whole = synth.render(synth.generate(seed), "pdf", seed)
    return bad("PDF cut short", whole[: len(whole) // 2])


def locked(seed: int):
    from fpdf import FPDF

    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("helvetica", size=12)
    pdf.text(60, 120, f"report {seed}")
    pdf.set_encryption(owner_password="owner", user_password="secret")
    return bad("PDF with a password", bytes(pdf.output()))


def bomb(seed: int):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("word/document.xml", "w") as body:
        body.write(f"<w:document><!--{seed}".encode())
        for _ in range(400):
            body.write(b"0" * 2**20)
    return bad("Word file that unpacks to 400 MiB", out.getvalue())


def garbage(seed: int):
    return bad("random bytes", random.Random(seed).randbytes(40_000))


def misnamed(seed: int):
    return bad("Word file named .pdf", synth.render(synth.generate(seed), "docx", seed))


def program(seed: int):
    return bad("program named .docx", b"MZ" + random.Random(seed).randbytes(5_000))


BAD_ONES = (
    ("pdf", lambda seed: bad("empty", b"")),
    ("pdf", truncated),
    ("pdf", locked),
    ("docx", bomb),
    ("docx", garbage),
    ("pdf", misnamed),
    ("docx", program),
    ("pdf", garbage),
)
"""Suffix, and what writes such a file. The empty ones have the same bytes."""


# ---- the runs -------------------------------------------------------------------------------------------------------


@dataclass
class Watch:
    """Memory of a run and of its workers, looked at now and then.

    Attributes:
        began: Seconds on the clock that the samples count from.
        samples: (seconds, results so far, parent MiB, {pid of a worker: MiB}).
    """

    out: Path
    began: float
    samples: list[tuple[float, int, float, dict[int, float]]] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    def of(self, pid: int) -> None:
        """Look until `stop`."""
        while not self._stop.wait(SAMPLE_EVERY):
            memory = rss(pid)
            if memory is not None:
                known = {p: m for p in workers_of(pid) if (m := rss(p)) is not None}
                self.samples.append((round(time.time() - self.began, 1), done(self.out), memory, known))

    def stop(self) -> None:
        self._stop.set()


def rss(pid: int) -> float | None:
    """Return the memory of a process, MiB; None if it has ended."""
    try:
        return round(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE / 2**20, 1)
    except (OSError, IndexError):
        return None


def workers_of(parent: int) -> list[int]:
    """Return the processes that read for a run."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError, IndexError):
                if int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == parent:
                    said = (entry / "cmdline").read_bytes()
                    if b"spawn_main" in said and b"resource_tracker" not in said:
                        found.append(int(entry.name))
    return found


def done(out: Path) -> int:
    return sum(1 for _ in out.rglob("*.json"))


def start(work: Path, out: Path, *more: str) -> subprocess.Popen[bytes]:
    """Start a run in a process group of its own. Not in a session: that would take it out of its priority."""
    command = [sys.executable, "-m", "gxml", "extract", str(work / "in"), "-o", str(out), "--workers", "2", "-q", *more]
    with (work / "said.txt").open("ab") as said:
        process = subprocess.Popen(command, cwd=ROOT, process_group=0, stdout=said, stderr=said)
    atexit.register(end, process)
    return process


def end(process: subprocess.Popen[bytes]) -> None:
    """End a run that is still there when this program ends."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)


def undisturbed(work: Path) -> None:
    """Read all in one run, and keep what it took in WORK/whole.json."""
    if (work / "whole.json").exists():
        return
    out = work / "whole"
    shutil.rmtree(out, ignore_errors=True)
    began, before = time.time(), processor_time()
    process = start(work, out)
    watch = Watch(out, began)
    looking = threading.Thread(target=watch.of, args=(process.pid,), daemon=True)
    looking.start()
    code = process.wait()
    watch.stop()
    looking.join()
    said = {"exit code": code, "seconds": time.time() - began, "processor time": processor_time() - before}
    save(work / "whole.json", {**said, "load": os.getloadavg(), "samples": watch.samples})


def disturbed(work: Path, seed: int) -> None:
    """Read all in a run that is killed ten times, whole or one worker of it, and goes on; failures are tried again."""
    if (work / "killed.json").exists():
        return
    out, log = work / "killed", work / "kills.jsonl"
    if not log.exists():
        shutil.rmtree(out, ignore_errors=True)
    count = len(lines(work / "made.jsonl"))
    rng = random.Random(seed)
    at = sorted(rng.sample(range(count // 25, count - count // 25), KILLS))
    plan = [(n, rng.choice(("run", "run", "worker")), rng.uniform(0.0, 3.0)) for n in at]
    process, began = start(work, out, "--resume"), time.time()
    for after, what, wait in plan[len(lines(log)) :]:
        while done(out) < after and process.poll() is None:
            time.sleep(1.0)
        time.sleep(wait)
        if process.poll() is not None:
            raise SystemExit(f"The run ended by itself after {done(out)} results: see {work / 'said.txt'}.")
        busy = workers_of(process.pid)
        if what == "worker" and busy:
            os.kill(rng.choice(busy), signal.SIGKILL)
        else:
            what = "run"
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        add(log, {"killed": what, "results": done(out), "rows": rows_of(out, rowid=True) if what == "run" else {}})
        if what == "run":
            process = start(work, out, "--resume")
    process.wait()
    took = time.time() - began
    # a file whose worker died twice is a failure, which is tried again when asked to
    given_up = sorted(files_of(work / "whole").keys() - files_of(out).keys())
    again = done_again(work)
    code = start(work, out, "--resume", "--retry-failed").wait()
    said = {"exit code": code, "seconds": took, "load": os.getloadavg()}
    save(work / "killed.json", {**said, "given up": given_up, "readings in the ledger done again": again})


def done_again(work: Path) -> int:
    """Return how many readings that were in the ledger when the run was killed were made a second time."""
    kept = rows_of(work / "killed", rowid=True)
    return sum(kept.get(t) != n for k in lines(work / "kills.jsonl") for t, n in k["rows"].items())


def processor_time() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def rows_of(out: Path, *, rowid: bool = False) -> dict[str, Any]:
    """Return the readings of a ledger by target, from a copy of it; times are left out."""
    with tempfile.TemporaryDirectory() as folder:
        for path in (out / ".gxml").glob("ledger.sqlite*"):
            if not path.name.endswith("-shm"):
                shutil.copy(path, folder)
        path = Path(folder) / "ledger.sqlite"
        if not path.exists():
            return {}
        with closing(sqlite3.connect(path)) as db:
            if rowid:
                return dict(db.execute("SELECT target, rowid FROM readings"))
            query = "SELECT target, key, path, exit_code, outcome, files FROM readings"
            return {target: rest for target, *rest in db.execute(query)}


# ---- what came of it ------------------------------------------------------------------------------------------------


def files_of(out: Path) -> dict[str, str]:
    files = [p for p in out.rglob("*") if p.is_file() and ".gxml" not in p.parts]
    return {str(p.relative_to(out)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def judged(work: Path) -> dict[str, Any]:
    """Compare the undisturbed run with what was made, and the killed one with it as soon as it has ended."""
    made, whole = lines(work / "made.jsonl"), read(work / "whole.json")
    one, rows = files_of(work / "whole"), rows_of(work / "whole")
    by_path = {row[1]: (target, row) for target, row in rows.items()}
    status: dict[str, Counter[str]] = {"digital": Counter(), "scan": Counter(), "bad": Counter()}
    lost, unexplained, reasons = [], [], []
    for line in made:
        target, row = by_path.get(str(work / "in" / line["name"]), ("", None))
        outcome = json.loads(row[3]) if row else {}
        status[line["kind"]][outcome.get("status", "nothing")] += 1
        if line["kind"] != "bad":
            if not row or row[2] or f"{target}.json" not in one:
                lost.append(line["name"])
            continue
        said = outcome.get("reason", "")
        if row and not row[2]:  # it was read after all: the report must say what is wrong
            report = load_json(work / "whole" / f"{target}.json")
            said = "; ".join(f"{f.rule}" for f in report.findings if f.rule.startswith(("SRC.", "STR.")))
            said = f"{report.status}, {said}" if said else ""
        reasons.append({"what": line["what"], "said": said.replace(f"{work}/", "")})
        if not said:
            unexplained.append(line["name"])
    return {
        "reports": dict(Counter(line["kind"] for line in made)),
        "scanned pages": sum(line.get("pages", 0) for line in made),
        "status": {k: dict(v) for k, v in status.items()},
        "good ones lost": lost,
        "bad ones unexplained": unexplained,
        "bad ones": reasons,
        "undisturbed": {k: v for k, v in whole.items() if k != "samples"},
        "memory, MiB": memory(whole["samples"]),
        **(against(work, one, rows) if (work / "killed.json").exists() else {}),
    }


def against(work: Path, one: dict[str, str], rows: dict[str, Any]) -> dict[str, Any]:
    """Compare the run that was killed with the results and the readings of the other."""
    two, others = files_of(work / "killed"), rows_of(work / "killed")
    killed = read(work / "killed.json")
    kills = lines(work / "kills.jsonl")
    return {
        "killed": {**killed, "kills": [[k["killed"], k["results"]] for k in kills]},
        "results that differ": sorted(k for k in one.keys() | two.keys() if one.get(k) != two.get(k)),
        "ledger rows that differ": sorted(k for k in rows.keys() | others.keys() if rows.get(k) != others.get(k)),
        # failures that were tried again at the end do not count
        "readings in the ledger done again": killed.get("readings in the ledger done again", done_again(work)),
    }


def memory(samples: list[Any]) -> dict[str, Any]:
    """Return the memory of the parent in tenths of the run, and the peaks of the workers."""
    tenths = [samples[len(samples) * k // 10 : len(samples) * (k + 1) // 10] for k in range(10)]
    workers: dict[str, float] = {}
    for _, _, _, known in samples:
        for pid, used in known.items():
            workers[pid] = max(workers.get(pid, 0.0), used)
    return {
        "parent, most in each tenth of the run": [max(s[2] for s in part) for part in tenths if part],
        "workers, most of each": sorted(workers.values()),
        "samples": len(samples),
    }


def plot(samples: list[Any]) -> str:
    drawn: dict[str, list[tuple[float, float]]] = {"parent": [(s[0] / 60, s[2]) for s in samples]}
    for n, pid in enumerate(dict.fromkeys(p for s in samples for p in s[3]), 1):
        drawn[f"worker {n}"] = [(s[0] / 60, s[3][pid]) for s in samples if pid in s[3]]
    thin = max(1, len(samples) // 300)
    return plots.timeline({k: v[::thin] for k, v in drawn.items()}, "minutes", "memory, MiB")


def report(work: Path, json_to: Path | None, svg: Path | None, readme: Path | None) -> None:
    found = judged(work)
    measured = [work / f"{name}.json" for name in ("speed", "ray")]
    more = {k: v for path in measured if path.exists() for k, v in read(path).items()}
    ran, used = found["undisturbed"], found["memory, MiB"]
    parent = used["parent, most in each tenth of the run"]
    rows = {
        "files": ", ".join(f"{n} {k}" for k, n in found["reports"].items()),
        "scanned pages": found["scanned pages"],
        "good ones lost": len(found["good ones lost"]),
        "bad ones unexplained": len(found["bad ones unexplained"]),
        "time undisturbed": f"{ran['seconds'] / 60:.0f} min, processor time {ran['processor time'] / 60:.1f} min",
        "parent, MiB": f"{parent[0]:.0f} in the first tenth, {parent[-1]:.0f} in the last, {max(parent):.0f} at most",
        "workers, MiB at most": ", ".join(f"{v:.0f}" for v in used["workers, most of each"]),
    }
    if "killed" in found:
        rows |= {
            "killed after so many results": ", ".join(f"{n} ({k})" for k, n in found["killed"]["kills"]),
            "given up, as their worker was killed twice": sum(
                n.endswith(".json") for n in found["killed"].get("given up", ())
            ),
            "results that differ after the kills, and after --retry-failed": len(found["results that differ"]),
            "rows of the ledger that differ": len(found["ledger rows that differ"]),
            "readings done again though in the ledger": found["readings in the ledger done again"],
        }
    rows |= more
    found |= more
    table = "| | |\n|---|---|\n" + "\n".join(f"| {k} | {v} |" for k, v in rows.items()) + "\n"
    print(table)
    if readme:
        put_into(readme, table, "scale")
    for line in found["bad ones"]:
        print(f"- {line['what']}: {line['said']}")
    if json_to:
        json_to.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", "utf-8")
    if svg:
        svg.write_text(plot(read(work / "whole.json")["samples"]), "utf-8")


# ---- how fast -------------------------------------------------------------------------------------------------------


def timed(inputs: list[Path], out: Path, *more: str) -> dict[str, Any]:
    """Read files in a run of its own; return its seconds, and its processor time as far as the system counts it."""
    shutil.rmtree(out, ignore_errors=True)
    command = [sys.executable, "-m", "gxml", "extract", *map(str, inputs), "-o", str(out), "-q", *more]
    began, before = time.monotonic(), processor_time()
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return {"seconds": time.monotonic() - began, "processor": processor_time() - before, "load": os.getloadavg()[0]}


def chosen(work: Path, kind: str, count: int) -> list[Path]:
    made = [m for m in lines(work / "made.jsonl") if m["kind"] == kind and not m.get("whole")]
    return [work / "in" / m["name"] for m in made[:count]]


def speed(work: Path, count: int, rounds: int) -> None:
    """Print how much faster two workers are than one, in turns."""
    inputs = chosen(work, "scan", count)
    ways = {"1": ("--workers", "1"), "2": ("--workers", "2")}
    print("| round | workers | seconds | processor time | load of the machine |\n|---|---|---|---|---|")
    took = compare(work, inputs, ways, rounds)
    ratio = sum(t["seconds"] for t in took["1"]) / sum(t["seconds"] for t in took["2"])
    extra = sum(t["processor"] for t in took["2"]) / sum(t["processor"] for t in took["1"])
    load = max(t["load"] for way in took.values() for t in way)
    said = f"{ratio:.2f} times as fast on {len(inputs)} scanned pages"
    said += f", {extra:.2f} times the processor time (load {load:.1f})"
    print(f"two workers against one, a thread each: {said}; on a machine that does other work this says nothing")
    save(work / "speed.json", {"two workers against one": said})


def ray(work: Path, count: int, rounds: int) -> None:
    """Print what Ray costs beside local workers, and whether its results are the same."""
    inputs = chosen(work, "digital", count)
    took, alike = {}, True
    print("| round | engine, workers | seconds | processor time | load of the machine |\n|---|---|---|---|---|")
    for size in (count // 4, count):
        ways = {
            f"local {size}": ("--workers", "2", "--format", "json,csv"),
            f"ray {size}": ("--workers", "2", "--engine", "ray", "--format", "json,csv"),
        }
        took |= compare(work, inputs[:size], ways, rounds)
        alike &= files_of(work / f"speed local {size}") == files_of(work / f"speed ray {size}")
    said = {"Ray against local workers": f"results {'the same' if alike else 'not the same'} byte for byte"}
    for engine in ("local", "ray"):
        few, many = (min(t["seconds"] for t in took[f"{engine} {size}"]) for size in (count // 4, count))
        each = (many - few) / (count - count // 4)
        start = f"{few - each * (count // 4):.1f} s to start and end"
        said[f"{count} digital reports, two workers, {engine}"] = f"{many:.1f} s: {each:.3f} s a report, {start}"
    print("\n".join(f"{k}: {v}" for k, v in said.items()))
    save(work / "ray.json", said)


def compare(work: Path, inputs: list[Path], ways: dict[str, tuple[str, ...]], rounds: int) -> dict[str, Any]:
    took: dict[str, list[Any]] = {name: [] for name in ways}
    for n in range(rounds):
        for name in list(ways)[:: 1 if n % 2 == 0 else -1]:
            one = timed(inputs, work / f"speed {name}", *ways[name])
            took[name].append(one)
            said = " | ".join(f"{one[k]:.1f}" for k in ("seconds", "processor", "load"))
            print(f"| {n + 1} | {name} | {said} |", flush=True)
    return took


# ---- files ----------------------------------------------------------------------------------------------------------


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []


def add(path: Path, line: dict[str, Any]) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")


def read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def save(path: Path, value: Any) -> None:
    half = path.with_suffix(".half")
    half.write_text(json.dumps(value), "utf-8")
    half.replace(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("make", "run", "report", "speed", "ray"))
    parser.add_argument("work", type=Path)
    parser.add_argument("--reports", type=int, default=REPORTS)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--svg", type=Path)
    parser.add_argument("--readme", type=Path, help="Markdown file that the table is put into, between its marks")
    parser.add_argument("--count", type=int, help="scans of speed (16), reports of ray (40)")
    parser.add_argument("--rounds", type=int, default=2, help="of speed and ray")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    if given.what == "make":
        make(given.work, given.reports, given.seed)
    elif given.what == "run":
        undisturbed(given.work)
        disturbed(given.work, given.seed)
    elif given.what == "report":
        report(given.work, given.json, given.svg, given.readme)
    elif given.what == "speed":
        speed(given.work, given.count or 16, given.rounds)
    else:
        ray(given.work, given.count or 40, given.rounds)


if __name__ == "__main__":
    main()

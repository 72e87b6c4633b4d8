"""Damaged files without end: no crash, hang or memory blow-up, and no file outside of the output folder.

    python training/fuzz.py --seconds 3600 --log fuzz.jsonl       # one process reads, within limits of time and memory
    python training/fuzz.py --case SEED                           # one case again, with its error

Each case is a seed: it takes a small file of some kind (PDF, scan, Word, web page, web archive, text, picture, old Word
and RTF shells, zip bombs, saved reports, annotations, decisions, ledgers), damages its bytes, or bytes inside of its
container, and hands it to what reads it. gxml may read it or refuse it with an error of its own. Anything else is kept
in --log with the seed: another exception, a process that dies, takes more than SLOW seconds or MEMORY MiB, or a file
that is written, opened for writing or removed anywhere but in the output folder.
"""

from __future__ import annotations

import argparse
import io
import json
import multiprocessing
import os
import random
import re
import resource
import sys
import tempfile
import time
import traceback
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from functools import cache
from pathlib import Path
from typing import Any

from gxml import annotate, synth
from gxml.config import MIB, Options
from gxml.errors import GxmlError

SEED = 780_000
SLOW = 60.0
"""Seconds of processor time that one case may take."""
MEMORY = 2500
"""MiB of addresses beyond those that the libraries take."""
RECYCLE = 400
"""Cases after which a new process takes over."""
POOL = "GXML_FUZZ_POOL"
"""Names the folder of files that are right."""
OPTIONS = Options(max_bytes=20 * MIB, max_text_bytes=4 * MIB, max_unpacked_bytes=32 * MIB, max_pixels=4_000_000)

# ---- what is damaged ------------------------------------------------------------------------------------------------


@cache
def whole(kind: str, variant: int) -> tuple[str, bytes]:
    """Return the suffix and the bytes of a file that is right; it is kept in a folder for the next process."""
    folder = os.environ.get(POOL)
    kept = next(Path(folder).glob(f"{kind}-{variant}.*"), None) if folder else None
    if kept:
        return kept.suffix[1:], kept.read_bytes()
    if kind in synth.LAYOUTS:
        suffix = synth.LAYOUTS[kind]
        data = synth.render(synth.generate(SEED + variant), kind, SEED + variant)
    else:
        suffix, data = SHELLS[kind](variant)
    if folder:
        (Path(folder) / f"{kind}-{variant}.{suffix}").write_bytes(data)
    return suffix, data


def picture(suffix: str, variant: int) -> tuple[str, bytes]:
    from PIL import Image, ImageDraw

    page = Image.new("L", (320, 200), 255)
    draw = ImageDraw.Draw(page)
    for k in range(5):
        draw.line((20, 20 + 40 * k, 300, 20 + 40 * k))
        draw.line((20 + 70 * k, 20, 20 + 70 * k, 180))
        draw.text((30 + 60 * k, 30), str(variant * 7 + k))
    out = io.BytesIO()
    page.save(out, {"jpg": "JPEG", "tif": "TIFF"}.get(suffix, suffix.upper()), dpi=(100, 100))
    return suffix, out.getvalue()


def scan(variant: int) -> tuple[str, bytes]:
    from PIL import Image

    page = Image.open(io.BytesIO(picture("png", variant)[1]))
    out = io.BytesIO()
    page.save(out, "PDF", resolution=100)
    return "pdf", out.getvalue()


def archive(variant: int) -> tuple[str, bytes]:
    page = whole("html", variant)[1]
    head = b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n\r\n--x\r\n"
    return "mht", head + b"Content-Type: text/html; charset=utf-8\r\n\r\n" + page + b"\r\n--x--\r\n"


def bomb(variant: int) -> tuple[str, bytes]:
    """A Word file that unpacks to a lot, in one of several ways, or calls itself."""
    rng = random.Random(variant)
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    body = f"<w:document {space}><w:body>{'<w:p>' * rng.choice((1, 300, 50_000))}{'0' * rng.choice((10, 40_000_000))}"
    entities = '<!DOCTYPE d [<!ENTITY a "xxxxxxxxxx"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        body = rng.choice(("", entities)) + body
        made.writestr(zipfile.ZipInfo("word/document.xml"), body, zipfile.ZIP_DEFLATED)
        for k in range(rng.choice((0, 3, 3000))):
            name = rng.choice(("../../escaped{}", "/escaped{}", "word/{}.xml")).format(k)
            made.writestr(zipfile.ZipInfo(name), "x" * 100)
    return "docx", out.getvalue()


def old_word(variant: int) -> tuple[str, bytes]:
    content = random.Random(variant).randbytes(3000)
    return "doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "WordDocument".encode("utf-16-le") + content


def rich_text(variant: int) -> tuple[str, bytes]:
    return "rtf", b"{\\rtf1\\ansi " + b"{\\b " * (variant * 100) + b"text\\par" + b"}" * (variant * 100) + b"}"


def saved(variant: int) -> tuple[str, bytes]:
    import gxml

    with tempfile.TemporaryDirectory() as folder:
        suffix, data = whole("html", variant)
        path = Path(folder) / f"report.{suffix}"
        path.write_bytes(data)
        report = gxml.read(path)
        report.save(Path(folder) / "report.json")
        return "json", (Path(folder) / "report.json").read_bytes()


def annotation(variant: int) -> tuple[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        for made in synth.synthesise(Path(folder), 1, SEED + variant, layouts=("html",), annotate=True):
            return "json", made.path.with_name(f"{made.path.name}.json").read_bytes()
    raise AssertionError


def database(variant: int) -> tuple[str, bytes]:
    from gxml.ledger import Entry, Ledger

    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder))
        for k in range(20 + variant):
            ledger.add(Entry(f"k{k}", f"a/{k}", f"in/{k}.pdf", 0, {"status": "review"}, {}))
        ledger.close()
        return "sqlite", ledger.path.read_bytes()


def decided(variant: int) -> tuple[str, bytes]:
    import gxml
    from gxml.decisions import Decisions

    with tempfile.TemporaryDirectory() as folder:
        suffix, data = whole("html", variant)
        path = Path(folder) / f"report.{suffix}"
        path.write_bytes(data)
        report, log = gxml.read(path), Decisions(Path(folder))
        for cell in list(report.cells)[:20]:
            log.add(report, cell, "correct", by="A", value=variant, comment="as printed")
        log.undo(report.source.sha256, by="A")
        return "sqlite", log.path.read_bytes()


SHELLS: dict[str, Callable[[int], tuple[str, bytes]]] = {
    **{suffix: (lambda variant, suffix=suffix: picture(suffix, variant)) for suffix in ("png", "jpg", "tif", "bmp")},
    "scan": scan,
    "archive": archive,
    "bomb": bomb,
    "old_word": old_word,
    "rich_text": rich_text,
    "saved": saved,
    "annotation": annotation,
    "ledger": database,
    "decisions": decided,
}
KINDS = (
    *("pdf",) * 6,
    *("docx",) * 5,
    *("html", "html_flat", "html_word") * 2,
    *("text_cells", "text_tabs", "text_lines", "markdown"),
    *("png", "jpg", "tif", "bmp", "scan"),
    *("archive", "bomb", "old_word", "rich_text"),
    *("saved", "annotation", "ledger", "decisions"),
)
TOKENS = (
    *(
        b"\x00",
        b"\xff\xff\xff\xff",
        b"\x7f\xff\xff\xff",
        b"%PDF-1.7\n",
        b"endobj",
        b"stream\n",
        b"endstream",
        b"<<",
        b">>",
    ),
    *(b"PK\x03\x04", b"PK\x05\x06", b"<w:p>", b"<w:tbl>", b"</w:tc>", b"<table>", b"</table>", b"<td colspan=99999>"),
    *(
        b"<td rowspan=65535>",
        b"<w:gridSpan w:val='2147483647'/>",
        b"<!--",
        b"<script>",
        b"&#1114112;",
        b"]]>",
        b"\x1b$B",
    ),
    *(
        b"999999999999999999999",
        b"-1",
        b"1e999",
        b"NaN",
        b"null",
        b"[[[[[[",
        b'{"a":',
        "０１２㊿½¼Ⅷ".encode(),
        b"\xef\xbb\xbf",
    ),
    *(
        "\u202e\u200b\u0301".encode(),
        "二、主动公开政府信息情况".encode(),
        "三、收到和处理政府信息公开申请情况".encode(),
        b"|" * 500,
    ),
    *(b"\t" * 500, b"\n" * 500, b"(" * 500, b"<div>" * 500, b"/Kids [3 0 R 3 0 R]", b"/Length 999999999", b"q " * 500),
)


def damaged(data: bytes, rng: random.Random) -> bytes:
    """Change some bytes, move, double, cut or join parts, or put in what parsers look for."""
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4, 16, 64))):
        at, length = rng.randrange(len(out) + 1), rng.choice((1, 1, 4, 16, 256, 4096))
        way = rng.randrange(9)
        if way == 0:
            out[at : at + length] = rng.randbytes(min(length, len(out) - at))
        elif way == 1:
            del out[at : at + length]
        elif way in (2, 3):
            out[at:at] = rng.choice(TOKENS)
        elif way == 4:
            out[at:at] = out[at : at + length] * rng.choice((1, 3, 30))
        elif way == 5 and at < len(out):
            out[at] ^= 1 << rng.randrange(8)
        elif way == 6:
            source = rng.randrange(len(out) + 1)
            out[at : at + length] = out[source : source + length]
        elif way == 7:
            numbers = list(re.finditer(rb"\d+", bytes(out[at : at + 4096])))
            if numbers:
                one = rng.choice(numbers)
                new = rng.choice((b"0", b"-1", b"65536", b"4294967295", b"99999999999999999999", b"1.5"))
                out[at + one.start() : at + one.end()] = new
        elif rng.random() < 0.2:
            del out[at:]
    return bytes(out[: 8 * MIB])


def repacked(data: bytes, rng: random.Random) -> bytes:
    """Damage one part inside of a zip, so that the damage reaches who reads the part."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        names = old.namelist()
        hit = "word/document.xml" if "word/document.xml" in names and rng.random() < 0.7 else rng.choice(names)
        for name in names:
            content = old.read(name)
            # without the time of day, so that a seed gives the same bytes
            new.writestr(zipfile.ZipInfo(name), damaged(content, rng) if name == hit else content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def restreamed(data: bytes, rng: random.Random) -> bytes:
    """Damage one packed stream inside of a PDF."""
    found = list(re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", data, re.S))
    if not found:
        return damaged(data, rng)
    one = rng.choice(found)
    try:
        content = zlib.compress(damaged(zlib.decompress(one[1]), rng))
    except zlib.error:
        content = damaged(one[1], rng)
    return data[: one.start(1)] + content + data[one.end(1) :]


def case(seed: int) -> tuple[str, str, bytes]:
    """Return kind, file name and bytes of a case."""
    rng = random.Random(seed)
    kind = rng.choice(KINDS)
    suffix, data = whole(kind, rng.randrange(4))
    if suffix == "docx" and rng.random() < 0.7:
        data = repacked(data, rng)
    elif suffix == "pdf" and rng.random() < 0.5:
        data = restreamed(data, rng)
    elif kind != "bomb" or rng.random() < 0.5:
        data = damaged(data, rng)
    if rng.random() < 0.05:
        suffix = rng.choice(("pdf", "docx", "html", "txt", "png", "doc", "xls", "json"))
    return kind, f"case.{suffix}", data


def reads_pictures(kind: str, seed: int) -> bool:
    """Whether pages without text are read from their pictures: that takes seconds a page, so seldom for PDF."""
    return kind != "pdf" or seed % 8 == 0


# ---- reading --------------------------------------------------------------------------------------------------------


def attempt(kind: str, path: Path, out: Path, *, ocr: bool = True) -> None:
    """Hand a file to what reads it; errors of gxml's own are fine. Without `ocr` pictures of pages are not read.

    Raises:
        Exception: What gxml did not foresee.
    """
    from gxml.decisions import Decisions
    from gxml.export import load_json, save_json
    from gxml.ledger import Ledger
    from gxml.pipeline import read

    with suppress(GxmlError):
        if kind == "saved":
            save_json(load_json(path), out / "again.json")
        elif kind == "annotation":
            annotate.read_annotation(path)
        elif kind == "ledger":
            target = out / ".gxml" / "ledger.sqlite"
            target.parent.mkdir(parents=True)
            target.write_bytes(path.read_bytes())
            with closing(Ledger(out)) as ledger:
                for name, _, _ in ledger.outcomes():
                    ledger.find("k1", name)
        elif kind == "decisions":
            target = out / ".gxml" / "decisions.sqlite"
            target.parent.mkdir(parents=True)
            target.write_bytes(path.read_bytes())
            log = Decisions(out)
            for sha256 in log.decided():
                log.in_force(sha256)
                log.undo(sha256, by="B")
        else:
            save_json(read(path, options=OPTIONS.model_copy(update={"ocr": ocr})), out / "report.json")


class StrayedError(Exception):
    """A file was touched outside of the output folder."""


def guard(strayed: list[str]) -> Callable[[list[str]], None]:
    """Let no file be written or removed outside of some folders; return what says which.

    Args:
        strayed: Takes what was tried, as code that catches every error would hide it.
    """
    allowed = ["/"]

    def refuse(what: str) -> None:
        strayed.append(what)
        raise StrayedError(what)

    def see(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = arguments
            writes = (isinstance(mode, str) and set(mode) & set("wax+")) or (
                isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            )
        elif event in ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate"):
            path, writes = arguments[0], True
        elif event in ("subprocess.Popen", "os.system", "socket.connect"):
            if allowed != ["/"]:
                refuse(f"{event} {arguments!r}"[:300])
        else:
            return
        if writes and isinstance(path, (str, bytes)):
            full = os.path.realpath(os.fsdecode(path))
            if not any(full.startswith(folder) for folder in allowed) and full != "/dev/null":
                refuse(f"{event} {full}")

    def anew(now: list[str]) -> None:
        allowed[:] = now

    sys.addaudithook(see)
    return anew


def serve(pipe: Any) -> None:
    """Work on cases until the other end closes: send back what went wrong, "" for nothing."""
    os.environ["PATH"] = ""  # LibreOffice is not what is tested
    room = MEMORY * MIB
    with tempfile.TemporaryDirectory() as first:
        warm(Path(first))
    used = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (used + room, used + room))
    strayed: list[str] = []
    anew = guard(strayed)
    while True:
        try:
            seed = pipe.recv()
        except EOFError:
            return
        kind, name, data = case(seed)
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "out"
            out.mkdir()
            path = Path(folder) / name
            path.write_bytes(data)
            anew([os.path.realpath(out)])
            began, said = time.process_time(), ""
            try:
                attempt(kind, path, out, ocr=reads_pictures(kind, seed))
            except Exception:
                said = traceback.format_exc()
            took = time.process_time() - began
            anew(["/"])
            said += "".join(f"\nstrayed: {what}" for what in strayed)
            strayed.clear()
            if path.read_bytes() != data or sorted(os.listdir(folder)) != sorted([name, "out"]):
                said += "\nthe input was changed, or something lies beside it"
        pipe.send((kind, said, took))


def warm(folder: Path) -> None:
    """Load what reading loads, so that limits are those of the file."""
    for kind in ("html", "pdf", "docx", "png"):
        suffix, data = whole(kind, 0)
        path = folder / f"warm.{suffix}"
        path.write_bytes(data)
        (folder / "out").mkdir(exist_ok=True)
        attempt(kind, path, folder / "out")


def run(seconds: float, log: Path | None, seed: int) -> tuple[int, list[dict[str, Any]]]:
    """Try cases for some seconds; return how many, and what went wrong."""
    if POOL in os.environ:
        return _run(seconds, log, seed)
    with tempfile.TemporaryDirectory() as os.environ[POOL]:
        try:
            return _run(seconds, log, seed)
        finally:
            del os.environ[POOL]


def _run(seconds: float, log: Path | None, seed: int) -> tuple[int, list[dict[str, Any]]]:
    until = time.monotonic() + seconds
    context = multiprocessing.get_context("spawn")
    found: list[dict[str, Any]] = []
    kinds: Counter[str] = Counter()
    slowest, count = 0.0, 0
    while time.monotonic() < until:
        mine, theirs = context.Pipe()
        process = context.Process(target=serve, args=(theirs,), daemon=True)
        process.start()
        theirs.close()
        for _ in range(RECYCLE):
            if time.monotonic() > until:
                break
            mine.send(seed)
            kind, said, took = answer(mine, process)
            kinds[kind] += 1
            count += 1
            slowest = max(slowest, took)
            if count % 50 == 0:
                print(f"{count} cases, {len(found)} found", flush=True)
            if said or took > SLOW:
                line = {"seed": seed, "kind": kind, "seconds": round(took, 1), "said": said[-3000:]}
                found.append(line)
                print(
                    f"{seed} {kind} {took:.1f} s: {said.strip().splitlines()[-1] if said.strip() else 'slow'}",
                    flush=True,
                )
                if log:
                    with log.open("a", encoding="utf-8") as file:
                        file.write(json.dumps(line, ensure_ascii=False) + "\n")
            seed += 1
            if not process.is_alive():
                break
        mine.close()
        process.kill()
        process.join()
    print(f"{count} cases up to {seed - 1}, {len(found)} found, slowest {slowest:.1f} s: {dict(kinds)}")
    return count, found


def answer(pipe: Any, process: Any) -> tuple[str, str, float]:
    """Wait for what a process says of its case; one that takes too much processor time is ended."""
    began = spent(process.pid)
    try:
        while not pipe.poll(1.0):
            took = spent(process.pid) - began
            if took > SLOW * 2:
                process.kill()
                return "?", f"hangs: {took:.0f} s of processor time", took
        kind, said, took = pipe.recv()
        return kind, said, took
    except (EOFError, OSError):
        process.join()
        return "?", f"the process ended with {process.exitcode}", 0.0


def spent(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def again(seed: int, keep: Path | None) -> None:
    """Try one case in this process, without limits."""
    kind, name, data = case(seed)
    with tempfile.TemporaryDirectory() as folder:
        path = (keep or Path(folder)) / name
        path.write_bytes(data)
        out = Path(folder) / "out"
        out.mkdir()
        print(kind, name, len(data))
        attempt(kind, path, out, ocr=reads_pictures(kind, seed))
        print([str(p.relative_to(out)) for p in out.rglob("*")])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--log", type=Path)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--case", type=int, help="this one alone")
    parser.add_argument("--keep", type=Path, help="folder for the file of --case")
    given = parser.parse_args()
    if given.case is not None:
        again(given.case, given.keep)
    elif run(given.seconds, given.log, given.seed)[1]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()

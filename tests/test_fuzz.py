"""training/fuzz.py: damaged files are read or refused, for seconds here, for an hour once (GXML_FUZZ_SECONDS=3600)."""

import multiprocessing
import os
import random
import subprocess
import sys

import pytest
from conftest import ROOT

if not (ROOT / "training").exists():
    pytest.skip("training/ is not part of the source distribution", allow_module_level=True)
if not sys.platform.startswith("linux"):
    pytest.skip("the limits of memory and the counting of time are those of Linux", allow_module_level=True)
sys.path.insert(0, str(ROOT / "training"))
import fuzz

SECONDS = float(os.environ.get("GXML_FUZZ_SECONDS", "5"))


@pytest.mark.slow
@pytest.mark.timeout(SECONDS + 300)
def test_damaged_files_are_read_or_refused(tmp_path):
    seed = fuzz.SEED + (random.randrange(10**6) if SECONDS > 60 else 0)
    count, found = fuzz.run(SECONDS, tmp_path / "found.jsonl", seed)
    assert count > 0
    assert found == []


def test_a_seed_gives_the_same_bytes():
    assert fuzz.whole("docx", 0)[1] != fuzz.repacked(fuzz.whole("docx", 0)[1], random.Random(1))
    for kind in ("html", "docx", "bomb"):
        data = fuzz.whole(kind, 1)[1]
        change = fuzz.damaged if kind == "html" else fuzz.repacked
        assert change(data, random.Random(7)) == change(data, random.Random(7)) != change(data, random.Random(8))


STRAY = """
import os, sys
sys.path[:0] = sys.argv[1:3]
import fuzz
strayed = []
anew = fuzz.guard(strayed)
os.mkdir("out")
anew([os.path.realpath("out")])
open("out/a", "w").close()
open(__import__("fuzz").__file__).close()
for act in (lambda: open("b", "w"), lambda: os.remove("keep"), lambda: os.mkdir("c"), lambda: os.open("d", os.O_CREAT),
            lambda: os.system("true")):
    try:
        act()
    except Exception:
        pass
anew(["/"])
open("e", "w").close()
print(len(strayed), sorted(os.listdir(".")))
"""


def test_what_is_touched_elsewhere_is_seen(tmp_path):
    (tmp_path / "keep").touch()
    command = [sys.executable, "-c", STRAY, str(ROOT), str(ROOT / "training")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False)
    assert done.stdout.strip() == "5 ['e', 'keep', 'out']", done.stderr


def end(pipe):
    os._exit(3)


def burn(pipe):
    while True:
        pass


@pytest.mark.parametrize(("target", "said"), [(end, "the process ended with 3"), (burn, "hangs")])
def test_processes_that_die_or_hang_are_seen(monkeypatch, target, said):
    monkeypatch.setattr(fuzz, "SLOW", 0.5)
    mine, theirs = multiprocessing.get_context("fork").Pipe()
    process = multiprocessing.get_context("fork").Process(target=target, args=(theirs,), daemon=True)
    process.start()
    theirs.close()
    try:
        assert fuzz.answer(mine, process)[1].startswith(said)
    finally:
        process.kill()
        process.join()

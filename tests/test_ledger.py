"""Runs that go on: what is done is not done again, on any number of workers, whatever killed the run before."""

import hashlib
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from conftest import ROOT

from gxml import batch, models, synth
from gxml.config import Options
from gxml.errors import MissingToolError, OutputError, UsageError
from gxml.ledger import Entry, Ledger, fingerprint, key_of
from gxml.workers import Lost, Workers


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """Eight good reports, two of the same bytes, and a bad file."""
    folder = tmp_path_factory.mktemp("in")
    layouts = ("html", "text_cells", "docx", "markdown")
    for made in synth.synthesise(folder, 8, seed=70, layouts=layouts):
        made.truth.unlink()
    (folder / "sub").mkdir()
    first = sorted(folder.glob("*.html"))[0]
    (folder / "sub" / "again.html").write_bytes(first.read_bytes())
    (folder / "bad.pdf").write_bytes(b"%PDF-1.7 cut short")
    return folder


def run(reports, out, **more):
    return batch.run(batch.plan([reports], out), out, **more)


def contents(out):
    """Return the hash of every result, those of the ledger aside."""
    files = [p for p in sorted(out.rglob("*")) if p.is_file() and ".gxml" not in p.parts]
    return {str(p.relative_to(out)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


FORMATS = ("json", "csv", "xlsx")
START = "import ray; ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False); ray.shutdown()"


@pytest.fixture(scope="module")
def cluster():
    """A machine on which a local Ray cluster starts: some containers have no shared memory for it."""
    pytest.importorskip("ray", reason="the engine ray needs ray")
    try:
        subprocess.run([sys.executable, "-c", START], check=True, capture_output=True, timeout=100)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        pytest.skip("a local Ray cluster does not start on this machine")


def test_a_run_that_goes_on_reads_nothing_again(reports, tmp_path):
    first = run(reports, tmp_path)
    stamps = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*.json")}
    again = run(reports, tmp_path, resume=True)
    assert [(o.job.target, o.status, o.counts, o.reason) for o in again.outcomes] == [
        (o.job.target, o.status, o.counts, o.reason) for o in first.outcomes
    ]
    assert {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*.json")} == stamps
    assert [o.job.path.name for o in again.failed] == ["bad.pdf"]
    assert again.exit_code == first.exit_code == batch.SOME_FAILED


def test_a_result_that_was_changed_or_lost_is_made_again(reports, tmp_path):
    run(reports, tmp_path)
    right = contents(tmp_path)
    lost, changed = sorted(tmp_path.glob("*.json"))[:2]
    lost.unlink()
    changed.write_text("{}", "utf-8")
    run(reports, tmp_path, resume=True)
    assert contents(tmp_path) == right


def test_other_options_read_again(reports, tmp_path):
    run(reports, tmp_path)
    keys = set(_keys(tmp_path))
    run(reports, tmp_path, resume=True, options=Options(max_pages=100))
    assert not keys & set(_keys(tmp_path))


def _keys(out):
    with closing(sqlite3.connect(out / ".gxml" / "ledger.sqlite")) as db:
        return [k for (k,) in db.execute("SELECT key FROM readings")]


def test_failures_are_tried_again_when_asked(reports, tmp_path):
    run(reports, tmp_path)
    told = []
    run(reports, tmp_path, resume=True, retry_failed=True, progress=lambda o, n, of: told.append(o))
    assert len(told) == 10
    (reports / "bad.pdf").replace(tmp_path / "keep.pdf")
    (reports / "bad.pdf").write_bytes((ROOT / "gxml" / "sample" / "qinghe_2024.pdf").read_bytes())
    try:
        assert not run(reports, tmp_path, resume=True).failed  # other bytes are another file
    finally:
        (tmp_path / "keep.pdf").replace(reports / "bad.pdf")


def test_the_same_bytes_are_read_once(reports, tmp_path):
    read = []

    def reader(path):
        from gxml import pipeline

        read.append(path.name)
        return pipeline.read(path)

    done = run(reports, tmp_path, read=reader)
    assert "again.html" not in read
    assert len(done.outcomes) == 10
    copy = json.loads((tmp_path / "sub" / "again.json").read_text("utf-8"))
    first = json.loads((tmp_path / f"{sorted(reports.glob('*.html'))[0].stem}.json").read_text("utf-8"))
    assert copy["source"].pop("file") == "again.html"
    first["source"].pop("file")
    assert copy == first
    assert (tmp_path / "sub" / "again.txt").exists()


def test_the_same_bytes_that_give_no_report_are_read_in_a_process_too(reports, tmp_path, monkeypatch):
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("a", "b", "c"):
        (folder / f"{name}.pdf").write_bytes(b"%PDF-1.7 cut short")
    monkeypatch.setattr(batch, "_one", None)  # reading in this process fails
    done = run(folder, tmp_path / "out", workers=2)
    assert [(o.job.path.name, o.exit_code) for o in done.outcomes] == [("a.pdf", 3), ("b.pdf", 3), ("c.pdf", 3)]
    again = run(folder, tmp_path / "out", resume=True)
    assert [o.reason for o in again.outcomes] == [o.reason for o in done.outcomes]


@pytest.mark.slow
def test_workers_give_the_same_bytes(reports, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    a = run(reports, one, formats=FORMATS)
    b = run(reports, two, formats=FORMATS, workers=2)
    assert contents(one) == contents(two)
    assert [(o.job.target, o.reason) for o in a.outcomes] == [(o.job.target, o.reason) for o in b.outcomes]


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.usefixtures("cluster")
def test_a_ray_cluster_gives_the_same_bytes(reports, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    a = run(reports, one, formats=("json", "csv"))
    b = run(reports, two, formats=("json", "csv"), engine="ray", workers=2)
    assert contents(one) == contents(two)
    assert [(o.job.target, o.reason) for o in a.outcomes] == [(o.job.target, o.reason) for o in b.outcomes]
    again = run(reports, two, formats=("json", "csv"), resume=True, engine="ray")
    assert [(o.job.target, o.reason) for o in again.outcomes] == [(o.job.target, o.reason) for o in a.outcomes]


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.usefixtures("cluster")
def test_actors_that_die_or_hang(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT / "tests"), os.environ.get("PYTHONPATH", "")]))
    from gxml.workers_ray import RayWorkers

    done = dict(RayWorkers(2, work, 15.0).run(iter(["a", "die", "hang", "b"])))
    assert isinstance(done["die"], Lost) and "actor" in done["die"].reason
    assert isinstance(done["hang"], Lost) and done["hang"].reason == "took longer than 15 seconds"
    assert isinstance(done["a"], int) and isinstance(done["b"], int)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.usefixtures("cluster")
def test_a_cluster_without_room_is_said(monkeypatch):
    from gxml import workers_ray

    monkeypatch.setattr(workers_ray, "START_WITHIN", 3.0)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT / "tests"), os.environ.get("PYTHONPATH", "")]))
    ray = pytest.importorskip("ray")
    ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False)
    try:
        with pytest.raises(MissingToolError, match="did not start"):
            list(workers_ray.RayWorkers(2, nothing).run(iter(["a"])))
    finally:
        ray.shutdown()


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_run_that_is_killed_again_and_again(reports, tmp_path):
    whole, out = tmp_path / "whole", tmp_path / "out"
    run(reports, whole, formats=("json", "csv"))
    command = [sys.executable, "-m", "gxml", "extract", str(reports), "-o", str(out), "--workers", "2", "--resume", "-q"]
    command += ["--format", "json,csv"]
    rng = random.Random(5)
    kills = 0
    for _ in range(25):
        process = subprocess.Popen(command, cwd=ROOT, start_new_session=True, stderr=subprocess.DEVNULL)
        try:
            process.wait(rng.uniform(0.2, 1.6))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            kills += 1
        process.wait()
    last = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert last.returncode == batch.SOME_FAILED
    assert kills >= 3
    assert contents(out) == contents(whole)


@pytest.mark.slow
def test_ctrl_c_ends_a_run_of_workers_cleanly(reports, tmp_path):
    command = [sys.executable, "-m", "gxml", "extract", str(reports), "-o", str(tmp_path), "--workers", "2"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not list(tmp_path.glob("*.json")) and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)[1]
    assert process.returncode in (batch.INTERRUPTED, batch.SOME_FAILED)  # it may have been done by then
    assert "Traceback" not in said


def test_an_engine_that_there_is_not(reports, tmp_path):
    with pytest.raises(UsageError, match="no engine"):
        run(reports, tmp_path, engine="spark")


def test_csv_of_a_run_that_goes_on_needs_json(reports, tmp_path):
    with pytest.raises(UsageError, match="JSON"):
        run(reports, tmp_path, formats=("csv",), resume=True)


def test_a_damaged_ledger_says_what_to_do(reports, tmp_path):
    (tmp_path / ".gxml").mkdir()
    (tmp_path / ".gxml" / "ledger.sqlite").write_bytes(b"this is no database, but it is long enough" * 40)
    with pytest.raises(OutputError, match="Delete it"):
        run(reports, tmp_path)


def test_damaged_rows_are_no_readings_and_damaged_pages_are_said(tmp_path):
    ledger = Ledger(tmp_path)
    for k in range(300):
        ledger.add(Entry(f"k{k}", f"a{k}", "in/a.pdf", 0, {"status": "review"}, {}))
    ledger.close()
    with closing(sqlite3.connect(ledger.path)) as db, db:
        db.execute("UPDATE readings SET outcome = '{\"stat' WHERE key = 'k1'")
        db.execute("UPDATE readings SET files = '[1]' WHERE key = 'k2'")
    ledger = Ledger(tmp_path)
    assert ledger.find("k1", "a1") is ledger.find("k2", "a2") is None
    assert ledger.find("k3", "a3")
    assert len(list(ledger.outcomes())) == 299
    ledger.close()
    data = bytearray(ledger.path.read_bytes())
    data[4096 * 2 :] = bytes(len(data) - 4096 * 2)
    ledger.path.write_bytes(data)
    with pytest.raises(OutputError, match=r"ledger\.sqlite cannot be used.*Delete it"):
        ledger = Ledger(tmp_path)
        list(ledger.outcomes())


def test_a_damaged_schema_that_is_no_text_is_said(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.close()
    data = ledger.path.read_bytes()
    assert b"by_key" in data
    ledger.path.write_bytes(data.replace(b"by_key", b"b\x81_key", 1))
    with pytest.raises(OutputError, match=r"ledger\.sqlite cannot be used.*Delete it"):
        Ledger(tmp_path)


def test_one_file_keeps_no_books(reports, tmp_path):
    path = sorted(reports.glob("*.html"))[0]
    batch.run(batch.plan([path], tmp_path), tmp_path)
    assert not (tmp_path / ".gxml").exists()


def test_a_password_is_not_in_the_ledger(reports, tmp_path):
    run(reports, tmp_path, options=Options(password="open sesame"))
    assert b"sesame" not in (tmp_path / ".gxml" / "ledger.sqlite").read_bytes()
    assert fingerprint(Options(password="a"), ("json",)) != fingerprint(Options(password="b"), ("json",))


def test_another_model_of_rows_is_another_run(tmp_path, monkeypatch):
    monkeypatch.setenv("GXML_HOME", str(tmp_path))
    before = fingerprint(Options(), ("json",))
    folder = tmp_path / "models" / "mine"
    shutil.copytree(ROOT / "models" / "rows", folder)
    other = b"other weights"
    (folder / "weights.npz").write_bytes(other)
    config = json.loads((folder / "config.json").read_text("utf-8"))
    config["files"]["weights.npz"] = hashlib.sha256(other).hexdigest()
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    models.use("mine")
    assert models.chosen("rows").name == "mine"
    assert fingerprint(Options(), ("json",)) != before


def test_two_runs_at_once_are_refused(reports, tmp_path):
    ledger = Ledger(tmp_path)
    with pytest.raises(OutputError, match="Another run"):
        Ledger(tmp_path)
    ledger.close()
    Ledger(tmp_path).close()


def test_what_a_killed_run_left_half_written_is_cleared(tmp_path):
    half = tmp_path / "county" / ".gxml-0123456789abcdef.tmp"
    half.parent.mkdir()
    half.write_bytes(b"half")
    Ledger(tmp_path).close()
    assert not half.exists()


def test_entries(tmp_path):
    (tmp_path / "a.json").write_text("x", "utf-8")
    entry = Entry("k", "a", "in/a.pdf", 0, {"status": "accepted"}, {"a.json": hashlib.sha256(b"x").hexdigest()})
    ledger = Ledger(tmp_path)
    ledger.add(entry)
    assert ledger.find("k", "a") == ledger.like("k") == entry
    assert ledger.find("k", "b") is None
    ledger.add(Entry("other", "a", "in/a.pdf", 3, {}, {}))
    assert ledger.find("k", "a") is None
    assert ledger.like("other") is None  # a failure is nothing to copy
    ledger.close()


def test_what_a_reading_is_known_by(tmp_path):
    one, two, three = (tmp_path / n for n in ("a.pdf", "b.pdf", "c.txt"))
    for path in (one, two, three):
        path.write_bytes(b"the same")
    assert key_of(one, "x") == key_of(two, "x") != key_of(three, "x")
    assert key_of(one, "x") != key_of(one, "y")


# ---- processes ------------------------------------------------------------------------------------------------------


def work(task):
    if task == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if str(task).startswith("once:"):  # kills the first process that reads it
        mark = Path(task.removeprefix("once:"))
        if not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
    if task == "hang":
        time.sleep(60)
    if task == "grow":
        return len(bytearray(300 * 2**20))
    return os.getpid()


def do(tasks, **more):
    workers = Workers(more.pop("count", 2), work, **more)
    return dict(workers.run(iter(tasks))), workers


def test_a_process_that_dies_loses_its_task_alone():
    done, _ = do(["a", "die", "b", "c"])
    assert isinstance(done["die"], Lost) and "signal 9" in done["die"].reason
    assert all(isinstance(done[t], int) for t in "abc")


def test_a_task_whose_process_was_killed_is_tried_again(tmp_path):
    once = f"once:{tmp_path / 'killed'}"
    done, _ = do(["a", once, "b"])
    assert all(isinstance(v, int) for v in done.values()) and len(done) == 3


def test_a_task_that_hangs_is_ended():
    began = time.monotonic()
    done, _ = do(["a", "hang", "b"], time_limit=3.0)
    assert time.monotonic() - began < 40
    assert done["hang"] == Lost("took longer than 3 seconds", "Read it alone with a longer --time-limit, or without one.")
    assert isinstance(done["b"], int)


class SlowToStart:
    """Takes longer to arrive in a process than a task may take."""

    def __call__(self, task):
        return task

    def __setstate__(self, state):
        time.sleep(2)

    def __getstate__(self):
        return {"slow": True}


def test_the_start_of_a_process_is_not_the_time_of_its_task():
    workers = Workers(1, SlowToStart(), time_limit=1.0)
    assert dict(workers.run(iter(["a"]))) == {"a": "a"}


def test_a_result_may_be_nothing():
    assert dict(Workers(1, nothing).run(iter(["a", "b"]))) == {"a": None, "b": None}


def nothing(task):
    return None


def test_processes_are_replaced():
    done, workers = do(["a", "b", "c", "d"], count=1, recycle_after=2)
    assert len(set(done.values())) == 2
    done, workers = do(["a", "grow", "b"], count=1, recycle_mib=250)
    assert done["a"] != done["b"]
    assert max(workers.peaks) > 300


def test_leaving_ends_the_processes():
    workers = Workers(2, work)
    answers = workers.run(iter(["a", "b", "hang"]))
    next(answers)
    processes = [w.process for w in workers._all]
    answers.close()
    assert processes and not any(p.is_alive() for p in processes)

"""Inputs and results behind URLs: the same results as on this machine, and nothing left of the copies."""

import csv
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT

import gxml
from gxml import batch, cli, synth
from gxml.config import Options
from gxml.errors import (
    BrokenFileError,
    FileMissingError,
    InputError,
    MissingToolError,
    OutputError,
    TooLargeError,
    UsageError,
)
from gxml.remote import as_path, explained, is_url, local_copy, local_results, open_url, shown
from gxml.storage import Here, storing
from gxml.storage_remote import JOURNAL, Away

fsspec = pytest.importorskip("fsspec", reason="URLs need fsspec")
memory_module = pytest.importorskip("fsspec.implementations.memory")


class Shelf(memory_module.MemoryFileSystem):
    """Memory that several threads may use, and where files are seen while they are written."""

    protocol = "shelf"
    store: dict = {}  # noqa: RUF012
    pseudo_dirs = [""]  # noqa: RUF012
    async_impl = True

    @classmethod
    def _strip_protocol(cls, path):
        return super()._strip_protocol(path.removeprefix("shelf://"))


fsspec.register_implementation("shelf", Shelf, clobber=True)

BAD = b"%PDF-1.7 cut short"


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """Six good reports in two folders, two of the same bytes, a bad file, an empty one, and what is passed over."""
    folder = tmp_path_factory.mktemp("in")
    for made in synth.synthesise(folder, 6, seed=740, layouts=("html", "text_cells")):
        made.truth.unlink()
    names = sorted(folder.iterdir())
    (folder / "sub").mkdir()
    names[0].rename(folder / "sub" / names[0].name)
    (folder / "sub" / f"again{names[1].suffix}").write_bytes(names[1].read_bytes())
    (folder / "bad.pdf").write_bytes(BAD)
    (folder / "empty.html").write_bytes(b"")
    (folder / ".hidden.html").write_bytes(b"x")
    (folder / "list.xls").write_bytes(b"x")
    (folder / ".git").mkdir()
    (folder / ".git" / "page.html").write_bytes(b"x")
    return folder


@pytest.fixture(scope="module")
def local(reports, tmp_path_factory):
    """What a run on this machine gives: its outcomes and results."""
    out = tmp_path_factory.mktemp("local")
    run = batch.run(batch.plan([reports], out), out, formats=("json", "csv", "xlsx"))
    return run, {str(p.relative_to(out)): p.read_bytes() for p in out.rglob("*") if p.is_file()}


@pytest.fixture(autouse=True)
def temporary(tmp_path_factory, monkeypatch):
    """A folder for local copies that has to be empty when a test ends."""
    folder = tmp_path_factory.mktemp("tmp")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


@pytest.fixture(params=["memory", "shelf"])
def web(request, reports):
    """A file system that holds the reports under /b/in."""
    fs = fsspec.filesystem(request.param)
    fs.store.clear()
    fs.pseudo_dirs[:] = [""]
    fill(fs, reports)
    yield fs
    fs.store.clear()


def fill(fs, reports):
    for path in reports.rglob("*"):
        if path.is_file():
            fs.pipe_file(f"/b/in/{path.relative_to(reports).as_posix()}", path.read_bytes())


def url(fs, path):
    return f"{fs.protocol}://{path}"


def extract(inputs, out, **more):
    with storing(inputs, out) as (given, folder, store):
        return batch.run(batch.plan(given, folder, store), folder, store=store, **more)


def results(fs):
    return {p.removeprefix("/b/out/"): fs.cat_file(p) for p in fs.find("/b/out") if "/.gxml/" not in p}


def without_place(table):
    """Return the lines of cells.csv without the first column, the file."""
    lines = list(csv.reader(table.decode("utf-8-sig").splitlines()))
    return [line[1:] for line in lines], [line[0].rsplit("/", 1)[-1] for line in lines]


# ---- names ----------------------------------------------------------------------------------------------------------


def test_urls_are_told_from_paths(tmp_path):
    for given in ("s3://b/a.pdf", "memory://a", "simplecache::s3://b/a.pdf", "zip://a.pdf::https://x/y.zip"):
        assert is_url(given)
    for given in ("a.pdf", "/a/b", "C:/a.pdf", "C:\\a", "s3:/b/a.pdf", "a::b.pdf", Path("s3://b/a.pdf"), "://x", ""):
        assert not is_url(given)
    spaced = tmp_path / "a b.pdf"
    spaced.write_bytes(BAD)
    assert as_path(f"file://{spaced}") == str(spaced) == as_path(f"file://{tmp_path}/a%20b.pdf")
    assert as_path("s3://b/a%20b") == "s3://b/a%20b"


def test_passwords_and_signatures_are_not_shown():
    assert shown("ftp://me:secret@host/a.pdf") == "ftp://me:***@host/a.pdf"
    assert shown("https://x/a.pdf?id=7&X-Amz-Signature=abc") == "https://x/a.pdf?id=7&X-Amz-Signature=***"
    assert shown("s3://b/a:b@c.pdf") == "s3://b/a:b@c.pdf"


# ---- a run ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_run_over_urls_gives_what_a_local_one_gives(web, local, workers):
    run = extract([url(web, "/b/in/")], url(web, "/b/out"), formats=("json", "csv", "xlsx"), workers=workers)
    first, expected = local
    got = results(web)
    assert run.exit_code == first.exit_code == 7 and run.plan.passed_over == first.plan.passed_over
    assert [o.status for o in run.outcomes] == [o.status for o in first.outcomes]
    assert [o.job.target for o in run.outcomes] == [o.job.target for o in first.outcomes]
    assert set(got) == {name for name in expected if not name.startswith(".gxml")}
    assert {n: d for n, d in got.items() if n != "cells.csv"} == {n: expected[n] for n in got if n != "cells.csv"}
    assert without_place(got["cells.csv"]) == without_place(expected["cells.csv"])
    failed = {o.job.shown: (o.reason, o.hint) for o in run.failed}
    assert failed == {
        o.job.shown.replace(str(o.job.path.parent), url(web, "/b/in")): (o.reason, o.hint) for o in first.failed
    }
    # one ledger, as it was at the end, and no journal
    assert [p for p in web.find("/b/out") if "/.gxml/" in p] == ["/b/out/.gxml/ledger.sqlite"]


def test_only_one_side_may_lie_behind_urls(web, reports, local, tmp_path):
    _, expected = local
    kept = {n: d for n, d in expected.items() if n.endswith((".json", ".txt"))}
    extract([url(web, "/b/in")], tmp_path / "out")
    assert {str(p.relative_to(tmp_path / "out")): p.read_bytes() for p in (tmp_path / "out").rglob("*.*t*") if
            p.suffix == ".txt"} == {n: d for n, d in kept.items() if n.endswith(".txt")}  # fmt: skip
    extract([reports], url(web, "/b/out"))
    assert results(web) == kept
    read = []
    again = extract([url(web, "/b/in")], tmp_path / "out", resume=True, read=read.append)
    assert read == [] and len(again.outcomes) == 9


def test_a_file_url_is_a_path(reports, local, tmp_path):
    with storing([f"file://{reports}"], f"file://{tmp_path}/out") as (given, out, store):
        assert given == [str(reports)] and out == tmp_path / "out" and type(store) is Here


def test_results_do_not_replace_inputs(web):
    page = next(p for p in web.find("/b/in") if p.endswith(".txt"))
    before = {p: web.cat_file(p) for p in web.find("/b/in")}
    run = extract([url(web, "/b/in")], url(web, "/b/in"))
    assert len(run.outcomes) == 9
    assert {p: web.cat_file(p) for p in before} == before
    assert web.exists(page + ".json") and web.exists(page + ".txt")
    again = batch_plan([url(web, "/b/in")], url(web, "/b/in"))
    assert len(again.jobs) == 9 and again.passed_over["written by gxml"] >= 5


def batch_plan(inputs, out):
    with storing(inputs, out) as (given, folder, store):
        return batch.plan(given, folder, store)


def test_out_inside_the_inputs_is_passed_over_and_the_same_name_is_kept_apart(web):
    web.pipe_file("/b/in/out/x.html", b"<html>")
    assert "x" not in {j.target.stem for j in batch_plan([url(web, "/b/in")], url(web, "/b/in/out")).jobs}
    web.pipe_file("/b/two/bad.pdf", BAD)
    plan = batch_plan([url(web, "/b/in"), url(web, "/b/two/bad.pdf")], url(web, "/b/out"))
    assert {j.target.as_posix() for j in plan.jobs if j.path.name == "bad.pdf"} == {"in/bad.pdf", "two/bad.pdf"}
    twice = batch_plan([url(web, "/b/in"), url(web, "/b/in/bad.pdf")], url(web, "/b/out"))
    assert twice.passed_over["given twice"] == 1


def test_no_more_is_fetched_than_the_limit(web, monkeypatch):
    opened = []
    monkeypatch.setattr(type(web), "_open", lambda self, path, *a, **k: opened.append(path))
    with pytest.raises(TooLargeError, match=rf"bad.pdf: {len(BAD)} bytes, the limit is 10"):
        gxml.read(url(web, "/b/in/bad.pdf"), Options(max_bytes=10))
    assert opened == []
    monkeypatch.undo()
    place = open_url(url(web, "/b/in/bad.pdf"))
    monkeypatch.setattr(type(web), "info", lambda self, path, **k: {"name": path, "size": None, "type": "file"})
    assert place.file().size is None
    with pytest.raises(TooLargeError, match="more than 10 bytes"), local_copy(place.given, 10):
        pass


# ---- a run that goes on ---------------------------------------------------------------------------------------------


def test_what_is_done_is_neither_read_nor_fetched_again(web, local, monkeypatch):
    out = url(web, "/b/out")
    extract([url(web, "/b/in")], out)
    fetched = []
    monkeypatch.setattr("gxml.storage_remote.fetch", counted(fetched))
    read = []
    again = extract([url(web, "/b/in")], out, resume=True, read=read.append)
    assert read == [] and len(again.outcomes) == 9
    assert {Path(f).name for f in fetched} == {"ledger.sqlite"}
    # a result that was changed or is gone, and an input that was changed, are read again
    names = [p for p in web.find("/b/out") if p.endswith(".json")]
    web.pipe_file(names[0], web.cat_file(names[0]) + b" ")
    web.rm_file(names[1])
    seen = []
    extract([url(web, "/b/in")], out, resume=True, read=lambda p: seen.append(p) or gxml.read(p))
    assert len(seen) == 2 or (len(seen) == 1 and web.exists(names[1]))  # one of them is a double of another
    _, expected = local
    assert results(web) == {n: d for n, d in expected.items() if n.endswith((".json", ".txt"))}


def counted(log):
    from gxml.remote import fetch

    def fetch_and_tell(file, target, *limits):
        log.append(file.path)
        fetch(file, target, *limits)

    return fetch_and_tell


def test_results_that_were_copied_to_another_place_are_known_by_their_content(web):
    extract([url(web, "/b/in")], url(web, "/b/out"))
    for path in web.find("/b/out"):
        web.pipe_file(path.replace("/b/out/", "/c/out/"), web.cat_file(path))
        web.rm_file(path)
    read = []
    assert len(extract([url(web, "/b/in")], url(web, "/c/out"), resume=True, read=read.append).outcomes) == 9
    assert read == []


class KilledError(BaseException):
    """Ends a run where it stands."""


def test_a_killed_run_goes_on_from_its_journal(web, local, monkeypatch):
    _, expected = local
    out, source = url(web, "/b/out"), url(web, "/b/in")
    monkeypatch.setattr(Away, "close_ledger", lambda self, ledger: ledger.close())  # nobody is there to put it

    def stop(outcome, done, total):
        if done == 4:
            raise KilledError

    with pytest.raises(KilledError):
        extract([source], out, formats=("json", "csv", "xlsx"), progress=stop)
    notes = web.find(f"/b/out/{JOURNAL}")
    assert 3 <= len(notes) <= 9
    web.pipe_file(f"/b/out/{JOURNAL}/half.json", b'{"key": ')  # an entry that is damaged is not known
    web.pipe_file("/b/out/.gxml-00ff.tmp", b"half")
    monkeypatch.undo()
    seen = []
    run = extract(
        [source],
        out,
        formats=("json", "csv", "xlsx"),
        resume=True,
        read=lambda p: seen.append(p) or gxml.read(p),
    )
    assert len(run.outcomes) == 9 and len(seen) <= 9 - 4
    got = results(web)
    assert {n: d for n, d in got.items() if n != "cells.csv"} == {
        n: d for n, d in expected.items() if n != "cells.csv" and not n.startswith(".gxml")
    }
    assert without_place(got["cells.csv"]) == without_place(expected["cells.csv"])
    assert not web.exists(f"/b/out/{JOURNAL}") or web.find(f"/b/out/{JOURNAL}") == []


KILLED = """
import os, sys, fsspec
from fsspec.implementations.local import LocalFileSystem
class Disk(LocalFileSystem):
    protocol = "disk"
    @classmethod
    def _strip_protocol(cls, path):
        return super()._strip_protocol(path.removeprefix("disk://"))
fsspec.register_implementation("disk", Disk)
from gxml import batch
from gxml.storage import storing
source, out, stop = sys.argv[1:]
def progress(outcome, done, total):
    print(outcome.job.target, flush=True)
    if done == int(stop):
        os._exit(9)
with storing([source], out) as (given, folder, store):
    run = batch.run(batch.plan(given, folder, store), folder, store=store, resume=True, progress=progress)
print(len(run.outcomes), run.exit_code)
"""


@pytest.mark.slow
def test_a_process_that_was_killed_loses_nothing(reports, local, tmp_path):
    def run(stop, scratch):
        (tmp_path / scratch).mkdir()
        command = [sys.executable, "-c", KILLED, f"disk://{reports}", f"disk://{tmp_path}/out", str(stop)]
        environment = {**os.environ, "TMPDIR": str(tmp_path / scratch), "PYTHONPATH": str(ROOT)}
        return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=100)

    for n in (1, 2):
        done = run(n * 3, f"killed{n}")
        assert done.returncode == 9, done.stderr
    last = run(99, "last")
    assert last.stdout.splitlines()[-1] == "9 7", last.stderr
    assert list((tmp_path / "last").iterdir()) == []
    _, expected = local
    got = {str(p.relative_to(tmp_path / "out")): p.read_bytes() for p in (tmp_path / "out").rglob("*") if p.is_file()}
    ledger = os.path.join(".gxml", "ledger.sqlite")
    assert set(got) == {n for n in expected if n.endswith((".json", ".txt"))} | {ledger}
    assert all(got[n] == expected[n] for n in got if n != ledger)


def test_the_ledger_is_put_less_often_the_larger_it_is(web, local, monkeypatch):
    monkeypatch.setattr("gxml.storage_remote.PUT_EVERY", 2)
    put = []
    save = Away._save
    monkeypatch.setattr(Away, "_save", lambda self, ledger: (put.append(self._unsaved), save(self, ledger)))
    extract([url(web, "/b/in")], url(web, "/b/out"))
    assert put[0] == 0 and len(put) >= 4  # at the start, and then for every second of nine
    assert not web.exists(f"/b/out/{JOURNAL}") or web.find(f"/b/out/{JOURNAL}") == []
    monkeypatch.setattr("gxml.storage_remote.PUT_SHARE", 0.9)
    put.clear()
    extract([url(web, "/b/in")], url(web, "/b/out"))
    assert put == [0, 9]


def test_two_runs_at_once_are_refused(web, local):
    _, expected = local
    out = url(web, "/b/out")
    with storing([url(web, "/b/in")], out) as (given, folder, store):
        plan = batch.plan(given, folder, store)

        def second(outcome, done, total):
            if done == 1:
                with pytest.raises(OutputError, match="Another run writes"):
                    extract([url(web, "/b/in")], out)

        batch.run(plan, folder, store=store, progress=second)
    assert set(results(web)) == {n for n in expected if n.endswith((".json", ".txt"))}
    assert not web.exists("/b/out/.gxml/lock.json")
    extract([url(web, "/b/in")], out, resume=True)


def test_an_interrupted_run_leaves_its_ledger(web):
    def stop(outcome, done, total):
        if done == 3:
            raise KeyboardInterrupt

    run = extract([url(web, "/b/in")], url(web, "/b/out"), progress=stop)
    assert run.interrupted and web.exists("/b/out/.gxml/ledger.sqlite")
    seen = []
    extract([url(web, "/b/in")], url(web, "/b/out"), resume=True, read=lambda p: seen.append(p) or gxml.read(p))
    assert len(seen) <= 6


# ---- names that lead out --------------------------------------------------------------------------------------------


def test_names_in_a_listing_do_not_lead_out(web, tmp_path, temporary):
    for name in ("../up.html", "/etc/abs.html", "a/../../b.html", "a//b.html", "./c.html", "x\\..\\d.html", "C:e.html"):
        web.store[f"/b/tricks/{name}"] = web.store["/b/in/bad.pdf"]
    web.store["/b/tricks/good.pdf"] = web.store["/b/in/bad.pdf"]
    with storing([url(web, "/b/tricks")], tmp_path / "out") as (given, out, store):
        plan = batch.plan(given, out, store)
        assert [j.target.as_posix() for j in plan.jobs if ".." in j.target.parts or j.target.is_absolute()] == []
        assert all(j.path.resolve().is_relative_to(temporary.resolve()) for j in plan.jobs)
        assert [j.path.name for j in plan.jobs] == ["good.pdf"]
        batch.run(plan, out, store=store)
    assert {p.name for p in tmp_path.iterdir()} <= {"out"}


class Liar(memory_module.MemoryFileSystem):
    """Lists names that are not in the folder."""

    protocol = "liar"

    @classmethod
    def _strip_protocol(cls, path):
        return super()._strip_protocol(path.removeprefix("liar://"))

    def find(self, path, **_):
        names = ["/etc/passwd.txt", "../../x.html", "/b/in/../../../y.html", "/b/inside.html", "/b/in/ok.html"]
        return {name: {"name": name, "size": 3, "type": "file"} for name in names}

    def info(self, path, **_):
        return {"name": path, "size": 0, "type": "directory"}


def test_a_server_that_lists_other_places_is_not_followed(tmp_path):
    fsspec.register_implementation("liar", Liar, clobber=True)
    plan = batch_plan(["liar:///b/in"], tmp_path / "out")
    assert [j.target.as_posix() for j in plan.jobs] == ["ok"]
    assert plan.passed_over == {"with names that lead out of a folder": 4}


def test_a_zip_is_walked_and_its_names_do_not_lead_out(reports, tmp_path, local):
    page = next(p for p in reports.iterdir() if p.suffix == ".html" and p.stat().st_size)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(page, f"deep/{page.name}")
        archive.writestr("../../evil.html", page.read_bytes())
        archive.writestr("deep/../../../evil2.html", page.read_bytes())
    run = extract([f"zip://::file://{tmp_path}/a.zip"], tmp_path / "out")
    made = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file() and ".gxml" not in p.parts}
    assert f"out/deep/{page.stem}.json" in made
    assert {m for m in made if not m.startswith("out/")} == {"a.zip"}
    assert all(o.job.shown.startswith("zip://") and o.job.shown.endswith("a.zip") for o in run.outcomes)


# ---- errors ---------------------------------------------------------------------------------------------------------


def test_what_is_not_there_is_said_as_of_a_local_path(web, tmp_path):
    with pytest.raises(FileMissingError, match=r"nowhere does not exist\. Check") as e:
        batch_plan([url(web, "/b/nowhere")], tmp_path)
    assert e.value.hint == "Check the path." and e.value.exit_code == 3
    with pytest.raises(FileMissingError, match="not a file"):
        gxml.read(url(web, "/b/in"))


@pytest.mark.skipif("s3fs" in sys.modules, reason="s3fs is installed")
def test_a_missing_package_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(MissingToolError, match="Install s3fs") as e:
        batch_plan(["s3://bucket/in"], tmp_path)
    assert e.value.exit_code == 4 and 'pip install "s3fs"' in e.value.hint
    monkeypatch.setitem(sys.modules, "fsspec", None)
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(MissingToolError, match="needs fsspec") as e:
        open_url("memory://a")
    assert "gxml[remote]" in e.value.hint


def test_a_protocol_that_does_not_exist_is_wrong_usage(tmp_path):
    with pytest.raises(UsageError, match="no protocol 'nosuch'"):
        batch_plan(["nosuch://a"], tmp_path)
    with pytest.raises(UsageError, match="Results cannot go to"):
        batch_plan([tmp_path], "https://example.org/out")


@pytest.mark.parametrize(
    ("error", "writing", "kind", "said"),
    [
        (FileNotFoundError("The specified bucket does not exist"), False, FileMissingError, "s3://b does not exist"),
        (FileNotFoundError("The specified bucket does not exist"), True, OutputError, "bucket does not exist"),
        (PermissionError("Access Denied"), False, InputError, r"cannot be read: no permission \(Access Denied\)"),
        (PermissionError("Forbidden"), True, OutputError, "cannot be written: no permission"),
        (RuntimeError("Unable to locate credentials"), False, InputError, "RuntimeError: Unable to locate cred"),
        (ConnectionError("no route"), True, OutputError, "ConnectionError: no route"),
    ],
)
def test_errors_of_file_systems_are_explained(error, writing, kind, said):
    with pytest.raises(kind, match=said) as e, explained("s3://b", writing=writing):
        raise error
    assert e.value.hint


def test_a_folder_that_cannot_be_written_ends_the_run_before_anything_is_read(web, monkeypatch):
    def refused(*_, **__):
        raise PermissionError("Access Denied")

    monkeypatch.setattr(type(web), "put_file", refused)
    read = []
    with pytest.raises(OutputError, match="no permission") as e:
        extract([url(web, "/b/in")], url(web, "/b/out"), read=read.append)
    assert read == [] and e.value.exit_code == 6


def test_a_result_that_cannot_be_put_is_a_failure_that_the_next_run_tries_again(web, monkeypatch):
    put_file = type(web).put_file
    times = []

    def flaky(self, local, path, **more):
        if path.endswith(".json") and "/.gxml" not in path and not times:
            times.append(path)
            raise ConnectionError("reset")
        result = local.endswith(".json") and "/notes/" not in local and not local.endswith("lock.json")
        if "shelf" in url(web, "") and result and not times:
            times.append(path)
            raise ConnectionError("reset")
        return put_file(self, local, path, **more)

    monkeypatch.setattr(type(web), "put_file", flaky)
    run = extract([url(web, "/b/in")], url(web, "/b/out"))
    lost = [o for o in run.failed if o.exit_code == 6]
    assert len(lost) == 1 and "ConnectionError: reset" in lost[0].reason and lost[0].hint
    assert len(extract([url(web, "/b/in")], url(web, "/b/out"), resume=True).failed) == 2


def test_a_file_that_cannot_be_fetched_does_not_end_the_run(web, monkeypatch):
    real = type(web)._open

    def broken(self, path, *a, **k):
        if path.endswith("bad.pdf"):
            raise OSError("timed out")
        return real(self, path, *a, **k)

    monkeypatch.setattr(type(web), "_open", broken)
    run = extract([url(web, "/b/in")], url(web, "/b/out"))
    reasons = {o.job.path.name: o.reason for o in run.failed}
    assert "bad.pdf cannot be read: OSError: timed out" in reasons["bad.pdf"] and len(reasons) == 2
    monkeypatch.undo()
    again = extract([url(web, "/b/in")], url(web, "/b/out"), resume=True)
    with pytest.raises(BrokenFileError):
        gxml.read(url(web, "/b/in/bad.pdf"))
    assert "timed out" not in next(o.reason for o in again.failed if o.job.path.name == "bad.pdf")


# ---- the other doors ------------------------------------------------------------------------------------------------


def test_read_takes_a_url(web, reports):
    page = next(p for p in reports.iterdir() if p.suffix == ".html" and p.stat().st_size)
    assert gxml.read(url(web, f"/b/in/{page.name}")) == gxml.read(page) == gxml.read(f"file://{page}")


def test_saved_reports_are_brought_with_the_decisions_above_them(web):
    web.pipe_file("/b/out/.gxml/decisions.sqlite", b"decisions")
    web.pipe_file("/b/out/.gxml/ledger.sqlite", b"ledger")
    web.pipe_file("/b/out/county/a.json", b"{}")
    web.pipe_file("/b/out/county/a.xlsx", b"-")
    for given, inside in (("/b/out", "county/a.json"), ("/b/out/county", "a.json"), ("/b/out/county/a.json", "")):
        with local_results(url(web, given)) as path:
            assert (path / inside if inside else path).read_bytes() == b"{}"
            found = [p for p in path.parents if (p / ".gxml").exists()] or [path]
            assert (found[0] / ".gxml" / "decisions.sqlite").read_bytes() == b"decisions"
            assert {p.suffix for p in path.rglob("*") if p.is_file()} <= {".json", ".sqlite"}
            assert not (found[0] / ".gxml" / "ledger.sqlite").exists()


def test_the_command_line_works_on_urls(web, capsys, tmp_path, local):
    def gxml_says(*arguments):
        with pytest.raises(SystemExit) as e:
            cli.main(list(arguments))
        return e.value.code or 0, capsys.readouterr()

    code, said = gxml_says("extract", url(web, "/b/in/"), "-o", url(web, "/b/out"), "--resume")
    assert code == 7 and f"{url(web, '/b/in')}/bad.pdf: " in said.err and "gxml-" not in said.err
    _, expected = local
    assert results(web) == {n: d for n, d in expected.items() if n.endswith((".json", ".txt"))}
    saved = next(n for n in sorted(expected) if n.endswith(".json"))
    assert gxml_says("show", url(web, f"/b/out/{saved}"))[0] == 0
    code, said = gxml_says("check", url(web, "/b/out"))
    assert code in (0, 8) and f"{url(web, f'/b/out/{saved}')}: " in said.out and "gxml-" not in said.out
    code, said = gxml_says("check", "--write", url(web, "/b/out"))
    assert code == 2 and "path on this machine" in said.err and "fs.get(" in said.err
    for command in (["review", url(web, "/b/out")], ["synth", "-o", url(web, "/b/made")]):
        assert gxml_says(*command)[0] == 2
    assert not Path("memory:").exists() and not Path("shelf:").exists()
    code, said = gxml_says("show", url(web, "/b/nothing.json"))
    assert code == 3 and "does not exist" in said.err


def test_saved_reports_behind_urls_can_be_asked(web, capsys, local):
    pytest.importorskip("duckdb")
    _, expected = local
    for name, data in expected.items():
        web.pipe_file(f"/b/out/{name}", data)
    with pytest.raises(SystemExit) as e:
        cli.main(["query", "SELECT count(*) AS reports FROM reports", url(web, "/b/out")])
    assert not e.value.code and "7" in capsys.readouterr().out


def test_local_runs_load_no_fsspec(reports, tmp_path):
    code = (
        "import sys; from gxml import cli\n"
        "try: cli.main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "print('fsspec' in sys.modules, 'gxml.storage_remote' in sys.modules)"
    )
    given = ["extract", str(reports), "-o", str(tmp_path / "out"), "--quiet"]
    done = subprocess.run([sys.executable, "-c", code, *given], capture_output=True, text=True, timeout=100, cwd=ROOT)
    assert done.stdout.split() == ["False", "False"], done.stderr
    assert any((tmp_path / "out").glob("*.json"))
    assert hashlib.sha256(b"").hexdigest() not in json.dumps([])

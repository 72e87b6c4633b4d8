"""The lock of results behind URLs: one run writes to them at a time, and a killed run does not hold them for ever."""

import json
import os
import socket
import subprocess
import sys
import time

import pytest

from gxml import storage_lock
from gxml.errors import OutputError
from gxml.remote import open_url
from gxml.storage_lock import LOCK, STALE, Lock

fsspec = pytest.importorskip("fsspec", reason="URLs need fsspec")


@pytest.fixture
def web():
    fs = fsspec.filesystem("memory")
    fs.store.clear()
    fs.pseudo_dirs[:] = [""]
    yield fs
    fs.store.clear()


def lock(tmp_path, *, steady=False):
    return Lock(open_url("memory://b/out"), tmp_path, steady=steady)


def entry(web):
    return json.loads(web.cat_file(f"/b/out/{LOCK}"))


def put(web, **changed):
    said = {"run": "other", "host": "elsewhere", "pid": 1, "at": time.time(), **changed}
    web.pipe_file(f"/b/out/{LOCK}", json.dumps(said).encode())


def test_one_run_at_a_time(web, tmp_path):
    first, second = lock(tmp_path), lock(tmp_path)
    first.take()
    with pytest.raises(OutputError, match="Another run writes to memory://"):
        second.take()
    second.release()  # which does not hold it
    assert entry(web)["host"] == socket.gethostname()
    first.release()
    assert not web.exists(f"/b/out/{LOCK}")
    second.take()
    second.release()
    assert list(tmp_path.iterdir()) == []


def test_another_machine_is_waited_for_until_it_is_silent(web, tmp_path):
    put(web)
    with pytest.raises(OutputError, match="elsewhere") as caught:
        lock(tmp_path).take()
    assert "10 minutes" in caught.value.hint and LOCK in caught.value.hint
    put(web, at=time.time() - STALE - 1)
    held = lock(tmp_path)
    held.take()
    assert entry(web)["pid"] == os.getpid()
    held.release()


def test_a_process_of_this_machine_that_has_ended_holds_nothing(web, tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    alive = os.getppid()
    for pid, free in ((ended.pid, True), (alive, False), (os.getpid(), True)):
        put(web, host=socket.gethostname(), pid=pid)
        held = lock(tmp_path)
        if free:
            held.take()
        else:
            with pytest.raises(OutputError):
                held.take()
        held.release()


@pytest.mark.parametrize("said", [b"", b"[]", b"{}", b"\xff", b'{"at": "x", "pid": 1}'])
def test_a_damaged_entry_holds_nothing(web, tmp_path, said):
    web.pipe_file(f"/b/out/{LOCK}", said)
    held = lock(tmp_path)
    held.take()
    held.release()


@pytest.mark.parametrize("steady", [False, True])
def test_a_run_whose_lock_was_taken_ends(web, tmp_path, monkeypatch, steady):
    monkeypatch.setattr(storage_lock, "BEAT", 0.05)
    held = lock(tmp_path, steady=steady)
    held.take()
    began = entry(web)["at"]
    for _ in range(100):
        time.sleep(0.06)
        held.check()  # keeps it fresh
        if entry(web)["at"] > began:
            break
    assert entry(web)["at"] > began
    put(web)
    with pytest.raises(OutputError, match="Another run"):
        for _ in range(100):
            time.sleep(0.06)
            held.check()
    held.release()
    assert entry(web)["run"] == "other"  # what is another's stays

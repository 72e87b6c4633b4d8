"""training/scale.py: what it makes of its samples, ledgers and kills; the run itself takes an hour."""

import json
import os
import sys

import pytest
from conftest import ROOT

from gxml.ledger import Entry, Ledger

if not (ROOT / "training").exists():
    pytest.skip("training/ is not part of the source distribution", allow_module_level=True)
sys.path.insert(0, str(ROOT / "training"))
import scale


def entry(target, code=0, reason=""):
    return Entry(target, target, f"in/{target}.pdf", code, {"status": "review", "reason": reason}, {})


def test_a_ledger_is_read_while_a_run_has_it(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.add(entry("a"))
    assert list(scale.rows_of(tmp_path)) == ["a"]
    before = scale.rows_of(tmp_path, rowid=True)
    ledger.add(entry("b"))
    assert scale.rows_of(tmp_path, rowid=True)["a"] == before["a"]
    ledger.add(entry("a"))  # done again
    assert scale.rows_of(tmp_path, rowid=True)["a"] != before["a"]
    ledger.close()
    assert scale.rows_of(tmp_path / "nowhere") == {}


@pytest.fixture
def work(tmp_path):
    """Two runs of one good report and two bad files, as `run` leaves them."""
    for made in (("a", "digital", "html"), ("b", "bad", "empty"), ("c", "bad", "random bytes")):
        scale.add(tmp_path / "made.jsonl", dict(zip(("name", "kind", "what"), (f"{made[0]}.pdf", *made[1:]), strict=True)))
    for out in ("whole", "killed"):
        (tmp_path / out).mkdir()
        (tmp_path / out / "a.json").write_text("{}")
        ledger = Ledger(tmp_path / out)
        for name, code, reason in (("a", 0, ""), ("b", 3, "b.pdf: the file has zero bytes."), ("c", 3, "c.pdf: no.")):
            row = entry(name, code, reason)
            ledger.add(Entry(row.key, name, str(tmp_path / "in" / f"{name}.pdf"), code, row.outcome, {}))
        ledger.close()
    samples = [[2.0 * k, k, 40.0, {"1": 100.0 + k}] for k in range(20)]
    scale.save(tmp_path / "whole.json", {"seconds": 60.0, "processor time": 30.0, "samples": samples})
    scale.save(tmp_path / "killed.json", {"seconds": 90.0})
    scale.add(tmp_path / "kills.jsonl", {"killed": "run", "results": 1, "rows": scale.rows_of(tmp_path / "killed", rowid=True)})
    return tmp_path


def test_two_runs_that_are_alike(work, capsys):
    found = scale.judged(work)
    for name in ("good ones lost", "bad ones unexplained", "results that differ", "ledger rows that differ"):
        assert found[name] == []
    assert found["readings in the ledger done again"] == 0
    assert found["memory, MiB"]["parent, most in each tenth of the run"] == [40.0] * 10
    assert found["memory, MiB"]["workers, most of each"] == [119.0]
    (work / "R.md").write_text("a\n<!-- gxml scale: begin -->\nold\n<!-- gxml scale: end -->\nb\n", "utf-8")
    scale.save(work / "speed.json", {"two workers against one": "1.9 times as fast"})
    scale.report(work, work / "scale.json", work / "scale.svg", work / "R.md")
    told = (work / "R.md").read_text("utf-8")
    assert told.startswith("a\n") and told.endswith("end -->\nb\n") and "old" not in told
    assert "| two workers against one | 1.9 times as fast |" in told
    assert "| good ones lost | 0 |" in capsys.readouterr().out
    assert json.loads((work / "scale.json").read_text("utf-8"))["reports"] == {"digital": 1, "bad": 2}
    svg = (work / "scale.svg").read_text("utf-8")
    assert svg.startswith("<svg") and "worker 1" in svg and "nan" not in svg


def test_what_is_lost_or_differs_is_named(work):
    ledger = Ledger(work / "killed")
    ledger.add(entry("a", 1, "lost"))
    ledger.close()
    ledger = Ledger(work / "whole")
    ledger.add(Entry("c", "c", str(work / "in" / "c.pdf"), 3, {"status": "failed", "reason": ""}, {}))
    ledger.close()
    (work / "killed" / "a.json").write_text("{ }")
    (work / "whole" / "a.json").rename(work / "whole" / "other.json")
    found = scale.judged(work)
    assert found["good ones lost"] == ["a.pdf"]
    assert found["bad ones unexplained"] == ["c.pdf"]
    assert found["results that differ"] == ["a.json", "other.json"]
    assert found["ledger rows that differ"] == ["a", "c"]
    assert found["readings in the ledger done again"] == 1


def test_memory_of_this_process():
    assert scale.rss(os.getpid()) > 10
    assert scale.rss(2**22 + 1) is None

"""training/full.py: every measurement that the documents name is a step, and a run goes on where it stopped."""

import json
import re
import sys

import pytest
from conftest import ROOT

if not (ROOT / "training").exists():
    pytest.skip("training/ is not part of the source distribution", allow_module_level=True)
sys.path.insert(0, str(ROOT / "training"))
import full
from full import Step, steps, work


@pytest.mark.parametrize("document", ["README.md", "training/RESULTS.md"])
def test_every_script_that_a_document_names_is_a_step(document):
    text = (ROOT / document).read_text("utf-8")
    named = set(re.findall(r"training/\w+\.py", text)) - {"training/full.py"}
    used = {part for s in steps() for command in s.commands for part in command}
    assert named and named <= used
    assert all((ROOT / part).exists() for part in used if part.startswith(("training/", "tests/")))


def test_names_are_those_of_one_step_each():
    names = [s.name for s in steps()]
    assert len(names) == len(set(names))


def test_the_readme_and_the_peers_are_handed_on(tmp_path):
    found = {s.name: s for s in steps(tmp_path / "R.md", ["a=python"], tmp_path / "S.md")}
    (benchmark,) = found["benchmark"].commands
    assert benchmark[-4:] == ("--peer", "a=python", "--readme", str(tmp_path / "R.md"))
    *_, tables, easy, hard = found["scans"].commands
    readme, results = ("--readme", str(tmp_path / "R.md")), ("--results", str(tmp_path / "S.md"))
    assert (tables[-2:], easy[-2:], hard[-4:]) == (results, readme, readme + results)
    assert found["costs"].commands[0][-2:] == ("--readme", str(tmp_path / "S.md"))


def counting(path, name="one", code=0):
    script = f"import sys; open(sys.argv[1], 'a').write('x'); sys.exit({code})"
    return Step(name, "a test", (("-c", script, str(path)),))


def test_what_ended_well_is_not_run_again(tmp_path, capsys):
    out, ran = tmp_path / "out", tmp_path / "ran"
    assert work([counting(ran)], out) == work([counting(ran)], out) == []
    assert ran.read_text() == "x" and "done before" in capsys.readouterr().out
    assert work([counting(ran), counting(tmp_path / "other", "two")], out) == []
    (out / "one.done").write_text(json.dumps([["other", "command"]]))
    work([counting(ran)], out)
    assert ran.read_text() == "xx"


def test_a_step_that_fails_is_named_and_tried_again(tmp_path):
    out, ran = tmp_path / "out", tmp_path / "ran"
    bad, good = counting(ran, "bad", 3), counting(ran, "good")
    assert work([bad, good], out) == ["bad"]
    assert work([bad, good], out) == ["bad"]
    assert ran.read_text() == "xxx" and (out / "bad.log").read_text("utf-8").startswith("$ -c")


def test_what_adds_to_a_file_begins_anew(tmp_path):
    step = Step("bank", "a test", (("-c", "import sys; open(sys.argv[1], 'a').write('x')", "{out}/b"),), fresh="b")
    (tmp_path / "b").write_text("half")
    work([step], tmp_path)
    assert (tmp_path / "b").read_text() == "x"


def test_real_reports_that_are_not_there(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("GXML_REPORTS", raising=False)
    assert work([Step("real", "a test", (("-c", "1 / 0"),), real=True)], tmp_path) == []
    assert "left out" in capsys.readouterr().out


def test_the_list_and_the_choice(tmp_path, capsys):
    assert full.main([str(tmp_path), "--list", "--only", "repair"]) == 0
    said = capsys.readouterr().out
    assert "bank-79 (to do)" in said and "repair (to do)" in said and "scan_accuracy" not in said
    assert f"{tmp_path}/bank-123.jsonl" in said
    with pytest.raises(SystemExit):
        full.main(["--list", "--only", "nothing"])


def test_a_cell_of_the_table_of_fact_readers(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "training"))
    import fact_readers

    from gxml.evaluate_facts import Score

    assert fact_readers.said(Score(9, 0, 1, (0.8, 1.0))) == ".947 (1.000, .900; .800–1.000)"
    assert fact_readers.said(Score(0, 1, 1, (0.0, 0.0))) == ".000 (.000, .000; .000–.000)"

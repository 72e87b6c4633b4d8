"""`gxml evaluate` on folders: which files go together, what is saved, what a page shows, exit codes."""

import json
import re

import pytest

import gxml
from gxml import cli, synth
from gxml.errors import BrokenFileError, FileMissingError, UsageError
from gxml.evaluate import evaluate, save
from gxml.evaluate_page import save_page
from gxml.truth import load_truth, pairs

pytest.importorskip("apted", reason="evaluation needs apted")


@pytest.fixture
def folders(tmp_path):
    """Two generated reports with their truth, and what gxml read in them."""
    made, out = tmp_path / "made", tmp_path / "out"
    made.mkdir()
    for seed in (31, 32):
        report = synth.generate(seed, edition="2021")
        path = synth.write(report, "html", made / f"r{seed}.html", seed)
        (made / f"r{seed}.truth.json").write_text(json.dumps(synth.truth(report, "html", seed)), "utf-8")
        gxml.read(path).save(out / f"r{seed}.json")
    return made, out


def change(path, cell, value):
    data = json.loads(path.read_text("utf-8"))
    next(c for c in data["cells"] if c["id"] == cell)["value"] = value
    path.write_text(json.dumps(data, ensure_ascii=False), "utf-8")


CELL = "requests.received.total"


def test_what_gxml_reads_in_its_own_reports(folders):
    made, out = folders
    s = evaluate(made, out).summary
    assert s.cells.exact == s.cells.cells > 350
    assert s.rows.right == s.rows.rows
    assert s.teds.content == s.teds.structure == 1.0
    assert s.teds.tables == 6
    assert s.facts.missed <= 0.1 * (s.facts.found + s.facts.missed)
    assert s.facts_complete.f1 > 0.9
    assert s.prose.rate < 0.1
    assert s.reviews.reports == 2


def test_a_silent_error_is_found_and_ends_with_a_code(folders, tmp_path, capsys):
    made, out = folders
    change(out / "r31.json", CELL, 987654)
    result = evaluate(made, out)
    assert [(w.name, w.cell.id, w.cell.outcome) for w in result.errors] == [("r31", CELL, "silent")]
    assert result.summary.teds.content < result.summary.teds.structure == 1.0
    with pytest.raises(SystemExit) as e:
        cli.main(["evaluate", str(made), str(out), "-o", str(tmp_path / "res"), "-q"])
    assert e.value.code == 8
    saved = json.loads((tmp_path / "res" / "evaluation.json").read_text("utf-8"))
    assert saved["cells"]["silent"] == 1
    assert saved["errors"][0]["id"] == CELL
    page = (tmp_path / "res" / "evaluation.html").read_text("utf-8")
    assert "987654" in page
    assert not re.search(r"(src|href)=.(?!data:)", page)  # nothing outside of the file


def test_a_page_of_a_report_whose_text_is_a_script(folders, tmp_path):
    made, out = folders
    path = out / "r31.json"
    data = json.loads(path.read_text("utf-8"))
    cell = next(c for c in data["cells"] if c["id"] == CELL)
    cell["value"], cell["raw"] = 987654, "<script>alert(1)</script>"
    path.write_text(json.dumps(data), "utf-8")
    page = save_page(evaluate(made, out, teds=False), tmp_path / "e.html").read_text("utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_a_wrong_cell_of_a_pdf_is_shown(tmp_path):
    pytest.importorskip("fpdf", reason="printing reports needs fpdf2")
    report = synth.generate(33, edition="2021")
    path = synth.write(report, "pdf", tmp_path / "r.pdf", 33)
    (tmp_path / "r.truth.json").write_text(json.dumps(synth.truth(report, "pdf", 33)), "utf-8")
    gxml.read(path).save(tmp_path / "out" / "r.json")
    change(tmp_path / "out" / "r.json", CELL, 987654)
    page = save_page(evaluate(tmp_path, tmp_path / "out"), tmp_path / "e.html").read_text("utf-8")
    assert page.count("data:image/png;base64,") == 1


def test_the_same_reports_give_the_same_bytes(folders, tmp_path):
    made, out = folders
    one = save(evaluate(made, out), tmp_path / "a.json").read_bytes()
    assert save(evaluate(made, out), tmp_path / "b.json").read_bytes() == one


def test_a_report_without_a_result_and_one_that_is_damaged(folders):
    made, out = folders
    (out / "r31.json").unlink()
    (out / "r32.json").write_text('{"schema_version": "1.0", "source": {"text_sha256": ""}}', "utf-8")
    result = evaluate(made, out, teds=False)
    assert [name for name, _ in result.unread] == ["r31", "r32"]
    assert result.summary.reviews.unread == 2
    cells = result.summary.cells
    assert cells.silent == cells.cells - cells.groups["digits"]["blank"].cells > 100


def test_which_files_go_together(folders):
    made, out = folders
    (out / "r31.json").rename(out / "r31.html.json")
    (out / "sub").mkdir()
    (out / "r32.json").rename(out / "sub" / "r32.json")
    assert [(p.name, p.prediction and p.prediction.name) for p in pairs(made, out)] == [
        ("r31.html", "r31.html.json"),
        ("r32", "r32.json"),
    ]
    (out / "r32.json").write_bytes((out / "sub" / "r32.json").read_bytes())
    assert pairs(made, out)[1].prediction == out / "r32.json"  # the same folder goes first
    one = pairs(made / "r32.truth.json", out / "sub" / "r32.json")
    assert [p.name for p in one] == ["r32"]


def test_errors_that_say_what_to_do(folders, tmp_path):
    made, out = folders
    with pytest.raises(FileMissingError, match="no file"):
        pairs(out, out)
    with pytest.raises(FileMissingError, match="does not exist"):
        pairs(tmp_path / "none", out)
    with pytest.raises(UsageError):
        pairs(made, out / "r31.json")
    bad = tmp_path / "bad.truth.json"
    bad.write_text('{"cells": 3}', "utf-8")
    with pytest.raises(BrokenFileError, match="fields are wrong"):
        load_truth(bad)


def test_facts_by_their_places(folders, tmp_path):
    from gxml.annotate import Meta, make_annotation, write_annotation
    from gxml.config import Options
    from gxml.pipeline import load

    made, out = folders
    path = made / "r31.html"
    report = gxml.read(path)
    spans = {(f.start, f.end): f for f in report.facts}
    _first, *rest = [
        {"start": a, "end": b, "labels": (f.type,), "value": f.value, "unit": f.raw_unit, "approximate": f.approximate}
        for (a, b), f in sorted(spans.items())
        if sum(g.start == a for g in report.facts) == 1
    ]
    assert rest
    meta = Meta(annotator="test", kind="model", date="2026-11-22", complete=True, guidelines="1.0")
    write_annotation(make_annotation(load(path, Options()), rest, meta), tmp_path / "notes" / "r31.json")
    s = evaluate(made, out, annotations=tmp_path / "notes", sources=[made], teds=False).summary
    assert s.fact_types[report.facts[0].type].wrong >= 1  # the one that the annotation leaves out
    assert s.facts_complete.f1 < 1

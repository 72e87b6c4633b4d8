"""A small fixed set of scanned pages; the whole measurement is training/scan_accuracy.py."""

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from conftest import ROOT
from scoring import score

import gxml
from gxml import synth, synth_scan
from gxml.synth_compose import compose
from gxml.synth_grids import grid_of, score_page
from gxml.synth_pdf import draw_pdf_style, write_pdf
from gxml.synth_quirks import disturb

pytest.importorskip("fpdf", reason="printing reports needs fpdf2")
SEED = 404
"""A report with a dense section 三, ruled."""


@cache
def report():
    return synth.generate(SEED, edition="2021", density="dense")


def scanned(folder, level, seed):
    path = synth.write(report(), "pdf", folder / "report.pdf", SEED)
    scan = folder / f"{level}.pdf"
    synth_scan.write_pdf(synth_scan.scan_pdf(path, level, seed), scan)
    return path, scan


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("level", "least"), [("office150", 0.999), ("hard150", 0.98), ("turned90", 0.999)])
def test_a_scanned_report(tmp_path, level, least):
    path, scan = scanned(tmp_path, level, 5)
    read = gxml.read(scan)
    result = score(synth.truth(report(), "pdf", SEED), read)
    assert result.silent == []
    assert len(result.exact) >= least * (len(result.exact) + len(result.flagged))
    assert len(result.doubted) <= (0.01 if least > 0.99 else 0.1) * len(result.exact)
    assert read.year.value == report().year
    if level == "turned90":  # boxes are places on the page as it is shown: a quarter turn clockwise
        x0, y0, x1, y1 = gxml.read(path).cells["requests.received.total"].bbox
        height = 841.89
        box = read.cells["requests.received.total"].bbox
        assert all(abs(a - b) < 8 for a, b in zip(box, (height - y1, x0, height - y0, x1), strict=True))


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("ruling", "level"), [("none", "hard150"), ("three", "fax")])
def test_tables_without_upright_rulings(tmp_path, ruling, level):
    made = synth.generate(960_025, edition="2021")
    style = replace(draw_pdf_style(960_025), ruling=ruling)
    path = tmp_path / "report.pdf"
    path.write_bytes(write_pdf(disturb(compose(made, 960_025), "pdf", 960_025), 960_025, style))
    scan = tmp_path / "scan.pdf"
    synth_scan.write_pdf(synth_scan.scan_pdf(path, level, 7), scan)
    result = score(synth.truth(made, "pdf", 960_025), gxml.read(scan))
    assert result.silent == []
    assert len(result.exact) >= 0.98 * (len(result.exact) + len(result.flagged))


def test_scores_of_grids_can_be_written():
    grid = grid_of([(0.0, 0.0, 40.0, 15.0), (40.0, 0.0, 80.0, 15.0)])
    scores, _ = score_page([grid], [grid], lambda box: tuple(np.asarray(box)))
    assert json.loads(json.dumps([[s.right, s.cells, s.held] for s in scores])) == [[True, 2, 2]]


def test_tables_go_where_they_belong(tmp_path, monkeypatch):
    if not (ROOT / "training").exists():
        pytest.skip("training/ is not part of the source distribution")
    monkeypatch.syspath_prepend(str(ROOT / "training"))
    import scan_accuracy

    cells = {"right": [[0.999, 1, 0], [0.9, 0, 1]], "strange": [], "accepted": False}
    wrong = {"id": "a", "truth": 3, "confidence": 0.5, "flagged": True}
    record = {
        **{"set": "generated", "name": 1, "level": "fax", "ruling": "boxes", "pages": 2, "seconds": 4.0, **cells, "wrong": [wrong]},
        **{k: [1, 2] for k in ("grid", "held", "prose", "facts")},
        **{k: True for k in ("editions", "year", "issuer")},
        "repaired": {**cells, "right": [*cells["right"], [0.5, 1, 0]], "wrong": [], "accepted": True},
    }
    records, short, long = tmp_path / "r.jsonl", tmp_path / "README.md", tmp_path / "RESULTS.md"
    records.write_text(json.dumps(record) + "\n")
    for path in (short, long):
        path.write_text("before\n<!-- gxml scans: begin -->\n<!-- gxml scans: end -->\nafter\n")
    monkeypatch.setattr("sys.argv", ["scan_accuracy.py", "report", str(records), "--readme", str(short), "--results", str(long)])
    scan_accuracy.main()
    assert "| fax | 1 | 100.00 % of 3 | 0, 0 | 33.33 % | 1 |" in short.read_text().splitlines()
    lines = long.read_text().splitlines()
    assert "| fax | 3 | 1, 0 | 0, 0 | 0 | 50.00 % | 33.33 % | 0 of 1 | 1 of 1 |" in lines and lines[-1] == "after"
    other = tmp_path / "hard.md"
    other.write_text("<!-- gxml hard scans: begin -->\n<!-- gxml hard scans: end -->\n")
    for levels, there in (("photo", False), ("fax,photo", True)):
        monkeypatch.setattr("sys.argv", ["scan_accuracy.py", "report", str(records), "--levels", levels, "--marks", "hard scans", "--readme", str(other)])
        scan_accuracy.main()
        assert ("| fax | 1 |" in other.read_text()) is there

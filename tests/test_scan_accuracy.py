"""A small fixed set of scanned pages; the whole measurement is training/scan_accuracy.py."""

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
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

import json
from functools import cache

import pytest
from conftest import ROOT
from scoring import score

import gxml
from gxml import synth_scan
from gxml.config import Options
from gxml.document import Table
from gxml.imaging import RawPage
from gxml.pipeline import load
from gxml.scan import ScannedTable, read_scan

SAMPLE = ROOT / "gxml" / "sample" / "qinghe_2024.pdf"


@cache
def truth():
    return json.loads((SAMPLE.parent / "qinghe_2024.truth.json").read_text("utf-8"))


@cache
def table_page():
    document = load(SAMPLE, Options())
    return max((b for b in document.blocks if isinstance(b, Table)), key=lambda t: len(t.cells))


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("level", ["office150", "photo"])
def test_a_scan_reads_as_its_report(tmp_path, level):
    path = tmp_path / "scan.pdf"
    synth_scan.write_pdf(synth_scan.scan_pdf(SAMPLE, level, 3), path)
    report = gxml.read(path)
    result = score(truth(), report)
    assert result.silent == []
    assert len(result.flagged) <= 0.01 * len(result.exact)
    assert {p.reader for p in report.source.page_readers} == {"rapid"}
    cell = report.cells["requests.received.total"]
    assert cell.reader == "rapid" and cell.bbox is not None and cell.confidence > 0.9
    if level != "photo":  # a scan is as large as its page: the box is where the digital page has the cell
        plain = gxml.read(SAMPLE).cells["requests.received.total"].bbox
        assert all(abs(a - b) < 6 for a, b in zip(cell.bbox, plain, strict=True))


def test_the_grid_of_a_scanned_page():
    table = table_page()
    (page,) = synth_scan.scan_pdf(SAMPLE, "office150", 5, [table.page])
    height, width = page.image.shape[:2]
    raw = RawPage(1, page.image, page.dpi, (width * 72 / page.dpi[0], height * 72 / page.dpi[1]))
    scanned = read_scan(raw)
    found = max((i for i in scanned.items if isinstance(i, ScannedTable)), key=lambda t: len(t.cells))
    assert len(found.cells) == len(table.cells)
    numbers = [c.text for c in table.cells if c.text.isdigit()]
    assert [c.text for c in found.cells if c.text.isdigit()] == numbers


def test_an_image_file_is_read(tmp_path):
    (page,) = synth_scan.scan_pdf(SAMPLE, "clean200", 5, [table_page().page])
    (path,) = synth_scan.write_images([page], tmp_path, "page")
    report = gxml.read(path)
    assert report.source.kind == "image"
    assert sum(c.status == "read" for c in report.cell_list) > 100


def test_without_ocr_a_scan_is_only_reported(tmp_path):
    path = tmp_path / "scan.pdf"
    synth_scan.write_pdf(synth_scan.scan_pdf(SAMPLE, "office150", 3, [1]), path)
    report = gxml.read(path, Options(ocr=False))
    assert report.cell_list == []
    assert "SRC.OCR_NEEDED" in {f.rule for f in report.findings}

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pypdfium2
import pytest
from conftest import ROOT
from PIL import Image
from rapidfuzz.fuzz import ratio
from scoring import score

import gxml
from gxml import imaging, synth_scan
from gxml.config import Options
from gxml.document import Page, SourceNote, Table
from gxml.errors import EmptyFileError
from gxml.geometry import Grid, GridCell
from gxml.imaging import Preparation
from gxml.lines import TextLine
from gxml.pages import PageContent, PlacedTable, assemble
from gxml.pipeline import load
from gxml.rawpages import RawPage
from gxml.scan import ScannedPage, _without_headings, preparation, read_scan, scan_page
from gxml.sources import identify

SAMPLE = ROOT / "gxml" / "sample" / "qinghe_2024.pdf"


@cache
def truth():
    return json.loads((SAMPLE.parent / "qinghe_2024.truth.json").read_text("utf-8"))


@cache
def digital():
    return load(SAMPLE, Options())


@cache
def table_page() -> Table:
    return max((b for b in digital().blocks if isinstance(b, Table)), key=lambda t: len(t.cells))


def as_raw(page: synth_scan.Degraded) -> RawPage:
    return RawPage.of(1, page.image, page.dpi)


@cache
def scanned_table_page(level: str) -> ScannedPage:
    (page,) = synth_scan.scan_pdf(SAMPLE, level, 5, [table_page().page])
    return read_scan(as_raw(page))


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_scan_reads_as_its_report(tmp_path):
    path = tmp_path / "scan.pdf"
    synth_scan.write_pdf(synth_scan.scan_pdf(SAMPLE, "office150", 3), path)
    report = gxml.read(path)
    result = score(truth(), report)
    assert result.silent == []
    assert len(result.flagged) <= 0.01 * len(result.exact)
    assert {p.reader for p in report.source.page_readers} == {"rapid"}
    cell = report.cells["requests.received.total"]
    assert cell.reader == "rapid" and cell.bbox is not None and cell.confidence > 0.9
    # a scan is as large as its page: the box is where the digital page has the cell
    plain = gxml.read(SAMPLE).cells["requests.received.total"].bbox
    assert all(abs(a - b) < 6 for a, b in zip(cell.bbox, plain, strict=True))


def test_the_grid_of_a_scanned_page():
    table = table_page()
    scanned = scanned_table_page("office150")
    found = max((i for i in scanned.items if isinstance(i, PlacedTable)), key=lambda t: len(t.cells))
    assert len(found.cells) == len(table.cells)
    numbers = [c.text for c in table.cells if c.text.isdigit()]
    assert [c.text for c in found.cells if c.text.isdigit()] == numbers


def test_what_stands_between_tables_with_horizontal_rules_is_no_table_of_one_cell():
    boxes = [(70.0, 100.0, 200.0, 120.0), (200.0, 100.0, 520.0, 120.0)]
    cells = tuple(GridCell(0, k, 1, 1, b) for k, b in enumerate(boxes))
    table = Grid((70, 100, 520, 120), (70, 200, 520), (100, 120), cells)
    heading = Grid((70, 300, 520, 340), (70, 520), (300, 340), (GridCell(0, 0, 1, 1, (70, 300, 520, 340)),))
    ends = [(70.0, y, 520.0, y + 0.6) for y in (100, 120, 300, 340)]
    assert _without_headings([table, heading], ends) == [table, heading]
    rows = [(70.0, 360.0 + 20 * k, 520.0, 360.6 + 20 * k) for k in range(6)]
    assert _without_headings([table, heading], [*ends, *rows]) == [table]


def test_what_stands_between_the_rules_of_one_open_table_is_no_table():
    def grid(y0: float, y1: float, *xs: float) -> Grid:
        cells = tuple(GridCell(0, k, 1, 1, (a, y0, b, y1)) for k, (a, b) in enumerate(pairwise(xs)))
        return Grid((xs[0], y0, xs[-1], y1), xs, (y0, y1), cells)

    # a band above heads, behind which the page ends; two rules alone may be the caption of a table with upright rulings
    band = grid(696, 721, 70, 520)
    rules = [(70.0, y, 520.0, y + 0.6) for y in (696.0, 721.0, 747.0)]
    assert _without_headings([band], rules) == [] and _without_headings([band], rules[:2]) == [band]
    # strokes of a label on three lines
    strokes = grid(280, 320, 150, 166, 520)
    rules = [(70.0, 160.0 + 40 * k, 520.0, 160.6 + 40 * k) for k in range(8)]
    assert _without_headings([strokes], rules) == []
    assert _without_headings([strokes], [r for r in rules if r[1] < 320 or r[1] > 390]) == [strokes]


def test_a_line_of_prose_is_one_line():
    (page,) = synth_scan.scan_pdf(SAMPLE, "clean200", 5, [1])
    found = [i.text for i in read_scan(as_raw(page)).items if isinstance(i, TextLine)]
    printed = [b.text for b in digital().blocks if not isinstance(b, Table) and b.page == 1]
    assert len(found) - len(printed) in (0, 1)  # the page number is a line of the page, and none of the document
    assert all(ratio(a, b) > 90 for a, b in zip(printed, found, strict=False))  # in order, none cut in two


def test_a_page_that_was_put_on_its_head_is_turned_back(monkeypatch):
    """What the shapes of glyphs say of a fax may be wrong; that its text cannot be read says so."""
    (page,) = synth_scan.scan_pdf(SAMPLE, "clean200", 5, [1])
    cut = replace(page, image=page.image[:1100])
    monkeypatch.setattr(imaging, "upside_down", lambda gray, lines: (True, 1.0))
    scanned = read_scan(as_raw(cut))
    printed = "".join(b.text for b in digital().blocks if not isinstance(b, Table) and b.page == 1)
    first = next(i for i in scanned.items if isinstance(i, TextLine))
    assert "".join(first.text.split()) in "".join(printed.split())
    assert scanned.prepared.turn == 0 and scanned.prepared.displayed(first.bbox)[1] < 400
    assert read_scan(as_raw(cut), how=Preparation(orientation=False)).prepared.turn == 0  # not asked for


def test_an_image_file_is_read(tmp_path):
    (page,) = synth_scan.scan_pdf(SAMPLE, "clean200", 5, [table_page().page])
    (path,) = synth_scan.write_images([page], tmp_path, "page")
    report = gxml.read(path)
    assert report.source.kind == "image"
    assert sum(c.status == "read" for c in report.cell_list) > 100


def test_a_tiff_is_read_page_by_page(tmp_path):
    path = tmp_path / "fax.tif"
    first, second = synth_scan.scan_pdf(SAMPLE, "clean200", 5, [1, 2])
    feet = [replace(p, image=np.concatenate([p.image[:500], p.image[-250:]])) for p in (first, second)]
    synth_scan.write_tiff(feet, path)
    document = load(path, Options())
    assert [p.number for p in document.pages] == [1, 2]
    assert {b.page for b in document.blocks} == {1, 2}


def test_page_numbers_of_scans_are_no_text():
    def content(number: int, foot: str) -> PageContent:
        lines = (TextLine(f"正文第{number}页的内容", (90, 100, 300, 114)), TextLine(foot, (280, 790, 310, 800)))
        return PageContent(Page(number, 595, 842, "rapid", ""), 842, lines)

    opened = identify(SAMPLE, Options())
    # an em dash is often read as the numeral one
    document = assemble([content(1, "-1-"), content(2, "一2一"), content(3, "3")], opened, "image", [])
    assert [b.text for b in document.blocks] == [f"正文第{n}页的内容" for n in (1, 2, 3)]


@pytest.mark.parametrize("scanned", [True, False])
def test_a_running_head_that_is_misread_once_is_no_text(scanned):
    def content(number: int, head: str) -> PageContent:
        sure = (0.9,) * len(head) if scanned else ()
        lines = (TextLine(head, (90, 40, 300, 54), sure), TextLine(f"正文第{number}页的内容", (90, 100, 300, 114)))
        return PageContent(Page(number, 595, 842, "rapid", ""), 842, lines)

    opened = identify(SAMPLE, Options())
    heads = [
        "青禾县政府信息公开年度报告",
        "青禾县政府信息公开年度报吿",
        "青禾县政府信息公幵年度报告",
        "青禾县政府信息公开年度报告",
    ]
    document = assemble([content(n, h) for n, h in enumerate(heads, 1)], opened, "image", [])
    body = [f"正文第{n}页的内容" for n in (1, 2, 3, 4)]
    assert ([b.text for b in document.blocks] == body) == scanned  # what is printed differently may mean something


def test_a_photograph_is_read(tmp_path):
    pages = synth_scan.scan_pdf(SAMPLE, "photo", 8, [table_page().page])
    (path,) = synth_scan.write_images(pages, tmp_path, "photo", "jpg")
    report = gxml.read(path)
    wrong = [i for i, v in truth()["cells"].items() if i in report.cells and report.cells[i].value != v]
    right = [i for i, v in truth()["cells"].items() if i in report.cells and report.cells[i].value == v]
    assert len(right) > 100 and not [i for i in wrong if report.cells[i].status == "read"]


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_digital_and_scanned_pages_mix(tmp_path):
    """The pages of the largest table are scans, all others are as they were."""
    page = table_page().page
    scan = tmp_path / "scan.pdf"
    synth_scan.write_pdf(synth_scan.scan_pdf(SAMPLE, "office200", 3, [page]), scan)
    mixed = pypdfium2.PdfDocument.new()
    digital_pages, scanned = pypdfium2.PdfDocument(SAMPLE), pypdfium2.PdfDocument(scan)
    for number in range(1, len(digital_pages) + 1):
        mixed.import_pages(*((scanned, [0]) if number == page else (digital_pages, [number - 1])))
    mixed.save(tmp_path / "mixed.pdf")
    report = gxml.read(tmp_path / "mixed.pdf")
    readers = {p.page: p.reader for p in report.source.page_readers}
    assert readers.pop(page) == "rapid" and set(readers.values()) == {"text-layer"}
    result = score(truth(), report)
    assert result.silent == [] and result.flagged == []
    assert {c.reader for c in report.cell_list} >= {"rapid", "text-layer"}


def test_the_place_of_a_seal_is_reported():
    (page,) = synth_scan.scan_pdf(SAMPLE, "hard150", 5, [table_page().page])
    seal = page.to_pixels(np.array(page.seal).reshape(2, 2)) + np.array([[-30], [30]])
    x0, y0, x1, y1 = (int(v) for v in seal.ravel())
    image = page.image[max(0, y0) : y1, max(0, x0) : x1]  # no more than the seal: reading takes time
    raw = RawPage(3, image, page.dpi, (image.shape[1] * 72 / 150, image.shape[0] * 72 / 150))
    notes: list[SourceNote] = []
    scan_page(raw, "x.png", "图片文件", Options(), notes)
    (note,) = [n for n in notes if n.code == "SEAL"]
    assert note.page == 3 and note.severity == "info"
    place = [float(v) for v in note.message.split("：")[-1].rstrip("。").split("、")]
    edge = 30 * 72 / 150
    assert np.abs(np.array(place) - [edge, edge, raw.size[0] - edge, raw.size[1] - edge]).max() < 9
    notes.clear()
    scan_page(raw, "x.png", "图片文件", Options(skip_steps=("seal",)), notes)
    assert [n.code for n in notes] == ["OCR"]


def test_steps_can_be_left_out(tmp_path):
    assert preparation(Options()).seal and preparation(Options()).resolution
    how = preparation(Options(skip_steps=("deskew", "light")))
    assert (how.deskew, how.light, how.orientation) == (False, False, True)
    with pytest.raises(ValueError, match="skip_steps"):
        Options(skip_steps=("nothing",))


def test_a_blank_picture_is_an_input_error(tmp_path):
    Image.new("L", (1240, 1754), 255).save(tmp_path / "blank.png", dpi=(150, 150))
    with pytest.raises(gxml.InputError):
        gxml.read(tmp_path / "blank.png")


def test_without_ocr_a_scan_is_only_reported(tmp_path):
    path = tmp_path / "scan.pdf"
    synth_scan.write_pdf(synth_scan.scan_pdf(SAMPLE, "office150", 3, [1]), path)
    report = gxml.read(path, Options(ocr=False))
    assert report.cell_list == []
    assert "SRC.OCR_NEEDED" in {f.rule for f in report.findings}


@pytest.mark.parametrize("size", [(1, 1), (5000, 2), (2, 5000), (400, 6)])
def test_a_picture_that_holds_no_line_of_text_is_a_clear_error(size, tmp_path):
    path = tmp_path / "strip.png"
    Image.new("L", size, 0 if size[1] == 6 else 255).save(path)
    with pytest.raises(EmptyFileError, match="blank"):
        gxml.read(path)

"""Repair inside the pipeline, and what `gxml explain` says of it: the sample report as if it had been scanned."""

from dataclasses import replace
from functools import cache

import pytest
from conftest import ROOT

from gxml.cli import main
from gxml.config import Options, RepairSettings
from gxml.document import OcrCell, Table
from gxml.errors import UsageError
from gxml.evidence import save_crop
from gxml.numerals import squeeze
from gxml.pipeline import interpret, load
from gxml.repair_explain import explain
from gxml.report import Report

SAMPLE = ROOT / "gxml" / "sample" / "qinghe_2024.pdf"
CELL = "requests.granted.natural_person"


@cache
def sample():
    return load(SAMPLE, Options())


def misread(document, box, text, second, sure=0.7):
    """The document with all pages read from pictures and the cell at `box` read as `text`."""

    def cell(c):
        printed = squeeze(c.text)
        if not printed.isdigit():
            return replace(c, ocr=OcrCell(0.999, "rapid"))
        if c.bbox != box:
            return replace(c, ocr=OcrCell(0.9996, "rapid", printed, ((printed, 0.999), (printed, 0.999))))
        lists = (((text, sure), (printed, 1 - sure)), ((second, 0.9), (text if second != text else printed, 0.1)))
        pair = ((text, sure), (second, 0.9))
        return replace(c, text=text, ocr=OcrCell(sure, "rapid", second, pair, *lists, again=(text, second, second)))

    blocks = tuple(
        replace(b, cells=tuple(cell(c) for c in b.cells)) if isinstance(b, Table) else b for b in document.blocks
    )
    return replace(document, blocks=blocks, pages=tuple(replace(p, reader="rapid") for p in document.pages))


def read_as(text, second=None, settings=None):
    true = interpret(sample()).cells[CELL]
    second = str(true.value) if second is None else second
    options = Options(repair=settings or RepairSettings())
    return true.value, interpret(misread(sample(), true.bbox, text, second), options)


def kinds(report, cell=CELL):
    return {f.kind for f in report.findings if cell in f.cells}


def test_a_misread_cell_is_corrected_and_the_report_accepted():
    value, report = read_as("1")
    cell = report.cells[CELL]
    assert (cell.value, cell.status, cell.raw) == (value, "corrected", "1") and cell.rules
    assert report.status == "accepted" and kinds(report) == {"structure"}
    assert [f.severity for f in report.findings if CELL in f.cells] == ["info"]
    _, before = read_as("1", settings=RepairSettings(enabled=False))
    assert (before.cells[CELL].value, before.status) == (1, "review")
    assert {i for i, c in report.cells.items() if c.value != before.cells[i].value} == {CELL}


ROW = "requests.partly_granted"


def run_together(digits, second=None):
    """Two cells of a row are one, beside another cell of their column that is misread; from pictures, or not."""
    true = interpret(sample())
    ids = [f"{ROW}.natural_person", f"{ROW}.business_enterprise"]
    boxes = [true.cells[i].bbox for i in ids]
    document = misread(sample(), true.cells[CELL].bbox, "1", second or str(true.cells[CELL].value))

    def one(c):
        both = (*boxes[0][:2], *boxes[1][2:])
        return replace(c, text=digits, colspan=2, bbox=both, ocr=OcrCell(0.999, "rapid")) if c.bbox == boxes[0] else c

    def joined(table):
        return replace(table, cells=tuple(one(c) for c in table.cells if c.bbox != boxes[1]))

    blocks = tuple(joined(b) if isinstance(b, Table) else b for b in document.blocks)
    return true, replace(document, blocks=blocks)


@pytest.mark.parametrize("digits", ["10", "1 0"])
def test_a_row_that_runs_together_is_read_with_the_correction_beside_it(digits):
    true, document = run_together(digits)
    report = interpret(document)
    assert report.cells[CELL].status == "corrected" and report.status == "accepted"
    row = [i for i in report.cells if i.startswith(f"{ROW}.")]
    assert [(report.cells[i].value, report.cells[i].status) for i in row] == [
        (true.cells[i].value, "derived") for i in row
    ]
    (said,) = (f for f in report.findings if f.rule == "STR.ROW")
    assert said.severity == "info" and set(said.cells) == set(row)
    assert not any(f.severity == "error" for f in report.findings)


def test_a_row_that_runs_together_stands_where_a_swapped_header_has_it():
    true, document = run_together("10")
    names = {"自然\n人": "科研\n机构", "科研\n机构": "自然\n人"}

    def headed(table):
        return replace(table, cells=tuple(replace(c, text=names.get(c.text, c.text)) for c in table.cells))

    blocks = tuple(headed(b) if isinstance(b, Table) else b for b in document.blocks)
    report = interpret(replace(document, blocks=blocks))
    other = {"natural_person": "research_institution", "research_institution": "natural_person"}
    row = {i.split(".")[-1]: c for i, c in report.cells.items() if i.startswith(f"{ROW}.")}
    assert {c.status for c in row.values()} == {"derived"}
    assert {k: c.value for k, c in row.items()} == {k: true.cells[f"{ROW}.{other.get(k, k)}"].value for k in row}
    assert report.cells["requests.granted.research_institution"].value == true.cells[CELL].value
    assert all("STR.COLUMNS" in {f.rule for f in report.findings if f"{ROW}.{k}" in f.cells} for k in other)


def test_a_row_stays_open_where_nothing_is_corrected_beside_it():
    _, document = run_together("10")
    report = interpret(document, Options(repair=RepairSettings(enabled=False)))
    assert {report.cells[f"{ROW}.{c}"].value for c in ("natural_person", "business_enterprise")} == {None}
    # no reader has read the number beside it right: that is only suspected, and the row proved by nothing
    report = interpret(run_together("10", second="1")[1])
    assert report.cells[CELL].status == "read" and report.status == "review"
    assert report.cells[f"{ROW}.natural_person"].value is None


def test_a_row_of_a_text_layer_is_left_to_its_equations():
    _, document = run_together("10")
    plain = tuple(
        replace(b, cells=tuple(replace(c, ocr=None) for c in b.cells)) if isinstance(b, Table) else b
        for b in document.blocks
    )
    report = interpret(replace(document, blocks=plain, pages=sample().pages))
    assert report.cells[f"{ROW}.natural_person"].value is None and not any(
        c.status == "corrected" for c in report.cell_list
    )


def test_without_a_second_reading_it_is_flagged():
    value, report = read_as("1", "1")
    cell = report.cells[CELL]
    assert (cell.value, cell.status, report.status) == (1, "read", "review")
    (suspect,) = [f for f in report.findings if f.rule == "REPAIR.SUSPECT"]
    assert (suspect.cells, suspect.expected, suspect.observed) == ([CELL], value, 1)


def test_no_value_from_a_text_layer_changes():
    true = interpret(sample()).cells[CELL]

    def wrong(c):
        return replace(c, text="1") if c.bbox == true.bbox else c

    blocks = tuple(
        replace(b, cells=tuple(wrong(c) for c in b.cells)) if isinstance(b, Table) else b for b in sample().blocks
    )
    report = interpret(replace(sample(), blocks=blocks))
    assert (report.cells[CELL].value, report.cells[CELL].status) == (1, "read")
    assert "source_inconsistent" in kinds(report) and "REPAIR.SUSPECT" not in {f.rule for f in report.findings}


def test_the_same_bytes_each_time(tmp_path):
    files = [read_as("1")[1].save(tmp_path / f"{n}.json").read_bytes() for n in range(2)]
    assert files[0] == files[1]


def test_explain_says_what_was_read_and_why_it_changed(tmp_path, capsys):
    value, report = read_as("1")
    text = explain(report, CELL)
    assert "识读：“1”（rapid）" in text and f"另一识读器：“{value}”" in text and "再次识读" in text
    assert "识读时不成立" in text and "现在成立" in text and "余量：4.6" in text and "已更正" in text
    saved = report.save(tmp_path / "report.json")
    assert explain(Report.load(saved), CELL) == text
    with pytest.raises(SystemExit) as end:
        main(["explain", str(saved), CELL, "--source", str(SAMPLE)])
    assert not end.value.code
    shown = capsys.readouterr().out
    assert all(line in shown for line in text.splitlines())
    (crop,) = (tmp_path / "evidence").iterdir()
    assert crop.read_bytes().startswith(b"\x89PNG")


def test_explain_of_a_cell_that_was_left(tmp_path):
    _, report = read_as("1", "1")
    text = explain(report, CELL)
    assert "没有更正的原因：没有识读器读出这个数" in text and "REPAIR.SUSPECT" in text
    plain = explain(interpret(sample()), "disclosure.regulations.issued")
    assert "照印刷读取" in plain and "不在任何勾稽关系中" not in explain(report, "requests.received.total")
    with pytest.raises(UsageError, match="no cell"):
        explain(report, "requests.nothing")
    other = tmp_path / "other.pdf"
    other.write_bytes(SAMPLE.read_bytes() + b"\n")
    with pytest.raises(UsageError, match="not the file"):
        save_crop(report, CELL, other, tmp_path)

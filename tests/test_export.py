from __future__ import annotations

import csv
import hashlib
import json
import os
from pathlib import Path

import openpyxl
import pytest
from conftest import MakeReport

from gxml import Report, export
from gxml.errors import BrokenFileError, FileMissingError, FormError, OutputError
from gxml.formgrid import slots
from gxml.report import Fact, Finding
from gxml.template import editions

TOTAL = "requests.received.total"


def finding(severity: str = "error", cell: str = TOTAL, message: str = "各类申请人之和为0，“总计”为12") -> Finding:
    return Finding.model_validate(
        {
            "rule": "T3.ROW.received",
            "kind": "source_inconsistent",
            "severity": severity,
            "cells": [cell],
            "expected": 0,
            "observed": 12,
            "message": message,
        }
    )


# ---- JSON -----------------------------------------------------------------------------------------------------------


def test_json_has_the_contract_keys_in_order_then_the_extra_ones(make_report: MakeReport, tmp_path: Path) -> None:
    report = make_report(cells={TOTAL: {"implied": 7}})
    data = json.loads(report.save(tmp_path / "a.json").read_text("utf-8"))
    assert list(data) == [
        "schema_version", "source", "issuer", "year", "editions", "status", "cells", "facts", "findings",
    ]  # fmt: skip
    cell = next(c for c in data["cells"] if c["id"] == TOTAL)
    assert list(cell) == [
        "id", "value", "raw", "unit", "status", "confidence", "reader", "page", "bbox", "span", "rules", "implied",
    ]  # fmt: skip
    assert isinstance(cell["value"], int) and cell["bbox"] == [1, 2, 3, 4] and cell["span"] is None


def test_json_is_the_same_bytes_twice_and_survives_a_round_trip(make_report: MakeReport, tmp_path: Path) -> None:
    report = make_report(
        values={TOTAL: 3119, "disclosure.fees.amount": 160.5964, "requests.granted.total": None}, findings=(finding(),)
    )
    first = report.save(tmp_path / "a.json").read_bytes()
    loaded = Report.load(tmp_path / "a.json")
    assert loaded.save(tmp_path / "b.json").read_bytes() == first
    assert loaded.text == report.text and loaded.cells["disclosure.fees.amount"].value == 160.5964
    assert "青禾县".encode() in first, "Chinese stays readable"


def test_text_beside_the_json_is_what_its_hash_says(make_report: MakeReport, tmp_path: Path) -> None:
    report = make_report(text="第一行\n第二行\t格\r\n")
    report.save(tmp_path / "a.b.json")
    assert hashlib.sha256((tmp_path / "a.b.txt").read_bytes()).hexdigest() == report.source.text_sha256


def test_another_text_beside_the_json_is_not_taken_for_its_own(make_report: MakeReport, tmp_path: Path) -> None:
    path = make_report().save(tmp_path / "a.json")
    (tmp_path / "a.txt").write_text("另一份文字", "utf-8")
    loaded = Report.load(path)
    assert loaded.text == ""
    loaded.save(path)
    assert (tmp_path / "a.txt").read_text("utf-8") == "另一份文字", "a report without its text must not wipe the file"


def test_a_failing_write_leaves_the_old_file_and_nothing_else(
    make_report: MakeReport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_report(year=2022).save(tmp_path / "a.json")
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="No space left"):
        make_report(year=2023).save(path)
    assert path.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.json", "a.txt"]


def test_a_folder_that_cannot_be_made_is_an_output_error(make_report: MakeReport, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for save in (Report.save, Report.to_excel):
        with pytest.raises(OutputError):
            save(make_report(), tmp_path / "file" / "a.json")


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"[" * 50_000, b'{"schema_version": "1.0"}', b"\xff\xfe", b'{"cells": NaN}']
)
def test_what_is_no_saved_report_is_a_broken_file(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(BrokenFileError, match=r"a\.json"):
        Report.load(tmp_path / "a.json")
    assert not export.is_output(tmp_path / "a.json")


def test_a_later_schema_and_a_missing_file_are_told_apart(make_report: MakeReport, tmp_path: Path) -> None:
    path = make_report().save(tmp_path / "a.json")
    path.write_text(path.read_text("utf-8").replace('"schema_version": "1.0"', '"schema_version": "2.0"'), "utf-8")
    with pytest.raises(BrokenFileError, match=r"2\.0"):
        Report.load(path)
    with pytest.raises(FileMissingError):
        Report.load(tmp_path / "none.json")


# ---- frames ---------------------------------------------------------------------------------------------------------


def test_frames_have_the_form_s_rows_and_columns_and_keep_blank_apart_from_zero(make_report: MakeReport) -> None:
    report = make_report(values={TOTAL: 12, "requests.granted.total": None, "review.upheld": 4})
    requests = report.table("requests")
    assert requests.shape == (25, 7) and requests.loc["received", "total"] == 12
    assert requests.isna().sum().sum() == 1 and requests.isna().loc["granted", "total"]
    assert {str(t) for t in requests.dtypes} == {"Int64"}
    assert report.table(4).loc["review", "upheld"] == 4 and report.table("reviews").shape == (3, 5)


def test_a_frame_of_section_two_leaves_na_where_the_form_has_no_cell(make_report: MakeReport) -> None:
    table = make_report(values={"disclosure.fees.amount": 160.5964}).table("disclosure")
    assert table.loc["fees", "amount"] == 160.5964
    assert table.isna().loc["fees", "issued"] and table.loc["regulations", "issued"] == 0


def test_frames_can_carry_the_printed_labels(make_report: MakeReport) -> None:
    report = make_report(values={TOTAL: 12})
    table = export.frame(report, "requests", labels=True)
    assert table.loc["一、本年新收政府信息公开申请数量", "总计"] == 12
    assert table.index.is_unique and table.columns.is_unique


def test_a_table_that_the_report_lacks_is_a_key_error(make_report: MakeReport) -> None:
    report = make_report(editions_found={"3": "2019"})
    assert report.table(3).shape == (23, 7)
    with pytest.raises(KeyError):
        report.table("disclosure")


def test_an_edition_that_is_not_known_is_a_form_error(make_report: MakeReport) -> None:
    report = make_report().model_copy(update={"editions": {"2": "1999"}})
    with pytest.raises(FormError, match="1999"):
        report.table(2)


# ---- the printed form -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("edition", ["2019", "2021"])
@pytest.mark.parametrize("section", [2, 3, 4])
def test_slots_tile_the_printed_table_and_hold_every_field_once(edition: str, section: int) -> None:
    table = editions()[edition].table(section)
    covered: list[tuple[int, int]] = []
    for s in slots(table):
        covered += [(s.row + i, s.col + j) for i in range(s.rowspan) for j in range(s.colspan)]
    rows, cols = (max(k) + 1 for k in zip(*covered, strict=True))
    assert sorted(covered) == [(r, c) for r in range(rows) for c in range(cols)]
    assert sorted(s.field for s in slots(table) if s.field) == sorted(f.id for f in table.fields())


# ---- workbook -------------------------------------------------------------------------------------------------------


def test_workbook_prints_the_form_and_colours_what_is_flagged(make_report: MakeReport, tmp_path: Path) -> None:
    report = make_report(values={TOTAL: 12, "requests.carried_in.total": None}, findings=(finding(),))
    book = openpyxl.load_workbook(report.to_excel(tmp_path / "a.xlsx"))
    assert book.sheetnames == [
        "概况",
        "二、主动公开政府信息情况",
        "三、收到和处理政府信息公开申请情况",
        "四、政府信息公开行政复议、行政诉讼情况",
        "问题",
        "文字事实",
    ]
    sheet = book["三、收到和处理政府信息公开申请情况"]
    labels = {c.value: c for row in sheet.iter_rows() for c in row if c.value is not None}
    assert "三、本年度办理结果" in labels and "法人或其他组织" in labels
    merged = {str(r) for r in sheet.merged_cells.ranges}
    assert any(labels["法人或其他组织"].coordinate in r and r[0] != r.split(":")[1][0] for r in merged)
    flagged = [c for row in sheet.iter_rows() for c in row if c.comment]
    assert [c.value for c in flagged] == [12]
    assert "各类申请人之和" in flagged[0].comment.text and flagged[0].fill.fgColor.rgb == "FFF8B4B4"
    total = flagged[0].column
    assert sheet.cell(flagged[0].row + 1, total).value is None, "a blank is not a zero"
    assert sheet.cell(flagged[0].row + 2, total).value == 0
    assert book["问题"]["B2"].value == "source_inconsistent" and "总计" in book["问题"]["D2"].value


def test_a_number_in_doubt_is_not_shown_as_a_number(make_report: MakeReport, tmp_path: Path) -> None:
    report = make_report(
        cells={TOTAL: {"value": None, "raw": "1?3", "status": "unreadable"}},
        findings=(finding("warning"),),
    )
    sheet = openpyxl.load_workbook(report.to_excel(tmp_path / "a.xlsx"))["三、收到和处理政府信息公开申请情况"]
    (cell,) = [c for row in sheet.iter_rows() for c in row if c.comment]
    assert cell.value is None and "1?3" in cell.comment.text


FORMULAS = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", '=HYPERLINK("http://x")', "http://example.org"]


@pytest.mark.parametrize("evil", FORMULAS)
def test_words_in_a_workbook_are_never_formulas_or_links(evil: str, make_report: MakeReport, tmp_path: Path) -> None:
    report = make_report(
        issuer=evil,
        file=evil,
        cells={TOTAL: {"value": None, "raw": evil, "status": "text"}},
        findings=(finding(message=evil),),
    )
    fact = {"type": evil, "value": 1, "unit": "件", "raw_unit": None, "approximate": False, "text": evil, "section": 1}
    report.facts.append(Fact.model_validate(fact | {"page": 1, "start": 0, "end": 1, "confidence": 1}))
    book = openpyxl.load_workbook(report.to_excel(tmp_path / "a.xlsx"))
    cells = [c for sheet in book for row in sheet.iter_rows() for c in row if c.value == evil]
    assert len(cells) >= 6
    assert all(c.data_type == "s" and c.hyperlink is None for c in cells)


def test_workbook_is_the_same_bytes_twice(make_report: MakeReport, tmp_path: Path) -> None:
    paths = [make_report(findings=(finding(),)).to_excel(tmp_path / name) for name in ("a.xlsx", "b.xlsx")]
    assert paths[0].read_bytes() == paths[1].read_bytes()


# ---- CSV ------------------------------------------------------------------------------------------------------------


def test_csv_has_a_line_a_cell_under_its_own_edition(make_report: MakeReport, tmp_path: Path) -> None:
    mixed = make_report(editions_found={"2": "2021", "3": "2019", "4": "2021"}, findings=(finding(),))
    plain = make_report(file="b.pdf", values={TOTAL: None})
    path = export.save_csv([mixed, plain], tmp_path / "cells.csv")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == export.CSV_COLUMNS
    assert len(rows) == len(mixed.cell_list) + len(plain.cell_list)
    first, second = [r for r in rows if r["id"] == TOTAL]
    assert (first["edition"], first["section"], first["findings"]) == ("2019", "3", "T3.ROW.received")
    assert (second["edition"], second["value"], second["status"]) == ("2021", "", "blank")
    assert {r["edition"] for r in rows if r["file"] == "report.pdf" and r["section"] == "2"} == {"2021"}


@pytest.mark.parametrize(
    ("text", "safe"),
    [("=1+1", "'=1+1"), ("@x", "'@x"), ("-cmd", "'-cmd"), ("\t=1", "'\t=1"), ("-1309", "-1309"), ("+155", "+155")],
)
def test_csv_guards_words_and_leaves_signed_numbers(
    text: str, safe: str, make_report: MakeReport, tmp_path: Path
) -> None:
    report = make_report(cells={TOTAL: {"value": None, "raw": text, "status": "text"}})
    with export.save_csv([report], tmp_path / "cells.csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = [r for r in csv.DictReader(file) if r["id"] == TOTAL]
    assert row["raw"] == safe

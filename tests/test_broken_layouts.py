"""Printed cells and labels as real reports have them, each through the whole reader; layouts are in test_site_quirks."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from scoring import named, score
from site_quirks import Case, body, case, page, rows_of

import gxml
from gxml.report import Cell, Report
from gxml.synth_model import PrintedRow

Y2019 = {"edition": "2019", "year": 2020, "density": "dense"}
Y2021 = {"edition": "2021", "year": 2023, "density": "dense"}
CHANGE = "disclosure.licensing.items_change"
MONEY = "disclosure.procurement.amount"


def read(path: Path, content: str) -> Report:
    path.write_text(content, "utf-8")
    return gxml.read(path)


def printing(c: Case, field: str, text: str) -> str:
    """The page with another text in one cell."""

    def change(row: PrintedRow) -> PrintedRow:
        return replace(row, cells=tuple(replace(x, text=text) if x.field == field else x for x in row.cells))

    printed = c.printed
    for section in (2, 3, 4):
        printed = rows_of(printed, section, change)
    return page(body(printed))


def cell_of(tmp_path: Path, field: str, text: str, options: dict[str, object]) -> tuple[Cell, Report]:
    made = case(8, **options)
    report = read(tmp_path / "r.html", printing(made, field, text))
    others = {i: v for i, v in made.truth["cells"].items() if i != field}
    assert score({**made.truth, "cells": {**others, field: report.cells[field].value}}, report).silent == []
    return report.cells[field], report


@pytest.mark.parametrize(
    ("text", "value", "status"),
    [
        ("增1423", 1423, "read"),
        ("减3", -3, "read"),
        ("+155", 155, "read"),
        ("＋7", 7, "read"),
        ("-1309", -1309, "read"),
        ("－5", -5, "read"),
        ("增加12", 12, "read"),
        ("减少4", -4, "read"),
        ("0", 0, "read"),
        ("--253", None, "unreadable"),
        ("增：核酸检测 减：无", None, "text"),
        ("/", None, "text"),
        ("无", None, "text"),
        ("－", None, "text"),
        ("", None, "blank"),
        ("\u00a0", None, "blank"),
        ("〇", 0, "read"),
        ("１２", 12, "read"),
        ("1 2", None, "unreadable"),
        ("12 345", 12345, "read"),
    ],
)
def test_what_a_cell_of_changes_says(tmp_path: Path, text: str, value: int | None, status: str) -> None:
    cell, report = cell_of(tmp_path, CHANGE, text, Y2019)
    assert (cell.value, cell.status) == (value, status)
    if status == "unreadable":
        assert {"ambiguous", "unreadable"} & {f.kind for f in report.findings if CHANGE in f.cells}
    elif status == "read":
        assert CHANGE not in named(report, ("ambiguous", "unreadable"))


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("251000元", 251000, "元"),
        ("160.5964万元", 160.5964, "万元"),
        ("160.5964（万元）", 160.5964, "万元"),
        ("0", 0, None),
        ("1,234.5万元", 1234.5, "万元"),
    ],
)
def test_money_keeps_its_number_and_unit(tmp_path: Path, text: str, value: float, unit: str | None) -> None:
    made = case(8, **Y2019)
    content = re.sub(r"采购总金额（[^）]*）", "采购总金额", printing(made, MONEY, text))
    cell = read(tmp_path / "r.html", content).cells[MONEY]
    assert (cell.value, cell.unit) == (value, unit)


@pytest.mark.parametrize(
    ("header", "text", "unit", "rule"),
    [
        ("采购总金额（万元）", "12.5", "万元", False),
        ("采购总金额（万元）", "12.5万元", "万元", False),
        ("采购总金额（单位：元）", "125000", "元", False),
        ("采购总金额", "12.5", None, True),
        ("采购总金额（万元）", "125000元", "元", True),
    ],
)
def test_the_unit_of_money_in_the_header_and_in_the_cell(
    tmp_path: Path, header: str, text: str, unit: str | None, rule: bool
) -> None:
    made = case(8, **Y2019)
    content = re.sub(r"采购总金额(?:（[^）]*）)?", header, printing(made, MONEY, text))
    report = read(tmp_path / "r.html", content)
    assert report.cells[MONEY].unit == unit
    assert ("T2.UNIT" in {f.rule for f in report.findings}) == rule


LABELS = [
    ("2.其他法律行政法规禁止公开", "2.其他法律行政止公开"),
    ("5.属于三类内部事务信息", "5.属于三类内容事务信息"),
    ("行政规范性文件", "规范性文件"),
    ("本年废止件数", "本年度止件数"),
    ("现行有效件数", "现行有效件数(历史累计)"),
    ("本年制发件数", "本年(2023)制发件数"),
    ("社会公益组织", "社会团体"),
    ("1.申请人无正当理由逾期不补正、行政机关不再处理其政府信息公开申请", "1.逾期不补正"),
    ("行政复议", "行政法复议"),
    ("总计", "总 计"),
    ("商业企业", "商 业 企 业"),
    ("（四）无法提供", "（四）无法 提供"),
    ("三、本年度办理结果", "三\n、\n本\n年\n度\n办\n理\n结\n果"),
]


@pytest.mark.parametrize(("label", "printed"), LABELS, ids=[x[1].replace("\n", "") for x in LABELS])
def test_labels_that_are_not_those_of_the_form(tmp_path: Path, label: str, printed: str) -> None:
    made = case(8, **Y2021)
    content = page(body(made.printed))
    assert f">{label}<" in content
    report = read(tmp_path / "r.html", content.replace(f">{label}<", f">{printed.replace(chr(10), '<br>')}<"))
    result = score(made.truth, report)
    assert (result.silent, result.flagged, result.doubted) == ([], [], [])
    assert report.editions == made.truth["editions"]


def test_a_free_form_report_gives_no_cells_and_says_so(tmp_path: Path) -> None:
    prose = (
        "青石县水利局2023年政府信息公开工作总结\n一、主动公开情况\n2023年主动公开政府信息120条，制发规范性文件3件。\n"
        "二、依申请公开情况\n全年收到政府信息公开申请5件，答复5件，予以公开4件，不予公开1件。\n"
        "三、复议诉讼情况\n未发生行政复议和行政诉讼。\n"
    )
    report = read(tmp_path / "r.txt", prose)
    assert report.cell_list == [] and report.status == "review"
    (found,) = [f for f in report.findings if f.rule == "STR.FORM"]
    assert {"requests.received.total", "disclosure.procurement.amount"} <= set(found.cells), (
        "nothing may be lost in silence"
    )
    assert (report.issuer.value, report.year.value) == ("青石县水利局", 2023)
    assert {f.type for f in report.facts} >= {"requests_received"}


def test_another_kind_of_document_gives_no_cells(tmp_path: Path) -> None:
    table = "".join(f"<tr><td>第{q}季度</td><td>{q * 7}</td><td>{q * 3}</td></tr>" for q in range(1, 5))
    report = read(tmp_path / "r.html", page(f"<h1>2023年一般公共预算执行情况</h1><table>{table}</table>"))
    assert report.cell_list == [] and "STR.FORM" in {f.rule for f in report.findings}

"""What a table prints otherwise than the form is read as printed, or named: never put silently into another cell."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

import gxml
from gxml.formgrid import slots
from gxml.template import editions

EDITION = editions()["2021"]
NAMES = {
    2: "二、主动公开政府信息情况",
    3: "三、收到和处理政府信息公开申请情况",
    4: "四、政府信息公开行政复议、行政诉讼情况",
}
OPTIONS = gxml.Options(facts="rules", row_labels="none")


def web_page(cells: Mapping[str, str], words: Mapping[str, str] | None = None) -> str:
    """Return a report whose cells are 0 but for `cells`; a value may begin with a further <td>. Words of labels change."""
    out = ["<meta charset='utf-8'><h1>青禾县教育局2023年政府信息公开工作年度报告</h1>"]
    for table in EDITION.tables:
        out.append(f"<p>{NAMES[table.section]}</p><table>")
        row = None
        for s in slots(table):
            if s.row != row:
                out.append("<tr>")
                row = s.row
            text = cells.get(s.field, "0") if s.field else (words or {}).get(s.text, s.text)
            out.append(f"<td rowspan={s.rowspan} colspan={s.colspan}>{text}</td>")
        out.append("</table>")
    return "\n".join([*out, "<p>五、存在的主要问题及改进情况</p><p>无</p>"])


def read(tmp_path: Path, text: str, name: str = "report.html") -> gxml.Report:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return gxml.read(path, options=OPTIONS)


def named(report: gxml.Report) -> dict[str, set[str]]:
    """Return the rules that name each cell, without mere remarks."""
    out: dict[str, set[str]] = {}
    for f in report.findings:
        for i in f.cells if f.severity != "info" else ():
            out.setdefault(i, set()).add(f.rule)
    return out


def test_a_report_as_the_form_prints_it_is_not_alarmed(tmp_path):
    assert not named(read(tmp_path, web_page({"disclosure.fees.amount": "3", "disclosure.penalties.decisions": "5"})))


def test_the_unit_in_a_cell_of_money_is_its_own(tmp_path):
    report = read(tmp_path, web_page({"disclosure.fees.amount": "3万元"}, {"（单位：万元）": "（单位：元）"}))
    assert (report.cells["disclosure.fees.amount"].value, report.cells["disclosure.fees.amount"].unit) == (3, "万元")
    page = web_page({"disclosure.fees.amount": "3万元"}).replace("单位：万元", "单位：元")
    assert "T2.UNIT" in named(read(tmp_path, page))["disclosure.fees.amount"]


@pytest.mark.parametrize(("section", "cell"), [(2, "disclosure.licensing.decisions"), (3, "requests.received.total"), (4, "review.total")])
def test_numbers_in_thousands_are_named(tmp_path, section, cell):
    for unit, alarmed in (("千件", True), ("万件", True), ("件", False)):
        page = web_page({}).replace(f"<p>{NAMES[section]}</p>", f"<p>{NAMES[section]}</p><p>（单位：{unit}）</p>")
        names = named(read(tmp_path, page))
        assert ("STR.UNIT" in names.get(cell, ())) == alarmed
        assert len({i.split(".")[0] for i in names}) <= (3 if section == 4 else 1)


@pytest.mark.parametrize(
    ("column", "cell"), [("本年制发件数", "disclosure.regulations.issued"), ("商业企业", "requests.received.total")]
)
def test_thousands_in_the_name_of_a_column_are_named(tmp_path, column, cell):
    for unit, alarmed in (("（千件）", True), ("(万 件)", True), ("（件）", False)):
        page = web_page({}).replace(column, column + unit, 1)
        assert ("STR.UNIT" in named(read(tmp_path, page)).get(cell, ())) == alarmed


@pytest.mark.parametrize("blank", [False, True], ids=["words alone", "words and an empty cell in front"])
def test_words_in_a_cell_of_section_four_move_no_number(tmp_path, blank):
    cells = {"litigation_after_review.pending": "暂无数据", "litigation_after_review.upheld": "2"}
    cells |= {"litigation_after_review.total": "2", "review.upheld": "</td><td>0" if blank else "0"}
    report = read(tmp_path, web_page(cells))
    names = named(report)
    wrong = {"corrected": (0,), "other": (0,), "upheld": (2,), "total": (2,)}
    for column, right in wrong.items():
        i = f"litigation_after_review.{column}"
        assert report.cells[i].value in right or i in names
    assert report.cells["litigation_after_review.pending"].raw == "暂无数据"


def test_a_number_in_a_cell_of_two_rows_is_named(tmp_path):
    page = web_page({"disclosure.penalties.decisions": "@5", "disclosure.coercion.decisions": "@none"})
    page = re.sub(r"rowspan=1( colspan=\d+>)@5", r"rowspan=2\g<1>5", page)
    page = re.sub(r"<td[^>]*>@none</td>", "", page)
    names = named(read(tmp_path, page))
    assert {"disclosure.penalties.decisions", "disclosure.coercion.decisions"} <= set(names)


SWAPPED = {"商业企业": "科研院所", "科研机构": "商业企业"}


def test_a_column_under_the_name_of_another_is_named(tmp_path):
    rows = ("received", "granted", "processed_total")
    cells = {f"requests.{r}.business_enterprise": "5" for r in rows}
    cells |= {f"requests.{r}.research_institution": "2" for r in rows}
    cells |= {f"requests.{r}.total": "7" for r in rows}
    names = named(read(tmp_path, web_page(cells, SWAPPED)))
    assert "STR.COLUMNS" in names["requests.received.business_enterprise"]
    assert "STR.COLUMNS" in names["requests.received.research_institution"]


def test_results_under_the_name_of_another_are_named(tmp_path):
    page = web_page({"review.upheld": "3", "review.corrected": "1", "review.total": "4"}, {"结果维持": "结果纠正", "结果纠正": "维持结果"})
    assert {"STR.COLUMNS"} <= named(read(tmp_path, page))["review.upheld"]


def test_a_cell_that_is_no_number_is_named_where_its_column_stands(tmp_path):
    rows = ("received", "granted", "processed_total")
    cells = {f"requests.{r}.research_institution": "0" for r in rows} | {"requests.received.business_enterprise": "1?"}
    words = {"商业企业": "科研机构", "科研机构": "商业企业"}
    report = read(tmp_path, web_page(cells, words))
    assert [list(f.cells) for f in report.findings if f.rule == "READ.CELL"] == [["requests.received.research_institution"]]


TEXT = """青禾县教育局2023年政府信息公开工作年度报告
二、主动公开政府信息情况
第二十条第（一）项
信息内容 本年制发件数 本年废止件数 现行有效件数
规章 0 0 0
行政规范性文件 3 1 12
第二十条第（五）项
信息内容 本年处理决定数量
行政许可 {licences}
第二十条第（六）项
信息内容 本年处理决定数量
行政处罚 7
行政强制 0
第二十条第（八）项
信息内容 本年收费金额（单位：万元）
行政事业性收费 {fees}
五、存在的主要问题及改进情况
"""


GOES_ON = ["45万", "45 万件", "45/46", "45—46", "45~50", "45百", "4十5", "4l5", "4O", "4?5", "4□", "4\ufffd5", "4\u03365", "4²5"]
GOES_ON += ["45½", "45‰", "45余", "45+", "4·5", "45.000", "~~9~~45", "<s>9</s>45", "约45", "不足45", "≥45", "Ⅳ5", "?45", "\u202e54"]


@pytest.mark.parametrize("printed", GOES_ON, ids=ascii)
def test_a_number_that_goes_on_is_not_cut(tmp_path, printed):
    report = read(tmp_path, TEXT.format(licences=printed, fees="3.2"), "report.txt")
    i = "disclosure.licensing.decisions"
    assert report.cells[i].value is None or i in named(report)


@pytest.mark.parametrize("printed", ["45①", "45[1]", "45¹", "45*", "45（其中网上40）", "45件", "４５", "**45**"], ids=ascii)
def test_a_number_with_a_mark_behind_it_is_read(tmp_path, printed):
    report = read(tmp_path, TEXT.format(licences=printed, fees="3.2"), "report.txt")
    i = "disclosure.licensing.decisions"
    assert report.cells[i].value == 45 and i not in named(report)


@pytest.mark.parametrize("printed", ["4\n5", "12\n345", "4 \n 5"])
def test_a_number_on_two_lines_is_not_cut_at_what_may_be_a_page(tmp_path, printed):
    report = read(tmp_path, TEXT.format(licences=printed, fees="3.2"), "report.txt")
    i = "disclosure.licensing.decisions"
    assert report.cells[i].value is None and "READ.CELL" in named(report)[i]


def test_bare_numbers_that_count_the_pages_cut_no_number(tmp_path):
    text = TEXT.format(licences="45\n2", fees="3.2").replace("二、主动", "1\n二、主动") + "无\n3\n"
    report = read(tmp_path, text, "report.txt")
    i = "disclosure.licensing.decisions"
    assert report.cells[i].value == 45 and i not in named(report)


def test_a_blank_without_width_parts_no_number(tmp_path):
    report = read(tmp_path, TEXT.format(licences="4\u200b5", fees="3.2"), "report.txt")
    assert report.cells["disclosure.licensing.decisions"].value == 45


@pytest.mark.parametrize("printed", ["3.2亿", "3.2百万", "3.2千元", "3 .2", "3·2", "3.\n2", "¥32000"])
def test_a_sum_of_money_that_goes_on_is_not_cut(tmp_path, printed):
    report = read(tmp_path, TEXT.format(licences="4", fees=printed), "report.txt")
    i = "disclosure.fees.amount"
    assert report.cells[i].value is None or report.cells[i].unit == "亿元" or i in named(report)


@pytest.mark.parametrize("printed", ["3.2", "3.2 万元", "3.2万元"])
def test_money_with_the_unit_of_the_form_is_read(tmp_path, printed):
    report = read(tmp_path, TEXT.format(licences="45", fees=printed), "report.txt")
    assert float(report.cells["disclosure.fees.amount"].value) == 3.2
    assert report.cells["disclosure.licensing.decisions"].value == 45
    assert not {"disclosure.fees.amount", "disclosure.licensing.decisions"} & set(named(report))

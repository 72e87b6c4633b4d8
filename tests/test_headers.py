"""A header in text whose names of columns stand elsewhere than in the form is followed, or its columns are named."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from tables_in_text import COLUMNS, HEAD, LABELS, NUMBERS, TITLE

import gxml
from gxml import synth

RESULTS = ["结果维持", "结果纠正", "其他结果", "尚未审结", "总计"]
HEADERS = {3: ["申请人情况", *COLUMNS], 4: RESULTS * 3}
MARKS = pytest.mark.parametrize("mark", ["\t", " ", "|", "\n\t", ""], ids=["tabs", "spaces", "pipes", "cells", "none"])


def columns_named(tmp_path: Path, section: int, header: Sequence[str], mark: str, above: str = "") -> bool:
    """Tell whether STR.COLUMNS names the first cell of a section in a text with this header."""
    if section == 3:
        rows = [mark.join([label, *map(str, row)]) for label, row in zip(LABELS, NUMBERS, strict=True)]
        table, first = "\n".join([TITLE + above + mark.join(header), *rows]), "requests.received.natural_person"
    else:
        top = "四、政府信息公开行政复议、行政诉讼情况\n行政复议 行政诉讼\n未经复议直接起诉 复议后起诉\n"
        gap = "\n\n" if "\n" in mark else "\n"  # of text with a cell a line
        top = top.replace("\n", gap)
        table, first = top + mark.join(header) + gap + mark.join("12003" * 3), "review.upheld"
    path = tmp_path / "report.txt"
    path.write_text(f"{HEAD}{table}\n五、存在的主要问题及改进情况\n无\n", "utf-8")
    report = gxml.read(path, options=gxml.Options(facts="rules", row_labels="none"))
    assert report.cells[first].value is not None
    return any(f.rule == "STR.COLUMNS" and first in f.cells for f in report.findings)


@MARKS
@pytest.mark.parametrize("section", [3, 4])
def test_the_header_of_the_form_is_not_alarmed(tmp_path: Path, section: int, mark: str) -> None:
    assert not columns_named(tmp_path, section, HEADERS[section], mark)


@MARKS
@pytest.mark.parametrize(
    ("section", "changed"),
    [
        (3, {1: "商业企业", 2: "自燃人"}),
        (3, {1: "其他", 6: "自燃人"}),
        (3, {2: "科研机构", 3: "商业金业"}),
        (4, {0: "结果纠正", 1: "结果维待"}),
        (4, {10: "结果纠正", 11: "结果维待"}),
        (4, {13: "总计", 14: "尚未审洁"}),
    ],
)
def test_a_name_over_another_column_beside_one_that_is_not_known(
    tmp_path: Path, section: int, changed: dict[int, str], mark: str
) -> None:
    header = [changed.get(i, name) for i, name in enumerate(HEADERS[section])]
    assert columns_named(tmp_path, section, header, mark)


@pytest.mark.parametrize("layout", ["text_tabs", "text_cells", "text_lines", "text_run", "markdown"])
def test_headers_of_generated_texts_are_not_alarmed(tmp_path: Path, layout: str) -> None:
    for seed, edition in ((3, "2019"), (3, "2021"), (4, "2019"), (11, "2021")):
        path = tmp_path / f"report.{synth.LAYOUTS[layout]}"
        path.write_bytes(synth.render(synth.generate(90_000 + seed, edition=edition), layout, seed))
        report = gxml.read(path, options=gxml.Options(facts="rules", row_labels="none"))
        assert not [f for f in report.findings if f.rule == "STR.COLUMNS"]


@pytest.mark.parametrize("mark", [" ", "\n\t", ""])
def test_names_of_groups_over_the_columns_are_none_of_them(tmp_path: Path, mark: str) -> None:
    header = ["申请人情况", "自然人", "法人或其他组织", "总计", *COLUMNS[1:-1]]
    assert not columns_named(tmp_path, 3, header, mark)


def test_a_column_of_section_two(tmp_path: Path) -> None:
    lines = "第二十条第（一）项\n信息内容 {}\n规章 0 0 0\n行政规范性文件 3 1 12\n第二十条第（五）项\n信息内容 本年处理决定数量\n行政许可 4\n"
    for names, alarmed in (("本年制发件数 本年废止件数 现行有效件数", False), ("本年废止件数 本年制法件数 现行有效件数", True)):
        path = tmp_path / "report.txt"
        text = lines.format(names) + "第二十条第（六）项\n信息内容 本年处理决定数量\n行政处罚 7\n行政强制 1\n"
        path.write_text(f"{HEAD}二、主动公开政府信息情况\n{text}五、存在的主要问题及改进情况\n无\n", "utf-8")
        report = gxml.read(path, options=gxml.Options(facts="rules", row_labels="none"))
        named = {i for f in report.findings if f.rule == "STR.COLUMNS" for i in f.cells}
        assert ("disclosure.normative_documents.issued" in named) == alarmed

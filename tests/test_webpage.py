from __future__ import annotations

from pathlib import Path

import pytest
from documents import check_spans, lines, read_or_refused, rows, tables
from hypothesis import given
from hypothesis import strategies as st

from gxml.document import Document, Line, Table
from gxml.tablemarkup import MarkupCell, compact, place_cells
from gxml.webpage import read_html, read_mhtml


def read(markup: str, codec: str = "utf-8") -> Document:
    document = read_html(markup.encode(codec), "page.html")
    check_spans(document)
    return document


def roles(document: Document) -> list[tuple[str, str]]:
    return [(b.role, b.text) for b in document.blocks if isinstance(b, Line)]


def spans(table: Table) -> list[tuple[int, int, int, int]]:
    return [(c.row, c.col, c.rowspan, c.colspan) for c in table.cells]


def test_lines_break_where_a_browser_breaks_them() -> None:
    document = read(
        "<div>收到<span>申请</span><b>12</b>件<br>结转 \n 1&nbsp;件<p>第一段<p>第二段</p>尾巴<ul><li>甲<li>乙</ul></div>"
    )
    assert lines(document) == ["收到申请12件", "结转 1 件", "第一段", "第二段", "尾巴", "甲", "乙"]


def test_line_ends_of_the_source_are_no_spaces_between_ideographs() -> None:
    assert lines(read("<p>政府信息\n  公开 2023\n年，共\n12\n件</p>")) == ["政府信息公开 2023 年，共 12 件"]


def test_what_is_not_shown_is_not_read() -> None:
    markup = (
        "<style>p{}</style><script>var 数=1</script><p>甲</p><p style='DISPLAY: None'>乙</p><p hidden>丙</p>"
        "<!-- 丁 --><template>戊</template><table><tr><td>己</td><td style='display:none'>9</td><td>1</td></tr>"
        "<tr style='display:none'><td>庚</td><td>2</td></tr><tr><td>辛</td><td>3</td></tr></table>"
    )
    document = read(markup)
    assert lines(document) == ["甲"]
    assert rows(tables(document)[0]) == [["己", "1"], ["辛", "3"]]


def test_pasted_word_markup() -> None:
    cell = "<td><p class=MsoNormal><span>本</span><span>年<o:p></o:p></span><p><span>制</span><font>发</font><o:p>&nbsp;</o:p></td>"
    markup = f"<table><tr>{cell}<td><p><span>&nbsp;</span></p><td><b><span>1</span><span>2</span></b></table>"
    (table,) = tables(read(markup))
    assert rows(table) == [["本年\n制发", "", "12"]]
    assert [c.ink for c in table.cells] == [True, False, True]


def test_spans() -> None:
    markup = (
        "<table><tr><td rowspan=2>甲</td><td colspan='2'>乙</td></tr><tr><td>1</td><td>2</td></tr>"
        "<tr><td>丙</td><td>3</td><td>4</td></tr></table>"
    )
    assert spans(tables(read(markup))[0]) == [
        (0, 0, 2, 1),
        (0, 1, 1, 2),
        (1, 1, 1, 1),
        (1, 2, 1, 1),
        (2, 0, 1, 1),
        (2, 1, 1, 1),
        (2, 2, 1, 1),
    ]


@pytest.mark.parametrize(
    "span", ["colspan=99", "colspan=9999999", "rowspan=50", "rowspan=0", "colspan=x", "colspan=-2"]
)
def test_wrong_spans_are_cut(span: str) -> None:
    markup = f"<table><tr><td {span}>题</td><td>y</td></tr><tr><td>甲</td><td>1</td></tr><tr><td>乙</td><td>2</td></tr></table>"
    table = tables(read(markup))[0]
    assert table.rows == 3 and table.cols <= 3
    assert [c.text for c in table.cells] == ["题", "y", "甲", "1", "乙", "2"]


def test_a_cell_does_not_reach_out_of_its_row_group_and_the_foot_comes_last() -> None:
    markup = (
        "<table><tfoot><tr><td>合计</td><td>3</td></tr></tfoot><thead><tr><th rowspan=9>类</th><th>数</th></tr></thead>"
        "<tbody><tr><td>甲</td><td>1</td></tr></tbody><tbody><tr><td>乙</td><td>2</td></tr></tbody></table>"
    )
    assert rows(tables(read(markup))[0]) == [["类", "数"], ["甲", "1"], ["乙", "2"], ["合计", "3"]]


REPORT = "<table><tr><td>规章</td><td>1</td><td>0</td></tr><tr><td>行政规范性文件</td><td>3</td><td>8</td></tr></table>"


def test_a_layout_table_does_not_swallow_the_report() -> None:
    markup = f"<table><tr><td>导航</td><td>首页</td></tr><tr><td>左栏</td><td><p>一、总体情况</p>{REPORT}<p>尾</p>{REPORT}</td></tr></table>"
    document = read(markup)
    assert len(tables(document)) == 2
    assert rows(tables(document)[0]) == [["规章", "1", "0"], ["行政规范性文件", "3", "8"]]
    assert lines(document) == ["导航", "首页", "左栏", "一、总体情况", "尾"]


def test_a_small_table_inside_a_cell_stays_in_its_cell() -> None:
    inner = "<table><tr><td>商业</td></tr><tr><td>企业</td></tr></table>"
    markup = f"<table><tr><td>{inner}</td><td>自然人</td><td>总计</td></tr><tr><td>申请数量</td><td>1</td><td>2</td></tr></table>"
    (table,) = tables(read(markup))
    assert rows(table) == [["商业\n企业", "自然人", "总计"], ["申请数量", "1", "2"]]


def test_columns_of_a_page_and_boxes_around_prose_are_no_tables() -> None:
    long = "政府信息公开工作" * 60
    assert tables(read(f"<table><tr><td>栏目</td><td><p>{long}</p></td></tr></table>")) == []
    assert lines(read("<table><tr><td>一、总体情况</td></tr><tr><td>无</td></tr></table>")) == ["一、总体情况", "无"]


def test_cells_without_rows_and_rows_in_forms() -> None:
    assert rows(tables(read("<table><td>甲<td>1</table>"))[0]) == [["甲", "1"]]
    markup = "<table><form><tr><td>甲</td><td><input value='12'><input type=hidden value='9'></td></tr></form></table>"
    assert rows(tables(read(markup))[0]) == [["甲", "12"]]


def test_titles_and_what_the_site_says() -> None:
    document = read(
        "<head><title>某某县2023年政府信息公开年报-某某网</title><meta name=ArticleTitle content='某某县2023年年报'></head>"
        "<body><div>来源：某某县政府办</div><div>发布时间：2024-01-08 浏览次数：12</div><h1>某某县2023年<br>政府信息公开工作年度报告</h1>"
        "<h1>一、总体情况</h1><div class='article-title'>某某县年度报告</div><div class=title>栏目</div><p>标题：某某报告</p></body>"
    )
    assert roles(document) == [
        ("title", "某某县2023年政府信息公开年报-某某网"),
        ("title", "某某县2023年年报"),
        ("meta", "来源：某某县政府办"),
        ("meta", "发布时间：2024-01-08 浏览次数：12"),
        ("title", "某某县2023年"),
        ("title", "政府信息公开工作年度报告"),
        ("body", "一、总体情况"),
        ("title", "某某县年度报告"),
        ("body", "栏目"),
        ("meta", "标题："),
        ("title", "某某报告"),
    ]


@pytest.mark.parametrize(
    ("codec", "meta"),
    [
        ("utf-8", ""),
        ("utf-8-sig", ""),
        ("gb18030", "<meta charset=gb2312>"),
        ("gbk", ""),
        ("gbk", "<meta charset=utf-8>"),
        ("big5", "<meta http-equiv=Content-Type content='text/html; charset=big5'>"),
        ("utf-16", ""),
    ],
)
def test_charsets(codec: str, meta: str) -> None:
    text = "政府公告一二三主要工作全部完成"
    assert lines(read(f"<html><head>{meta}</head><body><p>{text}</p></body></html>", codec)) == [text]


def test_deep_nesting_loses_nothing() -> None:
    markup = "".join(f"<font><span>{i}。" for i in range(3000)) + REPORT
    document = read(markup)
    assert len(tables(document)) == 1 and "2999。" in document.text and document.notes == ()
    hopeless = read("<div>1" * 3000 + REPORT)
    assert [(n.code, n.severity) for n in hopeless.notes] == [("TRUNCATED", "error")]


def test_a_web_archive() -> None:
    data = (
        b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n\r\n--x\r\nContent-Type: text/html; charset=gb2312\r\n"
        b"Content-Transfer-Encoding: quoted-printable\r\n\r\n<p>=D5=FE=B8=AE</p>\r\n--x--\r\n"
    )
    assert read_mhtml(data, "a.mht").text == "政府\n"


def test_radicals_written_as_entities() -> None:
    assert lines(read("<p>&#12175;政</p>")) == ["行政"]


cell = st.builds(MarkupCell, st.sampled_from(["", "甲", "1"]), st.integers(1, 5), st.integers(1, 5))


@given(st.lists(st.lists(cell, max_size=5), max_size=6))
def test_cells_never_overlap(markup: list[list[MarkupCell]]) -> None:
    placed = place_cells(markup, [len(markup)])
    assert [c.text for c in placed] == [c.text for row in markup for c in row]
    taken = [(r, c) for p in placed for r in range(p.row, p.row + p.rowspan) for c in range(p.col, p.col + p.colspan)]
    assert len(taken) == len(set(taken))
    assert compact(placed) == placed
    if placed:
        assert {p.col for p in placed} == set(range(max(p.col for p in placed) + 1))


def test_damaged_pages_give_typed_errors_or_documents() -> None:
    data = f"<html><head><title>报告</title></head><body><p>一、总体情况</p>{REPORT * 3}<p>尾</body></html>".encode()
    assert "read" in read_or_refused(lambda b: read_html(b, "x.html"), data, cut=0.3)


def test_a_real_page(real_reports: Path) -> None:
    document = read((real_reports / "shuyang_drc_2023.html").read_text(encoding="utf-8"))
    assert [(t.rows, t.cols) for t in tables(document)] == [(4, 4), (14, 4), (28, 10), (4, 15)]
    for row in rows(tables(document)[2])[3:]:
        assert all(t.isdigit() or not t for t in row[-7:]), row
    assert {r for r, _ in roles(document)} == {"title", "meta", "body"}


def test_text_behind_what_is_not_shown_stays_in_its_line():
    document = read(
        "<p>甲<span style='visibility:hidden'>乙<b>丙</b></span>丁<b hidden>戊</b>己<script>x</script>庚</p>"
    )
    assert lines(document) == ["甲丁己庚"]


def test_spans_are_merged_into_their_line_and_a_span_that_is_a_title_stays_one():
    cells = "<table><tr><td><p><span>规</span><font><b>章</b></font></p></td><td><span>1</span><o:p></o:p></td></tr></table>"
    inline = f"<p><span>一、</span><font>总体<b>情</b>况</font></p>{cells}"
    assert lines(read(inline)) == ["一、总体情况"]
    titled = read(f"<div><span class='title'>某县2022年政府信息公开工作年度报告</span></div>{inline}")
    assert ("title", "某县2022年政府信息公开工作年度报告") in roles(titled)
    for document in (read(inline), titled):
        assert rows(tables(document)[0]) == [["规章", "1"]]

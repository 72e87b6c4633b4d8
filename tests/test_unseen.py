from __future__ import annotations

import pytest

from gxml.document import Table
from gxml.numerals import parse_cell
from gxml.tablemarkup import PICTURE
from gxml.webpage import read_html


def cells(markup: str, head: str = "") -> list[str]:
    """Return the texts of the cells of a page's tables."""
    page = f"<html><head><meta charset='utf-8'>{head}</head><body>{markup}</body></html>"
    document = read_html(page.encode(), "p.html")
    return [c.text for b in document.blocks if isinstance(b, Table) for c in b.cells]


def cell(inner: str, head: str = "") -> str:
    """Return the text of a cell that stands beside a label and another number."""
    return cells(f"<table><tr><td>行政许可</td><td>{inner}</td><td>7</td></tr></table>", head)[1]


@pytest.mark.parametrize(
    "inner",
    [
        "<del>9</del>12",
        '<del cite="mailto:x">9</del><ins>12</ins>',
        "<s>9</s>12",
        "12<strike>9</strike>",
        '<span style="text-decoration: line-through">9</span><span>12</span>',
        '<span style="font-size:0px">9</span>12',
        '<span style="DISPLAY: none">9</span>12',
        "12<sup>[1]</sup>",
        "12<sup>①</sup>",
        '12<a href="#n"><span style="vertical-align:super">[1]</span></a>',
        "<sup>①</sup>12",
        "1<ruby>2<rp>(</rp><rt>4</rt><rp>)</rp></ruby>",
        "<ruby><rt>12</rt></ruby>",
        "<textarea>12</textarea>",
        "<button>12</button>",
        "<math><mn>12</mn></math>",
        '<span style="opacity:0">9</span>12',
        '<span style="position:absolute; LEFT:-9999px">9</span>12',
        '<span style="display:block;text-indent:-9999px">9</span>12',
        '<span style="position:absolute;clip:rect(0, 0, 0, 0)">9</span>12',
        '<span style="clip-path:inset(50%)">9</span>12',
        '<i style="display:inline-block;width:0;overflow:hidden">9</i>12',
        '<span aria-hidden="true">12</span><span style="position:absolute;clip:rect(0 0 0 0)">12</span>',
        '<span style="opacity:0.9">12</span>',
        '12<a href="#_ftn1">[1]</a>',
        '<a href="#all">12</a>',
        "<select><option>9</option><option selected>12</option></select>",
    ],
)
def test_a_cell_holds_what_the_page_shows(inner: str) -> None:
    assert cell(inner) == "12"


@pytest.mark.parametrize(
    "inner",
    [
        "12<sup>1</sup>",
        "12<sup>1</sup>件",
        '<span style="vertical-align: super">12<sup>1</sup></span>',
        "<sup>1</sup>12",
        "12<sup>1</sup>&#8203;",
        "12<sup>1</sup><i hidden>注</i>",
        "12<sub>1</sub>",
        "12<sup>1</sup><sup>*</sup>",
        "12<sup>1</sup><sup>2</sup>",
        '12<span style="vertical-align: sub">1</span>',
        "增1<sup>1</sup>",
        '12<a href="#_ftn1">1</a>',
        "12<small>1</small>",
        '12<span style="position:relative;top:-3pt;mso-text-raise:3.0pt">1</span>',
        '12<span style="vertical-align:3px">1</span>',
        '<span style="opacity:0">12</span>',
         "<s>12</s>",
        '<img src="12.png">',
        "<svg><text>12</text></svg>",
        "1<br>2",
    ],
)
def test_what_may_be_another_number_is_none(inner: str) -> None:
    """A bare raised digit, a number struck out, a picture, numbers on lines of their own."""
    assert parse_cell(cell(inner), whole=True).kind == "noise"


def test_numbers_on_lines_are_no_thousands() -> None:
    assert parse_cell("676\n773\n409", whole=True).kind == "noise"
    assert parse_cell("676 773 409", whole=True).value == 676773409


def test_raised_digits_that_are_the_number_stay() -> None:
    assert cell("<sup>12</sup>") == "12"
    assert cell("<sub>1</sub><sub>2</sub>") == "12"


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        ("发布信息5<sup>1</sup>条", "发布信息5[1]条"),
        ("发布信息5<sub>1</sub>条", "发布信息5[1]条"),
        ("发布信息5<sup><sup>1</sup></sup>条", "发布信息5[1]条"),
        ("发布信息5<sup>1</sup><sup>2</sup>条", "发布信息5[1][2]条"),
        ("发布信息<sup>1</sup>5条", "发布信息[1]5条"),
        ("发布信息5<sup>①</sup>条", "发布信息5条"),
        ("发布信息5<sup>[1]</sup>条", "发布信息5条"),
        ("绿地5m<sup>2</sup>", "绿地5m2"),
        ("发布信息<sup>5</sup>条", "发布信息5条"),
        ("发布5<sub>kg</sub>", "发布5kg"),
    ],
)
def test_marks_of_notes_in_running_text_are_not_of_the_number(inner: str, expected: str) -> None:
    document = read_html(f"<html><body><p>{inner}</p></body></html>".encode(), "p.html")
    assert document.text.strip() == expected
    assert cell(f"<p>{inner}</p>") == expected


@pytest.mark.parametrize("tag", ["table", "tbody", "tr"])
def test_a_line_through_a_row_goes_through_its_cells(tag: str) -> None:
    struck = ' style="text-decoration: line-through"'
    row, body, table = (struck if tag == t else "" for t in ("tr", "tbody", "table"))
    texts = cells(f"<table{table}><tbody{body}><tr{row}><td>行政许可</td><td>12</td></tr></tbody></table>")
    assert texts[0] == "行政许可"
    assert parse_cell(texts[1], whole=True).kind == "noise"


def test_an_element_that_was_never_closed_strikes_nothing_out() -> None:
    rows = "<tr><td><s>行政许可本年处理决定数量</td><td>12</td></tr><tr><td>行政处罚</td><td>5</td></tr>"
    assert cells(f"<table>{rows}</table>")[1::2] == ["12", "5"]


def test_spacers_are_no_pictures_and_headers_may_be_some() -> None:
    assert cell('<img src="/images/spacer.gif">') == ""
    assert cell('<img src="a.png" width="1" height="1">') == ""
    head = "<tr><td>项目</td><td>数量</td></tr><tr><td><img src=a.png></td><td><img src=b.png></td></tr>"
    texts = cells(f"<table>{head}<tr><td>行政许可</td><td><img src=c.png></td></tr></table>")
    assert texts.count(PICTURE) == 1


SHOWN, HIDDEN = "12", "912"


@pytest.mark.parametrize(
    ("sheet", "expected"),
    [
        (".old{display:none}", SHOWN),
        ("td .old , .x { color:red; display : none }", SHOWN),
        ("/* a */ @media screen { i.old{display:none!important} }", SHOWN),
        ("@media print{.old{display:none}}", HIDDEN),
        ("@media (max-width:768px){.old{display:none}}", HIDDEN),
        (".old{display:none} .old{display:inline}", HIDDEN),
        ("td .old{display:inline} .old{display:none}", HIDDEN),
        (".old:hover{display:none}", HIDDEN),
        (".old{display:none} .old:first-child{display:inline}", HIDDEN),
        (".new .old{display:none}", HIDDEN),
        ("td > .old{display:none}", SHOWN),
        ("tr > .old{display:none}", HIDDEN),
        ("td i{display:none}", SHOWN),
        ("[class^=ol]{display:none}", SHOWN),
        (".old:not(.new){display:none", SHOWN),
        (".old:not(.old){display:none}", HIDDEN),
        (".old:not(:hover){display:none}", HIDDEN),
        ("td i:first-child{display:none}", SHOWN),
        ("td i:nth-child(2){display:none}", HIDDEN),
        (".old::before{display:none}", HIDDEN),
        (".old{visibility:hidden}", SHOWN),
        (".old{visibility:hidden} i.old{visibility:visible}", HIDDEN),
        (".old{text-decoration:underline line-through}", SHOWN),
        (".old{text-decoration-line:line-through}", SHOWN),
        (".old{font-size:0}", SHOWN),
        (".old{font-size:0.9em}", HIDDEN),
        (".old{opacity:0}", SHOWN),
        (".old{opacity:.5}", HIDDEN),
        (".old{position:absolute;left:-9999px}", SHOWN),
        (".old{margin-left:-5px;left:-5px}", HIDDEN),
        (".old{position:absolute;clip:rect(0 0 0 0)}", SHOWN),
        (".old{vertical-align:super}", "[9]12"),
        (".old{vertical-align:sub}", "[9]12"),
        (".old{vertical-align:middle}", HIDDEN),
        (".old{display:none", SHOWN),
        ("@import url(a.css); .old{display:none}", SHOWN),
        (".old{display:none!important} i.old{display:inline}", SHOWN),
        ("}} .old{display:none}", HIDDEN),
        ("@font-face{display:none} .older{display:none}", HIDDEN),
    ],
)
def test_style_sheets_of_the_page_hide(sheet: str, expected: str) -> None:
    assert cell('<i class="old">9</i>12', f"<style>{sheet}</style>") == expected


def test_sheets_that_would_hide_all_tables_are_those_of_a_script() -> None:
    table = "<table><tr><td>行政许可</td><td>12</td></tr></table>"
    sheet = "<style>.pane{display:none}.active{display:block}</style>"
    assert cells(f'<div class="pane">{table}</div>', sheet) == ["行政许可", "12"]
    other = table.replace("12", "9")
    assert cells(f'<div class="pane">{other}</div><div class="pane active">{table}</div>', sheet) == ["行政许可", "12"]


@pytest.mark.parametrize(
    ("sheet", "style", "expected"),
    [
        ("display:none!important", "display:inline", SHOWN),
        ("display:none!important", "display:inline!important", HIDDEN),
        ("display:none", "display:inline", HIDDEN),
        ("display:inline!important", "display:none", HIDDEN),
        ("display:inline", "display:none", SHOWN),
        ("color:red", "visibility:collapse", SHOWN),
    ],
)
def test_the_stronger_of_sheet_and_own_style_holds(sheet: str, style: str, expected: str) -> None:
    assert cell(f'<i class="old" style="{style}">9</i>12', f"<style>.old{{{sheet}}}</style>") == expected


@pytest.mark.parametrize(("style", "sheet"), [("visibility:hidden", ""), ("", "#x{visibility:hidden}")])
def test_a_cell_that_is_not_visible_keeps_its_place(style: str, sheet: str) -> None:
    row = f'<tr><td>行政许可</td><td id="x" style="{style}">12</td><td>7</td></tr>'
    assert cells(f"<table>{row}<tr><td>行政处罚</td><td>3</td><td>4</td></tr></table>", f"<style>{sheet}</style>") == [
        "行政许可", "", "7", "行政处罚", "3", "4",
    ]  # fmt: skip


def test_a_page_that_is_shown_by_a_script_stays() -> None:
    table = "<table><tr><td>行政许可</td><td>12</td></tr></table>"
    assert cells(table, "<style>body{visibility:hidden}</style>") == ["行政许可", "12"]


def test_prose_out_of_sight_is_not_read_and_a_page_that_fades_in_is() -> None:
    shown = "<p>全年共收到政府信息公开申请12件，均已按期答复，没有结转到下一年度继续办理的申请，也没有收费。</p>"
    markup = f'<p style="position:absolute;left:-9999px">收到申请9件</p><div style="opacity:0">{shown}</div>'
    document = read_html(f"<html><body>{markup}</body></html>".encode(), "p.html")
    assert "12件" in document.text and "9件" not in document.text

"""What a page shows that is no text is not taken for blank, nor the digits beside it for the whole number."""

from __future__ import annotations

import pytest
from test_unseen import cell

from gxml.numerals import parse_cell
from gxml.tablemarkup import PICTURE
from gxml.webpage import read_html

WRITE = '<script>document.getElementById("n").innerHTML = load();</script>'


@pytest.mark.parametrize(
    "inner",
    [
        '<img src="1.png">2',
        '1 <img src="2.png">',
        "1<canvas></canvas>",
        "<script>document.write(12)</script>",
        "<script>document.write(1)</script>2",
        f'<span id="n"></span>{WRITE}',
        '<b id="n"></b><script>$("#n").text(12)</script>',
        '<progress value="12" max="20"></progress>',
        '<iframe src="n.html"></iframe>',
        '<i style="background:url(12.png)"></i>',
        '<b v-text="n"></b>',
        "<script>load('n')</script><noscript>9</noscript>",
        "<select multiple><option selected>1<option selected>2</select>",
    ],
)
def test_something_else_than_text_stands_in_a_cell(inner: str) -> None:
    assert parse_cell(cell(inner), whole=True).kind == "noise"


@pytest.mark.parametrize(
    "inner",
    [
        '12<img src="spacer.gif">',
        "<script>var n = document.title;</script>12",
        '<i id="n"></i>12<script>var n = 1;</script>',
        "<button>查看</button>12",
        '<input type="button" value="12">',
    ],
)
def test_what_shows_no_number_changes_none(inner: str) -> None:
    assert cell(inner) == "12"


@pytest.mark.parametrize(
    ("sheet", "drawn"),
    [
        ('.x::before{content:"1"}', True),
        (".x:after { content : '件 1' }", True),
        (r'td .x:before{content:"\31 "}', True),
        (".x::after{content:counter(n)}", True),
        (".x::before{content:attr(data-n)}", True),
        (".x::before{content:attr(data-m)}", False),
        (r'.x:before{font-family:icons;content:"\f101"}', False),
        ('.x::after{content:"件"}', False),
        ('.y::before{content:"1"}', False),
        ('.x{content:"1"}', False),
    ],
)
@pytest.mark.parametrize("text", ["", "2"])
def test_numbers_of_style_sheets(sheet: str, drawn: bool, text: str) -> None:
    inner = f'<i class="x" data-n="1" data-m="数">{text}</i>'
    assert cell(inner, f"<style>{sheet}</style>") == (PICTURE + text if drawn else text)


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        ("<img src=1.png>2", PICTURE + "2"),
        ("1<canvas></canvas>", "1" + PICTURE),
        ("<button>1</button>2", "12"),
        ("<select><option>1</option></select>2", "12"),
        ("<img src=logo.png>", ""),
    ],
)
def test_beside_digits_of_prose(inner: str, expected: str) -> None:
    page = f"<html><body><p>共收到申请{inner}件</p></body></html>"
    assert read_html(page.encode(), "p.html").text.strip() == f"共收到申请{expected}件"

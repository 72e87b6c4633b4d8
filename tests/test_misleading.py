"""Numbers in the colour of the paper, or printed backwards, are not read as they are written."""

from __future__ import annotations

import pytest
from test_unseen import cell

from gxml.misleading import STRUCK
from gxml.numerals import parse_cell
from gxml.webpage import read_html


@pytest.mark.parametrize(
    "inner",
    [
        '<span style="color:#fff">9</span>12',
        '<span style="COLOR: White">12</span>',
        '<span style="color:rgb(255, 255, 255)">9</span>12',
        '<span style="color:rgba(0,0,0,0)">9</span>12',
        '<span style="color:transparent">9</span>12',
        '<font color="#FEFEFE">9</font>12',
        '<span style="color:#eee;background-color:#eee">9</span>12',
        '<span style="background:#fff"><b style="color:white">12</b></span>',
        '<bdo dir="rtl">21</bdo>',
        '<span style="unicode-bidi:bidi-override;direction:rtl">21</span>',
        '<i style="display:flex;flex-direction:row-reverse"><b>2</b><b>1</b></i>',
        '<span style="float:right">2</span>1',
        "\u202e21",
    ],
)
def test_a_number_that_is_not_seen_so_is_none(inner: str) -> None:
    assert parse_cell(cell(inner), whole=True).kind == "noise"


@pytest.mark.parametrize(
    "inner",
    [
        '<span style="color:#333">12</span>',
        '<span style="background:#036"><b style="color:#fff">12</b></span>',
        '<span style="color:#fff"><b style="color:#000">12</b></span>',
        '<span style="background-color:#fff">12</span>',
        '<bdo dir="ltr">12</bdo>',
        '<span dir="rtl">12</span>',
        '<span style="float:right">12</span>',
    ],
)
def test_what_is_seen_is_read(inner: str) -> None:
    assert cell(inner) == "12"


@pytest.mark.parametrize(
    ("sheet", "seen"),
    [
        (".x{color:#fff}", False),
        ("td .x { font-size:9pt; color : transparent }", False),
        (".x{color:#fff;background:#06c}", True),
        ("td{background-color:#06c} .x{color:#fff}", True),
        (".x:hover{color:#fff}", True),
        (".y{color:#fff}", True),
        (".x{border-color:#fff}", True),
    ],
)
def test_colours_of_style_sheets(sheet: str, seen: bool) -> None:
    assert (cell('<i class="x">12</i>', f"<style>{sheet}</style>") == "12") == seen


def test_in_prose_digits_that_are_not_seen_are_marked() -> None:
    page = '<html><body><p>共收到申请<span style="color:#fff">9</span>12件</p></body></html>'
    assert f"申请9{STRUCK}12件" in read_html(page.encode(), "p.html").text

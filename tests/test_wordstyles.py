from __future__ import annotations

import pytest
from documents import lines, rows, tables
from word_maker import NS, p, read, styled, tbl, tc

from gxml.numerals import parse_cell


def style(ident: str, properties: str = "", *, kind: str = "character", more: str = "") -> str:
    return f'<w:style w:type="{kind}" w:styleId="{ident}" {more}><w:rPr>{properties}</w:rPr></w:style>'


def based(ident: str, on: str, properties: str = "", *, kind: str = "character") -> str:
    return (
        f'<w:style w:type="{kind}" w:styleId="{ident}"><w:basedOn w:val="{on}"/>'
        f"<w:rPr>{properties}</w:rPr></w:style>"
    )


SHEET = (
    style("Struck", "<w:strike/>")
    + based("StruckChild", "Struck", "<w:b/>")
    + based("StruckNot", "Struck", "<w:strike w:val='0'/>")
    + style("Twice", "<w:dstrike/>")
    + style("Hidden", "<w:vanish/>")
    + style("Raised", "<w:vertAlign w:val='superscript'/>")
    + based("OnLine", "Raised", "<w:vertAlign w:val='baseline'/>")
    + style("Lowered", "<w:vertAlign w:val='subscript'/>")
    + style("ParaStruck", "<w:strike/>", kind="paragraph")
    + style("ParaTwice", "<w:dstrike/>", kind="paragraph")
    + style("ParaHidden", "<w:vanish/>", kind="paragraph")
    + style("TableHidden", "<w:vanish/>", kind="table")
    + based("Loop", "Loop2")
    + based("Loop2", "Loop", "<w:strike/>")
)


def sheet(content: str = SHEET, defaults: str = "") -> str:
    return (
        f"<w:styles {NS}><w:docDefaults><w:rPrDefault><w:rPr>{defaults}</w:rPr></w:rPrDefault></w:docDefaults>"
        f"{content}</w:styles>"
    )


def cell(runs: str, *, paragraph: str = "", table: str = "", styles: str = "") -> str:
    """What is read of a cell beside a label."""
    named = f'<w:pPr><w:pStyle w:val="{paragraph}"/></w:pPr>' if paragraph else ""
    made = tbl(tc("规章") + tc(f"<w:p>{named}{runs}</w:p>"))
    if table:
        made = made.replace("<w:tbl>", f'<w:tbl><w:tblPr><w:tblStyle w:val="{table}"/></w:tblPr>')
    return rows(tables(read(made, styles=styles or sheet()))[0])[0][1]


def of(name: str, text: str, direct: str = "") -> str:
    return styled(text, f'<w:rStyle w:val="{name}"/>{direct}')


PLAIN = "<w:r><w:t>12</w:t></w:r>"


@pytest.mark.parametrize("name", ["Struck", "StruckChild", "Twice", "Hidden", "Raised", "Loop", "Loop2"])
def test_what_a_character_style_takes_out(name: str) -> None:
    assert cell(PLAIN + of(name, "3")) == "12"


@pytest.mark.parametrize("name", ["StruckNot", "OnLine", "Unknown"])
def test_what_a_character_style_leaves(name: str) -> None:
    assert cell(PLAIN + of(name, "3")) == "123"


def test_lowered_by_style() -> None:
    assert cell(PLAIN + of("Lowered", "3")) == "12[3]"


@pytest.mark.parametrize(
    ("name", "direct"),
    [
        ("Struck", "<w:strike w:val='0'/>"),
        ("Twice", "<w:dstrike w:val='false'/>"),
        ("Hidden", "<w:vanish w:val='off'/>"),
        ("Raised", "<w:vertAlign w:val='baseline'/>"),
    ],
)
def test_the_run_itself_says_more_than_its_style(name: str, direct: str) -> None:
    assert cell(PLAIN + of(name, "3", direct)) == "123"


def test_styles_of_paragraphs_and_tables() -> None:
    assert cell(PLAIN, paragraph="ParaStruck") == "~~12~~"
    assert cell(PLAIN, paragraph="ParaHidden") == ""
    assert read(tbl(tc("规章") + tc("5")).replace("<w:tbl>", '<w:tbl><w:tblPr><w:tblStyle w:val="TableHidden"/></w:tblPr>'), styles=sheet()).text == ""


def test_two_toggles_cancel_each_other_and_other_properties_do_not() -> None:
    assert cell(of("Struck", "12"), paragraph="ParaStruck") == "12"
    assert cell(of("Hidden", "12"), paragraph="ParaHidden") == "12"
    assert cell(of("StruckNot", "12"), paragraph="ParaStruck") == "~~12~~"
    assert cell(of("Twice", "12"), paragraph="ParaTwice") == "~~12~~"
    assert cell(of("Struck", "12", "<w:strike/>"), paragraph="ParaStruck") == "~~12~~"


def test_defaults_of_the_document() -> None:
    assert cell(PLAIN, styles=sheet(defaults="<w:strike/>")) == "~~12~~"
    # what the defaults turn on no style turns off by turning it on again
    assert cell(of("Struck", "12"), styles=sheet(defaults="<w:strike/>")) == "~~12~~"
    usual = style("Normal", "<w:strike/>", kind="paragraph", more='w:default="1"')
    assert cell(PLAIN, styles=sheet(usual)) == "~~12~~"
    assert cell(PLAIN, paragraph="Other", styles=sheet(usual + style("Other", kind="paragraph"))) == "12"


def test_styles_in_prose() -> None:
    document = read(f"<w:p>{PLAIN}{of('Struck', '9')}{of('Hidden', '8')}<w:r><w:t>件</w:t></w:r></w:p>", styles=sheet())
    assert lines(document) == ["12件"]


def test_list_numbers_of_styles_that_are_based_on_others() -> None:
    numbering = (
        f'<w:numbering {NS}><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:numFmt w:val="chineseCounting"/>'
        '<w:lvlText w:val="%1、"/></w:lvl><w:lvl w:ilvl="1"><w:lvlText w:val="%2."/></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>'
    )
    head = '<w:style w:styleId="H"><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>'
    deeper = '<w:style w:styleId="H3"><w:basedOn w:val="H"/><w:pPr><w:numPr><w:ilvl w:val="1"/></w:numPr></w:pPr></w:style>'
    none = '<w:style w:styleId="H0"><w:basedOn w:val="H"/><w:pPr><w:numPr><w:numId w:val="0"/></w:numPr></w:pPr></w:style>'
    styles = f'<w:styles {NS}>{head}{based("H2", "H", kind="paragraph")}{deeper}{none}</w:styles>'
    body = "".join(p("总体情况", f'<w:pPr><w:pStyle w:val="{s}"/></w:pPr>') for s in ("H2", "H3", "H0"))
    assert lines(read(body, numbering=numbering, styles=styles)) == ["一、总体情况", "1.总体情况", "总体情况"]


WHITE = "<w:color w:val='FFFFFF'/>"


@pytest.mark.parametrize("hidden", [WHITE, "<w:sz w:val='2'/>", "<w:color w:val='ffffff'/><w:shd w:fill='auto'/>"])
def test_digits_that_cannot_be_seen(hidden: str) -> None:
    assert parse_cell(cell(PLAIN + styled("3", hidden)), whole=True).kind == "noise"
    assert cell(styled("规章", hidden)) == "规章"


def test_white_digits_on_a_colour() -> None:
    assert cell(styled("3", WHITE + "<w:shd w:val='clear' w:fill='4472C4'/>")) == "3"
    assert cell(styled("3", WHITE + "<w:highlight w:val='black'/>")) == "3"
    filled = tc(f"<w:p>{styled('3', WHITE)}</w:p>", "<w:shd w:val='clear' w:fill='4472C4'/>")
    assert rows(tables(read(tbl(tc("规章") + filled)))[0]) == [["规章", "3"]]
    banded = '<w:style w:type="table" w:styleId="T"><w:tblStylePr><w:tcPr><w:shd w:fill="4472C4"/></w:tcPr></w:tblStylePr></w:style>'
    assert cell(styled("3", WHITE), table="T", styles=f"<w:styles {NS}>{banded}</w:styles>") == "3"
    assert lines(read(f"<w:p>{styled('2023年报告', WHITE)}</w:p>")) == ["2023年报告"]


@pytest.mark.parametrize("value", ["6", "-6", "3pt"])
def test_moved_up_or_down(value: str) -> None:
    assert cell(PLAIN + styled("3", f"<w:position w:val='{value}'/>")) == "12[3]"


def test_moved_a_little_or_as_a_whole() -> None:
    assert cell(PLAIN + styled("3", "<w:position w:val='-2'/>")) == "123"
    assert cell(styled("12", "<w:position w:val='6'/>") + styled("3", "<w:position w:val='6'/>")) == "123"


def test_letters_of_fonts_that_have_pictures() -> None:
    font = "<w:rFonts w:ascii='Wingdings' w:hAnsi='Wingdings'/>"
    assert cell(styled("3", font)) == "\ufffc"
    assert cell(PLAIN + styled("3", font)) == "12\ufffd"


def test_styles_that_cannot_be_read_are_named() -> None:
    assert [(n.code, n.severity) for n in read(p("甲"), styles="<w:styles").notes] == [("UNREAD_PART", "error")]


def test_parts_as_word_in_a_browser_names_them() -> None:
    made = tbl(tc("规章") + tc(f"<w:p>{PLAIN}{of('Struck', '3')}</w:p>"))
    assert rows(tables(read(made, styles2=sheet()))[0]) == [["规章", "12"]]

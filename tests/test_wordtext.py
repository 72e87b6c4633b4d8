from __future__ import annotations

import pytest
from documents import lines, rows, tables
from word_maker import p, read, styled, tbl, tc

from gxml.numerals import parse_cell


def cell(content: str) -> str:
    return rows(tables(read(tbl(tc("规章") + tc(f"<w:p>{content}</w:p>"))))[0])[0][1]


def run(text: str) -> str:
    return f"<w:r><w:t>{text}</w:t></w:r>"


def math(content: str) -> str:
    return f"<m:oMath>{content}</m:oMath>"


def mr(text: str) -> str:
    return f"<m:r><m:t>{text}</m:t></m:r>"


SUP = f"<m:sSup><m:e>{mr('1')}</m:e><m:sup>{mr('5')}</m:sup></m:sSup>"
SUB = f"<m:sSub><m:e>{mr('1')}</m:e><m:sub>{mr('5')}</m:sub></m:sSub>"
BOTH = f"<m:sSubSup><m:e>{mr('1')}</m:e><m:sub>{mr('2')}</m:sub><m:sup>{mr('3')}</m:sup></m:sSubSup>"
FRONT = f"<m:sPre><m:sub>{mr('2')}</m:sub><m:sup>{mr('3')}</m:sup><m:e>{mr('1')}</m:e></m:sPre>"
FRACTION = f"<m:f><m:num>{mr('1')}</m:num><m:den>{mr('2')}</m:den></m:f>"
ROOT = f"<m:rad><m:deg/><m:e>{mr('5')}</m:e></m:rad>"


@pytest.mark.parametrize(
    ("content", "want"),
    [
        (math(SUP), "1[5]"),
        (run("1") + math(SUB), "11[5]"),
        (math(BOTH), "1[23]"),
        (math(FRONT), "[23]1"),
        (math(FRACTION), "1/2"),
        (math(ROOT), "\ufffd5"),
        (math(f"<m:d><m:e>{mr('5')}</m:e></m:d>"), "(5)"),
    ],
)
def test_formulas_are_no_plain_numbers(content: str, want: str) -> None:
    assert cell(content) == want
    assert parse_cell(want, whole=True).kind == "noise"


def test_a_number_written_as_a_formula() -> None:
    assert cell(math(mr("15"))) == "15"
    struck = "<m:r><w:rPr><w:strike/></w:rPr><m:t>7</m:t></m:r>"
    assert cell(run("12") + math(struck)) == "12"


FLD = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'
CODE = "<w:r><w:instrText>{}</w:instrText></w:r>"


def form(data: str, code: str = "FORMDROPDOWN", result: str = "") -> str:
    begin = f'<w:r><w:fldChar w:fldCharType="begin"><w:ffData>{data}</w:ffData></w:fldChar></w:r>'
    return begin + CODE.format(code) + FLD.format("separate") + result + FLD.format("end")


def dropdown(chosen: str, *entries: str) -> str:
    listed = "".join(f"<w:listEntry w:val='{e}'/>" for e in entries)
    return f"<w:ddList>{chosen}{listed}</w:ddList>"


@pytest.mark.parametrize(
    ("chosen", "want"),
    [
        ("<w:result w:val='1'/>", "12"),
        ("<w:default w:val='2'/>", "7"),
        ("<w:result w:val='1'/><w:default w:val='2'/>", "12"),
        ("", "0"),
        ("<w:result w:val='9'/>", "\ufffc"),
    ],
)
def test_the_choice_of_a_drop_down_list(chosen: str, want: str) -> None:
    assert cell(form(dropdown(chosen, "0", "12", "7"))) == want


def test_a_drop_down_list_beside_other_text() -> None:
    data = dropdown("<w:result w:val='1'/>", "0", "12")
    begin = form(data).replace(FLD.format("separate"), "")  # as Word writes it
    assert cell(begin + run("件")) == "12件"
    assert lines(read(f"<w:p>{run('共')}{begin}{run('件')}</w:p>")) == ["共12件"]
    assert cell(form(data, result=run("12"))) == "12"
    hidden = begin.replace("<w:r>", "<w:r><w:rPr><w:vanish/></w:rPr>")
    assert cell(run("3") + hidden) == "3"


def test_check_boxes() -> None:
    ticked = form("<w:checkBox><w:default w:val='0'/><w:checked/></w:checkBox>", "FORMCHECKBOX")
    empty = form("<w:checkBox><w:default w:val='0'/></w:checkBox>", "FORMCHECKBOX")
    assert (cell(ticked), cell(empty)) == ("☑", "☐")
    assert lines(read(f"<w:p>{ticked}{run('是')}{empty}{run('否')}</w:p>")) == ["☑是☐否"]


@pytest.mark.parametrize("code", [r"EQ \o\ac(○,1)", r"eq \f(1,2)", r"SYMBOL 254 \f Wingdings", "=1+2"])
def test_a_field_that_draws_itself_is_no_blank(code: str) -> None:
    field = FLD.format("begin") + CODE.format(code) + FLD.format("end")
    assert cell(field) == "\ufffc"
    assert cell(run("2") + field) == "2\ufffd"


def test_a_field_that_shows_nothing() -> None:
    for code in ("XE 规章", "PRIVATE", "TC 12"):
        assert cell(FLD.format("begin") + CODE.format(code) + FLD.format("end")) == ""


def test_the_end_of_an_inner_field_does_not_end_the_code_around_it() -> None:
    inner = FLD.format("begin") + FLD.format("separate") + run("1") + FLD.format("end")
    outer = FLD.format("begin") + inner + run("码") + FLD.format("separate") + run("5") + FLD.format("end")
    assert cell(outer) == "5"


def control(content: str, properties: str = "<w:showingPlcHdr/>") -> str:
    return f"<w:sdt><w:sdtPr>{properties}</w:sdtPr><w:sdtContent>{content}</w:sdtContent></w:sdt>"


def test_a_placeholder_that_nobody_filled_in_is_no_number() -> None:
    assert cell(control(run("0"))) == "[0]"
    assert cell(control(run("0"), "<w:showingPlcHdr w:val='0'/>")) == "0"
    assert cell(control(run("选择一项。"))) == "选择一项。"
    assert rows(tables(read(tbl(tc("规章") + control(tc("0")))))[0]) == [["规章", "[0]"]]


@pytest.mark.parametrize(
    ("symbol", "want"),
    [
        ("w:font='Symbol' w:char='F035'", "125"),
        ("w:font='Symbol' w:char='0035'", "125"),
        ("w:font='Wingdings' w:char='0035'", "12\ufffd"),
        ("w:font='Wingdings' w:char='F035'", "12\ufffd"),
        ("w:font='宋体' w:char='0035'", "125"),
        ("w:font='Symbol' w:char='F0B7'", "12\ufffd"),
    ],
)
def test_symbols(symbol: str, want: str) -> None:
    assert cell(run("12") + f"<w:r><w:sym {symbol}/></w:r>") == want


def test_a_symbol_alone_in_a_cell_is_not_known() -> None:
    for content in ("<w:r><w:sym w:font='Wingdings' w:char='F081'/></w:r>", run("\uf035")):
        assert cell(content) == "\ufffc"


def test_what_word_fills_in_itself() -> None:
    assert cell("<w:r><w:t>12</w:t><w:pgNum/></w:r>") == "12\ufffd"


def test_a_mark_of_a_note_that_is_typed() -> None:
    note = "<w:r><w:footnoteReference w:customMarkFollows='1' w:id='2'/><w:t>1</w:t></w:r>"
    assert cell(run("12") + note) == "12"
    assert cell(run("12") + "<w:r><w:footnoteReference w:id='2'/></w:r>") == "12"


def test_soft_hyphens_are_not_shown() -> None:
    assert parse_cell(cell("<w:r><w:t>1</w:t><w:softHyphen/><w:t>2</w:t></w:r>")).value == 12


def test_changes_of_format_say_how_it_was() -> None:
    changed = "<w:rPrChange w:id='1'><w:rPr><w:strike/><w:vanish/></w:rPr></w:rPrChange>"
    assert cell(styled("12", changed)) == "12"


def test_a_paragraph_whose_end_is_deleted_before_a_table_or_at_the_end() -> None:
    deleted = "<w:pPr><w:rPr><w:del/></w:rPr></w:pPr>"
    document = read(p("表前", deleted) + tbl(tc("规章") + tc("0")) + p("表后") + p("尾", deleted))
    assert [getattr(b, "text", "表") for b in document.blocks] == ["表前", "表", "表后", "尾"]

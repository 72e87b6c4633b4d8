from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import docx
import pytest
from documents import lines, read_or_refused, rows, tables
from docx.oxml import parse_xml
from word_maker import HEAD, NS, p, package, read, styled, tbl, tc

from gxml.config import Options
from gxml.document import Line, Table
from gxml.errors import BrokenFileError, EncryptedFileError, TooLargeError, UnsupportedFormatError
from gxml.numerals import parse_cell
from gxml.worddoc import read_docx
from gxml.wordlists import format_number

TWO = tbl(tc("规章") + tc("0"), tc("行政规范性文件") + tc("3"))


def test_a_file_of_python_docx_in_the_order_of_the_body() -> None:
    made = docx.Document()
    made.add_paragraph("某某县2023年政府信息公开工作年度报告", style="Title")
    made.add_paragraph("一、总体情况")
    table = made.add_table(3, 4)
    table.cell(0, 0).merge(table.cell(0, 3)).text = "第二十条第（一）项"
    table.cell(1, 0).merge(table.cell(2, 0)).text = "规章"
    table.cell(1, 1).text = "12"
    made.add_paragraph("二、主动公开")
    out = io.BytesIO()
    made.save(out)
    document = read(out.getvalue())
    assert [(b.role, b.text) for b in document.blocks if isinstance(b, Line)] == [
        ("title", "某某县2023年政府信息公开工作年度报告"),
        ("body", "一、总体情况"),
        ("body", "二、主动公开"),
    ]
    assert isinstance(document.blocks[2], Table)
    (found,) = tables(document)
    assert [(c.text, c.row, c.col, c.rowspan, c.colspan) for c in found.cells][:3] == [
        ("第二十条第（一）项", 0, 0, 1, 4),
        ("规章", 1, 0, 2, 1),
        ("12", 1, 1, 1, 1),
    ]
    assert len(found.cells) == 8


def test_tracked_changes() -> None:
    document = read(
        '<w:p><w:r><w:t>共</w:t></w:r><w:del w:id="1"><w:r><w:delText>9</w:delText></w:r></w:del>'
        '<w:ins w:id="2"><w:r><w:t>12</w:t></w:r></w:ins><w:moveFrom><w:r><w:t>旧</w:t></w:r></w:moveFrom>'
        "<w:moveTo><w:r><w:t>件</w:t></w:r></w:moveTo></w:p>"
        + p("前半", "<w:pPr><w:rPr><w:del/></w:rPr></w:pPr>")
        + p("后半")
        + tbl(tc("甲") + tc("1"), f"<w:tr><w:trPr><w:del/></w:trPr>{tc('乙')}{tc('2')}</w:tr>", tc("丙") + tc("3"))
    )
    assert lines(document) == ["共12件", "前半后半"]
    assert rows(tables(document)[0]) == [["甲", "1"], ["丙", "3"]]


def test_fields_give_their_results() -> None:
    document = read(
        '<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>PAGE 7</w:instrText><w:t>隐</w:t></w:r>'
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>12</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/>'
        '</w:r><w:fldSimple w:instr="X"><w:r><w:t>件</w:t></w:r></w:fldSimple><w:hyperlink><w:r><w:t>见网站</w:t></w:r>'
        '</w:hyperlink></w:p><w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>X</w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="end"/></w:r><w:r><w:t>尾</w:t></w:r></w:p>'
    )
    assert lines(document) == ["12件见网站", "尾"]


def test_nested_fields_and_fields_that_never_end() -> None:
    begin, separate, end = (f'<w:r><w:fldChar w:fldCharType="{k}"/></w:r>' for k in ("begin", "separate", "end"))
    run = "<w:r><w:t>{}</w:t></w:r>"
    nested = (
        f"<w:p>{begin}{begin}{separate}{run.format('码')}{end}{separate}{run.format('5')}{end}{run.format('件')}</w:p>"
    )
    assert lines(read(nested)) == ["5件"]
    assert lines(read(f"<w:p>{begin}{run.format('码')}</w:p>" + p("正文不丢"))) == ["正文不丢"]


def test_what_runs_hold() -> None:
    document = read(
        "<w:p><w:r><w:t>甲</w:t><w:tab/><w:t>乙</w:t><w:br/><w:t>丙</w:t><w:noBreakHyphen/><w:t>5</w:t></w:r>"
        "<w:r><w:rPr><w:vanish/></w:rPr><w:t>隐</w:t></w:r><w:r><w:rPr><w:vanish w:val='0'/></w:rPr><w:t>显</w:t></w:r>"
        "<m:oMath><m:r><m:t>7</m:t></m:r></m:oMath><w:r><w:sym w:font='Wingdings' w:char='F0FE'/></w:r></w:p>"
    )
    assert lines(document) == ["甲\t乙", "丙-5显7\ufffd"]


def test_crossed_out_numbers_are_gone() -> None:
    struck, plain = styled("17", "<w:strike/>"), styled("33", "<w:strike w:val='0'/>")
    only = styled("5", "<w:dstrike/>")
    body = tbl(tc(f"<w:p>{struck}{plain}</w:p>") + tc(f"<w:p>{only}</w:p>") + tc("<w:p/>"))
    (table,) = tables(read(body))
    assert rows(table) == [["33", "~~5~~", ""]]
    assert parse_cell("~~5~~", whole=True).kind == "noise"


@pytest.mark.parametrize("mark", ["1", "①", "[2]", "*", "注"])
def test_the_raised_mark_of_a_note_is_no_digit(mark: str) -> None:
    raised = styled(mark, "<w:vertAlign w:val='superscript'/>")
    alone = styled("12", "<w:vertAlign w:val='superscript'/>")
    (table,) = tables(read(tbl(tc(f"<w:p><w:r><w:t>2</w:t></w:r>{raised}</w:p>") + tc(f"<w:p>{alone}</w:p>"))))
    assert rows(table) == [["2", "12"]]


PICTURES = {
    "drawing": "<w:drawing><a:blip xmlns:a='http://schemas.openxmlformats.org/drawingml/2006/main'/></w:drawing>",
    "vml": "<w:pict><v:shape><v:imagedata/></v:shape></w:pict>",
    "ole": "<w:object/>",
}


@pytest.mark.parametrize("kind", PICTURES)
def test_a_cell_with_only_a_picture_is_no_blank(kind: str) -> None:
    shown = f"<w:p><w:r>{PICTURES[kind]}</w:r></w:p>"
    hidden = f"<w:p><w:r><w:rPr><w:vanish/></w:rPr>{PICTURES[kind]}</w:r></w:p>"
    deleted = f"<w:p><w:del><w:r>{PICTURES[kind]}</w:r></w:del></w:p>"
    with_text = f"<w:p><w:r>{PICTURES[kind]}<w:t>5</w:t></w:r></w:p>"
    (table,) = tables(read(tbl("".join(tc(c) for c in ("规章", shown, hidden, deleted, with_text, p(""))))))
    assert rows(table) == [["规章", "\ufffc", "", "", "5", ""]]
    assert parse_cell("\ufffc", whole=True).kind == "noise"


def test_a_drawn_line_is_no_picture_and_pictures_alone_are_no_table() -> None:
    line = "<w:p><w:r><w:pict><v:line/></w:pict></w:r></w:p>"
    shown = f"<w:p><w:r>{PICTURES['vml']}</w:r></w:p>"
    (table,) = tables(read(tbl(tc("规章") + tc(line)) + tbl(tc(shown) + tc(shown))))
    assert rows(table) == [["规章", ""]]


def test_a_tab_parts_two_numbers() -> None:
    cell = "<w:p><w:r><w:t>1</w:t><w:tab/><w:t>234</w:t></w:r></w:p>"
    (table,) = tables(read(tbl(tc("规章") + tc(cell))))
    assert parse_cell(rows(table)[0][1], whole=True).kind == "noise"


def test_content_controls_text_boxes_and_alternates() -> None:
    box = "<w:txbxContent>" + p("框中一") + TWO + "</w:txbxContent>"
    document = read(
        "<w:sdt><w:sdtPr/><w:sdtContent>" + p("控件") + TWO + "</w:sdtContent></w:sdt>"
        f"<w:p><w:r><w:t>锚</w:t></w:r><w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:drawing><wps:txbx>{box}"
        f"</wps:txbx></w:drawing></mc:Choice><mc:Fallback><w:pict><v:textbox>{box}</v:textbox></w:pict></mc:Fallback>"
        "</mc:AlternateContent></w:r></w:p>"
    )
    assert lines(document) == ["控件", "锚", "框中一"]
    assert len(tables(document)) == 2


def test_merges_that_do_not_fit() -> None:
    restart, go_on = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
    document = read(
        tbl(
            tc("三", restart) + tc("甲") + tc("1"),
            tc("", go_on) + tc("乙") + tc("2"),
            tc("三", go_on) + tc("丙") + tc("3"),
            tc("别的", go_on) + tc("丁") + tc("4"),
            tc("", '<w:gridSpan w:val="2"/>' + go_on) + tc("5"),
            f"<w:tr><w:trPr><w:gridBefore w:val='1'/></w:trPr>{tc('戊')}{tc('6')}</w:tr>",
        )
    )
    (table,) = tables(document)
    assert [(c.text, c.row, c.col, c.rowspan, c.colspan) for c in table.cells if c.col == 0] == [
        ("三", 0, 0, 3, 1),
        ("别的", 3, 0, 1, 1),
        ("", 4, 0, 1, 2),
    ]
    assert [c.text for c in table.cells if c.col == 2] == list("123456")


def test_layout_tables_and_tables_in_cells() -> None:
    document = read(tbl(tc(p("一、总体情况") + TWO + p("尾"))))
    assert lines(document) == ["一、总体情况", "尾"] and len(tables(document)) == 1
    side_by_side = read(tbl(tc(p("左") + TWO) + tc(p("右") + TWO)))
    assert len(tables(side_by_side)) == 2
    small = read(
        tbl(tc(tbl(tc("商业"), tc("企业")) + "<w:p/>") + tc("自然人") + tc("总计"), tc("申请数量") + tc("1") + tc("2"))
    )
    assert rows(tables(small)[0]) == [["商业\n企业", "自然人", "总计"], ["申请数量", "1", "2"]]


def test_list_numbers() -> None:
    number = '<w:pPr><w:numPr><w:ilvl w:val="{}"/><w:numId w:val="1"/></w:numPr></w:pPr>'
    numbering = (
        f'<w:numbering {NS}><w:abstractNum w:abstractNumId="0">'
        '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/><w:lvlText w:val="%1、"/></w:lvl>'
        '<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="（%1.%2）"/></w:lvl>'
        '</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>'
    )
    styles = (
        f'<w:styles {NS}><w:style w:styleId="H"><w:name w:val="heading 1"/><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr>'
        '</w:pPr></w:style><w:style w:styleId="a3"><w:name w:val="Title"/></w:style></w:styles>'
    )
    document = read(
        p("总体情况", number.format(0))
        + p("")
        + p("甲", number.format(1))
        + p("乙", number.format(1))
        + p("主动公开", '<w:pPr><w:pStyle w:val="H"/></w:pPr>')
        + p("丙", number.format(1))
        + p("报告", '<w:pPr><w:pStyle w:val="a3"/></w:pPr>'),
        numbering=numbering,
        styles=styles,
    )
    assert lines(document) == ["一、总体情况", "（一.1）甲", "（一.2）乙", "二、主动公开", "（二.1）丙", "报告"]
    assert isinstance(document.blocks[-1], Line) and document.blocks[-1].role == "title"


def test_a_list_number_does_not_run_into_a_number() -> None:
    numbering = (
        f'<w:numbering {NS}><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:lvlText w:val="%1."/></w:lvl>'
        '</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>'
    )
    listed = '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>'
    document = read(tbl(tc(p("重复申请", listed)) + tc(p("5", listed))), numbering=numbering)
    assert rows(tables(document)[0]) == [["1.重复申请", "2. 5"]]


NUMBERED = '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>'


def numbering(pattern: str) -> str:
    return (
        f'<w:numbering {NS}><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:lvlText w:val="{pattern}"/></w:lvl>'
        '</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>'
    )


def test_a_list_number_makes_no_thousands() -> None:
    body = tbl(tc("规章") + tc(p("345", NUMBERED)), tc("规范性文件") + tc(p(" 345", NUMBERED)))
    (table,) = tables(read(body, numbering=numbering("%1")))
    assert rows(table) == [["规章", "[1] 345"], ["规范性文件", "[2]  345"]]
    assert parse_cell("[1] 345", whole=True).kind == "noise"


def test_a_cell_that_shows_only_an_automatic_number_is_no_blank() -> None:
    counted = tc(f"<w:p>{NUMBERED}</w:p>")
    body = tbl(tc("序号") + tc("内容") + tc("数"), counted + tc("规章") + tc("3"), tc("") + tc("文件") + counted)
    (table,) = tables(read(body, numbering=numbering("%1")))
    assert rows(table) == [["序号", "内容", "数"], ["", "规章", "3"], ["", "文件", "[2]"]]
    assert parse_cell("[2]", whole=True).kind == "noise"


def test_empty_paragraphs_count_too() -> None:
    body = p("甲", NUMBERED) + f"<w:p>{NUMBERED}</w:p>" + p("乙", NUMBERED)
    assert lines(read(body, numbering=numbering("%1、"))) == ["1、甲", "3、乙"]


def test_cells_merged_across_as_in_old_files() -> None:
    go_on = "<w:hMerge w:val='continue'/>"
    head = tc("行政复议", "<w:hMerge w:val='restart'/>") + tc("", "<w:hMerge/>") + tc("", go_on) + tc("行政诉讼")
    (table,) = tables(read(tbl(head, "".join(map(tc, "1234")), tc("5", "<w:hMerge w:val='restart'/>") + tc("6", go_on) + tc("") + tc(""))))
    assert [(c.text, c.col, c.colspan) for c in table.cells if c.row == 0] == [("行政复议", 0, 3), ("行政诉讼", 3, 1)]
    assert rows(table)[2] == ["5", "[6]", "", ""]


def test_a_number_that_a_merged_cell_does_not_show() -> None:
    restart, go_on = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
    hidden = tbl(tc("规章") + tc("3", restart), tc("文件") + tc("5", go_on), tc("甲") + tc("", restart), tc("乙") + tc("6", go_on))
    (table,) = tables(read(hidden))
    assert [(c.text, c.row, c.rowspan) for c in table.cells if c.col == 1] == [("3", 0, 2), ("", 2, 1), ("[6]", 3, 1)]


def test_rows_whose_text_is_hidden() -> None:
    hidden = f"<w:p>{styled('乙', '<w:vanish/>')}</w:p>"
    number = f"<w:p>{styled('2', '<w:vanish/>')}</w:p>"
    (table,) = tables(read(tbl(tc("甲") + tc("1"), tc(hidden) + tc(number), tc("丙") + tc(""), tc("") + tc("")) ))
    assert rows(table) == [["甲", "1"], ["丙", ""], ["", ""]]


WORDART = "<w:pict><v:shape><v:textpath string='12'/></v:shape></w:pict>"
A = "xmlns:a='http://schemas.openxmlformats.org/drawingml/2006/main'"


@pytest.mark.parametrize(
    "drawing",
    [
        WORDART,
        f"<w:drawing><a:graphic {A}><a:graphicData uri='http://schemas.openxmlformats.org/drawingml/2006/chart'/></a:graphic></w:drawing>",
        f"<w:drawing><a:graphic {A}><a:graphicData uri='http://schemas.openxmlformats.org/drawingml/2006/lockedCanvas'/></a:graphic></w:drawing>",
    ],
)
def test_drawn_text_that_no_run_holds_is_no_blank(drawing: str) -> None:
    empty = f"<w:drawing><a:graphic {A}><a:graphicData uri='http://schemas.microsoft.com/office/word/2010/wordprocessingShape'/></a:graphic></w:drawing>"
    cells = tc("规章") + tc(f"<w:p><w:r>{drawing}</w:r></w:p>") + tc(f"<w:p><w:r>{empty}</w:r></w:p>")
    assert rows(tables(read(tbl(cells)))[0]) == [["规章", "\ufffc", ""]]


def test_a_list_that_begins_anew() -> None:
    over = '<w:num w:numId="2"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num></w:numbering>'
    second = NUMBERED.replace('w:numId w:val="1"', 'w:numId w:val="2"')
    body = p("甲", NUMBERED) + p("乙", NUMBERED) + p("丙", second) + p("丁", second)
    made = numbering("%1、").replace("</w:numbering>", over)
    assert lines(read(body, numbering=made)) == ["1、甲", "2、乙", "1、丙", "2、丁"]


def test_a_tracked_merge() -> None:
    rest, cont = "<w:cellMerge w:id='1' w:vMerge='rest'/>", "<w:cellMerge w:id='2' w:vMerge='cont' w:vMergeOrig='rest'/>"
    (table,) = tables(read(tbl(tc("规章") + tc("3", rest), tc("文件") + tc("5", cont))))
    assert [(c.text, c.rowspan) for c in table.cells if c.col == 1] == [("3", 2)]


def test_rows_of_no_height() -> None:
    def row(rule: str, height: int) -> str:
        return f"<w:tr><w:trPr><w:trHeight w:val='{height}' {rule}/></w:trPr>{tc('乙')}{tc('2')}</w:tr>"

    exact = "w:hRule='exact'"
    (table,) = tables(read(tbl(tc("甲") + tc("1"), row(exact, 20), row("", 20), row(exact, 300))))
    assert rows(table) == [["甲", "1"], ["乙", "2"], ["乙", "2"]]


def box(content: str) -> str:
    return f"<w:p><w:r><w:pict><v:shape><v:textbox><w:txbxContent>{content}</w:txbxContent></v:textbox></v:shape></w:pict></w:r></w:p>"


def test_a_number_in_a_text_box_beside_a_table_is_named() -> None:
    assert [(n.code, n.severity) for n in read(box(p("33"))).notes] == [("UNREAD_PART", "warning")]
    page = '<w:p><w:fldSimple w:instr="PAGE"><w:r><w:t>2</w:t></w:r></w:fldSimple></w:p>'
    for content in (p("共33件"), page, p("")):
        assert read(box(content)).notes == ()
    assert read(tbl(tc("规章") + tc(box(p("33"))))).notes == ()


def test_parts_are_those_that_the_file_names() -> None:
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    relations = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
    one = f'<Relationship Type="{kind}/{{}}" Target="{{}}"/>'
    styles = f'<w:styles {NS}><w:style w:styleId="S"><w:rPr><w:strike/></w:rPr></w:style></w:styles>'
    out = io.BytesIO(package(p("旧稿"), mine=styles))
    struck = styled("7", "<w:rStyle w:val='S'/>")
    body = f"<w:p>{struck}<w:r><w:t>甲</w:t></w:r></w:p>"
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("_rels/.rels", relations.format(one.format("officeDocument", "/word/text.xml")))
        archive.writestr("word/_rels/text.xml.rels", relations.format(one.format("styles", "mine.xml")))
        archive.writestr("word/text.xml", f"{HEAD}<w:document {NS}><w:body>{body}</w:body></w:document>")
    assert lines(read(out.getvalue())) == ["甲"]


def test_what_is_not_read_is_said() -> None:
    document = read(
        p("甲") + "<w:altChunk/><w:p><w:subDoc/></w:p><w:p><w:r><w:object/></w:r></w:p>"
        '<w:p><w:r><w:drawing><a:blip xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"/></w:drawing></w:r></w:p>'
    )
    assert [(n.code, n.severity) for n in document.notes] == [
        ("UNREAD_PART", "error"),
        ("UNREAD_PART", "warning"),
        ("PICTURE", "info"),
    ]
    assert "2 个其他格式" in document.notes[0].message
    assert [n.code for n in read(f"<w:p><w:r>{WORDART}</w:r></w:p>").notes] == ["PICTURE"]


@pytest.mark.parametrize(
    ("value", "kind", "want"),
    [
        (1, "chineseCounting", "一"),
        (10, "chineseCounting", "十"),
        (21, "chineseCountingThousand", "二十一"),
        (3, "decimal", "3"),
        (2, "decimalEnclosedCircle", "②"),
        (4, "lowerLetter", "d"),
        (9, "upperRoman", "IX"),
    ],
)
def test_number_formats(value: int, kind: str, want: str) -> None:
    assert format_number(value, kind) == want


def test_files_of_the_strict_standard() -> None:
    formula = "<w:p><m:oMath><m:r><m:t>7</m:t></m:r></m:oMath></w:p>"
    picture = f"<w:p><w:r>{PICTURES['drawing']}</w:r></w:p>"
    data = package(p("严格") + tbl(tc("规章") + tc(formula) + tc(picture)))
    strict = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(strict, "w") as target:
        content = re.sub(
            rb"http://schemas.openxmlformats.org/(wordprocessingml|officeDocument|drawingml)/2006/(\w+)",
            rb"http://purl.oclc.org/ooxml/\1/\2",
            source.read("word/document.xml"),
        )
        target.writestr("word/document.xml", content)
    document = read(strict.getvalue())
    assert lines(document) == ["严格"]
    assert rows(tables(document)[0]) == [["规章", "7", "\ufffc"]]


def test_radicals() -> None:
    assert lines(read(p("⾏政"))) == ["行政"]


def test_a_bomb_is_not_unpacked() -> None:
    data = package(p("0" * 3_000_000))
    assert len(data) < 20_000
    with pytest.raises(TooLargeError, match=r"b\.docx"):
        read_docx(data, "b.docx", Options(max_unpacked_bytes=1_000_000))
    entities = f'{HEAD}<!DOCTYPE d [<!ENTITY a "{"x" * 99}"><!ENTITY b "{"&a;" * 99}"><!ENTITY c "{"&b;" * 99}">]>'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("word/document.xml", f"{entities}<w:document {NS}><w:body>{p('&c;')}</w:body></w:document>")
    with pytest.raises(BrokenFileError):
        read(out.getvalue())


def test_what_cannot_be_read() -> None:
    good = package(p("甲"))
    for data, error in [
        (good[: len(good) // 2], BrokenFileError),
        (good.replace(b"PK\x01\x02", b"PK\x07\x02"), BrokenFileError),
        (b"PK\x05\x06" + bytes(18), UnsupportedFormatError),
        (package("<w:p>"), BrokenFileError),
    ]:
        with pytest.raises(error, match=r"a\.docx"):
            read_docx(data, "a.docx")
    locked = bytearray(good)
    locked[good.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(EncryptedFileError):
        read_docx(bytes(locked), "a.docx")


def test_damaged_files_give_typed_errors_or_documents() -> None:
    made = docx.Document()
    made.add_paragraph("一、总体情况")
    made.add_table(2, 2).cell(0, 0).text = "规章"
    made.element.body.append(parse_xml(f"<w:p {NS}><w:r><w:t>尾</w:t></w:r></w:p>"))
    out = io.BytesIO()
    made.save(out)
    data = out.getvalue()
    assert read_or_refused(lambda b: read_docx(b, "x.docx"), data, cut=0.3) == {"read", "refused"}


def test_the_blank_form(real_reports: Path) -> None:
    document = read((real_reports / "template_2021_blank_form.docx").read_bytes())
    assert [(t.rows, t.cols) for t in tables(document)] == [(14, 4), (28, 10), (4, 15)]
    assert "二、主动公开政府信息情况" in lines(document)
    assert not any(c.text for c in tables(document)[1].cells if c.row >= 3 and c.col >= 3)

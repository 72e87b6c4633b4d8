import hashlib

import pytest

from gxml.cells import strips_between
from gxml.cells_inline import split_inline
from gxml.document import Document, Line, OcrCell, Page, RawCell, TextBuilder, add_table


def text_document(text):
    blocks, at = [], 0
    for line in text.split("\n"):
        blocks.append(Line(line, (at, at + len(line))))
        at += len(line) + 1
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Document("t.txt", digest, "text", text, (Page(1, 0, 0, "text", ""),), tuple(blocks))


def rows(text):
    document = text_document(text)
    return [(s.labels, [f.text for f in s.values if f.kind != "break"]) for s in strips_between(document, 0, len(text))]


@pytest.mark.parametrize(
    ("text", "label", "values"),
    [
        ("2.重复申请 0 0 0", "2.重复申请", ["0", "0", "0"]),
        ("2.重复申请0000000", "2.重复申请", ["0000000"]),
        ("行政事业性收费24252.311082", "行政事业性收费", ["24252.311082"]),
        ("行政许可2648-18538", "行政许可", ["2648", "-18538"]),
        ("政府集中采购160.5964万元", "政府集中采购", ["160.5964万元"]),
        ("行政处罚增5", "行政处罚", ["增5"]),
        ("本年（2023）制发件数", "本年（2023）制发件数", []),
        ("第20条", "第20条", []),
        ("2023年度报告", "2023年度报告", []),
    ],
)
def test_label_and_numbers_on_one_line(text, label, values):
    found, fields = split_inline(text, 0)
    assert (found, [f.text for f in fields]) == (label, values)
    assert all(text[slice(*f.span)] == f.text for f in fields)


def test_the_number_of_the_next_label_is_not_a_value():
    assert rows("1.属于国家秘密00000002.其他法律行政法规禁止公开0000000四、结转下年度继续办理1000001") == [
        (("1.属于国家秘密",), ["0000000"]),
        (("2.其他法律行政法规禁止公开",), ["0000000"]),
        (("四、结转下年度继续办理",), ["1000001"]),
    ]


def test_tabs_keep_blank_cells():
    assert rows("规章\t0\t\t3\n行政许可\t7\t\t") == [(("规章",), ["0", "", "3"]), (("行政许可",), ["7", "", ""])]


def test_a_row_of_tabs_alone_is_a_row_of_blanks():
    assert rows("结果维持\t结果纠正\t其他结果\t总计\n\t\t\t\n")[1] == ((), ["", "", "", ""])


def test_framed_pipes_make_no_cells_and_open_ones_do():
    assert rows("| 规章 | 0 | 3 |\n|---|---|---|\n| 文件 |  | 4 |") == [(("规章",), ["0", "3"]), (("文件",), ["", "4"])]
    assert rows("规章 | 0 | 3 |\n|1|2|\n文件 | 5 | 4 |")[1] == ((), ["", "1", "2", ""])


STACK = "".join(f"\t{cell}\n" for cell in ("规章", "0", "\xa0", "3")) + "\n"


def test_one_cell_a_line_behind_tabs():
    text = STACK + STACK.replace("规章", "规范性\n文件") + "\t\n\t行政许可\n\t9\n"
    found = rows(text)
    assert found[0] == (("规章",), ["0", "", "3"])
    assert found[1][0] == ("规范性\n文件",)
    assert found[1][1][:3] == ["0", "", "3"]


def test_a_number_of_two_points_is_one_unreadable_piece():
    (strip,) = strips_between(text_document("行政事业性收费3044.283044.28"), 0, 99)
    assert [(f.text, f.kind) for f in strip.values] == [("3044.283044.28", "noise")]


def test_a_table_gives_a_strip_a_row_with_columns_and_readings():
    builder = TextBuilder()
    ocr = OcrCell(0.7, "r", "8", (("3", 0.7), ("8", 0.2)))
    raw = [
        RawCell("三、结果", 0, 0, rowspan=2),
        RawCell("（一）予以公开", 0, 1),
        RawCell("3", 0, 2, ocr=ocr),
        RawCell("", 0, 3),
        RawCell("（二）部分公开", 1, 1),
        RawCell("无", 1, 2),
        RawCell("4", 1, 3),
    ]
    table = add_table(builder, raw, page=1, origin="markup")
    document = Document("t.html", "", "html", builder.text(), (Page(1, 0, 0, "markup", ""),), (table,))
    first, second = strips_between(document, 0, 99)
    assert first.labels == ("三、结果", "（一）予以公开")
    assert [(f.text, f.kind, f.lo) for f in first.values] == [("3", "number", 2.0), ("", "blank", 3.0)]
    assert first.values[0].ocr is ocr
    assert second.labels == ("（二）部分公开",)
    assert [f.kind for f in second.values] == ["dash", "number"]
    assert all(document.text[slice(*f.span)] == f.text for s in (first, second) for f in s.fields)


def halves(second: list[str], *, whole: bool) -> list[list[str]]:
    """Values of the rows of a table in which a line runs through the cells of one row, but not through its label."""
    first = [RawCell("政府集中采购", 0, 0, rowspan=2), RawCell("0", 0, 1, rowspan=2 if whole else 1), RawCell("", 0, 2)]
    builder = TextBuilder()
    raw = [*first, *(RawCell(t, 1, (2 if whole else 1) + i) for i, t in enumerate(second)), RawCell("规章", 2, 0)]
    table = add_table(builder, raw, page=1, origin="rulings")
    document = Document("t.pdf", "", "pdf", builder.text(), (Page(1, 0, 0, "text", ""),), (table,))
    return [[f.text for f in s.values] for s in strips_between(document, 0, 99)]


def test_halves_of_a_cell_beside_a_whole_one_are_one_cell():
    assert halves(["12"], whole=True) == [["0", "12"], []]
    assert halves([""], whole=True) == [["0", ""], []]
    assert halves(["", ""], whole=False) == [["0", ""], []]


def test_two_rows_of_numbers_under_one_label_stay():
    assert halves(["", "12"], whole=False) == [["0", ""], ["", "12"], []]


def test_a_line_of_spaces_behind_a_row_on_one_line_is_no_cell():
    text = "规章000  \n规范性文件1120  \n政府集中采购28454  \n  \n三、收到和处理政府信息公开申请情况"
    assert rows(text)[2] == (("政府集中采购",), ["28454"])
    alone = "政府集中采购\n28454\n  \n三、收到和处理政府信息公开申请情况"
    assert rows(alone)[0] == (("政府集中采购",), ["28454", ""])

from __future__ import annotations

from pathlib import Path

import pytest
from documents import check_spans, lines, read_or_refused, rows, tables
from pdf_maker import HEIGHT, WIDTH, PdfMaker

from gxml.config import Options
from gxml.document import Document, Line, Table
from gxml.errors import (
    BrokenFileError,
    EmptyFileError,
    EncryptedFileError,
    InputError,
    TooLargeError,
    UnsupportedFormatError,
)
from gxml.numerals import parse_cell
from gxml.pdf import read_pdf

PROSE = [
    "本报告根据《中华人民共和国政府信息公开条例》要求编制，全文由总体情况、主动公开",
    "政府信息情况、收到和处理政府信息公开申请情况等部分组成，数据统计期限自1月1日",
]
XS = [60.0, 200.0, 300.0, 400.0, 500.0]


@pytest.fixture
def read(tmp_path: Path):  # type: ignore[no-untyped-def]
    def go(maker: PdfMaker | bytes, **options: object) -> Document:
        path = tmp_path / "report.pdf"
        path.write_bytes(maker if isinstance(maker, bytes) else maker.bytes())
        document = read_pdf(path, Options(**options))  # type: ignore[arg-type]
        check_spans(document)
        return document

    return go


def codes(document: Document) -> set[str]:
    return {n.code for n in document.notes}


def prose(maker: PdfMaker, top: float = 100) -> PdfMaker:
    for i, text in enumerate(PROSE):
        maker.text(60, top + 20 * i, text)
    return maker


@pytest.mark.parametrize("style", ["lines", "rects", "boxes"])
def test_tables_stand_between_the_lines(read, style: str) -> None:
    ys = [200.0, 220.0, 240.0]
    want = [["信息内容", "本年制发件数", "本年废止件数", "现行有效件数"], ["规章", "0", "12", "345"]]
    maker = (
        prose(PdfMaker()).grid(XS, ys, style).cells(XS, ys, want).text(60, 300, "三、收到和处理政府信息公开申请情况")
    )
    document = read(maker)
    assert lines(document) == [*PROSE, "三、收到和处理政府信息公开申请情况"]
    (table,) = tables(document)
    assert rows(table) == want and table.origin == "rulings"
    assert table.bbox == pytest.approx((60, 200, 500, 240), abs=1)
    assert table.cells[5].bbox == pytest.approx((200, 220, 300, 240), abs=1)
    assert isinstance(document.blocks[2], Table)
    assert document.pages[0].reader == "text-layer"


def test_empty_cells_are_cells(read) -> None:
    ys = [200.0, 220.0, 240.0]
    (table,) = tables(
        read(prose(PdfMaker()).grid(XS, ys).cells(XS, ys, [["甲类", "", "1", ""], ["乙类", "2", "", ""]]))
    )
    assert rows(table) == [["甲类", "", "1", ""], ["乙类", "2", "", ""]]
    assert [c.ink for c in table.cells[:4]] == [True, False, True, False]


def test_letter_spacing_does_not_split_a_number_and_gaps_do(read) -> None:
    ys = [200.0, 220.0]
    maker = (
        prose(PdfMaker()).grid(XS, ys).text(210, 213, "1234", 10, spacing=1.5).text(310, 213, "12").text(330, 213, "34")
    )
    maker.text(410, 213, "1 2")
    assert rows(tables(read(maker))[0]) == [["", "1234", "12 34", "1 2"]]


def test_numbers_drawn_digit_by_digit_and_twice_for_bold(read) -> None:
    ys = [200.0, 220.0]
    maker = prose(PdfMaker()).grid(XS, ys)
    for dx in (0.0, 0.3):
        for i, digit in enumerate("1199"):
            maker.text(210 + 5 * i + dx, 213, digit)
    assert rows(tables(read(maker))[0])[0][1] == "1199"


@pytest.mark.parametrize("kind", ["Widget", "FreeText"])
def test_form_fields_and_typed_text_are_read(read, kind: str) -> None:
    ys = [200.0, 220.0]
    maker = prose(PdfMaker()).grid(XS, ys).cells(XS, ys, [["规章", "", "7", ""]])
    maker.note((210, 202, 290, 218), "35", kind)
    assert rows(tables(read(maker))[0]) == [["规章", "35", "7", ""]]


def test_digits_over_each_other_are_no_number(read) -> None:
    ys = [200.0, 220.0]
    maker = prose(PdfMaker()).grid(XS, ys).text(210, 213, "1").text(212.5, 213, "1").text(310, 213, "3")
    maker.text(312.8, 213, "5").text(410, 213, "11")
    assert rows(tables(read(maker))[0]) == [["", "1 1", "3 5", "11"]]


def test_digits_that_are_crossed_out_do_not_count(read) -> None:
    ys = [200.0, 220.0]
    maker = prose(PdfMaker()).grid(XS, ys).text(210, 213, "170").rect(209.5, 208.9, 220.5, 210, "f")
    maker.text(310, 213, "35").line(310, 214.5, 320, 214.5).text(410, 213, "11")
    (row,) = rows(tables(read(maker))[0])
    assert parse_cell(row[1], whole=True).kind == "noise" and row[2:] == ["35", "11"]


def test_a_watermark_is_no_text(read) -> None:
    ys = [200.0, 220.0]
    maker = prose(PdfMaker()).grid(XS, ys).cells(XS, ys, [["规章", "0", "7", "1"]])
    maker.text(200, 230, "内部2024", 40, matrix="0.77 0.64 -0.64 0.77", colour="0.9 0.9 0.9")
    assert rows(tables(read(maker))[0]) == [["规章", "0", "7", "1"]]


def test_a_number_wider_than_its_cell_is_not_cut_in_two(read) -> None:
    xs, ys = [60.0, 100.0, 120.0, 140.0, 160.0], [200.0, 220.0]
    maker = prose(PdfMaker()).grid(xs, ys).text(92.5, 213, "1234567")
    assert rows(tables(read(maker))[0]) == [["", "1234567", "", ""]]
    # it begins in one cell and ends in the next, and is centred in none: no part may be taken for a number
    maker = prose(PdfMaker()).grid(xs, ys).text(103, 213, "12345")
    row = rows(tables(read(maker))[0])[0]
    assert all(not t.isdigit() for t in row if t)
    maker = prose(PdfMaker()).grid(xs, ys).text(102, 213, "12").text(122, 213, "34")
    assert rows(tables(read(maker))[0]) == [["", "12", "34", ""]]


def test_punctuation_that_hangs_over_the_edge_stays_with_its_label(read) -> None:
    xs, ys = [60.0, 120.0, 200.0], [200.0, 240.0]
    maker = prose(PdfMaker()).grid(xs, ys).text(61, 215, "逾期不补正无、").text(160, 222, "7")
    assert rows(tables(read(maker))[0]) == [["逾期不补正无、", "7"]]


def test_vertical_and_spaced_labels(read) -> None:
    ys = [200.0, 340.0]
    maker = prose(PdfMaker()).grid(XS, ys)
    for i, c in enumerate("三、本年度办理结果"):
        maker.text(120, 215 + 14 * i, c)
    maker.text(210, 270, "商 业").text(210, 284, "企 业").text(310, 270, "总      计")
    cells = rows(tables(read(maker))[0])[0]
    assert cells[0] == "\n".join("三、本年度办理结果")
    assert "".join(cells[1].split()) == "商业企业"
    assert "".join(cells[2].split()) == "总计"


def test_a_table_cut_by_the_page_gives_one_table_a_page(read) -> None:
    # the label of the group stands half on each page; the second page has no header and begins without a top rule
    maker = prose(PdfMaker())
    ys = [700.0, 720.0, 760.0]
    maker.grid(XS, ys).cells(
        XS, ys, [["（三）不予公开", "1.属于国家秘密", "0", "0"], ["（四）无", "1.本机关不掌握", "1", "1"]]
    )
    maker.page()
    for x in XS:
        maker.line(x, 60, x, 100)
    maker.line(60, 80, 500, 80).line(60, 100, 500, 100)
    maker.cells(XS, [60.0, 80.0, 100.0], [["法提供", "2.没有现成信息", "2", "2"], ["", "3.补正后", "0", "0"]])
    prose(maker, 200)
    first, second = tables(read(maker))
    assert (first.page, second.page) == (1, 2)
    assert rows(second) == [["法提供", "2.没有现成信息", "2", "2"], ["", "3.补正后", "0", "0"]]


def test_prose_in_a_box_is_prose(read) -> None:
    maker = prose(PdfMaker()).grid([50.0, 520.0], [80.0, 150.0, 200.0])
    document = read(maker)
    assert tables(document) == [] and lines(document) == PROSE


def test_page_numbers_and_running_heads_are_left_out_and_nothing_else(read) -> None:
    maker = PdfMaker()
    for p in range(3):
        if p:
            maker.page()
        prose(maker, 100).text(60, 40, "某某区人民政府 2023").text(290, 810, f"- {p + 1} -")
        maker.text(60, 780, f"共收到申请{p * 7}件")
    maker.text(60, 800, "2024")
    text = read(maker).text
    assert "某某区人民政府" not in text and "- 2 -" not in text
    assert text.count("共收到申请") == 3 and "2024" in text
    assert text.count(PROSE[0]) == 3


def test_a_bare_page_number_counts_with_the_pages(read) -> None:
    maker = PdfMaker()
    for p in range(3):
        if p:
            maker.page()
        prose(maker).text(290, 810, str(p + 5))
    assert lines(read(maker)) == PROSE * 3
    assert "9" in lines(read(prose(PdfMaker()).text(290, 810, "9")))
    assert "1" not in lines(read(prose(PdfMaker()).text(290, 810, "1")))


def test_two_reports_side_by_side_are_not_mixed(read) -> None:
    maker = PdfMaker(HEIGHT, WIDTH)
    left = ["甲县政府信息公开工作年度报告全文如下所列各项数据" for _ in range(6)]
    right = ["乙县政府信息公开工作年度报告全文如下所列各项数据" for _ in range(6)]
    for i in range(6):
        maker.text(60, 100 + 20 * i, left[i]).text(460, 100 + 20 * i, right[i])
    xs = [60.0, 160.0, 300.0]
    ys = [300.0, 320.0]
    maker.grid(xs, ys).cells(xs, ys, [["甲", "1"]])
    maker.grid([x + 400 for x in xs], ys).cells([x + 400 for x in xs], ys, [["乙", "2"]])
    document = read(maker)
    assert [b.text if isinstance(b, Line) else rows(b) for b in document.blocks] == [
        *left,
        [["甲", "1"]],
        *right,
        [["乙", "2"]],
    ]


def test_a_table_without_rulings_keeps_its_columns(read) -> None:
    maker = prose(PdfMaker())
    at = [330, 380, 430, 480]
    for x, head in zip(at, ["自然人", "企业", "其他", "总计"], strict=True):
        maker.text(x - 10, 200, head)
    body = [
        ("（一）予以公开", "3119"),
        ("（二）部分公开", "1 2 3"),
        ("1.属于国家秘密", "0  0"),
        ("（七）总计", "4 5 69"),
    ]
    numbers = [["3", "1", "", "4"], ["10", "", "", "10"], ["0", "0", "", "0"], ["12", "1", "", "13"]]
    for i, ((label, _), values) in enumerate(zip(body, numbers, strict=True)):
        maker.text(60, 220 + 18 * i, label)
        for x, value in zip(at, values, strict=True):
            maker.text(x, 220 + 18 * i, value)
    maker.text(60, 320, PROSE[0])
    (table,) = tables(read(maker))
    assert table.origin == "alignment"
    assert rows(table)[0] == ["自然人", "企业", "其他", "总计"]
    assert [r[-4:] for r in rows(table)[1:]] == numbers
    assert [r[0] for r in rows(table)[1:]] == [label for label, _ in body]


def test_prose_with_gaps_is_no_table(read) -> None:
    maker = prose(PdfMaker()).text(60, 160, "联系人").text(200, 160, "电话").text(300, 160, "87290606")
    maker.text(60, 200, "2023").text(90, 200, "年共收到申请").text(170, 200, "12").text(190, 200, "件")
    document = read(maker)
    assert tables(document) == []
    assert "联系人\t电话\t87290606" in lines(document)


def test_a_scan_is_reported_page_by_page(read) -> None:
    maker = prose(PdfMaker()).page().image(0, 0, WIDTH, HEIGHT)
    document = read(maker, ocr=False)
    assert [p.reader for p in document.pages] == ["text-layer", "none"]
    (note,) = document.notes
    assert (note.code, note.page, note.severity) == ("OCR_NEEDED", 2, "error")
    assert lines(document) == PROSE


def test_notes_say_what_is_lost(read) -> None:
    bad = read(prose(PdfMaker()).text(60, 300, "1x2", unicode={"x": ""}))
    assert codes(bad) == {"UNMAPPED_CHARS"} and lines(bad)[-1] == "1\ufffd2"
    left_out = read(prose(PdfMaker()).text(60, 300, "行", unicode={"行": "\u2f8f"}))
    assert codes(left_out) == {"DROPPED_CHARS"} and lines(left_out)[-1] == "行"
    assert codes(read(prose(PdfMaker()).image(60, 300, 500, 600))) == {"PICTURE"}


def encrypted(password: str) -> bytes:
    from fpdf import FPDF

    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("helvetica", size=12)
    pdf.text(60, 120, "a page of text")
    pdf.set_encryption(owner_password="owner", user_password=password)
    return bytes(pdf.output())


def test_passwords(read) -> None:
    data = encrypted("secret")
    with pytest.raises(EncryptedFileError, match=r"report\.pdf: the PDF needs a password") as caught:
        read(data)
    assert "password" in caught.value.hint
    with pytest.raises(EncryptedFileError, match="wrong"):
        read(data, password="other")
    assert len(read(data, password="secret").pages) == 1


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", EmptyFileError),
        (b"%PDF-1.4\n", BrokenFileError),
        (b"just text", UnsupportedFormatError),
        (PdfMaker().bytes(), EmptyFileError),
        (PdfMaker().bytes()[:300], BrokenFileError),
        (PdfMaker(90000, 90000).text(1, 1, "甲乙").bytes(), TooLargeError),
    ],
    ids=["empty", "header", "text", "blank", "cut", "absurd page"],
)
def test_what_cannot_be_read(read, data: bytes, error: type[InputError]) -> None:
    with pytest.raises(error, match=r"report\.pdf"):
        read(data)


def test_limits(read) -> None:
    with pytest.raises(TooLargeError, match="3 pages"):
        read(PdfMaker().page().page(), max_pages=2)
    with pytest.raises(TooLargeError, match=r"report\.pdf, page 1"):
        read(prose(PdfMaker()), max_page_objects=30)


def test_damaged_files_give_typed_errors_or_documents(read) -> None:
    maker = prose(PdfMaker()).grid(XS, [200.0, 220.0]).cells(XS, [200.0, 220.0], [["甲", "1", "2", "3"]])
    data = prose(maker.page()).bytes()
    assert read_or_refused(lambda b: read(b, ocr=False), data, cut=0.4) == {"read", "refused"}


def test_a_real_report(real_reports: Path) -> None:
    document = read_pdf(real_reports / "hongze_district_2024.pdf")
    check_spans(document)
    assert all(p.reader == "text-layer" for p in document.pages) and document.notes == ()
    found = tables(document)
    assert [(t.page, t.rows, t.cols) for t in found] == [(2, 7, 4), (3, 7, 2), (3, 16, 10), (4, 10, 10), (4, 4, 15)]
    for table in found[2:4]:
        for row in rows(table)[3 if table.page == 3 else 0 :]:
            assert all(t.isdigit() for t in row[-7:]), row
    assert not any(line.startswith("- ") for line in lines(document))

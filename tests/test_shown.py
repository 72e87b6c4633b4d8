"""Text that is in a PDF file and not seen on its pages, and ink on them that is no text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from documents import rows, tables
from pdf_maker import HEIGHT, WIDTH, PdfMaker

from gxml.config import Options
from gxml.document import Document
from gxml.numerals import parse_cell
from gxml.pagelayer import LOST
from gxml.pdf import read_pdf
from gxml.textlayer import read_layer

XS, YS = [60.0, 200.0, 300.0, 400.0, 500.0], [200.0, 220.0, 240.0]
PROSE = "本报告根据中华人民共和国政府信息公开条例要求编制全文由总体情况主动公开收到和处理政府信息公开申请情况组成数据统计期限"


@pytest.fixture
def read(tmp_path: Path):  # type: ignore[no-untyped-def]
    def go(maker: PdfMaker) -> Document:
        path = tmp_path / "report.pdf"
        path.write_bytes(maker.bytes())
        return read_pdf(path, Options())

    return go


def ruled() -> PdfMaker:
    """A table whose second row is for the test; 7 stands in its last cell."""
    maker = PdfMaker().text(60, 100, PROSE[:40]).grid(XS, YS).cells(XS, YS[:2], [["类别", "甲", "乙", "丙"]])
    return maker.text(62, 233, "规章").latin(440, 233, "7")


def second(document: Document) -> list[str]:
    return rows(tables(document)[0])[1]


UNSEEN: dict[str, Callable[[PdfMaker], PdfMaker]] = {
    "under a white patch": lambda m: m.latin(240, 233, "473").rect(210, 222, 290, 238, "f", "1 1 1"),
    "under a picture": lambda m: m.latin(240, 233, "473").image(201, 221, 299, 239),
    "clipped": lambda m: m.raw("q 0 0 10 10 re W n").latin(240, 233, "473").raw("Q"),
    "layer off": lambda m: m.raw("/OC /Off BDC").latin(240, 233, "473").raw("EMC"),
    "clear": lambda m: m.rect(60, 50, 90, 60, "f", "1 0 0").raw("q /Clear gs").latin(240, 233, "473").raw("Q"),
    "white": lambda m: m.rect(60, 50, 90, 60, "f", "1 0 0").latin(240, 233, "473", colour="1 1 1"),
    "almost white": lambda m: m.latin(240, 233, "473", colour="0.97 0.97 0.97"),
    "colour of its ground": lambda m: m.rect(210, 222, 290, 238, "f", "0 0 0.5").latin(240, 233, "473", colour="0 0 0.5"),
    "too small": lambda m: m.latin(240, 233, "473", size=0.5),
    "below a drawn patch": lambda m: m.latin(240, 233, "473").note(
        (210, 222, 290, 238), "1 1 1 rg 0 0 200 40 re f", "Square"
    ),
}


@pytest.mark.parametrize("how", UNSEEN)
def test_what_is_not_seen_is_not_read(read, how: str) -> None:
    assert second(read(ruled().latin(240, 233, "473"))) == ["规章", "473", "", "7"]
    assert second(read(UNSEEN[how](ruled()))) == ["规章", "", "", "7"]


@pytest.mark.parametrize(
    "draw",
    [
        lambda m: m.rect(210, 222, 290, 238, "f", "1 1 1").latin(240, 233, "473"),
        lambda m: m.raw("q 210 600 80 20 re W n").latin(240, 233, "473").raw("Q"),
        lambda m: m.rect(210, 222, 290, 238, "f", "0 0 0.5").latin(240, 233, "473", colour="1 1 1"),
        lambda m: m.latin(240, 233, "473", colour="0.7 0.7 0.7"),
        lambda m: m.latin(240, 233, "473").raw("q /Clear gs").rect(210, 222, 290, 238, "f", "1 1 1").raw("Q"),
    ],
)
def test_what_is_seen_is_read(read, draw: Callable[[PdfMaker], PdfMaker]) -> None:
    assert second(read(draw(ruled()))) == ["规章", "473", "", "7"]


def test_a_number_of_which_a_part_is_seen_is_none(read) -> None:
    for x in (248, 251):  # between two digits, and through one
        cell = second(read(ruled().raw(f"q 200 600 {x - 200} 30 re W n").latin(240, 233, "473").raw("Q")))[1]
        assert parse_cell(cell, whole=True).kind == "noise"


def test_a_patch_with_another_number_gives_that_number(read) -> None:
    patched = ruled().latin(240, 233, "473").rect(210, 222, 290, 238, "f", "1 1 1").latin(240, 233, "512")
    assert second(read(patched)) == ["规章", "512", "", "7"]


@pytest.mark.parametrize(
    "draw",
    [
        lambda m: m.image(230, 223, 270, 237, "I2"),
        lambda m: m.raw("240 609 m 240 617 246 617 246 609 c f"),
        lambda m: m.latin(225, 233, "4").image(232, 223, 270, 237, "I2"),
        lambda m: m.latin(240, 233, "473").image(230, 223, 270, 237, "I2"),
    ],
)
def test_ink_in_a_cell_that_is_no_text_is_in_doubt(read, draw: Callable[[PdfMaker], PdfMaker]) -> None:
    row = second(read(draw(ruled())))
    assert parse_cell(row[1], whole=True).kind == "noise" and row[2:] == ["", "7"]


@pytest.mark.parametrize(
    "draw",
    [
        lambda m: m.image(200, 220, 300, 240),  # a ground
        lambda m: m.image(202, 222, 298, 238),
        lambda m: m.image(202, 221, 398, 239, "I2"),  # larger than a cell: its edge is on the rule of the table
        lambda m: m.raw("1 1 1 rg 240 609 m 240 617 246 617 246 609 c f"),
        lambda m: m.raw("205 604 m 295 604 l 297 604 297 606 297 620 c 205 620 l h S"),  # a box with round corners
    ],
)
def test_grounds_boxes_and_seals_are_no_numbers(read, draw: Callable[[PdfMaker], PdfMaker]) -> None:
    assert second(read(draw(ruled()))) == ["规章", "", "", "7"]


def test_a_picture_over_several_cells_leaves_the_blank_ones_in_doubt(read) -> None:
    for draw in (lambda m: m.image(205, 150, 331, 250, "I2"), lambda m: m.image(205, 221, 315, 239, "I2")):
        row = second(read(draw(ruled())))
        assert [parse_cell(t, whole=True).kind for t in row] == ["words", "noise", "blank", "number"]


def test_a_box_around_a_number_is_a_ground(read) -> None:
    boxed = ruled().latin(240, 233, "473").raw("238 607 m 258 607 l 260 607 260 609 260 617 c 238 617 l h S")
    assert second(read(boxed)) == ["规章", "473", "", "7"]


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_ink_in_pictures_of_turned_pages_stands_where_it_is_shown(turn: int) -> None:
    drawn = layer_of(PdfMaker(rotate=turn).text(60, 100, PROSE[:40]).grid(XS, YS).image(200, 220, 508, 340, "I2"))
    plain = layer_of(PdfMaker().text(60, 100, PROSE[:40]).grid(XS, YS).image(200, 220, 508, 340, "I2"))
    (x0, y0), (x1, y1) = ((sum(b[i] for b in p.inked) / len(p.inked) for i in (0, 1)) for p in (drawn, plain))
    assert abs(x0 - x1) < 8 and abs(y0 - y1) < 8


def test_digits_beyond_the_edge_of_the_page_leave_their_cells_in_doubt(read) -> None:
    maker = PdfMaker(width=450).text(60, 100, PROSE[:40]).grid(XS, YS)
    maker.cells(XS, YS, [["类别", "甲", "乙", "丙"], ["规章", "1", "2", ""]]).latin(446, 233, "473").latin(480, 213, "5")
    (table,) = tables(read(maker))
    assert [parse_cell(r[3], whole=True).kind for r in rows(table)] == ["words", "noise"]


def test_a_struck_out_number_is_in_doubt(read) -> None:
    struck = ruled().latin(240, 233, "473").note((238, 222, 260, 238), "1.5 w 0 18 m 200 18 l S", "StrikeOut")
    assert parse_cell(second(read(struck))[1], whole=True).kind == "noise"


def test_a_number_in_a_stamp_is_read(read) -> None:
    stamped = ruled().note((202, 221, 298, 239), "BT /H 20 Tf 60 12 Td (473) Tj ET", "Stamp")
    assert second(read(stamped)) == ["规章", "473", "", "7"]


def layer_of(maker: PdfMaker):  # type: ignore[no-untyped-def]
    import pypdfium2

    with pypdfium2.PdfDocument(maker.bytes()) as pdf:
        return read_layer(pdf[0])


def strips(maker: PdfMaker, name: str = "I1") -> PdfMaker:
    for i in range(4):
        maker.image(0, HEIGHT * i / 4, WIDTH, HEIGHT * (i + 1) / 4, name)
    return maker


def test_text_under_a_scan_in_strips_is_not_trusted() -> None:
    verdict = layer_of(strips(PdfMaker().text(20, 200, PROSE))).verdict
    assert not verdict.trusted and "覆盖" in verdict.reason


def test_text_over_a_scan_of_the_same_text_is_not_trusted() -> None:
    latin = "0123456789" * 5
    same = strips(PdfMaker()).raw("0 0 0 rg")
    for i in range(len(latin)):  # ink below each of the characters
        same.image(20 + 5.56 * i, 193, 23 + 5.56 * i, 199, "I2")
    verdict = layer_of(same.latin(20, 200, latin)).verdict
    assert not verdict.trusted and verdict.beneath
    assert layer_of(strips(PdfMaker()).latin(20, 200, latin)).verdict.trusted


def test_digits_over_a_picture_of_the_same_writing_are_none() -> None:
    latin = "0123456789" * 5
    for name, alike in (("I2", True), ("I1", False)):  # ink below each character, or an even ground
        maker = PdfMaker().text(20, 100, PROSE).latin(20, 300, "7").image(0, 190, 320, 260)
        for i in range(len(latin)):
            maker.image(20 + 5.56 * i, 193, 23 + 5.56 * i, 199, name)
        layer = layer_of(maker.raw("0 0 0 rg").latin(20, 200, latin))
        digits = sorted(c.text for c in layer.chars if c.text.isdigit() or c.text == LOST)
        assert layer.verdict.trusted and digits == (["7", *LOST * 50] if alike else sorted(latin + "7"))


def test_a_font_that_cannot_be_drawn_leaves_a_doubt() -> None:
    clipped = PdfMaker().text(60, 100, PROSE[:40]).raw("q 0 0 10 10 re W n").text(60, 200, "12甲").raw("Q")
    assert "".join(c.text for c in layer_of(clipped).chars)[40:] == f"{LOST}{LOST}甲"

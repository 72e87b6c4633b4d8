from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from gxml.cellsettle import CellText
from gxml.document import OcrCell
from gxml.geometry import BBox
from gxml.ocr import LineReading
from gxml.pagelayer import LOST
from gxml.scan_form import OpenCell, OpenTable
from gxml.scan_lines import Row, gutter, rows_of, text_rows, without_corners
from gxml.scan_tables import placed, unruled_tables

LABELS = ["一、本年新收", "二、上年结转", "三、予以公开", "四、其他处理"]
VALUES = [["5", "1", "6"], ["0", "2", "2"], ["3", "3", "6"], ["2", "0", "2"]]
COLUMNS = [300.0, 380.0, 460.0]


class Page:
    """Rows of text made of boxes, and readers that know what stands in them."""

    def __init__(self, labels: Sequence[str], values: Sequence[Sequence[str]]) -> None:
        self.said: dict[tuple[float, float], CellText] = {}
        self.asked: list[BBox] = []
        self.rows = []
        for i, (label, numbers) in enumerate(zip(labels, values, strict=True)):
            y = 100.0 + 20 * i
            pieces = [(80.0, y, 80.0 + 10 * len(label), y + 10)]
            pieces += [(x, y, x + 6 * len(n), y + 10) for x, n in zip(COLUMNS, numbers, strict=True) if n]
            for box, text in zip(pieces, [label, *(n for n in numbers if n)], strict=True):
                self.say(box, text)
            self.rows.append(Row(tuple(pieces), 10.0))

    def say(self, box: BBox, text: str, confidence: float = 0.999, second: str | None = None) -> None:
        self.said[box[0], box[1]] = CellText(text, OcrCell(confidence, "rapid", second), True)

    def find(self, box: BBox) -> CellText:
        inside = [t for (x, y), t in self.said.items() if box[0] <= x < box[2] and box[1] <= y < box[3]]
        return inside[0] if inside else CellText("", OcrCell(0.999, "ink"), False)

    def read(self, boxes: Sequence[BBox]) -> list[CellText]:
        self.asked += boxes
        return [self.find(b) for b in boxes]

    def words(self, boxes: Sequence[BBox]) -> list[LineReading]:
        return [LineReading("三", 0.9, ()) for _ in boxes]

    def tables(self):
        return unruled_tables(self.rows, self.read, self.words)


def values(table) -> list[list[str]]:
    cells = {(c.row, c.col): c.text for c in table.placed.cells}
    first = min(c for _, c in cells if c) if any(c for _, c in cells) else 1
    rows = sorted({r for r, _ in cells})
    return [[cells.get((r, first + k), "?") for k in range(3)] for r in rows]


def test_white_space_makes_columns():
    page = Page(LABELS, VALUES)
    (table,), loose = page.tables()
    assert values(table) == VALUES and loose == {}
    assert table.rows == frozenset(range(4)) and table.placed.origin == "alignment"
    assert all(c.ocr is not None and c.ocr.confidence > 0.99 for c in table.placed.cells)


def test_an_empty_place_is_looked_at_again():
    page = Page(LABELS, [VALUES[0], ["0", "", "2"], *VALUES[2:]])
    (table,), _ = page.tables()
    (empty,) = [c for c in table.placed.cells if not c.ink]
    assert empty.text == "" and any(a[0] > 307 and a[2] < 460 and abs(a[1] - 120) < 5 for a in page.asked)
    page = Page(LABELS, [VALUES[0], ["0", "", "2"], *VALUES[2:]])
    page.say((381.0, 122.0, 386.0, 130.0), "7", 0.6)  # too faint to be a piece of the row
    (table,), _ = page.tables()
    (seven,) = [c for c in table.placed.cells if c.text == "7"]
    assert seven.ink and seven.ocr is not None and seven.ocr.confidence == 0.6


def test_flat_ink_is_a_dash_whatever_its_reader_says():
    page = Page(LABELS, VALUES)
    row = page.rows[1]
    dash = (380.0, 124.0, 386.0, 125.5)
    page.rows[1] = Row((*row.pieces[:2], dash, row.pieces[3]), row.em)
    del page.said[380.0, 120.0]
    page.say(dash, "1")
    (table,), _ = page.tables()
    assert values(table)[1] == ["0", "-", "2"]


def test_a_numeral_in_front_of_a_label_is_a_word():
    page = Page(LABELS, VALUES)
    row = page.rows[2]
    page.rows[2] = Row(((50.0, 140.0, 58.0, 150.0), *row.pieces), row.em)
    page.say((50.0, 140.0, 58.0, 150.0), "1", 0.5)
    (table,), _ = page.tables()
    beside = [c.text for c in table.placed.cells if c.bbox is not None and c.bbox[0] < 90 and c.row == 2]
    assert "".join(beside).split("、")[0].replace(" ", "") == "三三"


def test_unsure_numbers_of_rows_outside_of_tables_are_lost():
    page = Page(["合计数量"], [["5", "1", "6"]])
    page.say((380.0, 100.0, 386.0, 110.0), "1", 0.7)
    page.say((460.0, 100.0, 466.0, 110.0), "6", 0.99, "8")
    tables, loose = page.tables()
    assert tables == [] and loose in ({}, {0: f"合计数量\t5\t{LOST}\t{LOST}"})
    assert loose or not page.asked


def test_prose_is_not_read_as_cells():
    rows = [Row(((80.0, 100.0 + 20 * i, 500.0, 110.0 + 20 * i),), 10.0) for i in range(20)]

    def never(boxes: Sequence[BBox]):
        raise AssertionError

    assert unruled_tables(rows, never, never) == ([], {})


def test_the_grain_of_a_picture_is_not_read_as_cells():
    pieces = tuple((20.0 + 14 * k, 0.0, 24.0 + 14 * k, 4.0) for k in range(38))
    rows = [Row(tuple((a, b + 10 * i, c, d + 10 * i) for a, b, c, d in pieces), 4.0) for i in range(20)]

    def never(boxes: Sequence[BBox]):
        raise AssertionError

    assert unruled_tables(rows, never, never) == ([], {})


# -- rows of text ------------------------------------------------------------------------------------------------------


def drawn(*boxes: BBox, scale: float = 150 / 72) -> np.ndarray:
    page = np.full((700, 1200), 245, np.uint8)
    for x0, y0, x1, y1 in boxes:
        cv2.rectangle(page, (round(x0 * scale), round(y0 * scale)), (round(x1 * scale), round(y1 * scale)), 40, -1)
    return page


def glyphs(x: float, y: float, count: int, pitch: float = 10.5) -> list[BBox]:
    return [(x + pitch * i, y, x + pitch * i + 9, y + 9.5) for i in range(count)]


def test_rows_and_pieces_of_text():
    page = drawn(*glyphs(60, 50, 20), *glyphs(60, 70, 6), *glyphs(200, 70.8, 3), *glyphs(320, 69.5, 1))
    rows = text_rows(page, [], [], 150 / 72)
    assert [len(r.pieces) for r in rows] == [1, 3]
    assert [len(r.parts()) for r in rows] == [1, 3]
    assert abs(rows[0].bbox[0] - 60) < 1 and abs(rows[0].bbox[2] - 268.5) < 1
    assert abs(rows[0].em - 9.5) < 1


def test_small_marks_belong_to_the_text_beside_them_and_dirt_does_not():
    stop = (165.0, 57.5, 167.0, 59.5)
    dirt = (400.0, 54.0, 401.8, 55.8)
    rows = text_rows(drawn(*glyphs(60, 50, 10), stop, dirt), [], [], 150 / 72)
    assert len(rows) == 1 and abs(rows[0].bbox[2] - 167) < 1


def test_tables_and_rules_hold_no_rows():
    page = drawn(*glyphs(60, 50, 10), *glyphs(60, 150, 10), (50, 64, 400, 65))
    rows = text_rows(page, [(50, 140, 400, 170)], [(50, 64.5, 400, 64.5)], 150 / 72)
    assert len(rows) == 1 and rows[0].bbox[3] < 62


def test_small_print_under_large_print_is_text():
    large = [(40.0 + 20 * i, 30.0 + 40 * k, 57.0 + 20 * i, 47.0 + 40 * k) for k in range(3) for i in range(20)]
    speck = (400.0, 180.0, 405.0, 186.0)
    rows = text_rows(drawn(*large, *glyphs(60, 160, 6), speck), [], [], 150 / 72)
    assert len(rows) == 4 and abs(rows[3].bbox[1] - 160) < 1


def test_the_lower_part_of_a_glyph_and_small_letters_are_no_rows_of_their_own():
    # 告 at the end of a title: its lower half is as high as the rows of text below
    title = [(60 + 19 * i, 50.0, 60 + 19 * i + 17.5, 67.0) for i in range(8)]
    last = [(212.0, 50.0, 229.0, 57.5), (214.0, 59.5, 227.0, 67.0)]
    rows = text_rows(drawn(*title, *last, *glyphs(60, 80, 20), *glyphs(60, 96, 20)), [], [], 150 / 72)
    assert [round(r.bbox[1]) for r in rows] == [50, 80, 96]
    # the same glyph alone on the last line of the title
    alone = [(301.0, 75.5, 317.0, 84.5), (303.0, 86.0, 315.0, 93.5)]
    rows = text_rows(drawn(*title, *alone, *glyphs(60, 108, 20, 13.0), *glyphs(60, 126, 20, 13.0)), [], [], 150 / 72)
    assert [round(r.bbox[1]) for r in rows] == [50, 75, 108, 126]
    # an address in letters without ascenders, lower than the ideographs beside it
    letters = [(165.0 + 6.5 * i, 53.8, 170.5 + 6.5 * i, 60.3) for i in range(6)]
    rows = text_rows(drawn(*glyphs(60, 50, 10), *letters, *glyphs(205, 50, 10)), [], [], 150 / 72)
    assert [len(r.parts()) for r in rows] == [1]


def test_a_comma_of_large_print_above_a_table_of_small_digits_is_in_its_row():
    prose = [(40.0 + 17 * i, 30.0, 55.0 + 17 * i, 45.2) for i in range(10)]
    comma = (214.0, 41.0, 217.0, 45.9)
    digits = [(200.0 + 30 * i, 80.0 + 12 * k, 204.5 + 30 * i, 86.0 + 12 * k) for i in range(7) for k in range(12)]
    labels = [b for k in range(12) for b in glyphs(40, 79 + 12 * k, 12, 7.9)]
    labels = [(x0, y0, x0 + 7.0, y0 + 7.6) for x0, y0, _, _ in labels]
    rows = text_rows(drawn(*prose, comma, *prose_on(prose, 216), *digits, *labels), [], [], 150 / 72)
    assert len(rows) == 13 and abs(rows[0].bbox[1] - 30) < 1 and len(rows[0].parts()) == 2


def prose_on(row: list[BBox], by: float) -> list[BBox]:
    return [(x0 + by, y0, x1 + by, y1) for x0, y0, x1, y1 in row[:5]]


def test_numbers_of_one_column_are_compared_and_not_those_of_another_block():
    def cell(row: int, colspan: int) -> OpenCell:
        return OpenCell(row, 1, 1, colspan, (100.0, 100.0 + 20 * row, 100.0 + 100 * colspan, 118.0 + 20 * row), None, True)

    def say(x: float) -> CellText:
        return CellText("5", OcrCell(0.999, "rapid"), True, (x, x + 5, 8.0))

    cells = tuple(cell(row, 1 if row < 8 else 3) for row in range(10))
    table = OpenTable(2, cells, (100.0, 100.0, 400.0, 300.0), frozenset())
    read = placed(table, lambda boxes: [say((b[0] + b[2]) / 2 - 2.5) for b in boxes])
    assert all(c.ocr is not None and c.ocr.confidence > 0.99 for c in read.cells)
    shifted = placed(table, lambda boxes: [say((b[0] + b[2]) / 2 - 2.5 + 3 * (b[1] == 140)) for b in boxes])
    assert [c.row for c in shifted.cells if c.ocr is not None and c.ocr.confidence < 0.99] == [2]


def test_a_flat_line_in_a_cell_is_a_dash():
    cells = tuple(
        OpenCell(row, 1, 1, 1, (100.0, 100.0 + 20 * row, 200.0, 118.0 + 20 * row), None, True) for row in range(8)
    )
    table = OpenTable(3, cells, (100.0, 100.0, 200.0, 260.0), frozenset())
    said = {120.0: ("一", 1.2), 140.0: ("1", 1.2), 160.0: ("1", 7.0), 180.0: ("7", 1.2)}

    def read(boxes: Sequence[BBox]) -> list[CellText]:
        out = []
        for b in boxes:
            text, height = said.get(b[1], ("5", 7.0))
            wide = 4.0 if height < 5 else 3.0
            out.append(CellText(text, OcrCell(0.9, "rapid"), True, (150 - wide / 2, 150 + wide / 2, height)))
        return out

    found = {c.row: (c.text, c.ocr.confidence if c.ocr else 0) for c in placed(table, read).cells}
    assert found[1] == found[2] == ("-", 0.99)
    assert found[3] == ("1", 0.9) and found[4] == ("7", 0.9)


def test_bits_of_a_thick_border_beside_a_table_are_no_text():
    bits = [(47.0, 150.0, 48.3, 165.0), (402.0, 150.0, 403.2, 165.0)]
    rows = text_rows(drawn(*glyphs(60, 50, 10), *bits), [(50, 140, 400, 170)], [], 150 / 72)
    assert len(rows) == 1


def test_two_pages_on_one_picture_meet_where_nothing_stands():
    frame = (1190.0, 842.0)
    left = [(80.0 + 130 * k, 150.0 + 25 * i, 200.0 + 130 * k, 162.0 + 25 * i) for i in range(12) for k in range(3)]
    right = [(b[0] + 595, b[1], b[2] + 595, b[3]) for b in left]
    numbers = [(x, b[1], x + 18, b[3]) for b in left[::3] for x in (700.0, 800.0, 900.0, 1000.0)]
    middle = gutter([*left, *right], [], frame)
    assert middle is not None and 460 < middle < 675
    assert gutter([*left, *right], [], (842.0, 1190.0)) is None  # no page is wider than high
    assert gutter([*left, *numbers], [], frame) is None  # labels and numbers of a table
    assert gutter(left, [(680.0, 150.0, 1100.0, 600.0)], frame) is not None
    title = (400.0, 110.0, 800.0, 130.0)
    assert gutter([*left, *right, title], [], frame) is None


def test_what_the_corners_of_a_shaded_band_leave_is_no_row():
    text = Row(((54.0, 100.0, 541.0, 110.0),), 10.0)
    both = Row(((53.8, 96.0, 58.6, 100.8), (536.7, 96.0, 541.5, 100.8)), 5.0)
    one = Row(((536.7, 130.0, 541.5, 134.8),), 5.0)
    inside = Row(((300.0, 150.0, 304.8, 154.8),), 5.0)  # a bullet
    digit = Row(((54.0, 170.0, 58.3, 176.7),), 6.7)
    beside = Row(((53.8, 190.0, 58.6, 194.8), (80.0, 190.0, 120.0, 200.0)), 10.0)
    rows = [text, both, one, inside, digit, beside]
    assert without_corners(rows) == [text, inside, digit, beside]
    assert without_corners([]) == []

def test_a_speck_alone_is_no_row():
    speck = (224.2, 137.8, 226.8, 140.4)
    assert rows_of([speck]) == []
    assert [r.pieces for r in rows_of([(100.0, 100.0, 200.0, 110.0), speck])] == [((100.0, 100.0, 200.0, 110.0),)]

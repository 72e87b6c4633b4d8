from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from gxml.geometry import BBox
from gxml.lines import TextLine
from gxml.ocr import LineReading
from gxml.scan_form import Carry, OpenTable
from gxml.scan_items import band_at_end
from gxml.scan_lines import Row
from gxml.scan_open import may_hold_tables, open_tables
from gxml.template import editions

EM = 10.0
COLUMNS = [310.0 + 30 * k for k in range(7)]
HEADS = ["自然人", "商业企业", "科研机构", "社会公益组织", "法律服务机构", "其他", "总计"]
ROWS = editions()["2021"].table(3).blocks[0].rows
ROOM = {0: 200.0, 1: 170.0, 2: 130.0}
"""Width of a label by its depth, points."""
LEFT = {0: 100.0, 1: 130.0, 2: 170.0}


class Page:
    """Lines of text in a font of ten points, and a reader that knows them."""

    def __init__(self) -> None:
        self.pieces: list[tuple[BBox, str]] = []
        self.y = 100.0

    def put(self, text: str, x: float, y: float) -> None:
        width = sum(9.6 if ord(c) > 255 else 5.0 for c in text)
        self.pieces.append(((x, y, x + width, y + (9.6 if ord(text[0]) > 255 else 8.0)), text))

    def centred(self, text: str, x: float, y: float) -> None:
        self.put(text, x - sum(4.8 if ord(c) > 255 else 2.5 for c in text), y)

    def heads(self) -> None:
        self.centred("申请人情况", 400, self.y)
        self.centred("法人或其他组织", 400, self.y + 20)
        for x, head in zip(COLUMNS, HEADS, strict=True):
            for k in range(0, len(head), 2):
                self.centred(head[k : k + 2], x, self.y + 40 + 6 * k)
        self.put("（本列数据的勾稽关系为：第一项加第二", 100, self.y + 34)
        self.put("项之和，等于第三项加第四项之和）", 100, self.y + 46)
        self.y += 80

    def folio(self, text: str, y: float) -> None:
        """Put the number of the page, its parts apart."""
        for k, part in enumerate(text.split()):
            self.put(part, 280 + 14 * k, y)

    def row(self, i: int, numbers: Sequence[str], label: str | None = None) -> float:
        """Put a row of the form; returns the middle of it."""
        depth = len(ROWS[i].path)
        text = ROWS[i].label if label is None else label
        each = int(ROOM[depth] // 9.6)
        wrapped = [text[k : k + each] for k in range(0, len(text), each)]
        for k, part in enumerate(wrapped):
            self.put(part, LEFT[depth], self.y + 13 * k)
        middle = self.y + (13 * max(0, len(wrapped) - 1) + 9.6) / 2
        for x, number in zip(COLUMNS, numbers, strict=True):
            if number:
                self.centred(number, x, middle - 4)
        self.y += 13 * max(1, len(wrapped)) + 6
        return middle

    def lay(self, rules: Sequence[BBox] = (), known: dict[int, Carry] | None = None) -> list[OpenTable]:
        groups: dict[float, list[tuple[BBox, str]]] = {}
        for box, text in self.pieces:
            groups.setdefault(round(box[1], 1), []).append((box, text))
        rows = [Row(tuple(sorted(b for b, _ in g)), EM) for _, g in sorted(groups.items())]

        def read(boxes: Sequence[BBox]) -> list[LineReading]:
            return [LineReading(self.said(b), 0.99, ()) for b in boxes]

        return open_tables(rows, rules, read, known)

    def said(self, box: BBox) -> str:
        inside = [(b, t) for b, t in self.pieces if self.holds(box, b)]
        return "".join(t for _, t in sorted(inside))

    @staticmethod
    def holds(box: BBox, piece: BBox) -> bool:
        x, y = (piece[0] + piece[2]) / 2, (piece[1] + piece[3]) / 2
        return box[0] < x < box[2] and box[1] < y < box[3]


def numbers(page: Page, table: OpenTable) -> dict[str, list[str]]:
    """What stands in the values of each row, by the label beside them."""
    out: dict[str, list[str]] = {}
    for row in sorted({c.row for c in table.cells if c.value}):
        mine = [c for c in table.cells if c.row == row]
        label = next((c.text or "" for c in mine if not c.value and c.text is not None), "")
        out[label.replace("\n", "")] = [page.said(c.bbox) for c in mine if c.value]
    return out


def report(lost: Sequence[tuple[int, int]] = ()) -> tuple[Page, dict[str, list[str]]]:
    page, want = Page(), {}
    page.heads()
    for i, row in enumerate(ROWS):
        values = [str((i * k) % 12) for k in range(7)]
        page.row(i, ["" if (i, k) in lost else v for k, v in enumerate(values)])
        want[row.label] = ["" if (i, k) in lost else v for k, v in enumerate(values)]
    return page, want


def test_every_cell_has_its_place():
    page, want = report()
    (table,) = page.lay()
    assert table.section == 3 and numbers(page, table) == want
    assert not any(c.doubtful for c in table.cells)


def test_cells_whose_digits_were_overlooked_are_there():
    # all of a row, and all of a column but its head
    lost = [(4, k) for k in range(7)] + [(i, 2) for i in range(len(ROWS))]
    page, want = report(lost)
    (table,) = page.lay()
    assert numbers(page, table) == want
    assert len([c for c in table.cells if c.value]) == 7 * len(ROWS)


def test_heads_and_groups_span():
    page, _ = report()
    (table,) = page.lay()
    places = {(c.row, c.col): (c.rowspan, c.colspan) for c in table.cells}
    assert places[0, 0] == (3, 3) and places[0, 3] == (1, 7) and places[1, 4] == (1, 5) and places[1, 9] == (2, 1)
    assert places[5, 0] == (22, 1)  # 三、本年度办理结果
    assert places[7, 1] == (8, 1) and places[7, 2] == (1, 1) and places[26, 1] == (1, 2)


def test_a_row_that_the_form_does_not_know_keeps_its_numbers():
    page = Page()
    page.heads()
    for i in range(4, 8):
        page.row(i, ["1"] * 7)
    page.row(4, ["7"] * 7, "某地自行增加的一行")
    for i in range(8, 11):
        page.row(i, ["2"] * 7)
    (table,) = page.lay()
    assert numbers(page, table)["某地自行增加的一行"] == ["7"] * 7
    assert list(numbers(page, table).values()) == [["1"] * 7] * 4 + [["7"] * 7] + [["2"] * 7] * 3


def test_numbers_without_a_label_are_a_row():
    page = Page()
    page.heads()
    for i in range(4, 8):
        page.row(i, ["1"] * 7)
    for x in COLUMNS:
        page.centred("5", x, page.y + 1)
    page.y += 19
    for i in range(9, 11):
        page.row(i, ["2"] * 7)
    (table,) = page.lay()
    assert numbers(page, table)[""] == ["5"] * 7


def test_a_table_that_the_end_of_the_page_cuts_behind_its_first_row():
    page = Page()
    page.heads()
    page.row(0, [str(k) for k in range(7)])
    (table,) = page.lay()
    assert numbers(page, table) == {ROWS[0].label: [str(k) for k in range(7)]}
    assert table.carry is not None and table.carry.line == 1
    places = {(c.row, c.col): (c.rowspan, c.colspan) for c in table.cells}
    # its label is narrower than the caption
    assert places[0, 0] == (3, 1) and places[0, 1] == (1, 7) and places[1, 2] == (1, 5) and places[3, 0] == (1, 1)


def test_heads_behind_which_the_page_ends_tell_the_columns_of_the_next_one():
    page = Page()
    page.heads()
    page.put("- 2 -", 290, page.y + 20)
    (table,) = page.lay()
    places = {(c.row, c.col): (c.rowspan, c.colspan) for c in table.cells}
    assert places[0, 0] == (3, 1) and places[0, 1] == (1, 7) and places[1, 2] == (1, 5) and len(places) == 10
    below = Page()
    below.row(0, ["", "3", "", "", "", "", ""])
    (rest,) = below.lay(known={3: table.carry} if table.carry else {})
    assert numbers(below, rest) == {ROWS[0].label: ["", "3", "", "", "", "", ""]}


def test_the_second_line_of_a_label_may_begin_left_of_a_bracket():
    page = Page()
    page.heads()
    for i in range(3):
        page.row(i, ["1"] * 7)
    y = page.y
    page.put("（二）", LEFT[1] + 5, y)
    page.put("部分公开（区分处理，", LEFT[1] + 40, y)
    page.put("只计这一情形，", LEFT[1], y + 13)  # a full comma ends with a blank half
    page.put("不计其他情形）", LEFT[1] + 75, y + 13)
    for x in COLUMNS:
        page.centred("2", x, y + 7.3)
    page.y += 32
    for i in range(4, 9):
        page.row(i, ["3"] * 7)
    (table,) = page.lay()
    assert numbers(page, table)["（二）部分公开（区分处理，只计这一情形，不计其他情形）"] == ["2"] * 7
    assert len(numbers(page, table)) == 9


def test_the_next_page_has_the_columns_of_this_one():
    page = Page()
    page.heads()
    for i in range(12):
        page.row(i, [str(k) for k in range(7)])
    (table,) = page.lay()
    below = Page()
    for i in range(12, 20):
        below.row(i, ["", "3", "", "", "", "", ""])
    assert below.lay() == []  # which column is it?
    assert table.carry is not None
    (rest,) = below.lay(known={3: table.carry})
    assert set(map(tuple, numbers(below, rest).values())) == {("", "3", "", "", "", "", "")}
    # the first rows are the same in both editions: the page before may not have told them apart
    (rest,) = below.lay(known={3: replace(table.carry, edition="2019")})
    assert set(map(tuple, numbers(below, rest).values())) == {("", "3", "", "", "", "", "")}


def test_a_page_begins_with_a_label_close_behind_that_of_its_group():
    page, below = Page(), Page()
    page.heads()
    for i in range(21):
        page.row(i, ["1"] * 7)
    (table,) = page.lay()
    assert table.carry is not None
    below.put("六其他", LEFT[2] - 8 - 3 * 9.6, below.y)  # the gap is no wider than the blank half of a bracket
    below.put("处理", LEFT[1], below.y + 13)
    for i in range(21, 25):
        below.row(i, ["2"] * 7)
    (rest,) = below.lay(known={3: table.carry})
    assert {ROWS[21].label, ROWS[22].label} <= numbers(below, rest).keys()
    assert 0 in rest.rows


def test_columns_of_labels_begin_where_they_did_on_the_page_before():
    page, _ = report()
    (before,) = page.lay()
    assert before.carry is not None
    behind = Page()
    for i in range(len(ROWS))[-6:]:
        behind.row(i, ["7"] * 7)
    behind.pieces = [  # labels of the outer rows are centred
        ((b[0] + 12, b[1], b[2] + 12, b[3]) if b[0] < LEFT[2] else b, t) for b, t in behind.pieces
    ]
    moved = tuple((a + 3, b + 3) for a, b in before.carry.columns.extents)
    known = replace(before.carry, columns=replace(before.carry.columns, extents=moved))
    known = replace(known, lefts=tuple(x + 3 for x in known.lefts))
    (table,) = behind.lay(known={3: known})
    assert table.bbox[0] == pytest.approx(before.bbox[0], abs=1)
    narrow = replace(known, lefts=(60.0, 62.0, 64.0))  # nobody has such columns
    (table,) = behind.lay(known={3: narrow})
    assert table.bbox[0] > before.bbox[0] + 9


def test_a_rule_through_the_column_of_a_group_parts_its_label():
    page = Page()
    page.heads()
    middles = [page.row(i, ["1"] * 7) for i in range(1, 9)]
    y = (middles[4] + middles[5]) / 2
    for left, spans in (
        (LEFT[2], [(1, 0, 7), (3, 1, 5)]),
        (LEFT[1], [(1, 0, 7), (3, 1, 2), (5, 1, 3)]),
        (LEFT[0], [(1, 0, 4), (3, 1, 2), (5, 0, 3), (5, 1, 3)]),
    ):
        (table,) = page.lay([(left - 3, y - 0.2, 500.0, y + 0.2)])
        first = min(c.row for c in table.cells if c.value)
        groups = [(c.row - first, c.col, c.rowspan) for c in table.cells if c.text is None and not c.value]
        assert sorted(g for g in groups if g[0] >= 0) == spans


def test_a_number_over_the_side_of_a_cell_is_doubtful():
    page, _ = report()
    page.pieces.append(((COLUMNS[2] + 8, 402.0, COLUMNS[2] + 22, 410.0), "12"))
    (table,) = page.lay()
    assert sum(c.doubtful for c in table.cells) == 2


@pytest.mark.parametrize("slope", [0.035, -0.035])
def test_rows_that_fall_by_their_own_height_are_followed(slope: float):
    page, want = report()
    for k, ((x0, y0, x1, y1), text) in enumerate(page.pieces):
        shift = slope * ((x0 + x1) / 2 - 100)
        page.pieces[k] = ((x0, y0 + shift, x1, y1 + shift), text)
    (table,) = page.lay()
    assert numbers(page, table) == want


def test_a_number_beside_the_last_column_is_doubtful():
    page, _ = report()
    page.pieces.append(((COLUMNS[6] + 12, 402.0, COLUMNS[6] + 17, 410.0), "1"))
    (table,) = page.lay()
    assert sum(c.doubtful for c in table.cells) == 1


def test_the_label_of_a_group_that_is_higher_than_its_rows_is_no_prose():
    page = Page()
    page.heads()
    for i in range(16):
        page.row(i, ["1"] * 7)
    page.put("予处理", LEFT[1], page.y - 2)
    (table,) = page.lay()
    assert len({round(b[1], 1) for b, _ in page.pieces}) - 1 in table.rows


def test_labels_may_begin_to_the_right_of_a_narrow_caption():
    page = Page()
    page.heads()
    page.pieces = [p for p in page.pieces if "项" not in p[1]]
    page.put("本列数据的勾稽关系为", 60, 134)
    for i in range(12):
        page.row(i, ["1"] * 7)
    (table,) = page.lay()
    assert numbers(page, table) == {row.label: ["1"] * 7 for row in ROWS[:12]}


def test_rules_are_edges_of_rows():
    page = Page()
    page.heads()
    middles = [page.row(i, ["1"] * 7) for i in range(4, 9)]
    rule = (middles[1] + middles[2]) / 2 + 3
    (table,) = page.lay([(100.0, rule - 0.2, 500.0, rule + 0.2)])
    tops = sorted({round(c.bbox[1], 2) for c in table.cells if c.value})
    assert tops[2] == pytest.approx(rule)


def items(edition: str, headed: bool = True) -> tuple[Page, dict[str, list[str]]]:
    page, want = Page(), {}
    number = 0
    for block in editions()[edition].table(2).blocks:
        page.centred(block.label, 300, page.y)
        page.y += 20
        page.put("信息内容", 150, page.y)
        xs = (
            [260.0, 360.0, 460.0] if len(block.columns) == 3 else [300.0, 420.0] if len(block.columns) == 2 else [360.0]
        )
        for x, column in zip(xs, block.columns, strict=True):
            page.centred(column.label[:8], x, page.y)
        page.y += 20
        for row in block.rows:
            page.put(row.label, 100, page.y)
            values = []
            for x in xs:
                number += 1
                values.append(str(number))
                page.centred(str(number), x, page.y + 1)
            want[row.label] = values
            page.y += 20
    return page, want


@pytest.mark.parametrize("edition", ["2019", "2021"])
def test_blocks_of_section_two(edition: str):
    page, want = items(edition)
    (table,) = page.lay()
    assert table.section == 2 and numbers(page, table) == want
    spans = {(c.row, c.col): c.colspan for c in table.cells}
    assert spans[0, 0] == 4
    if edition == "2021":
        assert spans[6, 1] == 3


def test_a_block_that_goes_on_behind_the_end_of_the_page():
    page, want = items("2019")
    last = [p for p in page.pieces if p[0][1] >= page.y - 20]
    page.pieces = [p for p in page.pieces if p not in last]
    (table,) = page.lay()
    below = Page()
    below.pieces = [((x0, 80.0, x1, 90.0), t) for (x0, _, x1, _), t in last]
    assert table.carry is not None
    (rest,) = below.lay(known={2: table.carry})
    assert numbers(below, rest) == {"政府集中采购": want["政府集中采购"]}


@pytest.mark.parametrize("dirt", [(520.0, 215.0, 525.0, 220.0), (520.0, 211.0, 526.0, 216.6), (370.0, 215.0, 373.0, 218.0)])
def test_dirt_between_rows_is_no_row(dirt: BBox):
    page, want = items("2021")
    for k, (box, text) in enumerate(page.pieces):
        page.pieces[k] = ((box[0], box[1] + 20 * (box[1] > 210), box[2], box[3] + 20 * (box[1] > 210)), text)
    page.pieces.append((dirt, "."))
    (table,) = page.lay()
    assert numbers(page, table) == want


def test_heads_of_section_two_behind_which_the_page_ends():
    page, _ = items("2021")
    page.pieces = [p for p in page.pieces if p[0][1] < 130]
    page.put("- 1 -", 290, 160)
    assert may_hold_tables([Row(tuple(b for b, _ in page.pieces if b[1] == 120), EM)], [])
    (table,) = page.lay()
    assert {(c.row, c.col): c.colspan for c in table.cells} == {(0, 0): 4, **{(1, k): 1 for k in range(4)}}
    page.put("某行", 100, 180)
    assert page.lay() == []


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        (["第二十条第（一）项", "- 2 -"], True),
        (["第二十条第(一)顶"], True),
        (["第二十条第（一）项", "公开了十二件"], False),
        (["依照条例第二十条第（一）项公开"], False),
        ([], False),
    ],
)
def test_a_band_behind_which_the_page_ends(texts: list[str], found: bool):
    lines = [TextLine(t, (200.0, 700.0 + 20 * i, 280.0, 710.0 + 20 * i)) for i, t in enumerate(texts)]
    band = band_at_end(lines, 60, 500)
    assert (band is not None) == found
    if band is not None:
        line, table = band
        assert line is lines[0] and table.section == 2
        (cell,) = table.cells
        assert cell.text == line.text and cell.bbox[0] < 60 and cell.bbox[2] > 500 and cell.bbox[1] < 700 < cell.bbox[3]


def test_heads_on_several_lines_begin_a_page():
    page = Page()
    page.centred("信息内容", 140, 112)
    for k, head in enumerate(["本年制发件数", "本年废止件数", "现行有效件数"]):
        for j in range(3):
            page.centred(head[2 * j : 2 * j + 2], 260 + 100 * k, 98 + 13 * j)
    for i, name in enumerate(["规章", "行政规范性文件"]):
        page.put(name, 100, 144 + 18 * i)
        for k in range(3):
            page.centred(str(k), 260 + 100 * k, 145 + 18 * i)
    (table,) = page.lay()
    heads = [c for c in table.cells if c.row == 0 and c.col > 0]
    assert [page.said(c.bbox) for c in heads] == ["本年制发件数", "本年废止件数", "现行有效件数"]


def test_labels_with_that_of_their_group_and_brackets_tell_no_column():
    page, _ = report()
    (before,) = page.lay()
    moved, _ = report()
    first = next(p for p in moved.pieces if p[1].startswith("1.") and p[0][0] == LEFT[2])
    group = (first[0][0] - 50, first[0][1], first[0][2], first[0][3])
    moved.pieces = [p if p is not first else (group, "（三）不予" + first[1]) for p in moved.pieces]
    (table,) = moved.lay()

    def columns(t: OpenTable) -> list[float]:
        return sorted({round(c.bbox[0]) for c in t.cells if not c.value and c.row > 3 and c.bbox[2] <= 300})

    assert columns(table) == columns(before)
    # brackets have a blank half on their left
    assert any(x < LEFT[1] - 5 for x in columns(before) if x > LEFT[0] + 5)


def test_a_damaged_label_of_section_two_keeps_its_row():
    page, want = items("2021")
    page.pieces = [(b, "规麽" if t == "规章" else t) for b, t in page.pieces]
    (table,) = page.lay()
    want = {"规麽": want.pop("规章"), **want}
    assert numbers(page, table) == want


def test_one_line_of_section_four():
    page = Page()
    xs = [80.0 + 30 * k for k in range(15)]
    page.centred("行政复议", xs[2], 100)
    page.centred("行政诉讼", xs[9], 100)
    page.centred("未经复议直接起诉", xs[7], 120)
    page.centred("复议后起诉", xs[12], 120)
    for k, x in enumerate(xs):
        for j, part in enumerate(
            [("结果", "维持"), ("结果", "纠正"), ("其他", "结果"), ("尚未", "审结"), ("总", "计")][k % 5]
        ):
            page.centred(part, x, 140 + 12 * j)
    for k, x in enumerate(xs):
        if k not in (3, 8):
            page.centred(str(k), x, 172)
    page.put("五、存在的主要问题及改进情况", 100, 200)
    (table,) = page.lay()
    assert table.section == 4
    assert numbers(page, table)[""] == ["" if k in (3, 8) else str(k) for k in range(15)]
    assert table.bbox[3] < 200


@pytest.mark.parametrize(("behind", "found"), [("五、存在的主要问题及改进情况", True), ("某县政府信息公开年度报告", False)])
def test_section_four_with_nothing_filled_in(behind: str, found: bool):
    page = Page()
    for k in range(15):
        for j, part in enumerate(
            [("结果", "维持"), ("结果", "纠正"), ("其他", "结果"), ("尚未", "审结"), ("总", "计")][k % 5]
        ):
            page.centred(part, 80.0 + 30 * k, 140 + 12 * j)
    page.put(behind, 100, 190)
    tables = page.lay()
    assert len(tables) == found  # the numbers may stand on the next page
    for table in tables:
        cells = [c for c in table.cells if c.value]
        assert len(cells) == 15 and all(161.6 < c.bbox[1] < c.bbox[3] < 190 for c in cells)


@pytest.mark.parametrize("parts", [False, True])
def test_heads_of_section_four_behind_which_the_page_ends(parts: bool):
    page = Page()
    xs = [80.0 + 30 * k for k in range(15)]
    page.centred("行政复议", xs[2], 700)
    page.centred("行政诉讼", (xs[9] + xs[10]) / 2, 700)
    if parts:
        page.centred("未经复议直接起诉", xs[7], 720)
        page.centred("复议后起诉", xs[12], 720)
        for k, part in enumerate(["结果", "结果", "其他", "尚未"]):
            page.centred(part, xs[k], 720)
    page.put("- 3 -", 290, 760)
    (table,) = page.lay()
    spans = {(c.row, c.col): (c.rowspan, c.colspan) for c in table.cells}
    middle = next(c.bbox for c in table.cells if (c.row, c.col) == (0, 0))
    assert middle[0] == pytest.approx(65, abs=1) and middle[2] == pytest.approx(215, abs=1)
    if parts:
        assert spans == {(0, 0): (1, 5), (0, 5): (1, 2), **{(1, k): (1, 1) for k in range(7)}}
    else:
        assert spans == {(0, 0): (1, 1), (0, 1): (1, 1)}
    page.put("五、存在的主要问题及改进情况", 100, 740)
    page.put("本机关认真贯彻落实", 100, 750)
    assert page.lay() == []  # the page goes on


def test_section_four_whose_upper_heads_stand_on_the_page_before():
    page = Page()
    xs = [80.0 + 30 * k for k in range(15)]
    page.centred("未经复议直接起诉", xs[7], 100)
    page.centred("复议后起诉", xs[12], 100)
    for k, x in enumerate(xs):
        for j, part in enumerate(
            [("结果", "维持"), ("结果", "纠正"), ("其他", "结果"), ("尚未", "审结"), ("总", "计")][k % 5]
        ):
            page.centred(part, x, 120 + 12 * j)
        # the line falls: two rows of text
        page.centred(str(k), x, 152 if k < 8 else 160)
    (table,) = page.lay()
    spans = {(c.row, c.col): (c.rowspan, c.colspan) for c in table.cells}
    assert spans[0, 0] == (2, 1) and spans[0, 5] == spans[0, 10] == (1, 5) and spans[1, 5] == (1, 1)
    assert [page.said(c.bbox) for c in table.cells if c.value] == [str(k) for k in range(15)]


def test_section_four_without_the_heads_of_groups():
    page = Page()
    for k in range(15):
        for j, part in enumerate(
            [("结果", "维持"), ("结果", "纠正"), ("其他", "结果"), ("尚未", "审结"), ("总", "计")][k % 5]
        ):
            if k > 4:  # the others stand on the page before
                page.centred(part, 80.0 + 30 * k, 80 + 12 * j)
        page.centred(str(k), 80.0 + 30 * k, 112)
    (table,) = page.lay()
    assert numbers(page, table)[""] == [str(k) for k in range(15)]


WRAPPED = ["结果维持", "结果纠正", "其他结果", "尚未审结", "总计"]


def fourth(page: Page, y: float, *, touching: bool = False) -> None:
    """Put the heads of section four in narrow columns: their last sign stands on a second line."""
    xs = [80.0 + 30 * k for k in range(15)]
    page.centred("行政复议", xs[2], y)
    page.centred("行政诉讼", xs[9], y)
    page.centred("未经复议直接起诉", xs[7], y + 20)
    page.centred("复议后起诉", xs[12], y + 20)
    for k, x in enumerate(xs):
        head = WRAPPED[k % 5]
        page.centred(head[:3], x, y + 40 if len(head) > 3 else y + 46)
        if len(head) > 3:
            page.centred(head[3:], x, y + 52)
    if touching:
        firsts = [(b, t) for b, t in page.pieces if b[1] == y + 40]
        page.pieces = [p for p in page.pieces if p not in firsts]
        for k in range(0, 15, 5):
            joined = firsts[k // 5 * 4 : k // 5 * 4 + 4]
            page.pieces.append(((joined[0][0][0], y + 40, joined[-1][0][2], y + 49.6), "".join(t for _, t in joined)))


@pytest.mark.parametrize("folio", ["— 3 —", "3", ""])
def test_numbers_of_section_four_on_the_next_page(folio: str):
    page = Page()
    fourth(page, 690)
    page.folio(folio, 790)
    (heads,) = page.lay()
    assert heads.section == 4 and not any(c.value for c in heads.cells) and heads.bbox[3] < 780
    assert len(heads.cells) == 19 and heads.carry is not None
    behind = Page()
    for k in range(15):
        behind.centred(str(k), 84.0 + 30 * k, 75)
    behind.put("五、存在的主要问题及改进情况", 100, 110)
    (table,) = behind.lay(known={4: heads.carry})
    assert numbers(behind, table)[""] == [str(k) for k in range(15)]
    assert table.bbox[3] < 110
    assert behind.lay() == []  # nobody knows what they are


def test_a_few_numbers_on_the_next_page_are_nobodys():
    page = Page()
    fourth(page, 690)
    (heads,) = page.lay()
    assert heads.carry is not None
    behind = Page()
    for k in (2, 5, 9):
        behind.centred(str(k), 84.0 + 30 * k, 75)
    assert behind.lay(known={4: heads.carry}) == []


@pytest.mark.parametrize("touching", [False, True])
@pytest.mark.parametrize("folio", ["— 3 —", "第3页", "3"])
def test_the_number_of_the_page_is_no_row(folio: str, touching: bool):
    page = Page()
    fourth(page, 690, touching=touching)
    for k in range(15):
        page.centred(str(k), 80.0 + 30 * k, 760)
    page.folio(folio, 795)
    (table,) = page.lay()
    assert numbers(page, table)[""] == [str(k) for k in range(15)]
    assert table.bbox[3] < 790


def test_a_single_number_just_below_the_heads_is_one():
    page = Page()
    fourth(page, 600)
    page.centred("3", 80.0 + 30 * 9, 668)
    (table,) = page.lay()
    assert numbers(page, table)[""] == ["3" if k == 9 else "" for k in range(15)]


def test_a_row_between_two_rules_is_there_though_empty():
    page = Page()
    fourth(page, 690)
    page.put("- 3 -", 290, 795)
    (table,) = page.lay([(60.0, 755.0, 520.0, 755.0), (60.0, 772.0, 520.0, 772.0)])
    assert [(round(c.bbox[1]), round(c.bbox[3])) for c in table.cells if c.value] == [(755, 772)] * 15
    (table,) = page.lay([(60.0, 755.0, 520.0, 755.0)])
    assert not any(c.value for c in table.cells)


def test_the_last_row_of_section_three_above_section_four():
    page, _ = report()
    (before,) = page.lay()
    assert before.carry is not None
    known = replace(before.carry, line=before.carry.line - 3)
    behind = Page()
    behind.put("四、", 100, 75)
    behind.put("结转下年度", 124, 75)  # a name of the row by itself
    for k, x in enumerate(COLUMNS[:6]):  # no total
        behind.centred(str(k), x, 76)
    behind.put("四、因政府信息公开工作被申请行政复议、提起行政诉讼情况", 100, 110)
    fourth(behind, 140)
    for k in range(15):
        behind.centred(str(k), 80.0 + 30 * k, 206)
    third, last = behind.lay(known={3: known})
    assert (third.section, last.section) == (3, 4)
    assert list(numbers(behind, third).values()) == [[*(str(k) for k in range(6)), ""]]
    assert numbers(behind, last)[""] == [str(k) for k in range(15)]


def test_prose_is_no_table():
    page = Page()
    for k, line in enumerate(
        ["本机关认真贯彻落实条例", "行政许可 12 件", "行政处罚 3 件", "一、总体情况", "公开信息三百余条"]
    ):
        page.put(line, 100, 100 + 20.0 * k)
    assert page.lay() == []


@pytest.mark.parametrize("second", [False, True])
def test_heads_of_section_three_that_the_end_of_the_page_cuts(second: bool):
    page = Page()
    page.put(("本报告依据条例编制并向社会公布有关情况，欢迎各界监督。" * 2)[:42], 100, 60)
    page.put("三、收到和处理政府信息公开申请情况", 120, 80)
    page.put("（本列数据的勾稽关系为：第一", 100, 104)
    page.centred("申请人情况", 400, 100)
    if second:
        page.put("项之和，等于第三项加第四项", 100, 120)
        page.centred("法人或其他组织", 400, 120)
    (table,) = page.lay()
    assert [(c.row, c.col, c.rowspan, c.colspan) for c in table.cells] == (
        [(0, 0, 2, 1), (0, 1, 1, 3), (1, 1, 1, 1), (1, 2, 1, 1), (1, 3, 1, 1)]
        if second
        else [(0, 0, 1, 1), (0, 1, 1, 1)]
    )
    corner, over = table.cells[:2]
    assert corner.bbox[2] == over.bbox[0] and 235 < over.bbox[0] < 370

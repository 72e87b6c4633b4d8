from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pytest

from gxml import synth, synth_compose, synth_scan
from gxml.geometry import BBox, Grid
from gxml.imaging import prepare
from gxml.imaging_lines import Segments
from gxml.layout import find_lines, ruled_tables
from gxml.layout_lines import Family, ruling_boxes, with_common_ends
from gxml.layout_sides import Inked, Sides, closed_rim, row_evidence
from gxml.scan import form_tables
from gxml.synth_grids import digital_grids, grid_of, score_page, to_clean, true_grids
from gxml.synth_pdf import PdfStyle, printed_boxes

DPI = 150.0
SCALE = DPI / 72
XS = [60.0, 180.0, 240.0, 300.0, 360.0, 430.0]
YS = [80.0, 104.0, 128.0, 152.0, 190.0, 214.0]
Span = tuple[int, int, int, int]


def units(rows: int, cols: int, merged: Iterable[Span] = ()) -> list[Span]:
    """Cells of a table, (row, col, rowspan, colspan), given those that are merged."""
    covered = {(r + i, c + k) for r, c, h, w in merged for i in range(h) for k in range(w)}
    single = [(r, c, 1, 1) for r in range(rows) for c in range(cols) if (r, c) not in covered]
    return sorted([*single, *merged])


class Sheet:
    """A page on which lines are drawn, points."""

    def __init__(self, width: float = 500, height: float = 420) -> None:
        self.ink = np.zeros((round(height * SCALE), round(width * SCALE)), np.float32)

    def line(self, x0: float, y0: float, x1: float, y1: float, width: float = 0.7, dark: float = 1.0) -> None:
        layer = np.zeros_like(self.ink)
        a, b = ((round(x * SCALE * 16), round(y * SCALE * 16)) for x, y in ((x0, y0), (x1, y1)))
        cv2.line(layer, a, b, dark, max(1, round(width * SCALE)), cv2.LINE_AA, 4)
        self.ink = np.maximum(self.ink, layer)

    def table(
        self,
        xs: Sequence[float] = XS,
        ys: Sequence[float] = YS,
        merged: Iterable[Span] = (),
        *,
        sides: bool = True,
        gap: float = 0.0,
        **how: float,
    ) -> list[Span]:
        cells = units(len(ys) - 1, len(xs) - 1, merged)
        for r, c, h, w in cells:
            for y in (ys[r], ys[r + h]):
                self.broken(xs[c], xs[c + w], y, gap, **how)
            for x in (xs[c], xs[c + w]):
                if sides or x not in (xs[0], xs[-1]):
                    self.line(x, ys[r], x, ys[r + h], **how)
        return cells

    def broken(self, x0: float, x1: float, y: float, gap: float, **how: float) -> None:
        """Draw a line of which each 100 points lack `gap`, at places that are its own."""
        if not gap:
            return self.line(x0, y, x1, y, **how)
        at = (y * 7) % 100 - 100
        while at < x1:
            start, end = max(x0, at), min(x1, at + 100 - gap)
            if end > start:
                self.line(start, y, end, y, **how)
            at += 100
        return None

    def text(self, x: float, y: float, count: int, size: float = 9.0) -> None:
        """Draw characters of many level strokes."""
        for i in range(count):
            left = x + i * size * 1.05
            for share in ((0.1, 0.5, 0.9), (0.25, 0.75), (0.0, 0.4, 0.7))[i % 3]:
                self.line(left, y + share * size, left + 0.9 * size, y + share * size)
            self.line(left + 0.45 * size, y, left + 0.45 * size, y + size)

    def page(self, noise: float = 4.0, turn: float = 0.0) -> np.ndarray:
        height, width = self.ink.shape
        ink = self.ink
        if turn:
            matrix = cv2.getRotationMatrix2D((width / 2, height / 2), turn, 1)
            ink = cv2.warpAffine(ink, matrix, (width, height), flags=cv2.INTER_CUBIC)
        page = 245 - 200 * np.clip(ink, 0, 1)
        page += np.random.default_rng(1).normal(0, noise, page.shape)
        return np.clip(page, 0, 255).astype(np.uint8)

    def faxed(self) -> list[Grid]:
        """Find the tables after a fax: 204 by 98 dots an inch, black or white."""
        height, width = self.ink.shape
        size = round(width * 204 / DPI), round(height * 98 / DPI)
        page = cv2.resize(self.page(turn=0.2), size, interpolation=cv2.INTER_AREA)
        dots = np.where(page < 185, 0, 255).astype(np.uint8)
        return ruled_tables(find_lines(cv2.resize(dots, (size[0], round(height * 204 / DPI))), 204.0))

    def framed(self, xs: Sequence[float] = XS, ys: Sequence[float] = YS, apart: float = 2.0, **how: float) -> None:
        """Draw the second line of a double border."""
        x0, y0, x1, y1 = xs[0] - apart, ys[0] - apart, xs[-1] + apart, ys[-1] + apart
        for a, b in pairwise([(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)]):
            self.line(*a, *b, **how)

    def tables(self, noise: float = 4.0, turn: float = 0.0) -> list[Grid]:
        return ruled_tables(find_lines(self.page(noise, turn), DPI))


def spans(table: Grid) -> list[Span]:
    return [(c.row, c.col, c.rowspan, c.colspan) for c in table.cells]


def test_a_plain_table_and_its_places():
    sheet = Sheet()
    cells = sheet.table()
    (table,) = sheet.tables()
    assert spans(table) == cells
    assert np.abs(np.array(table.xs) - XS).max() < 0.7 and np.abs(np.array(table.ys) - YS).max() < 0.7
    box = table.cells[-1].bbox
    assert np.abs(np.array(box) - (XS[-2], YS[-2], XS[-1], YS[-1])).max() < 0.8


MERGED = [(0, 0, 2, 1), (0, 1, 1, 4), (2, 0, 3, 1), (3, 3, 1, 2)]


@pytest.mark.parametrize("turn", [-0.35, 0.0, 0.35])
def test_merged_cells_in_a_table_that_is_a_little_askew(turn):
    sheet = Sheet()
    cells = sheet.table(merged=MERGED)
    (table,) = sheet.tables(turn=turn)
    assert spans(table) == cells
    if turn:  # boxes stand where the cells are, not where a straight table would have them
        slant = np.tan(np.radians(-turn)) * (XS[-1] - XS[0])
        first, last = table.cells[1].bbox, table.cells[-1].bbox
        assert abs((last[3] - first[1]) - (YS[-1] - YS[0]) - slant / 2) < abs(slant) / 2


@pytest.mark.parametrize("gap", [10.0, 30.0])
def test_broken_lines(gap):
    sheet = Sheet()
    cells = sheet.table(merged=MERGED[:2], gap=gap)
    (table,) = sheet.tables()
    assert spans(table) == cells


def test_lines_broken_over_whole_sides_do_not_join_rows():
    xs = [60.0, 180.0, *(180.0 + 35 * k for k in range(1, 6)), 430.0]
    ys = [80.0 + 20 * k for k in range(9)]
    sheet = Sheet()
    cells = sheet.table(xs, ys, gap=40.0)
    (table,) = sheet.tables()
    assert spans(table) == cells


@pytest.mark.parametrize(("dark", "noise"), [(0.3, 4.0), (0.5, 14.0)])
def test_faint_lines_in_noise(dark, noise):
    sheet = Sheet()
    cells = sheet.table(merged=MERGED[:2], dark=dark)
    (table,) = sheet.tables(noise)
    assert spans(table) == cells


def test_thick_and_double_borders():
    for apart, width in ((0.0, 1.8), (2.0, 0.7)):
        sheet = Sheet()
        cells = sheet.table(merged=MERGED)
        sheet.framed(apart=apart, width=width)
        (table,) = sheet.tables()
        assert spans(table) == cells


@pytest.mark.parametrize("apart", [1.6, 2.0, 2.6])
def test_double_borders_on_a_fax(apart):
    sheet = Sheet()
    cells = sheet.table(merged=MERGED)
    sheet.framed(apart=apart)
    for r, c, h, w in cells:  # text that almost touches the border
        if c + w == len(XS) - 1:
            sheet.text(XS[c + w] - 22, (YS[r] + YS[r + h]) / 2 - 4.5, 2)
    (table,) = sheet.faxed()
    assert spans(table) == cells


def test_tables_that_almost_touch_are_several():
    sheet = Sheet()
    for top in (80.0, 142.0, 204.0):
        ys = [top, top + 24, top + 48]
        cells = sheet.table(ys=ys)
        sheet.framed(ys=ys)
    assert [spans(t) for t in sheet.faxed()] == [cells] * 3


def test_a_border_that_its_sides_do_not_quite_reach():
    sheet = Sheet()
    cells = units(5, 5, [(0, 0, 1, 5)])
    ys = [80.0, 104.0, 128.0, 152.0, 176.0, 200.0]
    sheet.table(ys=ys[1:])
    sheet.line(XS[0], ys[0], XS[-1], ys[0])
    for x in (XS[0], XS[-1]):
        sheet.line(x, ys[0] + 5, x, ys[1])
    sheet.text((XS[0] + XS[-1]) / 2 - 40, ys[0] + 8, 8)
    (table,) = sheet.tables()
    assert spans(table) == cells


def test_dots_are_left_of_a_side():
    ys = [80.0 + 20 * k for k in range(9)]
    sheet = Sheet()
    lost = [(r, 4, 2, 1) for r in (1, 4)]
    sheet.table(ys=ys, merged=lost)
    for r, c, _, _ in lost:
        for x in np.arange(XS[c] + 4, XS[c + 1], 8):
            sheet.line(x, ys[r + 1], x + 1.5, ys[r + 1])
    (table,) = sheet.tables()
    assert spans(table) == units(8, 5)


def test_strokes_of_text_between_two_ruled_sides_split_no_cell():
    sheet = Sheet()
    merged = [(1, 0, 3, 1)]
    cells = sheet.table(merged=merged)
    for k in range(3):
        sheet.text(XS[0] + 48, YS[1] + 8 + 21 * k, 2, 12)
    sheet.line(XS[0] + 46, YS[2] + 0.4, XS[0] + 74, YS[2] + 0.4)
    (table,) = sheet.tables()
    assert spans(table) == cells


def test_open_sides():
    sheet = Sheet()
    cells = sheet.table(sides=False)
    (table,) = sheet.tables()
    assert spans(table) == cells
    assert abs(table.xs[0] - XS[0]) < 2 and abs(table.xs[-1] - XS[-1]) < 2


def test_captions_of_a_table_with_open_sides_are_rows_of_it():
    merged = [(0, 0, 1, 5), (3, 0, 1, 5)]
    sheet = Sheet()
    ys = [80.0, 104.0, 128.0, 152.0, 176.0, 200.0]
    cells = sheet.table(ys=ys, merged=merged, sides=False)
    middle = (XS[0] + XS[-1]) / 2
    for top in (80.0, 152.0):
        sheet.text(middle - 40, top + 8, 8)
    sheet.line(XS[0] + 20, 140, XS[0] + 70, 140)  # strokes of text that run together stand between no parts
    (table,) = sheet.tables()
    assert spans(table) == cells


def test_a_heading_between_two_tables_with_open_sides_is_no_row():
    sheet = Sheet()
    for top in (80.0, 170.0):
        sheet.table(ys=[top, top + 20, top + 40], sides=False)
    sheet.text(XS[0] + 20, 140, 14, 11)
    assert [len(t.cells) for t in sheet.tables()] == [10, 10]


def test_a_wide_heading_between_two_tables_with_open_sides_is_no_row_though_it_is_centred():
    sheet = Sheet()
    for top in (80.0, 174.0):
        sheet.table(ys=[top, top + 20, top + 40, top + 58], sides=False)
    middle = (XS[0] + XS[-1]) / 2
    sheet.text(middle - 110, 150, 18, 11.5)
    assert [len(t.cells) for t in sheet.tables()] == [15, 15]


def test_captions_of_a_table_that_leans():
    """What is far above does not tell how wide the table is."""
    ys = [20.0 + 20 * k for k in range(19)]
    merged = [(9, 0, 1, 2), (16, 0, 1, 2)]
    sheet = Sheet()
    for r, c, h, w in units(18, 2, merged):
        left, right = ([60.0, 180.0, 430.0][k] for k in (c, c + w))
        for y in (ys[r], ys[r + h]):
            sheet.line(left + 0.011 * y, y, right + 0.011 * y, y)
        if c:
            sheet.line(left + 0.011 * ys[r], ys[r], left + 0.011 * ys[r + h], ys[r + h])
    for top in (ys[9], ys[16]):
        sheet.text(245 - 40 + 0.011 * top, top + 5, 8)
    (table,) = sheet.tables()
    assert spans(table) == units(18, 2, merged)


@pytest.mark.parametrize(("dark", "gap"), [(0.3, 0.0), (0.45, 0.0), (0.6, 2.2)])
def test_strokes_of_text_that_stand_in_a_row_are_fainter_than_rulings_or_have_gaps(dark, gap):
    sheet = Sheet()
    cells = sheet.table(ys=[80.0, 98.0, 116.0, 140.0], merged=[(0, 0, 2, 3)], width=1.2)
    for x in (150, 198):
        for part in np.arange(x, x + 44, 11.0):
            sheet.line(part, 107.4, part + 11 - gap, 107.4, dark=dark)
        sheet.line(x + 19, 107.4, x + 19, 114, dark=dark)
    (table,) = sheet.tables()
    assert spans(table) == cells


@pytest.mark.parametrize("sides", [True, False])
def test_a_caption_that_the_page_cuts_off_its_table(sides):
    sheet = Sheet()
    sheet.table([60.0, 430.0], [360.0, 384.0], sides=sides)
    sheet.text(245 - 40, 367, 8)
    (table,) = sheet.tables()
    assert spans(table) == [(0, 0, 1, 1)]
    assert np.abs(np.array(table.bbox) - (60, 360, 430, 384)).max() < 2
    assert form_tables(find_lines(sheet.page(), DPI)) == [table]


@pytest.mark.parametrize(
    ("width", "height", "found"), [(25, 7.0, False), (25, 10.0, True), (16, 11.0, False), (16, 14.0, True)]
)
def test_a_grid_of_cells_too_small_for_text_is_strokes(width, height, found):
    sheet = Sheet()
    sheet.table([float(x) for x in range(95, 300, width)], [200.0, 200 + height, 200 + 2 * height])
    assert len(sheet.tables()) == 1
    assert len(form_tables(find_lines(sheet.page(), DPI))) == found


@pytest.mark.parametrize("frame", [(60, 200, 430, 224), (60, 330, 430, 380), (60, 360, 200, 384)])
def test_other_frames_hold_no_table(frame):
    x0, y0, x1, y1 = map(float, frame)
    sheet = Sheet()
    sheet.table([x0, x1], [y0, y1])
    sheet.text((x0 + x1) / 2 - 40, (y0 + y1) / 2 - 4, 8)
    assert sheet.tables() == []


def test_rules_with_a_line_of_text_between_them_that_begins_at_the_left():
    sheet = Sheet()
    for y in (360.0, 384.0):
        sheet.line(60, y, 430, y)
    sheet.text(62, 367, 12)
    assert sheet.tables() == []


def test_a_table_that_the_page_cuts():
    sheet = Sheet()
    sheet.table(ys=YS[:4])
    for x in XS:
        sheet.line(x, YS[3], x, YS[3] + 30)
    (table,) = sheet.tables()
    assert spans(table) == units(4, 5)


def test_text_makes_no_lines():
    sheet = Sheet()
    cells = sheet.table(merged=MERGED)
    for r, c, h, w in cells:
        if w > 1 or h > 1:
            sheet.text(XS[c] + 4, (YS[r] + YS[r + h]) / 2 - 4.5, int((XS[c + w] - XS[c]) / 12))
    (table,) = sheet.tables()
    assert spans(table) == cells


def test_strokes_along_a_line_of_text_are_no_row():
    sheet = Sheet()
    sheet.table(np.arange(60.0, 190.0, 12.0).tolist(), [100.0, 112.0])
    assert sheet.tables() == []
    sheet.table([60.0, 180.0, 300.0, 430.0], [200.0, 216.0])
    assert [len(t.cells) for t in sheet.tables()] == [3]


def test_prose_is_no_table():
    sheet = Sheet()
    for y in range(60, 220, 16):
        sheet.text(50, y, 40)
    sheet.line(50, 50, 470, 50)
    assert sheet.tables() == []


def test_what_is_left_of_a_seal_makes_no_lines():
    sheet = Sheet()
    cells = sheet.table(merged=MERGED)
    ring = np.zeros_like(sheet.ink)
    cv2.circle(ring, (round(300 * SCALE), round(150 * SCALE)), round(58 * SCALE), 0.25, round(3 * SCALE), cv2.LINE_AA)
    sheet.ink = np.maximum(sheet.ink, ring)
    (table,) = sheet.tables()
    assert spans(table) == cells


def test_rulings_of_a_page_in_points():
    sheet = Sheet()
    sheet.table()
    boxes = ruling_boxes(find_lines(sheet.page(), DPI))
    level = [b for b in boxes if b[2] - b[0] > b[3] - b[1]]
    assert len(level) == len(YS) and max(abs(b[0] - XS[0]) for b in level) < 2
    assert sorted(round(b[1]) for b in level) == [round(y) for y in YS]


# -- the measure -------------------------------------------------------------------------------------------------------


def test_grids_of_generated_reports_are_those_of_their_pdf(tmp_path):
    report = synth.generate(7, edition="2021", density="sparse")
    path = synth.write(report, "pdf", tmp_path / "r.pdf", 1)
    true, digital = true_grids(report, 1), digital_grids(path)
    assert true.keys() == digital.keys()
    for page, grids in true.items():
        assert [spans(g) for g in grids] == [spans(g) for g in digital[page]]


@pytest.mark.parametrize("quirk", ["extra_cells", "split_group"])
def test_cells_that_no_rule_parts_are_one(quirk, monkeypatch):
    made = synth.generate(7, edition="2021", density="sparse")
    style = replace(synth_compose.draw_style(4), extra_cells=False, split_group=False)

    def count(ruling: str, **odd: bool) -> int:
        monkeypatch.setattr(synth_compose, "draw_style", lambda _: replace(style, **odd))
        boxes = printed_boxes(synth_compose.compose(made, 4), 4, PdfStyle(ruling=ruling, table=8.0))
        return sum(len(b) for _, b in boxes)

    assert count("none", **{quirk: True}) == count("three", **{quirk: True}) == count("none")
    assert count("lines", **{quirk: True}) == count("lines") + 1


def test_the_measure_sees_what_is_wrong(tmp_path):
    report = synth.generate(7, edition="2021")
    path = synth.write(report, "pdf", tmp_path / "r.pdf", 1)
    true = true_grids(report, 1)
    number = max(true, key=lambda p: sum(len(g.cells) for g in true[p]))
    (page,) = synth_scan.scan_pdf(path, "office150", 2, [number])
    from test_scan import as_raw

    raw = as_raw(page)
    prepared = prepare(raw)
    place = to_clean(page, raw, prepared)
    found = ruled_tables(find_lines(prepared.gray, prepared.dpi))
    scores, extra = score_page(found, true[number], place, number)
    assert extra == 0 and all(s.right for s in scores) and len(scores) == len(true[number])
    assert all(s.held == s.cells == len(g.cells) for s, g in zip(scores, true[number], strict=True))

    def scored(tables: Sequence[Grid]) -> tuple[bool, bool, bool, int]:
        got, more = score_page(tables, true[number], place)
        worst = min(got, key=lambda s: s.right)
        return worst.rows, worst.columns, worst.spans, more

    largest = max(found, key=lambda t: len(t.cells))
    others = [t for t in found if t is not largest]
    assert scored(others) == (False, False, False, 0)
    assert scored([*others, replace(largest, cells=largest.cells[1:])]) == (True, True, False, 0)
    assert scored([*others, replace(largest, ys=largest.ys[1:])]) == (False, True, True, 0)
    moved = tuple(replace(c, bbox=(c.bbox[0], c.bbox[1] + 25, c.bbox[2], c.bbox[3] + 25)) for c in largest.cells)
    got, _ = score_page([*others, replace(largest, cells=moved)], true[number], place)
    assert not all(s.places for s in got)
    assert sum(s.held for s in got) <= sum(s.cells for s in got) - len(largest.cells) / 2
    got, _ = score_page([*others, replace(largest, cells=largest.cells[1:])], true[number], place)
    (cut,) = [s for s in got if not s.spans]
    assert cut.held == cut.cells - 1
    far: BBox = (5.0, 5.0, 20.0, 20.0)
    assert scored([*found, replace(largest, bbox=far)])[3] == 1


def test_edges_of_cells_make_a_grid():
    grid = grid_of([(0, 0, 10, 10), (10, 0, 20.3, 20), (0, 10, 10, 20.2)])
    assert spans(grid) == [(0, 0, 1, 1), (0, 1, 2, 1), (1, 0, 1, 1)]


def test_rows_that_reach_a_rim_of_which_little_is_seen_stay_whole():
    """A double border, seen now as one line and now as the other, costs no row its first side."""
    beside = np.full((8, 3), 3.0)
    below = np.full((4, 7), 2.0)
    below[0] = [0.8, -5.4, -5.4, 1.2, -4.2, -5.4, -2.2]
    assert not Sides(beside, below, 0.0).settle()[0].all()
    across, down = Sides(*closed_rim(beside, below), 0.0).settle()
    assert across.all() and down.all()
    beside[:, 0] = below[0] = -5.0  # no line reaches it: there is no such rim
    across, down = Sides(*closed_rim(beside, below), 0.0).settle()
    assert not across[:, 0].any() and not down[0].any() and across[:, 1:].all()


def test_a_stroke_of_text_in_line_with_a_clear_ruling_is_no_side_of_it():
    def says(*share: float) -> np.ndarray:
        shares = np.array([share])
        beside = np.full_like(shares, 0.5)
        return row_evidence(Inked(shares, 0 * shares, beside, 0 * shares, beside, np.array([[True]])))[0]

    assert says(0.84, 1, 1, 1, 1)[0] < -0.9 and says(0.94, 1, 1, 1, 1)[0] > 1
    assert says(0.84, 0.9, 0.84, 0.95, 0.9)[0] > 0.5  # a broken line
    assert says(0.84, 1, 1)[0] > 0.5


@pytest.mark.parametrize(("step", "dash"), [(30, 10.0), (34, 11.0), (24, 8.0)])
def test_row_lines_of_which_a_fax_leaves_dashes(step, dash):
    """The columns, which no fax breaks, tell where a table is."""
    sheet = Sheet()
    for x in XS:
        sheet.line(x, YS[0], x, YS[-1])
    for i, y in enumerate(YS):
        for x in np.arange(XS[0], XS[-1], step):
            sheet.line(x, y, x + dash, y)
        sheet.line(XS[i % 2 * 4], y, XS[i % 2 * 4 + 1], y)
    (table,) = sheet.tables()
    assert spans(table) == units(5, 5)


def columns(start: Sequence[float], end: Sequence[float]) -> Segments:
    n = len(start)
    a, b = np.array(start), np.array(end)
    return Segments(a, b, 50.0 * np.arange(1, n + 1), np.zeros(n), np.full(n, 60.0), np.ones(n))


def test_lines_at_which_columns_begin_or_end_are_looked_for():
    known = [Family(100.0, 0.0, 0.0, 60.0), Family(300.0, 0.0, 0.0, 90.0)]
    found = with_common_ends(known, columns([100, 150.4, 150.9, 101, 102], [300, 300, 300, 220, 299]), 1.0)
    assert [f.at for f in found] == pytest.approx([100, 150.65, 300])  # one that ends alone is a stroke of text
    assert found[1].dark == 75.0
    assert with_common_ends(known, columns([100, 104], [300, 296]), 1.0) == known


def dotted(ys, merged=()):
    """A table whose row lines are dots, with text in each cell that comes near the lines."""
    sheet = Sheet()
    cells = units(len(ys) - 1, len(XS) - 1, merged)
    for r, c, h, w in cells:
        for y in (ys[r], ys[r + h]):
            for x in np.arange(XS[c] + (ys.index(y) * 37 + c * 11) % 9, XS[c + w] - 4.0, 10.0):
                sheet.line(x, y, x + 4.0, y)
        for x in (XS[c], XS[c + w]):
            sheet.line(x, ys[r], x, ys[r + h])
        sheet.text((XS[c] + XS[c + w]) / 2 - 20, ys[r] + 4.6, 4, 8.8)
    return sheet, cells


def test_row_lines_of_which_only_dots_are_left():
    sheet, cells = dotted([80.0, 98.0, 116.0, 134.0, 152.0, 170.0], [(1, 0, 2, 1)])
    (table,) = sheet.tables()
    assert spans(table) == cells


def test_tables_beside_each_other_are_two():
    sheet = Sheet(760, 420)
    sheet.table([60.0, 160.0, 240.0, 330.0], [60.0, 90.0, 120.0, 150.0, 180.0, 210.0, 240.0], sides=False)
    sheet.table([400.0, 500.0, 600.0, 700.0], [80.0, 100.0, 120.0])
    found = ruled_tables(find_lines(sheet.page(), DPI))
    assert len(found) == 2


@pytest.mark.parametrize("seed", range(60))
def test_whatever_is_drawn_is_read_without_an_error(seed):
    """Tables at any place, over and beside each other, with loose and broken lines and dirt."""
    rng = np.random.default_rng(seed)
    sheet = Sheet(420, 320)
    for _ in range(rng.integers(0, 4)):
        xs = np.cumsum(rng.uniform(12, 90, rng.integers(2, 6))) + rng.uniform(0, 150)
        ys = np.cumsum(rng.uniform(9, 50, rng.integers(2, 7))) + rng.uniform(0, 120)
        sheet.table(list(xs), list(ys), sides=bool(rng.integers(2)), gap=float(rng.choice([0.0, 0.0, 8.0])))
    for _ in range(rng.integers(0, 12)):
        x, y, length = rng.uniform(0, 400), rng.uniform(0, 300), rng.uniform(3, 250)
        if rng.integers(2):
            sheet.line(x, y, x + length, y + rng.uniform(-2, 2), width=float(rng.uniform(0.3, 2)))
        else:
            sheet.line(x, y, x + rng.uniform(-2, 2), y + length, width=float(rng.uniform(0.3, 2)))
    gray = sheet.page()
    gray[rng.random(gray.shape) < 0.002] = 0
    for table in form_tables(find_lines(gray, DPI)):
        assert table.cells

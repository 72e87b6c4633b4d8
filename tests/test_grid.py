from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gxml.geometry import BBox
from gxml.grid import Grid, build_grids


def h(y: float, x0: float, x1: float, thick: float = 0.5) -> BBox:
    return (x0, y - thick / 2, x1, y + thick / 2)


def v(x: float, y0: float, y1: float, thick: float = 0.5) -> BBox:
    return (x - thick / 2, y0, x + thick / 2, y1)


def ruled(xs: list[float], ys: list[float]) -> list[BBox]:
    return [h(y, xs[0], xs[-1]) for y in ys] + [v(x, ys[0], ys[-1]) for x in xs]


def boxes(xs: list[float], ys: list[float], gap: float = 0.0) -> list[BBox]:
    out = []
    for x0, x1 in pairwise(xs):
        for y0, y1 in pairwise(ys):
            a, b, c, d = x0 + gap / 2, y0 + gap / 2, x1 - gap / 2, y1 - gap / 2
            out += [h(b, a, c), h(d, a, c), v(a, b, d), v(c, b, d)]
    return out


def spans(grid: Grid) -> list[tuple[int, int, int, int]]:
    return [(c.row, c.col, c.rowspan, c.colspan) for c in grid.cells]


def one(rulings: list[BBox], points: list[tuple[float, float]] | None = None) -> Grid:
    (grid,) = build_grids(rulings, points)
    return grid


XS, YS = [50.0, 150.0, 250.0, 350.0], [100.0, 120.0, 140.0]
FULL = [(r, c, 1, 1) for r in range(2) for c in range(3)]


def test_a_full_grid() -> None:
    grid = one(ruled(XS, YS))
    assert spans(grid) == FULL
    assert grid.cells[4].bbox == pytest.approx((150, 120, 250, 140))
    assert grid.finder()(200, 130) == 4
    assert grid.finder()(400, 130) is None


@pytest.mark.parametrize(
    "rulings",
    [
        boxes(XS, YS),
        boxes(XS, YS, gap=2.0),
        [*ruled(XS, YS), *(v(x + 1.5, 100, 140) for x in XS)],
        [h(y, a, b - 4) for y in YS for a, b in pairwise(XS)] + [v(x, a, b - 3) for x in XS for a, b in pairwise(YS)],
        [h(y, 50, 350, 2.5) for y in YS] + [v(x, 100, 140, 2.5) for x in XS],
        [*ruled(XS, YS), h(500, 60, 200), v(20, 300, 400), h(60, 50, 350)],
    ],
    ids=["boxes", "boxes apart", "double lines", "gaps", "thick", "stray rules"],
)
def test_however_it_is_drawn(rulings: list[BBox]) -> None:
    assert spans(one(rulings)) == FULL


def test_merged_cells_come_once() -> None:
    # a header over two columns, a label over two rows
    rulings = [h(100, 0, 300), h(120, 0, 300), h(140, 100, 300), h(160, 0, 300)]
    rulings += [v(0, 100, 160), v(100, 100, 160), v(200, 120, 160), v(300, 100, 160)]
    assert spans(one(rulings)) == [
        (0, 0, 1, 1),
        (0, 1, 1, 2),
        (1, 0, 2, 1),
        (1, 1, 1, 1),
        (1, 2, 1, 1),
        (2, 1, 1, 1),
        (2, 2, 1, 1),
    ]


def test_a_rule_through_a_part_of_a_region_still_gives_rectangles() -> None:
    # an L: the upper left quarter is cut off, the other three are open to one another
    rulings = [h(0, 0, 200), h(100, 0, 200), h(50, 0, 100), v(0, 0, 100), v(200, 0, 100), v(100, 0, 50)]
    grid = one(rulings)
    covered = sum(c.rowspan * c.colspan for c in grid.cells)
    assert covered == 4 and (0, 0, 1, 1) in spans(grid)


def test_the_last_row_of_a_page_needs_no_bottom_rule_nor_the_first_a_top_rule() -> None:
    cut = [h(y, 50, 350) for y in (100, 120)] + [v(x, 80, 140) for x in XS]
    grid = one(cut)
    assert [round(y) for y in grid.ys] == [80, 100, 120, 140]
    assert len(grid.cells) == 9


def test_a_table_may_be_open_at_its_sides() -> None:
    rulings = [h(y, 50, 350) for y in YS] + [v(x, 100, 140) for x in (150, 250)]
    assert spans(one(rulings)) == FULL
    inner = [((150.0 + 250.0) / 2, y) for y in (110.0, 130.0)]
    assert spans(one(rulings, inner)) == FULL  # blank cells at the open sides are cells
    cut = [h(y, 50, 350) for y in (100, 120)] + [v(x, 80, 140) for x in XS]
    assert len(one(cut, [(200.0, 110.0)]).cells) == 9


def test_tables_side_by_side_and_under_one_another_stay_apart() -> None:
    right = [(a + 400, b, c + 400, d) for a, b, c, d in ruled(XS, YS)]
    below = [(a, b + 60, c, d + 60) for a, b, c, d in ruled(XS, YS)]
    grids = build_grids(ruled(XS, YS) + right + below)
    assert [spans(g) for g in grids] == [FULL] * 3
    assert [round(g.bbox[1]) for g in grids] == [100, 100, 160]


def test_a_frame_is_no_table() -> None:
    assert build_grids([h(10, 10, 500), h(800, 10, 500), v(10, 10, 800), v(500, 10, 800)]) == []
    assert build_grids([h(10, 10, 500), h(20, 10, 500)]) == []
    assert build_grids([]) == []


def test_slivers_without_text_are_no_columns() -> None:
    rulings = [*ruled(XS, YS), v(155, 100, 140)]
    text = [((a + b) / 2 + 10, (c + d) / 2) for a, b in pairwise(XS) for c, d in pairwise(YS)]
    assert spans(one(rulings, text)) == FULL
    assert len(one(rulings, [*text, (152.5, 110.0)]).cells) == 8


def test_an_unruled_corner_without_text_is_no_cell() -> None:
    # a table of two columns under which one column goes on
    rulings = [h(0, 0, 200), h(50, 0, 200), h(100, 0, 100), v(0, 0, 100), v(100, 0, 100), v(200, 0, 50)]
    text = [(50.0, 25.0), (150.0, 25.0), (50.0, 75.0)]
    assert spans(one(rulings, text)) == [(0, 0, 1, 1), (0, 1, 1, 1), (1, 0, 1, 1)]
    assert len(one(rulings, [*text, (150.0, 75.0)]).cells) == 4


def test_drawings_are_given_up_in_time() -> None:
    hatching = [h(i * 0.3 % 800, i % 7, 500) for i in range(4000)] + [v(i * 3.1, 0, 800) for i in range(190)]
    assert build_grids(hatching) == []
    assert (
        build_grids([h(i * 4.0, i * 1.0, 9000) for i in range(1500)] + [v(i * 4.0, i * 1.0, 9000) for i in range(1500)])
        == []
    )


sizes = st.lists(st.integers(9, 80), min_size=2, max_size=6)


@given(sizes, sizes, st.data())
def test_merging_any_two_neighbours_gives_back_what_was_ruled(
    ws: list[int], hs: list[int], data: st.DataObject
) -> None:
    xs = [float(sum(ws[:i])) for i in range(len(ws) + 1)]
    ys = [float(sum(hs[:i])) for i in range(len(hs) + 1)]
    r = data.draw(st.integers(0, len(hs) - 1))
    c = data.draw(st.integers(0, len(ws) - 2))
    jitter = data.draw(st.floats(-0.8, 0.8))
    rulings = []
    for i, y in enumerate(ys):
        rulings += [h(y + (jitter if i % 2 else 0), a, b) for a, b in pairwise(xs)]
    for j, x in enumerate(xs):
        rulings += [v(x, a, b) for k, (a, b) in enumerate(pairwise(ys)) if not (j == c + 1 and k == r)]
    grid = one(data.draw(st.permutations(rulings)))
    got = set(spans(grid))
    if len(hs) > 1:
        assert got == {
            (i, j, 1, 1) for i in range(len(hs)) for j in range(len(ws)) if i != r or j not in (c, c + 1)
        } | {(r, c, 1, 2)}


@given(st.lists(st.tuples(*[st.floats(0, 600)] * 4), max_size=40))
def test_any_rulings_give_cells_that_do_not_overlap(raw: list[tuple[float, float, float, float]]) -> None:
    rulings = [
        (min(a, c), min(b, d), max(a, c), min(b, d) + 1) if i % 2 else (min(a, c), min(b, d), min(a, c) + 1, max(b, d))
        for i, (a, b, c, d) in enumerate(raw)
    ]
    for grid in build_grids(rulings):
        taken = [
            (r, c)
            for cell in grid.cells
            for r in range(cell.row, cell.row + cell.rowspan)
            for c in range(cell.col, cell.col + cell.colspan)
        ]
        assert len(taken) == len(set(taken))
        assert all(c.bbox[0] < c.bbox[2] and c.bbox[1] < c.bbox[3] for c in grid.cells)
        assert list(grid.xs) == sorted(grid.xs) and list(grid.ys) == sorted(grid.ys)

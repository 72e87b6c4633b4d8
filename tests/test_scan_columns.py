from __future__ import annotations

import pytest

from gxml.scan_columns import Columns, fit_columns

SEVEN = [(310.0 + 30 * k, 316.0 + 30 * k) for k in range(7)]
HEADS = [(a - 6, b + 6) for a, b in SEVEN]


def test_heads_and_numbers_make_columns_together():
    across = (SEVEN[2][0] - 20, SEVEN[2][1] + 40)  # a head over several columns is none
    found = fit_columns([SEVEN[0], SEVEN[6], SEVEN[6]], [*HEADS, across], 7, {})
    assert found is not None and found.middles == pytest.approx([313.0 + 30 * k for k in range(7)])
    edges = found.edges(200.0)
    assert len(edges) == 8 and all(a < m < b for a, m, b in zip(edges, found.middles, edges[1:], strict=False))


def test_dirt_beside_a_number_is_no_column():
    assert len(fit_columns([*SEVEN, (332.0, 333.0)], HEADS, 7, {}).extents) == 7
    assert fit_columns([*SEVEN, (332.0, 333.0)], [], 7, {}) is None


def test_words_beside_the_heads_are_no_column():
    found = fit_columns([*SEVEN, *SEVEN], [*HEADS, (280.0, 300.0)], 7, {})
    assert found is not None and found.extents == tuple(HEADS)


def test_the_page_before_tells_of_empty_columns():
    known = Columns(tuple(SEVEN), {0: 100.0, 2: 170.0})
    moved = [(a + 5, b + 5) for a, b in (SEVEN[0], SEVEN[6])]
    found = fit_columns(moved, [], 7, {2: 175.0}, known)
    assert found is not None and found.middles == pytest.approx([318.0 + 30 * k for k in range(7)])
    smaller = [(0.97 * a + 4, 0.97 * b + 4) for a, b in (SEVEN[0], SEVEN[1], SEVEN[5])]  # a photograph from farther
    found = fit_columns(2 * smaller, [], 7, {2: 0.97 * 170 + 4}, known)
    assert found is not None and found.middles == pytest.approx([0.97 * (313.0 + 30 * k) + 4 for k in range(7)])
    # halfway between two columns: nobody knows which
    assert fit_columns([(a + 15, b + 15) for a, b in (SEVEN[0], SEVEN[5])], [], 7, {0: 100.0}, known) is None
    # two in one column
    assert fit_columns(2 * [(309.0, 311.0), (314.0, 317.0)], [], 7, {0: 100.0}, known) is None


def test_even_columns_are_completed_only_between_the_first_and_the_last():
    found = fit_columns(2 * [SEVEN[k] for k in (0, 1, 2, 5, 6)], [], 7, {})
    assert found is not None and found.middles == pytest.approx([313.0 + 30 * k for k in range(7)])
    assert fit_columns(2 * [SEVEN[k] for k in (0, 3, 6)], [], 7, {}) is None  # as well three columns of three
    assert fit_columns(2 * [SEVEN[k] for k in (1, 2, 3, 4, 5)], [], 7, {}) is None
    assert fit_columns(2 * [SEVEN[0], SEVEN[6]], [], 7, {}) is None


def test_the_edge_of_the_paper_is_no_column():
    edge = (598.0, 600.0)
    found = fit_columns([*SEVEN, *SEVEN, edge, edge], [], 7, {})
    assert found is not None and len(found.extents) == 7 and found.extents[-1] == SEVEN[-1]
    assert fit_columns([*SEVEN[:6], *SEVEN[:6], edge, edge], [], 7, {}) is None


def test_dirt_makes_no_column_complete():
    dirt = (325.0, 326.0)
    six = [c for k, c in enumerate(SEVEN) if k != 3]
    assert fit_columns([*six, *six, *six, dirt], [], 7, {}).middles == pytest.approx([313.0 + 30 * k for k in range(7)])
    assert fit_columns([*six, *six, *six, dirt, dirt], [], 7, {}) is None  # too near to be a column
    assert fit_columns(3 * SEVEN[:6] + [dirt, dirt], [], 7, {}) is None


def test_labels_are_not_in_the_first_column():
    columns = Columns(tuple(SEVEN), {})
    assert columns.edges(306.0)[0] == pytest.approx(307.0)
    assert columns.edges(200.0)[0] == pytest.approx(298.0)


def test_heads_alone_whose_parts_touch_are_one_column():
    parts = [p for a, b in HEADS for p in ((a, a + 7.0), (a + 7.1, b))]
    found = fit_columns([], parts, 7, {})
    assert found is not None and found.middles == pytest.approx([313.0 + 30 * k for k in range(7)])

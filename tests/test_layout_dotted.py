import numpy as np
import pytest

from gxml.imaging_lines import NO_SEGMENTS, Segments
from gxml.layout_dotted import dotted_rows

POINT = 100 / 72
LEFT, RIGHT, TOP, BOTTOM = 50, 450, 40, 300


def columns(*places, top=TOP, bottom=BOTTOM):
    n = len(places)
    return Segments(
        np.full(n, float(top)), np.full(n, float(bottom)), np.array(places, float), np.zeros(n), np.full(n, 90.0),
        np.ones(n),
    )  # fmt: skip


def page(*rows, every=8, length=3, height=2):
    ink = np.zeros((400, 500), np.uint8)
    for y in rows:
        for x in range(LEFT, RIGHT, every):
            ink[y : y + height, x : x + length] = 90
    return ink


SIDES = columns(50, 150, 250, 350, 450)


def test_dots_along_a_row_are_a_line():
    found = dotted_rows(NO_SEGMENTS, SIDES, page(40, 100, 160), POINT)
    assert found.at == pytest.approx([40.5, 100.5, 160.5], abs=0.6)
    assert (found.start == LEFT).all() and (found.end == RIGHT).all() and (found.dark == 90).all()


def word():
    ink = page(100, every=5, length=5)
    ink[:, 160:] = 0
    return ink


@pytest.mark.parametrize("ink", [page(100, height=9), page(100, every=30), page(100, 104), page(100) // 3, word()])
def test_text_and_dirt_are_no_line(ink):
    assert len(dotted_rows(NO_SEGMENTS, SIDES, ink, POINT)) == 0


def test_lines_that_were_found_are_not_found_again():
    known = Segments(*(np.array([float(v)]) for v in (LEFT, RIGHT, 102, 0, 90, 1)))
    assert dotted_rows(known, SIDES, page(100, 160), POINT).at == pytest.approx([160.5], abs=0.6)


def test_dots_need_column_lines_that_begin_and_end_together():
    loose = columns(50).and_(columns(150, top=150)).and_(columns(250, bottom=200))
    assert len(dotted_rows(NO_SEGMENTS, loose, page(100), POINT)) == 0
    assert len(dotted_rows(NO_SEGMENTS, NO_SEGMENTS, page(100), POINT)) == 0

import numpy as np
import pytest

from gxml.cellink import Ink, find_ink, print_contrast

SCALE = 150 / 72
CELL = (0.0, 0.0, 96.0, 28.8)


def paper(height=60, width=200):
    return np.full((height, width), 250, np.uint8)


def five(gray, x=100, y=22):
    """A digit of 16 rows, broken in the middle as faxes break them."""
    gray[y : y + 7, x : x + 10] = gray[y + 9 : y + 16, x + 1 : x + 10] = 20


def test_rulings_and_dirt_are_no_ink():
    gray = np.full((60, 200), 255, np.uint8)
    gray[:, :3] = gray[:3] = 0
    gray[30, 100] = 0
    assert find_ink(gray, CELL, SCALE).lines == ()


def test_two_lines_of_ink_are_two_boxes():
    gray = paper(100)
    gray[20:36, 40:52] = gray[60:76, 40:100] = 20
    boxes = find_ink(gray, (0, 0, 96, 48), SCALE).lines
    assert len(boxes) == 2
    assert boxes[0][1] == pytest.approx(20, abs=2) and boxes[1][2] == pytest.approx(100, abs=2)


def test_the_strokes_of_one_glyph_are_one_line():
    gray = paper(100)
    gray[40:46, 40:50] = gray[50:56, 40:50] = 20
    ((_, top, _, bottom),) = find_ink(gray, (0, 0, 96, 48), SCALE).lines
    assert top == pytest.approx(40, abs=2) and bottom == pytest.approx(56, abs=2)


@pytest.mark.parametrize(
    "sign",
    [
        [(90, 29, 96, 31)],  # whole
        [(82, 29, 86, 31), (89, 29, 91, 31), (94, 29, 96, 31)],  # broken into dots
        [(93, 29, 96, 33)],  # what is left of one
        [(90, 30, 91, 31), (93, 30, 95, 31)],  # dots that smoothing takes away
    ],
)
def test_a_flat_mark_left_of_the_digits_may_be_a_sign(sign):
    gray = paper()
    five(gray)
    assert not find_ink(gray, CELL, SCALE).sign
    for x0, y0, x1, y1 in sign:
        gray[y0:y1, x0:x1] = 20
    assert find_ink(gray, CELL, SCALE).sign


def test_a_sign_that_touches_the_side_is_seen_there():
    gray = paper()
    five(gray, x=9)
    assert not find_ink(gray, CELL, SCALE).sign
    gray[29:31, :5] = 20
    assert find_ink(gray, CELL, SCALE).sign


@pytest.mark.parametrize(
    "other",
    [
        (93, 22, 96, 38),  # a digit
        (90, 22, 96, 24),  # the top of a broken 7
        (93, 36, 96, 38),  # a point
        (96, 30, 97, 31),  # a speck
        (98, 31, 102, 34),  # a piece of the digit itself
        (50, 29, 56, 31),  # dirt far away
        (114, 29, 122, 31),  # right of the digits
    ],
)
def test_other_marks_are_no_sign(other):
    gray = paper()
    five(gray)
    x0, y0, x1, y1 = other
    gray[y0:y1, x0:x1] = 20
    assert not find_ink(gray, CELL, SCALE).sign


def test_a_dash_alone_is_no_sign():
    gray = paper()
    gray[29:32, 90:110] = 20
    found = find_ink(gray, CELL, SCALE)
    assert len(found.lines) == 1 and not found.sign


def test_how_dark_the_print_of_a_page_is():
    cells = [Ink((), c) for c in (5.0, 30.0, 120.0, 130.0, 140.0, 150.0, 160.0)]
    assert print_contrast(cells) == 140.0
    assert print_contrast(cells[:6]) == 0.0  # four printed cells do not tell

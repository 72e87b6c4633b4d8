import pytest

from gxml.cellplace import Placed, displaced

DIGIT, HEIGHT = 5.2, 7.3


def centred(digits, shift=0.0, column=0):
    left, width = 40.0 * column, DIGIT * digits - 0.6
    middle = left + 20.0 + shift
    return Placed((left, 0.0, left + 40.0, 15.0), middle - width / 2, middle + width / 2, HEIGHT)


def table():
    return [centred(1 + k % 3, shift=0.1 * (k % 3 - 1), column=k) for k in range(12)]


def test_numbers_of_a_centred_table_are_in_their_places():
    assert displaced(table()) == {}


@pytest.mark.parametrize("shift", [1.75, -2.6])  # half a hyphen, half a digit
def test_a_number_that_lost_a_glyph_is_displaced(shift):
    assert displaced([*table(), centred(2, shift)]) == {12: pytest.approx(shift, abs=0.2)}


def test_in_a_table_of_zeros_a_lost_sign_shows_too():
    zeros = [centred(1, column=k) for k in range(20)]
    assert list(displaced([*zeros, centred(1, 1.75)])) == [20]
    assert displaced([*zeros, centred(2)]) == {}


def test_tables_set_to_the_right_or_to_no_place_at_all():
    right = [Placed((0.0, 0.0, 40.0, 15.0), 38.0 - DIGIT * n, 38.0, HEIGHT) for n in (1, 2, 3, 1, 4, 2, 1, 3)]
    assert displaced(right) == {}
    assert list(displaced([*right, Placed((0.0, 0.0, 40.0, 15.0), 28.0, 33.0, HEIGHT)])) == [8]
    anywhere = [centred(1 + k % 3, shift=(7.0 * k) % 11) for k in range(12)]
    assert displaced(anywhere) == {}


def test_few_numbers_say_nothing():
    assert displaced([*table()[:4], centred(1, 5.0)]) == {}

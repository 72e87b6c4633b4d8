from dataclasses import replace

import pytest

from gxml.cellink import Ink
from gxml.cellsettle import doubt_displaced, doubt_displaced_on, settle
from gxml.numread import NumberReading
from gxml.ocr import CharReading, LineReading

LINE = ((10, 10, 30, 26),)
INK = Ink(LINE, 150.0)
SIGNED = replace(INK, sign=True)


def first(text, confidence, *alternatives):
    line = LineReading(text, confidence, tuple(CharReading(c, confidence, alternatives) for c in text))
    return [(line, line)]


def freely(text, confidence, masked, sure):
    """A line that reads otherwise with the characters of numbers alone."""
    return [(LineReading(text, confidence, ()), LineReading(masked, sure, ()))]


def second(text, confidence):
    return NumberReading(text, confidence, ())


# ---- signs ----------------------------------------------------------------------------------------------------------


def test_ink_that_may_be_a_sign_is_never_passed_over():
    found = settle(first("6", 0.9999), second("6", 0.9999), SIGNED, "a")
    assert (found.text, found.ocr.second) == ("6", "-6") and found.ocr.confidence < 0.9
    assert settle(first("6", 0.9999), second("6", 0.9999), INK, "a").ocr.confidence > 0.985


def test_a_sign_in_the_ink_that_one_reader_sees_is_there():
    found = settle(first("-5", 0.57), second("5", 0.94), SIGNED, "a")
    assert (found.text, found.ocr.second) == ("-5", "5") and found.ocr.confidence < 0.9


def test_a_sign_that_is_read_needs_no_doubt():
    found = settle(first("-6", 0.999), second("-6", 0.999), SIGNED, "a")
    assert (found.text, found.ocr.second) == ("-6", "-6") and found.ocr.confidence > 0.985


@pytest.mark.parametrize(("one", "two"), [("-24", "--24"), ("--24", "-24")])
def test_a_sign_that_broke_in_two_for_one_reader_is_one(one, two):
    found = settle(first(one, 0.9), second(two, 0.9), SIGNED, "a")
    assert found.text == found.ocr.second == "-24"


def test_a_sign_that_broke_in_two_for_both_is_a_doubt():
    found = settle(first("--2", 0.98), second("--2", 0.98), SIGNED, "a")
    assert (found.text, found.ocr.second) == ("-2", "--2") and found.ocr.confidence < 0.9


# ---- faint ink ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bits", [first("2", 0.1), first("家", 0.39), [*first("D", 0.2), *first("cf", 0.13)]])
@pytest.mark.parametrize("other", [second("", 0.8), second("5", 0.4), second("-", 0.7)])
def test_faint_marks_that_nobody_reads_are_nothing(bits, other):
    found = settle(bits, other, INK, "a", faint=True)
    assert (found.text, found.ink, found.ocr.second) == ("", False, None) and found.ocr.confidence > 0.985


def test_faint_digits_are_a_doubt_and_faint_words_are_words():
    found = settle(first("14", 0.99), second("14", 0.9), INK, "a", faint=True)
    assert found.text == "" and found.ocr.second == "14" and found.ocr.confidence < 0.9
    assert settle(first("商业企业", 0.95), None, INK, "a", faint=True).text == "商业企业"


# ---- what readers take for something else ---------------------------------------------------------------------------


def test_a_worn_none_is_none_where_the_second_reader_sees_it():
    worn = first("尤", 0.99, ("尤", 0.99), ("无", 0.009))
    assert settle(worn, second("无", 0.998), INK, "a").text == "无"
    assert settle(worn, second("无", 0.998), INK, "a").ocr.confidence > 0.985
    assert settle(worn, second("无", 0.3), INK, "a").text == "尤"
    assert settle(first("尤", 0.99, ("尤", 0.99)), second("无", 0.998), INK, "a").text == "尤"


def test_two_halves_of_a_zero_are_a_zero():
    assert settle(first("()", 0.65), second("()", 0.6), INK, "a").text == "0"
    assert settle(first("0", 0.5), second("(0", 0.5), INK, "a").ocr.second == "0"


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("1,79", "1.79"),
        ("-29,5万元", "-29.5万元"),
        ("3,1416", "3.1416"),
        ("1234,567", "1234.567"),
        ("1,234", "1,234"),
        ("12,345,678", "12,345,678"),
        ("12,34,5", "12,34,5"),
        ("8,", "8,"),
    ],
)
def test_a_comma_that_parts_no_thousands_is_a_point(read, meant):
    assert settle(first(read, 0.83), second(read, 0.7), INK, "a").text == meant


def test_a_reader_that_sees_ink_and_cannot_read_it_does_not_outvote_one_that_can():
    found = settle(first("1", 0.95), second("", 0.72), INK, "a")
    assert found.text == "1" and found.ocr.confidence < 0.985


@pytest.mark.parametrize("masked", [("－", 0.0004), ("1", 0.14)])
def test_a_flat_stroke_is_a_dash(masked):
    flat = Ink(((10, 10, 30, 14),), 150.0)
    found = settle(freely("一", 0.99, *masked), second("-", 0.99), flat, "a")
    assert found.text == found.ocr.second == "-" and found.ocr.confidence > 0.985
    assert settle(freely("一", 0.3, *masked), second("-", 0.4), flat, "a").ocr.confidence < 0.9
    assert settle(freely("一", 0.99, *masked), second("1", 0.99), flat, "a").text != "-"


def test_a_stroke_that_is_not_flat_is_no_surer_a_dash():
    assert settle(freely("一", 0.99, "－", 0.0004), second("-", 0.99), INK, "a").ocr.confidence < 0.985


@pytest.mark.parametrize(("sure", "doubted"), [(0.57, True), (0.45, False)])
def test_another_number_is_a_doubt_where_the_second_reader_rather_believes_it(sure, doubted):
    found = settle(first("6", 0.99878), second("65", sure), INK, "a")  # a digit that the first one lost
    assert found.text == "6"
    assert (found.ocr.second == "65" and found.ocr.confidence < 0.985) == doubted


def test_half_of_a_zero_is_no_reading_against_a_number():
    found = settle(first("0", 0.61), second(")", 0.7), INK, "a")
    assert (found.text, found.ocr.second) == ("0", ")") and found.ocr.confidence < 0.9
    found = settle(first(")", 0.97), second(")", 0.99), INK, "a")
    assert (found.text, found.ocr.second) == ("0", ")") and found.ocr.confidence < 0.9


@pytest.mark.parametrize("text", ["增加1", "减少8"])
def test_a_number_with_its_sign_in_words_is_read_twice(text):
    found = settle(first(text, 0.99), second(text, 0.99), INK, "a")
    assert (found.text, found.ocr.second) == (text, text) and found.ocr.confidence > 0.985
    assert settle(first(text, 0.99), second(text[:2] + "4", 0.99), INK, "a").ocr.second == text[:2] + "4"


def test_one_strange_ideograph_in_a_number_is_what_the_second_reader_reads():
    assert settle(freely("358万心", 0.44, "358万元", 0.09), second("358万元", 0.99), INK, "a").text == "358万元"
    assert settle(freely("十1", 0.56, "+1", 0.24), second("+1", 0.97), INK, "a").text == "+1"
    assert settle(freely("358万心", 0.44, "358万元", 0.09), second("353万元", 0.99), INK, "a").text == "358万心"
    assert settle(freely("35人", 0.9, "353", 0.09), second("353", 0.99), INK, "a").text == "35人", "a digit was made up"


# ---- without a second reader ----------------------------------------------------------------------------------------


def test_what_one_reader_alone_says_is_worth_less():
    assert settle(first("65", 0.9999), None, INK, "a").ocr.confidence > 0.985
    assert settle(first("65", 0.98), None, INK, "a").ocr.confidence < 0.985
    assert settle(first("6", 0.9999), None, SIGNED, "a").ocr.confidence < 0.9
    assert settle([], None, replace(INK, lines=(), doubtful=True), "a").ocr.confidence < 0.985


def test_a_one_that_may_be_a_slash_is_in_doubt():
    assert settle(first("1", 0.994), None, INK, "a").ocr.confidence <= 0.9
    assert settle(first("7", 0.994), None, INK, "a").ocr.confidence > 0.985
    assert settle(first("1", 0.9999), None, INK, "a").ocr.confidence > 0.985


def test_faint_ink_that_nobody_else_saw_is_in_doubt():
    found = settle(first("14", 0.99), None, INK, "a", faint=True)
    assert found.text == "" and found.ocr.confidence <= 0.9


def test_a_flat_stroke_is_a_dash_to_one_reader_too():
    flat = Ink(((10, 10, 30, 14),), 150.0)
    found = settle(freely("一", 0.999, "1", 0.14), None, flat, "a")
    assert (found.text, found.ocr.second) == ("-", None) and found.ocr.confidence > 0.985
    assert settle(freely("一", 0.6, "1", 0.14), None, flat, "a").ocr.confidence < 0.985
    assert settle(freely("一", 0.999, "1", 0.14), None, INK, "a").ocr.confidence < 0.985


# ---- numbers out of their places ------------------------------------------------------------------------------------


def row(*numbers, at=None, shift=1.75):
    """Centred one-digit numbers in cells beside each other, the one at `at` moved."""
    cells, texts = [], []
    for k, text in enumerate(numbers):
        middle = 40.0 * k + 20.0 + (shift if k == at else 0.0)
        found = settle(first(text, 0.9999), second(text, 0.9999), INK, "a")
        cells.append((40.0 * k, 0.0, 40.0 * k + 40.0, 15.0))
        texts.append(replace(found, extent=(middle - 2.4, middle + 2.4, 7.3)))
    return cells, texts


def test_a_number_that_is_out_of_its_place_is_a_doubt():
    cells, texts = row("0", "0", "3", "0", "8", "0", "0", at=4)
    found = doubt_displaced(cells, texts)
    assert [t.ocr.confidence < 0.9 for t in found] == [False] * 4 + [True] + [False] * 2
    assert [t.text for t in found] == ["0", "0", "3", "0", "8", "0", "0"]


def test_a_number_out_of_its_place_has_the_sign_that_one_reader_saw():
    cells, texts = row("0", "0", "3", "0", "8", "0", "0", at=4)
    texts[4] = replace(settle(first("8", 0.999), second("-8", 0.3), INK, "a"), extent=texts[4].extent)
    assert texts[4].text == "8"
    found = doubt_displaced(cells, texts)[4]
    assert (found.text, found.ocr.second) == ("-8", "8") and found.ocr.confidence < 0.9


def test_a_sign_that_was_read_explains_a_number_that_is_a_little_to_the_right():
    cells, texts = row("0", "0", "3", "0", "-8", "0", "0", at=4)
    assert doubt_displaced(cells, texts)[4] == texts[4]


def test_small_tables_of_a_page_tell_together_where_numbers_stand():
    odd, right = row("0", "8", at=1), row("0", "8")
    alone = doubt_displaced_on([odd])
    assert not any(t.ocr.confidence < 0.9 for t in alone[0]), "two numbers tell nothing"
    found = doubt_displaced_on([row("0", "3", "0"), odd, row("5", "0", "0"), right])
    assert [[t.ocr.confidence < 0.9 for t in table] for table in found] == [[False] * 3, [False, True], [False] * 3, [False] * 2]


def test_small_tables_that_are_set_otherwise_doubt_nothing():
    """Two of them are set to the right of their cells: what they have in common tells nothing."""
    cells, texts = row("0", "3", "0")
    aside = cells, [replace(t, extent=(t.extent[0] + 15, t.extent[1] + 15, 7.3)) for t in texts]
    found = doubt_displaced_on([row("0", "3", "0"), aside, row("5", "0", "0"), aside])
    assert not any(t.ocr.confidence < 0.9 for table in found for t in table)


def test_one_of_six_numbers_may_be_out_of_its_place():
    cells, texts = row("0", "0", "3", "0", "8", "0", at=4)
    assert [t.ocr.confidence < 0.9 for t in doubt_displaced(cells, texts)] == [False] * 4 + [True, False]

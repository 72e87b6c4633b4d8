from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gxml.numerals import chinese_number, comparable, map_radicals, parse_cell, squeeze, traditional
from gxml.synth_prose import spell


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("\xa00 ", 0),
        ("１２", 12),
        ("〇", 0),
        ("Ｏ", 0),
        ("+155", 155),
        ("－1309", -1309),
        ("−5", -5),
        ("增1423", 1423),
        ("减3", -3),
        ("減57", -57),
        ("減少57", -57),
        ("增：5", 5),
        ("**12**", 12),
        ("_7_", 7),
        ("12,345", 12345),
        ("21144580", 21144580),
    ],
)
def test_numbers(text, value):
    printed = parse_cell(text)
    assert printed.kind == "number"
    assert printed.value == value


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [("251000元", "251000", "元"), ("160.5964万元", "160.5964", "万元"), ("3件", "3", "件"), ("0.5 亿元", "0.5", "亿元"), ("3（件）", "3", "件"), ("2.5(万元)", "2.5", "万元"), ("Ｏ万元", "0", "万元"), ("〇件", "0", "件")],
)
def test_units(text, value, unit):
    printed = parse_cell(text)
    assert (printed.value, printed.unit) == (Decimal(value), unit)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", "blank"),
        (" \u3000\xa0", "blank"),
        ("-", "dash"),
        ("－", "dash"),
        ("/", "dash"),
        ("无", "dash"),
        ("--253", "noise"),
        ("1?", "noise"),
        ("007", "noise"),
        ("①", "noise"),
        ("3\n4", "noise"),
        ("12 3", "noise"),
        ("1 234", "noise"),
        ("\ufffd", "noise"),
        ("\ufffd.\ufffd", "noise"),
        ("见\ufffd件", "words"),
        ("增：核酸检测 减：财政票据", "words"),
        ("见附件", "words"),
    ],
)
def test_what_is_no_number(text, kind):
    assert parse_cell(text).kind == kind
    assert parse_cell(text).value is None


def test_a_gap_is_inside_a_number_only_where_the_cell_is_whole():
    assert parse_cell("1 234", whole=True).value == 1234
    assert parse_cell("12 3", whole=True).kind == "noise"
    assert parse_cell("1234 567", whole=True).kind == "noise"


def test_raw_keeps_what_is_printed():
    assert parse_cell("增：核酸检测\n减：票据").raw == "增：核酸检测 减：票据"
    assert parse_cell("②").raw == "②"


@given(st.integers(min_value=0, max_value=10**8))
def test_any_count_reads_back(n):
    assert parse_cell(f" {n}\n").value == n
    assert parse_cell(f"{n:,}").value == n


@given(st.text(max_size=12))
def test_no_text_breaks_it_and_values_come_from_numbers_alone(text):
    printed = parse_cell(text)
    assert (printed.value is not None) == (printed.kind == "number")


def test_radicals_keep_the_length():
    assert map_radicals("⾏政⼆⼗⻅") == "行政二十见"
    assert len(map_radicals("⼀⺠⻚①")) == 4
    assert "①" in map_radicals("①")


def test_comparable_drops_space_and_punctuation():
    assert comparable("（一） 予以\n公开") == "一予以公开"
    assert comparable("１．属于") == "1属于"


def test_comparable_takes_traditional_characters():
    assert comparable("（一）予以公開") == comparable("（一）予以公开")
    assert comparable("未經複議直接起訴") == "未经复议直接起诉"


def test_squeeze_drops_invisible():
    assert squeeze("a\u200b b\u3000c\xad") == "abc"


@pytest.mark.parametrize(
    ("text", "value"),
    [("十四", 14), ("二〇二三", 2023), ("一百零五", 105), ("两千", 2000), ("两万三千", 23000), ("一万零五", 10005),
     ("十", 10), ("二十", 20), ("零", 0), ("", None), ("三个", None)],
)  # fmt: skip
def test_chinese_numbers(text, value):
    assert chinese_number(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("一亿二千万", 120_000_000), ("一亿零三百万", 103_000_000), ("两万亿", 2 * 10**12), ("三亿", 3 * 10**8),
     ("一万亿二千万", 10**12 + 20_000_000), ("十二万三千", 123_000)],
)  # fmt: skip
def test_myriads_behind_hundred_millions(text, value):
    assert chinese_number(text) == value


@given(st.integers(0, 9999), st.integers(1, 9999), st.integers(1, 9999))
def test_spelled_myriads_read_back(high, middle, low):
    spelled = (spell(high) + "亿" if high else "") + spell(middle) + "万" + spell(low)
    assert chinese_number(spelled) == high * 10**8 + middle * 10**4 + low


def test_traditional_characters_have_one_simplified_form_each():
    table = traditional()
    assert len(table) > 800 and all(len(simple) == 1 for simple in table.values())
    assert not {ord(simple) for simple in table.values()} & set(table)
    assert "縣級以上複議後訴訟總計條規範".translate(table) == "县级以上复议后诉讼总计条规范"

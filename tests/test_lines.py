from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gxml.gridtext import cell_text
from gxml.lines import box_of, join_line, split_lines, text_lines
from gxml.pagelayer import Char


def put(text: str, x: float, base: float, size: float = 10, spacing: float = 0.0, angle: int = 0) -> list[Char]:
    """Characters as a PDF places them: ASCII half an em wide."""
    out = []
    for c in text:
        wide = size * (0.5 if c < "\x7f" else 1.0)
        if angle == 0:
            out.append(Char(c, x, base - 0.88 * size, x + wide, base + 0.12 * size, size))
            x += wide + spacing
        else:  # upwards, the foot of the letters to the right
            out.append(Char(c, x - 0.88 * size, base - wide, x + 0.12 * size, base, size, angle))
            base -= wide + spacing
    return out


def joined(chars: list[Char], tab: str = " ") -> list[str]:
    return [join_line(line, tab) for line in split_lines(chars)]


@pytest.mark.parametrize(
    ("chars", "want"),
    [
        (put("收到", 0, 20) + put("12", 20, 20) + put("件", 30, 20), "收到12件"),
        (put("收到", 0, 20) + put("12", 22.5, 20), "收到12"),  # the quarter em that Word puts there
        (put("1234", 0, 20, spacing=2.5), "1234"),
        (put("12", 0, 20) + put("34", 14, 20), "12 34"),
        (put("12", 0, 20) + put(" ", 10, 20, 3) + put("34", 11.5, 20), "12 34"),
        (put("12", 0, 20) + put(" ", 10, 20) + put("34", 10.2, 20), "1234"),  # a space of no width
        (put("总", 0, 20) + put("计", 15, 20), "总计"),
        (put("总", 0, 20) + put("计", 18, 20), "总 计"),
        (put("规章", 0, 20) + put("0", 60, 20), "规章\t0"),
        (put("10", 0, 20) + put("10", 0.4, 20.1), "10"),
        (put("11", 0, 20) + put("11", 0.4, 20), "11"),
        (put("12", 0, 20) + put("年", 10, 20.8, 11), "12年"),
        (put(" 12 ", 5, 20), "12"),
        (put("12", 0, 20, 12) + put("1", 12, 18, 7), "12 1"),  # a footnote is no digit of the number
        (put("12", 0, 20, 12) + put("1", 12, 17, 12), "12 1"),  # nor is one that is raised alone
        (put("12", 0, 20, 12) + put("1", 12, 18.6, 10), "12 1"),  # or a little smaller and a little raised
        (put("12", 0, 20, 12) + put("1", 12, 20, 10) + put("1", 18, 19.5, 12), "1211"),
    ],
)
def test_where_a_gap_is_a_space(chars: list[Char], want: str) -> None:
    assert joined(chars, "\t") == [want]


@given(st.permutations(put("第一行12", 0, 20) + put("第二行34", 0, 34) + put("末", 0, 48)))
def test_lines_do_not_depend_on_the_order_of_drawing(chars: list[Char]) -> None:
    assert joined(chars) == ["第一行12", "第二行34", "末"]


@given(st.integers(0, 99_999_999), st.floats(6, 20), st.floats(-0.08, 0.28))
def test_kerning_never_splits_a_number(number: int, size: float, spacing: float) -> None:
    assert joined(put(str(number), 10, 50, size, spacing * size)) == [str(number)]


@given(st.integers(0, 9999), st.integers(0, 9999), st.floats(0.35, 5))
def test_two_numbers_with_a_gap_never_join(a: int, b: int, gap: float) -> None:
    first = put(str(a), 0, 20)
    assert joined(first + put(str(b), first[-1].x1 + gap * 10, 20)) == [f"{a} {b}"]


def test_vertical_and_sideways_labels() -> None:
    vertical = [c for i, t in enumerate("三、本年度") for c in put(t, 50, 20 + 14 * i)]
    assert cell_text(vertical) == "三\n、\n本\n年\n度"
    assert cell_text(put("办理结果", 50, 100, angle=90)) == "办理结果"
    two = put("办理", 50, 100, angle=90) + put("结果", 64, 100, angle=90)
    assert cell_text(two) == "办理\n结果"


def test_text_lines_leave_out_blanks() -> None:
    (line,) = text_lines([put("  ", 0, 20), put(" 甲", 0, 40)])
    assert line.text == "甲" and line.bbox[0] == 5
    with pytest.raises(ValueError):
        box_of(put(" ", 0, 20))

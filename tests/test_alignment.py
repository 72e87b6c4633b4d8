from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st
from test_lines import put

from gxml.alignment import AlignedTable, find_tables
from gxml.lines import split_lines
from gxml.pagelayer import Char

AT = [250.0, 300.0, 350.0, 400.0, 450.0]
LABELS = [
    "一、本年新收政府信息公开申请数量",
    "（一）予以公开",
    "1.属于国家秘密",
    "2.重复申请",
    "（七）总计",
    "四、结转",
]


def tables(chars: list[Char]) -> list[AlignedTable]:
    return find_tables(split_lines(chars))


def grid(table: AlignedTable) -> list[list[str]]:
    out: dict[int, list[str]] = {}
    for c in sorted(table.cells, key=lambda c: (c.row, c.col)):
        out.setdefault(c.row, []).append(c.text)
    return [out[r] for r in sorted(out)]


def centred(text: str, x: float, base: float) -> list[Char]:
    return put(text, x - 2.5 * len(text), base)


numbers = st.lists(
    st.lists(st.sampled_from(["0", "1", "12", "345", "-", ""]), min_size=5, max_size=5), min_size=3, max_size=6
)


@given(numbers, st.floats(14, 24))
def test_every_number_stands_in_its_column(rows: list[list[str]], pitch: float) -> None:
    full = [sum(bool(t) for t in row) for row in rows]
    assume(sum(n >= 2 for n in full) == len(rows))
    used = [k for k in range(5) if any(row[k] for row in rows)]
    chars = []
    for i, row in enumerate(rows):
        chars += put(LABELS[i], 60, 100 + pitch * i)
        for k, text in enumerate(row):
            chars += centred(text, AT[k], 100 + pitch * i)
    found = tables(chars)
    for table in found:
        got = grid(table)
        for line in got:
            i = LABELS.index(line[0])
            here = [rows[i][k] for k in used]
            # a table may have found fewer columns than there are, but never puts a number into another one
            assert [t for t in line[1:] if t] == [t for t in here if t]
            if len(line) - 1 == len(used):
                assert line[1:] == here
    assert sum(len(t.lines) for t in found) <= len(rows)


def test_heads_name_columns_that_are_empty_in_all_rows() -> None:
    chars = []
    for x, head in zip(AT, ["自然人", "企业", "机构", "其他", "总计"], strict=True):
        chars += put(head, x - 5 * len(head), 80)
    for i, label in enumerate(LABELS):
        chars += put(label, 60, 100 + 16 * i) + centred("3", AT[0], 100 + 16 * i) + centred("3", AT[4], 100 + 16 * i)
    (table,) = tables(chars)
    rows = grid(table)
    assert rows[0] == ["自然人", "企业", "机构", "其他", "总计"]
    assert all(row[1:] == ["3", "", "", "", "3"] for row in rows[1:])


def test_a_label_on_two_lines_belongs_to_the_numbers_between_them() -> None:
    chars = put("5.要求行政机关确认", 60, 93) + put("或重新出具", 60, 107)
    for i in range(3):
        for x in AT:
            chars += centred("7", x, 100 + 30 * i)
        if i:
            chars += put(LABELS[i], 60, 100 + 30 * i)
    (table,) = tables(chars)
    assert grid(table)[0] == ["5.要求行政机关确认\n或重新出具", *"77777"]


def test_prose_is_no_table() -> None:
    prose = "本报告所列数据统计期限为2023年1月1日至12月31日，共收到申请12件"
    chars = [c for i in range(6) for c in put(prose, 60, 100 + 16 * i)]
    assert tables(chars) == []
    chars = [
        c
        for i in range(4)
        for c in put("2023", 60, 100 + 16 * i) + put("年收到", 90, 100 + 16 * i) + put("12", 130, 100 + 16 * i)
    ]
    assert tables(chars) == []
    # a column of page numbers behind a list of contents
    chars = [c for i, t in enumerate(LABELS) for c in put(t, 60, 100 + 16 * i) + put(str(i + 1), 450, 100 + 16 * i)]
    assert tables(chars) == []


def test_the_table_ends_at_the_next_heading() -> None:
    chars = []
    for i in range(6):
        base = 100 + 16 * i + (40 if i >= 3 else 0)
        chars += put(LABELS[1 + i % 3], 60, base)
        for x in AT[:3] if i < 3 else AT[2:]:
            chars += centred("5", x, base)
    chars += put("四、政府信息公开行政复议、行政诉讼情况", 60, 160)
    first, second = tables(chars)
    assert len(grid(first)) == len(grid(second)) == 3

"""Numbers that stand in front of their labels, line by line, and headers that order the columns their own way."""

import pytest
from tables_in_text import ALL, COLUMNS, HEAD, LABELS, NUMBERS, TITLE, joined, read

import gxml


@pytest.mark.parametrize("between", [" ", "\n"], ids=["same line", "line above"])
def test_a_label_takes_the_numbers_before_it(tmp_path, between):
    values, named, _ = read(tmp_path, "\n".join(joined(n) + between + x for x, n in zip(LABELS, NUMBERS, strict=True)))
    assert values == ALL
    assert not named


def test_a_label_at_the_end_of_the_line_before_its_numbers_is_not_taken_for_one_behind_them(tmp_path):
    lines = [LABELS[0], *(f"{joined(n)} {x}" for x, n in zip([*LABELS[1:], ""], NUMBERS, strict=True))]
    values, named, _ = read(tmp_path, "\n".join(lines))
    assert values == ALL
    assert not named


def test_a_row_of_column_numbers_is_no_row(tmp_path):
    rows = [f"{x} {joined(n)}" for x, n in zip(LABELS, NUMBERS, strict=True)]
    values, named, _ = read(tmp_path, "\n".join(["1 2 3 4 5 6 7", *rows]))
    assert values == ALL
    assert not named
    values, named, ids = read(tmp_path, "\n".join(["1 2 3 4 5 6 7", *rows[:-1], LABELS[-1]]))
    assert values == [*ALL[:-7], *[None] * 7]
    assert named == set(ids[-7:])


def test_numbers_before_labels_with_many_short_rows_are_flagged(tmp_path):
    rows = [n if i % 3 or any(n) else n[1:] for i, n in enumerate(NUMBERS)]
    values, named, ids = read(tmp_path, "\n".join(f"{joined(n)}\n{x}" for x, n in zip(LABELS, rows, strict=True)))
    assert all(v == w or i in named for v, w, i in zip(values, ALL, ids, strict=True))


def test_numbers_of_section_two_before_their_labels(tmp_path):
    text = (
        "二、主动公开政府信息情况\n第二十条第（一）项\n信息内容 本年制发件数 本年废止件数 现行有效件数\n"
        "0 1 2\n规章\n3 0 24\n行政规范性文件\n第二十条第（五）项\n信息内容 本年处理决定数量\n2197\n行政许可\n"
        "第二十条第（六）项\n信息内容 本年处理决定数量\n174\n行政处罚\n40\n行政强制\n"
        "第二十条第（八）项\n信息内容 本年收费金额（单位：万元）\n33.85\n行政事业性收费\n"
    )
    path = tmp_path / "report.txt"
    path.write_text(f"{HEAD}{text}\n{TITLE}", "utf-8")
    report = gxml.read(path)
    found = [c.value for i, c in report.cells.items() if i.startswith("disclosure.")]
    assert found == [0, 1, 2, 3, 0, 24, 2197, 174, 40, 33.85]


@pytest.mark.parametrize("tab", [" ", "\t"], ids=["spaces", "tabs"])
@pytest.mark.parametrize("order", [(6, 0, 1, 2, 3, 4, 5), (1, 2, 3, 4, 5, 0, 6)], ids=["total first", "persons last"])
def test_columns_follow_a_header_line_that_names_them_all(tmp_path, tab, order):
    head = tab.join(["项目", *(COLUMNS[i] for i in order)])
    rows = [tab.join([x, *(str(n[i]) for i in order)]) for x, n in zip(LABELS, NUMBERS, strict=True)]
    values, named, ids = read(tmp_path, "\n".join(rows), head)
    assert values == ALL
    assert named == set(ids) - (set() if order[-1] != 6 else {i for i in ids if i.endswith(".total")})


def test_totals_in_another_column_without_a_header_are_flagged(tmp_path):
    rows = ["\t".join([x, *map(str, [n[6], *n[:6]])]) for x, n in zip(LABELS, NUMBERS, strict=True)]
    _, named, ids = read(tmp_path, "\n".join(rows), "")
    assert named == set(ids)


def test_a_number_that_counts_the_rows_is_no_cell(tmp_path):
    rows = [
        "| " + " | ".join([str(k), x, *map(str, n)]) + " |"
        for k, (x, n) in enumerate(zip(LABELS, NUMBERS, strict=True), 1)
    ]
    values, named, _ = read(tmp_path, "\n".join(rows), "| " + " | ".join(["序号", "项目", *COLUMNS]) + " |")
    assert values == ALL
    assert not named


def test_box_characters_part_cells(tmp_path):
    rows = ["│ " + " │ ".join([x, *map(str, n)]) + " │\n├──────┼──────┤" for x, n in zip(LABELS, NUMBERS, strict=True)]
    values, named, _ = read(tmp_path, "\n".join(rows), "┌──────┬──────┐\n│ " + " │ ".join(["项目", *COLUMNS]) + " │")
    assert values == ALL
    assert not named


def test_a_label_in_the_last_cell_of_a_row(tmp_path):
    rows = ["\t".join([*map(str, n), x]) for x, n in zip(LABELS, NUMBERS, strict=True)]
    values, named, _ = read(tmp_path, "\n".join(rows), "\t".join([*COLUMNS, "项目"]))
    assert values == ALL
    assert not named


def test_where_blocks_of_section_two_print_numbers_first_a_block_without_a_first_row_is_flagged(tmp_path):
    text = (
        "二、主动公开政府信息情况\n第二十条第（一）项\n信息内容 本年制发件数 本年废止件数 现行有效件数\n"
        "规章\n3 0 24\n行政规范性文件\n第二十条第（五）项\n信息内容 本年处理决定数量\n2197\n行政许可\n"
        "第二十条第（六）项\n信息内容 本年处理决定数量\n174\n行政处罚\n40\n行政强制\n"
        "第二十条第（八）项\n信息内容 本年收费金额（单位：万元）\n33.85\n行政事业性收费\n"
    )
    path = tmp_path / "report.txt"
    path.write_text(f"{HEAD}{text}\n{TITLE}", "utf-8")
    report = gxml.read(path)
    named = {i for f in report.findings if f.kind == "structure" for i in f.cells}
    assert {i for i in report.cells if i.startswith("disclosure.")} <= named


def test_prose_above_the_table_that_names_its_rows_is_no_row(tmp_path):
    prose = (
        "本年新收政府信息公开申请14件，其中自然人9件，商业企业5件。本年度办理结果：予以公开6件，部分公开1件，结转3件。"
    )
    rows = "\n".join(f"{x} {joined(n)}" for x, n in zip(LABELS, NUMBERS, strict=True))
    values, named, _ = read(tmp_path, rows, prose + "\n" + " ".join(COLUMNS))
    assert values == ALL
    assert not named

"""Numbers that stand in front of their labels, line by line, and headers that order the columns their own way."""

import pytest

import gxml

HEAD = "青禾县人民政府2023年政府信息公开工作年度报告\n"
TITLE = "三、收到和处理政府信息公开申请情况\n"
COLUMNS = ["自然人", "商业企业", "科研机构", "社会公益组织", "法律服务机构", "其他", "总计"]
LABELS = [
    "一、本年新收政府信息公开申请数量",
    "二、上年结转政府信息公开申请数量",
    "三、本年度办理结果（一）予以公开",
    "（二）部分公开（区分处理的，只计这一情形，不计其他情形）",
    "（三）不予公开1.属于国家秘密",
    "2.其他法律行政法规禁止公开",
    "3.危及“三安全一稳定”",
    "4.保护第三方合法权益",
    "5.属于三类内部事务信息",
    "6.属于四类过程性信息",
    "7.属于行政执法案卷",
    "8.属于行政查询事项",
    "（四）无法提供1.本机关不掌握相关政府信息",
    "2.没有现成信息需要另行制作",
    "3.补正后申请内容仍不明确",
    "（五）不予处理1.信访举报投诉类申请",
    "2.重复申请",
    "3.要求提供公开出版物",
    "4.无正当理由大量反复申请",
    "5.要求行政机关确认或重新出具已获取信息",
    "（六）其他处理1.申请人无正当理由逾期不补正、行政机关不再处理其政府信息公开申请",
    "2.申请人逾期未按收费通知要求缴纳费用、行政机关不再处理其政府信息公开申请",
    "3.其他",
    "（七）总计",
    "四、结转下年度继续办理",
]
NUMBERS = [[0] * 7 for _ in LABELS]
NUMBERS[0], NUMBERS[1], NUMBERS[2] = [9, 4, 0, 0, 0, 0, 13], [2, 0, 0, 0, 0, 0, 2], [5, 1, 0, 0, 0, 0, 6]
NUMBERS[12], NUMBERS[-2], NUMBERS[-1] = [4, 3, 0, 0, 0, 0, 7], [9, 4, 0, 0, 0, 0, 13], [2, 0, 0, 0, 0, 0, 2]
ALL = [str(n) for row in NUMBERS for n in row]


HEADER = " ".join(["申请人情况", *COLUMNS])


def read(tmp_path, table, head=HEADER):
    path = tmp_path / "report.txt"
    tail = "\n四、政府信息公开行政复议、行政诉讼情况\n五、存在的主要问题及改进情况\n无\n"
    path.write_text(f"{HEAD}{TITLE}{head}\n{table}{tail}", "utf-8")
    report = gxml.read(path)
    cells = {i: c for i, c in report.cells.items() if i.startswith("requests.")}
    named = {i for f in report.findings if f.kind in ("structure", "source_inconsistent") for i in f.cells}
    return [None if c.value is None else str(c.value) for c in cells.values()], named & set(cells), list(cells)


def joined(row):
    return " ".join(map(str, row))


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

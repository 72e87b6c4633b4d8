"""Rows of plain text on several lines between rulings, and what the structure says of torn text."""

import pytest
from tables_in_text import ALL, LABELS, NUMBERS, joined, read

import gxml
from gxml import editions as choosing
from gxml.editions import choose_editions
from gxml.readings import read_field
from gxml.strips import Field, Strip
from gxml.template import editions
from gxml.textgrids import joined_cells, joined_rows, unescaped

RULE = "+------------+" + "---+" * 7


def pieces(label, size=6):
    return [label[i : i + size] for i in range(0, len(label), size)]


def grid(mark="|", rule=RULE):
    """Table 三 as pandoc writes it, labels on lines of six characters."""
    out = [rule]
    for label, row in zip(LABELS, NUMBERS, strict=True):
        for i, piece in enumerate(pieces(label)):
            out.append(mark + mark.join([f" {piece} ", *(f" {n if i == 0 else ''} " for n in row)]) + mark)
        out.append(rule)
    return "\n".join(out)


@pytest.mark.parametrize(
    ("mark", "rule"), [("|", RULE), ("|", RULE.replace("-", "=")), ("│", "├" + "─" * 12 + "┼───" * 6 + "┤")]
)
def test_rows_on_several_lines_are_read_whole(tmp_path, mark, rule):
    values, named, _ = read(tmp_path, grid(mark, rule), head="")
    assert values == ALL
    assert not named


def test_rows_stay_where_two_numbers_stand_one_below_the_other():
    lines = ["+----+----+", "| 甲 | 12 |", "| 乙 | 30 |", "+----+----+", "| 丙 | 4 |", "+----+----+", "| 丁 | 5 |"]
    assert joined_rows(lines) == lines


def test_a_head_above_its_first_row_without_a_ruling_stays():
    lines = ["┌────┬────┐", "│ 项目 │ 总计 │", "│ 规章 │ 12 │", "├────┼────┤"]
    assert joined_rows(lines) == lines


def test_rows_of_unequal_lines_and_prose_stay():
    lines = ["+---+---+", "| 甲 | 12 |", "| 乙 |", "+---+---+", "别的文字", "| 戊 | 1 |", "+---+---+"]
    assert joined_rows(lines) == lines
    assert joined_rows(["一、总体情况", ""]) == ["一、总体情况", ""]


def test_blank_cells_above_the_number_are_of_its_row():
    lines = ["+----+----+", "| 规 |    |", "| 范 | 12 |", "+----+----+"]
    assert joined_rows(lines) == [lines[0], "| 规范 | 12 |", lines[-1]]


def cells_on_lines(rows, framed=True, padded=True):
    """Rows as tools write them that take the text out of web pages: a cell a line, with the pipes behind it."""
    width = max(map(len, rows))
    lines = []
    for row in rows:
        bars = " " + "|" * (width - len(row)) if padded and len(row) < width else ""
        lines += [*(["|"] if framed else []), *(f"{cell} |".lstrip() for cell in row[:-1]), f"{row[-1]} |{bars}".lstrip()]
    return lines


@pytest.mark.parametrize("framed", [True, False])
def test_cells_of_a_row_on_lines_of_their_own_are_one_row(framed):
    rows = [["第二十条第（一）项"], ["信息内容", "本年制发件数", "现行有效件数"], ["规章", "0", "3"], ["规范性文件", "", ""], ["许可", "7"]]
    lines = ["二、主动公开情况", *cells_on_lines(rows, framed), "三、收到申请情况", "全年收到申请8件。"]
    joined = joined_cells(lines)
    assert [[c.strip() for c in line[1:-1].split("|")][:2] for line in joined[2:6]] == [
        ["信息内容", "本年制发件数"],
        ["规章", "0"],
        ["规范性文件", ""],
        ["许可", "7"],
    ]
    assert [line.count("|") for line in joined[1:6]] == [4] * 5
    assert joined[:1] + joined[6:] == [lines[0], *lines[-2:]]


def test_the_pipes_of_the_empty_cells_may_stand_on_a_line_of_their_own():
    lines = ["项 |", "|||", "信息内容 |", "数量 |", "||", "规章 |", "0 |", "||", "许可 |", "7 |", "1 |", "|", "三、收到情况"]
    assert joined_cells(lines) == ["|项 ||||", "|信息内容 |数量 |||", "|规章 |0 |||", "|许可 |7 |1 ||", "三、收到情况"]


def test_a_row_that_lost_a_cell_does_not_take_the_pipe_of_the_next():
    lines = cells_on_lines([["项"], ["甲", "1", "2"], ["乙", "3", "4"], ["丙", "5", "6"], ["丁", "7", "8"], ["戊", "9", "0"]])
    lines.remove("5 |")
    joined = joined_cells(lines)
    assert joined[:3] == ["|项 | ||", "|甲 |1 |2 |", "|乙 |3 |4 |"]
    assert joined[3:] == ["|", "丙", "6", "|", "丁", "7", "8", "|", "戊", "9", "0"]  # a cell a line


def test_a_label_may_be_broken_before_its_pipe():
    lines = ["项 |", "|||", "规章 |", "0 |", "2 |", "|", "规范性文件", "|", "1 |", "8 |", "|", "行政", "许可 |", "7 |", "1 |", "|"]
    rows = ["|项 ||||", "|规章 |0 |2 ||", "|规范性文件|1 |8 ||"]
    assert joined_cells(lines) == [*rows, *lines[11:]]
    assert joined_cells([*lines[:11], "别的文字"]) == [*rows, "别的文字"]


def test_the_last_row_may_lack_the_pipes_of_its_empty_cells():
    lines = cells_on_lines([["项"], ["甲", "1", "2"], ["乙", "3", "4"], ["丙", "5"]])
    assert joined_cells([*lines[:-1], "5 |", "三、收到申请情况"])[-2:] == ["|丙 |5 | |", "三、收到申请情况"]
    # but not in the middle of the table
    assert joined_cells(["一 |", "二 |", "三、收到申请情况"]) == ["一 |", "二 |", "三、收到申请情况"]


def test_cells_on_lines_that_make_no_rows_lose_their_pipes():
    cells = ["信息内容", "本年制发件数", "规章", "0", "规范性文件", "", "8", "行政许可", "41"]
    lines = [f"{c} |".strip() for c in cells]
    assert joined_cells(["二、主动公开情况", *lines, "别的"]) == ["二、主动公开情况", *(c or "|" for c in cells), "别的"]
    assert joined_cells(lines[:4]) == lines[:4]  # too few to know
    rows = ["规章 | 0 | 0 |", "规范性文件 | 1 | 8 |", "| 规章 | 0 |", "文字", ""]
    assert joined_cells(rows) == rows


@pytest.mark.parametrize("framed", [True, False])
@pytest.mark.parametrize("padded", [True, False])
def test_a_table_with_a_cell_a_line_and_pipes_is_read_whole(tmp_path, framed, padded):
    head = [["（勾稽关系）", "申请人情况"], ["自然人", "法人或其他组织", "总计"]]
    rows = [[label, *map(str, row)] for label, row in zip(LABELS, NUMBERS, strict=True)]
    values, named, _ = read(tmp_path, "\n".join(cells_on_lines([*head, *rows], framed, padded)), head="")
    assert values == ALL
    assert not named


def test_backslashes_of_markdown_are_dropped_where_there_are_several():
    assert unescaped(r"1\.属于国家秘密 2\.其他 \(八\) 1566\.08 a\|b") == r"1.属于国家秘密 2.其他 (八) 1566.08 a\|b"
    assert unescaped(r"C:\.config 与 1\.2") == r"C:\.config 与 1\.2"


def of_section_2(tmp_path, *rows):
    """A report of 2019 whose table 二 ends with these rows."""
    first = ["第二十条第（一）项", "信息内容 本年新制作数量 本年新公开数量 对外公开总数量", "规章 0 0 0", "规范性文件 1 1 8"]
    more = ["第二十条第（五）项", "信息内容 上一年项目数量 本年增/减 处理决定数量", "行政许可 310 3 1", *rows]
    path = tmp_path / "report.txt"
    path.write_text("\n".join(["青禾县人民政府2019年政府信息公开工作年度报告", "二、主动公开政府信息情况", *first, *more]), "utf-8")
    return gxml.read(path)


@pytest.mark.parametrize("amount", [r"1566\.08", "1566\\", r"1566\5"])
def test_a_number_beside_a_backslash_is_not_read(tmp_path, amount):
    report = of_section_2(tmp_path, "第二十条第（九）项", "信息内容 采购项目数量 采购总金额", f"政府集中采购 52 {amount}")
    assert report.cells["disclosure.procurement.amount"].value is None
    assert "disclosure.procurement.amount" in {i for f in report.findings for i in f.cells}


def wrong(values):
    return [i for i, (a, b) in enumerate(zip(values, ALL, strict=True)) if a != b]


def test_numbers_behind_two_labels_are_in_doubt(tmp_path):
    """A row whose label is on the line above another's, and whose numbers stand behind both."""
    lines = [f"{label}\n\n" + "\n\n".join(map(str, row)) + "\n" for label, row in zip(LABELS, NUMBERS, strict=True)]
    lines[12] = f"{LABELS[12]}\n{LABELS[13]}\n\n" + "\n\n".join(map(str, NUMBERS[12])) + "\n"
    lines[13] = "提供\n"
    values, named, cells = read(tmp_path, "\n".join(lines))
    assert wrong(values)
    assert {cells[i] for i in wrong(values)} <= named


def test_a_table_that_is_torn_in_many_places_is_doubtful_everywhere(tmp_path):
    lines = [f"{label}\n{joined(row)}" for label, row in zip(LABELS, NUMBERS, strict=True)]
    for i in (4, 8, 15, 19):
        lines[i] = "信息"
    _, named, cells = read(tmp_path, "\n".join(lines))
    assert named == set(cells)


def test_a_page_that_is_lost_leaves_the_others_alone(tmp_path):
    lines = [f"{label}\n{joined(row)}" for label, row in zip(LABELS, NUMBERS, strict=True)]
    values, named, cells = read(tmp_path, "\n".join(lines[:12]))
    assert values[: 7 * 10] == ALL[: 7 * 10]
    assert not named & set(cells[: 7 * 10])


def test_numbers_above_the_half_of_a_label_that_is_known_are_in_doubt(tmp_path):
    rows = [
        "第二十条第（一）项|||",
        "信息内容|本年新制作数量|本年新公开数量|对外公开总数量",
        "规章|0|0|0",
        "规范性文件|1|1|8",
        "第二十条第（五）项|||",
        "信息内容|上一年项目数量|本年增/减|处理决定数量",
        "行政许可|310|3|1",
        "其他对|378|0|12572",
        "外管理服务事项|||",
        "第二十条第（六）项|||",
        "信息内容|上一年项目数量|本年增/减|处理决定数量",
        "行政处罚|0|0|0",
        "行政强制|4|1|127",
    ]
    path = tmp_path / "report.txt"
    path.write_text("青禾县人民政府2019年政府信息公开工作年度报告\n二、主动公开政府信息情况\n" + "\n".join(rows), "utf-8")
    report = gxml.read(path)
    assert report.cells["disclosure.licensing.decisions"].value == 1
    named = {i for f in report.findings if f.rule == "STR.ROW" for i in f.cells}
    lost = [i for i in report.cells if i.startswith("disclosure.other_services.")]
    assert lost and set(lost) <= named


def test_a_number_with_signs_is_no_label_and_numbering_is(tmp_path):
    def found(fee, tmp=tmp_path / "report.txt"):
        rows = ["信息内容|上一年项目数量|本年增/减|", fee, "第二十条第（九）项||", "信息内容|采购项目数量|采购总金额"]
        text = "青禾县人民政府2019年政府信息公开工作年度报告\n二、主动公开政府信息情况\n规章|0|0|0\n行政许可|3|1|2\n"
        tmp.write_text(text + "行政处罚|0|0|0\n第二十条第（八）项||\n" + "\n".join([*rows, "政府集中采购|52|749元"]), "utf-8")
        return {i for f in gxml.read(tmp).findings if "旁边" in f.message for i in f.cells}

    assert found("行政事业性收费|5〈〉|减少1〈〉|") == {"disclosure.fees.items_last_year", "disclosure.fees.items_change"}
    assert found("行政事业性收费|||") == set()


def test_a_blank_row_of_few_words_is_nothing_to_report(tmp_path):
    table = [f"{label}|{'|'.join(map(str, row))}" for label, row in zip(LABELS, NUMBERS, strict=True)]
    table[-3] = "3.其他|||||||"
    _, named, cells = read(tmp_path, "\n".join(table).replace("|0", "|"), head="")
    assert not named & set(cells[-21:-14])


@pytest.mark.parametrize(("year", "of_2", "expected"), [(2019, True, "2019"), (2023, False, "2021"), (2020, False, "2019")])
def test_an_edition_that_prints_none_of_its_own_words_must_lead_by_a_row(monkeypatch, year, of_2, expected):
    """Where rows are torn, 3.其他 of one edition is found anywhere: the other tables decide, then the year."""
    scores = {(3, "2019"): 18.08, (3, "2021"): 18.75, (2, "2019"): 21.0, (2, "2021"): 6.0}
    monkeypatch.setattr(choosing, "evidence", lambda strips, edition, section: scores[section, edition.edition])
    fields = (Field("三、总计", "words", (0, 4)), *(Field("1", "number", (5 + i, 6 + i)) for i in range(7)))
    row = Strip(fields, 1, "inline", 1, (0, 12), 1)
    chosen, _ = choose_editions({3: [row], **({2: [row]} if of_2 else {})}, 2023 if of_2 else year)
    assert chosen.get("3") == expected


def torn_cells(report):
    return {i for f in report.findings if f.rule == "STR.TORN" for i in f.cells}


def test_a_lost_row_of_a_small_table_puts_those_beside_it_in_doubt(tmp_path):
    """No sum proves the rows of table 二: a number may stand behind the label of another row."""
    rows = ["第二十条第（六）项", "行政处罚 26 2 4", "第二十条第（八）项", "行政事业性收费 7 1", "第二十条第（九）项", "政府集中采购 52 7元"]
    whole = of_section_2(tmp_path, "其他对外管理服务事项 1 2 3", *rows[:2], "行政强制 8 8 8", *rows[2:])
    assert torn_cells(whole) == set()
    one = of_section_2(tmp_path, "其他对外管理服务事项 1 2 3", *rows)  # 行政强制 is lost
    assert {i.split(".")[1] for i in torn_cells(one)} == {"penalties", "fees"}
    two = of_section_2(tmp_path, *rows)  # 其他对外管理服务事项, too
    assert "regulations" in {i.split(".")[1] for i in torn_cells(two)}


@pytest.mark.parametrize(("origin", "status"), [("stacked", "unreadable"), ("inline", "unreadable"), ("markup", "text")])
def test_a_unit_without_its_number_is_no_word_of_running_text(origin, status):
    form = next(f for f in editions()["2019"].table(2).fields() if f.id == "disclosure.procurement.amount")
    assert read_field(form, Field("元", "words", (0, 1)), origin).status == status


def test_numbers_one_a_line_are_not_a_line_of_blanks(tmp_path):
    path = tmp_path / "report.txt"
    head = "四、政府信息公开行政复议、行政诉讼情况\n结果\n\n维持\n\n" + "\n\n".join("00100") + "\n\n总计\n\n"
    path.write_text(f"青禾县人民政府2023年政府信息公开工作年度报告\n{head}" + "\n \n" * 15 + "\n五、存在的主要问题\n无\n", "utf-8")
    report = gxml.read(path)
    found = {i for f in report.findings for i in f.cells}
    assert all(c.value is None and i in found for i, c in report.cells.items() if i.startswith(("review.", "litigation_")))


def test_a_full_row_among_short_ones_is_named_unless_it_adds_up(tmp_path):
    """Blanks leave no trace, and 4 is the number of the next label."""
    lines = [f"{label} 3 1 4" for label in LABELS]
    lines[17] = f"{LABELS[17]} 0 无 0 0 0 4 无"
    lines[19] = f"{LABELS[19]} 1 0 0 0 4 0 5"
    values, named, cells = read(tmp_path, "\n".join(lines))
    assert set(cells[17 * 7 : 18 * 7]) <= named
    assert values[19 * 7 : 20 * 7] == list("1000405")
    assert not named & set(cells[19 * 7 : 20 * 7])

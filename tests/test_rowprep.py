"""Lines of text without marks between cells: blank rows, empty lines, marks for zero, numbers of pages."""

import gxml

HEAD = "青禾县人民政府2023年政府信息公开工作年度报告\n二、主动公开政府信息情况\n第二十条第（一）项\n"
COLUMNS = ("本年制发件数", "本年废止件数", "现行有效件数")
DECISIONS = (
    "第二十条第（五）项\n信息内容{0}本年处理决定数量\n行政许可{1}\n第二十条第（六）项\n信息内容{0}本年处理决定数量\n"
)


def cells(tmp_path, text):
    path = tmp_path / "report.txt"
    path.write_text(HEAD + text + "\n三、收到和处理政府信息公开申请情况\n", "utf-8")
    report = gxml.read(path)
    named = {i for f in report.findings if f.kind == "structure" for i in f.cells}
    return {i.removeprefix("disclosure."): c.value for i, c in report.cells.items()}, {
        i.removeprefix("disclosure.") for i in named
    }


def test_a_row_whose_blanks_vanished_does_not_take_the_next_rows_numbers(tmp_path):
    header = f"信息内容 {' '.join(COLUMNS)}\n"
    rows = "规章\n行政规范性文件 3 0 224\n行政规范性文件 3 0 224\n" + DECISIONS.format(" ", " 5")
    found, named = cells(tmp_path, header + rows + "行政处罚 45\n行政强制 40")
    assert [found[f"regulations.{c}"] for c in ("issued", "repealed", "in_force")] == [None, None, None]
    assert "regulations.issued" in named
    assert found["normative_documents.in_force"] == 224


def test_empty_lines_are_cells_where_rows_have_them_inside(tmp_path):
    lines = ["信息内容", *COLUMNS, "规章", "0", "", "2", "行政规范性文件", "3", "", "6"]
    text = "\n".join(lines) + "\n" + DECISIONS.format("\n", "\n5") + "行政处罚\n45\n行政强制\n4"
    found, _ = cells(tmp_path, text)
    assert [found[f"regulations.{c}"] for c in ("issued", "repealed", "in_force")] == [0, None, 2]
    assert [found[f"normative_documents.{c}"] for c in ("issued", "repealed", "in_force")] == [3, None, 6]


def test_a_doubled_number_beside_an_empty_line_is_flagged(tmp_path):
    lines = ["信息内容", *COLUMNS, "规章", "0", "0", "2", "行政规范性文件", "3", "", "6", "6"]
    text = "\n".join(lines) + "\n" + DECISIONS.format("\n", "\n5") + "行政处罚\n45\n行政强制\n4"
    _, named = cells(tmp_path, text)
    assert {f"normative_documents.{c}" for c in ("issued", "repealed", "in_force")} <= named


def test_a_dash_between_numbers_is_a_cell(tmp_path):
    header = f"信息内容 {' '.join(COLUMNS)}\n"
    rows = "规章 - 0 -\n行政规范性文件 — 2 7\n" + DECISIONS.format(" ", " 5")
    found, named = cells(tmp_path, header + rows + "行政处罚 45\n行政强制 无")
    assert [found[f"regulations.{c}"] for c in ("issued", "repealed", "in_force")] == [None, 0, None]
    assert [found[f"normative_documents.{c}"] for c in ("issued", "repealed", "in_force")] == [None, 2, 7]
    assert not any(i.startswith(("regulations", "normative", "penalties")) for i in named)


def test_the_number_of_a_page_is_no_cell(tmp_path):
    header = f"信息内容 {' '.join(COLUMNS)}\n"
    rows = "规章 0 0 2\n行政规范性文件 3 7\n1\n" + DECISIONS.format(" ", " 5")
    found, named = cells(tmp_path, header + rows + "行政处罚 45\n- 2 -\n行政强制 4")
    assert found["normative_documents.in_force"] is None and "normative_documents.in_force" in named
    assert (found["penalties.decisions"], found["coercion.decisions"]) == (45, 4)


def test_a_subtotal_is_not_the_row_above_whose_blanks_left_no_trace(tmp_path):
    header = f"信息内容 {' '.join(COLUMNS)}\n"
    rows = "规章 0 1 2\n行政规范性文件\n小计 3 1 226\n" + DECISIONS.format(" ", " 5")
    found, named = cells(tmp_path, header + rows + "行政处罚 45\n行政强制 40")
    assert [found[f"normative_documents.{c}"] for c in ("issued", "repealed", "in_force")] == [None, None, None]
    assert "normative_documents.issued" in named


def test_the_foot_of_a_page_does_not_cut_a_row(tmp_path):
    for foot in ("- 2 -", "第 2 页 共 9 页"):
        lines = ["信息内容", *COLUMNS, "规章", "0", foot, "1", "2", "行政规范性文件", "3", "0", "6"]
        text = "\n".join(lines) + "\n" + DECISIONS.format("\n", "\n5") + "行政处罚\n45\n行政强制\n4"
        found, _ = cells(tmp_path, text)
        assert [found[f"regulations.{c}"] for c in ("issued", "repealed", "in_force")] == [0, 1, 2]


def test_units_in_the_cells_of_a_line(tmp_path):
    header = f"信息内容 {' '.join(COLUMNS)}\n"
    rows = "规章 0件 1件 2件\n行政规范性文件 3 件 0 件 6 件\n" + DECISIONS.format(" ", " 5件")
    found, _ = cells(tmp_path, header + rows + "行政处罚 45件\n行政强制 40件")
    assert list(found.values())[:9] == [0, 1, 2, 3, 0, 6, 5, 45, 40]


def test_a_number_cut_at_its_point_is_not_read_without_its_decimals(tmp_path):
    header = f"信息内容 {' '.join(COLUMNS)}\n规章 0 0 2\n行政规范性文件 3 0 7\n" + DECISIONS.format(" ", " 5")
    for amount in ("263. 30", "263\n.30", "263.\n30"):
        money = f"第二十条第（八）项\n信息内容 本年收费金额（单位：万元）\n行政事业性收费\n{amount}"
        found, _ = cells(tmp_path, f"{header}行政处罚 45\n行政强制 40\n{money}")
        assert found["fees.amount"] is None
        report = gxml.read(tmp_path / "report.txt")
        named = {i for f in report.findings if f.kind in ("unreadable", "structure") for i in f.cells}
        assert "disclosure.fees.amount" in named

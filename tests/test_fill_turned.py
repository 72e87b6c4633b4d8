"""Section 四 in other orders than the form's."""

import pytest

import gxml

HEAD = "青禾县人民政府2023年政府信息公开工作年度报告\n四、政府信息公开行政复议、行政诉讼情况\n"
TAIL = "\n五、存在的主要问题及改进情况\n无\n"
NAMES = ["结果维持", "结果纠正", "其他结果", "尚未审结", "总计"]
GROUPS = [[3, 1, 0, 2, 6], [4, 0, 1, 0, 5], [1, 2, 0, 0, 3]]
ALL = [n for group in GROUPS for n in group]
TITLES = ["行政复议", "未经复议直接起诉", "复议后起诉"]


def read(tmp_path, table):
    path = tmp_path / "report.txt"
    path.write_text(f"{HEAD}{table}{TAIL}", "utf-8")
    report = gxml.read(path)
    return [c.value for i, c in report.cells.items() if not i.startswith(("requests.", "disclosure."))]


def test_a_line_for_each_cell(tmp_path):
    lines = []
    for title, numbers in zip(["行政复议", "行政诉讼\n未经复议直接起诉", "复议后起诉"], GROUPS, strict=True):
        lines += [title, *(f"{name} {n}" for name, n in zip(NAMES, numbers, strict=True))]
    assert read(tmp_path, "\n".join(lines)) == ALL


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1)])
def test_a_line_for_each_result(tmp_path, order):
    lines = ["\t".join(["", *(TITLES[g] for g in order)])]
    lines += ["\t".join([name, *(str(GROUPS[g][i]) for g in order)]) for i, name in enumerate(NAMES)]
    assert read(tmp_path, "\n".join(lines)) == ALL


@pytest.mark.parametrize("columns", [(0, 1, 2, 3, 4), (4, 0, 1, 2, 3)], ids=["form", "total first"])
@pytest.mark.parametrize("order", [(1, 2), (2, 1)], ids=["form", "groups moved"])
def test_the_order_of_the_header(tmp_path, columns, order):
    names = [NAMES[c] for c in columns]
    lines = [
        "\t".join(["行政复议", "", "", "", "", "行政诉讼", *[""] * 9]),
        "\t".join([*names, TITLES[order[0]], "", "", "", "", TITLES[order[1]], "", "", "", ""]),
        "\t".join([*[""] * 5, *names, *names]),
        "\t".join(str(GROUPS[g][c]) for g in (0, *order) for c in columns),
    ]
    assert read(tmp_path, "\n".join(lines)) == ALL


def test_a_line_for_each_cell_with_one_lost_is_not_put_together(tmp_path):
    lines = []
    for title, numbers in zip(TITLES, GROUPS, strict=True):
        lines += [title, *(f"{name} {n}" for name, n in zip(NAMES, numbers, strict=True))]
    values = read(tmp_path, "\n".join(lines[:-1]))
    assert not values or values[-1] is None


def test_the_page_with_the_lawsuits_before_the_page_with_the_reviews(tmp_path):
    names = " ".join(NAMES)
    lawsuits = f"未经复议直接起诉 复议后起诉\n{names} {names}\n{' '.join(map(str, GROUPS[1] + GROUPS[2]))}"
    reviews = f"行政复议\n{names}\n{' '.join(map(str, GROUPS[0]))}"
    assert read(tmp_path, f"{lawsuits}\n\f{reviews}") == ALL
    assert read(tmp_path, f"{reviews}\n\f{lawsuits}") == ALL


@pytest.mark.parametrize("order", [(1, 2, 0), (2, 1, 0), (1, 0, 2)], ids=["last", "last, others turned", "middle"])
@pytest.mark.parametrize("separator", ["\t", " "])
def test_reviews_behind_lawsuits(tmp_path, order, separator):
    lines = [
        separator.join(TITLES[g] for g in order),
        separator.join(NAMES * 3),
        separator.join(str(n) for g in order for n in GROUPS[g]),
    ]
    assert read(tmp_path, "\n".join(lines)) == ALL

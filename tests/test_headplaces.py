from __future__ import annotations

from pathlib import Path

import pytest
from scoring import score
from site_quirks import Case, body, case, markup, page

import gxml

RESULTS = {"upheld": "结果维持", "corrected": "结果纠正", "other": "其他结果", "pending": "尚未审结", "total": "总计"}
GROUPS = {"review": "行政复议", "litigation_direct": "未经复议直接起诉", "litigation_after_review": "复议后起诉"}


def row(*cells: object) -> str:
    return "<tr>" + "".join(f"<td>{c}</td>" if not str(c).startswith("<td") else str(c) for c in cells) + "</tr>"


def td(text: str, cols: int = 1, rows: int = 1) -> str:
    return f'<td colspan="{cols}" rowspan="{rows}">{text}</td>'


def section4(c: Case, groups: list[str], results: list[str], shape: str) -> str:
    """Return table 四 of a case with its groups and results in the order given."""
    v = {g: [c.truth["cells"][f"{g}.{r}"] for r in results] for g in groups}
    names = [RESULTS[r] for r in results]
    if shape == "line":
        top = row(*(td(GROUPS[g], 5) for g in groups))
        return "<table>" + top + row(*names * 3) + row(*(x for g in groups for x in v[g])) + "</table>"
    if shape == "rows":
        lines = [row("类型", *names), *(row(GROUPS[g], *v[g]) for g in groups)]
        return f"<table>{''.join(lines)}</table>"
    parts = [f"<p>（{n}）{GROUPS[g]}</p><table>{row(*names)}{row(*v[g])}</table>" for n, g in zip("一二三", groups, strict=True)]
    return "".join(parts)


def read(tmp_path: Path, c: Case, section: int, table: str) -> gxml.Report:
    path = tmp_path / "r.html"
    path.write_text(page(body(c.printed, lambda t: table if t.section == section else markup(t))), encoding="utf-8")
    return gxml.read(path)


@pytest.mark.parametrize("shape", ["line", "rows", "tables"])
@pytest.mark.parametrize(
    "groups",
    [
        ["litigation_direct", "litigation_after_review", "review"],
        ["review", "litigation_after_review", "litigation_direct"],
        ["review", "litigation_direct", "litigation_after_review"],
    ],
)
@pytest.mark.parametrize("results", [list(RESULTS), ["total", "upheld", "corrected", "other", "pending"]])
def test_section_four_follows_its_header(tmp_path: Path, shape: str, groups: list[str], results: list[str]) -> None:
    c = case(8, density="dense")
    report = read(tmp_path, c, 4, section4(c, groups, results, shape))
    result = score(c.truth, report)
    assert (result.silent, result.flagged, result.doubted) == ([], [], [])
    moved = groups != list(GROUPS) or results != list(RESULTS)
    assert any(f.rule == "STR.COLUMNS" for f in report.findings) == moved


def two_levels(c: Case, groups: list[str], results: dict[str, list[str]]) -> str:
    """Return table 四 as the form has it, the lawsuits' results a row lower; each group has results of its own order."""
    values = [c.truth["cells"][f"{g}.{r}"] for g in groups for r in results[g]]
    beside = groups.index("review") == 1  # the lawsuits are parted
    top, middle, low = [], [], []
    for at, g in enumerate(groups):
        if g == "review":
            top.append(td("行政复议", 5))
            middle += [td(RESULTS[r], 1, 2) for r in results[g]]
            continue
        if beside or at == 0 or groups[at - 1] == "review":
            top.append(td("行政诉讼", 5 if beside else 10))
        middle.append(td(GROUPS[g], 5))
        low += [RESULTS[r] for r in results[g]]
    return f"<table>{row(*top)}{row(*middle)}{row(*low)}{row(*values)}</table>"


@pytest.mark.parametrize(
    "groups",
    [
        ["review", "litigation_direct", "litigation_after_review"],
        ["review", "litigation_after_review", "litigation_direct"],
        ["litigation_after_review", "review", "litigation_direct"],
        ["litigation_direct", "litigation_after_review", "review"],
    ],
)
@pytest.mark.parametrize("moved", [[], ["review"], ["litigation_direct"], ["litigation_after_review"]], ids=str)
@pytest.mark.parametrize("swap", [["total", "upheld", "corrected", "other", "pending"], ["corrected", "upheld", "other", "pending", "total"]])
def test_two_levels_of_heads_follow_their_groups(tmp_path: Path, groups: list[str], moved: list[str], swap: list[str]) -> None:
    c = case(8, density="dense")
    report = read(tmp_path, c, 4, two_levels(c, groups, {g: swap if g in moved else list(RESULTS) for g in groups}))
    result = score(c.truth, report)
    assert (result.silent, result.flagged, result.doubted) == ([], [], [])
    assert any(f.rule == "STR.COLUMNS" for f in report.findings) == (bool(moved) or groups != list(GROUPS))


@pytest.mark.parametrize("at", range(3))
def test_parts_of_one_table_follow_the_nearest_heads(tmp_path: Path, at: int) -> None:
    c = case(8, density="dense")
    lines = []
    for n, g in enumerate(GROUPS):
        results = ["total", "upheld", "corrected", "other", "pending"] if n == at else list(RESULTS)
        values = [c.truth["cells"][f"{g}.{r}"] for r in results]
        lines += [row(td(GROUPS[g], 5)), row(*(RESULTS[r] for r in results)), row(*values)]
    report = read(tmp_path, c, 4, f"<table>{''.join(lines)}</table>")
    result = score(c.truth, report)
    assert (result.silent, result.flagged, result.doubted) == ([], [], [])
    assert any(f.rule == "STR.COLUMNS" for f in report.findings)


def test_a_part_of_ten_columns_and_one_of_five(tmp_path: Path) -> None:
    """Numbers of several digits in two tables: the ten are not all fifteen run together."""
    c = case(8, density="dense")
    groups = list(GROUPS)
    for i in (f"{g}.{r}" for g in groups for r in RESULTS):
        c.truth["cells"][i] = c.truth["cells"][i] * 125
    v = {g: [c.truth["cells"][f"{g}.{r}"] for r in RESULTS] for g in groups}
    names = list(RESULTS.values())
    one = f"<table>{row(td('行政复议', 5))}{row(*names)}{row(*v[groups[0]])}</table>"
    two = row(td("未经复议直接起诉", 5), td("复议后起诉", 5)) + row(*names * 2) + row(*v[groups[1]], *v[groups[2]])
    report = read(tmp_path, c, 4, f"{one}<table>{two}</table>")
    assert score(c.truth, report).flagged == []


@pytest.mark.parametrize("edition", ["2021", "2019"])
def test_section_three_with_its_total_first_under_two_header_rows(tmp_path: Path, edition: str) -> None:
    c = case(8, density="mixed", edition=edition, year=2023 if edition == "2021" else 2020)
    table = c.printed.table(3)
    assert table is not None
    lines = []
    for r in table.rows:
        if r.kind == "header":
            continue
        values = [x.text for x in r.cells if x.role == "value"]
        labels = [td(x.text, x.colspan, x.rowspan) for x in r.cells if x.role != "value"]
        lines.append(row(*labels, values[-1], *values[:-1]))
    head = row(td("项目", 3, 3), td("总计", 1, 3), td("申请人情况", 6)) + row(td("自然人", 1, 2), td("法人或其他组织", 5))
    head += row("商业企业", "科研机构", "社会公益组织", "法律服务机构", "其他")
    report = read(tmp_path, c, 3, f"<table>{head}{''.join(lines)}</table>")
    result = score(c.truth, report)
    assert (result.silent, result.flagged, result.doubted) == ([], [], [])

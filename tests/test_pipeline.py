import hashlib

import pytest
from scoring import named, score
from site_quirks import body, case, markup, page
from tables_in_text import ALL, HEAD, HEADER, LABELS, NUMBERS, TITLE, joined

import gxml
from gxml import synth
from gxml.errors import EmptyFileError
from gxml.synth import LAYOUTS
from gxml.template import editions

FAMILIES = [x for x in LAYOUTS if x != "pdf"]


def made(tmp_path, layout, seed, **kw):
    report = synth.generate(seed, **kw)
    path = synth.write(report, layout, tmp_path / f"r.{LAYOUTS[layout]}", seed)
    return synth.truth(report, layout, seed), gxml.read(path)


@pytest.mark.parametrize("layout", FAMILIES)
@pytest.mark.parametrize("seed", [3, 14])
def test_generated_reports_with_printed_zeros(tmp_path, layout, seed):
    truth, report = made(tmp_path, layout, seed, blanks="zeros")
    result = score(truth, report)
    assert result.silent == []
    assert report.editions == truth["editions"]
    # run together, the three numbers of a row of section 二 cannot always be told apart
    assert len(result.flagged) <= (12 if layout == "text_run" else 0)


@pytest.mark.parametrize("layout", FAMILIES)
def test_blanks_are_null_and_never_silent(tmp_path, layout):
    for seed in (6, 21):
        truth, report = made(tmp_path, layout, seed, blanks="blank_zeros")
        assert score(truth, report).silent == []


@pytest.mark.parametrize("layout", ["docx", "html", "html_word", "text_cells"])
def test_author_errors_are_reported_and_never_repaired(tmp_path, layout):
    for seed in (1, 2, 3):
        truth, report = made(tmp_path, layout, seed, blanks="zeros", author_errors=2)
        result = score(truth, report)
        assert result.silent == result.flagged == []
        found = named(report, ("source_inconsistent",))
        for violation in truth["violations"]:
            assert set(violation["cells"]) & found
        assert report.status == "review"


def test_spans_and_hash_point_into_the_text(tmp_path):
    for layout in ("docx", "html", "text_tabs", "text_run"):
        _, report = made(tmp_path, layout, 5, blanks="zeros")
        assert report.source.text_sha256 == hashlib.sha256(report.text.encode()).hexdigest()
        for cell in report.cell_list:
            if cell.status == "read":
                start, end = cell.span
                assert str(cell.value).rstrip("0").rstrip(".") in report.text[start:end].replace(",", "") or cell.value == 0
        for fact in report.facts:
            assert report.text[fact.start : fact.end].strip()


def test_every_cell_of_the_edition_has_an_entry(tmp_path):
    _, report = made(tmp_path, "html", 5, edition="2019", year=2020)
    assert len(report.cell_list) == 198
    assert len(made(tmp_path, "html", 5, edition="2021", year=2022)[1].cell_list) == 200


def test_cells_that_have_no_value_or_a_derived_one_are_named(tmp_path):
    for layout in ("text_run", "text_lines", "text_spaces"):
        _, report = made(tmp_path, layout, 10, blanks="mixed")
        listed = {i for f in report.findings for i in f.cells}
        for cell in report.cell_list:
            if cell.status in ("missing", "unreadable", "derived", "corrected"):
                assert cell.id in listed


def test_the_same_input_gives_the_same_result(tmp_path):
    path = synth.write(synth.generate(9), "docx", tmp_path / "r.docx", 9)
    assert gxml.read(path).model_dump_json() == gxml.read(path).model_dump_json()


def test_text_that_is_no_report(tmp_path):
    path = tmp_path / "letter.txt"
    path.write_text("关于召开会议的通知\n各有关单位：\n定于2023年5月6日召开会议，请准时参加。\n", "utf-8")
    report = gxml.read(path)
    assert report.status == "review"
    assert report.cell_list == []
    assert [f.rule for f in report.findings if f.severity == "error"] == ["STR.FORM"]


def test_an_empty_file(tmp_path):
    path = tmp_path / "empty.txt"
    path.write_bytes(b"")
    with pytest.raises(EmptyFileError):
        gxml.read(path)


def test_traditional_characters(tmp_path):
    pairs = zip("属国总计规范许处强执开务结继续议诉讼", "屬國總計規範許處強執開務結繼續議訴訟", strict=True)
    table = str.maketrans(dict(pairs))
    report = synth.generate(5, blanks="zeros")
    path = tmp_path / "r.txt"
    path.write_text(synth.render(report, "text_tabs", 5).decode().translate(table), "utf-8")
    result = score(synth.truth(report, "text_tabs", 5), gxml.read(path))
    assert result.silent == result.flagged == []


def test_two_reports_in_one_file_are_never_mixed(tmp_path):
    first, second = synth.generate(5, blanks="zeros"), synth.generate(11, blanks="zeros")
    path = tmp_path / "both.txt"
    path.write_bytes(synth.render(first, "text_tabs", 5) + b"\n" + synth.render(second, "text_tabs", 11))
    report = gxml.read(path)
    assert "STR.REPORTS" in {f.rule for f in report.findings}
    assert score(synth.truth(first, "text_tabs", 5), report).silent == []


def test_swapped_columns_follow_their_header(tmp_path):
    text = synth.render(synth.generate(2, density="dense", blanks="zeros"), "html", 2).decode()
    assert "科研机构" in text and "商业企业" in text
    swapped = text.replace("科研机构", "\0").replace("商业企业", "科研机构").replace("\0", "商业企业")
    (tmp_path / "a.html").write_text(text, "utf-8")
    (tmp_path / "b.html").write_text(swapped, "utf-8")
    a, b = gxml.read(tmp_path / "a.html"), gxml.read(tmp_path / "b.html")
    one, other = "requests.received.business_enterprise", "requests.received.research_institution"
    assert a.cells[one].value == b.cells[other].value
    assert "STR.COLUMNS" in {f.rule for f in b.findings}
    assert {one, other} <= named(b)


def test_run_together_columns_that_no_split_balances_are_the_reports_own_error(tmp_path):
    rows = {"granted": "1000001", "partly_granted": "2000002", "processed_total": "2000002", "received": "3000003",
            "carried_out": "1000001"}  # fmt: skip
    form = synth.editions()["2021"].table(3)
    lines = "".join(r.label + rows.get(r.name, "0000000") for r in form.blocks[0].rows)
    path = tmp_path / "run.txt"
    path.write_text(f"某县2022年政府信息公开工作年度报告。三、收到和处理政府信息公开申请情况{lines}四、", "utf-8")
    report = gxml.read(path)
    found = {f.rule: f for f in report.findings if f.kind == "source_inconsistent"}
    assert set(found) == {"T3.SUM.natural_person", "T3.SUM.total"}
    assert "requests.processed_total.total" in found["T3.SUM.total"].cells
    assert len([f for f in report.findings if f.rule == "T3.SUM.total"]) == 1
    assert (found["T3.SUM.total"].expected, found["T3.SUM.total"].observed) == (3, 2)


def _printing(tables):
    """A report with the given tables 三 in section 一 and in section 三: (captions and numbers)."""
    disclosure = (
        "第二十条第（一）项\n信息内容 本年制发件数 本年废止件数 现行有效件数\n规章 0 0 0\n行政规范性文件 3 0 24\n"
        "第二十条第（五）项\n信息内容 本年处理决定数量\n行政许可 2197\n第二十条第（六）项\n信息内容 本年处理决定数量\n"
        "行政处罚 174\n行政强制 40\n第二十条第（八）项\n信息内容 本年收费金额（单位：万元）\n行政事业性收费 33.85"
    )
    results = "结果维持 结果纠正 其他结果 尚未审结 总计"
    printed = []
    for caption, times in tables:
        rows = [f"{x} {joined([times * v for v in n])}" for x, n in zip(LABELS, NUMBERS, strict=True)]
        printed.append("\n".join([caption, HEADER, *rows]))
    first, *third = printed
    text = [
        f"{HEAD}一、总体情况\n全年公开政府信息 300 条。",
        first,
        f"二、主动公开政府信息情况\n{disclosure}\n{TITLE}",
        *third,
        "四、政府信息公开行政复议、行政诉讼情况\n行政复议 行政诉讼",
        f"{results} 未经复议直接起诉 复议后起诉\n{results} {results}\n0 0 0 0 0 1 0 0 0 1 0 0 0 0 0",
        "五、存在的主要问题及改进情况\n无\n",
    ]
    return "\n".join(text)


def _this_years(tmp_path, text):
    path = tmp_path / "r.txt"
    path.write_text(text, "utf-8")
    report = gxml.read(path)
    assert [str(c.value) for i, c in report.cells.items() if i.startswith("requests.")] == ALL
    assert report.cells["disclosure.licensing.decisions"].value == 2197
    assert report.cells["litigation_direct.total"].value == 1
    (doubt,) = [f for f in report.findings if f.rule == "STR.REPORTS"]
    assert "requests.received.total" in doubt.cells


def test_last_years_table_in_the_first_section_is_not_this_years(tmp_path):
    older = "2022年收到和处理政府信息公开申请情况如下："
    _this_years(tmp_path, _printing([(older, 10), ("", 1)]))


@pytest.mark.parametrize("tables", [[("2022年", 10), ("2023年", 1)], [("2023年", 1), ("2022年", 10)]])
def test_of_two_tables_in_a_section_the_one_of_the_reports_year_is_taken(tmp_path, tables):
    text = _printing([("", 1), *tables])
    first = text.index(HEADER)
    _this_years(tmp_path, text[:first] + text[text.index("二、主动公开") :])


def test_a_page_called_after_its_second_report(tmp_path):
    """Last year's report stands above: the one that the page's title names is read, whole."""
    old = case(5, year=2022, edition="2021", density="dense")
    new = case(9, year=2023, edition="2021", density="dense", issuer=old.report.issuer)
    title = f"{new.truth['issuer']}2023年政府信息公开工作年度报告"
    inner = "<hr>".join(body(c.printed) for c in (old, new))
    path = tmp_path / "r.html"
    page = f"<html><head><meta charset='utf-8'><title>{title}</title></head><body>{inner}</body></html>"
    path.write_text(page, encoding="utf-8")
    report = gxml.read(path)
    result = score(new.truth, report)
    assert (report.year.value, result.silent, result.flagged) == (2023, [], [])
    assert any(f.rule == "STR.REPORTS" for f in report.findings)


def test_last_years_table_in_the_prose_is_not_this_years(tmp_path):
    """The form of section 三 is printed twice: the one under its heading counts, and its cells are named."""
    old, new = case(5, year=2022, edition="2021", density="dense"), case(9, year=2023, edition="2021", density="dense")
    quoted = f"<p>2022年收到和处理政府信息公开申请情况如下：</p>{markup(old.printed.table(3))}<p>本年情况见第三部分。</p>"
    whole = body(new.printed)
    at = whole.index("<p>二、")
    path = tmp_path / "r.html"
    path.write_text(page(whole[:at] + quoted + whole[at:]), encoding="utf-8")
    report = gxml.read(path)
    result = score(new.truth, report)
    assert (result.silent, result.flagged, result.doubted) == ([], [], [])
    assert "requests.received.total" in named(report)


def test_a_table_by_offices_behind_section_three(tmp_path):
    c = case(9, edition="2021", year=2023)
    rows = [r.label for r in editions()["2021"].table(3).blocks[0].rows]
    lines = [["单位", *rows], *([u, *"0" * len(rows)] for u in ("局机关", "执法大队"))]
    table = "<table>" + "".join(f"<tr>{''.join(f'<td>{x}</td>' for x in line)}</tr>" for line in lines) + "</table>"
    whole = body(c.printed)
    at = whole.index("<p>四、")
    path = tmp_path / "r.html"
    path.write_text(page(f"{whole[:at]}<p>附：分单位情况</p>{table}{whole[at:]}"), encoding="utf-8")
    report = gxml.read(path)
    result = score(c.truth, report)
    assert (result.silent, result.flagged, result.doubted) == ([], [], [])


def test_a_table_that_cannot_be_read_names_the_fields_of_all_editions(tmp_path):
    """Section 三 turned on its side: which edition it is cannot be told, and 其他处理 is one row or three."""
    c = case(9, edition="2019", year=2020)
    form = editions()["2019"].table(3)
    values = {f.id: c.truth["cells"][f.id] for f in form.fields()}
    rows, columns = form.blocks[0].rows, form.blocks[0].columns
    lines = [["申请人", *(r.label for r in rows)]]
    lines += [[k.label, *(values[f"requests.{r.name}.{k.name}"] for r in rows)] for k in columns]
    table = "<table>" + "".join(f"<tr>{''.join(f'<td>{x}</td>' for x in line)}</tr>" for line in lines) + "</table>"
    path = tmp_path / "r.html"
    path.write_text(page(body(c.printed, lambda t: table if t.section == 3 else markup(t))), encoding="utf-8")
    assert score(c.truth, gxml.read(path)).silent == []


@pytest.mark.parametrize(("head", "texts"), [("计量单位", ("件",)), ("备注", ("", "同比增长12%"))])
def test_columns_of_units_and_remarks(tmp_path, head, texts):
    c = case(9, edition="2021", year=2023, density="dense")
    lines = []
    for i, row in enumerate(c.printed.table(3).rows):
        cells = [f'<td colspan="{x.colspan}" rowspan="{x.rowspan}">{x.text}</td>' for x in row.cells]
        at = next((k for k, x in enumerate(row.cells) if x.role == "value"), 1 if not lines else None)
        more = f'<td rowspan="3">{head}</td>' if not lines else f"<td>{texts[i % len(texts)]}</td>"
        if at is not None:
            cells.insert(at if head == "计量单位" else len(cells), more)
        lines.append(f"<tr>{''.join(cells)}</tr>")
    path = tmp_path / "r.html"
    table = f"<table>{''.join(lines)}</table>"
    path.write_text(page(body(c.printed, lambda t: table if t.section == 3 else markup(t))), encoding="utf-8")
    result = score(c.truth, gxml.read(path))
    assert (result.silent, result.flagged, result.doubted) == ([], [], [])

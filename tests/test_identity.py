"""Issuer and year: invented titles in the shapes that real sources print them in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from identity_cases import CASES

from gxml.document import Document, Line, LineRole, Page, TextBuilder
from gxml.identity import identify, report_titles, same_issuer

LAW = "《中华人民共和国政府信息公开条例》（国务院令第711号）"
NOTICE = "《国务院办公厅政府信息与政务公开办公室关于印发〈中华人民共和国政府信息公开工作年度报告格式〉的通知》（国办公开办函〔2021〕30号）"
SECTION = "一、总体情况"


def document(*lines: str | tuple[str, LineRole]) -> Document:
    """A document of prose lines; ("…", "title") gives the role."""
    builder = TextBuilder()
    blocks = []
    for item in lines:
        text, role = item if isinstance(item, tuple) else (item, "body")
        span = builder.line(text)
        if text.strip():
            blocks.append(Line(text, span, 1, None, role))
    return Document("x.txt", "0" * 64, "text", builder.text(), (Page(1, 0, 0, "text", ""),), tuple(blocks))


TITLES = [
    (["青石县人民政府", "", "2020年政府信息公开工作年度报告"], "青石县人民政府", 2020),
    (["青石县 2021 年政府信息公开工作年度报告"], "青石县", 2021),
    (["柳河区2022年度政府信息公开", "工作年度报告"], "柳河区", 2022),
    (["2023年柳河区政府信息公开工作年度报告"], "柳河区", 2023),
    (["2023年度云溪市住房和城乡建设局政府信息公开工作年度报告"], "云溪市住房和城乡建设局", 2023),
    (["关于柳河区2023年度政府信息公开工作情况的报告"], "柳河区", 2023),
    (["柳河区水务局关于2023年度政府信息公开工作年度报告"], "柳河区水务局", 2023),
    (["中共青石县委办公室2022年政府信息公开工作年度报告"], "中共青石县委办公室", 2022),
    (["青石县人民政府信息公开工作年度报告（2022年）"], "青石县人民政府", 2022),
    (["青石县政府信息公开2019年度报告"], "青石县", 2019),
    (["二〇二三年度青石县政府信息公开工作年度报告"], "青石县", 2023),
    (["青石县２０２２年政府信息公开工作年度报告"], "青石县", 2022),
    (["青石县人民政府办公室2022年信息公开年报"], "青石县人民政府办公室", 2022),
    (["云溪市文化和旅游局（云溪市文物局）2022年政府信息公开工作年度报告"], "云溪市文化和旅游局（云溪市文物局）", 2022),
    (["云溪市人民政府外事办公室 2022年政府信息公开工作年度报告"], "云溪市人民政府外事办公室", 2022),
    (["青石县白塔镇人民政府", "2022年政府信息公开", "工作年度报告"], "青石县白塔镇人民政府", 2022),
    (["标题: 柳河区2023年政府信息公开工作年度报告", "来源: 云溪日报社"], "柳河区", 2023),
    (["来源：云溪市人民政府", "柳河区2023年政府信息公开工作年度报告"], "柳河区", 2023),
    (["首页 > 政务公开 > 信息公开年报 > 正文", "柳河区2023年政府信息公开工作年度报告"], "柳河区", 2023),
    (["# 柳河区教育局2023年度政府信息公开", "## 工作年度报告"], "柳河区教育局", 2023),
    ([("柳河区教育局2023年政府信息公开年度报告-柳河区教育局", "title")], "柳河区教育局", 2023),
    ([("柳河区教育局2023年政府信息公开年度报告_云溪市人民政府网", "title")], "柳河区教育局", 2023),
    (["柳河区白塔街道办事处 2024年政府信息公开工作年度报告"], "柳河区白塔街道办事处", 2024),
]


@pytest.mark.parametrize(("lines", "issuer", "year"), TITLES, ids=[str(t[0])[:32] for t in TITLES])
def test_titles(lines: list[str], issuer: str, year: int) -> None:
    found = identify(document(*lines, f"根据{LAW}和{NOTICE}要求，编制本报告。", SECTION))
    assert (found.issuer, found.year) == (issuer, year)
    assert found.issuer_confidence >= 0.9 and found.year_confidence >= 0.9


def test_title_span_points_at_the_title() -> None:
    doc = document("字号：大 中 小", "柳河区 2023 年政府信息公开工作年度报告", SECTION)
    span = identify(doc).title_span
    assert span is not None
    assert doc.text[slice(*span)] == "柳河区 2023 年政府信息公开工作年度报告"


def test_breadcrumbs_on_the_line_of_the_title() -> None:
    doc = document(
        "当前位置： 首页政务公开政府信息公开政府信息公开年报 柳河区2021年度政府信息公开工作年度报告 来源：云溪市人民政府 "
        "时间：2022-02-08 16:34 微信 微博 -->　根据有关要求，我区编制完成了本报告。统计期限自2021年1月1日起至2021年12月31日止。"
        "一、总体情况2021年，我区以……为指导。二、主动公开政府信息情况"
    )
    found = identify(doc)
    assert (found.issuer, found.year) == ("柳河区", 2021)


def test_title_only_inside_a_sentence() -> None:
    doc = document(
        "根据《中华人民共和国政府信息公开条例》和《青石县政府信息公开规定》,青石县大数据中心切实落实。现公布《青石县2020年政府信息公开工作年度报告》。",
        "报告所列数据的统计时限为2020年1月1日至2020年12月31日止。如有疑问,请与青石县大数据中心联系。",
        SECTION,
    )
    found = identify(doc)
    assert (found.issuer, found.year) == ("青石县", 2020)
    assert (
        identify(document("现公布云溪市人民政府2023年政府信息公开工作年度报告。", SECTION)).issuer == "云溪市人民政府"
    )


@pytest.mark.parametrize("case", CASES, ids=[c[0] for c in CASES])
def test_pages_around_a_title(case: tuple[str, list[str | tuple[str, LineRole]], str | None, int | None]) -> None:
    name, lines, issuer, year = case
    found = identify(document(*lines))
    assert (found.issuer, found.year) == (issuer, year), name
    assert (found.issuer_confidence > 0) == (issuer is not None)
    assert (found.year_confidence > 0) == (year is not None)


@pytest.mark.parametrize("name", ["教育局", "市场监督管理局", "住房和城乡建设局", "大数据中心"])
def test_a_body_without_its_place(name: str) -> None:
    lines = [f"{name}2023年政府信息公开工作年度报告", SECTION, "2023年，我局认真贯彻。"]
    found = identify(document(*lines))
    assert found.issuer == name and found.issuer_confidence < 0.8 and any(name in n for n in found.notes)
    lines.insert(1, f"根据{LAW}，现将柳河区{name}2023年政府信息公开工作情况公布如下。")
    found = identify(document(*lines))
    assert (found.issuer, found.notes) == (f"柳河区{name}", ())
    for placed in (f"柳河区{name}", f"国家{name}", f"永宁街道{name}"):
        assert identify(document(f"{placed}2023年政府信息公开工作年度报告", SECTION)).notes == ()


OPENINGS = [
    (
        "汇总云溪新区各有关单位政府信息公开工作情况编制而成。本报告中所列数据的统计期限自2023年1月1日起至2023年12月31日止。",
        "云溪新区",
        2023,
    ),
    ("本报告由青石县人民政府办公室根据条例编制。数据统计期限为2022年1月1日至12月31日。", "青石县人民政府", 2022),
    (
        "本报告统计期限自2022年1月1日起至2022年12月31日止。对本报告如有疑问，可与青石县人民政府办公室联系（电话：0999-1234567）。",
        "青石县人民政府",
        2022,
    ),
    (
        "本报告统计期限为2022年1月1日至2022年12月31日。如有疑问，请与白塔镇人民政府党政办公室联系。",
        "白塔镇人民政府",
        2022,
    ),
]


@pytest.mark.parametrize(("opening", "issuer", "year"), OPENINGS)
def test_no_title_at_all(opening: str, issuer: str, year: int) -> None:
    found = identify(document(f"根据{LAW}、{NOTICE}要求，", opening, SECTION, f"{year}年，我县认真贯彻。"))
    assert (found.issuer, found.year) == (issuer, year)
    assert 0 < found.issuer_confidence < 0.9
    assert found.title_span is None


def test_first_sentence_and_signature_name_the_body() -> None:
    doc = document("2023年政府信息公开工作年度报告", SECTION, "2023年，柳河区水务局坚持以公开为常态。")
    assert identify(doc).issuer == "柳河区水务局"
    doc = document(
        "2023年政府信息公开工作年度报告",
        SECTION,
        "我局认真贯彻。",
        "六、其他需要报告的事项",
        "无",
        "柳河区水务局",
        "2024年1月17日",
    )
    assert identify(doc).issuer == "柳河区水务局"


def test_a_blank_form_has_no_issuer_and_no_year() -> None:
    found = identify(
        document(
            "政府信息公开工作年度报告格式模板",
            "",
            SECTION,
            "（文字描述）",
            "二、主动公开政府信息情况",
            "六、其他需要报告的事项",
        )
    )
    assert (found.issuer, found.year, found.title_span) == (None, None, None)
    assert found.issuer_confidence == found.year_confidence == 0


def test_a_notice_is_not_a_title() -> None:
    doc = document(
        "青石县人民政府办公室关于做好2021年政府信息公开工作年度报告编制发布工作的通知",
        "中华人民共和国政府信息公开工作年度报告格式",
        f"根据{LAW}、{NOTICE}，现就有关事项通知如下。",
    )
    found = identify(doc)
    assert found.title_span is None
    assert found.issuer != "中华人民共和国"
    assert found.year != 2021 or found.year_confidence < 0.9


def test_links_to_other_years_are_not_titles() -> None:
    links = [f"青石县{y}年政府信息公开工作年度报告" for y in (2019, 2020, 2021)]
    doc = document(
        *links,
        "字号：大 中 小",
        "青石县2023年政府信息公开工作年度报告",
        "统计期限自2023年1月1日起至2023年12月31日止。",
        SECTION,
    )
    assert identify(doc).year == 2023
    assert [t[2] for t in report_titles(doc)] == [2023]


def test_year_of_title_and_of_period_differ() -> None:
    found = identify(
        document("青石县2022年政府信息公开工作年度报告", "统计期限自2021年1月1日起至2021年12月31日止。", SECTION)
    )
    assert found.year == 2022
    assert found.period_year == 2021
    assert found.year_confidence < 0.9
    assert found.notes and "2021" in found.notes[0] and "2022" in found.notes[0]


def test_two_reports_in_one_file() -> None:
    doc = document(
        "青石县2022年政府信息公开工作年度报告",
        SECTION,
        "2022年，我县认真贯彻。",
        "六、其他需要报告的事项",
        "无",
        "白塔镇人民政府",
        "2022年政府信息公开工作年度报告",
        SECTION,
        "2022年，我镇认真贯彻。",
    )
    assert [(i, y) for _, i, y in report_titles(doc)] == [("青石县", 2022), ("白塔镇人民政府", 2022)]
    assert identify(doc).issuer == "青石县"


def test_a_repeated_title_is_one_report() -> None:
    title = "青石县2022年政府信息公开工作年度报告"
    doc = document((title, "title"), title, "发布时间：2023-01-20", "青石县2022年政府信息公开", "工作年度报告", SECTION)
    assert len(report_titles(doc)) == 1


def test_same_issuer() -> None:
    assert same_issuer("青石县人民政府办公室", "青石县")
    assert not same_issuer("青石县教育局", "青石县")


def test_real_reports(real_reports: Path) -> None:
    for path in sorted(real_reports.glob("*.txt")):
        truth = json.loads(path.with_suffix(".truth.json").read_text("utf-8"))
        lines = [x for x in path.read_text("utf-8").split("\n") if "\t" not in x and "|" not in x]
        found = identify(document(*lines))
        assert same_issuer(found.issuer, truth["issuer"]), path.name
        assert found.year == truth["year"], path.name

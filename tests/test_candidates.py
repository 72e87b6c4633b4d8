"""Candidates: every number and every word for nought, whatever it says."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gxml import pipeline
from gxml.candidates import Candidate, candidates
from gxml.config import Options
from gxml.facts import ProseLine, read_facts
from gxml.synth import generate


def prose(*texts: str) -> tuple[str, list[ProseLine]]:
    text, lines = "", []
    for t in texts:
        lines.append(ProseLine(t, (len(text), len(text) + len(t)), 1, 1))
        text += t + "\n"
    return text, lines


def found(*texts: str) -> list[tuple[str, float, str]]:
    """(as printed, value, unit) of the candidates."""
    text, lines = prose(*texts)
    return [(text[c.start : c.end], c.value, c.unit) for c in candidates(lines)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("公开信息4003条。", [("4003", 4003, "条")]),
        ("公开信息４００３条。", [("４００３", 4003, "条")]),
        ("公开信息1,234条、2，345条。", [("1,234", 1234, "条"), ("2，345", 2345, "条")]),
        ("公开信息 12 条。", [("12", 12, "条")]),
        ("粉丝3.2万余人。", [("3.2万", 32000, "人")]),
        ("培训十四次、两百余人次。", [("十四", 14, "次"), ("两百", 200, "人次")]),
        ("办结率百分之九十八点五，满意率百分之百。", [("百分之九十八点五", 98.5, "%"), ("百分之百", 100, "%")]),
        ("占51.85％。", [("51.85", 51.85, "%")]),
        ("收费3.2万元、120元。", [("3.2", 3.2, "万元"), ("120", 120, "元")]),
        ("未收到申请。", [("未收到", 0, "")]),
        ("尚未收到申请，从未发生诉讼。", [("未收到", 0, ""), ("未发生", 0, "")]),
        ("没有因公开引起的复议，无诉讼。", [("没有", 0, ""), ("无", 0, "")]),
        ("复议、诉讼均为零。", [("零", 0, "")]),
        ("不存在收费情况，未产生费用。", [("不存在", 0, ""), ("未产生", 0, "")]),
        ("根据〔2019〕60号，于2020年1月1日", [("2019", 2019, ""), ("60", 60, "号"), ("2020", 2020, "年"), ("1", 1, "月"), ("1", 1, "日")]),
        ("一百零五件", [("一百零五", 105, "件")]),
        ("1万2千余条，3万条", [("1万2千", 12000, "条"), ("3万", 30000, "条")]),
        ("全年共计十五。总数十五件", [("十五", 15, ""), ("十五", 15, "件")]),
        ("会议数两次", [("两", 2, "次")]),
        ("好评率超九成，三成立项，二成员", [("九成", 90, "%")]),
        ("不予公开——3件", [("3", 3, "件")]),
    ],
)
def test_numbers_and_noughts(text: str, wanted: list[tuple[str, float, str]]) -> None:
    assert found(text) == wanted


@pytest.mark.parametrize("text", ["进一步统一部署", "无法提供的信息，无障碍建设", "未来未经审核", "零星工作", "十九届四中全会", "第一时间"])
def test_what_is_no_candidate(text: str) -> None:
    assert found(text) == []


def test_enumerators_are_none_and_what_follows_is() -> None:
    assert found("1.规划3项", "（2）收到5件", "三、总体6条") == [("3", 3, "项"), ("5", 5, "件"), ("6", 6, "条")]


def test_numbers_that_cannot_count_are_marked() -> None:
    _, lines = prose("2020年收到第3次申请5件，24小时内办结，电话0915-2522276。")
    assert [c.value for c in candidates(lines) if c.counts] == [5]


@pytest.mark.parametrize("text", ["发布信息数十条", "收到申请两三件", "好几百篇解读", "几十场培训", "上百件"])
def test_vague_numbers_do_not_count(text: str) -> None:
    _, lines = prose("我县门户网站" + text + "。")
    assert [c.counts for c in candidates(lines)] == [False]
    assert read_facts(*prose("我县门户网站" + text + "。")) == []


def test_a_number_across_lines_and_spaces() -> None:
    text, lines = prose("我县全年主动公开政府信息，公开政府常务会议纪要共 24", "28条，其中政府公报和政策解读合起来发布了7", "期。")
    got = candidates(lines)
    assert [(c.value, c.unit) for c in got] == [(2428, "条"), (7, "期")]
    assert text[got[0].start : got[0].end] == "24\n28"


@pytest.mark.parametrize(
    "number",
    ["12 1", "１２　1", "1 234", "3.5 1", "**12** 1", "12\u00a01", "12\ue5e51", "12 3 4"],
)
def test_digits_that_a_space_parts_are_no_number(number: str) -> None:
    said = f"我县门户网站发布信息{number}条，举办培训7期。"
    assert [c.value for c in candidates(prose(said)[1]) if c.counts] == [7]
    assert [f.value for f in read_facts(*prose(said)) if f.type == "website_items"] == []


@pytest.mark.parametrize(
    ("text", "value"),
    [("收到申请1 2 3 件", 123), ("收到申请 2 1 件", 21), ("收到申请12\n34件", 1234), ("收到申请12\n 34件", 1234),
     ("2 0 2 4 年", 2024), ("20 24年", 2024), ("202 4 年", 2024)],
)  # fmt: skip
def test_letter_spaced_and_wrapped_numbers_and_years_stay_whole(text: str, value: float) -> None:
    assert [c.value for c in candidates(prose(text)[1])] == [value]


@pytest.mark.parametrize(
    "number",
    ["3千5百", "1百零5", "12,3456", "1,23", "三千5百", "3万零5百", "三万5百", "2至3", "两至三", "2到3", "十五六", "三四十", "五六百"],
)
def test_the_tail_of_a_number_or_of_a_range_does_not_count(number: str) -> None:
    said = f"我县门户网站发布信息{number}条。"
    assert [c.value for c in candidates(prose(said)[1]) if c.counts] == []
    assert read_facts(*prose(said)) == []


@pytest.mark.parametrize(
    ("number", "value"), [("1万2千", 12000), ("3千", 3000), ("五百零六", 506), ("二〇二", 202), ("1,234", 1234), ("二十五", 25)]
)
def test_numbers_with_powers_and_commas_count(number: str, value: float) -> None:
    assert [c.value for c in candidates(prose(f"公开信息{number}条")[1]) if c.counts] == [value]


def test_approximate() -> None:
    _, lines = prose("约300条、500余条、98%以上、20条")
    assert [c.approximate for c in candidates(lines)] == [True, True, True, False]


def test_value_in_the_unit_of_the_type() -> None:
    _, lines = prose("收取费用3.2万元")
    (c,) = candidates(lines)
    assert (c.value, c.value_as("processing_fee")) == (3.2, 32000)
    assert c.value_as("requests_received") == 3.2


@given(st.text(alphabet="0123456789０９,，.．%％万余约条件次年月日零一二三十百千两未收到没有无不存在因；。（）\n\t 进步届第号\U0001d7d8𠮷", max_size=60))
def test_places_are_in_order_and_inside(text: str) -> None:
    full, lines = prose(*text.split("\n"))
    got: list[Candidate] = candidates(lines)
    end = 0
    for c in got:
        assert end <= c.start < c.end <= len(full)
        assert c.paragraph.text[c.at[0] : c.at[1]]
        end = c.end


def test_every_fact_of_generated_prose_is_a_candidate() -> None:
    facts = 0
    for seed in range(61000, 61040):
        report = generate(seed)
        for section in report.sections:
            _, lines = prose(*section.paragraphs)
            got = candidates(lines)
            for f in report.facts:
                if f.section == section.number:
                    touched = [c for c in got if c.start < f.end and f.start < c.end]
                    assert len(touched) == 1, f
                    assert touched[0].value_as(f.type) == f.value, f
                    assert touched[0].counts, f
                    facts += 1
    assert facts > 500


def test_every_fact_of_the_rules_is_a_candidate() -> None:
    for seed in range(62000, 62020):
        for section in generate(seed).sections:
            text, lines = prose(*section.paragraphs)
            places = {(c.start, c.end) for c in candidates(lines)}
            assert {(f.start, f.end) for f in read_facts(text, lines)} <= places


def test_every_fact_of_the_real_reports_is_a_candidate(real_reports: Path) -> None:
    for truth in sorted(real_reports.glob("*.truth.json")):
        facts = json.loads(truth.read_text("utf-8"))["facts"]
        stem = truth.name.removesuffix(".truth.json")
        source = next(p for p in real_reports.glob(f"{stem}.*") if p != truth)
        got = [c for c in candidates(pipeline.prose_of(pipeline.load(source, Options()))) if c.counts]
        # types that one word may state together are counted once
        wanted = Counter(float(f["value"]) for f in facts if f["type"] != "lawsuits" or f["value"])
        have = Counter(float(c.value) for c in got)
        assert not wanted - have, truth.name
        for f in facts:  # where the clause is given, the number stands in it
            clause = "".join(f.get("text", "").split())
            if clause:
                assert any(clause in c.paragraph.text and c.value == f["value"] for c in got), f

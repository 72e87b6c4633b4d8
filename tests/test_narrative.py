"""Text against table: which differences are news, and which are none."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from gxml.facts import ProseLine, read_facts
from gxml.narrative import check_narrative, narrative_rules
from gxml.report import Cell, CellStatus, Finding

EDITIONS = {"2": "2021", "3": "2021", "4": "2021"}


def cell(name: str, value: float | None, status: CellStatus | None = None, raw: str | None = None) -> Cell:
    status = status or ("blank" if value is None else "read")
    return Cell(
        id=name, value=value, raw=raw or (None if value is None else str(value)), unit="件", status=status,
        confidence=1.0, reader="text",
    )  # fmt: skip


def check(
    sentence: str,
    values: dict[str, float | Cell | None],
    issuer: str | None = None,
    editions: dict[str, str] = EDITIONS,
) -> list[Finding]:
    """Findings for one sentence; cells that are not given are 0."""
    rules = narrative_rules(editions)
    ids = {i for r in rules for i in r.cells} | {"requests.processed_total.total"}
    cells = {i: cell(i, 0) for i in ids}
    for i, v in values.items():
        cells[i] = v if isinstance(v, Cell) else cell(i, v)
    facts = read_facts(sentence, [ProseLine(sentence, (0, len(sentence)), 1, 1)])
    assert facts, sentence
    return check_narrative(rules, facts, cells, issuer=issuer)


RECEIVED, CARRIED_IN = "requests.received.total", "requests.carried_in.total"
PROCESSED = "requests.processed_total.total"


def test_a_difference_is_named_with_both_sides() -> None:
    (found,) = check("全年共收到政府信息公开申请7件。", {RECEIVED: 9})
    assert (found.rule, found.kind, found.severity) == ("N.RECEIVED", "narrative", "warning")
    assert found.cells == [RECEIVED]
    assert (found.expected, found.observed) == (9, 7)
    assert "全年共收到政府信息公开申请7件" in found.message and "表三" in found.message and "新收" in found.message


AGREE: list[tuple[str, dict[str, float | None]]] = [
    ("全年共收到政府信息公开申请9件。", {RECEIVED: 9}),
    ("我镇未收到政府信息公开申请。", {RECEIVED: None}),  # blank is 0 here
    ("全年共收到政府信息公开申请11件。", {RECEIVED: 9, CARRIED_IN: 2}),  # with the carried-in
    ("上半年收到政府信息公开申请4件，下半年收到政府信息公开申请5件。", {RECEIVED: 9}),  # in pieces
    ("全年收到政府信息公开申请100余件。", {RECEIVED: 134}),
    ("全年共办理政府信息公开申请9件。", {RECEIVED: 7, CARRIED_IN: 2, PROCESSED: 8}),
    ("因政府信息公开引起的行政诉讼案件7件。", {"litigation_direct.total": 4, "litigation_after_review.total": 3}),
    ("政府信息公开申请予以公开及部分公开42件。", {"requests.granted.total": 30, "requests.partly_granted.total": 12}),
    ("答复申请中，政府信息公开不予公开5件。", {"requests.denied.enforcement_files.total": 2, "requests.denied.state_secret.total": 3}),
    ("没有因政府信息公开引起的行政复议或诉讼。", {"review.total": None, "litigation_direct.total": None}),
    ("全年制发规范性文件7件，废止2件，现行有效30件。",
     {"disclosure.normative_documents.issued": 7, "disclosure.normative_documents.repealed": 2,
      "disclosure.normative_documents.in_force": 30}),
    ("全年收取政府信息公开信息处理费800元。", {"disclosure.fees.amount": 33.85}),  # 行政事业性收费 is another thing
]  # fmt: skip


@pytest.mark.parametrize(("sentence", "values"), AGREE, ids=[a[0][:24] for a in AGREE])
def test_no_finding(sentence: str, values: dict[str, float | None]) -> None:
    assert check(sentence, dict(values)) == []


DIFFER: list[tuple[str, dict[str, float | None], str]] = [
    ("我镇未收到政府信息公开申请。", {RECEIVED: 3}, "N.RECEIVED"),
    ("全年收到政府信息公开申请100余件。", {RECEIVED: 260}, "N.RECEIVED"),
    ("依申请公开全部按期办结12件。", {PROCESSED: 13}, "N.ANSWERED"),
    ("政府信息公开申请上年结转3件。", {CARRIED_IN: 2}, "N.CARRY_IN"),
    ("收到信息公开申请0件，结转下年度继续办理3件。", {"requests.carried_out.total": 2}, "N.CARRY_OUT"),
    ("没有因政府信息公开引起的行政复议。", {"review.total": 2}, "N.REVIEW"),
    ("没有因政府信息公开引起的行政诉讼。", {"litigation_after_review.total": 1}, "N.LAWSUIT"),
    ("政府信息公开申请无法提供4件。", {"requests.unavailable.not_held.total": 5}, "N.OUTCOME.unavailable"),
    ("集中公开现行有效行政规范性文件120件。", {"disclosure.normative_documents.in_force": 150}, "N.DOCS.in_force"),
]


@pytest.mark.parametrize(("sentence", "values", "rule"), DIFFER, ids=[d[0][:24] for d in DIFFER])
def test_finding(sentence: str, values: dict[str, float | None], rule: str) -> None:
    assert [(f.rule, f.severity) for f in check(sentence, dict(values))] == [(rule, "warning")]


def test_a_difference_of_scope_is_no_error() -> None:
    (found,) = check("2022年，县政府办代表县政府受理政府信息公开申请17件。", {RECEIVED: 95})
    assert found.severity == "info" and "统计口径" in found.message and found.cells == [RECEIVED]
    (found,) = check("2022年全区共收到政府信息公开申请95件。", {RECEIVED: 17}, issuer="柳河区政务服务局")
    assert found.severity == "info" and "统计口径" in found.message
    (found,) = check("2022年全区共收到政府信息公开申请95件。", {RECEIVED: 17}, issuer="柳河区人民政府")
    assert found.severity == "warning"
    (found,) = check("按照省政府办公厅要求，全年收到政府信息公开申请17件。", {RECEIVED: 95})
    assert found.severity == "warning"


def test_lost_cells() -> None:
    lost = cell(RECEIVED, None, "unreadable", "1?")
    (found,) = check("全年收到政府信息公开申请7件。", {RECEIVED: lost})
    assert (found.severity, found.expected, found.observed) == ("info", None, 7)
    worded = cell(RECEIVED, None, "text", "详见附件")
    assert check("全年收到政府信息公开申请7件。", {RECEIVED: worded}) == []
    dash = cell(RECEIVED, None, "text", "/")
    assert [f.severity for f in check("全年收到政府信息公开申请7件。", {RECEIVED: dash})] == ["warning"]
    run = cell("disclosure.normative_documents.in_force", None, "unreadable", "62118455")
    (found,) = check("现行有效行政规范性文件393件。", {run.id: run})
    assert found.severity == "warning" and "62118455" in found.message
    (found,) = check("现行有效行政规范性文件455件。", {run.id: run})
    assert found.severity == "info"


def test_a_blank_total_beside_numbers_is_unknown() -> None:
    values: dict[str, float | Cell | None] = {RECEIVED: None, "requests.received.natural_person": 4}
    assert check("全年收到政府信息公开申请7件。", values) == []


def test_sections_that_are_not_there() -> None:
    rules = narrative_rules({"4": "2021"})
    assert {r.id for r in rules} == {"N.REVIEW", "N.LAWSUIT"}
    text = "全年收到政府信息公开申请7件。"
    facts = read_facts(text, [ProseLine(text, (0, len(text)), 1, 1)])
    assert check_narrative(narrative_rules(EDITIONS), facts, {}) == []
    ids = {i for r in narrative_rules({"2": "2021", "3": "2019", "4": "2021"}) for i in r.cells}
    assert "requests.other_handling.total" in ids and "disclosure.normative_documents.in_force" in ids


PARTS = [
    ("全年解读政策82次，其中解读材料45次，解读产品28次，媒体评论文章10次。", 83),  # more than the whole
    ("公开政府信息6条，分别为机构职能类信息1条，财政信息4条。", 5),  # a list that claims to be complete
    ("办理建议提案20件，其中人大代表建议12件，政协提案9件。", 21),
    ("发布政府信息8条，其中财政信息9条。", 9),
]


@pytest.mark.parametrize(("sentence", "total"), PARTS, ids=[p[0][:16] for p in PARTS])
def test_parts_against_the_whole(sentence: str, total: int) -> None:
    found = [f for f in check(sentence, {}) if f.rule == "N.PARTS"]
    assert [(f.kind, f.severity, f.observed) for f in found] == [("narrative", "warning", total)]
    assert str(total) in found[0].message


@pytest.mark.parametrize(
    "sentence",
    [
        "公开政府信息100条，其中政策类信息20条，财政类信息10条。",  # 其中 need not be complete
        "公开政府信息30条，其中政策类信息20条，财政类信息10条。",
        "公开政府信息300余条，其中政策类信息200条，财政类信息110条。",
        "公开政府信息10条，其中政策类信息9条。全年发布政策解读30篇。",
        "收到政府信息公开申请10件，其中予以公开10件，办结率100%，收到留言50条。",
    ],
)
def test_parts_that_are_in_order(sentence: str) -> None:
    values: dict[str, float | Cell | None] = {RECEIVED: 10, "requests.granted.total": 10}
    assert [f for f in check(sentence, values) if f.rule == "N.PARTS"] == []


def test_real_reports(real_reports: Path) -> None:
    """The printed numbers of the truth against the prose: every narrative violation, and nothing more."""
    for path in sorted(real_reports.glob("*.txt")):
        truth = json.loads(path.with_suffix(".truth.json").read_text("utf-8"))
        text, lines, pos = path.read_text("utf-8"), [], 0
        for line in text.split("\n"):
            if line.strip() and not re.search(r"[\t|]", line):
                lines.append(ProseLine(line, (pos, pos + len(line))))
            pos += len(line) + 1
        cells = {i: cell(i, v) for i, v in truth["cells"].items()}
        found = check_narrative(narrative_rules(truth["editions"]), read_facts(text, lines), cells)
        wanted = [v["cells"] for v in truth["violations"] if v["kind"] == "narrative"]
        assert [f.cells for f in found] == wanted, path.name

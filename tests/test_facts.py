"""The rule-based fact reader: invented sentences for every type, and figures that are no facts."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest

from gxml.errors import FormError
from gxml.facts import FactReader, ProseLine, RawFact, RuleReader, read_facts, without_parts
from gxml.facts_patterns import parse_patterns
from gxml.facts_text import fold, paragraphs
from gxml.template import fact_types


def read(*texts: str, section: int | None = 1) -> list[RawFact]:
    """Facts of lines that follow each other in one document."""
    text, lines = "", []
    for t in texts:
        lines.append(ProseLine(t, (len(text), len(text) + len(t)), 1, section))
        text += t + "\n"
    facts = read_facts(text, lines)
    for f in facts:
        assert f.unit == fact_types()[f.type].unit
        assert 0 < f.confidence <= 1
        assert text[f.start : f.end].strip()
    return facts


def values(*texts: str, section: int | None = 1) -> list[tuple[str, float]]:
    return [(f.type, f.value) for f in read(*texts, section=section)]


# Each type in several ways of writing.
SENTENCES: list[tuple[str, list[tuple[str, float]]]] = [
    # published information
    ("2022年，全县主动公开各类政府信息5120条。", [("proactive_items", 5120)]),
    ("全年公开政府信息1.2万余条。", [("proactive_items", 12000)]),
    ("我局通过多种渠道共发布政务信息３０６条。", [("proactive_items", 306)]),
    ("依托政府网站、政务微博、政务微信，全年主动公开教育、医疗等政府信息1,234条。", [("proactive_items", 1234)]),
    ("在区政府门户网站公开信息 412 条。", [("website_items", 412)]),
    ("通过县政府网站，主动公开各类政府信息88条。", [("website_items", 88)]),
    ("在政府网站公开信息**77**条。", [("website_items", 77)]),
    ("官网更新信息670条。", [("website_items", 670)]),
    ("“白塔发布”微博发布信息203条。", [("weibo_items", 203)]),
    ("新浪微博“白塔交警”共发博文19篇。", [("weibo_items", 19)]),
    ("微信公众号推送图文信息155篇。", [("wechat_items", 155)]),
    ("通过“白塔发布”微信公众号推送政务动态48条。", [("wechat_items", 48)]),
    ("政务微博、微信公开政府信息91条。", [("new_media_items", 91)]),
    ("依托抖音、视频号等新媒体发布短视频信息64条。", [("new_media_items", 64)]),
    (
        "全年公开政府信息100条，其中政策文件类信息20条，人事信息10条，其他信息70条。",
        [("proactive_items", 100), ("part_items", 20), ("part_items", 10), ("part_items", 70)],
    ),
    ("公开社会救助信息21条。发布征地信息9条。", [("part_items", 21), ("part_items", 9)]),
    (
        "全镇共公开政务信息217条，其中，门户网站公开125条，微信公众号公开92条。",
        [("proactive_items", 217), ("website_items", 125), ("wechat_items", 92)],
    ),
    (  # channels without a type of their own are no parts
        "全镇公开信息286条，其中通过网站公开160条，村务公告栏公开120条，省级媒体发布信息21条，各类媒体刊播稿件9篇。",
        [("proactive_items", 286), ("website_items", 160)],
    ),
    ("全年公开信息36条，其中通过本局政务外网公开19条。", [("proactive_items", 36), ("website_items", 19)]),
    ("“白塔发布”微信订阅号发布各类信息722条。", [("wechat_items", 722)]),
    ("主动公开《网上视频督察改造》等采购信息37条。", [("part_items", 37)]),
    (  # a list goes on behind parentheses
        "全年公开信息30条，其中工作报告类信息2条（中英文各1条）、建议提案办理信息8条、基层政务公开标准化专题信息20条。",
        [("proactive_items", 30), ("part_items", 2), ("part_items", 1), ("part_items", 8), ("part_items", 20)],
    ),
    ("在工作动态等栏目主动公开政府信息260余", []),
    # documents
    (
        "全年印发县政府文件41件，县政府办公室文件77件，县政府人事任免文件6件。",
        [("documents_issued", 41), ("documents_issued", 77), ("personnel_documents", 6)],
    ),
    ("公开各类政策文件18份。", [("documents_issued", 18)]),
    ("公开人事任免信息12条。", [("personnel_documents", 12)]),
    ("全年制定政府规章3件。", [("regulations_issued", 3)]),
    ("制定并公开行政规范性文件12件。", [("normative_documents_issued", 12)]),
    (
        "全年制发规范性文件7件，废止4件，现行有效58件。",
        [("normative_documents_issued", 7), ("normative_documents_repealed", 4), ("normative_documents_in_force", 58)],
    ),
    (
        "对规范性文件进行清理，宣布失效9件，继续有效31件。",
        [("normative_documents_repealed", 9), ("normative_documents_in_force", 31)],
    ),
    ("集中公开现行有效行政规范性文件120件。", [("normative_documents_in_force", 120)]),
    # explaining and answering
    ("全年发布政策解读37篇。", [("interpretations", 37)]),
    ("对14项涉及群众切身利益、需广泛知晓的重要政策进行解读。", [("interpretations", 14)]),
    ("发布17篇图文解读。", [("interpretations", 17)]),
    ("召开新闻发布会6场。", [("press_conferences", 6)]),
    ("全年共举办23场新闻发布活动。", [("press_conferences", 23)]),
    ("及时回应社会关切31次。", [("opinion_responses", 31)]),
    ("处置政务舆情8起。", [("opinion_responses", 8)]),
    ("12345政务服务便民热线受理群众诉求1980件。", [("hotline_cases", 1980)]),
    ("办理12345热线工单356件。", [("hotline_cases", 356)]),
    ("县长信箱收到来信72件。", [("mailbox_cases", 72)]),
    ("办理领导信箱信件45封。", [("mailbox_cases", 45)]),
    ("受理网民留言182条。", [("online_enquiries", 182)]),
    ("全年转办群众咨询、投诉、建议708件。", [("online_enquiries", 708)]),
    ("全年受理网络问政66件。", [("online_enquiries", 66)]),
    ("办理人大代表建议、政协委员提案205件。", [("proposals_handled", 205)]),
    ("办理人大代表建议123件、政协提案51件。", [("proposals_handled", 123), ("proposals_handled", 51)]),
    # requests
    ("全年共收到政府信息公开申请24件。", [("requests_received", 24)]),
    (
        "（二）依申请公开。本年度共收到70件申请，办结69件，1件结转下年度继续办理。",
        [("requests_received", 70), ("requests_answered", 69), ("requests_carried_out", 1)],
    ),
    ("2022年收到依申请公开事项十四件。", [("requests_received", 14)]),
    ("受理依申请公开信件6件，均已答复。", [("requests_received", 6)]),
    ("共收到政府信息公开申请8项，已完成8项。", [("requests_received", 8), ("requests_answered", 8)]),
    (
        "收到政府信息公开申请10件，已答复8件；未到期顺延2件。其中予以公开3件，不予公开1件，其他4件。",
        [
            ("requests_received", 10),
            ("requests_answered", 8),
            ("requests_carried_out", 2),
            ("requests_granted", 3),
            ("requests_denied", 1),
            ("requests_other", 4),
        ],
    ),
    (
        "新受理政府信息公开申请17件，办结15件，上年结转1件，结转下一年度3件。",
        [("requests_received", 17), ("requests_answered", 15), ("requests_carried_in", 1), ("requests_carried_out", 3)],
    ),
    (
        "全年收到政府信息公开申请33件（上年度结转2件，结转下年度4件）。",
        [("requests_received", 33), ("requests_carried_in", 2), ("requests_carried_out", 4)],
    ),
    ("依申请公开方面，办理2021年结转的申请5件。统计期限自2022年1月1日起。", [("requests_carried_in", 5)]),
    (
        "答复政府信息公开申请30件，其中：予以公开12件，部分公开3件，不予公开5件，无法提供8件，不予处理1件，其他处理1件。",
        [
            ("requests_answered", 30),
            ("requests_granted", 12),
            ("requests_partly_granted", 3),
            ("requests_denied", 5),
            ("requests_unavailable", 8),
            ("requests_not_processed", 1),
            ("requests_other", 1),
        ],
    ),
    (
        "（二）依申请公开情况：答复申请42件，予以公开及部分公开30件，占71.4%。",
        [("requests_answered", 42), ("requests_granted_or_partly", 30)],
    ),
    ("我镇未收到政府信息公开申请。", [("requests_received", 0)]),
    ("2022年度我局没有收到公民、法人和其他组织提出的政府信息公开申请。", [("requests_received", 0)]),
    ("全年收到政府信息公开申请0件。", [("requests_received", 0)]),
    ("本年度我街道无依申请公开事项。", [("requests_received", 0)]),
    # reviews and lawsuits
    ("没有因政府信息公开引起的行政复议或诉讼。", [("lawsuits", 0), ("reviews", 0)]),
    ("未发生因政府信息公开申请行政复议、提起行政诉讼的情况。", [("lawsuits", 0), ("reviews", 0)]),
    ("因政府信息公开引起的行政复议案件2件、行政诉讼案件7件。", [("reviews", 2), ("lawsuits", 7)]),
    ("因政府信息公开引发行政复议、行政诉讼均为0件。", [("lawsuits", 0), ("reviews", 0)]),
    ("因政府信息公开申请行政复议、提起行政诉讼的情况：无。", [("lawsuits", 0), ("reviews", 0)]),
    ("全年因信息公开被申请行政复议1件，未被提起行政诉讼。", [("reviews", 1), ("lawsuits", 0)]),
    # section 六
    ("全年收取政府信息公开信息处理费0元。", [("processing_fee", 0)]),
    ("依申请公开共收取信息处理费1.5万元。", [("processing_fee", 15000)]),
    ("2022年，本机关未收取信息处理费。", [("processing_fee", 0)]),
    # work
    ("举办政务公开业务培训3次，参训人员260余人次。", [("trainings", 3), ("training_participants", 260)]),
    ("召开政务公开工作推进会2次。", [("trainings", 2)]),
    ("组织4次季度政务公开检查。", [("inspections", 4)]),
    ("开展政务新媒体检查12次，印发通报4期。", [("inspections", 12), ("inspections", 4)]),
    ("公众号关注人数达679人。", [("followers", 679)]),
    ("“白塔发布”粉丝量突破1.2万。", [("followers", 12000)]),
    ("全县现有政务新媒体账号36个。", [("new_media_accounts", 36)]),
    ("2021年度，共收到公开政府信息申请6件。", [("requests_received", 6)]),
    (
        "全年收到政府信息公开申请5件，对其中3件予以公开，1件部分公开，1件不公开并告知查询途径。",
        [("requests_received", 5), ("requests_granted", 3), ("requests_partly_granted", 1), ("requests_denied", 1)],
    ),
    ("（二）依申请公开。我委收到5件，未收取费用。", [("requests_received", 5), ("processing_fee", 0)]),
    ("政务服务事项网办率93%，公众满意度达到98%以上。", [("rate", 93), ("rate", 98)]),
    ("非纯文字解读比例在90%以上。", [("rate", 90)]),
]


@pytest.mark.parametrize(("sentence", "expected"), SENTENCES, ids=[s[0][:30] for s in SENTENCES])
def test_facts(sentence: str, expected: list[tuple[str, float]]) -> None:
    assert values(sentence) == expected


def test_traditional_characters_are_read_and_places_hold() -> None:
    text = "全年共通過縣政府網站主動公開政務信息2526條次；收到政府信息公開申請9件，上年轉結1件，未發生行政複議、訴訟。"
    facts = read(text)
    assert [(f.type, f.value) for f in facts] == [
        ("website_items", 2526),
        ("requests_received", 9),
        ("requests_carried_in", 1),
        ("lawsuits", 0),
        ("reviews", 0),
    ]
    assert [text[f.start : f.end] for f in facts] == ["2526", "9", "1", "未發生", "未發生"]


def test_every_type_is_covered() -> None:
    seen = {kind for _, facts in SENTENCES for kind, _ in facts}
    assert seen == set(fact_types())


# Figures of which none is a fact.
NEGATIVES = [
    "收到的政府信息公开申请均按时办理。完成改造项目8项，完成8项整改任务。",
    "根据国办公开办函〔2021〕30号和《关于2020年政务公开工作的通知》（青政办发〔2020〕53号）要求。",
    "县十八届人大四次会议以来，认真学习第20次常务会议精神。",
    "联系电话：0999-2522276，邮编：715100，地址：青石县府门前12号。",
    "重大舆情在24小时内回应，一般舆情48小时内处置，20个工作日内答复。",
    "26个试点领域和9个乡镇的标准目录均已编制完成。",
    "县政府网站已完成IPv6改造，开设H5等专栏3个。",
    "申请量同比增长16.13%，较上年减少12件。",
    "第二十条第（一）项、第三十八条规定的信息。",
    "全年县政府网站访问量达1723809次，阅读量20万。",
    "自2020年1月1日起至2020年12月31日止。",
    "下一步，力争公开政府信息3000条。",
    "每年至少组织1次政务公开集中学习培训。",
    "安排2名工作人员负责政务公开工作，新增2名专职人员。",
    "先后关停、注销政务新媒体2个。",
    "开展为期6个月的专项整治，整改问题36个。",
    "依法审理行政复议案件120件，行政诉讼案件应诉33件。",
    "通过微信公众号发布20680批次农产品抽检情况。",
    "一是加强领导，二是落实三审三校，推动一网通办、一次办好。",
    "未发生因政府信息公开被行政复议纠错或行政诉讼败诉的情况。",
    "76家预算单位公布了部门预算，550项政务服务事项网上可办。",
    "接待查档3700人次，调阅档案5100卷。",
    "受理行政许可申请9487件，办结9487件。",
    "公开政府常务会议7期。",
    "征集意见建议45条，采纳12条。",
    "向上级部门上报各类信息170篇，市政府网站采用72条，向市委办报送政务信息5条。",
]


@pytest.mark.parametrize("sentence", NEGATIVES, ids=[n[:20] for n in NEGATIVES])
def test_no_facts(sentence: str) -> None:
    assert values(sentence) == []


def test_plans_of_section_five_are_no_facts() -> None:
    plan = "针对上述问题，2025年我们将重点开展以下工作：组织政务公开培训4次，发布政策解读50篇。"
    assert values(plan, section=5) == []
    assert values("2024年发布政策解读50篇，但形式不够丰富。", section=5) == [("interpretations", 50)]


def test_another_year() -> None:
    period = "本报告统计期限自2022年1月1日起至2022年12月31日止。"
    assert values(period, "2021年收到政府信息公开申请30件，2022年收到政府信息公开申请12件。") == [
        ("requests_received", 12)
    ]


def test_one_figure_for_reviews_and_lawsuits_together_is_neither() -> None:
    assert values("因政府信息公开引发的行政复议、行政诉讼案件共5件。") == []
    assert values("因政府信息公开引发的行政复议、行政诉讼案件各1件。") == [("lawsuits", 1), ("reviews", 1)]


def test_running_total_beside_the_new() -> None:
    assert values("今年新增主动公开政府信息320条，累计主动公开政府信息9870条。") == [("proactive_items", 320)]


def test_approximate_and_raw_unit() -> None:
    about = [
        "公开政府信息300余条。",
        "公开政府信息约300条。",
        "公开政府信息近300条。",
        "公开政府信息超过300条。",
        "公开政府信息300多条。",
    ]
    assert all(f.approximate and f.value == 300 for t in about for f in read(t))
    (fact,) = read("发布政策解读9篇。")
    assert (fact.approximate, fact.raw_unit, fact.unit) == (False, "篇", "件")


def test_place_of_the_number_across_wrapped_lines() -> None:
    first, second = "2024年，我区在政府网站平台主动发布各类政府信息 24", "28 条，解读信息发布 7 条。"
    text = f"{first}\n{second}\n"
    lines = [ProseLine(first, (0, len(first)), 1, 1), ProseLine(second, (len(first) + 1, len(text) - 1), 2, 1)]
    facts = read_facts(text, lines)
    assert [(f.type, f.value) for f in facts] == [("website_items", 2428), ("interpretations", 7)]
    assert text[facts[0].start : facts[0].end] == "24\n28"
    assert facts[1].page == 2 and text[facts[1].start : facts[1].end] == "7"


def test_place_of_nought_and_numerals() -> None:
    text = "（一）本年度我县未收到信息公开申请，召开政务公开推进会两次，公开政府信息1.2万条。"
    facts = {f.type: f for f in read(text)}
    assert text[facts["requests_received"].start : facts["requests_received"].end] == "未收到"
    assert text[facts["trainings"].start : facts["trainings"].end] == "两"
    assert text[facts["proactive_items"].start : facts["proactive_items"].end] == "1.2万"
    assert facts["requests_received"].text == "（一）本年度我县未收到信息公开申请"


def test_parts_know_their_whole() -> None:
    facts = read("全年办理建议提案20件，其中人大代表建议12件，政协提案8件。")
    assert [f.whole for f in facts] == [None, facts[0].start, facts[0].start]
    assert not any(f.exhaustive for f in facts)
    facts = read("公开政府信息6条，分别是机构职能类信息1条，财政信息5条。")
    assert all(f.exhaustive and f.whole == facts[0].start for f in facts[1:])
    facts = read("公开政府信息6条。其中：财政信息5条；受理网民留言8条。")
    assert [f.whole for f in facts] == [None, facts[0].start, None]


def test_lists_in_parentheses_and_behind_colons() -> None:
    facts = read("因政府信息公开被申请行政复议22件（维持20件）、被提起行政诉讼11件（未经复议直接起诉4件，复议后起诉7件）。")
    assert [(f.type, f.value) for f in without_parts(facts)] == [("reviews", 22), ("lawsuits", 11)]
    facts = read("（二）依申请公开。办结申请40件：按时办结39件，延期办结1件。")
    assert [(f.type, f.value) for f in without_parts(facts)] == [("requests_answered", 40)]


def test_parts_of_the_same_kind_are_no_facts_of_their_own() -> None:
    facts = read("办理人大建议和政协提案187件，其中人大建议79件、政协提案108件。公开信息86条，其中财政信息8条。")
    assert [(f.type, f.value) for f in without_parts(facts)] == [
        ("proposals_handled", 187), ("proactive_items", 86), ("part_items", 8),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "因政府信息公开被提起诉讼，维持9件、纠正2件、其他结果3件。",
        "利用宣传栏、LED屏公开信息40余次，在政府公报公开信息12条。",
        "公开信息情况：其他方式1200条。",
        "依申请公开：不予公开（属于三类内部事务信息6件）。",
        "全年有9件未及时配套解读。",
        "政府信息公开申请：2020年同期收到72件，答复70件。",
        "依申请公开：不予公开、无法提供、不予处理及其他处理合计39件。",
        "依申请公开：指导相关部门答复疑难申请15件。",
        "通过网上申请系统收到政府信息公开申请6件。",
        "截至2022年底，累计受理政府信息公开申请80件，其中2022年8件。",
    ],
)
def test_what_is_no_fact(text: str) -> None:
    assert [f.value for f in read(text)] == []


def test_cases_of_all_kinds_and_those_about_disclosure() -> None:
    text = "全年行政诉讼案件23件，其中因信息公开引发的行政诉讼2件。"
    assert [(f.type, f.value) for f in read(text)] == [("lawsuits", 2)]


def test_a_document_on_one_line() -> None:
    text = (
        "一、总体情况2022年全区共主动公开政府信息90条。（二）依申请公开方面。收到70件申请，办结70件。"
        "二、主动公开政府信息情况第二十条第（一）项信息内容本年制发件数本年废止件数现行有效件数规章000行政规范性文件693665"
        "四、政府信息公开行政复议、行政诉讼情况行政复议行政诉讼结果维持总计未经复议直接起诉复议后起诉10203120001200000"
        "五、存在的主要问题及改进情况（一）形式不够丰富。六、其他需要报告的事项2022年，无收取信息处理费情况。"
    )
    assert values(text, section=None) == [
        ("proactive_items", 90),
        ("requests_received", 70),
        ("requests_answered", 70),
        ("processing_fee", 0),
    ]


NO_NUMBER = ["1.234", "1.5", "012", "5*3", "5**3**", "1万2", "两万二", "一百二", "百二", "\u202e21"]


@pytest.mark.parametrize("printed", NO_NUMBER, ids=ascii)
def test_what_may_be_another_number_is_no_figure(printed: str) -> None:
    assert values(f"全年共收到政府信息公开申请{printed}件。") == []


@pytest.mark.parametrize(("printed", "value"), [("1.2万", 12_000), ("1万2千", 12_000), ("一百二十", 120), ("一百零二", 102)])
def test_numbers_that_say_all_their_places_are_read(printed: str, value: int) -> None:
    assert values(f"全年共收到政府信息公开申请{printed}件。") == [("requests_received", value)]


START = "我局认真做好依申请公开工作，全年共收到政府信息公开申请"


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ((START + "1", "23件。"), [123]),
        ((START + "12", "- 3 -", "3件。"), [123]),
        # a page's number, or digits of this one
        ((START + "12", "3", "件。"), []),
        ((START + "12", "3", "4件。"), []),
        ((START, "1", "23件。"), []),
        # a short line may be wrapped, or not
        (("主动公开1", "23条政府信息。"), []),
    ],
)
def test_a_number_parted_by_the_end_of_a_line(lines: tuple[str, ...], found: list[int]) -> None:
    assert [v for _, v in values(*lines)] == found


def test_paragraphs_end_where_a_sentence_or_a_heading_does() -> None:
    lines = ["（二）依申请公开情况", "全年收到申请，但是本县的公开工作仍然要", "继续加强。", "- 3 -", "五、其他"]
    pos, out = 0, []
    for t in lines:
        out.append(ProseLine(t, (pos, pos + len(t)), 1, 1))
        pos += len(t) + 1
    assert [p.text for p in paragraphs(out)] == [
        "（二）依申请公开情况",
        "全年收到申请，但是本县的公开工作仍然要继续加强。",
        "五、其他",
    ]


def test_fold_keeps_offsets() -> None:
    folded, at = fold("收 到１２，３４５件,⾏政(甲)")
    assert folded == "收到12，345件，行政（甲）"
    assert [folded[i] for i, o in enumerate(at) if o == 3] == ["1"]


def test_the_reader_fits_the_protocol_and_patterns_are_checked() -> None:
    reader: FactReader = RuleReader()
    assert reader.read("", []) == []
    with pytest.raises(FormError):
        parse_patterns("[[rules]]\ntype = 'nonsense'\nunits = '件'\nconfidence = 1.0\n")
    with pytest.raises(FormError):
        parse_patterns("rules = [")


def test_real_reports(real_reports: Path) -> None:
    """Every fact of the truth is found (the truth is not exhaustive)."""
    missed = {}
    for path in sorted(real_reports.glob("*.txt")):
        text, lines, pos, section = path.read_text("utf-8"), [], 0, None
        for line in text.split("\n"):
            heading = re.match(r"\s*([一二三四五六])、", line)
            section = "一二三四五六".index(heading[1]) + 1 if heading else section
            if line.strip() and "\t" not in line and "|" not in line:
                lines.append(ProseLine(line, (pos, pos + len(line)), 1, section))
            pos += len(line) + 1
        have = {(f.type, f.value) for f in read_facts(text, lines)}
        truth = json.loads(path.with_suffix(".truth.json").read_text("utf-8"))
        lost = [f for f in truth["facts"] if (f["type"], f["value"]) not in have]
        if lost:
            missed[path.name] = lost
    assert not missed


@pytest.mark.timeout(60)
@pytest.mark.parametrize("filler", ["1、", "收到申请5件，", "2023年", "（一）工作情况"])
def test_endless_lines_do_not_take_endless_time(filler: str) -> None:
    text = filler * 20_000 + "收到政府信息公开申请7件。"
    started = time.process_time()
    read_facts(text, [ProseLine(text, (0, len(text)), 1, 1)])
    assert time.process_time() - started < 20

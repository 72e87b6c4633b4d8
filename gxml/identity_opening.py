"""What the opening and the end of a report say about its issuer, where no title does."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from .document import Line
from .facts_text import ProseLine
from .identity_titles import BODY, MAX_ISSUER, NAMELESS, NOT_TITLE_BEFORE, PRONOUN, YEAR, is_name, tight, year_of

_PERIOD = re.compile(
    rf"(?P<y>{YEAR})年(?:1|一|01)月(?:1|一|01)日?[^。；]{{0,12}}?(?P<z>{YEAR})?年?(?:12|十二)月(?:31|三十一)"
)
_NAME = r"(?P<name>[^，。；：、（）《》“”\d]{2,40}?)"
_PUBLISHED = r"现(?:将|就|公布|发布|(?:依法)?(?:予以|向社会)?(?:公布|发布|公开))"
_OPENING: tuple[tuple[re.Pattern[str], float], ...] = (
    (re.compile(rf"{_PUBLISHED}{_NAME}20\d\d年度?的?(?:政府信息|政务|信息|工作)?公开"), 0.85),
    (re.compile(rf"{_PUBLISHED}20\d\d年度?{_NAME}的?(?:政府信息|政务|信息)公开"), 0.85),
    (re.compile(rf"汇总(?:了)?{_NAME}(?:各有关单位|各有关部门|各部门|各单位|各级|各乡|各县|各区|所属|各镇|有关)"), 0.8),
    (
        re.compile(
            rf"(?:^|[。，：]|情况|概述|概况)20\d\d年(?:度|来|以来)?，?{_NAME}(?:坚持|认真|深入|严格|紧紧|始终|积极|按照|在|以|高度|全面|贯彻|围绕|切实|坚决|持续|扎实|根据|不断|进一步|通过|紧扣)"
        ),
        0.75,
    ),
    (
        re.compile(
            rf"(?:本|年度|年|该)?报告(?:由|是由){_NAME}(?:负责)?(?:根据|按照|依据|综合|编制|编写|撰写|汇总|组织|结合)"
        ),
        0.7,
    ),
    (re.compile(rf"(?:^|。){_NAME}(?:根据|按照|依据|依照)[^。]{{4,120}}?编制"), 0.75),
    (re.compile(rf"(?:要求|规定)，?(?:特)?由{_NAME}(?:负责)?(?:编制|编写|撰写|汇总|组织)"), 0.7),
    (re.compile(rf"(?:要求|规定|实际|情况)，(?:结合[^，。]{{2,16}}，)?{_NAME}(?:编制|编写|撰写)"), 0.65),
    (
        re.compile(
            rf"(?:与|和|向|同|联系|致电|致函|咨询|反馈至){_NAME}(?:联系|反映|咨询|反馈|（(?:联系)?(?:地址|电话|联系))"
        ),
        0.6,
    ),
)
_OFFICE = re.compile(
    r"(?:党政综合|党政|行政|综合|政府信息公开|政务公开|信息公开|政务信息|工作|领导小组|与政务服务|秘书|督查|机要)*(?:办公室|办公厅|办|科室|科|股|处室|处|中心)$"
)
_SIGNED = re.compile(
    r"20\d\d年\d{1,2}月\d{1,2}日|[二][〇○零O][〇○零一二三四五六七八九]{2}年[一二三四五六七八九十]{1,2}月[一二三四五六七八九十]{1,3}日"
)


def _head_of(name: str) -> str:
    """Return the body that an office belongs to: the office compiles, the body reports."""
    m = re.match(r"(.*?人民政府)(?!外事|台港澳|侨务|国有|金融|扶贫|参事|驻|研究室|信访)(.*)$", name)
    if m and (not m[2] or _OFFICE.fullmatch(m[2])):
        return m[1]
    if re.search("(?:委|政府|人民政府外事|[县市区]编)(?:办公室|办)$", name):
        return name
    stripped = _OFFICE.sub("", name)
    return (
        stripped
        if stripped != name and re.search(r"(?:局|委员会|厅|管委会|街道|镇|乡|办事处|院|所)$", stripped)
        else name
    )


def _without_section(name: str) -> str:
    """Drop the section of an office (某局人秘股, 某委综合科)."""
    if name.endswith("办事处"):
        return name
    m = re.match(r"(.*(?:局|委员会|委|厅|镇|乡|街道|中心|政府|办事处))[^局委厅]{1,6}(?:科|股|处|室)$", name)
    return m[1] if m and len(m[1]) > 2 else name


def from_opening(prose: str) -> tuple[str, float] | None:
    """Return the body that the opening names, and the confidence in it."""
    for pattern, confidence in _OPENING:
        for m in pattern.finditer(prose):
            name = re.sub(r"^(?:可以?|直接|请|与|我们|中共)(?!.*委)", "", m["name"])
            name = _without_section(re.sub(r"^(?:可以?|直接|请)", "", name))
            if PRONOUN.match(name) or not BODY.search(name) or NOT_TITLE_BEFORE.search(name):
                continue
            if NAMELESS.fullmatch(name) or re.search("报告|信息公开|政务公开(?!办|科|领导)", name):
                continue
            if re.match("[我本全各该]|党|国务院|国家|上级|政府网站|社会", name) or re.search(
                "网站|平台|邮箱|电话", name
            ):
                continue
            return _head_of(name), confidence
    return None


_TAIL_LINES = 30
"""Behind the signature a page may go on: links, the site's own lines."""
_SIGNED_AFTER = re.compile(rf"(?P<name>[^。，；：:]{{3,{MAX_ISSUER}}}?)(?:{_SIGNED.pattern})")


def from_signature(lines: Sequence[Line]) -> tuple[str, float] | None:
    """The name above the date at the end, or before it on one line."""
    found: str | None = None
    for previous, line in pairwise(lines[-_TAIL_LINES:]):
        date, name = ("".join(x.text.split()) for x in (line, previous))
        together = _SIGNED_AFTER.fullmatch(date)
        if together:
            name = together["name"]
        elif not _SIGNED.fullmatch(date):
            continue
        if 3 <= len(name) <= MAX_ISSUER and is_name(name) and not re.search("[。，；：]", name):
            found = name
    return (_head_of(found), 0.65) if found else None


_HEADLINE = 25
"""A line with fewer characters ends what it says, wrapped prose is longer."""


def opening_of(lines: Sequence[Line], prose: Sequence[ProseLine] | None) -> tuple[str, int]:
    """Return the prose before and just behind 一、总体情况, without white space, and where the section begins."""
    position = None
    for line in lines:
        t = tight([(line.text, line.span[0])])
        # On a line that holds a whole document the heading stands in its middle; 全文包括总体情况 is no heading.
        m = re.search(
            r"(?:^|[。！）;；.])(?:第一部分|一、)(?:政府信息公开)?(?:工作)?(?:总体|基本|概述|概况|工作)", t.text
        )
        if m and line.role == "body":
            position = t.at[m.start()] + (0 if m.start() == 0 else 1)
            break
    source = [(p.text, p.span[0]) for p in prose] if prose else [(x.text, x.span[0]) for x in lines if x.role == "body"]
    limit = (position if position is not None else (source[0][1] if source else 0)) + 1500
    # a short line is a title or a heading, and no part of the sentence that begins below it
    t = tight([(s + "。" if len(s.strip()) < _HEADLINE else s, at) for s, at in source if at < limit])
    text = t.text[: next((i for i, a in enumerate(t.at) if a >= limit), len(t.text))]
    if position is None:
        position = lines[min(len(lines) - 1, 14)].span[0] + 400 if lines else 0
    return text, position


def period_of(opening: str) -> int | None:
    """Return the year of 统计期限."""
    m = _PERIOD.search(opening)
    return year_of(m["y"]) if m else None


# Where neither a title nor a period gives the year: the first words of section 一, what is reported, the notice.
YEAR_HINTS = (
    (rf"(?:^|[。：]|情况|概述|概况)(?P<y>{YEAR})年(?:度|来|以来)?，", 0.6),
    (rf"(?:现将|现就)[^，。]{{0,16}}(?P<y>{YEAR})年度?[^，。]{{0,16}}(?:汇报|报告|公布|总结)", 0.6),
    (rf"(?P<y>{YEAR})年度?政府信息公开(?:工作)?年度报告", 0.55),
)

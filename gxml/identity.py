"""Whose report it is, and of which year: from the title, else from the opening, never from the file name.

A title is found by its core (政府信息公开工作年度报告 and its variants); what stands around the core is the issuer and
the year. Names of laws and notices (《…年度报告格式》, 关于做好…的通知), links to other years and web-site names are not
titles.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from .document import Document, Line
from .facts_text import ProseLine
from .geometry import Span
from .numerals import chinese_number, map_radicals

__all__ = ["Identity", "Title", "identify", "report_titles"]


@dataclass(frozen=True, slots=True)
class Identity:
    """Issuer and year of a report.

    Attributes:
        issuer: As printed, without white space; None if unknown.
        issuer_confidence: 0 to 1; 0 for None.
        year: None if unknown.
        year_confidence: 0 to 1; 0 for None.
        title_span: Place of the title in the document's text, None if there is none.
        notes: What the user must know, in Chinese (the title's year is not that of the period, …).
        period_year: The year of 统计期限, None where it is not stated.
    """

    issuer: str | None
    issuer_confidence: float
    year: int | None
    year_confidence: float
    title_span: Span | None
    notes: tuple[str, ...] = ()
    period_year: int | None = None


TitleKind = Literal["marked", "line", "labelled", "inline", "quoted", "sentence"]
# How sure a place makes us that this is the title of this report.
_TRUST: dict[TitleKind, float] = {
    "line": 0.99,
    "marked": 0.98,
    "labelled": 0.96,
    "inline": 0.93,
    "quoted": 0.92,
    "sentence": 0.85,
}


@dataclass(frozen=True, slots=True)
class Title:
    """A title that was found.

    Attributes:
        span: Place in the document's text.
        issuer: As printed, None where it does not say.
        year: None where it does not say.
        kind: "marked" by the source as title, a "line" (or some) of its own, "labelled" (标题：…), "inline" among
            other words of a web page, "quoted" in 《》, in a "sentence".
    """

    span: Span
    issuer: str | None
    year: int | None
    kind: TitleKind


# ---- the words of a title -------------------------------------------------------------------------------------------

_YEAR = r"(?:(?:19|20)\d\d|[一二][九〇○零OＯo0][〇○零OＯo0一二三四五六七八九]{2})"
_YEAR_WORD = rf"(?P<y>{_YEAR})(?:年度|年|度)?"
_YEARS = re.compile(rf"(?<![\d〇]){_YEAR_WORD}(?!\d)")
# 政府信息公开工作年度报告; 政府信息公开2020年度报告; 政务公开工作情况报告; 信息公开年报
_CORE = re.compile(
    rf"(?:政府信息(?:与政[务務])?公[开開]|政[务務]信息公[开開]|政[务務]公[开開]|信息公[开開])(?:工作)?(?:(?P<mid>{_YEAR})年?度?)?(?:工作)?(?:情况)?的?"
    r"(?:年度(?:工作|总结|情况)?[报報]告书?|年度总结|年度报表?|度?[报報]告|工作[报報]告|工作总结|总结|年[报報])"
)
# What may stand behind the core on the line of the title.
_TAIL = re.compile(
    rf"(?:[（(](?P<late>{_YEAR})年?度?[）)]|[（(][^（）()]{{1,16}}[）)]|[-－—_|–·>＞].{{0,60}}|\.(?:pdf|docx?|html?)|全文|"
    r"(?:发布|公布)?(?:日期|时间)[:：]?[\d\-年月日:： ]*|》)?"
)
# Behind the core these make it the name of a notice, a form, or a task.
_NOT_TITLE_AFTER = re.compile(
    r"^》?(?:的?格式|模板|范本|样式|有关|编制|编写|编报|的?通知|发布工作|公布工作|报送|撰写|工作的|等|制度|专栏|栏目|和|的要求|数据)"
)
_NOT_TITLE_BEFORE = re.compile(r"做好|印发|报送|编制好|通知|要求|规定|根据|按照|依据|格式|参照|往年|历年|上年|下一年|以往")
_VERBS = re.compile(
    r".*(?:现将|现公布|现发布|现就|公布|发布|公开|编制了?|形成|撰写了?|制定|完成了?|起草|汇总|特向社会公布|如下|下面是|关于|为|是)"
)
_LABEL = re.compile(r"^(?:[（(]?(?:标题|题目|题名|名称|信息名称|文件名称|公文名称|主题名称|文章标题|报告名称)[)）]?)[:：]?")
_NOISE = re.compile(
    r"首页|位置|年报|来源|时间|日期|栏目|正文|打印|字号|发布|政务公开|信息公开|索引|浏览|作者|文号|网站|公开目录|公开指南|政府网|门户|\d"
)
_PRONOUN = re.compile(
    r"^(?:[我本全该各](?:县|市|区|镇|乡|局|办|街道|州|省|委|厅|单位|机关|部门|院|站|中心|行政机关|级)*(?:人民政府|政府)?|"
    r"县|市|区|镇|乡|省|度|年|年度|工作|有关|单位|关于|中华人民共和国|国务院办公厅.*|国办.*|县级|基层|政府|人民政府|主动公开|全文)$"
)
# How the name of a body ends.
_BODY = re.compile(
    r"(?:[省市州盟县区旗镇乡村]|街道|街|政府|[局委厅部署办院所处队站社会馆台园]|中心|公司|集团|学校|大学|学院|中学|小学|医院|银行|"
    r"法院|检察院|开发区|新区|办公室|办事处|管理委员会|管委会|委员会|联合会|总站|团|协会|农场|林场|兵团|分局|支队|大队|基地|"
    r"（[^（）]{2,30}）|\([^()]{2,30}\))$"
)
_MAX_ISSUER = 45
_MAX_TITLE_LINE = 60
# A title may be wrapped over this many lines.
_WINDOW = 4


def _year(printed: str | None) -> int | None:
    if not printed:
        return None
    if printed.isdigit():
        return int(printed)
    value = chinese_number(re.sub("[○零OＯo0]", "〇", printed))
    return value if value is not None and 1990 <= value <= 2099 else None


# One character for one, so that offsets hold.
_FOLD = {ord("０") + i: str(i) for i in range(10)} | str.maketrans(
    {"(": "（", ")": "）", "﹝": "〔", "﹞": "〕", ",": "，", ";": "；", "!": "！", "?": "？", "<": "〈", ">": "＞"}
)
_SPACE = re.compile("[\\s\u3000\u00a0\u200b-\u200f\u2060\ufeff\u00ad]")


@dataclass(frozen=True, slots=True)
class _Tight:
    """Text without white space; `at[i]` is the offset of character i, `gap[i]` tells of white space before it."""

    text: str
    at: tuple[int, ...]
    gap: tuple[bool, ...]

    def span(self, start: int, end: int) -> Span:
        return (self.at[start], self.at[end - 1] + 1)


def _tight(pieces: Sequence[tuple[str, int]]) -> _Tight:
    """Join (text, offset) pieces; a new piece counts as white space."""
    chars: list[str] = []
    at: list[int] = []
    gap: list[bool] = []
    for text, base in pieces:
        pending = True
        for i, c in enumerate(map_radicals(text).translate(_FOLD)):
            if _SPACE.match(c):
                pending = True
                continue
            chars.append(c)
            at.append(base + i)
            gap.append(pending)
            pending = False
    return _Tight("".join(chars), tuple(at), tuple(gap))


def _clean(left: str, gaps: Sequence[bool], *, strict: bool) -> tuple[str | None, int]:
    """Return the issuer at the end of `left`, and where it begins.

    Args:
        left: What stands before the year or the core.
        gaps: For each character, whether white space stands before it.
        strict: Ask for the ending of a body's name (where `left` may hold other words).
    """
    begin = 0
    cut = max((left.rfind(c) for c in "：:>＞›»《“”\"'|/\\。，；,;！？、-－_【】"), default=-1)
    begin = max(begin, cut + 1)
    # From the right, take words that white space sets apart, until one that belongs to the page.
    words: list[int] = [i for i in range(begin, len(left)) if gaps[i] and i > begin] + [len(left)]
    start = begin
    for i in range(len(words) - 2, -1, -1):
        word = left[(words[i - 1] if i else begin) : words[i]]
        if _NOISE.search(word) and not _BODY.search(word):
            start = words[i]
            break
        if _NOISE.search(word) and i < len(words) - 1 and len(word) > 4:
            start = words[i]
            break
    name = left[start:]
    for pattern in (_LABEL, re.compile(r"^附件\d*")):
        m = pattern.match(name)
        if m:
            start += m.end()
            name = name[m.end() :]
    if strict or re.match("关于|现将|公布|发布", name):
        m = _VERBS.match(name)
        if m:
            start += m.end()
            name = name[m.end() :]
    trimmed = re.sub(r"(?:关于|的|编制|公布|发布|[年度])*(?:（|\()?$", "", name) if not name.endswith("年度") else name[:-2]
    trimmed = trimmed.rstrip("_-—－·")
    if not trimmed or len(trimmed) > _MAX_ISSUER or _PRONOUN.match(trimmed) or re.search(r"[\d。，；：]", trimmed):
        return None, start
    if strict and not _BODY.search(trimmed):
        return None, start
    return trimmed, start


def _parse(t: _Tight, core: re.Match[str], begin: int, *, strict: bool) -> tuple[str | None, int | None, int, int]:
    """Return (issuer, year, begin, end) of the title around `core`; the title begins at `begin` or later."""
    left = t.text[begin : core.start()]
    if left.endswith("人民") and core.group().startswith("政府"):
        left += "政府"  # 某县人民政府信息公开…: the core has eaten a part of the name
    gaps = [*t.gap[begin : core.start()], False, False]
    end = core.end()
    late = _TAIL.match(t.text, end)
    year = _year(core["mid"]) or _year(late["late"] if late and late["late"] else None)
    if late and late["late"]:
        end = late.end()
    found = list(_YEARS.finditer(left))
    if found:
        m = found[-1]
        year = year or _year(m["y"])
        issuer, offset = _clean(left[: m.start()], gaps, strict=strict)
        after = re.sub("^(?:的|，|关于)", "", left[m.end() :])
        if issuer is None and after:
            issuer, _ = _clean(after, [False] * (len(after) + 1), strict=strict)
            offset = m.start()
        elif after and issuer is not None and _BODY.search(after) and not _PRONOUN.match(after):
            issuer = issuer + after if not after.startswith(issuer) else after
        elif issuer is None:
            offset = m.start()
    else:
        issuer, offset = _clean(left, gaps, strict=strict)
    return issuer, year, min(begin + max(offset, 0), core.start()), end


# ---- finding titles -------------------------------------------------------------------------------------------------

_BODY_STARTS = re.compile(r"(?:^|[。\s])(?:第一部分|一、?)\s*(?:政府信息公开)?(?:工作)?(?:总体|基本|概述|概况|工作情况)")
_LINE_NOISE = re.compile(r"[。；？！]")


def _lines(document: Document) -> list[Line]:
    return [b for b in document.blocks if isinstance(b, Line) and b.text.strip()]


def _whole_lines(lines: Sequence[Line]) -> Iterator[tuple[int, int, Title]]:
    """Yield (first, last, title) for titles that fill one line or some consecutive ones."""
    i = 0
    while i < len(lines):
        best: tuple[int, int, Title] | None = None
        for size in range(1, _WINDOW + 1):
            window = lines[i : i + size]
            if len(window) < size or len({w.role for w in window}) > 1:
                break
            if any(_LINE_NOISE.search(w.text) for w in window):
                break
            t = _tight([(w.text, w.span[0]) for w in window])
            if len(t.text) > _MAX_TITLE_LINE + 60:
                break
            title = _whole(t, window[0].role)
            if title and (best is None or (title.issuer is not None and best[2].issuer is None)):
                best = (i, i + size - 1, title)
                # A title that stands complete on fewer lines wins over one that takes in the next line.
                break
        if best and best[1] > i and not _needs_first(lines[i : best[1] + 1]):
            best = None  # the line above is not a part of the title: it will be found from the next line on
        if best:
            yield best
            i = best[1] + 1
        else:
            i += 1


def _needs_first(window: Sequence[Line]) -> bool:
    """Tell whether the first of some lines belongs to the title that they make."""
    rest = _whole(_tight([(w.text, w.span[0]) for w in window[1:]]), window[0].role)
    if rest is None:
        return True
    first = "".join(window[0].text.split())
    if rest.year is None:
        first = _YEARS.sub("", first)
    return rest.issuer is None and _is_name(first)


def _is_name(name: str) -> bool:
    """Tell whether a line is the name of a body and nothing else."""
    return (
        2 < len(name) <= _MAX_ISSUER
        and bool(_BODY.search(name))
        and not re.search(r"[。，；：:\d>＞]|首页|公开|来源|网站|年报|当前|位置", name)
        and not _PRONOUN.match(name)
    )


def _whole(t: _Tight, role: str) -> Title | None:
    core = None
    for m in _CORE.finditer(t.text):
        core = m
    if core is None or core.start() > _MAX_TITLE_LINE:
        return None
    tail = _TAIL.match(t.text, core.end())
    assert tail is not None
    if tail.end() != len(t.text) or _NOT_TITLE_AFTER.match(t.text[core.end() :]):
        return None
    label = _LABEL.match(t.text)
    begin = label.end() if label else 0
    left = t.text[begin : core.start()]
    if _NOT_TITLE_BEFORE.search(left) or re.search(r"[，,]", left) or left.endswith("中华人民共和国"):
        return None
    if core.start() == begin and not re.search("年度|年报", core.group()):
        return None
    issuer, year, start, end = _parse(t, core, begin, strict=False)
    if not issuer and year is None and re.search("专栏|栏目|指南|目录|公开年报$", t.text) and len(t.text) < 12:
        return None  # a link of the navigation: 信息公开年报
    kind: TitleKind = "labelled" if label else "marked" if role == "title" else "line"
    return Title(t.span(start, end), issuer, year, kind)


def _inside(lines: Sequence[Line]) -> Iterator[Title]:
    """Yield titles that stand inside a line: in 《》, in a sentence, or among the words of a web page."""
    for line in lines:
        t = _tight([(line.text, line.span[0])])
        for core in _CORE.finditer(t.text):
            if _NOT_TITLE_AFTER.match(t.text[core.end() :]):
                continue
            quote = t.text.rfind("《", 0, core.start())
            if quote >= 0 and "》" not in t.text[quote : core.start()]:
                if _NOT_TITLE_BEFORE.search(t.text[quote : core.start()]) or not re.match(
                    r"(?:（[^（）]*）)?[》〉]", t.text[core.end() :]
                ):
                    continue
                issuer, year, start, end = _parse(t, core, quote + 1, strict=False)
                if issuer or year:
                    yield Title(t.span(start, end), issuer, year, "quoted")
                continue
            sentence = max(t.text.rfind(c, 0, core.start()) for c in "。；！？，") + 1
            left = t.text[sentence : core.start()]
            if _NOT_TITLE_BEFORE.search(left) or core.group().endswith("总结"):
                continue
            issuer, year, start, end = _parse(t, core, sentence, strict=True)
            if year is None:
                continue
            apart = t.gap[start] and (end >= len(t.text) or t.gap[end] or t.text[end] in "_-—|（")
            yield Title(t.span(start, end), issuer, year, "inline" if apart else "sentence")


def _without_navigation(found: list[tuple[int, int, Title]]) -> list[tuple[int, int, Title]]:
    """Drop lists of links to the reports of other years: three or more titles, line after line."""
    kept: list[tuple[int, int, Title]] = []
    run: list[tuple[int, int, Title]] = []

    def close() -> None:
        if len({x[2].year for x in run}) < 2:
            kept.extend(run)
        else:
            kept.extend(x for x in run if x[2].kind != "line")

    for item in found:
        if run and item[0] - run[-1][1] > 1:
            close()
            run = []
        run.append(item)
    close()
    return kept


def report_titles(document: Document) -> list[tuple[Span, str | None, int | None]]:
    """Return the titles that stand on lines of their own in the body, in order: more than one may mean two reports.

    Titles that the page repeats about itself (its <title>, 标题：…) and lists of links are left out; so is a title
    that says the same as the one before it.
    """
    lines = [x for x in _lines(document) if x.role != "meta"]
    out: list[tuple[Span, str | None, int | None]] = []
    for _, _, title in _without_navigation(list(_whole_lines(lines))):
        if title.kind not in ("line", "marked"):
            continue
        issuer = title.issuer
        if out and title.year in (out[-1][2], None) and (issuer is None or same_issuer(issuer, out[-1][1])):
            continue
        if issuer is None and title.year is None:
            continue
        out.append((title.span, issuer, title.year))
    return out


# ---- the opening ----------------------------------------------------------------------------------------------------

_PERIOD = re.compile(rf"(?P<y>{_YEAR})年(?:1|一|01)月(?:1|一|01)日?[^。；]{{0,12}}?(?P<z>{_YEAR})?年?(?:12|十二)月(?:31|三十一)")
_NAME = r"(?P<name>[^，。；：、（）《》“”\d]{2,40}?)"
_OPENING: tuple[tuple[re.Pattern[str], float], ...] = (
    (re.compile(rf"汇总(?:了)?{_NAME}(?:各有关单位|各有关部门|各部门|各单位|各级|各乡|各县|各区|所属|各镇|有关)"), 0.8),
    (re.compile(rf"(?:^|[。，：]|情况|概述|概况)20\d\d年(?:度|来|以来)?，?{_NAME}(?:坚持|认真|深入|严格|紧紧|始终|积极|按照|在|以|高度|全面|贯彻|围绕|切实|坚决|持续|扎实|根据|不断|进一步|通过|紧扣)"), 0.75),
    (re.compile(rf"(?:本|年度|年|该)?报告(?:由|是由){_NAME}(?:负责)?(?:根据|按照|依据|综合|编制|编写|撰写|汇总|组织|结合)"), 0.7),
    (re.compile(rf"(?:要求|规定)，?(?:特)?由{_NAME}(?:负责)?(?:编制|编写|撰写|汇总|组织)"), 0.7),
    (re.compile(rf"(?:要求|规定|实际|情况)，(?:结合[^，。]{{2,16}}，)?{_NAME}(?:编制|编写|撰写)"), 0.65),
    (re.compile(rf"(?:与|和|向|同|联系|致电|致函|咨询|反馈至){_NAME}(?:联系|反映|咨询|反馈|（(?:联系)?(?:地址|电话|联系))"), 0.6),
)
_OFFICE = re.compile(
    r"(?:党政综合|党政|行政|综合|政府信息公开|政务公开|信息公开|政务信息|工作|领导小组|与政务服务|秘书|督查|机要)*(?:办公室|办公厅|办|科室|科|股|处室|处|中心)$"
)
_SIGNED = re.compile(r"20\d\d年\d{1,2}月\d{1,2}日|[二][〇○零O][〇○零一二三四五六七八九]{2}年[一二三四五六七八九十]{1,2}月[一二三四五六七八九十]{1,3}日")


def _head_of(name: str) -> str:
    """Return the body that an office belongs to: the office compiles, the body reports."""
    m = re.match(r"(.*?人民政府)(?!外事|台港澳|侨务|国有|金融|扶贫|参事|驻|研究室|信访)(.*)$", name)
    if m and (not m[2] or _OFFICE.fullmatch(m[2])):
        return m[1]
    if re.search("(?:委|政府|人民政府外事|[县市区]编)(?:办公室|办)$", name):
        return name
    stripped = _OFFICE.sub("", name)
    return stripped if stripped != name and re.search(r"(?:局|委员会|厅|管委会|街道|镇|乡|办事处|院|所)$", stripped) else name


def _without_section(name: str) -> str:
    """Drop the section of an office (某局人秘股, 某委综合科)."""
    m = re.match(r"(.*(?:局|委员会|委|厅|镇|乡|街道|中心|政府|办事处))[^局委厅]{1,6}(?:科|股|处|室)$", name)
    return m[1] if m and len(m[1]) > 2 else name


def _from_opening(prose: str) -> tuple[str, float] | None:
    for pattern, confidence in _OPENING:
        for m in pattern.finditer(prose):
            name = re.sub(r"^(?:可以?|直接|请|与|我们|中共)(?!.*委)", "", m["name"])
            name = _without_section(re.sub(r"^(?:可以?|直接|请)", "", name))
            if _PRONOUN.match(name) or not _BODY.search(name) or _NOT_TITLE_BEFORE.search(name):
                continue
            if re.match("[我本全各该]|党|国务院|国家|上级|政府网站|社会", name) or re.search("网站|平台|邮箱|电话", name):
                continue
            return _head_of(name), confidence
    return None


def _from_signature(lines: Sequence[Line]) -> tuple[str, float] | None:
    """The name above the date at the end."""
    tail = lines[-8:]
    for previous, line in zip(tail, tail[1:], strict=False):
        date = "".join(line.text.split())
        name = "".join(previous.text.split())
        if _SIGNED.fullmatch(date) and 3 <= len(name) <= _MAX_ISSUER and _BODY.search(name) and not re.search("[。，；：]", name):
            return _head_of(name), 0.65
    return None


def same_issuer(a: str | None, b: str | None) -> bool:
    """Tell whether two names are of one body: 某县, 某县人民政府 and 某县人民政府办公室 are."""
    return _key(a) == _key(b)


def _key(name: str | None) -> str:
    return re.sub(r"(?:人民政府(?:办公厅|办公室)?|管委会)$", "", (name or "").strip())


# ---- identify -------------------------------------------------------------------------------------------------------


def identify(document: Document, prose: Sequence[ProseLine] | None = None) -> Identity:
    """Find the issuer and the year of a report.

    Args:
        document: As its source read it.
        prose: Prose without tables, if the caller has it; else the lines of `document` serve.

    Returns:
        None with confidence 0 for what is not known: a blank form has neither issuer nor year.
    """
    lines = _lines(document)
    body = [x for x in lines if x.role != "meta"]
    opening, position = _opening(lines, prose)
    head = [x for x in lines if x.span[0] < position] or lines[:30]
    cut = [Line(x.text[: max(0, position - x.span[0])], x.span, x.page, x.bbox, x.role) for x in head]
    whole = _without_navigation(list(_whole_lines(head)))
    found = [title for _, _, title in whole]
    found += list(_inside([c for c in cut if c.text.strip()]))
    if not any(t.issuer or t.year for t in found):
        found += [t for _, _, t in _without_navigation(list(_whole_lines(body)))][:1]
    period = _period(opening)
    notes: list[str] = []

    def rank(title: Title) -> tuple[bool, float, int]:
        return (period is not None and title.year == period, _TRUST[title.kind], -title.span[0])

    dated = [t for t in found if t.year is not None]
    best = max(dated, key=lambda t: (_TRUST[t.kind] >= 0.9, *rank(t)), default=None)
    title = best or max(found, key=rank, default=None)
    year, year_confidence = _settle_year(best, period, opening, notes)
    issuer, issuer_confidence = None, 0.0
    named = [t for t in found if t.issuer and (t.year is None or year is None or t.year in (year, best and best.year))]
    if named:
        first = max(named, key=lambda t: (t.year is not None, *rank(t)))
        issuer, issuer_confidence = first.issuer, _TRUST[first.kind]
        others = [t for t in named if not same_issuer(t.issuer, issuer)]
        if others and not any(_contains(t.issuer, issuer) for t in others):
            issuer_confidence = round(issuer_confidence - 0.2, 4)
            notes.append(f"标题中出现不同的机关名称：{issuer}、{others[0].issuer}")
    if issuer is None and title is not None:
        above = _line_above(title, head)
        if above:
            issuer, issuer_confidence = above, 0.97
    if issuer is None:
        guess = _from_opening(opening) or _from_signature(body)
        if guess:
            issuer, issuer_confidence = guess
    return Identity(
        issuer,
        issuer_confidence if issuer else 0.0,
        year,
        year_confidence if year else 0.0,
        title.span if title else None,
        tuple(notes),
        period,
    )


def _contains(a: str | None, b: str | None) -> bool:
    ka, kb = _key(a), _key(b)
    return bool(ka and kb) and (ka.endswith(kb) or kb.endswith(ka))


def _opening(lines: Sequence[Line], prose: Sequence[ProseLine] | None) -> tuple[str, int]:
    """Return the prose before and just behind 一、总体情况, without white space, and where the section begins."""
    position = None
    for line in lines:
        t = _tight([(line.text, line.span[0])])
        # On a line that holds a whole document the heading stands in its middle; 全文包括总体情况 is no heading.
        m = re.search(r"(?:^|[。！）;；.])(?:第一部分|一、)(?:政府信息公开)?(?:工作)?(?:总体|基本|概述|概况|工作)", t.text)
        if m and line.role == "body":
            position = t.at[m.start()] + (0 if m.start() == 0 else 1)
            break
    source = [(p.text, p.span[0]) for p in prose] if prose else [(x.text, x.span[0]) for x in lines if x.role == "body"]
    limit = (position if position is not None else (source[0][1] if source else 0)) + 1500
    t = _tight([s for s in source if s[1] < limit])
    text = t.text[: next((i for i, a in enumerate(t.at) if a >= limit), len(t.text))]
    if position is None:
        position = lines[min(len(lines) - 1, 14)].span[0] + 400 if lines else 0
    return text, position


def _period(opening: str) -> int | None:
    m = _PERIOD.search(opening)
    return _year(m["y"]) if m else None


# Where neither a title nor a period gives the year: the first words of section 一, what is reported, the notice.
_YEAR_HINTS = (
    (rf"(?:^|[。：]|情况|概述|概况)(?P<y>{_YEAR})年(?:度|来|以来)?，", 0.6),
    (rf"(?:现将|现就)[^，。]{{0,16}}(?P<y>{_YEAR})年度?[^，。]{{0,16}}(?:汇报|报告|公布|总结)", 0.6),
    (rf"(?P<y>{_YEAR})年度?政府信息公开(?:工作)?年度报告", 0.55),
)


def _settle_year(best: Title | None, period: int | None, opening: str, notes: list[str]) -> tuple[int | None, float]:
    if best is not None and best.year is not None:
        if period is None:
            return best.year, round(_TRUST[best.kind] - 0.01, 4)
        if period == best.year:
            return best.year, 1.0
        notes.append(f"标题年份（{best.year}）与统计期限年份（{period}）不一致")
        return best.year, 0.6
    if period is not None:
        return period, 0.93
    for pattern, confidence in _YEAR_HINTS:
        m = re.search(pattern, opening)
        if m:
            return _year(m["y"]), confidence
    return None, 0.0


def _line_above(title: Title, lines: Sequence[Line]) -> str | None:
    """Return the body on the line above a title that names none (某县人民政府 / 2020年…年度报告)."""
    before = [x for x in lines if x.span[1] <= title.span[0]]
    if not before or title.kind not in ("line", "marked", "inline"):
        return None
    name = "".join(before[-1].text.split())
    return name if _is_name(name) else None

"""Titles of reports: what is one, and what it says.

A title is found by its core (政府信息公开工作年度报告 and its variants); what stands around the core is the issuer and
the year. Names of laws and notices (《…年度报告格式》, 关于做好…的通知), links to other years and web-site names are
not titles.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from .document import Line
from .geometry import Span
from .numerals import chinese_number, map_radicals

TitleKind = Literal["marked", "line", "labelled", "inline", "quoted", "sentence"]
# How sure a place makes us that this is the title of this report.
TRUST: dict[TitleKind, float] = {
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


# ---- the words of a title ------------------------------------------------------------------------------------------

YEAR = r"(?:(?:19|20)\d\d|[一二][九〇○零OＯo0][〇○零OＯo0一二三四五六七八九]{2})"
_YEAR_WORD = rf"(?P<y>{YEAR})(?:年度|年|度)?"
_YEARS = re.compile(rf"(?<![\d〇]){_YEAR_WORD}(?!\d)")
# 政府信息公开工作年度报告; 政府信息公开2020年度报告; 政务公开工作情况报告; 信息公开年报
_CORE = re.compile(
    rf"(?:政府信息(?:与政[务務])?公[开開]|政[务務]信息公[开開]|政[务務]公[开開]|信息公[开開])(?:工作)?(?:(?P<mid>{YEAR})年?度?)?(?:工作)?(?:情况)?的?"
    r"(?:年度(?:工作|总结|情况)?[报報]告书?|年度总结|年度报表?|度?[报報]告|工作[报報]告|工作总结|总结|年[报報])"
)
# What may stand behind the core on the line of the title.
_TAIL = re.compile(
    rf"(?:[（(](?P<late>{YEAR})年?度?[）)]|[（(][^（）()]{{1,16}}[）)]|[-－—_|–·>＞].{{0,60}}|\.(?:pdf|docx?|html?)|全文|"
    r"(?:发布|公布)?(?:日期|时间)[:：]?[\d\-年月日:： ]*|》)?"
)
# Behind the core these make it the name of a notice, a form, or a task.
_NOT_TITLE_AFTER = re.compile(
    r"^》?(?:的?格式|模板|范本|样式|有关|编制|编写|编报|的?通知|发布工作|公布工作|报送|撰写|工作的|等|制度|专栏|栏目|和|的要求|数据)"
)
NOT_TITLE_BEFORE = re.compile(
    r"做好|印发|报送|编制好|通知|要求|规定|根据|按照|依据|格式|参照|往年|历年|上年|下一年|以往"
)
_VERBS = re.compile(
    r".*(?:现将|现公布|现发布|现就|公布|发布|公开|编制了?|形成|撰写了?|制定|完成了?|起草|汇总|特向社会公布|如下|下面是|关于|为|是)"
)
_LABEL = re.compile(
    r"^(?:[（(]?(?:标题|题目|题名|名称|信息名称|文件名称|公文名称|主题名称|文章标题|报告名称)[)）]?)[:：]?"
)
_NOISE = re.compile(
    r"首页|位置|年报|来源|时间|日期|栏目|正文|打印|字号|发布|政务公开|信息公开|索引|浏览|作者|文号|网站|公开目录|公开指南|政府网|门户|\d"
)
PRONOUN = re.compile(
    r"^(?:[我本全该各](?:县|市|区|镇|乡|局|办|街道|州|省|委|厅|单位|机关|部门|院|站|中心|行政机关|级)*(?:人民政府|政府)?|"
    r"县|市|区|镇|乡|省|度|年|年度|工作|有关|单位|关于|中华人民共和国|国务院办公厅.*|国办.*|县级|基层|政府|人民政府|主动公开|全文)$"
)
# What many bodies are called: no name of one.
NAMELESS = re.compile(
    r"(?:(?:综合|行政|服务|管理|执法|监督)*(?:[局委厅处站所]|中心|分局|支队|大队|总队|委员会|管委会|办公室|办事处)|街道(?:办|办事处)?|"
    r"[省市州盟县区旗镇乡](?:人民)?政府(?:办公[室厅])?|学校|医院|公司|集团|单位|部门|网站|门户网站)"
)
# A school year is no year of a report.
_SCHOOL_YEAR = re.compile(rf"{YEAR}(?:学?年度?)?[-—－–~～至/]+{YEAR}学年度?")
# A line that is a year and nothing else, above or below a title that has none.
_YEAR_LINE = re.compile(rf"[（(〔\[]?(?P<y>{YEAR})(?:年度|年|度)[）)〕\]]?")
# How the name of a body ends.
BODY = re.compile(
    r"(?:[省市州盟县区旗镇乡村]|街道|街|政府|[局委厅部署办院所处队站社会馆台园]|中心|公司|集团|学校|大学|学院|中学|小学|医院|银行|"
    r"法院|检察院|开发区|新区|办公室|办事处|管理委员会|管委会|委员会|联合会|总站|团|协会|农场|林场|兵团|分局|支队|大队|基地|"
    r"（[^（）]{2,30}）|\([^()]{2,30}\))$"
)
MAX_ISSUER = 45
_MAX_TITLE_LINE = 60
# A title may be wrapped over this many lines.
_WINDOW = 4


def year_of(printed: str | None) -> int | None:
    """Return the year that digits or Chinese numerals say (2023, 二〇二三)."""
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
# Not white space; marks of Markdown count as such.
_INK = re.compile("[^#*`\\s\u3000\u00a0\u200b-\u200f\u2060\ufeff\u00ad]+")


@dataclass(frozen=True, slots=True)
class Tight:
    """Text without white space; `at[i]` is the offset of character i, `gap[i]` tells of white space before it."""

    text: str
    at: tuple[int, ...]
    gap: tuple[bool, ...]

    def span(self, start: int, end: int) -> Span:
        """Return the place of text[start:end] in the document."""
        return (self.at[start], self.at[end - 1] + 1)


def tight(pieces: Sequence[tuple[str, int]]) -> Tight:
    """Join (text, offset) pieces; a new piece counts as white space."""
    chars: list[str] = []
    at: list[int] = []
    gap: list[bool] = []
    for text, base in pieces:
        for word in _INK.finditer(map_radicals(text).translate(_FOLD)):
            start, end = word.span()
            chars.append(word.group())
            at += range(base + start, base + end)
            gap += [True] + [False] * (end - start - 1)
    return Tight("".join(chars), tuple(at), tuple(gap))


# The name of a site, set apart from that of a body that says its own place.
_SITE = re.compile("(?:人民政府|政府|管委会)$")
_PLACED = re.compile("[^省市州盟县区旗镇乡]{1,8}(?:[省市州盟县区旗镇乡]|街道).{2,}")


# Links of a page, which begin with the name of the place as bodies do.
_SECTIONS = re.compile("概况|动态|要闻|服务$|互动|之窗|导航|链接|专题|数据$|资讯|新闻")


def _clean(left: str, gaps: Sequence[bool], *, strict: bool) -> tuple[str | None, int]:
    """Return the issuer at the end of `left`, and where it begins.

    Args:
        left: What stands before the year or the core.
        gaps: For each character, whether white space stands before it.
        strict: Ask for the ending of a body's name (where `left` may hold other words).
    """
    begin = 0
    cut = max((left.rfind(c) for c in "：:>＞›»《“”\"'|/\\。，；,;！？、-－_【】"), default=-1)
    if cut == len(left) - 1 and left.endswith(("：", "】")):  # 某局：2023年…, 【某局】2023年…
        name = left[:cut].lstrip("【")
        return (name, cut - len(name)) if is_name(name) else (None, cut + 1)
    begin = max(begin, cut + 1)
    # From the right, take words that white space sets apart, until one that belongs to the page.
    words: list[int] = [i for i in range(begin, len(left)) if gaps[i] and i > begin] + [len(left)]
    start = begin
    for i in range(len(words) - 2, -1, -1):
        word = left[(words[i - 1] if i else begin) : words[i]]
        if _SITE.search(word) and _PLACED.match(left[words[i] : words[i + 1]]):
            start = words[i]
            break
        if _NOISE.search(word) and not BODY.search(word):
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
    trimmed = (
        re.sub(r"(?:关于|的|编制|公布|发布|[年度])*(?:（|\()?$", "", name) if not name.endswith("年度") else name[:-2]
    )
    trimmed = trimmed.rstrip("_-—－·")
    if NAMELESS.fullmatch(trimmed):
        return None, start
    if not trimmed or len(trimmed) > MAX_ISSUER or PRONOUN.match(trimmed) or re.search(r"[\d。，；：]", trimmed):
        return None, start
    if strict and not BODY.search(trimmed):
        return None, start
    return trimmed, start


def _parse(t: Tight, core: re.Match[str], begin: int, *, strict: bool) -> tuple[str | None, int | None, int, int]:
    """Return (issuer, year, begin, end) of the title around `core`; the title begins at `begin` or later."""
    left = t.text[begin : core.start()]
    if left.endswith("人民") and core.group().startswith("政府"):
        left += "政府"  # 某县人民政府信息公开…: the core has eaten a part of the name
    gaps = [*t.gap[begin : core.start()], False, False]
    end = core.end()
    late = _TAIL.match(t.text, end)
    year = year_of(core["mid"]) or year_of(late["late"] if late and late["late"] else None)
    if late and late["late"]:
        end = late.end()
    school = _SCHOOL_YEAR.search(left)
    found = [] if school else list(_YEARS.finditer(left))
    if school:
        issuer, offset = _clean(left[: school.start()], gaps, strict=strict)
    elif found:
        m = found[-1]
        year = year or year_of(m["y"])
        issuer, offset = _clean(left[: m.start()], gaps, strict=strict)
        after = re.sub("^(?:的|，|关于)", "", left[m.end() :])
        if issuer is None and after:
            issuer, _ = _clean(after, [False] * (len(after) + 1), strict=strict)
            offset = m.start()
        elif after and issuer is not None and BODY.search(after) and not PRONOUN.match(after):
            issuer = issuer + after if not after.startswith(issuer) else after
        elif issuer is None:
            offset = m.start()
    else:
        issuer, offset = _clean(left, gaps, strict=strict)
    return issuer, year, min(begin + max(offset, 0), core.start()), end


# ---- finding titles ------------------------------------------------------------------------------------------------

# The body behind the core: 2023年…年度报告（某局）, …年度报告——某局.
_BEHIND = re.compile("(?:[（(]|——|--)(?P<name>[^（）()—-]+)[）)]?")
_LINE_NOISE = re.compile(r"[。；？！]")


def whole_titles(lines: Sequence[Line]) -> Iterator[tuple[int, int, Title]]:
    """Yield (first, last, title) for titles that fill one line or some consecutive ones."""
    i = 0
    while i < len(lines):
        best: tuple[int, int, Title] | None = None
        for size in range(1, _WINDOW + 1):
            window = lines[i : i + size]
            if len(window) < size or (size > 1 and any(w.role == "meta" for w in window)):
                break
            if any(_LINE_NOISE.search(w.text) for w in window):
                break
            t = tight([(w.text, w.span[0]) for w in window])
            if len(t.text) > _MAX_TITLE_LINE + 60:
                break
            title = _whole(t, window[-1].role)
            if title and (best is None or (title.issuer is not None and best[2].issuer is None)):
                best = (i, i + size - 1, title)
                # A title that stands complete on fewer lines wins over one that takes in the next line.
                break
        if best and best[1] > i and not _needs_first(lines[i : best[1] + 1], best[2].issuer):
            best = None  # the line above is not a part of the title: it will be found from the next line on
        if best:
            yield _with_year(best, lines)
            i = best[1] + 1
        else:
            i += 1


def _with_year(found: tuple[int, int, Title], lines: Sequence[Line]) -> tuple[int, int, Title]:
    """Take the year of a title that has none from the line below or above, if that is a year and nothing else."""
    first, last, title = found
    if title.year is None and title.kind != "labelled":
        for i in (last + 1, first - 1):
            m = _YEAR_LINE.fullmatch(tight([(lines[i].text, 0)]).text) if 0 <= i < len(lines) else None
            if m:
                return first, last, replace(title, year=year_of(m["y"]))
    return found


def _needs_first(window: Sequence[Line], issuer: str | None) -> bool:
    """Tell whether the first of some lines belongs to the title that they make, with this issuer."""
    rest = _whole(tight([(w.text, w.span[0]) for w in window[1:]]), window[-1].role)
    if rest is None:
        return True
    first = "".join(window[0].text.split())
    if issuer and _torn(first, issuer, "".join(window[1].text.split())):
        return True
    if rest.year is None:
        first = _YEARS.sub("", first)
    return rest.issuer is None and is_name(first)


def _torn(first: str, issuer: str, second: str) -> bool:
    """Tell whether a line ends inside the name of a body that the next line completes (…和城乡建 / 设局2023年…)."""
    return (
        issuer.startswith(first)
        and is_name(issuer)
        and not is_name(first)
        and bool(_PLACED.match(first))
        and not _PLACED.match(issuer.removeprefix(first))
        and not _SECTIONS.search(first)
        and second.startswith(issuer.removeprefix(first))
    )


def is_name(name: str) -> bool:
    """Tell whether a line is the name of a body and nothing else."""
    return (
        2 < len(name) <= MAX_ISSUER
        and bool(BODY.search(name))
        and not re.search(r"[。，；：:\d>＞]|首页|公开|来源|网站|年报|当前|位置", name)
        and not PRONOUN.match(name)
        and not NAMELESS.fullmatch(name)
    )


_UNPLACED = re.compile(
    "(?!国家|中国|中央|全国|国务院)(?!.*街道)[^省市州盟县区旗镇乡]{1,8}(?:局|委|委员会|办公室|办|中心)"
)


def is_unplaced(name: str) -> bool:
    """Tell whether a name says what a body does and not where: 教育局, 市场监督管理局."""
    return bool(_UNPLACED.fullmatch(re.sub("市场|城市|城乡|乡村|社区|地区|区域|园区|城镇|县域", "", name)))


def _whole(t: Tight, role: str) -> Title | None:
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
    if NOT_TITLE_BEFORE.search(left) or re.search(r"[，,]", left) or left.endswith("中华人民共和国"):
        return None
    if core.start() == begin and not re.search("年度|年报", core.group()):
        return None
    issuer, year, start, end = _parse(t, core, begin, strict=False)
    if not issuer and year is None and re.search("专栏|栏目|指南|目录|公开年报$", t.text) and len(t.text) < 12:
        return None  # a link of the navigation: 信息公开年报
    behind = _BEHIND.fullmatch(t.text[core.end() :]) if issuer is None else None
    if behind and is_name(behind["name"]):
        issuer, end = behind["name"], len(t.text)
    kind: TitleKind = "labelled" if label else "marked" if role == "title" else "line"
    return Title(t.span(start, end), issuer, year, kind)


def inside_titles(lines: Sequence[Line]) -> Iterator[Title]:
    """Yield titles that stand inside a line: in 《》, in a sentence, or among the words of a web page."""
    for line in lines:
        t = tight([(line.text, line.span[0])])
        for core in _CORE.finditer(t.text):
            if _NOT_TITLE_AFTER.match(t.text[core.end() :]):
                continue
            quote = t.text.rfind("《", 0, core.start())
            if quote >= 0 and "》" not in t.text[quote : core.start()]:
                if NOT_TITLE_BEFORE.search(t.text[quote : core.start()]) or not re.match(
                    r"(?:（[^（）]*）)?[》〉]", t.text[core.end() :]
                ):
                    continue
                issuer, year, start, end = _parse(t, core, quote + 1, strict=False)
                if issuer or year:
                    yield Title(t.span(start, end), issuer, year, "quoted")
                continue
            sentence = max(t.text.rfind(c, 0, core.start()) for c in "。；！？，") + 1
            left = t.text[sentence : core.start()]
            if NOT_TITLE_BEFORE.search(left) or core.group().endswith("总结"):
                continue
            issuer, year, start, end = _parse(t, core, sentence, strict=True)
            if year is None:
                continue
            apart = t.gap[start] and (end >= len(t.text) or t.gap[end] or t.text[end] in "_-—|（")
            yield Title(t.span(start, end), issuer, year, "inline" if apart else "sentence")


def without_navigation(found: list[tuple[int, int, Title]]) -> list[tuple[int, int, Title]]:
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

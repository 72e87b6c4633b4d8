"""Prose made ready for reading facts: wrapped lines joined, offsets kept, numbers and words for nought found.

Nothing here knows what a number means; that is `gxml.facts` with forms/patterns.toml.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from .geometry import Span
from .numerals import CHINESE_NUMERAL, chinese_number, map_radicals, traditional

# One character for one character, so that offsets hold. Half-width punctuation becomes full-width: one spelling.
_FOLD = {ord("０") + i: str(i) for i in range(10)} | str.maketrans(
    {"％": "%", "．": ".", "﹪": "%", "(": "（", ")": "）", ":": "：", ";": "；", "?": "？", "!": "！"}
    | {"﹒": ".", "｡": "。", "､": "、", "︰": "：", "﹐": "，", "|": "；", "\t": "；", "･": "·"}
)
_FOLD.update(traditional())
# Not white space, nor a mark of Markdown.
_KEPT = re.compile("[^#*`\\s\u3000\u00a0\u200b-\u200f\u2028-\u202d\u2060\ufeff\u00ad\ue5e5]+")
# White space between two digits of a line, with marks that are not kept either. A wrapped number has a line end there.
_MARKS = "[#*`\u200b-\u200f\u2060\ufeff\u00ad]*"
_GAP = rf"(?:{_MARKS}(?:[^\S\n\r\t\x0b\x0c\x1c-\x1e\x85\u2028\u2029]|\ue5e5))+{_MARKS}"
_GROUP = r"\d(?:[,.．]?\d)*"
_SPACED = re.compile(rf"(?<!\d)(?<!\d[,.．]){_GROUP}(?:{_GAP}{_GROUP})+(?P<year>\s*年)?")
_BETWEEN_DIGITS = re.compile(rf"(?<=\d){_GAP}(?=\d)")
_YEAR = re.compile(r"(?:19|20)\d\d")
SENTENCE_END = "。！？"
BOUNDARY = "，；。！？"

# A line that opens a new paragraph: an enumerator or a heading of the form.
OPENER = re.compile(
    r"^(?:[一二三四五六七八九十]{1,3}、|（[一二三四五六七八九十]{1,3}）|（\d{1,2}）|\d{1,2}[.、．](?!\d)|第[一二三四五六]部分)"
)
_PAGE_NUMBER = re.compile(r"^[-—–－·\s]*(?:第\s*)?\d{1,3}(?:\s*页)?[-—–－·\s]*$")
# A line without a full stop that is shorter than this was not wrapped: it is a heading or stands alone.
_WRAPPED_MIN = 18


@dataclass(frozen=True, slots=True)
class ProseLine:
    """A line or paragraph of prose.

    Attributes:
        text: As in `Document.text`.
        span: Place in `Document.text`.
        page: 1 for the first page.
        section: 1 to 6, None where unknown (the preamble).
    """

    text: str
    span: Span
    page: int = 1
    section: int | None = None


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Joined prose. `text[i]` is printed at `at[i]` of the document, on `pages[i]`."""

    text: str
    at: tuple[int, ...]
    pages: tuple[int, ...]
    section: int | None

    def span(self, start: int, end: int) -> Span:
        """Return the place of text[start:end] in the document."""
        if start >= end:
            here = self.at[min(start, len(self.at) - 1)]
            return (here, here)
        return (self.at[start], self.at[end - 1] + 1)

    def cut(self, start: int, end: int) -> Paragraph:
        """Return the piece text[start:end]."""
        return Paragraph(self.text[start:end], self.at[start:end], self.pages[start:end], self.section)


def fold(text: str) -> tuple[str, list[int]]:
    """Return `text` in the spelling that patterns use, without white space, and the offset of each character."""
    mapped = map_radicals(text).translate(_FOLD)
    kept: list[str] = []
    at: list[int] = []
    for run in _KEPT.finditer(mapped):
        kept.append(run.group())
        at += range(*run.span())
    # A half-width comma is a separator unless it stands between digits of one number.
    first, *rest = "".join(kept).split(",")
    out = first
    for piece in rest:
        out += ("," if out[-1:].isdigit() and piece[:1].isdigit() else "，") + piece
    return out, at


# Marks of Markdown between digits: 12*3, or a number that is bold in part.
_MARKED = re.compile(r"(?<=\d)[#*`]+(?=\d)")


def part_numbers(text: str) -> str:
    """Return `text` with a slash in the place of white space between numbers, so that folding glues no two of them.

    Digits behind a space may be a footnote's or another column's: neither number counts then. Single digits are
    letter-spaced (1 2 3) and stay one number, as does a year (20 24年). The length stays the same.
    """
    text = _MARKED.sub(lambda marks: "/" + marks.group()[1:], text)
    return _SPACED.sub(_with_slashes, text)


def _with_slashes(match: re.Match[str]) -> str:
    groups = _BETWEEN_DIGITS.split(match.group().removesuffix(match["year"] or ""))
    if all(len(g) == 1 for g in groups) or (match["year"] and _YEAR.fullmatch("".join(groups))):
        return match.group()
    return _BETWEEN_DIGITS.sub(lambda gap: "/" + gap.group()[1:], match.group())


def paragraphs(lines: Sequence[ProseLine]) -> list[Paragraph]:
    """Join wrapped lines to paragraphs.

    A line goes on in the next one unless it ends a sentence, is too short to have been wrapped, the next one opens
    with an enumerator, or the section changes. Page numbers between them are skipped. Where it cannot be told whether
    the digits of two lines are one number, a slash stands between them, so that neither counts.
    """
    done: list[Paragraph] = []
    text = ""
    at: list[int] = []
    pages: list[int] = []
    section: int | None = None
    last_line = ""
    parted = False

    def close() -> None:
        nonlocal text, at, pages
        if text:
            done.append(Paragraph(text, tuple(at), tuple(pages), section))
        text, at, pages = "", [], []

    for line in lines:
        if _PAGE_NUMBER.match(line.text.strip()) and line.text.strip():
            parted = parted or line.text.strip().isdigit()
            continue
        folded, offsets = fold(part_numbers(line.text))
        if not folded:
            continue
        digits = text[-1:].isdigit() + folded[:1].isdigit()
        # a line of digits alone may be part of the number around it; a short line that ends in one may be wrapped, too
        cut = bool(text) and ((parted and digits > 0) or (digits == 2 and len(last_line) < _WRAPPED_MIN))
        ends = last_line.endswith((*SENTENCE_END, "：", "；")) or len(last_line) < _WRAPPED_MIN
        if text and (ends or line.section != section or OPENER.match(folded)):
            cut = cut and line.section == section and not OPENER.match(folded)
            if not cut:
                close()
        if cut:
            text, at, pages = text + "/", [*at, line.span[0]], [*pages, line.page]
        parted = False
        section = line.section
        text += folded
        at += [line.span[0] + o for o in offsets]
        pages += [line.page] * len(folded)
        last_line = folded
    close()
    return done


# The tables of a document that has all on one line.
_TABLES = re.compile(r"(?:第二十条第（[一五六八九]）项|信息内容本年|申请人情况)")
_AFTER_TABLES = re.compile(r"五、(?:政府信息公开工作)?(?:目前)?存在")


def prose_only(paragraph: Paragraph) -> list[Paragraph]:
    """Cut the form's tables out of a paragraph that holds a whole document on one line."""
    m = _TABLES.search(paragraph.text)
    if not m:
        return [paragraph]
    pieces = [paragraph.cut(0, m.start())]
    after = _AFTER_TABLES.search(paragraph.text, m.end())
    if after:
        pieces.append(paragraph.cut(after.start(), len(paragraph.text)))
    return [x for x in pieces if x.text]


# ---- numbers -------------------------------------------------------------------------------------------------------

# Longest first where one unit begins with another.
UNITS = (
    "个百分点|百分点|个工作日|工作日|个小时|小时|分钟|个月|人（次）|人次|件次|条次|篇次|场次|班次|批次|期次|频次|个次|家次|"
    "万元|亿元|元|个|条|篇|件|份|项|次|场|期|人|名|位|家|部|宗|起|例|卷|封|页|批|幅|组|套|户|则|通|张|类|种|集|段|轮|回|帖|"
    "处|台|所|块|辆|座|层|楼|室|栋|号|届|届次|年|月|日|天|周|时|分|点|字|栏|村|%|余人|倍|档|级|章|章节|步|平方米|亩|公里"
)
# Units that make a number a date, a time, a place, a share, an ordinal: never a count of anything reported.
NEVER_UNITS = frozenset(
    [
        "个百分点",
        "百分点",
        "个工作日",
        "工作日",
        "个小时",
        "小时",
        "分钟",
        "个月",
        "层",
        "楼",
        "室",
        "栋",
        "号",
        "届",
        "届次",
        "年",
        "月",
        "日",
        "天",
        "周",
        "时",
        "分",
        "点",
        "倍",
        "级",
        "章",
        "平方米",
        "亩",
        "公里",
    ]
)
_DIGITS = r"\d{1,3}(?:[,，]\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)?"
_CANDIDATE = re.compile(
    rf"(?P<num>{_DIGITS}|百分之[{CHINESE_NUMERAL}]+(?:点[{CHINESE_NUMERAL}]+)?|百分之\d+(?:\.\d+)?|"
    rf"[一二两三四五六七八九]成(?![立效果为员功本品熟套绩长都交型份不])|"
    rf"[{CHINESE_NUMERAL}]+?(?=[余多来]?(?:{UNITS}))|(?<=[为共计达：])[{CHINESE_NUMERAL}]{{2,}}(?=[，。；）]|$))"
    rf"(?P<more1>[余多几来]?)(?P<mult>[十百千万亿]{{0,2}})(?P<more2>[余多来]?)(?P<unit>{UNITS})?"
)
_PERCENT, _TENTHS = "百分之", "成"
# 一百二, 两万二: 120 and 22,000 in speech, 102 and 20,002 where a 零 was left out.
_SPOKEN = re.compile("(?:.*[^零])?[百千万亿][一二两三四五六七八九]")
_LEADING_NOUGHT = re.compile(r"0\d")
# Units of which there are parts of one, and numbers without a unit.
_PARTIBLE = frozenset(("", "%", "元", "万元", "亿元"))
# 数十条, 上百件 and 两三次 say no number; 总数十五件 does.
_VAGUE_BEFORE = re.compile("(?:^|[^总件次人条篇份场个户项起宗量]|好)[数几]$")
# 两三, 十五六, 三四百; digits without 十 and its like are a number spelled digit by digit.
_RANGE = re.compile("[一二两三四五六七八九]{2}|(?=.*[十百千万亿]).*[一二两三四五六七八九]{2}.*")
_MULTIPLIERS = {"": 1, "十": 10, "百": 100, "千": 1000, "万": 10_000, "亿": 10**8, "百万": 10**6, "千万": 10**7}
_APPROX_BEFORE = re.compile(
    r"(?:约|近|超|超过|超出|突破|逾|将近|接近|大约|不少于|不低于|至少|高于|多达|大于|余)(?:达|到|有|了|计)?$"
)
_APPROX_AFTER = re.compile(r"^(?:以上|左右|上下|之多|多)")
# What may not stand directly before a number that counts something (第3次, 〔2020〕53号, IPv6, 0915-252276, H5).
# A dash that is doubled is a colon (不予公开——3件).
# Nor may the rest of a number that was not understood (12,3456条, 3千5百条, 1百零5条) or of a range (2至3条).
_BAD_BEFORE = re.compile(
    r"(?:第|[〔\[【A-Za-z_/.:@\ufffc\u0336\u202e-]|(?<![—－–])[－—–~～]\s*|\d,|[\d一二两三四五六七八九][十百千]零?|[一二两三四五六七八九十百千][万亿]零?|"
    r"\d[万亿]零|(?:[\d二两三四五六七八九十]|(?<![统唯单逐归])一)[至到])$"
)
_BAD_AFTER = re.compile(r"^(?:[〕\]】A-Za-z_@/\ufffc\u0336-]|[－—–~～至到]\d|[零,]?\d)")
# A Chinese numeral inside a word is no number.
_WORDS = re.compile(
    r"一次性|一件事|一条龙|一部分|一个个|一系列|一体|一类|一年|一批|三公|两微|一号|一级|一期工程|一张网|一项制度|一件一|一条线|"
    r"万人次?评|百日|千家|万家|第[一二三四五六七八九十百]+|[一二三四五六七八九十]+是|十四五|十三五|二十大|十九大|三审|三校|"
    r"[一二三四五六七八九十]+届|三个一|一个口子|一把手|一人一|一事一|百姓|百分|进一步|下一步|统一|逐一|每一|某一|任一|同一|另一|"
    r"新一|这一|唯一|之一|单一|不一"
)


@dataclass(frozen=True, slots=True)
class Number:
    """A number with its unit in a paragraph; offsets are of the paragraph.

    Attributes:
        value: With the multiplier applied (1.2万 is 12000).
        start: Begin of the number itself.
        end: End of the number itself, multiplier included, without 余 and the unit.
        stop: End of the unit.
        unit: As printed, "" for none.
        approximate: 约, 近, 余, 多, 以上, ….
        numeral: True for Chinese numerals.
        counts: It could count something: not a date, a time, an ordinal, a document or telephone number.
    """

    value: Decimal
    start: int
    end: int
    stop: int
    unit: str
    approximate: bool
    numeral: bool
    counts: bool = True


def numbers(text: str) -> Iterator[Number]:
    """Yield the numbers of a folded paragraph that could count something, in order.

    Years, dates, hours, ordinals, document numbers, telephone numbers and numerals inside words are left out.
    """
    return (n for n in all_numbers(text) if n.counts)


def all_numbers(text: str) -> Iterator[Number]:
    """Yield every number of a folded paragraph, in order, but for numerals inside words (统一, 一次性).

    Chinese numerals need a unit behind them (or 共计 before them), or they would be found in every other word.
    """
    last: Number | None = None
    for n in _each_number(text):
        joined = _joined(last, n, text) if last else None
        if joined is None and last:
            yield last
        last = joined or n
    if last:
        yield last


def _joined(a: Number, b: Number, text: str) -> Number | None:
    """Return 1万2千 as one number, None where two that follow each other are two."""
    if a.end != b.start or a.unit or text[a.end - 1] not in "万亿" or b.value >= _MULTIPLIERS[text[a.end - 1]]:
        return None
    spoken = b.end - b.start == 1  # 1万2 is 12,000 in speech
    whole = replace(b, value=a.value + b.value, start=a.start, approximate=a.approximate or b.approximate)
    return replace(whole, counts=whole.counts and not spoken)


def _each_number(text: str) -> Iterator[Number]:
    masked = [m.span() for m in _WORDS.finditer(text)]
    for m in _CANDIDATE.finditer(text):
        start = m.start("num")
        printed = m["num"]
        share = printed.startswith(_PERCENT) or printed.endswith(_TENTHS)
        numeral = share or not printed[0].isdigit()
        unit = m["unit"] or ""
        before, after = text[max(0, start - 8) : start], text[m.end() : m.end() + 4]
        if numeral and printed[0] != _PERCENT[0] and any(a <= start < b for a, b in masked):
            continue
        counts = not (_BAD_BEFORE.search(before) or (not unit and _BAD_AFTER.match(after)) or unit in NEVER_UNITS)
        if numeral and not share and _vague(printed, before):
            counts = False
        if not numeral and _LEADING_NOUGHT.match(printed):
            counts = False  # a code, or a number that lost its first digits
        number = _share(printed) if share else _amount(printed, numeral)
        multiplier = m["mult"] or ""
        if number is None or multiplier not in _MULTIPLIERS:
            continue
        if unit == "元" and multiplier in ("万", "亿"):
            unit, multiplier = multiplier + unit, ""  # 万元 is a unit of its own
        end = m.end("mult") if multiplier else m.end("num")
        stop = m.end() if unit else max(end, m.end("more1"))
        if share:
            unit, end, stop = "%", m.end("num"), m.end("num")
        amount = number * _MULTIPLIERS[multiplier]
        if amount != amount.to_integral_value() and unit not in _PARTIBLE:
            counts = False  # 1.234 cases are a thousand, or a misprint
        approximate = bool(
            m["more1"] or m["more2"] or _APPROX_BEFORE.search(before) or _APPROX_AFTER.match(text[stop : stop + 3])
        )
        yield Number(amount, start, end, stop, unit, approximate, numeral, counts)


def _vague(numeral: str, before: str) -> bool:
    """Tell whether a Chinese numeral gives no number: 数十, 几百, 上百, 两三, 十五六, 一百二."""
    hundreds = numeral[0] in "百千万" and before.endswith("上")
    tens = numeral[0] in "十百千万亿" and bool(_VAGUE_BEFORE.search(before))  # 会议数两次 does say one
    return hundreds or tens or bool(_RANGE.fullmatch(numeral) or _SPOKEN.fullmatch(numeral))


def _amount(printed: str, numeral: bool) -> Decimal | None:
    if not numeral:
        return Decimal(re.sub("[,，]", "", printed))
    value = chinese_number(printed)
    return None if value is None else Decimal(value)


def _share(printed: str) -> Decimal | None:
    """Return the per cent of 百分之九十八点五, 百分之百, 百分之95, 九成."""
    if printed.endswith(_TENTHS):
        tenths = chinese_number(printed.removesuffix(_TENTHS))
        return None if tenths is None else Decimal(10 * tenths)
    printed = printed.removeprefix(_PERCENT)
    if printed[0].isdigit():
        return Decimal(printed)
    whole, _, part = printed.partition("点")
    value, digits = chinese_number(whole), [chinese_number(c) for c in part]
    if value is None or any(d is None or d > 9 for d in digits):
        return None
    return Decimal(f"{value}.{''.join(map(str, digits))}" if digits else value)


# ---- words for nought ----------------------------------------------------------------------------------------------

_NOUGHT = re.compile(
    "(?:未(?!经|来|必|能|按|及|成|完|雨|免|知|尽)(?:曾|有)?|没有?|不存在|零(?!星|散|售|距离|部件|点|时)|"
    "无(?!法|障碍|偿|人机|人驾|关|效|缝|力|论|线|须|需|误|疑|限|形|数|私|害|纸|比|遗|谓|期|理|故|感|死角|盲|不))"
    "(?:收到|接到|接收到|接收|接受|受理|发生|产生|出现|收取|存在|发现|引发|涉及|遇到|形成|导致|办理|登记|提起|开展|进行|有)*"
)


def noughts(text: str, start: int = 0, end: int | None = None) -> Iterator[Span]:
    """Yield the places of 未收到, 没有, 无, 零 and their like in a folded paragraph, verb included.

    What they deny is not looked at; words that only begin so (无法, 未来, 零星) and 零 inside a numeral are left out.
    """
    for m in _NOUGHT.finditer(text, start, len(text) if end is None else end):
        around = text[max(0, m.start() - 1) : m.start()] + text[m.start() + 1 : m.start() + 2]
        if m.group() != "零" or not any(c in CHINESE_NUMERAL for c in around):
            yield m.span()

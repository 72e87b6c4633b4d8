"""Facts of the prose, read by rules: which figure says what.

The patterns are data, in forms/patterns.toml, which also explains the frame LEFT # RIGHT that they are matched in.
A trained classifier takes the same place through the `FactReader` protocol; this reader stays as its baseline.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any, Protocol

from .errors import FormError
from .facts_text import BOUNDARY, SENTENCE_END, Number, Paragraph, ProseLine, numbers, paragraphs
from .numerals import to_number
from .template import fact_types

__all__ = ["FactReader", "ProseLine", "RawFact", "RuleReader", "read_facts"]


@dataclass(frozen=True, slots=True)
class RawFact:
    """One figure of the prose.

    Attributes:
        type: One of `gxml.template.fact_types()`.
        value: In the unit of the type.
        unit: The unit of the type.
        raw_unit: The printed unit, None for none.
        approximate: 余, 约, 近, 以上, … stand with it.
        text: The clause that it stands in.
        section: 1 to 6, None where unknown.
        page: 1 for the first page.
        start: Begin of the number (or of 未收到, 没有, 无) in the document's text.
        end: Its end.
        confidence: 0 to 1.
        sentence: The whole sentence up to the end of the clause: says whose figure it is.
        whole: `start` of the fact that this one is a part of ("249条，其中：…39条"), None if of none.
        exhaustive: True for a part whose list claims to be complete (分别为; 其中 and 包括 do not).
    """

    type: str
    value: int | float
    unit: str
    raw_unit: str | None
    approximate: bool
    text: str
    section: int | None
    page: int
    start: int
    end: int
    confidence: float
    sentence: str = ""
    whole: int | None = None
    exhaustive: bool = False


class FactReader(Protocol):
    """Anything that reads facts."""

    def read(self, text: str, lines: Sequence[ProseLine]) -> list[RawFact]:
        """Return the facts of `lines`, whose spans point into `text`, in order of place."""
        ...


def read_facts(text: str, lines: Sequence[ProseLine]) -> list[RawFact]:
    """Read the facts of a document's prose with the rules.

    Args:
        text: The document's text; spans of `lines` point into it.
        lines: Prose in reading order, without the tables.

    Returns:
        Facts in order of place. One number gives one fact, but "没有…复议或诉讼" gives two.
    """
    return RuleReader().read(text, lines)


# ---- the patterns --------------------------------------------------------------------------------------------------


def _any(patterns: Sequence[str]) -> re.Pattern[str] | None:
    return re.compile("|".join(f"(?:{p})" for p in patterns)) if patterns else None


@dataclass(frozen=True, slots=True)
class _Rule:
    type: str
    units: frozenset[str]
    match: tuple[re.Pattern[str], ...]
    predicate: tuple[re.Pattern[str], ...]
    unless: re.Pattern[str] | None
    near: re.Pattern[str] | None
    not_near: re.Pattern[str] | None
    topic: re.Pattern[str] | None
    both: re.Pattern[str] | None
    nearest: tuple[re.Pattern[str], ...]
    confidence: float


@dataclass(frozen=True, slots=True)
class _Zero:
    type: str
    word: re.Pattern[str]
    object: re.Pattern[str]
    unless: re.Pattern[str] | None
    topic: re.Pattern[str] | None
    confidence: float


@dataclass(frozen=True, slots=True)
class _Patterns:
    rules: tuple[_Rule, ...]
    zeros: tuple[_Zero, ...]
    exclude_left: re.Pattern[str]
    exclude_clause: re.Pattern[str]
    exclude_right: re.Pattern[str]
    future: re.Pattern[str]
    plan: re.Pattern[str]
    tail: re.Pattern[str]
    verb: re.Pattern[str]
    items: Mapping[str, re.Pattern[str]]
    item_units: frozenset[str]
    channels: Mapping[str, re.Pattern[str]]


def parse_patterns(text: str) -> _Patterns:
    """Compile the pattern file.

    Raises:
        FormError: It is not TOML, names an unknown type, or holds a pattern that does not compile.
    """
    try:
        data: dict[str, Any] = tomllib.loads(text)
        known = fact_types()
        rules = []
        for r in data["rules"]:
            if r["type"] not in known:
                raise FormError(f"patterns.toml: unknown fact type {r['type']!r}.")
            rules.append(
                _Rule(
                    r["type"],
                    frozenset((data["units"][r["units"][1:]] if r["units"][0] == "@" else r["units"]).split("|")),
                    tuple(re.compile(p) for p in r.get("match", ())),
                    tuple(re.compile(p) for p in r.get("predicate", ())),
                    _any(r.get("unless", ())),
                    re.compile(r["near"]) if "near" in r else None,
                    re.compile(r["not_near"]) if "not_near" in r else None,
                    re.compile(r["topic"]) if "topic" in r else None,
                    re.compile(r["both"]) if "both" in r else None,
                    tuple(re.compile(p) for p in r.get("nearest", ())),
                    float(r["confidence"]),
                )
            )
        zero = data["zero"]
        zeros = tuple(
            _Zero(
                z["type"],
                re.compile(z.get("word", zero["word"])),
                re.compile(z["object"]),
                _any([zero["unless"], *([z["unless"]] if "unless" in z else [])]),
                re.compile(z["topic"]) if "topic" in z else None,
                float(z["confidence"]),
            )
            for z in zero["facts"]
        )
        exclude = data["exclude"]
        items = dict(data["items"])
        item_units = frozenset(items.pop("units").split("|"))
        left, clause, right = (_any(exclude[k]) for k in ("left", "clause", "right"))
        assert left and clause and right
        return _Patterns(
            tuple(rules),
            zeros,
            left,
            clause,
            right,
            re.compile(exclude["future"]),
            re.compile(exclude["plan"]),
            re.compile(data["quantifier"]["tail"]),
            re.compile(data["quantifier"]["verb"]),
            {k: re.compile(v) for k, v in items.items()},
            item_units,
            {k: re.compile(v) for k, v in data["channels"].items()},
        )
    except (tomllib.TOMLDecodeError, re.error, KeyError, TypeError, ValueError) as e:
        raise FormError(f"patterns.toml is not valid: {e!r}", hint="See the comments at its head.") from e


@cache
def _patterns() -> _Patterns:
    return parse_patterns((resources.files("gxml") / "forms" / "patterns.toml").read_text("utf-8"))


# ---- frames --------------------------------------------------------------------------------------------------------

_PARENS = re.compile(r"（[^（）]*）")
# 2433、1664和2247条: which number is of what cannot be told safely
_SHARED_UNIT = re.compile(r"\d[、和及与]$")
_LEAD = re.compile(r"^(?:、|）|以及|和|与|及(?!时))+")
# “某县发布”微信公众号: the name of a channel says nothing about which channel it is
_QUOTED_NAME = re.compile(r"“[^“”]{2,20}”(?=[^，。；]{0,4}(?:微信|微博|公众|抖音|视频号|客户端|头条))")
_COMMON_SCALE = {"万": Decimal(10_000), "亿": Decimal(10**8)}
# The tables of a document that has all on one line.
_TABLES = re.compile(r"(?:第二十条第（[一五六八九]）项|信息内容本年|申请人情况)")
_AFTER_TABLES = re.compile(r"五、(?:政府信息公开工作)?(?:目前)?存在")
_PARTS = re.compile(r"其中|包括|包含|（含|分别(?:是|为)|具体(?:为|是|包括|如下)?|主要(?:为|是|包括)")
# 其中 and 包括 may leave things out; these lists claim to be whole.
_COMPLETE = re.compile(r"分别(?:是|为)|具体(?:为|是|如下)")
_NEW_MATTER = re.compile("收到|受理|办理|开展|组织|召开|举办|举行|回复|答复|全年|引起|引发|接到|接收")
_INLINE_HEADING = re.compile(
    r"(?:（[一二三四五六七八九十]{1,2}）|[一二三四五六]、|\d{1,2}[.、])([^，。；：（）]{2,16}?(?:情况|方面|工作|公开|建设|保障|管理|解读|申请))"
)
_HEAD_MAX = 40
# Sentences before the number in which a `topic` may stand.
_TOPIC_SENTENCES = 2


@dataclass(frozen=True, slots=True)
class _Frame:
    """A number and what stands around it, all in the folded text of its paragraph."""

    number: Number
    paragraph: Paragraph
    left: str
    right: str
    marked: str
    clause: tuple[int, int]
    sentence: str
    carrier: str
    before: str
    topic: str
    after: str
    own_clause: str

    @property
    def start(self) -> int:
        return self.paragraph.span(self.number.start, self.number.end)[0]


def _rfind(text: str, chars: str, end: int) -> int:
    return max(text.rfind(c, 0, end) for c in chars)


def _find(text: str, chars: str, start: int) -> int:
    return min((p for p in (text.find(c, start) for c in chars) if p >= 0), default=len(text))


def _frames(paragraph: Paragraph, heading: str, patterns: _Patterns) -> list[_Frame]:
    text = paragraph.text
    found = list(numbers(text))
    counted = [n for n in found if n.unit or n.end == len(text) or text[n.stop] in BOUNDARY + "、）"]
    frames: list[_Frame] = []
    for i, n in enumerate(counted):
        previous = counted[i - 1].stop if i else 0
        following = counted[i + 1].start if i + 1 < len(counted) else len(text)
        begin = max(_rfind(text, BOUNDARY, n.start) + 1, previous)
        left = text[begin : n.start]
        if left.count("（") > left.count("）"):
            begin += left.rfind("（") + 1
            left = text[begin : n.start]
        left = _LEAD.sub("", _PARENS.sub("", left))
        if "：" in left.rstrip("："):
            left = left[left.rstrip("：").rfind("：") + 1 :]
        left = left.rstrip("：")
        end = min(_find(text, BOUNDARY + "、（）：", n.stop), following)
        right = text[n.stop : end]
        sentence_start = _rfind(text, SENTENCE_END, n.start) + 1
        topic_start = sentence_start
        for _ in range(_TOPIC_SENTENCES):
            topic_start = _rfind(text, SENTENCE_END, max(0, topic_start - 1)) + 1
        inline = [m[1] for m in _INLINE_HEADING.finditer(text, 0, n.start)]
        clause_end = _find(text, BOUNDARY, n.stop)
        core = patterns.tail.sub("", left)
        object_right = right if not core or patterns.verb.search(left) else ""
        frames.append(
            _Frame(
                n,
                paragraph,
                left,
                right,
                f"{core}#{object_right}",
                (min(begin, n.start), clause_end),
                text[sentence_start:clause_end],
                text[max(sentence_start, previous) : n.start],
                text[sentence_start : n.start],
                " ".join([heading, *inline[-1:], text[topic_start:clause_end]]),
                text[n.stop : min(_find(text, BOUNDARY + "（", n.stop), following)],
                text[_rfind(text, BOUNDARY, n.start) + 1 : n.start],
            )
        )
    return frames


# ---- the reader ----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _State:
    """What the reader remembers while it walks through a document."""

    facts: list[RawFact] = field(default_factory=list)
    year: int | None = None


class RuleReader:
    """The rule-based `FactReader`."""

    def __init__(self) -> None:
        self._p = _patterns()

    def read(self, text: str, lines: Sequence[ProseLine]) -> list[RawFact]:
        """Return the facts of `lines` in order of place; see `read_facts`."""
        state = _State(year=_main_year(lines))
        heading = ""
        for paragraph in paragraphs(lines):
            if _is_heading(paragraph.text):
                heading = paragraph.text
                continue
            for piece in _prose_only(paragraph):
                found = self._numbers(piece, heading, state) + self._zeros(piece, heading)
                state.facts += sorted(found, key=lambda f: (f.start, f.type))
        return _settle(state.facts, text)

    # -- numbers

    def _numbers(self, paragraph: Paragraph, heading: str, state: _State) -> list[RawFact]:
        facts: list[RawFact] = []
        last: RawFact | None = state.facts[-1] if state.facts else None
        last_stop = 0
        group: RawFact | None = None
        exhaustive = after_item = False
        for frame in _frames(paragraph, heading, self._p):
            gap = _PARENS.sub("", paragraph.text[last_stop : frame.number.start])
            cue = list(_PARTS.finditer(gap))
            if cue and last is not None and (last_stop or cue[0].start() <= 2):
                group, exhaustive = last, bool(_COMPLETE.search(gap))
            elif any(c in gap for c in SENTENCE_END) or ("；" in gap and group is None):
                group = None
            elif "；" in gap and _NEW_MATTER.search(frame.left):
                group = None  # the list is over: another thing is counted
            last_stop = frame.number.stop
            found = self._one(frame, group, state, after_item and not any(c in gap for c in SENTENCE_END), last)
            after_item = any(f.type in _ITEM_TYPES for f in found)
            for fact in found:
                if group is not None and group.start != fact.start:
                    fact = replace(fact, whole=group.start, exhaustive=exhaustive)
                facts.append(fact)
                if fact.whole is None or cue:
                    last = fact
        return facts

    def _one(self, frame: _Frame, group: RawFact | None, state: _State, after_item: bool, last: RawFact | None) -> list[RawFact]:
        n, p = frame.number, self._p
        if n.numeral and n.value >= Decimal(10_000) and n.end - n.start == 1:
            return []
        if p.exclude_left.search(frame.left) or p.exclude_clause.search(frame.left) or p.exclude_right.search(frame.right):
            return []
        if frame.paragraph.section in (None, 5) and p.future.search(frame.before):
            return []
        if p.plan.search(frame.before) or _SHARED_UNIT.search(frame.before):
            return []
        if _other_year(frame, state.year):
            return []
        for rule in p.rules:
            confidence = self._fits(rule, frame, state.year)
            if confidence is None:
                continue
            listed = group is not None and group.type in _ITEM_TYPES and n.unit in ("条", "篇", "则", group.raw_unit)
            if rule.type == "interpretations" and group is not None and group.type in _ITEM_TYPES:
                listed = bool(re.search("[和与及、].{0,4}解读", frame.left))  # 公文和政策解读信息#: a kind of its own
                if listed:
                    return [self._fact(frame, "part_items", 0.8)]
            listed = listed or (after_item and frame.marked.endswith("类信息#"))
            if listed and rule.type in _PART_KINDS:
                return [self._fact(frame, "part_items", 0.85)]
            if rule.both and rule.both.search(frame.left + "#" + frame.right):
                each = frame.left.endswith("各") or frame.left.endswith("均") or n.value == 0
                if not each:
                    return []  # one figure for both together: neither
                return [self._fact(frame, t, confidence) for t in ("reviews", "lawsuits")]
            return [self._fact(frame, rule.type, confidence)]
        return self._item(frame, group, after_item, last)

    def _fits(self, rule: _Rule, frame: _Frame, year: int | None) -> float | None:
        unit = frame.number.unit
        if unit not in rule.units and (unit or rule.units & {"%", "元"} or not _bare(frame)):
            return None
        if rule.unless and rule.unless.search(frame.left + "#" + frame.right):
            return None
        confidence = rule.confidence
        hit = next((m for m in (r.search(frame.marked) for r in rule.match) if m), None)
        if hit is None:
            hit = next((m for m in (r.search(frame.after) for r in rule.predicate) if m), None)
        if hit is None:
            return None
        if "year" in hit.re.groupindex and hit["year"] and year is not None and int(hit["year"]) <= year:
            return None
        if rule.near and not rule.near.search(frame.sentence):
            return None
        if rule.not_near and rule.not_near.search(frame.sentence):
            return None
        if rule.topic and not rule.topic.search(frame.topic):
            return None
        if rule.topic and not rule.topic.search(frame.sentence):
            confidence -= 0.08
        if rule.nearest and not _nearest(rule.nearest, frame.before):
            return None
        return confidence - (0.02 if frame.number.numeral else 0)

    def _item(self, frame: _Frame, group: RawFact | None, after_item: bool, last: RawFact | None) -> list[RawFact]:
        """Read a count of published information: the channel decides the type.

        Args:
            frame: The number.
            group: The fact whose parts are being listed.
            after_item: The number before it in this sentence was such a count too: a list goes on.
            last: The fact before it.
        """
        p, n = self._p, frame.number
        if n.unit not in p.item_units or p.items["unless"].search(frame.marked.split("#")[0][-14:] + "#" + frame.right[:6]):
            return []
        core, right = frame.marked.split("#", 1)
        noun = re.compile(p.items["noun"].pattern + "$")
        strong_unit = n.unit in ("条", "篇", "则", "条次", "篇次")
        by_noun = bool(noun.search(core)) or bool(re.match(rf"[^，]{{0,8}}?{noun.pattern[:-1]}", right))
        by_verb = strong_unit and bool(re.search(p.items["verb"].pattern + "$", core))
        aside = re.match("（([^（）]{2,8})）", frame.paragraph.text[n.stop :])
        own = self._channels(frame.left + frame.right + (aside[1] if aside else ""))
        if own and not aside and re.search(r"网站(?:及|和|、|以及)\d+[个家]$", frame.own_clause.removesuffix(frame.left)):
            own |= {"website"}  # 政府网站及30个政务新媒体发布信息#
        if group is not None and group.type in _ITEM_TYPES | {"interpretations"}:
            if not (strong_unit or n.unit == (group.raw_unit or "")):
                return []
            if not own or _channel_type(own) in (group.type, None):
                return [self._fact(frame, "part_items", 0.88)]
        by_channel = strong_unit and bool(own) and _ends_with_channel(core, p)
        if not (by_noun or by_verb or by_channel):
            if strong_unit and (p.items["published"].search(core) or (after_item and _is_noun(core)) or p.items["sort"].search(core)):
                return [self._fact(frame, "part_items", 0.75)]
            return []
        if not strong_unit and not (by_noun and re.search("信息$|视频$|图文$|稿件$", core)):
            return []
        named = re.sub("(?<=信息)公开$", "", core)  # 公共资源配置信息公开#
        specific = bool(noun.search(named)) and not p.items["generic"].search(named)
        specific = specific or bool(re.fullmatch("“[^“”]+”(?:信息|类信息)", named))
        if specific and own:
            # beside its channel a list of kinds (文件、动态和业务信息) is all that it published
            listed = bool(re.search("[、和及等].{0,12}信息$|等信息$", core))
            specific = not (listed or _ends_with_channel(core, p) or p.items["channel_generic"].search(core))
        if re.match("其[他它]", core):
            specific = True
        if specific:
            return [self._fact(frame, "part_items", 0.85)]
        carried = own or self._channels(frame.own_clause) or self._channels(frame.carrier)
        if not carried and last is not None and last.type in ("new_media_accounts", "followers"):
            carried = self._channels(frame.before)  # 开设政务新媒体账号6个，全年发布信息#
        if not carried and re.search("推文|图文|文章|稿件|作品|视频|微博$", core + right):
            carried = self._channels(frame.before)  # 公众号…，粉丝…万，发布推文#: still the same account
        kind = _channel_type(carried)
        if kind is None:
            return []
        confidence = 0.92 if kind != "proactive_items" or p.items["whole_year"].search(frame.carrier) else 0.8
        if kind == "proactive_items" and not carried and not p.items["whole_year"].search(frame.carrier):
            if re.search("领域|栏目|专栏|专题|类", frame.before):
                return [self._fact(frame, "part_items", 0.75)]
        return [self._fact(frame, kind, confidence)]

    def _channels(self, text: str) -> frozenset[str]:
        text = _QUOTED_NAME.sub("", text)
        return frozenset(k for k, r in self._p.channels.items() if r.search(text))

    def _fact(self, frame: _Frame, kind: str, confidence: float) -> RawFact:
        n, paragraph = frame.number, frame.paragraph
        start, end = paragraph.span(n.start, n.end)
        value, unit = _in_unit(n, kind)
        return RawFact(
            kind,
            value,
            unit,
            n.unit or None,
            n.approximate,
            paragraph.text[frame.clause[0] : frame.clause[1]].strip("、：）"),
            paragraph.section,
            paragraph.pages[n.start],
            start,
            end,
            round(confidence, 4),
            frame.sentence,
        )

    # -- words that say nought

    def _zeros(self, paragraph: Paragraph, heading: str) -> list[RawFact]:
        facts: list[RawFact] = []
        text = paragraph.text
        units = fact_types()
        for zero in self._p.zeros:
            for m in zero.word.finditer(text):
                if not m.group():
                    continue
                clause_end = _zero_scope(text, m.end(), zero.object)
                scope = text[m.end() : clause_end]
                hit = zero.object.search(scope)
                # 未收到: the object may begin inside the word (无复议)
                if hit is None or any(c.isdigit() for c in scope[: hit.start()]):
                    continue
                # 未收到…申请 is clear; after a bare 未 or 没有 the rest of the clause may turn it (未对…收取费用)
                clear = re.search("[收接]到|受理|接收", m.group())
                rest = "" if clear else scope[hit.end() :] if zero.type == "requests_received" else scope[hit.end() : hit.end() + 6]
                if zero.unless and zero.unless.search(m.group() + scope[: hit.end()] + rest):
                    continue
                begin = _rfind(text, SENTENCE_END, m.start()) + 1
                topic_start = begin
                for _ in range(_TOPIC_SENTENCES):
                    topic_start = _rfind(text, SENTENCE_END, max(0, topic_start - 1)) + 1
                inline = [i[1] for i in _INLINE_HEADING.finditer(text, 0, m.start())]
                if zero.topic and not zero.topic.search(" ".join([heading, *inline[-1:], text[topic_start:clause_end]])):
                    continue
                if text[clause_end : clause_end + 1] in ("，",) and re.match("[^，。；]{0,12}的，", text[m.end() :]):
                    continue  # 未…的，将…: a condition
                facts.append(self._nought(paragraph, zero, m.start(), m.end(), begin, clause_end, units[zero.type].unit))
        facts += self._postposed(paragraph, heading)
        unique = {(f.type, f.start): f for f in facts}
        return list(unique.values())

    def _postposed(self, paragraph: Paragraph, heading: str) -> list[RawFact]:
        """行政复议、行政诉讼均为零; 行政复议：无."""
        text = paragraph.text
        facts: list[RawFact] = []
        for m in _POSTPOSED.finditer(text):
            begin = _rfind(text, BOUNDARY, m.start("word")) + 1
            sentence = _rfind(text, SENTENCE_END, m.start("word")) + 1
            subject = text[begin : m.start("word")]
            topic = heading + text[max(0, sentence - 80) : m.end()]
            for zero in self._p.zeros:
                if zero.type not in ("reviews", "lawsuits", "processing_fee", "requests_received"):
                    continue
                if not zero.object.search(subject) or (zero.topic and not zero.topic.search(topic)):
                    continue
                if zero.type == "requests_received" and re.search("复议|诉讼|费", subject):
                    continue
                facts.append(
                    self._nought(
                        paragraph, zero, m.start("word"), m.end("word"), sentence, m.end("word"), fact_types()[zero.type].unit
                    )
                )
        return facts

    def _nought(
        self, paragraph: Paragraph, zero: _Zero, start: int, end: int, sentence: int, clause_end: int, unit: str
    ) -> RawFact:
        clause = max(_rfind(paragraph.text, BOUNDARY + "：", start) + 1, 0)
        span = paragraph.span(start, end)
        return RawFact(
            zero.type,
            0,
            unit,
            None,
            False,
            paragraph.text[clause:clause_end],
            paragraph.section,
            paragraph.pages[start],
            *span,
            zero.confidence,
            paragraph.text[sentence:clause_end],
        )


_POSTPOSED = re.compile(r"(?:均为?|都为?|为|：|情况为?|数量?为|案件|情况)(?P<word>无|零)(?=[，。；）]|$)")
# Kinds of information that a list of published items counts (政策文件6条), not documents or cases themselves.
_PART_KINDS = {
    "documents_issued", "personnel_documents", "proposals_handled", "opinion_responses", "press_conferences", "trainings",
    "inspections", "normative_documents_issued", "regulations_issued", "online_enquiries",
}  # fmt: skip
_ITEM_TYPES = {"proactive_items", "website_items", "weibo_items", "wechat_items", "new_media_items", "part_items"}


def _channel_type(channels: frozenset[str]) -> str | None:
    """Return the type for the channels that a clause names, None for newspapers and broadcasting alone."""
    if channels == {"press"}:
        return None
    if channels == {"website"}:
        return "website_items"
    if channels == {"weibo"}:
        return "weibo_items"
    if channels == {"wechat"}:
        return "wechat_items"
    if channels and channels <= {"weibo", "wechat", "new_media"}:
        return "new_media_items"
    return "proactive_items"


def _ends_with_channel(core: str, p: _Patterns) -> bool:
    """Tell whether the noun before the number is the channel itself (门户网站信息#)."""
    return any(re.search(f"(?:{r.pattern})(?:平台|公众号|账号|端)*(?:信息|推文|推送|稿件|文章|内容|消息|图文)*$", core) for r in p.channels.values())


def _is_noun(core: str) -> bool:
    """Tell whether the words before the number are a name and no more (社会保险#)."""
    return 2 <= len(core) <= 14 and not re.search(r"[了着过将把被在于对向从由让使]|征集|收到|梳理|提出|整改|\d", core)


def _bare(frame: _Frame) -> bool:
    """Tell whether a number without a unit may still count: 申请数量为0, 粉丝3.2万."""
    n = frame.number
    if n.numeral:
        return False
    text = frame.paragraph.text
    after = text[n.stop : n.stop + 1]
    if after and after not in BOUNDARY + "、）":
        return False
    printed = text[n.start : n.end]
    return "万" in printed or bool(re.search("(?:为|均|数|量|：|达|共|计|超|近|约)$", text[max(0, n.start - 4) : n.start]))


def _nearest(patterns: tuple[re.Pattern[str], ...], before: str) -> bool:
    """Tell whether the first pattern is the last to be named before the number (or none is)."""
    last = [max((m.end() for m in r.finditer(before)), default=-1) for r in patterns]
    return max(last) < 0 or last[0] == max(last)


def _in_unit(n: Number, kind: str) -> tuple[int | float, str]:
    """Return the value in the unit of the type."""
    unit = fact_types()[kind].unit
    value = n.value
    if unit == "元" and n.unit in ("万元", "亿元"):
        value *= _COMMON_SCALE[n.unit[0]]
    number = to_number(value)
    assert number is not None
    return number, unit


def _other_year(frame: _Frame, year: int | None) -> bool:
    """Tell whether the clause gives the figure of another year (2019年收到#; 去年#)."""
    left = frame.left
    if re.search("结转|转结|顺延|遗留|延续|转入", left + frame.right):
        return False
    if re.search("(?:去年|上年度?|上一年度?)[^，]{0,12}$", left) and not re.search("较|比|结转", left):
        return True
    named = re.findall(r"(20\d\d)年", left)
    if not named or year is None:
        return False
    return int(named[-1]) != year and not re.search(r"以来|截[至止]|《[^》]*$|自20", left)


def _main_year(lines: Sequence[ProseLine]) -> int | None:
    """Return the year that the prose speaks of: the one of 统计期限, else the one named most."""
    text = "".join("".join(line.text.split()) for line in lines)
    period = re.search(r"统计(?:期限|时限|时间|数据)[^，。；]{0,12}?(20\d\d)年1月1日", text)
    if period:
        return int(period[1])
    counts = Counter(re.findall(r"(20\d\d)年", text))
    return int(max(counts.items(), key=lambda kv: (kv[1], -int(kv[0])))[0]) if counts else None


def _is_heading(text: str) -> bool:
    """Tell whether a paragraph is only a heading."""
    return len(text) <= _HEAD_MAX and not re.search(r"[。；，]|\d+[条件次篇]", text) and bool(
        re.match(r"[一二三四五六七八九十]{1,2}、|（[一二三四五六七八九十\d]{1,2}）|\d{1,2}[.、]", text)
        or re.search("(?:情况|方面|工作|事项)[:：]?$", text)
    )


def _prose_only(paragraph: Paragraph) -> list[Paragraph]:
    """Cut the form's tables out of a paragraph that holds a whole document on one line."""
    m = _TABLES.search(paragraph.text)
    if not m:
        return [paragraph]
    pieces = [_cut(paragraph, 0, m.start())]
    after = _AFTER_TABLES.search(paragraph.text, m.end())
    if after:
        pieces.append(_cut(paragraph, after.start(), len(paragraph.text)))
    return [x for x in pieces if x.text]


def _cut(p: Paragraph, start: int, end: int) -> Paragraph:
    return Paragraph(p.text[start:end], p.at[start:end], p.pages[start:end], p.section)


def _zero_scope(text: str, start: int, wanted: re.Pattern[str]) -> int:
    """Return the end of what 没有 at `start` speaks of: its clause, one more if the first names nothing."""
    end = _find(text, BOUNDARY, start)
    if end < len(text) and text[end] == "，" and not wanted.search(text, start, end):
        more = re.compile("，(?:而|被|引|产|申请|提起|发生|进而|从而|导致|、)").match(text, end)
        if more:
            return _find(text, BOUNDARY, end + 1)
    return end


_HANDLED = re.compile("办理|处理")
_DONE = re.compile("办结|答复|完毕|办复|办毕|完成|回复")


def _settle(facts: list[RawFact], text: str) -> list[RawFact]:
    """Drop what other facts make untrue: a running total beside the year's, a clause read twice."""
    seen: dict[tuple[str, int], RawFact] = {}
    for f in sorted(facts, key=lambda f: (f.start, -f.confidence)):
        seen.setdefault((f.type, f.start), f)
    kept = list(seen.values())
    cumulative, new = _patterns().items["cumulative"], _patterns().items["new"]
    out = []
    received = any(f.type == "requests_received" for f in kept)
    for f in kept:
        others = [g for g in kept if g.type == f.type and g.sentence[:8] == f.sentence[:8] and g.start != f.start]
        if (
            f.type in _ITEM_TYPES - {"part_items"}
            and cumulative.search(f.text)
            and any("新增" in g.text and new.search(g.text) for g in others)
        ):
            continue
        if f.type in _ITEM_TYPES and "历年" in f.text:
            continue
        if (
            f.type == "proactive_items"
            and "累计" in f.text
            and re.search("截[至止]|历年|以来|目前", f.sentence)
            and not re.search("全年|本年|今年|年度", f.text)
            and any(g.type == f.type and g.value < f.value and g.whole is None for g in kept)
        ):
            continue  # since ever, beside the year's
        if f.type == "requests_answered" and not received and _HANDLED.search(f.text) and not _DONE.search(f.text):
            # 全年办理申请9件, and nothing else says how many came in: the offices that write so mean both
            f = replace(f, type="requests_received", confidence=round(f.confidence - 0.1, 4))
        out.append(f)
    return out

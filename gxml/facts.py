"""Facts of the prose, read by rules: which figure says what.

The patterns are data, in forms/patterns.toml, which also explains the frame LEFT # RIGHT that they are matched in.
Models read beside these rules by default (`gxml.facts_both`), or in their place through the `FactReader` protocol.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Protocol

from .facts_frames import PARENS, Frame, RawFact, fact_of, frames
from .facts_items import ITEM_TYPES, PART_KINDS, item_fact
from .facts_parts import COMPLETE, NEW_MATTER, PARTS
from .facts_patterns import Rule, patterns
from .facts_text import BOUNDARY, SENTENCE_END, Paragraph, ProseLine, paragraphs, prose_only
from .facts_zero import zero_facts

__all__ = ["FactReader", "ProseLine", "RawFact", "RuleReader", "read_facts", "without_parts"]


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


# Kinds of facts of which a part is a fact of its own.
_PARTS_COUNT = ITEM_TYPES | {"followers", "rate", "training_participants", "processing_fee"}
# Cases that come in several ways, and are often counted together.
_CASES = frozenset({"hotline_cases", "mailbox_cases", "online_enquiries"})


def without_parts(facts: Sequence[RawFact]) -> list[RawFact]:
    """Return the facts that a document states, in the sense of the annotation guidelines.

    Readers also give the parts of a total (提案20件，其中人大建议12件), which `gxml.narrative` adds up; a part of the
    same type as its whole is no fact of its own, but for counts of published information.
    """
    whole = {(f.start, f.type) for f in facts}
    # 热线、信箱等诉求12件，其中热线9件
    mixed = {f.whole for f in facts if f.type in _CASES and (f.whole, f.type) not in whole}
    return [
        f
        for f in facts
        if f.whole is None
        or f.type in _PARTS_COUNT
        or (f.whole, f.type) not in whole
        or (f.type in _CASES and f.whole in mixed)
    ]


# 行政复议应诉案件23件，其中因信息公开引发的…: the number before is of all cases
_OF_THEM_OURS = re.compile("，?其中[^，。；]{0,6}信息公开")
# 累计…80件，其中2022年8件
_OF_THEM_NOW = re.compile(r"，?其中，?(?:20\d\d年|本年|今年|当年)")
_CUMULATIVE = re.compile("累计|历年|以来")
# 2433、1664和2247条: which number is of what cannot be told safely
_SHARED_UNIT = re.compile(r"\d[、和及与]$")
# 公文和政策解读信息#: a kind of its own
_MIXED_KIND = re.compile("[和与及、].{0,4}解读")
# Off when the heading alone says what a figure is about; off for Chinese numerals.
_TOPIC_ELSEWHERE, _SPELLED = 0.08, 0.02
# Off for a figure of 办理 that is taken as received.
_HANDLED_ONLY = 0.1


@dataclass(slots=True)
class _State:
    """What the reader remembers while it walks through a document.

    Attributes:
        facts: Found so far.
        year: That the prose speaks of.
        last: The last fact that is not a part, or that opened a list.
        group: The fact whose parts are being listed.
        exhaustive: The list claims to be complete.
        after_item: The number before was a count of published information.
        in_parens: The list stands in parentheses, and ends with them.
        outer: The one that goes on behind them.
        not_now: Places of the numbers of plans and of other years.
    """

    facts: list[RawFact] = field(default_factory=list)
    year: int | None = None
    last: RawFact | None = None
    group: RawFact | None = None
    exhaustive: bool = False
    after_item: bool = False
    in_parens: bool = False
    outer: RawFact | None = None
    not_now: set[int] = field(default_factory=set)


class RuleReader:
    """The rule-based `FactReader`."""

    def __init__(self) -> None:
        self._p = patterns()

    def read(self, text: str, lines: Sequence[ProseLine]) -> list[RawFact]:
        """Return the facts of `lines` in order of place; see `read_facts`."""
        return self.read_apart(lines)[0]

    def read_apart(self, lines: Sequence[ProseLine]) -> tuple[list[RawFact], set[int]]:
        """Return the facts, and the places of numbers that are of a plan or of another year: none of them is a fact."""
        state = _State(year=_main_year(lines))
        heading = ""
        for paragraph in paragraphs(lines):
            if _is_heading(paragraph.text):
                heading = paragraph.text
                continue
            for piece in prose_only(paragraph):
                found = self._numbers(piece, heading, state) + zero_facts(piece, heading, self._p)
                state.facts += sorted(found, key=lambda f: (f.start, f.type))
        return _settle(state.facts), state.not_now

    def _numbers(self, paragraph: Paragraph, heading: str, state: _State) -> list[RawFact]:
        out: list[RawFact] = []
        state.group, state.exhaustive, state.after_item, state.in_parens = None, False, False, False
        state.last = state.facts[-1] if state.facts else None
        stop = 0
        for frame in frames(paragraph, heading, self._p):
            gap = PARENS.sub("", paragraph.text[stop : frame.number.start])
            opens = self._follow_list(frame, gap, stop, state)
            stop = frame.number.stop
            found = self._one(frame, state)
            state.after_item = any(f.type in ITEM_TYPES for f in found)
            for fact in found:
                if state.group is not None and state.group.start != fact.start:
                    fact = replace(fact, whole=state.group.start, exhaustive=state.exhaustive)
                out.append(fact)
                if fact.whole is None or opens:
                    state.last = fact
        return out

    def _follow_list(self, frame: Frame, gap: str, stop: int, state: _State) -> bool:
        """Notice whether a list of parts begins, goes on or ends in the words before a number."""
        cue = PARTS.search(gap)
        ended = any(c in gap for c in SENTENCE_END)
        # at the begin of a paragraph only 其中… itself refers back
        opens = cue is not None and state.last is not None and (stop > 0 or cue.start() <= 2)
        if state.in_parens and "）" in gap:
            state.group, state.outer, state.in_parens = state.outer, None, False
            opens = opens and cue is not None and gap.find("）") < cue.start()
        if opens:
            inside = gap.rfind("（") > gap.rfind("）")
            state.outer = state.group if inside else None
            state.group, state.exhaustive, state.in_parens = state.last, bool(COMPLETE.search(gap)), inside
        elif ended or ("；" in gap and (state.group is None or NEW_MATTER.search(frame.left))):
            state.group = None
        if ended:
            state.after_item = False
        return cue is not None

    def _one(self, frame: Frame, state: _State) -> list[RawFact]:
        if self._not_now(frame, state.year):
            state.not_now.add(frame.paragraph.span(frame.number.start, frame.number.end)[0])
            return []
        if self._excluded(frame):
            return []
        for rule in self._p.rules.get(frame.number.unit, ()):
            confidence = _fits(rule, frame, state.year)
            if confidence is None:
                continue
            if _is_part(rule, frame, state):
                return [fact_of(frame, "part_items", 0.85)]
            if rule.type in ("reviews", "lawsuits") and _OF_THEM_OURS.match(frame.paragraph.text, frame.number.stop):
                return []
            if rule.both and rule.both.search(frame.left + "#" + frame.right):
                if frame.number.value != 0 and not frame.left.endswith(("各", "均")):
                    return []  # one figure for both together: neither
                return [fact_of(frame, kind, confidence) for kind in ("reviews", "lawsuits")]
            return [fact_of(frame, rule.type, confidence)]
        item = item_fact(frame, state.group, state.after_item, state.last, self._p)
        return [item] if item else []

    def _excluded(self, frame: Frame) -> bool:
        """Tell whether a number is a comparison or a deadline."""
        n, p = frame.number, self._p
        if n.numeral and n.value >= Decimal(10_000) and n.end - n.start == 1:
            return True  # 万 alone
        if p.exclude_left.search(frame.left) or p.exclude_right.search(frame.right):
            return True
        return bool(_SHARED_UNIT.search(frame.before))

    def _not_now(self, frame: Frame, year: int | None) -> bool:
        """Tell whether a number is of a plan, or of another year."""
        p = self._p
        if p.exclude_clause.search(frame.left) or p.plan.search(frame.before):
            return True
        if frame.paragraph.section in (None, 5) and p.future.search(frame.before):
            return True
        # 累计受理申请80件，其中2022年8件
        if _OF_THEM_NOW.match(frame.paragraph.text, frame.number.stop) and _CUMULATIVE.search(frame.before):
            return True
        return _other_year(frame, year)


def _fits(rule: Rule, frame: Frame, year: int | None) -> float | None:
    """Return the confidence with which a rule takes a number, None if it does not."""
    if frame.number.unit not in rule.units and not _bare(frame):
        return None
    hit = _first(rule.match, frame.marked) or _first(rule.predicate, frame.after)
    if hit is None:
        return None
    if rule.unless and rule.unless.search(frame.left + "#" + frame.right):
        return None
    if "year" in hit.re.groupindex and hit["year"] and year is not None and int(hit["year"]) <= year:
        return None
    if rule.near and not rule.near.search(frame.sentence):
        return None
    if rule.not_near and rule.not_near.search(frame.sentence):
        return None
    if rule.topic and not rule.topic.search(frame.topic):
        return None
    if rule.nearest and not _nearest(rule.nearest, frame.before):
        return None
    confidence = rule.confidence - (_SPELLED if frame.number.numeral else 0)
    return confidence - (_TOPIC_ELSEWHERE if rule.topic and not rule.topic.search(frame.sentence) else 0)


def _first(patterns: Sequence[re.Pattern[str]], text: str) -> re.Match[str] | None:
    for pattern in patterns:
        if hit := pattern.search(text):
            return hit
    return None


def _is_part(rule: Rule, frame: Frame, state: _State) -> bool:
    """Tell whether what a rule takes for documents or cases is one kind in a list of published information."""
    group, unit = state.group, frame.number.unit
    in_list = group is not None and group.type in ITEM_TYPES
    if rule.type == "interpretations":
        return in_list and bool(_MIXED_KIND.search(frame.left))
    if rule.type not in PART_KINDS:
        return False
    if state.after_item and frame.marked.endswith("类信息#"):
        return True
    return in_list and (unit in ("条", "篇", "则") or (group is not None and unit == group.raw_unit))


def _bare(frame: Frame) -> bool:
    """Tell whether a number without a unit may still count: 申请数量为0, 粉丝3.2万."""
    n, text = frame.number, frame.paragraph.text
    after = text[n.stop : n.stop + 1]
    if n.numeral or (after and after not in BOUNDARY + "、）"):
        return False
    return "万" in text[n.start : n.end] or text[: n.start].endswith(
        ("为", "均", "数", "量", "：", "达", "共", "计", "超", "近", "约")
    )


def _nearest(words: tuple[re.Pattern[str], ...], before: str) -> bool:
    """Tell whether the first pattern is the last to be named before the number (or none is)."""
    last = [max((m.end() for m in r.finditer(before)), default=-1) for r in words]
    return max(last) < 0 or last[0] == max(last)


def _other_year(frame: Frame, year: int | None) -> bool:
    """Tell whether the clause gives the figure of another year (2019年收到#; 去年#)."""
    left = frame.left
    if re.search("结转|转结|顺延|遗留|延续|转入", left + frame.right):
        return False
    if re.search("(?:去年|上年度?|上一年度?)[^，]{0,12}$", left) and not re.search("较|比", left):
        return True
    named = re.findall(r"(20\d\d)年", left)
    if not named or year is None:
        return False
    return int(named[-1]) != year and not re.search(r"以来|截[至止]|《[^》]*$|自20", left)


# ---- the document as a whole ---------------------------------------------------------------------------------------

_HEAD_MAX = 40
_HEAD = re.compile(
    r"[一二三四五六七八九十]{1,2}、|（[一二三四五六七八九十\d]{1,2}）|\d{1,2}[.、]|.*(?:情况|方面|工作|事项)[:：]?$"
)
_HANDLED = re.compile("办理|处理")
_DONE = re.compile("办结|答复|完毕|办复|办毕|完成|回复")
_SINCE_EVER = re.compile("截[至止]|历年|以来|目前")
_THIS_YEAR = re.compile("全年|本年|今年|年度")


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
    return len(text) <= _HEAD_MAX and not re.search(r"[。；，]|\d+[条件次篇]", text) and bool(_HEAD.match(text))


def _settle(facts: list[RawFact]) -> list[RawFact]:
    """Drop what other facts make untrue: a running total beside the year's, a figure read twice."""
    seen: dict[tuple[str, int], RawFact] = {}
    for f in sorted(facts, key=lambda f: (f.start, -f.confidence)):
        seen.setdefault((f.type, f.start), f)
    kept = list(seen.values())
    received = any(f.type == "requests_received" for f in kept)
    out = []
    for f in kept:
        if _is_running_total(f, kept):
            continue
        if f.type == "requests_answered" and not received and _HANDLED.search(f.text) and not _DONE.search(f.text):
            # 全年办理申请9件, and nothing else says how many came in: the offices that write so mean both
            f = replace(f, type="requests_received", confidence=round(f.confidence - _HANDLED_ONLY, 4))
        out.append(f)
    return out


def _is_running_total(f: RawFact, facts: list[RawFact]) -> bool:
    """Tell whether a count of published information is the one since ever, beside the year's."""
    if f.type not in ITEM_TYPES - {"part_items"}:
        return False
    if "历年" in f.text:
        return True
    others = [g for g in facts if g.type == f.type and g.start != f.start and g.value < f.value]
    words = patterns().items
    if words["cumulative"].search(f.text) and any("新增" in g.text and words["new"].search(g.text) for g in others):
        return True
    return (
        "累计" in f.text
        and bool(_SINCE_EVER.search(f.sentence))
        and not _THIS_YEAR.search(f.text)
        and any(g.whole is None for g in others)
    )

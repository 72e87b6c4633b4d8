"""Words that say nought: 未收到…申请, 没有…复议或诉讼, 行政复议：无."""

from __future__ import annotations

import re

from .facts_frames import RawFact, find, rfind, topic_of
from .facts_patterns import Patterns, Zero
from .facts_text import BOUNDARY, SENTENCE_END, Paragraph, noughts
from .template import fact_types

# 行政复议、行政诉讼均为零; 因信息公开申请行政复议的情况：无
_POSTPOSED = re.compile(r"(?:均为?|都为?|为|：|情况为?|数量?为|案件|情况)(?P<word>无|零)(?=[，。；）]|$)")
_POSTPOSED_TYPES = frozenset({"reviews", "lawsuits", "processing_fee", "requests_received"})
# 没有因政府信息公开，被申请行政复议: the clause goes on behind its comma
_GOES_ON = re.compile("，(?:而|被|引|产|申请|提起|发生|进而|从而|导致|、)")
_CONDITION = re.compile("[^，。；]{0,12}的，")
_CLEAR = re.compile("[收接]到|受理|接收")
# Words behind the object that may still turn the meaning.
_REACH = 6


def zero_facts(paragraph: Paragraph, heading: str, p: Patterns) -> list[RawFact]:
    """Return the facts of value 0 that a paragraph states in words."""
    found = {(f.type, f.start): f for f in _preposed(paragraph, heading, p)}
    for f in _postposed(paragraph, heading, p):
        found.setdefault((f.type, f.start), f)
    return list(found.values())


def _preposed(paragraph: Paragraph, heading: str, p: Patterns) -> list[RawFact]:
    text = paragraph.text
    out: list[RawFact] = []
    for zero in p.zeros:
        for m in zero.word.finditer(text):
            end = _scope(text, m.end(), zero.object)
            scope = text[m.end() : end]
            hit = zero.object.search(scope)
            if hit is None or any(c.isdigit() for c in scope[: hit.start()]):
                continue
            if zero.unless and zero.unless.search(
                m.group() + scope[: hit.end()] + _rest(zero, m.group(), scope, hit.end())
            ):
                continue
            if zero.topic and not zero.topic.search(topic_of(text, m.start(), end, heading)):
                continue
            if _CONDITION.match(text, m.end()):
                continue  # 未…的，将…
            out.append(_nought(paragraph, zero, m.start(), m.end(), end))
    return out


def _rest(zero: Zero, word: str, scope: str, behind: int) -> str:
    """Return the words behind the object that `unless` looks at.

    未收到…申请 is clear; after a bare 未 or 没有 the rest of the clause may turn it (未对申请公开政府信息收取费用).
    """
    if _CLEAR.search(word):
        return ""
    return scope[behind:] if zero.type == "requests_received" else scope[behind : behind + _REACH]


def _scope(text: str, start: int, wanted: re.Pattern[str]) -> int:
    """Return the end of what 没有 at `start` speaks of: its clause, one more if the first names nothing."""
    end = find(text, BOUNDARY, start)
    if not wanted.search(text, start, end) and _GOES_ON.match(text, end):
        return find(text, BOUNDARY, end + 1)
    return end


def _postposed(paragraph: Paragraph, heading: str, p: Patterns) -> list[RawFact]:
    text = paragraph.text
    out: list[RawFact] = []
    for m in _POSTPOSED.finditer(text):
        start, end = m.span("word")
        subject = text[rfind(text, BOUNDARY, start) + 1 : start]
        for zero in p.zeros:
            if zero.type not in _POSTPOSED_TYPES or not zero.object.search(subject):
                continue
            if zero.topic and not zero.topic.search(topic_of(text, start, end, heading)):
                continue
            if zero.type == "requests_received" and re.search("复议|诉讼|费", subject):
                continue
            out.append(_nought(paragraph, zero, start, end, end))
    return out


def _nought(paragraph: Paragraph, zero: Zero, start: int, end: int, clause_end: int) -> RawFact:
    text = paragraph.text
    core = next(noughts(text, start, clause_end), None)  # 尚未收到 is 未收到, 没有因 is 没有
    if core is not None and core[0] < end:
        start, end = core
    place = paragraph.span(start, end)
    return RawFact(
        type=zero.type,
        value=0,
        unit=fact_types()[zero.type].unit,
        raw_unit=None,
        approximate=False,
        text=text[rfind(text, BOUNDARY + "：", start) + 1 : clause_end],
        section=paragraph.section,
        page=paragraph.pages[start],
        start=place[0],
        end=place[1],
        confidence=zero.confidence,
        sentence=text[rfind(text, SENTENCE_END, start) + 1 : clause_end],
    )

"""Frames: a number of the prose, or a word that says nought, and the words around it.

What a frame is for the patterns is explained at the head of forms/patterns.toml.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache

from .facts_patterns import Patterns
from .facts_text import BOUNDARY, SENTENCE_END, Number, Paragraph, numbers
from .numerals import to_number
from .template import fact_types

UNSURE = 0.8
"""A fact with less confidence that differs from a table is a note, no warning."""


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


@dataclass(frozen=True, slots=True)
class Frame:
    """A number and what stands around it, all in the folded text of its paragraph.

    Attributes:
        left: Its own clause before it, from the last boundary or the number before it.
        right: What follows up to the next boundary, 、 or number.
        marked: LEFT # RIGHT, as patterns see it.
        clause: [begin, end) of its clause in the paragraph.
        sentence: The sentence up to the end of the clause.
        carrier: The sentence before it, back to the number before.
        before: The sentence before it.
        topic: Heading, two sentences before, and the sentence: what the figure may be about.
        after: What follows up to the next boundary or number, 、 included.
        own_clause: The clause before it, numbers included.
    """

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


PARENS = re.compile(r"（[^（）]*）")
_LEAD = re.compile(r"^(?:、|）|以及|和|与|及(?!时))+")
_INLINE_HEADING = re.compile(
    r"(?:（[一二三四五六七八九十]{1,2}）|[一二三四五六]、|\d{1,2}[.、])"
    r"([^，。；：（）]{2,16}?(?:情况|方面|工作|公开|建设|保障|管理|解读|申请))"
)
# Sentences before the number in which a `topic` may stand.
_TOPIC_SENTENCES = 2
# A longer sentence, or more numbers in a paragraph, are no prose: without a bound the time grows with their square.
_REACH = 2000
_MAX_NUMBERS = 2000
_SCALE = {"万": Decimal(10_000), "亿": Decimal(10**8)}


def rfind(text: str, chars: str, end: int) -> int:
    """Return the last place before `end` of any of `chars`, -1 for none."""
    places = _places(text, chars)
    before = bisect_left(places, end)
    return places[before - 1] if before else -1


@lru_cache(maxsize=8)
def _places(text: str, chars: str) -> list[int]:
    return [m.start() for m in _any_of(chars).finditer(text)]


def find(text: str, chars: str, start: int) -> int:
    """Return the first place from `start` of any of `chars`, the length of `text` for none."""
    hit = _any_of(chars).search(text, start)
    return hit.start() if hit else len(text)


@cache
def _any_of(chars: str) -> re.Pattern[str]:
    return re.compile(f"[{re.escape(chars)}]")


def topic_of(text: str, place: int, clause_end: int, heading: str) -> str:
    """Return what a figure at `place` may be about: heading, two sentences before it, its own to `clause_end`."""
    start = rfind(text, SENTENCE_END, place) + 1
    for _ in range(_TOPIC_SENTENCES):
        start = rfind(text, SENTENCE_END, max(0, start - 1)) + 1
    ends, names = _inline_headings(text)
    last = bisect_right(ends, place)
    return " ".join([heading, *names[max(0, last - 1) : last], text[max(start, place - _REACH) : clause_end]])


@lru_cache(maxsize=4)
def _inline_headings(text: str) -> tuple[list[int], list[str]]:
    """Return the places where headings inside a paragraph end, and the headings."""
    found = list(_INLINE_HEADING.finditer(text))
    return [m.end() for m in found], [m[1] for m in found]


def frames(paragraph: Paragraph, heading: str, patterns: Patterns) -> list[Frame]:
    """Return the frames of the numbers in a paragraph that have a unit or end their clause."""
    text = paragraph.text
    counted = [n for n in numbers(text) if n.unit or text[n.stop : n.stop + 1] in ("", *BOUNDARY, "、", "）")]
    if len(counted) > _MAX_NUMBERS:
        return []
    out: list[Frame] = []
    for i, n in enumerate(counted):
        previous = counted[i - 1].stop if i else 0
        following = counted[i + 1].start if i + 1 < len(counted) else len(text)
        clause_start = rfind(text, BOUNDARY, n.start) + 1
        sentence_start = max(rfind(text, SENTENCE_END, n.start) + 1, n.start - _REACH)
        clause_end = find(text, BOUNDARY, n.stop)
        begin = max(clause_start, previous)
        left = text[begin : n.start]
        if left.count("（") > left.count("）"):
            begin += left.rfind("（") + 1
            left = text[begin : n.start]
        left = _LEAD.sub("", PARENS.sub("", left))
        if "：" in left.rstrip("："):
            left = left[left.rstrip("：").rfind("：") + 1 :]
        left = left.rstrip("：")
        right = text[n.stop : min(find(text, BOUNDARY + "、（）：", n.stop), following)]
        core = patterns.tail.sub("", left)
        noun_may_follow = not core or patterns.verb.search(left)
        out.append(
            Frame(
                number=n,
                paragraph=paragraph,
                left=left,
                right=right,
                marked=f"{core}#{right if noun_may_follow else ''}",
                clause=(min(begin, n.start), clause_end),
                sentence=text[sentence_start:clause_end],
                carrier=text[max(sentence_start, previous) : n.start],
                before=text[sentence_start : n.start],
                topic=topic_of(text, n.start, clause_end, heading),
                after=text[n.stop : min(find(text, BOUNDARY + "（", n.stop), following)],
                own_clause=text[clause_start : n.start],
            )
        )
    return out


def in_unit(value: Decimal, printed: str, unit: str) -> Decimal:
    """Return a value in the unit of its type: 3.2 万元 is 32000 元."""
    return value * _SCALE[printed[0]] if unit == "元" and printed in ("万元", "亿元") else value


def fact_of(frame: Frame, kind: str, confidence: float) -> RawFact:
    """Return the fact that the number of a frame states."""
    n, paragraph = frame.number, frame.paragraph
    unit = fact_types()[kind].unit
    number = to_number(in_unit(n.value, n.unit, unit))
    assert number is not None
    start, end = paragraph.span(n.start, n.end)
    return RawFact(
        type=kind,
        value=number,
        unit=unit,
        raw_unit=n.unit or None,
        approximate=n.approximate,
        text=paragraph.text[frame.clause[0] : frame.clause[1]].strip("、：）"),
        section=paragraph.section,
        page=paragraph.pages[n.start],
        start=start,
        end=end,
        confidence=round(confidence, 4),
        sentence=frame.sentence,
    )

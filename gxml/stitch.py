"""Where the sections are: tables 二, 三, 四 and the prose, found by titles and by content, over page breaks.

Works on the text of the document alone, so that it is the same for a PDF, a web page and text without any
layout. Positions are found in the *compact* text (NFKC, no white space, no punctuation) and mapped back.
"""

from __future__ import annotations

import itertools
import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache

from .geometry import Span
from .numerals import comparable
from .template import editions

# Compact characters between two anchors of one table; labels of a whole lost page are about 250.
CLUSTER_GAP = 420
# Compact characters before the first row label in which the header of a table stands.
HEADER_REACH = 260
MIN_ANCHORS = 4
# Characters between the start of a line and the first words of a table on it.
LINE_REACH = 60

_TITLE = re.compile("政府信息公开工作?(?:年度)?(?:工作)?年?度?报告")
_SECTION3_HEAD = re.compile(
    "[三3]?收到和处理政府信息公开申请|[三3]?政府信息公开申请的?收到和处理|本列数据的?勾稽关系|申请人情况"
)
_SECTION4_HEAD = re.compile(
    "四?(?:因政府信息公开|政府信息公开)[^0-9]{0,10}行政复议[^0-9]{0,8}行政诉讼[^0-9]{0,6}|行政复议行政诉讼|结果维持结果纠正"
)
_SECTION4_BODY = re.compile("结果维持|结果纠正|尚未审结|未经复议|复议后起诉|[0-9]{12}")
_SECTION5 = re.compile("五?(?:政府信息公开工作)?(?:中)?存在的?(?:主要)?(?:困难|不足|问题)")
_SECTION6 = re.compile(
    "六?(?:其他|其它)(?:应|需|须)?(?:要|当)?(?:报告|说明)的?(?:其他|其它|有关)?事项|六?需要?报告的(?:其他|其它)事项"
)
_SECTION1 = re.compile("一?总体情况")
_SECTION2 = re.compile("二?(?:主动公开政府信息|政府信息主动公开)的?(?:总体)?情况")
# A numbered heading at the start of a line, whatever it is called.
_NUMBERED = {n: re.compile(rf"(?:^|[。；])[#\s（(]*{c}[、，,.．]", re.M) for n, c in ((1, "一"), (5, "五"), (6, "六"))}
_BLOCK2 = re.compile("第?二十条第[一五六八九]?")
_CONTENT2 = re.compile("信息内容|制发件数|新制作数量|处理决定数量|收费金额|上一年项目数量|采购项目数量|现行有效件数")


class Compact:
    """The comparable characters of a text, with their places.

    Attributes:
        text: Letters and digits only, NFKC, no white space.
        at: For each of its characters the offset in the source text.
        source: The text that it was made from.
    """

    def __init__(self, source: str) -> None:
        known = {c: comparable(c) for c in set(source)}
        mapped = [known[c] for c in source]
        self.text = "".join(mapped)
        self.at = [i for i, m in enumerate(mapped) for _ in m]
        self.source = source

    def offset(self, position: int) -> int:
        """Return the source offset of a compact position (the end of the text for the last)."""
        return self.at[position] if position < len(self.at) else len(self.source)

    def position(self, offset: int) -> int:
        """Return the first compact position at or after a source offset."""
        return bisect_left(self.at, offset)


@dataclass(frozen=True, slots=True)
class Anchor:
    """A piece of a row label of table 三: its compact position and the row's number in the form."""

    position: int
    row: int


@dataclass(frozen=True, slots=True)
class Outline:
    """Where one report's parts are, in offsets of the document's text.

    Attributes:
        window: All of this report; a file may hold several.
        tables: Section 2, 3, 4 -> [start, end); a section without a table is not there.
        headings: Section 1–6 -> offset of its heading, where one was found.
        anchors: How many row labels of table 三 were seen.
    """

    window: Span
    tables: dict[int, Span]
    headings: dict[int, int]
    anchors: int

    def section_of(self, offset: int) -> int | None:
        """Return the number of the section that an offset lies in, None before the first heading."""
        best: int | None = None
        place = -1
        starts = dict(self.headings)
        for number, (lo, _) in self.tables.items():
            starts[number] = min(lo, starts.get(number, lo))
        for number, start in starts.items():
            if place < start <= offset:
                best, place = number, start
        return best

    def in_table(self, offset: int) -> bool:
        """Tell whether an offset lies in one of the three tables."""
        return any(lo <= offset < hi for lo, hi in self.tables.values())


@cache
def _anchor_words() -> tuple[tuple[str, int], ...]:
    """Head and tail of every long row label of table 三, in all editions, with the row's place in the form."""
    words: dict[str, set[int]] = {}
    longest = max(editions().values(), key=lambda e: len(e.table(3).blocks[0].rows))
    places = {r.name: i for i, r in enumerate(longest.table(3).blocks[0].rows)}
    for edition in editions().values():
        for row in edition.table(3).blocks[0].rows:
            core = re.sub("^[一二三四五六七八九十0-9]+", "", comparable(row.label))
            if len(core) < 6:
                continue
            for word in {core[:6], core[-6:]} if len(core) < 12 else {core[:6], core[5:11], core[-6:]}:
                words.setdefault(word, set()).add(places.get(row.name, 0))
    return tuple((w, next(iter(rows))) for w, rows in words.items() if len(rows) == 1)


def _anchors(text: str) -> list[Anchor]:
    found: list[Anchor] = []
    for word, row in _anchor_words():
        start = text.find(word)
        while start >= 0:
            found.append(Anchor(start, row))
            start = text.find(word, start + 1)
    return sorted(found, key=lambda a: a.position)


def _clusters(anchors: list[Anchor]) -> list[list[Anchor]]:
    """Group anchors that stand close together, and cut where the form starts again from its first rows."""
    groups: list[list[Anchor]] = []
    for a in anchors:
        if not groups or a.position - groups[-1][-1].position > CLUSTER_GAP:
            groups.append([])
        groups[-1].append(a)
    out: list[list[Anchor]] = []
    for group in groups:
        current: list[Anchor] = []
        for i, a in enumerate(group):
            again = a.row <= 3 and max((c.row for c in current), default=0) >= 12
            if again and len({b.row for b in group[i : i + 20]}) >= 6:
                out.append(current)
                current = []
            current.append(a)
        out.append(current)
    return [c for c in out if len({a.row for a in c}) >= MIN_ANCHORS]


def outlines(text: str) -> list[Outline]:
    """Return the outline of every report in a text, in order; one without any table if nothing is found."""
    compact = Compact(text)
    clusters = _clusters(_anchors(compact.text))
    bounds = [0]
    for before, after in itertools.pairwise(clusters):
        lo, hi = before[-1].position, after[0].position
        title = _TITLE.search(compact.text, lo, hi)
        again = _SECTION1.search(compact.text, lo, hi) or _SECTION2.search(compact.text, lo, hi)
        if title and (not again or title.start() < again.start()):
            # the title's line holds the issuer in front of it
            line = text.rfind("\n", 0, compact.offset(title.start())) + 1
            bounds.append(max(compact.position(line), lo))
        elif again:
            bounds.append(again.start())
        else:
            bounds.append(_header_start(compact.text, hi, lo))
    bounds.append(len(compact.text))
    groups: list[list[Anchor]] = list(clusters) or [[]]
    return [_outline(compact, bounds[i], bounds[i + 1], groups[i]) for i in range(len(groups))]


def _header_start(text: str, first: int, floor: int) -> int:
    """Return where the header of table 三 starts that stands before its first row label."""
    lo = max(floor, first - HEADER_REACH)
    match = _SECTION3_HEAD.search(text, lo, first)
    if match:
        return match.start()
    people = text.find("自然人", lo, first)
    return people if people >= 0 else first


def _outline(compact: Compact, lo: int, hi: int, anchors: list[Anchor]) -> Outline:
    text = compact.text
    tables: dict[int, tuple[int, int]] = {}
    first = anchors[0].position if anchors else None
    last = anchors[-1].position if anchors else None
    section5_from = last if last is not None else lo
    start4 = _section4(text, section5_from, hi)
    start5 = _search_last(_SECTION5, text, start4 or section5_from, hi, first=True)
    if start4 is not None and start5 is not None and start5 < start4:
        start5 = None
    start3 = _header_start(text, first, lo) if first is not None else None
    if start3 is not None and last is not None:
        # to the next part, or as far as the values of the last label can reach
        end3 = start4 if start4 is not None else start5 if start5 is not None else min(hi, last + 120)
        tables[3] = (start3, end3)
    limit2 = start3 if start3 is not None else start4 if start4 is not None else start5 if start5 is not None else hi
    span2 = _section2(text, lo, limit2)
    if span2:
        tables[2] = span2
    if start4 is not None:
        tables[4] = (start4, start5 if start5 is not None else min(hi, start4 + 400))
    if not span2 and last is not None:
        _moved2(text, tables, last, start5 if start5 is not None else hi)
    headings = _headings(compact, lo, hi, tables, start5)
    offsets = _offsets(compact, tables)
    return Outline(
        (compact.offset(lo) if lo else 0, compact.offset(hi)), offsets, headings, len({a.row for a in anchors})
    )


def _offsets(compact: Compact, tables: dict[int, tuple[int, int]]) -> dict[int, Span]:
    """Map tables to source offsets, each from the start of its line, so that no row is cut in two."""
    starts = {n: _line_start(compact, compact.offset(a)) for n, (a, _) in tables.items()}
    out: dict[int, Span] = {}
    for n, (_, b) in tables.items():
        end = compact.offset(b)
        later = [s for m, s in starts.items() if m > n and s >= starts[n]]
        out[n] = (starts[n], min([_line_start(compact, end), *later]) if b < len(compact.at) else end)
    return out


def _line_start(compact: Compact, offset: int) -> int:
    """Go back to the start of the line, unless a sentence or another long text stands in between."""
    start = compact.source.rfind("\n", 0, offset) + 1
    between = compact.source[start:offset]
    return offset if len(between) > LINE_REACH or "。" in between else start


def _search_last(pattern: re.Pattern[str], text: str, lo: int, hi: int, *, first: bool = False) -> int | None:
    found = None
    for match in pattern.finditer(text, lo, hi):
        found = match.start()
        if first:
            break
    return found


def _section4(text: str, lo: int, hi: int) -> int | None:
    """Return the start of table 四: a heading of it with its columns or its numbers close behind."""
    for match in _SECTION4_HEAD.finditer(text, lo, hi):
        if _SECTION4_BODY.search(text, match.start(), min(hi, match.end() + 70)):
            return match.start()
    return None


def _section2(text: str, lo: int, hi: int) -> tuple[int, int] | None:
    """Return the place of table 二 before `hi`: its article headings, else its title with contents behind."""
    blocks = [m.start() for m in _BLOCK2.finditer(text, lo, hi)]
    good = [p for p in blocks if _CONTENT2.search(text, p, min(hi, p + 60))]
    if good:
        start = good[-1]
        for p in reversed(good[:-1]):
            if start - p > CLUSTER_GAP:
                break
            start = p
        title = _search_last(_SECTION2, text, max(lo, start - 60), start)
        earlier = _CONTENT2.search(text, max(lo, start - 120), start) if title is None else None
        begin = title if title is not None else earlier.start() if earlier else start
        return begin, hi
    title = _search_last(_SECTION2, text, lo, hi)
    if title is not None and (_CONTENT2.search(text, title, hi) or _rows2(text, title, hi)):
        return title, hi
    content = [m.start() for m in _CONTENT2.finditer(text, max(lo, hi - 500), hi)]
    if len(content) >= 2:
        return max(lo, content[0] - 12), hi
    return None


def _moved2(text: str, tables: dict[int, tuple[int, int]], last: int, end: int) -> None:
    """Put in table 二 where it stands behind table 三 or 四, which then ends there.

    Args:
        text: Compact.
        tables: Section -> place.
        last: Place of the last row label of table 三.
        end: Of the tables.
    """
    start4 = tables.get(4, (end, end))[0]
    for number, lo, hi in ((3, last, start4), (4, start4, end)):
        span = _section2(text, lo, hi) if lo < hi else None
        if span and number in tables:
            tables[number] = (tables[number][0], span[0])
            tables[2] = span
            return


def _rows2(text: str, lo: int, hi: int) -> bool:
    rows = ("规章", "规范性文件", "行政许可", "行政处罚", "行政强制", "行政事业性收费")
    return sum(bool(re.search(f"{r}[0-9]", text[lo:hi])) for r in rows) >= 3


def _headings(
    compact: Compact, lo: int, hi: int, tables: dict[int, tuple[int, int]], start5: int | None
) -> dict[int, int]:
    text = compact.text
    out: dict[int, int] = {}
    first_table = min((a for a, _ in tables.values()), default=hi)
    one = [m for m in _SECTION1.finditer(text, lo, first_table) if m.group().startswith("一")]
    plain = [m for m in _SECTION1.finditer(text, lo, first_table)]
    if one or plain:
        out[1] = compact.offset((one or plain)[-1].start())
    for number, (a, _) in tables.items():
        out[number] = compact.offset(a)
    if 2 not in out:
        match = _search_last(re.compile("二主动公开政府信息"), text, lo, hi)
        if match is not None:
            out[2] = compact.offset(match)
    if start5 is not None:
        out[5] = compact.offset(start5)
    last_table = max((b for _, b in tables.values()), default=lo)
    lines = {n: [compact.position(m.start()) for m in p.finditer(compact.source)] for n, p in _NUMBERED.items()}
    if 1 not in out:
        first = [p for p in lines[1] if lo <= p < first_table]
        if first:
            out[1] = compact.offset(first[0])
    if 5 not in out:
        fifth = [p for p in lines[5] if max((a for a, _ in tables.values()), default=lo) < p < hi]
        if fifth:
            out[5] = compact.offset(fifth[0])
    six = _search_last(_SECTION6, text, max(last_table, start5 or 0), hi)
    if six is None:
        sixth = [p for p in lines[6] if max(last_table, start5 or 0) <= p < hi]
        six = sixth[-1] if sixth else None
    if six is not None:
        out[6] = compact.offset(six)
    return out

"""Words of the form that are not row labels: headers of columns and blocks, captions, units."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from rapidfuzz import fuzz, process

from .headplaces import names_of
from .numerals import comparable
from .readings import finding
from .report import Finding
from .strips import COUNTED, Strip
from .template import Block, TableForm

_THOUSANDS = r"([十百千万]+\s*(?:件|条|项|个|份|宗|次|起))"
_SCALED = re.compile(rf"(?:计量|数量|计数)?单位\s*[:：]?\s*{_THOUSANDS}|[（(［\[]\s*{_THOUSANDS}\s*[）)］\]]")
_UNIT = re.compile(r"单位\s*[:：]?\s*(万元|亿元|元)|[（(]\s*(万元|亿元|元)\s*[）)]")

SHORT = 2
"""Words of the form that are no longer may be part of others, characters."""


@lru_cache(maxsize=32)
def header_words(form: TableForm) -> tuple[str, ...]:
    """Return the comparable header words of a table, the longest first."""
    words = {comparable("信息内容"), comparable("申请人情况"), comparable("第二十条")}
    for block in form.blocks:
        words.add(comparable(block.label))
        for column in block.columns:
            words |= {comparable(t) for t in (column.label, column.group, *column.variants)}
        for row in block.rows:
            words |= {comparable(t) for t in row.path}
    words |= {comparable(form.title), comparable(form.caption)} | {comparable(t) for t in form.titles}
    return tuple(sorted(words - {""}, key=lambda w: (-len(w), w)))


def is_header(strip: Strip, form: TableForm) -> bool:
    """Tell whether a strip holds only header words and no number."""
    if any(f.kind in ("number", "noise") for f in strip.values):
        return False
    return only_header_words(strip.label, form)


@lru_cache(maxsize=2_000)
def only_header_words(text: str, form: TableForm) -> bool:
    """Tell whether nothing but header words stands in `text`; a caption counts however it is cut."""
    body = comparable(text)
    if not body or "勾稽关系" in body or "第一项加第二项" in body:
        return True
    rest = body
    for word in header_words(form):
        rest = rest.replace(word, "")
    if not re.sub("[一二三四五六七八九十0-9]", "", rest):
        return True
    long_words = [w for w in header_words(form) if len(w) > 4]
    return process.extractOne(body, long_words, scorer=fuzz.ratio, score_cutoff=80) is not None


def column_order(text: str, block: Block) -> tuple[int, ...] | None:
    """Return the printed order of a block's columns, or None where it is the form's or cannot be told.

    Looks for the column labels in the header's text. All labels that stand alone in the form (其他 and 总计 do
    not) must be there exactly once for the printed order to count.
    """
    body = comparable(text)
    found: list[tuple[int, int]] = []
    for i, column in enumerate(block.columns):
        name = comparable(column.label)
        if len(name) < 4:
            continue
        if body.count(name) != 1:
            return None
        found.append((body.index(name), i))
    printed = [i for _, i in sorted(found)]
    if len(printed) < 2 or printed == sorted(printed):
        return None
    order = list(range(len(block.columns)))
    for place, i in zip(sorted(printed), printed, strict=True):
        order[place] = i
    return tuple(order)


def line_order(words: Sequence[str], block: Block) -> tuple[int, ...] | None:
    """Return the order of a block's columns where one line of a header prints all of them, and nothing between them.

    Args:
        words: Of the line, or its cells.
        block: Whose columns.
    """
    names = [names_of(c) for c in block.columns]
    printed = [w for w in map(comparable, words) if w]
    for at in range(len(printed) - len(names) + 1):
        window = printed[at : at + len(names)]
        order = tuple(next((i for i, n in enumerate(names) if w in n), -1) for w in window)
        if sorted(order) == list(range(len(names))):
            return order
    return None


def header_lines(strip: Strip) -> list[list[str]]:
    """Return what stands in front of a strip's values, line by line: cells, or the words of a line without cells."""
    texts = [f.text for f in strip.fields[: strip.cut]]
    return [texts] if strip.origin in (*COUNTED, "stacked") else [t.split() for t in texts]


def misordered(texts: Sequence[str], form: TableForm, block: Block) -> bool:
    """Tell whether a line of a header in text names columns that do not stand as in the form.

    Args:
        texts: Words of the line, or its cells.
        form: The table.
        block: Whose columns; in a table of one line they are named once for each group.
    """
    numbers = {n: i for i, c in enumerate(block.columns) for n in names_of(c)}
    in_line = form.layout == "one_line"
    others = {*header_words(form), *(n for r in block.rows if in_line for n in names_of(r))} - numbers.keys()
    groups = len(block.rows) if in_line else 1
    words = [w for w in map(comparable, texts) if w]
    two_levels = any(comparable(c.group) in words for c in block.columns if c.group)
    named = [numbers.get(w) for w in words if w not in others]
    if all(i is None for i in named):  # one word: the names run together
        line = "".join(words)
        for w in sorted(others, key=len, reverse=True):
            line = line.replace(w, " ") if len(w) > SHORT else line
        pattern = "|".join(map(re.escape, sorted(numbers, key=len, reverse=True)))
        named = [numbers.get(w) for w in re.split(f"({pattern})", line) if w.strip()]
        two_levels = two_levels or any(comparable(c.group) in "".join(words) for c in block.columns if c.group)
    last = len(block.columns) - 1
    # under names of groups the last column may be named before those of a group
    known = [i for i in named if i is not None and not (two_levels and i == last)]
    if sum(b < a for a, b in pairwise(known)) >= groups:
        return True
    size = groups * len(block.columns)
    if two_levels or len(named) < size or len(known) < 2:
        return False
    windows = (named[at : at + size] for at in range(len(named) - size + 1))
    return not any(all(i in (None, k % (last + 1)) for k, i in enumerate(w)) for w in windows)


def printed_unit(text: str) -> str | None:
    """Return 元, 万元 or 亿元 where a header says it, or None."""
    match = _UNIT.search(text)
    return (match.group(1) or match.group(2)) if match else None


def unit_findings(strips: Sequence[Strip], form: TableForm) -> list[Finding]:
    """Return the finding on a table that says that it counts in thousands or more: its numbers stay as printed."""
    match = next((m for s in strips for t in s.labels if (m := _SCALED.search(t))), None)
    if match is None:
        return []
    text = f"第{form.section}部分写明单位为“{match[1] or match[2]}”，各数按印出的取值，未换算，请核对。"
    return [finding("STR.UNIT", "structure", "warning", [f.id for f in form.fields() if f.kind != "money"], text)]

"""Words and numbers of a line that has no cells."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .numerals import parse_cell
from .strips import Field, FieldKind

DIGIT_RUN = re.compile(
    r"[+\-＋﹢－−﹣]{0,2}[\d０-９][\d０-９,，]*(?:[.．] ?[\d０-９]+)*(?:\s*(?:万元|亿元|元)|\s?件(?=\s|$))?%?"
)
_SIGN_WORD = re.compile(r"(?<![/／年增])(?:增加|减少|[增减])[:：]?\s*(?=\d)")
_NUMBERING_END = re.compile(r"\s*[.．、]\s*[“\"\u4e00-\u9fff]")
# What makes another number of the digits in front: 45万件, 45/46, 45~50, 4十5, 45余, 4?5, 4²5, 45½, 3 .2, the rest of
# which is lost, struck out, on the next line or behind a blank without width.
_GOES_ON = re.compile(
    r"\s?[十百千万亿]+(?:元)?[次件项个]?(?!\w)|[/／~～—–、\u200b-\u200d\u2060\ufeff]\s?\d+|[十百千万亿零]\d\S*"
    r"|[余多](?![\u4e00-\u9fff])|[+＋](?!\d)|\s?[.．·]\s?\d+|[.．]\s*$|[¹²³⁰-₉①-⑳]+\d+"
    r"|(?:[A-Za-z?？□■█<‰¼-¾⅐-⅞\ufffc\ufffd\u0336]|~~|\\)\S*"
)
# … and of those behind: 约45, ≥45, Ⅳ5, ?5, ~~9~~45.
_BEGUN = re.compile(
    r"(?:(?<![预公节合条附邻])[约近]|逾|超过?|不足|不到|多于|少于|[≥≤≈＜＞<>~～¥￥])\s?$|[A-Za-zⅠ-ↈ?？□■█¹²³⁰-₉¼-¾⅐-⅞\u202e\ufffc\ufffd\u0336]$"
)
FEW = 3
"""The longest of these, characters."""
_WORD = re.compile(r"\S+")


def split_inline(text: str, offset: int) -> tuple[str, list[Field]]:
    """Take "label 0 0 0" or "label000" apart into the label and the number fields behind it.

    Returns the text whole and no fields where no number stands behind the words. The digit of a following
    numbering ("0000000" + "2.其他") is left to the label that it belongs to.
    """
    tokens = list(tokens_of(text, offset))
    if not tokens or tokens[0].kind != "words":
        return text, []
    cut = next((i for i, t in enumerate(tokens) if t.kind != "words"), len(tokens))
    if any(t.kind == "words" for t in tokens[cut:]):
        return text, []
    return "".join(t.text for t in tokens[:cut]), tokens[cut:]


def tokens_of(text: str, offset: int) -> Iterator[Field]:
    """Split a line without cells into words and numbers."""
    pos = 0
    words = 0
    end = len(text)
    while pos < end:
        match = DIGIT_RUN.match(text, pos)
        sign = _SIGN_WORD.match(text, pos) if not match else None
        if sign:
            match = DIGIT_RUN.match(text, sign.end())
        if match is None:
            pos += 1
            continue
        start, stop = pos, match.end()
        piece = text[start:stop]
        if _is_numbering(text, stop):  # the last digit numbers the label behind it
            stop -= 1
            piece = text[start:stop]
        if not piece or _in_words(text, start, stop):
            pos = max(stop, pos) + 1
            continue
        kind: FieldKind = parse_cell(piece).kind
        begun = _BEGUN.search(text[max(words, start - FEW - 1) : start])
        more = _GOES_ON.match(text, stop)
        if begun or more:
            start -= len(begun[0]) if begun else 0
            stop = more.end() if more else stop
            piece, kind = text[start:stop], "noise"
        yield from _between(text, words, start, offset)
        glued = start > 0 and not text[start - 1].isspace()
        yield Field(piece, kind, (offset + start, offset + stop), lo=start, hi=stop, glued=glued)
        pos = words = stop
    yield from _between(text, words, end, offset)


def _between(text: str, start: int, end: int, offset: int) -> Iterator[Field]:
    """Yield what stands between two numbers: words, and in front of or behind them cells that hold a mark for zero.

    A mark is a dash, 无 or 〇 with space on both sides. In front of words it is a cell only behind a number.
    """
    pieces = list(_WORD.finditer(text, start, end))
    kinds = [_mark(text, m) for m in pieces]
    head = next((i for i, k in enumerate(kinds) if k is None), len(kinds)) if start else 0
    tail = next((i for i in range(len(kinds), head, -1) if kinds[i - 1] is None), head)
    for i, m in enumerate(pieces):
        kind = kinds[i]
        if kind is not None and not head <= i < tail:
            yield Field(m.group(), kind, (offset + m.start(), offset + m.end()), lo=m.start(), hi=m.end())
        elif i == head:
            yield words_of(text, m.start(), pieces[tail - 1].end(), offset)


def _mark(text: str, word: re.Match[str]) -> FieldKind | None:
    """Return what a word is as a cell of its own, None if it is not one."""
    alone = text[word.start() - 1 : word.start()].strip() == "" and text[word.end() : word.end() + 1].strip() == ""
    kind: FieldKind = parse_cell(word.group()).kind
    return kind if alone and kind in ("dash", "number") else None


def words_of(text: str, start: int, end: int, offset: int) -> Field:
    """Return text[start:end] as words, without the space around it."""
    piece = text[start:end]
    left = start + len(piece) - len(piece.lstrip())
    right = end - (len(piece) - len(piece.rstrip()))
    return Field(text[left:right], "words", (offset + left, offset + right), lo=left, hi=right)


def _is_numbering(text: str, stop: int) -> bool:
    """Tell whether "." or "、" and an ideograph follow: then the digit before numbers a label."""
    return bool(_NUMBERING_END.match(text[stop : stop + 6]))


def _in_words(text: str, start: int, stop: int) -> bool:
    """Tell whether the digits belong to words: a year in brackets, "第20条", "2023年"."""
    before, after = text[max(0, start - 1) : start], text[stop : stop + 2]
    if before in "(（〔[" and before and after[:1] in ")）〕]":
        return True
    return before in ("第", "表", "图") or after[:1] in ("年", "条", "月", "日", "号")

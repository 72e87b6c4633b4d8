"""Characters of a Word paragraph that stand apart from a number beside them: raised, lowered, struck out, not seen.

A mark of a note behind a number is left out. What may be part of the number or not is bracketed, [1]5, and so keeps
the whole from being read as a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Literal

Kind = Literal["", "raised", "shifted", "struck", "unseen"]
"""How characters stand to those beside them; "unseen" is white, tiny, or a placeholder that nobody filled in."""
Piece = tuple[str, Kind]

# a raised mark of a note
_NOTE_MARK = re.compile(r"[\[(（〔【]?(?:\d{1,2}|[①-⑳*＊※#☆★△]{1,3}|注\d?)[\])）〕】]?")
# one that cannot be a digit of the number behind it
_CLEAR_MARK = re.compile(r"[\[(（〔【]\d{1,2}[\])）〕】]|[①-⑳*＊※☆★△]{1,3}")
_SPACES = " \u3000\xa0"
_OF_NUMBERS = ".,．，+-－−"
NEAR = 20
"""Pieces that are looked through for the characters beside one."""


def joined(pieces: Iterable[Piece]) -> tuple[str, str]:
    """Return the text of a paragraph, and what is struck out in it."""
    groups: list[Piece] = [
        (text, kind)
        for kind, run in groupby((p for p in pieces if p[0]), key=lambda p: p[1])
        if (text := "".join(p[0] for p in run))
    ]
    out: list[str] = []
    struck: list[str] = []
    for n, (text, kind) in enumerate(groups):
        if kind == "":
            out.append(text)
            continue
        near = groups[max(0, n - NEAR) : n][::-1], groups[n + 1 : n + 1 + NEAR]
        if kind == "struck":
            struck.append(text)
            if _nearest(near[0], -1, plain=True).isdecimal() and _nearest(near[1], 0, plain=True).isdecimal():
                out.append(f"~~{text}~~")  # one number with it, another without
        elif kind == "unseen":
            out.append(f"[{text}]" if has_digit(text) else text)
        else:
            out.append(_beside(text, kind, _nearest(near[0], -1), _nearest(near[1], 0)))
    return "".join(out), "".join(struck)


def _beside(text: str, kind: Kind, before: str, after: str) -> str:
    """Return what is left of raised or lowered text between two characters."""
    body = text.strip(_SPACES)
    if not body:
        return text
    if kind == "raised" and not after.isdecimal() and (before.isdecimal() or before in (")", "）")):
        if _NOTE_MARK.fullmatch(body):
            return ""
    elif kind == "raised" and after.isdecimal() and not _of_number(before) and _CLEAR_MARK.fullmatch(body):
        return ""
    joins = (_of_number(before) and _of_number(body[0])) or (_of_number(body[-1]) and _of_number(after))
    return f"[{body}]" if joins and (has_digit(body) or before.isdecimal() or after.isdecimal()) else text


def _nearest(groups: Sequence[Piece], at: int, *, plain: bool = False) -> str:
    """Return the nearest character that is shown, "" for none; `at` is -1 for the last of a piece, 0 for the first.

    With `plain`, characters that stand apart themselves are passed over.
    """
    for text, kind in groups:
        ink = text.strip(_SPACES)
        if ink and kind != "struck" and not (plain and kind):
            return ink[at]
    return ""


def _of_number(char: str) -> bool:
    return char.isdecimal() or (char != "" and char in _OF_NUMBERS)


def has_digit(text: str) -> bool:
    """Tell whether there is a digit in a text."""
    return any(c.isdecimal() for c in text)

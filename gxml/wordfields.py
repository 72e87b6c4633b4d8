"""Fields of Word files: of a code and its result only the result is shown, and some show what no run holds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .wordtree import W, int_of, is_on, val_of

if TYPE_CHECKING:
    from lxml.etree import _Element

UNKNOWN = "\ufffd"
"""Stands for a character that is shown and not known; no number holds it."""
# codes that draw what they say themselves
_DRAWN = re.compile(r"\s*(?:=|(?:EQ|SYMBOL|MACROBUTTON|GOTOBUTTON)\b)", re.I)


@dataclass(slots=True)
class _Field:
    begin: _Element
    at: int
    code: str = ""
    in_code: bool = True


class Fields:
    """The complex fields that are open at a place of a paragraph; they may stand in each other."""

    def __init__(self) -> None:
        self._open: list[_Field] = []

    @property
    def shown(self) -> bool:
        """Whether text at this place is a result, and no code."""
        return not any(f.in_code for f in self._open)

    def add_code(self, text: str) -> None:
        """Add to the code of the innermost field."""
        if self._open and self._open[-1].in_code:
            self._open[-1].code += text

    def mark(self, e: _Element, pieces: int) -> tuple[int, str] | None:
        """Take in a w:fldChar.

        Args:
            e: Where a field begins, its result begins, or it ends.
            pieces: How many pieces of text there are so far.

        Returns:
            For the end of a field that is shown: where its pieces begin, and what it shows where they are blank.
        """
        kind = e.get(W + "fldCharType")
        if kind == "begin":
            self._open.append(_Field(e, pieces))
        elif kind == "separate" and self._open:
            self._open[-1].in_code = False
        elif kind == "end" and self._open:
            ended = self._open.pop()
            if self.shown:
                return ended.at, _drawn(ended)
        return None


def _drawn(field: _Field) -> str:
    """Return what a field shows without a result: the chosen one of a list, a box with a tick, a drawing."""
    chosen = field.begin.find(f"{W}ffData/{W}ddList")
    if chosen is not None:
        entries = [e.get(W + "val") or "" for e in chosen.iterchildren(W + "listEntry")]
        said = val_of(chosen, "result") or val_of(chosen, "default") or "0"
        at = int_of(said, -1)
        return entries[at] if 0 <= at < len(entries) else (UNKNOWN if entries else "")
    box = field.begin.find(f"{W}ffData/{W}checkBox")
    if box is not None:
        state = box.find(W + "checked")
        return "☑" if is_on(state if state is not None else box.find(W + "default")) else "☐"
    return UNKNOWN if _DRAWN.match(field.code) else ""

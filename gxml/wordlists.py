"""Automatic list numbers of Word files: what Word prints in front of paragraphs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .wordtree import W, int_of, val_of

if TYPE_CHECKING:
    from lxml.etree import _Element


def num_pr(properties: _Element | None) -> tuple[str | None, int | None] | None:
    """Return (list, level) of paragraph properties, None where they name none; a part that is not said is None."""
    num = properties.find(W + "numPr") if properties is not None else None
    if num is None:
        return None
    ident, level = num.find(W + "numId"), num.find(W + "ilvl")
    return (
        ident.get(W + "val") if ident is not None else None,
        int_of(level.get(W + "val"), 0) if level is not None else None,
    )


@dataclass(slots=True)
class _Level:
    start: int
    kind: str
    pattern: str


class Numbers:
    """Automatic list numbers, best effort: "一、", "（二）", "1." in front of a paragraph."""

    def __init__(self, root: _Element | None) -> None:
        self._levels: dict[str, dict[int, _Level]] = {}
        self._of: dict[str, str] = {}
        self._counts: dict[str, dict[int, int]] = {}
        self._starts: dict[str, dict[int, int]] = {}  # what a list begins with anew, until it has begun
        if root is None:
            return
        for abstract in root.iter(W + "abstractNum"):
            levels = self._levels.setdefault(abstract.get(W + "abstractNumId") or "", {})
            for level in abstract.iterchildren(W + "lvl"):
                levels[int_of(level.get(W + "ilvl"), 0)] = _Level(
                    int_of(val_of(level, "start"), 1),
                    val_of(level, "numFmt") or "decimal",
                    val_of(level, "lvlText") or "",
                )
        for num in root.iter(W + "num"):
            num_id = num.get(W + "numId") or ""
            self._of[num_id] = val_of(num, "abstractNumId") or ""
            for over in num.iterchildren(W + "lvlOverride"):
                start = val_of(over, "startOverride")
                if start is not None:
                    starts = self._starts.setdefault(num_id, {})
                    starts[int_of(over.get(W + "ilvl"), 0)] = int_of(start, 1)

    def next(self, num_id: str, level: int) -> str:
        """Count one paragraph and return what Word prints in front of it, "" for a bullet or an unknown list."""
        abstract = self._of.get(num_id)
        levels = self._levels.get(abstract or "", {})
        if abstract is None or level not in levels:
            return ""
        counts = self._counts.setdefault(abstract, {})
        start = self._starts.get(num_id, {}).pop(level, None)
        counts[level] = start if start is not None else counts.get(level, levels[level].start - 1) + 1
        for deeper in [k for k in counts if k > level]:
            del counts[deeper]
        here = levels[level]
        if here.kind in ("bullet", "none"):
            return ""

        def number(match: re.Match[str]) -> str:
            k = int(match[1]) - 1
            other = levels.get(k, here)
            return format_number(counts.get(k, other.start), other.kind)

        return re.sub(r"%(\d)", number, here.pattern)


_CHINESE_FORMATS = frozenset(
    ("chineseCounting", "chineseCountingThousand", "japaneseCounting", "ideographDigital", "taiwaneseCounting",
     "taiwaneseCountingThousand", "japaneseDigitalTenThousand", "chineseLegalSimplified")
)  # fmt: skip


def format_number(value: int, kind: str) -> str:
    """Return a list number as Word prints it.

    >>> format_number(12, "chineseCounting"), format_number(3, "decimal"), format_number(2, "upperRoman")
    ('十二', '3', 'II')
    """
    if kind in _CHINESE_FORMATS and 0 < value < 100:
        tens, ones = divmod(value, 10)
        digits = "零一二三四五六七八九"
        return ("" if tens == 0 else ("" if tens == 1 else digits[tens]) + "十") + (digits[ones] if ones else "")
    if kind in ("lowerLetter", "upperLetter") and 0 < value <= 26:
        letter = chr(ord("a") + value - 1)
        return letter.upper() if kind == "upperLetter" else letter
    if kind in ("lowerRoman", "upperRoman") and 0 < value < 40:
        roman = "X" * (value // 10) + ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")[value % 10]
        return roman if kind == "upperRoman" else roman.lower()
    if kind.startswith("decimalEnclosedCircle") and 0 < value <= 20:
        return chr(0x2460 + value - 1)
    return str(value)

"""Characters and numbers: radicals, full-width forms, what a printed cell says, Chinese numerals."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache
from importlib import resources
from typing import Literal

# CJK Radicals Supplement characters that PDF fonts use in place of ideographs and that NFKC leaves alone.
_SUPPLEMENT = str.maketrans(
    "⺁⺅⺈⺊⺌⺎⺗⺟⺠⺢⺫⺮⺰⺳⺵⺶⺷⺸⺼⻁⻄⻅⻆⻉⻋⻎⻏⻑⻓⻔⻖⻗⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻧⻨⻩⻬⻮⻰⻳⻌⻍",
    "厂亻刀卜小兀心母民水目竹纟网网羊羊羊肉虎西见角贝车辶邑長长门阜雨青韦页风飞食马骨鬼鱼鸟卤麦黄齐齿龙龟辶辶",
)
_RADICAL = re.compile("[\u2e80-\u2fdf]")
_RADICAL_UTF8 = re.compile(b"\xe2[\xba-\xbf]")
"""Begins each of them in UTF-8, and is found four times faster."""
_FULLWIDTH = {ord("０") + i: ord("0") + i for i in range(10)} | {
    ord("．"): ord("."),
    ord("，"): ord(","),
    ord("＋"): ord("+"),
    ord("－"): ord("-"),
    ord("−"): ord("-"),
    ord("﹣"): ord("-"),
    ord("﹢"): ord("+"),
    ord("–"): ord("-"),
    ord("—"): ord("-"),
    ord("％"): ord("%"),
}
_INVISIBLE = re.compile("[\u200b-\u200f\u2028-\u202e\u2060\ufeff\u00ad\ufe0e\ufe0f]")
_BACKWARDS = "\u202e"
"""Has what stands behind it shown from right to left."""
_OBJECTS = "\ufffc\u0336"
"""What no number can hold: a picture, a character that is struck out."""
_LOST = "\ufffd"
_SPACE = re.compile(r"[\s\u3000\u00a0\ue5e5]+")


def map_radicals(text: str) -> str:
    """Replace Kangxi and supplement radicals by the ideographs they stand for; the length stays the same."""
    if not _RADICAL_UTF8.search(text.encode("utf-8", "replace")):
        return text
    text = text.translate(_SUPPLEMENT)
    return _RADICAL.sub(lambda m: _same_length(m.group()), text)


def _same_length(char: str) -> str:
    mapped = unicodedata.normalize("NFKC", char)
    return mapped if len(mapped) == 1 else char


@cache
def traditional() -> Mapping[int, str]:
    """Return the simplified form of each traditional character of the words that gxml knows, for `str.translate`."""
    data = tomllib.loads((resources.files("gxml") / "forms" / "traditional.toml").read_text("utf-8"))
    return {ord(a): b for a, b in zip(data["traditional"], data["simplified"], strict=True)}


def squeeze(text: str) -> str:
    """Return `text` without any white space or invisible character."""
    return _SPACE.sub("", _INVISIBLE.sub("", text))


@lru_cache(maxsize=16_384)
def comparable(text: str) -> str:
    """Return the form in which labels are compared.

    NFKC, radicals and traditional characters mapped, no white space, no punctuation.
    """
    text = unicodedata.normalize("NFKC", map_radicals(text)).translate(traditional())
    return "".join(filter(str.isalnum, text))


Kind = Literal["number", "blank", "dash", "words", "noise"]


@dataclass(frozen=True, slots=True)
class Printed:
    """What a cell says.

    Attributes:
        kind: "number" (value is set), "blank" (nothing), "dash" (a dash, a slash or 无), "words" (words and no
            number), "noise" (what cannot be read safely: digits such as "--253" or "1?", a picture, ink without
            a meaning).
        value: The number as printed, exact; the sign of 增/减 and +/- kept.
        raw: The text, Unicode-normalised and no more.
        unit: 元, 万元, 件, … printed behind the number, else None.
    """

    kind: Kind
    value: Decimal | None
    raw: str | None
    unit: str | None = None


_DASH = re.compile(r"[-/\\~－—―_、.·]+|无|/+|空|（?无）?")
_ON_LINES = re.compile(r"\d\s*\n\s*\d")
_EMPHASIS = re.compile(r"(\*{1,3}|_{1,3})(?P<text>[^*_]*\d[^*_]*)\1")  # of Markdown
_UNITS = "万元|亿元|元|件|项|条|个|宗|起|次|份"
_ZERO = re.compile(rf"[〇ＯO○◯](?P<unit>{_UNITS})?")
_NUMBER = re.compile(
    r"(?P<sign>[+-]|增加|[减減]少|增|[减減])?[:：]?"
    r"(?P<int>\d{1,3}(?:,\d{3})+|\d+)(?:\.(?P<frac>\d+))?"
    rf"(?:(?P<unit>{_UNITS})|[（(](?P<bracketed>{_UNITS})[）)])?"
)
_NEGATIVE = {"-", "减", "减少", "減", "減少"}


@lru_cache(maxsize=16_384)
def parse_cell(text: str, *, whole: bool = False) -> Printed:
    """Read the text of one cell.

    Args:
        text: As printed.
        whole: The text is known to be one cell (it has a frame or a tag of its own): then "1 234" is a number with
            thousands groups. Elsewhere it may be two cells. Other white space between digits is noise.
    """
    raw = " ".join(map_radicals(_INVISIBLE.sub("", text)).translate(_FULLWIDTH).replace("\u3000", " ").split())
    if not raw:
        return Printed("blank", None, None)
    emphasis = _EMPHASIS.fullmatch(raw)
    if emphasis:
        raw = emphasis["text"]
    tight = squeeze(raw)
    if _DASH.fullmatch(tight):
        return Printed("dash", None, raw)
    zero = _ZERO.fullmatch(tight)
    if zero:
        return Printed("number", Decimal(0), raw, zero["unit"])
    match = _NUMBER.fullmatch(tight)
    if match and _BACKWARDS in text and len(match["int"]) > 1:
        return Printed("noise", None, raw)
    if match:
        digits = match["int"].replace(",", "")
        gaps = re.findall(r"\d[\d,.]*", raw)
        # numbers on lines of their own are several, though they look like thousands and the rest
        if len(gaps) > 1 and not (whole and _joined(gaps) and not _ON_LINES.search(text)):
            return Printed("noise", None, raw)
        if (len(digits) > 1 and digits[0] == "0") or (match["sign"] == "-" and digits == "0"):
            return Printed("noise", None, raw)
        value = Decimal(digits + ("." + match["frac"] if match["frac"] else ""))
        if match["sign"] in _NEGATIVE:
            value = -value
        return Printed("number", value, raw, match["unit"] or match["bracketed"])
    lost = _LOST in tight and not any(c.isalpha() for c in tight)
    return Printed("noise" if lost or any(c.isdigit() or c in _OBJECTS for c in tight) else "words", None, raw)


def _joined(groups: list[str]) -> bool:
    """Tell whether white space between groups of digits stands inside one number: 12 345, thousands apart."""
    return len(groups[0]) <= 3 and all(len(g) == 3 for g in groups[1:])


def to_number(value: Decimal | None) -> int | float | None:
    """Return an int where the value is whole, else a float, for JSON."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "○": 0}
_POWERS = {"十": 10, "百": 100, "千": 1000}
_MYRIADS = {"万": 10_000, "亿": 100_000_000}
CHINESE_NUMERAL = "零〇一二两三四五六七八九十百千万亿"


def chinese_number(text: str) -> int | None:
    """Return the value of a number in Chinese numerals (十四, 一百零五, 两千, 二〇二三), or None.

    >>> chinese_number("十四"), chinese_number("二〇二三"), chinese_number("一百零五")
    (14, 2023, 105)
    """
    if not text or any(c not in _DIGITS and c not in _POWERS and c not in _MYRIADS for c in text):
        return None
    if all(c in _DIGITS for c in text):
        return int("".join(str(_DIGITS[c]) for c in text))
    total = section = digit = 0
    for c in text:
        if c in _DIGITS:
            digit = _DIGITS[c]
        elif c in _POWERS:
            section += (digit or 1) * _POWERS[c]
            digit = 0
        else:
            unit = _MYRIADS[c]
            # behind 亿, 万 multiplies only what follows it: 一亿二千万
            over = total if total and total % (unit * 10_000) == 0 else 0
            total = over + (total - over + section + digit or 1) * unit
            section = digit = 0
    return total + section + digit

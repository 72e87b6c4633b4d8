"""Which reading of a cell stands, and how sure it is: two readers and the ink are heard.

settle(lines, second, ink, name) -> CellText
doubt_displaced(cells, texts) -> list[CellText]
doubt_displaced_on(tables) -> list[list[CellText]]
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .cellconfidence import agreed, alone, differing, rivals
from .cellink import Ink
from .cellplace import Placed, displaced
from .document import OcrCell
from .geometry import BBox
from .numerals import parse_cell, squeeze
from .ocr import LineReading

if TYPE_CHECKING:
    from .numread import NumberReading

Both = tuple[LineReading, LineReading]
"""A line read with all characters, and with those of numbers alone."""

RUBBISH = 0.3
"""Confidence in signs that are neither letters, digits nor a dash."""
FAINT_TEXT = 0.8
"""Faint ink is nothing, unless it reads as words with this confidence: a label may be printed in grey."""
SIGN = 0.1
"""A sign that only the second reader sees is a doubt when it is as sure as this."""
UNREAD_SIGN = 0.6
"""Confidence in a number before which there is ink that may be a sign, and that nobody reads as one."""
DISPLACED = 0.6
"""Confidence in a number that does not stand where the numbers of its table stand."""
SIGN_SHIFT = 0.75
"""A number moves by no more when the ink of its sign is not seen, in heights of a digit."""
FEW = 12
"""A table with no more numbers is looked at together with the other such tables of its page, too."""
EMPTY, EMPTY_DOUBTFUL, EMPTY_FAINT = 0.999, 0.98, 0.99
"""Confidence that a cell without ink is empty, one with a cut mark, and one with faint marks that nobody can read."""
DISSENT_EMPTY = 0.5
"""The second reader sees something in a doubtful cell only when it is as sure as this."""
DISSENT = 0.8
"""The second reader contradicts the first only when it is as sure as this; below it abstains."""
RIVAL = 0.5
"""The same where both read numbers: on 4,440 cells at the levels of `synth_scan` that doubts no right one more, on
8,820 blurred beyond them 25, and the two that were wrong and sure."""
SECOND = "numbers"
"""Name of the second reader in results."""
HALVES = frozenset("()（）")
"""What half of a 0 reads as:"""
HALF_SEEN = 0.6
"""no surer than this."""
SLASH = (0.995, 0.97, 0.99)
"""The recogniser takes a slash for a 1: less sure than this of the 1, and the second reader as sure of the slash, the
slash is right with the third."""
NONE = "无"
NONE_SEEN = (0.001, 0.5, 0.99)
"""The recogniser takes a worn 无 for 尤 or 光: where it gives 无 this chance, and the second reader is as sure of it as
the second, it is 无, with the third where the second reader is."""
STROKES = frozenset("一—－-–―_")
"""What readers take a dash for that is a flat stroke:"""
FLAT = 0.5
"""no higher than this, in widths of its ink."""
ALONE = 0.9
"""Where there is no second reader: confidence that faint ink is nothing, and in a 1 that may be a slash."""
MOST_SIGNS = 14
"""Longer texts are no numbers."""
NUMBER_STARTS = "十0123456789"
"""What a number with a strange ideograph in it begins with: 十 is a plus sign."""
IN_NUMBERS = "一二三日口万元件增减加少〇"
"""Ideographs that a cell with a number may hold, and those that its signs are taken for."""
DIFFERING = 0.98
"""A cell of which the readers differ is never surer."""


_COMMA = re.compile(r"^([+-]?(?:\d+(?=,(?:\d{1,2}|\d{4,})\D*$)|\d{4,}(?=,\d{3}\D*$))),(\d)")


@dataclass(frozen=True, slots=True)
class CellText:
    """What a cell says.

    Attributes:
        text: "" for an empty one.
        ocr: How it was read.
        ink: There is ink.
        extent: Left end, right end and height of its only line of ink, points; None if it has none or more lines.
    """

    text: str
    ocr: OcrCell
    ink: bool
    extent: tuple[float, float, float] | None = None


def settle(
    lines: Sequence[Both], second: NumberReading | None, ink: Ink, name: str, *, faint: bool = False
) -> CellText:
    """Decide what a cell says.

    Without a second reader a number is as sure as `cellconfidence.alone` says, faint ink and what may be a slash are in
    doubt. Nothing but the rules then tells of digits that the first reader loses and is sure of: 1 of 1,560 sure
    numbers was wrong on pages blurred beyond the levels of `synth_scan`, none of 990 at them.

    Args:
        lines: Its lines as the first reader reads them.
        second: What the second reader reads, None for words, which it is not asked about, and where there is none.
        ink: The ink of the cell.
        name: The first reader's.
        faint: The ink is much lighter than the print of the page.
    """
    if faint and not _words(lines):
        return _empty(second, name, EMPTY_FAINT)
    if not lines:
        return _empty(second, name, EMPTY_DOUBTFUL if ink.doubtful else EMPTY)
    if _dash(lines, second, ink):
        sure = lines[0][0].confidence  # with the characters of numbers alone a reader hardly knows a dash
        if second is None:
            return CellText("-", OcrCell(round(alone(sure), 4), name, None, (("-", round(sure, 5)),)), True)
        joint = agreed(sure, second.confidence)
        seen = (("-", round(sure, 5)), ("-", round(second.confidence, 5)))
        return CellText("-", OcrCell(round(joint, 4), name, "-", seen), True)
    if maybe_none(lines) and second is not None and second.text == NONE and second.confidence >= NONE_SEEN[1]:
        sure = max(lines[0][0].confidence if lines[0][0].text == NONE else 0.0, min(second.confidence, NONE_SEEN[2]))
        return CellText(NONE, OcrCell(round(sure, 4), name), True)
    if not one_number(lines) and not _number_after_all(lines, second):
        text = "\n".join(full.text for full, _ in lines)
        confidence = min(full.confidence for full, _ in lines)
        if not any(c.isalnum() for c in text) and parse_cell(text).kind != "dash":
            confidence = min(confidence, RUBBISH)  # bits of rulings
        return CellText(text, OcrCell(confidence, name), True)
    masked = lines[0][1]
    found = _number(tidy(masked.text), masked.confidence, second, name)
    if ink.sign and parse_cell(found.text).kind == "number" and found.text[0].isdigit():
        signed, sure = "-" + found.text, min(found.ocr.confidence, UNREAD_SIGN)
        text, other = (signed, found.text) if _seen(signed, found.ocr) else (found.text, signed)
        found = replace(found, text=text, ocr=replace(found.ocr, confidence=sure, second=other))
    return found


def _empty(second: NumberReading | None, name: str, sure: float) -> CellText:
    if second is None and sure == EMPTY_FAINT:
        return CellText("", OcrCell(ALONE, name), False)
    other = "" if second is None or second.confidence < DISSENT_EMPTY else squeeze(second.text)
    if not other or second is None or (sure == EMPTY_FAINT and parse_cell(other).kind not in ("number", "noise")):
        return CellText("", OcrCell(sure, name), False)  # a faint dash says no more than an empty cell
    return CellText("", OcrCell(0.5, name, other, (("", 0.5), (other, round(second.confidence, 4)))), True)


def _number(text: str, confidence: float, second: NumberReading | None, name: str) -> CellText:
    """Decide between two readings of a line that holds a number or a sign."""
    candidates = [(text, round(confidence, 5))]
    if second is None:
        sure = min(alone(confidence), ALONE) if text == "1" and confidence < SLASH[0] else alone(confidence)
        return CellText(text, OcrCell(round(sure, 4), name, None, tuple(candidates)), True)
    other = tidy(second.text)
    candidates.append((other, round(second.confidence, 5)))
    if text in HALVES or other in HALVES:
        # nobody prints a bracket alone: a reader that saw a number saw more
        seen = [c for c in candidates if c[0] not in HALVES and parse_cell(c[0]).kind == "number"]
        read, sure = seen[0] if seen else ("0", HALF_SEEN)
        half = text if text in HALVES else other
        return CellText(read, OcrCell(round(min(sure, HALF_SEEN), 4), name, half, tuple(candidates)), True)
    digits = text.lstrip("-")
    if digits and {text, other} == {"-" + digits, "--" + digits}:
        text = other = "-" + digits  # a thin sign broke in two, for one of them
    elif digits and text == other == "--" + digits:  # … for both
        return CellText("-" + digits, OcrCell(UNREAD_SIGN, name, other, tuple(candidates)), True)
    if same_reading(text, other):
        joint = agreed(confidence, second.confidence)
        return CellText(text, OcrCell(round(joint, 4), name, text, tuple(candidates)), True)
    if text == "1" and confidence < SLASH[0] and parse_cell(other).kind == "dash" and second.confidence >= SLASH[1]:
        return CellText(other, OcrCell(SLASH[2], SECOND, None, tuple(candidates)), True)
    numbers = parse_cell(text).kind == parse_cell(other).kind == "number"
    one, two = (rivals if numbers else differing)(confidence, second.confidence)
    signed = numbers and text == other.lstrip("+-")
    if signed and second.confidence >= DISSENT:
        two = max(one, two)  # a thin sign is overlooked more easily than made up
        one = 1 - two
    if not other and second.confidence < DISSENT:
        two = 0.0  # it sees ink and cannot read it
    if parse_cell(other).kind != "noise" and (parse_cell(text).kind == "noise" or two > one):
        text, other, one, name = other, text, two, SECOND
    elif second.confidence < (SIGN if signed else RIVAL if numbers else DISSENT):
        # it does not know: the first reader stands alone
        return CellText(text, OcrCell(round(one, 4), name, None, tuple(candidates)), True)
    return CellText(text, OcrCell(round(min(one, DIFFERING), 4), name, other, tuple(candidates)), True)


def doubt_displaced(cells: Sequence[BBox], texts: Sequence[CellText]) -> list[CellText]:
    """Return the texts of a table's cells, numbers that do not stand where they should in doubt: something is lost.

    A number that stands too far to the right, and that one reader reads with a minus sign, has it.

    Args:
        cells: Their boxes, points.
        texts: As they were read.
    """
    out = list(texts)
    numbers = [i for i, t in enumerate(texts) if t.extent is not None and parse_cell(t.text).kind == "number"]
    places = [Placed(cells[i], *texts[i].extent) for i in numbers]  # type: ignore[misc]
    for k, shift in displaced(places).items():
        found = out[numbers[k]]
        text, ocr = found.text, found.ocr
        if text[0] in "+-" and 0 < shift <= SIGN_SHIFT * places[k].height:
            continue  # the sign is faint, and was read
        if shift > 0 and text[0].isdigit() and _seen("-" + text, ocr):
            text, ocr = "-" + text, replace(ocr, second=text)
        out[numbers[k]] = replace(found, text=text, ocr=replace(ocr, confidence=min(ocr.confidence, DISPLACED)))
    return out


def doubt_displaced_on(tables: Sequence[tuple[Sequence[BBox], Sequence[CellText]]]) -> list[list[CellText]]:
    """Return the texts of the tables of a page as `doubt_displaced` does.

    Those with few numbers are looked at together, too: section 二 may be a table of its own for each article, where a
    number among two to six others tells little.

    Args:
        tables: Boxes of the cells, points, and their texts as they were read.
    """
    out = [doubt_displaced(cells, texts) for cells, texts in tables]
    small = [k for k, (_, texts) in enumerate(tables) if sum(parse_cell(t.text).kind == "number" for t in texts) <= FEW]
    together = doubt_displaced([c for k in small for c in tables[k][0]], [t for k in small for t in out[k]])
    at = 0
    for k in small:
        out[k] = together[at : at + len(out[k])]
        at += len(out[k])
    return out


def one_number(lines: Sequence[Both]) -> bool:
    """Tell whether a cell is a number or a sign rather than words: one line, no more than a stray ideograph in it."""
    if len(lines) != 1:
        return False
    full, masked = lines[0]
    if not masked.text or len(full.text) > MOST_SIGNS:
        return False
    words = _words_in(full.text)
    return words == 0 or (words == 1 and len(full.text) <= 2 and full.confidence < masked.confidence)


def _words_in(text: str) -> int:
    return sum("\u4e00" <= c <= "\u9fff" and c not in IN_NUMBERS for c in text)


def nearly_number(lines: Sequence[Both]) -> bool:
    """Tell whether a cell is a number but for one ideograph: perhaps its unit, misread, or a plus sign."""
    if len(lines) != 1:
        return False
    full, masked = lines[0]
    if not masked.text or len(full.text) > MOST_SIGNS:
        return False
    return _words_in(full.text) == 1 and full.text[0] in NUMBER_STARTS


def _number_after_all(lines: Sequence[Both], second: NumberReading | None) -> bool:
    """Tell whether what is nearly a number is one that the second reader reads without the strange ideograph."""
    if second is None or not nearly_number(lines):
        return False
    text = tidy(lines[0][1].text)
    if _figures(text) != _figures(lines[0][0].text):
        return False
    return parse_cell(text).kind == "number" and same_reading(text, tidy(second.text))


def _figures(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def maybe_dash(lines: Sequence[Both]) -> bool:
    """Tell whether a cell holds one stroke and no more."""
    return len(lines) == 1 and lines[0][0].text in STROKES


def _dash(lines: Sequence[Both], second: NumberReading | None, ink: Ink) -> bool:
    if not maybe_dash(lines) or (second is not None and second.text not in STROKES) or len(ink.lines) != 1:
        return False
    x0, y0, x1, y1 = ink.lines[0]
    return y1 - y0 <= FLAT * (x1 - x0)


def maybe_none(lines: Sequence[Both]) -> bool:
    """Tell whether a cell holds one ideograph that may be 无."""
    if len(lines) != 1 or len(lines[0][0].chars) != 1:
        return False
    char = lines[0][0].chars[0]
    return any(c == NONE and p >= NONE_SEEN[0] for c, p in char.alternatives)


def same_reading(a: str, b: str) -> bool:
    """Tell whether two readings of a cell say the same."""
    one, other = parse_cell(a), parse_cell(b)
    if one.kind == other.kind == "number":
        return (one.value, one.unit) == (other.value, other.unit)
    return a == b or one.kind == other.kind == "dash"


def _seen(text: str, ocr: OcrCell) -> bool:
    return any(text == candidate for candidate, _ in ocr.candidates)


def _words(lines: Sequence[Both]) -> bool:
    return any(c.isalpha() for full, _ in lines for c in full.text) and all(
        full.confidence >= FAINT_TEXT for full, _ in lines
    )


def tidy(text: str) -> str:
    """Return what a number reads as, without what its print cannot be.

    A bracket that has no other is half of a 0 that broke, "()" are its two halves. A comma that does not part thousands
    is a point with dirt below it.
    """
    text = squeeze(text)
    if text == "()":
        return "0"
    digits = text.strip("()（）")
    if digits.isdigit() and len(text) - len(digits) == 1:
        return digits
    return _COMMA.sub(r"\1.\2", text)

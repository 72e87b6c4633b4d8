"""What the readers of a cell say of a value: whether one saw it, both take it for possible, and a 0 is printed."""

from __future__ import annotations

from collections.abc import Sequence

from .document import OcrCell
from .repair_model import Sight, count_of, parsed

BY_FAR = 2.0
"""So many times likelier than the next number is likelier by far."""
NEARLY_NONE = 0.01
"""Odds, or share of the texts of a value, of a blank or a dash instead of a number, or the other way round."""
BOTH = 0.05
"""Odds of a blank from which on a table is said to print both noughts and blanks."""
UNLISTED = 0.01
"""What a reader that does not list a text may still hold of it."""


def seen(value: int, ocr: OcrCell) -> bool:
    """Tell whether a reader, or another look, read the value: not only took it for possible.

    A reader that sees no number may still say which one is the likeliest by far.
    """
    lists = [texts for texts in (ocr.first_list, ocr.second_list) if texts]
    read = *(texts[0][0] for texts in lists), *ocr.again, ocr.second or "", *(t for t, _ in ocr.reread)
    return any(t and count_of(t) == value for t in read) or value in map(_likeliest, lists)


def _likeliest(texts: Sequence[tuple[str, float]]) -> int | None:
    sums: dict[int, float] = {}
    for text, p in texts:
        count = count_of(text)
        if text and count is not None:
            sums[count] = sums.get(count, 0.0) + p
    best = sorted(sums.items(), key=lambda s: (-s[1], s[0]))
    return best[0][0] if best and (len(best) == 1 or best[0][1] >= BY_FAR * best[1][1]) else None


def by_reader(ocr: OcrCell, least: float = 0.0) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the texts that each reader took for possible, or read in another look: the last look is the second's."""
    first, second = (tuple(t for t, p in texts if p >= least) for texts in (ocr.first_list, ocr.second_list))
    return first + ocr.again[:-1], second + ocr.again[-1:]


def only_second(value: int, ocr: OcrCell) -> bool:
    """Tell whether the first reader sees no number at all, and the second the same in both of its looks."""
    first, _ = by_reader(ocr)
    if any(t and count_of(t) not in (None, value) for t in first) or not ocr.second_list or not ocr.again:
        return False
    return all(t and count_of(t) == value for t in (ocr.second_list[0][0], ocr.again[-1]))


def among(value: int, texts: Sequence[str]) -> bool:
    """Tell whether one of the texts is a value."""
    return any(t and count_of(t) == value for t in texts)


def surely_printed(ocr: OcrCell, nothing: float) -> bool:
    """Tell whether 0 is printed as a number, if it counts as 0, given the odds in this table that nothing is.

    Each reader and each look is a witness of its own: one that is sure of ink outweighs one that sees none on a blurred
    page. In a table that prints both, none may see nothing.
    """
    odds, printed, none_seen = min(nothing, 1.0), False, False
    for texts in (ocr.first_list, ocr.second_list) if ocr.first_list or ocr.second_list else (ocr.candidates,):
        noughts = [(_is_number(t), p) for t, p in texts if count_of(t) == 0]
        number, blank = (sum(p for is_number, p in noughts if is_number is kind) for kind in (True, False))
        odds *= (blank + UNLISTED) / (number + UNLISTED)
        printed |= number > 0
        none_seen |= blank > NEARLY_NONE
    for text, sure in ocr.reread:  # whatever it sees, there is ink
        blank = 1 - sure if text else sure
        odds *= (blank + UNLISTED) / (1 - blank + UNLISTED) if sure > 0.5 else 1.0
        none_seen |= not text
    return printed and odds <= NEARLY_NONE and not (none_seen and nothing > BOTH)


def _is_number(text: str) -> bool:
    return parsed(text).kind == "number"  # an O or 〇 alone, too


def one_form(sight: Sight) -> bool:
    """Tell whether the reading is the only form of its value that readers saw: a blank and 0 count the same."""
    if sight.value != 0:
        return True
    zeros = {_is_number(t) for t, p in sight.texts if count_of(t) == 0 and p > NEARLY_NONE}
    return len(zeros) == 1  # nothing listed: ink that says nothing may be either

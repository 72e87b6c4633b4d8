"""Characters with places to lines of text: what stands on one line, and where a gap is a space.

Kerning never splits a number, and a gap that is clearly one never lets two numbers run together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .geometry import BBox, union
from .pagelayer import Char, turned

SAME_LINE = 0.45
"""Characters whose baselines differ by less, in em, stand on one line."""
WORD_GAP = 0.3
"""A wider gap beside a letter or digit is a space, in em. Kerning and letter spacing stay below it."""
IDEOGRAPH_GAP = 0.6
"""The same between two ideographs."""
SPACE_GAP = 0.12
"""A space character counts as a space if the gap is at least this wide, in em."""
TAB_GAP = 2.0
"""A wider gap is a tab, in em."""
NOTE = 0.75
"""A digit that is smaller than its neighbour by this factor is the number of a footnote."""
RAISED = 0.2
"""So is one whose baseline is further off, in em of the larger, whatever its size."""
BIT = (0.95, 0.08)
"""And one that is smaller by this factor and whose baseline is off by this: digits of a number differ in neither."""
DOUBLE = 0.2
"""The same character again at less than this distance, in em, is the same one printed twice to look bold."""
OVER = 0.33
"""Digits that begin nearer to each other than this, in em, are printed over each other: no number."""


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line of text with its box, points, in the upright frame of the page.

    Attributes:
        text: What it says.
        bbox: Where it stands.
        sure: Of each character, the reader's probability that it is right; empty where nothing was read from a picture.
    """

    text: str
    bbox: BBox
    sure: tuple[float, ...] = ()


def split_lines(chars: Iterable[Char]) -> list[list[Char]]:
    """Group characters by baseline, from top to bottom, and sort each line from left to right.

    Characters that run sideways come last, as lines of their own in their own direction; spaces at the ends are
    dropped.
    """
    upright: list[Char] = []
    other: dict[int, list[Char]] = {}
    for c in chars:
        if c.angle:
            other.setdefault(c.angle, []).append(c)
        else:
            upright.append(c)
    lines = _lines(upright)
    for angle in sorted(other):
        lines.extend(_sideways(other[angle], angle))
    return lines


def _lines(chars: list[Char]) -> list[list[Char]]:
    lines: list[list[Char]] = []
    mean = 0.0
    size = 0.0
    for char in sorted((c for c in chars if c.text != " "), key=lambda c: (c.baseline, c.x0)):
        base = char.baseline
        if lines and base - mean <= SAME_LINE * min(char.size, size):
            line = lines[-1]
            line.append(char)
            mean += (base - mean) / len(line)
        else:
            lines.append([char])
            mean = base
        size = char.size
    spaces = [c for c in chars if c.text == " "]
    for line in lines:
        if spaces:
            low = min(c.y0 for c in line)
            high = max(c.y1 for c in line)
            line.extend(s for s in spaces if low <= (s.y0 + s.y1) / 2 <= high)
        line.sort(key=lambda c: (c.x0, c.text != " "))
    return lines


def _sideways(chars: list[Char], angle: int) -> list[list[Char]]:
    """Return the lines of characters that run sideways; their boxes are as they stand on the page."""
    # turn clockwise about the origin: only the order matters, so the frame's size does not
    upright = {}
    for c in chars:
        box = turned((c.x0, c.y0, c.x1, c.y1), angle, 0.0, 0.0)
        upright[Char(c.text, *box, c.size)] = c
    return [[upright[c] for c in line] for line in _lines(list(upright))]


def join_line(line: Sequence[Char], tab: str = " ") -> str:
    """Join the characters of one line; a space or `tab` is written only where the gap is clearly one.

    Args:
        line: Characters in order, as from `split_lines`.
        tab: What a gap wider than `TAB_GAP` becomes.

    Returns:
        The text without leading and trailing blanks.
    """
    parts: list[str] = []
    last: Char | None = None
    space = False
    for char in line:
        if char.text == " ":
            space = True
            continue
        if last is not None:
            if same_twice(last, char):
                continue
            gap = gap_between(last, char)
            wide = IDEOGRAPH_GAP if _wide(last.text) and _wide(char.text) else WORD_GAP
            if gap > TAB_GAP:
                parts.append(tab)
            elif gap > wide or (space and gap >= SPACE_GAP) or _raised(last, char) or _over(last, char):
                parts.append(" ")
        parts.append(char.text)
        last = char
        space = False
    return "".join(parts)


def same_twice(a: Char, b: Char) -> bool:
    """Tell whether two characters are one that is printed twice, a little apart, to look bold."""
    near = DOUBLE * max(a.size, b.size)
    return a.text == b.text and abs(a.x0 - b.x0) < near and abs(a.y0 - b.y0) < near


def gap_between(a: Char, b: Char) -> float:
    """Return the gap between two characters of a line, in em."""
    em = max(a.size, b.size)
    if em <= 0:
        return 0.0
    if a.angle % 180:
        return max(b.y0 - a.y1, a.y0 - b.y1) / em
    return (b.x0 - a.x1 if a.angle == 0 else a.x0 - b.x1) / em


def _over(a: Char, b: Char) -> bool:
    """Tell whether two digits are printed over each other, as by a shadow or a correction."""
    if not (a.text.isdigit() and b.text.isdigit() and a.angle == b.angle == 0):
        return False
    return abs(a.x0 - b.x0) < OVER * max(a.size, b.size)


def _raised(a: Char, b: Char) -> bool:
    """Tell whether one of two digits is the number of a footnote: it must not become a digit of the other's number."""
    if not (a.text.isdigit() and b.text.isdigit()):
        return False
    large = max(a.size, b.size)
    small = min(a.size, b.size)
    if small < NOTE * large:
        return True
    off = abs(a.baseline - b.baseline)
    return a.angle == b.angle == 0 and (off > RAISED * large or (small < BIT[0] * large and off > BIT[1] * large))


def _wide(text: str) -> bool:
    return text[0] >= "\u2e80"


def box_of(chars: Iterable[Char]) -> BBox:
    """Return the box around characters, spaces left out.

    Raises:
        ValueError: There is none.
    """
    box = union((c.x0, c.y0, c.x1, c.y1) for c in chars if c.text != " ")
    if box is None:
        raise ValueError("no characters")
    return box


def text_lines(lines: Iterable[Sequence[Char]]) -> list[TextLine]:
    """Return lines of characters as text, wide gaps as tabs; empty ones are left out."""
    return [TextLine(text, box_of(line)) for line in lines if (text := join_line(line, "\t"))]

"""Anchors: places of a text that are found again after the text has changed a little, without keeping any of it.

An anchor is a hash of the place and of a few characters around it. It is taken from the folded text (no white space,
one spelling of punctuation and digits), so line breaks and full-width forms do not move it.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from .facts_text import fold
from .geometry import Span

CONTEXT = 8
"""Folded characters on each side that an anchor looks at."""

_LENGTH = 16
"""Hexadecimal digits kept of a hash."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """What is kept of a place.

    Attributes:
        size: Folded characters of the place itself.
        both: Hash with the context on both sides.
        before: Hash with the context before it.
        after: Hash with the context behind it.
    """

    size: int
    both: str
    before: str
    after: str


def anchors(text: str, spans: Sequence[Span]) -> list[Anchor]:
    """Return the anchor of each span of `text`."""
    folded = _Folded(text)
    return [folded.anchor(*folded.inside(*s)) for s in spans]


def realign(text: str, spans: Sequence[Span], kept: Sequence[Anchor]) -> list[Span | None]:
    """Find places again in a text that is not quite the one that they were taken from.

    A place is looked for with its context on both sides, then with that on one side. Of several that fit, the one that
    has moved most like its neighbours is taken; no two places overlap, and their order stays.

    Args:
        text: The text as it is now.
        spans: The places in the text as it was, in order.
        kept: Their anchors.

    Returns:
        The places in `text`, None for one that is not found.
    """
    folded = _Folded(text)
    found: list[Span | None] = [None] * len(spans)
    for side in ("both", "before", "after"):
        wanted = {(a.size, getattr(a, side)) for a, f in zip(kept, found, strict=True) if f is None}
        if not wanted:
            break
        places = folded.places(wanted, side)
        for i in _surest_first(kept, found, places, side):
            options = [p for p in places.get((kept[i].size, getattr(kept[i], side)), []) if _fits(p, i, found)]
            if options:
                drift = _drift(i, spans, found)
                found[i] = min(options, key=lambda p: abs(p[0] - spans[i][0] - drift))
    return found


class _Folded:
    """A text folded, with the place of every character."""

    def __init__(self, text: str) -> None:
        self.text, self.at = fold(text)

    def inside(self, start: int, end: int) -> Span:
        """Return the folded place of text[start:end]."""
        return bisect_left(self.at, start), bisect_left(self.at, end)

    def anchor(self, a: int, b: int) -> Anchor:
        return Anchor(b - a, *(self._hash(a, b, side) for side in ("both", "before", "after")))

    def _hash(self, a: int, b: int, side: str) -> str:
        before = self.text[max(0, a - CONTEXT) : a] if side != "after" else ""
        after = self.text[b : b + CONTEXT] if side != "before" else ""
        return hashlib.sha256(f"{before}\0{self.text[a:b]}\0{after}".encode()).hexdigest()[:_LENGTH]

    def places(self, wanted: set[tuple[int, str]], side: str) -> dict[tuple[int, str], list[Span]]:
        """Return where the wanted (size, hash) stand, in places of the text."""
        out: dict[tuple[int, str], list[Span]] = {}
        for size in sorted({size for size, _ in wanted}):
            for a in range(len(self.text) - size + 1):
                key = (size, self._hash(a, a + size, side))
                if key in wanted:
                    here = self.at[a] if a < len(self.at) else 0
                    out.setdefault(key, []).append((here, self.at[a + size - 1] + 1 if size else here))
        return out


def _surest_first(
    kept: Sequence[Anchor], found: Sequence[Span | None], places: dict[tuple[int, str], list[Span]], side: str
) -> list[int]:
    missing = [i for i, f in enumerate(found) if f is None]
    return sorted(missing, key=lambda i: (len(places.get((kept[i].size, getattr(kept[i], side)), [])), i))


def _fits(place: Span, i: int, found: Sequence[Span | None]) -> bool:
    """Tell whether a place stands behind those before it and before those behind it."""
    before = next((f for f in reversed(found[:i]) if f is not None), None)
    after = next((f for f in found[i + 1 :] if f is not None), None)
    return (before is None or before[1] <= place[0]) and (after is None or place[1] <= after[0])


def _drift(i: int, spans: Sequence[Span], found: Sequence[Span | None]) -> int:
    """Return how far the nearest place that was found has moved."""
    near = sorted((abs(j - i), f[0] - spans[j][0]) for j, f in enumerate(found) if f is not None)
    return near[0][1] if near else 0

"""Which row of the form a strip is: similarity of labels, decoded with a soft monotone order.

Labels decide, the order only breaks ties: a hard order shifts a whole table when one row is lost or printed
twice. A strip whose label is gone can still be placed, by `fill`, where its neighbours leave one place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from rapidfuzz import fuzz

from .numerals import comparable
from .strips import Strip
from .template import Row

# Below this similarity a label says nothing.
LABEL_FLOOR = 0.5
# Below this similarity the label is damaged: the row is placed, and a structure finding names it.
LABEL_SURE = 0.74
# A text this alike to a row's label is that label and no part of a longer one.
WHOLE_LABEL = 0.999
# Cost of a step in the form's order, in units of similarity.
SKIP_COST = 0.015
REPEAT_COST = 0.12
BACK_COST = 0.35
# What a strip left without a row gains; a label must be better than this to be used.
NONE_GAIN = 0.42
# Stands for the row of a strip that is none, or whose label is damaged.
NO_ROW = -9

# 规章（设区的市、自治州人民政府应提供相关数据）: what an office explains behind a label may name other rows.
_EXPLAINED = re.compile(
    r"\s*(?P<label>(?:[（(][一二三四五六七八]{1,2}[)）]|[一二三四五六七八\d]{1,2}[、.．])?[^（(]{2,16})"
    r"[（(](?!区分处理|[一二三四五六七八九十\d]{1,2}[）)])(?s:.){8,}"
)
_NUMBERING = re.compile("^[一二三四五六七八九十]{1,2}(?=[^一二三四五六七八九十])|^[0-9]{1,2}")


@dataclass(frozen=True, slots=True)
class Match:
    """A strip that is a row of the form.

    Attributes:
        strip: Index of the strip.
        row: Index of the row.
        score: Similarity of the label, 0 to 1; 0 where the label is lost and the place alone decides.
    """

    strip: int
    row: int
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class RowKey:
    """What a row may be called: whole labels with numbering, and their cores without. One object a name."""

    full: tuple[str, ...]
    core: tuple[str, ...]
    number: str


_keys: dict[tuple[str, tuple[str, ...]], RowKey] = {}


def row_keys(rows: Sequence[Row]) -> tuple[RowKey, ...]:
    """Return what each row may be called, ready for `similarities`."""
    return tuple(map(_key, rows))


def _key(row: Row) -> RowKey:
    names = (row.label, row.variants)
    known = _keys.get(names)
    if known is None:
        full = tuple(dict.fromkeys(comparable(n) for n in (row.label, *row.variants)))
        core = tuple(dict.fromkeys(_NUMBERING.sub("", f) for f in full))
        number = _NUMBERING.match(comparable(row.label))
        known = _keys[names] = RowKey(full, core, number.group() if number else "")
    return known


def similarity(parts: Sequence[str], row: Row, before: str = "") -> float:
    """Return how well the printed label texts name a row, 0 to 1.

    The row's own label is the last of the parts (group labels stand before it), or the end of all of them when
    it is wrapped; `before` is text of the line above.
    """
    return similarities(parts, row_keys([row]), before)[0]


def similarities(parts: Sequence[str], keys: tuple[RowKey, ...], before: str = "") -> tuple[float, ...]:
    """Return `similarity` with each of the rows whose keys are given."""
    names = [_named(p) if "（" in p or "(" in p else p for p in parts]
    return _similarities(tuple(map(comparable, names)), keys, comparable(before))


@lru_cache(maxsize=1_000)
def _named(part: str) -> str:
    """Return a label without what is explained behind it."""
    explained = _EXPLAINED.fullmatch(part)
    return explained["label"] if explained else part


# Every strip is compared several times with the rows of each edition, which are mostly the same: both caches count.
@lru_cache(maxsize=2_000)
def _similarities(parts: tuple[str, ...], keys: tuple[RowKey, ...], before: str) -> tuple[float, ...]:
    own = [p for p in parts if p]
    if not own:
        return (0.0,) * len(keys)
    whole = "".join(own)
    # a label that is not the last part counts less: it is a group label or a neighbour's
    weights = {own[-1]: 1.0, whole: 1.0} | {text: 0.9 for text in own[:-1] if text not in (own[-1], whole)}
    out: list[float] = []
    for key in keys:
        best = max(weight * _against(text, key) for text, weight in weights.items())
        if before and best < 0.95:
            best = max(best, 0.97 * _against(before + whole, key, tail_only=True))
        out.append(best)
    return tuple(out)


@lru_cache(maxsize=40_000)
def _against(text: str, key: RowKey, *, tail_only: bool = False) -> float:
    best = 0.0
    for name in key.full:
        if text == name:
            return 1.0
        if len(name) >= 2 and text.endswith(name):
            best = max(best, 0.97 if len(name) >= 4 else 0.9)
        tail = text[-len(name) - 1 :]
        longer = len(tail) < len(text)
        best = max(best, fuzz.ratio(tail, name) / 100 * (0.98 if longer else 1.0))
        if longer and not tail_only:
            best = max(best, fuzz.ratio(text, name) / 100)
    bare = _NUMBERING.sub("", text)
    same_number = bool(key.number) and text.startswith(key.number)
    for name in key.core:
        if not name or not bare:
            continue
        value = fuzz.ratio(bare, name) / 100
        if len(bare) >= 4 and len(name) > len(bare) and bare in name:
            value = max(value, 0.86)  # a shortened label
        if len(name) >= 5 and name in bare:
            value = max(value, 0.93)
        if text != bare and key.number and not same_number:
            value *= 0.93  # it carries another number than the form's
        best = max(best, value * 0.985)
    return best


def score_matrix(strips: Sequence[Strip], rows: Sequence[Row]) -> list[tuple[float, ...]]:
    """Return the similarity of every strip (outer) with every row (inner)."""
    keys = row_keys(rows)
    return [similarities(s.labels, keys, s.before) if s.cut else (0.0,) * len(keys) for s in strips]


def decode(scores: Sequence[Sequence[float]], usable: Sequence[bool]) -> list[Match]:
    """Assign strips to rows: the best total similarity under a soft order (Viterbi).

    Args:
        scores: Similarity of strip i with row j.
        usable: Whether strip i may be a row at all (it has values).

    Returns:
        Matches in strip order. A row may be matched twice (printed twice), a strip once or never.
    """
    n = len(scores)
    if n == 0:
        return []
    m = len(scores[0])
    # state: the last row used, m for none yet; a strip without a row keeps the state
    best = [float("-inf")] * (m + 1)
    best[m] = 0.0
    back: list[list[tuple[int, bool]]] = []
    for i in range(n):
        new = [b + (NONE_GAIN if usable[i] else 0.0) for b in best]
        step = [(k, False) for k in range(m + 1)]
        if usable[i]:
            costs = _step_costs(m)
            reached = [(k, b) for k, b in enumerate(best) if b > float("-inf")]
            for j, s in enumerate(scores[i]):
                if s < LABEL_FLOOR:
                    continue
                cost = costs[j]
                for k, b in reached:
                    value = b + s - cost[k]
                    if value > new[j] + 1e-12:
                        new[j] = value
                        step[j] = (k, True)
        best = new
        back.append(step)
    state = max(range(m + 1), key=lambda k: (best[k], -k))
    out: list[Match] = []
    for i in range(n - 1, -1, -1):
        previous, used = back[i][state]
        if used:
            out.append(Match(i, state, scores[i][state]))
            state = previous
    return out[::-1]


@cache
def _step_costs(rows: int) -> tuple[tuple[float, ...], ...]:
    """Return the cost of each step: to a row (outer) from the state before (inner), the last of which is none yet."""
    return tuple(tuple(_step_cost(before, row, rows) for before in range(rows + 1)) for row in range(rows))


def _step_cost(before: int, row: int, none: int) -> float:
    if before == none:
        return SKIP_COST * row
    if row > before:
        return SKIP_COST * (row - before - 1)
    if row == before:
        return REPEAT_COST
    return BACK_COST


def framed(matches: Sequence[Match], usable: Sequence[bool], form_rows: int) -> frozenset[int]:
    """Return the strips that can be no other row than theirs, whatever a misread letter takes from their similarity.

    The rows before and after them are the form's neighbours, nothing between may be a row, and no label is damaged.

    Args:
        matches: In strip order.
        usable: Whether strip i may be a row at all.
        form_rows: How many rows the form has.
    """
    known = {m.strip: m.row for m in matches if m.score >= LABEL_SURE}
    # the edges of the table stand for the rows before its first and after its last
    rows = [-1, *(known.get(i, NO_ROW) for i, may in enumerate(usable) if may), form_rows]
    strips = [i for i, may in enumerate(usable) if may]
    return frozenset(
        strip for k, strip in enumerate(strips, 1) if rows[k - 1] + 1 == rows[k] == rows[k + 1] - 1 and rows[k] >= 0
    )


def out_of_order(matches: Sequence[Match]) -> list[int]:
    """Return the rows that may stand in another place than the form's: those without which the others are in order.

    Of two neighbours that changed places either may be the one that moved: both are returned. A row that moved far is
    returned alone.
    """
    rows = [m.row for m in matches]
    # longest run of rows in order that ends, and that begins, with each
    ends = _longest(rows)
    begins = _longest([-r for r in reversed(rows)])[::-1]
    whole = max(ends, default=0)
    kept = [e for e, b in zip(ends, begins, strict=True) if e + b - 1 == whole]
    found = [
        r
        for r, e, b in zip(rows, ends, begins, strict=True)
        if e + b - 1 < whole or kept.count(e) > 1  # another row can take its place among those in order
    ]
    return list(dict.fromkeys(found))


def _longest(rows: Sequence[int]) -> list[int]:
    out: list[int] = []
    for i, r in enumerate(rows):
        out.append(1 + max((n for n, before in zip(out, rows[:i], strict=True) if before <= r), default=0))
    return out

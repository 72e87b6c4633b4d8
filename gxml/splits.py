"""Rows whose numbers do not say by themselves which column they stand in: run together, short or long by one.

Every way to read such a row is a candidate; the form's equations choose. A candidate is used only when it is
the only one that satisfies them all: else the cells stay null. Search is exact, or gives up and says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

Vector = tuple[int | None, ...]
"""One reading of a row: a value for each column, None for a printed blank (it counts as 0)."""

# No count on the form has more digits.
MAX_DIGITS = 8
# States that the joint search may hold before it gives up.
STATE_LIMIT = 60_000
# Readings of one row that are looked at before it is given up.
ROW_LIMIT = 4_000


def split_digits(pieces: Sequence[str], parts: int, *, last_is_sum: bool) -> list[tuple[int, ...]]:
    """Return every way to cut digit strings into `parts` numbers, in order and without leading zeros.

    Args:
        pieces: Strings of digits; a cut stands between two of them in any case.
        parts: Numbers wanted.
        last_is_sum: Keep only cuts whose last number is the sum of the others.

    Returns:
        The cuts, at most `ROW_LIMIT`; an empty list where there are none or too many.
    """
    text = "".join(pieces)
    if not text.isdigit() or len(text) < parts or len(pieces) > parts:
        return []
    forced = set()
    at = 0
    for piece in pieces[:-1]:
        at += len(piece)
        forced.add(at)
    out: list[tuple[int, ...]] = []

    def walk(pos: int, left: int, total: int, chosen: tuple[int, ...], bound: int | None) -> bool:
        if left == 0:
            if pos == len(text):
                out.append(chosen)
            return len(out) <= ROW_LIMIT
        stop = min(len(text) - (left - 1), pos + (1 if text[pos : pos + 1] == "0" else MAX_DIGITS))
        for end in range(pos + 1, stop + 1):
            if any(pos < f < end for f in forced):
                break
            value = int(text[pos:end])
            if bound is not None and total + value > bound:
                break
            if left == 1 and (end != len(text) or (last_is_sum and value != total)):
                continue
            if not walk(end, left - 1, total + (value if left > 1 else 0), (*chosen, value), bound):
                return False
        return True

    if not last_is_sum:
        return out if walk(0, parts, 0, (), None) else []
    # the last number first: it bounds the others
    for size in range(1, min(MAX_DIGITS, len(text) - parts + 1) + 1):
        tail = text[-size:]
        if len(tail) > 1 and tail[0] == "0":
            continue
        head = text[:-size]
        cut = len(head)
        if any(f > cut for f in forced):
            break
        for option in _sums(head, parts - 1, int(tail), {f for f in forced if f < cut}):
            out.append((*option, int(tail)))
            if len(out) > ROW_LIMIT:
                return []
    return out


def _sums(text: str, parts: int, total: int, forced: set[int]) -> Iterator[tuple[int, ...]]:
    """Yield every cut of `text` into `parts` numbers that add up to `total`."""

    def walk(pos: int, left: int, rest: int, chosen: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        size = len(text) - pos
        if left == 1:
            alone = size <= (1 if text[pos] == "0" else MAX_DIGITS) and all(f <= pos for f in forced)
            if alone and int(text[pos:]) == rest:
                yield (*chosen, rest)
            return
        longest, mean = size - left + 1, -(-size // left)  # digits that one of the numbers has at most, at least
        if rest >= left * 10**longest or (mean > 1 and rest < 10 ** (mean - 1)):
            return
        stop = min(len(text) - (left - 1), pos + (1 if text[pos : pos + 1] == "0" else MAX_DIGITS))
        for end in range(pos + 1, stop + 1):
            if any(pos < f < end for f in forced):
                return
            value = int(text[pos:end])
            if value > rest:
                return
            yield from walk(end, left - 1, rest - value, (*chosen, value))

    if len(text) >= parts:
        yield from walk(0, parts, total, ())


def split_groups(pieces: Sequence[str], groups: int, size: int) -> list[tuple[int, ...]]:
    """Return every way to cut digit strings into `groups` × `size` numbers, each group's last the sum of the rest."""
    text = "".join(pieces)
    if not text.isdigit() or len(text) < groups * size:
        return []
    forced: set[int] = set()
    at = 0
    for piece in pieces[:-1]:
        at += len(piece)
        forced.add(at)
    ways: dict[tuple[int, int], list[tuple[int, ...]]] = {}

    def group(lo: int, hi: int) -> list[tuple[int, ...]]:
        if (lo, hi) not in ways:
            inner = sorted(f - lo for f in forced if lo < f < hi)
            cuts = [text[lo + a : lo + b] for a, b in pairwise([0, *inner, hi - lo])]
            ways[(lo, hi)] = split_digits(cuts, size, last_is_sum=True)
        return ways[(lo, hi)]

    def walk(pos: int, left: int) -> list[tuple[int, ...]]:
        if left == 1:
            return group(pos, len(text))
        out: list[tuple[int, ...]] = []
        for end in range(pos + size, len(text) - size * (left - 1) + 1):
            heads = group(pos, end)
            if heads:
                tails = walk(end, left - 1)
                out += [h + t for h in heads for t in tails]
            if len(out) > ROW_LIMIT:
                return out
        return out

    found = walk(0, groups)
    return found if len(found) <= ROW_LIMIT else []


def closes(vector: Vector) -> bool:
    """Tell whether the last number is the sum of the others, blanks counting as 0."""
    *parts, total = (v or 0 for v in vector)
    return sum(parts) == total


def short_readings(values: Sequence[int | None], parts: int) -> list[Vector]:
    """Return the readings of a row that lost one of its `parts` numbers, whose sum rule holds.

    None where a blank stands last: it may be the total, and then nothing says what was lost.
    """
    out: dict[Vector, None] = {}
    if values and values[-1] is None:
        return []
    for place in range(parts):
        known = [v or 0 for v in values]
        value = sum(known) if place == parts - 1 else known[-1] - sum(known[:-1])
        if value >= 0:
            out[(*values[:place], value, *values[place:])] = None
    return list(out)


def long_readings(values: Sequence[int | None], texts: Sequence[str], parts: int) -> list[Vector]:
    """Return the readings of a row with too many values: one or more are extra, or two are halves of one."""
    out: dict[Vector, None] = {}
    for kept in combinations(values, parts):
        if closes(kept):
            out[kept] = None
    for i in range(len(values) - 1):
        left, right = texts[i], texts[i + 1]
        if left.isdigit() and right.isdigit() and left != "0":
            joined = (*values[:i], int(left + right), *values[i + 2 :])
            if len(joined) == parts and closes(joined):
                out[joined] = None
    return list(out)


def digits_of(text: str) -> str | None:
    """Return the digits of a piece that holds nothing else, or None."""
    tight = "".join(text.split())
    return tight if tight.isascii() and tight.isdigit() else None


@dataclass(frozen=True, slots=True)
class Equation:
    """Sum over rows of coefficient × row vector = 0, column by column."""

    id: str
    terms: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Resolution:
    """What the equations leave.

    Attributes:
        readings: Row -> readings that stand in at least one joint solution.
        feasible: False where no joint choice satisfies every equation.
        complete: False where the search gave up: nothing may be concluded.
        used: Ids of the equations that could be evaluated.
        broken: (equation id, column) that no choice satisfies.
    """

    readings: Mapping[str, tuple[Vector, ...]]
    feasible: bool
    complete: bool
    used: tuple[str, ...]
    broken: tuple[tuple[str, int], ...] = ()


def resolve(rows: Mapping[str, Sequence[Vector]], equations: Sequence[Equation], columns: int) -> Resolution:
    """Choose readings of all rows together.

    Args:
        rows: Row -> its candidate readings; one for a row that is read. A row that is lost is left out.
        equations: Those that name a row not in `rows` are skipped.
        columns: Length of every reading.
    """
    used = [e for e in equations if all(r in rows for _, r in e.terms)]
    domains: dict[str, list[Vector]] = {r: list(c) for r, c in rows.items()}
    broken = [(e.id, c) for e in used for c in range(columns) if not _column_feasible(e, c, domains)]
    ids = tuple(e.id for e in used)
    if broken:
        return Resolution({r: tuple(c) for r, c in domains.items()}, False, True, ids, tuple(broken))
    changed = True
    while changed:
        changed = False
        for e in used:
            for c in range(columns):
                if _prune(e, c, domains):
                    changed = True
        if any(not d for d in domains.values()):
            return Resolution({r: tuple(c) for r, c in rows.items()}, False, True, ids)
    exact = _joint(domains, used, columns)
    if exact is None:
        return Resolution({r: tuple(c) for r, c in domains.items()}, True, False, ids)
    if any(not d for d in exact.values()):
        return Resolution({r: tuple(c) for r, c in rows.items()}, False, True, ids)
    return Resolution({r: tuple(c) for r, c in exact.items()}, True, True, ids)


def _value(v: Vector, c: int) -> int:
    return v[c] or 0


def _sums_with(sums: set[int], options: Iterable[int]) -> set[int] | None:
    """Add each option to each sum; None if there are too many."""
    out: set[int] = set()
    for x in options:
        out |= {s + x for s in sums}
        if len(out) > STATE_LIMIT:
            return None
    return out


def _column_feasible(e: Equation, c: int, domains: Mapping[str, list[Vector]]) -> bool:
    sums = {0}
    for k, r in e.terms:
        more = _sums_with(sums, {k * _value(v, c) for v in domains[r]})
        if more is None:
            return True
        sums = more
    return 0 in sums


def _prune(e: Equation, c: int, domains: dict[str, list[Vector]]) -> bool:
    """Drop readings that no choice of the other rows can balance in one column of one equation."""
    options = [{k * _value(v, c) for v in domains[r]} for k, r in e.terms]
    if all(len(o) == 1 for o in options):
        return False
    ahead: list[set[int]] = [{0}]
    behind: list[set[int]] = [{0}]
    for sums, terms in ((ahead, options), (behind, options[::-1])):
        for o in terms:
            more = _sums_with(sums[-1], o)
            if more is None:
                return False
            sums.append(more)
    behind.reverse()
    changed = False
    for i, (k, r) in enumerate(e.terms):
        if len(options[i]) == 1:
            continue
        good = {x for x in options[i] if any(-(s + x) in behind[i + 1] for s in ahead[i])}
        kept = [v for v in domains[r] if k * _value(v, c) in good]
        if len(kept) < len(domains[r]):
            domains[r] = kept
            changed = True
    return changed


def _joint(domains: dict[str, list[Vector]], used: list[Equation], columns: int) -> dict[str, list[Vector]] | None:
    """Keep the readings that stand in an exact joint solution; None if the search grows too large."""
    open_rows = [r for r, d in domains.items() if len(d) > 1 and any(r == t for e in used for _, t in e.terms)]
    if not open_rows:
        return domains
    weights = {r: [sum(k for k, t in e.terms if t == r) for e in used] for r in domains}
    # what a reading adds to each column of each equation, as the digits of one number: to a base that none can reach
    largest = max(abs(x or 0) for d in domains.values() for v in d for x in v)
    base = 4 * largest * sum(abs(w) for row in weights.values() for w in row) + 1

    def contribution(r: str, v: Vector) -> int:
        total = 0
        for w in weights[r]:
            for c in range(columns):
                total = total * base + w * _value(v, c)
        return total

    fixed = sum(contribution(r, d[0]) for r, d in domains.items() if r not in open_rows)
    forward: list[set[int]] = [{fixed}]
    for r in open_rows:
        more = _sums_with(forward[-1], [contribution(r, v) for v in domains[r]])
        if more is None:
            return None
        forward.append(more)
    alive: set[int] = {0} & forward[-1]
    out = dict(domains)
    for i in range(len(open_rows) - 1, -1, -1):
        r = open_rows[i]
        kept: list[Vector] = []
        before: set[int] = set()
        for v in domains[r]:
            x = contribution(r, v)
            sources = {s - x for s in alive} & forward[i]
            if sources:
                kept.append(v)
                before |= sources
        out[r] = kept
        alive = before
    return out

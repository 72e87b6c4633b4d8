"""Text in which the numbers of each row stand in front of its label: a label takes the numbers before it.

Text of a page is often read by the height of its pieces, and a label of several lines begins below its numbers. Read
from the label on, every row of such a table would silently hold the numbers of the next.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from .filled import NEARLY, RowPlace
from .headers import only_header_words
from .labels import LABEL_SURE, WHOLE_LABEL, RowKey, row_keys, similarities
from .numerals import parse_cell
from .readings import finding
from .report import Finding
from .strips import Field, Strip
from .template import TableForm

# At most this share of the rows is short, or long, by one number.
FEW_ODD = 0.1
# Only blocks of so many columns, or so many blocks, can tell that numbers stand before their labels: a lone number may
# be a page's.
MANY_COLUMNS, MANY_CHAINS = 3, 2


@dataclass(frozen=True, slots=True)
class _Chain:
    """Rows between numbers without a label and a label without numbers.

    Attributes:
        rows: (index of the strip, index of the row), in order of place.
        first: Index of the strip with the numbers that no label stands before.
        last: Index of the strip with the label that no number stands behind.
        fits: Nearly every row has as many numbers before it as columns.
    """

    rows: tuple[tuple[int, int], ...]
    first: int
    last: int
    fits: bool


def numbers_first(
    strips: Sequence[Strip], form: TableForm, places: Sequence[RowPlace]
) -> tuple[list[Strip], list[Finding]]:
    """Give labels the numbers in front of them where the whole table is printed so; drop a row that counts columns.

    Numbers stand before the first row of each block, behind none of its last rows, and as many as the row has columns
    before nearly each. Where only some of that is so, nothing is moved, and the rows are named.

    Args:
        strips: Of one table of the form, in order.
        form: The table.
        places: Rows of the form.

    Returns:
        The strips, and what is to be said.
    """
    keys = row_keys([p.row for p in places])
    strips = [_with(s, ()) if _counted(_numbers(s)) and _row(s, keys) is None else s for s in strips]
    parts = [x for s in strips for x in _parted(s, form, keys)]
    named = {i: row for i, s in enumerate(parts) if (row := _row(s, keys)) is not None}
    if not named or any(parts[i].origin not in ("inline", "stacked") for i in named):
        return list(strips), []
    chains = _chains(parts, named, places)
    if len(chains) < MANY_CHAINS and not any(len(places[c.rows[0][1]].forms) >= MANY_COLUMNS for c in chains):
        return list(strips), []
    if sum(len(c.rows) for c in chains) == len(named) and all(c.fits for c in chains):
        out = list(parts)
        for c in chains:
            out[c.first] = _with(parts[c.first], ())
            for at in range(c.first + 1, c.last + 1):
                out[at] = _with(parts[at], parts[at - 1].values)
        return out, []
    ids = [f.id for row in sorted({*named.values()}) for f in places[row].forms]
    message = (
        f"第{form.section}部分第一行之前有一组数字，最后一行之后没有：数字可能印在行标题之前，也可能缺行，请核对各行。"
    )
    return list(strips), [finding("STR.ORDER", "structure", "warning", ids, message)]


def _row(strip: Strip, keys: tuple[RowKey, ...]) -> int | None:
    scores = similarities(strip.labels, keys) if strip.cut else (0.0,)
    best = max(scores)
    return scores.index(best) if best >= LABEL_SURE else None


def _parted(strip: Strip, form: TableForm, keys: tuple[RowKey, ...]) -> Iterator[Strip]:
    """Take a row's label off the header of the next block, which follows it where its numbers stand before it."""
    for i in range(strip.cut - 1):
        behind = "".join(f.text for f in strip.fields[i + 1 : strip.cut])
        if max(similarities((strip.fields[i].text,), keys)) >= WHOLE_LABEL and only_header_words(behind, form):
            yield _of(strip, strip.fields[: i + 1], i + 1)
            yield _of(strip, strip.fields[i + 1 :], strip.cut - i - 1)
            return
    yield strip


def _chains(strips: Sequence[Strip], named: dict[int, int], places: Sequence[RowPlace]) -> list[_Chain]:
    out: list[_Chain] = []
    after = 0  # the last chain
    for at in sorted(named):
        first = at - 1
        if at <= after or first < 0 or first in named:
            continue
        columns = len(places[named[at]].forms)
        printed = _numbers(strips[first])
        if not columns - NEARLY <= len(printed) <= columns or not printed or _counted(printed):
            continue
        last = at
        while last + 1 < len(strips) and strips[last + 1].cut and _numbers(strips[last]):
            last += 1
        if last not in named or _numbers(strips[last]):
            continue
        rows = tuple((i, named[i]) for i in range(at, last + 1) if i in named)
        odd = [abs(len(_numbers(strips[i - 1])) - len(places[row].forms)) for i, row in rows]
        fits = max(odd) <= NEARLY and sum(map(bool, odd)) <= FEW_ODD * len(rows)
        out.append(_Chain(rows, first, last, fits))
        after = last
    return out


def _numbers(strip: Strip) -> tuple[Field, ...]:
    return tuple(f for f in strip.values if f.kind not in ("blank", "break"))


def _counted(values: Sequence[Field]) -> bool:
    """Tell whether numbers count the columns: 1 2 3 4 5 6 7."""
    numbers = [parse_cell(f.text).value for f in values]
    return len(numbers) >= MANY_COLUMNS and numbers == list(range(1, len(numbers) + 1))


def _with(strip: Strip, values: Sequence[Field]) -> Strip:
    return _of(strip, (*strip.fields[: strip.cut], *values), strip.cut)


def _of(strip: Strip, fields: tuple[Field, ...], cut: int) -> Strip:
    spans = [f.span for f in fields] or [strip.span]
    return replace(strip, fields=fields, cut=cut, span=(min(a for a, _ in spans), max(b for _, b in spans)))

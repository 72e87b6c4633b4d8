"""Strips made ready for a table of the form: worded values cut off labels, rows apart that stand in one strip."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from .filled import NEARLY, RowPlace
from .headers import is_header, only_header_words
from .labels import WHOLE_LABEL, RowKey, row_keys, similarities
from .numerals import comparable
from .rowcuts import join_cut_rows
from .strips import Field, Strip
from .template import TableForm

# A label part this alike to a row, with no header word behind it, ends the label: what follows is worded values.
OWN_LABEL = 0.9
# What an author adds to the form's rows.
SUBTOTALS = frozenset(("小计", "合计"))
# Empty lines are cells where at most this share of the rows has more or fewer lines than columns.
ODD_ROWS = 0.34


def prepare(strips: Sequence[Strip], form: TableForm, places: Sequence[RowPlace], columns: int) -> list[Strip]:
    """Drop headers, join rows that a page cuts, cut worded values off labels, take rows apart that share a strip."""
    out: list[Strip] = []
    keys = row_keys([p.row for p in places])
    groups = SUBTOTALS | {comparable(part) for p in places for part in p.row.path}
    whole = join_cut_rows(strips, form, keys, columns)
    for s in (x for y in _with_empty_lines(whole, places, keys) for x in _own_labels(y, keys, groups)):
        cut = _recut(s, form, keys)
        if cut.values and is_header(cut, form) and max(similarities(cut.labels[-1:], keys)) < WHOLE_LABEL:
            cut = replace(cut, fields=cut.fields[: cut.cut])
        out.extend(_segments(cut, columns))
    return _worded_values(out, form, places, keys)


def _with_empty_lines(strips: Sequence[Strip], places: Sequence[RowPlace], keys: tuple[RowKey, ...]) -> list[Strip]:
    """Make blank cells of the empty lines of one-cell-a-line text, in the tables where they are that.

    They are where most rows have as many lines as the form has columns, and one of them has an empty line before or
    between its numbers, or nothing else; and where most rows have no empty line at all. Empty lines that stand
    between all rows, or between all lines, do neither.
    """
    tables: dict[int, list[tuple[Strip, int]]] = {}
    for s in strips:
        if s.origin != "stacked" or not s.values or not s.labels:
            continue
        scores = similarities(s.labels, keys)
        best = max(scores)
        if best >= OWN_LABEL:
            tables.setdefault(s.table, []).append((s, len(places[scores.index(best)].forms)))
    empty = set()
    for table, members in tables.items():
        inside = any(len(s.values) == k > 1 and _empty_inside(s.values) for s, k in members)
        # the last row is followed by whatever stands between tables
        odd = sum(len(s.values) != k for s, k in members[:-1])
        some = sum(any(f.kind == "break" for f in s.values) for s, _ in members[:-1])
        if min(odd if inside else len(members), some) <= ODD_ROWS * len(members):
            empty.add(table)
    if not empty:
        return list(strips)
    columns = {id(s): k for members in tables.values() for s, k in members}
    return [_empty_cells(s, columns.get(id(s))) if s.table in empty and s.values else s for s in strips]


def _empty_inside(values: Sequence[Field]) -> bool:
    """Tell whether an empty line stands before or between numbers, or nothing else stands there."""
    kinds = [f.kind for f in values]
    return "break" in kinds and (any(k != "break" for k in kinds[kinds.index("break") :]) or kinds[0] == "break")


def _empty_cells(strip: Strip, columns: int | None) -> Strip:
    values = [replace(f, kind="blank") if f.kind == "break" else f for f in strip.values]
    while columns is not None and len(values) > columns and strip.values[len(values) - 1].kind == "break":
        values.pop()
    return replace(strip, fields=(*strip.fields[: strip.cut], *values), closed=len(values) == columns)


def _own_labels(strip: Strip, keys: tuple[RowKey, ...], groups: frozenset[str]) -> Iterator[Strip]:
    """Take off the labels of rows that have no number, in text where the next label follows directly.

    That is another row's, or one of `groups`, behind which a subtotal is printed.
    """
    if strip.origin not in ("inline", "stacked") or len(strip.labels) < 2:
        yield strip
        return
    start = 0
    for i, f in enumerate(strip.fields[: strip.cut - 1]):
        own = similarities((f.text,), keys) if f.text.strip() else (0.0,)
        if max(own) < WHOLE_LABEL:
            continue
        behind = [x.text for x in strip.fields[i + 1 : strip.cut]]
        rest = similarities(behind, keys)
        other = max(rest) >= OWN_LABEL and rest.index(max(rest)) != own.index(max(own))
        if other or comparable("".join(behind)) in groups:
            part = strip.fields[start : i + 1]
            yield replace(strip, fields=part, cut=len(part), span=(part[0].span[0], part[-1].span[1]))
            start = i + 1
    if start:
        rest_fields = strip.fields[start:]
        span = (rest_fields[0].span[0], strip.span[1])
        strip = replace(strip, fields=rest_fields, cut=strip.cut - start, span=span, before="")
    yield strip


def _recut(strip: Strip, form: TableForm, keys: tuple[RowKey, ...]) -> Strip:
    """Move words that follow a row's own label to its values ("行政事业性收费 | | 增：…")."""
    if strip.cut < 2 or any(f.kind == "number" for f in strip.values):
        return strip
    for i in range(strip.cut - 1):
        text = strip.fields[i].text
        if not text.strip() or only_header_words(text, form):
            continue
        if max(similarities((text,), keys)) < OWN_LABEL:
            continue
        rest = [f for f in strip.fields[i + 1 : strip.cut] if f.text.strip()]
        if all(max(similarities((f.text,), keys)) < 0.6 and not only_header_words(f.text, form) for f in rest):
            return replace(strip, cut=i + 1)
    return strip


def _segments(strip: Strip, columns: int) -> Iterator[Strip]:
    """Cut one-cell-a-line values at empty lines: the row's own first, then rows whose label is lost."""
    parts: list[list[Field]] = [[]]
    for f in strip.values:
        if f.kind == "break":
            parts.append([])
        else:
            parts[-1].append(f)
    parts = [p for p in parts if p]
    labels = strip.fields[: strip.cut]
    if not parts:
        yield replace(strip, fields=labels)
        return
    closed = strip.closed or any(f.kind == "break" for f in strip.values)
    # where no sum proves a row, an empty line between its numbers may be a cell, but not between all of them;
    # and blanks behind an empty line may be the next row's
    joined = any(f.kind != "blank" for f in parts[-1]) and (columns > 3 or all(len(p) == 1 for p in parts))
    if joined and len(parts) > 1 and len(parts[0]) < columns and sum(map(len, parts)) == columns:
        parts = [[f for p in parts for f in p]]
    first, *rest = parts
    if not rest and len(first) == 2 * columns and columns > 3:
        first, rest = first[:columns], [first[columns:]]
    yield replace(strip, fields=(*labels, *first), closed=closed)
    for part in rest:
        if columns > 3 and len(part) >= columns - NEARLY:
            span = (part[0].span[0], part[-1].span[1])
            yield replace(strip, fields=tuple(part), cut=0, span=span, before="")


def _worded_values(
    strips: list[Strip], form: TableForm, places: Sequence[RowPlace], keys: tuple[RowKey, ...]
) -> list[Strip]:
    """Give words that stand on lines of their own behind a row that is short back to that row."""
    out: list[Strip] = []
    need = 0
    for s in strips:
        scores = similarities(s.labels, keys) if s.cut else (0.0,)
        own = max(scores)
        loose = (
            out
            and s.origin == "stacked"
            and not any(f.kind == "number" for f in s.values)
            and own < 0.5
            and bool(s.labels)
            and not only_header_words(s.label, form)
            and len(s.label) <= 40
        )
        if loose and need > 0:
            last = out[-1]
            text = "".join(s.labels)
            span = (s.fields[0].span[0], s.fields[-1].span[1])
            words = Field(text, "words", span, s.page)
            previous = last.fields[-1]
            if previous.kind == "words" and last.cut < len(last.fields):
                joined = replace(previous, text=f"{previous.text} {text}", span=(previous.span[0], span[1]))
                out[-1] = replace(last, fields=(*last.fields[:-1], joined))
            else:
                out[-1] = replace(last, fields=(*last.fields, words))
            continue
        out.append(s)
        columns = len(places[scores.index(own)].forms)
        need = columns - len(s.values) if own >= OWN_LABEL and s.values else 0
    return out

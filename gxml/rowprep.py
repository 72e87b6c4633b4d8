"""Strips made ready for a table of the form: worded values cut off labels, rows apart that stand in one strip."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from .cells import Field, Strip
from .filled import NEARLY, RowPlace
from .headers import is_header, only_header_words
from .labels import RowKey, row_keys, similarities
from .template import TableForm

# A label part this alike to a row, with no header word behind it, ends the label: what follows is worded values.
OWN_LABEL = 0.9


def prepare(strips: Sequence[Strip], form: TableForm, places: Sequence[RowPlace], columns: int) -> list[Strip]:
    """Drop headers, cut worded values off labels, take rows apart that stand in one strip."""
    out: list[Strip] = []
    keys = row_keys([p.row for p in places])
    for s in strips:
        cut = _recut(s, form, keys)
        if cut.values and is_header(cut, form) and max(similarities(cut.labels[-1:], keys)) < 0.999:
            cut = replace(cut, fields=cut.fields[: cut.cut])
        out.extend(_segments(cut, columns))
    return _worded_values(out, form, places, keys)


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
    if len(parts) > 1 and len(parts[0]) < columns and sum(map(len, parts)) == columns:
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

"""Heads of rows in annotated documents: which printed label is which row, known from what is printed in its cells.

A reviewer who decides the cells of a row decides with them which printed row it is. Where all cells of a row are known,
the row whose numbers they are is found by these numbers, and its label becomes something to learn from: also where it
was damaged, and taken for another row's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rapidfuzz import fuzz

from .annotate import AnnotatedDocument
from .filled import Filled, RowPlace, row_places
from .geometry import Span
from .headers import is_header
from .numerals import comparable, parse_cell, to_number
from .passages import NOTHING, ROW, Passage, head_text, row_passage
from .pipeline import tables_of
from .report import Number
from .rowlabels import head_marks, written
from .strips import Strip
from .synth_rows import LabelledRows
from .template import TableForm, editions

ALIKE = 0.5
"""A row of which more than this share of the cells was read as it is printed is that row."""

_Values = tuple[Number | None, ...]


def known_rows(document: AnnotatedDocument) -> Iterator[LabelledRows]:
    """Yield the tables of an annotated document as the reader of labels sees them, with the rows that are known."""
    cells = document.annotation.cells
    if not cells:
        return
    chosen, tables = tables_of(document.document)
    for section, table in tables.items():
        form = editions()[chosen[str(section)]].table(section)
        if table.strips:
            yield labelled_table(table, form, cells, document.issuer)


def labelled_table(
    table: Filled, form: TableForm, cells: Mapping[str, Number | None], issuer: str = ""
) -> LabelledRows:
    """Label the heads of the rows of a table whose cells all are known.

    Args:
        table: With its strips.
        form: The table of its edition.
        cells: Field id to what is printed there, None for a blank.
        issuer: Of the report.
    """
    places = row_places(form)
    rows = _rows(table, places, cells)
    text, labels = written(table.strips)
    heads: dict[int, str] = {}
    for i, row in rows.items():
        head = _head(text, labels[i], places[row])
        if head is not None:
            heads[head] = f"{ROW}{form.prefix}{places[row].row.name}"
    marks = sorted({*row_passage(text).marks, *heads})
    starts = [text.count("\n", 0, m) for m in marks]
    settled = {i for i, s in enumerate(table.strips) if i in rows or is_header(s, form)}
    return LabelledRows(
        Passage(text, tuple(marks), "rows"),
        tuple(heads.get(m, NOTHING) if line in settled else None for m, line in zip(marks, starts, strict=True)),
        0,
        issuer,
        0,
    )


def _rows(table: Filled, places: Sequence[RowPlace], cells: Mapping[str, Number | None]) -> dict[int, int]:
    """Return strip -> row, for strips whose numbers say it."""
    known: dict[int, _Values] = {
        i: tuple(cells[f.id] for f in p.forms) for i, p in enumerate(places) if all(f.id in cells for f in p.forms)
    }
    matched = {m.strip: m.row for m in table.matches}
    out: dict[int, int] = {}
    for i, strip in enumerate(table.strips):
        if not strip.values or not strip.labels:
            continue
        own = matched.get(i)
        printed = _printed(strip) if own is None else _read(table, places[own])
        # rows of zeros look all alike
        fitting = [r for r, v in known.items() if v == printed] if any(printed) else []
        if own is not None and own in known and (own in fitting or not fitting):
            right = sum(a == b for a, b in zip(known[own], printed, strict=True))
            if right > ALIKE * len(printed):
                out[i] = own
        elif len(fitting) == 1:
            out[i] = fitting[0]
    return out


def _head(text: str, label: Span, place: RowPlace) -> int | None:
    """Return where the head of a row begins in its label, behind the labels of groups that stand in the same text."""
    names = [comparable(head_text(n)) for n in (place.row.label, *place.row.variants)]

    def alike(mark: int) -> float:
        said = comparable(text[mark : label[1]])
        return max(fuzz.ratio(said, n) for n in names)

    # 国家秘密 is a name of 属于国家秘密: of two that are alike, the longer
    return max(head_marks(text, *label), key=lambda m: (alike(m), -m), default=None)


def _read(table: Filled, place: RowPlace) -> _Values:
    return tuple(to_number(table.readings[f.id].value) for f in place.forms)


def _printed(strip: Strip) -> _Values:
    return tuple(to_number(parse_cell(f.text).value) for f in strip.values)

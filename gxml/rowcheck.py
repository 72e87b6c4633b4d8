"""Rows whose damaged label a trained model reads as another row than similarity and order do.

Arithmetic does not see two rows that are taken for each other, and similarity of a damaged label is easily misled.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from .filled import RowPlace, row_places
from .labels import Match, row_keys
from .numerals import comparable
from .readings import finding
from .report import Finding
from .rowlabels import Opinion, RowReader
from .strips import Strip
from .template import FieldForm, TableForm, editions

OTHER = 0.8
"""The model must be this sure of another row …"""
OWN = 0.05
"""… and give the row that was found no more than this."""
LONGER = 3
"""Characters by which a damaged label may be longer than the name of its row."""
WHOLE = 4
"""Names of so many characters say which row it is, whatever stands before them."""


def other_rows(
    work: Sequence[Strip], matches: Sequence[Match], places: Sequence[RowPlace], form: TableForm, reader: RowReader
) -> list[Finding]:
    """Return a finding on each row that the model takes for another one.

    Args:
        work: The strips of the table.
        matches: Strips that are rows.
        places: Rows of the form.
        form: The table of the edition.
        reader: Asked about labels that are not printed as the form has them.
    """
    asked = [m for m in matches if not as_printed(work[m.strip], places[m.row])]
    if not asked:
        return []
    certain = {m.row for m in matches if as_printed(work[m.strip], places[m.row])}
    by_name = {f"{form.prefix}{p.row.name}": i for i, p in enumerate(places)}
    out: list[Finding] = []
    for m, opinion in zip(asked, reader.opinions(work, [m.strip for m in asked]), strict=True):
        own = places[m.row]
        if opinion is None or not _contrary(opinion, f"{form.prefix}{own.row.name}"):
            continue
        other = by_name.get(opinion.row)
        # a row of another edition has no cells here, and must not be silent
        also = row_cells(opinion.row) if other is None else [] if other in certain else places[other].forms
        out.append(
            finding(
                "STR.NAME",
                "structure",
                "warning",
                [f.id for f in (*own.forms, *also)],
                f"第{form.section}部分：行标题“{work[m.strip].label.strip()[-30:]}”按相似度和行序认作“{own.row.label}”，"
                f"分类模型认作“{row_label(opinion.row)}”（{opinion.confidence:.2f}），请核对。",
            )
        )
    return out


def as_printed(strip: Strip, place: RowPlace) -> bool:
    """Tell whether the label of a row is printed as the form, or one of its known forms, has it."""
    (key,) = row_keys([place.row])
    whole = comparable(strip.before + strip.label)
    # groups and headers may stand in front of it in one text
    return any(whole == name or (len(name) >= WHOLE and whole.endswith(name)) for name in key.full)


def _contrary(opinion: Opinion, own: str) -> bool:
    sure = opinion.row != own and opinion.confidence >= OTHER and opinion.shares.get(own, 0.0) <= OWN
    # a head that is much longer than the row's names is two labels, of which the model saw the first
    return sure and len(comparable(opinion.said)) <= LONGER + max(map(len, _names(opinion.row)), default=0)


@cache
def _names(name: str) -> tuple[str, ...]:
    """Return what a row may be called, by its id, comparable."""
    every = (p.row for e in editions().values() for t in e.tables for p in _placed(t, name))
    return tuple(n for key in row_keys(tuple(every)) for n in key.full)


@cache
def row_cells(name: str) -> tuple[FieldForm, ...]:
    """Return the cells of a row, by its id (requests.granted), in the first edition that has it."""
    every = (p for e in editions().values() for t in e.tables for p in _placed(t, name))
    return next((p.forms for p in every), ())


@cache
def row_label(name: str) -> str:
    """Return what the form prints for a row, by its id."""
    every = (p for e in editions().values() for t in e.tables for p in _placed(t, name))
    return next((p.row.label for p in every), name)


def _placed(form: TableForm, name: str) -> list[RowPlace]:
    return [p for p in row_places(form) if f"{form.prefix}{p.row.name}" == name]

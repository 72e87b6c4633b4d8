"""Rows whose damaged label a trained model reads as another row than similarity and order do.

Arithmetic does not see two rows that are taken for each other, and similarity of a damaged label is easily misled.
"""

from __future__ import annotations

from collections.abc import Sequence

from .filled import RowPlace
from .labels import Match, row_keys
from .numerals import comparable
from .readings import finding
from .report import Finding
from .rowlabels import Opinion, RowReader
from .strips import Strip
from .template import TableForm

OTHER = 0.9
"""The model must be this sure of another row …"""
OWN = 0.05
"""… and give the row that was found no more than this."""


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
        named = [*own.forms, *(places[other].forms if other is not None and other not in certain else ())]
        out.append(
            finding(
                "STR.NAME",
                "structure",
                "warning",
                [f.id for f in named],
                f"第{form.section}部分：行标题“{work[m.strip].label.strip()[-30:]}”按相似度和行序认作“{own.row.label}”，"
                f"分类模型认作“{_printed(opinion.row, places, other)}”（{opinion.confidence:.2f}），请核对。",
            )
        )
    return out


def as_printed(strip: Strip, place: RowPlace) -> bool:
    """Tell whether the label of a row is printed as the form, or one of its known forms, has it."""
    (key,) = row_keys([place.row])
    own = comparable(strip.labels[-1]) if strip.labels else ""
    return own in key.full or comparable(strip.before + strip.label) in key.full


def _contrary(opinion: Opinion, own: str) -> bool:
    return opinion.row != own and opinion.confidence >= OTHER and opinion.shares.get(own, 0.0) <= OWN


def _printed(name: str, places: Sequence[RowPlace], index: int | None) -> str:
    return places[index].row.label if index is not None else name

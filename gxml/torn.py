"""Findings on tables without rulings whose rows are torn: numbers that may be of another row than their label."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from .filled import Filled, Hit, RowPlace, row_names
from .headers import is_header
from .labels import LABEL_SURE, Match, row_keys
from .numerals import comparable
from .readings import finding
from .strips import STREAMS, Strip
from .template import TableForm

# Beside a lost row a label is as it should be from this similarity.
LABEL_WHOLE = 0.95
# So many places apart in which a table is damaged, or more than this share of the rows there, make it doubtful.
MANY_WOUNDS, MOST_WOUNDED = 4, 0.3
# Fewer rows with all their numbers than this share are odd ones.
MOSTLY_FULL = 0.5
# A shorter label may be a part of another.
LEAST_LABEL = 4
# A number with a word or a sign, 增加3人 or 5〉: no label of a row, but 1. or 3.其他 may be one.
_FIGURE_OF_FEW_WORDS = re.compile(
    r"(?!\W*\d{1,2}[.．、])[^\d\u4e00-\u9fff]*[\u4e00-\u9fff]{0,3}\d[^\u4e00-\u9fff]*[\u4e00-\u9fff]{0,2}\W*"
)


def is_subtotal(s: Strip) -> bool:
    """Tell whether a row that the form does not have says itself that it adds up those above."""
    return comparable(s.label).endswith("小计")


def numbers_columns(s: Strip) -> bool:
    """Tell whether a row of the head only counts the columns: 1 2 3 4 5 6 7."""
    said = [f.text.strip() for f in s.values]
    return said == [str(i) for i in range(1, len(said) + 1)]


def runs(numbers: Iterable[int]) -> list[list[int]]:
    """Return the runs of numbers, in order, that follow each other without a gap."""
    out: list[list[int]] = []
    for n in numbers:
        if out and n == out[-1][-1] + 1:
            out[-1].append(n)
        else:
            out.append([n])
    return out


def beside_lost_rows(
    out: Filled,
    work: Sequence[Strip],
    matches: Sequence[Match],
    places: Sequence[RowPlace],
    lost: set[int],
    form: TableForm,
) -> None:
    """Name rows beside a lost row whose label is not whole, or stands behind its label: the numbers may be its own."""
    for m in matches:
        beside = {m.row - 1, m.row + 1} & lost
        strip, place = work[m.strip], places[m.row]
        label = strip.label.strip()
        message = ""
        if LABEL_SURE <= m.score < LABEL_WHOLE and beside:
            message = f"行标题“{label[-30:]}”不完整，而相邻的行缺失，认作“{place.row.label}”，请核对本行各格。"
        elif strip.origin in STREAMS and any(_names(strip.before + label, places[r]) for r in beside):
            message = f"“{place.row.label}”一行的标题与相邻缺失的行的标题连在一起，数字可能是那一行的，请核对本行各格。"
        if message:
            ids = [f.id for f in place.forms]
            out.findings.append(finding("STR.LABEL", "structure", "warning", ids, f"第{form.section}部分：{message}"))


def _names(text: str, place: RowPlace) -> bool:
    """Tell whether a text holds the whole label of a row."""
    (key,) = row_keys([place.row])
    return any(len(core) >= LEAST_LABEL and core in comparable(text) for core in key.core)


def torn(
    out: Filled,
    matches: Sequence[Match],
    places: Sequence[RowPlace],
    by_row: dict[int, list[Hit]],
    damaged: set[int],
    form: TableForm,
) -> None:
    """Name every row of running text that is damaged in many places: labels and numbers may have come apart anywhere.

    Args:
        out: The table with its readings.
        matches: Strips that are rows.
        places: Rows of the form.
        by_row: Index in `places` -> the strips that are that row.
        damaged: Rows that are lost, and rows out of order.
        form: The table of the edition.
    """
    damaged = damaged | {m.row for m in matches if m.score < LABEL_WHOLE}
    damaged |= {i for i, hits in by_row.items() if any(h.placed.fields != hits[0].placed.fields for h in hits[1:])}
    rows = [places[i] for i, hits in by_row.items() if hits[0].strip.origin in STREAMS]
    there = len(damaged & by_row.keys())
    if rows and (len(runs(sorted(damaged))) >= MANY_WOUNDS or there > max(1, MOST_WOUNDED * len(by_row))):
        out.findings.append(
            finding(
                "STR.TORN",
                "structure",
                "warning",
                [f.id for p in rows for f in p.forms],
                f"第{form.section}部分多处缺行、错行或行标题残缺：行标题与数字可能对不上，请核对所有各行。",
            )
        )


def unlike_others(out: Filled, places: Sequence[RowPlace], by_row: dict[int, list[Hit]], form: TableForm) -> None:
    """Name rows of running text that have all their numbers where most have not, unless they add up.

    Where blanks leave no trace, a row is full because a number of the next label has come into it: 4.无正当理由…
    """
    rows = {i: hits[0] for i, hits in by_row.items() if hits[0].strip.origin in STREAMS}
    full = [i for i, hit in rows.items() if hit.placed.state == "exact"]
    if len(full) >= MOSTLY_FULL * len(rows):
        return
    named: list[RowPlace] = []
    for i in full:
        *parts, total = (out.readings[f.id].value for f in places[i].forms)
        if total is None or sum(p or 0 for p in parts) != total:
            named.append(places[i])
    if named:
        out.findings.append(
            finding(
                "STR.ROW",
                "structure",
                "warning",
                [f.id for p in named for f in p.forms],
                f"第{form.section}部分多数行的数字少于列数，而{row_names(named)}行不少，且各项之和与总计不等：可能有别的数字，请核对。",
            )
        )


def unproved(
    out: Filled,
    matches: Sequence[Match],
    places: Sequence[RowPlace],
    by_row: dict[int, list[Hit]],
    lost: set[int],
    form: TableForm,
) -> None:
    """Name rows of running text in small tables, which no sum proves, where others are lost or not whole.

    One such row puts those beside it in doubt, and those with blanks; two put all.
    """
    rows = {i for i, hits in by_row.items() if hits[0].strip.origin in STREAMS}
    wounds = lost | {i for i in rows if by_row[i][0].placed.state in ("short", "broken")}
    wounds |= {m.row for m in matches if m.row in rows and m.score < LABEL_WHOLE}
    blank = {i for i in rows if any(out.readings[f.id].status == "blank" for f in places[i].forms)}
    doubtful = (
        rows if len(wounds) > 1 else rows & (blank | {i + d for i in wounds for d in (-1, 1)}) if wounds else set()
    )
    if doubtful:
        out.findings.append(
            finding(
                "STR.TORN",
                "structure",
                "warning",
                [f.id for i in sorted(doubtful) for f in places[i].forms],
                f"第{form.section}部分有缺失或不完整的行，没有表格线，也没有合计可以核对：数字可能属于别的行，请核对。",
            )
        )


def numbers_beside(
    out: Filled,
    work: Sequence[Strip],
    matches: Sequence[Match],
    places: Sequence[RowPlace],
    by_row: dict[int, list[Hit]],
    form: TableForm,
) -> None:
    """A row with blanks beside a line of numbers that is no row, or without numbers but among its labels: its own."""
    used = {m.strip for m in matches}
    blank: list[RowPlace] = []
    for i, hits in by_row.items():
        empty = [out.readings[f.id].status == "blank" for f in places[i].forms]
        # in running text a number may go on behind the row where no sum tells
        stream = hits[0].strip.origin in STREAMS and len(empty) <= 3
        if not any(empty) and not stream:
            continue
        at = hits[0].match.strip
        near = [work[j] for j in (at - 1, at + 1) if 0 <= j < len(work) and j not in used]
        beside = [s for s in near if not is_header(s, form) and not is_subtotal(s) and not numbers_columns(s)]
        if not all(empty):  # a number without any label may belong to the cell above or below it
            beside = [s for s in beside if not s.label.strip()]
        if any(v.kind == "number" for s in beside for v in s.values) or any(
            all(empty) and _FIGURE_OF_FEW_WORDS.fullmatch(label) for label in hits[0].strip.labels
        ):
            blank.append(places[i])
    if blank:
        out.findings.append(
            finding(
                "STR.ROW",
                "structure",
                "warning",
                [f.id for p in blank for f in p.forms],
                f"第{form.section}部分{row_names(blank)}行有空格，而旁边印有不属于任何一行的数字，请核对。",
            )
        )

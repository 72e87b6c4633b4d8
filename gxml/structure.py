"""Findings on the structure of a filled table: rows lost, extra, out of order, blanks that may be lost cells."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from .filled import NEARLY, Filled, Hit, RowPlace, few_words, row_names
from .headers import is_header
from .labels import Match, out_of_order
from .readings import finding, quoted
from .strips import Strip
from .template import FieldForm, TableForm, editions
from .torn import beside_lost_rows, is_subtotal, numbers_beside, numbers_columns, runs, torn, unlike_others, unproved

# Blanks are few, and so doubtful, up to this share of the cells of a table that prints zeros …
LONELY = 0.15
# … and only in so many rows: an office that leaves zeros out does it in more.
FEW = 3
# The sums of so many rows with numbers, and of this share of them, show in which column the totals stand.
FEW_TOTALS, MOST_TOTALS = 2, 0.8
# So many rows that are short or lost show that blanks leave no trace.
VANISHED = 2


def structure_findings(
    out: Filled,
    work: Sequence[Strip],
    matches: Sequence[Match],
    places: Sequence[RowPlace],
    by_row: dict[int, list[Hit]],
    form: TableForm,
    columns: int,
) -> None:
    """Add the findings on a table as a whole.

    Args:
        out: The table with its readings.
        work: Its strips.
        matches: Strips that are rows.
        places: Rows of the form.
        by_row: Index in `places` -> the strips that are that row.
        form: The table of the edition.
        columns: Columns of its widest row.
    """
    lost_rows = [i for i in range(len(places)) if i not in by_row]
    for run in runs(lost_rows):
        forms = [f for i in run for f in places[i].forms]
        labels = "、".join(f"“{places[i].row.label}”" for i in run[:3]) + ("等" if len(run) > 3 else "")
        out.findings.append(
            finding(
                "STR.ROWS",
                "structure",
                "error",
                [f.id for f in forms] + _of_other_editions(forms, form),
                f"第{form.section}部分缺 {len(run)} 行：{labels}，各格无法取值。",
            )
        )
    beside_lost_rows(out, work, matches, places, set(lost_rows), form)
    strayed = out_of_order(matches)
    torn(out, matches, places, by_row, {*lost_rows, *strayed}, form)
    for row in strayed:
        out.findings.append(
            finding(
                "STR.ORDER",
                "structure",
                "warning",
                [f.id for f in places[row].forms],
                f"第{form.section}部分“{places[row].row.label}”一行的位置与格式的行序不同，请核对。",
            )
        )
    _lonely_blanks(out, places, by_row, form)
    numbers_beside(out, work, matches, places, by_row, form)
    if columns <= 3:
        unproved(out, matches, places, by_row, set(lost_rows), form)
        _twins(out, places, by_row, form, len(lost_rows))
        return
    unlike_others(out, places, by_row, form)
    _lonely_blank_totals(out, places, by_row, form)
    _totals_elsewhere(out, [places[i] for i in by_row], form)
    _lonely_blank_rows(out, places, by_row, form)
    _passed_over(out, places, by_row, form)
    used = {m.strip for m in matches}
    first = min(used, default=0)
    for i, s in enumerate(work):
        if i in used or not s.printed or len(s.values) < columns - NEARLY or not few_words(s) or is_header(s, form):
            continue
        if is_subtotal(s) or (i < first and numbers_columns(s)):
            continue
        before = max((m.row for m in matches if m.strip < i), default=-1)
        after = min((m.row for m in matches if m.strip > i), default=len(places))
        # a label that is lost farther off may be its own: then those between stand a row too high, or too low
        before = max((r for r in lost_rows if r <= before), default=before)
        after = min((r for r in lost_rows if r >= after), default=after)
        near = [f.id for r in range(max(0, before), min(len(places), after + 1)) for f in places[r].forms]
        raw = " ".join(f.text for f in s.values if f.text.strip())
        out.findings.append(
            finding(
                "STR.EXTRA",
                "structure",
                "warning",
                near,
                f"第{form.section}部分有一行（“{s.label[-20:]} {raw}”）不能对应到格式的任何一行，其上下各行请核对。",
            )
        )


def _of_other_editions(lost: Sequence[FieldForm], form: TableForm) -> list[str]:
    """Return what other editions have in place of lost rows: which edition it is can be seen there alone."""
    every = [{f.id for f in e.table(form.section).fields()} for e in editions().values()]
    common = set.intersection(*every)
    if all(f.id in common for f in lost):
        return []
    own = {f.id for f in form.fields()}
    return sorted(i for i in set.union(*every) - own if _group(i) in {_group(f.id) for f in lost if f.id not in common})


def _group(field: str) -> str:
    """Return the first two parts of an id: requests.other_handling."""
    return ".".join(field.split(".")[:2])


def _lonely_blanks(out: Filled, places: Sequence[RowPlace], by_row: dict[int, list[Hit]], form: TableForm) -> None:
    """A few blanks in text that prints its zeros: perhaps a cell was lost and the others moved up."""
    rows = [
        places[i]
        for i, hits in by_row.items()
        if hits[0].strip.origin in ("delimited", "stacked") and hits[0].placed.state == "exact"
    ]
    blank = [p for p in rows if any(out.readings[f.id].status == "blank" for f in p.forms)]
    read = sum(out.readings[f.id].status == "read" for p in rows for f in p.forms)
    empty = sum(out.readings[f.id].status == "blank" for p in blank for f in p.forms)
    zeros = sum(out.readings[f.id].value == 0 for p in rows for f in p.forms)
    # a row that is all blank has nothing that could have moved
    doubtful = [p for p in blank if any(out.readings[f.id].status == "read" for f in p.forms)]
    if doubtful and len(doubtful) <= FEW and zeros and empty <= LONELY * (read + empty):
        out.findings.append(
            finding(
                "STR.BLANK",
                "structure",
                "warning",
                [f.id for p in doubtful for f in p.forms],
                f"第{form.section}部分{row_names(doubtful)}行有空格，而表中的零都印作 0：可能缺格、数字错位，请核对。",
            )
        )


def _twins(
    out: Filled, places: Sequence[RowPlace], by_row: dict[int, list[Hit]], form: TableForm, lost_rows: int
) -> None:
    """Two equal numbers side by side where blanks may be unseen: perhaps one number, printed twice, beside a blank.

    Only where other rows show that blanks leave no trace (or, in text with fillers behind its rows, that there are
    blanks), and only in rows that no sum proves.
    """
    short = lost_rows
    blanks = 0
    twins: list[tuple[RowPlace, Hit]] = []
    for i, hits in by_row.items():
        p, hit = places[i], hits[0]
        short += 0 < len(hit.strip.values) < len(p.forms) and hit.placed.state in ("short", "broken")
        texts = [f.text.strip() for f in hit.placed.fields if f is not None and f.kind != "blank"]
        full = hit.placed.state == "exact" and len(texts) == len(p.forms)
        blanks += not full
        if full and any(a == b for a, b in pairwise(texts)):
            twins.append((p, hit))
    vanished = short >= VANISHED and short > lost_rows
    rows = [
        p
        for p, hit in twins
        if (vanished and hit.strip.origin in ("inline", "stacked"))
        or (blanks and hit.strip.origin == "delimited" and len(hit.strip.values) > len(p.forms))
    ]
    if rows:
        out.findings.append(
            finding(
                "STR.ROW",
                "structure",
                "warning",
                [f.id for p in rows for f in p.forms],
                f"第{form.section}部分的空格不全能看出，而{row_names(rows)}行有相邻两数相同：可能重复印出，请核对。",
            )
        )


def _lonely_blank_totals(
    out: Filled, places: Sequence[RowPlace], by_row: dict[int, list[Hit]], form: TableForm
) -> None:
    """A blank total in a table that prints totals: perhaps a cell was lost and the row moved up."""
    blank: list[RowPlace] = []
    printed = 0
    for i, hits in by_row.items():
        *parts, total = (out.readings[f.id] for f in places[i].forms)
        if not any(r.status == "read" for r in parts):
            continue
        if total.status == "read":
            printed += 1
        elif total.status == "blank" and (
            any(r.value for r in parts) or hits[0].strip.origin in ("delimited", "stacked", "inline")
        ):
            blank.append(places[i])
    if blank and printed > len(blank):
        names = row_names(blank)
        out.findings.append(
            finding(
                "STR.TOTAL",
                "structure",
                "warning",
                [f.id for p in blank for f in p.forms],
                f"第{form.section}部分{names}行总计为空，而其他行印有总计：可能缺格、数字错位，请核对。",
            )
        )


def _totals_elsewhere(out: Filled, rows: Sequence[RowPlace], form: TableForm) -> None:
    """Another column than the last is the sum of the others: the header is lost, and the columns have moved."""
    values = [[out.readings[f.id].value or 0 for f in p.forms] for p in rows]
    counted = [v for v in values if any(v)]
    if len(counted) < FEW_TOTALS:
        return
    sums = [sum(2 * v[c] == sum(v) for v in counted) for c in range(len(counted[0]))]
    if sums[-1] <= len(counted) / 2 and max(sums[:-1]) >= MOST_TOTALS * len(counted):
        out.findings.append(
            finding(
                "STR.TOTAL",
                "structure",
                "warning",
                [f.id for p in rows for f in p.forms],
                f"第{form.section}部分“总计”一列多与各项之和不等，而另有一列是其余各列之和：列可能错位，请核对各列。",
            )
        )


def _lonely_blank_rows(out: Filled, places: Sequence[RowPlace], by_row: dict[int, list[Hit]], form: TableForm) -> None:
    """A row without numbers where no rules are printed: perhaps a line of its label was taken for the row."""
    rows = [places[i] for i, hits in by_row.items() if hits[0].strip.origin == "alignment"]
    blank = [p for p in rows if all(out.readings[f.id].status == "blank" for f in p.forms)]
    zeros = any(out.readings[f.id].value == 0 for p in rows for f in p.forms)
    if blank and zeros and len(blank) <= FEW:
        out.findings.append(
            finding(
                "STR.BLANK",
                "structure",
                "warning",
                [f.id for p in blank for f in p.forms],
                f"第{form.section}部分{row_names(blank)}行没有数字，而表中的零都印作 0：可能没有读出，请核对。",
            )
        )


def _passed_over(out: Filled, places: Sequence[RowPlace], by_row: dict[int, list[Hit]], form: TableForm) -> None:
    """Cells without a number in rows with numbers, on a picture without rules: perhaps their column runs beside it."""
    rows = [
        places[i]
        for i, hits in by_row.items()
        if hits[0].strip.origin == "alignment" and any(f.ocr for f in hits[0].strip.values)
    ]
    readings = [[out.readings[f.id] for f in p.forms] for p in rows]
    torn: list[FieldForm] = []  # what cannot be read may be the numbers of several columns
    other: list[FieldForm] = []
    for row in readings:
        empty = [r.form for r in row if r.value is None and r.status in ("blank", "text")]
        if any(r.status == "unreadable" for r in row):
            torn += empty
        elif any(r.value is not None for r in row):
            other += empty
    zeros = sum(r.value == 0 and r.status == "read" for row in readings for r in row)
    named = torn + (other if zeros >= len(other) else [])
    if named:
        text = f"第{form.section}部分{quoted(named)}没有数字，而其他格印有：可能没有读出，或列位有误，请核对。"
        out.findings.append(finding("STR.BLANK", "structure", "warning", [f.id for f in named], text))

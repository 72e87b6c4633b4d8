"""Fill a table that prints all its cells on one line: section 四, groups of columns side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from .columns import Placed, vector
from .fill_turned import by_group, on_one_line, printed_order
from .filled import Filled, row_sum_rule
from .headers import header_lines, is_header, misordered, unit_findings
from .headplaces import MISPLACED, PLACED, heads_of, line_places, misplaced
from .numerals import comparable
from .readings import cell_findings, derived, finding, lost, read_field
from .report import FindingKind, Severity
from .splits import Vector, digits_of, split_groups
from .strips import COUNTED, Field, Strip, is_label
from .template import Edition, FieldForm, TableForm

LOOSE = 3
"""So many numbers, each alone, are the cells of a table whose line of blanks is none."""
FEW_WORDS = 4
"""Of so many cells of a ruled line one may read as words."""


def fill_line(strips: Sequence[Strip], form: TableForm, edition: Edition) -> Filled:
    """Fill a table with layout "one_line".

    Args:
        strips: All strips of the table's part of the document, in order.
        form: The table of the edition.
        edition: For its rules.
    """
    forms = list(form.fields())
    out = Filled()
    before = len(strips)
    strips = on_one_line(strips, form)
    one_lined = len(strips) != before  # in the form's order already
    line = _line(strips, form, len(forms))
    header = sum(is_header(s, form) for s in strips)
    if line is None:
        if header:
            out.rows_found = 1
            out.without_numbers(form, "表头")
        return out
    strip, values, repeated = line
    out.rows_found = 1
    groups, size = len(form.blocks[0].rows), len(form.blocks[0].columns)
    summed = row_sum_rule(edition, form) is not None
    inside = _cut_by_header(strips, strip, values, form, len(forms))
    wider = len(inside) < len(values) and all(
        s.width < strip.width for s in strips if s.table == strip.table and s is not strip
    )
    numbers = vector(inside)
    # a line wider than all of its table may hold a number twice: then only the sums say which blank is a filler
    if not (wider and summed) or (numbers is not None and _closes(numbers, groups, size)):
        values = inside
    placed_head = strip.origin in PLACED and not one_lined  # then places say more than the order of the words
    several = not {id(f) for f in values} <= {id(f) for f in strip.values}  # lines, which are in order by now
    follows = len(values) == len(forms) and not (one_lined or placed_head or several)
    order = printed_order(strips, form) if follows else None
    if order is not None:
        values = tuple(values[i] for i in order)
        text = f"第{form.section}部分表头的次序与格式不同，已按表头对应，请核对。"
        out.findings.append(finding("STR.COLUMNS", "structure", "warning", [f.id for f in forms], text))
    elif not (one_lined or placed_head) and any(
        misordered(t, form, form.blocks[0]) for s in strips for t in header_lines(s)
    ):
        text = MISPLACED.format(section=form.section)
        out.findings.append(finding("STR.COLUMNS", "structure", "warning", [f.id for f in forms], text))
    placed = _place(values, groups, size, summed=summed)
    cells = tuple(f for f in placed.fields if f is not None)
    if placed.state == "exact" and not _certain(strips, strip, cells, form):
        readings = [v for v in (vector(cells), *_one_lost(cells, groups, size)) if v and _closes(v, groups, size)]
        if len(readings) != 1 or not summed or readings[0] != vector(cells):
            placed = Placed("ambiguous", (), tuple(readings))
    if placed.state == "exact":
        for f, printed in zip(forms, cells, strict=True):
            out.readings[f.id] = read_field(f, printed, strip.origin)
        as_printed = placed_head and all(a.span < b.span for a, b in pairwise(cells))
        order = line_places(strips, cells, form) if as_printed else None
        if order is None and as_printed and misplaced(heads_of(strips, strip), cells, form.blocks[0]):
            text = MISPLACED.format(section=form.section)
            out.findings.append(finding("STR.COLUMNS", "structure", "warning", out.readings, text))
        if order is not None:
            old = [out.readings[f.id] for f in forms]
            for reading, i in zip(old, order, strict=True):
                out.readings[forms[i].id] = replace(reading, form=forms[i])
            text = f"第{form.section}部分表头的列序与格式不同，已按表头对应，请核对。"
            out.findings.append(finding("STR.COLUMNS", "structure", "warning", out.readings, text))
        lines = [[out.readings[f.id] for f in forms[g * size : (g + 1) * size]] for g in range(groups)]
        if summed and any(r[-1].status == "blank" and any(x.value for x in r[:-1]) for r in lines):
            text = f"第{form.section}部分有一组总计为空而其各项不全为 0：可能缺格、数字错位，请核对。"
            out.findings.append(finding("STR.TOTAL", "structure", "warning", out.readings, text))
        others = [s.values for s in strips if s is not strip and s.origin == strip.origin == "delimited"]
        if any(len(v) == len(forms) and all(f.kind == "blank" for f in v) for v in others):
            text = f"第{form.section}部分除一行数字外还有一行空格：可能印了两张表，请核对。"
            out.findings.append(finding("STR.TWICE", "structure", "warning", out.readings, text))
        if _moved(strip, cells):
            text = f"第{form.section}部分一行末尾为空，而零印作 0：可能缺格、数字错位，请核对。"
            out.findings.append(finding("STR.BLANK", "structure", "warning", out.readings, text))
        out.findings += cell_findings(out.readings, forms)
    else:
        _doubtful(out, forms, values, placed, form, edition)
    out.findings += unit_findings(strips, form)
    if repeated:
        out.findings.append(
            finding(
                "STR.TWICE",
                "unreadable",
                "error",
                out.readings,
                f"第{form.section}部分印了两行数据而数值不同，未取值。",
            )
        )
        for f in forms:
            out.readings[f.id] = lost(f, "unreadable", values)
    return out


def _line(strips: Sequence[Strip], form: TableForm, columns: int) -> tuple[Strip, tuple[Field, ...], bool] | None:
    """Return the strip with the numbers, its values, and whether another line says otherwise."""
    lines: list[tuple[Strip, tuple[Field, ...]]] = []
    for s in strips:
        values = _misread_too(s, columns) or _without_words(s, columns)
        parts: list[list[Field]] = [[]]
        for f in values:
            if f.kind == "break":
                parts.append([])
            else:
                parts[-1].append(f)
        full = [p for p in parts if p]
        if len(full) > 1 and sum(map(len, full)) == columns:
            full = [[f for p in full for f in p]]
        for p in full:
            lines.append((s, tuple(p)))
    numbers = [(s, v) for s, v in lines if any(f.kind in ("number", "noise") for f in v)]
    # a prose number behind the table is no line of it
    numbers = [(s, v) for s, v in numbers if _enough(v, columns)]
    if not numbers:
        # outer fillers are not always told from cells: as many blanks as columns, or nearly
        blank = [(s, v) for s, v in lines if len(v) >= columns - 2 and all(f.kind in ("blank", "dash") for f in v)]
        # numbers one a line beside them are the table's, in no order that can be followed
        loose = sum(len(v) == 1 and v[0].kind == "number" for _, v in lines)
        if not blank or loose >= LOOSE:
            return None
        strip, values = blank[-1]
        return strip, (*values, *values[-1:] * columns)[:columns], False
    best = max(numbers, key=lambda n: (min(_digits(n[1]), columns), -numbers.index(n)))
    # one field with as many digits as there are columns is all of them run together
    if len(best[1]) < columns and (len(best[1]) > 1 or _digits(best[1]) < columns) and len(numbers) > 1:
        joined = tuple(f for _, v in (numbers if best[0].origin in PLACED else by_group(numbers, form)) for f in v)
        if len(joined) == columns:
            return best[0], joined, False
    same = [n for n in numbers if n is not best and len(n[1]) == len(best[1]) >= columns]
    differs = any([f.text.strip() for f in n[1]] != [f.text.strip() for f in best[1]] for n in same)
    return best[0], best[1], differs


def _without_words(strip: Strip, columns: int) -> tuple[Field, ...]:
    """Return the values but for words, unless words stand in the place of one of them.

    Where cells have places, blanks at the ends of what is left would move the others into the place of words like
    暂无数据.
    """
    bare = tuple(f for f in strip.values if f.kind != "words")
    if len(bare) == len(strip.values) or not any(f.kind == "number" for f in bare):
        return bare
    filled = len(bare) == columns and "blank" in (bare[0].kind, bare[-1].kind)
    short = len(bare) < columns <= len(strip.values) and strip.origin == "markup"
    return strip.values if short or (filled and strip.origin in (*PLACED, "delimited")) else bare


def _misread_too(strip: Strip, columns: int) -> tuple[Field, ...]:
    """Return the cells of a ruled line read from a picture, the odd one that reads as words too; () if it is none.

    Rulings say where a cell is, whatever a worn 0 reads as.
    """
    fields = strip.fields
    if strip.origin != "rulings" or len(fields) != columns or any(f.ocr is None for f in fields):
        return ()
    if any(is_label(f.text) for f in fields) or sum(f.kind == "words" for f in fields) > columns // FEW_WORDS:
        return ()  # a header
    return fields


def _cut_by_header(
    strips: Sequence[Strip], strip: Strip, values: tuple[Field, ...], form: TableForm, columns: int
) -> tuple[Field, ...]:
    """Drop fillers at the ends of a line with blanks, where the header's last label shows where cells end."""
    if strip.origin not in COUNTED or len(values) < columns or all(f.kind != "blank" for f in values):
        return values
    last = comparable(form.blocks[0].columns[-1].label)
    ends = {
        max(f.lo for f in s.fields if comparable(f.text) == last)
        for s in strips
        if s.table == strip.table and s is not strip and any(comparable(f.text) == last for f in s.fields)
    }
    end = max(ends, default=None)
    if end is None:
        return values
    inside = tuple(f for f in values if end - columns < f.lo <= end)
    outside = [f for f in values if f not in inside]
    return inside if len(inside) == columns and all(f.kind == "blank" for f in outside) else values


def _certain(strips: Sequence[Strip], strip: Strip, values: Sequence[Field], form: TableForm) -> bool:
    """Tell whether a blank at the end of a line is a cell: the header is as wide, or nothing is doubtful."""
    doubtful = strip.origin == "delimited" or not strip.closed
    if not doubtful or not any(f.kind == "blank" for f in (values[0], values[-1])):
        return True
    if not any(f.kind != "blank" for f in values):
        return True
    last = comparable(form.blocks[0].columns[-1].label)
    return any(
        s.table == strip.table and s.width == strip.width and any(comparable(f.text) == last for f in s.fields)
        for s in strips
        if s is not strip
    )


def _moved(strip: Strip, cells: Sequence[Field]) -> bool:
    """Tell whether a line that prints its zeros ends in a blank: perhaps a cell was lost and the others moved up."""
    text = strip.origin in ("delimited", "stacked")
    return text and cells[-1].kind == "blank" and any(f.text.strip() == "0" for f in cells)


def _one_lost(values: Sequence[Field], groups: int, size: int) -> list[Vector]:
    out: list[Vector] = []
    for rest in (values[1:] if values[0].kind == "blank" else (), values[:-1] if values[-1].kind == "blank" else ()):
        numbers = vector(rest) if rest else None
        out += _short(numbers, groups, size) if numbers else []
    return out


def _digits(values: Sequence[Field]) -> int:
    return max(len(values), sum(len(digits_of(f.text) or "") for f in values))


def _enough(values: Sequence[Field], columns: int) -> bool:
    return (_digits(values) >= columns // 3 and len(values) + sum(f.glued for f in values) > 1) or _digits(
        values
    ) >= columns


def _place(values: tuple[Field, ...], groups: int, size: int, *, summed: bool) -> Placed:
    columns = groups * size
    printed = [f for f in values if f.kind != "blank"]
    if len(values) == columns:
        return Placed("exact", values)
    if len(values) > columns:
        windows = [
            w
            for w in range(len(values) - columns + 1)
            if all(f.kind == "blank" for f in (*values[:w], *values[w + columns :]))
        ]
        if len(windows) == 1 or (windows and not printed):
            return Placed("exact", values[windows[0] : windows[0] + columns])
        if len(printed) == columns:
            return Placed("exact", tuple(printed))
        if len(printed) == columns + 1 and summed:
            return Placed("long", (), tuple(_long(printed, groups, size)))
        return Placed("broken", ())
    readings: list[Vector] = []
    pieces = [digits_of(f.text) for f in printed]
    whole = [p for p in pieces if p is not None]
    if summed and len(whole) == len(pieces) == len(values) and sum(map(len, whole)) >= columns:
        readings += split_groups(whole, groups, size)
    if summed and len(values) == columns - 1:
        numbers = vector(values)
        if numbers is not None:
            readings += [r for r in _short(numbers, groups, size) if r not in readings]
    run = any(f.glued for f in printed) or len(values) < columns // 2
    return Placed("run" if run else "short" if len(values) == columns - 1 else "broken", (), tuple(readings))


def _closes(v: Vector, groups: int, size: int) -> bool:
    return all(
        sum(x or 0 for x in v[g * size : (g + 1) * size - 1]) == (v[(g + 1) * size - 1] or 0) for g in range(groups)
    )


def _short(values: Vector, groups: int, size: int) -> list[Vector]:
    """Every way to put one lost number back so that all groups add up."""
    out: dict[Vector, None] = {}
    for at in range(groups * size):
        g = at // size
        trial = [*values[:at], 0, *values[at:]]
        group = [x or 0 for x in trial[g * size : (g + 1) * size]]
        place = at - g * size
        value = sum(group[:-1]) if place == size - 1 else group[-1] - sum(group[:-1])
        candidate = (*values[:at], value, *values[at:])
        if value >= 0 and _closes(candidate, groups, size):
            out[candidate] = None
    return list(out)


def _long(printed: Sequence[Field], groups: int, size: int) -> list[Vector]:
    """Every way to drop one number, or to join two halves of one, so that all groups add up."""
    numbers = vector(printed)
    if numbers is None:
        return []
    texts = [f.text.strip() for f in printed]
    out: dict[Vector, None] = {}
    for i in range(len(numbers)):
        out[(*numbers[:i], *numbers[i + 1 :])] = None
    for i in range(len(numbers) - 1):
        if texts[i].isdigit() and texts[i + 1].isdigit() and texts[i] != "0":
            out[(*numbers[:i], int(texts[i] + texts[i + 1]), *numbers[i + 2 :])] = None
    return [v for v in out if _closes(v, groups, size)]


def _doubtful(
    out: Filled, forms: Sequence[FieldForm], values: Sequence[Field], placed: Placed, form: TableForm, edition: Edition
) -> None:
    """Fill a line that is not exact: the one reading that closes, or null and a finding.

    No alternatives go to the repair, as rows of section 三 do: each rule of section 四 stays within its line, and every
    reading of `placed` closes it. What is left open here stays open.
    """
    raw = " ".join(f.text for f in values if f.text.strip())
    printed = [f for f in values if f.text.strip()] or list(values)
    what = f"应有 {len(forms)} 格，印出 {len(values)} 个数" if placed.state != "run" else "各格数字连在一起"
    ids = [f.id for f in forms]
    if len(placed.readings) == 1:
        rule = row_sum_rule(edition, form) or ""
        for f, v in zip(forms, placed.readings[0], strict=True):
            out.readings[f.id] = derived(f, v, printed, (rule.format(row=f.row),))
        same = len({f.text.strip() for f in values}) == 1
        # more numbers than cells, but all alike: whichever is the extra one, the values are these
        named = [] if placed.state == "long" and same else ids
        severity: Severity = "warning" if placed.state == "long" else "info"
        out.findings.append(
            finding(
                "STR.ROW",
                "structure",
                severity,
                named,
                f"第{form.section}部分{what}（“{raw}”），按勾稽关系只有一种读法。",
            )
        )
        if not named:  # nothing is derived: each value stands there
            for f in forms:
                r = out.readings[f.id]
                out.readings[f.id] = read_field(f, printed[0], "inline") if r.value is not None else r
        return
    for f in forms:
        out.readings[f.id] = lost(f, "unreadable" if placed.state in ("run", "long") else "missing", printed)
    kind: FindingKind = "ambiguous" if placed.state == "run" else "structure"
    out.findings.append(
        finding("STR.ROW", kind, "error", ids, f"第{form.section}部分{what}（“{raw}”），不能确定各格数值，未取值。")
    )

"""Fill a table of the form from strips: rows by label, columns by place, what is left by the equations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from .columns import vector
from .doubtful import fill_doubtful, settled_findings
from .fill_order import as_headed
from .fill_place import place_rows
from .filled import NEARLY, Filled, Hit, RowPlace, equations, few_words, row_places, row_sum_rule
from .folded import unfolded
from .headers import is_header, printed_unit, unit_findings
from .labels import LABEL_SURE, Match, decode, framed, score_matrix
from .numerals import parse_cell
from .readings import MONEY_UNITS, cell_findings, finding, lost, quoted, read_field
from .rowcheck import other_rows
from .rowlabels import RowReader
from .rowprep import OWN_LABEL, prepare
from .rowsides import numbers_first
from .splits import Resolution, Vector, resolve
from .strips import Strip
from .structure import structure_findings
from .template import Edition, TableForm


def fill_rows(strips: Sequence[Strip], form: TableForm, edition: Edition, labels: RowReader | None = None) -> Filled:
    """Fill a table with layout "rows".

    Args:
        strips: All strips of the table's part of the document, in order.
        form: The table of the edition.
        edition: For its rules.
        labels: Who reads labels of rows a second time.

    Returns:
        A reading for every field of the table, and findings; `rows_found` is 0 where it is not such a table.
    """
    places = row_places(form)
    columns = max(len(p.forms) for p in places)
    turned, doubts = numbers_first(unfolded(strips, form, places, edition), form, places)
    work = prepare(turned, form, places, columns)
    matches = _match(work, form, places, columns)
    out = Filled(findings=doubts, rows_found=len({m.row for m in matches}), strips=tuple(work), matches=tuple(matches))
    if not matches:
        _only_labels(out, strips, places, form)
        return out
    hits = place_rows(work, matches, places, form, edition)
    by_row: dict[int, list[Hit]] = {}
    for hit in hits:
        by_row.setdefault(hit.match.row, []).append(hit)
    rule = row_sum_rule(edition, form)
    printed, said = as_headed(work, matches, places, by_row, form)
    if rule is not None:
        by_row = {i: _without_sum(hits, printed[i], places[i]) for i, hits in by_row.items()}
    resolution = _resolve(by_row, places, form, edition)
    scores = score_matrix(work, [p.row for p in places])
    certain = framed(matches, _usable(work, scores, form), len(places))
    for i, p in enumerate(printed):
        _fill_row(out, p, by_row.get(i, []), resolution, form, rule, certain)
    out.readings = {f.id: out.readings[f.id] for p in places for f in p.forms}
    settled_findings(out, form)
    if resolution is not None:
        _unbalanced(out, resolution, printed, form, edition)
    out.findings += said
    _money_units(out, work, places)
    out.findings += unit_findings(strips, form)
    structure_findings(out, work, matches, places, by_row, form, columns)
    if labels is not None:
        out.findings += other_rows(work, matches, places, form, labels)
    return out


def _only_labels(out: Filled, strips: Sequence[Strip], places: Sequence[RowPlace], form: TableForm) -> None:
    """A table whose labels are there and whose cells all left no trace: empty, or lost with their separators."""
    scores = score_matrix([s for s in strips if s.labels], [p.row for p in places])
    seen = {j for line in scores for j, s in enumerate(line) if s >= OWN_LABEL}
    if len(seen) < min(3, len(places)):
        return
    out.rows_found = len(seen)
    out.without_numbers(form, "行标题")


def _match(work: Sequence[Strip], form: TableForm, places: Sequence[RowPlace], columns: int) -> list[Match]:
    rows = [p.row for p in places]
    scores = score_matrix(work, rows)
    matches = decode(scores, _usable(work, scores, form))
    return _place_unlabelled(work, matches, len(rows), columns) if columns > 3 else matches


def _usable(work: Sequence[Strip], scores: Sequence[Sequence[float]], form: TableForm) -> list[bool]:
    """Tell of each strip whether it may be a row: it has values and is no header."""
    return [
        bool(s.values) and (not is_header(s, form) or max(scores[i], default=0.0) >= 0.999) for i, s in enumerate(work)
    ]


def _place_unlabelled(work: Sequence[Strip], matches: list[Match], rows: int, columns: int) -> list[Match]:
    """Place strips whose label is lost where their neighbours leave exactly as many rows."""
    if not matches:
        return matches
    used = {m.strip for m in matches}
    # an edge of the table is a neighbour only for rows that the form has there
    edges = [Match(-1, -1, 1.0), *matches, Match(len(work), rows, 1.0)]
    out = list(matches)
    for a, b in pairwise(edges):
        gap = list(range(a.row + 1, b.row))
        free = [
            i
            for i in range(a.strip + 1, b.strip)
            if i not in used and len(work[i].values) >= columns - NEARLY and few_words(work[i])
        ]
        if free and len(free) == len(gap):
            out += [Match(i, r, 0.0) for i, r in zip(free, gap, strict=True)]
    return sorted(out, key=lambda m: m.strip)


def _without_sum(hits: list[Hit], printed: RowPlace, place: RowPlace) -> list[Hit]:
    """Drop what a row that is not exact may be, where its last number is not the total: it was made to add up there."""
    if printed.forms[-1] is place.forms[-1]:
        return hits
    # with too few digits known, nothing is said of its sum either
    return [
        h if h.placed.state == "exact" else replace(h, placed=replace(h.placed, readings=(), sparse=True)) for h in hits
    ]


def _resolve(
    by_row: dict[int, list[Hit]], places: Sequence[RowPlace], form: TableForm, edition: Edition
) -> Resolution | None:
    """Let the equations choose among the candidates of rows that are not exact."""
    columns = {len(p.forms) for p in places}
    known: dict[str, Sequence[Vector]] = {}
    doubtful = False
    for i, hits in by_row.items():
        placed = hits[0].placed
        if len(hits) > 1 and any(vector(h.placed.fields) != vector(placed.fields) for h in hits[1:]):
            continue
        if placed.state == "exact":
            numbers = vector(placed.fields)
            if numbers is not None:
                known[places[i].row.name] = (numbers,)
        elif placed.readings and placed.state != "ambiguous":
            known[places[i].row.name] = placed.readings
            doubtful = True
    if not doubtful:
        return None
    return resolve(known, equations(edition, form) if len(columns) == 1 else [], columns.pop())


def _unbalanced(
    out: Filled, resolution: Resolution, printed: Sequence[RowPlace], form: TableForm, edition: Edition
) -> None:
    """Name the columns that no reading of the run-together rows can balance: the report's own error."""
    cells = {p.row.name: p.forms for p in printed}
    columns = {c.name: c for c in form.blocks[0].columns}
    known = {e.id: e for e in equations(edition, form)}
    for rule, at in resolution.broken:
        column = columns[printed[0].forms[at].column]
        left = [r for k, r in known[rule].terms if k > 0]
        right = [r for k, r in known[rule].terms if k < 0]
        sums = [_only_sum(resolution, side, at) for side in (left, right)]
        named = right if len(right) == 1 else [*left, *right]
        shown = "" if None in sums else f"（{sums[0]} 与 {sums[1]}）"
        out.findings.append(
            finding(
                rule.format(column=column.name),
                "source_inconsistent",
                "error",
                [cells[r][at].id for r in named],
                f"第{form.section}部分“{column.label}”一列：各格数字连在一起，无论怎样拆分，勾稽关系两边都不相等{shown}。",
                sums[0],
                sums[1],
            )
        )


def _only_sum(resolution: Resolution, rows: Sequence[str], column: int) -> int | None:
    """Return the sum of a column over rows if every reading gives the same, else None."""
    total = 0
    for r in rows:
        values = {v[column] or 0 for v in resolution.readings.get(r, ())}
        if len(values) != 1:
            return None
        total += values.pop()
    return total


def _fill_row(
    out: Filled,
    p: RowPlace,
    hits: Sequence[Hit],
    resolution: Resolution | None,
    form: TableForm,
    row_rule: str | None,
    certain: frozenset[int],
) -> None:
    ids = [f.id for f in p.forms]
    if not hits:
        for f in p.forms:
            out.readings[f.id] = lost(f, "missing")
        return
    hit = hits[0]
    if hit.placed.state == "exact":
        for f, printed in zip(p.forms, hit.placed.fields, strict=True):
            if printed is None:
                out.readings[f.id] = lost(f, "missing")
            else:
                score = 1.0 if hit.match.strip in certain else hit.match.score
                out.readings[f.id] = read_field(f, printed, hit.strip.origin, label_score=score)
        out.findings += cell_findings(out.readings, p.forms)
        if hit.placed.wide:
            out.findings.append(
                finding(
                    "STR.ROW",
                    "structure",
                    "warning",
                    ids,
                    f"第{form.section}部分“{p.row.label}”一行比表中其他行多出空格，可能有数字重复或拆开，请核对本行各格。",
                )
            )
    else:
        fill_doubtful(out, p, hit, resolution, form, row_rule)
    for other in hits[1:]:
        _compare(out, p, hit, other, form)
    if hit.match.score < LABEL_SURE:
        printed_label = hit.strip.label.strip() or "（无）"
        out.findings.append(
            finding(
                "STR.LABEL",
                "structure",
                "warning",
                ids,
                f"第{form.section}部分：行标题“{printed_label[-30:]}”残缺，按位置和相似度认作“{p.row.label}”，请核对本行各格。",
            )
        )


def _compare(out: Filled, p: RowPlace, first: Hit, other: Hit, form: TableForm) -> None:
    """A row that is printed twice: with one value it is read, with two it is unreadable."""
    ids: list[str] = []
    same = True
    for i, f in enumerate(p.forms):
        a = out.readings[f.id]
        b = other.placed.fields[i] if other.placed.state == "exact" else None
        second = read_field(f, b, other.strip.origin) if b is not None else None
        if second is None or (second.value, second.status) != (a.value, a.status):
            same = False
            ids.append(f.id)
            out.readings[f.id] = replace(lost(f, "unreadable", first.strip.values + other.strip.values))
    if same:
        out.findings.append(
            finding(
                "STR.TWICE",
                "structure",
                "warning",
                [f.id for f in p.forms],
                f"第{form.section}部分“{p.row.label}”一行印了两次，数值相同。",
            )
        )
    else:
        out.findings.append(
            finding(
                "STR.TWICE",
                "unreadable",
                "error",
                ids,
                f"第{form.section}部分“{p.row.label}”一行印了两次而数值不同，未取值。",
            )
        )


def _money_units(out: Filled, work: Sequence[Strip], places: Sequence[RowPlace]) -> None:
    """The unit of money: the cell's own, else its header's, else none; two that differ are a finding."""
    head = "\n".join(s.label for s in work)
    unit = printed_unit(head)
    for p in places:
        for f in p.forms:
            if f.kind != "money" or f.id not in out.readings:
                continue
            r = out.readings[f.id]
            # the form prints the unit in the header, so a lost header does not lose it
            printed = parse_cell(r.raw or "", whole=True).unit
            own = printed if printed in MONEY_UNITS else None
            shown = own or unit or f.unit
            out.readings[f.id] = replace(r, unit=shown)
            if r.status == "read" and shown is None:
                out.findings.append(
                    finding("T2.UNIT", "plausibility", "warning", [f.id], f"{quoted([f])}没有写明单位（元或万元）。")
                )
            elif r.status == "read" and own and unit and own != unit:
                out.findings.append(
                    finding(
                        "T2.UNIT",
                        "plausibility",
                        "warning",
                        [f.id],
                        f"{quoted([f])}格内单位为{own}，表头单位为{unit}，请核对。",
                    )
                )

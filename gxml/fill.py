"""Fill a table of the form from strips: rows by label, columns by place, what is left by the equations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from .columns import COUNTED, Lead, Slots, find_lead, find_slots, header_lead, place, vector
from .doubtful import fill_doubtful, settled_findings
from .filled import NEARLY, Filled, Hit, RowPlace, equations, few_words, row_places, row_sum_rule
from .folded import unfolded
from .headers import column_order, header_lines, is_header, line_order, misordered, printed_unit, unit_findings
from .headplaces import MISPLACED, PLACED, column_places, heads_of, misplaced
from .labels import LABEL_SURE, Match, decode, framed, score_matrix
from .numerals import parse_cell
from .readings import MONEY_UNITS, OF_A_CELL, cell_findings, finding, lost, quoted, read_field
from .rowcheck import other_rows
from .rowlabels import RowReader
from .rowprep import OWN_LABEL, prepare
from .rowsides import numbers_first
from .splits import Resolution, Vector, resolve
from .strips import Strip
from .structure import structure_findings
from .template import Block, Edition, TableForm

# Of so many rows a few can be odd, no more than these: else it is the table's way.
ALIKE, FEW_WIDE = 4, 2


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
    hits = _place_all(work, matches, places, form, edition)
    by_row: dict[int, list[Hit]] = {}
    for hit in hits:
        by_row.setdefault(hit.match.row, []).append(hit)
    resolution = _resolve(by_row, places, form, edition)
    rule = row_sum_rule(edition, form)
    scores = score_matrix(work, [p.row for p in places])
    certain = framed(matches, _usable(work, scores, form), len(places))
    for i, p in enumerate(places):
        _fill_row(out, p, by_row.get(i, []), resolution, form, rule, certain)
    settled_findings(out, form)
    if resolution is not None:
        _unbalanced(out, resolution, form, edition)
    _reorder(out, work, matches, places, form)
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


def _place_all(
    work: Sequence[Strip], matches: Sequence[Match], places: Sequence[RowPlace], form: TableForm, edition: Edition
) -> list[Hit]:
    summed = row_sum_rule(edition, form) is not None
    values = [f for m in matches for f in work[m.strip].values if f.kind != "blank"]
    run_layout = bool(values) and sum(f.glued for f in values) >= 0.5 * len(values)
    sparse = _blanks_vanish([(work[m.strip], len(places[m.row].forms)) for m in matches])
    groups: dict[tuple[int, int], list[tuple[Strip, int]]] = {}
    for m in matches:
        key = (work[m.strip].table, id(places[m.row].block))
        groups.setdefault(key, []).append((work[m.strip], len(places[m.row].row.path)))
    measures: dict[tuple[int, int], tuple[Slots | None, float | None, Lead]] = {}
    for key, rows in groups.items():
        members = [s for s, _ in rows]
        block = next(p.block for p in places if id(p.block) == key[1])
        k = len(block.columns)
        heads = [s for s in _heads(work, matches, places, block) if s.table == key[0]]
        head = header_lead(heads, block)
        slots = find_slots(members, k)
        full = [s.width for s in members if len(s.values) == k] or [s.width for s in members]
        end = Counter(full).most_common(1)[0][0] if full else None
        header_width = max((s.width for s in heads), default=0.0)
        measures[key] = (slots, end, find_lead(rows, k, head, header_width))
    wide = _wide(work, {m.strip: len(places[m.row].forms) for m in matches})
    loose = {table for (table, _), (_, _, lead) in measures.items() if lead.ragged}
    out: list[Hit] = []
    for m in matches:
        strip, p = work[m.strip], places[m.row]
        slots, end, lead = measures[(strip.table, id(p.block))]
        if strip.table in loose:
            lead = replace(lead, ragged=True)
        placed = place(
            strip,
            len(p.forms),
            slots=slots,
            end=end,
            lead=lead,
            depth=len(p.row.path),
            summed=summed,
            run_layout=run_layout,
            wide=m.strip in wide,
        )
        if sparse and placed.state == "run" and not _all_zeros(strip, len(p.forms)):
            placed = replace(placed, readings=(), sparse=True)
        out.append(Hit(m, strip, placed))
    return out


def _wide(work: Sequence[Strip], rows: Mapping[int, int]) -> set[int]:
    """Return the rows (index in `work` -> columns of the form) that have more fields than the others of their table.

    That says something where all others, headers too, end in one place or with the same number of blanks; not where
    fillers stand here and there.
    """
    tables: dict[int, dict[int, int]] = {}
    for i, s in enumerate(work):
        if s.fields and (s.origin in COUNTED or (s.origin == "stacked" and i in rows)):
            tables.setdefault(s.table, {})[i] = _behind(s, rows.get(i))
    out: set[int] = set()
    for behind in tables.values():
        (end, _), *_ = Counter(work[i].width for i in behind).most_common(1)
        (blanks, _), *_ = Counter(behind.values()).most_common(1)
        odd = [i for i, n in behind.items() if i in rows and (work[i].width > end or n > blanks)]
        others = [i for i in behind if i not in odd]
        if len(odd) > FEW_WIDE or len(others) < ALIKE:
            continue
        if end and sum(work[i].width != end for i in others) <= 1:
            out |= {i for i in odd if work[i].width > end}
        elif sum(behind[i] != blanks for i in others) <= 1:
            out |= {i for i in odd if behind[i] > blanks}
    return out


def _behind(strip: Strip, columns: int | None) -> int:
    """Return how many fields a strip has behind its columns, or behind its last words where it is a header."""
    if columns is not None:
        return max(0, len(strip.values) - columns)
    # the values of a header were cut off
    return round(strip.width - max((f.hi for f in strip.fields if f.kind != "blank"), default=0.0))


def _heads(
    work: Sequence[Strip], matches: Sequence[Match], places: Sequence[RowPlace], block: Block
) -> Sequence[Strip]:
    """Return the strips between a block's first row and the last row of another block before it."""
    first = min(m.strip for m in matches if places[m.row].block is block)
    start = max((m.strip + 1 for m in matches if m.strip < first), default=0)
    return work[start:first]


def _blanks_vanish(rows: Sequence[tuple[Strip, int]]) -> bool:
    """Tell whether numbers run together and rows with fewer digits than columns show that blanks left no trace."""
    return any(
        any(f.glued for f in s.values) and len(s.printed) < k and sum(len(f.text.strip()) for f in s.printed) < k
        for s, k in rows
    )


def _all_zeros(strip: Strip, columns: int) -> bool:
    digits = "".join(f.text.strip() for f in strip.values)
    return len(digits) == columns and set(digits) == {"0"}


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


def _unbalanced(out: Filled, resolution: Resolution, form: TableForm, edition: Edition) -> None:
    """Name the columns that no reading of the run-together rows can balance: the report's own error."""
    block = form.blocks[0]
    known = {e.id: e for e in equations(edition, form)}
    for rule, at in resolution.broken:
        column = block.columns[at]
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
                [f"{form.prefix}{r}.{column.name}" for r in named],
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


def _reorder(
    out: Filled, work: Sequence[Strip], matches: Sequence[Match], places: Sequence[RowPlace], form: TableForm
) -> None:
    """Follow the printed header where it orders the columns otherwise than the form."""
    first_of: dict[int, int] = {}
    for m in matches:
        first_of.setdefault(id(places[m.row].block), m.strip)
    begin = 0
    for p in {id(q.block): q for q in places}.values():
        stop = first_of.get(id(p.block))
        if stop is None:
            continue
        # the header ends in front of the row's own label, which may stand in the same strip
        head = "".join(s.label for s in work[begin:stop]) + work[stop].label
        lines = work[begin : stop + 1]
        begin = stop
        rows = [q for q in places if q.block is p.block]
        printed = [work[m.strip] for m in matches if places[m.row].block is p.block]
        order = _place_order(out, work, printed, p.block, rows)
        order = order or column_order(head, p.block) or _line_order(out, lines, p.block, rows)
        if order is None:
            full, above = _under_heads(work, printed, p.block)
            in_text = full is None and any(misordered(t, form, p.block) for s in lines for t in header_lines(s))
            if in_text or (full is not None and misplaced(above, full.values, p.block)):
                block_ids = [f.id for q in rows for f in q.forms]
                text = MISPLACED.format(section=form.section)
                out.findings.append(finding("STR.COLUMNS", "structure", "warning", block_ids, text))
            continue
        ids: list[str] = []
        for q in places:
            if q.block is not p.block:
                continue
            old = [out.readings[f.id] for f in q.forms]
            for at, i in enumerate(order):
                if i != at:
                    out.readings[q.forms[i].id] = replace(old[at], form=q.forms[i])
                    ids.append(q.forms[i].id)
        moved = set(ids)
        # what was said of single cells is said anew, of those where the readings are now
        out.findings = [g for g in out.findings if not (g.rule in OF_A_CELL and moved.issuperset(g.cells))]
        out.findings += cell_findings(out.readings, [f for q in rows for f in q.forms if f.id in moved])
        names = "、".join(p.block.columns[i].label for i in order)
        out.findings.append(
            finding(
                "STR.COLUMNS", "structure", "warning", ids, f"表头的列序与格式不同（{names}），已按表头对应，请核对。"
            )
        )


def _place_order(
    out: Filled, work: Sequence[Strip], printed: Sequence[Strip], block: Block, places: Sequence[RowPlace]
) -> tuple[int, ...] | None:
    """Return the order of the columns that cells of the header print over a row, None where it is the form's."""
    full, above = _under_heads(work, printed, block)
    if full is None:
        return None
    order = column_places(above, full.values, block)
    if order is None or order == tuple(range(len(order))):
        return None
    return order if _may_stand(out, order, places) else None


def _under_heads(work: Sequence[Strip], printed: Sequence[Strip], block: Block) -> tuple[Strip | None, Sequence[Strip]]:
    """Return the first row of a block whose cells all stand in places, and what its table prints above it."""
    full = next((s for s in printed if s.origin in PLACED and len(s.values) == len(block.columns)), None)
    return full, [] if full is None else heads_of(work, full)


def _may_stand(out: Filled, order: Sequence[int], places: Sequence[RowPlace]) -> bool:
    """Tell whether no fewer rows add up where a header puts the total than where the form has it."""
    last = len(order) - 1
    rows = [[int(out.readings[f.id].value or 0) for f in q.forms] for q in places]
    return order[last] == last or _adding_up(rows, order.index(last)) >= _adding_up(rows, last)


def _line_order(
    out: Filled, lines: Sequence[Strip], block: Block, places: Sequence[RowPlace]
) -> tuple[int, ...] | None:
    """Return the order of the columns that one line of the header prints, None where it is the form's.

    A line that puts the total elsewhere counts only where no more rows add up as the form has them.
    """
    for s in lines:
        for words in header_lines(s):
            order = line_order(words, block)
            if order is None:
                continue
            if order == tuple(range(len(order))):
                return None
            return order if _may_stand(out, order, places) else None
    return None


def _adding_up(rows: Sequence[Sequence[int]], total: int) -> int:
    return sum(sum(row) == 2 * row[total] for row in rows)


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

"""Fill a table of the form from strips: rows by label, columns by place, what is left by the equations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from .cells import Field, Strip
from .columns import Lead, Placed, Slots, find_lead, find_slots, header_lead, place, vector
from .headers import column_order, is_header, only_header_words, printed_unit
from .labels import LABEL_SURE, Match, decode, order_breaks, score_matrix, similarity
from .readings import Reading, derived, finding, lost, quoted, read_field
from .report import CellStatus, Finding, FindingKind
from .splits import Equation, Resolution, Vector, closes, resolve
from .template import Block, Edition, FieldForm, Row, TableForm

# A label part this alike to a row, with no header word behind it, ends the label: what follows is worded values.
OWN_LABEL = 0.9
# Blanks are few, and so doubtful, up to this share of the cells of a table that prints zeros.
LONELY = 0.15
# … and only in so many rows: an office that leaves zeros out does it in more.
FEW = 3
# Stands in a reading for a value that is not known.
UNDECIDED = -1
# Values that a strip without a label must have, short of the columns by this, to stand for a lost row.
NEARLY = 1


@dataclass(slots=True)
class Filled:
    """The readings of one table and what is to be said about them."""

    readings: dict[str, Reading] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    rows_found: int = 0
    settled: dict[str, list[tuple[_Place, str]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Place:
    """A row of the form with its block and fields."""

    block: Block
    row: Row
    forms: tuple[FieldForm, ...]


@dataclass(frozen=True, slots=True)
class _Hit:
    """A strip that is a row, with its fields by column."""

    match: Match
    strip: Strip
    placed: Placed


def row_places(form: TableForm) -> list[_Place]:
    """Return the rows of a table in printed order."""
    fields = {(f.row, f.column): f for f in form.fields()}
    return [_Place(b, r, tuple(fields[(r.name, c.name)] for c in b.columns)) for b in form.blocks for r in b.rows]


def row_sum_rule(edition: Edition, form: TableForm) -> str | None:
    """Return the id of the hard rule that makes each row's last column the sum of the others, or None."""
    names = [c.name for c in form.blocks[0].columns]
    for r in edition.rules:
        sides = list(r.left) == names[:-1] and list(r.right) == names[-1:]
        if r.hard and r.table == form.name and r.each == "row" and r.relation == "==" and sides:
            return r.id
    return None


def equations(edition: Edition, form: TableForm) -> list[Equation]:
    """Return the hard rules of a table that hold between whole rows, column by column."""
    out: list[Equation] = []
    rows = form.blocks[0].rows
    for family in edition.rules:
        if not (family.hard and family.table == form.name and family.each == "column" and family.relation == "=="):
            continue
        terms: list[tuple[int, str]] = []
        for side, names in ((1, family.left), (-1, family.right)):
            for name in names:
                sign = -side if name.startswith("-") else side
                bare = name.lstrip("-")
                members = [r.name for r in rows if r.role == bare[1:]] if bare.startswith("@") else [bare]
                terms += [(sign, m) for m in members]
        out.append(Equation(family.id, tuple(terms)))
    return out


def fill_rows(strips: Sequence[Strip], form: TableForm, edition: Edition) -> Filled:
    """Fill a table with layout "rows".

    Args:
        strips: All strips of the table's part of the document, in order.
        form: The table of the edition.
        edition: For its rules.

    Returns:
        A reading for every field of the table, and findings; `rows_found` is 0 where it is not such a table.
    """
    places = row_places(form)
    columns = max(len(p.forms) for p in places)
    work = _prepare(strips, form, places, columns)
    matches = _match(work, form, places, columns)
    out = Filled(rows_found=len({m.row for m in matches}))
    if not matches:
        _only_labels(out, strips, places, form)
        return out
    hits = _place_all(work, matches, places, form, edition)
    by_row: dict[int, list[_Hit]] = {}
    for hit in hits:
        by_row.setdefault(hit.match.row, []).append(hit)
    resolution = _resolve(by_row, places, form, edition)
    rule = row_sum_rule(edition, form)
    for i, p in enumerate(places):
        _fill_row(out, p, by_row.get(i, []), resolution, form, rule)
    _settled_findings(out, form)
    _reorder(out, work, matches, places)
    _money_units(out, work, places)
    _structure_findings(out, work, matches, places, by_row, form, columns)
    return out


def _only_labels(out: Filled, strips: Sequence[Strip], places: Sequence[_Place], form: TableForm) -> None:
    """A table whose labels are there and whose cells all left no trace: empty, or lost with their separators."""
    scores = score_matrix([s for s in strips if s.labels], [p.row for p in places])
    seen = {j for line in scores for j, s in enumerate(line) if s >= OWN_LABEL}
    if len(seen) < min(3, len(places)):
        return
    out.rows_found = len(seen)
    for p in places:
        for f in p.forms:
            out.readings[f.id] = lost(f, "missing")
    out.findings.append(
        finding(
            "STR.ROWS",
            "structure",
            "error",
            out.readings,
            f"第{form.section}部分有行标题而没有数字：各格为空，或数字已丢失，不能区分。",
        )
    )


# ---- strips ------------------------------------------------------------------------------------------------


def _prepare(strips: Sequence[Strip], form: TableForm, places: Sequence[_Place], columns: int) -> list[Strip]:
    """Drop headers, cut worded values off labels, take rows apart that stand in one strip."""
    out: list[Strip] = []
    for s in strips:
        cut = _recut(s, form, places)
        if cut.values and is_header(cut, form) and not any(_names_row(cut, p) for p in places):
            cut = replace(cut, fields=cut.fields[: cut.cut])
        out.extend(_segments(cut, columns))
    return _worded_values(out, form, places)


def _names_row(strip: Strip, p: _Place) -> bool:
    return similarity(strip.labels[-1:], p.row) >= 0.999


def _recut(strip: Strip, form: TableForm, places: Sequence[_Place]) -> Strip:
    """Move words that follow a row's own label to its values ("行政事业性收费 | | 增：…")."""
    if strip.cut < 2 or any(f.kind == "number" for f in strip.values):
        return strip
    for i in range(strip.cut - 1):
        text = strip.fields[i].text
        if not text.strip() or only_header_words(text, form):
            continue
        if max(similarity((text,), p.row) for p in places) < OWN_LABEL:
            continue
        rest = [f for f in strip.fields[i + 1 : strip.cut] if f.text.strip()]
        if all(
            max(similarity((f.text,), p.row) for p in places) < 0.6 and not only_header_words(f.text, form)
            for f in rest
        ):
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


def _worded_values(strips: list[Strip], form: TableForm, places: Sequence[_Place]) -> list[Strip]:
    """Give words that stand on lines of their own behind a row that is short back to that row."""
    out: list[Strip] = []
    need = 0
    for s in strips:
        own = max((similarity(s.labels, p.row) for p in places), default=0.0) if s.labels else 0.0
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
        best = max(places, key=lambda p: similarity(s.labels, p.row)) if s.labels else None
        short = best is not None and own >= OWN_LABEL and s.values and len(s.values) < len(best.forms)
        need = len(best.forms) - len(s.values) if short and best is not None else 0
    return out


def _match(work: Sequence[Strip], form: TableForm, places: Sequence[_Place], columns: int) -> list[Match]:
    rows = [p.row for p in places]
    scores = score_matrix(work, rows)
    usable = [
        bool(s.values) and (not is_header(s, form) or max(scores[i], default=0.0) >= 0.999) for i, s in enumerate(work)
    ]
    matches = decode(scores, usable)
    return _place_unlabelled(work, matches, len(rows), columns) if columns > 3 else matches


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
            if i not in used and len(work[i].values) >= columns - NEARLY and _few_words(work[i])
        ]
        if free and len(free) == len(gap):
            out += [Match(i, r, 0.0) for i, r in zip(free, gap, strict=True)]
    return sorted(out, key=lambda m: m.strip)


def _few_words(strip: Strip) -> bool:
    return len(strip.label) <= 40 and sum(f.kind in ("number", "blank", "noise", "dash") for f in strip.values) >= 3


# ---- columns -----------------------------------------------------------------------------------------------


def _place_all(
    work: Sequence[Strip], matches: Sequence[Match], places: Sequence[_Place], form: TableForm, edition: Edition
) -> list[_Hit]:
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
        head = header_lead([s for s in _heads(work, matches, places, block) if s.table == key[0]], block)
        slots = find_slots(members, k)
        full = [s.width for s in members if len(s.values) == k] or [s.width for s in members]
        end = Counter(full).most_common(1)[0][0] if full else None
        measures[key] = (slots, end, find_lead(rows, k, head))
    loose = {table for (table, _), (_, _, lead) in measures.items() if lead.ragged}
    out: list[_Hit] = []
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
        )
        if sparse and placed.state == "run" and not _all_zeros(strip, len(p.forms)):
            placed = replace(placed, readings=())
        out.append(_Hit(m, strip, placed))
    return out


def _heads(work: Sequence[Strip], matches: Sequence[Match], places: Sequence[_Place], block: Block) -> Sequence[Strip]:
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
    by_row: dict[int, list[_Hit]], places: Sequence[_Place], form: TableForm, edition: Edition
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


# ---- readings ----------------------------------------------------------------------------------------------


def _fill_row(
    out: Filled,
    p: _Place,
    hits: Sequence[_Hit],
    resolution: Resolution | None,
    form: TableForm,
    row_rule: str | None,
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
                out.readings[f.id] = read_field(f, printed, hit.strip.origin, label_score=hit.match.score)
        _cell_findings(out, p, form)
    else:
        _fill_doubtful(out, p, hit, resolution, form, row_rule)
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


def _cell_findings(out: Filled, p: _Place, form: TableForm) -> None:
    for f in p.forms:
        r = out.readings[f.id]
        if r.status == "unreadable":
            out.findings.append(_unreadable(f, r))
        elif r.status == "missing":
            out.findings.append(
                finding("STR.CELL", "structure", "error", [f.id], f"{quoted([f])}一格在文件中缺失，无法取值。")
            )


def _unreadable(f: FieldForm, r: Reading) -> Finding:
    return finding(
        "READ.CELL",
        "ambiguous" if r.raw and r.raw.startswith(("--", "+-", "-+", "++")) else "unreadable",
        "error",
        [f.id],
        f"{quoted([f])}印作“{r.raw}”，不能确定是哪个数，未取值。",
    )


def _fill_doubtful(
    out: Filled, p: _Place, hit: _Hit, resolution: Resolution | None, form: TableForm, row_rule: str | None
) -> None:
    ids = [f.id for f in p.forms]
    printed = [f for f in hit.strip.values if f.text.strip()] or list(hit.strip.values)
    state = hit.placed.state
    what = {
        "short": "少一个数",
        "long": "多一个数",
        "run": "各格数字连在一起",
        "ambiguous": "空格与数字的位置不能对应到列",
        "broken": "数字个数与列数不符",
        "exact": "",
    }[state]
    raw = " ".join(f.text for f in printed)
    chosen = _choice(p, hit, resolution, row_rule)
    if chosen is not None:
        values, rules = chosen
        open_forms = [f for f, v in zip(p.forms, values, strict=True) if v == UNDECIDED]
        for f, v in zip(p.forms, values, strict=True):
            known = v != UNDECIDED
            out.readings[f.id] = derived(f, v, printed, rules) if known else lost(f, "unreadable", printed)
        if len(open_forms) < len(p.forms):
            out.settled.setdefault(what, []).append((p, raw))
        if open_forms:
            out.findings.append(
                finding(
                    "STR.ROW",
                    "structure",
                    "error",
                    [f.id for f in open_forms],
                    f"第{form.section}部分“{p.row.label}”一行{what}（“{raw}”），{quoted(open_forms)}不能确定，未取值。",
                )
            )
        return
    status: CellStatus = "missing" if state in ("short", "broken") else "unreadable"
    if state == "broken" and any(len(f.text.strip()) > 3 or f.kind == "noise" for f in printed):
        status = "unreadable"
    for f in p.forms:
        out.readings[f.id] = lost(f, status, printed)
    kind: FindingKind = "ambiguous" if state == "run" else "structure"
    out.findings.append(
        finding(
            "STR.ROW",
            kind,
            "error",
            ids,
            f"第{form.section}部分“{p.row.label}”一行{what}（“{raw}”），不能确定各格数值，未取值。",
        )
    )


def _settled_findings(out: Filled, form: TableForm) -> None:
    """Say once for each kind of damage which rows the rules settled."""
    for what, rows in out.settled.items():
        ids = [f.id for p, _ in rows for f in p.forms]
        names = "、".join(f"“{p.row.label}”（“{raw}”）" for p, raw in rows[:3]) + ("等" if len(rows) > 3 else "")
        out.findings.append(
            finding(
                "STR.ROW",
                "structure",
                "warning" if "多" in what else "info",
                ids,
                f"第{form.section}部分 {len(rows)} 行{what}：{names}。按列数和勾稽关系只有一种读法，各格为推定值。",
            )
        )


def _choice(
    p: _Place, hit: _Hit, resolution: Resolution | None, row_rule: str | None
) -> tuple[Vector, tuple[str, ...]] | None:
    """Return the only reading that is left, `UNDECIDED` for a cell that it leaves open, and the rules needed."""
    options = hit.placed.readings
    if options and hit.placed.state == "ambiguous":
        # blank or lost is not for the equations to say: what all readings have in common is certain
        return tuple(v[0] if len(set(v)) == 1 else UNDECIDED for v in zip(*options, strict=True)), ()
    if not options or resolution is None:
        return None
    # a run of exactly as many digits as columns has one reading whatever the rules say
    digits = sum(len(f.text.strip()) for f in hit.strip.values)
    certain = len(options) == 1 and (hit.placed.state != "run" or digits == len(p.forms))
    own = (row_rule.format(row=p.row.name),) if row_rule else ()
    if not resolution.feasible or not resolution.complete:
        return (options[0], own) if certain and (options[0][-1] is None or closes(options[0]) or not own) else None
    left = resolution.readings.get(p.row.name, ())
    if len(left) != 1:
        return None
    proved = own if len(options) == 1 else (*own, *resolution.used)
    return left[0], proved


def _compare(out: Filled, p: _Place, first: _Hit, other: _Hit, form: TableForm) -> None:
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


# ---- the table as a whole ----------------------------------------------------------------------------------


def _reorder(out: Filled, work: Sequence[Strip], matches: Sequence[Match], places: Sequence[_Place]) -> None:
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
        begin = stop
        order = column_order(head, p.block)
        if order is None:
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
        names = "、".join(p.block.columns[i].label for i in order)
        out.findings.append(
            finding(
                "STR.COLUMNS", "structure", "warning", ids, f"表头的列序与格式不同（{names}），已按表头对应，请核对。"
            )
        )


def _money_units(out: Filled, work: Sequence[Strip], places: Sequence[_Place]) -> None:
    """The unit of money: the cell's own, else its header's, else none; two that differ are a finding."""
    head = "\n".join(s.label for s in work)
    unit = printed_unit(head)
    for p in places:
        for f in p.forms:
            if f.kind != "money" or f.id not in out.readings:
                continue
            r = out.readings[f.id]
            # the form prints the unit in the header, so a lost header does not lose it
            own = r.unit if r.unit != f.unit else None
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


def _structure_findings(
    out: Filled,
    work: Sequence[Strip],
    matches: Sequence[Match],
    places: Sequence[_Place],
    by_row: dict[int, list[_Hit]],
    form: TableForm,
    columns: int,
) -> None:
    lost_rows = [i for i in range(len(places)) if i not in by_row]
    for run in _runs(lost_rows):
        forms = [f for i in run for f in places[i].forms]
        labels = "、".join(f"“{places[i].row.label}”" for i in run[:3]) + ("等" if len(run) > 3 else "")
        out.findings.append(
            finding(
                "STR.ROWS",
                "structure",
                "error",
                [f.id for f in forms],
                f"第{form.section}部分缺 {len(run)} 行：{labels}，各格无法取值。",
            )
        )
    for row in dict.fromkeys(order_breaks(matches)):
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
    if columns <= 3:
        return
    _lonely_blank_totals(out, places, by_row, form)
    used = {m.strip for m in matches}
    for i, s in enumerate(work):
        if i in used or not s.printed or len(s.values) < columns - NEARLY or not _few_words(s) or is_header(s, form):
            continue
        before = max((m.row for m in matches if m.strip < i), default=-1)
        after = min((m.row for m in matches if m.strip > i), default=len(places))
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


def _lonely_blanks(out: Filled, places: Sequence[_Place], by_row: dict[int, list[_Hit]], form: TableForm) -> None:
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
                f"第{form.section}部分{_names(doubtful)}行有空格，而表中其他行的零都印作 0：可能缺了一格、数字错位，请核对。",
            )
        )


def _names(rows: Sequence[_Place]) -> str:
    return "、".join(f"“{p.row.label}”" for p in rows[:3]) + ("等" if len(rows) > 3 else "")


def _lonely_blank_totals(out: Filled, places: Sequence[_Place], by_row: dict[int, list[_Hit]], form: TableForm) -> None:
    """A blank total in a table that prints totals: perhaps a cell was lost and the row moved up."""
    blank: list[_Place] = []
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
        names = _names(blank)
        out.findings.append(
            finding(
                "STR.TOTAL",
                "structure",
                "warning",
                [f.id for p in blank for f in p.forms],
                f"第{form.section}部分{names}行总计为空，而其他行印有总计：可能缺了一格、数字错位，请核对。",
            )
        )


def _runs(numbers: Iterable[int]) -> list[list[int]]:
    out: list[list[int]] = []
    for n in numbers:
        if out and n == out[-1][-1] + 1:
            out[-1].append(n)
        else:
            out.append([n])
    return out

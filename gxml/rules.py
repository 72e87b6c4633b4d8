"""The rules of the form over the cells of a report: each holds, is broken, or cannot be evaluated.

Exact arithmetic (Decimal). A printed blank or dash counts as 0; a blank total beside parts that are not all 0 is
unknown, and so is a cell that is lost, unreadable or worded: a rule with one of those is not evaluable.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, Protocol

from .numerals import parse_cell, to_number
from .readings import finding, quoted
from .report import Cell, CellStatus, Finding, Report
from .template import CrossYearForm, Edition, FieldForm, Rule, Terms, edition_for_year, editions, expand_family

Outcome = Literal["holds", "broken", "not evaluable"]

PRINTED = frozenset({"text-layer", "markup", "text"})
"""Readers whose numbers are as printed: a rule that those break is the report's own error."""

_SUFFIX = re.compile("(人民政府(办公厅|办公室)?|管委会)$")


@dataclass(frozen=True, slots=True)
class Checked:
    """A rule with its outcome; the sums are None where it is not evaluable."""

    rule: Rule
    outcome: Outcome
    left: Decimal | None
    right: Decimal | None


class Counted(Protocol):
    """What the rules need of a cell."""

    @property
    def id(self) -> str:
        """Of the cell."""
        ...

    @property
    def value(self) -> Decimal | int | float | None:
        """None where there is no number."""
        ...

    @property
    def status(self) -> CellStatus:
        """As in `Cell`."""
        ...

    @property
    def raw(self) -> str | None:
        """What is printed."""
        ...


def counted(cell: Counted | None) -> Decimal | None:
    """Return the number that a cell stands for in a rule, or None where it is not known."""
    if cell is None:
        return None
    if cell.value is not None:
        return Decimal(str(cell.value)) if isinstance(cell.value, float) else Decimal(cell.value)
    if cell.status == "blank":
        return Decimal(0)
    if cell.status == "text" and cell.raw and parse_cell(cell.raw).kind == "dash":
        return Decimal(0)
    return None


def evaluate(cells: Mapping[str, Cell], rules: Sequence[Rule]) -> list[Checked]:
    """Evaluate rules over the cells of one report."""
    unknown = free_totals(cells, rules)
    out: list[Checked] = []
    for rule in rules:
        if any(i in unknown for i in rule.cells):
            out.append(Checked(rule, "not evaluable", None, None))
            continue
        left = _sum(cells, rule.left)
        right = _sum(cells, rule.right)
        if left is None or right is None:
            out.append(Checked(rule, "not evaluable", None, None))
            continue
        good = left == right if rule.relation == "==" else left >= right if rule.relation == ">=" else left <= right
        out.append(Checked(rule, "holds" if good else "broken", left, right))
    return out


def free_totals(cells: Mapping[str, Counted], rules: Sequence[Rule]) -> set[str]:
    """Return the totals that are printed blank beside parts that are not all 0."""
    out: set[str] = set()
    for rule in rules:
        if rule.relation != "==" or len(rule.right) != 1:
            continue
        total = cells.get(rule.right[0][1])
        if total is None or total.value is not None or total.status not in ("blank", "text"):
            continue
        parts = [counted(cells.get(i)) for _, i in rule.left]
        if any(p for p in parts if p is not None):
            out.add(total.id)
    return out


def _sum(cells: Mapping[str, Cell], terms: Iterable[tuple[int, str]]) -> Decimal | None:
    total = Decimal(0)
    for k, i in terms:
        value = counted(cells.get(i))
        if value is None:
            return None
        total += k * value
    return total


def section_rules(chosen: Mapping[str, str]) -> list[Rule]:
    """Return the rules of a report whose sections have these editions ({"2": "2021", …})."""
    out: list[Rule] = []
    for section, name in chosen.items():
        edition = editions().get(name)
        if edition is not None:
            out += [r for r in edition.expanded_rules if str(r.section) == section]
    return out


def check_cells(
    cells: Mapping[str, Cell], chosen: Mapping[str, str], *, issuer: str | None = None, printed: bool = True
) -> tuple[list[Finding], bool]:
    """Check one report's cells.

    Args:
        cells: By id.
        chosen: Section -> edition.
        issuer: For plausibility.
        printed: Whether the numbers come from a text layer: then a broken rule is the report's own error.

    Returns:
        The findings, and whether every hard rule was evaluated and holds.
    """
    checked = evaluate(cells, section_rules(chosen))
    unsure = _unsure_rows(checked)
    out: list[Finding] = []
    for c in checked:
        if c.outcome == "broken":
            out.append(_broken(c, cells, unsure, printed))
            if not c.rule.hard and any(cells[i].status == "blank" for i in c.rule.cells):
                text = f"{c.rule.text}，而有一格为空：可能缺格、数字错位，请核对本行各格。"
                out.append(finding("STR.BLANK", "structure", "warning", c.rule.cells, text))
    free = free_totals(cells, [c.rule for c in checked if c.rule.hard])
    if free:
        forms = _forms(chosen)
        names = [forms[i] for i in cells if i in free and i in forms]
        out.append(
            finding(
                "P.TOTAL",
                "plausibility",
                "warning",
                [f.id for f in names],
                f"{quoted(names)}为空而其各项不全为 0，有关勾稽关系不能核对。",
            )
        )
    out += _domain(cells, chosen)
    out += _plausible(cells, chosen, issuer)
    hard = [c for c in checked if c.rule.hard]
    return out, bool(hard) and all(c.outcome == "holds" for c in hard) and not any(f.rule == "DOM" for f in out)


def _forms(chosen: Mapping[str, str]) -> dict[str, FieldForm]:
    return {
        i: f
        for section, name in chosen.items()
        if name in editions()
        for i, f in editions()[name].fields.items()
        if str(f.section) == section
    }


def _unsure_rows(checked: Sequence[Checked]) -> set[str]:
    """Cells of printed rows whose own rule does not hold: where such a row crosses a column, the error sits."""
    return {i for c in checked if c.rule.hard and c.outcome != "holds" and _is_row(c.rule) for i in c.rule.cells}


def _is_row(rule: Rule) -> bool:
    return len({i.rpartition(".")[0] for i in rule.cells}) == 1


def _culprits(rule: Rule, cells: Mapping[str, Cell], unsure: set[str]) -> list[str]:
    """Name the cells of a broken rule that can be wrong, as few as is safe."""
    ids = list(rule.cells)
    if _is_row(rule) or len(ids) <= 5:
        return ids
    totals = [i for _, i in rule.right]
    crossing = [i for i in ids if i in unsure and i not in totals]
    if crossing:
        return crossing + totals
    return [i for i in ids if i not in totals and counted(cells.get(i))] + totals


def _broken(c: Checked, cells: Mapping[str, Cell], unsure: set[str], printed: bool) -> Finding:
    rule = c.rule
    assert c.left is not None and c.right is not None
    named = _culprits(rule, cells, unsure)
    where = _where(rule)
    left, right = to_number(c.left), to_number(c.right)
    sign = {"==": "不相等", ">=": "前者少于后者", "<=": "前者多于后者"}[rule.relation]
    text = (
        f"{where}：{rule.text}，但前者合计 {left}，后者为 {right}，{sign}（相差 {to_number(abs(c.left - c.right))}）。"
    )
    if not rule.hard:
        return finding(rule.id, "plausibility", "warning", named, text + "请核对。", left, right)
    derived = any(cells[i].status in ("derived", "corrected") for i in rule.cells if i in cells)
    cause = (
        "数字均印刷清楚，属报告自身的不一致。"
        if printed and not derived
        else "可能是报告自身的错误，也可能是识读错误，请对照原件。"
    )
    return finding(rule.id, "source_inconsistent", "error", named, text + cause, left, right)


def _where(rule: Rule) -> str:
    """Name the row or column of a rule as printed on the form."""
    for edition in editions().values():
        fields = edition.fields
        known = [fields[i] for i in rule.cells if i in fields]
        if len(known) != len(rule.cells):
            continue
        if _is_row(rule):
            row = known[0].label.rpartition("／")[0]
            return f"第{known[0].section}部分“{row}”一行"
        return f"第{known[0].section}部分“{known[0].label.rpartition('／')[2]}”一列"
    return rule.id


def _domain(cells: Mapping[str, Cell], chosen: Mapping[str, str]) -> list[Finding]:
    out: list[Finding] = []
    for edition_name in dict.fromkeys(chosen.values()):
        edition = editions().get(edition_name)
        if edition is None:
            continue
        for form in edition.fields.values():
            cell = cells.get(form.id)
            if cell is None or cell.value is None or chosen.get(str(form.section)) != edition_name:
                continue
            value = Decimal(str(cell.value))
            bad = (form.kind != "signed" and value < 0) or (form.kind != "money" and value != value.to_integral_value())
            if bad:
                what = "负数" if value < 0 else "小数"
                # beside a cell that may be negative the row has perhaps moved by one: then all of it is in doubt
                row = [f for f in edition.fields.values() if (f.table, f.row) == (form.table, form.row)]
                named = [f.id for f in row] if any(f.kind == "signed" for f in row) else [form.id]
                out.append(
                    finding(
                        "DOM",
                        "source_inconsistent",
                        "error",
                        named,
                        f"{quoted([form])}印作“{cell.raw}”，此格不应为{what}。",
                        None,
                        cell.value,
                    )
                )
    return out


def _plausible(cells: Mapping[str, Cell], chosen: Mapping[str, str], issuer: str | None) -> list[Finding]:
    out: list[Finding] = []
    seen: set[str] = set()
    for name in dict.fromkeys(chosen.values()):
        edition = editions().get(name)
        for rule in edition.plausible if edition else ():
            if rule.id in seen or (rule.issuer and not re.search(rule.issuer, issuer or "")):
                continue
            positive = [i for i in rule.positive if (counted(cells.get(i)) or 0) > 0]
            zero = [counted(cells.get(i)) for i in rule.zero]
            if positive and all(z == 0 for z in zero):
                seen.add(rule.id)
                out.append(finding(rule.id, "plausibility", "warning", [*positive, *rule.zero], rule.text + "。"))
    return out


def check_scope(chosen: Mapping[str, str], year: int | None) -> list[Finding]:
    """Say where a section uses another edition of the form than its year's."""
    if year is None:
        return []
    due = edition_for_year(year).edition
    odd = [s for s, name in chosen.items() if name != due and s != "4"]
    if not odd:
        return []
    which = "、".join(f"第{s}部分用 {chosen[s]} 版" for s in odd)
    return [finding("SCOPE.EDITION", "plausibility", "info", [], f"{year} 年度报告应使用 {due} 版格式，而{which}。")]


# ---- saved reports -----------------------------------------------------------------------------------------

RULES_OF_CHECK = re.compile(r"^(T\d\.(ROW|SUM|BAL|INFORCE|MADE|CHANGE)|DOM|P\.|X\.|SCOPE\.EDITION)")


def check_report(report: Report) -> list[Finding]:
    """Run the single-report rules of the form again over a saved report's cells."""
    issuer = report.issuer.value if isinstance(report.issuer.value, str) else None
    year = report.year.value if isinstance(report.year.value, int) else None
    printed = all(c.reader in PRINTED for c in report.cell_list)
    found, _ = check_cells(report.cells, report.editions, issuer=issuer, printed=printed)
    return found + check_scope(report.editions, year)


def issuer_key(name: object) -> str | None:
    """Return the form in which issuers are compared and joined across years, or None for no name."""
    return _SUFFIX.sub("", name.strip()) or None if isinstance(name, str) else None


def check_years(reports: Sequence[Report]) -> dict[int, list[Finding]]:
    """Check each report against the same issuer's report of the year before.

    Returns:
        Index of the later report -> findings of kind cross_year.
    """
    out: dict[int, list[Finding]] = {}
    for i, before in _followers(reports):
        found = _compare_years(reports[i], reports[before])
        if found:
            out[i] = found
    return out


def vouched_by_years(reports: Sequence[Report]) -> dict[int, list[str]]:
    """Return for each report the cells whose very value the report of the year before, or after, says."""
    out: dict[int, list[str]] = {}
    for i, before in _followers(reports):
        this, last = reports[i], reports[before]
        for edition in editions().values():
            for family in edition.cross_year:
                for _, now, then in _carried(this, edition, family):
                    value = _sum(this.cells, now)
                    if value is not None and value == _sum(last.cells, then):
                        out.setdefault(i, []).extend(c for _, c in now if len(now) == 1)
                        out.setdefault(before, []).extend(c for _, c in then if len(then) == 1)
    return out


def _followers(reports: Sequence[Report]) -> list[tuple[int, int]]:
    """Return the indices of reports and of the same issuer's report of the year before."""
    by_issuer: dict[str, dict[int, int]] = {}
    for i, r in enumerate(reports):
        key = issuer_key(r.issuer.value)
        if key and isinstance(r.year.value, int):
            by_issuer.setdefault(key, {}).setdefault(r.year.value, i)
    return [(i, years[y - 1]) for years in by_issuer.values() for y, i in sorted(years.items()) if y - 1 in years]


def _compare_years(this: Report, last: Report) -> list[Finding]:
    out: list[Finding] = []
    for edition in editions().values():
        for family in edition.cross_year:
            out += _cross(this, last, edition, family)
    seen: dict[str, Finding] = {}
    for f in out:
        seen.setdefault(f.rule, f)
    return list(seen.values())


def _carried(this: Report, edition: Edition, family: CrossYearForm) -> Iterator[tuple[dict[str, str], Terms, Terms]]:
    """Yield what a family names, the cells of this year and those of the year before, where `this` has its edition."""
    table = next(t for t in edition.tables if t.name == family.table)
    if this.editions.get(str(table.section)) == edition.edition:
        yield from expand_family(table, family.each, family.rows, family.this, family.last)


def _cross(this: Report, last: Report, edition: Edition, family: CrossYearForm) -> list[Finding]:
    out: list[Finding] = []
    for values, now, before in _carried(this, edition, family):
        a, b = _sum(this.cells, now), _sum(last.cells, before)
        if a is None or b is None or a == b:
            continue
        forms = [edition.fields[i] for _, i in now]
        text = (
            f"{quoted(forms[:1])}：{family.text}，上年（{last.year.value} 年）报告算得 {to_number(b)}，"
            f"本年为 {to_number(a)}。"
        )
        ids = [i for _, i in now]
        out.append(finding(family.id.format(**values), "cross_year", "warning", ids, text, to_number(b), to_number(a)))
    return out

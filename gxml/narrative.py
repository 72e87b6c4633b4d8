"""Text against table: the facts of the prose and the cells must agree (rules N.*).

Which fact belongs to which cells is data (`[[narrative]]` in forms/*.toml). A difference is news for a reader, never a
reason to change a cell: the text may count another body, another time, or be wrong itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from decimal import Decimal

from .facts import RawFact
from .facts_frames import UNSURE
from .facts_items import ITEM_TYPES
from .numerals import parse_cell, to_number
from .report import Cell, Fact, Finding, Severity
from .template import NarrativeForm, editions, fact_types

__all__ = ["check_narrative", "narrative_rules", "vouched"]


def narrative_rules(found: Mapping[str, str]) -> tuple[NarrativeForm, ...]:
    """Return the rules for a report whose sections may follow different editions.

    Args:
        found: Section to edition, as in `Report.editions` ({"2": "2021", "3": "2019", "4": "2021"}).
    """
    known = editions()
    out: list[NarrativeForm] = []
    for section, name in sorted(found.items()):
        if name not in known:
            continue
        edition = known[name]
        out += [r for r in edition.narrative if str(edition.fields[r.cells[0]].section) == section]
    return tuple(out)


# ---- what the table says -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Sum:
    """A sum of cells: a number, or why it is not known."""

    value: Decimal | None
    lost: bool = False


def _sum(ids: Iterable[str], cells: Mapping[str, Cell]) -> _Sum:
    """Add cells up; blank, a dash and 无 count as 0, everything else without a value makes the sum unknown."""
    total = Decimal(0)
    for i in ids:
        cell = cells.get(i)
        if cell is None:
            return _Sum(None)
        if cell.value is not None:
            total += Decimal(str(cell.value))
        elif cell.status in ("missing", "unreadable"):
            return _Sum(None, lost=True)
        elif _free_total(i, cells) or (
            cell.status != "blank" and parse_cell(cell.raw or "").kind not in ("blank", "dash")
        ):
            return _Sum(None)
    return _Sum(total)


def _free_total(cell_id: str, cells: Mapping[str, Cell]) -> bool:
    """Tell whether a total without a value stands in a row that has numbers: then it is unknown, not 0."""
    row, _, column = cell_id.rpartition(".")
    return column == "total" and any(i.startswith(row + ".") and c.value for i, c in cells.items())


@dataclass(frozen=True, slots=True)
class _Other:
    """Another sum that the same words may well mean."""

    cells: tuple[str, ...]
    says: str
    when: str = ""


_RECEIVED, _CARRIED_IN = "requests.received.total", "requests.carried_in.total"
_OTHERS: dict[str, tuple[_Other, ...]] = {
    "N.RECEIVED": (
        _Other((_RECEIVED, _CARRIED_IN), "本年新收加上年结转"),
        _Other(("requests.processed_total.total",), "本年度办理结果总计", "办理|处理"),
    ),
    "N.ANSWERED": (
        _Other((_RECEIVED, _CARRIED_IN), "本年新收加上年结转", "办理(?!完毕)|处理(?!完毕)|受理"),
        _Other((_RECEIVED,), "本年新收", "办理(?!完毕)|处理(?!完毕)|受理"),
    ),
    "N.OUTCOME.granted": (
        _Other(("requests.granted.total", "requests.partly_granted.total"), "予以公开加部分公开", "^(?!.*部分公开)"),
    ),
    "N.LAWSUIT": (
        _Other(("litigation_direct.total",), "未经复议直接起诉", "直接"),
        _Other(("litigation_after_review.total",), "复议后起诉", "复议后"),
    ),
    "N.DOCS.normative": (_Other(("disclosure.normative_documents.published",), "本年新公开数量", "公开|发布|公布"),),
    "N.DOCS.regulations": (_Other(("disclosure.regulations.published",), "本年新公开数量", "公开|发布|公布"),),
}

# ---- whose figure it is --------------------------------------------------------------------------------------------

# The office, not all that the table covers; not where the office only orders or sends (按照省政府办公厅要求).
_SMALLER = re.compile(
    r"政府办(?:公室|公厅)?(?!理|公|[^，。]{0,4}(?:要求|部署|印发|关于|通知|文件|规定|安排|牵头|《))|"
    r"(?:省|市|县|区|州|旗|镇|乡|局|厅|机关)(?:府)?本级|局机关|委机关|代表(?:[省市县区州旗]|本级)?(?:人民)?政府|"
    r"以[^，。]{0,10}政府名义|(?<![与和向])办公室(?:共|全年|本年|累计|受理|收到|接收|办理|新收)|我办(?!理|公)"
)
_ORDERED = re.compile(r"(?:按照|根据|依据|依照|贯彻|落实|经|报|向|与|和)[^，。]{0,16}$")
# All of a division, where the report is of one office.
_LARGER = re.compile(r"全(?:省|市|县|区|州|旗|镇|乡)|各级各部门|各县|各乡镇|各镇街")
_OFFICE_ISSUER = re.compile(r"(?:局|办公室|办公厅|厅|委员会|中心|管理处|大队|支队|站|院)$")
_WHOLE_YEAR = re.compile(r"全年|年度|本年|今年|20\d\d年|共|累计|总计|合计")

# ---- check ---------------------------------------------------------------------------------------------------------


def check_narrative(
    rules: Sequence[NarrativeForm],
    facts: Sequence[RawFact],
    cells: Mapping[str, Cell],
    *,
    issuer: str | None = None,
) -> list[Finding]:
    """Compare the facts of the prose with the cells, and the parts of a figure with the whole.

    Args:
        rules: From `narrative_rules`.
        facts: Of the prose.
        cells: By id; those of sections that were not found are absent.
        issuer: Tells the report of an office from that of a whole division.

    Returns:
        Findings of kind "narrative": a warning for a difference, info for a difference of scope and for a figure
        whose cell was lost.
    """
    out: list[Finding] = []
    for rule in rules:
        finding = _check(rule, facts, cells, issuer)
        if finding:
            out.append(finding)
    return out + _parts(facts)


def vouched(rules: Sequence[NarrativeForm], facts: Iterable[RawFact | Fact], cells: Mapping[str, Cell]) -> list[str]:
    """Return the cells whose very value the prose says, exactly and read with confidence."""
    said: dict[str, set[Decimal]] = {}
    for f in facts:
        if not f.approximate and f.confidence >= UNSURE:
            said.setdefault(f.type, set()).add(Decimal(str(f.value)))
    alone = [(r.fact, cells.get(r.cells[0])) for r in rules if len(r.cells) == 1]
    return [c.id for fact, c in alone if c and c.value is not None and Decimal(str(c.value)) in said.get(fact, ())]


def _check(
    rule: NarrativeForm, facts: Sequence[RawFact], cells: Mapping[str, Cell], issuer: str | None
) -> Finding | None:
    said = [f for f in facts if f.type == rule.fact]
    if not said:
        return None
    table = _sum(rule.cells, cells)
    starts = {f.start for f in said}
    wholes = [f for f in said if f.whole not in starts] or said
    fact = _speaker(wholes)
    if table.value is None:
        if not table.lost:
            return None
        raw = cells[rule.cells[0]].raw or ""
        # a total may have been blank, and then it is not in the run of digits
        single = len(rule.cells) == 1 and len(said) == 1 and not rule.cells[0].endswith(".total")
        if single and raw.isdigit() and str(fact.value) not in raw:
            return _finding(
                rule,
                "warning",
                None,
                fact,
                f"{_quote(fact)}，{_place(rule)}未能读出，但连在一起的数字“{raw}”里没有 {fact.value}：二者不一致。",
            )
        return _finding(
            rule, "info", None, fact, f"{_quote(fact)}，{_place(rule)}未能读出，无法核对，可供人工核对时参考。"
        )
    if any(_fits(f, table.value) for f in said):
        return None
    if len(wholes) > 1 and sum((Decimal(str(f.value)) for f in wholes), Decimal(0)) == table.value:
        return None  # quarters, channels: the text gives it in pieces
    for other in _OTHERS.get(rule.id, ()):
        alternative = _sum(other.cells, cells)
        if alternative.value is not None and any(
            _fits(f, alternative.value) and (not other.when or re.search(other.when, f.text)) for f in said
        ):
            return None
    words = f"{_quote(fact)}，{_place(rule)}为 {to_number(table.value)}"
    value = Decimal(str(fact.value))
    scope = fact.text + "，" + fact.sentence
    if value < table.value and _is_smaller(scope):
        return _finding(
            rule,
            "info",
            table.value,
            fact,
            f"{words}，二者不同：正文所述似为机关本级，统计口径可能不同，不视为计算错误。",
        )
    if value > table.value and issuer and _OFFICE_ISSUER.search(issuer) and _LARGER.search(scope):
        return _finding(
            rule,
            "info",
            table.value,
            fact,
            f"{words}，二者不同：正文所述似为全域汇总，统计口径可能不同，不视为计算错误。",
        )
    also = [o.says for o in _OTHERS.get(rule.id, ()) if not o.when]
    tail = f"（与{'、'.join(also)}之和亦不符）" if also and rule.id == "N.RECEIVED" else ""
    if fact.confidence < UNSURE:
        return _finding(rule, "info", table.value, fact, f"{words}，不一致{tail}；正文语义不够明确，请核对原文。")
    return _finding(rule, "warning", table.value, fact, f"{words}，不一致{tail}。")


def _is_smaller(words: str) -> bool:
    return any(not _ORDERED.search(words[: m.start()]) for m in _SMALLER.finditer(words))


def _speaker(facts: Sequence[RawFact]) -> RawFact:
    """Return the fact that speaks for the year: with whole-year wording, sure, early."""
    return max(facts, key=lambda f: (bool(_WHOLE_YEAR.search(f.text)), f.confidence, -f.start))


def _fits(fact: RawFact, value: Decimal) -> bool:
    """Tell whether a figure, exact or about, agrees with `value`."""
    said = Decimal(str(fact.value))
    if not fact.approximate:
        return said == value
    return abs(said - value) <= max(_place_value(said), said / 20)


def _place_value(number: Decimal) -> Decimal:
    """Return the place of the last digit that is not 0: 1200余 may be up to 1300."""
    if number == 0:
        return Decimal(0)
    digits = number.normalize().as_tuple()
    assert isinstance(digits.exponent, int)
    return Decimal(1).scaleb(digits.exponent)


_SHORT = re.compile("[（；].*")


def _quote(fact: RawFact) -> str:
    unit = fact.raw_unit or fact_types()[fact.type].unit
    return f"正文称“{fact.text}”（{_SHORT.sub('', fact_types()[fact.type].label)} {fact.value} {unit}）"


_SECTION_NAME = {2: "表二", 3: "表三", 4: "表四"}


def _place(rule: NarrativeForm) -> str:
    """Return the printed name of the cells of a rule."""
    for edition in editions().values():
        if all(i in edition.fields for i in rule.cells) and rule in edition.narrative:
            fields = [edition.fields[i] for i in rule.cells]
            name = f"“{fields[0].label}”" if len(fields) == 1 else f"“{fields[0].label}”等 {len(fields)} 格之和"
            return _SECTION_NAME.get(fields[0].section, "表") + name
    return "表格"


def _finding(rule: NarrativeForm, severity: Severity, expected: Decimal | None, fact: RawFact, message: str) -> Finding:
    return Finding(
        rule=rule.id,
        kind="narrative",
        severity=severity,
        cells=list(rule.cells),
        expected=to_number(expected),
        observed=fact.value,
        message=message,
    )


# ---- parts and whole -----------------------------------------------------------------------------------------------

_OUTCOMES = {
    "requests_granted",
    "requests_partly_granted",
    "requests_granted_or_partly",
    "requests_denied",
    "requests_unavailable",
    "requests_not_processed",
    "requests_other",
}
# The parts that add up to a whole of this type.
_FAMILY: dict[str, Set[str]] = {
    **dict.fromkeys(ITEM_TYPES, ITEM_TYPES),
    "interpretations": {"interpretations", "part_items"},
    "documents_issued": {"documents_issued", "personnel_documents", "normative_documents_issued"},
    "requests_received": _OUTCOMES,
    "requests_answered": _OUTCOMES,
    "proposals_handled": {"proposals_handled"},
    "hotline_cases": {"hotline_cases"},
    "mailbox_cases": {"mailbox_cases"},
    "online_enquiries": {"online_enquiries", "mailbox_cases", "hotline_cases"},
    "inspections": {"inspections"},
    "trainings": {"trainings"},
    "press_conferences": {"press_conferences"},
}
_SHARES = {"%", "人", "人次", "元", "万元", "名"}


def _parts(facts: Sequence[RawFact]) -> list[Finding]:
    """N.PARTS: parts may not exceed the whole, and a list that claims to be complete must give it."""
    by_start: dict[int, RawFact] = {}
    for f in facts:
        by_start.setdefault(f.start, f)
    groups: dict[int, list[RawFact]] = {}
    for f in facts:
        if f.whole is not None and f.whole in by_start and by_start[f.whole].whole != f.start:
            groups.setdefault(f.whole, []).append(f)
    out: list[Finding] = []
    for start, parts in sorted(groups.items()):
        whole = by_start[start]
        family = _FAMILY.get(whole.type, set())
        parts = [p for p in parts if p.type in family and (p.raw_unit or "") not in _SHARES]
        if len(parts) < 2 and not (parts and parts[0].value > whole.value):
            continue
        if whole.approximate or any(p.approximate for p in parts):
            continue
        total = sum((Decimal(str(p.value)) for p in parts), Decimal(0))
        value = Decimal(str(whole.value))
        complete = len(parts) > 1 and all(p.exhaustive for p in parts)
        if total == value or (total < value and not complete):
            continue
        listed = "、".join(f"“{p.text}”" for p in parts)
        relation = "大于" if total > value else "小于"
        figures = "+".join(str(p.value) for p in parts)
        out.append(
            Finding(
                rule="N.PARTS",
                kind="narrative",
                severity="warning",
                cells=[],
                expected=whole.value,
                observed=to_number(total),
                message=f"正文称“{whole.text}”，所列各项{listed}之和（{figures}={to_number(total)}）"
                f"{relation}总数 {whole.value}。",
            )
        )
    return out

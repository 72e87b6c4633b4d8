"""The numbers of a generated report: consistent tables, and the ways in which real reports print them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random

from .synth_model import Blanks, Density
from .template import Edition, Kind, TableForm

# How often each outcome is met; rows that are not named here have weight 1. Roughly what city reports print.
_WEIGHTS = {
    "granted": 45.0,
    "partly_granted": 8.0,
    "denied.state_secret": 0.4,
    "denied.prohibited_by_law": 0.8,
    "denied.three_securities_one_stability": 0.4,
    "denied.third_party_rights": 1.5,
    "denied.internal_affairs": 2.5,
    "denied.process_information": 2.5,
    "denied.enforcement_files": 3.0,
    "denied.administrative_query": 3.0,
    "unavailable.not_held": 18.0,
    "unavailable.must_be_created": 5.0,
    "unavailable.still_unclear": 2.0,
    "not_processed.petition": 3.5,
    "not_processed.public_publication": 0.7,
    "not_processed.unreasonably_many": 0.5,
    "other_handling": 4.0,
    "other_handling.not_corrected_in_time": 3.0,
    "other_handling.fee_unpaid": 0.3,
    "other_handling.other": 3.0,
}
# Share of reports in which an applicant column has any request, and its size against 自然人.
_APPLICANTS = {
    "natural_person": (1.0, 1.0),
    "business_enterprise": (0.75, 0.2),
    "research_institution": (0.2, 0.03),
    "social_welfare_organization": (0.2, 0.03),
    "legal_service_institution": (0.4, 0.08),
    "other_organization": (0.35, 0.05),
}


def spread(rng: Random, low: int, high: int) -> int:
    """Return a whole number from low to high, small ones more often (log-uniform)."""
    return low - 1 + int((high - low + 2) ** rng.random())


def draw_requests(rng: Random, form: TableForm, density: Density) -> dict[str, int]:
    """Return section 三: every row and column adds up, and 一 + 二 = 三 + 四.

    Args:
        rng: Source of chance.
        form: The table of section 三.
        density: "sparse": none to five requests; "mixed": up to about 120; "dense": hundreds to thousands.
    """
    block = form.blocks[0]
    results = [r.name for r in block.rows if r.role == "result"]
    weights = [_WEIGHTS.get(name, 1.0) * rng.uniform(0.2, 2.0) for name in results]
    base = {
        "sparse": rng.choice([0, 0, 0, 1, 1, 2, 3, 5]),
        "mixed": spread(rng, 4, 120),
        "dense": spread(rng, 200, 6000),
    }
    cells: dict[str, int] = {}
    totals: Counter[str] = Counter()
    names = [c.name for c in block.columns if c.name != "total"]
    for name in names:
        likely, size = _APPLICANTS.get(name, (0.2, 0.05))
        handled = base[density]
        if name != "natural_person":
            # dense reports have requests of every kind, sparse ones now and then a single one
            likely = {"sparse": likely / 6, "mixed": likely, "dense": 0.5 + likely / 2}[density]
            handled = 0
            if rng.random() < likely:
                handled = max(1, int(base[density] * size * rng.uniform(0.3, 2.0)))
        outcome = Counter(rng.choices(results, weights, k=handled))
        carried_out = spread(rng, 0, max(1, handled // 12)) if handled and rng.random() < 0.5 else 0
        carried_in = min(spread(rng, 0, max(1, handled // 12)), handled) if handled and rng.random() < 0.45 else 0
        column = {row: outcome[row] for row in results}
        column |= {
            "received": handled + carried_out - carried_in,
            "carried_in": carried_in,
            "processed_total": handled,
            "carried_out": carried_out,
        }
        for row, value in column.items():
            cells[f"{form.prefix}{row}.{name}"] = value
            totals[row] += value
    for block_row in block.rows:
        cells[f"{form.prefix}{block_row.name}.total"] = totals[block_row.name]
    return cells


def draw_reviews(rng: Random, form: TableForm, density: Density, requests: int) -> dict[str, int]:
    """Return section 四, each group with its total; none where there were never requests."""
    cells: dict[str, int] = {}
    for row in form.blocks[0].rows:
        parts = [c.name for c in form.blocks[0].columns if c.name != "total"]
        any_case = {"sparse": 0.05, "mixed": 0.4, "dense": 0.85}[density]
        most = max(1, min(80, requests // 8))
        values = {p: 0 for p in parts}
        if requests and rng.random() < any_case:
            for _ in range(spread(rng, 1, most)):
                values[rng.choices(parts, [6, 2, 3, 1.5])[0]] += 1
        for part in parts:
            cells[f"{form.prefix}{row.name}.{part}"] = values[part]
        cells[f"{form.prefix}{row.name}.total"] = sum(values.values())
    return cells


def draw_disclosure(rng: Random, form: TableForm, kind: str, density: Density) -> dict[str, Decimal]:
    """Return section 二. Regulations are made by cities alone; towns and small offices have mostly zeros."""
    size = {"sparse": 0.3, "mixed": 1.0, "dense": 4.0}[density] * {"city": 4.0, "county": 1.5}.get(kind, 0.4)
    cells: dict[str, Decimal] = {}

    def put(row: str, column: str, value: int | Decimal) -> None:
        cells[f"{form.prefix}{row}.{column}"] = Decimal(value)

    for block in form.blocks:
        columns = {c.name: c for c in block.columns}
        for row in block.rows:
            most = {"regulations": 3, "normative_documents": 40}.get(row.name, 60)
            some = rng.random() < {"regulations": 0.6 if kind == "city" else 0.02}.get(row.name, 0.85)
            made = spread(rng, 0, max(1, int(most * size))) if some else 0
            if "in_force" in columns:
                gone = spread(rng, 0, made + 5) if some and rng.random() < 0.5 else 0
                put(row.name, "issued", made)
                put(row.name, "repealed", gone)
                put(row.name, "in_force", max(0, made - gone) + (spread(rng, 0, 12 * most) if some else 0))
                continue
            if "made" in columns:
                seen = made if rng.random() < 0.7 else rng.randint(0, made)
                put(row.name, "made", made)
                put(row.name, "published", seen)
                put(row.name, "published_total", seen + (spread(rng, 0, 8 * most) if some else 0))
                continue
            if "items_last_year" in columns:
                last = spread(rng, 0, int(400 * size) + 3) if some else 0
                change = 0
                if rng.random() < 0.6:
                    change = rng.randint(-min(last, 1 + last // 5), 1 + last // 6)
                put(row.name, "items_last_year", last)
                put(row.name, "items_change", change)
            if "decisions" in columns:
                put(row.name, "decisions", spread(rng, 0, int(9000 * size) + 20) if some else 0)
            if "projects" in columns:
                put(row.name, "projects", spread(rng, 0, int(120 * size) + 2) if some else 0)
            if "amount" in columns:
                places = rng.choice([0, 0, 2, 2, 4, 6])
                amount = Decimal(spread(rng, 0, int(20000 * size) + 5)) if some else Decimal(0)
                if amount and places:
                    amount += Decimal(rng.randint(1, 10**places - 1)).scaleb(-places)
                put(row.name, "amount", amount)
    return cells


@dataclass(slots=True)
class Sheet:
    """Numbers and how they are printed.

    Attributes:
        cells: Field id to number, None for a blank or worded cell.
        printed: Field id to the text in the cell.
        headers: Field id to the column label that is printed in place of the form's.
        units: Money field id to its unit.
    """

    cells: dict[str, Decimal | None]
    printed: dict[str, str]
    headers: dict[str, str] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)


# How 本年增/减 is printed: (what stands before an increase, before a decrease).
_SIGNS = (("+", "-"), ("", "-"), ("增", "减"), ("增加", "减少"), ("+", "－"), ("＋", "-"), ("", "-"))


def _signed(value: int, signs: tuple[str, str]) -> str:
    return f"{signs[value < 0] if value else ''}{abs(value)}"


def print_numbers(rng: Random, numbers: dict[str, Decimal], forms: dict[str, Edition], blanks: Blanks) -> Sheet:
    """Print every number, in one of the styles that real reports use.

    Args:
        rng: Source of chance.
        numbers: Field id to value.
        forms: Section ("2", "3", "4") to the edition of its table.
        blanks: What is done with zeros; "mixed" draws one of the styles, and sometimes a dash or 无 for zero.
    """
    style = (
        rng.choice(["zeros", "zeros", "blank_zeros", "org_columns", "totals", "words"]) if blanks == "mixed" else blanks
    )
    sheet = Sheet({}, {})
    signs = rng.choice(_SIGNS)
    odd = blanks == "mixed" and rng.random() < 0.15
    word = rng.choice(["无", "/", "－", "—", "-", "无"])
    zero = rng.choice(["〇", "Ｏ", "０"])
    for section, edition in forms.items():
        table = edition.table(int(section))
        empty = _empty_columns(numbers, table)
        for f in table.fields():
            value = numbers[f.id]
            text = _plain(value)
            if f.kind == "signed":
                text = _signed(int(value), signs)
            outcome_total = f.section == 3 and f.column == "total" and f.row not in ("received", "carried_in")
            left_out = style == "totals" and outcome_total
            if left_out or (not value and _left_blank(rng, style, f.section, f.column in empty)):
                text = ""
            elif style == "words" and not value and f.section in (2, 3) and rng.random() < 0.3:
                text = word
            elif odd and rng.random() < 0.03:
                text = _odd(rng, text, value, f.kind, zero)
            sheet.printed[f.id] = text
            sheet.cells[f.id] = value if any(c.isdigit() or c == "Ｏ" for c in text) or text == "〇" else None
    _money(rng, sheet, forms["2"])
    return sheet


def _plain(value: Decimal) -> str:
    return format(value, "f")


def _odd(rng: Random, text: str, value: Decimal, kind: Kind, zero: str) -> str:
    """Return a rare but readable way to print a number: full-width digits, a unit behind it, 〇."""
    if kind == "signed" or not text:
        return text
    if not value:
        return zero
    if value >= 1000 and rng.random() < 0.5:
        return f"{value:,f}"
    if rng.random() < 0.5:
        return text.translate({ord("0") + i: ord("０") + i for i in range(10)})
    return text if kind == "money" else f"{text}件"


def _empty_columns(numbers: dict[str, Decimal], table: TableForm) -> set[str]:
    """Return the names of organisation columns of section 三 that hold zeros alone."""
    if table.section != 3:
        return set()
    names = {c.name for c in table.blocks[0].columns if c.group}
    return names - {f.column for f in table.fields() if numbers[f.id]}


def _left_blank(rng: Random, style: str, section: int, empty_column: bool) -> bool:
    if style == "blank_zeros":
        return section != 2 or rng.random() < 0.7
    return style == "org_columns" and empty_column


def _money(rng: Random, sheet: Sheet, edition: Edition) -> None:
    """Choose where the unit of money stands: in the header, in the cell, in both or in neither."""
    for f in edition.table(2).fields():
        if f.kind != "money":
            continue
        fixed = f.unit is not None  # the form prints the unit itself
        base = "本年收费金额" if fixed else "采购总金额"
        choice = rng.choices(
            ["form", "header", "cell", "both", "none"], [6, 2, 2, 0.5, 1] if fixed else [0, 2, 3, 0.5, 3]
        )[0]
        unit = rng.choices(["万元", "元"], [3, 1])[0]
        if choice == "form":
            sheet.units[f.id] = f.unit or "万元"
            continue
        if choice in ("header", "both"):
            sheet.headers[f.id] = base + rng.choice([f"（单位：{unit}）", f"（{unit}）"])
        else:
            sheet.headers[f.id] = base
        value = sheet.cells[f.id]
        if unit == "元" and value:
            value = Decimal(int(value * 10000)) if rng.random() < 0.6 else (value * 10000).quantize(Decimal("0.01"))
            sheet.cells[f.id] = value
            sheet.printed[f.id] = _plain(value)
        if choice in ("cell", "both") and value is not None and sheet.printed[f.id]:
            sheet.printed[f.id] += unit
        elif choice == "cell":
            choice = "none"  # an empty cell says no unit
        if choice != "none":
            sheet.units[f.id] = unit

"""One cell as it was read, and the findings that come with reading it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from .document import OcrCell
from .geometry import BBox, Span, union
from .numerals import parse_cell, squeeze, to_number
from .report import Cell, CellStatus, Finding, FindingKind, Severity
from .strips import STREAMS, Field, Origin
from .template import FieldForm

# How far a clean reading is trusted, by where its column comes from; measured calibration replaces this for OCR.
TRUST: dict[Origin, float] = {
    "rulings": 0.999,
    "markup": 0.999,
    "alignment": 0.99,
    "delimited": 0.995,
    "stacked": 0.99,
    "inline": 0.985,
}
TRUST_DERIVED = 0.95
MONEY_UNITS = ("元", "万元", "亿元")
UNITS = (*MONEY_UNITS, "件", "项")
_THOUSANDS = re.compile(r"\.000(?!\d)")
TWO_SIGNS = ("--", "+-", "-+", "++")
# A cell read from a picture with less confidence is doubtful.
UNSURE = 0.9
# … so is one that both readers read alike with less than this: what a fax broke may mislead both
UNSURE_BOTH = 0.98
# … and so is one that only one reader read, with less than this: a reader alone is now and then sure and wrong.
UNSURE_ALONE = 0.985


@dataclass(frozen=True, slots=True)
class Reading:
    """A cell of the form as it was read; `Cell` is its saved shape."""

    form: FieldForm
    value: Decimal | None
    raw: str | None
    unit: str | None
    status: CellStatus
    confidence: float
    page: int | None = None
    bbox: BBox | None = None
    span: Span | None = None
    rules: tuple[str, ...] = ()
    ocr: OcrCell | None = None
    shared: bool = False

    @property
    def id(self) -> str:
        """The id of the cell."""
        return self.form.id


def read_field(form: FieldForm, field: Field, origin: Origin, *, label_score: float = 1.0) -> Reading:
    """Read one printed field as a cell of the form."""
    printed = parse_cell(field.text, whole=origin in ("rulings", "markup"))
    # tables on pictures are laid out by the form and looked at cell by cell, with rulings or without
    trust = TRUST["rulings" if field.ocr is not None else origin] * (0.9 + 0.1 * label_score)
    status: CellStatus
    if printed.kind == "number":
        status = "read"
    elif printed.kind == "blank":
        status = "blank" if not printed.raw else "text"
    elif printed.kind == "noise":
        status, trust = "unreadable", 0.0
    else:
        status = "text"
    if status == "read" and form.kind != "money" and printed.unit in MONEY_UNITS:
        status, trust = "unreadable", 0.0  # numbers of two columns, or one of another column
    if status == "read" and form.kind != "money" and _THOUSANDS.search(printed.raw or ""):
        status, trust = "unreadable", 0.0  # 12.000 may be twelve thousand
    if status == "text" and origin in STREAMS and squeeze(field.text) in UNITS:
        status, trust = "unreadable", 0.0  # its number stands elsewhere
    value = printed.value if status == "read" else None
    unit = form.unit
    if form.kind == "money":
        unit = printed.unit if printed.unit in MONEY_UNITS else form.unit
    if field.ocr is not None and status != "unreadable":
        trust = min(trust, field.ocr.confidence)
    return Reading(
        *(form, value, printed.raw, unit, status, round(trust, 4), field.page, field.bbox, field.span),
        ocr=field.ocr,
        shared=field.shared,
    )


def doubt(reading: Reading) -> Finding | None:
    """Return the finding on a cell that was read from a picture and may be wrong, or None."""
    ocr = reading.ocr
    if ocr is None or reading.status not in ("read", "text", "blank"):
        return None
    what = f"{quoted([reading.form])}识读为“{reading.raw or '空'}”"
    if reading.status == "text" and parse_cell(reading.raw or "").kind == "words":
        text = f"{what}，不是数字，请对照原件。"  # words in place of a number are rare, misread numbers are not
        return finding("READ.UNSURE", "ambiguous", "error", [reading.id], text)
    if ocr.second is not None and ocr.second != squeeze(reading.raw or ""):
        text = f"{what}，另一识读器读作“{ocr.second or '空'}”，请对照原件。"
        return finding("READ.DISAGREE", "ambiguous", "error", [reading.id], text)
    if ocr.confidence < (UNSURE_BOTH if ocr.second is not None else UNSURE_ALONE):
        text = f"{what}，把握不大（{ocr.confidence:.2f}），请对照原件。"
        return finding("READ.UNSURE", "ambiguous", "error", [reading.id], text)
    return None


def cell_findings(readings: Mapping[str, Reading], forms: Iterable[FieldForm]) -> list[Finding]:
    """Return what there is to say of single cells: doubtful, no number, or missing."""
    out: list[Finding] = []
    for f in forms:
        r = readings[f.id]
        doubtful = doubt(r)
        if doubtful is not None:
            out.append(doubtful)
        if r.status == "unreadable":
            kind: FindingKind = "ambiguous" if (r.raw or "").startswith(TWO_SIGNS) else "unreadable"
            text = f"{quoted([f])}印作“{r.raw}”，不能确定是哪个数，未取值。"
            out.append(finding("READ.CELL", kind, "error", [f.id], text))
        elif r.status == "missing":
            text = f"{quoted([f])}一格在文件中缺失，无法取值。"
            out.append(finding("STR.CELL", "structure", "error", [f.id], text))
        elif r.shared and r.status == "read":
            text = f"{quoted([f])}印作“{r.raw}”，其格与下面一行合并，不能确定是哪一行的数，请核对。"
            out.append(finding("STR.CELL", "structure", "warning", [f.id], text))
    return out


def again_as(reading: Reading) -> str:
    """Say what a cell was read as when it was read once more; nothing for one that was not."""
    looks = reading.ocr.reread if reading.ocr is not None else ()
    texts = "、".join(f"“{text or '空'}”" for text, _ in looks)
    return f"缩小、放大再次识读为{texts}。" if texts else ""


def loose(reading: Reading) -> Finding | None:
    """Return the finding on a cell of a scanned page that was taken out of a line of text, not read on its own."""
    if reading.ocr is not None or reading.status not in ("read", "text"):
        return None
    text = f"{quoted([reading.form])}识读为“{reading.raw or '空'}”，取自成行的文字，未能逐格核对，请对照原件。"
    return finding("READ.UNSURE", "ambiguous", "error", [reading.id], text)


def lost(form: FieldForm, status: CellStatus, fields: Sequence[Field] = ()) -> Reading:
    """A cell that has no readable value; `fields` are what is printed in its row."""
    raw = " ".join(f.text for f in fields if f.text.strip()) or None
    if not fields:
        return Reading(form, None, None, form.unit, status, 0.0)
    span = (min(f.span[0] for f in fields), max(f.span[1] for f in fields))
    boxes = union(f.bbox for f in fields)
    return Reading(form, None, raw, form.unit, status, 0.0, fields[0].page, boxes, span)


def derived(form: FieldForm, value: int | None, fields: Sequence[Field], rules: tuple[str, ...]) -> Reading:
    """A cell whose value the rules leave as the only one; None is a printed blank."""
    base = lost(form, "derived", fields)
    if value is None:
        return Reading(form, None, None, form.unit, "blank", TRUST_DERIVED, base.page, base.bbox, base.span)
    return Reading(
        form, Decimal(value), base.raw, form.unit, "derived", TRUST_DERIVED, base.page, base.bbox, base.span, rules
    )


def to_cell(reading: Reading, reader: str) -> Cell:
    """Return the saved shape of a reading."""
    extra: dict[str, object] = {}
    if reading.ocr is not None:
        reader = reading.ocr.reader
        ocr = reading.ocr
        extra = {"second": ocr.second, "candidates": [list(c) for c in ocr.candidates]}
        for name in ("first_list", "second_list", "again", "reread"):
            if getattr(ocr, name):
                extra[name] = list(getattr(ocr, name))
    return Cell(
        id=reading.id,
        value=to_number(reading.value),
        raw=reading.raw,
        unit=reading.unit,
        status=reading.status,
        confidence=reading.confidence,
        reader=reader,
        page=reading.page,
        bbox=reading.bbox,
        span=reading.span,
        rules=list(reading.rules),
        **extra,
    )


def quoted(forms: Iterable[FieldForm], limit: int = 4) -> str:
    """Name cells as they are printed on the form, the first few of them."""
    known = list(forms)
    names = "、".join(f"“{f.label}”" for f in known[:limit])
    return names + (f"等 {len(known)} 格" if len(known) > limit else "")


def finding(
    rule: str,
    kind: FindingKind,
    severity: Severity,
    cells: Iterable[str],
    message: str,
    expected: int | float | None = None,
    observed: int | float | None = None,
) -> Finding:
    """Build a finding; cells keep their order, each once."""
    ids = list(dict.fromkeys(cells))
    return Finding(
        rule=rule, kind=kind, severity=severity, cells=ids, expected=expected, observed=observed, message=message
    )

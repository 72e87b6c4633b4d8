"""Repair of tables that were read from pictures: correct or confirm what is proved, name the rest.

Only cells that were read from a picture change. A number of a text layer is as printed: a rule that it breaks is the
report's own error, and stays. Section 二 has no equations: nothing is corrected there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from decimal import Decimal

from .config import RepairSettings
from .filled import Filled
from .readings import TRUST_DERIVED, Reading, again_as, finding, quoted
from .repair_decision import Decision, Reason, Row, Verdict, decide
from .repair_model import build
from .report import CellStatus, Finding
from .rules import section_rules

DOUBTS = frozenset({"READ.UNSURE", "READ.DISAGREE", "READ.CELL"})
"""Findings on one cell that a proof settles."""

REASONS: dict[Reason, str] = {
    "sure": "原读数把握很大",
    "unlisted": "识读候选中没有这个数",
    "unseen": "没有识读器读出这个数",
    "one_reader": "两个识读器的候选中没有都出现这个数",
    "contrary": "再次识读，确为别的读数",
    "few_rules": "涉及的不成立的勾稽关系太少",
    "not_all_hold": "改后仍有勾稽关系不成立",
    "rival": "另有相近的解释",
    "blank": "不能确定印的是 0 还是空白",
}


@dataclass(frozen=True, slots=True)
class Repaired:
    """The tables after repair.

    Attributes:
        tables: Section -> table.
        verdicts: Cell -> what was said of it.
    """

    tables: dict[int, Filled]
    verdicts: dict[str, Verdict]


def repair(
    tables: Mapping[int, Filled],
    chosen: Mapping[str, str],
    settings: RepairSettings,
    *,
    loose: AbstractSet[str] = frozenset(),
) -> Repaired:
    """Repair the tables of a report.

    Args:
        tables: Section -> table as it was read. They are not changed.
        chosen: Section -> edition.
        settings: Thresholds.
        loose: Cells that were taken out of lines of a scanned page: nothing is known about what else they may be.
    """
    out, verdicts = dict(tables), dict[str, Verdict]()
    if not settings.enabled:
        return Repaired(out, verdicts)
    for section, table in tables.items():
        if str(section) not in chosen or not any(r.ocr is not None for r in table.readings.values()):
            continue
        rules = section_rules({str(section): chosen[str(section)]})
        if not any(r.hard for r in rules):
            continue
        doubted = [f.cells[0] for f in table.findings if f.rule in DOUBTS and len(f.cells) == 1]
        model = build(table.readings, rules, settings, loose=loose, joint=table.joint)
        ocr = {i: r.ocr for i, r in table.readings.items() if r.ocr is not None}
        decision = decide(model, ocr, doubted, settings)
        out[section] = _applied(table, section, decision)
        verdicts.update((v.id, v) for v in decision.verdicts)
    return Repaired(out, verdicts)


def _applied(table: Filled, section: int, decision: Decision) -> Filled:
    readings = dict(table.readings)
    settled = {v.id for v in decision.verdicts if v.outcome != "suspected"}
    findings = [f for f in table.findings if not (f.rule in DOUBTS and len(f.cells) == 1 and f.cells[0] in settled)]
    mended = {rule for v in decision.verdicts if v.outcome == "corrected" for rule in v.rules}
    mended.update(rule for row in decision.rows for rule in row.rules)
    findings = [f for f in findings if f.kind != "source_inconsistent" or f.rule not in mended]
    for row in decision.rows:
        findings = _read_together(readings, findings, row)
    confirmed = 0
    for verdict in decision.verdicts:
        reading = readings[verdict.id]
        proof = round(1 - math.exp(-verdict.margin), 4)
        if verdict.outcome == "corrected":
            readings[verdict.id] = replace(
                reading, value=Decimal(verdict.value), status="corrected", confidence=proof, rules=verdict.rules
            )
            findings.append(_corrected(reading, verdict))
        elif verdict.outcome == "confirmed":
            readings[verdict.id] = replace(reading, confidence=max(reading.confidence, proof))
            confirmed += 1
        elif verdict.margin > 0:
            findings.append(_suspected(reading, verdict))
    if confirmed:
        what = "而有关勾稽关系都成立，换作其他读数则不成立：按所读数值确认。"
        text = f"第{section}部分有 {confirmed} 格识读时把握不大，{what}"
        findings.append(finding("REPAIR.CONFIRMED", "structure", "info", [], text))
    if decision.gave_up is not None:
        findings.append(_gave_up(section))
    return replace(table, readings=readings, findings=findings)


def _read_together(readings: dict[str, Reading], findings: list[Finding], row: Row) -> list[Finding]:
    """Put the values of a row into the readings; return the findings without those that it answers."""
    raw = readings[row.ids[0]].raw
    for i, value in zip(row.ids, row.vector, strict=True):
        status: CellStatus = "blank" if value is None else "derived"
        number = None if value is None else Decimal(value)
        readings[i] = replace(
            readings[i],
            value=number,
            status=status,
            confidence=TRUST_DERIVED,
            rules=row.rules if number is not None else (),
        )
    shown = "、".join("空" if v is None else str(v) for v in row.vector)
    text = (
        f"{quoted([readings[i].form for i in row.ids[-1:]])}一行（“{raw or '空'}”）有几种读法，"
        f"连同已更正的各格，{len(row.rules)} 项勾稽关系只在读作 {shown} 时全部成立：按此推定。"
    )
    left = [f for f in findings if not (f.rule == "STR.ROW" and set(f.cells) == set(row.ids))]
    return [*left, finding("STR.ROW", "structure", "info", row.ids, text)]


def _corrected(reading: Reading, verdict: Verdict) -> Finding:
    if verdict.value == 0 and reading.status == "blank":
        why = f"{len(verdict.rules)} 项勾稽关系表明此格为零，而本表的零都印作 0，已更正为 0。"
    else:
        why = f"{len(verdict.rules)} 项勾稽关系以后者全部成立，已更正为 {verdict.value}。"
    text = f"{quoted([reading.form])}识读为“{reading.raw or '空'}”，另有读数“{verdict.text}”，{why}"
    observed = int(reading.value) if reading.value is not None else None
    return finding("REPAIR.CORRECTED", "structure", "info", [reading.id], text, verdict.value, observed)


def _suspected(reading: Reading, verdict: Verdict) -> Finding:
    why = "、".join(REASONS[r] for r in verdict.reasons)
    source = "，可能是报告自身的错误" if verdict.cause == "source" else ""
    text = (
        f"{quoted([reading.form])}识读为“{reading.raw or '空'}”，而其他各格都不变时，此格为 {verdict.value} "
        f"勾稽关系才成立{source}。未改动（{why}），请对照原件。{again_as(reading)}"
    )
    observed = int(reading.value) if reading.value is not None else None
    return finding("REPAIR.SUSPECT", "source_inconsistent", "error", [reading.id], text, verdict.value, observed)


def _gave_up(section: int) -> Finding:
    text = f"第{section}部分的勾稽关系有多处不成立，不能推定是哪些格：没有更正任何一格，请对照原件逐格核对。"
    return finding("REPAIR.LIMIT", "structure", "warning", [], text)


def record(verdict: Verdict) -> dict[str, object]:
    """Return what a saved cell keeps of its verdict: see `gxml explain`."""
    out: dict[str, object] = {
        "outcome": verdict.outcome,
        "value": verdict.value,
        "margin": verdict.margin,
        "broken_as_read": list(verdict.broken),
        "broken_after": list(verdict.after),
        "candidates": [[text, round(p, 4)] for text, p in verdict.candidates],
    }
    if verdict.cause is not None:
        out["cause"] = verdict.cause
    if verdict.reasons:
        out["reasons"] = list(verdict.reasons)
    if verdict.rivals:
        out["rivals"] = list(verdict.rivals)
    return out

"""Why a cell has the value that it has: readings, candidates, rules before and after, margin."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .errors import UsageError
from .numerals import to_number
from .repair import REASONS
from .repair_model import count_of
from .report import Cell, Report
from .rules import Checked, evaluate, section_rules
from .template import editions

STATUS = {
    "read": "照印刷读取",
    "blank": "空白",
    "text": "文字，无数值",
    "missing": "原件缺失",
    "unreadable": "不能确定，未取值",
    "derived": "按勾稽关系推定",
    "corrected": "已更正",
}
OUTCOMES = {"confirmed": "按所读数值确认", "corrected": "已更正", "suspected": "未改动，只提示"}
CAUSES = {"misread": "识读错误，候选中有此数", "unlisted": "识读错误，候选中没有此数", "source": "报告自身的错误"}
RELATIONS = {"==": "=", ">=": "≥", "<=": "≤"}


def explain(report: Report, cell_id: str) -> str:
    """Return in Chinese what is known about a cell of a report.

    Args:
        report: From `gxml.read` or `Report.load`.
        cell_id: As in the JSON.

    Raises:
        UsageError: The report has no such cell.
    """
    cell = report.cells.get(cell_id)
    if cell is None:
        near = [i for i in report.cells if cell_id in i][:5]
        raise UsageError(f"The report has no cell {cell_id!r}.", hint=f"Cells like it: {', '.join(near) or 'none'}.")
    return "\n".join(_lines(report, cell))


def _lines(report: Report, cell: Cell) -> Iterator[str]:
    extra: Mapping[str, Any] = cell.model_extra or {}
    label = next((e.fields[cell.id].label for e in editions().values() if cell.id in e.fields), cell.id)
    where = f"，第 {cell.page} 页" if cell.page is not None else ""
    value = "无数值" if cell.value is None else str(cell.value)
    yield f"{label}（{cell.id}）"
    yield f"取值：{value}；状态：{STATUS[cell.status]}（{cell.status}）；把握：{cell.confidence:.4f}{where}"
    yield f"识读：{_quoted(cell.raw)}（{cell.reader}）"
    if extra.get("second") is not None:
        yield f"另一识读器：{_quoted(extra['second'])}"
    if extra.get("again"):
        yield f"换范围、换比例再次识读：{'、'.join(_quoted(t) for t in extra['again'])}"
    if extra.get("reread"):
        looks = "、".join(f"{_quoted(t)}（{p:.4f}）" for t, p in extra["reread"])
        yield f"提示之前缩小、放大再次识读：{looks}"
    for name, key in (("主识读器", "first_list"), ("另一识读器", "second_list")):
        if extra.get(key):
            yield f"{name}的候选：{_candidates(extra[key])}"
    verdict = extra.get("repair")
    if verdict and verdict["candidates"]:
        yield f"合并后的候选：{_candidates(verdict['candidates'])}"
    yield from _rules(report, cell)
    if verdict:
        yield from _verdict(verdict)
    for f in report.findings:
        if cell.id in f.cells:
            yield f"提示（{f.rule}，{f.severity}）：{f.message}"


def _quoted(text: object) -> str:
    return f"“{text}”" if text else "（空）"


def _candidates(texts: Sequence[Sequence[Any]]) -> str:
    return "、".join(f"{_quoted(t)} {p:.4f}" for t, p in texts)


def _rules(report: Report, cell: Cell) -> Iterator[str]:
    rules = [r for r in section_rules(report.editions) if cell.id in r.cells]
    if not rules:
        yield "勾稽关系：此格不在任何勾稽关系中。"
        return
    before = {i: _as_read(c) for i, c in report.cells.items()}
    for old, new in zip(evaluate(before, rules), evaluate(report.cells, rules), strict=True):
        yield f"勾稽关系 {new.rule.id}（{new.rule.text}）：识读时{_outcome(old)}；现在{_outcome(new)}"


def _as_read(cell: Cell) -> Cell:
    """Return a corrected cell as it was read."""
    if cell.status != "corrected":
        return cell
    value = count_of(cell.raw or "")
    status = "blank" if not cell.raw else "unreadable" if value is None else "read"
    return cell.model_copy(update={"value": value if cell.raw else None, "status": status})


def _outcome(c: Checked) -> str:
    if c.outcome == "not evaluable":
        return "不能核对（有格未取值）"
    sides = f"{to_number(c.left)} {RELATIONS[c.rule.relation]} {to_number(c.right)}"
    return f"成立（{sides}）" if c.outcome == "holds" else f"不成立（应 {sides}）"


def _verdict(verdict: Mapping[str, Any]) -> Iterator[str]:
    cause = f"，最可能是{CAUSES[verdict['cause']]}" if verdict.get("cause") else ""
    yield f"处理：{OUTCOMES[verdict['outcome']]}；使勾稽关系成立的数：{verdict['value']}{cause}"
    margin = float(verdict["margin"])
    near = f"其他解释的可能性至多为其 1/{math.exp(margin):.0f}" if margin > 0 else "另有同样可能的解释"
    yield f"余量：{margin:.2f}（{near}）"
    if verdict.get("rivals"):
        yield f"最接近的其他解释改动：{'、'.join(verdict['rivals'])}"
    if verdict.get("reasons"):
        yield f"没有更正的原因：{'、'.join(REASONS[r] for r in verdict['reasons'])}"

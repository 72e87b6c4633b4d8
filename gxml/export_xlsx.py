"""The workbook of one report: a sheet a table, laid out like the printed form, then findings and facts."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .export import findings_by_cell, forms, worst
from .formgrid import slots
from .report import Cell, Finding, Report
from .template import TableForm, fact_types

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

FILLS = {"error": "#F8B4B4", "warning": "#FFE699", "info": "#D6E4F5"}
"""Background of a cell that a finding names, by the gravest severity."""

_LABEL_FILL = "#F2F2F2"
_LABEL_WIDTH, _VALUE_WIDTH = 16, 12  # characters
_MAX_TEXT = 32_000  # Excel takes 32,767 characters in a cell or a comment
_MAX_EXACT = 2**53  # Excel keeps numbers as doubles
_CREATED = datetime(2019, 1, 1)  # any fixed day: the same report gives the same bytes
_FINDING_COLUMNS = ("规则", "类别", "级别", "单元格", "应为", "实为", "说明")
_FACT_COLUMNS = ("类别", "名称", "数值", "单位", "约数", "原文", "页", "置信度")
_SECTION = "零一二三四五六七八九"


def workbook(report: Report) -> bytes:
    """Return the bytes of an .xlsx file; text of the report is never taken for a formula, a number or a link.

    Raises:
        FormError: The report names an unknown edition.
    """
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    book.set_properties({"created": _CREATED})
    style = _Styles(book)
    _overview(book, style, report)
    named = findings_by_cell(report)
    for edition, table in forms(report):
        sheet = book.add_worksheet(f"{_SECTION[table.section]}、{table.title}"[:31])
        _form(sheet, style, table, report.cells, named)
        sheet.set_footer(f"&L{edition} 版格式")
    _listing(book, style, "问题", _FINDING_COLUMNS, _finding_rows(report))
    _listing(book, style, "文字事实", _FACT_COLUMNS, _fact_rows(report))
    book.close()
    return out.getvalue()


class _Styles:
    """Formats by what they look like: a workbook wants one object for each."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._made: dict[tuple[bool, str | None], Format] = {}

    def get(self, *, label: bool = False, severity: str | None = None) -> Format:
        key = (label, severity)
        if key not in self._made:
            look: dict[str, Any] = {"border": 1, "align": "center", "valign": "vcenter", "text_wrap": True}
            fill = FILLS[severity] if severity else _LABEL_FILL if label else None
            if fill:
                look["bg_color"] = fill
            self._made[key] = self._book.add_format(look)
        return self._made[key]


def _put(sheet: Worksheet, row: int, col: int, value: str | int | float | None, style: Format | None = None) -> None:
    """Write a value by its type: strings as strings, whatever they start with."""
    if value is None:
        sheet.write_blank(row, col, None, style)
    elif isinstance(value, str) or abs(value) > _MAX_EXACT:
        sheet.write_string(row, col, str(value)[:_MAX_TEXT], style)
    else:
        sheet.write_number(row, col, value, style)


def _form(
    sheet: Worksheet, style: _Styles, table: TableForm, cells: dict[str, Cell], named: dict[str, list[Finding]]
) -> None:
    places = slots(table)
    width = max(s.col + s.colspan for s in places)
    values = {s.col for s in places if s.field}
    for col in range(width):
        sheet.set_column(col, col, _VALUE_WIDTH if col in values else _LABEL_WIDTH)
    for slot in places:
        findings = named.get(slot.field, [])
        look = style.get(label=not slot.field, severity=worst(findings))
        if slot.rowspan > 1 or slot.colspan > 1:
            last = (slot.row + slot.rowspan - 1, slot.col + slot.colspan - 1)
            sheet.merge_range(slot.row, slot.col, *last, "", look)
        cell = cells.get(slot.field)
        _put(sheet, slot.row, slot.col, _shown(cell) if slot.field else slot.text, look)
        comment = _comment(cell, findings)
        if comment:
            sheet.write_comment(slot.row, slot.col, comment[:_MAX_TEXT], {"x_scale": 2.5, "y_scale": 1.5})


def _shown(cell: Cell | None) -> str | int | float | None:
    """A number, or the words that stand in its place; never the raw text of a number that is in doubt."""
    if cell is None:
        return None
    return cell.raw if cell.status == "text" else cell.value


def _comment(cell: Cell | None, findings: Sequence[Finding]) -> str:
    lines = [f"[{f.severity}] {f.rule}：{f.message}" for f in findings]
    if cell and (findings or cell.status in ("derived", "corrected", "unreadable")):
        lines.append(f"状态：{cell.status}" + (f"，原文：{cell.raw}" if cell.raw else ""))
    return "\n".join(lines)


def _overview(book: Workbook, style: _Styles, report: Report) -> None:
    sheet = book.add_worksheet("概况")
    sheet.set_column(0, 0, 14)
    sheet.set_column(1, 1, 70)
    editions = "，".join(f"{_SECTION[int(s)]}：{e}" for s, e in sorted(report.editions.items()))
    rows = (
        ("文件", report.source.file),
        ("SHA-256", report.source.sha256),
        ("机关", report.issuer.value),
        ("年度", report.year.value),
        ("格式版本", editions),
        ("状态", report.status),
        ("单元格", len(report.cell_list)),
        ("问题", len(report.findings)),
        ("文字事实", len(report.facts)),
    )
    for row, (name, value) in enumerate(rows):
        _put(sheet, row, 0, name, style.get(label=True))
        _put(sheet, row, 1, value, style.get())


Row = tuple[str | int | float | None, ...]


def _finding_rows(report: Report) -> list[tuple[str | None, Row]]:
    labels = {f.id: f.label for _, t in forms(report) for f in t.fields()}
    return [
        (
            f.severity,
            (
                f.rule,
                f.kind,
                f.severity,
                "\n".join(labels.get(i, i) for i in f.cells),
                f.expected,
                f.observed,
                f.message,
            ),
        )
        for f in report.findings
    ]


def _fact_rows(report: Report) -> list[tuple[str | None, Row]]:
    names = fact_types()
    return [
        (
            None,
            (
                f.type,
                names[f.type].label if f.type in names else None,
                f.value,
                f.unit,
                "是" if f.approximate else "",
                f.text,
                f.page,
                f.confidence,
            ),
        )
        for f in report.facts
    ]


def _listing(
    book: Workbook, style: _Styles, title: str, header: tuple[str, ...], rows: Sequence[tuple[str | None, Row]]
) -> None:
    """A sheet with a header that stays in sight and a filter; the severity colours the row."""
    sheet = book.add_worksheet(title)
    for col, name in enumerate(header):
        _put(sheet, 0, col, name, style.get(label=True))
        sheet.set_column(col, col, 50 if name in ("单元格", "说明", "原文") else 18)
    for number, (severity, row) in enumerate(rows, start=1):
        for col, value in enumerate(row):
            _put(sheet, number, col, value, style.get(severity=severity))
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, len(rows), len(header) - 1)

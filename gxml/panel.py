"""Reports side by side: a panel of issuers and years, and the list of what an office has to mend (整改清单)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from .decisions import settled
from .export import guarded, replacing
from .readings import finding
from .recheck import recheck
from .report import Finding, Report
from .rules import check_years, issuer_key
from .template import editions
from .tidy import Saved, decided, division

if TYPE_CHECKING:
    import pandas as pd

MENDED = ("source_inconsistent", "narrative", "cross_year", "plausibility")
"""Kinds of findings that are about the report itself, and not about reading it."""
MEND_COLUMNS = ("机关", "年度", "文件", "级别", "规则", "位置", "报告数", "应为", "说明", "整改情况")
SEVERITIES = {"error": "必须核对", "warning": "建议核对", "info": "供参考"}


def panel(saved: Iterable[Saved]) -> pd.DataFrame:
    """Return a frame with one line for each issuer and year, and a column for each cell of the forms.

    Where several files hold the report of one issuer and year, the accepted one is taken, else the one with more
    values; `files` says how many there are. `cross_year` names the cells that do not go on from the year before.
    """
    import pandas as pd

    reports = list(saved)
    across = check_years([settled(r) for _, r in reports])
    best: dict[tuple[str, int], int] = {}
    files: dict[tuple[str, int], int] = {}
    for n, (_, report) in enumerate(reports):
        issuer, year = issuer_key(report.issuer.value), report.year.value
        if issuer is None or not isinstance(year, int):
            continue
        files[issuer, year] = files.get((issuer, year), 0) + 1
        if (issuer, year) not in best or _worth(report) > _worth(reports[best[issuer, year]][1]):
            best[issuer, year] = n
    ids = list(dict.fromkeys(i for e in editions().values() for i in e.fields))
    lines = []
    for (issuer, year), n in sorted(best.items()):
        name, report = reports[n]
        place = division(issuer)
        values = {c.id: decided(c)["value"] for c in report.cell_list}
        named = {i for f in report.findings if f.kind in ("ambiguous", "unreadable", "structure") for i in f.cells}
        lines.append(
            {
                "issuer": issuer,
                "division_code": place.code if place else None,
                "year": year,
                "edition": report.editions.get("3"),
                "status": report.status,
                "report": name,
                "files": files[issuer, year],
                "in_doubt": len(named),
                "cross_year": ";".join(f.rule for f in across.get(n, [])) or None,
                **{i: values.get(i) for i in ids},
            }
        )
    head = ["issuer", "division_code", "year", "edition", "status", "report", "files", "in_doubt", "cross_year"]
    return pd.DataFrame(lines, columns=[*head, *ids])


def _worth(report: Report) -> tuple[bool, int]:
    return report.status == "accepted", sum(c.value is not None for c in report.cell_list)


def save_panel(saved: Iterable[Saved], path: Path) -> Path:
    """Write the panel as CSV, which Excel opens.

    Raises:
        OutputError: It cannot be written.
    """
    frame = panel(saved)
    for column in ("issuer", "report"):
        frame[column] = frame[column].map(guarded)
    with replacing(path) as file:
        frame.to_csv(file, index=False, encoding="utf-8-sig")
    return path


# ---- what is to be mended -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mend:
    """One thing that an office should look at in its own report."""

    issuer: str
    year: str
    file: str
    severity: str
    finding: Finding
    where: str


def mends(saved: Iterable[Saved]) -> list[Mend]:
    """Return what reports have to mend: findings about the reports themselves, the gravest first, report by report.

    What could not be read safely is no fault of the office and is not in the list. Rules across years are evaluated
    anew over the reports that are given, and all rules where reviewers decided: what they corrected was read wrongly,
    and what they called the report's own error is in the list.
    """
    reports = [(name, _reviewed(name, report)) for name, report in saved]
    across = check_years([r for _, r in reports])
    order = list(SEVERITIES)
    out = []
    for n, (_, report) in enumerate(reports):
        found = [f for f in report.findings if f.kind in MENDED and f.kind != "cross_year"] + across.get(n, [])
        found += _said_wrong(report, {i for f in found for i in f.cells})
        for f in sorted(found, key=lambda f: order.index(f.severity)):
            if f.severity != "info":
                year = str(report.year.value or "")
                out.append(Mend(str(report.issuer.value or ""), year, report.source.file, f.severity, f, _where(f)))
    return out


def _reviewed(name: str, report: Report) -> Report:
    """Return a report that has decisions with their values, and with the findings of the rules over these.

    What compares the prose with a number that was not read rightly is left out: it quotes that number.
    """
    all_said = [(c.id, decided(c)) for c in report.cell_list]
    if not any(said["decided"] for _, said in all_said):
        return report
    misread = {i for i, said in all_said if said["value"] != said["reading"]}
    (checked,) = recheck([(Path(name), settled(report))])
    kept = [f for f in checked.report.findings if f.kind != "narrative" or misread.isdisjoint(f.cells)]
    return checked.report.model_copy(update={"findings": kept})


def _said_wrong(report: Report, named: set[str]) -> list[Finding]:
    """Return a finding for each cell that a reviewer called the report's own error and that nothing else names."""
    out = []
    for c in report.cell_list:
        said = (c.model_extra or {}).get("decision")
        if said and said.get("kind") == "source_error" and c.id not in named:
            text = f"经人工复核，原件此处有误。{said.get('comment', '')}"
            out.append(finding("REVIEW", "source_inconsistent", "error", [c.id], text, None, said["value"]))
    return out


def _where(named: Finding) -> str:
    labels = {i: x.label for e in editions().values() for i, x in e.fields.items()}
    shown = [labels.get(i, i) for i in named.cells]
    return "；".join(shown[:4]) + (f"等 {len(shown)} 格" if len(shown) > 4 else "")


def _line(m: Mend) -> list[str]:
    numbers = ["" if v is None else f"{v:g}" for v in (m.finding.observed, m.finding.expected)]
    return [m.issuer, m.year, m.file, SEVERITIES[m.severity], m.finding.rule, m.where, *numbers, m.finding.message, ""]


def save_mends(found: Sequence[Mend], path: Path) -> Path:
    """Write the list as .xlsx or .docx, by the suffix of the path.

    Raises:
        OutputError: It cannot be written.
    """
    data = _workbook(found) if path.suffix == ".xlsx" else _document(found)
    with replacing(path) as file:
        file.write(data)
    return path


def _workbook(found: Sequence[Mend]) -> bytes:
    import xlsxwriter

    data = BytesIO()
    with xlsxwriter.Workbook(data, {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}) as book:
        sheet = book.add_worksheet("整改清单")
        head = book.add_format({"bold": True, "bg_color": "#F2F2F2", "border": 1})
        cell = book.add_format({"text_wrap": True, "valign": "top", "border": 1})
        for column, width in enumerate((24, 8, 24, 10, 16, 34, 10, 10, 60, 20)):
            sheet.set_column(column, column, width)
        sheet.write_row(0, 0, MEND_COLUMNS, head)
        sheet.freeze_panes(1, 0)
        for n, m in enumerate(found, 1):
            for column, text in enumerate(_line(m)):
                sheet.write_string(n, column, text, cell)
        sheet.autofilter(0, 0, max(1, len(found)), len(MEND_COLUMNS) - 1)
    return data.getvalue()


def _document(found: Sequence[Mend]) -> bytes:
    import docx
    from docx.enum.section import WD_ORIENT

    document = docx.Document()
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = section.page_height, section.page_width
    document.add_heading("政府信息公开工作年度报告整改清单", 1)
    issuers = dict.fromkeys((m.issuer, m.year) for m in found)
    document.add_paragraph(f"涉及 {len(issuers)} 份报告，{len(found)} 处。数字均按报告所印列出，未作改动。")
    columns = (3, 5, 6, 7, 8, 9)
    for issuer, year in issuers:
        document.add_heading(f"{issuer} {year}年度", 2)
        mine = [_line(m) for m in found if (m.issuer, m.year) == (issuer, year)]
        table = document.add_table(rows=1, cols=len(columns), style="Table Grid")
        for cell, n in zip(table.rows[0].cells, columns, strict=True):
            cell.text = MEND_COLUMNS[n]
        for line in mine:
            for cell, n in zip(table.add_row().cells, columns, strict=True):
                cell.text = _printable(line[n])
    data = BytesIO()
    document.save(data)
    return data.getvalue()


def _printable(text: str) -> str:
    """Return text without what XML cannot hold."""
    return "".join(c for c in text if c in "\t\n" or c >= " ")

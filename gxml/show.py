"""Reports as rich renderables: the tables and findings of one, the summary of many."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from .export import findings_by_cell, forms, worst
from .report import Cell, Finding, Report
from .rulebook import Entry
from .template import Block, TableForm, editions

STYLES = {"error": "bold white on red", "warning": "black on yellow", "info": "black on bright_cyan"}
"""How a cell looks that a finding names, by the gravest severity."""

_SECTION = "零一二三四五六七八九"
_NO_NUMBER = {"blank": "", "missing": "缺", "unreadable": "？"}
_MARKS = {"derived": "*", "corrected": "^"}
_LEGEND = "empty = blank in the report, 缺 = lost, ？ = unreadable, * = derived, ^ = corrected; colours: "
_NO_CELL = Text("")
_INDENT = 2
# Terminal columns: for the row labels at least, between two columns, and for a header before it is folded.
_LABEL_ROOM, _GAP, _HEADER_MIN, _HEADER_MAX = 24, 3, 6, 16
_UNBROKEN = re.compile("[\x21-\x7e]+|.", re.S)


@dataclass(frozen=True, slots=True)
class Counts:
    """How the cells of a report came out.

    Attributes:
        total: All cells.
        read: Cells with a value.
        blank: Cells that are blank in the report, or hold words.
        lost: Cells that are missing or unreadable.
        flagged: Cells that a finding names; not those of a table that is not in the document.
        findings: Findings.
        absent: Sections whose table is not in the document.
    """

    total: int
    read: int
    blank: int
    lost: int
    flagged: int
    findings: int
    absent: tuple[int, ...] = ()


def counts(report: Report) -> Counts:
    """Count the cells of a report by how they came out."""
    status = [c.status for c in report.cell_list]
    fields = {i: f.section for e in editions().values() for i, f in e.fields.items()}
    found = {fields.get(c.id) for c in report.cell_list}
    return Counts(
        total=len(status),
        read=sum(c.value is not None for c in report.cell_list),
        blank=status.count("blank") + status.count("text"),
        lost=status.count("missing") + status.count("unreadable"),
        flagged=len(findings_by_cell(report).keys() & report.cells.keys()),
        findings=len(report.findings),
        absent=tuple(sorted(set(fields.values()) - found)),
    )


def printable(text: object) -> Text:
    """Return text of a report so that it can neither steer the terminal nor be taken for markup."""
    return Text("".join(" " if unicodedata.category(c) in ("Cc", "Cf", "Cs") else c for c in str(text)))


@dataclass(frozen=True, slots=True)
class Folded:
    """A paragraph that breaks between any two Chinese characters, and never inside a number or a Latin word.

    rich breaks at spaces alone, which leaves Chinese lines half empty.
    """

    text: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        line = ""
        for piece in _UNBROKEN.findall(self.text):
            if line and cell_len(line) + cell_len(piece) > options.max_width:
                yield Text(line.rstrip())
                line = ""
            line += piece if line else piece.lstrip()
        yield Text(line)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        longest = max(map(cell_len, _UNBROKEN.findall(self.text)), default=0)
        return Measurement(min(longest, options.max_width), min(cell_len(self.text), options.max_width))


def render(report: Report, width: int) -> Group:
    """Return everything about one report: its head, its tables, its findings.

    Args:
        report: The report.
        width: Columns of the terminal.

    Raises:
        FormError: The report names an unknown edition.
    """
    parts: list[RenderableType] = [_head(report)]
    named = findings_by_cell(report)
    for edition, table in forms(report):
        parts += [Text(), Text(f"{_SECTION[table.section]}、{table.title}（{edition} 版）", style="bold")]
        parts += [_block(table, block, report.cells, named, width) for block in table.blocks]
    legend = Text(_LEGEND, style="dim")
    for severity, style in STYLES.items():
        legend.append(f" {severity} ", style)
    parts += [legend, Text(), findings_table(report.findings)]
    return Group(*parts)


def _head(report: Report) -> Table:
    n = counts(report)
    table = Table.grid(padding=(0, 2))
    style = "green" if report.status == "accepted" else "yellow"
    table.add_row("file", printable(report.source.file))
    table.add_row("issuer", printable(report.issuer.value or "?"))
    table.add_row("year", printable(report.year.value or "?"))
    table.add_row("status", Text(report.status, style=style))
    table.add_row("cells", f"{n.read} read, {n.blank} blank, {n.lost} lost, {n.flagged} flagged")
    if n.absent:
        table.add_row("absent", Text(f"the table of {_sections(n.absent)}", style="yellow"))
    table.add_row("facts", f"{len(report.facts)} in the prose")
    return table


def _sections(numbers: Iterable[int]) -> str:
    return "、".join(_SECTION[n] for n in numbers)


def _value(cell: Cell | None, findings: Sequence[Finding]) -> Text:
    if cell is None:
        return _NO_CELL
    if cell.value is not None:
        text = Text(f"{cell.value}{_MARKS.get(cell.status, '')}")
    elif cell.status == "text":
        text = printable(cell.raw or "")
    else:
        text = Text(_NO_NUMBER.get(cell.status, "？"))
    severity = worst(findings)
    if severity:
        text = Text(f" {text.plain} ", style=STYLES[severity])
    return text


def _block(
    table: TableForm, block: Block, cells: dict[str, Cell], named: dict[str, list[Finding]], width: int
) -> Table:
    """One block; the groups of section 四 become rows, since fifteen columns do not fit a terminal."""
    ids = [[f"{table.prefix}{row.name}.{c.name}" for c in block.columns] for row in block.rows]
    values = [[_value(cells.get(i), named.get(i, [])) for i in row] for row in ids]
    drawn = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    drawn.add_column(block.label, overflow="fold")
    room = (width - _LABEL_ROOM) // len(block.columns) - _GAP
    widest_header = min(max(room, _HEADER_MIN), _HEADER_MAX)
    for column, shown in zip(block.columns, zip(*values, strict=True), strict=True):
        # a fixed width: rich would rather break a number than a label
        needed = max(min(cell_len(column.label), widest_header), *(v.cell_len for v in shown))
        drawn.add_column(Folded(column.label), justify="right", width=needed)
    for (groups, label), row in zip(_labels(block), values, strict=True):
        for depth, group in groups:
            drawn.add_row(Padding(Text(group), (0, 0, 0, _INDENT * depth), style="dim"))
        drawn.add_row(label, *row)
    return drawn


def _labels(block: Block) -> Iterator[tuple[list[tuple[int, str]], Padding]]:
    """Yield for each row the (depth, label) of the groups that begin with it, and its own label, indented."""
    before: tuple[str, ...] = ()
    for row in block.rows:
        begun = [(i, name) for i, name in enumerate(row.path) if row.path[: i + 1] != before[: i + 1]]
        yield begun, Padding(Folded(row.label), (0, 0, 0, _INDENT * len(row.path)))
        before = row.path


def findings_table(findings: Iterable[Finding]) -> RenderableType:
    """Return findings as a table, in their order."""
    rows = list(findings)
    if not rows:
        return Text("No findings.", style="green")
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for name in ("", "kind", "rule", "message"):
        table.add_column(name, overflow="fold")
    for f in rows:
        table.add_row(
            Text(f" {f.severity} ", style=STYLES[f.severity]),
            f.kind,
            printable(f.rule),
            Folded(printable(f.message).plain),
        )
    return table


def rules_table(rules: Iterable[Entry]) -> Table:
    """Return the rules of the form as a table."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for name in ("edition", "rule", "kind"):
        table.add_column(name, overflow="fold")
    table.add_column("rules", justify="right")
    for name in ("text", "rests on"):
        table.add_column(name, overflow="fold")
    for e in rules:
        table.add_row(e.edition or "all", e.id, e.kind, str(e.count), Folded(e.text), Folded(e.citation))
    return table


def summary_table() -> Table:
    """Return an empty summary; `add_summary` fills it."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for name in ("file", "status", "issuer", "year"):
        table.add_column(name, overflow="fold")
    for name in ("read", "blank", "lost", "flagged", "absent", "findings"):
        table.add_column(name, justify="right")
    return table


def add_summary(table: Table, name: str, status: str, issuer: object, year: object, n: Counts) -> None:
    """Append the line of one report."""
    table.add_row(
        printable(name),
        Text(status, style="green" if status == "accepted" else "yellow"),
        printable(issuer or "?"),
        printable(year or "?"),
        *(str(x) for x in (n.read, n.blank, n.lost, n.flagged, _sections(n.absent) or "-", n.findings)),
    )

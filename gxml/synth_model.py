"""The parts of a generated report: its numbers and prose, and the structural model that layouts print.

A `SyntheticReport` says what a report means. `Printed` says what is on paper, block by block, cell by cell, and
knows which cell prints which field; layouts write it, and damage acts on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Literal

Density = Literal["sparse", "mixed", "dense"]
Blanks = Literal["zeros", "blank_zeros", "org_columns", "totals", "mixed"]
Split = Literal["train", "test"]
RowKind = Literal["band", "header", "data"]
CellRole = Literal["caption", "band", "column", "group", "label", "value", "filler"]


@dataclass(frozen=True, slots=True)
class Issuer:
    """The body that a report is about.

    Attributes:
        name: As the title prints it.
        kind: "city", "county", "town", "bureau", "committee" or "office".
        place: The division, e.g. 青禾县.
        we: 我县, 我局, …
        area: 全县, 全市, …, for a bureau 全局.
        level: 县, 市, 区, 镇, …: in 县政府门户网站.
        office: The office that compiles the report.
        domain: Web site, made up.
    """

    name: str
    kind: str
    place: str
    we: str
    area: str
    level: str
    office: str
    domain: str


@dataclass(frozen=True, slots=True)
class ProseFact:
    """A fact of the prose; [start, end) is the number in `SyntheticReport.section_text(section)`."""

    type: str
    value: int | float
    unit: str
    raw_unit: str | None
    approximate: bool
    section: int
    start: int
    end: int
    text: str
    split: Split


@dataclass(frozen=True, slots=True)
class Section:
    """Prose of one section: 0 for what stands before section 一, else 1, 5 or 6."""

    number: int
    paragraphs: tuple[str, ...]

    @property
    def text(self) -> str:
        """The paragraphs, one a line."""
        return "\n".join(self.paragraphs)


@dataclass(frozen=True, slots=True)
class SyntheticReport:
    """A complete generated report.

    Attributes:
        editions: Section ("2", "3", "4") to edition.
        numbers: Field id to the number that is meant; blank cells have one too, author errors are not in it.
        cells: Field id to the number that is printed, None where the cell is blank or worded.
        printed: Field id to the text of the cell.
        headers: Field id to the printed column label, where it differs from the form's.
        units: Money field id to 元 or 万元, where the cell or its header says so.
        title: The printed title, one string a line.
        closing: Lines behind section 六: who compiled the report, and when.
        violations: What the report itself gets wrong, as in NAME.truth.json.
    """

    seed: int
    issuer: Issuer
    year: int
    editions: dict[str, str]
    numbers: dict[str, Decimal]
    cells: dict[str, Decimal | None]
    printed: dict[str, str]
    headers: dict[str, str]
    units: dict[str, str]
    title: tuple[str, ...]
    sections: tuple[Section, ...]
    facts: tuple[ProseFact, ...]
    closing: tuple[str, ...]
    violations: tuple[dict[str, Any], ...] = ()
    notes: dict[str, str] = field(default_factory=dict)

    def section_text(self, number: int) -> str:
        """Return the prose of a section (0, 1, 5 or 6), paragraphs joined by line ends."""
        return next((s.text for s in self.sections if s.number == number), "")


@dataclass(frozen=True, slots=True)
class PrintedCell:
    """A cell as printed; `col` is its place in the grid, `field` the id of a value cell."""

    text: str
    col: int
    rowspan: int = 1
    colspan: int = 1
    role: CellRole = "value"
    field: str | None = None


@dataclass(frozen=True, slots=True)
class PrintedRow:
    """The cells that start in one grid row. `ids` are the fields that belong to the row, printed or lost."""

    kind: RowKind
    cells: tuple[PrintedCell, ...]
    ids: tuple[str, ...] = ()

    @property
    def values(self) -> tuple[PrintedCell, ...]:
        """The value cells."""
        return tuple(c for c in self.cells if c.role == "value")


@dataclass(frozen=True, slots=True)
class PrintedTable:
    """A table of section 2, 3 or 4."""

    section: int
    cols: int
    rows: tuple[PrintedRow, ...]

    def without_row(self, index: int) -> PrintedTable:
        """Return the table without a row; cells of other rows that span it shrink, those that start in it move on."""
        rows = list(self.rows)
        gone = rows.pop(index)
        for i in range(index):
            rows[i] = replace(
                rows[i],
                cells=tuple(replace(c, rowspan=c.rowspan - 1) if i + c.rowspan > index else c for c in rows[i].cells),
            )
        moved = [replace(c, rowspan=c.rowspan - 1) for c in gone.cells if c.rowspan > 1]
        if moved and index < len(rows):
            rows[index] = replace(rows[index], cells=tuple(sorted([*moved, *rows[index].cells], key=lambda c: c.col)))
        return replace(self, rows=tuple(rows))

    def with_copy(self, index: int) -> PrintedTable:
        """Return the table with a row printed twice; cells that span the row grow, those that start in it do not."""
        rows = list(self.rows)
        copy = replace(rows[index], cells=tuple(c for c in rows[index].cells if c.rowspan == 1))
        for i in range(index + 1):
            rows[i] = replace(
                rows[i],
                cells=tuple(
                    replace(c, rowspan=c.rowspan + 1) if c.rowspan > 1 and i + c.rowspan > index else c
                    for c in rows[i].cells
                ),
            )
        rows.insert(index + 1, copy)
        return replace(self, rows=tuple(rows))

    def grid(self) -> list[list[tuple[PrintedCell | None, bool]]]:
        """Return, for each grid row, (cell, starts here) for each column; columns grow where rows are too long.

        A place that no cell covers is (None, False).
        """
        width = max([self.cols, *(c.col + c.colspan for r in self.rows for c in r.cells)])
        out: list[list[tuple[PrintedCell | None, bool]]] = [[(None, False)] * width for _ in self.rows]
        for i, row in enumerate(self.rows):
            for cell in row.cells:
                for r in range(i, min(i + cell.rowspan, len(self.rows))):
                    for c in range(cell.col, cell.col + cell.colspan):
                        out[r][c] = (cell, r == i and c == cell.col)
        return out


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph, heading or title line."""

    text: str
    role: Literal["title", "preamble", "heading", "subheading", "body", "note", "closing"]
    section: int


Block = Text | PrintedTable


@dataclass(frozen=True, slots=True)
class Printed:
    """What is on paper, in reading order."""

    blocks: tuple[Block, ...]
    issuer: str
    year: int

    @property
    def tables(self) -> Iterator[PrintedTable]:
        """The tables that are there."""
        return (b for b in self.blocks if isinstance(b, PrintedTable))

    @property
    def title(self) -> str:
        """The title on one line."""
        return "".join(b.text for b in self.blocks if isinstance(b, Text) and b.role == "title")

    def replace_table(self, table: PrintedTable) -> Printed:
        """Return a copy with the table of the same section replaced."""
        return replace(
            self,
            blocks=tuple(
                table if isinstance(b, PrintedTable) and b.section == table.section else b for b in self.blocks
            ),
        )

    def table(self, section: int) -> PrintedTable | None:
        """Return the table of a section, or None if it is lost."""
        return next((t for t in self.tables if t.section == section), None)

"""The result: a `Report` with its cells, facts and findings, as it is saved in JSON (schema_version 1.0)."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from .geometry import BBox, Span

if TYPE_CHECKING:
    import pandas as pd

SCHEMA_VERSION = "1.0"

CellStatus = Literal["read", "blank", "text", "missing", "unreadable", "derived", "corrected"]
FindingKind = Literal[
    "source_inconsistent", "ambiguous", "unreadable", "structure", "narrative", "cross_year", "plausibility"
]
Severity = Literal["error", "warning", "info"]
Number = int | float


class _Model(BaseModel):
    model_config = ConfigDict(extra="allow")


class PageReader(_Model):
    """Which reader read a page, and why."""

    page: int
    reader: str
    reason: str


class Source(_Model):
    """The file that was read.

    Attributes:
        text_sha256: Of the text that `Report.save` writes beside the JSON.
        prose: Where that text is prose: [start, end) of each stretch outside the tables.
    """

    file: str
    sha256: str
    kind: str
    pages: int
    text_sha256: str
    page_readers: list[PageReader]
    prose: list[Span] = Field(default_factory=list)


class Estimate(_Model):
    """A value with the confidence in it, 0 to 1."""

    value: str | int | None
    confidence: float


class Cell(_Model):
    """One cell of the form.

    Attributes:
        value: The number, None unless status is read, derived or corrected.
        raw: What is printed, Unicode-normalised.
        status: See the README, "What a cell says".
        bbox: Points, origin top-left, on `page`; None without geometry.
        span: [start, end) in the text of the document.
        rules: Rules that prove a derived or corrected value.
    """

    id: str
    value: Number | None
    raw: str | None
    unit: str | None
    status: CellStatus
    confidence: float
    reader: str
    page: int | None = None
    bbox: BBox | None = None
    span: Span | None = None
    rules: list[str] = Field(default_factory=list)


class Fact(_Model):
    """One figure of the prose; [start, end) is the number itself in the text of the document."""

    type: str
    value: Number
    unit: str
    raw_unit: str | None
    approximate: bool
    text: str
    section: int | None
    page: int
    start: int
    end: int
    confidence: float


class Finding(_Model):
    """Something to look at. `message` is in Chinese and names the cells as they are printed on the form."""

    rule: str
    kind: FindingKind
    severity: Severity
    cells: list[str]
    expected: Number | None = None
    observed: Number | None = None
    message: str


class Report(_Model):
    """What gxml read in one file.

    Example:
        >>> report = gxml.read("report.pdf")                          # doctest: +SKIP
        >>> report.cells["requests.received.total"].value             # doctest: +SKIP
        3119
    """

    model_config = ConfigDict(extra="allow", populate_by_name=True)

    schema_version: str = SCHEMA_VERSION
    source: Source
    issuer: Estimate
    year: Estimate
    editions: dict[str, str]
    status: Literal["accepted", "review"]
    cell_list: list[Cell] = Field(alias="cells")
    facts: list[Fact]
    findings: list[Finding]
    text: str = Field(default="", exclude=True)

    @cached_property
    def cells(self) -> dict[str, Cell]:
        """The cells by id, in the order of the form."""
        return {c.id: c for c in self.cell_list}

    def table(self, name: str | int) -> pd.DataFrame:
        """Return a table as a frame: rows and columns of the form, values as numbers, blank as NA.

        Args:
            name: "disclosure", "requests" or "reviews", or the section 2, 3 or 4.

        Raises:
            KeyError: The report has no such table.
        """
        from .export import frame

        return frame(self, name)

    def save(self, path: str | Path) -> Path:
        """Write the JSON, and the text that spans point into beside it as NAME.txt, atomically."""
        from .export import save_json

        return save_json(self, Path(path))

    def to_excel(self, path: str | Path) -> Path:
        """Write a workbook: one sheet a table, flagged cells coloured, findings on their own sheet."""
        from .export import save_xlsx

        return save_xlsx(self, Path(path))

    @classmethod
    def load(cls, path: str | Path) -> Report:
        """Read a report that `save` wrote.

        Raises:
            BrokenFileError: The file is not such a report.
        """
        from .export import load_json

        return load_json(Path(path))

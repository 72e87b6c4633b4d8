"""Strips: a row label and the printed cells behind it, whatever the layout.

A grid row, a delimited line, a run of one-cell-a-line text and a line of run-together digits all become the
same `Strip`. Which row of the form a strip is, and which column a field belongs to, is decided later
(`labels`, `fill`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Literal

from .document import OcrCell
from .geometry import BBox, Span
from .numerals import parse_cell

FieldKind = Literal["number", "blank", "dash", "words", "noise", "break"]
Origin = Literal["rulings", "markup", "alignment", "delimited", "stacked", "inline"]
STREAMS: tuple[Origin, ...] = ("stacked", "inline")
"""Origins in which neither cells nor rows have an end that is printed."""
COUNTED: tuple[Origin, ...] = ("delimited", "markup")
"""Origins in which a place is a number of cells from the left."""

_CJK = re.compile("[\u4e00-\u9fff]")


@dataclass(frozen=True, slots=True)
class Field:
    """One printed cell, or one number of a line without cells.

    Attributes:
        text: As printed.
        kind: What it holds; "break" stands for an empty line between rows of one-cell-a-line text.
        lo: Left edge: grid column, place in the line, or points, by the strip's origin.
        hi: Right edge, in the same measure.
        glued: It stands directly behind the field before it, with no separator.
        ocr: How it was read from a picture, None for text.
        shared: Its cell reaches into the row of another label.
    """

    text: str
    kind: FieldKind
    span: Span
    page: int = 1
    bbox: BBox | None = None
    lo: float = 0.0
    hi: float = 0.0
    glued: bool = False
    ocr: OcrCell | None = None
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Strip:
    """A row as printed.

    Attributes:
        fields: Everything printed in the row, labels first (group labels before the row's own).
        cut: Index of the first value in `fields`.
        origin: Where columns come from, best first: rulings, markup, alignment, delimited, stacked, inline.
        table: Number of the table or text run that it stands in, to compare rows of one table.
        before: Text of the strips without values just before it: the first half of a wrapped label.
        width: Right end of the row's last cell, in the measure of `Field.lo`.
        closed: It is known where the row ends; else blanks at its end may belong to the next row.
        labels: Texts in front of the values, in order, without empty ones.
    """

    fields: tuple[Field, ...]
    cut: int
    origin: Origin
    table: int
    span: Span
    page: int
    before: str = ""
    width: float = 0.0
    closed: bool = True

    labels: tuple[str, ...] = dataclass_field(init=False, compare=False)

    def __post_init__(self) -> None:
        # asked for thousands of times a report
        object.__setattr__(self, "labels", tuple(f.text for f in self.fields[: self.cut] if f.text.strip()))

    @property
    def values(self) -> tuple[Field, ...]:
        """The fields behind the labels."""
        return self.fields[self.cut :]

    @property
    def label(self) -> str:
        """All label texts joined."""
        return "".join(self.labels)

    @property
    def printed(self) -> tuple[Field, ...]:
        """The values that hold ink."""
        return tuple(f for f in self.values if f.kind not in ("blank", "break"))


def is_label(text: str) -> bool:
    """Tell whether a cell holds words of a label: at least two ideographs and no value."""
    return parse_cell(text).kind in ("words", "noise") and len(_CJK.findall(text)) >= 2

"""What a source gives: the text of a document, its lines and its tables, each with its place.

A source (PDF, Word, HTML, text) turns a file into one `Document`. Everything after that works on this
model and never looks at the file again.

`Document.text` holds everything that is printed, in reading order: a line of prose is a line; a row of a
table is one line with a tab between cells. Every `Line` and every `TableCell` knows its span in it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from .geometry import BBox, Homography, Span

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SourceKind = Literal["pdf", "docx", "html", "text", "image"]
LineRole = Literal["body", "title", "meta"]
TableOrigin = Literal["rulings", "markup", "alignment"]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the source; a source without pages has one.

    Attributes:
        number: 1 for the first page.
        width: Points, 0 where the source has no geometry.
        height: Points, 0 where the source has no geometry.
        reader: Who read it: "text-layer", "markup", "text", a reader of pictures ("rapid", "paddle", "tesseract"), or
            "none" where OCR is needed and was not done.
        reason: Why that reader.
        to_displayed: Leads from the frame of the boxes of this page, in which it stands upright, to the page as
            displayed; None where they are the same.
    """

    number: int
    width: float
    height: float
    reader: str
    reason: str
    to_displayed: Homography | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A line or paragraph of prose.

    Attributes:
        text: As in `Document.text`, without the line end.
        span: Place in `Document.text`.
        page: 1 for the first page.
        bbox: Points of the upright page, None without geometry.
        role: "title" where the source says that it is the title (HTML <h1>, <title>, a Word title style),
            "meta" for what a web page or scraper says about the report (source, date, keywords).
        sure: Of each character of `text`, the probability that it is right; empty where nothing was read from a
            picture.
    """

    text: str
    span: Span
    page: int = 1
    bbox: BBox | None = None
    role: LineRole = "body"
    sure: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """The picture of a cell, cut out of its page.

    Attributes:
        gray: Paper bright.
        bbox: The cell in it, points from its top left corner.
        scale: Pixels a point.
    """

    gray: NDArray[np.uint8]
    bbox: BBox
    scale: float


@dataclass(frozen=True, slots=True)
class OcrCell:
    """How a cell was read from its picture.

    Attributes:
        confidence: That the text is right, calibrated, 0 to 1.
        reader: Name of the reader whose text it is.
        second: What the second, independent reader read; None if there was none.
        candidates: (text, probability) of the readings that were considered, best first.
        first_list: What the first reader may have seen, (text, probability), best first; only for cells in doubt.
        second_list: The same of the second reader.
        again: What a cell in doubt reads as from other crops and at another scale, a text for each look.
        reread: What it was read as once more, when it was about to be flagged: (text, confidence) for each scale.
        picture: What can be read once more.
    """

    confidence: float
    reader: str
    second: str | None = None
    candidates: tuple[tuple[str, float], ...] = ()
    first_list: tuple[tuple[str, float], ...] = ()
    second_list: tuple[tuple[str, float], ...] = ()
    again: tuple[str, ...] = ()
    reread: tuple[tuple[str, float], ...] = ()
    picture: Picture | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class TableCell:
    r"""A printed cell, merged cells once.

    Attributes:
        text: What is printed, "" for an empty cell; lines inside a cell are joined by "\\n".
        row: 0-based row of its top-left corner in the table's grid.
        col: 0-based column of its top-left corner in the table's grid.
        rowspan: Grid rows covered.
        colspan: Grid columns covered.
        span: Place in `Document.text` (empty cells have start == end).
        bbox: Points of the upright page, None without geometry.
        ink: False if the cell is known to be empty, True if it holds ink or text.
        ocr: How it was read, None for a text layer.
    """

    text: str
    row: int
    col: int
    rowspan: int
    colspan: int
    span: Span
    page: int = 1
    bbox: BBox | None = None
    ink: bool = True
    ocr: OcrCell | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a grid.

    Attributes:
        cells: In order of (row, col).
        rows: Number of grid rows.
        cols: Number of grid columns.
        page: Page that it stands on (a table that runs over pages comes as one table a page).
        origin: "rulings" (columns are places on the page), "markup" (HTML or Word: columns are counted),
            "alignment" (from white space: columns are places).
    """

    cells: tuple[TableCell, ...]
    rows: int
    cols: int
    page: int
    span: Span
    origin: TableOrigin
    bbox: BBox | None = None


Block = Line | Table


@dataclass(frozen=True, slots=True)
class SourceNote:
    """Something about the file that the user must know: becomes a structure finding.

    Attributes:
        code: Short id, e.g. "MOJIBAKE", "DROPPED_CHARS", "OCR_NEEDED", "ENCODING".
        message: In Chinese, for the user.
        page: The page that it is about, None for the whole file.
        severity: "warning" or "info" or "error".
    """

    code: str
    message: str
    page: int | None = None
    severity: Literal["error", "warning", "info"] = "warning"


@dataclass(frozen=True, slots=True)
class Document:
    """One file as its source read it. Blocks are in reading order and cover the text without overlap."""

    file: str
    sha256: str
    kind: SourceKind
    text: str
    pages: tuple[Page, ...]
    blocks: tuple[Block, ...]
    notes: tuple[SourceNote, ...] = field(default=())


class TextBuilder:
    """Builds `Document.text` piece by piece, so that spans are right by construction.

    >>> b = TextBuilder()
    >>> b.add("甲乙"), b.text()
    ((0, 2), '甲乙')
    """

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0

    def add(self, piece: str) -> Span:
        """Append `piece` and return its span."""
        start = self._length
        self._parts.append(piece)
        self._length += len(piece)
        return (start, self._length)

    def line(self, piece: str) -> Span:
        """Append `piece` and a line end, and return the span of the piece alone."""
        span = self.add(piece)
        self.add("\n")
        return span

    def text(self) -> str:
        """Return all that was added."""
        return "".join(self._parts)


@dataclass(frozen=True, slots=True)
class RawCell:
    """A cell before it has a place in the text: what a source collects for `add_table`."""

    text: str
    row: int
    col: int
    rowspan: int = 1
    colspan: int = 1
    bbox: BBox | None = None
    ink: bool = True
    ocr: OcrCell | None = None


def add_table(
    builder: TextBuilder,
    raw: list[RawCell],
    *,
    page: int,
    origin: TableOrigin,
    bbox: BBox | None = None,
) -> Table:
    """Write a table into the text, a grid row a line with tabs between cells, and return it with spans.

    A cell that spans rows is written where it starts. Line ends inside a cell are kept.
    """
    rows = max((c.row + c.rowspan for c in raw), default=0)
    cols = max((c.col + c.colspan for c in raw), default=0)
    cells: list[TableCell] = []
    begin: int | None = None
    end = 0
    last_row = -1
    for c in sorted(raw, key=lambda c: (c.row, c.col)):
        if c.row != last_row:
            if last_row >= 0:
                builder.add("\n")
            last_row = c.row
        else:
            builder.add("\t")
        span = builder.add(c.text)
        begin = span[0] if begin is None else begin
        end = span[1]
        cells.append(
            TableCell(
                c.text, c.row, c.col, c.rowspan, c.colspan, span, page, c.bbox, c.ink and bool(c.text.strip()), c.ocr
            )
        )
    builder.add("\n")
    return Table(tuple(cells), rows, cols, page, (begin or 0, end), origin, bbox)

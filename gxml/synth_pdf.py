"""A PDF of a printed report: prose, and tables that run over pages, ruled in the ways that real files are."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from random import Random
from typing import TYPE_CHECKING, Literal

from .errors import MissingToolError
from .geometry import BBox
from .synth_cutrows import cut_row
from .synth_model import Printed, PrintedCell, PrintedTable, Text

if TYPE_CHECKING:
    from fpdf import FPDF

_WIDTH, _HEIGHT = 595.28, 841.89
_NO_LINE_START = "，。；：、）》”！？,.;:)%％"
_TOKEN = re.compile(r"[0-9A-Za-z.,+\-@%/]+|.", re.S)
_ASCII = re.compile(r"[\x20-\x7e]+|[^\x20-\x7e]+")
_DATE = datetime(2020, 1, 1, tzinfo=UTC)

Ruling = Literal["lines", "rects", "boxes", "horizontal", "three", "none"]
Frame = Literal["plain", "thick", "double", "open"]
# Share of each kind of ruling among generated files.
_RULINGS: tuple[tuple[Ruling, float], ...] = (
    ("lines", 4),
    ("rects", 3),
    ("boxes", 3),
    ("horizontal", 0.7),
    ("none", 0.7),
)
# How the outer border of ruled tables is drawn: as all lines, thicker, doubled, or not at all at the sides.
_FRAMES: tuple[tuple[Frame, float], ...] = (("plain", 7), ("thick", 1.5), ("double", 1), ("open", 1.5))
_FULL = ("lines", "rects", "boxes")
"""Rulings that close every cell."""
_THREE_LINES = 0.4
"""Share of the tables without upright lines that have a rule at the top, below the heads and at the bottom alone."""
_CUT = 0.3
"""Share of ruled files whose rows may be cut by the end of a page."""
_GAP = 5.0
"""Between the text of a cell and its borders, both together. Points."""
_THICK, _DOUBLE = 1.6, 2.0
"""Width of a thick border; distance of the second line of a double one. Points."""


@dataclass(frozen=True, slots=True)
class PdfStyle:
    """How one file is set.

    Attributes:
        font: "sans" or "serif".
        latin: Core font for ASCII, "" for the same font.
        body: Size of prose, points.
        table: Size of text in tables, points.
        leading: Line height over size.
        margin: Left and right, points.
        ruling: How cells are framed.
        frame: How the outer border of a table is drawn.
        weight: Width of lines, points.
        grey: Grey level of lines.
        merged: Collinear lines are drawn as one.
        radicals: Some characters are written as Kangxi radicals, as some producers do.
        repeat: Header rows are printed again where a table goes on.
        flow: Text of a cell that a page break cuts is spread over its parts; otherwise it stands in the first.
        shade: Header cells have a ground.
        cut: A row without room at the end of a page is cut, and its label goes on over the page.
        stray: A vertical rule runs through a header cell of section 四.
        number: Pattern of the page number, "" for none.
        first_gap: Empty points above the title.
    """

    font: str = "serif"
    latin: str = ""
    body: float = 14.0
    table: float = 9.5
    leading: float = 1.7
    margin: float = 78.0
    ruling: Ruling = "lines"
    frame: Frame = "plain"
    weight: float = 0.6
    grey: int = 0
    merged: bool = True
    radicals: bool = False
    repeat: bool = False
    flow: bool = True
    shade: bool = False
    cut: bool = False
    stray: bool = False
    number: str = "- {} -"
    first_gap: float = 20.0


def draw_pdf_style(seed: int) -> PdfStyle:
    """Draw a style; seed 0 is a plain ruled file."""
    if seed == 0:
        return PdfStyle()
    rng = Random(f"pdf {seed}")
    style = PdfStyle(
        font=rng.choice(["sans", "serif", "serif"]),
        latin=rng.choice(["", "", "times", "helvetica"]),
        body=rng.choice([10.5, 12.0, 14.0, 15.75, 16.0]),
        table=rng.choice([8.0, 9.0, 9.5, 10.5]),
        leading=rng.choice([1.4, 1.55, 1.75, 2.0]),
        margin=rng.choice([54.0, 72.0, 79.4, 90.0]),
        ruling=rng.choices([r for r, _ in _RULINGS], [w for _, w in _RULINGS])[0],
        merged=rng.random() < 0.5,
        radicals=rng.random() < 0.15,
        repeat=rng.random() < 0.12,
        flow=rng.random() < 0.7,
        shade=rng.random() < 0.25,
        stray=rng.random() < 0.12,
        number=rng.choice(["- {} -", "— {} —", "{}", "", "第 {} 页"]),
        first_gap=rng.uniform(0, 260),
    )
    lines = Random(f"pdf lines {seed}")
    return replace(
        style,
        cut=style.ruling in _FULL and Random(f"pdf cut {seed}").random() < _CUT,
        frame=lines.choices([f for f, _ in _FRAMES], [w for _, w in _FRAMES])[0],
        weight=lines.choice([0.5, 0.5, 0.6, 0.75, 1.0]),
        grey=lines.choice([0, 0, 0, 0, 70, 110]),
        ruling="three" if style.ruling == "horizontal" and lines.random() < _THREE_LINES else style.ruling,
    )


def write_pdf(printed: Printed, seed: int, style: PdfStyle | None = None) -> bytes:
    """Return the bytes of a PDF; fonts are embedded and cut down to what is used.

    Raises:
        MissingToolError: fpdf2 or pylopdf-fonts-zh-cn is not installed.
    """
    return bytes(_Setter(style or draw_pdf_style(seed)).set(printed).output())


def printed_boxes(printed: Printed, seed: int, style: PdfStyle | None = None) -> list[tuple[int, list[BBox]]]:
    """Return where `write_pdf` sets the tables.

    Returns:
        For each table, or part of one on a page: 1-based page, and the boxes of its cells, points, origin top-left.
        A label and the empty cell beside it are one where no rule parts them, and so are the two halves of a group.
    """
    setter = _Setter(style or draw_pdf_style(seed))
    setter.set(printed)
    return [(page, boxes) for (page, _), boxes in setter.placed.items()]


@cache
def _radicals() -> dict[int, int]:
    """Return ideograph to Kangxi radical."""
    return {ord(unicodedata.normalize("NFKC", chr(c))): c for c in range(0x2F00, 0x2FD6)}


def _open(font: str) -> FPDF:
    try:
        import pylopdf_fonts_zh_cn as fonts
        from fpdf import FPDF
    except ImportError as e:
        raise MissingToolError(
            f"PDF files are made with {e.name}, which is not installed.", hint='pip install "gxml[train]"'
        ) from e
    pdf = FPDF(unit="pt", format="A4")
    pdf.set_auto_page_break(False)
    pdf.set_creation_date(_DATE)
    pdf.add_font("cjk", fname=fonts.sans_path() if font == "sans" else fonts.serif_path())
    return pdf


class _Setter:
    """Sets one document; `y` is the top of what comes next on the current page."""

    def __init__(self, style: PdfStyle) -> None:
        self.style = style
        self.pdf = _open(style.font)
        self.widths: dict[str, float] = {}
        self.pages = 0
        self.placed: dict[tuple[int, int], list[BBox]] = {}
        self.tables = 0
        self.y = 0.0
        self.top, self.bottom = 72.0, _HEIGHT - 72.0

    def set(self, printed: Printed) -> FPDF:
        self.turn()
        self.y += self.style.first_gap
        for block in printed.blocks:
            if isinstance(block, PrintedTable):
                self.table(block)
            else:
                self.prose(block)
        return self.pdf

    def turn(self) -> None:
        """Begin a page."""
        self.pdf.add_page()
        self.pages += 1
        self.y = self.top
        if self.style.number:
            text = self.style.number.format(self.pages)
            self.draw(text, (_WIDTH - self.width(text, 9)) / 2, _HEIGHT - 48, 9)

    # -- text ---------------------------------------------------------------------------------------------------

    def _use(self, piece: str, size: float) -> None:
        latin = bool(self.style.latin) and piece[:1].isascii()
        self.pdf.set_font(self.style.latin if latin else "cjk", size=size)

    def width(self, text: str, size: float) -> float:
        """Return the width of a text in points."""
        total = 0.0
        for c in text:
            if c not in self.widths:
                self._use(c, 1000)
                self.widths[c] = self.pdf.get_string_width(c)
            total += self.widths[c]
        return total * size / 1000

    def draw(self, text: str, x: float, baseline: float, size: float) -> None:
        """Draw one line of text."""
        for piece in _ASCII.findall(text) if self.style.latin else [text]:
            self._use(piece, size)
            shown = piece.translate(_radicals()) if self.style.radicals else piece
            self.pdf.text(x, baseline, shown)
            x += self.width(piece, size)

    def wrap(self, text: str, size: float, room: float, indent: float = 0.0) -> list[str]:
        """Break a text into lines; numbers and words stay whole where they fit, closing marks do not begin a line."""
        lines: list[str] = []
        for part in text.split("\n"):
            line = ""
            left = room - indent
            for token in _TOKEN.findall(part):
                # a number longer than the line is cut, as a narrow cell cuts it
                pieces = [token] if self.width(token, size) <= room else list(token)
                for piece in pieces:
                    if line and self.width(line + piece, size) > left and piece not in _NO_LINE_START:
                        lines.append(line)
                        line, left = "", room
                    line += piece
            lines.append(line)
            indent = 0.0
        return lines

    def prose(self, block: Text) -> None:
        """Set a paragraph."""
        size = self.style.body * (1.35 if block.role == "title" else 1.0)
        room = _WIDTH - 2 * self.style.margin
        indent = 0.0 if block.role in ("title", "closing") else 2 * size
        step = size * self.style.leading
        for k, line in enumerate(self.wrap(block.text, size, room, indent)):
            if self.y + step > self.bottom:
                self.turn()
            x = self.style.margin + (indent if k == 0 else 0.0)
            if block.role == "title":
                x = (_WIDTH - self.width(line, size)) / 2
            elif block.role == "closing":
                x = _WIDTH - self.style.margin - self.width(line, size)
            self.draw(line, x, self.y + step * 0.7, size)
            self.y += step
        if block.role == "title":
            self.y += step / 3

    # -- tables -------------------------------------------------------------------------------------------------

    def table(self, table: PrintedTable) -> None:
        """Set a table, row by row, over as many pages as it needs."""
        size = self.style.table if table.cols < 15 else min(self.style.table, 9.0)
        edges = self._edges(table)
        lines = {
            id(c): self.wrap(c.text, size, edges[c.col + c.colspan] - edges[c.col] - _GAP, 0)
            for r in table.rows
            for c in r.cells
        }
        heights = self._heights(table, lines, size)
        self.y += 6
        self.tables += 1
        head = next((i for i, r in enumerate(table.rows) if r.kind == "data"), 0) if table.section != 2 else 0
        start = 0
        while start < len(table.rows):
            top = self.y
            repeated = head if self.style.repeat and start >= head and start else 0
            room = self.bottom - top - sum(heights[:repeated])
            end = start
            while end < len(table.rows) and sum(heights[start : end + 1]) <= room:
                end += 1
            if end == start:
                if top > self.top + 1:
                    self.turn()
                    continue
                end = start + 1  # a row taller than a page
            elif self.style.cut and end < len(table.rows) and end > head:
                left = room - sum(heights[start:end])
                cut = cut_row(list(table.rows), heights, lines, end, left, size * 1.3, _GAP)
                if cut is not None:
                    rows, heights, lines = cut
                    table = replace(table, rows=tuple(rows))
                    end += 1
            boxes = self._run(table, 0, repeated, heights, edges, lines, size) if repeated else []
            boxes += self._run(table, start, end, heights, edges, lines, size)
            shown = end if repeated or start == 0 else 0
            self._rules(boxes, top + sum(heights[:head]) if 0 < head < shown else None)
            start = end
            if start < len(table.rows):
                self.turn()
        self.y += 10

    def _edges(self, table: PrintedTable) -> list[float]:
        """Return the x of the column edges."""
        width = max([table.cols, *(c.col + c.colspan for r in table.rows for c in r.cells)])
        shares = [1.0] * width
        if table.section == 2:
            shares[0] = 1.4
        elif table.section == 3:
            shares[:3] = [0.9, 1.5, 4.2]
        inner = _WIDTH - 2 * self.style.margin
        edges = [self.style.margin]
        for s in shares:
            edges.append(edges[-1] + inner * s / sum(shares))
        return edges

    def _heights(self, table: PrintedTable, lines: dict[int, list[str]], size: float) -> list[float]:
        step = size * 1.3
        least = size * (2.4 if table.section == 2 else 1.9)
        heights = [
            max([least, *(len(lines[id(c)]) * step + _GAP for c in row.cells if c.rowspan == 1)]) for row in table.rows
        ]
        for i, row in enumerate(table.rows):
            for c in row.cells:
                lacking = len(lines[id(c)]) * step + _GAP - sum(heights[i : i + c.rowspan])
                if c.rowspan > 1 and lacking > 0:
                    heights[min(i + c.rowspan, len(heights)) - 1] += lacking
        return heights

    def _run(
        self,
        table: PrintedTable,
        start: int,
        end: int,
        heights: list[float],
        edges: list[float],
        lines: dict[int, list[str]],
        size: float,
    ) -> list[BBox]:
        """Set the rows [start, end) on this page, with the parts of cells that come from before or go on behind.

        Returns:
            The cells' boxes, and one without width for a stray rule.
        """
        tops = {start: self.y}
        for i in range(start, end):
            tops[i + 1] = tops[i] + heights[i]
        boxes: list[BBox] = []
        placed = self.placed.setdefault((self.pages, self.tables), [])
        for i, row in enumerate(table.rows):
            for c in row.cells:
                last = min(i + c.rowspan, len(table.rows))
                first, stop = max(i, start), min(last, end)
                if first >= stop:
                    continue
                box = (edges[c.col], tops[first], edges[c.col + c.colspan], tops[stop])
                boxes.append(box)
                if self.style.shade and c.role in ("band", "column", "caption"):
                    self.pdf.set_fill_color(198, 217, 241)
                    self.pdf.rect(box[0], box[1], box[2] - box[0], box[3] - box[1], style="F")
                before = sum(heights[i:first])
                self._text(c, lines[id(c)], box, before, sum(heights[i:last]), size)
                if self.style.stray and table.section == 4 and c.colspan > 5 and row is table.rows[0]:
                    x = edges[c.col + 3]
                    boxes.append((x, box[1], x, box[3]))
                    if self.style.ruling in _FULL:
                        placed += [(box[0], box[1], x, box[3]), (x, box[1], box[2], box[3])]
                        continue
                self._place(c, box, placed)
        self.y = tops[end]
        return boxes

    def _place(self, cell: PrintedCell, box: BBox, placed: list[BBox]) -> None:
        """Add the box of a cell; an empty one beside a label and the lower half of a group need a rule to be cells."""
        if self.style.ruling not in _FULL:
            for k, (x0, y0, x1, y1) in enumerate(placed):
                beside = cell.role == "filler" and (x1, y0, y1) == (box[0], box[1], box[3])
                split = cell.role == "group" and cell.col == 0 and (x0, x1, y1) == (box[0], box[2], box[1])
                if beside or (split and self.style.ruling != "horizontal"):
                    placed[k] = (x0, y0, box[2], box[3])
                    return
        placed.append(box)

    def _text(
        self,
        cell: PrintedCell,
        lines: list[str],
        box: tuple[float, float, float, float],
        before: float,
        total: float,
        size: float,
    ) -> None:
        """Draw the lines of a cell that fall on this part of it.

        Args:
            cell: The cell.
            lines: Its text, broken.
            box: The part of the cell on this page.
            before: Height of its parts on earlier pages.
            total: Height of the whole cell.
            size: Of the text.
        """
        step = size * 1.3
        here = box[3] - box[1]
        offset = (total - len(lines) * step) / 2
        if not self.style.flow and here < total:
            if before > 0:
                return
            offset = max(0.0, (here - len(lines) * step) / 2)
        places = [(offset + (k + 0.5) * step - before, line) for k, line in enumerate(lines)]
        cut = here < total and self.style.flow
        shown = [(y, line) for y, line in places if 0 <= y < here] if cut else places
        if cut and shown:  # whole lines only, pushed off the edge of the page
            shift = max(0.0, step / 2 - shown[0][0]) - max(0.0, shown[-1][0] - (here - step / 2))
            shown = [(y + shift, line) for y, line in shown]
        for middle, line in shown:
            wide = self.width(line, size)
            left = cell.role in ("label", "caption") and box[2] - box[0] > 60
            x = box[0] + 3 if left else (box[0] + box[2] - wide) / 2
            self.draw(line, x, box[1] + middle + size * 0.36, size)

    def _rules(self, boxes: list[BBox], below_heads: float | None) -> None:
        """Frame the cells of a table on this page.

        Args:
            boxes: The cells.
            below_heads: Where its heads end, None where it has none here.
        """
        style = self.style
        if style.ruling == "none":
            return
        self.pdf.set_draw_color(style.grey)
        self.pdf.set_fill_color(style.grey)
        self.pdf.set_line_width(style.weight)
        outer = (min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes))
        if style.ruling == "three":
            for y in {outer[1], below_heads or outer[1], outer[3]}:
                self._line(outer[0], y, outer[2], y)
            return
        if style.ruling == "boxes" and style.frame != "open":
            for x0, y0, x1, y1 in boxes:
                self.pdf.rect(x0, y0, x1 - x0, y1 - y0, style="D")
        else:
            level = {(round(y, 2), x0, x1) for x0, y0, x1, y1 in boxes for y in (y0, y1)}
            upright = {(round(x, 2), y0, y1) for x0, y0, x1, y1 in boxes for x in (x0, x1)}
            for y, a, b in _joined(level) if style.merged else sorted(level):
                self._line(a, y, b, y)
            if style.ruling == "horizontal":
                return
            if style.frame == "open":
                upright = {u for u in upright if outer[0] + 1 < u[0] < outer[2] - 1}
            for x, a, b in _joined(upright) if style.merged else sorted(upright):
                self._line(x, a, x, b)
        if style.frame in ("thick", "double"):
            apart = _DOUBLE if style.frame == "double" else 0.0
            self.pdf.set_line_width(_THICK if style.frame == "thick" else style.weight)
            x0, y0, x1, y1 = outer
            self.pdf.rect(x0 - apart, y0 - apart, x1 - x0 + 2 * apart, y1 - y0 + 2 * apart, style="D")

    def _line(self, x0: float, y0: float, x1: float, y1: float) -> None:
        if self.style.ruling == "rects":
            thick = 0.8 * self.style.weight
            self.pdf.rect(x0 - thick / 2, y0 - thick / 2, x1 - x0 + thick, y1 - y0 + thick, style="F")
        else:
            self.pdf.line(x0, y0, x1, y1)


def _joined(segments: set[tuple[float, float, float]]) -> list[tuple[float, float, float]]:
    """Join collinear segments (place, from, to) that touch."""
    out: list[tuple[float, float, float]] = []
    for place, a, b in sorted(segments):
        if out and out[-1][0] == place and a <= out[-1][2] + 0.1:
            out[-1] = (place, out[-1][1], max(b, out[-1][2]))
        else:
            out.append((place, a, b))
    return out

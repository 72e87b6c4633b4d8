"""Tables without upright rules on a page picture: white space makes the columns, rows of text the rows.

    unruled_tables(rows, read, read_words) -> list[UnruledTable]

The columns come from `gxml.alignment`, as for PDF files with a text layer; what is new here is that the pieces of rows
are read one by one, like cells, and that a place of a row of numbers that seems empty is looked at again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import median

from .alignment import HEADER_LINES, NUMBER_GAP, find_tables
from .cellsettle import CellText, doubt_displaced
from .document import OcrCell, RawCell
from .geometry import BBox, overlap
from .lines import TAB_GAP
from .numerals import parse_cell
from .ocr import LineReading
from .pagelayer import LOST, Char
from .pages import PlacedTable
from .scan_form import OpenCell, OpenTable
from .scan_lines import Row, padded

ReadCells = Callable[[Sequence[BBox]], list[CellText]]
"""Reads cells, given their boxes in points."""
ReadWords = Callable[[Sequence[BBox]], list[LineReading]]
"""Reads what is surely text and no number."""

LEAST_ROWS = 3
"""Fewer rows that fall into columns are no table."""
BETWEEN = 4
"""Rows of one table that fall into columns have no more rows of text between them: labels on several lines."""
MOST_PIECES = 700
"""More of them fall into the columns of no table of the form: dirt, or the grain of a picture, which is not read."""
MARGIN = (4.0, 3.0)
"""Paper kept at the sides of a piece and above it, points; at the sides no more than half of the gap."""
PUNCTUATION = "、，。；：）)》”"
"""A gap behind one of these, or in front of what is no number, is the blank part of a character, if it is no wider"""
BLANK_HALF = 0.7
"""than this, in heights of the row."""
SURE = 0.985
"""A number of a row that is in no table is taken from this confidence on."""
FLAT = (0.3, 0.3, 2.2)
"""A dash is no higher and no narrower than this, in heights of the row, and this many times as wide as high."""
LEVEL = (0.4, 0.4)
"""In a table that was laid out: no higher and no narrower than this, in heights of a digit."""
TAKEN_FOR = "1一"
"""What readers take a dash for."""
INK_SURE, INK_UNSURE = 0.99, 0.5
HALF_CELL = 20.0
"""Half of the width of a cell around the middle of what stands in its column, points."""
AT_SIDE = 1.5
"""An empty place is looked at no nearer to what stands beside it, points."""


@dataclass(frozen=True, slots=True)
class UnruledTable:
    """A table.

    Attributes:
        rows: Indices of the rows of text that it takes.
        placed: The table.
    """

    rows: frozenset[int]
    placed: PlacedTable


@dataclass(frozen=True, slots=True)
class _Read:
    """A piece of a row and what it says."""

    row: int
    bbox: BBox
    said: CellText


def unruled_tables(
    rows: Sequence[Row], read: ReadCells, read_words: ReadWords
) -> tuple[list[UnruledTable], dict[int, str]]:
    """Find the tables among the rows of text of a page.

    Args:
        rows: From top to bottom.
        read: Reads cells.
        read_words: Reads text.

    Returns:
        The tables from top to bottom, origin "alignment"; and the text of other rows that fall into columns, tabs
        between them, unsure numbers as U+FFFD: a line of text has no confidence that could warn of them. Only rows that
        may be of a table are read.
    """
    found = []
    loose: dict[int, str] = {}
    for zone in _zones(rows):
        boxes = [(i, box) for i in zone for box in _roomy(rows[i])]
        said = read([box for _, box in boxes])
        tight = [piece for i in zone for piece in rows[i].pieces]
        pieces = [_Read(i, box, text) for (i, _), box, text in zip(boxes, tight, said, strict=True)]
        pieces = [_dash(p, rows[p.row].em) for p in _labels_as_words([p for p in pieces if p.said.ink], read_words)]
        lines = [_chars([p for p in pieces if p.row == i], rows[i].em) for i in zone]
        for table in find_tables(lines):
            cells = [_with_reading(c, pieces) for c in table.cells]
            placed = PlacedTable(_looked_at_again(cells, read), table.bbox, "alignment")
            found.append(UnruledTable(frozenset(zone[k] for k in table.lines), placed))
        for i, line in zip(zone, lines, strict=True):
            if _regular(rows[i]) and not any(i in t.rows for t in found):
                loose[i] = "\t".join(_surely(c, pieces) for c in line)
    return found, loose


def placed(table: OpenTable, read: ReadCells) -> PlacedTable:
    """Return a table that was laid out, its cells read; ink over the sides of a cell makes it doubtful."""
    asked = [c for c in table.cells if c.text is None]
    said = _dashes(asked, read([c.bbox for c in asked]))
    texts = dict(zip(asked, _undisplaced(asked, said), strict=True))
    cells = []
    for c in table.cells:
        if c.text is not None:
            cells.append(RawCell(c.text, c.row, c.col, c.rowspan, c.colspan, c.bbox, bool(c.text)))
            continue
        text = texts[c]
        ocr = replace(text.ocr, confidence=min(text.ocr.confidence, INK_UNSURE)) if c.doubtful else text.ocr
        cells.append(RawCell(text.text, c.row, c.col, c.rowspan, c.colspan, c.bbox, text.ink, ocr))
    return PlacedTable(tuple(cells), table.bbox, "alignment")


def _dashes(cells: Sequence[OpenCell], texts: Sequence[CellText]) -> list[CellText]:
    """Return the texts of cells, dashes where the ink of a value is flat beside that of the digits of the table."""
    values = [(i, t.extent) for i, (c, t) in enumerate(zip(cells, texts, strict=True)) if c.value and t.extent]
    digits = [e[2] for i, e in values if texts[i].text.isdigit()]
    if len(digits) < LEAST_ROWS:
        return list(texts)
    high = median(digits)
    out = list(texts)
    for i, (left, right, height) in values:
        flat = height <= LEVEL[0] * high and right - left >= max(LEVEL[1] * high, FLAT[2] * height)
        if flat and (texts[i].text in TAKEN_FOR or parse_cell(texts[i].text).kind == "dash"):
            out[i] = replace(texts[i], text="-", ocr=OcrCell(INK_SURE, "ink"))
    return out


def _undisplaced(cells: Sequence[OpenCell], texts: Sequence[CellText]) -> list[CellText]:
    """Return the texts of cells, numbers in doubt that do not stand below one another as the others of a column do."""
    middles: dict[tuple[int, int], list[float]] = {}  # blocks of section 二 have columns of their own
    for cell, text in zip(cells, texts, strict=True):
        if cell.value and text.extent is not None:
            middles.setdefault((cell.col, cell.colspan), []).append((text.extent[0] + text.extent[1]) / 2)
    places = [i for i, c in enumerate(cells) if c.value and (c.col, c.colspan) in middles]
    boxes = []
    for i in places:
        middle = median(middles[cells[i].col, cells[i].colspan])
        boxes.append((middle - HALF_CELL, cells[i].bbox[1], middle + HALF_CELL, cells[i].bbox[3]))
    out = list(texts)
    for i, text in zip(places, doubt_displaced(boxes, [texts[i] for i in places]), strict=True):
        out[i] = text
    return out


def _regular(row: Row) -> bool:
    return sum(g >= NUMBER_GAP for g in row.gaps) >= 2 or any(g >= TAB_GAP for g in row.gaps)


def _surely(char: Char, pieces: Sequence[_Read]) -> str:
    """Return the text of a piece of a row, or LOST for a number that is not sure."""
    said = next((p.said for p in pieces if (p.bbox[0], p.bbox[1]) == (char.x0, char.y0)), None)
    if said is None or not _is_value(char.text):
        return char.text
    doubted = said.ocr.confidence < SURE or (said.ocr.second is not None and said.ocr.second != said.text)
    return LOST if doubted else char.text


def _dash(piece: _Read, em: float) -> _Read:
    """Return a piece, as a dash if its ink is flat, whatever its reader makes of it (1, 一)."""
    width, height = piece.bbox[2] - piece.bbox[0], piece.bbox[3] - piece.bbox[1]
    if not (height <= FLAT[0] * em and width >= max(FLAT[1] * em, FLAT[2] * height)):
        return piece
    other = piece.said.text
    if not other or other in TAKEN_FOR or parse_cell(other).kind == "dash":
        return replace(piece, said=replace(piece.said, text="-", ocr=OcrCell(INK_SURE, "ink")))
    return replace(piece, said=replace(piece.said, text="-", ocr=OcrCell(INK_UNSURE, "ink", other)))


def _zones(rows: Sequence[Row]) -> list[list[int]]:
    """Return runs of rows that may hold a table, with the rows above and below that may belong to it."""
    regular = [i for i, row in enumerate(rows) if _regular(row)]
    runs: list[list[int]] = []
    for i in regular:
        if runs and i - runs[-1][-1] <= BETWEEN + 1:
            runs[-1].append(i)
        else:
            runs.append([i])
    zones: list[list[int]] = []
    for run in runs:
        if len(run) < LEAST_ROWS and not any(len(rows[i].pieces) > LEAST_ROWS for i in run):
            continue
        first, last = max(0, run[0] - HEADER_LINES), min(len(rows) - 1, run[-1] + BETWEEN)
        if zones and first <= zones[-1][-1]:
            zones[-1] = list(range(zones[-1][0], last + 1))
        else:
            zones.append(list(range(first, last + 1)))
    return [z for z in zones if sum(len(rows[i].pieces) for i in z) <= MOST_PIECES]


def _roomy(row: Row) -> list[BBox]:
    """Return the pieces of a row with paper around them."""
    pieces = row.pieces
    room = [MARGIN[0], *(min(MARGIN[0], g * row.em / 2) for g in row.gaps), MARGIN[0]]
    return [(b[0] - room[i], b[1] - MARGIN[1], b[2] + room[i + 1], b[3] + MARGIN[1]) for i, b in enumerate(pieces)]


def _labels_as_words(pieces: Sequence[_Read], read_words: ReadWords) -> list[_Read]:
    """Read pieces again that were read as numbers although words follow them in their row: 三 is no 1 there."""
    out = list(pieces)
    words = {p.row: p.bbox[0] for p in pieces if not _is_value(p.said.text)}  # the last one of each row
    wrong = [i for i, p in enumerate(pieces) if _is_value(p.said.text) and p.bbox[0] < words.get(p.row, 0.0)]
    for i, line in zip(wrong, read_words([padded(pieces[i].bbox) for i in wrong]), strict=True):
        said = pieces[i].said
        out[i] = replace(pieces[i], said=replace(said, text=line.text, ocr=OcrCell(line.confidence, said.ocr.reader)))
    return out


def _chars(pieces: Sequence[_Read], em: float) -> list[Char]:
    """Return the pieces of a row as `alignment` takes them; the blank half of a character in a label is no gap."""
    out: list[Char] = []
    for piece in pieces:
        text = "".join(piece.said.text.split()) or LOST
        x0, y0, x1, y1 = piece.bbox
        if out and x0 - out[-1].x1 <= BLANK_HALF * em and (out[-1].text[-1] in PUNCTUATION or not _is_value(text)):
            out[-1] = out[-1]._replace(x1=x0)
        out.append(Char(text, x0, y0, x1, y1, em))
    return out


def _is_value(text: str) -> bool:
    return parse_cell(text).kind in ("number", "dash")


def _with_reading(cell: RawCell, pieces: Sequence[_Read]) -> RawCell:
    """Return a cell with how its pieces were read; it is as sure as the least sure of them."""
    if cell.bbox is None or not cell.text:
        return cell
    inside = [p for p in pieces if _within(p.bbox, cell.bbox)]
    if not inside:  # cannot be: a text comes from its pieces
        return replace(cell, ocr=OcrCell(0.0, "none"))
    if len(inside) == 1:
        return replace(cell, text=inside[0].said.text or cell.text, ocr=inside[0].said.ocr)
    worst = min(inside, key=lambda p: p.said.ocr.confidence).said.ocr
    return replace(cell, ocr=OcrCell(worst.confidence, worst.reader))


def _within(box: BBox, other: BBox) -> bool:
    return (
        overlap(box[0], box[2], other[0], other[2]) > (box[2] - box[0]) / 2
        and overlap(box[1], box[3], other[1], other[3]) > (box[3] - box[1]) / 2
    )


def _looked_at_again(cells: Sequence[RawCell], read: ReadCells) -> tuple[RawCell, ...]:
    """Return cells of which the empty ones were read: a faint digit is no row of text, and yet no empty place."""
    empty = [i for i, c in enumerate(cells) if not c.ink and c.bbox is not None]
    full = [c.bbox for c in cells if c.ink and c.bbox is not None]
    boxes = [_clear(cells[i].bbox, full) for i in empty]  # type: ignore[arg-type]
    out = list(cells)
    for i, said in zip(empty, read(boxes), strict=True):
        out[i] = replace(cells[i], text=said.text, ink=said.ink, ocr=said.ocr)
    return tuple(out)


def _clear(place: BBox, others: Sequence[BBox]) -> BBox:
    """Return a place without what others in its row reach into it."""
    x0, y0, x1, y1 = place
    middle = (x0 + x1) / 2
    for other in others:
        if overlap(y0, y1, other[1], other[3]) > 0:
            if x0 - AT_SIDE < other[2] <= middle:
                x0 = other[2] + AT_SIDE
            elif middle <= other[0] < x1 + AT_SIDE:
                x1 = other[0] - AT_SIDE
    return (x0, y0, max(x0, x1), y1)

"""A page picture to tables and lines: rulings or white space to grids, cells read one by one, prose line by line.

    read_scan(raw) -> ScannedPage

The plan is the cheapest that keeps the accuracy: grid first, no text detection, the recogniser once over each cell
and each line, the small second reader over the numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

from .cellink import find_ink
from .cellread import CellReader, cell_reader
from .cellsettle import CellText, doubt_displaced_on
from .cellsplit import parted
from .config import Options
from .digitlook import numbers_again
from .document import Document, Page, RawCell, SourceNote
from .geometry import BBox, Grid, GridCell, overlap, union
from .imaging import Preparation, Prepared, prepare
from .layout import find_lines, ruled_tables
from .layout_lines import VERY_LONG, PageLines, ruling_boxes
from .lines import TextLine
from .ocr import LineReading
from .pages import PageContent, PlacedTable, assemble
from .rawpages import RawPage, open_images
from .scan_form import Carry
from .scan_items import band_at_end
from .scan_lines import Row, gutter, padded, rows_of, text_pieces, without_corners
from .scan_open import may_hold_tables, open_tables
from .scan_tables import placed, unruled_tables
from .sources import Opened

BORDER = 4.0
"""Rules this near to a table with rulings are its border, points."""
OPEN_RULES = 5
"""So many rules outside of tables with columns are those of tables without upright rulings."""
ROW_ROOM = 8.0
"""Rows of a table are higher than this in the mean, points."""
CELL_ROOM = (18.0, 12.0)
"""Cells are wider or higher than this in the mean, points: smaller ones hold a sign of text each."""
ROW_HEIGHT = 60.0
"""Rules of one table are no farther apart, points."""
SURE = 0.5
"""Lines whose characters are read with less confidence, in the mean, are no text: dirt, a seal, a picture."""
UPRIGHT = 0.6
"""Words are read with more confidence in the mean, those of a poor fax too (0.77); on their head they are not (0.3 in
tables, 0.55 in prose)."""
WORDS = 4
"""Shorter texts of cells may be numbers."""


@dataclass(frozen=True, slots=True)
class ScannedPage:
    """What was read on a page.

    Attributes:
        items: Tables and lines in reading order, boxes in points of the upright picture.
        prepared: The picture that was read.
        grids: The ruled tables' grids, in points of that picture.
        lines: Ruling lines.
        carry: Section -> what its table without upright rulings tells about its part on the next page.
    """

    items: tuple[TextLine | PlacedTable, ...]
    prepared: Prepared
    grids: tuple[Grid, ...]
    lines: PageLines
    carry: Mapping[int, Carry] = field(default_factory=dict)


def read_scan(
    raw: RawPage,
    reader: CellReader | None = None,
    how: Preparation | None = None,
    known: Mapping[int, Carry] | None = None,
) -> ScannedPage:
    """Read a page picture.

    Args:
        raw: The page as it was scanned.
        reader: Reads cells and lines; None for the default (`cell_reader`).
        how: Steps of the preparation.
        known: `ScannedPage.carry` of the page before: tables may go on.
    """
    how = how or Preparation()
    return read_prepared(prepare(raw, how), reader or cell_reader(), known, turn=how.orientation)


def read_prepared(
    page: Prepared, reader: CellReader, known: Mapping[int, Carry] | None = None, *, turn: bool = True
) -> ScannedPage:
    """Read a page that was prepared; `turn` says that it may be tried the other way up. See `read_scan`."""
    scanned, sure = _read(page, reader, known)
    if sure < UPRIGHT and turn:
        # the shapes of the glyphs had it wrong: text on its head cannot be read
        other, surer = _read(page.turned(), reader, known)
        if surer > sure:
            return other
    return scanned


def _read(page: Prepared, reader: CellReader, known: Mapping[int, Carry] | None) -> tuple[ScannedPage, float]:
    """Read a page as it lies, and tell how sure the reading of its words is in the mean; 1 for no words."""
    lines = find_lines(page.gray, page.dpi)
    rules = [r for r in ruling_boxes(lines) if r[2] - r[0] >= VERY_LONG]  # strokes of text may look like shorter ones
    grids = _without_headings(form_tables(lines), rules)
    pieces = text_pieces(page.gray, [g.bbox for g in grids], rules, page.dpi / 72)
    middle = gutter(pieces, [g.bbox for g in grids], page.frame)
    sides = [(-inf, inf)] if middle is None else [(-inf, middle), (middle, inf)]
    items: list[TextLine | PlacedTable] = []
    words: list[tuple[float, int]] = []
    carry: Mapping[int, Carry] = {}
    for low, high in sides:  # two pages on one picture follow each other
        inside = [g for g in grids if low <= g.bbox[0] < high]
        beside = [r for r in rules if low <= r[0] < high]
        rows = without_corners(rows_of([b for b in pieces if low <= b[0] < high]))
        found, said, carry = _read_side(page, reader, inside, beside, rows, known)
        items += found
        words += said
        known = carry
    sure = sum(v * n for v, n in words) / sum(n for _, n in words) if words else 1.0
    return ScannedPage(tuple(items), page, tuple(grids), lines, carry), sure


def form_tables(lines: PageLines) -> list[Grid]:
    """Return the ruled tables that may be of the form: with columns, or a caption that the page cuts off.

    Strokes of lines of text may look like a table; its rows are too low for any text, or each cell holds a sign.
    """
    return [t for t in ruled_tables(lines) if (len(t.xs) > 2 or len(t.cells) == 1) and not _strokes(t)]


def _strokes(table: Grid) -> bool:
    width = (table.bbox[2] - table.bbox[0]) / (len(table.xs) - 1)
    height = (table.bbox[3] - table.bbox[1]) / (len(table.ys) - 1)
    return height < ROW_ROOM or (width < CELL_ROOM[0] and height < CELL_ROOM[1])


def _without_headings(grids: Sequence[Grid], rules: Sequence[BBox]) -> list[Grid]:
    """Return tables without what stands between the rules of tables that have no upright rulings.

    Cells alone on pages with such tables, or above one more of their rules; strokes of labels that are taken for
    rulings of one of their rows.
    """
    columned = [g for g in grids if len(g.xs) > 2]
    loose = [r for r in rules if r[2] - r[0] > r[3] - r[1] and not any(_inside(r, g.bbox) for g in columned)]
    if len(loose) < OPEN_RULES:
        return [g for g in grids if g in columned or not _goes_on(g, loose, 1)]
    return [g for g in columned if len(g.ys) > 2 or not (_goes_on(g, loose, -1) and _goes_on(g, loose, 1))]


def _goes_on(grid: Grid, rules: Sequence[BBox], way: int) -> bool:
    """Tell whether one more rule that ends where those of a table do is next to it, above (-1) or below (1)."""
    edge = grid.bbox[3] if way > 0 else grid.bbox[1]
    return any(
        BORDER < way * ((r[1] + r[3]) / 2 - edge) <= ROW_HEIGHT and abs(r[2] - grid.bbox[2]) <= BORDER for r in rules
    )


def _read_side(
    page: Prepared,
    reader: CellReader,
    grids: Sequence[Grid],
    rules: Sequence[BBox],
    rows: list[Row],
    known: Mapping[int, Carry] | None,
) -> tuple[list[TextLine | PlacedTable], list[tuple[float, int]], Mapping[int, Carry]]:
    """Read a page, or one of two that stand side by side.

    Returns:
        Tables and lines in reading order; (confidence, number of characters) of words; what the next page must know.
    """
    scale = page.dpi / 72
    boxes = [c.bbox for g in grids for c in g.cells]

    def read(places: Sequence[BBox]) -> list[CellText]:
        return reader.read(page.gray, places, scale)

    def read_words(places: Sequence[BBox]) -> list[LineReading]:
        return reader.read_lines(page.gray, places, scale)

    loose_rules = [r for r in rules if not any(_inside(r, g.bbox) for g in grids)]
    laid = open_tables(rows, loose_rules, read_words, known) if may_hold_tables(rows, loose_rules) else []
    rows = [row for i, row in enumerate(rows) if not any(i in t.rows for t in laid)]
    aligned, loose = unruled_tables(rows, read, read_words)
    taken = frozenset(loose).union(*(t.rows for t in aligned))
    prose = [[padded(part) for part in row.parts()] for i, row in enumerate(rows) if i not in taken]
    texts = reader.read(page.gray, boxes, scale)
    items: list[TextLine | PlacedTable] = [t.placed for t in aligned]
    items += [placed(t, read) for t in laid]
    items += [TextLine(text, rows[i].bbox) for i, text in loose.items() if text]
    at = 0
    wholes: list[tuple[Grid, list[CellText]]] = []
    for grid in grids:
        wholes.append(_parted(page, grid, texts[at : at + len(grid.cells)], read))
        at += len(grid.cells)
    settled = doubt_displaced_on([([c.bbox for c in whole.cells], found) for whole, found in wholes])
    items += [_table(whole, found) for (whole, _), found in zip(wholes, settled, strict=True)]
    places = [part for parts in prose for part in parts]
    said = numbers_again(reader.reader, page.gray, places, read_words(places), scale)
    text = _prose(prose, said)
    band = band_at_end(text, min(r.bbox[0] for r in rows), max(r.bbox[2] for r in rows)) if text else None
    if band is not None and not any(i.bbox[1] > band[0].bbox[3] for i in items):
        text.remove(band[0])
        items.append(placed(band[1], read))
    items += text
    items.sort(key=lambda i: (i.bbox[1], i.bbox[0]))
    carry = {t.section: t.carry for t in laid if t.carry is not None}
    words = [(c.confidence, 1) for line in said for c in line.chars]
    cells = (c for item in items if isinstance(item, PlacedTable) for c in item.cells)
    words += [(c.ocr.confidence, len(c.text)) for c in cells if c.ocr is not None and len(c.text) >= WORDS]
    return items, words, carry


def _parted(
    page: Prepared, grid: Grid, texts: list[CellText], read: Callable[[Sequence[BBox]], list[CellText]]
) -> tuple[Grid, list[CellText]]:
    """Part the cells that a broken ruling left in one, and read these; see `cellsplit.parted`."""
    scale = page.dpi / 72
    new = parted(grid, texts, lambda i: find_ink(page.gray, grid.cells[i].bbox, scale).lines, scale)
    known = dict(zip(grid.cells, texts, strict=True))
    fresh = [c for c in new.cells if c not in known]
    known |= zip(fresh, read([c.bbox for c in fresh]), strict=True) if fresh else ()
    return new, [known[c] for c in new.cells]


def _inside(rule: BBox, table: BBox) -> bool:
    """Tell whether a rule runs in a table or along its border."""
    y = (rule[1] + rule[3]) / 2
    return table[1] - BORDER <= y <= table[3] + BORDER and overlap(rule[0], rule[2], table[0], table[2]) > 0


def _table(grid: Grid, texts: Sequence[CellText]) -> PlacedTable:
    def raw(cell: GridCell, text: CellText) -> RawCell:
        return RawCell(text.text, cell.row, cell.col, cell.rowspan, cell.colspan, cell.bbox, text.ink, text.ocr)

    cells = tuple(raw(cell, text) for cell, text in zip(grid.cells, texts, strict=True))
    return PlacedTable(cells, grid.bbox, "rulings")


def _prose(rows: Sequence[Sequence[BBox]], texts: Sequence[LineReading]) -> list[TextLine]:
    """Return rows of text as lines, wide gaps as tabs."""
    lines = []
    left = iter(texts)
    for parts in rows:
        read = [(part, next(left)) for part in parts]
        good = [(part, line) for part, line in read if line.text.strip() and _sure(line)]
        box = union(part for part, _ in good)
        if box is not None:
            # the tabs between the parts are no doubt of anybody
            sure = [v for _, line in good for v in (*(c.confidence for c in line.chars for _ in c.char), 1.0)][:-1]
            lines.append(TextLine("\t".join(line.text for _, line in good), box, tuple(sure)))
    return lines


def _sure(line: LineReading) -> bool:
    return sum(c.confidence for c in line.chars) >= SURE * len(line.chars)


def preparation(options: Options) -> Preparation:
    """Return the steps of the preparation that a run takes."""
    return Preparation(**{name: False for name in options.skip_steps})


def scan_page(
    raw: RawPage,
    name: str,
    reason: str,
    options: Options,
    notes: list[SourceNote],
    known: dict[int, Carry] | None = None,
) -> PageContent:
    """Read a page picture of a file.

    Args:
        raw: The page.
        name: The file's name.
        reason: Why it is read from its picture, in Chinese.
        options: Reader, steps, where the page is drawn with what was found (`debug_images`).
        notes: What the user must know is added.
        known: What the page before told of tables that may go on; replaced by what this one tells.

    Raises:
        OutputError: The drawing cannot be written.
    """
    scanned = read_scan(raw, cell_reader(options), preparation(options), known)
    if known is not None:
        known.clear()
        known.update(scanned.carry)
    notes.append(SourceNote("OCR", f"由图片识读（OCR）：{reason}。", raw.number, "info"))
    for box in scanned.prepared.seal_boxes:
        place = "、".join(f"{v:.0f}" for v in box)
        notes.append(SourceNote("SEAL", f"有红色印章，已除去后识读；位置（点）：{place}。", raw.number, "info"))
    if options.debug_images is not None:
        from .debugdraw import save_page

        save_page(scanned, options.debug_images, name)
    page = Page(raw.number, *raw.size, options.reader, reason, scanned.prepared.to_displayed)
    return PageContent(page, scanned.prepared.frame[1], scanned.items)


def read_images(opened: Opened, options: Options) -> Document:
    """Read an image file, a TIFF page by page, as a report.

    Raises:
        InputError: The file is no picture, damaged, or over a limit.
    """
    notes = list(opened.notes)
    name = opened.path.name
    known: dict[int, Carry] = {}
    contents = [scan_page(raw, name, "图片文件", options, notes, known) for raw in open_images(opened, options)]
    return assemble(contents, opened, "image", notes)

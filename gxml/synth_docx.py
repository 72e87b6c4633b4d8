"""A Word file of a printed report, with really merged cells."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime
from random import Random
from typing import TYPE_CHECKING, Any

from .errors import MissingToolError
from .synth_model import Printed, PrintedCell, PrintedTable

if TYPE_CHECKING:
    from docx.document import Document

# Every part of the file carries this date, so that the same report gives the same bytes.
_DATE = (2020, 1, 1, 0, 0, 0)


def write_docx(printed: Printed, seed: int) -> bytes:
    """Return the bytes of a .docx file.

    Raises:
        MissingToolError: python-docx is not installed.
    """
    try:
        import docx
        from docx.enum.text import WD_ALIGN_PARAGRAPH
    except ImportError as e:  # pragma: no cover - python-docx is in the default install
        raise MissingToolError("python-docx is not installed.", hint="pip install python-docx") from e
    rng = Random(f"docx {seed}")
    styled = rng.random() < 0.3  # headings and title by Word style, most offices set them by hand
    split_runs = rng.random() < 0.4
    document = docx.Document()
    document.core_properties.created = document.core_properties.modified = datetime(*_DATE)
    document.core_properties.author = ""
    for block in printed.blocks:
        if isinstance(block, PrintedTable):
            _table(document, block, rng)
            document.add_paragraph()
            continue
        style = {"title": "Title", "heading": "Heading 1"}.get(block.role) if styled else None
        paragraph = document.add_paragraph(style=style)
        if block.role in ("title", "closing"):
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER if block.role == "title" else WD_ALIGN_PARAGRAPH.RIGHT
        for piece in _runs(block.text, rng) if split_runs else [block.text]:
            paragraph.add_run(piece)
    return _fixed_dates(document)


def _runs(text: str, rng: Random) -> list[str]:
    """Cut a paragraph into runs, as editing leaves them."""
    out = []
    at = 0
    while at < len(text):
        step = rng.randint(1, 40)
        out.append(text[at : at + step])
        at += step
    return out


def _table(document: Document, table: PrintedTable, rng: Random) -> None:
    """Append a table; vMerge and gridSpan are written as Word does, which python-docx reads back as repeated cells."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    def element(tag: str, **attributes: str | int) -> Any:
        e = OxmlElement(tag)
        for name, value in attributes.items():
            e.set(qn("w:" + name), str(value))
        return e

    grid = table.grid()
    width = len(grid[0]) if grid else 0
    tbl = element("w:tbl")
    properties = element("w:tblPr")
    properties.append(element("w:tblW", w=0, type="auto"))
    borders = element("w:tblBorders")
    for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
        borders.append(element("w:" + side, val="single", sz=4, space=0, color="auto"))
    properties.append(borders)
    tbl.append(properties)
    columns = element("w:tblGrid")
    for _ in range(width):
        columns.append(element("w:gridCol", w=9000 // max(1, width)))
    tbl.append(columns)
    blank = rng.choice(["", "", "\u3000", "\u00a0"])

    def add(tr: Any, cell: PrintedCell | None, merge: str | None, span: int, text: str) -> None:
        tc = element("w:tc")
        pr = element("w:tcPr")
        pr.append(element("w:tcW", w=9000 // max(1, width) * span, type="dxa"))
        if span > 1:
            pr.append(element("w:gridSpan", val=span))
        if merge == "restart":
            pr.append(element("w:vMerge", val="restart"))
        elif merge:
            pr.append(element("w:vMerge"))
        tc.append(pr)
        for line in text.split("\n"):
            p = element("w:p")
            if line:
                r = element("w:r")
                t = element("w:t")
                t.text = line
                t.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
                r.append(t)
                p.append(r)
            tc.append(p)
        tr.append(tc)

    for row, places in zip(table.rows, grid, strict=True):
        tr = element("w:tr")
        c = 0
        while c < len(places):
            cell = places[c][0]
            if cell is None:
                if any(p[0] is not None for p in places[c:]):
                    add(tr, None, None, 1, "")
                c += 1
                continue
            merge = None if cell.rowspan == 1 else "restart" if cell in row.cells else "continue"
            text = "" if merge == "continue" else cell.text or (blank if cell.role == "value" else "")
            add(tr, cell, merge, cell.colspan, text)
            c += cell.colspan
        tbl.append(tr)
    body = document.element.body
    body.insert(len(body) - 1, tbl)  # before the section properties


def _fixed_dates(document: Document) -> bytes:
    buffer = io.BytesIO()
    document.save(buffer)
    out = io.BytesIO()
    with zipfile.ZipFile(buffer) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            info = zipfile.ZipInfo(name, _DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(info, old.read(name))
    return out.getvalue()

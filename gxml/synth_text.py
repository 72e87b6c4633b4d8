"""Plain-text layouts of a printed report, in the forms that converters and scrapers leave behind."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from random import Random

from .synth_model import Printed, PrintedCell, PrintedTable, Text

# A cell that is blank in the source is written as a no-break space by some converters, as nothing by others.
_BLANKS = (" ", "\u00a0", "", "\u3000")
_PAGE_LINE = ("- {} -", "— {} —", "第{}页", "{}")


def write_text(printed: Printed, layout: str, seed: int) -> str:
    """Return the text of a report in one of `TEXT_LAYOUTS`.

    Args:
        printed: What is on paper.
        layout: Name of the layout.
        seed: Chooses among the variants of the layout.
    """
    return TEXT_LAYOUTS[layout](printed, Random(f"{layout} {seed}"))


def stays_in_place(layout: str, rng: Random) -> bool:
    """First draw of text_spaces (aligned in columns) and text_lines (an empty line for an empty cell)."""
    return rng.random() < (0.5 if layout == "text_spaces" else 0.4)


def pipe_ends(rng: Random) -> tuple[bool, bool]:
    """First draws of text_pipes: whether rows end with a pipe, and whether some end with more."""
    return rng.random() < 0.6, rng.random() < 0.5


def _tight(text: str) -> str:
    """Return a cell on one line."""
    return text.replace("\n", "")


def _document(printed: Printed, table: Callable[[PrintedTable], Iterator[str]], gap: int = 1) -> str:
    """Write prose as lines, with `table` for each table, and `gap` empty lines between paragraphs."""
    lines: list[str] = []
    for block in printed.blocks:
        if isinstance(block, Text):
            lines.append(block.text)
        else:
            lines += table(block)
        lines += [""] * gap
    return "\n".join(lines).rstrip("\n") + "\n"


def _tabs(printed: Printed, rng: Random) -> str:
    """Tabs between cells, group cells first, as from a PDF table: spans leave empty fields or nothing."""
    fill = rng.random() < 0.5
    trailing = rng.random() < 0.4
    broken = rng.random() < 0.3  # lines of prose are cut as on the page
    blank = rng.choice(_BLANKS)
    page = rng.randint(6, 24) if rng.random() < 0.25 else None  # behind it, empty group cells are left out

    def table(t: PrintedTable) -> Iterator[str]:
        for i, row in enumerate(t.grid()):
            over = page is not None and t.section == 3 and i >= page
            if over and i == page:
                yield ""
            fields: list[str] = []
            for c, (cell, starts) in enumerate(row):
                if cell is None or (over and not starts and cell.role == "group" and c == 0):
                    continue
                if starts:
                    fields.append(cell.text.replace("\n", " ") or (blank if cell.role == "value" else ""))
                elif fill or (c == cell.col and cell not in t.rows[i].cells):
                    fields.append("")
            if over and i == page:  # the row at the page break begins with its label
                empty = next((k for k, f in enumerate(fields) if f), 0)
                fields = [*fields[empty : empty + 1], *fields[:empty], *fields[empty + 1 :]]
            yield "\t".join(fields) + ("\t" if trailing else "")

    text = _document(printed, table, gap=rng.choice([0, 1]))
    return _cut_lines(text, rng.randint(28, 44)) if broken else text


def _cut_lines(text: str, width: int) -> str:
    """Cut long lines of prose with an empty line where pages end, as a PDF's text does."""
    out: list[str] = []
    for line in text.split("\n"):
        if "\t" in line or len(line) <= 3 * width:
            out.append(line)
            continue
        cut = len(line) // 2
        while cut < len(line) and (line[cut - 1].isdigit() or line[cut - 1] in ".,"):
            cut += 1
        out += [line[:cut], "", line[cut:]]
    return "\n".join(out)


def _pipes(printed: Printed, rng: Random) -> str:
    """Pipes between cells; cells under a span are left out, rows end with a pipe and sometimes with fillers."""
    closing, filler = pipe_ends(rng)
    leading = rng.random() < 0.25
    keep = rng.random() < 0.4  # empty places of row spans are kept
    sep = rng.choice([" | ", " | ", "|"])

    def table(t: PrintedTable) -> Iterator[str]:
        for i, row in enumerate(t.grid()):
            fields = []
            for cell, starts in row:
                if cell is None:
                    continue
                if starts:
                    fields.append(_tight(cell.text))
                elif keep and cell not in t.rows[i].cells:
                    fields.append("")
            extra = "|" * rng.choice([1, 2]) if filler and i % 3 == 0 else ""
            yield ("| " if leading else "") + sep.join(fields) + (sep.rstrip() if closing or extra else "") + extra

    return _document(printed, table, gap=0)


def _markdown(printed: Printed, rng: Random) -> str:
    """A pipe table with a line under its first row; headings with #, spans repeated or left empty."""
    repeat = rng.random() < 0.3
    lines: list[str] = []
    for block in printed.blocks:
        if isinstance(block, Text):
            mark = {"title": "# ", "heading": "## "}.get(block.role, "")
            lines += [mark + block.text, ""]
            continue
        for i, row in enumerate(block.grid()):
            fields = []
            for cell, starts in row:
                shown = cell is not None and (starts or (repeat and cell.role != "value"))
                fields.append(cell.text.replace("\n", "<br>" if repeat else "") if cell and shown else "")
            lines.append("| " + " | ".join(fields) + " |")
            if i == 0:
                lines.append("|" + " --- |" * len(fields))
        lines.append("")
    return "\n".join(lines)


def _cells(printed: Printed, rng: Random) -> str:
    """One cell a line behind a tab, an empty line between rows; empty cells are lines of a tab and a space."""
    every = rng.random() < 0.5  # a tab before every cell, or before the cells of the first column alone
    lead = rng.choice(["\t", "\t", "    "])
    blank = rng.choice([" ", "\u00a0", "\u00a0", "\u3000"])
    padded = rng.random() < 0.4

    def table(t: PrintedTable) -> Iterator[str]:
        for row in t.grid():
            for k, (cell, starts) in enumerate(row):
                if cell is None or (not starts and cell.role not in ("group", "caption", "column")):
                    continue
                if not starts and (k and row[k - 1][0] is cell):
                    continue
                before = lead if every or k == 0 else "\t"
                if not starts:
                    yield before
                elif not cell.text:
                    yield before + blank
                else:
                    pad = rng.choice(["", " "]) if padded and cell.role == "value" else ""
                    yield before + pad + cell.text + (rng.choice(["", " "]) if pad == "" and padded else "")
            yield ""

    return _document(printed, table, gap=rng.choice([0, 1]))


def _lines(printed: Printed, rng: Random) -> str:
    """One cell a line and nothing else, neither tabs nor lines between rows."""
    keep = stays_in_place("text_lines", rng)
    wrapped = rng.random() < 0.3

    def table(t: PrintedTable) -> Iterator[str]:
        for row in t.rows:
            for cell in row.cells:
                text = cell.text if wrapped else _tight(cell.text)
                if text or (keep and cell.role == "value"):
                    yield text

    return _document(printed, table, gap=0)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _spaces(printed: Printed, rng: Random) -> str:
    """A row a line with spaces, as pdftotext writes: aligned in columns, or with one space between cells."""
    aligned = stays_in_place("text_spaces", rng)
    wrap = rng.random() < 0.4
    furniture = rng.choice(_PAGE_LINE) if rng.random() < 0.5 else ""
    interleave = not aligned and rng.random() < 0.4  # column labels of two lines stand line by line
    page = 0

    def table(t: PrintedTable) -> Iterator[str]:
        nonlocal page
        for i, row in enumerate(t.rows):
            if furniture and i and i % 14 == 0:
                page += 1
                yield furniture.format(page)
            if interleave and row.kind == "header":
                parts = [c.text.split("\n") for c in row.cells]
                yield from (" ".join(p[k] for p in parts if k < len(p)) for k in range(max(map(len, parts))))
            else:
                yield from (_aligned(row.cells, t.cols) if aligned else _single(row.cells, wrap))

    return _document(printed, table, gap=0)


def _single(cells: tuple[PrintedCell, ...], wrap: bool) -> Iterator[str]:
    """Yield a row with single spaces; a long label stands on two lines around the numbers, as in a tall cell."""
    texts = [_tight(c.text) for c in cells if c.text]
    long = next((i for i, c in enumerate(cells) if c.role == "label" and len(c.text) > 18), None)
    if wrap and long is not None:
        label = _tight(cells[long].text)
        groups = [_tight(c.text) for c in cells[:long] if c.text]
        numbers = [_tight(c.text) for c in cells[long + 1 :] if c.text]
        cut = len(label) * 3 // 5
        yield " ".join([*groups, label[:cut]])
        if numbers:
            yield " ".join(numbers)
        yield label[cut:]
        return
    if texts:
        yield " ".join(texts)


def _aligned(cells: tuple[PrintedCell, ...], cols: int) -> Iterator[str]:
    """Yield a row with every cell at its column."""
    first, step = (46, 9) if cols == 10 else (0, 9) if cols > 10 else (30, 18)
    line = ""
    labels = {10: 3, 4: 1}.get(cols, 0)
    for cell in cells:
        text = _tight(cell.text)
        if not text:
            continue
        place = cell.col * 12 if cell.col < labels else first + (cell.col - labels) * step
        line += " " * max(1 if line else 0, place - _width(line)) + text
    if line:
        yield line


def _run(printed: Printed, rng: Random) -> str:
    """Everything run together: no line ends, no separators between cells."""
    space = rng.random() < 0.5
    out: list[str] = []
    for block in printed.blocks:
        if isinstance(block, Text):
            out.append(block.text + (" " if block.role == "heading" and space else ""))
            continue
        for row in block.rows:
            out.append("".join(_tight(c.text) for c in row.cells))
            if space and rng.random() < 0.06:
                out.append(" ")
    meta = f"标题: {printed.title}\n栏目: 政府信息公开年报\n{'=' * 20} 正文 {'=' * 20}\n" if rng.random() < 0.5 else ""
    lines = "".join(out) if meta else printed.title + "\n" + "".join(out[sum(1 for _ in _titles(printed)) :])
    return re.sub(r"\n+", "\n", meta + lines) + "\n"


def _titles(printed: Printed) -> Iterator[Text]:
    return (b for b in printed.blocks if isinstance(b, Text) and b.role == "title")


TEXT_LAYOUTS: dict[str, Callable[[Printed, Random], str]] = {
    "text_tabs": _tabs,
    "text_pipes": _pipes,
    "text_cells": _cells,
    "text_lines": _lines,
    "text_spaces": _spaces,
    "text_run": _run,
    "markdown": _markdown,
}

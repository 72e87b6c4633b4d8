"""From a generated report to what is on paper: headings, label variants and tables with spans, by a style seed."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from .synth_issuer import data
from .synth_model import Block, Printed, PrintedCell, PrintedRow, PrintedTable, SyntheticReport, Text
from .template import Block as FormBlock
from .template import TableForm, editions

_HALF = str.maketrans("（），：；", "(),:;")
_NUMBERED = re.compile(r"^(\d)\.")
_PREFIX = re.compile(r"^(?:[一二三四五六七八九十]、|（[一二三四五六七]）|\d\.)")


@dataclass(frozen=True, slots=True)
class Style:
    """How one document names and sets things.

    Attributes:
        variants: Share of labels that are printed in another known form.
        mark: What stands behind the number of a label: "." or "、" or "．" or ". ".
        half_width: ASCII brackets, commas and colons, in prose too.
        vertical: The label of 三、本年度办理结果 is set with one character a line.
        spaced_groups: Blanks inside the labels of groups.
        wrapped: Column labels of two lines.
        extra_cells: An empty cell beside the labels of （六） and （七）.
        split_group: The cell of 三、 is split in two, as WPS does at a page's end.
        notes: Text between headings and tables.
    """

    seed: int
    variants: float = 0.0
    mark: str = "."
    half_width: bool = False
    vertical: bool = False
    spaced_groups: bool = False
    wrapped: bool = False
    extra_cells: bool = False
    split_group: bool = False
    notes: bool = False


def draw_style(seed: int) -> Style:
    """Draw a style; seed 0 is the form as the notice prints it."""
    if seed == 0:
        return Style(0)
    rng = Random(f"style {seed}")
    return Style(
        seed,
        variants=rng.choice([0, 0, 0.1, 0.3]),
        mark=rng.choice([".", ".", ".", "、", "．", ". "]),
        half_width=rng.random() < 0.12,
        vertical=rng.random() < 0.3,
        spaced_groups=rng.random() < 0.2,
        wrapped=rng.random() < 0.35,
        extra_cells=rng.random() < 0.12,
        split_group=rng.random() < 0.1,
        notes=rng.random() < 0.12,
    )


def compose(report: SyntheticReport, style_seed: int = 0) -> Printed:
    """Set a report: title, preamble, sections with their headings and tables, closing lines."""
    style = draw_style(style_seed)
    rng = Random(f"compose {style_seed}")
    frame = data("frame")
    blocks: list[Block] = [Text(line, "title", 0) for line in report.title]

    def say(text: str, role: Any, section: int) -> None:
        blocks.append(Text(text.translate(_HALF) if style.half_width else text, role, section))

    def head(section: int) -> None:
        options = frame["headings"][str(section)]
        say(rng.choice(options) if style_seed else options[0], "heading", section)

    for p in report.section_text(0).split("\n"):
        if p:
            say(p, "preamble", 0)
    head(1)
    for p in report.section_text(1).split("\n"):
        say(p, "subheading" if p.startswith("（") and len(p) < 24 else "body", 1)
    for section in (2, 3, 4):
        head(section)
        if style.notes and rng.random() < 0.5:
            say(rng.choice(frame["table"]["note"]).replace("$year", str(report.year)), "note", section)
        form = editions()[report.editions[str(section)]].table(section)
        blocks.append(_Tables(report, style, rng).build(form))
    for section in (5, 6):
        head(section)
        for p in report.section_text(section).split("\n"):
            say(p, "body", section)
    for line in report.closing:
        say(line, "closing", 6)
    return Printed(tuple(blocks), report.issuer.name, report.year)


class _Tables:
    """Builds the printed tables of one report in one style."""

    def __init__(self, report: SyntheticReport, style: Style, rng: Random) -> None:
        self.report = report
        self.style = style
        self.rng = rng
        self.names = data("frame")["table"]

    def build(self, form: TableForm) -> PrintedTable:
        if form.layout == "one_line":
            return self._one_line(form)
        return self._matrix(form) if form.caption else self._blocks(form)

    def label(self, text: str, variants: tuple[str, ...] = ()) -> str:
        """Return a label as this document prints it."""
        style = self.style
        if style.variants and self.rng.random() < style.variants:
            prefix = m[0] if (m := _PREFIX.match(text)) else ""
            options = [v if _PREFIX.match(v) else prefix + v for v in variants]
            options += self.names["more"].get(text, [])
            text = self.rng.choice([text, *options])
        elif style.seed and text in self.names["more"]:
            options = self.names["more"][text]
            text = options[0] if self.rng.random() < 0.9 else self.rng.choice(options)
        text = _NUMBERED.sub(lambda m: m[1] + style.mark, text)
        return text.translate(_HALF) if style.half_width else text

    def column(self, text: str, variants: tuple[str, ...] = ()) -> str:
        """Return a column label, on two lines where the style wraps them."""
        text = self.label(text, variants)
        if self.style.wrapped and len(text) in (4, 6):
            step = 2
            return "\n".join(text[i : i + step] for i in range(0, len(text), step))
        return "\n".join(text) if self.style.wrapped and len(text) == 2 and self.rng.random() < 0.5 else text

    def group(self, text: str) -> str:
        """Return the label of a group of rows."""
        text = self.label(text)
        if text.startswith("三") and self.style.vertical:
            return "\n".join(text)
        if self.style.spaced_groups:
            return "".join(c + (" " if self.rng.random() < 0.4 else "") for c in text).rstrip()
        return text

    def value(self, field: str, col: int, colspan: int = 1) -> PrintedCell:
        return PrintedCell(self.report.printed[field], col, 1, colspan, "value", field)

    def _blocks(self, form: TableForm) -> PrintedTable:
        """Section 二: for each item of article 20 a band, a header and its rows."""
        width = 1 + max(len(b.columns) for b in form.blocks)
        band = self.rng.choice(self.names["band"]) if self.style.seed else self.names["band"][0]
        content = self.rng.choice(self.names["content"]) if self.style.seed else self.names["content"][0]
        rows: list[PrintedRow] = []
        for block in form.blocks:
            spans = _share(width - 1, len(block.columns))
            places = [1 + sum(spans[:i]) for i in range(len(spans))]
            rows.append(PrintedRow("band", (PrintedCell(self._band(band, block.label), 0, 1, width, "band"),)))
            header = [PrintedCell(content, 0, role="column")]
            for column, col, span in zip(block.columns, places, spans, strict=True):
                owner = f"{form.prefix}{block.rows[0].name}.{column.name}"
                text = self.report.headers.get(owner)
                if text is None:
                    # a money label with another unit is another statement, not another spelling
                    text = self.column(column.label, () if column.kind == "money" else column.variants)
                header.append(PrintedCell(text, col, 1, span, "column"))
            rows.append(PrintedRow("header", tuple(header)))
            for row in block.rows:
                ids = [f"{form.prefix}{row.name}.{c.name}" for c in block.columns]
                label = PrintedCell(self.label(row.label, row.variants), 0, role="label")
                values = [self.value(i, col, span) for i, col, span in zip(ids, places, spans, strict=True)]
                rows.append(PrintedRow("data", (label, *values), tuple(ids)))
        return PrintedTable(2, width, tuple(rows))

    def _band(self, pattern: str, label: str) -> str:
        number = label[label.index("（") + 1]
        text = pattern.replace("一", number)
        return text.translate(_HALF) if self.style.half_width else text

    def _matrix(self, form: TableForm) -> PrintedTable:
        """Section 三: three header rows, then rows under up to two levels of groups."""
        block = form.blocks[0]
        depth = 1 + max(len(r.path) for r in block.rows)
        rows = self._matrix_header(form, block, depth)
        starts = len(rows)
        for i, row in enumerate(block.rows):
            cells: list[PrintedCell] = []
            for level, name in enumerate(row.path):
                if i and block.rows[i - 1].path[: level + 1] == row.path[: level + 1]:
                    continue
                span = 1
                while i + span < len(block.rows) and block.rows[i + span].path[: level + 1] == row.path[: level + 1]:
                    span += 1
                cells.append(PrintedCell(self.group(name), level, span, 1, "group"))
            level = len(row.path)
            text = self.label(row.label, row.variants)
            wide = depth - level
            if self.style.extra_cells and wide == 2 and row.name in ("other_handling", "processed_total"):
                cells += [PrintedCell(text, level, role="label"), PrintedCell("", level + 1, role="filler")]
            else:
                cells.append(PrintedCell(text, level, 1, wide, "label"))
            ids = [f"{form.prefix}{row.name}.{c.name}" for c in block.columns]
            cells += [self.value(f, depth + k) for k, f in enumerate(ids)]
            rows.append(PrintedRow("data", tuple(cells), tuple(ids)))
        if self.style.split_group:
            rows = self._split_group(rows, starts)
        return PrintedTable(3, depth + len(block.columns), tuple(rows))

    def _matrix_header(self, form: TableForm, block: FormBlock, depth: int) -> list[PrintedRow]:
        caption = self.rng.choice(self.names["caption"]) if self.style.seed else self.names["caption"][0]
        caption = caption.translate(_HALF) if self.style.half_width else caption
        width = len(block.columns)
        first = (
            PrintedCell(caption, 0, 3, depth, "caption"),
            PrintedCell(self.names["applicants"], depth, 1, width, "column"),
        )
        second: list[PrintedCell] = []
        third: list[PrintedCell] = []
        for k, column in enumerate(block.columns):
            text = self.column(column.label, column.variants)
            if not column.group:
                second.append(PrintedCell(text, depth + k, 2, 1, "column"))
                continue
            if k == 0 or block.columns[k - 1].group != column.group:
                span = sum(c.group == column.group for c in block.columns)
                second.append(PrintedCell(column.group, depth + k, 1, span, "column"))
            third.append(PrintedCell(text, depth + k, 1, 1, "column"))
        return [PrintedRow("header", first), PrintedRow("header", tuple(second)), PrintedRow("header", tuple(third))]

    def _split_group(self, rows: list[PrintedRow], starts: int) -> list[PrintedRow]:
        """Split the cell of the first group in two, its label in the upper part alone or cut in half."""
        at = next(i for i in range(starts, len(rows)) if any(c.role == "group" for c in rows[i].cells))
        cell = rows[at].cells[0]
        cut = self.rng.randint(3, cell.rowspan - 3)
        text = cell.text
        head, tail = (text, "") if self.rng.random() < 0.5 else (text[: len(text) // 2], text[len(text) // 2 :])
        rows[at] = replace(rows[at], cells=(replace(cell, text=head, rowspan=cut), *rows[at].cells[1:]))
        lower = replace(cell, text=tail.strip("\n"), rowspan=cell.rowspan - cut)
        rows[at + cut] = replace(rows[at + cut], cells=(lower, *rows[at + cut].cells))
        return rows

    def _one_line(self, form: TableForm) -> PrintedTable:
        """Section 四: groups of columns beside each other over one printed row."""
        block = form.blocks[0]
        each = len(block.columns)
        top: list[PrintedCell] = []
        middle: list[PrintedCell] = []
        bottom: list[PrintedCell] = []
        values: list[PrintedCell] = []
        for i, row in enumerate(block.rows):
            begin = i * each
            if row.path and not (i and block.rows[i - 1].path == row.path):
                span = each * sum(r.path == row.path for r in block.rows)
                top.append(PrintedCell(row.path[0], begin, 1, span, "column"))
            if row.path:
                middle.append(PrintedCell(self.label(row.label), begin, 1, each, "column"))
            else:
                top.append(PrintedCell(row.label, begin, 1, each, "column"))
            for k, column in enumerate(block.columns):
                text = self.column(column.label, column.variants)
                target, rowspan = (bottom, 1) if row.path else (middle, 2)
                target.append(PrintedCell(text, begin + k, rowspan, 1, "column"))
                values.append(self.value(f"{form.prefix}{row.name}.{column.name}", begin + k))
        middle.sort(key=lambda c: c.col)
        ids = tuple(v.field or "" for v in values)
        rows = [PrintedRow("header", tuple(r)) for r in (top, middle, bottom)]
        return PrintedTable(4, each * len(block.rows), (*rows, PrintedRow("data", tuple(values), ids)))


def _share(width: int, parts: int) -> list[int]:
    """Share `width` grid columns among cells, the last one taking what is left."""
    return [1] * (parts - 1) + [width - parts + 1]

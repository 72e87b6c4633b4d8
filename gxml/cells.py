"""Strips: a row label and the printed cells behind it, whatever the layout.

A grid row, a delimited line, a run of one-cell-a-line text and a line of run-together digits all become the
same `Strip`. Which row of the form a strip is, and which column a field belongs to, is decided later
(`labels`, `fill`); here only what is printed is taken apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from typing import Literal

from .document import Document, Line, OcrCell, Table, TableCell
from .geometry import BBox, Span
from .numerals import parse_cell, squeeze

FieldKind = Literal["number", "blank", "dash", "words", "noise", "break"]
Origin = Literal["rulings", "markup", "alignment", "delimited", "stacked", "inline"]

_CJK = re.compile("[\u4e00-\u9fff]")
_DIGIT_RUN = re.compile(r"[+\-＋﹢－−﹣]{0,2}[\d０-９][\d０-９,，]*(?:[.．][\d０-９]+)*(?:\s*(?:万元|亿元|元))?%?")
_SIGN_WORD = re.compile(r"(?<![/／年增])(?:增加|减少|[增减])[:：]?\s*(?=\d)")
_NUMBERING_END = re.compile(r"\s*[.．、]\s*[“\"\u4e00-\u9fff]")
# A sentence above a table that holds a number (有关数据见下表，共 3 张) is no row; the form's words have commas, too.
_SENTENCE = re.compile("[，,。；][\u4e00-\u9fff]")
_FORM_WORDS = re.compile("区分处理|只计|不计|勾稽|行政机关|申请人")
_BRACKETED = re.compile(r"[（(][^（）()]*[）)]")
MAX_SENTENCE, MAX_FIGURES = 120, 3
_LINE_NUMBERS = frozenset(("序号", "行次", "编号"))
"""What a column that counts the rows is called."""
_WORD = re.compile(r"\S+")
# A line that is only a number between dashes is the foot of a page …
_PAGE_FOOT = re.compile(r"[-—–－]\s*\d{1,3}\s*[-—–－]")
# … and so is a bare number behind a row, where rows stand on lines of their own: so many, and so many times more.
_LONE_NUMBER = re.compile(r"\s*\d{1,3}\s*")
_ROW_LINE = re.compile(r".*[\u4e00-\u9fff].*\d\s*")
ROW_LINES, ROW_LINES_MORE = 3, 2
# A line of nothing but so many tabs or pipes is a row of blank cells.
MANY_MARKS = 3
_RULE_LINE = re.compile(r"[\s|:：\-—–_=+─━┄│┃]*[-—_=─━]{3,}[\s|:：\-—–_=+─━┄│┃]*")


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


def strips_between(document: Document, lo: int, hi: int) -> list[Strip]:
    """Return the strips of the tables and lines whose text lies in [lo, hi), in reading order."""
    out: list[Strip] = []
    run: list[Line] = []
    number = 0

    def flush() -> None:
        nonlocal number
        if run:
            number += 1
            start, end = max(lo, run[0].span[0]), min(hi, run[-1].span[1])
            out.extend(_text_strips(document, run, start, end, number))
            run.clear()

    for block in document.blocks:
        if block.span[1] < lo or block.span[0] >= hi:
            continue
        if isinstance(block, Table):
            flush()
            number += 1
            out.extend(s for s in _table_strips(block, number) if lo <= s.span[0] < hi)
        else:
            run.append(block)
    flush()
    return _with_wrapped_labels(out)


def _with_wrapped_labels(strips: list[Strip]) -> list[Strip]:
    """Give each strip with values the text of the value-less strips directly before it."""
    out: list[Strip] = []
    pending = ""
    for s in strips:
        if s.values:
            out.append(replace(s, before=pending) if pending else s)
            pending = ""
        else:
            out.append(s)
            pending = (pending + s.label)[-60:]
    return out


# ---- tables ------------------------------------------------------------------------------------------------


def is_label(text: str) -> bool:
    """Tell whether a cell holds words of a label: at least two ideographs and no value."""
    return parse_cell(text).kind in ("words", "noise") and len(_CJK.findall(text)) >= 2


def _table_strips(table: Table, number: int) -> Iterator[Strip]:
    by_row: dict[int, list[TableCell]] = {}
    counted = {c.col for c in table.cells if squeeze(c.text) in _LINE_NUMBERS}
    for cell in table.cells:
        if cell.col in counted and cell.colspan == 1 and (cell.text.strip().isdigit() or cell.text in _LINE_NUMBERS):
            continue
        by_row.setdefault(cell.row, []).append(cell)
    for row in sorted(by_row):
        cells = sorted(by_row[row], key=lambda c: c.col)
        last = max((i for i, c in enumerate(cells) if is_label(c.text)), default=-1)
        # a cell with words behind the first number is a worded value, not a label
        first = next((i for i, c in enumerate(cells) if parse_cell(c.text).kind == "number"), len(cells))
        if first < last:
            last = max((i for i, c in enumerate(cells[:first]) if is_label(c.text)), default=-1)
        labels = [_cell_field(c, table) for c in cells[: last + 1]]
        values: list[Field] = []
        if last == len(cells) - 1 and last >= 0:  # perhaps label and numbers are printed in one cell
            head, tail = split_inline(cells[last].text, cells[last].span[0])
            if tail:
                labels[-1] = replace(labels[-1], text=head)
                values += [replace(f, page=cells[last].page, bbox=cells[last].bbox) for f in tail]
        values += [_cell_field(c, table) for c in cells[last + 1 :]]
        end = max(_edges(c, table)[1] for c in cells)
        span = (cells[0].span[0], cells[-1].span[1])
        yield Strip((*labels, *values), len(labels), table.origin, number, span, table.page, width=end)


def _edges(cell: TableCell, table: Table) -> tuple[float, float]:
    if table.origin != "markup" and cell.bbox is not None:
        return cell.bbox[0], cell.bbox[2]
    return float(cell.col), float(cell.col + cell.colspan)


def _cell_field(cell: TableCell, table: Table) -> Field:
    kind: FieldKind = parse_cell(cell.text, whole=table.origin != "alignment").kind
    lo, hi = _edges(cell, table)
    return Field(cell.text, kind, cell.span, cell.page, cell.bbox, lo, hi, ocr=cell.ocr)


# ---- text --------------------------------------------------------------------------------------------------


def split_inline(text: str, offset: int) -> tuple[str, list[Field]]:
    """Take "label 0 0 0" or "label000" apart into the label and the number fields behind it.

    Returns the text whole and no fields where no number stands behind the words. The digit of a following
    numbering ("0000000" + "2.其他") is left to the label that it belongs to.
    """
    tokens = list(_tokens(text, offset))
    if not tokens or tokens[0].kind != "words":
        return text, []
    cut = next((i for i, t in enumerate(tokens) if t.kind != "words"), len(tokens))
    if any(t.kind == "words" for t in tokens[cut:]):
        return text, []
    return "".join(t.text for t in tokens[:cut]), tokens[cut:]


def _tokens(text: str, offset: int) -> Iterator[Field]:
    """Split a line without cells into words and numbers."""
    pos = 0
    words = 0
    end = len(text)
    while pos < end:
        match = _DIGIT_RUN.match(text, pos)
        sign = _SIGN_WORD.match(text, pos) if not match else None
        if sign:
            match = _DIGIT_RUN.match(text, sign.end())
        if match is None:
            pos += 1
            continue
        start, stop = pos, match.end()
        piece = text[start:stop]
        if _is_numbering(text, stop):  # the last digit numbers the label behind it
            stop -= 1
            piece = text[start:stop]
        if not piece or _in_words(text, start, stop):
            pos = max(stop, pos) + 1
            continue
        yield from _between(text, words, start, offset)
        kind: FieldKind = parse_cell(piece).kind
        glued = start > 0 and not text[start - 1].isspace()
        yield Field(piece, kind, (offset + start, offset + stop), lo=start, hi=stop, glued=glued)
        pos = words = stop
    yield from _between(text, words, end, offset)


def _between(text: str, start: int, end: int, offset: int) -> Iterator[Field]:
    """Yield what stands between two numbers: words, and in front of or behind them cells that hold a mark for zero.

    A mark is a dash, 无 or 〇 with space on both sides. In front of words it is a cell only behind a number.
    """
    pieces = list(_WORD.finditer(text, start, end))
    kinds = [_mark(text, m) for m in pieces]
    head = next((i for i, k in enumerate(kinds) if k is None), len(kinds)) if start else 0
    tail = next((i for i in range(len(kinds), head, -1) if kinds[i - 1] is None), head)
    for i, m in enumerate(pieces):
        kind = kinds[i]
        if kind is not None and not head <= i < tail:
            yield Field(m.group(), kind, (offset + m.start(), offset + m.end()), lo=m.start(), hi=m.end())
        elif i == head:
            yield _words(text, m.start(), pieces[tail - 1].end(), offset)


def _mark(text: str, word: re.Match[str]) -> FieldKind | None:
    """Return what a word is as a cell of its own, None if it is not one."""
    alone = text[word.start() - 1 : word.start()].strip() == "" and text[word.end() : word.end() + 1].strip() == ""
    kind: FieldKind = parse_cell(word.group()).kind
    return kind if alone and kind in ("dash", "number") else None


def _words(text: str, start: int, end: int, offset: int) -> Field:
    piece = text[start:end]
    left = start + len(piece) - len(piece.lstrip())
    right = end - (len(piece) - len(piece.rstrip()))
    return Field(text[left:right], "words", (offset + left, offset + right), lo=left, hi=right)


def _is_numbering(text: str, stop: int) -> bool:
    """Tell whether "." or "、" and an ideograph follow: then the digit before numbers a label."""
    return bool(_NUMBERING_END.match(text[stop : stop + 6]))


def _in_words(text: str, start: int, stop: int) -> bool:
    """Tell whether the digits belong to words: a year in brackets, "第20条", "2023年"."""
    before, after = text[max(0, start - 1) : start], text[stop : stop + 2]
    if before in "(（〔[" and before and after[:1] in ")）〕]":
        return True
    return before in ("第", "表", "图") or after[:1] in ("年", "条", "月", "日", "号")


def _text_strips(document: Document, lines: list[Line], start: int, end: int, number: int) -> list[Strip]:
    text = document.text
    rows = list(_physical_lines(text, start, end))
    stacked = _is_stacked([t for t, _ in rows])
    framed = _is_framed([t for t, _ in rows])
    in_rows = not stacked and _rows_on_lines([t for t, _ in rows])
    places = _Places(lines)
    stream: list[Field] = []
    out: list[Strip] = []

    def flush() -> None:
        out.extend(_stream_strips(stream, number, stacked))
        stream.clear()

    for line, offset in rows:
        if not line.strip(" \t\u3000\u00a0|"):
            if not stacked and max(line.count(mark) for mark in "\t|") >= MANY_MARKS:  # a row of blanks
                flush()
                out.append(_delimited_strip(_split_cells(line, framed), offset, number, places))
            elif line.strip() != "|":
                # in one-cell-a-line text a line of spaces is an empty cell, a line of nothing ends a row
                stream.append(places.put(Field("", "blank" if line else "break", (offset, offset))))
            continue
        if _RULE_LINE.fullmatch(line) or (not stacked and _is_sentence(line)):
            continue
        pieces = _split_cells(line, framed)
        if len(pieces) > 1 and not stacked and not _lone(pieces):
            flush()
            out.append(_delimited_strip(pieces, offset, number, places))
            continue
        if stacked and not line.startswith("\t") and stream and stream[-1].kind not in ("break",):
            stream[-1] = _continued(stream[-1], line, offset)
            continue
        if in_rows and _LONE_NUMBER.fullmatch(line) and stream and stream[-1].kind == "number":
            stream.append(places.put(_words(line, 0, len(line), offset)))
            continue
        for piece, at in pieces:
            if piece.strip():
                stream.extend(places.put(f) for f in _cell_tokens(piece, offset + at))
    flush()
    return out


def _is_sentence(line: str) -> bool:
    """Tell whether a line between the rows is prose that names a few figures."""
    if len(line) > MAX_SENTENCE or "\t" in line or "|" in line or "｜" in line or _FORM_WORDS.search(line):
        return False
    return bool(_SENTENCE.search(_BRACKETED.sub("", line))) and len(_DIGIT_RUN.findall(line)) <= MAX_FIGURES


def _continued(field: Field, line: str, offset: int) -> Field:
    """Join a line that continues a cell of one-cell-a-line text."""
    joined = field.text + ("\n" if field.text else "") + line.strip()
    kind: FieldKind = parse_cell(joined).kind
    first = field.span[0] if field.text else offset
    return replace(field, text=joined, kind=kind, span=(first, offset + len(line)))


def _lone(pieces: list[tuple[str, int]]) -> bool:
    """Tell whether a line is one cell behind its separator."""
    return len(pieces) == 2 and not pieces[0][0].strip() and bool(pieces[1][0].strip())


def _physical_lines(text: str, start: int, end: int) -> Iterator[tuple[str, int]]:
    pos = start
    for line in text[start:end].split("\n"):
        yield line, pos
        pos += len(line) + 1


def _is_stacked(lines: list[str]) -> bool:
    """Tell whether the text has one cell a line, each (or each but the first of a row) behind a tab."""
    cells = [x for x in lines if x.strip()]
    led = [x for x in cells if x.startswith("\t") and "\t" not in x.strip()]
    rows = [x for x in cells if "\t" in x.strip()]
    return len(cells) >= 6 and len(led) >= 0.4 * len(cells) and len(rows) <= 0.1 * len(cells)


def _rows_on_lines(lines: list[str]) -> bool:
    """Tell whether labels and their numbers stand on one line, and hardly a number stands alone."""
    rows = sum(bool(_ROW_LINE.fullmatch(x)) for x in lines)
    alone = sum(bool(_LONE_NUMBER.fullmatch(x)) for x in lines)
    return rows >= ROW_LINES and rows > ROW_LINES_MORE * alone


def _is_framed(lines: list[str]) -> bool:
    """Tell whether table rows stand between outer pipes: then every one of them begins with a pipe."""
    rows = [x.strip() for x in lines if x.count("|") >= 2]
    return bool(rows) and sum(x.startswith("|") for x in rows) >= 0.9 * len(rows)


def _split_cells(line: str, framed: bool) -> list[tuple[str, int]]:
    """Split a line at tabs or pipes into (text, offset); pipes that frame the row make no cells."""
    mark = "|" if "|" in line else "｜" if "｜" in line else "\t" if "\t" in line else None
    if mark is None:
        return [(line, 0)]
    out: list[tuple[str, int]] = []
    pos = 0
    for piece in line.split(mark):
        out.append((piece, pos))
        pos += len(piece) + 1
    if framed and mark != "\t" and line.lstrip().startswith(mark):
        out = out[1:]
        if out and not out[-1][0].strip():
            out = out[:-1]
    return out or [("", 0)]


def _cell_tokens(piece: str, offset: int) -> list[Field]:
    """Return what a piece between separators holds: one value, one label, or words and numbers in a line."""
    left = len(piece) - len(piece.lstrip())
    body = piece.strip()
    printed = parse_cell(body)
    if printed.kind in ("number", "dash"):
        return [Field(body, printed.kind, (offset + left, offset + left + len(body)))]
    if _PAGE_FOOT.fullmatch(body):
        return [_words(body, 0, len(body), offset + left)]
    tokens = list(_tokens(body, offset + left))
    return tokens or [Field(body, printed.kind, (offset + left, offset + left + len(body)))]


def _delimited_strip(pieces: list[tuple[str, int]], offset: int, number: int, places: _Places) -> Strip:
    first = next((i for i, (p, _) in enumerate(pieces) if parse_cell(p).kind == "number"), len(pieces))
    last = max((i for i, (p, _) in enumerate(pieces[:first]) if is_label(p)), default=-1)
    labels: list[Field] = []
    values: list[Field] = []
    for i, (p, at) in enumerate(pieces):
        body = p.strip()
        left = at + (len(p) - len(p.lstrip()) if body else 0)
        span = (offset + left, offset + left + len(body))
        if i == last:
            head, tail = split_inline(body, span[0])
            labels.append(places.put(Field(head, "words", (span[0], span[0] + len(head)), lo=i, hi=i + 1)))
            values += [places.put(f) for f in tail]
            continue
        kind: FieldKind = parse_cell(body).kind
        alone = i < last or kind in ("blank", "number", "dash") or is_label(p)
        tokens = [] if alone else _cell_tokens(p, offset + at)
        if len(tokens) > 1 and all(t.kind != "words" for t in tokens):
            values += [places.put(replace(t, lo=i, hi=i + 1)) for t in tokens]
            continue
        (labels if i < last else values).append(places.put(Field(body, kind, span, lo=i, hi=i + 1)))
    begin = offset + pieces[0][1]
    end = offset + pieces[-1][1] + len(pieces[-1][0])
    page = places.page(begin)
    return Strip((*labels, *values), len(labels), "delimited", number, (begin, end), page, width=len(pieces))


def _stream_strips(stream: list[Field], number: int, stacked: bool) -> Iterator[Strip]:
    """Cut a stream of words and values at each label that follows a value."""
    origin: Origin = "stacked" if stacked or _mostly_alone(stream) else "inline"
    labels: list[Field] = []
    values: list[Field] = []

    def strip() -> Strip:
        parts = [*labels, *values]
        span = (parts[0].span[0], max(p.span[1] for p in parts))
        return Strip(tuple(parts), len(labels), origin, number, span, parts[0].page, closed=origin != "stacked")

    for field in stream:
        if field.kind == "words" or (field.kind == "noise" and is_label(field.text)):
            if any(v.kind not in ("blank", "break") for v in values) or (values and labels):
                yield strip()
                labels, values = [], []
            values = []
            labels.append(field)
        elif labels or field.kind not in ("blank", "break"):
            values.append(field)
    if labels or values:
        yield strip()


def _mostly_alone(stream: list[Field]) -> bool:
    numbers = [f for f in stream if f.kind == "number"]
    return (
        bool(numbers) and sum(f.glued for f in numbers) < 0.2 * len(numbers) and any(f.kind == "break" for f in stream)
    )


class _Places:
    """Page and box of a span, from the lines that it lies in."""

    def __init__(self, lines: list[Line]) -> None:
        self._lines = lines
        self._at = 0

    def _line(self, offset: int) -> Line:
        lines = self._lines
        if lines[self._at].span[0] > offset:
            self._at = 0
        while self._at + 1 < len(lines) and lines[self._at + 1].span[0] <= offset:
            self._at += 1
        return lines[self._at]

    def page(self, offset: int) -> int:
        return self._line(offset).page

    def put(self, field: Field) -> Field:
        line = self._line(field.span[0])
        if line.page == field.page and line.bbox is field.bbox:
            return field  # text without pages: nothing to add
        return replace(field, page=line.page, bbox=line.bbox)


def tight(field: Field) -> str:
    """Return the field's text without white space."""
    return squeeze(field.text)

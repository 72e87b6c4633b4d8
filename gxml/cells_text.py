"""Rows of text without tables: delimited lines, one cell a line, run-together lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise, takewhile

from .cells_inline import split_inline, tokens_of, words_of
from .document import Document, Line
from .numerals import parse_cell
from .strips import Field, FieldKind, Origin, Strip, is_label

# A sentence above a table that holds a number (有关数据见下表，共 3 张) is no row; the form's words have commas, too.
_SENTENCE = re.compile("[，,。；][\u4e00-\u9fff]")
_FORM_WORDS = re.compile("区分处理|只计|不计|勾稽|行政机关|申请人")
_BRACKETED = re.compile(r"[（(][^（）()]*[）)]")
MAX_SENTENCE, MAX_FIGURES = 120, 3
# Prose says what it counts.
_FIGURE = re.compile(r"[\d０-９][\d０-９,，.．]*")
_COUNTED = "件条项份次个人"
# A line that is only a number between dashes, or 第 4 页 共 9 页, is the foot of a page …
_PAGE_FOOT = re.compile(r"[-—–－]\s*\d{1,3}\s*[-—–－]|第\s*\d{1,3}\s*页(?:\W*共\s*\d{1,3}\s*页)?")
# … and so is a bare number behind a row, where rows stand on lines of their own: so many, and so many times more.
_LONE_NUMBER = re.compile(r"\s*\d{1,3}\s*")
# The digits behind a point, alone on a line: the number before it is cut in two.
_DECIMALS = re.compile(r"\s*[.．]\s*\d+\s*(?:万元|亿元|元)?\s*")
_CUT_NUMBER = re.compile(r"\d[\d,，]*[.．]")
_ROW_LINE = re.compile(r".*[\u4e00-\u9fff].*\d\s*")
ROW_LINES, ROW_LINES_MORE = 3, 2
# It may as well be the rest of a number in a row of no more numbers than this; the sums show one that is cut elsewhere.
FEW_NUMBERS = 3
# Bare numbers on lines of their own that count up by one, so many of them, are feet of pages.
MANY_FEET = 3
# A line of nothing but so many tabs or pipes is a row of blank cells.
MANY_MARKS = 3
_PIPE = re.compile("[|│┃║]")
_RULE_LINE = re.compile(r"[\s|:：\-—–_=+─━┄│┃\u2500-\u257f]*[-—_=─━═]{3,}[\s|:：\-—–_=+─━┄│┃\u2500-\u257f]*")


def text_strips(document: Document, lines: list[Line], start: int, end: int, number: int) -> list[Strip]:
    """Return the rows of a run of lines.

    Args:
        document: Where they stand.
        lines: The run.
        start: First character of the text that counts.
        end: End of it.
        number: Of the run, to compare its rows.
    """
    text = document.text
    rows = list(_physical_lines(text, start, end))
    stacked = _is_stacked([t for t, _ in rows])
    framed = _is_framed([t for t, _ in rows])
    in_rows = not stacked and _rows_on_lines([t for t, _ in rows])
    feet = _page_feet(text) if in_rows else frozenset()
    places = _Places(lines)
    stream: list[Field] = []
    several = False  # the last line held more than one cell
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
                empty = bool(line) and not several
                stream.append(places.put(Field("", "blank" if empty else "break", (offset, offset))))
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
        if _DECIMALS.fullmatch(line) and stream and stream[-1].kind == "number":
            stream[-1] = _continued(stream[-1], line, offset)
            continue
        if in_rows and _LONE_NUMBER.fullmatch(line) and stream and stream[-1].kind == "number":
            if offset not in feet and _may_go_on(stream):
                stream[-1] = _continued(stream[-1], line, offset)
            else:
                stream.append(places.put(words_of(line, 0, len(line), offset)))
            continue
        before = len(stream)
        for piece, at in pieces:
            if piece.strip():
                stream.extend(places.put(f) for f in _cell_tokens(piece, offset + at))
        several = len(stream) - before > 1
    flush()
    return out


def _is_sentence(line: str) -> bool:
    """Tell whether a line between the rows is prose that names a few figures."""
    if len(line) > MAX_SENTENCE or "\t" in line or "|" in line or "｜" in line or _FORM_WORDS.search(line):
        return False
    bare = sum(line[m.end() : m.end() + 1] not in _COUNTED or not line[m.end() :] for m in _FIGURE.finditer(line))
    return bool(_SENTENCE.search(_BRACKETED.sub("", line))) and bare <= MAX_FIGURES


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


def _page_feet(text: str) -> frozenset[int]:
    """Return where the lines of a document begin that are bare numbers counting its pages, none if it may not."""
    lone = [(int(line), at) for line, at in _physical_lines(text, 0, len(text)) if _LONE_NUMBER.fullmatch(line)]
    counted = len(lone) >= MANY_FEET and all(b == a + 1 for (a, _), (b, _) in pairwise(lone))
    return frozenset(at for _, at in lone) if counted else frozenset()


def _may_go_on(stream: list[Field]) -> bool:
    """Tell whether the last number of a row may have been cut at the end of its line."""
    row = list(takewhile(lambda f: f.kind != "words", reversed(stream)))
    return len(row) <= FEW_NUMBERS and stream[-1].text.strip() != "0"


def _is_framed(lines: list[str]) -> bool:
    """Tell whether table rows stand between outer pipes: then every one of them begins with a pipe."""
    rows = [x.strip() for x in lines if len(_PIPE.findall(x)) >= 2]
    return bool(rows) and sum(bool(_PIPE.match(x)) for x in rows) >= 0.9 * len(rows)


def _split_cells(line: str, framed: bool) -> list[tuple[str, int]]:
    """Split a line at tabs or pipes into (text, offset); pipes that frame the row make no cells."""
    mark = next((m for m in "|｜│┃║\t" if m in line), None)
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
    if _CUT_NUMBER.fullmatch(body):
        return [Field(body, "noise", (offset + left, offset + left + len(body)))]
    if _PAGE_FOOT.fullmatch(body):
        return [words_of(body, 0, len(body), offset + left)]
    tokens = list(tokens_of(body, offset + left))
    return tokens or [Field(body, printed.kind, (offset + left, offset + left + len(body)))]


def _delimited_strip(pieces: list[tuple[str, int]], offset: int, number: int, places: _Places) -> Strip:
    pieces = _label_first(pieces)
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
    begin = offset + min(at for _, at in pieces)
    end = offset + max(at + len(p) for p, at in pieces)
    page = places.page(begin)
    return Strip((*labels, *values), len(labels), "delimited", number, (begin, end), page, width=len(pieces))


def _label_first(pieces: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Return the cells of a row without the number that counts it, or with the label in front that stands behind."""
    printed = [i for i, (p, _) in enumerate(pieces) if p.strip()]
    if not printed or parse_cell(pieces[printed[0]][0]).kind != "number":
        return pieces
    words = [i for i in printed if is_label(pieces[i][0])]
    if words == [len(pieces) - 1]:
        return [pieces[-1], *pieces[:-1]]
    if len(printed) > 2 and words[:1] == printed[1:2] and _LONE_NUMBER.fullmatch(pieces[printed[0]][0]):
        at = pieces[printed[0]][1]
        return [*pieces[: printed[0]], ("", at), *pieces[printed[0] + 1 :]]
    return pieces


def _stream_strips(stream: list[Field], number: int, stacked: bool) -> Iterator[Strip]:
    """Cut a stream of words and values at each label that follows a value."""
    origin: Origin = "stacked" if stacked or _mostly_alone(stream) else "inline"
    labels: list[Field] = []
    values: list[Field] = []

    def strip() -> Strip:
        parts = [*labels, *values]
        span = (parts[0].span[0], max(p.span[1] for p in parts))
        return Strip(tuple(parts), len(labels), origin, number, span, parts[0].page, closed=origin != "stacked")

    for field in _without_feet(stream):
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


def _without_feet(stream: list[Field]) -> Iterator[Field]:
    """Leave out the feet of pages that stand between the numbers of a row."""
    for i, f in enumerate(stream):
        if i and f.kind == "words" and _PAGE_FOOT.fullmatch(f.text) and stream[i - 1].kind == "number":
            behind = next((x.kind for x in stream[i + 1 :] if x.kind != "break"), "words")
            if behind == "number":
                continue
        yield f


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

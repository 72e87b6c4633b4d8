"""The text of a Word paragraph as it is shown: runs by how they look, fields by their results, symbols, formulas."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .numerals import map_radicals
from .wordfields import UNKNOWN, Fields
from .wordlists import Numbers, num_pr
from .wordmarks import Kind, Piece, joined
from .wordstyles import Look, Styles, is_shaded
from .wordtree import GONE, MC, M, W, alternative, is_on, is_true, val_of

if TYPE_CHECKING:
    from lxml.etree import _Element

_SIGNS = {W + "tab": "\t", W + "ptab": "\t", W + "br": "\n", W + "cr": "\n", W + "noBreakHyphen": "-"}
# what Word fills in when it shows the page
_FILLED_IN = frozenset(
    W + t for t in ("pgNum", "dayShort", "monthShort", "yearShort", "dayLong", "monthLong", "yearLong")
)
_NOTES = (W + "footnoteReference", W + "endnoteReference")
# Formulas: parts above or below the line, and forms whose signs no run holds (a root, a matrix, a bar).
_OFF_LINE = frozenset(M + t for t in ("sup", "sub"))
_DRAWN = frozenset(
    M + t
    for t in ("rad", "nary", "acc", "bar", "groupChr", "eqArr", "m", "limLow", "limUpp", "phant", "borderBox")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Paragraph:
    """What a paragraph says.

    Attributes:
        text: With its automatic number in front, unless it is blank.
        boxes: The text boxes anchored in it.
        struck: What is struck out in it, and so no part of `text`.
        number: Its automatic number, shown in front even of nothing; "" for none.
    """

    text: str
    boxes: tuple[_Element, ...]
    struck: str
    number: str


@dataclass(frozen=True, slots=True)
class _Place:
    """The styles of the table and of the paragraph that a run stands in."""

    table: str
    paragraph: str


class TextReader:
    """Reads paragraphs, in the order of the document: automatic numbers count on."""

    def __init__(self, root: _Element, styles: Styles, numbers: Numbers) -> None:
        self._styles = styles
        self._numbers = numbers
        # content controls that show what is to be filled in
        self._unfilled = {
            e
            for e in root.iter(W + "sdt")
            if (properties := e.find(W + "sdtPr")) is not None and is_on(properties.find(W + "showingPlcHdr"))
        }

    def read(self, p: _Element) -> Paragraph:
        """Return what a paragraph says."""
        pieces: list[Piece] = []
        boxes: list[_Element] = []
        self._collect(p, self._place(p), pieces, boxes)
        text, struck = joined(pieces)
        text = map_radicals(text)
        number = self._number(p)
        if number and text.strip():
            first = text.lstrip()[0]
            # "2" and "345" would make a number with thousands
            runs_on = number[-1].isdecimal() and (first.isdecimal() or first in ".,-+")
            text = (f"[{number}] " if runs_on else number + (" " if first.isdigit() else "")) + text
        return Paragraph(text, tuple(boxes), struck, number)

    def is_hidden(self, row: _Element) -> bool:
        """Tell whether a row has text, and all of it is hidden."""
        found = False
        for run in row.iter(W + "r"):
            if any((t.text or "").strip() for t in run.iterchildren(W + "t")):
                found = True
                if not self.is_vanished(run):
                    return False
        return found

    def is_vanished(self, run: _Element) -> bool:
        """Tell whether a run is hidden."""
        p = next(run.iterancestors(W + "p"), None)
        return p is not None and self._look(run, self._place(p)).hidden

    def _place(self, p: _Element) -> _Place:
        table = next(p.iterancestors(W + "tbl"), None)
        properties = table.find(W + "tblPr") if table is not None else None
        return _Place((val_of(properties, "tblStyle") or "") if properties is not None else "", style_of(p))

    def _on_white(self, run: _Element, place: _Place) -> bool:
        """Tell whether a run stands in a cell of no colour: elsewhere the ground is not known."""
        p = next(run.iterancestors(W + "p"), None)
        holder = next(run.iterancestors(W + "tc", W + "txbxContent"), None)
        if p is None or holder is None or holder.tag != W + "tc":
            return False
        return p.find(f"{W}pPr/{W}shd") is None and not is_shaded(holder) and not self._styles.is_shaded(place.table)

    def _look(self, run: _Element, place: _Place) -> Look:
        return self._styles.look(place.table, place.paragraph, run.find(W + "rPr"))

    def _number(self, p: _Element) -> str:
        found = num_pr(p.find(W + "pPr"))
        styled = self._styles.number(style_of(p))
        num_id = found[0] if found and found[0] is not None else (styled[0] if styled else None)
        if num_id is None or num_id == "0":
            return ""
        level = found[1] if found and found[1] is not None else (styled[1] if styled else 0)
        return self._numbers.next(num_id, level or 0)

    def _kind(self, run: _Element, look: Look, place: _Place) -> Kind:
        if look.struck:
            return "struck"
        if (look.white and self._on_white(run, place)) or (
            self._unfilled and any(a in self._unfilled for a in run.iterancestors(W + "sdt"))
        ):
            return "unseen"
        if look.raised or any(is_true(n.get(W + "customMarkFollows")) for n in run.iterchildren(*_NOTES)):
            return "raised"
        if run.tag == M + "r" and any(a.tag in _OFF_LINE for a in run.iterancestors()):
            return "shifted"
        return "shifted" if look.shifted else ""

    def _collect(self, p: _Element, place: _Place, pieces: list[Piece], boxes: list[_Element]) -> None:
        """Collect the text below a paragraph, without recursion."""
        fields = Fields()
        # what is still to be read: an element, with the kind of its run, or text that stands between elements
        stack: list[tuple[_Element | str, Kind]] = [(e, "") for e in reversed(p)]
        look = Look()  # of the run that is read
        while stack:
            e, kind = stack.pop()
            if isinstance(e, str):
                if fields.shown:
                    pieces.append((e, kind))
                continue
            tag = e.tag
            if tag == W + "instrText":
                fields.add_code(e.text or "")
            if not isinstance(tag, str) or tag in GONE:
                continue
            if tag == W + "r" or tag == M + "r":
                look = self._look(e, place)
                inside = [x for x in e if x.tag in (W + "fldChar", W + "instrText")] if look.hidden else list(e)
                kind = self._kind(e, look, place)
                stack.extend((x, kind) for x in reversed(inside))
            elif tag == W + "t" or tag == M + "t":
                text = e.text or ""
                stack.append((_pictures(text) if look.dingbats else text, kind))
            elif tag in _SIGNS:
                stack.append((_SIGNS[tag], kind))
            elif tag == W + "sym":
                stack.append((_symbol(e), kind))
            elif tag in _FILLED_IN:
                stack.append((UNKNOWN, kind))
            elif tag == W + "fldChar":
                ended = fields.mark(e, len(pieces))
                if ended and not look.hidden and not any(text.strip() for text, _ in pieces[ended[0] :]):
                    pieces.append((ended[1], kind))
            elif tag == W + "txbxContent":
                boxes.append(e)
            elif tag == MC + "AlternateContent":
                stack.extend((x, kind) for x in reversed(alternative(e)))
            else:
                stack.extend((x, kind) for x in reversed(list(_with_signs(e))))


def style_of(p: _Element) -> str:
    """Return the style that a paragraph names, "" for none."""
    properties = p.find(W + "pPr")
    return (val_of(properties, "pStyle") or "") if properties is not None else ""


def _with_signs(e: _Element) -> Iterator[_Element | str]:
    """Yield the children of an element, with the signs that a formula shows and no run holds."""
    if e.tag == M + "f":
        top, bottom = e.find(M + "num"), e.find(M + "den")
        yield from [top] if top is not None else []
        yield "/"
        yield from [bottom] if bottom is not None else []
    elif e.tag == M + "d":
        yield "("
        yield from e
        yield ")"
    else:
        if e.tag in _DRAWN:
            yield UNKNOWN
        yield from e


def _pictures(text: str) -> str:
    return "".join(UNKNOWN if " " < c < "\u2000" or "\ue000" <= c <= "\uf8ff" else c for c in text)


def _symbol(e: _Element) -> str:
    """Return the character of a w:sym; a symbol font alone knows what it shows."""
    try:
        code = int(e.get(W + "char") or "", 16)
    except ValueError:
        return ""
    font = (e.get(W + "font") or "").lower()
    low = code - 0xF000 if 0xF000 <= code <= 0xF0FF else code
    if font == "symbol":
        return chr(low) if 0x30 <= low <= 0x39 else UNKNOWN
    if low != code or (low < 0x100 and ("ding" in font or font.startswith("web"))):
        return UNKNOWN
    return chr(code) if 0x20 <= code < 0xD800 else UNKNOWN

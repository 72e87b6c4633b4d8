"""Styles of Word files: which paragraphs are titles or carry a list number, and how the characters of a run look.

Only what decides whether a character is part of a number is kept: hidden, struck out, raised, lowered, white.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .wordlists import num_pr
from .wordtree import W, is_on, is_true

if TYPE_CHECKING:
    from lxml.etree import _Element

# A style turns what another has turned on off again (ISO 29500-1, 17.7.3); dstrike is none of these.
_TOGGLES = ("strike", "vanish")
_NAMES = frozenset((*_TOGGLES, "dstrike", "vertAlign", "position", "color", "sz", "rFonts", "highlight", "shd"))
_DINGBATS = frozenset(("wingdings", "wingdings 2", "wingdings 3", "webdings", "zapfdingbats"))
SHIFTED = 4
"""Half points by which characters are raised or lowered to be read apart from those beside them; files that were made
from PDF move words by one or two."""
TINY = 4
"""Characters of so many half points or fewer cannot be seen."""
DEPTH = 50

Said = Mapping[str, str]
"""What run properties say: a value for each name, "0" or "1" for what is on or off."""


@dataclass(frozen=True, slots=True)
class Look:
    """How the characters of a run look.

    Attributes:
        hidden: They are not shown.
        struck: A line goes through them.
        raised: They are superscript.
        shifted: They are subscript, or moved up or down.
        white: White, on no other colour that the run itself has, or too small to be seen.
        dingbats: The font has pictures where others have letters and digits.
    """

    hidden: bool = False
    struck: bool = False
    raised: bool = False
    shifted: bool = False
    white: bool = False
    dingbats: bool = False


class Styles:
    """What the styles of a document say.

    Attributes:
        titles: Paragraph styles that are titles.
    """

    def __init__(self, root: _Element | None) -> None:
        self.titles: set[str] = set()
        self._numbers: dict[str, tuple[str | None, int | None]] = {}
        self._based: dict[str, str] = {}
        self._own: dict[str, Said] = {}
        self._whole: dict[str, Said] = {}
        self._shaded: set[str] = set()
        self._usual: dict[str, str] = {}
        self._defaults: Said = {}
        self._looks: dict[tuple[str, str, str, tuple[tuple[str, str], ...]], Look] = {}
        if root is None:
            return
        self._defaults = said(root.find(f"{W}docDefaults/{W}rPrDefault/{W}rPr"))
        for style in root.iter(W + "style"):
            style_id = style.get(W + "styleId") or ""
            based = style.find(W + "basedOn")
            if based is not None:
                self._based[style_id] = based.get(W + "val") or ""
            named = style.find(W + "name")
            if named is not None and (named.get(W + "val") or "").lower() in ("title", "标题"):
                self.titles.add(style_id)
            found = num_pr(style.find(W + "pPr"))
            if found:
                self._numbers[style_id] = found
            self._own[style_id] = said(style.find(W + "rPr"))
            if any(map(_is_fill, style.iter(W + "shd"))):
                self._shaded.add(style_id)
            if is_true(style.get(W + "default")):
                self._usual[style.get(W + "type") or ""] = style_id

    def _chain(self, style_id: str) -> list[str]:
        """Return a style and those that it is based on."""
        chain: list[str] = []
        while style_id in self._own and style_id not in chain and len(chain) < DEPTH:
            chain.append(style_id)
            style_id = self._based.get(style_id, "")
        return chain

    def number(self, style_id: str) -> tuple[str | None, int | None] | None:
        """Return (list, level) that paragraphs of a style carry, None for none."""
        known = [self._numbers[s] for s in self._chain(style_id) if s in self._numbers]
        num_id = next((n for n, _ in known if n is not None), None)
        return (num_id, next((level for _, level in known if level is not None), None)) if num_id is not None else None

    def is_shaded(self, table_style: str) -> bool:
        """Tell whether a table style gives cells a colour."""
        return not self._shaded.isdisjoint(self._chain(table_style or self._usual.get("table", "")))

    def look(self, table: str, paragraph: str, properties: _Element | None) -> Look:
        """Return how a run looks.

        Args:
            table: Style of the table that it stands in, "" for none or the usual one.
            paragraph: Style of its paragraph, "" for the usual one.
            properties: Its w:rPr.
        """
        direct = said(properties)
        named = properties.find(W + "rStyle") if properties is not None else None
        character = (named.get(W + "val") or "") if named is not None else self._usual.get("character", "")
        key = (table, paragraph, character, tuple(direct.items()))
        known = self._looks.get(key)
        if known is None:
            levels = [
                self._of(table or self._usual.get("table", "")),
                self._of(paragraph or self._usual.get("paragraph", "")),
                self._of(character),
            ]
            known = self._looks[key] = self._look(direct, levels)
        return known

    def _look(self, direct: Said, levels: list[Said]) -> Look:
        """Return how a run looks, from what it says itself, and what its styles say, the weakest first."""

        def toggle(name: str) -> bool:
            if name in direct:
                return direct[name] == "1"
            return self._defaults.get(name) == "1" or sum(level.get(name) == "1" for level in levels) % 2 == 1

        def last(name: str) -> str:
            return next((x[name] for x in (direct, *reversed(levels), self._defaults) if name in x), "")

        colour = last("color").upper() == "FFFFFF" and not (last("highlight") or last("shd"))
        size = _half_points(last("sz"))
        return Look(
            hidden=toggle("vanish"),
            struck=toggle("strike") or last("dstrike") == "1",
            raised=last("vertAlign") == "superscript",
            shifted=last("vertAlign") == "subscript" or abs(_half_points(last("position")) or 0) >= SHIFTED,
            white=colour or (size is not None and size <= TINY),
            dingbats=last("rFonts").lower() in _DINGBATS,
        )

    def _of(self, style_id: str) -> Said:
        """Return what a style says, with what it takes from those that it is based on."""
        known = self._whole.get(style_id)
        if known is None:
            merged: dict[str, str] = {}
            for one in reversed(self._chain(style_id)):
                merged.update(self._own[one])
            known = self._whole[style_id] = merged
        return known


def said(properties: _Element | None) -> Said:
    """Return what a w:rPr says of how characters look."""
    out: dict[str, str] = {}
    for e in properties if properties is not None else ():
        name = e.tag.removeprefix(W) if isinstance(e.tag, str) else ""
        if name not in _NAMES:
            continue
        if name in _TOGGLES or name == "dstrike":
            out[name] = "1" if is_on(e) else "0"
        elif name == "rFonts":
            font = e.get(W + "ascii") or e.get(W + "hAnsi")
            if font:
                out[name] = font
        elif name == "shd":
            out[name] = "fill" if _is_fill(e) else ""
        else:
            value = e.get(W + "val") or ""
            out[name] = "" if name == "highlight" and value == "none" else value
    return out


def _is_fill(shade: _Element) -> bool:
    """Tell whether a w:shd gives another ground than white."""
    fill = (shade.get(W + "fill") or "auto").upper()
    return fill not in ("AUTO", "FFFFFF") or (shade.get(W + "val") or "clear") not in ("clear", "nil")


def _half_points(value: str) -> float | None:
    """Return a measure in half points: "6", or "3pt" as the strict standard writes it."""
    found = re.fullmatch(r"(-?\d+(?:\.\d+)?)(pt)?", value)
    return float(found[1]) * (2 if found[2] else 1) if found else None


def is_shaded(cell: _Element) -> bool:
    """Tell whether a cell or its table has a colour of its own."""
    table = next(cell.iterancestors(W + "tbl"), None)
    places = (cell.find(W + "tcPr"), table.find(W + "tblPr") if table is not None else None)
    shades = [p.find(W + "shd") for p in places if p is not None]
    return any(s is not None and _is_fill(s) for s in shades)

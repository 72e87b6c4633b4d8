"""Which fonts are installed, by family, and which signs each has."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from PIL import ImageFont

FOLDERS = ("/usr/share/fonts", "/usr/share/texmf/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts")
SUFFIXES = {".ttf", ".otf", ".ttc", ".pfb"}
DIGITS = "0123456789"


@dataclass(frozen=True)
class Face:
    family: str
    style: str
    path: str
    index: int

    @property
    def bold(self) -> bool:
        return any(w in self.style.lower() for w in ("bold", "black", "heavy", "medium", "demi", "semi"))

    @property
    def italic(self) -> bool:
        return any(w in self.style.lower() for w in ("italic", "oblique", "slanted"))

    def at(self, size: int) -> ImageFont.FreeTypeFont:
        return _open(self.path, self.index, size)

    def has(self, char: str) -> bool:
        return ord(char) in _signs(self.path, self.index)


@functools.lru_cache(maxsize=64)
def _open(path: str, index: int, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size, index=index, layout_engine=ImageFont.Layout.BASIC)


@functools.cache
def _signs(path: str, index: int) -> frozenset[int]:
    from fontTools.ttLib import TTFont

    with TTFont(path, fontNumber=index, lazy=True) as font:
        return frozenset(font.getBestCmap() or ())


def folders() -> list[Path]:
    found = [Path(f).expanduser() for f in FOLDERS]
    for package in ("pylopdf_fonts_zh_cn", "matplotlib"):
        spec = find_spec(package)
        if spec and spec.origin:
            found.append(Path(spec.origin).parent)
    return [f for f in found if f.is_dir()]


def installed() -> list[Face]:
    faces = []
    for folder in folders():
        for path in sorted(folder.rglob("*")):
            if path.suffix.lower() not in SUFFIXES:
                continue
            for index in range(32 if path.suffix.lower() == ".ttc" else 1):
                try:
                    name = ImageFont.truetype(str(path), 20, index=index).getname()
                except OSError:
                    break
                faces.append(Face(name[0] or "", name[1] or "", str(path), index))
    return faces


def usable(face: Face) -> bool:
    """Tell whether the ten digits are there, of one height: old-style figures are not printed in these tables."""
    try:
        if not all(face.has(c) for c in DIGITS):
            return False
        boxes = [face.at(64).getbbox(c, anchor="ls") for c in DIGITS]
    except Exception:
        return False
    tops = [-b[1] for b in boxes]
    return min(tops) > 20 and max(tops) - min(tops) <= 6 and max(b[3] for b in boxes) <= 5


ODD = ("thin", "light", "black", "heavy", "caps", "dunhill", "unslanted", "hairline", "outline", "sharp", "extra")


def select(faces: list[Face], pattern: str) -> dict[str, list[Face]]:
    """Return the usable faces whose family matches, by family, without odd cuts where there are plain ones."""
    out: dict[str, list[Face]] = {}
    for face in faces:
        if re.fullmatch(pattern, face.family) and usable(face):
            out.setdefault(face.family, []).append(face)
    plain = {family: [f for f in found if not any(w in f.style.lower() for w in ODD)] for family, found in out.items()}
    return {family: plain[family] or found for family, found in out.items()}

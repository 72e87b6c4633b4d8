"""How well the cells of scans are read when their grid is known: sheets of numbers in the fonts that tables use.

    python training/scan_sheets.py --levels fax hard150 photo
    python training/scan_sheets.py --levels fax --kinds points --show

A sheet is a page of 400 cells in one font and size: whole numbers, every 16th below zero and every 16th with a point
(kind `mixed`), or more than half with a point (`points`). It is printed, scanned at a level, set straight by the known
geometry and read. Fonts that are not installed are left out (apt-get: fonts-arphic-uming, fonts-arphic-gbsn00lp,
fonts-arphic-gkai00mp, fonts-cwtex-fs, fonts-liberation, fonts-crosextra-carlito, fonts-noto-cjk).

For each font and in all: cells; wrong values; wrong ones that no finding names (silent); right ones that one names
(alarmed); right ones with confidence below 0.985.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from gxml import synth_scan
from gxml.cellread import cell_reader
from gxml.cellsettle import CellText, doubt_displaced
from gxml.imaging_tone import even_light, seals, to_gray
from gxml.numerals import parse_cell

sys.path.insert(0, str(Path(__file__).parent))
from scan_pages import in_doubt

SEED = 945_000
FAMILIES = (
    "AR PL UMing CN",
    "Liberation Serif",
    "Liberation Sans",
    "AR PL SungtiL GB",
    "Carlito",
    "cwTeXFangSong",
    "AR PL KaitiM GB",
    "Noto Serif CJK SC",
)
STYLED = re.compile("bold|black|italic|oblique", re.IGNORECASE)
PAGE = (595.0, 842.0)
CORNER, CELL, SHAPE = (48.0, 50.0), (50.0, 18.5), (10, 40)
"""Place of the table, width and height of a cell in points; columns and rows."""
SIZES = (9.0, 10.5, 10.5, 12.0)
RULINGS = (0.5, 0.75, 1.0)
DPI, FINER = 204.0, 4
"""Of the clean page, and how much finer it is drawn."""
LENGTHS = (1, 1, 1, 2, 2, 3, 3, 4, 5)
BELOW_ZERO, WITH_POINT = 0.06, {"mixed": 0.06, "points": 0.56}
THRESHOLD = 0.985

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet that was scanned and set straight: its picture, its resolution, its cells and what they say."""

    gray: Any
    dpi: float
    boxes: list[Box]
    texts: list[str]


def draw_number(rng: random.Random, kind: str) -> str:
    length = rng.choice(LENGTHS)
    text = str(rng.randint(10 ** (length - 1) if length > 1 else 0, 10**length - 1))
    dice = rng.random()
    if dice < BELOW_ZERO:
        return f"-{text}" if text != "0" else text
    return f"{text}.{rng.randint(1, 99):02d}" if dice < BELOW_ZERO + WITH_POINT[kind] else text


def make(seed: int, level: str, kind: str, path: str, index: int) -> Sheet:
    rng = random.Random(f"sheet {seed}")
    scale = DPI / 72 * FINER
    picture = Image.new("L", (round(PAGE[0] * scale), round(PAGE[1] * scale)), 255)
    draw = ImageDraw.Draw(picture)
    font = ImageFont.truetype(path, round(rng.choice(SIZES) * scale), index=index)
    pen = round(rng.choice(RULINGS) * scale)
    (left, top), (width, height), (columns, rows) = CORNER, CELL, SHAPE
    right, bottom = left + columns * width, top + rows * height
    for r in range(rows + 1):
        y = (top + r * height) * scale
        draw.line([(left * scale, y), (right * scale, y)], fill=0, width=pen)
    for c in range(columns + 1):
        x = (left + c * width) * scale
        draw.line([(x, top * scale), (x, bottom * scale)], fill=0, width=pen)
    boxes, texts = [], []
    for k in range(rows * columns):
        x, y = left + k % columns * width, top + k // columns * height
        boxes.append((x, y, x + width, y + height))
        texts.append(draw_number(rng, kind))
        draw.text(((x + width / 2) * scale, (y + height / 2) * scale), texts[-1], font=font, fill=0, anchor="mm")
    clean = np.asarray(picture.resize((picture.width // FINER, picture.height // FINER), Image.Resampling.BOX))
    gray, dpi = straight(synth_scan.degrade(clean, level, seed, DPI))
    return Sheet(gray, dpi, boxes, texts)


def straight(scan: synth_scan.Degraded) -> tuple[Any, float]:
    """Return a scan in grey, its geometry undone, and its resolution."""
    dpi = max(scan.dpi)
    gray = to_gray(scan.image, dpi, seals(scan.image, dpi))
    to_pixels = np.array([[dpi / 72, 0, -0.5], [0, dpi / 72, -0.5], [0, 0, 1.0]])
    size = (round(PAGE[0] * dpi / 72), round(PAGE[1] * dpi / 72))
    warp = to_pixels @ np.linalg.inv(scan.transform)
    page = cv2.warpPerspective(gray, warp, size, flags=cv2.INTER_CUBIC, borderValue=(255,))
    return even_light(np.asarray(page, np.uint8), dpi), dpi


def count(sheet: Sheet, show: bool) -> Counter[str]:
    reader = cell_reader()
    found = doubt_displaced(sheet.boxes, reader.read(sheet.gray, sheet.boxes, sheet.dpi / 72))
    seen: Counter[str] = Counter()
    for text, said in zip(sheet.texts, found, strict=True):
        right, doubt = same(text, said), parse_cell(said.text).kind == "noise" or in_doubt(said.text, said.ocr)
        seen["cells"] += 1
        seen["wrong"] += not right
        seen["silent"] += not right and not doubt
        seen["alarmed"] += right and doubt
        seen["below"] += right and said.ocr.confidence < THRESHOLD
        if show and (not right or doubt):
            print("  ", "right" if right else "WRONG" if doubt else "SILENT", repr(text), repr(said.text), said.ocr)
    return seen


def same(text: str, said: CellText) -> bool:
    one, other = parse_cell(text), parse_cell(said.text)
    return one.kind == other.kind and (one.value, one.unit) == (other.value, other.unit)


def line(name: str, seen: Counter[str]) -> str:
    return f"{name}: " + ", ".join(f"{seen[k]} {k}" for k in ("cells", "wrong", "silent", "alarmed", "below"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--levels", nargs="+", default=["fax"])
    parser.add_argument("--kinds", nargs="+", default=["mixed"], choices=list(WITH_POINT))
    parser.add_argument("--show", action="store_true", help="print what is wrong or in doubt")
    args = parser.parse_args()
    sys.path.insert(0, str(Path(__file__).parent / "number_reader"))
    from fonts import installed

    cv2.setNumThreads(1)
    faces = {f.family: f for f in reversed(installed()) if f.family in FAMILIES and not STYLED.search(f.style)}
    for level in args.levels:
        for kind in args.kinds:
            total: Counter[str] = Counter()
            for k, family in enumerate(FAMILIES):
                face = faces.get(family)
                if face is None:
                    print(f"not installed: {family}")
                    continue
                seen = count(make(SEED + k, level, kind, face.path, face.index), args.show)
                print(line(f"{level} {kind} {family}", seen), flush=True)
                total += seen
            print(line(f"{level} {kind}, all", total), flush=True)


if __name__ == "__main__":
    main()

"""Readings of numbers in scanned cells, right and wrong, with all that the readers say: what simulations draw from.

    python training/repair_bank.py out/repair_bank.jsonl --pages 60

Prints pages of ruled cells with numbers in the fonts of the generated reports, scans them at the hard levels, blurs two
thirds of the cells beyond that, and reads them as the pipeline does: page preparation, grid, both readers, the third
look. One line of JSON for each cell. Seeds from 960,000; nothing else uses them.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from pathlib import Path
from typing import Any

SEEDS = 960_000
LEVELS = ("hard150", "fax", "photo")
ROWS, COLUMNS = 34, 13
LENGTHS = (0.5, 0.22, 0.15, 0.1, 0.03)
"""Share of numbers with one digit, two, …"""
ZEROS = 0.15
BLUR, NOISE = (0.55, 0.95), (4.0, 16.0)
"""Further damage: sigma of a blur in points, of noise in grey levels."""
SHARES = 3
"""Cells of a page are read in so many turns, all but the first with further damage of its own."""


def numbers(rng: random.Random) -> list[str]:
    out = []
    for _ in range(ROWS * COLUMNS):
        digits = rng.choices(range(1, len(LENGTHS) + 1), LENGTHS)[0]
        low = 0 if digits == 1 else 10 ** (digits - 1)
        out.append("0" if rng.random() < ZEROS else str(rng.randint(low, 10**digits - 1)))
    return out


def write_page(texts: list[str], path: Path, rng: random.Random) -> None:
    from gxml.synth_pdf import _open

    pdf = _open(rng.choice(["sans", "serif"]))
    font = rng.choice(["cjk", "cjk", "times", "helvetica"])
    pdf.add_page()
    pdf.set_font(font, size=rng.choice([8.0, 9.0, 9.5, 10.5]))
    pdf.set_line_width(rng.choice([0.5, 0.6, 0.75, 1.0]))
    pdf.set_draw_color(rng.choice([0, 0, 0, 70, 110]))
    wide, high, left, top = rng.uniform(34, 36), rng.uniform(20, 21.5), rng.uniform(50, 70), rng.uniform(50, 70)
    align = rng.choice(["C", "C", "R", "L"])
    for i, text in enumerate(texts):
        row, column = divmod(i, COLUMNS)
        pdf.set_xy(left + column * wide, top + row * high)
        pdf.cell(wide, high, text, border=1, align=align)
    path.write_bytes(bytes(pdf.output()))


def page_records(seed: int, reader: Any) -> list[dict[str, Any]]:
    import cv2
    import numpy as np

    from gxml import synth_scan
    from gxml.cellread import LOOK_AGAIN
    from gxml.imaging import prepare
    from gxml.layout import find_lines, ruled_tables
    from gxml.rawpages import RawPage
    from gxml.reread import SCALES

    rng = random.Random(f"bank {seed}")
    texts = numbers(rng)
    level = LEVELS[seed % len(LEVELS)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.pdf"
        write_page(texts, path, rng)
        (scan,) = synth_scan.scan_pdf(path, level, seed)
    page = prepare(RawPage.of(1, scan.image, scan.dpi))
    scale = page.dpi / 72
    out: list[dict[str, Any]] = []
    for grid in ruled_tables(find_lines(page.gray, page.dpi)):
        if (len(grid.ys), len(grid.xs)) == (ROWS + 1, COLUMNS + 1) and len(grid.cells) == ROWS * COLUMNS:
            for turn in range(SHARES):
                blur, noise = (rng.uniform(*BLUR), rng.uniform(*NOISE)) if turn else (0.0, 0.0)
                gray = page.gray
                if turn:
                    soft = cv2.GaussianBlur(gray, (0, 0), blur * scale).astype(np.float32)
                    dirt = np.random.default_rng([seed, turn]).normal(0, noise, soft.shape)
                    gray = np.clip(soft + dirt, 0, 255).astype(np.uint8)
                cells = [c for c in grid.cells if (c.row * COLUMNS + c.col) % SHARES == turn]
                found = reader.read(gray, [c.bbox for c in cells], scale)
                names = [texts[c.row * COLUMNS + c.col] for c in cells]
                doubted = [i for i, f in enumerate(found) if f.ocr.picture and f.ocr.confidence < LOOK_AGAIN]
                pictures = [found[i].ocr.picture for i in doubted]
                looks = zip(*(reader.read_again(pictures, scale) for scale in SCALES), strict=True) if doubted else ()
                again = dict(zip(doubted, looks, strict=True))
                out += [
                    record(level, blur, t, f) | {"looks": [record(level, blur, t, look) for look in again.get(i, ())]}
                    for i, (t, f) in enumerate(zip(names, found, strict=True))
                ]
    return out


def record(level: str, blur: float, truth: str, cell: Any) -> dict[str, Any]:
    o = cell.ocr
    out = {"level": level, "blur": round(blur, 2), "truth": truth, "text": cell.text, "sure": o.confidence}
    out |= {"reader": o.reader, "second": o.second, "candidates": o.candidates}
    if o.first_list:
        out |= {"first_list": o.first_list, "second_list": o.second_list, "again": o.again}
    return out


def main() -> None:
    import cv2

    from gxml.cellread import cell_reader

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--pages", type=int, default=60)
    parser.add_argument("--first", type=int, default=0)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    reader = cell_reader()
    began = time.time()
    with args.out.open("a", encoding="utf-8") as out:
        for n in range(args.first, args.first + args.pages):
            found = page_records(SEEDS + n, reader)
            wrong = sum(r["truth"] != r["text"] for r in found)
            print(f"{n}: {len(found)} cells, {wrong} wrong, {time.time() - began:.0f} s", flush=True)
            out.writelines(json.dumps(r, ensure_ascii=False) + "\n" for r in found)
            out.flush()


if __name__ == "__main__":
    main()

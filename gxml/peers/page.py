"""What the peers share: pages as pictures, where tables seem to be, and lines and tables as one HTML page."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from typing import Any

DPI = 200
"""At which pages of a PDF are drawn."""
LEAST_TABLE = 0.03
"""Share of the page that the outline of a table takes at least."""

Line = tuple[float, float, float, float, str]
"""x0, y0, x1, y1, text; pixels."""


def pictures(path: str) -> Iterator[Any]:
    """Yield the pages of a PDF, or of an image file, as BGR arrays."""
    if path.lower().endswith(".pdf"):
        import pypdfium2

        pdf = pypdfium2.PdfDocument(path)
        for page in pdf:
            yield page.render(scale=DPI / 72).to_numpy()[..., :3].copy()
        pdf.close()
        return
    import cv2

    found, pages = cv2.imreadmulti(path, flags=cv2.IMREAD_COLOR)
    if not found:
        raise OSError(f"{path} is no picture")
    yield from pages


def tables(image: Any) -> list[tuple[int, int, int, int]]:
    """Return boxes (x0, y0, x1, y1) of what rulings enclose: peers that have no layout model are told where to look."""
    import cv2
    import numpy as np

    gray = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    dark = cv2.adaptiveThreshold(gray, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 31, 15)
    length = image.shape[1] // 30
    across = cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((1, length), np.uint8))
    down = cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((length, 1), np.uint8))
    joined = cv2.dilate(across | down, np.ones((9, 9), np.uint8))
    outlines, _ = cv2.findContours(joined, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    boxes = [cv2.boundingRect(c) for c in outlines]
    large = [(x, y, x + w, y + h) for x, y, w, h in boxes if w * h > LEAST_TABLE * gray.size and h > 2 * length]
    return sorted(large, key=lambda b: b[1])


def without(image: Any, boxes: Iterable[tuple[float, float, float, float]]) -> Any:
    """Return a page with the insides of tables blank: their text is read with them, and no peer reads it twice."""
    out = image.copy()
    for x0, y0, x1, y1 in boxes:
        out[max(0, round(y0)) : round(y1), max(0, round(x0)) : round(x1)] = 255
    return out


def rows(lines: Iterable[Line]) -> str:
    """Return lines as text as they stand: those at one height in one line, two spaces between them."""
    out: list[list[Line]] = []
    for line in sorted(lines, key=lambda v: (v[1] + v[3]) / 2):
        middle = (line[1] + line[3]) / 2
        if out and out[-1][0][1] < middle < out[-1][0][3]:
            out[-1].append(line)
        else:
            out.append([line])
    return "\n".join("  ".join(v[4] for v in sorted(r)) for r in out)


def joined(lines: Iterable[Line], found: Iterable[tuple[tuple[float, float, float, float], str]]) -> str:
    """Return lines and tables of a page as HTML, from top to bottom; lines inside of tables are theirs.

    Args:
        lines: Of the page.
        found: (box, HTML) of each table.
    """
    placed = list(found)
    pieces = [(box[1], table) for box, table in placed]
    for x0, y0, x1, y1, text in lines:
        inside = any(b[0] <= (x0 + x1) / 2 <= b[2] and b[1] <= (y0 + y1) / 2 <= b[3] for b, _ in placed)
        if not inside:
            pieces.append((y0, f"<p>{html.escape(text)}</p>"))
    return "\n".join(p for _, p in sorted(pieces, key=lambda v: v[0]))


def from_markdown(text: str) -> str:
    """Return Markdown with HTML tables in it as HTML: each other line is a paragraph."""
    pieces = re.split(r"(<table.*?</table>)", text, flags=re.S)
    return "\n".join(
        p
        if p.startswith("<table")
        else "".join(f"<p>{html.escape(v.lstrip('# '))}</p>" for v in p.splitlines() if v.strip())
        for p in pieces
    )


def document(pages: Iterable[str]) -> str:
    """Return pages as one HTML document."""
    return "<html><head><meta charset='utf-8'></head><body>" + "\n".join(pages) + "</body></html>"


def plain(pages: Iterable[str]) -> str:
    """Return pages of text as one HTML document in which text stands as it is."""
    return document(f"<pre>{html.escape(p)}</pre>" for p in pages)

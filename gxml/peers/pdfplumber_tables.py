"""pdfplumber: tables and text of digital PDF pages."""

from __future__ import annotations

import html
from collections.abc import Callable
from pathlib import Path
from typing import Any

from page import document, joined

PACKAGES = ("pdfplumber",)


def load(weights: Path | None) -> Callable[[str], tuple[str, int]]:
    """Return the reader."""
    import pdfplumber

    def read(path: str) -> tuple[str, int]:
        with pdfplumber.open(path) as pdf:
            pages = [_page(p) for p in pdf.pages]
        return document(pages), len(pages)

    return read


def _page(page: Any) -> str:
    lines = [(v["x0"], v["top"], v["x1"], v["bottom"], v["text"]) for v in page.extract_text_lines()]
    return joined(lines, [(t.bbox, _table(t.extract())) for t in page.find_tables()])


def _table(rows: list[list[str | None]]) -> str:
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape((c or '').replace(chr(10), ''))}</td>" for c in row) + "</tr>"
        for row in rows
    )
    return f"<table>{body}</table>"

"""camelot (lattice): tables of digital PDF pages; it gives no text beside them."""

from __future__ import annotations

import html
from collections.abc import Callable
from pathlib import Path

from page import document

PACKAGES = ("camelot-py",)


def load(weights: Path | None) -> Callable[[str], tuple[str, int]]:
    """Return the reader."""
    import camelot
    import pypdfium2

    def read(path: str) -> tuple[str, int]:
        pdf = pypdfium2.PdfDocument(path)
        pages, texts = len(pdf), [p.get_textpage().get_text_bounded() for p in pdf]
        pdf.close()
        out: list[str] = []
        tables = camelot.read_pdf(path, pages="all", flavor="lattice", suppress_stdout=True)
        for number, text in enumerate(texts, 1):
            # titles and headings are not camelot's work: the text of the page stands before its tables
            out.append(f"<p>{'</p><p>'.join(html.escape(v) for v in text.splitlines())}</p>" if number == 1 else "")
            for table in tables:
                if table.page == number:
                    rows = table.df.values.tolist()
                    cells = ("".join(f"<td>{html.escape(c.replace(chr(10), ''))}</td>" for c in row) for row in rows)
                    out.append("<table>" + "".join(f"<tr>{c}</tr>" for c in cells) + "</table>")
        return document(out), pages

    return read

"""What stands on top of a PDF page and not in it: form fields, typed text and stamps, what strikes text out.

    open_fields(pdf); page = with_fields(pdf, pdf[index], index)

A viewer shows them like the rest of the page; PDFium's text pages leave them out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pypdfium2

MAX_NOTES = 5_000
"""Annotations of a page that are looked at."""
_SHOWN = ("WIDGET", "FREETEXT", "STAMP", "SQUARE", "REDACT", "STRIKEOUT", "LINE", "INK")
"""Those that say something of their own, or hide or strike out what is below them."""


def open_fields(pdf: pypdfium2.PdfDocument) -> None:
    """Let PDFium draw the fields of a form that carry a value and no picture of it; before any page is opened."""
    import pypdfium2.raw as pdfium

    if pdf.get_formtype() != pdfium.FORMTYPE_NONE:
        pdf.init_forms()


def with_fields(pdf: pypdfium2.PdfDocument, page: pypdfium2.PdfPage, index: int) -> pypdfium2.PdfPage:
    """Make fields, typed text and what hides or strikes out other text part of a page, in memory only.

    Args:
        pdf: The file, after `open_fields`.
        page: Its open page; closed if another one is returned.
        index: Of that page, from 0.

    Returns:
        The page, opened anew where it has any. Other annotations (links, highlights, comments) go from such a page:
        they are not part of what was reported.
    """
    import pypdfium2.raw as pdfium

    shown = {getattr(pdfium, f"FPDF_ANNOT_{kind}") for kind in _SHOWN}
    count = min(pdfium.FPDFPage_GetAnnotCount(page.raw), MAX_NOTES)
    kinds = [_subtype(pdfium, page.raw, i) for i in range(count)]
    if not any(k in shown for k in kinds):
        return page
    for i in reversed([i for i, k in enumerate(kinds) if k not in shown]):
        pdfium.FPDFPage_RemoveAnnot(page.raw, i)
    if pdfium.FPDFPage_Flatten(page.raw, pdfium.FLAT_NORMALDISPLAY) != pdfium.FLATTEN_SUCCESS:
        return page
    page.close()
    return pdf[index]


def _subtype(pdfium: Any, page: Any, index: int) -> int:
    annotation = pdfium.FPDFPage_GetAnnot(page, index)
    try:
        return int(pdfium.FPDFAnnot_GetSubtype(annotation))
    finally:
        pdfium.FPDFPage_CloseAnnot(annotation)

"""Makes small Word files of just the parts that are read, for tests."""

from __future__ import annotations

import io
import zipfile

from documents import check_spans

from gxml.document import Document
from gxml.worddoc import read_docx

NS = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
)
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'


def package(body: str, **parts: str) -> bytes:
    """A Word file of just the parts that are read."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", f"{HEAD}<w:document {NS}><w:body>{body}</w:body></w:document>")
        for name, content in parts.items():
            archive.writestr(f"word/{name}.xml", f"{HEAD}{content}")
    return out.getvalue()


def read(body: str | bytes, **parts: str) -> Document:
    document = read_docx(body if isinstance(body, bytes) else package(body, **parts), "a.docx")
    check_spans(document)
    return document


def p(text: str, properties: str = "") -> str:
    return f"<w:p>{properties}<w:r><w:t>{text}</w:t></w:r></w:p>"


def tc(content: str, properties: str = "") -> str:
    inner = content if content.startswith("<") else p(content)
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{inner}</w:tc>"


def tbl(*table_rows: str) -> str:
    return "<w:tbl>" + "".join(r if r.startswith("<w:tr") else f"<w:tr>{r}</w:tr>" for r in table_rows) + "</w:tbl>"


def styled(text: str, properties: str) -> str:
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r>"

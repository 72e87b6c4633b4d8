"""Word files that are one XML file (Word 2003 XML, Word 2007 "flat" XML), as the package that a .docx is."""

from __future__ import annotations

import io
import re
import zipfile

from .errors import BrokenFileError

_2003 = b"http://schemas.microsoft.com/office/word/2003/wordml"
_2006 = b"http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_PKG = "{http://schemas.microsoft.com/office/2006/xmlPackage}"
# Word 2003 wraps sections and outline levels in elements of its own, and spells some of them in its own way.
_WRAPPERS = re.compile(rb"</?wx:(?:sect|sub-section|pBdrGroup)\b[^<>]*>")
_PICTURES = re.compile(rb"<w:binData\b.*?</w:binData>", re.S)
_RENAMED = (
    (rb"(</?)w:wordDocument\b", rb"\1w:document"),
    (rb"(</?)w:vmerge\b", rb"\1w:vMerge"),
    (rb"(</?)w:hmerge\b", rb"\1w:hMerge"),
    (rb"(</?)w:listPr\b", rb"\1w:numPr"),
    (rb"(</?)w:ilfo\b", rb"\1w:numId"),
)


def as_package(data: bytes, name: str) -> bytes:
    """Return the file as a .docx that `gxml.worddoc` reads.

    Args:
        data: The XML file, in an encoding that it declares.
        name: Its name, for errors.

    Raises:
        BrokenFileError: The XML cannot be parsed.
    """
    data = data.lstrip(b"\xef\xbb\xbf \r\n\t")
    parts: dict[str, bytes] = {}
    if b"<pkg:package" in data[:8192]:
        from lxml import etree

        parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True, load_dtd=False)
        try:
            root = etree.fromstring(data, parser)
        except (etree.XMLSyntaxError, ValueError) as error:
            raise BrokenFileError(
                f"{name}: the Word file is damaged ({error}).", hint="Open it in Word and save it as .docx."
            ) from error
        for part in root.iter(_PKG + "part"):
            content = part.find(_PKG + "xmlData")
            if content is not None and len(content):
                parts[(part.get(_PKG + "name") or "").lstrip("/")] = etree.tostring(content[0])
    else:
        body = _PICTURES.sub(b"", _WRAPPERS.sub(b"", data)).replace(_2003, _2006)
        for old, new in _RENAMED:
            body = re.sub(old, new, body)
        parts["word/document.xml"] = body
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path, content in parts.items():
            archive.writestr(path, content)
    return out.getvalue()

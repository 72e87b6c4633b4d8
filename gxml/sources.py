"""From a file to a `Document`: tells what a file is by its content, and reads everything but PDF and images.

    identify(path) -> Opened: bytes, kind, hash, notes
    read_markup_or_text(path, options) -> Document

PDF files are read by `gxml.pdf.read_pdf`, which stands above the layout modules.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import zipfile
import zlib
from dataclasses import dataclass, replace
from pathlib import Path

from .config import Options
from .document import Document, SourceKind, SourceNote
from .errors import (
    BrokenFileError,
    EmptyFileError,
    EncryptedFileError,
    FileMissingError,
    InputError,
    TooLargeError,
    UnsupportedFormatError,
)

SUFFIXES: dict[str, SourceKind] = {
    ".pdf": "pdf",
    ".docx": "docx",
    ".docm": "docx",
    ".doc": "docx",
    ".wps": "docx",
    ".rtf": "docx",
    ".odt": "docx",
    ".html": "html",
    ".htm": "html",
    ".shtml": "html",
    ".xhtml": "html",
    ".mht": "html",
    ".mhtml": "html",
    ".txt": "text",
    ".text": "text",
    ".md": "text",
    ".markdown": "text",
    ".png": "image",
    ".jpg": "image",
    ".jpeg": "image",
    ".tif": "image",
    ".tiff": "image",
    ".bmp": "image",
    ".webp": "image",
    ".gif": "image",
}
"""What a file of this suffix should be; a folder run picks up exactly these."""

_IMAGES: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"BM", "BMP"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OTHER: tuple[tuple[bytes, str], ...] = (
    (b"Rar!\x1a\x07", "RAR"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\x1f\x8b", "gzip"),
    (b"%!PS", "PostScript"),
    (b"\x7fELF", "ELF"),
    (b"MZ", "EXE"),
    (b"SQLite format 3", "SQLite"),
    (b"AT&TFORM", "DjVu"),
    (b"CAJ", "CAJ"),
)
_PDF_WINDOW = 1024  # readers accept the header anywhere in the first kilobyte
_HTML_WINDOW = 65536
_TAG = re.compile(
    rb"<(?:!doctype\s+html|html|head|body|meta|title|table|tbody|tr|td|div|p|span|br|h[1-6]|article)\b[^<>]*>", re.I
)
_HTML_START = re.compile(
    rb"\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S
)
_MIME = re.compile(rb"\s*(?:[\w-]+:[^\n]*\n(?:[ \t][^\n]*\n)*)*?(?:MIME-Version|Content-Type):", re.I)
# Word 2003 XML; Word 2007 in one XML file; Excel 2003 XML
_XML_OFFICE = re.compile(rb"<w:wordDocument\b|<pkg:package\b|<(?:ss:)?Workbook\b")
_KIND_NAMES: dict[str, str] = {
    "pdf": "PDF",
    "docx": "Word 文档",
    "html": "网页",
    "text": "纯文本",
    "image": "图片",
}


@dataclass(frozen=True, slots=True)
class Opened:
    """A file as it was found.

    Attributes:
        path: Where it is.
        data: Its bytes.
        sha256: Hash of the bytes, hex.
        kind: What it is by its content.
        container: "" or what needs unpacking first: "doc" (an old Word file), "rtf", "odt",
            "xml" (a Word file in one XML file), "mhtml".
        notes: What the user must know, e.g. a wrong suffix.
    """

    path: Path
    data: bytes
    sha256: str
    kind: SourceKind
    container: str
    notes: tuple[SourceNote, ...]


def sniff(path: str | os.PathLike[str], options: Options | None = None) -> SourceKind:
    """Return what a file is by its content, whatever its suffix says.

    Args:
        path: The file.
        options: Limits.

    Raises:
        InputError: The file is missing, empty, too large, or of a kind that is not read.
    """
    return identify(path, options).kind


def identify(path: str | os.PathLike[str], options: Options | None = None) -> Opened:
    """Load a file and tell what it is by its content.

    Args:
        path: The file.
        options: Limits.

    Returns:
        The bytes, the kind, and a note where the suffix is wrong.

    Raises:
        FileMissingError: No such file, or not a file.
        EmptyFileError: Zero bytes.
        TooLargeError: More than `options.max_bytes`.
        EncryptedFileError: A Word file with a password.
        UnsupportedFormatError: A kind of file that is not read.
        BrokenFileError: A Word file that is damaged.
    """
    options = options or Options()
    file = Path(path)
    data = _load(file, options)
    kind, container = _kind_of(file, data)
    notes: list[SourceNote] = []
    expected = SUFFIXES.get(file.suffix.lower())
    if expected != kind and file.suffix:
        notes.append(
            SourceNote(
                "SUFFIX",
                f"文件名后缀为“{file.suffix}”，内容实为{_KIND_NAMES[kind]}，已按内容读取。",
                severity="info",
            )
        )
    if kind in ("html", "text") and len(data) > options.max_text_bytes:
        raise TooLargeError(
            f"{file.name}: {len(data)} bytes of {kind}, the limit is {options.max_text_bytes}.",
            hint="Raise max_text_bytes if this is really a report.",
        )
    return Opened(file, data, hashlib.sha256(data).hexdigest(), kind, container, tuple(notes))


def _load(file: Path, options: Options) -> bytes:
    try:
        if not file.exists():
            raise FileMissingError(f"{file}: no such file.", hint="Check the path.")
        if not file.is_file():
            raise FileMissingError(f"{file}: not a file.", hint="Give a file, or a folder to a command that takes one.")
        size = file.stat().st_size
        if size == 0:
            raise EmptyFileError(f"{file.name}: the file has zero bytes.", hint="Download or copy it again.")
        if size > options.max_bytes:
            raise TooLargeError(
                f"{file.name}: {size} bytes, the limit is {options.max_bytes}.",
                hint="Raise max_bytes if this is really a report.",
            )
        return file.read_bytes()
    except OSError as error:
        raise InputError(
            f"{file}: cannot be read ({error.strerror or error}).", hint="Check the permissions."
        ) from error
    except ValueError as error:  # a null byte in the name
        raise FileMissingError(f"{str(file)!r}: not a file name.", hint="Check the path.") from error


def _kind_of(file: Path, data: bytes) -> tuple[SourceKind, str]:
    """Return kind and container, or raise the typed error for what is not read."""
    name = file.name
    head = data[:_PDF_WINDOW]
    if b"%PDF-" in head and not head.lstrip().startswith((b"<", b"{")):
        return "pdf", ""
    if data.startswith(_OLE):
        return _ole_kind(name, data)
    if data.startswith(b"PK\x03\x04") or data.startswith(b"PK\x05\x06"):
        return _zip_kind(name, data)
    image = any(data.startswith(magic) for magic, _ in _IMAGES) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")
    if image and not (data.startswith(b"BM") and _texty(data)):
        return "image", ""
    for magic, what in _OTHER:
        if data.startswith(magic) and not (magic in (b"MZ", b"CAJ") and _texty(data)):
            raise _unsupported(name, what)
    bare = data.removeprefix(b"\xef\xbb\xbf")
    if bare.lstrip().startswith(b"{\\rtf"):
        return "docx", "rtf"
    if bare.lstrip()[:1] in (b"{", b"[") and _is_json(bare):
        raise _unsupported(name, "JSON")
    if not _texty(data):
        raise _unsupported(name, "binary data")
    if data.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<?xml") and (m := _XML_OFFICE.search(data[:4096])):
        if not m[0].endswith(b"Workbook"):
            return "docx", "xml"
        raise _unsupported(name, "Office XML")
    if file.suffix.lower() in (".mht", ".mhtml") or (
        _MIME.match(data[:4096]) and b"text/html" in data[:_HTML_WINDOW].lower()
    ):
        return "html", "mhtml"
    return ("html" if _is_html(data) else "text"), ""


def _ole_kind(name: str, data: bytes) -> tuple[SourceKind, str]:
    """Tell the OLE containers apart by the names of their streams."""

    def has(stream: str) -> bool:
        return stream.encode("utf-16-le") in data

    if has("EncryptedPackage"):
        raise EncryptedFileError(
            f"{name}: the Word file needs a password.", hint="Save it without a password and read it again."
        )
    if has("WordDocument"):
        if _encrypted_doc(data):
            raise EncryptedFileError(
                f"{name}: the old Word file needs a password.", hint="Save it without a password and read it again."
            )
        return "docx", "doc"
    if has("Workbook") or has("Book"):
        raise _unsupported(name, "XLS")
    raise _unsupported(name, "OLE")


def _encrypted_doc(data: bytes) -> bool:
    """Tell an encrypted .doc by the head of its main stream, which begins on a sector ([MS-DOC] FibBase)."""
    heads = (data[i : i + 12] for i in range(512, len(data) - 12, 512) if data.startswith(b"\xec\xa5", i))
    head = next(heads, b"")
    return len(head) == 12 and bool(int.from_bytes(head[10:12], "little") & 0x0100)


def _zip_kind(name: str, data: bytes) -> tuple[SourceKind, str]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            mimetype = b""
            if "mimetype" in names:
                with archive.open("mimetype") as stream:
                    mimetype = stream.read(100)
    except (zipfile.BadZipFile, zlib.error, ValueError, OSError, EOFError, RuntimeError) as error:
        raise BrokenFileError(
            f"{name}: a Word or zip file that is cut short or damaged ({error}).", hint="Download or copy it again."
        ) from error
    if "word/document.xml" in names or any(re.fullmatch(r"word/document\d*\.xml", n) for n in names):
        return "docx", ""
    if any(n.startswith("xl/") for n in names):
        raise _unsupported(name, "XLSX")
    if any(n.startswith("ppt/") for n in names):
        raise _unsupported(name, "PPTX")
    if "OFD.xml" in names:
        raise _unsupported(name, "OFD")
    if "content.xml" in names:
        if mimetype.startswith(b"application/vnd.oasis.opendocument.text"):
            return "docx", "odt"
        raise _unsupported(name, "OpenDocument")
    raise _unsupported(name, "zip")


_HINTS = {
    "JSON": "A result of gxml is not an input; give the report itself.",
    "zip": "Unpack it and give the files in it.",
    "RAR": "Unpack it and give the files in it.",
    "7z": "Unpack it and give the files in it.",
    "gzip": "Unpack it and give the files in it.",
    "binary data": "Give a PDF, DOCX, HTML or text file.",
}


def _unsupported(name: str, what: str) -> UnsupportedFormatError:
    return UnsupportedFormatError(
        f"{name}: {what} is not a format that gxml reads.",
        hint=_HINTS.get(what, "Save it as DOCX or PDF and read that."),
    )


def _texty(data: bytes) -> bool:
    """Tell whether bytes can be text: no NULs but those of UTF-16 and UTF-32, few other control bytes."""
    head = data[:8192]
    if head.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")):
        return True
    nuls = head.count(0)
    if nuls > 1 and _utf16_like(head):
        return True
    control = sum(head.count(bytes([b])) for b in (*range(1, 8), *range(14, 27), 28, 29, 30, 31, 127))
    return control <= len(head) * 0.02 and nuls <= len(head) * 0.002


# What Chinese text in UTF-16 is made of: ASCII, general and CJK punctuation, ideographs, full-width forms.
_PLAIN = re.compile("[\t\n\r\x20-\x7e\xa0-\xff\u2000-\u206f\u2460-\u24ff\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")


def _utf16_like(head: bytes) -> bool:
    """Tell whether bytes are UTF-16 without a mark; other bytes give characters from all over Unicode."""
    for codec in ("utf-16-le", "utf-16-be"):
        sample = head[: len(head) // 2 * 2].decode(codec, errors="replace")
        if sample and len(_PLAIN.findall(sample)) >= 0.95 * len(sample):
            return True
    return False


def _is_json(data: bytes) -> bool:
    """Tell JSON, and JSON line by line, from text that begins with a bracket."""
    import json

    try:
        return isinstance(json.loads(data), dict | list)
    except (ValueError, RecursionError):
        pass
    try:
        return isinstance(json.loads(data.strip().split(b"\n", 1)[0]), dict)
    except (ValueError, RecursionError):
        return False


def _is_html(data: bytes) -> bool:
    head = data[:_HTML_WINDOW]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or (0 in head[:8192] and _utf16_like(head[:8192])):
        head = head.replace(b"\x00", b"")
    if _HTML_START.match(head.removeprefix(b"\xef\xbb\xbf").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")):
        return True
    tags = {m.group()[1:8].split(b">")[0].split()[0].lower() for m in _TAG.finditer(head)}
    closings = len(re.findall(rb"</(?:p|td|tr|table|div|span|a|h[1-6])\s*>", head, re.I))
    return bool(tags & {b"!doctype", b"html", b"table", b"body"} and closings >= 2) or closings >= 8


def read_markup_or_text(path: str | os.PathLike[str], options: Options | None = None) -> Document:
    """Read a Word, HTML or text file.

    Args:
        path: The file.
        options: Limits.

    Returns:
        The document: text, lines and tables with their spans.

    Raises:
        InputError: The file cannot be read as a report; see `identify`. Also for a PDF or an image.
        MissingToolError: A .doc, RTF or ODT file, and LibreOffice is not installed.
    """
    options = options or Options()
    return read_opened(identify(path, options), options)


def read_opened(opened: Opened, options: Options) -> Document:
    """Read what `identify` found; see `read_markup_or_text`."""
    name = opened.path.name
    if opened.kind == "pdf":
        raise UnsupportedFormatError(f"{name}: a PDF file.", hint="Read it with gxml.pdf.read_pdf.")
    if opened.kind == "image":
        raise UnsupportedFormatError(
            f"{name}: an image has to be read by OCR, which is not part of this reader.",
            hint="Give the PDF or web page.",
        )
    data, notes = opened.data, list(opened.notes)
    if opened.kind == "docx":
        from . import worddoc

        if opened.container == "xml":
            from .wordxml import as_package

            data = as_package(data, name)
        elif opened.container:
            from .office import KINDS, to_docx

            data = to_docx(data, name, opened.container, options)
            message = f"{KINDS[opened.container].printed}，已由 LibreOffice 转换后读取。"
            notes.append(SourceNote("CONVERTED", message, severity="info"))
        document = worddoc.read_docx(data, name, options)
    elif opened.kind == "html":
        from . import webpage

        read = webpage.read_mhtml if opened.container == "mhtml" else webpage.read_html
        document = read(data, name)
    else:
        from . import plaintext

        document = plaintext.read_text(data, name)
    if not document.text.strip():
        raise EmptyFileError(
            f"{name}: there is no text in it.",
            hint="Check that it is the right file; if it holds only pictures, give those, or a PDF of them.",
        )
    return replace(document, sha256=opened.sha256, notes=(*notes, *document.notes))

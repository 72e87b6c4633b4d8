"""What would take PDFium down, found in the bytes of a PDF before it opens them.

PDFium draws a form XObject each time that it is called, so forms that call each other in a circle, or each the next one
twice, keep it busy for ever; and it unpacks a stream whatever its size. Neither is in a real report.

    check(data, name, password) raises before any page is opened
"""

from __future__ import annotations

import io
import logging
import re
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from .errors import BrokenFileError, TooLargeError

MAX_STREAM = 64 * 1024 * 1024
"""Most bytes that a stream which is no image may unpack to."""
MAX_CALLS = 20_000
"""Most times that the forms of one page may be drawn in all."""
_DEFLATE_MOST = 1032
"""Deflate packs no better than this, so a shorter stream need not be measured."""
_CHUNK = 1024 * 1024

MAX_SEARCHED = 4 * 1024 * 1024
"""Largest file with a damaged table of contents that is searched for its objects, which is slow; bytes."""

_STREAM = re.compile(rb"(?<!end)stream(?:\r\n|\n|\r)")
_FORM = re.compile(rb"/Subtype\s*/Form\b")
_IMAGE = re.compile(rb"/Subtype\s*/Image\b")
_FILTER = re.compile(rb"/(?:Filter|F)\s*(\[[^\]]*\]|/\w+)")
_DO = re.compile(rb"/([^\s/<>\[\](){}%]+)\s+Do\b")
_CALL = re.compile(rb"\bDo\b")


def check(data: bytes, name: str, password: str | None = None) -> None:
    """Refuse a PDF whose streams or forms would keep PDFium busy without end.

    Args:
        data: The file.
        name: Its name, for errors.
        password: Of an encrypted file.

    Raises:
        TooLargeError: A stream unpacks to more than `MAX_STREAM` bytes, or forms are drawn more than `MAX_CALLS` times.
        BrokenFileError: A form calls itself, directly or through others.
    """
    nested = b"/Encrypt" in data and _FORM.search(data) is not None
    for head, content in _streams(data):
        if _IMAGE.search(head):
            continue
        filters = _FILTER.search(head)
        deflated = (filters[1].count(b"/Fl") if filters else 0) or 0
        if deflated > 1 or (deflated and len(content) * _DEFLATE_MOST > MAX_STREAM):
            _measure(content, deflated, name)
        if not nested and _FORM.search(head):
            nested = _may_call(content, filters[1] if filters else b"")
    if nested:
        _check_calls(data, name, password)


def _streams(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Yield (dictionary, packed content) of every stream; the dictionary is what stands between `obj` and `stream`."""
    view = memoryview(data)
    position = 0
    while match := _STREAM.search(data, position):
        end = data.find(b"endstream", match.end())
        end = len(data) if end < 0 else end
        begin = data.rfind(b"obj", position, match.start())
        yield data[begin + 3 if begin >= 0 else position : match.start()], view[match.end() : end]
        position = max(end, match.end())


def _unpacked(content: memoryview | bytes) -> Iterator[bytes]:
    """Yield a deflated stream in pieces of a bounded size, as far as it can be unpacked."""
    inflate = zlib.decompressobj()
    piece: bytes | memoryview = content
    while True:
        try:
            out = inflate.decompress(piece, _CHUNK)
        except zlib.error:
            return
        if out:
            yield out
        piece = inflate.unconsumed_tail
        if inflate.eof or (not out and not piece):
            return


def _measure(content: memoryview, layers: int, name: str) -> None:
    size = 0
    again = zlib.decompressobj()
    for piece in _unpacked(content):
        size += len(piece)
        if layers > 1:  # packed twice: a second bomb fits into what the first one gives
            try:
                while piece:
                    size += len(again.decompress(piece, _CHUNK))
                    piece = again.unconsumed_tail
                    if size > MAX_STREAM:
                        break
            except zlib.error:
                layers = 1
        if size > MAX_STREAM:
            raise TooLargeError(
                f"{name}: a part of the PDF unpacks to more than {MAX_STREAM} bytes.", hint="Is it a report?"
            )


def _may_call(content: memoryview, filters: bytes) -> bool:
    """Tell whether the operators of a form may draw another one."""
    if not filters:
        return _CALL.search(content) is not None
    if not re.fullmatch(rb"\[?\s*/(?:FlateDecode|Fl)\s*\]?", filters):
        return True  # packed otherwise: the closer look unpacks it
    before = b""
    for piece in _unpacked(content):
        if _CALL.search(before + piece):
            return True
        before = piece[-2:]
    return False


# ---- the closer look ------------------------------------------------------------------------------------------------


def _check_calls(data: bytes, name: str, password: str | None) -> None:
    """Follow the calls of forms page by page, as pdfminer reads them; what it cannot read is left to PDFium."""
    from pdfminer.pdfdocument import PDFDocument
    from pdfminer.pdfpage import PDFPage
    from pdfminer.pdfparser import PDFParser

    logging.getLogger("pdfminer").setLevel(logging.ERROR)
    calls = _Calls(name)
    try:
        document = PDFDocument(PDFParser(io.BytesIO(data)), password=password or "", fallback=len(data) <= MAX_SEARCHED)
        for page in PDFPage.create_pages(document):
            calls.page(page)
    except (BrokenFileError, TooLargeError):
        raise
    except RecursionError as error:
        raise TooLargeError(f"{name}: the drawings of the PDF are nested too deep.", hint="Is it a report?") from error
    except Exception:  # pdfminer fails in many ways on damaged files
        return


class _Calls:
    """Counts how often forms are drawn; a form without resources of its own uses those of its caller."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._counted: dict[tuple[int, int], int] = {}
        self._open: set[tuple[int, int]] = set()
        self._kept: list[Any] = []  # so that no id is given twice

    def page(self, page: Any) -> None:
        from pdfminer.pdftypes import PDFStream, list_value, resolve1

        streams = [resolve1(s) for s in page.contents]
        resources = resolve1(page.resources) or {}
        total = sum(self._drawn(s, resources) for s in streams if isinstance(s, PDFStream))
        for annotation in list_value(page.annots) if page.annots else []:
            looks = resolve1((resolve1(annotation) or {}).get("AP")) or {}
            for look in map(resolve1, looks.values()):
                for form in map(resolve1, look.values() if isinstance(look, dict) else [look]):
                    if isinstance(form, PDFStream):
                        total += self._form(form, resources)
        if total > MAX_CALLS:
            raise TooLargeError(
                f"{self._name}: the drawings of a PDF page call each other more than {MAX_CALLS} times.",
                hint="Is it a report?",
            )

    def _drawn(self, stream: Any, resources: Mapping[str, Any]) -> int:
        """Return how many forms the operators of a stream draw, those that these draw included."""
        from pdfminer.pdftypes import PDFStream, resolve1

        known = resolve1(resources.get("XObject")) or {}
        times: dict[str, int] = {}
        for call in _DO.finditer(stream.get_data()):
            called = _name_of(call[1])
            times[called] = times.get(called, 0) + 1
        total = 0
        for called, count in times.items():
            form = resolve1(known.get(called))
            if isinstance(form, PDFStream) and getattr(resolve1(form.get("Subtype")), "name", "") == "Form":
                total += count * self._form(form, resources)
        return min(total, MAX_CALLS * 2)

    def _form(self, form: Any, inherited: Mapping[str, Any]) -> int:
        from pdfminer.pdftypes import resolve1

        own = resolve1(form.get("Resources"))
        resources = own if isinstance(own, dict) else inherited
        self._kept.append((form, resources))
        key = (form.objid or id(form), 0 if isinstance(own, dict) else id(resources))
        if key in self._open:
            raise BrokenFileError(
                f"{self._name}: a drawing of the PDF contains itself.", hint="Print it to a new PDF and read that."
            )
        if key not in self._counted:
            self._open.add(key)
            self._counted[key] = 1 + self._drawn(form, resources)
            self._open.discard(key)
        return self._counted[key]


def _name_of(printed: bytes) -> str:
    """Return a name of a content stream as pdfminer gives those of dictionaries."""
    plain = re.sub(rb"#([0-9A-Fa-f]{2})", lambda m: bytes([int(m[1], 16)]), printed)
    try:
        return plain.decode("utf-8")
    except UnicodeDecodeError:
        return str(plain)

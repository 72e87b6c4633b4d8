"""The XML parts of a Word file, which is a zip file: found, unpacked within a limit, parsed."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from typing import TYPE_CHECKING

from .config import Options
from .errors import BrokenFileError, EncryptedFileError, TooLargeError, UnsupportedFormatError

if TYPE_CHECKING:
    from lxml.etree import _Element

# Files of the ISO strict standard differ in the names of their namespaces.
_STRICT = re.compile(rb"http://purl\.oclc\.org/ooxml/(wordprocessingml/main|officeDocument/math|drawingml/\w+)")
_NAMED = {
    b"wordprocessingml/main": b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    b"officeDocument/math": b"http://schemas.openxmlformats.org/officeDocument/2006/math",
}


def _transitional(match: re.Match[bytes]) -> bytes:
    drawing = b"http://schemas.openxmlformats.org/drawingml/2006/" + match[1].rpartition(b"/")[2]
    return _NAMED.get(match[1], drawing)


class Parts:
    """The XML parts of the zip file, unpacked within the limit.

    Attributes:
        damaged: Names of parts that a document can do without and that cannot be read.
    """

    def __init__(self, data: bytes, name: str, options: Options) -> None:
        self.damaged: list[str] = []
        self._name = name
        self._left = options.max_unpacked_bytes
        self._limit = options.max_unpacked_bytes
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(data))
            self._infos = {i.filename: i for i in self._archive.infolist()}
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError) as error:
            raise self._broken(error) from error
        related = self._related("", "officeDocument")
        found = related if related and related.startswith("word/") else self._named("document")
        if found is None:
            raise UnsupportedFormatError(f"{name}: a zip file that is no Word file.", hint="Give a DOCX file.")
        self._main = found

    def _named(self, part: str) -> str | None:
        """Return the path of a part by its usual name; Word in a browser writes document2.xml, styles2.xml."""
        return min((n for n in self._infos if re.fullmatch(rf"word/{part}\d*\.xml", n)), default=None)

    def _related(self, source: str, kind: str) -> str | None:
        """Return the path of the part of a kind that another part says belongs to it ("" for the whole file)."""
        folder, file = posixpath.split(source)
        path = posixpath.join(folder, "_rels", f"{file}.rels")
        if path not in self._infos:
            return None
        try:
            relations = self._parse(self._read(path))
        except BrokenFileError:
            return None
        for relation in relations.iter("{*}Relationship"):
            if (relation.get("Type") or "").rpartition("/")[2] == kind:
                target = posixpath.normpath(posixpath.join("/", folder, relation.get("Target") or "")).lstrip("/")
                if target in self._infos:
                    return target
        return None

    def _broken(self, error: object) -> BrokenFileError:
        return BrokenFileError(
            f"{self._name}: the Word file is damaged ({error}).",
            hint="Download it again, or open it in Word and save it.",
        )

    def main(self) -> _Element:
        """Return the root of the document itself."""
        return self._parse(self._read(self._main))

    def other(self, part: str) -> _Element | None:
        """Return a part that a document can do without ("styles"), None where it is missing or damaged."""
        found = self._related(self._main, part) or self._named(part)
        if found is None:
            return None
        try:
            return self._parse(self._read(found))
        except BrokenFileError:
            self.damaged.append(found)
            return None

    def _read(self, part: str) -> bytes:
        info = self._infos[part]
        if info.flag_bits & 0x1:
            raise EncryptedFileError(
                f"{self._name}: the Word file needs a password.", hint="Save it without a password."
            )
        if info.file_size > self._left:
            raise self._too_large()
        try:
            with self._archive.open(info) as stream:
                content = stream.read(self._left + 1)
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            OSError,
            NotImplementedError,
            RuntimeError,
            ValueError,
        ) as error:
            raise self._broken(error) from error
        if len(content) > self._left:
            raise self._too_large()
        self._left -= len(content)
        return content

    def _too_large(self) -> TooLargeError:
        return TooLargeError(
            f"{self._name}: the Word file unpacks to more than {self._limit} bytes.",
            hint="Raise max_unpacked_bytes if this is really a report.",
        )

    def _parse(self, content: bytes) -> _Element:
        from lxml import etree

        content = _STRICT.sub(_transitional, content)
        parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True, load_dtd=False)
        try:
            return etree.fromstring(content, parser)
        except (etree.XMLSyntaxError, ValueError) as error:
            raise self._broken(error) from error

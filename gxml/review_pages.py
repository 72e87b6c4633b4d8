"""Pictures of whole pages for the review page, drawn out of the files that were read, and kept in a folder."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .errors import BrokenFileError
from .evidence import Evidence, SourceFiles
from .export import replacing
from .rawpages import RawPage
from .report import Report

DPI = 180
"""Pixels of a page's picture: a place in points times DPI / 72, whatever the file's own resolution."""
QUALITY = 85


class PageImages:
    """The pages of reports as JPEG.

    Args:
        sources: Folders of the files that were read.
        cache: Folder for the pictures; None keeps none.
        password: Of encrypted PDF files.
    """

    def __init__(self, sources: Sequence[Path], cache: Path | None, password: str | None = None) -> None:
        self._files = SourceFiles(sources)
        self._cache, self._password = cache, password
        self._lock = threading.Lock()  # PDFium works for one thread at a time
        self._last: tuple[Path, Evidence] | None = None

    def has(self, report: Report) -> bool:
        """Tell whether the file of a report is there and has pages."""
        with self._lock:
            return self._source(report) is not None

    def jpeg(self, report: Report, number: int) -> bytes | None:
        """Return a page, from 1; None where the file of the report is not there.

        Raises:
            UsageError: There is no such page.
            InputError: It cannot be drawn.
        """
        with self._lock:
            source = self._source(report)
            if source is None:
                return None
            # a file with this hash was found: it is a hash, and safe in a name
            name = f"{report.source.sha256}-{number:d}-{DPI}.jpg"
            kept = self._cache / name if self._cache else None
            if kept and kept.is_file():
                return kept.read_bytes()
            picture = encoded(self._evidence(report, source).page(number), DPI)
            if kept is None:
                return picture
            with replacing(kept) as file:
                file.write(picture)
            return picture

    def _source(self, report: Report) -> Path | None:
        return self._files.find(report) if report.source.kind in ("pdf", "image") else None

    def _evidence(self, report: Report, source: Path) -> Evidence:
        if self._last is None or self._last[0] != source:
            self._last = None
            self._last = (source, Evidence(report, source, dpi=DPI, password=self._password))
        return self._last[1]


def encoded(page: RawPage, dpi: float) -> bytes:
    """Return a page as JPEG of this resolution."""
    import cv2

    width, height = (max(1, round(x * dpi / 72)) for x in page.size)
    image: Any = page.image
    if image.shape[:2] != (height, width):
        shrinks = width < image.shape[1]
        image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    done, coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not done:
        raise BrokenFileError(f"Page {page.number} cannot be written as JPEG.", hint="Is the page damaged?")
    return bytes(coded.tobytes())

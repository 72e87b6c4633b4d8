"""Pictures of cells, drawn out of the file that a report was read from, by page and box."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .errors import BrokenFileError, FileMissingError, OutputError, UsageError
from .rawpages import RawPage, open_images, render_page
from .report import Report
from .sources import Opened, identify
from .tokens import hash_file

AROUND = 14.0
"""Paper shown around a cell, points."""
CROP_DPI = 300.0


class Evidence:
    """The pages of one file; a page is drawn once, and kept until another one is asked for.

    Args:
        report: Of the file.
        source: The file.
        dpi: At which pages of a PDF are drawn; pictures stay as they are.
        password: Of an encrypted PDF.

    Raises:
        UsageError: It is not the file that was read, or has no pages to draw.
        InputError: The file cannot be read.
    """

    def __init__(self, report: Report, source: Path, *, dpi: float = CROP_DPI, password: str | None = None) -> None:
        self._report, self._source, self._dpi, self._password = report, source, dpi, password
        self._opened: Opened = identify(source)
        self._page: RawPage | None = None
        if self._opened.sha256 != report.source.sha256:
            raise UsageError(f"{source} is not the file that was read.", hint="Give the same file, or read it again.")
        if self._opened.kind not in ("pdf", "image"):
            raise UsageError(f"{source} has no pages to draw.", hint="Only PDF files and pictures have.")

    def png(self, cell_id: str) -> bytes:
        """Return the picture of a cell with the paper around it, as PNG.

        Raises:
            UsageError: The cell has no place on a page.
            InputError: The page cannot be drawn.
        """
        import cv2

        cell = self._report.cells[cell_id]
        if cell.page is None or cell.bbox is None:
            raise UsageError(
                f"{cell_id} has no place on a page.", hint="Only cells of PDF files and pictures have one."
            )
        raw = self.page(cell.page)
        across, down = raw.image.shape[1] / raw.size[0], raw.image.shape[0] / raw.size[1]
        x0, y0, x1, y1 = cell.bbox
        left, top = max(0, int((x0 - AROUND) * across)), max(0, int((y0 - AROUND) * down))
        right, bottom = max(left + 1, int((x1 + AROUND) * across)), max(top + 1, int((y1 + AROUND) * down))
        crop = raw.image[top:bottom, left:right]
        if not crop.size:
            raise UsageError(f"{cell_id} lies outside of page {cell.page}.", hint="Was the report edited?")
        done, coded = cv2.imencode(".png", np.ascontiguousarray(crop))
        if not done:
            raise BrokenFileError(f"The picture of {cell_id} cannot be written as PNG.", hint="Is the page damaged?")
        return bytes(coded.tobytes())

    def page(self, number: int) -> RawPage:
        """Return a page, from 1.

        Raises:
            UsageError: There is no such page.
            InputError: It cannot be drawn.
        """
        if self._page is None or self._page.number != number:
            self._page = self._image(number) if self._opened.kind == "image" else self._rendered(number)
        return self._page

    def _image(self, number: int) -> RawPage:
        for page in open_images(self._opened):
            if page.number == number:
                return page
        raise UsageError(f"{self._source} has no page {number}.", hint="Was the report edited?")

    def _rendered(self, number: int) -> RawPage:
        import pypdfium2

        try:
            with pypdfium2.PdfDocument(self._source, password=self._password) as pdf:
                if not 1 <= number <= len(pdf):
                    raise UsageError(f"{self._source} has no page {number}.", hint="Was the report edited?")
                return render_page(pdf[number - 1], number, dpi=self._dpi)
        except OSError as e:
            raise FileMissingError(f"{self._source} cannot be opened any more.", hint="Was it moved?") from e
        except (pypdfium2.PdfiumError, IndexError) as e:
            hint = "Is it damaged, or does it need a password?"
            raise BrokenFileError(f"{self._source} cannot be drawn: {e}", hint=hint) from e


class SourceFiles:
    """Finds the file that a report was read from, by its hash; files are hashed once, when they are needed.

    Args:
        folders: Searched with all folders in them.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._files = [p for f in folders if f.is_dir() for p in sorted(f.rglob("*")) if p.is_file()]
        self._hashes: dict[Path, str] = {}

    def find(self, report: Report) -> Path | None:
        """Return the file, or None."""
        name = Path(report.source.file).name
        for path in sorted(self._files, key=lambda p: p.name != name):  # the name says where to look first
            if path.suffix != ".json" and self._hash(path) == report.source.sha256:
                return path
        return None

    def _hash(self, path: Path) -> str:
        if path not in self._hashes:
            try:
                self._hashes[path] = hash_file(path)
            except OSError:  # it is gone, or not ours to read
                self._hashes[path] = ""
        return self._hashes[path]


def save_crop(report: Report, cell_id: str, source: Path, folder: Path, password: str | None = None) -> Path:
    """Draw a cell out of the file that the report was read from.

    Args:
        report: Of the file.
        cell_id: The cell.
        source: The file.
        folder: Where FILE-CELL.png is written.
        password: Of an encrypted PDF.

    Raises:
        UsageError: The cell has no place on a page, or the file is not the one that was read.
        InputError: The file cannot be drawn.
        OutputError: The picture cannot be written.
    """
    picture = Evidence(report, source, password=password).png(cell_id)
    target = folder / f"{source.stem}-{cell_id}.png"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        target.write_bytes(picture)
    except OSError as e:
        raise OutputError(f"{target} cannot be written: {e.strerror}.", hint="Choose another folder.") from e
    return target

"""Pages as they were scanned, photographed or drawn: out of image files and of PDF pages.

open_images(opened, options) -> Iterator[RawPage]
render_page(page, number, options) -> RawPage
"""

from __future__ import annotations

import io
import math
import struct
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from .config import Options
from .errors import BrokenFileError, EmptyFileError, InputError, TooLargeError, UnsupportedFormatError
from .shown import draw
from .sources import Opened

if TYPE_CHECKING:
    import PIL.Image
    import pypdfium2

Pixels = NDArray[np.uint8]
Matrix = NDArray[np.float64]

DRAWN_DPI = 200.0
"""PDF pages without a scan in them are drawn at this resolution."""
PLAUSIBLE_DPI = (60.0, 1300.0)
A4 = (595.28, 841.89)
"""Points."""
PAGE_SIDE = (200.0, 3500.0)
"""Sides of a page, points, from which the resolution that a file claims is believed."""
SCAN_SHARE = 0.5
"""An image that covers this share of a PDF page gives the page its resolution."""
_DAMAGED = (OSError, ValueError, SyntaxError, EOFError, TypeError, KeyError, struct.error, MemoryError)
"""What Pillow raises of images that are damaged."""


@dataclass(frozen=True, slots=True)
class RawPage:
    """A page as it was scanned, photographed or drawn.

    Attributes:
        number: 1 for the first page.
        image: BGR [height, width, 3] or grey [height, width], uint8.
        dpi: Across and down.
        size: Width and height of the page as displayed, points.
    """

    number: int
    image: Pixels
    dpi: tuple[float, float]
    size: tuple[float, float]

    @classmethod
    def of(cls, number: int, image: Pixels, dpi: tuple[float, float]) -> RawPage:
        """Return a picture of known resolution as a page of the size that follows."""
        height, width = image.shape[:2]
        return cls(number, image, dpi, (width * 72 / dpi[0], height * 72 / dpi[1]))

    @property
    def to_points(self) -> Matrix:
        """Homography from pixels (the centre of the first is (0, 0)) to points of the page as displayed."""
        across, down = self.size[0] / self.image.shape[1], self.size[1] / self.image.shape[0]
        return np.array([[across, 0, across / 2], [0, down, down / 2], [0, 0, 1.0]])


def open_images(opened: Opened, options: Options | None = None) -> Iterator[RawPage]:
    """Read an image file page by page; only TIFF files have more than one.

    Args:
        opened: The file, as from `gxml.sources.identify`.
        options: Limits.

    Raises:
        TooLargeError: More than `max_pixels` on a page, or more than `max_pages`.
        BrokenFileError: The file is damaged.
        UnsupportedFormatError: Pillow does not read this kind of image.
    """
    from PIL import Image, UnidentifiedImageError

    options = options or Options()
    name = opened.path.name
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit is checked below
            picture = Image.open(io.BytesIO(opened.data))
        count = getattr(picture, "n_frames", 1) if picture.format == "TIFF" else 1
    except UnidentifiedImageError as error:
        raise UnsupportedFormatError(
            f"{name}: not an image that can be read.", hint="Save it as PNG, JPEG or TIFF."
        ) from error
    except Image.DecompressionBombError as error:
        raise _too_many_pixels(name, options) from error
    except _DAMAGED as error:
        raise _broken(name, error) from error
    with picture:
        if count > options.max_pages:
            raise TooLargeError(
                f"{name}: {count} pages, the limit is {options.max_pages}.", hint="Raise max_pages if it is one report."
            )
        for index in range(count):
            try:
                if index:
                    picture.seek(index)
                if picture.width * picture.height > options.max_pixels:
                    raise _too_many_pixels(name, options)
                yield _raw_page(picture, index + 1)
            except InputError:
                raise
            except Image.DecompressionBombError as error:
                raise _too_many_pixels(name, options) from error
            except _DAMAGED as error:
                raise _broken(name, error) from error


def _too_many_pixels(name: str, options: Options) -> TooLargeError:
    return TooLargeError(
        f"{name}: more than {options.max_pixels} pixels on a page.", hint="Scan at 200 to 300 dpi, or raise max_pixels."
    )


def _broken(name: str, error: Exception) -> BrokenFileError:
    return BrokenFileError(f"{name}: the image is cut short or damaged ({error}).", hint="Copy or scan it again.")


def _raw_page(picture: PIL.Image.Image, number: int) -> RawPage:
    from PIL import ImageOps

    dpi = _claimed_dpi(picture)
    size = picture.size
    upright = ImageOps.exif_transpose(picture)
    if upright.size != size:
        dpi = (dpi[1], dpi[0]) if dpi else None
    image = _to_array(upright)
    height, width = image.shape[:2]
    if dpi is None or not all(
        PAGE_SIDE[0] <= side * 72 / d <= PAGE_SIDE[1] for side, d in zip((width, height), dpi, strict=True)
    ):
        guess = max(width, height) * 72 / A4[1]  # cameras claim 72 dpi
        dpi = (guess, guess)
    return RawPage.of(number, image, dpi)


def _claimed_dpi(picture: PIL.Image.Image) -> tuple[float, float] | None:
    claimed = picture.info.get("dpi")
    try:
        across, down = (float(v) for v in claimed)  # type: ignore[union-attr]
    except (TypeError, ValueError):
        return None
    good = all(math.isfinite(v) and PLAUSIBLE_DPI[0] <= v <= PLAUSIBLE_DPI[1] for v in (across, down))
    return (across, down) if good and 0.3 <= across / down <= 3.4 else None


def _to_array(picture: PIL.Image.Image) -> Pixels:
    """Return any kind of picture as grey or BGR, transparency on white."""
    if picture.mode.startswith("I;16") or picture.mode in ("I", "F"):
        values = np.asarray(picture, np.float32)
        top = 65535.0 if picture.mode.startswith("I;16") or values.max() > 255 else 255.0
        return np.asarray(np.clip(values * (255 / top), 0, 255), np.uint8)
    if picture.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in picture.info:
        from PIL import Image

        layered = picture.convert("RGBA")
        white = Image.new("RGBA", layered.size, "white")
        picture = Image.alpha_composite(white, layered).convert("RGB")
    if picture.mode in ("1", "L"):
        return np.array(picture.convert("L"), np.uint8)
    rgb = np.asarray(picture.convert("RGB"), np.uint8)
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), np.uint8)


def render_page(
    page: pypdfium2.PdfPage, number: int, options: Options | None = None, *, dpi: float | None = None
) -> RawPage:
    """Draw a PDF page.

    A page that is a scan is drawn pixel for pixel, whatever its resolution across and down.

    Args:
        page: The page.
        number: 1-based number of the page.
        options: Limits.
        dpi: Resolution wanted; that of the scan, or `DRAWN_DPI`, without it.

    Raises:
        TooLargeError: The page is so large that it cannot be drawn at 50 dpi.
        EmptyFileError: The page has no size.
    """
    import pypdfium2.raw as raw

    options = options or Options()
    width, height = page.get_size()
    if not (width > 0 and height > 0):
        raise EmptyFileError(f"page {number} has no size.", hint="Is the PDF damaged?")
    across, down = (dpi, dpi) if dpi else scan_dpi(page) or (DRAWN_DPI, DRAWN_DPI)
    pixels = width * across / 72 * height * down / 72
    if pixels > options.max_pixels:
        shrink = math.sqrt(options.max_pixels / pixels)
        across, down = across * shrink, down * shrink
        if min(across, down) < 50:
            raise TooLargeError(
                f"page {number} measures {width:.0f} x {height:.0f} points.", hint="Raise max_pixels if it is a report."
            )
    columns, rows = max(1, round(width * across / 72)), max(1, round(height * down / 72))
    image = draw(raw, page.raw, (columns, rows), annotations=True)
    picture = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGRA2BGR), np.uint8)
    return RawPage(number, picture, (columns * 72 / width, rows * 72 / height), (width, height))


def scan_dpi(page: pypdfium2.PdfPage) -> tuple[float, float] | None:
    """Return the resolution, across and down as displayed, of the scan that fills a PDF page, None if there is none."""
    import pypdfium2.raw as raw

    width, height = page.get_size()
    best: tuple[float, float, float] | None = None
    for item in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=4):
        try:
            left, bottom, right, top = item.get_bounds()
            columns, rows = item.get_px_size()
            a, b, c, d, _, _ = item.get_matrix().get()
        except (RuntimeError, ValueError):  # pypdfium2.PdfiumError is a RuntimeError
            continue
        box_w, box_h = right - left, top - bottom
        if box_w <= 0 or box_h <= 0:
            continue
        if abs(b) + abs(c) > abs(a) + abs(d):  # the image lies turned on the page
            columns, rows = rows, columns
        found = (box_w * box_h, columns * 72 / box_w, rows * 72 / box_h)
        if best is None or found > best:
            best = found
    if best is None or best[0] < SCAN_SHARE * width * height:
        return None
    across, down = best[1:]
    if page.get_rotation() % 180:
        across, down = down, across
    return (across, down) if all(PLAUSIBLE_DPI[0] <= v <= PLAUSIBLE_DPI[1] for v in (across, down)) else None

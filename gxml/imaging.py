"""Pages as pictures: from an image file or a PDF page to a straight, upright, evenly lit page.

    open_images(opened, options) -> Iterator[RawPage]
    render_page(page, number, options) -> RawPage
    prepare(raw) -> Prepared

Each step of the preparation can be switched off, and says in `Prepared.steps` what it did. All steps that move pixels
are one homography, applied once.
"""

from __future__ import annotations

import io
import math
import struct
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .config import Options
from .errors import BrokenFileError, EmptyFileError, InputError, TooLargeError, UnsupportedFormatError
from .geometry import BBox, Homography, mapped
from .imaging_lines import Gray, shrink
from .imaging_orient import glyphs, sideways, text_lines, upside_down
from .imaging_rectify import sheet, skew
from .imaging_tone import even_light, seals, to_gray
from .sources import Opened

if TYPE_CHECKING:
    import PIL.Image
    import pypdfium2

Pixels = NDArray[np.uint8]
Matrix = NDArray[np.float64]

READING_DPI = 200.0
"""Resolution that pages are brought down to; the readers gain nothing from more."""
LEAST_DPI = 140.0
"""Coarser pages are brought up to this, so that thin rulings are wider than a pixel."""
ABOUT = 1.15
"""A resolution that is finer by no more than this is kept: resampling would cost sharpness for nothing."""
FINE_DPI = 180.0
"""Coarser pages are moved with the better interpolation."""
ANALYSIS_DPI = 100.0
"""Orientation and skew are found at this resolution."""
DRAWN_DPI = 200.0
"""PDF pages without a scan in them are drawn at this resolution."""
PLAUSIBLE_DPI = (60.0, 1300.0)
A4 = (595.28, 841.89)
"""Points."""
A4_RATIO = (1.28, 1.56)
"""Height over width of a photographed sheet that is taken for A4."""
PAGE_SIDE = (200.0, 3500.0)
"""Sides of a page, points, from which the resolution that a file claims is believed."""
SCAN_SHARE = 0.5
"""An image that covers this share of a PDF page gives the page its resolution."""
RIM = 2.0
"""The outermost part of a sheet that is cut out of a photograph is not kept, points."""
STILL = 0.5
"""A page that would move by less than this, in pixels, is left as it is."""
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


@dataclass(frozen=True, slots=True)
class Preparation:
    """Switches of the preparation.

    Attributes:
        orientation: Turn pages that lie on a side or on their head.
        perspective: Undo the perspective of a photograph: cut out the sheet, make converging rulings parallel.
        deskew: Undo a skew.
        light: Make paper white.
        seal: Take red seals out.
        resolution: Bring very fine and very coarse pages to a resolution between `LEAST_DPI` and `dpi`.
        dpi: Finest resolution of the result.
    """

    orientation: bool = True
    perspective: bool = True
    deskew: bool = True
    light: bool = True
    seal: bool = True
    resolution: bool = True
    dpi: float = READING_DPI


@dataclass(frozen=True, slots=True)
class Step:
    """A step that was taken: its name in `Preparation`, and what it did, for people."""

    name: str
    did: str


@dataclass(frozen=True)
class Prepared:
    """A page that is ready to be read.

    Two frames of points: those of the page as displayed (results), and those of this picture, upright and straight
    (`gxml.layout` works in them): pixel * 72 / dpi.

    Attributes:
        gray: Upright, straight, paper white, seals taken out; uint8 [height, width].
        dpi: The same across and down.
        to_points: Homography from pixels of `gray` to points of the page as displayed.
        turn: Degrees clockwise by which the page was turned to stand upright: 0, 90, 180, 270.
        seal_boxes: Seals, points of the page as displayed.
        steps: What was done.
        raw: The page as it came.
    """

    gray: Gray
    dpi: float
    to_points: Matrix
    turn: int
    seal_boxes: tuple[BBox, ...]
    steps: tuple[Step, ...]
    raw: RawPage = field(repr=False)

    def turned(self) -> Prepared:
        """Return the page the other way up."""
        height, width = self.gray.shape
        half = np.array([[-1, 0, width - 1], [0, -1, height - 1], [0, 0, 1.0]])
        steps = (*self.steps, Step("orientation", "turned by 180 degrees again: so its text can be read"))
        gray = np.ascontiguousarray(self.gray[::-1, ::-1])
        return Prepared(
            gray, self.dpi, self.to_points @ half, (self.turn + 180) % 360, self.seal_boxes, steps, self.raw
        )

    @property
    def frame(self) -> tuple[float, float]:
        """Width and height of the upright picture, points."""
        return (self.gray.shape[1] * 72 / self.dpi, self.gray.shape[0] * 72 / self.dpi)

    def pixels(self, box: BBox) -> BBox:
        """Return a box in points of the upright picture as pixel edges of `gray`."""
        scale = self.dpi / 72
        return (box[0] * scale, box[1] * scale, box[2] * scale, box[3] * scale)

    def displayed(self, box: BBox) -> BBox:
        """Return the box around a box of the upright picture (points) on the page as displayed (points)."""
        return mapped(box, self.to_displayed)

    @property
    def to_displayed(self) -> Homography:
        """From points of the upright picture to points of the page as displayed."""
        scale = self.dpi / 72
        pixels = np.array([[scale, 0, -0.5], [0, scale, -0.5], [0, 0, 1.0]])
        return tuple(float(v) for v in (self.to_points @ pixels).reshape(-1))  # type: ignore[return-value]


# -- pages out of files ------------------------------------------------------------------------------------------------


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
    image = np.full((rows, columns, 4), 255, np.uint8)
    bitmap = raw.FPDFBitmap_CreateEx(columns, rows, raw.FPDFBitmap_BGRx, image.ctypes.data, columns * 4)
    try:
        raw.FPDF_RenderPageBitmap(bitmap, page.raw, 0, 0, columns, rows, 0, raw.FPDF_ANNOT)
    finally:
        raw.FPDFBitmap_Destroy(bitmap)
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


# -- preparation -------------------------------------------------------------------------------------------------------


def prepare(raw: RawPage, how: Preparation | None = None) -> Prepared:
    """Make a page upright, straight, evenly lit and free of seals.

    Args:
        raw: The page.
        how: Which steps are taken; all without it.
    """
    how = how or Preparation()
    steps: list[Step] = []
    raw_dpi = max(raw.dpi)
    kept = not how.resolution or LEAST_DPI <= raw_dpi <= ABOUT * how.dpi
    out_dpi = raw_dpi if kept else min(max(raw_dpi, LEAST_DPI), how.dpi)
    boxes = seals(raw.image, raw_dpi) if how.seal else []
    gray = to_gray(raw.image, raw_dpi, boxes)
    if boxes:
        steps.append(Step("seal", f"{len(boxes)} red seal(s) taken out"))

    # `place` takes raw pixels to pixels of the analysis picture, `extent` is the size of that picture
    shape = np.array([raw.size[0], raw.size[1]]) * ANALYSIS_DPI / 72
    place = np.diag([ANALYSIS_DPI / raw.dpi[0], ANALYSIS_DPI / raw.dpi[1], 1.0])
    place[:2, 2] = (place[0, 0] - 1) / 2, (place[1, 1] - 1) / 2
    outline = sheet(raw.image, raw_dpi) if how.perspective else None
    if outline is not None:
        place, shape = _cut_out(outline[0], raw.dpi)
        steps.append(Step("perspective", f"sheet cut out, {outline[1]} of 4 sides seen"))
    extent = (max(1, round(shape[0])), max(1, round(shape[1])))
    small = _warp(gray, place, extent, 255) if outline is not None else shrink(gray, extent)

    turn = 0
    found = glyphs(small, ANALYSIS_DPI) if how.orientation else None
    if found is not None and sideways(found):
        turn = 90
        small = np.ascontiguousarray(np.rot90(small, -1))
        place = _quarter(extent[1]) @ place
        extent = (extent[1], extent[0])
        found = glyphs(small, ANALYSIS_DPI)
    upright = place
    straight = np.eye(3)
    straight[:2, 2] = -(extent[0] - 1) / 2, -(extent[1] - 1) / 2
    if how.deskew:
        straight, source = skew(small, ANALYSIS_DPI, converge=how.perspective)
        if source:
            steps.append(Step("deskew", f"{_angle(straight):+.2f} degrees, from {source}"))
    place = straight @ place

    scale = out_dpi / ANALYSIS_DPI
    warp, size = _canvas(np.diag([scale, scale, 1.0]) @ place, raw, None if outline is None else outline[0])
    page = _warp(gray, warp, size, 255, fine=min(raw.dpi) < FINE_DPI)
    outside = None
    if outline is not None:
        outside = _outside(outline[0], warp, size)
        page[outside] = 0
    if how.light:
        page = even_light(page, out_dpi)
        steps.append(Step("light", "paper made white"))
    if outside is not None:
        page[outside] = 255
    if found is not None:
        head, _ = upside_down(page, _moved(text_lines(found, ANALYSIS_DPI), warp @ np.linalg.inv(upright)))
        if head:
            turn += 180
            page = np.ascontiguousarray(page[::-1, ::-1])
            warp = np.array([[-1, 0, size[0] - 1], [0, -1, size[1] - 1], [0, 0, 1.0]]) @ warp
    if turn:
        steps.insert(0, Step("orientation", f"turned by {turn} degrees"))
    if not kept:
        steps.append(Step("resolution", f"{raw_dpi:.0f} dpi brought to {out_dpi:.0f}"))
    to_points = raw.to_points @ np.linalg.inv(warp)
    seal_boxes = tuple(_scaled(box, raw) for box in boxes)
    return Prepared(page, out_dpi, to_points / to_points[2, 2], turn, seal_boxes, tuple(steps), raw)


def _scaled(box: BBox, raw: RawPage) -> BBox:
    """Return a box of raw pixel edges in points."""
    across, down = raw.size[0] / raw.image.shape[1], raw.size[1] / raw.image.shape[0]
    return (box[0] * across, box[1] * down, box[2] * across, box[3] * down)


def _cut_out(quad: Matrix, dpi: tuple[float, float]) -> tuple[Matrix, Any]:
    """Return the homography from raw pixels to the analysis picture of a sheet, and the size of that picture."""
    inches = quad / np.asarray(dpi)
    width = (np.linalg.norm(inches[1] - inches[0]) + np.linalg.norm(inches[2] - inches[3])) / 2
    height = (np.linalg.norm(inches[3] - inches[0]) + np.linalg.norm(inches[2] - inches[1])) / 2
    if A4_RATIO[0] <= max(width, height) / min(width, height) <= A4_RATIO[1]:
        grow = math.sqrt(A4[0] * A4[1] / 72**2 / (width * height))  # how far the camera was does not matter
        width, height = width * grow, height * grow
    shape = np.array([width, height]) * ANALYSIS_DPI
    corners = np.array([[0, 0], [shape[0], 0], shape, [0, shape[1]]]) - 0.5
    return np.asarray(cv2.getPerspectiveTransform(quad.astype(np.float32), corners.astype(np.float32))), shape


def _moved(boxes: Matrix, homography: Matrix) -> Matrix:
    """Return boxes [n, 4] as a homography moves their middles, grown by its scale at the first of them."""
    if not len(boxes):
        return boxes
    corners = cv2.perspectiveTransform(boxes.reshape(-1, 1, 2), homography).reshape(-1, 4)
    middle = (corners[:, :2] + corners[:, 2:]) / 2
    scale = math.sqrt(abs(float(np.linalg.det(homography[:2, :2]))))
    half = (boxes[:, 2:] - boxes[:, :2]) * scale / 2
    return np.concatenate([middle - half, middle + half], axis=1)


def _quarter(height: int) -> Matrix:
    """Return the homography that turns a picture of this height clockwise."""
    return np.array([[0, -1, height - 1.0], [1, 0, 0], [0, 0, 1]])


def _angle(homography: Matrix) -> float:
    """Return by how much a homography turns the middle of the page clockwise, degrees."""
    return math.degrees(math.atan2(homography[1, 0], homography[0, 0]))


def _canvas(warp: Matrix, raw: RawPage, quad: Matrix | None) -> tuple[Matrix, tuple[int, int]]:
    """Move a warp so that the whole page comes to lie in a picture, and return the size of that picture."""
    height, width = raw.image.shape[:2]
    edge = np.array([[0, 0], [width, 0], [width, height], [0, height]]) - 0.5
    corners = cv2.perspectiveTransform((edge if quad is None else quad).reshape(-1, 1, 2), warp).reshape(-1, 2)
    low, high = corners.min(axis=0), corners.max(axis=0)
    size = (max(1, math.ceil(high[0] - low[0] - 0.3)), max(1, math.ceil(high[1] - low[1] - 0.3)))
    shift = np.array([[1, 0, -low[0] - 0.5], [0, 1, -low[1] - 0.5], [0, 0, 1.0]])
    return shift @ warp, size


def _warp(image: Any, warp: Matrix, size: tuple[int, int], border: int, *, fine: bool = False) -> Any:
    """Warp once, averaging first where the result is much smaller; a page that stays where it is is not touched.

    Args:
        image: Grey or colour.
        warp: Homography from `image` to the result.
        size: Width and height of the result.
        border: Grey level of what lies outside of `image`.
        fine: Cubic interpolation: sharper, three times the time.
    """
    height, width = image.shape[:2]
    if size == (width, height):
        edge = np.array([[[0, 0]], [[width, 0]], [[width, height]], [[0, height]]], np.float64)
        if np.abs(cv2.perspectiveTransform(edge, warp) - edge).max() < STILL:
            return image
    smaller = int(1.15 / math.sqrt(abs(float(np.linalg.det(warp[:2, :2])))))
    if smaller > 1:
        box = image[: height // smaller * smaller, : width // smaller * smaller]
        image = cv2.resize(box, (width // smaller, height // smaller), interpolation=cv2.INTER_AREA)
        warp = warp @ np.array([[smaller, 0, (smaller - 1) / 2], [0, smaller, (smaller - 1) / 2], [0, 0, 1.0]])
    how = cv2.INTER_CUBIC if fine else cv2.INTER_LINEAR
    return cv2.warpPerspective(image, warp, size, flags=how, borderMode=cv2.BORDER_CONSTANT, borderValue=(border,) * 4)


def _outside(quad: Matrix, warp: Matrix, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Return which pixels do not belong to the sheet."""
    corners = cv2.perspectiveTransform(quad.reshape(-1, 1, 2), warp).reshape(-1, 2)
    inside: Any = np.zeros((size[1], size[0]), np.uint8)
    cv2.fillConvexPoly(inside, np.rint(corners).astype(np.int32), 1)
    rim = 2 * max(1, round(RIM * math.hypot(*size) / math.hypot(*A4))) + 1
    inside = cv2.erode(inside, np.ones((rim, rim), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=(0,))
    return np.asarray(inside == 0)

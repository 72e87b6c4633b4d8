"""Pages as pictures: from a scan or a photograph to a straight, upright, evenly lit page.

    prepare(raw) -> Prepared

Each step of the preparation can be switched off, and says in `Prepared.steps` what it did. All steps that move pixels
are one homography, applied once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .geometry import BBox, Homography, mapped
from .imaging_lines import Gray, shrink
from .imaging_orient import glyphs, sideways, text_lines, upside_down
from .imaging_rectify import sheet, skew
from .imaging_tone import even_light, seals, to_gray
from .rawpages import A4, Matrix, RawPage

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
A4_RATIO = (1.28, 1.56)
"""Height over width of a photographed sheet that is taken for A4."""
RIM = 2.0
"""The outermost part of a sheet that is cut out of a photograph is not kept, points."""
STILL = 0.5
"""A page that would move by less than this, in pixels, is left as it is."""


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

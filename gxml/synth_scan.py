"""Scans of clean pages: what a scanner, a fax or a phone makes of a page, with the geometry kept.

    degrade(page_bgr, "office150", seed=3, dpi_in=200) -> Degraded
    scan_pdf("report.pdf", "hard150", seed=3) -> list[Degraded]
    write_pdf(pages, "scan.pdf"), write_tiff(pages, "scan.tif"), write_images(pages, folder, "scan", "png")

The same page, level and seed give the same pixels. `Degraded.transform` takes points of the clean page to pixels of the
scan, so that cells can be scored against the truth.
"""

from __future__ import annotations

import math
import os
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .errors import UsageError
from .geometry import BBox

if TYPE_CHECKING:
    from PIL.Image import Image

Pixels = NDArray[np.uint8]
Matrix = NDArray[np.float64]

SEAL_RADIUS = 59.5
"""A county seal measures 42 mm across; points."""
SEAL_TEXT = "青禾县人民政府信息公开办公室"
"""Made up, as all issuers of generated reports."""
_EPOCH = time.gmtime(1_577_836_800)
"""Date written into files, so that the same pages give the same bytes."""


@dataclass(frozen=True, slots=True)
class Level:
    """How bad a scan is. Ranges are (least, most); the seed draws within them.

    Attributes:
        dpi: Across and down.
        skew: Degrees, of either sign.
        blur: Sigma of a Gaussian, pixels.
        noise: Sigma, grey levels.
        jpeg: Quality, 0 for none.
        seal: A red seal lies over the table.
        bilevel: Black and white, one bit.
        perspective: How far a corner of the page is moved inwards, as a share of width and height.
        light: How far the light differs from its mean, as a share.
        turn: Degrees clockwise by which the page lies turned.
    """

    dpi: tuple[float, float]
    skew: tuple[float, float] = (0.0, 0.0)
    blur: tuple[float, float] = (0.0, 0.0)
    noise: tuple[float, float] = (0.0, 0.0)
    jpeg: int = 0
    seal: bool = False
    bilevel: bool = False
    perspective: float = 0.0
    light: float = 0.0
    turn: int = 0


def _office(dpi: float, turn: int = 0) -> Level:
    return Level((dpi, dpi), (0.0, 0.7), (0.5, 0.8), (3.0, 6.0), 60, turn=turn)


LEVELS: dict[str, Level] = {
    "clean200": Level((200.0, 200.0)),
    "office200": _office(200.0),
    "office150": _office(150.0),
    "hard150": Level((150.0, 150.0), (1.3, 1.5), (0.7, 1.0), (13.0, 18.0), 40, seal=True),
    "fax": Level((204.0, 98.0), (0.0, 1.0), (0.25, 0.4), (8.0, 14.0), bilevel=True),
    "photo": Level((200.0, 200.0), (0.0, 1.0), (0.6, 0.9), (3.0, 6.0), 60, perspective=0.08, light=0.35),
    "turned90": _office(200.0, 90),
    "turned180": _office(200.0, 180),
    "turned270": _office(200.0, 270),
}
"""Name to level."""
TURNED = "turned"
"""Stands for one of the three turns, drawn by the seed."""


@dataclass(frozen=True, slots=True)
class Degraded:
    """One scanned page.

    Attributes:
        image: BGR, uint8 [height, width, 3].
        dpi: Across and down.
        transform: 3x3 homography from points of the clean page (origin top-left) to pixels, the centre of the first
            pixel being (0, 0).
        level: Name of the level, a turn spelled out.
        seal: Box around the seal in points of the clean page, None without one.
    """

    image: Pixels
    dpi: tuple[float, float]
    transform: Matrix
    level: str
    seal: BBox | None

    def to_pixels(self, points: Any) -> Matrix:
        """Return points of the clean page ([n, 2]) as pixels of the scan ([n, 2])."""
        shape = np.asarray(points, np.float64).reshape(-1, 1, 2)
        return cv2.perspectiveTransform(shape, self.transform).reshape(-1, 2).astype(np.float64)


def degrade(
    image: Pixels, level: str, seed: int, dpi_in: float, *, seal_at: tuple[float, float] | None = None
) -> Degraded:
    """Scan a clean page.

    Args:
        image: BGR or grey page on white paper, uint8.
        level: A name of `LEVELS`, or `TURNED`.
        seed: Decides everything that the level leaves open.
        dpi_in: Resolution of `image`.
        seal_at: Centre of the seal in points, for levels that have one; drawn within the table without it.

    Raises:
        UsageError: There is no such level.
    """
    name, spec = _level(level, seed)
    rng = np.random.default_rng([seed, zlib.crc32(level.encode())])
    page: Any = cv2.cvtColor(image, cv2.COLOR_GRAY2BGR) if image.ndim == 2 else image
    height, width = page.shape[:2]
    size = (width * 72 / dpi_in, height * 72 / dpi_in)
    seal = None
    if spec.seal:
        centre = seal_at or _within_table(page, dpi_in, rng)
        page, seal = stamp(page, dpi_in, centre, rng)
    fine = max(spec.dpi) / dpi_in
    if fine < 0.98:
        page = cv2.resize(page, None, fx=fine, fy=fine, interpolation=cv2.INTER_AREA)
    transform, shape = _geometry(size, spec, rng)
    scale = np.array([page.shape[1] / size[0], page.shape[0] / size[1]])
    if spec.dpi[1] < 0.75 * spec.dpi[0]:  # thin rulings must not fall between the rows of a fax
        page = cv2.GaussianBlur(page, (0, 0), 0.01, sigmaY=0.3 * spec.dpi[0] / spec.dpi[1])
    source = np.array([[scale[0], 0, -0.5], [0, scale[1], -0.5], [0, 0, 1.0]])
    warp = transform @ np.linalg.inv(source)
    border = cv2.BORDER_CONSTANT
    flat = cv2.warpPerspective(page, warp, shape, flags=cv2.INTER_CUBIC, borderMode=border, borderValue=(255, 255, 255))
    scan: Any = flat.astype(np.float32)
    if spec.perspective:
        scan = _desk(scan, transform, size, rng)
    if spec.light:
        scan *= _light((scan.shape[0], scan.shape[1]), spec.light, rng)[..., None]
    if spec.blur[1]:
        scan = cv2.GaussianBlur(scan, (0, 0), float(rng.uniform(*spec.blur)))
    if spec.noise[1]:
        scan = _noise(scan, float(rng.uniform(*spec.noise)), rng)
    if spec.bilevel:
        dark = scan.mean(axis=2) < rng.uniform(160, 195)
        dark ^= rng.random(dark.shape, np.float32) < rng.uniform(0.0, 4e-4)
        scan = np.repeat(np.where(dark, 0.0, 255.0)[..., None], 3, axis=2)
    pixels = np.clip(scan, 0, 255).astype(np.uint8)
    if spec.jpeg:
        _, coded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, spec.jpeg])
        pixels = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
    return Degraded(pixels, spec.dpi, transform, name, seal)


def scan_pdf(path: str | os.PathLike[str], level: str, seed: int, pages: Sequence[int] | None = None) -> list[Degraded]:
    """Print a PDF file and scan it.

    Args:
        path: The file.
        level: See `degrade`.
        seed: The pages of a file have seeds of their own.
        pages: 1-based numbers of the pages wanted; all without it.
    """
    import pypdfium2

    name, spec = _level(level, seed)
    dpi = max(spec.dpi)
    pdf = pypdfium2.PdfDocument(path)
    try:
        wanted = pages or range(1, len(pdf) + 1)
        found = []
        for number in wanted:
            bitmap = pdf[number - 1].render(scale=dpi / 72)
            found.append(degrade(bitmap.to_numpy()[..., :3].copy(), name, seed * 1000 + number, dpi))
        return found
    finally:
        pdf.close()


def _level(level: str, seed: int) -> tuple[str, Level]:
    name = f"turned{90 * (1 + seed % 3)}" if level == TURNED else level
    if name not in LEVELS:
        raise UsageError(f"{level!r} is no level of scans.", hint=f"One of: {', '.join([*LEVELS, TURNED])}.")
    return name, LEVELS[name]


# -- geometry ----------------------------------------------------------------------------------------------------------


def _geometry(size: tuple[float, float], spec: Level, rng: np.random.Generator) -> tuple[Matrix, tuple[int, int]]:
    """Return the transform from points to pixels, and (width, height) of the scan."""
    width, height = size
    angle = math.radians(float(rng.uniform(*spec.skew)) * float(rng.choice([-1.0, 1.0])) + spec.turn)
    cos, sin = math.cos(angle), math.sin(angle)
    out_w, out_h = (height, width) if spec.turn % 180 else (width, height)
    turn = np.array(
        [
            [cos, -sin, out_w / 2 - cos * width / 2 + sin * height / 2],
            [sin, cos, out_h / 2 - sin * width / 2 - cos * height / 2],
            [0, 0, 1.0],
        ]
    )
    if spec.perspective:
        corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
        inward = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]], np.float32)
        shift = rng.uniform(0.0, spec.perspective, (4, 2)) * [width, height]
        moved = (corners + inward * shift).astype(np.float32)
        turn = turn @ cv2.getPerspectiveTransform(corners, moved)
    shape = (round(out_w * spec.dpi[0] / 72), round(out_h * spec.dpi[1] / 72))
    pixels = np.array([[spec.dpi[0] / 72, 0, -0.5], [0, spec.dpi[1] / 72, -0.5], [0, 0, 1.0]])
    return (pixels @ turn).astype(np.float64), shape


def _desk(scan: Any, transform: Matrix, size: tuple[float, float], rng: np.random.Generator) -> Any:
    """Put what lies around a photographed page: a darker table top and the soft shadow of the sheet."""
    width, height = size
    corners = np.array([[[0, 0]], [[width, 0]], [[width, height]], [[0, height]]], np.float64)
    outline = cv2.perspectiveTransform(corners, transform).reshape(-1, 2)
    sheet = np.zeros(scan.shape[:2], np.uint8)
    cv2.fillConvexPoly(sheet, np.rint(outline * 16).astype(np.int32), 255, cv2.LINE_AA, 4)
    share = (sheet.astype(np.float32) / 255)[..., None]
    ground = np.empty_like(scan)
    ground[:] = rng.uniform((40, 55, 70), (90, 115, 140))
    grain = cv2.resize(
        rng.normal(0, 9, (scan.shape[0] // 40 + 2, scan.shape[1] // 4 + 2)).astype(np.float32), scan.shape[1::-1]
    )
    ground += grain[..., None]
    ground *= 1 - 0.35 * cv2.GaussianBlur(share[..., 0], (0, 0), 9.0)[..., None]
    return scan * share + ground * (1 - share)


def _light(shape: tuple[int, int], most: float, rng: np.random.Generator) -> Any:
    """Return a smooth field of light around 0.74, so that its brightest place is just short of white."""
    height, width = shape
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j].astype(np.float32)
    angle = rng.uniform(0, 2 * math.pi)
    field = (x - 0.5) * math.cos(angle) + (y - 0.5) * math.sin(angle)
    cx, cy, spread = rng.uniform(0, 1), rng.uniform(0, 1), rng.uniform(0.15, 0.5)
    field += rng.uniform(-1, 1) * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / spread**2)
    field -= (field.max() + field.min()) / 2
    field *= rng.uniform(0.7, 1.0) * most / np.abs(field).max()
    return (0.74 * (1 + field)).astype(np.float32)


def _noise(scan: Any, sigma: float, rng: np.random.Generator) -> Any:
    """Add noise of the sensor (mostly the same in all channels) and of the paper (coarse)."""
    height, width = scan.shape[:2]
    common = rng.standard_normal((height, width), np.float32) * (0.85 * sigma)
    paper = rng.standard_normal((height // 3 + 2, width // 3 + 2), np.float32) * (0.3 * sigma)
    common += cv2.resize(paper, (width, height), interpolation=cv2.INTER_LINEAR)
    scan = scan + common[..., None]
    return scan + rng.standard_normal((height, width, 3), np.float32) * (0.35 * sigma)


# -- the seal ----------------------------------------------------------------------------------------------------------


def _within_table(page: Pixels, dpi: float, rng: np.random.Generator) -> tuple[float, float]:
    """Draw a place inside the largest ruled table of a clean page, or near the end of its text without one; points."""
    grey = cv2.cvtColor(page, cv2.COLOR_BGR2GRAY)
    ink = (grey < 200).astype(np.uint8)
    long = max(3, int(dpi * 0.9))
    rows = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((1, long), np.uint8))
    columns = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((max(3, int(dpi * 0.3)), 1), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(cv2.bitwise_or(rows, columns), connectivity=8)
    tables = sorted(stats[1:], key=lambda s: -int(s[2]) * int(s[3]))
    scale = 72 / dpi
    if tables and tables[0][2] * scale > 150 and tables[0][3] * scale > 40:
        x, y, w, h = (float(v) * scale for v in tables[0][:4])
        return (x + w * float(rng.uniform(0.25, 0.8)), y + h * float(rng.uniform(0.2, 0.8)))
    inked = np.flatnonzero(ink.any(axis=1))
    bottom = float(inked[-1]) * scale if inked.size else page.shape[0] * scale / 2
    return (page.shape[1] * scale * float(rng.uniform(0.55, 0.75)), max(90.0, bottom - float(rng.uniform(0, 40))))


def stamp(page: Pixels, dpi: float, centre: tuple[float, float], rng: np.random.Generator) -> tuple[Pixels, BBox]:
    """Press a round red seal onto a page: ring, star, name along the ring, ink that did not take everywhere.

    Args:
        page: BGR, uint8.
        dpi: Its resolution.
        centre: Points.
        rng: Draws size, turn, strength and colour.

    Returns:
        The page, and the box of the seal in points.
    """
    radius = SEAL_RADIUS * float(rng.uniform(0.9, 1.05))
    scale = dpi / 72
    r = radius * scale
    side = 2 * math.ceil(r) + 5
    mask = np.zeros((side, side), np.uint8)
    mid = side // 2
    cv2.circle(mask, (mid, mid), round(r - 1.6 * scale), 255, max(2, round(3.0 * scale)), cv2.LINE_AA)
    points = []
    for k in range(10):
        reach = r * (0.30 if k % 2 == 0 else 0.30 * 0.382)
        a = -math.pi / 2 + k * math.pi / 5
        points.append((mid + reach * math.cos(a), mid + reach * math.sin(a)))
    cv2.fillPoly(mask, [np.rint(np.array(points) * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    mask = np.maximum(mask, _arc_text(side, r))
    turn = cv2.getRotationMatrix2D((mid, mid), float(rng.uniform(-12, 12)), 1)
    mask = cv2.warpAffine(mask, turn, (side, side)).astype(np.uint8, copy=False)
    patchy = cv2.resize(rng.uniform(0.62, 1.0, (9, 9)).astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC)
    alpha = mask.astype(np.float32) / 255 * np.clip(patchy, 0.4, 1.0) * float(rng.uniform(0.75, 0.95))
    colour = np.array([rng.uniform(30, 60), rng.uniform(25, 50), rng.uniform(205, 235)], np.float32) / 255
    x0, y0 = round(centre[0] * scale) - mid, round(centre[1] * scale) - mid
    out = page.copy()
    top, left = max(0, y0), max(0, x0)
    bottom, right = min(page.shape[0], y0 + side), min(page.shape[1], x0 + side)
    if bottom > top and right > left:
        part = alpha[top - y0 : bottom - y0, left - x0 : right - x0, None]
        under = out[top:bottom, left:right].astype(np.float32)
        out[top:bottom, left:right] = np.rint(under * (1 - part + part * colour)).astype(np.uint8)
    return out, (centre[0] - radius, centre[1] - radius, centre[0] + radius, centre[1] + radius)


def _arc_text(side: int, r: float) -> Pixels:
    """Return the characters along the ring, or plain strokes in their places where no Chinese font is installed."""
    mask = np.zeros((side, side), np.uint8)
    mid = side // 2
    step = math.radians(250) / (len(SEAL_TEXT) - 1)
    for k, character in enumerate(SEAL_TEXT):
        angle = math.radians(-125) + k * step
        glyph = _glyph(character, round(r * 0.30))
        h, w = glyph.shape
        radius = r * 0.74
        x, y = mid + radius * math.sin(angle), mid - radius * math.cos(angle)
        cos, sin = math.cos(angle), math.sin(angle)
        narrow = 0.78
        place = np.array(
            [
                [cos * narrow, -sin, x - cos * narrow * w / 2 + sin * h / 2],
                [sin * narrow, cos, y - sin * narrow * w / 2 - cos * h / 2],
            ]
        )
        mask = np.maximum(mask, cv2.warpAffine(glyph, place, (side, side)))
    return mask


def _glyph(character: str, size: int) -> Pixels:
    try:
        import pylopdf_fonts_zh_cn as fonts
        from PIL import Image, ImageDraw, ImageFont
    except ImportError:
        glyph = np.zeros((size, size), np.uint8)
        for k in (0.15, 0.5, 0.85):
            cv2.line(glyph, (0, int(k * size)), (size, int(k * size)), 255, max(1, size // 10))
        cv2.line(glyph, (size // 2, 0), (size // 2, size), 255, max(1, size // 10))
        return glyph
    picture = Image.new("L", (size, size))
    font = ImageFont.truetype(fonts.serif_path(), round(size * 0.95))
    ImageDraw.Draw(picture).text((size / 2, size / 2), character, 255, font=font, anchor="mm", stroke_width=size // 40)
    return np.asarray(picture, np.uint8)


# -- files -------------------------------------------------------------------------------------------------------------


def _picture(page: Degraded) -> Image:
    from PIL import Image

    picture = Image.fromarray(np.ascontiguousarray(page.image[..., ::-1]))
    return picture.convert("1") if LEVELS[page.level].bilevel else picture


def write_pdf(pages: Sequence[Degraded], path: str | os.PathLike[str]) -> None:
    """Write an image-only PDF: one JPEG (or CCITT, for fax) image a page."""
    pictures = [_picture(p) for p in pages]
    level = LEVELS[pages[0].level]
    pictures[0].save(
        path,
        format="PDF",
        save_all=True,
        append_images=pictures[1:],
        dpi=pages[0].dpi,
        **({} if level.bilevel else {"quality": level.jpeg or 90}),  # CCITT has no quality
        creationDate=_EPOCH,
        modDate=_EPOCH,
    )


def write_tiff(pages: Sequence[Degraded], path: str | os.PathLike[str]) -> None:
    """Write a TIFF file of several pages; fax pages as CCITT group 4."""
    pictures = [_picture(p) for p in pages]
    fax = LEVELS[pages[0].level].bilevel
    pictures[0].save(
        path,
        format="TIFF",
        save_all=True,
        append_images=pictures[1:],
        dpi=pages[0].dpi,
        compression="group4" if fax else "tiff_lzw",
    )


def write_images(
    pages: Sequence[Degraded], folder: str | os.PathLike[str], stem: str, suffix: str = "png"
) -> list[Path]:
    """Write one PNG or JPEG file a page and return the paths: STEM-1.png, STEM-2.png, ..."""
    paths = []
    for number, page in enumerate(pages, 1):
        path = Path(folder) / f"{stem}-{number}.{suffix}"
        picture = _picture(page)
        if suffix in ("jpg", "jpeg") and picture.mode == "1":
            picture = picture.convert("L")
        picture.save(path, dpi=page.dpi, quality=LEVELS[page.level].jpeg or 90)
        paths.append(path)
    return paths

"""Each step of the preparation, measured on a generated page whose transform is known."""

from __future__ import annotations

import struct
from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pypdfium2
import pytest
from conftest import ROOT
from PIL import Image

from gxml import imaging_rectify, synth_scan
from gxml.errors import BrokenFileError
from gxml.imaging import LEAST_DPI, READING_DPI, Preparation, Prepared, prepare
from gxml.imaging_lines import Segments
from gxml.imaging_orient import glyphs, text_lines
from gxml.imaging_rectify import Direction, direction, straighten, text_skew
from gxml.imaging_tone import even_light, seals, to_gray
from gxml.rawpages import RawPage, open_images, render_page
from gxml.sources import Opened
from gxml.synth_scan import Degraded, degrade

SAMPLE = ROOT / "gxml" / "sample" / "qinghe_2024.pdf"
DPI = 150.0


@cache
def clean(number: int) -> np.ndarray:
    page = pypdfium2.PdfDocument(SAMPLE)[number - 1]
    return page.render(scale=DPI / 72).to_numpy()[..., :3].copy()


@cache
def size() -> tuple[float, float]:
    return pypdfium2.PdfDocument(SAMPLE)[0].get_size()


def raw_page(image: np.ndarray, dpi: tuple[float, float]) -> RawPage:
    return RawPage.of(1, image, dpi)


def prepared(page: Degraded, how: Preparation | None = None) -> Prepared:
    return prepare(raw_page(page.image, page.dpi), how)


def seen(page: Degraded, got: Prepared) -> np.ndarray:
    """Return where a grid of points of the clean page comes to lie in the picture that is read, points."""
    width, height = size()
    x, y = np.meshgrid(np.linspace(0.12, 0.88, 5) * width, np.linspace(0.1, 0.9, 5) * height)
    pixels = page.to_pixels(np.stack([x.ravel(), y.ravel()], axis=1))
    to_raw = np.linalg.inv(got.to_points) @ got.raw.to_points
    return cv2.perspectiveTransform(pixels.reshape(-1, 1, 2), to_raw).reshape(5, 5, 2) * 72 / got.dpi


def bend(points: np.ndarray) -> tuple[float, float]:
    """Return how far rows are off level and columns off upright, at worst, degrees."""
    across, down = points[:, -1] - points[:, 0], points[-1] - points[0]
    rows = np.degrees(np.arctan2(across[:, 1], across[:, 0]))
    columns = np.degrees(np.arctan2(-down[:, 0], down[:, 1]))
    return float(np.abs(rows).max()), float(np.abs(columns).max())


# -- orientation -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("turn", [90, 180, 270])
@pytest.mark.parametrize("number", [1, 2])  # prose, tables
def test_a_turned_page_stands_upright(turn, number):
    page = degrade(clean(number), f"turned{turn}", turn + number, DPI)
    got = prepared(page)
    assert (got.turn + turn) % 360 == 0
    assert max(bend(seen(page, got))) < 0.15
    left = prepared(page, Preparation(orientation=False))
    assert left.turn == 0 and "orientation" not in {s.name for s in left.steps}


@pytest.mark.parametrize("level", ["clean200", "office150", "fax", "hard150"])
def test_an_upright_page_is_not_turned(level):
    assert prepared(degrade(clean(1), level, 11, DPI)).turn == 0


# -- skew and perspective ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("angle", [-3.0, -1.1, 0.4, 2.2])
@pytest.mark.parametrize("number", [1, 2])
def test_a_skew_is_undone(angle, number):
    image = clean(number)
    height, width = image.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), -angle, 1)
    skewed = cv2.warpAffine(image, turn, (width, height), borderValue=(255, 255, 255))
    page = Degraded(skewed, (DPI, DPI), np.vstack([turn, [0, 0, 1]]) @ np.diag([DPI / 72, DPI / 72, 1]), "x", None)
    got = prepared(page)
    assert max(bend(seen(page, got))) < 0.12
    kept = prepared(page, Preparation(deskew=False, perspective=False))
    assert min(bend(seen(page, kept))) > abs(angle) - 0.05


def test_the_skew_of_text_alone():
    image = cv2.cvtColor(clean(1), cv2.COLOR_BGR2GRAY)
    height, width = image.shape
    for angle in (-2.0, 0.0, 1.3):
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), -angle, 1)
        found = text_skew(cv2.warpAffine(image, turn, (width, height), borderValue=255), DPI)
        assert found is not None and abs(np.degrees(found) - angle) < 0.1
    assert text_skew(np.full((400, 400), 255, np.uint8), DPI) is None


def test_parallel_strokes_of_characters_are_no_rulings():
    image = cv2.cvtColor(clean(1), cv2.COLOR_BGR2GRAY)
    found = Direction(np.tan(np.radians(1.5)), 0.0, 600.0, 10)
    assert imaging_rectify._of_text(found, image, DPI)
    assert not imaging_rectify._of_text(replace(found, s=0.0), image, DPI)  # along the text
    assert not imaging_rectify._of_text(replace(found, length=6000.0), image, DPI)  # too long


def test_steps_of_a_coarse_scan_are_a_skew():
    """A fax breaks skewed rulings into level steps."""
    page = degrade(clean(2), "fax", 4, DPI)
    turned = np.degrees(np.arctan2(*(page.transform[[1, 0], [0, 0]] / page.dpi[::-1])))
    assert abs(turned) > 0.2
    assert max(bend(seen(page, prepared(page)))) < 0.15


def level_lines(at: np.ndarray, slope: np.ndarray, length: float = 670.0) -> Segments:
    n = at.size
    return Segments(np.full(n, 70.0), np.full(n, 70.0 + length), at, slope, np.full(n, 60.0), np.ones(n))


def test_a_few_lines_side_by_side_show_no_perspective():
    """The rules of a small table at the top of a page, and strokes of text that lie askew below."""
    noise = np.array([-0.0045, -0.0048, -0.0007, -0.005, -0.0013])
    rows = level_lines(np.array([184.0, 138, 120, 155, 121]), noise)
    rows = rows.and_(level_lines(np.array([270.0, 271, 270]), np.array([0.0113, 0.0244, 0.03]), 50.0))
    found = direction(rows, (827, 1169), 100.0, converge=True)
    assert found is not None and found.k == 0.0 and abs(found.s + 0.0045) < 0.002
    at = np.linspace(150.0, 1000.0, 12)
    found = direction(level_lines(at, -2e-5 * (at - 584)), (827, 1169), 100.0, converge=True)
    assert found is not None and abs(found.k - 2e-5) < 1e-6


def test_short_columns_do_not_make_a_sheet_lean():
    """The ends of a line are known to half a pixel: short columns show neither a perspective nor a lean."""
    rows = direction(level_lines(np.linspace(150.0, 1000.0, 12), np.full(12, -0.0102)), (827, 1169), 100.0, converge=True)
    at = np.array([443.0, 289.0, 597.0, 292.0, 293.0, 290.0, 408.0])
    slope = np.radians([0.317, 0.782, 0.516, 0.143, 0.626, 0.193, 0.967])
    length = np.array([103.0, 101.0, 101.0, 101.0, 67.0, 67.0, 53.0])
    start = np.array([495.0, 497.0, 494.0, 741.0, 880.0, 636.0, 1011.0])
    columns = Segments(start, start + length, at, slope, np.full(7, 60.0), np.ones(7))
    down = direction(columns, (1169, 827), 100.0, converge=True)
    assert rows is not None and (down is None or down.k == 0.0)
    for found in (down, Direction(0.005, 0.0, 300.0, 4, 0.002)):
        flat = straighten(rows, found, (827, 1169))
        leans = np.degrees(np.arctan2(flat[0, 1], flat[1, 1]) + np.arctan2(flat[1, 0], flat[0, 0]))
        assert abs(leans) < 0.15
    sure = straighten(rows, Direction(0.005, 0.0, 3000.0, 12, 0.0002), (827, 1169))
    turned = sure @ [0.005, 1.0, 0.0]
    assert abs(turned[0] / turned[1]) < 4e-4  # a sheet that was drawn askew through a scanner


@pytest.mark.parametrize("number", [1, 2])
def test_the_perspective_of_a_photograph_is_undone(number):
    page = degrade(clean(number), "photo", 20 + number, DPI)
    got = prepared(page)
    points = seen(page, got)
    assert max(bend(points)) < 0.6
    across = np.linalg.norm(points[:, -1] - points[:, 0], axis=1)
    down = np.linalg.norm(points[-1] - points[0], axis=1)
    assert np.ptp(across) / across.mean() < 0.015 and np.ptp(down) / down.mean() < 0.015
    x, y = size()
    corners = page.to_pixels([[0, 0], [x, 0], [x, y], [0, y]])
    sides = corners - np.roll(corners, 1, axis=0)
    right = np.degrees(np.arctan2(*(np.roll(sides, -1, axis=0) - 0).T)) - np.degrees(np.arctan2(*sides.T))
    assert np.abs((right + 180) % 360 - 180 + 90).max() > 1  # it was there: the corners of the sheet are not square
    assert "perspective" in {s.name for s in got.steps}
    assert "perspective" not in {s.name for s in prepared(page, Preparation(perspective=False)).steps}


def test_boxes_lead_back_to_the_page_as_displayed():
    page = degrade(clean(2), "turned90", 5, DPI)
    got = prepared(page)
    box = (100.0, 200.0, 180.0, 230.0)
    x0, y0, x1, y1 = got.displayed(box)
    assert 0 <= x0 < x1 <= got.raw.size[0] and 0 <= y0 < y1 <= got.raw.size[1]
    assert abs((x1 - x0) - 30) < 3 and abs((y1 - y0) - 80) < 3  # the page lies on its side


# -- tone --------------------------------------------------------------------------------------------------------------


def test_uneven_light_is_evened():
    gray = cv2.cvtColor(clean(1), cv2.COLOR_BGR2GRAY)
    height, width = gray.shape
    x, y = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    field = 0.72 + 0.22 * x - 0.1 * y * y
    dim = np.clip(gray * field, 0, 255).astype(np.uint8)
    even = even_light(dim, DPI)
    paper = gray > 250
    assert np.ptp(np.percentile(dim[paper], [2, 98])) > 80
    assert np.ptp(np.percentile(even[paper], [2, 98])) < 12
    assert np.median(even[paper]) > 240
    assert np.median(even[gray < 60]) < 90  # ink stays ink


def stamped(number: int, seed: int, shade: int = 255) -> tuple[np.ndarray, np.ndarray, Degraded]:
    """Return a page in grey as it was before a seal, a mask of the seal's red, and the page with it."""
    image = clean(number).copy()
    if shade < 255:  # a ground of light blue, as header cells have
        image[300:700] = np.minimum(image[300:700], np.array([241, 217, 198], np.uint8))
    cv2.putText(image, "0 1 2 3 4 5 6 7 8 9", (440, 520), cv2.FONT_HERSHEY_SIMPLEX, 1.1, (20, 20, 20), 5, cv2.LINE_AA)
    page, box = synth_scan.stamp(image, DPI, (300.0, 240.0), np.random.default_rng(seed))
    white = np.full_like(image, 255)
    red = np.abs(synth_scan.stamp(white, DPI, (300.0, 240.0), np.random.default_rng(seed))[0] - 255.0).max(axis=2) > 40
    _, coded = cv2.imencode(".jpg", page, [cv2.IMWRITE_JPEG_QUALITY, 50])
    decoded = cv2.imdecode(coded, cv2.IMREAD_COLOR)
    return cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), red, Degraded(decoded, (DPI, DPI), np.eye(3), "x", box)


@pytest.mark.parametrize(("shade", "left"), [(255, 45), (198, 75)])
def test_a_seal_is_found_and_taken_out(shade, left):
    before, red, page = stamped(2, 3, shade)
    (box,) = seals(page.image, DPI)
    assert page.seal is not None
    assert np.abs(np.array(box) * 72 / DPI - page.seal).max() < 7
    gray = to_gray(page.image, DPI, [box])
    paper = red & (cv2.erode(before, np.ones((7, 7), np.uint8)) > 180)  # JPEG smears print
    ink = red & (before < 90)
    assert ink.sum() > 100
    off = before[paper].astype(int) - gray[paper]
    assert np.percentile(off, 93) < left  # nothing of it is left that could be taken for print
    assert np.median(gray[ink]) < 130  # and what it covered is there
    plain = cv2.cvtColor(page.image, cv2.COLOR_BGR2GRAY)
    assert np.percentile(before[paper].astype(int) - plain[paper], 50) > 60  # which was not so before
    away = np.ones(gray.shape, bool)
    x0, y0, x1, y1 = (int(v) for v in box)
    away[max(0, y0 - 20) : y1 + 20, max(0, x0 - 20) : x1 + 20] = False
    assert (gray[away] == plain[away]).all()


def test_faint_rulings_under_a_seal_stay():
    image = np.full((800, 1000, 3), 255, np.uint8)
    for at in range(330, 700, 30):
        cv2.line(image, (100, at), (900, at + 6), (170, 170, 170), 1, cv2.LINE_AA)
    page, _ = synth_scan.stamp(image, DPI, (300.0, 240.0), np.random.default_rng(3))
    gray = to_gray(page, DPI, seals(page, DPI))
    drawn = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY) < 200
    ring = drawn & (np.abs(page.astype(int) - image).max(axis=2) > 40)
    assert ring.sum() > 100
    assert np.median(gray[ring]) < 215 and np.median(gray[~drawn]) > 245


def test_no_seal_where_there_is_none():
    assert seals(clean(2), DPI) == []
    assert seals(cv2.cvtColor(clean(2), cv2.COLOR_BGR2GRAY), DPI) == []
    red_title = clean(1).copy()
    red_title[red_title[..., 0] < 128] = (30, 30, 220)
    assert seals(red_title[:300], DPI) == []  # letters in red are none


def test_a_seal_may_stay():
    page = stamped(2, 3)[2]
    how = Preparation(seal=False, orientation=False, deskew=False, perspective=False)
    assert prepared(page, how).seal_boxes == ()


# -- resolution --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dpi", "read_at"), [((300, 300), 200), ((100, 100), 140), ((150, 150), 150), ((204, 98), 204)]
)
def test_pages_are_brought_to_a_resolution_that_readers_like(dpi, read_at):
    image = clean(1)
    shape = (round(size()[0] * dpi[0] / 72), round(size()[1] * dpi[1] / 72))
    raw = raw_page(cv2.resize(image, shape, interpolation=cv2.INTER_AREA), dpi)
    got = prepare(raw)
    assert got.dpi == pytest.approx(read_at, rel=0.01)
    assert got.frame == pytest.approx(size(), rel=0.03)  # as large as the page, whatever its pixels
    assert LEAST_DPI - 1 <= got.dpi <= 1.15 * READING_DPI
    kept = prepare(raw, Preparation(resolution=False))
    assert kept.dpi == pytest.approx(max(dpi), rel=0.01)
    assert ("resolution" in {s.name for s in got.steps}) == (abs(got.dpi - max(dpi)) > 1)


def test_a_scanned_pdf_page_is_drawn_pixel_for_pixel(tmp_path):
    page = degrade(clean(1), "fax", 3, DPI)
    synth_scan.write_pdf([page], tmp_path / "fax.pdf")
    raw = render_page(pypdfium2.PdfDocument(tmp_path / "fax.pdf")[0], 1)
    assert raw.image.shape[:2] == page.image.shape[:2]
    assert raw.dpi == pytest.approx(page.dpi, rel=0.01)
    assert (np.abs(raw.image.astype(int) - page.image) > 60).mean() < 0.001


def test_steps_say_what_they_did():
    page = replace(degrade(clean(1), "office150", 3, DPI), seal=None)
    names = [s.name for s in prepared(page).steps]
    assert "deskew" in names and "seal" not in names
    everything_off = Preparation(False, False, False, False, False, False)
    got = prepared(page, everything_off)
    assert got.steps == () and np.abs(seen(page, got) * DPI / 72 - page.to_pixels([[0, 0]])).min() >= 0
    assert (got.gray == cv2.cvtColor(page.image, cv2.COLOR_BGR2GRAY)).all()


def test_a_ruling_that_a_fax_broke_into_dashes_is_no_line_of_text():
    gray = np.full((200, 400), 255, np.uint8)
    for x in range(20, 380, 14):
        gray[50:52, x : x + 10] = 0  # dashes
    for x in range(20, 120, 14):
        gray[100:111, x : x + 11] = 0  # characters
    (line,) = text_lines(glyphs(gray, 100.0), 100.0)
    assert line.tolist() == pytest.approx([20, 100, 129, 111], abs=3)


def test_a_tiff_whose_second_page_has_no_size_is_damaged(tmp_path):
    path = tmp_path / "case.tif"
    Image.new("L", (40, 30), 255).save(path)
    data = path.read_bytes()
    (start,) = struct.unpack_from("<I", data, 4)
    behind = start + 2 + 12 * struct.unpack_from("<H", data, start)[0]
    data = data[:behind] + struct.pack("<I", len(data)) + data[behind + 4 :] + bytes(6)  # a directory without tags
    with pytest.raises(BrokenFileError, match=r"case\.tif"):
        list(open_images(Opened(path, data, "", "image", "", ())))

from __future__ import annotations

import itertools
import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from gxml import shipped
from gxml.errors import BrokenFileError, FileMissingError, UsageError
from gxml.numlines import HEIGHT, OUTSIDE, WIDTH_STEP, Gray, line_pictures
from gxml.numread import REFUSED, NumberReader

fonts = pytest.importorskip("pylopdf_fonts_zh_cn")
DPI = 150.0


@pytest.fixture(scope="module")
def reader() -> NumberReader:
    return NumberReader.load()


def cell(
    text: str,
    *,
    serif: bool = True,
    points: float = 10.5,
    dpi: float = DPI,
    size: tuple[float, float] = (60.0, 26.0),
    ruled: bool = True,
    seed: int | None = None,
) -> Gray:
    """Print a cell of `size` points with its rulings; `seed` scans it: blur, noise, JPEG 60."""
    over, k = 3, dpi / 72
    w, h = (round(v * k * over) for v in size)
    page = Image.new("L", (w, h), 255)
    draw = ImageDraw.Draw(page)
    font = ImageFont.truetype(fonts.serif_path() if serif else fonts.sans_path(), round(points * k * over))
    draw.multiline_text((w / 2, h / 2), text, 0, font=font, anchor="mm", align="center")
    if ruled:
        draw.rectangle((0, 0, w - 1, h - 1), outline=0, width=over)
    made = np.asarray(page.resize((w // over, h // over), Image.Resampling.BOX), np.uint8)
    if seed is None:
        return made
    noise = np.random.default_rng(seed).normal(0, 5, made.shape)
    rough = np.clip(cv2.GaussianBlur(made, (0, 0), 0.6) + noise, 0, 255).astype(np.uint8)
    return np.asarray(cv2.imdecode(cv2.imencode(".jpg", rough, [cv2.IMWRITE_JPEG_QUALITY, 60])[1], 0), np.uint8)


def inside(crop: Gray, left: float = 0.0, right: float = 0.0) -> Gray:
    """Cut shares of the width off a crop."""
    w = crop.shape[1]
    return np.ascontiguousarray(crop[:, round(left * w) : w - round(right * w)])


# --- what it reads --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("serif", [True, False])
def test_reads_numbers_of_scanned_cells(reader: NumberReader, serif: bool) -> None:
    numbers = ["0", "1", "7", "11", "100", "2648", "3119", "90210", "5", "86", "39573802", "77", "34", "6"]
    found = reader.read([cell(n, serif=serif, seed=i) for i, n in enumerate(numbers)], dpi=DPI)
    assert [f.text for f in found] == numbers


@pytest.mark.parametrize("text", ["增1423", "减3", "+155", "-1309", "160.5964", "251000元", "12.5%", "1,234"])
def test_reads_signs_points_and_units(reader: NumberReader, text: str) -> None:
    (found,) = reader.read([cell(text, serif=False, points=12, dpi=200)], dpi=200)
    assert found.text == text
    assert "".join(c.char for c in found.chars) == text


def test_the_resolution_need_not_be_known(reader: NumberReader) -> None:
    found = reader.read([cell("408", dpi=dpi) for dpi in (120, 150, 200, 300)])
    assert [f.text for f in found] == ["408"] * 4


def test_a_tall_cell_reads_like_a_flat_one(reader: NumberReader) -> None:
    (found,) = reader.read([cell("57", size=(60, 160), seed=1)], dpi=DPI)
    assert found.text == "57"


@pytest.mark.parametrize("ruled", [True, False])
def test_an_empty_cell_is_empty_and_sure(reader: NumberReader, ruled: bool) -> None:
    (found,) = reader.read([cell("", ruled=ruled, seed=4)], dpi=DPI)
    assert (found.text, found.chars) == ("", ())
    assert found.confidence > 0.95


def test_lines_of_a_wrapped_number_stay_apart(reader: NumberReader) -> None:
    (found,) = reader.read([cell("12345\n67", size=(40, 40))], dpi=DPI)
    assert found.text == "12345\n67"


def test_words_are_refused(reader: NumberReader) -> None:
    for text in ("商业企业", "信访", "3信访5"):
        (found,) = reader.read([cell(text, serif=False, points=12, dpi=200)], dpi=200)
        assert REFUSED in found.text or found.confidence < 0.9


def test_a_digit_cut_in_half_is_not_sure(reader: NumberReader) -> None:
    whole = cell("8888", points=16, size=(36, 26), ruled=False, dpi=200)
    (right,) = reader.read([whole], dpi=200)
    assert right.text == "8888"
    ink = np.flatnonzero(whole.min(axis=0) < 128)
    digit = (ink[-1] - ink[0]) / 4
    cut = np.ascontiguousarray(whole[:, : round(ink[-1] - 0.5 * digit)])
    (found,) = reader.read([cut], dpi=200)
    assert REFUSED in found.text or found.confidence < 0.985


def test_a_reading_does_not_depend_on_its_batch(reader: NumberReader) -> None:
    crops = [cell(str(n), seed=n) for n in (3, 41, 592, 6535, 89793)]
    together = reader.read(crops, dpi=DPI)
    assert together == [reader.read([c], dpi=DPI)[0] for c in crops]
    assert together == reader.read(crops, dpi=DPI)
    assert reader.read([]) == []


def test_alternatives_and_candidates_are_probabilities(reader: NumberReader) -> None:
    crop = cell("38", seed=5)
    (found,) = reader.read([crop], dpi=DPI)
    for char in found.chars:
        others = [p for _, p in char.alternatives]
        assert char.char not in [c for c, _ in char.alternatives]
        assert others == sorted(others, reverse=True)
        assert char.confidence + sum(others) <= 1.0001
    several = reader.candidates(crop, 4, dpi=DPI)
    assert several[0][0] == found.text == "38"
    assert len({text for text, _ in several}) == 4
    assert sum(math.exp(p) for _, p in several) <= 1.0001


def test_a_colour_crop_is_an_error(reader: NumberReader) -> None:
    with pytest.raises(UsageError, match="grey"):
        reader.read([np.zeros((20, 30, 3), np.uint8)])  # type: ignore[list-item]
    with pytest.raises(UsageError, match="grey"):
        reader.read([np.zeros((0, 30), np.uint8)])


# --- line pictures --------------------------------------------------------------------------------------------------


def test_line_pictures_have_one_scale() -> None:
    heights = []
    for points, dpi in itertools.product((9.0, 14.0), (150.0, 300.0)):
        (picture,) = line_pictures(cell("305", points=points, dpi=dpi), dpi)
        assert picture.shape[0] == HEIGHT and picture.shape[1] % WIDTH_STEP == 0
        rows = np.flatnonzero((picture > 140).any(axis=1))
        heights.append(int(rows[-1] - rows[0] + 1))
    assert max(heights) - min(heights) <= 3


def test_faint_print_beside_black_rulings_is_found() -> None:
    crop = cell("27").astype(np.float32)
    crop[3:-3, 3:-3] = 255 - (255 - crop[3:-3, 3:-3]) * 0.3
    (picture,) = line_pictures(crop.astype(np.uint8), DPI)
    middle = picture[:, picture.shape[1] // 4 : -picture.shape[1] // 4]
    assert (middle > 140).sum() > 60


def test_what_lies_beyond_the_crop_is_marked() -> None:
    (picture,) = line_pictures(inside(cell("888", ruled=False, size=(24, 26)), left=0.3), DPI)
    assert (picture[:, 0] == OUTSIDE).all()


def test_a_speck_crop_of_a_pixel_does_not_fail(reader: NumberReader) -> None:
    for shape in ((1, 1), (1, 200), (200, 1), (4, 4)):
        assert reader.read([np.zeros(shape, np.uint8)], dpi=DPI)[0].confidence <= 1.0


# --- the shipped files ----------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Callable[[], Path]:
    def copy() -> Path:
        for name in ("config.json", "number_reader.onnx"):
            (tmp_path / name).write_bytes((shipped.models() / "number_reader" / name).read_bytes())
        return tmp_path

    return copy


def test_a_changed_network_is_not_loaded(folder: Callable[[], Path]) -> None:
    path = folder()
    assert NumberReader.load(path).read([cell("4")], dpi=DPI)[0].text == "4"
    network = path / "number_reader.onnx"
    network.write_bytes(network.read_bytes()[:-1] + b"\0")
    with pytest.raises(BrokenFileError):
        NumberReader.load(path)
    network.unlink()
    with pytest.raises(FileMissingError):
        NumberReader.load(path)
    shutil.rmtree(path)


def test_the_shipped_network_is_small_and_calibrated() -> None:
    folder = shipped.models() / "number_reader"
    assert len((folder / "number_reader.onnx").read_bytes()) < 2_000_000
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    levels = config["confidence"]["right"]
    assert levels == sorted(levels) and levels[0] >= 0 and 0.99 < levels[-1] <= 1
    assert len(set(config["alphabet"])) == len(config["alphabet"]) and config["alphabet"][-1] == REFUSED


def test_the_shipped_network_is_as_good_as_the_card_says() -> None:
    measures = json.loads((shipped.models() / "number_reader" / "measures.json").read_text(encoding="utf-8"))
    levels = measures["levels"]
    least = {"clean200": 0.99, "office200": 0.985, "office150": 0.98, "hard150": 0.94, "fax": 0.975, "photo": 0.985}
    assert {name: level["exact"] >= least[name] for name, level in levels.items()} == dict.fromkeys(least, True)
    # An error that looks sure is what does harm: at most one reading of a thousand.
    assert sum(m["errors_sure"] for m in levels.values()) <= 0.001 * sum(m["cells"] for m in levels.values())
    cut = measures["cut"]
    assert cut["other_number_sure"] <= 0.02 * cut["cells"]
    assert cut["refused"] + cut["right"] + cut["other_number"] == cut["cells"]

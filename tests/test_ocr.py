"""Readers of pictures: the same tests for all of them, those that are not installed are skipped."""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from typer.testing import CliRunner

import gxml
from gxml import ocr, synth_scan
from gxml.cellread import cell_reader
from gxml.config import READERS, Options
from gxml.ocr import NUMBER_CHARS, LineReading, Reader, open_reader

fonts = pytest.importorskip("pylopdf_fonts_zh_cn")
NUMBERS = ["0", "7", "11", "408", "2648", "39573802", "160.5964"]
WORDS = ["商业企业", "本年新收政府信息公开申请数量", "总计"]


@cache
def reader_or_reason(name: str) -> Reader | str:
    if name == "paddle" and find_spec("paddleocr") is None:
        return "paddleocr is not installed: pip install .[paddle], in an environment of its own"
    if name == "tesseract" and shutil.which("tesseract") is None:
        return "tesseract is not installed: apt install tesseract-ocr tesseract-ocr-chi-sim"
    try:
        return open_reader(name)
    except gxml.MissingToolError as error:
        assert name == "tesseract" and "chi_sim" in str(error)
        return str(error)


@pytest.fixture(params=READERS)
def reader(request: pytest.FixtureRequest) -> Reader:
    found = reader_or_reason(request.param)
    if isinstance(found, str):
        pytest.skip(found)
    return found


def line(text: str, *, size: int = 22) -> np.ndarray:
    """Print a line of text, tight but for a margin."""
    font = ImageFont.truetype(fonts.sans_path(), size)
    x0, y0, x1, y1 = (round(v) for v in font.getbbox(text))
    page = Image.new("L", (x1 - x0 + 12, y1 - y0 + 12), 250)
    ImageDraw.Draw(page).text((6 - x0, 6 - y0), text, 20, font=font)
    return np.asarray(page, np.uint8)


# ---- one protocol ---------------------------------------------------------------------------------------------------


def test_numbers_and_words_are_read(reader: Reader) -> None:
    found = reader.read([line(t) for t in (*NUMBERS, *WORDS)])
    texts = [f.text.replace(" ", "") for f in found]
    least = 5 if reader.name == "tesseract" else 7  # a lone digit is nothing to Tesseract's Chinese
    assert sum(a == b for a, b in zip(texts, NUMBERS, strict=False)) >= least
    assert texts[len(NUMBERS) :] == WORDS


def test_characters_have_confidences_alternatives_and_places(reader: Reader) -> None:
    for reading in reader.read([line("2648"), line("总计"), line("39573802")]):
        assert "".join(c.char for c in reading.chars) == reading.text
        assert reading.confidence == min(c.confidence for c in reading.chars)
        places = [c.x for c in reading.chars]
        assert places == sorted(places) and 0 < places[0] <= 0.5 <= places[-1] <= 1
        for c in reading.chars:
            assert 0 <= c.confidence <= 1
            values = [p for _, p in c.alternatives]
            assert values and values == sorted(values, reverse=True)
    assert all(len(c.alternatives) > 1 for c in reader.read([line("408")])[0].chars)


def test_a_mask_keeps_to_the_allowed_characters(reader: Reader) -> None:
    for reading in reader.read([line("商业"), line("408")], "0123456789"):
        assert set(reading.text) <= set("0123456789")
    both = reader.read_both([line("2648"), line("总计")], NUMBER_CHARS)
    assert [full.text.replace(" ", "") for full, _ in both] == ["2648", "总计"]
    assert both[0][1].text == "2648" and set(both[1][1].text) <= set(NUMBER_CHARS)


def test_no_crop_and_an_empty_crop_read_as_nothing(reader: Reader) -> None:
    assert reader.read([]) == [] and reader.read_both([], "01") == []
    (blank,) = reader.read([np.full((30, 40), 255, np.uint8)])
    if reader.name != "tesseract":  # it always finds something; cells without ink are not shown to it
        assert blank == LineReading("", 1.0, ())


def test_colour_reads_as_grey(reader: Reader) -> None:
    grey = line("2648")
    assert reader.read([cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)])[0].text == reader.read([grey])[0].text == "2648"


def test_a_page_is_found_and_read(reader: Reader) -> None:
    page = np.full((300, 500), 250, np.uint8)
    for y, text in ((30, "政府信息公开工作年度报告"), (140, "行政复议 408 件"), (230, "总计")):
        crop = line(text)
        page[y : y + crop.shape[0], 60 : 60 + crop.shape[1]] = crop
    found = sorted(reader.read_page(page), key=lambda f: f.corners[0][1])
    texts = [f.reading.text.replace(" ", "") for f in found]
    assert all(f.reading.chars for f in found)
    if reader.name == "tesseract":  # it loses lines of so short a page
        assert "总计" in texts
        return
    assert texts == ["政府信息公开工作年度报告", "行政复议408件", "总计"]
    first = found[0].corners
    assert first[0] == pytest.approx((66, 36), abs=9) and first[2][1] == pytest.approx(58, abs=9)


def test_an_empty_page_has_no_lines(reader: Reader) -> None:
    assert reader.read_page(np.full((300, 400, 3), 255, np.uint8)) == []


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_report_is_read_by_whom_the_options_name(reader: Reader, tmp_path: Path) -> None:
    from gxml.shipped import sample

    path = tmp_path / "scan.pdf"
    with sample() as source:
        plain = gxml.read(source)
        page = plain.cells["requests.received.total"].page
        synth_scan.write_pdf(synth_scan.scan_pdf(source, "clean200", 5, [page]), path)
    found = gxml.read(path, Options(reader=reader.name))  # type: ignore[arg-type]
    assert found.source.page_readers[0].reader == reader.name
    cells = [c for c in found.cell_list if c.page and c.status == "read"]
    assert len(cells) > 60 and {c.reader for c in cells} <= {reader.name, "numbers"}
    right = sum(c.value == plain.cells[c.id].value for c in cells)
    assert right >= (0.9 if reader.name == "tesseract" else 1) * len(cells)
    assert any(c.model_extra and c.model_extra.get("second") for c in cells)


# ---- one reader in a process, and what is missing is said -----------------------------------------------------------


def test_models_load_once(reader: Reader) -> None:
    assert open_reader(reader.name) is reader is cell_reader(Options(reader=reader.name)).reader  # type: ignore[arg-type]
    assert cell_reader() is cell_reader(Options())
    assert cell_reader(Options(threads=2)) is not cell_reader()
    assert cell_reader(Options(threads=2)) is cell_reader(Options(threads=2, ocr=False))


_MEMORY = """
import sys
import gxml
from gxml.workers import peak_mib
for path in sys.argv[1:]:
    gxml.read(path)
print(peak_mib())
"""


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the peak may be of the starting process")
def test_memory_stays_bounded(tmp_path: Path) -> None:
    """Files are read one after the other: the models are loaded once, and pages are let go."""
    from gxml.shipped import sample

    path = tmp_path / "scan.pdf"
    with sample() as source:
        synth_scan.write_pdf(synth_scan.scan_pdf(source, "hard150", 5), path)
    peaks = []
    for times in (1, 3):
        done = subprocess.run(
            [sys.executable, "-c", _MEMORY, *[str(path)] * times], capture_output=True, text=True, check=True
        )
        peaks.append(float(done.stdout))
    assert peaks[1] < 1000  # MiB; the limit is 1,500
    assert peaks[1] < 1.15 * peaks[0]


def test_an_unknown_reader_is_wrong_usage() -> None:
    with pytest.raises(gxml.UsageError, match="nobody"):
        open_reader("nobody")
    from gxml.cli import app

    done = CliRunner().invoke(app, ["extract", str(Path(gxml.__file__).parent / "sample"), "--reader", "nobody"])
    assert isinstance(done.exception, gxml.UsageError) and "rapid, paddle, tesseract" in done.exception.hint


def test_a_reader_that_is_not_installed_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    from gxml import reader_paddle, reader_tesseract

    ocr._open.cache_clear()
    monkeypatch.setattr(reader_tesseract.shutil, "which", lambda _: None)
    monkeypatch.setattr(reader_paddle, "find_spec", lambda _: None)
    with pytest.raises(gxml.MissingToolError, match="apt install tesseract-ocr"):
        open_reader("tesseract")
    with pytest.raises(gxml.MissingToolError, match=r"gxml\[paddle\]"):
        open_reader("paddle")


@pytest.mark.parametrize("name", READERS)
def test_a_folder_without_models_is_an_error(name: str, tmp_path: Path) -> None:
    if isinstance(reader_or_reason(name), str):
        pytest.skip(str(reader_or_reason(name)))
    with pytest.raises(gxml.FileMissingError, match=tmp_path.name):
        open_reader(name, tmp_path)


def test_models_in_a_folder_read_as_those_in_the_wheel(tmp_path: Path) -> None:
    """The folders that are written for PaddleX work for the other reader, too."""
    from gxml.reader_paddle import write_models

    folder = write_models(tmp_path / "models")
    assert sorted(p.name for p in folder.iterdir()) == ["det", "rec"]
    before = (folder / "rec" / "inference.yml").stat().st_mtime_ns
    assert write_models(folder) == folder
    assert (folder / "rec" / "inference.yml").stat().st_mtime_ns == before
    crops = [line(t) for t in ("2648", "总计")]
    assert open_reader("rapid", folder).read(crops) == open_reader("rapid").read(crops)
    page = np.full((120, 300, 3), 255, np.uint8)
    page[40 : 40 + crops[0].shape[0], 50 : 50 + crops[0].shape[1]] = crops[0][..., None]
    assert [f.reading.text for f in open_reader("rapid", folder).read_page(page)] == ["2648"]


def test_names_of_characters_come_from_the_folder_where_the_model_has_none(tmp_path: Path) -> None:
    import yaml

    from gxml.reader_paddle import write_models
    from gxml.reader_rapid import RapidReader

    folder = write_models(tmp_path / "models")
    reader = RapidReader(folder)
    reader._session = type("Bare", (), {"get_modelmeta": lambda _: type("M", (), {"custom_metadata_map": {}})})()
    assert ["", *reader._table(folder / "rec" / "inference.onnx"), " "] == reader.characters
    (folder / "rec" / "inference.yml").write_text(yaml.safe_dump({"PostProcess": None}), "utf-8")
    with pytest.raises(gxml.BrokenFileError, match="no list of characters"):
        reader._table(folder / "rec" / "inference.onnx")

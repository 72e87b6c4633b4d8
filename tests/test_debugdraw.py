from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from test_scan import SAMPLE, scanned_table_page

import gxml
from gxml import synth_scan
from gxml.cli import main
from gxml.config import STEPS, Options
from gxml.debugdraw import DOUBT_COLOUR, EMPTY_COLOUR, SEAL_COLOUR, SURE_COLOUR, UNSURE_COLOUR, colour_of, draw_page
from gxml.document import OcrCell, RawCell


def pixels_of(picture: Image.Image, colour: tuple[int, int, int]) -> int:
    return int((np.asarray(picture) == colour).all(axis=2).sum())


def strip() -> synth_scan.Degraded:
    """The top of a page: reading a whole one takes time."""
    (page,) = synth_scan.scan_pdf(SAMPLE, "office150", 3, [2])
    return replace(page, image=page.image[:500])


def test_a_cell_has_the_colour_of_its_confidence():
    cell = RawCell("5", 0, 0, ocr=OcrCell(0.99, "x"))
    colours = [colour_of(replace(cell, ocr=OcrCell(c, "x"))) for c in (0.99, 0.9, 0.4)]
    assert colours == [SURE_COLOUR, UNSURE_COLOUR, DOUBT_COLOUR]
    assert colour_of(replace(cell, text="", ink=False)) == EMPTY_COLOUR


def test_the_drawing_shows_cells_where_they_stand():
    scanned = scanned_table_page("hard150")
    picture = draw_page(scanned)
    page = scanned.prepared
    assert picture.height > picture.width * page.frame[1] / page.frame[0]  # the steps stand above the page
    assert pixels_of(picture, SEAL_COLOUR) > 500
    assert pixels_of(picture, SURE_COLOUR) > 5000
    cells = np.asarray(picture)[picture.height - round(page.frame[1] * picture.width / page.frame[0]) :]
    scale = picture.width / page.frame[0]
    box = max(scanned.grids, key=lambda g: len(g.cells)).cells[-1].bbox
    inner = cells[int(box[1] * scale) : int(box[3] * scale), int(box[0] * scale) : int(box[2] * scale)]
    assert (np.ptp(inner.astype(int), axis=2) > 60).mean() > 0.02  # coloured lines run around the cell


def test_extract_writes_the_drawings(tmp_path, capsys):
    source, folder = tmp_path / "scan.pdf", tmp_path / "drawn"
    synth_scan.write_pdf([strip()], source)
    with pytest.raises(SystemExit) as end:
        main(["extract", str(source), "-o", str(tmp_path / "out"), "--debug-images", str(folder), "-q"])
    assert end.value.code == 0
    assert [p.name for p in folder.iterdir()] == ["scan.pdf-p1.png"]
    with Image.open(folder / "scan.pdf-p1.png") as picture:
        assert picture.width >= 1200
    with pytest.raises(SystemExit) as end:
        main(["extract", str(source), "--no-step", "sealing"])
    assert end.value.code == 2
    message = capsys.readouterr().err
    assert all(step in message for step in STEPS)


def test_drawings_of_a_run_keep_apart(tmp_path):
    from gxml.batch import plan, run

    for name in ("a", "b"):
        (tmp_path / "in" / name).mkdir(parents=True)
        synth_scan.write_images([strip()], tmp_path / "in" / name, "x")
    run(plan([tmp_path / "in"], tmp_path / "out"), tmp_path / "out", options=Options(debug_images=tmp_path / "drawn"))
    assert sorted(p.relative_to(tmp_path / "drawn").as_posix() for p in (tmp_path / "drawn").rglob("*.png")) == [
        "a/x-1.png-p1.png",
        "b/x-1.png-p1.png",
    ]


def test_a_drawing_that_cannot_be_written_is_an_output_error(tmp_path):
    (tmp_path / "file").write_text("")
    synth_scan.write_images([strip()], tmp_path, "x")
    with pytest.raises(gxml.OutputError):
        gxml.read(tmp_path / "x-1.png", Options(debug_images=tmp_path / "file"))

from functools import cache

import numpy as np
import pytest
from conftest import ROOT

from gxml.cellread import CellReader, ink_lines
from gxml.config import Options
from gxml.document import Table
from gxml.numerals import squeeze
from gxml.pipeline import load

SAMPLE = ROOT / "gxml" / "sample" / "qinghe_2024.pdf"
DPI = 150


@cache
def sample_page():
    """The page of the sample with the most cells: its picture and its printed cells."""
    import pypdfium2

    document = load(SAMPLE, Options())
    tables = [b for b in document.blocks if isinstance(b, Table)]
    table = max(tables, key=lambda t: len(t.cells))
    with pypdfium2.PdfDocument(SAMPLE) as pdf:
        picture = pdf[table.page - 1].render(scale=DPI / 72).to_numpy()
    return np.ascontiguousarray(picture[..., 2]), [c for c in table.cells if c.bbox]


def test_every_number_of_the_sample_page():
    gray, cells = sample_page()
    found = CellReader(numbers=None).read(gray, [c.bbox for c in cells], DPI / 72)
    numbers = [(c, f) for c, f in zip(cells, found, strict=True) if squeeze(c.text).isdigit()]
    assert len(numbers) > 100
    assert [(c.text, f.text) for c, f in numbers if squeeze(c.text) != f.text] == []
    assert all(f.ocr.confidence > 0.9 for _, f in numbers)
    assert all(f.text == "" and not f.ink for c, f in zip(cells, found, strict=True) if not c.text)
    labels = [(squeeze(c.text), squeeze(f.text)) for c, f in zip(cells, found, strict=True) if "申请" in c.text]
    assert sum(a == b for a, b in labels) >= 0.7 * len(labels)


def test_rulings_and_dirt_are_no_ink():
    gray = np.full((60, 200), 255, np.uint8)
    gray[:, :3] = gray[:3] = 0
    gray[30, 100] = 0
    assert ink_lines(gray, (0, 0, 96, 28.8), 150 / 72) == []


def test_two_lines_of_ink_are_two_boxes():
    gray = np.full((100, 200), 250, np.uint8)
    gray[20:36, 40:52] = gray[60:76, 40:100] = 20
    boxes = ink_lines(gray, (0, 0, 96, 48), 150 / 72)
    assert len(boxes) == 2
    assert boxes[0][1] == pytest.approx(20, abs=2) and boxes[1][2] == pytest.approx(100, abs=2)


def test_what_a_crop_reads_as_does_not_depend_on_the_others():
    gray, cells = sample_page()
    scale = DPI / 72
    boxes = [c.bbox for c in cells if squeeze(c.text).isdigit()][:20]
    reader = CellReader(numbers=None)
    together = [r.text for r in reader.read(gray, boxes, scale)]
    assert together == [reader.read(gray, [b], scale)[0].text for b in boxes]


def test_the_strokes_of_one_glyph_are_one_line():
    gray = np.full((100, 200), 250, np.uint8)
    gray[40:46, 40:50] = gray[50:56, 40:50] = 20
    ((_, top, _, bottom),) = ink_lines(gray, (0, 0, 96, 48), 150 / 72)
    assert top == pytest.approx(40, abs=2) and bottom == pytest.approx(56, abs=2)


def test_a_cell_with_a_cut_or_faint_mark_is_not_surely_empty():
    scale = 150 / 72
    cell = (0.0, 0.0, 96.0, 20.0)
    gray = np.full((42, 200), 250, np.uint8)
    reader = CellReader()
    assert reader.read(gray, [cell], scale)[0].ocr.confidence > 0.985
    gray[22:42, 98:100] = 20  # a bar that runs into the ruling below
    (cut,) = reader.read(gray, [cell], scale)
    assert cut.text or cut.ocr.confidence < 0.985

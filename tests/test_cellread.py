import math
from functools import cache

import numpy as np
import pytest
from conftest import ROOT

from gxml.cellread import CellReader, cell_reader
from gxml.config import Options
from gxml.document import Table
from gxml.numerals import squeeze
from gxml.numread import NumberReading
from gxml.ocr import LineReading
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


def test_what_a_crop_reads_as_does_not_depend_on_the_others():
    gray, cells = sample_page()
    scale = DPI / 72
    boxes = [c.bbox for c in cells if squeeze(c.text).isdigit()][:20]
    reader = CellReader(numbers=None)
    together = [r.text for r in reader.read(gray, boxes, scale)]
    assert together == [reader.read(gray, [b], scale)[0].text for b in boxes]


def test_a_cell_with_a_cut_or_faint_mark_is_not_surely_empty():
    scale = 150 / 72
    cell = (0.0, 0.0, 96.0, 20.0)
    gray = np.full((42, 200), 250, np.uint8)
    reader = CellReader()
    assert reader.read(gray, [cell], scale)[0].ocr.confidence > 0.985
    gray[22:42, 98:100] = 20  # a bar that runs into the ruling below
    (cut,) = reader.read(gray, [cell], scale)
    assert cut.text or cut.ocr.confidence < 0.985


# ---- the third look -------------------------------------------------------------------------------------------------


class Said:
    """A reader that says what it is told, crop by crop, and keeps the crops."""

    name = "said"

    def __init__(self, *texts: tuple[str, float]) -> None:
        self.texts, self.crops = list(texts), []

    def _next(self, crop):
        self.crops.append(crop)
        text, confidence = self.texts.pop(0)
        return LineReading(text, confidence, ())

    def read(self, crops, allowed=None):
        return [self._next(c) for c in crops]

    def read_both(self, crops, allowed):
        return [(r, r) for r in self.read(crops)]


class SaidNumbers(Said):
    def read(self, crops, *, dpi=None):
        return [NumberReading(r.text, r.confidence, ()) for r in super().read(crops)]

    def candidates(self, crop, k=5, *, dpi=None):
        return [("7", math.log(0.6)), ("1", math.log(0.4))]


def cell_with_ink():
    gray = np.full((60, 200), 250, np.uint8)
    gray[22:38, 90:100] = gray[22:38, 104:114] = 20
    return gray, [(0.0, 0.0, 96.0, 28.8)], 150 / 72


def third_look(first, second):
    gray, boxes, scale = cell_with_ink()
    one, two = Said(*first), SaidNumbers(*second)
    (found,) = CellReader(one, two).read(gray, boxes, scale)
    return found, one, two


def test_a_cell_in_doubt_is_settled_where_all_further_crops_agree():
    found, one, two = third_look([("16", 0.95), ("16", 0.98), ("16", 0.97)], [("46", 0.83), ("16", 0.9)])
    assert found.text == found.ocr.second == "16" and found.ocr.confidence > 0.985
    assert found.ocr.candidates == (("16", 0.95), ("46", 0.83))
    usual, tight, wide = (c.shape for c in one.crops)
    assert tight[1] < usual[1] < wide[1] <= 200 and tight[0] < usual[0]
    assert two.crops[1].shape[1] > two.crops[0].shape[1]


def test_the_second_reader_may_be_the_one_that_is_right():
    found, *_ = third_look([("9", 0.8), ("0", 0.97), ("0.", 0.97)], [("0", 0.99), ("0", 0.98)])
    assert found.text == found.ocr.second == "0" and found.ocr.confidence > 0.985


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ([("16", 0.95), ("16", 0.98), ("116", 0.97)], [("46", 0.83), ("16", 0.9)]),  # the wide crop shows a digit more
        (
            [("16", 0.95), ("16", 0.98), ("16", 0.97)],
            [("46", 0.83), ("46", 0.9)],
        ),  # the second reader stays with its own
        ([("16", 0.95), ("18", 0.98), ("18", 0.97)], [("46", 0.83), ("18", 0.9)]),  # nobody had read that before
        ([("1", 0.95), ("", 1.0), ("", 1.0)], [("", 0.83), ("", 0.9)]),  # an agreement on nothing
        ([("139", 0.94), ("139", 0.99), ("139", 0.99)], [("439", 0.83), ("139", 0.99)]),  # nobody was sure before
        ([("-8", 0.12), ("8", 0.99), ("8", 0.99)], [("8", 0.98), ("8", 0.99)]),  # one reader saw a sign
    ],
)
def test_a_cell_stays_in_doubt_where_one_crop_differs(first, second):
    found, *_ = third_look(first, second)
    assert {found.text, found.ocr.second} == {first[0][0], second[0][0]} and found.ocr.confidence < 0.985


def test_a_sure_cell_gets_no_third_look():
    found, one, two = third_look([("16", 0.95)], [("16", 0.93)])
    assert found.text == "16" and (len(one.crops), len(two.crops)) == (1, 1)


def test_a_sign_that_one_reader_overlooks_is_kept_and_flagged():
    found, *_ = third_look([("14", 0.9999), ("14", 0.99), ("14", 0.99)], [("-14", 0.999), ("-14", 0.99)])
    assert found.text == "-14" and found.ocr.second == "14" and found.ocr.confidence < 0.985


def test_a_sign_that_only_an_unsure_second_reader_sees_is_a_doubt():
    found, *_ = third_look([("33", 0.9995), ("33", 0.99), ("33", 0.99)], [("-33", 0.66), ("-33", 0.6)])
    assert {found.text, found.ocr.second} == {"33", "-33"}


# ---- signs and faint marks ------------------------------------------------------------------------------------------


def test_ink_before_a_number_that_no_reader_reads_as_a_sign_is_a_doubt():
    gray, boxes, scale = cell_with_ink()
    gray[29:32, 83:87] = 20
    (found,) = CellReader(Said(("16", 0.9999)), SaidNumbers(("16", 0.9999))).read(gray, boxes, scale)
    assert (found.text, found.ocr.second) == ("16", "-16") and found.ocr.confidence < 0.9


def test_marks_much_lighter_than_the_print_of_the_page_are_nothing():
    gray = np.full((60, 1400), 250, np.uint8)
    for x in range(90, 1290, 200):
        gray[22:38, x : x + 10] = 20
    gray[22:38, 1290:1300] = 170  # what is left of a seal
    boxes = [(96.0 * k, 0.0, 96.0 * k + 96.0, 28.8) for k in range(7)]
    digits = [("1", 0.9999)] * 6
    one, two = Said(*digits, ("2", 0.1)), SaidNumbers(*digits, ("", 0.78))
    *printed, faint = CellReader(one, two).read(gray, boxes, 150 / 72)
    assert [t.text for t in printed] == ["1"] * 6
    assert faint.text == "" and not faint.ink and faint.ocr.second is None and faint.ocr.confidence > 0.985


# ---- without a second reader ----------------------------------------------------------------------------------------


def test_a_number_in_doubt_keeps_what_the_one_reader_may_have_seen():
    gray, boxes, scale = cell_with_ink()
    reader = CellReader(Said(("16", 0.9)), alone=True)
    (found,) = reader.read(gray, boxes, scale)
    assert reader.numbers is None and len(reader.reader.crops) == 1
    assert (found.text, found.ocr.second) == ("16", None) and found.ocr.confidence < 0.985
    assert found.ocr.first_list and not found.ocr.second_list and not found.ocr.again


def test_faint_marks_that_one_reader_alone_saw_are_in_doubt():
    gray = np.full((60, 1400), 250, np.uint8)
    for x in range(90, 1290, 200):
        gray[22:38, x : x + 10] = 20
    gray[22:38, 1290:1300] = 170
    boxes = [(96.0 * k, 0.0, 96.0 * k + 96.0, 28.8) for k in range(7)]
    said = Said(*[("7", 0.9999)] * 6, ("2", 0.1))
    *printed, faint = CellReader(said, alone=True).read(gray, boxes, 150 / 72)
    assert all(t.ocr.confidence > 0.985 for t in printed)
    assert faint.text == "" and faint.ocr.confidence < 0.985


def test_the_options_leave_the_second_reader_out():
    assert cell_reader(Options(second_reader=False)).numbers is None
    assert cell_reader(Options()).numbers is not None

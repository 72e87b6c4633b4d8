from dataclasses import replace

import pytest

from gxml.document import OcrCell
from gxml.fill_line import fill_line
from gxml.strips import Field, Strip
from gxml.template import editions

EDITION = editions()["2021"]
FORM = EDITION.table(4)
IDS = [f.id for f in FORM.fields()]
READ = OcrCell(0.999, "rapid")


def line(texts, *, ocr=READ):
    kinds = {"": "blank"} | {t: "words" for t in texts if t and not t.isdigit()}
    fields = tuple(
        Field(t, kinds.get(t, "number"), (i, i + 1), lo=float(i), hi=i + 1.0, ocr=ocr) for i, t in enumerate(texts)
    )
    return Strip(fields, 0, "rulings", 1, (0, 1), 1, width=15.0)


@pytest.mark.parametrize("at", [0, 4, 12, 14])
def test_a_zero_that_reads_as_words_does_not_lose_its_ruled_line(at):
    texts = ["1", "0", "0", "2", "3"] * 3
    texts[at] = "D"
    strip = line(texts)
    out = fill_line([replace(strip, cut=1) if at == 0 else strip], FORM, EDITION)
    lost = [i for i in IDS if out.readings[i].value is None]
    assert lost == [IDS[at]]
    assert all(out.readings[i].confidence > 0.985 for i in IDS if i not in lost)
    assert any(IDS[at] in f.cells and f.severity == "error" for f in out.findings)


def test_words_of_a_text_file_are_no_cell_of_the_line():
    out = fill_line([line(["1", "0", "0", "2", "D"] * 3, ocr=None)], FORM, EDITION)
    assert all(out.readings[i].value is None for i in IDS)


def test_a_header_of_which_little_was_read_is_no_line_of_numbers():
    header = line(["行结果0"] + [""] * 8 + ["行政", "诉讼"] + [""] * 4)
    out = fill_line([header, line(["0"] * 15)], FORM, EDITION)
    assert all(out.readings[i].value == 0 for i in IDS)
    alone = fill_line([header], FORM, EDITION)
    assert all(alone.readings[i].status != "blank" for i in alone.readings) and (alone.findings or not alone.readings)


def test_an_empty_line_with_one_cell_that_reads_as_words_is_not_empty():
    out = fill_line([line(["结果维持"] * 15), line([""] * 12 + ["D"] + [""] * 2)], FORM, EDITION)
    assert all(r.status != "blank" for r in out.readings.values()) and (out.findings or not out.readings)


def test_numbers_in_two_tables_are_one_line():
    review, lawsuits = ["19", "3", "12", "6", "40"], ["16", "4", "11", "9", "40", "17", "8", "10", "5", "40"]
    out = fill_line([line(review), line(lawsuits)], FORM, EDITION)
    assert [str(out.readings[i].value) for i in IDS] == review + lawsuits


def headed(results, texts):
    """A table with these results over the numbers of each group."""
    top = line([t for r in FORM.blocks[0].rows for t in (r.label, *[""] * 4)], ocr=None)
    groups = tuple(replace(f, hi=f.lo + 5) for f in top.fields if f.text)
    heads = line(results * 3, ocr=None)
    return [replace(top, fields=groups, cut=3), replace(heads, cut=15), line(texts, ocr=None)]


RESULTS = ["结果维持", "结果纠正", "其他结果", "尚未审结", "总计"]


def test_a_blank_total_is_named_where_the_header_has_it_and_no_other_blank_is():
    moved = [RESULTS[-1], *RESULTS[:-1]]
    blank = fill_line(headed(moved, ["", "1", "0", "0", "2"] + ["0"] * 10), FORM, EDITION)
    assert [f.rule for f in blank.findings] == ["STR.COLUMNS", "STR.TOTAL"]
    assert blank.readings[IDS[4]].status == "blank" and blank.readings[IDS[3]].value == 2
    other = fill_line(headed(moved, ["3", "1", "0", "2", ""] + ["0"] * 10), FORM, EDITION)
    assert [f.rule for f in other.findings] == ["STR.COLUMNS"]


def test_what_is_said_of_the_table_stands_before_what_is_said_of_cells():
    *heads, numbers = headed([RESULTS[1], RESULTS[0], *RESULTS[2:]], ["1", "0", "0", "2", ""] + ["0"] * 10)
    first, *others = numbers.fields
    doubtful = replace(numbers, fields=(replace(first, ocr=OcrCell(0.5, "rapid")), *others))
    out = fill_line([*heads, doubtful], FORM, EDITION)
    assert [f.rule for f in out.findings] == ["STR.COLUMNS", "STR.TOTAL", "READ.UNSURE"]
    assert out.findings[-1].cells == [IDS[1]]

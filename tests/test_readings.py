from decimal import Decimal

import pytest

from gxml.document import OcrCell
from gxml.readings import Reading, doubt, read_field
from gxml.strips import Field
from gxml.template import editions

FORM = next(iter(editions()["2021"].table(3).fields()))


@pytest.mark.parametrize(
    ("confidence", "second", "rule"),
    [
        (0.978, "13977", "READ.UNSURE"),  # both misread what a fax broke, and neither was sure
        (0.99, "13977", None),
        (0.99, "43977", "READ.DISAGREE"),
        (0.984, None, "READ.UNSURE"),
        (0.99, None, None),
    ],
)
def test_what_is_doubted(confidence, second, rule):
    ocr = OcrCell(confidence, "rapid", second)
    found = doubt(Reading(FORM, Decimal(13977), "13977", None, "read", confidence, ocr=ocr))
    assert (found.rule if found is not None else None) == rule


def test_a_damaged_label_in_a_table_on_a_picture_is_trusted_as_with_rulings():
    def read(origin, ocr):
        return read_field(FORM, Field("7", "value", (0, 1), ocr=ocr), origin, label_score=0.9).confidence

    sure = OcrCell(0.999, "rapid")
    assert read("alignment", sure) == read("rulings", sure) > 0.985
    assert read("alignment", None) < read("rulings", None)  # columns of a text layer come from white space alone
    assert read("alignment", OcrCell(0.7, "rapid")) == 0.7

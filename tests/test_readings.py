from decimal import Decimal

import pytest

from gxml.document import OcrCell
from gxml.readings import Reading, doubt
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

"""Tables of sections 三 and 四 as they are read from pictures, right but for cells that a test names."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from gxml.document import OcrCell
from gxml.filled import Filled
from gxml.readings import Reading, doubt
from gxml.repair_model import count_of
from gxml.synth_numbers import draw_requests, draw_reviews
from gxml.template import editions


def numbers(seed: int, density="mixed", edition="2021") -> dict[str, int]:
    """The cells of section 三."""
    return draw_requests(random.Random(seed), editions()[edition].table(3), density)


def reviews(seed: int, density="dense", edition="2021") -> dict[str, int]:
    """The cells of section 四."""
    return draw_reviews(random.Random(seed), editions()[edition].table(4), density, 900)


@dataclass
class Misread:
    """What the readers say of a cell: the text that was taken, the other's, and the lists of both."""

    text: str
    second: str | None = None
    sure: float = 0.7
    first_list: tuple[tuple[str, float], ...] = ()
    second_list: tuple[tuple[str, float], ...] = ()
    again: tuple[str, ...] = ()


def doubtful(text: str, truth: str, sure: float = 0.7, *, second: str | None = None) -> Misread:
    """A cell that one reader has wrong and the other right, the truth in the lists of both."""
    lists = (((text, sure), (truth, 1 - sure)), ((truth, 0.9), (text, 0.1)))
    return Misread(text, truth if second is None else second, sure, *lists)


def reading(cell: str, text: str, ocr: OcrCell | None, edition="2021") -> Reading:
    form = editions()[edition].fields[cell]
    count = count_of(text) if text and text.isdigit() else None
    status = "blank" if not text else "read" if count is not None else "unreadable"
    value = Decimal(count) if count is not None and text else None
    trust = 1.0 if ocr is None else ocr.confidence
    return Reading(form, value, text or None, form.unit, status, trust, 1, ocr=ocr)


def table(
    values: Mapping[str, int | None],
    odd: Mapping[str, Misread] | None = None,
    *,
    sure: float = 0.9996,
    printed: bool = False,
    edition: str = "2021",
) -> Filled:
    """A table as read, with the findings on doubtful cells; None is a blank cell.

    Args:
        values: What is printed.
        odd: Cells that are read otherwise.
        sure: Confidence in the others.
        printed: They come from a text layer.
        edition: Of the form.
    """
    out = Filled()
    for cell, value in values.items():
        said = (odd or {}).get(cell)
        text = "" if value is None else str(value)
        ocr = None if printed else OcrCell(sure, "rapid", text, ((text, 0.999), (text, 0.999)))
        if said is not None:
            text = said.text
            pair = ((said.text, said.sure), (said.second or said.text, 0.9))
            ocr = OcrCell(said.sure, "rapid", said.second, pair, said.first_list, said.second_list, said.again)
        out.readings[cell] = reading(cell, text, ocr, edition)
        found = doubt(out.readings[cell])
        if found is not None:
            out.findings.append(found)
    return out

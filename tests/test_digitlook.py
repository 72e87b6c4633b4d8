from __future__ import annotations

import numpy as np
import pytest

from gxml.digitlook import numbers_again
from gxml.ocr import CharReading, LineReading
from gxml.reader_rapid import HEIGHT, LONG, SQUEEZE, unsqueezed

PAGE = np.full((200, 1000), 255, np.uint8)
BOX = (10.0, 20.0, 410.0, 40.0)


def line(text: str, confidence: float = 0.97, *, placed: bool = True) -> LineReading:
    n = len(text)
    return LineReading.of(
        [CharReading(c, confidence, (), (i + 0.5) / n if placed else 0.0) for i, c in enumerate(text)]
    )


class Reader:
    """Says what it is told, and remembers the widths of what it was asked."""

    name = "other"

    def __init__(self, *texts: str, confidence: float = 0.999) -> None:
        self.texts, self.confidence = list(texts), confidence
        self.widths: list[int] = []

    def read(self, crops, allowed=None):
        self.widths += [c.shape[1] for c in crops]
        assert len(crops) == len(self.texts)
        return [line(t, self.confidence) for t in self.texts]


def again(text: str, *texts: str, confidence: float = 0.999, placed: bool = True) -> LineReading:
    (out,) = numbers_again(Reader(*texts, confidence=confidence), PAGE, [BOX], [line(text, placed=placed)], 2.0)
    return out


def test_a_number_that_lost_digits_in_its_line_is_mended_and_in_doubt():
    out = again("共公开信息200条，其中公文12件", "息20000条", "文12件")
    assert out.text == "共公开信息20000条，其中公文12件"
    assert [c.confidence for c in out.chars if c.char in "012"] == [0.5] * 5 + [0.97] * 2
    assert out.confidence == 0.5


def test_the_surer_reading_stays():
    out = again("共公开信息200条", "息800条", confidence=0.6)
    assert out.text == "共公开信息200条" and out.confidence == 0.5


@pytest.mark.parametrize("seen", ["息200条", "4-200。", "息条", ""])
def test_the_same_number_or_none_is_no_doubt(seen):
    assert again("共公开信息200条", seen) == line("共公开信息200条")


@pytest.mark.parametrize("text", ["2024年1月31日", "1.政策解读", "国办公开办函〔2021〕30号", "没有数字"])
def test_dates_and_the_like_are_not_looked_at_again(text):
    assert again(text) == line(text)


def test_a_reader_that_knows_no_places_is_not_asked():
    assert again("共公开信息200条", placed=False) == line("共公开信息200条", placed=False)


def test_the_crop_holds_the_number_and_its_neighbours():
    reader = Reader("息200条")
    numbers_again(reader, PAGE, [BOX], [line("共公开信息200条")], 2.0)
    each = 800 / 9
    assert 4 * each < reader.widths[0] < 6.5 * each


def test_long_crops_are_widened_by_what_the_reader_squeezes():
    short, long = np.zeros((HEIGHT, LONG), np.uint8), np.zeros((HEIGHT, 400), np.uint8)
    assert unsqueezed(short) is short
    assert round(unsqueezed(long).shape[1] * SQUEEZE) == 400

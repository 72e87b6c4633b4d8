from __future__ import annotations

import re
import time
import zlib
from pathlib import Path

import pytest
from pdf_maker import PdfMaker

from gxml.errors import BrokenFileError, InputError, TooLargeError
from gxml.pdf import read_pdf
from gxml.pdfguard import MAX_STREAM, check

FORM = "<</Type/XObject/Subtype/Form/BBox[0 0 5000 5000]"
LINE = "0 0 m 10 10 l S"


def forms(*contents: str, own: bool = True, packed: bool = False) -> bytes:
    """A page that draws /X1; every form knows those that it draws, as /X1, /X2 …."""
    made = PdfMaker().text(50, 50, "甲乙丙")
    for content in contents:
        called = {int(n) for n in re.findall(r"/(?:X|#58)(\d+) Do", content)}
        known = "".join(f"/X{n} {{{n}}}" for n in called if n <= len(contents))
        resources = f"/Resources<</XObject<<{known}>>>>" if own else ""
        made.forms.append(f"{FORM}{resources}{'/Filter/FlateDecode' if packed else ''}|{content}")
    return made.raw("/X1 Do").bytes()


CIRCLES = {
    "itself": forms("/X1 Do"),
    "itself twice": forms("/X1 Do /X1 Do"),
    "packed": forms("/X1 Do /X1 Do", packed=True),
    "in the resources of the page": forms("/X1 Do", own=False),
    "each other": forms("/X2 Do /X2 Do", "q /X1 Do /X1 Do Q"),
    "all of six": forms(*["/X1 Do /X2 Do /X3 Do /X4 Do /X5 Do /X6 Do"] * 6),
    "by another spelling": forms("/#581 Do /X1 Do"),
}


@pytest.mark.timeout(30)
@pytest.mark.parametrize("name", list(CIRCLES))
def test_forms_that_contain_themselves(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(CIRCLES[name])
    with pytest.raises(BrokenFileError, match=r"a\.pdf.*itself") as caught:
        read_pdf(path)
    assert caught.value.exit_code == 3 and caught.value.hint


@pytest.mark.timeout(30)
@pytest.mark.parametrize("depth", [30, 900])
def test_forms_that_double_at_each_step(tmp_path: Path, depth: int) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(forms(*(f"/X{i + 2} Do /X{i + 2} Do" for i in range(depth - 1)), LINE))
    with pytest.raises(TooLargeError, match=r"a\.pdf") as caught:
        read_pdf(path)
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    "data",
    [
        PdfMaker().text(50, 50, "甲乙丙").bytes(),
        forms(LINE),
        forms("/X2 Do /X3 Do", "/X3 Do", LINE),
        forms("/X2 Do /X2 Do", LINE, packed=True),
        forms(*(f"/X{i + 2} Do" for i in range(20)), LINE),
        forms("/X9 Do"),  # there is no such form
    ],
    ids=["none", "one", "three", "packed", "a chain", "lost"],
)
def test_forms_that_are_well(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(data)
    check(data, "a.pdf")
    assert read_pdf(path).text == "甲乙丙\n"


def deflated(size: int, *, layers: int = 1, noise: bytes = b"") -> bytes:
    """A PDF whose page is `size` blanks, packed."""
    content = noise + b" " * size
    for _ in range(layers):
        content = zlib.compress(content, 9)
    filters = b"/Filter[" + b"/FlateDecode" * layers + b"]"
    data = PdfMaker().text(50, 50, "甲乙丙").bytes()
    head, _, rest = data.rpartition(b"/Length ")  # the contents of the page stand last
    return head + filters + b"/Length %d>>\nstream\n" % len(content) + content + rest[rest.index(b"\nendstream") :]


@pytest.mark.timeout(30)
@pytest.mark.parametrize("layers", [1, 2])
def test_a_stream_that_unpacks_to_too_much(tmp_path: Path, layers: int) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(deflated(MAX_STREAM + 1, layers=layers))
    started = time.process_time()
    with pytest.raises(TooLargeError, match=r"a\.pdf.*unpacks"):
        read_pdf(path)
    assert time.process_time() - started < 5  # unpacked in pieces, and not by PDFium
    check(deflated(MAX_STREAM // 2, layers=layers), "a.pdf")


def test_damage_is_left_to_pdfium() -> None:
    data = forms("/X2 Do", LINE)
    for cut in range(0, len(data), 97):
        try:
            check(data[:cut], "a.pdf")
            check(data[:cut] + b"\xff" + data[cut + 1 :], "a.pdf")
        except InputError as error:
            assert "a.pdf" in error.message

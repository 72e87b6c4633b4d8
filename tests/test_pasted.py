"""Tables pasted as pictures among the text of a PDF page."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pypdfium2
import pytest
from conftest import ROOT
from fpdf import FPDF
from PIL import Image, ImageDraw

import gxml
from gxml.config import Options
from gxml.document import Line, Table
from gxml.pipeline import load

SAMPLE = ROOT / "gxml" / "sample" / "qinghe_2024.pdf"
MARGIN = 3.0
SCALE = 150 / 72


@cache
def digital():
    return load(SAMPLE, Options())


def pdf(folder: Path, picture: Image.Image, box: tuple[float, float, float, float], lines: list[Line]) -> Path:
    import pylopdf_fonts_zh_cn as fonts

    out = FPDF(unit="pt", format="A4")
    out.set_auto_page_break(False)
    out.add_font("cjk", fname=fonts.serif_path())
    out.add_page()
    out.set_font("cjk", size=10.5)
    out.image(picture, box[0], box[1], box[2] - box[0], box[3] - box[1])
    for line in lines:
        out.text(line.bbox[0], line.bbox[3] - 2, line.text)
    path = folder / "pasted.pdf"
    path.write_bytes(bytes(out.output()))
    return path


@cache
def last_table() -> tuple[Image.Image, tuple[float, float, float, float], tuple[Line, ...]]:
    """The table of section 四 as a picture, its place, and the lines of its page."""
    table = [b for b in digital().blocks if isinstance(b, Table)][-1]
    x0, y0, x1, y1 = table.bbox
    box = (x0 - MARGIN, y0 - MARGIN, x1 + MARGIN, y1 + MARGIN)
    page = pypdfium2.PdfDocument(SAMPLE)[table.page - 1].render(scale=SCALE).to_pil().convert("RGB")
    lines = tuple(b for b in digital().blocks if isinstance(b, Line) and b.page == table.page)
    return page.crop(tuple(int(v * SCALE) for v in box)), box, lines


def test_a_pasted_table_is_read(tmp_path):
    picture, box, lines = last_table()
    report = gxml.read(pdf(tmp_path, picture, box, list(lines)))
    truth = json.loads((SAMPLE.parent / "qinghe_2024.truth.json").read_text("utf-8"))["cells"]
    wanted = {i: v for i, v in truth.items() if i.startswith(("review", "litigation"))}
    assert len(wanted) == 15
    assert {i: report.cells[i].value for i in wanted} == wanted
    plain = gxml.read(SAMPLE)
    for i in wanted:
        assert report.cells[i].reader == "rapid" and report.cells[i].confidence > 0.9
        assert all(abs(a - b) < 4 for a, b in zip(report.cells[i].bbox, plain.cells[i].bbox, strict=True))
    assert [p.reader for p in report.source.page_readers] == ["text-layer"]  # the text around it is as it was
    assert lines[-1].text in report.text
    assert "SRC.OCR" in {f.rule for f in report.findings}


@pytest.mark.parametrize("kind", ["photograph", "ground", "not asked for"])
def test_other_pictures_are_noted_and_not_read(kind, tmp_path):
    picture, box, lines = last_table()
    if kind == "photograph":
        picture = Image.linear_gradient("L").resize((600, 400))
        ImageDraw.Draw(picture).rectangle((20, 20, 580, 380), outline=0, width=3)
        box = (80.0, 300.0, 510.0, 560.0)
    elif kind == "ground":
        picture, box = picture.resize((1000, 1400)), (20.0, 20.0, 570.0, 820.0)
    path = pdf(tmp_path, picture, box, list(lines))
    document = load(path, Options(ocr=kind != "not asked for"))
    assert not any(isinstance(b, Table) for b in document.blocks)
    assert [n.code for n in document.notes] == ["PICTURE"]

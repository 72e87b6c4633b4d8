from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gxml import synth, synth_pdf
from gxml.labels import row_keys
from gxml.numerals import parse_cell
from gxml.pipeline import read
from gxml.rowcuts import join_cut_rows
from gxml.strips import Field, Strip
from gxml.template import editions

FORM = editions()["2021"].table(3)
KEYS = row_keys([row for block in FORM.blocks for row in block.rows])
EDGES = (50.0, 100.0, 200.0, *(200.0 + 40 * i for i in range(1, 8)))


def strip(page: int, group: str, label: str, values: str, cut: int = 2, origin: str = "rulings") -> Strip:
    texts = [group, label, *("" if v == "_" else v for v in values)]
    fields = [
        Field(t, parse_cell(t).kind, (10 * page + i, 10 * page + i + 1), page, lo=lo, hi=hi)
        for i, (t, lo, hi) in enumerate(zip(texts, EDGES, EDGES[1:], strict=False))
    ]
    return Strip(tuple(fields), cut, origin, page, (10 * page, 10 * page + 9), page)  # type: ignore[arg-type]


def joined(*strips: Strip) -> list[tuple[str, str]]:
    return [
        ("".join(s.labels).replace("\n", ""), "".join(f.text or "_" for f in s.values))
        for s in join_cut_rows(strips, FORM, KEYS, 7)
    ]


BLANK = "_______"


def test_the_label_goes_on_over_the_page() -> None:
    above = strip(1, "（四）无法提供", "1.本机关不掌握相关政府信", "1200003")
    assert joined(above, strip(2, "", "息", BLANK, cut=0)) == [
        ("（四）无法提供1.本机关不掌握相关政府信息", "1200003")
    ]


def test_the_numbers_may_stand_in_either_piece() -> None:
    above = strip(1, "（五）不予处理", "5.要求行政机关", BLANK)
    (row,) = joined(above, strip(2, "", "确认或重新出具已获取信息", "1000001"))
    assert row == ("（五）不予处理5.要求行政机关确认或重新出具已获取信息", "1000001")
    both = strip(2, "", "确认或重新出具已获取信息", "1000001"), strip(1, "", "5.要求行政机关", "1000001")
    assert len(joined(both[1], both[0])) == 2


def test_a_group_label_alone_goes_on() -> None:
    rest = strip(2, "理", "", BLANK, cut=1)
    assert joined(strip(1, "（五）不予处", "2.重复申请", "1000001"), rest) == [("（五）不予处理2.重复申请", "1000001")]


def test_a_piece_too_short_to_be_known_as_a_label() -> None:
    above = strip(1, "（七）", "", "1000001", cut=0)
    assert joined(above, strip(2, "总计", "", BLANK, cut=1)) == [("（七）总计", "1000001")]


def test_pieces_that_each_name_the_row() -> None:
    below = strip(2, "", "（区分处理的，只计这一情形，不计其他情形）", BLANK)
    assert len(joined(strip(1, "办理结果", "（二）部分公开", "1000001"), below)) == 1


def test_a_blank_row_of_its_own_stays() -> None:
    above = strip(1, "（五）不予处理", "2.重复申请", "1000001")
    own = strip(2, "", "3.要求提供公开出版物", BLANK)
    assert len(joined(above, own)) == 2
    assert len(joined(strip(1, "", "2.重复申请", BLANK), own)) == 2
    piece = strip(2, "", "息", BLANK, cut=0)
    assert len(joined(above, replace(piece, page=3))) == 2
    assert len(joined(above, replace(piece, table=1))) == 2
    assert len(joined(replace(above, origin="markup"), replace(piece, origin="markup"))) == 2


@pytest.mark.parametrize("seed", [8, 10])
def test_rows_cut_by_the_page_of_a_pdf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    cut = replace(synth_pdf.PdfStyle(), cut=True, table=11.0, margin=100.0)
    monkeypatch.setattr(synth_pdf, "draw_pdf_style", lambda seed: cut)
    made = synth.generate(seed, density="mixed")
    report = read(synth.write(made, "pdf", tmp_path / "cut.pdf", seed))
    truth = synth.truth(made, "pdf", seed)["cells"]
    assert {i: c.value for i, c in report.cells.items()} == truth
    # without the joining, rows are lost: there is something to join
    monkeypatch.setattr("gxml.rowprep.join_cut_rows", lambda strips, *_: list(strips))
    assert {i: c.value for i, c in read(tmp_path / "cut.pdf").cells.items()} != truth

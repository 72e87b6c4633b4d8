from __future__ import annotations

import pypdfium2
import pytest
from pdf_maker import HEIGHT, WIDTH, PdfMaker

from gxml.droppedchars import Rescuer
from gxml.errors import TooLargeError
from gxml.pagelayer import PageLayer
from gxml.textlayer import read_layer

PROSE = "本报告根据中华人民共和国政府信息公开条例要求编制全文由总体情况主动公开收到和处理政府信息公开申请情况组成数据统计期限"


def layer_of(made: PdfMaker | bytes, **options: int) -> PageLayer:
    data = made if isinstance(made, bytes) else made.bytes()
    pdf = pypdfium2.PdfDocument(data)
    try:
        return read_layer(pdf[0], rescue=lambda: Rescuer(data, None).page(0), **options)
    finally:
        pdf.close()


def text_of(layer: PageLayer) -> str:
    return "".join(c.text for c in layer.chars)


def near(box: tuple[float, ...], *want: float) -> bool:
    return all(abs(a - b) < 1.5 for a, b in zip(box, want, strict=True))


def test_places_are_points_from_the_top_left() -> None:
    layer = layer_of(PdfMaker().text(100, 200, "政1", 20))
    assert (layer.width, layer.height, layer.turn) == (WIDTH, HEIGHT, 0)
    first, second = layer.chars
    assert (first.text, second.text) == ("政", "1")
    assert near((first.x0, first.x1), 100, 120)
    assert near((second.x0, second.x1), 120, 130)
    assert first.y0 < 190 < first.y1
    assert abs(first.baseline - 200) < 0.5
    assert first.size == pytest.approx(20)


def test_kangxi_radicals_become_ideographs() -> None:
    layer = layer_of(PdfMaker().text(100, 200, "行一长", unicode={"行": "\u2f8f", "一": "\u2f00", "长": "\u2ed3"}))
    assert text_of(layer) == "行一长"


@pytest.mark.parametrize("code", ["", "\ue123", "\ufffd", "\x07"])
def test_a_glyph_without_a_meaning_is_not_passed_over(code: str) -> None:
    layer = layer_of(PdfMaker().text(100, 200, PROSE).text(100, 220, "1x2", unicode={"x": code}))
    assert text_of(layer).endswith("1\ufffd2")
    assert layer.bad == 1
    assert layer.verdict.trusted
    assert "1 个字符" in layer.verdict.reason


def test_many_glyphs_without_a_meaning_need_ocr() -> None:
    layer = layer_of(PdfMaker().text(100, 200, PROSE).text(100, 220, "x" * 9, unicode={"x": "\ue123"}))
    assert not layer.verdict.trusted
    assert "Unicode" in layer.verdict.reason


def test_characters_beyond_the_first_plane_are_one_character() -> None:
    assert text_of(layer_of(PdfMaker().text(100, 200, "𠮷1"))) == "𠮷1"


def test_ink_that_loses_its_characters_leaves_a_mark() -> None:
    # an ActualText that says nothing takes the place of two printed characters
    ops = "/Span <</ActualText <FEFF200B>>> BDC BT /F3 12 Tf 1 0 0 1 100 600 Tm (ab) Tj ET EMC"
    shown = PdfMaker().raw("BT /F3 12 Tf 1 0 0 1 100 600 Tm (ab) Tj ET")
    assert text_of(layer_of(shown)) == "甲乙"
    assert "\ufffd" in text_of(layer_of(PdfMaker().raw(ops)))


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_characters_that_pdfium_leaves_out_are_read_in_another_way(rotate: int) -> None:
    # single characters in a font that is not embedded, and a radical that no font has
    maker = PdfMaker(rotate=rotate).text(100, 180, "政府信息")
    for i, c in enumerate("公行开"):
        maker.text(100 + 10 * i, 200, c, unicode={"行": "\u2f8f"})
    data = maker.bytes().replace(b"/MediaBox[0 0 595.0 842.0]", b"/MediaBox[7 11 602 853]/CropBox[50 60 550 800]")
    layer = layer_of(data)
    assert text_of(layer) == "政府信息公行开"
    assert layer.rescued == 3 and layer.dropped == 0
    above, below = layer.chars[0], layer.chars[4]
    assert near((below.x0, below.x1), above.x0, above.x1)
    assert below.baseline - above.baseline == pytest.approx(20, abs=0.5)


def test_characters_left_out_for_good_are_counted() -> None:
    pdf = pypdfium2.PdfDocument(PdfMaker().text(100, 200, "政").text(100, 220, "府").bytes())
    assert read_layer(pdf[0], rescue=lambda: None).dropped == 2


def test_a_text_printed_twice_to_look_bold_is_no_loss() -> None:
    layer = layer_of(PdfMaker().text(100, 200, "11").text(100.3, 200, "11"))
    assert layer.dropped == 0
    assert "\ufffd" not in text_of(layer)


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_rotated_pages_are_read_as_displayed(rotate: int) -> None:
    # the same mark near the displayed top-left corner of each page
    w, h = WIDTH, HEIGHT
    matrix, x, y = {
        0: ("1 0 0 1", 20, h - 40),
        90: ("0 1 -1 0", 40, 20),
        180: ("-1 0 0 -1", w - 20, 40),
        270: ("0 -1 1 0", w - 40, h - 20),
    }[rotate]
    maker = PdfMaker(rotate=rotate).raw(f"BT /F3 10 Tf {matrix} {x} {y} Tm (ab) Tj ET")
    layer = layer_of(maker)
    assert (layer.width, layer.height) == ((w, h) if rotate % 180 == 0 else (h, w))
    assert layer.turn == 0
    first, second = layer.chars
    assert near((first.x0, first.x1), 20, 30)
    assert near((second.x0, second.x1), 30, 40)
    assert first.y0 < 38 < first.y1


def test_text_that_runs_sideways_is_turned_upright_and_back() -> None:
    maker = PdfMaker().raw(f"BT /F3 10 Tf 0 1 -1 0 100 {HEIGHT - 700} Tm (abab) Tj ET")
    maker.line(120, 500, 120, 700)
    layer = layer_of(maker)
    assert layer.turn == 90
    assert text_of(layer) == "甲乙甲乙"
    assert layer.chars[0].x0 < layer.chars[1].x0
    x0, y0, x1, y1 = layer.rulings[0]
    assert x1 - x0 > 190 and y1 - y0 < 2
    c = layer.chars[0]
    assert near(layer.displayed((c.x0, c.y0, c.x1, c.y1)), 91, 690, 101, 700)


@pytest.mark.parametrize(
    ("draw", "want"),
    [
        (lambda m: m.line(50, 100, 300, 100), (50, 100, 300, 100)),
        (lambda m: m.rect(50, 99.7, 300, 100.3, "f"), (50, 100, 300, 100)),
        (lambda m: m.image(50, 99.6, 300, 100.4), (50, 100, 300, 100)),
        (lambda m: m.form("0.5 w 50 742 m 300 742 l S"), (50, 100, 300, 100)),
        (lambda m: m.form("0.5 w 25 371 m 150 371 l S", "2 0 0 2 0 0"), (50, 100, 300, 100)),
        (lambda m: m.raw("q 2 0 0 2 0 0 cm 0.5 w 25 371 m 150 371 l S Q"), (50, 100, 300, 100)),
    ],
)
def test_a_ruling_however_it_is_drawn(draw: object, want: tuple[float, ...]) -> None:
    maker = PdfMaker().text(100, 50, PROSE)
    draw(maker)  # type: ignore[operator]
    rulings = layer_of(maker).rulings
    assert rulings and all(near(box, *want) for box in rulings)


def test_a_stroked_rectangle_gives_its_edges_and_white_ground_none() -> None:
    layer = layer_of(PdfMaker().rect(50, 100, 300, 200).rect(50, 300, 300, 400, "f", "1 1 1"))
    assert len(layer.rulings) == 4 and layer.fills == ()
    shaded = layer_of(PdfMaker().rect(50, 300, 300, 400, "f", "0.8 0.8 0.8"))
    assert shaded.rulings == () and len(shaded.fills) == 4


def test_lines_of_one_path_are_not_joined_over_their_gap() -> None:
    layer = layer_of(PdfMaker().raw("0.5 w 50 742 m 100 742 l 200 742 m 300 742 l S"))
    assert sorted(round(b[0]) for b in layer.rulings) == [50, 200]


def test_a_page_that_is_an_image_needs_ocr() -> None:
    layer = layer_of(PdfMaker().image(0, 0, WIDTH, HEIGHT))
    assert not layer.verdict.trusted and "图片" in layer.verdict.reason


def test_hidden_text_over_a_scan_is_not_trusted() -> None:
    layer = layer_of(PdfMaker().image(0, 0, WIDTH, HEIGHT).text(100, 200, PROSE, mode=3))
    assert not layer.verdict.trusted and "隐藏" in layer.verdict.reason
    assert layer.chars == ()


def test_text_under_a_scan_is_not_trusted_and_text_on_a_ground_is() -> None:
    under = layer_of(PdfMaker().text(100, 200, PROSE).image(0, 0, WIDTH, HEIGHT))
    assert not under.verdict.trusted and "覆盖" in under.verdict.reason
    assert layer_of(PdfMaker().image(0, 0, WIDTH, HEIGHT).text(100, 200, PROSE)).verdict.trusted


def test_a_page_number_on_a_scan_does_not_make_it_digital() -> None:
    assert not layer_of(PdfMaker().image(0, 0, WIDTH, HEIGHT).text(300, 800, "- 3 -")).verdict.trusted


def test_white_text_on_white_is_not_read() -> None:
    assert text_of(layer_of(PdfMaker().text(50, 100, "甲乙").text(50, 150, "99", colour="1 1 1"))) == "甲乙"
    ground = PdfMaker().rect(40, 130, 200, 170, "f", "0 0 0.6").text(50, 150, "99", colour="1 1 1")
    assert text_of(layer_of(ground)) == "99"


def test_garbage_is_told_from_chinese() -> None:
    rare = "".join(chr(0x4E00 + 37 * i % 20000) for i in range(60))
    latin = "Adsf gkjhe rtiu weqn zmxn vbqp wlek rjth gnsm dpwo eiru tyal skdj fhgz mxnc bvqw"
    for text in (rare, latin):
        verdict = layer_of(PdfMaker().text(50, 100, text, 5)).verdict
        assert not verdict.trusted and "编码不可信" in verdict.reason


def test_an_empty_page_is_no_scan() -> None:
    assert layer_of(PdfMaker()).verdict.trusted


def test_a_page_of_too_many_objects_is_given_up() -> None:
    maker = PdfMaker().text(50, 100, PROSE)
    with pytest.raises(TooLargeError):
        layer_of(maker, max_objects=20)

from itertools import pairwise

from gxml import synth
from gxml.stitch import Compact, outlines

PREAMBLE = (
    "全文包括总体情况、主动公开政府信息情况、收到和处理政府信息公开申请情况、政府信息公开行政复议、行政诉讼情况、"
    "存在的主要问题及改进情况、其他需要报告的事项。\n"
)


def text_of(layout, seed=5, **kw):
    return synth.render(synth.generate(seed, density="mixed", blanks="zeros", **kw), layout, seed).decode()


def test_compact_maps_back():
    compact = Compact("（一） 予以\n公开①")
    assert compact.text == "一予以公开1"
    assert [compact.source[compact.offset(i)] for i in range(5)] == list("一予以公开")
    assert compact.offset(99) == len(compact.source)


def test_sections_are_found_in_order_in_every_layout():
    for layout in ("text_tabs", "text_pipes", "text_cells", "text_run", "text_spaces", "markdown"):
        (outline,) = outlines(text_of(layout))
        assert set(outline.tables) == {2, 3, 4}, layout
        spans = [outline.tables[n] for n in (2, 3, 4)]
        assert all(a[1] <= b[0] for a, b in pairwise(spans)), layout
        assert outline.headings[1] < spans[0][0] < outline.headings[5], layout


def test_a_preamble_that_names_all_sections_is_no_table():
    (outline,) = outlines(PREAMBLE + "本年度工作正常。\n")
    assert outline.tables == {}


def test_prose_behind_the_tables_is_outside_them():
    text = text_of("text_tabs")
    (outline,) = outlines(text)
    assert not outline.in_table(text.rindex("六、"))
    assert outline.section_of(text.rindex("六、") + 3) == 6


def test_two_reports_in_one_file_are_kept_apart():
    first, second = text_of("text_tabs", 5), text_of("text_tabs", 11)
    found = outlines(first + "\n" + second)
    assert len(found) == 2
    assert found[0].tables[3][1] <= len(first) < found[1].tables[3][0]


def test_no_section_two_where_its_page_is_lost():
    text = text_of("text_tabs")
    (whole,) = outlines(text)
    lo, hi = whole.tables[2]
    (outline,) = outlines(text[:lo] + text[hi:])
    assert set(outline.tables) == {3, 4}


def test_section_two_behind_three_or_four():
    text = text_of("text_tabs")
    (whole,) = outlines(text)
    two, three, four = (text[slice(*whole.tables[n])] for n in (2, 3, 4))
    front, rest = text[: whole.tables[2][0]], text[whole.tables[4][1] :]
    for order in ((three, two, four), (three, four, two)):
        (moved,) = outlines(front + "".join(order) + rest)
        assert set(moved.tables) == {2, 3, 4}
        for n, part in ((2, two), (3, three), (4, four)):
            lo, hi = moved.tables[n]
            assert (front + "".join(order) + rest)[lo:hi].strip() == part.strip()

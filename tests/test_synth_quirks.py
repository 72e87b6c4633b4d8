"""Tables cut in two, scraped lines and encodings: nothing of a report is lost."""

from __future__ import annotations

from gxml.synth import generate
from gxml.synth_compose import compose
from gxml.synth_model import PrintedTable
from gxml.synth_quirks import disturb, encode


def tables(printed):
    return [b for b in printed.blocks if isinstance(b, PrintedTable)]


def test_cut_tables_hold_every_cell_once_in_order_with_whole_spans():
    cuts = 0
    for seed in range(1, 120):
        before = compose(generate(seed), seed)
        after = disturb(before, "html", seed)
        fields = [c.field for t in tables(before) for r in t.rows for c in r.values]
        assert [c.field for t in tables(after) for r in t.rows for c in r.values] == fields
        cuts += len(tables(after)) > 3
        for t in tables(after):
            for k, row in enumerate(t.rows):
                assert all(k + c.rowspan <= len(t.rows) for c in row.cells)
            assert all(cell is not None for row in t.grid() for cell, _ in row)
    assert 8 < cuts < 60


def test_scraped_lines_stand_around_texts_only():
    def lines(layout):
        return sum(
            disturb(compose(generate(s), s), layout, s).blocks[0] != compose(generate(s), s).blocks[0]
            for s in range(1, 80)
        )

    assert lines("text_tabs") > 3 and lines("html") == 0


def test_seed_0_is_plain():
    before = compose(generate(5), 0)
    assert disturb(before, "text_tabs", 0) is before
    assert encode("甲\n", "text_tabs", 0) == "甲\n".encode()


def test_encodings_vary_and_a_page_names_its_own():
    kinds = {encode('<meta charset="utf-8">甲\n', "html", s) for s in range(200)}
    assert len(kinds) >= 5
    for content in kinds:
        if "甲".encode() not in content:
            assert b'charset="g' in content.lower() and "甲" in content.decode("gb18030")

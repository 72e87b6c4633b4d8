"""Columns of section 三 in the order of a swapped header: rows with too few, too many or no separate numbers."""

import pytest

from gxml.document import OcrCell
from gxml.fill import fill_rows
from gxml.filled import row_places
from gxml.strips import Field, Strip
from gxml.template import editions

EDITION = editions()["2021"]
FORM = EDITION.table(3)
PLACES = row_places(FORM)
LABELS = [c.label for c in FORM.blocks[0].columns]
MOVED = [0, 2, 1, 3, 4, 5, 6]
TOTAL_FIRST = [6, 0, 1, 2, 3, 4, 5]
READ = OcrCell(0.999, "rapid")


def strip(label, texts, *, kinds=None):
    fields = [Field(label, "words", (0, 1), lo=0.0, hi=1.0)]
    for i, t in enumerate(texts):
        kind = kinds or ("number" if t else "blank")
        place = {"lo": i + 1.0, "hi": i + 2.0, "glued": len(t) > 5 and not kinds, "ocr": None if kinds else READ}
        fields.append(Field(t, kind, (2 * i + 2, 2 * i + 3), **place))
    return Strip(tuple(fields), len(fields) if kinds else 1, "delimited", 1, (0, 99), 1, width=len(fields))


def fill(order, odd):
    """The table with its columns in the order given, and texts of rows (by number) that are not zeros."""
    head = strip("项目", [LABELS[i] for i in order], kinds="words")
    rows = [strip(p.row.label, odd.get(i, ["0"] * len(LABELS))) for i, p in enumerate(PLACES)]
    return fill_rows([head, *rows], FORM, EDITION)


def cells(row, columns=range(7)):
    return [PLACES[row].forms[i].id for i in columns]


def naming(out, rule):
    return [f for f in out.findings if f.rule == rule]


def test_alternatives_of_a_row_follow_the_header():
    short = ["2", "3", "0", "0", "0", "7"]  # six numbers: 2 is lost before, between or behind
    plain, moved = (fill(order, {0: short}) for order in (range(7), MOVED))
    (one,), (other,) = plain.joint, moved.joint
    assert len(one.vectors) > 1 and list(one.ids) == cells(0)
    assert other.vectors == one.vectors and list(other.ids) == cells(0, MOVED)
    assert set(naming(moved, "STR.COLUMNS")[0].cells) >= set(cells(0, [1, 2]))


def test_where_the_total_stands_elsewhere_no_sum_at_the_end_is_asked():
    full = ["7", "2", "3", "0", "0", "0", "2"]
    out = fill(TOTAL_FIRST, {0: full, 1: full, 2: ["1", "0", "0", "0", "0", "1"]})
    assert [int(out.readings[i].value) for i in cells(0)] == [2, 3, 0, 0, 0, 2, 7]
    assert not out.joint and all(out.readings[i].value is None for i in cells(2))
    assert [set(f.cells) for f in naming(out, "STR.ROW")] == [set(cells(2))]


def test_cells_of_a_row_that_is_named_are_not_named_one_by_one():
    out = fill(MOVED, {0: ["2", "3"]})
    assert set(naming(out, "STR.ROW")[0].cells) == set(cells(0))
    assert not naming(out, "STR.CELL")


def test_a_column_that_no_split_balances_is_named_as_the_header_has_it():
    rows = {"granted": "1000001", "partly_granted": "2000002", "processed_total": "2000002", "received": "3000003"}
    rows |= {"carried_out": "1000001"}
    odd = {i: [rows.get(p.row.name, "0000000")] for i, p in enumerate(PLACES)}
    out = fill([1, 0, 2, 3, 4, 5, 6], odd)
    broken = {f.rule: f.cells for f in out.findings if f.kind == "source_inconsistent"}
    assert set(broken) == {"T3.SUM.business_enterprise", "T3.SUM.total"}
    assert all(i.endswith(".business_enterprise") for i in broken["T3.SUM.business_enterprise"])


@pytest.mark.parametrize("order", [MOVED, TOTAL_FIRST])
def test_readings_stand_in_the_order_of_the_form(order):
    out = fill(order, {0: ["0"] * 7})
    assert list(out.readings) == [f.id for f in FORM.fields()]


def test_a_line_of_the_header_says_where_the_short_names_stand():
    out = fill([2, 1, 0, 3, 4, 5, 6], {0: ["1", "2", "4", "0", "0", "0", "7"]})
    assert [int(out.readings[i].value) for i in cells(0)] == [4, 2, 1, 0, 0, 0, 7]
    assert set(naming(out, "STR.COLUMNS")[0].cells) >= set(cells(0, [0, 2]))


def test_names_that_no_line_puts_in_order_leave_all_cells_named():
    head = strip("项目", [LABELS[i] for i in [2, 1, 3, 4, 5]], kinds="words")  # 自然人 is on a line of its own
    rows = [strip(p.row.label, ["0"] * len(LABELS)) for p in PLACES]
    out = fill_rows([strip("", ["自然人"], kinds="words"), head, *rows], FORM, EDITION)
    assert naming(out, "STR.COLUMNS")[0].cells == [i for r in range(len(PLACES)) for i in cells(r, [0, 2, 1, 3, 4, 5, 6])]


def test_a_number_that_is_put_back_proves_nothing_where_columns_do_not_balance():
    """Two numbers are one: with a total put back, the row would add up, and every number stand a column early."""
    names = {p.row.name: i for i, p in enumerate(PLACES)}
    full = ["13", "4", "3", "", "9", "8", "37"]
    joined = ["134", "3", "", "9", "8", "37"]
    odd = {names["granted"]: joined, names["processed_total"]: full, names["received"]: full}
    out = fill(range(7), odd)
    row = cells(names["granted"])
    assert all(out.readings[i].value is None and out.readings[i].status != "blank" for i in row)
    assert any(f.severity == "error" and set(f.cells) == set(row) for f in naming(out, "STR.ROW"))

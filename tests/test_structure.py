"""Rows without numbers where no rules are printed."""

from types import SimpleNamespace

import pytest

from gxml.filled import row_places
from gxml.structure import _lonely_blank_rows, _passed_over
from gxml.template import editions

FORM = editions()["2021"].table(3)
PLACES = list(row_places(FORM))


def findings(origin, blank_rows, value=0):
    """The findings on a table of zeros in which some rows are blank."""
    readings = {
        f.id: SimpleNamespace(status="blank", value=None) if i in blank_rows else SimpleNamespace(status="read", value=value)
        for i, p in enumerate(PLACES)
        for f in p.forms
    }
    out = SimpleNamespace(readings=readings, findings=[])
    hits = {i: [SimpleNamespace(strip=SimpleNamespace(origin=origin))] for i in range(len(PLACES))}
    _lonely_blank_rows(out, PLACES, hits, FORM)
    return out.findings


def test_a_row_without_numbers_among_printed_zeros_is_named():
    (found,) = findings("alignment", {9})
    assert (found.rule, found.kind, found.severity) == ("STR.BLANK", "structure", "warning")
    assert found.cells == [f.id for f in PLACES[9].forms]


@pytest.mark.parametrize(
    ("origin", "blank", "value"),
    [("rulings", {9}, 0), ("alignment", set(), 0), ("alignment", {9}, 5), ("alignment", set(range(8)), 0)],
)
def test_rules_zeros_that_are_left_out_and_many_blank_rows_say_nothing(origin, blank, value):
    assert findings(origin, blank, value) == []


def passed_over(rows, origin="alignment", ocr="ocr"):
    """The cells that are named in a table whose first rows are these: 0, a blank (.) or what cannot be read (?)."""
    kinds = {"0": ("read", 0), ".": ("blank", None), "?": ("unreadable", None), "t": ("text", None)}
    readings, hits = {}, {}
    for i, row in enumerate(rows):
        for f, sign in zip(PLACES[i].forms, row, strict=True):
            status, value = kinds[sign]
            readings[f.id] = SimpleNamespace(status=status, value=value, form=f)
        hits[i] = [SimpleNamespace(strip=SimpleNamespace(origin=origin, values=[SimpleNamespace(ocr=ocr)]))]
    out = SimpleNamespace(readings=readings, findings=[])
    _passed_over(out, PLACES, hits, FORM)
    return [cell for found in out.findings for cell in found.cells]


def test_blanks_beside_what_cannot_be_read_are_named():
    assert passed_over([".?.0.?."] * 9) == [PLACES[i].forms[k].id for i in range(9) for k in (0, 2, 4, 6)]


def test_blanks_and_strokes_among_printed_zeros_are_named():
    assert passed_over(["0000000", "00.0t00"]) == [PLACES[1].forms[2].id, PLACES[1].forms[4].id]


@pytest.mark.parametrize(
    ("rows", "more"),
    [
        (["0000000", "00.0000"], {"origin": "rulings"}),
        (["0000000", "00.0000"], {"ocr": None}),  # a text layer says what is there
        (["0......", "0......"], {}),  # noughts are left out
        (["0000000", "......."], {}),  # see the rows without numbers
    ],
)
def test_other_blanks_say_nothing(rows, more):
    assert passed_over(rows, **more) == []

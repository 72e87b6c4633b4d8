"""Rows without numbers where no rules are printed."""

from types import SimpleNamespace

import pytest

from gxml.filled import row_places
from gxml.structure import _lonely_blank_rows
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

"""TEDS against hand-made cases and against the package that others score with."""

import random

import pytest

from gxml.teds import form_html, teds, tree
from gxml.template import editions

pytest.importorskip("apted", reason="TEDS needs apted")


def page(rows):
    body = "".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in rows)
    return f"<html><body><table>{body}</table></body></html>"


def test_the_same_table_scores_one():
    form = form_html(editions()["2021"].table(4), {})
    assert teds(form, form) == 1.0
    assert teds(form, form, structure_only=True) == 1.0


def test_another_text_costs_its_edits():
    assert teds(page([["12", "3"]]), page([["13", "3"]])) == pytest.approx(1 - 0.5 / 4)
    assert teds(page([["12", "3"]]), page([["13", "3"]]), structure_only=True) == 1.0


def test_a_lost_row_costs_its_nodes():
    assert teds(page([["1", "2"], ["3", "4"]]), page([["1", "2"]])) == pytest.approx(1 - 3 / 7)


def test_another_span_costs_a_node():
    a = '<table><tr><td colspan="2">1</td></tr></table>'
    assert teds(a, page([["1"]])) == pytest.approx(1 - 1 / 3)


def test_without_a_table():
    assert teds(page([["1"]]), "") == 0.0
    assert teds(page([["1"]]), "<p>no table</p>") == 0.0
    assert tree("") is None


def test_what_cells_say_is_escaped():
    table = editions()["2021"].table(4)
    first = table.fields()[0].id
    assert "<b>" not in form_html(table, {first: "<b>1</b>"})


@pytest.mark.parametrize("structure_only", [False, True])
def test_like_the_package_that_others_use(structure_only):
    metric = pytest.importorskip("table_recognition_metric", reason="the other implementation is not installed")
    other = metric.TEDS(structure_only=structure_only)
    rng = random.Random(3)
    for _ in range(25):
        rows = [[str(rng.randrange(200)) for _ in range(3)] for _ in range(rng.randint(1, 4))]
        changed = [[c if rng.random() < 0.7 else str(rng.randrange(200)) for c in r] for r in rows]
        if rng.random() < 0.5:
            changed.pop(rng.randrange(len(changed)))
        if rng.random() < 0.3 and changed:
            changed[0].append("9")
        if not changed:
            continue
        mine = teds(page(rows), page(changed), structure_only=structure_only)
        assert mine == pytest.approx(other(page(changed), page(rows)), abs=1e-9)

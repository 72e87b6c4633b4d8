"""Damage to generated reports: each kind does what it says, and the truth is that of the damaged document."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from gxml.errors import UsageError
from gxml.numerals import comparable, parse_cell, to_number
from gxml.synth import LAYOUTS, generate, render
from gxml.synth_compose import compose
from gxml.synth_damage import KINDS, damage, kinds_for
from gxml.synth_model import Printed
from gxml.synth_undetectable import hidden_cells
from gxml.template import editions

SEPARATED = ("text_tabs", "text_pipes", "text_cells", "markdown", "html", "html_flat", "html_word", "docx")


def a_report(seed=1, **options):
    return generate(seed, **{"edition": "2021", "density": "mixed", "blanks": "zeros", **options})


def right(damaged, field):
    return {to_number(damaged.cells[field]), *damaged.accept.get(field, ())}


def strict_reading(damaged):
    """What a reader gives who refuses every row that is not as the form has it."""
    before = {t.section: t for t in compose(damaged.report, damaged.style_seed).tables}
    labels = {}
    for t in before.values():
        for r in t.rows:
            label = next((c.text for c in r.cells if c.role == "label"), f"section {t.section}")
            if r.kind == "data":
                labels[t.section, comparable(label)] = r.ids
    out, seen = {}, {}
    for t in damaged.printed.tables:
        headers = [[comparable(c.text) for c in r.cells] for r in t.rows if r.kind != "data"]
        whole = headers == [[comparable(c.text) for c in r.cells] for r in before[t.section].rows if r.kind != "data"]
        for r in t.rows:
            label = next((c.text for c in r.cells if c.role == "label"), f"section {t.section}")
            ids = labels.get((t.section, comparable(label)), ())
            cells = [parse_cell(c.text) for c in r.values]
            if r.kind != "data" or len(cells) != len(ids) or not whole:
                continue
            for i, c in zip(ids, cells, strict=True):
                value = None if c.kind == "noise" else to_number(c.value)
                out[i] = value if seen.setdefault(i, value) == value else None
    return {i: out.get(i) for i in damaged.cells}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_finds_a_place_and_changes_the_document(kind):
    for seed in range(12):
        report = a_report(seed, blanks="org_columns" if kind == "drop_blanks" else "zeros", density="dense")
        damaged = damage(report, seed, [kind], 1, "text_tabs", seed)
        if kind == "drop_blanks" and not damaged.damages:
            continue
        assert [d.kind for d in damaged.damages] == [kind]
        assert damaged.printed != compose(report, seed)
        if kind != "pad_row":  # empty cells behind a row may leave a text as it was
            assert damaged.render() != render(report, "text_tabs", seed)


@pytest.mark.parametrize("layout", [x for x in LAYOUTS if x != "pdf"])
def test_every_kind_can_be_written_in_every_layout_that_shows_it(layout):
    for style in range(3):
        for kind in kinds_for(layout, style):
            damaged = damage(a_report(style, blanks="org_columns"), 5, [kind], 2, layout, style)
            assert damaged.render()
            json.dumps(damaged.truth())


def test_same_seed_same_damage():
    one, two = (damage(a_report(), 9, n=3, layout="html", style_seed=4) for _ in range(2))
    assert one.damages == two.damages and one.render() == two.render() and one.truth() == two.truth()


@pytest.mark.parametrize("layout", SEPARATED)
def test_a_reader_who_refuses_what_is_not_as_the_form_has_it_is_never_wrong(layout):
    for seed in range(30):
        report = generate(
            seed, density=["sparse", "mixed", "dense"][seed % 3], blanks=["zeros", "blank_zeros"][seed % 2]
        )
        damaged = damage(report, seed, n=1 + seed % 4, layout=layout, style_seed=seed)
        for i, value in strict_reading(damaged).items():
            assert value is None or value in right(damaged, i) or i in damaged.undetectable_cells, (
                seed,
                i,
                damaged.damages,
            )


def test_a_reader_who_counts_cells_from_the_left_is_wrong_on_moved_cells():
    wrong = 0
    for seed in range(20):
        damaged = damage(a_report(seed, density="dense"), seed, ["drop_cell", "duplicate_cell"], 1, "html", seed)
        for t in damaged.printed.tables:
            for r in t.rows:
                for i, c in zip(r.ids, r.values, strict=False):
                    wrong += to_number(parse_cell(c.text).value) not in right(damaged, i)
    assert wrong > 20


def test_cells_outside_the_damaged_rows_keep_their_truth():
    for seed in range(40):
        report = a_report(seed, density="dense")
        damaged = damage(report, seed, n=2, layout="html", style_seed=seed)
        for i, value in damaged.cells.items():
            if i not in damaged.damaged_rows and i in report.cells:
                assert value == report.cells[i] and i not in damaged.accept


def test_a_blanked_cell_is_null_and_nothing_else():
    damaged = damage(a_report(), 3, ["blank_cell"], 1, "html")
    (field,) = [i for i, v in damaged.cells.items() if v is None]
    assert field not in damaged.accept and field in damaged.damaged_rows


def test_a_blanked_cell_is_lost_where_blanks_leave_no_trace():
    damaged = damage(a_report(), 3, ["blank_cell"], 1, "text_run")
    (field,) = [i for i, v in damaged.cells.items() if v is None]
    assert to_number(damaged.report.cells[field]) in damaged.accept[field]


def test_a_changed_digit_is_the_new_truth_and_breaks_rules():
    for seed in range(20):
        damaged = damage(a_report(seed), seed, ["digit_change"], 1, "html", seed)
        (field,) = [i for i, v in damaged.cells.items() if v != damaged.report.cells[i]]
        assert damaged.cells[field] is not None and field not in damaged.accept
        found = damaged.truth()["violations"]
        assert found and any(field in v["cells"] for v in found)
        assert not damaged.undetectable


def test_a_noisy_cell_is_null_or_what_it_was():
    for seed in range(20):
        damaged = damage(a_report(seed, density="dense"), seed, ["cell_noise"], 1, "html", seed)
        (field,) = [i for i, v in damaged.cells.items() if v is None]
        assert set(damaged.accept[field]) == {None, to_number(damaged.report.cells[field])}
        printed = next(c.text for t in damaged.printed.tables for r in t.rows for c in r.values if c.field == field)
        assert parse_cell(printed).value is None


def test_a_section_that_is_lost_is_not_in_the_truth():
    for seed in range(400):
        damaged = damage(a_report(seed % 7), seed, ["cut_rows"], 3, "html", 0)
        if damaged.lost_sections:
            truth = damaged.truth()
            for s in damaged.lost_sections:
                assert s not in truth["editions"]
                ids = {f.id for f in editions()["2021"].table(int(s)).fields()}
                assert not ids & set(truth["cells"]) and not ids & damaged.damaged_rows
            return
    pytest.fail("no section was ever lost")


def test_spans_stay_whole_when_rows_go_or_come():
    for seed in range(80):
        damaged = damage(generate(seed), seed, ["cut_rows", "duplicate_row", "lose_header"], 3, "html", seed)
        for table in damaged.printed.tables:
            for k, row in enumerate(table.rows):
                for cell in row.cells:
                    assert cell.rowspan >= 1 and k + cell.rowspan <= len(table.rows)
            starts = [c for r in table.rows for c in r.cells]
            placed = [c for row in table.grid() for c, begins in row if begins]
            assert len(starts) == len(placed), (seed, table.section)


def _with_row(printed: Printed, field: str, texts: list[str] | None = None, label: str | None = None) -> Printed:
    for table in printed.tables:
        for k, row in enumerate(table.rows):
            if field in row.ids:
                cells = []
                given = iter(texts or [])
                for c in row.cells:
                    if c.role == "label" and label:
                        c = replace(c, text=label)
                    if c.role == "value" and texts is not None:
                        text = next(given, None)
                        if text is None:
                            continue
                        c = replace(c, text=text)
                    cells.append(c)
                rows = list(table.rows)
                rows[k] = replace(row, cells=tuple(cells))
                return printed.replace_table(replace(table, rows=tuple(rows)))
    raise KeyError(field)


def hidden(report, after, cells, layout, *damages):
    right = {i: {to_number(v)} for i, v in cells.items()}
    return hidden_cells(report, compose(report, 0), after, damages, right, layout, layout == "text_run")


def test_digits_that_fit_another_way_are_undetectable_only_where_cells_run_together():
    report = a_report()
    ids = [f"disclosure.normative_documents.{c}" for c in ("issued", "repealed", "in_force")]
    printed = _with_row(compose(report, 0), ids[0], ["12", "5"])  # 12, (0), 5: a cell was lost
    cells = {**report.cells, ids[0]: Decimal(12), ids[1]: None, ids[2]: Decimal(5)}
    assert hidden(report, printed, cells, "text_run", ids) == {ids[0], ids[1]}
    assert not hidden(report, printed, cells, "text_tabs", ids)
    longer = _with_row(compose(report, 0), ids[0], ["12", "55"])  # four digits for three cells: nobody can know
    assert not hidden(report, longer, cells, "text_run", ids)


def test_two_labels_changed_into_each_other_are_undetectable():
    report = a_report(density="dense")
    a, b = "requests.granted.total", "requests.partly_granted.total"
    swapped = _with_row(compose(report, 0), a, label="（二）部分公开")
    both = _with_row(swapped, b, label="（一）予以公开")
    damaged = [tuple(i for i in report.cells if i.startswith(p)) for p in ("requests.granted.", "requests.partly_g")]
    assert hidden(report, both, report.cells, "html", *damaged)
    assert not hidden(report, swapped, report.cells, "html", *damaged)  # one row twice, one not at all
    garbled = _with_row(both, b, label="（一）予以止开")
    assert not hidden(report, garbled, report.cells, "html", *damaged)


def test_a_complete_form_that_breaks_a_rule_is_detectable():
    report = a_report(density="dense")
    field = "requests.received.natural_person"
    row = [report.printed[f"requests.received.{c.name}"] for c in editions()["2021"].table(3).blocks[0].columns]
    moved = [row[1], row[0], *row[2:]]
    assert moved != row
    printed = _with_row(compose(report, 0), field, moved)
    assert not hidden(report, printed, report.cells, "html", (field,))


def test_lost_rows_of_the_other_edition_may_be_derived_there():
    report = a_report(4, density="dense")
    for seed in range(3000):
        damaged = damage(report, seed, ["cut_rows"], 1, "html", 0)
        if "requests.other_handling.total" in damaged.cells:
            names = ("not_corrected_in_time", "fee_unpaid", "other")
            total = sum(report.cells[f"requests.other_handling.{n}.total"] for n in names)
            assert set(damaged.accept["requests.other_handling.total"]) == {None, int(total)}
            return
    pytest.fail("the three rows were never lost together")


def test_undetectable_damage_is_rare():
    found = [damage(generate(s), s, n=1, layout="text_run", style_seed=s).undetectable for s in range(60)]
    assert sum(found) < 6
    assert not any(damage(generate(s), s, n=2, layout="html", style_seed=s).undetectable for s in range(40))


def test_unknown_kind_is_a_usage_error():
    with pytest.raises(UsageError, match="drop_cell"):
        damage(a_report(), 1, ["melt"])

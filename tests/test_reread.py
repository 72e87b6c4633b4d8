"""Cells about to be flagged are read once more: what that ends, what it adds, and what it leaves alone."""

from dataclasses import replace

import numpy as np
import pytest
from repair_tables import doubtful, numbers, table
from test_cellread import DPI, sample_page

from gxml.cellread import CellReader
from gxml.cellsettle import CellText
from gxml.config import Options, RepairSettings
from gxml.document import OcrCell, Picture
from gxml.numerals import squeeze
from gxml.readings import to_cell
from gxml.repair import repair
from gxml.reread import MOST, SCALES, joined, look_at_pictures, repair_reread

CHOSEN = {"3": "2021"}
SETTINGS = RepairSettings()
PART = "requests.granted.natural_person"


def said(text, sure=0.999):
    """A look of which both readers say the same."""
    return CellText(text, OcrCell(sure, "rapid", text, ((text, sure), (text, sure))), True)


def reread(filled, looks, settings=SETTINGS):
    """Repair with looks at some cells; and the cells that were asked for."""
    asked = []

    def look(readings):
        asked.extend(r.id for r in readings)
        return [[looks[r.id]] * 2 if r.id in looks else [] for r in readings]

    return repair_reread({3: filled}, CHOSEN, settings, look=look), asked


def rules_named(result):
    return [f.rule for f in result.tables[3].findings]


def contradicted(text, sure):
    """A cell that one reader is sure is something else: the rules alone do not end such a doubt."""
    return replace(doubtful(text, text + "1", sure), second_list=((text + "1", 0.95), (text, 0.05)))


CELL = "requests.received.natural_person"


def test_a_look_that_is_sure_of_the_same_ends_a_small_doubt_where_the_rules_hold():
    values = numbers(1, "dense")
    text = str(values[CELL])
    filled = table(values, {CELL: contradicted(text, 0.97)})
    assert [f.cells for f in repair({3: filled}, CHOSEN, SETTINGS).tables[3].findings] == [[CELL]]
    result, asked = reread(filled, {CELL: said(text)})
    read = result.tables[3].readings[CELL]
    assert asked == [CELL] and read.value == values[CELL] and 0.985 < read.confidence <= 0.99
    assert not any(CELL in f.cells for f in result.tables[3].findings)
    assert to_cell(read, "rapid").model_extra["reread"] == [(text, 0.999), (text, 0.999)]
    # nothing speaks for it where a rule of the cell cannot be evaluated
    open_rule = table({**values, "requests.received.total": None}, {CELL: contradicted(text, 0.97)})
    result, _ = reread(open_rule, {CELL: said(text)})
    assert "READ.DISAGREE" in rules_named(result) and result.tables[3].readings[CELL].confidence == 0.97


@pytest.mark.parametrize(
    ("before", "looks"),
    [
        (0.97, [("{}", 0.999), ("{}", 0.999)]),
        (0.97, [("{}", 0.9), ("{}7", 0.5)]),
        (0.6, [("{}7", 0.999), ("{}7", 0.999)]),
    ],
)
def test_else_the_doubt_stays_and_says_what_was_read(before, looks):
    values = {**numbers(1, "dense"), "requests.received.total": None}  # no rule speaks for or against
    text = str(values[CELL])
    filled = table(values, {CELL: contradicted(text, before)})
    seen = [said(t.format(text), sure) for t, sure in looks]
    result = repair_reread({3: filled}, CHOSEN, SETTINGS, look=lambda rs: [seen if r.id == CELL else [] for r in rs])
    (found,) = (f for f in result.tables[3].findings if f.cells == [CELL] and f.kind == "ambiguous")
    assert "再次识读为" in found.message and all(f"“{t.text}”" in found.message for t in seen)
    assert result.tables[3].readings[CELL].value == values[CELL]


@pytest.mark.parametrize(
    ("before", "looks", "settled"),
    [
        (0.97, [("5", 0.999), ("5", 0.6)], True),
        (0.97, [("5", 0.9), ("5", 0.999)], False),  # not sure
        (0.97, [("5", 0.999), ("57", 0.5)], False),  # the other scale says something else
        (0.97, [("57", 0.999), ("5", 0.999)], False),
        (0.6, [("5", 0.999), ("5", 0.999)], False),  # a doubt that has a reason
    ],
)
def test_when_looks_end_a_doubt(before, looks, settled):
    ocr = OcrCell(before, "rapid", "6", (("5", 0.9), ("6", 0.9)))
    seen = [said(text, sure) for text, sure in looks]
    assert (joined(ocr, "5", seen, SETTINGS).confidence > SETTINGS.most_sure) is settled
    assert joined(ocr, "5", seen, SETTINGS, settle=False).confidence == before


def test_what_the_new_look_reads_may_be_the_proof_that_was_missing():
    values = numbers(1, "dense")
    truth = str(values[PART])
    wrong = truth[:-1] + str((int(truth[-1]) + 5) % 10)
    alone = replace(doubtful(wrong, truth, 0.7), first_list=((wrong, 1.0),))
    filled = table(values, {PART: alone})
    assert "one_reader" in repair({3: filled}, CHOSEN, SETTINGS).verdicts[PART].reasons
    result, asked = reread(filled, {PART: said(truth)})
    read = result.tables[3].readings[PART]
    assert PART in asked and (read.status, read.value, read.raw) == ("corrected", values[PART], wrong)


def test_a_sure_cell_in_broken_rules_is_read_again_and_corrected_where_the_rules_prove_it():
    values = numbers(1, "dense")
    wrong = dict(values)
    wrong[PART] += 5
    filled = table(wrong)
    first = repair({3: filled}, CHOSEN, SETTINGS)
    assert first.tables[3].readings[PART].status == "read"
    result, asked = reread(filled, {PART: said(str(values[PART]))})
    assert asked[0] == PART  # it stands in both rules
    assert result.tables[3].readings[PART].status == "corrected"
    # the look says the same, or is not sure: the report's own error, as before
    for text, sure in ((str(wrong[PART]), 0.999), (str(values[PART]), 0.9)):
        result, _ = reread(filled, {PART: said(text, sure)})
        assert result.tables[3].readings[PART].value == wrong[PART]
        assert rules_named(result) == rules_named(first)
        assert result.tables[3].readings[PART].confidence == first.tables[3].readings[PART].confidence


def test_a_sure_cell_that_the_look_disputes_is_flagged_where_nothing_is_proved():
    values = numbers(1, "dense")
    values[PART] += 5
    result, _ = reread(table(values), {PART: said(str(values[PART] + 1))})
    read = result.tables[3].readings[PART]
    assert read.value == values[PART] and read.confidence <= 0.98
    assert any(f.rule == "READ.DISAGREE" and f.cells == [PART] for f in result.tables[3].findings)


def test_only_cells_that_would_be_flagged_are_read_again_and_no_more_than_a_few():
    values = numbers(1, "dense")
    assert reread(table(values), {})[1] == []
    odd = {c: doubtful(str(v), str(v + 1), 0.6) for c, v in values.items()}
    assert len(reread(table(values, odd), {})[1]) == MOST
    printed = table({**values, PART: values[PART] + 5}, printed=True)
    assert reread(printed, {})[1] == []
    assert reread(table(values, odd), {}, RepairSettings(enabled=False))[1] == []


def test_the_input_is_not_changed():
    values = numbers(1, "dense")
    odd = {PART: doubtful(str(values[PART]), str(values[PART] + 1), 0.97)}
    filled = table(values, odd)
    reread(filled, {PART: said(str(values[PART]))})
    assert filled == table(values, odd)


def test_numbers_read_the_same_from_their_pictures():
    gray, cells = sample_page()
    numbers_of = [c for c in cells if squeeze(c.text).isdigit()][:12]
    reader = CellReader()
    first = reader.read(gray, [c.bbox for c in numbers_of], DPI / 72)
    pictures = [f.ocr.picture for f in first]
    assert all(p is not None and p.gray.base is None for p in pictures)
    for scale in SCALES:
        assert [t.text for t in reader.read_again(pictures, scale)] == [squeeze(c.text) for c in numbers_of]
    filled = table({**numbers(1), PART: 5}, {PART: doubtful("5", "6")})
    read = filled.readings[PART]
    blank = Picture(np.full((40, 80), 255, np.uint8), (1.0, 1.0, 30.0, 18.0), DPI / 72)
    kept = replace(read, ocr=replace(read.ocr, picture=blank))
    assert [[t.text for t in looks] for looks in look_at_pictures([read, kept], Options())] == [[], ["", ""]]

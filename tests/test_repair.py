import random
from dataclasses import replace

import pytest
from repair_tables import Misread, doubtful, numbers, reviews, table

from gxml.config import RepairSettings
from gxml.document import OcrCell
from gxml.readings import to_cell
from gxml.repair import repair
from gxml.repair_model import count_of
from gxml.repair_witness import surely_printed
from gxml.rules import check_cells

CHOSEN = {"3": "2021", "4": "2021"}
SETTINGS = RepairSettings()
PART = "requests.granted.natural_person"


def repaired(filled, settings=SETTINGS, section=3, **more):
    return repair({section: filled}, CHOSEN, settings, **more)


def of(result, cell, section=3):
    return result.tables[section].readings[cell]


def wrong(values, cell):
    """A number that the cell is read as instead, of the same length."""
    text = str(values[cell])
    return text[:-1] + str((int(text[-1]) + 5) % 10)


def read_wrong(values, *cells, sure=0.7):
    return {c: doubtful(wrong(values, c), str(values[c]), sure) for c in cells}


def rules_named(result, section=3):
    return [f.rule for f in result.tables[section].findings]


# ---- corrections ----------------------------------------------------------------------------------------------------


def test_a_misread_cell_that_the_other_reader_has_right_is_corrected():
    values = numbers(1, "dense")
    result = repaired(table(values, read_wrong(values, PART)))
    cell = of(result, PART)
    assert (cell.status, cell.value, cell.raw) == ("corrected", values[PART], wrong(values, PART))
    assert set(cell.rules) == {"T3.ROW.granted", "T3.SUM.natural_person"}
    assert cell.confidence >= 0.985
    assert rules_named(result) == ["REPAIR.CORRECTED"]
    note = result.tables[3].findings[0]
    assert (note.severity, note.cells, note.expected) == ("info", [PART], values[PART])
    others = {i: r for i, r in result.tables[3].readings.items() if i != PART}
    assert others == {i: r for i, r in table(values, read_wrong(values, PART)).readings.items() if i != PART}
    _, holds = check_cells({i: to_cell(r, "rapid") for i, r in result.tables[3].readings.items()}, {"3": "2021"})
    assert holds


@pytest.mark.parametrize("density", ["sparse", "mixed", "dense"])
def test_several_misread_cells_are_corrected_together(density):
    done = 0
    for seed in range(12):
        values = numbers(seed, density)
        rng = random.Random(seed)
        cells = rng.sample([c for c, v in values.items() if v], min(3, sum(v > 0 for v in values.values())))
        odd = read_wrong(values, *cells)
        odd = {c: m for c, m in odd.items() if m.text != "0" and not m.text.startswith("0")}
        result = repaired(table(values, odd))
        for c in odd:
            cell = of(result, c)
            assert cell.value == values[c] or cell.status == "read"
            done += cell.status == "corrected"
        assert all(of(result, c).value == v for c, v in values.items() if c not in odd)
    assert done >= 8


def test_input_is_not_changed_and_the_same_input_gives_the_same():
    values = numbers(1, "dense")
    filled = table(values, read_wrong(values, PART))
    before = dict(filled.readings)
    assert repaired(filled) == repaired(filled)
    assert filled.readings == before


def test_switched_off_nothing_happens():
    values = numbers(1, "dense")
    filled = table(values, read_wrong(values, PART))
    result = repaired(filled, RepairSettings(enabled=False))
    assert result.tables[3] == filled and not result.verdicts


def test_an_unreadable_cell_is_corrected_where_both_readers_list_the_value():
    values = numbers(1, "dense")
    text = str(values[PART])
    odd = Misread("7?", text, 0.4, (("7?", 0.5), (text, 0.4)), ((text, 0.9),))
    filled = table(values, {PART: odd})
    assert filled.readings[PART].status == "unreadable"
    cell = of(repaired(filled), PART)
    assert (cell.status, cell.value, cell.raw) == ("corrected", values[PART], "7?")


def test_beside_a_cell_that_stays_wrong_only_one_that_nothing_was_read_in_is_filled():
    values = numbers(1, "dense")
    beside = PART.replace("natural_person", "business_enterprise")
    stays = Misread(wrong(values, beside), None, 0.7, ((wrong(values, beside), 0.7), (str(values[beside]), 0.3)), ())
    text = str(values[PART])
    unread = Misread("7?", text, 0.4, (("7?", 0.5), (text, 0.4)), ((text, 0.9),))
    result = repaired(table(values, {PART: unread, beside: stays}))
    assert (of(result, PART).status, of(result, PART).value) == ("corrected", values[PART])
    assert of(result, beside).status == "read"
    result = repaired(table(values, {**read_wrong(values, PART), beside: stays}))
    assert of(result, PART).status == of(result, beside).status == "read"


def test_a_sign_that_is_no_number_to_one_reader_is_corrected_where_the_other_reads_the_number_twice():
    values = numbers(1, "dense")
    text = str(values[PART])
    odd = Misread("海", None, 0.3, (("", 1.0),), ((text, 0.99), ("", 0.01)), ("", "", text))
    cell = of(repaired(table(values, {PART: odd})), PART)
    assert (cell.status, cell.value, cell.raw) == ("corrected", values[PART], "海")
    cell = of(repaired(table(values, {PART: replace(odd, again=("", "", ""))})), PART)
    assert cell.status != "corrected"


def test_the_halves_of_a_broken_nought_are_a_nought():
    values = numbers(1, "dense")
    cell = next(c for c, v in values.items() if v == 0 and ".total" not in c)
    odd = Misread(")", "O", 0.9, (("O", 0.7), ("0", 0.3)), ((")", 0.5), ("〇", 0.5)), ("0", "0", ")"))
    read = of(repaired(table(values, {cell: odd})), cell)
    assert (read.status, read.value, read.raw) == ("corrected", 0, ")")


# ---- what speaks against --------------------------------------------------------------------------------------------


def reasons(odd, values=None, filled=None, settings=SETTINGS, cell=PART):
    values = values or numbers(1, "dense")
    result = repaired(filled or table(values, {cell: odd}), settings)
    read = of(result, cell)
    assert read.status != "corrected"
    verdict = result.verdicts[cell]
    assert verdict.outcome == "suspected" and verdict.value == values[cell]
    suspects = [f for f in result.tables[3].findings if f.rule == "REPAIR.SUSPECT"]
    assert [f.cells for f in suspects] == [[cell]] and suspects[0].severity == "error"
    return set(verdict.reasons)


def test_one_condition_after_the_other():
    values = numbers(1, "dense")
    text, truth = wrong(values, PART), str(values[PART])
    good = doubtful(text, truth)
    assert of(repaired(table(values, {PART: good})), PART).status == "corrected"
    assert "sure" in reasons(replace(good, sure=0.99, first_list=((text, 0.99), (truth, 0.01))))
    # both read the wrong number, and only take the right one for possible
    assert "unseen" in reasons(replace(good, second=text, second_list=((text, 0.6), (truth, 0.4))))
    # … but a look at another crop read it
    looked = replace(good, second=text, second_list=((text, 0.6), (truth, 0.4)), again=(truth, truth, text))
    assert of(repaired(table(values, {PART: looked})), PART).status == "corrected"
    # … or a reader that sees no number holds it for the likeliest by far
    faint = replace(good, second=text, second_list=(("", 0.6), (truth, 0.2), (text, 0.05)))
    assert of(repaired(table(values, {PART: faint})), PART).status == "corrected"
    assert "unseen" in reasons(replace(faint, second_list=(("", 0.6), (truth, 0.2), (text, 0.15))))
    assert "one_reader" in reasons(replace(good, first_list=((text, 1.0),)))
    assert "one_reader" in reasons(replace(good, first_list=((text, 0.9), (truth, 0.0005))))
    assert "unlisted" in reasons(Misread(text, text, 0.7, ((text, 1.0),), ((text, 1.0),)))


def test_a_single_rule_proves_nothing():
    values = {**reviews(3)}
    cell = next(c for c, v in values.items() if v and not c.endswith("total"))
    result = repaired(table(values, {cell: doubtful(str(values[cell] + 1), str(values[cell]))}), section=4)
    assert of(result, cell, 4).status == "read"
    assert "few_rules" in result.verdicts[cell].reasons


def test_two_cells_that_explain_it_equally_well_are_both_left():
    values = numbers(1, "dense")
    # a column total that is in doubt beside a part in doubt: each would mend the column, the rows tell them apart
    total = "requests.processed_total.natural_person"
    odd = read_wrong(values, PART)
    odd[total] = doubtful(str(values[total]), str(values[total] + 5), 0.6)
    result = repaired(table(values, odd))
    assert of(result, PART).value == values[PART] and of(result, total).value == values[total]
    # in section 四 nothing tells them apart
    few = {c: 0 for c in reviews(1)}
    one, two, total = "review.upheld", "review.corrected", "review.total"
    few |= {one: 4, two: 3, total: 8}
    odd = {one: doubtful("4", "5", 0.6), two: doubtful("3", "4", 0.6)}
    result = repaired(table(few, odd), section=4)
    assert [of(result, c, 4).status for c in few] == ["read"] * len(few)
    assert all(v.margin == 0 for v in result.verdicts.values())
    assert "REPAIR.SUSPECT" not in rules_named(result, 4)


def test_a_blank_is_never_made_a_nought_nor_a_nought_a_blank():
    values = {c: v or None for c, v in numbers(5, "mixed").items()}
    cell = next(c for c, v in values.items() if v is None and ".total" not in c)
    odd = Misread("8", "", 0.6, (("8", 0.6), ("0", 0.2), ("", 0.2)), (("", 0.6), ("0", 0.3), ("8", 0.1)))
    result = repaired(table(values, {cell: odd}))
    assert of(result, cell).status == "read" and result.verdicts[cell].outcome == "suspected"
    assert "blank" in result.verdicts[cell].reasons


def test_a_nought_that_may_be_nothing_is_a_nought_where_the_table_prints_noughts():
    values = numbers(5, "mixed")
    cell = next(c for c, v in values.items() if v == 0 and ".total" not in c)
    lists = (("9", 0.96), ("0", 0.035)), (("0", 0.8), ("", 0.15), ("9", 0.05))
    odd = {cell: Misread("9", "0", 0.88, *lists, ("9", "", "0"))}
    read = of(repaired(table(values, odd)), cell)
    assert (read.status, read.value, read.raw) == ("corrected", 0, "9")
    blanks = [c for c, v in values.items() if v == 0 and c != cell][:10]
    result = repaired(table({**values, **dict.fromkeys(blanks)}, odd))
    assert of(result, cell).status == "read" and result.verdicts[cell].reasons == ("blank",)


@pytest.mark.parametrize(("text", "count"), [("o", 0), ("o\n", 0), ("O", 0), ("oo", None), ("o1", None), ("", 0), ("10", 10)])
def test_a_small_o_alone_is_a_nought_in_a_picture(text, count):
    assert count_of(text) == count


def test_each_reader_and_each_look_is_a_witness_of_ink():
    ink, none = (("o", 0.6), ("0", 0.3), ("8", 0.1)), (("", 0.7), ("8", 0.2), ("0", 0.1))
    cell = OcrCell(0.01, "rapid", first_list=ink, second_list=none)
    assert surely_printed(cell, 0.01) and not surely_printed(cell, 0.1)  # the table prints blanks, too
    assert not surely_printed(replace(cell, first_list=none), 0.01)
    assert not surely_printed(replace(cell, reread=(("", 0.98),)), 0.01)
    assert surely_printed(replace(cell, reread=(("", 0.98), ("0", 0.98))), 0.01)
    only_eights = (("8", 1.0),)
    assert not surely_printed(replace(cell, first_list=only_eights, second_list=only_eights), 0.001)


def test_too_many_changes_are_not_believed():
    values = numbers(1, "dense")
    cells = [c for c, v in values.items() if v >= 10 and ".total" not in c][:8]
    result = repaired(table(values, read_wrong(values, *cells)), RepairSettings(most_changes=3))
    assert not result.verdicts and "REPAIR.LIMIT" in rules_named(result)
    result = repaired(table(values, read_wrong(values, *cells)), RepairSettings(node_limit=5))
    assert not result.verdicts and "REPAIR.LIMIT" in rules_named(result)


# ---- the report's own errors ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("printed", [True, False])
def test_what_is_printed_wrong_stays(printed):
    for seed in range(20):
        values = numbers(seed, "dense")
        rng = random.Random(seed)
        cell = rng.choice([c for c, v in values.items() if v >= 5])
        values[cell] += rng.choice([-3, 1, 10])
        filled = table(values, printed=printed)
        result = repaired(filled)
        assert result.tables[3].readings == filled.readings
        if not printed:
            verdict = result.verdicts[cell]
            assert verdict.outcome == "suspected" and verdict.cause == "source"


def test_what_is_printed_wrong_and_read_with_doubt_stays_where_both_readers_see_it():
    values = numbers(1, "dense")
    values[PART] += 3
    text, meant = str(values[PART]), str(values[PART] - 3)
    odd = Misread(text, text, 0.8, ((text, 0.8), (meant, 0.2)), ((text, 0.8), (meant, 0.2)))
    cell = of(repaired(table(values, {PART: odd})), PART)
    assert (cell.status, cell.value) == ("read", values[PART])


def test_no_value_from_a_text_layer_changes():
    """Whatever else is on the page: cells of a text layer between cells of pictures, and all of them in doubt."""
    for seed in range(10):
        values = numbers(seed, "dense")
        rng = random.Random(seed)
        cells = rng.sample([c for c, v in values.items() if v >= 5], 6)
        filled = table(values, read_wrong(values, *cells[:3]), printed=True)
        for cell in cells[3:]:
            filled.readings[cell] = replace(filled.readings[cell], value=filled.readings[cell].value + 5)
        result = repaired(filled)
        for i, r in filled.readings.items():
            if r.ocr is None:
                assert result.tables[3].readings[i] == r


# ---- confirmed readings ---------------------------------------------------------------------------------------------


def test_a_right_reading_in_doubt_is_confirmed():
    values = numbers(1, "dense")
    odd = {PART: doubtful(str(values[PART]), wrong(values, PART), 0.6)}
    odd[PART].again = (str(values[PART]),) * 3
    # a reader that is sure of another number is not overruled
    assert "READ.DISAGREE" in rules_named(repaired(table(values, odd)))
    odd[PART].second_list = ((wrong(values, PART), 0.8), (str(values[PART]), 0.2))
    filled = table(values, odd)
    assert [f.rule for f in filled.findings] == ["READ.DISAGREE"]
    result = repaired(filled)
    cell = of(result, PART)
    assert (cell.status, cell.value) == ("read", values[PART]) and cell.confidence >= 0.985
    assert [(f.rule, f.severity, f.cells) for f in result.tables[3].findings] == [("REPAIR.CONFIRMED", "info", [])]


def test_a_doubt_between_nothing_and_nought_stays():
    values = numbers(1, "dense")
    cell = next(c for c, v in values.items() if v == 0 and ".total" not in c)
    odd = {cell: Misread("0", "", 0.6, (("0", 0.6), ("", 0.4)), (("", 0.6), ("0", 0.4)))}
    blanks = [c for c, v in values.items() if v == 0 and c != cell][:10]
    result = repaired(table({**values, **dict.fromkeys(blanks)}, odd))
    assert cell not in result.verdicts and "READ.DISAGREE" in rules_named(result)


@pytest.mark.parametrize(("text", "second", "status"), [("0", "", "read"), ("", "0", "corrected")])
def test_nothing_is_a_nought_where_the_rules_say_so_and_the_table_prints_noughts(text, second, status):
    values = numbers(1, "dense")
    cell = next(c for c, v in values.items() if v == 0 and ".total" not in c)
    odd = {cell: Misread(text, second, 0.6, (("0", 0.6), ("", 0.4)), (("", 0.6), ("0", 0.4)))}
    read = of(repaired(table(values, odd)), cell)
    assert (read.status, read.value) == (status, 0)
    # where the rules do not say so it stays in doubt
    result = repaired(table({**values, "requests.processed_total.total": None}, odd | read_wrong(values, PART)))
    assert of(result, cell).value == (0 if text else None) or cell in result.verdicts


def test_a_blank_in_doubt_is_not_confirmed_among_noughts():
    values = numbers(5, "mixed")
    cell = next(c for c, v in values.items() if v == 0 and ".total" not in c)
    odd = {cell: Misread("", None, 0.3)}  # ink was seen, and nothing in it
    assert "READ.UNSURE" in rules_named(repaired(table(values, odd)))
    others = [c for c, v in values.items() if v == 0 and c != cell]
    mixed = table({**values, **dict.fromkeys(others[::2])}, odd)
    assert repaired(mixed).verdicts[cell].outcome == "confirmed"


def test_ink_that_no_reader_reads_is_not_confirmed_as_nothing():
    values = numbers(1, "dense")
    cell = next(c for c, v in values.items() if v == 0 and ".total" not in c)
    filled = table({**values, cell: None}, {cell: Misread("", None, 0.3)})
    read = filled.readings[cell]
    filled.readings[cell] = replace(read, ocr=replace(read.ocr, candidates=()))
    result = repaired(filled)
    assert cell not in result.verdicts and rules_named(result) == ["READ.UNSURE"]


def test_a_doubt_stays_where_readers_rather_see_something_else():
    # the report has a 2 where nothing is meant: the rules hold for what is meant
    values = numbers(1, "dense")
    cell = next(c for c, v in values.items() if v == 0 and ".total" not in c)
    odd = Misread("", "2", 0.94, (("2", 0.99),), (("", 0.85), ("2", 0.02)), ("2", "8", ""))
    result = repaired(table({**values, cell: None}, {cell: odd}))
    assert cell not in result.verdicts and "READ.DISAGREE" in rules_named(result)


def test_a_doubt_stays_where_the_rules_cannot_be_evaluated_or_are_too_few():
    values = numbers(1, "dense")
    odd = {PART: doubtful(str(values[PART]), wrong(values, PART), 0.6)}
    filled = table({**values, "requests.granted.total": None}, odd)
    filled.readings["requests.processed_total.natural_person"] = replace(
        filled.readings["requests.processed_total.natural_person"], value=None, raw=None, status="missing", ocr=None
    )
    assert "READ.DISAGREE" in rules_named(repaired(filled))
    values = reviews(3)
    cell = next(c for c, v in values.items() if v and not c.endswith("total"))
    result = repaired(table(values, {cell: doubtful(str(values[cell]), str(values[cell] + 1), 0.6)}), section=4)
    assert "READ.DISAGREE" in rules_named(result, 4)


def test_a_blank_total_joins_its_rules():
    values = numbers(1, "dense")
    values["requests.granted.total"] = None
    result = repaired(table(values, read_wrong(values, PART)))
    # one rule of the row is lost, what is left is the column: too little
    assert of(result, PART).status == "read"
    assert result.verdicts[PART].value == values[PART]


def test_section_two_is_left_alone():
    filled = table({"disclosure.regulations.issued": 3}, {"disclosure.regulations.issued": doubtful("8", "3")})
    result = repair({2: filled}, {"2": "2021"}, SETTINGS)
    assert result.tables[2] == filled and not result.verdicts

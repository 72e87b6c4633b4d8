from gxml.columns import NO_LEAD, Lead, find_lead, find_slots, place
from gxml.numerals import parse_cell
from gxml.strips import Field, Strip


def strip(texts, origin="delimited", *, label="甲", places=None, **kw):
    fields = [Field(label, "words", (0, 1), lo=0, hi=1)]
    for i, t in enumerate(texts, 1):
        lo = places[i - 1] if places else i
        fields.append(Field(t, parse_cell(t).kind, (i, i + 1), lo=lo, hi=lo + (20 if places else 1)))
    return Strip(tuple(fields), 1, origin, 1, (0, 99), 1, width=len(texts) + 1, **kw)


def put(s, columns=3, *, slots=None, end=None, lead=NO_LEAD, depth=0, summed=True, run_layout=False):
    placed = place(s, columns, slots=slots, end=end, lead=lead, depth=depth, summed=summed, run_layout=run_layout)
    return placed.state, [f.text if f else None for f in placed.fields], placed.readings


def test_as_many_fields_as_columns():
    assert put(strip(["1", "", "1"])) == ("exact", ["1", "", "1"], ())


def test_fillers_behind_the_last_number():
    assert put(strip(["1", "0", "1", "", ""]))[:2] == ("exact", ["1", "0", "1"])


def test_a_blank_at_the_end_may_be_a_filler_for_a_lost_cell():
    assert put(strip(["1", "0", ""]))[0] == "ambiguous"
    attested = Lead({(4, 1, 0): 1.0}, frozenset(), False)
    assert put(strip(["1", "0", ""]), lead=attested)[0] == "exact"
    ragged = Lead({(4, 1, 0): 1.0}, frozenset(), True)
    assert put(strip(["1", "0", ""]), lead=ragged)[0] == "ambiguous"
    assert put(strip(["1", "0", ""], "markup"), end=4)[0] == "exact"
    assert put(strip(["1", "0", ""], "markup"), end=5)[0] == "ambiguous"


def test_a_row_whose_total_is_blank_has_moved_where_other_rows_print_theirs():
    attested = Lead({(4, 1, 0): 1.0, (6, 1, 0): 1.0}, frozenset(), False)
    printed = Lead(attested.starts, frozenset(), False, totals=True)
    assert find_lead([(strip(["", "1", "1"]), 0)], 3, {}).totals
    assert not find_lead([(strip(["1", "1", ""]), 0)], 3, {}).totals
    for texts in (["1", "1", ""], ["1", "1", "", "", ""]):
        assert put(strip(texts), lead=attested)[0] == "exact"
        assert put(strip(texts), lead=printed)[0] == "ambiguous"
        assert put(strip(texts), lead=printed, summed=False)[0] == "exact"
    for texts in (["0", "0", ""], ["1", "2", ""]):  # its author left the total out
        assert put(strip(texts), lead=printed)[0] == "exact"


def test_a_row_narrower_than_its_header_may_have_lost_a_cell():
    wider = Lead({}, frozenset(), False, header_width=5.0)
    assert put(strip(["1", "0", ""], "markup"), end=4, lead=wider)[0] == "ambiguous"
    assert put(strip(["1", "0", "1"], "markup"), end=4, lead=wider)[0] == "exact"


def test_one_number_too_few_is_never_placed_by_order():
    state, _, readings = put(strip(["0", "0"]))
    assert (state, readings) == ("short", ((0, 0, 0),))
    assert len(put(strip(["0", "2"]))[2]) > 1


def test_one_number_too_many():
    state, _, readings = put(strip(["2", "3", "0", "23"]))
    assert (state, readings) == ("long", ((23, 0, 23),))


def test_digits_run_together():
    state, _, readings = put(strip(["1001"], "inline"), 4, run_layout=True)
    assert (state, readings) == ("run", ((1, 0, 0, 1),))
    assert put(strip(["693665"], "inline"), 3, summed=False, run_layout=True)[2] == ()


def test_columns_by_place_on_the_page():
    slots = ((100.0, 120.0), (130.0, 150.0), (160.0, 180.0))
    assert put(strip(["5", "5"], "rulings", places=[100, 160]), slots=slots)[:2] == ("exact", ["5", None, "5"])
    # an empty cell left of the columns belongs to the label
    assert put(strip(["", "5", "0", "5"], "rulings", places=[60, 100, 130, 160]), slots=slots)[1] == ["5", "0", "5"]
    assert put(strip(["5", "1", "2", "8"], "rulings", places=[100, 104, 130, 160]), slots=slots)[0] != "exact"


def test_slots_are_learnt_from_whole_rows():
    whole = [strip(["0", "0", "0"], "rulings", places=[100, 130, 160 + i]) for i in range(3)]
    assert find_slots([*whole, strip(["0"], "rulings", places=[100])], 3)[2] == (161, 181)
    assert find_slots([strip(["0", "0", "0"])], 3) is None


def test_rows_of_one_kind_that_differ_in_width_are_ragged():
    rows = [(strip(["1", "0", "1"]), 0), (strip(["1", "0", "1", ""]), 0)]
    assert find_lead(rows, 3, {}).ragged
    assert not find_lead([rows[0]] * 3, 3, {}).ragged
    assert (4, 1, 0) in find_lead([rows[0]] * 3, 3, {}).uniform


def test_blank_rows_that_differ_in_width_are_ragged_but_a_few_may_be_damaged():
    rows = [(strip([""] * n), 0) for n in (3, 3, 3, 3, 3, 4, 5, 4)]
    assert not find_lead(rows, 3, {}).ragged
    assert find_lead([*rows, (strip([""] * 4), 0)], 3, {}).ragged


def test_a_blank_between_numbers_may_be_a_cell_beside_a_doubled_number():
    assert put(strip(["8", "2", "", "2"]), summed=False) == ("long", [], ())
    state, _, readings = put(strip(["1", "0", "0", "1", "", "2"]), 5)
    assert state == "long" and set(readings) == {(1, 0, 0, 1, 2), (1, 0, 1, None, 2)}


def test_a_row_wider_than_the_others_is_doubtful_where_no_sum_proves_it():
    wide = {"slots": None, "end": None, "lead": NO_LEAD, "depth": 0, "run_layout": False, "wide": True}
    assert place(strip(["1", "1", ""]), 2, summed=False, **wide).wide
    assert not place(strip(["1", "1", ""]), 2, summed=True, **wide).wide
    assert not place(strip(["1", "1"]), 2, summed=False, **wide).wide


def test_digits_of_a_row_without_a_sum_that_can_be_cut_in_one_way():
    assert put(strip(["0078"], "inline"), 3, summed=False, run_layout=True)[2] == ((0, 0, 78),)
    assert put(strip(["1078"], "inline"), 3, summed=False, run_layout=True)[2] == ()

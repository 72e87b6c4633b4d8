from hypothesis import given, settings
from hypothesis import strategies as st

from gxml.splits import (
    Equation,
    closes,
    long_readings,
    resolve,
    short_readings,
    split_digits,
    split_groups,
)

PART = st.integers(0, 30) | st.integers(0, 4000)


def row(parts):
    return (*parts, sum(parts))


def test_one_way_only():
    assert split_digits(["1000001"], 7, last_is_sum=True) == [(1, 0, 0, 0, 0, 0, 1)]
    assert split_digits(["500000", "5"], 7, last_is_sum=True) == [(5, 0, 0, 0, 0, 0, 5)]


def test_two_ways():
    found = split_digits(["220000325"], 7, last_is_sum=True)
    assert set(found) == {(2, 20, 0, 0, 0, 3, 25), (22, 0, 0, 0, 0, 3, 25)}


def test_no_leading_zeros_and_no_remainder():
    assert split_digits(["000"], 3, last_is_sum=False) == [(0, 0, 0)]
    assert split_digits(["00"], 3, last_is_sum=False) == []
    assert split_digits(["12a"], 3, last_is_sum=False) == []


@given(st.lists(PART, min_size=6, max_size=6))
def test_the_truth_is_among_the_splits(parts):
    numbers = row(parts)
    text = "".join(map(str, numbers))
    found = split_digits([text], 7, last_is_sum=True)
    assert numbers in found or not found  # none where there are too many to look at
    assert all(closes(v) and "".join(map(str, v)) == text for v in found)


@given(st.lists(st.integers(0, 40), min_size=12, max_size=12))
@settings(max_examples=40)
def test_groups_hold_the_truth(parts):
    groups = [row(parts[i : i + 4]) for i in (0, 4, 8)]
    text = "".join(str(n) for g in groups for n in g)
    found = split_groups([text], 3, 5)
    assert tuple(n for g in groups for n in g) in found or not found


@given(st.lists(PART, min_size=6, max_size=6), st.integers(0, 6))
def test_a_lost_number_is_among_the_readings(parts, place):
    numbers = row(parts)
    left = [n for i, n in enumerate(numbers) if i != place]
    found = short_readings(left, 7)
    assert numbers in found
    assert all(closes(v) for v in found)


@given(st.lists(PART, min_size=6, max_size=6), st.integers(0, 6), st.integers(0, 99))
def test_an_extra_number_is_among_the_readings(parts, place, extra):
    numbers = list(row(parts))
    longer = [*numbers[:place], extra, *numbers[place:]]
    assert tuple(numbers) in long_readings(longer, [str(n) for n in longer], 7)


def test_halves_of_a_number_are_joined():
    assert (23, 0, 23) in long_readings([2, 3, 0, 23], ["2", "3", "0", "23"], 3)


SUM = Equation("SUM", ((1, "a"), (1, "b"), (-1, "total")))


def test_equations_choose_between_rows():
    rows = {"a": [(2, 20, 22), (22, 0, 22)], "b": [(1, 0, 1)], "total": [(23, 0, 23)]}
    found = resolve(rows, [SUM], 3)
    assert found.feasible and found.complete
    assert found.readings["a"] == ((22, 0, 22),)


def test_what_stays_open_stays_open():
    rows = {"a": [(2, 20, 22), (22, 0, 22)], "b": [(1, 0, 1)]}
    found = resolve(rows, [SUM], 3)
    assert len(found.readings["a"]) == 2
    assert found.used == ()


def test_no_choice_satisfies_them():
    rows = {"a": [(2, 20, 22), (22, 0, 22)], "b": [(1, 0, 1)], "total": [(9, 9, 18)]}
    found = resolve(rows, [SUM], 3)
    assert not found.feasible
    assert ("SUM", 0) in found.broken


@given(st.lists(st.lists(st.integers(0, 25), min_size=6, max_size=6), min_size=2, max_size=5))
@settings(max_examples=40, deadline=None)
def test_run_together_tables_are_never_read_wrong(leaves):
    """The joint search leaves the truth; where it leaves one reading, it is the truth."""
    truth = {f"r{i}": row(p) for i, p in enumerate(leaves)}
    truth["total"] = tuple(sum(v) for v in zip(*truth.values(), strict=True))
    equation = Equation("SUM", (*((1, r) for r in truth if r != "total"), (-1, "total")))
    rows = {r: split_digits(["".join(map(str, v))], 7, last_is_sum=True) for r, v in truth.items()}
    found = resolve(rows, [equation], 7)
    assert found.feasible
    for name, options in found.readings.items():
        assert truth[name] in options

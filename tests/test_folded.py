"""All labels of a table first, all its numbers after them."""

import pytest
from tables_in_text import ALL, COLUMNS, LABELS, NUMBERS, joined, read

TWO_LINE_HEADER = "申请人情况\n自然人\n法人或其他组织\n总计\n" + "\n".join(COLUMNS[1:-1])
DOWN = list(zip(*NUMBERS, strict=True))


@pytest.mark.parametrize("head", [" ".join(COLUMNS), TWO_LINE_HEADER], ids=["one line", "cells"])
@pytest.mark.parametrize(
    "numbers",
    ["\n".join(map(joined, NUMBERS)), "\n".join(ALL), "\n".join(map(joined, DOWN))],
    ids=["rows", "cells", "columns"],
)
def test_numbers_behind_all_labels(tmp_path, head, numbers):
    values, named, _ = read(tmp_path, "\n".join(LABELS) + "\n" + numbers, head)
    assert values == ALL
    assert not named


def test_columns_with_their_names_between_them(tmp_path):
    columns = "\n".join(f"{name}\n{joined(n)}" for name, n in zip(COLUMNS, DOWN, strict=True))
    values, named, _ = read(tmp_path, "\n".join(LABELS) + "\n" + columns, "")
    assert values == ALL
    assert not named
    order = [6, *range(6)]
    columns = "\n".join(f"{COLUMNS[i]}\n{joined(DOWN[i])}" for i in order)
    values, _, _ = read(tmp_path, "\n".join(LABELS) + "\n" + columns, "")
    assert values == ALL


def test_an_error_of_the_reports_own_does_not_hide_the_order(tmp_path):
    numbers = [list(n) for n in NUMBERS]
    numbers[2][6] = 7
    values, _, _ = read(tmp_path, "\n".join([*LABELS, *map(joined, numbers)]))
    assert values == [str(n) for row in numbers for n in row]


@pytest.mark.parametrize("lost", [0, 40, 174])
def test_a_lost_number_leaves_all_flagged(tmp_path, lost):
    numbers = [*ALL[:lost], *ALL[lost + 1 :]]
    values, named, ids = read(tmp_path, "\n".join([*LABELS, *numbers]))
    assert all(v == w or i in named for v, w, i in zip(values, ALL, ids, strict=True))


def test_a_table_of_which_hardly_anything_is_read_names_the_cells_of_both_editions(tmp_path):
    path = tmp_path / "report.txt"
    read(tmp_path, "\n".join([*LABELS, *ALL[1:]]))
    import gxml

    named = {i for f in gxml.read(path).findings if f.kind == "structure" for i in f.cells}
    assert {"requests.other_handling.total", "requests.other_handling.other.total"} <= named


def test_numbers_that_fit_neither_way_are_not_placed(tmp_path):
    numbers = [str(7 * i % 11) for i in range(len(ALL))]
    values, named, ids = read(tmp_path, "\n".join([*LABELS, *numbers]))
    assert all(v is None or i in named for v, i in zip(values, ids, strict=True))

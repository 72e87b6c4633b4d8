import pytest

from gxml.cellsettle import CellText
from gxml.cellsplit import parted
from gxml.document import OcrCell
from gxml.geometry import Grid, GridCell

HIGH, WIDE = 20.0, 40.0


def table(cells, rows, columns):
    """A grid, the texts of its cells and their ink, one line of text in the middle of each row that has one.

    `cells` are (row, col, rowspan, texts), a text for each row; "" for a row without ink.
    """
    ys = tuple(HIGH * r for r in range(rows + 1))
    xs = tuple(WIDE * c for c in range(columns + 1))
    laid, texts, ink = [], [], []
    for row, col, rowspan, said in sorted(cells):
        laid.append(GridCell(row, col, rowspan, 1, (xs[col], ys[row], xs[col + 1], ys[row + rowspan])))
        text = "\n".join(t for t in said if t)
        texts.append(CellText(text, OcrCell(0.99, "a"), bool(text)))
        middles = [ys[row + k] + HIGH / 2 for k, t in enumerate(said) if t]
        if len(said) == 1:
            middles = [(ys[row] + ys[row + rowspan]) / 2]
        ink.append([(int(xs[col]) + 10, int(y - 4), int(xs[col]) + 16, int(y + 4)) for y in middles if text])
    return Grid((0.0, 0.0, xs[-1], ys[-1]), xs, ys, tuple(laid)), texts, ink


def part(cells, rows=4, columns=3):
    grid, texts, ink = table(cells, rows, columns)
    return {(c.row, c.col): c.rowspan for c in parted(grid, texts, ink.__getitem__, 1.0).cells}


LABELS = [(r, 0, 1, [f"{r + 1}.重复申请"]) for r in range(4)]
NUMBERS = [(r, 1, 1, ["3"]) for r in range(4)]


def test_numbers_in_one_cell_are_parted_where_the_rows_are():
    found = part([*LABELS, *NUMBERS, (0, 2, 1, ["0"]), (1, 2, 2, ["0", "12"]), (3, 2, 1, ["0"])])
    assert found[1, 2] == found[2, 2] == 1


def test_a_number_and_the_blank_below_it_are_parted():
    found = part([*LABELS, *NUMBERS, (0, 2, 1, ["0"]), (1, 2, 2, ["7", ""]), (3, 2, 1, ["0"])])
    assert found[1, 2] == found[2, 2] == 1


@pytest.mark.parametrize("said", [["7"], ["总", "计"], ["", "7", ""]])
def test_a_cell_that_may_be_a_merged_one_stays(said):
    rowspan = max(2, len(said))
    single = [(r, 2, 1, ["0"]) for r in range(rowspan, 5)]
    rows = [(r, c, 1, ["3"]) for r in range(5) for c in (0, 1)]
    assert part([*rows, (0, 2, rowspan, said), *single], rows=5)[0, 2] == rowspan


def test_what_is_left_of_the_ruling_between_two_numbers_is_no_text():
    grid, texts, ink = table([*LABELS, *NUMBERS, (0, 2, 1, ["0"]), (1, 2, 2, ["0", "12"]), (3, 2, 1, ["0"])], 4, 3)
    at = next(i for i, c in enumerate(grid.cells) if c.rowspan == 2)
    texts[at] = CellText("0\n__\n12", texts[at].ocr, True)
    ink[at].insert(1, (82, 39, 110, 41))
    assert len(parted(grid, texts, ink.__getitem__, 1.0).cells) == len(grid.cells) + 1


def test_labels_in_one_cell_are_parted_and_a_label_of_several_rows_is_not():
    others = [*NUMBERS, *((r, 2, 1, ["0"]) for r in range(4))]
    assert part([(0, 0, 2, ["（六）其他处理", "（七）总计"]), *LABELS[2:], *others])[1, 0] == 1
    assert part([(0, 0, 2, ["（四）无法", "提供"]), *LABELS[2:], *others])[0, 0] == 2
    assert part([(0, 0, 2, ["（四）无法提供", ""]), *LABELS[2:], *others])[0, 0] == 2


def test_a_blank_cell_is_parted_like_the_numbers_beside_it():
    others = [*NUMBERS, *((r, 2, 1, ["0"]) for r in range(4))]
    assert part([*LABELS, *others, (0, 3, 4, [""])], columns=4)[3, 3] == 1
    assert part([(0, 0, 4, [""]), *others])[0, 0] == 4, "left of the numbers labels stand"


def test_a_number_is_parted_from_the_header_above_it():
    cells = [(0, c, 3, ["结果", "维持", ""]) for c in range(3)]
    below = [(3, c, 1, ["0"]) for c in range(2)]
    found = part([*cells[:2], *below, (0, 2, 4, ["结果", "维持", "", "5"])])
    assert (found[0, 2], found[3, 2]) == (3, 1)


def test_a_table_whose_cells_are_whole_stays():
    grid, texts, ink = table([*LABELS, *NUMBERS, *((r, 2, 1, ["0"]) for r in range(4))], 4, 3)
    assert parted(grid, texts, ink.__getitem__, 1.0) is grid

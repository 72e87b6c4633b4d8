import random

import pytest

from gxml.labels import LABEL_SURE, Match, decode, framed, out_of_order, score_matrix, similarity
from gxml.strips import Field, Strip
from gxml.template import editions

ROWS = editions()["2021"].table(3).blocks[0].rows
BY_NAME = {r.name: r for r in ROWS}


def strip(label, values=("0",) * 7):
    fields = [Field(label, "words", (0, 1))] if label else []
    fields += [Field(v, "number", (0, 1)) for v in values]
    return Strip(tuple(fields), 1 if label else 0, "delimited", 1, (0, 1), 1)


def best(label):
    return max(ROWS, key=lambda r: similarity((label,), r)).name


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("2.其他法律行政止公开", "denied.prohibited_by_law"),
        ("5.属于三类内容事务信息", "denied.internal_affairs"),
        ("1、属于国家秘密", "denied.state_secret"),
        ("1.逾期不补正", "other_handling.not_corrected_in_time"),
        ("(二) 部分公开", "partly_granted"),
        ("三、本年度办理结果（一）予以公开", "granted"),
        ("（三）不予公开1.属于国家秘密", "denied.state_secret"),
        ("3. 其 他", "other_handling.other"),
        ("（七） 总 计", "processed_total"),
        ("四、结转下年度继续办理", "carried_out"),
    ],
)
def test_variants_and_damaged_labels(label, name):
    assert best(label) == name
    assert similarity((label,), BY_NAME[name]) >= LABEL_SURE


def test_words_that_are_no_label_say_little():
    assert max(similarity(("存在的主要问题及改进情况",), r) for r in ROWS) < LABEL_SURE


def matched(labels):
    strips = [strip(label) for label in labels]
    found = decode(score_matrix(strips, ROWS), [bool(s.values) for s in strips])
    return {m.strip: ROWS[m.row].name for m in found}


def test_all_rows_in_order():
    assert list(matched([r.label for r in ROWS]).values()) == [r.name for r in ROWS]


def test_a_lost_row_shifts_nothing():
    for gone in range(len(ROWS)):
        left = [r for i, r in enumerate(ROWS) if i != gone]
        assert list(matched([r.label for r in left]).values()) == [r.name for r in left]


def test_a_row_printed_twice_is_matched_twice():
    labels = [r.label for r in ROWS]
    labels.insert(9, labels[8])
    found = matched(labels)
    assert found[8] == found[9] == ROWS[8].name


def test_noise_in_fifteen_percent_of_labels_shifts_no_row():
    rng = random.Random(7)
    wrong = 0
    for _ in range(30):
        labels = []
        for r in ROWS:
            label = r.label
            if rng.random() < 0.15:
                at = rng.randrange(len(label))
                label = label[:at] + rng.choice(["", "口", "?"]) + label[at + 1 :]
            labels.append(label)
        found = matched(labels)
        wrong += sum(found.get(i, r.name) != r.name for i, r in enumerate(ROWS))
    assert wrong == 0


def test_swapped_rows_keep_their_labels_and_are_noticed():
    labels = [r.label for r in ROWS]
    labels[6], labels[7] = labels[7], labels[6]
    strips = [strip(label) for label in labels]
    found = decode(score_matrix(strips, ROWS), [True] * len(strips))
    assert ROWS[next(m.row for m in found if m.strip == 6)].name == ROWS[7].name
    assert sorted(out_of_order(found)) == [6, 7]


def test_rows_that_moved_are_told_from_those_that_stayed():
    def order(*rows):
        return sorted(out_of_order([Match(i, r, 1.0) for i, r in enumerate(rows)]))

    assert order(0, 1, 2, 2, 3) == [], "a row that is printed twice is in order"
    assert order(0, 4, 2, 3, 1, 5) == [1, 4], "two rows changed places, what stands between them did not"
    assert order(0, 2, 1, 3) == [1, 2], "either of two neighbours may have moved"
    assert order(5, 0, 1, 2) == [5]
    assert order() == []


def test_a_row_between_its_neighbours_is_certain():
    rows = [Match(0, 0, 1.0), Match(2, 1, 0.8), Match(3, 2, 0.9), Match(4, 3, 1.0)]
    header = [True, False, True, True, True]
    assert framed(rows, header, 4) == {0, 2, 3, 4}
    assert framed(rows, header, 5) == {0, 2, 3}, "the last row of the form is not there"


def test_a_row_is_not_certain_beside_a_gap_or_a_strange_or_damaged_row():
    assert framed([Match(0, 0, 1.0), Match(1, 1, 0.8), Match(2, 3, 1.0)], [True] * 3, 4) == {0}
    assert framed([Match(0, 0, 1.0), Match(2, 1, 0.8), Match(3, 2, 1.0)], [True] * 4, 3) == {3}, "a strange row between"
    damaged = LABEL_SURE - 0.01
    assert framed([Match(0, 0, 1.0), Match(1, 1, damaged), Match(2, 2, 1.0)], [True] * 3, 3) == set()


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("规章(设区的市、自治州人民政府应提供相关数据)", "规章"),
        ("规范性文件（行政机关发布的决定、公告，标题用“规定”“办法”的公文\n一般为规范性文件）", "规范性文件"),
        ("其他对外管理服务事项(指行政许可以外的政务服务事项,含行政处罚、行政强制", "其他对外管理服务事项"),
        ("其他主动公开文件(除规范性文件以外的主动公开文件)", None),
    ],
)
def test_what_is_explained_behind_a_label_names_no_row(label, name):
    rows = [r for block in editions()["2019"].table(2).blocks for r in block.rows]
    sure = [r.label for r in rows if similarity((label,), r) >= LABEL_SURE]
    assert sure == ([name] if name else [])


def test_what_the_form_itself_has_in_parentheses_stays():
    for edition in editions().values():
        for row in (r for t in edition.tables for b in t.blocks for r in b.rows):
            assert similarity((row.label,), row) == 1

from __future__ import annotations

import pytest

from gxml.numerals import parse_cell
from gxml.wordmarks import Piece, joined


@pytest.mark.parametrize(
    ("pieces", "want"),
    [
        # marks of notes behind a number, and in front of one where they cannot be digits of it
        ([("12", ""), ("1", "raised")], "12"),
        ([("12", ""), (" ", ""), ("[2]", "raised")], "12 "),
        ([("12", ""), ("1", "raised"), ("，其中", "")], "12，其中"),
        ([("（件）", ""), ("1", "raised")], "（件）"),
        ([("①", "raised"), ("5", "")], "5"),
        ([("[1]", "raised"), ("5", "")], "5"),
        # what may be a digit of the number
        ([("1", "raised"), ("5", "")], "[1]5"),
        ([("1", ""), ("2", "raised"), ("3", "")], "1[2]3"),
        ([("1", ""), ("234", "raised")], "1[234]"),
        ([("12", ""), ("3件", "raised")], "12[3件]"),
        ([("12", ""), (".5", "raised")], "12[.5]"),
        ([("12.", ""), ("5", "shifted")], "12.[5]"),
        ([("-", "raised"), ("5", "")], "[-]5"),
        ([("12", ""), ("1", "shifted")], "12[1]"),
        ([("1", "shifted"), ("5", "")], "[1]5"),
        ([("1", "raised"), ("2", "shifted")], "[1][2]"),
        ([("注", "raised"), ("5", "")], "注5"),
        # alone, or beside no number
        ([("12", "raised")], "12"),
        ([("m", ""), ("2", "raised")], "m2"),
        ([("共", ""), ("12", "shifted"), ("件", "")], "共12件"),
        ([("12", ""), ("件", "shifted")], "12件"),
        ([("12", ""), (" ", "raised")], "12 "),
        # crossed out
        ([("17", "struck"), ("33", "")], "33"),
        ([("1", ""), ("7", "struck"), ("3", "")], "1~~7~~3"),
        ([("1", ""), ("，", "struck"), ("3", "")], "1~~，~~3"),
        ([("12", ""), ("7", "struck"), ("1", "raised")], "12"),
        # not seen
        ([("5", "unseen")], "[5]"),
        ([("请输入", "unseen")], "请输入"),
    ],
)
def test_what_stands_apart(pieces: list[Piece], want: str) -> None:
    text, _ = joined(pieces)
    assert text == want
    if "[" in want or "~" in want:
        assert parse_cell(text, whole=True).kind == "noise"


def test_what_is_crossed_out_is_kept_apart() -> None:
    assert joined([("规章", ""), ("17", "struck"), ("", ""), ("8", "struck")]) == ("规章", "178")

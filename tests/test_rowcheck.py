"""Rows that are taken for each other: by their order, by lost labels, and by what a model says of damaged labels."""

from __future__ import annotations

from pathlib import Path

import pytest

import gxml
from gxml import models, synth
from gxml.config import Options
from gxml.errors import UsageError
from gxml.rowcheck import other_rows
from gxml.rowlabels import Opinion, RowReader, row_reader
from gxml.strips import Field, Strip

PLAIN = Options(row_labels="none")
A, B, C, D = "5.属于三类内部事务信息", "6.属于四类过程性信息", "7.属于行政执法案卷", "8.属于行政查询事项"
IDS = ("internal_affairs", "process_information", "enforcement_files", "administrative_query")


@pytest.fixture(scope="module")
def text() -> str:
    return synth.render(synth.generate(4711, edition="2021", density="dense", blanks="zeros"), "text_tabs", 0).decode()


def read(text: str, folder: Path, options: Options = PLAIN) -> gxml.Report:
    path = folder / "report.txt"
    path.write_text(text, encoding="utf-8")
    return gxml.read(path, options)


def named(report: gxml.Report, rule: str) -> set[str]:
    """Return the rows that findings of a rule name."""
    return {i.split(".")[2] for f in report.findings if f.rule == rule for i in f.cells if i.count(".") == 3}


def labels(text: str, *changed: str) -> str:
    """Print other labels in the rows of A, B, C, D."""
    for i, old in enumerate((A, B, C, D)):
        assert text.count(old) == 1
        text = text.replace(old, f"\0{i}")
    for i, new in enumerate(changed):
        text = text.replace(f"\0{i}", new)
    return text


def test_both_rows_are_named_whose_labels_changed_places(text: str, tmp_path: Path) -> None:
    assert named(read(text, tmp_path), "STR.ORDER") == set()
    assert named(read(labels(text, B, A, C, D), tmp_path), "STR.ORDER") == set(IDS[:2])
    assert named(read(labels(text, D, B, C, A), tmp_path), "STR.ORDER") == {IDS[0], IDS[3]}


@pytest.mark.parametrize("printed", [("", A, B, C), (B, C, D, "")])
def test_labels_that_stand_a_row_too_low_or_too_high_are_named(
    text: str, tmp_path: Path, printed: tuple[str, ...]
) -> None:
    assert named(read(labels(text, *printed), tmp_path), "STR.EXTRA") >= set(IDS)


def test_subtotals_and_a_row_that_counts_the_columns_leave_the_rows_beside_them_alone(
    text: str, tmp_path: Path
) -> None:
    lines = text.split("\n")
    last = next(i for i, x in enumerate(lines) if D in x)
    first = next(i for i, x in enumerate(lines) if x.startswith("一、本年新收政府信息公开申请数量"))
    for label, expected in (("小计", set()), ("其余", {"STR.EXTRA"})):
        row = "\t".join([label, *"3050008"])
        report = read("\n".join([*lines[: last + 1], row, *lines[last + 1 :]]), tmp_path)
        assert {f.rule for f in report.findings if f.rule == "STR.EXTRA"} == expected
    row = "\t".join(["栏次", *"1234567"])
    report = read("\n".join([*lines[:first], row, *lines[first:]]), tmp_path)
    assert not {f.rule for f in report.findings} & {"STR.EXTRA", "STR.ROW"}


def test_lost_rows_of_one_edition_name_those_of_the_others(text: str, tmp_path: Path) -> None:
    lines = text.split("\n")
    end = next(i for i, x in enumerate(lines) if "2.没有现成信息需要另行制作" in x)
    after = next(i for i, x in enumerate(lines) if i > end and "四、结转下年度继续办理" in x)
    report = read("\n".join([*lines[:end], *lines[after:]]), tmp_path)
    (lost,) = [f for f in report.findings if f.rule == "STR.ROWS"]
    assert {"requests.other_handling.total", "requests.other_handling.fee_unpaid.total"} <= set(lost.cells)


def test_a_label_that_is_not_whole_beside_a_lost_row_is_named(tmp_path: Path) -> None:
    text = synth.render(synth.generate(4711, edition="2021", density="dense", blanks="zeros"), "text_tabs", 0).decode()
    lines = text.split("\n")
    at = next(i for i, x in enumerate(lines) if x.startswith("行政处罚"))
    assert lines[at + 1].startswith("行政强制")
    mixed = ["行", "政处罚行\t" + lines[at + 1].split("\t")[1], "政强制"]
    report = read("\n".join([*lines[:at], *mixed, *lines[at + 2 :]]), tmp_path)
    named_cells = {i for f in report.findings if f.kind == "structure" for i in f.cells}
    cell = report.cells["disclosure.penalties.decisions"]
    assert cell.value is None or cell.id in named_cells


class Says(RowReader):
    """A model that is sure of one row."""

    def __init__(self, row: str, confidence: float = 0.97, own: float = 0.0, said: str = "") -> None:
        super().__init__()
        self._says, self.asked = Opinion(row, confidence, {f"requests.denied.{IDS[3]}": own}, said), 0

    def opinions(self, strips, which):  # type: ignore[no-untyped-def]
        self.asked += len(which)
        return [self._says] * len(which)


def found(label: str, reader: RowReader) -> list[gxml.Finding]:
    from gxml.filled import row_places
    from gxml.labels import Match
    from gxml.template import editions

    form = editions()["2021"].table(3)
    places = row_places(form)
    row = next(i for i, p in enumerate(places) if p.row.label == D)
    strip = Strip((Field(label, "words", (0, 1)), Field("1", "number", (1, 2))), 1, "delimited", 1, (0, 2), 1)
    return other_rows([strip], [Match(0, row, 0.9)], places, form, reader)


def test_another_row_that_the_model_is_sure_of_is_named_with_the_row_that_was_found() -> None:
    (finding,) = found("8.属于行玫执法事顶", Says(f"requests.denied.{IDS[2]}"))
    assert (finding.rule, finding.kind, finding.severity) == ("STR.NAME", "structure", "warning")
    assert {i.split(".")[2] for i in finding.cells} == {IDS[2], IDS[3]}
    assert C in finding.message and D in finding.message


def test_a_row_of_another_edition_is_named_too() -> None:
    (finding,) = found("（六）其他", Says("requests.other_handling"))
    assert "requests.other_handling.natural_person" in finding.cells


def test_what_is_printed_as_in_the_form_and_doubts_of_the_model_say_nothing() -> None:
    never = Says("requests.granted")
    assert found(D, never) == [] and found(f"（三）不予公开{D}", never) == [] and never.asked == 0
    assert found("属于行玫查询事顶", Says(f"requests.denied.{IDS[3]}")) == []
    assert found("属于行玫查询事顶", Says(f"requests.denied.{IDS[2]}", confidence=0.6)) == []
    assert found("属于行玫查询事顶", Says(f"requests.denied.{IDS[2]}", confidence=0.9, own=0.1)) == []
    two = "属于行政执法案卷于行政查旬事项"
    assert found(two, Says(f"requests.denied.{IDS[2]}", said=two)) == [], "the second label was not seen"


def test_the_shipped_model_reads_damaged_labels() -> None:
    reader = row_reader()
    assert reader is not None
    damaged = ["5.属干三类内部事务信息", "6.属于四类过程性息", "7.属于行玫执法案巷", "8.属于行政查讯事项"]
    values = tuple(Field("0", "number", (0, 1)) for _ in range(7))
    strips = [Strip((Field(x, "words", (0, 1)), *values), 1, "delimited", 1, (0, 1), 1) for x in damaged]
    opinions = reader.opinions(strips, range(4))
    assert [o and o.row for o in opinions] == [f"requests.denied.{i}" for i in IDS]
    assert all(o.confidence > 0.5 for o in opinions if o)
    header = Strip((Field("本年处理决定数量", "words", (0, 1)),), 1, "delimited", 1, (0, 1), 1)
    dash = Strip((Field("——", "dash", (0, 1)), *values), 1, "delimited", 1, (0, 1), 1)
    assert reader.opinions([strips[0], header, dash], [1, 2]) == [None, None]


def test_who_reads_labels_can_be_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(models.HOME_VARIABLE, str(tmp_path))
    assert row_reader("none") is None
    assert models.use("rows").kind == "rows" and models.recorded("rows") is not None
    with pytest.raises(UsageError, match="no classifier"):
        reader = row_reader("number_reader")
        assert reader is not None
        reader.opinions([Strip((Field("予以公开", "words", (0, 1)),), 1, "delimited", 1, (0, 1), 1)], [0])

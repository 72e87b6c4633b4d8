"""What reviewers decided about cells teaches which printed label is which row."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

import gxml
from gxml import synth
from gxml.annotate import AnnotatedDocument, load_annotations
from gxml.decisions import Decision
from gxml.review_annotation import save_annotation
from gxml.synth_rows import LabelledRows
from gxml.train_config import DataConfig, TrainConfig
from gxml.train_data import data_hash, document_examples
from gxml.train_rows import known_rows

SEED = 4711


@pytest.fixture(scope="module")
def text() -> str:
    report = synth.generate(SEED, edition="2021", density="dense", blanks="zeros")
    return synth.render(report, "text_tabs", 0).decode()


def decided(report: gxml.Report, values: dict[str, float | int | None]) -> dict[str, Decision]:
    return {
        i: Decision(n, report.source.sha256, i, "correct", v, None, "tester", "2026-01-31T12:00:00Z")
        for n, (i, v) in enumerate(values.items(), 1)
    }


def reviewed(text: str, folder: Path, values: dict[str, float | int | None] | None = None) -> AnnotatedDocument:
    """Return a report after its review: all cells as read, but for those that a reviewer corrected."""
    path = folder / "report.txt"
    path.write_text(text, encoding="utf-8")
    report = gxml.read(path)
    values = {c.id: c.value for c in report.cell_list} | (values or {})
    save_annotation(report, decided(report, values), folder, "tester", "2026-01-31")
    (document,) = load_annotations(folder, [folder])
    return document


def heads(rows: LabelledRows) -> dict[str, str]:
    """Return row -> its label as printed, to the next tab."""
    found = zip(rows.passage.marks, rows.labels, strict=True)
    return {x: rows.passage.text[m:].split("\t")[0] for m, x in found if x not in (None, "O")}


def test_every_row_of_a_reviewed_report_is_known(text: str, tmp_path: Path) -> None:
    two, three = known_rows(reviewed(text, tmp_path))
    assert heads(two)["row:disclosure.penalties"] == "行政处罚"
    found = heads(three)
    assert found["row:requests.denied.state_secret"] == "属于国家秘密"
    assert len(found) == sum(i.endswith(".total") and i.startswith("requests.") for i in gxml.read(
        tmp_path / "report.txt").cells)  # fmt: skip
    assert None not in three.labels


def test_a_review_decision_is_something_to_learn_from(text: str, tmp_path: Path) -> None:
    document = reviewed(text.replace("行政处罚\t", "行攻处口\t"), tmp_path)
    data = DataConfig()
    given = list(document_examples(data, [document]))
    learned = [
        (e.passage.text[m : m + 4], x) for e in given for m, x in zip(e.passage.marks, e.labels, strict=True)
    ]
    assert ("行攻处口", "row:disclosure.penalties") in learned
    nothing = dataclasses.replace(document, annotation=document.annotation.model_copy(update={"cells": None}))
    without = list(document_examples(data, [nothing]))
    assert data_hash(given) != data_hash(without) and len(without) == 1


def test_labels_follow_the_numbers_that_a_reviewer_put_into_other_rows(text: str, tmp_path: Path) -> None:
    """The labels of two rows were exchanged: the reviewer gives each row the numbers of the other's label."""
    one, other = "（一）予以公开", "（二）部分公开（区分处理的，只计这一情形，不计其他情形）"
    assert one in text and other in text
    exchanged = text.replace(one, "\0").replace(other, one).replace("\0", other)
    path = tmp_path / "true.txt"
    path.write_text(text, encoding="utf-8")
    true = gxml.read(path)
    rows = ("requests.granted.", "requests.partly_granted.")
    values = {c.id: c.value for c in true.cell_list if c.id.startswith(rows)}
    path.unlink()
    assert len({v for i, v in values.items() if i.endswith(".total")}) == 2
    three = list(known_rows(reviewed(exchanged, tmp_path, values)))[1]
    assert heads(three)["row:requests.partly_granted"].startswith("予以公开")
    assert heads(three)["row:requests.granted"].startswith("部分公开")


def test_a_row_of_which_cells_are_not_decided_says_nothing(text: str, tmp_path: Path) -> None:
    document = reviewed(text, tmp_path)
    cells = {i: v for i, v in (document.annotation.cells or {}).items() if i != "requests.granted.total"}
    half = dataclasses.replace(document, annotation=document.annotation.model_copy(update={"cells": cells}))
    three = list(known_rows(half))[1]
    assert "row:requests.granted" not in heads(three) and "row:requests.partly_granted" in heads(three)
    at = three.passage.text.index("予以公开")
    assert three.labels[three.passage.marks.index(at)] is None


def test_the_linear_model_of_facts_learns_no_rows() -> None:
    from gxml.train import learned_kinds

    assert learned_kinds(TrainConfig(kind="linear")) == ("facts",)
    assert learned_kinds(TrainConfig(kind="rows")) == ("rows",)
    assert learned_kinds(TrainConfig()) == ("facts", "rows")

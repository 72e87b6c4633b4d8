"""Annotation files: format, documents, realignment, splits, and what `check` says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

from gxml import pipeline
from gxml.annotate import (
    GUIDELINES,
    Annotation,
    Meta,
    Span,
    label_names,
    load_annotations,
    make_annotation,
    read_annotation,
    split_by_issuer,
    write_annotation,
)
from gxml.annotate_check import contents, problems
from gxml.candidates import candidates
from gxml.config import Options
from gxml.errors import AnnotationError, FileMissingError
from gxml.facts import ProseLine, read_facts
from gxml.synth import synthesise
from gxml.template import fact_types

META = Meta(annotator="a test", kind="human", date="2024-01-01", complete=True, guidelines="1.0")
PROSE = "青禾县人民政府2023年政府信息公开工作年度报告\n一、总体情况\n2023年，我县在政府门户网站发布信息4003条。全年收到政府信息公开申请7件。没有因政府信息公开引起的行政复议、行政诉讼。\n"
LABELS = {"4003": ("website_items",), "7": ("requests_received",), "没有": ("reviews", "lawsuits")}


def write_report(folder: Path, text: str = PROSE, name: str = "qinghe.txt") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def annotate(report: Path, folder: Path, meta: Meta = META) -> Path:
    document = pipeline.load(report, Options())
    spans = [
        {"start": c.start, "end": c.end, "labels": LABELS.get(document.text[c.start : c.end], ()), "value": c.value, "unit": c.unit or None}
        for c in candidates(pipeline.prose_of(document))
    ]
    path = folder / f"{report.name}.json"
    write_annotation(make_annotation(document, spans, meta), path)
    return path


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    annotate(write_report(tmp_path / "reports"), tmp_path / "annotations")
    return tmp_path / "annotations", tmp_path / "reports"


def test_file_keeps_no_text(folders: tuple[Path, Path]) -> None:
    raw = (folders[0] / "qinghe.txt.json").read_text("utf-8")
    assert "门户网站" not in raw and "没有" not in raw and "申请" not in raw
    assert read_annotation(folders[0] / "qinghe.txt.json").document.issuer == "青禾县人民政府"


def test_bytes_are_the_same_again(folders: tuple[Path, Path], tmp_path: Path) -> None:
    path = folders[0] / "qinghe.txt.json"
    write_annotation(read_annotation(path), tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == path.read_bytes()


def test_load(folders: tuple[Path, Path]) -> None:
    (one,) = load_annotations(folders[0], [folders[1]])
    assert not one.moved and not one.lost and problems([one]) == []
    labelled = {one.document.text[x.candidate.start : x.candidate.end]: x.labels for x in one.candidates}
    assert labelled == LABELS | {"2023": ()}
    assert (one.issuer, one.annotation.document.year) == ("青禾县", 2023)


def test_found_by_hash_under_another_name(folders: tuple[Path, Path]) -> None:
    (folders[1] / "qinghe.txt").rename(folders[1] / "renamed.txt")
    assert len(load_annotations(folders[0], [folders[1]])) == 1


def test_another_file_of_the_name_is_not_taken(folders: tuple[Path, Path]) -> None:
    write_report(folders[1], PROSE + "又一行。\n")
    with pytest.raises(FileMissingError, match=r"qinghe\.txt is not there"):
        load_annotations(folders[0], [folders[1]])
    assert load_annotations(folders[0], [folders[1]], skip_missing=True) == []


def test_reports_of_the_environment(folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GXML_REPORTS", str(folders[1]))
    assert len(load_annotations(folders[0])) == 1
    monkeypatch.delenv("GXML_REPORTS")
    with pytest.raises(FileMissingError, match="GXML_REPORTS"):
        load_annotations(folders[0])


def reread(folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, change: tuple[str, str]) -> None:
    """Let gxml read another text from the same file, as a later version may."""
    other = write_report(folders[1] / "other", PROSE.replace(*change), "other.txt")
    changed = pipeline.load(other, Options())
    monkeypatch.setattr(pipeline, "load", lambda path, options: changed)


def test_realigned(folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    reread(folders, monkeypatch, ("在政府门户网站发布", "在政府\n门户网站上共发布"))
    (one,) = load_annotations(folders[0], [folders[1]])
    assert one.moved
    assert {one.document.text[s.start : s.end]: s.labels for s in one.spans} == LABELS | {"2023": ()}
    assert [p.severity for p in problems([one])] == ["warning"]


def test_a_new_number_is_not_taken_as_no_fact(folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    reread(folders, monkeypatch, ("没有因", "部分公开3件。没有因"))
    (one,) = load_annotations(folders[0], [folders[1]])
    assert [x.labels for x in one.candidates if x.candidate.value == 3] == [None]


def test_lost_span(folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    reread(folders, monkeypatch, ("4003", "4008"))
    with pytest.raises(AnnotationError, match="1 of 5 spans are not found"):
        load_annotations(folders[0], [folders[1]])
    (one,) = load_annotations(folders[0], [folders[1]], keep_lost=True)
    assert [s.value for s in one.lost] == [4003]
    assert any(p.severity == "error" and "not found" in p.message for p in problems([one]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"spans": [{"start": 5, "end": 4}]}, "spans"),
        ({"schema_version": "9"}, "schema_version"),
        ({"extra": 1}, "extra"),
        ({"cells": {"no.such.cell": 1}}, "unknown cells"),
    ],
)
def test_not_valid(folders: tuple[Path, Path], change: dict[str, Any], message: str) -> None:
    path = folders[0] / "qinghe.txt.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | change), "utf-8")
    with pytest.raises(AnnotationError, match=message):
        read_annotation(path)


def span(start: int, end: int, *labels: str) -> dict[str, Any]:
    return {"start": start, "end": end, "labels": labels, "anchor": {"size": 1, "both": "", "before": "", "after": ""}}


@pytest.mark.parametrize("labels", [("nonsense",), ("reviews", "reviews"), ("row:requests.granted", "reviews")])
def test_labels_that_do_not_go(labels: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="labels"):
        Span(**span(0, 1, *labels))
    assert Span(**span(0, 1, "reviews", "lawsuits")).labels == ("reviews", "lawsuits")
    assert "row:requests.granted" in label_names()


def test_spans_must_not_overlap(folders: tuple[Path, Path]) -> None:
    data = read_annotation(folders[0] / "qinghe.txt.json").model_dump()
    with pytest.raises(ValueError, match="overlaps"):
        Annotation(**data | {"spans": [span(3, 5), span(4, 6)]})
    with pytest.raises(ValueError, match="outside"):
        Annotation(**data | {"spans": [span(3, 5), span(6, 10_000)]})


def test_check_finds_wrong_values_units_and_gaps(folders: tuple[Path, Path]) -> None:
    path = folders[0] / "qinghe.txt.json"
    data = json.loads(path.read_text("utf-8"))
    data["spans"][2]["value"] = 4004
    data["spans"][3]["labels"] = ["rate"]
    path.write_text(json.dumps(data), "utf-8")
    annotate(folders[1] / "qinghe.txt", folders[0] / "twice")
    found = problems(load_annotations(folders[0], [folders[1]]))
    assert [(p.severity, p.message.split(" ")[0]) for p in found] == [("error", "[51,"), ("warning", "[69,"), ("error", "annotates")]


def test_split_by_issuer_never_parts_an_issuer(tmp_path: Path) -> None:
    for i, name in enumerate(["青禾县", "白塔县", "青禾县人民政府", "临河市", "白塔县", "东山区"]):
        text = PROSE.replace("青禾县人民政府", name).replace("2023", str(2019 + i))
        annotate(write_report(tmp_path / "r", text, f"{i}.txt"), tmp_path / "a")
    documents = load_annotations(tmp_path / "a", [tmp_path / "r"])
    for splits, count in [(split_by_issuer(documents), 4), (split_by_issuer(documents, 3, seed=5), 3)]:
        assert len(splits) == count
        for s in splits:
            assert s.train and s.held_out
            assert not {d.issuer for d in s.train} & {d.issuer for d in s.held_out}
            assert len(s.train) + len(s.held_out) == len(documents)
        assert sorted(d.path for s in splits for d in s.held_out) == [d.path for d in documents]
    assert split_by_issuer(documents, 3, seed=5) == split_by_issuer(documents, 3, seed=5)


def test_generated_reports_come_with_their_annotation(tmp_path: Path) -> None:
    layouts = ["text_tabs", "html", "docx", "markdown"]
    made = list(synthesise(tmp_path, 4, 81000, layouts, annotate=True))
    documents = load_annotations(tmp_path, [])
    assert problems(documents) == []
    for g, d in zip(made, documents, strict=True):
        wanted = sorted(f["type"] for f in json.loads(g.truth.read_text("utf-8"))["facts"])
        assert sorted(x for s in d.spans for x in s.labels) == wanted
        assert d.annotation.meta.complete


# ---- the annotations of the repository ------------------------------------------------------------------------------


def test_shipped_generated_annotations() -> None:
    documents = load_annotations(ROOT / "annotations" / "generated", [])
    assert len(documents) >= 3 and [p for p in problems(documents) if p.severity == "error"] == []
    assert all(d.annotation.meta.complete and not d.lost for d in documents)


def test_shipped_annotations_of_real_reports(real_reports: Path) -> None:
    documents = load_annotations(ROOT / "annotations" / "reports", [real_reports])
    assert [p for p in problems(documents) if p.severity == "error"] == []
    assert {d.document.file for d in documents} == {
        p.name for p in real_reports.iterdir() if not p.name.endswith(".truth.json")
    }
    assert sum(c.facts for c in contents(documents)) >= 90
    for d in documents:  # every fact of the truth file is annotated
        truth = json.loads((real_reports / f"{Path(d.document.file).stem}.truth.json").read_text("utf-8"))
        mine = [(x, c.candidate.value_as(x)) for c in d.candidates for x in c.labels or ()]
        for f in truth["facts"]:
            mine.remove((f["type"], f["value"]))


def test_no_text_of_others_in_the_annotations(real_reports: Path) -> None:
    for path in sorted((ROOT / "annotations" / "reports").glob("*.json")):
        data = json.loads(path.read_text("utf-8"))
        assert not {k for s in data["spans"] for k in s} - {"start", "end", "labels", "value", "unit", "approximate", "doubtful", "note", "anchor"}
        assert all(len(s.get("unit") or "") <= 4 for s in data["spans"])


def test_rules_against_the_annotations(real_reports: Path) -> None:
    """The rules were written on these reports: a floor for them, and a check of the labels by another route."""
    right = wrong = missed = 0
    for d in load_annotations(ROOT / "annotations" / "reports", [real_reports]):
        skip = {s.start for s in d.spans if s.doubtful}
        mine = {(s.start, x) for s in d.spans for x in s.labels if not s.doubtful}
        read = {(f.start, f.type) for f in read_facts(d.document.text, d.lines) if f.start not in skip}
        right, wrong, missed = right + len(mine & read), wrong + len(read - mine), missed + len(mine - read)
    assert 2 * right / (2 * right + wrong + missed) > 0.95


def test_guidelines_have_an_example_of_every_type() -> None:
    """Each 【…】 of the table is a candidate, and the rules need not agree with it, but the type must exist."""
    text = (ROOT / "annotations" / "GUIDELINES.md").read_text("utf-8")
    rows = re.findall(r"^\| ([a-z_]+) \|[^|]*\|([^|]*【[^|]*)\|$", text, re.M)
    assert [name for name, _ in rows] == list(fact_types())
    for name, example in rows:
        plain = example.strip().replace("【", "").replace("】", "")
        found = {plain[c.start : c.end] for c in candidates([ProseLine(plain, (0, len(plain)), 1, 1)])}
        assert set(re.findall("【([^】]*)】", example)) <= found, name
    assert f"Version {GUIDELINES}" in text

"""Label Studio and back: offsets, labels and notes come back as they went out, or an error says why not."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_annotate import LABELS, META, PROSE, annotate, write_report

from gxml import pipeline
from gxml.annotate import label_names, load_annotations, make_annotation, read_annotation
from gxml.candidates import candidates
from gxml.cli import main
from gxml.config import Options
from gxml.document import Document, Line, Page
from gxml.errors import AnnotationError, FileMissingError
from gxml.labelstudio import Task, annotation_of, import_tasks, labelling_config, read_tasks, task_of
from gxml.template import fact_types


def document_of(text: str) -> Document:
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    lines = []
    at = 0
    for piece in text.split("\n"):
        lines.append(Line(piece, (at, at + len(piece))))
        at += len(piece) + 1
    return Document("a.txt", sha256, "text", text, (Page(1, 0, 0, "text", ""),), tuple(lines))


def through_json(task: dict[str, Any]) -> Task:
    return Task.model_validate_json(json.dumps(task, ensure_ascii=False))


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=60)
@given(
    text=st.text(alphabet="收到申请4００3，。\n\r\t　 件\U00020bb7\U0001f600\u2028﹪é", min_size=2, max_size=60),
    data=st.data(),
)
def test_round_trip(text: str, data: st.DataObject) -> None:
    document = document_of(text)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=10)))
    labels = st.lists(st.sampled_from(list(fact_types())), max_size=2, unique=True)
    notes = st.one_of(st.none(), st.sampled_from(["why", "not 新增"]))
    spans = [
        {"start": a, "end": b, "labels": data.draw(labels), "doubtful": data.draw(st.booleans()), "note": data.draw(notes)}
        for a, b in zip(cuts[::2], cuts[1::2], strict=False)
    ]
    meta = META.model_copy(update={"complete": False})
    annotation = make_annotation(document, spans, meta, cells={"requests.received.total": 3})
    task = through_json(task_of(document, annotation, annotation.spans))
    # what any version of Label Studio shows and counts
    assert len(task.data.text) == len(text) == len(task.data.text.encode("utf-16-le")) // 2
    assert "\r" not in task.data.text
    back = annotation_of(task, document, meta, snap=False)
    assert back is not None
    keys = ("start", "end", "labels", "doubtful", "note", "anchor")
    assert [[getattr(s, k) for k in keys] for s in back.spans] == [[getattr(s, k) for k in keys] for s in annotation.spans]
    assert (back.document, back.meta, back.cells) == (annotation.document, meta, annotation.cells)


@pytest.fixture
def exported(tmp_path: Path) -> tuple[Path, dict[str, Any], Document]:
    report = write_report(tmp_path / "reports")
    annotate(report, tmp_path / "annotations")
    (one,) = load_annotations(tmp_path / "annotations", [tmp_path / "reports"])
    return tmp_path, task_of(one.document, one.annotation, one.spans), one.document


def test_values_come_back(exported: tuple[Path, dict[str, Any], Document]) -> None:
    folder, task, document = exported
    back = annotation_of(through_json(task), document, META)
    assert back == read_annotation(folder / "annotations" / "qinghe.txt.json")


def test_a_region_with_the_unit_snaps_to_its_number(exported: tuple[Path, dict[str, Any], Document]) -> None:
    _, task, document = exported
    region = next(r for r in task["annotations"][0]["result"] if r["value"]["text"] == "4003")
    region["value"] |= {"end": region["value"]["end"] + 1, "text": "4003条"}
    back = annotation_of(through_json(task), document, META)
    assert back is not None
    assert [(s.value, s.labels) for s in back.spans if s.labels == LABELS["4003"]] == [(4003, ("website_items",))]


def test_two_regions_on_one_word_and_one_left_out(exported: tuple[Path, dict[str, Any], Document]) -> None:
    _, task, document = exported
    results = task["annotations"][0]["result"]
    both = next(r for r in results if r["value"]["text"] == "没有")
    results.remove(both)
    results += [both | {"value": both["value"] | {"labels": [x]}} for x in ("reviews", "lawsuits")]
    results.remove(next(r for r in results if r["value"]["text"] == "2023"))  # what is not marked is no fact
    back = annotation_of(through_json(task), document, META)
    assert back is not None
    assert [(s.value, s.labels) for s in back.spans] == [
        (2023, ()), (2023, ()), (4003, ("website_items",)), (7, ("requests_received",)), (0, ("reviews", "lawsuits")),
    ]  # fmt: skip


def test_the_work_that_counts(exported: tuple[Path, dict[str, Any], Document]) -> None:
    _, task, document = exported
    good = task["annotations"][0]["result"]
    task["annotations"] = [
        {"result": [], "updated_at": "2024-01-03", "was_cancelled": True},
        {"result": [], "updated_at": "2024-01-01"},
        {"result": good, "updated_at": "2024-01-02"},
    ]
    back = annotation_of(through_json(task), document, META)
    assert back is not None and sum(len(s.labels) for s in back.spans) == 4
    task["annotations"] = []
    assert annotation_of(through_json(task), document, META) is None


def edit_text(task: dict[str, Any]) -> None:
    task["data"]["text"] = task["data"]["text"].replace("4003", "4004")


def other_file(task: dict[str, Any]) -> None:
    task["data"]["sha256"] = "0" * 64


def shift(task: dict[str, Any]) -> None:
    for r in task["annotations"][0]["result"]:
        r["value"]["start"] += 1
        r["value"]["end"] += 1


def outside(task: dict[str, Any]) -> None:
    task["annotations"][0]["result"][0]["value"] = {"start": 5, "end": 10**6, "labels": ["none"]}


def unknown_label(task: dict[str, Any]) -> None:
    task["annotations"][0]["result"][0]["value"]["labels"] = ["City"]


def no_place(task: dict[str, Any]) -> None:
    del task["annotations"][0]["result"][0]["value"]["start"]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (edit_text, "not the one that was exported"),
        (other_file, "another file"),
        (shift, "the text there does not"),
        (outside, "the text there does not"),
        (unknown_label, "unknown labels"),
        (no_place, "no start or end"),
    ],
)
def test_what_is_refused(exported: tuple[Path, dict[str, Any], Document], spoil: Any, message: str) -> None:
    _, task, document = exported
    spoil(task)
    with pytest.raises(AnnotationError, match=message):
        annotation_of(through_json(task), document, META)


def test_a_text_that_gxml_reads_differently_now(exported: tuple[Path, dict[str, Any], Document]) -> None:
    _, task, document = exported
    text = "前言一行\n" + document.text
    changed = document_of(text)
    now = Document("qinghe.txt", document.sha256, "text", text, changed.pages, changed.blocks)
    back = annotation_of(through_json(task), now, META)
    assert back is not None
    assert {text[s.start : s.end]: s.labels for s in back.spans if s.labels} == LABELS
    with pytest.raises(AnnotationError, match="not found in it"):
        gone = document_of(document.text.replace("4003", "4004"))
        annotation_of(through_json(task), Document("x", document.sha256, "text", gone.text, gone.pages, gone.blocks), META)


@pytest.mark.parametrize("content", ["{", '[{"data": {"text": "x"}}]', '"x"'])
def test_files_that_are_no_export(tmp_path: Path, content: str) -> None:
    (tmp_path / "t.json").write_text(content, "utf-8")
    with pytest.raises(AnnotationError):
        read_tasks(tmp_path / "t.json")
    with pytest.raises(FileMissingError):
        read_tasks(tmp_path / "none.json")


def test_config_has_every_label() -> None:
    root = ElementTree.fromstring(labelling_config())
    assert [e.get("value") for e in root.iter("Label")] == [*label_names(), "none", "doubtful"]


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as e:
        main(list(arguments))
    return int(e.value.code or 0)


def test_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = write_report(tmp_path / "reports")
    annotate(report, tmp_path / "annotations")
    other = write_report(tmp_path / "new", PROSE.replace("4003", "88"), "new.txt")
    tasks, config = tmp_path / "tasks.json", tmp_path / "labels.xml"
    assert run("annotate", "export", str(tmp_path / "annotations"), str(other), "-o", str(tasks), "--config", str(config), "--reports", str(report.parent)) == 0
    made = json.loads(tasks.read_text("utf-8"))
    assert [sorted(t) for t in made] == [["annotations", "data"], ["data", "predictions"]]
    guessed = {r["value"]["text"]: r["value"]["labels"] for r in made[1]["predictions"][0]["result"]}
    assert guessed == {"88": ["website_items"], "7": ["requests_received"], "没有": ["reviews", "lawsuits"]}
    made[1]["annotations"] = [{"result": made[1]["predictions"][0]["result"]}]
    tasks.write_text(json.dumps(made), "utf-8")
    out = tmp_path / "back"
    where = ["--reports", str(report.parent), "--reports", str(other.parent)]
    assert run("annotate", "import", str(tasks), "--annotator", "李", "-o", str(out), *where) == 0
    back = read_annotation(out / "qinghe.txt.json")
    assert (back.meta.annotator, back.meta.kind) == ("李", "human")
    assert [c.by for c in back.meta.checks] == ["a test"]
    assert back.spans == read_annotation(tmp_path / "annotations" / "qinghe.txt.json").spans
    assert [s.value for s in read_annotation(out / "new.txt.json").spans] == [2023, 2023, 88, 7, 0]
    capsys.readouterr()
    assert run("annotate", "check", str(out), *where) == 0
    assert "requests_received 2" in " ".join(capsys.readouterr().out.split())
    assert run("annotate", "import", str(tasks), "--annotator", "李", "-o", str(tmp_path / "x"), "--reports", str(other.parent)) == 3
    assert not (tmp_path / "x").exists()


def test_schema_of_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = annotate(write_report(tmp_path), tmp_path)
    capsys.readouterr()
    assert run("annotate", "schema") == 0
    schema = json.loads(capsys.readouterr().out)
    jsonschema.validate(json.loads(path.read_text("utf-8")), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"document": {}}, schema)


def test_two_tasks_about_one_document(exported: tuple[Path, dict[str, Any], Document]) -> None:
    folder, task, _ = exported
    with pytest.raises(AnnotationError, match="two tasks"):
        import_tasks([through_json(task)] * 2, folder / "out", "x", "2024-01-01", [folder / "reports"])


def test_candidates_of_a_report_are_all_in_its_task(tmp_path: Path) -> None:
    document = pipeline.load(write_report(tmp_path), Options())
    task = task_of(document)
    shown = [(r["value"]["start"], r["value"]["end"]) for r in task["predictions"][0]["result"]]
    assert shown == [(c.start, c.end) for c in candidates(pipeline.prose_of(document)) if c.counts]

"""Pages with boxes to Label Studio, and what is printed in cells back."""

import hashlib
import json
import xml.etree.ElementTree as ET

import pytest
from typer.testing import CliRunner

from gxml import cli
from gxml.annotate import Span, read_annotation, write_annotation
from gxml.decisions import Decisions
from gxml.errors import AnnotationError, FileMissingError
from gxml.labelstudio_pages import cells_of, import_page_tasks, page_config, page_tasks, read_page_tasks
from gxml.report import Finding
from gxml.review_pages import PageImages
from gxml.template import editions

fpdf = pytest.importorskip("fpdf")

TOTAL, PERSON, OTHER = "requests.received.total", "requests.received.natural_person", "requests.granted.total"
NONE = {"bbox": None, "page": None}


@pytest.fixture
def folder(make_report, tmp_path):
    """A saved report with three placed cells on two pages, and the file that it was read from."""
    pdf = fpdf.FPDF(unit="pt", format=(400, 600))
    pdf.add_page()
    pdf.add_page()
    source = tmp_path / "in" / "r.pdf"
    source.parent.mkdir()
    pdf.output(str(source))
    places = {
        TOTAL: {"bbox": (100.0, 150.0, 200.0, 180.0), "page": 1, "value": 7, "raw": "7", "confidence": 0.5},
        PERSON: {"bbox": (390.0, 590.0, 450.0, 700.0), "page": 1, "value": None, "raw": "?", "status": "unreadable"},
        OTHER: {"bbox": (0.0, 0.0, 40.0, 30.0), "page": 2, "value": None, "raw": None, "status": "blank"},
    }
    cells = {i: NONE for i in make_report().cells} | places
    doubt = Finding(rule="READ.DOUBT", kind="ambiguous", severity="error", cells=[PERSON], message="不能确定")
    report = make_report(file="r.pdf", cells=cells, findings=(doubt,))
    report.source.sha256 = hashlib.sha256(source.read_bytes()).hexdigest()
    report.save(tmp_path / "out" / "r.json")
    return tmp_path


def exported(folder):
    done = CliRunner().invoke(
        cli.app, ["annotate", "export-pages", str(folder / "out"), "-s", str(folder / "in"), "-o", str(folder / "ls")]
    )
    assert done.exit_code == 0, done.output
    return json.loads((folder / "ls" / "tasks.json").read_text("utf-8"))


def returned(tasks, *changes):
    """What Label Studio gives back where a person submitted the predictions, with changes (page, id, text)."""
    back = []
    for n, task in enumerate(tasks):
        result = [r for p in task["predictions"] for r in json.loads(json.dumps(p["result"]))]
        for page, field, text in changes:
            if page == task["data"]["page"]:
                for r in result:
                    if r["id"] == field and r["type"] == "textarea":
                        r["value"]["text"] = [text]
                if not any(r["id"] == field and r["type"] == "textarea" for r in result):
                    result.append({"id": field, "type": "textarea", "value": {"text": [text]}})
        work = {"id": n, "completed_by": 1, "was_cancelled": False, "updated_at": "2026-11-22", "result": result}
        back.append({"id": n, "data": task["data"], "annotations": [work], "predictions": []})
    return back


def written(folder, tasks):
    path = folder / "back.json"
    path.write_text(json.dumps(tasks), "utf-8")
    return path


def test_boxes_are_in_percent_of_the_page_and_texts_are_what_is_known(folder):
    first, second = exported(folder)
    assert first["data"]["image"] == f"/data/local-files/?d=images/{first['data']['document']['sha256'][:16]}-1.jpg"
    assert (folder / "ls" / "images" / first["data"]["image"].rpartition("/")[2]).is_file()
    result = first["predictions"][0]["result"]
    boxes = {r["id"]: r for r in result if r["type"] == "rectanglelabels"}
    texts = {r["id"]: r["value"]["text"] for r in result if r["type"] == "textarea"}
    assert set(boxes) == {TOTAL, PERSON} and texts == {TOTAL: ["7"]}  # nothing is made up for what was not read
    value = boxes[TOTAL]["value"]
    assert [value[k] for k in ("x", "y", "width", "height")] == pytest.approx([25, 25, 25, 5])
    assert value["rectanglelabels"] == [TOTAL] and boxes[TOTAL]["score"] == 0.5
    assert boxes[PERSON]["meta"] == {"text": ["不能确定"]}
    edge = boxes[PERSON]["value"]  # nothing leaves the page
    assert edge["x"] + edge["width"] <= 100.001 and edge["y"] + edge["height"] <= 100.001
    (blank,) = [r for r in second["predictions"][0]["result"] if r["type"] == "textarea"]
    assert (blank["id"], blank["value"]["text"]) == (OTHER, ["-"])


def test_the_interface_knows_every_cell_and_every_name_of_a_task(folder):
    root = ET.fromstring(page_config())
    assert {x.get("value") for x in root.iter("Label")} == {i for e in editions().values() for i in e.fields}
    names = {x.get("name") for x in root.iter()}
    for r in exported(folder)[0]["predictions"][0]["result"]:
        assert {r["from_name"], r["to_name"]} <= names
    assert root.find("Image").get("value") == "$image"


def test_decisions_go_out(folder, make_report):
    from gxml.export import load_json

    Decisions(folder / "out").add(load_json(folder / "out" / "r.json"), PERSON, "correct", by="a", value=31)
    texts = {r["id"]: r["value"]["text"] for r in exported(folder)[0]["predictions"][0]["result"] if "text" in r["value"]}
    assert texts[PERSON] == ["31"]


def test_what_people_type_becomes_cells_of_an_annotation(folder):
    back = written(folder, returned(exported(folder), (1, PERSON, " 1,204 "), (1, TOTAL, "—")))
    done = CliRunner().invoke(cli.app, ["annotate", "import-pages", str(back), "--annotator", "李", "-o", str(folder / "a")])
    assert done.exit_code == 0, done.output
    annotation = read_annotation(folder / "a" / "r.pdf.json")
    assert dict(annotation.cells) == {TOTAL: None, PERSON: 1204, OTHER: None}
    assert (annotation.meta.annotator, annotation.meta.complete, annotation.spans) == ("李", False, ())


def test_spans_and_other_cells_that_are_there_stay(folder):
    (tasks,) = [read_page_tasks(written(folder, returned(exported(folder))))]
    (path,) = import_page_tasks(tasks, folder / "a", "李", "2026-11-22")
    old = read_annotation(path)
    anchor = {"size": 4, "both": "a", "before": "b", "after": "c"}
    span = Span(start=0, end=4, labels=(), anchor=anchor)
    write_annotation(old.model_copy(update={"spans": (span,), "cells": {TOTAL: 9, "requests.granted.other_organization": 2}}), path)
    import_page_tasks(tasks, folder / "a", "王", "2026-11-23")
    new = read_annotation(path)
    assert new.spans == (span,) and new.meta.annotator == "李" and new.meta.checks[-1].by == "王"
    assert dict(new.cells) == {TOTAL: 7, "requests.granted.other_organization": 2, OTHER: None}


def test_only_what_a_person_submitted_counts(folder):
    tasks = returned(exported(folder))
    tasks[0]["annotations"][0]["was_cancelled"] = True
    tasks[1]["annotations"] = []
    assert cells_of(read_page_tasks(written(folder, tasks))) == {}
    tasks[0]["annotations"].append({"result": [], "updated_at": "1"})
    assert cells_of(read_page_tasks(written(folder, tasks))) == {}


@pytest.mark.parametrize("text, says", [("1O", "no number"), ("不详", "no number"), ("1 2", "no number")])
def test_a_text_that_is_no_number_is_refused(folder, text, says):
    with pytest.raises(AnnotationError, match=f"{TOTAL}.*{says}"):
        import_page_tasks(
            read_page_tasks(written(folder, returned(exported(folder), (1, TOTAL, text)))), folder / "a", "x", "2026-01-01"
        )
    assert not (folder / "a").exists()


def test_damaged_exports_are_refused(folder):
    tasks = returned(exported(folder))
    result = tasks[0]["annotations"][0]["result"]
    label = next(r for r in result if r["id"] == TOTAL)
    label["value"]["rectanglelabels"] = ["no.such.cell"]
    with pytest.raises(AnnotationError, match="unknown label"):
        cells_of(read_page_tasks(written(folder, tasks)))
    label["value"]["rectanglelabels"] = [TOTAL, PERSON]
    with pytest.raises(AnnotationError, match="two labels"):
        cells_of(read_page_tasks(written(folder, tasks)))
    label["value"]["rectanglelabels"] = [TOTAL]
    again = [{**r, "id": "copy"} for r in result if r["id"] == TOTAL]
    again[1] = json.loads(json.dumps(again[1])) | {"value": {"text": ["8"]}}
    result += again
    with pytest.raises(AnnotationError, match="disagree"):
        cells_of(read_page_tasks(written(folder, tasks)))
    del tasks[0]["data"]["document"]
    with pytest.raises(AnnotationError, match="page tasks"):
        read_page_tasks(written(folder, tasks))
    with pytest.raises(FileMissingError):
        read_page_tasks(folder / "none.json")


def test_a_report_without_its_file_has_no_tasks(folder):
    from gxml.export import load_json

    with pytest.raises(FileMissingError, match="not there"):
        page_tasks(load_json(folder / "out" / "r.json"), PageImages([folder / "out"], None), folder / "ls")

r"""Annotations to and from Label Studio, so that people can check and make them.

A task holds the text of one document and its hash; a region is a span. Versions of Label Studio disagree on how long a
character outside the basic plane is (one code point, two UTF-16 units), and a browser drops "\r", so both are shown as
something else of length one: then all count alike, and offsets come back as they went out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar
from xml.sax.saxutils import quoteattr

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from . import anchors
from .annotate import (
    GUIDELINES,
    Annotation,
    Check,
    DocumentRef,
    Meta,
    Places,
    label_names,
    load_annotations,
    make_annotation,
    report_folders,
    text_hash,
    write_annotation,
)
from .candidates import Candidate, candidates
from .config import Options
from .document import Document
from .errors import AnnotationError, FileMissingError
from .facts import read_facts, without_parts
from .numerals import squeeze
from .pipeline import load, prose_of
from .template import fact_types

NONE, DOUBTFUL = "none", "doubtful"
_FROM, _TO = "label", "text"
_COLOURS = ("#3b7dd8", "#c0392b", "#1e8449", "#b9770e", "#7d3c98", "#117a65", "#a04000", "#2c3e50")
_BASIC_PLANE = 0xFFFF
_GETA = "〓"
"""What print shops set for a character that they do not have."""


class _Loose(BaseModel):
    """What Label Studio writes has many keys more."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class _Value(_Loose):
    start: int
    end: int
    labels: tuple[str, ...] = ()
    text: str | None = None


class _Notes(_Loose):
    text: tuple[str, ...] = ()


class _Region(_Loose):
    type: str = "labels"
    value: dict[str, Any]
    meta: _Notes = _Notes()


class _Work(_Loose):
    id: int | str | None = None
    result: tuple[_Region, ...] = ()
    was_cancelled: bool = False
    ground_truth: bool = False
    updated_at: str = ""


class _Data(_Loose):
    text: str
    name: str
    sha256: str
    text_sha256: str
    task_sha256: str
    meta: Meta | None = None
    cells: dict[str, int | float | None] | None = None


class Task(_Loose):
    """A task as Label Studio exports it, as far as gxml looks at it."""

    data: _Data
    annotations: tuple[_Work, ...] = Field(default=())

    @property
    def work(self) -> _Work | None:
        """The annotation to take: the one marked as the truth, else the last that was not cancelled."""
        done = [w for w in self.annotations if not w.was_cancelled]
        return max(done, key=lambda w: (w.ground_truth, w.updated_at), default=None)


# ---- out ------------------------------------------------------------------------------------------------------------


def labelling_config() -> str:
    """Return the labelling interface for Label Studio."""
    types = fact_types()
    lines = ["<View>", f'  <Labels name="{_FROM}" toName="{_TO}" choice="multiple" showInline="true">']
    for i, name in enumerate((*label_names(), NONE, DOUBTFUL)):
        hint = types[name].label if name in types else ""
        colour = _COLOURS[i % len(_COLOURS)] if name in types else "#95a5a6"
        lines.append(f"    <Label value={quoteattr(name)} background={quoteattr(colour)} hint={quoteattr(hint)}/>")
    lines += ["  </Labels>", f'  <Text name="{_TO}" value="$text" granularity="symbol"/>', "</View>", ""]
    return "\n".join(lines)


def task_of(document: Document, annotation: Annotation | None = None, spans: Iterable[Any] = ()) -> dict[str, Any]:
    """Return the task of one document.

    Args:
        document: As gxml reads it now.
        annotation: Its annotation; without it the task holds what the rules read, for a person to correct.
        spans: The spans of `annotation` where they stand in the text now (`AnnotatedDocument.spans`).
    """
    shown = _shown(document.text)
    data: dict[str, Any] = {
        "text": shown,
        "name": Path(document.file).name,
        "sha256": document.sha256,
        "text_sha256": text_hash(document.text),
        "task_sha256": text_hash(shown),
    }
    if annotation is None:
        return {
            "data": data,
            "predictions": [{"model_version": "gxml rules", "result": _predicted(document)}],
        }
    data |= annotation.model_dump(mode="json", include={"meta", "cells"})
    regions = [
        _region(document.text, s.start, s.end, [*(s.labels or (NONE,)), *([DOUBTFUL] if s.doubtful else ())], s.note)
        for s in spans
    ]
    return {"data": data, "annotations": [{"result": regions}]}


def _predicted(document: Document) -> list[dict[str, Any]]:
    lines = prose_of(document)
    types: dict[int, list[str]] = {}
    order = list(fact_types())
    for f in sorted(without_parts(read_facts(document.text, lines)), key=lambda f: order.index(f.type)):
        types.setdefault(f.start, []).append(f.type)
    return [
        _region(document.text, c.start, c.end, types.get(c.start, [NONE]), None)
        for c in candidates(lines)
        if c.counts or c.start in types
    ]


def _region(text: str, start: int, end: int, labels: Sequence[str], note: str | None) -> dict[str, Any]:
    value = {"start": start, "end": end, "text": _shown(text[start:end]), "labels": list(labels)}
    region = {"id": f"{start}-{end}", "from_name": _FROM, "to_name": _TO, "type": "labels", "value": value}
    return region | ({"meta": {"text": [note]}} if note else {})


def _shown(text: str) -> str:
    """Return a text as every browser and every version of Label Studio counts it; the length stays."""
    return "".join(_GETA if ord(c) > _BASIC_PLANE else " " if c == "\r" else c for c in text)


# ---- in -------------------------------------------------------------------------------------------------------------


def read_tasks(path: Path) -> list[Task]:
    """Read what Label Studio exports as "JSON".

    Raises:
        FileMissingError: There is no such file.
        AnnotationError: It is something else.
    """
    return read_export(path, Task, "tasks")


AnyTask = TypeVar("AnyTask", bound=BaseModel)


def read_export(path: Path, kind: type[AnyTask], what: str) -> list[AnyTask]:
    """Read an export of Label Studio as tasks of a kind; `what` names them in errors.

    Raises:
        FileMissingError: There is no such file.
        AnnotationError: It is something else.
    """
    try:
        found = json.loads(path.read_text("utf-8"))
        return TypeAdapter(list[kind]).validate_python(found if isinstance(found, list) else [found])  # type: ignore[valid-type]
    except OSError as e:
        raise FileMissingError(f"{path} cannot be read: {e.strerror or e}.") from e
    except ValidationError as e:
        first = e.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise AnnotationError(
            f"{path} is not an export of {what} that gxml made: {where}: {first['msg']}.",
            hint="Export as JSON, not as JSON-MIN or CSV, and keep the fields of the task's data.",
        ) from e
    except ValueError as e:
        raise AnnotationError(f"{path} is not JSON: {e}.", hint="Export from Label Studio as JSON.") from e


def ref_of(task: Task) -> DocumentRef:
    """Return which document a task is about.

    Raises:
        AnnotationError: The text of the task is not the one that was exported.
    """
    data = task.data
    try:
        return DocumentRef(
            name=data.name,
            sha256=data.sha256,
            text_sha256=data.text_sha256,
            text_length=len(data.text),
            issuer=None,
            year=None,
        )
    except ValidationError as e:
        raise AnnotationError(f"{data.name}: the hashes of the task are damaged.", hint="Export it again.") from e


def annotation_of(task: Task, document: Document, meta: Meta, *, snap: bool = True) -> Annotation | None:
    """Turn a task into an annotation.

    Args:
        task: As Label Studio gives it back.
        document: The report that it was made from.
        meta: Who annotated; if complete, candidates without a region become spans without labels.
        snap: Move a region that overlaps one candidate onto it (people mark 4003条 where 4003 is meant).

    Returns:
        None where nobody has annotated the task.

    Raises:
        AnnotationError: Hash and text do not agree, a label is unknown, or a region is not where its text is.
    """
    work = task.work
    if work is None:
        return None
    name, text = task.data.name, document.text
    if document.sha256 != task.data.sha256:
        raise AnnotationError(f"{name}: the task was made from another file.", hint="Use the report it was made from.")
    if text_hash(task.data.text) != task.data.task_sha256:
        raise AnnotationError(
            f"{name}: the text of the task is not the one that was exported, so its offsets cannot be trusted.",
            hint="Do not edit the text in Label Studio; export the task again.",
        )
    regions = _placed(task, work)
    if text_hash(text) != task.data.text_sha256:
        regions = _moved(name, task.data.text, text, regions)
    found = candidates(prose_of(document))
    merged: dict[tuple[int, int], tuple[list[str], str | None]] = {}
    for place, labels, note in regions:
        here = _snapped(place, found) if snap and not any(x.startswith("row:") for x in labels) else place
        old = merged.get(here, ([], None))
        merged[here] = ([*old[0], *(x for x in labels if x not in old[0])], old[1] or note)
    spans = [_span(place, labels, note, found) for place, (labels, note) in merged.items()]
    if meta.complete:
        taken = list(merged)
        spans += [
            _span((c.start, c.end), [], None, found)
            for c in found
            if not any(a < c.end and c.start < b for a, b in taken)
        ]
    try:
        return make_annotation(document, spans, meta, cells=task.data.cells)
    except ValidationError as e:
        raise AnnotationError(f"{name}: {e.errors()[0]['msg']}.", hint="Mend it in Label Studio.") from e


def meta_after(task: Task, annotator: str, date: str) -> Meta:
    """Return who annotated a task: a person, and before them whoever made what they were shown."""
    old = task.data.meta
    if old is None:
        return Meta(annotator=annotator, kind="human", date=date, complete=True, guidelines=GUIDELINES)
    first = Check(
        by=old.annotator, kind=old.kind, how=f"Annotated first; then corrected by {annotator}.", date=old.date
    )
    return Meta(
        annotator=annotator,
        kind="human",
        date=date,
        complete=old.complete,
        guidelines=GUIDELINES,
        checks=(first, *old.checks),
        notes=old.notes,
    )


_Placed = tuple[tuple[int, int], list[str], str | None]


def _placed(task: Task, work: _Work) -> list[_Placed]:
    """Return (place in the task's text, labels, note) of the regions, in order."""
    text = task.data.text
    values = []
    for region in work.result:
        if region.type == "labels":
            try:
                values.append((_Value.model_validate(region.value), " ".join(region.meta.text) or None))
            except ValidationError as e:
                raise AnnotationError(f"{task.data.name}: a region has no start or end.") from e
    for v, _ in values:
        # white space of a selection is not kept as it stands
        if not 0 <= v.start < v.end <= len(text) or (
            v.text is not None and squeeze(text[v.start : v.end]) != squeeze(v.text.replace("\\n", "\n"))
        ):
            raise AnnotationError(
                f"{task.data.name}: the region [{v.start}, {v.end}) says {v.text!r}, and the text there does not.",
                hint="The offsets of this export are not those of its text.",
            )
    known = {*label_names(), NONE, DOUBTFUL}
    unknown = sorted({x for v, _ in values for x in v.labels} - known)
    if unknown:
        raise AnnotationError(f"{task.data.name}: unknown labels {unknown}.", hint="Use the labels of gxml's config.")
    return sorted((((v.start, v.end), list(v.labels), note) for v, note in values), key=lambda r: r[0])


def _moved(name: str, old: str, new: str, regions: Sequence[_Placed]) -> list[_Placed]:
    """Move regions from the text of the task to the text as gxml reads it now."""
    spans = [r[0] for r in regions]
    places = anchors.realign(new, spans, anchors.anchors(old, spans))
    lost = places.count(None)
    if lost:
        raise AnnotationError(
            f"{name}: gxml reads another text now, and {lost} of {len(spans)} regions are not found in it.",
            hint="Export the task again.",
        )
    return [(p, x, n) for p, (_, x, n) in zip(places, regions, strict=True) if p is not None]


def _snapped(place: tuple[int, int], found: Sequence[Candidate]) -> tuple[int, int]:
    touched = [c for c in found if c.start < place[1] and place[0] < c.end]
    return (touched[0].start, touched[0].end) if len(touched) == 1 else place


def _span(
    place: tuple[int, int], labels: Sequence[str], note: str | None, found: Sequence[Candidate]
) -> Mapping[str, Any]:
    c = next((c for c in found if (c.start, c.end) == place), None)
    return {
        "start": place[0],
        "end": place[1],
        "labels": tuple(x for x in labels if x not in (NONE, DOUBTFUL)),
        "value": c.value if c else None,
        "unit": (c.unit or None) if c else None,
        "approximate": bool(c and c.approximate),
        "doubtful": DOUBTFUL in labels,
        "note": note,
    }


# ---- folders --------------------------------------------------------------------------------------------------------


def export_tasks(inputs: Sequence[Path], reports: Sequence[Path] | None = None) -> list[dict[str, Any]]:
    """Make tasks of annotations and of reports.

    Args:
        inputs: Annotation files or folders of them (*.json), and report files, which come with what the rules read.
        reports: Where the documents of the annotations are; without it the folders that `GXML_REPORTS` names.

    Raises:
        InputError: A document is not there or cannot be read, or an annotation does not fit it.
    """
    tasks: list[dict[str, Any]] = []
    for path in inputs:
        if path.is_dir() or path.suffix.lower() == ".json":
            tasks += [task_of(d.document, d.annotation, d.spans) for d in load_annotations(path, reports)]
        else:
            tasks.append(task_of(load(path, Options())))
    return tasks


def import_tasks(
    tasks: Sequence[Task], out: Path, annotator: str, date: str, reports: Sequence[Path] | None = None
) -> list[Path]:
    """Write the annotations of tasks that came back.

    Args:
        tasks: From `read_tasks`.
        out: Folder; a file has the name of its document with .json behind it. Nothing is written if a task is faulty.
        annotator: Who worked in Label Studio.
        date: When, as YYYY-MM-DD.
        reports: Where the documents are; without it the folders that `GXML_REPORTS` names.

    Returns:
        The files written; tasks that nobody has annotated give none.
    """
    places = Places(report_folders() if reports is None else reports)
    made: dict[Path, Annotation] = {}
    for task in tasks:
        name = Path(task.data.name).name
        found = places.find(ref_of(task), out)
        if found is None:
            raise FileMissingError(
                f"{name}: the document of this task is not there, or is another file of that name.",
                hint="Name the folder of the reports with --reports.",
            )
        annotation = annotation_of(task, load(found, Options()), meta_after(task, annotator, date))
        if annotation is not None:
            if out / f"{name}.json" in made:
                raise AnnotationError(f"{name}: two tasks are about this document.", hint="Keep one of them.")
            made[out / f"{name}.json"] = annotation
    for path, annotation in made.items():
        write_annotation(annotation, path)
    return list(made)

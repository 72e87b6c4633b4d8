"""Annotations: which number of a report's prose states what, kept beside the reports and without their text.

One JSON file a document. It names the document by its SHA-256 and points into the text that gxml reads from it, with
anchors that find the places again when a later version reads a slightly different text. annotations/GUIDELINES.md
says what is labelled how.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from . import anchors, pipeline
from .candidates import Candidate, candidates
from .config import Options
from .document import Document
from .errors import AnnotationError, FileMissingError
from .export import replacing
from .facts_text import ProseLine
from .identity import identify, issuer_key
from .template import editions, fact_types
from .truth import TRUTH

GUIDELINES = "1.0"
"""Version of annotations/GUIDELINES.md."""

REPORTS_VARIABLE = "GXML_REPORTS"
"""Environment variable: folders of reports, separated like those of PATH."""

ROW = "row:"
"""Before the id of a table row in a label: row:requests.granted on the head of that row."""


# ---- the file -------------------------------------------------------------------------------------------------------


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Anchor(_Model):
    """What finds a span again: see `gxml.anchors`."""

    size: int = Field(ge=0)
    both: str
    before: str
    after: str


class Span(_Model):
    """One annotated place.

    Attributes:
        start: Begin in the document's text, in characters (code points).
        end: Its end.
        labels: Fact types (several where one number or word states several facts), or one `row:` label, or none at
            all: the place was looked at and states no fact.
        value: Of the number, 万 applied, in the printed unit; None on the head of a row.
        unit: As printed, None for none.
        approximate: 约, 近, 余, 多, 以上, … stand with it.
        doubtful: Another reader may well label it otherwise: it is left out of training and of scores.
        note: Why, in the annotator's words; never text of the report.
        anchor: What finds it again.
    """

    start: int = Field(ge=0)
    end: int = Field(ge=0)
    labels: tuple[str, ...] = ()
    value: int | float | None = None
    unit: str | None = None
    approximate: bool = False
    doubtful: bool = False
    note: str | None = None
    anchor: Anchor

    @field_validator("labels")
    @classmethod
    def _known(cls, labels: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [x for x in labels if x not in label_names()]
        if unknown:
            raise ValueError(f"unknown labels {unknown}")
        if len(set(labels)) < len(labels) or (len(labels) > 1 and any(x.startswith(ROW) for x in labels)):
            raise ValueError(f"labels {list(labels)} do not go together")
        return labels


class DocumentRef(_Model):
    """Which document, and which text of it."""

    name: str
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    text_sha256: str = Field(pattern="^[0-9a-f]{64}$")
    text_length: int = Field(ge=0)
    issuer: str | None
    year: int | None


class Check(_Model):
    """One pass of checking: who, of what kind, how."""

    by: str
    kind: Literal["human", "model", "rules", "generator"]
    how: str
    date: str


class Meta(_Model):
    """Who annotated, how it was checked, and what it covers.

    Attributes:
        complete: Every candidate of the prose has a span, so that what is not labelled is known to be no fact.
        guidelines: Version of annotations/GUIDELINES.md.
    """

    annotator: str
    kind: Literal["human", "model", "generator"]
    date: str
    complete: bool
    guidelines: str
    checks: tuple[Check, ...] = ()
    notes: str | None = None


class Annotation(_Model):
    """One annotation file.

    Attributes:
        spans: In order, without overlap.
        cells: What is printed in the cells of the tables, by field id; None where it was not recorded.
    """

    schema_version: Literal["1.0"] = "1.0"
    document: DocumentRef
    meta: Meta
    spans: tuple[Span, ...]
    cells: Mapping[str, int | float | None] | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Annotation:
        end = 0
        for s in self.spans:
            if not end <= s.start < s.end <= self.document.text_length:
                raise ValueError(f"span [{s.start}, {s.end}) is empty, overlaps another, is out of order or outside")
            end = s.end
        known = {f for e in editions().values() for f in e.fields}
        unknown = sorted(set(self.cells or ()) - known)
        if unknown:
            raise ValueError(f"unknown cells {unknown[:5]}")
        return self


@cache
def label_names() -> tuple[str, ...]:
    """Return every label: the fact types, then the rows of the tables."""
    rows = dict.fromkeys(
        f"{ROW}{t.prefix}{r.name}" for e in editions().values() for t in e.tables for b in t.blocks for r in b.rows
    )
    return (*fact_types(), *rows)


def read_annotation(path: Path) -> Annotation:
    """Read one annotation file.

    Raises:
        FileMissingError: There is no such file.
        AnnotationError: It is not valid.
    """
    try:
        return Annotation.model_validate_json(path.read_bytes())
    except OSError as e:
        raise FileMissingError(f"{path} cannot be read: {e.strerror or e}.") from e
    except ValidationError as e:
        first = e.errors()[0]
        where = ".".join(map(str, first["loc"])) or "file"
        raise AnnotationError(
            f"{path} is not a valid annotation: {where}: {first['msg']}.", hint="gxml annotate schema prints the form."
        ) from e


def write_annotation(annotation: Annotation, path: Path) -> None:
    """Write one annotation file, one span a line; the same annotation gives the same bytes."""
    data = annotation.model_dump(mode="json")
    spans = [{k: v for k, v in s.items() if v is not None and v is not False} for s in data.pop("spans")]
    cells = data.pop("cells")
    parts = [f' "{k}": {json.dumps(v, ensure_ascii=False, indent=1)}' for k, v in data.items()]
    parts.append(' "spans": [\n' + ",\n".join(f"  {json.dumps(s, ensure_ascii=False)}" for s in spans) + "\n ]")
    if cells is not None:
        parts.append(f' "cells": {json.dumps(cells, ensure_ascii=False)}')
    with replacing(path) as file:
        file.write(("{\n" + ",\n".join(parts) + "\n}\n").encode())


def make_annotation(document: Document, spans: Sequence[Mapping[str, Any]], meta: Meta, **more: Any) -> Annotation:
    """Make the annotation of a document; anchors, hashes, issuer and year are taken from it.

    Args:
        document: As gxml reads it now.
        spans: The keys of `Span` without the anchor, in any order.
        meta: Who annotated.
        more: Other keys of `Annotation`.
    """
    ordered = sorted(spans, key=lambda s: s["start"])
    kept = anchors.anchors(document.text, [(s["start"], s["end"]) for s in ordered])
    identity = identify(document)
    return Annotation(
        document=DocumentRef(
            name=Path(document.file).name,
            sha256=document.sha256,
            text_sha256=text_hash(document.text),
            text_length=len(document.text),
            issuer=identity.issuer,
            year=identity.year,
        ),
        meta=meta,
        spans=tuple(
            Span(**s, anchor=Anchor(size=a.size, both=a.both, before=a.before, after=a.after))
            for s, a in zip(ordered, kept, strict=True)
        ),
        **more,
    )


def text_hash(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


# ---- annotations with their documents -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Labelled:
    """A candidate of the text as it is now, with its labels.

    Attributes:
        labels: Empty for no fact; None where nobody has looked (the text is new, or the annotation is not complete).
        doubtful: Leave it out of training and of scores.
    """

    candidate: Candidate
    labels: tuple[str, ...] | None
    doubtful: bool


@dataclass(frozen=True, slots=True)
class AnnotatedDocument:
    """An annotation with its document.

    Attributes:
        path: The annotation file.
        annotation: As it was read.
        document: As gxml reads it now.
        lines: Its prose.
        spans: The annotated spans where they stand now, in order.
        lost: Spans that are not found in the text any more.
        candidates: Every candidate of the prose with its labels, in order.
        moved: The text is not the one that was annotated.
    """

    path: Path
    annotation: Annotation
    document: Document
    lines: tuple[ProseLine, ...]
    spans: tuple[Span, ...]
    lost: tuple[Span, ...]
    candidates: tuple[Labelled, ...]
    moved: bool

    @property
    def issuer(self) -> str:
        """What documents of one issuer share."""
        return issuer_key(self.annotation.document.issuer) or self.annotation.document.sha256


def load_annotations(
    folder: Path,
    reports: Sequence[Path] | None = None,
    *,
    skip_missing: bool = False,
    keep_lost: bool = False,
    options: Options | None = None,
) -> list[AnnotatedDocument]:
    """Read the annotations under a folder with their documents.

    Args:
        folder: Searched with all folders in it for *.json; one annotation file is taken too.
        reports: Where the documents are; without it the folders that `GXML_REPORTS` names. A document beside its
            annotation is found in any case. The SHA-256 decides, the name only says where to look first.
        skip_missing: Leave out annotations whose document is not there, instead of an error.
        keep_lost: Take a document although some spans are not found in its text any more; they are in `lost`.
        options: For reading the documents.

    Raises:
        FileMissingError: A document is not there, or there is no annotation at all.
        AnnotationError: A file is not valid, or its spans are not found in the text.
    """
    found_files = [folder] if folder.is_file() else sorted(p for p in folder.rglob("*.json") if p.is_file())
    paths = [p for p in found_files if not p.name.endswith(TRUTH)]
    if not paths:
        raise FileMissingError(f"{folder}: no annotation there.")
    places = Places(report_folders() if reports is None else reports)
    out: list[AnnotatedDocument] = []
    for path in paths:
        annotation = read_annotation(path)
        found = places.find(annotation.document, path.parent)
        if found is None:
            if skip_missing:
                continue
            raise FileMissingError(
                f"{path.name}: the document {annotation.document.name} is not there.",
                hint=f"Name the folder of the reports in {REPORTS_VARIABLE}, or with --reports.",
            )
        one = resolve(path, annotation, pipeline.load(found, options or Options()))
        if one.lost and not keep_lost:
            share = f"{len(one.lost)} of {len(annotation.spans)}"
            raise AnnotationError(
                f"{path.name}: {share} spans are not found in the text of {found.name}.",
                hint="gxml reads this document differently now: annotate these spans again.",
            )
        out.append(one)
    return out


def resolve(path: Path, annotation: Annotation, document: Document) -> AnnotatedDocument:
    """Put an annotation onto the text of its document as it is read now."""
    lines = pipeline.prose_of(document)
    moved = text_hash(document.text) != annotation.document.text_sha256
    spans, lost = list(annotation.spans), []
    if moved:
        kept = [anchors.Anchor(a.size, a.both, a.before, a.after) for a in (s.anchor for s in annotation.spans)]
        places = anchors.realign(document.text, [(s.start, s.end) for s in annotation.spans], kept)
        pairs = list(zip(annotation.spans, places, strict=True))
        spans = [s.model_copy(update={"start": p[0], "end": p[1]}) for s, p in pairs if p]
        lost = [s for s, p in pairs if p is None]
    labelled = []
    for c in candidates(lines):
        span = next((s for s in spans if s.start < c.end and c.start < s.end), None)
        known = span is not None or (annotation.meta.complete and not moved)
        labelled.append(Labelled(c, (span.labels if span else ()) if known else None, span.doubtful if span else False))
    return AnnotatedDocument(
        path, annotation, document, tuple(lines), tuple(spans), tuple(lost), tuple(labelled), moved
    )


def report_folders() -> list[Path]:
    """Return the folders that `GXML_REPORTS` names."""
    return [Path(p) for p in os.environ.get(REPORTS_VARIABLE, "").split(os.pathsep) if p]


class Places:
    """Finds documents by name and SHA-256; files are hashed once."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = folders
        self._hashes: dict[Path, str] = {}

    def find(self, ref: DocumentRef, beside: Path) -> Path | None:
        """Return the file with the SHA-256 of `ref`, None if it is not there."""
        named = [beside / ref.name, *(f / ref.name for f in self._folders)]
        for path in (*named, *self._all()):
            if path.is_file() and self._hash(path) == ref.sha256:
                return path
        return None

    def _all(self) -> Iterator[Path]:
        return (p for folder in self._folders for p in sorted(folder.rglob("*")))

    def _hash(self, path: Path) -> str:
        if path not in self._hashes:
            with path.open("rb") as file:
                self._hashes[path] = hashlib.file_digest(file, "sha256").hexdigest()
        return self._hashes[path]


# ---- splits ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Split:
    """Documents to train on, and documents to measure on; no issuer is in both."""

    train: tuple[AnnotatedDocument, ...]
    held_out: tuple[AnnotatedDocument, ...]


def split_by_issuer(documents: Sequence[AnnotatedDocument], folds: int | None = None, seed: int = 0) -> list[Split]:
    """Split documents so that all reports of one issuer stay together.

    Args:
        documents: Of any number of issuers.
        folds: How many splits; None for one an issuer (leave one issuer out).
        seed: Of the order in which issuers go into folds; the same seed gives the same splits.

    Returns:
        Splits in which every document is held out once. Fewer than `folds` where there are fewer issuers.
    """
    issuers = sorted({d.issuer for d in documents})
    if folds is not None:
        Random(seed).shuffle(issuers)
    count = len(issuers) if folds is None else min(folds, len(issuers))
    fold_of = {issuer: i % count for i, issuer in enumerate(issuers)}
    return [
        Split(
            tuple(d for d in documents if fold_of[d.issuer] != k),
            tuple(d for d in documents if fold_of[d.issuer] == k),
        )
        for k in range(count)
    ]

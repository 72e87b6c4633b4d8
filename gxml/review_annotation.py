"""A reviewed report as an annotation: what is printed in its cells, for training and for measuring."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from .annotate import GUIDELINES, Annotation, Check, DocumentRef, Meta, read_annotation, write_annotation
from .decisions import Decision
from .errors import AnnotationError, FileMissingError, UsageError
from .report import Number, Report
from .review_index import flagged


def printed_cells(report: Report, made: Mapping[str, Decision]) -> dict[str, Number | None]:
    """Return what reviewers know to be printed in cells, None for a blank.

    What they decided; and, once nothing that was flagged is left, what was read in the cells that nothing names.
    """
    cells = {i: d.value for i, d in made.items() if i in report.cells}
    doubtful = set(flagged(report))
    if not doubtful - made.keys():
        for c in report.cell_list:
            if c.id not in cells and c.status in ("read", "blank"):
                cells[c.id] = c.value
    return {c.id: cells[c.id] for c in report.cell_list if c.id in cells}


def save_annotation(report: Report, made: Mapping[str, Decision], folder: Path, by: str, date: str) -> Path:
    """Write what is printed in the cells of a report as FOLDER/FILE.json; one that is there keeps its spans.

    Args:
        report: With its text.
        made: The decisions that count.
        folder: Made if it is not there.
        by: The reviewer.
        date: As YYYY-MM-DD.

    Raises:
        UsageError: Nothing was decided, or the text of the report is missing.
        AnnotationError: There is another file of that name.
    """
    cells = printed_cells(report, made)
    if not cells:
        raise UsageError("Nothing is decided yet.", hint="Decide the flagged cells first.")
    return put_cells(
        ref_of(report), cells, folder, by, date, f"Cells looked at on the review page: {len(made)} decided."
    )


def ref_of(report: Report) -> DocumentRef:
    """Return which document a report is about.

    Raises:
        UsageError: The text of the report is missing.
    """
    source, year, issuer = report.source, report.year.value, report.issuer.value
    if hashlib.sha256(report.text.encode()).hexdigest() != source.text_sha256:
        raise UsageError("The text beside the report is missing, or is another one.", hint="Read the file again.")
    return DocumentRef(
        name=Path(source.file).name,
        sha256=source.sha256,
        text_sha256=source.text_sha256,
        text_length=len(report.text),
        issuer=issuer if isinstance(issuer, str) else None,
        year=year if isinstance(year, int) else None,
    )


def put_cells(ref: DocumentRef, cells: Mapping[str, Number | None], folder: Path, by: str, date: str, how: str) -> Path:
    """Write what is printed in cells of a document as FOLDER/FILE.json; one that is there keeps its spans, other cells.

    Raises:
        AnnotationError: There is another file of that name, or a cell is not known.
    """
    path = folder / f"{Path(ref.name).name}.json"
    try:
        old = read_annotation(path)
    except FileMissingError:
        # nobody looked at the prose: what is not labelled may well be a fact
        meta = Meta(annotator=by, kind="human", date=date, complete=False, guidelines=GUIDELINES, notes=how)
        new = Annotation(document=ref, meta=meta, spans=(), cells=cells)
    else:
        if old.document.sha256 != ref.sha256:
            raise AnnotationError(f"{path} is about another file of that name.", hint="Rename one of the two files.")
        check = Check(by=by, kind="human", how=how, date=date)
        meta = old.meta.model_copy(update={"checks": (*(c for c in old.meta.checks if c != check), check)})
        new = old.model_copy(update={"cells": {**(old.cells or {}), **cells}, "meta": meta})
    write_annotation(new, path)
    return path

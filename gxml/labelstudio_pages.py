"""Pages with the places of their cells to Label Studio, and what is printed in the cells back.

A task is the picture of one page; a region is a cell, labelled with its id, its text what is printed in it ("-" where
it is blank). Regions are in percent of the page, as Label Studio has them.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from pydantic import BaseModel, ConfigDict

from . import __version__
from .annotate import DocumentRef
from .decisions import settled
from .errors import AnnotationError, FileMissingError
from .export import findings_by_cell, replacing
from .labelstudio import read_export
from .numerals import parse_cell, to_number
from .report import Cell, Number, Report
from .review_annotation import put_cells, ref_of
from .review_pages import DPI, PageImages
from .template import editions

LOCAL = "/data/local-files/?d="
"""Before the path of a picture that Label Studio serves from its own disk."""
BLANK = "-"
IMAGES = "images"
_CELL, _PRINTED, _PAGE = "cell", "printed", "page"
_COLOURS = {2: "#3b7dd8", 3: "#1e8449", 4: "#b9770e"}


class _Loose(BaseModel):
    """What Label Studio writes has many keys more."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class _Value(_Loose):
    rectanglelabels: tuple[str, ...] = ()
    text: tuple[str, ...] | str = ()


class _Region(_Loose):
    id: str = ""
    type: str = ""
    value: _Value = _Value()


class _Work(_Loose):
    result: tuple[_Region, ...] = ()
    was_cancelled: bool = False
    ground_truth: bool = False
    updated_at: str = ""


class _Data(_Loose):
    document: DocumentRef
    page: int


class PageTask(_Loose):
    """A task as Label Studio exports it, as far as gxml looks at it."""

    data: _Data
    annotations: tuple[_Work, ...] = ()

    @property
    def work(self) -> _Work | None:
        """The annotation to take: the one marked as the truth, else the last that was not cancelled."""
        done = [w for w in self.annotations if not w.was_cancelled]
        return max(done, key=lambda w: (w.ground_truth, w.updated_at), default=None)


# ---- out ------------------------------------------------------------------------------------------------------------


def page_config() -> str:
    """Return the labelling interface for Label Studio."""
    fields = {f.id: f for e in editions().values() for f in e.fields.values()}
    lines = [
        "<View>",
        f'  <Image name="{_PAGE}" value="$image" zoom="true" zoomControl="true"/>',
        f'  <TextArea name="{_PRINTED}" toName="{_PAGE}" perRegion="true" maxSubmissions="1" editable="true" '
        f"placeholder={quoteattr('照原件填写，空白填 -')}/>",
        '  <Filter toName="cell" minlength="0" name="filter"/>',
        f'  <RectangleLabels name="{_CELL}" toName="{_PAGE}">',
    ]
    for f in fields.values():
        said = f"value={quoteattr(f.id)} hint={quoteattr(f.label)} background={quoteattr(_COLOURS[f.section])}"
        lines.append(f"    <Label {said}/>")
    return "\n".join([*lines, "  </RectangleLabels>", "</View>", ""])


def page_tasks(report: Report, pages: PageImages, folder: Path, prefix: str = LOCAL) -> list[dict[str, Any]]:
    """Return the tasks of a report, one a page with cells, and write the pictures to FOLDER/images.

    Args:
        report: With its text; where it has decisions, they are what is shown.
        pages: Knows where its file is.
        folder: Made if it is not there.
        prefix: Before images/NAME.jpg in the task.

    Raises:
        FileMissingError: The file of the report is not there, or has no pages.
        UsageError: The text of the report is missing.
        OutputError: A picture cannot be written.
    """
    from PIL import Image

    ref = ref_of(report)
    now = settled(report)
    named = findings_by_cell(report)
    tasks = []
    for number in sorted({c.page for c in now.cell_list if c.page is not None and c.bbox is not None}):
        picture = pages.jpeg(report, number)
        if picture is None:
            hint = "Give the folder of the files that were read; only PDF files and pictures have pages."
            raise FileMissingError(f"{ref.name}: the file of this report is not there.", hint=hint)
        name = f"{ref.sha256[:16]}-{number}.jpg"
        with replacing(folder / IMAGES / name) as file:
            file.write(picture)
        with Image.open(io.BytesIO(picture)) as image:
            size = image.size
        regions: list[dict[str, Any]] = []
        for c in now.cell_list:
            if c.page == number and c.bbox is not None:
                notes = [f.message for f in named.get(c.id, [])]
                regions += _regions(c, size, notes)
        tasks.append(
            {
                "data": {
                    "image": f"{prefix}{IMAGES}/{name}",
                    "page": number,
                    "document": ref.model_dump(mode="json"),
                },
                "predictions": [{"model_version": f"gxml {__version__}", "result": regions}],
            }
        )
    return tasks


def _regions(cell: Cell, size: tuple[int, int], notes: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield the box of a cell, and what is printed in it where that is known; both have one id."""
    assert cell.bbox is not None
    width, height = size[0] * 72 / DPI, size[1] * 72 / DPI
    x0, x1 = (min(max(v, 0.0), width) for v in (cell.bbox[0], cell.bbox[2]))
    y0, y1 = (min(max(v, 0.0), height) for v in (cell.bbox[1], cell.bbox[3]))
    box = {
        "x": round(100 * x0 / width, 4),
        "y": round(100 * y0 / height, 4),
        "width": round(100 * (x1 - x0) / width, 4),
        "height": round(100 * (y1 - y0) / height, 4),
        "rotation": 0,
    }
    common = {
        "id": cell.id,
        "to_name": _PAGE,
        "original_width": size[0],
        "original_height": size[1],
        "image_rotation": 0,
    }
    region: dict[str, Any] = {
        **common,
        "from_name": _CELL,
        "type": "rectanglelabels",
        "score": cell.confidence,
        "value": {**box, "rectanglelabels": [cell.id]},
    }
    yield region | ({"meta": {"text": list(notes)}} if notes else {})
    text = BLANK if cell.status == "blank" else None if cell.value is None else str(cell.value)
    if text is not None:
        yield {**common, "from_name": _PRINTED, "type": "textarea", "value": {**box, "text": [text]}}


# ---- in -------------------------------------------------------------------------------------------------------------


def read_page_tasks(path: Path) -> list[PageTask]:
    """Read what Label Studio exports as "JSON".

    Raises:
        FileMissingError: There is no such file.
        AnnotationError: It is something else.
    """
    return read_export(path, PageTask, "page tasks")


def cells_of(tasks: Iterable[PageTask]) -> dict[str, tuple[DocumentRef, dict[str, Number | None]]]:
    """Return what is printed in cells, for each document by its hash: None for a blank.

    A region without text says nothing; a page that nobody annotated neither.

    Raises:
        AnnotationError: A label is unknown, a text is no number, or two regions of one cell disagree.
    """
    out: dict[str, tuple[DocumentRef, dict[str, Number | None]]] = {}
    for task in tasks:
        if task.work is None:
            continue
        ref = task.data.document
        _, cells = out.setdefault(ref.sha256, (ref, {}))
        for label, text in _labelled(task.work.result, f"{ref.name}, page {task.data.page}"):
            where = f"{ref.name}, page {task.data.page}, {label}"
            printed = parse_cell(text, whole=True)
            if printed.kind not in ("number", "dash"):
                hint = f"Type the number as it is printed, {BLANK} for a blank."
                raise AnnotationError(f"{where}: {text!r} is no number.", hint=hint)
            value = None if printed.value is None else to_number(printed.value)
            if label in cells and cells[label] != value:
                raise AnnotationError(f"{where}: two regions disagree.", hint="Keep one of them.")
            cells[label] = value
    return {sha: found for sha, found in out.items() if found[1]}


def _labelled(regions: Sequence[_Region], where: str) -> Iterator[tuple[str, str]]:
    """Yield (label, text) of the regions with both; the two halves of one share its id."""
    known = {i for e in editions().values() for i in e.fields}
    labels: dict[str, str] = {}
    for r in regions:
        unknown = [x for x in r.value.rectanglelabels if x not in known]
        if unknown:
            raise AnnotationError(f"{where}: unknown label {unknown[0]!r}.", hint="Use the labels of gxml's config.")
        if r.value.rectanglelabels:
            if (
                len(r.value.rectanglelabels) > 1
                or labels.get(r.id, r.value.rectanglelabels[0]) != r.value.rectanglelabels[0]
            ):
                raise AnnotationError(f"{where}: a region has two labels.", hint="A region is one cell.")
            labels[r.id] = r.value.rectanglelabels[0]
    for r in regions:
        text = "".join(r.value.text).strip()
        if r.type == "textarea" and r.id in labels and text:
            yield labels[r.id], text


def import_page_tasks(tasks: Sequence[PageTask], out: Path, annotator: str, date: str) -> list[Path]:
    """Write what is printed in cells into annotations; those that are there keep their spans.

    Args:
        tasks: From `read_page_tasks`.
        out: Folder of annotations. Nothing is written if a task is faulty.
        annotator: Who worked in Label Studio.
        date: When, as YYYY-MM-DD.

    Raises:
        AnnotationError: See `cells_of`; or a file there is about another document.
    """
    found: Mapping[str, tuple[DocumentRef, dict[str, Number | None]]] = cells_of(tasks)
    how = "Cells typed from their pictures in Label Studio."
    return [put_cells(ref, cells, out, annotator, date, how) for ref, cells in found.values()]

"""`Options`: the limits and switches of a run, one model for the command line and for the API."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

MIB = 1024 * 1024

ReaderName = Literal["rapid", "paddle", "tesseract"]
StepName = Literal["orientation", "perspective", "deskew", "light", "seal", "resolution"]
STEPS: tuple[str, ...] = get_args(StepName)
READERS: tuple[str, ...] = get_args(ReaderName)


class RepairSettings(BaseModel):
    """Thresholds of the repair of cells that were read from pictures; probabilities, and nats (natural log units)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = Field(True, description="Correct and confirm cells of scanned pages by the rules of the form.")
    source_error: float = Field(9.0, gt=0, description="-ln of the chance that the report itself has a cell wrong.")
    unlisted: float = Field(0.1, gt=0, le=1, description="Share of misread cells whose truth no reader lists.")
    unlisted_unread: float = Field(0.5, gt=0, le=1, description="The same of cells that could not be read at all.")
    spread: float = Field(0.1, gt=0, le=1, description="Chance of one certain value among those that none lists.")
    margin: float = Field(4.6, ge=0, description="Nats by which every other reading must be less likely.")
    most_sure: float = Field(0.985, ge=0, le=1, description="Cells that are read with more confidence stay.")
    least_listed: float = Field(0.001, ge=0, le=1, description="A reader lists a value to which it gives this chance.")
    contrary: float = Field(0.9, ge=0, le=1, description="A reader this sure of another value is not overruled.")
    least_broken: int = Field(2, ge=1, description="Rules broken as read that a corrected cell stands in, at least.")
    least_held: int = Field(2, ge=1, description="Rules that a confirmed cell stands in, at least; all must hold.")
    most_changes: int = Field(6, ge=0, description="More changed cells in a table are not believed.")
    most_cost: float = Field(60.0, gt=0, description="Nats above the reading; dearer explanations are not looked for.")
    node_limit: int = Field(20_000, ge=1, description="Nodes of the search in a table; it then gives up.")


class Options(BaseModel):
    """Limits and switches of one run.

    The limits keep a hostile or broken file from taking the machine: a file over one of them gives `TooLargeError`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_bytes: int = Field(200 * MIB, ge=1, description="Largest input file, bytes.")
    max_text_bytes: int = Field(20 * MIB, ge=1, description="Largest HTML or text file, bytes.")
    max_pages: int = Field(500, ge=1, description="Most pages of a PDF.")
    max_unpacked_bytes: int = Field(256 * MIB, ge=1, description="Most bytes that a DOCX may unpack to.")
    max_pixels: int = Field(120_000_000, ge=1, description="Most pixels of one image or rendered page.")
    max_page_objects: int = Field(200_000, ge=1, description="Most characters plus path segments of one PDF page.")
    ocr: bool = Field(True, description="Read pages without a text layer, and image files, from their pictures.")
    reader: ReaderName = Field("rapid", description="Who reads pictures of text.")
    model_dir: Path | None = Field(None, description="Folder of other models than those that come with the reader.")
    second_reader: bool = Field(
        True,
        description="Read numbers in pictures a second time with gxml's own reader. Without it a number, a dash or a "
        "faint mark has one witness: more cells are flagged, fewer corrected, and what the one reader surely "
        "misreads only the rules can show.",
    )
    threads: int = Field(1, ge=1, description="Threads of the reader; one reads the same on every machine.")
    skip_steps: tuple[StepName, ...] = Field((), description="Steps of the preparation of scans that are not taken.")
    repair: RepairSettings = Field(RepairSettings(), description="Correction of cells that were read from pictures.")
    debug_images: Path | None = Field(None, description="Folder for pictures of scanned pages with what was found.")
    facts: str = Field(
        "auto",
        description="Who reads the facts of the prose: rules; auto, the rules and the models that there are; "
        "models, these alone; classifier or linear, the chosen model of that kind; or a model's name or folder.",
    )
    row_labels: str = Field(
        "auto",
        description="Who reads labels of rows a second time that are not printed as in the form: auto, the model of "
        "rows that is in use; none; or a model's name or folder.",
    )
    password: str | None = Field(None, description="Password of an encrypted PDF.", repr=False)
    office_timeout: float = Field(120.0, gt=0, description="Seconds that LibreOffice may take for one .doc file.")

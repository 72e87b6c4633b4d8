"""Saving and loading reports: JSON with its text, pandas frames, the tidy CSV of a run, the workbook."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from pydantic import ValidationError

from .errors import BrokenFileError, FileMissingError, FormError, OutputError
from .rank import SEVERITIES, gravest_first
from .report import SCHEMA_VERSION, Finding, Report
from .template import TableForm, editions

if TYPE_CHECKING:
    import pandas as pd

CSV_COLUMNS = (
    "file", "issuer", "year", "edition", "section", "id", "label",
    "value", "raw", "unit", "status", "confidence", "page", "findings",
)  # fmt: skip

TEMPORARY = ".gxml-*.tmp"
"""Names of files that are being written."""
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Give a binary file that takes the place of `path` when the block ends, or nothing if the block fails.

    Raises:
        OutputError: The folder or the file cannot be written.
    """
    temporary = path.parent / TEMPORARY.replace("*", secrets.token_hex(8))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException as e:
        with suppress(OSError):
            temporary.unlink()
        if isinstance(e, OSError):
            raise OutputError(f"{path} cannot be written: {e.strerror or e}.", hint="Choose another output.") from e
        raise


def to_json(report: Report) -> str:
    """Return the output contract's JSON; the same report gives the same text."""
    return json.dumps(report.model_dump(by_alias=True, mode="json"), ensure_ascii=False, indent=1, allow_nan=False)


def text_path(path: Path) -> Path:
    """Return where the text of the report saved at `path` lies: NAME.txt for NAME.json."""
    return path.with_name(path.name.removesuffix(".json") + ".txt")


def save_json(report: Report, path: Path) -> Path:
    """Write the report's JSON, and its text beside it as NAME.txt.

    The text goes first, so that a JSON file never lacks it. A report that was loaded without its text leaves the
    file beside it alone.

    Raises:
        OutputError: A file cannot be written.
    """
    encoded = report.text.encode("utf-8")
    if hashlib.sha256(encoded).hexdigest() == report.source.text_sha256:
        with replacing(text_path(path)) as file:
            file.write(encoded)
    with replacing(path) as file:
        file.write(to_json(report).encode("utf-8") + b"\n")
    return path


def load_json(path: Path) -> Report:
    """Read a report that `save_json` wrote, with its text where that is beside it unchanged.

    Raises:
        FileMissingError: There is no such file.
        BrokenFileError: It is not a saved report, or one of a later schema.
    """
    hint = "Give a JSON file that gxml extract wrote."
    try:
        data = json.loads(path.read_bytes())
        report = Report.model_validate(data)
    except FileNotFoundError as e:
        raise FileMissingError(f"{path} does not exist.", hint=hint) from e
    except (OSError, ValueError, RecursionError) as e:
        reason = f"{e.error_count()} fields are wrong" if isinstance(e, ValidationError) else str(e)
        raise BrokenFileError(f"{path} is not a saved report: {reason}.", hint=hint) from e
    if report.schema_version.split(".")[0] != SCHEMA_VERSION.split(".")[0]:
        raise BrokenFileError(
            f"{path} has schema {report.schema_version}, this gxml reads {SCHEMA_VERSION}.", hint="Update gxml."
        )
    with suppress(OSError):
        text = text_path(path).read_bytes()
        # Spans that point into another text would be silently wrong.
        if hashlib.sha256(text).hexdigest() == report.source.text_sha256:
            report.text = text.decode("utf-8")
    return report


def is_output(path: Path) -> bool:
    """Tell whether gxml wrote this file: a report's JSON, or the text beside one."""
    if not path.is_file():
        return False
    if path.suffix == ".txt":
        saved = _saved_source(path.with_suffix(".json"))
        return saved is not None and saved.get("text_sha256") == hashlib.sha256(path.read_bytes()).hexdigest()
    return path.suffix == ".json" and _saved_source(path) is not None


def _saved_source(path: Path) -> dict[str, Any] | None:
    try:
        data = json.loads(path.read_bytes())
        source = data["source"]
        return source if "schema_version" in data and "text_sha256" in source else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def forms(report: Report) -> list[tuple[str, TableForm]]:
    """Return (edition, table) for every section that the report has, in order.

    Raises:
        FormError: The report names an edition or a section that this gxml does not know.
    """
    found = []
    for section, name in sorted(report.editions.items()):
        try:
            found.append((name, editions()[name].table(int(section))))
        except (KeyError, ValueError) as e:
            raise FormError(
                f"Edition {name} of section {section} is not known.", hint="Known: " + ", ".join(editions())
            ) from e
    return found


def worst(findings: Iterable[Finding]) -> str | None:
    """Return the gravest severity among `findings`, None for none."""
    return min((f.severity for f in findings), key=SEVERITIES.index, default=None)


def findings_by_cell(report: Report) -> dict[str, list[Finding]]:
    """Return, for each cell that a finding names, its findings, gravest first."""
    named: dict[str, list[Finding]] = {}
    for finding in gravest_first(report.findings):
        for cell in finding.cells:
            named.setdefault(cell, []).append(finding)
    return named


def frame(report: Report, name: str | int, *, labels: bool = False) -> pd.DataFrame:
    """Return one table as a frame.

    Args:
        report: The report.
        name: "disclosure", "requests", "reviews", or the section 2, 3, 4.
        labels: Name rows and columns as they are printed, instead of by the parts of the cell ids.

    Returns:
        Rows and columns of the form (section 四: groups by outcomes); Int64, or Float64 where a value is not whole;
        NA where the form has no such cell and where the cell has no value.

    Raises:
        KeyError: The report has no such table.
        FormError: The report names an unknown edition.
    """
    import pandas as pd

    table = next((t for _, t in forms(report) if name in (t.name, t.section)), None)
    if table is None:
        raise KeyError(f"The report has no table {name!r}.")
    cells = report.cells
    columns = {c.name: c.label for b in table.blocks for c in b.columns}
    rows = {r.name: "／".join((*r.path, r.label)) for b in table.blocks for r in b.rows}
    data = {
        column: [c.value if (c := cells.get(f"{table.prefix}{row}.{column}")) else None for row in rows]
        for column in columns
    }
    out = pd.DataFrame(
        {k: pd.array(v, dtype="Float64" if any(isinstance(x, float) for x in v) else "Int64") for k, v in data.items()},
        index=list(rows),
    )
    return out.rename(index=rows, columns=columns) if labels else out


def guarded(text: str | None) -> str | None:
    """Return `text` so that a spreadsheet takes it for words, never for a formula; numbers stay as they are."""
    if text and text.startswith(_FORMULA_STARTS):
        try:
            float(text.replace(",", ""))
        except ValueError:
            return "'" + text
    return text


@contextmanager
def csv_writer(path: Path) -> Iterator[Callable[[Report, str], None]]:
    """Give a function that appends a report, under a file name, to one tidy CSV: a line a cell.

    The file appears when the block ends. It is UTF-8 with a byte order mark, which Excel needs to show Chinese.

    Raises:
        OutputError: The file cannot be written.
    """
    with replacing(path) as binary:
        file = io.TextIOWrapper(binary, encoding="utf-8-sig", newline="")
        writer = csv.writer(file)
        writer.writerow(CSV_COLUMNS)
        yield lambda report, name: writer.writerows(_csv_rows(report, name))
        file.flush()
        file.detach()  # or it would close the file under `replacing`


def _csv_rows(report: Report, file: str) -> list[tuple[object, ...]]:
    known = {f.id: (edition, f.section, f.label) for edition, t in forms(report) for f in t.fields()}
    named = findings_by_cell(report)
    issuer, year = guarded(str(report.issuer.value or "")), report.year.value
    rows: list[tuple[object, ...]] = []
    for c in report.cell_list:
        edition, section, label = known.get(c.id, (None, None, None))
        rules = ";".join(dict.fromkeys(f.rule for f in named.get(c.id, [])))
        place = (guarded(file), issuer, year, edition, section, c.id, label)
        rows.append((*place, c.value, guarded(c.raw), c.unit, c.status, c.confidence, c.page, rules))
    return rows


def save_csv(reports: Iterable[Report], path: Path) -> Path:
    """Write the cells of many reports into one tidy CSV.

    Raises:
        OutputError: The file cannot be written.
    """
    with csv_writer(path) as add:
        for report in reports:
            add(report, report.source.file)
    return path


def save_xlsx(report: Report, path: Path) -> Path:
    """Write a workbook, see `gxml.export_xlsx`.

    Raises:
        OutputError: The file cannot be written.
    """
    from .export_xlsx import workbook

    with replacing(path) as file:
        file.write(workbook(report))
    return path

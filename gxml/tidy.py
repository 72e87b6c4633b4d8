"""Saved reports as tidy tables, one line a report, a cell, a fact or a finding: Parquet, CSV, XLSX, and what SQL asks.

write(saved_reports([Path("out")]), Path("data"), formats=("parquet", "csv"))
query([Path("out")], "SELECT issuer, year, value FROM cells WHERE id = 'requests.received.total'")
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .decisions import Decisions, decide, find_store
from .divisions import Division, resolve
from .errors import FileMissingError, GxmlError, MissingToolError, UsageError
from .export import findings_by_cell, guarded, is_output, load_json, replacing
from .report import Report
from .rules import issuer_key
from .template import FieldForm, editions

if TYPE_CHECKING:
    import pyarrow as pa

FORMATS = ("parquet", "csv", "xlsx")
CHUNK = 200
"""Reports that are held at once."""
MOST_ROWS = 1_048_575
"""Rows that a sheet of a workbook takes below its head."""

_TEXT, _WHOLE, _NUMBER, _YES = "string", "int64", "double", "bool"
_REPORT = {"report": _TEXT, "issuer": _TEXT, "division_code": _TEXT, "division": _TEXT, "year": _WHOLE}
SCHEMAS: dict[str, dict[str, str]] = {
    "reports": {
        **_REPORT,
        "file": _TEXT,
        "sha256": _TEXT,
        "kind": _TEXT,
        "pages": _WHOLE,
        "edition_2": _TEXT,
        "edition_3": _TEXT,
        "edition_4": _TEXT,
        "status": _TEXT,
        "cells": _WHOLE,
        "values": _WHOLE,
        "named": _WHOLE,
        "errors": _WHOLE,
        "warnings": _WHOLE,
    },
    "cells": {
        **_REPORT,
        "edition": _TEXT,
        "section": _WHOLE,
        "table": _TEXT,
        "row": _TEXT,
        "column": _TEXT,
        "id": _TEXT,
        "label": _TEXT,
        "value": _NUMBER,
        "raw": _TEXT,
        "unit": _TEXT,
        "status": _TEXT,
        "confidence": _NUMBER,
        "reader": _TEXT,
        "page": _WHOLE,
        "reading": _NUMBER,
        "decided": _YES,
        "decision": _TEXT,
        "decided_by": _TEXT,
        "decided_at": _TEXT,
        "rules": _TEXT,
    },
    "facts": {
        **_REPORT,
        "type": _TEXT,
        "value": _NUMBER,
        "unit": _TEXT,
        "approximate": _YES,
        "text": _TEXT,
        "section": _WHOLE,
        "page": _WHOLE,
        "confidence": _NUMBER,
    },
    "findings": {
        **_REPORT,
        "rule": _TEXT,
        "kind": _TEXT,
        "severity": _TEXT,
        "cells": _TEXT,
        "expected": _NUMBER,
        "observed": _NUMBER,
        "message": _TEXT,
    },
}
"""Table to its columns with their types. `value` of a cell is what a reviewer decided, if one did; `reading` what was
read."""

Saved = tuple[str, Report]
"""Path of a saved report, relative to the folder that it was found in, without .json; and the report."""
Progress = Callable[[int], None]


def saved_reports(inputs: Iterable[Path], unread: list[tuple[Path, GxmlError]] | None = None) -> Iterator[Saved]:
    """Yield the saved reports of files and folders, in order of their paths, with what reviewers decided.

    Args:
        inputs: JSON files that gxml wrote, or folders of them.
        unread: Takes files that cannot be read; without it they raise.

    Raises:
        FileMissingError: An input does not exist.
        BrokenFileError: A file is not a saved report.
        OutputError: The decisions cannot be read.
    """
    stores: dict[Path, Decisions | None] = {}
    for given in inputs:
        if not given.exists():
            raise FileMissingError(f"{given} does not exist.", hint="Give a folder that gxml extract wrote to.")
        folder = given if given.is_dir() else given.parent
        for path in sorted(given.rglob("*.json")) if given.is_dir() else [given]:
            if given.is_dir() and not is_output(path):
                continue
            try:
                report = load_json(path)
                if path.parent not in stores:
                    stores[path.parent] = find_store(path)
                store = stores[path.parent]
                made = store.in_force(report.source.sha256) if store else {}
                yield str(path.relative_to(folder).with_suffix("")), decide(report, made)
            except GxmlError as e:
                if unread is None:
                    raise
                unread.append((path, e))


@cache
def _fields() -> dict[str, dict[str, FieldForm]]:
    return {name: e.fields for name, e in editions().items()}


@cache
def division(issuer: str | None) -> Division | None:
    """Return the division of an issuer; None without the package that knows divisions, too."""
    try:
        return resolve(issuer) if issuer else None
    except MissingToolError:
        return None


def rows(saved: Saved) -> dict[str, list[dict[str, Any]]]:
    """Return the lines of one report for each table of `SCHEMAS`."""
    name, report = saved
    issuer = report.issuer.value if isinstance(report.issuer.value, str) else None
    place = division(issuer_key(issuer))
    head = {
        "report": name,
        "issuer": issuer,
        "division_code": place.code if place else None,
        "division": place.name if place else None,
        "year": report.year.value if isinstance(report.year.value, int) else None,
    }
    named = findings_by_cell(report)
    severities = [f.severity for f in report.findings]
    source = report.source
    return {
        "reports": [
            {
                **head,
                "file": source.file,
                "sha256": source.sha256,
                "kind": source.kind,
                "pages": source.pages,
                **{f"edition_{s}": report.editions.get(s) for s in ("2", "3", "4")},
                "status": report.status,
                "cells": len(report.cell_list),
                "values": sum(c.value is not None for c in report.cell_list),
                "named": sum(c.id in named for c in report.cell_list),
                "errors": severities.count("error"),
                "warnings": severities.count("warning"),
            }
        ],
        "cells": [
            {
                **head,
                **_form(c.id, report),
                **decided(c),
                "id": c.id,
                "raw": c.raw,
                "unit": c.unit,
                "status": c.status,
                "confidence": c.confidence,
                "reader": c.reader,
                "page": c.page,
                "rules": ";".join(dict.fromkeys(f.rule for f in named.get(c.id, []))) or None,
            }
            for c in report.cell_list
        ],
        "facts": [
            {**head, **{k: getattr(f, k) for k in SCHEMAS["facts"] if k not in head}, "value": float(f.value)}
            for f in report.facts
        ],
        "findings": [
            {
                **head,
                "rule": f.rule,
                "kind": f.kind,
                "severity": f.severity,
                "cells": ";".join(f.cells) or None,
                "expected": f.expected,
                "observed": f.observed,
                "message": f.message,
            }
            for f in report.findings
        ],
    }


def decided(cell: Any) -> dict[str, Any]:
    """Return the value of a cell that counts, what was read, and whether, how, by whom and when it was decided."""
    decision = (cell.model_extra or {}).get("decision")
    value = decision["value"] if decision else cell.value
    how = {k: (decision or {}).get(key) for k, key in _HOW.items()}
    return {"value": value, "reading": cell.value, "decided": bool(decision), **how}


_HOW = {"decision": "kind", "decided_by": "by", "decided_at": "at"}


def _form(cell: str, report: Report) -> dict[str, Any]:
    for section, edition in report.editions.items():
        field = _fields().get(edition, {}).get(cell)
        if field is not None and str(field.section) == section:
            keys = {"section": field.section, "table": field.table, "row": field.row, "column": field.column}
            return {"edition": edition, "label": field.label, **keys}
    return dict.fromkeys(("edition", "label", "section", "table", "row", "column"))


def tables(reports: Iterable[Saved], progress: Progress | None = None) -> Iterator[dict[str, pa.Table]]:
    """Yield the tables of `SCHEMAS`, for so many reports at a time that memory stays bounded.

    Raises:
        MissingToolError: The package pyarrow is not installed.
    """
    pa = _pyarrow()
    schemas = {name: pa.schema([(c, getattr(pa, _ARROW[t])()) for c, t in s.items()]) for name, s in SCHEMAS.items()}
    held: dict[str, list[dict[str, Any]]] = {name: [] for name in SCHEMAS}
    count = 0

    def given() -> dict[str, Any]:
        return {name: pa.Table.from_pylist(lines, schema=schemas[name]) for name, lines in held.items()}

    for count, saved in enumerate(reports, 1):
        for name, lines in rows(saved).items():
            held[name] += lines
        if progress:
            progress(count)
        if count % CHUNK == 0:
            yield given()
            held = {name: [] for name in SCHEMAS}
    if count % CHUNK or not count:
        yield given()


_ARROW = {_TEXT: "string", _WHOLE: "int64", _NUMBER: "float64", _YES: "bool_"}


def _pyarrow() -> Any:
    try:
        import pyarrow
    except ImportError as e:
        raise MissingToolError("Tidy tables need pyarrow.", hint='Install it: pip install "gxml[data]".') from e
    return pyarrow


# ---- files ----------------------------------------------------------------------------------------------------------


def write(
    reports: Iterable[Saved], folder: Path, formats: Sequence[str] = ("parquet",), progress: Progress | None = None
) -> list[Path]:
    """Write reports, cells, facts and findings, a file a table, or a workbook with a sheet a table.

    Args:
        reports: From `saved_reports`.
        folder: Made if it is not there.
        formats: Some of `FORMATS`.
        progress: Told how many reports are done.

    Raises:
        UsageError: A format is unknown, or there are too many lines for a workbook.
        MissingToolError: pyarrow is not installed.
        OutputError: A file cannot be written.
    """
    unknown = set(formats) - set(FORMATS)
    if unknown:
        raise UsageError(f"Unknown format: {', '.join(sorted(unknown))}.", hint=f"Formats: {', '.join(FORMATS)}.")
    _pyarrow()
    with ExitStack() as stack:
        takers = [_TAKERS[f](folder, stack) for f in formats]
        for chunk in tables(reports, progress):
            for _, take in takers:
                take(chunk)
    return [path for paths, _ in takers for path in paths]


Taker = tuple[list[Path], Callable[[dict[str, Any]], None]]


def _parquet(folder: Path, stack: ExitStack) -> Taker:
    import pyarrow.parquet as pq

    paths = {name: folder / f"{name}.parquet" for name in SCHEMAS}
    files = {name: stack.enter_context(replacing(p)) for name, p in paths.items()}
    writers: dict[str, Any] = {}

    def take(chunk: dict[str, Any]) -> None:
        for name, table in chunk.items():
            if name not in writers:
                writers[name] = stack.enter_context(pq.ParquetWriter(files[name], table.schema, compression="zstd"))
            writers[name].write_table(table)

    return list(paths.values()), take


def _csv(folder: Path, stack: ExitStack) -> Taker:
    import csv
    import io

    paths = {name: folder / f"{name}.csv" for name in SCHEMAS}
    writers: dict[str, Any] = {}
    for name, path in paths.items():
        # a byte order mark, which Excel needs to show Chinese
        text = io.TextIOWrapper(stack.enter_context(replacing(path)), encoding="utf-8-sig", newline="")
        stack.callback(text.detach)
        stack.callback(text.flush)
        writers[name] = csv.writer(text)
        writers[name].writerow(SCHEMAS[name])

    def take(chunk: dict[str, Any]) -> None:
        for name, table in chunk.items():
            columns = [table.column(c).to_pylist() for c in SCHEMAS[name]]
            for line in zip(*columns, strict=True):
                writers[name].writerow([guarded(v) if isinstance(v, str) else v for v in line])

    return list(paths.values()), take


def _xlsx(folder: Path, stack: ExitStack) -> Taker:
    import xlsxwriter

    path = folder / "gxml.xlsx"
    file = stack.enter_context(replacing(path))
    settings = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = stack.enter_context(xlsxwriter.Workbook(file, settings))
    bold = book.add_format({"bold": True})
    sheets = {name: book.add_worksheet(name) for name in SCHEMAS}
    rows_in = dict.fromkeys(SCHEMAS, 0)
    for name, sheet in sheets.items():
        sheet.write_row(0, 0, list(SCHEMAS[name]), bold)
        sheet.freeze_panes(1, 0)

    def take(chunk: dict[str, Any]) -> None:
        for name, table in chunk.items():
            if rows_in[name] + table.num_rows > MOST_ROWS:
                hint = "Use --format parquet or csv, or fewer reports."
                raise UsageError(f"A workbook takes {MOST_ROWS:,} lines a sheet; {name} has more.", hint=hint)
            for line in zip(*(table.column(c).to_pylist() for c in SCHEMAS[name]), strict=True):
                rows_in[name] += 1
                sheets[name].write_row(rows_in[name], 0, line)

    return [path], take


_TAKERS: dict[str, Callable[[Path, ExitStack], Taker]] = {"parquet": _parquet, "csv": _csv, "xlsx": _xlsx}


# ---- questions ------------------------------------------------------------------------------------------------------


def query(inputs: Sequence[Path], sql: str) -> pa.Table:
    """Return what a question in SQL (DuckDB) finds in the tables `reports`, `cells`, `facts` and `findings`.

    Args:
        inputs: Folders with the Parquet files that `write` made, or saved reports, or folders of them.
        sql: One question; it cannot read or write other files.

    Raises:
        UsageError: The question is not valid.
        MissingToolError: duckdb or pyarrow is not installed.
    """
    pa = _pyarrow()
    try:
        import duckdb
    except ImportError as e:
        raise MissingToolError("Questions need duckdb.", hint='Install it: pip install "gxml[data]".') from e
    import pyarrow.dataset as ds

    database = duckdb.connect(":memory:")
    try:
        made = [i for i in inputs if i.is_dir() and all((i / f"{n}.parquet").is_file() for n in SCHEMAS)]
        rest = [i for i in inputs if i not in made]
        found: dict[str, Any] = {}
        if made:
            for name in SCHEMAS:
                found[name] = ds.dataset([str(i / f"{name}.parquet") for i in made])
        if rest:
            chunks = list(tables(saved_reports(rest)))
            for name in SCHEMAS:
                own = pa.concat_tables([c[name] for c in chunks])
                found[name] = own if name not in found else ds.dataset([found[name], ds.dataset(own)])
        for name, table in found.items():
            database.register(name, table)
        database.execute("SET enable_external_access = false")
        database.execute("SET lock_configuration = true")
        asked = database.extract_statements(sql)
        if len(asked) != 1 or asked[0].type != duckdb.StatementType.SELECT:
            raise UsageError("That is no question, or several.", hint="Ask one question with SELECT.")
        return database.sql(sql).to_arrow_table()
    except duckdb.Error as e:
        columns = "; ".join(f"{name}({', '.join(s)})" for name, s in SCHEMAS.items())
        raise UsageError(f"The question fails: {e}", hint=f"Tables: {columns}.") from e
    finally:
        database.close()


def write_table(table: pa.Table, path: Path) -> Path:
    """Write an answer as .csv, .parquet or .xlsx.

    Raises:
        UsageError: The suffix is another one.
        OutputError: The file cannot be written.
    """
    import io

    data = io.BytesIO()
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        pq.write_table(table, data)
    elif path.suffix == ".csv":
        table.to_pandas().to_csv(data, index=False, encoding="utf-8-sig")
    elif path.suffix == ".xlsx":
        options = {"strings_to_formulas": False, "strings_to_urls": False}
        frame = table.to_pandas()
        frame.to_excel(data, index=False, engine="xlsxwriter", engine_kwargs={"options": options})
    else:
        raise UsageError(
            f"An answer cannot be written as {path.suffix or path.name!r}.", hint="Use .csv, .parquet, .xlsx."
        )
    with replacing(path) as file:
        file.write(data.getvalue())
    return path

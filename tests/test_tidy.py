"""Saved reports as tables, panels, lists of what is to be mended, and answers to SQL."""

import csv
import json

import pytest

import gxml
from gxml import cli, synth
from gxml.errors import FileMissingError, UsageError
from gxml.panel import MENDED, mends, panel, save_mends
from gxml.tidy import SCHEMAS, query, rows, saved_reports, write

pytest.importorskip("pyarrow", reason="tidy tables need pyarrow")


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Reports of one issuer over two years, of another with wrong sums, and one in a subfolder."""
    folder = tmp_path_factory.mktemp("out")
    issuer = synth.generate(5).issuer
    for name, more in {
        "a2022": {"seed": 11, "year": 2022, "issuer": issuer},
        "a2023": {"seed": 12, "year": 2023, "issuer": issuer},
        "wrong": {"seed": 3, "year": 2022, "density": "dense", "author_errors": 2},
        "sub/other": {"seed": 14, "year": 2023},
    }.items():
        made = synth.generate(edition="2021", **more)
        path = synth.write(made, "html", folder / "in" / f"{name}.html")
        gxml.read(path).save(folder / "saved" / f"{name}.json")
    return folder / "saved"


def test_every_cell_is_a_line(saved, tmp_path):
    import pyarrow.parquet as pq

    write(saved_reports([saved]), tmp_path, ("parquet",))
    tables = {name: pq.read_table(tmp_path / f"{name}.parquet") for name in SCHEMAS}
    reports = dict(saved_reports([saved]))
    assert list(reports) == ["a2022", "a2023", "sub/other", "wrong"]
    assert {n: t.column_names for n, t in tables.items()} == {n: list(s) for n, s in SCHEMAS.items()}
    assert tables["reports"].num_rows == 4
    assert tables["cells"].num_rows == sum(len(r.cell_list) for r in reports.values())
    assert tables["facts"].num_rows == sum(len(r.facts) for r in reports.values())
    assert tables["findings"].num_rows == sum(len(r.findings) for r in reports.values())
    frame = tables["cells"].to_pandas()
    one = frame[(frame.report == "wrong") & (frame.id == "requests.received.total")].iloc[0]
    assert one["value"] == reports["wrong"].cells["requests.received.total"].value
    assert (one["table"], one["row"], one["column"], one["section"]) == ("requests", "received", "total", 3)
    assert not one["decided"]


def test_a_decision_counts_and_the_reading_stays(saved):
    (_, report), *_ = saved_reports([saved])
    cell = report.cells["requests.received.total"]
    was = cell.value
    cell.decision = {"value": 77, "by": "me", "at": "2026-11-22"}
    line = next(x for x in rows(("a", report))["cells"] if x["id"] == cell.id)
    assert (line["value"], line["reading"], line["decided"]) == (77, was, True)
    assert panel([("a", report)]).iloc[0][cell.id] == 77


def test_csv_and_workbook(saved, tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    paths = write(saved_reports([saved]), tmp_path, ("csv", "xlsx"))
    assert {p.name for p in paths} == {"reports.csv", "cells.csv", "facts.csv", "findings.csv", "gxml.xlsx"}
    with (tmp_path / "findings.csv").open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    assert any(x["kind"] == "source_inconsistent" and x["message"] for x in lines)
    book = openpyxl.load_workbook(tmp_path / "gxml.xlsx", read_only=True)
    assert book.sheetnames == list(SCHEMAS)
    assert next(book["cells"].iter_rows(values_only=True))[:2] == ("report", "issuer")
    with pytest.raises(UsageError, match="Unknown format"):
        write([], tmp_path, ("pdf",))


def test_no_reports_give_empty_tables(tmp_path):
    import pyarrow.parquet as pq

    write([], tmp_path, ("parquet",))
    assert pq.read_table(tmp_path / "cells.parquet").num_rows == 0


def test_questions_of_saved_reports_and_of_tables(saved, tmp_path):
    pytest.importorskip("duckdb", reason="questions need duckdb")
    sql = "SELECT report, value FROM cells WHERE id = 'requests.received.total' ORDER BY report"
    answer = query([saved], sql).to_pylist()
    assert [x["report"] for x in answer] == ["a2022", "a2023", "sub/other", "wrong"]
    write(saved_reports([saved]), tmp_path, ("parquet",))
    assert query([tmp_path], sql).to_pylist() == answer
    both = query([tmp_path, saved / "a2022.json"], "SELECT count(*) AS n FROM reports").to_pylist()
    assert both == [{"n": 5}]


def test_a_question_cannot_reach_other_files(saved, tmp_path):
    pytest.importorskip("duckdb", reason="questions need duckdb")
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n", "utf-8")
    for sql in (
        f"SELECT * FROM read_csv('{secret}')",
        f"COPY (SELECT 1) TO '{tmp_path / 'x.csv'}'",
        "SET enable_external_access = true",
        "SELECT nothing FROM cells",
        "CREATE TABLE t (a INTEGER)",
    ):
        with pytest.raises(UsageError, match="question"):
            query([saved], sql)
    assert not (tmp_path / "x.csv").exists()


def test_the_panel_has_a_line_for_each_issuer_and_year(saved):
    frame = panel(saved_reports([saved]))
    assert len(frame) == 4
    assert frame.groupby("issuer").size().max() == 2
    twice = [*saved_reports([saved]), *saved_reports([saved / "a2022.json"])]
    assert panel(twice).files.max() == 2
    assert len(panel(twice)) == 4
    # nothing says that 2023 goes on where 2022 ended: the numbers were drawn apart
    assert frame.sort_values(["issuer", "year"]).cross_year.notna().any()


def test_what_is_to_be_mended(saved, tmp_path):
    found = mends(saved_reports([saved]))
    assert {m.finding.kind for m in found} <= set(MENDED)
    wrong = [m for m in found if m.file == "wrong.html" and m.severity == "error"]
    assert len(wrong) >= 2
    assert any(m.finding.kind == "cross_year" for m in found)
    assert "等" in "".join(m.where for m in found) or all(len(m.finding.cells) <= 4 for m in found)
    book = save_mends(found, tmp_path / "l.xlsx")
    import docx

    openpyxl = pytest.importorskip("openpyxl")
    lines = list(openpyxl.load_workbook(book).active.iter_rows(values_only=True))
    assert len(lines) == len(found) + 1
    assert wrong[0].finding.message in {x[8] for x in lines}
    document = docx.Document(save_mends(found, tmp_path / "l.docx"))
    text = "\n".join(c.text for t in document.tables for r in t.rows for c in r.cells)
    assert all(m.finding.message in text for m in found)


def test_formulas_in_names_stay_words(saved, tmp_path):
    (_, report), *_ = saved_reports([saved])
    report.issuer.value = "=HYPERLINK(1)"
    write([("=1+1", report)], tmp_path, ("csv",))
    text = (tmp_path / "reports.csv").read_text("utf-8-sig")
    assert "'=1+1" in text and ",'=HYPERLINK(1)" in text


def test_the_commands(saved, tmp_path, capsys):
    def run(*words):
        with pytest.raises(SystemExit) as e:
            cli.main([str(w) for w in words])
        return e.value.code

    assert run("export", saved, "-o", tmp_path / "d", "--format", "parquet,csv", "--panel", "--mend", "-q") == 0
    names = {p.name for p in (tmp_path / "d").iterdir()}
    assert {"panel.csv", "整改清单.xlsx", "整改清单.docx", "cells.parquet", "cells.csv"} <= names
    assert run("query", "SELECT count(*) AS n FROM reports", tmp_path / "d") == 0
    assert "4" in capsys.readouterr().out
    assert run("query", "SELECT * FROM reports", saved, "-o", tmp_path / "a.csv") == 0
    assert (tmp_path / "a.csv").read_text("utf-8-sig").count("\n") == 5
    assert run("query", "SELECT 1", saved, "-o", tmp_path / "a.doc") == 2
    assert run("query", "SELECT", saved) == 2
    (tmp_path / "empty").mkdir()
    assert run("export", tmp_path / "empty", "-o", tmp_path / "e", "-q") == 3


def test_a_file_that_is_damaged_is_left_out_and_said(saved, tmp_path, capsys):
    folder = tmp_path / "s"
    folder.mkdir()
    (folder / "good.json").write_bytes((saved / "a2022.json").read_bytes())
    data = json.loads((saved / "a2022.json").read_text("utf-8"))
    data["cells"] = 3
    (folder / "bad.json").write_text(json.dumps(data), "utf-8")
    with pytest.raises(SystemExit) as e:
        cli.main(["export", str(folder), "-o", str(tmp_path / "d"), "-q"])
    assert e.value.code == 0
    assert "left out" in capsys.readouterr().err
    with pytest.raises(FileMissingError):
        list(saved_reports([tmp_path / "none"]))

"""The benchmark with small systems: what is measured, what a stop and a start do, systems that are missing or break."""

import importlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT

from gxml import Options, cli, synth
from gxml.benchmark import Item, collect, load_records, run
from gxml.benchmark_report import markdown, put_into, save, summarise
from gxml.benchmark_systems import PEERS, Host, System, gxml_systems, peer
from gxml.errors import FileMissingError, UsageError
from gxml.peers.page import without
from gxml.truth import Truth

pytest.importorskip("apted", reason="the benchmark needs apted")

HOST = """
import json, sys
from pathlib import Path
print(json.dumps({"peer": "toy", "versions": {}, "seconds": 0}), flush=True)
for n, line in enumerate(sys.stdin):
    path = Path(line.strip())
    mode = sys.argv[1]
    if mode == "dies" and n == 0:
        sys.exit(3)
    if mode == "fails":
        print(json.dumps({"error": "ValueError: no"}), flush=True)
        continue
    html = path.read_text("utf-8") if mode != "empty" else "<p>nothing</p>"
    if mode == "wrong":
        html = html.replace("<td", "<td rowspan='1'").replace("收到行政机关公文", "收到")
    print(json.dumps({"html": html, "pages": 2, "seconds": 0.5, "peak_mib": 10}), flush=True)
"""


@pytest.fixture
def toy(tmp_path):
    script = tmp_path / "toy.py"
    script.write_text(HOST, "utf-8")
    return lambda mode, name="toy": System(name, (sys.executable, str(script), mode), peer=True)


@pytest.fixture
def item(tmp_path):
    report = synth.generate(61, edition="2021", blanks="zeros")
    path = synth.write(report, "html", tmp_path / "r61.html")
    known = Truth.model_validate(synth.truth(report, "html"))
    return Item("generated", "html", "r61.html", path, known, "2021")


def test_a_peer_that_reads_everything(item, toy, tmp_path):
    _, record = run([item], [toy("copies")], tmp_path / "out")
    assert record["exact"] == record["cells"] > 190
    assert (record["silent"], record["alarmed"], record["pages"], record["seconds"]) == (0, 0, 2, 0.5)
    assert record["teds"][0] == record["teds"][2] == 3


def test_a_peer_that_finds_nothing_is_wrong_silently(item, toy, tmp_path):
    _, record = run([item], [toy("empty")], tmp_path / "out")
    assert record["exact"] == 0
    assert record["silent"] == record["cells"]
    assert "no table" in record["error"] or record["teds"][0] == 0


def test_what_was_measured_is_not_measured_again(item, toy, tmp_path):
    out = tmp_path / "out"
    first = run([item], [toy("copies")], out)
    with (out / "records.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"set": "gener')  # as a kill leaves it
    told = []
    again = run([item], [toy("copies"), toy("fails", "other")], out, lambda n, of, what: told.append((n, of)))
    assert told == [(1, 1)]
    assert [r["system"] for r in again if "set" in r] == ["toy", "other"]
    assert again[1] == first[1]
    assert len(load_records(out)) == len(again)


def test_a_system_that_fails_and_one_that_dies(item, toy, tmp_path):
    records = [r for r in run([item], [toy("fails", "a"), toy("dies", "b")], tmp_path / "out") if "set" in r]
    assert [r["error"] for r in records] == ["ValueError: no", "the process ended, or took too long"]
    assert all(r["exact"] == 0 and r["silent"] == r["cells"] for r in records)


def test_a_process_that_died_is_started_again(item, toy):
    host = Host(toy("dies"))
    host.start()
    assert host.read(item.path).report is None
    assert host._process is None
    host.system = toy("copies")
    assert host.read(item.path).report is not None
    host.stop()


def test_a_system_that_is_not_installed(item, tmp_path):
    gone = [System("gone", ("/no/such/python", "x")), System("quits", (sys.executable, "-c", "pass"))]
    records = run([item], gone, tmp_path / "out")
    assert {r["system"]: r["missing"] for r in records} == {
        "gone": "cannot be started: No such file or directory",
        "quits": "did not start",
    }
    assert "Not run: gone (cannot be started" in markdown(summarise(records))


def test_adapters_without_what_they_need_say_so(item):
    host = Host(peer("docling_tables", sys.executable))
    said = host.start()
    if "missing" not in said:
        pytest.skip("docling is installed with its models")
    assert "docling" in said["missing"]
    assert host.read(item.path).report is None


def test_gxml_with_a_reader_that_is_not_there_is_not_run(tmp_path):
    options = Options(reader="tesseract", model_dir=tmp_path / "none").model_dump_json(exclude_defaults=True)
    host = Host(System("gxml-tesseract", (sys.executable, "-m", "gxml.benchmark_host", options)))
    missing = host.start()["missing"]
    assert "needs the program tesseract" in missing or "no chi_sim.traineddata" in missing


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux")
@pytest.mark.parametrize("place", ["gxml.peers.host", "gxml.workers"])
def test_peak_memory_is_of_the_process_alone(place):
    held = bytearray(200 << 20)
    held[:: 1 << 12] = b"1" * len(held[:: 1 << 12])
    code = f"from {place} import peak_mib; print(peak_mib()); x = bytearray(b'1') * (150 << 20); print(peak_mib())"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    small, large = map(float, said.split())
    assert small < 120 and 140 < large - small < 200
    assert len(held)


def test_every_adapter_is_there():
    folder = Path(cli.__file__).parent / "peers"
    files = {p.stem for p in folder.glob("*.py")} - {"__init__", "host", "page"}
    assert files == set(PEERS)
    with pytest.raises(UsageError, match="no adapter"):
        peer("excel", sys.executable)


def test_a_page_without_its_tables():
    page = np.zeros((10, 20, 3), np.uint8)
    left = without(page, [(2.0, -1.0, 5.0, 4.0), (8, 8, 30, 30)])
    assert (left[:4, 2:5] == 255).all() and (left[8:, 8:] == 255).all()
    assert int((left == 255).sum()) == 3 * (4 * 3 + 2 * 12) and not page.any()


@pytest.mark.slow
def test_pdfplumber_on_the_sample(tmp_path):
    """A peer for real: its tables go through the same aligner as gxml's own."""
    folder = Path(cli.__file__).parent / "sample"
    truth = Truth.model_validate_json((folder / "qinghe_2024.truth.json").read_text("utf-8"))
    sample = Item("real", "pdf", "qinghe_2024.pdf", folder / "qinghe_2024.pdf", truth, "2021")
    systems = [gxml_systems()["gxml"], peer("pdfplumber_tables", sys.executable)]
    records = {r["system"]: r for r in run([sample], systems, tmp_path / "out") if "set" in r}
    assert records["gxml"]["exact"] == records["gxml"]["cells"]
    assert records["pdfplumber_tables"]["error"] or records["pdfplumber_tables"]["exact"] > 0
    assert records["gxml"]["peak_mib"] > 0


def test_sets(tmp_path):
    items = collect(["generated"], tmp_path / "items", None)
    assert {i.group for i in items} == set(synth.LAYOUTS)
    assert {i.edition for i in items} == {"2019", "2021"}
    assert all(i.path.exists() for i in items)
    with pytest.raises(UsageError, match="no set"):
        collect(["other"], tmp_path, None)
    with pytest.raises(FileMissingError, match="GXML_REPORTS"):
        collect(["real"], tmp_path, None)


def test_some_groups_of_a_set_are_the_same_files(tmp_path):
    html = collect(["generated"], tmp_path / "a", None, groups=["html"])
    assert {(i.group, i.edition) for i in html} == {("html", "2019"), ("html", "2021")}
    every = {i.name for i in collect(["generated"], tmp_path / "b", None)}
    assert {i.name for i in html} < every
    assert {p.suffix for p in (tmp_path / "a").rglob("*.*")} == {".html"}
    with pytest.raises(UsageError, match="'fax'"):
        collect(["generated"], tmp_path / "a", None, groups=["html", "fax"])


@pytest.mark.slow
def test_scans_hold_pictures_alone(tmp_path):
    import pypdfium2

    items = collect(["scans"], tmp_path, None, groups=["fax"])
    assert [(i.set, i.group, i.edition) for i in items] == [("scans", "fax", "2019"), ("scans", "fax", "2021")]
    with pypdfium2.PdfDocument(items[0].path) as pdf:
        assert all(not page.get_textpage().count_chars() for page in pdf)
    assert len(items[0].truth.cells) > 190


# ---- tables ---------------------------------------------------------------------------------------------------------

RECORD = {
    "set": "scans", "group": "fax", "edition": "2021", "name": "a.pdf", "error": "", "pages": 2, "peak_mib": 100,
    "cells": 200, "exact": 190, "nonzero": 40, "nonzero_exact": 30, "silent": 4, "named": 6, "alarmed": 2, "facts": 3,
    "facts_there": 4, "accepted": False, "teds": [2.7, 3.0, 3],
}  # fmt: skip


def test_ratios_are_of_the_files_that_both_read():
    records = [
        {**RECORD, "system": "gxml", "seconds": 1.0},
        {**RECORD, "system": "gxml", "name": "b.pdf", "seconds": 9.0},
        {**RECORD, "system": "rapidocr_lines", "seconds": 4.0},
    ]
    s = summarise(records)["sets"]["scans"]
    assert list(s) == ["gxml", "rapidocr_lines"]
    assert (s["gxml"]["ratio"], s["rapidocr_lines"]["ratio"]) == (0.25, 1.0)
    assert s["gxml"]["seconds_a_page"] == 2.5
    assert s["gxml"]["teds"] == 0.9
    table = markdown(summarise(records))
    assert "| gxml | 2 | 95.00 % of 400 | 75.00 % of 80 | 8 | 1.05 % of 380 | 6 of 8 | 0.900 | 2.50 s, 0.25 × | 100 |" in table


def test_scans_have_a_table_by_level():
    fax = {**RECORD, "system": "gxml", "seconds": 1.0}
    records = [
        fax,
        {**fax, "group": "clean200", "name": "c.pdf", "exact": 200, "silent": 0, "seconds": 3.0},
        {**fax, "system": "rapidocr_lines", "exact": 20, "silent": 180, "seconds": 4.0},
    ]
    summary = summarise(records)
    assert summary["sets"]["scans"]["gxml"]["groups"]["fax"]["cells"] == 200
    lines = markdown(summary).splitlines()
    at = lines.index("| level | gxml | rapidocr_lines |")
    assert lines[at + 2 : at + 4] == [
        "| clean200 | 100.00 %, 0, 1.50 s | – |",
        "| fax | 95.00 %, 4, 0.50 s, 0.25 × | 10.00 %, 180, 2.00 s, 1.00 × |",
    ]
    assert "By level" not in markdown(summarise([{**fax, "set": "generated"}]))


def test_the_table_goes_between_the_marks(tmp_path):
    readme = tmp_path / "README.md"
    begin, end = "<!-- gxml benchmark: begin -->", "<!-- gxml benchmark: end -->"
    readme.write_text(f"a\n{begin}\nold\n{end}\nb\n", "utf-8")
    put_into(readme, "new\n")
    put_into(readme, "newer\n")
    assert readme.read_text("utf-8") == f"a\n{begin}\nnewer\n{end}\nb\n"
    with pytest.raises(UsageError, match="no place"):
        put_into(readme, "new\n", "scans")
    readme.write_text("nothing", "utf-8")
    with pytest.raises(UsageError, match="no place"):
        put_into(readme, "new\n")
    with pytest.raises(FileMissingError):
        put_into(tmp_path / "none.md", "new\n")


def test_a_dated_file(tmp_path):
    path = save(summarise([{**RECORD, "system": "gxml", "seconds": 1.0}]), tmp_path / "b.json", "2026-11-22")
    data = json.loads(path.read_text("utf-8"))
    assert data["date"] == "2026-11-22"
    assert data["sets"]["scans"]["gxml"]["cells"] == 200


def test_the_command(tmp_path, capsys):
    with pytest.raises(SystemExit) as e:
        cli.main(["benchmark", "-o", str(tmp_path), "--list"])
    assert e.value.code == 0
    assert "gxml-norepair" in capsys.readouterr().out
    with pytest.raises(SystemExit) as e:
        cli.main(["benchmark", "-o", str(tmp_path), "--systems", "other"])
    assert e.value.code == 2
    with pytest.raises(SystemExit) as e:
        cli.main(["benchmark", "-o", str(tmp_path), "--sets", "generated", "--groups", "fax"])
    assert e.value.code == 2
    with pytest.raises(SystemExit) as e:
        cli.main(["benchmark", "-o", str(tmp_path), "--peer", "rapidocr_lines"])
    assert e.value.code == 2


def test_lines_go_into_the_cells_of_a_network(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(cli.__file__).parent / "peers"))
    filled = importlib.import_module("paddleocr_slanet").filled
    structure = ["<html>", "<table>", "<tr>", "<td", ' colspan="2"', ">", "</td>", "</tr>", "<tr>", "<td></td>"]
    structure += ["<td></td>", "</tr>", "</table>", "</html>"]
    cells = [(0, 0, 40, 10), (0, 10, 20, 20), (20, 10, 40, 20)]
    lines = [(22, 11, 38, 19, "7<"), (45, 24, 50, 28, "9"), (2, 1, 30, 12, "合计")]
    want = '<table><tr><td colspan="2">合计</td></tr><tr><td></td><td>7&lt;9</td></tr></table>'
    assert filled(structure, cells, lines) == want
    assert filled(["<table>", "</table>"], [], lines) == "<table></table>"

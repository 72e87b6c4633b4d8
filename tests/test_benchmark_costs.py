"""What reading costs: runs of one and two tiny reports, curves, and the clock of the stages."""

import json
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from gxml import benchmark_costs, benchmark_stages, cli
from gxml.benchmark_costs import Point, drawings, files, markdown, measure
from gxml.benchmark_stages import STAGES, Clock, Profile, on_the_clock
from gxml.errors import UsageError
from gxml.plots import bars, curves

POINT = Point("reports", 10, 1, 2.0, 1.5, 150.0)


def test_reports_are_the_same_files_for_every_size(tmp_path):
    three = files("reports", 3, tmp_path)
    assert files("reports", 2, tmp_path) == three[:2]
    assert len({p.suffix for p in three}) > 1 and all(p.exists() for p in three)


def test_a_pdf_of_so_many_pages(tmp_path):
    import pypdfium2

    for size in (1, 7):
        (path,) = files("pages", size, tmp_path)
        with pypdfium2.PdfDocument(path) as pdf:
            assert len(pdf) == size


def test_a_run_is_measured_once(tmp_path):
    told = []
    first = measure(["reports"], tmp_path, sizes=[2], workers=[1], progress=told.append)
    with (tmp_path / "costs.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"curve": "rep')  # as a kill leaves it
    assert measure(["reports"], tmp_path, sizes=[2], workers=[1], progress=told.append) == first == told
    (point,) = first
    assert (point.size, point.workers, point.failed) == (2, 1, 0)
    assert point.processor > 0 and point.seconds > 0 and 50 < point.peak_mib < 1000
    with pytest.raises(UsageError, match="no curve"):
        measure(["words"], tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_processes_count_with_what_they_hold_and_use(tmp_path):
    one, two = measure(["reports"], tmp_path, sizes=[4], workers=[1, 2])
    assert two.failed == 0 and two.peak_mib > 1.5 * one.peak_mib
    assert two.processor > 0.7 * one.processor, "the time of the workers is not lost"


def test_files_that_fail_are_counted(tmp_path):
    (path,) = files("pages", 1, tmp_path / "items")
    path.write_bytes(b"%PDF-1.4 broken")
    (point,) = measure(["pages"], tmp_path, sizes=[1])
    assert point.failed == 1


def test_points_as_a_table():
    text = markdown([POINT, replace(POINT, size=1000, failed=2, workers=2)])
    assert "| digital reports | 10 | 1 | 2.0 | 1.5 | 150 ms | 150 |" in text
    assert "| digital reports | 1,000 (2 failed) | 2 | 2.0 | 1.5 | 2 ms | 150 |" in text


# ---- plots ----------------------------------------------------------------------------------------------------------


def places(svg, colour):
    circles = ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}circle")
    return [(float(c.get("cx")), float(c.get("cy"))) for c in circles if c.get("fill") == colour]


def test_time_in_proportion_is_a_straight_line():
    svg = curves({"a": [(10, 1.0), (100, 10.0), (1000, 100.0)]}, "reports", "seconds", log=True)
    (x0, y0), (x1, y1), (x2, y2) = places(svg, "#1f5fa8")
    assert x0 < x1 < x2 and y0 > y1 > y2
    assert y0 - y1 == pytest.approx(y1 - y2, abs=0.2) and x1 - x0 == pytest.approx(x2 - x1, abs=0.2)


def test_every_curve_has_two_plots_and_a_line_for_each_number_of_workers():
    drawn = drawings([POINT, replace(POINT, size=20), replace(POINT, workers=2), replace(POINT, curve="scans")])
    assert set(drawn) == {"reports-seconds", "reports-memory", "scans-seconds", "scans-memory"}
    assert len(places(drawn["reports-memory"], "#1f5fa8")) == 2 and len(places(drawn["reports-memory"], "#c2571a")) == 1
    assert "2 workers" in drawn["reports-seconds"]


def test_bars_are_as_long_as_their_parts():
    root = ElementTree.fromstring(bars({"a": {"x": 1.0, "y & z": 3.0}, "b": {"x": 2.0}}, "seconds"))
    wide = [float(r.get("width")) for r in root.iter("{http://www.w3.org/2000/svg}rect") if r.get("height") == "24"]
    assert wide[1] == pytest.approx(3 * wide[0], abs=0.2) and wide[2] == pytest.approx(2 * wide[0], abs=0.2)


# ---- stages ---------------------------------------------------------------------------------------------------------


def test_what_is_inside_another_stage_counts_once():
    at = iter([0.0, 1.0, 4.0, 10.0])
    clock = Clock(lambda: next(at))
    inner = clock.timed("inner", lambda: "x")
    assert clock.timed("outer", lambda: inner())() == "x"
    assert clock.spent == {"inner": 3.0, "outer": 7.0}


def test_an_iterator_is_timed_step_by_step():
    seconds = [0.0]

    def steps():
        for k in range(3):
            seconds[0] += 1
            yield k

    clock = Clock(lambda: seconds[0])
    found = []
    for k in clock.timed("steps", steps)():
        seconds[0] += 100
        found.append(k)
    assert found == [0, 1, 2] and clock.spent == {"steps": 3.0}


def test_a_stage_that_fails_is_closed():
    clock = Clock(lambda: 0.0)
    with pytest.raises(ZeroDivisionError):
        clock.timed("a", lambda: 1 / 0)()
    assert clock._inside == []


def test_every_stage_is_there_and_is_put_back():
    from gxml import pipeline, scan

    before = pipeline.read, scan.prepare
    with on_the_clock(Clock()):
        assert scan.prepare is not before[1]
    assert (pipeline.read, scan.prepare) == before


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_stage_of_a_scan_takes_time(tmp_path):
    (path,) = files("scans", 2, tmp_path)
    found = benchmark_stages.profile([path], warm=False)
    assert found.pages == 2 and list(found.stages) == list(dict.fromkeys(STAGES.values()))
    assert {s for s, t in found.stages.items() if t <= 0} <= {"tables without rulings"}
    assert found.stages["recogniser"] > 0.2 * found.seconds


def test_the_command(tmp_path, capsys, monkeypatch):
    def stages(levels, folder):
        return {"fax": Profile(2, {"recogniser": 3.0, "rulings": 1.0})}

    monkeypatch.setattr(benchmark_stages, "by_level", stages)
    monkeypatch.setattr(benchmark_costs, "_run", lambda curve, size, workers, paths: replace(POINT, size=size))
    readme = tmp_path / "README.md"
    readme.write_text("<!-- gxml costs: begin -->\n<!-- gxml costs: end -->\n", "utf-8")
    ask = ["benchmark", "-o", str(tmp_path), "--costs", "reports,stages", "--workers", "1", "--readme", str(readme)]
    with pytest.raises(SystemExit) as e:
        cli.main([*ask, "--sizes", "1,2"])
    assert e.value.code == 0
    assert "| recogniser | 3,000 ms, 75% |" in capsys.readouterr().out.splitlines()
    assert "| digital reports | 2 |" in readme.read_text("utf-8")
    (saved,) = tmp_path.glob("costs-*.json")
    assert json.loads(saved.read_text("utf-8"))["stages"]["fax"]["pages"] == 2
    assert {p.stem for p in tmp_path.glob("*.svg")} == {"costs-reports-seconds", "costs-reports-memory", "costs-stages"}
    with pytest.raises(SystemExit) as e:
        cli.main([*ask, "--sizes", "ten"])
    assert e.value.code == 2

"""The log of what reviewers decided, and reports with it."""

import sqlite3
import threading

import pytest

from gxml.decisions import FILE, FOLDER, Decisions, decide, find_store, settled
from gxml.errors import OutputError, UsageError
from gxml.export import load_json
from gxml.panel import mends
from gxml.report import Finding
from gxml.rules import check_cells, evaluate, section_rules
from gxml.tidy import rows, saved_reports

TOTAL, OTHER = "requests.received.total", "requests.received.natural_person"


def test_the_last_decision_counts_and_can_be_taken_back(make_report, tmp_path):
    report, store = make_report(values={TOTAL: 7}), Decisions(tmp_path)
    sha = report.source.sha256
    assert store.in_force(sha) == {} and store.undo(sha, by="a") is None
    store.add(report, TOTAL, "accept", by="a")
    store.add(report, TOTAL, "correct", by="b", value=8, comment="an 8 on paper")
    store.add(report, TOTAL, "comment", by="c", comment="smudged")
    assert (store.in_force(sha)[TOTAL].value, store.in_force(sha)[TOTAL].by) == (8, "b")
    assert store.undo(sha, by="c").undoes == 3
    assert store.undo(sha, by="c").undoes == 2
    assert store.in_force(sha)[TOTAL].value == 7 and store.in_force(sha)[TOTAL].kind == "accept"
    assert store.undo(sha, by="c", field=OTHER) is None
    assert store.undo(sha, by="c", field=TOTAL).undoes == 1
    assert store.in_force(sha) == {} and store.decided() == {}
    log = Decisions(tmp_path, write=False).log(sha)  # all of it is still there, in another process too
    assert [d.kind for d in log] == ["accept", "correct", "comment", "undo", "undo", "undo"]
    assert [d.reading for d in log] == [7] * 6 and all(d.at.endswith("Z") for d in log)


def test_the_log_cannot_be_changed(make_report, tmp_path):
    store = Decisions(tmp_path)
    store.add(make_report(), TOTAL, "correct", by="a", value=3)
    db = sqlite3.connect(tmp_path / FOLDER / FILE)
    for statement in ("UPDATE decisions SET value = '4'", "DELETE FROM decisions"):
        with pytest.raises(sqlite3.IntegrityError, match="only added to"):
            db.execute(statement)
    db.close()


@pytest.mark.parametrize(
    "field, kind, more",
    [
        ("no.such.cell", "accept", {}),
        (TOTAL, "undo", {}),
        (TOTAL, "delete", {}),
        (TOTAL, "comment", {"comment": " "}),
        (TOTAL, "correct", {"value": float("nan")}),
        (TOTAL, "correct", {"value": 10**16}),
        (TOTAL, "correct", {"value": True}),
        (TOTAL, "correct", {"value": 1, "by": " "}),
        (TOTAL, "correct", {"value": 1, "comment": "x" * 5000}),
        (OTHER, "accept", {}),
        (OTHER, "source_error", {}),
    ],
)
def test_what_is_no_decision_is_refused(make_report, tmp_path, field, kind, more):
    report = make_report(cells={OTHER: {"value": None, "status": "unreadable"}})
    store = Decisions(tmp_path)
    with pytest.raises(UsageError):
        store.add(report, field, kind, **{"by": "a", **more})
    assert store.log(report.source.sha256) == []


def test_a_number_that_was_not_read_can_be_given_as_the_reports_own_error(make_report, tmp_path):
    report = make_report(cells={OTHER: {"value": None, "status": "unreadable"}})
    assert Decisions(tmp_path).add(report, OTHER, "source_error", by="a", value=5).value == 5


def test_decisions_stand_beside_readings_in_what_is_exported(make_report, tmp_path):
    report = make_report(values={TOTAL: 7})
    path = report.save(tmp_path / "sub" / "a.json")
    Decisions(tmp_path).add(report, TOTAL, "correct", by="b", value=None, at="2026-11-22T00:00:00Z")
    ((_, found),) = saved_reports([tmp_path])
    assert found.cells[TOTAL].value == 7
    said = {"value": None, "by": "b", "at": "2026-11-22T00:00:00Z", "kind": "correct"}
    assert found.cells[TOTAL].model_extra["decision"] == said
    line = next(x for x in rows(("a", found))["cells"] if x["id"] == TOTAL)
    assert (line["value"], line["reading"], line["decided"]) == (None, 7, True)
    assert (line["decision"], line["decided_by"], line["decided_at"]) == ("correct", "b", "2026-11-22T00:00:00Z")
    other = next(x for x in rows(("a", found))["cells"] if x["id"] == OTHER)
    assert (other["decided"], other["decision"]) == (False, None)
    ((_, alone),) = saved_reports([path])  # one file of the folder knows them, too
    assert alone == found
    report.model_copy(update={"issuer": report.issuer}).save(path)  # read again
    assert next(iter(saved_reports([tmp_path])))[1] == found


def test_another_content_is_another_report(make_report, tmp_path):
    report = make_report()
    Decisions(tmp_path).add(report, TOTAL, "correct", by="b", value=3)
    report.source.sha256 = "1" * 64
    report.save(tmp_path / "a.json")
    assert "decision" not in next(iter(saved_reports([tmp_path])))[1].cells[TOTAL].model_extra


def test_looking_makes_nothing(make_report, tmp_path):
    path = make_report().save(tmp_path / "a.json")
    assert find_store(path) is None
    list(saved_reports([tmp_path]))
    assert not (tmp_path / FOLDER).exists()
    with pytest.raises(OutputError):
        Decisions(tmp_path, write=False).decided()


def test_rules_see_what_was_decided(make_report, tmp_path):
    report, store = make_report(values={OTHER: None}, cells={TOTAL: {"value": None, "status": "unreadable"}}), None
    store = Decisions(tmp_path)
    rules = [r for r in section_rules(report.editions) if TOTAL in r.cells]
    assert {c.outcome for c in evaluate(report.cells, rules)} == {"not evaluable"}
    store.add(report, TOTAL, "correct", by="a", value=4)
    done = settled(decide(report, store.in_force(report.source.sha256)))
    assert done.cells[TOTAL].value == 4
    assert "broken" in {c.outcome for c in evaluate(done.cells, rules)}
    store.add(report, TOTAL, "correct", by="a", value=None)
    done = settled(decide(report, store.in_force(report.source.sha256)))
    assert (done.cells[TOTAL].value, done.cells[TOTAL].status) == (None, "blank")
    assert report.cells[TOTAL].status == "unreadable" and load_json(report.save(tmp_path / "a.json")) == report


def test_an_office_mends_what_it_printed_and_not_what_was_misread(make_report, tmp_path):
    rows_of_3 = ("received", "granted", "processed_total")
    values = {f"requests.{row}.{column}": 3 for row in rows_of_3 for column in ("natural_person", "total")} | {TOTAL: 8}
    broken = check_cells(make_report(values=values).cells, {"3": "2021"})[0]
    assert any(TOTAL in f.cells and f.kind == "source_inconsistent" for f in broken)  # 3 are not 8
    prose = Finding(rule="N.RECEIVED", kind="narrative", severity="warning", cells=[TOTAL], message="表中为 8")
    report = make_report(values=values, findings=(*broken, prose))
    report.save(tmp_path / "a.json")
    store = Decisions(tmp_path)
    before = mends(saved_reports([tmp_path]))
    assert {TOTAL} <= {i for m in before for i in m.finding.cells} and "N.RECEIVED" in {m.finding.rule for m in before}
    store.add(report, TOTAL, "correct", by="a", value=3)
    assert [m for m in mends(saved_reports([tmp_path])) if TOTAL in m.finding.cells] == []
    store.add(report, "disclosure.regulations.issued", "source_error", by="a", comment="另页为 2")
    (one,) = [m for m in mends(saved_reports([tmp_path])) if m.finding.rule == "REVIEW"]
    assert one.finding.cells == ["disclosure.regulations.issued"] and "另页为 2" in one.finding.message
    assert load_json(tmp_path / "a.json").findings == report.findings  # the file is as it was


def test_many_reviewers_at_once(make_report, tmp_path):
    report = make_report()

    def work(n: int) -> None:
        for value in range(10):
            Decisions(tmp_path).add(report, TOTAL, "correct", by=f"r{n}", value=value)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    log = Decisions(tmp_path).log(report.source.sha256)
    assert [d.number for d in log] == list(range(1, 41)) and {d.by for d in log} == {"r0", "r1", "r2", "r3"}

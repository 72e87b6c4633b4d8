"""The measures on reports made by hand: all right, all wrong, empty, shifted by a row, doubled."""

import pytest

from gxml.judged import judge
from gxml.report import Cell, Fact, Finding, Report
from gxml.scores import CellScores, FindingScores, FlagScores, ReviewScores, RowScores
from gxml.scores_more import CalibrationScores, ProseScores, TedsScores
from gxml.template import editions
from gxml.truth import Truth, Violation

FORM = editions()["2021"]
REQUESTS = [f.id for f in FORM.fields.values() if f.section == 3]
VALUES = {i: (7 * n) % 23 if n % 3 else 0 for n, i in enumerate(REQUESTS)} | {REQUESTS[5]: None}


def truth(**more):
    return Truth(issuer="某县", year=2022, editions={"3": "2021"}, cells=VALUES, **more)


def report(values, *, findings=(), status="accepted", confidence=0.99, facts=()):
    cells = [
        Cell(
            id=i, value=v, raw=None if v is None else str(v), unit="件", status="blank" if v is None else "read",
            confidence=confidence, reader="text",
        )
        for i, v in values.items()
    ]  # fmt: skip
    return Report.model_validate(
        {
            "source": {
                "file": "a.pdf", "sha256": "0" * 64, "kind": "pdf", "pages": 1, "text_sha256": "0" * 64,
                "page_readers": [],
            },
            "issuer": {"value": "某县人民政府", "confidence": 1.0},
            "year": {"value": 2022, "confidence": 1.0},
            "editions": {"3": "2021"},
            "status": status,
            "cells": cells,
            "facts": list(facts),
            "findings": list(findings),
        }
    )  # fmt: skip


def flag(*cells, kind="ambiguous", severity="error"):
    return Finding(rule="STR.X", kind=kind, severity=severity, cells=list(cells), message="…")


def cells_of(read, known=None):
    scores = CellScores()
    scores.update(judge(known or truth(), read))
    return scores.summary()


def test_a_perfect_reading():
    s = cells_of(report(VALUES))
    assert (s.cells, s.exact, s.flagged, s.silent, s.alarmed) == (len(VALUES), len(VALUES), 0, 0, 0)
    assert s.nonzero.cells == sum(bool(v) for v in VALUES.values())
    assert s.share_exact == 1.0
    assert s.errors == {}
    assert sum(c.cells for c in s.groups["section"].values()) == len(VALUES)
    assert set(s.groups["digits"]) == {"blank", "0", "1", "2"}


def test_everything_is_wrong_and_nothing_says_so():
    s = cells_of(report({i: 99 if v != 99 else 98 for i, v in VALUES.items()}))
    assert (s.exact, s.silent) == (0, len(VALUES))
    assert s.errors == {"number invented": 1, "other number": len(VALUES) - 1}


def test_no_result_at_all():
    s = cells_of(None)
    assert s.exact == 1  # the blank
    assert s.silent == len(VALUES) - 1
    zeros = sum(v == 0 for v in VALUES.values())
    assert s.errors == {"0 read as blank": zeros, "number lost": len(VALUES) - 1 - zeros}


def test_a_flag_on_a_wrong_cell_and_one_on_a_right_cell():
    wrong, right = REQUESTS[1], REQUESTS[2]
    read = report({**VALUES, wrong: 999}, findings=[flag(wrong), flag(right)])
    s = cells_of(read)
    assert (s.flagged, s.silent, s.alarmed) == (1, 0, 1)
    flags = FlagScores()
    flags.update(judge(truth(), read))
    f = flags.summary()
    assert (f.found, f.missed, f.wrong, f.precision, f.recall) == (1, 0, 1, 0.5, 1.0)


def test_a_structure_finding_flags_a_wrong_cell_and_does_not_alarm_a_right_one():
    wrong, right = REQUESTS[1], REQUESTS[2]
    s = cells_of(report({**VALUES, wrong: 999}, findings=[flag(wrong, right, kind="structure")]))
    assert (s.flagged, s.silent, s.alarmed) == (1, 0, 0)


def test_a_narrative_finding_flags_nothing():
    assert cells_of(report({**VALUES, REQUESTS[1]: 999}, findings=[flag(REQUESTS[1], kind="narrative")])).silent == 1


def test_values_that_may_stand_for_the_printed_one():
    i = REQUESTS[1]
    known = truth(accept={i: [None, 5]})
    assert cells_of(report({**VALUES, i: 5}), known).silent == 0
    assert cells_of(report({**VALUES, i: None}), known).silent == 0
    assert cells_of(report({**VALUES, i: 6}), known).silent == 1


def test_a_blank_is_no_zero():
    assert cells_of(report({**VALUES, REQUESTS[5]: 0})).errors == {"blank read as 0": 1}
    assert cells_of(report({**VALUES, REQUESTS[0]: None})).errors == {"0 read as blank": 1}


def test_a_number_where_the_document_has_no_cell_is_silent_even_if_it_is_named():
    extra = "reviews.review.upheld"
    s = cells_of(report({**VALUES, extra: 3}, findings=[flag(extra)]))
    assert (s.silent, s.errors) == (1, {"not on the form": 1})
    assert cells_of(report({**VALUES, extra: None})).silent == 0


def test_doubled_cells_count_once():
    read = report(VALUES)
    read.cell_list.extend(read.cell_list)
    assert cells_of(read).cells == len(VALUES)


# ---- rows -----------------------------------------------------------------------------------------------------------


def rows_of(read):
    scores = RowScores()
    scores.update(judge(truth(), read))
    return scores.summary()


def test_rows_of_a_perfect_reading():
    s = rows_of(report(VALUES))
    assert (s.rows, s.right, s.misplaced) == (len(VALUES) // 7, len(VALUES) // 7, 0)


def test_a_table_that_is_shifted_by_a_row():
    shifted = dict(zip(REQUESTS, [VALUES[i] for i in REQUESTS[7:]] + [0] * 7, strict=True))
    s = rows_of(report(shifted))
    assert s.right == 0
    assert s.misplaced == s.rows - 1  # the last row holds zeros, which are no other row's numbers


def test_one_wrong_cell_spoils_its_row_alone():
    s = rows_of(report({**VALUES, REQUESTS[8]: 999}))
    assert (s.right, s.misplaced) == (s.rows - 1, 0)


# ---- findings and reports -------------------------------------------------------------------------------------------


def findings_of(violations, findings):
    scores = FindingScores()
    scores.update(truth(violations=tuple(violations)), report(VALUES, findings=findings))
    return {k: (m.found, m.missed, m.wrong) for k, m in scores.summary().items()}


def test_findings_are_matched_by_kind_and_cell():
    a, b = REQUESTS[0], REQUESTS[1]
    there = Violation(kind="source_inconsistent", cells=(a, b))
    arithmetic = flag(b, kind="source_inconsistent")
    assert findings_of([there], [arithmetic]) == {"source_inconsistent": (1, 0, 0)}
    assert findings_of([there], [flag(a)]) == {"source_inconsistent": (0, 1, 0)}
    assert findings_of([there], []) == {"source_inconsistent": (0, 1, 0)}
    assert findings_of([], [arithmetic]) == {"source_inconsistent": (0, 0, 1)}
    assert findings_of([Violation(kind="cross_year", cells=(a,), needs="last year's report")], []) == {}


def test_a_violation_without_cells_needs_a_finding_without_cells():
    there = Violation(kind="narrative")
    assert findings_of([there], [flag(kind="narrative")]) == {"narrative": (1, 0, 0)}
    assert findings_of([there], [flag(REQUESTS[0], kind="narrative")]) == {"narrative": (0, 1, 0)}


def test_what_is_left_for_people():
    scores = ReviewScores()
    for read in (
        report(VALUES),
        report({**VALUES, REQUESTS[1]: 999}),
        report(VALUES, findings=[flag(*REQUESTS[:3])], status="review"),
        None,
    ):
        scores.update(truth(), read, judge(truth(), read))
    s = scores.summary()
    assert (s.reports, s.unread, s.accepted, s.accepted_wrong) == (4, 1, 2, 1)
    assert (s.issuer, s.year, s.editions) == (3, 3, 3)
    assert (s.flagged_median, s.flagged_most) == (0.0, 3)


# ---- confidence, prose, tables --------------------------------------------------------------------------------------


def test_calibration_of_readings_that_are_as_sure_as_they_are_right():
    scores = CalibrationScores()
    wrong = {i: (999 if n % 10 == 0 else v) for n, (i, v) in enumerate(VALUES.items())}
    share = sum(n % 10 != 0 for n in range(len(VALUES))) / len(VALUES)
    scores.update(judge(truth(), report(wrong, confidence=share)))
    s = scores.summary()
    assert (s.readings, len(s.bins)) == (len(VALUES), 1)
    assert s.ece == pytest.approx(0, abs=1e-9)
    scores.reset()
    scores.update(judge(truth(), report(wrong, confidence=1.0)))
    assert scores.summary().ece == pytest.approx(1 - share)


def test_errors_of_prose():
    scores = ProseScores()
    scores.update("全市共受理 15 件。", "全市共受理１５件。")
    assert scores.summary().rate == 0
    scores.update("全市共受理15件。", "")
    assert scores.summary().errors == 9
    scores.reset()
    assert scores.summary().rate == 0


def test_mean_of_trees():
    pytest.importorskip("apted", reason="TEDS needs apted")
    scores = TedsScores()
    scores.update("<table><tr><td>1</td></tr></table>", "<table><tr><td>1</td></tr></table>")
    scores.update("<table><tr><td>1</td></tr></table>", "")
    s = scores.summary()
    assert (s.tables, s.content, s.structure) == (2, 0.5, 0.5)


def test_metrics_without_anything():
    assert CellScores().summary().share_exact == 1.0
    assert RowScores().summary().rows == 0
    assert FlagScores().summary().precision == 1.0
    assert ReviewScores().summary().flagged_most == 0
    assert TedsScores().summary().content == 1.0


@pytest.mark.parametrize("scores", [CellScores(), RowScores(), FlagScores(), CalibrationScores()])
def test_reset_forgets(scores):
    before = scores.summary()
    scores.update(judge(truth(), report({**VALUES, REQUESTS[1]: 999})))
    assert scores.summary() != before
    scores.reset()
    assert scores.summary() == before


def test_facts_are_values_of_reports():
    fact = Fact(
        type="requests_received", value=15, unit="件", raw_unit="件", approximate=False, text="15件", section=1, page=1,
        start=0, end=2, confidence=0.9,
    )  # fmt: skip
    from gxml.evaluate import fact_counts

    known = truth(facts=({"type": "requests_received", "value": 15}, {"type": "reviews", "value": 0}))
    assert fact_counts(known, report(VALUES, facts=[fact, fact])) == {
        ("found", "requests_received"): 1,
        ("wrong", "requests_received"): 1,
        ("missed", "reviews"): 1,
    }

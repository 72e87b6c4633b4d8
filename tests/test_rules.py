import pytest
from conftest import build_report

from gxml.rules import check_cells, check_report, check_years, counted, evaluate, section_rules
from gxml.template import editions

FOUND = {"2": "2021", "3": "2021", "4": "2021"}
ONE = {
    "requests.received.natural_person": 1,
    "requests.received.total": 1,
    "requests.granted.natural_person": 1,
    "requests.granted.total": 1,
    "requests.processed_total.natural_person": 1,
    "requests.processed_total.total": 1,
}


def rules_of(report):
    found, good = check_cells(report.cells, FOUND)
    return {f.rule for f in found}, good


def test_a_consistent_report_has_no_findings():
    assert rules_of(build_report(values=ONE)) == (set(), True)


def test_number_of_hard_rules():
    for name, rows in (("2019", 23), ("2021", 25)):
        hard = [r for r in editions()[name].expanded_rules if r.hard]
        assert len(hard) == rows + 7 + 7 + 3


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ({"requests.granted.natural_person": 2}, {"T3.ROW.granted", "T3.SUM.natural_person"}),
        ({"requests.received.total": 2}, {"T3.ROW.received", "T3.BAL.total"}),
        ({"review.upheld": 1}, {"T4.SUM.review"}),
        ({"litigation_direct.total": 3}, {"T4.SUM.litigation_direct", "P.REVIEW"}),
        ({"disclosure.regulations.issued": 2}, {"T2.INFORCE.regulations"}),
    ],
)
def test_each_broken_rule_has_a_finding(change, broken):
    found, good = rules_of(build_report(values=ONE | change))
    assert broken - {"P.REVIEW"} <= found
    assert good == (not any(r.startswith(("T3", "T4")) for r in broken))


def test_the_wrong_cell_is_named():
    report = build_report(values=ONE | {"requests.granted.research_institution": 4})
    found, _ = check_cells(report.cells, FOUND)
    named = {i for f in found if f.kind == "source_inconsistent" for i in f.cells}
    assert "requests.granted.research_institution" in named
    assert len(named) < 12


def test_a_broken_column_without_a_broken_row_names_the_printed_total():
    values = ONE | {"requests.processed_total.natural_person": 0, "requests.processed_total.total": 0,
                    "requests.carried_out.natural_person": 1, "requests.carried_out.total": 1}  # fmt: skip
    found, _ = check_cells(build_report(values=values).cells, FOUND)
    (column,) = [f for f in found if f.rule == "T3.SUM.natural_person"]
    assert "requests.processed_total.natural_person" in column.cells
    assert (column.expected, column.observed) == (1, 0)


def test_blank_counts_as_zero():
    report = build_report(values=ONE | {"requests.granted.business_enterprise": None, "review.total": None})
    assert rules_of(report) == (set(), True)
    assert counted(report.cells["review.total"]) == 0


def test_a_blank_total_beside_parts_is_unknown():
    report = build_report(values=ONE | {"requests.granted.total": None})
    checked = {c.rule.id: c.outcome for c in evaluate(report.cells, section_rules(FOUND))}
    assert checked["T3.ROW.granted"] == "not evaluable"
    assert checked["T3.SUM.total"] == "not evaluable"
    assert checked["T3.SUM.natural_person"] == "holds"
    found, good = rules_of(report)
    assert found == {"P.TOTAL"} and not good


def test_lost_cells_are_not_evaluable():
    lost = {"requests.granted.natural_person": {"value": None, "status": "missing"}}
    report = build_report(values=ONE, cells=lost)
    found, good = rules_of(report)
    assert found == set() and not good


@pytest.mark.parametrize(("value", "bad"), [(-1, True), (1.5, True), (3, False)])
def test_domain_of_counts(value, bad):
    report = build_report(values=ONE | {"disclosure.licensing.decisions": value})
    assert ("DOM" in rules_of(report)[0]) == bad


def test_a_change_may_be_negative():
    values = {"disclosure.licensing.items_change": -1, "disclosure.licensing.items_last_year": 2}
    report = build_report(editions_found={"2": "2019", "3": "2019", "4": "2019"}, values=values, year=2020)
    assert [f.rule for f in check_report(report) if f.rule == "DOM"] == []


def test_money_is_exact():
    values = {"disclosure.fees.amount": 24252.311082}
    assert rules_of(build_report(values=ONE | values)) == (set(), True)


def test_plausibility_of_a_town_with_regulations():
    report = build_report(values=ONE | {"disclosure.regulations.issued": 1, "disclosure.regulations.in_force": 1})
    assert "P.REGULATIONS" not in {f.rule for f in check_cells(report.cells, FOUND, issuer="青禾县")[0]}
    assert "P.REGULATIONS" in {f.rule for f in check_cells(report.cells, FOUND, issuer="青禾镇")[0]}


def test_across_years():
    last = build_report(year=2022, values={"requests.carried_out.natural_person": 2, "requests.carried_out.total": 2,
                                           "disclosure.normative_documents.in_force": 10})  # fmt: skip
    this = build_report(year=2023, issuer="青禾县", values={"disclosure.normative_documents.in_force": 12,
                        "disclosure.normative_documents.issued": 3, "disclosure.normative_documents.repealed": 1})  # fmt: skip
    other = build_report(year=2023, issuer="白水县")
    found = check_years([this, last, other])
    assert set(found) == {0}
    rules = {f.rule: f for f in found[0]}
    assert set(rules) == {"X.CARRY.natural_person", "X.CARRY.total"}
    assert (rules["X.CARRY.total"].expected, rules["X.CARRY.total"].observed) == (2, 0)
    assert all(f.kind == "cross_year" for f in found[0])


def test_years_that_do_not_follow_are_not_compared():
    assert check_years([build_report(year=2021), build_report(year=2023)]) == {}

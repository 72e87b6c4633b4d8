"""The order of findings: what prose and other years say of a cell moves its findings, and nothing else."""

from conftest import build_report

from gxml.facts import ProseLine, read_facts
from gxml.narrative import narrative_rules, vouched
from gxml.rank import gravest_first, rank_of, ranked, unranked
from gxml.readings import finding
from gxml.recheck import recheck
from gxml.rules import vouched_by_years

RECEIVED, CARRIED = "requests.received.total", "requests.carried_in.total"


def doubt(cell):
    return finding("READ.UNSURE", "ambiguous", "error", [cell], f"把握不大：{cell}")


def test_what_another_source_contradicts_comes_first_and_what_it_confirms_last():
    found = [doubt("a"), doubt("b"), doubt("c"), finding("N.X", "narrative", "warning", ["c"], "正文另有说法")]
    out = gravest_first(ranked(found, ["a"]))
    assert [(f.cells, rank_of(f)) for f in out] == [(["c"], 1), (["b"], 0), (["a"], -1), (["c"], 0)]
    assert "rank" not in out[1].model_dump()
    assert [unranked(f) for f in out] == [found[2], found[1], found[0], found[3]]
    # severity comes before rank, and a rank is made anew
    assert gravest_first(ranked(out, ["a"])) == out


def test_two_sources_raise_each_other_but_notes_do_not():
    text = finding("N.X", "narrative", "warning", ["c"], "正文")
    year = finding("X.CARRY.total", "cross_year", "warning", ["c", "d"], "上年")
    assert [rank_of(f) for f in ranked([text, year, doubt("c"), doubt("d")], ["c"])] == [1, 1, 1, 1]
    assert [rank_of(f) for f in ranked([finding("N.X", "narrative", "info", ["c"], "口径不同"), doubt("c")], [])] == [0, 0]


def test_a_broken_rule_is_not_lowered_by_a_total_that_the_prose_repeats():
    broken = finding("T3.SUM.total", "source_inconsistent", "error", ["a", "b"], "不相等")
    assert [rank_of(f) for f in ranked([broken], ["b"])] == [0]


def test_the_prose_vouches_for_the_very_value():
    report = build_report(values={RECEIVED: 9})
    rules = narrative_rules(report.editions)

    def said(sentence):
        return vouched(rules, read_facts(sentence, [ProseLine(sentence, (0, len(sentence)), 1, 1)]), report.cells)

    assert said("全年共收到政府信息公开申请9件。") == [RECEIVED]
    assert not said("全年共收到政府信息公开申请7件。") and not said("全年共收到政府信息公开申请9余件。")


def test_check_ranks_by_the_years_and_keeps_the_values(tmp_path):
    path = tmp_path / "x.json"
    last = build_report(year=2022, values={"requests.carried_out.total": 2, "requests.carried_out.natural_person": 3})
    this = build_report(
        values={CARRIED: 2, "requests.carried_in.natural_person": 2},
        findings=(doubt(CARRIED), doubt("requests.carried_in.natural_person")),
    )
    assert CARRIED in vouched_by_years([this, last])[0]
    checked, _ = recheck([(path, this), (path, last)])
    ranks = {f.cells[0]: rank_of(f) for f in checked.report.findings if f.rule == "READ.UNSURE"}
    assert ranks == {CARRIED: -1, "requests.carried_in.natural_person": 1}
    assert not any(f.rule == "READ.UNSURE" for f in checked.added + checked.gone)
    assert checked.report.cell_list == this.cell_list

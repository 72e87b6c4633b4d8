"""The rules and a scorer together."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gxml.blend import blender
from gxml.facts import ProseLine, RuleReader
from gxml.facts_both import ALONE, DOUBT, RULES, RULES_OF, SILENT, BothReader
from gxml.facts_frames import UNSURE
from gxml.passages import Floats, Passage

LABELS = ("O", "website_items", "proactive_items", "part_items", "requests_received", "rate", "reviews+lawsuits")


class Says:
    """Gives every mark the same probabilities."""

    labels = LABELS
    neighbours = None

    def __init__(self, **shares: float) -> None:
        left = (1 - sum(shares.values())) / (len(LABELS) - len(shares))
        self._row = np.array([shares.get(x, left) for x in LABELS])

    def probabilities(self, passage: Passage) -> Floats:
        return np.tile(self._row, (len(passage.marks), 1))


def lines(text: str) -> list[ProseLine]:
    return [ProseLine(text, (0, len(text)), 1, 1)]


RECEIVED = "本年度共收到政府信息公开申请17件。"
UNHEARD = "官网那头，一年里头上新了88条。"


def read(text: str, scorer: Says) -> list[tuple[str, float]]:
    return [(f.type, f.value) for f in BothReader(scorer).read(text, lines(text))]


def test_the_rules_have_the_first_word() -> None:
    assert read(RECEIVED, Says(O=0.99)) == read(RECEIVED, Says(rate=0.99)) == [("requests_received", 17)]


def test_what_a_quick_scorer_bears_out_the_other_is_not_asked_about() -> None:
    class Counts(Says):
        asked = 0

        def probabilities(self, passage: Passage) -> Floats:
            self.asked += len(passage.marks)
            return super().probabilities(passage)

    cases = (
        (RECEIVED, Says(requests_received=0.85), 0),
        (RECEIVED, Says(requests_received=0.75), 1),
        (UNHEARD, Says(O=0.97), 0),
        (UNHEARD, Says(O=0.9), 1),
    )
    for text, quick, asked in cases:
        slow = Counts(website_items=0.9)
        BothReader(slow, quick=quick).read(text, lines(text))
        assert slow.asked == asked


def test_two_models_may_overrule_the_rules_if_they_are_sure_enough() -> None:
    def of(quick: Says, scorer: Says) -> list[tuple[str, float]]:
        facts = BothReader(scorer, quick).read(RECEIVED, lines(RECEIVED))
        return [(f.type, f.confidence) for f in facts]

    doubt = Says(part_items=0.6, requests_received=0.3)
    ((kept, confidence),) = of(doubt, doubt)
    assert kept == "requests_received" and confidence < 0.75
    sure = Says(part_items=0.9, requests_received=0.001)
    assert of(sure, sure) == [("part_items", ALONE)]
    ((kept, surer),) = of(Says(requests_received=0.85), sure)
    assert kept == "requests_received" and surer > confidence
    less = Says(O=0.3, requests_received=0.05)
    assert [kept for kept, _ in of(less, less)] == ["requests_received"]
    other = Says(part_items=0.9, requests_received=0.01)
    assert of(other, other) == [("part_items", ALONE)]
    nothing = Says(O=0.9, requests_received=0.001)
    assert of(nothing, nothing) == []


def test_what_the_rules_say_is_as_sure_as_the_models_find_it() -> None:
    def of(text: str, share: float) -> float:
        says = Says(requests_received=share)
        (fact,) = BothReader(says, says).read(text, lines(text))
        assert fact.type == "requests_received"
        return fact.confidence

    sure = [of(RECEIVED, s) for s in (0.15, 0.3, 0.6, 0.9, 0.99, 0.999)]
    assert sure == sorted(sure) and sure[0] < 0.6 and sure[1] < UNSURE < sure[3] and sure[-1] > 0.98
    # what the rules alone are not sure of
    handled = "本年度共办理政府信息公开申请十七件。"
    (fact,) = RuleReader().read(handled, lines(handled))
    assert fact.confidence < UNSURE
    assert of(handled, 0.999) == fact.confidence and of(handled, 0.3) < fact.confidence


def test_parts_of_a_fact_that_is_overruled_are_parts_of_nothing() -> None:
    class First(Says):
        """Sure that the first number is nothing, and of part_items for the others."""

        def probabilities(self, passage: Passage) -> Floats:
            row = Says(part_items=0.99)._row
            nothing = Says(O=0.999)._row
            return np.array([nothing if m == passage.text.index("249") else row for m in passage.marks])

    text = "全年主动公开政府信息249条，其中：公告类信息139条，公示类信息30条。"
    assert {f.whole for f in RuleReader().read(text, lines(text))[1:]} == {text.index("249")}
    both = BothReader(First(), First()).read(text, lines(text))
    assert [f.value for f in both] == [139, 30] and {f.whole for f in both} == {None}


@pytest.mark.parametrize(("last", "kept"), [(110, True), (111, True), (90, True), (60, False)])
def test_parts_that_nearly_add_up_are_what_the_rules_say(last: int, kept: bool) -> None:
    text = f"全年主动公开政府信息249条，其中：公告类信息139条，公示类信息{last}条。"
    nothing = Says(O=0.999)
    both = BothReader(nothing, nothing).read(text, lines(text))
    assert [f.value for f in both if f.type == "part_items"] == ([139, last] if kept else [])


def test_the_word_of_the_rules_counts_more_for_some_labels() -> None:
    text = "门户网站公开信息139条。"

    def of(share: float) -> list[str]:
        says = Says(part_items=0.5, website_items=share, requests_received=share)
        return [f.type for t in (text, RECEIVED) for f in BothReader(says, says).read(t, lines(t))]

    assert RULES < 3.5 < min(RULES_OF.values())
    assert of(0.5 * math.exp(-3.5)) == ["website_items", "part_items"]
    assert of(0.5 * math.exp(-1)) == ["website_items", "requests_received"]
    assert of(0.5 * math.exp(-5)) == ["part_items", "part_items"]


@pytest.mark.parametrize("text", [UNHEARD, "争取官网那头一年上新88条。"])
def test_two_models_must_be_surer_of_a_fact_where_the_rules_see_none(text: str) -> None:
    assert RuleReader().read(text, lines(text)) == []
    for more, kept in ((0.2, ["website_items"]), (-0.2, [])):
        says = Says(website_items=0.8, O=0.8 * math.exp(-SILENT - more))
        assert [f.type for f in BothReader(says, says).read(text, lines(text))] == kept


def test_the_scorer_speaks_where_the_rules_are_silent() -> None:
    assert RuleReader().read(UNHEARD, lines(UNHEARD)) == []
    assert read(UNHEARD, Says(website_items=0.95)) == [("website_items", 88)]


def test_one_model_alone_is_not_asked_about_plans_and_other_years() -> None:
    scorer = Says(website_items=0.95)
    assert read("争取官网那头一年上新88条。", scorer) == []
    assert read("2021年同期收到申请12件，官网上新88条。" + RECEIVED, scorer) == [("requests_received", 17)]


def test_a_fact_of_the_scorer_must_be_clearly_likelier_than_none() -> None:
    share = np.exp(DOUBT)
    assert read(UNHEARD, Says(website_items=0.6, O=0.6 / share * 1.05 / (1 + 1e-9))) == []
    assert read(UNHEARD, Says(website_items=0.6, O=0.6 / share * 0.95)) == [("website_items", 88)]


def test_what_the_unit_forbids_is_not_read() -> None:
    assert read("门户网站那边上新88%。", Says(website_items=0.9, rate=0.08)) == [("rate", 88)]


def test_the_scorer_alone_is_never_sure_enough_for_a_warning() -> None:
    (fact,) = BothReader(Says(website_items=0.999)).read(UNHEARD, lines(UNHEARD))
    assert fact.confidence == ALONE < 0.8
    (fact,) = BothReader(Says(website_items=0.9)).read(RECEIVED, lines(RECEIVED))
    assert fact == RuleReader().read(RECEIVED, lines(RECEIVED))[0]


def test_wholes_of_the_rules_stay_and_what_the_scorer_adds_has_its_own() -> None:
    text = "全年主动公开政府信息249条，其中：门户网站公开139条，官网那头上新110条。"
    by_rules = RuleReader().read(text, lines(text))
    both = BothReader(Says(website_items=0.9)).read(text, lines(text))
    assert [f for f in both if f.start in {r.start for r in by_rules}] == by_rules
    assert [f.value for f in both] == [249, 139, 110] and both[2].whole == both[0].start
    assert [(f.start, f.type) for f in both] == sorted((f.start, f.type) for f in both)


@pytest.mark.parametrize("text", ["", "这里只写文字。", "\n"])
def test_without_candidates_nothing_is_said(text: str) -> None:
    assert BothReader(Says(website_items=0.9)).read(text, lines(text)) == []


def test_a_blend_takes_what_both_think_likely() -> None:
    blend = blender(LABELS, ("O", "rate", "website_items", "row:unknown"))
    mine = Says(website_items=0.5, part_items=0.4).probabilities(Passage("7", (0,), "facts"))
    row = blend(mine, np.array([[0.2, 0.1, 0.7, 0.0]]))[0]
    assert row.sum() == pytest.approx(1)
    assert LABELS[row.argmax()] == "website_items" and row[1] > 0.75
    assert 0 < row[2] < 0.01  # the second has no such label
    assert blend(mine[:0], np.empty((0, 4))).shape == (0, len(LABELS))


def test_two_scorers_speak_together() -> None:
    def of(quick: Says) -> list[str]:
        scorer = Says(website_items=0.5, part_items=0.44, O=0.02)
        return [f.type for f in BothReader(scorer, quick).read(UNHEARD, lines(UNHEARD))]

    assert of(Says(website_items=0.5)) == ["website_items"]
    assert of(Says(part_items=0.5)) == ["part_items"]
    assert of(Says(O=0.94)) == []

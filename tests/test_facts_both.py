"""The rules and a scorer together."""

from __future__ import annotations

import numpy as np
import pytest

from gxml.candidates import candidates
from gxml.facts import ProseLine, RuleReader
from gxml.facts_both import BothReader, Weights, decide
from gxml.facts_scored import ScoredReader
from gxml.passages import Floats, Passage

LABELS = ("O", "website_items", "part_items", "requests_received", "rate", "reviews+lawsuits")


class Says:
    """Gives every mark the same probabilities."""

    labels = LABELS

    def __init__(self, **shares: float) -> None:
        left = (1 - sum(shares.values())) / (len(LABELS) - len(shares))
        self._row = np.array([shares.get(x, left) for x in LABELS])

    def probabilities(self, passage: Passage) -> Floats:
        return np.tile(self._row, (len(passage.marks), 1))


def lines(text: str) -> list[ProseLine]:
    return [ProseLine(text, (0, len(text)), 1, 1)]


RECEIVED = "本年度共收到政府信息公开申请17件。"
UNHEARD = "官网那头，一年里头上新了88条。"


def read(text: str, scorer: Says, weights: Weights) -> list[tuple[str, float]]:
    return [(f.type, f.value) for f in BothReader(scorer, weights).read(text, lines(text))]


def test_the_rules_decide_where_the_scorer_is_in_doubt() -> None:
    doubtful = Says(O=0.5, requests_received=0.3)
    assert read(RECEIVED, doubtful, Weights(0, 0)) == []
    assert read(RECEIVED, doubtful, Weights(2, 0)) == [("requests_received", 17)]


def test_the_scorer_decides_where_the_rules_are_silent() -> None:
    assert RuleReader().read(UNHEARD, lines(UNHEARD)) == []
    sure = Says(website_items=0.9)
    assert read(UNHEARD, sure, Weights(2, 1)) == [("website_items", 88)]
    assert read(UNHEARD, sure, Weights(2, 9)) == []


def test_a_sure_scorer_outvotes_the_rules() -> None:
    assert read(RECEIVED, Says(O=0.99), Weights(1, 0)) == []


def test_what_the_unit_forbids_is_not_read() -> None:
    assert read("门户网站更新88%。", Says(website_items=0.9, rate=0.05), Weights(0, 0)) == [("rate", 88)]


def test_a_fact_of_the_rules_keeps_its_whole() -> None:
    text = "全年主动公开政府信息249条，其中：门户网站公开139条，微信公众号公开110条。"
    sure = Says(O=0.2)
    by_rules = RuleReader().read(text, lines(text))
    assert [f.whole for f in by_rules] == [None, by_rules[0].start, by_rules[0].start]
    both = BothReader(sure, Weights(20, 0)).read(text, lines(text))
    assert [(f.type, f.start, f.whole) for f in both] == [(f.type, f.start, f.whole) for f in by_rules]


def test_confidence_is_a_probability_and_grows_with_agreement() -> None:
    (c,) = [c for c in candidates(lines(RECEIVED)) if c.counts]
    scored = ScoredReader(Says(requests_received=0.6))
    row = scored.scorer.probabilities(Passage("7", (0,), "facts"))[0]
    alone = decide(scored, c, row, [], Weights(1, 0))
    agreed = decide(scored, c, row, ["requests_received"], Weights(1, 0))
    assert alone[0] == agreed[0] == "requests_received" and alone[1] < agreed[1] < 1


def test_what_the_scorer_has_no_label_for_is_left_to_the_rules() -> None:
    text = "本年度制定政府规章和规范性文件均为0件。收取信息处理费0元。"
    by_rules = [(f.type, f.value) for f in RuleReader().read(text, lines(text))]
    assert ("processing_fee", 0) in by_rules
    assert ("processing_fee", 0) in read(text, Says(O=0.99), Weights(1, 0))


@pytest.mark.parametrize("text", ["", "没有数字的一段话。", "\n"])
def test_text_without_candidates(text: str) -> None:
    assert read(text, Says(O=0.9), Weights(1, 0)) == []

from __future__ import annotations

import pytest

from gxml.evaluate_facts import FactScores, gold_of, ignored_of
from gxml.facts import RawFact, RuleReader
from gxml.synth_facts import labelled_texts


def fact(kind: str, start: int, value: float) -> RawFact:
    return RawFact(kind, value, "条", "条", False, "", 1, 1, start, start + 1, 0.9)


def test_type_value_and_span_must_agree() -> None:
    scores = FactScores()
    gold = [("website_items", 0, 1, 7.0), ("rate", 5, 6, 8.0), ("reviews", 9, 10, 0.0)]
    scores.update(gold, [fact("website_items", 0, 7), fact("rate", 5, 9), fact("lawsuits", 9, 0)])
    summary = scores.summary(0)
    assert (summary.all.found, summary.all.wrong, summary.all.missed) == (1, 2, 2)
    assert summary.all.precision == summary.all.recall == pytest.approx(1 / 3)
    assert {t: s.f1 for t, s in summary.types.items()} == {"website_items": 1, "rate": 0, "reviews": 0, "lawsuits": 0}
    assert summary.all.interval is None


def test_ignored_places_do_not_count() -> None:
    scores = FactScores()
    scores.update([], [fact("rate", 5, 9)], [(4, 6)])
    assert scores.summary(0).all.f1 == 1.0
    scores.update([], [fact("rate", 6, 9)], [(4, 6)])
    assert scores.summary(0).all.wrong == 1


def test_intervals_come_from_documents() -> None:
    good, bad = FactScores(), FactScores()
    for i in range(40):
        gold = [("rate", 0, 1, float(i)), ("reviews", 2, 3, 0.0)]
        good.update(gold, [fact("rate", 0, i), fact("reviews", 2, 0)][: 2 - (i % 10 == 0)])
        bad.update(gold, [fact("rate", 0, i)])
    low, high = good.summary().all.interval or (0, 0)
    assert low < good.summary().all.f1 <= high < 1.0001 and low > 0.9
    margin, low, high = good.margin_over(bad)
    assert 0 < low < margin < high
    assert good.margin_over(good) == (0, 0, 0)
    assert good.summary() == good.summary()
    good.reset()
    assert good.summary().documents == 0
    with pytest.raises(ValueError, match="same documents"):
        good.margin_over(bad)


def test_the_rules_find_most_of_generated_texts() -> None:
    scores = FactScores()
    for t in labelled_texts("train", 6):
        gold = gold_of(t.candidates)
        assert ignored_of(t.candidates) == [] and gold
        scores.update(gold, RuleReader().read(t.text, t.lines))
    assert 0.6 < scores.summary(0).all.f1 < 1

"""Labelled prose for the classifier: labels are right, and what measures shares nothing with what trains."""

from __future__ import annotations

import re
from collections import Counter
from random import Random

import pytest
from rapidfuzz import fuzz, process

from gxml.candidates import candidates
from gxml.facts_text import ProseLine
from gxml.synth_facts import FactSplit, LabelledText, _framed, _listed, labelled_text, labelled_texts, templates
from gxml.synth_issuer import data, draw_issuer
from gxml.synth_prose import Writer
from gxml.template import fact_types

SPLITS: tuple[FactSplit, ...] = ("train", "eval", "apart", "fresh")


def skeleton(template: str) -> str:
    """The words of a template, without its slots, the first of each choice taken."""
    text = re.sub(r"\{([^/{}]*)[^{}]*\}", r"\1", template)
    return re.sub(r"\[[^\]]*\]|<[^>]*>|\$[a-z]+|[，。；：、（）]", "", text)


@pytest.mark.parametrize("split", SPLITS)
def test_there_are_enough_templates_for_every_type(split: FactSplit) -> None:
    every = [t for ts in templates(split).values() for t in ts]
    assert len(set(every)) == len(every) >= 150
    named = Counter(x for t in every for types in re.findall(r"\[([a-z_,]+)[=|]", t) for x in types.split(","))
    assert set(named) == set(fact_types())
    assert min(named.values()) >= 2, named


def test_what_measures_is_written_otherwise() -> None:
    train = [skeleton(t) for ts in templates("train").values() for t in ts]
    for t in (t for ts in templates("eval").values() for t in ts):
        best = process.extractOne(skeleton(t), train, scorer=fuzz.ratio)
        assert best[1] < 80, (t, best[0])


@pytest.mark.parametrize("split", SPLITS)
def test_every_fact_of_every_template_is_a_candidate_with_its_value(split: FactSplit) -> None:
    for topic, sentences in templates(split).items():
        for template in sentences:
            told = 0
            for seed in range(8):
                rng = Random(f"{topic} {seed}")
                w = Writer(rng, draw_issuer(rng), 2023, None, None)
                w.room = 2000
                written = w.expand(template)
                if written is None:  # the parts of a small total leave no room for another
                    continue
                told += 1
                text, facts = written
                found = candidates([ProseLine(text, (0, len(text)), 1, 1)])
                for f in facts:
                    touched = [c for c in found if c.start < f.end and f.start < c.end]
                    assert [(c.value, c.counts) for c in touched] == [(f.value, True)], (text, f)
            assert told >= 4, template


def test_composed_sentences_name_every_type_and_parse() -> None:
    words = data("facts_words")
    assert {e["types"] for e in words["entry"]} == set(fact_types())
    for entry in (*words["entry"], *words["nothing"]):
        for seed in range(12):
            rng = Random(f"{entry['nouns'][0]} {seed}")
            w = Writer(rng, draw_issuer(rng), 2023, None, None)
            w.room = 2000
            template = _framed(rng, entry, first=True)
            written = w.expand(template)
            assert written is not None and not re.search(r"[@$<>\[\]]", written[0]), template
            text, facts = written
            assert [f.type for f in facts] == ([entry["types"]] if "types" in entry else [])
            found = candidates([ProseLine(text, (0, len(text)), 1, 1)])
            for f in facts:
                assert [c.value for c in found if c.start < f.end and f.start < c.end] == [f.value], text


def test_listed_sentences_parse_and_every_fact_is_a_candidate() -> None:
    told = data("facts_lists")
    assert {x["topic"] for x in told["list"]} >= {"proactive", "website", "received", "answered", "negative"}
    for number, drawn in enumerate(told["list"]):
        for seed in range(40):
            rng = Random(f"{number} {seed}")
            w = Writer(rng, draw_issuer(rng), 2023, None, None)
            w.room = 10**6
            template = _listed(rng, [drawn])
            written = w.expand(template)
            assert written is not None and not re.search(r"[@$<>\[\]]", written[0]), template
            text, facts = written
            assert drawn["topic"] != "negative" or not facts
            found = candidates([ProseLine(text, (0, len(text)), 1, 1)])
            for f in facts:
                touched = [c for c in found if c.start < f.end and f.start < c.end]
                assert [(c.value, c.counts) for c in touched] == [(f.value, True)], (text, f)


@pytest.mark.parametrize("noise", [0.0, 0.02])
@pytest.mark.parametrize("split", SPLITS)
def test_labels_stand_where_the_sentences_put_them(split: FactSplit, noise: float) -> None:
    made = list(labelled_texts(split, 60, 300, noise=noise))
    labels = Counter(x for m in made for c in m.candidates for x in c.labels or ())
    nothing = sum(c.labels == () for m in made for c in m.candidates)
    assert set(labels) == set(fact_types())
    assert nothing > 0.35 * sum(len(m.candidates) for m in made)  # hard negatives
    for m in made:
        for line in m.lines:
            assert m.text[slice(*line.span)] == line.text
        for c in m.candidates:
            printed = m.text[c.candidate.start : c.candidate.end]
            unit = c.candidate.unit
            assert printed
            if "rate" in (c.labels or ()):
                assert unit == "%", m.text
            elif c.labels and c.candidate.kind == "number":
                assert unit != "%", m.text


def test_noise_keeps_numbers_and_loses_few_facts() -> None:
    def count(noise: float) -> int:
        return sum(len(c.labels or ()) for m in labelled_texts("eval", 80, 900, noise=noise) for c in m.candidates)

    assert count(0.02) > 0.99 * count(0.0)


def spellings(m: LabelledText) -> set[str]:
    out = set()
    for c in m.candidates:
        printed = m.text[c.candidate.start : c.candidate.end]
        if c.labels and c.candidate.kind == "number":
            out.add("百分之" if printed.startswith("百分之") else "full" if "０" <= printed[0] <= "９" else "digits" if printed[0].isdigit() else "words")
    return out


@pytest.mark.parametrize("split", SPLITS)
def test_numbers_come_in_every_spelling(split: FactSplit) -> None:
    made = [labelled_text(split, seed) for seed in range(120)]
    assert {"百分之", "full", "digits", "words"} == set().union(*map(spellings, made))
    assert any("," in m.text for m in made) and any("万" in m.text for m in made)


def test_the_same_seed_gives_the_same_text() -> None:
    assert labelled_text("train", 5, noise=0.01) == labelled_text("train", 5, noise=0.01)
    assert labelled_text("train", 5).text != labelled_text("train", 6).text
    assert labelled_text("train", 5).text != labelled_text("eval", 5).text

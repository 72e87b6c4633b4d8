"""Numbers of one sentence decided together."""

from __future__ import annotations

import json
from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gxml import neighbours
from gxml.errors import BrokenFileError
from gxml.facts_reader import load_scorer
from gxml.facts_scored import ScoredReader
from gxml.facts_text import ProseLine
from gxml.models import chosen, open_model
from gxml.neighbours import NEIGHBOURS, NeighbourCounts, Neighbours, counted, load_counts, sentences
from gxml.passages import Floats, Passage
from gxml.tokens import file_hash
from gxml.train_data import Example, write_neighbours

LABELS = ("O", "website_items", "wechat_items", "reviews+lawsuits")


def passage(text: str) -> Passage:
    return Passage(text, tuple(i for i, c in enumerate(text) if c.isdigit()), "facts")


TWO = passage("甲1条，乙2条。")


def test_a_sentence_ends_at_a_full_stop_and_at_the_end_of_a_paragraph() -> None:
    assert sentences(passage("甲1条，乙2条；丙3条。丁4条\n戊5条！己6条")) == [[0, 1, 2], [3], [4], [5]]
    assert sentences(passage("没有。")) == [] and sentences(passage("1")) == [[0]]


def test_what_is_counted() -> None:
    text = passage("甲1条，乙2条，丙3条。丁4条，戊5条。")
    labels = ["website_items", "wechat_items", "website_items", None, "O"]
    rows = Passage("1 2", (0, 2), "rows")
    counts = counted([(text, labels), (rows, ["row:a", "row:b"])])
    assert counts is not None
    assert counts.following == {"website_items": {"wechat_items": 1}, "wechat_items": {"website_items": 1}}
    assert counts.stated == {"website_items": (1, 1), "wechat_items": (1, 0)}
    # both types of a joint label are stated
    more = counted([(TWO, ["reviews+lawsuits", "website_items"])], counts)
    assert more is not None
    assert more.stated == {**counts.stated, "website_items": (2, 1), "reviews": (1, 0), "lawsuits": (1, 0)}
    assert more.following == {**counts.following, "reviews+lawsuits": {"website_items": 1}}
    assert counted([(passage("甲1条。乙2条。"), ["website_items", "website_items"])]) is None


def test_a_number_is_what_usually_stands_beside_its_neighbour() -> None:
    often = {"website_items": {"wechat_items": 900, "O": 20}, "O": {"O": 900, "wechat_items": 20}}
    near = Neighbours(NeighbourCounts(following=often, stated={}), LABELS)
    unsure = [0.52, 0.0, 0.48, 0.0]
    beside_website = near.together(TWO, np.array([[0.1, 0.9, 0.0, 0.0], unsure]), [1, 2])
    beside_nothing = near.together(TWO, np.array([[0.9, 0.1, 0.0, 0.0], unsure]), [1, 2])
    assert LABELS[beside_website[1].argmax()] == "wechat_items" and LABELS[beside_nothing[1].argmax()] == "O"
    # what is sure stays, and another sentence says nothing
    sure = near.together(TWO, np.array([[0.1, 0.9, 0.0, 0.0], [0.999, 0.0, 0.001, 0.0]]), [1, 2])
    assert LABELS[sure[1].argmax()] == "O"
    apart = np.array([[0.1, 0.9, 0.0, 0.0], unsure])
    assert (near.together(passage("甲1条。乙2条。"), apart, [1, 2]) == apart).all()


def test_what_is_seldom_said_twice_goes_to_the_likelier_number() -> None:
    once = Neighbours(NeighbourCounts(following={}, stated={"website_items": (1000, 0)}), LABELS)
    often = Neighbours(NeighbourCounts(following={}, stated={"website_items": (1000, 900)}), LABELS)
    shares = np.array([[0.02, 0.98, 0.0, 0.0], [0.3, 0.7, 0.0, 0.0]])

    def of(near: Neighbours, values: list[float]) -> list[str]:
        return [LABELS[i] for i in near.together(TWO, shares, values).argmax(1)]

    assert of(once, [1, 2]) == ["website_items", "O"]
    assert of(once, [1, 1]) == ["website_items", "website_items"]  # the same figure said again
    assert of(often, [1, 2]) == ["website_items", "website_items"]


@given(
    st.lists(st.lists(st.floats(0.01, 1), min_size=4, max_size=4), min_size=2, max_size=4),
    st.lists(st.lists(st.integers(0, 500), min_size=4, max_size=4), min_size=4, max_size=4),
)
def test_without_repeats_the_marginals_are_those_of_all_sequences(
    weights: list[list[float]], seen: list[list[int]]
) -> None:
    following = {a: {b: n for b, n in zip(LABELS, row, strict=True) if n} for a, row in zip(LABELS, seen, strict=True)}
    near = Neighbours(NeighbourCounts(following=following, stated={}), LABELS)
    near._against = np.zeros_like(near._against)
    shares: Floats = np.array(weights) / np.sum(weights, 1, keepdims=True)
    text = passage("，".join(f"{i}条" for i in range(len(shares))))
    wanted = np.zeros_like(shares)
    for labels in product(range(4), repeat=len(shares)):
        share = float(np.prod([shares[i, x] for i, x in enumerate(labels)]))
        share *= float(np.prod([near._ratios[a, b] for a, b in pairwise(labels)]))
        for i, x in enumerate(labels):
            wanted[i, x] += share
    found = near.together(text, shares, list(range(len(shares))))
    assert found == pytest.approx(wanted / wanted.sum(1, keepdims=True), abs=1e-9)


@given(st.lists(st.lists(st.floats(0, 1), min_size=4, max_size=4), min_size=1, max_size=7))
def test_shares_stay_shares(weights: list[list[float]]) -> None:
    shares: Floats = np.array([[*w[:3], max(w[3], 1e-3)] for w in weights])
    shares /= shares.sum(1, keepdims=True)
    stated = {"website_items": (10_000, 0), "reviews": (5, 5)}
    near = Neighbours(NeighbourCounts(following={"O": {"O": 10**6}}, stated=stated), LABELS)
    text = passage("，".join(f"{i}条" for i in range(len(shares))))
    found = near.together(text, shares, list(range(len(shares))))
    assert np.isfinite(found).all() and (found >= 0).all() and found.sum(1) == pytest.approx(np.ones(len(found)))
    assert (found[shares == 0] == 0).all()


def test_they_are_kept_in_the_model_directory(tmp_path: Path) -> None:
    def model(name: str, files: dict[str, str]) -> Path:
        (tmp_path / name / "config.json").write_text(json.dumps({"kind": "linear", "files": files}), encoding="utf-8")
        return tmp_path / name

    for name in ("old", "new", "none", "broken"):
        (tmp_path / name).mkdir()
    learned = [Example(TWO, ("website_items", "wechat_items"))]
    old = open_model(model("old", write_neighbours(tmp_path / "old", learned)))
    new = open_model(model("new", write_neighbours(tmp_path / "new", learned, old)))
    counts = load_counts(new)
    assert counts is not None and counts.following == {"website_items": {"wechat_items": 2}}
    assert write_neighbours(tmp_path / "none", [Example(passage("甲1条。"), ("O",))]) == {}
    assert Neighbours.load(open_model(model("none", {})), LABELS) is None
    (tmp_path / "broken" / NEIGHBOURS).write_text("{}", encoding="utf-8")
    broken = open_model(model("broken", {NEIGHBOURS: file_hash(b"{}")}))
    with pytest.raises(BrokenFileError, match="something else"):
        load_counts(broken)


@pytest.mark.parametrize("kind", ["classifier", "linear"])
def test_the_models_that_come_with_gxml_read_sentences_whole(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model = chosen(kind)
    assert model is not None
    scorer = load_scorer(model)
    assert scorer.neighbours is not None
    text = "严格执行“一季度一发布”要求，应召开新闻发布会4场，实际召开3场。"
    lines = [ProseLine(text, (0, len(text)), 1, 1)]

    def shares() -> list[float]:
        return [f.confidence for f in ScoredReader(scorer).read(text, lines)]

    together = shares()
    monkeypatch.setattr(neighbours.Neighbours, "together", lambda self, passage, shares, values: shares)
    assert together != shares()

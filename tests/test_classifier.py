"""Inference: tokens, windows, labels, models; with a network of one table (tests/tiny_model.py)."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tomllib
from importlib.resources.abc import Traversable
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st
from tiny_model import FOLDER, LABELS

from gxml import models
from gxml.candidates import candidates
from gxml.classifier import Classifier, softmax
from gxml.errors import BrokenFileError, FileMissingError, UsageError
from gxml.facts import FactReader, ProseLine, RawFact, RuleReader
from gxml.facts_both import BothReader
from gxml.facts_reader import fact_reader, load_scorer
from gxml.facts_scored import ScoredReader, fits
from gxml.passages import Floats, Passage, allowed, fact_passage, joint_label, label_types, row_passage
from gxml.rowheads import decode_rows, row_heads
from gxml.synth_rows import labelled_row_text, labelled_rows
from gxml.tokens import SPECIALS, CharTokenizer, windows


@pytest.fixture(scope="module")
def tiny() -> Classifier:
    return Classifier.load(FOLDER)


@pytest.fixture
def own_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv(models.HOME_VARIABLE, str(tmp_path / "home"))
    return tmp_path / "home"


def prose(*texts: str) -> tuple[str, list[ProseLine]]:
    lines, at = [], 0
    for t in texts:
        lines.append(ProseLine(t, (at, at + len(t)), 1, 1))
        at += len(t) + 1
    return "\n".join(texts), lines


# ---- tokens ---------------------------------------------------------------------------------------------------------


def test_every_character_is_a_token() -> None:
    tokenizer = CharTokenizer([*SPECIALS, "\n", "\t", "7", "７", "条", "%"])
    encoded = tokenizer.encode("7\t７\n﹪龘条")
    assert encoded.ids == (6, 5, 7, 4, 9, 1, 8)  # ﹪ by its compatibility form, 龘 unknown
    assert [encoded.token_at(i) for i in range(8)] == [0, 1, 2, 3, 4, 5, 6, None]
    assert CharTokenizer.parse(tokenizer.dump()).characters == tokenizer.characters


@pytest.mark.parametrize("data", [b"[]", b"{", b'["[PAD]","[UNK]","[CLS]","[SEP]","ab"]', b"5"])
def test_a_damaged_vocabulary_is_refused(data: bytes) -> None:
    with pytest.raises(BrokenFileError):
        CharTokenizer.parse(data)


@given(
    st.integers(1, 400).flatmap(
        lambda n: st.tuples(st.just(n), st.sets(st.integers(0, n - 1)), st.integers(16, 80), st.integers(1, 6))
    )
)
def test_every_mark_stands_in_one_window_with_its_context(case: tuple[int, set[int], int, int]) -> None:
    length, places, size, context = case
    text = "".join(chr(0x4E00 + i) for i in range(length))
    tokenizer = CharTokenizer([*SPECIALS, *text])
    marks = sorted(places)
    found = list(windows(text, marks, tokenizer, size, context))
    assert [i for w in found for i, _ in w.marks] == list(range(len(marks)))
    for w in found:
        assert len(w.ids) <= size
        inside = "".join(tokenizer.characters[i] for i in w.ids[1:-1])
        start = text.index(inside)
        for i, place in w.marks:
            assert tokenizer.characters[w.ids[place]] == text[marks[i]]
            assert place - 1 >= min(context, marks[i])
            assert start + len(inside) - 1 - marks[i] >= min(context, length - 1 - marks[i])


def test_text_without_marks_is_not_looked_at() -> None:
    tokenizer = CharTokenizer([*SPECIALS, "a", "1"])
    found = list(windows("a" * 500 + "1" + "a" * 500, [500], tokenizer, 64, 10))
    assert [len(w.ids) for w in found] == [2 + 10 + 1 + 10]
    with pytest.raises(UsageError):
        list(windows("a1", [1], tokenizer, 16, 7))


# ---- the network ----------------------------------------------------------------------------------------------------


def test_marks_get_the_labels_of_the_network(tiny: Classifier) -> None:
    shares = tiny.probabilities(Passage("条7件8予", (1, 3, 4), "facts"))
    assert [LABELS[i] for i in shares.argmax(1)] == ["website_items", "rate", "O"]
    assert np.allclose(shares.sum(1), 1) and (shares[:, LABELS.index("row:requests.granted")] == 0).all()
    rows = tiny.probabilities(Passage("条7件8予", (1, 3, 4), "rows"))
    assert [LABELS[i] for i in rows.argmax(1)] == ["O", "O", "row:requests.granted"]
    assert tiny.probabilities(Passage("条", (), "facts")).shape == (0, len(LABELS))


def test_temperature_says_how_sure_a_probability_is(tiny: Classifier) -> None:
    passage = Passage("7", (0,), "facts")
    mild = tiny.config.model_copy(update={"temperature": {"facts": 4.0, "rows": 1.0}})
    soft = Classifier(mild, tiny._tokenizer, (FOLDER / "model.onnx").read_bytes())
    assert soft.probabilities(passage).max() < tiny.probabilities(passage).max()
    scores = np.array([[4.0, 2.0], [np.nan, np.nan]])
    assert np.allclose(softmax(scores, np.array([True, True]))[0, 0], 1 / (1 + np.exp(-2)))
    assert softmax(scores, np.array([True, True]))[1].tolist() == [1.0, 0.0]


def test_facts_have_all_that_the_rules_give(tiny: Classifier) -> None:
    text, lines = prose("网站发布信息7000余条，其中：政策7条，比例为85%。", "全年未收到申请；没有复议或诉讼。")
    reader: FactReader = ScoredReader(tiny)
    found = reader.read(text, lines)
    assert [(f.type, f.value, text[f.start : f.end]) for f in found] == [
        ("website_items", 7000, "7000"),
        ("website_items", 7, "7"),
        ("rate", 85, "85"),
        ("requests_received", 0, "未收到"),
        ("reviews", 0, "没有"),
        ("lawsuits", 0, "没有"),
    ]
    first, part = found[:2]
    assert first.approximate and first.raw_unit == "条" and first.unit == "条" and first.text == "网站发布信息7000余条"
    assert part.whole == first.start and not part.exhaustive and found[3].whole is None
    assert all(0.5 < f.confidence <= 1 for f in found)
    assert isinstance(RuleReader().read(text, lines)[0], RawFact)


@pytest.mark.parametrize("text", ["2017年", "第7次", "收费7元", "达到7%", "9%", "8条", "5条"])
def test_what_cannot_be_is_not_read(tiny: Classifier, text: str) -> None:
    assert len(candidates(prose(text)[1])) == 1
    assert ScoredReader(tiny).read(*prose(text)) == []


def test_people_are_no_events_and_a_telephone_line_is_no_number() -> None:
    (people,) = candidates(prose("出席新闻发布会25人次")[1])
    assert not fits(people, ["press_conferences"]) and fits(people, ["training_participants"])
    (line,) = candidates(prose("办理12345政务服务热线")[1])
    (count,) = candidates(prose("办理工单数12345")[1])
    assert not fits(line, ["hotline_cases"]) and fits(count, ["hotline_cases"])


def test_nothing_is_read_where_nothing_stands(tiny: Classifier) -> None:
    assert ScoredReader(tiny).read("", []) == []
    assert ScoredReader(tiny).read(*prose("一、总体情况")) == []


def test_passages_and_candidates_agree() -> None:
    _, lines = prose("一、总体情况", "网站发布信息１２条，微博３条。", "未收到申请。")
    passage, found = fact_passage(lines)
    assert found == candidates(lines)
    assert [passage.text[m] for m in passage.marks] == ["1", "3", "未"]
    assert passage.text.startswith("一、总体情况\n")


def test_joint_labels() -> None:
    assert joint_label(["lawsuits", "reviews"]) == "reviews+lawsuits"
    assert label_types("reviews+lawsuits") == ("reviews", "lawsuits")
    assert joint_label([]) == "O" and label_types("O") == () == label_types("row:requests.granted")
    assert allowed(["O", "rate", "row:x"], "rows").tolist() == [True, False, True]


# ---- rows -----------------------------------------------------------------------------------------------------------


def test_heads_that_generated_tables_have_are_marked() -> None:
    seen = [labelled_row_text(seed, damaged=0.0) for seed in range(14)]  # every layout twice
    assert sum(r.missed for r in seen) == 0
    cut = [
        r for r in labelled_rows(28, damaged=0.5)
    ]  # a head without its begin, in text without anything between cells
    assert sum(r.missed for r in cut) < 0.01 * sum(x != "O" for r in cut for x in r.labels)
    assert all(15 < sum(x != "O" for x in r.labels) <= 40 for r in seen)
    assert not any(ord(c) >= 0xF0000 for r in seen for c in r.passage.text)
    assert labelled_row_text(3) == labelled_row_text(3)


def test_whole_heads_are_read_whole() -> None:
    for r in labelled_rows(7, damaged=0.0):
        for mark, label in zip(r.passage.marks, r.labels, strict=True):
            if label == "row:requests.granted":
                assert "".join(r.passage.text[mark : mark + 12].split()).startswith("予以公开")
    lost = [sum(x != "O" for x in r.labels) for r in labelled_rows(14, damaged=1.0)]
    whole = [sum(x != "O" for x in r.labels) for r in labelled_rows(14, damaged=0.0)]
    assert sum(lost) < 0.8 * sum(whole)


def test_row_marks_stand_behind_enumerators() -> None:
    passage = row_passage("（一）予以公开00\n1．属于国家秘密\t0")
    assert [passage.text[m : m + 2] for m in passage.marks] == ["予以", "属于", "国家"]


def scores(*likely: dict[str, float], labels: tuple[str, ...]) -> Floats:
    out = np.full((len(likely), len(labels)), 1e-6)
    for row, shares in zip(out, likely, strict=True):
        for name, share in shares.items():
            row[labels.index(name)] = share
    return out


ROWS = ("O", "row:requests.granted", "row:requests.partly_granted", "row:requests.processed_total")


def test_the_order_of_the_form_breaks_ties() -> None:
    passage = Passage("甲乙丙", (0, 1, 2), "rows")
    shares = scores({ROWS[1]: 0.99}, {ROWS[1]: 0.5, ROWS[2]: 0.49, "O": 0.01}, {ROWS[3]: 0.9, "O": 0.1}, labels=ROWS)
    assert [h.row for h in decode_rows(passage, ROWS, shares)] == [x[4:] for x in ROWS[1:]]


def test_a_row_out_of_order_is_read_where_it_is_clear() -> None:
    passage = Passage("甲乙", (0, 1), "rows")
    found = decode_rows(passage, ROWS, scores({ROWS[2]: 1.0}, {ROWS[1]: 1.0}, labels=ROWS))
    assert [h.row for h in found] == ["requests.partly_granted", "requests.granted"]  # rows can be swapped
    unclear = scores({ROWS[2]: 1.0}, {ROWS[1]: 0.6, "O": 0.4}, labels=ROWS)
    assert [h.row for h in decode_rows(passage, ROWS, unclear)] == ["requests.partly_granted"]


def test_rows_are_found_in_text(tiny: Classifier) -> None:
    found = row_heads("（一）予以公开 1 2\n总计 3", tiny)
    assert [(h.start, h.row) for h in found] == [(3, "requests.granted")]
    assert found[0].confidence > 0.8


# ---- models ---------------------------------------------------------------------------------------------------------


def copy_of(tmp_path: Path, name: str = "copy") -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / name))


def test_damaged_models_are_refused(tmp_path: Path) -> None:
    folder = copy_of(tmp_path)
    with (folder / "model.onnx").open("ab") as file:
        file.write(b"\0")
    with pytest.raises(BrokenFileError, match=r"model\.onnx"):
        Classifier.load(folder)
    assert len(models.open_model(folder).problems()) == 1
    (folder / "model.onnx").unlink()
    with pytest.raises(FileMissingError):
        Classifier.load(folder)
    (folder / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(BrokenFileError):
        Classifier.load(folder)
    with pytest.raises(FileMissingError, match="no model"):
        Classifier.load(tmp_path / "nothing")


def test_a_config_with_unknown_keys_is_refused(tmp_path: Path) -> None:
    folder = copy_of(tmp_path)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps(config | {"extra": 1}), encoding="utf-8")
    with pytest.raises(BrokenFileError, match="extra"):
        Classifier.load(folder)


def test_a_model_is_chosen_by_name_and_by_folder(own_home: Path, tmp_path: Path) -> None:
    copy_of(own_home / "models", "mine")
    assert "mine" in [m.name for m in models.all_models()]
    assert models.use("mine").kind == "classifier"
    assert models.chosen("classifier") == models.find_model("mine")
    other = copy_of(tmp_path, "other")
    models.use(other)
    picked = models.chosen("classifier")
    assert picked is not None and picked.name == "other"
    assert isinstance(fact_reader("classifier"), ScoredReader) and isinstance(fact_reader(other), ScoredReader)
    assert isinstance(fact_reader("rules"), RuleReader) and isinstance(fact_reader(), BothReader)
    shutil.rmtree(other)
    with pytest.raises(FileMissingError):
        models.chosen("classifier")


def test_only_whole_classifiers_can_be_chosen(own_home: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        models.use("number_reader")
    with pytest.raises(FileMissingError, match="number_reader"):  # the hint names those that there are
        models.use("nothing")
    folder = copy_of(tmp_path)
    (folder / "README.md").unlink()
    with pytest.raises(BrokenFileError, match="card"):
        models.use(folder)
    assert not (own_home / "models.json").exists()


def test_shipped_models_are_whole(own_home: Path) -> None:
    shipped = [m for m in models.all_models() if m.shipped]
    assert {"number_reader", "linear", "classifier"} <= {m.name for m in shipped}
    assert {m.name: m.problems() for m in shipped} == {m.name: [] for m in shipped}


def test_a_model_can_be_trained_on_where_its_weights_are(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(ROOT / "models" / "classifier", folder)
    assert models.open_model(folder).trainable
    (folder / "checkpoint" / "model.safetensors").unlink()
    assert not models.open_model(folder).trainable


def test_every_shipped_file_goes_into_the_wheel() -> None:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    included = told["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    for m in models.all_models():
        if m.shipped:
            files = [f"models/{m.name}/{f}" for f in (*m.files, "config.json", "README.md")]
            assert f"models/{m.name}" in included or all(included.get(f) == f"gxml/_{f}" for f in files), m.name
    assert all((ROOT / f).exists() for f in included)
    assert not any("checkpoint" in f for f in included)


def test_rules_and_models_read_together_unless_told_otherwise(own_home: Path) -> None:
    text, lines = prose("官网那头，一年里头网站信息上新了88条。")
    assert isinstance(fact_reader(), BothReader) and isinstance(fact_reader("rules"), RuleReader)
    assert fact_reader() is fact_reader("auto")  # loaded once
    for name in ("auto", "linear", "classifier"):
        assert [(f.type, f.value) for f in fact_reader(name).read(text, lines)] == [("website_items", 88)], name
    assert isinstance(fact_reader("linear"), ScoredReader) and isinstance(fact_reader("classifier"), ScoredReader)


def test_without_models_the_rules_read_alone(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> Traversable:
        raise FileMissingError("This installation of gxml carries no models.")

    monkeypatch.setattr("gxml.models.shipped_models", none)
    assert models.all_models() == [] and isinstance(fact_reader(), RuleReader)
    for name in ("classifier", "models"):
        with pytest.raises(FileMissingError):
            fact_reader(name)


def test_the_models_without_the_rules_are_one_scorer() -> None:
    reader = fact_reader("models")
    assert isinstance(reader, ScoredReader)
    passage, _ = fact_passage([ProseLine("全年主动公开政府信息120条，举办培训3期。", (0, 21), 1, 1)])
    found = {name: load_scorer(models.find_model(name)) for name in ("classifier", "linear")}
    network, linear = (found[name].probabilities(passage) for name in found)
    both = reader.scorer.probabilities(passage)
    assert both.shape == network.shape and np.allclose(both.sum(1), 1)
    place = found["classifier"].labels.index("trainings")
    theirs = linear[1, found["linear"].labels.index("trainings")]
    assert min(network[1, place], theirs) < both[1, place] and both[1].argmax() == place


def test_reading_needs_no_torch() -> None:
    code = (
        "import sys; from gxml.facts_reader import fact_reader; import gxml.rowheads;"
        f"fact_reader({str(FOLDER)!r}); fact_reader('linear');"
        "print([m for m in ('torch', 'transformers', 'sklearn', 'datasets', 'tokenizers') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def run_cli(*arguments: str) -> tuple[int, str]:
    done = subprocess.run([sys.executable, "-m", "gxml", *arguments], capture_output=True, text=True, encoding="utf-8")
    return done.returncode, done.stdout + done.stderr


@pytest.mark.slow
def test_models_are_listed_verified_and_chosen_from_the_command_line(own_home: Path, tmp_path: Path) -> None:
    folder = copy_of(tmp_path, "mine")
    code, out = run_cli("models", "use", str(folder))
    assert (code, out.strip()) == (0, "mine is the classifier in use.")
    code, out = run_cli("models", "list")
    assert code == 0 and "number_reader" in out
    code, out = run_cli("models", "verify")
    assert code == 0 and "number_reader (number_reader): whole" in out
    (folder / "characters.json").write_text("[]", encoding="utf-8")
    code, out = run_cli("models", "verify", str(folder))
    assert code == 8 and "characters.json" in out
    assert run_cli("models", "use", "nothing")[0] == 3
    code, out = run_cli("train")
    assert code == 2 and "--annotations" in out

"""Training, with tiny networks: labels reach the right tokens, models come out whole, measures are true.

Needs the extra `train`, which `dev` does not carry: torch for processors is 190 MB to download and 800 MB on disk, the
rest of the extra half as much again, and these tests take about a minute. Without it they skip, and say so.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason='training is not tested: pip install ".[train]"')
pytest.importorskip("transformers", reason='training is not tested: pip install ".[train]"')
pytest.importorskip("sklearn", reason='training is not tested: pip install ".[train]"')
pytest.importorskip("onnx", reason='training is not tested: pip install ".[train]"')

from gxml import models
from gxml.classifier import Classifier
from gxml.errors import BrokenFileError, FileMissingError, UsageError
from gxml.evaluate_facts import FactScores, gold_of
from gxml.facts_reader import fact_reader
from gxml.passages import Passage
from gxml.synth import synthesise
from gxml.synth_facts import labelled_texts
from gxml.tokens import SPECIALS, WHITE, CharTokenizer, load_tokenizer
from gxml.train import Trained, train
from gxml.train_config import DataConfig, LinearConfig, NetworkConfig, TrainConfig, TrainingConfig, read_config
from gxml.train_data import IGNORED, Example, annotated, data_hash, dataset, generated_examples, label_set, splits
from gxml.train_network import find_base

pytestmark = pytest.mark.slow

SMALL: dict[str, Any] = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "max_position_embeddings": 128,
    "initializer_range": 0.1,
}
DATA = DataConfig(generated=6, rows=2, measured=3, measured_rows=2)
STEPS = TrainingConfig(max_steps=4, save_steps=2, batch=4, device="cpu", threads=1)
NETWORK = NetworkConfig(window=96, context=24, half_checkpoint=False)


@pytest.fixture(autouse=True)
def own_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(models.HOME_VARIABLE, str(tmp_path / "home"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


def text_characters() -> str:
    return "".join(sorted({c for t in labelled_texts("train", 6) for c in t.text if not c.isspace()}))


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny encoder with one token a character."""
    import torch
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("base")
    names = [*SPECIALS, *WHITE, " ", *text_characters()]
    BertModel(BertConfig(vocab_size=len(names), **SMALL), add_pooling_layer=False).save_pretrained(folder)
    (folder / "characters.json").write_bytes(CharTokenizer(names).dump())
    (folder / "ORIGIN.md").write_text("Made for a test.", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny checkpoint of the hub's kind, with a WordPiece tokenizer."""
    from transformers import BertConfig, BertForMaskedLM, BertTokenizerFast

    folder = tmp_path_factory.mktemp("hub")
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *text_characters()]
    pieces += [f"##{d}" for d in "0123456789"] + ["20", "##23", "2023"]
    vocabulary = {p: i for i, p in enumerate(dict.fromkeys(pieces))}
    BertTokenizerFast(vocab=vocabulary).save_pretrained(folder)
    BertForMaskedLM(BertConfig(vocab_size=len(vocabulary), **SMALL)).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def annotations(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Annotated generated reports of several issuers."""
    folder = tmp_path_factory.mktemp("annotations")
    list(synthesise(folder, 4, 50, ["text_tabs"], [None], annotate=True))
    return folder


def config(base: Path, **more: Any) -> TrainConfig:
    given: dict[str, Any] = {"name": "t", "base_model": str(base), "data": DATA, "training": STEPS, "network": NETWORK}
    return TrainConfig(**given | more)


@pytest.fixture(scope="module")
def trained(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trained]:
    yield train(config(base), tmp_path_factory.mktemp("out"), say=lambda _: None)


# ---- data -----------------------------------------------------------------------------------------------------------


def test_labels_stand_on_the_first_character_of_candidates() -> None:
    given = list(generated_examples(DataConfig(generated=2)))
    labels = label_set(given)
    tokenizer = CharTokenizer([*SPECIALS, *WHITE, *text_characters()])
    data = dataset(given, labels, tokenizer, 96, 24)
    stated = [x for e in given for x in e.labels if x != "O"]
    placed = [(r["input_ids"][i], labels[x]) for r in data for i, x in enumerate(r["labels"]) if x > 0]
    assert [x for _, x in placed] == stated and len(stated) > 10
    assert {tokenizer.characters[i] for i, _ in placed} <= set("0123456789一二三四五六七八九十百两未没无零不")
    assert all(len(r["labels"]) == len(r["input_ids"]) <= 96 for r in data)


def test_doubtful_candidates_and_unknown_ones_say_nothing() -> None:
    passage = Passage("7条8条9条", (0, 2, 4), "facts")
    example = Example(passage, ("website_items", None, "O"))
    tokenizer = CharTokenizer([*SPECIALS, *"789条"])
    (record,) = dataset([example], label_set([example]), tokenizer, 32, 6)
    assert [x != IGNORED for x in record["labels"]] == [False, True, False, False, False, True, False, False]


def test_issuers_are_never_on_both_sides(annotations: Path) -> None:
    documents = annotated(DataConfig(annotations=(annotations,)))
    for held_out, folds in ((0.3, None), (0.2, 2), (0.2, 100)):
        parts = splits(DataConfig(held_out=held_out, folds=folds), documents)
        for part in parts:
            assert part.held_out and part.train
            assert {d.issuer for d in part.train}.isdisjoint(d.issuer for d in part.held_out)
        if folds:
            assert sorted(d.path for p in parts for d in p.held_out) == sorted(d.path for d in documents)
    (alone,) = splits(DataConfig(), documents[:1])
    assert alone.train == tuple(documents[:1]) and alone.held_out == ()


def test_the_same_data_has_the_same_hash() -> None:
    first = data_hash(generated_examples(DataConfig(generated=2, rows=1)))
    assert first == data_hash(generated_examples(DataConfig(generated=2, rows=1)))
    assert first != data_hash(generated_examples(DataConfig(generated=2, rows=1, seed=1)))


# ---- the model directory --------------------------------------------------------------------------------------------


def test_training_writes_a_whole_model(trained: Trained) -> None:
    folder = Path(str(trained.model.folder))
    assert trained.model.problems() == []
    assert {p.name for p in folder.iterdir()} == {
        "README.md", "config.json", "measures.json", "neighbours.json", "characters.json", "model.onnx", "checkpoint"
    }  # fmt: skip
    assert (folder / "checkpoint" / "model.safetensors").is_file()
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert trained.model.config["training_data"] in card and "Made for a test." in card
    found = trained.measures["facts"]["generated"]["readers"]
    assert set(found) == {"rules", "after", "both"} and f"{found['rules']['f1']:.3f}" in card
    assert json.loads((folder / "measures.json").read_text(encoding="utf-8")) == trained.measures
    assert {"heads", "in_order"} <= set(trained.measures["rows"]["after, generated"])
    assert (folder.parent / "t-steps").is_dir() and not (folder.parent / "t-new").exists()


def test_a_changed_checkpoint_is_noticed(trained: Trained, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(Path(str(trained.model.folder)), tmp_path / "copy"))
    with (folder / "checkpoint" / "model.safetensors").open("ab") as file:
        file.write(b"\0")
    assert ["checkpoint" in p for p in models.open_model(folder).problems()] == [True]
    with pytest.raises(BrokenFileError):
        find_base(str(folder))
    shutil.rmtree(folder / "checkpoint")
    assert models.open_model(folder).problems() == []  # to read it is enough
    with pytest.raises(FileMissingError, match="checkpoint"):
        find_base(str(folder))


def test_the_exported_network_says_what_the_trained_one_says(trained: Trained) -> None:
    import torch
    from transformers import AutoModelForTokenClassification

    folder = Path(str(trained.model.folder))
    network = AutoModelForTokenClassification.from_pretrained(folder / "checkpoint").eval()
    scorer = Classifier.load(folder)
    text = next(labelled_texts("eval", 1)).text[:60]
    ids = [2, *scorer._tokenizer.encode(text).ids, 3]
    with torch.no_grad():
        wanted = network(torch.tensor([ids])).logits[0].numpy()
    found = scorer._session.run(None, {"input_ids": np.array([ids]), "attention_mask": np.ones((1, len(ids)), int)})[0]
    assert np.abs(found[0] - wanted).max() < 0.15 * np.abs(wanted).max()
    assert network.config.id2label == dict(enumerate(scorer.labels))


def test_fine_tuning_keeps_the_head_and_shows_before_and_after(
    trained: Trained, annotations: Path, tmp_path: Path
) -> None:
    own = Path(str(trained.model.folder))
    data = DataConfig(annotations=(annotations,), generated=2, measured=2, held_out=0.3)
    again = train(config(own, data=data, name="u"), tmp_path, say=lambda _: None)
    documents = again.measures["facts"]["documents"]
    assert set(documents["readers"]) == {"rules", "before", "after", "both"} and set(documents["margins"]) == {"rules", "before"}
    before = fact_reader(own)
    after = fact_reader(Path(str(again.model.folder)))
    assert set(before.labels) <= set(after.labels)  # type: ignore[attr-defined]
    old, new = before.scorer.neighbours.counts.stated, after.scorer.neighbours.counts.stated  # type: ignore[attr-defined]
    assert all(new[kind][0] >= n for kind, (n, _) in old.items()) and new != old
    assert again.model.config["base"] == "t"


def test_folds_measure_every_document(base: Path, annotations: Path, tmp_path: Path) -> None:
    data = DataConfig(annotations=(annotations,), folds=2, measured=0)
    found = train(config(base, data=data), tmp_path, say=lambda _: None)
    assert found.measures["folds"] == 2 and found.measures["facts"]["documents"]["documents"] == 4
    assert found.measures["trained_on"]["documents"] == 4
    assert sorted(p.name for p in tmp_path.iterdir() if "fold" in p.name) == []


def test_training_goes_on_where_it_stopped(base: Path, tmp_path: Path) -> None:
    from safetensors.numpy import load_file

    def weights(folder: str) -> dict[str, Any]:
        return load_file(tmp_path / folder / "t" / "checkpoint" / "model.safetensors")

    data = DataConfig(generated=3, measured=1)
    settings = config(base, data=data)
    train(settings, tmp_path / "a", say=lambda _: None)
    whole = weights("a")
    train(settings, tmp_path / "b", say=lambda _: None)
    assert all(np.array_equal(whole[k], v) for k, v in weights("b").items())  # the same seed, the same weights
    for step in (tmp_path / "b" / "t-steps").glob("checkpoint-4"):
        for file in step.iterdir():
            file.unlink()
        step.rmdir()  # as if it had stopped behind step 2
    train(settings, tmp_path / "b", resume=True, say=lambda _: None)
    state = json.loads((tmp_path / "b" / "t-steps" / "checkpoint-4" / "trainer_state.json").read_text(encoding="utf-8"))
    assert state["global_step"] == 4
    assert all(np.allclose(whole[k], v, atol=1e-5) for k, v in weights("b").items())
    with pytest.raises(UsageError, match="another training"):
        train(settings.model_copy(update={"seed": 5}), tmp_path / "b", resume=True, say=lambda _: None)


def test_a_network_learns(base: Path, tmp_path: Path) -> None:
    data = DataConfig(generated=4, measured=2)
    more = TrainingConfig(max_steps=500, learning_rate=5e-3, batch=4, device="cpu", threads=1, save_steps=500)
    model = train(config(base, data=data, training=more), tmp_path, say=lambda _: None).model
    reader = fact_reader(Path(str(model.folder)))
    right = total = 0
    for e in generated_examples(data):
        shares = reader.scorer.probabilities(e.passage)  # type: ignore[attr-defined]
        right += sum(reader.labels[i] == x for i, x in zip(shares.argmax(1), e.labels, strict=True))  # type: ignore[attr-defined]
        total += len(e.labels)
    plain = max(np.unique([x for e in generated_examples(data) for x in e.labels], return_counts=True)[1])
    assert right / total > plain / total + 0.1


# ---- checkpoints of the hub -----------------------------------------------------------------------------------------


def test_a_checkpoint_with_subwords_is_trained_on_and_read_with(hub: Path, tmp_path: Path) -> None:
    done = train(config(hub), tmp_path, say=lambda _: None)
    folder = Path(str(done.model.folder))
    assert done.model.config["tokenizer"] == "subwords" and done.model.problems() == []
    tokenizer = load_tokenizer("subwords", (folder / "tokenizer.json").read_bytes())
    text = "2023年\n公开7条\t2345"
    encoded = tokenizer.encode(text)
    pieces = [text[a:b] for a, b in zip(encoded.starts, encoded.ends, strict=True)]
    assert pieces == ["2023", "年", "\n", "公", "开", "7", "条", "\t", "2", "3", "4", "5"]
    assert encoded.token_at(0) == encoded.token_at(3) == 0 and encoded.token_at(5) == 2
    scorer = Classifier.load(folder)
    assert scorer.probabilities(Passage(text, (0, 8), "facts")).shape == (2, len(scorer.labels))
    again = train(config(folder, name="v"), tmp_path, say=lambda _: None)  # and trained on once more
    assert again.model.config["tokenizer"] == "subwords"
    assert again.model.files["tokenizer.json"] == done.model.files["tokenizer.json"]


def test_a_base_that_is_not_there() -> None:
    with pytest.raises(FileMissingError, match="nobody/nothing"):
        find_base("nobody/nothing")


# ---- the linear baseline --------------------------------------------------------------------------------------------


def test_the_linear_baseline_comes_from_the_same_command(tmp_path: Path) -> None:
    data = DataConfig(generated=60, measured=10)
    told = TrainConfig(kind="linear", name="l", data=data, linear=LinearConfig(bits=14))
    done = train(told, tmp_path, say=lambda _: None)
    assert done.model.kind == "linear" and done.model.problems() == []
    found = done.measures["facts"]["generated"]["readers"]["after"]
    assert found["f1"] > 0.4, found
    reader = fact_reader(Path(str(done.model.folder)))
    scores = FactScores()
    for t in labelled_texts("eval", 10, 1_000_000):
        scores.update(gold_of(t.candidates), reader.read(t.text, t.lines))
    assert scores.summary(0).all.f1 == pytest.approx(found["f1"], abs=1e-4)


def test_without_a_network_annotations_make_the_linear_models_anew(
    annotations: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each is measured on documents kept apart, beside the model that comes with gxml."""
    from gxml import train_config
    from gxml.cli import main

    small = tuple(
        c.model_copy(update={"data": c.data.model_copy(update={"generated": 0, "rows": 0, "measured": 0})})
        for c in train_config.RETRAINING
    )
    assert [c.kind for c in small] == ["linear", "rows"]
    monkeypatch.setattr(train_config, "RETRAINING", small)
    monkeypatch.setattr(models.ModelDir, "trainable", False)  # as in the wheel
    with pytest.raises(SystemExit) as ended:
        main(["train", "--annotations", str(annotations), "--out", str(tmp_path / "out")])
    out = capsys.readouterr().out
    assert ended.value.code in (0, None), out
    for name in ("linear", "rows"):
        model = models.open_model(tmp_path / "out" / name)
        measures = json.loads((tmp_path / "out" / name / "measures.json").read_text("utf-8"))
        assert (model.kind, model.problems(), measures["trained_on"]["documents"]) == (name, [], 3)
    assert {"before, documents", "after, documents"} == set(measures["rows"])
    assert measures["rows"]["before, documents"]["in_order"] > 0.9


def test_the_command_prints_scores(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from gxml.cli import main

    told = tmp_path / "linear.toml"
    told.write_text('kind = "linear"\nname = "l"\n[data]\ngenerated = 5\nmeasured = 2\n', encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["train", str(told), "--out", str(tmp_path / "out"), "--name", "other"])
    out = capsys.readouterr().out
    assert ended.value.code in (0, None) and "generated (2)" in out and "against rules" in out
    assert models.open_model(tmp_path / "out" / "other").problems() == []


# ---- configuration --------------------------------------------------------------------------------------------------


def test_configurations_that_come_with_gxml_are_valid() -> None:
    folder = Path(__file__).parent.parent / "training" / "classifier"
    found = sorted(folder.glob("*.toml"))
    assert len(found) >= 3
    for path in found:
        assert read_config(path).name


def test_wrong_configurations_say_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    for text, says in (("[data]\nx = 1", r"data\.x"), ("name = ", "TOML"), ("seed = -1", "seed")):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(UsageError, match=says):
            read_config(path)
    with pytest.raises(FileMissingError):
        read_config(tmp_path / "nothing.toml")


def test_every_key_is_explained() -> None:
    for model in (TrainConfig, DataConfig, TrainingConfig, NetworkConfig, LinearConfig):
        for name, field in model.model_fields.items():
            plain = field.annotation in (float, int) or re.search("Config", str(field.annotation))
            assert field.description or plain, name

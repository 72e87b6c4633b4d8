"""Training of the token classifier with transformers, and its export to ONNX with 8-bit weights.

Needs the extra `train`. Any checkpoint that `AutoModelForTokenClassification` loads can be the base: gxml's own, with a
token for each character, or one of the hub with subwords, which learns line ends and tabs as new tokens.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import __version__
from .classifier import NETWORK, Classifier, ClassifierConfig, dump_config
from .errors import BrokenFileError, FileMissingError, MissingToolError, UsageError
from .models import CHECKPOINT, CONFIG, WEIGHTS, ModelDir, chosen, find_model, open_model
from .networks import quiet
from .passages import NOTHING, Kind
from .tokens import WHITE, CharTokenizer, Tokenizer, file_hash, hash_file, load_tokenizer, tokenizer_file
from .train_config import TrainConfig
from .train_data import IGNORED, Example, data_hash, dataset, fitted_temperature, label_set, write_neighbours

_RUN = "run.json"
_OPSET = 17
_STEP_LOG = 20


@dataclass(frozen=True, slots=True)
class Base:
    """What training starts from.

    Attributes:
        name: For people.
        checkpoint: Folder or hub name that transformers loads.
        model: The gxml model that it belongs to, if it is one.
        labels: That its head knows; none where its head is new.
    """

    name: str
    checkpoint: str
    model: ModelDir | None
    labels: tuple[str, ...]


def need_training_tools() -> None:
    """Check that the extra is installed.

    Raises:
        MissingToolError: It is not.
    """
    try:
        import accelerate  # noqa: F401
        import datasets  # noqa: F401
        import onnx  # noqa: F401
        import torch  # noqa: F401
        import transformers  # noqa: F401
    except ImportError as e:
        raise MissingToolError(f"Training needs {e.name}.", hint='Install it: pip install "gxml[train]".') from e


def find_base(name: str | None) -> Base:
    """Find what training starts from: a folder, a model of gxml, or a name on the hub; None for the classifier in use.

    Raises:
        FileMissingError: There is none, or a model came without its checkpoint.
    """
    from transformers import AutoConfig

    model: ModelDir | None = None
    if name is None:
        model = chosen("classifier")
        if model is None:
            raise FileMissingError(
                "There is no classifier to start from.", hint="Name a checkpoint: base_model, or --base-model."
            )
    else:
        try:
            model = find_model(name)
        except (FileMissingError, BrokenFileError):
            model = None  # a checkpoint, or a name on the hub
    checkpoint = name or ""
    if model is not None:
        folder = Path(str(model.folder)) / CHECKPOINT
        if not model.trainable:
            raise FileMissingError(
                f"The model {model.name} came without its {CHECKPOINT}, which training starts from.",
                hint="Take the one of gxml's repository (models/), or name another base.",
            )
        wanted = model.config.get(CHECKPOINT)
        if wanted and hash_file(folder / WEIGHTS) != wanted:
            raise BrokenFileError(f"{folder / WEIGHTS} is not the file that {CONFIG} names.")
        checkpoint = str(folder)
    try:
        found = AutoConfig.from_pretrained(checkpoint)
    except (OSError, ValueError) as e:
        raise FileMissingError(f"There is no checkpoint {checkpoint}: {str(e).splitlines()[0]}") from e
    names = tuple(found.id2label[i] for i in range(len(found.id2label or {})))
    shown = model.name if model else Path(checkpoint).name if Path(checkpoint).is_dir() else checkpoint
    return Base(shown, checkpoint, model, names if names[:1] == (NOTHING,) else ())


def fit(
    config: TrainConfig,
    base: Base,
    examples: Sequence[Example],
    calibration: Sequence[Example],
    out: Path,
    resume: bool,
) -> ModelDir:
    """Train a classifier and write its model directory, without a card.

    Args:
        config: Everything that can be set.
        base: What training starts from.
        examples: What is learned.
        calibration: Examples outside of training that say how sure a probability is.
        out: The model directory; the steps of the training are beside it, in OUT-steps.
        resume: Go on from the last step there.

    Raises:
        UsageError: There is nothing to learn, or the steps there are of another training.
    """
    import torch
    from transformers import set_seed

    if config.training.threads:
        torch.set_num_threads(config.training.threads)
    set_seed(config.seed)
    labels = label_set(examples, base.labels)
    kind, data = _tokenizer(base)
    tokenizer = load_tokenizer(kind, data)
    network = _network(config, base, labels, _vocabulary(kind, data))
    limit = getattr(network.config, "max_position_embeddings", config.network.window)
    window = min(config.network.window, limit)
    learned = dataset(examples, labels, tokenizer, window, config.network.context, config.data.masked)
    if len(learned) == 0:
        raise UsageError("There is nothing to learn from.", hint="Name annotations, or let texts be generated.")
    _train(config, network, learned, _padding(tokenizer, base), out, resume, data_hash(examples))
    return _write(config, base, network, labels, (kind, data), window, examples, calibration, out)


# ---- base -----------------------------------------------------------------------------------------------------------


def _tokenizer(base: Base) -> tuple[Any, bytes]:
    """Return kind and bytes of the tokenizer of a base."""
    own = Path(base.checkpoint) / tokenizer_file("characters")
    if own.is_file():
        return "characters", own.read_bytes()
    from tokenizers import AddedToken
    from transformers import AutoTokenizer

    hub = AutoTokenizer.from_pretrained(base.checkpoint, use_fast=True)
    if not getattr(hub, "is_fast", False):
        raise UsageError(f"{base.name} has no fast tokenizer, which tells where its tokens stand.")
    hub.add_tokens([AddedToken(c, normalized=False, lstrip=False, rstrip=False) for c in WHITE])
    return "subwords", str(hub.backend_tokenizer.to_str()).encode()


def _vocabulary(kind: str, data: bytes) -> int:
    """Return how many tokens a tokenizer has."""
    if kind == "characters":
        return len(CharTokenizer.parse(data).characters)
    import tokenizers

    return int(tokenizers.Tokenizer.from_str(data.decode()).get_vocab_size(with_added_tokens=True))


def _padding(tokenizer: Tokenizer, base: Base) -> int:
    if isinstance(tokenizer, CharTokenizer):
        return 0
    from transformers import AutoConfig

    return int(getattr(AutoConfig.from_pretrained(base.checkpoint), "pad_token_id", 0) or 0)


def _network(config: TrainConfig, base: Base, labels: tuple[str, ...], vocabulary: int) -> Any:
    """Load the network of a base with a head for `labels`; what its head knows of them is kept."""
    from transformers import AutoConfig, AutoModelForTokenClassification

    settings = AutoConfig.from_pretrained(base.checkpoint)
    if config.network.layers:
        settings.num_hidden_layers = min(config.network.layers, settings.num_hidden_layers)
    if config.training.dropout is not None:
        settings.hidden_dropout_prob = settings.attention_probs_dropout_prob = config.training.dropout
    kept = base.labels or labels
    settings.num_labels = len(kept)
    settings.id2label, settings.label2id = dict(enumerate(kept)), {x: i for i, x in enumerate(kept)}
    # eager attention: the exporter cannot follow the fused one
    network = AutoModelForTokenClassification.from_pretrained(
        base.checkpoint, config=settings, attn_implementation="eager", ignore_mismatched_sizes=True
    ).float()
    if vocabulary > network.get_input_embeddings().num_embeddings:
        network.resize_token_embeddings(vocabulary)
    if kept != labels:
        _widen_head(network, kept, labels)
    return network


def _widen_head(network: Any, old: Sequence[str], labels: Sequence[str]) -> None:
    import torch

    head = network.classifier
    wider = torch.nn.Linear(head.in_features, len(labels))
    with torch.no_grad():
        wider.weight.normal_(0.0, 0.02)
        wider.bias.zero_()
        for i, x in enumerate(labels):
            if x in old:
                wider.weight[i], wider.bias[i] = head.weight[old.index(x)], head.bias[old.index(x)]
    network.classifier = wider
    network.num_labels = network.config.num_labels = len(labels)
    network.config.id2label = dict(enumerate(labels))
    network.config.label2id = {x: i for i, x in enumerate(labels)}


# ---- training -------------------------------------------------------------------------------------------------------


def _train(config: TrainConfig, network: Any, learned: Any, padding: int, out: Path, resume: bool, data: str) -> None:
    import torch
    from transformers import Trainer, TrainingArguments
    from transformers.trainer_utils import get_last_checkpoint

    def collate(records: list[dict[str, list[int]]]) -> dict[str, Any]:
        longest = max(len(r["input_ids"]) for r in records)

        def filled(key: str, value: int) -> Any:
            return torch.tensor([r[key] + [value] * (longest - len(r[key])) for r in records])

        mask = [[1] * len(r["input_ids"]) + [0] * (longest - len(r["input_ids"])) for r in records]
        return {
            "input_ids": filled("input_ids", padding),
            "attention_mask": torch.tensor(mask),
            "labels": filled("labels", IGNORED),
        }

    t = config.training
    steps_folder = out.parent / f"{out.name}-steps"
    last = _last_step(config, steps_folder, data, resume, get_last_checkpoint)
    steps = t.max_steps if t.max_steps > 0 else int(t.epochs * -(-len(learned) // t.batch))
    trainer = Trainer(
        model=network,
        args=TrainingArguments(
            output_dir=str(steps_folder),
            num_train_epochs=t.epochs,
            max_steps=t.max_steps,
            per_device_train_batch_size=t.batch,
            learning_rate=t.learning_rate,
            warmup_steps=round(t.warmup * steps),
            weight_decay=t.weight_decay,
            save_strategy="steps",
            save_steps=t.save_steps,
            save_total_limit=2,
            logging_steps=_STEP_LOG,
            report_to="none",
            seed=config.seed,
            data_seed=config.seed,
            use_cpu=t.device == "cpu" or not torch.cuda.is_available(),
            bf16=t.half,
            dataloader_pin_memory=False,
        ),
        train_dataset=learned,
        data_collator=collate,
    )
    trainer.train(resume_from_checkpoint=last)
    # without what computes in 16 bits, which an export would write down, too
    trainer.accelerator.unwrap_model(network, keep_fp32_wrapper=False)
    network.to("cpu").eval()


def _last_step(config: TrainConfig, folder: Path, data: str, resume: bool, find: Any) -> str | None:
    """Return the checkpoint to go on from; a fresh start clears the folder."""
    told = config.model_dump(mode="json", exclude={"name"})
    told["data"] = data
    told["training"].pop("threads")
    if resume and (folder / _RUN).is_file():
        if json.loads((folder / _RUN).read_text(encoding="utf-8")) != told:
            raise UsageError(f"The steps in {folder} are of another training.", hint="Train without --resume.")
        found = find(str(folder))
        return None if found is None else str(found)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / _RUN).write_text(json.dumps(told), encoding="utf-8")
    return None


# ---- export ---------------------------------------------------------------------------------------------------------


def _write(
    config: TrainConfig,
    base: Base,
    network: Any,
    labels: tuple[str, ...],
    tokenizer: tuple[Any, bytes],
    window: int,
    examples: Sequence[Example],
    calibration: Sequence[Example],
    out: Path,
) -> ModelDir:
    """Write a model directory; it takes the place of one that is there."""
    kind, data = tokenizer
    name = tokenizer_file(kind)
    fresh = out.parent / f"{out.name}-new"
    shutil.rmtree(fresh, ignore_errors=True)
    (fresh / CHECKPOINT).mkdir(parents=True)
    (fresh / name).write_bytes(data)
    (fresh / CHECKPOINT / name).write_bytes(data)
    quantised(network, fresh / NETWORK)
    near = write_neighbours(fresh, examples, base.model)
    whole = ClassifierConfig(
        labels=labels,
        tokenizer=kind,
        window=window,
        context=config.network.context,
        temperature={"facts": 1.0, "rows": 1.0},
        files={f: file_hash((fresh / f).read_bytes()) for f in (name, NETWORK)} | near,
        checkpoint="",
        training_data=data_hash(examples),
        base=base.name,
        seed=config.seed,
        gxml=__version__,
    )
    scorer = Classifier(whole, load_tokenizer(kind, data), (fresh / NETWORK).read_bytes())
    kinds: tuple[Kind, ...] = ("facts", "rows")
    temperature = {k: fitted_temperature(scorer, calibration, k) for k in kinds}
    if config.network.half_checkpoint:
        network = network.half()
    network.save_pretrained(fresh / CHECKPOINT)
    weights = hash_file(fresh / CHECKPOINT / WEIGHTS)
    (fresh / CONFIG).write_bytes(
        dump_config(whole.model_copy(update={"temperature": temperature, "checkpoint": weights}))
    )
    shutil.rmtree(out, ignore_errors=True)
    fresh.rename(out)
    return open_model(out)


def quantised(network: Any, path: Path) -> None:
    """Write a network as ONNX with 8-bit weights.

    Weights keep 7 of the 8 bits: with all of them, processors without VNNI overflow and read otherwise than others.
    """
    import torch

    quiet()
    from onnxruntime.quantization import QuantType, quantize_dynamic

    class Logits(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            return self.network(input_ids=input_ids, attention_mask=attention_mask).logits

    ids = torch.ones((1, 24), dtype=torch.long)
    names = ["input_ids", "attention_mask"]
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole.onnx"
        axes = {n: {0: "batch", 1: "tokens"} for n in [*names, "logits"]}
        with torch.no_grad(), warnings.catch_warnings():
            # the older of torch's two exporters needs no further package; it warns that it is the older
            warnings.simplefilter("ignore")
            torch.onnx.export(
                Logits().eval(),
                (ids, torch.ones_like(ids)),
                str(whole),
                input_names=names,
                output_names=["logits"],
                dynamic_axes=axes,
                opset_version=_OPSET,
                dynamo=False,
            )
        quantize_dynamic(
            whole,
            path,
            op_types_to_quantize=["MatMul", "Gemm", "Gather"],
            weight_type=QuantType.QInt8,
            per_channel=True,
            reduce_range=True,
        )

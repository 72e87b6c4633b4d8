"""What `gxml train` is told: a TOML file with the keys of `TrainConfig`, each explained here.

training/classifier/*.toml are examples.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .errors import FileMissingError, UsageError


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DataConfig(_Part):
    """What is learned from and what is measured on."""

    annotations: tuple[Path, ...] = Field((), description="Folders of annotations (annotations/GUIDELINES.md).")
    reports: tuple[Path, ...] | None = Field(
        None, description="Folders of the annotated documents; GXML_REPORTS without it."
    )
    repeat: int = Field(1, ge=1, description="How often each annotated document is seen for each generated one.")
    generated: int = Field(0, ge=0, description="Texts of generated prose, about fifteen sentences each.")
    noisy: float = Field(0.25, ge=0, le=1, description="Share of them with errors as a bad scan has them.")
    noise: float = Field(0.03, ge=0, le=0.5, description="Share of wrong characters in these.")
    masked: float = Field(
        0.0, ge=0, le=0.5, description="Share of the characters that training hides, so that no single one decides."
    )
    rows: int = Field(0, ge=0, description="Generated tables whose layout is lost.")
    damaged: float = Field(0.15, ge=0, le=1, description="Share of damaged or lost heads of rows in them.")
    held_out: float = Field(
        0.2, ge=0, lt=1, description="Share of the issuers of annotations that is kept for measuring; 0 for none."
    )
    folds: int | None = Field(
        None,
        ge=2,
        description="Instead of `held_out`: train once for each fold without its issuers and measure on them, then on "
        "all documents. More folds than issuers leave out one issuer at a time.",
    )
    measured: int = Field(200, ge=0, description="Generated texts to measure on, from templates kept from training.")
    measured_rows: int = Field(60, ge=0, description="Generated tables to measure on, if `rows` is above 0.")
    seed: int = Field(0, ge=0, description="Of generated texts and of the choice of issuers.")


class TrainingConfig(_Part):
    """How the network is trained (transformers' Trainer)."""

    epochs: float = Field(3.0, gt=0, description="Passes over the data.")
    max_steps: int = Field(-1, ge=-1, description="Stop after so many steps; -1 for all epochs.")
    batch: int = Field(8, ge=1, description="Windows in a step; 8 is better than 32 where steps are few.")
    learning_rate: float = Field(1e-4, gt=0)
    warmup: float = Field(0.06, ge=0, lt=1, description="Share of the steps in which the learning rate rises.")
    weight_decay: float = Field(0.01, ge=0)
    dropout: float | None = Field(None, ge=0, lt=1, description="Of the network; as in the base without it.")
    save_steps: int = Field(200, ge=1, description="Steps between checkpoints, from which --resume goes on.")
    threads: int = Field(0, ge=0, description="Threads of torch; 0 leaves it to torch.")
    half: bool = Field(
        False, description="Multiply in bfloat16: two to three times as fast on processors with AMX, slow on others."
    )
    device: Literal["auto", "cpu"] = Field("auto", description="auto takes a GPU where there is one.")


class NetworkConfig(_Part):
    """The network beside its base."""

    window: int = Field(256, ge=16, le=512, description="Most tokens that it sees at once.")
    context: int = Field(56, ge=1, description="Tokens on both sides of a mark, where the text has them.")
    layers: int | None = Field(None, ge=1, description="Keep only the first layers of the base.")
    half_checkpoint: bool = Field(
        True, description="Keep the checkpoint to train on in 16-bit floats: half the size, same results."
    )


class LinearConfig(_Part):
    """The linear baseline (scikit-learn)."""

    penalty: float = Field(0.5, gt=0, description="C of the linear SVM.")
    bits: int = Field(17, ge=10, le=22, description="Features are hashed into two to this power.")


class TrainConfig(_Part):
    """All of it."""

    kind: Literal["classifier", "linear", "rows"] = Field(
        "classifier", description="Network, linear baseline, or a linear model of heads of rows alone."
    )
    name: str = Field("classifier", pattern=r"^[\w.-]+$", description="Of the model directory.")
    base_model: str | None = Field(
        None,
        description="What training starts from: a folder (a Hugging Face checkpoint, or a model directory of gxml), a "
        "model of `gxml models list`, or a name on the Hugging Face hub. Without it the classifier in use.",
    )
    seed: int = Field(0, ge=0, description="Of training; the same seed on the same machine gives the same weights.")
    data: DataConfig = Field(default_factory=DataConfig)
    training: TrainingConfig = Field(default_factory=TrainingConfig)
    network: NetworkConfig = Field(default_factory=NetworkConfig)
    linear: LinearConfig = Field(default_factory=LinearConfig)


FINE_TUNING = TrainConfig(
    data=DataConfig(generated=200, repeat=3, folds=None),
    training=TrainingConfig(epochs=3, learning_rate=5e-5),
)
"""For `gxml train --annotations FOLDER` without a file: the model in use learns from new annotations, with some
generated text among them so that it keeps what it knows."""


RETRAINING = (
    TrainConfig(kind="linear", name="linear", data=DataConfig(generated=1500, noisy=0.2, repeat=3)),
    TrainConfig(
        kind="rows",
        name="rows",
        data=DataConfig(rows=160, damaged=0.3, repeat=3, measured=0),
        linear=LinearConfig(bits=16),
    ),
)
"""The same where no network is in use: the linear models are made anew, from generated texts and the annotations."""


def read_config(path: Path) -> TrainConfig:
    """Read a configuration; relative folders in it are taken from its own.

    Raises:
        FileMissingError: There is no such file.
        UsageError: It is not valid.
    """
    try:
        config = TrainConfig.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as e:
        raise FileMissingError(f"{path} cannot be read: {e.strerror or e}.") from e
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise UsageError(f"{path} is no TOML file: {e}.") from e
    except ValidationError as e:
        first = e.errors()[0]
        where = ".".join(map(str, first["loc"])) or "file"
        raise UsageError(f"{path}: {where}: {first['msg']}.", hint="Keys are explained in gxml/train_config.py.") from e
    here = path.resolve().parent

    def whole(folders: tuple[Path, ...]) -> tuple[Path, ...]:
        return tuple(here / f for f in folders)

    data = config.data.model_copy(
        update={
            "annotations": whole(config.data.annotations),
            "reports": None if config.data.reports is None else whole(config.data.reports),
        }
    )
    base = config.base_model
    if base is not None and (here / base).is_dir():
        base = str(here / base)
    return config.model_copy(update={"data": data, "base_model": base})

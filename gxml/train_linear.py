"""Training of the linear baseline (scikit-learn)."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from . import __version__
from .classifier import dump_config
from .errors import MissingToolError, UsageError
from .linear import WEIGHTS, LinearModelConfig, LinearScorer, vectors
from .models import CONFIG, ModelDir, open_model
from .passages import NOTHING
from .tokens import hash_file
from .train_config import TrainConfig
from .train_data import Example, data_hash, fitted_temperature, label_set

_NEVER = -100.0
"""Score of a label that training never saw."""


def fit_linear(config: TrainConfig, examples: Sequence[Example], calibration: Sequence[Example], out: Path) -> ModelDir:
    """Train the baseline and write its model directory, without a card.

    Raises:
        MissingToolError: scikit-learn is not installed.
        UsageError: There is nothing to learn.
    """
    try:
        from scipy import sparse
        from sklearn.svm import LinearSVC
    except ImportError as e:
        raise MissingToolError(f"Training needs {e.name}.", hint='Install it: pip install "gxml[train]".') from e

    bits = config.linear.bits
    labels = label_set(examples)
    rows: list[Any] = []
    wanted: list[int] = []
    for example in examples:
        known = [i for i, x in enumerate(example.labels) if x is not None]
        if known:
            rows.append(vectors(example.passage, bits)[known])
            wanted += [labels.index(str(example.labels[i])) for i in known]
    seen = sorted(set(wanted))
    if len(seen) < 2:
        raise UsageError("There is nothing to learn from.", hint="Name annotations, or let texts be generated.")
    machine = LinearSVC(C=config.linear.penalty, random_state=config.seed).fit(sparse.vstack(rows), wanted)
    planes, offsets = np.atleast_2d(machine.coef_), np.atleast_1d(machine.intercept_)
    if len(seen) == 2:  # one plane between two classes
        planes, offsets = np.vstack([-planes, planes]), np.hstack([-offsets, offsets])
    weights = np.zeros((len(labels), 2**bits), np.float32)
    bias = np.full(len(labels), _NEVER)
    weights[seen], bias[seen] = planes, offsets

    fresh = out.parent / f"{out.name}-new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    columns = np.flatnonzero(np.abs(weights).max(0) > 0)
    np.savez_compressed(fresh / WEIGHTS, columns=columns, weights=weights[:, columns].astype(np.float16), bias=bias)
    told = LinearModelConfig(
        labels=labels,
        bits=bits,
        temperature={"facts": 1.0, "rows": 1.0},
        files={WEIGHTS: hash_file(fresh / WEIGHTS)},
        training_data=data_hash(examples),
        seed=config.seed,
        gxml=__version__,
    )
    scorer = LinearScorer(told, weights.astype(np.float16).astype(np.float32), bias)
    temperature = {k: fitted_temperature(scorer, calibration, k) for k in told.temperature}
    (fresh / CONFIG).write_bytes(dump_config(told.model_copy(update={"temperature": temperature})))
    shutil.rmtree(out, ignore_errors=True)
    fresh.rename(out)
    assert labels[0] == NOTHING
    return open_model(out)

"""Training of the linear baseline (scikit-learn)."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from . import __version__
from .classifier import dump_config
from .errors import MissingToolError, UsageError
from .linear import WEIGHTS, LinearModelConfig, LinearScorer, columns
from .models import CONFIG, ModelDir, open_model
from .passages import NOTHING, ROW
from .tokens import hash_file
from .train_config import TrainConfig
from .train_data import Example, data_hash, fitted_temperature, label_set, write_neighbours

_NEVER = -100.0
"""Score of a label that training never saw."""
_LEAST = 0.004
"""Columns whose weights all are smaller are left out."""


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
    if config.kind == "rows":
        labels = tuple(x for x in labels if x == NOTHING or x.startswith(ROW))
    rows: list[dict[int, float]] = []
    wanted: list[int] = []
    for example in examples:
        for mark, label in zip(example.passage.marks, example.labels, strict=True):
            if label is not None:
                rows.append(columns(example.passage, mark, bits))
                wanted.append(labels.index(label))
    seen = sorted(set(wanted))
    if len(seen) < 2:
        raise UsageError("There is nothing to learn from.", hint="Name annotations, or let texts be generated.")
    ends = np.cumsum([0, *map(len, rows)])
    places = np.fromiter((c for r in rows for c in r), np.int32, ends[-1])
    values = np.fromiter((v for r in rows for v in r.values()), np.float32, ends[-1])
    given = sparse.csr_matrix((values, places, ends), (len(rows), 2**bits))
    given.sort_indices()
    machine = LinearSVC(C=config.linear.penalty, random_state=config.seed).fit(given, wanted)
    planes, offsets = np.atleast_2d(machine.coef_), np.atleast_1d(machine.intercept_)
    if len(seen) == 2:  # one plane between two classes
        planes, offsets = np.vstack([-planes, planes]), np.hstack([-offsets, offsets])
    weights = np.zeros((len(labels), 2**bits), np.float32)
    bias = np.full(len(labels), _NEVER)
    weights[seen], bias[seen] = planes, offsets

    fresh = out.parent / f"{out.name}-new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    used = np.flatnonzero(np.abs(weights).max(0) > _LEAST)
    # one byte a weight: the largest of each label is 127 of its steps
    scales = np.maximum(np.abs(weights).max(1), 1e-9) / 127
    steps = np.round(weights[:, used].T / scales).astype(np.int8)
    arrays = {"columns": used.astype(np.int32), "weights": steps, "scales": scales.astype(np.float32), "bias": bias}
    np.savez_compressed(fresh / WEIGHTS, **arrays)
    told = LinearModelConfig(
        kind="rows" if config.kind == "rows" else "linear",
        labels=labels,
        bits=bits,
        temperature={"facts": 1.0, "rows": 1.0},
        files={WEIGHTS: hash_file(fresh / WEIGHTS), **write_neighbours(fresh, examples)},
        training_data=data_hash(examples),
        seed=config.seed,
        gxml=__version__,
    )
    scorer = LinearScorer(told, used, steps * arrays["scales"], bias)
    temperature = {k: fitted_temperature(scorer, calibration, k) for k in told.temperature}
    (fresh / CONFIG).write_bytes(dump_config(told.model_copy(update={"temperature": temperature})))
    shutil.rmtree(out, ignore_errors=True)
    fresh.rename(out)
    assert labels[0] == NOTHING
    return open_model(out)

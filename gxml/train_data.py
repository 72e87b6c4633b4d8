"""What a classifier is trained and measured on: passages with a label for each mark.

From annotations (real and generated documents), from generated prose, from generated tables whose layout is lost.
Documents are split by issuer, never by sentence; generated prose to measure on has templates of its own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Protocol

import numpy as np

from .annotate import AnnotatedDocument, Labelled, Split, label_names, load_annotations, split_by_issuer
from .facts_text import ProseLine
from .models import ModelDir
from .neighbours import NEIGHBOURS, counted, load_counts
from .passages import NOTHING, Floats, Kind, Passage, allowed, fact_passage, joint_label
from .synth_facts import FactSplit, labelled_texts
from .synth_rows import LabelledRows, labelled_rows
from .tokens import Tokenizer, file_hash, windows
from .train_config import DataConfig
from .train_rows import known_rows

IGNORED = -100
"""Label id that no loss is computed for."""
_MEASURED_FROM = 1_000_000
"""Seeds from which generated texts are measured on; training stays below."""


@dataclass(frozen=True, slots=True)
class Example:
    """A passage with a label for each mark; None for a mark that says nothing to training."""

    passage: Passage
    labels: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """A text to measure on, with every candidate labelled."""

    name: str
    text: str
    lines: tuple[ProseLine, ...]
    candidates: tuple[Labelled, ...]


def annotated(data: DataConfig) -> list[AnnotatedDocument]:
    """Load the annotated documents of a configuration."""
    reports = None if data.reports is None else list(data.reports)
    return [d for folder in data.annotations for d in load_annotations(folder, reports)]


def splits(data: DataConfig, documents: Sequence[AnnotatedDocument]) -> list[Split]:
    """Split documents by issuer: the folds of a configuration, or one split with its share held out.

    One issuer alone cannot be split: then nothing is held out.
    """
    issuers = sorted({d.issuer for d in documents})
    if len(issuers) < 2 or (data.folds is None and not data.held_out):
        return [Split(tuple(documents), ())]
    if data.folds is not None:
        return split_by_issuer(documents, data.folds, data.seed)
    Random(data.seed).shuffle(issuers)
    kept = set(issuers[: max(1, round(data.held_out * len(issuers)))])
    return [Split(tuple(d for d in documents if d.issuer not in kept), tuple(d for d in documents if d.issuer in kept))]


def document_examples(
    data: DataConfig, documents: Sequence[AnnotatedDocument], kinds: Sequence[Kind] = ("facts", "rows")
) -> Iterator[Example]:
    """Yield annotated documents, each as often as told: their prose, and the rows of their tables that are known."""
    for d in documents:
        made = [prose_example(d.lines, d.candidates)] if "facts" in kinds else []
        if "rows" in kinds:
            made += map(rows_example, known_rows(d))
        yield from made * data.repeat


def generated_examples(data: DataConfig) -> Iterator[Example]:
    """Yield generated prose, then generated tables."""
    rng = Random(f"noise {data.seed}")
    start = data.seed * 100_000 % _MEASURED_FROM
    for i in range(data.generated):
        noise = data.noise if rng.random() < data.noisy else 0.0
        for text in labelled_texts("train", 1, start + i, noise=noise):
            yield prose_example(text.lines, text.candidates)
    for rows in labelled_rows(data.rows, start, damaged=data.damaged, split="train"):
        yield rows_example(rows)


def prose_example(lines: Sequence[ProseLine], labelled: Sequence[Labelled]) -> Example:
    """Make the example of a document's prose; doubtful candidates say nothing to training."""
    passage, found = fact_passage(lines)
    known = {x.candidate.start: x for x in labelled}
    labels: list[str | None] = []
    for c in found:
        x = known.get(c.start)
        labels.append(None if x is None or x.labels is None or x.doubtful else joint_label(x.labels))
    return Example(passage, tuple(labels))


def rows_example(rows: LabelledRows) -> Example:
    """Make the example of a table."""
    return Example(rows.passage, rows.labels)


def measured_texts(data: DataConfig, split: FactSplit = "eval") -> list[Measured]:
    """Return the generated texts to measure on."""
    texts = labelled_texts(split, data.measured, _MEASURED_FROM)
    return [Measured(f"generated {t.seed}", t.text, t.lines, t.candidates) for t in texts]


def measured_documents(documents: Iterable[AnnotatedDocument]) -> list[Measured]:
    """Return annotated documents to measure on."""
    return [Measured(d.annotation.document.name, d.document.text, d.lines, d.candidates) for d in documents]


def document_rows(documents: Iterable[AnnotatedDocument]) -> list[LabelledRows]:
    """Return the tables of annotated documents to measure on."""
    return [rows for d in documents for rows in known_rows(d)]


def measured_rows(data: DataConfig) -> list[LabelledRows]:
    """Return the generated tables to measure on, none where none are trained on."""
    count = data.measured_rows if data.rows else 0
    return list(labelled_rows(count, _MEASURED_FROM, damaged=data.damaged, split="test"))


def label_set(all_examples: Iterable[Example], known: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the labels of a model: O, those of its base, every single label, and the joint ones that come up."""
    seen = {x for e in all_examples for x in e.labels if x is not None}
    return tuple(dict.fromkeys([NOTHING, *known, *label_names(), *sorted(seen)]))


def data_hash(all_examples: Iterable[Example]) -> str:
    """Return the SHA-256 of texts, marks and labels, in order."""
    digest = hashlib.sha256()
    for e in all_examples:
        digest.update(repr((e.passage.kind, e.passage.text, e.passage.marks, e.labels)).encode())
    return digest.hexdigest()


def write_neighbours(folder: Path, learned: Iterable[Example], base: ModelDir | None = None) -> dict[str, str]:
    """Write neighbours.json into a model directory: what stands beside what in the sentences that are learned from.

    Args:
        folder: The model directory.
        learned: What is learned.
        base: The model that training starts from; its counts are kept.

    Returns:
        The name of the file with its SHA-256; nothing where no sentence has two numbers.
    """
    known = None if base is None else load_counts(base)
    counts = counted(((e.passage, e.labels) for e in learned), known)
    if counts is None:
        return {}
    data = (json.dumps(counts.model_dump(mode="json"), ensure_ascii=False) + "\n").encode()
    (folder / NEIGHBOURS).write_bytes(data)
    return {NEIGHBOURS: file_hash(data)}


def dataset(
    all_examples: Iterable[Example],
    labels: Sequence[str],
    tokenizer: Tokenizer,
    size: int,
    context: int,
    masked: float = 0.0,
) -> Any:
    """Return a `datasets.Dataset` of windows: input_ids, and labels that are `IGNORED` but on marks.

    Args:
        all_examples: What is learned.
        labels: Of the model.
        tokenizer: Of the model.
        size: Most tokens of a window.
        context: Tokens on both sides of a mark.
        masked: Share of the tokens that are hidden; marks never are.
    """
    from datasets import Dataset

    rng = Random("masked")
    ids = {x: i for i, x in enumerate(labels)}
    records = []
    for e in all_examples:
        for window in windows(e.passage.text, e.passage.marks, tokenizer, size, context):
            wanted = [IGNORED] * len(window.ids)
            for mark, place in window.marks:
                label = e.labels[mark]
                wanted[place] = IGNORED if label is None else ids[label]
            if any(w != IGNORED for w in wanted):
                shown = [
                    tokenizer.unknown if w == IGNORED and masked and rng.random() < masked else i
                    for i, w in zip(window.ids, wanted, strict=True)
                ]
                records.append({"input_ids": shown, "labels": wanted})
    return Dataset.from_list(records)


# ---- calibration ----------------------------------------------------------------------------------------------------

_TEMPERATURES = np.geomspace(0.05, 8.0, 201)


class RawScorer(Protocol):
    """A scorer before its calibration."""

    @property
    def labels(self) -> tuple[str, ...]:
        """What the columns of `logits` are."""
        ...

    def logits(self, passage: Passage) -> Floats:
        """Return [marks, labels]; NaN for marks that it cannot see."""
        ...


def fitted_temperature(scorer: RawScorer, examples: Sequence[Example], kind: Kind) -> float:
    """Return the temperature with which the labels of the examples of a kind are likeliest, 1 without examples."""
    logits: list[Floats] = []
    wanted: list[int] = []
    for e in (e for e in examples if e.passage.kind == kind):
        for row, label in zip(scorer.logits(e.passage), e.labels, strict=True):
            if label is not None and label in scorer.labels and not np.isnan(row).any():
                logits.append(row)
                wanted.append(scorer.labels.index(label))
    if not wanted:
        return 1.0
    usable = allowed(scorer.labels, kind)
    all_logits = np.where(usable, np.array(logits), -np.inf)
    picked = all_logits[np.arange(len(wanted)), wanted]

    def loss(t: float) -> float:
        scaled = all_logits / t
        top = scaled.max(1)
        return float((np.log(np.exp(scaled - top[:, None]).sum(1)) + top - picked / t).mean())

    return round(float(min(_TEMPERATURES, key=loss)), 4)

"""`gxml train`: from annotations and generated texts to a model directory, with what was measured before and after.

trained = train(config, Path("trained"), base_model=None, resume=False)
trained.model, trained.measures
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .annotate import AnnotatedDocument
from .classifier import Classifier
from .evaluate_facts import FactScores, gold_of, ignored_of
from .facts import FactReader, RuleReader, without_parts
from .facts_both import BothReader
from .facts_scored import ScoredReader
from .linear import LinearScorer
from .models import CARD, CHECKPOINT, ModelDir, chosen, open_model
from .passages import NOTHING, ROW, Kind, Scorer
from .rowheads import decode_rows
from .synth_rows import LabelledRows
from .train_card import card
from .train_config import TrainConfig
from .train_data import (
    Example,
    Measured,
    annotated,
    document_examples,
    document_rows,
    generated_examples,
    measured_documents,
    measured_rows,
    measured_texts,
    prose_example,
    rows_example,
    splits,
)
from .train_network import Base, find_base, fit, need_training_tools

MEASURES = "measures.json"
RULES, BEFORE, AFTER, BOTH = "rules", "before", "after", "both"

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Trained:
    """What came of a training.

    Attributes:
        model: The model directory.
        measures: What measures.json holds.
    """

    model: ModelDir
    measures: Mapping[str, Any]


def train(config: TrainConfig, out: Path, *, resume: bool = False, say: Say = print) -> Trained:
    """Train a classifier or the linear baseline, measure it, and write OUT/NAME with its card.

    Args:
        config: Everything that can be set.
        out: Folder that the model directory goes into.
        resume: Go on from the last step of an interrupted training of the same configuration.
        say: Told what is going on.

    Raises:
        MissingToolError: The extra `train` is not installed.
        UsageError: The configuration does not fit.
        InputError: Annotations, documents or the base cannot be read.
    """
    network = config.kind == "classifier"
    kinds = learned_kinds(config)
    if network:
        need_training_tools()
    base = find_base(config.base_model) if network else None
    documents = annotated(config.data)
    parts = splits(config.data, documents)
    texts, rows = measured_texts(config.data), measured_rows(config.data)
    calibration = [prose_example(t.lines, t.candidates) for t in texts[::2]] + [rows_example(r) for r in rows[::2]]
    old = base.model if base is not None else chosen(config.kind)
    before = _scorer(old) if old is not None else None
    written = list(generated_examples(config.data))
    board = Board()
    out.mkdir(parents=True, exist_ok=True)

    def made(learned: Sequence[AnnotatedDocument], name: str) -> tuple[ModelDir, list[Example]]:
        say(f"{name}: {len(learned)} documents, {config.data.generated} texts, {config.data.rows} tables")
        given = [*document_examples(config.data, learned, kinds), *written]
        if base is None:
            from .train_linear import fit_linear

            return fit_linear(config, given, calibration, out / name), given
        return fit(config, base, given, calibration, out / name, resume), given

    def measure_documents(held_out: Sequence[AnnotatedDocument], scorer: Classifier | LinearScorer) -> None:
        if "facts" in kinds:
            board.measure("documents", measured_documents(held_out), before, scorer)
        if "rows" in kinds:
            board.measure_rows("documents", document_rows(held_out), before, scorer)

    folds = len(parts) > 1
    if folds:  # a blank form measures nothing
        parts = [p for p in parts if any(c.labels is not None for d in p.held_out for c in d.candidates)]
    learned = parts[0].train
    if folds:
        for i, part in enumerate(parts):
            name = f"{config.name}-fold-{i + 1}"
            scorer = _scorer(made(part.train, name)[0])
            measure_documents(part.held_out, scorer)
            _remove(out / name, out / f"{name}-steps")
        learned = tuple(documents)
    elif documents and not parts[0].held_out:
        say("No issuer is held out: nothing is measured on annotated documents.")
    model, given = made(learned, config.name)
    after = _scorer(model)
    if not folds and parts[0].held_out:
        measure_documents(parts[0].held_out, after)
    if "facts" in kinds:
        board.measure("generated", texts, before, after)
    board.measure_rows("generated", rows, before, after)
    measures = {
        "folds": len(parts) if folds else 0,
        "trained_on": {
            "documents": len(learned),
            "issuers": len({d.issuer for d in learned}),
            "generated": config.data.generated,
            "rows": config.data.rows,
            "marks": sum(x is not None for e in given for x in e.labels),
        },
        **board.result(),
    }
    return Trained(_finished(model, config, base, measures), measures)


class Board:
    """Scores of the rules, of the model before and of the model after, on several sets of texts."""

    def __init__(self) -> None:
        self._scores: dict[str, dict[str, FactScores]] = {}
        self._rows: dict[str, dict[str, Counter[str]]] = {}

    def measure(
        self, where: str, texts: Sequence[Measured], before: Scorer | None, after: Classifier | LinearScorer
    ) -> None:
        """Read texts with every reader; the texts of one set may come in parts."""
        readers: dict[str, FactReader] = {RULES: RuleReader()}
        if before is not None:
            readers[BEFORE] = ScoredReader(before)
        readers[AFTER] = ScoredReader(after)
        readers[BOTH] = BothReader(after)
        for name, reader in readers.items():
            scores = self._scores.setdefault(where, {}).setdefault(name, FactScores())
            for t in texts:
                read = without_parts(reader.read(t.text, t.lines))
                scores.update(gold_of(t.candidates), read, ignored_of(t.candidates))

    def measure_rows(self, where: str, rows: Sequence[LabelledRows], before: Scorer | None, after: Scorer) -> None:
        """Find the heads of rows; the tables of one set may come in parts."""
        for name, scorer in ((BEFORE, before), (AFTER, after)):
            if scorer is not None and rows and any(x.startswith(ROW) for x in scorer.labels):
                self._rows.setdefault(where, {}).setdefault(name, Counter()).update(row_counts(rows, scorer))

    def result(self) -> dict[str, Any]:
        """Return all scores, ready for JSON."""
        facts: dict[str, Any] = {}
        for where, readers in self._scores.items():
            summaries = {name: s.summary() for name, s in readers.items()}
            after = readers[AFTER]
            facts[where] = {
                "documents": summaries[AFTER].documents,
                "readers": {
                    name: {
                        "precision": round(s.all.precision, 4),
                        "recall": round(s.all.recall, 4),
                        "f1": round(s.all.f1, 4),
                        "interval": [round(x, 4) for x in s.all.interval or ()],
                    }
                    for name, s in summaries.items()
                },
                "margins": {
                    name: [round(x, 4) for x in after.margin_over(readers[name])]
                    for name in readers
                    if name not in (AFTER, BOTH) and summaries[name].documents
                },
                "types": {
                    t: {"f1": round(s.f1, 4), "found": s.found, "wrong": s.wrong, "missed": s.missed}
                    for t, s in summaries[AFTER].types.items()
                },
            }
        rows = {f"{name}, {where}": _shares(c) for where, readers in self._rows.items() for name, c in readers.items()}
        return {"facts": facts, "rows": rows}


def row_counts(rows: Sequence[LabelledRows], scorer: Scorer) -> Counter[str]:
    """Count heads of rows that get their row, alone and in the form's order, and texts that are all right.

    Places of which nobody knows are passed over.
    """
    counts: Counter[str] = Counter(texts=len(rows))
    for r in rows:
        shares = scorer.probabilities(r.passage)
        best = [scorer.labels[i] for i in shares.argmax(1)] if len(shares) else []
        known = {m: x for m, x in zip(r.passage.marks, r.labels, strict=True) if x is not None}
        gold = {m: x for m, x in known.items() if x != NOTHING}
        heads = decode_rows(r.passage, scorer.labels, shares)
        found = {h.start: f"{ROW}{h.row}" for h in heads if h.start in known}
        counts["heads"] += len(gold) + r.missed
        counts["alone"] += sum(gold.get(m) == x for m, x in zip(r.passage.marks, best, strict=True))
        counts["in_order"] += sum(found.get(m) == x for m, x in gold.items())
        counts["wrong"] += sum(gold.get(m) != x for m, x in found.items())
        counts["whole_texts"] += found == gold and not r.missed
    return counts


def _shares(counts: Counter[str]) -> dict[str, float]:
    heads, texts = max(1, counts["heads"]), max(1, counts["texts"])
    return {
        "texts": counts["texts"],
        "heads": counts["heads"],
        "alone": round(counts["alone"] / heads, 4),
        "in_order": round(counts["in_order"] / heads, 4),
        "wrong": counts["wrong"],
        "whole_texts": round(counts["whole_texts"] / texts, 4),
    }


def learned_kinds(config: TrainConfig) -> tuple[Kind, ...]:
    """Return what a model learns: the linear one rows only where tables are generated for it."""
    if config.kind == "rows":
        return ("rows",)
    return ("facts", "rows") if config.kind == "classifier" or config.data.rows else ("facts",)


def _scorer(model: ModelDir) -> Classifier | LinearScorer:
    return Classifier.load(model) if model.kind == "classifier" else LinearScorer.load(model)


def _finished(model: ModelDir, config: TrainConfig, base: Base | None, measures: Mapping[str, Any]) -> ModelDir:
    """Write the card and the measures into a model directory."""
    folder = Path(str(model.folder))
    (folder / MEASURES).write_text(json.dumps(measures, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    origin = ""
    if base is not None:
        for place in (Path(base.checkpoint), Path(base.checkpoint).parent):
            if (place / "ORIGIN.md").is_file():
                origin = (place / "ORIGIN.md").read_text(encoding="utf-8").strip()
                (folder / CHECKPOINT / "ORIGIN.md").write_text(origin + "\n", encoding="utf-8")
                break
    (folder / CARD).write_text(card(model, config, measures, origin), encoding="utf-8")
    return open_model(folder)


def _remove(*folders: Path) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)

"""F1 of the readers of facts, each alone and all together: on generated texts and on the annotated reports.

    GXML_REPORTS=FOLDER python training/fact_readers.py --readme README.md

The generated texts are those that `gxml train` measures on, of templates kept apart from training. The plain
sentences (gxml/synth_data/facts_apart_*.toml and facts_fresh_*.toml) are kept apart, too; by the former it was chosen
how the readers decide together, by the latter nothing.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from gxml.benchmark_report import put_into
from gxml.evaluate_facts import FactScores, Score, gold_of, ignored_of
from gxml.facts import FactReader
from gxml.facts_reader import fact_reader
from gxml.train_config import DataConfig
from gxml.train_data import Measured, annotated, measured_documents, measured_texts

ANNOTATIONS = Path(__file__).resolve().parent.parent / "annotations" / "reports"
READERS = {
    "rules": "rules",
    "linear": "linear",
    "network": "classifier",
    "network and linear": "models",
    "all, the default": "auto",
}
"""Heading of its column -> name of a reader."""


def scored(reader: FactReader, texts: Sequence[Measured]) -> Score:
    scores = FactScores()
    for text in texts:
        scores.update(gold_of(text.candidates), reader.read(text.text, text.lines), ignored_of(text.candidates))
    return scores.summary().all


def said(score: Score) -> str:
    low, high = score.interval or (0.0, 0.0)
    figures = f"{score.f1:.3f} ({score.precision:.3f}, {score.recall:.3f}; {low:.3f}–{high:.3f})"
    return figures.replace("0.", ".")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=200, help="generated texts")
    parser.add_argument("--readme", type=Path, help="put the table between the marks of `facts` in this file")
    args = parser.parse_args()
    sets: dict[str, list[Measured]] = {}
    if os.environ.get("GXML_REPORTS"):
        documents = measured_documents(annotated(DataConfig(annotations=(ANNOTATIONS,))))
        sets["ten real reports; the models have seen none of them, who wrote the rules has"] = documents
    data = DataConfig(measured=args.texts)
    sets[f"{args.texts} generated texts, templates kept apart from training"] = measured_texts(data)
    apart = f"{args.texts} of plain sentences by five other writers; no model has learned from them"
    sets[apart] = measured_texts(data, "apart")
    fresh = f"{args.texts} of sentences by four more; nothing was learned or chosen by them"
    sets[fresh] = measured_texts(data, "fresh")
    head = f"F1 (precision, recall; 95 % interval) | {' | '.join(READERS)}"
    lines = [f"| {head} |", "|---" * (len(READERS) + 1) + "|"]
    for name, measured in sets.items():
        cells = [said(scored(fact_reader(reader), measured)) for reader in READERS.values()]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    print("\n".join(lines))
    if args.readme:
        put_into(args.readme, "\n".join(lines) + "\n", "facts")


if __name__ == "__main__":
    main()

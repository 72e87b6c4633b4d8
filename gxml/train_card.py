"""The model card, and the table of what was measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .models import ModelDir
from .train_config import TrainConfig

_SETS = {
    "generated": "generated texts, templates kept apart from training",
    "documents": "annotated documents of issuers kept apart from training",
}


def measure_lines(measures: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """Yield rows of (texts, reader, precision, recall, F1, interval)."""
    for where, found in measures["facts"].items():
        for reader, s in found["readers"].items():
            low, high = s["interval"] or (0.0, 1.0)
            yield (
                f"{where} ({found['documents']})",
                reader,
                f"{s['precision']:.3f}",
                f"{s['recall']:.3f}",
                f"{s['f1']:.3f}",
                f"{low:.3f}–{high:.3f}",
            )
    for reader, s in measures["rows"].items():
        yield (
            f"heads of rows ({s['heads']})",
            reader,
            f"alone {s['alone']:.3f}",
            f"in order {s['in_order']:.3f}",
            f"texts {s['whole_texts']:.3f}",
            "",
        )


def margin_lines(measures: Mapping[str, Any]) -> Iterator[str]:
    """Yield by how much the model's F1 is above that of other readers."""
    for where, found in measures["facts"].items():
        for reader, (margin, low, high) in found["margins"].items():
            yield f"{where}: F1 {margin:+.3f} against {reader}, 95 % interval {low:+.3f} to {high:+.3f}"


def card(model: ModelDir, config: TrainConfig, measures: Mapping[str, Any], origin: str) -> str:
    """Return the model card."""
    c = model.config
    on = measures["trained_on"]
    what = (
        "A token classifier for Chinese 政府信息公开工作年度报告: it gives numbers of the prose their fact types, and "
        "heads of rows in tables whose layout is lost their rows."
        if model.kind == "classifier"
        else "Heads of rows: character n-grams around a place, weighed by a linear SVM."
        if model.kind == "rows"
        else "The linear baseline: character n-grams around a number, weighed by a linear SVM."
    )
    joint = [x for x in c["labels"] if "+" in x]
    lines = [
        f"# {config.name}",
        "",
        what,
        "",
        f"- Kind: {model.kind}, {len(c['labels'])} labels"
        + (f", joint ones: {', '.join(joint)}" if joint else "")
        + ".",
        f"- Made by gxml {c['gxml']}, seed {c['seed']}.",
        *([f"- Base: {c['base']}.", f"- Windows of {c['window']} tokens ({c['tokenizer']})."] if "base" in c else []),
        f"- Trained on {on['documents']} annotated documents of {on['issuers']} issuers, {on['generated']} generated "
        f"texts and {on['rows']} generated tables: {on['marks']} labelled places. "
        f"SHA-256 of it: `{c['training_data']}`.",
        "- Confidence: probabilities at temperature "
        + ", ".join(f"{t:g} ({k})" for k, t in c["temperature"].items())
        + ", fitted on half of the generated texts that were measured on.",
        *(f"- `{name}`: SHA-256 `{digest}`." for name, digest in model.files.items()),
        "",
        "## Measured",
        "",
        *(
            ["A fact counts where type, value and span agree; intervals hold 95 % of 1,000 resamples of the documents."]
            if measures["facts"]
            else []
        ),
        *(
            ["Heads of rows, alone: the likeliest row; in order: with the form's soft order; texts: all heads right."]
            if measures["rows"]
            else []
        ),
        *(f"`{k}`: {v}." for k, v in _SETS.items() if k in measures["facts"]),
        *(
            [f"The documents were measured in {measures['folds']} folds; the model itself has seen all of them."]
            if measures["folds"]
            else []
        ),
        "`rules` is the rule-based reader, `before` the model that training started from (it may have seen the "
        "documents), `both` the rules and this model together.",
        "",
        "| texts | reader | precision | recall | F1 | interval |",
        "|---|---|---|---|---|---|",
        *("| " + " | ".join(row) + " |" for row in measure_lines(measures)),
        "",
        *(f"- {line}." for line in margin_lines(measures)),
    ]
    for where, found in measures["facts"].items():
        lines += ["", f"### By type, {where}", "", "| type | F1 | found | wrong | missed |", "|---|---|---|---|---|"]
        lines += [
            f"| {t} | {s['f1']:.3f} | {s['found']} | {s['wrong']} | {s['missed']} |" for t, s in found["types"].items()
        ]
    lines += [
        "",
        "## Limits",
        "",
        "It has learned from generated tables of the forms of 2019 and 2021, whose labels were damaged on purpose."
        if model.kind == "rows"
        else "It has learned from sentences written for the purpose"
        + (f" and from {on['documents']} annotated documents. " if on["documents"] else ", and from no real report. ")
        + "It gives a type to numbers that `gxml.candidates` finds, and to nothing else. It knows the form of 2019 and "
        "that of 2021.",
    ]
    if origin:
        lines += ["", "## Origin of the base", "", origin]
    return "\n".join(lines) + "\n"

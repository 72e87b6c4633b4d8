"""Writes the model card from measures.json."""

from __future__ import annotations

from pathlib import Path
from typing import Any

CARD = """# number_reader

A small CTC network that reads the numbers in table cells of scanned reports: the second reader beside PP-OCR,
independent of it in weights, training material and cropping. `gxml.numread.NumberReader` runs it with onnxruntime.

| | |
|---|---|
| Input | line picture, uint8 [n, 1, 32, width], width a multiple of 16: 0 beyond the crop, 40 paper, 240 ink |
| Output | logits [n, width / 4, {classes}]; class 0 is the blank, then the alphabet of config.json |
| Alphabet | `{alphabet}`, a space for a wide gap, U+FFFD for ink that is no sign of a number |
| Network | convolutions only (9 on the picture, 5 along the line), about {parameters} weights, float32, {size} MB |
| Trained on | {passes} passes of about {chunk} generated lines, {lines:,} different ones in all, seed {seed} |
| Made with | torch, training/number_reader (commands in its README.md) |
| SHA-256 | `{sha}` |
| Licence | Apache-2.0, as gxml; trained on generated pictures alone, no report was used |

## Accuracy

Generated pages in {fonts_test} font families that training never saw ({test_names}), cells in the mixture of a form
(40 % zeros, 4 % blank), cut as the reader of scans cuts them (40 %), loosely with what is left of rulings (30 %) or
closely (30 %). Exact means that the whole text is right, refusals counted as wrong. Confidence ≥ 0.985 is called sure.

| level | cells | exact | non-zero cells | exact, non-zero | errors | of them sure | right cells not sure |
|---|---|---|---|---|---|---|---|
{levels}

By kind of cell, at office150:

| kind | cells | exact | errors | of them sure | refused |
|---|---|---|---|---|---|
{kinds}

`junk` is words and letters, alone or beside digits, also a vertical rule between two numbers; `wrapped` a number on
two lines; `gap` two numbers in one cell.

Crops that cut 15 to 90 % off the first or last digit, office150: of {cut_cells}, {cut_refused} are refused, {cut_right}
still read right, {cut_other} read as another number, {cut_sure} of them with a sure confidence. (What is left of a cut
digit can be a whole other one.)

{real}

## Confidence

The probability of the text under the network at temperature {temperature}, then isotonic regression, both fitted on
generated pages in {fonts_calibration} other families ({calibration_names}).
Expected calibration error on the test pages: {ece}.

![Reliability](reliability.svg)

Confidence against the share of right readings on the test pages, all levels, with 95 % intervals; the numbers are
readings in the bin.

These weights come from one uninterrupted run of config.toml, its seed and the commands in training/number_reader.

## Not for

Handwriting, running text, labels, numbers in Chinese numerals (十四). Letters that look like digits (O, l) are not in
the training material: they read as the digit.

## Fonts of the training material

{fonts_train}
"""


def write(config: dict[str, Any], measures: dict[str, Any], target: Path, sha: str, parameters: int) -> None:
    percent = lambda x: f"{100 * x:.2f} %"  # noqa: E731
    levels = "\n".join(
        f"| {name} | {m['cells']} | {percent(m['exact'])} | {m['nonzero_cells']} | {percent(m['nonzero_exact'])} "
        f"| {m['errors']} | {m['errors_sure']} | {percent(m['right_unsure'])} |"
        for name, m in measures["levels"].items()
    )
    kinds = "\n".join(
        f"| {name} | {m['cells']} | {percent(m['exact'])} | {m['errors']} | {m['errors_sure']} "
        f"| {percent(m['refused'])} |"
        for name, m in measures["kinds"].items()
    )
    text = CARD.format(
        classes=len(config["alphabet"]) + 1,
        alphabet=config["alphabet"].replace("\ufffd", "").replace(" ", ""),
        parameters=f"{parameters:,}",
        size=f"{(target / 'number_reader.onnx').stat().st_size / 1e6:.2f}",
        passes=measures["passes"],
        chunk=config["train"]["chunk"],
        lines=config["train"]["chunk"] * config["train"]["chunks"],
        seed=config["seed"],
        sha=sha,
        fonts_test=len(measures["fonts_test"]),
        test_names=", ".join(measures["fonts_test"]),
        fonts_calibration=len(measures["fonts_calibration"]),
        calibration_names=", ".join(measures["fonts_calibration"]),
        levels=levels,
        kinds=kinds,
        cut_cells=measures["cut"]["cells"],
        cut_refused=measures["cut"]["refused"],
        cut_right=measures["cut"]["right"],
        cut_other=measures["cut"]["other_number"],
        cut_sure=measures["cut"]["other_number_sure"],
        temperature=measures["temperature"],
        ece=f"{measures['expected_calibration_error']:.4f}",
        real=(Path(__file__).parent / "real.md").read_text(encoding="utf-8").strip(),
        fonts_train=", ".join(measures["fonts_train"]) + ".",
    )
    (target / "README.md").write_text(text, encoding="utf-8")

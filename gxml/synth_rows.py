"""Labelled text of tables whose layout is lost, to train and to measure the row classifier on.

The tables of generated reports, written by the text layouts of `gxml.synth_text`, with heads of rows damaged or lost.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

from .annotate import ROW, label_names
from .passages import NOTHING, Passage, head_place, row_passage
from .synth import generate
from .synth_compose import compose
from .synth_model import PrintedCell, PrintedRow, PrintedTable, Split
from .synth_text import TEXT_LAYOUTS, write_text

DAMAGED = 0.15
"""Share of the heads that are damaged or lost."""
LOST = 1 / 3
"""Of these, the share that is lost."""
_SENTINEL = 0xF0000
"""Private characters that stand before heads until the text is written, and say where they came to stand."""
_SENTINELS = re.compile("[\U000f0000-\U000fffff]")
_ALIKE = dict(zip("申请公开属于信息行政处理机关", "甲清厶幵属干恩自彳攻外埋杌夫", strict=False))


@dataclass(frozen=True, slots=True)
class LabelledRows:
    """Text of tables with a label for each mark.

    Attributes:
        passage: Of kind "rows".
        labels: One a mark: `row:` labels, or O; None where nobody knows.
        missed: Heads in the text that have no mark: `gxml.passages.row_passage` did not find them.
        issuer: For splits by issuer.
        seed: The same seed gives the same text.
    """

    passage: Passage
    labels: tuple[str | None, ...]
    missed: int
    issuer: str
    seed: int


def labelled_rows(
    count: int, seed: int = 0, *, damaged: float = DAMAGED, split: Split = "train"
) -> Iterator[LabelledRows]:
    """Write labelled texts of tables.

    Args:
        count: How many; layouts take turns.
        seed: Of the first; text i has seed `seed` + i. The splits draw different reports from one seed.
        damaged: Share of the heads of rows that are damaged or lost.
        split: "train" or "test".
    """
    for i in range(count):
        yield labelled_row_text(seed + i, damaged=damaged, split=split)


def labelled_row_text(seed: int, *, damaged: float = DAMAGED, split: Split = "train") -> LabelledRows:
    """Write one labelled text of tables; see `labelled_rows`."""
    rng = Random(f"rows {split} {seed}")
    report = generate(rng.randrange(10**9))
    printed = compose(report, rng.randrange(1, 10**6))
    blocks = [
        _marked(b, rng, damaged) if isinstance(b, PrintedTable) else b
        for b in printed.blocks
        if isinstance(b, PrintedTable) or b.role in ("title", "heading")
    ]
    rows_printed = replace(printed, blocks=tuple(blocks))
    layout = list(TEXT_LAYOUTS)[seed % len(TEXT_LAYOUTS)]
    text, heads = _collect(write_text(rows_printed, layout, rng.randrange(10**6)))
    passage = row_passage(text)
    labels: list[str | None] = [NOTHING] * len(passage.marks)
    missed = 0
    for place, label in heads:
        i = bisect_left(passage.marks, place)
        if i < len(passage.marks) and passage.marks[i] == place:
            labels[i] = label
        else:
            missed += 1
    return LabelledRows(passage, tuple(labels), missed, report.issuer.name, seed)


def _marked(table: PrintedTable, rng: Random, damaged: float) -> PrintedTable:
    return replace(table, rows=tuple(_marked_row(r, rng, damaged) for r in table.rows))


def _marked_row(row: PrintedRow, rng: Random, damaged: float) -> PrintedRow:
    """Put a sentinel into the head of a row that belongs to the form, and damage some heads."""
    label = next((x for x in label_names() if x.startswith(ROW) and _is_of(row, x)), None)
    heads = [c for c in row.cells if c.role == "label"]
    if row.kind != "data" or label is None or not heads:
        return row
    sentinel = chr(_SENTINEL + label_names().index(label))

    def cell(c: PrintedCell) -> PrintedCell:
        if c is not heads[-1]:
            return c
        text = c.text
        if rng.random() < damaged:
            text = "" if rng.random() < LOST else _spoilt(text, rng)
        at = head_place(text)
        return replace(c, text=f"{text[:at]}{sentinel}{text[at:]}" if text[at:] else text)

    return replace(row, cells=tuple(map(cell, row.cells)))


def _is_of(row: PrintedRow, label: str) -> bool:
    return any(i.rpartition(".")[0] == label.removeprefix(ROW) for i in row.ids)


def _spoilt(text: str, rng: Random) -> str:
    """Damage a label: characters taken for others or lost, an end cut off, white space put in."""
    begin = head_place(text)
    chars = list(text)
    kind = rng.random()
    if kind < 0.25 and len(chars) - begin > 3:  # an end is gone
        cut = rng.randint(1, (len(chars) - begin) // 2)
        return text[:-cut] if rng.random() < 0.5 else text[begin + cut :]
    for _ in range(max(1, round(0.25 * (len(chars) - begin)))):
        i = rng.randrange(begin, len(chars)) if len(chars) > begin else 0
        chars[i] = rng.choice([_ALIKE.get(chars[i], chars[i]), "", chars[i] + rng.choice([" ", "\n"]), "口"])
    return "".join(chars)


def _collect(text: str) -> tuple[str, list[tuple[int, str]]]:
    """Take the sentinels out of a text and return where heads stand."""
    heads: list[tuple[int, str]] = []
    out, last = "", 0
    for m in _SENTINELS.finditer(text):
        out += text[last : m.start()]
        heads.append((len(out), label_names()[ord(m[0]) - _SENTINEL]))
        last = m.end()
    return out + text[last:], heads

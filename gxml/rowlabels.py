"""What a trained model says of the printed labels of rows: a second opinion beside similarity and order.

    reader = row_reader("auto")
    reader.opinions(strips, [3, 4])     # one Opinion or None each

A model is loaded when it is first asked, and kept. Labels as the form has them are not asked about: see
`gxml.rowcheck`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from .errors import UsageError
from .facts_reader import load_scorer
from .geometry import Span
from .models import ModelDir, chosen, find_model
from .passages import NOTHING, ROW, Floats, Passage, Scorer, head_place, row_passage
from .strips import Strip

IDEOGRAPH = re.compile("[\u4e00-\u9fff]")
AUTO, NONE = "auto", "none"
KIND = "rows"
"""Kind of the models that know heads of rows alone."""
HEAD = 0.5
"""A place that is nothing with less than this share is the head of a row."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a model says of a label.

    Attributes:
        row: Id of the likeliest row: requests.granted.
        confidence: Probability of it.
        said: The label from its head on.
        shares: Row id to probability, for all rows that the model knows.
    """

    row: str
    confidence: float
    shares: dict[str, float]
    said: str = ""


class RowReader:
    """Asks a model which rows labels name; made by `row_reader`.

    Args:
        model: It, or None for the one in use, which is looked for when it is first asked.
    """

    def __init__(self, model: ModelDir | None = None) -> None:
        self._model = model

    @cached_property
    def _scorer(self) -> Scorer | None:
        model = self._model or chosen(KIND)
        if model is None:
            return None
        scorer = load_scorer(model)
        if not any(x.startswith(ROW) for x in scorer.labels):
            raise UsageError(f"{model.name} knows no rows of tables.", hint="Train it with rows: gxml train CONFIG.")
        return scorer

    def opinions(self, strips: Sequence[Strip], which: Sequence[int]) -> list[Opinion | None]:
        """Return what the labels of some strips name; None where the model sees no head of a row.

        Args:
            strips: Of a table, in order: those around a label tell, too.
            which: Indices of the strips that are asked about.
        """
        text, places = written(strips)
        marks = {i: head_marks(text, *places[i]) for i in which}
        ordered = sorted({m for found in marks.values() for m in found})
        if not ordered or self._scorer is None:
            return [None] * len(which)
        labels = self._scorer.labels
        found = self._scorer.probabilities(Passage(text, tuple(ordered), "rows"))
        shares = dict(zip(ordered, found, strict=True))
        return [
            _opinion(labels, [(text[m : places[i][1]], shares[m]) for m in marks[i]]) if marks[i] else None
            for i in which
        ]


def _opinion(labels: Sequence[str], heads: Sequence[tuple[str, Floats]]) -> Opinion | None:
    nothing = labels.index(NOTHING)
    # groups stand before the row's own label
    said, own = next(((text, s) for text, s in reversed(heads) if s[nothing] < HEAD), ("", None))
    if own is None:
        return None
    rows = {x.removeprefix(ROW): float(own[i]) for i, x in enumerate(labels) if x.startswith(ROW)}
    row = max(rows, key=lambda name: rows[name])
    return Opinion(row, rows[row], rows, said)


def written(strips: Sequence[Strip]) -> tuple[str, list[Span]]:
    """Return strips as lines of fields between tabs, as the model saw tables, and where each one's own label stands."""
    text = ""
    places: list[Span] = []
    for s in strips:
        place = (len(text), len(text))
        for k, f in enumerate(s.fields):
            start = len(text)
            text += f.text.replace("\n", "").strip()
            if k < s.cut and len(text) > start:
                place = (start, len(text))
            text += "\t"
        text = f"{text[:-1]}\n" if s.fields else f"{text}\n"
        places.append(place)
    return text, places


def head_marks(text: str, start: int, end: int) -> list[int]:
    """Return where in a label heads may begin; nowhere in one without words."""
    label = text[start:end]
    if not IDEOGRAPH.search(label):
        return []
    found = set(row_passage(label).marks) | {head_place(label)}
    return sorted(start + m for m in found if m < len(label))


def row_reader(name: str | Path = AUTO) -> RowReader | None:
    """Return who reads labels of rows a second time, None for nobody.

    Args:
        name: "none"; "auto" for the model of rows that was chosen or comes with gxml; or a model's name or folder.

    Raises:
        FileMissingError: There is no such model.
        BrokenFileError: Its files are damaged.
        UsageError: The model knows no rows.
    """
    if str(name) == NONE:
        return None
    return RowReader() if str(name) == AUTO else RowReader(find_model(name))

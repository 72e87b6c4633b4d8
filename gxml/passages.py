"""What a classifier looks at: a text with marks, each of which it gives a label.

For facts the text is the prose, folded, and the marks are the candidates of `gxml.candidates`. For rows it is the text
of tables whose layout is lost, and the marks are places where the head of a row may begin.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from .candidates import Candidate, candidates_of
from .facts_text import ProseLine, paragraphs, prose_only
from .template import editions, fact_types

if TYPE_CHECKING:
    from .neighbours import Neighbours

Floats = NDArray[np.float64]
Kind = Literal["facts", "rows"]

NOTHING = "O"
"""Label of a mark that states no fact and heads no row."""
JOINT = "+"
"""Between the fact types of one label: reviews+lawsuits."""
ROW = "row:"
"""Before the id of a row, as in annotations."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A text with marks: places of characters, in order."""

    text: str
    marks: tuple[int, ...]
    kind: Kind

    def only(self, which: Sequence[int]) -> Passage:
        """Return the same text with some of the marks."""
        return Passage(self.text, tuple(self.marks[i] for i in which), self.kind)


class Scorer(Protocol):
    """Anything that gives marks their labels: the network, the linear baseline."""

    @property
    def labels(self) -> tuple[str, ...]:
        """What the columns of `probabilities` are."""
        ...

    @property
    def neighbours(self) -> Neighbours | None:
        """What is known of labels that stand beside each other; None where nothing is."""
        ...

    def probabilities(self, passage: Passage) -> Floats:
        """Return [marks, labels], rows of sum 1; labels of the other kind of passage have 0."""
        ...


def fact_passage(lines: Sequence[ProseLine]) -> tuple[Passage, list[Candidate]]:
    """Return the prose as one passage, a paragraph a line, with its candidates; mark i is candidate i.

    Candidates that count nothing (dates, document numbers, ...) are left out: what they are is known without asking,
    and a text needs fewer windows.
    """
    text = ""
    found: list[Candidate] = []
    marks: list[int] = []
    for paragraph in (piece for p in paragraphs(lines) for piece in prose_only(p)):
        for c in candidates_of(paragraph):
            if c.counts:
                found.append(c)
                marks.append(len(text) + c.at[0])
        text += paragraph.text + "\n"
    return Passage(text, tuple(marks), "facts"), found


def joint_label(types: Sequence[str]) -> str:
    """Return the label of a mark that states facts of these types."""
    return JOINT.join(sorted(types, key=list(fact_types()).index)) if types else NOTHING


def label_types(label: str) -> tuple[str, ...]:
    """Return the fact types of a label, none for `NOTHING` and for rows."""
    return () if label == NOTHING or label.startswith(ROW) else tuple(label.split(JOINT))


def allowed(labels: Sequence[str], kind: Kind) -> NDArray[np.bool_]:
    """Return which labels a passage of this kind may have."""
    return np.array([x == NOTHING or x.startswith(ROW) == (kind == "rows") for x in labels])


# ---- rows -----------------------------------------------------------------------------------------------------------

_HAN = "\u4e00-\u9fff"
_IS_HAN = re.compile(f"[{_HAN}]")
_NUMERAL = "一二三四五六七八九十"
# Behind these a head may begin: white space, rulings, numbers, marks of enumeration.
_HEAD = re.compile(
    rf"(?:^|[\s|<>/,，.．、:：;；\d０-９\-—－+＋%％)）\]】]|[（(](?=[{_NUMERAL}]{{1,2}}[)）])|"
    rf"(?<=[{_HAN}])(?=[{_NUMERAL}]{{1,2}}、))"
    rf"(?:[{_NUMERAL}]{{1,2}}[、)）．.])?\s*(?P<head>[{_HAN}])",
    re.M,
)


def row_passage(text: str) -> Passage:
    """Return the text of tables with a mark on each place where the head of a row may begin.

    Generous on purpose: a mark stands behind white space, rulings, numbers and enumerators, and, for text in which
    nothing stands between cells, on every row label of the form and behind every column label that is spelled in full.
    """
    marks = {m.start("head") for m in _HEAD.finditer(text)}
    marks |= {m.start(1) for m in _row_labels().finditer(text)}
    ends = {m.end(1) for m in _column_labels().finditer(text)}
    marks |= {e for e in ends if e < len(text) and _IS_HAN.match(text[e])}
    return Passage(text, tuple(sorted(marks)), "rows")


@cache
def _row_labels() -> re.Pattern[str]:
    names = {
        head_text(n)
        for e in editions().values()
        for t in e.tables
        for b in t.blocks
        for r in b.rows
        for n in (r.label, *r.variants)
    }
    return _any_of(names)


@cache
def _column_labels() -> re.Pattern[str]:
    names = {
        n
        for e in editions().values()
        for t in e.tables
        for b in t.blocks
        for c in b.columns
        for n in (c.label, *c.variants)
    }
    return _any_of(n for n in names if len(n) > 2)


def _any_of(names: Iterable[str]) -> re.Pattern[str]:
    longest_first = sorted({n for n in names if n}, key=lambda n: (-len(n), n))
    return re.compile(f"(?=({'|'.join(map(re.escape, longest_first))}))")


def head_text(label: str) -> str:
    """Return a row label from its first character that is no enumerator."""
    return label[head_place(label) :]


def head_place(label: str) -> int:
    """Return where in a printed row label its mark stands: behind 1．, （一）, 三、."""
    m = re.match(rf"\s*(?:[（(]?[{_NUMERAL}\d０-９]{{1,2}}[)）．.、]\s*)*", label)
    return m.end() if m else 0

"""The rules of the editions, and those of gxml itself, as a list that a person, or a program, can read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from .template import Edition, GeneralKind, expand_family, general_rules

RuleKind = GeneralKind | Literal["cross_year"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One family of rules.

    Attributes:
        edition: The edition of the form; "" for a rule that no edition owns.
        id: With {row} or {column} where the family has one rule for each.
        kind: "hard" (the arithmetic of the form), "soft", "narrative" (prose against cells), "cross_year",
            "plausibility"; "reading", "structure" and "source" are about the cells, the tables and the file.
        count: How many rules the family has.
        text: What must hold; for a narrative rule, what is said where it does not.
        citation: What it rests on; for a narrative rule of an edition, the cells.
    """

    edition: str
    id: str
    kind: RuleKind
    count: int
    text: str
    citation: str


def entries(edition: Edition) -> Iterator[Entry]:
    """Yield the rules of an edition, in the order of its file."""
    tables = {t.name: t for t in edition.tables}
    for family in edition.rules:
        count = sum(1 for _ in expand_family(tables[family.table], family.each, family.rows, family.left, family.right))
        kind: RuleKind = "hard" if family.hard else "soft"
        yield Entry(edition.edition, family.id, kind, count, family.text, family.citation)
    for narrative in edition.narrative:
        labels = [edition.fields[i].label for i in narrative.cells]
        cells = " + ".join(labels) if len(labels) < 3 else f"{labels[0]} … {labels[-1]}（{len(labels)} 格之和）"
        yield Entry(edition.edition, narrative.id, "narrative", 1, narrative.text, cells)
    for chain in edition.cross_year:
        count = sum(1 for _ in expand_family(tables[chain.table], chain.each, chain.rows, chain.this, chain.last))
        yield Entry(edition.edition, chain.id, "cross_year", count, chain.text, edition.citation)
    for unlikely in edition.plausible:
        yield Entry(edition.edition, unlikely.id, "plausibility", 1, unlikely.text, edition.citation)


def select(names: Iterable[str] = ()) -> list[Entry]:
    """Return the rules of some editions; for none, of all editions and of gxml itself.

    Raises:
        KeyError: There is no such edition.
    """
    from .template import editions

    chosen = list(names)
    found = [e for name in chosen or editions() for e in entries(editions()[name])]
    if not chosen:
        found += [Entry("", r.id, r.kind, 1, r.text, r.basis) for r in general_rules()]
    return found

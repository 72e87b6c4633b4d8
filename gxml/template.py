"""The forms as data: editions, tables, rows, columns and rules, loaded from gxml/forms/*.toml.

A new edition is a new file in that folder; no code names an edition, a row or a column.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from .errors import FormError

Relation = Literal["==", ">=", "<="]
Kind = Literal["count", "signed", "money"]


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    @cached_property
    def _hash(self) -> int:
        return hash(tuple(getattr(self, name) for name in type(self).model_fields))

    def __hash__(self) -> int:
        # what is known about a form is cached by the form: its whole content is hashed once
        return self._hash


class Column(_Data):
    """A value column: its id part, printed label, other labels seen, and what its cells hold."""

    name: str
    label: str
    variants: tuple[str, ...] = ()
    group: str = ""
    kind: Kind = "count"
    unit: str | None = "件"


class Row(_Data):
    """A row: its id part, printed label, the group labels above it, and its role in rules ("result")."""

    name: str
    label: str
    variants: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    role: str = ""


class Block(_Data):
    """Rows that share columns; section 二 has one block for each item of article 20."""

    label: str = ""
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


class TableForm(_Data):
    """One table of the form.

    `layout` is "rows" (a row label, then its cells) or "one_line" (one printed line; every `Row` is a group of
    columns beside the others).
    """

    name: str
    section: int
    prefix: str
    title: str
    titles: tuple[str, ...] = ()
    caption: str = ""
    layout: Literal["rows", "one_line"] = "rows"
    blocks: tuple[Block, ...]

    def fields(self) -> tuple[FieldForm, ...]:
        """Return the cells of this table in printed order."""
        return self._fields

    @cached_property
    def _fields(self) -> tuple[FieldForm, ...]:
        return tuple(self._each_field())

    def _each_field(self) -> Iterator[FieldForm]:
        for block in self.blocks:
            for row in block.rows:
                for column in block.columns:
                    parts = [block.label, *row.path, row.label, column.label]
                    label = "／".join(p for p in parts if p)
                    yield FieldForm(
                        f"{self.prefix}{row.name}.{column.name}",
                        label,
                        self.section,
                        self.name,
                        row.name,
                        column.name,
                        column.kind,
                        # money keeps the unit that is printed; a form without a fixed unit has none
                        None if column.kind == "money" and column.unit == "件" else column.unit,
                    )


@dataclass(frozen=True, slots=True)
class FieldForm:
    """One cell of the form."""

    id: str
    label: str
    section: int
    table: str
    row: str
    column: str
    kind: Kind
    unit: str | None


class RuleForm(_Data):
    """A family of linear rules, one for each row or column.

    `left` and `right` name columns (each = "row") or rows (each = "column"); "-name" subtracts, "@role" stands
    for all rows of that role. `rows` limits a family with each = "row".
    """

    id: str
    table: str
    each: Literal["row", "column"]
    rows: tuple[str, ...] = ()
    left: tuple[str, ...]
    right: tuple[str, ...]
    relation: Relation
    hard: bool = False
    text: str
    citation: str


class NarrativeForm(_Data):
    """A fact type of the prose that must equal a sum of cells."""

    id: str
    fact: str
    cells: tuple[str, ...]
    text: str


class CrossYearForm(_Data):
    """A family of rules: a sum of this year's cells equals a sum of last year's."""

    id: str
    table: str
    each: Literal["row", "column"]
    rows: tuple[str, ...] = ()
    this: tuple[str, ...]
    last: tuple[str, ...]
    text: str


class PlausibleForm(_Data):
    """Something unlikely: one of `positive` is above 0 while all of `zero` are 0, for an issuer that matches."""

    id: str
    positive: tuple[str, ...]
    zero: tuple[str, ...] = ()
    issuer: str = ""
    text: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: sum of coefficient × cell over `left` stands in `relation` to that over `right`."""

    id: str
    left: tuple[tuple[int, str], ...]
    right: tuple[tuple[int, str], ...]
    relation: Relation
    hard: bool
    text: str
    citation: str
    section: int

    @property
    def cells(self) -> tuple[str, ...]:
        """Ids of all cells of the rule."""
        return tuple(i for _, i in (*self.left, *self.right))


class Edition(_Data):
    """One edition of the form."""

    edition: str
    citation: str
    first_year: int
    last_year: int = 9999
    tables: tuple[TableForm, ...]
    rules: tuple[RuleForm, ...] = ()
    narrative: tuple[NarrativeForm, ...] = ()
    cross_year: tuple[CrossYearForm, ...] = ()
    plausible: tuple[PlausibleForm, ...] = ()

    def table(self, section: int) -> TableForm:
        """Return the table of a section (2, 3 or 4)."""
        for t in self.tables:
            if t.section == section:
                return t
        raise KeyError(section)

    @cached_property
    def fields(self) -> dict[str, FieldForm]:
        """All cells by id, in printed order."""
        return {f.id: f for t in self.tables for f in t.fields()}

    @cached_property
    def expanded_rules(self) -> tuple[Rule, ...]:
        """Every rule of every family, with cell ids."""
        return tuple(r for family in self.rules for r in self._expand(family))

    def _expand(self, family: RuleForm) -> Iterator[Rule]:
        table = next(t for t in self.tables if t.name == family.table)
        for values, left, right in expand_family(table, family.each, family.rows, family.left, family.right):
            yield Rule(
                family.id.format(**values),
                left,
                right,
                family.relation,
                family.hard,
                family.text,
                family.citation,
                table.section,
            )


Terms = tuple[tuple[int, str], ...]


def expand_family(
    table: TableForm, each: str, only: tuple[str, ...], left: tuple[str, ...], right: tuple[str, ...]
) -> Iterator[tuple[dict[str, str], Terms, Terms]]:
    """Yield ({"row"|"column": name}, left terms, right terms) for each row or column of a table."""

    def parse(name: str) -> tuple[int, str]:
        return (-1, name[1:]) if name.startswith("-") else (1, name)

    if each == "row":
        for block in table.blocks:
            for row in block.rows:
                if only and row.name not in only:
                    continue

                def terms(names: tuple[str, ...], row: Row = row) -> Terms:
                    return tuple((k, f"{table.prefix}{row.name}.{n}") for k, n in map(parse, names))

                yield {"row": row.name}, terms(left), terms(right)
        return
    block = table.blocks[0]
    for column in block.columns:

        def members(names: tuple[str, ...], column: Column = column) -> Terms:
            out: list[tuple[int, str]] = []
            for k, n in map(parse, names):
                rows = [r.name for r in block.rows if r.role == n[1:]] if n.startswith("@") else [n]
                out += [(k, f"{table.prefix}{r}.{column.name}") for r in rows]
            return tuple(out)

        yield {"column": column.name}, members(left), members(right)


GeneralKind = Literal["hard", "soft", "narrative", "plausibility", "reading", "structure", "source"]


class GeneralRule(_Data):
    """A rule of gxml itself, the same for every edition: what a finding of this id is about, and what it rests on."""

    id: str
    kind: GeneralKind
    text: str
    basis: str


class FactType(_Data):
    """A type of narrative fact."""

    type: str
    label: str
    unit: str


def _forms() -> list[tuple[str, str]]:
    folder = resources.files("gxml") / "forms"
    return sorted((f.name, f.read_text("utf-8")) for f in folder.iterdir() if re.fullmatch(r"\d+\.toml", f.name))


def parse_edition(name: str, text: str) -> Edition:
    """Validate one form file.

    Raises:
        FormError: It is not TOML, or lacks a part, or a rule names a row or column that is not there.
    """
    try:
        edition = Edition.model_validate(tomllib.loads(text))
        known = set(edition.fields)
        for rule in edition.expanded_rules:
            unknown = set(rule.cells) - known
            if unknown:
                raise FormError(f"{name}: rule {rule.id} names unknown cells {sorted(unknown)}.")
        for id_, cells in [
            *((n.id, n.cells) for n in edition.narrative),
            *((p.id, (*p.positive, *p.zero)) for p in edition.plausible),
        ]:
            unknown = set(cells) - known
            if unknown:
                raise FormError(f"{name}: rule {id_} names unknown cells {sorted(unknown)}.")
    except (tomllib.TOMLDecodeError, ValidationError, StopIteration) as e:
        raise FormError(f"{name} is not a valid form: {e}", hint="See gxml/forms/2021.toml for the shape.") from e
    return edition


@cache
def editions() -> dict[str, Edition]:
    """Return all editions by name, oldest first."""
    found = [parse_edition(name, text) for name, text in _forms()]
    return {e.edition: e for e in sorted(found, key=lambda e: e.first_year)}


def edition_for_year(year: int) -> Edition:
    """Return the edition that was in force for the reports of `year` (the oldest for earlier years)."""
    known = list(editions().values())
    return next((e for e in reversed(known) if e.first_year <= year), known[0])


@cache
def fact_types() -> dict[str, FactType]:
    """Return the fact types by id."""
    text = (resources.files("gxml") / "forms" / "facts.toml").read_text("utf-8")
    return {t["type"]: FactType.model_validate(t) for t in tomllib.loads(text)["types"]}


@cache
def general_rules() -> tuple[GeneralRule, ...]:
    """Return the rules that no edition owns, in the order of their file.

    Raises:
        FormError: The file is not valid, or an id stands in it twice.
    """
    name = "rules.toml"
    text = (resources.files("gxml") / "forms" / name).read_text("utf-8")
    try:
        found = tuple(GeneralRule.model_validate(r) for r in tomllib.loads(text)["rules"])
    except (tomllib.TOMLDecodeError, ValidationError, KeyError) as e:
        raise FormError(f"{name} is not valid: {e}") from e
    if len({r.id for r in found}) < len(found):
        raise FormError(f"{name}: an id stands in it twice.")
    return found

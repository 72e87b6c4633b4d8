"""The patterns of the rule-based fact reader: forms/patterns.toml, compiled and checked."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from .errors import FormError
from .template import fact_types


def _any(patterns: Sequence[str]) -> re.Pattern[str] | None:
    return re.compile("|".join(f"(?:{p})" for p in patterns)) if patterns else None


@dataclass(frozen=True, slots=True)
class Rule:
    """What makes a number a fact of one type; the keys are explained in forms/patterns.toml."""

    type: str
    units: frozenset[str]
    match: tuple[re.Pattern[str], ...]
    predicate: tuple[re.Pattern[str], ...]
    unless: re.Pattern[str] | None
    near: re.Pattern[str] | None
    not_near: re.Pattern[str] | None
    topic: re.Pattern[str] | None
    both: re.Pattern[str] | None
    nearest: tuple[re.Pattern[str], ...]
    confidence: float


@dataclass(frozen=True, slots=True)
class Zero:
    """What makes 没有 a fact of value 0."""

    type: str
    word: re.Pattern[str]
    object: re.Pattern[str]
    unless: re.Pattern[str] | None
    topic: re.Pattern[str] | None
    confidence: float


@dataclass(frozen=True, slots=True)
class Patterns:
    """All of forms/patterns.toml.

    Attributes:
        rules: By unit, those that may take a number with it, first come first; with no unit ("") also those that may
            take a number without. A unit that no rule names has none.
    """

    rules: Mapping[str, tuple[Rule, ...]]
    zeros: tuple[Zero, ...]
    exclude_left: re.Pattern[str]
    exclude_clause: re.Pattern[str]
    exclude_right: re.Pattern[str]
    future: re.Pattern[str]
    plan: re.Pattern[str]
    tail: re.Pattern[str]
    verb: re.Pattern[str]
    items: Mapping[str, re.Pattern[str]]
    item_units: frozenset[str]
    channels: Mapping[str, re.Pattern[str]]


def _by_unit(rules: Sequence[Rule]) -> dict[str, tuple[Rule, ...]]:
    out = {unit: tuple(r for r in rules if unit in r.units) for rule in rules for unit in rule.units}
    # a share or a sum of money always has its unit
    return out | {"": tuple(r for r in rules if "" in r.units or not r.units & {"%", "元"})}


def parse_patterns(text: str) -> Patterns:
    """Compile the pattern file.

    Raises:
        FormError: It is not TOML, names an unknown type, or holds a pattern that does not compile.
    """
    try:
        data: dict[str, Any] = tomllib.loads(text)
        known = fact_types()
        rules = []
        for r in data["rules"]:
            if r["type"] not in known:
                raise FormError(f"patterns.toml: unknown fact type {r['type']!r}.")
            rules.append(
                Rule(
                    r["type"],
                    frozenset((data["units"][r["units"][1:]] if r["units"][0] == "@" else r["units"]).split("|")),
                    tuple(re.compile(p) for p in r.get("match", ())),
                    tuple(re.compile(p) for p in r.get("predicate", ())),
                    _any(r.get("unless", ())),
                    re.compile(r["near"]) if "near" in r else None,
                    re.compile(r["not_near"]) if "not_near" in r else None,
                    re.compile(r["topic"]) if "topic" in r else None,
                    re.compile(r["both"]) if "both" in r else None,
                    tuple(re.compile(p) for p in r.get("nearest", ())),
                    float(r["confidence"]),
                )
            )
        zero = data["zero"]
        zeros = tuple(
            Zero(
                z["type"],
                re.compile(z.get("word", zero["word"])),
                re.compile(z["object"]),
                _any([zero["unless"], *([z["unless"]] if "unless" in z else [])]),
                re.compile(z["topic"]) if "topic" in z else None,
                float(z["confidence"]),
            )
            for z in zero["facts"]
        )
        exclude = data["exclude"]
        items = dict(data["items"])
        item_units = frozenset(items.pop("units").split("|"))
        left, clause, right = (_any(exclude[k]) for k in ("left", "clause", "right"))
        assert left and clause and right
        return Patterns(
            _by_unit(rules),
            zeros,
            left,
            clause,
            right,
            re.compile(exclude["future"]),
            re.compile(exclude["plan"]),
            re.compile(data["quantifier"]["tail"]),
            re.compile(data["quantifier"]["verb"]),
            {k: re.compile(v) for k, v in items.items()},
            item_units,
            {k: re.compile(v) for k, v in data["channels"].items()},
        )
    except (tomllib.TOMLDecodeError, re.error, KeyError, TypeError, ValueError) as e:
        raise FormError(f"patterns.toml is not valid: {e!r}", hint="See the comments at its head.") from e


@cache
def patterns() -> Patterns:
    """Return the patterns that ship with gxml."""
    return parse_patterns((resources.files("gxml") / "forms" / "patterns.toml").read_text("utf-8"))

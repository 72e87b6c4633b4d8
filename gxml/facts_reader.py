"""Readers of facts by name, all behind `gxml.facts.FactReader`.

    fact_reader("auto").read(document.text, lines)

A model is loaded when it is first asked for, and kept for the next report.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import FileMissingError, UsageError
from .facts import FactReader, RuleReader
from .models import ModelDir, chosen, find_model

if TYPE_CHECKING:
    from .classifier import Classifier
    from .linear import LinearScorer

AUTO, RULES, BOTH = "auto", "rules", "both"


def fact_reader(name: str | Path = AUTO, *, threads: int = 1) -> FactReader:
    """Return a reader of facts.

    Args:
        name: "rules"; "classifier" or "linear" for the chosen model of that kind; "both" for the rules together with
            the chosen classifier, or with the linear model where there is no classifier; "auto" for both where there is
            either, else for the rules; or a model's name or folder.
        threads: Threads of a network.

    Raises:
        FileMissingError: There is no such model.
        BrokenFileError: Its files are damaged.
        UsageError: The model is of another kind.
    """
    asked = str(name)
    if asked == RULES:
        return RuleReader()
    if asked in (AUTO, BOTH):
        model = chosen("classifier") or chosen("linear")
    else:
        model = chosen(asked) if asked in ("classifier", "linear") else find_model(name)
    if model is None:
        if asked == AUTO:
            return RuleReader()
        raise FileMissingError(f"There is no model for {asked!r}.", hint="Make one: gxml train CONFIG.")
    return _loaded(_Key(model), asked in (AUTO, BOTH), threads)


class _Key:
    """A model directory as a key: the same files are the same model."""

    def __init__(self, model: ModelDir) -> None:
        self.model = model
        self._parts = (str(model.folder), tuple(sorted(model.files.items())))

    def __hash__(self) -> int:
        return hash(self._parts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self._parts == other._parts


@lru_cache(maxsize=2)
def _loaded(key: _Key, with_rules: bool, threads: int) -> FactReader:
    from .facts_both import BothReader
    from .facts_scored import ScoredReader

    model = key.model
    scorer: Classifier | LinearScorer
    if model.kind == "classifier":
        from .classifier import Classifier

        scorer = Classifier.load(model, threads=threads)
    elif model.kind == "linear":
        from .linear import LinearScorer

        scorer = LinearScorer.load(model)
    else:
        raise UsageError(f"{model.name} is a {model.kind}, which reads no facts.")
    if not with_rules:
        return ScoredReader(scorer)
    return BothReader(scorer)

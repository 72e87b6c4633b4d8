"""Readers of facts by name, all behind `gxml.facts.FactReader`.

    fact_reader("auto").read(document.text, lines)

A model is loaded when it is first asked for, and kept for the next report.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from .blend import Blended
from .errors import FileMissingError, UsageError
from .facts import FactReader, RuleReader
from .facts_both import BothReader
from .facts_scored import ScoredReader
from .models import ModelDir, chosen, find_model
from .passages import Scorer

AUTO, MODELS, RULES = "auto", "models", "rules"


def fact_reader(name: str | Path = AUTO, *, threads: int = 1) -> FactReader:
    """Return a reader of facts.

    Args:
        name: "rules"; "auto" for the rules together with the chosen classifier and the linear model, or with those of
            them that there are; "models" for these two without the rules; "classifier" or "linear" for the chosen
            model of that kind; or a model's name or folder.
        threads: Threads of a network.

    Raises:
        FileMissingError: There is no such model.
        BrokenFileError: Its files are damaged.
        UsageError: The model is of another kind.
    """
    asked = str(name)
    if asked == RULES:
        return RuleReader()
    helper: ModelDir | None = None
    if asked in (AUTO, MODELS):
        model, helper = chosen("classifier"), chosen("linear")
        if model is None:
            model, helper = helper, None
        if model is None and asked == AUTO:
            return RuleReader()
    else:
        model = chosen(asked) if asked in ("classifier", "linear") else find_model(name)
    if model is None:
        raise FileMissingError(f"There is no model for {asked!r}.", hint="Make one: gxml train CONFIG.")
    if model.kind not in ("classifier", "linear"):
        raise UsageError(f"{model.name} is a {model.kind}, which reads no facts.")
    if asked == AUTO:
        return _together(_Key(model), _Key(helper) if helper else None, threads)
    if helper is not None:
        return ScoredReader(Blended(_loaded(_Key(model), threads), _loaded(_Key(helper), threads)))
    return ScoredReader(_loaded(_Key(model), threads))


def load_scorer(model: ModelDir, *, threads: int = 1) -> Scorer:
    """Load a model that gives marks their labels; it is kept for the next time.

    Raises:
        BrokenFileError: Its files are damaged.
        UsageError: It is of another kind.
    """
    return _loaded(_Key(model), threads)


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
def _together(key: _Key, helper: _Key | None, threads: int) -> FactReader:
    return BothReader(_loaded(key, threads), _loaded(helper, threads) if helper else None)


@lru_cache(maxsize=4)
def _loaded(key: _Key, threads: int) -> Scorer:
    model = key.model
    if model.kind == "classifier":
        from .classifier import Classifier

        return Classifier.load(model, threads=threads)
    if model.kind in ("linear", "rows"):
        from .linear import LinearScorer

        return LinearScorer.load(model)
    raise UsageError(f"{model.name} is a {model.kind}, no classifier.")

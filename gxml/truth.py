"""Truth files (NAME.truth.json of the output contract), and which saved report each of them judges."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .errors import BrokenFileError, FileMissingError, UsageError
from .export import is_output
from .report import Number

TRUTH = ".truth.json"
"""Ends the names of truth files."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)


class TrueFact(_Model):
    """A figure that the prose states."""

    type: str
    value: Number


class Violation(_Model):
    """Something that the printed report breaks; `needs` names another document without which it cannot be seen."""

    kind: str
    cells: tuple[str, ...] = ()
    detail: str = ""
    needs: str | None = None


class Truth(_Model):
    """What a report prints.

    Attributes:
        cells: Id to what is printed, None where blank, worded or lost.
        accept: Id to every value that is right there, where the document alone does not decide.
        facts: Of the prose; all of them if `facts_complete`, else they measure recall alone.
        prose: What is printed outside the sections that are tables, where the truth holds it.
    """

    issuer: str | None
    year: int | None
    editions: dict[str, str]
    cells: dict[str, Number | None]
    accept: dict[str, list[Number | None]] = Field(default_factory=dict)
    facts: tuple[TrueFact, ...] = ()
    facts_complete: bool = False
    violations: tuple[Violation, ...] = ()
    prose: str | None = None

    def holds(self, cell: str, value: Number | None) -> bool:
        """Tell whether `value` is right in a cell of this truth."""
        return any(same(value, v) for v in (self.cells.get(cell), *self.accept.get(cell, ())))


def same(a: Number | None, b: Number | None) -> bool:
    """Tell whether two values are equal; None is equal to None alone."""
    if a is None or b is None:
        return a is b
    return abs(float(a) - float(b)) < 1e-6


def load_truth(path: Path) -> Truth:
    """Read a truth file.

    Raises:
        FileMissingError: There is no such file.
        BrokenFileError: It is not a truth file.
    """
    hint = "A truth file is NAME.truth.json, as `gxml synth` writes it."
    try:
        data: Any = json.loads(path.read_bytes())
        if isinstance(data, dict):  # older files say [] for "nothing"
            data = {**data, "accept": data.get("accept") or {}, "violations": data.get("violations") or ()}
        return Truth.model_validate(data)
    except FileNotFoundError as e:
        raise FileMissingError(f"{path} does not exist.", hint=hint) from e
    except (OSError, ValueError, RecursionError) as e:
        reason = f"{e.error_count()} fields are wrong" if isinstance(e, ValidationError) else str(e)
        raise BrokenFileError(f"{path} is not a truth file: {reason}.", hint=hint) from e


@dataclass(frozen=True, slots=True)
class Pair:
    """A truth file and the saved report that it judges; None where there is none."""

    name: str
    truth: Path
    prediction: Path | None


def pairs(truth: Path, predictions: Path) -> list[Pair]:
    """Return which saved report each truth file judges, in order of the names.

    NAME.truth.json judges NAME.json, NAME.pdf.json and so on, in the same subfolder or, where that has none, in any.

    Args:
        truth: A truth file, or a folder of them.
        predictions: A saved report, or a folder of them; a file goes with a file.

    Raises:
        FileMissingError: One of them does not exist, or there is no truth.
        UsageError: A file is given for one and a folder of several for the other.
    """
    for path in (truth, predictions):
        if not path.exists():
            raise FileMissingError(f"{path} does not exist.", hint="Give a file or a folder.")
    if predictions.is_file():
        if truth.is_dir():
            raise UsageError(f"{truth} is a folder and {predictions} a file.", hint="Give two files, or two folders.")
        return [Pair(_name(truth), truth, predictions)]
    files = [truth] if truth.is_file() else sorted(truth.rglob("*" + TRUTH))
    if not files:
        raise FileMissingError(f"{truth} holds no file NAME{TRUTH}.", hint="Give a folder with truth files.")
    root = truth.parent if truth.is_file() else truth
    return list(_matched(files, root, predictions))


def _matched(files: list[Path], root: Path, predictions: Path) -> Iterator[Pair]:
    saved: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(predictions.rglob("*.json")):
        if not path.name.endswith(TRUTH) and is_output(path):
            stem = path.name.removesuffix(".json")
            saved[stem].append(path)
            if "." in stem:  # NAME.pdf.json, where files share a stem
                saved[stem.rpartition(".")[0]].append(path)
    for file in files:
        name = _name(file)
        found = saved.get(name, [])
        beside = [p for p in found if p.parent.relative_to(predictions) == file.parent.relative_to(root)]
        for path in beside or found:
            yield Pair(path.name.removesuffix(".json"), file, path)
        if not found:
            yield Pair(name, file, None)


def _name(truth: Path) -> str:
    return truth.name.removesuffix(TRUTH)

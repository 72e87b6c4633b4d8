"""Model directories: those that come with gxml and the user's own, checked by their hashes, chosen by name.

A model directory holds config.json, which names its files with their SHA-256, and README.md, the model card. `gxml
models use NAME` records which model of a kind gxml takes where none is named.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from .errors import BrokenFileError, FileMissingError, OutputError, UsageError
from .shipped import models as shipped_models
from .tokens import file_hash

CONFIG, CARD = "config.json", "README.md"
CHECKPOINT, WEIGHTS = "checkpoint", "model.safetensors"
"""Folder in a model directory with the weights to train on, and their file. Not every copy of a model has them."""
HOME_VARIABLE = "GXML_HOME"
"""Environment variable: the folder of gxml's settings and of the user's models, instead of the usual place."""
_CHOICE = "models.json"
_READER = "number_reader"


@dataclass(frozen=True, slots=True)
class ModelDir:
    """A model directory.

    Attributes:
        name: Of the folder.
        kind: "classifier", "linear", "rows" or "number_reader".
        folder: Where it is.
        shipped: It came with gxml.
        files: File name to its SHA-256.
        config: All of config.json.
    """

    name: str
    kind: str
    folder: Traversable
    shipped: bool
    files: Mapping[str, str]
    config: Mapping[str, Any]

    @property
    def trainable(self) -> bool:
        """It has the weights that training goes on from: the wheel comes without them."""
        return (self.folder / CHECKPOINT / WEIGHTS).is_file()

    def read(self, name: str) -> bytes:
        """Return a file of the model.

        Raises:
            FileMissingError: It is absent.
            BrokenFileError: It is not the file that config.json names.
        """
        file = self.folder / name
        if not file.is_file():
            raise FileMissingError(f"The model {self.name} has no {name} in {self.folder}.", hint=_again(self))
        data = file.read_bytes()
        if file_hash(data) != self.files.get(name):
            raise BrokenFileError(f"{name} in {self.folder} is not the file that {CONFIG} names.", hint=_again(self))
        return data

    def problems(self) -> list[str]:
        """Return what is wrong with its files, nothing where all is well."""
        found = []
        for name in self.files:
            try:
                self.read(name)
            except (FileMissingError, BrokenFileError) as e:
                found.append(e.message)
        weights = self.folder / CHECKPOINT / WEIGHTS
        wanted = self.config.get(CHECKPOINT)
        if wanted and weights.is_file() and file_hash(weights.read_bytes()) != wanted:
            found.append(f"{CHECKPOINT}/{WEIGHTS} in {self.folder} is not the file that {CONFIG} names.")
        if not (self.folder / CARD).is_file():
            found.append(f"The model {self.name} has no model card ({CARD}).")
        return found


def _again(model: ModelDir) -> str:
    return "Install gxml again." if model.shipped else "Train it again, or copy the whole folder again."


def open_model(folder: Traversable, *, shipped: bool = False) -> ModelDir:
    """Open a model directory.

    Raises:
        FileMissingError: There is no config.json.
        BrokenFileError: It is not one of a gxml model.
    """
    file = folder / CONFIG
    if not file.is_file():
        raise FileMissingError(f"{folder} is no model directory: there is no {CONFIG}.")
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
        if "files" in config:
            kind, files = str(config["kind"]), {str(k): str(v) for k, v in config["files"].items()}
        else:  # the reader of numbers, whose file came before the others
            kind, files = _READER, {f"{_READER}.onnx": str(config["sha256"])}
    except (ValueError, TypeError, KeyError, AttributeError) as e:
        raise BrokenFileError(f"{CONFIG} in {folder} is not that of a gxml model.") from e
    return ModelDir(folder.name, kind, folder, shipped, files, config)


def home() -> Path:
    """Return the folder of the user's settings and models."""
    if named := os.environ.get(HOME_VARIABLE):
        return Path(named)
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA") or Path.home()) / "gxml"
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "gxml"


def all_models() -> list[ModelDir]:
    """Return the user's models and those that came with gxml, by name; a user's one hides a shipped one of its name.

    Folders that are none are passed over.
    """
    found: dict[str, ModelDir] = {}
    for folder, shipped in _folders():
        try:
            found.setdefault(folder.name, open_model(folder, shipped=shipped))
        except (FileMissingError, BrokenFileError):
            continue
    return sorted(found.values(), key=lambda m: m.name)


def _folders() -> Iterator[tuple[Traversable, bool]]:
    own = home() / "models"
    if own.is_dir():
        yield from ((f, False) for f in own.iterdir() if f.is_dir())
    with suppress(FileMissingError):  # an installation without models has the user's only
        yield from ((f, True) for f in shipped_models().iterdir() if f.is_dir())


def find_model(name: str | Path) -> ModelDir:
    """Find a model by the path of its folder, or by its name.

    Raises:
        FileMissingError: There is none.
        BrokenFileError: Its config.json is damaged.
    """
    path = Path(name)
    if path.is_dir():
        return open_model(path)
    for folder, shipped in _folders():
        if folder.name == str(name):
            return open_model(folder, shipped=shipped)
    known = ", ".join(m.name for m in all_models())
    raise FileMissingError(f"There is no model {name}.", hint=f"A folder, or one of: {known}.")


def chosen(kind: str) -> ModelDir | None:
    """Return the model of a kind that is to be used: the one that `use` recorded, else the shipped one, else None.

    Raises:
        FileMissingError: The recorded one is gone.
    """
    model = recorded(kind)
    if model is not None:
        return model
    return next((m for m in all_models() if m.shipped and m.kind == kind), None)


def recorded(kind: str) -> ModelDir | None:
    """Return the model of a kind that `use` recorded, else None.

    Raises:
        FileMissingError: It is gone.
    """
    name = _choices().get(kind)
    return None if name is None else find_model(name)


def use(name: str | Path) -> ModelDir:
    """Record a model as the one to be used for its kind.

    Raises:
        FileMissingError: There is none of that name.
        BrokenFileError: Its files are not what its config.json says.
        UsageError: It is of a kind that cannot be chosen.
        OutputError: The settings cannot be written.
    """
    model = find_model(name)
    if model.kind not in ("classifier", "linear", "rows"):
        raise UsageError(f"{model.name} is a {model.kind}: only classifiers can be chosen.")
    if problems := model.problems():
        raise BrokenFileError(problems[0], hint=_again(model))
    path = Path(str(name))
    value = str(path.resolve()) if path.is_dir() else model.name
    text = json.dumps(_choices() | {model.kind: value}, ensure_ascii=False, indent=1) + "\n"
    fresh = home() / f"{_CHOICE}.{os.getpid()}"
    try:
        home().mkdir(parents=True, exist_ok=True)
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(home() / _CHOICE)
    except OSError as e:
        raise OutputError(f"{home()} cannot be written: {e.strerror or e}.", hint=f"Set {HOME_VARIABLE}.") from e
    return model


def _choices() -> dict[str, str]:
    file = home() / _CHOICE
    if not file.is_file():
        return {}
    try:
        return {str(k): str(v) for k, v in json.loads(file.read_text(encoding="utf-8")).items()}
    except (ValueError, AttributeError) as e:
        raise BrokenFileError(f"{file} is damaged.", hint="Delete it, then choose again: gxml models use NAME.") from e

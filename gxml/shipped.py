"""What travels inside the package: trained models and the sample report."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from .errors import FileMissingError

_SAMPLE_SUFFIXES = (".pdf", ".docx", ".html", ".txt")


def models() -> Traversable:
    """Return the folder of the models: `gxml/_models` in an installed wheel, `models/` in a checkout.

    Raises:
        FileMissingError: The installation has neither.
    """
    package = resources.files(__package__)
    for folder in (package / "_models", Path(__file__).parent.parent / "models"):
        if folder.is_dir():
            return folder
    raise FileMissingError("This installation of gxml carries no models.", hint="Install it again with pip.")


@contextmanager
def sample() -> Iterator[Path]:
    """Give the path of the sample report, a generated one, while the context lasts.

    Raises:
        FileMissingError: The installation has no sample.
    """
    folder = resources.files(__package__) / "sample"
    found = sorted(folder.iterdir(), key=lambda f: f.name) if folder.is_dir() else []
    for suffix in _SAMPLE_SUFFIXES:
        for file in found:
            if file.name.endswith(suffix):
                with resources.as_file(file) as path:
                    yield path
                return
    raise FileMissingError("This installation of gxml carries no sample report.", hint="Install it again with pip.")

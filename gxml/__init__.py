"""gxml reads Chinese government-information-disclosure annual reports into checked cells and facts.

>>> import gxml
>>> report = gxml.read("report.pdf")                         # doctest: +SKIP
>>> report.cells["requests.received.total"].value            # doctest: +SKIP
3119

Names load on first use, so that `import gxml` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .config import Options
    from .errors import (
        AnnotationError,
        BrokenFileError,
        EmptyFileError,
        EncryptedFileError,
        FileMissingError,
        FormError,
        GxmlError,
        InputError,
        MissingToolError,
        OutputError,
        TooLargeError,
        UnsupportedFormatError,
        UsageError,
    )
    from .pipeline import read
    from .report import Cell, Fact, Finding, Report

__version__ = "0.1.0"

_HOME = {
    "Cell": "report",
    "Fact": "report",
    "Finding": "report",
    "Options": "config",
    "Report": "report",
    "read": "pipeline",
}

__all__ = [
    "AnnotationError",
    "BrokenFileError",
    "Cell",
    "EmptyFileError",
    "EncryptedFileError",
    "Fact",
    "FileMissingError",
    "Finding",
    "FormError",
    "GxmlError",
    "InputError",
    "MissingToolError",
    "Options",
    "OutputError",
    "Report",
    "TooLargeError",
    "UnsupportedFormatError",
    "UsageError",
    "__version__",
    "read",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOME.get(name, 'errors')}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

"""Every error that gxml raises on purpose, with the exit code of the command line.

    GxmlError                     1   base of all
    ├── UsageError                2   an argument or a configuration value is wrong
    ├── InputError                3   the file cannot be read as a report
    │   ├── FileMissingError      3   no such file, or not a file
    │   ├── EmptyFileError        3   zero bytes, or no text in it
    │   ├── UnsupportedFormatError 3  a kind of file that gxml does not read
    │   ├── BrokenFileError       3   truncated or damaged
    │   ├── EncryptedFileError    3   needs a password
    │   ├── AnnotationError       3   an annotation file is not valid, or does not fit its document
    │   └── TooLargeError         3   over a limit of `Options` (bytes, pages, pixels, unpacked size)
    ├── MissingToolError          4   an optional program or package is not installed
    ├── FormError                 5   a form file under gxml/forms is not valid
    └── OutputError               6   a result cannot be written

Each carries `hint`: what the user can do next.
"""

from __future__ import annotations


class GxmlError(Exception):
    """Base of all errors raised on purpose.

    Args:
        message: What went wrong, naming the file or value.
        hint: What to do next.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class UsageError(GxmlError):
    """An argument or a configuration value is wrong."""

    exit_code = 2


class InputError(GxmlError):
    """The file cannot be read as a report."""

    exit_code = 3


class FileMissingError(InputError):
    """No such file, or not a file."""


class EmptyFileError(InputError):
    """Zero bytes, or no text in it."""


class UnsupportedFormatError(InputError):
    """A kind of file that gxml does not read."""


class BrokenFileError(InputError):
    """Truncated or damaged."""


class EncryptedFileError(InputError):
    """Needs a password."""


class AnnotationError(InputError):
    """An annotation file is not valid, or does not fit its document."""


class TooLargeError(InputError):
    """Over a limit of `gxml.Options`."""


class MissingToolError(GxmlError):
    """An optional program or package is not installed."""

    exit_code = 4


class FormError(GxmlError):
    """A form file is not valid."""

    exit_code = 5


class OutputError(GxmlError):
    """A result cannot be written."""

    exit_code = 6

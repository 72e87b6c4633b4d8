"""From text to tokens for a network, with the place of each token, and overlapping windows around marked places.

`CharTokenizer` is gxml's own: one token a character, line ends, tabs and full-width forms included. `SubwordTokenizer`
reads the tokenizer.json of a Hugging Face checkpoint (WordPiece and its kin).
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from .errors import BrokenFileError, MissingToolError, UsageError

SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
"""First entries of a character vocabulary, in this order."""
WHITE = ("\n", "\t")
"""Characters that hub tokenizers drop, and that say where a row or a cell ends."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """A text as tokens; token i stands for text[starts[i]:ends[i]]."""

    ids: tuple[int, ...]
    starts: Sequence[int]
    ends: Sequence[int]

    def token_at(self, place: int) -> int | None:
        """Return the token that covers a character, None where the tokenizer dropped it."""
        i = bisect_right(self.starts, place) - 1
        return i if i >= 0 and place < self.ends[i] else None


class Tokenizer(Protocol):
    """Turns text into tokens."""

    @property
    def frame(self) -> tuple[int, int]:
        """Ids of the tokens before and after a window."""
        ...

    @property
    def unknown(self) -> int:
        """Id of the token for what is in no vocabulary."""
        ...

    def encode(self, text: str) -> Encoded:
        """Return the tokens of a text, without those of `frame`."""
        ...


class CharTokenizer:
    """One token a character.

    A character without an entry is looked up once more in its compatibility form (Ⅲ, ㎡ and the like have none of one
    character; ﹪ has), then is [UNK].

    Args:
        characters: The vocabulary: `SPECIALS`, then single characters.

    Raises:
        BrokenFileError: The vocabulary is none of that kind.
    """

    def __init__(self, characters: Sequence[str]) -> None:
        if tuple(characters[: len(SPECIALS)]) != SPECIALS or any(len(c) != 1 for c in characters[len(SPECIALS) :]):
            raise BrokenFileError("The character vocabulary is damaged.", hint="Install gxml again, or train anew.")
        self.characters = tuple(characters)
        self._ids = {c: i for i, c in enumerate(self.characters)}
        self._unknown = SPECIALS.index("[UNK]")

    @property
    def unknown(self) -> int:
        """Id of [UNK]."""
        return self._unknown

    @classmethod
    def parse(cls, data: bytes) -> CharTokenizer:
        """Make one from the bytes of its file, a JSON list."""
        try:
            return cls(json.loads(data))
        except (ValueError, TypeError) as e:
            raise BrokenFileError("The character vocabulary is no JSON list.", hint="Install gxml again.") from e

    def dump(self) -> bytes:
        """Return the bytes of its file."""
        return (json.dumps(self.characters, ensure_ascii=False, indent=0) + "\n").encode()

    @property
    def frame(self) -> tuple[int, int]:
        """Ids of [CLS] and [SEP]."""
        return (SPECIALS.index("[CLS]"), SPECIALS.index("[SEP]"))

    def encode(self, text: str) -> Encoded:
        """Return one token a character."""
        places = range(len(text))
        return Encoded(tuple(self._id(c) for c in text), places, range(1, len(text) + 1))

    def _id(self, char: str) -> int:
        found = self._ids.get(char)
        return self._ids.get(unicodedata.normalize("NFKC", char), self._unknown) if found is None else found


class SubwordTokenizer:
    """The tokenizer of a Hugging Face checkpoint, through the `tokenizers` package.

    Args:
        data: The bytes of tokenizer.json; `WHITE` must be among its tokens (`gxml train` adds them).

    Raises:
        MissingToolError: `tokenizers` is not installed.
        BrokenFileError: It is no such file, or lacks the tokens of a frame.
    """

    def __init__(self, data: bytes) -> None:
        try:
            import tokenizers
        except ImportError as e:
            raise MissingToolError(
                "This model has a tokenizer of subwords.", hint='Install it: pip install "gxml[train]".'
            ) from e
        try:
            self._tokenizer: Any = tokenizers.Tokenizer.from_str(data.decode())
        except Exception as e:  # the package raises bare Exception
            raise BrokenFileError("tokenizer.json cannot be read.", hint="Train the model again.") from e
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        pairs = (("[CLS]", "[SEP]"), ("<s>", "</s>"))
        ids = [(self._tokenizer.token_to_id(a), self._tokenizer.token_to_id(b)) for a, b in pairs]
        known = [(a, b) for a, b in ids if a is not None and b is not None]
        if not known:
            raise BrokenFileError("tokenizer.json has neither [CLS] and [SEP] nor <s> and </s>.")
        self._frame: tuple[int, int] = known[0]

    @property
    def unknown(self) -> int:
        """Id of [UNK] or <unk>; of the token behind a window where there is neither."""
        ids = (self._tokenizer.token_to_id(x) for x in ("[UNK]", "<unk>"))
        return next((int(i) for i in ids if i is not None), self._frame[1])

    @property
    def frame(self) -> tuple[int, int]:
        """Ids of [CLS] and [SEP], or of their like."""
        return self._frame

    def encode(self, text: str) -> Encoded:
        """Return the tokens with their offsets."""
        done = self._tokenizer.encode(text, add_special_tokens=False)
        # tokens without a place (the ▁ of SentencePiece before a number) would hide the one that has it
        kept = [(i, a, b) for i, (a, b) in zip(done.ids, done.offsets, strict=True) if b > a]
        return Encoded(tuple(k[0] for k in kept), tuple(k[1] for k in kept), tuple(k[2] for k in kept))


def load_tokenizer(kind: str, data: bytes) -> Tokenizer:
    """Make the tokenizer of a model directory from its kind ("characters" or "subwords") and the bytes of its file."""
    return CharTokenizer.parse(data) if kind == "characters" else SubwordTokenizer(data)


def tokenizer_file(kind: str) -> str:
    """Return the name of a tokenizer's file in a model directory."""
    return "characters.json" if kind == "characters" else "tokenizer.json"


def file_hash(data: bytes) -> str:
    """Return the SHA-256 of bytes."""
    return hashlib.sha256(data).hexdigest()


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class Window:
    """A piece of a text that the network sees at once.

    Attributes:
        ids: Its tokens, frame included.
        marks: (index of the mark, its place in `ids`).
    """

    ids: tuple[int, ...]
    marks: tuple[tuple[int, int], ...]


def windows(text: str, marks: Sequence[int], tokenizer: Tokenizer, size: int, context: int) -> Iterator[Window]:
    """Yield windows in which every mark stands once, with `context` tokens on both sides where the text has them.

    Stretches without marks are in no window. Marks whose character the tokenizer dropped are in none either.

    Args:
        text: Of any length.
        marks: Places in it, in order.
        tokenizer: Whose tokens.
        size: Most tokens of a window, frame included.
        context: Fewer than half of them.

    Raises:
        UsageError: `context` leaves no room.
    """
    room = size - 2
    if 2 * context >= room:
        raise UsageError(f"A window of {size} tokens is too small for a context of {context}.")
    encoded = tokenizer.encode(text)
    first, last = tokenizer.frame
    places = [(i, t) for i, t in ((i, encoded.token_at(m)) for i, m in enumerate(marks)) if t is not None]
    at = 0
    while at < len(places):
        start = max(0, places[at][1] - context)
        edge = start + room
        whole = edge >= len(encoded.ids)
        begin = at
        while at < len(places) and (places[at][1] < edge - context or (whole and places[at][1] < edge)):
            at += 1
        stop = min(len(encoded.ids), edge, places[at - 1][1] + context + 1)
        inside = tuple((i, t - start + 1) for i, t in places[begin:at])
        yield Window((first, *encoded.ids[start:stop], last), inside)

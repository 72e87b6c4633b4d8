"""What the tests of the sources ask of a document."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from gxml.document import Document, Line, Table
from gxml.errors import GxmlError


def check_spans(document: Document) -> None:
    """Every span says where its text stands, and blocks follow one another without overlap."""
    end = 0
    for block in document.blocks:
        assert block.span[0] >= end
        end = block.span[1]
        for piece in block.cells if isinstance(block, Table) else [block]:
            assert document.text[piece.span[0] : piece.span[1]] == piece.text


def lines(document: Document) -> list[str]:
    return [b.text for b in document.blocks if isinstance(b, Line)]


def tables(document: Document) -> list[Table]:
    return [b for b in document.blocks if isinstance(b, Table)]


def rows(table: Table) -> list[list[str]]:
    out: dict[int, list[str]] = {}
    for c in table.cells:
        out.setdefault(c.row, []).append(c.text)
    return [out[r] for r in sorted(out)]


def read_or_refused(read: Callable[[bytes], object], data: bytes, cut: float) -> set[str]:
    """Read damaged bytes of a file again and again: what became of it; any other error than ours passes through."""
    outcomes = set()
    for broken in _damaged(data, cut):
        try:
            read(broken)
            outcomes.add("read")
        except GxmlError as error:
            assert error.hint
            outcomes.add("refused")
    return outcomes


def _damaged(data: bytes, cut: float, times: int = 150) -> Iterator[bytes]:
    rng = random.Random(1)
    for _ in range(times):
        broken = bytearray(data[: rng.randrange(len(data))] if rng.random() < cut else data)
        for _ in range(rng.randrange(30)):
            if broken:
                broken[rng.randrange(len(broken))] = rng.randrange(256)
        yield bytes(broken)

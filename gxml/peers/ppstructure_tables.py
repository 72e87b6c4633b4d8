"""PP-StructureV3 of paddleocr; it needs its models in ~/.paddlex, to which it downloads them where it can."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from page import document, from_markdown

PACKAGES = ("paddleocr", "paddlex")


def load(weights: Path | None) -> Callable[[str], tuple[str, int]]:
    """Return the reader."""
    from paddleocr import PPStructureV3

    pipeline = PPStructureV3()

    def read(path: str) -> tuple[str, int]:
        pages = [from_markdown(result.markdown["markdown_texts"]) for result in pipeline.predict(input=path)]
        return document(pages), len(pages)

    return read

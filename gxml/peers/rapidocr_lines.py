"""rapidocr alone: lines of text, nothing about tables."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from page import Line, pictures, plain, rows

PACKAGES = ("rapidocr", "onnxruntime")


def engine() -> Any:
    """Return rapidocr with one thread."""
    from rapidocr import RapidOCR

    threads = "EngineConfig.onnxruntime.intra_op_num_threads"
    return RapidOCR(params={threads: 1, "Global.log_level": "error"})


def lines_of(found: Any) -> list[Line]:
    """Return what rapidocr found as lines."""
    if found.boxes is None:
        return []
    return [
        (float(b[:, 0].min()), float(b[:, 1].min()), float(b[:, 0].max()), float(b[:, 1].max()), text)
        for b, text in zip(found.boxes, found.txts, strict=True)
    ]


def load(weights: Path | None) -> Callable[[str], tuple[str, int]]:
    """Return the reader."""
    ocr = engine()

    def read(path: str) -> tuple[str, int]:
        pages = [rows(lines_of(ocr(image))) for image in pictures(path)]
        return plain(pages), len(pages)

    return read

"""MinerU (its program `mineru`, backend pipeline); it needs its models (`mineru-models-download`)."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

from page import document, from_markdown, pictures

PACKAGES = ("mineru",)


def load(weights: Path | None) -> Callable[[str], tuple[str, int]]:
    """Return the reader."""
    metadata.version("mineru")
    program = Path(sys.executable).with_name("mineru")
    if not (Path.home() / "mineru.json").exists():
        raise RuntimeError("MinerU has no models: run mineru-models-download first")

    def read(path: str) -> tuple[str, int]:
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(
                [program, "-p", path, "-o", folder, "-b", "pipeline", "-l", "ch"],
                check=True,
                capture_output=True,
                env={**os.environ, "MINERU_MODEL_SOURCE": "local"},
            )
            texts = [p.read_text("utf-8") for p in sorted(Path(folder).rglob("*.md"))]
        return document(map(from_markdown, texts)), sum(1 for _ in pictures(path))

    return read

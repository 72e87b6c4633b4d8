"""docling; it needs its models on disk (`docling-tools models download`), or in the folder that `--weights` names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

PACKAGES = ("docling",)


def load(weights: Path | None) -> Callable[[str], tuple[str, int]]:
    """Return the reader."""
    from docling.datamodel.base_models import InputFormat
    from docling.datamodel.pipeline_options import PdfPipelineOptions
    from docling.document_converter import DocumentConverter, PdfFormatOption

    options = PdfPipelineOptions(artifacts_path=weights) if weights else PdfPipelineOptions()
    converter = DocumentConverter(format_options={InputFormat.PDF: PdfFormatOption(pipeline_options=options)})
    converter.initialize_pipeline(InputFormat.PDF)  # fails here, and not at the first file, without its models

    def read(path: str) -> tuple[str, int]:
        done = converter.convert(path)
        return done.document.export_to_html(), max(1, len(done.pages))

    return read

"""What a layout shows of an empty cell; the truth of a generated report depends on it."""

from __future__ import annotations

from random import Random
from typing import Literal

from .synth_pdf import draw_pdf_style
from .synth_text import pipe_ends, stays_in_place

# "cell": an empty cell is there to be seen. "place": nothing is printed, but its neighbours have their places.
# "doubtful": what is printed may be a filler or the end of the row as well. "none": its neighbours close up.
Trace = Literal["cell", "place", "doubtful", "none"]


def blank_trace(layout: str | None, seed: int) -> Trace:
    """Return what a layout, with a style seed, shows of an empty cell; None stands for the paper form."""
    if layout == "pdf":
        return "place" if draw_pdf_style(seed).ruling in ("none", "horizontal") else "cell"
    if layout == "text_run":
        return "none"
    if layout == "text_spaces":
        return "place" if stays_in_place(layout, Random(f"{layout} {seed}")) else "none"
    if layout == "text_lines":
        return "cell" if stays_in_place(layout, Random(f"{layout} {seed}")) else "none"
    if layout == "text_pipes":
        closing, filler = pipe_ends(Random(f"{layout} {seed}"))
        return "doubtful" if filler or not closing else "cell"
    return "cell"

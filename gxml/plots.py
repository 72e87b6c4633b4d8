"""Plots as SVG, by hand: pages that show them need no plotting library, and no file beside them."""

from __future__ import annotations

import math
from collections.abc import Iterable

from .scores_more import Bin

TICKS = (0.02, 0.1, 0.5, 0.9, 0.985, 0.999, 0.9999)
SIDE, EDGE = 420, 55
"""Pixels of the square, and of the paper left of it."""
LOW, HIGH = -4.5, 9.6
"""Ends of the axes in log odds."""


def place(p: float) -> float:
    """Return where a probability stands on an axis, pixels from its beginning."""
    p = min(max(p, 0.0115), 0.9999)
    return (math.log(p / (1 - p)) - LOW) / (HIGH - LOW) * SIDE


def wilson(k: float, n: int, z: float = 1.96) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927)."""
    p, d = k / n, 1 + z * z / n
    mid, half = (p + z * z / (2 * n)) / d, z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / d
    return max(0.0, mid - half), min(1.0, mid + half)


def reliability(bins: Iterable[Bin]) -> str:
    """Return a plot of confidence against the share of right readings, on the scale of odds, as SVG.

    Args:
        bins: See `gxml.scores_more.binned`.
    """
    text = '<text x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>'
    width, height = SIDE + EDGE + 30, SIDE + EDGE + 40
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"',
        ' font-family="sans-serif" font-size="11"><rect width="100%" height="100%" fill="white"/>',
        f'<g transform="translate({EDGE},20)"><rect width="{SIDE}" height="{SIDE}" fill="none" stroke="#888"/>',
    ]
    for tick in TICKS:
        at = place(tick)
        out.append(f'<path d="M{at:.1f} 0V{SIDE}M0 {SIDE - at:.1f}H{SIDE}" stroke="#ddd"/>')
        out.append(text.format(at, SIDE + 14, "middle", tick) + text.format(-6, SIDE - at + 4, "end", tick))
    out.append(f'<path d="M0 {SIDE}L{SIDE} 0" stroke="#999" stroke-dasharray="4 3"/>')
    for b in bins:
        x, y = place(b.confidence), SIDE - place(b.right)
        least, most = wilson(b.right * b.count, b.count)
        out.append(f'<path d="M{x:.1f} {SIDE - place(least):.1f}V{SIDE - place(most):.1f}" stroke="#1f5fa8"/>')
        out.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="#1f5fa8"/>' + text.format(x + 5, y + 13, "start", b.count)
        )
    out.append(text.format(SIDE / 2, SIDE + 32, "middle", "confidence"))
    out.append(f'<g transform="translate(-40,{SIDE / 2}) rotate(-90)">')
    out.append(text.format(0, 0, "middle", "share of right readings, 95 % interval") + "</g></g></svg>")
    return "\n".join(out) + "\n"

"""Plots as SVG, by hand: pages that show them need no plotting library, and no file beside them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from xml.sax.saxutils import escape

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


COLOURS = ("#1f5fa8", "#c2571a", "#2b8a3e", "#7b3fa0", "#8a6d00", "#b0203a", "#3a8f9e", "#666666")
"""Lines and bars, in this order."""
WIDE, HIGH = 480, 300
"""Pixels of a plot without what stands around it."""


def curves(lines: Mapping[str, Sequence[tuple[float, float]]], across: str, up: str, *, log: bool = False) -> str:
    """Return a plot of some lines as SVG; the axis across is logarithmic.

    Args:
        lines: Name -> points (x, y), all above 0.
        across: What x is.
        up: What y is.
        log: The axis up is logarithmic too; else it begins at 0.
    """
    xs = sorted({x for points in lines.values() for x, _ in points})
    ys = [y for points in lines.values() for _, y in points]
    least, most = xs[0], xs[-1]
    low, high = (10 ** math.floor(math.log10(min(ys))), 10 ** math.ceil(math.log10(max(ys)))) if log else (0, max(ys))
    high = high if high > low else low * 10 + 1

    def at(x: float, y: float) -> tuple[float, float]:
        share = (math.log(y / low) / math.log(high / low)) if log else y / high
        return (math.log(x / least) / math.log(most / least) if most > least else 0.5) * WIDE, HIGH * (1 - share)

    ticks = [10.0**k for k in range(round(math.log10(low)), round(math.log10(high)) + 1)] if log else _steps(high)
    out = [*_frame(WIDE + 150, HIGH + 60), f'<rect width="{WIDE}" height="{HIGH}" fill="none" stroke="#888"/>']
    out += [_text(at(x, high)[0], HIGH + 14, f"{x:g}", "middle") for x in xs]
    for tick in ticks:
        y = at(least, tick)[1]
        out.append(f'<path d="M0 {y:.1f}H{WIDE}" stroke="#ddd"/>' + _text(-6, y + 4, f"{tick:g}", "end"))
    for n, (name, points) in enumerate(lines.items()):
        colour = COLOURS[n % len(COLOURS)]
        places = [at(*p) for p in sorted(points)]
        out.append(
            f'<path d="M{"L".join(f"{x:.1f} {y:.1f}" for x, y in places)}" fill="none" stroke="{colour}" '
            'stroke-width="1.5"/>'
        )
        out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places]
        out.append(_text(WIDE + 10, 14 + 16 * n, name, "start", colour))
    out.append(_text(WIDE / 2, HIGH + 32, across, "middle"))
    out.append(f'<g transform="translate(-42,{HIGH / 2}) rotate(-90)">{_text(0, 0, up, "middle")}</g></g></svg>')
    return "\n".join(out) + "\n"


def timeline(lines: Mapping[str, Sequence[tuple[float, float]]], across: str, up: str) -> str:
    """Return a plot of some lines over time as SVG; both axes are linear and begin at 0.

    Args:
        lines: Name -> points (x, y), in the order of x, none below 0.
        across: What x is.
        up: What y is.
    """
    most = max((x for points in lines.values() for x, _ in points), default=0.0) or 1.0
    high = max((y for points in lines.values() for _, y in points), default=0.0) or 1.0
    out = [*_frame(WIDE + 150, HIGH + 60), f'<rect width="{WIDE}" height="{HIGH}" fill="none" stroke="#888"/>']
    for tick in _steps(high):
        y = HIGH * (1 - tick / high)
        out.append(f'<path d="M0 {y:.1f}H{WIDE}" stroke="#ddd"/>' + _text(-6, y + 4, f"{tick:g}", "end"))
    out += [_text(tick / most * WIDE, HIGH + 14, f"{tick:g}", "middle") for tick in _steps(most)]
    for n, (name, points) in enumerate(lines.items()):
        colour = COLOURS[n % len(COLOURS)]
        path = "L".join(f"{x / most * WIDE:.1f} {HIGH * (1 - y / high):.1f}" for x, y in points)
        out.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        out.append(_text(WIDE + 10, 14 + 16 * n, name, "start", colour))
    out.append(_text(WIDE / 2, HIGH + 32, across, "middle"))
    out.append(f'<g transform="translate(-50,{HIGH / 2}) rotate(-90)">{_text(0, 0, up, "middle")}</g></g></svg>')
    return "\n".join(out) + "\n"


def bars(rows: Mapping[str, Mapping[str, float]], across: str) -> str:
    """Return a plot of bars made of parts as SVG.

    Args:
        rows: Name of a bar -> name of a part -> its length, 0 or more.
        across: What lengths are.
    """
    parts = list(dict.fromkeys(p for row in rows.values() for p in row))
    longest = max(sum(row.values()) for row in rows.values()) or 1.0
    high = max(40 * len(rows), 16 * len(parts))
    out = _frame(WIDE + 260, high + 60)
    for tick in _steps(longest):
        x = tick / longest * WIDE
        out.append(f'<path d="M{x:.1f} 0V{high}" stroke="#ddd"/>' + _text(x, high + 14, f"{tick:g}", "middle"))
    for n, (name, row) in enumerate(rows.items()):
        x = 0.0
        for part, length in row.items():
            wide, colour = length / longest * WIDE, COLOURS[parts.index(part) % len(COLOURS)]
            faded = 1 if parts.index(part) < len(COLOURS) else 0.5
            out.append(
                f'<rect x="{x:.1f}" y="{40 * n + 8}" width="{wide:.1f}" height="24" fill="{colour}" '
                f'fill-opacity="{faded}"><title>{escape(part)}: {length:g}</title></rect>'
            )
            x += wide
        out.append(_text(-6, 40 * n + 24, name, "end"))
    for n, part in enumerate(parts):
        faded = 1 if n < len(COLOURS) else 0.5
        box = f'width="10" height="10" fill="{COLOURS[n % len(COLOURS)]}" fill-opacity="{faded}"'
        out.append(f'<rect x="{WIDE + 12}" y="{16 * n + 2}" {box}/>' + _text(WIDE + 28, 16 * n + 11, part, "start"))
    out.append(_text(WIDE / 2, high + 32, across, "middle") + "</g></svg>")
    return "\n".join(out) + "\n"


def _frame(width: float, height: float) -> list[str]:
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width + 70:g}" height="{height:g}" '
        'font-family="sans-serif" font-size="11"><rect width="100%" height="100%" fill="white"/>',
        '<g transform="translate(70,20)">',
    ]


def _text(x: float, y: float, said: str, anchor: str, colour: str = "black") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{escape(said)}</text>'


def _steps(most: float) -> list[float]:
    """Return about five round numbers from 0 to `most`."""
    rough = most / 5
    unit = 10 ** math.floor(math.log10(rough))
    step = next(unit * k for k in (1, 2, 5, 10) if unit * k >= rough)
    return [round(step * k, 10) for k in range(math.floor(most / step) + 1)]

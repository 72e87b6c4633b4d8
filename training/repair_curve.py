"""What repair corrects against what it makes wrong, as SVG, by hand: no plotting library is needed to make it again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gxml.plots import wilson

WIDTH, HEIGHT, EDGE, GAP = 300, 300, 55, 75
MOST_WRONG, LEAST_RIGHT = 0.02, 0.0
"""Ends of the axes: share of the reports' own errors overwritten, share of misread cells corrected."""
LINES = (
    ("misread", "#1f5fa8", "all misread cells"),
    ("misread, both list the truth", "#b8541a", "both readers list it"),
)
TOUCH = 12
TEXT = '<text x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>'


@dataclass(frozen=True, slots=True)
class Point:
    """Counts of a simulation with one setting.

    Attributes:
        setting: Its value.
        plain: Of tables with misread cells.
        authored: Of tables with errors of their own.
    """

    setting: float
    plain: Counter[str]
    authored: Counter[str]

    def overwritten(self) -> tuple[int, int]:
        """Return how many errors of the reports were overwritten, and of how many."""
        return self.authored["author errors overwritten"], self.authored["author errors"]

    def spoilt(self) -> int:
        """Return how many cells that were read right were made wrong, the reports' own errors left out."""
        both = self.plain, self.authored
        wrong = sum(n["right cells made wrong"] + n["misread, made another wrong value"] for n in both)
        return wrong - self.authored["author errors overwritten"]


def curves(drawn: Mapping[str, Sequence[Point]], path: Path) -> None:
    """Draw a panel for each setting: its points, with their values, from strict to lenient."""
    width, height = EDGE + len(drawn) * (WIDTH + GAP), HEIGHT + EDGE + 60
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"',
        ' font-family="sans-serif" font-size="11"><rect width="100%" height="100%" fill="white"/>',
    ]
    for number, (name, points) in enumerate(drawn.items()):
        out.append(f'<g transform="translate({EDGE + number * (WIDTH + GAP)},45)">')
        out += _panel(name, points)
        out.append("</g>")
    path.write_text("\n".join([*out, "</svg>"]) + "\n", encoding="utf-8")


def _panel(name: str, points: Sequence[Point]) -> list[str]:
    out = [f'<rect width="{WIDTH}" height="{HEIGHT}" fill="none" stroke="#888"/>', TEXT.format(0, -28, "start", name)]
    for share in (0.0, 0.005, 0.01, 0.015, 0.02):
        out.append(f'<path d="M{_x(share):.1f} 0V{HEIGHT}" stroke="{"#999" if share == 0.01 else "#ddd"}"/>')
        out.append(TEXT.format(_x(share), HEIGHT + 14, "middle", f"{100 * share:g} %"))
    for share in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0):
        out.append(f'<path d="M0 {_y(share):.1f}H{WIDTH}" stroke="#ddd"/>')
        out.append(TEXT.format(-6, _y(share) + 4, "end", f"{100 * share:.0f} %"))
    for number, (key, color, legend) in enumerate(LINES):
        out.append(f'<circle cx="{4 + 125 * number}" cy="-12" r="3.5" fill="{color}"/>')
        out.append(TEXT.format(12 + 125 * number, -8, "start", legend))
        places: dict[tuple[float, float], list[str]] = {}
        for p in points:
            k, n = p.overwritten()
            x, y = _x(k / n), _y(p.plain[f"{key}, corrected"] / p.plain[key])
            low, high = wilson(k, n)
            if (x, y) not in places:
                out.append(f'<path d="M{_x(low):.1f} {y:.1f}H{_x(high):.1f}" stroke="{color}" stroke-opacity="0.35"/>')
                out.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{color}"/>')
            spoilt = f" ({p.spoilt()} spoilt)" if p.spoilt() else ""
            places.setdefault((x, y), []).append(f"{p.setting:g}{spoilt}")
        out.append(f'<path d="M{"L".join(f"{x:.1f} {y:.1f}" for x, y in places)}" fill="none" stroke="{color}"/>')
        if number == 0:
            out += _labels(places)
    out.append(TEXT.format(WIDTH / 2, HEIGHT + 32, "middle", "errors of the reports overwritten, 95 % interval"))
    out.append(f'<g transform="translate(-40,{HEIGHT / 2}) rotate(-90)">')
    out.append(TEXT.format(0, 0, "middle", "corrected") + "</g>")
    return out


def _labels(places: dict[tuple[float, float], list[str]]) -> list[str]:
    """Return the settings beside their points, those of points that touch together."""
    groups: list[tuple[float, float, list[str]]] = []
    for (x, y), names in places.items():
        if groups and abs(x - groups[-1][0]) < TOUCH and abs(y - groups[-1][1]) < TOUCH:
            groups[-1][2].extend(names)
        else:
            groups.append((x, y, list(names)))
    return [TEXT.format(x + 6, y + 14, "start", ", ".join(names)) for x, y, names in groups]


def _x(share: float) -> float:
    return min(share, MOST_WRONG) / MOST_WRONG * WIDTH


def _y(share: float) -> float:
    return (1 - max(share - LEAST_RIGHT, 0.0) / (1 - LEAST_RIGHT)) * HEIGHT

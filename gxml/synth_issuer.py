"""Issuers and titles of generated reports."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from random import Random
from typing import Any

from .synth_model import Issuer

_SELF_GOVERNED = ("自治县", "自治州", "自治旗")


@cache
def data(name: str) -> dict[str, Any]:
    """Return one of the data files of the generator, e.g. "issuers"."""
    return tomllib.loads((resources.files("gxml") / "synth_data" / f"{name}.toml").read_text("utf-8"))


def _suffix(place: str) -> str:
    """Return what a place calls itself: 县 for 青禾县 and 岫岩满族自治县."""
    for s in _SELF_GOVERNED:
        if place.endswith(s):
            return s[-1]
    return "街道" if place.endswith("街道") else "区" if place.endswith(("开发区", "实验区")) else place[-1]


def draw_issuer(rng: Random) -> Issuer:
    """Draw an issuer: a government of a city, county or town, a zone, a bureau, a committee, an office."""
    names = data("issuers")
    group = rng.choice(names["fictional"] if rng.random() < 0.3 else names["real"])
    city: str = group["city"]
    county: str = rng.choice(group["counties"])
    domain = f"www.{rng.choice(names['domains'])}.gov.cn"
    kind = rng.choices(
        ["city", "county", "district", "zone", "town", "bureau", "committee", "office"], [2, 4, 2, 1, 3, 4, 1, 1]
    )[0]
    full = county if rng.random() < 0.6 else city + county
    if kind in ("bureau", "committee", "office"):
        place = rng.choice([full, county, city])
        body = rng.choice(names[{"bureau": "bureaus", "committee": "committees", "office": "offices"}[kind]])
        short = (
            "委"
            if body.endswith("委员会")
            else "中心"
            if body.endswith("中心")
            else "办"
            if body.endswith(("办公室", "办公厅"))
            else "局"
        )
        return Issuer(place + body, kind, place, "我" + short, "全" + short, _suffix(place), place + body, domain)
    if kind == "city":
        return _government(rng, city, city, "city", "人民政府", domain)
    if kind == "town":
        town = rng.choice(names["towns"])
        place = (county if rng.random() < 0.8 else full) + town
        tail = "办事处" if town.endswith("街道") else "人民政府"
        return _government(rng, place, town, "town", tail, domain)
    if kind == "zone":
        place = (city if rng.random() < 0.7 else county)[:-1] + rng.choice(names["zones"])
        return _government(rng, place, place, "county", "管委会" if rng.random() < 0.7 else "管理委员会", domain)
    return _government(rng, full, county, "county", "人民政府", domain)


def _government(rng: Random, place: str, short: str, kind: str, tail: str, domain: str) -> Issuer:
    suffix = _suffix(short)
    plain = kind != "town" and rng.random() < 0.5  # many titles name the place alone
    office = place + (tail if tail != "人民政府" or kind == "town" else tail + "办公室")
    return Issuer(place if plain else place + tail, kind, place, "我" + suffix, "全" + suffix, suffix, office, domain)


def draw_title(rng: Random, issuer: Issuer, year: int) -> tuple[str, ...]:
    """Return the lines of a title; now and then the issuer is not in it."""
    form: str = rng.choice(data("frame")["titles"] if rng.random() < 0.96 else data("frame")["nameless"])
    text = form.replace("$issuer", issuer.name).replace("$year", str(year))
    return tuple(text.split("|"))

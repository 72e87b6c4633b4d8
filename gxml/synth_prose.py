"""The prose of a generated report, from sentence templates, with every fact and its place.

The syntax of a template is described at the head of gxml/synth_data/prose.toml.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from .synth_issuer import data
from .synth_model import Issuer, ProseFact, Section, Split
from .synth_numbers import spread
from .template import fact_types

Number = int | float

_CHOICE = re.compile(r"\{([^{}]*)\}")
_VARIABLE = re.compile(r"\$([a-z]+)")
_TOKEN = re.compile(
    r"\[(?P<types>[a-z_,]+)(?:=(?P<phrase>[^\]]+)|\|(?P<unit>[^\]|]*)(?:\|(?P<flags>[^\]]*))?)\]"
    r"|<(?P<name>[a-z]+)(?::(?P<low>\d+)-(?P<high>\d+))?>"
)
_SENTENCE_END = "。；：，、"

_SPELLED = {"trainings", "inspections", "press_conferences", "new_media_accounts"}
_TOTALS = {"proactive_items", "website_items", "weibo_items", "wechat_items", "new_media_items"}


@dataclass(frozen=True, slots=True)
class Found:
    """A fact inside one sentence, before its place in the section is known."""

    type: str
    value: Number
    raw_unit: str | None
    approximate: bool
    start: int
    end: int


def spell(value: int) -> str:
    """Return a whole number from 0 to 9999 in Chinese numerals: 14 is 十四.

    >>> spell(14), spell(20), spell(105), spell(2)
    ('十四', '二十', '一百零五', '二')
    """
    digits = "零一二三四五六七八九"
    if value < 10:
        return digits[value]
    out = ""
    for power, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = value // power % 10
        if digit:
            out += digits[digit] + name
        elif out and not out.endswith("零") and value % power:
            out += "零"
    return out[1:] if out.startswith("一十") else out


class Writer:
    """Writes sentences; holds what must agree between them. Without `bound` no table gives a number."""

    def __init__(
        self,
        rng: Random,
        issuer: Issuer,
        year: int,
        bound: Mapping[str, Number | None] | None,
        split: Split | None,
    ) -> None:
        self.rng = rng
        self.issuer = issuer
        self.bound = bound or {}
        self.free = bound is None
        self.split = split
        self.spaced = rng.random() < 0.15
        self.comma = rng.random() < 0.06
        self.room: Number = 0  # what parts of the last total may still add up to
        self.most = 10**9
        gap = " " if self.spaced else ""
        upper = rng.choice(["省政府办公厅", "市政府", "上级", "国务院办公厅", "省、市"])
        site = rng.choice([f"{issuer.place}人民政府网站", "政府门户网站", f"{issuer.level}政府门户网站", "门户网站"])
        self.variables = {
            "year": str(year) + gap,
            "last": str(year - 1) + gap,
            "next": str(year + 1) + gap,
            "we": issuer.we,
            "area": issuer.area,
            "level": issuer.level,
            "place": issuer.place,
            "issuer": issuer.name,
            "office": issuer.office,
            "domain": issuer.domain,
            "now": str(year),
            "before": str(year - 1),  # without the space that `spaced` puts behind a year
            "site": site,
            "upper": upper,
        }
        self.used: set[str] = set()
        self.groups: dict[tuple[str, str], list[str]] = {}
        for group in (*data("prose")["group"], *data("prose_more")["group"]):
            self.groups.setdefault((group["topic"], group["split"]), []).extend(group["sentences"])

    def topic(self, name: str) -> list[tuple[str, Split]]:
        """Return the templates of a topic that can be used now, each with its split."""
        splits: tuple[Split, ...] = (self.split,) if self.split else ("train", "test")
        found: list[tuple[str, Split]] = [
            (t, s) for s in splits for t in self.groups.get((name, s), []) if t not in self.used
        ]
        return found

    def sentence(self, topic: str) -> tuple[str, list[Found], Split] | None:
        """Write one sentence of a topic, None if no template fits the numbers of the report."""
        options = self.topic(topic)
        self.rng.shuffle(options)
        for template, split in options:
            written = self.expand(template)
            if written:
                self.used.add(template)
                return *written, split
        return None

    def _fill(self, template: str) -> str:
        written = self.expand(template)
        return written[0] if written else ""

    def expand(self, template: str) -> tuple[str, list[Found]] | None:
        """Expand a template, None if a fact in it would disagree with the tables."""
        text = _CHOICE.sub(lambda m: self.rng.choice(m[1].split("/")), template)
        text = _VARIABLE.sub(lambda m: self.variables[m[1]], text)
        out: list[str] = []
        length = 0
        facts: list[Found] = []
        at = 0

        def add(piece: str) -> int:
            nonlocal length
            out.append(piece)
            length += len(piece)
            return length

        for m in _TOKEN.finditer(text):
            add(text[at : m.start()])
            at = m.end()
            if m["name"]:
                add(self._filler(m))
                continue
            types = m["types"].split(",")
            if m["phrase"]:
                if not self.free and any(self.bound.get(t, 0 if t == "processing_fee" else None) != 0 for t in types):
                    return None
                start = length
                end = add(m["phrase"])
                facts += [Found(t, 0, None, False, start, end) for t in types]
                continue
            drawn = self._figure(types, m["unit"], m["flags"] or "")
            if drawn is None:
                return None
            number, behind, raw_unit, value, approximate = drawn
            space = " " if self.spaced and number.isascii() else ""
            if space and out and out[-1] and out[-1][-1] not in " ：:（(":
                add(space)
            start = length
            end = add(number)
            add(
                behind + (space + m["unit"] if not behind else m["unit"])
                if raw_unit is None
                else behind + space + raw_unit
            )
            facts += [Found(t, value, raw_unit or m["unit"], approximate, start, end) for t in types]
        add(text[at:])
        whole = "".join(out)
        return whole, [replace(f, approximate=True) if _hedged(whole, f) else f for f in facts]

    def _filler(self, m: re.Match[str]) -> str:
        if m["name"] == "n":
            return str(spread(self.rng, int(m["low"]), int(m["high"])))
        if m["name"] == "cn":
            return spell(self.rng.randint(int(m["low"]), int(m["high"])))
        if m["name"] == "pct":
            return f"{self.rng.uniform(0.3, 60):.{self.rng.choice([0, 1, 2])}f}%"
        return self._fill(self.rng.choice(data("prose")["fillers"][m["name"]]))

    def _figure(self, types: list[str], unit: str, flags: str) -> tuple[str, str, str | None, Number, bool] | None:
        """Return (number as printed, 余 or "", raw unit if it is not the template's, value, approximate)."""
        rng = self.rng
        approximate = "~" in flags or "余" in flags
        if types == ["rate"]:
            value: Number = (
                100 if rng.random() < 0.4 and not approximate else round(rng.uniform(72, 99.9), rng.choice([0, 1, 2]))
            )
            value = int(value) if value == int(value) else value
            return str(value), "", rng.choice(["%", "%", "%", "％"]), value, approximate
        if any(t in self.bound for t in types):
            values = {self.bound.get(t) for t in types}
            bound = values.pop()
            if values or bound is None or (approximate and bound < 20):
                return None
            value = bound
            approximate = False
            if "余" in flags:
                flags = flags.replace("余", "")
        else:
            value = self._draw(types[0])
        if types[0] == "part_items":
            if "hub" in flags:  # parts of it follow
                value = self.room = spread(rng, 8, 900)
            elif self.room < 2:
                return None
            else:
                value = spread(rng, 1, int(self.room) - 1)
                self.room -= value
        whole = int(value)
        if "wan" in flags and whole >= 10000:
            value = round(whole / 10000, rng.choice([1, 2])) * 10000
            return _trim(value / 10000), "", "万" + unit, _whole(value), approximate
        behind = ""
        if "余" in flags and whole >= 20:
            step = 100 if whole >= 1000 else 10
            value = whole // step * step
            behind = "余"
        elif "余" in flags:
            approximate = False
        if "~" in flags and whole >= 20:
            value = whole // 10 * 10
        if types[0] in _TOTALS:
            self.room = value
        if value <= 20 and value == whole and ("cn" in flags or (types[0] in _SPELLED and rng.random() < 0.2)):
            number = "两" if value == 2 and unit not in ("%",) and rng.random() < 0.7 else spell(int(value))
            return number, behind, None, value, approximate
        number = f"{value:,}" if self.comma and value >= 1000 else str(value)
        return number, behind, None, value, approximate

    def _draw(self, type_: str) -> int:
        low, high = data("prose")["ranges"].get(type_, (1, 200))
        if type_ == "processing_fee" and self.rng.random() < 0.6:
            return 0
        if type_ == "part_items":
            return 0
        high = max(low + 2, int(high * data("prose")["scale"].get(self.issuer.kind, 1.0)))
        if type_ in _TOTALS:
            high = min(high, max(low + 1, self.most))
        value = spread(self.rng, low, high)
        if type_ == "proactive_items":
            self.most = value  # no channel publishes more than all of them
        return value


def _hedged(text: str, fact: Found) -> bool:
    """Tell whether a word beside the number makes it approximate."""
    behind = text[fact.end : fact.end + 6].replace(" ", "").removeprefix(fact.raw_unit or "")
    return behind.startswith(("以上", "左右", "余")) or text[: fact.start].rstrip().endswith(("约", "近", "逾", "超过"))


def _trim(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".")


def _whole(value: float) -> Number:
    return round(value) if abs(value - round(value)) < 1e-6 else value


class _Draft:
    """One section while it is written: paragraphs, and the place of each fact."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.paragraphs: list[str] = []
        self.facts: list[tuple[Found, int, int, str, Split]] = []
        self._current: list[str] = []

    def add(self, text: str, facts: list[Found], split: Split) -> None:
        shift = sum(map(len, self._current))
        self._current.append(text)
        self.facts += [(f, len(self.paragraphs), shift, text, split) for f in facts]

    def end(self) -> None:
        """End the paragraph."""
        if self._current:
            self.paragraphs.append("".join(self._current))
            self._current = []

    def finish(self) -> tuple[Section, list[ProseFact]]:
        self.end()
        starts = [0]
        for p in self.paragraphs:
            starts.append(starts[-1] + len(p) + 1)
        units = fact_types()
        facts = [
            ProseFact(
                f.type,
                f.value,
                units[f.type].unit,
                f.raw_unit,
                f.approximate,
                self.number,
                starts[paragraph] + shift + f.start,
                starts[paragraph] + shift + f.end,
                _clause(text, f.start, f.end),
                split,
            )
            for f, paragraph, shift, text, split in self.facts
        ]
        return Section(self.number, tuple(self.paragraphs)), facts


def _clause(text: str, start: int, end: int) -> str:
    """Return the clause around a number."""
    left = max((text.rfind(c, 0, start) for c in _SENTENCE_END), default=-1) + 1
    rights = [i for i in (text.find(c, end) for c in _SENTENCE_END) if i >= 0]
    return text[left : min(rights, default=len(text))]


def write_prose(
    rng: Random,
    issuer: Issuer,
    year: int,
    bound: Mapping[str, Number | None],
    split: Split | None = None,
    named: bool = False,
) -> tuple[tuple[Section, ...], tuple[ProseFact, ...]]:
    """Write the sections 0 (preamble), 1, 5 and 6.

    Args:
        rng: Source of chance.
        issuer: Whose report it is.
        year: The year that it reports.
        bound: Fact type to the value that the tables give it; None where no sentence may speak of it.
        split: Use only templates of this split; None for all.
        named: The preamble must name the issuer, since the title does not.
    """
    w = Writer(rng, issuer, year, bound, split)
    sections: list[Section] = []
    facts: list[ProseFact] = []

    def close(draft: _Draft) -> None:
        section, found = draft.finish()
        sections.append(section)
        facts.extend(found)

    preamble = _Draft(0)
    options: list[dict[str, Any]] = [p for p in data("frame")["preambles"] if split in (None, p["split"])]
    if named:
        options = [p for p in options if "$issuer" in p["text"]]
    if named or rng.random() < 0.9:
        chosen = rng.choice(options)
        preamble.add(w._fill(chosen["text"]), [], chosen["split"])
    close(preamble)

    overview = _Draft(1)
    _put(w, overview, "intro")
    overview.end()
    parts = [p for p in data("prose")["parts"] if rng.random() < p["likely"]]
    style = rng.choice(["line", "inline", "inline", "number", "first"])
    for index, part in enumerate(parts, 1):
        _heading(w, overview, part["name"], index, style)
        drawn = [topic for topic, likely in part["topics"] if rng.random() < likely]
        for topic in drawn or [part["topics"][0][0]]:
            _put(w, overview, _actual(topic, bound))
        overview.end()
    close(overview)

    problems = _Draft(5)
    _put(w, problems, "problems")
    problems.end()
    _put(w, problems, "improve")
    close(problems)

    other = _Draft(6)
    if rng.random() < 0.6:
        _put(w, other, "fee")
    if not other._current or rng.random() < 0.3:
        _put(w, other, "other")
    close(other)
    return tuple(sections), tuple(facts)


def _actual(topic: str, bound: Mapping[str, Number | None]) -> str:
    """Choose between the sentences for some and for none."""
    if topic == "received" and bound.get("requests_received") == 0:
        return "received_none"
    if topic == "review":
        none = not (bound.get("reviews") or bound.get("lawsuits"))
        return "review_none" if none else "review_some"
    return topic


def _put(w: Writer, draft: _Draft, topic: str) -> None:
    written = w.sentence(topic)
    if written:
        draft.add(*written)


def _heading(w: Writer, draft: _Draft, name: str, index: int, style: str) -> None:
    text = w.rng.choice(data("prose")["headings"][name])
    if style == "first":
        draft.add(f"{spell(index)}是{text}。", [], "train")
    elif style == "number":
        draft.add(f"{index}.{text}。", [], "train")
    else:
        draft.add(f"（{spell(index)}）{text}" + ("" if style == "line" else "。"), [], "train")
        if style == "line":
            draft.end()

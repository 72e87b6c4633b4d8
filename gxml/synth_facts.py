"""Labelled prose to train and to measure the fact classifier on.

Sentences come from templates in gxml/synth_data. Those of "train" are the files of `TRAINED`, the training half of the
prose of generated reports, and sentences put together: from facts_words.toml, where every noun comes in every frame,
and from facts_lists.toml, where a total goes before its parts. Those of "eval" are facts_eval.toml, which is written
in other ways and shares nothing with them, and those of "apart" and "fresh" the files facts_apart_*.toml and
facts_fresh_*.toml, by other writers. The texts are not reports: their figures agree with nothing, so that any sentence
can stand beside any other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from random import Random
from typing import Any, Literal

from .annotate import Labelled
from .candidates import candidates
from .facts_text import ProseLine
from .synth_issuer import data, draw_issuer
from .synth_numbers import spread
from .synth_prose import Found, Writer, spell

FactSplit = Literal["train", "eval", "apart", "fresh"]

TRAINED = (
    *("facts_train", "facts_published", "facts_response", "facts_requests", "facts_supervision"),
    *("facts_applications", "facts_channels", "facts_duties"),
    *("facts_counties", "facts_townships", "facts_districts", "facts_bureaus"),
    *("facts_agencies", "facts_provinces", "facts_zones"),
    *("facts_caseload", "facts_publicity", "facts_smalloffices", "facts_vertical"),
    *("facts_plain_counties", "facts_plain_bureaus", "facts_plain_towns", "facts_plain_cities"),
)
"""Files of templates to train on."""
MEASURED = {
    "eval": ("facts_eval",),
    "apart": tuple(f"facts_apart_{x}" for x in ("agencies", "departments", "prefectures", "urban", "zones")),
    "fresh": tuple(f"facts_fresh_{x}" for x in ("duties", "media", "mixed", "requests")),
}
"""Split -> its files, from which no model has learned; by what goes wrong with "apart" readers may be mended, by the
others nothing is chosen."""

# Parts of a text, each with its headings' name and its topics; of (a, b) one is drawn.
_PARTS: tuple[tuple[str, int, tuple[str | tuple[str, str], ...]], ...] = (
    ("", 1, ("mixed",)),
    ("proactive", 1, ("proactive", "website", "media", "parts", "docs", "norms")),
    ("response", 1, ("interp", "press", "opinion")),
    ("requests", 1, (("received", "received_none"), "answered", "outcome", ("review_none", "review_some"))),
    ("proposals", 1, ("hotline", "mailbox", "enquiry", "proposals")),
    ("supervise", 1, ("training", "inspect", "rate", "supervise", "manage", "platform")),
    ("", 5, ("problems", "improve")),
    ("", 6, ("fee", "other")),
)
_LIKELY = 0.55
"""That a part has a sentence on one of its topics."""
_NEGATIVE = 0.4
"""That a part has a sentence without facts."""
_NONE = 0.3
"""That the second of two topics is drawn."""

_LONE = 0.1
"""That in a text of "train" each sentence stands alone, in any order and under no heading."""
_COMPOSED = 0.1
"""That a sentence of "train" is put together from words."""
_LISTED = 0.1
"""That it is a list of parts."""
_MOST_PARTS = 7
_MORE = 0.4
"""That such a sentence goes on with another figure."""
_NOTHING = 0.3
"""That such a figure is no fact."""
_SAME_FORM = 0.5
"""That a part of a list has the form of another."""
_WORD = re.compile("@([a-z]+)")

_FULL_WIDTH = {ord("0") + i: ord("０") + i for i in range(10)}
_WHOLE = re.compile(r"(?<![\d.,，〔第])\d{1,4}(?=[件条次期场个份篇起宗封家轮])")
_SHARE = re.compile(r"(?<![\d.])(\d{1,3})(?:\.(\d{1,2}))?[%％]")
# What scans and bad text layers take for each other; none of them says nought or is a numeral.
_ALIKE = dict(zip("息公开申政府条件网站复议诉讼答结办理训解", "恩么幵甲攻俯杀仵冈玷夏仪拆松荅绪力埋川觧", strict=True))


@dataclass(frozen=True, slots=True)
class LabelledText:
    """A made-up text whose every candidate has its labels.

    Attributes:
        text: Paragraphs, one a line.
        lines: The same as prose.
        candidates: In order.
        split: Whose templates.
        issuer: For splits by issuer.
        seed: The same seed gives the same text.
    """

    text: str
    lines: tuple[ProseLine, ...]
    candidates: tuple[Labelled, ...]
    split: FactSplit
    issuer: str
    seed: int


@cache
def templates(split: FactSplit) -> Mapping[str, tuple[str, ...]]:
    """Return the templates of a split by topic."""
    out: dict[str, list[str]] = {}
    files = TRAINED if split == "train" else MEASURED[split]
    for part in (p for name in files for p in data(name).values()):
        for topic, sentences in part.items():
            out.setdefault(topic.removeprefix("more_"), []).extend(sentences)
    if split == "train":
        for group in (*data("prose")["group"], *data("prose_more")["group"]):
            if group["split"] == "train":
                out.setdefault(group["topic"], []).extend(map(_mended, group["sentences"]))
    return {topic: tuple(sentences) for topic, sentences in out.items()}


def _mended(sentence: str) -> str:
    """Label what the templates of generated reports leave unlabelled: a rate that is always 100%."""
    return re.sub("(?<=率)100%", "[rate|%]", sentence) if "确保" not in sentence else sentence


def labelled_texts(split: FactSplit, count: int, seed: int = 0, *, noise: float = 0.0) -> Iterator[LabelledText]:
    """Write labelled texts.

    Args:
        split: Whose templates.
        count: How many texts; each has about fifteen sentences.
        seed: Of the first; text i has seed `seed` + i. The splits draw differently from one seed.
        noise: Share of characters that a bad scan would have changed or lost. Numbers, their units and the words that
            say nought stay whole, and lines are wrapped where it is above 0.
    """
    for i in range(count):
        yield labelled_text(split, seed + i, noise=noise)


def labelled_text(split: FactSplit, seed: int, *, noise: float = 0.0) -> LabelledText:
    """Write one labelled text; see `labelled_texts`."""
    rng = Random(f"facts {split} {seed}")
    issuer = draw_issuer(rng)
    w = Writer(rng, issuer, rng.randint(2019, 2025), None, None)
    text = _Text()
    headings = rng.random() < 0.7
    lone = split == "train" and rng.random() < _LONE
    alone: list[tuple[str, list[Found], int]] = []
    for name, section, topics in _PARTS:
        drawn = [_one_of(rng, t) for t in topics if rng.random() < _LIKELY]
        if "received_none" in drawn:
            drawn = [t for t in drawn if t not in ("answered", "outcome")]
        if rng.random() < _NEGATIVE:
            drawn.insert(rng.randint(0, len(drawn)), "negative")
        sentences = [s for t in drawn for s in _sentence(w, split, t)]
        if lone:
            alone += [(*s, section) for s in sentences]
            continue
        if sentences and headings and name:
            text.line(rng.choice(data("prose")["headings"][name]), (), section)
        for whole, facts in _paragraphs(rng, sentences):
            text.line(*_restyled(rng, whole, facts), section)
    rng.shuffle(alone)
    for whole, facts, section in alone:
        text.line(*_restyled(rng, whole, facts), section)
    if noise:
        text = text.spoilt(rng, noise)
    return text.labelled(split, issuer.name, seed)


def _one_of(rng: Random, topic: str | tuple[str, str]) -> str:
    return topic if isinstance(topic, str) else topic[rng.random() < _NONE]


def _sentence(w: Writer, split: FactSplit, topic: str) -> list[tuple[str, list[Found]]]:
    """Write one sentence, or none where no template is left."""
    fresh = [t for t in templates(split).get(topic, ()) if t not in w.used]
    entries = _entries(topic) if split == "train" else ()
    lists = _lists(topic) if split == "train" else ()
    way = w.rng.random()
    if lists and way < _LISTED:
        template = _listed(w.rng, lists)
    elif entries and (not fresh or way < _LISTED + _COMPOSED):
        template = _composed(w.rng, entries)
    elif fresh:
        template = w.rng.choice(fresh)
        w.used.add(template)
    else:
        return []
    w.room = max(w.room, spread(w.rng, 200, 200_000))  # parts may stand without their whole
    w.most = 10**9
    written = w.expand(template)
    return [written] if written else []


@cache
def _entries(topic: str) -> tuple[Mapping[str, Any], ...]:
    words = data("facts_words")
    return tuple(words["nothing"] if topic == "negative" else [e for e in words["entry"] if e["topic"] == topic])


def _composed(rng: Random, entries: Sequence[Mapping[str, Any]]) -> str:
    """Put a template together: a figure in a frame, now and then followed by others of the topic or by no facts."""
    words = data("facts_words")
    left = list(entries)
    out = ""
    while True:
        entry = rng.choice(words["nothing"]) if out and rng.random() < _NOTHING else left.pop(rng.randrange(len(left)))
        out += _framed(rng, entry, first=not out)
        if not left or rng.random() >= _MORE:
            return out + "。"
        out += rng.choice(words["joints"])


def _framed(rng: Random, entry: Mapping[str, Any], first: bool) -> str:
    words = data("facts_words")
    unit = rng.choice(entry["units"])
    flags = rng.choice(["", "", "", "", "", "", "余", "cn"]) if unit not in ("%", "元") else ""
    number = (
        f"[{entry['types']}|{unit}|{flags}]" if "types" in entry else f"<n:1-{rng.choice([9, 90, 900, 9000])}>{unit}"
    )
    parts = {
        "@lead": rng.choice(words["leads"]) if first else "",
        "@verb": rng.choice(entry["verbs"]),
        "@noun": rng.choice(entry["nouns"]),
        "@done": rng.choice(entry["done"]),
        "@num": number,
        "@tail": rng.choice(words["tails"]),
    }
    return re.sub("@[a-z]+", lambda m: parts[m[0]], rng.choice(entry.get("frames", words["frames"])))


@cache
def _lists(topic: str) -> tuple[Mapping[str, Any], ...]:
    return tuple(x for x in data("facts_lists")["list"] if x["topic"] == topic for _ in range(x["likely"]))


def _listed(rng: Random, lists: Sequence[Mapping[str, Any]]) -> str:
    """Put a template together that is a total with its parts."""
    told = data("facts_lists")
    drawn = rng.choice(lists)
    unit, separator, form = rng.choice(drawn["units"]), rng.choice(told["separators"]), rng.choice(drawn["items"])
    share = rng.choice(told["shares"])
    items = []
    for _ in range(rng.choice([0, *range(1, _MOST_PARTS)])):
        # lists repeat a form now and then: 教育类3条、医疗类5条、…
        repeated = "@kind" in form and rng.random() < _SAME_FORM
        items.append((form if repeated else rng.choice(drawn["items"])) + share)
    head = rng.choice(drawn["heads"])
    opener = rng.choice(told["openers"])
    joint = rng.choice(told["joints"])
    close = "）" if joint.startswith("（") and items else ""
    template: str = opener + head + (joint if items else "") + separator.join(items) + close + rng.choice(told["ends"])

    def word(m: re.Match[str]) -> str:
        if m[1] == "u":
            return str(unit)
        return str(rng.choice(data("facts_words")["leads"] if m[1] == "lead" else told["words"][m[1]]))

    return _WORD.sub(word, template)


def _paragraphs(rng: Random, sentences: Sequence[tuple[str, list[Found]]]) -> Iterator[tuple[str, list[Found]]]:
    """Join sentences to paragraphs of one or more."""
    whole, facts = "", list[Found]()
    for sentence, found in sentences:
        facts += [replace(f, start=f.start + len(whole), end=f.end + len(whole)) for f in found]
        whole += sentence
        if rng.random() < 0.4:
            yield whole, facts
            whole, facts = "", []
    if whole:
        yield whole, facts


# ---- spelling -------------------------------------------------------------------------------------------------------


def _restyled(rng: Random, text: str, facts: Sequence[Found]) -> tuple[str, Sequence[Found]]:
    """Spell some numbers otherwise: Chinese numerals, 百分之, full-width digits."""
    edits: list[tuple[int, int, str]] = []
    if rng.random() < 0.12:
        edits += [
            (*m.span(), "两" if m[0] == "2" else spell(int(m[0])))
            for m in _WHOLE.finditer(text)
            if rng.random() < 0.5 and m[0][0] != "0"
        ]
    if rng.random() < 0.12:
        edits += [(*m.span(), _in_words(m)) for m in _SHARE.finditer(text)]
    text, facts = _edited(text, facts, sorted(edits))
    return (text.translate(_FULL_WIDTH) if rng.random() < 0.04 else text), facts


def _in_words(m: re.Match[str]) -> str:
    part = "点" + "".join(spell(int(d)) for d in m[2]) if m[2] else ""
    return "百分之" + ("百" if m[1] == "100" and not part else spell(int(m[1]))) + part


def _edited(text: str, facts: Sequence[Found], edits: Sequence[tuple[int, int, str]]) -> tuple[str, Sequence[Found]]:
    """Replace pieces of a text and move its facts; a fact that an edit touches takes in all of it."""
    for start, end, new in reversed(edits):
        grown = len(new) - (end - start)
        text = text[:start] + new + text[end:]
        facts = [
            replace(
                f,
                start=f.start if f.start <= start else max(start, f.start + grown) if f.start >= end else start,
                end=f.end if f.end <= start else max(f.end, end) + grown,
            )
            for f in facts
        ]
    return text, facts


# ---- the text as a whole --------------------------------------------------------------------------------------------


class _Text:
    """Lines of a text with their facts."""

    def __init__(self) -> None:
        self._lines: list[tuple[str, Sequence[Found], int]] = []

    def line(self, text: str, facts: Sequence[Found], section: int) -> None:
        self._lines.append((text, facts, section))

    def spoilt(self, rng: Random, share: float) -> _Text:
        """Return the text as a bad scan gives it: characters taken for others or lost, lines wrapped."""
        out = _Text()
        width = rng.randint(26, 44)
        for text, facts, section in self._lines:
            # the number, what stands directly around it, and what says nought
            kept = {i for f in facts for i in range(f.start - 1, f.end + 2)}
            edits = []
            for i, c in enumerate(text):
                if i in kept or c.isdigit() or rng.random() >= share:
                    continue
                edits.append((i, i + 1, rng.choice([_ALIKE.get(c, c), "", c + " "])))
            text, facts = _edited(text, facts, edits)
            inside = {i for f in facts for i in range(f.start + 1, f.end)}
            places = [
                i for i in range(width, len(text), width) if i not in inside and not text[i - 1 : i + 1].isdigit()
            ]
            out.line(*_edited(text, facts, [(i, i, "\n") for i in places]), section)
        return out

    def labelled(self, split: FactSplit, issuer: str, seed: int) -> LabelledText:
        text = ""
        lines: list[ProseLine] = []
        facts: list[Found] = []
        for line, found, section in self._lines:
            facts += [replace(f, start=f.start + len(text), end=f.end + len(text)) for f in found]
            at = len(text)
            for piece in line.split("\n"):
                lines.append(ProseLine(piece, (at, at + len(piece)), 1, section))
                at += len(piece) + 1
            text += line + "\n"
        marked = []
        for c in candidates(lines):
            labels = dict.fromkeys(f.type for f in facts if f.start < c.end and c.start < f.end)
            marked.append(Labelled(c, tuple(labels), False))
        return LabelledText(text, tuple(lines), tuple(marked), split, issuer, seed)

"""Before a cell of a picture is flagged it is read once more, at another scale and cut anew, and then judged again.

    repair_reread(tables, chosen, settings, look=look_at_pictures) -> Repaired

Asked for are cells in doubt, those that would be corrected and, however sure they were read, cells in rules that do not
hold. What the new look says joins what the readers may have seen; by itself it changes no value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import TYPE_CHECKING

from .config import Options, RepairSettings
from .document import OcrCell
from .filled import Filled
from .numerals import squeeze
from .readings import Reading, again_as, finding, quoted
from .repair import DOUBTS, Repaired, repair
from .repair_model import build
from .rules import section_rules

if TYPE_CHECKING:
    from .cellsettle import CellText

SCALES = (0.75, 1.5)
"""Of the new looks. A smaller picture has less dirt, and its blurred strokes are as thin as others: that look is heard;
a larger one must not speak against it."""
DISPUTED = 0.98
"""A reading is no surer than this where the new look is sure of something else."""
SETTLED = 0.95, 0.99
"""A reading with this confidence whose new looks say the same has the second, where its rules hold: ink that is lost is
lost to every look. Less sure readings have a reason."""
MOST = 60
"""So many cells of a report are read again; one where more are in doubt is for a person."""

Texts = tuple[tuple[str, float], ...]
Look = Callable[[Sequence[Reading]], Sequence[Sequence["CellText"]]]
"""Reads cells again, once for each scale; not at all those that cannot be."""


def repair_reread(
    tables: Mapping[int, Filled],
    chosen: Mapping[str, str],
    settings: RepairSettings,
    *,
    look: Look,
    loose: AbstractSet[str] = frozenset(),
) -> Repaired:
    """Repair the tables of a report; cells that would be flagged are read again first.

    Args:
        tables: Section -> table as it was read. They are not changed.
        chosen: Section -> edition.
        settings: Thresholds.
        look: Reads again.
        loose: See `repair`.
    """
    first = repair(tables, chosen, settings, loose=loose)
    if not settings.enabled or not any(r.ocr for table in tables.values() for r in table.readings.values()):
        return first  # nothing was read from a picture
    asked, held = list[str](), set[str]()
    for section in sorted(first.tables):
        broken, holding = _in_rules(first.tables[section], chosen.get(str(section)), section, settings)
        asked += _asked(first.tables[section], broken)
        held |= holding
    del asked[MOST:]
    if not asked:
        return first
    readings = {i: r for table in tables.values() for i, r in table.readings.items()}
    said = {i: looks for i, looks in zip(asked, look([readings[i] for i in asked]), strict=True) if looks}
    if not said:
        return first
    heard = {s: _heard(t, said, held, settings) for s, t in tables.items()}
    return repair(heard, chosen, settings, loose=loose)


def look_at_pictures(readings: Sequence[Reading], options: Options) -> list[list[CellText]]:
    """Read cells again from the pictures that were kept of them, with the reader of the options."""
    kept = [(i, r.ocr.picture) for i, r in enumerate(readings) if r.ocr is not None and r.ocr.picture is not None]
    out: list[list[CellText]] = [[] for _ in readings]
    if kept:
        from .cellread import cell_reader

        for scale in SCALES:
            texts = cell_reader(options).read_again([p for _, p in kept], scale)
            for (i, _), text in zip(kept, texts, strict=True):
                out[i].append(text)
    return out


def _in_rules(
    table: Filled, edition: str | None, section: int, settings: RepairSettings
) -> tuple[dict[str, int], set[str]]:
    """Return in how many broken rules cells stand, and the cells whose rules, enough of them, are known to hold."""
    if edition is None:
        return {}, set()
    model = build(table.readings, section_rules({str(section): edition}), settings)
    values = {n: s.value for n, s in enumerate(model.sights) if s.value is not None}
    broken: dict[str, int] = {}
    for e in model.violated(values):
        for i in model.rules[e].cells:
            broken[i] = broken.get(i, 0) + 1
    held = set()
    for n, i in enumerate(model.ids):
        rules = [model.puzzle.equations[e] for e in model.rules_of(n)]
        known = all(c in values for rule in rules for c, _ in rule.terms)
        if known and i not in broken and len(rules) >= settings.least_held:
            held.add(i)
    return broken, held


def _asked(table: Filled, broken: Mapping[str, int]) -> list[str]:
    """Return the cells to read again: in doubt or corrected, then in rules that do not hold, in most of them first."""
    doubts = [f for f in table.findings if f.kind in ("ambiguous", "unreadable") or f.rule == "REPAIR.SUSPECT"]
    doubted = {i for f in doubts for i in f.cells} | {i for i, r in table.readings.items() if r.status == "corrected"}
    seen = [i for i, r in table.readings.items() if r.ocr is not None]
    others = [i for i in seen if i in broken and i not in doubted]
    return [i for i in seen if i in doubted] + sorted(others, key=lambda i: -broken[i])


def _heard(
    table: Filled, said: Mapping[str, Sequence[CellText]], held: AbstractSet[str], settings: RepairSettings
) -> Filled:
    """Return a table with what the new looks say."""
    readings, findings = dict(table.readings), list(table.findings)
    for i, looks in said.items():
        if i not in readings:
            continue
        before = readings[i]
        assert before.ocr is not None
        ocr = joined(before.ocr, before.raw or "", looks, settings, settle=i in held)
        exact = before.confidence == before.ocr.confidence
        trust = ocr.confidence if exact else min(before.confidence, ocr.confidence)
        readings[i] = replace(before, ocr=ocr, confidence=trust)
        mine = [f for f in findings if f.rule in DOUBTS and f.cells == [i]]
        findings = [f for f in findings if f not in mine]
        if ocr.confidence > settings.most_sure >= before.ocr.confidence:
            continue
        if not mine and before.ocr.confidence > settings.most_sure >= ocr.confidence:
            message = f"{quoted([before.form])}识读为“{before.raw or '空'}”，请对照原件。"
            mine = [finding("READ.DISAGREE", "ambiguous", "error", [i], message)]
        findings += [f.model_copy(update={"message": f.message + again_as(readings[i])}) for f in mine]
    return replace(table, readings=readings, findings=findings)


def joined(
    ocr: OcrCell, raw: str, looks: Sequence[CellText], settings: RepairSettings, *, settle: bool = True
) -> OcrCell:
    """Return how a cell was read, the new looks included.

    Args:
        ocr: How it was read before.
        raw: What it was read as.
        looks: The new ones; the first is heard, all are kept.
        settings: From which confidence on a look is sure.
        settle: Looks that are sure of the same end a small doubt.
    """
    said, read = looks[0], squeeze(raw)
    out = replace(ocr, reread=(*ocr.reread, *((t.text, round(t.ocr.confidence, 4)) for t in looks)))
    was_sure, is_sure = (o.confidence > settings.most_sure for o in (ocr, said.ocr))
    same = [squeeze(t.text) == read for t in looks]
    if was_sure and (any(same) or not is_sure):
        return out
    if settle and all(same) and is_sure and ocr.confidence >= SETTLED[0] and said.ocr.second is not None:
        return replace(out, confidence=min(said.ocr.confidence, SETTLED[1]))
    pairs = zip(_lists(ocr, raw), _lists(said.ocr, said.text), strict=True)
    first, second = (_mean(old, new) for old, new in pairs)
    return replace(out, confidence=min(ocr.confidence, DISPUTED), first_list=first, second_list=second)


def _lists(ocr: OcrCell, text: str) -> tuple[Texts, Texts]:
    """Return what both readers list; one that was sure lists what it read."""
    first = ocr.first_list or ((ocr.candidates[0][0] if ocr.candidates else text, 1.0),)
    return first, ocr.second_list or tuple((t, 1.0) for t, _ in ocr.candidates[1:2])


def _mean(old: Texts, new: Texts) -> Texts:
    sums: dict[str, float] = {}
    lists = [texts for texts in (old, new) if texts]
    for texts in lists:
        total = sum(p for _, p in texts) or 1.0
        for text, p in texts:
            sums[text] = sums.get(text, 0.0) + p / total / len(lists)
    return tuple((t, round(p, 5)) for t, p in sorted(sums.items(), key=lambda s: (-s[1], s[0])) if p >= 1e-5)

"""Complete generated reports with their truth: the project's test and training material.

    report = generate(7, edition="2021", density="dense")
    write(report, "html", Path("r.html"), style_seed=3)
    truth(report, "html", style_seed=3)

The same seed gives the same report, and the same bytes.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from .errors import OutputError, UsageError
from .numerals import to_number
from .synth_compose import compose
from .synth_html import HTML_LAYOUTS, write_html
from .synth_issuer import data, draw_issuer, draw_title
from .synth_model import Blanks, Density, Issuer, Printed, Split, SyntheticReport, Text
from .synth_numbers import Sheet, draw_disclosure, draw_requests, draw_reviews, print_numbers
from .synth_prose import write_prose
from .synth_quirks import disturb, encode
from .synth_rules import put_author_errors, violations
from .synth_text import TEXT_LAYOUTS, write_text
from .synth_truth import truth_of
from .template import Edition, edition_for_year, editions

__all__ = ["LAYOUTS", "Generated", "generate", "render", "retype", "synthesise", "truth", "write", "write_sample"]

# Layout to file suffix.
LAYOUTS: dict[str, str] = {
    "pdf": "pdf",
    "docx": "docx",
    **{name: "html" for name in HTML_LAYOUTS},
    **{name: "md" if name == "markdown" else "txt" for name in TEXT_LAYOUTS},
}
SCAN_SUFFIXES = ("pdf", "tiff")
"""Kinds of files that scans are written as."""
_DENSITIES: tuple[Density, ...] = ("sparse", "sparse", "mixed", "mixed", "dense")
# Real reports mix editions, e.g. 2021 headers in section 二 over a section 三 of 2019.
_MIXED_EDITIONS = 0.1
# Some offices go on with the old form.
_OLD_EDITION = 0.06


def generate(
    seed: int,
    edition: str | None = None,
    year: int | None = None,
    density: Density | None = None,
    author_errors: int = 0,
    blanks: Blanks = "mixed",
    split: Split | None = None,
    issuer: Issuer | None = None,
    narrative_errors: int = 0,
) -> SyntheticReport:
    """Generate one report.

    Args:
        seed: Decides everything that is not given.
        edition: Of all three tables; None draws one, mostly that of the year, now and then mixed.
        year: The year that is reported; None draws one.
        density: How many requests; None draws.
        author_errors: How many printed numbers break a hard rule, at places named in `violations`.
        blanks: How zeros are printed.
        split: Sentence templates to use; None for all.
        issuer: Whose report it is; None draws one.
        narrative_errors: How many kinds of fact the prose gives otherwise than the tables, where it speaks of them;
            those that it does are in `violations` with kind narrative.

    Raises:
        UsageError: There is no such edition.
    """
    known = editions()
    if edition is not None and edition not in known:
        raise UsageError(f"No edition {edition!r}.", hint=f"Known: {', '.join(known)}.")
    rng = Random(f"report {seed}")
    issuer = issuer or draw_issuer(rng)
    if year is None:
        form = known[edition] if edition else None
        low, high = (form.first_year, min(form.last_year, 2025)) if form else (2019, 2025)
        year = rng.randint(low, high)
    used = _editions(rng, edition, year)
    forms = {section: known[name] for section, name in used.items()}
    chosen: Density = rng.choice(_DENSITIES) if density is None else density
    numbers = _numbers(rng, forms, issuer.kind, chosen)
    sheet = print_numbers(rng, numbers, forms, blanks)
    changed = put_author_errors(rng, sheet, forms, author_errors)
    report = _report(rng, seed, issuer, year, used, numbers, sheet, changed, split, narrative_errors)
    if not author_errors and any(v["kind"] != "narrative" for v in report.violations):  # pragma: no cover
        raise AssertionError(f"generated numbers break {[v['rule'] for v in report.violations]}")
    return report


def retype(known: Mapping[str, Any], seed: int) -> SyntheticReport:
    """Set the numbers of a report anew, in a made-up report: its truth is known, however it is printed.

    Args:
        known: A truth file of another report: its editions, year and cells are taken. What the cells do not hold, a
            lost section, is drawn.
        seed: Decides the rest: issuer, prose, signs of increase and decrease.

    Raises:
        UsageError: There is no such edition.
    """
    rng = Random(f"retype {seed}")
    unknown = set(known["editions"].values()) - set(editions())
    if unknown:
        raise UsageError(f"No edition {min(unknown)!r}.", hint=f"Known: {', '.join(editions())}.")
    issuer = draw_issuer(rng)
    own = Counter(known["editions"].values()).most_common(1)[0][0]
    year = known["year"] or editions()[own].first_year
    used = {section: known["editions"].get(section, own) for section in ("2", "3", "4")}
    forms = {section: editions()[name] for section, name in used.items()}
    given = {i: None if v is None else Decimal(str(v)) for i, v in known["cells"].items()}
    numbers = _numbers(rng, forms, issuer.kind, "sparse")
    numbers |= {i: given[i] or Decimal(0) for i in numbers if i in given}
    sheet = print_numbers(rng, numbers, forms, "zeros")
    for i, number in numbers.items():
        printed = sheet.cells[i]
        if given.get(i, number) is None:
            sheet.cells[i], sheet.printed[i] = None, ""
        elif printed is not None and printed != number:  # drawn as 元
            sheet.cells[i], sheet.printed[i] = number, sheet.printed[i].replace(f"{printed:f}", f"{number:f}")
    return _report(rng, seed, issuer, year, used, numbers, sheet, set())


def _report(
    rng: Random,
    seed: int,
    issuer: Issuer,
    year: int,
    used: dict[str, str],
    numbers: dict[str, Decimal],
    sheet: Sheet,
    changed: set[str],
    split: Split | None = None,
    narrative_errors: int = 0,
) -> SyntheticReport:
    """Write title, prose and closing lines around the tables."""
    forms = {section: editions()[name] for section, name in used.items()}
    bound = _bound(numbers, forms)
    told = _mistold(rng, bound, narrative_errors)
    title = draw_title(rng, issuer, year)
    named = issuer.name not in "".join(title)
    sections, facts = write_prose(rng, issuer, year, bound | told, split, named)
    found = violations(sheet.cells, forms, changed)
    found += _narrative(told, bound, {f.type for f in facts}, forms)
    closing = rng.choice(data("frame")["closing"]["forms"])
    date = f"{year + 1}年{rng.randint(1, 3)}月{rng.randint(1, 28)}日"
    closing = closing.replace("$office", issuer.office).replace("$issuer", issuer.name).replace("$date", date)
    return SyntheticReport(
        seed,
        issuer,
        year,
        used,
        numbers,
        sheet.cells,
        sheet.printed,
        sheet.headers,
        sheet.units,
        title,
        sections,
        facts,
        tuple(line for line in closing.split("|") if line),
        tuple(found),
    )


def _editions(rng: Random, edition: str | None, year: int) -> dict[str, str]:
    own = edition or edition_for_year(year).edition
    used = {"2": own, "3": own, "4": own}
    older = [e.edition for e in editions().values() if e.first_year <= year and e.edition != own]
    if edition is None and older and rng.random() < _MIXED_EDITIONS:
        used[rng.choice(["2", "3"])] = rng.choice(older)
        used["4"] = used["2"]
    elif edition is None and older and rng.random() < _OLD_EDITION:
        used = dict.fromkeys(used, older[-1])
    return used


def _numbers(rng: Random, forms: Mapping[str, Edition], kind: str, density: Density) -> dict[str, Decimal]:
    requests = draw_requests(rng, forms["3"].table(3), density)
    total = requests[f"{forms['3'].table(3).prefix}received.total"]
    reviews = draw_reviews(rng, forms["4"].table(4), density, total)
    counted = {i: Decimal(v) for i, v in {**requests, **reviews}.items()}
    return {**draw_disclosure(rng, forms["2"].table(2), kind, density), **counted}


def _bound(numbers: Mapping[str, Decimal], forms: Mapping[str, Edition]) -> dict[str, int | float | None]:
    """Return what the prose may say of the tables: fact type to value, None where a table does not hold it.

    An office that leaves zeros or totals blank still writes 未收到, or the total.
    """
    out: dict[str, int | float | None] = {}
    for form in forms.values():
        for rule in form.narrative:
            held = all(i in numbers for i in rule.cells)
            value = sum((numbers[i] for i in rule.cells), Decimal(0)) if held else None
            if value is not None or rule.fact not in out:
                out[rule.fact] = to_number(value)
    return out


def _mistold(rng: Random, bound: Mapping[str, int | float | None], count: int) -> dict[str, int | float | None]:
    """Return what the prose says wrongly: fact type to a number that is not that of the tables."""
    types = [t for t, v in bound.items() if v is not None]
    return {t: (bound[t] or 0) + rng.randint(1, 9) for t in rng.sample(types, min(count, len(types)))}


def _narrative(
    told: Mapping[str, int | float | None],
    bound: Mapping[str, int | float | None],
    said: set[str],
    forms: Mapping[str, Edition],
) -> list[dict[str, Any]]:
    """Describe the differences between prose and tables as NAME.truth.json does."""
    rules = {rule.fact: rule for form in forms.values() for rule in form.narrative}
    return [
        {
            "kind": "narrative",
            "rule": rules[t].id,
            "cells": list(rules[t].cells),
            "detail": f"{rules[t].text}: {v} 与 {bound[t]}",
        }
        for t, v in told.items()
        if t in said
    ]


def render(report: SyntheticReport | Printed, layout: str, style_seed: int = 0, scan_as: str = "pdf") -> bytes:
    """Return the bytes of a report, or of its printed form, in a layout: one of `LAYOUTS`, or a level of scans.

    A scan is a PDF of pictures alone, or a TIFF if `scan_as` is "tiff"; see `gxml.synth_scan.LEVELS`.

    Raises:
        UsageError: There is no such layout.
        MissingToolError: What the layout needs is not installed.
    """
    printed = compose(report, style_seed) if isinstance(report, SyntheticReport) else report
    printed = disturb(printed, layout if layout in LAYOUTS else "pdf", style_seed)
    if layout in TEXT_LAYOUTS:
        return encode(write_text(printed, layout, style_seed), layout, style_seed)
    if layout in HTML_LAYOUTS:
        return encode(write_html(printed, layout, style_seed), layout, style_seed)
    if layout == "docx":
        from .synth_docx import write_docx

        return write_docx(printed, style_seed)
    if layout == "pdf":
        from .synth_pdf import write_pdf

        return write_pdf(printed, style_seed)
    if layout in _levels():
        return _scanned(printed, layout, style_seed, scan_as)
    raise _no_layout(layout)


def _scanned(printed: Printed, level: str, seed: int, suffix: str) -> bytes:
    from . import synth_scan
    from .synth_pdf import write_pdf

    with tempfile.TemporaryDirectory() as folder:
        clean, scan = Path(folder) / "clean.pdf", Path(folder) / f"scan.{suffix}"
        clean.write_bytes(write_pdf(printed, seed))
        pages = synth_scan.scan_pdf(clean, level, seed)
        (synth_scan.write_tiff if suffix == "tiff" else synth_scan.write_pdf)(pages, scan)
        return scan.read_bytes()


def _levels() -> tuple[str, ...]:
    """Return the levels of scans, which are layouts too; OpenCV comes with them, so nobody asks without need."""
    from .synth_scan import LEVELS, TURNED

    return (*LEVELS, TURNED)


def _no_layout(layout: str) -> UsageError:
    known = ", ".join([*LAYOUTS, *_levels()])
    return UsageError(f"No layout {layout!r}.", hint=f"Known: {known}.")


def write(report: SyntheticReport | Printed, layout: str, path: Path, style_seed: int = 0) -> Path:
    """Write a report in a layout (see `render`) and return the path; one that ends in .tiff takes scans as TIFF.

    Raises:
        OutputError: The file cannot be written.
    """
    content = render(report, layout, style_seed, path.suffix[1:])
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as e:
        raise OutputError(f"Cannot write {path}: {e.strerror}.", hint="Choose another folder.") from e
    return path


def truth(report: SyntheticReport, layout: str | None = None, style_seed: int = 0) -> dict[str, Any]:
    """Return NAME.truth.json of a report, with the prose outside the sections that are tables.

    Args:
        report: The report.
        layout: Where it is given, cells that this layout leaves undecided get more values in `accept`.
        style_seed: As in `write`.
    """
    texts = [b for b in compose(report, style_seed).blocks if isinstance(b, Text)]
    prose = [t.text for t in texts if str(t.section) not in report.editions]
    return {**truth_of(report, layout, style_seed), "facts_complete": True, "prose": "\n".join(prose)}


@dataclass(frozen=True, slots=True)
class Generated:
    """One file that `synthesise` wrote."""

    name: str
    path: Path
    truth: Path
    layout: str
    seed: int


def synthesise(
    out_dir: Path,
    n: int,
    seed: int = 0,
    layouts: Sequence[str] = tuple(LAYOUTS),
    editions: Sequence[str | None] = (None,),
    density: Density | None = None,
    author_errors: int = 0,
    split: Split | None = None,
    damages: int = 0,
    progress: Callable[[int, int], None] | None = None,
    annotate: bool = False,
    scan_as: str = "pdf",
) -> Iterator[Generated]:
    """Write `n` reports as NAME.ext with NAME.truth.json, yielding each when it is done.

    Layouts and editions are taken in turn; report i has seed `seed` + i.

    Args:
        out_dir: Made if it is not there.
        n: Number of reports.
        seed: Of the first report.
        layouts: Names from `LAYOUTS`, or levels of scans.
        editions: Edition names, None for the edition of the report's year.
        density: As in `generate`.
        author_errors: As in `generate`, for every fourth report.
        split: As in `generate`.
        damages: How often each report is damaged (see `gxml.synth_damage`); the truth is that of the damaged file.
        progress: Called with (done, n) after each report.
        annotate: Write the annotation of each report as NAME.ext.json, too.
        scan_as: "pdf" or "tiff".

    Raises:
        UsageError: There is no such layout or edition.
        OutputError: A file cannot be written.
    """
    unknown = [x for x in layouts if x not in LAYOUTS and x not in _levels()]
    if unknown:
        raise _no_layout(unknown[0])
    if scan_as not in SCAN_SUFFIXES:
        raise UsageError(f"Scans are not written as {scan_as!r}.", hint=f"One of: {', '.join(SCAN_SUFFIXES)}.")
    for i in range(n):
        own = seed + i
        layout = layouts[i % len(layouts)]
        printed_as = layout if layout in LAYOUTS else "pdf"
        edition = editions[i // len(layouts) % len(editions)]
        report = generate(own, edition, None, density, author_errors if i % 4 == 3 else 0, "mixed", split)
        name = f"{own:06d}_{layout}"
        path = out_dir / f"{name}.{LAYOUTS.get(layout, scan_as)}"
        if damages:
            from .synth_damage import damage

            damaged = damage(report, own, n=damages, layout=printed_as, style_seed=own)
            write(damaged.printed, layout, path, own)
            right = damaged.truth()
        else:
            write(report, layout, path, own)
            right = truth(report, printed_as, own)
        target = out_dir / f"{name}.truth.json"
        target.write_text(_json(right), "utf-8")
        if annotate:
            from .annotate import write_annotation
            from .config import Options
            from .pipeline import load
            from .synth_labels import annotate_generated

            write_annotation(annotate_generated(report, load(path, Options())), out_dir / f"{path.name}.json")
        if progress:
            progress(i + 1, n)
        yield Generated(name, path, target, layout, own)


# The report that ships with the package: a county that does not exist.
SAMPLE_SEED = 2321
_SAMPLE = Issuer(
    "示例市青禾县人民政府",
    "county",
    "示例市青禾县",
    "我县",
    "全县",
    "县",
    "示例市青禾县人民政府办公室",
    "www.qinghe.gov.cn",
)


def sample() -> SyntheticReport:
    """Return the report that `write_sample` writes."""
    return generate(SAMPLE_SEED, "2021", 2024, "mixed", 0, "zeros", None, _SAMPLE)


def write_sample(folder: Path) -> list[Path]:
    """Write the sample report as PDF, DOCX and web page, and the truth of all three, into a folder."""
    report = sample()
    paths = [write(report, layout, folder / f"qinghe_2024.{LAYOUTS[layout]}") for layout in ("pdf", "docx", "html")]
    target = folder / "qinghe_2024.truth.json"
    target.write_text(_json(truth(report)), "utf-8")
    return [*paths, target]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"

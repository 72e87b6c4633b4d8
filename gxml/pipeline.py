"""The main job: a file → a checked `Report`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal

from .cells import strips_between
from .config import Options
from .document import Document, Line
from .editions import choose_editions
from .facts import ProseLine, RawFact, without_parts
from .facts_reader import fact_reader
from .facts_reading import name_confidence, weighed
from .filled import Filled
from .geometry import Span, mapped, rounded
from .identity import Identity, identify, report_titles, same_issuer
from .narrative import check_narrative, narrative_rules, vouched
from .rank import gravest_first, ranked
from .readings import UNSURE, finding, loose, to_cell
from .remote import is_url, local_copy
from .repair import record
from .repair_decision import Verdict
from .report import Cell, Estimate, Fact, Finding, PageReader, Report, Source
from .reread import look_at_pictures, repair_reread
from .rowlabels import row_reader
from .rules import PRINTED, check_cells, check_scope
from .sources import identify as open_file
from .sources import read_opened
from .stitch import Outline, outlines
from .template import editions

MOSTLY_LOST = 0.8
"""Share of the cells of a table that are lost or unreadable from which its edition is not sure."""
CAPTION = 30
"""Characters around the start of a table in which its year may be named."""
SECTION_NAMES = {
    2: "二、主动公开政府信息情况",
    3: "三、收到和处理政府信息公开申请情况",
    4: "四、政府信息公开行政复议、行政诉讼情况",
}


def read(path: str | Path, options: Options | None = None) -> Report:
    """Read one report.

    Args:
        path: A PDF, Word, HTML, text or image file; told apart by content, not by name. Or its URL, as a string: any
            that fsspec knows, such as s3:// and https://.
        options: Limits and switches.

    Returns:
        The report: every cell of the form with its place and status, the figures of the prose, and findings.

    Raises:
        InputError: The file cannot be read as a report (see `gxml.errors`).
        MissingToolError: An old .doc needs LibreOffice; a URL fsspec, or the package of its protocol.
    """
    used = options or Options()
    if is_url(path):
        with local_copy(str(path), used.max_bytes) as copy:
            return interpret(load(copy, used), used)
    return interpret(load(path, used), used)


def load(path: str | Path, options: Options) -> Document:
    """Read the text, lines and tables of a file, without looking for the form."""
    opened = open_file(path, options)
    if opened.kind == "pdf":
        from .pdf import read_pdf

        return read_pdf(path, options)
    if opened.kind == "image":
        from .scan import read_images

        return read_images(opened, options)
    return read_opened(opened, options)


def interpret(document: Document, options: Options | None = None) -> Report:
    """Find the form in a document, repair what was read from pictures, and check it."""
    used = options or Options()
    identity = identify(document)
    found = outlines(document.text)
    outline, identity, extra = _choose(document, found, identity)
    year = identity.year
    strips = {n: strips_between(document, *span) for n, span in outline.tables.items()}
    chosen, filled = choose_editions(strips, year, row_reader(used.row_labels))
    findings = [*extra, *_source_findings(document), *_section_findings(filled)]
    look = partial(look_at_pictures, options=used)
    repaired = repair_reread(filled, chosen, used.repair, look=look, loose=_loose(document, filled))
    filled = repaired.tables
    cells, doubts = _cells(document, filled, repaired.verdicts)
    findings += doubts
    for section in sorted(filled):
        findings += filled[section].findings
    if cells and all(c.value is None for c in cells.values()):
        findings.append(
            finding(
                "STR.BLANK", "structure", "warning", [], "表格中没有任何数字：这是一份空白的报告格式，或表格没有填写。"
            )
        )
    issuer = identity.issuer
    broken, arithmetic = check_cells(
        cells, chosen, issuer=issuer, printed=all(c.reader in PRINTED for c in cells.values())
    )
    # a rule that the cells themselves break was perhaps seen broken before, when no split of a row satisfied it
    again = {f.rule for f in broken}
    findings = [f for f in findings if f.kind != "source_inconsistent" or f.rule not in again] + broken
    findings += check_scope(chosen, year)
    findings += [finding("SCOPE.TITLE", "plausibility", "warning", [], note) for note in identity.notes]
    if filled and issuer is None:
        message = "标题和开头都没有写明是哪个机关的报告，机关名称未取值。"
        findings.append(finding("SCOPE.ISSUER", "plausibility", "warning", [], message))
    if filled and year is None:
        message = "标题和开头都没有写明是哪一年的报告，年份未取值。"
        findings.append(finding("SCOPE.YEAR", "plausibility", "warning", [], message))
    read_by = fact_reader(used.facts)
    prose = prose_lines(document, outline)
    facts, unsure = weighed(read_by.read(document.text, prose), document)
    findings += unsure
    agreements = narrative_rules(chosen)
    findings += check_narrative(agreements, facts, cells, issuer=issuer)
    findings = gravest_first(ranked(_tidy(findings, cells, chosen), vouched(agreements, facts, cells)))
    complete = all(n in filled for n in SECTION_NAMES) and any(c.value is not None for c in cells.values())
    doubtful = any(c.status in ("missing", "unreadable") for c in cells.values()) or any(
        f.kind == "ambiguous" or (f.kind in ("structure", "unreadable") and f.severity == "error") for f in findings
    )
    return Report(
        source=_source(document, prose),
        issuer=Estimate(
            value=issuer, confidence=round(min(identity.issuer_confidence, name_confidence(document, issuer or "")), 4)
        ),
        year=Estimate(
            value=year, confidence=round(min(identity.year_confidence, name_confidence(document, f"{year}")), 4)
        ),
        editions=chosen,
        status="accepted" if complete and arithmetic and not doubtful else "review",
        cell_list=list(cells.values()),
        facts=[_fact(f) for f in without_parts(facts)],
        findings=findings,
        text=document.text,
    )


def _choose(
    document: Document, found: Sequence[Outline], identity: Identity
) -> tuple[Outline, Identity, list[Finding]]:
    """Take the report that the title names, and say so where a file holds several."""
    if len(found) == 1:
        return found[0], identity, []
    chosen = found[0]
    titles = report_titles(document)
    titled = [[t for t in titles if o.window[0] <= t[0][0] < o.window[1]] for o in found]
    for outline, inside in zip(found, titled, strict=True):
        if any(same_issuer(t[1], identity.issuer) and t[2] == identity.year for t in inside):
            chosen = outline
            break
    first = document.blocks[0]
    if document.kind == "html" and titles and isinstance(first, Line) and titles[0][0] == first.span:
        # the page is called after one of its reports, which may follow that of another year
        page, *rest = titles
        own_first = [t for t in titled[0] if t in rest and t[2] is not None]
        named = [(o, t) for o, ts in zip(found, titled, strict=True) for t in ts if t in rest and t[1:] == page[1:]]
        if own_first and page[2] is not None and named and named[0][0] is not found[0]:
            chosen, (span, issuer, year) = named[0]
            identity = replace(
                identity, issuer=issuer or identity.issuer, year=year, title_span=span, notes=(), period_year=None
            )
    at = found.index(chosen)
    # a report may print a table of the year before, too: what follows without a title is still its own
    own = [o for i, o in enumerate(found) if i >= at and not any(titled[at + 1 : i + 1])]
    if any(set(o.tables) - set(chosen.tables) for o in own):
        joined, doubts = _joined(document.text, own, identity.year)
        return joined, identity, doubts
    which = found.index(chosen) + 1
    message = f"文件中有 {len(found)} 份报告的表格，按标题取第 {which} 份；其余没有读取，请分开成文件。"
    return chosen, identity, [finding("STR.REPORTS", "structure", "warning", [], message)]


def _joined(text: str, parts: Sequence[Outline], year: int | None) -> tuple[Outline, list[Finding]]:
    """Take the tables of one report that prints some of them twice, with doubts on those.

    Of two, the one whose heading names the report's year is taken, else that of the part with more tables.
    """
    fullest = sorted(parts, key=lambda o: -len(o.tables))
    tables: dict[int, Span] = {}
    twice: list[int] = []
    for n in SECTION_NAMES:
        each = [o.tables[n] for o in fullest if n in o.tables]
        named = [span for span in each if str(year) in text[max(0, span[0] - CAPTION) : span[0] + CAPTION]]
        if each:
            tables[n] = named[0] if len(named) == 1 else each[0]
        if len(each) > 1:
            twice.append(n)
    names = "、".join(SECTION_NAMES[n] for n in twice)
    message = f"同一份报告中“{names}”的表格不止一张，按表前的年份和其余各表的位置取一张，请核对。"
    doubts = [finding("STR.REPORTS", "structure", "warning", _cells_of(twice), message)] if twice else []
    headings = {n: at for o in (*parts, fullest[0]) for n, at in o.headings.items()}
    window = (parts[0].window[0], parts[-1].window[1])
    return replace(fullest[0], window=window, tables=tables, headings=headings), doubts


def _cells_of(sections: Iterable[int]) -> list[str]:
    """Return the cells of sections, of all editions."""
    return [f.id for n in sections for e in editions().values() for f in e.table(n).fields()]


def _source_findings(document: Document) -> list[Finding]:
    out: list[Finding] = []
    for note in document.notes:
        where = f"第 {note.page} 页：" if note.page is not None else ""
        out.append(finding(f"SRC.{note.code}", "structure", note.severity, [], where + note.message))
    return out


def _section_findings(filled: dict[int, Filled]) -> list[Finding]:
    if not filled:
        message = (
            "文件中没有找到年度报告格式的任何一张表：可能不是这种报告，或是没有表格的自由文体报告，或表格只有图片。"
        )
        # all are named, as below: tables that are there and were not recognised must not be silent
        every = [i for e in editions().values() for i in e.fields]
        return [finding("STR.FORM", "structure", "error", every, message)]
    out: list[Finding] = []
    for n, name in SECTION_NAMES.items():
        if n not in filled:
            # named although they have no entry: a table that is there and was not recognised must not be silent
            ids = _cells_of([n])
            out.append(finding("STR.SECTION", "structure", "error", ids, f"没有找到第{name}的表格，该部分没有输出。"))
            continue
        readings = filled[n].readings
        if sum(r.status in ("missing", "unreadable") for r in readings.values()) >= MOSTLY_LOST * len(readings):
            # too little is read to say which edition it is: cells of the other must not be silent
            ids = [i for i in _cells_of([n]) if i not in readings]
            if ids:
                message = f"第{name}的表格大多没有读出，不能确定是哪一版格式。"
                out.append(finding("STR.SECTION", "structure", "error", ids, message))
    return out


def _loose(document: Document, filled: dict[int, Filled]) -> set[str]:
    """Return the cells that were taken out of lines of pages that were read from pictures."""
    scanned = {p.number for p in document.pages if p.reader not in PRINTED}
    return {
        i for table in filled.values() for i, r in table.readings.items() if r.page in scanned and loose(r) is not None
    }


def _cells(
    document: Document, filled: dict[int, Filled], verdicts: Mapping[str, Verdict]
) -> tuple[dict[str, Cell], list[Finding]]:
    pages = {p.number: p for p in document.pages}
    first = document.pages[0].reader if document.pages else "text"
    out: dict[str, Cell] = {}
    doubts: list[Finding] = []
    for section in sorted(filled):
        for i, reading in filled[section].readings.items():
            page = pages.get(reading.page) if reading.page is not None else None
            cell = to_cell(reading, page.reader if page else first)
            doubt = loose(reading) if cell.reader not in PRINTED else None
            if doubt is not None:
                doubts.append(doubt)
                cell = cell.model_copy(update={"confidence": min(cell.confidence, UNSURE)})
            if cell.bbox is not None and page is not None and page.to_displayed is not None:
                cell = cell.model_copy(update={"bbox": rounded(mapped(cell.bbox, page.to_displayed))})
            if i in verdicts:
                cell = cell.model_copy(update={"repair": record(verdicts[i])})
            out[i] = cell
    return out, doubts


def prose_lines(document: Document, outline: Outline) -> list[ProseLine]:
    """Return the prose of a report: its lines outside the three tables, cut where a section begins."""
    lo, hi = outline.window
    cuts = sorted({*outline.headings.values(), *(p for span in outline.tables.values() for p in span)})
    out: list[ProseLine] = []
    for block in document.blocks:
        if not isinstance(block, Line) or block.role == "meta":
            continue
        start, end = max(block.span[0], lo), min(block.span[1], hi)
        if start > end or (start == end and block.text):
            continue
        for a, b in _pieces(start, end, cuts):
            if not outline.in_table(a):
                out.append(ProseLine(document.text[a:b], (a, b), block.page, outline.section_of(a)))
    return out


def prose_of(document: Document) -> list[ProseLine]:
    """Return the prose of the report in a document, as `interpret` reads it."""
    outline, _, _ = _choose(document, outlines(document.text), identify(document))
    return prose_lines(document, outline)


def tables_of(document: Document) -> tuple[dict[str, str], dict[int, Filled]]:
    """Return the edition of each section of the report in a document, and its tables before any repair."""
    identity = identify(document)
    outline, identity, _ = _choose(document, outlines(document.text), identity)
    strips = {n: strips_between(document, *span) for n, span in outline.tables.items()}
    return choose_editions(strips, identity.year)


def _pieces(start: int, end: int, cuts: Sequence[int]) -> list[tuple[int, int]]:
    inside = [c for c in cuts if start < c < end]
    edges = [start, *inside, end]
    return [(edges[i], edges[i + 1]) for i in range(len(edges) - 1)]


def _fact(f: RawFact) -> Fact:
    return Fact(
        type=f.type,
        value=f.value,
        unit=f.unit,
        raw_unit=f.raw_unit,
        approximate=f.approximate,
        text=f.text,
        section=f.section,
        page=f.page,
        start=f.start,
        end=f.end,
        confidence=round(f.confidence, 4),
    )


def _tidy(findings: list[Finding], cells: dict[str, Cell], chosen: dict[str, str]) -> list[Finding]:
    """Drop doubles, and name every cell that must be named."""
    seen: dict[tuple[object, ...], Finding] = {}
    for f in findings:
        seen.setdefault((f.rule, f.kind, tuple(f.cells), f.message), f)
    out = list(seen.values())
    named = {i for f in out for i in f.cells}
    for cell in cells.values():
        if cell.id not in named and cell.status in ("missing", "unreadable", "derived", "corrected"):
            severity: Literal["error", "info"] = "info" if cell.value is not None else "error"
            label = editions()[chosen[_section(cell.id, chosen)]].fields[cell.id].label
            out.append(
                finding("STR.CELL", "structure", severity, [cell.id], f"“{label}”的状态为 {cell.status}，请核对。")
            )
    return out


def _section(cell_id: str, chosen: dict[str, str]) -> str:
    for section, name in chosen.items():
        form = editions()[name].fields.get(cell_id)
        if form is not None and str(form.section) == section:
            return section
    raise KeyError(cell_id)


def _source(document: Document, prose: Sequence[ProseLine]) -> Source:
    return Source(
        file=document.file,
        sha256=document.sha256,
        kind=document.kind,
        pages=len(document.pages),
        text_sha256=hashlib.sha256(document.text.encode()).hexdigest(),
        page_readers=[PageReader(page=p.number, reader=p.reader, reason=p.reason) for p in document.pages],
        prose=_stretches(document.text, prose),
    )


def _stretches(text: str, prose: Sequence[ProseLine]) -> list[Span]:
    """Return the spans of lines, those joined that nothing but white space parts."""
    out: list[Span] = []
    for line in prose:
        start, end = line.span
        if out and start >= out[-1][1] and not text[out[-1][1] : start].strip():
            out[-1] = (out[-1][0], end)
        else:
            out.append(line.span)
    return out

"""Rows whose fields do not say by themselves where they belong: what the rules leave, or null and a finding."""

from __future__ import annotations

from .filled import Alternatives, Filled, Hit, RowPlace
from .readings import derived, finding, lost, quoted
from .report import CellStatus, FindingKind
from .splits import Resolution, Vector, closes
from .template import TableForm

# Stands in a reading for a value that is not known.
UNDECIDED = -1
# A row of a picture that may be read in more ways than this is left alone by repair, too.
MOST = 100


def fill_doubtful(
    out: Filled, p: RowPlace, hit: Hit, resolution: Resolution | None, form: TableForm, row_rule: str | None
) -> None:
    """Fill a row that is not exact: the one reading that the rules leave, or null with a finding.

    Args:
        out: The table; gets the readings and findings.
        p: The row of the form.
        hit: The strip that it is.
        resolution: What the equations leave of all rows together, None where no row asked for them.
        form: The table of the edition.
        row_rule: Id of the rule that sums a row, with {row}, or None.
    """
    ids = [f.id for f in p.forms]
    printed = [f for f in hit.strip.values if f.text.strip()] or list(hit.strip.values)
    state = hit.placed.state
    what = {
        "short": "少一个数",
        "long": "多一个数",
        "run": "各格数字连在一起",
        "ambiguous": "空格与数字的位置不能对应到列",
        "broken": "数字个数与列数不符",
        "exact": "",
    }[state]
    raw = " ".join(f.text for f in printed)
    chosen = _choice(p, hit, resolution, row_rule)
    if chosen is not None:
        values, rules = chosen
        open_forms = [f for f, v in zip(p.forms, values, strict=True) if v == UNDECIDED]
        for f, v in zip(p.forms, values, strict=True):
            known = v != UNDECIDED
            out.readings[f.id] = derived(f, v, printed, rules) if known else lost(f, "unreadable", printed)
        if len(open_forms) < len(p.forms):
            out.settled.setdefault(what, []).append((p, raw))
        if open_forms:
            out.findings.append(
                finding(
                    "STR.ROW",
                    "structure",
                    "error",
                    [f.id for f in open_forms],
                    f"第{form.section}部分“{p.row.label}”一行{what}（“{raw}”），{quoted(open_forms)}不能确定，未取值。",
                )
            )
        return
    digits = sum(len(f.text.strip()) for f in printed)
    if state == "run" and row_rule and not hit.placed.readings and digits >= len(p.forms) and not hit.placed.sparse:
        text = f"第{form.section}部分“{p.row.label}”一行的数字（“{raw}”）无论怎样拆分，各项之和都不等于总计。"
        out.findings.append(finding(row_rule.format(row=p.row.name), "source_inconsistent", "error", ids, text))
    status: CellStatus = "missing" if state in ("short", "broken") else "unreadable"
    if state == "broken" and any(len(f.text.strip()) > 3 or f.kind == "noise" for f in printed):
        status = "unreadable"
    for f in p.forms:
        out.readings[f.id] = lost(f, status, printed)
    if state != "ambiguous" and 0 < len(hit.placed.readings) <= MOST and any(f.ocr for f in hit.strip.values):
        out.joint.append(Alternatives(tuple(ids), hit.placed.readings))
    kind: FindingKind = "ambiguous" if state == "run" else "structure"
    out.findings.append(
        finding(
            "STR.ROW",
            kind,
            "error",
            ids,
            f"第{form.section}部分“{p.row.label}”一行{what}（“{raw}”），不能确定各格数值，未取值。",
        )
    )


def settled_findings(out: Filled, form: TableForm) -> None:
    """Say once for each kind of damage which rows the rules settled."""
    for what, rows in out.settled.items():
        ids = [f.id for p, _ in rows for f in p.forms]
        names = "、".join(f"“{p.row.label}”（“{raw}”）" for p, raw in rows[:3]) + ("等" if len(rows) > 3 else "")
        out.findings.append(
            finding(
                "STR.ROW",
                "structure",
                "warning" if "多" in what else "info",
                ids,
                f"第{form.section}部分 {len(rows)} 行{what}：{names}。按列数和勾稽关系只有一种读法，各格为推定值。",
            )
        )


def _choice(
    p: RowPlace, hit: Hit, resolution: Resolution | None, row_rule: str | None
) -> tuple[Vector, tuple[str, ...]] | None:
    """Return the only reading that is left, `UNDECIDED` for a cell that it leaves open, and the rules needed."""
    options = hit.placed.readings
    if options and hit.placed.state == "ambiguous":
        # blank or lost is not for the equations to say: what all readings have in common is certain
        return tuple(v[0] if len(set(v)) == 1 else UNDECIDED for v in zip(*options, strict=True)), ()
    if not options or resolution is None:
        return None
    # a run of exactly as many digits as columns has one reading whatever the rules say
    digits = sum(len(f.text.strip()) for f in hit.strip.values)
    certain = len(options) == 1 and (hit.placed.state != "run" or digits == len(p.forms))
    own = (row_rule.format(row=p.row.name),) if row_rule else ()
    if not resolution.feasible or not resolution.complete:
        if hit.placed.state == "short":
            return None  # the number that is put back makes any row add up: its own sum proves nothing
        return (options[0], own) if certain and (options[0][-1] is None or closes(options[0]) or not own) else None
    left = resolution.readings.get(p.row.name, ())
    if len(left) != 1:
        return None
    proved = own if len(options) == 1 else (*own, *resolution.used)
    return left[0], proved

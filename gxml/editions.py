"""Which edition of the form each table uses: by its own header and rows, not by the year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from .fill import fill_rows
from .fill_line import fill_line
from .filled import Filled, equations, row_places, row_sum_rule
from .folded import unfolded
from .headers import is_header
from .labels import decode, score_matrix
from .numerals import comparable
from .rowlabels import RowReader
from .strips import Strip
from .template import Edition, TableForm, edition_for_year, editions

# An edition must lead by this (in rows and header words) to be chosen by the table alone.
CLEAR_LEAD = 0.08
# … and by a whole row where none of the words is printed that only this edition has.
A_ROW = 1.0


@cache
def own_words(edition: str, section: int) -> tuple[str, ...]:
    """Return the labels that a section has in this edition and in no other, comparable."""

    def words(e: Edition) -> set[str]:
        form = e.table(section)
        out: set[str] = set()
        for block in form.blocks:
            labels = [(p.label, p.variants) for p in block.columns] + [(p.label, p.variants) for p in block.rows]
            out |= {comparable(t) for label, variants in labels for t in (label, *variants)}
            out |= {comparable(t) for row in block.rows for t in row.path}
        return out

    others = set().union(*(words(e) for e in editions().values() if e.edition != edition))
    return tuple(sorted(w for w in words(editions()[edition]) - others if len(w) >= 4))


def printed_own_words(strips: Sequence[Strip], edition: str, section: int) -> int:
    """Return how many of the words are printed that no other edition has."""
    text = comparable("".join(s.label for s in strips))
    return sum(w in text for w in own_words(edition, section))


def evidence(strips: Sequence[Strip], edition: Edition, section: int) -> float:
    """Return how much a table looks like an edition's: rows matched, and words that only it has."""
    form = edition.table(section)
    hits = printed_own_words(strips, edition.edition, section)
    places = row_places(form)
    work = [s for s in unfolded(strips, form, places, edition) if s.labels and not is_header(s, form)]
    scores = score_matrix(work, [p.row for p in places])
    best: dict[int, float] = {}
    for m in decode(scores, [bool(s.values) for s in work]):
        best[m.row] = max(best.get(m.row, 0.0), m.score)
    return hits + sum(best.values())


def _fill(strips: Sequence[Strip], form: TableForm, edition: Edition, labels: RowReader | None) -> Filled:
    if form.layout == "one_line":
        return fill_line(strips, form, edition)
    return fill_rows(strips, form, edition, labels)


@cache
def _one_form(section: int) -> bool:
    """Tell whether all editions print the same table."""
    return len({e.table(section) for e in editions().values()}) == 1


@cache
def _filled_like(section: int) -> dict[str, str]:
    """Return for each edition the first that fills a section by the same table and the same rules."""
    first: dict[object, str] = {}
    out: dict[str, str] = {}
    for name, e in editions().items():
        form = e.table(section)
        out[name] = first.setdefault((form, row_sum_rule(e, form), tuple(equations(e, form))), name)
    return out


def _trouble(filled: Filled) -> float:
    bad = sum(r.status in ("missing", "unreadable") for r in filled.readings.values())
    return bad / max(1, len(filled.readings))


def choose_editions(
    strips: Mapping[int, Sequence[Strip]], year: int | None, labels: RowReader | None = None
) -> tuple[dict[str, str], dict[int, Filled]]:
    """Choose each section's edition and fill its table.

    Args:
        strips: Section -> its strips; a section without a table is not there.
        year: The report's year; decides only what the tables leave open.
        labels: Who reads labels of rows a second time.

    Returns:
        ({"2": "2021", …}, section -> filled table), for the sections that hold a table.
    """
    chosen: dict[int, str] = {}
    filled: dict[int, Filled] = {}
    open_sections: list[int] = []
    vague: dict[int, str] = {}
    for section in sorted(strips):
        if _one_form(section):
            open_sections.append(section)  # the editions print the same table
            continue
        scores = sorted(((evidence(strips[section], e, section), n) for n, e in editions().items()), reverse=True)
        lead = scores[0][0] - scores[1][0] if len(scores) > 1 else A_ROW
        likeliest = scores[0][1]
        if (
            lead < A_ROW
            and own_words(likeliest, section)
            and not printed_own_words(strips[section], likeliest, section)
        ):
            vague[section] = likeliest
        elif lead >= CLEAR_LEAD:
            chosen[section] = likeliest
        else:
            open_sections.append(section)
    for section, guess in vague.items():
        votes = [chosen[s] for s in sorted(chosen) if s not in vague]
        chosen[section] = votes[0] if votes else edition_for_year(year).edition if year is not None else guess
    for section in open_sections:
        like = _filled_like(section)
        each = {
            n: _fill(strips[section], editions()[n].table(section), editions()[n], labels) for n in set(like.values())
        }
        tried = {n: each[same] for n, same in like.items()}
        least = min(_trouble(t) for t in tried.values())
        good = [n for n, t in tried.items() if _trouble(t) <= least + 1e-9]
        votes = [chosen[s] for s in sorted(chosen) if chosen[s] in good]
        by_year = edition_for_year(year).edition if year is not None else None
        pick = votes[0] if votes else by_year if by_year in good else good[-1]
        chosen[section] = pick
        filled[section] = tried[pick]
    for section, name in chosen.items():
        if section not in filled:
            edition = editions()[name]
            filled[section] = _fill(strips[section], edition.table(section), edition, labels)
    found = {s: f for s, f in filled.items() if f.readings and f.rows_found}
    return {str(s): chosen[s] for s in sorted(found)}, {s: found[s] for s in sorted(found)}

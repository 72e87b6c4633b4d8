"""Generated reports: consistent, complete, with truth that agrees with what is printed, the same for the same seed."""

from __future__ import annotations

import html
import json
import re
import sys
import unicodedata
from pathlib import Path

import pytest

from gxml import synth
from gxml.errors import MissingToolError, UsageError
from gxml.numerals import chinese_number, parse_cell
from gxml.synth import LAYOUTS, generate, render, retype, synthesise, truth
from gxml.synth_compose import compose
from gxml.synth_issuer import data
from gxml.synth_model import PrintedTable
from gxml.synth_prose import spell
from gxml.synth_rules import broken_rules
from gxml.synth_traces import blank_trace
from gxml.synth_truth import decided, row_splits
from gxml.template import editions, fact_types

SEEDS = range(60)
TEXTS = [x for x in LAYOUTS if x not in ("pdf", "docx")]


def decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030")


def forms_of(report):
    return {s: editions()[e] for s, e in report.editions.items()}


@pytest.mark.parametrize("density", ["sparse", "mixed", "dense"])
@pytest.mark.parametrize("edition", ["2019", "2021"])
def test_numbers_satisfy_every_hard_rule_of_the_form(edition, density):
    for seed in range(20):
        report = generate(seed, edition=edition, density=density, blanks="zeros")
        assert broken_rules(report.cells, forms_of(report)) == []
        assert set(report.cells) == set(editions()[edition].fields)
        assert None not in report.cells.values()
        for i, f in editions()[edition].fields.items():
            value = report.cells[i]
            assert value >= 0 or f.kind == "signed"
            assert f.kind == "money" or value == value.to_integral_value()


def test_density_ranges_from_empty_tables_to_dense_ones():
    totals = {
        d: [int(generate(s, density=d, blanks="zeros").cells["requests.received.total"]) for s in SEEDS]
        for d in ("sparse", "mixed", "dense")
    }
    assert 0 in totals["sparse"] and max(totals["sparse"]) < 30
    assert min(totals["dense"]) > 100 and max(totals["dense"]) > 1000


def test_soft_rules_hold_too():
    for seed in SEEDS:
        report = generate(seed, blanks="zeros")
        for section, form in forms_of(report).items():
            for rule in form.expanded_rules:
                if rule.hard or rule.section != int(section):
                    continue
                left = sum(k * report.cells[i] for k, i in rule.left)
                right = sum(k * report.cells[i] for k, i in rule.right)
                assert left >= right if rule.relation == ">=" else left <= right, (seed, rule.id)


def test_printed_cells_read_back_as_the_truth_says():
    kinds = set()
    for seed in range(150):
        report = generate(seed)
        for i, text in report.printed.items():
            printed = parse_cell(text)
            kinds.add(printed.kind)
            assert printed.kind != "noise", (seed, i, text)
            assert printed.value == report.cells[i], (seed, i, text)
    assert kinds == {"number", "blank", "dash"}


@pytest.mark.parametrize("blanks", ["blank_zeros", "org_columns", "totals"])
def test_blank_styles_leave_cells_empty_and_break_no_rule(blanks):
    report = generate(11, edition="2021", density="mixed", blanks=blanks)
    empty = [i for i, text in report.printed.items() if not text]
    assert empty and all(report.cells[i] is None for i in empty)
    assert broken_rules(report.cells, forms_of(report)) == []


def test_author_errors_break_the_rules_that_the_truth_names():
    for seed in range(40):
        report = generate(seed, author_errors=1 + seed % 3, blanks="zeros")
        broken = {r.id: set(r.cells) for r in broken_rules(report.cells, forms_of(report))}
        assert broken and {v["rule"] for v in report.violations} == set(broken)
        for v in report.violations:
            assert v["kind"] == "source_inconsistent" and set(v["cells"]) <= broken[v["rule"]]
        clean = generate(seed, blanks="zeros")
        changed = {i for i in report.cells if report.cells[i] != clean.cells[i]}
        assert 1 <= len(changed) <= 1 + seed % 3
        assert changed <= {i for v in report.violations for i in v["cells"]}


def test_prose_that_disagrees_with_the_tables_is_in_the_truth():
    kinds = set()
    for seed in range(60):
        report = generate(seed, narrative_errors=4, blanks="zeros")
        rules = {r.id: r for f in forms_of(report).values() for r in f.narrative}
        for v in report.violations:
            assert v["kind"] == "narrative"
            rule = rules[v["rule"]]
            table = sum(report.cells[i] for i in rule.cells)
            said = {f.value for f in report.facts if f.type == rule.fact}
            assert said and table not in said and v["cells"] == list(rule.cells)
            kinds.add(v["rule"])
    assert len(kinds) > 5


def test_facts_stand_where_their_offsets_say():
    seen: dict[str, int] = {}
    hedges = 0
    for seed in range(200):
        report = generate(seed)
        for f in report.facts:
            number = report.section_text(f.section)[f.start : f.end]
            seen[f.type] = seen.get(f.type, 0) + 1
            hedges += f.approximate
            assert number in f.text and f.text in report.section_text(f.section)
            assert f.unit == fact_types()[f.type].unit
            if f.raw_unit is None:
                assert f.value == 0 and not any(c.isdigit() for c in number)
                continue
            plain = float(number.replace(",", "")) if number.isascii() else chinese_number(number)
            assert f.value == pytest.approx(plain * (10000 if f.raw_unit.startswith("万") else 1)), number
            after = report.section_text(f.section)[f.end : f.end + 8].replace(" ", "")
            assert after.removeprefix("余").startswith(f.raw_unit), (after, f)
    assert set(seen) == set(fact_types()), set(fact_types()) - set(seen)
    assert hedges > 30


def test_facts_agree_with_the_tables():
    for seed in range(80):
        report = generate(seed, blanks="zeros")
        for form in {id(f): f for f in forms_of(report).values()}.values():
            for rule in form.narrative:
                if not all(i in report.cells for i in rule.cells):
                    continue
                value = sum(report.cells[i] for i in rule.cells)
                for f in report.facts:
                    assert f.type != rule.fact or f.value == value or not _held_by_one(report, rule), (seed, rule.id)


def _held_by_one(report, rule):
    """Mixed editions may hold two rules for one fact; only the last one that the report can answer binds it."""
    forms = forms_of(report).values()
    return len({r.cells for f in forms for r in f.narrative if r.fact == rule.fact}) == 1


def test_templates_of_the_test_split_are_kept_apart():
    topics: dict[str, dict[str, set[str]]] = {}
    for g in [*data("prose")["group"], *data("prose_more")["group"]]:
        topics.setdefault(g["topic"], {}).setdefault(g["split"], set()).update(g["sentences"])
    for topic, splits_ in topics.items():
        assert set(splits_) == {"train", "test"}, topic
        assert not splits_["train"] & splits_["test"], topic
    for seed in SEEDS:
        assert {f.split for f in generate(seed, split="train").facts} <= {"train"}
        assert {f.split for f in generate(seed, split="test").facts} <= {"test"}


def test_variety_of_issuers_titles_years_and_editions():
    reports = [generate(s) for s in range(300)]
    assert len({r.issuer.name for r in reports}) > 200
    assert {r.issuer.kind for r in reports} >= {"city", "county", "town", "bureau", "committee", "office"}
    assert {r.year for r in reports} == set(range(2019, 2026))
    assert any(len(set(r.editions.values())) == 2 for r in reports)
    assert len({re.sub(r"\d", "0", "|".join(r.title).replace(r.issuer.name, "X")) for r in reports}) >= 12
    for r in reports:
        joined = "".join(r.title)
        assert str(r.year) in joined
        assert r.issuer.name in joined or r.issuer.name in r.section_text(0)
    assert 3 < sum(r.issuer.name not in "".join(r.title) for r in reports) < 30


@pytest.mark.parametrize("layout", [x for x in LAYOUTS if x != "pdf"])
def test_same_seed_same_bytes(layout):
    assert render(generate(3), layout, 9) == render(generate(3), layout, 9)
    assert render(generate(3), layout, 9) != render(generate(4), layout, 9)


def test_tables_have_the_shape_of_the_form():
    for seed in SEEDS:
        report = generate(seed)
        tables = {t.section: t for t in compose(report, seed).tables}
        assert set(tables) == {2, 3, 4}
        for section, table in tables.items():
            assert isinstance(table, PrintedTable)
            for row in table.grid():
                assert all(cell is not None for cell, _ in row), (seed, section)
            form = editions()[report.editions[str(section)]].table(section)
            assert [c.field for r in table.rows for c in r.values] == [f.id for f in form.fields()]


@pytest.mark.parametrize("layout", TEXTS)
def test_every_number_and_sentence_is_in_the_text(layout):
    for seed in range(12):
        report = generate(seed, density="dense", blanks="zeros")
        text = decoded(render(report, layout, seed))
        if layout.startswith("html"):
            text = html.unescape(re.sub(r"<[^>]*>", "", text))
        tight = re.sub(r"\s", "", text).translate(str.maketrans("（），：；", "(),:;"))
        for value in report.printed.values():
            assert re.sub(r"\s", "", value) in tight
        for section in report.sections:
            for p in section.paragraphs:
                assert re.sub(r"\s", "", p).translate(str.maketrans("（），：；", "(),:;")) in tight


def test_rows_can_be_rebuilt_from_tabs_and_pipes():
    """Numbers of a row of section 三 stand in one line, in order."""
    for layout in ("text_tabs", "text_pipes", "markdown"):
        for seed in range(10):
            report = generate(seed, edition="2021", density="dense", blanks="zeros")
            lines = decoded(render(report, layout, seed)).split("\n")
            sep = "\t" if layout == "text_tabs" else "|"
            found = [[x.strip() for x in line.split(sep)] for line in lines]
            row = [
                report.printed[f"requests.received.{c}"]
                for c in (
                    "natural_person",
                    "business_enterprise",
                    "research_institution",
                    "social_welfare_organization",
                    "legal_service_institution",
                    "other_organization",
                    "total",
                )
            ]
            assert any(row == cells[k : k + 7] for cells in found for k in range(len(cells))), (layout, seed)


def test_docx_has_merged_cells(tmp_path: Path):
    docx = pytest.importorskip("docx")
    report = generate(2, edition="2021", density="dense", blanks="zeros")
    path = tmp_path / "r.docx"
    path.write_bytes(render(report, "docx", 0))
    tables = docx.Document(str(path)).tables
    assert [(len(t.rows), len(t.columns)) for t in tables] == [(14, 4), (28, 10), (4, 15)]
    assert tables[1].cell(5, 0)._tc is tables[1].cell(26, 0)._tc  # 三、 spans all results
    assert [c.text for c in tables[2].rows[3].cells] == [
        report.printed[f.id] for f in editions()["2021"].table(4).fields()
    ]


def test_truth_leaves_open_what_the_layout_leaves_open():
    report = generate(4, edition="2021", density="sparse", blanks="blank_zeros")
    lost = next(s for s in range(50) if blank_trace("text_lines", s) == "none")
    kept = next(s for s in range(50) if blank_trace("text_lines", s) == "cell")
    total = next(
        f"requests.{r}.total"
        for r in ("carried_out", "carried_in", "denied.state_secret")
        if not report.printed[f"requests.{r}.total"]
    )
    assert truth(report, "text_lines", lost)["accept"][total] == [None, 0]
    assert total not in truth(report, "text_lines", kept)["accept"]
    assert truth(report)["accept"] == {}


def test_run_together_rows_are_open_only_where_their_digits_are():
    row = [f"requests.granted.{c}" for c in "abcdef"] + ["requests.granted.total"]
    assert decided(list("1000001"), row)
    assert decided(["64", "0", "0", "2", "0", "4", "70"], row)
    assert not decided(["69", "3", "665"], ["d.n.issued", "d.n.repealed", "d.n.in_force"])
    assert decided(["9487"], ["disclosure.licensing.decisions"])
    assert sorted(row_splits("1023", ["a.b", "a.c"])) == [(10, 23), (102, 3)]
    reviews = [f"review.{c}" for c in ("upheld", "corrected", "other", "pending", "total")]
    assert list(row_splits("10203", reviews)) == [(1, 0, 2, 0, 3)]


def test_spelled_numbers_read_back():
    for n in [*range(120), 199, 200, 305, 1000, 1010, 2222]:
        assert chinese_number(spell(n)) == n


def test_synthesise_writes_reports_with_truth(tmp_path: Path):
    done = []
    made = list(
        synthesise(
            tmp_path,
            6,
            seed=40,
            layouts=("html", "text_tabs"),
            editions=("2019", "2021"),
            progress=lambda i, n: done.append((i, n)),
        )
    )
    assert done[-1] == (6, 6) and len({m.path for m in made}) == 6
    for m in made:
        loaded = json.loads(m.truth.read_text("utf-8"))
        assert m.path.exists() and m.truth.name == m.path.stem + ".truth.json"
        contract = {"issuer", "year", "editions", "cells", "accept", "units", "facts", "violations", "notes"}
        assert set(loaded) == contract | {"editions_open", "facts_complete", "prose"}
        known = set(editions()[loaded["editions"]["3"]].fields)
        assert set(loaded["cells"]) == known


@pytest.mark.parametrize(("level", "scan_as"), [("office150", "pdf"), ("fax", "tiff")])
def test_scans_with_their_truth(tmp_path: Path, level, scan_as):
    (made,) = synthesise(tmp_path, 1, seed=41, layouts=(level,), scan_as=scan_as)
    assert made.path.name == f"000041_{level}.{scan_as}" and made.truth.exists()
    with made.path.open("rb") as file:
        assert file.read(4) in ((b"%PDF",) if scan_as == "pdf" else (b"II*\0", b"MM\0*"))
    assert json.loads(made.truth.read_text("utf-8"))["cells"] == truth(generate(41), "pdf", 41)["cells"]
    (again,) = synthesise(tmp_path / "again", 1, seed=41, layouts=(level,), scan_as=scan_as)
    assert again.path.read_bytes() == made.path.read_bytes()


def test_unknown_layout_or_edition_is_a_usage_error(tmp_path: Path):
    with pytest.raises(UsageError, match="text_tabs"):
        render(generate(1), "papyrus")
    with pytest.raises(UsageError):
        list(synthesise(tmp_path, 1, layouts=("papyrus",)))
    with pytest.raises(UsageError, match="gif"):
        list(synthesise(tmp_path, 1, layouts=("fax",), scan_as="gif"))
    with pytest.raises(UsageError, match="2021"):
        generate(1, edition="1999")


def test_the_sample_in_the_package_is_what_write_sample_writes(tmp_path: Path):
    shipped = Path(synth.__file__).parent / "sample"
    # the bytes of PDF and DOCX depend on the versions of their writers
    assert (shipped / "qinghe_2024.html").read_bytes() == render(synth.sample(), "html")
    right = json.loads((shipped / "qinghe_2024.truth.json").read_text("utf-8"))
    assert right == json.loads(json.dumps(truth(synth.sample()), ensure_ascii=False))
    assert right["issuer"] == "示例市青禾县人民政府" and right["year"] == 2024 and not right["violations"]
    assert sum(p.stat().st_size for p in shipped.iterdir()) < 250_000


def test_pdf_is_reproducible_and_holds_every_number(tmp_path: Path):
    pytest.importorskip("fpdf")
    pypdfium2 = pytest.importorskip("pypdfium2")
    report = generate(6, edition="2019", density="dense", blanks="zeros")
    for seed in (0, 3):
        content = render(report, "pdf", seed)
        assert len(content) < 300_000 and (seed or content == render(report, "pdf", seed))
        document = pypdfium2.PdfDocument(content)
        assert 2 <= len(document) <= 12
        text = "".join(re.sub(r"\s", "", page.get_textpage().get_text_bounded()) for page in document)
        text = unicodedata.normalize("NFKC", text)
        for value in report.printed.values():
            assert unicodedata.normalize("NFKC", value) in text


def test_pdf_without_its_writer_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "fpdf", None)
    with pytest.raises(MissingToolError, match="pip install"):
        render(generate(1), "pdf")


def test_the_numbers_of_a_report_are_set_anew():
    first = truth(generate(11, edition="2021", blanks="org_columns"))
    first["cells"]["disclosure.fees.amount"] = 12.5
    known = {"editions": first["editions"], "year": 2022, "cells": first["cells"]}
    again = truth(retype(known, 12))
    assert again["cells"] == first["cells"]
    assert again["year"] == 2022 and again["issuer"] != first["issuer"]
    del known["cells"]["disclosure.fees.amount"]  # what is not known is drawn
    assert truth(retype(known, 12))["cells"]["disclosure.fees.amount"] is not None

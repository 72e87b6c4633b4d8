"""Right reports, damaged: every wrong field must be named, and what is not damaged stays unalarmed.

The damaged reports are read in parts, for the sake of pytest-xdist; what must hold of all together is asserted by the
part that is done last. `GXML_CORRUPTIONS` sets the number of reports: by default about two thousand damages in 1,200
reports, tens of thousands on demand. The totals are printed at the end of the run.
"""

import json
import os
from collections import Counter
from random import Random

import pytest
from scoring import named, score

import gxml
from gxml import synth
from gxml.synth_damage import damage

LAYOUTS = (
    "text_tabs", "text_pipes", "text_cells", "html", "docx",
    "text_lines", "text_spaces", "text_run", "markdown", "html_flat",
)  # fmt: skip
OPTIONS = gxml.Options(facts="rules")
"""The damages are those of tables; models take as long for the prose as all else takes for them."""
PARTS = 8
REPORTS = int(os.environ.get("GXML_CORRUPTIONS", "1200"))
# Of the right cells that stand in no damaged row less than this share may be alarmed.
MOST_ALARMED = 0.01


def one(seed, tmp_path):
    """Return the layout, the damaged report, its score, and the right cells outside damage: all, and those alarmed."""
    rng = Random(seed)
    layout = LAYOUTS[seed % len(LAYOUTS)]
    density = rng.choice(("sparse", "mixed", "dense"))
    report = synth.generate(seed, density=density, blanks=rng.choice(("zeros", "zeros", "mixed", "blank_zeros")))
    damaged = damage(report, seed, n=rng.choice((1, 1, 1, 2, 3)), layout=layout, style_seed=seed)
    after = tmp_path / "after"
    damaged.write(after)
    found = gxml.read(after, options=OPTIONS)
    result = score(damaged.truth(), found)
    right = {i for i in result.exact if i not in damaged.damaged_rows}
    alarmed = right & named(found, info=False)
    if alarmed:  # what is alarmed without the damage is not for this test
        before = tmp_path / "before"
        before.write_bytes(synth.render(report, layout, seed))
        alarmed -= named(gxml.read(before, options=OPTIONS))
    return layout, damaged, result, len(right), len(alarmed)


@pytest.fixture
def shared(tmp_path_factory):
    """A folder that all processes of this run share, and no other run."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "corruption"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("part", range(PARTS))
def test_damage_is_never_silent(tmp_path, shared, record_property, part):
    names = ("reports", "damages", "cells", "wrong, flagged", "wrong, silent", "undetectable", "right", "alarmed")
    count = Counter(dict.fromkeys(names, 0))
    silent = []
    for seed in range(part, REPORTS, PARTS):
        layout, damaged, result, right, alarmed = one(seed, tmp_path)
        unseen = [i for i in result.silent if i not in damaged.undetectable_cells]
        if unseen:
            silent.append((seed, layout, [(d.kind, d.detail) for d in damaged.damages], unseen[:4]))
        cells = len(result.exact) + len(result.flagged) + len(result.silent)
        hidden = len(result.silent) - len(unseen)
        figures = (1, len(damaged.damages), cells, len(result.flagged), len(unseen), hidden, right, alarmed)
        count.update(dict(zip(names, figures, strict=True)))

    done = shared / f"{part}.json"
    done.with_suffix(".new").write_text(json.dumps(count))
    done.with_suffix(".new").replace(done)
    parts = list(shared.glob("*.json"))
    if len(parts) == PARTS:  # this one is the last
        total = Counter(dict.fromkeys(names, 0))
        for p in parts:
            total.update(json.loads(p.read_text()))
        record_property("Damaged reports, in all", dict(total))
        assert total["reports"] == REPORTS
        assert total["wrong, silent"] == 0
        assert total["wrong, flagged"] > 0
        assert total["alarmed"] < MOST_ALARMED * total["right"]
    assert silent == []

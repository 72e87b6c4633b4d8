"""Right reports, damaged: every wrong field must be named, and what is not damaged stays unalarmed.

GXML_CORRUPTIONS sets the number of damaged reports (default 400, about 80,000 cells; tens of thousands on demand).
"""

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
PARTS = 8
CASES = int(os.environ.get("GXML_CORRUPTIONS", "400"))


def one(seed, tmp_path):
    rng = Random(seed)
    layout = LAYOUTS[seed % len(LAYOUTS)]
    report = synth.generate(
        seed % 997, density=rng.choice(("sparse", "mixed", "dense")), blanks=rng.choice(("zeros", "zeros", "mixed"))
    )
    damaged = damage(report, seed, n=rng.choice((1, 1, 1, 2, 3)), layout=layout, style_seed=seed)
    before, after = tmp_path / "before", tmp_path / "after"
    before.write_bytes(synth.render(report, layout, seed))
    damaged.write(after)
    found = gxml.read(after)
    result = score(damaged.truth(), found)
    quiet = named(gxml.read(before))
    right = [i for i in result.exact if i not in damaged.damaged_rows]
    alarmed = [i for i in right if i in named(found, info=False) and i not in quiet]
    return layout, damaged, result, len(right), len(alarmed)


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("part", range(PARTS))
def test_damage_is_never_silent(tmp_path, part):
    count = Counter()
    silent = []
    for seed in range(part, CASES, PARTS):
        layout, damaged, result, right, alarmed = one(seed, tmp_path)
        count.update(cells=len(result.exact) + len(result.flagged) + len(result.silent), flagged=len(result.flagged))
        unseen = [i for i in result.silent if i not in damaged.undetectable_cells]
        count.update(right=right, alarmed=alarmed, undetectable=len(result.silent) - len(unseen))
        if unseen:
            silent.append((seed, layout, [(d.kind, d.detail) for d in damaged.damages], unseen[:4]))
    print(f"damaged reports: {len(range(part, CASES, PARTS))}, {dict(count)}")
    assert silent == []
    assert count["alarmed"] < 0.03 * count["right"]  # 0.3 % of all; a part is a small sample
    assert count["flagged"] > 0

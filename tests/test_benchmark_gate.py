"""What may not get worse: a small fixed benchmark with exact numbers, and times as ratios.

A change that reads more cells right makes a test fail here, too: put the new number in, it is the next one's floor.
"""

import time
from pathlib import Path

import pytest

import gxml
from gxml import synth
from gxml.evaluate import Evaluator
from gxml.truth import Truth

DIGITAL = {"cells": 4776, "wrong": 12, "silent": 0, "alarmed": 210}
"""Two reports in each of the twelve layouts. Where blanks leave no trace, rows with blanks are flagged."""
SLACK = 1.6
"""How far a ratio of times may be above what was measured: other work on the machine disturbs it."""
PDF_RATIO = 6.0
"""A five-page PDF against pypdfium2 alone giving its characters; 1.6 to 4.4 was measured."""


def test_generated_reports_in_every_layout(tmp_path):
    scores = Evaluator(teds=False)
    for n, (layout, suffix) in enumerate(synth.LAYOUTS.items()):
        for i, edition in enumerate(("2019", "2021")):
            seed = 922_000 + 10 * n + i
            report = synth.generate(seed, edition)
            path = synth.write(report, layout, tmp_path / f"{seed}.{suffix}", seed)
            truth = Truth.model_validate(synth.truth(report, layout, seed))
            scores.update(truth, gxml.read(path))
    s = scores.summary()
    c = s.cells
    print(c.cells, c.flagged + c.silent, c.silent, c.alarmed, s.facts, s.facts_complete, s.rows)
    assert {"cells": c.cells, "wrong": c.flagged + c.silent, "silent": c.silent, "alarmed": c.alarmed} == DIGITAL
    assert s.rows.misplaced == 0
    assert s.reviews.accepted_wrong == 0
    assert (s.reviews.issuer, s.reviews.year) == (24, 24)


def test_a_pdf_takes_few_times_what_pdfium_takes():
    pypdfium2 = pytest.importorskip("pypdfium2")
    sample = Path(synth.__file__).parent / "sample" / "qinghe_2024.pdf"

    def characters() -> None:
        pdf = pypdfium2.PdfDocument(sample)
        for page in pdf:
            text = page.get_textpage()
            for i in range(text.count_chars()):
                text.get_charbox(i)
        pdf.close()

    def least(work) -> float:
        work()
        times = []
        for _ in range(7):
            begin = time.process_time()
            work()
            times.append(time.process_time() - begin)
        return min(times)

    assert least(lambda: gxml.read(sample)) < PDF_RATIO * SLACK * least(characters)

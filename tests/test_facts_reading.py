from __future__ import annotations

import pytest

from gxml.document import Document, Line, Page
from gxml.facts_reading import name_confidence, weighed
from gxml.pipeline import interpret

LINES = (
    "某县2024年政府信息公开工作年度报告",
    "一、总体情况",
    "2024年，某县共收到政府信息公开申请4",
    "12件，全部办结。",
)


def document(doubt: dict[str, float]) -> Document:
    """A scanned document; `doubt` is the confidence of characters of the last line that holds them."""
    text, blocks = "", []
    for line in LINES:
        sure = [0.99] * len(line)
        for words, value in doubt.items():
            if words in line:
                at = line.index(words)
                sure[at : at + len(words)] = [value] * len(words)
        blocks.append(Line(line, (len(text), len(text) + len(line)), 1, (90, 100, 500, 114), sure=tuple(sure)))
        text += line + "\n"
    return Document("scan.pdf", "", "pdf", text, (Page(1, 595, 842, "rapid", ""),), tuple(blocks))


def test_a_figure_is_no_surer_than_its_digits():
    report = interpret(document({"12": 0.62}))
    (fact,) = (f for f in report.facts if f.type == "requests_received")
    assert fact.value == 412 and fact.confidence == 0.62
    (found,) = (f for f in report.findings if f.rule == "READ.PROSE")
    assert found.kind == "unreadable" and found.severity == "warning" and found.cells == []
    assert "0.62" in found.message and found.observed == 412


@pytest.mark.parametrize("words", ["全部", "申请"])
def test_words_beside_it_are_no_doubt_of_a_figure(words):
    report = interpret(document({words: 0.5}))
    assert [f.confidence > 0.9 for f in report.facts if f.type == "requests_received"] == [True]
    assert not [f for f in report.findings if f.rule == "READ.PROSE"]


def test_text_that_was_not_read_from_a_picture_is_sure():
    plain = document({})
    lines = tuple(Line(b.text, b.span, b.page, b.bbox) for b in plain.blocks if isinstance(b, Line))
    plain = Document("a.pdf", "", "pdf", plain.text, plain.pages, lines)
    facts = [f for f in interpret(plain).facts if f.type == "requests_received"]
    assert weighed([], plain) == ([], []) and facts[0].confidence > 0.9
    assert name_confidence(plain, "某县") == 1.0


def test_issuer_and_year_are_as_sure_as_where_they_are_read_best():
    assert name_confidence(document({"某": 0.4}), "某县") == 0.4
    assert name_confidence(document({"某县共": 0.4}), "某县") == 0.99  # the title is clear
    report = interpret(document({"某": 0.4, "4": 0.3}))
    assert report.issuer.value == "某县" and report.issuer.confidence == 0.4
    assert report.year.value == 2024 and report.year.confidence == 0.3

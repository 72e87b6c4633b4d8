"""Anchors: places found again after the text has changed, or not at all."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gxml.anchors import anchors, realign

TEXT = "一、总体情况\n2020年，门户网站发布信息4003条，微博发布信息707条。\n全年收到申请4件，均已办结。其中：个人申请4件。\n"


def spans_of(text: str, *words: str) -> list[tuple[int, int]]:
    out, at = [], 0
    for w in words:
        at = text.index(w, at)
        out.append((at, at + len(w)))
        at += len(w)
    return out


SPANS = spans_of(TEXT, "2020", "4003", "707", "4", "4")


def moved(text: str) -> list[str | None]:
    return [text[p[0] : p[1]] if p else None for p in realign(text, SPANS, anchors(TEXT, SPANS))]


def test_the_same_text() -> None:
    assert realign(TEXT, SPANS, anchors(TEXT, SPANS)) == SPANS


def test_lines_wrapped_and_full_width() -> None:
    changed = TEXT.replace("发布信息", "发布\n信 息").replace("4003", "４００\n３").replace("：", ":")
    assert moved(changed) == ["2020", "４００\n３", "707", "4", "4"]


def test_text_before_and_words_beside_changed() -> None:
    changed = "页眉 4003条 707条\n" + TEXT.replace("微博", "官方微博账号共").replace("均已办结", "都已按期办结")
    assert moved(changed) == ["2020", "4003", "707", "4", "4"]


def test_a_number_that_changed_is_lost() -> None:
    assert moved(TEXT.replace("4003", "4008")) == ["2020", None, "707", "4", "4"]


def test_the_second_of_two_alike_is_taken_by_its_place() -> None:
    text = "收到申请4件。" * 3
    spans = [(4, 5), (11, 12), (18, 19)]
    kept = anchors(text, spans)
    assert realign("前言。" + text, spans, kept) == [(7, 8), (14, 15), (21, 22)]


@given(
    text=st.text(alphabet="收到申请0123，。\n　 件４\U00020bb7", min_size=1, max_size=80),
    prefix=st.text(alphabet="前言\n ", max_size=12),
    data=st.data(),
)
def test_found_again_behind_a_prefix(text: str, prefix: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=8)))
    spans = [(a, b) for a, b in zip(cuts[::2], cuts[1::2], strict=False) if text[a:b].strip() and not text[a].isspace() and not text[b - 1].isspace()]
    kept = anchors(text, spans)
    assert realign(text, spans, kept) == spans
    for place in realign(prefix + text, spans, kept):
        assert place is None or (prefix + text)[place[0] : place[1]].strip()

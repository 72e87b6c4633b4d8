"""Whether the text layer of a PDF page can be trusted, or the page must be read from its picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .pagelayer import Verdict
from .plaintext import quality

FULL_PAGE = 0.6
"""Share of the page that images cover to count as a scan of it."""
HIDDEN_UNDER = 0.3
"""Share of the page that images cover for an invisible text layer to be that of a scan."""
MAX_BAD = 0.03
"""Share of characters without a Unicode meaning from which a page needs OCR."""
MIN_QUALITY = 0.3
"""Below this share of frequent characters Chinese text is garbage (reports have 0.7 and more, random ones 0.05)."""
MIN_JUDGED = 40
"""Characters that a page must have for its language to be judged."""
MIN_CHINESE = 0.2
"""Share of ideographs among the letters of a page below which its encoding is not believed."""
OUTLINED = 400
"""Paths with curves on a page without text from which its letters are taken to be drawn as shapes."""


@dataclass(frozen=True, slots=True)
class Signs:
    """What speaks for or against a text layer.

    Attributes:
        visible: Its visible characters, spaces left out.
        invisible: Number of those that are never shown.
        under: Number of those that an image covers.
        bad: Number of those without a meaning.
        covered: Share of the page that images cover.
        curved: Number of paths with curves.
        printed: What the text says is also in the pictures below it.
    """

    visible: Sequence[str]
    invisible: int
    under: int
    bad: int
    covered: float
    curved: int
    printed: bool


def judge(signs: Signs) -> Verdict:
    """Return whether a text layer can be trusted, and why."""
    visible = signs.visible
    if not visible and not signs.invisible and not signs.under:
        if signs.covered >= 0.05:
            return Verdict(False, "页面是图片，没有文字层")
        if signs.curved >= OUTLINED:
            return Verdict(False, "文字被画成了图形，没有文字层")
        return Verdict(True, "空白页")
    if signs.invisible > len(visible):
        if signs.covered >= HIDDEN_UNDER:
            return Verdict(False, "扫描图片上的隐藏文字层，系其他软件识别所得，不可直接采信")
        return Verdict(False, "文字层不可见，页面显示的不是这些文字")
    if signs.covered >= FULL_PAGE:
        if signs.under > len(visible):
            return Verdict(False, "文字层被整页图片覆盖，页面显示的是图片")
        if len(visible) < MIN_JUDGED:
            return Verdict(False, f"整页图片上只有 {len(visible)} 个字符")
        if signs.printed:
            return Verdict(False, "整页图片上已有这些文字，文字层系其他软件识别所得，不可直接采信", beneath=True)
    if signs.bad > max(2, MAX_BAD * len(visible)):
        return Verdict(False, f"文字层有 {signs.bad} 个字符没有对应的 Unicode")
    letters = [t for t in visible if t.isalpha()]
    if len(letters) >= MIN_JUDGED:
        ideographs = sum(1 for t in letters if "\u3400" <= t <= "\u9fff" or t >= "\U00020000")
        if ideographs < MIN_CHINESE * len(letters):
            return Verdict(False, f"文字层的 {len(letters)} 个字母中只有 {ideographs} 个汉字，编码不可信")
        score = quality("".join(letters))
        if score < MIN_QUALITY:
            return Verdict(False, f"文字层的汉字绝大多数不常用（常用字占 {score:.0%}），编码不可信")
    if signs.bad:
        return Verdict(True, f"除 {signs.bad} 个字符外都有对应的 Unicode")
    return Verdict(True, "每个字符都有对应的 Unicode")

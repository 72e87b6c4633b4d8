"""What happens to a printed report between the office and the reader: tables cut in two, lines of a scraper around it.

The truth does not change: every cell is still there, in its row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

from .synth_model import Block, Printed, PrintedTable, Text

_SPLIT_BLOCKS = 0.12
_SPLIT_PAGES = 0.08
_SCRAPED = 0.12


def disturb(printed: Printed, layout: str, seed: int) -> Printed:
    """Return the document as a file of this layout carries it; seed 0 leaves it alone.

    Args:
        printed: What is on paper.
        layout: The layout that it will be written in.
        seed: The style seed.
    """
    if seed == 0:
        return printed
    rng = Random(f"quirks {layout} {seed}")
    if rng.random() < _SPLIT_BLOCKS:
        printed = _each(printed, 2, _by_bands)
    if rng.random() < _SPLIT_PAGES and layout not in ("pdf", "text_run"):
        printed = _each(printed, 3, lambda t: _at_page(t, rng))
    if rng.random() < _SCRAPED and layout.startswith("text_"):
        printed = _scraped(printed, rng)
    return printed


def _each(printed: Printed, section: int, cut: Callable[[PrintedTable], list[PrintedTable]]) -> Printed:
    blocks: list[Block] = []
    for block in printed.blocks:
        if isinstance(block, PrintedTable) and block.section == section:
            blocks += cut(block)
        else:
            blocks.append(block)
    return replace(printed, blocks=tuple(blocks))


def _by_bands(table: PrintedTable) -> list[PrintedTable]:
    """Make each item of article 20 a table of its own."""
    starts = [i for i, r in enumerate(table.rows) if r.kind == "band"]
    if not starts or starts[0]:
        return [table]
    ends = [*starts[1:], len(table.rows)]
    return [replace(table, rows=table.rows[a:b]) for a, b in zip(starts, ends, strict=True)]


def _at_page(table: PrintedTable, rng: Random) -> list[PrintedTable]:
    """Cut a table where a page ends; cells that the cut crosses go on, empty, in the second part."""
    data = [i for i, r in enumerate(table.rows) if r.kind == "data"]
    if len(data) < 6:
        return [table]
    at = rng.choice(data[2:-2])
    head = [list(r.cells) for r in table.rows[:at]]
    tail = [list(r.cells) for r in table.rows[at:]]
    for i, row in enumerate(head):
        for k, c in enumerate(row):
            over = i + c.rowspan - at
            if over > 0:
                row[k] = replace(c, rowspan=c.rowspan - over)
                tail[0].append(replace(c, rowspan=over, text=""))
    tail[0].sort(key=lambda c: c.col)
    rows = [replace(r, cells=tuple(c)) for r, c in zip(table.rows, [*head, *tail], strict=True)]
    return [replace(table, rows=tuple(rows[:at])), replace(table, rows=tuple(rows[at:]))]


def _scraped(printed: Printed, rng: Random) -> Printed:
    """Put the lines around a document that a scraper takes over from the page."""
    day = f"{printed.year + 1}-{rng.choice(['01', '02', '03'])}-{rng.randint(10, 28)}"
    before = rng.choice(
        [
            [f"标题: {printed.title}", f"发布时间: {day} 16:{rng.randint(10, 59)}", "文号: ", "栏目: 政府信息公开年报"],
            ["当前位置： 首页 > 政务公开 > 政府信息公开年报"],
            [f"发布日期：{day}  来源：{printed.issuer}  浏览次数：{rng.randint(10, 9999)}  字号：[大 中 小]"],
            [f"索引号：{rng.randint(10**8, 10**9)}/{printed.year + 1}-{rng.randint(1, 99):05d}", f"发文日期：{day}"],
        ]
    )
    after = rng.choice([["附件下载"], ["【打印】【关闭窗口】"], ["扫一扫在手机打开当前页"], []])
    blocks = (*(Text(t, "note", 0) for t in before), *printed.blocks, *(Text(t, "note", 6) for t in after))
    return replace(printed, blocks=blocks)


def encode(text: str, layout: str, seed: int) -> bytes:
    """Return the bytes of a text or web page: mostly UTF-8, now and then GBK, with a byte-order mark or with CRLF."""
    rng = Random(f"encoding {layout} {seed}")
    kind = rng.random() if seed else 1.0
    if kind < 0.08:
        name = rng.choice(["gb2312", "gbk", "GB18030"])
        return text.replace('charset="utf-8"', f'charset="{name}"').encode("gb18030")
    if kind < 0.13:
        return text.encode("utf-8-sig")
    if kind < 0.22:
        return text.replace("\n", "\r\n").encode()
    return text.encode()

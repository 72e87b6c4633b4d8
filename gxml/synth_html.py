"""HTML layouts of a printed report: clean spans, flat tables, markup pasted from Word, and the page around it."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from random import Random

from .synth_model import Printed, PrintedCell, PrintedTable, Text


def write_html(printed: Printed, layout: str, seed: int) -> str:
    """Return a web page of a report in one of `HTML_LAYOUTS`."""
    rng = Random(f"{layout} {seed}")
    table, inline = HTML_LAYOUTS[layout]
    blank = rng.choice(["&nbsp;", "", "&nbsp;", "<p>&nbsp;</p>", "<br>"])
    repeat = rng.random() < 0.3
    word = inline is _word

    def show(text: str) -> str:
        return inline(text, rng) if text else (_word_blank(rng) if word else blank)

    body: list[str] = []
    for block in printed.blocks:
        if isinstance(block, PrintedTable):
            body.append(table(block, show, rng))
        elif block.role == "title":
            continue
        elif block.role == "heading" and not word and rng.random() < 0.3:
            body.append(f"<h3>{show(block.text)}</h3>")
        elif word and rng.random() < 0.05:
            body.append(f'<p style="text-indent: 2em;">{show(block.text)}')  # unclosed, as Word's paste leaves it
        else:
            body.append(f'<p style="text-indent: 2em;">{show(block.text)}</p>')
    title = printed.title
    lines = [b.text for b in printed.blocks if isinstance(b, Text) and b.role == "title"]
    site = printed.issuer + rng.choice(["", "门户网站", "政府网"])
    head = f"<title>{escape(title)}{rng.choice(['', '-' + site, '_' + site])}</title>"
    framed = rng.random() < 0.08  # old sites lay the whole page out in a table
    parts = [
        "<!DOCTYPE html>",
        f'<html><head><meta charset="utf-8">{head}</head><body>',
        _navigation(printed, rng),
        _metadata(printed, rng) if rng.random() < 0.5 else "",
        f'<h1 class="title">{"<br>".join(map(escape, lines))}</h1>',
        f'<p style="text-align:center">{escape(title)}</p>' if repeat else "",
        _information(printed, site, rng),
        "<table><tr><td>" if framed else '<div id="content">',
        *body,
        "</td></tr></table>" if framed else "</div>",
        f'<div class="footer">版权所有：{escape(site)} 备案号：ICP备{rng.randint(10000000, 20999999)}号</div>',
        "</body></html>",
    ]
    return "\n".join(p for p in parts if p) + "\n"


def _information(printed: Printed, site: str, rng: Random) -> str:
    published = f"发布时间：{printed.year + 1}-01-{rng.randint(10, 30)}"
    return f'<div class="info">{published} 来源：{escape(site)} 浏览次数：{rng.randint(20, 9000)}次</div>'


def _navigation(printed: Printed, rng: Random) -> str:
    if rng.random() < 0.5:
        return ""
    items = ["首页", "政务公开", "政府信息公开", "政府信息公开年报"]
    return '<div class="nav">当前位置：' + " &gt; ".join(items) + "</div>"


def _metadata(printed: Printed, rng: Random) -> str:
    """Return the table about the page that government sites print above a document."""
    cells = [
        ("名称", printed.title),
        ("索引号", f"{rng.randint(100000000, 999999999)}/{printed.year + 1}-{rng.randint(1, 99):05d}"),
        ("发布机构", printed.issuer),
        ("公开日期", f"{printed.year + 1}-01-{rng.randint(10, 31)}"),
        ("文号", ""),
        ("关键词", "年度报告"),
    ]
    rows = []
    for i in range(0, len(cells), 2):
        pair = "".join(f"<td>{k}</td><td>{escape(v)}</td>" for k, v in cells[i : i + 2])
        rows.append(f"<tr>{pair}</tr>")
    return '<table class="xxgk">' + "".join(rows) + "</table>"


Show = Callable[[str], str]


def _spans(cell: PrintedCell) -> str:
    out = f' rowspan="{cell.rowspan}"' if cell.rowspan > 1 else ""
    return out + (f' colspan="{cell.colspan}"' if cell.colspan > 1 else "")


def _spanned(table: PrintedTable, show: Show, rng: Random) -> str:
    """A table with real spans."""
    tag = "th" if rng.random() < 0.2 else "td"
    rows = []
    for row in table.rows:
        t = tag if row.kind == "header" else "td"
        cells = "".join(f'<{t}{_spans(c)} style="width:{60 + 5 * c.colspan}px">{show(c.text)}</{t}>' for c in row.cells)
        rows.append(f"<tr>{cells}</tr>")
    return '<table border="1" cellspacing="0"><tbody>\n' + "\n".join(rows) + "\n</tbody></table>"


def _flat(table: PrintedTable, show: Show, rng: Random) -> str:
    """A table without spans: every place of the grid is a cell, those under a span are empty."""
    rows = []
    for row in table.grid():
        cells = [show(cell.text) if starts else "" for cell, starts in row if cell]
        rows.append("<tr>" + "".join(f"<td>{c}</td>" for c in cells) + "</tr>")
    return "<table>\n" + "\n".join(rows) + "\n</table>"


def _word_table(table: PrintedTable, show: Show, rng: Random) -> str:
    rows = []
    for row in table.rows:
        cells = []
        for c in row.cells:
            paragraphs = "</p><p>".join(show(line) for line in c.text.split("\n"))
            opening = f'      <td{_spans(c)} width="{40 * c.colspan}" valign="center">'
            cells.append(f'{opening}\n      <p class="MsoNormal">{paragraphs}</p>\n      </td>')
        rows.append("    <tr>\n" + "\n".join(cells) + "\n    </tr>")
    style = 'style="BORDER-COLLAPSE:collapse" cellspacing="0" cellpadding="2" border="1"'
    return f"<div><table {style}>\n  <tbody>\n" + "\n".join(rows) + "\n  </tbody>\n</table></div>"


def _plain(text: str, rng: Random) -> str:
    return escape(text).replace("\n", "<br>")


def _word(text: str, rng: Random) -> str:
    """Text in runs of one to a few characters, each in a span, with Office's empty tags."""
    out = []
    at = 0
    single = rng.random() < 0.3
    while at < len(text):
        step = 1 if single else rng.randint(1, 12)
        piece = escape(text[at : at + step])
        font = "Times New Roman" if piece.isascii() else rng.choice(["方正仿宋_GBK", "仿宋_GB2312", "宋体"])
        out.append(f'<span style="font-size:16px;"><font face="{font}">{piece}</font></span>')
        at += step
    return "".join(out) + "<span><o:p></o:p></span>"


def _word_blank(rng: Random) -> str:
    return rng.choice(["<span><o:p>&nbsp;</o:p></span><span><o:p></o:p></span>", "<o:p></o:p>", "&nbsp;"])


HTML_LAYOUTS: dict[str, tuple[Callable[[PrintedTable, Show, Random], str], Callable[[str, Random], str]]] = {
    "html": (_spanned, _plain),
    "html_flat": (_flat, _plain),
    "html_word": (_word_table, _word),
}

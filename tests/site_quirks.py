"""What government sites and offices do to the tables of a report: each quirk writes one file and says what is true of it.

A quirk takes a `Case` and returns the file; it changes `case.truth` where the file no longer prints a number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from html import escape
from typing import Any

from gxml.synth import generate, truth
from gxml.synth_compose import compose
from gxml.synth_model import Printed, PrintedCell, PrintedRow, PrintedTable, SyntheticReport, Text

Inner = Callable[[PrintedCell, PrintedRow, PrintedTable], str]
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


@dataclass
class Case:
    """A report and what is true of it; `strict`: every cell is read right, and none is in doubt."""

    report: SyntheticReport
    printed: Printed
    truth: dict[str, Any]
    suffix: str = ".html"
    strict: bool = True

    def blank(self, ids: Iterable[str | None]) -> None:
        for i in ids:
            if i is not None:
                self.truth["cells"][i] = None


def case(seed: int, **options: Any) -> Case:
    report = generate(seed, **{"blanks": "zeros", "density": "mixed", **options})
    return Case(report, compose(report, 0), truth(report))


# ---- writing --------------------------------------------------------------------------------------------------------


def plain(cell: PrintedCell, row: PrintedRow, table: PrintedTable) -> str:
    return escape(cell.text).replace("\n", "<br>")


def spans(cell: PrintedCell) -> str:
    out = f' rowspan="{cell.rowspan}"' if cell.rowspan > 1 else ""
    return out + (f' colspan="{cell.colspan}"' if cell.colspan > 1 else "")


def tr(row: PrintedRow, table: PrintedTable, inner: Inner = plain, more: str = "") -> str:
    return "<tr>" + "".join(f"<td{spans(c)}>{inner(c, row, table)}</td>" for c in row.cells) + more + "</tr>"


def markup(table: PrintedTable, inner: Inner = plain) -> str:
    return '<table border="1">\n' + "\n".join(tr(r, table, inner) for r in table.rows) + "\n</table>"


def body(printed: Printed, table: Callable[[PrintedTable], str] = markup) -> str:
    out = []
    for block in printed.blocks:
        if isinstance(block, PrintedTable):
            out.append(table(block))
        else:
            out.append(f"<h1>{escape(block.text)}</h1>" if block.role == "title" else f"<p>{escape(block.text)}</p>")
    return "\n".join(out)


def page(content: str, head: str = '<meta charset="utf-8">') -> str:
    return f"<!DOCTYPE html>\n<html><head>{head}<title>年报</title></head><body>\n{content}\n</body></html>"


def with_values(c: Case, change: Callable[[str], str]) -> str:
    def inner(cell: PrintedCell, row: PrintedRow, table: PrintedTable) -> str:
        return change(cell.text) if cell.role == "value" and cell.text else plain(cell, row, table)

    return page(body(c.printed, lambda t: markup(t, inner)))


def with_labels(c: Case, change: Callable[[str], str], sections: tuple[int, ...] = (3,)) -> str:
    def inner(cell: PrintedCell, row: PrintedRow, table: PrintedTable) -> str:
        if table.section in sections and cell.role in ("label", "group"):
            return escape(change(cell.text))
        return plain(cell, row, table)

    return page(body(c.printed, lambda t: markup(t, inner)))


def rows_of(printed: Printed, section: int, change: Callable[[PrintedRow], PrintedRow]) -> Printed:
    table = printed.table(section)
    assert table is not None
    return printed.replace_table(replace(table, rows=tuple(map(change, table.rows))))


def text_of(printed: Printed, sep: str, blank: str = "", lead: str = "", close: str = "") -> str:
    lines = []
    for block in printed.blocks:
        if isinstance(block, Text):
            lines.append(block.text)
        else:
            for row in block.rows:
                fields = [c.text.replace("\n", "") or blank for c in row.cells]
                lines.append(lead + sep.join(fields) + close)
    return "\n".join(lines) + "\n"


# ---- pages ----------------------------------------------------------------------------------------------------------


def nested_layout(c: Case) -> str:
    menu = "".join(f"<tr><td><a href='#'>{t}</a></td></tr>" for t in ("首页", "政务公开", "政府信息公开年报", "2022年", "2021年"))
    inside = f"<table><tr><td><table width='100%'><tr><td class='con'>{body(c.printed)}</td></tr></table></td></tr></table>"
    return page(f"<table><tr><td width='200'><table>{menu}</table></td><td>{inside}</td></tr></table>")


def in_pre(c: Case) -> str:
    return page(f"<pre>\n{escape(text_of(c.printed, chr(9)))}\n</pre>")


def metadata_table(c: Case) -> str:
    rows = [("索引号", "000014349/2024-00012"), ("主题分类", "政务公开"), ("发布机构", "云溪市大数据中心"), ("生成日期", "2024-01-30"), ("文号", "")]
    table = "<table>" + "".join(f"<tr><td>{k}</td><td>{v}</td></tr>" for k, v in rows) + "</table>"
    return page(table + body(c.printed) + "<table><tr><td>上一篇</td><td>2022年政府信息公开工作年度报告</td></tr></table>")


def gbk_undeclared(c: Case) -> bytes:
    return page(body(c.printed), head="").encode("gb18030")


def gbk_declared_utf8(c: Case) -> bytes:
    return page(body(c.printed)).encode("gb18030")


def scripts_and_comments(c: Case) -> str:
    junk = "<!-- 9 --><script>var n = 7;</script><style>td{width:9px}</style>"
    return with_values(c, lambda t: junk + t + "<!--[if !supportEmptyParas]-->&nbsp;<!--[endif]-->")


def heads_and_captions(c: Case) -> str:
    def table(t: PrintedTable) -> str:
        head = [r for r in t.rows if r.kind == "header"] if t.section != 2 else []
        rest = [r for r in t.rows if r not in head]
        make = lambda rows: "\n".join(tr(r, t) for r in rows)  # noqa: E731
        return (
            f"<table><caption>表{t.section}（单位：件）</caption><colgroup><col><col></colgroup><thead>{make(head).replace('td', 'th')}"
            f"</thead><tbody>{make(rest)}</tbody><tfoot></tfoot></table>"
        )

    return page(body(c.printed, table))


# ---- tables ---------------------------------------------------------------------------------------------------------


def split_with_header_again(c: Case) -> str:
    def table(t: PrintedTable) -> str:
        if t.section != 3:
            return markup(t)
        head = [r for r in t.rows if r.kind == "header"]
        data = [r for r in t.rows if r.kind == "data"]
        first, second = head + data[:2], head + data[2:]
        return markup(replace(t, rows=tuple(first))) + "<p>— 3 —</p>" + markup(replace(t, rows=tuple(second)))

    return page(body(c.printed, table))


def header_again_inside(c: Case) -> str:
    def table(t: PrintedTable) -> str:
        if t.section != 3:
            return markup(t)
        head = "".join(tr(r, t) for r in t.rows if r.kind == "header")
        rows = [tr(r, t) for r in t.rows]
        at = next(i for i, r in enumerate(t.rows) if r.kind == "data") + 2
        return "<table>" + "".join([*rows[:at], head, *rows[at:]]) + "</table>"

    return page(body(c.printed, table))


def hidden_rows(c: Case) -> str:
    def table(t: PrintedTable) -> str:
        rows = []
        for r in t.rows:
            rows.append(tr(r, t))
            if r.kind == "data" and all(x.rowspan == 1 for x in r.cells):
                hidden = tr(r, t, lambda x, *_: "99" if x.role == "value" else escape(x.text))
                rows.append(hidden.replace("<tr>", "<tr style='display: none'>"))
        return "<table>" + "".join(rows) + "</table>"

    return page(body(c.printed, lambda t: table(t) if t.section == 2 else markup(t)))


def empty_column_at_the_right(c: Case) -> str:
    return page(body(c.printed, lambda t: "<table>" + "".join(tr(r, t, more="<td></td>") for r in t.rows) + "</table>"))


def empty_rows_between(c: Case) -> str:
    def table(t: PrintedTable) -> str:
        empty = f"<tr><td colspan='{t.cols}'>&nbsp;</td></tr>"
        return "<table>" + empty.join(tr(r, t) for r in t.rows) + "</table>"

    return page(body(c.printed, lambda t: table(t) if t.section == 2 else markup(t)))


def unit_row_above(c: Case) -> str:
    def table(t: PrintedTable) -> str:
        return markup(t).replace(">\n", f">\n<tr><td colspan='{t.cols}' align='right'>单位：件</td></tr>", 1)

    return page(body(c.printed, lambda t: table(t) if t.section != 2 else markup(t)))


def title_inside_the_table(c: Case) -> str:
    titles = {2: "二、主动公开政府信息情况", 3: "三、收到和处理政府信息公开申请情况", 4: "四、政府信息公开行政复议、行政诉讼情况"}
    blocks = tuple(b for b in c.printed.blocks if not (isinstance(b, Text) and b.role == "heading" and b.section in titles))

    def table(t: PrintedTable) -> str:
        return markup(t).replace(">\n", f">\n<tr><td colspan='{t.cols}'>{titles[t.section]}</td></tr>", 1)

    return page(body(replace(c.printed, blocks=blocks), table))


def one_table_for_all(c: Case) -> str:
    rows = []
    for b in c.printed.blocks:
        if isinstance(b, PrintedTable):
            rows += [tr(r, b) for r in b.rows]
        else:
            rows.append(f"<tr><td colspan='15'>{escape(b.text)}</td></tr>")
    return page("<table>" + "\n".join(rows) + "</table>")


def spans_lost(c: Case) -> str:
    """Cells under a row span are not there at all, so that rows begin further left."""

    def table(t: PrintedTable) -> str:
        return re.sub(r' rowspan="\d+"', "", markup(t))

    c.strict = False
    return page(body(c.printed, lambda t: table(t) if t.section == 3 else markup(t)))


def nested_table_in_a_cell(c: Case) -> str:
    def table(t: PrintedTable) -> str:
        return f"<table><tr><td>{markup(t)}</td></tr></table>" if t.section == 4 else markup(t)

    return page(body(c.printed, table))


def sequence_column(c: Case) -> str:
    n = iter(range(1, 99))

    def table(t: PrintedTable) -> str:
        if t.section != 3:
            return markup(t)
        rows = []
        for r in t.rows:
            first = f"<td>{next(n)}</td>" if r.kind == "data" else "<td>序号</td>"
            rows.append("<tr>" + first + tr(r, t)[4:])
        return "<table>" + "".join(rows) + "</table>"

    return page(body(c.printed, table))


def note_row_below(c: Case) -> str:
    return page(body(c.printed, lambda t: markup(t).replace("\n</table>", f"\n<tr><td colspan='{t.cols}'>注：数据截至12月31日，共3张表。</td></tr></table>")))


def rows_of_divs(c: Case) -> str:
    def table(t: PrintedTable) -> str:
        rows = ["".join(f"<div class='td'>{plain(x, r, t)}</div>" for x in r.cells) for r in t.rows]
        return "<div class='table'>" + "".join(f"<div class='tr'>{r}</div>" for r in rows) + "</div>"

    c.strict = False
    return page(body(c.printed, table))


# ---- cells ----------------------------------------------------------------------------------------------------------


def full_width_digits(c: Case) -> str:
    return with_values(c, lambda t: t.translate(FULL_WIDTH))


def spaces_around(c: Case) -> str:
    return with_values(c, lambda t: f"\u3000&nbsp;{t}&nbsp; ")


def breaks_around(c: Case) -> str:
    return with_values(c, lambda t: f"<br>{t}<br>")


def zero_width_inside(c: Case) -> str:
    return with_values(c, lambda t: "\u200b" + "\u200b".join(t) + "&#8203;")


def entities(c: Case) -> str:
    return with_values(c, lambda t: "".join(f"&#{ord(x)};" for x in t))


def bold_links_inputs(c: Case) -> str:
    forms = iter(range(10**6))

    def change(t: str) -> str:
        k = next(forms) % 3
        return [f"<b><a href='#'>{t}</a></b>", f"<input type='text' value='{t}'>", f"<p><font>{t}</font></p><p></p>"][k]

    return with_values(c, change)


def separators(c: Case) -> str:
    return with_values(c, lambda t: f"{int(t):,}" if t.isdigit() else t)


def wide_separators(c: Case) -> str:
    return with_values(c, lambda t: f"{int(t):,}".replace(",", "，") if t.isdigit() else t)


def unit_in_each_cell(c: Case) -> str:
    return with_values(c, lambda t: f"{t}件" if t.isdigit() else t)


def unit_in_brackets(c: Case) -> str:
    return with_values(c, lambda t: f"{t}（件）" if t.isdigit() else t)


def broken_by_a_line(c: Case) -> str:
    c.strict = False
    return with_values(c, lambda t: f"{t[0]}<br>{t[1:]}" if len(t) > 1 and t.isdigit() else t)


def _zeros(c: Case, sections: tuple[int, ...], text: str) -> Printed:
    printed = c.printed
    for section in sections:

        def change(row: PrintedRow) -> PrintedRow:
            zero = [x for x in row.cells if x.role == "value" and x.text == "0"]
            c.blank(x.field for x in zero)
            return replace(row, cells=tuple(replace(x, text=text) if x in zero else x for x in row.cells))

        printed = rows_of(printed, section, change)
    return printed


def dashes_for_zeros(c: Case) -> str:
    return page(body(_zeros(c, (2, 3, 4), "—")))


def slashes_for_zeros(c: Case) -> str:
    return page(body(_zeros(c, (2, 3, 4), "/")))


def none_for_zeros(c: Case) -> str:
    return page(body(_zeros(c, (3, 4), "无")))


def nbsp_for_zeros(c: Case) -> str:
    return page(body(_zeros(c, (2, 3, 4), "\u00a0")))


def blanks_merged(c: Case) -> str:
    """The cells of a row of zeros are one empty cell."""

    def change(row: PrintedRow) -> PrintedRow:
        values = row.values
        if len(values) < 7 or any(x.text != "0" for x in values):
            return row
        c.blank(x.field for x in values)
        merged = PrintedCell("", values[0].col, 1, sum(x.colspan for x in values))
        return replace(row, cells=(*(x for x in row.cells if x.role != "value"), merged))

    c.strict = False
    return page(body(rows_of(c.printed, 3, change)))


# ---- labels ---------------------------------------------------------------------------------------------------------


def half_width_brackets(c: Case) -> str:
    return with_labels(c, lambda t: t.replace("（", "(").replace("）", ")"))


def numbers_with_a_pause(c: Case) -> str:
    return with_labels(c, lambda t: re.sub(r"^(\d)\.", r"\1、", t))


def full_width_numbers(c: Case) -> str:
    return with_labels(c, lambda t: re.sub(r"^(\d)\.", lambda m: m[1].translate(FULL_WIDTH) + "．", t))


def numbers_in_brackets(c: Case) -> str:
    return with_labels(c, lambda t: re.sub(r"^(\d)\.", r"（\1）", t))


def no_numbers(c: Case) -> str:
    return with_labels(c, lambda t: re.sub(r"^(?:\d\.|（[一二三四五六七]）|[一二三四]、)", "", t))


def spaced_labels(c: Case) -> str:
    return with_labels(c, lambda t: " ".join(t), (2, 3, 4))


def no_remarks(c: Case) -> str:
    return with_labels(c, lambda t: re.sub(r"（区分处理的.*?）|、行政机关不再处理其政府信息公开申请", "", t))


def header_words(c: Case) -> str:
    words = {"本年制发件数": "本年制发数", "本年废止件数": "本年度废止数", "现行有效件数": "现行有效数", "本年处理决定数量": "处理决定数",
             "自然人": "自 然 人", "社会公益组织": "社会团体", "法律服务机构": "法律服务组织", "商业企业": "商 业 企 业", "总计": "合计",
             "结果维持": "维持", "结果纠正": "纠正", "其他结果": "其他", "尚未审结": "未审结"}  # fmt: skip

    def inner(cell: PrintedCell, row: PrintedRow, table: PrintedTable) -> str:
        return escape(words.get(cell.text, cell.text)) if cell.role == "column" else plain(cell, row, table)

    return page(body(c.printed, lambda t: markup(t, inner)))


def headings_vary(c: Case) -> str:
    words = {2: "二、主动公开政府信息的情况", 3: "三、收到和处理申请情况（数据填报）", 4: "四、因政府信息公开工作被申请行政复议、提起行政诉讼情况"}
    blocks = tuple(replace(b, text=words.get(b.section, b.text)) if isinstance(b, Text) and b.role == "heading" else b for b in c.printed.blocks)
    return page(body(replace(c.printed, blocks=blocks)))


def headings_lost(c: Case) -> str:
    blocks = tuple(b for b in c.printed.blocks if not (isinstance(b, Text) and b.role == "heading"))
    return page(body(replace(c.printed, blocks=blocks)))


def headings_start_again(c: Case) -> str:
    words = {2: "一、主动公开政府信息情况", 3: "一、收到和处理政府信息公开申请情况", 4: "一、政府信息公开行政复议、行政诉讼情况", 5: "一、存在问题", 6: "一、其他事项"}
    blocks = tuple(replace(b, text=words.get(b.section, b.text)) if isinstance(b, Text) and b.role == "heading" else b for b in c.printed.blocks)
    return page(body(replace(c.printed, blocks=blocks)))


def words_before_the_table(c: Case) -> str:
    def table(t: PrintedTable) -> str:
        return "<p>本年度有关数据见下表，共 3 张，涉及 12 个部门。</p><p>单位：件</p>" + markup(t)

    return page(body(c.printed, table))


# ---- texts ----------------------------------------------------------------------------------------------------------


def markdown_bold(c: Case) -> str:
    c.suffix = ".md"
    printed = c.printed
    for section in (2, 3, 4):
        bold = lambda r: replace(r, cells=tuple(replace(x, text=f"**{x.text}**") if x.role == "value" else x for x in r.cells))  # noqa: E731
        printed = rows_of(printed, section, bold)
    return text_of(printed, " | ", lead="| ", close=" |")


def pipes_full_width(c: Case) -> str:
    c.suffix = ".txt"
    return text_of(c.printed, "｜")


def tabs_crlf_utf16(c: Case) -> bytes:
    c.suffix = ".txt"
    return text_of(c.printed, "\t").replace("\n", "\r\n").encode("utf-16")


def commas(c: Case) -> str:
    """A table of section 三 saved as CSV and pasted."""
    c.suffix = ".txt"
    c.strict = False
    return text_of(c.printed, ",")


def many_spaces(c: Case) -> str:
    c.suffix = ".txt"
    return text_of(c.printed, "    ")


# ---- what extraction does -------------------------------------------------------------------------------------------


def _two(c: Case, section: int, first: PrintedTable, second: PrintedTable) -> str:
    return page(body(c.printed, lambda t: markup(first) + "<p>- 4 -</p>" + markup(second) if t.section == section else markup(t)))


def _cut(t: PrintedTable, at: int) -> tuple[list[PrintedRow], list[PrintedRow]]:
    """Cut a table before row `at`; the cells that the cut crosses go on, empty, in the second part."""
    head, tail = [list(r.cells) for r in t.rows[:at]], [list(r.cells) for r in t.rows[at:]]
    for i, row in enumerate(head):
        for k, x in enumerate(row):
            over = i + x.rowspan - at
            if over > 0:
                row[k] = replace(x, rowspan=x.rowspan - over)
                tail[0].append(replace(x, rowspan=over, text=""))
    tail[0].sort(key=lambda x: x.col)
    rows = [replace(r, cells=tuple(x)) for r, x in zip(t.rows, [*head, *tail], strict=True)]
    return rows[:at], rows[at:]


def _row_at(t: PrintedTable, label: str) -> int:
    return next(i for i, r in enumerate(t.rows) if any(label in x.text for x in r.cells))


def group_label_cut_by_the_page(c: Case) -> str:
    t = c.printed.table(3)
    assert t is not None
    at = _row_at(t, "（四）无法提供") + 1
    head, tail = _cut(t, at)
    head[-1] = replace(head[-1], cells=tuple(replace(x, text="（四）无") if "无法提供" in x.text else x for x in head[-1].cells))
    group = [x for x in tail[0].cells if x.role == "group"][-1]
    tail[0] = replace(tail[0], cells=tuple(replace(x, text="法提供") if x is group else x for x in tail[0].cells))
    return _two(c, 3, replace(t, rows=tuple(head)), replace(t, rows=tuple(tail)))


def row_label_cut_by_the_page(c: Case) -> str:
    t = c.printed.table(3)
    assert t is not None
    at = _row_at(t, "没有现成信息")
    head, tail = _cut(t, at)
    begun = tuple(replace(x, rowspan=1, text="2.没有现成信息" if x.role == "label" else "", field=None) for x in tail[0].cells)
    head.append(PrintedRow("data", begun))
    tail[0] = replace(tail[0], cells=tuple(replace(x, text="需要另行制作") if x.role == "label" else x for x in tail[0].cells))
    c.strict = False
    return _two(c, 3, replace(t, rows=tuple(head)), replace(t, rows=tuple(tail)))


def continuation_without_header(c: Case) -> str:
    t = c.printed.table(3)
    assert t is not None
    head, tail = _cut(t, _row_at(t, "4.保护第三方"))
    return _two(c, 3, replace(t, rows=tuple(head)), replace(t, rows=tuple(tail)))


def cut_behind_a_band(c: Case) -> str:
    t = c.printed.table(2)
    assert t is not None
    at = [i for i, r in enumerate(t.rows) if r.kind == "band"][2] + 1
    return _two(c, 2, replace(t, rows=t.rows[:at]), replace(t, rows=t.rows[at:]))


def lawsuits_moved_by_a_column(c: Case) -> str:
    def table(t: PrintedTable) -> str:
        if t.section != 4:
            return markup(t)
        rows = []
        for r in t.rows:
            cells = []
            for x in r.cells:
                if x.col == 5 and x.rowspan >= 1:
                    cells.append("<td></td>")
                cells.append(f"<td{spans(x)}>{plain(x, r, t)}</td>")
            rows.append("<tr>" + "".join(cells) + "</tr>")
        return "<table>" + "".join(rows) + "</table>"

    return page(body(c.printed, table))


def empty_cells_before_the_values(c: Case) -> str:
    def inner(t: PrintedTable) -> str:
        rows = []
        for r in t.rows:
            label = next((x for x in r.cells if x.role == "label"), None)
            odd = t.section == 3 and label is not None and re.match("（七）|3.其他|（六）", label.text)
            cells = [f"<td{spans(x)}>{plain(x, r, t)}</td>" + ("<td></td>" if odd and x is label else "") for x in r.cells]
            rows.append("<tr>" + "".join(cells) + "</tr>")
        return "<table>" + "".join(rows) + "</table>"

    return page(body(c.printed, inner))


def vertical_labels(c: Case) -> str:
    def inner(cell: PrintedCell, row: PrintedRow, table: PrintedTable) -> str:
        if table.section == 3 and cell.role == "group":
            return "<br>".join(cell.text)
        return " ".join(cell.text) if cell.role == "column" else plain(cell, row, table)

    return page(body(c.printed, lambda t: markup(t, inner)))


def spans_that_differ_from_block_to_block(c: Case) -> str:
    width = {1: [3, 4, 2, 3], 2: [5, 7]}

    def table(t: PrintedTable) -> str:
        if t.section != 2:
            return markup(t)
        rows = []
        for k, r in enumerate(t.rows):
            n = len(r.cells)
            wide = [12] if n == 1 else width[1] if n == 4 else [3 + k % 2, 9 - k % 2] if n == 2 else [4] * n
            rows.append("<tr>" + "".join(f"<td colspan='{w}'>{plain(x, r, t)}</td>" for w, x in zip(wide, r.cells, strict=True)) + "</tr>")
        return "<table>" + "".join(rows) + "</table>"

    return page(body(c.printed, table))


def merged_group_split_in_two(c: Case) -> bytes:
    from gxml.synth_docx import write_docx

    c.suffix = ".docx"
    t = c.printed.table(3)
    assert t is not None
    at = _row_at(t, "6.属于四类过程性信息")
    head, tail = _cut(t, at)
    return write_docx(c.printed.replace_table(replace(t, rows=(*head, *tail))), 0)


# ---- broken texts ---------------------------------------------------------------------------------------------------


def _lines(c: Case, table: Callable[[PrintedTable], Iterable[str]]) -> str:
    c.suffix = ".txt"
    lines: list[str] = []
    for b in c.printed.blocks:
        lines += table(b) if isinstance(b, PrintedTable) else [b.text]
    return "\n".join(lines) + "\n"


def short_by_one_behind_a_page(c: Case) -> str:
    """The first value of each row behind the page break is lost."""
    c.strict = False

    def table(t: PrintedTable) -> Iterable[str]:
        for k, r in enumerate(t.rows):
            cells = [x.text for x in r.cells]
            if t.section == 3 and r.kind == "data" and k > 14:
                lost = str(r.values[0].field)
                c.truth["accept"].setdefault(lost, []).append(c.truth["cells"][lost])  # the rules may give it back
                c.blank([lost])
                cells.remove(r.values[0].text)
            yield "\t".join(cells)

    return _lines(c, table)


def pipes_of_many_widths(c: Case) -> str:
    def table(t: PrintedTable) -> Iterable[str]:
        for k, r in enumerate(t.rows):
            yield " | ".join(x.text for x in r.cells) + " |" * (k % 3)
            if k % 5 == 4:
                yield "|"

    return _lines(c, table)


def sixteen_columns(c: Case) -> str:
    def table(t: PrintedTable) -> Iterable[str]:
        for r in t.rows:
            fields = [x.text for x in r.cells]
            yield "| " + " | ".join(fields + [""] * (16 - len(fields))) + " |"

    return _lines(c, table)


def a_page_lost(c: Case) -> str:
    """The heading, the header and the first rows of section 三 are gone."""
    c.strict = False
    t3 = c.printed.table(3)
    assert t3 is not None
    at = _row_at(t3, "（四）无法提供")
    for r in t3.rows[:at]:
        c.blank(x.field for x in r.cells)
    blocks = tuple(b for b in c.printed.blocks if not (isinstance(b, Text) and b.role == "heading" and b.section == 3))
    c.printed = replace(c.printed, blocks=blocks)
    return _lines(c, lambda t: ["\t".join(x.text for x in r.cells) for r in (t.rows[at:] if t.section == 3 else t.rows)])


def empty_cells_dropped(c: Case) -> str:
    """Zeros are blank, and blank cells leave no field: 7 | 1 | 8."""
    c.strict = False

    def table(t: PrintedTable) -> Iterable[str]:
        for r in t.rows:
            zero = [x for x in r.values if x.text == "0"]
            c.blank(x.field for x in zero)
            yield " | ".join(x.text for x in r.cells if x not in zero)

    return _lines(c, table)


def repeated_lines_removed(c: Case) -> str:
    """One cell a line, and a line that is the same as the one before is gone."""
    c.strict = False

    def table(t: PrintedTable) -> Iterable[str]:
        for r in t.rows:
            before = None
            for k, x in enumerate(r.cells):
                line = ("\t" if k else "") + x.text
                if line == before:
                    c.blank([x.field])
                else:
                    yield line
                before = line
            yield ""

    return _lines(c, table)


def interleaved_headers(c: Case) -> str:
    """The upright headers of section 四 come a line of characters at a time."""
    five = ["结果维持", "结果纠正", "其他结果", "尚未审结", "总计"] * 3

    def table(t: PrintedTable) -> Iterable[str]:
        if t.section != 4:
            return ["\t".join(x.text for x in r.cells) for r in t.rows]
        upright = [" ".join(w[k] if k < len(w) else "" for w in five) for k in range(4)]
        return ["行政复议 行政诉讼", "未经复议直接起诉 复议后起诉", *upright, " ".join(x.text for x in t.rows[-1].cells)]

    return _lines(c, table)


def half_width_marks(c: Case) -> str:
    marks = str.maketrans("（），、：；。", "(),,:;.")
    return _lines(c, lambda t: ["\t".join(x.text.translate(marks) for x in r.cells) for r in t.rows]).translate(str.maketrans("（）：", "():"))


def mojibake(c: Case) -> bytes:
    text = _lines(c, lambda t: ["\t".join(x.text for x in r.cells) for r in t.rows])
    return text.encode().decode("latin-1").encode()


BROKEN: tuple[Callable[[Case], str | bytes], ...] = (
    group_label_cut_by_the_page, row_label_cut_by_the_page, continuation_without_header, cut_behind_a_band,
    lawsuits_moved_by_a_column, empty_cells_before_the_values, vertical_labels, spans_that_differ_from_block_to_block,
    merged_group_split_in_two, short_by_one_behind_a_page, pipes_of_many_widths, sixteen_columns, a_page_lost,
    empty_cells_dropped, repeated_lines_removed, interleaved_headers, half_width_marks, mojibake,
)  # fmt: skip
QUIRKS: tuple[Callable[[Case], str | bytes], ...] = (
    nested_layout, in_pre, metadata_table, gbk_undeclared, gbk_declared_utf8, scripts_and_comments, heads_and_captions,
    split_with_header_again, header_again_inside, hidden_rows, empty_column_at_the_right, empty_rows_between, unit_row_above,
    title_inside_the_table, one_table_for_all, spans_lost, nested_table_in_a_cell, sequence_column, note_row_below,
    rows_of_divs, full_width_digits, spaces_around, breaks_around, zero_width_inside, entities, bold_links_inputs, separators,
    wide_separators, unit_in_each_cell, unit_in_brackets, broken_by_a_line, dashes_for_zeros, slashes_for_zeros,
    none_for_zeros, nbsp_for_zeros, blanks_merged, half_width_brackets, numbers_with_a_pause, full_width_numbers,
    numbers_in_brackets, no_numbers, spaced_labels, no_remarks, header_words, headings_vary, headings_lost,
    headings_start_again, words_before_the_table, markdown_bold, pipes_full_width, tabs_crlf_utf16, commas, many_spaces,
)  # fmt: skip

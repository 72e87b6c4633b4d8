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

    c.strict = False
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

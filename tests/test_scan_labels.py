from __future__ import annotations

from gxml.scan_labels import Unit, align, form_lines
from gxml.template import editions

REQUESTS = form_lines(editions()["2021"].table(3))
NAMES = [line.row.name if line.row else line.kind for line in REQUESTS]


def lines(*texts: str | tuple[str, ...]) -> list[list[Unit]]:
    """Lines of text 12 points apart; what stands in front of the last text of a line is in another column."""
    out = []
    for i, line in enumerate(texts):
        parts = (line,) if isinstance(line, str) else line
        xs = [170.0 - 40 * (len(parts) - 1 - k) for k in range(len(parts))]
        out.append(
            [Unit(i, (x, 100.0 + 12 * i, x + 9 * len(t), 109.0 + 12 * i), t) for x, t in zip(xs, parts, strict=True)]
        )
    return out


def found(*texts: str | tuple[str, ...]) -> list[tuple[str, str]]:
    return [(NAMES[f.line], "".join(u.text for u in f.units)) for f in align(lines(*texts), REQUESTS).found]


def test_wrapped_labels_are_one_row():
    assert found(
        "二、上年结转政府信息公开申请数量",
        "（一）予以公开",
        "（二）部分公开（区分处理的，只计这一",
        "情形，不计其他情形）",
        "1.属于国家秘密",
        "2.其他法律行政法规禁止公",
        "开",
        "3.危及“三安全一稳定”",
    ) == [
        ("carried_in", "二、上年结转政府信息公开申请数量"),
        ("granted", "（一）予以公开"),
        ("partly_granted", "（二）部分公开（区分处理的，只计这一情形，不计其他情形）"),
        ("denied.state_secret", "1.属于国家秘密"),
        ("denied.prohibited_by_law", "2.其他法律行政法规禁止公开"),
        ("denied.three_securities_one_stability", "3.危及“三安全一稳定”"),
    ]


def test_labels_of_groups_and_prose_are_no_rows():
    assert found(
        "全年共收到申请二十件，均已按期答复申请人。",
        ("（五）不", "1.信访举报投诉类申请"),
        ("予处理", "2.重复申请"),
        "3.要求提供公开出版物",
        "三、总体来看，工作仍有不足。",
    ) == [
        ("not_processed.petition", "1.信访举报投诉类申请"),
        ("not_processed.repeated", "2.重复申请"),
        ("not_processed.public_publication", "3.要求提供公开出版物"),
    ]


def test_the_label_of_a_group_between_two_rows_parts_no_label():
    assert found(
        "1.申请人无正当理由逾期不补正、行",
        "政机关不再处理其政府信息公开申请",
        ("（六）其他", "2.逾期未缴纳费用"),
        "3.其他",
    )[:2] == [
        ("other_handling.not_corrected_in_time", "1.申请人无正当理由逾期不补正、行政机关不再处理其政府信息公开申请"),
        ("other_handling.fee_unpaid", "2.逾期未缴纳费用"),
    ]
    rows = [
        "1.申请人无正当理由逾期不补正、行",
        "政机关不再处理其政府信息公开申请",
        "（六）其他",
        "2.逾期未缴纳费用",
        "3.其他",
    ]
    said = lines(*rows)
    said[2] = [Unit(2, (100.0, 124.0, 148.0, 133.0), "（六）其他")]
    assert [len(f.units) for f in align(said, REQUESTS).found] == [2, 1, 1]


def test_rows_out_of_order_are_not_all_taken():
    names = [name for name, _ in found("2.重复申请", "1.属于国家秘密", "4.保护第三方合法权益", "7.属于行政执法案卷")]
    assert names == ["denied.state_secret", "denied.third_party_rights", "denied.enforcement_files"]


def test_a_page_of_prose_has_no_rows():
    said = align(lines("本机关认真贯彻落实条例", "加强组织领导，完善制度", "公开各类信息三百余条"), REQUESTS)
    assert said.found == () and said.score == 0.0


def test_lines_that_both_have_numbers_are_no_single_label():
    said = lines("1.信访举报", "投诉类申请", "2.重复申请", "3.要求提供公开出版物")
    assert [len(f.units) for f in align(said, REQUESTS).found] == [2, 1, 1]
    for i, line in enumerate(said):
        line += [Unit(i, (300.0 + 30 * k, line[0].bbox[1], 304.0 + 30 * k, line[0].bbox[3]), "") for k in range(7)]
    assert [len(f.units) for f in align(said, REQUESTS).found] == [1, 1, 1]


def test_a_label_does_not_end_where_a_short_name_of_its_row_does():
    rows = ["2.重复申请", "1.申请人无正当理由逾期不补正、", "行政机关不再处理其政府信息", "公开申请"]
    assert found(*rows)[1:] == [("other_handling.not_corrected_in_time", "".join(rows[1:]))]
    # nor does it take the short label of the next row, which changes little
    last = ["2.申请人逾期未按收费通知要求缴", "纳费用、行政机关不再处理其政府", "信息公开申请"]
    assert found(*last, "3.其他") == [("other_handling.fee_unpaid", "".join(last)), ("other_handling.other", "3.其他")]


def test_the_label_of_a_group_beside_its_rows_costs_nothing_where_the_form_has_it():
    rows = ["5.要求行政机关确认或重新出具", "已获取信息", "1.申请人无正当理由逾期不补正、", "（六）其"]
    rows += ["行政机关不再处理其政府信息", "他处理", "公开申请"]
    tops = [100.0, 112.0, 130.0, 136.0, 142.0, 148.0, 154.0]
    said = [
        [Unit(i, (x, y, x + 9 * len(t), y + 9), t)]
        for i, (t, y) in enumerate(zip(rows, tops, strict=True))
        for x in [100.0 if i in (3, 5) else 170.0]
    ]
    scores = {e.edition: align(said, form_lines(e.table(3))).score for e in editions().values()}
    assert max(scores, key=scores.__getitem__) == "2021"  # （六）其他处理 is a row of the form of 2019
    assert [len(f.units) for f in align(said, REQUESTS).found] == [2, 3]

"""A table 三 of the edition of 2021 for text of any layout."""

import gxml

HEAD = "青禾县人民政府2023年政府信息公开工作年度报告\n"
TITLE = "三、收到和处理政府信息公开申请情况\n"
COLUMNS = ["自然人", "商业企业", "科研机构", "社会公益组织", "法律服务机构", "其他", "总计"]
HEADER = " ".join(["申请人情况", *COLUMNS])
LABELS = [
    "一、本年新收政府信息公开申请数量",
    "二、上年结转政府信息公开申请数量",
    "三、本年度办理结果（一）予以公开",
    "（二）部分公开（区分处理的，只计这一情形，不计其他情形）",
    "（三）不予公开1.属于国家秘密",
    "2.其他法律行政法规禁止公开",
    "3.危及“三安全一稳定”",
    "4.保护第三方合法权益",
    "5.属于三类内部事务信息",
    "6.属于四类过程性信息",
    "7.属于行政执法案卷",
    "8.属于行政查询事项",
    "（四）无法提供1.本机关不掌握相关政府信息",
    "2.没有现成信息需要另行制作",
    "3.补正后申请内容仍不明确",
    "（五）不予处理1.信访举报投诉类申请",
    "2.重复申请",
    "3.要求提供公开出版物",
    "4.无正当理由大量反复申请",
    "5.要求行政机关确认或重新出具已获取信息",
    "（六）其他处理1.申请人无正当理由逾期不补正、行政机关不再处理其政府信息公开申请",
    "2.申请人逾期未按收费通知要求缴纳费用、行政机关不再处理其政府信息公开申请",
    "3.其他",
    "（七）总计",
    "四、结转下年度继续办理",
]
NUMBERS = [[0] * 7 for _ in LABELS]
NUMBERS[0], NUMBERS[1], NUMBERS[2] = [9, 4, 0, 0, 0, 0, 13], [2, 0, 0, 0, 0, 0, 2], [5, 1, 0, 0, 0, 0, 6]
NUMBERS[12], NUMBERS[-2], NUMBERS[-1] = [4, 3, 0, 0, 0, 0, 7], [9, 4, 0, 0, 0, 0, 13], [2, 0, 0, 0, 0, 0, 2]
ALL = [str(n) for row in NUMBERS for n in row]


def joined(row):
    return " ".join(map(str, row))


def read(tmp_path, table, head=HEADER):
    """Read a report with the given text as table 三: its values, the cells that findings name, all cells."""
    path = tmp_path / "report.txt"
    tail = "\n四、政府信息公开行政复议、行政诉讼情况\n五、存在的主要问题及改进情况\n无\n"
    path.write_text(f"{HEAD}{TITLE}{head}\n{table}{tail}", "utf-8")
    report = gxml.read(path)
    cells = {i: c for i, c in report.cells.items() if i.startswith("requests.")}
    named = {i for f in report.findings if f.kind in ("structure", "source_inconsistent") for i in f.cells}
    return [None if c.value is None else str(c.value) for c in cells.values()], named & set(cells), list(cells)

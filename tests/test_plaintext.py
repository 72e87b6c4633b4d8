from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gxml.document import Document, Line
from gxml.plaintext import decode, quality, read_text, recover_mojibake

PROSE = (
    "本报告根据《中华人民共和国政府信息公开条例》要求编制，全文由总体情况、主动公开政府信息情况等部分组成。\n"
    "2023年，全区共收到政府信息公开申请12件，上年结转1件，均已按期答复。\n\t 0\n|规章|0|3|\n\n　　（一）予以公开\n"
)
TRADITIONAL = "本年度報告依政府資訊公開條例編製，申請總計十二件，處理結果如下，無提起行政訴訟案件。"


def codes(document: Document) -> list[str]:
    return [n.code for n in document.notes]


def check(document: Document) -> None:
    end = 0
    for block in document.blocks:
        assert isinstance(block, Line)
        assert document.text[block.span[0] : block.span[1]] == block.text
        assert block.span[0] >= end
        end = block.span[1]


@pytest.mark.parametrize(
    "codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030", "gbk"]
)
def test_encodings(codec: str) -> None:
    assert decode(PROSE.encode(codec)).text == PROSE


@pytest.mark.parametrize("codec", ["big5", "utf-8", "gb18030"])
def test_traditional_text(codec: str) -> None:
    assert decode(TRADITIONAL.encode(codec)).text == TRADITIONAL


def test_a_few_bad_bytes_do_not_change_the_encoding() -> None:
    data = bytearray(PROSE.encode())
    data[30] = 0xFF
    found = decode(bytes(data))
    assert found.encoding == "utf-8"
    assert found.text.count("\ufffd") >= 1 and found.text.endswith(PROSE[-40:])
    assert [n.code for n in found.notes] == ["ENCODING"]


@pytest.mark.parametrize(
    ("right", "wrong"), [("utf-8", "gb18030"), ("utf-8", "cp1252"), ("utf-8", "latin-1"), ("gb18030", "latin-1")]
)
def test_mojibake_is_undone_and_reported(right: str, wrong: str) -> None:
    broken = PROSE.encode(right).decode(wrong, errors="replace")
    found = decode(broken.encode())
    assert [n.code for n in found.notes] == ["MOJIBAKE"]
    want = [c for c in PROSE if "\u4e00" <= c <= "\u9fff"]
    got = [c for c in found.text if "\u4e00" <= c <= "\u9fff"]
    assert len(got) >= 0.85 * len(want)
    for line in PROSE.split("\n"):
        if line.isascii():
            assert line in found.text


def test_what_mojibake_lost_is_marked_beside_the_number() -> None:
    # the last byte of 共 is gone with the wrong decoding; the digits behind it must not look whole
    broken = (PROSE + "总计12").encode().decode("gbk", errors="replace")
    assert "\ufffd" in broken
    found = decode(broken.encode())
    assert "\ufffd" in found.text
    assert "丢失" in found.notes[0].message


def test_question_marks_of_windows_do_not_stay_in_the_text() -> None:
    # code page 936 writes ? for what it cannot read
    broken = PROSE.encode().decode("gbk", errors="replace").replace("\ufffd", "?")
    text = decode(broken.encode()).text
    assert "政府信息" in text and "2023年" in text and "?" not in text


def test_text_that_was_gbk_read_as_utf8_is_beyond_help_and_said_so() -> None:
    found = decode(PROSE.encode("gb18030").decode("utf-8", errors="replace").encode())
    assert [(n.code, n.severity) for n in found.notes] == [("MOJIBAKE", "error")]


def test_sound_text_is_never_changed() -> None:
    for text in (
        PROSE,
        TRADITIONAL,
        "一二三",
        "锛氶檺浜庣壒瀹氭枃鍖栫殑涓浗姹夊瓧"[:3],
        "abc",
        "测试？？",
        "涓流 鏀 淇 鍏",
    ):
        assert recover_mojibake(text) == (text, [])


def test_question_marks_are_noticed() -> None:
    assert codes(read_text("三、收到和处理??????情况\n".encode(), "a.txt")) == ["LOST_CHARS"]
    assert codes(read_text(PROSE.encode(), "a.txt")) == []


def test_text_stays_as_it_is_but_for_line_ends_and_radicals() -> None:
    raw = "⾏政许可\t0\r\n  \t\r\n|规章 | 0|\r　２\x0c\n"
    document = read_text(raw.encode(), "a.txt")
    assert document.text == "行政许可\t0\n  \t\n|规章 | 0|\n　２\x0c\n"
    assert [b.text for b in document.blocks] == ["行政许可\t0", "  \t", "|规章 | 0|", "　２\x0c"]
    check(document)


@given(st.text(max_size=200))
def test_any_text_comes_back(text: str) -> None:
    data = text.encode("utf-8", "surrogatepass")
    document = read_text(data, "a.txt")
    check(document)
    if not document.notes:
        assert len(document.text) == len(data.decode("utf-8", "replace").removeprefix("\ufeff").replace("\r\n", "\n"))


@given(st.binary(max_size=300))
def test_any_bytes_are_read(data: bytes) -> None:
    check(read_text(data, "a.txt"))


def test_the_lines_of_a_scraper() -> None:
    document = read_text(
        (
            "标题: 某某县2023年政府信息公开工作年度报告\n发布时间: 2024-01-08\n文号: \n来源：某某县政府网\n"
            "原文链接: https://x.gov.cn/a.htm\n======== 正文 ========\n一、总体情况\n来源：第二十条\n"
        ).encode(),
        "a.txt",
    )
    check(document)
    roles = [(b.role, b.text) for b in document.blocks if isinstance(b, Line)]
    assert roles[:2] == [("meta", "标题: "), ("title", "某某县2023年政府信息公开工作年度报告")]
    assert [r for r, _ in roles[2:]] == ["meta"] * 5 + ["body"] * 2


def test_a_report_that_begins_with_prose_has_no_scraper_lines() -> None:
    document = read_text(
        ("某某县2023年政府信息公开工作年度报告\n" + PROSE + "来源：网站\n编辑：张三\n").encode(), "a.txt"
    )
    assert {b.role for b in document.blocks if isinstance(b, Line)} == {"body"}


def test_the_heading_of_a_markdown_file_is_a_title() -> None:
    document = read_text("# 某某县2023年政府信息公开工作年度报告\n\n## 一、总体情况\n| 规章 | 0 |\n".encode(), "a.md")
    check(document)
    assert [(b.role, b.text) for b in document.blocks if isinstance(b, Line)][1] == (
        "title",
        "某某县2023年政府信息公开工作年度报告",
    )


def test_quality_parts_chinese_from_noise() -> None:
    assert quality(PROSE) > 0.7 and quality(TRADITIONAL) > 0.6
    assert quality(PROSE.encode().decode("gb18030", "replace")) < 0.2
    assert quality("abc 123") == 0


def test_real_reports_are_read_as_they_are(real_reports: Path) -> None:
    found = sorted(real_reports.glob("*.txt"))
    for path in found:
        data = path.read_bytes()
        document = read_text(data, path.name)
        check(document)
        assert document.text == data.decode().replace("\r\n", "\n") or "⾏" in data.decode()
        assert document.notes == ()
    assert len(found) >= 7

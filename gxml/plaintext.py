"""Plain text and Markdown: encodings, mojibake, and lines with hardly anything changed in them.

Broken layouts are taken apart later, from `Document.text`; so the text is the decoded file with line ends
unified, radicals mapped one to one, backslashes of Markdown dropped and rows of grid tables put on one line each, and
nothing else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .document import Block, Document, Line, LineRole, Page, SourceNote, TextBuilder
from .numerals import map_radicals
from .textgrids import joined_cells, joined_rows, unescaped

# The most frequent characters of these reports and of Chinese at large, both scripts: how much of a text is made
# of them tells a right decoding from a wrong one, whatever the report is about.
COMMON = frozenset(
    "一七万三上下不与专且世业东两严个中为主举么义之九也乡书了予争事二于五些交产人什今仍从他代令以们件任企伍众优会传估"
    "但位住体何作你使供依便保信候做健像儿元先光克党入內全八公六共关兴其养内再军农决况准几出函分切划则利别到制前力办加"
    "务动助動包化北区医區十升半华单南卫危即却卷原去县又及反发取受变口另只可台号司各合同名后向听告员命和咨品商善單四回"
    "因国國土在地场址城培基報境增声处复外多大天太头女她好如委媒子存学它安完定实审客室家容密審对导将小少尔尚就局展属屬"
    "山工己已市布师带常平年并应府废度康廢建开式张強强当录形彻很律得微德心必志态思急性总息情想意感成我或战截户房所手才"
    "打托执扶批把投护报拉招括持指按振据掌接推措提握撤據收改放政效救教数整數文斯新方施无日时明是更最月有服望期未本术机"
    "权村条来极构果查标栏样核根格案档條業權次止正此步死比民气水求沒没治法活流海涉深清渠源满点热無然版物特率王环现現理"
    "生用由申电界疗白的益监目直相省看真眼着督知研确社神禁私种科秘积程税稳空窗立站章端笔第等答策算管範籍类系累結縣總纠"
    "纳线组织经结给络统续维编缴网罚罰美群老考者而联育能自至舆舉色范药落處行街补表被補複西要規见观规觉解訪許訴請議護计"
    "认让训议记许论讼设访评识诉话询该说请读象費负财责账贫购贯费资走起路身轉转载输辦边达过运还这进送透通逾過道那部都鄉"
    "采里重量金鎮销镇长開门问间队附降院隐障难需非面額项预领题额食马驳體高"
)
REPORT_WORDS = (
    "政府",
    "信息",
    "公开",
    "年度",
    "报告",
    "行政",
    "申请",
    "处理",
    "公開",
    "資訊",
    "報告",
    "規範",
    "机关",
    "情况",
)
_GOOD = re.compile(f"[{''.join(sorted(COMMON))}]+")
_ODD = re.compile(r"[^\x00-\x7f\s]+")
_WORDS = re.compile("|".join(REPORT_WORDS))
_TAG = re.compile(r"<[^<>]{0,2000}>")
# Characters that UTF-8 read as GBK is full of, and Chinese is not: of 一, 的, ，, 。, “, （, 政, 信, 公.
_SIGNS = re.compile("[涓鐨锛銆鈥鏀淇鍏绗鐢鏄]")
# The beginning of a character of UTF-8 whose last bytes became "?" or U+FFFD: one lost character.
_BROKEN_UTF8 = re.compile(rb"(?:[\xc2-\xdf]|[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf4][\x80-\xbf]{0,2})[\xff?]+")

MIN_GAIN = 1.5
"""How much better the recovered text must score before mojibake is undone."""
WIDE_LATIN = 0.3
"""Share of null bytes from which a text is UTF-16 without asking what it says."""
MIN_ODD = 8
"""Below this many characters beyond ASCII nothing is judged."""
SOUND = 0.6
"""Text that scores this much is not mojibake, unless it is full of its signs (reports score 0.7 and more)."""
MANY_SIGNS = 5
"""So many signs of mojibake in a text that is otherwise sound: a part of it may be."""
SAMPLE, LONG_SAMPLE = 8_000, 100_000
"""Characters by which a text is judged, without and with markup."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text of a file and what was found out while decoding it."""

    text: str
    encoding: str
    notes: tuple[SourceNote, ...]


def quality(text: str) -> float:
    """Return how much `text` looks like Chinese prose: 0 (not at all) to 1, words of the form weigh extra."""
    odd = sum(map(len, _ODD.findall(text)))
    if not odd:
        return 0.0
    good = sum(map(len, _GOOD.findall(text)))
    words = len(_WORDS.findall(text))
    return (good + words) / (odd + words)


def decode(data: bytes, declared: str | None = None) -> Decoded:
    """Decode the bytes of a text or HTML file.

    Args:
        data: The file.
        declared: What the file itself says (HTML <meta>), tried first among the guesses.

    Returns:
        The text with line ends unified, the encoding, and notes where characters were lost, recovered or guessed.
    """
    for bom, codec in (
        (b"\xef\xbb\xbf", "utf-8"),
        (b"\xff\xfe\x00\x00", "utf-32-le"),
        (b"\x00\x00\xfe\xff", "utf-32-be"),
        (b"\xff\xfe", "utf-16-le"),
        (b"\xfe\xff", "utf-16-be"),
    ):
        if data.startswith(bom):
            text = data[len(bom) :].decode(codec, errors="replace")
            return _finish(text, codec, ())
    text, codec, notes = _guess(data, declared)
    return _finish(text, codec, notes)


def _guess(data: bytes, declared: str | None) -> tuple[str, str, tuple[SourceNote, ...]]:
    if b"\x00" in data[:SAMPLE]:
        head = data[:SAMPLE]
        codec = "utf-16-le" if head[1::2].count(0) > head[0::2].count(0) else "utf-16-be"
        sample = head[: len(head) // 2 * 2].decode(codec, errors="replace")
        latin = head.count(0) > WIDE_LATIN * len(head)
        sound = sample.count("\ufffd") <= len(sample) * 0.01
        if sound and (latin or quality(sample) > quality(head.decode("utf-8", errors="replace"))):
            return data.decode(codec, errors="replace"), codec, ()
    try:
        return data.decode("utf-8"), "utf-8", ()
    except UnicodeDecodeError:
        pass
    codecs = ["utf-8", "gb18030", "big5", "utf-16-le", "utf-16-be"]
    if declared and _known(declared) and declared not in codecs:
        codecs.insert(0, declared)
    best: tuple[float, str, str] | None = None
    for codec in codecs:
        if codec.startswith("utf-16") and len(data) % 2:
            continue
        text = data.decode(codec, errors="replace")
        lost = text.count("\ufffd")
        score = quality(text) - 20 * lost / max(1, len(text))
        if best is None or score > best[0] + 1e-9:
            best = (score, codec, text)
    assert best is not None
    score, codec, text = best
    if score < 0.15:
        from charset_normalizer import from_bytes

        match = from_bytes(data[:65536]).best()
        if match is not None and _known(match.encoding):
            other = data.decode(match.encoding, errors="replace")
            if quality(other) > quality(text):
                codec, text = match.encoding, other
    lost = text.count("\ufffd")
    notes = [SourceNote("ENCODING", f"文件不是 UTF-8，按 {codec} 解码。", severity="info")] if codec != "utf-8" else []
    if lost:
        notes.append(SourceNote("ENCODING", f"按 {codec} 解码时有 {lost} 处字节无法识别，以“\ufffd”代替。"))
    return text, codec, tuple(notes)


def _known(codec: str) -> bool:
    import codecs

    try:
        return codecs.lookup(codec)._is_text_encoding
    except (LookupError, ValueError):
        return False


def _finish(text: str, codec: str, notes: tuple[SourceNote, ...]) -> Decoded:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    recovered, found = recover_mojibake(text)
    more = list(notes)
    if recovered != text or not any(n.severity == "warning" for n in notes):
        more += found  # else it is said already that bytes are lost
    text = recovered
    if "???" in text or "？？？？" in text:
        holes = len(re.findall(r"\?{3,}|？{4,}", text))
        more.append(SourceNote("LOST_CHARS", f"有 {holes} 处连续问号，原有文字已丢失。"))
    if "\ufffd" in text and not more:
        more.append(SourceNote("LOST_CHARS", f"有 {text.count(chr(0xFFFD))} 个字符在来源中已丢失（\ufffd）。"))
    return Decoded(map_radicals(text), codec, tuple(more))


# (what the bytes were read as, what they are)
_MISREADINGS = (
    ("gb18030", "utf-8"),
    ("cp1252", "utf-8"),
    ("latin-1", "utf-8"),
    ("cp1252", "gb18030"),
    ("latin-1", "gb18030"),
)
_ASCII = bytes(range(128))
_DESTROYED = ("锟斤拷", "烫烫烫", "\ufffd\ufffd\ufffd")


def _destroyed(text: str) -> int:
    """Count the traces of text whose bytes are gone."""
    return sum(text.count(trace) for trace in _DESTROYED)


def _plainly_sound(text: str) -> bool:
    """Tell sound text from the rest by its characters beyond ASCII alone, many times faster than with its markup."""
    beyond = text.encode("utf-8", "replace").translate(None, _ASCII).decode("utf-8")
    return (
        len(beyond) >= MIN_ODD
        and not _SIGNS.search(beyond)
        and not _destroyed(beyond)
        and quality(beyond[:SAMPLE]) >= SOUND
    )


def recover_mojibake(text: str) -> tuple[str, list[SourceNote]]:
    """Undo a wrong decoding that was saved as text, where that yields clearly more Chinese.

    Args:
        text: Decoded text of a file.

    Returns:
        The text, recovered or as it was, and the notes. Characters lost for good are U+FFFD, so that a number
        next to one is not taken for whole.
    """
    if _plainly_sound(text):
        return text, []
    sample = _TAG.sub("", text[:LONG_SAMPLE])[:SAMPLE]
    if sum(map(len, _ODD.findall(sample))) < MIN_ODD:
        return text, []
    base = quality(sample)
    if base >= SOUND and len(_SIGNS.findall(sample)) < MANY_SIGNS and not _destroyed(text):
        return text, []
    best: tuple[float, str, str] | None = None
    for wrong, right in _MISREADINGS:
        score = quality(_redecode(sample, wrong, right))
        if score > max(base * MIN_GAIN, 0.3) and (best is None or score > best[0]):
            best = (score, wrong, right)
    if best is None:
        n = _destroyed(text)
        if n:
            return text, [SourceNote("MOJIBAKE", f"有 {n} 处乱码，原文字节已丢失，无法还原。", severity="error")]
        return text, []
    _, wrong, right = best
    lines = [_recover_line(line, wrong, right) for line in text.split("\n")]
    recovered = "\n".join(lines)
    lost = recovered.count("\ufffd")
    note = f"文件是乱码（{right} 文字被当作 {wrong} 读取后保存），已还原"
    note += f"；其中 {lost} 个字符已丢失，以“\ufffd”代替。" if lost else "。"
    return recovered, [SourceNote("MOJIBAKE", note)]


def _recover_line(line: str, wrong: str, right: str) -> str:
    if line.isascii():
        return line
    recovered = _redecode(line, wrong, right)
    return recovered if quality(recovered) > quality(line) or "\ufffd" not in recovered else line


def _redecode(text: str, wrong: str, right: str) -> str:
    raw = bytearray()
    for piece in re.split("(\ufffd+)", text):
        if piece.startswith("\ufffd"):
            raw += b"\xff"  # valid in no encoding used here, so it comes out as U+FFFD again
            continue
        try:
            raw += piece.encode(wrong)
        except UnicodeEncodeError:
            for c in piece:
                try:
                    raw += c.encode(wrong)
                except UnicodeEncodeError:
                    # cp1252 has holes that browsers fill with the control characters of the same number
                    raw += bytes([ord(c)]) if wrong == "cp1252" and ord(c) < 256 else b"\xff"
    if right == "utf-8":
        return _BROKEN_UTF8.sub(b"\xff", bytes(raw)).decode(right, errors="replace")
    return raw.decode(right, errors="replace")


# Lines that a web page or a scraper puts above a report, "来源：…"; the value may be empty.
_META_KEYS = (
    "来源|信息来源|文章来源|稿件来源|发布时间|发布日期|发文日期|公开日期|公开时间|成文日期|成文时间|生成日期|印发日期|日期|时间|更新时间"
    "|采集时间|抓取时间|发布机构|发文机关|发文机构|发文单位|发布单位|公开机构|公开主体|责任部门|单位|索引号|文号|发文字号|栏目|所属栏目"
    "|原文链接|原文地址|页面链接|链接|网址|本地目录|附件|关键词|主题词|关键字|主题分类|分类|体裁分类|信息分类|服务对象|有效性|公开方式"
    "|公开范围|公开形式|作者|编辑|责任编辑|责编|审核|录入|浏览次数|浏览量|浏览|访问量|阅读次数|阅读量|阅读|点击数|点击|字号|字体|信息名称"
    "|名称|内容概述|内容|信息索引|url|URL|Url|source|Source|date|Date|author|Author"
)
_META = re.compile(rf"\s*[>*#\-【\[（(]*\s*(?:{_META_KEYS})\s*[】\]）)]?\s*[*]*\s*[:：]")
_TITLE_LINE = re.compile(
    r"(\s*[>*#\-【\[]*\s*(?:标题|标\s*题|题名|题目|文章标题|信息标题|title|Title)\s*[】\]]?\s*[*]*\s*[:：]\s*)(\S.*)"
)
_SEPARATOR = re.compile(r"\s*[=\-—_*#~·.]{3,}\s*(?:[\u4e00-\u9fff]{0,6}\s*[=\-—_*#~·.]{3,})?\s*")
_HEADER_LINES = 40
_META_LENGTH = 160
_MD_TITLE = re.compile(r"(#\s+)(\S.*年\s*(?:度\s*)?报\s*告?.*)")


def line_role(text: str) -> LineRole:
    """Tell whether a line above a report is about the page that it stood on ("来源：…"), which is "meta"."""
    return "meta" if len(text) <= _META_LENGTH and _META.match(text) else "body"


def split_title(text: str) -> tuple[str, str] | None:
    """Split "标题: X" into its key with the blanks and X, None for any other line."""
    match = _TITLE_LINE.fullmatch(text)
    return (match[1], match[2]) if match else None


def read_text(data: bytes, name: str) -> Document:
    """Read a plain text or Markdown file.

    Args:
        data: The file.
        name: Its name, for `Document.file`.

    Returns:
        A document of lines, one for each line that is not empty; `text` is the decoded file, line ends unified,
        Markdown unescaped and the rows of grid tables on one line each.
    """
    decoded = decode(data)
    builder = TextBuilder()
    blocks: list[Block] = []
    lines = joined_rows(joined_cells(unescaped(decoded.text).split("\n")))
    header = _header_length(lines)
    for i, text in enumerate(lines):
        if i:
            builder.add("\n")
        if not text:
            continue
        titled = (split_title(text) if i < header else None) or (_markdown_title(text) if i < _HEADER_LINES else None)
        if titled:
            blocks.append(Line(titled[0], builder.add(titled[0]), role="meta"))
            blocks.append(Line(titled[1], builder.add(titled[1]), role="title"))
        else:
            blocks.append(Line(text, builder.add(text), role="meta" if i < header and text.strip() else "body"))
    page = Page(1, 0.0, 0.0, "text", f"纯文本，{decoded.encoding}")
    return Document(name, "", "text", builder.text(), (page,), tuple(blocks), decoded.notes)


def _markdown_title(text: str) -> tuple[str, str] | None:
    match = _MD_TITLE.fullmatch(text)
    return (match[1], match[2]) if match else None


def _header_length(lines: list[str]) -> int:
    """Return how many lines at the top are the scraper's: "key: value" lines, up to a separator if there is one."""
    last = 0
    keys = 0
    for i, line in enumerate(lines[:_HEADER_LINES]):
        if not line.strip():
            continue
        if split_title(line) or line_role(line) == "meta":
            keys += 1
            last = i + 1
        elif keys and _SEPARATOR.fullmatch(line):
            return i + 1
        elif i > last + 3:
            break
    return last if keys >= 2 else 0

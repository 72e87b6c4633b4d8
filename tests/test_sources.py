from __future__ import annotations

import gzip
import io
import json
import os
import random
import shutil
import stat
import subprocess
import zipfile
from email import encoders
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from importlib import resources
from pathlib import Path

import pytest
from pdf_maker import PdfMaker
from scoring import score

import gxml
from gxml import office
from gxml.config import Options
from gxml.document import Line
from gxml.errors import (
    BrokenFileError,
    EmptyFileError,
    EncryptedFileError,
    FileMissingError,
    GxmlError,
    InputError,
    MissingToolError,
    TooLargeError,
    UnsupportedFormatError,
)
from gxml.report import Report
from gxml.sources import SUFFIXES, identify, read_markup_or_text, sniff

NS = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
TEXT = "某某县2023年政府信息公开工作年度报告\n一、总体情况\n"
PAGE = "<html><body><p>一、总体情况</p><table><tr><td>规章</td><td>1</td></tr></table></body></html>"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


def archive(**entries: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in entries.items():
            made.writestr(name.replace("__", "/"), content)
    return out.getvalue()


def word(text: str = "一、总体情况") -> bytes:
    body = f"<w:document {NS}><w:body><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:body></w:document>"
    return archive(**{"word__document.xml": body})


def stream(name: str) -> bytes:
    return OLE + name.encode("utf-16-le") + bytes(64)


def short(value: object) -> str | None:
    """Names of cases without the bytes, which hold the time of day."""
    return "data" if isinstance(value, bytes) else None


PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("a.pdf", PdfMaker().bytes(), "pdf"),
        ("a.pdf", b"\n\njunk\n" + PdfMaker().bytes(), "pdf"),
        ("a.docx", word(), "docx"),
        ("a.doc", stream("WordDocument"), "docx"),
        ("a.html", PAGE.encode(), "html"),
        ("a.html", PAGE.encode("utf-16"), "html"),
        ("a.html", "<div><p>政府</p><p>信息</p></div><table><tr><td>1</td></tr></table>".encode(), "html"),
        ("a.mht", b"MIME-Version: 1.0\nContent-Type: text/html\n\n<p>1</p>", "html"),
        ("a.txt", TEXT.encode(), "text"),
        ("a.txt", TEXT.encode("utf-16-le"), "text"),
        ("a.txt", TEXT.encode("gb18030"), "text"),
        ("a.txt", b"BM 1 2 3 is text", "text"),
        ("a.txt", b"a < b, <p> is a tag\n" + TEXT.encode(), "text"),
        ("a.txt", b"[1] 2 {3}", "text"),
        ("a.md", b"# x\n| a | 1 |\n", "text"),
        ("a.png", PNG, "image"),
        ("a.jpg", b"\xff\xd8\xff\xe0" + bytes(40), "image"),
        ("a.tif", b"II*\x00" + bytes(40), "image"),
        ("a.webp", b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image"),
    ],
    ids=short,
)
def test_what_a_file_is(tmp_path: Path, name: str, data: bytes, kind: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    assert sniff(path) == kind
    assert identify(path).notes == ()
    # whatever it is called
    for suffix in (".pdf", ".docx", ".html", ".txt", ".png"):
        other = tmp_path / f"b{suffix}"
        other.write_bytes(data)
        assert sniff(other) == kind
        assert [n.code for n in identify(other).notes] == ([] if SUFFIXES[suffix] == kind else ["SUFFIX"])


@pytest.mark.parametrize(
    ("data", "error", "what"),
    [
        (b"", EmptyFileError, "zero bytes"),
        (stream("EncryptedPackage"), EncryptedFileError, "password"),
        (stream("Workbook"), UnsupportedFormatError, "XLS"),
        (OLE, UnsupportedFormatError, "OLE"),
        (archive(xl__workbook="1"), UnsupportedFormatError, "XLSX"),
        (archive(ppt__presentation="1"), UnsupportedFormatError, "PPTX"),
        (archive(**{"OFD.xml": "1"}), UnsupportedFormatError, "OFD"),
        (archive(a="1"), UnsupportedFormatError, "zip"),
        (word()[:200], BrokenFileError, "damaged"),
        (
            b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>',
            UnsupportedFormatError,
            "XML",
        ),
        (
            stream("WordDocument")
            + bytes(-len(stream("WordDocument")) % 512)
            + b"\xec\xa5"
            + bytes(8)
            + b"\x00\x01"
            + bytes(500),
            EncryptedFileError,
            "password",
        ),
        (gzip.compress(b"x"), UnsupportedFormatError, "gzip"),
        (b"Rar!\x1a\x07\x00", UnsupportedFormatError, "RAR"),
        (json.dumps({"schema_version": "1.0"}).encode(), UnsupportedFormatError, "JSON"),
        (b'\xef\xbb\xbf[{"id": 1}]', UnsupportedFormatError, "JSON"),
        (b'{"a": 1}\n{"b": 2}\n', UnsupportedFormatError, "JSON"),
        (bytes(range(256)) * 20, UnsupportedFormatError, "binary"),
        (bytes(5000), UnsupportedFormatError, "binary"),
    ],
    ids=short,
)
def test_what_is_not_read(tmp_path: Path, data: bytes, error: type[InputError], what: str) -> None:
    for name in ("a.docx", "a.txt", "报告"):
        path = tmp_path / name
        path.write_bytes(data)
        with pytest.raises(error, match=what) as caught:
            read_markup_or_text(path)
        assert name in caught.value.message and caught.value.hint and caught.value.exit_code == 3


def test_files_that_are_not_there(tmp_path: Path) -> None:
    for path in (tmp_path / "no.txt", tmp_path, tmp_path / "a\0b"):
        with pytest.raises(FileMissingError):
            sniff(path)


@pytest.mark.skipif(os.geteuid() == 0 if hasattr(os, "geteuid") else True, reason="root reads every file")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(TEXT)
    path.chmod(stat.S_IWUSR)
    with pytest.raises(InputError, match=r"a\.txt"):
        sniff(path)


def test_limits(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(TEXT * 100, encoding="utf-8")
    with pytest.raises(TooLargeError, match="limit is 100"):
        sniff(path, Options(max_bytes=100))
    with pytest.raises(TooLargeError, match="of text"):
        sniff(path, Options(max_text_bytes=100))
    assert sniff(path) == "text"


def test_each_kind_is_read_by_its_reader(tmp_path: Path) -> None:
    for name, data, kind, reader in [
        ("a.txt", TEXT.encode(), "text", "text"),
        ("b.txt", PAGE.encode(), "html", "markup"),
        ("c.pdf", word(), "docx", "markup"),
        ("d.docx", TEXT.encode("gbk"), "text", "text"),
    ]:
        path = tmp_path / name
        path.write_bytes(data)
        document = read_markup_or_text(path)
        assert (document.kind, document.pages[0].reader, document.file) == (kind, reader, name)
        assert len(document.sha256) == 64
        assert "一、总体情况" in [b.text for b in document.blocks if isinstance(b, Line)]
        assert ("SUFFIX" in {n.code for n in document.notes}) == (name != "a.txt")


def test_what_other_modules_read(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(PdfMaker().bytes())
    with pytest.raises(UnsupportedFormatError, match="PDF"):
        read_markup_or_text(path)
    path.write_bytes(PNG)
    with pytest.raises(UnsupportedFormatError, match="OCR"):
        read_markup_or_text(path)


@pytest.mark.parametrize("data", [b" \n\t\n", b"<html><body><img src=a.png></body></html>", word("")], ids=short)
def test_files_without_text(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(data)
    with pytest.raises(EmptyFileError, match="no text"):
        read_markup_or_text(path)


def stand_in(folder: Path, script: str) -> str:
    program = folder / "soffice"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


@pytest.mark.parametrize(
    "data",
    [
        stream("WordDocument"),
        b"{\\rtf1 a}",
        b"\xef\xbb\xbf\n{\\rtf1 a}",
        archive(**{"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<a/>"}),
    ],
    ids=["doc", "rtf", "rtf with a mark", "odt"],
)
def test_an_old_word_file_needs_libreoffice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    path = tmp_path / "a.doc"
    path.write_bytes(data)
    monkeypatch.setattr(office.shutil, "which", lambda name: None)
    with pytest.raises(MissingToolError, match=r"a\.doc") as caught:
        read_markup_or_text(path)
    assert "LibreOffice" in caught.value.hint and caught.value.exit_code == 4


@pytest.mark.skipif(os.name == "nt", reason="the stand-in is a shell script")
def test_an_old_word_file_is_converted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.doc"
    path.write_bytes(stream("WordDocument"))
    (tmp_path / "made.docx").write_bytes(word("转换所得"))
    folder = tmp_path / "bin"
    folder.mkdir()
    # as LibreOffice does: the file into the folder behind --outdir
    copy = 'while [ "$1" != "--outdir" ]; do shift; done'
    monkeypatch.setenv("PATH", stand_in(folder, f'{copy}\ncp "{tmp_path}/made.docx" "$2/input.docx"'))
    document = read_markup_or_text(path)
    assert document.text == "转换所得\n" and [n.code for n in document.notes] == ["CONVERTED"]
    monkeypatch.setenv("PATH", stand_in(folder, "exit 1"))
    with pytest.raises(BrokenFileError, match="could not convert"):
        read_markup_or_text(path)
    monkeypatch.setenv("PATH", stand_in(folder, "exec sleep 20"))
    with pytest.raises(BrokenFileError, match="seconds"):
        read_markup_or_text(path, Options(office_timeout=0.2))


WORD_2003 = """<?xml version="1.0" encoding="UTF-8"?><?mso-application progid="Word.Document"?>
<w:wordDocument xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml"
 xmlns:wx="http://schemas.microsoft.com/office/word/2003/auxHint"><w:body><wx:sect><wx:sub-section>
<w:p><w:r><w:t>一、总体情况</w:t></w:r></w:p><w:tbl>
<w:tr><w:tc><w:tcPr><w:vmerge w:val="restart"/></w:tcPr><w:p><w:r><w:t>甲</w:t></w:r></w:p></w:tc>
<w:tc><w:p><w:r><w:t>1</w:t></w:r></w:p></w:tc></w:tr>
<w:tr><w:tc><w:tcPr><w:vmerge/></w:tcPr><w:p/></w:tc><w:tc><w:p><w:r><w:t>2</w:t></w:r></w:p></w:tc></w:tr>
</w:tbl></wx:sub-section></wx:sect></w:body></w:wordDocument>"""


def flat_package() -> bytes:
    with zipfile.ZipFile(io.BytesIO(word("平面包"))) as made:
        body = made.read("word/document.xml").decode().split("?>", 1)[-1]
    return (
        '<?xml version="1.0"?><pkg:package xmlns:pkg="http://schemas.microsoft.com/office/2006/xmlPackage">'
        f'<pkg:part pkg:name="/word/document.xml"><pkg:xmlData>{body}</pkg:xmlData></pkg:part></pkg:package>'
    ).encode()


def test_word_files_in_one_xml_file(tmp_path: Path) -> None:
    path = tmp_path / "a.doc"
    path.write_text(WORD_2003, "utf-8")
    document = read_markup_or_text(path)
    assert document.kind == "docx" and "一、总体情况" in document.text
    (table,) = [b for b in document.blocks if not isinstance(b, Line)]
    assert [(c.text, c.row, c.col, c.rowspan) for c in table.cells] == [
        ("甲", 0, 0, 2), ("1", 0, 1, 1), ("2", 1, 1, 1)
    ]  # fmt: skip
    # styles in the same file; cells merged across
    style = '<w:styles><w:style w:type="character" w:styleId="S"><w:rPr><w:strike w:val="on"/></w:rPr></w:style></w:styles>'
    struck = '<w:r><w:rPr><w:rStyle w:val="S"/></w:rPr><w:t>7</w:t></w:r><w:r><w:t>1</w:t></w:r>'
    merged = '<w:tr><w:tc><w:tcPr><w:hmerge w:val="restart"/></w:tcPr><w:p/></w:tc><w:tc><w:tcPr><w:hmerge/></w:tcPr><w:p/></w:tc></w:tr>'
    changed = WORD_2003.replace("<w:body>", style + "<w:body>").replace("<w:r><w:t>1</w:t></w:r>", struck)
    path.write_text(changed.replace("</w:tbl>", merged + "</w:tbl>"), "utf-8")
    (table,) = [b for b in read_markup_or_text(path).blocks if not isinstance(b, Line)]
    assert [(c.text, c.colspan) for c in table.cells][1:] == [("1", 1), ("2", 1), ("", 2)]
    path.write_bytes(flat_package())
    assert read_markup_or_text(path).text == "平面包\n"
    path.write_bytes(flat_package()[:-30])
    with pytest.raises(BrokenFileError, match="damaged"):
        read_markup_or_text(path)


def sample_bytes(suffix: str) -> bytes:
    return (resources.files("gxml") / "sample" / f"qinghe_2024.{suffix}").read_bytes()


def archived(page: bytes, charset: str) -> bytes:
    """A web archive as Word saves it."""
    whole = MIMEMultipart("related")
    for content in (b"<html><frameset></frameset></html>", page):
        part = MIMENonMultipart("text", "html", charset=charset)
        part.set_payload(content)
        encoders.encode_quopri(part)
        whole.attach(part)
    return whole.as_bytes()


def assert_is_the_sample(path: Path) -> Report:
    truth = json.loads(sample_bytes("truth.json"))
    report = gxml.read(path)
    result = score(truth, report)
    assert (result.silent, result.flagged, result.doubted) == ([], [], [])
    assert (report.status, report.issuer.value, report.year.value) == ("accepted", truth["issuer"], truth["year"])
    return report


@pytest.mark.parametrize("suffix", ["doc", "xls", "docx", "wps"])
def test_web_pages_called_word_files(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    page = sample_bytes("html")
    for data in (
        page,
        page.decode().replace("utf-8", "gb2312").encode("gb18030"),
        archived(page, "utf-8"),
        archived(page.decode().replace("utf-8", "gb2312").encode("gb18030"), "gb2312"),
    ):
        path.write_bytes(data)
        assert_is_the_sample(path)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice (soffice) is not installed")
@pytest.mark.parametrize("container", ["doc", "rtf", "odt"])
def test_what_libreoffice_makes_of_the_sample_is_read_alike(tmp_path: Path, container: str) -> None:
    (tmp_path / "made.docx").write_bytes(sample_bytes("docx"))
    command = ["soffice", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless"]
    command += ["--convert-to", container, "--outdir", str(tmp_path), str(tmp_path / "made.docx")]
    subprocess.run(command, check=True, capture_output=True, timeout=100)
    made = tmp_path / f"made.{container}"
    assert [f.rule for f in assert_is_the_sample(made).findings if f.rule.startswith("SRC.")] == ["SRC.CONVERTED"]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice (soffice) is not installed")
def test_a_damaged_old_word_file_gives_a_typed_error_or_a_report(tmp_path: Path) -> None:
    path = tmp_path / "a.doc"
    path.write_bytes(stream("WordDocument") + bytes(range(256)) * 40)
    with pytest.raises(InputError, match=r"a\.doc"):
        read_markup_or_text(path, Options(office_timeout=60))


def test_any_damage_gives_a_document_or_a_typed_error(tmp_path: Path) -> None:
    rng = random.Random(11)
    samples = [TEXT.encode() * 20, TEXT.encode("gbk") * 20, PAGE.encode(), word(), stream("Workbook"), PNG]
    path = tmp_path / "a.txt"
    for i in range(400):
        broken = bytearray(samples[i % len(samples)])
        if rng.random() < 0.4:
            del broken[rng.randrange(len(broken)) :]
        for _ in range(rng.choice([0, 2, 40])):
            if broken:
                broken[rng.randrange(len(broken))] = rng.randrange(256)
        path.write_bytes(bytes(broken))
        try:
            read_markup_or_text(path)
        except GxmlError as error:
            assert "a.txt" in error.message and error.hint

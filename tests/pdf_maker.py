"""Small PDF files for tests, written by hand: every place and code in them is known.

Coordinates are points from the top-left, like those of gxml. The font is not embedded: a character is as wide as an
em, an ASCII one half of it.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, field
from itertools import pairwise

HEIGHT, WIDTH = 842.0, 595.0


@dataclass
class PdfPage:
    width: float = WIDTH
    height: float = HEIGHT
    rotate: int = 0
    ops: list[str] = field(default_factory=list)
    images: int = 0
    notes: list[str] = field(default_factory=list)


class PdfMaker:
    def __init__(self, width: float = WIDTH, height: float = HEIGHT, rotate: int = 0) -> None:
        self.pages: list[PdfPage] = []
        self.cids: dict[str, int] = {}
        self.unicode: dict[int, str] = {}
        self.forms: list[str] = []
        self.page(width, height, rotate)

    def page(self, width: float = WIDTH, height: float = HEIGHT, rotate: int = 0) -> PdfMaker:
        self.pages.append(PdfPage(width, height, rotate))
        return self

    @property
    def here(self) -> PdfPage:
        return self.pages[-1]

    def raw(self, ops: str) -> PdfMaker:
        self.here.ops.append(ops)
        return self

    def codes(self, text: str, unicode: dict[str, str] | None = None) -> str:
        """The string operand; `unicode` says what a character maps to in place of itself, "" for nothing."""
        out = ""
        for c in text:
            key = c + (unicode or {}).get(c, c)
            cid = self.cids.setdefault(key, len(self.cids) + 1)
            self.unicode[cid] = (unicode or {}).get(c, c)
            out += f"{cid:04X}"
        return f"<{out}>"

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float = 10,
        *,
        mode: int = 0,
        matrix: str = "1 0 0 1",
        spacing: float = 0,
        colour: str = "0 0 0",
        unicode: dict[str, str] | None = None,
    ) -> PdfMaker:
        """Write a line whose baseline is at `y`."""
        return self.raw(
            f"{colour} rg BT /F1 {size} Tf {mode} Tr {spacing} Tc {matrix} {x} {self.here.height - y} Tm "
            f"{self.codes(text, unicode)} Tj ET"
        )

    def line(self, x0: float, y0: float, x1: float, y1: float, width: float = 0.5) -> PdfMaker:
        h = self.here.height
        return self.raw(f"{width} w {x0} {h - y0} m {x1} {h - y1} l S")

    def rect(self, x0: float, y0: float, x1: float, y1: float, paint: str = "S", colour: str = "0 0 0") -> PdfMaker:
        return self.raw(f"0.5 w {colour} rg {x0} {self.here.height - y1} {x1 - x0} {y1 - y0} re {paint}")

    def latin(self, x: float, y: float, text: str, size: float = 10, colour: str = "0 0 0") -> PdfMaker:
        """Write a line in a font that PDFium can draw."""
        return self.raw(f"{colour} rg BT /H {size} Tf 1 0 0 1 {x} {self.here.height - y} Tm ({text}) Tj ET")

    def image(self, x0: float, y0: float, x1: float, y1: float, name: str = "I1") -> PdfMaker:
        """Draw a picture: "I1" is grey, "I2" black on the left and white on the right."""
        return self.raw(f"q {x1 - x0} 0 0 {y1 - y0} {x0} {self.here.height - y1} cm /{name} Do Q")

    def grid(self, xs: list[float], ys: list[float], style: str = "lines") -> PdfMaker:
        """Rule a full grid: as "lines", as thin "rects", or as "boxes" around the cells."""
        if style == "boxes":
            for x0, x1 in pairwise(xs):
                for y0, y1 in pairwise(ys):
                    self.rect(x0, y0, x1, y1)
            return self
        for y in ys:
            if style == "rects":
                self.rect(xs[0], y - 0.25, xs[-1], y + 0.25, "f")
            else:
                self.line(xs[0], y, xs[-1], y)
        for x in xs:
            if style == "rects":
                self.rect(x - 0.25, ys[0], x + 0.25, ys[-1], "f")
            else:
                self.line(x, ys[0], x, ys[-1])
        return self

    def cells(self, xs: list[float], ys: list[float], rows: list[list[str]], size: float = 10) -> PdfMaker:
        """Write a text into the middle of each cell of a grid."""
        for r, row in enumerate(rows):
            for c, text in enumerate(row):
                wide = sum(0.5 if t < "\x7f" else 1.0 for t in text) * size
                self.text((xs[c] + xs[c + 1] - wide) / 2, (ys[r] + ys[r + 1]) / 2 + 0.38 * size, text, size)
        return self

    def form(self, ops: str, matrix: str = "1 0 0 1 0 0") -> PdfMaker:
        """Draw operators inside a form XObject."""
        self.forms.append(f"<</Type/XObject/Subtype/Form/BBox[0 0 5000 5000]/Matrix[{matrix}]/Resources<<>>|{ops}")
        return self.raw(f"/X{len(self.forms)} Do")

    def note(self, box: tuple[float, float, float, float], text: str, kind: str) -> PdfMaker:
        """Put a form field ("Widget", without a picture of its value) or typed text ("FreeText") on the page."""
        x0, y0, x1, y1 = box
        h = self.here.height
        ops = f"BT /F1 8 Tf 1 0 0 1 2 4 Tm {self.codes(text)} Tj ET"
        more = f"/FT/Tx/T(f{len(self.here.notes)})/V({text})/DA(/Helv 8 Tf 0 g)/F 4"
        if kind == "FreeText":
            more = f"/Contents({text})/DA(/Helv 8 Tf 0 g)/F 4/AP|{ops}"
        elif kind != "Widget":  # `text` are the operators of its picture
            more = f"/F 4/AP|{text}"
        self.here.notes.append(f"<</Type/Annot/Subtype/{kind}/Rect[{x0} {h - y1} {x1} {h - y0}]{more}")
        return self

    def bytes(self) -> bytes:
        objects: list[bytes] = []

        def add(body: str | bytes, stream: bytes | None = None) -> int:
            data = body.encode("latin-1") if isinstance(body, str) else body
            if stream is not None:
                data = data[:-2] + b"/Length %d>>\nstream\n" % len(stream) + stream + b"\nendstream"
            objects.append(data)
            return len(objects)

        catalog, pages = add("<</Type/Catalog/Pages 2 0 R>>"), add("")
        mapping = [(cid, u) for cid, u in self.unicode.items() if u]
        rows = "\n".join(f"<{cid:04X}> <{u.encode('utf-16-be').hex()}>" for cid, u in mapping)
        cmap = (
            "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /T def\n"
            "1 begincodespacerange <0000> <FFFF> endcodespacerange\n"
            f"{len(mapping)} beginbfchar\n{rows}\nendbfchar endcmap end end"
        )
        to_unicode = add("<<>>", cmap.encode())
        half = " ".join(f"{cid} [500]" for key, cid in self.cids.items() if key[0] < "\x7f")
        descriptor = add(
            "<</Type/FontDescriptor/FontName/Made/Flags 4/FontBBox[0 -120 1000 880]/ItalicAngle 0/Ascent 880"
            "/Descent -120/CapHeight 700/StemV 80>>"
        )
        cid_font = add(
            "<</Type/Font/Subtype/CIDFontType2/BaseFont/Made/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)"
            f"/Supplement 0>>/DW 1000/W[{half}]/FontDescriptor {descriptor} 0 R>>"
        )
        font = add(
            "<</Type/Font/Subtype/Type0/BaseFont/Made/Encoding/Identity-H"
            f"/DescendantFonts[{cid_font} 0 R]/ToUnicode {to_unicode} 0 R>>"
        )
        # a Type 3 font whose glyphs are filled boxes: /a is "甲", /b is "乙"
        glyph = add("<<>>", b"1000 0 0 0 900 900 d1 50 0 800 800 re f")
        letters = (
            b"begincmap 1 begincodespacerange <00> <FF> endcodespacerange 2 beginbfchar <61> <7532> <62> <4E59> "
            b"endbfchar endcmap"
        )
        inked = add(
            "<</Type/Font/Subtype/Type3/FontBBox[0 0 1000 1000]/FontMatrix[0.001 0 0 0.001 0 0]/FirstChar 97/LastChar 98"
            f"/Widths[1000 1000]/CharProcs<</a {glyph} 0 R/b {glyph} 0 R>>/Encoding<</Type/Encoding"
            f"/Differences[97/a/b]>>/ToUnicode {add('<<>>', letters)} 0 R/Resources<<>>>>"
        )
        image = add(
            "<</Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8>>", b"\x80"
        )
        halves = add(
            "<</Type/XObject/Subtype/Image/Width 64/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8>>",
            b"\x00" * 32 + b"\xff" * 32,
        )
        helvetica = add("<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>")
        layer = add("<</Type/OCG/Name(Off)>>")
        forms = []
        first = len(objects) + 1
        for entry in self.forms:
            head, _, ops = entry.partition("|")
            # {3} in the head of a form is a reference to the third one
            head = re.sub(r"\{(\d+)\}", lambda m: f"{first + int(m[1]) - 1} 0 R", head)
            packed = zlib.compress(ops.encode()) if "/FlateDecode" in head else ops.encode()
            forms.append(add(head + ">>", packed))
        xobjects = f"/I1 {image} 0 R/I2 {halves} 0 R" + "".join(f"/X{i} {n} 0 R" for i, n in enumerate(forms, 1))
        # /Clear gs lets everything through; /OC /Off BDC begins what is on a layer that is off
        resources = (
            f"<</Font<</F1 {font} 0 R/F3 {inked} 0 R/H {helvetica} 0 R>>/XObject<<{xobjects}>>"
            f"/ExtGState<</Clear<</ca 0>>>>/Properties<</Off {layer} 0 R>>>>"
        )
        kids = []
        fields: list[int] = []
        for page in self.pages:
            content = add("<<>>", "\n".join(page.ops).encode())
            notes = []
            for entry in page.notes:
                head, _, ops = entry.partition("|")
                if ops:
                    look = f"<</Type/XObject/Subtype/Form/BBox[0 0 200 40]/Resources {resources}>>"
                    head += f"<</N {add(look, ops.encode())} 0 R>>"
                notes.append(add(head + ">>"))
            fields += notes
            shown = f"/Annots[{' '.join(f'{n} 0 R' for n in notes)}]" if notes else ""
            kids.append(
                add(
                    f"<</Type/Page/Parent {pages} 0 R/MediaBox[0 0 {page.width} {page.height}]/Rotate {page.rotate}"
                    f"/Contents {content} 0 R/Resources {resources}{shown}>>"
                )
            )
        refs = " ".join(f"{k} 0 R" for k in kids)
        layers = f"/OCProperties<</OCGs[{layer} 0 R]/D<</OFF[{layer} 0 R]>>>>"
        objects[catalog - 1] = f"<</Type/Catalog/Pages 2 0 R{layers}>>".encode()
        if fields:
            of = " ".join(f"{n} 0 R" for n in fields)
            helv = "/DR<</Font<</Helv<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>"
            form = f"/AcroForm<</Fields[{of}]/DA(/Helv 8 Tf 0 g)/NeedAppearances true{helv}>>"
            objects[catalog - 1] = f"<</Type/Catalog/Pages 2 0 R{layers}{form}>>".encode()
        objects[pages - 1] = f"<</Type/Pages/Kids[{refs}]/Count {len(kids)}>>".encode()
        out = bytearray(b"%PDF-1.4\n")
        places = []
        for number, data in enumerate(objects, 1):
            places.append(len(out))
            out += b"%d 0 obj\n" % number + data + b"\nendobj\n"
        start = len(out)
        out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
        out += b"".join(b"%010d 00000 n \n" % place for place in places)
        out += b"trailer<</Size %d/Root %d 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, catalog, start)
        return bytes(out)

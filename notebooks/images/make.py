"""Makes show.svg, the picture in the README: what `gxml show` prints for a made-up report with one wrong sum."""

import html
import io
import re
import tempfile
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console

import gxml
from gxml import synth
from gxml.show import render
from gxml.synth_model import Issuer

WIDTH = 124
ISSUER = Issuer("青禾县人民政府", "county", "青禾县", "我县", "全县", "县", "青禾县人民政府办公室", "qinghe.example")


def widened(tag: re.Match[str]) -> str:
    """Give a text its width on the terminal; rich counts a Chinese character as one column."""
    text = html.unescape(tag["text"])
    width = float(tag["width"]) * cell_len(text) / len(text)
    return f'{tag["before"]}textLength="{width:g}"{tag["after"]}>{tag["text"]}</text>'


with tempfile.TemporaryDirectory() as folder:
    made = synth.generate(
        26, edition="2021", year=2024, density="dense", author_errors=1, blanks="zeros", issuer=ISSUER
    )
    report = gxml.read(synth.write(made, "html", Path(folder) / "report.html"))
console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
console.print(render(report, WIDTH))
svg = console.export_svg(title="gxml show out/report.json")
text = r'(?P<before><text [^>]*)textLength="(?P<width>[\d.]+)"(?P<after>[^>]*)>(?P<text>[^<]+)</text>'
Path(__file__).with_name("show.svg").write_text(re.sub(text, widened, svg), "utf-8")

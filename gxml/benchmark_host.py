"""The process of the benchmark in which gxml reads: as `gxml/peers/host.py`, but it answers with reports.

python -m gxml.benchmark_host '{"facts": "linear"}'
"""

from __future__ import annotations

import sys
from typing import Any

from .config import Options
from .errors import GxmlError
from .ocr import open_reader
from .peers.host import answer_to, installed_mib, peak_mib, used


def main() -> None:
    """Serve until the input ends."""
    from . import __version__
    from .pipeline import read

    options = Options.model_validate_json(sys.argv[1])
    begin = used()
    answer = answer_to(sys.stdout)
    sys.stdout = sys.stderr  # libraries print as they like
    try:
        if options.reader != Options().reader:
            open_reader(options.reader, options.model_dir, options.threads)
    except GxmlError as e:
        answer(error=str(e), missing=True)
        return
    answer(peer="gxml", versions={"gxml": __version__}, seconds=used() - begin, installed_mib=installed_mib(("gxml",)))
    for line in sys.stdin:
        begin = used()
        try:
            report = read(line.rstrip("\n"), options)
        except GxmlError as e:
            answer(error=f"{type(e).__name__}: {e}")
            continue
        said: dict[str, Any] = report.model_dump(by_alias=True, mode="json")
        answer(report=said, text=report.text, pages=report.source.pages, seconds=used() - begin, peak_mib=peak_mib())


if __name__ == "__main__":
    main()

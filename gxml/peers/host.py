"""Runs one peer: `python host.py NAME [--weights DIR]` reads paths, a line each, and answers a line of JSON to each.

An answer is {"html", "pages", "seconds", "peak_mib"} or {"error"}; `seconds` is processor time. The first
line says what the peer is, or {"error", "missing": true}.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import os
import re
import resource
import sys
import time
from collections.abc import Callable, Iterable
from importlib import metadata
from pathlib import Path
from typing import Any, TextIO


def used() -> float:
    """Return the processor time of this process and of children that have ended, seconds."""
    children = os.times()
    return time.process_time() + children.children_user + children.children_system


def peak_mib() -> float:
    """Return the peak memory of this process, or of the largest of its children that have ended, MiB."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    try:
        # getrusage(RUSAGE_SELF) begins with what the process held that started this one
        found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text("ascii", "replace"))
    except OSError:
        found = None
    own = int(found.group(1)) if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return max(own, children) / 1024


def answer_to(stream: TextIO) -> Callable[..., None]:
    """Return a function that writes its arguments as a line of JSON."""

    def answer(**said: Any) -> None:
        print(json.dumps(said, ensure_ascii=False), file=stream, flush=True)

    return answer


def installed_mib(packages: Iterable[str]) -> int:
    """Return how much disk some packages take with all that they need, MiB."""
    seen: set[str] = set()
    open_ones = [p.lower() for p in packages]
    size = 0
    while open_ones:
        name = re.sub(r"[-_.]+", "-", open_ones.pop())
        if name in seen:
            continue
        seen.add(name)
        try:
            found = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        for file in found.files or ():
            with contextlib.suppress(OSError):
                size += os.stat(file.locate()).st_size
        for need in found.requires or ():
            wanted = re.match(r"[\w.-]+", need)
            if wanted and "extra ==" not in need:
                open_ones.append(wanted.group().lower())
    return round(size / 2**20)


def main() -> None:
    """Serve until the input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("--weights", type=Path)
    args = parser.parse_args()
    answer = answer_to(sys.stdout)
    sys.path.insert(0, str(Path(__file__).parent))
    with contextlib.redirect_stdout(sys.stderr):  # libraries print as they like
        begin = used()
        try:
            module = importlib.import_module(args.name)
            read = module.load(args.weights)
        except Exception as e:
            answer(error=f"{type(e).__name__}: {e}", missing=True)
            return
        versions = {p: metadata.version(p) for p in module.PACKAGES}
        size = installed_mib(module.PACKAGES)
        answer(peer=args.name, versions=versions, seconds=used() - begin, installed_mib=size)
        for line in sys.stdin:
            begin = used()
            try:
                html, pages = read(line.rstrip("\n"))
            except Exception as e:
                answer(error=f"{type(e).__name__}: {e}")
                continue
            answer(html=html, pages=pages, seconds=used() - begin, peak_mib=peak_mib())


if __name__ == "__main__":
    main()

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from scoring import score
from site_quirks import BROKEN, QUIRKS, Case, case

import gxml

EDITIONS = ({"edition": "2021", "year": 2023}, {"edition": "2019", "year": 2020})


@pytest.mark.parametrize("quirk", (*QUIRKS, *BROKEN), ids=lambda q: q.__name__)
@pytest.mark.parametrize("options", EDITIONS, ids=["2021", "2019"])
def test_a_quirk_of_sites_and_offices(
    tmp_path: Path, quirk: Callable[[Case], str | bytes], options: dict[str, object]
) -> None:
    for seed, density in ((4, "mixed"), (8, "dense"), (12, "sparse")):
        made = case(seed, density=density, **options)
        content = quirk(made)
        path = tmp_path / f"r{seed}{made.suffix}"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        report = gxml.read(path)
        result = score(made.truth, report)
        assert result.silent == []
        if made.strict:
            assert (result.flagged, result.doubted) == ([], [])
            assert report.editions == made.truth["editions"]

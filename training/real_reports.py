"""How well real reports are read: a line for each and a total; run it with `python training/real_reports.py [FOLDER]`.

FOLDER holds reports, each beside its NAME.truth.json; without it, the folder that GXML_REPORTS names. Scores are those
of tests/scoring.py, by the definitions of the output contract. Ends with exit code 1 if there is a silent error.
"""

import json
import os
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from scoring import same, score  # noqa: E402

import gxml  # noqa: E402
from gxml.rules import issuer_key  # noqa: E402

COLUMNS = (
    "cells", "exact", "silent", "flagged", "in doubt", "facts", "found", "issuer", "year", "editions", "accepted",
)  # fmt: skip


def count(path: Path, truth_path: Path) -> Counter[str]:
    """Return the counts of one report, by `COLUMNS`."""
    truth = json.loads(truth_path.read_text("utf-8"))
    report = gxml.read(path)
    cells = score(truth, report)
    facts = [any(f.type == t["type"] and same(f.value, t["value"]) for f in report.facts) for t in truth["facts"]]
    return Counter(
        {
            "cells": len(truth["cells"]),
            "exact": len(cells.exact),
            "silent": len(cells.silent),
            "flagged": len(cells.flagged),
            "in doubt": len(cells.doubted),
            "facts": len(facts),
            "found": sum(facts),
            "issuer": issuer_key(report.issuer.value) == issuer_key(truth["issuer"]),
            "year": report.year.value == truth["year"],
            "editions": report.editions == truth["editions"],
            "accepted": report.status == "accepted",
        }
    )


def main() -> int:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("GXML_REPORTS", "."))
    pairs = [
        (path, truth)
        for truth in sorted(folder.glob("*.truth.json"))
        for path in sorted(folder.glob(f"{truth.name.removesuffix('.truth.json')}.*"))
        if path.suffix not in (".json", ".xlsx")
    ]
    if not pairs:
        print(f"No report with its truth in {folder}: give the folder, or set GXML_REPORTS.", file=sys.stderr)
        return 2
    print(f"{'report':42}", *(f"{c:>8}" for c in COLUMNS))
    total: Counter[str] = Counter()
    for path, truth in pairs:
        counts = count(path, truth)
        total.update(counts)
        print(f"{path.name[:42]:42}", *(f"{int(counts[c]):8}" for c in COLUMNS))
    print(f"{f'{len(pairs)} reports':42}", *(f"{int(total[c]):8}" for c in COLUMNS))
    return int(total["silent"] > 0)


if __name__ == "__main__":
    raise SystemExit(main())

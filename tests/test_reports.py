"""One test for each real report; they are found through GXML_REPORTS."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from scoring import score

import gxml
from gxml.rules import issuer_key

# Name -> right cells that a finding of kind ambiguous or unreadable may name, and whether it is accepted.
REPORTS = {
    "000_8d929b23cc23b660.txt": (0, True),
    "001_32486a727a531b6f.txt": (0, False),
    "002_c60e880bc4ce4b0e.txt": (0, True),
    "003_224684a5a9443bc2.txt": (0, False),
    "004_81801d1f0af78585.txt": (0, True),
    "hongze_district_2024.pdf": (0, True),
    "pingtan_2021.txt": (3, False),
    "pingtan_2023.txt": (3, False),
    "shuyang_drc_2023.html": (0, True),
    "template_2021_blank_form.docx": (0, False),
}


@pytest.mark.parametrize("name", REPORTS)
def test_real_report(real_reports, name):
    doubted, accepted = REPORTS[name]
    truth = json.loads((real_reports / f"{name.rpartition('.')[0]}.truth.json").read_text("utf-8"))
    report = gxml.read(real_reports / name)
    result = score(truth, report)
    assert result.silent == []
    assert result.flagged == []
    assert len(result.doubted) <= doubted
    assert report.editions == truth["editions"]
    assert report.year.value == truth["year"]
    assert issuer_key(report.issuer.value) == issuer_key(truth["issuer"])
    assert (report.status == "accepted") == accepted
    for i, unit in truth["units"].items():
        assert report.cells[i].unit == unit
    have = {(f.type, float(f.value)) for f in report.facts}
    assert {(f["type"], float(f["value"])) for f in truth["facts"]} <= have
    kinds = {f.kind for f in report.findings}
    for violation in truth["violations"]:
        if "needs" not in violation:
            assert violation["kind"] in kinds, violation["detail"]


def test_clean_reports_alarm_no_cell(real_reports):
    for name in ("000_8d929b23cc23b660.txt", "002_c60e880bc4ce4b0e.txt", "hongze_district_2024.pdf"):
        report = gxml.read(real_reports / name)
        assert [f for f in report.findings if f.kind in ("structure", "ambiguous", "unreadable")] == [], name


def test_the_command_that_the_readme_names_prints_the_totals(real_reports):
    script = Path(__file__).parent.parent / "training" / "real_reports.py"
    if not script.exists():
        pytest.skip("training/ is not part of the source distribution")
    done = subprocess.run([sys.executable, str(script), str(real_reports)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    head, *_, total = done.stdout.splitlines()
    assert total.startswith("10 reports") and len(head.replace("in doubt", "doubt").split()) == len(total.split()) - 1

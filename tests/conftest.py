from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from gxml.report import Cell, Estimate, Finding, PageReader, Report, Source
from gxml.template import editions

# Times differ from machine to machine; in CI the same examples run every time.
settings.register_profile("gxml", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("gxml")

ROOT = Path(__file__).parent.parent


def reports_folder() -> Path:
    """Where the real reports lie; they are not part of the repository."""
    return Path(os.environ.get("GXML_REPORTS") or ROOT.parent / "shared" / "reports")


def pytest_configure(config: pytest.Config) -> None:
    if os.environ.get("GXML_REPORTS") and not reports_folder().is_dir():
        raise pytest.UsageError(f"GXML_REPORTS names {reports_folder()}, which does not exist.")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    terminalreporter.write_line(f"Tests skipped: {len(terminalreporter.stats.get('skipped', []))}")
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        if report.when == "call":  # what a test recorded, in whatever process it ran
            for name, figures in report.user_properties:
                terminalreporter.write_line(f"{name}: {figures}")


@pytest.fixture(scope="session")
def real_reports() -> Path:
    """The folder of real reports; skips where it is absent."""
    if not reports_folder().is_dir():
        pytest.skip("no real reports: GXML_REPORTS is not set and ../shared/reports is absent")
    return reports_folder()


MakeReport = Callable[..., Report]


def build_report(
    *,
    file: str = "report.pdf",
    issuer: str | None = "青禾县人民政府",
    year: int | None = 2023,
    editions_found: Mapping[str, str] | None = None,
    values: Mapping[str, int | float | None] | None = None,
    cells: Mapping[str, dict[str, Any]] | None = None,
    findings: tuple[Finding, ...] = (),
    text: str = "青禾县人民政府2023年政府信息公开工作年度报告\n",
) -> Report:
    """Make a report whose cells are all 0 but those in `values` (None: blank); `cells` overrides single keys."""
    found = dict(editions_found or {"2": "2021", "3": "2021", "4": "2021"})
    made = []
    for section, edition in sorted(found.items()):
        for field in editions()[edition].table(int(section)).fields():
            value = (values or {}).get(field.id, 0)
            data: dict[str, Any] = {
                "id": field.id,
                "value": value,
                "raw": None if value is None else str(value),
                "unit": field.unit,
                "status": "blank" if value is None else "read",
                "confidence": 0.999,
                "reader": "text-layer",
                "page": 1,
                "bbox": (1.0, 2.0, 3.0, 4.0),
            }
            made.append(Cell(**data | (cells or {}).get(field.id, {})))
    return Report(
        source=Source(
            file=file,
            sha256="0" * 64,
            kind="pdf",
            pages=1,
            text_sha256=hashlib.sha256(text.encode()).hexdigest(),
            page_readers=[PageReader(page=1, reader="text-layer", reason="every character maps to Unicode")],
        ),
        issuer=Estimate(value=issuer, confidence=0.99),
        year=Estimate(value=year, confidence=1.0),
        editions=found,
        status="review" if findings else "accepted",
        cell_list=made,
        facts=[],
        findings=list(findings),
        text=text,
    )


@pytest.fixture
def make_report() -> MakeReport:
    return build_report

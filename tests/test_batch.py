from __future__ import annotations

import csv
import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import MakeReport

from gxml import batch
from gxml.errors import BrokenFileError, EncryptedFileError, FileMissingError, UsageError
from gxml.report import Report


def touch(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(f"%PDF-1.7 {name}".encode())  # no two with the same bytes


def targets(plan: batch.Plan, root: Path) -> dict[str, str]:
    return {j.path.relative_to(root).as_posix(): j.target.as_posix() for j in plan.jobs}


Reader = Callable[[Path], Report]


@pytest.fixture
def reader(make_report: MakeReport) -> Reader:
    """Reads any file as a report, but those named bad, locked or crash."""

    def read(path: Path) -> Report:
        if path.stem == "bad":
            raise BrokenFileError(f"{path.name}: cut short.", hint="Download it again.")
        if path.stem == "locked":
            raise EncryptedFileError(f"{path.name}: needs a password.")
        if path.stem == "crash":
            raise ZeroDivisionError("inside")
        if path.stem == "stop":
            raise KeyboardInterrupt
        text = path.read_text("utf-8", "replace")
        return make_report(file=path.name, text=text)

    return read


# ---- which files ----------------------------------------------------------------------------------------------------


def test_results_keep_the_folders_of_their_inputs(tmp_path: Path) -> None:
    touch(tmp_path, "in/a.pdf", "in/county/b.docx", "in/county/deep/c.html", "single.txt")
    plan = batch.plan([tmp_path / "in", tmp_path / "single.txt"], tmp_path / "out")
    assert targets(plan, tmp_path) == {
        "in/a.pdf": "a",
        "in/county/b.docx": "county/b",
        "in/county/deep/c.html": "county/deep/c",
        "single.txt": "single",
    }


def test_inputs_that_share_a_stem_all_get_their_suffix(tmp_path: Path) -> None:
    touch(tmp_path, "in/a.pdf", "in/a.docx", "in/A.html", "in/b.pdf", "in/sub/a.pdf")
    found = targets(batch.plan([tmp_path / "in"], tmp_path / "out"), tmp_path / "in")
    assert found == {"a.pdf": "a.pdf", "a.docx": "a.docx", "A.html": "A.html", "b.pdf": "b", "sub/a.pdf": "sub/a"}


def test_the_same_name_in_two_input_folders_is_kept_apart(tmp_path: Path) -> None:
    touch(tmp_path, "x/a.pdf", "y/a.pdf", "x/b.pdf")
    found = targets(batch.plan([tmp_path / "x", tmp_path / "y"], tmp_path / "out"), tmp_path)
    assert found == {"x/a.pdf": "x/a.pdf", "y/a.pdf": "y/a.pdf", "x/b.pdf": "b"}


def test_a_file_given_twice_is_read_once(tmp_path: Path) -> None:
    touch(tmp_path, "in/a.pdf")
    os.symlink(tmp_path / "in/a.pdf", tmp_path / "in/link.pdf")
    plan = batch.plan([tmp_path / "in", tmp_path / "in/a.pdf"], tmp_path / "out")
    assert len(plan.jobs) == 1 and plan.passed_over == {"given twice": 2}


def test_hidden_files_and_other_kinds_are_counted_not_read(tmp_path: Path) -> None:
    touch(tmp_path, "in/a.PDF", "in/.b.pdf", "in/~$c.docx", "in/d.csv", "in/.git/e.pdf", "in/a.truth.json")
    plan = batch.plan([tmp_path / "in"], tmp_path / "out")
    assert targets(plan, tmp_path / "in") == {"a.PDF": "a"}
    assert plan.passed_over == {"hidden": 2, "of other kinds": 2}


def test_a_missing_input_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(FileMissingError, match="nowhere"):
        batch.plan([tmp_path / "nowhere"], tmp_path / "out")


# ---- our own results ------------------------------------------------------------------------------------------------


def test_results_are_never_inputs_wherever_they_lie(tmp_path: Path, reader: Reader) -> None:
    touch(tmp_path, "in/a.pdf", "in/b.txt")
    for out in (tmp_path / "in", tmp_path / "in" / "out", tmp_path / "elsewhere"):
        first = batch.plan([tmp_path / "in"], out)
        assert batch.run(first, out, read=reader).exit_code == 0
        again = batch.plan([tmp_path / "in", out], out)
        assert sorted(j.path.name for j in again.jobs) == ["a.pdf", "b.txt"]
    assert (tmp_path / "in" / "b.txt").read_bytes() == b"%PDF-1.7 in/b.txt"


def test_a_result_beside_its_text_input_does_not_replace_it(tmp_path: Path, reader: Reader) -> None:
    (tmp_path / "a.txt").write_text("原文", "gb18030")
    before = (tmp_path / "a.txt").read_bytes()
    batch.run(batch.plan([tmp_path], tmp_path), tmp_path, read=reader)
    assert (tmp_path / "a.txt").read_bytes() == before
    assert (tmp_path / "a.txt.json").exists() and (tmp_path / "a.txt.txt").exists()


def test_a_text_that_is_not_ours_is_an_input_though_a_result_has_its_name(tmp_path: Path, reader: Reader) -> None:
    touch(tmp_path, "a.pdf")
    batch.run(batch.plan([tmp_path], tmp_path), tmp_path, read=reader)
    (tmp_path / "a.txt").write_text("a report that someone put here", "utf-8")
    plan = batch.plan([tmp_path], tmp_path)
    assert sorted(j.path.name for j in plan.jobs) == ["a.pdf", "a.txt"]


def test_two_inputs_that_would_still_write_one_file_are_refused(tmp_path: Path) -> None:
    touch(tmp_path, "in/a.pdf", "in/a.html", "in/a.pdf.txt")
    with pytest.raises(UsageError, match=r"a\.pdf"):
        batch.plan([tmp_path / "in"], tmp_path / "in")


# ---- the run --------------------------------------------------------------------------------------------------------


def test_one_bad_file_does_not_end_the_run(tmp_path: Path, reader: Reader) -> None:
    touch(tmp_path, "in/a.pdf", "in/bad.pdf", "in/crash.pdf", "in/locked.pdf", "in/z.pdf")
    out = tmp_path / "out"
    seen: list[tuple[str, int, int]] = []
    run = batch.run(
        batch.plan([tmp_path / "in"], out),
        out,
        read=reader,
        progress=lambda o, done, total: seen.append((o.job.path.name, done, total)),
    )
    assert sorted(p.name for p in out.glob("*.json")) == ["a.json", "z.json"]
    assert [(o.job.path.name, o.exit_code) for o in run.failed] == [("bad.pdf", 3), ("crash.pdf", 1), ("locked.pdf", 3)]
    assert run.failed[0].reason == "bad.pdf: cut short." and run.failed[0].hint == "Download it again."
    assert "ZeroDivisionError" in run.failed[1].reason and "inside" in run.failed[1].trace
    assert seen[0] == ("a.pdf", 1, 5) and seen[-1] == ("z.pdf", 5, 5)
    assert run.exit_code == batch.SOME_FAILED


@pytest.mark.parametrize(
    ("names", "code"),
    [(["a"], 0), (["bad"], 3), (["bad", "locked"], 3), (["bad", "crash"], 7), (["a", "bad"], 7), (["stop"], 130)],
)
def test_exit_codes(names: list[str], code: int, tmp_path: Path, reader: Reader) -> None:
    touch(tmp_path, *(f"in/{n}.pdf" for n in names))
    assert batch.run(batch.plan([tmp_path / "in"], tmp_path / "out"), tmp_path / "out", read=reader).exit_code == code


def test_ctrl_c_keeps_what_is_done(tmp_path: Path, reader: Reader) -> None:
    touch(tmp_path, "in/a.pdf", "in/stop.pdf", "in/z.pdf")
    out = tmp_path / "out"
    run = batch.run(batch.plan([tmp_path / "in"], out), out, formats=["json", "csv"], read=reader)
    assert run.interrupted and [o.job.path.name for o in run.outcomes] == ["a.pdf"]
    assert sorted(p.name for p in out.iterdir()) == [".gxml", "a.json", "a.txt", "cells.csv"]


def test_each_result_is_there_before_the_next_file_is_read(tmp_path: Path, reader: Reader) -> None:
    touch(tmp_path, "in/a.pdf", "in/b.pdf")
    out = tmp_path / "out"

    def read(path: Path) -> Report:
        assert path.stem == "a" or (out / "a.json").exists()
        return reader(path)

    assert batch.run(batch.plan([tmp_path / "in"], out), out, read=read).failed == []


def test_formats(tmp_path: Path, reader: Reader) -> None:
    touch(tmp_path, "in/a.pdf", "in/x/b.pdf", "in/bad.pdf")
    out = tmp_path / "out"
    batch.run(batch.plan([tmp_path / "in"], out), out, formats=["xlsx", "csv"], read=reader)
    written = sorted(p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file())
    assert written == ["a.xlsx", "cells.csv", "x/b.xlsx"]
    with (out / "cells.csv").open(encoding="utf-8-sig", newline="") as file:
        assert {Path(r["file"]).name for r in csv.DictReader(file)} == {"a.pdf", "b.pdf"}
    with pytest.raises(UsageError, match="docx"):
        batch.run(batch.plan([tmp_path / "in"], out), out, formats=["docx"], read=reader)


def test_a_result_that_cannot_be_written_fails_that_file_only(tmp_path: Path, reader: Reader) -> None:
    touch(tmp_path, "in/a.pdf", "in/sub/b.pdf")
    out = tmp_path / "out"
    out.mkdir()
    (out / "sub").write_text("in the way")
    run = batch.run(batch.plan([tmp_path / "in"], out), out, read=reader)
    assert [(o.job.path.name, o.exit_code) for o in run.failed] == [("b.pdf", 6)]


def test_saved_json_points_at_its_text(tmp_path: Path, reader: Reader) -> None:
    touch(tmp_path, "in/a.pdf")
    batch.run(batch.plan([tmp_path / "in"], tmp_path / "out"), tmp_path / "out", read=reader)
    data = json.loads((tmp_path / "out/a.json").read_text("utf-8"))
    text = (tmp_path / "out/a.txt").read_bytes()
    assert data["source"]["text_sha256"] == hashlib.sha256(text).hexdigest()

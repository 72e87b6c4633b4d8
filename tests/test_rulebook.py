"""Every id that a finding can have stands in `gxml rules`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import gxml
from gxml.rulebook import Entry, select
from gxml.synth import generate
from gxml.synth_damage import damage
from gxml.template import GeneralRule, editions, general_rules

PACKAGE = Path(gxml.__file__).parent
ID = re.compile(r"(?:T\d|N|X|P|STR|SRC|SCOPE|READ|REPAIR)(?:\.[A-Za-z_]+)+|DOM")


def listed() -> dict[str, Entry]:
    """Every id without its braces -> its entry."""
    return {e.id: e for e in select()}


def is_listed(rule: str) -> bool:
    return any(re.fullmatch(re.sub(r"\\\{\w+\\\}", r"[a-z_.]+", re.escape(i)), rule) for i in listed())


def written() -> Iterator[tuple[str, str]]:
    """Yield (module, id) for every id that is spelled out in the code."""
    for path in sorted(PACKAGE.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and ID.fullmatch(node.value):
                yield path.name, node.value
            elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "SourceNote" and node.args:
                code = node.args[0]
                assert isinstance(code, ast.Constant), f"{path.name}:{node.lineno}: the code of a note is spelled out"
                yield path.name, f"SRC.{code.value}"


def test_ids_in_the_code_are_listed() -> None:
    found = set(written())
    assert len({i for _, i in found}) > 40
    assert sorted(f"{module}: {i}" for module, i in found if not is_listed(i)) == []


def test_nothing_is_listed_that_the_code_does_not_know() -> None:
    known = {i for _, i in written()}
    assert sorted(r.id for r in general_rules() if r.id not in known) == []


def test_entries_say_what_they_rest_on() -> None:
    for entry in select():
        assert entry.text and entry.citation, entry.id
    of_forms = {e.id for name in editions() for e in select([name])}
    assert of_forms.isdisjoint(r.id for r in general_rules())
    assert all(isinstance(r, GeneralRule) for r in general_rules())


@pytest.mark.parametrize("layout", ["text_pipes", "text_cells", "text_run", "html", "docx"])
def test_ids_that_damaged_reports_give_are_listed(tmp_path: Path, layout: str) -> None:
    found: set[str] = set()
    for seed in range(12):
        path = tmp_path / f"{seed}"
        damage(generate(seed, author_errors=seed % 3), seed, n=3, layout=layout, style_seed=seed).write(path)
        found |= {f.rule for f in gxml.read(path).findings}
    assert len(found) > 5
    assert sorted(i for i in found if not is_listed(i)) == []

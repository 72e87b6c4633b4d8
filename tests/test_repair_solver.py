"""The search against OR-Tools CP-SAT on tables of the form: `pip install ".[solver]"`; GXML_SOLVER_INSTANCES of them."""

import os
import random

import pytest
from repair_tables import doubtful, numbers, reviews, table

from gxml.config import RepairSettings
from gxml.repair_model import build
from gxml.repair_search import solve
from gxml.rules import section_rules

cp_model = pytest.importorskip("ortools.sat.python.cp_model", reason='no oracle: pip install ".[solver]"')
INSTANCES = int(os.environ.get("GXML_SOLVER_INSTANCES", "15"))
SETTINGS = RepairSettings()


def instance(seed):
    """A table with one to five cells read wrong or wrong in the report, and a few right ones in doubt."""
    rng = random.Random(seed)
    edition = rng.choice(["2019", "2021"])
    section = rng.choice([3, 3, 3, 4])
    density = rng.choice(["sparse", "mixed", "dense"])
    values = numbers(seed, density, edition) if section == 3 else reviews(seed, density, edition)
    odd = {}
    for cell in rng.sample(sorted(values), rng.randint(1, 5)):
        text = str(values[cell])
        other = str(max(0, values[cell] + rng.choice([-1, 1, 2, 5, 10, 60])))
        kind = rng.random()
        if kind < 0.6:
            odd[cell] = doubtful(other, text, rng.uniform(0.5, 0.98))
        elif kind < 0.8:
            odd[cell] = doubtful(text, other, rng.uniform(0.5, 0.98))
        else:
            values[cell] = int(other)
    filled = table(values, odd, sure=rng.uniform(0.995, 0.9997), edition=edition)
    return build(filled.readings, section_rules({str(section): edition}), SETTINGS).puzzle


def oracle(puzzle, solver):
    """Return the least cost, or None where nothing solves it."""
    model = cp_model.CpModel()
    most = 100_000
    cell, costs = {}, []
    for u in puzzle.units:
        choices = []
        (c,) = u.cells
        cell[c] = model.new_int_var(0, most, f"x{c}")
        for o in u.options:
            chosen = model.new_bool_var("")
            model.add(cell[c] == o.values[0]).only_enforce_if(chosen)
            choices.append(chosen)
            costs.append(o.cost * chosen)
        if u.free is not None:
            chosen = model.new_bool_var("")
            choices.append(chosen)
            costs.append(u.free * chosen)
        model.add_exactly_one(choices)
    for e in puzzle.equations:
        model.add(sum(k * cell[c] for c, k in e.terms) + e.constant == 0)
    model.minimize(sum(costs))
    status = solver.solve(model)
    return round(solver.objective_value) if status == cp_model.OPTIMAL else None


def test_the_least_cost_is_that_of_cp_sat():
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    differ, solved = [], 0
    for seed in range(INSTANCES):
        puzzle = instance(seed)
        found = solve(puzzle, window=4_600, ceiling=80_000, node_limit=200_000)
        assert found.complete, seed
        best = oracle(puzzle, solver)
        solved += best is not None
        if (found.solutions[0].cost if found.solutions else None) != best:
            differ.append((seed, found.solutions[:1], best))
    assert not differ and solved == INSTANCES


def test_all_near_solutions_hold():
    for seed in range(INSTANCES):
        puzzle = instance(seed)
        found = solve(puzzle, window=4_600, ceiling=80_000, node_limit=200_000)
        for s in found.solutions:
            assert all(sum(k * s.values[c] for c, k in e.terms) + e.constant == 0 for e in puzzle.equations)
            assert all(v >= 0 for v in s.values.values())
            cost = sum(
                u.options[s.taken.get(i, 0)].cost if s.taken.get(i, 0) >= 0 else u.free or 0
                for i, u in enumerate(puzzle.units)
            )
            assert cost == s.cost
        assert len({tuple(sorted(s.values.items())) for s in found.solutions}) == len(found.solutions)

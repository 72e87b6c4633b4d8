"""The search against two others: all combinations on tiny puzzles, OR-Tools CP-SAT (extra `solver`) on tables."""

import itertools
import random

import pytest

from gxml.repair_search import FREE, Equation, Option, Puzzle, Unit, solve

WINDOW = 4_600


def unit(cell, *options, free=None):
    return Unit((cell,), tuple(Option((v,), c) for v, c in sorted(options, key=lambda o: o[1])), free)


def found(puzzle, window=WINDOW):
    return solve(puzzle, window=window, ceiling=60_000, node_limit=200_000)


SUM = Equation(((0, 1), (1, 1), (2, -1)))


def test_nothing_to_do():
    f = found(Puzzle((unit(0, (1, 10)), unit(1, (2, 10)), unit(2, (3, 10))), (SUM,)))
    assert f.complete and [(s.cost, s.taken) for s in f.solutions] == [(30, {})]


def test_the_cheapest_change_and_its_rivals():
    puzzle = Puzzle(
        (unit(0, (1, 10), (4, 900)), unit(1, (2, 10), free=3_000), unit(2, (6, 10), (3, 2_000))),
        (SUM,),
    )
    f = found(puzzle)
    assert [(s.cost, s.taken, s.values) for s in f.solutions] == [
        (920, {0: 1}, {0: 4, 1: 2, 2: 6}),
        (2_020, {2: 1}, {0: 1, 1: 2, 2: 3}),
        (3_020, {1: FREE}, {0: 1, 1: 5, 2: 6}),
    ]
    assert not f.tied


def test_no_value_is_negative():
    f = found(Puzzle((unit(0, (5, 0), free=100), unit(1, (2, 0)), unit(2, (1, 0))), (SUM,)))
    assert f.complete and f.solutions == ()


def test_changes_that_need_each_other():
    # as read all holds; yet two doubtful cells may both be something else
    puzzle = Puzzle((unit(0, (1, 10), (7, 500)), unit(1, (7, 10), (1, 700)), unit(2, (8, 10))), (SUM,))
    assert [s.taken for s in found(puzzle).solutions] == [{}, {0: 1, 1: 1}]


def test_an_unknown_cell_joins_the_equations_that_it_stands_in():
    units = (unit(0, (1, 0), (3, 900)), unit(1, (4, 0)), Unit((2,), (), 0), unit(3, (7, 0)))
    puzzle = Puzzle(units, (SUM, Equation(((2, 1), (3, -1)))))
    f = found(puzzle)
    assert [(s.taken, s.values) for s in f.solutions] == [({0: 1}, {0: 3, 1: 4, 2: 7, 3: 7})]
    # two unknown cells in one equation: neither is determined, and neither is given
    f = found(Puzzle((unit(0, (1, 0)), Unit((1,), (), 0), Unit((2,), (), 0)), (SUM,)))
    assert [s.values for s in f.solutions] == [{0: 1}]


def test_a_row_with_several_alignments_is_one_unit():
    row = Unit((0, 1, 2), (Option((1, 2, 2), 0), Option((1, 0, 2), 10), Option((0, 2, 2), 20)))
    total = Equation(((1, 1), (3, -1)))
    puzzle = Puzzle((row, unit(3, (2, 0), (0, 5_000))), (SUM, total))
    assert [(s.taken, s.values[1]) for s in found(puzzle).solutions] == [({0: 2}, 2)]


def test_the_limit_is_said():
    cells = 12
    units = tuple(unit(i, (1, 0), (2, 1), (3, 2)) for i in range(cells))
    f = solve(
        Puzzle(units, (Equation(tuple((i, 1) for i in range(cells)), -20),)), window=50, ceiling=99, node_limit=100
    )
    assert not f.complete and f.solutions == ()


# ---- all combinations -----------------------------------------------------------------------------------------------


def tiny(rng):
    """A grid of 2 x 2 with its totals, some of it wrong, cells with options or any value."""
    parts = [[rng.randint(0, 5) for _ in range(2)] for _ in range(2)]
    grid = [*[[*r, sum(r)] for r in parts], [sum(c) for c in zip(*parts, strict=True)]]
    grid[2].append(sum(grid[2]))
    units = []
    for i, value in enumerate(v for row in grid for v in row):
        kind = rng.random()
        if kind < 0.08:
            units.append(Unit((i,), (), 0))
            continue
        values = [value, *rng.sample([v for v in range(12) if v != value], rng.randint(0, 2))]
        if rng.random() < 0.3:
            rng.shuffle(values)
        costs = sorted(rng.randint(0, 9_000) for _ in values)
        free = costs[-1] + rng.randint(1, 4_000) if rng.random() < 0.5 else None
        units.append(unit(i, *zip(values, costs, strict=True), free=free))
    rows = [Equation(((3 * r, 1), (3 * r + 1, 1), (3 * r + 2, -1))) for r in range(3)]
    columns = [Equation(((c, 1), (3 + c, 1), (6 + c, -1))) for c in range(3)]
    return Puzzle(tuple(units), tuple(rng.sample(rows + columns, rng.randint(2, 6))))


def all_ways(puzzle, ceiling, most_free):
    """Every way with at most `most_free` cells that take any value, cheapest cost by values."""
    ways = {}
    free = [i for i, u in enumerate(puzzle.units) if u.free is not None and u.options]
    unknown = [i for i, u in enumerate(puzzle.units) if not u.options]
    base = sum(u.options[0].cost for u in puzzle.units if u.options)
    for n in range(most_free + 1):
        for freed in itertools.combinations(free, n):
            choices = [
                [(None, u.free)] if i in freed or i in unknown else [(o.values[0], o.cost) for o in u.options]
                for i, u in enumerate(puzzle.units)
            ]
            for combo in itertools.product(*choices):
                cost = sum(c for _, c in combo)
                if cost - base > ceiling:
                    continue
                solved = determine(puzzle, {i: v for i, (v, _) in enumerate(combo) if v is not None})
                if solved is None or any(i not in solved for i in freed):
                    continue
                if any((solved[i],) in {o.values for o in puzzle.units[i].options} for i in freed):
                    continue
                key = tuple(sorted(solved.items()))
                ways[key] = min(cost, ways.get(key, cost))
    return ways


def determine(puzzle, values):
    """Gauss over rationals: what follows from `values`, None if it contradicts; free cells are at least 0."""
    from fractions import Fraction

    rows = []
    for e in puzzle.equations:
        rest = e.constant + sum(k * values[c] for c, k in e.terms if c in values)
        rows.append(({c: Fraction(k) for c, k in e.terms if c not in values}, Fraction(-rest)))
    done = []
    while rows:
        terms, right = rows.pop()
        if not terms:
            if right:
                return None
            continue
        pivot = min(terms)
        k = terms[pivot]
        new = []
        for store in (rows, done):
            out = []
            for t, r in store:
                q = t.get(pivot, Fraction(0)) / k
                merged = {c: t.get(c, 0) - q * terms.get(c, 0) for c in {*t, *terms}}
                out.append(({c: v for c, v in merged.items() if v}, r - q * right))
            new.append(out)
        rows, done = new
        done.append((terms, right))
    out = dict(values)
    for terms, right in done:
        if len(terms) == 1:
            ((c, k),) = terms.items()
            value = right / k
            if value.denominator != 1 or value < 0:
                return None
            out[c] = int(value)
    return out


@pytest.mark.parametrize("part", range(4))
def test_against_all_combinations(part):
    for seed in range(part * 12, part * 12 + 12):
        puzzle = tiny(random.Random(seed))
        f = solve(puzzle, window=3_000, ceiling=12_000, node_limit=500_000)
        ways = all_ways(puzzle, 15_000, 2)
        best = min(ways.values(), default=None)
        base = sum(u.options[0].cost for u in puzzle.units if u.options)
        if best is None or best - base > 12_000:
            continue
        near = {k: c for k, c in ways.items() if c <= best + 3_000}
        got = {tuple(sorted(s.values.items())): s.cost for s in f.solutions if len(freed_of(s)) <= 2}
        assert f.complete and got == near, seed


def freed_of(solution):
    return [i for i, n in solution.taken.items() if n == FREE]

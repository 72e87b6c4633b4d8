"""The cheapest ways to make equations hold: exact search over the options of uncertain cells, with all near-best ways.

Every unit (a cell, or the cells of a row together) takes one of its options, or, where that is allowed, any value at a
fixed price. Costs are integers, thousandths of a nat; the order of everything is fixed: the same puzzle gives the same
answer. A search that meets its limit says so, and then nothing may be concluded from what it found.

A violated equation needs a change in one of its units: that is what is branched on. A unit that takes any value is
eliminated from the equations, so that its value follows from the others. A value that no equation determines is never
taken: it would explain nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

FREE = -1
"""Stands for the option "any value" in a solution."""
MOST_SOLUTIONS = 4_000
"""So many near-best solutions are as bad as the limit."""
GROWTH = 1.6
"""From one bound on the cost to the next."""


@dataclass(frozen=True, slots=True)
class Option:
    """Values for the cells of a unit, and what it costs that they are meant."""

    values: tuple[int, ...]
    cost: int


@dataclass(frozen=True, slots=True)
class Unit:
    """Cells that take one of several options together.

    Attributes:
        cells: Numbers of the cells; none where a cell belongs to another unit.
        options: Cheapest first; empty where nothing is known, then there is one cell and `free` is set.
        free: The price of any other value, None where there is none; only for a unit of one cell.
    """

    cells: tuple[int, ...]
    options: tuple[Option, ...]
    free: int | None = None


@dataclass(frozen=True, slots=True)
class Equation:
    """Sum of coefficient × cell, plus a constant, is 0."""

    terms: tuple[tuple[int, int], ...]
    constant: int = 0


@dataclass(frozen=True, slots=True)
class Puzzle:
    """Units and the equations between their cells; a cell belongs to one unit."""

    units: tuple[Unit, ...]
    equations: tuple[Equation, ...]


@dataclass(frozen=True, slots=True)
class Solution:
    """A way to make all equations hold.

    Attributes:
        cost: Of all units.
        taken: Unit -> index of its option, `FREE` for another value; units at their first option are left out.
        values: Cell -> value, for all cells but unknown ones that no equation determines.
    """

    cost: int
    taken: dict[int, int]
    values: dict[int, int]


@dataclass(frozen=True, slots=True)
class Found:
    """What the search found.

    Attributes:
        solutions: Cheapest first: all that cost no more than the best and the window. Empty if there is none below
            the ceiling.
        complete: False where the search met a limit.
        nodes: Nodes visited.
    """

    solutions: tuple[Solution, ...]
    complete: bool
    nodes: int

    @property
    def tied(self) -> bool:
        """Whether two solutions cost the same and are the cheapest."""
        return len(self.solutions) > 1 and self.solutions[0].cost == self.solutions[1].cost


@dataclass(slots=True)
class _System:
    """Equations at one place of the search; residuals change with the values."""

    terms: list[dict[int, int]]
    residuals: list[int]

    def places(self, cell: int) -> list[tuple[int, int]]:
        """Return the equations that a cell stands in, with its coefficient."""
        # looked for each time: an index of the equations would be built anew wherever a cell is eliminated
        return [(e, terms[cell]) for e, terms in enumerate(self.terms) if cell in terms]


class _Limit(Exception):
    pass


def solve(puzzle: Puzzle, *, window: int, ceiling: int, node_limit: int) -> Found:
    """Find all ways to make the equations hold that cost at most `window` more than the cheapest one.

    Args:
        puzzle: Units and equations.
        window: Thousandths of a nat.
        ceiling: Solutions that cost more than this above all first options are not looked for.
        node_limit: Nodes of the search, over all bounds.
    """
    return _Search(puzzle, node_limit).run(window, ceiling)


class _Search:
    def __init__(self, puzzle: Puzzle, node_limit: int) -> None:
        self.puzzle = puzzle
        self.units = puzzle.units
        self.node_limit = node_limit
        self.nodes = 0
        self.limit = 0
        self.base = sum(u.options[0].cost for u in self.units if u.options)
        self.unit_of = {c: i for i, u in enumerate(self.units) for c in u.cells}
        self.values = {c: v for u in self.units if u.options for c, v in zip(u.cells, u.options[0].values, strict=True)}
        # what a change costs above the first option, for each unit: listed values, any value, the least
        self.listed = [{o.values: o.cost - u.options[0].cost for o in u.options} for u in self.units]
        self.price = [None if u.free is None else u.free - (u.options[0].cost if u.options else 0) for u in self.units]
        self.least: list[int | None] = []
        for u, price in zip(self.units, self.price, strict=True):
            costs = [o.cost - u.options[0].cost for o in u.options[1:]]
            self.least.append(min([*costs, *([price] if price is not None else [])], default=None))
        self.fixed = [not u.options for u in self.units]
        self.taken: dict[int, int] = {}
        self.freed: list[tuple[int, dict[int, int], int, int]] = []  # cell, its pivot equation, constant, unit
        self.found: dict[tuple[tuple[int, int], ...], Solution] = {}

    def run(self, window: int, ceiling: int) -> Found:
        terms = [dict(e.terms) for e in self.puzzle.equations]
        residuals = [e.constant + sum(k * self.values.get(c, 0) for c, k in e.terms) for e in self.puzzle.equations]
        root = _System(terms, residuals)
        for i, u in enumerate(self.units):
            if not u.options and u.cells:
                root = self._eliminate(root, u.cells[0], i) or root
        violated = [e for e, r in enumerate(root.residuals) if r]
        bound = min(self._bound(root, violated, ceiling) + window, ceiling)
        try:
            while True:
                self.limit, self.found = bound, {}
                self._visit(root, 0)
                if self.found:
                    best = min(s.cost for s in self.found.values()) - self.base
                    if best + window <= bound:
                        break
                    # a solution may lie above the bound of its own window; one more pass holds it whole
                    bound = best + window
                elif bound >= ceiling:
                    break
                else:
                    bound = min(ceiling, int(bound * GROWTH) + 1)
        except _Limit:
            return Found((), False, self.nodes)
        ordered = sorted(self.found.values(), key=lambda s: (s.cost, sorted(s.taken.items())))
        return Found(tuple(s for s in ordered if s.cost <= ordered[0].cost + window), True, self.nodes)

    # ---- the tree ---------------------------------------------------------------------------------------------------

    def _visit(self, system: _System, cost: int) -> None:
        self.nodes += 1
        if self.nodes > self.node_limit:
            raise _Limit
        room = self.limit - cost
        violated = [e for e, r in enumerate(system.residuals) if r]
        if violated:
            if self._bound(system, violated, room) > room:
                return
            e = min(violated, key=lambda e: (len(system.terms[e]), e))
            among = {self.unit_of[c] for c in system.terms[e]}
        else:
            self._record(cost)
            # solutions that change more than they must are solutions, too
            among = {i for i, least in enumerate(self.least) if least is not None and least <= room}
        order = sorted((self.least[i], i) for i in among if not self.fixed[i] and self.least[i] is not None)
        done: list[int] = []
        for least, i in order:
            if least is None or least > room:
                break
            self.fixed[i] = True
            done.append(i)
            self._change(system, i, cost, room)
            # for the units that follow, this one keeps its first option
        for i in done:
            self.fixed[i] = False

    def _change(self, system: _System, i: int, cost: int, room: int) -> None:
        unit = self.units[i]
        first = unit.options[0]
        for n, option in enumerate(unit.options[1:], 1):
            extra = option.cost - first.cost
            if extra > room:
                break
            self._set(system, unit.cells, option.values)
            self.taken[i] = n
            self._visit(system, cost + extra)
            self._set(system, unit.cells, first.values)
        price = self.price[i]
        if price is not None and price <= room:
            cell = unit.cells[0]
            smaller = self._eliminate(system, cell, i)
            if smaller is not None:
                self.taken[i] = FREE
                self._visit(smaller, cost + price)
                self.freed.pop()
                # what changed below was changed back there; here residuals are those of before
        self.taken.pop(i, None)

    def _set(self, system: _System, cells: Sequence[int], values: Sequence[int]) -> None:
        for cell, value in zip(cells, values, strict=True):
            step = value - self.values[cell]
            if step:
                self.values[cell] = value
                for e, k in system.places(cell):
                    system.residuals[e] += k * step

    def _eliminate(self, system: _System, cell: int, unit: int) -> _System | None:
        """Return the equations without `cell`, whose value then follows from one of them; None if none has it."""
        places = system.places(cell)
        if not places:
            return None
        pivot, k = min(places, key=lambda p: (abs(p[1]), len(system.terms[p[0]]), p[0]))
        pivot_terms, pivot_residual = system.terms[pivot], system.residuals[pivot]
        terms, residuals = system.terms.copy(), system.residuals.copy()
        for e, q in places:
            if e == pivot:
                continue
            new = {c: k * v for c, v in terms[e].items() if c != cell}
            for c, v in pivot_terms.items():
                if c != cell:
                    new[c] = new.get(c, 0) - q * v
            terms[e] = {c: v for c, v in new.items() if v}
            residuals[e] = k * residuals[e] - q * pivot_residual
        del terms[pivot], residuals[pivot]
        known = sum(v * self.values.get(c, 0) for c, v in pivot_terms.items())
        self.freed.append((cell, pivot_terms, pivot_residual - known, unit))
        return _System(terms, residuals)

    # ---- what is left to pay ----------------------------------------------------------------------------------------

    def _bound(self, system: _System, violated: Sequence[int], room: int) -> int:
        """Return a cost that every way to mend the violated equations has at least, or more than `room`.

        The larger of two bounds. Equations that share no unit: each has to be paid for. And every equation: a unit pays
        for all of those that it stands in, an equal part for each.
        """
        units = {e: [self.unit_of[c] for c in system.terms[e]] for e in violated}
        stands: dict[int, int] = {}
        for members in units.values():
            for i in members:
                stands[i] = stands.get(i, 0) + 1
        shared = 0
        for members in units.values():
            least = room + 1
            for i in members:
                low = self.least[i]
                if low is not None and not self.fixed[i] and low < least * stands[i]:
                    least = low // stands[i]
            shared += least
            if shared > room:
                return shared
        used: set[int] = set()
        total = 0
        for e in sorted(violated, key=lambda e: (len(system.terms[e]), e)):
            if used.isdisjoint(units[e]):
                total += self._one(system.terms[e], system.residuals[e], room + 1)
                used.update(units[e])
                if total > room:
                    break
        return max(total, shared)

    def _one(self, terms: dict[int, int], residual: int, most: int) -> int:
        """Return the least cost to mend an equation: one change that fits, or any two."""
        lows = [most, most]
        best = most
        for cell, k in terms.items():
            i = self.unit_of[cell]
            low = self.least[i]
            if self.fixed[i] or low is None:
                continue
            if low < lows[1]:
                lows = [low, lows[0]] if low < lows[0] else [lows[0], low]
            if len(self.units[i].cells) > 1:
                best = min(best, low)
                continue
            price = self.price[i]
            if price is not None:
                best = min(best, price)
            if residual % k == 0:
                best = min(best, self.listed[i].get((self.values[cell] - residual // k,), most))
        return min(best, sum(lows))

    # ---- a solution -------------------------------------------------------------------------------------------------

    def _record(self, cost: int) -> None:
        values = dict(self.values)
        for cell, terms, constant, unit in reversed(self.freed):
            # the last that was eliminated stands in the equations of those before it
            if any(c != cell and c not in values for c in terms):
                continue  # unknown beside another unknown
            rest = constant + sum(v * values[c] for c, v in terms.items() if c != cell)
            # a cell that was freed keeps its old value in `self.values`: it is in `constant` no more
            k = terms[cell]
            if rest % k or -rest // k < 0:
                return
            value = -rest // k
            if self.units[unit].options and (value,) in self.listed[unit]:
                return  # that is a listed option, and cheaper
            values[cell] = value
        key = tuple(sorted(values.items()))
        solution = Solution(self.base + cost, dict(self.taken), values)
        known = self.found.get(key)
        if known is None or (solution.cost, sorted(solution.taken.items())) < (known.cost, sorted(known.taken.items())):
            self.found[key] = solution
            if len(self.found) > MOST_SOLUTIONS:
                raise _Limit

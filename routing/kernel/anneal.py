"""The search: ruin, recreate, accept by simulated annealing, many times."""

from __future__ import annotations

import math

from routing.kernel.arrays import BANKED, BEST, COST, Data, Settings, State, Work
from routing.kernel.compiled import compiled, inlined
from routing.kernel.recreate import recreate, settle_bank
from routing.kernel.rng import RngState, below, uniform
from routing.kernel.ruin import ruin
from routing.kernel.undo import mark_dirty, restore, save_best


@compiled
def anneal(
    data: Data, state: State, work: Work, settings: Settings, rng: RngState, iterations: int, temperature: float
) -> int:
    """Run `iterations` at one temperature; `state` keeps the solution. Returns how many were accepted."""
    accepted = 0
    for _ in range(iterations):
        begin_iteration(work)
        cost = state.total[COST]
        if not ruin(data, state, work, settings, rng):
            restore(data, state, work, cost)
            continue
        _fetch_from_bank(state, work, rng)
        recreate(data, state, work, settings, rng)
        if state.total[COST] < cost - temperature * math.log(uniform(rng) + 1e-300):
            accepted += 1
            settle_bank(state, work)
            mark_dirty(state, work)
            if state.total[COST] < state.total[BEST]:
                save_best(data, state)
        else:
            restore(data, state, work, cost)
    return accepted


@compiled
def fill(data: Data, state: State, work: Work, settings: Settings, rng: RngState) -> None:
    """Insert everything that is in the bank, keep the result as the best solution."""
    begin_iteration(work)
    for k in range(state.total[BANKED]):
        work.absent[k] = state.bank[k]
    work.saved[3] = state.total[BANKED]
    recreate(data, state, work, settings, rng)
    settle_bank(state, work)
    mark_dirty(state, work)
    save_best(data, state)


@inlined
def begin_iteration(work: Work) -> None:
    """Forget what the last iteration saved."""
    work.clock[1] += 1
    for k in range(work.saved.shape[0]):
        work.saved[k] = 0


@inlined
def _fetch_from_bank(state: State, work: Work, rng: RngState) -> None:
    """Add stops left out before to the absent ones: all when they are few, else a random handful."""
    waiting = state.total[BANKED]
    if waiting == 0:
        return
    wanted = min(waiting, 10)
    start = below(rng, waiting)
    for k in range(wanted):
        work.absent[work.saved[3]] = state.bank[(start + k) % waiting]
        work.saved[3] += 1

"""The search: ruin, recreate, accept by simulated annealing, many times."""

from __future__ import annotations

import math

from routing.kernel.arrays import BANKED, BEST, COST, Data, SearchScratch, SearchSettings, SearchState
from routing.kernel.compiled import compiled, inlined
from routing.kernel.recreate import recreate, settle_bank
from routing.kernel.rng import RngState, below, uniform
from routing.kernel.ruin import ruin
from routing.kernel.undo import mark_dirty, restore, save_best


@compiled
def anneal(
    data: Data,
    state: SearchState,
    work: SearchScratch,
    settings: SearchSettings,
    rng: RngState,
    plan: tuple[int, float, bool],
) -> int:
    """Run some iterations at one temperature; `state` keeps the solution. Returns how many were accepted.

    `plan` is (iterations, temperature, is_filling). Filling removes nothing, inserts everything that is left out, and
    takes the result whatever it costs.
    """
    iterations, temperature, is_filling = plan
    accepted = 0
    for _ in range(iterations):
        begin_iteration(work)
        cost = state.total[COST]
        if not is_filling and not ruin(data, state, work, settings, rng):
            restore(data, state, work, cost)
            continue
        _fetch_from_bank(state, work, rng, is_filling)
        recreate(data, state, work, settings, rng)
        # A search that takes only what is better ends in the first valley. Worse by more than the temperature is taken
        # with the chance exp(-worse / temperature), as in the paper, so less and less. 1e-300: uniform may give 0.
        if is_filling or state.total[COST] < cost - temperature * math.log(uniform(rng) + 1e-300):
            accepted += 1
            settle_bank(state, work)
            mark_dirty(state, work)
            if is_filling or state.total[COST] < state.total[BEST]:
                save_best(data, state)
        else:
            restore(data, state, work, cost)
    return accepted


@inlined
def begin_iteration(work: SearchScratch) -> None:
    """Forget what the last iteration saved."""
    work.clock[1] += 1
    for k in range(work.saved.shape[0]):
        work.saved[k] = 0


@inlined
def _fetch_from_bank(state: SearchState, work: SearchScratch, rng: RngState, everything: bool) -> None:
    """Add stops left out before to the absent ones: a handful from a random place on, or all of them.

    A handful, because each is tried in all gaps around it: hundreds would make an iteration as many times slower.
    """
    waiting = state.total[BANKED]
    if waiting == 0:
        return
    wanted = waiting if everything else min(waiting, 10)
    start = below(rng, waiting)
    for k in range(wanted):
        work.absent[work.saved[3]] = state.bank[(start + k) % waiting]
        work.saved[3] += 1

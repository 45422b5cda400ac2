"""Taking an iteration back, and keeping the best solution, both by copying only the rounds that were touched."""

from __future__ import annotations

from routing.kernel.arrays import BEST, COST, DIRTY, ROUNDS_USED, Data, SearchScratch, SearchState
from routing.kernel.compiled import inlined
from routing.kernel.segments import refresh_round, refresh_shift


@inlined
def save_vehicle(state: SearchState, work: SearchScratch, v: int) -> None:
    """Remember the chain of vehicle v, once per iteration."""
    if work.vehicle_stamp[v] == work.clock[1]:
        return
    work.vehicle_stamp[v] = work.clock[1]
    k = work.saved[2]
    work.saved_vehicles[k, 0] = v
    work.saved_vehicles[k, 1] = state.used[v]
    for z in range(state.chain.shape[1]):
        work.saved_vehicles[k, 2 + z] = state.chain[v, z]
    work.saved[2] = k + 1


@inlined
def save_round(data: Data, state: SearchState, work: SearchScratch, r: int) -> None:
    """Remember the stops of round r, once per iteration, and its vehicle."""
    if work.round_stamp[r] == work.clock[1]:
        return
    work.round_stamp[r] = work.clock[1]
    save_vehicle(state, work, data.vehicle_of[r])
    k = work.saved[0]
    end = work.saved[1]
    work.saved_rounds[k, 0] = r
    work.saved_rounds[k, 1] = end
    depot = data.stops + r
    c = state.following[depot]
    while c != depot:
        work.saved_stops[end] = c
        work.saved_windows[end] = state.window_of[c]
        end += 1
        c = state.following[c]
    work.saved_rounds[k, 2] = end - work.saved[1]
    work.saved[0] = k + 1
    work.saved[1] = end


@inlined
def restore(data: Data, state: SearchState, work: SearchScratch, cost: int) -> None:
    """Put everything back as it was when the iteration began, and the cost with it."""
    for k in range(work.saved[0]):
        depot = data.stops + work.saved_rounds[k, 0]
        c = state.following[depot]
        while c != depot:
            state.round_of[c] = -1
            c = state.following[c]
    for k in range(work.saved[2]):
        v = work.saved_vehicles[k, 0]
        state.total[ROUNDS_USED] += work.saved_vehicles[k, 1] - state.used[v]
        state.used[v] = work.saved_vehicles[k, 1]
        for z in range(state.chain.shape[1]):
            state.chain[v, z] = work.saved_vehicles[k, 2 + z]
        push_if_idle(data, state, v)
    for k in range(work.saved[0]):
        _restore_round(data, state, work, k)
    if data.has_time:
        for k in range(work.saved[0]):
            refresh_round(data, state, work.saved_rounds[k, 0])
        for k in range(work.saved[2]):
            refresh_shift(data, state, work.saved_vehicles[k, 0])
    state.total[COST] = cost


@inlined
def _restore_round(data: Data, state: SearchState, work: SearchScratch, k: int) -> None:
    r, first, size = work.saved_rounds[k, 0], work.saved_rounds[k, 1], work.saved_rounds[k, 2]
    p = data.profile[data.vehicle_of[r]]
    depot = data.stops + r
    for k_load in range(data.demand.shape[1]):
        state.load[r, k_load] = 0
    a = depot
    for q in range(first, first + size):
        c = work.saved_stops[q]
        state.window_of[c] = work.saved_windows[q]
        state.round_of[c] = r
        state.following[a] = c
        state.preceding[c] = a
        state.leg[c] = data.metres_to[p, data.place_out[a], data.place_in[c]]
        for k_load in range(data.demand.shape[1]):
            state.load[r, k_load] += data.demand[c, k_load]
        a = c
    state.following[a] = depot
    state.preceding[depot] = a
    state.leg[depot] = data.metres_to[p, data.place_out[a], data.place_in[depot]] if size else 0
    state.size[r] = size


@inlined
def push_if_idle(data: Data, state: SearchState, v: int) -> None:
    """Put vehicle v on the stack of its kind if it is unused and not there yet."""
    if state.used[v] == 0 and state.is_idle[v] == 0:
        g = data.kind[v]
        state.is_idle[v] = 1
        state.idle[g, state.idle_count[g]] = v
        state.idle_count[g] += 1


@inlined
def mark_dirty(state: SearchState, work: SearchScratch) -> None:
    """Note the vehicles of this iteration as different from the best solution."""
    for k in range(work.saved[2]):
        v = work.saved_vehicles[k, 0]
        if state.is_dirty[v] == 0:
            state.is_dirty[v] = 1
            state.dirty[state.total[DIRTY]] = v
            state.total[DIRTY] += 1


@inlined
def save_best(data: Data, state: SearchState) -> None:
    """Copy the solution at hand over the best one, vehicle by vehicle where they differ."""
    state.total[BEST] = state.total[COST]
    for k in range(state.total[DIRTY]):
        v = state.dirty[k]
        state.is_dirty[v] = 0
        state.best_used[v] = state.used[v]
        for z in range(state.chain.shape[1]):
            state.best_chain[v, z] = state.chain[v, z]
        for z in range(state.used[v]):
            depot = data.stops + state.chain[v, z]
            state.best_following[depot] = state.following[depot]
            c = state.following[depot]
            while c != depot:
                state.best_following[c] = state.following[c]
                state.best_window[c] = state.window_of[c]
                c = state.following[c]
    state.total[DIRTY] = 0

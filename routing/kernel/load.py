"""Starting the search from given rounds: derived values are computed in compiled code, what does not fit is left
out.
"""

from __future__ import annotations

from routing.kernel.arrays import COST, DIRTY, ROUNDS_USED, Data, SearchState
from routing.kernel.compiled import compiled, inlined
from routing.kernel.places import change_cost
from routing.kernel.segments import refresh_round, refresh_shift
from routing.kernel.undo import save_best


@compiled
def refresh_all(data: Data, state: SearchState) -> bool:
    """Derive legs, loads, sizes, times and cost from the sequences in `state`; False if they break a window or
    shift.

    The windows in use have to be set before.
    """
    is_fine = True
    cost = 0
    state.total[ROUNDS_USED] = 0
    for c in range(data.stops):
        if state.round_of[c] < 0:
            cost += data.prize[c]
    for v in range(len(data.kind)):
        for z in range(state.used[v]):
            r = state.chain[v, z]
            cost += _refresh_links(data, state, r) + data.round_cost[v]
            if data.has_time:
                is_fine = refresh_round(data, state, r) and is_fine
        if state.used[v] > 0:
            cost += data.fixed_cost[v]
            state.total[ROUNDS_USED] += state.used[v]
            if data.has_time:
                is_fine = refresh_shift(data, state, v) and is_fine
                cost += data.per_second[v] * state.duration[v]
        state.is_dirty[v] = 1
        state.dirty[v] = v
    state.total[DIRTY] = len(data.kind)
    state.total[COST] = cost
    save_best(data, state)
    return is_fine


@inlined
def _refresh_links(data: Data, state: SearchState, r: int) -> int:
    """Legs, load and size of round r; returns the cost of its metres and of its changes of vehicle."""
    v = data.vehicle_of[r]
    p = data.profile[v]
    depot = data.stops + r
    state.size[r] = 0
    for k in range(data.demand.shape[1]):
        state.load[r, k] = 0
    metres = changes = 0
    a = depot
    c = state.following[depot]
    while True:
        state.leg[c] = data.metres_to[p, data.place_out[a], data.place_in[c]]
        metres += state.leg[c]
        if c == depot:
            break
        state.size[r] += 1
        for k in range(data.demand.shape[1]):
            state.load[r, k] += data.demand[c, k]
        changes += change_cost(data, v, a, c)
        a = c
        c = state.following[c]
    return int(data.per_metre[v] * metres + changes)

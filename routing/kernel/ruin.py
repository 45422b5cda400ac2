"""Removing strings of neighbouring stops from neighbouring rounds."""

from __future__ import annotations

from routing.kernel.arrays import BANKED, COST, ROUNDS_USED, Data, SearchScratch, SearchSettings, SearchState
from routing.kernel.compiled import inlined
from routing.kernel.places import changes_added
from routing.kernel.rng import RngState, below, uniform
from routing.kernel.segments import refresh_round, refresh_shift
from routing.kernel.undo import push_if_idle, save_round


@inlined
def ruin(data: Data, state: SearchState, work: SearchScratch, settings: SearchSettings, rng: RngState) -> bool:
    """Remove strings around a random stop; the removed stops are in `work.absent`.

    Where rounds are longer than 20 stops, strings may be half a round and removals grow with them, so that a ruin can
    still empty a round: on one generated instance with wide windows, single runs of 6 s ended up to 3 % lower; on two
    others they did not differ.

    False if what is left breaks a window: travel times without triangle inequality can do that.
    """
    served = data.stops - state.total[BANKED]
    average = served / max(1, state.total[ROUNDS_USED])
    longest = max(1.0, min(max(settings.longest, average / 2.0), average))
    removals = max(settings.removals, longest)
    # Equations 5 to 7 of the paper: on average `removals` stops, whatever the lengths of the strings.
    strings = int(uniform(rng) * (4.0 * removals / (1.0 + longest) - 1.0) + 1.0)
    whole = uniform(rng) < settings.whole_rate
    if whole:
        strings = 1 + below(rng, 3)
    centre = below(rng, data.stops)
    done = 0
    for q in range(-1, data.near.shape[1]):
        if done >= strings:
            break
        c = centre if q < 0 else data.near[centre, q]
        r = state.round_of[c]
        if r < 0 or work.ruined[r] == work.clock[1]:
            continue
        work.ruined[r] = work.clock[1]
        done += 1
        save_round(data, state, work, r)
        size = state.size[r]
        length = size if whole else min(size, int(uniform(rng) * min(float(size), longest) + 1.0))
        _remove_string(data, state, work, c, length, settings, rng)
        if state.size[r] == 0:
            _close_round(data, state, r)
    return not data.has_time or _refresh(data, state, work)


@inlined
def _remove_string(
    data: Data, state: SearchState, work: SearchScratch, c: int, length: int, settings: SearchSettings, rng: RngState
) -> None:
    """Remove `length` consecutive stops among which is c, perhaps keeping a few in the middle."""
    r = state.round_of[c]
    depot = data.stops + r
    size = state.size[r]
    kept = 0
    if 1 < length < size and uniform(rng) < settings.split_rate:
        kept = 1
        while length + kept < size and uniform(rng) < settings.split_depth:
            kept += 1
    span = length + kept
    back = 0
    first = c
    while back < span - 1 and state.preceding[first] != depot:
        first = state.preceding[first]
        back += 1
    ahead = 0
    x = c
    while ahead < span - 1 and state.following[x] != depot:
        x = state.following[x]
        ahead += 1
    least = max(0, span - 1 - ahead)
    steps = least + below(rng, back - least + 1)
    x = c
    for _ in range(steps):
        x = state.preceding[x]
    keep_from = 1 + below(rng, length - 1) if kept > 0 else span
    for k in range(span):
        coming = state.following[x]
        if k < keep_from or k >= keep_from + kept:
            _remove(data, state, work, x)
        x = coming


@inlined
def _remove(data: Data, state: SearchState, work: SearchScratch, c: int) -> None:
    r = state.round_of[c]
    v = data.vehicle_of[r]
    p = data.profile[v]
    a, b = state.preceding[c], state.following[c]
    joined = 0 if a == b and a >= data.stops else data.metres_to[p, data.place_out[a], data.place_in[b]]
    state.total[COST] -= data.per_metre[v] * (state.leg[c] + state.leg[b] - joined) - data.prize[c]
    state.total[COST] -= changes_added(data, v, a, c, b)
    state.following[a] = b
    state.preceding[b] = a
    state.leg[b] = joined
    state.round_of[c] = -1
    state.size[r] -= 1
    for k in range(data.demand.shape[1]):
        state.load[r, k] -= data.demand[c, k]
    work.absent[work.saved[3]] = c
    work.saved[3] += 1


@inlined
def _close_round(data: Data, state: SearchState, r: int) -> None:
    """Round r has become empty: move it behind the rounds in use."""
    v = data.vehicle_of[r]
    z = 0
    while state.chain[v, z] != r:
        z += 1
    for k in range(z, state.used[v] - 1):
        state.chain[v, k] = state.chain[v, k + 1]
    state.used[v] -= 1
    state.chain[v, state.used[v]] = r
    state.total[ROUNDS_USED] -= 1
    state.total[COST] -= data.round_cost[v]
    if state.used[v] == 0:
        state.total[COST] -= data.fixed_cost[v]
        push_if_idle(data, state, v)


@inlined
def _refresh(data: Data, state: SearchState, work: SearchScratch) -> bool:
    """Recompute times of all touched rounds and vehicles, and the cost of their durations."""
    is_fine = True
    for k in range(work.saved[0]):
        r = work.saved_rounds[k, 0]
        if state.size[r] > 0:
            is_fine = refresh_round(data, state, r) and is_fine
    for k in range(work.saved[2]):
        v = work.saved_vehicles[k, 0]
        state.total[COST] -= data.per_second[v] * state.duration[v]
        is_fine = refresh_shift(data, state, v) and is_fine
        state.total[COST] += data.per_second[v] * state.duration[v]
    return is_fine

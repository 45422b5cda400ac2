"""Putting absent stops back: each at its cheapest feasible place, now and then overlooking one."""

from __future__ import annotations

from routing.kernel.arrays import BANKED, COST, ROUNDS_USED, Data, SearchScratch, SearchSettings, SearchState
from routing.kernel.compiled import inlined
from routing.kernel.places import best_gap, best_new_round, best_unused_vehicle
from routing.kernel.rng import RngState, uniform
from routing.kernel.segments import refresh_round, refresh_shift
from routing.kernel.undo import save_round


@inlined
def recreate(data: Data, state: SearchState, work: SearchScratch, settings: SearchSettings, rng: RngState) -> None:
    """Insert the stops of `work.absent` in a random kind of order; those that find no place stay absent."""
    _order(data, work, rng)
    for k in range(work.saved[3]):
        c = work.absent[k]
        cost, r, a, z, w = best_gap(data, state, work, c, settings, rng)
        cost, r, a, z, w = best_unused_vehicle(data, state, c, (cost, r, a, z, w))
        if data.slots > 1:
            cost, r, a, z, w = best_new_round(data, state, work, c, (cost, r, a, z, w), rng)
        if r >= 0 and cost <= data.prize[c]:
            _insert(data, state, work, c, (cost, r, a, z, w))


@inlined
def _order(data: Data, work: SearchScratch, rng: RngState) -> None:
    """Sort the absent stops: at random, by load, by distance from the depot (far, then near), or by their windows.

    Large stops first, because small ones still fit in at the end; far ones first, because near ones lie on the way.
    One order alone would build the same plans again, so it is drawn: chances 4 : 4 : 2 : 1 (of 11) as in the paper,
    and where there are windows 2 : 2 : 2 more (of 17) for length, opening and closing: narrow windows have few places.
    """
    choice = uniform(rng) * (17.0 if data.has_time else 11.0)
    depot = data.place_out[data.stops]
    for k in range(work.saved[3]):
        c = work.absent[k]
        first, last = data.first_window[c], data.first_window[c + 1] - 1
        if choice < 4.0:
            key = uniform(rng)
        elif choice < 8.0:
            key = -float(data.demand[c, 0])
        elif choice < 10.0:
            key = -float(data.metres_to[0, depot, data.place_in[c]])
        elif choice < 11.0:
            key = float(data.metres_to[0, depot, data.place_in[c]])
        elif choice < 13.0:
            key = float(data.closes[last] - data.opens[first])
        elif choice < 15.0:
            key = float(data.opens[first])
        else:
            key = -float(data.closes[last])
        q = k
        while q > 0 and work.key[q - 1] > key:
            work.key[q] = work.key[q - 1]
            work.absent[q] = work.absent[q - 1]
            q -= 1
        work.key[q] = key
        work.absent[q] = c


@inlined
def _insert(data: Data, state: SearchState, work: SearchScratch, c: int, place: tuple[int, int, int, int, int]) -> None:
    """Carry out an insertion found before: place is (cost, round, predecessor, position of a new round or -1,
    window).
    """
    cost, r, a, z, w = place
    v = data.vehicle_of[r]
    save_round(data, state, work, r)
    if z >= 0:
        _open_round(state, v, r, z)
    p = data.profile[v]
    b = state.following[a]
    state.following[a] = c
    state.preceding[c] = a
    state.following[c] = b
    state.preceding[b] = c
    state.leg[c] = data.metres_to[p, data.place_out[a], data.place_in[c]]
    state.leg[b] = data.metres_to[p, data.place_out[c], data.place_in[b]]
    state.round_of[c] = r
    state.window_of[c] = w
    state.size[r] += 1
    for k in range(data.demand.shape[1]):
        state.load[r, k] += data.demand[c, k]
    state.total[COST] += cost - data.prize[c]
    if data.has_time:
        refresh_round(data, state, r)
        refresh_shift(data, state, v)


@inlined
def _open_round(state: SearchState, v: int, r: int, z: int) -> None:
    """Move the empty round r of vehicle v to position z of its chain."""
    k = 0
    while state.chain[v, k] != r:
        k += 1
    for q in range(k, z, -1):
        state.chain[v, q] = state.chain[v, q - 1]
    state.chain[v, z] = r
    state.used[v] += 1
    state.total[ROUNDS_USED] += 1


@inlined
def settle_bank(state: SearchState, work: SearchScratch) -> None:
    """After an accepted iteration: absent stops that found no place go to the bank, the others leave it."""
    for k in range(work.saved[3]):
        c = work.absent[k]
        place = state.bank_place[c]
        if state.round_of[c] < 0 and place < 0:
            state.bank_place[c] = state.total[BANKED]
            state.bank[state.total[BANKED]] = c
            state.total[BANKED] += 1
        elif state.round_of[c] >= 0 and place >= 0:
            state.total[BANKED] -= 1
            last = state.bank[state.total[BANKED]]
            state.bank[place] = last
            state.bank_place[last] = place
            state.bank_place[c] = -1

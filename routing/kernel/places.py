"""Finding the cheapest feasible place for one stop.

A place is (cost, round, predecessor, position of a new round in the chain or -1, window).
"""

from __future__ import annotations

from routing.kernel.arrays import Data, SearchScratch, SearchSettings, SearchState
from routing.kernel.compiled import inlined
from routing.kernel.rng import RngState, below, uniform
from routing.kernel.segments import join

NOWHERE = 1 << 60
"""Dearer than every place; sums with it stay within 64 bits."""
Place = tuple[int, int, int, int, int]


@inlined
def fits_round(data: Data, state: SearchState, r: int, c: int) -> bool:
    """Whether stop c may join round r as far as permission, number of stops and load are concerned."""
    v = data.vehicle_of[r]
    if data.allowed[v, c] == 0 or state.size[r] >= data.max_stops:
        return False
    fits = True
    for k in range(data.demand.shape[1]):
        fits = fits and state.load[r, k] + data.demand[c, k] <= data.capacity[v, k]
    return bool(fits)


@inlined
def change_cost(data: Data, v: int, a: int, c: int) -> int:
    """What it costs that vehicle v serves vertex c after vertex a, where the plan before had it otherwise."""
    if data.change_cost == 0 or c >= data.stops or data.usual[c] < 0:
        return 0
    before = a if a < data.stops else -2
    is_usual = data.usual[c] == v and (data.usual_before[c] == -1 or data.usual_before[c] == before)
    return 0 if is_usual else data.change_cost


@inlined
def changes_added(data: Data, v: int, a: int, c: int, b: int) -> int:
    """Cost of changes when stop c comes between a and b."""
    if data.change_cost == 0:
        return 0
    return change_cost(data, v, a, c) + change_cost(data, v, c, b) - change_cost(data, v, a, b)


@inlined
def best_gap(
    data: Data, state: SearchState, work: SearchScratch, c: int, settings: SearchSettings, rng: RngState
) -> Place:
    """Cheapest place next to a neighbour that is served; all listed neighbours are looked at if no near one offers
    a place.

    Much of a search is this look (see `routing.improve.SETTINGS`); only a stop that would stay out is worth the longer
    one.
    """
    listed = data.leaders.shape[1]
    near_count = min(settings.near_count, listed)
    place = _best_gap_among(data, state, work, c, near_count, settings.blink, rng)
    if place[1] < 0 and near_count < listed:
        place = _best_gap_among(data, state, work, c, listed, settings.blink, rng)
    return place


@inlined
def _best_gap_among(
    data: Data, state: SearchState, work: SearchScratch, c: int, count: int, blink: float, rng: RngState
) -> Place:
    """Look at the gaps behind the first `count` leaders of stop c and before its first `count` followers."""
    here_in, here_out = data.place_in[c], data.place_out[c]
    best, best_round, best_after, best_window = NOWHERE, -1, -1, -1
    work.clock[0] += 1
    for q in range(2 * count):
        j = data.leaders[c, q] if q < count else data.followers[c, q - count]
        r = state.round_of[j] if j >= 0 else -1
        if r < 0:
            continue
        v = data.vehicle_of[r]
        p = data.profile[v]
        a = j if q < count else state.preceding[j]
        b = state.following[j] if q < count else j
        into = data.metres_from[p, here_in, data.place_out[a]]
        onward = data.metres_to[p, here_out, data.place_in[b]]
        cost = data.per_metre[v] * (into + onward - state.leg[b]) + changes_added(data, v, a, c, b)
        if cost >= best:
            continue
        if work.seen[r] != work.clock[0]:
            work.seen[r] = work.clock[0]
            work.fits[r] = fits_round(data, state, r, c)
        if work.fits[r] == 0 or uniform(rng) < blink:
            continue
        if data.has_zones and (data.zone_in[c] < data.zone_out[a] or data.zone_out[c] > data.zone_in[b]):
            continue
        window = data.first_window[c]
        if data.has_time:
            window, seconds = _seconds_added(data, state, c, r, a, b)
            cost += data.per_second[v] * seconds
            if window < 0 or cost >= best:
                continue
        best, best_round, best_after, best_window = cost, r, a, window
    return best, best_round, best_after, -1, best_window


@inlined
def _seconds_added(data: Data, state: SearchState, c: int, r: int, a: int, b: int) -> tuple[int, int]:
    """(window, seconds that the shift grows by) for stop c between a and b of round r; window -1 if it does not fit."""
    v = data.vehicle_of[r]
    p = data.profile[v]
    into = data.seconds_from[p, data.place_in[c], data.place_out[a]]
    onward = data.seconds_to[p, data.place_out[c], data.place_in[b]]
    release = max(state.released[r], data.release[c])
    best_window, best_seconds = -1, NOWHERE
    for w in range(data.first_window[c], data.first_window[c + 1]):
        d, e, u, late = join(
            state.head[a, 0], state.head[a, 1], state.head[a, 2], into, data.service[c], data.opens[w], data.closes[w]
        )
        if late > 0:
            continue
        d, e, u, late = join(d, e, u, onward, state.tail[b, 0], state.tail[b, 1], state.tail[b, 2])
        if late > 0 or release > u or d > data.max_round[v]:
            continue
        e = max(e, release)
        if state.used[v] > 1:
            d, e, u, late = join(state.before[r, 0], state.before[r, 1], state.before[r, 2], 0, d, e, u)
            if late > 0:
                continue
            d, e, u, late = join(d, e, u, 0, state.after[r, 0], state.after[r, 1], state.after[r, 2])
            if late > 0:
                continue
        if d <= data.max_shift[v] and d - state.duration[v] < best_seconds:
            best_window, best_seconds = w, d - state.duration[v]
    return best_window, best_seconds


@inlined
def _alone(data: Data, c: int, v: int, w: int) -> tuple[int, int, int, int]:
    """The piece of a round of vehicle v that serves only stop c in window w; lateness > 0 if it cannot."""
    p = data.profile[v]
    depot = data.stops + v * data.slots
    out = data.seconds_to[p, data.place_out[depot], data.place_in[c]]
    back = data.seconds_to[p, data.place_out[c], data.place_in[depot]]
    start, end = data.start_opens[v], data.start_closes[v]
    d, e, u, late = join(data.reload[v], start, end, out, data.service[c], data.opens[w], data.closes[w])
    d, e, u, more = join(d, e, u, back, 0, data.end_opens[v], data.end_closes[v])
    if d > data.max_round[v] or data.release[c] > u:
        more += 1
    return d, max(e, data.release[c]), u, late + more


@inlined
def _metres_alone(data: Data, c: int, v: int) -> int:
    p = data.profile[v]
    depot = data.stops + v * data.slots
    out = data.metres_to[p, data.place_out[depot], data.place_in[c]]
    return int(out) + int(data.metres_to[p, data.place_out[c], data.place_in[depot]])


@inlined
def _may_carry(data: Data, c: int, v: int) -> bool:
    may = data.allowed[v, c] != 0
    for k in range(data.demand.shape[1]):
        may = may and data.demand[c, k] <= data.capacity[v, k]
    return bool(may)


@inlined
def best_unused_vehicle(data: Data, state: SearchState, c: int, place: Place) -> Place:
    """`place`, or a first round of an unused vehicle if that is cheaper. One vehicle of each kind is looked at."""
    best, best_round, best_after, best_chain, best_window = place
    for g in range(state.idle.shape[0]):
        while state.idle_count[g] > 0 and state.used[state.idle[g, state.idle_count[g] - 1]] > 0:
            state.idle_count[g] -= 1
            state.is_idle[state.idle[g, state.idle_count[g]]] = 0
        if state.idle_count[g] == 0:
            continue
        v = state.idle[g, state.idle_count[g] - 1]
        if data.max_rounds[v] == 0 or not _may_carry(data, c, v):
            continue
        cost = data.per_metre[v] * _metres_alone(data, c, v) + data.fixed_cost[v] + data.round_cost[v]
        cost += change_cost(data, v, data.stops, c)
        for w in range(data.first_window[c], data.first_window[c + 1]):
            seconds = 0
            if data.has_time:
                seconds, _, _, late = _alone(data, c, v, w)
                if late > 0 or seconds > data.max_shift[v]:
                    continue
            if cost + data.per_second[v] * seconds < best:
                best, best_window = cost + data.per_second[v] * seconds, w
                best_round, best_chain = state.chain[v, 0], 0
                best_after = data.stops + best_round
    return best, best_round, best_after, best_chain, best_window


@inlined
def best_new_round(data: Data, state: SearchState, work: SearchScratch, c: int, place: Place, rng: RngState) -> Place:
    """`place`, or another round of a vehicle in use if that is cheaper, at any position of its chain.

    Vehicles of eight stops nearby and of four drawn at random: a new round begins at the depot, so a vehicle that was
    far away is as good where it has time left.
    """
    work.clock[2] += 1
    for q in range(12):
        j = data.near[c, q] if q < 8 and q < data.near.shape[1] else below(rng, data.stops)
        if state.round_of[j] < 0:
            continue
        v = data.vehicle_of[state.round_of[j]]
        if work.vehicle_seen[v] == work.clock[2] or state.used[v] >= data.max_rounds[v] or not _may_carry(data, c, v):
            continue
        work.vehicle_seen[v] = work.clock[2]
        cost = data.per_metre[v] * _metres_alone(data, c, v) + data.round_cost[v]
        cost += change_cost(data, v, data.stops, c)
        if cost < place[0]:
            place = _best_position(data, state, c, v, cost, place)
    return place


@inlined
def _best_position(data: Data, state: SearchState, c: int, v: int, metre_cost: int, place: Place) -> Place:
    new = state.chain[v, state.used[v]]
    for w in range(data.first_window[c], data.first_window[c + 1]):
        d0, e0, u0, late0 = _alone(data, c, v, w)
        if late0 > 0:
            continue
        for z in range(state.used[v] + 1):
            d, e, u, late = d0, e0, u0, 0
            if z < state.used[v]:
                r = state.chain[v, z]
                d, e, u, late = join(state.before[r, 0], state.before[r, 1], state.before[r, 2], 0, d, e, u)
            if z > 0 and late == 0:
                r = state.chain[v, z - 1]
                if z == state.used[v]:
                    b, f, g, _ = join(
                        state.before[r, 0], state.before[r, 1], state.before[r, 2],
                        0, state.trip[r, 0], state.trip[r, 1], state.trip[r, 2],
                    )  # fmt: skip
                    d, e, u, late = join(b, f, g, 0, d, e, u)
            if z < state.used[v] and late == 0:
                d, e, u, late = _then_rest(state, v, z, d, e, u)
            seconds = d - state.duration[v]
            cost = metre_cost + data.per_second[v] * seconds
            if late == 0 and d <= data.max_shift[v] and cost < place[0]:
                place = cost, new, data.stops + new, z, w
    return place


@inlined
def _then_rest(state: SearchState, v: int, z: int, d: int, e: int, u: int) -> tuple[int, int, int, int]:
    """The piece (d, e, u), then the rounds of vehicle v from position z on."""
    r = state.chain[v, z]
    b, f, g, _ = join(
        state.trip[r, 0], state.trip[r, 1], state.trip[r, 2], 0, state.after[r, 0], state.after[r, 1], state.after[r, 2]
    )
    return join(d, e, u, 0, b, f, g)

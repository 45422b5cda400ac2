"""Joining pieces of a timetable in O(1).

A piece is (d, e, u) = (duration, earliest, latest or "until"): its shortest duration, and the earliest and latest
start that reach it without missing a window (T. Vidal et al., "A hybrid genetic algorithm with adaptive diversity
management for a large class of vehicle routing problems with time windows", Computers & Operations Research 40,
2013). Started before `earliest`, a piece waits; started after `latest`, it is too late, which shows as lateness > 0
when it is joined to what comes before.
"""

from __future__ import annotations

from routing.kernel.arrays import Data, SearchState
from routing.kernel.compiled import inlined, shared

LAST_S = 1_000_000_000
"""Later than everything, HORIZON_S too: the neutral piece is (0, 0, LAST_S)."""


@shared
def join(d1: int, e1: int, u1: int, travel: int, d2: int, e2: int, u2: int) -> tuple[int, int, int, int]:
    """Piece 1, then `travel` seconds, then piece 2: (duration, earliest, latest, lateness)."""
    shift = d1 + travel
    wait = max(e2 - shift - u1, 0)
    late = max(e1 + shift - u2, 0)
    return d1 + d2 + travel + wait, max(e2 - shift, e1) - wait, min(u2 - shift, u1) + late, late


@inlined
def refresh_round(data: Data, state: SearchState, r: int) -> bool:
    """Recompute the pieces of round r after a change; False if it has become too late or too long."""
    v = data.vehicle_of[r]
    p = data.profile[v]
    depot = data.stops + r
    state.head[depot, 0] = data.reload[v]
    state.head[depot, 1] = data.start_opens[v]
    state.head[depot, 2] = data.start_closes[v]
    state.tail[depot, 0] = 0
    state.tail[depot, 1] = data.end_opens[v]
    state.tail[depot, 2] = data.end_closes[v]
    d, e, u = state.head[depot, 0], state.head[depot, 1], state.head[depot, 2]
    lateness = 0
    release = 0
    a = depot
    c = state.following[depot]
    while c != depot:
        travel = data.seconds_to[p, data.place_out[a], data.place_in[c]]
        w = state.window_of[c]
        d, e, u, late = join(d, e, u, travel, data.service[c], data.opens[w], data.closes[w])
        lateness += late
        state.head[c, 0], state.head[c, 1], state.head[c, 2] = d, e, u
        release = max(release, data.release[c])
        a = c
        c = state.following[c]
    travel = data.seconds_to[p, data.place_out[a], data.place_in[depot]]
    d, e, u, late = join(d, e, u, travel, 0, data.end_opens[v], data.end_closes[v])
    lateness += late
    state.released[r] = release
    state.trip[r, 0], state.trip[r, 1], state.trip[r, 2] = d, max(e, release), u
    _refresh_tail(data, state, r)
    return lateness == 0 and release <= u and d <= data.max_round[v]


@inlined
def _refresh_tail(data: Data, state: SearchState, r: int) -> None:
    v = data.vehicle_of[r]
    p = data.profile[v]
    depot = data.stops + r
    d, e, u = state.tail[depot, 0], state.tail[depot, 1], state.tail[depot, 2]
    b = depot
    c = state.preceding[depot]
    while c != depot:
        travel = data.seconds_to[p, data.place_out[c], data.place_in[b]]
        w = state.window_of[c]
        d, e, u, _ = join(data.service[c], data.opens[w], data.closes[w], travel, d, e, u)
        state.tail[c, 0], state.tail[c, 1], state.tail[c, 2] = d, e, u
        b = c
        c = state.preceding[c]


@inlined
def refresh_shift(data: Data, state: SearchState, v: int) -> bool:
    """Recompute what lies before and after each round of vehicle v; False if the shift has become impossible."""
    d, e, u = 0, 0, LAST_S
    lateness = 0
    for z in range(state.used[v]):
        r = state.chain[v, z]
        state.before[r, 0], state.before[r, 1], state.before[r, 2] = d, e, u
        d, e, u, late = join(d, e, u, 0, state.trip[r, 0], state.trip[r, 1], state.trip[r, 2])
        lateness += late
    state.duration[v] = d
    total = d
    d, e, u = 0, 0, LAST_S
    for z in range(state.used[v] - 1, -1, -1):
        r = state.chain[v, z]
        state.after[r, 0], state.after[r, 1], state.after[r, 2] = d, e, u
        d, e, u, _ = join(state.trip[r, 0], state.trip[r, 1], state.trip[r, 2], 0, d, e, u)
    return lateness == 0 and total <= data.max_shift[v]

"""The arrays the kernel works on.

Vertices 0 .. n-1 are stops. Vertex n + r is the depot of round r: as a predecessor it stands for the departure, as a
successor for the return. Every vehicle owns `slots` rounds, those of vehicle v from v * slots on; those in use are
listed in order in its row of `chain`. A segment is a row (duration, earliest start, latest start), see `segments`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

I64 = npt.NDArray[np.int64]
I32 = npt.NDArray[np.int32]
U8 = npt.NDArray[np.uint8]

COST, BEST, ROUNDS_USED, DIRTY, BANKED = 0, 1, 2, 3, 4
"""Slots of `SearchState.total`: cost now, best cost, rounds in use, vehicles changed since the best, stops left out."""


class Data(NamedTuple):
    """What never changes during a search. Sizes: n stops, v vehicles, L locations, d measures of load, w windows."""

    stops: int
    slots: int
    max_stops: int
    has_time: bool
    has_zones: bool
    change_cost: int
    metres_to: I32
    """[profile, from, to]"""
    metres_from: I32
    """[profile, to, from]: the transpose, so that one row serves one stop."""
    seconds_to: I32
    seconds_from: I32
    place_out: I64
    """[vertex] location when left."""
    place_in: I64
    """[vertex] location when reached."""
    zone_out: I64
    zone_in: I64
    demand: I64
    """[n, d]"""
    service: I64
    first_window: I64
    """[n + 1] windows of stop c are first_window[c] .. first_window[c + 1] - 1."""
    opens: I64
    closes: I64
    release: I64
    prize: I64
    """[n] cost of leaving the stop out."""
    usual: I64
    """[n] vehicle of the plan before, or -1."""
    usual_before: I64
    """[n] stop before it in the plan before, -1 if any will do, -2 for the depot."""
    allowed: U8
    """[v, n]"""
    vehicle_of: I64
    """[round] r // slots, looked up: a division takes longer than everything else that an insertion place costs."""
    kind: I64
    """[v] vehicles of one kind are interchangeable."""
    profile: I64
    capacity: I64
    """[v, d]"""
    start_opens: I64
    start_closes: I64
    end_opens: I64
    end_closes: I64
    reload: I64
    max_rounds: I64
    max_round: I64
    max_shift: I64
    fixed_cost: I64
    round_cost: I64
    per_metre: I64
    per_second: I64
    near: I32
    """[n, k] other stops, the nearest first: what to remove together."""
    leaders: I32
    """[n, k] stops after which to insert, the best first, then -1 where nobody is left."""
    followers: I32
    """[n, k] stops before which to insert, likewise."""


class SearchState(NamedTuple):
    """The solution at hand and the best one seen."""

    following: I64
    """[vertex] successor"""
    preceding: I64
    """[vertex] predecessor"""
    round_of: I64
    """[n] round, or -1 when not served."""
    window_of: I64
    """[n] index of the window in use."""
    leg: I64
    """[vertex] metres from the predecessor."""
    load: I64
    """[round, d]"""
    size: I64
    """[round] number of stops"""
    released: I64
    """[round] latest release among its stops"""
    chain: I64
    """[v, slots] rounds in order, unused ones at the end."""
    used: I64
    """[v] number of rounds in use"""
    head: I64
    """[vertex, 3] segment from the loading up to and with the vertex."""
    tail: I64
    """[vertex, 3] segment from the vertex to the return."""
    before: I64
    """[round, 3] all rounds of the vehicle before this one."""
    after: I64
    """[round, 3] all rounds of the vehicle after this one."""
    trip: I64
    """[round, 3] the round itself, its release included."""
    duration: I64
    """[v] from the first loading to the last return."""
    idle: I64
    """[kind, v] stack of vehicles that may be unused."""
    idle_count: I64
    is_idle: U8
    """[v] whether the vehicle is on the stack."""
    bank: I64
    """Stops left out, `total[BANKED]` of them."""
    bank_place: I64
    """[n] place in the bank, or -1."""
    total: I64
    best_following: I64
    best_window: I64
    best_chain: I64
    best_used: I64
    dirty: I64
    is_dirty: U8


class SearchScratch(NamedTuple):
    """Scratch memory of one iteration, among it everything needed to take the iteration back."""

    clock: I64
    """[0] counts insertions, [1] iterations: stamps that make clearing arrays unnecessary."""
    seen: I64
    """[round] stamp of the insertion that last looked at the round."""
    fits: U8
    ruined: I64
    """[round] stamp of the iteration that last removed something from it."""
    round_stamp: I64
    vehicle_stamp: I64
    vehicle_seen: I64
    saved: I64
    """[0] rounds saved, [1] stops saved, [2] vehicles saved, [3] absent stops, [4] of them removed now."""
    saved_rounds: I64
    """[round, 3] round, first stop in `saved_stops`, number of stops."""
    saved_stops: I64
    saved_windows: I64
    saved_vehicles: I64
    """[v, 2 + slots] vehicle, rounds used, its chain."""
    absent: I64
    key: npt.NDArray[np.float64]


class SearchSettings(NamedTuple):
    """Parameters of the search; names as in the paper where it has them."""

    removals: float
    """Average number of stops removed (c-bar)."""
    longest: float
    """Longest string (L-max)."""
    split_rate: float
    """How often a string keeps some stops in its middle (alpha)."""
    split_depth: float
    """How likely one more of them is kept (beta)."""
    blink: float
    """How likely an insertion position is overlooked."""
    whole_rate: float
    """How often whole rounds are removed instead of strings."""
    near_count: int
    """How many leaders, and how many followers, an insertion looks at."""

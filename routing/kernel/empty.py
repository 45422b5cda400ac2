"""A search before its first iteration: nobody served, every vehicle idle, nothing remembered."""

from __future__ import annotations

import numpy as np

from routing.kernel.arrays import I64, Data, SearchScratch, SearchState


def empty_state(data: Data) -> SearchState:
    """No stop is served, every vehicle is idle."""
    n, v = data.stops, len(data.kind)
    rounds = v * data.slots
    vertices = np.arange(n + rounds, dtype=np.int64)
    chain = np.arange(rounds, dtype=np.int64).reshape(v, data.slots)
    idle, idle_count = _idle_stacks(data)
    return SearchState(
        following=vertices.copy(),
        preceding=vertices.copy(),
        round_of=np.full(n, -1, dtype=np.int64),
        window_of=data.first_window[:-1].copy(),
        leg=np.zeros(n + rounds, dtype=np.int64),
        load=np.zeros((rounds, data.demand.shape[1]), dtype=np.int64),
        size=np.zeros(rounds, dtype=np.int64),
        released=np.zeros(rounds, dtype=np.int64),
        chain=chain.copy(),
        used=np.zeros(v, dtype=np.int64),
        head=_depot_pieces(data, data.reload, data.start_opens, data.start_closes),
        tail=_depot_pieces(data, np.zeros(v, dtype=np.int64), data.end_opens, data.end_closes),
        before=np.zeros((rounds, 3), dtype=np.int64),
        after=np.zeros((rounds, 3), dtype=np.int64),
        trip=np.zeros((rounds, 3), dtype=np.int64),
        duration=np.zeros(v, dtype=np.int64),
        idle=idle,
        idle_count=idle_count,
        is_idle=np.ones(v, dtype=np.uint8),
        bank=np.arange(n, dtype=np.int64),
        bank_place=np.arange(n, dtype=np.int64),
        total=np.array([int(data.prize.sum()), 1 << 60, 0, 0, n], dtype=np.int64),
        best_following=vertices.copy(),
        best_window=data.first_window[:-1].copy(),
        best_chain=chain.copy(),
        best_used=np.zeros(v, dtype=np.int64),
        dirty=np.zeros(v, dtype=np.int64),
        is_dirty=np.zeros(v, dtype=np.uint8),
    )


def _idle_stacks(data: Data) -> tuple[I64, I64]:
    """[kind, v] all vehicles, those with the lowest numbers on top, and [kind] how many."""
    v, kinds = len(data.kind), int(data.kind.max()) + 1
    idle = np.zeros((kinds, v + 1), dtype=np.int64)
    idle_count = np.zeros(kinds, dtype=np.int64)
    for index in range(v - 1, -1, -1):
        kind = data.kind[index]
        idle[kind, idle_count[kind]] = index
        idle_count[kind] += 1
    return idle, idle_count


def _depot_pieces(data: Data, takes: I64, opens: I64, closes: I64) -> I64:
    pieces = np.zeros((len(data.place_in), 3), dtype=np.int64)
    pieces[data.stops :] = np.repeat(np.stack([takes, opens, closes], axis=1), data.slots, axis=0)
    return pieces


def empty_work(data: Data) -> SearchScratch:
    """Scratch memory for one search."""
    n, v = data.stops, len(data.kind)
    rounds = v * data.slots
    return SearchScratch(
        clock=np.zeros(3, dtype=np.int64),
        seen=np.full(rounds, -1, dtype=np.int64),
        fits=np.zeros(rounds, dtype=np.uint8),
        ruined=np.full(rounds, -1, dtype=np.int64),
        round_stamp=np.full(rounds, -1, dtype=np.int64),
        vehicle_stamp=np.full(v, -1, dtype=np.int64),
        vehicle_seen=np.full(v, -1, dtype=np.int64),
        saved=np.zeros(5, dtype=np.int64),
        saved_rounds=np.zeros((rounds, 3), dtype=np.int64),
        saved_stops=np.zeros(n, dtype=np.int64),
        saved_windows=np.zeros(n, dtype=np.int64),
        saved_vehicles=np.zeros((v, 2 + data.slots), dtype=np.int64),
        absent=np.zeros(n, dtype=np.int64),
        key=np.zeros(n, dtype=np.float64),
    )

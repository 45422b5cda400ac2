"""Starting the compiled search from a plan."""

from __future__ import annotations

from routing.draft import Draft
from routing.improve import Search
from routing.kernel.arrays import Data, SearchState
from routing.kernel.build import best_indices, build_data, set_rounds
from routing.kernel.load import refresh_all
from routing.model import RoutingProblem, Window


def load_draft(problem: RoutingProblem, data: Data, state: SearchState, draft: Draft) -> bool:
    """Write a draft into an empty state; False (and the state must be thrown away) if it breaks a limit."""
    number = {stop.name: index for index, stop in enumerate(problem.stops)}
    rounds: dict[int, list[list[int]]] = {}
    for index, vehicle in enumerate(problem.vehicles):
        sequences = [[number[name] for name in stops] for stops in draft.rounds.get(vehicle.name, ())]
        if len(sequences) > vehicle.max_rounds or not _is_allowed(data, index, sequences):
            return False
        if sequences:
            rounds[index] = sequences
    for name, window in draft.windows.items():
        c = number[name]
        state.window_of[c] = data.first_window[c] + problem.stops[c].windows.index(window)
    set_rounds(data, state, rounds)
    return refresh_all(data, state)


def _is_allowed(data: Data, vehicle: int, rounds: list[list[int]]) -> bool:
    for stops in rounds:
        zones = [int(data.zone_in[c]) for c in stops]
        loads = data.demand[stops].sum(axis=0)
        if len(stops) > data.max_stops or (data.has_zones and zones != sorted(zones)):
            return False
        if not data.allowed[vehicle, stops].all() or (loads > data.capacity[vehicle]).any():
            return False
    return True


def best_draft(problem: RoutingProblem, data: Data, state: SearchState) -> Draft:
    """The best solution of a search as a draft."""
    rounds: dict[str, list[list[str]]] = {}
    windows: dict[str, Window] = {}
    for vehicle, sequences in zip(problem.vehicles, best_indices(data, state), strict=True):
        rounds[vehicle.name] = [[problem.stops[c].name for c in stops] for stops in sequences]
        for c in (c for stops in sequences for c in stops):
            stop = problem.stops[c]
            windows[stop.name] = stop.windows[int(state.best_window[c] - data.first_window[c])]
    return Draft(rounds, windows)


def start_search(problem: RoutingProblem, draft: Draft, seed: int, data: Data | None = None) -> Search:
    """A search that begins from the draft or from cheapest insertion, whichever costs less.

    The temperature follows the cost at the start, so a poor start would make a short search too hot.

    Parameters
    ----------
    problem : RoutingProblem
    draft : Draft
    seed : int
    data : Data, optional
        The arrays of the problem, if they exist already.
    """
    data = data or build_data(problem)
    greedy = Search(data, seed)
    greedy.fill()
    drafted = Search(data, seed)
    if not load_draft(problem, data, drafted.state, draft):
        return greedy
    drafted.fill()
    return min(drafted, greedy, key=lambda search: search.best_cost)

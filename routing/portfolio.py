"""Which method does what: compiled ruin and recreate for deliveries, OR-Tools where stops are picked up or paired."""

from __future__ import annotations

from routing.deliveries import search_deliveries
from routing.draft import Draft
from routing.mixed import search_mixed
from routing.model import RoutingProblem
from routing.watch import SearchWatch


def search(problem: RoutingProblem, draft: Draft, seed: int, watch: SearchWatch) -> tuple[Draft, str]:
    """Improve a draft until the watch says stop.

    Parameters
    ----------
    problem : RoutingProblem
        Without locks.
    draft : Draft
        What to begin from.
    seed : int
    watch : SearchWatch
        Clock, budget, cancellation and progress.

    Returns
    -------
    Draft, str
        The best draft and the name of the method that found it.
    """
    if any(stop.is_pickup or stop.pair is not None for stop in problem.stops):
        return search_mixed(problem, draft, seed, watch)
    return search_deliveries(problem, draft, seed, watch), "ruin and recreate"

"""Problems without pickups: compiled ruin and recreate, on one core or several."""

from __future__ import annotations

from routing.draft import Draft
from routing.improve import Search
from routing.kernel.build import build_data
from routing.model import RoutingProblem
from routing.parallel import LARGE, search_parallel
from routing.restarts import is_choice_of_rounds, search_restarted
from routing.warm import best_draft, start_search
from routing.watch import SearchWatch


def search_deliveries(problem: RoutingProblem, draft: Draft, seed: int, watch: SearchWatch) -> Draft:
    """Ruin and recreate from a draft."""
    data = build_data(problem)
    is_split = watch.control.cores > 1 and len(problem.stops) >= LARGE and bool(problem.points)
    if is_choice_of_rounds(data) and not is_split:
        return search_restarted(problem, draft, seed, watch)
    if watch.control.cores > 1:
        return search_parallel(problem, draft, seed, watch)
    search_ = start_search(problem, draft, seed, data)
    search_.clock = watch.control.clock

    def keep_going(running: Search) -> bool:
        watch.saw(*running.split_cost, running.iterations)
        return not watch.control.is_cancelled

    search_.run(watch.rest_of_budget(), keep_going)
    watch.iterations += search_.iterations
    watch.saw(*search_.split_cost, search_.iterations)
    return best_draft(problem, search_.data, search_.state)

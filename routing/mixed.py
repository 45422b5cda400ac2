"""Problems with pickups: deliveries by the compiled search, errands inserted into its rounds, then OR-Tools over
all.
"""

from __future__ import annotations

from dataclasses import replace

from routing.deliveries import search_deliveries
from routing.draft import Draft
from routing.evaluate import InfeasibleRounds, build_plan
from routing.insertion import is_sound
from routing.locks import stability_without
from routing.model import MISSED_COST, RoutingProblem, Stop, Vehicle
from routing.plan import SearchBudget, Statistics
from routing.schedule import timetable
from routing.solver import RoutingModel, SolverLimits
from routing.watch import SearchWatch

SOLUTIONS_PER_ITERATION = 0.02
"""How many OR-Tools solutions are taken as worth one iteration of a budget."""


def search_mixed(problem: RoutingProblem, draft: Draft, seed: int, watch: SearchWatch) -> tuple[Draft, str]:
    """Improve a draft of a problem with pickups: deliveries by the compiled search, then errands, then OR-Tools.

    Parameters
    ----------
    problem : RoutingProblem
        Without locks.
    draft : Draft
    seed : int
    watch : SearchWatch

    Returns
    -------
    Draft, str
        The best draft and the name of the method that found it.
    """
    errands = {stop.name for stop in problem.stops if stop.is_pickup or stop.pair is not None}
    candidates = [draft]
    if len(errands) < len(problem.stops):
        candidates.append(_deliveries_first(problem, errands, seed, watch))
    best = min(candidates, key=lambda candidate: _rank(problem, candidate))
    rest = watch.rest_of_budget()
    if watch.is_over:
        return best, "ruin and recreate"
    solutions = None if rest.iterations is None else max(1, int(rest.iterations * SOLUTIONS_PER_ITERATION))

    def on_solution(cost: int) -> None:
        watch.saw(*divmod(cost, MISSED_COST), watch.iterations)

    def is_cancelled() -> bool:
        return watch.control.is_cancelled

    found = RoutingModel(problem).search(best, SolverLimits(rest.seconds, solutions), on_solution, is_cancelled)
    if found is not None and _rank(problem, found) <= _rank(problem, best):
        best = found
    return best, "or-tools"


def _deliveries_first(problem: RoutingProblem, errands: set[str], seed: int, watch: SearchWatch) -> Draft:
    """Rounds for the deliveries alone in half of the budget, then the errands where they fit."""
    deliveries = replace(
        problem,
        stops=tuple(stop for stop in problem.stops if stop.name not in errands),
        stability=stability_without(problem.stability, errands),
    )
    rest = watch.rest_of_budget()
    half = SearchBudget(
        None if rest.seconds is None else rest.seconds / 2, None if rest.iterations is None else rest.iterations // 2
    )
    inner = SearchWatch(watch.control, half)
    draft = search_deliveries(deliveries, Draft({}), seed, inner)
    watch.iterations += inner.iterations
    return insert_errands(problem, draft)


def insert_errands(problem: RoutingProblem, draft: Draft) -> Draft:
    """Put each errand, pickup directly before delivery or anywhere alone, into the first round that has room for it."""
    rounds = {
        vehicle.name: [list(stops) for stops in draft.rounds.get(vehicle.name, ())] for vehicle in problem.vehicles
    }
    served = {name for chain in rounds.values() for stops in chain for name in stops}
    for stop in problem.stops:
        if stop.name in served or (stop.pair is not None and not stop.is_pickup):
            continue
        group = [stop.name]
        if stop.pair is not None:
            group += [other.name for other in problem.stops if other.pair == stop.pair and other.name != stop.name]
        _insert_group(problem, rounds, group)
    return Draft(rounds)


def _insert_group(problem: RoutingProblem, rounds: dict[str, list[list[str]]], group: list[str]) -> bool:
    for vehicle in problem.vehicles:
        chain = rounds[vehicle.name]
        spots = [(index, place) for index, stops in enumerate(chain) for place in range(len(stops) + 1)]
        if len(chain) < vehicle.max_rounds:
            spots.append((len(chain), 0))
        for index, place in spots:
            trial = [list(stops) for stops in chain] + ([[]] if index == len(chain) else [])
            trial[index][place:place] = group
            if _fits(problem, vehicle, trial):
                rounds[vehicle.name] = trial
                return True
    return False


def _fits(problem: RoutingProblem, vehicle: Vehicle, chain: list[list[str]]) -> bool:
    stops: list[list[Stop]] = [[problem.stop_by_name[name] for name in names] for names in chain]
    return is_sound(problem, vehicle, stops) and timetable(problem, vehicle, stops) is not None


def _rank(problem: RoutingProblem, draft: Draft) -> tuple[int, int]:
    """Mandatory stops left out, then cost; a draft without a timetable comes last."""
    try:
        return build_plan(problem, draft.rounds, (), Statistics()).cost.key
    except InfeasibleRounds:
        return (len(problem.stops) + 1, 0)

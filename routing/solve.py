"""One door to all methods: the problem goes in, the best checked plan comes out."""

from __future__ import annotations

from dataclasses import replace

from routing.check import check
from routing.codec import problem_hash
from routing.construct import construct
from routing.draft import Draft, draft_of_plan, with_chosen_windows
from routing.evaluate import InfeasibleRounds, build_plan, cost_of, rounds_of_vehicle
from routing.locks import without_locks
from routing.model import RoutingProblem
from routing.plan import RoutePlan, SearchBudget, SearchControl, SearchProgress, Statistics
from routing.reasons import CLOSELY_EXAMINED, EXAMINED_IN_HASTE, explain
from routing.watch import SearchWatch

LARGE = 2000
"""From so many stops on, the search builds its first plan by itself: it takes a second and needs no construction."""


def solve(
    problem: RoutingProblem,
    budget: SearchBudget,
    seed: int = 0,
    start: RoutePlan | None = None,
    control: SearchControl | None = None,
) -> RoutePlan:
    """Plan the rounds of `problem`.

    Parameters
    ----------
    problem : RoutingProblem
        What to plan.
    budget : SearchBudget
        Seconds by the clock, or iterations: then the same problem, seed and budget give the same plan, byte for byte.
        Seconds count from when the compiled search is ready, which the first call of an installation waits for.
    seed : int
        Seed of the search.
    start : RoutePlan, optional
        A plan to begin from; what of it no longer fits is planned anew.
    control : SearchControl, optional
        Progress callback, cancel event, number of cores.

    Returns
    -------
    RoutePlan
        Always a plan that `routing.check` accepts; stops that could not be served are in `plan.unserved` with a reason.
    """
    free = without_locks(problem)
    has_work = bool(free.stops) and any(vehicle.max_rounds for vehicle in free.vehicles)
    control = control or SearchControl()
    is_ready = has_work and _is_compiled(control)
    watch = SearchWatch(control, budget)
    watch.spent = _spent(problem)
    if is_ready and not watch.is_over:
        draft, method = _searched(free, start, seed, watch)
    else:
        draft, method = first_draft(free, start), "construct"
    plan = finish(problem, free, draft, watch.statistics(method, seed))
    watch.report(
        SearchProgress(watch.elapsed_s, plan.cost.total, plan.cost.missed, watch.iterations, watch.lower_bound)
    )
    return plan


def _is_compiled(control: SearchControl) -> bool:
    from routing.compilation import ensure_compiled

    return ensure_compiled(control)


def _searched(free: RoutingProblem, start: RoutePlan | None, seed: int, watch: SearchWatch) -> tuple[Draft, str]:
    """The best draft of a problem without locks, and the method that found it."""
    from routing.bound import lower_bound
    from routing.portfolio import search
    from routing.pressure import serve_all

    bound = lower_bound(free)
    watch.lower_bound = None if bound is None else bound + watch.spent
    is_large = len(free.stops) > LARGE
    draft = Draft({}) if is_large and start is None else first_draft(free, start)
    if watch.control.is_cancelled:
        return draft, "construct"
    if not is_large and not any(stop.is_pickup or stop.pair is not None for stop in free.stops):
        draft = serve_all(free, draft, seed, watch)
    return search(free, draft, seed, watch)


def _spent(problem: RoutingProblem) -> int:
    """What the locked rounds cost."""
    if not problem.locks:
        return 0
    kept = [one for vehicle in problem.vehicles for one in rounds_of_vehicle(problem, vehicle, [])]
    cost = cost_of(problem, kept)
    return cost.distance + cost.time + cost.fixed + cost.rounds


def first_draft(free: RoutingProblem, start: RoutePlan | None) -> Draft:
    """What the search begins from: the given plan as far as it fits, or a constructed one."""
    if start is not None:
        return draft_of_plan(free, start)
    rounds = construct(free)
    try:
        return draft_of_plan(free, build_plan(free, rounds, (), Statistics()))
    except InfeasibleRounds:
        return Draft(rounds)


def finish(problem: RoutingProblem, free: RoutingProblem, draft: Draft, statistics: Statistics) -> RoutePlan:
    """The plan with reasons; if it did not pass the check, the constructed plan instead."""
    unserved = explain(free, draft.rounds, EXAMINED_IN_HASTE if statistics.is_cancelled else CLOSELY_EXAMINED)
    for candidate in (problem, with_chosen_windows(problem, draft)):
        try:
            plan = build_plan(candidate, draft.rounds, unserved, statistics)
        except InfeasibleRounds:
            continue
        plan = replace(plan, problem_hash=problem_hash(problem))
        if check(problem, plan):
            return plan
    rounds = construct(free)
    return build_plan(problem, rounds, explain(free, rounds), replace(statistics, method="construct"))

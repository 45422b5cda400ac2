"""Planning again while the day runs: what is printed stays, the rest changes as little as possible.

A round counts as changed when the set or the order of its stops differs, or another team makes it; its times may move.
First all rounds are frozen and what has no round any more goes into the hours between them, as rounds of its own. Only
if stops are left out then, a few rounds are opened: those that a search with a price on every change would change.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from routing.absorb import Key, absorb, changed_rounds, freezable_rounds
from routing.check import check
from routing.locks import without_locks
from routing.model import RouteLock, RoutingProblem, Stability
from routing.plan import PlannedRound, RoutePlan, SearchBudget, SearchControl, Statistics
from routing.solve import finish, solve

METHOD = "re-plan"
CHANGE_COST = 50_000
"""Price of a change in the search that proposes which rounds to open: as much as 50 km of way, so that nothing changes
for a shorter way, and far below `MISSED_COST`, so that it changes for a stop that would stay out."""


@dataclass(frozen=True)
class How:
    """Ways of a re-plan: the part of the other rounds that may change, the price of each stop that does."""

    most_changed: float = 0.1
    change_cost: int = 0
    seed: int = 0
    control: SearchControl = field(default_factory=SearchControl)


@dataclass(frozen=True)
class Replanned:
    """The new plan, and what it does to the rounds that people know but have not printed."""

    problem: RoutingProblem
    """With the printed rounds locked; `routing.check` judges the plan by it."""
    plan: RoutePlan
    others: int
    """Rounds of the plan before that could have stayed: team on duty, stops all there, not printed."""
    changed: tuple[Key, ...]


def replan(
    problem: RoutingProblem, before: RoutePlan, printed: Collection[Key], budget: SearchBudget, how: How | None = None
) -> Replanned:
    """Plan again while the day runs, keeping what people know of the plan before.

    Parameters
    ----------
    problem : RoutingProblem
        Today's problem as it is now: teams that dropped out or stops that came may differ from `before`.
    before : RoutePlan
        The plan that people know.
    printed : collection of (vehicle, number of the round)
        Kept to the second (see `with_printed_locked`).
    budget : SearchBudget
        For all searches together.
    how : How, optional
        Of the other rounds at most the part `how.most_changed` is changed, even if stops are left out for it.

    Returns
    -------
    Replanned
        A plan that the checker accepts; stops left out have their reason, as always.
    """
    how = how or How()
    again = with_printed_locked(problem, before, printed, how.change_cost)
    free = without_locks(again)
    known = [one for one in before.rounds if not _is_printed(one, printed)]
    frozen = freezable_rounds(free, known)
    best = _around(again, frozen, _part(budget, 0.4), how)
    most = int(len(frozen) * how.most_changed)
    if best.cost.missed and most and not how.control.is_cancelled:
        soft = with_printed_locked(problem, before, printed, CHANGE_COST)
        proposal = solve(soft, _part(budget, 0.3), how.seed, start=before, control=how.control)
        opened = _most_helpful(frozen, proposal, most)
        rest = {key: one for key, one in frozen.items() if key not in opened}
        other = _around(again, rest, _part(budget, 0.3), how)
        best = min(best, other, key=lambda plan: plan.cost.missed)
    return Replanned(again, best, len(frozen), tuple(changed_rounds(before, best, frozen)))


def _is_printed(round_: PlannedRound, printed: Collection[Key]) -> bool:
    return any(name == round_.vehicle and number >= round_.number for name, number in printed)


def _part(budget: SearchBudget, part: float) -> SearchBudget:
    seconds = None if budget.seconds is None else budget.seconds * part
    return SearchBudget(seconds, None if budget.iterations is None else int(budget.iterations * part))


def _around(again: RoutingProblem, frozen: dict[Key, PlannedRound], budget: SearchBudget, how: How) -> RoutePlan:
    free = without_locks(again)
    draft = absorb(free, frozen, budget, how.seed, how.control)
    plan = finish(again, free, draft, Statistics(METHOD, how.seed, is_cancelled=how.control.is_cancelled))
    assert check(again, plan)
    return plan


def _most_helpful(frozen: dict[Key, PlannedRound], proposal: RoutePlan, most: int) -> set[Key]:
    """The rounds in which the proposal places the most stops that have no round, the nearest to full last."""
    kept = {name: key for key, one in frozen.items() for name in one.stops}
    gained: Counter[Key] = Counter()
    for round_ in proposal.rounds:
        owners = {kept[name] for name in round_.stops if name in kept}
        for key in owners:
            gained[key] += sum(1 for name in round_.stops if name not in kept)
    ranked = sorted(frozen, key=lambda key: (-gained[key], len(frozen[key].stops), key))
    return set(ranked[:most])


def with_printed_locked(
    problem: RoutingProblem, before: RoutePlan, printed: Collection[tuple[str, int]], change_cost: int
) -> RoutingProblem:
    """`problem` with the printed rounds of the plan before locked and a price on changing the others.

    Parameters
    ----------
    problem : RoutingProblem
        Today's problem as it is now: teams that dropped out or stops that came may differ from `before`.
    before : RoutePlan
        The plan that people know.
    printed : collection of (vehicle, number of the round)
        Rounds that are printed, loaded or departed; those before them in the same vehicle's day count as printed too.
    change_cost : int
        Price of a stop that gets another vehicle or another predecessor than before.
    """
    last = {vehicle: max(n for name, n in printed if name == vehicle) for vehicle, _ in printed}
    locks: list[RouteLock] = []
    vehicle_of_stop: list[tuple[str, str]] = []
    stop_before: list[tuple[str, str]] = []
    for round_ in before.rounds:
        if round_.vehicle not in problem.vehicle_by_name:
            continue
        stops = tuple(name for name in round_.stops if name in problem.stop_by_name)
        if round_.number <= last.get(round_.vehicle, 0):
            locks += [RouteLock(round_.vehicle, stops, round_.starts_s)] if stops else []
            continue
        vehicle_of_stop += [(name, round_.vehicle) for name in stops]
        stop_before += list(zip(stops, ("", *stops), strict=False))
    stability = Stability(change_cost, tuple(vehicle_of_stop), tuple(stop_before))
    return problem.with_changes(locks=tuple(locks), stability=stability)

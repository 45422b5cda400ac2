"""The judge finds each of many deliberately broken plans, and lets the sound one pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from routing import RoutePlan, RoutingProblem, check
from routing.evaluate import build_plan
from routing.model import Depot, Load, RoundLimits, RouteLock, Stability, Stop, Vehicle, Window
from routing.plan import Cost, PlannedRound, Statistics, Unserved, UnservedReason, UnservedRemedy, Visit
from routing.travel_times import UNREACHABLE, TravelMatrix
from routing.violation import Rule
from tests.routing.examples import bags, line

STOPS = (
    Stop("a", 1, bags(3), service_s=60, windows=(Window(0, 500), Window(900, 4000))),
    Stop("b", 2, bags(3), service_s=60, zone=1, release_s=0),
    Stop("c", 3, bags(3), service_s=60, zone=2, skills=frozenset({"cold"})),
    Stop("e", 4, bags(2), release_s=2000),
    Stop("p", 2, bags(1), is_pickup=True, pair="x"),
    Stop("q", 5, bags(1), pair="x"),
    Stop("o", 5, bags(1), prize=70),
    Stop("l", 1, bags(1)),
)
FIRST = Vehicle(
    "first", "d", capacity=Load(bags=10), shift_start_s=0, shift_end_s=9000, fixed_cost=5, round_cost=2, cost_per_s=1,
    clearance=2, skills=frozenset({"cold"}), reload_s=100, max_rounds=3, max_round_s=4000, max_shift_s=8000,
)  # fmt: skip
SECOND = Vehicle("second", "d", capacity=Load(bags=2), max_rounds=1, reload_s=50, shift_end_s=9000)
PROBLEM = line(
    STOPS,
    (FIRST, SECOND),
    limits=RoundLimits(max_stops=3),
    locks=(RouteLock("second", ("l",), 300),),
    stability=Stability(11, (("a", "second"), ("b", "first"))),
)
LEFT_OUT = Unserved("o", UnservedReason.NOT_WORTH, "Stop o is not worth it.", UnservedRemedy.RAISE_PRIZE)
SOUND = build_plan(PROBLEM, {"first": [["a", "b", "c"], ["e", "p", "q"]]}, [LEFT_OUT], Statistics())

Break = Callable[[RoutePlan], RoutePlan]


def test_the_sound_plan_passes() -> None:
    assert check(PROBLEM, SOUND).violations == ()
    assert [round_.number for round_ in SOUND.rounds] == [1, 2, 1]


def edit_round(plan: RoutePlan, index: int, **changes: object) -> RoutePlan:
    rounds = list(plan.rounds)
    rounds[index] = replace(rounds[index], **changes)  # type: ignore[arg-type]
    return replace(plan, rounds=tuple(rounds))


def edit_visit(plan: RoutePlan, index: int, visit: int, **changes: object) -> RoutePlan:
    visits = list(plan.rounds[index].visits)
    visits[visit] = replace(visits[visit], **changes)  # type: ignore[arg-type]
    return edit_round(plan, index, visits=tuple(visits))


def shifted(round_: PlannedRound, by_s: int) -> PlannedRound:
    visits = tuple(
        replace(v, arrives_s=v.arrives_s + by_s, begins_s=v.begins_s + by_s, leaves_s=v.leaves_s + by_s)
        for v in round_.visits
    )
    times = {
        "starts_s": round_.starts_s + by_s,
        "departs_s": round_.departs_s + by_s,
        "returns_s": round_.returns_s + by_s,
    }
    return replace(round_, visits=visits, **times)


def move(plan: RoutePlan, index: int, by_s: int) -> RoutePlan:
    rounds = list(plan.rounds)
    rounds[index] = shifted(rounds[index], by_s)
    return replace(plan, rounds=tuple(rounds))


def without_visit(plan: RoutePlan, index: int, stop: str) -> RoutePlan:
    return edit_round(plan, index, visits=tuple(v for v in plan.rounds[index].visits if v.stop != stop))


def rebuilt(rounds: dict[str, list[list[str]]], problem: RoutingProblem = PROBLEM) -> Break:
    """The same stops in another order or on another vehicle, timed as if the rule did not exist."""

    def change(plan: RoutePlan) -> RoutePlan:
        loose = replace(
            problem,
            stops=tuple(replace(stop, windows=(Window(),), release_s=0) for stop in problem.stops),
            vehicles=tuple(
                replace(v, max_rounds=9, max_round_s=10**7, max_shift_s=10**7, shift_end_s=10**7)
                for v in problem.vehicles
            ),
        )
        served = {name for chain in rounds.values() for stops in chain for name in stops} | {"l"}
        left = [item for item in plan.unserved if item.stop not in served]
        left += [
            replace(LEFT_OUT, stop=stop.name) for stop in problem.stops if stop.name not in served and stop.name != "o"
        ]
        return replace(build_plan(loose, rounds, left, Statistics()), problem_hash=plan.problem_hash)

    return change


def moved_to_other_round(plan: RoutePlan) -> RoutePlan:
    """The delivery of the pair goes to the first round, the pickup stays in the second."""
    delivery = plan.rounds[1].visits[-1]
    return edit_round(without_visit(plan, 1, "q"), 0, visits=(*plan.rounds[0].visits, delivery))


def far_visit() -> Visit:
    return Visit("nobody", 0, 0, 0, Load(), 0)


BROKEN: list[tuple[str, Rule, Break]] = [
    ("hash of another problem", Rule.OTHER_PROBLEM, lambda p: replace(p, problem_hash="0" * 64)),
    (
        "a stop that does not exist",
        Rule.UNKNOWN_STOP,
        lambda p: edit_round(p, 0, visits=(*p.rounds[0].visits, far_visit())),
    ),
    (
        "an unserved stop that does not exist",
        Rule.UNKNOWN_STOP,
        lambda p: replace(p, unserved=(replace(LEFT_OUT, stop="zz"), LEFT_OUT)),
    ),
    ("a vehicle that does not exist", Rule.UNKNOWN_VEHICLE, lambda p: edit_round(p, 0, vehicle="ghost")),
    ("a stop forgotten in its round", Rule.FORGOTTEN, lambda p: without_visit(p, 0, "b")),
    ("an unserved stop not reported", Rule.FORGOTTEN, lambda p: replace(p, unserved=())),
    (
        "a stop served twice",
        Rule.SERVED_TWICE,
        lambda p: edit_round(p, 1, visits=(*p.rounds[1].visits, p.rounds[0].visits[0])),
    ),
    (
        "a stop served and reported unserved",
        Rule.SERVED_AND_UNSERVED,
        lambda p: replace(p, unserved=(LEFT_OUT, replace(LEFT_OUT, stop="a"))),
    ),
    ("a stop reported twice", Rule.SERVED_AND_UNSERVED, lambda p: replace(p, unserved=(LEFT_OUT, LEFT_OUT))),
    ("no reason given", Rule.NO_REASON, lambda p: replace(p, unserved=(replace(LEFT_OUT, sentence=" "),))),
    ("too many rounds", Rule.TOO_MANY_ROUNDS, rebuilt({"first": [["a"], ["b", "c"], ["e"], ["p", "q"]]})),
    ("wrong numbers of rounds", Rule.NUMBERING, lambda p: edit_round(p, 1, number=3)),
    ("rounds that overlap", Rule.OVERLAP, lambda p: move(p, 1, -1500)),
    ("out longer than allowed", Rule.SHIFT_TOO_LONG, lambda p: move(p, 1, 7000)),
    ("a locked round changed", Rule.LOCK_BROKEN, lambda p: move(p, 2, 60)),
    ("a locked round dropped", Rule.LOCK_BROKEN, lambda p: replace(p, rounds=p.rounds[:2])),
    ("a free round called locked", Rule.LOCK_BROKEN, lambda p: edit_round(p, 0, is_locked=True)),
    ("a pair split", Rule.PAIR_SPLIT, moved_to_other_round),
    ("half a pair served", Rule.PAIR_SPLIT, rebuilt({"first": [["a", "b", "c"], ["e", "p"]]})),
    (
        "a pair delivered before pickup",
        Rule.PAIR_ORDER,
        lambda p: edit_round(p, 1, visits=(*p.rounds[1].visits[:1], *p.rounds[1].visits[:0:-1])),
    ),
    ("a wrong distance cost", Rule.COST, lambda p: replace(p, cost=replace(p.cost, distance=p.cost.distance - 1))),
    ("a wrong time cost", Rule.COST, lambda p: replace(p, cost=replace(p.cost, time=0))),
    ("a forgotten fixed cost", Rule.COST, lambda p: replace(p, cost=replace(p.cost, fixed=0))),
    ("a forgotten prize", Rule.COST, lambda p: replace(p, cost=replace(p.cost, prizes=0))),
    ("a change not paid for", Rule.COST, lambda p: replace(p, cost=replace(p.cost, changes=0))),
    ("all costs invented", Rule.COST, lambda p: replace(p, cost=Cost())),
    ("an empty round", Rule.EMPTY_ROUND, lambda p: edit_round(p, 0, visits=())),
    ("too many stops", Rule.TOO_MANY_STOPS, rebuilt({"first": [["a", "b", "p", "q"], ["e"]]})),
    ("more than fits", Rule.OVERLOAD, rebuilt({"second": [["a"]], "first": [["b", "c"], ["e", "p", "q"]]})),
    ("a wrong departure load", Rule.LOAD_STATED, lambda p: edit_round(p, 0, load=Load(bags=1))),
    ("a wrong load on the way", Rule.LOAD_STATED, lambda p: edit_visit(p, 1, 1, load=Load(bags=9))),
    ("no clearance", Rule.CLEARANCE, rebuilt({"second": [["c"]], "first": [["a", "b"], ["e", "p", "q"]]})),
    ("a missing skill", Rule.SKILL, rebuilt({"second": [["c"]], "first": [["a", "b"], ["e", "p", "q"]]})),
    ("back to a cleaner zone", Rule.ZONE_ORDER, rebuilt({"first": [["c", "b", "a"], ["e", "p", "q"]]})),
    ("loading before the release", Rule.RELEASE, rebuilt({"first": [["e"], ["a", "b", "c"], ["p", "q"]]})),
    ("after the shift", Rule.SHIFT, lambda p: move(p, 1, 7000)),
    ("no time to load", Rule.RELOAD, lambda p: edit_round(p, 0, starts_s=p.rounds[0].starts_s + 30)),
    (
        "faster than possible",
        Rule.TRAVEL,
        lambda p: edit_visit(p, 0, 1, arrives_s=p.rounds[0].visits[1].arrives_s - 5),
    ),
    (
        "service before arrival",
        Rule.EARLY,
        lambda p: edit_visit(p, 0, 1, begins_s=p.rounds[0].visits[1].arrives_s - 1),
    ),
    ("outside the windows", Rule.WINDOW, lambda p: move(p, 0, 600 - p.rounds[0].visits[0].begins_s)),
    ("service too short", Rule.SERVICE, lambda p: edit_visit(p, 0, 0, leaves_s=p.rounds[0].visits[0].begins_s + 1)),
    ("a return that cannot be", Rule.RETURN, lambda p: edit_round(p, 0, returns_s=p.rounds[0].returns_s - 1)),
    ("a leg shortened", Rule.DISTANCE, lambda p: edit_visit(p, 0, 0, leg_m=1)),
    ("a round shortened", Rule.DISTANCE, lambda p: edit_round(p, 0, distance_m=1)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "rule", "broken"), BROKEN, ids=[name for name, _, _ in BROKEN])
def test_a_broken_plan_is_found(name: str, rule: Rule, broken: Break) -> None:
    verdict = check(PROBLEM, broken(SOUND))
    assert not verdict
    assert rule in verdict.rules, verdict.violations


def judged_alone(stop: Stop, vehicle: Vehicle, **changes: object) -> frozenset[Rule]:
    """Rules broken by the round that serves one stop, when the problem is changed after planning."""
    planned = line((stop,), (vehicle,))
    plan = build_plan(planned, {vehicle.name: [[stop.name]]}, [], Statistics())
    changed = replace(planned, **changes)  # type: ignore[arg-type]
    return check(changed, plan).rules


def test_a_closed_depot_is_found() -> None:
    assert Rule.DEPOT_HOURS in judged_alone(STOPS[7], SECOND, depots=(Depot("d", 0, 5000),))


def test_a_stop_reserved_for_others_is_found() -> None:
    reserved = (replace(STOPS[7], only_vehicles=frozenset({"first"})),)
    assert Rule.NOT_ALLOWED in judged_alone(STOPS[7], SECOND, stops=reserved)


def test_a_round_longer_than_allowed_is_found() -> None:
    assert Rule.ROUND_TOO_LONG in judged_alone(STOPS[7], SECOND, vehicles=(replace(SECOND, max_round_s=100),))


def test_a_way_that_does_not_exist_is_found() -> None:
    metres = line((STOPS[7],), (SECOND,)).matrices[0].metres.copy()
    metres[0, 1] = UNREACHABLE
    assert Rule.UNREACHABLE in judged_alone(STOPS[7], SECOND, matrices=(TravelMatrix("foot", metres, metres),))

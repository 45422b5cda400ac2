"""Several searches and the best choice among their rounds, checked by hand on a street."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest

from benchmarks.generated import x_like
from routing import RoutingProblem, check, solve
from routing.codec import plan_to_json
from routing.draft import Draft
from routing.kernel.build import build_data
from routing.model import MISSED_COST, Stability, Stop, Window
from routing.plan import SearchBudget, SearchControl
from routing.polish import Pool
from routing.restarts import how_many, is_choice_of_rounds
from routing.warm import start_search
from tests.routing.examples import bags, line, team

STOPS = tuple(Stop(f"s{k}", k, bags(5)) for k in (1, 2, 3, 4))
FLEET = (team("one"), team("two"), team("three"))
DAY = line(STOPS, FLEET)


def met(day: RoutingProblem, *plans: dict[str, list[list[str]]]) -> Pool:
    """A pool of the rounds of these plans."""
    data = build_data(day)
    pool = Pool(data)
    for rounds in plans:
        search = start_search(day, Draft(rounds), 1, data)
        pool.note(search.state)
    return pool


def priced(*rounds: tuple[int, tuple[int, ...]], day: RoutingProblem = DAY) -> Pool:
    """A pool of rounds with costs of our own choice."""
    return Pool(build_data(day), {frozenset(stops): (cost, stops) for cost, stops in rounds})


def test_rounds_are_noted_with_their_cost_and_the_cheapest_order_is_kept() -> None:
    pool = met(DAY, {"one": [["s1", "s2"]], "two": [["s3", "s4"]]})
    assert pool.cheapest[frozenset({2, 3})] == (800, (2, 3))
    pool.cheapest[frozenset({2, 3})] = (900, (3, 2))
    search = start_search(DAY, Draft({"two": [["s3", "s4"]]}), 1)
    pool.note(search.state)
    assert pool.cheapest[frozenset({2, 3})] == (800, (2, 3))


def test_good_rounds_of_different_plans_are_put_together() -> None:
    pool = priced((400, (0, 1)), (900, (2, 3)), (500, (0, 2)), (500, (1, 3)), (800, (2,)), (300, (3,)))
    assert pool.best_choice(1200, 5.0) == [(0, 2), (1, 3)]
    assert pool.best_choice(1000, 5.0) is None


def test_a_full_pool_forgets_what_it_met_first() -> None:
    pool = Pool(build_data(DAY), most=2)
    pool.take(priced((1, (0,)), (1, (1,)), (1, (2,))))
    assert [stops for _, stops in pool.cheapest.values()] == [(1,), (2,)]


def test_no_more_rounds_are_chosen_than_there_are_vehicles() -> None:
    rounds = (*((10, (c,)) for c in range(4)), (300, (0, 1)), (300, (2, 3)))
    assert priced(*rounds).best_choice(10**6, None) in ([(2,), (3,), (0, 1)], [(0,), (1,), (2, 3)])


def test_an_optional_stop_is_left_out_when_that_is_cheaper() -> None:
    day = replace(DAY, stops=(replace(STOPS[0], prize=30), *STOPS[1:]))
    chosen = priced((50, (0,)), (100, (1, 2)), (100, (3,)), day=day).best_choice(MISSED_COST, None)
    assert chosen == [(1, 2), (3,)]


@pytest.mark.parametrize(
    ("what", "day"),
    [
        ("several rounds", line(STOPS, (team(max_rounds=2),))),
        ("time has a price", line(STOPS, (team(cost_per_s=1),))),
        ("vehicles differ", line(STOPS, (team("one"), team("two", fixed_cost=5)))),
        ("several windows", line((replace(STOPS[0], windows=(Window(0, 9), Window(500, 900))),), FLEET)),
        ("changes have a price", line(STOPS, FLEET, stability=Stability(9, (("s1", "one"),)))),
    ],
)
def test_where_a_plan_is_more_than_a_choice_of_rounds_nothing_is_chosen(what: str, day: RoutingProblem) -> None:
    assert not is_choice_of_rounds(build_data(day)), what
    assert is_choice_of_rounds(build_data(DAY))


def test_more_budget_gives_more_searches_and_longer_rounds_give_fewer() -> None:
    assert how_many(200, 20, SearchBudget(iterations=1)) == how_many(200, 20, SearchBudget(seconds=0)) == 1
    assert how_many(200, 20, SearchBudget(seconds=5)) < how_many(200, 20, SearchBudget(seconds=10)) <= 8
    assert how_many(200, 5, SearchBudget(seconds=10)) < how_many(200, 20, SearchBudget(seconds=10))


def test_restarts_give_the_same_bytes_every_time_and_a_sound_plan() -> None:
    day = x_like(3, 40)
    budget = SearchBudget(iterations=90_000)
    assert how_many(40, 7, budget) > 1
    first, second = (solve(day, budget, seed=5) for _ in range(2))
    assert plan_to_json(first) == plan_to_json(second)
    assert check(day, first).violations == ()
    assert first.statistics.iterations == pytest.approx(90_000, rel=0.01)


def test_restarts_are_cancelled_within_a_second() -> None:
    day, stop = x_like(3, 60), threading.Event()
    solve(day, SearchBudget(iterations=1))
    timer = threading.Timer(0.3, stop.set)
    timer.start()
    began = time.process_time()
    plan = solve(day, SearchBudget(seconds=60), control=SearchControl(cancel=stop))
    assert time.process_time() - began < 2.5
    assert plan.statistics.is_cancelled
    assert check(day, plan).violations == ()


def test_two_cores_search_twice_as_often_and_give_the_same_bytes_every_time() -> None:
    day = x_like(3, 40)
    one = solve(day, SearchBudget(iterations=60_000), seed=5)
    two = [solve(day, SearchBudget(iterations=60_000), seed=5, control=SearchControl(cores=2)) for _ in range(2)]
    assert plan_to_json(two[0]) == plan_to_json(two[1])
    assert check(day, two[0]).violations == ()
    assert two[0].cost.total <= one.cost.total * 1.01

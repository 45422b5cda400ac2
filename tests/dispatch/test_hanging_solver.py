"""A search that hangs, dies or fails costs its plan, never the worker."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from app.core import jobs
from app.core.db import db
from app.core.queue import worker
from app.dispatch.models import DeliveryPlan
from app.dispatch.planning import jobs as planning_jobs
from app.dispatch.planning import replanning, service
from app.dispatch.planning.schemas import AskAgain
from routing.plan import SearchBudget, SearchControl
from routing.supervise import Searcher, SearchFailed, SearchHung
from tests.allocation.test_runs import running as running
from tests.dispatch.test_rounds import packed as packed
from tests.dispatch.test_rounds import planned
from tests.routing.examples import rich_problem
from tests.world import World

STUCK = "tests.dispatch.stuck"
ONE_SECOND = {"budget": SearchBudget(seconds=1), "seed": 1, "control": SearchControl()}


@pytest.fixture
def searcher() -> Iterator[Searcher]:
    one = Searcher(grace_s=1)
    yield one
    one.stop()


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_search_that_hangs_is_killed_after_its_budget_and_the_next_one_is_made(searcher: Searcher) -> None:
    problem = rich_problem(seed=1, stops=5, teams=2)
    searcher.run("solve", problem, None, **ONE_SECOND)  # the child is up and compiled
    pid, began = searcher.pid, time.monotonic()
    assert pid is not None
    with pytest.raises(SearchHung):
        searcher.run(f"{STUCK}:hangs", problem, **ONE_SECOND)
    assert time.monotonic() - began < 1 + 1 + 3
    assert not is_there(pid)
    assert searcher.run("solve", problem, None, **ONE_SECOND).rounds


@pytest.mark.parametrize("how", ["dies", "fails"])
def test_a_search_that_dies_or_fails_says_so(searcher: Searcher, how: str) -> None:
    with pytest.raises(SearchFailed):
        searcher.run(f"{STUCK}:{how}", rich_problem(seed=1, stops=5, teams=2), **ONE_SECOND)


def test_a_search_that_says_nothing_for_longer_than_a_lease_keeps_the_job(
    packed: World, searcher: Searcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning_jobs, "searcher", searcher)
    monkeypatch.setattr(planning_jobs, "SOLVER", f"{STUCK}:hangs")
    monkeypatch.setattr(jobs, "LEASE", timedelta(seconds=2))
    monkeypatch.setattr(jobs, "KEEP_ALIVE_S", 0.2)
    seen: list[bool] = []

    def after(*asked: Any) -> Any:
        seen.append(worker.is_waiting())  # what another worker sees when the search has been given up
        return constructed(*asked)

    constructed = planning_jobs.constructed_plan
    monkeypatch.setattr(planning_jobs, "constructed_plan", after)
    assert planned(packed).solver == "construct"
    assert seen == [False]


def test_no_snapshot_is_held_while_a_plan_is_searched_for_again(packed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    plan, held = planned(packed), []

    class Nothing:
        def run(self, *_asked: Any, **_more: Any) -> Any:
            held.append(db.session().in_transaction())
            raise SearchFailed("no")

    monkeypatch.setattr(replanning, "searcher", Nothing())
    service.ask_replan(packed.actor("supplies"), plan.id, AskAgain(1))
    assert worker.drain() == 1
    assert held == [False]


@pytest.mark.parametrize("how", ["hangs", "dies", "fails", "lies"])
def test_whatever_the_solver_does_the_day_goes_on_with_the_constructed_plan(
    packed: World, searcher: Searcher, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(planning_jobs, "searcher", searcher)
    monkeypatch.setattr(planning_jobs, "SOLVER", f"{STUCK}:{how}")
    plan: DeliveryPlan = planned(packed)
    assert (plan.solver, plan.statistics["missed"]) == ("construct", 0)

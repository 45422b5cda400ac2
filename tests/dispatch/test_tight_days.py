"""Days on which not everything fits: no team stands idle while a bag that it could bring is left out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core import clock
from app.dispatch.models import HeldReason
from app.dispatch.planning import jobs as planning_jobs
from app.dispatch.planning import problem
from app.dispatch.planning.leftover import Filling, serve_leftover
from app.dispatch.planning.problem import Stated, state_problem, stop_of
from app.dispatch.planning.work import BagLoad, BuildingWork, DayWork, TeamShift
from app.places.models import Gate
from routing import RoutePlan, check
from routing.check_free import free_vehicle
from routing.evaluate import InfeasibleRounds, build_plan
from routing.plan import Statistics, Unserved, UnservedReason, UnservedRemedy
from tests.dispatch.stuck import InThisProcess

DAY = date(2026, 5, 4)
MODES = ("to_building", "to_stairwell", "to_door")


@pytest.fixture(autouse=True)
def searching_here() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(planning_jobs, "searcher", InThisProcess(40))
        patch.setattr(problem, "road_service", lambda: None)
        yield


def at(hour: float) -> datetime:
    return clock.local_instant(DAY, 0) + timedelta(seconds=round(hour * 3600))


def team(number: int, kg: int, hours: tuple[float, float] = (9, 18), **more: Any) -> TeamShift:
    values = {"mode": "cart", "clearance": 0, "litres": 400, "bags": 60, **more}
    capacity = (kg * 1000, values["litres"] * 1000, values["bags"])
    place = (1, 30_266_000, 120_195_000)
    return TeamShift(number, f"{number}队", values["mode"], *capacity, values["clearance"], *map(at, hours), *place)


def building(number: int, kilograms: list[float], **more: Any) -> BuildingWork:
    values = {"mode": "to_building", "zone": 0, "release": None, **more}
    first, release = number * 1000, values["release"]
    bags = [
        BagLoad(first + k, round(kg * 1000), round(kg * 2000), "", 1 + k % 6, first + k, release)
        for k, kg in enumerate(kilograms)
    ]
    where = (1, 30_266_000 + 700 * number, 120_196_000 + 500 * (number % 3))
    return BuildingWork(number, f"{number}号楼", *where, False, values["mode"], values["zone"], bags)


def planned(
    buildings: list[BuildingWork], teams: list[TeamShift], gates: list[Gate] | None = None
) -> tuple[Stated, RoutePlan]:
    stated, plan = planning_jobs.full_plan(state_problem(DayWork(DAY, buildings, teams, gates or [], []), 0), 1, 1)
    assert check(stated.problem, plan).violations == ()
    return stated, plan


def answers(stated: Stated, plan: RoutePlan) -> dict[int, str]:
    """Bag → "" on a round, else why it is held; each bag has exactly one answer."""
    told = [(bag, "") for name in plan.round_of_stop for bag in stated.stops[name].bag_ids]
    told += [(bag, one.reason.value) for one in plan.unserved for bag in stated.stops[one.stop].bag_ids]
    told += [(bag, reason.value) for bag, (reason, _detail) in stated.held.items()]
    assert len(told) == len(dict(told))
    return dict(told)


def could_bring(stated: Stated, plan: RoutePlan, bag_id: int) -> str | None:
    """Who has time, room and permission to bring one bag in a round of its own."""
    site = next(one for one in stated.sites.values() if bag_id in [bag.bag_id for bag in one.work.bags])
    bag = next(bag for bag in site.work.bags if bag.bag_id == bag_id)
    stop = stop_of(site, "one", [bag], stated.midnight)
    return stop and free_vehicle(stated.problem, plan, stop)


def test_a_building_for_the_cart_alone_is_shared_with_the_small_teams_when_the_cart_is_full() -> None:
    """Two hours: the cart brings some buildings, and what it leaves is cut for e-bike and foot."""
    homes = [building(number, [4.0] * 25) for number in range(1, 9)]
    few = [team(1, 120, (9, 11)), team(2, 60, (9, 11), mode="e_bike"), team(3, 20, (9, 11), mode="foot", bags=10)]
    stated, plan = planned(homes, few)
    assert {one.vehicle for one in plan.rounds} == {"1", "2", "3"}
    held = [bag for bag, reason in answers(stated, plan).items() if reason]
    assert [could_bring(stated, plan, bag) for bag in held] == [None] * len(held)


def test_twenty_four_small_teams_all_work_before_a_bag_is_left_out() -> None:
    homes = [building(number, [3.5] * 40) for number in range(1, 21)]
    bikes = [team(9, 120, (9, 10))]
    bikes += [team(number, 25, (9, 10), mode="e_bike", litres=150, bags=6) for number in range(10, 34)]
    stated, plan = planned(homes, bikes)
    assert any(answers(stated, plan).values())
    assert len({one.vehicle for one in plan.rounds}) == 25


def test_a_plan_that_could_not_be_filled_gives_no_reason_that_does_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(_filling: Filling) -> Any:
        raise InfeasibleRounds

    monkeypatch.setattr(Filling, "finished", stumble)
    stated = state_problem(DayWork(DAY, [building(1, [4.0] * 3)], [team(1, 100)], [], []), 0)
    (name,) = stated.stops
    full = [Unserved(name, UnservedReason.CAPACITY, name, UnservedRemedy.NEXT_WAVE)]
    _stated, plan = serve_leftover(stated, build_plan(stated.problem, {}, full, Statistics("x")), None)
    assert [one.reason for one in plan.unserved] == [UnservedReason.NOT_FOUND]
    assert check(stated.problem, plan).violations == ()


def test_a_sealed_building_is_cut_for_the_teams_that_may_enter() -> None:
    stated, plan = planned(
        [building(1, [10.0] * 9, zone=2)], [team(1, 600, mode="van"), team(2, 30, clearance=2, mode="e_bike")]
    )
    assert set(answers(stated, plan).values()) == {""}
    assert {one.vehicle for one in plan.rounds} == {"2"}


def test_room_for_the_weight_in_one_team_and_for_the_volume_in_another_is_no_room() -> None:
    """20 bags of 4 kg and 8 l: one team takes 100 kg but 40 l, the other 20 kg but 400 l."""
    stated, plan = planned([building(1, [4.0] * 20)], [team(1, 100, litres=40), team(2, 20, litres=400)])
    assert set(answers(stated, plan).values()) == {""}


def test_a_bag_that_no_team_carries_is_oversize_and_its_neighbours_go() -> None:
    stated, plan = planned([building(1, [5.0, 90.0, 5.0])], [team(1, 60)])
    assert answers(stated, plan) == {1000: "", 1001: HeldReason.OVERSIZE.value, 1002: ""}


def test_a_reopened_plan_has_the_same_stops() -> None:
    homes = [building(number, [4.0] * 25) for number in range(1, 9)]
    few = [team(1, 120, (9, 11)), team(2, 20, (9, 11), mode="foot", bags=10)]
    stated, plan = planned(homes, few)
    again = state_problem(DayWork(DAY, homes, few, [], []), 0, stated.parts)
    assert again.stops == {name: again.stops[name] for name in again.stops} == stated.stops
    assert set(plan.round_of_stop) <= set(again.stops)


# --- generated days ---------------------------------------------------------------------------------------------------
HOURS = st.tuples(st.sampled_from((8.0, 9.0, 10.5)), st.sampled_from((0.25, 0.6, 1.0, 2.0))).map(
    lambda pair: (pair[0], pair[0] + pair[1])
)
TEAMS = st.lists(
    st.tuples(
        st.sampled_from((15, 25, 60, 120)), HOURS, st.sampled_from(("foot", "cart", "e_bike")), st.integers(0, 2),
        st.sampled_from((4, 10, 60)),
    ),
    min_size=0,
    max_size=5,
)  # fmt: skip
BUILDINGS = st.lists(
    st.tuples(
        st.lists(st.sampled_from((0.5, 3.0, 8.0, 14.0, 22.0, 50.0)), min_size=1, max_size=14),
        st.sampled_from(MODES), st.sampled_from((0, 0, 0, 1, 2)), st.sampled_from((None, None, 9.5)),
        st.sampled_from((None, None, (9.5, 10.5))),
    ),
    min_size=1,
    max_size=6,
)  # fmt: skip
GATE = st.sampled_from((None, None, (9.0, 9.08), (9.0, 10.0), (7.0, 22.0)))


@given(homes=BUILDINGS, crew=TEAMS, gate=GATE)
@settings(max_examples=120, derandomize=True, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_no_bag_is_held_that_an_idle_team_could_bring(homes: list[Any], crew: list[Any], gate: Any) -> None:
    buildings = []
    for number, (kilograms, mode, zone, release, closed) in enumerate(homes, start=1):
        one = building(number, kilograms, mode=mode, zone=zone, release=None if release is None else at(release))
        one.blackouts += [] if closed is None else [(at(closed[0]), at(closed[1]))]
        buildings.append(one)
    teams = [
        team(number, kg, hours, mode=mode, clearance=clearance, bags=bags)
        for number, (kg, hours, mode, clearance, bags) in enumerate(crew, start=1)
    ]
    gates = [Gate(compound_id=1, name="门", lat_e6=30_266_500, lon_e6=120_195_500, is_open=True,
                  opens_s=round(gate[0] * 3600), closes_s=round(gate[1] * 3600))] if gate else []  # fmt: skip
    stated, plan = planned(buildings, teams, gates)
    told = answers(stated, plan)
    assert set(told) == {bag.bag_id for one in buildings for bag in one.bags}
    for bag, reason in told.items():
        if reason:
            assert could_bring(stated, plan, bag) is None, (bag, reason)
            assert reason != "not_found"
    for one in plan.rounds:  # all of a service lies within the hours of its building
        for visit in one.visits:
            site = stated.sites[stated.stops[visit.stop].building_id]
            assert any(opens <= visit.begins_s and visit.leaves_s <= closes for opens, closes in site.hours)

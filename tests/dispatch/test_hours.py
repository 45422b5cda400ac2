"""Hours bind all of a service, not its beginning; kinds of teams have hours of their own."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.core import clock
from app.core.db import db
from app.core.errors import Invalid, NotFound
from app.dispatch import queries
from app.dispatch.hours import service as hours_service
from app.dispatch.hours.schemas import LiftHours, SetHours
from app.dispatch.models import DeliveryRound, HeldReason, PlanBag
from app.dispatch.planning import problem
from app.dispatch.planning.problem import state_problem
from app.dispatch.planning.work import DayWork, shifts_of
from app.places.models import Gate
from tests import messages, world
from tests.allocation.test_runs import running as running
from tests.dispatch.test_rounds import packed as packed
from tests.dispatch.test_rounds import planned
from tests.dispatch.test_tight_days import DAY, building, team
from tests.world import World


def gate(opens: float, closes: float) -> Gate:
    place = {"lat_e6": 30_266_500, "lon_e6": 120_195_500, "is_open": True}
    return Gate(compound_id=1, name="南门", opens_s=round(opens * 3600), closes_s=round(closes * 3600), **place)


@pytest.fixture(autouse=True)
def no_roads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(problem, "road_service", lambda: None)


def test_a_service_ends_before_the_gate_closes() -> None:
    """Ten bags to the building take 200 seconds: the last begins 200 seconds before eleven."""
    stated = state_problem(DayWork(DAY, [building(1, [1.0] * 10)], [team(1, 60)], [gate(9, 11)], []), 0)
    (stop,) = stated.problem.stops
    assert [(one.opens_s, one.closes_s) for one in stop.windows] == [(9 * 3600, 11 * 3600 - 200)]


def test_a_service_ends_before_the_testing_begins() -> None:
    home = building(1, [1.0] * 10)
    noon = clock.local_instant(DAY, 12)
    home.blackouts.append((noon, noon + timedelta(hours=1)))
    (stop,) = state_problem(DayWork(DAY, [home], [team(1, 60)], [gate(9, 18)], []), 0).problem.stops
    hour = 3600
    assert [(one.opens_s, one.closes_s) for one in stop.windows] == [
        (9 * hour, 12 * hour - 200), (13 * hour, 18 * hour - 200)
    ]  # fmt: skip


def test_hours_shorter_than_the_service_cut_the_building_first() -> None:
    """Thirty bags take 360 seconds, the gate is open for 300: two visits of at most 22 bags."""
    stated = state_problem(DayWork(DAY, [building(1, [1.0] * 30)], [team(1, 60)], [gate(9, 9 + 5 / 60)], []), 0)
    assert [len(one.bag_ids) for one in stated.stops.values()] == [22, 8]
    assert stated.held == {}


def test_hours_too_short_for_a_single_bag_are_a_reason_of_their_own() -> None:
    stated = state_problem(DayWork(DAY, [building(1, [1.0] * 3)], [team(1, 60)], [gate(9, 9 + 2 / 60)], []), 0)
    assert set(stated.held.values()) == {(HeldReason.SHORT_WINDOW, "")}
    assert stated.problem.stops == ()


def test_a_bag_that_the_hours_are_too_short_for_is_stored_and_told_with_its_reason(app: Flask, packed: World) -> None:
    compound = packed.buildings[0].compound_id
    db.session.add(
        Gate(compound_id=compound, name="南门", lat_e6=30_266_500, lon_e6=120_195_500, opens_s=36_000, closes_s=36_060)
    )
    db.session.commit()
    plan = planned(packed)
    assert set(db.session.scalars(select(PlanBag.held_reason).where(PlanBag.plan_id == plan.id))) == {"short_window"}
    shown = world.sign_in(app, packed, "supplies").get(f"/plans/{plan.id}").get_data(as_text=True)
    assert messages.OPEN_TOO_BRIEFLY in shown
    assert messages.ASK_GATE_TO_STAY_OPEN in shown
    assert queries.held_rows(plan.id)[0].remedies == [messages.ASK_GATE_TO_STAY_OPEN, messages.MOVE_TO_NEXT_WAVE]


def test_no_cart_is_on_the_road_outside_its_hours(packed: World) -> None:
    by = packed.actor("supplies")
    day = packed.cycle.deliver_on
    hours_service.set_hours(by, packed.subdistrict.id, SetHours("cart", 9 * 3600 + 1800, 11 * 3600))
    on_duty = shifts_of(packed.subdistrict.id, day)
    assert {(one.starts_at, one.ends_at) for one in on_duty} == {
        (clock.local_instant(day, 9, 30), clock.local_instant(day, 11))
    }
    plan = planned(packed)
    rounds = db.session.scalars(select(DeliveryRound).where(DeliveryRound.plan_id == plan.id)).all()
    assert rounds
    assert all(one.returns_at <= clock.local_instant(day, 11) for one in rounds)
    hours_service.set_hours(by, packed.subdistrict.id, SetHours("cart", 20 * 3600, 22 * 3600))
    assert shifts_of(packed.subdistrict.id, day) == []
    hours_service.lift_hours(by, packed.subdistrict.id, LiftHours("cart"))
    assert {one.ends_at for one in shifts_of(packed.subdistrict.id, day)} == {clock.local_instant(day, 17)}
    with pytest.raises(NotFound):
        hours_service.lift_hours(by, packed.subdistrict.id, LiftHours("cart"))
    with pytest.raises(Invalid):
        hours_service.set_hours(by, packed.subdistrict.id, SetHours("van", 3600, 3600))

"""Nothing published goes wrong in silence: what a round stands on is looked at when it loads, departs and is signed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.core import clock
from app.core.db import db
from app.core.errors import Conflict
from app.dispatch.hours import service as hours_service
from app.dispatch.hours.schemas import SetHours
from app.dispatch.models import DeliveryRound, DeliveryStop, PlanBag, RoundState, Shift, StopState, Team
from app.dispatch.planning import service
from app.dispatch.rounds import conditions
from app.dispatch.rounds import service as rounds_service
from app.dispatch.rounds.rules import Condition, out_of_order
from app.dispatch.rounds.schemas import SignDropOff, Skip
from app.picking.models import Bag, BagState
from app.places.models import Blackout, Building, Captaincy, Gate, ZoneDesignation, ZoneLevel
from app.stock.models import Lot
from tests import messages, world
from tests.allocation.test_runs import running as running
from tests.dispatch.test_rounds import on_the_way, only_round, planned
from tests.dispatch.test_rounds import packed as packed
from tests.dispatch.test_rounds import published as published
from tests.world import World


def first_stop() -> DeliveryStop:
    return only_round().stops[0]


def designate(building_id: int, code: str = "sealed", ago: timedelta = timedelta(minutes=1)) -> None:
    level = db.session.scalar(select(ZoneLevel.id).filter_by(code=code))
    db.session.add(ZoneDesignation(building_id=building_id, zone_level_id=level, starts_at=clock.now() - ago))
    db.session.commit()


def without_clearance() -> None:
    for team in db.session.scalars(select(Team)):
        team.zone_clearance = 0
    db.session.commit()


def states_of(building_id: int) -> set[str]:
    return set(db.session.scalars(select(Bag.state).where(Bag.building_id == building_id)))


def kinds(round_id: int) -> list[Condition]:
    return [one.condition for one in conditions.of_round(round_id)]


def test_nothing_is_broken_in_what_was_just_published(published: World) -> None:
    assert conditions.of_plan(only_round().plan_id) == []


def test_a_sealed_building_is_left_behind_by_a_team_without_clearance_and_the_rest_loads(published: World) -> None:
    without_clearance()
    stop, round_id = first_stop(), only_round().id
    designate(stop.building_id)
    here = rounds_service.load(published.actor("supplies"), round_id)
    assert here.state == RoundState.LOADING
    assert {one.state for one in here.stops if one.id == stop.id} == {StopState.SKIPPED}
    assert messages.NOT_CLEARED in db.session.get_one(DeliveryStop, stop.id).skip_reason
    assert states_of(stop.building_id) == {BagState.PACKED}
    assert {bag.state for bag in rounds_service.bags_of_round(round_id)} == {BagState.LOADED}


def test_a_round_of_which_no_stop_can_be_served_does_not_load(published: World) -> None:
    without_clearance()
    for stop in only_round().stops:
        designate(stop.building_id)
    with pytest.raises(Conflict, match=messages.NO_STOP_AS_PLANNED):
        rounds_service.load(published.actor("supplies"), only_round().id)
    assert only_round().state == RoundState.PLANNED


def test_a_building_sealed_while_its_bags_are_loaded_keeps_the_round_until_they_are_taken_off(published: World) -> None:
    without_clearance()
    by, round_id = published.actor("supplies"), only_round().id
    rounds_service.load(by, round_id)
    stop = first_stop()
    designate(stop.building_id)
    with pytest.raises(Conflict, match="卸下"):
        rounds_service.depart(by, round_id)
    rounds_service.skip(by, stop.id, Skip("封控"))
    assert states_of(stop.building_id) == {BagState.PACKED}
    assert rounds_service.depart(by, round_id).state == RoundState.DEPARTED


def test_a_team_without_clearance_cannot_sign_a_building_sealed_on_the_way(app: Flask, published: World) -> None:
    without_clearance()
    stop_id = on_the_way(published).stops[0].id
    designate(db.session.get_one(DeliveryStop, stop_id).building_id)
    with pytest.raises(Conflict, match="资格"):
        rounds_service.sign(published.actor("supplies"), stop_id, SignDropOff(""))
    assert db.session.get_one(DeliveryStop, stop_id).state == StopState.PENDING


def test_a_stop_sealed_before_laxer_ones_is_signed_last(published: World) -> None:
    """Its team is cleared: the sealed building is planned first, the clean ones are done first now."""
    for team in db.session.scalars(select(Team)):
        team.zone_clearance = 2
    db.session.commit()
    by, stops = published.actor("supplies"), on_the_way(published).stops
    first, *others = [stop.id for stop in stops]
    designate(db.session.get_one(DeliveryStop, first).building_id)
    assert kinds(only_round().id) == [Condition.ZONE_ORDER]
    with pytest.raises(Conflict, match="最后送"):
        rounds_service.sign(by, first, SignDropOff(""))
    for stop_id in others:
        rounds_service.sign(by, stop_id, SignDropOff(""))
    rounds_service.sign(by, first, SignDropOff(""))
    assert only_round().state == RoundState.COMPLETED


def close_gates(stop: DeliveryStop, **hours: Any) -> None:
    compound = db.session.get_one(Building, stop.building_id).compound_id
    db.session.add(Gate(compound_id=compound, name="门", lat_e6=30_266_000, lon_e6=120_195_000, **hours))


def black_out(stop: DeliveryStop) -> None:
    times = {"starts_at": stop.arrive_at - timedelta(minutes=5), "ends_at": stop.arrive_at + timedelta(minutes=5)}
    db.session.add(Blackout(building_id=stop.building_id, reason="采样", **times))


def end_captaincies(stop: DeliveryStop) -> None:
    yesterday = clock.today() - timedelta(days=1)
    captain = world_account()
    db.session.add(Captaincy(building_id=stop.building_id, account_id=captain, starts_on=yesterday, ends_on=yesterday))


def world_account() -> int:
    from app.access.models import Account

    return db.session.scalars(select(Account.id).order_by(Account.id)).first() or 0


def release_late(stop: DeliveryStop) -> None:
    for lot in db.session.scalars(select(Lot)):
        lot.released_at = stop.round.departs_at + timedelta(hours=1)


CHANGES = {
    "blackout": (black_out, Condition.BLACKOUT),
    "gate shut": (lambda stop: close_gates(stop, is_open=False), Condition.GATE),
    "gate hours": (lambda stop: close_gates(stop, opens_s=60, closes_s=120), Condition.GATE),
    "captain": (end_captaincies, Condition.CAPTAIN),
    "release": (release_late, Condition.RELEASE),
    "team": (lambda stop: setattr(stop.round.shift.team, "is_active", False), Condition.TEAM),
    "shift": (lambda stop: setattr(stop.round.shift, "is_cancelled", True), Condition.TEAM),
    "shift hours": (lambda stop: setattr(stop.round.shift, "ends_at", stop.arrive_at), Condition.HOURS),
    "capacity": (lambda stop: setattr(stop.round.shift.team, "capacity_g", 100), Condition.LOAD),
}


@pytest.mark.parametrize("name", CHANGES)
def test_each_change_after_publishing_is_told_with_what_to_do(app: Flask, published: World, name: str) -> None:
    change, condition = CHANGES[name]
    change(first_stop())
    db.session.commit()
    round_ = only_round()
    found = conditions.of_plan(round_.plan_id)
    assert {one.condition for one in found} == {condition}
    client = world.sign_in(app, published, "supplies")
    for path in (f"/rounds/{round_.id}", f"/plans/{round_.plan_id}", f"/cycles/{published.cycle.id}/dispatch"):
        shown = client.get(path).get_data(as_text=True)
        assert found[0].sentence in shown, path
        assert found[0].remedy in shown, path
    assert messages.NOT_AS_PLANNED in client.get("/dashboard").get_data(as_text=True)


def test_hours_of_carts_set_after_publishing_stop_the_rounds_outside_them(published: World) -> None:
    by = published.actor("supplies")
    hours_service.set_hours(by, published.subdistrict.id, SetHours("cart", 0, 3600))
    assert kinds(only_round().id) == [Condition.HOURS]
    with pytest.raises(Conflict, match=messages.HOURS_ON_THE_ROAD):
        rounds_service.load(by, only_round().id)


def gates_until(stop: DeliveryStop, closes: datetime) -> None:
    """The gates of the stop's compound open before it is reached and close at a later moment of that day."""
    midnight = clock.local_instant(clock.to_local(stop.arrive_at).date(), 0)
    close_gates(stop, opens_s=0, closes_s=int((closes - midnight).total_seconds()))


def test_a_team_that_waited_until_the_testing_was_over_is_signed_for(app: Flask, published: World) -> None:
    stop = on_the_way(published).stops[0]
    page = f"/stops/{stop.id}/sign"
    black_out(stop)
    db.session.commit()
    for late, status in ((timedelta(), 409), (timedelta(minutes=10), 303)):
        with clock.frozen_at(stop.arrive_at + late):
            browser = world.sign_in(app, published, "supplies")
            assert ("正在“采样”" in browser.get(page).get_data(as_text=True)) == (status == 409)
            assert world.post(browser, page, page, {}).status_code == status
    db.session.refresh(stop)
    assert stop.state == StopState.SIGNED


def test_a_stop_planned_in_open_hours_is_not_signed_for_when_the_gates_have_long_been_shut(published: World) -> None:
    by, (first, second) = published.actor("supplies"), on_the_way(published).stops
    shut = max(first.arrive_at, second.arrive_at) + timedelta(hours=1)
    gates_until(first, shut)
    db.session.commit()
    with clock.frozen_at(shut + timedelta(minutes=20)):
        rounds_service.sign(by, first.id, SignDropOff(""))  # counted while they shut
    with clock.frozen_at(shut + timedelta(hours=1)):
        with pytest.raises(Conflict, match=messages.GATES_ARE_SHUT):
            rounds_service.sign(by, second.id, SignDropOff(""))
        conditions.require_servable(second, on_paper=True)


def test_paper_of_a_stop_that_was_served_after_the_testing_can_be_typed_in(published: World) -> None:
    stop = on_the_way(published).stops[0]
    black_out(stop)
    close_gates(stop, opens_s=60, closes_s=120)
    db.session.commit()
    conditions.require_servable(stop, on_paper=True)


def test_goods_that_are_free_when_a_late_round_is_loaded_travel_with_it(published: World) -> None:
    by, round_ = published.actor("supplies"), only_round()
    for lot in db.session.scalars(select(Lot)):
        lot.released_at = round_.departs_at + timedelta(minutes=10)
    db.session.commit()
    assert set(kinds(round_.id)) == {Condition.RELEASE}
    with clock.frozen_at(round_.departs_at + timedelta(minutes=50)):
        assert kinds(round_.id) == []
        rounds_service.load(by, round_.id)
        assert {stop.state for stop in only_round().stops} == {StopState.PENDING}
        assert rounds_service.depart(by, round_.id).state == RoundState.DEPARTED


def test_a_round_that_leaves_late_is_looked_at_for_the_time_at_which_it_comes(published: World) -> None:
    by, round_ = published.actor("supplies"), only_round()
    first, second = round_.stops
    late = timedelta(hours=2)
    for stop, begins in ((first, first.arrive_at + late), (second, second.arrive_at)):
        times = {"starts_at": begins - timedelta(minutes=2), "ends_at": begins + timedelta(minutes=2)}
        db.session.add(Blackout(building_id=stop.building_id, reason="采样", **times))
    db.session.commit()
    with clock.frozen_at(round_.departs_at + late):
        rounds_service.load(by, round_.id)
        assert [stop.state for stop in only_round().stops] == [StopState.SKIPPED, StopState.PENDING]
        assert rounds_service.depart(by, round_.id).state == RoundState.DEPARTED


def test_what_paper_says_is_judged_by_the_planned_time(published: World) -> None:
    """A drop-off sheet of ten o'clock is typed in at noon; the building was sealed in between."""
    without_clearance()
    stop_id = on_the_way(published).stops[0].id
    stop = db.session.get_one(DeliveryStop, stop_id)
    with clock.frozen_at(stop.arrive_at + timedelta(hours=3)):
        designate(stop.building_id, ago=timedelta(hours=1))
        with pytest.raises(Conflict):
            conditions.require_servable(stop)
        conditions.require_servable(stop, on_paper=True)


def test_a_building_sealed_at_noon_is_planned_as_sealed_all_afternoon(packed: World) -> None:
    without_clearance()
    sealed = packed.buildings[0].id
    with clock.frozen_at(clock.local_instant(packed.cycle.deliver_on, 13)):
        designate(sealed)
        plan = planned(packed)
        service.publish(packed.actor("supplies"), plan.id)
        assert conditions.of_plan(plan.id) == []
    answers = select(PlanBag.held_reason).join(Bag, Bag.id == PlanBag.bag_id).where(PlanBag.plan_id == plan.id)
    assert set(db.session.scalars(answers.where(Bag.building_id == sealed))) == {"clearance"}
    assert set(db.session.scalars(answers.where(Bag.building_id != sealed))) == {None}


def test_the_planned_order_stands_where_zones_do_not_fall() -> None:
    assert out_of_order([0, 1, 2]) == []
    assert out_of_order([2, 0, 0]) == [0]
    assert out_of_order([0, 2, 1, 2]) == [1]


def test_shifts_and_rounds_of_other_plans_are_left_alone(published: World) -> None:
    plan_id = only_round().plan_id
    db.session.get_one(DeliveryRound, only_round().id).state = RoundState.COMPLETED
    for shift in db.session.scalars(select(Shift)):
        shift.is_cancelled = True
    db.session.commit()
    assert conditions.of_plan(plan_id) == []

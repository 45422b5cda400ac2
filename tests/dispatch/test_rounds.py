"""From packed bags to signed drop-offs: each bag has an answer at every moment, and none is lost on the way."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.access.models import Role, RoleGrant
from app.core import clock
from app.core.db import db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.jobs import Job
from app.core.queue.worker import drain
from app.dispatch.missing_bags import service as missing_bags_service
from app.dispatch.missing_bags.schemas import ResolveMissingBag
from app.dispatch.models import Custody, DeliveryPlan, DeliveryRound, DeliveryStop, PlanBag, Shift, TeamMember
from app.dispatch.planning import service
from app.dispatch.planning.schemas import AskPlan
from app.dispatch.rounds import service as rounds_service
from app.dispatch.rounds.schemas import SignDropOff, Skip
from app.ordering.models import OrderLine
from app.picking import service as picking
from app.picking.models import Bag
from app.picking.schemas import VoidBag
from app.places.models import Blackout, Gate, Subdistrict, ZoneDesignation, ZoneLevel
from app.stock.models import Lot
from tests import messages, world
from tests.allocation.test_runs import receive, run
from tests.allocation.test_runs import running as running
from tests.world import World


@pytest.fixture
def packed(running: World) -> World:
    receive(running, 0, 12)
    receive(running, 1, 4)
    run(running)
    picking.pack(running.actor("supplies"), running.cycle.id)
    return running


def planned(here: World) -> DeliveryPlan:
    service.ask_plan(here.actor("supplies"), here.cycle.id, AskPlan(here.cycle.deliver_on, 1))
    assert drain() == 1
    job = db.session.scalars(select(Job).order_by(Job.id.desc())).first()
    assert job is not None
    assert job.state == "succeeded", job.error
    return db.session.get_one(DeliveryPlan, job.result["plan_id"])


@pytest.fixture
def published(packed: World) -> World:
    service.publish(packed.actor("supplies"), planned(packed).id)
    return packed


def only_round() -> DeliveryRound:
    found = db.session.scalars(select(DeliveryRound).order_by(DeliveryRound.id)).first()
    assert found is not None
    return found


def on_the_way(here: World) -> DeliveryRound:
    round_id = only_round().id
    rounds_service.load(here.actor("supplies"), round_id)
    return rounds_service.depart(here.actor("supplies"), round_id)


def test_a_plan_answers_for_every_packed_bag(packed: World) -> None:
    plan = planned(packed)
    answers = db.session.scalars(select(PlanBag).where(PlanBag.plan_id == plan.id)).all()
    assert len(answers) == db.session.scalar(select(func.count()).select_from(Bag)) == 4
    assert all(answer.stop_id for answer in answers)


def test_the_same_input_is_the_same_plan(packed: World) -> None:
    assert planned(packed).id == planned(packed).id


def test_bags_of_a_round_that_was_called_off_are_planned_anew_and_go_out(published: World) -> None:
    before = db.session.scalars(select(DeliveryPlan.id)).one()
    rounds_service.cancel(published.actor("supplies"), only_round().id)
    plan = planned(published)
    assert plan.id != before
    service.publish(published.actor("supplies"), plan.id)
    again = db.session.scalars(select(DeliveryRound).where(DeliveryRound.plan_id == plan.id)).one()
    rounds_service.load(published.actor("supplies"), again.id)
    rounds_service.depart(published.actor("supplies"), again.id)
    assert again.state == "departed"


def test_without_a_shift_no_plan_is_asked_for(packed: World) -> None:
    for shift in db.session.scalars(select(Shift)):
        shift.is_cancelled = True
    db.session.commit()
    with pytest.raises(Conflict, match="班次"):
        service.ask_plan(packed.actor("supplies"), packed.cycle.id, AskPlan(packed.cycle.deliver_on, 1))


def test_a_building_that_is_closed_all_day_is_held_with_its_reason(app: Flask, packed: World) -> None:
    start = clock.local_instant(packed.cycle.deliver_on, 0)
    db.session.add(
        Blackout(building_id=packed.buildings[0].id, starts_at=start, ends_at=start + timedelta(days=1), reason="采样")
    )
    db.session.commit()
    plan = planned(packed)
    reasons = db.session.scalars(select(PlanBag.held_reason).where(PlanBag.plan_id == plan.id)).all()
    assert sorted(reason or "" for reason in reasons) == ["", "blackout", "blackout", "blackout"]
    shown = world.sign_in(app, packed, "supplies").get(f"/plans/{plan.id}").get_data(as_text=True)
    assert "桂花苑 2号楼此时段不能进入" in shown


def test_a_compound_whose_gates_are_shut_is_held_as_unreachable(packed: World) -> None:
    building = packed.buildings[0]
    db.session.add(
        Gate(
            compound_id=building.compound_id, name="南门", lat_e6=building.lat_e6, lon_e6=building.lon_e6, is_open=False
        )
    )
    db.session.commit()
    reasons = set(db.session.scalars(select(PlanBag.held_reason).where(PlanBag.plan_id == planned(packed).id)))
    assert reasons == {"unreachable"}


def test_sealed_buildings_go_to_a_cleared_team(packed: World) -> None:
    sealed = db.session.scalar(select(ZoneLevel.id).filter_by(code="sealed"))
    db.session.add(
        ZoneDesignation(building_id=packed.buildings[0].id, zone_level_id=sealed, starts_at=packed.cycle.opens_at)
    )
    db.session.commit()
    plan = planned(packed)
    stop = db.session.scalars(
        select(DeliveryStop).where(DeliveryStop.plan_id == plan.id, DeliveryStop.building_id == packed.buildings[0].id)
    ).first()
    assert stop is not None
    assert stop.round.shift.team.zone_clearance == 2


def test_publishing_is_refused_when_a_bag_came_after_the_plan(packed: World) -> None:
    plan = planned(packed)
    bag = db.session.scalars(select(Bag)).first()
    assert bag is not None
    picking.void(packed.actor("supplies"), bag.id, VoidBag("x"))
    run(packed)
    picking.pack(packed.actor("supplies"), packed.cycle.id)
    with pytest.raises(Conflict):
        service.publish(packed.actor("supplies"), plan.id)
    assert db.session.get_one(DeliveryPlan, plan.id).state == "proposed"


def test_a_round_goes_out_and_its_bags_are_signed_for(published: World) -> None:
    on_the_way(published)
    for stop in db.session.scalars(select(DeliveryStop).order_by(DeliveryStop.seq)).all():
        rounds_service.sign(published.actor("supplies"), stop.id, SignDropOff(""))
    assert set(db.session.scalars(select(Bag.state))) == {"dropped_off"}
    assert db.session.scalar(select(func.sum(OrderLine.qty_dropped_off))) == 16
    assert only_round().state == "completed"
    assert db.session.scalar(select(func.count()).select_from(Custody)) == 8


def test_a_missing_bag_keeps_its_units_until_somebody_says_what_became_of_it(published: World) -> None:
    on_the_way(published)
    supplies = published.actor("supplies")
    stop = db.session.scalars(select(DeliveryStop).order_by(DeliveryStop.seq)).first()
    assert stop is not None
    bag = rounds_service.bags_at(stop)[0]
    with pytest.raises(Invalid):
        rounds_service.sign(supplies, stop.id, SignDropOff("ABCDEFGHJ"))
    done = rounds_service.sign(supplies, stop.id, SignDropOff(f"{bag.code}"))
    assert done.bags_missing == 1
    units = sum(line.qty for line in bag.lines)
    assert db.session.scalar(select(func.sum(OrderLine.qty_packed))) >= units
    missing_bags_service.resolve_missing(supplies, bag.id, ResolveMissingBag("written_off"))
    assert db.session.scalar(select(func.sum(OrderLine.qty_open))) == units
    assert db.session.scalar(select(func.sum(Lot.qty_damaged))) == units
    with pytest.raises(Conflict):
        missing_bags_service.resolve_missing(supplies, bag.id, ResolveMissingBag("found"))


def test_skipped_stops_come_back_to_the_depot_with_the_round(published: World) -> None:
    on_the_way(published)
    for stop in db.session.scalars(select(DeliveryStop).order_by(DeliveryStop.seq)).all():
        rounds_service.skip(published.actor("supplies"), stop.id, Skip("进不去"))
    assert set(db.session.scalars(select(Bag.state))) == {"packed"}
    assert service.wave_to_plan(published.cycle.id) == 2
    assert planned(published).wave == 2


def test_signing_twice_or_before_departure_changes_nothing(published: World) -> None:
    stop = db.session.scalars(select(DeliveryStop).order_by(DeliveryStop.seq)).first()
    assert stop is not None
    with pytest.raises(Conflict):
        rounds_service.sign(published.actor("supplies"), stop.id, SignDropOff(""))
    on_the_way(published)
    rounds_service.sign(published.actor("supplies"), stop.id, SignDropOff(""))
    with pytest.raises(Conflict):
        rounds_service.sign(published.actor("supplies"), stop.id, SignDropOff(""))


def test_goods_at_rest_are_not_loaded(published: World) -> None:
    for lot in db.session.scalars(select(Lot)):
        lot.released_at = clock.now() + timedelta(hours=1)
    db.session.commit()
    with pytest.raises(Conflict, match="静置"):
        rounds_service.load(published.actor("supplies"), only_round().id)


def test_a_plan_under_way_cannot_be_replaced(published: World) -> None:
    on_the_way(published)
    again = planned(published) if service.wave_to_plan(published.cycle.id) == 1 else None
    assert again is None


def test_a_runner_sees_only_the_rounds_of_the_own_team(app: Flask, published: World) -> None:
    round_id = only_round().id
    with pytest.raises(NotFound):
        rounds_service.require_round(published.actor("runner"), round_id)
    team = only_round().shift.team_id
    db.session.add(TeamMember(team_id=team, account_id=published.accounts["runner"].id, name="跑"))
    db.session.commit()
    client = world.sign_in(app, published, "runner")
    shown = client.get(f"/rounds/{round_id}").get_data(as_text=True)
    assert "桂花苑" in shown
    assert "101" not in re.sub(r'value="[^"]*"', "", shown).replace("#101", "")
    assert f"/rounds/{round_id}" in client.get("/my-rounds").get_data(as_text=True)


def test_a_runner_with_a_role_elsewhere_runs_the_rounds_of_the_own_team_and_no_other(
    app: Flask, published: World
) -> None:
    runner, one = published.accounts["runner"].id, only_round()
    elsewhere = Subdistrict(code="330102099", name="别的街道")
    db.session.add(elsewhere)
    db.session.flush()
    db.session.add(RoleGrant(account_id=runner, role=Role.SUPPLIES_TEAM, subdistrict_id=elsewhere.id))
    db.session.commit()
    page, other = f"/rounds/{one.id}", f"/teams?day={published.cycle.deliver_on}"
    client = world.sign_in(app, published, "runner")
    assert client.get(page).status_code == 404
    assert world.post(client, other, f"{page}/cancel", {}).status_code == 404
    assert page not in client.get("/my-rounds").get_data(as_text=True)
    grant = db.session.scalars(select(RoleGrant).filter_by(account_id=runner, role=Role.RUNNER)).one()
    grant.subdistrict_id, grant.service_point_id = None, published.points[0].id
    db.session.add(TeamMember(team_id=one.shift.team_id, account_id=runner, name="跑"))
    db.session.commit()
    assert page in client.get("/my-rounds").get_data(as_text=True)
    assert world.post(client, page, f"{page}/load", {}).status_code == 303
    db.session.refresh(one)
    assert one.state == "loading"


def test_the_pages_walk_from_plan_to_signature(app: Flask, packed: World, count_queries: Any) -> None:
    client = world.sign_in(app, packed, "supplies")
    base = f"/cycles/{packed.cycle.id}/dispatch"
    bad = world.post(client, base, f"{base}/plan", {"day": "x", "seconds": "900"})
    assert bad.status_code == 422
    asked = world.post(client, base, f"{base}/plan", {"day": packed.cycle.deliver_on.isoformat(), "seconds": "1"})
    assert asked.status_code == 303
    assert client.get(asked.headers["Location"]).status_code == 200
    drain()
    assert client.get(asked.headers["Location"]).status_code == 200
    plan = db.session.scalars(select(DeliveryPlan)).one()
    assert world.post(client, f"/plans/{plan.id}", f"/plans/{plan.id}/publish", {}).status_code == 303
    one = only_round()
    for step in ("load", "depart"):
        assert world.post(client, f"/rounds/{one.id}", f"/rounds/{one.id}/{step}", {}).status_code == 303
    stop = db.session.scalars(select(DeliveryStop)).first()
    assert stop is not None
    page = f"/stops/{stop.id}/sign"
    assert world.post(client, page, page, {"missing": "nonsense"}).status_code == 422
    assert world.post(client, page, page, {"missing": ""}).status_code == 303
    for url in (base, f"/plans/{plan.id}", f"/rounds/{one.id}", "/my-rounds", page, "/teams", "/teams?day=x"):
        with count_queries() as sent:
            assert client.get(url).status_code == 200, url
        assert len(sent) <= 27, url
    assert world.sign_in(app, packed, "leader2").get(page).status_code == 404


def test_teams_and_shifts_are_registered_with_clear_refusals(app: Flask, packed: World) -> None:
    client = world.sign_in(app, packed, "supplies")
    team = {
        "name": "3队",
        "mode": "foot",
        "kg": "20",
        "litres": "60",
        "bags": "10",
        "clearance": "0",
        "members": "小甲 小乙",
    }
    assert world.post(client, "/teams", "/teams", team).status_code == 303
    assert messages.ALREADY_CALLED in world.post(client, "/teams", "/teams", team).get_data(as_text=True)
    new = {"team": ["3"], "depot": str(packed.points[0].id), "day": "2030-01-01", "starts": "09:00", "ends": "12:00"}
    assert world.post(client, "/teams", "/shifts", new).status_code == 303
    assert world.post(client, "/teams", "/shifts", new).status_code == 422
    assert world.post(client, "/teams", "/shifts", {**new, "ends": "08:00"}).status_code == 422
    shift = db.session.scalars(select(Shift).order_by(Shift.id.desc())).first()
    assert shift is not None
    assert world.post(client, "/teams", f"/shifts/{shift.id}/cancel", {}).status_code == 303

"""A published round takes what happens to its bags: the rest loads, and each bag that stays says why and what next."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from app.core.db import db
from app.core.errors import Conflict, Invalid
from app.dispatch import queries
from app.dispatch.loading import service as loading_service
from app.dispatch.missing_bags import service as missing_bags_service
from app.dispatch.missing_bags.schemas import ResolveMissingBag
from app.dispatch.models import DeliveryPlan, DeliveryRound, DeliveryStop, PlanBag
from app.dispatch.planning import service
from app.dispatch.rounds import service as rounds_service
from app.dispatch.rounds.schemas import Left, SignDropOff
from app.dispatch.rounds.staying import StayingBag, Why, staying_bags
from app.oversight.reconcile.equations import equations
from app.picking import service as picking
from app.picking.models import Bag
from app.picking.schemas import VoidBag
from tests import messages, world
from tests.allocation.test_runs import receive, run
from tests.allocation.test_runs import running as running
from tests.dispatch.test_rounds import only_round, planned
from tests.dispatch.test_rounds import packed as packed
from tests.dispatch.test_rounds import published as published
from tests.world import World


def bag_ids() -> list[int]:
    return list(db.session.scalars(select(Bag.id).order_by(Bag.id)))


def kept(round_: DeliveryRound) -> list[StayingBag]:
    db.session.expire_all()
    return staying_bags(round_.plan_id)


def states() -> dict[int, str]:
    db.session.expire_all()
    return {bag.id: bag.state for bag in db.session.scalars(select(Bag))}


def broken() -> list[str]:
    return [one.code for one in equations() if one.violations]


def test_the_rest_of_a_round_loads_when_a_bag_is_held_and_the_bag_waits_for_the_next_wave(published: World) -> None:
    supplies, first = published.actor("supplies"), bag_ids()[0]
    picking.hold(supplies, first)
    (one,) = kept(only_round())
    assert (one.bag_id, one.why) == (first, Why.HELD)
    assert messages.GOES_WITH_THIS_ROUND_IF_RELEASED in str(one.next_step)
    assert queries.round_rows(only_round().plan_id)[0].bags == 3
    done = rounds_service.load(supplies, only_round().id)
    assert sorted(states().values()) == ["held", "loaded", "loaded", "loaded"]
    (one,) = kept(done)
    assert (one.bag_id, one.why, str(one.next_step)) == (first, Why.HELD, messages.NEXT_WAVE_ONCE_RELEASED)
    rounds_service.depart(supplies, done.id)
    for stop in db.session.scalars(
        select(DeliveryStop).where(DeliveryStop.round_id == done.id).order_by(DeliveryStop.seq)
    ).all():
        drop_off = rounds_service.sign(supplies, stop.id, SignDropOff(""))
        assert drop_off.bags_missing == 0
    assert only_round().state == "completed"
    picking.release(supplies, first)
    service.publish(supplies, planned(published).id)
    (one,) = kept(done)
    assert "第 2 波第 1 趟" in str(one.next_step)
    assert broken() == []


@pytest.mark.parametrize("called_off", [True, False])
def test_a_bag_waits_again_when_its_next_round_is_called_off_and_not_when_it_travelled(
    published: World, called_off: bool
) -> None:
    supplies, first = published.actor("supplies"), bag_ids()[0]
    done = rounds_service.load(supplies, only_round().id, Left((first,)))
    rounds_service.depart(supplies, done.id)
    for stop in db.session.scalars(
        select(DeliveryStop).where(DeliveryStop.state == "pending").order_by(DeliveryStop.seq)
    ).all():
        rounds_service.sign(supplies, stop.id, SignDropOff(""))
    later = planned(published)
    service.publish(supplies, later.id)
    (one,) = kept(done)
    assert "第 2 波第 1 趟" in str(one.next_step)
    if called_off:
        rounds_service.cancel(supplies, later.rounds[0].id)
    else:
        rounds_service.load(supplies, later.rounds[0].id)
        rounds_service.depart(supplies, later.rounds[0].id)
        rounds_service.sign(supplies, later.rounds[0].stops[0].id, SignDropOff(""))
    (one,) = kept(done)
    assert (str(one.next_step) == messages.GOES_WITH_NEXT_WAVE) == called_off


def test_a_bag_that_is_released_in_time_travels_with_its_round(published: World) -> None:
    supplies, first = published.actor("supplies"), bag_ids()[0]
    picking.hold(supplies, first)
    picking.release(supplies, first)
    rounds_service.load(supplies, only_round().id)
    assert set(states().values()) == {"loaded"}
    assert kept(only_round()) == []


def test_a_bag_packed_again_stays_and_its_new_bag_is_named(published: World) -> None:
    supplies, first = published.actor("supplies"), bag_ids()[0]
    picking.void(supplies, first, VoidBag("破了"))
    (one,) = kept(only_round())
    assert (one.why, messages.GOODS_BACK_IN_STOCK in str(one.next_step)) == (Why.VOIDED, True)
    run(published)
    picking.pack(supplies, published.cycle.id)
    new = db.session.scalars(select(Bag).order_by(Bag.id.desc())).first()
    assert new is not None
    (one,) = kept(only_round())
    assert str(one.next_step) == f"重装成袋 {new.code}，排进下一波"
    rounds_service.load(supplies, only_round().id)
    assert states()[new.id] == "packed"
    assert sorted(states().values()) == ["loaded"] * 3 + ["packed", "voided"]
    service.publish(supplies, planned(published).id)
    (one,) = kept(only_round())
    assert f"重装成袋 {new.code}，第 2 波第 1 趟" in str(one.next_step)
    assert broken() == []


def test_bags_ticked_at_loading_stay_in_the_depot_and_a_stop_without_bags_is_skipped(published: World) -> None:
    supplies, round_ = published.actor("supplies"), only_round()
    lonely = published.buildings[1].id
    staying = [bag.id for bag in rounds_service.bags_of_round(round_.id) if bag.building_id == lonely]
    with pytest.raises(Invalid):
        rounds_service.load(supplies, round_.id, Left((999_999,)))
    rounds_service.load(supplies, round_.id, Left(tuple(staying)))
    stop = db.session.scalars(select(DeliveryStop).where(DeliveryStop.building_id == lonely)).one()
    assert stop.state == "skipped"
    assert {one.why for one in kept(round_)} == {Why.IN_DEPOT}
    assert {states()[bag] for bag in staying} == {"packed"}
    answers = db.session.scalars(select(PlanBag).where(PlanBag.bag_id.in_(staying))).all()
    assert {(answer.stop_id, bool(answer.held_reason)) for answer in answers} == {(None, True)}
    loading_service.join(supplies, round_.id, Left((staying[0],)))
    assert states()[staying[0]] == "loaded"
    assert stop.state == "pending"
    with pytest.raises(Conflict):
        loading_service.join(supplies, round_.id, Left((staying[0],)))
    rounds_service.depart(supplies, round_.id)
    for one in db.session.scalars(
        select(DeliveryStop).where(DeliveryStop.state == "pending").order_by(DeliveryStop.seq)
    ).all():
        rounds_service.sign(supplies, one.id, SignDropOff(""))
    assert only_round().state == "completed"
    assert broken() == []


def test_a_loaded_bag_can_be_left_behind_until_the_round_departs(published: World) -> None:
    supplies, round_ = published.actor("supplies"), only_round()
    rounds_service.load(supplies, round_.id)
    ids = bag_ids()
    loading_service.unload(supplies, round_.id, Left((ids[0],)))
    assert states()[ids[0]] == "packed"
    assert [one.bag_id for one in kept(round_)] == [ids[0]]
    with pytest.raises(Conflict, match=messages.CANCEL_ROUND):
        loading_service.unload(supplies, round_.id, Left(tuple(ids[1:])))
    rounds_service.depart(supplies, round_.id)
    with pytest.raises(Conflict, match=messages.IS_LOADING):
        loading_service.unload(supplies, round_.id, Left((ids[1],)))


def test_a_round_of_which_nothing_can_travel_says_so(published: World) -> None:
    supplies = published.actor("supplies")
    for bag in bag_ids():
        picking.hold(supplies, bag)
    with pytest.raises(Conflict, match=messages.NO_BAG_TO_LOAD):
        rounds_service.load(supplies, only_round().id)
    assert only_round().state == "planned"


def test_a_bag_on_older_paper_that_stayed_is_no_error_when_it_is_named_as_missing(published: World) -> None:
    supplies, round_ = published.actor("supplies"), only_round()
    first = db.session.get_one(Bag, bag_ids()[0])
    picking.hold(supplies, first.id)
    rounds_service.load(supplies, round_.id)
    rounds_service.depart(supplies, round_.id)
    stop = db.session.scalars(select(DeliveryStop).where(DeliveryStop.building_id == first.building_id)).one()
    done = rounds_service.sign(supplies, stop.id, SignDropOff(first.code))
    assert (done.bags_missing, states()[first.id]) == (0, "held")


def test_a_bag_missing_at_the_building_that_never_left_goes_to_the_next_wave(published: World) -> None:
    supplies, round_ = published.actor("supplies"), only_round()
    rounds_service.load(supplies, round_.id)
    rounds_service.depart(supplies, round_.id)
    lost: Bag | None = None
    for stop in db.session.scalars(select(DeliveryStop).order_by(DeliveryStop.seq)).all():
        here = rounds_service.bags_at(stop)[0]
        rounds_service.sign(supplies, stop.id, SignDropOff(here.code if lost is None else ""))
        lost = lost or here
    assert lost is not None
    missing_bags_service.resolve_missing(supplies, lost.id, ResolveMissingBag("in_depot"))
    assert states()[lost.id] == "packed"
    plan = planned(published)
    assert plan.wave == 2
    found = db.session.scalars(select(PlanBag.bag_id).where(PlanBag.plan_id == plan.id, PlanBag.stop_id.is_not(None)))
    assert lost.id in set(found)
    assert broken() == []


def test_no_page_about_the_round_shows_a_stored_code(app: Flask, published: World) -> None:
    supplies = published.actor("supplies")
    picking.hold(supplies, bag_ids()[0])
    plan = db.session.scalars(select(DeliveryPlan.id)).one()
    browser = world.sign_in(app, published, "supplies")
    for page in (f"/rounds/{only_round().id}", f"/plans/{plan}"):
        shown = browser.get(page).get_data(as_text=True)
        assert messages.HELD_MANUALLY in shown
        assert ">held<" not in shown
    second = bag_ids()[1]
    rounds_service.load(supplies, only_round().id)
    answer = world.post(browser, f"/rounds/{only_round().id}", f"/bags/{second}/hold", {})
    assert "已装车" in answer.get_data(as_text=True)
    assert "loaded" not in answer.get_data(as_text=True)


def test_several_bags_stay_by_several_reasons_at_once(published: World) -> None:
    supplies, ids = published.actor("supplies"), bag_ids()
    receive(published, 2, 1)
    picking.hold(supplies, ids[0])
    picking.void(supplies, ids[1], VoidBag("破了"))
    rounds_service.load(supplies, only_round().id, Left((ids[2],)))
    assert {one.bag_id: one.why for one in kept(only_round())} == {
        ids[0]: Why.HELD,
        ids[1]: Why.VOIDED,
        ids[2]: Why.IN_DEPOT,
    }
    picking.void(supplies, ids[2], VoidBag("也破了"))
    assert kept(only_round())[-1].why in (Why.VOIDED, Why.HELD)
    assert {one.bag_id: one.why for one in kept(only_round())}[ids[2]] == Why.VOIDED

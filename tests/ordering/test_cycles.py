"""A cycle from draft to its end, and what stands in the way."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.access.permissions import Resident
from app.catalog.models import Bundle, BundleComponent
from app.core import clock
from app.core.db import db
from app.core.errors import Conflict, Invalid, NotFound, StaleEdit
from app.ordering import service as ordering_service
from app.ordering.cycles import service as cycles_service
from app.ordering.cycles.schemas import EditCycle, EditOffers, Lock, OfferChange
from app.ordering.models import (
    Cycle,
    CycleState,
    HouseholdOrder,
    Offer,
    OrderLine,
    OrderState,
    RollCall,
    RollCallOutcome,
    Stage,
)
from app.ordering.orders import OfferPick, PlaceOrder
from app.ordering.roll_call import service as roll_call_service
from app.ordering.stages import Cause, move
from app.places.models import Stairwell
from tests import world


@pytest.fixture
def town(app: Flask) -> world.World:
    return world.build()


def described(town: world.World, **more: object) -> EditCycle:
    now = clock.now()
    values: dict[str, object] = {
        "name": "第二批",
        "opens_at": now - timedelta(hours=1),
        "cutoff_at": now + timedelta(hours=5),
        "deliver_on": clock.today() + timedelta(days=2),
        "policy": "equal_floor",
        "point_ids": tuple(point.id for point in town.points),
    }
    return EditCycle(**{**values, **more})  # type: ignore[arg-type]


def order(town: world.World, place: int, index: int = 0, qty: int = 1) -> HouseholdOrder:
    home = town.households[place].id
    wanted = PlaceOrder(town.cycle.id, home, (OfferPick(town.offers[index].id, qty),))
    return ordering_service.place(Resident("household", home), wanted)


def note(town: world.World, username: str, place: int, outcome: RollCallOutcome) -> int:
    """One household's outcome, as the telephone desk writes it down. Returns how many were written."""
    home = town.households[place]
    building = db.session.get_one(Stairwell, home.stairwell_id).building_id
    return roll_call_service.record_building(town.actor(username), town.cycle.id, building, [(home.id, outcome)])


def outcomes(town: world.World) -> dict[int, tuple[str, bool]]:
    return {row.household_id: (row.outcome, row.is_override) for row in db.session.scalars(select(RollCall))}


def test_a_draft_opens_with_offers_and_a_cut_off_ahead(town: world.World) -> None:
    by = town.actor("supplies")
    cycle = cycles_service.create_cycle(by, town.subdistrict.id, described(town))
    with pytest.raises(Conflict, match="清单"):
        cycles_service.open_cycle(by, cycle.id)
    assert cycles_service.add_all_items(by, cycle.id) == len(town.items)
    assert cycles_service.open_cycle(by, cycle.id).state == CycleState.OPEN


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"cutoff_at": clock.now() - timedelta(days=3)}, "cutoff_at"),
        ({"deliver_on": clock.today() - timedelta(days=3)}, "deliver_on"),
        ({"point_ids": ()}, "points"),
        ({"point_ids": (98765,)}, "points"),
    ],
)
def test_a_cycle_that_cannot_be_is_refused_at_the_field(
    town: world.World, wrong: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        cycles_service.create_cycle(town.actor("admin"), town.subdistrict.id, described(town, **wrong))
    assert field in refused.value.problems
    assert db.session.query(Cycle).count() == 1


def test_only_who_answers_for_the_subdistrict_makes_cycles(town: world.World) -> None:
    for name in ("leader", "captain", "auditor"):
        with pytest.raises(NotFound):
            cycles_service.create_cycle(town.actor(name), town.subdistrict.id, described(town))
    with pytest.raises(NotFound):
        cycles_service.create_cycle(town.actor("admin"), 4711, described(town))


def test_prices_and_limits_change_only_while_it_is_a_draft(town: world.World) -> None:
    by = town.actor("admin")
    change = EditOffers((OfferChange(town.offers[0].id, 1, 2, False, True),))
    with pytest.raises(Conflict, match="接单中"):
        cycles_service.edit_offers(by, town.cycle.id, change)
    cycle = cycles_service.create_cycle(by, town.subdistrict.id, described(town))
    with pytest.raises(NotFound):
        cycles_service.edit_offers(by, cycle.id, change)


def test_an_offer_freezes_the_contents_of_its_bundle(town: world.World) -> None:
    bundle = Bundle(sku="P", name="包", list_price_fen=900)
    bundle.components = [BundleComponent(item_id=town.items[0].id, qty=2)]
    db.session.add(bundle)
    db.session.commit()
    cycle = cycles_service.create_cycle(town.actor("admin"), town.subdistrict.id, described(town))
    cycles_service.edit_offers(town.actor("admin"), cycle.id, EditOffers((), (), (bundle.id,)))
    bundle.components[0].qty = 7
    db.session.commit()
    offer = db.session.scalars(select(Offer).where(Offer.bundle_id == bundle.id)).one()
    assert [(part.item_id, part.qty) for part in offer.components] == [(town.items[0].id, 2)]


def test_an_older_version_of_the_cycle_cannot_be_saved(town: world.World) -> None:
    seen = town.cycle.version
    cycles_service.edit_cycle(town.actor("admin"), town.cycle.id, described(town, version=seen))
    with pytest.raises(StaleEdit):
        cycles_service.edit_cycle(town.actor("admin"), town.cycle.id, described(town, name="别的", version=seen))


def test_an_open_cycle_keeps_its_points(town: world.World) -> None:
    fewer = described(town, version=town.cycle.version, point_ids=(town.points[0].id,))
    with pytest.raises(Conflict, match="点位"):
        cycles_service.edit_cycle(town.actor("admin"), town.cycle.id, fewer)


def test_the_cut_off_locks_only_when_every_household_has_an_outcome(town: world.World) -> None:
    order(town, 0)
    by = town.actor("supplies")
    with clock.frozen_at(town.cycle.cutoff_at), pytest.raises(Conflict, match="11 户"):
        cycles_service.lock_cycle(by, town.cycle.id, Lock())
    assert db.session.scalar(select(HouseholdOrder.state)) == OrderState.PLACED


def test_missing_households_are_overridden_by_a_named_person(town: world.World) -> None:
    order(town, 0)
    note(town, "leader", 1, RollCallOutcome.AWAY)
    by = town.actor("supplies")
    with clock.frozen_at(town.cycle.cutoff_at):
        cycles_service.lock_cycle(by, town.cycle.id, Lock(is_override=True))
    noted = outcomes(town)
    assert len(noted) == len(town.households)
    assert noted[town.households[0].id] == ("ordered", False)
    assert noted[town.households[1].id] == ("away", False)
    assert noted[town.households[2].id] == ("unreachable", True)
    named = select(RollCall.recorded_by_id).where(RollCall.is_override).distinct()
    assert db.session.scalars(named).all() == [by.id]
    assert db.session.scalar(select(HouseholdOrder.state)) == OrderState.LOCKED


def test_who_declined_and_then_ordered_counts_as_ordered(town: world.World) -> None:
    home = town.households[0].id
    note(town, "leader", 0, RollCallOutcome.DECLINED)
    order(town, 0)
    cycles_service.lock_cycle(town.actor("admin"), town.cycle.id, Lock(True, True))
    assert outcomes(town)[home] == ("ordered", False)


def test_a_withdrawn_order_leaves_the_household_without_an_outcome(town: world.World) -> None:
    placed = order(town, 0)
    ordering_service.withdraw(Resident("household", town.households[0].id), placed.id)
    with pytest.raises(Conflict, match="12 户"):
        cycles_service.lock_cycle(town.actor("admin"), town.cycle.id, Lock(is_early=True))
    cycles_service.lock_cycle(town.actor("admin"), town.cycle.id, Lock(True, True))
    assert db.session.scalar(select(HouseholdOrder.state)) == OrderState.WITHDRAWN
    assert outcomes(town)[town.households[0].id] == ("unreachable", True)


def test_locking_before_the_cut_off_needs_to_be_said(town: world.World) -> None:
    with pytest.raises(Conflict, match="提前"):
        cycles_service.lock_cycle(town.actor("admin"), town.cycle.id, Lock(is_override=True))
    cycles_service.lock_cycle(town.actor("admin"), town.cycle.id, Lock(is_early=True, is_override=True))
    assert db.session.get_one(Cycle, town.cycle.id).cutoff_at <= clock.now()
    with pytest.raises(Conflict):
        order(town, 3)


def test_a_cycle_locks_once(town: world.World) -> None:
    cycles_service.lock_cycle(town.actor("admin"), town.cycle.id, Lock(True, True))
    with pytest.raises(Conflict):
        cycles_service.lock_cycle(town.actor("admin"), town.cycle.id, Lock(True, True))


def test_a_cycle_closes_when_every_unit_has_reached_its_end(town: world.World) -> None:
    order(town, 0, qty=3)
    cycles_service.lock_cycle(town.actor("admin"), town.cycle.id, Lock(True, True))
    with pytest.raises(Conflict):
        cycles_service.close_cycle(town.actor("admin"), town.cycle.id)
    db.session.get_one(Cycle, town.cycle.id).state = CycleState.RUNNING
    db.session.commit()
    with pytest.raises(Conflict, match="待分配 3"):
        cycles_service.close_cycle(town.actor("admin"), town.cycle.id)
    line = db.session.scalars(select(OrderLine)).one()
    move({line.id: 3}, Stage.OPEN, Stage.SHORT, Cause("test", 1))
    db.session.commit()
    closed = cycles_service.close_cycle(town.actor("admin"), town.cycle.id)
    assert closed.state == CycleState.CLOSED
    assert closed.closed_at is not None


def test_a_cancelled_cycle_leaves_no_unit_waiting(town: world.World) -> None:
    order(town, 0, qty=3)
    cycles_service.lock_cycle(town.actor("admin"), town.cycle.id, Lock(True, True))
    cycles_service.cancel_cycle(town.actor("admin"), town.cycle.id, "暴雨")
    assert db.session.scalar(select(OrderLine.qty_cancelled)) == 3
    with pytest.raises(Conflict):
        cycles_service.cancel_cycle(town.actor("admin"), town.cycle.id, "暴雨")


def test_the_roll_call_is_kept_by_the_point_of_the_household(town: world.World) -> None:
    with pytest.raises(NotFound):
        note(town, "leader2", 0, RollCallOutcome.AWAY)
    note(town, "leader", 0, RollCallOutcome.AWAY)
    note(town, "leader", 0, RollCallOutcome.DECLINED)
    assert outcomes(town) == {town.households[0].id: ("declined", False)}
    with pytest.raises(Invalid):
        note(town, "leader", 1, RollCallOutcome.ORDERED)
    order(town, 2)
    assert note(town, "leader", 2, RollCallOutcome.AWAY) == 0, "an order is not talked away"
    assert outcomes(town)[town.households[0].id] == ("declined", False)


def test_the_rest_of_a_building_is_noted_at_once(town: world.World) -> None:
    order(town, 0)
    by = town.actor("leader")
    building = town.buildings[0]
    note(town, "leader", 1, RollCallOutcome.AWAY)
    assert roll_call_service.record_rest(by, town.cycle.id, building.id, RollCallOutcome.UNREACHABLE) == 1
    assert sorted(outcome for outcome, _ in outcomes(town).values()) == ["away", "unreachable"]
    foreign = [(town.households[-1].id, RollCallOutcome.AWAY)]
    with pytest.raises(NotFound):
        roll_call_service.record_building(by, town.cycle.id, building.id, foreign)

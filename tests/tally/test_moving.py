"""A building that gets another service point while it has orders: asked, and then every page agrees."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, select

from app.access.permissions import Resident
from app.core import clock
from app.core.db import db
from app.core.errors import Conflict, NotFound
from app.ordering import queries_orders, queries_resident, service_cycle, service_orders
from app.ordering.models import Cycle, CyclePoint, CycleState, HouseholdOrder, Offer, OfferComponent
from app.ordering.orders import IfExists, Pick, PlaceOrder
from app.places.models import Building, BuildingMove
from app.settlement.queries import places_of
from app.tally import queries, service, service_moving
from app.tally.schemas import Sign
from app.tally.service_moving import Move
from tests import world
from tests.world import World


@pytest.fixture
def here(app: Flask) -> World:
    return world.build()


def move(here: World, choice: str, to: int = 1) -> None:
    building = db.session.get_one(Building, here.buildings[0].id, populate_existing=True)
    service_moving.move_building(here.actor("admin"), building.id, Move(here.points[to].id, choice, building.version))
    db.session.expire_all()


def reads(here: World, name: str, order: HouseholdOrder) -> bool:
    try:
        return queries_orders.order_page(here.actor(name), order.id).order.id == order.id
    except NotFound:
        return False


def opened(here: World) -> Cycle:
    """The next cycle, opened as the supplies team does."""
    now = clock.now()
    cycle = Cycle(
        subdistrict_id=here.subdistrict.id,
        name="第二批",
        opens_at=now - timedelta(hours=1),
        cutoff_at=now + timedelta(hours=3),
        deliver_on=clock.today() + timedelta(days=2),
    )
    db.session.add(cycle)
    db.session.flush()
    db.session.add_all(CyclePoint(cycle_id=cycle.id, service_point_id=point.id) for point in here.points)
    item = here.items[0]
    offer = Offer(cycle_id=cycle.id, item_id=item.id, name=item.name, price_fen=1, position=0)
    db.session.add(offer)
    db.session.flush()
    db.session.add(OfferComponent(offer_id=offer.id, item_id=item.id, qty=1))
    db.session.commit()
    service_cycle.open_cycle(here.actor("supplies"), cycle.id)
    db.session.expire_all()
    return cycle


def test_orders_taken_along_are_at_the_new_point_for_tally_leader_form_and_household(here: World) -> None:
    order = here.order(here.households[0], {0: 3})
    move(here, "along")
    assert order.service_point_id == here.points[1].id
    assert not queries.cells(here.cycle.id, here.points[0].id)
    assert [cell.qty for cell in queries.cells(here.cycle.id, here.points[1].id)] == [3]
    assert (reads(here, "leader2", order), reads(here, "leader", order)) == (True, False)
    by = Resident("household", here.households[0].id)
    assert queries_resident.card(by, here.cycle.id).order == order
    again = PlaceOrder(here.cycle.id, here.households[0].id, (Pick(here.offers[0].id, 1),), if_exists=IfExists.REPLACE)
    assert service_orders.place(by, again).service_point_id == here.points[1].id
    here.lock()
    missing = queries.without_outcome(here.cycle.id, here.points[1].id)
    assert missing == 0
    assert service.sign(here.actor("leader2"), here.cycle.id, here.points[1].id, Sign(1)).state == "confirmed"


def test_from_the_next_cycle_on_nothing_changes_until_it_is_opened_and_the_old_leader_finishes(here: World) -> None:
    order = here.order(here.households[0], {0: 3})
    move(here, "next")
    assert here.buildings[0].service_point_id == here.points[0].id
    here.lock()
    opened(here)
    assert here.buildings[0].service_point_id == here.points[1].id
    assert order.service_point_id == here.points[0].id
    assert (reads(here, "leader", order), reads(here, "leader2", order)) == (True, True)
    assert queries_resident.card(Resident("household", here.households[0].id), here.cycle.id).order == order
    assert [cell.qty for cell in queries.cells(here.cycle.id, here.points[0].id)] == [3]
    assert service.sign(here.actor("leader"), here.cycle.id, here.points[0].id, Sign(3)).state == "confirmed"
    assert here.buildings[0].id in places_of([here.points[0].id])
    service_cycle.cancel_cycle(here.actor("admin"), here.cycle.id, "演练")
    db.session.expire_all()
    assert not reads(here, "leader", order)
    assert db.session.scalars(select(BuildingMove.ends_at)).one() is not None


def test_orders_cannot_go_to_a_point_outside_their_cycle_but_stay_visible_when_the_building_does(here: World) -> None:
    order = here.order(here.households[0], {0: 3})
    db.session.execute(delete(CyclePoint).where(CyclePoint.service_point_id == here.points[1].id))
    db.session.commit()
    with pytest.raises(Conflict, match="没有参加"):
        move(here, "along")
    move(here, "next")
    opened(here)
    by = Resident("household", here.households[0].id)
    assert queries_resident.card(by, here.cycle.id).order == order
    assert service_orders.withdraw(by, order.id).state == "withdrawn"
    assert reads(here, "leader", order)


def test_a_signed_tally_keeps_its_orders(here: World) -> None:
    here.order(here.households[0], {0: 3})
    here.lock()
    service.sign(here.actor("leader"), here.cycle.id, here.points[0].id, Sign(3))
    with pytest.raises(Conflict, match="已经签字"):
        move(here, "along")
    here.cycle.state = CycleState.RUNNING
    db.session.commit()
    move(here, "along")
    assert [cell.qty for cell in queries.cells(here.cycle.id, here.points[0].id)] == [3]
    assert db.session.scalars(select(HouseholdOrder.service_point_id)).all() == [here.points[0].id]

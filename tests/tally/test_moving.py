"""A building that gets another service point while it has orders: asked, and then every page agrees."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, select

from app.access.permissions import Resident
from app.core import clock
from app.core.db import db
from app.core.errors import Conflict, Invalid, NotFound
from app.intake.booking import service as booking_service
from app.intake.booking.schemas import Settle
from app.intake.models import ChainPaste
from app.intake.paste import service as intake
from app.intake.paste.schemas import Paste
from app.ordering import service as ordering_service
from app.ordering.claims import service as claims_service
from app.ordering.claims.models import RoomClaim
from app.ordering.claims.schemas import LeaveClaim
from app.ordering.cycles import queries as cycles_queries
from app.ordering.cycles import service as cycles_service
from app.ordering.models import Cycle, CyclePoint, CycleState, HouseholdOrder, Offer, OfferComponent
from app.ordering.orders import IfExists, OfferPick, PlaceOrder
from app.ordering.resident import queries as resident_queries
from app.places.buildings import moves
from app.places.buildings import service as buildings_service
from app.places.buildings.schemas import EditBuilding
from app.places.models import Building, BuildingMove
from app.settlement.queries import places_of
from app.tally import queries, service
from app.tally.claims import service as settling
from app.tally.claims.schemas import SettleClaim
from app.tally.moving import service as moving_service
from app.tally.moving.schemas import MoveBuilding
from app.tally.schemas import SignTally
from tests import messages, world
from tests.world import World, post, sign_in


@pytest.fixture
def here(app: Flask) -> World:
    return world.build()


def move(here: World, choice: str, to: int = 1) -> None:
    building = db.session.get_one(Building, here.buildings[0].id, populate_existing=True)
    moving_service.move_building(
        here.actor("admin"), building.id, MoveBuilding(here.points[to].id, choice, building.version)
    )
    db.session.expire_all()


def reads(here: World, name: str, order: HouseholdOrder) -> bool:
    try:
        return cycles_queries.order_page(here.actor(name), order.id).order.id == order.id
    except NotFound:
        return False


def opened(here: World, points: tuple[int, ...] = (0, 1)) -> Cycle:
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
    db.session.add_all(
        CyclePoint(cycle_id=cycle.id, service_point_id=point.id) for point in (here.points[i] for i in points)
    )
    item = here.items[0]
    offer = Offer(cycle_id=cycle.id, item_id=item.id, name=item.name, price_fen=1, position=0)
    db.session.add(offer)
    db.session.flush()
    db.session.add(OfferComponent(offer_id=offer.id, item_id=item.id, qty=1))
    db.session.commit()
    cycles_service.open_cycle(here.actor("supplies"), cycle.id)
    db.session.expire_all()
    return cycle


def test_orders_taken_along_are_at_the_new_point_for_tally_leader_form_and_household(here: World) -> None:
    order = here.order(here.households[0], {0: 3})
    move(here, "along")
    assert order.service_point_id == here.points[1].id
    assert not queries.ordered_cells(here.cycle.id, here.points[0].id)
    assert [cell.qty for cell in queries.ordered_cells(here.cycle.id, here.points[1].id)] == [3]
    assert (reads(here, "leader2", order), reads(here, "leader", order)) == (True, False)
    by = Resident("household", here.households[0].id)
    assert resident_queries.card(by, here.cycle.id).order == order
    again = PlaceOrder(
        here.cycle.id, here.households[0].id, (OfferPick(here.offers[0].id, 1),), if_exists=IfExists.REPLACE
    )
    assert ordering_service.place(by, again).service_point_id == here.points[1].id
    here.lock()
    missing = queries.without_outcome(here.cycle.id, here.points[1].id)
    assert missing == 0
    assert service.sign(here.actor("leader2"), here.cycle.id, here.points[1].id, SignTally(1)).state == "confirmed"


def test_from_the_next_cycle_on_nothing_changes_until_it_is_opened_and_the_old_leader_finishes(here: World) -> None:
    order = here.order(here.households[0], {0: 3})
    move(here, "next")
    assert here.buildings[0].service_point_id == here.points[0].id
    here.lock()
    opened(here)
    assert here.buildings[0].service_point_id == here.points[1].id
    assert order.service_point_id == here.points[0].id
    assert (reads(here, "leader", order), reads(here, "leader2", order)) == (True, True)
    assert resident_queries.card(Resident("household", here.households[0].id), here.cycle.id).order == order
    assert [cell.qty for cell in queries.ordered_cells(here.cycle.id, here.points[0].id)] == [3]
    assert service.sign(here.actor("leader"), here.cycle.id, here.points[0].id, SignTally(3)).state == "confirmed"
    assert here.buildings[0].id in places_of([here.points[0].id])
    cycles_service.cancel_cycle(here.actor("admin"), here.cycle.id, "演练")
    db.session.expire_all()
    assert not reads(here, "leader", order)
    assert db.session.scalars(select(BuildingMove.ends_at)).one() is not None


def test_orders_cannot_go_to_a_point_outside_their_cycle_but_stay_visible_when_the_building_does(here: World) -> None:
    order = here.order(here.households[0], {0: 3})
    db.session.execute(delete(CyclePoint).where(CyclePoint.service_point_id == here.points[1].id))
    db.session.commit()
    with pytest.raises(Conflict, match=messages.NOT_TAKING_PART):
        move(here, "along")
    move(here, "next")
    opened(here)
    by = Resident("household", here.households[0].id)
    assert resident_queries.card(by, here.cycle.id).order == order
    assert ordering_service.withdraw(by, order.id).state == "withdrawn"
    assert reads(here, "leader", order)


def test_a_signed_tally_keeps_its_orders(here: World) -> None:
    here.order(here.households[0], {0: 3})
    here.lock()
    service.sign(here.actor("leader"), here.cycle.id, here.points[0].id, SignTally(3))
    with pytest.raises(Conflict, match=messages.IS_SIGNED):
        move(here, "along")
    here.cycle.state = CycleState.RUNNING
    db.session.commit()
    move(here, "along")
    assert [cell.qty for cell in queries.ordered_cells(here.cycle.id, here.points[0].id)] == [3]
    assert db.session.scalars(select(HouseholdOrder.service_point_id)).all() == [here.points[0].id]


# --- claims left at doors ---------------------------------------------------------------------------------------------
def claim(here: World, room: str = "101") -> RoomClaim:
    stairwell = here.households[0].stairwell_id
    wanted = LeaveClaim(stairwell, room, "19900000007", "second", "", (OfferPick(here.offers[1].id, 2),))
    return claims_service.leave(claims_service.ClaimPlace(here.buildings[0].id, here.cycle.id), wanted)


def settle(here: World, left: RoomClaim, who: str, choice: str = "family", household: int = 0) -> RoomClaim:
    db.session.refresh(left)
    return settling.settle(here.actor(who), left.id, SettleClaim(choice, left.version, "101", household))


def edit(here: World, to: int) -> None:
    building = db.session.get_one(Building, here.buildings[0].id, populate_existing=True)
    wanted = EditBuilding(building.label, here.points[to].id, building.floors, False, "", None, building.version)
    buildings_service.edit_building(here.actor("admin"), building.id, wanted)
    db.session.expire_all()


def without_the_second_point(here: World) -> None:
    db.session.execute(delete(CyclePoint).where(CyclePoint.service_point_id == here.points[1].id))
    db.session.commit()


def save_point(app: Flask, here: World, to: int) -> str:
    """Save the building's page with another point; where that leads."""
    page, building = f"/places/buildings/{here.buildings[0].id}", here.buildings[0]
    data = {
        "label": building.label, "service_point_id": str(here.points[to].id), "floors": str(building.floors),
        "drop_spot": "", "position": "", "version": str(building.version),
    }  # fmt: skip
    answer = post(sign_in(app, here, "admin"), page, f"{page}/edit", data)
    db.session.expire_all()
    return answer.headers["Location"]


def test_a_building_with_nothing_but_a_claim_is_asked_about_and_stays_where_its_cycle_is(
    app: Flask, here: World
) -> None:
    claim(here)
    without_the_second_point(here)
    there = save_point(app, here, 1)
    assert there.endswith(f"/move?to={here.points[1].id}")
    assert here.buildings[0].service_point_id == here.points[0].id
    page = sign_in(app, here, "admin").get(there).get_data(as_text=True)
    assert "还没核对：101" in page
    assert messages.NOT_TAKING_PART in page
    with pytest.raises(Conflict, match=messages.NOT_TAKING_PART):
        move(here, "along")


def test_a_claim_taken_along_keeps_the_new_tally_open_and_becomes_an_order_there(here: World) -> None:
    left = claim(here)
    move(here, "along")
    here.lock()
    with pytest.raises(Conflict, match="待核对"):
        service.sign(here.actor("leader2"), here.cycle.id, here.points[1].id, SignTally(0))
    assert service.sign(here.actor("leader"), here.cycle.id, here.points[0].id, SignTally(0)).number == 1
    settle(here, left, "leader2")
    assert [cell.qty for cell in queries.ordered_cells(here.cycle.id, here.points[1].id)] == [2]
    assert service.sign(here.actor("leader2"), here.cycle.id, here.points[1].id, SignTally(2)).number == 1


def test_a_claim_stays_with_the_tally_of_its_cycle_when_the_building_goes_with_the_next(here: World) -> None:
    left = claim(here)
    without_the_second_point(here)
    move(here, "next")
    here.lock()
    opened(here)
    assert here.buildings[0].service_point_id == here.points[1].id
    with pytest.raises(Conflict, match="待核对"):
        service.sign(here.actor("leader"), here.cycle.id, here.points[0].id, SignTally(0))
    settle(here, left, "leader")
    assert [cell.qty for cell in queries.ordered_cells(here.cycle.id, here.points[0].id)] == [2]
    assert service.sign(here.actor("leader"), here.cycle.id, here.points[0].id, SignTally(2)).number == 1


def test_no_order_of_a_claim_comes_to_a_point_outside_its_cycle(here: World) -> None:
    left = claim(here)
    left.service_point_id = here.points[1].id
    db.session.commit()
    without_the_second_point(here)
    with pytest.raises(Conflict, match=messages.NOT_TAKING_PART):
        settle(here, left, "leader")
    assert db.session.scalars(select(HouseholdOrder)).all() == []


def test_a_withdrawn_order_is_placed_anew_at_the_point_of_the_claim_whose_tally_is_open(here: World) -> None:
    order = here.order(here.households[0], {0: 3})
    ordering_service.withdraw(Resident("household", here.households[0].id), order.id)
    edit(here, 1)
    left = claim(here)
    here.lock()
    service.sign(here.actor("leader"), here.cycle.id, here.points[0].id, SignTally(0))
    settle(here, left, "leader2", "replace", here.households[0].id)
    db.session.expire_all()
    assert order.service_point_id == here.points[1].id
    assert not queries.ordered_cells(here.cycle.id, here.points[0].id)


def test_a_claim_opened_again_waits_at_the_point_that_the_building_belongs_to_now(here: World) -> None:
    left = claim(here)
    settling.settle(here.actor("leader"), left.id, SettleClaim("reject", left.version, reason="打不通"))
    edit(here, 1)
    settle(here, left, "leader2", "reopen")
    assert left.service_point_id == here.points[1].id


# --- from the next cycle on -------------------------------------------------------------------------------------------
def test_a_building_waits_while_its_point_takes_orders_in_another_cycle(here: World) -> None:
    here.order(here.households[0], {0: 3})
    without_the_second_point(here)
    move(here, "next")
    second = opened(here, (1,))
    assert here.buildings[0].service_point_id == here.points[0].id
    neighbour = PlaceOrder(here.cycle.id, here.households[1].id, (OfferPick(here.offers[0].id, 1),))
    by = Resident("household", here.households[1].id)
    assert ordering_service.place(by, neighbour).service_point_id == here.points[0].id
    here.lock()
    second.state = CycleState.CANCELLED
    db.session.commit()
    opened(here, (1,))
    assert here.buildings[0].service_point_id == here.points[1].id


def test_a_cycle_without_the_new_point_moves_nobody_there(here: World) -> None:
    here.order(here.households[0], {0: 3})
    move(here, "next")
    here.lock()
    opened(here, (0,))
    assert here.buildings[0].service_point_id == here.points[0].id
    assert moves.next_point(here.buildings[0].id) == here.points[1]


def test_a_point_set_at_once_ends_the_move_that_waited(app: Flask, here: World) -> None:
    order = here.order(here.households[0], {0: 3})
    move(here, "next")
    ordering_service.withdraw(Resident("household", here.households[0].id), order.id)
    building = here.buildings[0]
    building.service_point_id = here.points[1].id  # as if it had come from there
    move_back = moves.next_point(building.id)
    db.session.commit()
    assert move_back is not None
    save_point(app, here, 0)
    assert building.service_point_id == here.points[0].id
    assert moves.next_point(building.id) is None


def test_an_order_placed_after_the_page_was_shown_is_asked_about_and_never_left_behind(here: World) -> None:
    here.order(here.households[0], {0: 3})
    with pytest.raises(Invalid, match="新订单"):
        edit(here, 1)
    assert here.buildings[0].service_point_id == here.points[0].id


# --- withdrawn orders, and lines that nobody has placed ---------------------------------------------------------------
@pytest.mark.parametrize("way", ["along", "at once"])
def test_an_order_that_was_withdrawn_is_placed_anew_at_the_new_point(here: World, way: str) -> None:
    by = Resident("household", here.households[0].id)
    order = here.order(here.households[0], {0: 3})
    ordering_service.withdraw(by, order.id)
    if way == "along":
        second = opened(here)  # in which a neighbour has an order, so that it is asked
        offer = db.session.scalars(select(Offer.id).where(Offer.cycle_id == second.id)).one()
        neighbour = Resident("household", here.households[1].id)
        ordering_service.place(neighbour, PlaceOrder(second.id, here.households[1].id, (OfferPick(offer, 1),)))
        move(here, "along")
        assert order.service_point_id == here.points[1].id
    else:
        edit(here, 1)
    again = PlaceOrder(here.cycle.id, here.households[0].id, (OfferPick(here.offers[0].id, 1),))
    assert ordering_service.place(by, again).service_point_id == here.points[1].id


def paste(here: World, text: str) -> ChainPaste:
    leader = here.actor("leader")
    kept = intake.paste_chain(leader, here.cycle.id, here.points[0].id, Paste(text))
    return booking_service.commit(leader, kept.id)


def test_lines_that_its_point_has_yet_to_place_keep_a_building_until_they_are_settled(app: Flask, here: World) -> None:
    ordering_service.place(
        Resident("household", here.households[0].id),
        PlaceOrder(here.cycle.id, here.households[0].id, (OfferPick(here.offers[0].id, 1),)),
    )
    kept = paste(here, "#接龙\n1. 桂花苑2号楼1单元101 土豆1\n2. 桂花苑10号楼1单元101 土豆1\n")
    (line,) = [line for line in kept.lines if line.outcome == "review"]
    with pytest.raises(Conflict, match=r"南门点位.* 1 行"):
        move(here, "along")
    there = save_point(app, here, 1)
    assert "还有 1 行写的是这一栋" in sign_in(app, here, "admin").get(there).get_data(as_text=True)
    booking_service.settle(here.actor("leader"), line.id, Settle(0))
    move(here, "along")
    assert here.buildings[0].service_point_id == here.points[1].id


def test_a_building_with_nothing_but_such_a_line_is_asked_about(app: Flask, here: World) -> None:
    leader = here.actor("leader")
    intake.paste_chain(leader, here.cycle.id, here.points[0].id, Paste("#接龙\n1. 桂花苑2号楼1单元101 土豆1\n"))
    assert "/move?to=" in save_point(app, here, 1)
    assert here.buildings[0].service_point_id == here.points[0].id

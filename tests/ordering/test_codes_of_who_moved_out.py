"""What an undo gives back after those who made the order have moved out: the goods, and never their code."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from app.access.models import MovedIn
from app.core.db import db
from app.intake.booking import service as booking_service
from app.intake.booking.schemas import Settle
from app.ordering import service as ordering_service
from app.ordering.claims.models import RoomClaim
from app.ordering.desk import service as desk_service
from app.ordering.models import HouseholdOrder, OrderState, OtherDoor, Source
from app.ordering.orders import IfExists, OfferPick, PlaceOrder
from app.ordering.resident import service as resident_service
from app.ordering.resident.service import order_by_code
from app.tally.claims import service as claims_service
from app.tally.claims.schemas import SettleClaim
from tests import world
from tests.intake.test_versions import bring
from tests.tally.test_claims import leave
from tests.world import World, post

LIST = "#接龙 青菜\n1. 桂花苑2号楼1单元101 1份\n2. 桂花苑2号楼1单元201 1份\n"


@pytest.fixture
def here(app: Flask) -> World:
    return world.build()


def gets_in(app: Flask, here: World, code: str) -> bool:
    door = f"/enter/{here.buildings[0].public_code}"
    phone = app.test_client()
    typed = {"stairwell_id": str(here.households[0].stairwell_id), "room": "101", "order_code": code}
    post(phone, door, door, typed)
    return phone.get("/my").status_code == 200


def by_list(here: World, choice: str = "replace") -> int:
    paste = bring(here, LIST)
    (line,) = [one for one in paste.lines if one.outcome == "review"]
    booking_service.settle(here.actor("leader"), line.id, Settle(here.households[0].id, "", choice))
    return paste.id


def by_telephone(here: World) -> int:
    wanted = PlaceOrder(
        here.cycle.id,
        here.households[0].id,
        (OfferPick(here.offers[0].id, 2),),
        source=Source.TELEPHONE,
        if_exists=IfExists.REPLACE,
        accepts_soft_limits=True,
    )
    return desk_service.take_order(here.actor("leader"), wanted).id


def bought(order_id: int) -> list[tuple[int, int]]:
    db.session.expire_all()
    return [(choice.offer_id, choice.qty) for choice in db.session.get_one(HouseholdOrder, order_id).choices]


@pytest.mark.parametrize("choice", ["replace", "add"])
def test_a_list_that_is_taken_back_gives_the_goods_and_not_the_code(app: Flask, here: World, choice: str) -> None:
    order = here.order(here.households[0], {1: 1})
    order_id, code = order.id, order.code
    db.session.add(OtherDoor(order_id=order_id, household_id=here.households[1].id))
    db.session.commit()
    paste_id = by_list(here, choice)
    resident_service.move_out(here.actor("leader"), here.households[0].id)
    booking_service.undo(here.actor("leader"), paste_id)
    assert bought(order_id) == [(here.offers[1].id, 1)]
    assert not gets_in(app, here, code)


def test_an_entry_of_the_desk_that_is_taken_back_gives_the_goods_and_not_the_code(app: Flask, here: World) -> None:
    order = here.order(here.households[0], {1: 1})
    order_id, code = order.id, order.code
    entry_id = by_telephone(here)
    resident_service.move_out(here.actor("leader"), here.households[0].id)
    desk_service.undo_entry(here.actor("leader"), entry_id)
    assert bought(order_id) == [(here.offers[1].id, 1)]
    assert not gets_in(app, here, code)


def test_a_code_that_was_dead_when_the_desk_took_the_order_stays_dead(app: Flask, here: World) -> None:
    code = here.order(here.households[0], {1: 1}).code
    resident_service.move_out(here.actor("leader"), here.households[0].id)
    entry_id = by_telephone(here)
    desk_service.undo_entry(here.actor("leader"), entry_id)
    assert not gets_in(app, here, code)


def test_without_a_move_the_code_that_was_written_down_opens_again(app: Flask, here: World) -> None:
    code = here.order(here.households[0], {1: 1}).code
    db.session.add(MovedIn(household_id=here.households[0].id, since=here.cycle.opens_at))
    db.session.commit()
    booking_service.undo(here.actor("leader"), by_list(here))
    desk_service.undo_entry(here.actor("leader"), by_telephone(here))
    assert gets_in(app, here, code)


def test_whoever_was_thrown_out_by_a_claim_does_not_come_back_by_an_undo(app: Flask, here: World) -> None:
    code = here.order(here.households[0], {1: 1}).code
    paste_id = by_list(here, "add")
    leave(app, here, **{f"qty_{here.offers[1].id}": "0"})
    claim = db.session.scalars(select(RoomClaim)).one()
    wanted = SettleClaim("replace", claim.version, household_id=here.households[0].id)
    claims_service.settle(here.actor("leader"), claim.id, wanted)
    booking_service.undo(here.actor("leader"), paste_id)
    db.session.expire_all()
    assert order_by_code(code) is None


def test_an_order_that_was_withdrawn_and_is_placed_anew_has_no_code_of_who_moved_out(app: Flask, here: World) -> None:
    order = here.order(here.households[0], {1: 1})
    order_id, code = order.id, order.code
    ordering_service.withdraw(here.actor("leader"), order_id)
    assert db.session.get_one(HouseholdOrder, order_id).state == OrderState.WITHDRAWN
    resident_service.move_out(here.actor("leader"), here.households[0].id)
    by_telephone(here)
    assert not gets_in(app, here, code)

"""A row that went in a merge comes back when the register, a door or a file says that somebody lives there, empty."""

from __future__ import annotations

import pytest
from flask import Flask

from app.core.db import db
from app.core.events import SYSTEM
from app.intake.booking.cli import import_file
from app.ordering.models import CycleState, HouseholdOrder
from app.places.buildings import service as buildings_service
from app.places.buildings.schemas import AddRooms
from app.places.models import Household
from app.tally.claims import service as claims_service
from app.tally.claims.schemas import SettleClaim
from tests import world
from tests.intake.test_import_orders import table
from tests.tally.merging import Twice, broken, phone, phone_of
from tests.tally.test_claims import leave, the_claim
from tests.tally.test_moving import opened


@pytest.fixture
def here(app: Flask) -> Twice:
    return Twice(world.build())


def test_a_room_that_was_merged_by_mistake_is_registered_again_without_anything(here: Twice) -> None:
    order = here.world.order(here.gone, {0: 2})
    here.merge()
    building = here.world.buildings[0].id
    assert buildings_service.add_rooms(here.world.actor("admin"), building, AddRooms("1单元", ("1-101", "101"))) == 1
    db.session.expire_all()
    assert db.session.get_one(Household, here.gone.id).is_active
    assert db.session.get_one(HouseholdOrder, order.id).household_id == here.kept.id


def test_a_claim_on_the_room_that_went_makes_it_a_household_of_its_own_again(app: Flask, here: Twice) -> None:
    here.gone.room_no = "909"
    db.session.commit()
    here.merge()
    assert leave(app, here.world, room="909", kind="missing") == 303
    wanted = SettleClaim("family", the_claim().version, room="909")
    claim = claims_service.settle(here.world.actor("leader"), the_claim().id, wanted)
    order = db.session.get_one(HouseholdOrder, claim.order_id)
    assert order.household_id == here.gone.id
    assert order.code not in phone(app, phone_of(here.kept.id)).get("/my").get_data(as_text=True)


def test_a_claim_on_a_flat_of_which_one_row_went_is_beside_the_one_that_stayed(app: Flask, here: Twice) -> None:
    here.gone, here.kept = here.kept, here.gone  # the older row goes, and would be found first
    here.gone.room_no, here.kept.room_no = "0101", "101"
    db.session.commit()
    here.merge()
    here.world.order(here.kept, {0: 1})
    assert leave(app, here.world) == 303
    claim = claims_service.settle(
        here.world.actor("leader"), the_claim().id, SettleClaim("family", the_claim().version, room="101")
    )
    home = db.session.get_one(HouseholdOrder, claim.order_id).household_id
    assert db.session.get_one(Household, home).room_no == "101(2)"


def test_a_file_that_names_two_families_again_brings_the_second_one_back(here: Twice) -> None:
    body = table("A1,K0,2,1,101,林一,19900000001,V1,青菜,2,份", "A2,K0,2,1,101,周二,19900000002,V1,青菜,1,份")
    import_file(SYSTEM, here.world.cycle.id, body)
    second = db.session.query(HouseholdOrder).filter(HouseholdOrder.household_id != here.kept.id).one()
    here.gone = db.session.get_one(Household, second.household_id)
    here.world.cycle.state = CycleState.CANCELLED
    db.session.commit()
    here.merge()
    assert not here.gone.is_active
    assert import_file(SYSTEM, opened(here.world).id, body).placed == 2
    db.session.expire_all()
    assert here.gone.is_active
    assert broken() == {}

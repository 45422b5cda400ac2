"""After two households became one, no key of the one that went opens anything, and those of the other still do."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from app.access import pins
from app.access.models import DoorPin
from app.core.db import db
from app.core.errors import Conflict, NotFound
from app.core.events import Event
from app.intake.booking import service as booking_service
from app.intake.booking.schemas import Settle
from app.ordering.desk import service as desk_service
from app.ordering.models import HouseholdOrder, OtherDoor, Source
from app.ordering.orders import IfExists, OfferPick, PlaceOrder
from app.ordering.resident import service as resident_service
from app.ordering.resident.service import OpenedDoor, Proof, order_by_code
from tests import messages, world
from tests.intake.test_versions import bring
from tests.tally.merging import Twice, phone, phone_of
from tests.world import World, post

OWN_PAGES = ("/my", "/my/errands", "/my/deliveries")


@pytest.fixture
def here(app: Flask) -> Twice:
    return Twice(world.build())


def opens(app: Flask, town: World, code: str, room: str) -> bool:
    """Whether a code or PIN typed at the poster lets a phone in."""
    door = f"/enter/{town.buildings[0].public_code}"
    client = app.test_client()
    typed = {"stairwell_id": str(town.households[0].stairwell_id), "room": room, "order_code": code}
    post(client, door, door, typed)
    return client.get("/my").status_code == 200


def pin_of(here: Twice, household_id: int) -> str:
    return pins.pin_text(resident_service.issue_pin(here.world.actor("leader"), household_id))


def code_of(order_id: int) -> str:
    return db.session.get_one(HouseholdOrder, order_id, populate_existing=True).code


def test_pin_phones_and_codes_of_the_row_that_went_open_nothing_and_those_of_the_other_still_do(
    app: Flask, here: Twice
) -> None:
    order = here.world.order(here.gone, {0: 2})
    order_id, old = order.id, order.code
    old_pin, own_pin = pin_of(here, here.gone.id), pin_of(here, here.kept.id)
    theirs, own = phone(app, phone_of(here.gone.id)), phone(app, phone_of(here.kept.id))
    assert theirs.get("/my").status_code == 200
    here.merge()
    for page in (*OWN_PAGES, f"/my/cycles/{here.world.cycle.id}/order"):
        assert "/enter" in theirs.get(page).headers["Location"]
    assert db.session.get(DoorPin, here.gone.id) is None
    for room in ("101", "1-101"):
        assert not opens(app, here.world, old_pin, room)
        assert not opens(app, here.world, old, room)
    assert order_by_code(old) is None
    assert code_of(order_id) in own.get(f"/my/cycles/{here.world.cycle.id}").get_data(as_text=True).replace("-", "")
    assert opens(app, here.world, code_of(order_id), "101")
    assert opens(app, here.world, own_pin, "101")


def test_a_code_of_a_cycle_that_is_over_opens_nothing_either(app: Flask, here: Twice) -> None:
    code = here.world.order(here.gone, {0: 2}).code
    here.world.cycle.state = "cancelled"
    db.session.commit()
    here.merge()
    assert order_by_code(code) is None


def test_a_phone_whose_door_was_found_before_gets_no_key_to_the_row_that_went(here: Twice) -> None:
    found = OpenedDoor(here.gone.id, here.world.cycle.id, Proof.ROOM)
    here.merge()
    with pytest.raises(NotFound):
        resident_service.admit_household(found)


def test_the_code_that_a_list_wrote_down_does_not_come_back_when_the_list_is_taken_back(here: Twice) -> None:
    here.kept = here.world.households[1]
    here.gone = here.world.households[0]
    order = here.world.order(here.gone, {1: 1})
    order_id, old = order.id, order.code
    db.session.add(OtherDoor(order_id=order_id, household_id=here.world.households[2].id))
    db.session.commit()
    paste = bring(here.world, "#接龙 青菜\n1. 桂花苑2号楼1单元101 1份\n")
    for line in [one for one in paste.lines if one.outcome == "review"]:
        booking_service.settle(here.world.actor("leader"), line.id, Settle(here.gone.id, "", "replace"))
    here.merge()
    booking_service.undo(here.world.actor("leader"), paste.id)
    assert order_by_code(old) is None
    assert code_of(order_id) != old
    assert [choice.offer_id for choice in db.session.get_one(HouseholdOrder, order_id).choices] == [
        here.world.offers[1].id
    ]


def test_the_desk_gives_no_code_of_before_back(here: Twice) -> None:
    old = here.world.order(here.gone, {1: 1}).code
    basket = PlaceOrder(
        here.world.cycle.id,
        here.gone.id,
        (OfferPick(here.world.offers[0].id, 2),),
        source=Source.TELEPHONE,
        if_exists=IfExists.REPLACE,
    )
    entry = desk_service.take_order(here.world.actor("leader"), basket)
    entry_id = entry.id
    here.merge()
    with pytest.raises(Conflict, match=messages.CHANGED_LATER):
        desk_service.undo_entry(here.world.actor("leader"), entry_id)
    db.session.expire_all()
    assert (order_by_code(old), db.session.get_one(type(entry), entry_id).code_before) == (None, "")


def test_an_order_made_by_room_alone_is_the_household_s_and_no_more_that_phone_s(app: Flask, here: Twice) -> None:
    order = here.world.order(here.gone, {0: 2})
    order.hand = "f" * 32
    db.session.commit()
    stranger = phone(app, phone_of(here.gone.id, "f" * 32))
    assert stranger.get("/my").status_code == 200
    here.merge()
    assert "/enter" in stranger.get("/my").headers["Location"]
    assert db.session.get_one(HouseholdOrder, order.id).hand == ""


def test_the_log_says_what_became_of_the_row_its_keys_and_its_order(here: Twice) -> None:
    order = here.world.order(here.gone, {0: 2})
    pin_of(here, here.gone.id)
    phone_of(here.gone.id)
    here.merge()
    told = {
        (event.verb, event.subject_type, event.subject_id): event.data
        for event in db.session.scalars(select(Event).order_by(Event.id))
    }
    assert told["merge", "household", here.gone.id] == {"into_id": here.kept.id, "orders": 1, "phones": 1}
    assert told["take_in", "household", here.kept.id] == {"from_id": here.gone.id}
    assert ("revoke_pin", "household", here.gone.id) in told
    assert ("revoke", "household", here.gone.id) in told
    assert told["merge", "household_order", order.id] == {"into_id": here.kept.id}

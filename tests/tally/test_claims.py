"""A household that could not come in: what it leaves at the door, who decides, and that no tally is signed before."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.access import pins
from app.access.models import DoorPin, HouseholdToken
from app.core import clock
from app.core.db import command, db
from app.core.errors import Conflict, NotFound
from app.ordering.models import HouseholdOrder, OrderLine, OrderState, Outcome, RollCall
from app.ordering.models_claims import ClaimState, RoomClaim
from app.ordering.schemas import Lock
from app.ordering.service_cycle import lock_cycle
from app.places.models import Household
from app.tally import service, service_claims
from app.tally.schemas import Sign
from app.tally.service_claims import SettleClaim
from tests import world
from tests.world import post


@pytest.fixture
def town(app: Flask) -> world.World:
    return world.build()


def leave(app: Flask, town: world.World, room: str = "101", address: str = "192.0.2.1", **more: str) -> int:
    door = f"/enter/{town.buildings[0].public_code}"
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = address
    stairwell = str(town.households[0].stairwell_id)
    data = {"stairwell_id": stairwell, "room": room, "phone": "199 0000 0007", "kind": "second", "step": "leave"}
    data |= {f"qty_{town.offers[1].id}": "2", "cycle_id": str(town.cycle.id), "note": "家里有人透析"} | more
    return post(client, door, f"{door}/claim", data).status_code


def the_claim() -> RoomClaim:
    db.session.expire_all()
    return db.session.scalars(select(RoomClaim)).one()


def settle(town: world.World, choice: str, who: str = "leader", **more: object) -> RoomClaim:
    wanted = SettleClaim(choice, the_claim().version, **more)  # type: ignore[arg-type]
    return service_claims.settle(town.actor(who), the_claim().id, wanted)


def sign(town: world.World) -> None:
    total = db.session.scalar(select(func.coalesce(func.sum(OrderLine.qty_ordered), 0))) or 0
    service.sign(town.actor("leader"), town.cycle.id, town.points[0].id, Sign(total))


@pytest.mark.parametrize("who", ["leader", "captain"])
def test_a_second_family_becomes_a_household_of_its_own_with_its_order(app: Flask, town: world.World, who: str) -> None:
    first = town.order(town.households[0], {0: 1})
    assert leave(app, town) == 303
    claim = settle(town, "family", who, room="101")
    family = db.session.scalars(select(Household).where(Household.room_no == "101(2)")).one()
    order = db.session.get_one(HouseholdOrder, claim.order_id)
    assert (order.household_id, order.remark, order.hand) == (family.id, "家里有人透析", "")
    assert db.session.get_one(HouseholdOrder, first.id).state == OrderState.PLACED
    assert claim.state == ClaimState.FAMILY


def test_a_room_that_is_not_in_the_register_enters_it(app: Flask, town: world.World) -> None:
    assert leave(app, town, room="909") == 303
    claim = settle(town, "family", room="909室")
    home = db.session.get_one(Household, db.session.get_one(HouseholdOrder, claim.order_id).household_id)
    assert (home.room_no, home.floor) == ("909", 9)


def test_the_household_itself_gets_its_order_and_every_older_key_ends(app: Flask, town: world.World) -> None:
    stands = town.order(town.households[0], {0: 1})
    code = stands.code
    command(pins.issue)(town.households[0].id)
    door, room = f"/enter/{town.buildings[0].public_code}", {"stairwell_id": "1", "room": "101"}
    usurper = app.test_client()
    assert post(usurper, door, door, {**room, "order_code": code}).status_code == 303
    assert leave(app, town) == 303
    claim = settle(town, "replace", household_id=town.households[0].id)
    db.session.expire_all()
    order = db.session.scalars(select(HouseholdOrder)).one()
    assert claim.order_id == order.id == stands.id
    assert order.code != code
    assert [line.item_id for line in order.lines] == [town.items[1].id]
    assert usurper.get("/my").status_code == 302
    assert db.session.scalars(select(DoorPin)).all() == []
    assert all(token.revoked_at for token in db.session.scalars(select(HouseholdToken)))


def test_the_tally_is_not_signed_while_a_claim_waits_and_what_is_taken_late_is_in_it(
    app: Flask, town: world.World
) -> None:
    town.order(town.households[0], {0: 1})
    assert leave(app, town) == 303
    with clock.frozen_at(town.cycle.cutoff_at):
        lock_cycle(town.actor("supplies"), town.cycle.id, Lock(is_override=True))
        with pytest.raises(Conflict, match="待核对"):
            sign(town)
        desk = world.sign_in(app, town, "leader")
        page = desk.get(f"/cycles/{town.cycle.id}/tally/{town.points[0].id}").get_data(as_text=True)
        assert "1 户在门口留了电话待核对" in page
        with pytest.raises(Conflict, match="截单"):
            settle(town, "replace", household_id=town.households[0].id)
        claim = settle(town, "family", room="101")
        sign(town)
    order = db.session.get_one(HouseholdOrder, claim.order_id)
    assert order.state == OrderState.LOCKED
    noted = db.session.get_one(RollCall, (town.cycle.id, order.household_id))
    assert noted.outcome == Outcome.ORDERED


def test_after_the_signature_nothing_is_taken_and_a_refusal_names_its_reason(app: Flask, town: world.World) -> None:
    assert leave(app, town) == 303
    with pytest.raises(Exception, match="不收"):
        settle(town, "reject")
    settle(town, "reject", reason="打错了门牌")
    with clock.frozen_at(town.cycle.cutoff_at):
        lock_cycle(town.actor("supplies"), town.cycle.id, Lock(is_override=True))
        sign(town)
        settle(town, "reopen")
        with pytest.raises(Conflict, match="已签"):
            settle(town, "family", room="101")


def test_only_who_looks_after_the_building_sees_and_decides(app: Flask, town: world.World) -> None:
    assert leave(app, town) == 303
    with pytest.raises(NotFound):
        settle(town, "reject", "leader2", reason="x")
    page = f"/cycles/{town.cycle.id}/claims"
    assert "199****0007" not in world.sign_in(app, town, "leader2").get(page).get_data(as_text=True)
    captain = world.sign_in(app, town, "captain")
    assert "199****0007" in captain.get(page).get_data(as_text=True)
    assert post(captain, page, f"{page}/{the_claim().id}/phone", {}).status_code == 303
    assert 'href="tel:19900000007"' in captain.get(page).get_data(as_text=True)
    assert 'href="tel:19900000007"' not in world.sign_in(app, town, "leader").get(page).get_data(as_text=True)


@pytest.mark.parametrize("phone", ["", "123", "not a number", "1990000000x"])
def test_a_claim_without_a_telephone_is_asked_for_one_and_keeps_what_was_typed(
    app: Flask, town: world.World, phone: str
) -> None:
    assert leave(app, town, phone=phone) == 422
    assert db.session.scalars(select(RoomClaim)).all() == []


def test_claims_from_one_address_are_counted(app: Flask, town: world.World) -> None:
    statuses = [leave(app, town, room=f"{number}01") for number in range(1, 8)]
    assert statuses == [303] * 5 + [422] * 2
    assert leave(app, town, address="192.0.2.2") == 303


def test_nothing_is_open_but_the_leader_hears_of_it(app: Flask, town: world.World) -> None:
    with clock.frozen_at(town.cycle.cutoff_at):
        door = f"/enter/{town.buildings[0].public_code}"
        stairwell = str(town.households[0].stairwell_id)
        data = {"stairwell_id": stairwell, "room": "909", "phone": "19900000007", "kind": "missing", "step": "leave"}
        assert post(app.test_client(), door, f"{door}/claim", data).status_code == 303
        page = world.sign_in(app, town, "leader").get(f"/cycles/{town.cycle.id}/claims").get_data(as_text=True)
    assert "909" in page
    assert the_claim().cycle_id is None

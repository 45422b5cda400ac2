"""A household that could not come in: what it leaves at the door, who decides, and that no tally is signed before."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.access import pins
from app.access.models import DoorPin, HouseholdToken
from app.core import clock
from app.core.db import command, db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.idempotency import new_key
from app.ordering import service as ordering_service
from app.ordering.claims.models import ClaimState, RoomClaim
from app.ordering.cycles.schemas import Lock
from app.ordering.cycles.service import lock_cycle
from app.ordering.models import (
    CycleState,
    HouseholdOrder,
    OrderChoice,
    OrderLine,
    OrderState,
    RollCall,
    RollCallOutcome,
    Source,
    Stage,
)
from app.ordering.packs import service as packs_service
from app.ordering.packs.models import FreePackShare
from app.ordering.packs.queries import GivePack
from app.ordering.stages import Cause, move
from app.places.models import Household
from app.tally import service
from app.tally.claims import queries as claims_queries
from app.tally.claims import service as claims_service
from app.tally.claims.schemas import SettleClaim
from app.tally.models import TallyLine
from app.tally.schemas import SignTally
from tests import messages, world
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
    return claims_service.settle(town.actor(who), the_claim().id, wanted)


def sign(town: world.World) -> None:
    total = db.session.scalar(select(func.coalesce(func.sum(OrderLine.qty_ordered), 0))) or 0
    service.sign(town.actor("leader"), town.cycle.id, town.points[0].id, SignTally(total))


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
        claim = settle(town, "family", room="101")
        sign(town)
    order = db.session.get_one(HouseholdOrder, claim.order_id)
    assert order.state == OrderState.LOCKED
    noted = db.session.get_one(RollCall, (town.cycle.id, order.household_id))
    assert noted.outcome == RollCallOutcome.ORDERED


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


def test_the_household_gets_its_order_after_the_lock_though_somebody_else_typed_its_room_first(
    app: Flask, town: world.World
) -> None:
    stranger = by_room_alone(app, town)
    assert leave(app, town) == 303
    with clock.frozen_at(town.cycle.cutoff_at):
        lock_cycle(town.actor("supplies"), town.cycle.id, Lock(is_override=True))
        page = f"/cycles/{town.cycle.id}/claims"
        data = {"choice": "replace", "household_id": str(town.households[0].id), "version": str(the_claim().version)}
        leader = world.sign_in(app, town, "leader")
        assert post(leader, page, f"{page}/{the_claim().id}", data).status_code == 303
        db.session.expire_all()
        order = db.session.scalars(select(HouseholdOrder)).one()
        assert (order.state, order.hand, order.source) == (OrderState.LOCKED, "", "door")
        assert [(line.item_id, line.qty_open) for line in order.lines] == [(town.items[1].id, 2)]
        sign(town)
    assert stranger.get("/my").status_code == 302
    assert db.session.scalar(select(func.sum(TallyLine.qty))) == 2


@pytest.mark.parametrize("has_left", ["voided", "allocated"])
def test_what_is_voided_or_being_put_together_is_not_replaced(app: Flask, town: world.World, has_left: str) -> None:
    order = town.order(town.households[0], {0: 1})
    assert leave(app, town) == 303
    with clock.frozen_at(town.cycle.cutoff_at):
        lock_cycle(town.actor("supplies"), town.cycle.id, Lock(is_override=True))
        if has_left == "voided":
            ordering_service.void(town.actor("admin"), order.id, "重复")
        else:
            move({order.lines[0].id: 1}, Stage.OPEN, Stage.ALLOCATED, Cause("test", 1))
            db.session.commit()
        with pytest.raises(Conflict, match=messages.LOADING_HAS_BEGUN):
            settle(town, "replace", household_id=town.households[0].id)


def by_room_alone(app: Flask, town: world.World) -> FlaskClient:
    client, door = app.test_client(), f"/enter/{town.buildings[0].public_code}"
    room = {"stairwell_id": str(town.households[0].stairwell_id), "room": "101"}
    assert post(client, door, door, room).status_code == 303
    form = f"/my/cycles/{town.cycle.id}/order"
    assert post(client, form, form, {f"qty_{town.offers[0].id}": "1", "step": "place"}).status_code == 303
    return client


@pytest.mark.parametrize("when", ["before", "after"])
def test_free_packs_and_standing_goods_stay_in_the_order_that_a_claim_becomes(
    app: Flask, town: world.World, when: str
) -> None:
    town.offers[3].price_fen = 0
    db.session.commit()
    cycle, free = town.cycle.id, town.offers[3]
    packs_service.give(town.actor("supplies"), cycle, GivePack(free.id, "subdistrict", 0, None, len(town.households)))
    share = db.session.scalars(select(FreePackShare).order_by(FreePackShare.order_id)).first()
    assert share is not None
    assert leave(app, town) == 303
    page = world.sign_in(app, town, "leader").get(f"/cycles/{cycle}/claims").get_data(as_text=True)
    assert "就是 101，加上这一单" in page
    with clock.frozen_at(clock.now() if when == "before" else town.cycle.cutoff_at):
        if when == "after":
            lock_cycle(town.actor("supplies"), cycle, Lock(is_override=True))
        claim = settle(town, "replace", household_id=town.households[0].id)
    assert claim.order_id == share.order_id
    assert content(claim.order_id) == {town.offers[1].id: 2, free.id: share.qty}


def test_an_order_of_somebody_else_goes_but_the_pack_that_it_was_given_stays(app: Flask, town: world.World) -> None:
    by_room_alone(app, town)
    town.offers[3].price_fen = 0
    db.session.commit()
    pack = GivePack(town.offers[3].id, "building", town.buildings[0].id, None, 3)
    packs_service.give(town.actor("supplies"), town.cycle.id, pack)
    assert leave(app, town) == 303
    claim = settle(town, "replace", household_id=town.households[0].id)
    assert content(claim.order_id) == {town.offers[1].id: 2, town.offers[3].id: 1}


def test_a_standing_order_and_a_claim_for_the_same_goods_stay_within_the_limit(app: Flask, town: world.World) -> None:
    town.offers[1].limit_per_household = 3
    order = town.order(town.households[0], {0: 1, 1: 2})
    order.source = Source.STANDING
    db.session.commit()
    assert leave(app, town) == 303
    claim = settle(town, "replace", household_id=town.households[0].id)
    assert content(claim.order_id) == {town.offers[0].id: 1, town.offers[1].id: 3}


def content(order_id: int | None) -> dict[int, int]:
    found = select(OrderChoice.offer_id, OrderChoice.qty).where(OrderChoice.order_id == order_id)
    return {offer: qty for offer, qty in db.session.execute(found)}  # noqa: C416


def test_the_list_of_points_calls_no_tally_ready_while_a_claim_waits(app: Flask, town: world.World) -> None:
    assert leave(app, town) == 303
    with clock.frozen_at(town.cycle.cutoff_at):
        lock_cycle(town.actor("supplies"), town.cycle.id, Lock(is_override=True))
        for page in (f"/cycles/{town.cycle.id}/tally", f"/cycles/{town.cycle.id}/point"):
            shown = world.sign_in(app, town, "leader").get(page).get_data(as_text=True)
            assert ("可以签" in shown, "1 户待核对" in shown) == (False, True), page


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


@pytest.mark.parametrize("state", [CycleState.OPEN, CycleState.LOCKED, CycleState.CANCELLED])
def test_a_claim_that_comes_too_late_shows_its_goods_the_telephone_and_a_way_to_be_called(
    app: Flask, town: world.World, state: CycleState
) -> None:
    town.points[0].phone = "0571-8800 1234"
    town.cycle.state, town.cycle.cutoff_at = state, clock.now()
    db.session.commit()
    door = f"/enter/{town.buildings[0].public_code}"
    who = {"stairwell_id": str(town.households[0].stairwell_id), "room": "101", "phone": "199 0000 0007"}
    data = {**who, "kind": "second", "step": "leave", "cycle_id": str(town.cycle.id), "note": "要硬的"}
    data |= {f"qty_{town.offers[1].id}": "2", f"sub_{town.offers[1].id}": "1"}
    answer = post(app.test_client(), door, f"{door}/claim", data)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert ("取消" if state == CycleState.CANCELLED else messages.PAST_CUT_OFF) in page
    assert messages.UNKNOWN_FIELD not in page
    assert "土豆" in page
    assert 'href="tel:057188001234"' in page
    hidden = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.split("/claim", 1)[1])
    sent = {name: value for name, value in hidden if not name.startswith(("csrf", "_"))}
    asked = post(app.test_client(), door, f"{door}/claim", sent).get_data(as_text=True)
    assert 'value="199 0000 0007"' in asked
    assert "要硬的" in asked
    assert post(app.test_client(), door, f"{door}/claim", {**sent, "step": "leave"}).status_code == 303
    assert (the_claim().cycle_id, the_claim().picks) == (None, [])


def test_a_claim_whose_answer_was_lost_is_one_claim_when_it_is_sent_again_after_the_cut_off(
    app: Flask, town: world.World
) -> None:
    door, key = f"/enter/{town.buildings[0].public_code}", new_key()
    data = {
        "stairwell_id": str(town.households[0].stairwell_id), "room": "101", "phone": "19900000007",
        "step": "leave", "cycle_id": str(town.cycle.id), f"qty_{town.offers[1].id}": "2",
    }  # fmt: skip
    assert post(app.test_client(), door, f"{door}/claim", data, key).status_code == 303
    with clock.frozen_at(town.cycle.cutoff_at):
        again = post(app.test_client(), door, f"{door}/claim", data, key)
    assert again.headers["Location"].endswith("/left")
    assert the_claim().cycle_id == town.cycle.id


def test_nothing_is_open_but_the_leader_hears_of_it(app: Flask, town: world.World) -> None:
    with clock.frozen_at(town.cycle.cutoff_at):
        door = f"/enter/{town.buildings[0].public_code}"
        stairwell = str(town.households[0].stairwell_id)
        data = {"stairwell_id": stairwell, "room": "909", "phone": "19900000007", "kind": "missing", "step": "leave"}
        assert post(app.test_client(), door, f"{door}/claim", data).status_code == 303
        page = world.sign_in(app, town, "leader").get(f"/cycles/{town.cycle.id}/claims").get_data(as_text=True)
    assert "909" in page
    assert the_claim().cycle_id is None


@pytest.mark.parametrize("typed", ["1-101", "1单元101", "1单元-101", "2-1-101", "１－１０１", "一单元101室"])
def test_the_household_is_found_however_its_room_is_written(app: Flask, town: world.World, typed: str) -> None:
    assert leave(app, town, room=typed) == 303
    (row,) = claims_queries.rows(town.actor("leader"), town.cycle.id)
    assert [home.room_no for home in row.homes] == ["101"]
    settle(town, "family", room=typed)
    rooms = set(db.session.scalars(select(Household.room_no).where(Household.stairwell_id == 1)))
    assert "101(2)" in rooms
    assert typed not in rooms


def test_a_new_room_enters_the_register_without_its_building_and_never_in_another_stairwell(
    app: Flask, town: world.World
) -> None:
    assert leave(app, town, room="2单元909") == 303
    (row,) = claims_queries.rows(town.actor("leader"), town.cycle.id)
    assert row.homes == ()
    with pytest.raises(Invalid):
        settle(town, "family", room="2单元909")
    claim = settle(town, "family", room="1单元909室")
    home = db.session.get_one(Household, db.session.get_one(HouseholdOrder, claim.order_id).household_id)
    assert (home.room_no, home.floor) == ("909", 9)


def test_what_is_still_offered_is_taken_and_what_is_not_is_said(app: Flask, town: world.World) -> None:
    assert leave(app, town, **{f"qty_{town.offers[0].id}": "1"}) == 303
    town.offers[1].is_listed = False
    gone = town.offers[1].name
    db.session.commit()
    page = f"/cycles/{town.cycle.id}/claims"
    client = world.sign_in(app, town, "leader")
    assert f"{gone}×2（已下架，收不了）" in client.get(page).text
    sent = {"choice": "family", "room": "101", "version": str(the_claim().version)}
    assert post(client, page, f"{page}/{the_claim().id}", sent).status_code == 303
    assert f"{gone}×2 已下架，没有收" in client.get(page).text
    choices = db.session.scalars(select(OrderChoice).where(OrderChoice.order_id == the_claim().order_id)).all()
    assert [(choice.offer_id, choice.qty) for choice in choices] == [(town.offers[0].id, 1)]


def test_a_claim_for_goods_of_which_none_is_left_touches_no_order(app: Flask, town: world.World) -> None:
    stands = town.order(town.households[0], {0: 1})
    assert leave(app, town) == 303
    town.offers[1].is_listed = False
    db.session.commit()
    assert settle(town, "replace", household_id=town.households[0].id).order_id is None
    assert [choice.qty for choice in db.session.get_one(HouseholdOrder, stands.id).choices] == [1]


def test_a_claim_of_a_cycle_that_was_called_off_is_told_so(app: Flask, town: world.World) -> None:
    assert leave(app, town) == 303
    town.cycle.state = CycleState.CANCELLED
    db.session.commit()
    with pytest.raises(Conflict) as said:
        settle(town, "family", room="101")
    assert messages.CYCLE_WAS_CANCELLED in str(said.value.sentence)
    assert settle(town, "reject", reason="批次取消").state == ClaimState.REJECTED

"""An order by telephone: look for the household, type the goods, done; nothing that stood before is lost silently."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.access.permissions import Resident
from app.core import clock
from app.core.db import db
from app.core.errors import Conflict, NotFound
from app.core.idempotency import new_key
from app.ordering import order_form
from app.ordering import service as ordering_service
from app.ordering.desk import service as desk_service
from app.ordering.desk.models import DeskEntry
from app.ordering.models import HouseholdOrder, OrderChoice, OrderState, OtherDoor
from app.ordering.orders import IfExists, OfferPick, PlaceOrder
from app.places.models import CareNeed
from tests import messages, world
from tests.world import post, sign_in


@pytest.fixture
def town(app: Flask) -> world.World:
    return world.build()


@pytest.fixture
def desk(app: Flask, town: world.World) -> FlaskClient:
    return sign_in(app, town, "leader")


def page(town: world.World, place: int | None = None) -> str:
    start = f"/cycles/{town.cycle.id}/telephone"
    return start if place is None else f"{start}/{town.households[place].id}"


def take(desk: FlaskClient, town: world.World, place: int, goods: str, **more: str) -> int:
    there = page(town, place)
    shown = desk.get(there).get_data(as_text=True)
    version = shown.split('name="version" value="')[1].split('"')[0]
    note = shown.split('name="door_note" value="')[1].split('"')[0]
    return post(desk, there, there, {"goods": goods, "version": version, "door_note": note, **more}).status_code


def content(town: world.World, place: int) -> dict[str, int]:
    names = {offer.id: offer.name for offer in town.offers}
    home = HouseholdOrder.household_id == town.households[place].id
    rows = select(OrderChoice.offer_id, OrderChoice.qty).join(HouseholdOrder).where(home)
    return {names[offer]: qty for offer, qty in db.session.execute(rows)}


def by_resident(town: world.World, place: int, qty: int = 2) -> HouseholdOrder:
    home = town.households[place].id
    wanted = PlaceOrder(town.cycle.id, home, (OfferPick(town.offers[0].id, qty),), door_note="先打电话")
    return ordering_service.place(Resident("household", home), wanted)


def test_a_room_leads_to_the_household_and_the_goods_to_a_code(desk: FlaskClient, town: world.World) -> None:
    found = post(desk, page(town), page(town), {"home": "2-201", "source": "door"})
    assert found.headers["Location"] == f"{page(town, 1)}?source=door"
    assert "autofocus" in desk.get(page(town, 1)).get_data(as_text=True).split('id="f-goods"')[1].split(">")[0]
    assert take(desk, town, 1, "qc2 土豆 1", source="door") == 303
    order = db.session.scalars(select(HouseholdOrder)).one()
    assert (order.source, order.placed_by_id, content(town, 1)) == (
        "door",
        town.accounts["leader"].id,
        {"青菜": 2, "土豆": 1},
    )
    next_call = desk.get(page(town)).get_data(as_text=True)
    assert f"{order.code[:4]}-{order.code[4:8]}" in next_call
    assert "autofocus" in next_call.split('id="f-home"')[1].split(">")[0]


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [("qcai", {"青菜": 1}), ("cdj1", {"长豆角": 1}), ("changdj1", {"长豆角": 1}), ("zhangdoujx2", {"长豆角": 2})],
)
def test_goods_are_found_by_the_letters_by_which_the_form_of_residents_finds_them(
    desk: FlaskClient, town: world.World, typed: str, wanted: dict[str, int]
) -> None:
    town.offers[1].name = town.items[1].name = "长豆角"
    db.session.commit()
    letters = typed.rstrip("012x")
    offers = order_form.available_offers(town.cycle.id)
    assert [
        offer.name for offer in offers if offer.id in order_form.matching_offers(town.cycle.id, letters, offers)
    ] == [*wanted]
    assert take(desk, town, 1, typed) == 303
    assert content(town, 1) == wanted


def test_several_households_are_asked_about_and_none_is_said(desk: FlaskClient, town: world.World) -> None:
    several = post(desk, page(town), page(town), {"home": "101"})
    assert several.status_code == 200
    assert several.get_data(as_text=True).count("data-hot ") + several.get_data(as_text=True).count("data-hot>") == 2
    nobody = post(desk, page(town), page(town), {"home": "银杏里1-101"})
    assert (nobody.status_code, messages.NOT_FOUND in nobody.get_data(as_text=True)) == (422, True)


def test_other_points_and_captains_stay_within_their_own(app: Flask, town: world.World, desk: FlaskClient) -> None:
    assert desk.get(page(town, 9)).status_code == 404
    captain = sign_in(app, town, "captain")
    assert captain.get(page(town, 4)).status_code == 404
    assert post(captain, page(town), page(town), {"home": "1-201"}).headers["Location"].startswith(page(town, 1))


@pytest.mark.parametrize(
    ("goods", "said"),
    [("奶粉1", "没有“奶粉”"), ("", "请写商品和数量"), ("青菜9", "每户限3份"), ("青菜1000", "没有“青菜1000”")],
)
def test_what_is_wrong_is_said_beside_the_goods(desk: FlaskClient, town: world.World, goods: str, said: str) -> None:
    town.offers[0].limit_per_household = 3
    db.session.commit()
    answer = post(desk, page(town, 0), page(town, 0), {"goods": goods})
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert said in text.split('id="f-goods-error"')[1].split("</span>")[0]
    assert f'value="{goods}"' in text
    assert db.session.query(HouseholdOrder).count() == 0


def test_a_soft_limit_is_agreed_to_for_the_line_that_was_shown(desk: FlaskClient, town: world.World) -> None:
    town.offers[0].limit_per_household, town.offers[0].is_soft_limit = 3, True
    db.session.commit()
    asked = post(desk, page(town, 0), page(town, 0), {"goods": "青菜5"})
    assert asked.status_code == 422
    assert 'name="agreed" value="青菜5"' in asked.get_data(as_text=True)
    assert post(desk, page(town, 0), page(town, 0), {"goods": "青菜50", "agreed": "青菜5"}).status_code == 422
    assert post(desk, page(town, 0), page(town, 0), {"goods": "青菜5", "agreed": "青菜5"}).status_code == 303


def test_an_existing_order_is_kept_replaced_or_added_to_never_silently(desk: FlaskClient, town: world.World) -> None:
    by_resident(town, 0)
    assert take(desk, town, 0, "土豆1") == 422
    assert content(town, 0) == {"青菜": 2}
    assert take(desk, town, 0, "土豆1", how="keep") == 303
    assert content(town, 0) == {"青菜": 2}
    assert take(desk, town, 0, "土豆1", how="add") == 303
    assert content(town, 0) == {"青菜": 2, "土豆": 1}
    assert take(desk, town, 0, "=鸡蛋1") == 303
    assert content(town, 0) == {"鸡蛋": 1}
    order = db.session.scalars(select(HouseholdOrder)).one()
    assert "先打电话" in order.door_note
    assert order.source == "telephone"


def test_what_would_be_added_counts_against_the_limit(desk: FlaskClient, town: world.World) -> None:
    town.offers[0].limit_per_household = 3
    db.session.commit()
    by_resident(town, 0, qty=2)
    assert take(desk, town, 0, "+青菜2") == 422
    assert take(desk, town, 0, "=青菜3") == 303


def test_an_order_changed_by_somebody_else_meanwhile_is_not_overwritten(desk: FlaskClient, town: world.World) -> None:
    by_resident(town, 0)
    stale = {"goods": "=土豆1", "version": "1"}
    assert take(desk, town, 0, "+鸡蛋1") == 303
    assert post(desk, page(town, 0), page(town, 0), stale).status_code == 409
    assert content(town, 0) == {"青菜": 2, "鸡蛋": 1}


def test_the_last_order_is_taken_back_with_one_button(desk: FlaskClient, town: world.World) -> None:
    by_resident(town, 0)
    take(desk, town, 0, "=土豆3")
    take(desk, town, 1, "鸡蛋1")
    for place, left in ((1, {}), (0, {"青菜": 2})):
        shown = desk.get(page(town)).get_data(as_text=True)
        assert shown.count(messages.UNDO_ORDER) == 1
        undo = shown.split("/telephone/undo/")[1].split('"')[0]
        assert post(desk, page(town), f"{page(town)}/undo/{undo}", {}).status_code == 303
        assert content(town, place) == left
    states = set(db.session.scalars(select(HouseholdOrder.state)))
    assert states == {OrderState.WITHDRAWN, OrderState.PLACED}


def test_taking_an_order_back_puts_the_former_door_note_and_remark_back(town: world.World) -> None:
    home, by = town.households[0].id, town.actor("leader")
    first = PlaceOrder(
        town.cycle.id, home, (OfferPick(town.offers[0].id, 2),), door_note="敲门重一点", remark="有高血压"
    )
    ordering_service.place(by, first)
    changed = PlaceOrder(
        town.cycle.id,
        home,
        (OfferPick(town.offers[1].id, 1),),
        if_exists=IfExists.REPLACE,
        door_note="先打电话，刚做过手术",
    )
    entry = desk_service.take_order(by, changed)
    order = db.session.scalars(select(HouseholdOrder)).one()
    assert (order.door_note, order.remark) == ("先打电话", "刚做过手术")
    desk_service.undo_entry(by, entry.id)
    order = db.session.scalars(select(HouseholdOrder).execution_options(populate_existing=True)).one()
    assert (order.door_note, order.remark, content(town, 0)) == ("敲门重一点", "有高血压", {"青菜": 2})


def test_taking_an_order_back_gives_it_back_to_the_phone_that_made_it_with_its_code_and_door(
    app: Flask, desk: FlaskClient, town: world.World
) -> None:
    """A phone that came by the room alone knows its order by its hand, and wrote the code down."""
    home, phone, door = town.households[0].id, app.test_client(), f"/enter/{town.buildings[0].public_code}"
    room = {"stairwell_id": str(town.households[0].stairwell_id), "room": "101"}
    assert post(phone, door, door, room).status_code == 303
    form = f"/my/cycles/{town.cycle.id}/order"
    words = {"remark": "放到302", "step": "place", f"qty_{town.offers[0].id}": "2"}
    assert post(phone, form, form, words).status_code == 303
    order = db.session.scalars(select(HouseholdOrder)).one()
    code = order.code
    db.session.add(OtherDoor(order_id=order.id, household_id=town.households[2].id))
    db.session.commit()
    assert take(desk, town, 0, "=土豆1") == 303
    assert "青菜" not in phone.get(f"/my/cycles/{town.cycle.id}").get_data(as_text=True)
    undo = desk.get(page(town)).get_data(as_text=True).split("/telephone/undo/")[1].split('"')[0]
    assert post(desk, page(town), f"{page(town)}/undo/{undo}", {}).status_code == 303
    db.session.expire_all()
    assert (order.household_id, order.code, order.remark) == (home, code, "放到302")
    shown = phone.get(f"/my/cycles/{town.cycle.id}").get_data(as_text=True)
    assert "青菜" in shown
    assert code[:4] in shown
    assert db.session.scalar(select(OtherDoor.household_id)) == town.households[2].id
    again = app.test_client()
    assert post(again, door, door, {**room, "order_code": code}).status_code == 303
    kept = db.session.execute(select(DeskEntry.hand_before, DeskEntry.code_before, DeskEntry.door_before_id)).one()
    assert tuple(kept) == ("", "", None)


def test_taking_an_order_back_does_not_make_the_note_of_the_care_list_the_phones_own(
    app: Flask, desk: FlaskClient, town: world.World
) -> None:
    day = clock.today() + timedelta(days=5)
    home = town.households[0].id
    db.session.add(CareNeed(household_id=home, kind="elderly_alone", door_note="敲门重一点", purge_on=day))
    db.session.commit()
    by = Resident("household", home, hand="f" * 32)
    ordering_service.place(by, PlaceOrder(town.cycle.id, home, (OfferPick(town.offers[0].id, 2),)))
    assert take(desk, town, 0, "=土豆1") == 303
    undo = desk.get(page(town)).get_data(as_text=True).split("/telephone/undo/")[1].split('"')[0]
    assert post(desk, page(town), f"{page(town)}/undo/{undo}", {}).status_code == 303
    order = db.session.scalars(select(HouseholdOrder).execution_options(populate_existing=True)).one()
    assert (order.door_note, order.is_usual_note, order.hand) == ("敲门重一点", True, "f" * 32)


def test_an_order_that_was_new_leaves_no_words_behind_when_it_is_taken_back(town: world.World) -> None:
    by = town.actor("leader")
    wanted = PlaceOrder(town.cycle.id, town.households[0].id, (OfferPick(town.offers[0].id, 1),), door_note="先打电话")
    desk_service.undo_entry(by, desk_service.take_order(by, wanted).id)
    order = db.session.scalars(select(HouseholdOrder)).one()
    assert (order.state, order.door_note, order.remark) == (OrderState.WITHDRAWN, "", "")


def test_former_words_are_kept_only_while_they_can_be_put_back(town: world.World) -> None:
    home, by = town.households[0].id, town.actor("leader")
    ordering_service.place(
        by, PlaceOrder(town.cycle.id, home, (OfferPick(town.offers[0].id, 2),), door_note="敲门重一点")
    )
    for offer in (1, 2):
        desk_service.take_order(
            by,
            PlaceOrder(
                town.cycle.id, home, (OfferPick(town.offers[offer].id, 1),), if_exists=IfExists.ADD, door_note="放门口"
            ),
        )
    kept = list(db.session.scalars(select(DeskEntry.door_note_before).order_by(DeskEntry.id)))
    assert kept == ["", "放门口"]


def test_only_the_own_last_unchanged_order_can_be_undone(town: world.World) -> None:
    by = town.actor("leader")
    wanted = PlaceOrder(town.cycle.id, town.households[0].id, (OfferPick(town.offers[0].id, 1),))
    entry = desk_service.take_order(by, wanted)
    with pytest.raises(NotFound):
        desk_service.undo_entry(town.actor("captain"), entry.id)
    ordering_service.place(
        by, PlaceOrder(town.cycle.id, town.households[0].id, (OfferPick(town.offers[1].id, 1),), if_exists=IfExists.ADD)
    )
    with pytest.raises(Conflict):
        desk_service.undo_entry(by, entry.id)
    assert db.session.get_one(DeskEntry, entry.id).undone_at is None


def test_the_door_note_of_the_care_list_comes_along(desk: FlaskClient, town: world.World) -> None:
    day = clock.today() + timedelta(days=5)
    home = town.households[0].id
    db.session.add(CareNeed(household_id=home, kind="elderly_alone", door_note="敲门重一点", purge_on=day))
    db.session.commit()
    text = desk.get(page(town, 0)).get_data(as_text=True)
    assert 'value="敲门重一点"' in text
    assert "独居" not in text


def test_the_part_of_the_page_says_total_and_limits(desk: FlaskClient, town: world.World) -> None:
    by_resident(town, 0)
    part = desk.get(f"{page(town, 0)}/basket?goods=%2B青菜2+土豆1").get_data(as_text=True)
    assert "共 3 份，11.80 元" in part
    assert messages.ADDED_TO_ORDER in part
    assert "<html" not in part
    assert messages.NOT_CHOSEN_WHAT_TO_DO in desk.get(f"{page(town, 0)}/basket?goods=青菜2").get_data(as_text=True)


def test_after_the_cut_off_the_desk_only_looks(desk: FlaskClient, town: world.World) -> None:
    town.cycle.cutoff_at = clock.now() - timedelta(seconds=1)
    db.session.commit()
    assert messages.NO_ORDERS_NOW in desk.get(page(town, 0)).get_data(as_text=True)
    assert post(desk, page(town), page(town, 0), {"goods": "青菜1"}).status_code == 409


def test_a_form_sent_twice_leads_to_the_same_place_and_orders_once(desk: FlaskClient, town: world.World) -> None:
    key = new_key()
    first, again = (post(desk, page(town, 0), page(town, 0), {"goods": "青菜2"}, key) for _ in range(2))
    assert (first.status_code, again.status_code) == (303, 303)
    assert first.location == again.location
    assert content(town, 0) == {"青菜": 2}

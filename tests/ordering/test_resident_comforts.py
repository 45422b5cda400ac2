"""What makes the resident's form quick: the remembered household, the last order, often bought things, words sorted."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.access.models import HouseholdToken
from app.catalog.models import ItemAlias
from app.core import clock
from app.core.db import db
from app.core.idempotency import new_key
from app.ordering.models import Cycle, CyclePoint, CycleState, HouseholdOrder, Offer, OfferComponent
from tests import messages, world
from tests.ordering.test_resident_journey import enter, form_page, poster, send, stored
from tests.ordering.test_resident_journey import town as town
from tests.world import World, post


def second_cycle(here: World, without: int | None = None) -> tuple[Cycle, list[Offer]]:
    """A later cycle with the same goods, but for one."""
    now = clock.now()
    cycle = Cycle(
        subdistrict_id=here.subdistrict.id,
        name="第二批",
        opens_at=now - timedelta(hours=1),
        cutoff_at=now + timedelta(hours=20),
        deliver_on=clock.today() + timedelta(days=3),
        state=CycleState.OPEN,
    )
    db.session.add(cycle)
    db.session.flush()
    db.session.add_all(CyclePoint(cycle_id=cycle.id, service_point_id=point.id) for point in here.points)
    offers = []
    for place, item in enumerate(here.items):
        if place == without:
            continue
        offer = Offer(cycle_id=cycle.id, item_id=item.id, name=item.name, price_fen=item.list_price_fen, position=place)
        db.session.add(offer)
        db.session.flush()
        db.session.add(OfferComponent(offer_id=offer.id, item_id=item.id, qty=1))
        offers.append(offer)
    db.session.flush()
    return cycle, offers


def with_code(app: Flask, here: World, number: str = "101") -> FlaskClient:
    """A phone that came in with the order code: it may read what the household ordered before."""
    client = app.test_client()
    code = db.session.scalars(select(HouseholdOrder.code)).first()
    here.lock()
    assert post(client, "/enter", "/enter", {"order_code": code or ""}).status_code == 303
    return client


def page_of(client: FlaskClient, cycle: Cycle) -> str:
    return client.get(f"/my/cycles/{cycle.id}/order").get_data(as_text=True)


# --- this phone remembers the household -------------------------------------------------------------------------------
def test_a_phone_that_remembers_its_household_goes_on_with_one_tap(app: Flask, town: World) -> None:
    client = enter(app, town)
    door = client.get(poster(town)).get_data(as_text=True)
    assert "桂花苑 2号楼 1单元 101" in door
    assert f'href="/my/cycles/{town.cycle.id}/order"' in door
    assert messages.CHANGE_HOUSEHOLD in client.get(form_page(town)).get_data(as_text=True)
    stranger = app.test_client().get(poster(town)).get_data(as_text=True)
    assert "1单元 101" not in stranger


def test_taking_the_household_from_the_phone_ends_its_token_for_good(app: Flask, town: World) -> None:
    client = enter(app, town)
    cookie = client.get_cookie("household")
    assert cookie is not None
    assert post(client, "/my", "/my/leave", {}).headers["Location"].endswith(poster(town))
    thief = app.test_client()
    thief.set_cookie("household", cookie.value)
    assert thief.get("/my").status_code == 302
    assert messages.NO_LONGER_REMEMBERED in thief.get("/enter").get_data(as_text=True)


def test_the_other_phones_can_be_shut_out_by_the_household(app: Flask, town: World) -> None:
    order = town.order(town.households[0], {0: 1})
    one, two = app.test_client(), app.test_client()
    for phone in (one, two):
        assert post(phone, "/enter", "/enter", {"order_code": order.code}).status_code == 303
    assert "另有 1 台手机" in one.get("/my").get_data(as_text=True)
    assert post(one, "/my", "/my/phones/forget", {}).status_code == 303
    assert one.get("/my").status_code == 200
    assert two.get("/my").status_code == 302


def test_a_leader_shuts_out_every_phone_of_a_household_in_reach_only(app: Flask, town: World) -> None:
    client = enter(app, town)
    home = town.households[0].id
    action = f"/cycles/{town.cycle.id}/households/{home}/phones/forget"
    for who, status in (("leader2", 404), ("auditor", 403)):
        account = world.sign_in(app, town, who)
        assert post(account, "/account", action, {}).status_code == status
    assert client.get("/my").status_code == 200
    assert post(world.sign_in(app, town, "leader"), "/account", action, {}).status_code == 303
    assert client.get("/my").status_code == 302
    assert db.session.scalars(select(HouseholdToken.revoked_at)).one() is not None


def test_an_order_in_a_later_cycle_lets_the_phone_remember_longer(app: Flask, town: World) -> None:
    client = enter(app, town)
    before = db.session.scalars(select(HouseholdToken.expires_at)).one()
    cycle, offers = second_cycle(town)
    db.session.commit()
    page = f"/my/cycles/{cycle.id}/order"
    assert post(client, page, page, {f"qty_{offers[0].id}": "1", "step": "place"}).status_code == 303
    after = db.session.scalars(select(HouseholdToken.expires_at)).one()
    assert after == cycle.cutoff_at + timedelta(days=14) > before


# --- the last order, often bought -------------------------------------------------------------------------------------
def test_the_last_order_is_filled_in_and_what_cannot_be_is_said(app: Flask, town: World) -> None:
    town.order(town.households[0], {0: 2, 1: 1, 2: 3})
    cycle, offers = second_cycle(town, without=1)
    offers[1].limit_per_household = 2  # eggs
    db.session.commit()
    client = with_code(app, town)
    shown = page_of(client, cycle)
    assert messages.LAST_ORDER in shown
    assert "青菜×2、土豆×1、鸡蛋×3" in shown
    page = f"/my/cycles/{cycle.id}/order"
    filled = post(client, page, page, {"step": "again", f"qty_{offers[2].id}": "5", "door_note": "敲门"}).get_data(
        as_text=True
    )
    assert "这次没有土豆" in filled
    assert "鸡蛋每户限2份，已从3份减到2份" in filled
    values = dict(re.findall(r'name="qty_(\d+)" value="(\d+)"', filled))
    assert {int(key): int(qty) for key, qty in values.items()} == {offers[0].id: 2, offers[1].id: 2, offers[2].id: 5}
    assert 'value="敲门"' in filled
    assert db.session.scalars(select(HouseholdOrder)).one().cycle_id == town.cycle.id


def test_what_is_often_bought_comes_first_and_only_if_it_is_on_offer(app: Flask, town: World) -> None:
    town.order(town.households[0], {1: 1, 2: 1})
    cycle, offers = second_cycle(town, without=1)
    db.session.commit()
    often = page_of(with_code(app, town), cycle).split('id="often"')[1].split("</nav>")[0]
    assert re.findall(r"#f-qty_(\d+)", often) == [str(offers[1].id)]
    assert "常买" in often
    neighbour = enter(app, town, "201")
    assert messages.LAST_ORDER not in page_of(neighbour, cycle)


def test_who_only_knows_the_room_reads_nothing_of_earlier_days(app: Flask, town: World) -> None:
    town.order(town.households[0], {0: 2})
    code = db.session.scalars(select(HouseholdOrder.code)).one()
    town.lock()
    cycle, _offers = second_cycle(town)
    db.session.commit()
    stranger = enter(app, town)
    assert messages.LAST_ORDER not in page_of(stranger, cycle)
    assert 'id="often" aria-label="常买" hidden' in page_of(stranger, cycle)
    assert "第一批" not in stranger.get("/my").get_data(as_text=True)
    shown = stranger.get(f"/my/cycles/{town.cycle.id}").get_data(as_text=True)
    assert messages.PHONE_DID_NOT_ORDER in shown
    assert code not in shown
    knows = app.test_client()
    assert post(knows, "/enter", "/enter", {"order_code": code}).status_code == 303
    assert messages.LAST_ORDER in page_of(knows, cycle)
    assert "第一批" in knows.get("/my").get_data(as_text=True)


# --- search -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("typed", ["qc", "qingcai", "QC", "青", "小白", "xbc"])
def test_goods_are_found_by_name_other_names_and_pinyin_without_script(app: Flask, town: World, typed: str) -> None:
    db.session.add(ItemAlias(item_id=town.items[0].id, alias="小白菜"))
    db.session.commit()
    _status, page = send(enter(app, town), town, "search", {}, search=typed)
    rows = re.findall(r'<li class="ld-shelf-row[^>]*?( hidden)?>.*?name="qty_(\d+)"', page, re.DOTALL)
    assert [int(number) for is_hidden, number in rows if not is_hidden] == [town.offers[0].id]


# --- words ------------------------------------------------------------------------------------------------------------
def test_only_the_safe_part_of_the_words_reaches_paper_and_the_resident_sees_which(app: Flask, town: World) -> None:
    client = enter(app, town)
    words = {"door_note": "敲门重一点，家里有产妇", "remark": "已付，放门口，帮忙送到87-105", "other_need": "猫粮"}
    _status, review = send(client, town, "review", {0: 1}, **words)
    assert re.search(r"印在发放表上</dt><dd>敲门重一点，放门口</dd>", review)
    assert re.search(r"只给点位小组长</dt><dd>家里有产妇，已付，帮忙送到87-105</dd>", review)
    for warning in ("身体情况不会印", "不算付过款", "先和您核对"):
        assert warning in review
    assert send(client, town, "place", {0: 1}, **words)[0] == 303
    order = db.session.scalars(select(HouseholdOrder)).one()
    assert (order.door_note, order.remark, order.other_need) == (
        "敲门重一点，放门口",
        "家里有产妇，已付，帮忙送到87-105",
        "猫粮",
    )


def test_goods_of_the_list_named_among_other_needs_are_offered_and_taken(app: Flask, town: World) -> None:
    db.session.add(ItemAlias(item_id=town.items[1].id, alias="洋芋"))
    db.session.commit()
    client = enter(app, town)
    words = {"other_need": "洋芋两袋，猫粮"}
    _status, review = send(client, town, "review", {0: 1}, **words)
    assert "“洋芋” → 土豆" in review
    _status, review = send(client, town, "review", {0: 1}, add=str(town.offers[1].id), **words)
    assert "“洋芋”" not in review
    assert f'name="qty_{town.offers[1].id}" value="2"' in review
    assert 'name="other_need" value="猫粮"' in review
    assert stored() == {}


# --- sent later, once -------------------------------------------------------------------------------------------------
def test_an_order_sent_again_after_the_cut_off_is_known_and_a_new_one_refused(app: Flask, town: World) -> None:
    client = enter(app, town)
    key, page = new_key(), form_page(town)
    data = {f"qty_{town.offers[0].id}": "2", "step": "place"}
    first = post(client, page, page, data, key)
    with clock.frozen_at(town.cycle.cutoff_at + timedelta(minutes=5)):
        again = post(client, "/my", page, data, key)
        assert (again.status_code, again.headers["Location"]) == (303, first.headers["Location"])
        late = post(client, "/my", page, data, new_key())
        assert late.status_code == 409
        assert "截单" in late.get_data(as_text=True)
    assert stored() == {town.items[0].id: 2}


def test_the_clock_counts_from_the_server_and_the_household_is_marked_but_not_named(app: Flask, town: World) -> None:
    client = enter(app, town)
    with clock.frozen_at(town.cycle.cutoff_at - timedelta(seconds=90)):
        page = client.get(form_page(town)).get_data(as_text=True)
    assert 'data-seconds-left="90"' in page
    tags = {
        re.search(r'data-home="(\w+)"', enter(app, town, n).get("/my").get_data(as_text=True))[1]
        for n in ("101", "201")
    }  # type: ignore[index]
    assert len(tags) == 2
    assert all(len(tag) == 20 for tag in tags)


def test_the_desk_offers_to_shut_out_the_phones_of_a_household(app: Flask, town: World) -> None:
    page = f"/cycles/{town.cycle.id}/households/{town.households[0].id}/order"
    shown = world.sign_in(app, town, "leader").get(page).get_data(as_text=True)
    assert f"/cycles/{town.cycle.id}/households/{town.households[0].id}/phones/forget" in shown

"""The staff pages of cycles, orders and the roll call: who sees what, what bad input gets, how few statements."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.access.models import Role, RoleGrant
from app.access.permissions import Resident
from app.core import clock
from app.core.db import db
from app.ordering import service as ordering_service
from app.ordering.models import Cycle, HouseholdOrder, Offer, OrderLine, RollCall
from app.ordering.orders import OfferPick, PlaceOrder
from tests import messages, world
from tests.world import post, sign_in

Counting = Callable[[], AbstractContextManager[list[str]]]


@pytest.fixture
def town(app: Flask) -> world.World:
    return world.build()


def order(town: world.World, place: int) -> HouseholdOrder:
    home = town.households[place].id
    wanted = PlaceOrder(
        town.cycle.id, home, (OfferPick(town.offers[0].id, 2),), door_note="先打电话", other_need="奶粉"
    )
    return ordering_service.place(Resident("household", home), wanted)


def dates() -> dict[str, str]:
    today = clock.today()
    return {
        "name": "周五蔬菜",
        "opens_at": f"{today}T00:00",
        "cutoff_at": f"{today + timedelta(days=1)}T15:00",
        "deliver_on": str(today + timedelta(days=2)),
        "policy": "proportional",
    }


def test_a_cycle_is_made_filled_and_opened_in_the_browser(app: Flask, town: world.World) -> None:
    desk = sign_in(app, town, "supplies")
    made = post(desk, "/cycles/new", "/cycles/new", {**dates(), "points": str(town.points[0].id)})
    page = made.headers["Location"]
    assert made.status_code == 303
    assert messages.OFFER_IS_EMPTY in desk.get(page).get_data(as_text=True)
    assert post(desk, page, f"{page}/open", {}).status_code == 409
    assert post(desk, f"{page}/offers", f"{page}/offers/all", {}).status_code == 303
    offer = db.session.scalars(select(Offer).where(Offer.cycle_id == int(page.rsplit("/", 1)[1]))).first()
    assert offer is not None
    rows = db.session.scalars(select(Offer).where(Offer.cycle_id == offer.cycle_id)).all()
    typed = {f"price_{row.id}": "3.20" for row in rows} | {f"listed_{row.id}": "1" for row in rows}
    assert post(desk, f"{page}/offers", f"{page}/offers", {**typed, f"limit_{offer.id}": "2"}).status_code == 303
    db.session.expire_all()
    assert (offer.price_fen, offer.limit_per_household, offer.is_soft_limit) == (320, 2, False)
    assert post(desk, page, f"{page}/open", {}).status_code == 303
    assert "接单中" in desk.get(page).get_data(as_text=True)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", "", "请填写"),
        ("opens_at", "明天", "时间格式"),
        ("cutoff_at", "2020-01-01T00:00", "截单时间要晚于"),
        ("deliver_on", "2020-01-01", "送货日期不能早于"),
        ("deliver_on", "32", "日期格式"),
        ("policy", "lottery", "请从列出的"),
        ("points", "98765", "点位"),
        ("surprise", "1", "不认识的字段"),
    ],
)
def test_a_cycle_that_cannot_be_comes_back_with_a_sentence(
    app: Flask, town: world.World, field: str, value: str, said: str
) -> None:
    desk = sign_in(app, town, "admin")
    answer = post(desk, "/cycles/new", "/cycles/new", {**dates(), "points": str(town.points[0].id), field: value})
    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)
    assert db.session.query(Cycle).count() == 1


def test_locking_says_what_stands_in_the_way_and_then_locks(app: Flask, town: world.World) -> None:
    order(town, 0)
    desk = sign_in(app, town, "supplies")
    page = f"/cycles/{town.cycle.id}"
    early = post(desk, page, f"{page}/lock", {})
    assert early.status_code == 409
    assert messages.CUT_OFF_EARLY in early.get_data(as_text=True)
    missing = post(desk, page, f"{page}/lock", {"is_early": "1"})
    assert missing.status_code == 409
    assert "还有 11 户没有点名结果" in missing.get_data(as_text=True)
    assert post(desk, page, f"{page}/lock", {"is_early": "1", "is_override": "1"}).status_code == 303
    assert "已截单" in desk.get(page).get_data(as_text=True)


def test_a_closing_that_is_too_early_names_the_stages(app: Flask, town: world.World) -> None:
    order(town, 0)
    town.lock()
    town.cycle.state = "running"
    db.session.commit()
    desk = sign_in(app, town, "supplies")
    answer = post(desk, f"/cycles/{town.cycle.id}", f"/cycles/{town.cycle.id}/close", {})
    assert answer.status_code == 409
    assert "待分配 2" in answer.get_data(as_text=True)


def test_the_list_of_orders_shows_only_what_is_in_reach(app: Flask, town: world.World) -> None:
    near, far = order(town, 0), order(town, 11)
    page = f"/cycles/{town.cycle.id}/orders"
    for name, seen in (("leader", {near.code}), ("leader2", {far.code}), ("admin", {near.code, far.code})):
        text = sign_in(app, town, name).get(page).get_data(as_text=True)
        assert {code for code in (near.code, far.code) if code in text} == seen
    assert sign_in(app, town, "captain").get(page).status_code == 403
    assert sign_in(app, town, "leader").get(f"/orders/{far.id}").status_code == 404
    assert sign_in(app, town, "leader").get("/orders/4711").status_code == 404


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=桂花苑", 1), ("q=2-101", 1), ("q=101", 2), ("q=%25", 0), ("state=placed", 2), ("state=voided", 0),
        ("state=nonsense", 2), ("source=form", 2), ("point=999", 0), ("point=x", 2), ("page=abc", 2), ("page=-5", 2),
        ("page=99999999999999999999", 2), ("building=%F0%9F%92%A9", 2),
    ],
)  # fmt: skip
def test_orders_are_found_by_address_code_and_filters(app: Flask, town: world.World, query: str, found: int) -> None:
    codes = {order(town, 0).code, order(town, 9).code}
    text = sign_in(app, town, "admin").get(f"/cycles/{town.cycle.id}/orders?{query}").get_data(as_text=True)
    assert sum(code in text for code in codes) == found


def test_an_order_is_found_by_the_code_a_resident_reads_out(app: Flask, town: world.World) -> None:
    wanted, other = order(town, 0), order(town, 1)
    typed = f"{wanted.code[:4].lower()} {wanted.code[4:]}"
    text = sign_in(app, town, "leader").get(f"/cycles/{town.cycle.id}/orders?q={typed}").get_data(as_text=True)
    assert wanted.code in text
    assert other.code not in text


def test_the_words_of_a_resident_are_for_the_point_only(app: Flask, town: world.World) -> None:
    placed = order(town, 0)
    assert "奶粉" in sign_in(app, town, "leader").get(f"/orders/{placed.id}").get_data(as_text=True)
    for name in ("admin", "supplies"):
        text = sign_in(app, town, name).get(f"/orders/{placed.id}").get_data(as_text=True)
        assert "青菜" in text
        assert "奶粉" not in text


def test_the_history_tells_each_revision(app: Flask, town: world.World) -> None:
    placed = order(town, 0)
    ordering_service.withdraw(Resident("household", town.households[0].id), placed.id)
    text = sign_in(app, town, "leader").get(f"/orders/{placed.id}").get_data(as_text=True)
    assert "1 种 2 份" in text
    assert "撤回" in text


def test_voiding_asks_for_a_reason(app: Flask, town: world.World) -> None:
    placed = order(town, 0)
    town.lock()
    desk, page = sign_in(app, town, "admin"), f"/orders/{placed.id}/void"
    assert post(desk, page, page, {"reason": " "}).status_code == 422
    assert post(desk, page, page, {"reason": messages.ORDERS_NOTHING_TWICE}).status_code == 303
    assert db.session.scalar(select(OrderLine.qty_cancelled)) == 2


def test_the_desk_opens_a_household_by_its_room(app: Flask, town: world.World) -> None:
    desk = sign_in(app, town, "captain")
    page = f"/cycles/{town.cycle.id}/desk/{town.buildings[0].id}"
    for typed in ("201", "1-201", "２０１室"):
        there = desk.get(f"{page}?room={typed}")
        assert there.headers["Location"].endswith(f"/households/{town.households[1].id}/order")
    assert "没有 999" in desk.get(f"{page}?room=999").get_data(as_text=True)
    assert desk.get(f"/cycles/{town.cycle.id}/desk/{town.buildings[1].id}").status_code == 404


def test_a_captain_orders_on_behalf_and_a_double_click_is_one_order(app: Flask, town: world.World) -> None:
    desk = sign_in(app, town, "captain")
    page = f"/cycles/{town.cycle.id}/households/{town.households[1].id}/order"
    data = {f"qty_{town.offers[0].id}": "3", "source": "door", "step": "place"}
    key = "f" * 32
    assert [post(desk, page, page, data, key).status_code for _ in range(2)] == [303, 303]
    placed = db.session.scalars(select(HouseholdOrder)).one()
    assert (placed.source, placed.revision) == ("door", 1)
    assert post(desk, page, page, data).status_code == 409
    shown = desk.get(page).get_data(as_text=True)
    assert f'value="{placed.version}"' in shown
    assert post(desk, page, page, {**data, "version": str(placed.version), "source": "form"}).status_code == 422
    withdrawal = f"/cycles/{town.cycle.id}/households/{town.households[1].id}/withdraw"
    assert post(desk, page, withdrawal, {"version": str(placed.version)}).status_code == 303


def test_the_keys_of_households_are_offered_only_where_the_account_holds_them(app: Flask, town: world.World) -> None:
    """A captain who also takes orders by telephone for the whole point has the keys of one building."""
    account, starts = town.accounts["captain"], clock.now() - timedelta(days=1)
    where = {"service_point_id": town.points[0].id}
    db.session.add(RoleGrant(account_id=account.id, role=Role.ORDER_DESK, starts_at=starts, **where))
    db.session.commit()
    desk = sign_in(app, town, "captain")
    for place, is_own in ((0, True), (1, False)):
        building, home = town.buildings[place], town.households[3 * place]
        merging = f"/buildings/{building.id}/merge"
        assert desk.get(merging).status_code == (200 if is_own else 404)
        shown = desk.get(f"/cycles/{town.cycle.id}/desk/{building.id}").text
        assert (merging in shown, f"/desk/{building.id}/slips" in shown) == (is_own, is_own)
        assert (merging in desk.get(f"/places/buildings/{building.id}").text) == is_own
        shown = desk.get(f"/cycles/{town.cycle.id}/households/{home.id}/order").text
        assert (f"/households/{home.id}/pin" in shown) == is_own


def test_the_roll_call_of_a_building_is_kept_in_one_form(app: Flask, town: world.World) -> None:
    order(town, 0)
    desk = sign_in(app, town, "leader")
    page = f"/cycles/{town.cycle.id}/roll-call/{town.buildings[0].id}"
    second, third = town.households[1].id, town.households[2].id
    wrong = post(desk, page, page, {f"outcome_{second}": "ordered"})
    assert wrong.status_code == 422
    assert post(desk, page, page, {f"outcome_{second}": "away", f"outcome_{third}": ""}).status_code == 303
    assert post(desk, page, f"{page}/rest", {"outcome": "declined"}).status_code == 303
    noted = {row.household_id: row.outcome for row in db.session.scalars(select(RollCall))}
    assert noted == {second: "away", third: "declined"}
    assert messages.EVERY_HOUSEHOLD_DONE in desk.get(page).get_data(as_text=True)
    assert post(desk, page, f"{page}/rest", {"outcome": "nonsense"}).status_code == 422
    assert sign_in(app, town, "leader2").get(page).status_code == 404


def test_pages_of_a_cycle_out_of_reach_do_not_exist(app: Flask, town: world.World) -> None:
    desk = sign_in(app, town, "admin")
    for page in ("/cycles/4711", "/cycles/4711/orders", "/cycles/4711/edit", "/cycles/4711/offers", f"/cycles/{2**40}"):
        assert desk.get(page).status_code == 404


@pytest.mark.parametrize(
    "page", ["/cycles", "/cycles/{0}", "/cycles/{0}/orders", "/cycles/{0}/offers", "/cycles/{0}/edit", "/cycles/new"]
)
def test_pages_of_the_office_take_few_statements(
    app: Flask, town: world.World, count_queries: Counting, page: str
) -> None:
    for place in range(10):
        order(town, place)
    desk = sign_in(app, town, "admin")
    with count_queries() as statements:
        assert desk.get(page.format(town.cycle.id)).status_code == 200
    assert len(statements) <= 25


@pytest.mark.parametrize("page", ["/cycles/{0}/desk", "/cycles/{0}/roll-call", "/cycles/{0}/roll-call/{1}"])
def test_pages_of_the_point_take_few_statements(
    app: Flask, town: world.World, count_queries: Counting, page: str
) -> None:
    for place in range(6):
        order(town, place)
    desk = sign_in(app, town, "leader")
    with count_queries() as statements:
        assert desk.get(page.format(town.cycle.id, town.buildings[0].id)).status_code == 200
    assert len(statements) <= 25

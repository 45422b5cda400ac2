"""The point's desk: what waits, and the household that came in from two sources."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from app.access.permissions import Resident
from app.core.db import db
from app.intake.booking import service as booking_service
from app.intake.paste import service as intake
from app.intake.paste.schemas import Paste
from app.ordering import service as ordering_service
from app.ordering.models import HouseholdOrder, OrderChoice
from app.ordering.orders import OfferPick, PlaceOrder
from app.places.models import ServicePoint
from app.tally.desk.queries import QuantityClash, clashes, duplicates, waiting_lines
from tests import messages, world
from tests.world import post, sign_in


@pytest.fixture
def town(app: Flask) -> world.World:
    """The first household ordered by itself, and comes in a chain once more."""
    built = world.build()
    home = built.households[0].id
    picks = (OfferPick(built.offers[0].id, 2), OfferPick(built.offers[1].id, 1))
    ordering_service.place(Resident("household", home), PlaceOrder(built.cycle.id, home, picks))
    by = built.actor("leader")
    paste = intake.paste_chain(
        by, built.cycle.id, built.points[0].id, Paste("#接龙\n1. 2-101 青菜1 鸡蛋1\n2. 2-201 土豆1")
    )
    booking_service.commit(by, paste.id)
    return built


def content(town: world.World) -> dict[str, int]:
    names = {offer.id: offer.name for offer in town.offers}
    home = HouseholdOrder.household_id == town.households[0].id
    rows = select(OrderChoice.offer_id, OrderChoice.qty).join(HouseholdOrder).where(home)
    return {names[offer]: qty for offer, qty in db.session.execute(rows)}


def test_what_came_in_twice_is_listed_item_by_item_and_counted(town: world.World) -> None:
    here = ServicePoint.id == town.points[0].id
    (found,) = duplicates(town.cycle.id, here)
    assert found.clashes == (QuantityClash("青菜", 2, 1), QuantityClash("鸡蛋", 0, 1), QuantityClash("土豆", 1, 0))
    assert (found.stands_from, found.comes_from) == (messages.RESIDENT_FORM, "接龙")
    assert waiting_lines(town.cycle.id, here) == (1, 1)
    assert waiting_lines(town.cycle.id, ServicePoint.id == town.points[1].id) == (0, 0)


@pytest.mark.parametrize(
    ("choice", "left"),
    [
        ("keep", {"青菜": 2, "土豆": 1}), ("replace", {"青菜": 1, "鸡蛋": 1}),
        ("add", {"青菜": 3, "土豆": 1, "鸡蛋": 1}),
    ],
)  # fmt: skip
def test_a_leader_keeps_replaces_or_adds(app: Flask, town: world.World, choice: str, left: dict[str, int]) -> None:
    desk, page = sign_in(app, town, "leader"), f"/cycles/{town.cycle.id}/duplicates"
    (found,) = duplicates(town.cycle.id, ServicePoint.id.is_not(None))
    assert content(town) == {"青菜": 2, "土豆": 1}
    assert post(desk, page, f"{page}/{found.line_id}", {"choice": "guess"}).status_code == 422
    assert post(desk, page, f"{page}/{found.line_id}", {"choice": choice}).status_code == 303
    assert content(town) == left
    assert messages.NOTHING_CAME_TWICE in desk.get(page).get_data(as_text=True)


def test_the_desk_and_the_navigation_count_what_waits(app: Flask, town: world.World) -> None:
    text = sign_in(app, town, "leader").get(f"/cycles/{town.cycle.id}/point").get_data(as_text=True)
    assert "1 户从两处来了订单" in text
    assert "还有 4 户没有结果" in text
    navigation = text.split("点位台</span>")[1].split("</a>")[0]
    assert "1</span>" in navigation
    other = sign_in(app, town, "leader2").get(f"/cycles/{town.cycle.id}/point").get_data(as_text=True)
    assert messages.NOTHING_TWICE in other


def test_another_point_can_neither_see_nor_settle(app: Flask, town: world.World) -> None:
    (found,) = duplicates(town.cycle.id, ServicePoint.id.is_not(None))
    desk, page = sign_in(app, town, "leader2"), f"/cycles/{town.cycle.id}/duplicates"
    assert post(desk, "/account", f"{page}/{found.line_id}", {"choice": "add"}).status_code == 404
    assert "桂花苑" not in desk.get(page).get_data(as_text=True)
    assert sign_in(app, town, "captain").get(page).status_code == 403


def test_a_household_that_moved_out_meanwhile_is_said_beside_the_rows(app: Flask, town: world.World) -> None:
    desk, page = sign_in(app, town, "leader"), f"/cycles/{town.cycle.id}/duplicates"
    (found,) = duplicates(town.cycle.id, ServicePoint.id.is_not(None))
    town.households[0].is_active = False
    db.session.commit()
    answer = post(desk, page, f"{page}/{found.line_id}", {"choice": "add"})
    assert answer.status_code == 422
    assert messages.NO_HOUSEHOLD_OF_POINT in answer.get_data(as_text=True)
    assert messages.CAME_TWICE in answer.get_data(as_text=True)


def test_a_line_that_cannot_be_booked_is_not_called_done(app: Flask, town: world.World) -> None:
    desk = sign_in(app, town, "leader")
    (found,) = duplicates(town.cycle.id, ServicePoint.id.is_not(None))
    line = f"/paste-lines/{found.line_id}"
    answer = post(desk, line, line, {"household": str(town.households[0].id), "goods": "青菜 1"})
    said = desk.get(answer.location.split("#")[0]).get_data(as_text=True)
    assert "这一行还没有入单：这一户已有别的来源的订单" in said
    assert messages.LINE_IS_SETTLED not in said


def test_equal_goods_stand_first() -> None:
    assert clashes({"a": 1, "b": 2}, {"c": 1, "b": 1})[0] == QuantityClash("b", 2, 1)

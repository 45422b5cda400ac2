"""The point's desk in a real browser, by keyboard alone, at the speed of a person who types 5 keys a second."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select

from app.core.db import db
from app.ordering.models import HouseholdOrder, OrderChoice, RollCall
from tests.e2e.conftest import Person, Site

pytestmark = pytest.mark.browser

KEY_MS = 200  # somebody who types while listening
MOST_S = 20


@dataclass
class Hands:
    """Somebody at the keyboard: counts keys, and the time from the first to the last.

    What counts is typing time and the work of the site in CPU seconds: a wall clock would measure what else the machine
    has to do. It is printed beside.
    """

    person: Person
    keys: int = 0
    started: float = 0.0
    work: float = 0.0

    def type(self, text: str) -> None:
        for letter in text:
            self.press(letter)

    def press(self, key: str) -> None:
        if not self.started:
            self.started, self.work = time.monotonic(), time.process_time()
        self.person.page.wait_for_timeout(KEY_MS)
        self.person.page.keyboard.press(key)
        self.keys += 1

    def seconds(self) -> float:
        return self.keys * KEY_MS / 1000 + time.process_time() - self.work

    def wall(self) -> float:
        return time.monotonic() - self.started

    def focus(self) -> str:
        """The name or the id of what has the keyboard."""
        found = self.person.page.evaluate("document.activeElement.name || document.activeElement.id || ''")
        return str(found)

    def wait_for(self, name: str) -> None:
        self.person.page.locator(f"[name={name}]:focus").wait_for()


@pytest.fixture
def hands(person: Any) -> Hands:
    return Hands(person("leader"))


def content(site: Site, household: int) -> dict[str, int]:
    with site.app.app_context():
        chosen = select(OrderChoice).join(HouseholdOrder, HouseholdOrder.id == OrderChoice.order_id)
        rows = db.session.scalars(chosen.where(HouseholdOrder.household_id == site.world.households[household].id))
        found = {row.offer.name: row.qty for row in rows}
        db.session.remove()
    return found


def test_two_calls_one_after_the_other_take_under_twenty_seconds_each(site: Site, hands: Hands) -> None:
    page = hands.person.page
    hands.person.go(f"/cycles/{site.world.cycle.id}/telephone")
    for number, (room, goods) in enumerate((("2-201", "qc2 td1 jd"), ("10-101", "2x1 xnn2"))):
        hands.keys, hands.started = 0, 0.0
        assert hands.focus() == "home"
        hands.type(room)
        hands.press("Enter")
        hands.wait_for("goods")
        hands.type(goods)
        page.locator("#basket >> text=共").wait_for()
        hands.press("Enter")
        hands.wait_for("home")
        taken = hands.seconds()
        print(f"call {number + 1}: {hands.keys} keys at {KEY_MS} ms, {taken:.1f} s, by the wall {hands.wall():.1f} s")
        assert taken < MOST_S
        assert hands.keys <= len(room) + len(goods) + 2
        assert page.locator("text=订单码").first.is_visible()
    assert content(site, 1) == {"青菜": 2, "土豆": 1, "鸡蛋": 1}
    assert content(site, 3) == {"土豆": 1, "鲜牛奶": 2}


def test_a_doubtful_room_is_chosen_and_an_order_added_to_without_the_mouse(site: Site, hands: Hands) -> None:
    page = hands.person.page
    hands.person.go(f"/cycles/{site.world.cycle.id}/telephone")
    for goods in ("qc1", "+td2"):
        hands.type("201")
        hands.press("Enter")
        page.locator("text=是哪一户").wait_for()
        hands.press("1")
        hands.wait_for("goods")
        hands.type(goods)
        hands.press("Enter")
        hands.wait_for("home")
    found = [content(site, place) for place in (1, 4)]
    assert sorted(map(len, found)) == [0, 2]
    assert {"青菜": 1, "土豆": 2} in found


def test_what_is_wrong_stands_beside_the_field_and_the_field_keeps_the_keyboard(site: Site, hands: Hands) -> None:
    page = hands.person.page
    hands.person.go(f"/cycles/{site.world.cycle.id}/telephone/{site.world.households[0].id}")
    hands.type("naifen1")
    hands.press("Enter")
    page.locator("#f-goods-error >> text=没有").wait_for()
    assert hands.focus() == "goods"
    assert page.input_value("#f-goods") == "naifen1"
    assert page.evaluate("document.activeElement.selectionStart") == len("naifen1")


def test_the_fields_of_a_call_stand_below_each_other_and_fill_their_form(site: Site, hands: Hands) -> None:
    page = hands.person.page
    hands.person.go(f"/cycles/{site.world.cycle.id}/telephone/{site.world.households[0].id}")
    form, *fields = (page.locator(name).bounding_box() for name in ("#take", "#f-goods", "#take [name=door_note]"))
    for field in fields:
        assert field["width"] > 0.9 * form["width"]
    assert fields[0]["y"] + fields[0]["height"] < fields[1]["y"]


def test_the_desk_works_without_script(site: Site, chromium: Any) -> None:
    context = chromium.new_context(java_script_enabled=False)
    somebody = Person.__new__(Person)
    somebody.site, somebody.context, somebody.page, somebody.problems = site, context, context.new_page(), []
    somebody.sign_in("leader")
    page = somebody.page
    somebody.go(f"/cycles/{site.world.cycle.id}/telephone")
    page.fill("#f-home", "2-201")
    page.press("#f-home", "Enter")
    page.fill("#f-goods", "青菜2")
    page.press("#f-goods", "Enter")
    assert "订单码" in page.content()
    page.click("text=撤销这一单")
    assert "已撤销" in page.content()
    context.close()
    assert content(site, 1) == {}


def test_the_roll_call_goes_from_door_to_door_with_one_key_each(site: Site, hands: Hands) -> None:
    page = hands.person.page
    building = site.world.buildings[0].id
    hands.person.go(f"/cycles/{site.world.cycle.id}/roll-call/{building}")
    rows = page.locator("[data-keyrow]")
    assert rows.count() == 3
    for left, key in ((2, "1"), (1, "2")):
        page.locator("[data-keyrow]:focus").wait_for()
        hands.press(key)
        page.locator(f"text=还有 {left} 户没有结果").first.wait_for()
        assert rows.count() == left
    page.click("button:has-text('撤销')")
    page.locator("text=还有 2 户没有结果").first.wait_for()
    with site.app.app_context():
        noted = list(db.session.scalars(select(RollCall.outcome)))
        db.session.remove()
    assert noted == ["declined"]

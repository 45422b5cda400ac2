"""A resident's phone in a real browser: found, remembered, offline, timed out; and the same way without script."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.catalog.models import ItemAlias
from app.core import clock
from app.core.db import command, db
from app.ordering.models import Cycle, HouseholdOrder, Offer, OrderLine
from tests import messages
from tests.e2e.conftest import Person, Site

pytestmark = pytest.mark.browser


@pytest.fixture
def phone(person: Any, site: Site) -> Person:
    """A phone in front of the order form of the first household."""
    one: Person = person(width=360)
    enter(one, site)
    return one


def enter(one: Person, site: Site, room: str = "101") -> None:
    one.go(f"/enter/{site.world.buildings[0].public_code}")
    one.page.fill("main input[name=room]", room)
    one.page.click("main form button[type=submit]")
    one.page.wait_for_selector("#order[data-shelf]")


def row(one: Person, name: str) -> Any:
    return one.page.locator(".ld-shelf-row", has=one.page.locator(f"label:text-is('{name}')"))


def tap(one: Person, name: str, times: int = 1) -> None:
    for _ in range(times):
        row(one, name).locator(".ld-stepper button").nth(1).click(force=True)


def quantity(one: Person, name: str) -> str:
    return str(row(one, name).locator("input[type=number]").input_value())


def stored(site: Site) -> list[tuple[int, int]]:
    """(item, units) of every order line there is."""
    with site.app.app_context():
        found = [(item, qty) for item, qty in db.session.execute(select(OrderLine.item_id, OrderLine.qty_ordered))]
        db.session.remove()
    return sorted(found)


def change(site: Site, statement: Any) -> None:
    with site.app.app_context():
        command(statement)()
        db.session.remove()


def place(one: Person) -> None:
    one.page.click(".ld-bar button[value=review]")
    one.page.wait_for_selector("#place")
    one.page.click("button[value=place]")


def said(one: Person) -> str:
    one.page.wait_for_timeout(150)
    return str(one.page.locator("#said").text_content())


# --- finding and choosing ---------------------------------------------------------------------------------------------
def test_goods_are_found_while_typing_by_initials_pinyin_and_other_names(site: Site, person: Any) -> None:
    change(site, lambda: db.session.add(ItemAlias(item_id=site.world.items[1].id, alias="洋芋")))
    one = person(width=360)
    enter(one, site)
    for typed, name in (("qc", "青菜"), ("qingc", "青菜"), ("洋芋", "土豆"), ("yangyu", "土豆"), ("xnn", "鲜牛奶")):
        one.page.fill("#f-search", typed)
        assert one.page.locator(".ld-shelf-row:visible label:not(.ld-check)").all_text_contents() == [name], typed
    one.page.fill("#f-search", "猫粮")
    one.sees(messages.NOT_ON_OFFER)
    one.click("写到")
    assert one.page.input_value("[name=other_need]") == "猫粮"
    assert one.page.locator(".ld-shelf-row:visible").count() == 4


def test_goods_named_among_other_needs_are_offered_at_once(phone: Person) -> None:
    phone.page.fill("[name=other_need]", "土豆两袋，猫粮")
    phone.click("加 2 份")
    assert quantity(phone, "土豆") == "2"
    assert phone.page.input_value("[name=other_need]") == "猫粮"


def test_limits_are_said_aloud_and_the_total_runs_along(site: Site, person: Any) -> None:
    def limit() -> None:
        for name, is_soft in (("鸡蛋", False), ("土豆", True)):
            offer = db.session.scalars(select(Offer).filter_by(name=name)).one()
            offer.limit_per_household, offer.is_soft_limit = 2, is_soft

    change(site, limit)
    one = person(width=360)
    enter(one, site)
    tap(one, "鸡蛋", 3)
    assert quantity(one, "鸡蛋") == "2"
    assert "鸡蛋每户限2份，已到上限" in said(one)
    tap(one, "土豆", 3)
    assert quantity(one, "土豆") == "3"
    assert messages.ADVISED_MOST in said(one)
    assert one.page.inner_text("#total") == "共 5 份，66.40 元"
    row(one, "鸡蛋").locator("input[type=number]").fill("9")
    assert "请减少7份" in said(one)
    one.page.click(".ld-bar button[value=review]")
    assert one.page.locator("#place").count() == 0
    assert one.page.evaluate("document.activeElement.name") == f"qty_{site.world.offers[2].id}"


def test_larger_type_comes_at_once_stays_and_loses_nothing(phone: Person) -> None:
    tap(phone, "青菜", 2)
    before = phone.page.evaluate("getComputedStyle(document.documentElement).fontSize")
    with phone.page.expect_response(re.compile("type=large")):
        phone.page.click("text=大字")
    assert phone.page.evaluate("getComputedStyle(document.documentElement).fontSize") > before
    assert quantity(phone, "青菜") == "2"
    phone.page.reload()
    assert phone.page.get_attribute("html", "data-type") == "large"


def test_back_from_looking_over_finds_everything_as_it_was_chosen(phone: Person) -> None:
    tap(phone, "青菜", 2)
    phone.page.fill("[name=door_note]", "敲门")
    phone.page.evaluate("location.hash = 's0'")
    phone.page.go_back()
    assert quantity(phone, "青菜") == "2"
    phone.page.evaluate("location.hash = 's0'")
    phone.page.click(".ld-bar button[value=review]")
    phone.page.wait_for_selector("#place")
    phone.page.go_back()
    phone.page.wait_for_selector("#order")
    assert quantity(phone, "青菜") == "2"
    tap(phone, "青菜")
    place(phone)
    phone.sees(messages.ORDER_PLACED)
    assert stored(phone.site) == [(phone.site.world.items[0].id, 3)]


# --- remembered -------------------------------------------------------------------------------------------------------
def test_the_phone_remembers_its_household_and_what_it_ordered_last(site: Site, phone: Person) -> None:
    tap(phone, "青菜", 2)
    tap(phone, "鸡蛋")
    row(phone, "鸡蛋").locator(".ld-star").click()
    place(phone)
    phone.sees("订单码")

    def next_cycle() -> None:
        old = db.session.get_one(Cycle, site.world.cycle.id)
        old.cutoff_at = clock.now()
        from tests.ordering.test_resident_comforts import second_cycle

        here = site.world
        here.subdistrict, here.points, here.items = (
            db.session.merge(here.subdistrict),
            [db.session.merge(one) for one in here.points],
            [db.session.merge(one) for one in here.items],
        )
        second_cycle(here)

    change(site, next_cycle)
    phone.go(f"/enter/{site.world.buildings[0].public_code}")
    phone.click("是这一户")
    phone.page.wait_for_selector("#order[data-shelf]")
    assert phone.page.locator("#often button").all_text_contents() == ["+ 青菜", "+ 鸡蛋"]
    phone.click("照上次一样")
    assert (quantity(phone, "青菜"), quantity(phone, "鸡蛋")) == ("2", "1")
    phone.page.locator("#often button").first.click()
    assert quantity(phone, "青菜") == "3"
    place(phone)
    phone.sees(messages.ORDER_PLACED)
    assert len(stored(site)) == 4


# --- offline ----------------------------------------------------------------------------------------------------------
def test_an_order_placed_without_network_stays_on_the_phone_and_is_sent_once(site: Site, phone: Person) -> None:
    tap(phone, "青菜", 2)
    phone.page.click(".ld-bar button[value=review]")
    phone.page.wait_for_selector("#place")
    phone.context.set_offline(True)
    phone.page.click("button[value=place]")
    phone.sees(messages.NOT_SENT_YET)
    assert phone.page.is_disabled("button[value=place]")
    assert stored(site) == []
    phone.context.set_offline(False)
    phone.page.evaluate("window.dispatchEvent(new Event('online'))")
    phone.sees(messages.KEPT_ORDER_SENT)
    assert stored(site) == [(site.world.items[0].id, 2)]
    assert phone.page.evaluate("localStorage.getItem('louda.outbox')") is None
    phone.page.reload()
    phone.page.wait_for_timeout(500)
    assert len(stored(site)) == 1


def test_what_was_kept_before_looking_over_is_sent_on_the_next_visit(site: Site, phone: Person) -> None:
    tap(phone, "土豆")
    phone.context.set_offline(True)
    phone.page.click(".ld-bar button[value=review]")
    phone.sees(messages.NO_NETWORK)
    phone.page.click("text=存在手机上")
    phone.sees(messages.NOT_SENT_YET)
    phone.page.goto("about:blank")
    phone.context.set_offline(False)
    phone.go("/my")
    phone.sees(messages.KEPT_ORDER_SENT)
    assert stored(site) == [(site.world.items[1].id, 1)]


def test_an_order_whose_answer_was_lost_is_not_placed_twice(site: Site, phone: Person) -> None:
    tap(phone, "青菜")
    phone.page.click(".ld-bar button[value=review]")
    phone.page.wait_for_selector("#place")
    lost: list[int] = []

    def lose(route: Any) -> None:
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch(max_redirects=0).status)
            route.abort()
        else:
            route.continue_()

    phone.page.route("**/order", lose)
    phone.page.click("button[value=place]")
    phone.sees(messages.NOT_SENT_YET)
    assert lost == [303]
    assert len(stored(site)) == 1
    phone.page.click("text=现在发")
    phone.sees(messages.KEPT_ORDER_SENT)
    assert len(stored(site)) == 1
    with site.app.app_context():
        assert db.session.scalars(select(HouseholdOrder.revision)).all() == [1]
        db.session.remove()


def test_what_is_too_late_or_not_ones_own_is_not_sent_and_says_why(site: Site, phone: Person) -> None:
    tap(phone, "青菜")
    phone.page.click(".ld-bar button[value=review]")
    phone.page.wait_for_selector("#place")
    phone.context.set_offline(True)
    phone.page.click("button[value=place]")
    phone.sees(messages.NOT_SENT_YET)

    def close() -> None:
        db.session.get_one(Cycle, site.world.cycle.id).cutoff_at = clock.now()

    with site.app.app_context():
        cutoff = db.session.get_one(Cycle, site.world.cycle.id).cutoff_at
        db.session.remove()
    change(site, close)
    phone.context.set_offline(False)
    phone.go("/my")
    phone.sees(messages.PAST_CUT_OFF)
    assert stored(site) == []
    change(site, lambda: setattr(db.session.get_one(Cycle, site.world.cycle.id), "cutoff_at", cutoff))
    phone.page.evaluate("""() => { const all = JSON.parse(localStorage['louda.outbox']);
        all[0].state = ''; all[0].home = 'another'; localStorage['louda.outbox'] = JSON.stringify(all); }""")
    phone.go("/my")
    phone.sees(messages.UNSENT_ORDER_OF_OTHERS)
    phone.page.wait_for_timeout(400)
    assert stored(site) == []
    phone.press("换一户")
    phone.page.wait_for_selector("input[name=room]")
    assert phone.page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('louda.'))") == []


# --- the cut-off ------------------------------------------------------------------------------------------------------
def test_the_clock_runs_to_the_cut_off_and_the_form_closes_whatever_the_phone_thinks(site: Site, person: Any) -> None:
    def soon() -> None:
        db.session.get_one(Cycle, site.world.cycle.id).cutoff_at = clock.now() + timedelta(seconds=12)

    one = person(width=360)
    one.context.add_init_script(
        "const real = Date; Date = class extends real { getTime() { return super.getTime() + 9e9; } };"
    )
    change(site, soon)
    enter(one, site)
    assert "分" in one.page.inner_text(".ld-cutoff b")
    one.page.wait_for_selector(".ld-cutoff.is-over", timeout=20_000)
    one.sees(messages.CUT_OFF_REACHED)
    assert one.page.is_disabled(".ld-bar button[value=review]")


# --- without script, and copying --------------------------------------------------------------------------------------
def test_searching_the_last_order_and_other_needs_work_without_script(site: Site, chromium: Any) -> None:
    context = chromium.new_context(viewport={"width": 320, "height": 640}, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site.address}/enter/{site.world.buildings[0].public_code}")
    page.fill("main input[name=room]", "201")
    page.click("main button[type=submit]")
    page.locator("input[name^=qty_]").nth(0).fill("1")
    page.fill("#f-search", "td")
    page.press("#f-search", "Enter")
    assert page.locator(".ld-shelf-row:visible").count() == 1
    page.fill("[name=other_need]", "鸡蛋")
    page.click(".ld-bar button[value=review]")
    page.click("button[name=add]")
    page.click("button[value=place]")
    assert "订单码" in page.content()
    assert len(stored(site)) == 2
    context.close()


def test_the_text_for_the_group_is_copied_also_where_the_clipboard_is_closed(phone: Person) -> None:
    tap(phone, "青菜")
    place(phone)
    phone.sees("订单码")
    phone.page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    phone.click("复制文字")
    phone.sees("已复制")
    assert "青菜×1" in phone.page.evaluate("String(window.getSelection())")

"""Captain and runner in front of their phones on the day, from an installation without the demo."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.access.sessions import issue_token
from app.core import clock
from app.core.db import db
from app.dispatch.models import ArrivalCount, ArrivalDifference, DropOff
from app.handover.models import HandOut
from app.ordering.models import HouseholdOrder
from app.oversight.reconcile.equations import equations
from app.picking.models import Bag
from app.printing.models import Document
from tests import messages
from tests.e2e.conftest import Person, Site
from tests.e2e.field_day import on_the_day
from tests.world import PASSWORD

pytestmark = pytest.mark.browser
PHONE = {"width": 360, "height": 740}
HELD = ("route_sheet", "drop_off_sheet", "hand_out_list")
IDS: dict[str, int] = {}  # of the day that is lived


@pytest.fixture
def site(app: Flask, request: pytest.FixtureRequest) -> Iterator[Site]:
    """The day under way; a test says with `parametrize` where it begins otherwise."""
    with on_the_day(app, **getattr(request, "param", {})) as (found, ids):
        IDS.clear()
        IDS.update(ids)
        yield found


def on_phone(person: Any, name: str = "") -> Person:
    one: Person = person(name, width=360)
    one.page.set_viewport_size(PHONE)
    return one


@pytest.mark.parametrize("site", [{"departed": False, "linked": False}], indirect=True)
def test_an_account_made_by_the_administrator_and_linked_by_the_supplies_team_sees_its_round(
    site: Site, person: Any
) -> None:
    ids = IDS
    admin = person("admin")
    admin.go("/accounts/new")
    admin.page.fill("input[name=username]", "xiaoyi")
    admin.page.fill("input[name=display_name]", "小乙")
    admin.page.select_option("select[name=role]", "runner")
    admin.page.select_option("select[name=scope]", f"service_point:{ids['point']}")
    admin.click("开通")
    password = admin.page.locator("#one-time-password").inner_text().strip()
    supplies = person("supplies")
    supplies.go("/teams")
    supplies.page.locator(f"main a[href='/teams/{ids['team']}']").first.click()
    supplies.page.locator("form[action$='/members'] select[name=account]").select_option(label="小乙（xiaoyi）")
    supplies.click("加入队伍")
    supplies.sees(messages.MEMBER_ENTERED)
    runner = on_phone(person)
    runner.go("/sign-in")
    runner.page.fill("input[name=username]", "xiaoyi")
    runner.page.fill("input[name=password]", password)
    runner.page.click("main button[type=submit]")
    for field, typed in (("present", password), ("password", PASSWORD + "9"), ("again", PASSWORD + "9")):
        runner.page.fill(f"main input[name={field}]", typed)
    runner.page.click("form:has(input[name=present]) button[type=submit]")
    runner.page.locator("main [role=status]").first.wait_for()
    runner.go("/my-rounds")
    runner.page.locator(f"main a[href='/rounds/{ids['round']}']").first.click()
    runner.sees("桂花苑 2号楼")
    assert not re.search(r"[123]01", runner.page.locator("main").inner_text())


def test_a_captain_says_with_one_tap_that_everything_came_and_the_runner_agrees_with_another(
    site: Site, person: Any
) -> None:
    ids = IDS
    captain, runner = on_phone(person, "captain"), on_phone(person, "runner")
    captain.go(f"/cycles/{ids['cycle']}/handover/{ids['building']}")
    captain.click("3 袋都到了")
    captain.sees("已签收：应到 3 袋，实到 3 袋。")
    runner.go(f"/stops/{ids['stop']}/sign")
    runner.sees("楼长")
    runner.click("按这样记下")
    runner.sees("实到 3 袋")
    with site.app.app_context():
        counts = db.session.scalars(select(ArrivalCount).order_by(ArrivalCount.id)).all()
        assert [(one.counted_as, one.bags_counted, one.bags_missing) for one in counts] == [
            ("captain", 3, 0),
            ("runner", 3, 0),
        ]
        assert db.session.scalar(select(ArrivalDifference.id)) is None
        db.session.remove()


def test_two_counts_that_differ_are_both_kept_until_the_leader_says_which_holds(site: Site, person: Any) -> None:
    ids = IDS
    runner, captain, leader = on_phone(person, "runner"), on_phone(person, "captain"), on_phone(person, "leader")
    runner.go("/my-rounds")
    runner.page.locator(f"main a[href='/rounds/{ids['round']}']").first.click()
    runner.click("3 袋都交了")
    runner.sees("已签收：应到 3 袋，实到 3 袋。")
    captain.go(f"/cycles/{ids['cycle']}/handover/{ids['building']}")
    captain.click("数得不一样")
    captain.page.locator("input[name=missing]").first.check()
    captain.click("按这样记下")
    captain.sees(messages.BOTH_NUMBERS_STAY)
    assert messages.RUNNER in captain.page.locator("main").inner_text()
    captain.sees("南门点位的小组长和物资组")
    leader.go(f"/cycles/{ids['cycle']}/handover")
    leader.sees("1 站两边数得不一样")
    leader.page.locator("main a.ld-to").first.click()
    leader.click("按楼长")
    leader.sees("到 2 袋，缺 1 袋")
    with site.app.app_context():
        done = db.session.scalars(select(DropOff).where(DropOff.stop_id == ids["stop"])).one()
        assert (done.bags_expected, done.bags_counted, done.bags_missing) == (3, 2, 1)
        assert [one.bags_counted for one in db.session.scalars(select(ArrivalCount).order_by(ArrivalCount.id))] == [
            3,
            2,
        ]
        assert [one.code for one in equations() if one.violations] == []
        db.session.remove()


@pytest.mark.parametrize("site", [{"linked": False}], indirect=True)
def test_a_runner_opens_no_stop_of_another_team_and_no_page_with_rooms(site: Site, person: Any) -> None:
    ids = IDS
    runner = on_phone(person, "runner")
    for path, status in (
        (f"/stops/{ids['stop']}/sign", 404),
        (f"/rounds/{ids['round']}", 404),
        (f"/cycles/{ids['cycle']}/handover/{ids['building']}", 403),
    ):
        answer = runner.page.goto(site.address + path)
        assert answer.status == status, path


def test_the_rest_asks_once_names_the_doors_and_can_be_taken_back_on_the_phone(site: Site, person: Any) -> None:
    ids = IDS
    doors = f"/cycles/{ids['cycle']}/handover/{ids['building']}"
    with site.app.app_context():
        order = db.session.scalars(select(HouseholdOrder).order_by(HouseholdOrder.id)).first()
        assert order is not None
        order.door_note = "先打电话"
        db.session.commit()
        db.session.remove()
    captain = on_phone(person, "captain")
    captain.go(doors)
    captain.click("3 袋都到了")
    captain.click("其余 2 户都放好了")
    question = captain.page.locator("main").inner_text()
    assert "1-201" in question
    assert "1-301" in question
    assert "要看清楚的：1-101" in question
    captain.click("2 户都放好了")
    captain.sees("2 户放好了")
    assert states(site) == ["dropped_off", "handed_out", "handed_out", "loaded"]
    captain.page.locator(".ld-undo button").click()
    captain.sees("已撤销：2 袋又在待发放")
    assert states(site) == ["dropped_off", "dropped_off", "dropped_off", "loaded"]
    # Door by door: one tap, taken back at the same door; then a problem in two.
    captain.page.locator("li:has-text('1-201') >> text=放好了").click()
    captain.page.locator("li:has-text('1-201') >> text=撤销").click()
    captain.sees("已撤销：1 袋")
    captain.page.locator("li:has-text('1-301') >> text=有问题").click()
    captain.page.click("button[value=no_answer]")
    captain.sees(messages.NOT_DELIVERED_ENTERED)
    late(site)
    captain.go(doors)
    failed = captain.page.locator("li.is-alarm:has-text('1-301')")
    assert "上次：无人应答" in failed.inner_text()
    captain.page.locator("main a:has-text('其余 1 户都放好了')").click()
    assert "1-301" in captain.page.locator("main section").inner_text()  # not included
    captain.click("1 户都放好了")
    assert states(site) == ["dropped_off", "handed_out", "dropped_off", "loaded"]
    captain.page.locator("li.is-alarm:has-text('1-301') >> text=放好了").click()
    captain.sees("已登记：1 袋放到门口")
    assert states(site) == ["dropped_off", "handed_out", "handed_out", "loaded"]


def states(site: Site) -> list[str]:
    with site.app.app_context():
        found = [str(state) for state in db.session.scalars(select(Bag.state).order_by(Bag.id))]
        db.session.remove()
    return found


def late(site: Site) -> None:
    """Eleven minutes pass since whatever was entered at the doors."""
    with site.app.app_context():
        for attempt in db.session.scalars(select(HandOut)):
            attempt.at -= timedelta(minutes=11)
        db.session.commit()
        db.session.remove()


def test_after_ten_minutes_the_server_refuses_to_undo_and_the_resident_reads_it_only_then(
    site: Site, person: Any
) -> None:
    ids = IDS
    captain, resident = on_phone(person, "captain"), on_phone(person)
    captain.go(f"/cycles/{ids['cycle']}/handover/{ids['building']}")
    captain.click("3 袋都到了")
    captain.click("其余 3 户都放好了")
    captain.click("3 户都放好了")
    with site.app.app_context():
        token = issue_token(ids["household"], clock.now() + timedelta(days=1))
        db.session.commit()
        db.session.remove()
    resident.context.add_cookies([{"name": "household", "value": token, "url": site.address}])
    resident.go("/my/deliveries")
    resident.sees(messages.HANDING_OUT)
    late(site)  # the phone still shows its button: the page was not loaded again
    captain.page.locator(".ld-undo button").click()
    captain.sees(messages.RESIDENTS_HAVE_SEEN)
    assert states(site)[:3] == ["handed_out"] * 3
    resident.go("/my/deliveries")
    resident.sees(messages.AT_THE_DOOR)


def test_the_captains_number_is_on_the_runners_phone_and_on_the_route_sheet_of_the_day(site: Site, person: Any) -> None:
    ids = IDS
    captain, runner = on_phone(person, "captain"), on_phone(person, "runner")
    captain.go(f"/cycles/{ids['cycle']}/handover/{ids['building']}")
    captain.click("我的值班电话")
    captain.page.fill("input[name=phone]", "199 0000 0042")
    captain.click("保存")
    captain.sees("已保存")
    supplies = person("supplies")
    supplies.go(f"/cycles/{ids['cycle']}/print")
    supplies.click("准备全部待打印")
    supplies.page.locator("text=新排").first.wait_for(timeout=180_000)
    runner.go(f"/rounds/{ids['round']}")
    assert runner.page.locator("a[href='tel:19900000042']").is_visible()
    with site.app.app_context():
        numbers = {
            (one.kind, one.subject_id): one.number
            for one in db.session.scalars(select(Document).where(Document.kind.in_(HELD)))
        }
        other = site.world.buildings[1].id
        db.session.remove()
    route = runner.page.request.get(f"{site.address}/rounds/{ids['round']}/route-sheet.pdf")
    assert route.headers["content-type"] == "application/pdf"
    text = subprocess.run(["pdftotext", "-", "-"], input=route.body(), capture_output=True, check=True).stdout.decode()
    assert "199 0000 0042" in text
    # The code on each sheet leads its holder to its page, and its PDF opens for nobody else.
    held = [
        (runner, captain, ("route_sheet", ids["round"]), f"/rounds/{ids['round']}"),
        (runner, None, ("drop_off_sheet", ids["stop"]), f"/stops/{ids['stop']}/sign"),
        (captain, None, ("drop_off_sheet", ids["stop"]), f"/stops/{ids['stop']}/sign"),
        (captain, runner, ("hand_out_list", ids["building"]), f"/cycles/{ids['cycle']}/handover/{ids['building']}"),
    ]
    for holder, stranger, sheet, page in held:
        holder.go(f"/s/{numbers[sheet]}")
        assert holder.page.url == site.address + page, sheet
        assert holder.page.request.get(f"{site.address}/s/{numbers[sheet]}.pdf").status == 200, sheet
        if stranger is not None:
            assert stranger.page.request.get(f"{site.address}/s/{numbers[sheet]}").status == 404, sheet
            assert stranger.page.request.get(f"{site.address}/s/{numbers[sheet]}.pdf").status == 404, sheet
    assert captain.page.request.get(f"{site.address}/s/{numbers['hand_out_list', other]}.pdf").status == 404

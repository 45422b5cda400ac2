"""A draft of the rounds is put right by hand in a real browser: every control of the page, as a person clicks it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.core.db import db
from app.dispatch.models import DeliveryPlan, DeliveryRound, PlanBag
from tests import messages, world
from tests.dispatch.test_rounds import planned
from tests.e2e.conftest import Person, Site, served
from tests.e2e.field_day import pack_bags

pytestmark = pytest.mark.browser


@pytest.fixture
def site(app: Flask) -> Iterator[Site]:
    """The small world with two buildings' bags packed and a draft of one round."""
    with app.app_context():
        here = world.build()
        pack_bags(here)
        planned(here)
        db.session.expunge_all()
        db.session.remove()
    with served(app, here) as running:
        yield running


def rounds(site: Site) -> list[tuple[str, int]]:
    """(team, stops) of each round that stands in the draft."""
    with site.app.app_context():
        found = [
            (one.shift.team.name, len(one.stops))
            for one in db.session.scalars(select(DeliveryRound).order_by(DeliveryRound.seq))
        ]
        db.session.remove()
    return found


def held(site: Site) -> int:
    with site.app.app_context():
        found = len(db.session.scalars(select(PlanBag).where(PlanBag.stop_id.is_(None))).all())
        db.session.remove()
    return found


def save(person: Person) -> None:
    person.sees(messages.PLAN_IS_POSSIBLE)
    person.click("保存这个调整")
    person.sees(messages.CHANGE_SAVED)


def choose(person: Person, panel: str, **wanted: Any) -> None:
    """Fill the form in the panel with this heading and ask what the change would do."""
    form = person.page.locator(f"section:has(h2:text-is('{panel}')) form")
    for name, index in wanted.items():
        form.locator(f"[name={name}]").select_option(index=index)
    form.locator("button[type=submit]").click()


def test_a_stop_is_taken_out_put_back_moved_swapped_locked_and_the_draft_published(site: Site, person: Any) -> None:
    planner = person("supplies")
    planner.sees("第一批")
    with site.app.app_context():
        plan = db.session.scalars(select(DeliveryPlan.id)).one()
        db.session.remove()
    planner.go(f"/plans/{plan}")
    planner.click("手工调整")
    (before,) = rounds(site)
    assert before[1] == 2

    planner.click("移出")
    save(planner)
    assert held(site) > 0
    planner.click("找位置")
    save(planner)
    assert held(site) == 0
    planner.click("撤销上一次")
    planner.sees(messages.CHANGE_TAKEN_BACK)
    assert held(site) > 0
    planner.click("撤销上一次")
    planner.sees(messages.CHANGE_TAKEN_BACK)
    assert rounds(site) == [before]

    choose(planner, "对调两站", stop=0, other=1)
    save(planner)
    further = planner.page.locator("section:has(h2:text-is('移动一站')) select[name=to] option").count() - 1
    choose(planner, "移动一站", stop=0, to=further)
    save(planner)
    assert sorted(count for _team, count in rounds(site)) == [1, 1]
    planner.page.locator("select#round").select_option(index=1)
    planner.click("查看")
    shown = planner.page.locator("select#round").input_value()

    planner.page.locator("td button:has-text('锁定')").first.click()
    planner.sees(messages.LOCK_CHANGED)
    assert planner.page.locator("select#round").input_value() == shown  # the round that was open is open again
    planner.page.locator("td button:has-text('解锁')").first.click()
    planner.sees(messages.LOCK_CHANGED)
    planner.click("锁定这一趟")
    planner.sees(messages.LOCKED_WITH_ROUND)
    planner.click("解锁这一趟")
    planner.page.locator("button:has-text('锁定这一趟')").first.wait_for()
    planner.click("完成，回到方案")
    planner.press("发布")
    planner.sees("已发布。")

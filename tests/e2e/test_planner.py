"""The planner's desk in a real browser: hours of carts, and days on which the world changes after publishing."""

from __future__ import annotations

from typing import Any

import pytest

from app.core.db import db
from app.dispatch.models import ModeHours
from tests.e2e.conftest import Site

pytestmark = pytest.mark.browser


def test_hours_of_carts_are_set_and_lifted_on_a_page(site: Site, person: Any) -> None:
    wuzi = person("supplies")
    wuzi.go("/teams")
    wuzi.click("各类车辆的时段")
    wuzi.page.select_option("select[name=mode]", "cart")
    wuzi.page.fill("input[name=closes]", "05:00")
    wuzi.click("保存")
    wuzi.sees("结束时间应晚于开始时间")
    assert wuzi.page.input_value("input[name=closes]") == "05:00"
    wuzi.page.fill("input[name=closes]", "22：00")
    wuzi.click("保存")
    wuzi.sees("6:00–22:00")
    with site.app.app_context():
        assert [(row.mode, row.closes_s) for row in db.session.query(ModeHours)] == [("cart", 79_200)]
        db.session.remove()
    wuzi.press("取消限制")
    wuzi.sees("已取消时段限制")
    with site.app.app_context():
        assert db.session.query(ModeHours).count() == 0
        db.session.remove()

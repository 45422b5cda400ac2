"""What was typed stays: over half an hour at a form, over a colleague's edit, over an upload that is too large."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from app.access import sessions
from app.core.db import db
from app.ordering.models import Cycle
from tests import messages
from tests.e2e.conftest import Person, Site
from tests.world import PASSWORD

NAME = "“阿婆”那批 & <加急>"


def name_in_database(site: Site) -> str:
    with site.app.app_context():
        return db.session.scalars(select(Cycle.name)).one()


def sign_in_again(page: Any, name: str) -> None:
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", PASSWORD)
    page.click("main button[type=submit]")


@pytest.mark.parametrize("has_script", [True, False])
def test_half_an_hour_over_a_form_loses_nothing(
    chromium: Any, site: Site, monkeypatch: pytest.MonkeyPatch, has_script: bool
) -> None:
    context = chromium.new_context(locale="zh-CN", java_script_enabled=has_script)
    page = context.new_page()
    form = f"{site.address}/cycles/{site.world.cycle.id}/edit"
    page.goto(f"{site.address}/sign-in")
    sign_in_again(page, "admin")
    page.goto(form)
    page.fill("input[name=name]", NAME)
    with monkeypatch.context() as late:
        late.setattr(sessions, "IDLE", timedelta(0))
        page.click("main form button[type=submit]")
        page.wait_for_selector("input[name=password]")
    assert messages.SIGNED_OUT_AFTER_HALF_AN_HOUR in page.inner_text("main")
    assert messages.FORM_IS_NOT_LOST in page.inner_text("main")
    sign_in_again(page, "admin")
    page.wait_for_selector("#kept")
    assert page.input_value("input[name=name]") == NAME
    assert name_in_database(site) == "第一批"
    if has_script:
        assert page.url == form
    page.click("main form button[type=submit]")
    page.wait_for_selector("text=已保存")
    assert name_in_database(site) == NAME
    context.close()


def test_a_colleagues_edit_in_between_is_shown_beside_what_was_typed(site: Site, person: Any) -> None:
    admin: Person = person("admin", width=360)
    admin.go(f"/cycles/{site.world.cycle.id}/edit")
    admin.page.fill("input[name=name]", NAME)
    with site.app.app_context():
        db.session.execute(update(Cycle).values(name="同事改的名", version=Cycle.version + 1))
        db.session.commit()
    admin.page.click("main form button[type=submit]")
    admin.sees("同事改的名")
    assert admin.page.input_value("input[name=name]") == NAME
    assert admin.page.evaluate("document.activeElement.id") == "kept"
    admin.page.click("main form button[type=submit]")
    admin.sees("已保存")
    assert name_in_database(site) == NAME


def test_an_upload_that_is_too_large_is_answered_with_a_page(site: Site, person: Any, tmp_path: Path) -> None:
    leader: Person = person("leader")
    large = tmp_path / "orders.csv"
    large.write_bytes(b"x" * 7_000_000)
    leader.go(f"/cycles/{site.world.cycle.id}/intake")
    leader.page.set_input_files("input[type=file]", str(large))
    leader.page.locator("form:has(input[type=file]) button[type=submit]").first.click()
    leader.sees("5 MB")


def test_signing_out_everywhere_ends_the_other_phone(site: Site, person: Any) -> None:
    desk, phone = person("leader"), person("leader", width=360)
    desk.go("/account")
    desk.click("我的设备")
    desk.sees(messages.THIS_DEVICE)
    desk.press("退出所有设备")
    desk.sees(messages.ALL_SIGN_INS_ENDED)
    phone.go("/account")
    phone.sees(messages.SIGN_IN_ENDED)

"""A form that does not get its turn to write is sent again by itself, and takes effect once."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from app.core.database.turns import writers
from app.core.db import db
from app.core.idempotency import Submission
from app.ordering.models import Cycle, CycleState, HouseholdOrder
from tests.e2e.conftest import Site
from tests.e2e.test_resident_phone import enter, stored, tap

pytestmark = pytest.mark.browser


def count_of(site: Site, model: type) -> int:
    with site.app.app_context():
        found = db.session.scalar(select(func.count()).select_from(model)) or 0
        db.session.remove()
    return found


def test_an_order_that_did_not_get_its_turn_is_placed_by_itself_and_once(
    site: Site, person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = person(width=360)
    enter(one, site)
    tap(one, "青菜", 2)
    one.page.click(".ld-bar button[value=review]")
    one.page.wait_for_selector("#place")
    keys = count_of(site, Submission)
    monkeypatch.setattr(writers, "most", 0)  # every place in the queue is taken
    one.page.click("button[value=place]")
    one.page.wait_for_selector("form[data-again] button >> visible=true")
    assert count_of(site, HouseholdOrder) == 0
    monkeypatch.setattr(writers, "most", None)
    one.page.wait_for_selector("form[data-again]", state="detached", timeout=15_000)
    one.page.wait_for_load_state()
    assert len(stored(site)) == 1
    assert (count_of(site, HouseholdOrder), count_of(site, Submission)) == (1, keys + 1)


def test_a_desk_form_that_did_not_get_its_turn_is_sent_again_by_itself(
    site: Site, person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = person("supplies")
    one.go(f"/cycles/{site.world.cycle.id}")
    one.page.check("input[name=is_early]")
    one.page.check("input[name=is_override]")
    monkeypatch.setattr(writers, "most", 0)
    one.click("截单")
    one.page.wait_for_selector("form[data-again] button >> visible=true")
    monkeypatch.setattr(writers, "most", None)
    one.page.wait_for_selector("form[data-again]", state="detached", timeout=15_000)
    one.page.wait_for_load_state()
    with site.app.app_context():
        assert db.session.get_one(Cycle, site.world.cycle.id).state != CycleState.OPEN
        db.session.remove()

"""One bag of a published round is held and one is packed again: in a real browser the rest goes, and paper says so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.core.db import db
from app.core.queue.worker import drain
from app.dispatch.models import DeliveryRound
from app.dispatch.planning import service
from app.ordering.models import Cycle
from app.picking.models import Bag
from app.printing.centre import service as printing
from app.printing.models import Document
from tests import messages, world
from tests.dispatch.test_rounds import planned
from tests.e2e.conftest import Site, served
from tests.e2e.field_day import pack_bags
from tests.printing.day import printed_text

pytestmark = pytest.mark.browser


@pytest.fixture
def site(app: Flask) -> Iterator[Site]:
    """The small world with a published round whose sheets are printed."""
    with app.app_context():
        here = world.build()
        pack_bags(here)
        supplies = here.actor("supplies")
        service.publish(supplies, planned(here).id)
        printing.request_printing(
            supplies, here.cycle.id, printing.PrintRequest(("route_sheet", "drop_off_sheet"), round_id=one_round())
        )
        drain()
        db.session.expunge_all()
        db.session.remove()
    with served(app, here) as running:
        yield running


def one_round() -> int:
    return db.session.scalars(select(DeliveryRound.id)).one()


def sheets(site: Site, kind: str) -> list[tuple[str, bool]]:
    """(text, whether it is superseded) of each version of a kind, oldest first."""
    with site.app.app_context():
        rows = list(db.session.scalars(select(Document).where(Document.kind == kind).order_by(Document.id)))
        found = [(printed_text(row), row.superseded_by_id is not None) for row in rows]
        db.session.remove()
    return found


def test_the_rest_is_loaded_and_the_sheet_that_is_printed_anew_names_the_bags_that_stay(
    site: Site, person: Any
) -> None:
    with site.app.app_context():
        held, packed_again, left, *_rest = db.session.scalars(select(Bag.code).order_by(Bag.building_id, Bag.id)).all()
        ids = dict(db.session.execute(select(Bag.code, Bag.id)).all())
        round_id, cycle_id = one_round(), db.session.scalars(select(Cycle.id)).one()
        db.session.remove()
    supplies = person("supplies")
    supplies.sees("第一批")
    supplies.go(f"/bags/{ids[held]}")
    supplies.press("暂存")
    supplies.sees("已暂存")
    supplies.go(f"/bags/{ids[packed_again]}")
    supplies.page.locator("summary:has-text('拆袋重装')").click()
    supplies.page.fill("input[name=reason]", "破了")
    supplies.page.locator("main form button:has-text('拆袋')").last.click()
    supplies.sees(messages.BAG_IS_OPENED)

    supplies.go(f"/rounds/{round_id}")
    supplies.sees("2 袋不随这一趟走")
    main = supplies.page.locator("main").inner_text()
    assert all(
        word in main for word in (held, messages.HELD_MANUALLY, packed_again, "已拆袋", messages.GOODS_BACK_IN_STOCK)
    )
    supplies.click("重印这一趟的单据")
    supplies.page.locator("text=新排").first.wait_for(timeout=60_000)
    (_old, was), (new, now) = sheets(site, "route_sheet")
    assert (was, now) == (True, False)
    assert all(word in new for word in (held, messages.HELD_MANUALLY, packed_again, "第1版作废"))
    assert held in "".join(text for text, is_old in sheets(site, "drop_off_sheet") if not is_old)

    supplies.go(f"/rounds/{round_id}")
    supplies.page.locator("summary:has-text('有袋装不上车')").click()
    supplies.page.locator(f"label:has-text('{left}') input").check()
    supplies.click("装车，勾选的留下")
    supplies.sees("已装车")
    supplies.sees("3 袋不随这一趟走")
    supplies.page.locator(f"tr:has-text('{left}') button:has-text('装上')").click()
    supplies.sees("已装上")
    supplies.sees("2 袋不随这一趟走")
    supplies.click("出发")
    supplies.sees("已出发")
    supplies.go(f"/cycles/{cycle_id}/dispatch")
    supplies.page.locator("main a:has-text('方案 #')").first.click()
    assert held in supplies.page.locator("main").inner_text()
    with site.app.app_context():
        assert sorted(db.session.scalars(select(Bag.state))) == ["held", "loaded", "loaded", "voided"]
        db.session.remove()

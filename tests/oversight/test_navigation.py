"""Before the first cycle: each account reaches every page that it may open, by links alone."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.access.guard import access_of
from app.access.models import Account, Role, RoleGrant
from app.access.permissions import GRANTED, Permission
from app.core.db import db
from app.handover.models import Dispute
from app.ordering.models import CycleState, OrderLine
from app.picking.models import Bag
from app.places.models import Subdistrict
from app.purchasing.models import PurchaseOrder
from app.tally.models import Tally
from tests.page_rules import page_rules
from tests.world import build, sign_in, sign_in_as

LINK = re.compile(r'<a [^>]*href="(/[^"#?]*)')
COUNT = re.compile(r'</span><span>(.*?)</span>\s*<span class="ld-navigation-count">(?:<span.*?</span>)?(\d*)</span>')
WAITING = {
    "点位汇总": "1",
    "采购": "2",
    "收货与库存": "3",
    "分配": "7",
    "拣货装袋": "8",
    "路线": "1",
    "发放与确认": "11",
    "异议": "1",
}
IN_ITS_CYCLE = {"/print/find"}  # a field on the page of sheets; there is no sheet without a cycle


def browser(app: Flask, role: Role | None) -> FlaskClient:
    office = Subdistrict(code="演示街道", name="演示街道")
    account = Account(username="somebody", password_hash="x", display_name="值班")
    db.session.add_all([office, account])
    db.session.flush()
    if role is not None:
        db.session.add(RoleGrant(account_id=account.id, role=role, subdistrict_id=office.id))
    db.session.commit()
    return sign_in_as(app, account)


def may_open(app: Flask, role: Role | None) -> set[str]:
    """The addresses without an argument that the role may open."""
    held = GRANTED[role] if role else frozenset({Permission.SELF})
    rules = [rule for rule in page_rules(app) if "GET" in (rule.methods or ()) and not rule.arguments]
    return {rule.rule for rule in rules if access_of(app, rule.endpoint) in held} - IN_ITS_CYCLE


@pytest.mark.parametrize("role", [*Role, None])
def test_every_page_of_an_account_is_reached_by_links_without_a_cycle(app: Flask, role: Role | None) -> None:
    client, wanted, seen = browser(app, role), may_open(app, role), set[str]()
    waiting = [client.get("/").headers["Location"]]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        answer = client.get(path)
        assert answer.status_code == 200, path
        if answer.mimetype != "text/html":
            continue  # a file that a page links to
        text = unescape(answer.get_data(as_text=True))
        assert 'action="/sign-out"' in text, path
        waiting += [found for found in LINK.findall(text) if found in wanted]
    assert sorted(wanted - seen) == []


def test_the_frame_counts_what_waits_in_each_stage_in_one_statement(app: Flask, count_queries: Any) -> None:
    here = build()
    first, second = (here.order(here.households[n], {0: units}) for n, units in ((0, 9), (6, 17)))
    here.lock()
    here.cycle.state = CycleState.RUNNING
    for order, moved, qty in ((first, "qty_allocated", 8), (second, "qty_dropped_off", 11)):
        line = db.session.scalars(select(OrderLine).where(OrderLine.order_id == order.id)).one()
        line.qty_open -= qty
        setattr(line, moved, qty)
    lines = db.session.scalars(select(OrderLine).order_by(OrderLine.id)).all()
    bag = Bag(
        cycle_id=here.cycle.id,
        order_id=first.id,
        building_id=first.building_id,
        seq=1,
        code="A-1",
        weight_g=1,
        volume_ml=1,
    )
    db.session.add_all([bag, Tally(cycle_id=here.cycle.id, service_point_id=here.points[0].id)])
    db.session.flush()
    db.session.add(Dispute(order_line_id=lines[0].id, bag_id=bag.id, qty=1, kind="damaged"))
    for seq, state in enumerate(("draft", "approved", "sent", "sent", "sent", "closed")):
        order = PurchaseOrder(number=f"CG-{seq}", cycle_id=here.cycle.id, supplier_id=here.supplier.id, seq=seq)
        order.created_by_id, order.state = here.accounts["supplies"].id, state
        db.session.add(order)
    db.session.commit()
    client = sign_in(app, here, "supplies")
    with count_queries() as statements:
        page = client.get(f"/cycles/{here.cycle.id}").get_data(as_text=True)
    assert {label: n for label, n in COUNT.findall(page.split("</ol>")[0]) if n} == WAITING
    assert sum("FROM tally" in one and "FROM dispute" in one for one in statements) == 1

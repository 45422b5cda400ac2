"""Deliveries of an order in parts, too much, too little, spoilt; goods that nobody ordered."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.core import clock
from app.core.db import db
from app.core.errors import Conflict, Invalid, NotFound, StaleEdit
from app.places.models import Subdistrict
from app.purchasing import service as purchasing
from app.purchasing.models import Demand, PurchaseOrder, PurchaseOrderLine
from app.purchasing.schemas import Close, Seen
from app.stock import queries, service
from app.stock.models import GoodsReceipt, Lot, StockMove
from app.stock.schemas import Arrived, Delivery, Goods, TakeIn, Unordered
from tests import world
from tests.purchasing.signed import assert_equations, count, sign_all
from tests.world import World


def fresh(order_id: int) -> PurchaseOrder:
    """The order as the database has it now."""
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(PurchaseOrder, order_id)


def sent(here: World) -> PurchaseOrder:
    """A sent order over 10 green vegetables, 5 potatoes and 5 boxes of milk."""
    here.order(here.households[0], {0: 4, 1: 5})
    here.order(here.households[7], {0: 3, 3: 1})
    here.lock()
    sign_all(here)
    purchasing.compute_demand(here.actor("supplies"), here.cycle.id)
    made = purchasing.propose(here.actor("supplies"), here.cycle.id)
    order_id = made.order_ids[0]
    for actor, step in (("supplies2", purchasing.approve), ("supplies", purchasing.send)):
        step(here.actor(actor), here.cycle.id, order_id, Seen(fresh(order_id).version))
    return fresh(order_id)


@pytest.fixture
def here(app: Flask) -> World:
    return world.build()


@pytest.fixture
def order(here: World) -> PurchaseOrder:
    return sent(here)


def lines(order: PurchaseOrder) -> list[PurchaseOrderLine]:
    return sorted(fresh(order.id).lines, key=lambda line: line.item_id)


def test_the_pages_open(app: Flask, here: World, order: PurchaseOrder) -> None:
    client = world.sign_in(app, here, "supplies")
    base = f"/cycles/{here.cycle.id}/stock"
    for page in ("", f"/orders/{order.id}", "/take-in", "/lots", "/write-offs", "/count"):
        assert client.get(base + page).status_code == 200, page
    service.receive(here.actor("supplies"), order.id, Delivery([Arrived(lines(order)[0].id, 8, 2)]))
    lot = db.session.scalars(select(Lot)).one()
    for page in ("", f"/orders/{order.id}", "/lots", f"/lots/{lot.id}", "/count"):
        assert client.get(base + page).status_code == 200, page

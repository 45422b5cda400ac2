"""From signed tallies to approved orders: what is needed, what is bought, by whom."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app.catalog.models import Supplier, SupplierItem
from app.core.db import db
from app.core.errors import Conflict, Invalid, NotFound, StaleEdit
from app.places.models import Subdistrict
from app.purchasing import service
from app.purchasing.models import Demand, PurchaseOrder, PurchaseOrderLine
from app.purchasing.schemas import Close, EditLines, LinePacks, Seen, Waive
from tests import world
from tests.purchasing.signed import assert_equations, sign_all
from tests.world import World


@pytest.fixture
def signed(app: Flask) -> World:
    """Green vegetables 7, potatoes 5, eggs 1 on signed tallies; packs of five."""
    here = world.build()
    here.order(here.households[0], {0: 4, 1: 5})
    here.order(here.households[7], {0: 3, 2: 1})
    here.lock()
    sign_all(here)
    return here


def demand(item_id: int) -> tuple[int, int, int, int, int, bool]:
    row = db.session.scalar(select(Demand).where(Demand.item_id == item_id).execution_options(populate_existing=True))
    assert row is not None
    return (
        row.qty_demanded,
        row.qty_from_stock,
        row.qty_purchased,
        row.qty_waived,
        row.qty_surplus,
        row.is_covered,
    )


def buy(here: World) -> PurchaseOrder:
    """Demand computed and one draft proposed by the first member of the supplies team."""
    service.compute_demand(here.actor("supplies"), here.cycle.id)
    made = service.propose(here.actor("supplies"), here.cycle.id)
    return db.session.get_one(PurchaseOrder, made.order_ids[0])


def test_whole_packs_cover_what_the_points_signed_and_the_rest_is_surplus(signed: World) -> None:
    order = buy(signed)
    assert [(line.packs, line.qty_demanded) for line in order.lines] == [(2, 7), (1, 5), (1, 1)]
    assert demand(signed.items[0].id) == (7, 0, 10, 0, 3, True)
    assert order.number.startswith(f"CG-{signed.cycle.id}-001-")
    assert_equations()


def test_the_pages_open(app: Flask, signed: World) -> None:
    client = world.sign_in(app, signed, "supplies")
    page = f"/cycles/{signed.cycle.id}/purchasing"
    assert "还没有计算需求" in client.get(page).get_data(as_text=True)
    order = buy(signed)
    assert "青菜" in client.get(page).get_data(as_text=True)
    shown = client.get(f"{page}/{order.id}")
    assert shown.status_code == 200
    assert client.get(f"{page}/items/{signed.items[0].id}/waive").status_code == 200

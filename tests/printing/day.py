"""A day in the database, ready to be printed: orders, bags, a published plan, a purchase order."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app.core import clock
from app.core.db import db
from app.core.jobs import Job
from app.core.queue import worker
from app.dispatch.models import DeliveryPlan, DeliveryRound, DeliveryStop, PlanBag, Shift
from app.picking import service as picking
from app.picking.models import Bag
from app.places.models import HouseholdContact
from app.printing import files
from app.printing.centre import service
from app.printing.centre.service import PrintRequest
from app.printing.kinds import listed
from app.printing.models import Document
from app.printing.renderer.engine import PageSpan
from app.purchasing.models import PurchaseOrder, PurchaseOrderLine
from tests import world
from tests.allocation.test_runs import receive
from tests.allocation.test_runs import run as allocate
from tests.printing.conftest import text_of
from tests.world import World

EVERY_KIND = tuple(kind.key for kind in listed())
NAME = "龘某某"


@pytest.fixture
def day(app: Flask) -> World:
    """Four households packed into bags, one of them short, a published plan, an order at a supplier."""
    here = world.build()
    for household in here.households[:8]:
        here.order(household, {0: 3, 1: 1, 3: 1})
    here.lock()
    here.cycle.state = "running"
    contact = HouseholdContact(household_id=here.households[0].id, name=NAME, phone="199 0000 0001")
    contact.purge_on = clock.today()
    db.session.add(contact)
    db.session.commit()
    receive(here, 0, 20)
    receive(here, 1, 8)
    receive(here, 3, 8)
    allocate(here)
    picking.pack(here.actor("supplies"), here.cycle.id)
    publish(here)
    buy(here)
    return here


def publish(here: World) -> None:
    plan = DeliveryPlan(
        cycle_id=here.cycle.id, wave=1, input_sha256="x", seed=1, solver="hand", cost=0, state="published"
    )
    db.session.add(plan)
    db.session.flush()
    start = clock.local_instant(here.cycle.deliver_on, 9)
    shift = db.session.scalars(select(Shift)).first()
    assert shift is not None
    bags = db.session.scalars(select(Bag).order_by(Bag.id)).all()
    trip = DeliveryRound(
        plan_id=plan.id, seq=1, shift_id=shift.id, departs_at=start, returns_at=start + timedelta(hours=1)
    )
    db.session.add(trip)
    db.session.flush()
    for seq, building in enumerate(dict.fromkeys(bag.building_id for bag in bags), start=1):
        stop = DeliveryStop(
            plan_id=plan.id, round_id=trip.id, seq=seq, building_id=building, arrive_at=start, service_s=60
        )
        db.session.add(stop)
        db.session.flush()
        own = [bag.id for bag in bags if bag.building_id == building]
        db.session.add_all(PlanBag(plan_id=plan.id, bag_id=bag, cycle_id=here.cycle.id, stop_id=stop.id) for bag in own)
    db.session.commit()


def buy(here: World) -> None:
    order = PurchaseOrder(
        number="CG-1",
        cycle_id=here.cycle.id,
        supplier_id=here.supplier.id,
        seq=1,
        state="sent",
        created_by_id=here.accounts["supplies"].id,
        approved_by_id=here.accounts["supplies2"].id,
    )
    db.session.add(order)
    db.session.flush()
    for item, packs in ((0, 5), (1, 2)):
        line = PurchaseOrderLine(purchase_order_id=order.id, item_id=here.items[item].id, packs=packs, pack_size=5)
        line.price_fen, line.qty_demanded, line.qty_awaited = 1400, packs * 5 - 1, packs * 5
        db.session.add(line)
    db.session.commit()


def ask(here: World, *kinds: str, name: str = "supplies", point: int | None = None) -> Job:
    job = service.request_printing(here.actor(name), here.cycle.id, PrintRequest(kinds or EVERY_KIND, 1, point))
    worker.drain()
    db.session.expire_all()
    return db.session.get_one(Job, job.id)


def documents(kind: str | None = None) -> list[Document]:
    wanted = select(Document).order_by(Document.id)
    return list(db.session.scalars(wanted if kind is None else wanted.where(Document.kind == kind)))


def printed_text(document: Document) -> str:
    return text_of(Path(str(files.opened(document.sha256))), PageSpan(document.first_page, document.pages))

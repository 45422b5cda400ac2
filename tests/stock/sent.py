"""A sent purchase order to receive."""

from __future__ import annotations

from app.core.db import db
from app.purchasing import service as purchasing
from app.purchasing.models import PurchaseOrder, PurchaseOrderLine
from app.purchasing.schemas import SeenOrder
from tests.purchasing.signed import sign_all
from tests.world import World


def fresh(order_id: int) -> PurchaseOrder:
    """The order as the database has it now."""
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(PurchaseOrder, order_id)


def lines(order_id: int) -> list[PurchaseOrderLine]:
    """Its lines in order of item: green vegetables, potatoes, milk."""
    return sorted(fresh(order_id).lines, key=lambda line: line.item_id)


def send_order(here: World) -> PurchaseOrder:
    """A sent order over 10 green vegetables, 5 potatoes and 5 boxes of milk, of which 7, 5 and 1 are needed."""
    here.order(here.households[0], {0: 4, 1: 5})
    here.order(here.households[7], {0: 3, 3: 1})
    here.lock()
    sign_all(here)
    purchasing.compute_demand(here.actor("supplies"), here.cycle.id)
    order_id = purchasing.propose(here.actor("supplies"), here.cycle.id).order_ids[0]
    for actor, step in (("supplies2", purchasing.approve), ("supplies", purchasing.send)):
        step(here.actor(actor), here.cycle.id, order_id, SeenOrder(fresh(order_id).version))
    return fresh(order_id)

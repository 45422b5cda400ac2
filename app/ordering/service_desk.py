"""Commands of the telephone desk: take an order, take the last one back."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, update

from app.access.permissions import Permission, Staff
from app.core import clock
from app.core.db import command, db
from app.core.errors import Conflict, NotFound
from app.core.events import record
from app.core.states import advance
from app.ordering.models import HouseholdOrder, OrderState, OtherDoor, Source
from app.ordering.models_desk import DeskEntry
from app.ordering.orders import IfExists, Pick, PlaceOrder, clear, cycle_taking_orders, household_place, order_of, put


@command
def take(by: Staff, wanted: PlaceOrder) -> DeskEntry:
    """Place an order on behalf, and keep what stood before.

    Requires, ensures and raises what `orders.put` does; besides, the entry can be undone while the order is unchanged.
    """
    before = order_of(wanted.cycle_id, wanted.household_id)
    stood = before is not None and before.state == OrderState.PLACED
    goods = [[c.offer_id, c.qty, c.is_substitutable] for c in before.choices] if before is not None and stood else None
    source = str(before.source) if before is not None and stood else None
    words = (before.door_note, before.remark) if before is not None and stood else ("", "")
    order = put(by, wanted)
    db.session.flush()
    _forget_words(order.id)  # an earlier entry for this order can no longer be undone
    entry = DeskEntry(
        account_id=by.id,
        cycle_id=wanted.cycle_id,
        order_id=order.id,
        before=goods,
        source_before=source,
        door_note_before=words[0],
        remark_before=words[1],
        version_after=order.version,
    )
    db.session.add(entry)
    db.session.flush()
    return entry


@command
def undo(by: Staff, entry_id: int) -> DeskEntry:
    """Take back an order that this account took: what stood before stands again.

    Requires: the account's own entry, not undone; nobody changed the order since; the cycle takes orders.
    Ensures: an order that was new is withdrawn; one that was changed has its former goods, door note and remark as a
    new revision.
    Raises: NotFound, Conflict.
    """
    entry = db.session.get(DeskEntry, entry_id, populate_existing=True)
    if entry is None or entry.account_id != by.id:
        raise NotFound
    order = db.session.get_one(HouseholdOrder, entry.order_id, populate_existing=True)
    if order.household_id is None:
        raise NotFound
    household_place(by, order.household_id, Permission.ORDER_PROXY)
    cycle_taking_orders(order.cycle_id, order.service_point_id)
    if entry.undone_at is not None or order.version != entry.version_after:
        raise Conflict(_l("这张订单后来又改过，不能撤销。请打开订单修改。"))
    entry.undone_at = clock.now()
    if entry.before is None:
        advance(order, OrderState.WITHDRAWN)
        clear(order)
        order.revision += 1
        order.total_fen = 0
        order.door_note = order.remark = order.other_need = ""
        db.session.execute(delete(OtherDoor).where(OtherDoor.order_id == order.id))
        record(by, "withdraw", order, cycle_id=order.cycle_id, revision=order.revision, undone=entry.id)
    else:
        put(by, _former(entry, order, order.household_id))
    _forget_words(order.id)
    return entry


def _forget_words(order_id: int) -> None:
    words = {"door_note_before": "", "remark_before": ""}
    db.session.execute(update(DeskEntry).where(DeskEntry.order_id == order_id).values(words))


def _former(entry: DeskEntry, order: HouseholdOrder, household_id: int) -> PlaceOrder:
    source = Source(entry.source_before or Source.TELEPHONE)
    return PlaceOrder(
        order.cycle_id,
        household_id,
        tuple(Pick(offer_id, qty, bool(may)) for offer_id, qty, may in entry.before),
        source=source,
        if_exists=IfExists.REPLACE,
        accepts_soft_limits=True,
        door_note=entry.door_note_before,
        remark=entry.remark_before,
        other_need=order.other_need,
    )

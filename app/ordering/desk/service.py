"""Commands of the telephone desk: take an order, take the last one back."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, update

from app.access.permissions import Permission, Staff
from app.core import clock
from app.core.db import command, db
from app.core.errors import Conflict, NotFound, StaleEdit
from app.core.events import record
from app.core.states import advance
from app.ordering.desk.models import DeskEntry
from app.ordering.keys import Keys, give_back, keys_of
from app.ordering.models import HouseholdOrder, OrderState, OtherDoor, Source
from app.ordering.orders import (
    IfExists,
    OfferPick,
    PlaceOrder,
    clear_order,
    cycle_taking_orders,
    household_place,
    order_of,
    save_order,
)

# What of an order as it was is kept for the undo, and no longer.
NOTHING_BEFORE = {
    "door_note_before": "",
    "remark_before": "",
    "hand_before": "",
    "code_before": "",
    "door_before_id": None,
}


@command(of=lambda _by, wanted: ("cycle", wanted.cycle_id))
def take_order(by: Staff, wanted: PlaceOrder) -> DeskEntry:
    """Place an order on behalf, and keep what stood before.

    Requires, ensures and raises what `orders.save_order` does; the entry can be undone while the order is unchanged.
    """
    before = order_of(wanted.cycle_id, wanted.household_id, is_locked=True)
    entry = DeskEntry(account_id=by.id, cycle_id=wanted.cycle_id)
    if before is not None and before.state == OrderState.PLACED:
        _keep(entry, before)
    order = save_order(by, wanted)
    if before is None and order.revision > 1:  # somebody placed it in between, and what they wanted is not written down
        raise StaleEdit
    db.session.flush()
    _forget_words(order.id)  # an earlier entry for this order can no longer be undone
    entry.order_id, entry.version_after = order.id, order.version
    db.session.add(entry)
    db.session.flush()
    return entry


def _keep(entry: DeskEntry, before: HouseholdOrder) -> None:
    entry.before = [[c.offer_id, c.qty, c.is_substitutable] for c in before.choices]
    entry.source_before, entry.remark_before = str(before.source), before.remark
    entry.door_note_before = "" if before.is_usual_note else before.door_note  # the door's own comes back by itself
    keys = keys_of(before)
    entry.hand_before, entry.code_before, entry.door_before_id = keys.hand, keys.code, keys.door_id
    entry.created_at = keys.at or clock.now()


@command
def undo_entry(by: Staff, entry_id: int) -> DeskEntry:
    """Take back an order that this account took: what stood before stands again.

    Requires: the account's own entry, not undone; nobody changed the order since; the cycle takes orders.
    Ensures: an order that was new is withdrawn; one that was changed has its former goods, door note and remark as a
    new revision, and belongs again to whom it belonged, with the code that was written down and the door it went to,
    unless those have moved out since.
    Raises: NotFound, Conflict.
    """
    entry = db.session.get(DeskEntry, entry_id, populate_existing=True)
    if entry is None or entry.account_id != by.id:
        raise NotFound
    order = db.session.get_one(HouseholdOrder, entry.order_id, populate_existing=True, with_for_update=True)
    if order.household_id is None:
        raise NotFound
    household_place(by, order.household_id, Permission.ORDER_PROXY)
    cycle_taking_orders(order.cycle_id, order.service_point_id)
    if entry.undone_at is not None or order.version != entry.version_after:
        raise Conflict(_l("这张订单后来又改过，不能撤销。请打开订单修改。"))
    entry.undone_at = clock.now()
    if entry.before is None:
        advance(order, OrderState.WITHDRAWN)
        clear_order(order)
        order.revision += 1
        order.total_fen = 0
        order.door_note = order.remark = order.other_need = ""
        db.session.execute(delete(OtherDoor).where(OtherDoor.order_id == order.id))
        record(by, "withdraw", order, cycle_id=order.cycle_id, revision=order.revision, undone=entry.id)
    else:
        save_order(by, _former(entry, order, order.household_id))
        if entry.code_before:
            give_back(order, Keys(entry.hand_before, entry.code_before, entry.door_before_id, entry.created_at))
    _forget_words(order.id)
    return entry


def _forget_words(order_id: int) -> None:
    db.session.execute(update(DeskEntry).where(DeskEntry.order_id == order_id).values(NOTHING_BEFORE))


def _former(entry: DeskEntry, order: HouseholdOrder, household_id: int) -> PlaceOrder:
    source = Source(entry.source_before or Source.TELEPHONE)
    return PlaceOrder(
        order.cycle_id,
        household_id,
        tuple(OfferPick(offer_id, qty, bool(may)) for offer_id, qty, may in entry.before),
        source=source,
        if_exists=IfExists.REPLACE,
        accepts_soft_limits=True,
        door_note=entry.door_note_before,
        remark=entry.remark_before,
        other_need=order.other_need,
    )

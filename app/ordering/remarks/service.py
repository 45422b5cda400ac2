"""Deal with what a household wrote beside its goods: what goes on paper, and that somebody has seen to the rest."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.access.permissions import Permission, Staff
from app.core import clock
from app.core.db import command, db
from app.core.errors import Conflict, Invalid
from app.core.events import record
from app.core.text.free_text import ClauseKind, clauses
from app.ordering.models import CYCLES_UNDER_WAY, ORDERS_KEPT, Cycle, HouseholdOrder, OtherDoor
from app.ordering.remarks.models import SettledWords
from app.ordering.remarks.queries import possible_doors, words_of
from app.ordering.remarks.schemas import SettleWords
from app.ordering.service import own_order

NOT_ON_PAPER = (ClauseKind.HEALTH, ClauseKind.CONTACT)


@command
def settle(by: Staff, order_id: int, wanted: SettleWords) -> HouseholdOrder:
    """Keep that the words of an order are dealt with, and what its sheets say.

    Requires: CARE over the building; the cycle is under way; the words are those that were seen. A leader may send the
    bags to another door within her care, before any is packed; health and telephone numbers are never put on paper.
    Raises: NotFound, Invalid, Conflict.
    """
    order = _order(by, order_id)
    if words_of(order).sha256 != wanted.seen:
        raise Conflict(_l("住户刚改过留言，请看过新的再处理。"))
    if any(clause.kind in NOT_ON_PAPER for clause in clauses(wanted.paper)):
        raise Invalid({"paper": [_("身体情况和电话号码不能印在单子上，请改写。")]})
    _send_to(by, order, wanted.door)
    held = db.session.get(SettledWords, order.id) or SettledWords(order_id=order.id)
    held.words_sha256, held.settled_by_id, held.settled_at = wanted.seen, by.id, clock.now()
    db.session.add(held)
    order.door_note = wanted.paper
    record(by, "settle_words", order, cycle_id=order.cycle_id)
    return order


def _send_to(by: Staff, order: HouseholdOrder, typed: str) -> None:
    door_id = _one_door(by, order, typed) if typed.strip() else None
    door_id = None if door_id == order.household_id else door_id
    before = db.session.get(OtherDoor, order.id)
    if door_id == (before.household_id if before else None):
        return
    if any(line.qty_packed for line in order.lines):
        said = _("这一户的商品已经装袋，袋子仍送原来的门。要改送，请物资组先拆袋（装袋页），改好后再装。")
        raise Invalid({"door": [said]})
    if door_id is None:
        db.session.delete(before)
    else:
        db.session.merge(OtherDoor(order_id=order.id, household_id=door_id))
    record(by, "send_to_other_door" if door_id else "send_to_own_door", order, cycle_id=order.cycle_id)


def _one_door(by: Staff, order: HouseholdOrder, typed: str) -> int:
    found = possible_doors(by, order, typed)
    if len(found) == 1:
        return found[0].household_id
    if found:
        several = "、".join(one.address for one in found[:4])
        raise Invalid({"door": [_("有几个门都可能是：%(doors)s。请写完整。", doors=several)]})
    raise Invalid({"door": [_("在您负责的楼里没有找到“%(typed)s”。可以写 12-302 或小区名加楼号、房号。", typed=typed)]})


@command
def reopen(by: Staff, order_id: int) -> HouseholdOrder:
    """The words wait again. Raises: NotFound, Conflict."""
    order = _order(by, order_id)
    held = db.session.get(SettledWords, order.id)
    if held is not None:
        db.session.delete(held)
        record(by, "reopen_words", order, cycle_id=order.cycle_id)
    return order


def is_over(order: HouseholdOrder) -> bool:
    """Whether nothing can be done any more about what stands beside an order."""
    cycle = db.session.get_one(Cycle, order.cycle_id)
    return order.state not in ORDERS_KEPT or cycle.state not in CYCLES_UNDER_WAY


def _order(by: Staff, order_id: int) -> HouseholdOrder:
    order = own_order(by, order_id, Permission.CARE)
    if is_over(order):
        raise Conflict(_l("这张订单已经结束，留言不能再处理。"))
    return order

"""Commands on one household's order: place, withdraw, void.

Many orders of a subdistrict are written at once: these commands share its turn. Whatever they look at before they write
is held by one of these, whoever else writes at that moment:

    what is looked at                              held by
    one order per household and cycle              unique key (cycle_id, household_id); the loser starts again
    the order as it stands: state, goods, limits   row lock on the order (`order_of(is_locked=True)`, `own_order`)
    with what it holds already, whose it is        before it is read; several in the order of their homes
    the version that somebody saw                  the same lock, and `WHERE version = …` of every UPDATE of an order
    an order's code                                unique key; the loser starts again with another
    a form sent twice                              primary key of `submission`; the loser starts again and is answered
    until when a phone is remembered               conditional UPDATE (`sessions.extend_token`)
    one standing order that has not ended          unique key of the household's live one
    one booking of a standing order in a cycle     primary key (standing_order_id, cycle_id)
    the cycle takes orders, its offers and points, those who change them take the subdistrict's turn alone: open, edit,
    where a building or household belongs          cut-off, cancel, move, merge; offers change in a draft only
"""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _
from sqlalchemy import delete, select

from app.access.permissions import Permission, Resident, Staff
from app.core.database.turns import TurnKind
from app.core.db import check_version, command, db
from app.core.errors import Conflict, NotFound
from app.core.events import Actor, record
from app.core.lookup import row_or_not_found
from app.core.states import advance
from app.ordering import stages
from app.ordering.models import HouseholdOrder, OrderLine, OrderState, OtherDoor, Stage
from app.ordering.orders import PlaceOrder, clear_order, cycle_taking_orders, is_own, save_order, take_over
from app.places.scope import require_building


@command(turn=TurnKind.SHARED, of=lambda _by, wanted: ("cycle", wanted.cycle_id))
def place(by: Actor, wanted: PlaceOrder) -> HouseholdOrder:
    """Place, replace or add to the order of one household; see `orders.save_order` for what holds before and after."""
    return save_order(by, wanted)


@command(turn=TurnKind.SHARED, of=lambda _by, wanted: ("cycle", wanted[0].cycle_id if wanted else None))
def place_many(by: Actor, wanted: Sequence[PlaceOrder]) -> list[HouseholdOrder]:
    """Place several orders together: all or none. Raises as `orders.save_order` for the first that cannot be."""
    in_turn = sorted(range(len(wanted)), key=lambda number: (wanted[number].household_id, number))
    saved = {number: save_order(by, wanted[number]) for number in in_turn}
    return [saved[number] for number in range(len(wanted))]


@command(turn=TurnKind.SHARED)
def withdraw(by: Actor, order_id: int, seen_version: int | None = None) -> HouseholdOrder:
    """Take an order back before the cut-off.

    Requires: the order stands and its cycle takes orders now. Ensures: the order has no lines; its code stays good for
    placing anew; the event log keeps what was in it. Raises: NotFound, Conflict.
    """
    order = own_order(by, order_id, Permission.ORDER_PROXY)
    cycle_taking_orders(order.cycle_id, order.service_point_id)
    if seen_version is not None:
        check_version(order, seen_version)
    advance(order, OrderState.WITHDRAWN)
    clear_order(order)
    take_over(by, order)
    order.revision += 1
    order.total_fen = 0
    order.door_note = order.remark = order.other_need = ""
    db.session.execute(delete(OtherDoor).where(OtherDoor.order_id == order.id))
    record(by, "withdraw", order, cycle_id=order.cycle_id, revision=order.revision)
    return order


@command
def void(by: Staff, order_id: int, reason: str) -> HouseholdOrder:
    """Void a locked order: its units are cancelled; what is allocated or packed must be put back first.

    Requires: ORDER_VOID over the building; another account than the one that placed it; every unit is open or at its
    end. Ensures: open units are cancelled. Raises: NotFound, Conflict.
    """
    order = own_order(by, order_id, Permission.ORDER_VOID)
    lines = list(db.session.scalars(select(OrderLine).where(OrderLine.order_id == order.id)))
    why = cannot_void(by, order, lines)
    if why:
        raise Conflict(why)
    advance(order, OrderState.VOIDED)
    stages.move({line.id: line.qty_open for line in lines}, Stage.OPEN, Stage.CANCELLED, stages.Cause("void", order.id))
    record(by, "void", order, cycle_id=order.cycle_id, reason_length=len(reason), units=sum(x.qty_open for x in lines))
    return order


def cannot_void(by: Staff, order: HouseholdOrder, lines: Sequence[OrderLine]) -> str:
    """Why this account cannot void a locked order now, and what to do instead; "" where it can."""
    if (order.placed_by_kind, order.placed_by_id) == (by.kind, by.id):
        return str(_("自己代下的订单要由另一位管理员作废。"))
    if any(line.qty_packed or line.qty_dropped_off or line.qty_disputed for line in lines):
        return str(_("这张订单的商品已经装袋或送出，不能作废。请先拆袋，或等送达后按异议处理。"))
    if any(line.qty_allocated for line in lines):
        return str(_("这张订单的商品已经分配，不能作废。请先在分配页放回库存。"))
    return ""


def own_order(by: Actor, order_id: int, permission: Permission) -> HouseholdOrder:
    """Inside a command: an order that `by` may act on, locked: one of its household that it may know of, or one in
    scope. Raises NotFound."""
    order = row_or_not_found(HouseholdOrder, order_id, populate_existing=True, with_for_update=True)
    if isinstance(by, Staff):
        require_building(by, permission, order.building_id)
    elif isinstance(by, Resident) and (by.household_id != order.household_id or not is_own(by, order)):
        raise NotFound
    return order

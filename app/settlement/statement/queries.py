"""One household's statement: lines, amounts, and who marked which money when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import aliased

from app.access.models import Account as StaffAccount
from app.catalog.models import Item
from app.core.db import db
from app.ordering.models import HouseholdOrder, OrderLine
from app.places.labels import household_label
from app.places.models import Household, Stairwell
from app.settlement.models import Payment, PaymentKind, Statement
from app.settlement.pricing import line_amounts
from app.settlement.rules import HouseholdAccount, SettlementLine, household_account


@dataclass(frozen=True)
class StatementLineRow:
    """One line of a statement. `instead_of`: the item that it stands in for, empty if ordered."""

    item: str
    spec: str
    sale_unit: str
    line: SettlementLine
    instead_of: str = ""


@dataclass(frozen=True)
class MarkRow:
    """One payment mark. `is_undone`: another row takes it back."""

    id: int
    kind: PaymentKind
    amount_fen: int
    at: datetime
    by: str
    is_undone: bool

    @property
    def can_undo(self) -> bool:
        return self.kind != PaymentKind.CORRECTION and not self.is_undone


@dataclass(frozen=True)
class StatementPage:
    """The statement of an order as it stands; frozen in `statement` when the order is settled."""

    lines: list[StatementLineRow]
    marks: list[MarkRow]
    account: HouseholdAccount
    statement: Statement | None

    @property
    def units_pending(self) -> int:
        """Units that have not reached their end."""
        return sum(row.line.qty_pending for row in self.lines)


def settlement_lines(lines: Iterable[OrderLine], amounts: dict[int, int]) -> list[SettlementLine]:
    """Order lines as the rules see them."""
    return [
        SettlementLine(
            line.id,
            amounts[line.id],
            line.qty_ordered,
            line.qty_accepted,
            line.qty_short,
            line.qty_cancelled,
            line.qty_refunded,
        )
        for line in lines
    ]


def statement_page(order: HouseholdOrder) -> StatementPage:
    """The statement of one order, straight from its choices. Nine statements."""
    amounts = line_amounts(order.cycle_id, [order.id])
    short, replaced = aliased(OrderLine), aliased(Item)
    found = db.session.execute(
        select(OrderLine, Item.name, Item.spec, Item.sale_unit, replaced.name)
        .join(Item, Item.id == OrderLine.item_id)
        .outerjoin(short, short.id == OrderLine.substitute_for_id)
        .outerjoin(replaced, replaced.id == short.item_id)
        .where(OrderLine.order_id == order.id)
        .order_by(OrderLine.substitute_for_id.is_not(None), Item.sku, OrderLine.id)
    ).all()
    lines = [
        StatementLineRow(name, spec, unit, settlement_lines([line], amounts)[0], instead_of or "")
        for line, name, spec, unit, instead_of in found
    ]
    marks = marks_of(order.id)
    return StatementPage(
        lines=lines,
        marks=marks,
        account=household_account((row.line for row in lines), (mark.amount_fen for mark in marks)),
        statement=db.session.scalar(select(Statement).where(Statement.household_order_id == order.id)),
    )


def marks_of(order_id: int) -> list[MarkRow]:
    """The payment marks of an order, oldest first."""
    found = db.session.execute(
        select(Payment, StaffAccount.display_name)
        .join(StaffAccount, StaffAccount.id == Payment.marked_by_id)
        .where(Payment.household_order_id == order_id)
        .order_by(Payment.id)
    ).all()
    undone = {payment.cause for payment, _by in found}
    return [
        MarkRow(
            payment.id,
            PaymentKind(payment.kind),
            payment.amount_fen,
            payment.created_at,
            by,
            undo_cause(payment.id) in undone,
        )
        for payment, by in found
    ]


def undo_cause(payment_id: int) -> str:
    """The cause of the one row that may take a mark back."""
    return f"undo-{payment_id}"


def door_of(order: HouseholdOrder) -> str:
    """The door of an order inside its building; its code where the household has been purged."""
    found = db.session.execute(
        select(Stairwell.label, Household.room_no)
        .join(Stairwell, Stairwell.id == Household.stairwell_id)
        .where(Household.id == order.household_id)
    ).one_or_none()
    return household_label("", found[0], found[1]) if found else order.code

"""What the page of one purchase order shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from app.access.models import Account
from app.catalog.models import SupplierItem
from app.core.db import db
from app.core.errors import NotFound
from app.core.sentences import N_, Sentence, sentence
from app.core.units import yuan
from app.ordering.models import Offer
from app.purchasing.models import PurchaseOrder, PurchaseOrderLine, PurchaseState
from app.purchasing.rules import is_sold_below_cost, price_change


@dataclass(frozen=True)
class OrderLineRow:
    """One item on a purchase order. `warnings`: sentences about its price."""

    id: int
    item: str
    spec: str
    unit: str
    packs: int
    pack_size: int
    units: int
    demanded: int
    surplus: int
    price_fen: int
    amount_fen: int
    awaited: int
    received: int
    undelivered: int
    is_manual: bool
    warnings: tuple[Sentence, ...]


@dataclass(frozen=True)
class PurchaseOrderPage:
    """A purchase order with everything that its readers decide upon."""

    id: int
    number: str
    supplier: str
    state: str
    state_label: str
    version: int
    created_by_id: int
    created_by: str
    approved_by: str
    sent_at: datetime | None
    lines: tuple[OrderLineRow, ...]
    goods_fen: int
    fee_fen: int
    min_order_fen: int

    @property
    def awaited(self) -> int:
        """Units that did not come yet."""
        return sum(line.awaited for line in self.lines)

    @property
    def is_below_minimum(self) -> bool:
        """The supplier would not bring so little."""
        return self.state in ("draft", "approved") and self.goods_fen < self.min_order_fen


def order_page(cycle_id: int, order_id: int) -> PurchaseOrderPage:
    """Five statements. Raises NotFound for an order of another cycle."""
    order = db.session.scalar(
        select(PurchaseOrder)
        .where(PurchaseOrder.id == order_id, PurchaseOrder.cycle_id == cycle_id)
        .options(
            joinedload(PurchaseOrder.supplier),
            selectinload(PurchaseOrder.lines).joinedload(PurchaseOrderLine.item),
        )
    )
    if order is None:
        raise NotFound
    items = [line.item_id for line in order.lines]
    now, offered, names = _prices_now(order.supplier_id, items), _offered(cycle_id, items), _names(order)
    lines = sorted(order.lines, key=lambda line: (line.item.sku, line.id))
    return PurchaseOrderPage(
        id=order.id,
        number=order.number,
        supplier=order.supplier.name,
        state=order.state,
        state_label=PurchaseState(order.state).label,
        version=order.version,
        created_by_id=order.created_by_id,
        created_by=names.get(order.created_by_id, ""),
        approved_by=names.get(order.approved_by_id or 0, ""),
        sent_at=order.sent_at,
        lines=tuple(_line(line, now.get(line.item_id), offered.get(line.item_id)) for line in lines),
        goods_fen=sum(line.packs * line.price_fen for line in lines),
        fee_fen=order.supplier.delivery_fee_fen,
        min_order_fen=order.supplier.min_order_fen,
    )


def _prices_now(supplier_id: int, items: list[int]) -> dict[int, int]:
    found = select(SupplierItem.item_id, SupplierItem.price_fen).where(SupplierItem.supplier_id == supplier_id)
    return dict(db.session.execute(found.where(SupplierItem.item_id.in_(items))).all())


def _offered(cycle_id: int, items: list[int]) -> dict[int | None, int]:
    found = select(Offer.item_id, Offer.price_fen).where(Offer.cycle_id == cycle_id, Offer.item_id.in_(items))
    return dict(db.session.execute(found).all())


def _names(order: PurchaseOrder) -> dict[int, str]:
    found = select(Account.id, Account.display_name).where(Account.id.in_([order.created_by_id, order.approved_by_id]))
    return dict(db.session.execute(found).all())


def _line(line: PurchaseOrderLine, price_now: int | None, offered_fen: int | None) -> OrderLineRow:
    warnings = []
    change = price_change(line.item.name, line.price_fen, line.price_fen if price_now is None else price_now)
    if change is not None:
        warnings.append(change.said)
    if is_sold_below_cost(line.price_fen, line.pack_size, offered_fen):
        warnings.append(sentence(N_("进价高于售价：居民每份付%(price)s元。"), price=yuan(offered_fen or 0)))
    units = line.packs * line.pack_size
    return OrderLineRow(
        id=line.id,
        item=line.item.name,
        spec=line.item.spec,
        unit=line.item.sale_unit,
        packs=line.packs,
        pack_size=line.pack_size,
        units=units,
        demanded=line.qty_demanded,
        surplus=max(0, units - line.qty_demanded),
        price_fen=line.price_fen,
        amount_fen=line.packs * line.price_fen,
        awaited=line.qty_awaited,
        received=line.qty_received,
        undelivered=line.qty_undelivered,
        is_manual=line.is_manual,
        warnings=tuple(warnings),
    )

"""The paper order of a cycle."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import func, select

from app.core.db import db
from app.core.sentences import N_
from app.core.units import date_time
from app.ordering.models import Offer, OfferComponent
from app.printing.contexts.expected import ExpectedCounts
from app.printing.contexts.ground import Ground, Prepared, Subject
from app.printing.kinds import SheetKind, SheetStage, register
from app.printing.sheet import SheetItem, Totals
from app.printing.sheets.residents.order_form import OrderForm, OrderFormItem


def form_items(ground: Ground) -> tuple[OrderFormItem, ...]:
    """Return the listed offers of the cycle as lines of a paper order."""
    rows = db.session.execute(
        select(Offer, OfferComponent.item_id)
        .outerjoin(OfferComponent, (OfferComponent.offer_id == Offer.id) & Offer.item_id.is_not(None))
        .where(Offer.cycle_id == ground.cycle_id, Offer.is_listed)
        .order_by(Offer.position, Offer.id)
    )
    made = []
    for number, (offer, item_id) in enumerate(rows, start=1):
        item = ground.items.get(item_id)
        shown = SheetItem(number, offer.name, item.spec if item else "", item.unit if item else "份")
        made.append(OrderFormItem(shown, offer.price_fen, offer.limit_per_household or 0))
    return tuple(made)


def order_forms(ground: Ground) -> Iterator[Prepared]:
    """Yield the paper order of the cycle, if it offers anything."""
    items = form_items(ground)
    if items:
        cutoff = date_time(ground.cutoff_at)
        sheet = OrderForm(ground.head(), Totals(), items, cutoff, OrderForm.slips_for(len(items)))
        yield Prepared(Subject("cycle", ground.cycle_id, ground.cycle), sheet)


def _expected(counted: ExpectedCounts) -> dict[int | None, int]:
    offers = select(func.count()).select_from(Offer).where(Offer.cycle_id == counted.cycle_id, Offer.is_listed)
    return {None: 1 if db.session.scalar(offers) else 0}


register(
    SheetKind(
        key="order_form",
        code="OF",
        label_zh=N_("手写订单"),
        reader_zh=N_("居民"),
        stage=SheetStage.POSTED,
        place=3,
        watches="cycle offer",
        sheet=OrderForm,
        prepare=lambda builder: order_forms(builder.ground),
        expected=_expected,
        is_wide=True,
        is_in_kit=False,
    )
)

"""What every order form shows: the offers by category, with the words by which people look for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from app.core.db import db
from app.core.text.goods_names import GoodsName
from app.ordering.models import HouseholdOrder, Offer, OrderChoice
from app.ordering.queries import OfferRow
from app.ordering.shelf.listing import listing


@dataclass(frozen=True)
class OfferSection:
    """The offers of one category; `key` is its anchor on the page."""

    key: str
    label: str
    offers: tuple[OfferRow, ...]


def available_offers(cycle_id: int) -> list[OfferRow]:
    """The offers that may be picked, in their order."""
    return list(listing(cycle_id).offers)


def sections(offers: Iterable[OfferRow], bundles: str, others: str) -> list[OfferSection]:
    """Bundles first, then categories as they first occur; `bundles` and `others` are labels of two of them."""
    grouped: dict[str, list[OfferRow]] = defaultdict(list)
    for offer in offers:
        grouped[bundles if offer.is_bundle else offer.category or others].append(offer)
    labels = sorted(grouped, key=lambda label: label != bundles)
    return [OfferSection(f"s{number}", label, tuple(grouped[label])) for number, label in enumerate(labels)]


def offer_names(cycle_id: int) -> tuple[GoodsName, ...]:
    """What the offers that may be picked are called, numbered from 1 in their order, with their items' numbers."""
    return listing(cycle_id).names


def matching_offers(cycle_id: int, text: str, offers: Iterable[OfferRow]) -> set[int]:
    """Ids of the offers whose name, contents, category, other names or pinyin match `text`; all of them for none."""
    rows = list(offers)
    if not text.strip():
        return {offer.id for offer in rows}
    wanted = {offer.id for offer in rows}
    return {known.id for known in offer_names(cycle_id) if known.id in wanted and known.is_meant_by(text)}


def as_typed(
    order: HouseholdOrder | None, offers: Iterable[OfferRow], shows_usual_note: bool = True
) -> dict[str, object]:
    """The initial values of a form: the order as it stands, or everything at none and substitutable.

    The note of the care list is not for a phone that came by its room alone: it says who is on that list.
    """
    shown: dict[str, object] = {f"sub_{offer.id}": "1" for offer in offers}
    if order is None:
        return shown
    for choice in order.choices:
        shown[f"qty_{choice.offer_id}"] = choice.qty
        shown[f"sub_{choice.offer_id}"] = "1" if choice.is_substitutable else ""
    shown.update(
        version=order.version,
        door_note=order.door_note if shows_usual_note or not order.is_usual_note else "",
        remark=order.remark,
        other_need=order.other_need,
        source=order.source,
    )
    return shown


def goods_of(order_ids: Iterable[int]) -> dict[int, str]:
    """Order id → "青菜×2、土豆×1", as it was picked. One statement."""
    found = (
        select(OrderChoice.order_id, Offer.name, OrderChoice.qty)
        .join(Offer, Offer.id == OrderChoice.offer_id)
        .where(OrderChoice.order_id.in_(list(order_ids)))
        .order_by(Offer.position, Offer.id)
    )
    goods: dict[int, list[str]] = defaultdict(list)
    for order_id, name, qty in db.session.execute(found):
        goods[order_id].append(f"{name}×{qty}")
    return {order_id: "、".join(named) for order_id, named in goods.items()}

"""What every order form shows: the offers by category, with the words by which people look for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from app.catalog.models import Item, ItemAlias
from app.core.db import db
from app.core.text.goods_names import GoodsName
from app.ordering import queries
from app.ordering.models import HouseholdOrder, Offer, OfferComponent, OrderChoice
from app.ordering.queries import OfferRow


@dataclass(frozen=True)
class OfferSection:
    """The offers of one category; `key` is its anchor on the page."""

    key: str
    label: str
    offers: tuple[OfferRow, ...]


def available_offers(cycle_id: int) -> list[OfferRow]:
    """The offers that may be picked, in their order."""
    return [offer for offer in queries.offers(cycle_id) if offer.is_listed]


def sections(offers: Iterable[OfferRow], bundles: str, others: str) -> list[OfferSection]:
    """Bundles first, then categories as they first occur; `bundles` and `others` are labels of two of them."""
    grouped: dict[str, list[OfferRow]] = defaultdict(list)
    for offer in offers:
        grouped[bundles if offer.is_bundle else offer.category or others].append(offer)
    labels = sorted(grouped, key=lambda label: label != bundles)
    return [OfferSection(f"s{number}", label, tuple(grouped[label])) for number, label in enumerate(labels)]


def offer_names(cycle_id: int, offers: Iterable[OfferRow]) -> list[GoodsName]:
    """What the offers are called, numbered from 1 in their order; also by the number of their item. One statement.

    A bundle is not called what its parts are called, but it is found by them.
    """
    found = (
        select(OfferComponent.offer_id, Item.name, Item.sku, ItemAlias.alias)
        .join(Item, OfferComponent.item_id == Item.id)
        .join(Offer, OfferComponent.offer_id == Offer.id)
        .outerjoin(ItemAlias, ItemAlias.item_id == Item.id)
        .where(Offer.cycle_id == cycle_id)
        .order_by(OfferComponent.offer_id, Item.id, ItemAlias.id)
    )
    called: dict[int, dict[str, None]] = defaultdict(dict)
    codes: dict[int, str] = {}
    numbered = enumerate(offers, start=1)
    for offer_id, name, sku, alias in db.session.execute(found):
        called[offer_id] |= {name: None} | ({alias: None} if alias else {})
        codes[offer_id] = sku
    return [_name(offer, number, tuple(called[offer.id]), codes.get(offer.id, "")) for number, offer in numbered]


def _name(offer: OfferRow, number: int, called: tuple[str, ...], code: str) -> GoodsName:
    if offer.is_bundle:
        contents = (offer.contents, *called, offer.category)
        return GoodsName(offer.id, (offer.name,), number, contents=contents, inside=called)
    names = tuple(dict.fromkeys((offer.name, *called)))
    return GoodsName(offer.id, names, number, (code,), (offer.contents, offer.category))


def matching_offers(cycle_id: int, text: str, offers: Iterable[OfferRow]) -> set[int]:
    """Ids of the offers whose name, contents, category, other names or pinyin match `text`; all of them for none."""
    rows = list(offers)
    if not text.strip():
        return {offer.id for offer in rows}
    return {known.id for known in offer_names(cycle_id, rows) if known.is_meant_by(text)}


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

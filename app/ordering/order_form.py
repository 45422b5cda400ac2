"""What every order form shows: the offers by category, with the words by which people look for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from app.catalog.models import Item, ItemAlias
from app.core.db import db
from app.ordering import queries
from app.ordering.models import HouseholdOrder, Offer, OfferComponent
from app.ordering.queries import OfferRow


@dataclass(frozen=True)
class Section:
    """The offers of one category; `key` is its anchor on the page."""

    key: str
    label: str
    offers: tuple[OfferRow, ...]


def listed(cycle_id: int) -> list[OfferRow]:
    """The offers that may be picked, in their order."""
    return [offer for offer in queries.offers(cycle_id) if offer.is_listed]


def sections(offers: Iterable[OfferRow], bundles: str, others: str) -> list[Section]:
    """Bundles first, then categories as they first occur; `bundles` and `others` are labels of two of them."""
    grouped: dict[str, list[OfferRow]] = defaultdict(list)
    for offer in offers:
        grouped[bundles if offer.is_bundle else offer.category or others].append(offer)
    labels = sorted(grouped, key=lambda label: label != bundles)
    return [Section(f"s{number}", label, tuple(grouped[label])) for number, label in enumerate(labels)]


def matching(cycle_id: int, text: str, offers: Iterable[OfferRow]) -> set[int]:
    """Ids of the offers whose name, contents, pinyin initials or other names hold `text`; all of them for none."""
    wanted = text.strip().lower()
    rows = list(offers)
    if not wanted:
        return {offer.id for offer in rows}
    words = _words(cycle_id)
    return {o.id for o in rows if wanted in f"{o.name} {o.contents} {o.category} {words.get(o.id, '')}".lower()}


def _words(cycle_id: int) -> dict[int, str]:
    of_offer = (
        select(OfferComponent.offer_id, Item.pinyin, ItemAlias.alias)
        .join(Item, OfferComponent.item_id == Item.id)
        .join(Offer, OfferComponent.offer_id == Offer.id)
        .outerjoin(ItemAlias, ItemAlias.item_id == Item.id)
        .where(Offer.cycle_id == cycle_id)
    )
    words: dict[int, list[str]] = defaultdict(list)
    for offer_id, pinyin, alias in db.session.execute(of_offer):
        words[offer_id] += [pinyin, alias or ""]
    return {offer_id: " ".join(found) for offer_id, found in words.items()}


def as_typed(order: HouseholdOrder | None, offers: Iterable[OfferRow]) -> dict[str, object]:
    """The initial values of a form: the order as it stands, or everything at none and substitutable."""
    shown: dict[str, object] = {f"sub_{offer.id}": "1" for offer in offers}
    if order is None:
        return shown
    for choice in order.choices:
        shown[f"qty_{choice.offer_id}"] = choice.qty
        shown[f"sub_{choice.offer_id}"] = "1" if choice.is_substitutable else ""
    shown.update(
        version=order.version,
        door_note=order.door_note,
        remark=order.remark,
        other_need=order.other_need,
        source=order.source,
    )
    return shown

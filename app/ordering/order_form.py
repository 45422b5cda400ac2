"""What every order form shows: the offers by category, with the words by which people look for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from app.catalog.models import Item, ItemAlias
from app.core.db import db
from app.core.text import chinese
from app.core.text.pinyin import is_spelled, spellings
from app.ordering import queries
from app.ordering.models import HouseholdOrder, Offer, OfferComponent, OrderChoice
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


@dataclass(frozen=True)
class Words:
    """By what people look for an offer: its own names (the first is the offer's), what is in it, and all spelled."""

    names: tuple[str, ...]
    contents: tuple[str, ...]
    spellings: tuple[str, ...]

    @property
    def text(self) -> str:
        """Every name and content in one line of lower-case letters, as the page and the search compare it."""
        return " ".join(dict.fromkeys(word.lower() for word in (*self.names, *self.contents) if word))

    def are_meant_by(self, typed: str) -> bool:
        """Whether letters or characters somebody typed mean this offer."""
        wanted = "".join(chinese.fold(typed).lower().split())
        return wanted in self.text or any(is_spelled(wanted, one) for one in self.spellings)


MOST_SPELLED = 12  # names of an offer that can be found by letters; the rest is found by characters


def words(cycle_id: int, offers: Iterable[OfferRow]) -> dict[int, Words]:
    """Offer id → its words. One statement."""
    found = (
        select(OfferComponent.offer_id, Item.name, ItemAlias.alias)
        .join(Item, OfferComponent.item_id == Item.id)
        .join(Offer, OfferComponent.offer_id == Offer.id)
        .outerjoin(ItemAlias, ItemAlias.item_id == Item.id)
        .where(Offer.cycle_id == cycle_id)
        .order_by(OfferComponent.offer_id, Item.id, ItemAlias.id)
    )
    called: dict[int, dict[str, None]] = defaultdict(dict)
    for offer_id, name, alias in db.session.execute(found):
        called[offer_id] |= {name: None} | ({alias: None} if alias else {})
    return {offer.id: _words(offer, tuple(called[offer.id])) for offer in offers}


def _words(offer: OfferRow, called: tuple[str, ...]) -> Words:
    """A bundle is not called what its parts are called, but it is found by them."""
    names = (offer.name,) if offer.is_bundle else tuple(dict.fromkeys((offer.name, *called)))
    inside = (offer.contents, *called) if offer.is_bundle else (offer.contents,)
    spelled = [spelling for name in (*names, *called)[:MOST_SPELLED] for spelling in spellings(name)]
    return Words(names, (*inside, offer.category), tuple(dict.fromkeys(spelled)))


def matching(cycle_id: int, text: str, offers: Iterable[OfferRow]) -> set[int]:
    """Ids of the offers whose name, contents, category, other names or pinyin match `text`; all of them for none."""
    rows = list(offers)
    if not text.strip():
        return {offer.id for offer in rows}
    return {offer_id for offer_id, known in words(cycle_id, rows).items() if known.are_meant_by(text)}


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

"""What a cycle lists, read once and kept until it changes: every order form shows all of it, every order asks for some.

Kept by the two stamps of `ShelfStamp`, which triggers draw anew in the transaction of any change of an offer, of what
it holds, or of what goods are called. Who asks reads the stamps first and the content only for stamps that it has not
met, so several processes need tell each other nothing:

    meanwhile                                    what is given
    nothing                                      what is kept
    a change was committed                       the new content, read under the new stamp
    it is committed between stamp and content    the new content; it is kept under a stamp that nobody reads again
    a command changed it and is rolled back      the same: its stamp was drawn at random and does not come back

What is given is shared by all threads and never changed.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, bindparam, select

from app.catalog.models import Item, ItemAlias
from app.core.db import db
from app.core.text.goods_names import GoodsName
from app.ordering.models import Offer, OfferComponent, ShelfStamp
from app.ordering.queries import OfferRow, offers
from app.ordering.rules import Component, OfferTerms

NAMES_SHELF = 0
MOST_KEPT = 32  # cycles of one process; a listing of 250 offers is about 2 MB with its page in two languages


class Stamps(NamedTuple):
    """Of a cycle's offers and of the names of goods; empty where none was drawn yet."""

    offers: str
    names: str


@dataclass(frozen=True)
class OfferListing:
    """What a cycle lists: `offers` in their order, `names` numbered from 1 in the same order, `goods`: offer id →
    (item id, bundle id)."""

    cycle_id: int
    stamps: Stamps
    offers: tuple[OfferRow, ...]
    goods: Mapping[int, tuple[int | None, int | None]]
    names: tuple[GoodsName, ...]
    terms: Mapping[int, OfferTerms]
    pages: dict[str, object] = field(default_factory=dict, compare=False, repr=False)
    """What pages made of it, by language: kept and dropped with it."""

    @cached_property
    def by_id(self) -> Mapping[int, OfferRow]:
        return {offer.id: offer for offer in self.offers}

    @cached_property
    def words(self) -> Mapping[int, GoodsName]:
        """Offer id → what it is called."""
        return {name.id: name for name in self.names}


_kept: OrderedDict[tuple[int, Stamps], OfferListing] = OrderedDict()
_lock = threading.Lock()


def stamp_of(shelf_id: ColumnElement[int] | int) -> ColumnElement[str | None]:
    """The stamp of a shelf as a column, for a statement that is run anyway."""
    return select(ShelfStamp.stamp).where(ShelfStamp.shelf_id == shelf_id).scalar_subquery()


_STAMPS = select(stamp_of(bindparam("cycle", type_=ShelfStamp.shelf_id.type)), stamp_of(NAMES_SHELF))


def listing(cycle_id: int, stamps: Stamps | None = None) -> OfferListing:
    """What the cycle lists now. One statement, or none where the caller has read the stamps in this transaction; three
    more at the first time after a change."""
    if stamps is None:
        own, names = db.session.execute(_STAMPS, {"cycle": cycle_id}).one()
        stamps = Stamps(own or "", names or "")
    key = cycle_id, stamps
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    found = _read(cycle_id, stamps)
    if stamps.offers:  # without it there is nothing that tells this cycle from one of another database
        with _lock:
            _kept[key] = found
            while len(_kept) > MOST_KEPT:
                _kept.popitem(last=False)
    return found


def _read(cycle_id: int, stamps: Stamps) -> OfferListing:
    listed = tuple(offer for offer in offers(cycle_id) if offer.is_listed)
    of_cycle = Offer.cycle_id == cycle_id
    goods = {
        offer_id: (item_id, bundle_id)
        for offer_id, item_id, bundle_id in db.session.execute(
            select(Offer.id, Offer.item_id, Offer.bundle_id).where(of_cycle)
        )
    }
    parts: dict[int, dict[int, int]] = defaultdict(dict)
    called: dict[int, dict[str, None]] = defaultdict(dict)
    codes: dict[int, str] = {}
    for offer_id, item_id, qty, name, sku, alias in db.session.execute(_inside(cycle_id)):
        parts[offer_id][item_id] = qty
        called[offer_id] |= {name: None} | ({alias: None} if alias else {})
        codes[offer_id] = sku
    terms = {
        offer.id: OfferTerms(
            offer.id,
            offer.name,
            offer.price_fen,
            tuple(Component(item_id, qty) for item_id, qty in sorted(parts[offer.id].items())),
            offer.limit,
            not offer.is_soft,
        )
        for offer in listed
    }
    names = tuple(
        _name(offer, number, tuple(called[offer.id]), codes.get(offer.id, ""))
        for number, offer in enumerate(listed, start=1)
    )
    return OfferListing(cycle_id, stamps, listed, MappingProxyType(goods), names, MappingProxyType(terms))


def _inside(cycle_id: int) -> Select[Any]:
    found: Any = (
        select(OfferComponent.offer_id, Item.id, OfferComponent.qty, Item.name, Item.sku, ItemAlias.alias)
        .join(Item, OfferComponent.item_id == Item.id)
        .join(Offer, OfferComponent.offer_id == Offer.id)
        .outerjoin(ItemAlias, ItemAlias.item_id == Item.id)
        .where(Offer.cycle_id == cycle_id)
        .order_by(OfferComponent.offer_id, Item.id, ItemAlias.id)
    )
    joined: Select[Any] = found
    return joined


def _name(offer: OfferRow, number: int, called: tuple[str, ...], code: str) -> GoodsName:
    """A bundle is not called what its parts are called, but it is found by them."""
    if offer.is_bundle:
        contents = (offer.contents, *called, offer.category)
        return GoodsName(offer.id, (offer.name,), number, contents=contents, inside=called)
    names = tuple(dict.fromkeys((offer.name, *called)))
    return GoodsName(offer.id, names, number, (code,), (offer.contents, offer.category))

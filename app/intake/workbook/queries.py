"""What an order table is read against: the goods that a cycle offers, and the numbers of its places and goods."""

from __future__ import annotations

from sqlalchemy import select

from app.catalog.models import Item
from app.catalog.queries import aliases_of
from app.core.db import db
from app.intake.grammar.goods.lexicon import DEFAULT_LIMIT, Lexicon, LexiconItem
from app.intake.workbook.codes import TableCodes
from app.ordering.models import CyclePoint, Offer
from app.places.models import Building, Compound


def lexicon_of(cycle_id: int) -> Lexicon:
    """The goods that a cycle offers, with the words people use for them."""
    offers = list(
        db.session.scalars(select(Offer).where(Offer.cycle_id == cycle_id, Offer.is_listed).order_by(Offer.id))
    )
    items = [offer.item_id for offer in offers if offer.item_id is not None]
    aliases = aliases_of(items)
    sold = select(Item.id, Item.sale_unit).where(Item.id.in_(items))
    units = {item: unit for item, unit in db.session.execute(sold)}  # noqa: C416
    return Lexicon(
        LexiconItem(
            offer.name,
            units.get(offer.item_id or 0, ""),
            tuple(aliases.get(offer.item_id or 0, ())),
            offer.limit_per_household or DEFAULT_LIMIT,
        )
        for offer in offers
    )


def points_of(cycle_id: int) -> list[int]:
    """The service points that take part in a cycle."""
    return list(db.session.scalars(select(CyclePoint.service_point_id).where(CyclePoint.cycle_id == cycle_id)))


def codes_of(cycle_id: int) -> TableCodes:
    """The numbers by which tables name places and goods of a cycle. Three statements."""
    places = (
        select(Compound.code, Compound.name, Building.code, Building.label)
        .join(Compound, Compound.id == Building.compound_id)
        .where(Building.service_point_id.in_(points_of(cycle_id)))
    )
    compounds: dict[str, str] = {}
    buildings: dict[str, tuple[str, str]] = {}
    for compound_code, compound, building_code, label in db.session.execute(places):
        if compound_code:
            compounds[compound_code] = compound
        if building_code:
            buildings[building_code] = (compound, label)
    offered = (
        select(Item.sku, Offer.name, Item.weight_g)
        .join(Item, Item.id == Offer.item_id)
        .where(Offer.cycle_id == cycle_id, Offer.is_listed)
    )
    rows = db.session.execute(offered).all()
    goods, weights = {row.sku: row.name for row in rows}, {row.name: row.weight_g for row in rows}
    return TableCodes(compounds, buildings, goods, weights)

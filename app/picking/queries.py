"""What the picking pages show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Integer, Select, cast, func, select

from app.catalog.models import Item
from app.core.db import db
from app.core.text.bag_numbers import read_bag_no
from app.ordering.models import HouseholdOrder, OrderLine, OrderState
from app.picking.models import DOOR_OF_BAG, LIVE_BAGS, Bag, BagDoor, BagLine, BagState
from app.picking.rules import read_bag_code
from app.places.finder.queries import building_called
from app.places.labels import ADDRESS, household_label, with_address
from app.places.models import Building, Compound, Household


@dataclass(frozen=True)
class PickingBuildingRow:
    """The live bags of one building in a wave."""

    building_id: int
    compound: str
    building: str
    bags: int
    weight_g: int
    cold: int
    heavy: int
    fragile: int


@dataclass(frozen=True)
class PackingProgress:
    """How far packing is: units waiting for a bag, and bags by state."""

    units_to_pack: int
    orders_to_pack: int
    states: dict[str, int]

    @property
    def bags(self) -> int:
        """Bags that exist (voided and written-off ones do not)."""
        return sum(count for state, count in self.states.items() if state in LIVE_BAGS)


def progress(cycle_id: int) -> PackingProgress:
    """Two statements."""
    waiting = db.session.execute(
        select(func.coalesce(func.sum(OrderLine.qty_allocated), 0), func.count(func.distinct(OrderLine.order_id)))
        .join(HouseholdOrder, HouseholdOrder.id == OrderLine.order_id)
        .where(OrderLine.cycle_id == cycle_id, OrderLine.qty_allocated > 0, HouseholdOrder.state == OrderState.LOCKED)
    ).one()
    states = db.session.execute(select(Bag.state, func.count()).where(Bag.cycle_id == cycle_id).group_by(Bag.state))
    return PackingProgress(int(waiting[0]), waiting[1], {state: count for state, count in states})  # noqa: C416


def waves(cycle_id: int) -> list[int]:
    """The waves that have bags, in order."""
    return list(db.session.scalars(select(Bag.wave).where(Bag.cycle_id == cycle_id).distinct().order_by(Bag.wave)))


def building_rows(cycle_id: int, wave: int) -> list[PickingBuildingRow]:
    """Live bags by building, in natural order. One statement."""
    found = db.session.execute(
        select(
            Building.id,
            Compound.name,
            Building.label,
            func.count(Bag.id),
            func.sum(Bag.weight_g),
            func.sum(cast(Bag.is_cold, Integer)),
            func.sum(cast(Bag.is_heavy, Integer)),
            func.sum(cast(Bag.is_fragile, Integer)),
        )
        .join(Bag, Bag.building_id == Building.id)
        .join(Compound, Compound.id == Building.compound_id)
        .where(Bag.cycle_id == cycle_id, Bag.wave == wave, Bag.state.in_(LIVE_BAGS))
        .group_by(Building.id, Compound.name, Building.label, Building.sort_key)
        .order_by(Compound.name, Building.sort_key)
    )
    return [
        PickingBuildingRow(building_id, compound, label, bags, int(weight_g), int(cold), int(heavy), int(fragile))
        for building_id, compound, label, bags, weight_g, cold, heavy, fragile in found
    ]


def item_totals(cycle_id: int, wave: int) -> list[tuple[str, str, int, int]]:
    """(item, sale unit, units, bags) of the live bags of a wave, by number. One statement."""
    found = db.session.execute(
        select(Item.name, Item.sale_unit, func.sum(BagLine.qty), func.count(func.distinct(Bag.id)))
        .join(OrderLine, OrderLine.item_id == Item.id)
        .join(BagLine, BagLine.order_line_id == OrderLine.id)
        .join(Bag, Bag.id == BagLine.bag_id)
        .where(Bag.cycle_id == cycle_id, Bag.wave == wave, Bag.state.in_(LIVE_BAGS))
        .group_by(Item.id, Item.name, Item.sale_unit, Item.sku)
        .order_by(Item.sku)
    )
    return [(name, unit, int(units), bags) for name, unit, units, bags in found]


def bag_rows(cycle_id: int, search: str, state: str, building_id: int | None) -> Select[*tuple[Any, ...]]:
    """Bags with their door, in natural order: a statement for paging."""
    statement: Select[*tuple[Any, ...]] = (
        select(
            Bag.id,
            Bag.code,
            Bag.wave,
            Bag.seq,
            Bag.state,
            Bag.weight_g,
            Bag.is_cold,
            Bag.is_heavy,
            Bag.is_fragile,
            Compound.name.label("compound"),
            Building.label.label("building"),
        )
        .join(Building, Building.id == Bag.building_id)
        .join(Compound, Compound.id == Building.compound_id)
        .join(HouseholdOrder, HouseholdOrder.id == Bag.order_id)
        .outerjoin(Household, Household.id == DOOR_OF_BAG)
        .where(Bag.cycle_id == cycle_id)
        .order_by(Compound.name, Building.sort_key, Household.sort_key, Bag.wave, Bag.seq)
    )
    if search:
        code = read_bag_code(search)
        name = Compound.name.contains(search, autoescape=True)
        number = Bag.day_no == read_bag_no(search, is_bare_taken=building_id is not None)  # no number: nothing is equal
        statement = statement.where((Bag.code == code) | number | building_called(search) | name)
    if state in {member.value for member in BagState}:
        statement = statement.where(Bag.state == state)
    if building_id is not None:
        statement = statement.where(Bag.building_id == building_id)
    return statement


def ordered_by_others(cycle_id: int, building_id: int | None = None) -> dict[int, str]:
    """Bag id → "compound 12-302" of the household that ordered, for bags that go to another door. One statement."""
    found = with_address(
        select(Bag.id, *ADDRESS)
        .join(BagDoor, BagDoor.bag_id == Bag.id)
        .join(HouseholdOrder, HouseholdOrder.id == Bag.order_id)
        .join(Household, Household.id == HouseholdOrder.household_id)
    ).where(Bag.cycle_id == cycle_id)
    if building_id is not None:
        found = found.where(Bag.building_id == building_id)
    return {bag: f"{compound} {household_label(*door)}" for bag, compound, *door in db.session.execute(found)}


def note_at_door(note: str, ordered_by: str | None) -> str:
    """The door note of a bag, and before it whose bag it is, where it goes to another door than it was ordered from."""
    return "，".join(filter(None, (_("%(home)s 的袋，这里代收", home=ordered_by), note))) if ordered_by else note


def bag_contents(bag_id: int) -> list[tuple[str, str, int]]:
    """(item, spec, units) of a bag in packing order."""
    found = db.session.execute(
        select(Item.name, Item.spec, BagLine.qty)
        .join(OrderLine, OrderLine.item_id == Item.id)
        .join(BagLine, BagLine.order_line_id == OrderLine.id)
        .where(BagLine.bag_id == bag_id)
        .order_by(Item.is_fragile, Item.weight_g.desc(), Item.sku)
    )
    return [(name, spec, qty) for name, spec, qty in found]


def bag_place(bag: Bag) -> tuple[str, str, int]:
    """(compound building, "k/n" within its order and wave, bags of the order in the wave)."""
    place = db.session.execute(
        select(Compound.name, Building.label)
        .join(Compound, Compound.id == Building.compound_id)
        .where(Building.id == bag.building_id)
    ).one()
    siblings = list(
        db.session.scalars(
            select(Bag.seq)
            .where(Bag.order_id == bag.order_id, Bag.wave == bag.wave, Bag.state.in_(LIVE_BAGS))
            .order_by(Bag.seq)
        )
    )
    number = siblings.index(bag.seq) + 1 if bag.seq in siblings else 0
    return f"{place[0]} {place[1]}", f"{number}/{len(siblings)}", len(siblings)

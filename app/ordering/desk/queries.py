"""What the telephone desk shows: the goods typed in a line, the household on the line, and the orders just taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from app.access.permissions import Permission, Staff
from app.core.db import db
from app.ordering import order_form, orders
from app.ordering.desk.models import DeskEntry
from app.ordering.models import Cycle, CyclePoint, HouseholdOrder, Offer, OrderState, Source
from app.ordering.orders import OfferPick
from app.ordering.queries import OfferRow
from app.ordering.rules_desk import UnclearGoods, read_goods
from app.places.finder.queries import Found, find_households
from app.places.labels import ADDRESS, address_label, building_label, with_address
from app.places.models import Building, Compound, Household, Stairwell
from app.places.scope import buildings_in_scope

LATEST = 5


@dataclass(frozen=True)
class BasketRow:
    """One offer of a basket with what it comes to."""

    offer_id: int
    name: str
    contents: str
    qty: int
    price_fen: int

    @property
    def sum_fen(self) -> int:
        return self.qty * self.price_fen


@dataclass(frozen=True)
class TypedGoods:
    """A line of goods as read: rows, what is doubtful, which limits it exceeds, and the sign before it."""

    rows: tuple[BasketRow, ...]
    problems: tuple[str, ...]
    limits: tuple[str, ...]
    is_hard: bool
    sign: str

    @property
    def picks(self) -> tuple[OfferPick, ...]:
        return tuple(OfferPick(row.offer_id, row.qty) for row in self.rows)

    @property
    def total_fen(self) -> int:
        return sum(row.sum_fen for row in self.rows)

    @property
    def units(self) -> int:
        return sum(row.qty for row in self.rows)


def read_basket(
    cycle_id: int, text: str, offers: Sequence[OfferRow], standing: Sequence[OfferPick] = (), how: str = ""
) -> TypedGoods:
    """Read a line of goods against the offers of a cycle. `standing`: what is ordered already and would be added to.

    Limits are looked at over everything the household would have then. Four statements.
    """
    goods = read_goods(text, order_form.offer_names(cycle_id))
    by_id = {offer.id: offer for offer in offers}
    rows = tuple(BasketRow(i, by_id[i].name, by_id[i].contents, qty, by_id[i].price_fen) for i, qty in goods.picked)
    picks = [OfferPick(row.offer_id, row.qty) for row in rows]
    if (goods.sign or how) == "add":
        picks += [pick for pick in standing if pick.offer_id in by_id]
    problems, is_hard = orders.limit_problems(orders.offer_terms(cycle_id), picks)
    limits = tuple(str(sentence) for sentences in problems.values() for sentence in sentences)
    return TypedGoods(rows, tuple(_doubt(doubt) for doubt in goods.doubts), limits, is_hard, goods.sign)


def _doubt(doubt: UnclearGoods) -> str:
    if not doubt.options:
        return str(_("没有“%(typed)s”。请换个叫法，或写编号。", typed=doubt.typed))
    options = "、".join(f"{word.number} {word.name}" for word in doubt.options[:6])
    first = doubt.options[0].number
    said = _("“%(typed)s”可能是：%(options)s。请写编号，例如 %(n)sx1。", typed=doubt.typed, options=options, n=first)
    return str(said)


@dataclass(frozen=True)
class DeskHousehold:
    """The household on the line: where it lives, and its order of the cycle if one stands."""

    household_id: int
    building_id: int
    service_point_id: int
    place: str
    room: str
    persons: int | None
    order: HouseholdOrder | None
    ordered: tuple[tuple[str, int], ...]

    @property
    def stands(self) -> bool:
        return self.order is not None and self.order.state == OrderState.PLACED

    @property
    def source(self) -> str:
        return Source(self.order.source).label if self.order is not None else ""

    @property
    def picks(self) -> list[OfferPick]:
        """What stands, as picks."""
        if self.order is None or not self.stands:
            return []
        return [OfferPick(choice.offer_id, choice.qty, choice.is_substitutable) for choice in self.order.choices]


def desk_household(by: Staff, cycle: Cycle, household_id: int) -> DeskHousehold:
    """A household in reach with what it ordered. Raises NotFound."""
    building = orders.household_place(by, household_id, Permission.ORDER_PROXY)
    found = (
        select(*ADDRESS, Household.persons)
        .join(Building, Building.compound_id == Compound.id)
        .join(Stairwell, Stairwell.building_id == Building.id)
        .join(Household, Household.stairwell_id == Stairwell.id)
        .where(Household.id == household_id)
    )
    compound, label, stairwell, room, persons = db.session.execute(found).one()
    order = orders.order_of(cycle.id, household_id)
    listed = select(Offer.id, Offer.name).where(Offer.cycle_id == cycle.id)
    names = {offer_id: name for offer_id, name in db.session.execute(listed)}  # noqa: C416
    ordered = tuple((names[c.offer_id], c.qty) for c in order.choices) if order is not None else ()
    place, room = building_label(compound, label), f"{stairwell} {room}".strip()
    return DeskHousehold(household_id, building.id, building.service_point_id, place, room, persons, order, ordered)


def find_homes(by: Staff, permission: Permission, cycle_id: int, text: str) -> list[Found]:
    """The households of a cycle that the shorthand may mean, within reach of the permission.

    Telephones and names are looked at only by those who may open contacts.
    """
    points = select(CyclePoint.service_point_id).where(CyclePoint.cycle_id == cycle_id)
    scope = buildings_in_scope(by, permission) & Building.service_point_id.in_(points)
    return find_households(text, scope, with_contacts=by.may(Permission.CONTACT_OPEN))


@dataclass(frozen=True)
class Taken:
    """One order just taken at the desk."""

    id: int
    order_id: int
    household_id: int | None
    code: str
    address: str
    goods: str
    total_fen: int
    at: datetime
    may_undo: bool


def recent_entries(by: Staff, cycle_id: int, may_write: bool) -> list[Taken]:
    """The orders that this account took last in the cycle, newest first. Two statements.

    Only the last one that is not undone may be undone, and only while nobody has changed the order since.
    """
    found: Any = (
        with_address(
            select(DeskEntry, HouseholdOrder, *ADDRESS)
            .join(HouseholdOrder, HouseholdOrder.id == DeskEntry.order_id)
            .join(Household, Household.id == HouseholdOrder.household_id)
        )
        .where(DeskEntry.account_id == by.id, DeskEntry.cycle_id == cycle_id, DeskEntry.undone_at.is_(None))
        .order_by(DeskEntry.id.desc())
        .limit(LATEST)
    )
    rows = db.session.execute(found).all()
    goods = order_form.goods_of([row[1].id for row in rows])
    return [
        Taken(
            entry.id,
            order.id,
            order.household_id,
            order.code,
            address_label(*address),
            goods.get(order.id, ""),
            order.total_fen,
            entry.created_at,
            may_write and not number and order.version == entry.version_after,
        )
        for number, (entry, order, *address) in enumerate(rows)
    ]

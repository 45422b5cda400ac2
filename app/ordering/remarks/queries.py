"""The queue of what households wrote beside their goods."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select

from app.access.models import Account
from app.access.permissions import Permission, Staff
from app.core.db import db
from app.core.text import chinese
from app.core.text.redirects import redirect_target
from app.ordering.models import ORDERS_KEPT, CyclePoint, HouseholdOrder, OtherDoor
from app.ordering.remarks.models import SettledWords
from app.ordering.remarks.rules import HouseholdRemark, RemarkFlag
from app.places.finder.queries import Found, find_households
from app.places.labels import ADDRESS, address_label, with_address
from app.places.models import Building, Compound, Household, Stairwell
from app.places.scope import buildings_in_scope


@dataclass(frozen=True)
class WordsRow:
    """The words of one order, its door, and who dealt with them when."""

    order_id: int
    point_id: int
    address: str
    words: HouseholdRemark
    settled_by: str = ""
    settled_at: datetime | None = None

    @property
    def is_waiting(self) -> bool:
        return self.words.needs_somebody and self.settled_at is None


def words_of(order: HouseholdOrder) -> HouseholdRemark:
    """What was written beside one order."""
    return HouseholdRemark(order.door_note, order.remark, order.other_need)


def rows(by: Staff, cycle_id: int) -> list[WordsRow]:
    """Orders of a cycle with words beside them, where the reader cares for the household: waiting first, by address.

    One statement; the words are sorted as they are read, so that no list of needs is kept.
    """
    found = db.session.execute(
        select(HouseholdOrder, *ADDRESS)
        .add_columns(SettledWords.words_sha256, SettledWords.settled_at, Account.display_name)
        .join(Building, Building.id == HouseholdOrder.building_id)
        .join(Compound, Compound.id == Building.compound_id)
        .join(Household, Household.id == HouseholdOrder.household_id)
        .join(Stairwell, Stairwell.id == Household.stairwell_id)
        .outerjoin(SettledWords, SettledWords.order_id == HouseholdOrder.id)
        .outerjoin(Account, Account.id == SettledWords.settled_by_id)
        .where(
            HouseholdOrder.cycle_id == cycle_id,
            HouseholdOrder.state.in_(ORDERS_KEPT),
            buildings_in_scope(by, Permission.CARE),
            or_(*(func.length(column) > 0 for column in (HouseholdOrder.remark, HouseholdOrder.other_need))),
        )
        .order_by(Compound.name, Building.sort_key, Household.sort_key, HouseholdOrder.id)
    )
    read = []
    for order, compound, building, stairwell, room, sha256, at, who in found:
        words, address = words_of(order), address_label(compound, building, stairwell, room)
        is_settled = sha256 == words.sha256
        told = (who, at) if is_settled else ("", None)
        read.append(WordsRow(order.id, order.service_point_id, address, words, *told))
    return sorted(read, key=lambda row: not row.is_waiting)


@dataclass(frozen=True)
class Waiting:
    """Orders of a cycle whose words nobody has dealt with, and how many of them ask for another door."""

    orders: int
    redirects: int


def waiting(cycle_id: int) -> Waiting:
    """For the packing table, which reads no words: only how many wait. One statement."""
    found = db.session.execute(
        select(HouseholdOrder.door_note, HouseholdOrder.remark, HouseholdOrder.other_need, SettledWords.words_sha256)
        .outerjoin(SettledWords, SettledWords.order_id == HouseholdOrder.id)
        .where(
            HouseholdOrder.cycle_id == cycle_id,
            HouseholdOrder.state.in_(ORDERS_KEPT),
            or_(*(func.length(column) > 0 for column in (HouseholdOrder.remark, HouseholdOrder.other_need))),
        )
    )
    every = [(HouseholdRemark(note, remark, need), sha256) for note, remark, need, sha256 in found]
    wait = [words for words, sha256 in every if words.needs_somebody and words.sha256 != sha256]
    return Waiting(len(wait), sum(RemarkFlag.REDIRECT in words.flags for words in wait))


def possible_doors(by: Staff, order: HouseholdOrder, typed: str) -> list[Found]:
    """The doors of the order's cycle, within the reader's care, that `typed` may mean: "5-201", "听松苑5幢201"."""
    points = select(CyclePoint.service_point_id).where(CyclePoint.cycle_id == order.cycle_id)
    return find_households(typed, buildings_in_scope(by, Permission.CARE) & Building.service_point_id.in_(points))


def door_asked_for(by: Staff, order: HouseholdOrder) -> str:
    """The one door of the same compound that the household's own words name, as one types it; "" if it is not plain."""
    settled_door = db.session.get(OtherDoor, order.id)
    if settled_door is not None:
        return door_label(settled_door.household_id)
    compound, building = db.session.execute(
        select(Compound.name, Building.label)
        .join(Compound, Compound.id == Building.compound_id)
        .where(Building.id == order.building_id)
    ).one()
    named = [
        redirect_target(chinese.fold(clause.text))
        for clause, flag in words_of(order).clauses
        if flag == RemarkFlag.REDIRECT and clause.text not in order.door_note
    ]
    for door in filter(None, named):
        typed = f"{compound} {building}-{door}" if door.isdigit() else f"{compound} {door}"
        found = [one for one in possible_doors(by, order, typed) if one.household_id != order.household_id]
        if len(found) == 1:
            return door_label(found[0].household_id)
    return ""


def door_label(household_id: int) -> str:
    """ "听松苑 5幢-1单元-201": an address that `possible_doors` finds again."""
    compound, *door = db.session.execute(
        with_address(select(*ADDRESS).select_from(Household)).where(Household.id == household_id)
    ).one()
    return f"{compound} {'-'.join(part for part in door if part)}"


def counts(every: Iterable[WordsRow]) -> dict[RemarkFlag, int]:
    """Flag → orders that carry it, in the order of the flags, zeros left out."""
    listed = list(every)
    sums = {flag: sum(1 for row in listed if flag in row.words.flags) for flag in RemarkFlag}
    return {flag: number for flag, number in sums.items() if number}


def remark_row(order: HouseholdOrder) -> WordsRow:
    """The words of one order as they stand, without its address."""
    found = db.session.execute(
        select(SettledWords.words_sha256, SettledWords.settled_at, Account.display_name)
        .join(Account, Account.id == SettledWords.settled_by_id)
        .where(SettledWords.order_id == order.id)
    ).one_or_none()
    words = words_of(order)
    if found is None or found[0] != words.sha256:
        return WordsRow(order.id, order.service_point_id, "", words)
    return WordsRow(order.id, order.service_point_id, "", words, found[2], found[1])

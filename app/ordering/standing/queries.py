"""What the pages of standing orders show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select, select
from sqlalchemy.orm import aliased, selectinload

from app.access.models import Account
from app.access.permissions import Permission, Staff
from app.catalog.models import Item
from app.catalog.queries import NamedItem, named_items
from app.core import clock
from app.core.db import db
from app.core.text.goods_names import GoodsName
from app.ordering.models import Cycle, HouseholdOrder
from app.ordering.rules_desk import TypedGoodsLine, read_goods
from app.ordering.standing.models import BookingOutcome, StandingBooking, StandingOrder, StandingState
from app.ordering.standing.service import rhythm_of
from app.places.labels import ADDRESS, address_label, with_address
from app.places.models import Building, Compound, Household, Stairwell
from app.places.scope import buildings_in_scope

WEEKDAYS = 7


@dataclass(frozen=True)
class StandingRow:
    """One standing order on the list."""

    id: int
    household_id: int
    address: str
    goods: str
    rhythm: str
    starts_on: date
    ends_on: date | None
    carer: str
    state: StandingState
    is_due_tomorrow: bool


@dataclass(frozen=True)
class BookingRow:
    """What became of a standing order in a cycle; `left_out` are sentences."""

    standing_id: int
    household_id: int
    address: str
    cycle_id: int
    cycle: str
    outcome: BookingOutcome
    code: str
    left_out: tuple[str, ...]
    carer: str


def standing_orders(by: Staff, state: str) -> Select[Any]:
    """The standing orders within reach, by address; rows go through `standing_row`."""
    carer = aliased(Account)
    found: Any = (
        with_address(
            select(StandingOrder, *ADDRESS, carer.display_name).join(
                Household, Household.id == StandingOrder.household_id
            )
        )
        .outerjoin(carer, carer.id == StandingOrder.carer_id)
        .where(buildings_in_scope(by, Permission.CARE))
        .options(selectinload(StandingOrder.lines))
        .order_by(Compound.name, Building.sort_key, Household.sort_key, StandingOrder.id.desc())
    )
    wanted = StandingOrder.state == state if state else StandingOrder.state != StandingState.ENDED
    narrowed: Select[Any] = found.where(wanted)
    return narrowed


def standing_rows(rows: Any) -> list[StandingRow]:
    """Rows of `standing_orders` as the page needs them. One statement."""
    names = item_names({line.item_id for row in rows for line in row[0].lines})
    tomorrow = date.fromordinal(clock.today().toordinal() + 1)
    return [
        StandingRow(
            standing.id,
            standing.household_id,
            address_label(*address),
            "、".join(f"{names.get(line.item_id, '?')}×{line.qty}" for line in standing.lines),
            rhythm_said(standing),
            standing.starts_on,
            standing.ends_on,
            carer or "",
            StandingState(standing.state),
            standing.state == StandingState.ACTIVE and rhythm_of(standing).falls_on(tomorrow),
        )
        for standing, *address, carer in rows
    ]


def item_names(ids: set[int]) -> dict[int, str]:
    """Item id → name."""
    found = select(Item.id, Item.name).where(Item.id.in_(ids))
    return {item_id: name for item_id, name in db.session.execute(found)}  # noqa: C416


def weekday_names() -> list[tuple[int, str]]:
    """(0, 周一) … (6, 周日)."""
    return list(enumerate([_("周一"), _("周二"), _("周三"), _("周四"), _("周五"), _("周六"), _("周日")]))


def rhythm_said(standing: StandingOrder) -> str:
    """ "每 2 天一次", "每天", "每周一、周四"."""
    if standing.weekdays is not None:
        days = [name for day, name in weekday_names() if standing.weekdays >> day & 1]
        return str(_("每%(days)s", days="、".join(days)))
    return str(_("每天") if standing.every_days == 1 else _("每 %(n)s 天一次", n=standing.every_days))


def bookings(by: Staff, cycle: Cycle | None = None, standing_id: int | None = None) -> list[BookingRow]:
    """What was booked in a cycle, or of one standing order, within reach; what was left out first. Two statements."""
    found: Any = (
        with_address(
            select(
                StandingBooking,
                StandingOrder.household_id,
                Cycle.name,
                HouseholdOrder.code,
                Account.display_name,
                Compound.name,
                Building.label,
                Stairwell.label,
                Household.room_no,
            )
            .join(StandingOrder, StandingOrder.id == StandingBooking.standing_order_id)
            .join(Cycle, Cycle.id == StandingBooking.cycle_id)
            .join(Household, Household.id == StandingOrder.household_id)
        )
        .outerjoin(HouseholdOrder, HouseholdOrder.id == StandingBooking.order_id)
        .outerjoin(Account, Account.id == StandingOrder.carer_id)
        .where(buildings_in_scope(by, Permission.CARE if standing_id else Permission.ORDER_READ))
        .order_by(StandingBooking.cycle_id.desc(), Compound.name, Building.sort_key, Household.sort_key)
    )
    if cycle is not None:
        found = found.where(StandingBooking.cycle_id == cycle.id)
    if standing_id is not None:
        found = found.where(StandingBooking.standing_order_id == standing_id).limit(20)
    rows = db.session.execute(found).all()
    names = item_names({part["item_id"] for row in rows for part in row[0].left_out})
    shown = [_booking_row(row, names) for row in rows]
    return sorted(shown, key=lambda row: row.outcome == BookingOutcome.BOOKED) if cycle is not None else shown


def _booking_row(row: Any, names: dict[int, str]) -> BookingRow:
    booking, household_id, cycle, code, carer, *address = row
    return BookingRow(
        booking.standing_order_id,
        household_id,
        address_label(*address),
        booking.cycle_id,
        cycle,
        BookingOutcome(booking.outcome),
        code or "",
        tuple(_left_out(part, names) for part in booking.left_out),
        carer or "",
    )


def _left_out(part: dict[str, Any], names: dict[int, str]) -> str:
    name = names.get(part["item_id"], "?")
    if part["why"] == "limit":
        return str(_("%(name)s少订 %(qty)s 份：超过每户限购", name=name, qty=part["qty"]))
    return str(_("%(name)s %(qty)s 份没订：这一批没有", name=name, qty=part["qty"]))


def read_items(text: str, building_id: int) -> TypedGoodsLine:
    """A line of goods against the whole catalogue of a building's subdistrict; `picked` holds item ids."""
    subdistrict_id = db.session.get_one(Building, building_id).subdistrict_id or 0
    return read_goods(text, [_name(item, number) for number, item in enumerate(named_items(subdistrict_id), start=1)])


def _name(item: NamedItem, number: int) -> GoodsName:
    return GoodsName(item.id, (item.name, *item.aliases), number)

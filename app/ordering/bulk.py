"""Writing very many orders inside a command: what they are given as, where they belong, and the bulk inserts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import insert, select, update

from app.access.permissions import Permission, Staff
from app.core import clock
from app.core.db import db
from app.core.errors import Conflict
from app.core.events import Actor, record
from app.ordering.gate import cycle_or_not_found
from app.ordering.models import (
    Cycle,
    CycleState,
    HouseholdOrder,
    OrderChoice,
    OrderLine,
    OrderState,
    Source,
)
from app.ordering.orders import OfferPick, choice_row, line_row, lines_of, new_code
from app.ordering.roll_call import queries as roll_call_queries
from app.ordering.rules import OfferChoice, OfferTerms, total_fen
from app.places.care.needs import door_notes
from app.places.models import Building, Household
from app.places.scope import require_subdistrict

EVENT_CHUNK = 500  # orders whose quantities one entry of the event log holds
MOST_PROBLEMS = 200
WHOLE_SCOPE_FROM = 5000  # so many households are looked up in one statement over the whole scope

Problems = dict[str, list[Any]]
Places = Mapping[int, tuple[int, int]]  # household → building, service point
Where = tuple[Places, Mapping[int, OfferTerms]]


@dataclass(frozen=True)
class OrderContact:
    """Who orders, for the call when nobody opens; purged after the cycle."""

    name: str = ""
    phone: str = ""


@dataclass(frozen=True)
class BulkOrderRow:
    """One order of an import: where it stands in the file, the household, and what it wants (offer id → units).

    `family` is 0 for the household the register knows, 1, 2 … for further families in the same flat.
    """

    row: int
    household_id: int
    picks: tuple[OfferPick, ...]
    person: OrderContact = OrderContact()
    family: int = 0


@dataclass
class ImportReport:
    """What an import did, in numbers."""

    placed: int = 0
    unchanged: int = 0
    families: int = 0
    lines: int = 0
    units: int = 0
    total_fen: int = 0
    problems: Problems = field(default_factory=dict)


def open_cycle_for(by: Actor, cycle_id: int) -> Cycle:
    """The cycle, if `by` may place orders for all of it now. Raises NotFound, Conflict."""
    cycle = cycle_or_not_found(cycle_id, "stay")
    if isinstance(by, Staff):
        require_subdistrict(by, Permission.CYCLE_EDIT, cycle.subdistrict_id)
    if cycle.state != CycleState.OPEN or clock.now() >= cycle.cutoff_at:
        raise Conflict(_l("这一批不在接单时间内，不能导入订单。"))
    return cycle


def chunks(ids: Sequence[int], size: int = 900) -> Iterable[Sequence[int]]:
    """Ids in parts that fit into one IN list."""
    return (ids[start : start + size] for start in range(0, len(ids), size))


def places_in_scope(cycle_id: int, household_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Household id → (building, service point) of the active households in the cycle's scope."""
    wanted = roll_call_queries.households_in_scope(cycle_id, Household.id, Building.id, Building.service_point_id)
    if len(household_ids) > WHOLE_SCOPE_FROM:
        return {home: (building, point) for home, building, point in db.session.execute(wanted)}
    found: dict[int, tuple[int, int]] = {}
    for ids in chunks(household_ids):
        for home, building, point in db.session.execute(wanted.where(Household.id.in_(ids))):
            found[home] = (building, point)
    return found


def standing_choices(cycle_id: int) -> dict[int | None, dict[int, int]]:
    """Household id → what its order of the cycle holds; empty for a withdrawn one."""
    found: dict[int | None, dict[int, int]] = {}
    rows = select(HouseholdOrder.household_id, OrderChoice.offer_id, OrderChoice.qty)
    rows = rows.outerjoin(OrderChoice, OrderChoice.order_id == HouseholdOrder.id)
    rows = rows.where(HouseholdOrder.cycle_id == cycle_id, HouseholdOrder.household_id.is_not(None))
    for home, offer_id, qty in db.session.execute(rows):
        choices = found.setdefault(home, {})
        if offer_id is not None:
            choices[offer_id] = qty
    return found


def _heads(
    by: Actor, cycle: Cycle, orders: Sequence[BulkOrderRow], where: Where, source: Source
) -> list[dict[str, Any]]:
    """The rows of `household_order`."""
    places, terms = where
    now, codes = clock.now(), set[str]()
    return [
        {
            "code": new_code(codes),
            "cycle_id": cycle.id,
            "household_id": order.household_id,
            "building_id": places[order.household_id][0],
            "service_point_id": places[order.household_id][1],
            "state": OrderState.PLACED.value,
            "source": source.value,
            "placed_by_kind": by.kind,
            "placed_by_id": by.id,
            "placed_at": now,
            "total_fen": total_fen(terms, [OfferChoice(pick.offer_id, pick.qty) for pick in order.picks]),
        }
        for order in orders
    ]


def insert_orders(
    by: Actor,
    cycle: Cycle,
    orders: Sequence[BulkOrderRow],
    where: Where,
    source: Source,
    report: ImportReport,
) -> None:
    """Insert orders with their choices and lines, and note their quantities in the event log; counts into `report`."""
    if not orders:
        return
    _places, terms = where
    heads = _heads(by, cycle, orders, where, source)
    returned = db.session.execute(
        insert(HouseholdOrder).returning(HouseholdOrder.household_id, HouseholdOrder.id), heads
    )
    ids = {int(home or 0): order_id for home, order_id in returned}
    _note_doors(ids)
    choices, lines = [], []
    quantities: dict[str, dict[str, int]] = {}
    for order in orders:
        order_id = ids[order.household_id]
        choices += [choice_row(order_id, pick, terms) for pick in order.picks]
        wanted = lines_of(terms, order.picks)
        lines += [line_row(order_id, cycle.id, line) for line in wanted]
        quantities[str(order_id)] = {str(item_id): qty for item_id, qty, _may in wanted}
    db.session.execute(insert(OrderChoice), choices)
    db.session.execute(insert(OrderLine), lines)
    report.placed, report.lines = len(orders), len(lines)
    report.units = sum(int(line["qty_ordered"]) for line in lines)  # type: ignore[call-overload]
    report.total_fen = sum(int(head["total_fen"]) for head in heads)
    entries = list(quantities.items())
    for start in range(0, len(entries), EVENT_CHUNK):
        part = dict(entries[start : start + EVENT_CHUNK])
        record(by, "place_many", cycle, cycle_id=cycle.id, source=source.value, revision=1, orders=part)


def _note_doors(orders: Mapping[int, int]) -> None:
    """What the door should know (敲门重一点) goes with an order of a household in care; why it is so does not."""
    notes = door_notes(list(orders))
    for household_id in sorted(notes.keys() & orders.keys()):
        own = HouseholdOrder.id == orders[household_id]
        db.session.execute(update(HouseholdOrder).where(own).values(door_note=notes[household_id]))

"""Commands that place orders for very many households at once: from a file, from standing orders, as a free pack."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import insert, select

from app.access.permissions import Permission, Staff
from app.core import clock
from app.core.db import command, db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.events import Actor, record
from app.ordering import queries_roll_call
from app.ordering.models import (
    Cycle,
    CyclePoint,
    CycleState,
    HouseholdOrder,
    Offer,
    OrderChoice,
    OrderLine,
    OrderState,
    Source,
    StandingOrder,
)
from app.ordering.orders import Pick, choice_row, limit_problems, line_row, lines_of, new_code, offer_terms
from app.ordering.rules import Choice, OfferTerms, total_fen
from app.places.models import Building, Household, HouseholdContact, Stairwell
from app.places.scope import points_in_scope, require_subdistrict

EVENT_CHUNK = 500  # orders whose quantities one entry of the event log holds
MOST_PROBLEMS = 200
WHOLE_SCOPE_FROM = 5000  # so many households are looked up in one statement over the whole scope
CONTACT_LIVES = timedelta(days=14)

Problems = dict[str, list[Any]]
Places = Mapping[int, tuple[int, int]]  # household → building, service point
Where = tuple[Places, Mapping[int, OfferTerms]]


@dataclass(frozen=True)
class Person:
    """Who orders, for the call when nobody opens; purged after the cycle."""

    name: str = ""
    phone: str = ""


@dataclass(frozen=True)
class OrderRow:
    """One order of an import: where it stands in the file, the household, and what it wants (offer id → units).

    `family` is 0 for the household the register knows, 1, 2 … for further families in the same flat.
    """

    row: int
    household_id: int
    picks: tuple[Pick, ...]
    person: Person = Person()
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


@command
def import_orders(by: Actor, cycle_id: int, rows: Iterable[OrderRow]) -> ImportReport:
    """Place the orders of a file, all or none.

    Requires: CYCLE_EDIT over the subdistrict (or the command line); the cycle is open and before its cut-off; every
    household in scope; no household twice. Ensures: an order that stands with the same content is left as it is, so
    that the same file can be read twice; a further family in a flat gets a household row of its own, `401(2)`.
    Raises: NotFound, Conflict; Invalid with a sentence per row, nothing written.
    """
    cycle = _open_cycle(by, cycle_id)
    orders = list(rows)
    report = ImportReport()
    orders = _with_families(orders, report)
    terms = offer_terms(cycle_id)
    places = _places(cycle_id, [order.household_id for order in orders])
    fresh = _fresh(cycle_id, orders, places, terms, report)
    if report.problems:
        raise Invalid(dict(list(report.problems.items())[:MOST_PROBLEMS]))
    _insert(by, cycle, fresh, (places, terms), Source.SHEET, report)
    _keep_contacts(cycle, fresh)
    record(by, "import", cycle, cycle_id=cycle_id, placed=report.placed, unchanged=report.unchanged, lines=report.lines)
    return report


def _open_cycle(by: Actor, cycle_id: int) -> Cycle:
    cycle = db.session.get(Cycle, cycle_id, populate_existing=True, with_for_update={"read": True})
    if cycle is None:
        raise NotFound
    if isinstance(by, Staff):
        require_subdistrict(by, Permission.CYCLE_EDIT, cycle.subdistrict_id)
    if cycle.state != CycleState.OPEN or clock.now() >= cycle.cutoff_at:
        raise Conflict(_l("这一批不在接单时间内，不能导入订单。"))
    return cycle


def _with_families(orders: Sequence[OrderRow], report: ImportReport) -> list[OrderRow]:
    """Give each further family of a flat its household row; families known by their phone keep theirs."""
    extra = [order for order in orders if order.family]
    if not extra:
        return list(orders)
    homes = {
        home.id: home
        for ids in _chunks([order.household_id for order in extra])
        for home in db.session.scalars(select(Household).where(Household.id.in_(ids)))
    }
    stairwells = {home.stairwell_id for home in homes.values()}
    known = {
        (home.stairwell_id, home.room_no): home.id
        for ids in _chunks(sorted(stairwells))
        for home in db.session.scalars(select(Household).where(Household.stairwell_id.in_(ids)))
    }
    settled: list[OrderRow] = []
    for order in orders:
        home = homes.get(order.household_id)
        if not order.family or home is None:
            settled.append(order)
            continue
        settled.append(_moved(order, _family_home(home, order.family, known, report)))
    return settled


def _moved(order: OrderRow, household_id: int) -> OrderRow:
    return OrderRow(order.row, household_id, order.picks, order.person)


def _family_home(home: Household, family: int, known: dict[tuple[int, str], int], report: ImportReport) -> int:
    room_no = f"{home.room_no}({family + 1})"
    if (home.stairwell_id, room_no) not in known:
        row = Household(
            stairwell_id=home.stairwell_id,
            room_no=room_no,
            sort_key=f"{home.sort_key}\x1f({family + 1})",
            floor=home.floor,
        )
        db.session.add(row)
        db.session.flush()
        known[home.stairwell_id, room_no] = row.id
        report.families += 1
    return known[home.stairwell_id, room_no]


def _chunks(ids: Sequence[int], size: int = 900) -> Iterable[Sequence[int]]:
    return (ids[start : start + size] for start in range(0, len(ids), size))


def _places(cycle_id: int, household_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Household id → (building, service point) of the active households in the cycle's scope."""
    wanted = queries_roll_call.households_in_scope(cycle_id, Household.id, Building.id, Building.service_point_id)
    if len(household_ids) > WHOLE_SCOPE_FROM:
        return {home: (building, point) for home, building, point in db.session.execute(wanted)}
    found: dict[int, tuple[int, int]] = {}
    for ids in _chunks(household_ids):
        for home, building, point in db.session.execute(wanted.where(Household.id.in_(ids))):
            found[home] = (building, point)
    return found


def _fresh(
    cycle_id: int,
    orders: Sequence[OrderRow],
    places: Mapping[int, tuple[int, int]],
    terms: Mapping[int, OfferTerms],
    report: ImportReport,
) -> list[OrderRow]:
    """The orders to be written; what stands already is counted, what cannot be is a problem of its row."""
    standing = _standing_choices(cycle_id)
    seen: set[int] = set()
    fresh: list[OrderRow] = []
    for order in orders:
        sentence = _problem(order, seen, places, terms)
        before = standing.get(order.household_id)
        if sentence is None and before is not None and before != {pick.offer_id: pick.qty for pick in order.picks}:
            sentence = _l("这一户在这一批已有不同的订单，请在订单页处理后再导入。")
        if sentence is not None:
            report.problems[str(order.row)] = [sentence]
        elif before is not None:
            report.unchanged += 1
        else:
            fresh.append(order)
        seen.add(order.household_id)
    return fresh


def _problem(
    order: OrderRow,
    seen: set[int],
    places: Mapping[int, tuple[int, int]],
    terms: Mapping[int, OfferTerms],
) -> Any:
    if order.household_id not in places:
        return _l("这一户不在这一批的范围内。")
    if order.household_id in seen:
        return _l("同一户在文件里出现了两次。")
    if not order.picks or any(pick.qty < 1 for pick in order.picks):
        return _l("这一单没有有效的数量。")
    if any(pick.offer_id not in terms for pick in order.picks):
        return _l("有商品不在这一批的可选清单里。")
    problems, is_hard = limit_problems(terms, order.picks)
    return next(iter(problems.values()))[0] if is_hard else None


def _standing_choices(cycle_id: int) -> dict[int, dict[int, int]]:
    """Household id → what its order of the cycle holds; empty for a withdrawn one."""
    found: dict[int, dict[int, int]] = {}
    rows = select(HouseholdOrder.household_id, OrderChoice.offer_id, OrderChoice.qty)
    rows = rows.outerjoin(OrderChoice, OrderChoice.order_id == HouseholdOrder.id)
    for home, offer_id, qty in db.session.execute(rows.where(HouseholdOrder.cycle_id == cycle_id)):
        choices = found.setdefault(home, {})
        if offer_id is not None:
            choices[offer_id] = qty
    return found


def _insert(
    by: Actor,
    cycle: Cycle,
    orders: Sequence[OrderRow],
    where: Where,
    source: Source,
    report: ImportReport,
) -> None:
    if not orders:
        return
    places, terms = where
    now, codes = clock.now(), set[str]()
    heads = [
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
            "total_fen": total_fen(terms, [Choice(pick.offer_id, pick.qty) for pick in order.picks]),
        }
        for order in orders
    ]
    returned = db.session.execute(
        insert(HouseholdOrder).returning(HouseholdOrder.household_id, HouseholdOrder.id), heads
    )
    ids: dict[int, int] = {int(home): int(order_id) for home, order_id in returned}
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
    report.total_fen = sum(int(head["total_fen"]) for head in heads)  # type: ignore[call-overload]
    entries = list(quantities.items())
    for start in range(0, len(entries), EVENT_CHUNK):
        part = dict(entries[start : start + EVENT_CHUNK])
        record(by, "place_many", cycle, cycle_id=cycle.id, source=source.value, revision=1, orders=part)


def _keep_contacts(cycle: Cycle, orders: Sequence[OrderRow]) -> None:
    """Remember how to reach who ordered, until two weeks after delivery; what is known already stays."""
    named = {order.household_id: order.person for order in orders if order.person.phone or order.person.name}
    known: set[int] = set()
    for ids in _chunks(sorted(named)):
        known.update(
            db.session.scalars(select(HouseholdContact.household_id).where(HouseholdContact.household_id.in_(ids)))
        )
    rows = [
        {
            "household_id": home,
            "name": person.name or None,
            "phone": person.phone or None,
            "purge_on": cycle.deliver_on + CONTACT_LIVES,
        }
        for home, person in named.items()
        if home not in known
    ]
    if rows:
        db.session.execute(insert(HouseholdContact), rows)


@command
def place_standing_orders(by: Staff, cycle_id: int) -> ImportReport:
    """Place the standing orders that fall on the day of delivery, for households that have not ordered themselves.

    Requires: CYCLE_EDIT; the cycle takes orders. Ensures: items that the cycle does not offer singly are left out and
    counted in `problems`. Raises: NotFound, Conflict.
    """
    cycle = _open_cycle(by, cycle_id)
    terms = offer_terms(cycle_id)
    offer_of = {
        offer.item_id: offer.id
        for offer in db.session.scalars(select(Offer).where(Offer.cycle_id == cycle_id, Offer.is_listed))
        if offer.item_id is not None
    }
    due = [o for o in db.session.scalars(select(StandingOrder).where(StandingOrder.is_active)) if is_due(o, cycle)]
    places = _places(cycle_id, [standing.household_id for standing in due])
    has_one = _standing_choices(cycle_id)
    report = ImportReport()
    rows: list[OrderRow] = []
    for standing in due:
        if standing.household_id in has_one or standing.household_id not in places:
            continue
        wanted = {int(item_id): int(qty) for item_id, qty in standing.wanted.items()}
        picks = tuple(Pick(offer_of[i], qty) for i, qty in sorted(wanted.items()) if i in offer_of and qty > 0)
        if len(picks) < len(wanted):
            report.problems[str(standing.id)] = [_l("长期订单里有商品不在这一批的清单里。")]
        if picks:
            rows.append(OrderRow(standing.id, standing.household_id, picks))
    _insert(by, cycle, rows, (places, terms), Source.STANDING, report)
    record(by, "place_standing", cycle, cycle_id=cycle_id, placed=report.placed)
    return report


def is_due(standing: StandingOrder, cycle: Cycle) -> bool:
    """Whether a standing order falls on the cycle's day of delivery."""
    days = (_day(cycle) - standing.starts_on).days
    return days >= 0 and days % standing.every_days == 0


def _day(cycle: Cycle) -> date:
    return cycle.deliver_on


@command
def give_free_pack(by: Staff, cycle_id: int, offer_id: int) -> ImportReport:
    """Place one unit of a free offer for each active household in scope that has no order in the cycle yet.

    Requires: CYCLE_EDIT; the cycle takes orders; the offer costs nothing. Raises: NotFound, Conflict.
    """
    cycle = _open_cycle(by, cycle_id)
    terms = offer_terms(cycle_id)
    if offer_id not in terms:
        raise NotFound
    if terms[offer_id].price_fen:
        raise Conflict(_("“%(name)s”不是免费的，不能当作免费包发给每一户。", name=terms[offer_id].name))
    report = ImportReport()
    homes = queries_roll_call.households_in_scope(cycle_id, Household.id, Building.id, Building.service_point_id)
    places = {home: (building, point) for home, building, point in db.session.execute(homes)}
    has_one = _standing_choices(cycle_id)
    rows = [OrderRow(0, home, (Pick(offer_id, 1),)) for home in sorted(places) if home not in has_one]
    _insert(by, cycle, rows, (places, terms), Source.FREE, report)
    record(by, "give_free_pack", cycle, cycle_id=cycle_id, offer_id=offer_id, placed=report.placed)
    return report


def register_of_cycle(by: Actor, cycle_id: int) -> list[tuple[int, str, str, str, str, str, str]]:
    """Every active household in a cycle's scope, for reading an order file against it.

    (household id, compound code, compound name, building code, building label, stairwell label, room). One statement.
    Raises NotFound for an unknown cycle.
    """
    from app.places.models import Compound, ServicePoint

    if db.session.get(Cycle, cycle_id) is None:
        raise NotFound
    found = (
        select(
            Household.id,
            Compound.code,
            Compound.name,
            Building.code,
            Building.label,
            Stairwell.label,
            Household.room_no,
        )
        .join(Stairwell, Household.stairwell_id == Stairwell.id)
        .join(Building, Stairwell.building_id == Building.id)
        .join(Compound, Building.compound_id == Compound.id)
        .join(ServicePoint, Building.service_point_id == ServicePoint.id)
        .join(CyclePoint, CyclePoint.service_point_id == ServicePoint.id)
        .where(CyclePoint.cycle_id == cycle_id, Household.is_active)
    )
    if isinstance(by, Staff):
        found = found.where(points_in_scope(by, Permission.CYCLE_EDIT))
    return [
        tuple(str(cell or "") if place else cell for place, cell in enumerate(row)) for row in db.session.execute(found)
    ]  # type: ignore[misc]

"""Placing one household's order inside a command: the one way in for residents, captains, leaders and imports.

What happens when the household has an order already is always said by the caller:

    if_exists    order stands (placed)                  order was withdrawn
    refuse       Conflict, nothing written              placed anew
    replace      the new basket becomes a new revision  placed anew
    add          quantities are added offer by offer    placed anew
    keep         returned as it is, nothing written     placed anew
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import cast

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Integer, Table, bindparam, delete, insert, select
from sqlalchemy.orm import selectinload

from app.access.models import MovedIn
from app.access.permissions import Permission, Resident, Staff
from app.access.sessions import extend_token
from app.core import clock
from app.core.db import check_version, db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.events import Actor, record
from app.core.lookup import or_not_found
from app.core.states import advance
from app.ordering.gate import cycle_at_point, is_order_of, order_place
from app.ordering.models import (
    Cycle,
    CycleState,
    HouseholdOrder,
    OrderChoice,
    OrderLine,
    OrderState,
    Source,
)
from app.ordering.remarks import wording
from app.ordering.rules import (
    OfferChoice,
    OfferTerms,
    items_of_choices,
    limit_breaches,
    order_code,
    order_code_count,
    total_fen,
)
from app.ordering.shelf.listing import listing
from app.places.models import Building, Household, Stairwell
from app.places.scope import require_building

LIVES_AFTER_CUTOFF = timedelta(days=14)


class IfExists(StrEnum):
    """What to do with an order the household has already."""

    REFUSE = "refuse"
    REPLACE = "replace"
    ADD = "add"
    KEEP = "keep"


@dataclass(frozen=True)
class OfferPick:
    """`qty` units of an offer, and whether something like it may be sent instead."""

    offer_id: int
    qty: int
    is_substitutable: bool = True


@dataclass(frozen=True)
class PlaceOrder:
    """An order for one household. `seen_version`: the version of the order that the person looked at, if any."""

    cycle_id: int
    household_id: int
    picks: tuple[OfferPick, ...]
    source: Source = Source.FORM
    if_exists: IfExists = IfExists.REFUSE
    seen_version: int | None = None
    accepts_soft_limits: bool = False
    door_note: str = ""
    remark: str = ""
    other_need: str = ""


class NotProven(Conflict):
    """The phone came by its room alone, and the order of this household is not its own: somebody has to ask first."""


class SoftLimit(Invalid):
    """The basket exceeds what is advised; sending it again with consent goes through."""


def save_order(by: Actor, wanted: PlaceOrder, claimed_at: int | None = None) -> HouseholdOrder:
    """Inside a command: place, change or add to the order of a household. An order that stands keeps its service point.

    claimed_at: the point of a claim that was left before the cut-off; its caller knows that it may still be taken.

    Requires: the cycle takes orders at this instant (server clock) and the household lives in its scope.
    Ensures: one order per household and cycle; lines are the basket taken apart and merged by item, every unit open;
    prices are the offers'; the event log keeps the quantities of each revision; see `take_over` for whose it then is.
    Raises: NotFound, Conflict (cut-off, existing order, stale), Invalid (limits, empty), SoftLimit, NotProven.
    """
    place = order_place(by, wanted.cycle_id, wanted.household_id)
    order = order_of(wanted.cycle_id, wanted.household_id, is_locked=True) if place.has_order else None
    point_id = point_of(order, claimed_at or place.point_id)
    cycle = place.cycle if point_id == place.point_id else cycle_at_point(wanted.cycle_id, point_id)
    if cycle is None:
        raise NotFound
    if claimed_at is None:  # a claim was left in time, and no other tally would count its order
        require_taking_orders(cycle)
    if order is not None and not is_own(by, order):
        raise NotProven(_("还差一步：这一单要和您核对一下。请留个电话。"))
    stands = order is not None and order.state == OrderState.PLACED
    if order is not None and wanted.seen_version is not None:
        check_version(order, wanted.seen_version)
    picks = _merged(wanted.picks)
    if order is not None and stands:
        if wanted.if_exists == IfExists.KEEP:
            return order
        if wanted.if_exists == IfExists.REFUSE:
            raise Conflict(_("这一户已有订单（%(source)s），没有重复下单。请打开原订单修改。", source=_source(order)))
        if wanted.if_exists == IfExists.ADD:
            picks = _merged([*_picks_of(order), *picks])
    terms = listing(cycle.id, place.stamps).terms
    _check(terms, picks, wanted.accepts_soft_limits)
    if order is None:
        order = _new_order(by, wanted, place.building_id, point_id)
    else:
        take_over(by, order)  # first: it looks at when the order was placed
        _reopen(order, point_id)
    _write(by, order, wanted, terms, picks, place.usual_note)
    if isinstance(by, Resident):
        extend_token(by, token_expiry(cycle.cutoff_at))
    return order


def token_expiry(cutoff_at: datetime) -> datetime:
    """How long a phone remembers a household that ordered in a cycle: two weeks after its cut-off."""
    return max(cutoff_at, clock.now()) + LIVES_AFTER_CUTOFF


def point_of(order: HouseholdOrder | None, otherwise: int) -> int:
    """The point that an order belongs to: its own while it stands; one that is placed anew goes where new ones go."""
    return otherwise if order is None or order.state == OrderState.WITHDRAWN else order.service_point_id


def is_own(by: Actor, order: HouseholdOrder) -> bool:
    """Whether an order of its household is one that a phone may act on; staff act on what lies in their scope."""
    return not isinstance(by, Resident) or by.knows(order.hand, order.placed_at)


def take_over(by: Actor, order: HouseholdOrder) -> None:
    """Inside a command: an order that somebody else changes is no longer that of the phone which made it by room alone.

    Ensures: such a phone neither sees it any more nor gets in with the code that it read. One of those who moved out
    is from now on that of the household which lives there now.
    """
    hand = by.hand if isinstance(by, Resident) else ""
    moved_in = db.session.get(MovedIn, order.household_id or 0)
    if moved_in is not None and order.placed_at < moved_in.since:
        order.code, order.placed_at = new_code(set()), clock.now()
    if order.hand and order.hand != hand:
        order.code = new_code(set())
        order.hand = hand


def household_place(by: Actor, household_id: int, permission: Permission) -> Building:
    """The building of an active household that `by` may act for. Raises NotFound."""
    found = (
        select(Building)
        .join(Stairwell, Stairwell.building_id == Building.id)
        .join(Household, Household.stairwell_id == Stairwell.id)
        .where(Household.id == household_id, Household.is_active)
    )
    building = or_not_found(db.session.scalar(found))
    if isinstance(by, Staff):
        require_building(by, permission, building.id)
    elif isinstance(by, Resident) and by.household_id != household_id:
        raise NotFound
    return building


def cycle_taking_orders(cycle_id: int, service_point_id: int) -> Cycle:
    """The cycle, if it takes orders of this point now. Raises NotFound (not in scope) or Conflict (not now)."""
    cycle = cycle_at_point(cycle_id, service_point_id, lock="stay")
    require_taking_orders(cycle)
    return cycle


def require_taking_orders(cycle: Cycle) -> None:
    """Raises Conflict unless the cycle takes orders at this instant."""
    if cycle.state == CycleState.DRAFT or (cycle.state == CycleState.OPEN and clock.now() < cycle.opens_at):
        raise Conflict(_l("这一批还没有开始接单。"))
    if cycle.state != CycleState.OPEN or clock.now() >= cycle.cutoff_at:
        raise Conflict(_l("已过截单时间，不能再下单或修改。如有急需，请联系楼长或点位。"))


_ORDER = (
    select(HouseholdOrder)
    .where(is_order_of(bindparam("home", type_=Integer), bindparam("cycle", type_=Integer)))
    .options(selectinload(HouseholdOrder.choices))
    .execution_options(populate_existing=True)
)
_ORDER_LOCKED = _ORDER.with_for_update(of=HouseholdOrder)


def order_of(cycle_id: int, household_id: int, *, is_locked: bool = False) -> HouseholdOrder | None:
    """The household's order in the cycle with its choices, as stored now. `is_locked`: nobody else changes it before
    the command is over; what it holds is read behind the lock."""
    found = _ORDER_LOCKED if is_locked else _ORDER
    return db.session.scalar(found, {"cycle": cycle_id, "home": household_id})


def offer_terms(cycle_id: int) -> Mapping[int, OfferTerms]:
    """What may be picked in a cycle: offer id → terms. One statement."""
    return listing(cycle_id).terms


def new_code(taken: set[str]) -> str:
    """A random order code that is not in `taken`, and now is. Meeting a stored one is left to the unique key."""
    while True:
        code = order_code(secrets.randbelow(order_code_count()))
        if code not in taken:
            taken.add(code)
            return code


def lines_of(terms: Mapping[int, OfferTerms], picks: Sequence[OfferPick]) -> list[tuple[int, int, bool]]:
    """(item id, sale units, may be substituted) of a basket, merged by item, in order of item.

    An item reached by several picks may be substituted only if each of them allows it.
    """
    units = items_of_choices(terms, [OfferChoice(pick.offer_id, pick.qty) for pick in picks])
    refused = {part.item_id for pick in picks if not pick.is_substitutable for part in terms[pick.offer_id].components}
    return [(item_id, qty, item_id not in refused) for item_id, qty in units.items()]


def limit_problems(terms: Mapping[int, OfferTerms], picks: Sequence[OfferPick]) -> tuple[dict[str, list[object]], bool]:
    """Sentences by form field for every limit exceeded, and whether any of them is hard."""
    found = limit_breaches(terms, [OfferChoice(pick.offer_id, pick.qty) for pick in picks])
    hard = [breach for breach in found if breach.is_hard]
    problems: dict[str, list[object]] = {}
    for breach in hard or found:
        problems.setdefault(f"qty_{breach.offer_id}" if breach.offer_id else "", []).append(breach.said)
    return problems, bool(hard)


def _check(terms: Mapping[int, OfferTerms], picks: Sequence[OfferPick], accepts_soft: bool) -> None:
    unknown = [pick for pick in picks if pick.offer_id not in terms]
    if unknown:
        raise Invalid(_l("有商品已不在这一批的清单里，请刷新页面重新选择。"))
    if not picks:
        raise Invalid(_l("还没有选商品，请至少选一份。"))
    problems, is_hard = limit_problems(terms, picks)
    if is_hard:
        raise Invalid(problems)
    if problems and not accepts_soft:
        raise SoftLimit(problems)


def _merged(picks: Iterable[OfferPick]) -> list[OfferPick]:
    merged: dict[int, OfferPick] = {}
    for pick in picks:
        if pick.qty < 0:
            raise Invalid(_l("数量不能是负数。"))
        before = merged.get(pick.offer_id)
        qty = pick.qty + (before.qty if before else 0)
        may = pick.is_substitutable and (before.is_substitutable if before else True)
        merged[pick.offer_id] = OfferPick(pick.offer_id, qty, may)
    if any(pick.qty > 999 for pick in merged.values()):
        raise Invalid(_l("单个商品最多 999 份。"))
    return [pick for _offer_id, pick in sorted(merged.items()) if pick.qty]


def _picks_of(order: HouseholdOrder) -> list[OfferPick]:
    return [OfferPick(choice.offer_id, choice.qty, choice.is_substitutable) for choice in order.choices]


def _source(order: HouseholdOrder) -> str:
    return Source(order.source).label


_NEW_CHOICES = insert(cast(Table, OrderChoice.__table__))
_NEW_LINES = insert(cast(Table, OrderLine.__table__))


def _new_order(by: Actor, wanted: PlaceOrder, building_id: int, point_id: int) -> HouseholdOrder:
    """An order that is not in the session yet: it is written once, when all of it is known."""
    return HouseholdOrder(
        code=new_code(set()),
        cycle_id=wanted.cycle_id,
        household_id=wanted.household_id,
        building_id=building_id,
        service_point_id=point_id,
        revision=1,
        placed_at=clock.now(),
        hand=by.hand if isinstance(by, Resident) else "",
        door_note="",
        remark="",
        other_need="",
    )


def _reopen(order: HouseholdOrder, point_id: int) -> None:
    """Make room for the next revision; one that was withdrawn counts as placed now, where it belongs now."""
    if order.state == OrderState.WITHDRAWN:
        advance(order, OrderState.PLACED)
        order.placed_at, order.service_point_id = clock.now(), point_id
    clear_order(order)
    order.revision += 1


def _write(
    by: Actor,
    order: HouseholdOrder,
    wanted: PlaceOrder,
    terms: Mapping[int, OfferTerms],
    picks: Sequence[OfferPick],
    usual: str,
) -> None:
    """Make the basket the order's content. Words that refuse substitutes count for every line."""
    order.total_fen = total_fen(terms, [OfferChoice(pick.offer_id, pick.qty) for pick in picks])
    said = wording.save_remarks(order, wanted.door_note, wanted.remark, wanted.other_need, usual)
    if said.refuses_substitutes:
        picks = [replace(pick, is_substitutable=False) for pick in picks]
    order.source = wanted.source
    order.placed_by_kind, order.placed_by_id = by.kind, by.id
    db.session.add(order)
    db.session.flush()
    lines = lines_of(terms, picks)
    connection = db.session.connection()
    connection.execute(_NEW_CHOICES, [choice_row(order.id, pick, terms) for pick in picks])
    connection.execute(_NEW_LINES, [line_row(order.id, order.cycle_id, line) for line in lines])
    db.session.expire(order, ["choices", "lines"])
    record(
        by,
        "place" if order.revision == 1 else "amend",
        order,
        cycle_id=order.cycle_id,
        revision=order.revision,
        source=str(order.source),
        total_fen=order.total_fen,
        quantities={str(item_id): qty for item_id, qty, _may in lines},
    )


def choice_row(order_id: int, pick: OfferPick, terms: Mapping[int, OfferTerms]) -> dict[str, object]:
    """One row of `order_choice`, with the offer's price as it is now."""
    return {
        "order_id": order_id,
        "offer_id": pick.offer_id,
        "qty": pick.qty,
        "unit_price_fen": terms[pick.offer_id].price_fen,
        "is_substitutable": pick.is_substitutable,
    }


def line_row(order_id: int, cycle_id: int, line: tuple[int, int, bool]) -> dict[str, object]:
    """One row of `order_line` with every unit open."""
    item_id, qty, is_substitutable = line
    return {
        "order_id": order_id,
        "cycle_id": cycle_id,
        "item_id": item_id,
        "is_substitutable": is_substitutable,
        "qty_ordered": qty,
        "qty_open": qty,
    }


def clear_order(order: HouseholdOrder) -> None:
    """Inside a command, before the lock: take lines and choices from an order; the event log keeps what they were."""
    db.session.execute(delete(OrderLine).where(OrderLine.order_id == order.id))
    db.session.execute(delete(OrderChoice).where(OrderChoice.order_id == order.id))
    db.session.expire(order, ["choices", "lines"])

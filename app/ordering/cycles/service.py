"""Commands on a cycle: create, edit, offers, open, lock, close, cancel."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, func, insert, literal, select, update
from sqlalchemy.orm import selectinload

from app.access.permissions import Permission, Staff
from app.catalog.models import Bundle, Item
from app.catalog.scope import within
from app.core import clock
from app.core.db import check_version, command, db
from app.core.errors import Conflict, Invalid
from app.core.events import record
from app.core.lookup import or_not_found
from app.core.states import advance, is_legal
from app.ordering import stages
from app.ordering.cycles.moving import buildings_with_orders
from app.ordering.cycles.schemas import EditCycle, EditOffers, Lock
from app.ordering.gate import require_cycle
from app.ordering.models import (
    Cycle,
    CyclePoint,
    CycleState,
    HouseholdOrder,
    Offer,
    OfferComponent,
    OrderLine,
    OrderState,
    RollCall,
    RollCallOutcome,
    Stage,
)
from app.ordering.roll_call import queries as roll_call_queries
from app.ordering.rules import TERMINAL
from app.ordering.standing import service as standing_service
from app.places.buildings import moves
from app.places.models import Community, ServicePoint
from app.places.scope import require_subdistrict


@command
def create_cycle(by: Staff, subdistrict_id: int, wanted: EditCycle) -> Cycle:
    """Start a cycle as a draft.

    Requires: CYCLE_EDIT over the subdistrict; dates in order; points of the subdistrict. Raises: NotFound, Invalid.
    """
    require_subdistrict(by, Permission.CYCLE_EDIT, subdistrict_id)
    cycle = Cycle(subdistrict_id=subdistrict_id, name="", opens_at=wanted.opens_at, cutoff_at=wanted.cutoff_at)
    _describe(cycle, wanted)
    db.session.add(cycle)
    db.session.flush()
    _set_points(cycle, wanted.point_ids)
    record(by, "create", cycle, cycle_id=cycle.id, points=len(wanted.point_ids))
    return cycle


@command
def edit_cycle(by: Staff, cycle_id: int, wanted: EditCycle) -> Cycle:
    """Change name, dates and policy; the points too while it is a draft.

    Requires: the cycle is a draft or open (an open one may get a later cut-off). Raises: NotFound, Invalid, Conflict.
    """
    cycle = require_cycle(by, Permission.CYCLE_EDIT, cycle_id, CycleState.DRAFT, CycleState.OPEN, lock="change")
    check_version(cycle, wanted.version)
    if cycle.state == CycleState.OPEN and wanted.cutoff_at != cycle.cutoff_at and wanted.cutoff_at <= clock.now():
        raise Invalid({"cutoff_at": [_l("截单时间要晚于现在。")]})
    _describe(cycle, wanted)
    if cycle.state == CycleState.DRAFT:
        _set_points(cycle, wanted.point_ids)
    elif set(wanted.point_ids) != set(_point_ids(cycle.id)):
        raise Conflict(_l("开始接单以后不能再增减点位。"))
    record(by, "edit", cycle, cycle_id=cycle.id, points=len(wanted.point_ids))
    return cycle


def _describe(cycle: Cycle, wanted: EditCycle) -> None:
    problems: dict[str, list[object]] = {}
    if wanted.cutoff_at <= wanted.opens_at:
        problems["cutoff_at"] = [_l("截单时间要晚于开始时间。")]
    if wanted.deliver_on < clock.to_local(wanted.cutoff_at).date():
        problems["deliver_on"] = [_l("送货日期不能早于截单日期。")]
    if problems:
        raise Invalid(problems)
    cycle.name, cycle.policy = wanted.name, wanted.policy
    cycle.opens_at, cycle.cutoff_at, cycle.deliver_on = wanted.opens_at, wanted.cutoff_at, wanted.deliver_on


def _set_points(cycle: Cycle, point_ids: Iterable[int]) -> None:
    wanted = sorted(set(point_ids))
    found = select(ServicePoint.id).join(Community).where(Community.subdistrict_id == cycle.subdistrict_id)
    known = set(db.session.scalars(found))
    if not wanted or not known.issuperset(wanted):
        raise Invalid({"points": [_l("请至少选一个本街道的点位。")]})
    db.session.execute(delete(CyclePoint).where(CyclePoint.cycle_id == cycle.id))
    db.session.execute(insert(CyclePoint), [{"cycle_id": cycle.id, "service_point_id": i} for i in wanted])


def _point_ids(cycle_id: int) -> list[int]:
    return list(db.session.scalars(select(CyclePoint.service_point_id).where(CyclePoint.cycle_id == cycle_id)))


@command
def edit_offers(by: Staff, cycle_id: int, wanted: EditOffers) -> Cycle:
    """Change prices, limits and listing of offers, and add items and bundles of the catalogue.

    Requires: the cycle is a draft. Ensures: an added offer takes the catalogue's price and composition as they are
    now. Raises: NotFound, Conflict, Invalid.
    """
    cycle = require_cycle(by, Permission.CYCLE_EDIT, cycle_id, CycleState.DRAFT, lock="change")
    offers = {offer.id: offer for offer in db.session.scalars(select(Offer).where(Offer.cycle_id == cycle_id))}
    for change in wanted.changes:
        offer = or_not_found(offers.get(change.offer_id))
        offer.price_fen, offer.limit_per_household = change.price_fen, change.limit
        offer.is_soft_limit, offer.is_listed = change.is_soft, change.is_listed
    position = max((offer.position for offer in offers.values()), default=-1) + 1
    added = [*_item_offers(cycle, wanted.add_item_ids, offers.values())]
    added += _bundle_offers(cycle, wanted.add_bundle_ids, offers.values())
    for place, offer in enumerate(added, start=position):
        offer.position = place
        db.session.add(offer)
    record(by, "edit_offers", cycle, cycle_id=cycle_id, changed=len(wanted.changes), added=len(added))
    return cycle


@command
def add_all_items(by: Staff, cycle_id: int) -> int:
    """Offer every active item and bundle of the catalogue that is not offered yet. Returns how many were added.

    Requires: the cycle is a draft. Raises: NotFound, Conflict.
    """
    cycle = require_cycle(by, Permission.CYCLE_EDIT, cycle_id, CycleState.DRAFT, lock="change")
    present = list(db.session.scalars(select(Offer).where(Offer.cycle_id == cycle_id)))
    items = _in_order_of_the_catalogue(cycle)
    own = within(Bundle, [cycle.subdistrict_id])
    bundles = list(db.session.scalars(select(Bundle.id).where(Bundle.is_active, own).order_by(Bundle.id)))
    added = [*_bundle_offers(cycle, bundles, present), *_item_offers(cycle, items, present)]
    start = max((offer.position for offer in present), default=-1) + 1
    for place, offer in enumerate(added, start=start):
        offer.position = place
    db.session.add_all(added)
    record(by, "edit_offers", cycle, cycle_id=cycle_id, added=len(added))
    return len(added)


def _in_order_of_the_catalogue(cycle: Cycle) -> list[int]:
    """Active items, category after category as the catalogue first names them: greens before milk powder."""
    sold = select(Item.id, Item.category).where(Item.is_active, within(Item, [cycle.subdistrict_id]))
    found = db.session.execute(sold.order_by(Item.id)).all()
    rank = {category: place for place, category in enumerate(dict.fromkeys(category for _id, category in found))}
    return [item_id for item_id, category in sorted(found, key=lambda row: (rank[row[1]], row[0]))]


def _item_offers(cycle: Cycle, item_ids: Iterable[int], present: Iterable[Offer]) -> list[Offer]:
    there = {offer.item_id for offer in present}
    ids = [item_id for item_id in dict.fromkeys(item_ids) if item_id not in there]
    sold = select(Item).where(Item.id.in_(ids), Item.is_active, within(Item, [cycle.subdistrict_id]))
    found = {item.id: item for item in db.session.scalars(sold)}
    if len(found) != len(ids):
        raise Invalid({"items": [_l("有商品已停用或不存在，请刷新后重选。")]})
    return [
        Offer(
            cycle_id=cycle.id,
            item_id=item_id,
            name=found[item_id].name,
            price_fen=found[item_id].list_price_fen,
            components=[OfferComponent(item_id=item_id, qty=1)],
        )
        for item_id in ids
    ]


def _bundle_offers(cycle: Cycle, bundle_ids: Iterable[int], present: Iterable[Offer]) -> list[Offer]:
    there = {offer.bundle_id for offer in present}
    ids = [bundle_id for bundle_id in dict.fromkeys(bundle_ids) if bundle_id not in there]
    sold = select(Bundle).where(Bundle.id.in_(ids), Bundle.is_active, within(Bundle, [cycle.subdistrict_id]))
    query = sold.options(selectinload(Bundle.components))
    found = {bundle.id: bundle for bundle in db.session.scalars(query)}
    if len(found) != len(ids) or any(not bundle.components for bundle in found.values()):
        raise Invalid({"bundles": [_l("有套餐已停用、不存在或还没有内容，请先在商品页补齐。")]})
    return [
        Offer(
            cycle_id=cycle.id,
            bundle_id=bundle_id,
            name=found[bundle_id].name,
            price_fen=found[bundle_id].list_price_fen,
            components=[OfferComponent(item_id=part.item_id, qty=part.qty) for part in found[bundle_id].components],
        )
        for bundle_id in ids
    ]


@command
def open_cycle(by: Staff, cycle_id: int) -> Cycle:
    """Let orders in from `opens_at` on.

    Requires: a draft with at least one listed offer, points, and a cut-off ahead. Ensures: buildings that waited to go
    to one of these points go, unless their present point takes orders in another cycle; standing orders that fall due
    are booked. Raises: NotFound, Conflict.
    """
    cycle = require_cycle(by, Permission.CYCLE_EDIT, cycle_id, lock="change")
    advance(cycle, CycleState.OPEN)
    offers = db.session.scalar(select(func.count()).where(Offer.cycle_id == cycle_id, Offer.is_listed))
    if not offers:
        raise Conflict(_l("可选清单是空的，请先加入商品。"))
    if not _point_ids(cycle_id):
        raise Conflict(_l("还没有参加的点位，请先选点位。"))
    if cycle.cutoff_at <= clock.now():
        raise Conflict(_l("截单时间已过，请先改截单时间。"))
    moves.move_waiting(_point_ids(cycle_id), _points_taking_orders(cycle_id))
    record(by, "open", cycle, cycle_id=cycle_id, offers=offers)
    standing_service.book_due(by, cycle)
    return cycle


def _points_taking_orders(without: int) -> list[int]:
    found = select(CyclePoint.service_point_id).join(Cycle, Cycle.id == CyclePoint.cycle_id)
    return list(db.session.scalars(found.where(Cycle.state == CycleState.OPEN, Cycle.id != without)))


@command
def lock_cycle(by: Staff, cycle_id: int, wanted: Lock) -> Cycle:
    """Cut off: every placed order locks with the cycle, in one transaction.

    Requires: the cut-off has passed or `is_early`; every active household in scope has an outcome (E11), or
    `is_override`: then `by` answers for the missing ones, which are written down as unreachable.
    Ensures: one roll-call row per active household; no order of the cycle is left as placed.
    Raises: NotFound, Conflict.
    """
    cycle = require_cycle(by, Permission.CYCLE_EDIT, cycle_id, lock="change")
    advance(cycle, CycleState.LOCKED)
    now = clock.now()
    if now < cycle.cutoff_at and not wanted.is_early:
        raise Conflict(_l("还没有到截单时间。如要提前截单，请勾选“提前截单”。"))
    missing = roll_call_queries.missing_count(cycle_id)
    if missing and not wanted.is_override:
        raise Conflict(_("还有 %(n)s 户没有点名结果。请先点名，或由您负责把他们记为“联系不上”后截单。", n=missing))
    if now < cycle.cutoff_at:
        cycle.cutoff_at = max(now, cycle.opens_at + timedelta(seconds=1))
    db.session.flush()
    _complete_roll_call(by, cycle_id)
    locked = _lock_orders(cycle_id)
    record(
        by,
        "lock",
        cycle,
        cycle_id=cycle_id,
        orders=locked,
        overridden=missing,
        is_early=wanted.is_early,
    )
    return cycle


def _complete_roll_call(by: Staff, cycle_id: int) -> None:
    """Households with an order count as ordered, whatever was noted before; the rest without one as unreachable."""
    ordered = select(HouseholdOrder.household_id).where(
        HouseholdOrder.cycle_id == cycle_id, HouseholdOrder.state == OrderState.PLACED
    )
    db.session.execute(
        delete(RollCall).where(
            RollCall.cycle_id == cycle_id,
            RollCall.household_id.in_(ordered) | (RollCall.outcome == RollCallOutcome.ORDERED),
        )
    )
    columns = ["cycle_id", "household_id", "outcome", "is_override", "recorded_by_id", "at"]
    now = clock.now()
    placed = select(
        literal(cycle_id),
        HouseholdOrder.household_id,
        literal(RollCallOutcome.ORDERED.value),
        literal(False, RollCall.is_override.type),
        literal(None, RollCall.recorded_by_id.type),
        literal(now, RollCall.at.type),
    ).where(HouseholdOrder.cycle_id == cycle_id, HouseholdOrder.state == OrderState.PLACED)
    db.session.execute(insert(RollCall).from_select(columns, placed, include_defaults=False))
    rest = roll_call_queries.households_in_scope(
        cycle_id,
        literal(cycle_id),
        roll_call_queries.HOUSEHOLD_ID,
        literal(RollCallOutcome.UNREACHABLE.value),
        literal(True, RollCall.is_override.type),
        literal(by.id),
        literal(now, RollCall.at.type),
    ).where(~roll_call_queries.has_outcome(cycle_id))
    db.session.execute(insert(RollCall).from_select(columns, rest, include_defaults=False))


def _lock_orders(cycle_id: int) -> int:
    """Lock every placed order: the legal step placed → locked, for all of them in one statement."""
    change = (
        update(HouseholdOrder)
        .where(HouseholdOrder.cycle_id == cycle_id, HouseholdOrder.state == OrderState.PLACED)
        .values(state=OrderState.LOCKED.value, version=HouseholdOrder.version + 1)
        .execution_options(synchronize_session=False)
    )
    result = db.session.execute(change)
    db.session.expire_all()
    return int(getattr(result, "rowcount", 0))


@command
def close_cycle(by: Staff, cycle_id: int) -> Cycle:
    """End a cycle in which every unit has reached its end.

    The trigger `cycle_closes_empty` refuses it too: after closing nobody looks for units that still wait.

    Raises: NotFound; Conflict with the number of units per unfinished stage.
    """
    cycle = require_cycle(by, Permission.CYCLE_EDIT, cycle_id, lock="change")
    waiting = unfinished_units(cycle_id) if is_legal(cycle, CycleState.CLOSED) else {}
    if waiting:
        what = "、".join(f"{Stage(stage).label} {qty}" for stage, qty in waiting.items())
        raise Conflict(_("还有商品没有到终点，不能关闭：%(what)s。", what=what))
    advance(cycle, CycleState.CLOSED)
    cycle.closed_at = clock.now()
    _let_go()
    record(by, "close", cycle, cycle_id=cycle_id)
    return cycle


def _let_go() -> None:
    """Points that buildings have left keep their reach only while orders of these buildings are under way."""
    db.session.flush()
    left = moves.reached_by_old_points()
    moves.release_old_points(left - buildings_with_orders(left))


def unfinished_units(cycle_id: int) -> dict[str, int]:
    """Stage → units of the cycle that are not at an end, zeros left out."""
    open_stages = [stage for stage in Stage if stage not in TERMINAL]
    sums = select(*(func.coalesce(func.sum(OrderLine.__table__.c[f"qty_{stage}"]), 0) for stage in open_stages))
    row = db.session.execute(sums.where(OrderLine.cycle_id == cycle_id)).one()
    return {stage.value: int(qty) for stage, qty in zip(open_stages, row, strict=True) if qty}


@command
def cancel_cycle(by: Staff, cycle_id: int, reason: str) -> Cycle:
    """Call a cycle off before deliveries run. Orders stay as they are, to be read.

    Requires: draft, open, or locked with nothing beyond open. Ensures: no unit of a cancelled cycle waits: open units
    of locked orders are cancelled. Raises: NotFound, Conflict.
    """
    cycle = require_cycle(by, Permission.CYCLE_EDIT, cycle_id, lock="change")
    advance(cycle, CycleState.CANCELLED)
    under_way = {stage for stage in unfinished_units(cycle_id) if stage != Stage.OPEN}
    if under_way:
        raise Conflict(_l("已有商品分配或装袋，不能取消这一批。"))
    waiting = select(OrderLine.id, OrderLine.qty_open).where(OrderLine.cycle_id == cycle_id, OrderLine.qty_open > 0)
    lines = {int(line_id): int(qty) for line_id, qty in db.session.execute(waiting)}
    stages.move(lines, Stage.OPEN, Stage.CANCELLED, stages.Cause("cancel_cycle", cycle_id))
    _let_go()
    record(by, "cancel", cycle, cycle_id=cycle_id, units=sum(lines.values()), reason_length=len(reason))
    return cycle

"""Commands of free packs: give one offer to every household of a scope, and take it back before the cut-off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, insert, select

from app.access.permissions import Staff
from app.core import clock
from app.core.db import command, db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.events import Actor, record
from app.core.jobs import Job, enqueue
from app.core.lookup import row_or_not_found
from app.core.states import advance
from app.ordering.bulk import BulkOrderRow, ImportReport, insert_orders, open_cycle_for
from app.ordering.models import Cycle, HouseholdOrder, OrderChoice, OrderLine, OrderState, Source
from app.ordering.orders import OfferPick, choice_row, line_row, lines_of, offer_terms
from app.ordering.packs.models import FreePack, FreePackShare, PackScope, PackState
from app.ordering.packs.queries import (
    GivePack,
    PackRecipient,
    next_recipients,
    orders_with_choices,
    preview,
    scope_options,
)
from app.ordering.rules import OfferTerms

CHUNK = 500
AT_ONCE = 600  # so many households are served within the request; more take a job
JOB = "free_pack"

Terms = Mapping[int, OfferTerms]


@command
def give(by: Staff, cycle_id: int, wanted: GivePack) -> FreePack:
    """Give a free offer to every household of a scope that has not got it.

    Requires: CYCLE_EDIT over the cycle; it takes orders; the offer costs nothing; the numbers are those that were
    shown. Ensures: a household with an order has the pack added to it, others get an order of their own; a small scope
    is served at once, a large one by a job. Raises: NotFound, Invalid, Conflict.
    """
    cycle = open_cycle_for(by, cycle_id)
    _check(cycle_id, wanted)
    seen = preview(cycle_id, wanted)
    if not seen.gets:
        raise Conflict(_l("范围内每一户都已经有了，没有要发的。"))
    if seen.units != wanted.seen_units:
        raise Conflict(_l("范围内的户数或订单刚有变化，请看过新的数字再发。"))
    pack = FreePack(
        cycle_id=cycle_id,
        offer_id=wanted.offer_id,
        scope_kind=wanted.scope_kind,
        scope_id=wanted.scope_id,
        per_persons=wanted.per_persons,
        given_by_id=by.id,
    )
    db.session.add(pack)
    db.session.flush()
    record(by, "give", pack, cycle_id=cycle_id, households=seen.gets, units=seen.units)
    if seen.gets <= AT_ONCE:
        while give_some(by, cycle, pack):
            pass
        advance(pack, PackState.GIVEN)
    else:
        pack.job_id = _enqueue(by, pack, "give")
    return pack


def _check(cycle_id: int, wanted: GivePack) -> None:
    terms = offer_terms(cycle_id)
    if wanted.offer_id not in terms:
        raise NotFound
    if terms[wanted.offer_id].price_fen:
        raise Conflict(_("“%(name)s”不是免费的，不能当作免费包发给每一户。", name=terms[wanted.offer_id].name))
    whole = wanted.scope_kind == PackScope.SUBDISTRICT
    if not whole and wanted.scope_id not in dict(scope_options(cycle_id, wanted.scope_kind)):
        raise Invalid({"scope_id": [_l("请从列出的选项里选。")]})
    busy = select(FreePack.id).filter_by(cycle_id=cycle_id, offer_id=wanted.offer_id)
    if db.session.scalar(busy.where(FreePack.state.in_((PackState.GIVING, PackState.UNDOING))).limit(1)):
        raise Conflict(_l("这个免费包正在发放或撤回，请等它完成。"))


def _enqueue(by: Staff, pack: FreePack, step: str) -> int:
    payload = {"pack": pack.id, "step": step, "by": by.id, "round": pack.version}
    return enqueue(JOB, pack.id, payload, cycle_id=pack.cycle_id).id


@command
def undo(by: Staff, pack_id: int) -> FreePack:
    """Take a pack back from everybody who got it, before the cut-off.

    Ensures: orders that held nothing else are withdrawn; others lose the pack only. Raises: NotFound, Conflict.
    """
    pack = row_or_not_found(FreePack, pack_id, populate_existing=True)
    open_cycle_for(by, pack.cycle_id)
    job = db.session.get(Job, pack.job_id) if pack.job_id else None
    if pack.state in (PackState.GIVING, PackState.UNDOING) and (job is None or not job.is_over):
        raise Conflict(_l("这个免费包正在发放或撤回，请等它完成。"))
    if pack.state != PackState.UNDOING:  # one whose job broke off goes on where it stopped
        advance(pack, PackState.UNDOING)
    record(by, "take_back", pack, cycle_id=pack.cycle_id, households=pack.households)
    if pack.households <= AT_ONCE:
        while undo_some(by, pack):
            pass
        advance(pack, PackState.UNDONE)
    else:
        pack.job_id = _enqueue(by, pack, "undo")
    return pack


# --- inside a command: one part of the households ---------------------------------------------------------------------
def give_some(by: Actor, cycle: Cycle, pack: FreePack) -> int:
    """Serve the next households of a pack; returns how many, 0 when none is left."""
    wanted = GivePack(pack.offer_id, pack.scope_kind, pack.scope_id, pack.per_persons)
    found = next_recipients(cycle.id, wanted, CHUNK)
    if not found:
        return 0
    terms = offer_terms(cycle.id)
    fresh = [target for target in found if target.order_id is None]
    _new_orders(by, cycle, pack, fresh, terms)
    _add_to_orders(by, pack, [target for target in found if target.order_id is not None], terms)
    pack.households += len(found)
    pack.units += sum(target.qty for target in found)
    db.session.flush()
    return len(found)


def _new_orders(by: Actor, cycle: Cycle, pack: FreePack, fresh: Sequence[PackRecipient], terms: Terms) -> None:
    if not fresh:
        return
    places = {one.household_id: (one.building_id, one.service_point_id) for one in fresh}
    rows = [BulkOrderRow(0, one.household_id, (OfferPick(pack.offer_id, one.qty),)) for one in fresh]
    insert_orders(by, cycle, rows, (places, terms), Source.FREE, ImportReport())
    made = select(HouseholdOrder.household_id, HouseholdOrder.id).where(
        HouseholdOrder.cycle_id == cycle.id, HouseholdOrder.household_id.in_(list(places))
    )
    orders = {home: order_id for home, order_id in db.session.execute(made)}  # noqa: C416
    _share(pack, [(orders[one.household_id], one.qty, True) for one in fresh])


def _add_to_orders(by: Actor, pack: FreePack, present: Sequence[PackRecipient], terms: Terms) -> None:
    orders = orders_with_choices([one.order_id for one in present if one.order_id])
    shares: list[tuple[int, int, bool]] = []
    changed: list[tuple[HouseholdOrder, list[OfferPick]]] = []
    for one in present:
        order = orders[one.order_id or 0]
        was_withdrawn = order.state == OrderState.WITHDRAWN
        if was_withdrawn:
            advance(order, OrderState.PLACED)
            order.placed_at, order.source = clock.now(), Source.FREE
            order.service_point_id = one.service_point_id
        changed.append((order, [*_picks(order), OfferPick(pack.offer_id, one.qty)]))
        shares.append((order.id, one.qty, was_withdrawn))
    _rewrite(by, pack, changed, terms)
    _share(pack, shares)


def _picks(order: HouseholdOrder) -> list[OfferPick]:
    return [OfferPick(choice.offer_id, choice.qty, choice.is_substitutable) for choice in order.choices]


def _share(pack: FreePack, shares: Sequence[tuple[int, int, bool]]) -> None:
    if shares:
        rows = [{"free_pack_id": pack.id, "order_id": i, "qty": qty, "is_own_order": own} for i, qty, own in shares]
        db.session.execute(insert(FreePackShare), rows)


def _rewrite(
    by: Actor, pack: FreePack, changed: Sequence[tuple[HouseholdOrder, list[OfferPick]]], terms: Terms
) -> None:
    """Give orders a next revision with these picks; prices of choices that stay are kept."""
    if not changed:
        return
    ids = [order.id for order, _wanted in changed]
    prices = {(c.order_id, c.offer_id): c.unit_price_fen for order, _wanted in changed for c in order.choices}
    db.session.execute(delete(OrderLine).where(OrderLine.order_id.in_(ids)))
    db.session.execute(delete(OrderChoice).where(OrderChoice.order_id.in_(ids)))
    choices: list[dict[str, object]] = []
    lines: list[dict[str, object]] = []
    told: dict[str, dict[str, int]] = {}
    for order, wanted in changed:
        order.revision += 1
        for pick in wanted:
            kept = {"unit_price_fen": prices.get((order.id, pick.offer_id), terms[pick.offer_id].price_fen)}
            choices.append(choice_row(order.id, pick, terms) | kept)
        parts = lines_of(terms, wanted)
        lines += [line_row(order.id, order.cycle_id, line) for line in parts]
        told[str(order.id)] = {str(item_id): qty for item_id, qty, _may in parts}
    if choices:
        db.session.execute(insert(OrderChoice), choices)
        db.session.execute(insert(OrderLine), lines)
    db.session.flush()
    for order, _wanted in changed:
        db.session.expire(order, ["choices", "lines"])
    record(by, "amend_many", pack, cycle_id=pack.cycle_id, orders=told)


def undo_some(by: Actor, pack: FreePack) -> int:
    """Take the pack from the next orders that have it; returns how many, 0 when none is left."""
    found = select(FreePackShare).where(FreePackShare.free_pack_id == pack.id).order_by(FreePackShare.order_id)
    shares = list(db.session.scalars(found.limit(CHUNK)))
    if not shares:
        return 0
    orders = orders_with_choices([share.order_id for share in shares])
    placed = [(orders[s.order_id], s.qty) for s in shares if orders[s.order_id].state == OrderState.PLACED]
    changed = [(order, _less(_picks(order), pack.offer_id, qty)) for order, qty in placed]
    _rewrite(by, pack, changed, offer_terms(pack.cycle_id))
    for order, left in changed:
        if not left:
            advance(order, OrderState.WITHDRAWN)
            order.total_fen = 0
    gone = [share.order_id for share in shares]
    db.session.execute(
        delete(FreePackShare).where(FreePackShare.free_pack_id == pack.id, FreePackShare.order_id.in_(gone))
    )
    db.session.flush()
    return len(shares)


def _less(picks: Sequence[OfferPick], offer_id: int, qty: int) -> list[OfferPick]:
    """The picks without `qty` of an offer; a resident may have taken it out already."""
    left = [OfferPick(p.offer_id, p.qty - (qty if p.offer_id == offer_id else 0), p.is_substitutable) for p in picks]
    return [pick for pick in left if pick.qty > 0]


@command
def serve_part(by: Actor, pack_id: int, gives: bool) -> int:
    """One part; when nothing is left, the pack is given or undone."""
    pack = db.session.get_one(FreePack, pack_id, populate_existing=True)
    if pack.state not in (PackState.GIVING, PackState.UNDOING):
        return 0
    cycle = open_cycle_for(by, pack.cycle_id)
    served = give_some(by, cycle, pack) if gives else undo_some(by, pack)
    if not served:
        advance(pack, PackState.GIVEN if gives else PackState.UNDONE)
    return served

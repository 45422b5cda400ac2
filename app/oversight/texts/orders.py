"""Texts around the order: the opening, the last call (how many have not ordered, never who), what fell short."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from app.access.sessions import settings
from app.allocation.models import ShareNote
from app.catalog.models import Item
from app.core import clock
from app.core.db import db
from app.core.units import clock_time, yuan
from app.handover import group_texts
from app.ordering.models import ORDERS_COUNTED, Cycle, CycleState, HouseholdOrder, Offer, OrderLine, Policy
from app.oversight.texts.places import Group, GroupText, TextRequest, ids_of_groups
from app.oversight.texts.rules import Rooms, masked
from app.places.models import Household, Stairwell

GOODS_NAMED = 12
ROOMS_NAMED = 30


# --- opening and last call --------------------------------------------------------------------------------------------
def _when(instant: datetime) -> str:
    """ "4月2日 15:00" on the subdistrict's clock."""
    wall = clock.to_local(instant)
    return str(_("%(m)s月%(d)s日 %(t)s", m=wall.month, d=wall.day, t=clock_time(instant)))


def opening(cycle: Cycle, _wish: TextRequest, groups: list[Group]) -> Iterable[GroupText]:
    if cycle.state != CycleState.OPEN:
        return
    offers = db.session.execute(
        select(Offer.name, Offer.price_fen)
        .where(Offer.cycle_id == cycle.id, Offer.is_listed)
        .order_by(Offer.position, Offer.id)
    ).all()
    named = "、".join(f"{name} {yuan(fen)}" for name, fen in offers[:GOODS_NAMED])
    goods = _("%(named)s 等 %(n)s 种", named=named, n=len(offers)) if len(offers) > GOODS_NAMED else named
    delivery = _("%(m)s月%(d)s日", m=cycle.deliver_on.month, d=cycle.deliver_on.day)
    what = group_texts.Opening(cycle.name, _when(cycle.cutoff_at), str(delivery), str(goods))
    for group in groups:
        alone = group.buildings[0] if len(group.buildings) == 1 else None
        address = f"{settings().public_url}/enter/{alone.public_code}" if alone else ""
        yield GroupText(group.key, group.name, str(group_texts.ordering_opens(group.name, what, address)))


def last_call(cycle: Cycle, _wish: TextRequest, groups: list[Group]) -> Iterable[GroupText]:
    if cycle.state != CycleState.OPEN:
        return
    counts = _without_order(cycle.id, ids_of_groups(groups))
    for group in groups:
        missing = [(place.name, counts.get(place.id, 0)) for place in group.buildings]
        total = sum(count for _name, count in missing)
        if not total:
            continue
        single = len(group.buildings) == 1
        where = (
            ""
            if single
            else "".join("\n" + _("%(place)s：%(n)s 户", place=name, n=count) for name, count in missing if count)
        )
        yield GroupText(group.key, group.name, _called(cycle, group.name, total) + where)


def _called(cycle: Cycle, name: str, total: int) -> str:
    text = _(
        "【%(group)s】%(cycle)s %(at)s 截单，还有 %(n)s 户没有下单。需要的请尽快扫楼下海报的二维码下单；"
        "不需要的也请告诉楼长一声。截单后不能再加。",
        group=name,
        cycle=cycle.name,
        at=_when(cycle.cutoff_at),
        n=total,
    )
    return str(text)


def _without_order(cycle_id: int, building_ids: list[int]) -> dict[int, int]:
    """Building → active households without a standing order. One statement; never which ones."""
    ordered = select(HouseholdOrder.household_id).where(
        HouseholdOrder.cycle_id == cycle_id,
        HouseholdOrder.household_id.is_not(None),
        HouseholdOrder.state.in_(ORDERS_COUNTED),
    )
    found = (
        select(Stairwell.building_id, func.count())
        .join(Household, Household.stairwell_id == Stairwell.id)
        .where(Stairwell.building_id.in_(building_ids), Household.is_active, Household.id.not_in(ordered))
        .group_by(Stairwell.building_id)
    )
    return {building: count for building, count in db.session.execute(found)}  # noqa: C416


# --- substitutions and shortages --------------------------------------------------------------------------------------
def changes(cycle: Cycle, wish: TextRequest, groups: list[Group]) -> Iterable[GroupText]:
    """What fell short, item by item: for how many households, and for whose doors where that is wished."""
    short = _short(cycle.id, ids_of_groups(groups))
    swapped = _swapped(cycle.id, ids_of_groups(groups))
    rule = Policy(cycle.policy).label
    for group in groups:
        by_item: dict[str, list[_Short]] = defaultdict(list)
        is_alone = len(group.buildings) == 1
        for place in group.buildings:
            for one in short.get(place.id, []):
                room = masked(one.room, wish.rooms)
                by_item[one.item].append(replace(one, room=room if is_alone or not room else f"{place.name} {room}"))
        if not by_item:
            continue
        first = _(
            "【%(group)s】%(cycle)s 有商品没有买够，按事先公布的规则（%(rule)s）分：",
            group=group.name,
            cycle=cycle.name,
            rule=rule,
        )
        instead = _added_up(swapped.get(place.id, []) for place in group.buildings)
        lines = [_change_sentence(item, found, wish.rooms) + instead.get(item, "") for item, found in by_item.items()]
        last = _("没有收到的不收钱。自己家的原因请在自己的订单页面看，或问楼长。")
        if instead:
            last = _("说过不要换的没有换；换的按两样里便宜的价钱收。") + last
        yield GroupText(group.key, group.name, "\n".join((first, *lines, last)))


@dataclass(frozen=True)
class _Short:
    """One household that gets less of an item."""

    item: str
    room: str
    qty: int


def _change_sentence(item: str, found: list[_Short], how: Rooms) -> str:
    missing = sum(one.qty for one in found)
    if how == Rooms.HIDDEN:
        return str(_("· %(item)s：%(n)s 户，共缺 %(qty)s 份", item=item, n=len(found), qty=missing))
    named = "、".join(dict.fromkeys(one.room for one in found[:ROOMS_NAMED]))
    return str(
        _("· %(item)s：%(rooms)s（%(n)s 户），共缺 %(qty)s 份", item=item, rooms=named, n=len(found), qty=missing)
    )


def _short(cycle_id: int, building_ids: list[int]) -> dict[int, list[_Short]]:
    """Building → who gets less of what, by item and room. One statement; the sentences stay with the households."""
    found = (
        select(HouseholdOrder.building_id, Item.name, Household.room_no, OrderLine.qty_ordered - ShareNote.qty_share)
        .join(OrderLine, OrderLine.order_id == HouseholdOrder.id)
        .join(ShareNote, ShareNote.order_line_id == OrderLine.id)
        .join(Item, Item.id == OrderLine.item_id)
        .outerjoin(Household, Household.id == HouseholdOrder.household_id)
        .where(OrderLine.cycle_id == cycle_id, HouseholdOrder.building_id.in_(building_ids))
        .order_by(Item.category, Item.id, Household.sort_key, HouseholdOrder.id)
    )
    short: dict[int, list[_Short]] = defaultdict(list)
    for building, item, room, qty in db.session.execute(found):
        short[building].append(_Short(item, room or "", int(qty)))
    return short


@dataclass(frozen=True)
class _Swapped:
    """For how many households of a building something stands in for an item, and how many units."""

    item: str
    substitute: str
    households: int
    qty: int


def _swapped(cycle_id: int, building_ids: list[int]) -> dict[int, list[_Swapped]]:
    """Building → what was replaced by what. One statement; never for whom."""
    short, replaced = aliased(OrderLine), aliased(Item)
    households, units = func.count(func.distinct(HouseholdOrder.id)), func.sum(OrderLine.qty_ordered)
    found = (
        select(HouseholdOrder.building_id, replaced.name, Item.name, households, units)
        .join(OrderLine, OrderLine.order_id == HouseholdOrder.id)
        .join(short, short.id == OrderLine.substitute_for_id)
        .join(replaced, replaced.id == short.item_id)
        .join(Item, Item.id == OrderLine.item_id)
        .where(OrderLine.cycle_id == cycle_id, HouseholdOrder.building_id.in_(building_ids))
        .group_by(HouseholdOrder.building_id, replaced.name, Item.name)
        .order_by(Item.name)
    )
    swapped: dict[int, list[_Swapped]] = defaultdict(list)
    for building, item, substitute, count, qty in db.session.execute(found):
        swapped[building].append(_Swapped(item, substitute, int(count), int(qty)))
    return swapped


def _added_up(several: Iterable[list[_Swapped]]) -> dict[str, str]:
    """Item → what is told of its substitutes, over all buildings of a group."""
    sums: dict[tuple[str, str], tuple[int, int]] = defaultdict(lambda: (0, 0))
    for own in several:
        for one in own:
            households, qty = sums[one.item, one.substitute]
            sums[one.item, one.substitute] = (households + one.households, qty + one.qty)
    told: dict[str, str] = defaultdict(str)
    for (item, substitute), (households, qty) in sums.items():
        told[item] += _("；%(n)s 户换成%(other)s，共 %(qty)s 份", n=households, other=substitute, qty=qty)
    return told

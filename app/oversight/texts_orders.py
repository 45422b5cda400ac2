"""Texts around the order: the opening, the last call (how many have not ordered, never who), what fell short."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import func, select

from app.allocation.models import ShareNote
from app.core import clock
from app.core.db import db
from app.core.units import clock_time, yuan
from app.ordering.models import Cycle, CycleState, HouseholdOrder, Offer, OrderLine, OrderState
from app.oversight.rules_texts import Rooms, masked
from app.oversight.texts_places import Group, GroupText, Wish, ids_of_groups
from app.places.models import Household, Stairwell

GOODS_NAMED = 12
ROOMS_NAMED = 30


# --- opening and last call --------------------------------------------------------------------------------------------
def _when(instant: datetime) -> str:
    """ "4月2日 15:00" on the subdistrict's clock."""
    wall = clock.to_local(instant)
    return str(_("%(m)s月%(d)s日 %(t)s", m=wall.month, d=wall.day, t=clock_time(instant)))


def opening(cycle: Cycle, _wish: Wish, groups: list[Group]) -> Iterable[GroupText]:
    if cycle.state != CycleState.OPEN:
        return
    offers = db.session.execute(
        select(Offer.name, Offer.price_fen)
        .where(Offer.cycle_id == cycle.id, Offer.is_listed)
        .order_by(Offer.position, Offer.id)
    ).all()
    named = "、".join(f"{name} {yuan(fen)}" for name, fen in offers[:GOODS_NAMED])
    goods = _("%(named)s 等 %(n)s 种", named=named, n=len(offers)) if len(offers) > GOODS_NAMED else named
    for group in groups:
        text = _(
            "【%(group)s】%(cycle)s 开始接单，%(at)s 截单，%(m)s月%(d)s日送货。\n%(goods)s（元）。\n"
            "请扫楼下海报上的二维码，选单元、填房号就能下单，不用注册；截单前可以改。不会用手机的邻居，请打电话给楼长代下。",
            group=group.name,
            cycle=cycle.name,
            at=_when(cycle.cutoff_at),
            m=cycle.deliver_on.month,
            d=cycle.deliver_on.day,
            goods=goods,
        )
        yield GroupText(group.key, group.name, text)


def last_call(cycle: Cycle, _wish: Wish, groups: list[Group]) -> Iterable[GroupText]:
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
        HouseholdOrder.state != OrderState.WITHDRAWN,
    )
    found = (
        select(Stairwell.building_id, func.count())
        .join(Household, Household.stairwell_id == Stairwell.id)
        .where(Stairwell.building_id.in_(building_ids), Household.is_active, Household.id.not_in(ordered))
        .group_by(Stairwell.building_id)
    )
    return {building: count for building, count in db.session.execute(found)}  # noqa: C416


# --- substitutions and shortages --------------------------------------------------------------------------------------
def changes(cycle: Cycle, wish: Wish, groups: list[Group]) -> Iterable[GroupText]:
    told = _sentences(cycle.id, ids_of_groups(groups))
    for group in groups:
        rooms_of: dict[str, list[str]] = defaultdict(list)
        for place in group.buildings:
            for sentence, room in told.get(place.id, []):
                name = masked(room, wish.rooms)
                alone = len(group.buildings) == 1
                rooms_of[sentence].append(name if alone or not name else f"{place.name} {name}")
        if not rooms_of:
            continue
        lines = [_told(sentence, rooms, wish.rooms) for sentence, rooms in rooms_of.items()]
        text = _("【%(group)s】%(cycle)s 有商品没有买够，按事先公布的规则分：", group=group.name, cycle=cycle.name)
        end = _("没有收到的不收钱。有疑问请在自己的订单页面看，或问楼长。")
        yield GroupText(group.key, group.name, "\n".join((text, *lines, end)))


def _told(sentence: str, rooms: list[str], how: Rooms) -> str:
    if how == Rooms.HIDDEN:
        return str(_("· %(n)s 户：%(said)s", n=len(rooms), said=sentence))
    named = "、".join(dict.fromkeys(rooms[:ROOMS_NAMED]))
    return str(_("· %(rooms)s（共 %(n)s 户）：%(said)s", rooms=named, n=len(rooms), said=sentence))


def _sentences(cycle_id: int, building_ids: list[int]) -> dict[int, list[tuple[str, str]]]:
    """Building → (why somebody gets less, room) in order of rooms. One statement."""
    found = (
        select(HouseholdOrder.building_id, ShareNote.sentence, Household.room_no)
        .join(OrderLine, OrderLine.id == ShareNote.order_line_id)
        .join(HouseholdOrder, HouseholdOrder.id == OrderLine.order_id)
        .outerjoin(Household, Household.id == HouseholdOrder.household_id)
        .where(OrderLine.cycle_id == cycle_id, HouseholdOrder.building_id.in_(building_ids))
        .order_by(OrderLine.item_id, Household.sort_key, HouseholdOrder.id)
    )
    told: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for building, sentence, room in db.session.execute(found):
        told[building].append((sentence, room or ""))
    return told

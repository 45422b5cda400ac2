"""Bags of a published round that do not travel with it: which, why, and where each goes next.

Until a round is loaded this follows from what happened to the bag since: held back, or taken apart. Loading writes it
down. From then on the plan's answer for a bag that stays is a reason, and `held_detail` names the stop it was meant
for (`left:<stop id>:<why>`), so that the plan still answers for every bag and a stop counts only what comes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from app.core.db import db
from app.core.labels import Labelled
from app.core.sentences import N_, Sentence, sentence
from app.core.units import clock_time
from app.dispatch.models import (
    DeliveryPlan,
    DeliveryRound,
    DeliveryStop,
    HeldReason,
    PlanBag,
    PlanState,
    RoundState,
    StopState,
)
from app.picking.models import LIVE_BAGS, Bag, BagLine, BagState
from app.places.labels import building_label
from app.places.models import Building, Compound

LEFT = "left:"
STAYS = (BagState.HELD.value, BagState.VOIDED.value)
IN_DEPOT = (BagState.PACKED.value, BagState.HELD.value)
TO_TRAVEL = (RoundState.PLANNED.value, RoundState.LOADING.value, RoundState.DEPARTED.value)


class Why(Labelled):
    """Why a bag of a round does not travel with it."""

    HELD = "held", N_("人工暂存")
    VOIDED = "voided", N_("已拆袋")
    IN_DEPOT = "depot", N_("装车时留在仓库")


@dataclass(frozen=True)
class StayingBag:
    """One bag that stays; `next_step` says where it goes. `may_join`: it can still be put on the round."""

    bag_id: int
    code: str
    round_id: int
    round_seq: int
    stop_id: int
    stop_seq: int
    place: str
    why: Why
    next_step: Sentence
    may_join: bool = False


@dataclass(frozen=True)
class _StayingStop:
    bag: Bag
    round: DeliveryRound
    stop: DeliveryStop
    place: str
    why: Why


def is_carried() -> ColumnElement[bool]:
    """Condition on `Bag` and `DeliveryRound`: a bag with a stop travels unless kept back before the round is loaded."""
    return or_(Bag.state.not_in(STAYS), DeliveryRound.state != RoundState.PLANNED)


def reason_of(bag: Bag) -> Why:
    """Why this bag would stay if its round were loaded now without it."""
    return {BagState.HELD.value: Why.HELD, BagState.VOIDED.value: Why.VOIDED}.get(str(bag.state), Why.IN_DEPOT)


def mark_staying(answer: PlanBag, why: Why) -> None:
    """Turn the answer for a bag from its stop into the reason why it stays."""
    answer.held_detail = f"{LEFT}{answer.stop_id}:{why.value}"
    answer.held_reason = (HeldReason.HELD if why == Why.HELD else HeldReason.OTHER).value
    answer.stop_id = None


def take_back(answer: PlanBag) -> int:
    """Turn the answer for a bag that stayed back into its stop, whose id is returned."""
    stop_id = _meant(answer.held_detail)[0]
    answer.stop_id, answer.held_reason, answer.held_detail = stop_id, None, ""
    return stop_id


def label_of(detail: str) -> str:
    """The reason in `held_detail` of a bag that stayed, in the reader's words; empty for any other detail."""
    return _meant(detail)[1].label if detail.startswith(LEFT) else ""


def _meant(detail: str) -> tuple[int, Why]:
    _left, stop_id, why = detail.split(":")
    return int(stop_id), Why(why)


def staying_bags(plan_id: int) -> list[StayingBag]:
    """The bags of a published plan that stay, by round, stop and code. Five statements, however many bags."""
    found = [*_written(plan_id), *_kept_back(plan_id)]
    if not found:
        return []
    ids = [one.bag.id for one in found]
    later, instead = _later_places(plan_id), _packed_instead([one.bag for one in found if one.why == Why.VOIDED])
    later_ids = {*ids, *(bag.id for bags in instead.values() for bag in bags)}
    places = {bag_id: place for bag_id, place in later.items() if bag_id in later_ids}
    result = [
        StayingBag(
            one.bag.id,
            one.bag.code,
            one.round.id,
            one.round.seq,
            one.stop.id,
            one.stop.seq,
            one.place,
            one.why,
            _next_step(one, places, instead.get(one.bag.id, [])),
            one.round.state == RoundState.LOADING and one.bag.state == BagState.PACKED and one.bag.id not in places,
        )
        for one in found
    ]
    return sorted(result, key=lambda bag: (bag.round_seq, bag.stop_seq, bag.code))


def staying_of(round_: DeliveryRound) -> list[StayingBag]:
    """The bags of one round that stay; none while its plan is a draft."""
    if round_.plan.state != PlanState.PUBLISHED:
        return []
    return [bag for bag in staying_bags(round_.plan_id) if bag.round_id == round_.id]


def staying_by_stop(plan_id: int) -> dict[int, list[StayingBag]]:
    """Stop → the bags meant for it that stay."""
    result: dict[int, list[StayingBag]] = defaultdict(list)
    for bag in staying_bags(plan_id):
        result[bag.stop_id].append(bag)
    return result


def _places() -> Any:
    """Bag, round, stop, compound and building: the columns of both readings."""
    return (Bag, DeliveryRound, DeliveryStop, Compound.name, Building.label)


def _kept_back(plan_id: int) -> Iterable[_StayingStop]:
    """Bags that were held back or taken apart while their round waits to be loaded."""
    rows = db.session.execute(
        select(*_places())
        .join(PlanBag, PlanBag.bag_id == Bag.id)
        .join(DeliveryStop, DeliveryStop.id == PlanBag.stop_id)
        .join(DeliveryRound, DeliveryRound.id == DeliveryStop.round_id)
        .join(Building, Building.id == DeliveryStop.building_id)
        .join(Compound, Compound.id == Building.compound_id)
        .where(PlanBag.plan_id == plan_id, DeliveryRound.state == RoundState.PLANNED, Bag.state.in_(STAYS))
    )
    for bag, round_, stop, compound, building in rows:
        yield _StayingStop(bag, round_, stop, building_label(compound, building), reason_of(bag))


def _written(plan_id: int) -> Iterable[_StayingStop]:
    """Bags that stayed when their round was loaded, as the plan's answers say."""
    answers = db.session.execute(
        select(PlanBag.bag_id, PlanBag.held_detail).where(
            PlanBag.plan_id == plan_id, PlanBag.held_detail.startswith(LEFT, autoescape=True)
        )
    )
    meant = {bag_id: _meant(detail) for bag_id, detail in answers}
    if not meant:
        return
    stops = {
        stop.id: (round_, stop, building_label(compound, building))
        for round_, stop, compound, building in db.session.execute(
            select(DeliveryRound, DeliveryStop, Compound.name, Building.label)
            .join(DeliveryStop, DeliveryStop.round_id == DeliveryRound.id)
            .join(Building, Building.id == DeliveryStop.building_id)
            .join(Compound, Compound.id == Building.compound_id)
            .where(DeliveryStop.plan_id == plan_id, DeliveryStop.id.in_({stop_id for stop_id, _why in meant.values()}))
        )
    }
    for bag in db.session.scalars(select(Bag).where(Bag.id.in_(meant))):
        stop_id, why = meant[bag.id]
        round_, stop, place = stops[stop_id]
        # What happened to it since is nearer the truth: kept in the depot first, taken apart later.
        yield _StayingStop(bag, round_, stop, place, reason_of(bag) if bag.state in STAYS else why)


def _later_places(plan_id: int) -> dict[int, tuple[int, int, datetime]]:
    """Bag → (wave, round, departure) in another published plan of the cycle: it is to travel, or it did.

    A wave has one published plan, so the last wave was published last, whichever draft was made first.
    """
    plan = db.session.get_one(DeliveryPlan, plan_id)
    rows = db.session.execute(
        select(PlanBag.bag_id, DeliveryPlan.wave, DeliveryRound.seq, DeliveryRound.departs_at)
        .join(DeliveryPlan, DeliveryPlan.id == PlanBag.plan_id)
        .join(DeliveryStop, DeliveryStop.id == PlanBag.stop_id)
        .join(DeliveryRound, DeliveryRound.id == DeliveryStop.round_id)
        .join(Bag, Bag.id == PlanBag.bag_id)
        .where(
            DeliveryPlan.cycle_id == plan.cycle_id,
            DeliveryPlan.id != plan_id,
            DeliveryPlan.state == PlanState.PUBLISHED,
        )
        .where(
            or_(
                DeliveryRound.state.in_(TO_TRAVEL),
                and_(DeliveryStop.state == StopState.SIGNED, Bag.state.not_in(IN_DEPOT)),
            )
        )
        .order_by(DeliveryPlan.wave)
    )
    return {bag_id: (wave, seq, at) for bag_id, wave, seq, at in rows}


def _packed_instead(voided: list[Bag]) -> dict[int, list[Bag]]:
    """Bag that was taken apart → the bags that were packed from the same order lines since."""
    if not voided:
        return {}
    lines: dict[int, set[int]] = defaultdict(set)
    of_line: dict[int, set[int]] = defaultdict(set)
    own = select(BagLine.order_line_id).where(BagLine.bag_id.in_([bag.id for bag in voided]))
    for bag_id, line_id in db.session.execute(
        select(BagLine.bag_id, BagLine.order_line_id).where(BagLine.order_line_id.in_(own))
    ):
        lines[bag_id].add(line_id)
        of_line[line_id].add(bag_id)
    among = {bag_id for ids in of_line.values() for bag_id in ids}
    live = {bag.id: bag for bag in db.session.scalars(select(Bag).where(Bag.id.in_(among), Bag.state.in_(LIVE_BAGS)))}
    return {
        bag.id: [other for other in live.values() if other.id > bag.id and lines[other.id] & lines[bag.id]]
        for bag in voided
    }


def _next_step(one: _StayingStop, places: dict[int, tuple[int, int, datetime]], instead: list[Bag]) -> Sentence:
    if one.why == Why.VOIDED:
        if not instead:
            return sentence(N_("商品已回库，重新分配、装袋后排进下一波"))
        codes = "、".join(bag.code for bag in instead)
        place = next((places[bag.id] for bag in instead if bag.id in places), None)
        return sentence(N_("重装成袋 %(codes)s，%(where)s"), codes=codes, where=_where(place))
    if one.bag.id in places:
        return _where(places[one.bag.id])
    if one.bag.state == BagState.HELD:
        if one.round.state == RoundState.PLANNED:
            return sentence(N_("装车前解除暂存就随这一趟走，否则解除后排进下一波"))
        return sentence(N_("解除暂存后排进下一波"))
    return _where(None)


def _where(place: tuple[int, int, datetime] | None) -> Sentence:
    if place is None:
        return sentence(N_("排进下一波"))
    wave, seq, at = place
    return sentence(N_("第 %(wave)d 波第 %(n)d 趟，%(at)s 出发"), wave=wave, n=seq, at=clock_time(at))

"""One fact, one truth: what pages, group texts and paper tell people agrees with the rows that it speaks of."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.core import clock
from app.core.db import db
from app.core.text.delivery_words import ARRIVED, BEFORE, IN_GROUP, ON_POSTER
from app.core.units import clock_time
from app.dispatch.models import DeliveryStop, PlanBag
from app.errands.models import Errand
from app.errands.queries import errand_counts as errand_counts
from app.handover.queries_arrival import visits
from app.oversight.queries import reach_of, stuck
from app.oversight.texts.places import Occasion, Together
from app.picking import service as picking
from app.picking.models import Bag
from app.places.models import DeliveryMode, ZoneDesignation, ZoneLevel
from app.places.serving import mode_of
from app.printing.contexts.telling import texts_for
from tests.oversight.test_texts import told
from tests.printing.day import ask, day, documents, printed_text
from tests.world import World

__all__ = ["day"]


def visit_again(here: World) -> tuple[DeliveryStop, DeliveryStop]:
    """The first building's second bag comes with a later stop."""
    first = db.session.scalars(select(DeliveryStop).where(DeliveryStop.building_id == here.buildings[0].id)).one()
    later = DeliveryStop(
        plan_id=first.plan_id,
        round_id=first.round_id,
        seq=99,
        building_id=first.building_id,
        arrive_at=first.arrive_at + timedelta(hours=5),
        service_s=60,
    )
    db.session.add(later)
    db.session.flush()
    answer = db.session.scalars(select(PlanBag).where(PlanBag.stop_id == first.id).order_by(PlanBag.bag_id)).first()
    assert answer is not None
    answer.stop_id = later.id
    db.session.commit()
    return first, later


def bags_of(stop: DeliveryStop) -> list[Bag]:
    found = select(Bag).join(PlanBag, PlanBag.bag_id == Bag.id).where(PlanBag.stop_id == stop.id)
    return list(db.session.scalars(found))


def serve(here: World, building: int, mode: str) -> None:
    level = ZoneLevel(code=mode, label_zh=mode, delivery_mode=mode, round_order=0)
    db.session.add(level)
    db.session.flush()
    since = clock.local_instant(here.cycle.deliver_on, 0)  # from the day of delivery on, not today
    db.session.add(ZoneDesignation(building_id=here.buildings[building].id, zone_level_id=level.id, starts_at=since))
    db.session.commit()


def test_arrival_texts_tell_every_visit_with_the_bags_that_come_and_are_the_same_on_both_pages(
    app: Flask, day: World
) -> None:
    first, later = visit_again(day)
    kept = db.session.scalars(select(PlanBag.bag_id).where(PlanBag.stop_id == first.id)).first()
    assert kept is not None
    before = sum(visit.bags for visit in visits(day.cycle.id, [day.buildings[0].id])[day.buildings[0].id])
    picking.hold(day.actor("supplies"), kept)
    with app.test_request_context():
        text = told(day, Occasion.ARRIVAL)["桂花苑 2号楼"]
        (paper,) = [
            one.text
            for one in texts_for("route_sheet", day.cycle.id, 1, {day.points[0].id})
            if one.building_id == day.buildings[0].id
        ]
        together = told(day, Occasion.ARRIVAL, Together.COMPOUND)["桂花苑"]
    coming = [len([bag for bag in bags_of(stop) if bag.state != "held"]) for stop in (first, later)]
    assert sum(coming) == before - 1
    assert f"分 2 次送到楼下：{clock_time(first.arrive_at)} 前后 {coming[0]} 袋、" in text
    assert f"{clock_time(later.arrive_at)} 前后 {coming[1]} 袋，共 {sum(coming)} 袋" in text
    assert paper == text
    assert f"{clock_time(later.arrive_at)} 前后 {coming[1]} 袋" in together


@pytest.mark.parametrize("mode", list(DeliveryMode))
def test_poster_group_and_resident_say_how_the_building_is_served_on_the_day(
    app: Flask, day: World, mode: DeliveryMode
) -> None:
    serve(day, 0, mode.value)
    assert mode_of(day.buildings[0].id, day.cycle.deliver_on) == mode
    ask(day, "poster")
    posters = {document.subject_id: printed_text(document) for document in documents("poster")}
    assert ON_POSTER[mode.value].replace("，", "") in posters[day.buildings[0].id].replace("，", "").replace("\n", "")
    with app.test_request_context():
        text = told(day, Occasion.ARRIVAL)["桂花苑 2号楼"]
    assert IN_GROUP[mode.value] in text
    assert not any(other in text for name, other in IN_GROUP.items() if name != mode.value)


def test_every_way_of_serving_has_every_sentence() -> None:
    modes = {mode.value for mode in DeliveryMode}
    for words in (ON_POSTER, BEFORE, ARRIVED, IN_GROUP):
        assert set(words) == modes


def test_the_dashboard_counts_the_same_late_errands_as_the_errands_page(app: Flask, day: World) -> None:
    for minutes, state in ((2, "asked"), (7, "seen"), (12, "started"), (0, "asked"), (99, "done")):
        errand = Errand(household_id=day.households[0].id, kind="medicine", place="药店", what="x", state=state)
        db.session.add(errand)
        db.session.flush()
        errand.created_at = clock.now() - timedelta(minutes=minutes)
    db.session.commit()
    with app.test_request_context():
        page = errand_counts(day.actor("leader"))["late"]
        (row,) = [row for row in stuck(reach_of(day.actor("admin"))) if row.endpoint == "errands.index"]
    assert page == row.count == 3

"""A building that is served twice on a day: each sheet says which visit it is about, and what the other brings."""

from __future__ import annotations

import re
from datetime import timedelta

from sqlalchemy import select

from app.core import clock
from app.core.db import db
from app.dispatch.models import DeliveryPlan, DeliveryRound, DeliveryStop, PlanBag
from app.picking.models import Bag
from app.printing.contexts.builder import SheetBuilder
from app.printing.pdf.html import html_of
from app.printing.sheets.bags.hand_out_list import HandOutList
from app.printing.sheets.rounds.drop_off_sheet import DropOffSheet
from tests.printing.day import day as day
from tests.printing.invented import stamped
from tests.world import World


def _second_visit(day: World) -> tuple[int, list[Bag]]:
    """Half of the bags of the first building travel two hours later; returns the building and those bags."""
    building = day.buildings[0].id
    bags = list(db.session.scalars(select(Bag).where(Bag.building_id == building).order_by(Bag.day_no)))
    plan = db.session.scalars(select(DeliveryPlan)).one()
    shift = db.session.scalars(select(DeliveryRound.shift_id)).first()
    start = clock.local_instant(day.cycle.deliver_on, 11)
    trip = DeliveryRound(plan_id=plan.id, seq=2, shift_id=shift, departs_at=start)
    trip.returns_at = start + timedelta(hours=1)
    db.session.add(trip)
    db.session.flush()
    stop = DeliveryStop(plan_id=plan.id, round_id=trip.id, seq=1, building_id=building, arrive_at=start, service_s=60)
    db.session.add(stop)
    db.session.flush()
    later = bags[-1:]
    bags[-2].order_id, bags[-2].seq = bags[-1].order_id, 9  # one household has a bag in each visit
    for bag in later:
        db.session.get_one(PlanBag, (plan.id, bag.id)).stop_id = stop.id
    db.session.commit()
    return building, later


def test_a_second_visit_has_rows_boxes_and_numbers_of_its_own(day: World) -> None:
    building, later = _second_visit(day)
    builder = SheetBuilder(day.cycle.id, 1)
    (hand_out,) = [one.sheet for one in builder.prepare("hand_out_list") if one.subject.id == building]
    assert isinstance(hand_out, HandOutList)
    assert [visit.no for visit in hand_out.visits] == [1, 2]
    second = [row for row in hand_out.rows if row.visit == 2]
    assert [code for row in second for code in row.codes] == [bag.code for bag in later]
    assert [row.also for row in second] == [((1, 1),)]
    assert hand_out.control.lines == len({row.room for row in hand_out.rows}), "a household counts once"
    assert [part.visit for part in hand_out.stairwells()] == sorted(part.visit for part in hand_out.stairwells())
    shown = html_of(stamped(hand_out))
    assert "第1次" in shown
    assert "第2次" in shown
    drops = [one.sheet for one in builder.prepare("drop_off_sheet")]
    own = [sheet for sheet in drops if isinstance(sheet, DropOffSheet) and sheet.visits]
    assert [sheet.visit for sheet in own] == [1, 2]
    assert [sum(len(part.codes) for part in sheet.stairwells) for sheet in own] == [
        visit.bags for visit in own[0].visits
    ]
    assert all(re.search(r"第[12]次", html_of(stamped(sheet))) for sheet in own)


def test_a_number_of_the_day_is_the_same_on_every_sheet_and_when_it_is_made_again(day: World) -> None:
    numbers = dict(db.session.execute(select(Bag.code, Bag.day_no)).all())
    builder = SheetBuilder(day.cycle.id, 1)
    on_lists = {
        code: no
        for one in builder.prepare("hand_out_list")
        for row in one.sheet.rows
        for code, no in zip(row.codes, row.numbers, strict=True)
    }
    on_drops = {
        code: bag.no
        for one in builder.prepare("drop_off_sheet")
        for part in one.sheet.stairwells
        for code, bag in zip(part.codes, part.bags, strict=True)
    }
    assert on_lists == on_drops == numbers
    gone = db.session.scalars(select(Bag).order_by(Bag.day_no)).first()
    assert gone is not None
    gone.state = "voided"
    db.session.commit()
    again = {
        code: no
        for one in SheetBuilder(day.cycle.id, 1).prepare("hand_out_list")
        for row in one.sheet.rows
        for code, no in zip(row.codes, row.numbers, strict=True)
    }
    assert again == {code: no for code, no in numbers.items() if code != gone.code}

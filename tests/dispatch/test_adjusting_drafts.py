"""A draft is changed by hand: tried first, judged, saved once, taken back; two people do not overwrite each other."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.core import clock
from app.core.db import db
from app.core.errors import Conflict, Invalid, NotFound, StaleEdit
from app.core.jobs import Job, Running
from app.core.queue.worker import drain
from app.dispatch.drafts import editing
from app.dispatch.drafts import service as drafts_service
from app.dispatch.drafts.schemas import Edit, LockWhat, Undo
from app.dispatch.models import DeliveryPlan, DeliveryRound, DeliveryStop, PlanBag, Shift, Team
from app.dispatch.planning import service
from app.dispatch.planning.schemas import AskPlan
from app.dispatch.planning.work import shifts_of
from app.dispatch.rounds import service as rounds_service
from app.picking.models import Bag
from app.places.models import Blackout, ZoneDesignation, ZoneLevel
from tests import messages, world
from tests.allocation.test_runs import running as running
from tests.dispatch.test_rounds import packed as packed
from tests.dispatch.test_rounds import planned
from tests.world import World

Order = list[tuple[str, list[int]]]


def order(plan: DeliveryPlan) -> Order:
    """(team, buildings in order) of each round."""
    db.session.expire_all()
    rounds = db.session.scalars(
        select(DeliveryRound).where(DeliveryRound.plan_id == plan.id).order_by(DeliveryRound.seq)
    ).all()
    assert [one.seq for one in rounds] == list(range(1, len(rounds) + 1))
    return [(one.shift.team.name, [stop.building_id for stop in one.stops]) for one in rounds]


def edit(plan: DeliveryPlan, do: str, index: int = 0, **more: Any) -> Edit:
    """A change of the stop at `index` in the order of names."""
    names = sorted(editing.open_plan(plan).stated.stops)
    return Edit(do, names[index], version=plan.version, **more)


def other_shift(plan: DeliveryPlan) -> int:
    """A shift of the day that has no round in the plan."""
    used = {one.shift_id for one in plan.rounds}
    return next(shift for shift in db.session.scalars(select(Shift.id)) if shift not in used)


def test_a_stored_plan_is_read_back_as_it_was_planned(packed: World) -> None:
    plan = planned(packed)
    opened = editing.open_plan(plan)
    assert opened.solved.cost.total == plan.cost
    assert [one.distance_m for one in opened.solved.rounds] == [one.distance_m for one in plan.rounds]


def test_a_stop_moves_to_a_further_round_of_another_team_and_back(packed: World) -> None:
    plan = planned(packed)
    before, bags = order(plan), len(db.session.scalars(select(PlanBag).where(PlanBag.stop_id.is_not(None))).all())
    shift = other_shift(plan)
    tried = editing.try_edit(
        editing.open_plan(plan), edit(plan, "move", to=f"{shift}:1"), drafts_service.locks_of(editing.open_plan(plan))
    )
    assert tried.is_possible
    assert order(plan) == before  # trying writes nothing
    old_cost = plan.cost
    saved = drafts_service.adjust(packed.actor("supplies"), plan.id, edit(plan, "move", to=f"{shift}:1"))
    assert len(order(saved)) == 2
    assert saved.cost == old_cost + tried.cost
    assert len(db.session.scalars(select(PlanBag).where(PlanBag.stop_id.is_not(None))).all()) == bags
    drafts_service.undo(packed.actor("supplies"), plan.id, Undo(saved.version))
    assert order(plan) == before
    assert plan.cost == old_cost
    with pytest.raises(Conflict, match="撤销"):
        drafts_service.undo(packed.actor("supplies"), plan.id, Undo(plan.version))


def test_two_stops_change_places_and_a_stop_gets_a_place_in_its_round(packed: World) -> None:
    plan = planned(packed)
    ((_team, buildings),) = order(plan)
    names = sorted(editing.open_plan(plan).stated.stops)
    saved = drafts_service.adjust(
        packed.actor("supplies"), plan.id, Edit("swap", names[0], other=names[1], version=plan.version)
    )
    assert order(saved)[0][1] == buildings[::-1]
    first = next(name for name, row in editing.open_plan(saved).stop_rows.items() if row.seq == 1)
    key = f"{saved.rounds[0].shift_id}:1"
    saved = drafts_service.adjust(packed.actor("supplies"), plan.id, Edit("move", first, to=key, version=saved.version))
    assert order(saved)[0][1] == buildings


def test_a_stop_taken_out_is_held_and_finds_its_place_again(packed: World) -> None:
    plan = planned(packed)
    supplies = packed.actor("supplies")
    plan = drafts_service.adjust(supplies, plan.id, edit(plan, "out"))
    held = db.session.scalars(select(PlanBag).where(PlanBag.stop_id.is_(None))).all()
    assert held
    assert {answer.held_reason for answer in held} == {"held"}
    plan = drafts_service.adjust(supplies, plan.id, edit(plan, "fit"))
    assert not db.session.scalars(select(PlanBag).where(PlanBag.stop_id.is_(None))).all()
    assert service.publish(supplies, plan.id).state == "published"
    assert len(order(plan)[0][1]) + sum(len(b) for _t, b in order(plan)[1:]) == 2


def test_what_breaks_a_rule_is_refused_with_the_rule_and_changes_nothing(packed: World) -> None:
    sealed = db.session.scalar(select(ZoneLevel.id).filter_by(code="sealed"))
    db.session.add(
        ZoneDesignation(building_id=packed.buildings[0].id, zone_level_id=sealed, starts_at=packed.cycle.opens_at)
    )
    start = clock.local_instant(packed.cycle.deliver_on, 0)
    db.session.add(Team(subdistrict_id=packed.subdistrict.id, name="远队", mode="foot", capacity_g=10**6,
                        capacity_ml=10**7, capacity_bags=99, zone_clearance=0))  # fmt: skip
    db.session.flush()
    team = db.session.scalars(select(Team).filter_by(name="远队")).one()
    db.session.add(Shift(team_id=team.id, depot_id=packed.points[0].id, starts_at=start + timedelta(hours=9),
                         ends_at=start + timedelta(hours=18)))  # fmt: skip
    db.session.commit()
    plan = planned(packed)
    before = order(plan)
    opened = editing.open_plan(plan)
    name = next(n for n, row in opened.stop_rows.items() if row.building_id == packed.buildings[0].id)
    shift = db.session.scalars(select(Shift.id).filter_by(team_id=team.id)).one()
    number = 1 + sum(1 for one in plan.rounds if one.shift_id == shift)
    with pytest.raises(Invalid, match=messages.TEAM_MAY_NOT_ENTER):
        drafts_service.adjust(
            packed.actor("supplies"), plan.id, Edit("move", name, to=f"{shift}:{number}", version=plan.version)
        )
    assert order(plan) == before


def test_a_place_after_the_building_is_shut_is_refused_as_a_matter_of_time(packed: World) -> None:
    plan = planned(packed)
    opened = editing.open_plan(plan)
    shift = db.session.get_one(Shift, other_shift(plan))
    shift.ends_at = shift.starts_at + timedelta(minutes=11)
    db.session.commit()
    plan = planned(packed)
    name = sorted(opened.stated.stops)[0]
    tried = editing.try_edit(editing.open_plan(plan), Edit("move", name, to=f"{shift.id}:1"), editing.Fixed())
    assert tried.sentences == [messages.SHIFT_TOO_SHORT]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"stop": "nobody"}, "没有这一站"),
        ({"to": "x"}, "没有这一站"),
        ({"to": "9999:1"}, "没有这一站"),
        ({"do": "swap", "other": ""}, "另一站"),
    ],
)
def test_what_does_not_exist_is_refused(packed: World, change: dict[str, str], sentence: str) -> None:
    plan = planned(packed)
    name = sorted(editing.open_plan(plan).stated.stops)[0]
    wanted = Edit(**{"do": "move", "stop": name, "to": "1:1", "version": plan.version, **change})
    with pytest.raises(Invalid, match=sentence):
        drafts_service.adjust(packed.actor("supplies"), plan.id, wanted)


def test_the_second_of_two_people_must_look_again(packed: World) -> None:
    plan = planned(packed)
    first = edit(plan, "out")
    second = edit(plan, "out", 1)
    drafts_service.adjust(packed.actor("supplies"), plan.id, first)
    with pytest.raises(StaleEdit):
        drafts_service.adjust(packed.actor("supplies"), plan.id, second)


def test_locked_stops_and_rounds_stay_until_they_are_unlocked(packed: World) -> None:
    plan, supplies = planned(packed), packed.actor("supplies")
    name = sorted(editing.open_plan(plan).stated.stops)[0]
    plan = drafts_service.lock(supplies, plan.id, LockWhat("stop", name, plan.version))
    with pytest.raises(Invalid, match="已锁定"):
        drafts_service.adjust(supplies, plan.id, edit(plan, "out"))
    plan = drafts_service.lock(supplies, plan.id, LockWhat("stop", name, plan.version))
    plan = drafts_service.lock(supplies, plan.id, LockWhat("round", str(plan.rounds[0].id), plan.version))
    with pytest.raises(Invalid, match="已锁定"):
        drafts_service.adjust(supplies, plan.id, edit(plan, "out", 1))
    plan = drafts_service.lock(supplies, plan.id, LockWhat("round", str(plan.rounds[0].id), plan.version))
    assert drafts_service.adjust(supplies, plan.id, edit(plan, "out", 1))
    with pytest.raises(Invalid):
        drafts_service.lock(supplies, plan.id, LockWhat("round", "999999", plan.version))


def test_a_draft_whose_bags_or_rules_changed_is_not_adjusted(packed: World) -> None:
    plan = planned(packed)
    start = clock.local_instant(packed.cycle.deliver_on, 0)
    db.session.add(
        Blackout(building_id=packed.buildings[0].id, starts_at=start, ends_at=start + timedelta(days=1), reason="采样")
    )
    db.session.commit()
    with pytest.raises(Conflict, match="重新排"):
        editing.open_plan(plan)


def test_a_published_plan_is_not_adjusted_and_others_may_not_adjust_at_all(packed: World) -> None:
    plan = planned(packed)
    wanted = edit(plan, "out")
    with pytest.raises(NotFound):
        drafts_service.adjust(packed.actor("leader"), plan.id, wanted)
    service.publish(packed.actor("supplies"), plan.id)
    with pytest.raises(Conflict, match="草案"):
        drafts_service.adjust(packed.actor("supplies"), plan.id, edit(plan, "out"))


def test_the_pages_lead_from_the_question_to_the_saved_change(app: Flask, packed: World, count_queries: Any) -> None:
    plan = planned(packed)
    client = world.sign_in(app, packed, "supplies")
    page = f"/plans/{plan.id}/adjust"
    with count_queries() as sent:
        shown = client.get(page).get_data(as_text=True)
    assert len(sent) <= 25
    assert messages.MOVE_A_STOP in shown
    name = sorted(editing.open_plan(plan).stated.stops)[0]
    question = f"{page}?do=move&stop={name}&to={other_shift(plan)}:1&place=0"
    asked = client.get(question).get_data(as_text=True)
    assert messages.PLAN_IS_POSSIBLE in asked
    assert messages.SAVE_THIS_CHANGE in asked
    wrong = client.get(f"{page}?do=move&stop={name}&to=7777:1").get_data(as_text=True)
    assert messages.PLAN_IS_NOT_POSSIBLE in wrong
    assert messages.SAVE_THIS_CHANGE not in wrong
    data = {"do": "move", "stop": name, "to": f"{other_shift(plan)}:1", "place": "0", "version": str(plan.version)}
    assert world.post(client, question, page, data).status_code == 303
    assert world.post(client, page, page, {**data, "version": "1"}).status_code == 409
    assert len(order(plan)) == 2
    db.session.refresh(plan)
    assert world.post(client, page, f"{page}/undo", {"version": str(plan.version)}).status_code == 303
    assert len(order(plan)) == 1
    assert client.get(f"/plans/{plan.id}/compare").status_code == 200
    assert world.sign_in(app, packed, "leader2").get(page).status_code in (403, 404)


def test_two_drafts_are_compared_line_by_line(app: Flask, packed: World) -> None:
    first = planned(packed)
    db.session.get_one(Shift, other_shift(first)).is_cancelled = True
    db.session.commit()
    second = planned(packed)
    assert first.id != second.id
    drafts_service.adjust(packed.actor("supplies"), second.id, edit(second, "out"))
    client = world.sign_in(app, packed, "supplies")
    shown = client.get(f"/plans/{second.id}/compare?with={first.id}").get_data(as_text=True)
    for word in ("趟数", "总路程", "暂缓的袋", "较好", "最忙与最闲"):
        assert word in shown
    assert client.get(f"/plans/{second.id}/compare?with=424242").status_code == 404
    assert db.session.scalars(select(Bag)).first() is not None
    assert db.session.scalars(select(DeliveryStop)).first() is not None


def test_planning_again_keeps_locked_rounds_and_frees_what_has_not_begun(app: Flask, packed: World) -> None:
    supplies = packed.actor("supplies")
    plan = planned(packed)
    plan = drafts_service.adjust(supplies, plan.id, edit(plan, "move", to=f"{other_shift(plan)}:1"))
    service.publish(supplies, plan.id)
    first, second = plan.rounds
    rounds_service.load(supplies, first.id)
    db.session.refresh(plan)
    plan = drafts_service.lock(supplies, plan.id, LockWhat("round", str(second.id), plan.version))
    client = world.sign_in(app, packed, "supplies")
    assert "已锁定" in client.get(f"/plans/{plan.id}").get_data(as_text=True)
    asked = world.post(client, f"/plans/{plan.id}", f"/plans/{plan.id}/again", {"seconds": "1"})
    assert asked.status_code == 303
    drain()
    again = db.session.scalars(select(DeliveryPlan).order_by(DeliveryPlan.id.desc())).first()
    assert again is not None
    assert again.wave == plan.wave + 1
    ((kept,),) = [again.rounds]
    assert (kept.shift_id, kept.departs_at) == (second.shift_id, second.departs_at)
    assert [stop.building_id for stop in kept.stops] == [stop.building_id for stop in second.stops]
    service.publish(supplies, again.id)
    db.session.expire_all()
    assert (first.state, second.state, kept.state) == ("loading", "cancelled", "planned")
    assert messages.PLANNED_AGAIN_FROM in client.get(f"/plans/{again.id}").get_data(as_text=True)


def test_a_team_on_its_way_is_not_planned_before_it_returns(packed: World) -> None:
    supplies = packed.actor("supplies")
    plan = planned(packed)
    service.publish(supplies, plan.id)
    one = plan.rounds[0]
    rounds_service.load(supplies, one.id)
    busy = {shift.shift_id: shift.busy_until for shift in shifts_of(packed.subdistrict.id, packed.cycle.deliver_on)}
    assert busy[one.shift_id] == one.returns_at
    assert [until for shift, until in busy.items() if shift != one.shift_id] == [None] * (len(busy) - 1)


def test_a_plan_changed_by_hand_does_not_stand_in_the_way_of_a_fresh_one(packed: World) -> None:
    plan = planned(packed)
    drafts_service.adjust(packed.actor("supplies"), plan.id, edit(plan, "out"))
    fresh = planned(packed)
    assert fresh.id != plan.id
    service.discard(packed.actor("supplies"), fresh.id)
    assert planned(packed).state == "proposed"


def test_stopping_the_job_stores_the_best_plan_so_far(packed: World) -> None:
    job = service.ask_plan(packed.actor("supplies"), packed.cycle.id, AskPlan(packed.cycle.deliver_on, 60))
    began = time.monotonic()
    timer = threading.Timer(1.0, lambda: stopping.set())
    stopping = threading.Event()
    real = Running.is_cancelled
    try:
        Running.is_cancelled = lambda self: stopping.is_set()  # type: ignore[method-assign]
        timer.start()
        drain()
    finally:
        Running.is_cancelled = real  # type: ignore[method-assign]
    assert time.monotonic() - began < 30
    assert db.session.scalars(select(DeliveryPlan)).one().statistics["missed"] == 0
    assert db.session.get_one(Job, job.id).is_over

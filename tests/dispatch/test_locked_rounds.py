"""A locked round of a draft stays to the second, whatever is changed, fitted in or taken back around it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.core.db import db
from app.core.errors import Conflict
from app.dispatch.drafts import editing
from app.dispatch.drafts import service as drafts_service
from app.dispatch.drafts.schemas import Edit, LockWhat, Undo
from app.dispatch.models import DeliveryPlan, DeliveryRound
from tests import world
from tests.allocation.test_runs import running as running
from tests.dispatch.test_adjusting_drafts import edit, other_shift
from tests.dispatch.test_rounds import packed as packed
from tests.dispatch.test_rounds import planned
from tests.world import World


def timetable(plan: DeliveryPlan, shift_id: int) -> list[tuple[Any, ...]]:
    """Departure, return and stops with their times of the rounds of one shift."""
    db.session.expire_all()
    rounds = db.session.scalars(
        select(DeliveryRound).where(DeliveryRound.plan_id == plan.id, DeliveryRound.shift_id == shift_id)
    )
    return [
        (one.departs_at, one.returns_at, [(stop.building_id, stop.arrive_at) for stop in one.stops]) for one in rounds
    ]


def _lock_round(packed: World, plan: DeliveryPlan, shift_id: int) -> DeliveryPlan:
    db.session.refresh(plan)
    locked = next(one for one in plan.rounds if one.shift_id == shift_id)
    return drafts_service.lock(packed.actor("supplies"), plan.id, LockWhat("round", str(locked.id), plan.version))


def test_taking_a_change_back_does_not_touch_a_round_that_was_locked_since(packed: World) -> None:
    supplies, plan = packed.actor("supplies"), planned(packed)
    shift = other_shift(plan)
    plan = drafts_service.adjust(supplies, plan.id, edit(plan, "move", to=f"{shift}:1"))
    plan = _lock_round(packed, plan, shift)
    before = timetable(plan, shift)
    with pytest.raises(Conflict, match="已锁定"):
        drafts_service.undo(supplies, plan.id, Undo(plan.version))
    assert timetable(plan, shift) == before
    plan = _lock_round(packed, plan, shift)  # unlocked
    drafts_service.undo(supplies, plan.id, Undo(plan.version))
    assert timetable(plan, shift) == []


def test_a_stop_that_is_fitted_in_avoids_locked_rounds(packed: World) -> None:
    supplies, plan = packed.actor("supplies"), planned(packed)
    (only,) = plan.rounds
    shift, name = only.shift_id, sorted(editing.open_plan(plan).stated.stops)[0]
    plan = drafts_service.adjust(supplies, plan.id, Edit("out", name, version=plan.version))
    plan = _lock_round(packed, plan, shift)
    before = timetable(plan, shift)
    drafts_service.adjust(supplies, plan.id, Edit("fit", name, version=plan.version))
    assert before[0] in timetable(plan, shift)
    assert sum(len(one.stops) for one in plan.rounds) == 2


def test_a_locked_round_may_get_another_number_but_no_other_time(packed: World) -> None:
    plan = planned(packed)
    plan = _lock_round(packed, plan, plan.rounds[0].shift_id)
    opened = editing.open_plan(plan)
    fixed, (one,) = drafts_service.locks_of(opened), opened.solved.rounds

    def changed(**values: int) -> editing.Solved:
        return replace(opened.solved, rounds=(replace(one, **values),))

    assert editing.keeps_locked(opened, changed(number=2), fixed)
    assert not editing.keeps_locked(opened, changed(departs_s=one.departs_s + 60), fixed)
    assert editing.keeps_locked(opened, changed(departs_s=one.departs_s + 60), editing.Fixed())


def test_a_draft_that_somebody_adjusted_meanwhile_is_looked_at_before_it_is_published(
    app: Flask, packed: World
) -> None:
    plan = planned(packed)
    browser, page = world.sign_in(app, packed, "supplies"), f"/plans/{plan.id}"
    seen = {"version": str(plan.version)}
    assert f'name="version" value="{plan.version}"' in browser.get(page).get_data(as_text=True)
    drafts_service.adjust(packed.actor("supplies"), plan.id, edit(plan, "out"))
    assert world.post(browser, page, f"{page}/publish", seen).status_code == 409
    db.session.refresh(plan)
    assert plan.state == "proposed"
    assert world.post(browser, page, f"{page}/publish", {"version": str(plan.version)}).status_code == 303
    db.session.refresh(plan)
    assert plan.state == "published"

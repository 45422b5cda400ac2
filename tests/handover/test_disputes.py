"""Complaints: the clocks, the three answers, and what becomes of a missing bag."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.core import clock
from app.core.db import db
from app.core.errors import Conflict, LoudaError, NotFound
from app.handover import queries, service
from app.handover.confirmation import service as confirmation_service
from app.handover.disputes import queries as disputes_queries
from app.handover.disputes import service as disputes_service
from app.handover.models import Confirmation, Dispute, DisputeState
from app.handover.schemas import BringBack, Complain, Complaint, Confirm, ResolveDispute
from app.ordering.models import CycleState, OrderLine
from app.picking import service as picking
from app.picking.models import Bag
from app.picking.schemas import VoidBag
from tests import world
from tests.allocation.test_runs import receive, run
from tests.handover.delivery import bags, books_agree, deliver, drop_off, hand_out, resident_of, units
from tests.world import World


@pytest.fixture
def here(app: Flask) -> World:
    one = deliver()
    hand_out(one)
    bag = bags()[0]
    greens = min(line.order_line_id for line in bag.lines)
    said = Complain([Complaint(greens, 2, "damaged")], "烂了")
    confirmation_service.complain(resident_of(one.households[0]), bag.id, said)
    return one


def the_dispute() -> Dispute:
    return db.session.scalars(select(Dispute)).one()


@pytest.mark.parametrize(("to", "stage"), [("redelivered", "open"), ("refunded", "refunded"), ("rejected", "accepted")])
def test_each_answer_moves_its_units_once(here: World, to: str, stage: str) -> None:
    before = units(stage)
    supplies = here.actor("supplies")
    disputes_service.resolve(supplies, the_dispute().id, ResolveDispute(to, "已核实"))
    assert units(stage) - before == 2
    assert units("disputed") == 0
    one = the_dispute()
    assert (one.state, one.reason, one.resolved_by_id) == (to, "已核实", supplies.id)
    assert None not in (one.seen_at, one.started_at, one.resolved_at)
    for again in ("redelivered", "refunded", "rejected"):
        with pytest.raises(Conflict):
            disputes_service.resolve(supplies, one.id, ResolveDispute(again, "x"))
    assert books_agree(here)


def test_a_redelivery_is_allocated_again_and_travels_in_the_next_wave(here: World) -> None:
    disputes_service.resolve(here.actor("leader"), the_dispute().id, ResolveDispute("redelivered", "补"))
    receive(here, 0, 2)
    run(here)
    done = picking.pack(here.actor("supplies"), here.cycle.id)
    assert (done.wave, done.bags, done.units) == (2, 1, 2)
    assert queries.units_sent_back(here.cycle.id) == {the_dispute().order_line_id: 2}
    assert books_agree(here)


def test_what_was_lost_on_the_way_is_made_good_before_anybody_gets_more(app: Flask) -> None:
    here = world.build()
    for household in here.households[:4]:
        here.order(household, {0: 3})
    here.lock()
    here.cycle.state = CycleState.RUNNING
    db.session.commit()
    receive(here, 0, 8)
    run(here)
    picking.pack(here.actor("supplies"), here.cycle.id)
    drop_off()
    bag = bags()[0]
    (line,) = bag.lines
    shares = {one.id: one.qty_dropped_off for one in db.session.scalars(select(OrderLine))}
    said = Complain([Complaint(line.order_line_id, line.qty, "missing")])
    confirmation_service.complain_for(here.actor("supplies"), bag.id, said)
    disputes_service.resolve(here.actor("supplies"), the_dispute().id, ResolveDispute("redelivered", "补"))
    receive(here, 0, line.qty)
    run(here)
    allocated = {one.id: one.qty_allocated for one in db.session.scalars(select(OrderLine))}
    assert allocated == {one: (line.qty if one == line.order_line_id else 0) for one in shares}
    assert books_agree(here)


def test_the_clocks_say_seen_started_answered(here: World) -> None:
    raised = the_dispute().created_at
    supplies = here.actor("supplies")
    with clock.frozen_at(raised + timedelta(seconds=30)):
        assert disputes_service.see_all(supplies, here.cycle.id) == 1
        assert disputes_service.see_all(supplies, here.cycle.id) == 0
    with clock.frozen_at(raised + timedelta(minutes=7)):
        disputes_service.start(supplies, the_dispute().id)
        seen, started, answered = disputes_queries.dispute_row(the_dispute().id).clocks
        assert (seen.is_in_time, started.is_in_time, answered.is_in_time) == (True, False, True)
        assert (seen.minutes, started.minutes, answered.is_done) == (0, 7, False)
    with clock.frozen_at(raised + timedelta(minutes=11)):
        assert disputes_queries.dispute_row(the_dispute().id).is_late
        assert disputes_queries.counts(supplies, here.cycle.id).late == 1


def test_only_who_answers_for_the_building_answers(here: World) -> None:
    for name in ("leader2", "captain", "runner", "auditor"):
        with pytest.raises(NotFound):
            disputes_service.resolve(here.actor(name), the_dispute().id, ResolveDispute("refunded", "x"))
    assert disputes_service.see_all(here.actor("leader2"), here.cycle.id) == 0
    with pytest.raises(NotFound):
        disputes_service.start(here.actor("supplies"), 999_999)


def test_a_missing_bag_that_is_found_is_delivered(app: Flask) -> None:
    here = deliver()
    hand_out(here, "101 4")
    bag = bags("missing")[0]
    captain = here.actor("captain")
    disputes_service.found(captain, bag.id)
    assert bags()[0].state == "confirmed"
    assert units("accepted") == 4
    assert db.session.scalars(select(Confirmation)).one().by_kind == "captain"
    assert {one.state for one in db.session.scalars(select(Dispute))} == {"rejected"}
    with pytest.raises(Conflict):
        disputes_service.found(captain, bag.id)
    assert books_agree(here)


@pytest.mark.parametrize(
    ("answers", "state"),
    [(("refunded", "refunded"), "written_off"), (("redelivered", "refunded"), "written_off"),
     (("rejected", "refunded"), "confirmed")],
)  # fmt: skip
def test_a_missing_bag_ends_when_its_last_complaint_is_answered(app: Flask, answers: Any, state: str) -> None:
    here = deliver()
    hand_out(here, "101 4")
    ids = list(db.session.scalars(select(Dispute.id).order_by(Dispute.id)))
    disputes_service.resolve(here.actor("supplies"), ids[0], ResolveDispute(answers[0], "x"))
    assert bags()[0].state == "missing"
    disputes_service.resolve(here.actor("supplies"), ids[1], ResolveDispute(answers[1], "x"))
    assert bags()[0].state == state
    assert books_agree(here)


def test_a_bag_that_was_missing_at_the_drop_off_is_not_ours_to_find(app: Flask) -> None:
    here = deliver()
    bag = bags()[0]
    db.session.execute(update(Bag).where(Bag.id == bag.id).values(state="missing"))
    db.session.commit()
    with pytest.raises(Conflict):
        disputes_service.found(here.actor("captain"), bag.id)


def test_the_pages_of_the_queue(app: Flask, here: World, count_queries: Any) -> None:
    client = world.sign_in(app, here, "leader")
    base, page = f"/cycles/{here.cycle.id}/disputes", f"/disputes/{the_dispute().id}"
    for shown in (base, f"{base}?state=open&kind=damaged&q=101", f"{base}?state=x&kind=y&page=q", page):
        with count_queries() as sent:
            assert client.get(shown).status_code == 200, shown
        assert len(sent) <= 20
    assert "没有符合" in client.get(f"{base}?q=没有的").get_data(as_text=True)
    assert world.post(client, base, f"{base}/see", {}).status_code == 303
    assert world.post(client, page, f"{page}/start", {}).status_code == 303
    for bad in ({}, {"to": "open", "reason": "x"}, {"to": "refunded", "reason": ""}, {"to": "refunded"}):
        assert world.post(client, page, f"{page}/resolve", bad).status_code == 422
    assert world.post(client, page, f"{page}/resolve", {"to": "refunded", "reason": "已核实"}).status_code == 303
    assert "已核实" in client.get(page).get_data(as_text=True)
    assert client.get("/disputes/999999").status_code == 404
    assert world.sign_in(app, here, "leader2").get(page).status_code == 404
    assert world.sign_in(app, here, "captain").get(base).status_code == 403


def _step(here: World, dice: random.Random) -> None:
    supplies, cycle = here.actor("supplies"), here.cycle.id
    every = bags()
    bag = dice.choice(every)
    outcome = dice.choice(["left", "left", "no_answer", "refused", "bag_missing", "damaged"])
    lines = {line.order_line_id: line.qty for line in bag.lines}
    line, qty = dice.choice(list(lines.items()))
    household = next(h for h in here.households if h.stairwell.building_id == bag.building_id)
    open_ones = list(db.session.scalars(select(Dispute.id).where(Dispute.state == DisputeState.OPEN)))
    answer = ResolveDispute(dice.choice(["redelivered", "refunded", "rejected"]), "x")
    back = BringBack(dice.choice(["good", "spoiled"]), dice.choice(["redeliver", "cancel"]))
    steps = [
        lambda: hand_out(here, building=0, **{f"bag{bag.id}": outcome}),
        lambda: hand_out(here, building=1, **{f"bag{bag.id}": outcome}),
        lambda: service.bring_back(supplies, bag.id, back),
        lambda: confirmation_service.complain_for(supplies, bag.id, Complain([Complaint(line, dice.randint(1, qty))])),
        lambda: confirmation_service.confirm(resident_of(household), Confirm()),
        lambda: confirmation_service.confirm_overdue(clock.now() + timedelta(hours=dice.choice([1, 50]))),
        lambda: disputes_service.resolve(supplies, dice.choice(open_ones), answer),
        lambda: disputes_service.found(supplies, bag.id),
        lambda: receive(here, dice.randint(0, 1), 2),
        lambda: run(here),
        lambda: picking.pack(supplies, cycle),
        lambda: picking.void(supplies, bag.id, VoidBag("x")),
        drop_off,
    ]
    dice.choice(steps)()


@pytest.mark.parametrize("seed", range(4))
def test_bags_and_counters_agree_after_any_sequence_of_commands(app: Flask, seed: int) -> None:
    here = deliver()
    dice = random.Random(seed)
    done = 0
    for _turn in range(60):
        try:
            _step(here, dice)
            done += 1
        except (LoudaError, IndexError):
            db.session.rollback()
        assert queries.bag_gaps(here.cycle.id) == []
    assert books_agree(here)
    assert done >= 10


def test_a_gap_between_bags_and_counters_is_found(app: Flask) -> None:
    here = deliver()
    line = db.session.scalars(select(OrderLine).order_by(OrderLine.id)).first()
    assert line is not None
    moved = {OrderLine.qty_dropped_off: OrderLine.qty_dropped_off - 1, OrderLine.qty_cancelled: 1}
    db.session.execute(update(OrderLine).where(OrderLine.id == line.id).values(moved))
    assert [(gap.order_line_id, gap.qty_counted, gap.qty_bagged) for gap in queries.bag_gaps(here.cycle.id)] == [
        (line.id, 2, 3)
    ]

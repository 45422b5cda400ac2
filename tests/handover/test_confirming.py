"""Who confirms a bag first decides; units and complaints follow; silence accepts after 48 hours."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core import clock
from app.core.db import db
from app.core.errors import Conflict, Invalid, LoudaError, NotFound
from app.core.idempotency import new_key
from app.core.queue import worker
from app.handover.confirmation import service as confirmation_service
from app.handover.models import Confirmation, ConfirmationLine, Dispute
from app.handover.schemas import Complain, Complaint, Confirm
from app.picking.models import Bag
from tests import messages, world
from tests.handover.delivery import bags, books_agree, deliver, hand_out, phone, resident_of, send, units
from tests.world import World


@pytest.fixture
def here(app: Flask) -> World:
    one = deliver()
    hand_out(one)
    return one


def bag_of(here: World, household: int) -> Bag:
    return bags()[household]


def line_ids(bag: Bag) -> list[int]:
    return sorted(line.order_line_id for line in bag.lines)


def test_a_household_accepts_its_own_bags_and_no_others(here: World) -> None:
    assert confirmation_service.confirm(resident_of(here.households[0]), Confirm()) == 1
    assert [bag.state for bag in bags()] == ["confirmed", "handed_out", "handed_out", "dropped_off"]
    one = db.session.scalars(select(Confirmation)).one()
    assert (one.by_kind, one.by_id) == ("household", here.households[0].id)
    assert units("accepted") == 4
    with pytest.raises(NotFound):
        confirmation_service.confirm(resident_of(here.households[0]), Confirm([bag_of(here, 1).id]))
    with pytest.raises(NotFound):
        confirmation_service.complain(resident_of(here.households[0]), bag_of(here, 1).id, Complain())
    assert books_agree(here)


def test_confirming_twice_has_one_effect(here: World) -> None:
    mine = resident_of(here.households[0])
    assert confirmation_service.confirm(mine, Confirm()) == 1
    assert confirmation_service.confirm(mine, Confirm([bag_of(here, 0).id])) == 0
    assert db.session.scalar(select(func.count()).select_from(Confirmation)) == 1
    assert units("accepted") == 4


def test_a_complaint_disputes_its_units_and_accepts_the_rest(here: World) -> None:
    bag = bag_of(here, 0)
    greens, potatoes = line_ids(bag)
    said = Complain([Complaint(greens, 2, "damaged"), Complaint(potatoes, 0)], "压烂了")
    confirmation_service.complain(resident_of(here.households[0]), bag.id, said)
    assert (units("accepted"), units("disputed")) == (2, 2)
    lines = {line.order_line_id: line for line in db.session.scalars(select(ConfirmationLine))}
    assert (lines[greens].qty_bagged, lines[greens].qty_accepted, lines[greens].qty_disputed) == (3, 1, 2)
    one = db.session.scalars(select(Dispute)).one()
    assert (one.order_line_id, one.qty, one.kind, one.note, one.state) == (greens, 2, "damaged", "压烂了", "open")
    assert books_agree(here)


def test_a_complaint_that_makes_no_sense_changes_nothing(here: World) -> None:
    bag, mine = bag_of(here, 0), resident_of(here.households[0])
    greens, _potatoes = line_ids(bag)
    foreign = line_ids(bag_of(here, 1))[0]
    with pytest.raises(Invalid):
        confirmation_service.complain(mine, bag.id, Complain())
    with pytest.raises(Invalid):
        confirmation_service.complain(mine, bag.id, Complain([Complaint(greens, 4)]))
    with pytest.raises(NotFound):
        confirmation_service.complain(mine, bag.id, Complain([Complaint(foreign, 1)]))
    with pytest.raises(NotFound):
        confirmation_service.complain(mine, bag.id, Complain([Complaint(greens, 1), Complaint(greens, 1)]))
    assert bag_of(here, 0).state == "handed_out"
    assert units("disputed") == 0


def test_a_bag_that_is_confirmed_takes_no_complaint(here: World) -> None:
    bag, mine = bag_of(here, 0), resident_of(here.households[0])
    confirmation_service.confirm(mine, Confirm())
    with pytest.raises(Conflict):
        confirmation_service.complain(mine, bag.id, Complain([Complaint(line_ids(bag)[0], 1)]))


def test_the_captain_confirms_a_building_on_behalf_and_is_named_for_it(here: World) -> None:
    captain, building = here.actor("captain"), here.buildings[0].id
    said = Complain([Complaint(line_ids(bag_of(here, 0))[0], 1, "missing")])
    confirmation_service.complain_for(captain, bag_of(here, 0).id, said)
    assert confirmation_service.confirm_building(captain, here.cycle.id, building) == 2
    kinds = {(one.by_kind, one.by_id) for one in db.session.scalars(select(Confirmation))}
    assert kinds == {("captain", captain.id)}
    assert (units("accepted"), units("disputed")) == (11, 1)
    with pytest.raises(Conflict):
        confirmation_service.confirm_building(captain, here.cycle.id, building)
    with pytest.raises(NotFound):
        confirmation_service.confirm_building(captain, here.cycle.id, here.buildings[1].id)
    assert books_agree(here)


def test_silence_accepts_after_48_hours_and_is_kept_apart(here: World) -> None:
    confirmation_service.confirm(resident_of(here.households[0]), Confirm())
    assert confirmation_service.confirm_overdue(clock.now() + timedelta(hours=47)) == 0
    assert confirmation_service.confirm_overdue(clock.now() + timedelta(hours=49)) == 2
    kinds = sorted(db.session.scalars(select(Confirmation.by_kind)))
    assert kinds == ["household", "timeout", "timeout"]
    assert bag_of(here, 3).state == "dropped_off"
    assert books_agree(here)


def test_the_time_runs_from_the_last_visit_and_a_failed_bag_is_never_accepted_by_silence(app: Flask) -> None:
    here = deliver()
    now = clock.now()
    hand_out(here, "201 1；301 1")
    with clock.frozen_at(now + timedelta(hours=40)):
        failed = bags("dropped_off")
        hand_out(here, **{f"bag{failed[1].id}": "no_answer"})
    assert confirmation_service.confirm_overdue(now + timedelta(hours=60)) == 1
    assert [bag.state for bag in bags()[:3]] == ["confirmed", "handed_out", "dropped_off"]


def test_many_bags_are_accepted_in_batches(here: World) -> None:
    later = clock.now() + timedelta(hours=49)
    assert confirmation_service.confirm_batch(later, limit=2) == 2
    assert confirmation_service.confirm_batch(later, limit=2) == 1
    assert confirmation_service.confirm_batch(later, limit=2) == 0


def test_the_job_accepts_what_is_due(here: World) -> None:
    with clock.frozen_at(clock.now() + timedelta(hours=49)):
        first = confirmation_service.ask_confirm_overdue(here.actor("supplies"))
        assert confirmation_service.ask_confirm_overdue(here.actor("supplies")).id == first.id
        assert worker.drain() == 1
    assert len(bags("confirmed")) == 3


def raced(app: Flask, *works: Callable[[], Any]) -> list[str]:
    db.session.remove()
    barrier, results = Barrier(len(works)), []

    def work(one: Callable[[], Any]) -> None:
        with app.app_context():
            barrier.wait()
            try:
                results.append(str(one()))
            except LoudaError as error:
                results.append(type(error).__name__)
            finally:
                db.session.remove()

    threads = [Thread(target=work, args=(one,)) for one in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(results)


def test_a_complaint_and_the_timeout_at_once_leave_one_confirmation(app: Flask, here: World) -> None:
    bag, mine = bag_of(here, 0), resident_of(here.households[0])
    bag_id, line = bag.id, line_ids(bag)[0]
    later = clock.now() + timedelta(hours=49)
    outcome: list[str] = []

    def complain() -> str:
        try:
            confirmation_service.complain(mine, bag_id, Complain([Complaint(line, 1)]))
            outcome.append("heard")
        except Conflict:
            outcome.append("late")
        return "x"

    raced(
        app,
        complain,
        lambda: confirmation_service.confirm_overdue(later),
        lambda: confirmation_service.confirm_overdue(later),
    )
    assert db.session.scalar(select(func.count()).where(Confirmation.bag_id == bag_id)) == 1
    disputes = db.session.scalar(select(func.count()).select_from(Dispute))
    assert (outcome[0], disputes, units("disputed")) in {("heard", 1, 1), ("late", 0, 0)}
    assert books_agree(here)


def test_six_confirmations_of_one_household_at_once_are_one(app: Flask, here: World) -> None:
    mine = resident_of(here.households[0])
    raced(app, *([lambda: confirmation_service.confirm(mine, Confirm())] * 6))
    assert db.session.scalar(select(func.count()).select_from(Confirmation)) == 1
    assert units("accepted") == 4
    assert books_agree(here)


def test_the_household_walks_through_its_pages(app: Flask, here: World, count_queries: Any) -> None:
    mine, base = phone(app, here.households[0]), "/my/deliveries"
    bag, other = bag_of(here, 0), bag_of(here, 1)
    with count_queries() as sent:
        shown = mine.get(base).get_data(as_text=True)
    assert len(sent) <= 12
    assert bag.code in shown
    assert other.code not in shown
    page = f"{base}/{bag.id}/dispute"
    line = line_ids(bag)[0]
    for bad in ({}, {f"qty-{line}": "99"}, {f"qty-{line}": "x"}, {f"qty-{line}": "1", f"kind-{line}": "late"}):
        assert world.post(mine, page, page, bad).status_code == 422, bad
    assert world.post(mine, page, page, {f"qty-{line}": "1", "price": "1"}).status_code == 422
    assert mine.get(f"{base}/{other.id}/dispute").status_code == 404
    assert world.post(mine, page, f"{base}/{other.id}/dispute", {f"qty-{line}": "1"}).status_code == 404
    assert send(mine, base, f"{base}/confirm", [("bags", str(other.id))], new_key()) == 404
    assert send(mine, base, f"{base}/confirm", [("bags", "x")], new_key()) == 422
    key = new_key()
    fields = {f"qty-{line}": "1", f"kind-{line}": "damaged", "note": "坏了"}
    assert world.post(mine, page, page, fields, key).status_code == 303
    assert "坏了" in mine.get(base).get_data(as_text=True)
    assert messages.ALREADY_CONFIRMED in mine.get(page).get_data(as_text=True)
    theirs = phone(app, here.households[1])
    assert send(theirs, base, f"{base}/confirm", [("bags", str(other.id))], new_key()) == 303
    assert bag_of(here, 1).state == "confirmed"


def test_nobody_without_a_token_sees_deliveries(app: Flask, here: World) -> None:
    assert app.test_client().get("/my/deliveries").status_code == 302
    assert app.test_client().post("/my/deliveries/confirm").status_code in (400, 401)
    assert world.sign_in(app, here, "captain").get("/my/deliveries").status_code == 302
